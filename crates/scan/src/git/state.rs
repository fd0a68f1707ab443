//! The state of a repository on disk, as one hash: what an unchanged repository shows need not be worked out twice.

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::repository::Repository;

/// Files that change without changing what history shows.
const WITHOUT_EFFECT: [&str; 3] = ["index", "index.lock", "gc.log"];
/// A file that was written so recently may be written again without looking different.
const SETTLED_AFTER: Duration = Duration::from_millis(100);
/// Most files that are looked at; a store with more is read each time.
const FILES_MAX: usize = 200_000;

/// Hashes what every file of the repository looks like from outside: name, size, times and place on the disk.
///
/// `None` when that does not tell: it takes objects from elsewhere, a file cannot be looked at, or was written a moment ago.
pub(crate) fn state(repository: &Repository) -> Option<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    let now = SystemTime::now();
    let mut files = 0;
    let (common, own) = (repository.common_dir(), repository.git_dir());
    for folder in [Some(common), Some(own).filter(|own| !own.starts_with(common))].into_iter().flatten() {
        if folder.join("objects/info/alternates").symlink_metadata().is_ok() {
            return None;
        }
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.ok()?;
            let inside = entry.path().strip_prefix(folder).ok()?;
            if WITHOUT_EFFECT.iter().any(|name| inside == Path::new(name)) || entry.file_type().is_dir() {
                continue;
            }
            let meta = entry.metadata().ok()?;
            let changed = meta.modified().ok()?;
            files += 1;
            if files > FILES_MAX || !meta.is_file() || changed + SETTLED_AFTER > now {
                return None;
            }
            let name = inside.as_os_str().as_encoded_bytes();
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name);
            hasher.update(&meta.len().to_le_bytes());
            let since = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            hasher.update(&since.as_nanos().to_le_bytes());
            hasher.update(&identity(&meta));
        }
    }
    Some(*hasher.finalize().as_bytes())
}

/// What nobody can set from inside an archive or a clone: the place on the disk and the time of the last change to it.
#[cfg(unix)]
fn identity(meta: &Metadata) -> [u8; 32] {
    use std::os::unix::fs::MetadataExt as _;
    let mut all = [0; 32];
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
fn identity(_: &Metadata) -> [u8; 32] {
    [0; 32]
}
