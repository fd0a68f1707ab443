//! The files of HEAD, for repositories without a work tree.

use std::collections::HashSet;

use tenure_model::{ReadState, Unread};

use super::commits::headers;
use super::objects::Objects;
use super::oid::{ObjectKind, Oid};
use super::refs::Refs;
use super::repository::Repository;
use super::trees::{EntryKind, TreeEntries};

/// Files of HEAD that are always listed …
const FILES_FLOOR: usize = 100_000;
/// … or this many per object of the repository: a few objects can spell billions of paths.
const FILES_PER_OBJECT_MAX: usize = 4;
/// Folders in one path.
const DEPTH_MAX: usize = 4_096;
/// Bytes of all paths together.
const PATH_BYTES_MAX: usize = 1 << 30;
/// How far a tag of a tag is followed.
const PEEL_MAX: usize = 32;

/// A file of HEAD.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HeadFile {
    /// Path in the repository.
    pub(crate) path: Vec<u8>,
    /// Its content.
    pub(crate) oid: Oid,
    /// `0o100644`, `0o100755`, or `0o120000` for a symbolic link.
    pub(crate) mode: u32,
}

/// Lists the files of HEAD by path; links and what is in other repositories stay closed.
pub(crate) fn head_tree(
    repository: &Repository,
    objects: &Objects,
    unread: &mut Vec<Unread>,
) -> Vec<HeadFile> {
    // Broken refs are said when history is read.
    let refs = Refs::read(repository, &mut Vec::new());
    refs.head.map_or_else(Vec::new, |head| files_of(repository, objects, head, unread))
}

/// The same of a commit or tag.
pub(crate) fn files_of(
    repository: &Repository,
    objects: &Objects,
    commit: Oid,
    unread: &mut Vec<Unread>,
) -> Vec<HeadFile> {
    let Some(root) = tree_of(objects, commit) else { return Vec::new() };
    let (mut files, mut lost, mut capped) = (Vec::new(), 0usize, false);
    let files_max = FILES_FLOOR.max(objects.len().saturating_mul(FILES_PER_OBJECT_MAX));
    let mut bytes = 0;
    let mut open: HashSet<u32> = HashSet::new();
    // A folder is on the stack twice: to be opened, and to be closed again.
    let mut waiting = vec![(root, Vec::new(), 0, true)];
    while let Some((n, path, depth, opening)) = waiting.pop() {
        if !opening {
            open.remove(&n);
            continue;
        }
        let Some(tree) = objects.read(n) else {
            lost += 1;
            continue;
        };
        open.insert(n);
        waiting.push((n, Vec::new(), depth, false));
        for entry in (TreeEntries { rest: &tree }) {
            let path: Vec<u8> =
                if path.is_empty() { entry.name.to_vec() } else { [&path, entry.name].join(&b'/') };
            bytes += path.len();
            if files.len() >= files_max || waiting.len() >= files_max || bytes > PATH_BYTES_MAX {
                capped = true;
                break;
            }
            match (entry.kind(), objects.find(&entry.oid)) {
                (EntryKind::Gitlink, _) => {}
                (EntryKind::File, _) => files.push(HeadFile { path, oid: entry.oid, mode: entry.mode }),
                (EntryKind::Tree, Some(child)) if depth < DEPTH_MAX && !open.contains(&child) => {
                    waiting.push((child, path, depth + 1, true));
                }
                (EntryKind::Tree, _) => lost += 1,
            }
        }
    }
    if lost > 0 {
        let detail = format!("{lost} folders of HEAD cannot be read");
        unread.push(repository.row("HEAD", ReadState::Partial, "object_missing", detail));
    }
    if capped {
        let detail = "HEAD has more files than a scan lists".to_owned();
        unread.push(repository.row("HEAD", ReadState::Partial, "too_many_paths", detail));
    }
    files.sort_unstable();
    files
}

/// What a commit has at a path.
pub(crate) fn entry_at(objects: &Objects, commit: Oid, path: &[u8]) -> Option<(EntryKind, Oid)> {
    let mut found = (EntryKind::Tree, *objects.oid(tree_of(objects, commit)?));
    for part in path.split(|&byte| byte == b'/') {
        let tree = objects.read(objects.find(&found.1).filter(|_| found.0 == EntryKind::Tree)?)?;
        let entry = (TreeEntries { rest: &tree }).find(|entry| entry.name == part)?;
        found = (entry.kind(), entry.oid);
    }
    Some(found)
}

/// The tree of a commit, through tags.
fn tree_of(objects: &Objects, oid: Oid) -> Option<u32> {
    let mut at = oid;
    for _ in 0..PEEL_MAX {
        let n = objects.find(&at)?;
        let key: &[u8] = match objects.kind(n)? {
            ObjectKind::Tree => return Some(n),
            ObjectKind::Blob => return None,
            ObjectKind::Commit => b"tree",
            ObjectKind::Tag => b"object",
        };
        let bytes = objects.read(n)?;
        at = headers(&bytes).find(|(of, _)| *of == key).and_then(|(_, value)| Oid::from_hex(value))?;
    }
    None
}
