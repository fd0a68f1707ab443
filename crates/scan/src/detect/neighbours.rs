//! The other files of a blob's repository, for formats whose files take parts from one another.
//!
//! A reader still opens nothing: it asks for a path, and whoever scans decides what may be given. Only files that the
//! scan itself has met can be asked for, so a path can never lead out of the repository.

use super::text;

/// Largest neighbour that is given.
pub const NEIGHBOUR_BYTES_MAX: usize = 4 << 20;

/// Gives other files of one repository.
pub trait Neighbours: Sync + std::fmt::Debug {
    /// The whole file at a path below the repository's folder; `None` when there is none, or it is too large or
    /// cannot be read.
    fn bytes(&self, path: &str) -> Option<Vec<u8>>;
    /// The paths of all files in a folder of the repository and below it, in order. The folder is empty for the
    /// repository itself, and ends in `/` otherwise.
    fn below(&self, folder: &str) -> Vec<String>;
}

/// A file that comes alone: a member of an archive, a text in a test.
#[derive(Debug)]
pub struct Alone;

impl Neighbours for Alone {
    fn bytes(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    fn below(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

impl dyn Neighbours + '_ {
    /// The text of a neighbour; `None` also when it is none.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let bytes = self.bytes(path)?;
        text::decode(&bytes).map(std::borrow::Cow::into_owned)
    }
}

/// Whether a repository holds a file.
pub(crate) fn is_here(neighbours: &dyn Neighbours, path: &str) -> bool {
    neighbours.below(path).first().is_some_and(|first| first == path)
}

/// A path as written in a file, from the repository's folder: without `./` and `/` before it, `..` walked up. `None`
/// when it leads out.
pub(crate) fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The same for a path that counts from the folder of the file `from`, unless it begins with `/`.
pub(crate) fn beside(from: &str, path: &str) -> Option<String> {
    match (path.strip_prefix('/'), from.rsplit_once('/')) {
        (Some(path), _) => normal(path),
        (None, Some((folder, _))) => normal(&format!("{folder}/{path}")),
        (None, None) => normal(path),
    }
}

/// The files that a pattern names, in order: `*` stays within a folder, `**` crosses them.
pub(crate) fn matching(neighbours: &dyn Neighbours, pattern: &str) -> Vec<String> {
    let literal = pattern.find(['*', '?']).unwrap_or(pattern.len());
    let folder = pattern[..literal].rfind('/').map_or(0, |slash| slash + 1);
    let fits = |path: &String| is_match(pattern.as_bytes(), path.as_bytes());
    neighbours.below(&pattern[..folder]).into_iter().filter(fits).collect()
}

/// Whether a path fits a pattern. Each star remembers only where it last gave way, so the work stays a product of
/// both lengths.
fn is_match(pattern: &[u8], path: &[u8]) -> bool {
    let (mut p, mut at) = (0, 0);
    // Where to go on when what follows the last `*` or `**` does not fit.
    let mut narrow: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        if pattern[p..].starts_with(b"**") {
            // `a/**/b` fits `a/b` as well.
            p += if pattern[p + 2..].starts_with(b"/") { 3 } else { 2 };
            (wide, narrow) = (Some((p, at)), None);
            continue;
        }
        match (pattern.get(p), path.get(at)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                p += 1;
                narrow = Some((p, at));
                continue;
            }
            (Some(b'?'), Some(byte)) if *byte != b'/' => {
                (p, at) = (p + 1, at + 1);
                continue;
            }
            (Some(wanted), Some(byte)) if wanted == byte => {
                (p, at) = (p + 1, at + 1);
                continue;
            }
            _ => {}
        }
        let gives_way = |from: usize| path.get(from).is_some_and(|byte| *byte != b'/');
        match (narrow.filter(|(_, from)| gives_way(*from)), wide.filter(|(_, from)| *from < path.len())) {
            (Some((next, from)), _) => {
                narrow = Some((next, from + 1));
                (p, at) = (next, from + 1);
            }
            (None, Some((next, from))) => {
                (wide, narrow) = (Some((next, from + 1)), None);
                (p, at) = (next, from + 1);
            }
            (None, None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_people_mean_them() {
        for (pattern, path, fits) in [
            ("ci/*.yml", "ci/a.yml", true),
            ("ci/*.yml", "ci/deep/a.yml", false),
            ("ci/**.yml", "ci/deep/a.yml", true),
            ("ci/**/*.yml", "ci/a.yml", true),
            ("ci/**/*.yml", "ci/x/y/a.yml", true),
            ("**/*-ci.yml", "deep/shop-ci.yml", true),
            ("ci/?.yml", "ci/ab.yml", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b", "a/b", false),
            ("x", "x/y", false),
        ] {
            assert_eq!(is_match(pattern.as_bytes(), path.as_bytes()), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn no_path_leads_out() {
        assert_eq!(normal("/ci//./a.yml").as_deref(), Some("ci/a.yml"));
        assert_eq!(normal("ci/../../a.yml"), None);
        assert_eq!(beside("ci/x/main.yml", "../a.yml").as_deref(), Some("ci/a.yml"));
        assert_eq!(beside("ci/x/main.yml", "/a.yml").as_deref(), Some("a.yml"));
        assert_eq!(beside("main.yml", "../../a.yml"), None);
    }
}
