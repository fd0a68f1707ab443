//! What a command answers when it did not work.

use serde::Serialize;
use tenure_pipeline::Failure;

/// A code to branch on and a sentence for a person; the view never branches on the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CommandError {
    /// Stable word in snake case.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}

impl CommandError {
    /// An error of the desktop itself.
    pub(crate) fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned() }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        // Names and paths come from scanned folders: nothing in them may reorder or hide the sentence.
        Self { code: failure.code().to_owned(), message: tenure_model::visible(&failure.told()) }
    }
}
