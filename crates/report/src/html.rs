//! One page that needs nothing else: no script, no font, no picture from anywhere.
//!
//! Every text is escaped by one function, and the page's own policy forbids scripts besides.

use tenure_model::{Credential, Finding, Identity, Report, RiskBand, Severity, visible};

use crate::glyph::{self, Axis};
use crate::grouping::{Group, Grouping};
use crate::{Format, Style, configuration, words};

pub(super) const FORMAT: Format = Format {
    name: "html",
    describe: "one self-contained page without scripts",
    extension: "html",
    render: crate::Render::Whole(render),
    streams: false,
};

/// Identities that are written out; the rest is counted.
const IDENTITIES_SHOWN_MAX: usize = 2_000;
/// Rows of one table that are written out; the rest is counted.
const ROWS_SHOWN_MAX: usize = 1_000;

/// The patterns that the two glyphs share.
const DEFINITIONS: &str = "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
<pattern id=\"unknown\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">\
<path class=\"hatch\" d=\"M0 4 L4 0\"/></pattern>\
<linearGradient id=\"fade\"><stop offset=\"0.6\" stop-color=\"#2a9d8f\"/>\
<stop offset=\"1\" stop-color=\"#2a9d8f\" stop-opacity=\"0\"/></linearGradient></defs></svg>\n";

fn render(report: &Report, style: &Style) -> Vec<u8> {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Tenure report</title>\n",
    );
    page.push_str(&format!("<style>\n{}</style>\n</head>\n<body>\n", include_str!("html.css")));
    page.push_str(DEFINITIONS);
    page.push_str("<main>\n<h1>Tenure report</h1>\n");
    incomplete(&mut page, report);
    if let Some(since) = words::since(&report.scan, |revision| format!("<code>{}</code>", text(revision))) {
        page.push_str(&format!("<p><strong>{since}</strong></p>\n"));
    }
    totals(&mut page, report);
    if !style.quiet {
        let grouping = Grouping::of(report);
        let credentials = report.identities.iter().flat_map(|identity| &identity.credentials);
        let axis = Axis::over(credentials, report.scan.finished_at);
        page.push_str("<h2>Identities</h2>\n");
        for group in grouping.groups.iter().take(IDENTITIES_SHOWN_MAX) {
            identity(&mut page, group, axis);
        }
        rest(&mut page, grouping.groups.len(), IDENTITIES_SHOWN_MAX);
        if !grouping.alone.is_empty() {
            page.push_str("<h2>Findings without an identity</h2>\n");
            findings(&mut page, &grouping.alone);
        }
        if grouping.suppressed > 0 {
            let suppressed = words::count(grouping.suppressed, "finding");
            page.push_str(&format!("<p class=\"faint\">{suppressed} suppressed and not listed.</p>\n"));
        }
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page.into_bytes()
}

fn incomplete(page: &mut String, report: &Report) {
    let Some(sentence) = words::incomplete(&report.scan) else { return };
    page.push_str(&format!(
        "<div class=\"alarm\" role=\"alert\">\n<p><strong>{}</strong></p>\n",
        text(&sentence)
    ));
    let missing: Vec<_> = report.scan.unread.iter().filter(|row| row.is_missing()).collect();
    if !missing.is_empty() {
        page.push_str("<table><thead><tr><th>input</th><th>state</th><th>reason</th><th>detail</th></tr></thead><tbody>\n");
        for unread in missing.iter().take(ROWS_SHOWN_MAX) {
            page.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
                text(&unread.path),
                text(&words::word(&unread.state)),
                text(&unread.reason),
                text(&unread.detail),
            ));
        }
        page.push_str("</tbody></table>\n");
        rest(page, missing.len(), ROWS_SHOWN_MAX);
    }
    page.push_str("</div>\n");
}

fn totals(page: &mut String, report: &Report) {
    let roots: Vec<String> =
        report.scan.roots.iter().map(|root| format!("<code>{}</code>", text(root))).collect();
    let read = text(&words::amounts(&report.scan.counts));
    let when = text(&words::day(report.scan.started_at));
    page.push_str(&format!("<p class=\"faint\">{when}: read {read} in {}.</p>\n", roots.join(", ")));
    let off = words::switched_off(&report.tool.disabled_rules, |id| format!("<code>{}</code>", text(id)));
    if let Some(off) = off {
        page.push_str(&format!("<p class=\"faint\">{off}</p>\n"));
    }
    for told in configuration::sentences(report) {
        page.push_str(&format!("<p class=\"faint\">{}</p>\n", text(&told)));
    }
    page.push_str("<p>");
    for severity in Severity::ALL.iter().rev() {
        let number = report.summary.by_severity.get(severity.word()).copied().unwrap_or(0);
        if number > 0 {
            page.push_str(&format!("{} {} &ensp;", severity_mark(*severity), words::grouped(number)));
        }
    }
    let hours =
        words::standing(report.summary.standing_hours_per_year, report.summary.avoidable_hours_per_year);
    page.push_str(&format!("</p>\n<p>{}.</p>\n", text(&hours)));
}

fn identity(page: &mut String, group: &Group<'_>, axis: Axis) {
    let identity = group.identity;
    let open = if identity.risk.band >= RiskBand::High { " open" } else { "" };
    let strip_words = format!("readiness {}", words::readiness(identity));
    page.push_str(&format!(
        "<details{open}>\n<summary><span class=\"{band}\">{} {} {band}</span> <span class=\"name\">{}</span> \
         <span class=\"faint\">{}</span> {}</summary>\n<dl>\n",
        glyph::risk(identity.risk.band),
        identity.risk.score,
        text(&identity.name),
        text(&words::kind(&identity.kind)),
        glyph::strip_svg(&identity.readiness, &text(&strip_words)),
        band = identity.risk.band.word(),
    ));
    row(page, "id", &format!("<code>{}</code>", text(&identity.id)));
    if let Some(native) = &identity.native_id {
        row(page, "known as", &format!("<code>{}</code>", text(native)));
    }
    row(page, "owner", &text(&words::owner(&identity.owner)));
    row(page, "readiness", &text(&words::readiness(identity)));
    for gate in &identity.readiness.gates {
        let line = format!("<code>{}</code> (at most {}) {}", text(&gate.id), gate.cap, text(&gate.because));
        row(page, "gate", &line);
    }
    row(page, "privilege", &text(&words::privilege(&identity.privilege)));
    for path in words::leading(&identity.privilege) {
        let (how, because) = (text(&words::escalation(path)), text(&path.because.join("; ")));
        row(page, "way up", &format!("<code>{}</code> {how}<br>{because}", text(&path.id)));
    }
    for because in &identity.risk.because {
        row(page, "risk", &text(because));
    }
    for credential in identity.credentials.iter().take(ROWS_SHOWN_MAX) {
        row(page, "credential", &tenure(credential, axis));
    }
    for consumer in identity.consumers.iter().take(ROWS_SHOWN_MAX) {
        row(page, "used by", &text(&words::consumer(consumer)));
    }
    for exception in identity.exceptions.iter().take(ROWS_SHOWN_MAX) {
        row(page, "exception", &text(&words::exception(exception)));
    }
    if !identity.readiness.next_action.is_empty() {
        row(page, "next", &format!("<strong>{}</strong>", text(&identity.readiness.next_action)));
    }
    page.push_str("</dl>\n");
    factors(page, identity);
    findings(page, &group.findings);
    page.push_str("</details>\n");
}

/// A credential as its line and in words.
fn tenure(credential: &Credential, axis: Axis) -> String {
    let line = glyph::tenure_svg(credential, axis, &text(&words::life(credential)));
    format!("{line}<br>{}", text(&words::credential(credential)))
}

fn factors(page: &mut String, identity: &Identity) {
    if identity.readiness.factors.is_empty() {
        return;
    }
    page.push_str("<table><thead><tr><th>factor</th><th>points</th><th>evidence</th></tr></thead><tbody>\n");
    for factor in &identity.readiness.factors {
        let points = match factor.value {
            Some(_) => format!("{:.1} of {}", factor.points, factor.weight),
            None => format!("unknown of {}", factor.weight),
        };
        let evidence: Vec<String> = factor.evidence.iter().map(|line| text(line)).collect();
        page.push_str(&format!(
            "<tr><td>{} {}</td><td>{points}</td><td>{}</td></tr>\n",
            text(&factor.id),
            text(&factor.name),
            evidence.join("<br>")
        ));
    }
    page.push_str("</tbody></table>\n");
}

fn findings(page: &mut String, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    page.push_str("<table><thead><tr><th>severity</th><th>finding</th><th>where</th><th>history</th></tr></thead><tbody>\n");
    for finding in findings.iter().take(ROWS_SHOWN_MAX) {
        let masked = finding
            .masked
            .as_deref()
            .map(|masked| format!(" <code>{}</code>", text(masked)))
            .unwrap_or_default();
        page.push_str(&format!(
            "<tr><td>{}</td><td>{}{masked}</td><td><code>{}:{}</code></td><td>{}</td></tr>\n",
            severity_mark(finding.severity),
            text(&finding.title),
            text(&finding.place.path),
            finding.place.start_line,
            text(&words::history(finding)),
        ));
    }
    page.push_str("</tbody></table>\n");
    rest(page, findings.len(), ROWS_SHOWN_MAX);
}

fn severity_mark(severity: Severity) -> String {
    format!("<span class=\"{word}\">{} {word}</span>", glyph::severity(severity), word = severity.word())
}

fn row(page: &mut String, label: &str, html: &str) {
    page.push_str(&format!("<dt>{label}</dt><dd>{html}</dd>\n"));
}

fn rest(page: &mut String, all: usize, shown_max: usize) {
    let more = all.saturating_sub(shown_max);
    if more > 0 {
        page.push_str(&format!("<p class=\"faint\">… and {} more.</p>\n", words::grouped(more as u64)));
    }
}

/// Any text as HTML that shows exactly it, in an element or in a quoted attribute.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in visible(raw).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
