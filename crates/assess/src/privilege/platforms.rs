//! What a grant outside AWS amounts to. Its target begins with the platform whose words its actions are:
//! `kubernetes:namespace/shop`, `gcp:projects/acme`, `azure:/subscriptions/…`, `github:acme/*`.
//!
//! What each platform's words amount to is data in `rules/privilege/`.

mod azure;
mod bound;
mod gcp;
mod kubernetes;
pub(super) mod roles;
mod vault;
mod words;

use tenure_model::{Grant, PrivilegeLevel, Timestamp};

use super::worse;

/// What a grant amounts to, where its platform is one of these.
pub(super) fn level(grant: &Grant) -> Option<PrivilegeLevel> {
    let (platform, target) = grant.target.split_once(':')?;
    match platform {
        "gcp" | "azure" | "kubernetes" | "vault" if grant.actions == [roles::NOTHING] => {
            Some(PrivilegeLevel::Read)
        }
        "gcp" => Some(gcp::level(target, &grant.actions)),
        "azure" => Some(azure::level(target, &grant.actions)),
        "kubernetes" => Some(kubernetes::level(target, &grant.actions)),
        "vault" => Some(vault::level(&grant.actions)),
        _ => words::level(platform, target, &grant.actions),
    }
}

/// Whether a grant's own condition says that its time is over.
pub(super) fn is_over(grant: &Grant, now: Timestamp) -> bool {
    let condition = grant.target.strip_prefix("gcp:").and_then(|target| target.split_once(bound::WHERE));
    condition.is_some_and(|(_, condition)| bound::is_over(condition, now))
}

/// Whether a grant lets its holder run things as others, and whether it lets it start things, where both need each
/// other for a way up.
pub(super) fn acts_and_launches(grant: &Grant) -> (bool, bool) {
    match grant.target.split_once(':') {
        Some(("gcp", target)) => gcp::acts_and_launches(target, &grant.actions),
        _ => (false, false),
    }
}

/// An action as people know it: where it is an id that every tenant shares, the name behind it.
pub(super) fn shown<'a>(grant: &Grant, action: &'a str) -> std::borrow::Cow<'a, str> {
    match grant.target.split_once(':') {
        Some(("azure", target)) => azure::name_of(target, action).map_or(action.into(), Into::into),
        _ => action.into(),
    }
}

/// Whether two grants reach the same things.
pub(super) fn meet(one: &Grant, other: &Grant) -> bool {
    let is_google = |grant: &Grant| grant.target.starts_with("gcp:");
    is_google(one) == is_google(other) && (!is_google(one) || one.target == other.target)
}

/// The worst of several; unknown where there is nothing to judge.
fn worst(levels: impl Iterator<Item = PrivilegeLevel>) -> PrivilegeLevel {
    levels.reduce(worse).unwrap_or_default()
}

/// Matches a word or an action, without regard to case, against a pattern with any number of stars.
fn fits(pattern: &str, text: &str) -> bool {
    super::aws::glob::matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}
