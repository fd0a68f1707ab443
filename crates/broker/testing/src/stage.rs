//! Both servers as an operator prepares them for a handoff.

use serde_json::json;
use tenure_model::{Intent, What, Where, Who};

use crate::{Issuer, OpenBao, Postgres, Session};

/// An application's database with a static password in use, and a broker that could replace it.
///
/// The database `app` has the tables `orders` (readable by the old login) and `notices` (readable by PUBLIC).
pub struct Stage {
    /// The broker.
    pub bao: OpenBao,
    /// The target.
    pub postgres: Postgres,
    /// The platform that signs the workload's tokens.
    pub issuer: Issuer,
}

impl Stage {
    /// The login whose standing access shall end.
    pub const OLD_LOGIN: &'static str = "legacy_app";
    /// Its password.
    pub const OLD_PASSWORD: &'static str = "legacy-standing-access";
    /// The login that may disable it.
    pub const TARGET_ADMIN: &'static str = "cutover_admin";
    /// Its password.
    pub const TARGET_ADMIN_PASSWORD: &'static str = "cutover-admin-only-here";
    /// The mount where workloads log in.
    pub const AUTH_MOUNT: &'static str = "github-jwt";
    /// Who signs workloads' tokens.
    pub const ISSUER: &'static str = "https://token.actions.githubusercontent.com";
    /// Whom the tokens are for.
    pub const AUDIENCE: &'static str = "https://bao.example.test";
    /// The workload.
    pub const SUBJECT: &'static str = "repo:acme@1001/payments@123456:environment:production";

    /// Starts both servers and prepares them; `None` when the tests run without servers.
    ///
    /// # Panics
    /// When a server is missing or does not come up.
    pub fn set(test: &str) -> Option<Self> {
        Self::set_in(test, None)
    }

    /// The same, with everything at the broker inside a namespace of its own.
    ///
    /// # Panics
    /// As [`Stage::set`].
    pub fn set_in(test: &str, namespace: Option<&str>) -> Option<Self> {
        if crate::servers_left_out(test) {
            return None;
        }
        let mut stage = Self { bao: OpenBao::start(), postgres: Postgres::start(), issuer: Issuer::new() };
        if let Some(name) = namespace {
            stage.bao.enter_namespace(name);
        }
        stage.prepare_target();
        stage.prepare_broker();
        Some(stage)
    }

    fn prepare_target(&self) {
        let pg = &self.postgres;
        for sql in [
            "CREATE DATABASE app".to_owned(),
            "CREATE ROLE bao_admin LOGIN CREATEROLE PASSWORD 'broker-admin-only-here'".to_owned(),
            format!(
                "CREATE ROLE {} LOGIN CREATEROLE PASSWORD '{}'",
                Self::TARGET_ADMIN,
                Self::TARGET_ADMIN_PASSWORD
            ),
            format!("GRANT pg_signal_backend TO bao_admin, {}", Self::TARGET_ADMIN),
            format!("CREATE ROLE {} LOGIN PASSWORD '{}'", Self::OLD_LOGIN, Self::OLD_PASSWORD),
        ] {
            pg.operate("postgres", &sql);
        }
        for sql in [
            "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)".to_owned(),
            "CREATE TABLE notices (id int); INSERT INTO notices VALUES (7); GRANT SELECT ON notices TO PUBLIC"
                .to_owned(),
            "GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO bao_admin WITH GRANT OPTION".to_owned(),
            format!("GRANT SELECT ON orders TO {}", Self::OLD_LOGIN),
        ] {
            pg.operate("app", &sql);
        }
    }

    fn prepare_broker(&self) {
        let (bao, mount) = (&self.bao, Self::AUTH_MOUNT);
        bao.operate("POST", &format!("sys/auth/{mount}"), &json!({"type": "jwt"}));
        bao.operate(
            "POST",
            &format!("auth/{mount}/config"),
            &json!({
                "jwt_validation_pubkeys": [self.issuer.public_pem()],
                "bound_issuer": Self::ISSUER,
                "jwt_supported_algs": ["ES256"],
            }),
        );
        bao.operate("POST", "sys/mounts/database", &json!({"type": "database"}));
        let port = self.postgres.port();
        bao.operate(
            "POST",
            "database/config/app",
            &json!({
                "plugin_name": "postgresql-database-plugin",
                "connection_url":
                    format!("postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{port}/app?sslmode=disable"),
                "username": "bao_admin",
                "password": "broker-admin-only-here",
                "allowed_roles": "tenure-*",
            }),
        );
    }

    /// What shall replace the old login: read access to `orders` for one environment of one repository.
    pub fn intent(&self) -> Intent {
        Intent {
            who: Who {
                issuer: Self::ISSUER.to_owned(),
                audience: Self::AUDIENCE.to_owned(),
                subject: Self::SUBJECT.to_owned(),
                claims: [("repository_id", "123456"), ("ref", "refs/heads/main")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            },
            auth_mount: Some(Self::AUTH_MOUNT.to_owned()),
            what: What {
                engine: "database".to_owned(),
                mount: "database".to_owned(),
                connection: "app".to_owned(),
                privilege: "SELECT ON orders".to_owned(),
            },
            target: Where {
                kind: "postgresql".to_owned(),
                host: Some("127.0.0.1".to_owned()),
                port: Some(self.postgres.port()),
                database: Some("app".to_owned()),
                old_login: Some(Self::OLD_LOGIN.to_owned()),
                admin_dsn_env: Some("TENURE_TARGET_ADMIN".to_owned()),
                role_arn: None,
            },
            ttl_seconds: 900,
            trigger: "workflow run".to_owned(),
            teardown: "revoke at the end of the job".to_owned(),
        }
    }

    /// The connection string of the login that may disable the old one.
    pub fn target_admin_dsn(&self) -> String {
        self.postgres.dsn(Self::TARGET_ADMIN, Self::TARGET_ADMIN_PASSWORD, "app")
    }

    /// A token of the workload that the intent names, signed now and valid for five minutes.
    pub fn workload_token(&self) -> String {
        self.workload_token_with("sub", Self::SUBJECT)
    }

    /// The same with one claim changed.
    pub fn workload_token_with(&self, claim: &str, value: &str) -> String {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let mut claims = json!({
            "iss": Self::ISSUER,
            "aud": Self::AUDIENCE,
            "sub": Self::SUBJECT,
            "repository_id": "123456",
            "ref": "refs/heads/main",
            "iat": now,
            "nbf": now.saturating_sub(5),
            "exp": now + 300,
        });
        claims[claim] = json!(value);
        self.issuer.sign(&claims)
    }

    /// A session of the old login that stays open.
    pub fn old_session(&self) -> Session {
        self.postgres.session(Self::OLD_LOGIN, Self::OLD_PASSWORD, "app")
    }
}
