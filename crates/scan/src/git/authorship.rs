//! Who made files what they are: the changes of each path, weighted by their age.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tenure_model::{Authorship, path_text};

use super::commits::{ABSENT, Commits, timestamp};
use super::delta::Op;
use super::mailmap::{Mailmap, is_nobody};
use super::names::Names;
use super::objects::Objects;
use super::oid::{ObjectKind, Oid};
use super::order::{reach, tips_of};
use super::refs::{Reach, Refs};
use super::repository::Repository;
use super::trees::{EntryKind, TreeEntries};
use super::walk::Visitor;

/// A change counts half after this long.
const HALF_LIFE_SECONDS: f64 = 180.0 * 86_400.0;
/// Authors named per file, the greatest shares first.
const AUTHORS_PER_PATH_MAX: usize = 20;
/// Paths asked about in one repository.
const PATHS_MAX: usize = 100_000;
/// Up to so many trees are all read in one pass; of more only those that lead to asked paths, level by level.
const ONE_PASS_TREES_MAX: usize = 500_000;
/// Folders in one path.
const DEPTH_MAX: usize = 4_096;

/// The asked paths as a tree of names.
struct Ask {
    names: Names,
    /// For each first byte the lengths of names, to pass over most entries without a look-up.
    lengths: Box<[u64; 256]>,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    folders: BTreeMap<u32, usize>,
    /// Name of a file and the number of its path.
    files: BTreeMap<u32, usize>,
}

impl Ask {
    fn new(paths: &[Vec<u8>]) -> Self {
        let mut ask =
            Self { names: Names::default(), lengths: Box::new([0; 256]), nodes: vec![Node::default()] };
        for (number, path) in paths.iter().enumerate().take(PATHS_MAX) {
            let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
            let Some((file, folders)) = parts.split_last() else { continue };
            if folders.len() > DEPTH_MAX {
                continue;
            }
            let mut at = 0;
            for folder in folders {
                let name = ask.name(folder);
                let next = ask.nodes.len();
                at = *ask.nodes[at].folders.entry(name).or_insert(next);
                if at == next {
                    ask.nodes.push(Node::default());
                }
            }
            let name = ask.name(file);
            ask.nodes[at].files.insert(name, number);
        }
        ask
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&first) = name.first() {
            self.lengths[usize::from(first)] |= 1 << (name.len() % 64);
        }
        self.names.number(name)
    }

    fn find(&self, name: &[u8]) -> Option<u32> {
        let &first = name.first()?;
        if self.lengths[usize::from(first)] & 1 << (name.len() % 64) == 0 {
            None
        } else {
            self.names.find(name)
        }
    }
}

/// What asked names lead to in one tree, by name.
type Listing = Vec<(u32, EntryKind, Oid)>;

fn entry(listing: &Listing, name: u32, kind: EntryKind) -> Option<&Oid> {
    let at = listing.partition_point(|(of, ..)| *of < name);
    listing[at..]
        .iter()
        .take_while(|(of, ..)| *of == name)
        .find(|(_, is, _)| *is == kind)
        .map(|(.., oid)| oid)
}

/// The trees that asked paths lead through, and of those only the entries with asked names.
struct View<'a> {
    objects: &'a Objects,
    ask: Ask,
    listings: HashMap<u32, Listing>,
}

impl<'a> View<'a> {
    /// Reads the trees of all commits as far as asked paths lead. Versions of different folders are often told from
    /// each other, so that reading all trees at once is less work than reading some of them in several passes.
    fn open(objects: &'a Objects, ask: Ask, roots: impl Iterator<Item = u32>, cancel: &AtomicBool) -> Self {
        let mut view = Self { objects, ask, listings: HashMap::new() };
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        let is_tree: Vec<bool> = (0..count).map(|n| objects.kind(n) == Some(ObjectKind::Tree)).collect();
        if is_tree.iter().filter(|is_tree| **is_tree).count() <= ONE_PASS_TREES_MAX {
            view.listings = list(objects, is_tree, &view.ask, cancel);
            return view;
        }
        let mut seen: HashSet<(u32, usize)> = roots.map(|root| (root, 0)).collect();
        let mut level: Vec<(u32, usize)> = seen.iter().copied().collect();
        while !level.is_empty() {
            let mut todo = vec![false; objects.len()];
            for &(tree, _) in level.iter().filter(|(tree, _)| !view.listings.contains_key(tree)) {
                todo[tree as usize] = true;
            }
            let listings = list(objects, todo, &view.ask, cancel);
            view.listings.extend(listings);
            let mut below = Vec::new();
            for (tree, node) in level {
                for (&name, &next) in &view.ask.nodes[node].folders {
                    if let Some(folder) = view.folder(tree, name)
                        && seen.insert((folder, next))
                    {
                        below.push((folder, next));
                    }
                }
            }
            level = below;
        }
        view
    }

    fn folder(&self, tree: u32, name: u32) -> Option<u32> {
        self.objects.find(entry(self.listings.get(&tree)?, name, EntryKind::Tree)?)
    }

    /// Numbers of the asked paths that differ between two trees and exist in the newer one.
    fn changed(&self, old: Option<u32>, new: u32, changed: &mut Vec<usize>) {
        let nothing = Listing::new();
        let mut waiting = vec![(old, new, 0)];
        while let Some((old, new, node)) = waiting.pop() {
            if old == Some(new) {
                continue;
            }
            let Some(new) = self.listings.get(&new) else { continue };
            let old = old.and_then(|old| self.listings.get(&old)).unwrap_or(&nothing);
            let node = &self.ask.nodes[node];
            for &(name, kind, oid) in new {
                let before = entry(old, name, kind);
                if before.is_some_and(|before| before.is(&oid)) {
                    continue;
                }
                if kind == EntryKind::File {
                    changed.extend(node.files.get(&name));
                } else if let Some(&below) = node.folders.get(&name)
                    && let Some(folder) = self.objects.find(&oid)
                {
                    waiting.push((before.and_then(|before| self.objects.find(before)), folder, below));
                }
            }
        }
    }
}

/// Reads trees and keeps the entries with asked names.
fn list(objects: &Objects, todo: Vec<bool>, ask: &Ask, cancel: &AtomicBool) -> HashMap<u32, Listing> {
    let reader = Reader { ask, parts: Mutex::default() };
    objects.walk(&reader, todo, cancel);
    reader.parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

struct Reader<'a> {
    ask: &'a Ask,
    parts: Mutex<HashMap<u32, Listing>>,
}

impl Visitor for Reader<'_> {
    type Local = HashMap<u32, Listing>;
    type State = ();
    fn begin(&self) -> Self::Local {
        HashMap::new()
    }
    fn whole(&self, local: &mut Self::Local, n: u32, bytes: &[u8], wanted: bool) {
        if wanted {
            let entries = TreeEntries { rest: bytes };
            let asked =
                entries.filter_map(|entry| Some((self.ask.find(entry.name)?, entry.kind(), entry.oid)));
            let mut listing: Listing = asked.collect();
            if !listing.is_empty() {
                listing.sort_unstable_by_key(|(name, ..)| *name);
                local.insert(n, listing);
            }
        }
    }
    fn delta(&self, local: &mut Self::Local, n: u32, (): &(), bytes: &[u8], _: &[Op], wanted: bool) {
        self.whole(local, n, bytes, wanted);
    }
    fn end(&self, local: Self::Local) {
        self.parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(local);
    }
}

/// Who made these files what they are: one row per file and author. Merges and bots do not count; names follow the
/// mailmap of HEAD. `root` of the rows is empty, `path` is a path in the repository.
pub(crate) fn authorship(
    repository: &Repository,
    objects: &Objects,
    commits: &Commits,
    paths: &[Vec<u8>],
    cancel: &AtomicBool,
) -> Vec<Authorship> {
    // What is wrong with refs and trees is said when hits are attributed.
    let refs = Refs::read(repository, &mut Vec::new());
    let reach = reach(commits, &tips_of(&refs, objects, commits));
    let named = commits.iter().filter(|&(commit, _)| reach[commit as usize] == Some(Reach::Named));
    let named: Vec<u32> = named.map(|(commit, _)| commit).collect();
    let Some(newest) = named.iter().map(|&commit| commits.get(commit).author.at).max() else {
        return Vec::new();
    };
    let people = people(objects, commits, &refs);
    let last_seen = last_seen(commits, &people);
    let roots = named.iter().map(|&commit| commits.get(commit).tree).filter(|&tree| tree != ABSENT);
    let view = View::open(objects, Ask::new(paths), roots, cancel);
    let mut weights: Vec<BTreeMap<&str, f64>> = vec![BTreeMap::new(); paths.len()];
    let mut changed = Vec::new();
    for &commit in &named {
        let about = commits.get(commit);
        let parents = commits.parents(commit);
        let Some(author) = people[about.author.who as usize].as_deref() else { continue };
        // At the end of a shallow clone everything would look new.
        if parents.len() > 1 || parents.first() == Some(&ABSENT) || about.tree == ABSENT {
            continue;
        }
        let old = parents.first().map(|&parent| commits.get(parent).tree);
        changed.clear();
        view.changed(old, about.tree, &mut changed);
        let age = newest.saturating_sub(about.author.at) as f64;
        for &path in &changed {
            *weights[path].entry(author).or_default() += (-age / HALF_LIFE_SECONDS).exp2();
        }
    }
    let mut rows = Vec::new();
    for (path, weights) in paths.iter().zip(weights) {
        let total: f64 = weights.values().sum();
        let mut authors: Vec<(&str, f64)> = weights.into_iter().collect();
        authors.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        rows.extend(authors.into_iter().take(AUTHORS_PER_PATH_MAX).map(|(author, weight)| Authorship {
            root: String::new(),
            path: path_text(path),
            author: author.to_owned(),
            share: if total > 0.0 { rounded(weight / total) } else { 0.0 },
            last_seen_at: timestamp(last_seen[author]),
            newest_commit_at: timestamp(newest),
        }));
    }
    rows
}

/// Everybody's proper name; `None` for bots and placeholders.
fn people(objects: &Objects, commits: &Commits, refs: &Refs) -> Vec<Option<String>> {
    let head = refs.head.and_then(|oid| commits.find(commits.peel(objects.find(&oid)?)));
    let mailmap = head.and_then(|head| top_file(objects, commits.get(head).tree, b".mailmap"));
    let mailmap = mailmap.map(|bytes| Mailmap::parse(&bytes)).unwrap_or_default();
    let count = u32::try_from(commits.people.len()).unwrap_or(u32::MAX);
    let names = (0..count).map(|who| {
        let who = String::from_utf8_lossy(commits.people.name(who));
        (!is_nobody(&who)).then(|| mailmap.resolve(&who))
    });
    names.collect()
}

/// Each author's newest commit, wherever it is.
fn last_seen<'p>(commits: &Commits, people: &'p [Option<String>]) -> HashMap<&'p str, i64> {
    let mut last_seen = HashMap::new();
    for (_, commit) in commits.iter() {
        if let Some(author) = &people[commit.author.who as usize] {
            let at = last_seen.entry(author.as_str()).or_insert(commit.author.at);
            *at = commit.author.at.max(*at);
        }
    }
    last_seen
}

/// A file in the topmost folder.
fn top_file(objects: &Objects, tree: u32, name: &[u8]) -> Option<Vec<u8>> {
    let tree = objects.read(Some(tree).filter(|&tree| tree != ABSENT)?)?;
    let entry =
        TreeEntries { rest: &tree }.find(|entry| entry.name == name && entry.kind() == EntryKind::File)?;
    objects.read_blob(&entry.oid)
}
/// A share to four digits: a fifth says nothing, and must survive being written down and read back.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
