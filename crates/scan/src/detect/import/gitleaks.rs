//! Reports of gitleaks and its heirs in JSON: a list of results.

use super::clear::Clear;
use serde::Deserialize;

use super::found::{Found, Ledger, author};
use super::report;
use super::scanner::Scanner;
use crate::detect::{Unreadable, rules};

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

/// The format.
pub(super) static GITLEAKS: Scanner = Scanner {
    name: "import_gitleaks",
    describe: "Reports of gitleaks in JSON",
    names: &["RuleID", "Secret", "StartLine"],
    program: "gitleaks",
    rule: &rules::IMPORT_GITLEAKS,
    read,
};

fn read(text: &str, ledger: &mut Ledger<'_>) -> Option<Unreadable> {
    let (leaks, unreadable) = report::whole::<Vec<Leak>>(text);
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
    unreadable
}
