//! The inventory as the scan's memory: results of object stores and of whole scans, valid under one rule set and one key.

use serde::{Deserialize, Serialize};
use tenure_inventory::{Inventory, InventoryError, KnownBlobs, ScanStart};
use tenure_model::Counts;
use tenure_scan::cache::{ResultCache, Settled, StoreResult};
use tenure_scan::{RootsState, ScanOutcome, Unchanged};
use tokio::runtime::Handle;

/// Ends the name of the row that holds what a repository shows as a whole.
const SETTLED: &str = "\nsettled";

/// Ends the name of the row that holds how some roots were at the last scan of just these.
const ROOTS: &str = "\nroots";

/// Bridges the scan's plain threads to the store.
#[derive(Clone)]
pub(crate) struct InventoryCache {
    inventory: Inventory,
    scan: ScanStart,
    handle: Handle,
    keeps: bool,
}

/// How roots were before a scan read them, with what the inventory does not know of that scan.
#[derive(Debug, Serialize, Deserialize)]
struct Left {
    state: RootsState,
    /// Id of the scan.
    scan: String,
    /// Files called like a configuration that it met, by root.
    configurations: Vec<(String, String)>,
}

impl InventoryCache {
    /// Must be made inside the runtime; used from threads outside of it. An inventory in memory `keeps` nothing.
    pub(crate) fn new(inventory: Inventory, scan: ScanStart, keeps: bool) -> Self {
        Self { inventory, scan, handle: Handle::current(), keeps }
    }

    /// Remembers how the roots were, once everything that the scan saw there is kept and told.
    pub(crate) async fn leave(&self, outcome: &ScanOutcome) {
        let Some(state) = outcome.state.filter(|_| self.keeps) else { return };
        let configurations = outcome.configurations.clone();
        let left = Left { state, scan: self.scan.id.clone(), configurations };
        if let Ok(left) = serde_json::to_vec(&left) {
            let _ =
                self.keep(&self.roots_row(), &KnownBlobs::new(Vec::new(), left)).await.inspect_err(forget);
        }
    }

    fn roots_row(&self) -> String {
        // A path holds no zero byte.
        format!("{}{ROOTS}", self.scan.roots.join("\0"))
    }
}

impl InventoryCache {
    fn row(&self, name: &str) -> Option<KnownBlobs> {
        if !self.keeps {
            return None;
        }
        let known = self.inventory.known_blobs(name, &self.scan.ruleset, &self.scan.key_id);
        self.handle.block_on(known).inspect_err(forget).ok().flatten()
    }

    async fn keep(&self, name: &str, known: &KnownBlobs) -> Result<bool, InventoryError> {
        let ScanStart { ruleset, key_id, started_at, .. } = &self.scan;
        self.inventory.remember_blobs(name, ruleset, key_id, known, *started_at).await
    }

    fn keep_from_thread(&self, name: &str, known: &KnownBlobs) {
        if self.keeps {
            let _ = self.handle.block_on(self.keep(name, known)).inspect_err(forget);
        }
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
        self.keep_from_thread(repository, &KnownBlobs::new(result.scanned, hits));
    }

    fn settled(&self, repository: &str) -> Option<Settled> {
        let row = self.row(&format!("{repository}{SETTLED}"))?;
        serde_json::from_slice(&row.hits).ok()
    }

    fn settle(&self, repository: &str, settled: &Settled) {
        let Ok(settled) = serde_json::to_vec(settled) else { return };
        self.keep_from_thread(&format!("{repository}{SETTLED}"), &KnownBlobs::new(Vec::new(), settled));
    }

    fn take_over(&self, state: &RootsState) -> Option<ScanOutcome> {
        let row = self.row(&self.roots_row())?;
        let left: Left = serde_json::from_slice(&row.hits).ok()?;
        if left.state != *state {
            return None;
        }
        let taken = self.inventory.take_over(&self.scan.id, &left.scan);
        let taken = self.handle.block_on(taken).inspect_err(forget).ok().flatten()?;
        Some(ScanOutcome {
            counts: Counts { cached_blobs: taken.counts.blobs, ..taken.counts },
            complete_roots: taken.roots_read,
            complete: taken.complete,
            configurations: left.configurations,
            cancelled: false,
            state: Some(left.state),
            unchanged: Some(Unchanged { is_next: taken.is_next }),
        })
    }
}

/// A cache that fails costs time, not results.
fn forget(error: &InventoryError) {
    tracing::warn!(code = error.code(), "the result cache could not be used");
}
