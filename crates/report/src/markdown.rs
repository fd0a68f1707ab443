//! Markdown for reviews and tickets: a report, and a plan.
//!
//! Scanned text stands in code spans or is escaped, so that it can neither format, link nor fetch.

mod plan;

use tenure_model::{Finding, Identity, Report, RiskBand, Severity, visible};

pub use plan::plan_markdown;

use crate::grouping::{Group, Grouping};
use crate::{Format, Style, configuration, glyph, words};

pub(super) const FORMAT: Format = Format {
    name: "markdown",
    describe: "Markdown for reviews and tickets",
    extension: "md",
    render: crate::Render::Whole(render),
    streams: false,
};

/// Identities that are written out; the rest is counted.
const IDENTITIES_SHOWN_MAX: usize = 200;
/// Findings of one identity, or without one, that are listed; the rest is counted.
const FINDINGS_SHOWN_MAX: usize = 50;
/// Unread inputs that are listed; the rest is counted.
const UNREAD_SHOWN_MAX: usize = 50;

fn render(report: &Report, style: &Style) -> Vec<u8> {
    let mut text = String::from("# Tenure report\n\n");
    incomplete(&mut text, report);
    if let Some(since) = words::since(&report.scan, code) {
        text.push_str(&format!("**{since}**\n\n"));
    }
    totals(&mut text, report);
    if !style.quiet {
        let grouping = Grouping::of(report);
        overview(&mut text, &report.identities);
        for group in grouping.groups.iter().take(IDENTITIES_SHOWN_MAX) {
            identity(&mut text, group);
        }
        rest(&mut text, grouping.groups.len(), IDENTITIES_SHOWN_MAX, "identity");
        if !grouping.alone.is_empty() {
            text.push_str("## Findings without an identity\n\n");
            findings(&mut text, &grouping.alone);
        }
        if grouping.suppressed > 0 {
            let suppressed = words::count(grouping.suppressed, "finding");
            text.push_str(&format!("{suppressed} suppressed and not listed.\n\n"));
        }
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
    text.into_bytes()
}

fn incomplete(text: &mut String, report: &Report) {
    let Some(sentence) = words::incomplete(&report.scan) else { return };
    text.push_str(&format!("> **{}**\n", prose(&sentence)));
    let missing: Vec<_> = report.scan.unread.iter().filter(|row| row.is_missing()).collect();
    for unread in missing.iter().take(UNREAD_SHOWN_MAX) {
        let detail =
            if unread.detail.is_empty() { String::new() } else { format!(": {}", prose(&unread.detail)) };
        let reason = code(&unread.reason);
        text.push_str(&format!(
            ">\n> - {} {} {reason}{detail}\n",
            words::word(&unread.state),
            code(&unread.path)
        ));
    }
    let more = missing.len().saturating_sub(UNREAD_SHOWN_MAX);
    if more > 0 {
        text.push_str(&format!(">\n> - … and {} more\n", words::grouped(more as u64)));
    }
    text.push('\n');
}

fn totals(text: &mut String, report: &Report) {
    let roots: Vec<String> = report.scan.roots.iter().map(|root| code(root)).collect();
    text.push_str(&format!("Read {} in {}.\n\n", words::amounts(&report.scan.counts), roots.join(", ")));
    if let Some(off) = words::switched_off(&report.tool.disabled_rules, code) {
        text.push_str(&format!("{off}\n\n"));
    }
    for told in configuration::sentences(report) {
        text.push_str(&format!("{}\n\n", prose(&told)));
    }
    text.push_str("| severity | findings |\n|---|---:|\n");
    for severity in Severity::ALL.iter().rev() {
        let number = report.summary.by_severity.get(severity.word()).copied().unwrap_or(0);
        if number > 0 {
            let shape = glyph::severity(*severity);
            text.push_str(&format!("| {shape} {} | {} |\n", severity.word(), words::grouped(number)));
        }
    }
    let hours =
        words::standing(report.summary.standing_hours_per_year, report.summary.avoidable_hours_per_year);
    text.push_str(&format!("\n{hours}.\n\n"));
}

fn overview(text: &mut String, identities: &[Identity]) {
    if identities.is_empty() {
        text.push_str("No identities.\n\n");
        return;
    }
    text.push_str("| risk | identity | kind | owner | readiness | next |\n|---:|---|---|---|---|---|\n");
    for identity in identities.iter().take(IDENTITIES_SHOWN_MAX) {
        text.push_str(&format!(
            "| {} {} | {} | {} | {} | {} {} | {} |\n",
            glyph::risk(identity.risk.band),
            identity.risk.score,
            cell(&code(&identity.name)),
            prose(&words::kind(&identity.kind)),
            cell(&owner_cell(&identity.owner)),
            identity.readiness.score,
            identity.readiness.band.label(),
            cell(&prose(&identity.readiness.next_action)),
        ));
    }
    text.push('\n');
}

fn identity(text: &mut String, group: &Group<'_>) {
    let identity = group.identity;
    if group.findings.is_empty() && identity.risk.band == RiskBand::Low {
        return;
    }
    text.push_str(&format!("## {} {}\n\n", glyph::risk(identity.risk.band), code(&identity.name)));
    point(text, "id", &code(&identity.id));
    point(text, "owner", &prose(&words::owner(&identity.owner)));
    let strip = glyph::strip(&identity.readiness);
    point(text, "readiness", &format!("`{strip}` {}", prose(&words::readiness(identity))));
    point(text, "risk", &format!("{} {}", identity.risk.score, identity.risk.band.word()));
    for because in &identity.risk.because {
        text.push_str(&format!("  - {}\n", prose(because)));
    }
    point(text, "privilege", &prose(&words::privilege(&identity.privilege)));
    for path in words::leading(&identity.privilege) {
        let because = prose(&path.because.join("; "));
        text.push_str(&format!("  - {} {}: {because}\n", code(&path.id), prose(&words::escalation(path))));
    }
    for credential in identity.credentials.iter().take(FINDINGS_SHOWN_MAX) {
        point(text, "credential", &prose(&words::credential(credential)));
    }
    for consumer in identity.consumers.iter().take(FINDINGS_SHOWN_MAX) {
        point(text, "used by", &prose(&words::consumer(consumer)));
    }
    for exception in identity.exceptions.iter().take(FINDINGS_SHOWN_MAX) {
        point(text, "exception", &prose(&words::exception(exception)));
    }
    for gate in &identity.readiness.gates {
        let because = prose(&gate.because);
        point(text, "gate", &format!("{} (at most {}) {because}", code(&gate.id), gate.cap));
    }
    if !identity.readiness.next_action.is_empty() {
        point(text, "next", &format!("**{}**", prose(&identity.readiness.next_action)));
    }
    text.push('\n');
    findings(text, &group.findings);
}

fn findings(text: &mut String, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    text.push_str("| severity | finding | where | history |\n|---|---|---|---|\n");
    for finding in findings.iter().take(FINDINGS_SHOWN_MAX) {
        let masked = finding.masked.as_deref().map(|masked| format!(" {}", code(masked))).unwrap_or_default();
        let place = format!("{}:{}", finding.place.path, finding.place.start_line);
        text.push_str(&format!(
            "| {} {} | {} | {} | {} |\n",
            glyph::severity(finding.severity),
            finding.severity.word(),
            cell(&format!("{}{masked}", prose(&finding.title))),
            cell(&code(&place)),
            cell(&prose(&words::history(finding))),
        ));
    }
    text.push('\n');
    rest(text, findings.len(), FINDINGS_SHOWN_MAX, "finding");
}

/// A line that counts what was not written out.
fn rest(text: &mut String, all: usize, shown_max: usize, noun: &str) {
    let more = all.saturating_sub(shown_max);
    if more > 0 {
        text.push_str(&format!("… and {} more.\n\n", words::count(more as u64, noun)));
    }
}

fn point(text: &mut String, label: &str, value: &str) {
    text.push_str(&format!("- {label}: {value}\n"));
}

/// Name and state of an owner; the basis stands further below.
fn owner_cell(owner: &tenure_model::Owner) -> String {
    match &owner.name {
        Some(name) => format!("{} ({})", code(name), words::word(&owner.state)),
        None => words::word(&owner.state),
    }
}

/// Scanned text as a code span that it cannot leave.
pub(super) fn code(text: &str) -> String {
    let safe = visible(text);
    if safe.trim().is_empty() {
        return "`(empty)`".to_owned();
    }
    let longest = safe.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if safe.starts_with('`') || safe.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{safe}{gap}{fence}")
}

/// A sentence in which no character formats, links or makes HTML.
pub(super) fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&') {
            safe.push('\\');
        }
        safe.push(c);
    }
    // A bare address would become a link by itself.
    safe.replace("://", "\\://")
}

/// Markdown that stands in a table: a bar would end its cell, in a code span too.
pub(super) fn cell(markdown: &str) -> String {
    let mut safe = String::with_capacity(markdown.len());
    let mut escaped = false;
    for c in markdown.chars() {
        if c == '|' && !escaped {
            safe.push('\\');
        }
        escaped = c == '\\' && !escaped;
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code(""), "`(empty)`");
    }

    #[test]
    fn prose_neither_links_nor_formats() {
        assert_eq!(prose("<img src=x> [a](http://e) *b*"), "\\<img src=x\\> \\[a\\](http\\://e) \\*b\\*");
    }

    #[test]
    fn a_bar_never_ends_a_cell() {
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(cell(&prose("a|b")), "a\\|b");
    }
}
