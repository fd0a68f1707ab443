//! Paths at which hits stand: a walk over (tree, path), because one tree may stand at many paths.

use std::collections::{HashMap, HashSet};

use super::trees::Trees;

/// Pairs of tree and path that a walk may always visit …
const PAIRS_FLOOR: usize = 100_000;
/// … or this many per tree. Real repositories have little more than one.
const PAIRS_PER_TREE_MAX: usize = 4;
/// Paths kept for one hit.
const PLACES_PER_HIT_MAX: u32 = 1_000;
/// Edges that a walk may always follow …
const STEPS_FLOOR: usize = 10_000_000;
/// … or this many per edge of the repository.
const STEPS_PER_EDGE_MAX: usize = 8;
/// Different paths of one repository.
const PATHS_MAX: usize = 20_000_000;
/// Folders in one path.
const DEPTH_MAX: u32 = 4_096;
/// Bytes of a path that is handed out; of a longer one the end is kept.
const PATH_BYTES_MAX: usize = 4_096;

/// The path of the root.
pub(crate) const TOP: u32 = 0;

/// Paths as chains of names.
pub(crate) struct Paths {
    /// Parent, name, depth.
    steps: Vec<(u32, u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
}

impl Paths {
    pub(crate) fn new() -> Self {
        Self { steps: vec![(TOP, u32::MAX, 0)], numbers: HashMap::new() }
    }

    /// The path one step further; `None` when paths are too many or too deep.
    fn below(&mut self, parent: u32, name: u32) -> Option<u32> {
        if let Some(&known) = self.numbers.get(&(parent, name)) {
            return Some(known);
        }
        let depth = self.steps[parent as usize].2 + 1;
        if self.steps.len() >= PATHS_MAX || depth > DEPTH_MAX {
            return None;
        }
        let number = u32::try_from(self.steps.len()).ok()?;
        self.steps.push((parent, name, depth));
        self.numbers.insert((parent, name), number);
        Some(number)
    }

    /// The bytes of a path.
    pub(crate) fn bytes(&self, path: u32, trees: &Trees) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = Vec::new();
        let (mut at, mut len) = (path, 0);
        while at != TOP && len <= PATH_BYTES_MAX {
            let (parent, name, _) = self.steps[at as usize];
            parts.push(trees.names.name(name));
            len += parts.last().map_or(0, |part| part.len() + 1);
            at = parent;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}

/// Which trees lead to a hit.
pub(crate) fn marked(trees: &Trees) -> Vec<bool> {
    const OPEN: u8 = 1;
    const NO: u8 = 2;
    const YES: u8 = 3;
    let mut state = vec![0u8; trees.len()];
    let mut stack: Vec<(usize, usize, bool)> = Vec::new();
    for tree in 0..trees.len() {
        if state[tree] != 0 {
            continue;
        }
        state[tree] = OPEN;
        stack.push((tree, 0, false));
        while let Some((at, next, yes)) = stack.last_mut() {
            let Some(edge) = trees.edges(*at).get(*next) else {
                let (done, yes) = (*at, *yes);
                state[done] = if yes { YES } else { NO };
                stack.pop();
                if let Some(parent) = stack.last_mut() {
                    parent.2 |= yes;
                }
                continue;
            };
            *next += 1;
            match trees.find(edge.child) {
                None => *yes = true, // Not a tree, so a hit.
                Some(child) if state[child] == 0 => {
                    state[child] = OPEN;
                    stack.push((child, 0, false));
                }
                // A tree in itself needs ids that lie; the inner one adds nothing.
                Some(child) => *yes |= state[child] == YES,
            }
        }
    }
    state.into_iter().map(|state| state == YES).collect()
}

/// A walk that sees each tree once at each path.
pub(crate) struct PlaceWalk<'a> {
    trees: &'a Trees,
    marked: &'a [bool],
    /// Each tree at one path only: what is done when there are too many paths.
    once: bool,
    seen: HashSet<(u32, u32)>,
    found: HashSet<(u32, u32)>,
    per_hit: HashMap<u32, u32>,
    pairs_max: usize,
    steps_left: usize,
    /// Something was left out for want of room.
    pub(crate) capped: bool,
}

impl<'a> PlaceWalk<'a> {
    /// Begins a walk over marked trees.
    pub(crate) fn new(trees: &'a Trees, marked: &'a [bool]) -> Self {
        Self {
            trees,
            marked,
            once: false,
            seen: HashSet::new(),
            found: HashSet::new(),
            per_hit: HashMap::new(),
            pairs_max: PAIRS_FLOOR.max(trees.len() * PAIRS_PER_TREE_MAX),
            steps_left: STEPS_FLOOR.max(trees.edge_count() * STEPS_PER_EDGE_MAX),
            capped: false,
        }
    }

    /// Begins a walk that sees each tree only once, wherever it stands first.
    pub(crate) fn once(trees: &'a Trees, marked: &'a [bool]) -> Self {
        Self { once: true, ..Self::new(trees, marked) }
    }

    /// Whether a tree (by its place in the list) was seen at all; for walks that see each tree once.
    pub(crate) fn has_seen(&self, tree: usize) -> bool {
        u32::try_from(tree).is_ok_and(|tree| self.seen.contains(&(tree, TOP)))
    }

    /// Walks the tree that is object `root`. `found` gets each hit and path that no earlier root had.
    pub(crate) fn from(&mut self, root: u32, paths: &mut Paths, mut found: impl FnMut(u32, u32)) {
        let mut stack = Vec::new();
        self.enter(root, TOP, &mut stack);
        while let Some((tree, path)) = stack.pop() {
            let edges = self.trees.edges(tree);
            let Some(left) = self.steps_left.checked_sub(edges.len()) else {
                self.capped = true;
                return;
            };
            self.steps_left = left;
            for edge in edges {
                let subtree = self.trees.find(edge.child);
                if subtree.is_some_and(|subtree| !self.marked[subtree]) {
                    continue;
                }
                match paths.below(path, edge.name) {
                    None => self.capped = true,
                    Some(below) if subtree.is_some() => self.enter(edge.child, below, &mut stack),
                    Some(below) if self.is_new(edge.child, below) => found(edge.child, below),
                    Some(_) => {}
                }
            }
        }
    }

    fn enter(&mut self, n: u32, path: u32, stack: &mut Vec<(usize, u32)>) {
        let Some(tree) = self.trees.find(n).filter(|&tree| self.marked[tree]) else { return };
        let Ok(number) = u32::try_from(tree) else { return };
        let pair = (number, if self.once { TOP } else { path });
        if self.seen.contains(&pair) {
            return;
        }
        if self.seen.len() >= self.pairs_max {
            self.capped = true;
            return;
        }
        self.seen.insert(pair);
        stack.push((tree, path));
    }

    fn is_new(&mut self, hit: u32, path: u32) -> bool {
        if self.found.contains(&(hit, path)) {
            return false;
        }
        let places = self.per_hit.entry(hit).or_default();
        if *places >= PLACES_PER_HIT_MAX {
            self.capped = true;
            return false;
        }
        *places += 1;
        self.found.insert((hit, path))
    }
}
