//! Files of today that an earlier scan has searched: known by a hash of their bytes, wherever they lie now.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::cache::{ResultCache, StoreResult};
use crate::hits::Hits;

/// Bytes of a hash that are kept.
const ID_BYTES: usize = 20;

/// What is known of the files of one root.
pub(crate) struct KnownFiles<'a> {
    cache: &'a dyn ResultCache,
    name: String,
    scanned: Vec<[u8; ID_BYTES]>,
    hits: HashMap<String, Hits>,
    seen: Mutex<Vec<([u8; ID_BYTES], Option<Hits>)>>,
}

impl<'a> KnownFiles<'a> {
    /// Asks the cache for what it knows of the files of `root`.
    pub(crate) fn of(cache: &'a dyn ResultCache, root: &str) -> Self {
        let name = format!("{root}\nfiles");
        let StoreResult { scanned, hits } =
            if cache.keeps() { cache.known(&name).unwrap_or_default() } else { StoreResult::default() };
        Self { cache, name, scanned, hits: hits.into_iter().collect(), seen: Mutex::default() }
    }

    /// The hits of a file with these bytes, searched for only when nobody has seen them before.
    pub(crate) fn hits(&self, bytes: &[u8], search: impl FnOnce() -> Hits) -> Hits {
        if !self.cache.keeps() {
            return search();
        }
        let id: [u8; ID_BYTES] =
            blake3::hash(bytes).as_bytes()[..ID_BYTES].try_into().expect("a hash has more bytes");
        let known = self.scanned.binary_search(&id).is_ok();
        let hits = match known {
            true => self.hits.get(&tenure_model::hex(&id)).cloned().unwrap_or_default(),
            false => search(),
        };
        let worth_keeping = (!hits.is_empty()).then(|| hits.clone());
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push((id, worth_keeping));
        hits
    }

    /// Remembers the files that this scan has seen, when any of them is new.
    pub(crate) fn remember(self) {
        let mut seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        seen.sort_by_key(|seen| seen.0);
        seen.dedup_by(|a, b| a.0 == b.0);
        if seen.iter().all(|(id, _)| self.scanned.binary_search(id).is_ok()) {
            return;
        }
        let scanned = seen.iter().map(|(id, _)| *id).collect();
        let hits = seen.into_iter().filter_map(|(id, hits)| Some((tenure_model::hex(&id), hits?))).collect();
        self.cache.remember(&self.name, StoreResult { scanned, hits });
    }
}
