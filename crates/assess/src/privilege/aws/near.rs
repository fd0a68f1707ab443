//! Whom a step of the walk may lead to, sorted out once for everybody who takes it.

use std::collections::HashMap;

use super::path::{Aim, Object, Path, table};
use super::target::Target;
use super::walk::Walk;
use super::world::{Who, World};

/// Users, roles and groups that a step may lead to, each list in order of ARNs.
pub(super) struct Near<'a> {
    users: Vec<Who>,
    roles: Vec<Who>,
    /// Roles that let in whole accounts, by account: by far the most do not, so that few are asked for whom they let in.
    open: HashMap<&'a str, Vec<Who>>,
    groups: Vec<Who>,
    /// Roles with which the services of each path run.
    running: Vec<Vec<Who>>,
}

impl<'a> Near<'a> {
    /// Those of everybody to whom a step may lead.
    pub(super) fn of(world: &World<'a>, running: &[Vec<Who>], is_near: impl Fn(Who) -> bool) -> Self {
        let of = |all: &[Who]| all.iter().copied().filter(|who| is_near(*who)).collect::<Vec<Who>>();
        let order = |role: &Who| (world.arn(*role), *role);
        let open = world.let_in_by_account.iter().map(|(account, roles)| {
            let mut roles = of(roles);
            roles.sort_by_key(order);
            roles.dedup();
            (*account, roles)
        });
        let roles = of(&world.roles);
        Self {
            users: of(&world.users),
            open: open.collect(),
            groups: of(&world.all_groups),
            running: if roles.is_empty() {
                vec![Vec::new(); table().paths.len()]
            } else {
                running.iter().map(|all| of(all)).collect()
            },
            roles,
        }
    }

    /// Whether a step leads to nobody.
    pub(super) fn is_empty(&self) -> bool {
        [&self.users, &self.roles, &self.groups].into_iter().all(Vec::is_empty)
    }
}

impl<'a> Walk<'_, 'a> {
    /// Those of everybody to whom a step may lead.
    pub(super) fn near(&self, is_near: impl Fn(Who) -> bool) -> Near<'a> {
        Near::of(self.world, &self.running, is_near)
    }

    /// Roles that let the principal in, by name or by account, and that it may be allowed to become.
    pub(super) fn enterable(&self, who: Who, path: &Path, near: &Near<'a>) -> Vec<Target<'a>> {
        let by_name: Vec<Who> =
            self.let_in(who, &near.roles).into_iter().filter_map(|target| target.role).collect();
        let by_account = near.open.get(self.world.holders[who].account()).map_or(&[][..], Vec::as_slice);
        let mut roles = self.pick_kind(who, path, Object::Role, &by_name);
        roles.extend(self.pick_kind(who, path, Object::Role, by_account));
        roles.sort_unstable();
        roles.dedup();
        roles.into_iter().map(Target::role).collect()
    }

    /// What a path may act on to reach any of them.
    pub(super) fn candidates(&self, who: Who, number: usize, near: &Near<'a>) -> Vec<Target<'a>> {
        let path: &Path = &table().paths[number];
        let of_groups =
            || near.groups.iter().map(|group| Target { group: Some(*group), ..Target::default() });
        match path.aim {
            Aim::OtherUser => self.users(who, path, &near.users),
            Aim::BetterGroup => self.better_groups(who, &near.groups),
            Aim::TrustingRole => self.let_in(who, &near.roles),
            Aim::RunningRole => near.running[number].iter().copied().map(Target::role).collect(),
            Aim::PassedRole => self.pick(who, path, &near.running[number]),
            Aim::AssumedRole => self.enterable(who, path, near),
            Aim::TrustOfRole => self.pick(who, path, &near.roles),
            Aim::NewMember => of_groups().collect(),
            Aim::OtherMember => self.other_members(who, path, &near.groups),
            _ => Vec::new(),
        }
    }
}
