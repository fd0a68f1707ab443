//! How Google Cloud names things: members of bindings, service accounts and their keys.

use tenure_model::{Credential, CredentialState, Subject, mask};

use super::format::{Pen, account};
use super::node::{Node, When};
use crate::detect::rules;

/// Bytes of a key's id that its mask shows.
const MASK_KEEPS: usize = 8;

/// Somebody in a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member<'m> {
    /// A service account, by its e-mail.
    ServiceAccount(&'m str),
    /// A service account that exists no more, by its e-mail.
    Deleted(&'m str),
    /// Workloads of a pool: the part behind `iam.googleapis.com/`.
    Federated(&'m str),
    /// Everybody, or everybody with some Google account.
    Anybody(&'m str),
    /// A person, a group, a domain.
    Other,
}

impl<'m> Member<'m> {
    pub(super) fn of(member: &'m str) -> Self {
        if let Some(email) = member.strip_prefix("deleted:serviceAccount:") {
            return Member::Deleted(email.split('?').next().unwrap_or(email));
        }
        // Workload identity of GKE writes the pool and the Kubernetes account into brackets.
        if let Some(email) = member.strip_prefix("serviceAccount:") {
            return match email.contains(".svc.id.goog[") {
                true => Member::Federated(email),
                false => Member::ServiceAccount(email),
            };
        }
        for prefix in ["principal://iam.googleapis.com/", "principalSet://iam.googleapis.com/"] {
            if let Some(pool) = member.strip_prefix(prefix) {
                return Member::Federated(pool);
            }
        }
        match member {
            "allUsers" | "allAuthenticatedUsers" => Member::Anybody(member),
            _ => Member::Other,
        }
    }

    /// Whether it stands for every workload of a pool, whatever it proves.
    pub(super) fn is_whole_pool(member: &str) -> bool {
        member.starts_with("principalSet://iam.googleapis.com/") && member.ends_with("/*")
    }
}

/// A service account by its e-mail, as CI readers name it, too.
pub(super) fn service_account(email: &str) -> Subject {
    account("gcp", email)
}

/// Accounts that Google makes by itself and that run whatever names no other.
pub(super) fn is_default_account(email: &str) -> bool {
    email.ends_with("-compute@developer.gserviceaccount.com")
        || email.ends_with("@appspot.gserviceaccount.com")
}

/// Accounts by which Google's own services act; nobody holds a credential of theirs.
pub(super) fn is_service_agent(email: &str) -> bool {
    email.split('@').nth(1).is_some_and(|domain| {
        domain.starts_with("gcp-sa-")
            || domain == "cloudservices.gserviceaccount.com"
            || domain.ends_with("-robot.iam.gserviceaccount.com")
    })
}

/// What stands behind `marker` in a resource name, up to the next `/`.
pub(super) fn part<'n>(name: &'n str, marker: &str) -> Option<&'n str> {
    let (_, rest) = name.split_once(marker)?;
    rest.split('/').next().filter(|part| !part.is_empty())
}

/// Notes a service account.
pub(super) fn note_account(email: &str, described: Node<'_>, pen: &mut Pen<'_>) -> Subject {
    let subject = service_account(email);
    pen.identity(&subject, "gcp_service_account", email, Some(email));
    if is_service_agent(email) {
        pen.tag(&subject, "gcp:service-agent", "true");
    }
    for name in ["uniqueId", "oauth2ClientId"] {
        if let Some(id) = described.id(name) {
            pen.same(&subject, account("gcp", &id), "the export names both ids of the account");
        }
    }
    if described.flag("disabled") == Some(true) {
        pen.tag(&subject, "gcp:disabled", "true");
    }
    if let Some(text) = described.text("description") {
        pen.fact(&subject, tenure_model::Fact::Purpose { text: text.to_owned() });
    }
    subject
}

/// Notes a key of a service account: `data` is the key as the API writes it, `name` ends in its id.
pub(super) fn note_key(name: &str, data: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(email), Some(id)) = (part(name, "/serviceAccounts/"), part(name, "/keys/")) else { return };
    pen.at(id);
    let subject = service_account(email);
    pen.identity(&subject, "gcp_service_account", email, Some(email));
    // Keys that Google holds and rotates itself are no standing secret.
    if data.text("keyType") == Some("SYSTEM_MANAGED") {
        return;
    }
    let fingerprint = pen.print("gcp_service_account_key_id", id);
    let end = data.when("validBeforeTime");
    let credential = Credential {
        kind: "gcp_service_account_key".to_owned(),
        masked: Some(mask(id.as_bytes(), MASK_KEEPS)),
        created_at: data.instant("validAfterTime"),
        expires_at: end.at(),
        never_expires: end == When::Never,
        state: match data.flag("disabled") {
            Some(true) => CredentialState::Inactive,
            // The list holds keys that are there; the API writes the flag only when it is set.
            Some(false) | None => CredentialState::Active,
        },
        fingerprint: Some(fingerprint),
        ..Credential::default()
    };
    pen.credential(&subject, credential);
}

/// Notes what the bindings of a resource give to machine identities.
///
/// `resource` is the resource as far as the export names it.
pub(super) fn note_bindings<'v>(
    bindings: impl Iterator<Item = Node<'v>>,
    resource: Option<&str>,
    pen: &mut Pen<'_>,
) {
    let place = resource.unwrap_or("the resource of this export");
    let on_account =
        resource.and_then(|name| part(name, "/serviceAccounts/")).filter(|email| email.contains('@'));
    for binding in bindings {
        let Some(role) = binding.text("role") else { continue };
        pen.at(role);
        let condition = binding.get("condition");
        let limited = match condition.text("title").or(condition.text("expression")) {
            Some(title) => format!(" under the condition \"{title}\""),
            None => String::new(),
        };
        // The expression decides what the grant is worth, so it stands with what it limits.
        let place = &match condition.text("expression") {
            Some(expression) => format!("{place} where {expression}"),
            None => place.to_owned(),
        };
        for member in binding.texts("members") {
            note_member(member, role, place, &limited, on_account, pen);
        }
    }
}

pub(super) fn note_member(
    member: &str,
    role: &str,
    place: &str,
    limited: &str,
    on_account: Option<&str>,
    pen: &mut Pen<'_>,
) {
    let scope = format!("binding of {role}{limited}");
    match Member::of(member) {
        Member::ServiceAccount(email) => {
            pen.at(email);
            let subject = note_account(email, Node::nothing(), pen);
            pen.grant(&subject, format!("gcp:{place}"), vec![role.to_owned()], scope);
            if is_default_account(email) && matches!(role, "roles/editor" | "roles/owner") {
                let reason =
                    format!("{role} on {place}: every workload that names no account of its own has it");
                pen.finding(&rules::GCP_DEFAULT_ACCOUNT_BROAD, &subject, email, reason);
            }
        }
        Member::Deleted(email) => {
            pen.at(email);
            let subject = service_account(email);
            let reason = format!("{role} on {place} is still bound to the deleted account");
            pen.finding(&rules::GCP_ORPHANED_BINDING, &subject, email, reason);
        }
        Member::Anybody(who) => {
            pen.at(who);
            let subject = on_account.map_or_else(|| account("gcp", place), service_account);
            let reason = format!("{who} has {role}{limited} on {place}");
            pen.finding(&rules::GCP_ANYBODY, &subject, role, reason);
        }
        Member::Federated(pool) => federated(member, pool, role, on_account, pen),
        Member::Other => {}
    }
}

/// Workloads that prove who they are; where they may become a service account, that account needs no key.
fn federated(member: &str, pool: &str, role: &str, on_account: Option<&str>, pen: &mut Pen<'_>) {
    let Some(email) = on_account else { return };
    pen.at(pool);
    let subject = service_account(email);
    pen.federation(&subject, format!("{member} may act as it by {role}"));
    if Member::is_whole_pool(member) {
        let reason = format!("{member} has {role}: every identity that the pool accepts qualifies");
        pen.finding(&rules::GCP_WHOLE_POOL, &subject, email, reason);
    }
    // `project.svc.id.goog[namespace/account]`: the cluster is not told, so it stays a fact in words.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_apart() {
        for (member, expected) in [
            (
                "serviceAccount:ci@acme.iam.gserviceaccount.com",
                Member::ServiceAccount("ci@acme.iam.gserviceaccount.com"),
            ),
            (
                "deleted:serviceAccount:old@acme.iam.gserviceaccount.com?uid=1",
                Member::Deleted("old@acme.iam.gserviceaccount.com"),
            ),
            ("serviceAccount:acme.svc.id.goog[shop/web]", Member::Federated("acme.svc.id.goog[shop/web]")),
            (
                "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*",
                Member::Federated("projects/1/locations/global/workloadIdentityPools/p/*"),
            ),
            ("allUsers", Member::Anybody("allUsers")),
            ("user:team@example.test", Member::Other),
        ] {
            assert_eq!(Member::of(member), expected, "{member}");
        }
    }

    #[test]
    fn only_a_set_of_everything_is_a_whole_pool() {
        let pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p";
        assert!(Member::is_whole_pool(&format!("{pool}/*")));
        assert!(!Member::is_whole_pool(&format!("{pool}/attribute.repository/acme/shop")));
        assert!(!Member::is_whole_pool("principal://iam.googleapis.com/projects/1/x/subject/*"));
    }
}
