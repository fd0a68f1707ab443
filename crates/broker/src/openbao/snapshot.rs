//! What a broker looks like, as far as one migration meets it: what a plan assumes, and what drift is measured by.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenure_model::Intent;

use crate::difference::readback_hash;
use crate::mark::Mark;
use crate::openbao::client::Client;
use crate::openbao::objects::{AUTH_ROLE, ENGINE_ROLE, Mounts, POLICY, is_ours};
use crate::openbao::permission::{self, Permissions};
use crate::{BrokerError, PlanError};

/// The stanza that an operator adds to the server's configuration when nothing is recorded. The server takes audit
/// devices from its configuration only; the API answers 400.
pub const AUDIT_STANZA: &str =
    "audit \"file\" \"to-file\" {\n  options {\n    file_path = \"/var/log/openbao/audit.log\"\n  }\n}\n";

/// What a broker looks like. Kept in the plan, so an approval covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// From inside a namespace audit devices cannot be seen, whatever the token may do.
    pub(crate) in_namespace: bool,
    /// Names of the audit devices; `None` when they cannot be read.
    pub(crate) audit: Option<Vec<String>>,
    pub(crate) auth_mount: Option<AuthMount>,
    pub(crate) engine_mount: Option<Mount>,
    pub(crate) connection: Option<DatabaseConnection>,
    /// Objects that already have this migration's names: (kind, whether they are ours).
    pub(crate) taken: Vec<(String, bool)>,
    pub(crate) self_is_admin: bool,
    pub(crate) may_take_credentials: bool,
    pub(crate) may_write_any_policy: bool,
    pub(crate) missing_permissions: Vec<String>,
}

/// A mount; its `uuid` changes when it is made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mount {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) uuid: String,
}

/// A login mount, and whom it trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthMount {
    #[serde(flatten)]
    pub(crate) mount: Mount,
    pub(crate) issuer: String,
    /// Over the whole configuration: keys, URLs, algorithms.
    pub(crate) config_hash: String,
}

/// A connection of the database engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatabaseConnection {
    pub(crate) plugin: String,
    pub(crate) allowed_roles: Vec<String>,
    /// The broker's own login at the target.
    pub(crate) username: String,
    /// Where it leads: host, port and database, without credentials.
    pub(crate) place: String,
    /// Over the configuration, without what may hold a credential.
    pub(crate) config_hash: String,
}

impl Snapshot {
    /// Reads all of it.
    pub(crate) async fn take(client: &Client, mounts: &Mounts, mark: &Mark) -> Result<Self, BrokerError> {
        let Permissions { is_admin, may_take_credentials, may_write_any_policy, missing } =
            permission::ask(client, mounts, mark).await?;
        let mut taken = Vec::new();
        for (kind, path) in [
            (POLICY, Mounts::policy_path(mark)),
            (ENGINE_ROLE, mounts.engine_role_path(mark)),
            (AUTH_ROLE, mounts.auth_role_path(mark)),
        ] {
            if let Some(live) = allowed(client.read(&path).await)? {
                taken.push((kind.to_owned(), is_ours(kind, mark, &live)));
            }
        }
        Ok(Self {
            in_namespace: client.is_in_namespace(),
            audit: audit_devices(client).await?,
            auth_mount: auth_mount(client, &mounts.auth).await?,
            engine_mount: allowed(client.read(&format!("sys/mounts/{}", mounts.engine)).await)?
                .map(|data| mount(&data)),
            connection: connection(client, mounts).await?,
            taken,
            self_is_admin: is_admin,
            may_take_credentials,
            may_write_any_policy,
            missing_permissions: missing,
        })
    }

    /// Reads it back out of a plan.
    pub(crate) fn of_plan(value: &Value) -> Result<Self, PlanError> {
        serde_json::from_value(value.clone())
            .map_err(|_| PlanError::Unsupported("the snapshot is not one of OpenBao".to_owned()))
    }

    /// What an operator must do before a handoff can be planned.
    pub(crate) fn obstacles(&self, intent: &Intent, mounts: &Mounts, mark: &Mark) -> Vec<String> {
        let mut obstacles = Vec::new();
        let mut say = |text: String| obstacles.push(text);
        if self.self_is_admin {
            say("the token may do everything".to_owned());
        }
        if self.may_take_credentials {
            say(format!(
                "the token may read {}: who arranges access must not be able to use it",
                mounts.creds_path(mark)
            ));
        }
        for lacking in &self.missing_permissions {
            say(format!("the token lacks {lacking}"));
        }
        if self.self_is_admin || self.may_take_credentials || !self.missing_permissions.is_empty() {
            let policy = permission::adapter_policy(intent).unwrap_or_default();
            say(format!("give Tenure a token with only this policy:\n{policy}"));
        }
        match &self.audit {
            Some(devices) if devices.is_empty() => {
                say(format!(
                    "nothing is recorded; add an audit device to the server's configuration:\n{AUDIT_STANZA}"
                ));
            }
            None if self.in_namespace => {} // a warning of the plan instead
            None => say("it cannot be read whether anything is recorded (sys/audit)".to_owned()),
            Some(_) => {}
        }
        self.mount_obstacles(intent, mounts, mark, &mut say);
        for (kind, ours) in &self.taken {
            if !ours {
                say(format!("a {kind} named {} is there already, and is not of this migration", mark.name));
            }
        }
        obstacles
    }

    fn mount_obstacles(&self, intent: &Intent, mounts: &Mounts, mark: &Mark, say: &mut impl FnMut(String)) {
        match &self.auth_mount {
            None => say(format!("there is no login mount auth/{}; its operator makes it", mounts.auth)),
            Some(auth) if auth.mount.kind != "jwt" => {
                say(format!("auth/{} is of type {}, not jwt", mounts.auth, auth.mount.kind));
            }
            Some(auth) if auth.issuer != intent.who.issuer => say(format!(
                "auth/{} trusts the issuer {:?}, the intent names {:?}",
                mounts.auth, auth.issuer, intent.who.issuer
            )),
            Some(_) => {}
        }
        match &self.engine_mount {
            None => say(format!("there is no secrets engine at {}; its operator makes it", mounts.engine)),
            Some(engine) if engine.kind != "database" => {
                say(format!("{} is of type {}, not database", mounts.engine, engine.kind));
            }
            Some(_) => {}
        }
        match &self.connection {
            None => say(format!(
                "there is no connection {} at {}; its operator makes it",
                mounts.connection, mounts.engine
            )),
            Some(connection) => {
                if connection.plugin != "postgresql-database-plugin" {
                    say(format!("the connection {} is not to PostgreSQL", mounts.connection));
                }
                if !connection.allows(&mark.name) {
                    say(format!(
                        "the connection {} does not allow the role {}; add \"{}*\" to its allowed_roles",
                        mounts.connection,
                        mark.name,
                        Mark::PREFIX
                    ));
                }
                if intent.target.old_login.as_deref() == Some(connection.username.as_str()) {
                    say(format!(
                        "the old login {} is the broker's own login at the target",
                        connection.username
                    ));
                }
            }
        }
    }

    /// What is no longer as it was, in words. Objects of the migration are judged step by step instead.
    pub(crate) fn drift(&self, now: &Snapshot) -> Vec<String> {
        let mut drift = Vec::new();
        let mut compare = |what: &str, same: bool, before: String, after: String| {
            if !same {
                drift.push(format!("{what} was {before} when planned, is {after}"));
            }
        };
        let audited = match &now.audit {
            Some(devices) => !devices.is_empty(),
            None => self.audit.is_none(),
        };
        compare("the list of audit devices", audited, shown(&self.audit), shown(&now.audit));
        compare(
            "the login mount",
            self.auth_mount == now.auth_mount,
            shown(&self.auth_mount),
            shown(&now.auth_mount),
        );
        compare(
            "the secrets engine",
            self.engine_mount == now.engine_mount,
            shown(&self.engine_mount),
            shown(&now.engine_mount),
        );
        compare(
            "the connection",
            self.connection == now.connection,
            shown(&self.connection),
            shown(&now.connection),
        );
        compare(
            "the token's reach",
            !now.self_is_admin && !now.may_take_credentials && now.missing_permissions.is_empty(),
            "as needed".to_owned(),
            format!(
                "admin {}, may take credentials {}, lacks {:?}",
                now.self_is_admin, now.may_take_credentials, now.missing_permissions
            ),
        );
        drift
    }
}

impl DatabaseConnection {
    /// OpenBao's own rule: a list of names, each with at most one `*` at an end.
    fn allows(&self, role: &str) -> bool {
        self.allowed_roles.iter().any(|allowed| {
            if let Some(start) = allowed.strip_suffix('*') {
                role.starts_with(start)
            } else if let Some(end) = allowed.strip_prefix('*') {
                role.ends_with(end)
            } else {
                allowed == role
            }
        })
    }
}

fn shown<T: Serialize>(part: &T) -> String {
    serde_json::to_value(part)
        .map_or_else(|_| "unreadable".to_owned(), |value| tenure_model::canonical_json(&value))
}

/// A denied read is "not known", not a failure: what is lacking is listed elsewhere.
fn allowed(answer: Result<Option<Value>, BrokerError>) -> Result<Option<Value>, BrokerError> {
    match answer {
        Err(BrokerError::Forbidden { .. }) => Ok(None),
        answer => answer,
    }
}

/// Names of the audit devices; `None` when our token may not read them.
pub(crate) async fn audit_devices(client: &Client) -> Result<Option<Vec<String>>, BrokerError> {
    let Some(data) = allowed(client.read("sys/audit").await)? else { return Ok(None) };
    Ok(data.as_object().map(|devices| devices.keys().cloned().collect()))
}

fn mount(data: &Value) -> Mount {
    Mount { kind: text(data, "type"), uuid: text(data, "uuid") }
}

async fn auth_mount(client: &Client, name: &str) -> Result<Option<AuthMount>, BrokerError> {
    let Some(data) = allowed(client.read(&format!("sys/auth/{name}")).await)? else { return Ok(None) };
    let config = allowed(client.read(&format!("auth/{name}/config")).await)?.unwrap_or(Value::Null);
    Ok(Some(AuthMount {
        mount: mount(&data),
        issuer: text(&config, "bound_issuer"),
        config_hash: readback_hash(&config),
    }))
}

async fn connection(client: &Client, mounts: &Mounts) -> Result<Option<DatabaseConnection>, BrokerError> {
    let path = format!("{}/config/{}", mounts.engine, mounts.connection);
    let Some(data) = allowed(client.read(&path).await)? else { return Ok(None) };
    let details = &data["connection_details"];
    let place = place(&text(details, "connection_url"));
    // A URL may hold a password where its operator wrote one, so it goes into no hash.
    let mut hashed = data.clone();
    hashed["connection_details"]["connection_url"] = Value::from(place.as_str());
    let roles = data["allowed_roles"].as_array().into_iter().flatten();
    Ok(Some(DatabaseConnection {
        plugin: text(&data, "plugin_name"),
        allowed_roles: roles.filter_map(|role| role.as_str().map(str::to_owned)).collect(),
        username: text(details, "username"),
        config_hash: readback_hash(&hashed),
        place,
    }))
}

fn text(data: &Value, field: &str) -> String {
    data[field].as_str().unwrap_or_default().to_owned()
}

/// The part of a connection URL that holds no credential: what follows the last `@`, up to the parameters.
fn place(url: &str) -> String {
    let after = url.rsplit_once('@').map_or("", |(_, after)| after);
    after.split('?').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_credentials() {
        assert_eq!(
            place("postgresql://{{username}}:{{password}}@db:5432/app?sslmode=disable"),
            "db:5432/app"
        );
        assert_eq!(place("postgresql://u:p@ss@db/app"), "db/app");
        assert_eq!(place("host=db password=x"), "");
    }

    #[test]
    fn allowed_roles_are_names_with_a_star_at_an_end() {
        let allows = |allowed: &str| {
            DatabaseConnection {
                plugin: String::new(),
                allowed_roles: vec![allowed.to_owned()],
                username: String::new(),
                place: String::new(),
                config_hash: String::new(),
            }
            .allows("tenure-m1")
        };
        assert!(allows("*") && allows("tenure-*") && allows("tenure-m1") && allows("*-m1"));
        assert!(!allows("tenure-m10") && !allows("app") && !allows(""));
    }
}
