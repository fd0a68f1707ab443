//! Loose objects: one zlib stream per file.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::fence::Fence;
use super::inflate::inflate_up_to;
use super::oid::{ObjectKind, Oid};

/// Loose objects in one repository; git itself packs them from some 7,000 on.
pub(crate) const LOOSE_OBJECTS_MAX: usize = 2_000_000;
/// `commit 18446744073709551615\0` is 28 bytes.
const HEAD_BYTES_MAX: u64 = 32;

/// The loose objects of one object folder.
pub(crate) struct LooseStore {
    /// The folder, resolved and beneath the root.
    folder: PathBuf,
    /// The folder as rows name it.
    pub(crate) name: String,
    /// Ids in order.
    pub(crate) ids: Vec<Oid>,
    /// What each object's first bytes say; `None` when they cannot be read.
    pub(crate) heads: Vec<Option<LooseHead>>,
}

/// What a loose object's first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LooseHead {
    /// Its kind.
    pub(crate) kind: ObjectKind,
    /// Bytes of its content.
    pub(crate) len: u64,
    /// Bytes before the content.
    start: usize,
}

/// What a folder of objects holds that is not of the form we read.
#[derive(Default)]
pub(crate) struct Oddities {
    /// Fan-out folders or files that lead outside or cannot be opened.
    pub(crate) refused: Vec<String>,
    /// Files with names of 62 hex digits: objects of another format.
    pub(crate) long_names: usize,
    /// More objects than the limit.
    pub(crate) over_limit: bool,
}

impl LooseStore {
    /// Lists the loose objects of `folder`, which has passed the fence.
    pub(crate) fn list(folder: PathBuf, name: String, fence: &Fence) -> (Self, Oddities) {
        let mut odd = Oddities::default();
        let mut ids = Vec::new();
        for fan in 0..=0xffu8 {
            let fan_name = tenure_model::hex(&[fan]);
            let path = folder.join(&fan_name);
            if fs::symlink_metadata(&path).is_err() {
                continue;
            }
            let entries = fence.folder(&path).ok().and_then(|path| fs::read_dir(path).ok());
            let Some(entries) = entries else {
                odd.refused.push(fan_name);
                continue;
            };
            for entry in entries.flatten() {
                let file_name = entry.file_name();
                let file_name = file_name.as_encoded_bytes();
                let hex = [fan_name.as_bytes(), file_name].concat();
                match Oid::from_hex(&hex) {
                    Some(_) if ids.len() >= LOOSE_OBJECTS_MAX => odd.over_limit = true,
                    Some(oid) => ids.push(oid),
                    None if file_name.len() == 62 => odd.long_names += 1,
                    None => {}
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut store = Self { folder, name, ids, heads: Vec::new() };
        store.heads = store.ids.iter().map(|oid| store.head(oid, fence)).collect();
        (store, odd)
    }

    fn path(&self, oid: &Oid) -> PathBuf {
        let hex = oid.to_string();
        self.folder.join(&hex[..2]).join(&hex[2..])
    }

    fn open(&self, oid: &Oid, fence: &Fence) -> Option<BufReader<File>> {
        let path: &Path = &self.path(oid);
        fence.open(path).ok().map(|(file, _)| BufReader::new(file))
    }

    /// Reads the head of an object.
    fn head(&self, oid: &Oid, fence: &Fence) -> Option<LooseHead> {
        // A damaged stream may still have a head that can be read.
        let mut decoder = flate2::read::ZlibDecoder::new(self.open(oid, fence)?).take(HEAD_BYTES_MAX);
        let mut head = Vec::with_capacity(32);
        let mut byte = [0];
        while decoder.read(&mut byte).ok()? == 1 {
            head.push(byte[0]);
            if byte[0] == 0 {
                return parse_head(&head);
            }
        }
        None
    }

    /// Reads an object's content. The head is parsed again: the file may have changed since.
    pub(crate) fn read(&self, oid: &Oid, fence: &Fence, bytes_max: u64) -> Option<(ObjectKind, Vec<u8>)> {
        let file = self.open(oid, fence)?;
        let mut bytes = inflate_up_to(file, bytes_max.saturating_add(HEAD_BYTES_MAX)).ok()?;
        let head = parse_head(&bytes)?;
        if head.len != (bytes.len() - head.start) as u64 {
            return None;
        }
        bytes.drain(..head.start);
        Some((head.kind, bytes))
    }
}

fn parse_head(bytes: &[u8]) -> Option<LooseHead> {
    let end = memchr::memchr(0, &bytes[..bytes.len().min(HEAD_BYTES_MAX as usize)])?;
    let space = memchr::memchr(b' ', &bytes[..end])?;
    let kind = ObjectKind::from_word(&bytes[..space])?;
    let digits = &bytes[space + 1..end];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let len = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(LooseHead { kind, len, start: end + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_kind_and_a_length() {
        let head = parse_head(b"blob 12\0hello").unwrap();
        assert_eq!((head.kind, head.len, head.start), (ObjectKind::Blob, 12, 8));
        for bad in [
            &b"blob 12"[..],
            b"blob\0",
            b"blob -1\0",
            b"blob \0",
            b"blub 1\0",
            b"",
            b"blob 99999999999999999999\0",
        ] {
            assert_eq!(parse_head(bad), None);
        }
    }
}
