//! What holds a principal back and it may take off itself: its boundary, denials in its own policies, conditions on its
//! own tags. What it would be then is weighed like anybody else.

use std::ops::Range;

use tenure_model::AwsPrincipalKind;

use super::admin::{document_is_everything, is_everything};
use super::catalogue::{managed, partition};
use super::condition::{Answer, Given};
use super::holder::{Holder, Limit, Own};
use super::path::{ActionId, Aim, table};
use super::world::{Who, World};

/// What a principal may take off itself.
pub(super) struct Lift {
    /// As which path it counts.
    pub(super) aim: Aim,
    /// How far it may do so.
    pub(super) answer: Answer,
    /// The principal as it would be then, somebody in no list.
    pub(super) freed: Who,
    /// What it does for it, and what allows that.
    pub(super) because: Vec<String>,
}

/// Actions by which something is taken off, for users and for roles.
struct Actions {
    boundary: [[ActionId; 2]; 2],
    new_version: ActionId,
    tag: [ActionId; 2],
    write: [ActionId; 2],
    delete: [ActionId; 2],
    detach: [ActionId; 2],
    write_group: ActionId,
    delete_group: ActionId,
    detach_group: ActionId,
    leave: ActionId,
}

impl Actions {
    fn new() -> Self {
        let id = |name: &str| table().known(name);
        let both =
            |verb: &str, rest: &str| ["User", "Role"].map(|kind| id(&format!("iam:{verb}{kind}{rest}")));
        let (delete, put) = (both("Delete", "PermissionsBoundary"), both("Put", "PermissionsBoundary"));
        Self {
            boundary: [[delete[0], put[0]], [delete[1], put[1]]],
            new_version: id("iam:CreatePolicyVersion"),
            tag: both("Tag", ""),
            write: both("Put", "Policy"),
            delete: both("Delete", "Policy"),
            detach: both("Detach", "Policy"),
            write_group: id("iam:PutGroupPolicy"),
            delete_group: id("iam:DeleteGroupPolicy"),
            detach_group: id("iam:DetachGroupPolicy"),
            leave: id("iam:RemoveUserFromGroup"),
        }
    }

    fn all(&self) -> impl Iterator<Item = ActionId> {
        let pairs = [self.tag, self.write, self.delete, self.detach].into_iter().chain(self.boundary);
        let of_groups = [self.write_group, self.delete_group, self.detach_group, self.leave];
        pairs.flatten().chain(of_groups).chain([self.new_version])
    }
}

/// Finds what everybody may take off, and adds whom that frees.
pub(super) fn find<'a>(world: &mut World<'a>, everybody: Range<Who>) {
    let actions = Actions::new();
    let asks_for_tags = world.trusts_ask_for_tags();
    for who in everybody {
        let holder = &world.holders[who];
        let may_act = actions.all().any(|id| holder.held.has(id));
        if !may_act || !is_held_back(holder, asks_for_tags) || is_everything(holder).answer == Answer::Yes {
            continue;
        }
        let mut freed: Vec<(Lift, Holder<'a>)> = Vec::new();
        for only_denials in [true, false] {
            let mut bench = Bench::new(world, &actions, who, asks_for_tags, only_denials);
            // First what is sure, then what depends on something.
            for least in [Answer::Yes, Answer::Maybe] {
                if bench.take_off_all(least) && (only_denials || bench.takes_more_than_denials()) {
                    freed.push((bench.lift(), bench.holder.clone()));
                }
            }
        }
        for (lift, holder) in freed {
            let freed = world.push_freed(who, holder);
            world.lifts.entry(who).or_default().push(Lift { freed, ..lift });
        }
    }
}

/// Whether there is anything that could be taken off.
fn is_held_back(holder: &Holder<'_>, asks_for_tags: bool) -> bool {
    !matches!(holder.boundary, Limit::None)
        || asks_for_tags
        || holder.rules().any(|said| !said.rule.allows || said.rule.asks_for_own_tags())
}

struct Bench<'w, 'a> {
    world: &'w World<'a>,
    actions: &'w Actions,
    who: Who,
    kind: usize,
    /// The principal, less what was taken off so far.
    holder: Holder<'a>,
    asks_for_tags: bool,
    /// Nothing but denials comes off.
    only_denials: bool,
    /// What came off so far.
    aims: Vec<Aim>,
    answer: Answer,
    because: Vec<String>,
}

/// One thing that is taken off.
#[derive(Clone, Copy)]
enum Off {
    Boundary,
    Tags,
    /// All denials of one policy.
    Rewritten(usize),
    /// The policy, or all policies of its group.
    Removed(usize),
    Left(usize),
}

impl<'w, 'a> Bench<'w, 'a> {
    fn new(
        world: &'w World<'a>,
        actions: &'w Actions,
        who: Who,
        asks_for_tags: bool,
        only_denials: bool,
    ) -> Self {
        let holder = world.holders[who].clone();
        let kind = usize::from(holder.principal.kind == AwsPrincipalKind::Role);
        let (answer, because) = (Answer::Yes, Vec::new());
        let aims = Vec::new();
        Self { world, actions, who, kind, holder, asks_for_tags, only_denials, aims, answer, because }
    }

    /// Takes off one thing after the other, as each may allow the next. True when anything came off.
    fn take_off_all(&mut self, least: Answer) -> bool {
        let mut any = false;
        while let Some((off, answer, words)) = self.next(least) {
            any = true;
            self.answer = self.answer.min(answer);
            self.because.push(words);
            self.take_off(off);
        }
        any
    }

    fn take_off(&mut self, off: Off) {
        let aim = match off {
            Off::Boundary => {
                self.holder.boundary = Limit::None;
                Aim::OwnBoundary
            }
            Off::Tags => {
                self.holder.tags_itself = Answer::Yes;
                Aim::OwnTags
            }
            Off::Rewritten(at) => {
                self.holder.own[at].is_rewritten = true;
                Aim::OwnDenial
            }
            Off::Removed(at) => {
                self.holder.own.remove(at);
                Aim::OwnDenial
            }
            Off::Left(at) => {
                let group = self.holder.own[at].group;
                self.holder.own.retain(|own| own.group != group);
                Aim::OwnDenial
            }
        };
        self.holder.take_stock();
        self.aims.push(aim);
    }

    /// All that came off, as one way.
    fn lift(&self) -> Lift {
        // The boundary names the way where several things come off, then tags.
        let order = [Aim::OwnBoundary, Aim::OwnTags, Aim::OwnDenial];
        let aim = order.into_iter().find(|aim| self.aims.contains(aim)).expect("something came off");
        Lift { aim, answer: self.answer, freed: self.who, because: self.because.clone() }
    }

    fn takes_more_than_denials(&self) -> bool {
        self.aims.iter().any(|aim| *aim != Aim::OwnDenial)
    }

    /// The next thing that comes off, what allows it and how far.
    fn next(&self, least: Answer) -> Option<(Off, Answer, String)> {
        let (principal, kind) = (self.holder.principal, self.kind);
        let given = Given { target: Some(principal), ..Given::default() };
        let arn = principal.arn.as_str();
        if let Some(found) = (!self.only_denials).then(|| self.boundary(least)).flatten() {
            return Some(found);
        }
        for (at, own) in self.holder.own.iter().enumerate().filter(|(_, own)| self.denies(own)) {
            if let Some(found) = self.denial(at, own, least) {
                return Some(found);
            }
        }
        let wants_tags = !self.only_denials
            && self.holder.tags_itself == Answer::No
            && (self.asks_for_tags || self.holder.asks_for_own_tags());
        let tag = || self.allowed(self.actions.tag[kind], arn, given, least);
        let (answer, by) = wants_tags.then(tag).flatten()?;
        Some((Off::Tags, answer, format!("it can give itself the tags that conditions ask for: {by}")))
    }

    fn boundary(&self, least: Answer) -> Option<(Off, Answer, String)> {
        let principal = self.holder.principal;
        let policy = principal.boundary.as_deref()?;
        match &self.holder.boundary {
            Limit::None => return None,
            Limit::Known(known) if document_is_everything(&self.holder, known) == Answer::Yes => return None,
            Limit::Known(_) | Limit::Unknown => {}
        }
        let arn = principal.arn.as_str();
        let given = Given { target: Some(principal), ..Given::default() };
        let [delete, put] = self.actions.boundary[self.kind];
        // The policy that whoever sets a boundary of its own would set.
        let widest = managed(partition(arn), "AdministratorAccess");
        let wider = Given { boundary: Some(Some(&widest)), ..given };
        let found = self.allowed(delete, arn, given, least).or_else(|| self.allowed(put, arn, wider, least));
        let found = found.or_else(|| self.version(policy, least));
        let (answer, by) = found?;
        let name = policy.rsplit('/').next().unwrap_or(policy);
        Some((Off::Boundary, answer, format!("it can take off its boundary {name}: {by}")))
    }

    /// Whether a policy holds a denial that may hold.
    fn denies(&self, own: &Own<'a>) -> bool {
        let request = self.holder.request("*", "", Given::default());
        let mut rules = own.policy.rules.iter();
        !own.is_rewritten && rules.any(|rule| !rule.allows && rule.holds(&request) > Answer::No)
    }

    fn denial(&self, at: usize, own: &Own<'a>, least: Answer) -> Option<(Off, Answer, String)> {
        let (principal, kind) = (self.holder.principal, self.kind);
        let given = Given { target: Some(principal), ..Given::default() };
        let detached = Given { policy: own.arn, ..given };
        let arn = principal.arn.as_str();
        let group = own.group.and_then(|name| self.group(name));
        let rewritten = match (own.arn, own.group) {
            (Some(policy), _) => self.version(policy, least),
            (None, None) => self.allowed(self.actions.write[kind], arn, given, least),
            (None, Some(_)) => self.allowed(self.actions.write_group, group?, Given::default(), least),
        };
        let name = &own.policy.name;
        if let Some((answer, by)) = rewritten {
            let words = format!("it can rewrite {name}, which denies it something: {by}");
            return Some((Off::Rewritten(at), answer, words));
        }
        // A policy that gives as well is worth keeping as long as anything is sure.
        if least == Answer::Yes && own.policy.rules.iter().any(|rule| rule.allows) {
            return None;
        }
        let removed = match (own.arn, own.group) {
            (Some(_), None) => self.allowed(self.actions.detach[kind], arn, detached, least),
            (None, None) => self.allowed(self.actions.delete[kind], arn, given, least),
            (Some(_), Some(_)) => {
                let given = Given { target: None, ..detached };
                self.allowed(self.actions.detach_group, group?, given, least)
            }
            (None, Some(_)) => self.allowed(self.actions.delete_group, group?, Given::default(), least),
        };
        if let Some((answer, by)) = removed {
            let words = format!("it can remove {name}, which denies it something: {by}");
            return Some((Off::Removed(at), answer, words));
        }
        let gives = |own: &Own<'_>| own.policy.rules.iter().any(|rule| rule.allows);
        let mut of_group = self.holder.own.iter().filter(|other| other.group == own.group);
        if least == Answer::Yes && of_group.any(gives) {
            return None;
        }
        let (answer, by) = self.allowed(self.actions.leave, group?, Given::default(), least)?;
        let words = format!("it can leave group {}, which denies it something: {by}", own.group?);
        Some((Off::Left(at), answer, words))
    }

    fn group(&self, name: &str) -> Option<&'a str> {
        let groups = self.world.groups_of[self.who].iter();
        let arns = groups.map(|group| self.world.arn(*group));
        arns.into_iter().find(|arn| arn.rsplit('/').next() == Some(name))
    }

    /// Whether a customer's policy can get another version.
    fn version(&self, policy: &str, least: Answer) -> Option<(Answer, String)> {
        let may = !policy.contains(":iam::aws:") && !self.world.library.is_full(policy);
        may.then(|| self.allowed(self.actions.new_version, policy, Given::default(), least)).flatten()
    }

    /// How far an action is allowed, at least as far as is asked for, and by what.
    fn allowed(
        &self,
        action: ActionId,
        resource: &str,
        given: Given<'_>,
        least: Answer,
    ) -> Option<(Answer, String)> {
        let reply = self.holder.ask(action, resource, given);
        let by = reply.by.filter(|_| reply.answer >= least)?;
        Some((
            reply.answer,
            format!("{} {} by {}", table().actions[action].shown, by.rule.reach_words(), by.place()),
        ))
    }
}
