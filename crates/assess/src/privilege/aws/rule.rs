//! Statements and documents, made ready to be asked.

use tenure_model::{AwsDocument, AwsEffect, AwsPrincipal, AwsStatement};

use super::catalogue::{Reach, catalogue, is_of_the_account};
use super::condition::{Answer, Request, account, hold};
use super::glob;
use super::path::{Actions, table};
use super::variable::{Filled, Parties, filled};

/// A policy document with the name under which people know it.
pub(super) struct Policy<'a> {
    /// `managed policy deploy`, `inline policy x`, …
    pub(super) name: String,
    pub(super) rules: Vec<Rule<'a>>,
    /// It could not be read, so that what it says is unknown.
    pub(super) is_broken: bool,
}

/// One statement.
pub(super) struct Rule<'a> {
    pub(super) statement: &'a AwsStatement,
    variables: bool,
    pub(super) allows: bool,
    /// Watched actions that it is about.
    pub(super) watched: Actions,
    /// Patterns of its actions in lower case, or of its exceptions.
    actions: Vec<String>,
    but: bool,
}

impl<'a> Policy<'a> {
    pub(super) fn new(name: String, document: &'a AwsDocument) -> Self {
        let rules = document.statements.iter().map(|statement| Rule::new(statement, document.has_variables));
        Self { name, rules: rules.collect(), is_broken: document.is_broken }
    }
}

impl<'a> Rule<'a> {
    fn new(statement: &'a AwsStatement, variables: bool) -> Self {
        let but = statement.actions.is_empty() && !statement.not_actions.is_empty();
        let named = if but { &statement.not_actions } else { &statement.actions };
        let actions: Vec<String> = named.iter().map(|action| action.to_ascii_lowercase()).collect();
        let fitting = table().fitting(&actions);
        let watched = if but { Actions::but(table().actions.len(), &fitting) } else { fitting };
        Self { statement, variables, allows: statement.effect == AwsEffect::Allow, watched, actions, but }
    }

    /// Whether it applies to a request for an action that it is about.
    pub(super) fn applies(&self, request: &Request<'_>) -> Answer {
        let parties = Parties { caller: request.caller, target: request.given.target };
        let resource = self.reaches_for(request.resource, parties);
        if resource == Answer::No { resource } else { resource.min(self.holds(request)) }
    }

    /// Whether its conditions hold.
    pub(super) fn holds(&self, request: &Request<'_>) -> Answer {
        hold(&self.statement.conditions, request, self.variables, !self.allows)
    }

    /// Whether its resources include one.
    pub(super) fn reaches(&self, resource: &str, caller: &AwsPrincipal) -> Answer {
        self.reaches_for(resource, Parties { caller, target: None })
    }

    fn reaches_for(&self, resource: &str, parties: Parties<'_>) -> Answer {
        let any = |patterns: &[String]| {
            let fits = patterns.iter().map(|pattern| match filled(pattern, parties, self.variables) {
                Filled::Text(pattern) => Answer::of(glob::matches(&pattern, resource)),
                Filled::Never => Answer::No,
                Filled::Unknown => Answer::Maybe,
            });
            fits.max().unwrap_or(Answer::No)
        };
        match self.is_complement() {
            true => any(&self.statement.not_resources).not(),
            false => any(&self.statement.resources),
        }
    }

    /// Everything but the named resources.
    pub(super) fn is_complement(&self) -> bool {
        self.statement.resources.is_empty() && !self.statement.not_resources.is_empty()
    }

    /// Whether its resources hold a variable that no export tells.
    pub(super) fn is_open(&self, caller: &AwsPrincipal) -> bool {
        let parties = Parties { caller, target: None };
        let mut patterns = self.statement.resources.iter();
        patterns.any(|pattern| filled(pattern, parties, self.variables) == Filled::Unknown)
    }

    /// Patterns of its resources, filled in as far as they can be.
    pub(super) fn patterns<'s>(&'s self, caller: &'s AwsPrincipal) -> impl Iterator<Item = String> + 's {
        let named =
            if self.is_complement() { &self.statement.not_resources } else { &self.statement.resources };
        named.iter().filter_map(|pattern| {
            match filled(pattern, Parties { caller, target: None }, self.variables) {
                Filled::Text(pattern) => Some(pattern.into_owned()),
                Filled::Never | Filled::Unknown => None,
            }
        })
    }

    /// Whether it asks for tags of whoever acts.
    pub(super) fn asks_for_own_tags(&self) -> bool {
        const KEY: &str = "aws:principaltag/";
        let is_tag = |key: &str| key.get(..KEY.len()).is_some_and(|start| start.eq_ignore_ascii_case(KEY));
        self.statement.conditions.iter().any(|one| is_tag(&one.key))
    }

    /// Whether it is about an action, by its name in lower case.
    pub(super) fn is_about(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| glob::matches(pattern, action)) != self.but
    }

    /// Whether it names an action, or some of a service's that include it: not `*`, not "all but", and `lambda:*` only
    /// where a whole service counts.
    pub(super) fn names(&self, action: &str, whole_services: bool) -> bool {
        let is_named = |text: &str| text.chars().any(|c| c != '*');
        let is_narrow = |pattern: &str| match pattern.split_once(':') {
            Some((service, _)) if whole_services => is_named(service),
            Some((_, name)) => is_named(name),
            None => false,
        };
        !self.but && self.actions.iter().any(|pattern| is_narrow(pattern) && glob::matches(pattern, action))
    }

    /// Whether it is about every action.
    pub(super) fn is_about_all(&self) -> bool {
        !self.but && self.actions.iter().any(|action| matches!(action.as_str(), "*" | "*:*" | "**"))
    }

    /// Whether it is about every action on every resource, without exceptions.
    pub(super) fn is_everything(&self) -> bool {
        const ALL: [&str; 4] = ["*", "arn:*", "arn:aws:*", "**"];
        let all = |pattern: &String| ALL.contains(&pattern.as_str());
        self.is_about_all() && self.statement.resources.iter().any(all)
    }

    /// Whether it takes away everything that another statement gives, whatever the request.
    pub(super) fn takes_all_of(&self, other: &Rule<'_>) -> bool {
        let covers = |patterns: &[String], but: bool, pattern: &String| match but {
            true => !patterns.iter().any(|except| glob::shared(except, pattern).is_some()),
            false => patterns.iter().any(|mine| glob::matches(mine, &glob::member(pattern))),
        };
        let actions = match other.but {
            true => self.is_about_all(),
            false => other.actions.iter().all(|one| covers(&self.actions, self.but, one)),
        };
        let (but, mine) = match self.is_complement() {
            true => (true, &self.statement.not_resources),
            false => (false, &self.statement.resources),
        };
        let resources = match other.is_complement() {
            true => !but && mine.iter().any(|one| one == "*"),
            false => other.statement.resources.iter().all(|one| covers(mine, but, one)),
        };
        actions && resources
    }

    /// Whether some action is one of both statements'.
    pub(super) fn shares_an_action_with(&self, other: &Rule<'_>) -> bool {
        let all = |one: &Rule<'_>| one.but || one.is_about_all();
        all(self)
            || all(other)
            || self.actions.iter().any(|one| other.actions.iter().any(|two| glob::shared(one, two).is_some()))
    }

    /// Whether its resources are all there are of a service.
    pub(super) fn reaches_all_of(&self, service: &str, caller: &AwsPrincipal) -> bool {
        let own = account(&caller.arn);
        if self.is_complement() && self.patterns(caller).any(|pattern| is_a_kind_of(&pattern, service, own)) {
            return false;
        }
        let texts: Vec<String> = match service {
            "iam" => ["user", "role", "group", "policy"]
                .map(|kind| glob::member(&format!("arn:aws:iam::{own}:{kind}/*")))
                .to_vec(),
            "s3" => vec![glob::member("arn:aws:s3:::*")],
            _ => vec![glob::member(&format!("arn:aws:{service}:*:*:*"))],
        };
        texts.iter().all(|text| self.reaches(text, caller) == Answer::Yes)
    }

    /// Whether it is about any action that AWS has on all resources of the action's service: what a denial takes away
    /// for good.
    pub(super) fn is_about_a_whole_action(&self, caller: &AwsPrincipal) -> bool {
        let service = |name: &'static str| name.split(':').next().unwrap_or_default();
        if self.but {
            let mut spared = catalogue().of_the_account().filter(|action| self.is_about(action.name));
            return spared.any(|action| self.takes_a_kind_of(service(action.name), caller));
        }
        self.actions.iter().any(|pattern| {
            let mut last = ("", false);
            let mut matching = catalogue().matching(pattern).filter(|action| is_of_the_account(action.name));
            matching.any(|action| {
                // Actions come service by service, and the answer is the same for all of one.
                if last.0 != service(action.name) {
                    last = (service(action.name), self.takes_a_kind_of(service(action.name), caller));
                }
                last.1
            })
        })
    }

    /// Whether its resources are all there are of one kind of a service, or of the service. Which actions know which
    /// kinds is not asked.
    fn takes_a_kind_of(&self, service: &str, caller: &AwsPrincipal) -> bool {
        let own = account(&caller.arn);
        self.reaches_all_of(service, caller)
            || !self.is_complement()
                && self.patterns(caller).any(|pattern| is_a_kind_of(&pattern, service, own))
    }

    /// Whether it is about nothing but reading.
    pub(super) fn only_reads(&self) -> bool {
        let reads =
            |pattern: &String| catalogue().matching(pattern).all(|action| action.reach == Reach::Reads);
        !self.but && self.actions.iter().all(reads)
    }

    /// What it says, in AWS's words.
    pub(super) fn words(&self) -> String {
        let does = if self.allows { "allows" } else { "denies" };
        format!(
            "{does} {} {}",
            listed(&self.statement.actions, &self.statement.not_actions),
            self.reach_words()
        )
    }

    /// On what, and under which conditions: `on * if Bool aws:MultiFactorAuthPresent`.
    pub(super) fn reach_words(&self) -> String {
        let on = listed(&self.statement.resources, &self.statement.not_resources);
        format!("on {on}{}", self.condition_words())
    }

    /// ` if Bool aws:MultiFactorAuthPresent`, or nothing.
    pub(super) fn condition_words(&self) -> String {
        let conditions = self.statement.conditions.iter().map(|one| format!("{} {}", one.operator, one.key));
        let conditions: Vec<String> = conditions.collect();
        if conditions.is_empty() { String::new() } else { format!(" if {}", conditions.join(" and ")) }
    }
}

/// Whether a pattern stands for all resources of one kind of a service: `arn:aws:ec2:*:*:instance/*`.
fn is_a_kind_of(pattern: &str, service: &str, own: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [_, _, of, region, account, resource] = parts[..] else { return false };
    let Some(kind) = resource.strip_suffix('*') else { return false };
    let is_a_kind = kind.is_empty()
        || kind
            .strip_suffix(['/', ':'])
            .is_some_and(|kind| kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    // A bucket is a name and no kind.
    let is_a_kind = is_a_kind && (service != "s3" || kind.is_empty());
    is_a_kind
        && glob::matches(of, service)
        && (region.is_empty() || region == "*")
        && (account.is_empty() || account == "*" || account == own)
}

/// The first of a list, with a count of the rest.
fn listed(named: &[String], but: &[String]) -> String {
    let first = |list: &[String]| match list {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    };
    if named.is_empty() && !but.is_empty() { format!("everything but {}", first(but)) } else { first(named) }
}
