//! What was settled about a principal, in the words of a report.

use tenure_model::{EscalationPath, PathState, PrivilegeLevel, Verdict};

use super::breadth;
use super::condition::Answer;
use super::glob;
use super::holder::{Given, Said};
use super::lift::Lift;
use super::path::{Aim, Object, Path, table};
use super::target::{Reacher, Target};
use super::walk::{Found, Standing};
use super::world::{Who, World};

/// Paths that a summary names.
const PATHS_NAMED_MAX: usize = 4;
/// Steps of a chain that are written out.
const CHAIN_WORDS_MAX: usize = 5;

/// The judgement of one principal.
pub(super) struct Judgement {
    pub(super) level: PrivilegeLevel,
    pub(super) admin: Verdict,
    pub(super) because: Vec<String>,
    pub(super) paths: Vec<EscalationPath>,
}

/// Words for everything that was settled.
pub(super) struct Words<'w, 'a> {
    pub(super) reacher: &'w Reacher<'w, 'a>,
    pub(super) standings: &'w [Standing<'a>],
}

impl<'a> Words<'_, 'a> {
    fn world(&self) -> &World<'a> {
        self.reacher.world
    }

    /// The judgement of one principal.
    pub(super) fn of(&self, who: Who) -> Judgement {
        let standing = &self.standings[who];
        let holder = &self.world().holders[who];
        let paths: Vec<EscalationPath> =
            ordered(&standing.found).map(|found| self.path(who, found)).collect();
        let admin = match standing.admin.answer {
            Answer::Yes => Verdict::Yes,
            Answer::Maybe => Verdict::Conditional,
            Answer::No if self.without_own_denials(who).is_some() => Verdict::Conditional,
            Answer::No if holder.unknown.is_empty() && !standing.is_cut => Verdict::No,
            Answer::No => Verdict::Unknown,
        };
        let (level, mut because) = match (standing.admin.answer, standing.power) {
            (Answer::Yes, _) => (PrivilegeLevel::Admin, standing.admin.because.clone()),
            (Answer::Maybe, _) => (PrivilegeLevel::Escalates, standing.admin.because.clone()),
            (Answer::No, Answer::No) => breadth::level(holder),
            (Answer::No, _) => (PrivilegeLevel::Escalates, Vec::new()),
        };
        if let (Answer::No, Some(lift)) = (standing.admin.answer, self.without_own_denials(who)) {
            because.extend(self.standings[lift.freed].admin.because.iter().cloned());
            because.extend(lift.because.iter().cloned());
        }
        let level = match level {
            PrivilegeLevel::Scoped | PrivilegeLevel::Read if standing.is_cut => {
                because.insert(0, "the account is too large for every way to be followed".to_owned());
                PrivilegeLevel::Unknown
            }
            level => level,
        };
        if level == PrivilegeLevel::Escalates {
            because.extend(self.summary(who, standing));
        }
        Judgement { level, admin, because, paths }
    }

    /// What it takes off where only denials that it may take off itself keep it from everything.
    fn without_own_denials(&self, who: Who) -> Option<&Lift> {
        let mut lifts = self.world().lifts.get(&who)?.iter();
        lifts.find(|lift| lift.aim == Aim::OwnDenial && self.standings[lift.freed].admin.answer > Answer::No)
    }

    /// One line a way that leads somewhere.
    fn summary(&self, who: Who, standing: &Standing<'a>) -> Vec<String> {
        let leading: Vec<&Found<'a>> =
            ordered(&standing.found).filter(|found| found.gives() > Answer::No).collect();
        let mut lines: Vec<String> = leading
            .iter()
            .take(PATHS_NAMED_MAX)
            .map(|found| {
                let path = &table().paths[found.path];
                let write = found.target.and_then(|target| target.write);
                let needs = path.needs.iter().chain(&write);
                let needs: Vec<&str> = needs.map(|id| table().actions[*id].shown.as_str()).collect();
                let with = match path.aim {
                    Aim::OwnBoundary => "takes off its own boundary".to_owned(),
                    Aim::OwnDenial => "takes off a denial in its own policies".to_owned(),
                    Aim::OwnTags => "gives itself the tags that conditions ask for".to_owned(),
                    _ if needs.is_empty() => "the trust of the role".to_owned(),
                    _ => needs.join(" + "),
                };
                let state = if found.answer == Answer::Yes { "open" } else { "under a condition" };
                format!("{} ({state}): {with}{}", path.id, self.leads(who, found, path))
            })
            .collect();
        if leading.len() > PATHS_NAMED_MAX {
            lines.push(format!("and {} more escalation paths", leading.len() - PATHS_NAMED_MAX));
        }
        lines
    }

    fn path(&self, who: Who, found: &Found<'a>) -> EscalationPath {
        let path = &table().paths[found.path];
        let state = match found.answer {
            Answer::Yes => PathState::Open,
            Answer::Maybe => PathState::Conditional,
            Answer::No => PathState::Latent,
        };
        let lift = found.target.and_then(|target| self.reacher.lift(who, path, &target));
        let mut because = match lift {
            Some(lift) => lift.because.clone(),
            None => self.statements(who, found, path),
        };
        if path.aim == Aim::TrustingRole {
            because.extend(self.door_words(who, found));
        }
        match &found.target {
            Some(target) => because.extend(self.target_words(who, found, path, target)),
            None => because.push(format!("nothing in the export fits: it needs {}", missing(path))),
        }
        if let Some(unseen) = path.unseen.as_ref().filter(|_| found.target.is_some()) {
            because.push(format!("it also needs {unseen}, which no IAM export shows"));
        }
        let target =
            found.target.map(|target| self.target_name(&target, path)).filter(|name| !name.is_empty());
        EscalationPath { id: path.id.clone(), state, target, because }
    }

    /// The trust by which a role lets the principal in.
    fn door_words(&self, who: Who, found: &Found<'a>) -> Option<String> {
        let role = found.target?.role?;
        let (world, assume) = (self.world(), self.reacher.asked.assume);
        let trust = world.trusts[role].as_ref()?;
        trust.words(&world.holders[who], world.holders[role].principal, assume)
    }

    /// The statements that allow what the path needs, a line a statement.
    fn statements(&self, who: Who, found: &Found<'a>, path: &Path) -> Vec<String> {
        let holder = &self.world().holders[who];
        let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
        let write = found.target.and_then(|target| target.write);
        for action in path.needs.iter().chain(&write) {
            let asked = found.target.and_then(|target| self.reacher.asks(*action, &target));
            let by: Option<Said<'_, '_>> = match asked {
                Some((arn, given)) => self.reacher.best(who, *action, path, arn, given).by,
                None => {
                    let on = |witness: &String| {
                        let reply = self.reacher.best(who, *action, path, witness, Given::default());
                        (reply.answer, reply.by)
                    };
                    let replies = holder.witnesses(*action).iter().map(on).collect::<Vec<_>>();
                    replies.into_iter().max_by_key(|(answer, _)| *answer).and_then(|(_, by)| by)
                }
            };
            let words =
                by.map_or_else(String::new, |by| format!("{} by {}", by.rule.reach_words(), by.place()));
            let shown = table().actions[*action].shown.as_str();
            match lines.iter_mut().find(|(known, _)| *known == words) {
                Some((_, actions)) => actions.push(shown),
                None => lines.push((words, vec![shown])),
            }
        }
        let lines = lines.into_iter().map(|(words, actions)| format!("{} {words}", actions.join(", ")));
        lines.chain(self.filled_words(who, found, path)).collect()
    }

    /// The policies that are filled before they are attached.
    fn filled_words(&self, who: Who, found: &Found<'a>, path: &Path) -> Vec<String> {
        let Some(target) = found.target else { return Vec::new() };
        let attaches = path.needs.iter().chain(&target.write);
        let words = attaches.filter_map(|action| {
            let (arn, given) = self.reacher.asks(*action, &target)?;
            let policy = self.reacher.filled(who, *action, arn, given)?;
            let name = policy.arn.rsplit(':').next().unwrap_or_default();
            let by = &table().actions[policy.by].shown;
            Some(format!("{} can be filled with any permission by {by}", glob::shown(name)))
        });
        words.collect()
    }

    /// What the target is and where it leads.
    fn target_words(&self, who: Who, found: &Found<'a>, path: &Path, target: &Target<'a>) -> Option<String> {
        if let Some(write) = target.write {
            let name = self.target_name(target, path);
            let name = name.rsplit(':').next().unwrap_or_default();
            return Some(format!("{name} can be given more power by {}", table().actions[write].shown));
        }
        if let Some(help) = target.help {
            let helper = self.target_name(target, path);
            let short = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
            let whom = help.role.map_or("the principal itself".to_owned(), |role| {
                format!("{}, which the principal may use,", short(self.world().arn(role)))
            });
            let by = &table().actions[help.action].shown;
            return Some(format!("{} can give {whom} more power by {by}", short(&helper)));
        }
        if let Some(rein) = target.rein {
            let rein = &self.world().reins[rein];
            let name = self.world().arn(rein.of).rsplit(':').next().unwrap_or_default();
            let by = rein.words(self.world(), who);
            let then = self.chain(rein.freed);
            return Some(format!("what holds back {name} can be taken off by {by}, then {then}"));
        }
        if let Some(leads) = target.leads_to().filter(|_| path.aim.needs_power()) {
            let then = if self.reacher.lift(who, path, target).is_some() { "then " } else { "" };
            return Some(format!("{then}{}", self.chain(leads)));
        }
        let is_other = target.role.is_some_and(|role| role != who);
        let words = match path.aim {
            Aim::OwnPolicy if is_other => "the policy is attached to a role whose trust names the principal",
            Aim::OwnVersion if is_other && found.answer == Answer::Yes => {
                "attached to a role whose trust names the principal; another version of it allows everything"
            }
            Aim::OwnVersion if is_other => {
                "attached to a role whose trust names the principal; no version that is kept today allows everything"
            }
            Aim::OwnRole if is_other => "the role's trust names the principal",
            Aim::OwnPolicy => "the policy is attached to the principal itself",
            Aim::OwnVersion if found.answer == Answer::Yes => "another version of it allows everything",
            Aim::OwnVersion => {
                "attached to the principal itself; no version that is kept today allows everything"
            }
            Aim::OwnUser | Aim::OwnGroup if target.stands_in => "for a user who may become this role",
            Aim::OwnRole | Aim::OwnUser => "the permission reaches the principal itself",
            Aim::OwnGroup => "the principal is in the group",
            Aim::WrittenRole | Aim::WrittenPolicy => "the role's trust lets the principal in",
            Aim::OpenedRole | Aim::OpenedPolicy => "the role's trust can be rewritten as well",
            Aim::WrittenUser => "a key for the user can be made as well",
            Aim::NewRole => "a new role whose trust names the principal",
            Aim::NewUser => "a new user",
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// `role x, by iam-005`, or further until an administrator stands there.
    fn chain(&self, start: Who) -> String {
        let mut words = Vec::new();
        let mut at = start;
        for _ in 0..CHAIN_WORDS_MAX {
            let standing = &self.standings[at];
            let name = self.world().arn(at).rsplit(':').next().unwrap_or_default();
            match standing.admin.answer {
                Answer::Yes => {
                    words.push(format!("{name} is an administrator"));
                    break;
                }
                Answer::Maybe => {
                    words.push(format!("{name} is an administrator under a condition"));
                    break;
                }
                Answer::No => {}
            }
            let next = ordered(&standing.found).find(|found| found.gives() > Answer::No);
            let Some((found, target)) = next.and_then(|found| Some((found, found.target?))) else { break };
            let path = &table().paths[found.path];
            words.push(format!("{name} goes on by {}", path.id));
            let freed = target.rein.map(|rein| self.world().reins[rein].freed);
            match freed.or(target.leads_to()).filter(|_| path.aim.needs_power()) {
                Some(next) => at = next,
                None => break,
            }
        }
        words.join(", ")
    }

    /// ` on …` for a summary.
    fn leads(&self, who: Who, found: &Found<'a>, path: &Path) -> String {
        let Some(target) = found.target else { return String::new() };
        let name = self.target_name(&target, path);
        if name.is_empty() || path.aim.lifts() {
            return String::new();
        }
        let short = name.rsplit(':').next().unwrap_or_default();
        if name == self.world().arn(who) { " on itself".to_owned() } else { format!(" on {short}") }
    }

    fn target_name(&self, target: &Target<'a>, path: &Path) -> String {
        let is_policy =
            matches!(path.aim, Aim::OwnPolicy | Aim::OwnVersion | Aim::WrittenPolicy | Aim::OpenedPolicy);
        match target.policy.filter(|_| is_policy) {
            Some(policy) => policy.to_owned(),
            None => target.leads_to().map_or(String::new(), |who| self.world().arn(who).to_owned()),
        }
    }
}

/// Paths that lead somewhere first, open ones before others, then by id.
fn ordered<'f, 'a>(found: &'f [Found<'a>]) -> impl Iterator<Item = &'f Found<'a>> {
    let mut all: Vec<&Found<'a>> = found.iter().collect();
    all.sort_by_key(|found| (std::cmp::Reverse(found.answer), found.path));
    all.into_iter()
}

/// What a path would need to lead anywhere.
fn missing(path: &Path) -> String {
    let services = path.services.join(" or ");
    let objects: Vec<Object> = path.needs.iter().map(|id| table().actions[*id].object).collect();
    match path.aim {
        Aim::OwnPolicy => "a customer's policy that is attached to the principal".to_owned(),
        Aim::OwnVersion => {
            "a customer's policy that is attached to the principal and keeps another version".to_owned()
        }
        Aim::OwnRole => "the principal to be the role, or a role that trusts it by name".to_owned(),
        Aim::OwnUser => "the principal to be the user, or a user who may become it".to_owned(),
        Aim::OwnGroup => "a group of the principal".to_owned(),
        Aim::BetterGroup => "a group with more power".to_owned(),
        Aim::OtherUser => "another user with more power".to_owned(),
        Aim::NewRole => "a name that both permissions allow for a new role".to_owned(),
        Aim::NewUser => "a name that all permissions allow for a new user".to_owned(),
        Aim::NewMember | Aim::OtherMember => "a group with more power".to_owned(),
        Aim::OwnBoundary | Aim::OwnDenial | Aim::OwnTags => "power that is held back".to_owned(),
        Aim::WrittenUser => "another user".to_owned(),
        Aim::AssumedRole | Aim::TrustingRole => "a role with more power that trusts the principal".to_owned(),
        Aim::TrustOfRole => "another role with more power".to_owned(),
        Aim::PassedRole | Aim::RunningRole => format!("a role with more power that trusts {services}"),
        Aim::WrittenRole | Aim::WrittenPolicy => "a role that trusts the principal".to_owned(),
        Aim::OpenedRole | Aim::OpenedPolicy if objects.contains(&Object::Policy) => {
            "another role with a customer's policy".to_owned()
        }
        Aim::OpenedRole | Aim::OpenedPolicy => "another role".to_owned(),
    }
}
