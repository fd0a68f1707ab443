//! What earlier scans already know about object stores.

use crate::hits::Hits;

/// The result of an object store under one rule set: which blobs were scanned, and the hits of those that had any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoreResult {
    /// Ids of all blobs scanned, sorted.
    pub scanned: Vec<[u8; 20]>,
    /// Hex id of each blob with hits, and its hits; sorted by id.
    pub hits: Vec<(String, Hits)>,
}

impl StoreResult {
    /// Whether the blob was scanned.
    pub fn knows(&self, oid: &[u8; 20]) -> bool {
        self.scanned.binary_search(oid).is_ok()
    }
}

/// Keeps results between scans. The inventory implements it; a scan without one uses [`NoCache`].
///
/// A repository is named by the root and folder it was found in; the rule set's hash and the fingerprint key are the
/// keeper's business, because a result is only valid under both.
pub trait ResultCache: Sync {
    /// What is known of this repository.
    fn known(&self, repository: &str) -> Option<StoreResult>;
    /// Remembers the whole result of this repository, in place of the last one.
    fn remember(&self, repository: &str, result: StoreResult);
}

/// Knows nothing and forgets everything.
#[derive(Debug, Clone, Copy)]
pub struct NoCache;

impl ResultCache for NoCache {
    fn known(&self, _: &str) -> Option<StoreResult> {
        None
    }

    fn remember(&self, _: &str, _: StoreResult) {}
}
