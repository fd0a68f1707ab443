//! A look at a file, for readers that must tell whether it is theirs.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

use memchr::memmem;
use rustc_hash::FxHashSet;

use super::{Blob, text};

/// Bytes at the start in which the names stand by which JSON is known.
pub(in crate::detect) const OPENING_BYTES: usize = 16 << 10;

/// A file as readers see it that are asked whether they would read it. What several of them ask about is found out once.
pub struct Look<'a> {
    blob: Blob<'a>,
    head: &'a [u8],
    json: OnceCell<Option<Opening<'a>>>,
}

impl<'a> Look<'a> {
    /// The first bytes of a file as text, for [`Look::new`].
    pub(super) fn head(blob: &Blob<'a>) -> Cow<'a, [u8]> {
        text::opening(&blob.bytes[..blob.bytes.len().min(OPENING_BYTES)])
    }

    /// Looks at a file that begins with `head`.
    pub(super) fn new(blob: &Blob<'a>, head: &'a [u8]) -> Self {
        Self { blob: *blob, head, json: OnceCell::new() }
    }

    /// How the file begins, when that looks like JSON.
    pub(in crate::detect) fn json(&self) -> Option<&Opening<'a>> {
        self.json.get_or_init(|| Opening::of(self.head)).as_ref()
    }
}

impl<'a> Deref for Look<'a> {
    type Target = Blob<'a>;

    fn deref(&self) -> &Blob<'a> {
        &self.blob
    }
}

/// The first bytes of a file that looks like JSON, looked at once for all readers.
pub(in crate::detect) struct Opening<'b> {
    bytes: &'b [u8],
    /// Names of members.
    names: FxHashSet<&'b [u8]>,
}

impl<'b> Opening<'b> {
    /// `None` for what does not begin like JSON.
    fn of(bytes: &'b [u8]) -> Option<Self> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if !matches!(first, Some(b'{' | b'[')) {
            return None;
        }
        let mut names = FxHashSet::default();
        let mut at = 0;
        while let Some(quote) = memchr::memchr(b'"', &bytes[at..]) {
            let start = at + quote + 1;
            let Some(length) = string_length(&bytes[start..]) else { break };
            at = start + length + 1;
            // A name whose colon lies beyond the opening counts.
            let next = bytes.get(at..).unwrap_or_default().iter().find(|byte| !byte.is_ascii_whitespace());
            if matches!(next, Some(b':') | None) {
                names.insert(&bytes[start..start + length]);
            }
        }
        Some(Self { bytes, names })
    }

    /// Whether it names this member, in exactly this spelling.
    pub(in crate::detect) fn names(&self, name: &str) -> bool {
        self.names.contains(name.as_bytes())
    }

    /// Whether it names all of these.
    pub(in crate::detect) fn all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.names(name))
    }

    /// Whether it names one of these.
    pub(in crate::detect) fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names(name))
    }

    /// Whether it holds this text.
    pub(in crate::detect) fn holds(&self, text: &str) -> bool {
        memmem::find(self.bytes, text.as_bytes()).is_some()
    }
}

/// Bytes up to the quote that ends a string.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at + found] {
            b'"' => return Some(at + found),
            _ => at += found + 2,
        }
    }
}
