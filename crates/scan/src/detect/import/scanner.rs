//! One scanner's report: how it is known, and how its results are read.

use super::found::Ledger;
use super::report;
use crate::detect::recogniser::Recogniser;
use crate::detect::rules::ReaderRule;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable};

/// A format of reports.
pub(super) struct Scanner {
    pub(super) name: &'static str,
    pub(super) describe: &'static str,
    /// Names of members that all stand near the beginning of such a report.
    pub(super) names: &'static [&'static str],
    /// The scanner's name for people.
    pub(super) program: &'static str,
    /// The rule of what it found.
    pub(super) rule: &'static ReaderRule,
    /// Gives every result to the ledger; why the rest of the report could not be read.
    pub(super) read: fn(&str, &mut Ledger<'_>) -> Option<Unreadable>,
}

impl Detector for Scanner {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> &'static str {
        self.describe
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| opening.all(self.names))
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match report::decode(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let mut ledger = Ledger::new(blob, self.name, self.program, self.rule, values);
        let unreadable = (self.read)(&text, &mut ledger);
        ledger.done(unreadable)
    }
}
