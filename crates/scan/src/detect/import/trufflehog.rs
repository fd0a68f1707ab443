//! Reports of TruffleHog 3: one result a line.

use std::collections::BTreeMap;

use super::clear::Clear;
use serde::Deserialize;
use serde_json::Value;
use tenure_model::FingerprintKey;

use super::found::{Found, Ledger};
use super::report;
use crate::detect::export::json::opens_with;
use crate::detect::recogniser::Recogniser;
use crate::detect::{Blob, Detector, Reading, rules};

/// The reader.
pub(super) struct Trufflehog;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Leak {
    source_metadata: Option<Metadata>,
    detector_name: Option<String>,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    raw: Clear,
    /// What was learned while the value was tried.
    #[serde(default)]
    extra_data: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// By the kind of source: `Git`, `Filesystem`, `Github`, …
    data: Option<BTreeMap<String, Source>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Source {
    commit: Option<String>,
    file: Option<String>,
    email: Option<String>,
    timestamp: Option<String>,
    line: Option<u32>,
}

impl Detector for Trufflehog {
    fn name(&self) -> &'static str {
        "import_trufflehog"
    }

    fn describe(&self) -> &'static str {
        "Reports of TruffleHog 3 in JSON, one result a line"
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        opens_with(blob, &["\"SourceMetadata\"", "\"DetectorName\"", "\"Verified\""])
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        self.read_values(blob, key)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (leaks, unreadable) = report::stream::<Leak>(&text);
        let mut ledger = Ledger::new(blob, self.name(), "TruffleHog", &rules::IMPORT_TRUFFLEHOG, values);
        for leak in leaks {
            let sources = leak.source_metadata.and_then(|metadata| metadata.data).unwrap_or_default();
            let source = sources.into_values().next().unwrap_or_default();
            let principal = leak.extra_data.as_ref().and_then(|extra| extra.get("arn")?.as_str());
            ledger.take(Found {
                rule: leak.detector_name.unwrap_or_else(|| "(no detector named)".to_owned()),
                path: source.file,
                line: source.line,
                commit: source.commit.filter(|commit| !commit.is_empty()),
                author: source.email.filter(|mail| !mail.is_empty()),
                committed_at: source.timestamp.as_deref().and_then(timestamp),
                principal: principal.map(str::to_owned),
                // "Not verified" also means that nobody asked, or that the answer got lost.
                works: leak.verified.then_some(true),
                value: leak.raw.some(),
                ..Found::default()
            });
        }
        ledger.done(unreadable)
    }
}

/// `2022-06-16 10:17:40 -0700 PDT`, or RFC 3339.
fn timestamp(text: &str) -> Option<tenure_model::Timestamp> {
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(date), Some(time), Some(offset)) => format!("{date}T{time}{offset}").parse().ok(),
        _ => text.parse().ok(),
    }
}
