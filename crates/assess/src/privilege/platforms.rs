//! What a grant outside AWS amounts to. Its target begins with the platform whose words its actions are:
//! `kubernetes:namespace/shop`, `gcp:projects/acme`, `azure:/subscriptions/…`, `github:acme/*`.
//!
//! What each platform's words amount to is data in `rules/privilege/`.

mod azure;
mod gcp;
mod kubernetes;
mod words;

use tenure_model::{Grant, PrivilegeLevel};

use super::worse;

/// What a grant amounts to, where its platform is one of these.
pub(super) fn level(grant: &Grant) -> Option<PrivilegeLevel> {
    let (platform, target) = grant.target.split_once(':')?;
    match platform {
        "gcp" => Some(gcp::level(target, &grant.actions)),
        "azure" => Some(azure::level(target, &grant.actions)),
        "kubernetes" => Some(kubernetes::level(target, &grant.actions)),
        _ => words::level(platform, target, &grant.actions),
    }
}

/// The worst of several; unknown where there is nothing to judge.
fn worst(levels: impl Iterator<Item = PrivilegeLevel>) -> PrivilegeLevel {
    levels.reduce(worse).unwrap_or_default()
}

/// Matches a word with one star in it.
fn fits(word: &str, action: &str) -> bool {
    match word.split_once('*') {
        None => word.eq_ignore_ascii_case(action),
        Some((before, after)) => {
            action.len() >= before.len() + after.len()
                && action.starts_with(before)
                && action.ends_with(after)
        }
    }
}
