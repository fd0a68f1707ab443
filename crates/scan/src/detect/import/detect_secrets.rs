//! Baselines of detect-secrets: places and SHA-1 hashes, no values.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::found::{Found, Ledger};
use super::report;
use super::scanner::Scanner;
use crate::detect::{Unreadable, rules};

#[derive(Deserialize)]
struct Baseline {
    #[serde(default)]
    results: BTreeMap<String, Vec<Leak>>,
}

#[derive(Deserialize)]
struct Leak {
    #[serde(rename = "type")]
    kind: Option<String>,
    hashed_secret: Option<String>,
    #[serde(default)]
    is_verified: bool,
    /// A person's verdict; `false` means that it was looked at and is none.
    is_secret: Option<bool>,
    line_number: Option<u32>,
}

/// The format.
pub(super) static DETECT_SECRETS: Scanner = Scanner {
    name: "import_detect_secrets",
    describe: "Baselines of detect-secrets: places without values, which cannot be joined with what is found here",
    keys: &["\"plugins_used\"", "\"results\"", "\"hashed_secret\""],
    program: "detect-secrets",
    rule: &rules::IMPORT_DETECT_SECRETS,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (baseline, unreadable) = report::whole::<Baseline>(text);
    for (path, leaks) in baseline.map(|baseline| baseline.results).unwrap_or_default() {
        for leak in leaks.into_iter().filter(|leak| leak.is_secret != Some(false)) {
            let mut reasons = vec![
                "the baseline holds only a hash, so it is not joined with the same value elsewhere"
                    .to_owned(),
            ];
            if leak.is_secret == Some(true) {
                reasons.push("a person confirmed it in the baseline".to_owned());
            }
            // The hash is unsalted: it stays here, and its first digits tell results apart.
            let about = leak.hashed_secret.map(|hash| hash.chars().take(8).collect());
            ledger.take(Found {
                rule: leak.kind.unwrap_or_else(|| "(no type named)".to_owned()),
                path: Some(path.clone()),
                line: leak.line_number,
                works: leak.is_verified.then_some(true),
                about,
                reasons,
                ..Found::default()
            });
        }
    }
    unreadable
}
