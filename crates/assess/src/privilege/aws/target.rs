//! What an escalation path can reach: the users, roles, groups and policies that fit its aim.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeSet, HashMap};

use super::attachable::{self, Attachable};
use super::catalogue::{managed, partition};
use super::condition::Answer;
use super::help::Help;
use super::holder::{Given, Limit, Reply, permits};
use super::lift::Lift;
use super::path::{ActionId, Aim, Object, Path, table};
use super::world::{Who, World};

/// Targets that are tried for all paths of a scan together. An account of ten thousand principals takes some million.
const TRIES_MAX: u64 = 100_000_000;
/// Customer policies that are tried as the one that is attached.
const ATTACHABLE_MAX: usize = 8;

/// Keys that a user can have.
const KEYS_MAX: u8 = 2;
/// The service whose machines run with roles.
const MACHINES: &str = "ec2.amazonaws.com";

/// Something that a path acts on, by kind, and whose power it brings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Target<'a> {
    pub(super) user: Option<Who>,
    pub(super) role: Option<Who>,
    pub(super) group: Option<Who>,
    pub(super) policy: Option<&'a str>,
    /// Whoever has this target only stands in for the principal, so that it is no more than a "maybe".
    pub(super) stands_in: bool,
    /// An action that writes power to whom the path leads to, who has none yet.
    pub(super) write: Option<ActionId>,
    /// What the principal takes off whom the path leads to, by its number.
    pub(super) rein: Option<usize>,
    /// What whoever the path leads to, who has no power, does for the principal.
    pub(super) help: Option<Help>,
}

impl Target<'_> {
    /// Whose power it is, where the path does not make it.
    pub(super) fn leads_to(&self) -> Option<Who> {
        self.group.or(self.user).or(self.role)
    }
}

/// Names of actions that the code asks for itself.
pub(super) struct Asked {
    pub(super) assume: ActionId,
    user_boundary: [ActionId; 2],
    role_boundary: [ActionId; 2],
    new_version: ActionId,
    old_version: ActionId,
    new_key: ActionId,
    old_key: ActionId,
    new_password: ActionId,
    other_password: ActionId,
    into_profile: ActionId,
    attach: [ActionId; 3],
    /// Whoever may do none of these is nobody, whatever else is allowed.
    powerful: [ActionId; 7],
}

impl Asked {
    pub(super) fn new() -> Self {
        let id = |name| table().known(name);
        Self {
            assume: id("sts:AssumeRole"),
            user_boundary: [id("iam:DeleteUserPermissionsBoundary"), id("iam:PutUserPermissionsBoundary")],
            role_boundary: [id("iam:DeleteRolePermissionsBoundary"), id("iam:PutRolePermissionsBoundary")],
            new_version: id("iam:CreatePolicyVersion"),
            old_version: id("iam:DeletePolicyVersion"),
            new_key: id("iam:CreateAccessKey"),
            old_key: id("iam:DeleteAccessKey"),
            new_password: id("iam:CreateLoginProfile"),
            other_password: id("iam:UpdateLoginProfile"),
            into_profile: id("iam:AddRoleToInstanceProfile"),
            powerful: [
                id("sts:AssumeRole"),
                id("iam:PassRole"),
                id("iam:CreateAccessKey"),
                id("iam:CreateLoginProfile"),
                id("iam:UpdateAssumeRolePolicy"),
                id("iam:CreateRole"),
                id("iam:CreateUser"),
            ],
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
    /// Policies that somebody may attach after filling them, by who.
    filled: HashMap<Who, Vec<Attachable>>,
    tries: Cell<u64>,
    /// Whether each one's boundary allows everything, and whether it does but for its denials.
    boundaries: Vec<OnceCell<(Answer, Answer)>>,
    /// Whether denials in each one's own policies leave anything that power is worth having for.
    denials: Vec<OnceCell<Answer>>,
}

impl<'w, 'a> Reacher<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, whole_policies: Vec<&'a str>) -> Self {
        let partitions: BTreeSet<&str> = world.principals().map(partition).collect();
        let own = partitions.into_iter().flat_map(|partition| {
            ["AdministratorAccess", "IAMFullAccess"].map(|name| managed(partition, name))
        });
        let others = whole_policies.into_iter().take(ATTACHABLE_MAX).map(str::to_owned);
        Self {
            world,
            asked: Asked::new(),
            attachable: own.chain(others).collect(),
            filled: attachable::find(world),
            tries: Cell::new(0),
            boundaries: vec![OnceCell::new(); world.holders.len()],
            denials: vec![OnceCell::new(); world.holders.len()],
        }
    }

    /// Whether nothing more is tried.
    pub(super) fn is_spent(&self) -> bool {
        self.tries.get() > TRIES_MAX
    }

    /// How far all that a path asks of this target is allowed.
    pub(super) fn reaches(&self, who: Who, path: &Path, target: &Target<'a>) -> Answer {
        self.tries.set(self.tries.get() + 1);
        match self.lift(who, path, target) {
            Some(lift) => return lift.answer,
            None if path.aim.lifts() => return Answer::No,
            None => {}
        }
        let mut whole = if target.stands_in || path.unseen.is_some() { Answer::Maybe } else { Answer::Yes };
        if let Some(write) = target.write {
            let written = self.may(who, write, path, target).min(self.unbounded(who, target.leads_to()));
            whole = whole.min(written);
        }
        if let Some(rein) = target.rein {
            whole = whole.min(self.world.reins[rein].gives_way(self.world, who));
        }
        for action in &path.needs {
            let object = table().actions[*action].object;
            let is_new = path.aim.makes_principals() && matches!(object, Object::User | Object::Role);
            if object != Object::Other && !is_new {
                whole = whole.min(self.may(who, *action, path, target));
            }
            if whole == Answer::No {
                return whole;
            }
        }
        whole.min(self.opens(who, path, target)).min(self.has_room(who, path, target))
    }

    /// What a principal takes off itself to be the target.
    pub(super) fn lift(&self, who: Who, path: &Path, target: &Target<'a>) -> Option<&'w Lift> {
        let freed = target.leads_to().filter(|_| path.aim.changes_itself())?;
        let mut lifts = self.world.lifts.get(&who)?.iter();
        lifts.find(|lift| lift.freed == freed && lift.aim == path.aim)
    }

    /// Whether what the path makes has room: a user has at most two keys and one password, a policy five versions.
    fn has_room(&self, who: Who, path: &Path, target: &Target<'a>) -> Answer {
        let asked = &self.asked;
        let needs = |id: ActionId| path.needs.contains(&id);
        let arn = target.user.map(|user| self.world.arn(user)).unwrap_or_default();
        if let Some(login) = self.world.logins.get(arn) {
            let is_full = login.keys.is_some_and(|keys| keys >= KEYS_MAX);
            if needs(asked.new_key) && !needs(asked.old_key) && is_full
                || needs(asked.new_password) && login.has_password == Some(true)
                || needs(asked.other_password) && login.has_password == Some(false)
            {
                return Answer::No;
            }
        }
        let makes_version = needs(asked.new_version) || target.write == Some(asked.new_version);
        match target.policy.filter(|policy| makes_version && self.world.library.is_full(policy)) {
            Some(policy) => self.world.holders[who].ask(asked.old_version, policy, Given::default()).answer,
            None => Answer::Yes,
        }
    }

    /// Boundaries that a new principal may get without being held back by them.
    pub(super) fn new_boundaries(&self) -> impl Iterator<Item = Option<&str>> {
        std::iter::once(None).chain(self.attachable.iter().map(|arn| Some(arn.as_str())))
    }

    /// Whether the principal may do one action to the target.
    pub(super) fn may(&self, who: Who, action: ActionId, path: &Path, target: &Target<'a>) -> Answer {
        self.asks(action, target)
            .map_or(Answer::No, |(arn, given)| self.best(who, action, path, arn, given).answer)
    }

    /// The best answer to a question, whichever policy it attaches and whichever of the path's services it means.
    pub(super) fn best(
        &self,
        who: Who,
        action: ActionId,
        path: &Path,
        arn: &str,
        given: Given<'_>,
    ) -> Reply<'w, 'a> {
        let holder = &self.world.holders[who];
        let mut best = Reply { answer: Answer::No, by: None };
        let mut with = |given: Given<'_>, most: Answer| {
            let mut reply = holder.ask(action, arn, given);
            reply.answer = reply.answer.min(most);
            if reply.answer > best.answer {
                best = reply;
            }
            best.answer == Answer::Yes
        };
        if self.asked.attach.contains(&action) {
            let mut policies = self.policies(who, action).into_iter();
            policies.any(|(policy, most)| with(Given { policy, ..given }, most));
        } else if path.services.is_empty() {
            with(given, Answer::Yes);
        } else {
            let names = path.services.iter().flat_map(|service| passed_names(service, &holder.principal.arn));
            names.into_iter().any(|name| with(Given { passed_to: Some(&name), ..given }, Answer::Yes));
        }
        best
    }

    /// Policies that an action could carry, each with how far it can be one worth carrying; only attaching carries one.
    pub(super) fn policies(&self, who: Who, action: ActionId) -> Vec<(Option<&str>, Answer)> {
        if !self.asked.attach.contains(&action) {
            return vec![(None, Answer::Yes)];
        }
        let filled = self.filled.get(&who).into_iter().flatten();
        let filled = filled.map(|one| (Some(one.arn.as_str()), one.answer));
        self.attachable.iter().map(|arn| (Some(arn.as_str()), Answer::Yes)).chain(filled).collect()
    }

    /// The policy that somebody fills before attaching it, where none that has power already does as well.
    pub(super) fn filled(
        &self,
        who: Who,
        action: ActionId,
        arn: &str,
        given: Given<'_>,
    ) -> Option<&Attachable> {
        let filled = self.filled.get(&who).filter(|_| self.asked.attach.contains(&action))?;
        let ask = |policy: &str| {
            self.world.holders[who].ask(action, arn, Given { policy: Some(policy), ..given }).answer
        };
        let ready = self.attachable.iter().map(|policy| ask(policy)).max().unwrap_or(Answer::No);
        let best = filled.iter().max_by_key(|one| one.answer.min(ask(&one.arn)))?;
        (best.answer.min(ask(&best.arn)) > ready).then_some(best)
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
            Aim::OpenedRole | Aim::OpenedPolicy => self.unbounded(who, target.role),
            Aim::OwnRole | Aim::OwnPolicy | Aim::OwnVersion => {
                match target.role.filter(|role| *role != who) {
                    Some(role) => self.door(who, Some(role), true).min(self.unbounded(who, Some(role))),
                    None => self.unbounded(who, Some(who)),
                }
            }
            Aim::OwnUser | Aim::WrittenUser => self.unbounded(who, target.user),
            Aim::OwnGroup | Aim::BetterGroup => self.unbounded(who, target.user.or(Some(who))),
            Aim::PassedRole => self.runs(path, target.role).max(self.runs_by_profile(who, path, target.role)),
            Aim::RunningRole => self.runs(path, target.role),
            Aim::OtherUser | Aim::TrustOfRole | Aim::NewRole | Aim::NewUser | Aim::NewMember => Answer::Yes,
            Aim::OtherMember => self.unbounded(who, target.user),
            Aim::OwnBoundary | Aim::OwnDenial | Aim::OwnTags => Answer::No,
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
        let request = holder.request(
            &principal.arn,
            "sts:assumerole",
            Given { target: Some(principal), ..Given::default() },
        );
        door.by_name.min(holder.is_free(self.asked.assume, &request))
    }

    /// Whether power that is written to somebody takes effect: no denial that takes all of it back, and no boundary, or
    /// one that can be taken away.
    pub(super) fn unbounded(&self, who: Who, whose: Option<Who>) -> Answer {
        let Some(whose) = whose else { return Answer::Yes };
        let bounded = &self.world.holders[whose];
        let undenied = *self.denials[whose].get_or_init(|| bounded.is_left_any(&self.asked.powerful));
        undenied.min(self.within_boundary(who, whose))
    }

    fn within_boundary(&self, who: Who, whose: Who) -> Answer {
        let bounded = &self.world.holders[whose];
        let policy = match &bounded.boundary {
            Limit::None => return Answer::Yes,
            Limit::Unknown => return Answer::Maybe,
            Limit::Known(policy) => *policy,
        };
        // The same boundary is asked about for everybody who could write to its principal.
        let (whole, little) = *self.boundaries[whose].get_or_init(|| {
            // One that only carves something out leaves other ways; which, nobody has walked.
            let little = super::admin::document_spares_little(bounded, policy).min(Answer::Maybe);
            (super::admin::document_is_everything(bounded, policy), little)
        });
        if whole == Answer::Yes {
            return Answer::Yes;
        }
        let arn = &bounded.principal.arn;
        let widest = self.attachable.first().map(String::as_str);
        let given = Given { target: Some(bounded.principal), boundary: Some(widest), ..Given::default() };
        let freeing = if bounded.is_user() { self.asked.user_boundary } else { self.asked.role_boundary };
        let mut best = little;
        let name = |action: ActionId| table().actions[action].name.as_str();
        for (at, action) in freeing.into_iter().enumerate() {
            // Only the second sets another boundary.
            let given = if at == 0 { Given { boundary: None, ..given } } else { given };
            best = best.max(self.world.holders[who].ask(action, arn, given).answer);
            // What the boundary itself lets through can be written to the principal first.
            best = best.max(permits(policy, action, &bounded.request(arn, name(action), given)));
        }
        let boundary = bounded.principal.boundary.as_deref().unwrap_or_default();
        let version = self.asked.new_version;
        best = best.max(self.world.holders[who].ask(version, boundary, Given::default()).answer);
        best.max(permits(policy, version, &bounded.request(boundary, name(version), Given::default())))
    }

    /// Whether a machine can get the role because the principal may put it into an instance profile.
    fn runs_by_profile(&self, who: Who, path: &Path, role: Option<Who>) -> Answer {
        let is_machine = path.services.iter().any(|service| service == MACHINES);
        let trust = role.and_then(|role| self.world.trusts[role].as_ref());
        let Some(trust) = trust.filter(|_| is_machine) else { return Answer::No };
        let put = self.world.holders[who].ask_any(self.asked.into_profile, Given::default());
        put.map_or(Answer::No, |(_, reply)| reply.answer).min(trust.runs(MACHINES))
    }

    /// Whether one of the path's services runs with the role.
    pub(super) fn runs(&self, path: &Path, role: Option<Who>) -> Answer {
        let Some(role) = role else { return Answer::No };
        let Some(trust) = &self.world.trusts[role] else { return Answer::No };
        let by = |service: &String| match service.as_str() {
            // A machine gets a role through an instance profile only.
            MACHINES if !self.world.holders[role].principal.has_instance_profile => Answer::No,
            service => trust.runs(service),
        };
        path.services.iter().map(by).max().unwrap_or(Answer::No)
    }
}

/// Names under which a role is passed to a service: in China some services have a domain of their own.
pub(super) fn passed_names<'s>(service: &'s str, arn: &str) -> Vec<Cow<'s, str>> {
    let own = (partition(arn) == "aws-cn").then(|| Cow::Owned(format!("{service}.cn")));
    std::iter::once(Cow::Borrowed(service)).chain(own).collect()
}
