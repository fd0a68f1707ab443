//! Names and kinds of git objects.

use std::fmt;
use std::io::Read as _;

use crate::container::{FileInput, Section};

/// Bytes in an object id. SHA-256 repositories are reported as unread, never half understood.
pub(crate) const OID_BYTES: usize = 20;

/// The SHA-1 name of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Oid(pub(crate) [u8; OID_BYTES]);

impl Oid {
    /// Takes the first 20 bytes; `None` when there are fewer.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.get(..OID_BYTES)?.try_into().ok().map(Self)
    }

    /// Reads 40 hex digits, no more and no less.
    pub(crate) fn from_hex(hex: &[u8]) -> Option<Self> {
        if hex.len() != OID_BYTES * 2 {
            return None;
        }
        let mut bytes = [0; OID_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Whether two ids are one. In line, where a call to compare memory would cost more than the comparison.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        let word = |bytes: &[u8; OID_BYTES], at: usize| {
            u64::from_ne_bytes([
                bytes[at],
                bytes[at + 1],
                bytes[at + 2],
                bytes[at + 3],
                bytes[at + 4],
                bytes[at + 5],
                bytes[at + 6],
                bytes[at + 7],
            ])
        };
        word(a, 0) == word(b, 0)
            && word(a, 8) == word(b, 8)
            && word(a, OID_BYTES - 8) == word(b, OID_BYTES - 8)
    }

    /// Computes the name that an object must have; `None` for the two documents of a known collision attack.
    pub(crate) fn of(kind: ObjectKind, bytes: &[u8]) -> Option<Self> {
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(format!("{} {}\0", kind.word(), bytes.len()).as_bytes());
        hasher.update(bytes);
        Self::from_bytes(hasher.try_finalize().ok()?.as_slice())
    }

    /// The name that a file would have as a blob; `None` when it cannot be read to its end.
    pub(crate) fn of_file(input: &FileInput<'_>) -> Option<Self> {
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(format!("{} {}\0", ObjectKind::Blob.word(), input.len).as_bytes());
        let mut stream = Section::new(input, 0, input.len);
        let mut piece = vec![0; 1 << 20];
        let mut left = input.len;
        while left > 0 {
            let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
            hasher.update(&piece[..read]);
            left = left.checked_sub(read as u64)?;
        }
        Self::from_bytes(hasher.try_finalize().ok()?.as_slice())
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tenure_model::hex(&self.0))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectKind {
    /// Names a tree, its parents and who made it.
    Commit,
    /// A folder.
    Tree,
    /// A file's content.
    Blob,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// The word in an object's header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ObjectKind::Commit => "commit",
            ObjectKind::Tree => "tree",
            ObjectKind::Blob => "blob",
            ObjectKind::Tag => "tag",
        }
    }

    /// The kind behind the word in an object's header.
    pub(crate) fn from_word(word: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag]
            .into_iter()
            .find(|kind| kind.word().as_bytes() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_blob_has_its_well_known_name() {
        let name = Oid::of(ObjectKind::Blob, b"").unwrap();
        assert_eq!(name.to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(Oid::from_hex(name.to_string().as_bytes()), Some(name));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "e69de29",
            "zz9de29bb2d1d6434b8b29ae775ad8c2e48c5391",
            "+69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        ] {
            assert_eq!(Oid::from_hex(text.as_bytes()), None, "{text}");
        }
    }
}
