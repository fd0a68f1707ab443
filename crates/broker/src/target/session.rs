//! Sessions at a PostgreSQL server: who may open one, and what the server says to who may not.

use std::future::Future;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tenure_model::Where;

use crate::connection::is_loopback;
use crate::secret::scrub;
use crate::{BrokerError, Secret};

/// A server that takes longer is as good as down; the caller tries again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Names us in `pg_stat_activity`, for the person who wonders.
const APPLICATION: &str = "tenure";

/// The login is right and its password is checked, but it may not open a session.
pub(crate) const NOT_PERMITTED: &str = "28000";
/// The password is wrong, or there is no such login.
pub(crate) const WRONG_PASSWORD: &str = "28P01";

/// Where sessions are opened, and how.
#[derive(Clone)]
pub(crate) struct Endpoint {
    options: PgConnectOptions,
}

/// What came of a login.
pub(crate) enum Login {
    /// A session.
    Open(PgConnection),
    /// The server answered, and refused.
    Refused {
        /// SQLSTATE of class 28.
        sqlstate: String,
    },
}

impl Endpoint {
    /// Reads an administrator's connection string, which must lead to where the intent says.
    ///
    /// An intent can hold what a scan found, so it never redirects an administrator's password: the string decides, and
    /// the intent can only disagree.
    pub(crate) fn of_admin(dsn: &Secret, target: &Where) -> Result<Self, BrokerError> {
        // The parser's error may quote the string, so it is not passed on.
        let options = PgConnectOptions::from_str(dsn.expose()).map_err(|_| BrokerError::Secret {
            what:
                "the target's administrator connection string is not postgresql://user:password@host/database"
                    .to_owned(),
        })?;
        if options.get_socket().is_some() && target.host.is_some() {
            return Err(mismatch(
                "a socket on this machine",
                target.host.as_deref().unwrap_or("another host"),
            ));
        }
        if let Some(host) = target.host.as_deref()
            && !options.get_host().eq_ignore_ascii_case(host)
        {
            return Err(mismatch(options.get_host(), host));
        }
        if let Some(port) = target.port
            && options.get_port() != port
        {
            return Err(mismatch(&format!("port {}", options.get_port()), &format!("port {port}")));
        }
        if let Some(database) = target.database.as_deref()
            && options.get_database() != Some(database)
        {
            return Err(mismatch(
                &format!("database {}", options.get_database().unwrap_or("by default")),
                &format!("database {database}"),
            ));
        }
        Ok(Self { options: guarded(options) })
    }

    /// Where the intent's workload goes, for a credential that the broker just gave it.
    pub(crate) fn of_workload(target: &Where) -> Result<Self, BrokerError> {
        let host =
            target.host.as_deref().ok_or_else(|| BrokerError::NotYet("where.host is not set".to_owned()))?;
        let mut options = PgConnectOptions::new_without_pgpass().host(host).port(target.port.unwrap_or(5432));
        if let Some(database) = target.database.as_deref() {
            options = options.database(database);
        }
        Ok(Self { options: guarded(options) })
    }

    /// For messages.
    pub(crate) fn host(&self) -> String {
        format!("{}:{}", self.options.get_host(), self.options.get_port())
    }

    /// Opens the administrator's own session.
    pub(crate) async fn open(&self) -> Result<PgConnection, BrokerError> {
        match self.connect(&self.options).await? {
            Login::Open(session) => Ok(session),
            Login::Refused { sqlstate } => Err(BrokerError::Target {
                sqlstate,
                detail: "the administrator's login at the target is refused".to_owned(),
            }),
        }
    }

    /// Tries a login with a password, at the same server and in the same way.
    pub(crate) async fn try_login(&self, user: &str, password: &Secret) -> Result<Login, BrokerError> {
        self.connect(&self.options.clone().username(user).password(password.expose())).await
    }

    async fn connect(&self, options: &PgConnectOptions) -> Result<Login, BrokerError> {
        let attempt = PgConnection::connect_with(options);
        match tokio::time::timeout(PATIENCE, attempt).await {
            Err(_) => Err(BrokerError::Unreachable { host: self.host(), reason: "timed out".to_owned() }),
            Ok(Ok(session)) => Ok(Login::Open(session)),
            Ok(Err(error)) => match refusal(&error) {
                Some(sqlstate) => Ok(Login::Refused { sqlstate }),
                None => Err(self.explain(&error)),
            },
        }
    }

    /// Awaits a statement's answer, not forever, and turns its error into ours.
    pub(crate) async fn ask<T>(
        &self,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, BrokerError> {
        match tokio::time::timeout(PATIENCE, statement).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.explain(&error)),
            Err(_) => Err(BrokerError::Unreachable { host: self.host(), reason: "timed out".to_owned() }),
        }
    }

    fn explain(&self, error: &sqlx::Error) -> BrokerError {
        match error {
            sqlx::Error::Database(said) => BrokerError::Target {
                sqlstate: said.code().map_or_else(|| "-".to_owned(), std::borrow::Cow::into_owned),
                detail: scrub(said.message(), &[]),
            },
            sqlx::Error::Io(io) => {
                BrokerError::Unreachable { host: self.host(), reason: io.kind().to_string() }
            }
            sqlx::Error::Tls(_) => BrokerError::Target {
                sqlstate: "-".to_owned(),
                detail: format!("{}: no TLS that can be trusted", self.host()),
            },
            // The rest says how we asked, not what was answered; it may quote what was sent.
            _ => BrokerError::Target {
                sqlstate: "-".to_owned(),
                detail: format!("{}: the answer cannot be read", self.host()),
            },
        }
    }
}

/// Beyond this machine only with TLS and a certificate that names the host; no statement is logged.
fn guarded(options: PgConnectOptions) -> PgConnectOptions {
    let local = options.get_socket().is_some() || is_loopback(options.get_host());
    let options = if local { options } else { options.ssl_mode(PgSslMode::VerifyFull) };
    options
        .application_name(APPLICATION)
        .options([("statement_timeout", "15000")])
        .disable_statement_logging()
}

fn mismatch(string: &str, intent: &str) -> BrokerError {
    BrokerError::NotYet(format!(
        "the administrator's connection string leads to {string}, the intent to {intent}; they must be the same"
    ))
}

/// The SQLSTATE of a refused login; `None` for every other failure.
fn refusal(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    code.starts_with("28").then(|| code.into_owned())
}
