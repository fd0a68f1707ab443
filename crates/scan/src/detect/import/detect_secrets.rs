//! Baselines of detect-secrets: places and SHA-1 hashes, no values. What the named file holds tells which value is meant.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::found::{Found, Ledger, in_root};
use super::hashed::{FILES_MAX, Holdings};
use super::report;
use super::scanner::Scanner;
use crate::detect::{Blob, Unreadable, rules};

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
    describe: "Baselines of detect-secrets: places and hashes, joined with the values in the files that they name",
    names: &["plugins_used", "results", "hashed_secret"],
    program: "detect-secrets",
    rule: &rules::IMPORT_DETECT_SECRETS,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (baseline, unreadable) = report::whole::<Baseline>(text);
    for (number, (path, leaks)) in baseline.map(|b| b.results).unwrap_or_default().into_iter().enumerate() {
        let holdings = if number < FILES_MAX { holdings(ledger.blob(), &path, &leaks) } else { None };
        for leak in leaks.into_iter().filter(|leak| leak.is_secret != Some(false)) {
            ledger.take(found(&path, leak, holdings.as_ref()));
        }
    }
    unreadable
}

/// What the named file holds of the baseline's values; `None` when it cannot be read here.
fn holdings(blob: &Blob<'_>, path: &str, leaks: &[Leak]) -> Option<Holdings> {
    let below = in_root(blob, path)?;
    let text = blob.neighbours.text(below.strip_prefix(blob.base).unwrap_or(&below))?;
    let hashes: Vec<String> =
        leaks.iter().filter_map(|leak| leak.hashed_secret.as_deref()).map(str::to_ascii_lowercase).collect();
    Some(Holdings::of(&text, &hashes))
}

/// One result, joined with the value in the file that has its hash.
fn found(path: &str, leak: Leak, holdings: Option<&Holdings>) -> Found {
    let hash = leak.hashed_secret.map(|hash| hash.to_ascii_lowercase());
    let held = holdings.zip(hash.as_deref());
    let held = held.and_then(|(holdings, hash)| holdings.nearest(hash, leak.line_number.unwrap_or(1)));
    let beyond = leak.line_number.zip(holdings).is_some_and(|(line, holdings)| line > holdings.lines);
    let mut reasons = vec![match (holdings, held) {
        (_, Some(_)) => "a value in the file has the hash that the baseline holds".to_owned(),
        (Some(_), None) if beyond => {
            "the file has no such line any more: the baseline is older, and no value has its hash".to_owned()
        }
        (Some(_), None) => {
            "no value in the file has the hash that the baseline holds: it may have been changed since"
                .to_owned()
        }
        (None, None) => {
            "the baseline holds only a hash, so it is not joined with the same value elsewhere".to_owned()
        }
    }];
    if leak.is_secret == Some(true) {
        reasons.push("a person confirmed it in the baseline".to_owned());
    }
    Found {
        rule: leak.kind.unwrap_or_else(|| "(no type named)".to_owned()),
        path: Some(path.to_owned()),
        line: held.map(|held| held.line).or(leak.line_number),
        works: leak.is_verified.then_some(true),
        // The hash is unsalted: it stays here, and its first digits tell results apart.
        about: hash.map(|hash| hash.chars().take(8).collect()),
        value: held.map(|held| held.value.clone()),
        context: held.map(|held| held.context.clone()),
        hashed: held.is_some(),
        stale: beyond && held.is_none(),
        reasons,
        ..Found::default()
    }
}
