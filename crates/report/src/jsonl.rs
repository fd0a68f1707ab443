//! The report as a stream: one JSON object a line, a finding as soon as it is known that none of its names is a value.
//!
//! A streamed finding does not know its identity yet. Each `identity` line therefore names its findings in
//! `finding_ids`; everything else is the same object as in the `json` format.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use tenure_model::{Finding, Identity, Report, Unread};

use crate::{Format, json};

pub(super) const FORMAT: Format = Format {
    name: "jsonl",
    describe: "the same objects one a line, findings as soon as they are known",
    extension: "jsonl",
    render: crate::Render::Piecewise(write),
    streams: true,
};

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    JsonLines::new(BufWriter::new(out)).finish(report).map(drop)
}

/// One line of the stream.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Finding(&'a Finding),
    Identity {
        #[serde(flatten)]
        identity: &'a Identity,
        finding_ids: &'a [&'a str],
    },
    Unread(&'a Unread),
    Summary {
        schema_version: &'a str,
        tool: &'a tenure_model::Tool,
        scan: serde_json::Value,
        summary: &'a tenure_model::Summary,
    },
}

/// A report that is being written while its scan still runs.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    written: HashSet<String>,
}

impl<W: Write> JsonLines<W> {
    /// Starts a stream; nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out, written: HashSet::new() }
    }

    /// Writes a finding, once; a second one with the same id is left out.
    ///
    /// # Errors
    /// When the sink does not take it.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        if self.written.insert(finding.id.clone()) {
            self.line(&Line::Finding(finding))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Writes the rest of the finished report: findings that were not streamed, identities, what was not
    /// read, and the summary as the last line, so that a reader can tell a whole stream from a cut one.
    ///
    /// # Errors
    /// When the sink does not take it.
    pub fn finish(mut self, report: &Report) -> io::Result<W> {
        for finding in &report.findings {
            if !self.written.contains(&finding.id) {
                self.line(&Line::Finding(finding))?;
            }
        }
        let mut of_identity: HashMap<&str, Vec<&str>> = HashMap::new();
        for finding in &report.findings {
            if let Some(id) = &finding.identity_id {
                of_identity.entry(id).or_default().push(&finding.id);
            }
        }
        for identity in &report.identities {
            let finding_ids = of_identity.get(identity.id.as_str()).map_or(&[][..], Vec::as_slice);
            self.line(&Line::Identity { identity, finding_ids })?;
        }
        for unread in &report.scan.unread {
            self.line(&Line::Unread(unread))?;
        }
        let mut scan = serde_json::to_value(&report.scan)?;
        if let Some(fields) = scan.as_object_mut() {
            // The rows stand above, one a line; how many they were lets a reader check.
            fields.insert("unread_count".to_owned(), report.scan.unread.len().into());
            fields.remove("unread");
        }
        let Report { schema_version, tool, summary, .. } = report;
        self.line(&Line::Summary { schema_version, tool, scan, summary })?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let text = json::terminal_safe(serde_json::to_string(line)?.into());
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }
}
