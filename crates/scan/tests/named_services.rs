//! The rules of `rules/secrets/named_services.toml` ask for names of `rules/services.toml`, those that stand rarely in code; this keeps
//! the two the same.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

use std::collections::HashSet;
use std::path::PathBuf;

use tenure_scan::rules::RuleSet;

#[test]
fn named_services_are_services() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/services.toml");
    let services = std::fs::read_to_string(path).unwrap();
    let quoted = |line: &str| line.split('"').skip(1).step_by(2).map(plain).collect::<Vec<String>>();
    let known: HashSet<String> = services
        .lines()
        .filter(|line| line.starts_with("words = ") || line.starts_with("name = "))
        .flat_map(quoted)
        .collect();
    let rules = RuleSet::embedded();
    let named: Vec<_> =
        rules.rules().iter().filter(|rule| rule.spec.id.starts_with("named-service-")).collect();
    assert!(named.len() > 1, "the rules are called otherwise");
    let strangers: Vec<_> = named[0].spec.words.iter().filter(|word| !known.contains(&plain(word))).collect();
    assert!(strangers.is_empty(), "not in rules/services.toml: {strangers:?}");
}

/// A name without what makes it rarer in code, and without what parts its words.
fn plain(word: &str) -> String {
    let word = ["api.", "www.", "//"].iter().find_map(|lead| word.strip_prefix(lead)).unwrap_or(word);
    let word =
        [".com", ".", " token", " key", " api"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
