//! Templates of an Azure pipeline: files of its own repository are followed, others are named.

use std::collections::BTreeSet;

use super::{FOLDERS, is_pipeline};
use crate::detect::neighbours::{Neighbours, beside};
use crate::detect::yaml::{self, Yaml};

/// Templates of one pipeline; the service takes 100 files.
const FILES_MAX: usize = 100;
/// Nodes of one file that are visited in search of templates.
const VISITS_MAX: usize = 100_000;
/// Beginnings of the names of pipelines at the top of a repository.
const AT_ROOT: [&str; 4] = ["azure-pipeline", "azure_pipeline", ".azure-pipeline", ".azure_pipeline"];

/// A template that a pipeline brings in.
pub(super) struct Template {
    /// Below the repository's folder.
    pub(super) path: String,
    pub(super) text: String,
    /// Who brings it in: `path:line`.
    pub(super) called_by: String,
}

/// Every `template:` below a node, as written, with its line.
pub(super) fn named(root: Yaml<'_>) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    let mut stack = vec![root];
    let mut visits_left = VISITS_MAX;
    while let Some(node) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        if let Some(template) = node.get("template") {
            found.extend(template.text().map(|text| (text, template.line())));
        }
        let first = stack.len();
        stack.extend(node.items());
        stack.extend(node.pairs().map(|(_, value)| value));
        stack[first..].reverse();
    }
    found
}

/// The file of the same repository that a template's name leads to, seen from the file that names it.
pub(super) fn local(from: &str, written: &str) -> Option<String> {
    let path = written.strip_suffix("@self").unwrap_or(written);
    if path.contains(['@', '$']) { None } else { beside(from, path) }
}

/// The templates that a pipeline brings in and that are no pipelines by their own name.
pub(super) fn followed(neighbours: &dyn Neighbours, path: &str, text: &str) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    let mut met = BTreeSet::from([path.to_owned()]);
    let mut next = 0;
    let mut from = (path.to_owned(), text.to_owned());
    loop {
        if from.1.contains("template") {
            let inner = yaml::read(&from.1, |tree, _| {
                let named = tree.first().map(named).unwrap_or_default();
                let local =
                    named.into_iter().filter_map(|(written, line)| Some((local(&from.0, written)?, line)));
                local.collect::<Vec<_>>()
            });
            for (inner, line) in inner {
                if found.len() == FILES_MAX || is_pipeline(&inner) || !met.insert(inner.clone()) {
                    continue;
                }
                let called_by = format!("{}:{line}", from.0);
                found.extend(neighbours.text(&inner).map(|text| Template { path: inner, text, called_by }));
            }
        }
        let Some(template) = found.get(next) else { return found };
        from = (template.path.clone(), template.text.clone());
        next += 1;
    }
}

/// The templates that pipelines before this one bring in: they are told with those.
pub(super) fn told_before(neighbours: &dyn Neighbours, path: &str) -> BTreeSet<String> {
    let begun = AT_ROOT.iter().chain(FOLDERS).flat_map(|begin| neighbours.below(begin));
    let before = begun.filter(|other| other.as_str() < path && is_pipeline(other));
    let texts = before.filter_map(|other| Some((neighbours.text(&other)?, other)));
    texts
        .flat_map(|(text, other)| followed(neighbours, &other, &text))
        .map(|template| template.path)
        .collect()
}
