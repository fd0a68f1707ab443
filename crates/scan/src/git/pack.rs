//! One pack file and where its entries begin.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use gix_hash::Kind::Sha1;
use gix_pack::data::entry::Header;

use super::fence::Fence;
use super::oid::{OID_BYTES, ObjectKind, Oid};

/// Bytes before the first entry of a pack.
pub(crate) const PACK_HEAD: u64 = gix_pack::data::header::SIZE as u64;
/// Objects in one pack; the tables for them take about a hundred bytes each.
const PACK_OBJECTS_MAX: u32 = 50_000_000;

/// An opened pack.
pub(crate) struct Pack {
    /// `objects/pack/pack-….pack`, as rows and errors name it.
    pub(crate) name: String,
    /// What objects are read from. A mapping would count every page of a large pack as memory of this program, and end
    /// it when another program cuts the file short.
    file: Option<File>,
    /// For packs that are small, of which there can be more than a process can open files, and for what reads the file from one
    /// end to the other, because its index is of no use.
    data: gix_pack::data::File,
    /// Where each entry begins, ascending, then where the last one ends.
    bounds: Vec<u64>,
    /// For each entry its object, as a number in the table of all objects.
    pub(crate) object_of: Vec<u32>,
}

/// What the head of an entry says.
pub(crate) struct Entry<'a> {
    /// Whole, or told from a base.
    pub(crate) header: Header,
    /// Bytes that the stream inflates to.
    pub(crate) len: u64,
    /// The stream, up to where the next entry begins.
    pub(crate) stream: &'a [u8],
}

/// What an index says about its pack.
pub(crate) struct Index {
    /// Where entries begin, ascending.
    pub(crate) offsets: Vec<u64>,
    /// The objects and the entry of each, in the order of the index: by id, when it is honest.
    pub(crate) ids: Vec<(Oid, u32)>,
    /// Whether it speaks about exactly this pack.
    pub(crate) fits: bool,
}

impl Pack {
    /// Opens a pack file; entries come later, from its index or from reading it through. A pack that is larger than
    /// `mapped_max` bytes is read piece by piece.
    pub(crate) fn open(path: &Path, name: String, fence: &Fence, mapped_max: u64) -> io::Result<Self> {
        let path = fence.file(path).map_err(|refusal| io::Error::other(refusal.words()))?;
        let data =
            gix_pack::data::File::at(&path, Sha1).map_err(|error| io::Error::other(error.to_string()))?;
        let large = data.data_len() as u64 > mapped_max;
        let file = if large { File::open(path).ok() } else { None };
        if data.num_objects() > PACK_OBJECTS_MAX {
            return Err(io::Error::other("it claims more objects than the limit"));
        }
        let bounds = vec![data.pack_end() as u64];
        Ok(Self { name, file, data, bounds, object_of: Vec::new() })
    }

    /// How many objects the pack's own head speaks of.
    pub(crate) fn claimed(&self) -> u32 {
        self.data.num_objects()
    }

    /// Bytes of the file.
    pub(crate) fn file_len(&self) -> u64 {
        self.data.data_len() as u64
    }

    /// The checksum at the end of the file.
    pub(crate) fn checksum(&self) -> Oid {
        let end = self.data.pack_end() as u64;
        let bytes = self.data.entry_slice(end..end + OID_BYTES as u64);
        bytes.and_then(Oid::from_bytes).unwrap_or(Oid([0; OID_BYTES]))
    }

    /// Where the last entry ends.
    pub(crate) fn end(&self) -> u64 {
        self.data.pack_end() as u64
    }

    /// Reads the index that lies beside the pack.
    pub(crate) fn read_index(&self, path: &Path, fence: &Fence) -> Option<Index> {
        let path = fence.file(path).ok()?;
        let file = gix_pack::index::File::at(path, Sha1).ok()?;
        let mut entries: Vec<(u64, u32)> =
            (0..file.num_objects()).map(|at| (file.pack_offset_at_index(at), at)).collect();
        entries.sort_unstable();
        let id = |at: u32| Oid::from_bytes(file.oid_at_index(at).as_bytes());
        let inside = entries.partition_point(|&(offset, _)| offset < self.end());
        let beyond = entries.split_off(inside);
        let tiles = entries.first().is_none_or(|&(offset, _)| offset == PACK_HEAD)
            && entries.is_sorted_by(|(before, _), (after, _)| before < after);
        let fits = tiles
            && beyond.is_empty()
            && file.num_objects() == self.claimed()
            && file.pack_checksum().as_slice() == self.checksum().0;
        entries.retain(|&(offset, _)| offset >= PACK_HEAD);
        entries.dedup_by_key(|(offset, _)| *offset);
        let mut rank = vec![u32::MAX; file.num_objects() as usize];
        for (entry, &(_, at)) in (0u32..).zip(&entries) {
            rank[at as usize] = entry;
        }
        let named = (0u32..).zip(rank).filter(|(_, entry)| *entry != u32::MAX);
        let ids: Vec<(Oid, u32)> = named.filter_map(|(at, entry)| Some((id(at)?, entry))).collect();
        // One name for two entries would hide one of them.
        let fits = fits && ids.is_sorted_by(|(before, _), (after, _)| before < after);
        Some(Index { ids, offsets: entries.into_iter().map(|(offset, _)| offset).collect(), fits })
    }

    /// Says where the entries begin, and where the last one ends.
    pub(crate) fn set_bounds(&mut self, offsets: Vec<u64>, end: u64) {
        self.bounds = offsets;
        self.bounds.push(end);
    }

    /// The entry that begins exactly at `offset`.
    pub(crate) fn entry_at(&self, offset: u64) -> Option<u32> {
        let entries = &self.bounds[..self.bounds.len() - 1];
        entries.binary_search(&offset).ok().and_then(|entry| u32::try_from(entry).ok())
    }

    /// Where an entry begins.
    pub(crate) fn offset(&self, entry: u32) -> u64 {
        self.bounds[entry as usize]
    }

    /// Reads the head of an entry.
    pub(crate) fn entry(&self, entry: u32) -> Option<Entry<'_>> {
        let Range { start, end } = self.extent(entry);
        self.entry_between(start, end)
    }

    /// The file, to be read at any place, when it stays open.
    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Bytes of the mapping.
    pub(crate) fn mapped(&self, extent: Range<u64>) -> Option<&[u8]> {
        self.data.entry_slice(extent)
    }

    /// Where an entry begins and ends.
    pub(crate) fn extent(&self, entry: u32) -> Range<u64> {
        self.bounds[entry as usize]..self.bounds[entry as usize + 1]
    }

    /// Reads the head of the entry at `start`, whose stream ends before `end`.
    pub(crate) fn entry_between(&self, start: u64, end: u64) -> Option<Entry<'_>> {
        Entry::from_bytes(self.data.entry_slice(start..end)?, start)
    }

    /// Entries whose bounds are known.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

impl<'a> Entry<'a> {
    /// Reads the head of the entry that begins at `start` of its pack with `bytes`.
    pub(crate) fn from_bytes(bytes: &'a [u8], start: u64) -> Option<Self> {
        let entry = gix_pack::data::Entry::from_bytes(bytes, start, Sha1).ok()?;
        let stream = bytes.get(entry.header_size()..)?;
        Some(Entry { header: entry.header, len: entry.decompressed_size, stream })
    }
}

/// The kind of a whole entry; `None` for a delta.
pub(crate) fn whole_kind(header: &Header) -> Option<ObjectKind> {
    Some(match header {
        Header::Commit => ObjectKind::Commit,
        Header::Tree => ObjectKind::Tree,
        Header::Blob => ObjectKind::Blob,
        Header::Tag => ObjectKind::Tag,
        Header::RefDelta { .. } | Header::OfsDelta { .. } => return None,
    })
}
