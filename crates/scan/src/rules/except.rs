//! Exceptions, ready to run: regexes that are compiled when the first match asks for them.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::spec::Exceptions;
use super::{RuleError, compile};

/// What stands beside the name of a service and digits that are no key of it: a digest, a version, a number, a public id.
const DIGESTS_AND_IDS: &str = concat!(
    r"(?i:sha[-_]?(?:1|2|256|384|512)|md5|hash|digest|integrity|checksum|etag|fingerprint|signature|nonce|\bh1:",
    r"|commit|cache[-_ ]?(?:key|bust|control|version)|fixed\sin|revision|\brev\b|\bsha\b|\bbuild\b|\bdeploy\s|version",
    r"|public|publishable|site[-_]?key|client[-_ ]?(?:side|id)|avatar|\.(?:png|jpe?g|svg|gif|css|js)\b|cookie",
    r"|(?:project|account|user|org|team|tenant|application|workspace|session|request|trace|zone|message|object",
    r"|deployment|document|event)s?[-_ ]?id\b)"
);

/// How far from a match its line is looked at, bytes on either side.
pub(crate) const LINE_BYTES_MAX: usize = 512;

/// The exceptions of one rule, or of all rules of one file.
#[derive(Debug, Default)]
pub(crate) struct Except {
    spec: Exceptions,
    values: OnceLock<Vec<Regex>>,
    matches: OnceLock<Vec<Regex>>,
    lines: OnceLock<Vec<Regex>>,
    paths: OnceLock<Vec<Regex>>,
}

impl Except {
    /// None when nothing is excepted.
    pub(crate) fn of(spec: Exceptions) -> Option<Except> {
        (!spec.is_empty()).then(|| Except { spec, ..Except::default() })
    }

    /// Whether a line decides, so that the window has to show it.
    pub(crate) fn needs_line(&self) -> bool {
        !self.spec.lines.is_empty()
    }

    /// Whether a path decides.
    pub(crate) fn needs_path(&self) -> bool {
        !self.spec.paths.is_empty()
    }

    pub(crate) fn value(&self, value: &[u8]) -> bool {
        any(&self.values, &self.spec.values, value)
    }

    pub(crate) fn whole_match(&self, text: &[u8]) -> bool {
        any(&self.matches, &self.spec.matches, text)
            || self.spec.digests_and_ids && digests_and_ids().is_match(text)
    }

    pub(crate) fn line(&self, line: &[u8]) -> bool {
        any(&self.lines, &self.spec.lines, line)
    }

    pub(crate) fn path(&self, path: &str) -> bool {
        any(&self.paths, &self.spec.paths, path.as_bytes())
    }
}

/// [`DIGESTS_AND_IDS`], compiled at first use.
fn digests_and_ids() -> &'static Regex {
    static COMPILED: OnceLock<Regex> = OnceLock::new();
    COMPILED.get_or_init(|| compile(DIGESTS_AND_IDS).expect("a constant"))
}

/// Compiles every regex of a list; `what` names the list in the error.
pub(crate) fn prove(id: &str, what: &str, texts: &[String]) -> Result<(), RuleError> {
    texts.iter().enumerate().try_for_each(|(index, text)| {
        compile(text).map(drop).map_err(|error| RuleError::Field {
            id: id.to_owned(),
            problem: format!("`{what}` {}: {}", index + 1, super::said(&error)),
        })
    })
}

/// Whether one of the regexes, compiled at first use, matches.
pub(crate) fn any(compiled: &OnceLock<Vec<Regex>>, texts: &[String], subject: &[u8]) -> bool {
    !texts.is_empty()
        && compiled
            .get_or_init(|| texts.iter().filter_map(|text| compile(text).ok()).collect())
            .iter()
            .any(|regex| regex.is_match(subject))
}

/// The lines that `bytes[start..end]` stands on, as far as [`LINE_BYTES_MAX`] reaches.
pub(crate) fn lines_around(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let low = start.saturating_sub(LINE_BYTES_MAX);
    let high = bytes.len().min(end + LINE_BYTES_MAX);
    let from = memchr::memrchr(b'\n', &bytes[low..start]).map_or(low, |at| low + at + 1);
    let to = memchr::memchr(b'\n', &bytes[end..high]).map_or(high, |at| end + at);
    &bytes[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_stands_between_two_ends() {
        let text = b"one\ntwo three four\nfive";
        assert_eq!(lines_around(text, 8, 13), b"two three four");
        assert_eq!(lines_around(text, 0, 1), b"one");
        assert_eq!(lines_around(text, 20, 23), b"five");
        let long = vec![b'x'; 4 * LINE_BYTES_MAX];
        assert_eq!(lines_around(&long, 1000, 1001).len(), 2 * LINE_BYTES_MAX + 1);
    }
}
