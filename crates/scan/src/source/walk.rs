//! Walking a root: its files, and the repositories in it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType, ReadDir};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tenure_model::{Unread, path_text};

use super::file::{not_regular, unread};
use super::looks::{Looks, looks};
use crate::git::Repository;

/// A regular file below a root.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// How to open it.
    pub(crate) path: PathBuf,
    /// How it is called: below the root, `/` on every platform.
    pub(crate) shown: String,
    /// What it looked like; `None` when nobody asked, or when looks do not tell.
    pub(crate) looks: Option<Looks>,
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

/// Lists a root. Links are never followed, but the root itself may be one; object stores are left to the git side.
///
/// Files are looked at when `now` is given: it is cheaper while the folder that they lie in is open.
pub(crate) fn walk(root: &Path, now: Option<SystemTime>) -> Walked {
    let mut walk = Walk { now, walked: Walked::default(), inside: Vec::new() };
    let shown = below(root, root);
    match fs::metadata(root) {
        Ok(meta) if meta.is_dir() => {
            if !is_object_store(root) {
                walk.enter(root.to_owned(), String::new(), &shown);
            }
        }
        Ok(meta) if meta.is_file() => {
            let looks = now.and_then(|now| looks(&meta, now));
            walk.walked.files.push(Entry { path: root.to_owned(), shown, looks });
        }
        Ok(_) => walk.walked.unread.push(not_regular(&shown)),
        Err(error) => walk.walked.unread.push(unread(&shown, &error)),
    }
    while walk.step() {}
    walk.walked
}

/// A walk under way.
struct Walk {
    now: Option<SystemTime>,
    walked: Walked,
    /// The folders that the walk is in, the root first.
    inside: Vec<Folder>,
}

/// A folder, listed.
struct Folder {
    path: PathBuf,
    /// What the names in it begin with as people see them: its path below the root and `/`, or nothing.
    prefix: String,
    is_git_dir: bool,
    children: std::vec::IntoIter<Child>,
}

/// What lies in a folder.
struct Child {
    name: OsString,
    kind: FileType,
    looks: Option<Looks>,
}

impl Walk {
    /// Goes on to what comes next; false at the end.
    fn step(&mut self) -> bool {
        let Some(folder) = self.inside.last_mut() else { return false };
        let Some(Child { name, kind, looks }) = folder.children.next() else {
            self.inside.pop();
            return true;
        };
        let shown = format!("{}{}", folder.prefix, path_text(name.as_encoded_bytes()));
        let path = folder.path.join(&name);
        if kind.is_dir() {
            if !(folder.is_git_dir && is_named_as_store(&name)) {
                self.enter(path, format!("{shown}/"), &shown);
            }
        } else if kind.is_file() {
            // A `.git` file names a git folder elsewhere: the git side decides whether that is beneath the root.
            if name == ".git" {
                self.walked.git_dirs.push(path.clone());
            }
            self.walked.files.push(Entry { path, shown, looks });
        } else if !kind.is_symlink() {
            self.walked.unread.push(not_regular(&shown));
        }
        true
    }

    /// Lists a folder; what cannot be listed of it is told.
    fn enter(&mut self, path: PathBuf, prefix: String, shown: &str) {
        let mut children = Vec::new();
        let listed = fs::read_dir(&path).and_then(|entries| self.list(entries, &prefix, &mut children));
        children.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        // Nearly every folder is none, and the list says so without another question of the system.
        let may_be_git_dir = listed.is_err()
            || path.file_name().is_some_and(|name| name == ".git")
            || children.binary_search_by(|child| child.name.as_os_str().cmp(OsStr::new("HEAD"))).is_ok();
        let is_git_dir = may_be_git_dir && Repository::is_git_dir(&path);
        if is_git_dir {
            self.walked.git_dirs.push(path.clone());
        }
        if let Err(error) = listed {
            self.walked.unread.push(unread(shown, &error));
        }
        self.inside.push(Folder { path, prefix, is_git_dir, children: children.into_iter() });
    }

    /// Adds what lies in an open folder, as far as it can be listed.
    fn list(&mut self, entries: ReadDir, prefix: &str, children: &mut Vec<Child>) -> io::Result<()> {
        for entry in entries {
            let entry = entry?;
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => {
                    let shown = format!("{prefix}{}", path_text(entry.file_name().as_encoded_bytes()));
                    self.walked.unread.push(unread(&shown, &error));
                    continue;
                }
            };
            let asked = self.now.filter(|_| kind.is_file());
            let looks = asked.and_then(|now| looks(&entry.metadata().ok()?, now));
            children.push(Child { name: entry.file_name(), kind, looks });
        }
        Ok(())
    }
}

/// `objects` and `lfs` of a git folder: read by object id, not as files.
fn is_object_store(path: &Path) -> bool {
    path.file_name().is_some_and(is_named_as_store) && path.parent().is_some_and(Repository::is_git_dir)
}

fn is_named_as_store(name: &OsStr) -> bool {
    name == "objects" || name == "lfs"
}

/// The path below the root as people see it; the root itself is its file name.
pub(crate) fn below(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let inner =
        if inner.as_os_str().is_empty() { Path::new(path.file_name().unwrap_or_default()) } else { inner };
    let text = path_text(inner.as_os_str().as_encoded_bytes());
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}
