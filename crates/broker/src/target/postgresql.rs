//! Ending a static login at PostgreSQL, and proving that it ended.
//!
//! The login is disabled, not dropped: `NOLOGIN` can be taken back. Two steps, so that what a proof needs is kept before
//! anything changes: the first records the login's number, whether the old password opens a session, and which
//! server answered; the second disables the login and ends its sessions.
//!
//! Sessions are counted by the login's number (`usesysid`): by name a dropped login shows none while its session
//! lives on. The server tells two refusals apart: `28P01` for a wrong password, `28000` for a right one whose login may
//! not open a session, and the second is what the old password must get.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tenure_model::{EvidenceLevel, Intent, Phase, Proof, Receipt, Step, StepState};

use crate::contract::Work;
use crate::difference::readback_hash;
use crate::target::privilege::quote;
use crate::target::session::{Endpoint, Login, NOT_PERMITTED, WRONG_PASSWORD};
use crate::{BrokerError, Secret};

/// Kind of the step that records.
pub(crate) const RECORD: &str = "record_old_login";
/// Kind of the step that disables.
pub(crate) const DISABLE: &str = "disable_old_login";

/// `initdb`'s own superuser, whatever it is called; a server without it is hard to repair.
const BOOTSTRAP_SUPERUSER: i64 = 10;

/// A backend ends within moments of its signal; one that does not is news.
const SESSIONS_END_ATTEMPTS: u32 = 50;
const SESSIONS_END_PAUSE: Duration = Duration::from_millis(100);

/// The login as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OldLogin {
    /// `pg_authid.oid`, which stays when the name goes.
    oid: i64,
    can_log_in: bool,
    sessions: i64,
    /// Roles that could become this one with `SET ROLE`.
    members: i64,
    superuser: bool,
}

/// What is kept before anything changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    login: OldLogin,
    /// Which server answered.
    server: String,
    /// Whether the old password opened a session, and a wrong one did not; `None` when it was not tried.
    password_worked: Option<bool>,
}

/// The two steps that end the intent's old login; none when the intent names no login or no administrator.
pub(crate) fn cutover_steps(intent: &Intent, first: u32) -> Vec<Step> {
    let target = &intent.target;
    let (Some(login), Some(variable)) = (target.old_login.as_deref(), target.admin_dsn_env.as_deref()) else {
        return Vec::new();
    };
    let place = format!(
        "postgresql://{}:{}/{}",
        target.host.as_deref().unwrap_or("?"),
        target.port.unwrap_or(5432),
        target.database.as_deref().unwrap_or("?")
    );
    let reads = vec![format!("pg_roles and pg_stat_activity for {login}, with {variable}")];
    vec![
        Step {
            seq: first,
            kind: RECORD.to_owned(),
            title: format!("Record the old login {login} before it is disabled"),
            phase: Phase::Cutover,
            target: format!("{place} role {login}"),
            body: json!({"login": login}),
            reads_before_write: reads.clone(),
            undo: "nothing to undo: it only reads".to_owned(),
            destructive: false,
        },
        Step {
            seq: first + 1,
            kind: DISABLE.to_owned(),
            title: format!("Disable the old login {login} and end its sessions"),
            phase: Phase::Cutover,
            target: format!("{place} role {login}"),
            body: json!({"login": login, "can_log_in": false}),
            reads_before_write: reads,
            undo: format!("ALTER ROLE {} LOGIN; ended sessions must be opened again", quote(login)),
            destructive: false,
        },
    ]
}

/// The login now.
pub(crate) async fn live(work: &Work<'_>) -> Result<Option<Value>, BrokerError> {
    let (target, mut session) = Target::reach(work).await?;
    let found = target.login(&mut session).await?;
    Ok(found.map(|login| json!({"login": target.login, "oid": login.oid, "can_log_in": login.can_log_in})))
}

/// Does one of the two steps.
pub(crate) async fn apply(work: &Work<'_>, step: &Step) -> Result<Receipt, BrokerError> {
    let (target, mut session) = Target::reach(work).await?;
    match step.kind.as_str() {
        RECORD => target.record(work, step, &mut session).await,
        _ => target.disable(work, step, &mut session).await,
    }
}

/// Takes a step back.
pub(crate) async fn rollback(work: &Work<'_>, step: &Step) -> Result<Receipt, BrokerError> {
    let undone = |detail: &str| Ok(receipt(step, StepState::Undone, None, None, detail.to_owned()));
    if step.kind == RECORD {
        return undone("nothing to undo");
    }
    let Some(record) = recorded(work) else { return undone("had not begun") };
    if !record.login.can_log_in {
        return undone("the login was disabled before; left as it was");
    }
    let (target, mut session) = Target::reach(work).await?;
    let conflict = |detail: String| Ok(receipt(step, StepState::Conflict, None, None, detail));
    match target.login(&mut session).await? {
        None => conflict(format!("the login {} is gone; someone dropped it", target.login)),
        Some(login) if login.oid != record.login.oid => {
            conflict(format!("the login {} is another one now (number {})", target.login, login.oid))
        }
        Some(login) if login.can_log_in => undone("the login can log in"),
        // Without a receipt and without an interrupted attempt it was not us who disabled it.
        Some(_) if work.receipt_of(DISABLE).is_none() && !work.resumed => {
            conflict(format!("the login {} was disabled by someone else", target.login))
        }
        Some(login) => {
            target.alter(&mut session, "LOGIN").await?;
            match target.login(&mut session).await? {
                Some(now) if now.can_log_in => Ok(receipt(
                    step,
                    StepState::Undone,
                    Some(json!({"oid": login.oid, "can_log_in": false})),
                    None,
                    format!("the login {} can log in again", target.login),
                )),
                _ => Err(BrokerError::Unexpected {
                    path: step.target.clone(),
                    detail: "LOGIN was set, and reads back as not set".to_owned(),
                }),
            }
        }
    }
}

/// The rungs up to `level`.
pub(crate) async fn prove(work: &Work<'_>, level: EvidenceLevel) -> Result<Vec<Proof>, BrokerError> {
    let (target, mut session) = Target::reach(work).await?;
    let record = recorded(work);
    let login = target.login(&mut session).await?;
    let server = target.server(&mut session).await?;
    let mut proofs = Vec::new();
    if level >= EvidenceLevel::E2 {
        let (holds, detail) = target.read_back(record.as_ref(), login.as_ref());
        proofs.push(work.proof(EvidenceLevel::E2, holds, detail));
    }
    if level >= EvidenceLevel::E3 {
        let (holds, detail) =
            target.refused(work.keys.old_password.as_ref(), record.as_ref(), &server).await?;
        proofs.push(work.proof(EvidenceLevel::E3, holds, detail));
    }
    if level >= EvidenceLevel::E4 {
        let (holds, detail) = target.no_sessions(record.as_ref(), login.as_ref(), &mut session).await?;
        proofs.push(work.proof(EvidenceLevel::E4, holds, detail));
    }
    Ok(proofs)
}

fn recorded(work: &Work<'_>) -> Option<Record> {
    serde_json::from_value(work.receipt_of(RECORD)?.pre_image.clone()?).ok()
}

fn receipt(
    step: &Step,
    state: StepState,
    pre_image: Option<Value>,
    readback_hash: Option<String>,
    detail: String,
) -> Receipt {
    Receipt { seq: step.seq, state, pre_image, readback_hash, detail }
}

/// The old login at its server.
struct Target<'a> {
    endpoint: Endpoint,
    login: &'a str,
}

impl<'a> Target<'a> {
    async fn reach(work: &Work<'a>) -> Result<(Self, PgConnection), BrokerError> {
        let target = &work.plan.intent.target;
        let login = target
            .old_login
            .as_deref()
            .ok_or_else(|| BrokerError::NotYet("where.old_login is not set".to_owned()))?;
        let dsn = work.keys.target_admin.as_ref().ok_or_else(|| {
            let variable = target.admin_dsn_env.as_deref().unwrap_or("the variable in where.admin_dsn_env");
            BrokerError::NotYet(format!("set {variable} to the target administrator's connection string"))
        })?;
        let endpoint = Endpoint::of_admin(dsn, target)?;
        let session = endpoint.open().await?;
        Ok((Self { endpoint, login }, session))
    }

    async fn login(&self, session: &mut PgConnection) -> Result<Option<OldLogin>, BrokerError> {
        let found = sqlx::query(
            "SELECT oid::int8, rolcanlogin, rolsuper, \
               (SELECT count(*) FROM pg_stat_activity WHERE usesysid = r.oid), \
               (SELECT count(*) FROM pg_auth_members WHERE roleid = r.oid) \
             FROM pg_roles r WHERE rolname = $1",
        )
        .bind(self.login)
        .try_map(|row: PgRow| {
            Ok(OldLogin {
                oid: row.try_get(0)?,
                can_log_in: row.try_get(1)?,
                superuser: row.try_get(2)?,
                sessions: row.try_get(3)?,
                members: row.try_get(4)?,
            })
        });
        self.endpoint.ask(found.fetch_optional(session)).await
    }

    /// Which server this is. The system identifier is made once by `initdb`; where a service hides it, the address and
    /// start time must do.
    async fn server(&self, session: &mut PgConnection) -> Result<String, BrokerError> {
        let exact = "SELECT 'system ' || system_identifier FROM pg_control_system()";
        let near = "SELECT concat_ws(' ', 'address', inet_server_addr(), inet_server_port(), \
                    'started', pg_postmaster_start_time())";
        let found = self.endpoint.ask(sqlx::query_scalar(exact).fetch_one(&mut *session)).await;
        match found {
            Err(BrokerError::Target { .. }) => {
                self.endpoint.ask(sqlx::query_scalar(near).fetch_one(session)).await
            }
            answer => answer,
        }
    }

    async fn alter(&self, session: &mut PgConnection, attribute: &'static str) -> Result<(), BrokerError> {
        // A utility statement takes no parameters; the name is quoted as an identifier.
        let statement = format!("ALTER ROLE {} {attribute}", quote(self.login));
        self.endpoint.ask(sqlx::raw_sql(AssertSqlSafe(statement)).execute(session)).await.map(drop)
    }

    async fn record(
        &self,
        work: &Work<'_>,
        step: &Step,
        session: &mut PgConnection,
    ) -> Result<Receipt, BrokerError> {
        let Some(login) = self.login(session).await? else {
            let detail = format!("there is no login {} at {}", self.login, self.endpoint.host());
            return Ok(receipt(step, StepState::Conflict, None, None, detail));
        };
        let me: i64 = self.endpoint.ask(own_oid(session)).await?;
        if me == login.oid {
            let detail = format!("{} is the administrator's own login; it would lock itself out", self.login);
            return Ok(receipt(step, StepState::Conflict, None, None, detail));
        }
        if login.oid == BOOTSTRAP_SUPERUSER {
            let detail = format!("{} is the superuser that the server was made with", self.login);
            return Ok(receipt(step, StepState::Conflict, None, None, detail));
        }
        let server = self.server(session).await?;
        let (password_worked, said) = match &work.keys.old_password {
            None => (None, "the old password was not tried".to_owned()),
            Some(password) => {
                let (worked, said) = self.positive_control(password, login.oid, &server).await?;
                (Some(worked), said)
            }
        };
        let detail = format!(
            "login number {}, {}, {}; {said}",
            login.oid,
            if login.can_log_in { "can log in" } else { "cannot log in" },
            counted(login.sessions, "session"),
        );
        let record = Record { login, server, password_worked };
        let pre_image = serde_json::to_value(&record).expect("a record holds only JSON values");
        let hash = readback_hash(&json!({"oid": record.login.oid, "server": record.server}));
        Ok(receipt(step, StepState::Done, Some(pre_image), Some(hash), detail))
    }

    /// Whether the old password opens a session here while a wrong one does not.
    async fn positive_control(
        &self,
        password: &Secret,
        oid: i64,
        server: &str,
    ) -> Result<(bool, String), BrokerError> {
        let canary = self.try_canary().await?;
        if canary.as_deref() != Some(WRONG_PASSWORD) {
            return Ok((
                false,
                "a wrong password is not refused as such, so a password proves nothing here".to_owned(),
            ));
        }
        match self.endpoint.try_login(self.login, password).await? {
            Login::Refused { sqlstate } => Ok((false, format!("the old password is refused ({sqlstate})"))),
            Login::Open(mut theirs) => {
                let same_login = self.endpoint.ask(own_oid(&mut theirs)).await? == oid;
                let same_server = self.server(&mut theirs).await? == server;
                let _ = theirs.close().await; // the server ends it anyway
                if same_login && same_server {
                    Ok((true, "the old password opens a session, a wrong one does not".to_owned()))
                } else {
                    Ok((false, "the old password leads to another login or server".to_owned()))
                }
            }
        }
    }

    /// What the server says to a password that nobody has; `None` when it opens a session.
    async fn try_canary(&self) -> Result<Option<String>, BrokerError> {
        let mut bytes = [0_u8; 24];
        getrandom::fill(&mut bytes)
            .map_err(|_| BrokerError::NotYet("the system gives no random numbers".to_owned()))?;
        let canary = Secret::new(&tenure_model::hex(&bytes))?;
        Ok(match self.endpoint.try_login(self.login, &canary).await? {
            Login::Open(_) => None,
            Login::Refused { sqlstate } => Some(sqlstate),
        })
    }

    async fn disable(
        &self,
        work: &Work<'_>,
        step: &Step,
        session: &mut PgConnection,
    ) -> Result<Receipt, BrokerError> {
        let record = recorded(work).ok_or_else(|| {
            BrokerError::NotYet("the old login must be recorded before it is disabled".to_owned())
        })?;
        let conflict = |detail: String| Ok(receipt(step, StepState::Conflict, None, None, detail));
        let login = match self.login(session).await? {
            None => return conflict(format!("the login {} is gone; someone dropped it", self.login)),
            Some(login) if login.oid != record.login.oid => {
                return conflict(format!(
                    "the login {} is another one now (number {})",
                    self.login, login.oid
                ));
            }
            Some(login) => login,
        };
        let changed = login.can_log_in || login.sessions > 0;
        if login.can_log_in {
            self.alter(session, "NOLOGIN").await?;
        }
        self.end_sessions(login.oid, session).await?;
        let now = self.login(session).await?.filter(|now| !now.can_log_in).ok_or_else(|| {
            BrokerError::StillLive { detail: format!("{} reads back as able to log in", self.login) }
        })?;
        let state = if changed { StepState::Done } else { StepState::AlreadyThere };
        let hash = readback_hash(&json!({"oid": now.oid, "can_log_in": now.can_log_in}));
        let before = json!({"oid": login.oid, "can_log_in": record.login.can_log_in});
        let detail = if changed {
            format!("{} cannot log in; {} ended", self.login, counted(login.sessions, "session"))
        } else {
            format!("{} could not log in already, and had no session", self.login)
        };
        Ok(receipt(step, state, Some(before), Some(hash), detail))
    }

    /// Ends the sessions of a login by its number, and waits until none is left.
    async fn end_sessions(&self, oid: i64, session: &mut PgConnection) -> Result<(), BrokerError> {
        for _ in 0..SESSIONS_END_ATTEMPTS {
            let signalled = sqlx::query_scalar::<_, bool>(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = $1::int8::oid",
            )
            .bind(oid)
            .fetch_all(&mut *session);
            if self.endpoint.ask(signalled).await?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(SESSIONS_END_PAUSE).await;
        }
        Err(BrokerError::StillLive {
            detail: format!("sessions of {} (number {oid}) do not end; see pg_stat_activity", self.login),
        })
    }

    /// E2: the control plane says disabled.
    fn read_back(&self, record: Option<&Record>, login: Option<&OldLogin>) -> (bool, String) {
        match (record, login) {
            (_, Some(login)) if login.can_log_in => {
                (false, format!("{} (number {}) can log in", self.login, login.oid))
            }
            (Some(record), Some(login)) if record.login.oid != login.oid => {
                (false, format!("{} is another login now (number {})", self.login, login.oid))
            }
            (_, Some(login)) => {
                let members = match login.members {
                    0 => String::new(),
                    count => format!("; {} may still take its rights with SET ROLE", counted(count, "role")),
                };
                (true, format!("{} (number {}) cannot log in{members}", self.login, login.oid))
            }
            (Some(_), None) => (true, format!("{} no longer exists", self.login)),
            (None, None) => (false, format!("{} does not exist and was never recorded", self.login)),
        }
    }

    /// E3: the old password is refused, where it was right and a wrong one is refused otherwise.
    async fn refused(
        &self,
        password: Option<&Secret>,
        record: Option<&Record>,
        server: &str,
    ) -> Result<(bool, String), BrokerError> {
        let no = |detail: &str| Ok((false, detail.to_owned()));
        let Some(password) = password else {
            return no("not tried: the old password was not given (TENURE_OLD_PASSWORD)");
        };
        let Some(record) = record else { return no("the old login was not recorded before cut-over") };
        if record.server != server {
            return no("another server answers now than before cut-over");
        }
        let canary = match self.try_canary().await? {
            None => return no("a wrong password opens a session: passwords are not checked here"),
            Some(sqlstate) => sqlstate,
        };
        let old = match self.endpoint.try_login(self.login, password).await? {
            Login::Open(_) => return no("the old password opens a session"),
            Login::Refused { sqlstate } => sqlstate,
        };
        if canary != WRONG_PASSWORD {
            return Ok((
                false,
                format!("a wrong password gets {canary}, not {WRONG_PASSWORD}: it was not checked"),
            ));
        }
        let worked_before = record.password_worked == Some(true);
        if old == NOT_PERMITTED {
            // The server itself says that the password is right, so this holds without a test from before.
            let before = if worked_before { "it opened a session before; " } else { "" };
            return Ok((
                true,
                format!(
                    "{before}the server knows the old password and refuses the login ({old}), and refuses a wrong one as wrong ({canary})"
                ),
            ));
        }
        if worked_before && old == WRONG_PASSWORD {
            return Ok((true, format!("the old password opened a session before and is wrong now ({old})")));
        }
        Ok((false, format!("refused ({old}), but nothing shows that this password ever worked")))
    }

    /// E4: no session lives on.
    async fn no_sessions(
        &self,
        record: Option<&Record>,
        login: Option<&OldLogin>,
        session: &mut PgConnection,
    ) -> Result<(bool, String), BrokerError> {
        let Some(oid) = record.map(|record| record.login.oid).or(login.map(|login| login.oid)) else {
            return Ok((false, format!("{} is gone, and its number was never recorded", self.login)));
        };
        if login.is_some_and(|login| login.can_log_in && login.oid == oid) {
            return Ok((false, format!("{} can log in, so no count of sessions says anything", self.login)));
        }
        let count: i64 = self
            .endpoint
            .ask(
                sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE usesysid = $1::int8::oid")
                    .bind(oid)
                    .fetch_one(session),
            )
            .await?;
        Ok((count == 0, format!("{} of login number {oid}", counted(count, "session"))))
    }
}

async fn own_oid(session: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT oid::int8 FROM pg_roles WHERE rolname = session_user").fetch_one(session).await
}

fn counted(count: i64, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
