//! The memory of earlier scans, which holds no values either: what has one in a name is not kept, and read again.

use serde::Serialize;
use serde_json::Value;

use super::Veil;
use crate::cache::{ResultCache, Settled, StoreResult};

/// A cache that is told nothing with a value in it.
pub(crate) struct VeiledCache<'a> {
    /// Who keeps it.
    pub(crate) inner: &'a dyn ResultCache,
    /// Who covers it.
    pub(crate) veil: Veil<'a>,
}

impl VeiledCache<'_> {
    /// Whether a value stands in any text of `kept`.
    fn shows_value(&self, kept: &impl Serialize) -> bool {
        let mut waiting = vec![serde_json::to_value(kept).expect("what is kept is made of JSON values")];
        while let Some(next) = waiting.pop() {
            match next {
                Value::String(text) if !self.veil.values(&text).is_empty() => return true,
                Value::Array(values) => waiting.extend(values),
                Value::Object(fields) => waiting.extend(fields.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
        false
    }
}

impl ResultCache for VeiledCache<'_> {
    fn keeps(&self) -> bool {
        self.inner.keeps()
    }

    fn known(&self, repository: &str) -> Option<StoreResult> {
        self.inner.known(&self.veil.covered(repository))
    }

    fn remember(&self, repository: &str, mut result: StoreResult) {
        let (shown, kept) =
            result.hits.into_iter().partition::<Vec<_>, _>(|(_, hits)| self.shows_value(hits));
        result.hits = kept;
        let shown: std::collections::HashSet<String> = shown.into_iter().map(|(id, _)| id).collect();
        if !shown.is_empty() {
            result.scanned.retain(|id| !shown.contains(&tenure_model::hex(id)));
        }
        self.inner.remember(&self.veil.covered(repository), result);
    }

    fn settled(&self, repository: &str) -> Option<Settled> {
        self.inner.settled(&self.veil.covered(repository))
    }

    fn settle(&self, repository: &str, settled: &Settled) {
        if !self.inner.keeps() || self.shows_value(settled) {
            return;
        }
        self.inner.settle(&self.veil.covered(repository), settled);
    }
}
