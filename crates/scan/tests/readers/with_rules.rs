//! Reads a fixture as a scan does: with a detection engine that knows values.

use tenure_scan::detect::{Alone, Blob, Reading, read};
use tenure_scan::engine::Engine;
use tenure_scan::rules::RuleSet;

use crate::readers::key;

/// Reads bytes as the file `path` of the repository `acme/shop`.
pub(crate) fn reading(path: &str, bytes: &[u8]) -> Reading {
    let engine = Engine::new(RuleSet::embedded(), key());
    read(&Blob { root: "shop", path, base: "", repository: "acme/shop", bytes, neighbours: &Alone }, &engine)
}

#[allow(dead_code)] // not every binary of tests asks for it
/// Under which fingerprint the engine knows the value that stands in `text`.
pub(crate) fn known(text: &str) -> String {
    let engine = Engine::new(RuleSet::embedded(), key());
    let candidates = engine.scan(text.as_bytes());
    candidates.first().expect("the engine knows the value").found.fingerprint.0.clone()
}
