//! The loop that joins broker and outbox: claim, ask, do, read back, record.
//!
//! A step's claim is on disk before anything is sent, its outcome after; whoever resumes asks the broker first.

use std::time::Duration;

use tenure_broker::{Broker, BrokerError, Keys, Work, is_proven};
use tenure_inventory::{ClaimedStep, Inventory, NextStep};
use tenure_model::{
    EvidenceLevel, HandoffPlan, MigrationState, MigrationStatus, Phase, Receipt, StepState, Timestamp,
};

use super::turn::Turn;
use super::{HandoffContext, load};
use crate::Failure;
use crate::brokers::open_broker;

/// Who holds a claim. The turn is exclusive, so an older claim of this name is a dead process's.
const WORKER: &str = "tenure";
/// Longer than any call to a broker may take.
const LEASE: Duration = Duration::from_secs(2 * tenure_broker::STEP_SECONDS_MAX);
/// How long after a worker's death its last request may still take effect at the broker: the answer "nothing is there"
/// counts only after that. A broker stops serving a connection that closed, so this is long.
const SETTLE: Duration = Duration::from_secs(1);
/// How often one run tries a step that fails for now.
const TRIES_MAX: u32 = 4;

/// A migration that is being worked on.
struct Driven<'a> {
    inventory: &'a Inventory,
    broker: Box<dyn Broker>,
    plan: HandoffPlan,
    keys: Keys,
    now: Timestamp,
}

impl<'a> Driven<'a> {
    async fn open(
        inventory: &'a Inventory,
        context: &HandoffContext,
        plan: HandoffPlan,
    ) -> Result<Driven<'a>, Failure> {
        let broker = open_broker(inventory, &plan.broker, context.token_file.as_deref()).await?;
        let keys = Keys::from_environment(&plan.intent)?;
        Ok(Driven { inventory, broker, plan, keys, now: context.now })
    }

    fn id(&self) -> &str {
        &self.plan.migration_id
    }

    async fn status(&self) -> Result<MigrationStatus, Failure> {
        Ok(self.inventory.status(self.id()).await?)
    }

    fn work<'w>(&'w self, receipts: &'w [Receipt], resumed: bool) -> Work<'w> {
        Work { plan: &self.plan, receipts, resumed, keys: &self.keys, now: self.now }
    }

    async fn set_state(&self, from: MigrationState, to: MigrationState) -> Result<(), Failure> {
        Ok(self.inventory.set_state(self.id(), from, to, self.now).await?)
    }

    /// Refuses when anything is not as the approved plan assumes. Only reads.
    async fn refuse_drift(&self) -> Result<(), Failure> {
        let receipts = self.status().await?.receipts;
        let drift = self.broker.drift(&self.work(&receipts, false)).await?;
        if drift.is_empty() {
            return Ok(());
        }
        let detail = drift.join("; ");
        self.inventory.append_event(self.id(), self.now, "drift", &detail).await?;
        Err(Failure::Broker {
            code: "drift",
            message: format!(
                "nothing was changed, because the broker is not as it was when the plan was approved: {detail}. Propose and approve anew"
            ),
        })
    }

    /// Does, or undoes, everything that the outbox hands out.
    async fn run(&self, way: Way) -> Result<(), Failure> {
        self.inventory.end_leases(self.id(), WORKER).await?;
        loop {
            let (now, until) = (Timestamp::now(), Timestamp::now() + LEASE);
            let next = match way {
                Way::Do(phase) => {
                    self.inventory.claim_next_step(self.id(), phase, WORKER, now, until).await?
                }
                Way::Undo => self.inventory.claim_next_undo(self.id(), WORKER, now, until).await?,
            };
            match next {
                NextStep::AllDone => return Ok(()),
                NextStep::Take(claimed) => self.take(&claimed, way).await?,
                NextStep::Busy { worker, until } => {
                    return Err(Failure::Usage(format!("{worker} is at it until {until}: try again then")));
                }
                NextStep::Blocked { seq, state } => return self.blocked(seq, state).await,
            }
        }
    }

    async fn take(&self, claimed: &ClaimedStep, way: Way) -> Result<(), Failure> {
        settle(claimed.write_at, Timestamp::now()).await;
        let receipts = self.status().await?.receipts;
        let work = self.work(&receipts, claimed.resumed);
        // What a cut-over step found at the target comes with its receipt: later steps and proofs read it there.
        if let Way::Do(Phase::Apply) = way {
            let live = self.broker.live(&work, &claimed.step).await?;
            let (seq, fence) = (claimed.step.seq, claimed.fence);
            self.inventory
                .record_before_write(self.id(), seq, fence, live.as_ref(), Timestamp::now())
                .await?;
        }
        let outcome = self.try_step(&work, claimed, way).await;
        let receipt = match outcome {
            Ok(receipt) => receipt,
            Err(error) => {
                let failed = Receipt {
                    seq: claimed.step.seq,
                    state: StepState::Failed,
                    pre_image: None,
                    readback_hash: None,
                    detail: error.to_string(),
                };
                self.inventory.record_outcome(self.id(), &failed, claimed.fence, Timestamp::now()).await?;
                return Err(error.into());
            }
        };
        Ok(self.inventory.record_outcome(self.id(), &receipt, claimed.fence, Timestamp::now()).await?)
    }

    async fn try_step(
        &self,
        work: &Work<'_>,
        claimed: &ClaimedStep,
        way: Way,
    ) -> Result<Receipt, BrokerError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let again = Work { resumed: work.resumed || tries > 1, ..*work };
            let outcome = match way {
                Way::Do(_) => self.broker.apply(&again, &claimed.step).await,
                Way::Undo => self.broker.rollback(&again, &claimed.step).await,
            };
            match outcome {
                Err(error) if tries < TRIES_MAX && error.retry_after().is_some() => {
                    tokio::time::sleep(error.retry_after().unwrap_or_default()).await;
                }
                other => return other,
            }
        }
    }

    async fn blocked(&self, seq: u32, state: StepState) -> Result<(), Failure> {
        let status = self.status().await?;
        let detail =
            status.receipts.iter().rev().find(|r| r.seq == seq).map(|r| r.detail.clone()).unwrap_or_default();
        if status.state != MigrationState::NeedsHuman {
            self.set_state(status.state, MigrationState::NeedsHuman).await?;
        }
        Err(Failure::Broker {
            code: "needs_human",
            message: format!(
                "step {seq} ended as {state:?}: {detail}. A person must look at it; `tenure handoff rollback` undoes what is ours"
            ),
        })
    }
}

/// Waits until a write that a dead worker was about to send has arrived, or never will.
async fn settle(write_at: Option<Timestamp>, now: Timestamp) {
    let Some(write_at) = write_at else { return };
    let since = Duration::try_from(now.duration_since(write_at)).unwrap_or_default();
    tokio::time::sleep(SETTLE.saturating_sub(since)).await;
}

/// Which way a migration goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    Do(Phase),
    Undo,
}

/// Does the approved steps of one half. A run that was killed goes on where it was.
///
/// # Errors
/// When the half is not approved, the broker has drifted (nothing is changed then), or a step fails.
pub async fn apply(
    context: &HandoffContext,
    migration: &str,
    phase: Phase,
) -> Result<MigrationStatus, Failure> {
    let turn = Turn::take(&context.store)?;
    let inventory = context.store.open_existing().await?;
    let (plan, state) = load(&inventory, migration).await?;
    let driven = Driven::open(&inventory, context, plan).await?;
    match (phase, state) {
        (Phase::Apply, MigrationState::Approved) => {
            driven.refuse_drift().await?;
            driven.set_state(MigrationState::Approved, MigrationState::Applying).await?;
        }
        (Phase::Apply, MigrationState::Applying) => {}
        (Phase::Apply, MigrationState::Draft) => return Err(unapproved(migration, "apply")),
        (Phase::Cutover, MigrationState::Verified) => driven.refuse_drift().await?,
        (Phase::Cutover, MigrationState::Applied) => {
            return Err(Failure::Usage(format!(
                "the new access is not verified yet: `tenure handoff verify {migration}` first"
            )));
        }
        // Asked again after it was done: nothing is left to do.
        (Phase::Apply, MigrationState::Applied | MigrationState::Verified)
        | (Phase::Cutover, MigrationState::Cutover) => {
            return driven.status().await;
        }
        (_, state) => {
            return Err(Failure::Usage(format!(
                "a migration that is {} has nothing to apply here",
                state.word()
            )));
        }
    }
    driven.run(Way::Do(phase)).await?;
    match phase {
        Phase::Apply => driven.set_state(MigrationState::Applying, MigrationState::Applied).await?,
        Phase::Cutover => driven.set_state(MigrationState::Verified, MigrationState::Cutover).await?,
    }
    let status = driven.status().await?;
    drop(turn);
    inventory.close().await?;
    Ok(status)
}

fn unapproved(migration: &str, half: &str) -> Failure {
    Failure::Usage(format!(
        "nobody approved this plan: `tenure handoff approve {migration} --by WHO --step {half}` first"
    ))
}

/// Before cut-over: whether the new access is as planned. After it: whether the old access has ended, up to `level`.
///
/// # Errors
/// When there is nothing to verify yet, or the broker or target cannot be asked.
pub async fn verify(
    context: &HandoffContext,
    migration: &str,
    level: EvidenceLevel,
) -> Result<MigrationStatus, Failure> {
    let turn = Turn::take(&context.store)?;
    let inventory = context.store.open_existing().await?;
    let (plan, state) = load(&inventory, migration).await?;
    let driven = Driven::open(&inventory, context, plan).await?;
    let receipts = driven.status().await?.receipts;
    let work = driven.work(&receipts, false);
    let proofs = match state {
        MigrationState::Applied | MigrationState::Verified => driven.broker.verify(&work).await?,
        MigrationState::Cutover | MigrationState::Proven => driven.broker.prove(&work, level).await?,
        other => {
            return Err(Failure::Usage(format!(
                "a migration that is {} has nothing to verify yet",
                other.word()
            )));
        }
    };
    for proof in &proofs {
        inventory.add_proof(migration, proof).await?;
    }
    let holds = !proofs.is_empty() && proofs.iter().all(|proof| proof.holds);
    match state {
        MigrationState::Applied if holds => {
            driven.set_state(state, MigrationState::Verified).await?;
        }
        MigrationState::Cutover if is_proven(&proofs) => {
            driven.set_state(state, MigrationState::Proven).await?;
        }
        _ => {}
    }
    let status = driven.status().await?;
    drop(turn);
    inventory.close().await?;
    Ok(status)
}

/// Undoes what was done, from the last step to the first, as far as it is ours.
///
/// # Errors
/// When there is nothing to undo, or something that is not ours stands in the way.
pub async fn rollback(context: &HandoffContext, migration: &str) -> Result<MigrationStatus, Failure> {
    let turn = Turn::take(&context.store)?;
    let inventory = context.store.open_existing().await?;
    let (plan, state) = load(&inventory, migration).await?;
    let driven = Driven::open(&inventory, context, plan).await?;
    match state {
        MigrationState::RollingBack => {}
        MigrationState::RolledBack => return driven.status().await,
        other => driven.set_state(other, MigrationState::RollingBack).await?,
    }
    driven.run(Way::Undo).await?;
    driven.set_state(MigrationState::RollingBack, MigrationState::RolledBack).await?;
    let status = driven.status().await?;
    drop(turn);
    inventory.close().await?;
    Ok(status)
}
