//! How much one file may give: statements are held until the file is read, then in the inventory and in a report.
//!
//! They are weighed by what they take, so that neither many small ones nor few large ones take all memory.

use std::io;

use serde::Serialize;
use tenure_model::{Fact, Subject};

/// Bytes of statements of one file: some 40,000 identities, or 150,000 labels. With so many a scan stays below 512 MiB.
const BYTES_MAX: usize = 64 << 20;
/// What a statement takes besides its words: its place, its row, its entries in indexes.
const STATEMENT_BYTES: usize = 256;
/// What is judged of an identity, and printed.
const IDENTITY_BYTES: usize = 1_200;
/// A finding besides its words.
pub(super) const FINDING_BYTES: usize = 1_000;
/// A text in a list besides its characters.
const TEXT_BYTES: usize = 24;
/// An action of a grant besides its characters: each is held as a text of its own, where it is read, weighed and printed.
const ACTION_BYTES: usize = 48;

/// What the statements of one file have taken so far.
#[derive(Default)]
pub(super) struct Budget {
    bytes: usize,
    statements: usize,
    is_spent: bool,
}

impl Budget {
    /// Whether a statement of so many bytes fits. Once one does not, no other does: what is kept is the file's beginning.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(STATEMENT_BYTES + bytes);
        self.is_spent |= self.bytes > BYTES_MAX;
        self.statements += usize::from(!self.is_spent);
        !self.is_spent
    }

    /// Whether something did not fit.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Statements that did.
    pub(super) fn statements(&self) -> usize {
        self.statements
    }
}

/// Roughly what a fact takes in bytes: what it says, written as JSON, and what follows from it.
pub(super) fn weight(subject: &Subject, fact: &Fact) -> usize {
    let follows = if matches!(fact, Fact::Identity { .. }) { IDENTITY_BYTES } else { 0 };
    let actions = if let Fact::Grant { grant } = fact { grant.actions.len() * ACTION_BYTES } else { 0 };
    follows + actions + subject.key.len() + written(fact)
}

/// Roughly what a list of texts takes in bytes.
pub(super) fn text_bytes(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + TEXT_BYTES).sum()
}

/// Bytes of a value as JSON.
fn written(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).expect("a fact holds only JSON values");
    count.0
}

/// Counts bytes and keeps none.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_beginning_whatever_its_size() {
        let mut budget = Budget::default();
        assert!(budget.take(BYTES_MAX / 2) && !budget.is_spent());
        assert!(!budget.take(BYTES_MAX), "too large for the rest");
        assert!(!budget.take(1), "a small one behind it would look as if nothing was left out");
        assert_eq!((budget.statements(), budget.is_spent()), (1, true));
        assert!(!Budget::default().take(usize::MAX - STATEMENT_BYTES), "no figure wraps around");
    }
}
