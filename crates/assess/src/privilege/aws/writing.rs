//! Power that a principal makes on its way: written to whoever a path leads to, or to a role or user that it makes.

use super::condition::{Answer, Given, account};
use super::path::{ActionId, Aim, Object, Path, table};
use super::target::Target;
use super::walk::Walk;
use super::world::Who;

/// Actions that give power to whoever they act on, by kind.
pub(super) struct Writes {
    user: Vec<ActionId>,
    role: Vec<ActionId>,
    group: Vec<ActionId>,
    new_key: ActionId,
}

impl Writes {
    pub(super) fn new() -> Self {
        let id = |name: &str| table().known(name);
        let of = |kind: &str| {
            vec![
                id(&format!("iam:Put{kind}Policy")),
                id(&format!("iam:Attach{kind}Policy")),
                id("iam:CreatePolicyVersion"),
            ]
        };
        Self { user: of("User"), role: of("Role"), group: of("Group"), new_key: id("iam:CreateAccessKey") }
    }
}

impl<'a> Walk<'_, 'a> {
    /// Tries targets without power to which the principal may write some, until one is enough for `is_enough`. Paths that
    /// name both permissions are in the table.
    pub(super) fn written_targets(
        &self,
        who: Who,
        number: usize,
        mut is_enough: impl FnMut(&Target<'a>) -> bool,
    ) {
        let path = &table().paths[number];
        let writes = match path.aim {
            Aim::BetterGroup => &self.writes.group,
            Aim::OtherUser if !path.needs.contains(&self.writes.new_key) => &self.writes.user,
            Aim::PassedRole | Aim::RunningRole => &self.writes.role,
            _ => return,
        };
        let holder = &self.world.holders[who];
        let held: Vec<ActionId> =
            writes.iter().copied().filter(|id| holder.held.has(*id) && !path.needs.contains(id)).collect();
        if held.is_empty() {
            return;
        }
        let targets = match path.aim {
            Aim::BetterGroup => self.better_groups(who, &self.world.all_groups),
            Aim::OtherUser => self.users(who, path, &self.world.users),
            Aim::PassedRole => self.pick(who, path, &self.running[number]),
            _ => self.running[number].iter().copied().map(Target::role).collect(),
        };
        for write in held {
            let beginnings = holder.beginnings(write);
            let fits = |arn: &str| beginnings.iter().any(|beginning| arn.starts_with(beginning.as_str()));
            for target in &targets {
                let Some(leads) = target.leads_to() else { continue };
                // A new version acts on each policy of the target, anything else on the target.
                let target = Target { write: Some(write), ..*target };
                let written = match table().actions[write].object {
                    Object::Policy => self.policies_of(leads, target),
                    _ if fits(self.world.arn(leads)) => vec![target],
                    _ => continue,
                };
                let acts_on_one = |target: &&Target<'a>| target.policy.is_none_or(fits);
                let mut possible =
                    written.iter().filter(acts_on_one).filter(|target| self.is_possible(who, path, target));
                if possible.any(&mut is_enough) {
                    return;
                }
            }
        }
    }

    /// How far everything that a path does to a principal that it makes is allowed, on one and the same name.
    pub(super) fn on_a_new_one(&self, who: Who, path: &Path) -> Answer {
        let holder = &self.world.holders[who];
        let kind = if path.aim == Aim::NewRole { Object::Role } else { Object::User };
        let needs: Vec<ActionId> =
            path.needs.iter().copied().filter(|id| table().actions[*id].object == kind).collect();
        let mut best = Answer::No;
        let becomes = (path.aim == Aim::NewRole).then_some(self.reacher.asked.assume);
        let witnesses = needs.iter().chain(&becomes).flat_map(|id| holder.witnesses(*id));
        // It is made in the principal's account, under a name that nobody there has.
        let is_new =
            |arn: &String| account(arn) == holder.account() && !self.world.by_arn.contains_key(arn.as_str());
        for witness in witnesses.filter(is_new) {
            for boundary in self.reacher.new_boundaries() {
                let asks = |id: &ActionId| {
                    let policies = self.reacher.policies(who, *id).into_iter();
                    let answers = policies.map(|(policy, most)| {
                        let given = Given { policy, boundary: Some(boundary), ..Given::default() };
                        holder.ask(*id, &witness, given).answer.min(most)
                    });
                    answers.max().unwrap_or(Answer::No)
                };
                let mut whole = needs.iter().map(asks).min().unwrap_or(Answer::No);
                if path.aim == Aim::NewRole && whole > Answer::No {
                    // Its trust names the principal, so that only a denial or a limit stands against becoming it.
                    let request = holder.request(&witness, "sts:assumerole", Given::default());
                    whole = whole.min(holder.is_free(self.reacher.asked.assume, &request));
                }
                best = best.max(whole);
            }
            if best == Answer::Yes {
                break;
            }
        }
        best
    }
}
