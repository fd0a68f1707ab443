//! Reports of TruffleHog 3: one result a line.

use std::collections::BTreeMap;

use super::clear::Clear;
use serde::Deserialize;
use serde_json::Value;

use super::found::{Found, Ledger};
use super::report;
use super::scanner::Scanner;
use crate::detect::export::node::Node;
use crate::detect::{Unreadable, rules};

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

/// The format.
pub(super) static TRUFFLEHOG: Scanner = Scanner {
    name: "import_trufflehog",
    describe: "Reports of TruffleHog 3 in JSON, one result a line",
    names: &["SourceMetadata", "DetectorName", "Verified"],
    program: "TruffleHog",
    rule: &rules::IMPORT_TRUFFLEHOG,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (leaks, unreadable) = report::stream::<Leak>(text);
    for leak in leaks {
        let sources = leak.source_metadata.and_then(|metadata| metadata.data).unwrap_or_default();
        let source = sources.into_values().next().unwrap_or_default();
        let principal = leak.extra_data.as_ref().and_then(|extra| Node::of(extra.get("arn")?).as_text());
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
    unreadable
}

/// `2022-06-16 10:17:40 -0700 PDT`, or RFC 3339.
fn timestamp(text: &str) -> Option<tenure_model::Timestamp> {
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(date), Some(time), Some(offset)) => format!("{date}T{time}{offset}").parse().ok(),
        _ => text.parse().ok(),
    }
}
