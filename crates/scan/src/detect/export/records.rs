//! Cuts an export into its records as it streams by: one page, an array of pages, one page after the other, or one
//! record a line.
//!
//! A record is an element of one of the lists that a format names, or a page itself without those lists. Only one
//! record is held at a time, so a file of any size needs little memory; what stands before a break is kept; every
//! record knows its line. Each byte is looked at once.

use std::io::Read;

use memchr::memmem;
use serde_json::Value;

use crate::detect::{Unreadable, wrong_type};

/// Bytes of one record; a longer one is passed over and counted. Its parsed form takes some ten times as much.
const RECORD_BYTES_MAX: usize = 16 << 20;
/// Bytes that are read from a stream at once.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes of a member's name that can matter.
const NAME_BYTES_MAX: usize = 256;
/// Searches without a result in one record after which no more are made.
const MISSES_MAX: u32 = 16;

/// One record of an export.
pub(super) struct Record<'r> {
    /// The list that holds it, as the format names it; empty for a page.
    pub(super) list: &'r str,
    /// Line of its first byte, from 1.
    pub(super) line: u32,
    /// What it says.
    pub(super) value: Value,
    /// The way to lines inside it.
    pub(super) lines: LinesWithin,
}

/// Lines of things inside one record, asked for in the order of the file.
pub(super) struct LinesWithin {
    bytes: Vec<u8>,
    offset: usize,
    line: u32,
    misses: u32,
    /// Lines that were left out of the record, each with the place behind which they stood, in reverse.
    gaps: Vec<(usize, u32)>,
}

impl LinesWithin {
    /// The line of the next `needle`; where the last one stood when there is none behind it.
    pub(super) fn find(&mut self, needle: &str) -> u32 {
        if needle.is_empty() || self.misses > MISSES_MAX {
            return self.line;
        }
        match memmem::find(&self.bytes[self.offset..], needle.as_bytes()) {
            Some(at) => {
                let passed = &self.bytes[self.offset..self.offset + at];
                self.line = self.line.saturating_add(newlines(passed));
                self.offset += at;
                while let Some((_, lines)) = self.gaps.pop_if(|(place, _)| *place <= self.offset) {
                    self.line = self.line.saturating_add(lines);
                }
            }
            None => self.misses += 1,
        }
        self.line
    }
}

fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}

/// How a stream begins before its text: with a byte order mark, or with nothing.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// The mark of a stream that begins with these bytes; `None` for UTF-16, which is only read whole.
pub(super) fn past_mark(opening: &[u8]) -> Option<Mark> {
    match opening {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => None,
        [0xEF, 0xBB, 0xBF, ..] => Some(Mark(3)),
        _ => Some(Mark(0)),
    }
}

impl Mark {
    /// The stream behind its mark.
    pub(super) fn skip<'s>(self, mut stream: Box<dyn Read + 's>) -> Box<dyn Read + 's> {
        let mut mark = [0; 3];
        // A stream that fails here fails at its first record, and is told then.
        let _ = stream.read_exact(&mut mark[..self.0]);
        stream
    }
}

/// Hands every record of a stream to `each`, in the order of the file; says what was not read.
///
/// `lists` are the names of members of a page whose elements are records.
pub(super) fn records(
    stream: &mut dyn Read,
    lists: &[&'static str],
    each: &mut dyn FnMut(Record<'_>),
) -> Option<Unreadable> {
    let mut walk = Walk { feed: Feed::new(stream), lists, each, passed_over: 0, broken: None };
    let end = walk.documents();
    let line = walk.feed.line;
    let (passed_over, broken) = (walk.passed_over, walk.broken.take());
    match end {
        Err(Break::Ended) => {
            let detail = format!("the file ends in the middle of a value, line {line}");
            return Some(Unreadable { reason: "json_truncated", detail });
        }
        Err(Break::Broken) => {
            let detail = format!("line {line}: not valid JSON");
            return Some(Unreadable { reason: "json_broken", detail });
        }
        Err(Break::Io) => {
            let detail = format!("the file could not be read beyond line {line}");
            return Some(Unreadable { reason: "io_error", detail });
        }
        Ok(()) => {}
    }
    if passed_over > 0 {
        let limit = RECORD_BYTES_MAX >> 20;
        let detail = format!("{passed_over} of its records have more than {limit} MiB and were passed over");
        return Some(Unreadable { reason: "record_too_large", detail });
    }
    broken
}

/// Why a walk ended early.
enum Break {
    Ended,
    Broken,
    Io,
}

struct Walk<'w, 's> {
    feed: Feed<'s>,
    lists: &'w [&'static str],
    each: &'w mut dyn FnMut(Record<'_>),
    passed_over: u32,
    broken: Option<Unreadable>,
}

impl Walk<'_, '_> {
    fn documents(&mut self) -> Result<(), Break> {
        while let Some(byte) = self.feed.peek_solid()? {
            match byte {
                b'{' => self.page()?,
                b'[' => self.elements("")?,
                _ => return Err(Break::Broken),
            }
        }
        Ok(())
    }

    /// An object of the top level: its lists record by record, the rest as a record of its own.
    fn page(&mut self) -> Result<(), Break> {
        let line = self.feed.line;
        let mut rest = Capture::default();
        rest.push(b'{');
        self.feed.take()?;
        let mut name = Vec::new();
        let (mut first, mut told) = (true, line);
        let mut gaps = Vec::new();
        loop {
            match self.feed.peek_solid()?.ok_or(Break::Ended)? {
                b'}' => {
                    self.feed.take()?;
                    rest.push(b'}');
                    gaps.reverse();
                    self.give("", line, rest, gaps);
                    return Ok(());
                }
                b',' => drop(self.feed.take()?),
                b'"' => {
                    name.clear();
                    let mut name_capture = Capture { bytes: name, max: NAME_BYTES_MAX, full: false };
                    self.feed.string(&mut name_capture)?;
                    name = name_capture.bytes;
                    if self.feed.peek_solid()? != Some(b':') {
                        return Err(self.feed.break_here());
                    }
                    self.feed.take()?;
                    let next = self.feed.peek_solid()?.ok_or(Break::Ended)?;
                    match self.list(&name) {
                        Some(list) if next == b'[' => {
                            self.elements(list)?;
                            continue;
                        }
                        // `null` is an empty list.
                        Some(list) if next != b'n' => {
                            wrong_type::record_at(self.feed.line);
                            wrong_type::note(list, wrong_type::Type::List);
                        }
                        _ => {}
                    }
                    if !std::mem::take(&mut first) {
                        rest.push(b',');
                    }
                    // Lines inside the rest stay right: what is left out counts with its line breaks.
                    if told < self.feed.line && !rest.full {
                        gaps.push((rest.bytes.len(), self.feed.line - told));
                    }
                    name.iter().for_each(|&byte| rest.push(byte));
                    rest.push(b':');
                    self.feed.value(&mut rest)?;
                    told = self.feed.line;
                }
                _ => return Err(self.feed.break_here()),
            }
        }
    }

    /// The elements of an array, each a record; those of the top level may be pages with lists of their own.
    fn elements(&mut self, list: &'static str) -> Result<(), Break> {
        self.feed.take()?;
        loop {
            match self.feed.peek_solid()?.ok_or(Break::Ended)? {
                b']' => {
                    self.feed.take()?;
                    return Ok(());
                }
                b',' => drop(self.feed.take()?),
                // Nothing that begins a value: going on would stay here for ever.
                b'}' | b':' => return Err(Break::Broken),
                b'{' if list.is_empty() => self.page()?,
                _ => {
                    let line = self.feed.line;
                    let mut capture = Capture::default();
                    self.feed.value(&mut capture)?;
                    self.give(list, line, capture, Vec::new());
                }
            }
        }
    }

    fn list(&self, quoted: &[u8]) -> Option<&'static str> {
        let name = quoted.get(1..quoted.len().checked_sub(1)?)?;
        self.lists.iter().copied().find(|list| list.as_bytes() == name)
    }

    fn give(&mut self, list: &str, line: u32, capture: Capture, gaps: Vec<(usize, u32)>) {
        if capture.full {
            self.passed_over += 1;
            return;
        }
        match serde_json::from_slice::<Value>(&capture.bytes) {
            Ok(value) => {
                wrong_type::record_at(line);
                let lines = LinesWithin { bytes: capture.bytes, offset: 0, line, misses: 0, gaps };
                (self.each)(Record { list, line, value, lines });
            }
            Err(_) => {
                let detail = format!("line {line}: a record is not valid JSON");
                self.broken.get_or_insert(Unreadable { reason: "json_broken", detail });
            }
        }
    }
}

/// Bytes of one value, up to a limit.
struct Capture {
    bytes: Vec<u8>,
    max: usize,
    full: bool,
}

impl Default for Capture {
    fn default() -> Self {
        Self { bytes: Vec::new(), max: RECORD_BYTES_MAX, full: false }
    }
}

impl Capture {
    fn push(&mut self, byte: u8) {
        if self.bytes.len() < self.max {
            self.bytes.push(byte);
        } else {
            self.full = true;
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() <= self.max {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.full = true;
        }
    }
}

/// A stream of JSON, byte by byte, with the line.
struct Feed<'s> {
    stream: &'s mut dyn Read,
    chunk: Vec<u8>,
    at: usize,
    line: u32,
    ended: bool,
}

impl<'s> Feed<'s> {
    fn new(stream: &'s mut dyn Read) -> Self {
        Self { stream, chunk: Vec::new(), at: 0, line: 1, ended: false }
    }

    /// Fills the chunk when it is used up; false at the end.
    fn fill(&mut self) -> Result<bool, Break> {
        while self.at == self.chunk.len() {
            if self.ended {
                return Ok(false);
            }
            self.chunk.resize(CHUNK_BYTES, 0);
            self.at = 0;
            match self.stream.read(&mut self.chunk) {
                Ok(got) => {
                    self.ended = got == 0;
                    self.chunk.truncate(got);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => self.chunk.clear(),
                Err(_) => {
                    self.chunk.clear();
                    return Err(Break::Io);
                }
            }
        }
        Ok(true)
    }

    fn peek(&mut self) -> Result<Option<u8>, Break> {
        Ok(if self.fill()? { self.chunk.get(self.at).copied() } else { None })
    }

    /// The next byte that is no white space; it stays.
    fn peek_solid(&mut self) -> Result<Option<u8>, Break> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() => drop(self.take()?),
                other => return Ok(other),
            }
        }
    }

    fn take(&mut self) -> Result<u8, Break> {
        let byte = self.peek()?.ok_or(Break::Ended)?;
        self.at += 1;
        self.line = self.line.saturating_add(u32::from(byte == b'\n'));
        Ok(byte)
    }

    /// Broken where something else stands, ended where nothing does.
    fn break_here(&mut self) -> Break {
        match self.peek_solid() {
            Ok(None) => Break::Ended,
            Ok(Some(_)) => Break::Broken,
            Err(error) => error,
        }
    }

    /// A string with its quotes.
    fn string(&mut self, into: &mut Capture) -> Result<(), Break> {
        into.push(self.take()?);
        loop {
            if !self.fill()? {
                return Err(Break::Ended);
            }
            let rest = &self.chunk[self.at..];
            let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            let passed = newlines(&rest[..plain]);
            into.extend(&rest[..plain]);
            self.line = self.line.saturating_add(passed);
            self.at += plain;
            match self.peek()? {
                None => return Err(Break::Ended),
                Some(b'\\') => {
                    into.push(self.take()?);
                    into.push(self.take()?);
                }
                // A quote, or the first byte of the next chunk.
                Some(b'"') => {
                    into.push(self.take()?);
                    return Ok(());
                }
                Some(_) => {}
            }
        }
    }

    /// Any value, brackets counted and not checked: that is left to the parser.
    fn value(&mut self, into: &mut Capture) -> Result<(), Break> {
        let mut depth = 0_u32;
        loop {
            let Some(byte) = self.peek()? else {
                return if depth == 0 { Ok(()) } else { Err(Break::Ended) };
            };
            match byte {
                b'"' => {
                    self.string(into)?;
                    if depth == 0 {
                        return Ok(());
                    }
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' if depth == 0 => return Ok(()),
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        into.push(self.take()?);
                        return Ok(());
                    }
                }
                b',' if depth == 0 => return Ok(()),
                byte if depth == 0 && byte.is_ascii_whitespace() => return Ok(()),
                _ => {}
            }
            into.push(self.take()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> (Vec<String>, Option<&'static str>) {
        let mut all = Vec::new();
        let unread = records(&mut text.as_bytes(), &["items", "value"], &mut |record| {
            all.push(format!("{}:{} {}", record.line, record.list, record.value));
        });
        (all, unread.map(|unread| unread.reason))
    }

    #[test]
    fn pages_arrays_lines_and_single_objects_are_read() {
        for (text, expected) in [
            (
                "{\"items\": [\n{\"a\": 1},\n{\"a\": 2}], \"n\": \"x\"}",
                "2:items {\"a\":1}|3:items {\"a\":2}|1: {\"n\":\"x\"}",
            ),
            ("[{\"a\": 1},\n{\"value\": [true]}]", "1: {\"a\":1}|2:value true|2: {}"),
            ("{\"a\": 1}\n{\"a\": 2}\n", "1: {\"a\":1}|2: {\"a\":2}"),
            ("[\"one\", [\"]\"], -1.5e3]", "1: \"one\"|1: [\"]\"]|1: -1500.0"),
            ("{\"items\": {\"a\": []}}", "1: {\"items\":{\"a\":[]}}"),
            ("", ""),
        ] {
            let (all, unread) = told(text);
            assert_eq!((all.join("|").as_str(), unread), (expected, None), "{text}");
        }
    }

    #[test]
    fn what_stands_before_a_break_is_kept() {
        for (text, count, reason) in [
            ("{\"items\": [{\"a\": 1}, {\"a\": ", 1, "json_truncated"),
            ("{\"items\": [{\"a\": 1}, {a: 1}, {\"b\": 2}]}", 3, "json_broken"),
            ("{\"items\": [1] oops", 1, "json_broken"),
            ("{\"items\": [1}", 1, "json_broken"),
            ("[1, :]", 1, "json_broken"),
            ("[{\"a\": \"", 0, "json_truncated"),
            ("nonsense", 0, "json_broken"),
            ("{\"a\"", 0, "json_truncated"),
        ] {
            let (all, unread) = told(text);
            assert_eq!((all.len(), unread), (count, Some(reason)), "{text}");
        }
    }

    #[test]
    fn lines_inside_a_record_are_found_forwards() {
        let text = "{\n\"items\": [\n\n],\n\"a\": \"x\",\n\"b\":\n \"y\"}";
        let mut lines = Vec::new();
        records(&mut text.as_bytes(), &["items"], &mut |record| {
            let mut within = record.lines;
            lines.extend([within.find("\"a\""), within.find("\"y\""), within.find("none")]);
        });
        assert_eq!(lines, [5, 7, 7]);
    }

    #[test]
    fn a_record_that_is_too_long_costs_only_itself() {
        let long = "x".repeat(RECORD_BYTES_MAX);
        let (all, unread) = told(&format!("{{\"items\": [\"{long}\", 2]}}"));
        assert_eq!((all.len(), unread), (2, Some("record_too_large")));
    }

    #[test]
    fn lists_of_more_lines_than_a_record_has_bytes_cost_their_page_nothing() {
        let lines = "\n".repeat(RECORD_BYTES_MAX + 1);
        let (all, unread) = told(&format!("{{\"items\": [{lines}1], \"kind\": \"List\"}}"));
        assert_eq!((all.len(), unread), (2, None));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[\\\\\"{}:, \\[\\]a-c\u{e9}\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c\"\\\\]{1,3}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b':'), Just(b','), Just(b'\\'), Just(b' '), any::<u8>()
        ], 0..200)) {
            let mut count = 0;
            let _ = records(&mut bytes.as_slice(), &["a"], &mut |_| count += 1);
            prop_assert!(count <= bytes.len());
        }

        #[test]
        fn every_element_of_a_list_is_what_was_written(items in proptest::collection::vec(any_json(), 0..6)) {
            for text in [serde_json::json!({"items": items}).to_string(), format!("{:#}", serde_json::json!({"items": items}))] {
                let mut all = Vec::new();
                let unread = records(&mut text.as_bytes(), &["items"], &mut |record| {
                    if record.list == "items" {
                        all.push(record.value);
                    }
                });
                prop_assert_eq!(unread, None);
                prop_assert_eq!(&all, &items);
            }
        }
    }

    #[test]
    fn a_string_across_chunks_is_whole() {
        let text = format!("{{\"items\": [\"{}\\\"end\", 1]}}", "y".repeat(CHUNK_BYTES * 2 + 7));
        let (all, unread) = told(&text);
        assert_eq!((all.len(), unread), (3, None));
    }
}
