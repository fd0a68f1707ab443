//! Findings as a table for a spreadsheet, one a row; inputs that were not read are rows too.
//!
//! A cell that a spreadsheet would run as a formula is disarmed with a leading apostrophe.

use std::collections::HashMap;

use tenure_model::{Finding, Identity, Report, Unread, visible};

use crate::{Format, Style, words};

pub(super) const FORMAT: Format = Format {
    name: "csv",
    describe: "findings as a table for a spreadsheet",
    extension: "csv",
    render: crate::Render::Whole(render),
    streams: false,
};

/// What a row is made from.
enum Row<'a> {
    Finding(&'a Finding, Option<&'a Identity>),
    Unread(&'a Unread),
}

/// One column: its heading and how a row fills it.
type Column = (&'static str, fn(&Row<'_>) -> String);

/// Columns that only a finding has; empty for an unread input.
macro_rules! of_finding {
    ($name:literal, $value:expr) => {
        ($name, |row| match row {
            Row::Finding(finding, _) => {
                let value: fn(&Finding) -> String = $value;
                value(finding)
            }
            Row::Unread(_) => String::new(),
        })
    };
}

/// Columns that only a finding with an identity has.
macro_rules! of_identity {
    ($name:literal, $value:expr) => {
        ($name, |row| match row {
            Row::Finding(_, Some(identity)) => {
                let value: fn(&Identity) -> String = $value;
                value(identity)
            }
            _ => String::new(),
        })
    };
}

/// The table from left to right.
const COLUMNS: &[Column] = &[
    (
        "record",
        |row| if matches!(row, Row::Finding(..)) { "finding".to_owned() } else { "unread".to_owned() },
    ),
    of_finding!("severity", |finding| finding.severity.word().to_owned()),
    of_finding!("confidence", |finding| finding.confidence.word().to_owned()),
    ("rule_id", |row| match row {
        Row::Finding(finding, _) => finding.rule_id.clone(),
        Row::Unread(unread) => unread.reason.clone(),
    }),
    ("title", |row| match row {
        Row::Finding(finding, _) => finding.title.clone(),
        Row::Unread(unread) => format!("not fully read ({}): {}", words::word(&unread.state), unread.detail),
    }),
    of_finding!("root", |finding| finding.place.root.clone()),
    ("path", |row| match row {
        Row::Finding(finding, _) => finding.place.path.clone(),
        Row::Unread(unread) => unread.path.clone(),
    }),
    of_finding!("line", |finding| finding.place.start_line.to_string()),
    of_finding!("commit", |finding| finding.commit.clone().unwrap_or_default()),
    of_finding!("committed_at", |finding| finding.committed_at.map(|at| at.to_string()).unwrap_or_default()),
    of_finding!("in_tree", |finding| finding.in_tree.to_string()),
    of_finding!("in_history", |finding| finding.in_history.to_string()),
    of_finding!("also_at", |finding| finding.also_at.len().to_string()),
    of_finding!("masked", |finding| finding.masked.clone().unwrap_or_default()),
    of_identity!("identity", |identity| identity.name.clone()),
    of_identity!("identity_kind", |identity| identity.kind.clone()),
    of_identity!("owner", |identity| identity.owner.name.clone().unwrap_or_default()),
    of_identity!("owner_state", |identity| words::word(&identity.owner.state)),
    of_identity!("risk", |identity| identity.risk.score.to_string()),
    of_identity!("readiness", |identity| identity.readiness.score.to_string()),
    of_identity!("readiness_band", |identity| identity.readiness.band.word().to_owned()),
    of_identity!("next_action", |identity| identity.readiness.next_action.clone()),
    of_finding!("suppressed", |finding| finding.suppressed.clone().unwrap_or_default()),
    of_finding!("controls", |finding| finding.controls.join(" ")),
    of_finding!("finding_id", |finding| finding.id.clone()),
    of_identity!("identity_id", |identity| identity.id.clone()),
];

fn render(report: &Report, _style: &Style) -> Vec<u8> {
    let identities: HashMap<&str, &Identity> =
        report.identities.iter().map(|identity| (identity.id.as_str(), identity)).collect();
    let mut text = String::new();
    let head: Vec<String> = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    push_row(&mut text, &head);
    let unread = report.scan.unread.iter().map(Row::Unread);
    let findings = report.findings.iter().map(|finding| {
        let identity = finding.identity_id.as_deref().and_then(|id| identities.get(id)).copied();
        Row::Finding(finding, identity)
    });
    // What was not read comes first here too: nobody scrolls to the end of a spreadsheet.
    for row in unread.chain(findings) {
        let cells: Vec<String> = COLUMNS.iter().map(|(_, value)| value(&row)).collect();
        push_row(&mut text, &cells);
    }
    text.into_bytes()
}

/// A row as RFC 4180 writes it; every cell is quoted, so that none can end early.
fn push_row(text: &mut String, cells: &[String]) {
    let quoted: Vec<String> =
        cells.iter().map(|cell| format!("\"{}\"", disarm(cell).replace('"', "\"\""))).collect();
    text.push_str(&quoted.join(","));
    text.push_str("\r\n");
}

/// A cell that no spreadsheet runs: controls are visible, and a formula's first character is not first.
fn disarm(cell: &str) -> String {
    let safe = visible(cell);
    // The full-width forms count as the plain ones under some input methods.
    let formula = safe.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let control = cell.starts_with(['\t', '\r', '\n']);
    if formula || control { format!("'{safe}") } else { safe }
}
