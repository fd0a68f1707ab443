//! Microsoft Entra: applications, service principals, managed identities, their secrets and federated credentials.

use tenure_model::{Credential, CredentialState, Fact, Quality, Subject, mask};

use super::azure_roles::is_guid;
use super::format::{Each, Export, Pen, account, value_subject};
use super::node::{Node, When};
use crate::detect::rules;

/// What the fingerprint of a key's id is made of.
const KEY_ID: &str = "entra_key_id";
/// A GUID in its usual writing.
const GUID_BYTES: usize = 36;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "entra_applications",
    describe: "Microsoft Entra applications, service principals and managed identities with their credentials",
    exported_by: &[
        "az ad app list --all",
        "az ad sp list --all",
        "az ad app credential list --id APP > credentials-APP.json",
        "az ad app federated-credential list --id APP > federated-APP.json",
        "az identity list",
        "az rest --url 'https://graph.microsoft.com/v1.0/applications?$expand=owners,federatedIdentityCredentials'",
        "az rest --url 'https://graph.microsoft.com/beta/reports/servicePrincipalSignInActivities'",
    ],
    claims: |opening| {
        opening.names("appId")
            && opening.any(&[
                "passwordCredentials",
                "keyCredentials",
                "servicePrincipalType",
                "lastSignInActivity",
            ])
            || opening.all(&["keyId", "startDateTime", "endDateTime"])
            || opening.all(&["issuer", "subject", "audiences"])
            || opening.all(&["clientId", "principalId", "tenantId"])
                && opening.holds("userAssignedIdentities")
    },
    lists: &["value"],
    start: || Box::new(Each(record)),
};

fn record(list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
    if let Some(client) = record.text("appId") {
        pen.at(client);
        if record.has("lastSignInActivity") {
            sign_in(client, record, pen);
        } else {
            application(client, record, pen);
        }
    } else if record.has("issuer") && record.has("audiences") {
        federated_alone(record, pen);
    } else if record.has("keyId") && record.has("endDateTime") {
        credential_alone(record, pen);
    } else if record.text("clientId").is_some() {
        managed_identity(record, pen);
    }
    if list.is_empty() && record.text("@odata.nextLink").is_some() {
        let detail = "the export says that more pages follow; they are not in this file".to_owned();
        pen.unread("export_page_missing", detail);
    }
}

/// Notes an application under its client id, and under the object id that role assignments use.
pub(super) fn note_application(client: &str, object: Option<&str>, name: &str, pen: &mut Pen<'_>) -> Subject {
    let subject = account("azure", &client.to_ascii_lowercase());
    pen.identity(&subject, "entra_application", name, Some(client));
    if let Some(object) = object {
        let other = account("azure", &object.to_ascii_lowercase());
        pen.same(&subject, other, "client id and object id of one application");
    }
    subject
}

fn application(client: &str, app: Node<'_>, pen: &mut Pen<'_>) {
    let name = app.text("displayName").unwrap_or(client);
    let object = app.text("id").or(app.text("objectId"));
    let subject = note_application(client, object, name, pen);
    if app.text("servicePrincipalType") == Some("ManagedIdentity") {
        let how = "a managed identity: Azure hands its workload short-lived tokens".to_owned();
        pen.federation(&subject, how);
    }
    for (name, tag) in [
        ("accountEnabled", "azure:enabled"),
        ("servicePrincipalType", "azure:type"),
        ("signInAudience", "azure:audience"),
    ] {
        let flag = || app.flag(name).map(|flag| flag.to_string());
        let value = if app.get(name).is_text() { app.text(name).map(str::to_owned) } else { flag() };
        if let Some(value) = value {
            pen.tag(&subject, tag, &value);
        }
    }
    if let Some(text) = app.text("notes").or(app.text("description")) {
        pen.fact(&subject, Fact::Purpose { text: text.to_owned() });
    }
    for owner in app.list("owners") {
        let who = ["userPrincipalName", "mail", "displayName"].iter().find_map(|name| owner.text(name));
        if let Some(who) = who {
            pen.owner(&subject, "entra", who, 0.95);
        }
    }
    for secret in app.list("passwordCredentials") {
        credential("entra_client_secret", secret, &subject, pen);
    }
    for certificate in app.list("keyCredentials") {
        // A key that encrypts tokens for the application proves nothing about it.
        if certificate.text("usage") != Some("Encrypt") {
            credential("entra_certificate", certificate, &subject, pen);
        }
    }
    for credential in app.list("federatedIdentityCredentials") {
        federated(credential, &subject, name, pen);
    }
}

/// A secret or certificate in a list of its own, which does not say whose it is: the file's name may, and so does the
/// application wherever another export lists it with its keys.
fn credential_alone(entry: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = entry.text("keyId") else { return };
    if entry.text("usage") == Some("Encrypt") {
        return;
    }
    let is_certificate = entry.has("usage") || entry.text("type").is_some_and(|kind| kind.contains("X509"));
    let kind = if is_certificate { "entra_certificate" } else { "entra_client_secret" };
    let subject = named_application(pen).unwrap_or_else(|| {
        let subject = value_subject(&pen.print(KEY_ID, id));
        let fact = Fact::Identity {
            kind: "entra_credential".to_owned(),
            name: entry.text("displayName").unwrap_or(id).to_owned(),
            native_id: None,
            provider: "azure".to_owned(),
        };
        pen.fact(&subject, fact);
        subject
    });
    credential(kind, entry, &subject, pen);
}

/// The application whose client id or object id stands in the file's name.
fn named_application(pen: &mut Pen<'_>) -> Option<Subject> {
    let file = pen.blob.path.rsplit(['/', '\\']).next()?;
    let mut ends = file.char_indices().map(|(at, _)| at).filter_map(|at| file.get(at..at + GUID_BYTES));
    let id = ends.find(|id| is_guid(id))?.to_ascii_lowercase();
    let subject = account("azure", &id);
    // A file's name is somebody's word, and an id is no name: whatever lists the application says both better.
    pen.trust(Quality::Heuristic);
    pen.identity(&subject, "entra_application", &id, None);
    pen.trust(Quality::Authoritative);
    Some(subject)
}

fn credential(kind: &str, entry: Node<'_>, subject: &Subject, pen: &mut Pen<'_>) {
    let Some(id) = entry.text("keyId") else { return };
    pen.at(id);
    let value = value_subject(&pen.print(KEY_ID, id));
    pen.same(subject, value, "the application has the key of this id");
    let end = entry.when("endDateTime");
    let hint = entry.text("hint").map(|hint| format!("{hint}****"));
    let credential = Credential {
        kind: kind.to_owned(),
        fingerprint: Some(pen.print(KEY_ID, id)),
        masked: hint.or(Some(mask(id.as_bytes(), 8))),
        created_at: entry.instant("startDateTime"),
        expires_at: end.at(),
        never_expires: end == When::Never,
        // What is listed works until its end; whether that has passed is not this reader's to say.
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(subject, credential);
}

/// Notes a federated credential of an application, and whether it lets in more than one workload.
pub(super) fn federated(entry: Node<'_>, subject: &Subject, name: &str, pen: &mut Pen<'_>) {
    let entry = if entry.has("properties") { entry.get("properties") } else { entry };
    let issuer =
        entry.text("issuer").unwrap_or_default().trim_start_matches("https://").trim_end_matches('/');
    let expression = entry.at("claimsMatchingExpression.value").as_text();
    let who = entry.text("subject").or(expression).unwrap_or_default();
    pen.at(who);
    pen.federation(subject, format!("tokens of {issuer} are accepted for {who}"));
    if let Some(reason) = expression.and_then(open_expression) {
        pen.finding(&rules::AZURE_FIC_WILDCARD, subject, name, format!("{reason}: {who}"));
    }
    let is_pull_request = who.ends_with(":pull_request") || who.contains(":pull_request'");
    if issuer.starts_with("token.actions.githubusercontent.com") && is_pull_request {
        let reason = format!("every pull request of the repository gets its access: {who}");
        pen.finding(&rules::AZURE_FIC_PULL_REQUEST, subject, name, reason);
    }
}

/// Why a matching expression lets in more than one workload; a plain subject is compared as it is written.
fn open_expression(expression: &str) -> Option<&'static str> {
    let pattern = expression.split('\'').rfind(|part| part.contains('*'))?;
    let before = pattern.split('*').next().unwrap_or_default();
    let named = before.split([':', '/']).filter(|part| !part.is_empty()).count();
    match named {
        0 | 1 => Some("the pattern accepts every workload of the issuer"),
        2 if before.starts_with("repo:") => Some("the pattern accepts every repository of the organisation"),
        _ if pattern.ends_with(":*") => Some("the pattern accepts every branch, tag and pull request"),
        _ => None,
    }
}

/// A federated credential in a list of its own: the list may say whose it is.
fn federated_alone(entry: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = entry.text("id") else { return };
    let name = entry.text("name").unwrap_or(id);
    let subject = match id.split_once("/federatedIdentityCredentials/") {
        Some((identity, _)) => account("azure", &identity.to_ascii_lowercase()),
        None => named_application(pen).unwrap_or_else(|| {
            let subject = account("azure", &format!("federated-credential:{}", id.to_ascii_lowercase()));
            pen.identity(&subject, "entra_federated_credential", name, Some(id));
            subject
        }),
    };
    federated(entry, &subject, name, pen);
}

fn managed_identity(entry: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(client), Some(id)) = (entry.text("clientId"), entry.text("id")) else { return };
    pen.at(client);
    let subject = account("azure", &client.to_ascii_lowercase());
    pen.identity(&subject, "azure_managed_identity", entry.text("name").unwrap_or(client), Some(id));
    pen.federation(&subject, "a managed identity: Azure hands its workload short-lived tokens".to_owned());
    for other in [Some(id), entry.text("principalId")].into_iter().flatten() {
        pen.same(
            &subject,
            account("azure", &other.to_ascii_lowercase()),
            "both are ids of the managed identity",
        );
    }
    for (key, value) in entry.get("tags").members() {
        if let Some(value) = value.as_text() {
            pen.tag(&subject, key, value);
        }
    }
}

fn sign_in(client: &str, record: Node<'_>, pen: &mut Pen<'_>) {
    let subject = account("azure", &client.to_ascii_lowercase());
    let at = record.get("lastSignInActivity").instant("lastSignInDateTime");
    pen.fact(&subject, Fact::LastUsed { at });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_open_where_it_names_no_single_repository() {
        for (expression, open) in [
            ("claims['sub'] matches 'repo:acme/shop:ref:refs/heads/release-*'", false),
            ("claims['sub'] eq 'repo:acme/shop:ref:refs/heads/main'", false),
            ("claims['sub'] matches 'repo:acme/shop:*'", true),
            ("claims['sub'] matches 'repo:acme/*'", true),
            ("claims['sub'] matches '*'", true),
        ] {
            assert_eq!(open_expression(expression).is_some(), open, "{expression}");
        }
    }
}
