//! What the object store says about hits: at which paths they stand, who brought them in, how they are reached.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tenure_model::{Fate, Introduction, ReadState, Unread};

use super::commits::{ABSENT, Commits};
use super::index;
use super::objects::Objects;
use super::oid::{ObjectKind, Oid};
use super::order::{Order, tips_of};
use super::places::{Paths, PlaceWalk, marked};
use super::refs::{Reach, Refs};
use super::repository::Repository;
use super::trees::Trees;

/// A hit at one path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting {
    /// The blob, commit or tag that was hit.
    pub(crate) blob: Oid,
    /// Path in the repository; empty for a message, and for a blob that no tree names.
    pub(crate) path: Vec<u8>,
    /// The best way in which it is still reached at this path.
    pub(crate) fate: Fate,
    /// The first commit that had it at this path.
    pub(crate) introduction: Option<Introduction>,
    /// For what no commit holds: the ref, or `index`, that names it.
    pub(crate) named_by: Option<String>,
}

/// Where all hits stand, in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Attribution {
    /// At least one per hit.
    pub(crate) sightings: Vec<Sighting>,
}

/// Commits, folders and names of a repository, read once.
pub(crate) struct History<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) objects: &'a Objects,
    pub(crate) commits: &'a Commits,
    pub(crate) refs: Refs,
    pub(crate) trees: Trees,
    pub(crate) order: Order,
    /// What HEAD leads to, as a commit.
    pub(crate) head: Option<u32>,
    hits: Vec<Oid>,
}

impl<'a> History<'a> {
    /// Reads names and folders. The hits must be known now: of the files in a folder only they are kept.
    pub(crate) fn read(
        repository: &'a Repository,
        objects: &'a Objects,
        commits: &'a Commits,
        hits: &HashSet<Oid>,
        cancel: &AtomicBool,
        unread: &Mutex<Vec<Unread>>,
    ) -> Self {
        let mut rows = Vec::new();
        let refs = Refs::read(repository, &mut rows);
        let mut hit = vec![false; objects.len()];
        for n in hits.iter().filter_map(|oid| objects.find(oid)) {
            hit[n as usize] = objects.kind(n) == Some(ObjectKind::Blob);
        }
        let trees = Trees::read(objects, &hit, cancel, unread);
        let order = Order::of(commits, &tips_of(&refs, objects, commits));
        let head = refs.head.and_then(|oid| commits.find(commits.peel(objects.find(&oid)?)));
        let mut hits: Vec<Oid> = hits.iter().copied().collect();
        hits.sort_unstable();
        let history = Self { repository, objects, commits, refs, trees, order, head, hits };
        history.report(&mut rows);
        unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut rows);
        history
    }

    /// Says where every hit stands. Each has at least one sighting, and each sighting exactly one fate.
    pub(crate) fn attribute(&self, unread: &Mutex<Vec<Unread>>) -> Attribution {
        let mut rows = Vec::new();
        let sightings = Placing::new(self).all(&mut rows);
        unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut rows);
        Attribution { sightings }
    }

    /// Says what is missing, among what a name still reaches.
    fn report(&self, rows: &mut Vec<Unread>) {
        if self.trees.malformed > 0 {
            let detail = format!("{} folders are not in git's form to their end", self.trees.malformed);
            rows.push(self.objects.row("objects", ReadState::Partial, "object_malformed", detail));
        }
        if self.trees.capped {
            let detail =
                "there are more folders in folders than a scan keeps; some paths are not known".to_owned();
            rows.push(self.objects.row("objects", ReadState::Partial, "too_many_paths", detail));
        }
        let missing = self.missing();
        if missing > 0 {
            let (reason, why) = if self.objects.promised {
                ("partial_clone", "a partial clone: its remote has them")
            } else {
                ("object_missing", "history names them, but they are not here")
            };
            let detail = format!("{missing} objects are missing ({why})");
            rows.push(self.objects.row("objects", ReadState::Partial, reason, detail));
        }
    }

    /// Objects that branches, tags and the stash need and that are not here. What only unreachable objects need may
    /// have been cleaned up by git itself.
    fn missing(&self) -> usize {
        let shallow = self.repository.shallow();
        let kept =
            |commit: u32| matches!(self.order.reach[commit as usize], Some(Reach::Named | Reach::Stash));
        let mut missing = 0;
        for (commit, about) in self.commits.iter().filter(|&(commit, _)| kept(commit)) {
            missing += usize::from(about.tree == ABSENT);
            if !shallow.contains(self.objects.oid(about.n)) {
                missing += self.commits.parents(commit).iter().filter(|&&parent| parent == ABSENT).count();
            }
        }
        let tips: HashSet<Oid> =
            self.refs.tips.iter().filter(|tip| tip.reach == Reach::Named).map(|tip| tip.oid).collect();
        missing += tips.iter().filter(|oid| self.objects.find(oid).is_none()).count();
        if !self.trees.missing.is_empty() {
            let roots = self.commits.iter().filter(|&(commit, _)| kept(commit)).map(|(_, about)| about.tree);
            if self.reaches_gap(roots) {
                missing += self.trees.missing.len();
            }
        }
        missing
    }

    fn reaches_gap(&self, roots: impl Iterator<Item = u32>) -> bool {
        let mut seen = vec![false; self.trees.len()];
        let mut waiting: Vec<usize> = roots.filter_map(|root| self.trees.find(root)).collect();
        while let Some(tree) = waiting.pop() {
            if !std::mem::replace(&mut seen[tree], true) {
                if self.trees.missing_in.contains(&self.trees.list()[tree]) {
                    return true;
                }
                waiting.extend(self.trees.edges(tree).iter().filter_map(|edge| self.trees.find(edge.child)));
            }
        }
        false
    }
}

/// Finds a place for every hit, from the best way of reaching it to the worst.
struct Placing<'a> {
    history: &'a History<'a>,
    marked: Vec<bool>,
    paths: Paths,
    /// Hits that have a sighting, as objects.
    placed: HashSet<u32>,
    sightings: Vec<Sighting>,
    capped: bool,
}

impl<'a> Placing<'a> {
    fn new(history: &'a History<'a>) -> Self {
        Self {
            history,
            marked: marked(&history.trees),
            paths: Paths::new(),
            placed: HashSet::new(),
            sightings: Vec::new(),
            capped: false,
        }
    }

    fn all(mut self, rows: &mut Vec<Unread>) -> Vec<Sighting> {
        self.in_commits();
        self.in_messages();
        if self.has_unplaced() {
            self.named_without_commit();
        }
        if self.has_unplaced() {
            self.in_index(rows);
        }
        if self.has_unplaced() {
            self.in_loose_trees();
        }
        for oid in &self.history.hits {
            if self.history.objects.find(oid).is_none_or(|n| !self.placed.contains(&n)) {
                self.sightings.push(plain(*oid, Fate::Dangling));
            }
        }
        if self.capped {
            let detail = "some hits stand at more paths than a scan keeps; each has at least one".to_owned();
            rows.push(self.history.objects.row("objects", ReadState::Partial, "too_many_paths", detail));
        }
        self.sightings.sort_by(|a, b| (a.blob, a.fate, &a.path).cmp(&(b.blob, b.fate, &b.path)));
        self.sightings
    }

    fn has_unplaced(&self) -> bool {
        let placed = |oid: &Oid| self.history.objects.find(oid).is_some_and(|n| self.placed.contains(&n));
        !self.history.hits.iter().all(placed)
    }

    /// Hits in the trees of commits; with them the commit that had each first.
    fn in_commits(&mut self) {
        let history = self.history;
        let in_head = self.in_head();
        let mut first: Vec<(u32, u32, u32)> = Vec::new();
        let mut walk = PlaceWalk::new(&history.trees, &self.marked);
        for &commit in &history.order.commits {
            walk.from(history.commits.get(commit).tree, &mut self.paths, |hit, path| {
                first.push((hit, path, commit));
            });
        }
        if walk.capped {
            self.capped = true;
            // At least one path for each: see every tree once, wherever it stands first.
            let found: HashSet<u32> = first.iter().map(|&(hit, ..)| hit).collect();
            let mut walk = PlaceWalk::once(&history.trees, &self.marked);
            for &commit in &history.order.commits {
                walk.from(history.commits.get(commit).tree, &mut self.paths, |hit, path| {
                    if !found.contains(&hit) {
                        first.push((hit, path, commit));
                    }
                });
            }
        }
        for (hit, path, commit) in first {
            self.placed.insert(hit);
            let fate = if in_head.contains(&(hit, path)) {
                Fate::Head
            } else {
                fate(history.order.reach[commit as usize])
            };
            self.sightings.push(Sighting {
                blob: *history.objects.oid(hit),
                path: self.paths.bytes(path, &history.trees),
                fate,
                introduction: Some(history.introduction(commit)),
                named_by: None,
            });
        }
    }

    fn in_head(&mut self) -> HashSet<(u32, u32)> {
        let mut in_head = HashSet::new();
        if let Some(head) = self.history.head {
            let mut walk = PlaceWalk::new(&self.history.trees, &self.marked);
            let tree = self.history.commits.get(head).tree;
            walk.from(tree, &mut self.paths, |hit, path| {
                in_head.insert((hit, path));
            });
            self.capped |= walk.capped;
        }
        in_head
    }

    /// Hits in the text of commits and tags.
    fn in_messages(&mut self) {
        let history = self.history;
        for oid in &history.hits {
            let Some(n) = history.objects.find(oid) else { continue };
            let introduction = if let Some(commit) = history.commits.find(n) {
                history.introduction(commit)
            } else if let Some(tag) = history.commits.tag(n) {
                history.commits.introduction(oid, tag.tagger)
            } else {
                continue;
            };
            self.placed.insert(n);
            self.sightings.push(Sighting { introduction: Some(introduction), ..plain(*oid, Fate::Message) });
        }
    }

    /// Refs and tags that name a blob or a tree directly.
    fn named_without_commit(&mut self) {
        let history = self.history;
        let mut found = Vec::new();
        let mut walk = PlaceWalk::new(&history.trees, &self.marked);
        for tip in &history.refs.tips {
            let Some(n) = history.objects.find(&tip.oid).map(|n| history.commits.peel(n)) else { continue };
            if n == ABSENT {
                continue;
            }
            match history.objects.kind(n) {
                Some(ObjectKind::Blob) => found.push((n, super::places::TOP, &tip.name)),
                Some(ObjectKind::Tree) => {
                    walk.from(n, &mut self.paths, |hit, path| found.push((hit, path, &tip.name)));
                }
                _ => {}
            }
        }
        self.capped |= walk.capped;
        let before = self.placed.clone();
        for (hit, path, name) in found {
            if history.is_hit(hit) && !before.contains(&hit) {
                self.place_loose(hit, path, Some(name.clone()));
            }
        }
    }

    /// Files that were added to the index and never committed.
    fn in_index(&mut self, rows: &mut Vec<Unread>) {
        let history = self.history;
        let before = self.placed.clone();
        for (path, oid) in index::entries(history.repository, rows) {
            if let Some(n) = history.objects.find(&oid)
                && history.is_hit(n)
                && !before.contains(&n)
            {
                self.placed.insert(n);
                self.sightings.push(Sighting {
                    path,
                    named_by: Some("index".to_owned()),
                    ..plain(oid, Fate::Loose)
                });
            }
        }
    }

    /// Trees that nothing names; their paths begin at the topmost of them.
    fn in_loose_trees(&mut self) {
        let history = self.history;
        let trees = &history.trees;
        let mut inner = vec![false; trees.len()];
        for tree in 0..trees.len() {
            for child in trees.edges(tree).iter().filter_map(|edge| trees.find(edge.child)) {
                inner[child] = true;
            }
        }
        let mut walk = PlaceWalk::once(trees, &self.marked);
        let mut found = Vec::new();
        for &commit in &history.order.commits {
            walk.from(history.commits.get(commit).tree, &mut self.paths, |_, _| {});
        }
        // Topmost trees first; then what is left, which needs trees in a circle.
        for topmost in [true, false] {
            for (tree, &inner) in inner.iter().enumerate() {
                if inner != topmost && self.marked[tree] && !walk.has_seen(tree) {
                    walk.from(trees.list()[tree], &mut self.paths, |hit, path| found.push((hit, path)));
                }
            }
        }
        let before = self.placed.clone();
        for (hit, path) in found {
            if !before.contains(&hit) {
                self.place_loose(hit, path, None);
            }
        }
    }

    fn place_loose(&mut self, hit: u32, path: u32, named_by: Option<String>) {
        self.placed.insert(hit);
        let path = self.paths.bytes(path, &self.history.trees);
        self.sightings.push(Sighting {
            path,
            named_by,
            ..plain(*self.history.objects.oid(hit), Fate::Loose)
        });
    }
}

impl History<'_> {
    fn is_hit(&self, n: u32) -> bool {
        self.hits.binary_search(self.objects.oid(n)).is_ok()
    }

    fn introduction(&self, commit: u32) -> Introduction {
        let about = self.commits.get(commit);
        self.commits.introduction(self.objects.oid(about.n), about.author)
    }
}

fn plain(blob: Oid, fate: Fate) -> Sighting {
    Sighting { blob, path: Vec::new(), fate, introduction: None, named_by: None }
}

fn fate(reach: Option<Reach>) -> Fate {
    match reach {
        Some(Reach::Named) => Fate::History,
        Some(Reach::Stash) => Fate::Stash,
        Some(Reach::Reflog) => Fate::Reflog,
        None => Fate::Unreachable,
    }
}
