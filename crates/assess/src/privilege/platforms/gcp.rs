//! Google Cloud: what roles amount to, by `rules/privilege/gcp.toml`.

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
    acts_as: BTreeSet<String>,
    launches: BTreeSet<String>,
    administrators: BTreeSet<String>,
    reads_data: BTreeSet<String>,
    reading: Vec<String>,
    roles: BTreeMap<String, Vec<String>>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/gcp.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What roles on a resource amount to.
pub(super) fn level(target: &str, roles: &[String]) -> PrivilegeLevel {
    worst(roles.iter().map(|role| role_level(role, reach(target))))
}

/// How far a grant on a resource reaches.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// A project or everything above one; also a policy that does not say whose it is.
    Project,
    /// One service account: whoever may act as it has what it has, which is not known here.
    Account,
    /// One thing.
    Resource,
}

fn reach(target: &str) -> Reach {
    if target.contains("/serviceAccounts/") {
        return Reach::Account;
    }
    let path = target.split_once(".googleapis.com/").map_or(target, |(_, path)| path);
    let mut parts = path.split('/');
    let single = match (parts.next(), parts.next(), parts.next()) {
        (Some("projects" | "folders" | "organizations"), Some(_), None) => false,
        (Some(_), Some(_), _) => true,
        // A name of one part is a project's id where Terraform wrote it, or the text for an unknown one.
        _ => target.contains(".googleapis.com/"),
    };
    if single { Reach::Resource } else { Reach::Project }
}

fn role_level(role: &str, reach: Reach) -> PrivilegeLevel {
    let facts = facts();
    let reads = facts.reading.iter().any(|end| role.ends_with(end.as_str()));
    if !role.starts_with("roles/") {
        // A service of Google or a role of the customer: its permissions are not in the export.
        let is_service = role.split_once('.').is_some_and(|_| !role.contains('/'));
        return if is_service { PrivilegeLevel::Scoped } else { PrivilegeLevel::Unknown };
    }
    let holds = facts.roles.get(role).map(Vec::as_slice).unwrap_or_default();
    let any = |of: &BTreeSet<String>| holds.iter().any(|permission| of.contains(permission));
    match reach {
        Reach::Resource if reads => PrivilegeLevel::Read,
        Reach::Resource => PrivilegeLevel::Scoped,
        Reach::Account if any(&facts.escalates) || any(&facts.acts_as) => PrivilegeLevel::Wide,
        Reach::Account => PrivilegeLevel::Scoped,
        Reach::Project if facts.administrators.contains(role) => PrivilegeLevel::Admin,
        Reach::Project if any(&facts.escalates) || any(&facts.acts_as) && any(&facts.launches) => {
            PrivilegeLevel::Escalates
        }
        Reach::Project if !holds.is_empty() || facts.reads_data.contains(role) => PrivilegeLevel::Wide,
        Reach::Project if reads => PrivilegeLevel::Read,
        Reach::Project => PrivilegeLevel::Scoped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_weighs_by_its_permissions_and_by_how_far_it_reaches() {
        let project = "cloudresourcemanager.googleapis.com/projects/123";
        for (target, role, expected) in [
            (project, "roles/owner", PrivilegeLevel::Admin),
            ("the resource of this export", "roles/editor", PrivilegeLevel::Escalates),
            ("acme-prod", "roles/iam.serviceAccountTokenCreator", PrivilegeLevel::Escalates),
            (project, "roles/resourcemanager.projectIamAdmin", PrivilegeLevel::Escalates),
            (project, "roles/run.admin", PrivilegeLevel::Wide),
            (project, "roles/secretmanager.secretAccessor", PrivilegeLevel::Wide),
            (project, "roles/viewer", PrivilegeLevel::Read),
            (project, "roles/logging.logWriter", PrivilegeLevel::Scoped),
            (project, "projects/acme/roles/custom", PrivilegeLevel::Unknown),
            ("storage.googleapis.com/acme-reports", "roles/storage.admin", PrivilegeLevel::Scoped),
            ("storage.googleapis.com/acme-reports", "roles/storage.objectViewer", PrivilegeLevel::Read),
            (
                "iam.googleapis.com/projects/p/serviceAccounts/a@b",
                "roles/iam.workloadIdentityUser",
                PrivilegeLevel::Wide,
            ),
            ("APIs", "maps-backend.googleapis.com", PrivilegeLevel::Scoped),
        ] {
            assert_eq!(level(target, &[role.to_owned()]), expected, "{role} on {target}");
        }
        assert_eq!(level(project, &[]), PrivilegeLevel::Unknown);
    }
}
