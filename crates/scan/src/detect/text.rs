//! The text of a file: byte-order marks and UTF-16 out of the way, byte offsets turned into lines.

use std::borrow::Cow;

use memchr::{memchr_iter, memmem};

use super::{Blob, Reading};

/// Bytes at the start that decide whether a reader claims a file.
const SNIFF_BYTES: usize = 64 << 10;

/// The text of a file that is read up to a size, or why there is none; `what` is the reader's word for such a file.
pub(crate) fn of<'b>(blob: &Blob<'b>, bytes_max: usize, what: &str) -> Result<Cow<'b, str>, Reading> {
    if blob.bytes.len() > bytes_max {
        let detail = format!("the {what} is larger than the {} MiB that are read of one", bytes_max >> 20);
        return Err(Reading::failed("too_large_for_reader", detail));
    }
    decode(blob.bytes).ok_or_else(|| Reading::failed("not_text", format!("the {what} is not UTF-8 text")))
}

/// The bytes as UTF-8. A UTF-8 mark is dropped; UTF-16 with a mark is converted, because the shell on
/// Windows writes redirected output that way. `None` when the bytes are not text.
pub(crate) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        plain => std::str::from_utf8(plain).ok().map(Cow::Borrowed),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Cow<'static, str>> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<String, _>>().ok().map(Cow::Owned)
}

/// The first bytes as text, for a look at what the file is. Cut off wherever the limit falls.
pub(crate) fn opening(bytes: &[u8]) -> Cow<'_, [u8]> {
    let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
    match head {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => match decode(&head[..head.len() & !1]) {
            Some(text) => Cow::Owned(text.into_owned().into_bytes()),
            None => Cow::Borrowed(&[]),
        },
        plain => Cow::Borrowed(plain),
    }
}

/// `1 line is`, `2 lines are`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Tells the line of an offset.
pub(crate) struct LineIndex(Vec<usize>);

impl LineIndex {
    pub(crate) fn new(text: &str) -> Self {
        Self(memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|&end| end < offset) + 1).unwrap_or(u32::MAX)
    }
}

/// Finds lines of things in a text that are asked for in about the order in which they stand there.
pub(crate) struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    misses: usize,
}

/// Searches without a result after which no more are made: each one reads the whole text.
const MISSES_MAX: usize = 64;

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1, misses: 0 }
    }

    /// The line of the next `needle` after the last one found; from the start when there is none behind.
    /// 0 when the text does not hold it.
    pub(crate) fn find(&mut self, needle: &str) -> u32 {
        if self.misses > MISSES_MAX {
            return 0;
        }
        let bytes = self.text.as_bytes();
        let found = memmem::find(&bytes[self.offset..], needle.as_bytes()).map(|at| self.offset + at);
        let at = match found {
            Some(at) => at,
            None => match memmem::find(&bytes[..self.offset], needle.as_bytes()) {
                Some(at) => {
                    (self.offset, self.line) = (0, 1);
                    at
                }
                None => {
                    self.misses += 1;
                    return 0;
                }
            },
        };
        self.line += u32::try_from(memchr_iter(b'\n', &bytes[self.offset..at]).count()).unwrap_or(u32::MAX);
        self.offset = at;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_windows_shell_wrote_is_read() {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend("{\"é\": 1}".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&bytes).as_deref(), Some("{\"é\": 1}"));
        assert_eq!(decode(b"\xEF\xBB\xBF{}").as_deref(), Some("{}"));
        assert_eq!(decode(b"\xFF\xFF").as_deref(), None);
    }

    #[test]
    fn lines_are_found_forwards_and_backwards() {
        let mut lines = Lines::new("a\nb\nc\n");
        assert_eq!((lines.find("b"), lines.find("c"), lines.find("a"), lines.find("x")), (2, 3, 1, 0));
    }
}
