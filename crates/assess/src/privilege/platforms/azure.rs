//! Azure: what roles amount to, by `rules/privilege/azure.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::bound::{Bound, conditional};
use super::roles::without_condition;
use super::{fits, worst};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[allow(dead_code)] // read by people
    version: String,
    escalates: BTreeSet<String>,
    takes: BTreeSet<String>,
    graph: BTreeMap<String, Word>,
    directory: BTreeMap<String, Word>,
    roles: BTreeMap<String, Role>,
}

/// A permission of Graph or a role of the directory, by its id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    name: String,
    level: PrivilegeLevel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    reads: bool,
    #[serde(default)]
    holds: Vec<String>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/azure.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What roles, or the actions of one role, amount to at a scope.
pub(super) fn level(target: &str, actions: &[String]) -> PrivilegeLevel {
    let (scope, condition) = without_condition(target);
    let word = |words: &BTreeMap<String, Word>, id: &String| {
        let found = words.get(&id.to_ascii_lowercase());
        let found = found.or_else(|| words.values().find(|word| word.name == *id));
        found.map_or(PrivilegeLevel::Unknown, |word| word.level)
    };
    match scope {
        "graph" => return worst(actions.iter().map(|id| word(&facts().graph, id))),
        "directory" => return worst(actions.iter().map(|id| word(&facts().directory, id))),
        _ if scope.starts_with("application ") => return PrivilegeLevel::Unknown,
        // A part of the directory: an administrative unit, or one application.
        _ if scope.starts_with("directory ") => {
            let narrow = |level| match level {
                PrivilegeLevel::Unknown | PrivilegeLevel::Read => level,
                PrivilegeLevel::Admin | PrivilegeLevel::Escalates => PrivilegeLevel::Wide,
                PrivilegeLevel::Wide | PrivilegeLevel::Scoped => PrivilegeLevel::Scoped,
            };
            return worst(actions.iter().map(|id| narrow(word(&facts().directory, id))));
        }
        _ => {}
    }
    let bound = condition.map(Bound::of_azure);
    let held: Vec<Held> = if actions.iter().any(|action| is_action(action)) {
        vec![Held::by_actions(actions)]
    } else {
        actions.iter().filter_map(|role| Held::by_role(role)).collect()
    };
    let known = actions.iter().any(|action| is_action(action)) || held.len() == actions.len();
    let missing = (!known || actions.is_empty()).then_some(PrivilegeLevel::Unknown);
    let levels = held.into_iter().map(|held| narrowed(held.under(bound.as_ref()), reach(scope)));
    worst(levels.chain(missing))
}

/// The name of a role or permission by its id; `None` for what is none, or is nobody's but the customer's.
pub(super) fn name_of(target: &str, id: &str) -> Option<&'static str> {
    let (facts, id) = (facts(), id.to_ascii_lowercase());
    let word = |words: &'static BTreeMap<String, Word>| words.get(&id).map(|word| word.name.as_str());
    match target.split(' ').next() {
        Some("graph") => word(&facts.graph),
        Some("directory") => word(&facts.directory),
        _ => facts.roles.get(&id).map(|role| role.name.as_str()),
    }
}

/// Whether a role at a target may be one of the customer's.
pub(super) fn may_be_custom(target: &str, role: &str) -> bool {
    target.starts_with('/') && !is_action(role) && Held::by_role(role).is_none()
}

/// `Microsoft.Compute/*/read`, `*`, one that is excepted, or one on data; a role is a name or an id.
fn is_action(action: &str) -> bool {
    let action = action.trim_start_matches(EXCEPT).trim_start_matches(DATA);
    action == "*" || action.contains('/')
}

/// Before an action that a role excepts.
const EXCEPT: &str = "!";
/// Before an action on data.
const DATA: &str = "data:";

/// What a role holds of that which matters.
#[derive(Clone, Copy)]
struct Held {
    all: bool,
    escalates: bool,
    takes: bool,
    reads: bool,
}

impl Held {
    /// By its id, or by the name that the CLI prints; `None` for a role of the customer's.
    fn by_role(role: &str) -> Option<Self> {
        let facts = facts();
        let by_id = facts.roles.get(&role.to_ascii_lowercase());
        let found = by_id.or_else(|| facts.roles.values().find(|known| known.name == role))?;
        let any = |of: &BTreeSet<String>| found.holds.iter().any(|action| of.contains(action));
        let (escalates, takes) = (any(&facts.escalates), any(&facts.takes));
        Some(Self { all: found.all, escalates, takes, reads: found.reads })
    }

    /// By the actions that a role lists, and those that it excepts.
    fn by_actions(actions: &[String]) -> Self {
        let facts = facts();
        let (except, given): (Vec<&str>, Vec<&str>) =
            actions.iter().map(String::as_str).partition(|action| action.starts_with(EXCEPT));
        let among = |patterns: &[&str], action: &str| {
            patterns.iter().any(|pattern| {
                let pattern = pattern.trim_start_matches(EXCEPT).trim_start_matches(DATA);
                fits(pattern, action)
            })
        };
        let holds = |action: &String| among(&given, action) && !among(&except, action);
        let reads = |action: &&str| {
            let action = action.trim_start_matches(DATA).to_ascii_lowercase();
            action.ends_with("/read") || action.ends_with("/search/action")
        };
        Self {
            all: given.contains(&"*"),
            escalates: facts.escalates.iter().any(holds),
            takes: facts.takes.iter().any(holds),
            reads: given.iter().all(reads),
        }
    }

    fn level(self) -> PrivilegeLevel {
        match self {
            Self { all: true, escalates: true, .. } => PrivilegeLevel::Admin,
            Self { escalates: true, .. } => PrivilegeLevel::Escalates,
            Self { all: true, .. } | Self { takes: true, .. } => PrivilegeLevel::Wide,
            Self { reads: true, .. } => PrivilegeLevel::Read,
            _ => PrivilegeLevel::Scoped,
        }
    }

    /// What is left of it under a condition.
    fn under(self, bound: Option<&Bound>) -> PrivilegeLevel {
        let otherwise = Self { escalates: false, ..self };
        let of = |id: &String| Self::by_role(id).map_or(PrivilegeLevel::Unknown, Self::level);
        match bound {
            None => self.level(),
            // Whoever may give away only these can at most have these.
            Some(Bound::Gives(ids)) => worst(ids.iter().map(of).chain([otherwise.level()])),
            Some(Bound::Withholds(ids)) => {
                let facts = facts();
                let gives = |role: &Role| role.holds.iter().any(|action| facts.escalates.contains(action));
                let ways = facts.roles.iter().filter(|(id, role)| gives(role) && !ids.contains(id));
                // Roles that give away roles are few; the three that everybody withholds are what counts.
                let open = ways.clone().any(|(_, role)| PRIVILEGED.contains(&role.name.as_str()));
                let left = if open { PrivilegeLevel::Escalates } else { PrivilegeLevel::Wide };
                worst([left, otherwise.level()].into_iter())
            }
            Some(Bound::Resource | Bound::Other) => conditional(self.level()),
        }
    }
}

/// The built-in roles by which somebody could give itself any other, and that Azure's own advice is to withhold.
const PRIVILEGED: &[&str] =
    &["Owner", "User Access Administrator", "Role Based Access Control Administrator"];

/// How far an assignment reaches.
#[derive(Clone, Copy)]
enum Reach {
    /// A subscription, a management group, or everything.
    Subscription,
    /// A resource group.
    Group,
    /// One resource.
    Resource,
}

fn reach(scope: &str) -> Reach {
    let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
    let has = |word: &str| parts.iter().position(|part| part.eq_ignore_ascii_case(word));
    match (has("managementGroups"), has("resourceGroups")) {
        (Some(_), _) | (None, None) => Reach::Subscription,
        (None, Some(at)) if parts.len() <= at + 2 => Reach::Group,
        (None, Some(_)) => Reach::Resource,
    }
}

/// The same role on less.
fn narrowed(level: PrivilegeLevel, reach: Reach) -> PrivilegeLevel {
    match (reach, level) {
        (Reach::Subscription, level) => level,
        (Reach::Group, PrivilegeLevel::Admin | PrivilegeLevel::Escalates) => PrivilegeLevel::Wide,
        (Reach::Group | Reach::Resource, PrivilegeLevel::Unknown) => PrivilegeLevel::Unknown,
        (Reach::Group | Reach::Resource, PrivilegeLevel::Read) => PrivilegeLevel::Read,
        (Reach::Group, level) => level,
        (Reach::Resource, PrivilegeLevel::Admin | PrivilegeLevel::Escalates) => PrivilegeLevel::Wide,
        (Reach::Resource, _) => PrivilegeLevel::Scoped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_weighs_by_its_actions_and_by_its_scope() {
        let (subscription, group) = ("/subscriptions/s", "/subscriptions/s/resourceGroups/shop");
        let resource = "/subscriptions/s/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/a";
        for (scope, role, expected) in [
            (subscription, "Owner", PrivilegeLevel::Admin),
            ("/providers/Microsoft.Management/managementGroups/m", "Owner", PrivilegeLevel::Admin),
            ("/", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", PrivilegeLevel::Escalates),
            (subscription, "Role Based Access Control Administrator", PrivilegeLevel::Escalates),
            (subscription, "B24988AC-6180-42A0-AB88-20F7382DD24C", PrivilegeLevel::Wide),
            (subscription, "Reader", PrivilegeLevel::Read),
            (subscription, "AcrPush", PrivilegeLevel::Scoped),
            (subscription, "Ours", PrivilegeLevel::Unknown),
            (group, "Owner", PrivilegeLevel::Wide),
            (group, "Contributor", PrivilegeLevel::Wide),
            (resource, "Contributor", PrivilegeLevel::Scoped),
            (resource, "AcrPull", PrivilegeLevel::Read),
            ("graph", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", PrivilegeLevel::Escalates),
            ("graph", "df021288-bdef-4463-88db-98f22de89214", PrivilegeLevel::Read),
            ("graph", "00000000-0000-0000-0000-000000000001", PrivilegeLevel::Unknown),
            ("directory", "62e90394-69f5-4237-9190-012177145e10", PrivilegeLevel::Admin),
            ("directory /administrativeUnits/a", "Application Administrator", PrivilegeLevel::Wide),
            (subscription, "Microsoft.Authorization/*/write", PrivilegeLevel::Escalates),
            (subscription, "*", PrivilegeLevel::Admin),
            (subscription, "*/read", PrivilegeLevel::Read),
            (subscription, "Microsoft.Compute/virtualMachines/start/action", PrivilegeLevel::Scoped),
            (subscription, "data:Microsoft.KeyVault/vaults/secrets/getSecret/action", PrivilegeLevel::Wide),
            (group, "Microsoft.Authorization/*/write", PrivilegeLevel::Wide),
        ] {
            assert_eq!(level(scope, &[role.to_owned()]), expected, "{role} at {scope}");
        }
    }

    #[test]
    fn what_a_role_excepts_is_taken_away() {
        let of = |actions: &[&str]| {
            level("/subscriptions/s", &actions.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            of(&["*", "!Microsoft.Authorization/*/write", "!Microsoft.Authorization/*/action"]),
            PrivilegeLevel::Wide
        );
        assert_eq!(
            of(&[
                "Microsoft.Authorization/*",
                "!microsoft.authorization/*/WRITE",
                "!Microsoft.Authorization/elevateAccess/action"
            ]),
            PrivilegeLevel::Scoped
        );
        assert_eq!(of(&["*", "!Microsoft.Compute/*"]), PrivilegeLevel::Admin);
    }

    #[test]
    fn a_condition_on_the_roles_that_may_be_given_away_counts() {
        let of = |role: &str, what: &str| {
            let about = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]";
            level(&format!("/subscriptions/s where ({about} {what})"), &[role.to_owned()])
        };
        let (giver, reader) =
            ("Role Based Access Control Administrator", "acdd72a7-3385-48ef-bd42-f606fba81ae7");
        let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
        let three = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635, 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9, f58310d9-a9f6-439a-9e8d-f62e7b41a168";
        for (role, what, expected) in [
            (giver, format!("ForAnyOfAnyValues:GuidEquals {{{reader}}}"), PrivilegeLevel::Scoped),
            (giver, format!("ForAnyOfAnyValues:GuidEquals {{{reader}, {owner}}}"), PrivilegeLevel::Admin),
            (giver, format!("ForAnyOfAllValues:GuidNotEquals {{{three}}}"), PrivilegeLevel::Wide),
            (giver, format!("ForAnyOfAllValues:GuidNotEquals {{{owner}}}"), PrivilegeLevel::Escalates),
            (giver, "StringEquals 'x'".to_owned(), PrivilegeLevel::Escalates),
            ("Owner", format!("ForAnyOfAnyValues:GuidEquals {{{reader}}}"), PrivilegeLevel::Wide),
        ] {
            assert_eq!(of(role, &what), expected, "{role} {what}");
        }
    }
}
