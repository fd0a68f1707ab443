//! Escalation paths as data: `rules/privilege/aws_escalation.toml`, checked once and then trusted.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::glob;

const TOML: &str = include_str!("../../../../../rules/privilege/aws_escalation.toml");
/// Words of a set of actions; 64 actions each.
const WORDS: usize = 4;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(TOML).expect("the shipped escalation paths are checked by a test"));

/// The shipped paths.
pub(super) fn table() -> &'static Table {
    &TABLE
}

/// What a path must reach to lead anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Aim {
    /// A customer's policy that is attached to the principal itself.
    OwnPolicy,
    /// The same, with another version that gives more.
    OwnVersion,
    /// The principal itself, a role, or a role that it is anyway.
    OwnRole,
    /// The principal itself, a user.
    OwnUser,
    /// A group of the principal, a user.
    OwnGroup,
    /// A group with more power, which the principal joins.
    BetterGroup,
    /// Another user with more power.
    OtherUser,
    /// Another user, who is first given more power.
    WrittenUser,
    /// A role with more power, whose trust lets the principal in.
    AssumedRole,
    /// The same by name, where the principal needs no permission.
    TrustingRole,
    /// A role whose trust lets the principal in, which is first given more power.
    WrittenRole,
    /// The same by a customer's policy that is attached to the role.
    WrittenPolicy,
    /// A role with more power, whose trust is rewritten.
    TrustOfRole,
    /// Any role, which is first given more power and then opened.
    OpenedRole,
    /// The same by a customer's policy that is attached to the role.
    OpenedPolicy,
    /// A role with more power that is passed to a service which its trust names.
    PassedRole,
    /// A role with more power with which a service may run already.
    RunningRole,
    /// The principal itself without its boundary, which it may lift.
    OwnBoundary,
    /// The principal itself without denials in policies that it may remove or rewrite.
    OwnDenial,
    /// The principal itself with tags as it likes, which conditions ask for.
    OwnTags,
    /// A role that is made, given power, and trusts the principal.
    NewRole,
    /// A user who is made, given power, and gets something to log in with.
    NewUser,
    /// A user who is made, joins a group with more power, and gets something to log in with.
    NewMember,
    /// Another user who joins a group with more power and gets a key.
    OtherMember,
}

impl Aim {
    /// Whether the target must have power already; otherwise the path makes it.
    pub(super) fn needs_power(self) -> bool {
        use Aim::*;
        matches!(
            self,
            BetterGroup
                | OtherUser
                | AssumedRole
                | TrustingRole
                | TrustOfRole
                | PassedRole
                | RunningRole
                | NewMember
                | OtherMember
        ) || self.lifts()
    }

    /// Whether it may be the principal itself that is given power.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Aim::OwnPolicy | Aim::OwnVersion | Aim::OwnRole | Aim::OwnUser | Aim::OwnGroup)
    }

    /// Whether it is the principal itself, less what holds it back.
    pub(super) fn lifts(self) -> bool {
        matches!(self, Aim::OwnBoundary | Aim::OwnDenial | Aim::OwnTags)
    }

    /// Whether the principal may be its own target, changed: less what holds it back, or in more groups.
    pub(super) fn changes_itself(self) -> bool {
        self.lifts() || self == Aim::BetterGroup
    }

    /// Whether users or roles that the path acts on are made by it.
    pub(super) fn makes_principals(self) -> bool {
        matches!(self, Aim::NewRole | Aim::NewUser | Aim::NewMember)
    }
}

/// What kind of thing an action acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    User,
    Role,
    Group,
    Policy,
    /// Something of another service, or nothing: no IAM export holds it.
    Other,
}

/// Number of a watched action.
pub(super) type ActionId = usize;

/// A set of watched actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Actions([u64; WORDS]);

impl Actions {
    pub(super) fn add(&mut self, id: ActionId) {
        self.0[id / 64] |= 1 << (id % 64);
    }

    pub(super) fn has(&self, id: ActionId) -> bool {
        self.0[id / 64] >> (id % 64) & 1 == 1
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, other)| *mine |= other);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(mine, other)| mine & other != 0)
    }

    pub(super) fn holds(&self, all: &Self) -> bool {
        self.0.iter().zip(all.0).all(|(mine, wanted)| wanted & !mine == 0)
    }

    /// Every watched action but these.
    pub(super) fn but(count: usize, these: &Self) -> Self {
        let mut rest = Self::default();
        (0..count).filter(|id| !these.has(*id)).for_each(|id| rest.add(id));
        rest
    }
}

/// An action that some path needs or that makes a principal "wide".
#[derive(Debug)]
pub(super) struct Watched {
    /// As people write it.
    pub(super) shown: String,
    /// In lower case.
    pub(super) name: String,
    /// Shapes of its resources, with `{partition}`, `{region}` and `{account}` left open.
    pub(super) shapes: Vec<String>,
    /// Shapes of what else it acts on, kind by kind.
    pub(super) besides: Vec<Vec<String>>,
    /// What it acts on.
    pub(super) object: Object,
}

/// One way to more power.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) id: String,
    pub(super) needs: Vec<ActionId>,
    /// The same as a set.
    pub(super) mask: Actions,
    pub(super) aim: Aim,
    pub(super) services: Vec<String>,
    pub(super) unseen: Option<String>,
}

/// All paths, and all actions that they and the other questions are about.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) paths: Vec<Path>,
    pub(super) actions: Vec<Watched>,
    /// Actions that touch data, credentials or permissions, the most telling first.
    pub(super) wide: Vec<ActionId>,
    by_service: HashMap<String, Vec<ActionId>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    path: Vec<PathEntry>,
    wide: Wide,
    resources: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    besides: BTreeMap<String, Vec<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathEntry {
    id: String,
    needs: Vec<String>,
    aim: Aim,
    #[serde(default)]
    services: Vec<String>,
    unseen: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wide {
    actions: Vec<String>,
}

impl Table {
    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.version.is_empty() || file.resources.len() > WORDS * 64 {
            return Err("no version, or more actions than a set holds".to_owned());
        }
        let mut besides = file.besides;
        let actions = file.resources.into_iter().map(|(shown, shapes)| {
            let others = besides.remove(&shown).unwrap_or_default();
            Watched::of(shown, shapes, others)
        });
        let actions: Vec<Watched> = actions.collect();
        if let Some(name) = besides.keys().next() {
            return Err(format!("{name} has no row in [resources]"));
        }
        let mut table = Self { paths: Vec::new(), wide: Vec::new(), by_service: HashMap::new(), actions };
        for (id, action) in table.actions.iter().enumerate() {
            let service = action.name.split(':').next().unwrap_or_default().to_owned();
            table.by_service.entry(service).or_default().push(id);
        }
        for action in &file.wide.actions {
            table.wide.push(table.id(action)?);
        }
        for entry in file.path {
            let needs = entry.needs.iter().map(|name| table.id(name)).collect::<Result<Vec<_>, _>>()?;
            let mut mask = Actions::default();
            needs.iter().for_each(|id| mask.add(*id));
            let PathEntry { id, aim, services, unseen, .. } = entry;
            table.paths.push(Path { id, needs, mask, aim, services, unseen });
        }
        Ok(table)
    }

    fn id(&self, name: &str) -> Result<ActionId, String> {
        let found = self.actions.iter().position(|action| action.shown == name);
        found.ok_or_else(|| format!("{name} has no row in [resources]"))
    }

    /// The number of an action that the code names itself.
    pub(super) fn known(&self, name: &str) -> ActionId {
        self.id(name).expect("actions that the code names are in the table; a test asks for them")
    }

    /// The watched actions that fit one of the patterns, which are in lower case.
    pub(super) fn fitting(&self, patterns: &[String]) -> Actions {
        let mut fitting = Actions::default();
        for pattern in patterns {
            let service = pattern.split(':').next().unwrap_or_default();
            let mut add = |id: ActionId| {
                if glob::matches(pattern, &self.actions[id].name) {
                    fitting.add(id);
                }
            };
            if glob::is_wild(service) {
                (0..self.actions.len()).for_each(add);
            } else {
                self.by_service.get(service).into_iter().flatten().for_each(|id| add(*id));
            }
        }
        fitting
    }
}

impl Watched {
    fn of(shown: String, shapes: Vec<String>, besides: Vec<Vec<String>>) -> Self {
        let object = [
            (":user/", Object::User),
            (":role/", Object::Role),
            (":group/", Object::Group),
            (":policy/", Object::Policy),
        ]
        .into_iter()
        .find(|(word, _)| shapes.iter().any(|shape| shape.contains(":iam:") && shape.contains(word)))
        .map_or(Object::Other, |(_, object)| object);
        Self { name: shown.to_ascii_lowercase(), shown, shapes, besides, object }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::catalogue;
    use super::*;

    #[test]
    fn the_shipped_paths_are_well_formed() {
        let table = table();
        assert_eq!(table.paths.len(), 65 + 23, "65 public ids, and those of our own");
        let mut ids: Vec<&str> = table.paths.iter().map(|path| path.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), table.paths.len());
        for action in &table.actions {
            assert_eq!(catalogue().matching(&action.name).count(), 1, "AWS has no action {}", action.shown);
        }
        for path in &table.paths {
            let runs = matches!(path.aim, Aim::PassedRole | Aim::RunningRole);
            assert_eq!(runs, !path.services.is_empty(), "{}", path.id);
            assert!(
                path.aim == Aim::TrustingRole || path.aim.lifts() || !path.needs.is_empty(),
                "{}",
                path.id
            );
        }
    }

    #[test]
    fn patterns_fit_watched_actions_whatever_their_case() {
        let fitting = |pattern: &str| {
            let fitting = table().fitting(&[pattern.to_owned()]);
            (0..table().actions.len()).filter(|id| fitting.has(*id)).count()
        };
        assert_eq!(fitting("iam:passrole"), 1);
        assert_eq!(fitting("*"), table().actions.len());
        assert_eq!(fitting("i?m:pass*"), 1);
        assert_eq!(fitting("nothing:*"), 0);
        assert!(Table::read("version = \"1\"").is_err());
    }
}
