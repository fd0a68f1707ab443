//! The files of one repository's work tree, for readers that follow what a file names.

use std::io::Read as _;

use super::{Entry, open_regular};
use crate::detect::{NEIGHBOUR_BYTES_MAX, Neighbours};

/// The files of a root in the order of their names, seen from one repository in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbourhood<'a> {
    files: &'a [&'a Entry],
    base: &'a str,
}

impl<'a> Neighbourhood<'a> {
    /// Of all files of a root, those below `base`. `files` is in the order of their names: see [`by_name`].
    pub(crate) fn new(files: &'a [&'a Entry], base: &'a str) -> Self {
        let start = files.partition_point(|entry| entry.shown.as_str() < base);
        let length = files[start..].partition_point(|entry| entry.shown.starts_with(base));
        Self { files: &files[start..start + length], base }
    }
}

/// The files of a root by their names: the walk gives what is in a folder before files whose names go on after the
/// folder's, `a/b` before `a.b`.
pub(crate) fn by_name(files: &[Entry]) -> Vec<&Entry> {
    let mut by_name: Vec<&Entry> = files.iter().collect();
    by_name.sort_by(|a, b| a.shown.cmp(&b.shown));
    by_name
}

impl Neighbours for Neighbourhood<'_> {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let found = self.files.binary_search_by(|entry| entry.shown[self.base.len()..].cmp(path)).ok()?;
        let entry = self.files[found];
        let opened = open_regular(&entry.path, &entry.shown).ok()?;
        if opened.len > NEIGHBOUR_BYTES_MAX as u64 {
            return None;
        }
        let mut bytes = Vec::new();
        opened.file.take(NEIGHBOUR_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let inside = |entry: &Entry| entry.shown[self.base.len()..].to_owned();
        let start = self.files.partition_point(|entry| &entry.shown[self.base.len()..] < folder);
        let here = self.files[start..].iter().map(|entry| inside(entry));
        here.take_while(|path| path.starts_with(folder)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_repository_are_met() {
        let entry = |shown: &str| Entry { path: shown.into(), shown: shown.to_owned() };
        let files = ["a.b", "a/b", "a/ci/x.yml", "a/ci.yml", "b/x"].map(entry);
        let sorted = by_name(&files);
        let here = Neighbourhood::new(&sorted, "a/");
        assert_eq!(here.below(""), ["b", "ci.yml", "ci/x.yml"]);
        assert_eq!(here.below("ci/"), ["ci/x.yml"]);
        assert_eq!(Neighbourhood::new(&sorted, "").below("a/ci").len(), 2);
        assert!(here.bytes("x").is_none() && here.bytes("../b/x").is_none());
    }
}
