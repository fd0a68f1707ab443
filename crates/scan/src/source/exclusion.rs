//! Paths that the user's own configuration leaves out: they are not opened, and each is told.

use std::collections::{BTreeMap, HashMap};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tenure_model::{ReadState, Unread};

use super::walk::{Walked, below};

/// The reason of what is left out.
const EXCLUDED: &str = "excluded_by_configuration";
/// Folders and files of one root that are told one by one; the rest is told in one row.
const EXCLUDED_ROWS_MAX: usize = 1_000;
/// Most bytes of one pattern.
const PATTERN_BYTES_MAX: usize = 1_024;

/// Patterns of paths that are left out.
#[derive(Debug, Clone, Default)]
pub struct Exclusions(Vec<Group>);

/// The patterns of one configuration file.
#[derive(Debug, Clone)]
struct Group {
    /// The only root that they speak about.
    root: Option<String>,
    /// The file, as people know it.
    source: String,
    patterns: Vec<String>,
    set: GlobSet,
}

/// Why a path is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excluded<'a> {
    /// The folder or file that a pattern names: the path, or what it lies in.
    pub place: &'a str,
    /// The pattern.
    pub pattern: &'a str,
    /// The configuration file.
    pub source: &'a str,
}

impl Exclusions {
    /// Adds the patterns of the configuration file `source`, for all roots or for one.
    ///
    /// # Errors
    /// The number of the first pattern that cannot be used, from 0, and what is wrong with it.
    pub fn add(
        &mut self,
        root: Option<&str>,
        source: &str,
        patterns: &[String],
    ) -> Result<(), (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let wrong = |problem: String| (number, problem);
            let glob = anchored(pattern).map_err(|problem| wrong(problem.to_owned()))?;
            let built = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build();
            set.add(built.map_err(|error| wrong(error.kind().to_string()))?);
        }
        let set = set.build().map_err(|error| (0, error.kind().to_string()))?;
        let (root, source) = (root.map(str::to_owned), source.to_owned());
        self.0.push(Group { root, source, patterns: patterns.to_owned(), set });
        Ok(())
    }

    /// Covers what is told of the patterns; what they mean stays.
    pub fn cover(&mut self, cover: impl Fn(&mut String)) {
        for group in &mut self.0 {
            group.patterns.iter_mut().chain([&mut group.source]).for_each(&cover);
        }
    }

    /// What leaves out a path below a root: the highest folder that a pattern names, or the path itself.
    pub fn of<'a>(&'a self, root: &str, path: &'a str) -> Option<Excluded<'a>> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().find_map(|end| self.named(root, &path[..end]))
    }

    /// What leaves out this very folder or file.
    fn named<'a>(&'a self, root: &str, place: &'a str) -> Option<Excluded<'a>> {
        let speaks = |group: &&Group| group.root.as_deref().is_none_or(|only| only == root);
        self.0.iter().filter(speaks).find_map(|group| {
            let pattern = *group.set.matches(place).first()?;
            Some(Excluded { place, pattern: &group.patterns[pattern], source: &group.source })
        })
    }

    /// Takes what is left out from what a root holds, and tells it instead.
    pub(crate) fn apply(&self, root: &str, path: &std::path::Path, walked: &mut Walked) {
        if self.0.is_empty() {
            return;
        }
        let mut told: BTreeMap<Excluded<'_>, u64> = BTreeMap::new();
        let shown: Vec<String> = walked.git_dirs.iter().map(|dir| below(path, dir)).collect();
        // A folder is asked once for all that lies in it.
        let mut folders: HashMap<&str, Option<Excluded<'_>>> = HashMap::new();
        let files = std::mem::take(&mut walked.files);
        let left: Vec<bool> = files
            .iter()
            .map(|file| {
                let folder = file.shown.rsplit_once('/').map_or("", |(folder, _)| folder);
                let above = (!folder.is_empty())
                    .then(|| *folders.entry(folder).or_insert_with(|| self.of(root, folder)))
                    .flatten();
                let excluded = above.or_else(|| self.named(root, &file.shown));
                excluded.inspect(|excluded| *told.entry(*excluded).or_default() += 1).is_some()
            })
            .collect();
        for place in &shown {
            if let Some(excluded) = self.of(root, place) {
                told.entry(excluded).or_default();
            }
        }
        let unread = std::mem::take(&mut walked.unread);
        let (gone, kept): (Vec<_>, Vec<_>) =
            unread.into_iter().partition(|row| self.of(root, &row.path).is_some());
        for row in &gone {
            if let Some(excluded) = self.of(root, &row.path) {
                *told.entry(excluded).or_default() += 1;
            }
        }
        walked.unread = kept;
        walked.unread.extend(rows(root, &told));
        let mut dirs = shown.iter();
        walked.git_dirs.retain(|_| dirs.next().is_none_or(|place| self.of(root, place).is_none()));
        walked.files =
            files.iter().zip(left).filter(|(_, left)| !left).map(|(file, _)| file.clone()).collect();
    }
}

/// One row for each folder or file that a pattern names, and one for all beyond the limit.
fn rows(root: &str, told: &BTreeMap<Excluded<'_>, u64>) -> Vec<Unread> {
    let row = |path: &str, detail: String| Unread {
        path: path.to_owned(),
        state: ReadState::Excluded,
        reason: EXCLUDED.to_owned(),
        detail,
    };
    let mut rows: Vec<Unread> = told
        .iter()
        .take(EXCLUDED_ROWS_MAX)
        .map(|(excluded, files)| {
            let what = match files {
                0 => "a repository".to_owned(),
                1 => "1 file".to_owned(),
                files => format!("{files} files"),
            };
            row(excluded.place, format!("{what} left out by `{}` in {}", excluded.pattern, excluded.source))
        })
        .collect();
    let more = told.len().saturating_sub(EXCLUDED_ROWS_MAX);
    if more > 0 {
        let files: u64 = told.values().skip(EXCLUDED_ROWS_MAX).sum();
        // Called after the root: what lies in it is not told as gone because this scan did not see it.
        rows.push(row(root, format!("{files} files at {more} more places are left out")));
    }
    rows
}

/// The glob that a pattern stands for: anchored at the root when it holds a `/` before its end, at any depth otherwise.
fn anchored(pattern: &str) -> Result<String, &'static str> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err("the pattern is longer than 1 KiB");
    }
    let text = pattern.strip_prefix("./").unwrap_or(pattern);
    let is_anchored = text.trim_end_matches('/').contains('/');
    let text = text.trim_start_matches('/');
    let named = text.strip_suffix("/**").unwrap_or(text).trim_end_matches('/');
    if named.is_empty() {
        return Err("the pattern names nothing");
    }
    if named.split('/').any(|part| part == "..") {
        return Err("the pattern leads out of the scanned root with `..`");
    }
    Ok(if is_anchored { named.to_owned() } else { format!("**/{named}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pattern: &str, path: &str) -> Option<String> {
        let mut exclusions = Exclusions::default();
        exclusions.add(Some("shop"), "tenure.toml", &[pattern.to_owned()]).unwrap();
        assert!(exclusions.of("other", path).is_none(), "another root");
        exclusions.of("shop", path).map(|excluded| excluded.place.to_owned())
    }

    #[test]
    fn a_pattern_names_what_people_expect() {
        for (pattern, path, expected) in [
            ("vendor", "vendor/a/b.js", Some("vendor")),
            ("vendor/", "app/vendor/b.js", Some("app/vendor")),
            ("vendor/**", "vendor/a/b.js", Some("vendor")),
            ("vendor/**", "app/vendor/b.js", None),
            ("/vendor", "app/vendor/b.js", None),
            ("./app/*.js", "app/x.js", Some("app/x.js")),
            ("app/*.js", "app/deep/x.js", None),
            ("app/**/*.js", "app/deep/er/x.js", Some("app/deep/er/x.js")),
            ("*.min.js", "a/b/x.min.js", Some("a/b/x.min.js")),
            ("*.min.js", "a/b/x.js", None),
            ("vendor", "vendored/x.js", None),
        ] {
            assert_eq!(place(pattern, path).as_deref(), expected, "{pattern} and {path}");
        }
    }

    #[test]
    fn what_is_cut_is_counted_under_the_root() {
        let places: Vec<String> =
            (0..EXCLUDED_ROWS_MAX + 2).map(|number| format!("{number:04}.js")).collect();
        let excluded = |place| Excluded { place, pattern: "*.js", source: "tenure.toml" };
        let told = places.iter().map(|place| (excluded(place.as_str()), 2)).collect();
        let rows = rows("/srv/shop", &told);
        assert_eq!(rows.len(), EXCLUDED_ROWS_MAX + 1);
        let last = rows.last().unwrap();
        assert_eq!(last.path, "/srv/shop", "nothing below it is told as gone");
        assert_eq!(last.detail, "4 files at 2 more places are left out");
        assert!(rows.iter().all(|row| !row.is_missing()));
    }

    #[test]
    fn a_pattern_that_means_nothing_is_refused() {
        for pattern in ["", "/", "./", "../x", "a/../b", "a[", &"x".repeat(2000)] {
            let wrong =
                Exclusions::default().add(None, "tenure.toml", &["ok".to_owned(), pattern.to_owned()]);
            assert_eq!(wrong.map_err(|(number, _)| number), Err(1), "{pattern:?}");
        }
    }
}
