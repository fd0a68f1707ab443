//! Snowflake: users of services, and access tokens.

use tenure_model::{Credential, CredentialState, Fact};

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "snowflake_users",
    describe: "Snowflake users of services and programmatic access tokens",
    exported_by: &[
        "snow sql --format json -q 'SHOW USERS'",
        "snow sql --format json -q 'SHOW USER PROGRAMMATIC ACCESS TOKENS'",
    ],
    claims: |opening| {
        opening.any(&["has_rsa_public_key", "HAS_RSA_PUBLIC_KEY"])
            || opening.any(&["role_restriction", "ROLE_RESTRICTION"])
    },
    lists: &[],
    start: || {
        Box::new(Each(|_, record, pen| {
            if record.has("has_rsa_public_key") {
                user(record, pen);
            } else if record.has("role_restriction") {
                token(record, pen);
            }
        }))
    },
};

fn user(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = record.text("name") else { return };
    let kind = record.text("type").unwrap_or_default();
    let has_key = record.flag("has_rsa_public_key") == Some(true);
    let is_service = kind.ends_with("SERVICE");
    // A user without a type may be a person; one that signs in with a key is meant for a program.
    if !(is_service || kind.is_empty() && has_key) {
        return;
    }
    pen.at(name);
    let subject = account("snowflake", name);
    pen.identity(&subject, "snowflake_user", name, Some(name));
    pen.tag(&subject, "snowflake:type", if kind.is_empty() { "none" } else { kind });
    let state = match record.flag("disabled") {
        Some(true) => CredentialState::Inactive,
        Some(false) => CredentialState::Active,
        None => CredentialState::Unknown,
    };
    let held = [("has_password", "database_password"), ("has_rsa_public_key", "private_key")];
    for (_, kind) in held.iter().filter(|(flag, _)| record.flag(flag) == Some(true)) {
        let credential =
            Credential { kind: (*kind).to_owned(), never_expires: true, state, ..Credential::default() };
        pen.credential(&subject, credential);
    }
    for login in ["last_successful_login", "last_success_login"] {
        if record.has(login) {
            pen.fact(&subject, Fact::LastUsed { at: record.instant(login) });
            break;
        }
    }
    if let Some(role) = record.text("default_role") {
        let scope = "default role of the user".to_owned();
        pen.grant(&subject, "snowflake:account".to_owned(), vec![format!("role:{role}")], scope);
    }
    if let Some(comment) = record.text("comment") {
        pen.fact(&subject, Fact::Purpose { text: comment.to_owned() });
    }
    if let Some(owner) = record.text("email") {
        pen.owner(&subject, "snowflake", owner, 0.6);
    }
}

fn token(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(name), Some(user)) = (record.text("name"), record.text("user_name")) else { return };
    pen.at(name);
    let subject = account("snowflake", user);
    let credential = Credential {
        kind: "snowflake_token".to_owned(),
        fingerprint: Some(pen.print("snowflake_token_name", &format!("{user} {name}"))),
        created_at: record.instant("created_on"),
        expires_at: record.instant("expires_at"),
        state: match record.text("status") {
            Some("ACTIVE") => CredentialState::Active,
            Some("EXPIRED") => CredentialState::Expired,
            Some("DISABLED" | "REVOKED") => CredentialState::Inactive,
            _ => CredentialState::Unknown,
        },
        ..Credential::default()
    };
    pen.identity(&subject, "snowflake_user", user, Some(user));
    pen.credential(&subject, credential);
    if let Some(role) = record.text("role_restriction") {
        let scope = format!("restriction of the token {name}");
        pen.grant(&subject, "snowflake:account".to_owned(), vec![format!("role:{role}")], scope);
    }
}
