//! Google Cloud: what roles amount to, by `rules/privilege/gcp.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::PrivilegeLevel;

use super::bound::{Bound, conditional};
use super::roles::without_condition;
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
    data_permissions: BTreeSet<String>,
    wide_permissions: Vec<String>,
    reading_verbs: Vec<String>,
    reading: Vec<String>,
    roles: BTreeMap<String, Vec<String>>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../../rules/privilege/gcp.toml");
    FACTS.get_or_init(|| toml::from_str(TEXT).expect("the shipped facts are tested to be valid"))
}

/// What roles, or the permissions of one role, amount to on a resource.
pub(super) fn level(target: &str, actions: &[String]) -> PrivilegeLevel {
    let (target, condition) = without_condition(target);
    let bound = condition.map(Bound::of_google);
    let reach = match bound {
        Some(Bound::Resource) => Reach::Resource,
        _ => reach(target),
    };
    let (permissions, roles): (Vec<&str>, Vec<&str>) =
        actions.iter().map(String::as_str).partition(|action| is_permission(action));
    let of_permissions = (!permissions.is_empty()).then(|| permissions_level(&permissions, reach));
    let of_roles = roles.iter().map(|role| role_level(role, reach));
    let level = worst(of_roles.chain(of_permissions));
    match bound {
        None | Some(Bound::Resource) => level,
        // Whoever may give away only these can at most have these.
        Some(Bound::Gives(given)) if !holds_more(&permissions, &roles) => {
            let given = given.iter().map(|role| role_level(role, reach));
            worst(given.chain([PrivilegeLevel::Scoped]))
        }
        Some(_) => conditional(level),
    }
}

/// Whether what is held is more than giving away roles.
fn holds_more(permissions: &[&str], roles: &[&str]) -> bool {
    let facts = facts();
    let gives = |permission: &str| permission.ends_with(".setIamPolicy");
    let of_roles = roles.iter().flat_map(|role| facts.roles.get(*role).into_iter().flatten());
    let all = permissions.iter().copied().chain(of_roles.map(String::as_str));
    roles.iter().any(|role| facts.administrators.contains(*role) || !facts.roles.contains_key(*role))
        || all.filter(|held| !gives(held)).any(|held| {
            facts.escalates.contains(held) || facts.acts_as.contains(held) || facts.launches.contains(held)
        })
}

/// A permission as a role lists it, `iam.serviceAccounts.signJwt`; a service is a host and a role a path.
fn is_permission(action: &str) -> bool {
    !action.contains('/') && !action.ends_with(".googleapis.com") && action.split('.').count() >= 3
}

/// What the permissions of one role amount to.
fn permissions_level(permissions: &[&str], reach: Reach) -> PrivilegeLevel {
    let facts = facts();
    let any = |of: &BTreeSet<String>| permissions.iter().any(|permission| of.contains(*permission));
    let verb = |permission: &str| permission.rsplit('.').next().unwrap_or_default().to_owned();
    let reads = permissions.iter().all(|permission| {
        facts.reading_verbs.iter().any(|reading| verb(permission).starts_with(reading.as_str()))
    });
    let wide = || {
        permissions
            .iter()
            .any(|permission| facts.wide_permissions.iter().any(|end| permission.ends_with(end.as_str())))
    };
    match reach {
        Reach::Account if any(&facts.escalates) || any(&facts.acts_as) => PrivilegeLevel::Wide,
        Reach::Project if any(&facts.escalates) || any(&facts.acts_as) && any(&facts.launches) => {
            PrivilegeLevel::Escalates
        }
        Reach::Project
            if any(&facts.acts_as) || any(&facts.launches) || any(&facts.data_permissions) || wide() =>
        {
            PrivilegeLevel::Wide
        }
        _ if reads => PrivilegeLevel::Read,
        _ => PrivilegeLevel::Scoped,
    }
}

/// Whether a grant on a project lets its holder act as the accounts there, and start things that run as one.
pub(super) fn acts_and_launches(target: &str, actions: &[String]) -> (bool, bool) {
    let facts = facts();
    let (target, condition) = without_condition(target);
    if reach(target) != Reach::Project || condition.map(Bound::of_google) == Some(Bound::Resource) {
        return (false, false);
    }
    let held =
        || actions.iter().flat_map(|action| facts.roles.get(action).into_iter().flatten().chain([action]));
    (held().any(|one| facts.acts_as.contains(one)), held().any(|one| facts.launches.contains(one)))
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
        // A service of Google, or a role of the customer that no export lists.
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
            (project, "iam.serviceAccountKeys.create", PrivilegeLevel::Escalates),
            (project, "iam.roles.update", PrivilegeLevel::Escalates),
            (project, "run.services.create", PrivilegeLevel::Wide),
            (project, "secretmanager.versions.access", PrivilegeLevel::Wide),
            (project, "storage.buckets.setIamPolicy", PrivilegeLevel::Wide),
            (project, "logging.logEntries.list", PrivilegeLevel::Read),
            (project, "pubsub.topics.publish", PrivilegeLevel::Scoped),
            ("storage.googleapis.com/acme-reports", "storage.objects.get", PrivilegeLevel::Read),
        ] {
            assert_eq!(level(target, &[role.to_owned()]), expected, "{role} on {target}");
        }
        assert_eq!(level(project, &[]), PrivilegeLevel::Unknown);
    }

    #[test]
    fn two_halves_of_a_way_up_count_together() {
        let both = ["iam.serviceAccounts.actAs".to_owned(), "run.services.create".to_owned()];
        assert_eq!(level("acme-prod", &both), PrivilegeLevel::Escalates);
        assert_eq!(
            acts_and_launches("acme-prod", &["roles/iam.serviceAccountUser".to_owned()]),
            (true, false)
        );
        assert!(acts_and_launches("acme-prod", &["roles/run.admin".to_owned()]).1);
    }

    #[test]
    fn a_condition_narrows_to_resources_or_to_roles_that_may_be_given() {
        let of =
            |role: &str, condition: &str| level(&format!("acme-prod where {condition}"), &[role.to_owned()]);
        let bucket = "resource.name.startsWith('projects/_/buckets/acme-reports')";
        assert_eq!(of("roles/storage.admin", bucket), PrivilegeLevel::Scoped);
        assert_eq!(of("roles/storage.objectViewer", bucket), PrivilegeLevel::Read);
        let only = |roles: &str| {
            format!("api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{roles}])")
        };
        let giver = "roles/resourcemanager.projectIamAdmin";
        assert_eq!(of(giver, &only("'roles/viewer'")), PrivilegeLevel::Scoped);
        assert_eq!(of(giver, &only("'roles/viewer', 'roles/owner'")), PrivilegeLevel::Admin);
        assert_eq!(of(giver, "request.time < timestamp('2027-01-01T00:00:00Z')"), PrivilegeLevel::Escalates);
        assert_eq!(of("roles/owner", &only("'roles/viewer'")), PrivilegeLevel::Escalates);
    }
}
