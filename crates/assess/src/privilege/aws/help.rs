//! Help through somebody who has no power, or none for sure, by itself: taken over, it gives power to the principal, or to a role that the
//! principal may become.

use super::condition::Answer;
use super::holder::Given;
use super::near::Near;
use super::path::{ActionId, Actions, Aim, table};
use super::target::Target;
use super::walk::{Found, Walk};
use super::world::Who;

/// Helpers that are tried for one path of one principal.
const HELPERS_MAX: usize = 200;
/// Roles of a principal that are tried as the ones that get the power.
const ROLES_MAX: usize = 32;
/// Groups with power of which one is tried.
const GROUPS_MAX: usize = 32;

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

/// Somebody to whom power could be given.
struct Recipient<'a> {
    who: Who,
    /// The actions of all ways.
    wanted: Actions,
    ways: Vec<Way<'a>>,
}

/// One way to give somebody power.
struct Way<'a> {
    action: ActionId,
    arn: &'a str,
    given: Given<'a>,
    /// A role of the recipient that gets the power, and how far the recipient reaches it.
    role: Option<(Who, Answer)>,
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
        let roles = self.near(|who| self.standings[who].power < Answer::Yes);
        let mut any = false;
        for who in (0..self.standings.len()).filter(|_| !near.is_empty()) {
            // Help is worth looking for where nothing else is sure.
            if self.standings[who].power == Answer::Yes {
                continue;
            }
            let mut recipient: Option<Recipient<'a>> = None;
            let mut found = std::mem::take(&mut self.standings[who].found);
            let ways = found.clone();
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
                if targets.is_empty() {
                    continue;
                }
                let recipient = recipient.get_or_insert_with(|| self.recipient(who, &ways, &roles));
                let helped = |target: &Target<'a>| {
                    let help = self.help(target.leads_to()?, recipient)?;
                    Some(Target { help: Some(help), ..*target })
                };
                let targets: Vec<Target<'a>> = targets.iter().filter_map(helped).collect();
                self.try_all(who, one, &targets);
                best = best.max(one.gives());
            }
            any |= self.rise(who, found, best, 1);
        }
        any
    }

    /// What could be given to a principal, whoever gives it.
    fn recipient(&self, who: Who, found: &[Found<'a>], roles: &Near<'a>) -> Recipient<'a> {
        let (world, gifts) = (self.world, &self.gifts);
        let holder = &world.holders[who];
        let itself = Given { target: Some(holder.principal), ..Given::default() };
        let mut ways: Vec<Way<'a>> = Vec::new();
        let mut add = |actions: &[ActionId], arn: &'a str, given: Given<'a>, role: Option<(Who, Answer)>| {
            ways.extend(actions.iter().map(|action| Way { action: *action, arn, given, role }));
        };
        add(if holder.is_user() { &gifts.user } else { &gifts.role }, world.arn(who), itself, None);
        for group in &world.groups_of[who] {
            add(&gifts.group, world.arn(*group), Given::default(), None);
        }
        let own = world.attached[who].iter();
        for policy in own.filter(|arn| !arn.contains(":iam::aws:") && !world.library.is_full(arn)) {
            add(&[gifts.version], policy, Given::default(), None);
        }
        let strong = world.all_groups.iter().filter(|group| self.standings[**group].power == Answer::Yes);
        for group in strong.take(if holder.is_user() { GROUPS_MAX } else { 0 }) {
            add(&[gifts.join], world.arn(*group), Given::default(), None);
        }
        for (role, answer) in self.own_roles(who, found, roles) {
            let given = Given { target: Some(world.holders[role].principal), ..Given::default() };
            add(&gifts.role, world.arn(role), given, Some((role, answer)));
        }
        let mut wanted = Actions::default();
        ways.iter().for_each(|way| wanted.add(way.action));
        Recipient { who, wanted, ways }
    }

    /// Roles that a principal may become or pass to a service, each with how far.
    fn own_roles(&self, who: Who, found: &[Found<'a>], roles: &Near<'a>) -> Vec<(Who, Answer)> {
        let is = |one: &&Found<'a>, aims: &[Aim]| aims.contains(&table().paths[one.path].aim);
        let by_name = found.iter().filter(|one| is(one, &[Aim::TrustingRole]));
        let others = found.iter().filter(|one| is(one, &[Aim::AssumedRole, Aim::PassedRole]));
        let mut own: Vec<(Who, Answer)> = Vec::new();
        for one in by_name.chain(others) {
            let path = &table().paths[one.path];
            for target in self.candidates(who, one.path, roles).into_iter().take(ROLES_MAX) {
                let Some(role) = target.role else { continue };
                if own.len() < ROLES_MAX && own.iter().all(|(known, _)| *known != role) {
                    let answer = self.reacher.reaches(who, path, &target).min(one.allowed);
                    own.extend((answer > Answer::No).then_some((role, answer)));
                }
            }
        }
        own
    }

    /// The best that somebody can do for a principal.
    fn help(&self, helper: Who, recipient: &Recipient<'a>) -> Option<Help> {
        let (world, who) = (self.world, recipient.who);
        let gives = &world.holders[helper];
        if !gives.held.meets(&recipient.wanted) || gives.account() != world.holders[who].account() {
            return None;
        }
        let mut best: Option<Help> = None;
        for Way { action, arn, given, role } in recipient.ways.iter().filter(|way| gives.held.has(way.action))
        {
            let mut answer = self.gift(helper, *action, arn, *given);
            if answer > best.map_or(Answer::No, |best| best.answer) {
                let (whose, reached) = role.unwrap_or((who, Answer::Yes));
                answer = answer.min(reached).min(self.unbounded_by_either(helper, who, whose));
            }
            if answer > best.map_or(Answer::No, |best| best.answer) {
                best = Some(Help { answer, action: *action, role: role.map(|(role, _)| role) });
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
