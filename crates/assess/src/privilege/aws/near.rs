//! Whom a step of the walk may lead to, sorted out once for everybody who takes it.

use super::path::{Aim, Path, table};
use super::target::Target;
use super::walk::Walk;
use super::world::Who;

/// Users, roles and groups that a step may lead to, each list in order of ARNs.
pub(super) struct Near {
    users: Vec<Who>,
    roles: Vec<Who>,
    /// Roles that let in others than services. Most let in nobody else.
    open: Vec<Who>,
    groups: Vec<Who>,
    /// Roles with which the services of each path run.
    running: Vec<Vec<Who>>,
}

impl Near {
    /// Whether a step leads to nobody.
    pub(super) fn is_empty(&self) -> bool {
        [&self.users, &self.roles, &self.groups].into_iter().all(Vec::is_empty)
    }
}

impl<'a> Walk<'_, 'a> {
    /// Those of everybody to whom a step may lead.
    pub(super) fn near(&self, is_near: impl Fn(Who) -> bool) -> Near {
        let of = |all: &[Who]| all.iter().copied().filter(|who| is_near(*who)).collect::<Vec<Who>>();
        let world = self.world;
        let roles = of(&world.roles);
        let lets_in =
            |role: &&Who| world.trusts[**role].as_ref().is_some_and(|trust| trust.named().next().is_some());
        Near {
            users: of(&world.users),
            open: roles.iter().filter(lets_in).copied().collect(),
            groups: of(&world.all_groups),
            running: if roles.is_empty() {
                vec![Vec::new(); table().paths.len()]
            } else {
                self.running.iter().map(|all| of(all)).collect()
            },
            roles,
        }
    }

    /// What a path may act on to reach any of them.
    pub(super) fn candidates(&self, who: Who, number: usize, near: &Near) -> Vec<Target<'a>> {
        let path: &Path = &table().paths[number];
        let of_groups =
            || near.groups.iter().map(|group| Target { group: Some(*group), ..Target::default() });
        match path.aim {
            Aim::OtherUser => self.users(who, path, &near.users),
            Aim::BetterGroup => self.better_groups(who, &near.groups),
            Aim::TrustingRole => self.let_in(who, &near.roles),
            Aim::RunningRole => near.running[number].iter().copied().map(Target::role).collect(),
            Aim::PassedRole => self.pick(who, path, &near.running[number]),
            Aim::AssumedRole => self.pick(who, path, &near.open),
            Aim::TrustOfRole => self.pick(who, path, &near.roles),
            Aim::NewMember => of_groups().collect(),
            Aim::OtherMember => self.other_members(who, path, &near.groups),
            _ => Vec::new(),
        }
    }
}
