//! The directory at the end of a zip archive.

use std::collections::btree_map::{BTreeMap, Entry};

use super::super::budget::{Budget, Held};
use super::super::gap::Gap;
use super::super::input::{Input, fill_at};
use super::member::{Member, u16_at, u32_at, u64_at};

/// Magic of the record at the very end.
pub(super) const END_MAGIC: &[u8] = b"PK\x05\x06";
/// Its size without its comment.
pub(super) const END_BYTES: usize = 22;
/// Longest comment behind it.
const COMMENT_BYTES_MAX: usize = 0xffff;
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
const END64_MAGIC: &[u8] = b"PK\x06\x06";
const END64_BYTES: usize = 56;
const LOCATOR_MAGIC: &[u8] = b"PK\x06\x07";
const LOCATOR_BYTES: u64 = 20;
/// Largest directory that is held: a million members with long names stay below it.
const DIRECTORY_BYTES_MAX: u64 = 64 << 20;

/// Entries of one directory that are kept.
const ENTRIES_MAX: usize = 300_000;
/// Work of reading one.
const ENTRY_WORK: u64 = 500;

/// What the directory says.
pub(super) struct Directory<'b> {
    /// Its bytes.
    held: Vec<u8>,
    _memory: Held<'b>,
    /// Offsets of its entries in `held`, by where their members begin.
    entries: BTreeMap<u64, usize>,
    /// Further entries of members that begin where another one does.
    twins: Vec<(u64, usize)>,
    /// Bytes in front of the archive: a program may carry one behind it.
    pub(super) start: u64,
    /// Where it begins.
    pub(super) at: u64,
    /// Why not all of its entries are known.
    gap: Option<Gap>,
}

/// Where the directory lies, as the records at the end say.
struct End {
    at: u64,
    len: u64,
    start: u64,
}

impl<'b> Directory<'b> {
    /// Reads the directory; `None` when there is none.
    pub(super) fn read(bytes: &dyn Input, budget: &'b Budget) -> Result<Option<Directory<'b>>, Gap> {
        let Some(end) = End::find(bytes)? else { return Ok(None) };
        if end.len > DIRECTORY_BYTES_MAX {
            return Err(Gap::TooManyMembers);
        }
        let memory = budget.hold(end.len)?;
        let mut held = vec![0; usize::try_from(end.len).expect("below the limit")];
        let got = fill_at(bytes, end.at, &mut held).map_err(|_| Gap::Disk)?;
        held.truncate(got);
        let mut directory = Directory {
            held,
            _memory: memory,
            entries: BTreeMap::new(),
            twins: Vec::new(),
            start: end.start,
            at: end.at,
            gap: None,
        };
        directory.index(budget);
        Ok(Some(directory))
    }

    /// Finds the entries.
    fn index(&mut self, budget: &Budget) {
        let mut at = 0;
        while let Some(entry) = self.held.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((member, len)) = parse(entry, self.start) else {
                self.gap = Some(Gap::Damaged);
                return;
            };
            if self.entries.len() + self.twins.len() >= ENTRIES_MAX || !budget.work(ENTRY_WORK) {
                self.gap = Some(Gap::TooManyMembers);
                return;
            }
            match self.entries.entry(member.at) {
                Entry::Vacant(free) => drop(free.insert(at)),
                Entry::Occupied(_) => self.twins.push((member.at, at)),
            }
            at += len;
        }
    }

    /// Whether all of its entries are known.
    pub(super) fn complete(&self) -> Result<(), Gap> {
        self.gap.map_or(Ok(()), Err)
    }

    /// The members in the order of their bytes; those that begin where another one does come last.
    pub(super) fn members(&self) -> impl Iterator<Item = Member> {
        let offsets = self.entries.values().copied().chain(self.twins.iter().map(|&(_, at)| at));
        offsets.filter_map(|at| Some(parse(&self.held[at..], self.start)?.0))
    }
}

impl End {
    fn find(bytes: &dyn Input) -> Result<Option<End>, Gap> {
        let want = (END_BYTES + COMMENT_BYTES_MAX).min(usize::try_from(bytes.len()).unwrap_or(usize::MAX));
        let from = bytes.len() - want as u64;
        let mut tail = vec![0; want];
        let got = fill_at(bytes, from, &mut tail).map_err(|_| Gap::Disk)?;
        let mut tail = &tail[..got];
        // The last record whose place makes sense; bytes behind it may be anything.
        while let Some(found) = memchr::memmem::rfind(tail, END_MAGIC) {
            let record = &tail[found..];
            if record.len() >= END_BYTES
                && let Some(end) = End::of(bytes, record, from + found as u64)?
            {
                return Ok(Some(end));
            }
            tail = &tail[..found];
        }
        Ok(None)
    }

    /// Reads the record that lies at `place`.
    fn of(bytes: &dyn Input, record: &[u8], place: u64) -> Result<Option<End>, Gap> {
        let (len, offset) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
        if let Some(end) = End::large(bytes, place)? {
            return Ok(Some(end));
        }
        let Some(at) = place.checked_sub(len) else { return Ok(None) };
        let mut magic = [0; 4];
        fill_at(bytes, at, &mut magic).map_err(|_| Gap::Disk)?;
        if magic == ENTRY_MAGIC || len == 0 {
            // What it says of its offset does not count the bytes in front of the archive.
            return Ok(Some(End { at, len, start: at.saturating_sub(offset) }));
        }
        // A block of signatures may lie between the directory and its end.
        fill_at(bytes, offset, &mut magic).map_err(|_| Gap::Disk)?;
        Ok((magic == ENTRY_MAGIC).then_some(End {
            at: offset,
            len: len.min(place - offset.min(place)),
            start: 0,
        }))
    }

    /// The larger record, when a locator in front of `place` leads to one.
    fn large(bytes: &dyn Input, place: u64) -> Result<Option<End>, Gap> {
        let Some(locator_at) = place.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
        let mut locator = [0; LOCATOR_BYTES as usize];
        fill_at(bytes, locator_at, &mut locator).map_err(|_| Gap::Disk)?;
        if !locator.starts_with(LOCATOR_MAGIC) {
            return Ok(None);
        }
        let told = u64_at(&locator, 8);
        // It lies where the locator says, or right before the locator when bytes stand in front of the archive.
        for at in [told, locator_at.saturating_sub(END64_BYTES as u64)] {
            let mut record = [0; END64_BYTES];
            let got = fill_at(bytes, at, &mut record).map_err(|_| Gap::Disk)?;
            if got < END64_BYTES || !record.starts_with(END64_MAGIC) {
                continue;
            }
            let (len, offset) = (u64_at(&record, 40), u64_at(&record, 48));
            let start = at.saturating_sub(told);
            let directory_at = start.saturating_add(offset);
            if directory_at <= at {
                return Ok(Some(End { at: directory_at, len: len.min(at - directory_at), start }));
            }
        }
        Ok(None)
    }
}

/// Reads one entry; gives its length, too.
fn parse(entry: &[u8], start: u64) -> Option<(Member, usize)> {
    if entry.len() < ENTRY_BYTES || !entry.starts_with(ENTRY_MAGIC) {
        return None;
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(entry, at)));
    let name_end = ENTRY_BYTES + name;
    let mut member = Member {
        name: entry.get(ENTRY_BYTES..name_end)?.to_vec(),
        flags: u16_at(entry, 8),
        method: u16_at(entry, 10),
        sum: u32_at(entry, 16),
        packed: u64::from(u32_at(entry, 20)),
        size: u64::from(u32_at(entry, 24)),
        at: u64::from(u32_at(entry, 42)),
    };
    member.widen(entry.get(name_end..name_end + extra)?);
    member.at = member.at.saturating_add(start);
    Some((member, name_end + extra + comment))
}
