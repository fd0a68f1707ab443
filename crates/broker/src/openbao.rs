//! OpenBao: one policy, one login role and one database role per migration, on mounts that its operator made.
//!
//! The token that acts here may arrange access and not use it: a token that could take the credentials, or do everything, is
//! refused before a plan is made.

mod bounds;
mod client;
mod drill;
mod objects;
mod permission;
mod rollback;
mod snapshot;
mod write;

use serde_json::Value;
use tenure_model::{EvidenceLevel, HandoffPlan, Intent, Proof, Receipt, Step, StepState};

use crate::contract::{Answer, Broker, Proposal, Work};
use crate::mark::Mark;
use crate::openbao::client::Client;
use crate::openbao::objects::{AUTH_ROLE, ENGINE_ROLE, Mounts, POLICY};
use crate::openbao::snapshot::Snapshot;
use crate::target::postgresql;
use crate::{
    BrokerError, BrokerKind, Capabilities, Connection, Guarantees, PlanError, Reach, Revocation, Secret,
};

pub use permission::adapter_policy;
pub use snapshot::AUDIT_STANZA;

pub(crate) const KIND: BrokerKind = BrokerKind {
    name: "openbao",
    about: "an OpenBao (or Vault) server, changed through its API",
    address: "https://host:port; http only on this machine",
    needs_token: true,
    open: |connection, token| Ok(Box::new(OpenBao::new(connection, token)?)),
};

/// A server and our token for it.
struct OpenBao {
    connection: Connection,
    client: Client,
}

impl OpenBao {
    fn new(connection: Connection, token: Option<Secret>) -> Result<Self, BrokerError> {
        let client = Client::new(&connection, token)?;
        Ok(Self { connection, client })
    }

    /// A step that takes longer is given up, so that a lease on it can be trusted. Trying it again reads first.
    async fn in_time(
        &self,
        step: impl Future<Output = Result<Receipt, BrokerError>>,
    ) -> Result<Receipt, BrokerError> {
        let patience = std::time::Duration::from_secs(crate::STEP_SECONDS_MAX);
        tokio::time::timeout(patience, step).await.unwrap_or_else(|_| {
            Err(BrokerError::Unreachable {
                host: self.client.host(),
                reason: "the step took too long".to_owned(),
            })
        })
    }

    async fn describe(&self, intent: Option<&Intent>) -> Result<Capabilities, BrokerError> {
        let mut found = Capabilities {
            broker: KIND.name.to_owned(),
            version: None,
            reach: Reach::Unreachable,
            operations: [POLICY, ENGINE_ROLE, AUTH_ROLE, postgresql::RECORD, postgresql::DISABLE]
                .map(str::to_owned)
                .to_vec(),
            guarantees: Guarantees {
                expiry: true,
                revocation: Revocation::Direct,
                single_use: false, // a workload's token is accepted as often as it is shown, until it runs out
                audit: false,
            },
            ttl_seconds: bounds::TTL_SECONDS,
            self_is_admin: false,
            may_take_credentials: false,
            missing_permissions: Vec::new(),
            audit_devices: None,
            warnings: Vec::new(),
        };
        // Asked to answer 200 in every state, so that the state is in the body.
        const HEALTH: &str = "sys/health?sealedcode=200&uninitcode=200&standbyok=true";
        let health = match self.client.send(reqwest::Method::GET, HEALTH, None).await {
            Err(error @ BrokerError::Unreachable { .. }) => {
                found.warnings.push(error.to_string());
                return Ok(found);
            }
            answer => answer?,
        };
        found.version = health.body["version"].as_str().map(tenure_model::visible);
        if health.body["sealed"] != false || health.body["initialized"] != true {
            found.reach = Reach::Sealed;
            return Ok(found);
        }
        match self.client.read("auth/token/lookup-self").await {
            Ok(Some(_)) => found.reach = Reach::Ok,
            Ok(None) | Err(BrokerError::Forbidden { .. }) => {
                found.reach = Reach::Unauth;
                return Ok(found);
            }
            Err(error) => return Err(error),
        }
        self.describe_token(intent, &mut found).await?;
        Ok(found)
    }

    async fn describe_token(
        &self,
        intent: Option<&Intent>,
        found: &mut Capabilities,
    ) -> Result<(), BrokerError> {
        let devices = snapshot::audit_devices(&self.client).await?;
        found.audit_devices = devices.map(|devices| u32::try_from(devices.len()).unwrap_or(u32::MAX));
        found.guarantees.audit = found.audit_devices.is_some_and(|count| count > 0);
        if found.audit_devices == Some(0) {
            found.warnings.push(format!("nothing is recorded; add an audit device:\n{AUDIT_STANZA}"));
        }
        found.self_is_admin = permission::is_admin(&self.client).await?;
        if found.self_is_admin {
            found.warnings.push("the token may do everything; a handoff refuses it".to_owned());
        }
        let Some(intent) = intent else { return Ok(()) };
        let mark = Mark::of("preflight").expect("a plain word is an id");
        match Mounts::of(intent) {
            Err(error) => found.warnings.push(error.to_string()),
            Ok(mounts) => {
                let allowed = permission::ask(&self.client, &mounts, &mark).await?;
                found.may_take_credentials = allowed.may_take_credentials;
                found.missing_permissions = allowed.missing;
                found.warnings.extend(self.reach_warning(allowed.may_write_any_policy));
            }
        }
        Ok(())
    }

    fn reach_warning(&self, may_write_any_policy: bool) -> Option<String> {
        if may_write_any_policy {
            return Some("the token may write any policy, so whoever holds it may become root".to_owned());
        }
        self.connection.namespace.is_none().then(|| {
            "the token writes policies in the root namespace: whoever holds it and a token of a workload could widen \
             what that workload gets; a namespace of its own bounds this"
                .to_owned()
        })
    }

    fn make_plan(&self, proposal: &Proposal<'_>) -> Result<HandoffPlan, PlanError> {
        let Proposal { migration_id, identity_id, intent, snapshot, artifacts } = *proposal;
        let mark = Mark::of(migration_id)?;
        let mounts = Mounts::of(intent)?;
        let mut warnings = bounds::check(intent)?;
        let mut steps = objects::steps(&mark, intent)?;
        let seen = Snapshot::of_plan(snapshot)?;
        let obstacles = seen.obstacles(intent, &mounts, &mark);
        if !obstacles.is_empty() {
            return Err(PlanError::NotReady(obstacles));
        }
        let next = u32::try_from(steps.len()).expect("a handful of steps") + 1;
        let cutover = postgresql::cutover_steps(intent, next);
        if cutover.is_empty() {
            warnings
                .push("no cut-over is planned: where.old_login or where.admin_dsn_env is not set".to_owned());
        }
        steps.extend(cutover);
        warnings.extend(self.reach_warning(seen.may_write_any_policy));
        if seen.audit.is_none() {
            warnings.push(
                "from inside a namespace it cannot be seen whether anything is recorded: ask the server's operator"
                    .to_owned(),
            );
        }
        warnings.push(
            "the workload's token is accepted as often as it is shown until it runs out: keep its life short"
                .to_owned(),
        );
        Ok(HandoffPlan {
            migration_id: migration_id.to_owned(),
            identity_id: identity_id.to_owned(),
            broker: self.connection.name.clone(),
            broker_kind: KIND.name.to_owned(),
            intent: intent.clone(),
            snapshot: snapshot.clone(),
            steps,
            artifacts: artifacts.to_vec(),
            preconditions: preconditions(&mounts, &mark),
            warnings,
        })
    }

    async fn read_live(&self, work: &Work<'_>, step: &Step) -> Result<Option<Value>, BrokerError> {
        match step.kind.as_str() {
            postgresql::RECORD | postgresql::DISABLE => postgresql::live(work).await,
            _ => write::live(&self.client, &write::Object::of(work, step)?).await,
        }
    }

    async fn find_drift(&self, work: &Work<'_>) -> Result<Vec<String>, BrokerError> {
        let (mark, mounts) = write::names(work)?;
        let planned =
            Snapshot::of_plan(&work.plan.snapshot).map_err(|error| BrokerError::NotYet(error.to_string()))?;
        let now = Snapshot::take(&self.client, &mounts, &mark).await?;
        let mut drift = planned.drift(&now);
        for step in work.plan.steps.iter().filter(|step| is_object(&step.kind)) {
            let object = write::Object::of(work, step)?;
            let live = write::live(&self.client, &object).await?;
            drift.extend(object.drift(work, live.as_ref()));
        }
        Ok(drift)
    }

    async fn check(&self, work: &Work<'_>) -> Result<Vec<Proof>, BrokerError> {
        let mut proofs = Vec::new();
        for step in work.plan.steps.iter().filter(|step| is_object(&step.kind)) {
            let object = write::Object::of(work, step)?;
            let live = write::live(&self.client, &object).await?;
            let mut wrong = object.drift(work, live.as_ref());
            if live.is_none() && wrong.is_empty() {
                wrong.push(format!("{} is not there", step.target));
            }
            let detail = if wrong.is_empty() {
                format!("new access: {} reads back as planned", step.target)
            } else {
                format!("new access: {}", wrong.join("; "))
            };
            proofs.push(work.proof(EvidenceLevel::E2, wrong.is_empty(), detail));
        }
        if let Some(token) = &work.keys.workload_token {
            for (holds, detail) in drill::run(&self.connection, work, token).await? {
                proofs.push(work.proof(EvidenceLevel::E2, holds, format!("new access: {detail}")));
            }
        }
        Ok(proofs)
    }
}

fn is_object(kind: &str) -> bool {
    matches!(kind, POLICY | ENGINE_ROLE | AUTH_ROLE)
}

fn preconditions(mounts: &Mounts, mark: &Mark) -> Vec<String> {
    vec![
        "at least one audit device records what happens".to_owned(),
        format!("auth/{} is a jwt mount that trusts the intent's issuer", mounts.auth),
        format!(
            "{}/config/{} leads to the target and allows the role {}",
            mounts.engine, mounts.connection, mark.name
        ),
        format!("the broker's login at the target may grant what {} needs, and signal backends", mark.name),
        format!("nothing else is named {}", mark.name),
        "Tenure's token can neither do everything nor take the workload's credentials".to_owned(),
    ]
}

impl Broker for OpenBao {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn capabilities<'a>(&'a self, intent: Option<&'a Intent>) -> Answer<'a, Capabilities> {
        Box::pin(self.describe(intent))
    }

    fn snapshot<'a>(&'a self, migration_id: &'a str, intent: &'a Intent) -> Answer<'a, Value> {
        Box::pin(async move {
            let unfit = |error: PlanError| BrokerError::NotYet(error.to_string());
            let mark = Mark::of(migration_id).map_err(unfit)?;
            let mounts = Mounts::of(intent).map_err(unfit)?;
            let seen = Snapshot::take(&self.client, &mounts, &mark).await?;
            Ok(serde_json::to_value(seen).expect("a snapshot holds only JSON values"))
        })
    }

    fn plan(&self, proposal: &Proposal<'_>) -> Result<HandoffPlan, PlanError> {
        self.make_plan(proposal)
    }

    fn live<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Option<Value>> {
        Box::pin(self.read_live(work, step))
    }

    fn drift<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<String>> {
        Box::pin(self.find_drift(work))
    }

    fn apply<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt> {
        Box::pin(self.in_time(async move {
            match step.kind.as_str() {
                postgresql::RECORD | postgresql::DISABLE => postgresql::apply(work, step).await,
                _ => write::apply(&self.client, &write::Object::of(work, step)?, work).await,
            }
        }))
    }

    fn verify<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<Proof>> {
        Box::pin(self.check(work))
    }

    fn prove<'a>(&'a self, work: &'a Work<'a>, level: EvidenceLevel) -> Answer<'a, Vec<Proof>> {
        Box::pin(postgresql::prove(work, level))
    }

    fn rollback<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt> {
        Box::pin(self.in_time(async move {
            match step.kind.as_str() {
                postgresql::RECORD | postgresql::DISABLE => postgresql::rollback(work, step).await,
                _ => rollback::undo(&self.client, &write::Object::of(work, step)?).await,
            }
        }))
    }
}

/// A receipt for a step.
fn receipt(
    step: &Step,
    state: StepState,
    pre_image: Option<Value>,
    live: Option<&Value>,
    detail: String,
) -> Receipt {
    Receipt {
        seq: step.seq,
        state,
        pre_image,
        readback_hash: live.map(crate::difference::readback_hash),
        detail,
    }
}
