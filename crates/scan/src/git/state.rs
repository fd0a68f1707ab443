//! The state of a repository on disk, as one hash: what an unchanged repository shows need not be worked out twice.

use std::path::Path;
use std::time::SystemTime;

use super::index;
use super::repository::Repository;
use crate::source::looks;

/// Files that change without changing what history shows. Of the index, only what it lists counts.
const WITHOUT_EFFECT: [&str; 3] = ["index", "index.lock", "gc.log"];
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
            let looks = looks(&entry.metadata().ok()?, now)?;
            files += 1;
            if files > FILES_MAX {
                return None;
            }
            let name = inside.as_os_str().as_encoded_bytes();
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name);
            hasher.update(&looks);
        }
    }
    for (path, oid) in index::entries(repository, &mut Vec::new()) {
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(&path);
        hasher.update(&oid.0);
    }
    Some(*hasher.finalize().as_bytes())
}
