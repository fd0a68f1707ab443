//! Snowflake: users of services, and access tokens.

use std::collections::BTreeMap;

use tenure_model::{Credential, CredentialState, Fact};

use super::format::{Export, Gather, Pen, account};
use super::node::Node;
use crate::detect::rules;

/// Privileges of one role that are kept.
const PRIVILEGES_MAX: usize = 2_000;
/// Roles of one file that are kept.
const ROLES_MAX: usize = 20_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "snowflake_users",
    describe: "Snowflake users of services, roles granted to them, and programmatic access tokens",
    exported_by: &[
        "snow sql --format json -q 'SHOW USERS'",
        "snow sql --format json -q 'SHOW USER PROGRAMMATIC ACCESS TOKENS'",
        "snow sql --format json -q 'SHOW GRANTS TO USER NAME'",
        "snow sql --format json -q 'SHOW GRANTS TO ROLE NAME'",
    ],
    claims: |opening| {
        opening.any(&["has_rsa_public_key", "HAS_RSA_PUBLIC_KEY"])
            || opening.any(&["role_restriction", "ROLE_RESTRICTION"])
            || opening.any(&["grantee_name", "GRANTEE_NAME"]) && opening.any(&["granted_to", "GRANTED_TO"])
    },
    lists: &[],
    start: || Box::<Snowflake>::default(),
};

/// What one file holds; the privileges of a role stand one a record.
#[derive(Default)]
struct Snowflake {
    roles: BTreeMap<String, Vec<String>>,
}

impl Gather for Snowflake {
    fn record(&mut self, _: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        if record.has("has_rsa_public_key") {
            user(record, pen);
        } else if record.has("role_restriction") {
            token(record, pen);
        } else if record.has("grantee_name") {
            self.granted(record, pen);
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        for (role, actions) in std::mem::take(&mut self.roles) {
            pen.role("snowflake", vec![format!("role:{role}")], actions);
        }
    }
}

impl Snowflake {
    fn granted(&mut self, record: Node<'_>, pen: &mut Pen<'_>) {
        let Some(grantee) = record.text("grantee_name") else { return };
        pen.at(grantee);
        // To a user only roles are granted; to a role roles and privileges.
        if record.text("granted_to").is_some_and(|to| to.eq_ignore_ascii_case("user")) {
            let Some(role) = record.text("role") else { return };
            let scope = "role granted to the user".to_owned();
            let target = "snowflake:account".to_owned();
            return pen.grant(&account("snowflake", grantee), target, vec![format!("role:{role}")], scope);
        }
        let (Some(privilege), Some(on)) = (record.text("privilege"), record.text("granted_on")) else {
            return;
        };
        if self.roles.len() >= ROLES_MAX && !self.roles.contains_key(grantee) {
            let detail = format!("only the first {ROLES_MAX} roles of the file are kept");
            return pen.unread("too_many_roles", detail);
        }
        let held = self.roles.entry(grantee.to_owned()).or_default();
        if held.len() >= PRIVILEGES_MAX {
            return;
        }
        held.push(match (privilege, on) {
            ("USAGE", "ROLE") => format!("role:{}", record.text("name").unwrap_or_default()),
            _ => format!("{privilege} on {on}").to_lowercase(),
        });
    }
}

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
    if record.flag("has_password") == Some(true) && state != CredentialState::Inactive {
        let reason = match kind {
            "LEGACY_SERVICE" => {
                "its type LEGACY_SERVICE lets it sign in with a password and no second factor"
            }
            _ => "it has a password besides what a program should use",
        };
        pen.finding(&rules::SNOWFLAKE_PASSWORD, &subject, name, reason.to_owned());
    }
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
