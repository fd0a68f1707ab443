//! Baselines of detect-secrets: places and SHA-1 hashes, no values.

use std::collections::BTreeMap;

use serde::Deserialize;
use tenure_model::FingerprintKey;

use super::found::{Found, Ledger};
use super::report;
use crate::detect::export::json::opens_with;
use crate::detect::recogniser::Recogniser;
use crate::detect::{Blob, Detector, Reading, rules};

/// The reader.
pub(super) struct DetectSecrets;

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

impl Detector for DetectSecrets {
    fn name(&self) -> &'static str {
        "import_detect_secrets"
    }

    fn describe(&self) -> &'static str {
        "Baselines of detect-secrets: places without values, which cannot be joined with what is found here"
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        opens_with(blob, &["\"plugins_used\"", "\"results\"", "\"hashed_secret\""])
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        self.read_values(blob, key)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (baseline, unreadable) = report::whole::<Baseline>(&text);
        let mut ledger =
            Ledger::new(blob, self.name(), "detect-secrets", &rules::IMPORT_DETECT_SECRETS, values);
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
        ledger.done(unreadable)
    }
}
