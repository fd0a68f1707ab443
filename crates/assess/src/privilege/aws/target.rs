//! What an escalation path can reach: the users, roles, groups and policies that fit its aim.

use std::cell::Cell;

use super::condition::Answer;
use super::holder::{Given, Limit, permits};
use super::path::{ActionId, Aim, Object, Path, table};
use super::world::{Who, World};

/// Targets that are tried for all paths of a scan together. An account of ten thousand principals takes some million.
const TRIES_MAX: u64 = 100_000_000;
/// Customer policies that are tried as the one that is attached.
const ATTACHABLE_MAX: usize = 8;

/// Something that a path acts on, by kind, and whose power it brings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Target<'a> {
    pub(super) user: Option<Who>,
    pub(super) role: Option<Who>,
    pub(super) group: Option<Who>,
    pub(super) policy: Option<&'a str>,
    /// Whoever has this target only stands in for the principal, so that it is no more than a "maybe".
    pub(super) stands_in: bool,
}

impl Target<'_> {
    /// Whose power it is, where the path does not make it.
    pub(super) fn leads_to(&self) -> Option<Who> {
        self.user.or(self.role).or(self.group)
    }
}

/// Names of actions that the code asks for itself.
pub(super) struct Asked {
    pub(super) assume: ActionId,
    user_boundary: [ActionId; 2],
    role_boundary: [ActionId; 2],
    new_version: ActionId,
    attach: [ActionId; 3],
}

impl Asked {
    pub(super) fn new() -> Self {
        let id = |name| table().known(name);
        Self {
            assume: id("sts:AssumeRole"),
            user_boundary: [id("iam:DeleteUserPermissionsBoundary"), id("iam:PutUserPermissionsBoundary")],
            role_boundary: [id("iam:DeleteRolePermissionsBoundary"), id("iam:PutRolePermissionsBoundary")],
            new_version: id("iam:CreatePolicyVersion"),
            attach: [id("iam:AttachUserPolicy"), id("iam:AttachRolePolicy"), id("iam:AttachGroupPolicy")],
        }
    }
}

/// Answers whether a principal reaches a target by a path.
pub(super) struct Reacher<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) asked: Asked,
    /// Policies worth attaching: AWS's for administrators, and the customers' own that allow everything.
    attachable: Vec<String>,
    tries: Cell<u64>,
}

impl<'w, 'a> Reacher<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, whole_policies: Vec<&'a str>) -> Self {
        let own =
            ["AdministratorAccess", "IAMFullAccess"].map(|name| format!("arn:aws:iam::aws:policy/{name}"));
        let others = whole_policies.into_iter().take(ATTACHABLE_MAX).map(str::to_owned);
        Self {
            world,
            asked: Asked::new(),
            attachable: own.into_iter().chain(others).collect(),
            tries: Cell::new(0),
        }
    }

    /// Whether nothing more is tried.
    pub(super) fn is_spent(&self) -> bool {
        self.tries.get() > TRIES_MAX
    }

    /// How far all that a path asks of this target is allowed.
    pub(super) fn reaches(&self, who: Who, path: &Path, target: &Target<'a>) -> Answer {
        self.tries.set(self.tries.get() + 1);
        let mut whole = if target.stands_in || path.unseen.is_some() { Answer::Maybe } else { Answer::Yes };
        for action in &path.needs {
            if table().actions[*action].object != Object::Other {
                whole = whole.min(self.may(who, *action, path, target));
            }
            if whole == Answer::No {
                return whole;
            }
        }
        whole.min(self.opens(who, path, target))
    }

    /// Whether the principal may do one action to the target.
    pub(super) fn may(&self, who: Who, action: ActionId, path: &Path, target: &Target<'a>) -> Answer {
        let (arn, given) = match self.asks(action, target) {
            Some(asks) => asks,
            None => return Answer::No,
        };
        let holder = &self.world.holders[who];
        let by_service = |passed_to| holder.ask(action, arn, Given { passed_to, ..given }).answer;
        if self.asked.attach.contains(&action) {
            let with = |policy| holder.ask(action, arn, Given { policy, ..given }).answer;
            return self.policies(action).into_iter().map(with).max().unwrap_or(Answer::No);
        }
        if path.services.is_empty() {
            return by_service(None);
        }
        path.services.iter().map(|service| by_service(Some(service.as_str()))).max().unwrap_or(Answer::No)
    }

    /// Policies that an action could carry; only attaching carries one.
    pub(super) fn policies(&self, action: ActionId) -> Vec<Option<&str>> {
        match self.asked.attach.contains(&action) {
            true => self.attachable.iter().map(|arn| Some(arn.as_str())).collect(),
            false => vec![None],
        }
    }

    /// What an action asks for: the ARN that it acts on, and what the request carries.
    pub(super) fn asks(&self, action: ActionId, target: &Target<'a>) -> Option<(&'a str, Given<'a>)> {
        let holders = &self.world.holders;
        let (arn, named) = match table().actions[action].object {
            Object::User => (self.world.arn(target.user?), target.user),
            Object::Role => (self.world.arn(target.role?), target.role),
            Object::Group => (self.world.arn(target.group?), None),
            Object::Policy => (target.policy?, None),
            Object::Other => return None,
        };
        Some((arn, Given { target: named.map(|who| holders[who].principal), ..Given::default() }))
    }

    /// Whether the target gives way: its trust, its boundary, the service that must run with it.
    fn opens(&self, who: Who, path: &Path, target: &Target<'a>) -> Answer {
        match path.aim {
            Aim::AssumedRole => self.door(who, target.role, false),
            Aim::TrustingRole => self.door(who, target.role, true),
            Aim::WrittenRole | Aim::WrittenPolicy => {
                self.door(who, target.role, false).min(self.unbounded(who, target.role))
            }
            Aim::OwnRole | Aim::OpenedRole | Aim::OpenedPolicy => self.unbounded(who, target.role),
            Aim::OwnUser | Aim::WrittenUser => self.unbounded(who, target.user),
            Aim::OwnGroup | Aim::BetterGroup => self.unbounded(who, target.user.or(Some(who))),
            Aim::OwnPolicy | Aim::OwnVersion => self.unbounded(who, Some(who)),
            Aim::PassedRole | Aim::RunningRole => self.runs(path, target.role),
            Aim::OtherUser | Aim::TrustOfRole => Answer::Yes,
        }
    }

    /// Whether a role's trust lets somebody in.
    pub(super) fn door(&self, who: Who, role: Option<Who>, by_name_only: bool) -> Answer {
        let Some(role) = role else { return Answer::No };
        let Some(trust) = &self.world.trusts[role] else { return Answer::No };
        let holder = &self.world.holders[who];
        let principal = self.world.holders[role].principal;
        let door = trust.door(holder, principal, self.asked.assume);
        if !by_name_only {
            return door.by_name.max(door.by_account);
        }
        if holder.account() != self.world.holders[role].account() || door.by_name == Answer::No {
            return Answer::No;
        }
        let request =
            holder.request(&principal.arn, true, Given { target: Some(principal), ..Given::default() });
        door.by_name.min(holder.is_free(self.asked.assume, &request))
    }

    /// Whether power that is written to somebody takes effect: no boundary, or one that can be taken away.
    fn unbounded(&self, who: Who, whose: Option<Who>) -> Answer {
        let Some(whose) = whose else { return Answer::Yes };
        let bounded = &self.world.holders[whose];
        let policy = match &bounded.boundary {
            Limit::None => return Answer::Yes,
            Limit::Unknown => return Answer::Maybe,
            Limit::Known(policy) => *policy,
        };
        if super::admin::document_is_everything(bounded, policy) == Answer::Yes {
            return Answer::Yes;
        }
        // A boundary that only carves something out leaves other ways; which, nobody has walked.
        let little = super::admin::document_spares_little(bounded, policy).min(Answer::Maybe);
        let arn = &bounded.principal.arn;
        let given = Given { target: Some(bounded.principal), ..Given::default() };
        let freeing = if bounded.is_user() { self.asked.user_boundary } else { self.asked.role_boundary };
        let mut best = little;
        for action in freeing {
            best = best.max(self.world.holders[who].ask(action, arn, given).answer);
            // What the boundary itself lets through can be written to the principal first.
            best = best.max(permits(policy, action, &bounded.request(arn, true, given)));
        }
        let boundary = bounded.principal.boundary.as_deref().unwrap_or_default();
        let version = self.asked.new_version;
        best = best.max(self.world.holders[who].ask(version, boundary, Given::default()).answer);
        best.max(permits(policy, version, &bounded.request(boundary, true, Given::default())))
    }

    /// Whether one of the path's services runs with the role.
    pub(super) fn runs(&self, path: &Path, role: Option<Who>) -> Answer {
        let Some(role) = role else { return Answer::No };
        let Some(trust) = &self.world.trusts[role] else { return Answer::No };
        let by = |service: &String| match service.as_str() {
            // A machine gets a role through an instance profile only.
            "ec2.amazonaws.com" if !self.world.holders[role].principal.has_instance_profile => Answer::No,
            service => trust.runs(service),
        };
        path.services.iter().map(by).max().unwrap_or(Answer::No)
    }
}
