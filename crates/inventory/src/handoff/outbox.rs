//! The outbox: each step is handed out under a lease, and its outcome is taken only from who holds it.
//!
//! A step is *at least once*: whoever takes one that was handed out before asks the broker what is there first.
//! The number on the claim (its fence) grows each time, so a worker that slept past its lease cannot report.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::{MigrationState, Phase, Receipt, Step, StepState, Timestamp};

use super::{events, migrations};
use crate::column::{from_word, instant_or_none, instant_text, json, noun, word};
use crate::inventory::Tx;
use crate::{Inventory, InventoryError};

/// How often a step may be reported as failed before a person must look. A worker that died reported nothing.
pub const FAILURES_MAX: u32 = 5;

/// A step that was handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedStep {
    /// What to do, or to undo.
    pub step: Step,
    /// Names this very change, for brokers that remember names.
    pub idem_key: String,
    /// Hand this back with the outcome.
    pub fence: u64,
    /// How often it was handed out in this direction, this time included.
    pub attempt: u32,
    /// True when it was handed out before and no outcome is known: ask the broker before writing.
    pub resumed: bool,
    /// What was there before the first write, once it was recorded: `Some(None)` = nothing was there.
    pub pre_image: Option<Option<serde_json::Value>>,
    /// When an earlier worker was about to send a write whose outcome nobody knows: it may still be on its way.
    pub write_at: Option<Timestamp>,
}

/// The answer to "what is to be done now?"
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // one at a time, never in a list
pub enum NextStep {
    /// This; it is yours until the lease ends.
    Take(ClaimedStep),
    /// Somebody else is at it until then.
    Busy {
        /// Who; see [`Inventory::end_leases`] when that is known to be dead.
        worker: String,
        /// End of the other's lease.
        until: Timestamp,
    },
    /// A step stands in the way, and a person must look at it.
    Blocked {
        /// The step.
        seq: u32,
        /// How it ended.
        state: StepState,
    },
    /// Nothing is left.
    AllDone,
}

/// Which way a migration is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Do,
    Undo,
}

/// A step as the outbox knows it.
struct Entry {
    seq: u32,
    state: StepState,
    idem_key: String,
    undoing: bool,
    attempt: u32,
    failures: u32,
    fence: i64,
    worker: Option<String>,
    lease_until: Option<Timestamp>,
    pre_image: Option<Option<serde_json::Value>>,
    write_at: Option<Timestamp>,
}

impl Inventory {
    /// Hands out the next step of a phase, in order. The claim is on disk before this returns.
    ///
    /// Steps of `apply` are handed out while the migration is `applying`, those of `cutover` while it is
    /// `verified` and its cut-over is approved.
    ///
    /// # Errors
    /// When the migration is in another state, the phase is not approved, or the lease is over at once.
    pub async fn claim_next_step(
        &self,
        migration_id: &str,
        phase: Phase,
        worker: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<NextStep, InventoryError> {
        let expected = match phase {
            Phase::Apply => MigrationState::Applying,
            Phase::Cutover => MigrationState::Verified,
        };
        let mut tx = self.begin().await?;
        require_state(&mut tx, migration_id, expected).await?;
        if !migrations::is_approved(&mut tx, migration_id, phase).await? {
            return Err(InventoryError::NotApproved {
                migration: migration_id.to_owned(),
                phase: word(phase),
            });
        }
        let entries = entries(&mut tx, migration_id, Some(phase)).await?;
        let finished = |e: &Entry| matches!(e.state, StepState::Done | StepState::AlreadyThere);
        let next = entries.into_iter().find(|entry| !finished(entry));
        hand_out(tx, migration_id, next, Direction::Do, worker, now, lease_until).await
    }

    /// Hands out the next step to undo, last one first, while the migration is `rolling_back`. Steps that were
    /// never begun, or that changed nothing because something else was there, are left out; a step whose outcome
    /// is not known is undone too.
    ///
    /// # Errors
    /// When the migration is in another state, or the lease is over at once.
    pub async fn claim_next_undo(
        &self,
        migration_id: &str,
        worker: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<NextStep, InventoryError> {
        let mut tx = self.begin().await?;
        require_state(&mut tx, migration_id, MigrationState::RollingBack).await?;
        let entries = entries(&mut tx, migration_id, None).await?;
        let untouched =
            |e: &Entry| e.state == StepState::Queued || (e.state == StepState::Conflict && !e.undoing);
        let next = entries.into_iter().rev().find(|e| e.state != StepState::Undone && !untouched(e));
        hand_out(tx, migration_id, next, Direction::Undo, worker, now, lease_until).await
    }

    /// Keeps what was there before a step's first write, so that it can be put back even when the worker dies
    /// right after writing, and that a write is about to be sent. What was there first stays; the instant is the
    /// newest.
    ///
    /// # Errors
    /// When the claim is no longer held.
    pub async fn record_before_write(
        &self,
        migration_id: &str,
        seq: u32,
        fence: u64,
        pre_image: Option<&serde_json::Value>,
        at: Timestamp,
    ) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        require_claim(&mut tx, migration_id, seq, fence).await?;
        keep_pre_image(&mut tx, migration_id, seq, pre_image).await?;
        sqlx::query("UPDATE step SET write_at = ? WHERE migration_id = ? AND seq = ?")
            .bind(instant_text(at))
            .bind(migration_id)
            .bind(seq)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends the leases of a worker that is known to be dead, so that nobody waits for them. Should it live after
    /// all, its outcome is refused as soon as the step is handed out again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_leases(&self, migration_id: &str, worker: &str) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE step SET lease_until = NULL WHERE migration_id = ? AND worker = ? AND state = 'claimed'",
        )
        .bind(migration_id)
        .bind(worker)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the outcome of a step, done or undone, and notes it in the chain of events.
    ///
    /// # Errors
    /// When the claim is no longer held: somebody else has the step, or its outcome is known.
    pub async fn record_outcome(
        &self,
        migration_id: &str,
        receipt: &Receipt,
        fence: u64,
        at: Timestamp,
    ) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        let undoing = require_claim(&mut tx, migration_id, receipt.seq, fence).await?;
        if matches!(receipt.state, StepState::Queued | StepState::Claimed) {
            return Err(InventoryError::unreadable("outcome", "a step is not over yet"));
        }
        let ends_well = |state| if undoing { state == StepState::Undone } else { state != StepState::Undone };
        let failed = matches!(receipt.state, StepState::Failed | StepState::Conflict);
        if !failed && !ends_well(receipt.state) {
            return Err(InventoryError::unreadable("outcome", "done and undone are mixed up"));
        }
        // What is found there on a second look may be our own first write; only a first write has a before.
        if receipt.state == StepState::Done {
            keep_pre_image(&mut tx, migration_id, receipt.seq, receipt.pre_image.as_ref()).await?;
        }
        sqlx::query(
            "UPDATE step SET state = ?, receipt = ?, failures = failures + ?, worker = NULL, lease_until = NULL
             WHERE migration_id = ? AND seq = ?",
        )
        .bind(word(receipt.state))
        .bind(json(&Receipt { pre_image: None, ..receipt.clone() }))
        .bind(receipt.state == StepState::Failed)
        .bind(migration_id)
        .bind(receipt.seq)
        .execute(&mut *tx)
        .await?;
        let verb = if undoing && failed { "undo" } else { "step" };
        let kind = format!("{verb}_{}", word(receipt.state));
        let hash = receipt.readback_hash.as_deref().unwrap_or("none");
        let detail = format!("step {}: {} (read back {hash})", receipt.seq, receipt.detail);
        events::append(&mut tx, migration_id, at, &kind, &detail).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn require_state(
    tx: &mut Tx,
    migration_id: &str,
    expected: MigrationState,
) -> Result<(), InventoryError> {
    let found = migrations::state_of(tx, migration_id).await?;
    if found != expected {
        return Err(InventoryError::StateMoved { migration: migration_id.to_owned(), expected, found });
    }
    Ok(())
}

async fn entries(
    tx: &mut Tx,
    migration_id: &str,
    phase: Option<Phase>,
) -> Result<Vec<Entry>, InventoryError> {
    let rows =
        sqlx::query("SELECT * FROM step WHERE migration_id = ?1 AND (?2 IS NULL OR phase = ?2) ORDER BY seq")
            .bind(migration_id)
            .bind(phase.map(word))
            .fetch_all(&mut **tx)
            .await?;
    let entry = |row: &SqliteRow| {
        Ok(Entry {
            seq: row.try_get("seq")?,
            state: from_word("state of a step", row.try_get("state")?)?,
            idem_key: row.try_get("idem_key")?,
            undoing: row.try_get("undoing")?,
            attempt: row.try_get("attempt")?,
            failures: row.try_get("failures")?,
            fence: row.try_get("fence")?,
            worker: row.try_get("worker")?,
            lease_until: instant_or_none(row.try_get("lease_until")?)?,
            pre_image: row
                .try_get::<Option<&str>, _>("pre_image")?
                .map(|text| noun("pre-image", text))
                .transpose()?,
            write_at: instant_or_none(row.try_get("write_at")?)?,
        })
    };
    rows.iter().map(entry).collect()
}

/// Decides whether a step can be had, and writes the claim.
async fn hand_out(
    mut tx: Tx,
    migration_id: &str,
    next: Option<Entry>,
    direction: Direction,
    worker: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<NextStep, InventoryError> {
    if lease_until <= now {
        return Err(InventoryError::LeaseTooShort { until: lease_until });
    }
    let Some(entry) = next else { return Ok(NextStep::AllDone) };
    if let Some(until) = entry.lease_until.filter(|until| entry.state == StepState::Claimed && *until > now) {
        return Ok(NextStep::Busy { worker: entry.worker.unwrap_or_default(), until });
    }
    let undo = direction == Direction::Undo;
    let (attempt, failures) = if entry.undoing == undo { (entry.attempt, entry.failures) } else { (0, 0) };
    let refused = entry.undoing == undo && entry.state == StepState::Conflict;
    if refused || entry.state == StepState::Undone || failures >= FAILURES_MAX {
        return Ok(NextStep::Blocked { seq: entry.seq, state: entry.state });
    }
    let (plan, stored): (String, String) =
        sqlx::query_as("SELECT plan, plan_sha256 FROM migration WHERE id = ?")
            .bind(migration_id)
            .fetch_one(&mut *tx)
            .await?;
    let plan = migrations::checked_plan(migration_id, &plan, &stored)?;
    let step = plan.steps.into_iter().find(|step| step.seq == entry.seq);
    let step =
        step.ok_or_else(|| InventoryError::unreadable("plan", format!("it has no step {}", entry.seq)))?;
    let fence = entry.fence + 1;
    sqlx::query(
        "UPDATE step SET state = 'claimed', undoing = ?, attempt = ?, failures = ?, fence = ?, worker = ?, lease_until = ?
         WHERE migration_id = ? AND seq = ?",
    )
    .bind(undo)
    .bind(attempt + 1)
    .bind(failures)
    .bind(fence)
    .bind(worker)
    .bind(instant_text(lease_until))
    .bind(migration_id)
    .bind(entry.seq)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let resumed = entry.state == StepState::Claimed;
    Ok(NextStep::Take(ClaimedStep {
        step,
        idem_key: entry.idem_key,
        fence: u64::try_from(fence).map_err(|e| InventoryError::unreadable("fence", e))?,
        attempt: attempt + 1,
        resumed,
        pre_image: entry.pre_image,
        write_at: entry.write_at.filter(|_| resumed),
    }))
}

/// Whether the step is held under this number; the answer is whether it is being undone.
async fn require_claim(
    tx: &mut Tx,
    migration_id: &str,
    seq: u32,
    fence: u64,
) -> Result<bool, InventoryError> {
    let held: Option<bool> = sqlx::query_scalar(
        "SELECT undoing FROM step WHERE migration_id = ? AND seq = ? AND state = 'claimed' AND fence = ?",
    )
    .bind(migration_id)
    .bind(seq)
    .bind(i64::try_from(fence).unwrap_or(i64::MAX))
    .fetch_optional(&mut **tx)
    .await?;
    held.ok_or_else(|| InventoryError::StaleFence { migration: migration_id.to_owned(), seq, fence })
}

async fn keep_pre_image(
    tx: &mut Tx,
    migration_id: &str,
    seq: u32,
    pre_image: Option<&serde_json::Value>,
) -> Result<(), InventoryError> {
    sqlx::query("UPDATE step SET pre_image = ? WHERE migration_id = ? AND seq = ? AND pre_image IS NULL")
        .bind(json(&pre_image))
        .bind(migration_id)
        .bind(seq)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
