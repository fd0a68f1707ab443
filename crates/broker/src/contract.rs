//! What every broker can be asked, in the order in which a handoff asks it.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;
use tenure_model::{
    Artifact, EvidenceLevel, HandoffPlan, Intent, Proof, Receipt, Step, StepState, Timestamp,
};

use crate::{BrokerError, Capabilities, Keys, PlanError};

/// An answer that is awaited; boxed, so that brokers can stand in one list.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, BrokerError>> + Send + 'a>>;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// Given once by the caller; names the objects.
    pub migration_id: &'a str,
    /// Whose standing access shall end.
    pub identity_id: &'a str,
    /// The migration in broker-neutral words.
    pub intent: &'a Intent,
    /// What [`Broker::snapshot`] saw.
    pub snapshot: &'a Value,
    /// Files that the recipe made for review.
    pub artifacts: &'a [Artifact],
}

/// A plan on its way, with all that a step may need to know.
pub struct Work<'a> {
    /// The approved plan.
    pub plan: &'a HandoffPlan,
    /// Receipts of the steps that have ended, the last of each.
    pub receipts: &'a [Receipt],
    /// True when an earlier attempt at this step may have been interrupted.
    pub resumed: bool,
    /// Secrets for this run.
    pub keys: &'a Keys,
    /// The caller owns the clock.
    pub now: Timestamp,
}

impl Work<'_> {
    /// The receipt of the plan's one step of this kind, when it has ended well.
    pub(crate) fn receipt_of(&self, kind: &str) -> Option<&Receipt> {
        let step = self.plan.steps.iter().find(|step| step.kind == kind)?;
        self.receipts
            .iter()
            .rev()
            .find(|receipt| receipt.seq == step.seq)
            .filter(|receipt| matches!(receipt.state, StepState::Done | StepState::AlreadyThere))
    }

    /// One check and its result, now.
    pub(crate) fn proof(&self, level: EvidenceLevel, holds: bool, detail: String) -> Proof {
        Proof { level, holds, detail, at: self.now }
    }
}

/// A broker: turns plans into receipts and proofs.
///
/// A step that is done twice does nothing the second time: it reads before it writes, creates and never
/// overwrites, and reads back what it wrote.
pub trait Broker: Send + Sync {
    /// Its row in [`crate::kinds`].
    fn kind(&self) -> &'static str;

    /// Whether it can be used, with which rights, and for this intent if there is one. Only reads.
    fn capabilities<'a>(&'a self, intent: Option<&'a Intent>) -> Answer<'a, Capabilities>;

    /// What is there now, as far as this intent meets it. Only reads.
    fn snapshot<'a>(&'a self, migration_id: &'a str, intent: &'a Intent) -> Answer<'a, Value>;

    /// The steps. Pure: the same proposal gives the same plan.
    ///
    /// # Errors
    /// [`PlanError`] with what to change, in the intent or at the broker.
    fn plan(&self, proposal: &Proposal<'_>) -> Result<HandoffPlan, PlanError>;

    /// What stands at a step's target now; `None` when nothing does. Only reads.
    fn live<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Option<Value>>;

    /// Everything that is not as the approved plan assumes, in words; empty when the plan can go on. Only reads.
    fn drift<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<String>>;

    /// Does one step. The receipt says `Done`, `AlreadyThere`, or `Conflict` with nothing changed.
    ///
    /// An error with [`BrokerError::retry_after`] may be tried again, with `resumed` set.
    fn apply<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt>;

    /// Whether the new access is as planned, and works as far as it can be tried. Only reads, unless a workload's token is
    /// given: then one short-lived credential is issued, tried and revoked.
    fn verify<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<Proof>>;

    /// Whether the old access has ended, rung by rung up to this level.
    fn prove<'a>(&'a self, work: &'a Work<'a>, level: EvidenceLevel) -> Answer<'a, Vec<Proof>>;

    /// Undoes one step; steps are undone from the last to the first. The receipt says `Undone` with what was removed, or
    /// `Conflict` when what is there is not ours.
    fn rollback<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt>;
}

/// True when the ladder shows that the old access ended: E2, E3 and E4 were all asked, and all hold.
pub fn is_proven(proofs: &[Proof]) -> bool {
    [EvidenceLevel::E2, EvidenceLevel::E3, EvidenceLevel::E4].into_iter().all(|level| {
        let mut asked = proofs.iter().filter(|proof| proof.level == level).peekable();
        asked.peek().is_some() && asked.all(|proof| proof.holds)
    })
}
