//! Migrations: the plan that was proposed, who approved it, what proves it, where it stands.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::{
    HandoffPlan, MigrationState, MigrationStatus, Phase, Proof, Receipt, StepState, Timestamp, canonical_json,
};

use super::events::{append, event, is_whole};
use super::states;
use crate::column::{from_word, instant, instant_text, noun, word};
use crate::inventory::Tx;
use crate::{Inventory, InventoryError};

/// One line about a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationBrief {
    /// Given once.
    pub id: String,
    /// The identity, under the id that it had then.
    pub identity_id: String,
    /// Name of the broker connection.
    pub broker: String,
    /// Where it stands.
    pub state: MigrationState,
    /// When it was proposed.
    pub created_at: Timestamp,
}

impl Inventory {
    /// Keeps a proposed plan, in state `draft`; from now on it cannot change. Returns the hash that approvals
    /// are bound to.
    ///
    /// # Errors
    /// When there is a migration with this id.
    pub async fn create_migration(
        &self,
        plan: &HandoffPlan,
        at: Timestamp,
    ) -> Result<String, InventoryError> {
        let sha256 = plan.sha256();
        let id = &plan.migration_id;
        let body = serde_json::to_value(plan).map_err(|e| InventoryError::unreadable("plan", e))?;
        let mut tx = self.begin().await?;
        let taken: Option<i64> = sqlx::query_scalar("SELECT 1 FROM migration WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            return Err(InventoryError::Exists { what: "migration", name: id.clone() });
        }
        sqlx::query(
            "INSERT INTO migration (id, identity_id, broker, plan, plan_sha256, state, created_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'draft', ?6, ?6)",
        )
        .bind(id)
        .bind(&plan.identity_id)
        .bind(&plan.broker)
        .bind(canonical_json(&body))
        .bind(&sha256)
        .bind(instant_text(at))
        .execute(&mut *tx)
        .await?;
        for step in &plan.steps {
            sqlx::query("INSERT INTO step (migration_id, seq, phase, idem_key) VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(step.seq)
                .bind(word(step.phase))
                .bind(idem_key(id, &sha256, step.seq))
                .execute(&mut *tx)
                .await?;
        }
        append(&mut tx, id, at, "proposed", &format!("plan {sha256}, {} steps", plan.steps.len())).await?;
        tx.commit().await?;
        Ok(sha256)
    }

    /// The plan of a migration, as it was proposed.
    ///
    /// # Errors
    /// When there is no such migration, or what is stored is not the plan that was proposed.
    pub async fn handoff_plan(&self, migration_id: &str) -> Result<HandoffPlan, InventoryError> {
        let (plan, stored): (String, String) =
            sqlx::query_as("SELECT plan, plan_sha256 FROM migration WHERE id = ?")
                .bind(migration_id)
                .fetch_optional(self.reader())
                .await?
                .ok_or_else(|| InventoryError::unknown("migration", migration_id))?;
        checked_plan(migration_id, &plan, &stored)
    }

    /// Notes that somebody approved one phase of a plan; approving `apply` takes a draft to `approved`.
    ///
    /// # Errors
    /// When the hash is not that of the proposed plan, or when the migration is past that phase.
    pub async fn approve(
        &self,
        migration_id: &str,
        who: &str,
        phase: Phase,
        plan_sha256: &str,
        at: Timestamp,
    ) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        let state = state_of(&mut tx, migration_id).await?;
        let stored: String = sqlx::query_scalar("SELECT plan_sha256 FROM migration WHERE id = ?")
            .bind(migration_id)
            .fetch_one(&mut *tx)
            .await?;
        if stored != plan_sha256 {
            return Err(InventoryError::PlanDiffers {
                migration: migration_id.to_owned(),
                stored,
                given: plan_sha256.to_owned(),
            });
        }
        let over = |to| InventoryError::NoSuchTransition {
            migration: migration_id.to_owned(),
            from: state,
            to,
            because: "it is too late to approve that".to_owned(),
        };
        match (phase, state) {
            (Phase::Apply, MigrationState::Draft | MigrationState::Approved) => {}
            (Phase::Apply, _) => return Err(over(MigrationState::Approved)),
            (
                Phase::Cutover,
                MigrationState::Cutover
                | MigrationState::Proven
                | MigrationState::RollingBack
                | MigrationState::RolledBack,
            ) => return Err(over(MigrationState::Cutover)),
            (Phase::Cutover, _) => {}
        }
        sqlx::query(
            "INSERT INTO approval (migration_id, phase, approver, plan_sha256, approved_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(migration_id)
        .bind(word(phase))
        .bind(who)
        .bind(plan_sha256)
        .bind(instant_text(at))
        .execute(&mut *tx)
        .await?;
        append(
            &mut tx,
            migration_id,
            at,
            "approval",
            &format!("{} by {who}, plan {plan_sha256}", word(phase)),
        )
        .await?;
        if phase == Phase::Apply && state == MigrationState::Draft {
            states::change(&mut tx, migration_id, state, MigrationState::Approved, at).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Keeps the result of a check that the old access ended.
    ///
    /// # Errors
    /// When there is no such migration.
    pub async fn add_proof(&self, migration_id: &str, proof: &Proof) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        state_of(&mut tx, migration_id).await?;
        sqlx::query(
            "INSERT INTO proof (migration_id, level, holds, detail, proved_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(migration_id)
        .bind(word(proof.level))
        .bind(proof.holds)
        .bind(&proof.detail)
        .bind(instant_text(proof.at))
        .execute(&mut *tx)
        .await?;
        let verdict = if proof.holds { "holds" } else { "does not hold" };
        let detail = format!("{} {verdict}: {}", word(proof.level), proof.detail);
        append(&mut tx, migration_id, proof.at, "proof", &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every migration, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn migrations(&self) -> Result<Vec<MigrationBrief>, InventoryError> {
        let rows = sqlx::query("SELECT * FROM migration ORDER BY created_at DESC, id")
            .fetch_all(self.reader())
            .await?;
        let brief = |row: &SqliteRow| {
            Ok(MigrationBrief {
                id: row.try_get("id")?,
                identity_id: row.try_get("identity_id")?,
                broker: row.try_get("broker")?,
                state: from_word("state of a migration", row.try_get("state")?)?,
                created_at: instant(row.try_get("created_at")?)?,
            })
        };
        rows.iter().map(brief).collect()
    }

    /// Where a migration stands, with everything that happened; the chain of events is checked.
    ///
    /// # Errors
    /// When there is no such migration, or what is stored is not the plan that was proposed.
    pub async fn status(&self, migration_id: &str) -> Result<MigrationStatus, InventoryError> {
        // One transaction, so that all parts speak of the same moment.
        let mut tx: Tx = self.reader().begin().await?;
        let row = sqlx::query("SELECT * FROM migration WHERE id = ?")
            .bind(migration_id)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| InventoryError::unknown("migration", migration_id))?;
        let plan_sha256: String = row.try_get("plan_sha256")?;
        let plan = checked_plan(migration_id, row.try_get("plan")?, &plan_sha256)?;
        let approvals =
            sqlx::query_as("SELECT phase, approver FROM approval WHERE migration_id = ? ORDER BY seq")
                .bind(migration_id)
                .fetch_all(&mut *tx)
                .await?;
        let events = sqlx::query("SELECT * FROM event WHERE migration_id = ? ORDER BY seq")
            .bind(migration_id)
            .fetch_all(&mut *tx)
            .await?;
        let events = events.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        Ok(MigrationStatus {
            migration_id: plan.migration_id,
            identity_id: plan.identity_id,
            broker: plan.broker,
            state: from_word("state of a migration", row.try_get("state")?)?,
            plan_sha256,
            steps: plan.steps,
            receipts: receipts(&mut tx, migration_id).await?,
            approvals,
            proofs: proofs(&mut tx, migration_id).await?,
            chain_whole: is_whole(&events),
            events,
        })
    }
}

/// Names one change for ever: the same step of the same plan has the same name.
fn idem_key(migration_id: &str, plan_sha256: &str, seq: u32) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [migration_id, plan_sha256] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&seq.to_le_bytes());
    tenure_model::hex(&hasher.finalize().as_bytes()[..16])
}

/// Reads a plan back, and does not trust the file that it lay in.
pub(super) fn checked_plan(
    migration_id: &str,
    text: &str,
    stored: &str,
) -> Result<HandoffPlan, InventoryError> {
    let plan: HandoffPlan = noun("plan", text)?;
    let given = plan.sha256();
    if given != stored {
        return Err(InventoryError::PlanDiffers {
            migration: migration_id.to_owned(),
            stored: stored.to_owned(),
            given,
        });
    }
    Ok(plan)
}

pub(super) async fn state_of(tx: &mut Tx, migration_id: &str) -> Result<MigrationState, InventoryError> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM migration WHERE id = ?")
        .bind(migration_id)
        .fetch_optional(&mut **tx)
        .await?;
    from_word(
        "state of a migration",
        &state.ok_or_else(|| InventoryError::unknown("migration", migration_id))?,
    )
}

pub(super) async fn is_approved(
    tx: &mut Tx,
    migration_id: &str,
    phase: Phase,
) -> Result<bool, InventoryError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM approval WHERE migration_id = ? AND phase = ?)")
        .bind(migration_id)
        .bind(word(phase))
        .fetch_one(&mut **tx)
        .await?)
}

/// The newest answer to each step that has one; a step that is under way says so.
async fn receipts(tx: &mut Tx, migration_id: &str) -> Result<Vec<Receipt>, InventoryError> {
    let rows =
        sqlx::query("SELECT seq, state, receipt, pre_image FROM step WHERE migration_id = ? ORDER BY seq")
            .bind(migration_id)
            .fetch_all(&mut **tx)
            .await?;
    let mut receipts = Vec::new();
    for row in &rows {
        let state: StepState = from_word("state of a step", row.try_get("state")?)?;
        let answer: Option<&str> = row.try_get("receipt")?;
        let mut receipt = match (answer, state) {
            (None, StepState::Queued) => continue,
            (None, _) => Receipt {
                seq: row.try_get("seq")?,
                state,
                pre_image: None,
                readback_hash: None,
                detail: "handed out; an outcome is not yet known".to_owned(),
            },
            (Some(text), _) => noun("receipt", text)?,
        };
        receipt.state = state;
        if let Some(before) = row.try_get::<Option<&str>, _>("pre_image")? {
            receipt.pre_image = noun("pre-image", before)?;
        }
        receipts.push(receipt);
    }
    Ok(receipts)
}

async fn proofs(tx: &mut Tx, migration_id: &str) -> Result<Vec<Proof>, InventoryError> {
    let rows = sqlx::query("SELECT * FROM proof WHERE migration_id = ? ORDER BY seq")
        .bind(migration_id)
        .fetch_all(&mut **tx)
        .await?;
    let proof = |row: &SqliteRow| {
        Ok(Proof {
            level: from_word("level of evidence", row.try_get("level")?)?,
            holds: row.try_get("holds")?,
            detail: row.try_get("detail")?,
            at: instant(row.try_get("proved_at")?)?,
        })
    };
    rows.iter().map(proof).collect()
}
