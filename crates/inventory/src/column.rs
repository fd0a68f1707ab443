//! Nouns of the model as column values, and back.

use serde::{Serialize, de::DeserializeOwned};
use tenure_model::Timestamp;

use crate::InventoryError;

/// An instant with nine digits of a second: lossless, and it sorts as text.
pub(crate) fn instant_text(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// Reads an instant back.
pub(crate) fn instant(text: &str) -> Result<Timestamp, InventoryError> {
    text.parse().map_err(|error| InventoryError::unreadable("instant", error))
}

/// Reads an instant back that may be missing.
pub(crate) fn instant_or_none(text: Option<&str>) -> Result<Option<Timestamp>, InventoryError> {
    text.map(instant).transpose()
}

/// A noun as JSON.
pub(crate) fn json<T: Serialize>(noun: &T) -> String {
    serde_json::to_string(noun).expect("the model's nouns have text keys and finite numbers")
}

/// Reads a noun back.
pub(crate) fn noun<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, InventoryError> {
    serde_json::from_str(text).map_err(|error| InventoryError::unreadable(what, error))
}

/// The word by which an enum of the model is written everywhere.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("an enum of the model is written as one word, not as {other:?}"),
    }
}

/// Reads such a word back.
pub(crate) fn from_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, InventoryError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| InventoryError::unreadable(what, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_sort_as_text() {
        let early: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-01-01T00:00:00.5Z".parse().unwrap();
        assert!(instant_text(early) < instant_text(late));
        assert_eq!(instant(&instant_text(late)).unwrap(), late);
    }

    #[test]
    fn a_word_is_what_reports_say() {
        assert_eq!(word(tenure_model::MigrationState::NeedsHuman), "needs_human");
        let back: tenure_model::MigrationState = from_word("state", "needs_human").unwrap();
        assert_eq!(back, tenure_model::MigrationState::NeedsHuman);
    }
}
