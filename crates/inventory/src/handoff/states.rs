//! The states of a migration: who may go where, and what must be true first.
//!
//! Which ways exist is a table of the database, `migration_transition`; what must be true is said here.

use tenure_model::{EvidenceLevel, MigrationState, Phase, Timestamp};

use super::{events, migrations};
use crate::column::{instant_text, word};
use crate::inventory::Tx;
use crate::{Inventory, InventoryError};

impl Inventory {
    /// Moves a migration from one state to another, if it is still in the first one.
    ///
    /// Beyond the ways that exist: `applied` and `cutover` need every step of their phase done, `cutover` an
    /// approval of its own, `proven` a control plane that says disabled and a refused login (levels E2 and E3)
    /// since the cut-over, and `rolled_back` nothing left to undo.
    ///
    /// # Errors
    /// When it is in another state, when there is no such way, or when something is missing.
    pub async fn set_state(
        &self,
        migration_id: &str,
        from: MigrationState,
        to: MigrationState,
        at: Timestamp,
    ) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        change(&mut tx, migration_id, from, to, at).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Changes the state and notes it in the chain.
pub(super) async fn change(
    tx: &mut Tx,
    migration_id: &str,
    from: MigrationState,
    to: MigrationState,
    at: Timestamp,
) -> Result<(), InventoryError> {
    let found = migrations::state_of(tx, migration_id).await?;
    if found != from {
        return Err(InventoryError::StateMoved { migration: migration_id.to_owned(), expected: from, found });
    }
    if let Some(because) = missing(tx, migration_id, from, to).await? {
        return Err(InventoryError::NoSuchTransition {
            migration: migration_id.to_owned(),
            from,
            to,
            because,
        });
    }
    sqlx::query("UPDATE migration SET state = ?, changed_at = ? WHERE id = ?")
        .bind(to.word())
        .bind(instant_text(at))
        .bind(migration_id)
        .execute(&mut **tx)
        .await?;
    if from == MigrationState::NeedsHuman {
        // Somebody looked: what stood in the way in that direction may be tried again.
        sqlx::query(
            "UPDATE step SET failures = 0, state = iif(state = 'conflict', 'failed', state)
             WHERE migration_id = ? AND undoing = ? AND state IN ('conflict', 'failed', 'claimed')",
        )
        .bind(migration_id)
        .bind(to == MigrationState::RollingBack)
        .execute(&mut **tx)
        .await?;
    }
    events::append(tx, migration_id, at, to.word(), &format!("was {}", from.word())).await?;
    Ok(())
}

/// What stands in the way, in words.
async fn missing(
    tx: &mut Tx,
    migration_id: &str,
    from: MigrationState,
    to: MigrationState,
) -> Result<Option<String>, InventoryError> {
    let way: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM migration_transition WHERE from_state = ? AND to_state = ?")
            .bind(from.word())
            .bind(to.word())
            .fetch_optional(&mut **tx)
            .await?;
    if way.is_none() {
        return Ok(Some("there is no such way".to_owned()));
    }
    match to {
        MigrationState::Approved => unapproved(tx, migration_id, Phase::Apply).await,
        MigrationState::Applied => unfinished(tx, migration_id, Phase::Apply).await,
        MigrationState::Cutover => match unapproved(tx, migration_id, Phase::Cutover).await? {
            None => unfinished(tx, migration_id, Phase::Cutover).await,
            because => Ok(because),
        },
        MigrationState::Proven => unproven(tx, migration_id).await,
        MigrationState::RolledBack => standing(tx, migration_id).await,
        _ => Ok(None),
    }
}

async fn unapproved(tx: &mut Tx, migration_id: &str, phase: Phase) -> Result<Option<String>, InventoryError> {
    let approved = migrations::is_approved(tx, migration_id, phase).await?;
    Ok((!approved).then(|| format!("nobody approved its {} steps", word(phase))))
}

async fn unfinished(tx: &mut Tx, migration_id: &str, phase: Phase) -> Result<Option<String>, InventoryError> {
    let open: Option<(i64, String)> = sqlx::query_as(
        "SELECT seq, state FROM step WHERE migration_id = ? AND phase = ? AND state NOT IN ('done', 'already_there')
         ORDER BY seq LIMIT 1",
    )
    .bind(migration_id)
    .bind(word(phase))
    .fetch_optional(&mut **tx)
    .await?;
    Ok(open.map(|(seq, state)| format!("step {seq} is {state}")))
}

/// The newest check of each level counts, and only those since the old access was cut off.
async fn unproven(tx: &mut Tx, migration_id: &str) -> Result<Option<String>, InventoryError> {
    let newest: Vec<(String, bool)> = sqlx::query_as(
        "SELECT p.level, p.holds FROM proof p JOIN migration m ON m.id = p.migration_id
         WHERE p.migration_id = ? AND p.proved_at >= m.changed_at
           AND p.seq = (SELECT max(seq) FROM proof q WHERE q.migration_id = p.migration_id AND q.level = p.level)",
    )
    .bind(migration_id)
    .fetch_all(&mut **tx)
    .await?;
    let holds =
        |level: EvidenceLevel| newest.iter().find(|(l, _)| *l == word(level)).map(|(_, holds)| *holds);
    for needed in [EvidenceLevel::E2, EvidenceLevel::E3] {
        match holds(needed) {
            Some(true) => {}
            Some(false) => {
                return Ok(Some(format!("the newest check of level {} does not hold", word(needed))));
            }
            None => return Ok(Some(format!("level {} was not checked since the cut-over", word(needed)))),
        }
    }
    if holds(EvidenceLevel::E4) == Some(false) {
        return Ok(Some("the old access still has a live session".to_owned()));
    }
    Ok(None)
}

/// A step that was done, or perhaps done, and not undone.
async fn standing(tx: &mut Tx, migration_id: &str) -> Result<Option<String>, InventoryError> {
    let standing: Option<(i64, String)> = sqlx::query_as(
        "SELECT seq, state FROM step WHERE migration_id = ?
           AND (undoing OR state NOT IN ('queued', 'conflict')) AND state <> 'undone' ORDER BY seq DESC LIMIT 1",
    )
    .bind(migration_id)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(standing.map(|(seq, state)| format!("step {seq} is {state}, not undone")))
}
