//! A piece of a pack in memory: what one thread read last.

use std::fs::File;
use std::io;
use std::ops::Range;

use super::pack::{Entry, Pack};

/// The head of an entry is never longer: ten bytes of length, and a name or a distance.
const HEAD_BYTES_MAX: u64 = 64;
/// Room that is kept from entry to entry; more is given back.
const KEPT_BYTES_MAX: usize = 4 << 20;
/// Bytes that a stream may have more than twice of what it inflates to.
const SLACK_BYTES: u64 = 64 << 10;

/// Bytes of a pack around the entry that was read last.
pub(crate) struct Window {
    /// The number of the pack, and where the bytes begin.
    at: Option<(u32, u64)>,
    bytes: Vec<u8>,
    /// Read at least so many bytes at once: entries lie beside those that are told from them.
    least: u64,
}

impl Window {
    /// One that reads at least `least` bytes at once.
    pub(crate) fn new(least: u64) -> Self {
        Self { at: None, bytes: Vec::new(), least }
    }

    /// The entry of a pack that has `number`; `None` when its head is damaged or the disk refuses. Of its stream as much
    /// as `len_max` inflated bytes can need.
    pub(crate) fn entry<'a>(
        &'a mut self,
        pack: &'a Pack,
        number: u32,
        entry: u32,
        len_max: u64,
    ) -> Option<Entry<'a>> {
        let extent = pack.extent(entry);
        let head = extent.start..extent.end.min(extent.start + HEAD_BYTES_MAX);
        let len = Entry::from_bytes(self.show(pack, number, head)?, extent.start)?.len;
        let needed = HEAD_BYTES_MAX + 2 * len.min(len_max) + SLACK_BYTES;
        let end = extent.end.min(extent.start + needed);
        Entry::from_bytes(self.show(pack, number, extent.start..end)?, extent.start)
    }

    /// The head of an entry alone.
    pub(crate) fn head<'a>(&'a mut self, pack: &'a Pack, number: u32, entry: u32) -> Option<Entry<'a>> {
        let extent = pack.extent(entry);
        let head = extent.start..extent.end.min(extent.start + HEAD_BYTES_MAX);
        Entry::from_bytes(self.show(pack, number, head)?, extent.start)
    }

    fn show<'a>(&'a mut self, pack: &'a Pack, number: u32, wanted: Range<u64>) -> Option<&'a [u8]> {
        let Some(file) = pack.file() else { return pack.mapped(wanted) };
        let shown = self.at.filter(|&(of, from)| of == number && from <= wanted.start).map(|(_, from)| from);
        let inside = shown.filter(|from| wanted.end <= from + self.bytes.len() as u64);
        let from = match inside {
            Some(from) => from,
            None => self.read(file, number, &wanted, pack.file_len())?,
        };
        let place = usize::try_from(wanted.start - from).ok()?..usize::try_from(wanted.end - from).ok()?;
        self.bytes.get(place)
    }

    fn read(&mut self, file: &File, number: u32, wanted: &Range<u64>, file_len: u64) -> Option<u64> {
        self.at = None;
        let end = wanted.end.max(wanted.start + self.least).min(file_len);
        let len = usize::try_from(end.checked_sub(wanted.start)?).ok()?;
        if len <= KEPT_BYTES_MAX && self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.bytes.resize(len, 0);
        read_at(file, &mut self.bytes, wanted.start).ok()?;
        self.at = Some((number, wanted.start));
        Some(wanted.start)
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, start)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        start += read as u64;
    }
    Ok(())
}
