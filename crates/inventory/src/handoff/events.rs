//! The chain of events of a migration: append-only, each link hashed over the one before.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::{Event, Timestamp};

use crate::column::{instant, instant_text};
use crate::inventory::Tx;
use crate::{Inventory, InventoryError};

impl Inventory {
    /// Notes that something happened in a migration.
    ///
    /// # Errors
    /// When there is no such migration.
    pub async fn append_event(
        &self,
        migration_id: &str,
        at: Timestamp,
        kind: &str,
        detail: &str,
    ) -> Result<Event, InventoryError> {
        let mut tx = self.begin().await?;
        super::migrations::state_of(&mut tx, migration_id).await?;
        let event = append(&mut tx, migration_id, at, kind, detail).await?;
        tx.commit().await?;
        Ok(event)
    }
}

/// Adds the next link, in the same transaction as what it tells of.
pub(super) async fn append(
    tx: &mut Tx,
    migration_id: &str,
    at: Timestamp,
    kind: &str,
    detail: &str,
) -> Result<Event, InventoryError> {
    let last = sqlx::query("SELECT * FROM event WHERE migration_id = ? ORDER BY seq DESC LIMIT 1")
        .bind(migration_id)
        .fetch_optional(&mut **tx)
        .await?;
    let last = last.as_ref().map(event).transpose()?;
    let event = Event::chain(last.as_ref(), at, kind, detail);
    sqlx::query("INSERT INTO event (migration_id, seq, at, kind, detail, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(migration_id)
        .bind(i64::try_from(event.seq).map_err(|e| InventoryError::unreadable("event", e))?)
        .bind(instant_text(event.at))
        .bind(&event.kind)
        .bind(&event.detail)
        .bind(&event.previous)
        .bind(&event.hash)
        .execute(&mut **tx)
        .await?;
    Ok(event)
}

/// Reads a link out of its row.
pub(super) fn event(row: &SqliteRow) -> Result<Event, InventoryError> {
    let seq: i64 = row.try_get("seq")?;
    Ok(Event {
        seq: u64::try_from(seq).map_err(|e| InventoryError::unreadable("event", e))?,
        at: instant(row.try_get("at")?)?,
        kind: row.try_get("kind")?,
        detail: row.try_get("detail")?,
        previous: row.try_get("previous")?,
        hash: row.try_get("hash")?,
    })
}

/// Whether every link fits the one before it and carries its own hash.
pub(super) fn is_whole(events: &[Event]) -> bool {
    let mut before: Option<&Event> = None;
    for event in events {
        let expected = Event::chain(before, event.at, &event.kind, &event.detail);
        if *event != expected {
            return false;
        }
        before = Some(event);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_moved_or_missing_link_breaks_the_chain() {
        let mut chain: Vec<Event> = Vec::new();
        for n in 0..4 {
            let link =
                Event::chain(chain.last(), Timestamp::from_second(n).unwrap(), "step_done", &n.to_string());
            chain.push(link);
        }
        assert!(is_whole(&chain));
        let mut changed = chain.clone();
        changed[1].detail = "nothing".to_owned();
        let mut rehashed = changed.clone();
        rehashed[1].hash = rehashed[1].compute_hash();
        let mut moved = chain.clone();
        moved.swap(1, 2);
        let mut missing = chain.clone();
        missing.remove(0);
        for broken in [changed, rehashed, moved, missing] {
            assert!(!is_whole(&broken), "{broken:?}");
        }
    }
}
