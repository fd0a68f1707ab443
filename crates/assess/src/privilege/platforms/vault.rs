//! OpenBao and Vault: what policies amount to, by `rules/privilege/vault.toml`.
//!
//! A policy that no export holds is only known by its name. One that does stands as `create,update sys/policies/acl/*`:
//! capabilities, then a path as the policy writes it.

use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::worst;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[allow(dead_code)] // read by people
    version: String,
    power: Vec<Power>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Power {
    paths: Vec<String>,
    capabilities: Vec<String>,
    /// With every name that stands at the end.
    any: PrivilegeLevel,
    /// With one name.
    one: PrivilegeLevel,
    #[allow(dead_code)] // read by people
    because: String,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/vault.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What policies amount to, or the paths of one.
pub(super) fn level(actions: &[String]) -> PrivilegeLevel {
    let paths: Vec<(Vec<&str>, &str)> = actions.iter().filter_map(|action| path_rule(action)).collect();
    let denied: Vec<&str> =
        paths.iter().filter(|(can, _)| can.contains(&"deny")).map(|(_, path)| *path).collect();
    worst(actions.iter().map(|action| match path_rule(action) {
        Some((capabilities, path)) => path_level(&capabilities, path, &denied),
        None if action == "root" => PrivilegeLevel::Admin,
        None => PrivilegeLevel::Unknown,
    }))
}

fn path_rule(action: &str) -> Option<(Vec<&str>, &str)> {
    let (capabilities, path) = action.split_once(' ')?;
    Some((capabilities.split(',').collect(), path))
}

fn path_level(capabilities: &[&str], path: &str, denied: &[&str]) -> PrivilegeLevel {
    let reads = capabilities.iter().all(|can| matches!(*can, "read" | "list" | "deny" | "subscribe"));
    let quiet = if reads { PrivilegeLevel::Read } else { PrivilegeLevel::Scoped };
    if capabilities.contains(&"deny") {
        return PrivilegeLevel::Read;
    }
    let mut levels = vec![quiet];
    for power in &facts().power {
        if !power.capabilities.iter().any(|of| capabilities.contains(&of.as_str())) {
            continue;
        }
        for of in &power.paths {
            // What is denied in the same policy is denied, whatever else allows it.
            let taken = denied.iter().any(|denied| reaches(denied, of) == Some(Reach::Any));
            match reaches(path, of).filter(|_| !taken) {
                Some(Reach::Any) => levels.push(power.any),
                Some(Reach::One) => levels.push(power.one),
                None => {}
            }
        }
    }
    worst(levels.into_iter())
}

/// How much of a path of the facts a path of a policy takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Everything that the fact stands for.
    Any,
    /// One name of it, or some.
    One,
}

/// Compares segment by segment. In a fact `+` is a mount of whatever name and `*` a name, of which a policy may take in
/// all or one; alone it is every path. In a policy `+` is any one segment, and a star at the end is everything that
/// begins so.
fn reaches(path: &str, of: &str) -> Option<Reach> {
    if of == "*" {
        return matches!(path, "*" | "+/*").then_some(Reach::Any);
    }
    let path = path.trim_start_matches('/');
    let (stem, open) = match path.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (path, false),
    };
    let (mine, facts): (Vec<&str>, Vec<&str>) = (stem.split('/').collect(), of.split('/').collect());
    let mut reach = Reach::Any;
    for (at, fact) in facts.iter().enumerate() {
        let own = *mine.get(at)?;
        if open && at + 1 == mine.len() {
            // The star begins here.
            return match *fact {
                "*" if !own.is_empty() => Some(Reach::One),
                "*" | "+" => Some(reach),
                fact => fact.starts_with(own).then_some(reach),
            };
        }
        match *fact {
            _ if own == "+" || own == *fact => {}
            "+" => {}
            "*" => reach = Reach::One,
            _ => return None,
        }
    }
    (mine.len() == facts.len()).then_some(reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(actions: &[&str]) -> PrivilegeLevel {
        level(&actions.iter().map(|action| (*action).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_path_of_a_policy_takes_in_paths_of_the_facts() {
        for (path, of, expected) in [
            ("*", "sys/policies/acl/*", Some(Reach::Any)),
            ("sys/*", "sys/policies/acl/*", Some(Reach::Any)),
            ("sys/policies/acl/*", "sys/policies/acl/*", Some(Reach::Any)),
            ("sys/policies/acl/+", "sys/policies/acl/*", Some(Reach::Any)),
            ("sys/policies/acl/ci-*", "sys/policies/acl/*", Some(Reach::One)),
            ("sys/policies/acl/ci", "sys/policies/acl/*", Some(Reach::One)),
            ("sys/pol*", "sys/policies/acl/*", Some(Reach::Any)),
            ("sys/health", "sys/policies/acl/*", None),
            ("auth/approle/role/*", "auth/+/role/*", Some(Reach::Any)),
            ("auth/approle/role/ci", "auth/+/role/*", Some(Reach::One)),
            ("auth/token/create", "auth/+/role/*", None),
            ("kv/*", "+/data/*", Some(Reach::Any)),
            ("kv/data/*", "+/data/*", Some(Reach::Any)),
            ("kv/data/ci/*", "+/data/*", None),
            ("auth/approle/role/ci/secret-id", "auth/+/role/*", None),
            ("auth/approle/role/ci/secret-id", "auth/+/role/*/secret-id", Some(Reach::One)),
            ("auth/approle/role/+/secret-id", "auth/+/role/*/secret-id", Some(Reach::Any)),
            ("kv/metadata/*", "+/data/*", None),
            ("kv/data/*", "*", None),
        ] {
            assert_eq!(reaches(path, of), expected, "{path} {of}");
        }
    }

    #[test]
    fn a_policy_weighs_by_its_paths_and_an_unknown_one_is_unknown() {
        for (actions, expected) in [
            (&["root"][..], PrivilegeLevel::Admin),
            (&["ci-read"], PrivilegeLevel::Unknown),
            (&["create,update,read *"], PrivilegeLevel::Admin),
            (&["read,list *"], PrivilegeLevel::Wide),
            (&["create,update sys/policies/acl/*"], PrivilegeLevel::Escalates),
            (&["read sys/policies/acl/*"], PrivilegeLevel::Read),
            (&["create,read,update,delete,list,sudo sys/*"], PrivilegeLevel::Escalates),
            (&["create,update auth/approle/role/*"], PrivilegeLevel::Escalates),
            (&["update auth/approle/role/ci/secret-id"], PrivilegeLevel::Scoped),
            (&["update auth/approle/role/+/secret-id"], PrivilegeLevel::Wide),
            (&["create,update auth/token/create"], PrivilegeLevel::Scoped),
            (&["create,update,sudo auth/token/create"], PrivilegeLevel::Escalates),
            (&["read,list kv/*"], PrivilegeLevel::Wide),
            (&["read kv/data/ci/*", "list,read kv/metadata/ci/*"], PrivilegeLevel::Read),
            (&["create,read,update kv/data/{{identity.entity.name}}/*"], PrivilegeLevel::Scoped),
            (&["update,sudo sys/rotate"], PrivilegeLevel::Wide),
            (&["update sys/rotate"], PrivilegeLevel::Scoped),
            (&["read aws/creds/deploy"], PrivilegeLevel::Read),
            (&["read database/creds/*"], PrivilegeLevel::Wide),
            (&["deny sys/*", "update sys/policies/acl/*"], PrivilegeLevel::Scoped),
            (&["update transit/encrypt/orders"], PrivilegeLevel::Scoped),
        ] {
            assert_eq!(judged(actions), expected, "{actions:?}");
        }
        assert_eq!(judged(&[]), PrivilegeLevel::Unknown);
    }
}
