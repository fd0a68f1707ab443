//! One pack file and where its entries begin.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use gix_hash::Kind::Sha1;
use gix_pack::data::entry::Header;

use super::fence::Fence;
use super::oid::{OID_BYTES, ObjectKind, Oid};

/// Bytes before the first entry of a pack.
pub(crate) const PACK_HEAD: u64 = gix_pack::data::header::SIZE as u64;
/// Objects in one pack; the tables for them take about a hundred bytes each.
const PACK_OBJECTS_MAX: u32 = 50_000_000;
/// Bytes that views show before their pages are given back.
const VIEW_BYTES_MAX: u64 = 64 << 20;
/// Packs up to this size stay mapped: there may be many of them, and a process can have only so many mappings.
const VIEWED_BYTES_MIN: u64 = 4 << 20;
/// What the system maps at once, around a byte that is asked for.
const FAULT_BYTES: u64 = 64 << 10;

/// A mapped pack.
pub(crate) struct Pack {
    /// `objects/pack/pack-….pack`, as rows and errors name it.
    pub(crate) name: String,
    path: PathBuf,
    fence: Fence,
    data: gix_pack::data::File,
    /// Where each entry begins, ascending, then where the last one ends.
    bounds: Vec<u64>,
    /// For each entry its object, as a number in the table of all objects.
    pub(crate) object_of: Vec<u32>,
}

/// One reader's own mappings of packs, made anew before too many of their pages lie in memory: the pages of a mapping
/// count as memory of this program until it ends.
#[derive(Default)]
pub(crate) struct Views {
    /// By the number of the pack.
    open: Vec<Option<View>>,
    /// Bytes shown since the last time that all were closed.
    shown: u64,
}

struct View {
    /// The mapping; `None` when the pack cannot be mapped again.
    data: Option<gix_pack::data::File>,
    /// A bit for each piece that was shown.
    pieces: Vec<u64>,
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
    /// Maps a pack file; entries come later, from its index or from reading it through.
    pub(crate) fn open(path: &Path, name: String, fence: &Fence) -> io::Result<Self> {
        let data = map(path, fence)?;
        if data.num_objects() > PACK_OBJECTS_MAX {
            return Err(io::Error::other("it claims more objects than the limit"));
        }
        let bounds = vec![data.pack_end() as u64];
        Ok(Self { name, path: path.to_owned(), fence: fence.clone(), data, bounds, object_of: Vec::new() })
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
        let (start, end) = (self.bounds[entry as usize], self.bounds[entry as usize + 1]);
        self.entry_between(start, end)
    }

    /// Reads the head of an entry through views; `number` is that of this pack.
    pub(crate) fn entry_in<'a>(&'a self, number: u32, views: &'a mut Views, entry: u32) -> Option<Entry<'a>> {
        let (start, end) = (self.bounds[entry as usize], self.bounds[entry as usize + 1]);
        entry_of(views.show(self, number, start..end), start, end)
    }

    /// Reads the head of the entry at `start`, whose stream ends before `end`.
    pub(crate) fn entry_between(&self, start: u64, end: u64) -> Option<Entry<'_>> {
        entry_of(&self.data, start, end)
    }

    /// Entries whose bounds are known.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

impl Views {
    /// The mapping through which these bytes of a pack are read.
    fn show<'a>(&'a mut self, pack: &'a Pack, number: u32, bytes: Range<u64>) -> &'a gix_pack::data::File {
        if pack.file_len() < VIEWED_BYTES_MIN {
            return &pack.data;
        }
        let number = number as usize;
        if self.open.len() <= number {
            self.open.resize_with(number + 1, || None);
        }
        let view = self.open[number].get_or_insert_with(|| View::of(pack));
        self.shown += view.note(bytes);
        if self.shown > VIEW_BYTES_MAX {
            self.open.iter_mut().for_each(|open| *open = None);
            self.shown = 0;
        }
        let view = self.open[number].get_or_insert_with(|| View::of(pack));
        // A pack that went away in the meantime (git tidies up) is still there for its first mapping.
        view.data.as_ref().unwrap_or(&pack.data)
    }
}

impl View {
    fn of(pack: &Pack) -> Self {
        let data = map(&pack.path, &pack.fence).ok().filter(|data| same(data, &pack.data));
        let pieces = pack.file_len() / FAULT_BYTES / u64::from(u64::BITS) + 1;
        Self { data, pieces: vec![0; usize::try_from(pieces).unwrap_or(0)] }
    }

    /// Notes what is shown; how many bytes of it are new.
    fn note(&mut self, bytes: Range<u64>) -> u64 {
        let mut new = 0;
        for piece in bytes.start / FAULT_BYTES..=bytes.end / FAULT_BYTES {
            let (word, bit) = (piece / u64::from(u64::BITS), 1 << (piece % u64::from(u64::BITS)));
            let Some(word) = usize::try_from(word).ok().and_then(|word| self.pieces.get_mut(word)) else {
                break;
            };
            if *word & bit == 0 {
                *word |= bit;
                new += FAULT_BYTES;
            }
        }
        new
    }
}

fn map(path: &Path, fence: &Fence) -> io::Result<gix_pack::data::File> {
    let path = fence.file(path).map_err(|refusal| io::Error::other(refusal.words()))?;
    gix_pack::data::File::at(path, Sha1).map_err(|error| io::Error::other(error.to_string()))
}

fn same(one: &gix_pack::data::File, other: &gix_pack::data::File) -> bool {
    one.data_len() == other.data_len() && one.checksum() == other.checksum()
}

fn entry_of(data: &gix_pack::data::File, start: u64, end: u64) -> Option<Entry<'_>> {
    let bytes = data.entry_slice(start..end)?;
    let entry = gix_pack::data::Entry::from_bytes(bytes, start, Sha1).ok()?;
    let stream = bytes.get(entry.header_size()..)?;
    Some(Entry { header: entry.header, len: entry.decompressed_size, stream })
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
