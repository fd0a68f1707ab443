//! Help through somebody who has no power, or none for sure, by itself: taken over, it gives power to the principal, or to a role that the
//! principal may become.

use super::condition::Answer;
use super::holder::Given;
use super::path::{ActionId, Actions, Aim, table};
use super::target::Target;
use super::walk::Walk;
use super::world::Who;

/// Helpers that are tried for one path of one principal.
const HELPERS_MAX: usize = 200;
/// Roles of a principal that are tried as the ones that get the power.
const ROLES_MAX: usize = 32;

/// What somebody does for a principal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Help {
    /// How far it may.
    pub(super) answer: Answer,
    /// The action that gives power.
    pub(super) action: ActionId,
    /// A role that the principal may become and that gets the power; `None` for the principal itself.
    pub(super) role: Option<Who>,
}

/// Actions that give power, by whom they are given to.
pub(super) struct Gifts {
    user: [ActionId; 2],
    role: [ActionId; 2],
    group: [ActionId; 2],
    version: ActionId,
    join: ActionId,
    all: Actions,
}

impl Gifts {
    pub(super) fn new() -> Self {
        let id = |name: &str| table().known(name);
        let of = |kind: &str| ["Put", "Attach"].map(|verb| id(&format!("iam:{verb}{kind}Policy")));
        let (user, role, group) = (of("User"), of("Role"), of("Group"));
        let (version, join) = (id("iam:CreatePolicyVersion"), id("iam:AddUserToGroup"));
        let mut all = Actions::default();
        [user, role, group].iter().flatten().chain([&version, &join]).for_each(|id| all.add(*id));
        Self { user, role, group, version, join, all }
    }
}

impl<'a> Walk<'_, 'a> {
    /// Paths to somebody who helps. True when any leads somewhere.
    pub(super) fn by_help(&mut self) -> bool {
        let gives = |who: Who| self.world.holders[who].held.meets(&self.gifts.all);
        let near = self.near(|who| self.standings[who].power < Answer::Yes && gives(who));
        let mut any = false;
        for who in (0..self.standings.len()).filter(|_| !near.is_empty()) {
            let mut found = std::mem::take(&mut self.standings[who].found);
            let mut best = self.standings[who].power;
            for one in found.iter_mut().filter(|one| one.answer < one.allowed) {
                let path = &table().paths[one.path];
                let takes_over = matches!(
                    path.aim,
                    Aim::OtherUser
                        | Aim::AssumedRole
                        | Aim::TrustingRole
                        | Aim::TrustOfRole
                        | Aim::PassedRole
                        | Aim::RunningRole
                );
                if !takes_over {
                    continue;
                }
                let mut targets = self.candidates(who, one.path, &near);
                targets.truncate(HELPERS_MAX);
                let helped = |target: &Target<'a>| {
                    let help = self.help(target.leads_to()?, who)?;
                    Some(Target { help: Some(help), ..*target })
                };
                let targets: Vec<Target<'a>> = targets.iter().filter_map(helped).collect();
                self.try_all(who, one, &targets);
                best = best.max(one.answer);
            }
            any |= self.rise(who, found, best, 1);
        }
        any
    }

    /// The best that somebody can do for a principal.
    fn help(&self, helper: Who, who: Who) -> Option<Help> {
        let world = self.world;
        let (gives, gets) = (&world.holders[helper], &world.holders[who]);
        if gives.account() != gets.account() {
            return None;
        }
        let mut best: Option<Help> = None;
        let mut offer = |answer: Answer, action: ActionId, role: Option<Who>| {
            if answer > best.map_or(Answer::No, |best| best.answer) {
                best = Some(Help { answer, action, role });
            }
        };
        let target = Given { target: Some(gets.principal), ..Given::default() };
        let free = self.unbounded_by_either(helper, who, who);
        for action in if gets.is_user() { self.gifts.user } else { self.gifts.role } {
            offer(self.gift(helper, action, world.arn(who), target).min(free), action, None);
        }
        for group in &world.groups_of[who] {
            for action in self.gifts.group {
                let answer = self.gift(helper, action, world.arn(*group), Given::default());
                offer(answer.min(free), action, None);
            }
        }
        let own = world.attached[who].iter();
        for policy in own.filter(|arn| !arn.contains(":iam::aws:") && !world.library.is_full(arn)) {
            let answer = self.gift(helper, self.gifts.version, policy, Given::default());
            offer(answer.min(free), self.gifts.version, None);
        }
        if gets.is_user() && gives.held.has(self.gifts.join) {
            let strong = world.all_groups.iter().filter(|group| self.standings[**group].power == Answer::Yes);
            for group in strong.take(ROLES_MAX) {
                let answer = self.gift(helper, self.gifts.join, world.arn(*group), Given::default());
                offer(answer.min(free), self.gifts.join, None);
            }
        }
        if self.gifts.role.iter().any(|action| gives.held.has(*action)) {
            for role in self.let_in(who, &world.roles).iter().take(ROLES_MAX).filter_map(|one| one.role) {
                let door = self.reacher.door(who, Some(role), true);
                let free = self.unbounded_by_either(helper, who, role).min(door);
                let given = Given { target: Some(world.holders[role].principal), ..Given::default() };
                for action in self.gifts.role.into_iter().filter(|_| free > Answer::No) {
                    offer(self.gift(helper, action, world.arn(role), given).min(free), action, Some(role));
                }
            }
        }
        best
    }

    fn gift(&self, helper: Who, action: ActionId, arn: &str, given: Given<'_>) -> Answer {
        let holder = &self.world.holders[helper];
        let with =
            |(policy, most): (_, Answer)| holder.ask(action, arn, Given { policy, ..given }).answer.min(most);
        self.reacher.policies(helper, action).into_iter().map(with).max().unwrap_or(Answer::No)
    }

    fn unbounded_by_either(&self, helper: Who, who: Who, whose: Who) -> Answer {
        self.reacher.unbounded(helper, Some(whose)).max(self.reacher.unbounded(who, Some(whose)))
    }
}
