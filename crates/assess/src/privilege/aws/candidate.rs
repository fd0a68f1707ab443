//! Which users, roles, groups and policies are worth trying as the target of a path.

use super::condition::Answer;
use super::glob;
use super::holder::Given;
use super::path::{ActionId, Aim, Object, Path, table};
use super::target::Target;
use super::walk::Walk;
use super::world::Who;

/// Pairs of a group and a user that are tried for one path; which user joins makes little difference.
const PAIRS_MAX: usize = 1_000;

impl Target<'_> {
    pub(super) fn role(role: Who) -> Self {
        Self { role: Some(role), ..Self::default() }
    }

    fn user(user: Who) -> Self {
        Self { user: Some(user), ..Self::default() }
    }
}

impl<'a> Walk<'_, 'a> {
    /// Targets of a path that makes power.
    pub(super) fn own_targets(&self, who: Who, path: &Path) -> Vec<Target<'a>> {
        let world = self.world;
        let holder = &world.holders[who];
        match path.aim {
            Aim::OwnPolicy | Aim::OwnVersion => {
                let own = self.policies_of(who, Target::default()).into_iter();
                let by_name = self.open_by_name(who).into_iter();
                own.chain(by_name.flat_map(|one| self.policies_of(one.role.unwrap_or(who), one))).collect()
            }
            Aim::OwnRole => {
                let itself = (!holder.is_user()).then(|| Target::role(who));
                itself.into_iter().chain(self.open_by_name(who)).collect()
            }
            Aim::OwnUser if holder.is_user() => vec![Target::user(who)],
            Aim::OwnUser => match self.entrant(who) {
                Some(Some(user)) => vec![Target { stands_in: true, ..Target::user(user) }],
                Some(None) => {
                    let mut users = self.users(who, path, &world.users);
                    if !self.reaches_any_user(who, path) {
                        let may = |action: &ActionId, one: &Target<'a>| {
                            self.reacher.may(who, *action, path, one) > Answer::No
                        };
                        users.retain(|one| path.needs.iter().all(|action| may(action, one)));
                        users.retain(|one| one.user.is_some_and(|user| self.may_become(user, who)));
                    }
                    users.into_iter().map(Target::as_stand_in).collect()
                }
                None => Vec::new(),
            },
            Aim::OwnGroup => self.own_groups(who),
            Aim::WrittenUser => self.users(who, path, &world.users),
            Aim::WrittenRole => self.changeable(who, path),
            Aim::OpenedRole => self.changeable(who, path),
            Aim::NewRole | Aim::NewUser => vec![Target::default()],
            Aim::WrittenPolicy | Aim::OpenedPolicy => {
                let roles = self.changeable(who, path).into_iter();
                roles.flat_map(|one| self.policies_of(one.role.unwrap_or(who), one)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether what a path does to a user may be done to one that no export names.
    fn reaches_any_user(&self, who: Who, path: &Path) -> bool {
        let holder = &self.world.holders[who];
        path.needs.iter().all(|action| {
            let anybody = glob::member(&holder.shape(&table().actions[*action].shapes[0]));
            self.reacher.best(who, *action, path, &anybody, Given::default()).answer > Answer::No
        })
    }

    /// Whether a user may become a role.
    fn may_become(&self, user: Who, role: Who) -> bool {
        let (holder, target) = (&self.world.holders[user], self.world.holders[role].principal);
        let given = Given { target: Some(target), ..Given::default() };
        let asks = || holder.ask(self.reacher.asked.assume, &target.arn, given).answer > Answer::No;
        self.reacher.door(user, Some(role), true) > Answer::No
            || self.reacher.door(user, Some(role), false) > Answer::No && asks()
    }

    /// A target with each customer policy that is attached to somebody.
    pub(super) fn policies_of(&self, whose: Who, target: Target<'a>) -> Vec<Target<'a>> {
        let own = self.world.attached[whose].iter().filter(|arn| !arn.contains(":iam::aws:"));
        own.map(|arn| Target { policy: Some(arn), ..target }).collect()
    }

    fn own_groups(&self, who: Who) -> Vec<Target<'a>> {
        let holder = &self.world.holders[who];
        let groups = |of: &[Who], stands_in| {
            of.iter().map(|group| Target { group: Some(*group), stands_in, ..Target::default() }).collect()
        };
        if holder.is_user() {
            return groups(&self.world.groups_of[who], false);
        }
        // A role is in no group, but lifts whoever becomes it, or lends a hand to any member.
        match self.entrant(who) {
            Some(Some(user)) if !self.world.groups_of[user].is_empty() => {
                groups(&self.world.groups_of[user], true)
            }
            Some(_) => groups(&self.world.all_groups, true),
            None => Vec::new(),
        }
    }

    /// Groups with power of which the principal, or whoever it stands in for, is no member yet.
    pub(super) fn better_groups(&self, who: Who, groups: &[Who]) -> Vec<Target<'a>> {
        let is_user = self.world.holders[who].is_user();
        let joins = if is_user { Some(Some(who)) } else { self.entrant(who) };
        let Some(joins) = joins else { return Vec::new() };
        let is_member = |group: &Who| joins.is_some_and(|user| self.world.groups_of[user].contains(group));
        let others = groups.iter().filter(|group| !is_member(group));
        others.map(|group| Target { group: Some(*group), stands_in: !is_user, ..Target::default() }).collect()
    }

    /// A user who may become the role: `Some(None)` = there may be one, and no export names it.
    fn entrant(&self, role: Who) -> Option<Option<Who>> {
        let trust = self.world.trusts[role].as_ref()?;
        let own = self.world.holders[role].account();
        let mut unnamed = None;
        for named in trust.named() {
            match self.world.by_arn.get(named) {
                Some(user)
                    if self.world.holders[*user].is_user()
                        && self.reacher.door(*user, Some(role), false) > Answer::No =>
                {
                    return Some(Some(*user));
                }
                Some(_) => {}
                None if named == "*"
                    || named == own
                    || named.contains(&format!("::{own}:root"))
                    || named.contains(&format!("::{own}:user/")) =>
                {
                    unnamed = Some(None);
                }
                None => {}
            }
        }
        unnamed
    }

    /// The principal itself without what a path of its takes off.
    pub(super) fn freed(&self, who: Who, path: &Path) -> Vec<Target<'a>> {
        let lifts = self.world.lifts.get(&who).into_iter().flatten();
        lifts.filter(|lift| lift.aim == path.aim).map(|lift| Target::user(lift.freed)).collect()
    }

    /// Users of whom one may join each of these groups and then be taken over.
    pub(super) fn other_members(&self, who: Who, path: &Path, groups: &[Who]) -> Vec<Target<'a>> {
        let users = self.users(who, path, &self.world.users);
        let pairs = groups.iter().flat_map(|group| users.iter().map(|user| (*group, *user)));
        pairs.take(PAIRS_MAX).map(|(group, user)| Target { group: Some(group), ..user }).collect()
    }

    /// Users that a path's first action on a user may reach.
    pub(super) fn users(&self, who: Who, path: &Path, users: &[Who]) -> Vec<Target<'a>> {
        self.pick_kind(who, path, Object::User, users).into_iter().map(Target::user).collect()
    }

    /// Roles that a path's first action on a role may reach.
    pub(super) fn pick(&self, who: Who, path: &Path, roles: &[Who]) -> Vec<Target<'a>> {
        self.pick_kind(who, path, Object::Role, roles).into_iter().map(Target::role).collect()
    }

    /// Other roles of the account that are not AWS's own; of those that the principal only enters, none that is shut.
    fn changeable(&self, who: Who, path: &Path) -> Vec<Target<'a>> {
        let own = self.world.holders[who].account();
        let mut roles = match path.aim {
            Aim::WrittenRole | Aim::WrittenPolicy => self.enterable(who, path, &self.everybody),
            _ => self.pick(who, path, &self.world.roles),
        };
        roles.retain(|one| {
            let role = &self.world.holders[one.role.unwrap_or(who)];
            one.role != Some(who) && role.account() == own && !role.principal.is_service_linked
        });
        roles
    }

    /// Roles that the principal may become without a permission of its own.
    fn open_by_name(&self, who: Who) -> Vec<Target<'a>> {
        let mut roles = self.let_in(who, &self.world.roles);
        roles.retain(|one| self.reacher.door(who, one.role, true) > Answer::No);
        roles
    }

    /// Roles among `roles` whose trust names the principal or everybody.
    pub(super) fn let_in(&self, who: Who, roles: &[Who]) -> Vec<Target<'a>> {
        let holder = &self.world.holders[who];
        let session = format!("arn:aws:sts::{}:assumed-role/{}/", holder.account(), holder.principal.name);
        let mut named: Vec<Who> = Vec::new();
        for name in [holder.principal.arn.as_str(), "*"] {
            named.extend(self.world.let_in.get(name).into_iter().flatten());
        }
        named.extend(&self.world.let_in_but_some);
        if !holder.is_user() && !self.world.sessions.is_empty() {
            let sessions = self
                .world
                .sessions
                .range(session.as_str()..)
                .take_while(|(name, _)| name.starts_with(&session));
            named.extend(sessions.flat_map(|(_, roles)| roles));
        }
        named.retain(|role| *role != who);
        named.sort_by_key(|role| self.world.arn(*role));
        named.dedup();
        let order = |role: &Who| (self.world.arn(*role), *role);
        named.retain(|role| roles.binary_search_by_key(&order(role), order).is_ok());
        named.into_iter().map(Target::role).collect()
    }

    /// Members of a list in order of their ARNs on which the path's action of a kind may be allowed, by the literal
    /// beginnings of the policies' patterns.
    pub(super) fn pick_kind(&self, who: Who, path: &Path, object: Object, list: &[Who]) -> Vec<Who> {
        let Some(action) = path.needs.iter().find(|id| table().actions[**id].object == object) else {
            return Vec::new();
        };
        if list.is_empty() {
            return Vec::new();
        }
        let mut picked = Vec::new();
        for beginning in self.world.holders[who].beginnings(*action) {
            let start = list.partition_point(|one| self.world.arn(*one) < beginning.as_str());
            let fits = list[start..].iter().take_while(|one| self.world.arn(**one).starts_with(&beginning));
            picked.extend(fits.copied());
        }
        picked.sort_unstable();
        picked.dedup();
        picked.retain(|one| *one != who);
        picked
    }
}

impl Target<'_> {
    fn as_stand_in(self) -> Self {
        Self { stands_in: true, ..self }
    }
}
