//! From what is known to bytes that somebody reads: the only crate that knows an output format.
//!
//! A format is one file and its row in [`FORMATS`]; flags, help and documents are made from that list.
//! Nothing here decides anything: scores, bands and actions come in as they are and go out as text. Whatever
//! came from a scanned file passes [`tenure_model::visible`] and the escaping of its format on the way.

mod configuration;
mod csv;
mod gitlab;
mod glyph;
mod grouping;
mod html;
mod human;
mod json;
mod jsonl;
mod markdown;
mod sarif;
mod schema;
mod sheet;
mod words;

use std::io::{self, Write};

use tenure_model::Report;

pub use human::{
    difference_human, exception_human, exceptions_human, identities_human, identity_human, migration_human,
    plan_human,
};
pub use jsonl::JsonLines;
pub use markdown::plan_markdown;
pub use schema::{SCHEMAS, Schema, schema};

/// One way to write a report.
#[derive(Debug)]
pub struct Format {
    /// What `--format` takes.
    pub name: &'static str,
    /// One line for help and documents.
    pub describe: &'static str,
    /// Usual file extension, without the dot.
    pub extension: &'static str,
    /// Writes the whole report.
    pub(crate) render: Render,
    /// True when findings can be written while the scan still runs, with [`JsonLines`].
    pub streams: bool,
}

/// How a format comes to its bytes.
#[derive(Debug)]
pub(crate) enum Render {
    /// All of them at once: for people, and where a document must be known before its first byte.
    Whole(fn(&Report, &Style) -> Vec<u8>),
    /// As they are made: a large report is never held a second time.
    Piecewise(fn(&Report, &mut dyn Write) -> io::Result<()>),
}

impl Format {
    /// Writes the whole report.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn write(&self, report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match self.render {
            Render::Whole(render) => out.write_all(&render(report, style)),
            Render::Piecewise(write) => write(report, out),
        }
    }
}

/// Every format; the first is the default.
pub const FORMATS: &[Format] = &[
    human::FORMAT,
    json::FORMAT,
    jsonl::FORMAT,
    sarif::FORMAT,
    gitlab::FORMAT,
    markdown::FORMAT,
    csv::FORMAT,
    html::FORMAT,
];

/// Looks a format up by the name that `--format` takes.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// How text for people is laid out. Formats for machines ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Escape sequences for colour; only where the reader takes them.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
    /// Only what is unread and the totals.
    pub quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 80, quiet: false }
    }
}
