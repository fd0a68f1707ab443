//! Trust policies: whom a role lets in, and which services run with it.

use tenure_model::{AwsDocument, AwsPrincipal, AwsPrincipalKind};

use super::condition::{Answer, account};
use super::glob;
use super::holder::{Given, Holder};
use super::path::ActionId;
use super::rule::Rule;

/// What whoever becomes a role does.
const ASSUME: &str = "sts:assumerole";

/// A role's trust policy, ready to be asked.
pub(super) struct Trust<'a> {
    rules: Vec<Rule<'a>>,
    /// Services that may run with the role, each with how certain that is.
    services: Vec<(&'a str, Answer)>,
}

/// How far a door is open for somebody.
#[derive(Clone, Copy)]
pub(super) struct Door {
    /// The trust names the principal itself, or everybody.
    pub(super) by_name: Answer,
    /// The trust names the principal's account, which then decides by its own policies.
    pub(super) by_account: Answer,
}

impl<'a> Trust<'a> {
    pub(super) fn new(document: &'a AwsDocument, role: &AwsPrincipal) -> Self {
        let rules: Vec<Rule<'a>> = super::rule::Policy::new(String::new(), document).rules;
        let services = rules.iter().filter(|rule| rule.allows).flat_map(|rule| {
            let answer = own_service(rule, account(&role.arn));
            rule.statement.principals.services.iter().map(move |service| (service.as_str(), answer))
        });
        let services = services.collect();
        Self { rules, services }
    }

    /// Whether it asks for tags of whoever wants in.
    pub(super) fn asks_for_own_tags(&self) -> bool {
        self.rules.iter().any(Rule::asks_for_own_tags)
    }

    /// Whether a service may run with the role.
    pub(super) fn runs(&self, service: &str) -> Answer {
        let named = self.services.iter().filter(|(named, _)| is_service(named, service));
        named.map(|(_, answer)| *answer).max().unwrap_or(Answer::No)
    }

    /// Whom it lets in, in the words of the policy.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let allows = self.rules.iter().filter(|rule| rule.allows);
        allows.flat_map(|rule| rule.statement.principals.aws.iter().map(String::as_str))
    }

    /// The statement by which it lets somebody in by name, in words.
    pub(super) fn words(&self, holder: &Holder<'_>, role: &AwsPrincipal, assume: ActionId) -> Option<String> {
        let request = holder.request(&role.arn, ASSUME, Given { target: Some(role), ..Given::default() });
        let by_name = self.rules.iter().filter(|rule| {
            rule.allows && rule.watched.has(assume) && meets(rule, holder.principal) == Met::Itself
        });
        let rule = by_name.max_by_key(|rule| rule.holds(&request))?;
        let named = rule.statement.principals.aws.iter();
        let mut named = named.filter(|one| *one == "*" || **one == holder.principal.arn);
        let whom = match named.next() {
            Some(name) if name == "*" => "everybody".to_owned(),
            Some(name) => name.clone(),
            None if rule.statement.is_not_principal => "everybody but some".to_owned(),
            None => "a session of the principal".to_owned(),
        };
        let conditions = rule.condition_words();
        let name = role.arn.rsplit(':').next().unwrap_or_default();
        Some(format!("the trust policy of {name} lets in {whom}{conditions}"))
    }

    /// Whether it lets somebody in.
    pub(super) fn door(&self, holder: &Holder<'_>, role: &AwsPrincipal, assume: ActionId) -> Door {
        let request = holder.request(&role.arn, ASSUME, Given { target: Some(role), ..Given::default() });
        let mut door = Door { by_name: Answer::No, by_account: Answer::No };
        let mut denied = Answer::No;
        for rule in self.rules.iter().filter(|rule| rule.watched.has(assume)) {
            let met = meets(rule, holder.principal);
            if met == Met::Nobody {
                continue;
            }
            let holds = rule.holds(&request);
            match met {
                _ if !rule.allows => denied = denied.max(holds),
                Met::Itself => door.by_name = door.by_name.max(holds),
                Met::Account | Met::Nobody => door.by_account = door.by_account.max(holds),
            }
        }
        Door { by_name: door.by_name.min(denied.not()), by_account: door.by_account.min(denied.not()) }
    }
}

#[derive(PartialEq)]
enum Met {
    Itself,
    Account,
    Nobody,
}

fn meets(rule: &Rule<'_>, caller: &AwsPrincipal) -> Met {
    let named = &rule.statement.principals.aws;
    let own = account(&caller.arn);
    let is_itself = |one: &String| one == "*" || *one == caller.arn || is_session_of(one, caller);
    let is_account = |one: &String| {
        one == own || one.strip_suffix(":root").is_some_and(|arn| arn.ends_with(&format!(":iam::{own}")))
    };
    let by_itself = named.iter().any(is_itself);
    let by_account = named.iter().any(is_account);
    match (rule.statement.is_not_principal, by_itself, by_account) {
        (false, true, _) => Met::Itself,
        (false, false, true) => Met::Account,
        (true, false, false) => Met::Itself,
        _ => Met::Nobody,
    }
}

/// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` is a session of the role.
fn is_session_of(named: &str, caller: &AwsPrincipal) -> bool {
    let start = format!(":sts::{}:assumed-role/{}/", account(&caller.arn), caller.name);
    caller.kind == AwsPrincipalKind::Role && named.contains(&start)
}

/// Some services are written with their region or in another partition's domain.
fn is_service(named: &str, service: &str) -> bool {
    let named = named.strip_suffix(".cn").unwrap_or(named);
    let name = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    named == service
        || named
            .strip_suffix(".amazonaws.com")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|region| region.starts_with('.'))
}

/// Whether a statement holds when a service acts for the role's own account.
fn own_service(rule: &Rule<'_>, own: &str) -> Answer {
    let holds = rule.statement.conditions.iter().map(|condition| {
        let any = |fits: &dyn Fn(&String) -> bool| Answer::of(condition.values.iter().any(fits));
        match condition.key.to_ascii_lowercase().as_str() {
            "aws:sourceaccount" => any(&|value| glob::matches(value, own)),
            "aws:sourcearn" => any(&|value| value == "*" || glob::matches(account(value), own)),
            _ => Answer::Maybe,
        }
    });
    holds.min().unwrap_or(Answer::Yes)
}
