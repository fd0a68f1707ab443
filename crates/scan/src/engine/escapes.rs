//! Text in JSON strings: `\n`, `\"`, `\/` and `\u0026` as the characters that they stand for; and `\040` in histories. In
//! everything else only words that somebody spelled in escapes, which is how some hide them from a search.
//!
//! Only the surroundings of escapes are read a second time, and what is found in them is told at the lines of the
//! file as it is. Escapes of escapes (JSON inside a JSON string) are resolved in the same go.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::engine::{Candidate, Engine, OVERLAPS_MAX, settle};

/// Bytes around an escape that are read with it, up to the end of its line.
const AROUND_BYTES: usize = 512;
/// Bytes at the start of a file among which the first brace or bracket stands.
const OPENING_BYTES: usize = 64;

/// Begins a history of libedit's, in which a blank is `\040`.
const HISTORY: &[u8] = b"_HiStOrY_V2_";

/// Letters of a word that is spelled in escapes.
const SPELLED_MIN: usize = 8;
/// Bytes of such a letter: `\u0061`.
const SPELLED_BYTES: usize = 6;

/// The surroundings of all escapes, resolved.
#[derive(Debug, Default)]
struct View {
    text: Vec<u8>,
    /// From this byte of `text` on, until the next row, bytes are those of the file from the other one on.
    rows: Vec<(usize, usize)>,
}

/// Adds to the `candidates` of `bytes` those that its JSON strings show once their escapes are resolved.
pub(crate) fn add(
    engine: &Engine,
    bytes: &[u8],
    candidates: Vec<Candidate>,
    work: &mut u64,
) -> Vec<Candidate> {
    let view = if is_json(bytes) || bytes.starts_with(HISTORY) {
        View::all(bytes)
    } else {
        View::of(bytes, spelled)
    };
    if view.text.is_empty() {
        return candidates;
    }
    let mut fresh = engine.scan_within(&view.text, work);
    for candidate in &mut fresh {
        let (start, end) = (view.origin(candidate.start), view.origin(candidate.end));
        (candidate.start, candidate.end) = (start, end);
    }
    merge(bytes, candidates, fresh)
}

/// Joins what the file shows as it is with what it shows resolved; both come in order of place.
fn merge(bytes: &[u8], plain: Vec<Candidate>, mut fresh: Vec<Candidate>) -> Vec<Candidate> {
    let mut replaced = vec![false; plain.len()];
    fresh.retain(|new| {
        if new.start >= new.end {
            return false;
        }
        // The same value is told as it is; one with an escape in it is told resolved.
        let escaped = memchr::memchr(b'\\', &bytes[new.start as usize..new.end as usize]).is_some();
        let after = plain.partition_point(|old| old.start < new.end);
        let mut is_new = true;
        for index in (after.saturating_sub(OVERLAPS_MAX)..after).rev() {
            if plain[index].end > new.start && plain[index].found.rule_id == new.found.rule_id {
                replaced[index] |= escaped;
                is_new &= escaped;
            }
        }
        is_new
    });
    let mut replaced = replaced.iter();
    let mut all = plain;
    all.retain(|_| !*replaced.next().expect("one flag a candidate"));
    all.append(&mut fresh);
    settle(&mut all);
    all
}

/// Whether the text begins like JSON that can hold a string.
fn is_json(bytes: &[u8]) -> bool {
    let opening = &bytes[..bytes.len().min(OPENING_BYTES)];
    let opening = opening.strip_prefix(b"\xef\xbb\xbf").unwrap_or(opening);
    matches!(opening.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Where a word begins that is spelled in escapes.
fn spelled(bytes: &[u8]) -> Option<usize> {
    static LETTER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\\u00"));
    let letter =
        |six: &[u8]| six.starts_with(b"\\u00") && matches!(six[4], b'2'..=b'7') && six[5].is_ascii_hexdigit();
    let mut from = 0;
    while let Some(found) = LETTER.find(&bytes[from..]) {
        let word = bytes.get(from + found..from + found + SPELLED_MIN * SPELLED_BYTES)?;
        if word.chunks_exact(SPELLED_BYTES).all(letter) {
            return Some(from + found);
        }
        from += found + SPELLED_BYTES;
    }
    None
}

impl View {
    /// The surroundings of all escapes.
    fn all(bytes: &[u8]) -> View {
        View::of(bytes, |rest| memchr::memchr(b'\\', rest))
    }

    /// The surroundings of what `next` finds, given what is not read yet.
    fn of(bytes: &[u8], next: impl Fn(&[u8]) -> Option<usize>) -> View {
        let mut view = View::default();
        let mut done = 0;
        while let Some(found) = bytes.get(done..).and_then(&next) {
            let escape = done + found;
            let from = line_start(bytes, escape).max(done);
            if !view.text.is_empty() && from > done {
                view.text.push(b'\n');
            }
            view.rows.push((view.text.len(), from));
            done = view.take(bytes, from);
        }
        view.rows.push((view.text.len(), done));
        view
    }

    /// Resolves everything from `from` on until no escape is near; gives where it stopped.
    fn take(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut at = from;
        loop {
            let near = &bytes[at..bytes.len().min(at + AROUND_BYTES)];
            let Some(found) = memchr::memchr(b'\\', near) else {
                // The rest of the line belongs to the last escape.
                let end = memchr::memchr(b'\n', near).map_or(near.len(), |end| end + 1);
                self.text.extend_from_slice(&near[..end]);
                return at + end;
            };
            self.text.extend_from_slice(&near[..found]);
            at += found;
            at += self.resolve(&bytes[at..]);
            self.rows.push((self.text.len(), at));
        }
    }

    /// Resolves the escape that `bytes` begin with; gives its length.
    fn resolve(&mut self, bytes: &[u8]) -> usize {
        let run = bytes.iter().take_while(|&&byte| byte == b'\\').count();
        let plain = match bytes.get(run) {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'b' | b'f') => b' ',
            Some(&byte @ (b'/' | b'"')) => byte,
            // A blank in a history; JSON has no such escape.
            Some(b'0' | b'1') if octal(&bytes[run..]).is_some() => {
                self.text.push(octal(&bytes[run..]).unwrap_or(b' '));
                return run + 3;
            }
            Some(b'u') => return run + 1 + self.resolve_unicode(&bytes[run + 1..]),
            _ => {
                self.text.push(b'\\');
                return run;
            }
        };
        self.text.push(plain);
        run + 1
    }

    /// Four digits of a character; of two halves of one, each is shown as unknown.
    fn resolve_unicode(&mut self, bytes: &[u8]) -> usize {
        let digits = bytes.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(value) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            self.text.extend_from_slice(b"\\u");
            return 0;
        };
        let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        4
    }

    /// Where in the file a byte of the view comes from.
    #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
    fn origin(&self, at: u32) -> u32 {
        let at = at as usize;
        let row = self.rows.partition_point(|&(view, _)| view <= at).saturating_sub(1);
        let (view, file) = self.rows[row];
        (file + at - view) as u32
    }
}

/// The character of three octal digits.
fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..3)?).ok()?;
    u8::from_str_radix(digits, 8).ok().filter(|byte| (0x20..0x7f).contains(byte))
}

/// Where the line of a byte begins, or a string not far before it.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let low = at.saturating_sub(AROUND_BYTES);
    if low == 0 {
        return 0;
    }
    let before = &bytes[low..at];
    let start = memchr::memrchr(b'\n', before).map(|end| end + 1);
    low + start.or_else(|| memchr::memchr(b'"', before)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::hits::{Hit, Hits};
    use crate::rules::RuleSet;

    fn engine() -> Engine {
        Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]))
    }

    fn hits(engine: &Engine, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut work = u64::MAX;
        let found = engine.scan_within(bytes, &mut work);
        Hits::locate(bytes, add(engine, bytes, found, &mut work)).hits
    }

    fn fingerprint(engine: &Engine, text: &str, rule: &str) -> String {
        let all = hits(engine, text);
        let found = all.iter().find(|hit| hit.found.rule_id == rule);
        found.unwrap_or_else(|| panic!("{rule} finds nothing")).found.fingerprint.0.clone()
    }

    fn pem() -> String {
        let line = "MIs5Vn+qk3RHTf0Jw2x/YdPq8ZbLoA7cEuGmS4iKt1rXvNyQ6hFg9jWpUeBzCa0D";
        format!("-----BEGIN PRIVATE{} KEY-----\n{line}\n{line}\n-----END PRIVATE KEY-----", "")
    }

    #[test]
    fn a_key_in_json_is_the_key_that_its_file_holds() {
        let engine = engine();
        let plain = fingerprint(&engine, &pem(), "private-key-pkcs8");
        for newline in ["\\n", "\\\\n", "\\r\\n", "\\u000a"] {
            let escaped = pem().replace('\n', newline).replace('/', "\\/");
            let text = format!("{{\n  \"type\": \"service\",\n  \"private_key\": \"{escaped}\"\n}}\n");
            let all = hits(&engine, &text);
            let keys: Vec<&Hit> = all.iter().filter(|hit| hit.found.rule_id == "private-key-pkcs8").collect();
            assert_eq!(keys.len(), 1, "{newline}");
            assert_eq!((keys[0].start_line, keys[0].end_line, keys[0].start_column), (3, 3, 19));
            if !newline.contains('r') {
                assert_eq!(keys[0].found.fingerprint.0, plain, "{newline}");
            }
        }
    }

    #[test]
    fn code_in_a_notebook_is_read_as_code() {
        let engine = engine();
        let password = ["v8Jq2LzR", "0tYw5Nc1"].concat();
        let plain = fingerprint(&engine, &format!("db_password = \"{password}\"\n"), "generic-password");
        let notebook = format!(
            "{{\n \"cells\": [\n  {{\n   \"source\": [\n    \"import os\\n\",\n    \"db_password = \\\"{password}\\\"\\n\"\n   ]\n  }}\n ]\n}}\n"
        );
        let found = hits(&engine, &notebook);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((&found[0].found.fingerprint.0, found[0].start_line), (&plain, 6));
    }

    #[test]
    fn a_value_with_escapes_is_told_once_and_resolved() {
        let engine = engine();
        let url = "postgres://app:v8Jq2LzR%260tYw@db.acme.test:5432/orders?a=1&b=2";
        let plain = hits(&engine, url);
        let text = format!("{{\"url\": \"{}\"}}", url.replace('/', "\\/").replace('&', "\\u0026"));
        let found = hits(&engine, &text);
        let values =
            |hits: &[Hit]| -> Vec<String> { hits.iter().map(|h| h.found.fingerprint.0.clone()).collect() };
        assert_eq!(values(&found), values(&plain));
        assert!(!found.is_empty());
    }

    #[test]
    fn text_that_is_no_json_is_left_alone() {
        assert!(!is_json(b"C:\\new\\x"));
        assert!(is_json(b"\xef\xbb\xbf  [1]"));
        assert_eq!(View::all(b"{\"path\": \"C:\\\\Users\"}").text, b"{\"path\": \"C:\\Users\"}");
    }

    proptest! {
        #[test]
        fn every_byte_of_a_view_comes_from_the_file(text in "[\\[{][a-z\\\\\"/nu0-9\n]{0,2000}") {
            let bytes = text.as_bytes();
            let view = View::all(bytes);
            let mut last = 0;
            for at in 0..=view.text.len() {
                let origin = view.origin(at as u32);
                prop_assert!(origin as usize <= bytes.len());
                prop_assert!(origin >= last, "places only grow");
                last = origin;
            }
        }
    }
}
