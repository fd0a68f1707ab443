//! Inputs that were not fully read. They are news, not failures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far an input got that was not fully read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReadState {
    /// Some of it was read; `detail` says how much.
    Partial,
    /// Not opened, on purpose.
    Skipped,
    /// Opened, and gave an error.
    Failed,
    /// Not opened, because the user's own configuration leaves it out. A scan is complete without it.
    Excluded,
}

/// One input that was not fully read. Any of these, but an excluded one, makes a scan incomplete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Unread {
    /// The input: a path, or a path and what is inside it (`repo.git!objects/pack/x.pack`).
    pub path: String,
    /// How far it got.
    pub state: ReadState,
    /// A stable code in snake case, for scripts: `permission_denied`, `not_a_regular_file`, `pack_damaged`, …
    pub reason: String,
    /// One sentence for a person.
    pub detail: String,
}

impl Unread {
    /// Whether a scan is incomplete without it.
    pub fn is_missing(&self) -> bool {
        self.state != ReadState::Excluded
    }
}
