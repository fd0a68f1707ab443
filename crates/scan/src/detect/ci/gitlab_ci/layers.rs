//! A GitLab job with what it extends: the job's own keys before those of its templates, then the defaults.

use std::collections::HashMap;

use crate::detect::yaml::Yaml;

/// Templates of one job; GitLab follows eleven levels.
const LAYERS_MAX: usize = 32;
/// Levels of `!reference`; GitLab follows ten.
const REFERENCES_MAX: usize = 10;
/// Lines that references may give.
const LINES_MAX: usize = 2_000;

/// The top of a file, its keys by name.
pub(super) struct Root<'t> {
    pub(super) yaml: Yaml<'t>,
    by_name: HashMap<&'t str, Yaml<'t>>,
}

impl<'t> Root<'t> {
    pub(super) fn new(yaml: Yaml<'t>) -> Self {
        let by_name = yaml.pairs().filter_map(|(key, value)| Some((key.text()?, value))).collect();
        Self { yaml, by_name }
    }

    /// The value of a top-level key.
    pub(super) fn get(&self, name: &str) -> Option<Yaml<'t>> {
        self.by_name.get(name).copied()
    }
}

/// A job's mappings, the strongest first.
pub(super) struct Layers<'r, 't> {
    layers: Vec<Yaml<'t>>,
    default: Option<Yaml<'t>>,
    root: &'r Root<'t>,
}

impl<'r, 't> Layers<'r, 't> {
    /// The job with its templates. A template of another file is not there and adds nothing.
    pub(super) fn of(root: &'r Root<'t>, job: Yaml<'t>) -> Self {
        let mut layers = vec![job];
        let mut next = 0;
        while let Some(layer) = layers.get(next).copied() {
            next += 1;
            let names = layer.get("extends").map(Yaml::words).unwrap_or_default();
            // Of several templates the last one is the strongest.
            for template in names.into_iter().rev().filter_map(|name| root.get(name)) {
                if layers.len() < LAYERS_MAX {
                    layers.push(template);
                }
            }
        }
        Self { layers, default: root.get("default"), root }
    }

    /// The strongest value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Yaml<'t>> {
        let own = self.layers.iter().find_map(|layer| layer.get(key));
        let shared = ["image", "services", "before_script", "after_script"].contains(&key);
        own.or_else(|| self.default?.get(key)).or_else(|| self.root.get(key).filter(|_| shared))
    }

    /// A key's value in every layer, the strongest first.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = Yaml<'t>> {
        self.layers.iter().chain(&self.default).filter_map(move |layer| layer.get(key))
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
    while let Some((node, depth)) = stack.pop() {
        if depth > REFERENCES_MAX || found.len() + stack.len() > LINES_MAX {
            continue;
        }
        if node.is_tagged("reference") {
            let mut names = node.items().filter_map(Yaml::text);
            let top = names.next().and_then(|name| root.get(name));
            let target = top.and_then(|top| names.try_fold(top, |at, name| at.get(name)));
            stack.extend(target.map(|target| (target, depth + 1)));
        } else if node.text().is_some() || node.is_mapping() {
            found.push(node);
        } else {
            let first = stack.len();
            stack.extend(node.items().map(|item| (item, depth + 1)));
            stack[first..].reverse();
        }
    }
    found
}
