//! Who may get in: an intent's bounds, refused when they are too wide and questioned when they are weak.

use tenure_model::Intent;

use crate::PlanError;

/// Below a minute a job cannot even begin; above half a day it is standing access again.
pub(crate) const TTL_SECONDS: (u32, u32) = (60, 43_200);
/// Longer than this deserves a question.
const TTL_SECONDS_USUAL: u32 = 3_600;
const FIELD_CHARS_MAX: usize = 512;
const CLAIMS_MAX: usize = 32;

const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Checks an intent, and says what a reviewer should think about.
///
/// # Errors
/// The first bound that is missing, or so wide that it is none.
pub(crate) fn check(intent: &Intent) -> Result<Vec<String>, PlanError> {
    let who = &intent.who;
    let refuse = |field: &'static str, reason: String| PlanError::Intent { field, reason };
    if !(who.issuer.starts_with("https://") && who.issuer.len() > "https://".len()) {
        return Err(refuse(
            "who.issuer",
            "must be the https URL of who signs the workload's tokens".to_owned(),
        ));
    }
    one_value("who.issuer", &who.issuer)?;
    one_value("who.audience", &who.audience)?;
    one_value("who.subject", &who.subject)?;
    if who.claims.len() > CLAIMS_MAX {
        return Err(refuse("who.claims", format!("has more than {CLAIMS_MAX} claims")));
    }
    for (name, value) in &who.claims {
        one_value("who.claims", name)?;
        one_value("who.claims", value)?;
        if ["iss", "aud", "exp", "nbf", "iat"].contains(&name.as_str()) {
            return Err(refuse(
                "who.claims",
                format!("{name} is checked elsewhere and cannot be bound here"),
            ));
        }
    }
    let (shortest, longest) = TTL_SECONDS;
    if !(shortest..=longest).contains(&intent.ttl_seconds) {
        return Err(refuse(
            "ttl_seconds",
            format!("must be {shortest} to {longest}, is {}", intent.ttl_seconds),
        ));
    }
    if let Some(login) = intent.target.old_login.as_deref()
        && (login.is_empty() || login.len() > 63 || login.chars().any(char::is_control))
    {
        return Err(refuse("where.old_login", "is not the name of a login".to_owned()));
    }
    Ok(questions(intent))
}

/// OpenBao accepts `*` in bounds (measured: a glob on the subject is stored without a word), so it is refused here.
fn one_value(field: &'static str, value: &str) -> Result<(), PlanError> {
    let refuse = |reason: String| Err(PlanError::Intent { field, reason });
    let value_shown = tenure_model::visible(value);
    if value.trim().is_empty() {
        return refuse("is empty; without it anyone the issuer knows could log in".to_owned());
    }
    if value.len() > FIELD_CHARS_MAX || value.chars().any(char::is_control) {
        return refuse("is too long or holds control characters".to_owned());
    }
    if value.contains(['*', '?']) || value != value.trim() {
        return refuse(format!("{value_shown:?} is a pattern; one exact value is needed"));
    }
    if value.contains("{{") {
        return refuse(format!("{value_shown:?} is a template; one exact value is needed"));
    }
    Ok(())
}

fn questions(intent: &Intent) -> Vec<String> {
    let who = &intent.who;
    let mut questions = Vec::new();
    if who.issuer == GITHUB {
        if !who.claims.contains_key("repository_id") {
            questions.push(
                "the repository is bound by its name only: whoever takes over the name takes over the access; \
                 add repository_id to who.claims"
                    .to_owned(),
            );
        }
        if who.subject.starts_with("repo:")
            && !who.subject.split('/').next().unwrap_or_default().contains('@')
        {
            questions.push(
                "repositories created or renamed since 2026-07-15 have ids in their subject \
                 (repo:owner@ID/repo@ID:…); check which form this one signs"
                    .to_owned(),
            );
        }
        if who.subject.ends_with(":pull_request") {
            questions.push("any pull request of the repository could log in".to_owned());
        }
        if !who.subject.contains(":environment:")
            && !["ref", "environment", "job_workflow_ref"].iter().any(|claim| who.claims.contains_key(*claim))
        {
            questions
                .push("any branch could log in; bind an environment, ref or job_workflow_ref".to_owned());
        }
    }
    if intent.ttl_seconds > TTL_SECONDS_USUAL {
        questions.push(format!(
            "a credential lives up to {} s; most jobs need less than an hour",
            intent.ttl_seconds
        ));
    }
    questions
}

#[cfg(test)]
mod tests {
    use tenure_model::{Where, Who};

    use super::*;

    fn intent() -> Intent {
        Intent {
            who: Who {
                issuer: GITHUB.to_owned(),
                audience: "https://bao.example.test".to_owned(),
                subject: "repo:acme@1/payments@2:environment:production".to_owned(),
                claims: [("repository_id".to_owned(), "2".to_owned())].into(),
            },
            target: Where { old_login: Some("legacy".to_owned()), ..Where::default() },
            ttl_seconds: 900,
            ..Intent::default()
        }
    }

    fn refused(change: impl Fn(&mut Intent)) -> bool {
        let mut intent = intent();
        change(&mut intent);
        check(&intent).is_err()
    }

    #[test]
    fn exact_bounds_pass_without_a_question() {
        assert_eq!(check(&intent()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_bound_that_is_missing_or_a_pattern_is_refused() {
        assert!(refused(|i| i.who.subject.clear()));
        assert!(refused(|i| i.who.subject = "repo:acme/*".to_owned()));
        assert!(refused(|i| i.who.subject = "*".to_owned()));
        assert!(refused(|i| i.who.audience.clear()));
        assert!(refused(|i| i.who.issuer.clear()));
        assert!(refused(|i| i.who.issuer = "http://issuer.example.test".to_owned()));
        assert!(refused(|i| drop(i.who.claims.insert("ref".to_owned(), "refs/heads/*".to_owned()))));
        assert!(refused(|i| drop(i.who.claims.insert("ref".to_owned(), String::new()))));
        assert!(refused(|i| drop(i.who.claims.insert("aud".to_owned(), "x".to_owned()))));
        assert!(refused(|i| i.ttl_seconds = 0));
        assert!(refused(|i| i.ttl_seconds = 86_400));
        assert!(refused(|i| i.target.old_login = Some("a\nb".to_owned())));
    }

    #[test]
    fn weak_bounds_are_questioned() {
        let mut weak = intent();
        weak.who.subject = "repo:acme/payments:pull_request".to_owned();
        weak.who.claims.clear();
        weak.ttl_seconds = 7_200;
        assert_eq!(check(&weak).unwrap().len(), 5);
    }
}
