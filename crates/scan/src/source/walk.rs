//! Walking a root: its files, and the repositories in it.

use std::path::{Path, PathBuf};

use tenure_model::{Unread, path_text};
use walkdir::WalkDir;

use super::file::{not_regular, unread};

/// A regular file below a root.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// How to open it.
    pub(crate) path: PathBuf,
    /// How it is called: below the root, `/` on every platform.
    pub(crate) shown: String,
}

/// What a root holds.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Regular files, in order of their paths.
    pub(crate) files: Vec<Entry>,
    /// Git folders: `.git` folders, `.git` files' holders, bare repositories. In order of their paths.
    pub(crate) git_dirs: Vec<PathBuf>,
    /// Everything else, with the reason.
    pub(crate) unread: Vec<Unread>,
}

/// Lists a root. Links are never followed; object stores are left to the git side.
pub(crate) fn walk(root: &Path) -> Walked {
    let mut walked = Walked::default();
    let mut entries = WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
    while let Some(next) = entries.next() {
        let entry = match next {
            Ok(entry) => entry,
            Err(error) => {
                let shown = error.path().map_or_else(|| ".".to_owned(), |path| below(root, path));
                let broken = error
                    .io_error()
                    .map_or_else(|| unread(&shown, &std::io::Error::other("loop")), |io| unread(&shown, io));
                walked.unread.push(broken);
                continue;
            }
        };
        let kind = entry.file_type();
        let path = entry.path();
        if kind.is_dir() {
            if is_object_store(path) {
                entries.skip_current_dir();
            } else if crate::git::Repository::is_git_dir(path) {
                walked.git_dirs.push(path.to_owned());
            }
        } else if kind.is_file() {
            // A `.git` file names a git folder elsewhere: the git side decides whether that is beneath the root.
            if entry.file_name() == ".git" {
                walked.git_dirs.push(path.to_owned());
            }
            walked.files.push(Entry { path: path.to_owned(), shown: below(root, path) });
        } else if !kind.is_symlink() {
            walked.unread.push(not_regular(&below(root, path)));
        }
    }
    walked
}

/// `objects` and `lfs` of a git folder: read by object id, not as files.
fn is_object_store(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name == "objects" || name == "lfs");
    named && path.parent().is_some_and(crate::git::Repository::is_git_dir)
}

/// The path below the root as people see it; the root itself is its file name.
pub(crate) fn below(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let inner =
        if inner.as_os_str().is_empty() { Path::new(path.file_name().unwrap_or_default()) } else { inner };
    let text = path_text(inner.as_os_str().as_encoded_bytes());
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}
