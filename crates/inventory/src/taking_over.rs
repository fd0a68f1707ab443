//! A scan that finds its roots as an earlier one left them takes over what that one saw.

use sqlx::Row as _;
use tenure_model::Counts;

use crate::column::{json, noun};
use crate::scan::scan_seq;
use crate::{Inventory, InventoryError};

/// What an earlier scan said of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenOver {
    /// What it read.
    pub counts: Counts,
    /// Every input was fully read.
    pub complete: bool,
    /// Roots that were read to their end.
    pub roots_read: Vec<String>,
    /// No other scan ran between: identities are told as they are.
    pub is_next: bool,
}

impl Inventory {
    /// Lets the scan `scan_id`, which has written nothing, see all that the scan `earlier` saw. Its end is still to be told
    /// with [`Inventory::finish_scan`].
    ///
    /// `None`, and nothing is changed, when that cannot be said any more: the earlier scan is not there or did not come to
    /// its end, its details are forgotten, or another scan has looked at one of the roots since.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn take_over(&self, scan_id: &str, earlier: &str) -> Result<Option<TakenOver>, InventoryError> {
        let mut tx = self.begin().await?;
        let (scan, reach) = scan_seq(&mut tx, scan_id).await?;
        let row = sqlx::query(
            "SELECT seq, counts, complete, (SELECT max(seq) FROM scan WHERE seq < ?1) = seq FROM scan
             WHERE id = ?2 AND seq < ?1 AND reach = ?3 AND finished_at IS NOT NULL AND NOT cancelled
               AND (SELECT json_group_array(root) FROM (SELECT root FROM scan_root WHERE scan = ?1 ORDER BY ordinal))
                 = (SELECT json_group_array(root) FROM (SELECT root FROM scan_root WHERE scan = scan.seq ORDER BY ordinal))
               AND NOT EXISTS (SELECT 1 FROM scan_root r WHERE r.scan > scan.seq AND r.scan <> ?1
                               AND r.root IN (SELECT root FROM scan_root WHERE scan = ?1))",
        )
        .bind(scan)
        .bind(earlier)
        .bind(reach)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let before: i64 = row.try_get(0)?;
        if crate::scan::is_forgotten(before, scan) {
            return Ok(None);
        }
        let roots_read = sqlx::query_scalar("SELECT root FROM scan_root WHERE scan = ? AND is_read")
            .bind(before)
            .fetch_all(&mut *tx)
            .await?;
        for statement in [
            "UPDATE finding SET last_scan = ?1 WHERE last_scan = ?2 AND origin = 'scan' AND gone_at IS NULL",
            "UPDATE evidence SET last_scan = ?1 WHERE last_scan = ?2 AND gone_at IS NULL",
            "UPDATE owner_rule SET last_scan = ?1 WHERE last_scan = ?2",
            "UPDATE authorship SET last_scan = ?1 WHERE last_scan = ?2",
            "INSERT INTO unread (scan, path, state, reason, detail)
               SELECT ?1, path, state, reason, detail FROM unread WHERE scan = ?2",
        ] {
            sqlx::query(statement).bind(scan).bind(before).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let taken = TakenOver {
            counts: noun("count", row.try_get(1)?)?,
            complete: row.try_get(2)?,
            roots_read,
            is_next: row.try_get(3)?,
        };
        tracing::debug!(counts = json(&taken.counts), "nothing has changed since the earlier scan");
        Ok(Some(taken))
    }
}
