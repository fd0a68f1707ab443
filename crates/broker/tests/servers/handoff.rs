//! One handoff on a stage, driven as the pipeline drives it.

use serde_json::Value;
use tenure_broker::{
    Broker, BrokerError, Connection, Keys, PlanError, Proposal, Secret, Work, adapter_policy,
};
use tenure_model::{EvidenceLevel, HandoffPlan, Intent, Phase, Proof, Receipt, Step, StepState};
use tenure_testing::Stage;

pub(crate) const NOW: &str = "2026-01-02T03:04:05Z";
pub(crate) const MIGRATION: &str = "m-01";
/// What every object of the migration is named.
pub(crate) const NAME: &str = "tenure-m-01";

/// Both servers, a broker with the least rights, and an approved plan.
pub(crate) struct Handoff {
    pub(crate) stage: Stage,
    pub(crate) broker: Box<dyn Broker>,
    pub(crate) token: String,
    pub(crate) plan: HandoffPlan,
    pub(crate) keys: Keys,
    pub(crate) receipts: Vec<Receipt>,
}

impl Handoff {
    /// Prepares everything up to an approved plan; `None` when the tests run without servers.
    pub(crate) async fn planned(test: &str) -> Option<Self> {
        Self::planned_in(test, None).await
    }

    /// The same inside a namespace.
    pub(crate) async fn planned_in(test: &str, namespace: Option<&str>) -> Option<Self> {
        crate::logged::keep_everything();
        let stage = Stage::set_in(test, namespace)?;
        let policy = adapter_policy(&stage.intent()).unwrap();
        let token = stage.bao.token_with("adapter", &policy);
        let broker = open_in(&stage.bao.address(), &token, namespace).unwrap();
        let plan = propose(&*broker, &stage.intent()).await.unwrap().unwrap();
        let keys = Keys {
            target_admin: Some(Secret::new(&stage.target_admin_dsn()).unwrap()),
            old_password: Some(Secret::new(Stage::OLD_PASSWORD).unwrap()),
            workload_token: None,
        };
        Some(Self { stage, broker, token, plan, keys, receipts: Vec::new() })
    }

    /// The same with the new access in place.
    pub(crate) async fn applied(test: &str) -> Option<Self> {
        let mut handoff = Self::planned(test).await?;
        handoff.run(Phase::Apply).await;
        Some(handoff)
    }

    /// The same with the old access ended.
    pub(crate) async fn cut_over(test: &str) -> Option<Self> {
        let mut handoff = Self::applied(test).await?;
        handoff.run(Phase::Cutover).await;
        Some(handoff)
    }

    pub(crate) fn work(&self, resumed: bool) -> Work<'_> {
        Work {
            plan: &self.plan,
            receipts: &self.receipts,
            resumed,
            keys: &self.keys,
            now: NOW.parse().unwrap(),
        }
    }

    pub(crate) fn step(&self, kind: &str) -> &Step {
        self.plan.steps.iter().find(|step| step.kind == kind).unwrap()
    }

    pub(crate) async fn apply(&self, kind: &str, resumed: bool) -> Result<Receipt, BrokerError> {
        self.broker.apply(&self.work(resumed), self.step(kind)).await
    }

    /// Does every step of a phase, each of which must be done.
    pub(crate) async fn run(&mut self, phase: Phase) {
        for step in self.plan.steps.clone().into_iter().filter(|step| step.phase == phase) {
            let receipt = self.broker.apply(&self.work(false), &step).await.unwrap();
            assert_eq!(receipt.state, StepState::Done, "{}: {}", step.kind, receipt.detail);
            self.receipts.push(receipt);
        }
    }

    pub(crate) async fn drift(&self) -> Vec<String> {
        self.broker.drift(&self.work(false)).await.unwrap()
    }

    pub(crate) async fn prove(&self, level: EvidenceLevel) -> Vec<Proof> {
        self.broker.prove(&self.work(false), level).await.unwrap()
    }

    /// One rung of the whole ladder.
    pub(crate) async fn rung(&self, level: EvidenceLevel) -> Proof {
        let proofs = self.prove(EvidenceLevel::E4).await;
        proofs.into_iter().find(|proof| proof.level == level).unwrap()
    }

    /// Undoes every step, the last first.
    pub(crate) async fn roll_back(&self) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for step in self.plan.steps.iter().rev() {
            receipts.push(self.broker.rollback(&self.work(false), step).await.unwrap());
        }
        receipts
    }

    /// A credential as the workload gets it: its token, user and password.
    pub(crate) fn credential(&self) -> (String, String, String) {
        let token = self.workload_token();
        let (status, answer) =
            self.stage.bao.call("GET", &format!("database/creds/{NAME}"), &token, &Value::Null);
        assert_eq!(status, 200, "{answer}");
        let word = |field: &str| answer["data"][field].as_str().unwrap().to_owned();
        (token, word("username"), word("password"))
    }

    /// A token as the workload gets it.
    pub(crate) fn workload_token(&self) -> String {
        let (status, answer) = self.log_in(&self.stage.workload_token());
        assert_eq!(status, 200, "{answer}");
        answer["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    /// A login with a token that the platform signed.
    pub(crate) fn log_in(&self, jwt: &str) -> (u16, Value) {
        let path = format!("auth/{}/login", Stage::AUTH_MOUNT);
        self.stage.bao.call("POST", &path, "", &serde_json::json!({"role": NAME, "jwt": jwt}))
    }

    /// An object as the operator sees it; `None` when it is not there.
    pub(crate) fn live(&self, path: &str) -> Option<Value> {
        let (status, answer) = self.stage.bao.call("GET", path, self.stage.bao.root_token(), &Value::Null);
        (status == 200).then(|| answer["data"].clone())
    }
}

pub(crate) fn open(address: &str, token: &str) -> Result<Box<dyn Broker>, BrokerError> {
    open_in(address, token, None)
}

pub(crate) fn open_in(
    address: &str,
    token: &str,
    namespace: Option<&str>,
) -> Result<Box<dyn Broker>, BrokerError> {
    let connection = Connection {
        name: "prod".to_owned(),
        kind: "openbao".to_owned(),
        address: address.to_owned(),
        namespace: namespace.map(str::to_owned),
    };
    tenure_broker::open(connection, Some(Secret::new(token)?))
}

pub(crate) async fn propose(
    broker: &dyn Broker,
    intent: &Intent,
) -> Result<Result<HandoffPlan, PlanError>, BrokerError> {
    let snapshot = broker.snapshot(MIGRATION, intent).await?;
    Ok(broker.plan(&Proposal {
        migration_id: MIGRATION,
        identity_id: "identity-1",
        intent,
        snapshot: &snapshot,
        artifacts: &[],
    }))
}
