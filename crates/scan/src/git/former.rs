//! What stood at some paths in some commits: to tell whether a value there is new.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::commits::Commits;
use super::objects::Objects;
use super::oid::Oid;
use super::places::{Paths, PlaceWalk};
use super::trees::Trees;

/// Blobs that stood at one of `paths` in one of the commits for which `is_before` is true.
///
/// Where there are more than a walk keeps, some are left out: then a value may be told as new that is not.
pub(crate) fn former(
    objects: &Objects,
    commits: &Commits,
    is_before: &[bool],
    paths: &BTreeSet<Vec<u8>>,
    cancel: &AtomicBool,
) -> BTreeSet<(Vec<u8>, Oid)> {
    let names: HashSet<&[u8]> = paths.iter().flat_map(|path| path.split(|&byte| byte == b'/')).collect();
    let any = vec![true; objects.len()];
    // What cannot be read of the past was there before: no news.
    let trees = Trees::read_named(objects, (&any, Some(&names)), cancel, &Mutex::default());
    let marked = vec![true; trees.len()];
    let mut walk = PlaceWalk::new(&trees, &marked);
    let (mut all, mut found) = (Paths::new(), Vec::new());
    for (commit, about) in commits.iter() {
        if is_before[commit as usize] {
            walk.from(about.tree, &mut all, |blob, path| found.push((blob, path)));
        }
    }
    let places = found.into_iter().map(|(blob, path)| (all.bytes(path, &trees), *objects.oid(blob)));
    places.filter(|(path, _)| paths.contains(path)).collect()
}
