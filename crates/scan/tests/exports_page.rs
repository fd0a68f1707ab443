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

| reason of an unread row | what happened |
|---|---|
| `json_truncated`, `json_broken`, `csv_broken` | the export ends in the middle, or is not what its format says |
| `json_cut_off` | JSON that ends before it tells what it is; nothing valid ends so |
| `wrong_type` | a member that is read holds something else than the platform writes; all else in the file counts |
| `policy_broken` | a policy that the export holds as text is none |
| `state_empty`, `state_encrypted`, `state_unknown` | called like a state of Terraform, and without what one holds |
| `export_page_missing` | the export says that it goes on in another file |
| `archive_unrecognised` | called like an archive or a compressed file, and begins like none |
| `opaque_format` | Parquet, KeePass, or a store of keys of no known kind: export what is in it |

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
