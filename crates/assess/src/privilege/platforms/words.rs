//! Platforms whose permissions are words: `rules/privilege/words.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::{fits, worst};

#[derive(Deserialize)]
struct Facts {
    #[allow(dead_code)] // read by people
    version: String,
    #[serde(flatten)]
    platforms: BTreeMap<String, Platform>,
}

#[derive(Deserialize)]
struct Platform {
    unlisted: PrivilegeLevel,
    words: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    word: String,
    everywhere: PrivilegeLevel,
    here: PrivilegeLevel,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/words.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What words amount to; `None` for a platform that has none.
pub(super) fn level(platform: &str, target: &str, actions: &[String]) -> Option<PrivilegeLevel> {
    let platform = facts().platforms.get(platform)?;
    let everywhere = target.contains('*');
    Some(worst(actions.iter().map(|action| {
        let fitting = platform.words.iter().filter(|word| fits(&word.word, action));
        // A word written out says more than one with a star.
        let exact = fitting.clone().find(|word| !word.word.contains('*'));
        match exact {
            Some(word) if everywhere => word.everywhere,
            Some(word) => word.here,
            None if fitting.clone().next().is_none() => platform.unlisted,
            None => worst(fitting.map(|word| if everywhere { word.everywhere } else { word.here })),
        }
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(platform: &str, target: &str, actions: &[&str]) -> Option<PrivilegeLevel> {
        let actions: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
        level(platform, target, &actions)
    }

    #[test]
    fn a_permission_weighs_more_where_it_reaches_everything() {
        for (target, actions, expected) in [
            ("acme/*", &["administration:write"][..], PrivilegeLevel::Escalates),
            ("acme/*", &["metadata:read", "contents:write"], PrivilegeLevel::Wide),
            ("acme/shop", &["contents:write"], PrivilegeLevel::Scoped),
            ("acme/*", &["metadata:read"], PrivilegeLevel::Read),
            ("*", &["scope:admin:org", "scope:repo"], PrivilegeLevel::Admin),
            ("*", &["scope:read:org"], PrivilegeLevel::Read),
            ("acme/shop", &["statuses:write"], PrivilegeLevel::Scoped),
        ] {
            assert_eq!(judged("github", target, actions), Some(expected), "{target} {actions:?}");
        }
        assert_eq!(judged("gitlab", "*", &["scope:api"]), Some(PrivilegeLevel::Wide));
        assert_eq!(
            judged("gitlab", "its project", &["scope:read_api", "level:reporter"]),
            Some(PrivilegeLevel::Read)
        );
    }

    #[test]
    fn a_policy_or_role_that_nobody_knows_is_unknown_and_never_narrow() {
        assert_eq!(judged("snowflake", "account", &["role:ACCOUNTADMIN"]), Some(PrivilegeLevel::Admin));
        assert_eq!(judged("snowflake", "account", &["role:LOADING"]), Some(PrivilegeLevel::Unknown));
        assert_eq!(judged("nowhere", "x", &["x"]), None);
    }
}
