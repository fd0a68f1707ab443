//! GitHub: tokens of people that may enter an organisation: fine-grained ones, and those that single sign-on allowed.

use tenure_model::{Credential, CredentialState, Fact, Subject};

use super::format::{Each, Export, Pen, account};
use super::github::{note_permissions, target};
use super::node::{Node, When};

/// Confidence that the person whose token it is answers for what it does.
const PERSON: f64 = 0.6;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_tokens",
    describe: "GitHub fine-grained tokens with access to an organisation, and classic tokens and keys under single sign-on",
    exported_by: &[
        "gh api --paginate orgs/ORG/personal-access-tokens",
        "gh api --paginate orgs/ORG/personal-access-token-requests",
        "gh api --paginate orgs/ORG/credential-authorizations",
    ],
    claims: |opening| {
        opening.all(&["token_id", "access_granted_at"])
            || opening.all(&["token_id", "token_expired", "reason"])
            || opening.all(&["credential_id", "credential_type"])
    },
    lists: &[],
    start: || {
        Box::new(Each(|_, record, pen| {
            if record.has("credential_id") {
                authorization(record, pen);
            } else {
                fine_grained(record, pen);
            }
        }))
    },
};

fn fine_grained(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.id("token_id") else { return };
    let owner = record.get("owner").text("login");
    let name = record.text("token_name").or(owner).unwrap_or(&id);
    pen.at(record.text("token_name").unwrap_or("token_id"));
    let subject = account("github", &format!("pat:{id}"));
    pen.identity(&subject, "github_fine_grained_pat", name, Some(&id));
    let expired = record.flag("token_expired");
    let last_used_at = record.instant("token_last_used_at");
    let credential = Credential {
        kind: "github_fine_grained_pat".to_owned(),
        fingerprint: Some(pen.print("github_token_id", &id)),
        created_at: record.instant("access_granted_at"),
        expires_at: record.instant("token_expires_at"),
        never_expires: record.has("token_expires_at") && record.get("token_expires_at").is_null(),
        last_used_at,
        never_used: record.has("token_last_used_at") && last_used_at.is_none(),
        state: match expired {
            Some(true) => CredentialState::Expired,
            Some(false) => CredentialState::Active,
            None => CredentialState::Unknown,
        },
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    person(&subject, owner, pen);
    if let Some(reason) = record.text("reason") {
        pen.fact(&subject, Fact::Purpose { text: reason.to_owned() });
    }
    if !record.has("access_granted_at") {
        // What somebody asks for is no power yet.
        return pen.tag(&subject, "github:access", "requested");
    }
    let target = target(record.text("repository_selection"), None);
    note_permissions(record.get("permissions"), &target, "token permissions", &subject, pen);
}

fn person(subject: &Subject, login: Option<&str>, pen: &mut Pen<'_>) {
    if let Some(login) = login {
        pen.owner(subject, "github", &format!("@{login}"), PERSON);
    }
}

/// A classic token or a key of a person, allowed to enter by single sign-on.
fn authorization(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.id("credential_id") else { return };
    let login = record.text("login");
    let is_key = record.text("credential_type").is_some_and(|kind| kind.eq_ignore_ascii_case("ssh key"));
    let kind = if is_key { "ssh_private_key" } else { "github_pat" };
    let name = ["authorized_credential_note", "authorized_credential_title"]
        .iter()
        .find_map(|name| record.text(name));
    pen.at(name.or(login).unwrap_or("credential_id"));
    let subject = account("github", &format!("credential:{id}"));
    let shown = name.map_or_else(|| format!("{kind} of {}", login.unwrap_or(&id)), str::to_owned);
    pen.identity(&subject, kind, &shown, Some(&id));
    let end = record.when("authorized_credential_expires_at");
    let last_used_at = record.instant("credential_accessed_at");
    let credential = Credential {
        kind: kind.to_owned(),
        fingerprint: Some(pen.print("github_credential_id", &id)),
        created_at: record.instant("credential_authorized_at"),
        expires_at: end.at(),
        never_expires: end == When::Unknown && record.has("authorized_credential_expires_at"),
        last_used_at,
        never_used: record.has("credential_accessed_at") && last_used_at.is_none(),
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    person(&subject, login, pen);
    let scopes: Vec<String> = record.texts("scopes").iter().map(|scope| format!("scope:{scope}")).collect();
    if !scopes.is_empty() {
        // A classic token reaches whatever its person does.
        pen.grant(&subject, "github:*".to_owned(), scopes, "scopes of a classic token".to_owned());
    }
}
