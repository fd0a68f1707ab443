//! Text for a person at a terminal: what is incomplete first, then who is at risk and why, totals last.
//!
//! It reads well at 80 columns and without colour: severity is a shape and a word before it is a colour.

mod difference;
mod exception;
mod identity;
mod migration;
mod plan;

use std::collections::BTreeMap;

use tenure_model::{Finding, ReadState, Report, RiskBand, Severity, Unread, visible};

pub use difference::difference_human;
pub use exception::{exception_human, exceptions_human};
pub use identity::{identities_human, identity_human};
pub use migration::migration_human;
pub use plan::plan_human;

use crate::grouping::{Group, Grouping};
use crate::sheet::{Ink, Sheet};
use crate::{Format, Style, configuration, glyph, words};

pub(super) const FORMAT: Format = Format {
    name: "human",
    describe: "text for a person, grouped by identity",
    extension: "txt",
    render: crate::Render::Whole(render),
    streams: false,
};

/// Unread inputs that are listed; the rest is counted.
const UNREAD_SHOWN_MAX: usize = 10;
/// Identities that are written out; the rest is counted.
const IDENTITIES_SHOWN_MAX: usize = 100;
/// Findings without an identity that are listed; the rest is counted.
const ALONE_SHOWN_MAX: usize = 100;

fn render(report: &Report, style: &Style) -> Vec<u8> {
    let mut sheet = Sheet::new(style);
    incomplete(&mut sheet, report);
    if let Some(since) = words::since(&report.scan, words::label) {
        sheet.spans(0, 2, &[(Ink::Strong, &since)]);
        sheet.blank();
    }
    headline(&mut sheet, report);
    if !style.quiet {
        let grouping = Grouping::of(report);
        identities(&mut sheet, &grouping.groups);
        alone(&mut sheet, &grouping.alone);
        if grouping.suppressed > 0 {
            sheet.blank();
            let text = format!("{} suppressed and not listed.", words::count(grouping.suppressed, "finding"));
            sheet.spans(0, 2, &[(Ink::Faint, &text)]);
        }
        totals(&mut sheet, report);
    }
    sheet.finish().into_bytes()
}

/// No silent zero: what was not read comes before anything that was.
fn incomplete(sheet: &mut Sheet<'_>, report: &Report) {
    let Some(sentence) = words::incomplete(&report.scan) else { return };
    sheet.spans(0, 2, &[(Ink::Critical, &sentence)]);
    let mut unread: Vec<&Unread> = report.scan.unread.iter().filter(|row| row.is_missing()).collect();
    // What was tried and went wrong before what was left out on purpose.
    unread.sort_by_key(|unread| std::cmp::Reverse(unread.state == ReadState::Failed));
    let (shown, rest) = unread.split_at(unread.len().min(UNREAD_SHOWN_MAX));
    for unread in shown {
        sheet.spans(2, 4, &[(Ink::Plain, &words::unread(unread))]);
    }
    if !rest.is_empty() {
        let text = format!("… and {} more ({}); --format json lists all of them.", rest.len(), reasons(rest));
        sheet.spans(2, 4, &[(Ink::Faint, &text)]);
    }
    sheet.blank();
}

/// How many inputs were not read for which reason, most frequent first.
fn reasons(unread: &[&Unread]) -> String {
    /// Reasons that are named; the numbers of the others are left out.
    const REASONS_SHOWN_MAX: usize = 4;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for unread in unread {
        *numbers.entry(&unread.reason).or_default() += 1;
    }
    let mut numbers: Vec<(&str, usize)> = numbers.into_iter().collect();
    numbers.sort_by_key(|&(reason, number)| (std::cmp::Reverse(number), reason));
    let named: Vec<String> = numbers
        .iter()
        .take(REASONS_SHOWN_MAX)
        .map(|(reason, number)| format!("{number} {}", words::label(reason)))
        .collect();
    named.join(", ")
}

/// How much was found, in how much that was read.
fn headline(sheet: &mut Sheet<'_>, report: &Report) {
    let scan = &report.scan;
    let open = report.findings.iter().filter(|finding| finding.suppressed.is_none()).count() as u64;
    let mut text = format!(
        "{} about {}",
        words::count(open, "finding"),
        words::count(report.identities.len() as u64, "identity")
    );
    let by_severity: Vec<String> = Severity::ALL
        .iter()
        .rev()
        .filter_map(|severity| {
            let number = report
                .findings
                .iter()
                .filter(|finding| finding.suppressed.is_none() && finding.severity == *severity)
                .count();
            (number > 0).then(|| format!("{} {}", words::grouped(number as u64), severity.word()))
        })
        .collect();
    if !by_severity.is_empty() {
        text.push_str(&format!(": {}", by_severity.join(", ")));
    }
    sheet.spans(0, 2, &[(Ink::Strong, &text)]);
    let roots: Vec<String> = scan.roots.iter().take(3).map(|root| words::label(root)).collect();
    let more = scan.roots.len().saturating_sub(roots.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let read = format!("Read {} in {}{more}.", words::amounts(&scan.counts), roots.join(", "));
    sheet.spans(0, 2, &[(Ink::Faint, &read)]);
    if let Some(off) = words::switched_off(&report.tool.disabled_rules, words::label) {
        sheet.spans(0, 2, &[(Ink::Faint, &off)]);
    }
    for told in configuration::sentences(report) {
        sheet.spans(0, 2, &[(Ink::Faint, &told)]);
    }
}

/// One block for each identity that needs a look; the quiet rest is counted.
fn identities(sheet: &mut Sheet<'_>, groups: &[Group<'_>]) {
    let (loud, calm): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups
        .iter()
        .partition(|group| !group.findings.is_empty() || group.identity.risk.band > RiskBand::Low);
    for group in loud.iter().take(IDENTITIES_SHOWN_MAX) {
        sheet.blank();
        identity::block(sheet, group.identity, &group.findings, identity::SCAN);
    }
    let rest = loud.len().saturating_sub(IDENTITIES_SHOWN_MAX);
    for (number, what) in [(rest, "not written out here"), (calm.len(), "of low risk without a finding")] {
        if number > 0 {
            sheet.blank();
            let text =
                format!("{} {what}: see tenure inventory list.", words::count(number as u64, "identity"));
            sheet.spans(0, 2, &[(Ink::Faint, &text)]);
        }
    }
}

/// Findings that no identity explains.
fn alone(sheet: &mut Sheet<'_>, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Findings without an identity")]);
    for finding in findings.iter().take(ALONE_SHOWN_MAX) {
        finding_lines(sheet, 2, finding, None);
    }
    let rest = findings.len().saturating_sub(ALONE_SHOWN_MAX);
    if rest > 0 {
        let text = format!("… and {} more; --format json lists all of them.", words::grouped(rest as u64));
        sheet.spans(2, 4, &[(Ink::Faint, &text)]);
    }
}

/// The last thing a person reads: bands, hours, and where to go on.
fn totals(sheet: &mut Sheet<'_>, report: &Report) {
    sheet.blank();
    let bands: Vec<String> = BANDS
        .iter()
        .filter_map(|band| {
            let number = report.summary.by_band.get(band.word()).copied().unwrap_or(0);
            (number > 0).then(|| format!("{} {}", words::grouped(number), band.label()))
        })
        .collect();
    if !bands.is_empty() {
        sheet.spans(0, 2, &[(Ink::Strong, "Readiness: "), (Ink::Plain, &bands.join(", "))]);
    }
    let hours = words::grouped(report.summary.standing_hours_per_year);
    let avoidable = words::grouped(report.summary.avoidable_hours_per_year);
    if report.summary.standing_hours_per_year > 0 {
        let text = format!("{hours} a year, {avoidable} of them avoidable with short-lived access");
        sheet.spans(0, 2, &[(Ink::Strong, "Standing hours: "), (Ink::Plain, &text)]);
    }
    if report.findings.is_empty() && report.scan.complete {
        let text = match &report.scan.since {
            None => "Everything was read and nothing was found.",
            Some(_) => "Everything that is new was read and nothing was found.",
        };
        sheet.spans(0, 2, &[(Ink::Low, text)]);
    }
}

/// The order in which bands are told, best first.
const BANDS: [tenure_model::ReadinessBand; 5] = [
    tenure_model::ReadinessBand::ReadyNow,
    tenure_model::ReadinessBand::AfterPrerequisites,
    tenure_model::ReadinessBand::RedesignFirst,
    tenure_model::ReadinessBand::ExceptionNeeded,
    tenure_model::ReadinessBand::NotAssessed,
];

/// The ink of a severity.
fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical => Ink::Critical,
        Severity::High => Ink::High,
        Severity::Medium => Ink::Medium,
        Severity::Low => Ink::Low,
        Severity::Info => Ink::Faint,
    }
}

/// The ink of a risk band.
fn risk_ink(band: RiskBand) -> Ink {
    match band {
        RiskBand::Critical => Ink::Critical,
        RiskBand::High => Ink::High,
        RiskBand::Medium => Ink::Medium,
        RiskBand::Low => Ink::Low,
    }
}

/// One finding on two lines: what and how bad; where, since when, and its mask. Below the name of its identity
/// a title does not say that name again.
fn finding_lines(sheet: &mut Sheet<'_>, indent: usize, finding: &Finding, below: Option<&str>) {
    let ink = severity_ink(finding.severity);
    let mark = format!("{} {:<9}", glyph::severity(finding.severity), finding.severity.word());
    let mut first = vec![(ink, mark.as_str()), (Ink::Plain, " ")];
    let said = below.and_then(|name| finding.title.strip_suffix(name)?.strip_suffix(": "));
    let title = words::label(said.unwrap_or(&finding.title));
    first.push((Ink::Plain, &title));
    let masked = finding.masked.as_deref().map(|masked| format!("  {}", visible(masked))).unwrap_or_default();
    first.push((Ink::Faint, &masked));
    sheet.spans(indent, indent + 12, &first);
    let place = words::place(finding);
    let history = words::history(finding);
    let history = if history.is_empty() { history } else { format!("  {history}") };
    sheet.spans(indent + 12, indent + 14, &[(Ink::Plain, &place), (Ink::Faint, &history)]);
    if let Some(reason) = &finding.suppressed {
        let text = format!("does not count: {}", words::sentence(reason));
        sheet.spans(indent + 12, indent + 14, &[(Ink::Faint, &text)]);
    }
}
