//! A principal with everything that decides what it may do: its policies, its boundary, its organisation's limits.

use std::sync::LazyLock;

use tenure_model::{AwsCondition, AwsPrincipal, AwsPrincipalKind};

use super::clock::Clock;
pub(super) use super::condition::Given;
use super::condition::{Answer, Request, account, are_exhaustive};
use super::glob;
use super::path::{ActionId, Actions, table};
use super::rule::{Policy, Rule};

/// Resources that are tried for one question. Real policies name fewer.
const WITNESSES_MAX: usize = 64;
/// Denials under one condition that are compared with each other.
const CONDITIONS_MAX: usize = 16;

/// Actions that give tags to users and to roles.
static TAG: LazyLock<[ActionId; 2]> =
    LazyLock::new(|| ["iam:TagUser", "iam:TagRole"].map(|name| table().known(name)));

/// A principal, or a group that stands for any member.
#[derive(Clone)]
pub(super) struct Holder<'a> {
    pub(super) principal: &'a AwsPrincipal,
    /// Policies that give.
    pub(super) own: Vec<Own<'a>>,
    pub(super) boundary: Limit<'a>,
    pub(super) service_controls: Vec<ServiceControl<'a>>,
    /// Levels of the organisation on which AWS's own policy allows everything.
    pub(super) free_levels: Vec<usize>,
    /// Policies and groups whose contents are not known, in words.
    pub(super) unknown: Vec<String>,
    /// Watched actions that some statement allows.
    pub(super) held: Actions,
    /// How far it may give itself tags as it likes.
    pub(super) tags_itself: Answer,
    /// How far it may give tags to users and to roles.
    pub(super) tags_others: [Answer; 2],
    pub(super) clock: &'a Clock,
}

/// A policy of somebody.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub(super) policy: &'a Policy<'a>,
    /// The group that brings it.
    pub(super) group: Option<&'a str>,
    /// Its ARN; `None` for one that belongs to the principal or group alone.
    pub(super) arn: Option<&'a str>,
    /// Its denials are thought away: the principal may rewrite it.
    pub(super) is_rewritten: bool,
}

/// What caps everything that policies give.
#[derive(Clone, Copy)]
pub(super) enum Limit<'a> {
    None,
    Known(&'a Policy<'a>),
    /// There is one, and nobody told what it says.
    Unknown,
}

/// A policy of the organisation that limits the principal's account.
#[derive(Clone, Copy)]
pub(super) struct ServiceControl<'a> {
    pub(super) policy: &'a Policy<'a>,
    /// Whether the export says that it applies to the account.
    pub(super) is_certain: bool,
    /// Where it hangs: steps above the account.
    pub(super) level: usize,
}

/// An answer with the statement that gives it.
#[derive(Clone, Copy)]
pub(super) struct Reply<'h, 'a> {
    pub(super) answer: Answer,
    pub(super) by: Option<Said<'h, 'a>>,
}

/// A statement of one of a holder's policies.
#[derive(Clone, Copy)]
pub(super) struct Said<'h, 'a> {
    pub(super) policy: &'h Policy<'a>,
    pub(super) rule: &'h Rule<'a>,
    pub(super) group: Option<&'h str>,
}

impl Said<'_, '_> {
    /// Where it stands: `group x: managed policy deploy`.
    pub(super) fn place(&self) -> String {
        let group = self.group.map(|name| format!("group {name}: ")).unwrap_or_default();
        format!("{group}{}", self.policy.name)
    }

    /// The statement in words, with its place.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.place(), self.rule.words())
    }
}

impl<'a> Holder<'a> {
    pub(super) fn account(&self) -> &'a str {
        account(&self.principal.arn)
    }

    pub(super) fn is_user(&self) -> bool {
        self.principal.kind == AwsPrincipalKind::User
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = Said<'_, 'a>> {
        self.own.iter().flat_map(|own| {
            let left = own.policy.rules.iter().filter(|rule| rule.allows || !own.is_rewritten);
            left.map(|rule| Said { policy: own.policy, rule, group: own.group })
        })
    }

    /// Whether anything that decides what it may do asks for its own tags.
    pub(super) fn asks_for_own_tags(&self) -> bool {
        let limit = match &self.boundary {
            Limit::Known(policy) => &policy.rules[..],
            Limit::None | Limit::Unknown => &[],
        };
        self.rules().map(|said| said.rule).chain(limit).any(Rule::asks_for_own_tags)
    }

    /// How far it may give somebody tags.
    fn tags(&self, target: &AwsPrincipal) -> Answer {
        let kind = usize::from(target.kind == AwsPrincipalKind::Role);
        let tag = TAG[kind];
        if self.tags_others[kind] > Answer::No || !self.held.has(tag) {
            return self.tags_others[kind];
        }
        // It may tag no one of the kind, and perhaps this one.
        self.ask(tag, &target.arn, Given::default()).answer
    }

    /// A request for an action by its name in lower case; an empty one stands for everything.
    pub(super) fn request<'r>(&'r self, resource: &'r str, action: &'r str, given: Given<'r>) -> Request<'r> {
        let tags_target = given.target.map_or(Answer::No, |target| self.tags(target));
        let (caller, tags_itself, clock) = (self.principal, self.tags_itself, self.clock);
        Request { caller, resource, action, given, tags_itself, tags_target, clock }
    }

    /// Whether it may do an action on a resource.
    pub(super) fn ask(&self, action: ActionId, resource: &str, given: Given<'_>) -> Reply<'_, 'a> {
        let nothing = Reply { answer: Answer::No, by: None };
        if !self.held.has(action) {
            return nothing;
        }
        let request = self.request(resource, &table().actions[action].name, given);
        let mut best = nothing;
        for said in self.rules().filter(|said| said.rule.allows && said.rule.watched.has(action)) {
            let mut answer = said.rule.applies(&request);
            if answer == Answer::Maybe && self.takes_back(said.rule, action, &request) {
                answer = Answer::No;
            }
            if answer > best.answer {
                best = Reply { answer, by: Some(said) };
            }
        }
        if best.answer > Answer::No {
            best.answer =
                best.answer.min(self.not_denied(action, &request)).min(self.within_limits(action, &request));
        }
        if best.answer == Answer::No { nothing } else { best }
    }

    /// Whether a denial under conditions that are all among an allowance's own takes it back whenever it gives.
    fn takes_back(&self, allowance: &Rule<'_>, action: ActionId, request: &Request<'_>) -> bool {
        self.rules().any(|said| {
            let rule = said.rule;
            !rule.allows
                && rule.watched.has(action)
                && rule.reaches(request.resource, request.caller) == Answer::Yes
                && rule.statement.conditions.iter().all(|one| allowance.statement.conditions.contains(one))
        })
    }

    /// Whether nothing stands against a request that somebody else's policy allows.
    pub(super) fn is_free(&self, action: ActionId, request: &Request<'_>) -> Answer {
        // A boundary limits what others give to a role, not what they give to a user by name.
        let within = if self.is_user() {
            self.within_service_controls(action, request)
        } else {
            self.within_limits(action, request)
        };
        within.min(self.not_denied(action, request))
    }

    fn not_denied(&self, action: ActionId, request: &Request<'_>) -> Answer {
        denied(self.rules().map(|said| said.rule), action, request).not()
    }

    /// Whether denials in its own policies leave any of these actions; what is taken back for good is no power, however
    /// much else is given.
    pub(super) fn is_left_any(&self, actions: &[ActionId]) -> Answer {
        let left = |action: &ActionId| {
            let watched = &table().actions[*action];
            let open = glob::member(&self.shape(&watched.shapes[0]));
            self.not_denied(*action, &self.request(&open, &watched.name, Given::default()))
        };
        actions.iter().map(left).max().unwrap_or(Answer::Yes)
    }

    fn within_limits(&self, action: ActionId, request: &Request<'_>) -> Answer {
        let boundary = match &self.boundary {
            Limit::None => Answer::Yes,
            Limit::Unknown => Answer::Maybe,
            Limit::Known(policy) => permits(policy, action, request),
        };
        boundary.min(self.within_service_controls(action, request))
    }

    /// The organisation's policies that allow, level by level: each level must allow what is done.
    pub(super) fn allowing_levels(&self) -> Vec<Vec<ServiceControl<'a>>> {
        // One that only denies stands beside AWS's own that allows everything: an account cannot be without it.
        let gives = |control: &&ServiceControl<'_>| control.policy.rules.iter().any(|rule| rule.allows);
        let certain = self.service_controls.iter().filter(|control| control.is_certain).filter(gives);
        let mut levels: Vec<Vec<ServiceControl<'a>>> = Vec::new();
        for control in certain.filter(|control| !self.free_levels.contains(&control.level)) {
            match levels.iter_mut().find(|level| level[0].level == control.level) {
                Some(level) => level.push(*control),
                None => levels.push(vec![*control]),
            }
        }
        levels
    }

    fn within_service_controls(&self, action: ActionId, request: &Request<'_>) -> Answer {
        let mut whole = Answer::Yes;
        for level in self.allowing_levels() {
            let allowed = level.iter().map(|control| allowance(control.policy, action, request)).max();
            whole = whole.min(allowed.unwrap_or(Answer::No));
        }
        for control in &self.service_controls {
            let denied = denial(control.policy, action, request);
            let denied = if control.is_certain { denied } else { denied.min(Answer::Maybe) };
            whole = whole.min(denied.not());
        }
        whole
    }

    /// Whether it may do an action on some resource of a kind that fits, and on which.
    pub(super) fn ask_any(&self, action: ActionId, given: Given<'_>) -> Option<(String, Reply<'_, 'a>)> {
        let witnesses = self.witnesses(action);
        let mut best: Option<(String, Reply<'_, 'a>)> = None;
        for witness in witnesses {
            let reply = self.ask(action, &witness, given);
            if reply.answer > best.as_ref().map_or(Answer::No, |(_, best)| best.answer) {
                let is_sure = reply.answer == Answer::Yes;
                best = Some((witness, reply));
                if is_sure {
                    break;
                }
            }
        }
        best
    }

    /// Resources that stand for all on which an action could be allowed: one for each way in which the shapes of its
    /// resources meet a pattern of the policies that matter.
    pub(super) fn witnesses(&self, action: ActionId) -> Vec<String> {
        self.witnesses_of(action, &table().actions[action].shapes)
    }

    /// The same for resources of some shapes.
    fn witnesses_of(&self, action: ActionId, shapes: &[String]) -> Vec<String> {
        let mut witnesses = Vec::new();
        for shape in shapes {
            let shape = self.shape(shape);
            if shape == "*" {
                witnesses.push(shape);
                continue;
            }
            witnesses.push(glob::member(&shape));
            let limit = match &self.boundary {
                Limit::Known(policy) => &policy.rules[..],
                Limit::None | Limit::Unknown => &[],
            };
            let rules = self.rules().map(|said| said.rule).chain(limit);
            // Exceptions from a denial are places where something may be left.
            let matter =
                rules.filter(|rule| rule.watched.has(action) && (rule.allows || rule.is_complement()));
            for pattern in
                matter.flat_map(|rule| rule.patterns(self.principal)).filter(|pattern| pattern != "*")
            {
                witnesses.extend(glob::shared(&pattern, &shape));
                if witnesses.len() >= WITNESSES_MAX {
                    return witnesses;
                }
            }
        }
        witnesses
    }

    /// Whether it may do an action on something of each kind that the action needs besides.
    pub(super) fn ask_besides(&self, action: ActionId) -> Answer {
        let kinds = table().actions[action].besides.iter().map(|shapes| {
            let witnesses = self.witnesses_of(action, shapes);
            let answers = witnesses.iter().map(|one| self.ask(action, one, Given::default()).answer);
            answers.max().unwrap_or(Answer::No)
        });
        kinds.min().unwrap_or(Answer::Yes)
    }

    /// A shape of resources with what is known of the principal filled in.
    pub(super) fn shape(&self, shape: &str) -> String {
        let partition = self.principal.arn.split(':').nth(1).unwrap_or("aws");
        shape.replace("{partition}", partition).replace("{region}", "*").replace("{account}", self.account())
    }

    /// Literal beginnings of the resources on which an action may be allowed; an empty one stands for all.
    pub(super) fn beginnings(&self, action: ActionId) -> Vec<String> {
        let mut beginnings = Vec::new();
        for said in self.rules().filter(|said| said.rule.allows && said.rule.watched.has(action)) {
            if said.rule.is_complement() || said.rule.is_open(self.principal) {
                return vec![String::new()];
            }
            let patterns = said.rule.patterns(self.principal);
            beginnings.extend(patterns.map(|pattern| glob::literal_start(&pattern).to_owned()));
        }
        if beginnings.iter().any(String::is_empty) { vec![String::new()] } else { beginnings }
    }
}

/// Whether any statement of a policy denies the request.
fn denial(policy: &Policy<'_>, action: ActionId, request: &Request<'_>) -> Answer {
    denied(policy.rules.iter(), action, request)
}

/// Whether any of some statements denies the request, or two of which one always does.
fn denied<'r, 'a: 'r>(
    rules: impl Iterator<Item = &'r Rule<'a>>,
    action: ActionId,
    request: &Request<'_>,
) -> Answer {
    let mut whole = Answer::No;
    let mut conditions: Vec<&AwsCondition> = Vec::new();
    for rule in rules.filter(|rule| !rule.allows && rule.watched.has(action)) {
        let answer = rule.applies(request);
        if answer == Answer::Yes {
            return answer;
        }
        whole = whole.max(answer);
        // The caller can avoid the one or the other, and not both.
        if let [only] = &rule.statement.conditions[..]
            && conditions.len() < CONDITIONS_MAX
            && rule.reaches(request.resource, request.caller) == Answer::Yes
        {
            conditions.push(only);
        }
    }
    let pairs = |one: &&AwsCondition| conditions.iter().any(|other| are_exhaustive(one, other));
    if conditions.iter().any(pairs) { Answer::Yes } else { whole }
}

/// Whether a policy allows the request, its denials aside.
fn allowance(policy: &Policy<'_>, action: ActionId, request: &Request<'_>) -> Answer {
    if policy.is_broken {
        return Answer::Maybe;
    }
    let allows = policy.rules.iter().filter(|rule| rule.allows && rule.watched.has(action));
    allows.map(|rule| rule.applies(request)).max().unwrap_or(Answer::No)
}

/// Whether a policy that limits lets the request through.
pub(super) fn permits(policy: &Policy<'_>, action: ActionId, request: &Request<'_>) -> Answer {
    allowance(policy, action, request).min(denial(policy, action, request).not())
}
