//! Reports of Nosey Parker in JSON: a list of findings, each with its matches.

use super::clear::Clear;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::found::{Found, Ledger, author, key_id};
use super::report;
use super::scanner::Scanner;
use crate::detect::{Unreadable, rules};

#[derive(Deserialize)]
struct Leak {
    rule_name: Option<String>,
    /// Groups of the pattern, in base64.
    #[serde(default)]
    groups: Vec<Clear>,
    #[serde(default)]
    matches: Vec<Match>,
}

#[derive(Deserialize)]
struct Match {
    #[serde(default)]
    provenance: Vec<Provenance>,
    location: Option<Location>,
    snippet: Option<Snippet>,
}

#[derive(Deserialize)]
struct Provenance {
    path: Option<String>,
    first_commit: Option<FirstCommit>,
}

#[derive(Deserialize)]
struct FirstCommit {
    commit_metadata: Option<CommitMetadata>,
    blob_path: Option<String>,
}

#[derive(Deserialize)]
struct CommitMetadata {
    commit_id: Option<String>,
    author_name: Option<String>,
    author_email: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    source_span: Option<Span>,
}

#[derive(Deserialize)]
struct Span {
    start: Option<Point>,
}

#[derive(Deserialize)]
struct Point {
    line: Option<u32>,
}

#[derive(Deserialize)]
struct Snippet {
    #[serde(default)]
    matching: Clear,
}

/// The format.
pub(super) static NOSEY_PARKER: Scanner = Scanner {
    name: "import_nosey_parker",
    describe: "Reports of Nosey Parker in JSON",
    names: &["rule_name", "matches", "provenance", "groups"],
    program: "Nosey Parker",
    rule: &rules::IMPORT_NOSEY_PARKER,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (leaks, unreadable) = report::whole::<Vec<Leak>>(text);
    for leak in leaks.unwrap_or_default() {
        let rule = leak.rule_name.unwrap_or_else(|| "(no rule named)".to_owned());
        let groups: Vec<Clear> = leak.groups.iter().filter_map(|group| plain(group)).collect();
        for one in leak.matches {
            ledger.take(found(&rule, &groups, one));
        }
    }
    unreadable
}

fn plain(group: &str) -> Option<Clear> {
    String::from_utf8(STANDARD.decode(group).ok()?).ok().map(Clear::new)
}

fn found(rule: &str, groups: &[Clear], one: Match) -> Found {
    let id = groups.iter().find_map(|group| key_id(group));
    // The secret half is the longest group: the others name things.
    let value = groups.iter().max_by_key(|group| group.len()).cloned();
    let context = one.snippet.map(|snippet| snippet.matching);
    let first = one.provenance.into_iter().next();
    let (path, commit) = first.map_or((None, None), |first| match first.first_commit {
        Some(commit) => (commit.blob_path.or(first.path), commit.commit_metadata),
        None => (first.path, None),
    });
    Found {
        rule: rule.to_owned(),
        path,
        line: one.location.and_then(|location| location.source_span?.start?.line),
        author: commit
            .as_ref()
            .and_then(|who| author(who.author_name.as_deref(), who.author_email.as_deref())),
        commit: commit.and_then(|commit| commit.commit_id),
        key_id: id.filter(|id| value.as_deref().is_some_and(|value| value != id.as_str())),
        value,
        context,
        ..Found::default()
    }
}
