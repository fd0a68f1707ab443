//! The memory of earlier scans, which holds no values either: what has one in a name is not kept, and read again.
//!
//! What is a value is known only when everything was searched, so what shall be kept waits until then.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::Veil;
use crate::cache::{ResultCache, Settled, StoreResult};
use crate::{RootsState, ScanOutcome};

/// What a repository leaves for the next scan.
enum Kept {
    Store(StoreResult),
    Settled(Box<Settled>),
}

/// A cache that is told nothing with a value in it.
pub(crate) struct VeiledCache<'a> {
    /// Who keeps it.
    inner: &'a dyn ResultCache,
    /// Who covers the names of repositories.
    veil: Veil<'a>,
    /// What waits, by the name of its repository.
    waiting: Mutex<Vec<(String, Kept)>>,
}

impl<'a> VeiledCache<'a> {
    /// Asks and tells `inner`.
    pub(crate) fn new(inner: &'a dyn ResultCache, veil: Veil<'a>) -> Self {
        Self { inner, veil, waiting: Mutex::default() }
    }

    fn wait(&self, repository: &str, kept: impl FnOnce() -> Kept) {
        if self.inner.keeps() {
            let waits = (self.veil.covered(repository), kept());
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waits);
        }
    }

    /// Tells what has waited, as far as it shows `veil` no value.
    pub(crate) fn tell(self, veil: Veil<'_>) {
        for (repository, kept) in self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // Behind the root's name, which the user gave, stands the folder.
            if veil.is_shown(repository.split_once('\n').map_or("", |(_, folder)| folder)) {
                continue;
            }
            match kept {
                Kept::Store(result) => self.inner.remember(&repository, without_values(result, veil)),
                Kept::Settled(settled) if !shows_value(&settled, veil) => {
                    self.inner.settle(&repository, &settled);
                }
                Kept::Settled(_) => {}
            }
        }
    }
}

/// Leaves out what has a value in any of its texts.
fn without_values(mut result: StoreResult, veil: Veil<'_>) -> StoreResult {
    let (shown, kept) = result.hits.into_iter().partition::<Vec<_>, _>(|(_, hits)| shows_value(hits, veil));
    result.hits = kept;
    let shown: HashSet<String> = shown.into_iter().map(|(id, _)| id).collect();
    if !shown.is_empty() {
        result.scanned.retain(|id| !shown.contains(&tenure_model::hex(id)));
    }
    result
}

/// Whether a value stands in any text of `kept`.
fn shows_value(kept: &impl Serialize, veil: Veil<'_>) -> bool {
    let mut waiting = vec![serde_json::to_value(kept).expect("what is kept is made of JSON values")];
    while let Some(next) = waiting.pop() {
        match next {
            Value::String(text) if veil.is_shown(&text) => return true,
            Value::Array(values) => waiting.extend(values),
            Value::Object(fields) => waiting.extend(fields.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    false
}

impl ResultCache for VeiledCache<'_> {
    fn keeps(&self) -> bool {
        self.inner.keeps()
    }

    fn known(&self, repository: &str) -> Option<StoreResult> {
        self.inner.known(&self.veil.covered(repository))
    }

    fn remember(&self, repository: &str, result: StoreResult) {
        self.wait(repository, || Kept::Store(result));
    }

    fn settled(&self, repository: &str) -> Option<Settled> {
        self.inner.settled(&self.veil.covered(repository))
    }

    fn settle(&self, repository: &str, settled: &Settled) {
        self.wait(repository, || Kept::Settled(Box::new(settled.clone())));
    }

    fn take_over(&self, state: &RootsState) -> Option<ScanOutcome> {
        self.inner.take_over(state)
    }
}
