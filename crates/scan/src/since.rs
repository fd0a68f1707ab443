//! `--since REV`: which commit a revision is in each repository that is scanned, known before anything is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tenure_model::{SinceCommit, path_bytes, visible};

use crate::git::{self, EntryKind, Objects, Oid, Refs, Repository};
use crate::source::{below, walk};
use crate::veil::Veil;

/// A revision, found in every repository below the roots.
#[derive(Debug, Clone)]
pub struct Since {
    revision: String,
    /// By the git folder as the walk meets it.
    starts: BTreeMap<PathBuf, Start>,
    commits: Vec<SinceCommit>,
}

/// Where in a repository the new begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Behind this commit.
    Commit(Oid),
    /// All of it is new: a submodule that the revision did not have.
    Nothing,
    /// The store of a submodule that no work tree has any more, without the revision.
    Unknown,
}

/// The revision cannot be found: one sentence that says where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownRevision(String);

/// A repository whose revision is known.
struct Found {
    /// Its folder: the work tree, or the git folder where there is none.
    folder: PathBuf,
    repository: Repository,
    start: Start,
}

impl Since {
    /// Looks `revision` up in every repository below `roots`, each with its name and path. Nothing but git data is read.
    ///
    /// # Errors
    /// When a root holds no repository, or one of them does not have the revision.
    pub fn resolve(roots: &[(String, PathBuf)], revision: &str) -> Result<Since, UnknownRevision> {
        let mut since = Since { revision: revision.to_owned(), starts: BTreeMap::new(), commits: Vec::new() };
        for (shown, root) in roots {
            let git_dirs = walk(root, None).git_dirs;
            if git_dirs.is_empty() {
                let (revision, shown) = (visible(revision), visible(shown));
                return Err(UnknownRevision(format!(
                    "--since `{revision}`: there is no git repository in {shown}: name the folder that holds `.git`, or scan without --since"
                )));
            }
            since.find_all(shown, root, git_dirs)?;
        }
        Ok(since)
    }

    /// What a report says of it: no name in it shows a value.
    pub fn told(&self, veil: &Veil<'_>) -> tenure_model::Since {
        let mut commits = self.commits.clone();
        for SinceCommit { root, repository, .. } in &mut commits {
            veil.cover(root);
            veil.cover(repository);
        }
        tenure_model::Since { revision: veil.covered(&self.revision), commits }
    }

    /// Where the new begins in the repository at `git_dir`.
    pub(crate) fn start(&self, git_dir: &Path) -> Start {
        self.starts.get(git_dir).copied().unwrap_or(Start::Unknown)
    }

    fn find_all(&mut self, shown: &str, root: &Path, git_dirs: Vec<PathBuf>) -> Result<(), UnknownRevision> {
        let (inner, outer): (Vec<_>, Vec<_>) =
            git_dirs.into_iter().partition(|dir| crate::scanner::is_inside_git_dir(root, dir));
        let first_inner = outer.len();
        let mut found: Vec<Found> = Vec::new();
        let mut met = BTreeSet::new();
        for (nth, git_dir) in outer.into_iter().chain(inner).enumerate() {
            let mut refused = Vec::new();
            let is_leftover = nth >= first_inner;
            let Some(repository) = Repository::open(&git_dir, root, &mut refused) else {
                let why = refused.first().map_or("it cannot be opened", |row| row.detail.as_str());
                let place = below(root, &git_dir);
                return Err(self.refuse(
                    shown,
                    &place,
                    &format!(
                        "cannot be looked up, because {why}: scan the folder that holds the whole repository"
                    ),
                ));
            };
            if is_leftover && met.contains(repository.git_dir()) {
                continue; // The store of a submodule whose work tree was met.
            }
            met.insert(repository.git_dir().to_owned());
            let start = match self.look_up(&found, &repository, &git_dir) {
                Ok(start) => start,
                Err(_) if is_leftover => Start::Unknown,
                Err(why) => return Err(self.refuse(shown, repository.label(), &why)),
            };
            if let Start::Commit(commit) = start {
                let (root, repository) = (shown.to_owned(), repository.label().to_owned());
                self.commits.push(SinceCommit { root, repository, commit: commit.to_string() });
            }
            self.starts.insert(git_dir.clone(), start);
            let folder = repository.work_tree().unwrap_or(&git_dir).to_owned();
            found.push(Found { folder, repository, start });
        }
        Ok(())
    }

    /// A submodule begins where the repository around it had it; any other repository at the revision.
    fn look_up(&self, found: &[Found], repository: &Repository, git_dir: &Path) -> Result<Start, String> {
        let mut unread = Vec::new();
        let objects = Objects::open(repository, &mut unread);
        let folder = repository.work_tree().unwrap_or(git_dir);
        let around = |outer: &&Found| folder != outer.folder && folder.starts_with(&outer.folder);
        let outer = found.iter().filter(around).max_by_key(|outer| outer.folder.components().count());
        if let Some(outer) = outer {
            let path = path_bytes(&below(&outer.folder, folder));
            let there = match outer.start {
                Start::Commit(commit) => {
                    git::entry_at(&Objects::open(&outer.repository, &mut Vec::new()), commit, &path)
                }
                _ => None,
            };
            match there {
                Some((EntryKind::Gitlink, commit)) if objects.find(&commit).is_some() => {
                    return Ok(Start::Commit(commit));
                }
                Some((EntryKind::Gitlink, commit)) => {
                    return Err(format!("had this submodule at {commit}, which is not here: fetch it first"));
                }
                _ if is_submodule_of(repository, &outer.repository) => return Ok(Start::Nothing),
                _ => {}
            }
        }
        let refs = Refs::read(repository, &mut Vec::new());
        let found = git::revision(repository, &objects, &refs, &self.revision).map(Start::Commit);
        let also = unread.first().map(|row| format!(" (not all of its objects can be read: {})", row.detail));
        found.map_err(|why| why + &also.unwrap_or_default())
    }

    fn refuse(&self, shown: &str, place: &str, why: &str) -> UnknownRevision {
        let (revision, place) = (visible(&self.revision), visible(&format!("{shown}/{place}")));
        UnknownRevision(format!("--since `{revision}` cannot be used for the repository {place}: it {why}"))
    }
}

/// A submodule's store lies in that of the repository around it; a linked work tree shares it.
fn is_submodule_of(repository: &Repository, outer: &Repository) -> bool {
    let common = outer.common_dir();
    repository.common_dir() != common && repository.git_dir().starts_with(common)
}
