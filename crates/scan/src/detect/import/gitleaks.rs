//! Reports of gitleaks and its heirs in JSON: a list of results.

use super::clear::Clear;
use serde::Deserialize;
use tenure_model::FingerprintKey;

use super::found::{Found, Ledger, author};
use super::report;
use crate::detect::export::json::opens_with;
use crate::detect::recogniser::Recogniser;
use crate::detect::{Blob, Detector, Reading, rules};

/// The reader.
pub(super) struct Gitleaks;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Leak {
    #[serde(rename = "RuleID")]
    rule: String,
    start_line: u32,
    #[serde(rename = "Match")]
    context: Clear,
    secret: Clear,
    file: String,
    commit: String,
    author: String,
    email: String,
    date: String,
}

impl Detector for Gitleaks {
    fn name(&self) -> &'static str {
        "import_gitleaks"
    }

    fn describe(&self) -> &'static str {
        "Reports of gitleaks in JSON"
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        opens_with(blob, &["\"RuleID\"", "\"Secret\"", "\"StartLine\""])
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        self.read_values(blob, key)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (leaks, unreadable) = report::whole::<Vec<Leak>>(&text);
        let mut ledger = Ledger::new(blob, self.name(), "gitleaks", &rules::IMPORT_GITLEAKS, values);
        for leak in leaks.unwrap_or_default() {
            // `--redact` leaves a word in place of the value.
            let redacted = leak.secret.is_empty() || &*leak.secret == "REDACTED";
            ledger.take(Found {
                rule: leak.rule,
                path: Some(leak.file),
                line: Some(leak.start_line),
                author: author(Some(&leak.author), Some(&leak.email)),
                committed_at: leak.date.parse().ok(),
                commit: Some(leak.commit).filter(|commit| !commit.is_empty()),
                context: Some(leak.context),
                value: (!redacted).then_some(leak.secret),
                reasons: if redacted { vec!["the report hides the value".to_owned()] } else { Vec::new() },
                ..Found::default()
            });
        }
        ledger.done(unreadable)
    }
}
