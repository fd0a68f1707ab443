//! SARIF 2.1.0 for code-scanning services.
//!
//! One result per finding, at most [`RESULTS_MAX`]; what is cut and what was not read is a notification of the
//! invocation, so that a service never shows a silent zero. There are no snippets, so no secret can be in one.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tenure_model::{Finding, Identity, ReadState, Report, Severity, Unread, visible};

use crate::{Format, Style, configuration, json, words};

pub(super) const FORMAT: Format = Format {
    name: "sarif",
    describe: "SARIF 2.1.0 for code-scanning services",
    extension: "sarif",
    render: crate::Render::Whole(render),
    streams: false,
};

/// Results in one run: the services refuse a file with more.
const RESULTS_MAX: usize = 25_000;
/// Notifications about unread inputs; the rest is counted in one more.
const NOTIFICATIONS_MAX: usize = 25_000;
/// Related locations of one result; the services take 1,000.
const RELATED_MAX: usize = 100;
/// Tags of one rule; the services take 20.
const TAGS_MAX: usize = 20;

fn render(report: &Report, _style: &Style) -> Vec<u8> {
    let roots = Roots::of(report);
    let rules = Rules::of(report);
    let identities: HashMap<&str, &Identity> =
        report.identities.iter().map(|identity| (identity.id.as_str(), identity)).collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .take(RESULTS_MAX)
        .map(|finding| {
            let identity = finding.identity_id.as_deref().and_then(|id| identities.get(id)).copied();
            result(finding, identity, &roots, &rules)
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "semanticVersion": report.tool.version,
                "properties": {"ruleset": report.tool.ruleset, "disabledRules": report.tool.disabled_rules},
                "rules": rules.descriptors,
            }},
            "invocations": [invocation(report)],
            "originalUriBaseIds": roots.bases(),
            "results": results,
        }],
    });
    json::document(&document)
}

/// The scanned roots under the names by which locations refer to them.
struct Roots<'a>(Vec<&'a str>);

impl<'a> Roots<'a> {
    fn of(report: &'a Report) -> Self {
        let mut roots: Vec<&str> = report.scan.roots.iter().map(String::as_str).collect();
        for finding in &report.findings {
            if !roots.contains(&finding.place.root.as_str()) {
                roots.push(&finding.place.root);
            }
        }
        Self(roots)
    }

    /// `%SRCROOT%` where there is one root, as the services expect; `ROOT1` … otherwise.
    fn name(&self, index: usize) -> String {
        if self.0.len() == 1 { "%SRCROOT%".to_owned() } else { format!("ROOT{}", index + 1) }
    }

    fn name_of(&self, root: &str) -> String {
        self.name(self.0.iter().position(|known| *known == root).unwrap_or(0))
    }

    /// What each name stands for. A root that the user named relatively stays without a URI: where it lies is
    /// the reader's knowledge.
    fn bases(&self) -> Value {
        let mut bases = serde_json::Map::new();
        for (index, root) in self.0.iter().enumerate() {
            let mut base = json!({"description": {"text": message(root)}});
            if root.starts_with('/') {
                base["uri"] = format!("file://{}/", uri(root.trim_end_matches('/'))).into();
            }
            bases.insert(self.name(index), base);
        }
        bases.into()
    }
}

/// The rules that speak in this report, each with the worst that it says.
struct Rules<'a> {
    index: HashMap<&'a str, usize>,
    descriptors: Vec<Value>,
}

impl<'a> Rules<'a> {
    fn of(report: &'a Report) -> Self {
        let mut worst: BTreeMap<&str, &Finding> = BTreeMap::new();
        for finding in report.findings.iter().take(RESULTS_MAX) {
            let entry = worst.entry(&finding.rule_id).or_insert(finding);
            if finding.severity > entry.severity {
                *entry = finding;
            }
        }
        let index = worst.keys().enumerate().map(|(at, id)| (*id, at)).collect();
        let descriptors = worst.values().map(|finding| descriptor(finding)).collect();
        Self { index, descriptors }
    }
}

fn descriptor(finding: &Finding) -> Value {
    let mut tags = vec!["security".to_owned(), words::word(&finding.category).replace(' ', "-")];
    tags.extend(finding.controls.iter().map(|control| visible(control)));
    tags.truncate(TAGS_MAX);
    json!({
        "id": visible(&finding.rule_id),
        "shortDescription": {"text": message(&finding.title)},
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"tags": tags, "security-severity": security_severity(finding.severity)},
    })
}

fn result(finding: &Finding, identity: Option<&Identity>, roots: &Roots<'_>, rules: &Rules<'_>) -> Value {
    let base = roots.name_of(&finding.place.root);
    let mut result = json!({
        "ruleId": visible(&finding.rule_id),
        "ruleIndex": rules.index.get(finding.rule_id.as_str()),
        "level": level(finding.severity),
        "message": {"text": sentence(finding, identity)},
        "locations": [{"physicalLocation": physical(
            &finding.place.path, &base, finding.place.start_line, Some(finding.place.end_line),
        )}],
        "partialFingerprints": {"tenure/v1": finding.id},
        "properties": properties(finding, identity),
    });
    let related: Vec<Value> = finding
        .also_at
        .iter()
        .take(RELATED_MAX)
        .enumerate()
        .map(|(index, place)| {
            let text = match &place.commit {
                Some(commit) => format!("The same value in commit {}.", message(commit)),
                None => "The same value.".to_owned(),
            };
            json!({
                "id": index + 1,
                "message": {"text": text},
                "physicalLocation": physical(&place.path, &base, place.start_line, None),
            })
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(reason) = &finding.suppressed {
        result["suppressions"] =
            json!([{"kind": "external", "status": "accepted", "justification": visible(reason)}]);
    }
    result
}

/// Lines only: our columns are bytes, and SARIF counts characters.
fn physical(path: &str, base: &str, start_line: u32, end_line: Option<u32>) -> Value {
    let start = start_line.max(1);
    json!({
        "artifactLocation": {"uri": uri(path), "uriBaseId": base},
        "region": {"startLine": start, "endLine": end_line.unwrap_or(start).max(start)},
    })
}

/// What a reviewer reads: what, whose, and in which commit.
fn sentence(finding: &Finding, identity: Option<&Identity>) -> String {
    let mut text = message(&finding.title);
    if let Some(masked) = &finding.masked {
        text.push_str(&format!(" ({})", message(masked)));
    }
    if let Some(identity) = identity {
        text.push_str(&format!(
            "; identity {}, owner {}",
            message(&words::label(&identity.name)),
            message(&words::owner(&identity.owner))
        ));
    }
    let history = words::history(finding);
    if !history.is_empty() {
        text.push_str(&format!("; {}", message(&history)));
    }
    text.push('.');
    text
}

fn properties(finding: &Finding, identity: Option<&Identity>) -> Value {
    let mut properties = json!({
        "severity": finding.severity.word(),
        "confidence": finding.confidence.word(),
        "category": finding.category,
        "inTree": finding.in_tree,
        "inHistory": finding.in_history,
        "fate": finding.fate,
        "commit": finding.commit,
        "committedAt": finding.committed_at,
        "fingerprint": finding.fingerprint,
        "controls": finding.controls,
        "alsoAtCount": finding.also_at.len(),
        "startColumnByte": finding.place.start_column,
        "endColumnByte": finding.place.end_column,
    });
    if let Some(identity) = identity {
        properties["identity"] = json!({
            "id": identity.id,
            "kind": identity.kind,
            "name": visible(&identity.name),
            "owner": identity.owner.name.as_deref().map(visible),
            "ownerState": identity.owner.state,
            "riskScore": identity.risk.score,
            "riskBand": identity.risk.band,
            "readinessScore": identity.readiness.score,
            "readinessBand": identity.readiness.band,
        });
    }
    properties
}

/// The run itself: a scan that did not read everything did not succeed, and says what it left out.
fn invocation(report: &Report) -> Value {
    let scan = &report.scan;
    let mut notifications: Vec<Value> = scan.unread.iter().take(NOTIFICATIONS_MAX).map(unread).collect();
    let configured = report.scan.configurations.iter().map(configuration::sentence);
    notifications.extend(configured.map(|told| notification("configuration", "note", &told)));
    let rest = scan.unread.len().saturating_sub(NOTIFICATIONS_MAX);
    if rest > 0 {
        notifications.push(notification(
            "unread_cut",
            "warning",
            &format!("{rest} more inputs were not fully read."),
        ));
    }
    if scan.cancelled {
        notifications.push(notification("cancelled", "error", "The scan was stopped before its end."));
    }
    if let Some(since) = words::since(scan, visible) {
        notifications.push(notification("since", "note", &since));
    }
    if report.findings.len() > RESULTS_MAX {
        let text = format!(
            "{} of {} findings are in this file; the json format has all of them.",
            words::grouped(RESULTS_MAX as u64),
            words::grouped(report.findings.len() as u64)
        );
        notifications.push(notification("results_cut", "warning", &text));
    }
    json!({
        "executionSuccessful": scan.complete && !scan.cancelled,
        "startTimeUtc": scan.started_at,
        "endTimeUtc": scan.finished_at,
        "toolExecutionNotifications": notifications,
        "properties": {"counts": scan.counts},
    })
}

fn unread(unread: &Unread) -> Value {
    let severity = match unread.state {
        ReadState::Failed => "error",
        ReadState::Excluded => "note",
        ReadState::Partial | ReadState::Skipped => "warning",
    };
    let text = format!("Not fully read: {}.", words::unread(unread));
    let mut value = notification(&unread.reason, severity, &text);
    value["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": uri(&unread.path)}}}]);
    value
}

fn notification(id: &str, severity: &str, text: &str) -> Value {
    json!({"descriptor": {"id": visible(id)}, "level": severity, "message": {"text": message(text)}})
}

/// The level that a service sorts by.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The score from which services make their own words; the middle of each of their steps.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

/// Text of a message: controls visible, and no brackets that a viewer would turn into a link.
fn message(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A path of the model as a URI reference. Its `%XX` are already what a URI needs.
fn uri(path: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/%!$&'()*+,;=@".contains(&byte);
        if plain {
            uri.push(char::from(byte));
        } else {
            uri.push('%');
            uri.push(char::from(HEX[usize::from(byte >> 4)]));
            uri.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_that_cannot_be_misread() {
        assert_eq!(uri("a b/c#d?e:f.txt"), "a%20b/c%23d%3Fe%3Af.txt");
        assert_eq!(uri("a/%FF%25.txt"), "a/%FF%25.txt");
        assert_eq!(uri("ü"), "%C3%BC");
    }

    #[test]
    fn a_name_cannot_become_a_link() {
        assert_eq!(message("[here](http://x)"), "\\[here\\](http://x)");
    }
}
