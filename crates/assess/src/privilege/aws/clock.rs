//! The moment for which accounts are weighed.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tenure_model::Timestamp;

/// The moment, and whether any policy asked for it: where none did, what was said holds at any other one, too.
#[derive(Debug)]
pub(super) struct Clock {
    now: Timestamp,
    asked: AtomicBool,
}

impl Clock {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, asked: AtomicBool::new(false) }
    }

    /// The moment, for a policy that asks.
    pub(super) fn now(&self) -> Timestamp {
        self.asked.store(true, Relaxed);
        self.now
    }

    /// Whether a policy asked.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }
}
