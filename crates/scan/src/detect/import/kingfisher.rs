//! Reports of Kingfisher: JSON with everything in one object, or one result a line.

use super::clear::Clear;
use serde::Deserialize;
use serde_json::Value;

use super::found::{Found, Ledger, author, key_id};
use super::report;
use super::scanner::Scanner;
use crate::detect::wrong_type::{Type, note};
use crate::detect::{Unreadable, rules};

/// Values looked at among what a result depends on.
const CAPTURES_MAX: usize = 100;

/// A whole report, or one result.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    findings: Vec<Leak>,
    rule: Option<Rule>,
    finding: Option<Place>,
}

#[derive(Deserialize)]
struct Leak {
    rule: Option<Rule>,
    finding: Option<Place>,
}

#[derive(Deserialize)]
struct Rule {
    name: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    snippet: Clear,
    path: Option<String>,
    line: Option<u32>,
    validation: Option<Validation>,
    /// Values of other rules that this one needs. Some hold the secret half of a key in clear.
    dependent_captures: Option<Value>,
    git_metadata: Option<GitMetadata>,
}

#[derive(Deserialize)]
struct Validation {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct GitMetadata {
    commit: Option<Commit>,
    file: Option<File>,
}

#[derive(Deserialize)]
struct Commit {
    id: Option<String>,
    committer: Option<Committer>,
}

#[derive(Deserialize)]
struct Committer {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct File {
    path: Option<String>,
}

/// The format.
pub(super) static KINGFISHER: Scanner = Scanner {
    name: "import_kingfisher",
    describe: "Reports of Kingfisher in JSON and JSONL",
    names: &["rule", "finding", "snippet", "fingerprint"],
    program: "Kingfisher",
    rule: &rules::IMPORT_KINGFISHER,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (mut pages, mut unreadable) = report::stream::<Page>(text);
    // A list, or one object that ends too early.
    if pages.is_empty() {
        let list = text.trim_start().starts_with('[');
        let whole = if list {
            report::whole::<Vec<Page>>(text)
        } else {
            let (page, unreadable) = report::whole::<Page>(text);
            (page.map(|page| vec![page]), unreadable)
        };
        (pages, unreadable) = (whole.0.unwrap_or_default(), whole.1);
    }
    for page in pages {
        let single = Leak { rule: page.rule, finding: page.finding };
        for leak in page.findings.into_iter().chain([single]) {
            if let (Some(rule), Some(place)) = (leak.rule, leak.finding) {
                ledger.take(found(rule, place));
            }
        }
    }
    unreadable
}

fn found(rule: Rule, place: Place) -> Found {
    let status =
        place.validation.map(|validation| validation.status.to_ascii_lowercase()).unwrap_or_default();
    let works = match status.as_str() {
        status if status.starts_with("active") => Some(true),
        status if status.starts_with("inactive") => Some(false),
        _ => None,
    };
    let commit = place.git_metadata.as_ref().and_then(|git| git.commit.as_ref());
    let committer = commit.and_then(|commit| commit.committer.as_ref());
    let in_git = place.git_metadata.as_ref().and_then(|git| git.file.as_ref()?.path.clone());
    let id = place.dependent_captures.as_ref().and_then(captured_key_id);
    Found {
        rule: rule.id.or(rule.name).unwrap_or_else(|| "(no rule named)".to_owned()),
        path: in_git.or(place.path),
        line: place.line,
        author: committer.and_then(|who| author(who.name.as_deref(), who.email.as_deref())),
        commit: commit.and_then(|commit| commit.id.clone()),
        key_id: id.filter(|id| id.as_str() != &*place.snippet),
        works,
        value: place.snippet.some(),
        ..Found::default()
    }
}

/// The id of an access key among the captures. Every other value in there is left alone.
fn captured_key_id(captures: &Value) -> Option<String> {
    if !captures.is_object() && !captures.is_null() {
        note("dependent_captures", Type::Object);
    }
    let mut stack = vec![captures];
    for _ in 0..CAPTURES_MAX {
        match stack.pop()? {
            Value::String(text) => {
                if let Some(id) = key_id(text) {
                    return Some(id);
                }
            }
            Value::Array(items) => stack.extend(items),
            Value::Object(fields) => stack.extend(fields.values()),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => note("dependent_captures", Type::Text),
        }
    }
    None
}
