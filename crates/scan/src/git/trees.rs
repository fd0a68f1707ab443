//! The folders of all commits, kept as edges: every folder in a folder, and of the files only those that were hit.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tenure_model::Unread;

use super::delta::Op;
use super::names::Names;
use super::objects::Objects;
use super::oid::{OID_BYTES, ObjectKind, Oid};
use super::walk::Visitor;

/// Edges kept; twelve bytes each with their names.
const EDGES_MAX: u64 = 100_000_000;
/// Missing objects told apart; the rest is one.
const MISSING_MAX: usize = 1_000_000;
/// A longer name is cut; no file system takes one.
const NAME_BYTES_MAX: usize = 4_096;

/// What an entry of a tree says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A folder.
    Tree,
    /// A file or a symbolic link.
    File,
    /// A commit of another repository.
    Gitlink,
}

/// One entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeEntry<'a> {
    /// Its mode as git writes it: `100644`, `40000`, `120000`, `160000`.
    pub(crate) mode: u32,
    /// Its name, any bytes but NUL.
    pub(crate) name: &'a [u8],
    /// What it names.
    pub(crate) oid: Oid,
}

impl TreeEntry<'_> {
    /// What it says it is.
    pub(crate) fn kind(&self) -> EntryKind {
        match self.mode & 0o170_000 {
            0o040_000 => EntryKind::Tree,
            0o160_000 => EntryKind::Gitlink,
            _ => EntryKind::File,
        }
    }
}

/// The entries of a tree. Ends at the first one that is not whole; `rest` is empty after a tree in git's form.
pub(crate) struct TreeEntries<'a> {
    /// What is not yet read.
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    fn next(&mut self) -> Option<TreeEntry<'a>> {
        let (mode, behind) = mode(self.rest)?;
        let end = first_nul(behind)?;
        let oid = behind.get(end + 1..end + 1 + OID_BYTES)?;
        self.rest = &behind[end + 1 + OID_BYTES..];
        Some(TreeEntry { mode, name: &behind[..end], oid: Oid(oid.try_into().ok()?) })
    }
}

/// The mode that an entry begins with, and what stands behind its blank. Nearly all entries have one of two modes.
#[inline]
fn mode(entry: &[u8]) -> Option<(u32, &[u8])> {
    if let Some(behind) = entry.strip_prefix(b"100644 ") {
        return Some((0o100_644, behind));
    }
    if let Some(behind) = entry.strip_prefix(b"40000 ") {
        return Some((0o040_000, behind));
    }
    let mut mode = 0u32;
    for (at, &byte) in entry.iter().enumerate() {
        match byte {
            b'0'..=b'7' if at < 8 => mode = mode << 3 | u32::from(byte - b'0'),
            b' ' if at > 0 => return Some((mode, &entry[at + 1..])),
            _ => return None,
        }
    }
    None
}

/// Where the first NUL stands. Names are short: eight bytes at a time are done before a search that reads more has begun.
#[inline]
fn first_nul(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const SHORT_BYTES: usize = 32;
    let (words, _) = bytes[..bytes.len().min(SHORT_BYTES)].as_chunks();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let zeros = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if zeros != 0 {
            return Some(8 * index + zeros.trailing_zeros() as usize / 8);
        }
    }
    let read = 8 * words.len();
    memchr::memchr(0, &bytes[read..]).map(|at| read + at)
}

const NO_TREE: u32 = u32::MAX;

/// From a tree to something in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Object in the tree: a tree, or a blob that was hit.
    pub(crate) child: u32,
    /// Its name there, as a number in `Trees::names`.
    pub(crate) name: u32,
}

/// All trees by the numbers of their objects.
#[derive(Default)]
pub(crate) struct Trees {
    /// Object numbers, ascending.
    list: Vec<u32>,
    /// For each object its place in the list, or `NO_TREE`.
    places: Vec<u32>,
    starts: Vec<u64>,
    edges: Vec<Edge>,
    /// Names in edges.
    pub(crate) names: Names,
    /// Objects that entries name but that are not here.
    pub(crate) missing: HashSet<Oid>,
    /// Trees in which something is missing.
    pub(crate) missing_in: HashSet<u32>,
    /// Trees that are not in git's form to the end.
    pub(crate) malformed: u64,
    /// Edges were dropped for want of room.
    pub(crate) capped: bool,
}

impl Trees {
    /// Reads all trees and keeps the edges to folders and to objects for which `hit` is true.
    pub(crate) fn read(
        objects: &Objects,
        hit: &[bool],
        cancel: &AtomicBool,
        unread: &Mutex<Vec<Unread>>,
    ) -> Self {
        Self::read_named(objects, (hit, None), cancel, unread)
    }

    /// The same, with only those of the edges that have one of these names.
    pub(crate) fn read_named(
        objects: &Objects,
        (hit, named): (&[bool], Option<&HashSet<&[u8]>>),
        cancel: &AtomicBool,
        unread: &Mutex<Vec<Unread>>,
    ) -> Self {
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        let todo = (0..count).map(|n| objects.kind(n) == Some(ObjectKind::Tree)).collect();
        let reader = Reader { objects, hit, named, edges: AtomicU64::new(0), parts: Mutex::new(Vec::new()) };
        let walked = objects.walk(&reader, todo, cancel);
        objects.report_losses(&walked.lost, unread);
        Self::merge(objects, reader.parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn merge(objects: &Objects, parts: Vec<Part>) -> Self {
        let mut trees = Self { places: vec![NO_TREE; objects.len()], ..Self::default() };
        let mut spans: Vec<(u32, u32, u32, u32)> = Vec::new();
        for (at, part) in (0u32..).zip(&parts) {
            spans.extend(part.spans.iter().map(|&(n, start, len)| (n, at, start, len)));
        }
        spans.sort_unstable();
        // A tree that could not be read is still a tree, with nothing known in it.
        let mut spans = spans.into_iter().peekable();
        let names: Vec<Vec<u32>> = parts.iter().map(|part| trees.names.take_in(&part.names)).collect();
        trees.edges.reserve_exact(parts.iter().map(|part| part.edges.len()).sum());
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        for n in (0..count).filter(|&n| objects.kind(n) == Some(ObjectKind::Tree)) {
            trees.places[n as usize] = u32::try_from(trees.list.len()).expect("fewer trees than objects");
            trees.list.push(n);
            trees.starts.push(trees.edges.len() as u64);
            let Some((_, at, start, len)) = spans.next_if(|&(of, ..)| of == n) else { continue };
            let edges = &parts[at as usize].edges[start as usize..][..len as usize];
            let names = &names[at as usize];
            trees
                .edges
                .extend(edges.iter().map(|edge| Edge { child: edge.child, name: names[edge.name as usize] }));
        }
        trees.starts.push(trees.edges.len() as u64);
        for part in parts {
            trees.missing.extend(part.missing);
            trees.missing_in.extend(part.missing_in);
            trees.malformed += part.malformed;
            trees.capped |= part.capped;
        }
        trees
    }

    /// How many trees there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The object numbers of all trees, ascending.
    pub(crate) fn list(&self) -> &[u32] {
        &self.list
    }

    /// The place of a tree in the list.
    pub(crate) fn find(&self, n: u32) -> Option<usize> {
        self.places.get(n as usize).filter(|&&place| place != NO_TREE).map(|&place| place as usize)
    }

    /// How many edges there are.
    pub(crate) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Edges of the tree at a place in the list.
    pub(crate) fn edges(&self, tree: usize) -> &[Edge] {
        let range = self.starts[tree]..self.starts[tree + 1];
        &self.edges[range.start as usize..range.end as usize]
    }
}

/// Entries that a thread has looked up lately. Versions of a folder differ in an entry or two, and follow each other.
const RECENT: usize = 1 << 14;

#[derive(Clone, Copy)]
struct Recent {
    oid: Oid,
    found: Found,
    /// The name it had, for what makes an edge.
    name: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Hit(u32),
    Tree(u32),
    Other,
    Missing,
}

struct Reader<'a> {
    objects: &'a Objects,
    hit: &'a [bool],
    /// Names of edges that are kept; `None` = all.
    named: Option<&'a HashSet<&'a [u8]>>,
    edges: AtomicU64,
    parts: Mutex<Vec<Part>>,
}

/// One thread's trees.
struct Part {
    /// Tree, first edge, number of edges.
    spans: Vec<(u32, u32, u32)>,
    edges: Vec<Edge>,
    names: Names,
    recent: Vec<Recent>,
    missing: HashSet<Oid>,
    missing_in: HashSet<u32>,
    malformed: u64,
    capped: bool,
}

impl Visitor for Reader<'_> {
    type Local = Part;
    type State = ();
    fn begin(&self) -> Part {
        Part {
            spans: Vec::new(),
            edges: Vec::new(),
            names: Names::default(),
            recent: vec![Recent { oid: Oid([0; OID_BYTES]), found: Found::Nothing, name: 0 }; RECENT],
            missing: HashSet::new(),
            missing_in: HashSet::new(),
            malformed: 0,
            capped: false,
        }
    }
    fn whole(&self, part: &mut Part, n: u32, bytes: &[u8], wanted: bool) {
        if wanted {
            self.tree(part, n, bytes);
        }
    }
    fn delta(&self, part: &mut Part, n: u32, (): &(), bytes: &[u8], _: &[Op], wanted: bool) {
        if wanted {
            self.tree(part, n, bytes);
        }
    }
    fn end(&self, part: Part) {
        self.parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(part);
    }
}

impl Reader<'_> {
    fn tree(&self, part: &mut Part, n: u32, bytes: &[u8]) {
        let first = part.edges.len();
        let mut entries = TreeEntries { rest: bytes };
        for entry in entries.by_ref() {
            if entry.kind() == EntryKind::Gitlink
                || self.named.is_some_and(|named| !named.contains(entry.name))
            {
                continue;
            }
            let slot = usize::from(u16::from_le_bytes([entry.oid.0[2], entry.oid.0[3]])) % RECENT;
            let found = self.find(&mut part.recent[slot], &entry.oid);
            match found {
                Found::Hit(child) | Found::Tree(child) => {
                    let name = part.name(slot, entry.name);
                    part.edges.push(Edge { child, name });
                }
                Found::Missing => {
                    part.missing_in.insert(n);
                    if part.missing.len() < MISSING_MAX {
                        part.missing.insert(entry.oid);
                    }
                }
                Found::Other | Found::Nothing => {}
            }
        }
        part.malformed += u64::from(!entries.rest.is_empty());
        let made = (part.edges.len() - first) as u64;
        if self.edges.fetch_add(made, Ordering::Relaxed) + made > EDGES_MAX {
            part.edges.truncate(first);
            part.capped = true;
        }
        if part.edges.len() > first {
            let start = u32::try_from(first).expect("fewer edges than the limit");
            let len = u32::try_from(part.edges.len() - first).expect("fewer edges than the limit");
            part.spans.push((n, start, len));
        } else {
            part.spans.push((n, 0, 0));
        }
    }

    /// What an entry names. A kind that contradicts the entry's mode is believed to the object, not to the mode.
    fn find(&self, recent: &mut Recent, oid: &Oid) -> Found {
        if recent.found == Found::Nothing || !recent.oid.is(oid) {
            let found = match self.objects.find(oid) {
                None => Found::Missing,
                Some(n) if self.objects.kind(n) == Some(ObjectKind::Tree) => Found::Tree(n),
                Some(n) if self.hit[n as usize] => Found::Hit(n),
                Some(_) => Found::Other,
            };
            *recent = Recent { oid: *oid, found, name: recent.name };
        }
        recent.found
    }
}

impl Part {
    /// The number of a name. What stands in a folder mostly has the name that it had in the version before.
    fn name(&mut self, slot: usize, name: &[u8]) -> u32 {
        let name = &name[..name.len().min(NAME_BYTES_MAX)];
        let recent = &mut self.recent[slot];
        if (recent.name as usize) >= self.names.len() || self.names.name(recent.name) != name {
            recent.name = self.names.number(name);
        }
        recent.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_in_gits_form_is_read_to_its_end() {
        let mut tree = Vec::new();
        for (mode, name) in
            [("100644", &b"a\xff\"b"[..]), ("40000", b"dir"), ("160000", b"sub"), ("120000", b"link")]
        {
            tree.extend_from_slice(mode.as_bytes());
            tree.push(b' ');
            tree.extend_from_slice(name);
            tree.push(0);
            tree.extend_from_slice(&[7; OID_BYTES]);
        }
        let mut entries = TreeEntries { rest: &tree };
        let kinds: Vec<EntryKind> = entries.by_ref().map(|entry| entry.kind()).collect();
        assert_eq!(kinds, [EntryKind::File, EntryKind::Tree, EntryKind::Gitlink, EntryKind::File]);
        assert!(entries.rest.is_empty());
        let mut cut = TreeEntries { rest: &tree[..tree.len() - 1] };
        assert_eq!(cut.by_ref().count(), 3);
        assert!(!cut.rest.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn the_first_nul_is_found_wherever_it_is(bytes in proptest::collection::vec(0u8..3, 0..80)) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| [0, 1, 0x80][usize::from(byte)]).collect();
            for from in 0..bytes.len() {
                proptest::prop_assert_eq!(first_nul(&bytes[from..]), bytes[from..].iter().position(|&byte| byte == 0));
            }
            let named: Vec<u8> = bytes.iter().map(|byte| byte | 1).collect();
            proptest::prop_assert_eq!(first_nul(&named), None);
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let entries = TreeEntries { rest: &bytes }.count();
            proptest::prop_assert!(entries <= bytes.len());
        }
    }
}
