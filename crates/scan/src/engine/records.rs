//! Small files that are nothing but credentials: one value, a login on two lines, or a record a line.
//!
//! No word stands in them that could lead to a value; what they are is told by their name, and the name of a blob is known
//! only later. So that a file of another kind costs next to nothing, rules that read such files are asked of its first
//! lines all at once. Those that match there are noted, and go on only when the file has a name that they speak about:
//! much text begins like a list of logins, and what they would find in all of it does not fit into memory.

use std::sync::{Arc, OnceLock};

use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::engine::{Anchor, Candidate, Engine, VALUE_GROUPS, settle};
use crate::hits::HITS_PER_BLOB_MAX;
use crate::rules::{Reads, RuleSet};

/// Smallest file that is read as records, bytes: a login and what it signs in with are longer, and so is any key.
const FILE_BYTES_MIN: usize = 6;
/// Largest file that is read as records, bytes.
const FILE_BYTES_MAX: usize = 8 << 20;
/// Largest file that may be one credential as a whole, bytes.
const WHOLE_BYTES_MAX: usize = 2 << 10;
/// Records at the start of a file among which one has to match.
const OPENING_RECORDS: usize = 3;
/// Lines before the first record, for comments.
const OPENING_LINES_MAX: usize = 60;
/// Longest record, bytes.
const RECORD_BYTES_MAX: usize = 1024;

/// Largest file whose lines a rule with `figures` reads, bytes: a note is short.
const NOTE_BYTES_MAX: usize = 4 << 10;
/// Letters and figures in a row, some of both, that a line holds which a rule with `figures` reads, bytes: the last part of
/// a UUID has as many.
const FIGURED_BYTES_MIN: usize = 12;

/// What is known of the path of a file that may be read as records.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Called<'a> {
    /// Nothing yet: rules are noted.
    Unknown,
    /// All of its paths for which a rule may speak.
    Known(&'a [String]),
}

impl Called<'_> {
    /// Whether the rule at `index` speaks about the file, as far as is known.
    fn suits(self, engine: &Engine, index: u16) -> bool {
        match self {
            Called::Unknown => false,
            Called::Known(paths) => paths.iter().any(|path| engine.speaks_about(index, path)),
        }
    }
}

/// The rules that read files as records.
#[derive(Debug, Default)]
pub(super) struct Records {
    file: Readers,
    lines: Readers,
    /// Rules that read only lines with figures in them.
    figured: Readers,
}

/// Rules that read the same, asked all at once.
#[derive(Debug, Default)]
struct Readers {
    /// Indices of the rules.
    rules: Vec<u16>,
    set: OnceLock<Option<RegexSet>>,
}

impl Records {
    pub(super) fn of(rules: &RuleSet) -> Records {
        let reading = |reads: Reads, figured: bool| {
            let all = rules.rules().iter().enumerate();
            let own = all.filter(|(_, rule)| {
                rule.spec.reads == Some(reads)
                    && (rule.spec.figures.is_some() == figured || reads == Reads::File)
            });
            #[allow(clippy::cast_possible_truncation)] // literals count rules so, too
            Readers { rules: own.map(|(index, _)| index as u16).collect(), set: OnceLock::new() }
        };
        Records {
            file: reading(Reads::File, false),
            lines: reading(Reads::Lines, false),
            figured: reading(Reads::Lines, true),
        }
    }
}

impl Readers {
    /// The rules whose pattern matches `text`.
    fn matching(&self, rules: &RuleSet, text: &[u8]) -> Vec<u16> {
        let set = self.set.get_or_init(|| {
            let patterns =
                self.rules.iter().map(|&index| rules.rules()[usize::from(index)].spec.pattern.as_str());
            RegexSetBuilder::new(patterns).unicode(false).build().ok()
        });
        let matched = set.as_ref().map(|set| set.matches(text));
        matched.iter().flatten().map(|index| self.rules[index]).collect()
    }
}

/// Adds to the `candidates` of `bytes` what rules find that read small files as records and speak about its path; when
/// that is not known, gives these rules instead.
pub(crate) fn add(
    engine: &Engine,
    bytes: &[u8],
    called: Called<'_>,
    candidates: Vec<Candidate>,
) -> (Vec<Candidate>, Vec<u16>) {
    let mut rules = readers_of(engine, bytes);
    if matches!(called, Called::Unknown) {
        return (candidates, rules);
    }
    rules.retain(|&index| called.suits(engine, index));
    let mut out = Vec::new();
    for index in rules.into_iter().map(usize::from) {
        if let Some(reads) = engine.rules.rules()[index].spec.reads {
            evaluate(engine, bytes, index, reads, &mut out);
        }
    }
    if out.is_empty() {
        return (candidates, Vec::new());
    }
    out.extend(candidates);
    settle(&mut out);
    (out, Vec::new())
}

/// The rules that would read the file as records, if its path were theirs.
fn readers_of(engine: &Engine, bytes: &[u8]) -> Vec<u16> {
    let Records { file, lines, figured } = &engine.records;
    let size = FILE_BYTES_MIN..=FILE_BYTES_MAX;
    let none = file.rules.is_empty() && lines.rules.is_empty() && figured.rules.is_empty();
    if none || !size.contains(&bytes.len()) || begins_otherwise(bytes) {
        return Vec::new();
    }
    let mut speaking = Vec::new();
    if bytes.len() <= WHOLE_BYTES_MAX {
        speaking = file.matching(&engine.rules, bytes);
    }
    let opening = bytes.split(|&b| b == b'\n').take(OPENING_LINES_MAX);
    for line in opening.map(record).filter(|record| !record.is_empty()).take(OPENING_RECORDS) {
        speaking.extend(lines.matching(&engine.rules, line));
        if bytes.len() <= NOTE_BYTES_MAX && has_figures(line) {
            speaking.extend(figured.matching(&engine.rules, line));
        }
    }
    speaking.sort_unstable();
    speaking.dedup();
    speaking
}

/// Whether the file begins as code, markup or data does, and no list of credentials.
fn begins_otherwise(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 17] = [
        b"//",
        b"/*",
        b"#!",
        b"#include",
        b"{",
        b"(",
        b"<",
        b"@",
        b"---",
        b"package ",
        b"import ",
        b"from ",
        b"use ",
        b"%",
        b"'",
        b"module ",
        b"\x7f",
    ];
    let text = bytes.trim_ascii_start();
    STARTS.iter().any(|start| text.starts_with(start))
}

/// What the rule at `index` finds in a small file.
pub(super) fn evaluate(engine: &Engine, bytes: &[u8], index: usize, reads: Reads, out: &mut Vec<Candidate>) {
    if reads == Reads::File {
        return judge(engine, bytes, 0, index, out);
    }
    let mut at = 0;
    let figured = engine.rules.rules()[index].spec.figures.is_some();
    for line in bytes.split(|&b| b == b'\n') {
        // One more than is listed, so that it is said that there are more.
        if out.len() > HITS_PER_BLOB_MAX {
            return;
        }
        let record = record(line);
        if !record.is_empty() && (!figured || has_figures(record)) {
            judge(engine, record, at, index, out);
        }
        at += line.len() + 1;
    }
}

/// A line without its end; nothing when it is a comment, or too long for a record.
fn record(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    let is_record = line.len() <= RECORD_BYTES_MAX && !matches!(line.first(), None | Some(b'#' | b';'));
    if is_record { line } else { &[] }
}

/// Whether letters and figures, some of both, stand in a row in the line.
fn has_figures(line: &[u8]) -> bool {
    line.split(|b| !b.is_ascii_alphanumeric()).any(|run| {
        run.len() >= FIGURED_BYTES_MIN
            && run.iter().any(u8::is_ascii_digit)
            && !run.iter().all(u8::is_ascii_digit)
    })
}

/// Judges `text`, which begins at `at` in its file.
fn judge(engine: &Engine, text: &[u8], at: usize, index: usize, out: &mut Vec<Candidate>) {
    let rule = &engine.rules.rules()[index];
    let Some(caught) = rule.pattern().captures(text) else { return };
    // A record of this format may hold no value: a locked account, or a hash that another rule knows.
    let Some(value) = VALUE_GROUPS.iter().find_map(|name| caught.name(name)) else { return };
    let Some(mut found) = engine.judge(rule, value.as_bytes(), &caught) else { return };
    found.reasons.push("the file holds nothing but credentials".to_owned());
    #[allow(clippy::cast_possible_truncation)] // a small file
    let (start, end) = ((at + value.start()) as u32, (at + value.end()) as u32);
    out.push(Candidate { anchor: Anchor { at: start, id: 0 }, start, end, found: Arc::new(found) });
}

#[cfg(test)]
mod tests {
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::RuleFile;

    fn found(text: &str) -> Vec<(String, String)> {
        let file: RuleFile = toml::from_str(
            r#"
            vendor = "Acme"
            provider = "generic"
            [[rule]]
            id = "one"
            title = "One value"
            credential = "generic_password"
            reads = "file"
            files = ["**/one"]
            pattern = '^(?P<secret>\S{6,40})\s*$'
            [[rule]]
            id = "each"
            title = "Each line"
            credential = "generic_password"
            reads = "lines"
            files = ["**/each"]
            pattern = '^[a-z]+:(?P<secret>\S{6,40})$'
            "#,
        )
        .unwrap();
        let engine = Engine::new(RuleSet::from_files(vec![file]).unwrap(), FingerprintKey::new([3; 32]));
        let called = ["a/one".to_owned(), "a/each".to_owned()];
        let (candidates, _) = add(&engine, text.as_bytes(), Called::Known(&called), Vec::new());
        candidates
            .iter()
            .map(|c| (c.found.rule_id.clone(), text[c.start as usize..c.end as usize].to_owned()))
            .collect()
    }

    fn owned(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|&(rule, value)| (rule.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_value_alone_and_values_in_records_are_found_where_they_stand() {
        assert_eq!(found("tulip-43\n"), owned(&[("one", "tulip-43")]));
        assert_eq!(
            found("# logins\r\n\r\ndeployer:tulip-43\r\nreader:x\r\nintruder:rose-99x\r\n"),
            owned(&[("each", "tulip-43"), ("each", "rose-99x")])
        );
    }

    #[test]
    fn other_files_are_left_alone() {
        assert_eq!(found("two words\n"), []);
        assert_eq!(
            found("one line\nanother line\na third line\ndeployer:tulip-43\n"),
            [],
            "it begins as something else"
        );
        assert_eq!(found("deployer:${PASSWORD}\n"), [], "a placeholder");
        assert_eq!(found(&format!("deployer:tulip-43\n{}", "#\n".repeat(FILE_BYTES_MAX))), [], "too large");
    }
}
