//! Results of blobs that were judged before, so that the next scan reads only what is new.

use tenure_model::Timestamp;

use crate::column::instant_text;
use crate::{Inventory, InventoryError};

/// Bytes of an object id.
const OID_BYTES: usize = 20;
/// Blobs of one object store whose results are kept: 100 MB of ids. A larger store is judged anew each time.
pub const KNOWN_BLOBS_MAX: usize = 5_000_000;

/// What is known of one object store under one set of rules and one fingerprint key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownBlobs {
    oids: Vec<u8>,
    /// What was found in them, in a form that only the scan stage reads.
    pub hits: Vec<u8>,
}

impl KnownBlobs {
    /// Takes the ids of every judged blob, in any order, and what was found in them.
    pub fn new(mut oids: Vec<[u8; OID_BYTES]>, hits: Vec<u8>) -> KnownBlobs {
        oids.sort_unstable();
        oids.dedup();
        KnownBlobs { oids: oids.into_flattened(), hits }
    }

    /// Whether a blob was judged.
    pub fn contains(&self, oid: &[u8; OID_BYTES]) -> bool {
        self.ids().binary_search(oid).is_ok()
    }

    /// Every judged blob, in order.
    pub fn ids(&self) -> &[[u8; OID_BYTES]] {
        self.oids.as_chunks().0
    }
}

impl Inventory {
    /// What is known of an object store; `None` when it was never read under these rules and this key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn known_blobs(
        &self,
        store_key: &str,
        ruleset: &str,
        key_id: &str,
    ) -> Result<Option<KnownBlobs>, InventoryError> {
        let row: Option<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT scanned_oids, hits FROM blob_result WHERE store_key = ? AND ruleset = ? AND key_id = ?",
        )
        .bind(store_key)
        .bind(ruleset)
        .bind(key_id)
        .fetch_optional(self.reader())
        .await?;
        Ok(row.map(|(oids, hits)| KnownBlobs { oids, hits }))
    }

    /// Keeps what is known of an object store, in place of what was. The result of a store with more than
    /// [`KNOWN_BLOBS_MAX`] blobs is not kept, and the answer is `false`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remember_blobs(
        &self,
        store_key: &str,
        ruleset: &str,
        key_id: &str,
        known: &KnownBlobs,
        at: Timestamp,
    ) -> Result<bool, InventoryError> {
        if known.ids().len() > KNOWN_BLOBS_MAX {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO blob_result (store_key, ruleset, key_id, scanned_oids, hits, stored_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (store_key) DO UPDATE SET ruleset = excluded.ruleset, key_id = excluded.key_id,
               scanned_oids = excluded.scanned_oids, hits = excluded.hits, stored_at = excluded.stored_at",
        )
        .bind(store_key)
        .bind(ruleset)
        .bind(key_id)
        .bind(known.oids.as_slice())
        .bind(known.hits.as_slice())
        .bind(instant_text(at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_any_order() {
        let known = KnownBlobs::new(vec![[3; 20], [1; 20], [3; 20]], Vec::new());
        assert_eq!(known.ids(), [[1; 20], [3; 20]]);
        assert!(known.contains(&[1; 20]) && !known.contains(&[2; 20]));
    }
}
