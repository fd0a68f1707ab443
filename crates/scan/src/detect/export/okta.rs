//! Okta: applications that sign in by themselves, and API tokens.

use tenure_model::{Credential, CredentialState};

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "okta_applications",
    describe: "Okta applications that act by themselves, the scopes granted to them, and API tokens",
    exported_by: &["GET /api/v1/apps", "GET /api/v1/apps/APP/grants", "GET /api/v1/api-tokens"],
    claims: |opening| {
        opening.all(&["signOnMode", "label", "status"])
            || opening.all(&["tokenWindow", "userId", "created"])
            || opening.all(&["scopeId", "clientId", "issuer"])
    },
    lists: &[],
    start: || {
        Box::new(Each(|_, record, pen| {
            if record.has("signOnMode") {
                application(record, pen);
            } else if record.has("tokenWindow") {
                token(record, pen);
            } else if record.has("scopeId") {
                scope(record, pen);
            }
        }))
    },
};

fn application(record: Node<'_>, pen: &mut Pen<'_>) {
    let settings = record.at("settings.oauthClient");
    // Applications that people sign in to are no machine identities.
    let by_itself = settings.texts("grant_types").contains(&"client_credentials")
        || settings.text("application_type") == Some("service");
    let Some(id) = record.text("id").filter(|_| by_itself) else { return };
    pen.at(id);
    let client = record.at("credentials.oauthClient");
    let subject = account("okta", client.text("client_id").unwrap_or(id));
    pen.identity(&subject, "okta_application", record.text("label").unwrap_or(id), Some(id));
    let method = client.text("token_endpoint_auth_method").unwrap_or_default();
    if method.starts_with("client_secret") {
        let credential = Credential {
            kind: "okta_client_secret".to_owned(),
            created_at: record.instant("created"),
            never_expires: true,
            state: state(record.text("status")),
            ..Credential::default()
        };
        pen.credential(&subject, credential);
    }
    let scopes: Vec<String> = settings.texts("scopes").iter().map(|scope| format!("scope:{scope}")).collect();
    if !scopes.is_empty() {
        pen.grant(&subject, "okta:organization".to_owned(), scopes, "scopes of the application".to_owned());
    }
}

/// A scope of Okta's own interface that somebody granted to an application.
fn scope(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(client), Some(scope)) = (record.text("clientId"), record.text("scopeId")) else { return };
    if record.text("status") == Some("REVOKED") {
        return;
    }
    pen.at(scope);
    let action = format!("scope:{scope}");
    let by = "scope granted to the application".to_owned();
    pen.grant(&account("okta", client), "okta:organization".to_owned(), vec![action], by);
}

fn state(status: Option<&str>) -> CredentialState {
    match status {
        Some("ACTIVE") => CredentialState::Active,
        Some("INACTIVE") => CredentialState::Inactive,
        _ => CredentialState::Unknown,
    }
}

fn token(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.text("id") else { return };
    let name = record.text("name").unwrap_or(id);
    pen.at(name);
    let subject = account("okta", &format!("token:{id}"));
    pen.identity(&subject, "okta_token", name, Some(id));
    let credential = Credential {
        kind: "okta_token".to_owned(),
        fingerprint: Some(pen.print("okta_token_id", id)),
        created_at: record.instant("created"),
        expires_at: record.instant("expiresAt"),
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    if let Some(user) = record.text("userId") {
        pen.owner(&subject, "okta", user, 0.6);
    }
}
