//! The table in `docs/readers.md` is made from the readers; this keeps the two the same.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

use std::fmt::Write as _;
use std::path::PathBuf;

use tenure_scan::detect::readers;

#[test]
fn the_table_of_readers_says_what_the_readers_say() {
    let mut made = String::from("| reader | reads |\n|---|---|\n");
    for reader in readers() {
        let _ = writeln!(made, "| `{}` | {} |", reader.name(), reader.describe().replace('|', "\\|"));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/readers.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- readers -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- /readers -->").unwrap();
    if std::env::var_os("TENURE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}<!-- readers -->\n{made}<!-- /readers -->{after}")).unwrap();
        return;
    }
    assert_eq!(table, made, "docs/readers.md is old: run this test once with TENURE_UPDATE_DOCS=1");
}

#[test]
fn names_of_readers_are_unique() {
    let mut names: Vec<_> = readers().map(|reader| reader.name()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
