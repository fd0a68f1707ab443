//! The objects of a manifest, each with the names by which others refer to it.

use crate::detect::yaml::{Tree, Yaml};

/// Objects of one file that are read.
const OBJECTS_MAX: usize = 5_000;

/// One object.
#[derive(Clone, Copy)]
pub(super) struct Document<'t> {
    pub(super) root: Yaml<'t>,
    pub(super) kind: &'t str,
    pub(super) name: &'t str,
    pub(super) namespace: Option<&'t str>,
}

impl<'t> Document<'t> {
    fn read(root: Yaml<'t>) -> Option<Self> {
        let kind = root.get("kind")?.text()?;
        root.get("apiVersion")?;
        let metadata = root.get("metadata");
        let name = metadata.and_then(|metadata| {
            let name = metadata.get("name").or_else(|| metadata.get("generateName"))?;
            name.text()
        });
        let namespace = metadata.and_then(|metadata| metadata.get("namespace")?.text());
        Some(Self { root, kind, name: name.unwrap_or("(unnamed)"), namespace })
    }

    /// The line of its kind: where a person would look.
    pub(super) fn line(&self) -> u32 {
        self.root.get("kind").map_or(self.root.line(), Yaml::line)
    }

    /// An annotation's text.
    pub(super) fn annotation(&self, key: &str) -> Option<Yaml<'t>> {
        self.root.get("metadata")?.get("annotations")?.get(key).filter(|value| value.text().is_some())
    }
}

/// Every object, those in lists included; true when some were left out.
pub(super) fn documents<'t>(tree: &'t Tree<'t>) -> (Vec<Document<'t>>, bool) {
    let mut found = Vec::new();
    for root in tree.all() {
        let items = root.get("items").into_iter().flat_map(Yaml::items);
        for object in std::iter::once(root).chain(items).filter_map(Document::read) {
            if found.len() == OBJECTS_MAX {
                return (found, true);
            }
            found.push(object);
        }
    }
    (found, false)
}
