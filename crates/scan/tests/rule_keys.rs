//! The table of keys in `docs/rules.md` is made from the docstrings of `spec.rs`; this keeps the two the same.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

use std::fmt::Write as _;
use std::path::PathBuf;

const SPEC: &str = include_str!("../src/rules/spec.rs");

#[test]
fn the_table_of_keys_says_what_the_code_says() {
    let mut made = String::new();
    for (title, name, header) in [
        ("The file", "RuleFile", ""),
        ("A rule", "RuleSpec", "rule."),
        ("Exceptions", "Exceptions", "except."),
    ] {
        let _ = writeln!(made, "**{title}**\n\n| key | may be left out | meaning |\n|---|---|---|");
        for (key, optional, meaning) in keys(name) {
            let shown = if header == "except." { format!("except.{key}") } else { key };
            let _ = writeln!(made, "| `{shown}` | {} | {meaning} |", if optional { "yes" } else { "no" });
        }
        made.push('\n');
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- keys -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- /keys -->").unwrap();
    if std::env::var_os("TENURE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}<!-- keys -->\n{made}<!-- /keys -->{after}")).unwrap();
        return;
    }
    assert_eq!(table, made, "docs/rules.md is old: run this test once with TENURE_UPDATE_DOCS=1");
}

/// The fields of a struct as a rule file spells them, whether each may be left out, and its docstring.
fn keys(name: &str) -> Vec<(String, bool, String)> {
    let start = SPEC.find(&format!("pub struct {name} {{")).unwrap();
    let body = SPEC[start..].split_once('\n').unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let (mut doc, mut attribute) = (Vec::new(), String::new());
    let mut keys = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if line.starts_with("#[") {
            attribute = line.to_owned();
        } else if let Some((field, _)) = line.strip_prefix("pub ").and_then(|line| line.split_once(':')) {
            let renamed = attribute.split("rename = \"").nth(1).and_then(|rest| rest.split('"').next());
            if !attribute.contains("serde(skip)") {
                let optional = attribute.contains("default");
                let meaning = doc.join(" ").replace('|', "\\|");
                keys.push((renamed.unwrap_or(field).to_owned(), optional, meaning));
            }
            doc.clear();
            attribute.clear();
        }
    }
    assert!(keys.len() > 3, "the fields of {name} are read wrongly");
    keys
}
