//! The index of a work tree: files that are added but perhaps never committed.

use tenure_model::{ReadState, Unread};

use super::fence::Refusal;
use super::oid::{OID_BYTES, Oid};
use super::repository::Repository;

/// Bytes of an index.
const INDEX_BYTES_MAX: u64 = 1 << 30;
/// Stat data before the id.
const STAT_BYTES: usize = 40;
/// Bytes before the name of an entry.
const FIXED_BYTES: usize = STAT_BYTES + OID_BYTES + 2;
/// The entry has two more bytes of flags.
const EXTENDED: u16 = 0x4000;

/// Paths and ids in the index. A damaged one gives what comes before the damage, and a row.
pub(crate) fn entries(repository: &Repository, rows: &mut Vec<Unread>) -> Vec<(Vec<u8>, Oid)> {
    let bytes = match repository.fence().read(&repository.git_dir().join("index"), INDEX_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(Refusal::Missing) => return Vec::new(),
        Err(refusal) => {
            let detail = format!("the index {}", refusal.words());
            rows.push(repository.row("index", ReadState::Skipped, refusal.reason(), detail));
            return Vec::new();
        }
    };
    let (entries, whole) = parse(&bytes);
    if !whole {
        let detail =
            format!("the index is damaged or of an unknown version; {} entries were read", entries.len());
        rows.push(repository.row("index", ReadState::Partial, "index_damaged", detail));
    }
    entries
}

fn parse(bytes: &[u8]) -> (Vec<(Vec<u8>, Oid)>, bool) {
    let mut entries = Vec::new();
    let word = |at: usize| {
        bytes.get(at..at + 4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    };
    let (Some(version @ 2..=4), Some(count)) = (word(4), word(8)) else { return (entries, false) };
    if !bytes.starts_with(b"DIRC") {
        return (entries, false);
    }
    let mut at = 12;
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..count {
        let Some((oid, next)) = entry(bytes, at, version, &mut path) else { return (entries, false) };
        entries.push((path.clone(), oid));
        at = next;
    }
    (entries, true)
}

/// Reads the entry at `at`; leaves its path in `path`, which holds the path of the entry before it.
fn entry(bytes: &[u8], at: usize, version: u32, path: &mut Vec<u8>) -> Option<(Oid, usize)> {
    let fixed = bytes.get(at..at + FIXED_BYTES)?;
    let oid = Oid::from_bytes(&fixed[STAT_BYTES..])?;
    let flags = u16::from_be_bytes([fixed[FIXED_BYTES - 2], fixed[FIXED_BYTES - 1]]);
    let name_at = at + FIXED_BYTES + if version >= 3 && flags & EXTENDED != 0 { 2 } else { 0 };
    let mut rest = bytes.get(name_at..)?;
    if version == 4 {
        let strip = usize::try_from(offset_varint(&mut rest)?).ok()?;
        path.truncate(path.len().checked_sub(strip)?);
    } else {
        path.clear();
    }
    let end = memchr::memchr(0, rest)?;
    path.extend_from_slice(&rest[..end]);
    let name_end = bytes.len() - rest.len() + end;
    // Before version 4 entries are padded with one to eight NULs to a multiple of eight.
    let next = if version == 4 { name_end + 1 } else { at + ((name_end - at) / 8 + 1) * 8 };
    Some((oid, next))
}

/// The number form of pack offsets: each further byte adds one.
fn offset_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    loop {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value = value.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), version in 2u8..5) {
            let mut index = b"DIRC\0\0\0".to_vec();
            index.push(version);
            index.extend_from_slice(&bytes);
            parse(&index);
        }
    }
}
