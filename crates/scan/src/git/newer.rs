//! What commits brought in that a revision does not reach: found by comparing their folders with those of their parents,
//! so that it costs as much as there is new.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::commits::{ABSENT, Commits};
use super::head::HeadFile;
use super::index;
use super::objects::Objects;
use super::oid::{ObjectKind, Oid};
use super::order::{Order, reach};
use super::refs::{Reach, Refs};
use super::repository::Repository;
use super::trees::{EntryKind, TreeEntries, TreeEntry};
use tenure_model::{ReadState, Unread};

/// Entries of folders that are compared; a history that spells more is told as not fully read.
const ENTRIES_MAX: usize = 200_000_000;
/// Files at paths that are kept.
const PLACES_MAX: usize = 5_000_000;
/// Folders in one path.
const DEPTH_MAX: usize = 1_024;
/// Folders that are remembered between commits, which mostly differ in a few.
const FOLDERS_HELD: usize = 20_000;

/// A blob at a path at which no parent had it.
#[derive(Debug, Clone)]
pub(crate) struct NewPlace {
    /// Path in the repository.
    pub(crate) path: Vec<u8>,
    /// What stands there.
    pub(crate) blob: Oid,
    /// The first commit that had it there, by number; `None` = only the index has it.
    pub(crate) commit: Option<u32>,
}

/// What is new since a revision.
#[derive(Debug, Default)]
pub(crate) struct Newer {
    /// For each commit, whether the revision reaches it.
    pub(crate) is_before: Vec<bool>,
    /// New commits, parents first.
    pub(crate) commits: Vec<u32>,
    /// What they and the index brought in.
    pub(crate) places: Vec<NewPlace>,
    /// Objects that are needed and not here.
    missing: usize,
    /// A new commit is one at which a shallow clone ends.
    pub(crate) is_cut: bool,
    /// Folders that are not in git's form to their end.
    malformed: usize,
    capped: bool,
}

/// Compares what HEAD and the local branches reach with what `since` reaches; without one, all of it is new.
/// `files` are those of `since`, by path.
///
/// Branches of remotes, and tags (of older lines of releases, say, that no branch here reaches), come from others and are
/// there in every clone; stashes, notes and reflogs are nothing that this repository would hand on. All are left out.
pub(crate) fn newer(
    repository: &Repository,
    objects: &Objects,
    commits: &Commits,
    (since, files): (Option<Oid>, &[HeadFile]),
    unread: &mut Vec<Unread>,
) -> Newer {
    let refs = Refs::read(repository, unread);
    let commit = |oid: &Oid| commits.find(commits.peel(objects.find(oid)?));
    let counts =
        |name: &str| name.ends_with("HEAD") && !name.starts_with("refs/") || name.starts_with("refs/heads/");
    let named = refs.tips.iter().filter(|tip| tip.reach == Reach::Named && counts(&tip.name));
    let named: Vec<Oid> = named.map(|tip| tip.oid).chain(refs.head).collect();
    let mut tips: Vec<(Reach, u32)> =
        named.iter().filter_map(|oid| Some((Reach::Named, commit(oid)?))).collect();
    if repository.has_foreign_refs() {
        // Nobody knows what its names reach.
        tips = commits.iter().map(|(commit, _)| (Reach::Named, commit)).collect();
    }
    let reached =
        |tips: &[(Reach, u32)]| reach(commits, tips).iter().map(Option::is_some).collect::<Vec<bool>>();
    let is_before =
        reached(&since.iter().filter_map(|oid| Some((Reach::Named, commit(oid)?))).collect::<Vec<_>>());
    let now = reached(&tips);
    let order = Order::of(commits, &tips);
    let is_new = |commit: &u32| now[*commit as usize] && !is_before[*commit as usize];
    let new: Vec<u32> = order.commits.iter().copied().filter(is_new).collect();
    let shallow = repository.shallow();
    let mut comparing = Comparing {
        objects,
        folders: HashMap::new(),
        seen: HashSet::new(),
        entries: 0,
        newer: Newer::default(),
    };
    for &commit in &new {
        let about = commits.get(commit);
        let is_end = shallow.contains(objects.oid(about.n));
        let parents = commits.parents(commit);
        comparing.newer.is_cut |= is_end;
        comparing.newer.missing += usize::from(about.tree == ABSENT);
        comparing.newer.missing +=
            if is_end { 0 } else { parents.iter().filter(|&&parent| parent == ABSENT).count() };
        let here = parents.iter().filter(|&&parent| parent != ABSENT);
        comparing.commit(commit, about.tree, here.map(|&parent| commits.get(parent).tree).collect());
    }
    comparing.newer.missing +=
        named.iter().collect::<HashSet<_>>().iter().filter(|oid| objects.find(oid).is_none()).count();
    let mut newer = comparing.newer;
    newer.add_index(repository, objects, files, unread);
    (newer.is_before, newer.commits) = (is_before, new);
    newer.report(objects, unread);
    newer
}

impl Newer {
    /// Adds what is in the index and neither at the revision nor new in a commit.
    fn add_index(
        &mut self,
        repository: &Repository,
        objects: &Objects,
        files: &[HeadFile],
        unread: &mut Vec<Unread>,
    ) {
        let known: HashSet<(&[u8], Oid)> =
            self.places.iter().map(|place| (place.path.as_slice(), place.blob)).collect();
        let is_new = |(path, blob): &(Vec<u8>, Oid)| {
            let at = files.binary_search_by(|file| file.path.cmp(path));
            // An entry of the index may be another repository's commit, or a blob that a partial clone has not fetched.
            !at.is_ok_and(|at| files[at].oid == *blob)
                && objects.find(blob).is_some()
                && !known.contains(&(path.as_slice(), *blob))
        };
        let new = index::entries(repository, unread).into_iter().filter(is_new);
        let new: Vec<NewPlace> = new.map(|(path, blob)| NewPlace { path, blob, commit: None }).collect();
        self.places.extend(new);
    }

    fn report(&self, objects: &Objects, unread: &mut Vec<Unread>) {
        let absent: HashSet<Oid> = self
            .places
            .iter()
            .filter(|place| objects.find(&place.blob).is_none())
            .map(|place| place.blob)
            .collect();
        let missing = self.missing + absent.len();
        if missing > 0 {
            let reason = if objects.promised { "partial_clone" } else { "object_missing" };
            let detail = format!("{missing} objects that are new since the revision are not here");
            unread.push(objects.row("objects", ReadState::Partial, reason, detail));
        }
        if self.malformed > 0 {
            let detail =
                format!("{} folders that are new are not in git's form to their end", self.malformed);
            unread.push(objects.row("objects", ReadState::Partial, "object_malformed", detail));
        }
        if self.capped {
            let detail =
                "more is new since the revision than a scan compares; scan without --since".to_owned();
            unread.push(objects.row("objects", ReadState::Partial, "too_many_paths", detail));
        }
    }
}

/// An entry of a folder.
struct Entry {
    name: Vec<u8>,
    kind: EntryKind,
    oid: Oid,
}

/// Entries of a folder by their names. Nothing keeps a folder from having one name twice.
type Folder = Rc<[Entry]>;

fn named<'f>(folder: &'f [Entry], name: &[u8]) -> &'f [Entry] {
    let start = folder.partition_point(|entry| entry.name.as_slice() < name);
    let length = folder[start..].partition_point(|entry| entry.name == name);
    &folder[start..start + length]
}

struct Comparing<'a> {
    objects: &'a Objects,
    folders: HashMap<u32, Folder>,
    /// Folders at paths that were compared: what is new in them is known.
    seen: HashSet<(u32, Vec<u8>)>,
    entries: usize,
    newer: Newer,
}

impl Comparing<'_> {
    /// Notes what a commit has that none of its parents has.
    fn commit(&mut self, commit: u32, tree: u32, parents: Vec<u32>) {
        let mut waiting = vec![(tree, parents, Vec::new(), 0)];
        while let Some((tree, parents, path, depth)) = waiting.pop() {
            if tree == ABSENT || parents.contains(&tree) || !self.seen.insert((tree, path.clone())) {
                continue;
            }
            let Some(folder) = self.folder(tree) else {
                self.newer.missing += 1;
                continue;
            };
            let before: Vec<Folder> = parents.iter().filter_map(|&parent| self.folder(parent)).collect();
            self.entries += folder.len();
            let too_much =
                self.entries > ENTRIES_MAX || self.newer.places.len() > PLACES_MAX || depth > DEPTH_MAX;
            if too_much {
                self.newer.capped = true;
                continue;
            }
            for entry in folder.iter() {
                let there = || before.iter().flat_map(|folder| named(folder, &entry.name));
                if there().any(|old| old.kind == entry.kind && old.oid == entry.oid) {
                    continue;
                }
                let below = if path.is_empty() {
                    entry.name.clone()
                } else {
                    [path.as_slice(), &entry.name].join(&b'/')
                };
                // A kind that contradicts the entry's mode is believed to the object.
                let found = self.objects.find(&entry.oid);
                match (found, found.and_then(|n| self.objects.kind(n))) {
                    (Some(child), Some(ObjectKind::Tree)) => {
                        let before = there().filter_map(|old| self.objects.find(&old.oid));
                        let before =
                            before.filter(|&n| self.objects.kind(n) == Some(ObjectKind::Tree)).collect();
                        waiting.push((child, before, below, depth + 1));
                    }
                    (_, Some(ObjectKind::Commit | ObjectKind::Tag)) => {}
                    (None, _) if entry.kind == EntryKind::Gitlink => {}
                    (None, _) if entry.kind == EntryKind::Tree => self.newer.missing += 1,
                    _ => self.newer.places.push(NewPlace {
                        path: below,
                        blob: entry.oid,
                        commit: Some(commit),
                    }),
                }
            }
        }
    }

    fn folder(&mut self, tree: u32) -> Option<Folder> {
        if let Some(known) = self.folders.get(&tree) {
            return Some(known.clone());
        }
        let bytes = self.objects.read(tree)?;
        let mut entries = TreeEntries { rest: &bytes };
        let of =
            |entry: TreeEntry<'_>| Entry { name: entry.name.to_vec(), kind: entry.kind(), oid: entry.oid };
        let mut folder: Vec<Entry> = entries.by_ref().map(of).collect();
        self.newer.malformed += usize::from(!entries.rest.is_empty());
        folder.sort_by(|a, b| a.name.cmp(&b.name));
        let folder = Folder::from(folder);
        if self.folders.len() >= FOLDERS_HELD {
            self.folders.clear();
        }
        self.folders.insert(tree, folder.clone());
        Some(folder)
    }
}
