//! The page about exports is made from the list of readers.

use std::fmt::Write as _;
use std::path::PathBuf;

use tenure_scan::detect::exports;

fn page() -> String {
    let mut page = "\
# Exports

Tenure reads what the tools of these platforms print. Save the output anywhere below a folder that you scan, under any
name: an export is known by what stands in it. Pages may follow each other, stand in one array, or one a line. A file
that ends too early is told as not fully read, and what stands before its end counts.

Values of secrets that an export holds are fingerprinted while it is read and go no further; keep such a file where few
can read it, or delete it after the scan.

This page is made from the list of readers: `INSTA_UPDATE=always cargo test -p tenure-scan --test exports_page` writes it.

"
    .to_owned();
    for reader in exports() {
        let _ = writeln!(page, "## {}\n\n{}.\n", reader.name(), reader.describe());
        if !reader.exported_by().is_empty() {
            let _ = writeln!(page, "```sh");
            for command in reader.exported_by() {
                let _ = writeln!(page, "{command}");
            }
            let _ = writeln!(page, "```\n");
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

#[test]
fn the_page_about_exports_says_what_is_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/exports.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(written, page(), "docs/exports.md is old: run this test with INSTA_UPDATE=always");
}
