//! GitLab's report of secret detection, for `artifacts:reports:secret_detection`.
//!
//! That report has secrets only: how many other findings there are is a message of the scan. There is no source code in it.
//! Shapes are those of version 15 of GitLab's secure report schemas.

use serde_json::{Value, json};
use tenure_model::{Category, Finding, Report, Severity, Unread, visible};

use crate::{Format, Style, configuration, json, words};

pub(super) const FORMAT: Format = Format {
    name: "gitlab",
    describe: "GitLab's report of secret detection",
    extension: "json",
    render: crate::Render::Whole(render),
    streams: false,
};

/// Version of the schemas that this follows.
const SCHEMA_VERSION: &str = "15.0.7";
/// The commit of what stands in a folder and in no commit yet; GitLab's own analyzer writes the same.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
/// Messages about unread inputs; the rest is counted in one more.
const MESSAGES_MAX: usize = 1_000;
/// Characters of a name.
const NAME_MAX: usize = 255;

fn render(report: &Report, _style: &Style) -> Vec<u8> {
    let secrets = || report.findings.iter().filter(|finding| is_told(finding));
    let tool = json!({
        "id": report.tool.name,
        "name": "Tenure",
        "version": report.tool.version,
        "vendor": {"name": "Tenure"},
    });
    let read = report.scan.complete && !report.scan.cancelled;
    json::document(&json!({
        "version": SCHEMA_VERSION,
        "vulnerabilities": secrets().map(vulnerability).collect::<Vec<_>>(),
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "secret_detection",
            "start_time": seconds(report.scan.started_at),
            "end_time": seconds(report.scan.finished_at),
            "status": if read { "success" } else { "failure" },
            "messages": messages(report, report.findings.len() - secrets().count()),
        },
    }))
}

/// Secrets that nobody accepted.
fn is_told(finding: &Finding) -> bool {
    finding.category == Category::Secret && finding.suppressed.is_none()
}

fn vulnerability(finding: &Finding) -> Value {
    let rule = visible(&finding.rule_id);
    let mut commit = json!({"sha": finding.commit.as_deref().unwrap_or(NO_COMMIT)});
    if let Some(author) = &finding.author {
        commit["author"] = visible(author).into();
    }
    if let Some(at) = finding.committed_at {
        commit["date"] = at.to_string().into();
    }
    json!({
        "id": finding.id,
        "category": "secret_detection",
        "name": name(&finding.title),
        "description": description(finding),
        "severity": severity(finding.severity),
        "location": {
            "file": visible(&finding.place.path),
            "start_line": finding.place.start_line.max(1),
            "end_line": finding.place.end_line.max(finding.place.start_line).max(1),
            "commit": commit,
        },
        "identifiers": [{"type": "tenure_rule_id", "name": name(&format!("Tenure rule {rule}")), "value": rule}],
    })
}

/// What a reviewer reads: what it is, how sure, and where else it stands.
fn description(finding: &Finding) -> String {
    let mut text = visible(&finding.title);
    if let Some(masked) = &finding.masked {
        text.push_str(&format!(" ({})", visible(masked)));
    }
    text.push_str(&format!("; confidence {}", finding.confidence.word()));
    match finding.also_at.len() {
        0 => {}
        1 => text.push_str("; at one more place"),
        more => text.push_str(&format!("; at {more} more places")),
    }
    text.push('.');
    text
}

/// What was not read, and what this report has no room for.
fn messages(report: &Report, others: usize) -> Vec<Value> {
    let message = |level: &str, text: String| json!({"level": level, "value": text});
    let unread =
        |unread: &Unread| message("warn", format!("Not fully read: {}.", visible(&words::unread(unread))));
    let mut messages: Vec<Value> = report.scan.unread.iter().take(MESSAGES_MAX).map(unread).collect();
    let configured = report.scan.configurations.iter().map(configuration::sentence);
    messages.extend(configured.map(|told| message("info", told)));
    let rest = report.scan.unread.len().saturating_sub(MESSAGES_MAX);
    if rest > 0 {
        messages.push(message("warn", format!("{rest} more inputs were not fully read.")));
    }
    if report.scan.cancelled {
        messages.push(message("fatal", "The scan was stopped before its end.".to_owned()));
    }
    if let Some(since) = words::since(&report.scan, visible) {
        messages.push(message("info", since));
    }
    if others > 0 {
        let text = format!("{others} findings of other kinds, or accepted ones, are in the json format.");
        messages.push(message("info", text));
    }
    messages
}

/// An instant as the schema wants it: UTC, whole seconds, no zone.
fn seconds(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn name(text: &str) -> String {
    visible(text).chars().take(NAME_MAX).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}
