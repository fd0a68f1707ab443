//! Databricks: service principals and tokens.

use tenure_model::{Credential, CredentialState};

use super::format::{Each, Export, Pen, account};
use super::node::{Node, When};

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "databricks_principals",
    describe: "Databricks service principals and tokens",
    exported_by: &["databricks service-principals list -o json", "databricks token-management list -o json"],
    claims: |opening| {
        opening.all(&["token_id", "expiry_time", "creation_time"])
            || opening.all(&["applicationId", "displayName", "active"])
    },
    lists: &["token_infos", "Resources"],
    start: || {
        Box::new(Each(|_, record, pen| {
            if record.has("token_id") {
                token(record, pen);
            } else if record.has("applicationId") {
                principal(record, pen);
            }
        }))
    },
};

fn principal(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(client) = record.text("applicationId") else { return };
    pen.at(client);
    let subject = account("databricks", client);
    pen.identity(
        &subject,
        "databricks_service_principal",
        record.text("displayName").unwrap_or(client),
        Some(client),
    );
    if let Some(id) = record.id("id") {
        pen.same(&subject, account("databricks", &id), "both are ids of the service principal");
    }
    if record.flag("active") == Some(false) {
        return pen.tag(&subject, "databricks:active", "false");
    }
    let words = [
        ("groups", "display", "group"),
        ("entitlements", "value", "entitlement"),
        ("roles", "value", "role"),
    ];
    let groups: Vec<String> = words
        .iter()
        .flat_map(|(list, name, word)| {
            record.list(list).filter_map(|entry| entry.text(name)).map(move |of| format!("{word}:{of}"))
        })
        .collect();
    if !groups.is_empty() {
        pen.grant(&subject, "databricks:workspace".to_owned(), groups, "groups of the principal".to_owned());
    }
}

fn token(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.text("token_id") else { return };
    let name = record.text("comment").unwrap_or(id);
    pen.at(id);
    // The owner's number is the person's or service principal's own.
    let subject = account("databricks", &format!("token:{id}"));
    pen.identity(&subject, "databricks_token", name, Some(id));
    if let Some(who) = record.text("created_by_username") {
        pen.owner(&subject, "databricks", who, 0.6);
    }
    let end = record.when("expiry_time");
    let credential = Credential {
        kind: "databricks_token".to_owned(),
        fingerprint: Some(pen.print("databricks_token_id", id)),
        created_at: record.instant("creation_time"),
        expires_at: end.at(),
        never_expires: end == When::Never,
        last_used_at: record.instant("last_used_day"),
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
}
