//! Kubernetes: what verbs on resources amount to, by `rules/privilege/kubernetes.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::worst;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[allow(dead_code)] // read by people
    version: String,
    cluster_namespaces: Vec<String>,
    power: Vec<Power>,
    roles: BTreeMap<String, Levels>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Power {
    verbs: Vec<String>,
    resources: Vec<String>,
    cluster: PrivilegeLevel,
    namespace: PrivilegeLevel,
    #[allow(dead_code)] // read by people
    because: String,
    #[serde(default)]
    named: Vec<String>,
}

impl Power {
    fn level(&self, everywhere: bool) -> PrivilegeLevel {
        if everywhere { self.cluster } else { self.namespace }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    cluster: PrivilegeLevel,
    namespace: PrivilegeLevel,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/kubernetes.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What actions amount to: `get,list secrets`, `create pods/exec`, `clusterrole/view`; in one namespace, or everywhere.
pub(super) fn level(target: &str, actions: &[String]) -> PrivilegeLevel {
    let of_cluster = |space: &str| facts().cluster_namespaces.iter().any(|own| own == space);
    let everywhere = target.contains('*') || target.strip_prefix("namespace/").is_some_and(of_cluster);
    worst(actions.iter().map(|action| action_level(action, everywhere)))
}

fn action_level(action: &str, everywhere: bool) -> PrivilegeLevel {
    if let Some(role) = action.strip_prefix("clusterrole/") {
        let known = facts().roles.get(role);
        return known.map_or(PrivilegeLevel::Unknown, |known| {
            if everywhere { known.cluster } else { known.namespace }
        });
    }
    let Some((verbs, resource)) = action.split_once(' ') else { return PrivilegeLevel::Unknown };
    let verbs: Vec<&str> = verbs.split(',').collect();
    let reads = verbs.iter().all(|verb| matches!(*verb, "get" | "list" | "watch" | "head"));
    let quiet = if reads { PrivilegeLevel::Read } else { PrivilegeLevel::Scoped };
    if let Some((resource, names)) = resource.split_once(" named ") {
        return worst([quiet, named(&verbs, resource, names, everywhere)].into_iter());
    }
    // An address is no resource.
    if resource.starts_with('/') {
        return quiet;
    }
    let power = facts().power.iter().filter(|power| {
        power.verbs.iter().any(|verb| verbs.contains(&verb.as_str()) || verbs.contains(&"*"))
            && power.resources.iter().any(|of| covers(resource, of))
            // "Everything" is only what says so itself.
            && (power.resources[0] != "*" || verbs.contains(&"*") && is_all(resource))
    });
    let levels = power.map(|power| power.level(everywhere));
    worst(levels.chain([quiet]))
}

/// What verbs on some named things are: giving away one role is worth that role, and being one somebody is being it.
/// Creating cannot be limited to a name.
fn named(verbs: &[&str], resource: &str, names: &str, everywhere: bool) -> PrivilegeLevel {
    let may = |verb: &str| verbs.contains(&verb) || verbs.contains(&"*");
    let on = |of: &str| covers(resource, of);
    let roles = ["clusterroles.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io"];
    let level = |name: &str| match name {
        // This group is above every rule.
        "system:masters" if may("impersonate") && on("groups") => PrivilegeLevel::Admin,
        _ if may("impersonate") && ["users", "groups", "serviceaccounts"].iter().any(|of| on(of)) => {
            PrivilegeLevel::Wide
        }
        _ if may("escalate") && roles.iter().any(|of| on(of)) => PrivilegeLevel::Wide,
        _ if may("bind") && roles.iter().any(|of| on(of)) => match facts().roles.get(name) {
            // It is one step away, not there yet.
            Some(known) if everywhere && known.cluster == PrivilegeLevel::Admin => PrivilegeLevel::Escalates,
            Some(known) if everywhere => known.cluster,
            Some(known) => known.namespace,
            None => PrivilegeLevel::Scoped,
        },
        _ => PrivilegeLevel::Read,
    };
    let alike = facts()
        .power
        .iter()
        .filter(|power| power.named.iter().any(|verb| may(verb)) && power.resources.iter().any(|of| on(of)));
    worst(names.split(", ").map(level).chain(alike.map(|power| power.level(everywhere))))
}

fn is_all(resource: &str) -> bool {
    matches!(resource, "*" | "*.*")
}

/// Whether a resource of a role covers one of the facts: `deployments.apps`, `*.apps`, `pods.*`, `*/exec`.
fn covers(resource: &str, of: &str) -> bool {
    let parts = |text: &'_ str| {
        let (name, group) = text.split_once('.').unwrap_or((text, ""));
        let (what, sub) = name.split_once('/').unwrap_or((name, ""));
        [what.to_owned(), sub.to_owned(), group.to_owned()]
    };
    let ([what, sub, group], [of_what, of_sub, of_group]) = (parts(resource), parts(of));
    let fits = |of_role: &str, of_fact: &str| of_role == "*" || of_role == of_fact;
    // A star alone takes in what lies below a resource as well.
    let below = what == "*" && sub.is_empty() || fits(&sub, &of_sub);
    fits(&what, &of_what) && below && fits(&group, &of_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_weigh_by_their_resource_and_by_how_far_they_reach() {
        let (cluster, shop) = ("*", "namespace/shop");
        for (target, action, expected) in [
            (cluster, "* *.*", PrivilegeLevel::Admin),
            (cluster, "* *.apps", PrivilegeLevel::Escalates),
            (cluster, "* *.networking.k8s.io", PrivilegeLevel::Scoped),
            (cluster, "create pods.*", PrivilegeLevel::Escalates),
            (cluster, "create */exec", PrivilegeLevel::Escalates),
            (shop, "* *.*", PrivilegeLevel::Wide),
            (cluster, "clusterrole/cluster-admin", PrivilegeLevel::Admin),
            (cluster, "clusterrole/view", PrivilegeLevel::Read),
            (cluster, "clusterrole/ours", PrivilegeLevel::Unknown),
            (cluster, "get,list secrets", PrivilegeLevel::Escalates),
            (shop, "get,list secrets", PrivilegeLevel::Wide),
            (shop, "get secrets named settings", PrivilegeLevel::Read),
            (cluster, "bind clusterroles.rbac.authorization.k8s.io named view", PrivilegeLevel::Scoped),
            (
                cluster,
                "bind clusterroles.rbac.authorization.k8s.io named cluster-admin",
                PrivilegeLevel::Escalates,
            ),
            (cluster, "impersonate groups named system:masters", PrivilegeLevel::Admin),
            (cluster, "impersonate users named ci", PrivilegeLevel::Wide),
            (cluster, "update configmaps named lock", PrivilegeLevel::Scoped),
            (cluster, "patch deployments.apps named web", PrivilegeLevel::Escalates),
            (shop, "patch deployments.apps named web", PrivilegeLevel::Wide),
            (shop, "create deployments.apps named web", PrivilegeLevel::Scoped),
            ("namespace/kube-system", "create pods", PrivilegeLevel::Escalates),
            (cluster, "create persistentvolumes", PrivilegeLevel::Wide),
            (cluster, "get,list configmaps", PrivilegeLevel::Read),
            (shop, "get,create deployments.apps", PrivilegeLevel::Wide),
            (shop, "get,list deployments.apps", PrivilegeLevel::Read),
            (cluster, "create pods/exec", PrivilegeLevel::Escalates),
            (cluster, "get,create pods/log", PrivilegeLevel::Scoped),
            (cluster, "bind clusterroles.rbac.authorization.k8s.io", PrivilegeLevel::Escalates),
            (cluster, "get clusterroles.rbac.authorization.k8s.io", PrivilegeLevel::Read),
            (cluster, "impersonate users", PrivilegeLevel::Escalates),
            (cluster, "create serviceaccounts/token", PrivilegeLevel::Escalates),
            (cluster, "create serviceaccounts", PrivilegeLevel::Scoped),
            (cluster, "get nodes/proxy", PrivilegeLevel::Escalates),
            (cluster, "get nodes", PrivilegeLevel::Read),
            (cluster, "get /healthz", PrivilegeLevel::Read),
            (shop, "delete events", PrivilegeLevel::Scoped),
        ] {
            assert_eq!(level(target, &[action.to_owned()]), expected, "{action} on {target}");
        }
        assert_eq!(level(cluster, &[]), PrivilegeLevel::Unknown);
    }
}
