//! The inventory as the scan's memory: results of object stores, valid under one rule set and one key.

use tenure_inventory::{Inventory, KnownBlobs};
use tenure_model::Timestamp;
use tenure_scan::cache::{ResultCache, Settled, StoreResult};
use tokio::runtime::Handle;

/// Ends the name of the row that holds what a repository shows as a whole.
const SETTLED: &str = "\nsettled";

/// Bridges the scan's plain threads to the store.
pub(crate) struct InventoryCache {
    inventory: Inventory,
    ruleset: String,
    key_id: String,
    now: Timestamp,
    handle: Handle,
    keeps: bool,
}

impl InventoryCache {
    /// Must be made inside the runtime; used from threads outside of it. An inventory in memory `keeps` nothing.
    pub(crate) fn new(
        inventory: Inventory,
        ruleset: String,
        key_id: String,
        now: Timestamp,
        keeps: bool,
    ) -> Self {
        Self { inventory, ruleset, key_id, now, handle: Handle::current(), keeps }
    }
}

impl InventoryCache {
    fn row(&self, name: &str) -> Option<KnownBlobs> {
        if !self.keeps {
            return None;
        }
        let known = self.inventory.known_blobs(name, &self.ruleset, &self.key_id);
        self.handle.block_on(known).inspect_err(forget).ok().flatten()
    }

    fn keep(&self, name: &str, known: &KnownBlobs) {
        if !self.keeps {
            return;
        }
        let kept = self.inventory.remember_blobs(name, &self.ruleset, &self.key_id, known, self.now);
        let _ = self.handle.block_on(kept).inspect_err(forget);
    }
}

impl ResultCache for InventoryCache {
    fn keeps(&self) -> bool {
        self.keeps
    }

    fn known(&self, repository: &str) -> Option<StoreResult> {
        let known = self.row(repository)?;
        // A result that cannot be read back is no result: everything is read again.
        let hits = serde_json::from_slice(&known.hits).ok()?;
        Some(StoreResult { scanned: known.ids().to_vec(), hits })
    }

    fn remember(&self, repository: &str, result: StoreResult) {
        let Ok(hits) = serde_json::to_vec(&result.hits) else { return };
        self.keep(repository, &KnownBlobs::new(result.scanned, hits));
    }

    fn settled(&self, repository: &str) -> Option<Settled> {
        let row = self.row(&format!("{repository}{SETTLED}"))?;
        serde_json::from_slice(&row.hits).ok()
    }

    fn settle(&self, repository: &str, settled: &Settled) {
        let Ok(settled) = serde_json::to_vec(settled) else { return };
        self.keep(&format!("{repository}{SETTLED}"), &KnownBlobs::new(Vec::new(), settled));
    }
}

/// A cache that fails costs time, not results.
fn forget(error: &tenure_inventory::InventoryError) {
    tracing::warn!(code = error.code(), "the result cache could not be used");
}
