//! Handing a migration to a broker, and proving that the old access ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::{Artifact, Intent, Timestamp};

/// Where a migration stands. `Proven` alone turns the paper-control gate green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// Proposed, not approved.
    Draft,
    /// Approved: bound to the plan's hash.
    Approved,
    /// Steps are being done.
    Applying,
    /// All reversible steps are done and read back.
    Applied,
    /// The new access works.
    Verified,
    /// The old access is disabled.
    Cutover,
    /// The old access is shown to be dead.
    Proven,
    /// Being undone.
    RollingBack,
    /// Undone.
    RolledBack,
    /// A person must decide.
    NeedsHuman,
}

impl MigrationState {
    /// The word that reports and the inventory use.
    pub fn word(self) -> &'static str {
        match self {
            MigrationState::Draft => "draft",
            MigrationState::Approved => "approved",
            MigrationState::Applying => "applying",
            MigrationState::Applied => "applied",
            MigrationState::Verified => "verified",
            MigrationState::Cutover => "cutover",
            MigrationState::Proven => "proven",
            MigrationState::RollingBack => "rolling_back",
            MigrationState::RolledBack => "rolled_back",
            MigrationState::NeedsHuman => "needs_human",
        }
    }
}

/// When a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// On `apply`: reversible.
    Apply,
    /// On `apply --step cutover`: ends the old access, approved separately.
    Cutover,
}

/// One change at a broker or target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Step {
    /// Position, from 1; steps are done in this order.
    pub seq: u32,
    /// What it makes: `policy`, `auth_role`, `engine_role`, `artifact`, `disable_old_login`, …
    pub kind: String,
    /// In words.
    pub title: String,
    /// When it is done.
    pub phase: Phase,
    /// The object that it makes or changes, in the broker's own path.
    pub target: String,
    /// What the object shall be.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub body: serde_json::Value,
    /// What is read before it writes.
    pub reads_before_write: Vec<String>,
    /// How it is undone, in words.
    pub undo: String,
    /// True when it cannot be undone.
    pub destructive: bool,
}

/// A migration as a broker would do it. Pure: made without a network write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HandoffPlan {
    /// Given once.
    pub migration_id: String,
    /// The identity whose standing access shall end.
    pub identity_id: String,
    /// Name of the broker connection.
    pub broker: String,
    /// Kind of the broker.
    pub broker_kind: String,
    /// The migration in broker-neutral words.
    pub intent: Intent,
    /// What the broker looked like when this was planned. The approval covers it; a later difference is drift.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub snapshot: serde_json::Value,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Files to review and merge.
    pub artifacts: Vec<Artifact>,
    /// What must hold before the first step.
    pub preconditions: Vec<String>,
    /// What could go wrong.
    pub warnings: Vec<String>,
}

impl HandoffPlan {
    /// SHA-256 in hex over the canonical JSON of the plan; an approval is bound to it.
    ///
    /// # Panics
    /// Never: every field serialises.
    pub fn sha256(&self) -> String {
        let value = serde_json::to_value(self).expect("a plan holds only JSON values");
        crate::hex(&sha2::Sha256::digest(crate::canonical_json(&value)))
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Queued,
    /// Claimed; an outcome is not yet known.
    Claimed,
    /// Written and read back.
    Done,
    /// It was there already, with our mark and the right content.
    AlreadyThere,
    /// Something else is there; nothing was changed.
    Conflict,
    /// Failed; may be tried again.
    Failed,
    /// Undone.
    Undone,
}

/// What a broker answered to one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Receipt {
    /// Step.
    pub seq: u32,
    /// How it ended.
    pub state: StepState,
    /// What was there before; `None` = nothing.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub pre_image: Option<serde_json::Value>,
    /// Hash of what was read back.
    pub readback_hash: Option<String>,
    /// In words.
    pub detail: String,
}

/// The ladder of evidence that the old access ended. Only from `E2` on does it count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// A request was closed. Never proof.
    E0,
    /// An API said 2xx. Not proof.
    E1,
    /// The control plane, read back, says disabled.
    E2,
    /// The old credential is refused, where it worked before and a known-bad one is refused too.
    E3,
    /// No live session.
    E4,
    /// Not used during a soak.
    E5,
    /// Every known copy is neutralised.
    E6,
}

/// One check of the ladder and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Proof {
    /// Rung.
    pub level: EvidenceLevel,
    /// True when the check holds.
    pub holds: bool,
    /// What was asked and what came back; never a secret.
    pub detail: String,
    /// When.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
}

/// One link of a migration's hash chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Event {
    /// Position, from 1.
    pub seq: u64,
    /// When.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
    /// `proposed`, `approved`, `step_done`, `verified`, …
    pub kind: String,
    /// In words; never a secret.
    pub detail: String,
    /// Hash of the link before; zeros for the first.
    pub previous: String,
    /// Hash over all the above.
    pub hash: String,
}

impl Event {
    /// Makes the next link after `previous`.
    pub fn chain(previous: Option<&Event>, at: Timestamp, kind: &str, detail: &str) -> Event {
        let (seq, before) = match previous {
            Some(event) => (event.seq + 1, event.hash.clone()),
            None => (1, "0".repeat(64)),
        };
        let mut event = Event {
            seq,
            at,
            kind: kind.to_owned(),
            detail: detail.to_owned(),
            previous: before,
            hash: String::new(),
        };
        event.hash = event.compute_hash();
        event
    }

    /// The hash that the link must carry.
    pub fn compute_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seq.to_le_bytes());
        for part in [self.at.to_string().as_str(), &self.kind, &self.detail, &self.previous] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        crate::hex(hasher.finalize().as_bytes())
    }
}

/// Where a migration stands, for `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MigrationStatus {
    /// Migration.
    pub migration_id: String,
    /// Identity.
    pub identity_id: String,
    /// Broker connection.
    pub broker: String,
    /// Where it stands.
    pub state: MigrationState,
    /// Hash that approvals are bound to.
    pub plan_sha256: String,
    /// Steps with their receipts.
    pub steps: Vec<Step>,
    /// What the broker answered, by step.
    pub receipts: Vec<Receipt>,
    /// Who approved what: (`apply` or `cutover`, who).
    #[cfg_attr(feature = "typescript", ts(type = "[string, string][]"))]
    pub approvals: Vec<(String, String)>,
    /// The ladder.
    pub proofs: Vec<Proof>,
    /// The chain.
    pub events: Vec<Event>,
    /// True when every link of the chain fits.
    pub chain_whole: bool,
}
