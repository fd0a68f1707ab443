//! What a file looks like from outside. A file that looks as it did is not read again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// A file that was written so recently may be written again without looking different.
const SETTLED_AFTER: Duration = Duration::from_millis(100);
/// The same where the file system keeps times in whole seconds, or in two of them.
const COARSELY_SETTLED_AFTER: Duration = Duration::from_secs(3);
/// Bytes of the looks of a file: its size, its time, and its place on the disk.
const LOOKS_BYTES: usize = 8 + 16 + PLACE_BYTES;
/// Bytes of [`place`].
const PLACE_BYTES: usize = 32;

/// Size, times and place on the disk of a regular file.
pub(crate) type Looks = [u8; LOOKS_BYTES];

/// What a regular file looks like.
///
/// `None` when that does not tell: it is no regular file, or was written a moment before `now`, or after.
pub(crate) fn looks(meta: &Metadata, now: SystemTime) -> Option<Looks> {
    let written = meta.modified().ok()?;
    let last = changed(meta).map_or(written, |changed| changed.max(written));
    let since = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let last_since = last.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let settled_after = if last_since.subsec_nanos() == 0 { COARSELY_SETTLED_AFTER } else { SETTLED_AFTER };
    if !meta.is_file() || last + settled_after > now {
        return None;
    }
    let mut all = [0; LOOKS_BYTES];
    all[..8].copy_from_slice(&meta.len().to_le_bytes());
    all[8..24].copy_from_slice(&since.as_nanos().to_le_bytes());
    all[24..].copy_from_slice(&place(meta));
    Some(all)
}

/// What nobody can set from inside an archive or a clone: the place on the disk and the time of the last change to it.
#[cfg(unix)]
fn place(meta: &Metadata) -> [u8; PLACE_BYTES] {
    use std::os::unix::fs::MetadataExt as _;
    let mut all = [0; PLACE_BYTES];
    for (slot, value) in all.chunks_exact_mut(8).zip([
        meta.dev(),
        meta.ino(),
        meta.ctime().cast_unsigned(),
        meta.ctime_nsec().cast_unsigned(),
    ]) {
        slot.copy_from_slice(&value.to_le_bytes());
    }
    all
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> [u8; PLACE_BYTES] {
    [0; PLACE_BYTES]
}

/// When the file last changed in any way, as the system notes it for itself.
#[cfg(unix)]
fn changed(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let since = Duration::new(u64::try_from(meta.ctime()).ok()?, u32::try_from(meta.ctime_nsec()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}
