//! The files of one repository's work tree, for readers that follow what a file names.

use std::io::Read as _;
use std::sync::OnceLock;

use super::{Entry, open_regular};
use crate::detect::{NEIGHBOUR_BYTES_MAX, Neighbours};

/// The files of a root by their names. The walk gives what is in a folder before files whose names go on after the
/// folder's, `a/b` before `a.b`; most scans never ask for another order.
#[derive(Debug)]
pub(crate) struct ByName<'a> {
    files: &'a [Entry],
    /// Places in `files`.
    sorted: OnceLock<Vec<usize>>,
}

impl<'a> ByName<'a> {
    /// Of the files of a root, in any order.
    pub(crate) fn new(files: &'a [Entry]) -> Self {
        Self { files, sorted: OnceLock::new() }
    }

    fn sorted(&self) -> &[usize] {
        self.sorted.get_or_init(|| {
            let mut sorted: Vec<usize> = (0..self.files.len()).collect();
            sorted.sort_by(|&a, &b| self.files[a].shown.cmp(&self.files[b].shown));
            sorted
        })
    }
}

/// The files of a root, seen from the repository in it that has this base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbourhood<'a> {
    files: &'a ByName<'a>,
    base: &'a str,
}

impl<'a> Neighbourhood<'a> {
    /// Of all files of a root, those below `base`.
    pub(crate) fn new(files: &'a ByName<'a>, base: &'a str) -> Self {
        Self { files, base }
    }

    /// The repository's files in the order of their names: places among all files.
    fn inside(&self) -> &[usize] {
        let (files, shown) = (self.files.sorted(), |&place: &usize| self.files.files[place].shown.as_str());
        let start = files.partition_point(|place| shown(place) < self.base);
        let length = files[start..].partition_point(|place| shown(place).starts_with(self.base));
        &files[start..start + length]
    }

    /// The path of a file below the repository's folder.
    fn path(&self, place: usize) -> &str {
        &self.files.files[place].shown[self.base.len()..]
    }
}

impl Neighbours for Neighbourhood<'_> {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let files = self.inside();
        let found = files.binary_search_by(|&place| self.path(place).cmp(path)).ok()?;
        let entry = &self.files.files[files[found]];
        let opened = open_regular(&entry.path, &entry.shown).ok()?;
        if opened.len > NEIGHBOUR_BYTES_MAX as u64 {
            return None;
        }
        let mut bytes = Vec::new();
        opened.file.take(NEIGHBOUR_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let files = self.inside();
        let start = files.partition_point(|&place| self.path(place) < folder);
        let here = files[start..].iter().map(|&place| self.path(place));
        here.take_while(|path| path.starts_with(folder)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_repository_are_met() {
        let entry = |shown: &str| Entry { path: shown.into(), shown: shown.to_owned(), looks: None };
        let files = ["a.b", "a/b", "a/ci/x.yml", "a/ci.yml", "b/x"].map(entry);
        let sorted = ByName::new(&files);
        let here = Neighbourhood::new(&sorted, "a/");
        assert_eq!(here.below(""), ["b", "ci.yml", "ci/x.yml"]);
        assert_eq!(here.below("ci/"), ["ci/x.yml"]);
        assert_eq!(Neighbourhood::new(&sorted, "").below("a/ci").len(), 2);
        assert!(here.bytes("x").is_none() && here.bytes("../b/x").is_none());
    }
}
