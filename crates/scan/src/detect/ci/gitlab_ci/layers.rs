//! A GitLab job with what it extends: the job's own keys before those of its templates, then the defaults.

use std::cell::Cell;
use std::collections::HashMap;

use crate::detect::yaml::{Tree, Yaml};

/// Templates of one job; GitLab follows eleven levels.
const LAYERS_MAX: usize = 32;
/// Levels of `!reference`; GitLab follows ten.
const REFERENCES_MAX: usize = 10;
/// Lines that references may give.
const LINES_MAX: usize = 2_000;
/// Lists and lines that are looked at for them: aliases inside of aliases make billions out of a screen of text.
const VISITED_MAX: usize = 4 * LINES_MAX;

/// The top of a file of a configuration, and what it and the files beside it define, by name.
pub(super) struct Root<'t> {
    pub(super) yaml: Yaml<'t>,
    /// Every definition of a top-level key, the strongest first.
    by_name: HashMap<&'t str, Vec<Yaml<'t>>>,
    /// Lists of lines of which not all was followed.
    cut: Cell<usize>,
}

impl<'t> Root<'t> {
    /// The file `own` of a configuration whose files come with the strongest first.
    pub(super) fn new(trees: &[&'t Tree<'t>], own: usize) -> Option<Self> {
        let yaml = top(trees.get(own)?)?;
        let mut by_name: HashMap<&'t str, Vec<Yaml<'t>>> = HashMap::new();
        for (key, value) in trees.iter().filter_map(|tree| top(tree)).flat_map(Yaml::pairs) {
            if let Some(name) = key.text() {
                by_name.entry(name).or_default().push(value);
            }
        }
        Some(Self { yaml, by_name, cut: Cell::new(0) })
    }

    /// How many lists of lines were too large or too deep to be followed to their ends.
    pub(super) fn cut(&self) -> usize {
        self.cut.get()
    }

    /// The strongest value of a top-level key.
    pub(super) fn get(&self, name: &str) -> Option<Yaml<'t>> {
        self.all(name).next()
    }

    /// Every value of a top-level key, the strongest first.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = Yaml<'t>> {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// Whether a node stands in this file, not in another one of the configuration.
    pub(super) fn is_own(&self, node: Yaml<'t>) -> bool {
        node.is_beside(self.yaml)
    }
}

/// The part of a file that is its pipeline: a header with `spec:` stands in a document of its own before it.
fn top<'t>(tree: &'t Tree<'t>) -> Option<Yaml<'t>> {
    tree.all().find(|document| document.is_mapping() && document.get("spec").is_none())
}

/// A job's mappings, the strongest first.
pub(super) struct Layers<'r, 't> {
    layers: Vec<Yaml<'t>>,
    root: &'r Root<'t>,
}

impl<'r, 't> Layers<'r, 't> {
    /// The job of this name with its templates. A template that no file of the configuration holds adds nothing.
    pub(super) fn of(root: &'r Root<'t>, id: &str) -> Self {
        let mut layers: Vec<Yaml<'t>> = root.all(id).take(LAYERS_MAX).collect();
        let mut next = 0;
        while let Some(layer) = layers.get(next).copied() {
            next += 1;
            let names = layer.get("extends").map(Yaml::words).unwrap_or_default();
            // Of several templates the last one is the strongest.
            for template in names.into_iter().rev().flat_map(|name| root.all(name)) {
                if layers.len() < LAYERS_MAX && !layers.iter().any(|known| known.is_same(template)) {
                    layers.push(template);
                }
            }
        }
        Self { layers, root }
    }

    /// The strongest value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Yaml<'t>> {
        let own = self.layers.iter().find_map(|layer| layer.get(key));
        let shared = ["image", "services", "before_script", "after_script"].contains(&key);
        own.or_else(|| self.root.all("default").find_map(|default| default.get(key)))
            .or_else(|| self.root.get(key).filter(|_| shared))
    }

    /// A key's value in every layer, the strongest first.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = Yaml<'t>> {
        let layers = self.layers.iter().copied().chain(self.root.all("default"));
        layers.filter_map(move |layer| layer.get(key))
    }

    /// The pairs of a mapping that all layers share.
    pub(super) fn pairs(&self, key: &str) -> impl Iterator<Item = (Yaml<'t>, Yaml<'t>)> {
        self.all(key).flat_map(Yaml::pairs)
    }
}

/// The items of a list, lists in it opened and `!reference [job, key]` followed.
pub(super) fn lines<'t>(root: &Root<'t>, list: Yaml<'t>) -> Vec<Yaml<'t>> {
    let mut found = Vec::new();
    let mut stack = vec![(list, 0)];
    let (mut visited, mut is_cut) = (0, false);
    while let Some((node, depth)) = stack.pop() {
        visited += 1;
        if visited > VISITED_MAX {
            is_cut = true;
            break;
        }
        if depth > REFERENCES_MAX || found.len() + stack.len() > LINES_MAX {
            is_cut = true;
            continue;
        }
        if node.is_tagged("reference") {
            let names: Vec<&str> = node.items().filter_map(Yaml::text).collect();
            stack.extend(referred(root, &names).map(|target| (target, depth + 1)));
        } else if node.text().is_some() || node.is_mapping() {
            found.push(node);
        } else {
            let first = stack.len();
            stack.extend(node.items().map(|item| (item, depth + 1)));
            stack[first..].reverse();
        }
    }
    root.cut.set(root.cut.get() + usize::from(is_cut));
    found
}

/// What `!reference [job, key]` stands for; the key may be one that the job has from a template.
fn referred<'t>(root: &Root<'t>, names: &[&str]) -> Option<Yaml<'t>> {
    let (job, path) = names.split_first()?;
    let Some((key, deeper)) = path.split_first() else { return root.get(job) };
    let mut at = Layers::of(root, job).layers.iter().find_map(|layer| layer.get(key))?;
    for name in deeper {
        at = at.get(name)?;
    }
    Some(at)
}
