//! Roles that a customer made: a grant names them in one file, and what they allow stands in another.

use std::collections::HashMap;

use tenure_model::{Evidence, Fact, Grant, RoleDefinition};

use super::{azure, bound};

/// What a role without a permission allows; known, unlike a role that nobody has exported.
pub(super) const NOTHING: &str = "nothing";
/// Roles may be given to roles; further down, one stays a name.
const NESTED_MAX: usize = 4;
/// Actions that grants of one scan get from roles; further ones stay names.
const ACTIONS_MAX: usize = 1_000_000;
/// What the reader of a cluster says of a role that another file holds.
const ELSEWHERE: &str = "whose rules are not in this file";

/// Whether a grant names a role or policy whose permissions another file may list.
pub fn awaits_role(grant: &Grant) -> bool {
    let Some((platform, target)) = grant.target.split_once(':') else { return false };
    grant.actions.iter().any(|action| is_role(platform, target, action))
}

fn is_role(platform: &str, target: &str, action: &str) -> bool {
    match platform {
        "gcp" => !action.starts_with("roles/") && action.contains("/roles/"),
        "azure" => azure::may_be_custom(target, action),
        "kubernetes" => action.starts_with("clusterrole/") || action.starts_with("role/"),
        "vault" => !action.contains(' ') && action != "root",
        "snowflake" => action.starts_with("role:"),
        _ => false,
    }
}

/// Gives every grant what the roles that it names allow, each role as a grant of its own. A role that nobody has
/// exported, or that two files tell differently, stays a name.
pub fn with_roles(grants: Vec<Evidence>, roles: &[RoleDefinition]) -> Vec<Evidence> {
    let mut by_name: HashMap<(String, String), Vec<&RoleDefinition>> = HashMap::new();
    for role in roles {
        for name in &role.names {
            let of_name = by_name.entry((role.platform.clone(), name.to_lowercase())).or_default();
            of_name.push(role);
        }
    }
    let mut told = Vec::new();
    let mut open: Vec<(Evidence, Vec<String>)> =
        grants.into_iter().map(|evidence| (evidence, Vec::new())).collect();
    open.reverse();
    let mut room = ACTIONS_MAX;
    while let Some((evidence, way)) = open.pop() {
        let Fact::Grant { grant } = &evidence.fact else { continue };
        let Some((platform, target)) = grant.target.split_once(':') else { continue };
        let mut left = grant.clone();
        let mut joined = Vec::new();
        left.actions.retain(|action| {
            // Roles may be given to each other in a circle; the second time one adds nothing.
            if way.contains(action) {
                return false;
            }
            let known = is_role(platform, target, action)
                .then(|| by_name.get(&(platform.to_owned(), action.to_lowercase())))
                .flatten();
            let known = known.filter(|_| way.len() < NESTED_MAX);
            let role = known.and_then(|known| nearest(known, &evidence, platform));
            let role = role.filter(|role| role.actions.len() < room);
            room -= role.map_or(0, |role| role.actions.len() + 1);
            joined.extend(role.map(|role| (action.clone(), expanded(grant, action, role))));
            role.is_none()
        });
        let of = |grant: Grant| Evidence { fact: Fact::Grant { grant }, ..evidence.clone() };
        if !left.actions.is_empty() || joined.is_empty() && way.is_empty() {
            told.push(of(left));
        }
        open.extend(joined.into_iter().rev().map(|(name, grant)| {
            let way = way.iter().cloned().chain([name]).collect();
            (of(grant), way)
        }));
    }
    told
}

fn expanded(grant: &Grant, name: &str, role: &RoleDefinition) -> Grant {
    let actions = match role.actions.as_slice() {
        [] => vec![NOTHING.to_owned()],
        actions => actions.to_vec(),
    };
    let scope = match grant.scope.contains(ELSEWHERE) {
        true => grant.scope.replace(ELSEWHERE, &format!("whose rules {} lists", role.path)),
        false => format!("{}; {} lists what {name} allows", grant.scope, role.path),
    };
    Grant { target: grant.target.clone(), actions, scope }
}

/// The definition that is meant. Ids of Google and Azure are the same everywhere; a cluster's roles are those of its
/// own folder; names of other platforms are taken from as near as possible.
fn nearest<'r>(
    known: &[&'r RoleDefinition],
    evidence: &Evidence,
    platform: &str,
) -> Option<&'r RoleDefinition> {
    let source = &evidence.source;
    let distance = |role: &RoleDefinition| {
        let (here, there) = (folders(&source.path), folders(&role.path));
        let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
        (role.root != source.root, here.len() + there.len() - 2 * shared)
    };
    let least = known.iter().map(|role| distance(role)).min()?;
    if platform == "kubernetes" && least != (false, 0) {
        return None;
    }
    let mut fitting = known.iter().filter(|role| distance(role) == least);
    let first = fitting.next()?;
    fitting.all(|role| role.actions == first.actions).then_some(first)
}

fn folders(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.split(['/', '\\']).collect();
    parts.pop();
    parts
}

/// The target of a grant without the condition under which it counts.
pub(super) fn without_condition(target: &str) -> (&str, Option<&str>) {
    match target.split_once(bound::WHERE) {
        Some((target, condition)) => (target, Some(condition)),
        None => (target, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::{EvidenceSource, Quality, Subject, SubjectKind};

    fn grant(path: &str, target: &str, actions: &[&str]) -> Evidence {
        let grant = Grant {
            target: target.into(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            scope: "binding".into(),
        };
        Evidence {
            subject: Subject::new(SubjectKind::Account, "x"),
            fact: Fact::Grant { grant },
            source: EvidenceSource {
                root: "r".into(),
                path: path.into(),
                line: None,
                commit: None,
                reader: "x".into(),
            },
            quality: Quality::Authoritative,
        }
    }

    fn role(path: &str, platform: &str, name: &str, actions: &[&str]) -> RoleDefinition {
        RoleDefinition {
            root: "r".into(),
            path: path.into(),
            platform: platform.into(),
            names: vec![name.into()],
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        }
    }

    fn actions(told: &[Evidence]) -> Vec<String> {
        let of = |evidence: &Evidence| match &evidence.fact {
            Fact::Grant { grant } => grant.actions.join(","),
            _ => String::new(),
        };
        told.iter().map(of).collect()
    }

    #[test]
    fn a_grant_gets_what_its_role_allows_and_keeps_the_rest() {
        let grants = vec![grant("a.json", "vault:policies", &["ci", "other"])];
        let told = with_roles(grants, &[role("b.json", "vault", "ci", &["read kv/data/ci/*"])]);
        assert_eq!(actions(&told), ["other", "read kv/data/ci/*"]);
        let Fact::Grant { grant } = &told[1].fact else { panic!("a grant stays one") };
        assert_eq!(grant.scope, "binding; b.json lists what ci allows");
    }

    #[test]
    fn a_role_of_another_cluster_or_one_that_is_told_twice_stays_a_name() {
        let bound = || vec![grant("one/bindings.json", "kubernetes:*", &["clusterrole/ours"])];
        let of = |path: &str, action: &str| role(path, "kubernetes", "clusterrole/ours", &[action]);
        assert_eq!(
            actions(&with_roles(bound(), &[of("two/roles.json", "* *.*")])),
            ["clusterrole/ours"],
            "another folder is another cluster"
        );
        assert_eq!(actions(&with_roles(bound(), &[of("one/roles.json", "get pods")])), ["get pods"]);
        let twice = [of("one/a.json", "get pods"), of("one/b.json", "* *.*")];
        assert_eq!(actions(&with_roles(bound(), &twice)), ["clusterrole/ours"]);
    }

    #[test]
    fn a_role_that_was_given_to_a_role_counts_and_a_circle_ends() {
        let of = |name: &str, actions: &[&str]| role("g.json", "snowflake", name, actions);
        let roles = [of("role:A", &["role:B"]), of("role:B", &["role:A", "select on table"])];
        let told = with_roles(vec![grant("u.json", "snowflake:account", &["role:A"])], &roles);
        assert_eq!(actions(&told), ["select on table"]);
    }

    #[test]
    fn a_role_without_a_permission_is_known_to_allow_nothing() {
        let grants = vec![grant("p.json", "gcp:p", &["projects/p/roles/old"])];
        assert!(awaits_role(match &grants[0].fact {
            Fact::Grant { grant } => grant,
            _ => panic!("a grant stays one"),
        }));
        let told = with_roles(grants, &[role("r.json", "gcp", "projects/p/roles/old", &[])]);
        assert_eq!(actions(&told), ["nothing"]);
    }
}
