//! Writes down what a reader learned: each fact with its place, each finding with its rule.

use tenure_model::{
    Evidence, EvidenceSource, Fact, Fate, Finding, Observation, OtherPlace, Place, Quality, Severity,
    Subject, finding_id,
};

use super::{Blob, ReaderRule, Reading, Unreadable};

/// Characters of a purpose or of a label's value that are kept: some exports have a document in one.
const TEXT_CHARS_MAX: usize = 1_000;
/// Lines of one finding that are named; the rest is the same thing again.
const PLACES_MAX: usize = 64;

/// A span in the file, lines and columns from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// Line.
    pub(crate) line: u32,
    /// First byte in the line.
    pub(crate) column: u32,
    /// Length in bytes.
    pub(crate) length: u32,
}

impl Spot {
    /// A whole line.
    pub(crate) fn line(line: u32) -> Self {
        Self { line, column: 1, length: 0 }
    }
}

/// A statement on its way to becoming a finding.
pub(crate) struct Statement {
    /// The rule that makes it.
    pub(crate) rule: &'static ReaderRule,
    /// Severity, where the case differs from the rule's usual one.
    pub(crate) severity: Option<Severity>,
    /// What it is about.
    pub(crate) subject: Subject,
    /// What tells it from other statements of the same rule in the same file.
    pub(crate) about: String,
    /// In words.
    pub(crate) title: String,
    /// Where, at least one spot; further ones are named as further places.
    pub(crate) spots: Vec<Spot>,
    /// Why.
    pub(crate) reasons: Vec<String>,
}

impl Statement {
    /// The finding that it is in a file below a root.
    pub(crate) fn finding(self, root: &str, path: &str) -> Observation {
        let Statement { rule, severity, subject, about, title, mut spots, reasons } = self;
        spots.sort_unstable();
        spots.dedup_by_key(|spot| spot.line);
        let first = spots.first().copied().unwrap_or(Spot::line(1));
        let also_at = spots.iter().skip(1).take(PLACES_MAX).map(|spot| OtherPlace {
            path: path.to_owned(),
            start_line: spot.line,
            commit: None,
        });
        let finding = Finding {
            id: finding_id(rule.id, &about, path),
            rule_id: rule.id.to_owned(),
            title,
            category: rule.category,
            severity: severity.unwrap_or(rule.severity),
            confidence: rule.confidence,
            place: Place {
                root: root.to_owned(),
                path: path.to_owned(),
                start_line: first.line,
                end_line: first.line,
                start_column: first.column,
                end_column: first.column + first.length,
            },
            commit: None,
            author: None,
            committed_at: None,
            in_tree: true,
            in_history: false,
            fate: Fate::WorkTree,
            also_at: also_at.collect(),
            masked: None,
            fingerprint: None,
            identity_id: None,
            suppressed: None,
            controls: rule.controls.iter().map(|&control| control.to_owned()).collect(),
            reasons,
        };
        Observation::Finding(finding, subject)
    }
}

/// The pen of one reader on one file.
pub(crate) struct Witness<'a> {
    blob: &'a Blob<'a>,
    reader: &'static str,
    observations: Vec<Observation>,
}

impl<'a> Witness<'a> {
    pub(crate) fn new(blob: &'a Blob<'a>, reader: &'static str) -> Self {
        Self { blob, reader, observations: Vec::new() }
    }

    /// The root below which the file lies.
    pub(crate) fn root(&self) -> &'a str {
        self.blob.root
    }

    /// The file below its root.
    pub(crate) fn path(&self) -> &'a str {
        self.blob.path
    }

    /// Notes a fact. Line 0 stands for "the file as a whole".
    pub(crate) fn fact(&mut self, subject: &Subject, line: u32, quality: Quality, fact: Fact) {
        let source = EvidenceSource {
            root: self.blob.root.to_owned(),
            path: self.blob.path.to_owned(),
            line: (line > 0).then_some(line),
            commit: None,
            reader: self.reader.to_owned(),
        };
        let evidence = Evidence { subject: subject.clone(), fact: shortened(fact), source, quality };
        self.observations.push(Observation::Evidence(evidence));
    }

    /// Notes a finding.
    pub(crate) fn finding(&mut self, statement: Statement) {
        self.observations.push(statement.finding(self.blob.root, self.blob.path));
    }

    /// Notes anything else.
    pub(crate) fn observe(&mut self, observation: Observation) {
        self.observations.push(observation);
    }

    /// Hands over what was written.
    pub(crate) fn done(self, unreadable: Option<Unreadable>) -> Reading {
        Reading { observations: self.observations, unreadable }
    }
}

/// The same with free text up to a limit; that it is cut shows.
pub(crate) fn shortened(mut fact: Fact) -> Fact {
    if let Fact::Purpose { text } | Fact::Tag { value: text, .. } = &mut fact
        && let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX)
    {
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_has_an_end_and_a_cut_shows() {
        let purpose = |text: String| match shortened(Fact::Purpose { text }) {
            Fact::Purpose { text } => text,
            other => panic!("{other:?}"),
        };
        let long = purpose("é".repeat(TEXT_CHARS_MAX * 1_000));
        assert_eq!(long.chars().count(), TEXT_CHARS_MAX + 1);
        assert!(long.ends_with("é…"));
        let whole = "é".repeat(TEXT_CHARS_MAX);
        assert_eq!(purpose(whole.clone()), whole);
    }
}
