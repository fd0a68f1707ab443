//! Azure: what roles amount to, by `rules/privilege/azure.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::worst;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[allow(dead_code)] // read by people
    version: String,
    escalates: BTreeSet<String>,
    takes: BTreeSet<String>,
    graph: BTreeMap<String, String>,
    roles: BTreeMap<String, Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    reads: bool,
    #[serde(default)]
    holds: Vec<String>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/azure.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What roles at a scope amount to.
pub(super) fn level(scope: &str, roles: &[String]) -> PrivilegeLevel {
    if scope == "graph" {
        let known = |id: &String| facts().graph.contains_key(&id.to_ascii_lowercase());
        return worst(
            roles.iter().map(
                |id| {
                    if known(id) { PrivilegeLevel::Escalates } else { PrivilegeLevel::Unknown }
                },
            ),
        );
    }
    if scope.starts_with("application ") {
        return PrivilegeLevel::Unknown;
    }
    worst(roles.iter().map(|role| narrowed(role_level(role), reach(scope))))
}

/// How far an assignment reaches.
#[derive(Clone, Copy)]
enum Reach {
    /// A subscription, a management group, or everything.
    Subscription,
    /// A resource group.
    Group,
    /// One resource.
    Resource,
}

fn reach(scope: &str) -> Reach {
    let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
    let has = |word: &str| parts.iter().position(|part| part.eq_ignore_ascii_case(word));
    match (has("managementGroups"), has("resourceGroups")) {
        (Some(_), _) | (None, None) => Reach::Subscription,
        (None, Some(at)) if parts.len() <= at + 2 => Reach::Group,
        (None, Some(_)) => Reach::Resource,
    }
}

/// By its id, or by the name that the CLI prints.
fn role_level(role: &str) -> PrivilegeLevel {
    let facts = facts();
    let by_id = facts.roles.get(&role.to_ascii_lowercase());
    let Some(found) = by_id.or_else(|| facts.roles.values().find(|known| known.name == role)) else {
        return PrivilegeLevel::Unknown;
    };
    let any = |of: &BTreeSet<String>| found.holds.iter().any(|action| of.contains(action));
    if found.all && any(&facts.escalates) {
        PrivilegeLevel::Admin
    } else if any(&facts.escalates) {
        PrivilegeLevel::Escalates
    } else if found.all || any(&facts.takes) {
        PrivilegeLevel::Wide
    } else if found.reads {
        PrivilegeLevel::Read
    } else {
        PrivilegeLevel::Scoped
    }
}

/// The same role on less.
fn narrowed(level: PrivilegeLevel, reach: Reach) -> PrivilegeLevel {
    match (reach, level) {
        (Reach::Subscription, level) => level,
        (Reach::Group, PrivilegeLevel::Admin | PrivilegeLevel::Escalates) => PrivilegeLevel::Wide,
        (Reach::Group | Reach::Resource, PrivilegeLevel::Unknown) => PrivilegeLevel::Unknown,
        (Reach::Group | Reach::Resource, PrivilegeLevel::Read) => PrivilegeLevel::Read,
        (Reach::Group, level) => level,
        (Reach::Resource, PrivilegeLevel::Admin | PrivilegeLevel::Escalates) => PrivilegeLevel::Wide,
        (Reach::Resource, _) => PrivilegeLevel::Scoped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_weighs_by_its_actions_and_by_its_scope() {
        let (subscription, group) = ("/subscriptions/s", "/subscriptions/s/resourceGroups/shop");
        let resource = "/subscriptions/s/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/a";
        for (scope, role, expected) in [
            (subscription, "Owner", PrivilegeLevel::Admin),
            ("/providers/Microsoft.Management/managementGroups/m", "Owner", PrivilegeLevel::Admin),
            ("/", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", PrivilegeLevel::Escalates),
            (subscription, "Role Based Access Control Administrator", PrivilegeLevel::Escalates),
            (subscription, "B24988AC-6180-42A0-AB88-20F7382DD24C", PrivilegeLevel::Wide),
            (subscription, "Reader", PrivilegeLevel::Read),
            (subscription, "AcrPush", PrivilegeLevel::Scoped),
            (subscription, "Ours", PrivilegeLevel::Unknown),
            (group, "Owner", PrivilegeLevel::Wide),
            (group, "Contributor", PrivilegeLevel::Wide),
            (resource, "Contributor", PrivilegeLevel::Scoped),
            (resource, "AcrPull", PrivilegeLevel::Read),
            ("graph", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", PrivilegeLevel::Escalates),
        ] {
            assert_eq!(level(scope, &[role.to_owned()]), expected, "{role} at {scope}");
        }
    }
}
