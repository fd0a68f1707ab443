//! A credential that a broker just gave, tried at the target.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tenure_model::Where;

use crate::target::privilege::{Grant, ObjectKind};
use crate::target::session::{Endpoint, Login, WRONG_PASSWORD};
use crate::{BrokerError, Secret};

/// The server adds a few seconds to a lease when it writes `VALID UNTIL`.
const VALID_UNTIL_GRACE_SECONDS: u64 = 60;

/// What the credential can and cannot do, each with whether that is as it should be. No row is read or written: the
/// server is asked what it would allow.
pub(crate) async fn try_out(
    target: &Where,
    user: &str,
    password: &Secret,
    grants: &[Grant],
    ttl_seconds: u64,
) -> Result<Vec<(bool, String)>, BrokerError> {
    let endpoint = Endpoint::of_workload(target)?;
    let mut session = match endpoint.try_login(user, password).await? {
        Login::Refused { sqlstate } => {
            return Ok(vec![(false, format!("the credential is refused at the target ({sqlstate})"))]);
        }
        Login::Open(session) => session,
    };
    let mut tried = vec![(true, "the credential opens a session at the target".to_owned())];
    let left: Option<f64> = endpoint
        .ask(
            sqlx::query_scalar(
                "SELECT extract(epoch FROM rolvaliduntil - now())::float8 FROM pg_roles WHERE rolname = session_user",
            )
            .fetch_one(&mut session),
        )
        .await?;
    let bounded = left.is_some_and(|left| left <= (ttl_seconds + VALID_UNTIL_GRACE_SECONDS) as f64);
    tried.push((bounded, "the target itself ends its validity in time".to_owned()));
    for grant in grants {
        for verb in grant.kind.verbs() {
            let wanted = grant.verbs.contains(verb);
            let may = may(&endpoint, &mut session, grant, verb).await?;
            let word = if may { "may" } else { "may not" };
            tried.push((may == wanted, format!("it {word} {verb} on {}", grant.object)));
        }
    }
    let _ = session.close().await; // the server ends it anyway
    Ok(tried)
}

/// Whether the target refuses the credential as one that it does not know.
pub(crate) async fn is_refused(target: &Where, user: &str, password: &Secret) -> Result<bool, BrokerError> {
    Ok(match Endpoint::of_workload(target)?.try_login(user, password).await? {
        Login::Open(_) => false,
        Login::Refused { sqlstate } => sqlstate == WRONG_PASSWORD,
    })
}

async fn may(
    endpoint: &Endpoint,
    session: &mut PgConnection,
    grant: &Grant,
    verb: &'static str,
) -> Result<bool, BrokerError> {
    let question = match grant.kind {
        ObjectKind::Table => "SELECT has_table_privilege($1, $2)",
        ObjectKind::Sequence => "SELECT has_sequence_privilege($1, $2)",
        // A schema's name is not parsed as an identifier here, so it is asked for by its number.
        ObjectKind::Schema => "SELECT has_schema_privilege($1::regnamespace::oid, $2)",
    };
    endpoint.ask(sqlx::query_scalar(question).bind(grant.object.as_str()).bind(verb).fetch_one(session)).await
}
