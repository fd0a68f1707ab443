//! Names of objects: branches, tags, HEADs, stashes, reflogs. Read as files; no ref is resolved by running anything.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tenure_model::{ReadState, Unread, path_text};

use super::fence::Refusal;
use super::oid::{OID_BYTES, Oid};
use super::repository::{Repository, bytes_path};

/// Names of one repository.
const TIPS_MAX: usize = 1_000_000;
/// Bytes of one ref, which holds an id or another name.
const REF_BYTES_MAX: u64 = 4 << 10;
/// Bytes of one list of refs or one reflog.
const LIST_BYTES_MAX: u64 = 512 << 20;
/// How far a name that names a name is followed, as in git.
const SYMREF_DEPTH_MAX: usize = 5;
/// Broken refs named in rows; the rest is counted.
const BROKEN_ROWS_MAX: usize = 10;

/// How an object is named, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reach {
    /// A branch, tag, remote, note or HEAD.
    Named,
    /// The stash and its older entries.
    Stash,
    /// A reflog, or what an operation such as merge or fetch left behind.
    Reflog,
}

/// One name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tip {
    /// How it names.
    pub(crate) reach: Reach,
    /// What it names.
    pub(crate) oid: Oid,
    /// `refs/tags/v1`, `HEAD`, `logs/HEAD`.
    pub(crate) name: String,
}

/// All names of a repository.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    /// What HEAD leads to.
    pub(crate) head: Option<Oid>,
    /// All names, the strongest first.
    pub(crate) tips: Vec<Tip>,
    broken: Vec<String>,
    capped: bool,
}

/// Files of a git folder whose lines begin with an id, beside all `*_HEAD`.
const LEFT_BEHIND: &[&str] = &[
    "AUTO_MERGE",
    "MERGE_AUTOSTASH",
    "rebase-merge/autostash",
    "rebase-merge/onto",
    "rebase-merge/orig-head",
    "rebase-merge/stopped-sha",
    "rebase-apply/autostash",
    "rebase-apply/onto",
    "rebase-apply/orig-head",
    "rebase-apply/original-commit",
    "sequencer/head",
];

/// Refs that each linked work tree has for itself.
const OF_ONE_WORK_TREE: &[&str] = &["refs/bisect/", "refs/worktree/", "refs/rewritten/"];

impl Refs {
    /// Reads all names. A ref that makes no sense becomes a row.
    pub(crate) fn read(repository: &Repository, unread: &mut Vec<Unread>) -> Self {
        let mut refs = Self::default();
        if repository.has_foreign_objects() {
            return refs; // Its ids have another length; said when the repository was opened.
        }
        let common = repository.common_dir();
        refs.files(repository, &common.join("refs"), "refs", Kind::Ref);
        refs.packed(repository, unread);
        refs.files(repository, &common.join("logs"), "logs", Kind::Log);
        refs.git_dir(repository, repository.git_dir(), "");
        if repository.git_dir() != common {
            refs.git_dir(repository, common, "");
        }
        for (path, name) in folders(repository, &common.join("worktrees")) {
            refs.git_dir(repository, &path, &format!("worktrees/{name}/"));
            refs.files(repository, &path.join("refs"), "refs", Kind::Ref);
            refs.files(repository, &path.join("logs"), "logs", Kind::Log);
        }
        if !repository.has_foreign_refs() {
            refs.head = refs.resolve_head(repository);
        }
        refs.tips.sort_by(|a, b| (a.reach, &a.name, a.oid).cmp(&(b.reach, &b.name, b.oid)));
        refs.tips.dedup();
        refs.report(repository, unread);
        refs
    }

    fn report(&mut self, repository: &Repository, unread: &mut Vec<Unread>) {
        self.broken.sort();
        self.broken.dedup();
        for name in self.broken.iter().take(BROKEN_ROWS_MAX) {
            let detail = "the ref holds neither an object's id nor another ref's name".to_owned();
            unread.push(repository.row(name, ReadState::Failed, "ref_damaged", detail));
        }
        if let Some(more) = self.broken.len().checked_sub(BROKEN_ROWS_MAX).filter(|more| *more > 0) {
            let detail = format!("{more} further refs make no sense");
            unread.push(repository.row("refs", ReadState::Failed, "ref_damaged", detail));
        }
        if self.capped {
            let detail = "there are more refs and reflog entries than a scan reads".to_owned();
            unread.push(repository.row("refs", ReadState::Partial, "too_many_refs", detail));
        }
    }

    fn push(&mut self, reach: Reach, oid: Oid, name: &str) {
        if oid.0 == [0; OID_BYTES] {
            return;
        }
        if self.tips.len() >= TIPS_MAX {
            self.capped = true;
            return;
        }
        self.tips.push(Tip { reach, oid, name: name.to_owned() });
    }

    fn packed(&mut self, repository: &Repository, unread: &mut Vec<Unread>) {
        match repository.fence().read(&repository.common_dir().join("packed-refs"), LIST_BYTES_MAX) {
            Ok(bytes) => {
                // A ref's own file is newer than the list.
                let newer: HashSet<String> = self.tips.iter().map(|tip| tip.name.clone()).collect();
                for line in bytes.split(|&byte| byte == b'\n') {
                    if let Some((oid, name)) = packed_ref(line) {
                        let name = path_text(name);
                        if !newer.contains(&name) {
                            self.push(reach_of(&name), oid, &name);
                        }
                    } else if !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"^") {
                        self.broken.push("packed-refs".to_owned());
                    }
                }
            }
            Err(Refusal::Missing) => {}
            Err(refusal) => {
                let detail = format!("the list of refs {}", refusal.words());
                unread.push(repository.row("packed-refs", ReadState::Skipped, refusal.reason(), detail));
            }
        }
    }

    /// Reads every file below a folder, as refs or as reflogs.
    fn files(&mut self, repository: &Repository, folder: &Path, name: &str, kind: Kind) {
        let mut waiting = match repository.fence().folder(folder) {
            Ok(folder) => vec![(folder, name.to_owned())],
            Err(Refusal::Missing) => Vec::new(),
            Err(_) => return self.broken.push(name.to_owned()),
        };
        while let Some((folder, name)) = waiting.pop() {
            if self.capped {
                return;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let name = format!("{name}/{}", path_text(entry.file_name().as_encoded_bytes()));
                match entry.file_type() {
                    Ok(file_type) if file_type.is_dir() => waiting.push((entry.path(), name)),
                    Ok(_) if name.ends_with(".lock") => {}
                    Ok(_) if kind == Kind::Ref => {
                        self.file(repository, &entry.path(), &name, reach_of(&name));
                    }
                    Ok(_) => self.log(repository, &entry.path(), &name),
                    Err(_) => self.broken.push(name),
                }
            }
        }
    }

    /// One file with an id or another name.
    fn file(&mut self, repository: &Repository, path: &Path, name: &str, reach: Reach) {
        match repository.fence().read(path, REF_BYTES_MAX).map(|bytes| pointer(&bytes)) {
            Ok(Some(Pointer::To(oid))) => self.push(reach, oid, name),
            Ok(Some(Pointer::Name(_))) => {} // What it leads to is in the list itself.
            Err(Refusal::Missing) => {}
            Ok(None) if repository.has_foreign_refs() => {}
            Ok(None) | Err(_) => self.broken.push(name.to_owned()),
        }
    }

    /// One reflog: every line has the id before and the id after.
    fn log(&mut self, repository: &Repository, path: &Path, name: &str) {
        let reach = if name == "logs/refs/stash" { Reach::Stash } else { Reach::Reflog };
        let Ok(bytes) = repository.fence().read(path, LIST_BYTES_MAX) else {
            self.broken.push(name.to_owned());
            return;
        };
        for line in bytes.split(|&byte| byte == b'\n') {
            for hex in line.splitn(3, |&byte| byte == b' ').take(2) {
                if let Some(oid) = Oid::from_hex(hex) {
                    self.push(reach, oid, name);
                }
            }
        }
    }

    /// HEAD and what operations left behind in one git folder.
    fn git_dir(&mut self, repository: &Repository, folder: &Path, name: &str) {
        self.file(repository, &folder.join("HEAD"), &format!("{name}HEAD"), Reach::Named);
        let mut left: Vec<String> = LEFT_BEHIND.iter().map(|&file| file.to_owned()).collect();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            if file_name.ends_with("_HEAD") {
                left.push(file_name);
            }
        }
        for file in left {
            let path = folder.join(bytes_path(file.as_bytes()));
            let Ok(bytes) = repository.fence().read(&path, LIST_BYTES_MAX) else { continue };
            for line in bytes.split(|&byte| byte == b'\n') {
                if let Some(oid) = line.get(..OID_BYTES * 2).and_then(Oid::from_hex) {
                    self.push(Reach::Reflog, oid, &format!("{name}{file}"));
                }
            }
        }
    }

    fn resolve_head(&mut self, repository: &Repository) -> Option<Oid> {
        let mut path = repository.git_dir().join("HEAD");
        let mut name = "HEAD".to_owned();
        for _ in 0..=SYMREF_DEPTH_MAX {
            match repository.fence().read(&path, REF_BYTES_MAX).map(|bytes| pointer(&bytes)) {
                Ok(Some(Pointer::To(oid))) => return Some(oid),
                Ok(Some(Pointer::Name(next))) => {
                    name = path_text(&next);
                    path = repository.common_dir().join(bytes_path(&next));
                }
                Err(Refusal::Missing) if name == "HEAD" => break,
                // Packed, or a branch without a first commit.
                Err(Refusal::Missing | Refusal::WrongKind | Refusal::Denied) => {
                    return self.tips.iter().find(|tip| tip.name == name).map(|tip| tip.oid);
                }
                Ok(None) | Err(_) => break,
            }
        }
        self.broken.push("HEAD".to_owned());
        None
    }

    /// What a whole name (`HEAD`, `FETCH_HEAD`, `refs/remotes/origin/HEAD`) leads to, through names that name names.
    pub(crate) fn find(&self, repository: &Repository, name: &str) -> Option<Oid> {
        let mut name = name.to_owned();
        for _ in 0..=SYMREF_DEPTH_MAX {
            if !is_inside(name.as_bytes()) {
                return None;
            }
            let own = !name.starts_with("refs/") || OF_ONE_WORK_TREE.iter().any(|of| name.starts_with(of));
            let folder = if own { repository.git_dir() } else { repository.common_dir() };
            let path = repository.fence().resolve(&folder.join(bytes_path(name.as_bytes())));
            let read = path.and_then(|path| repository.fence().read(&path, REF_BYTES_MAX));
            match read.map(|bytes| pointer(&bytes)) {
                Ok(Some(Pointer::To(oid))) => return Some(oid),
                Ok(Some(Pointer::Name(next))) => name = path_text(&next),
                _ => return self.tips.iter().find(|tip| tip.name == name).map(|tip| tip.oid),
            }
        }
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ref,
    Log,
}

fn reach_of(name: &str) -> Reach {
    if name == "refs/stash" { Reach::Stash } else { Reach::Named }
}

enum Pointer {
    To(Oid),
    Name(Vec<u8>),
}

/// `ref: refs/heads/main`, or an id. A name that climbs out of the repository is none.
fn pointer(bytes: &[u8]) -> Option<Pointer> {
    let text = bytes.trim_ascii();
    if let Some(name) = text.strip_prefix(b"ref:") {
        let name = name.trim_ascii();
        return is_inside(name).then(|| Pointer::Name(name.to_vec()));
    }
    text.split(u8::is_ascii_whitespace).next().and_then(Oid::from_hex).map(Pointer::To)
}

/// Whether a name stays inside of its folder.
fn is_inside(name: &[u8]) -> bool {
    let is_part = |part: &[u8]| !part.is_empty() && part != b".." && part != b".";
    !name.is_empty() && !name.contains(&0) && name.split(|&byte| byte == b'/').all(is_part)
}

fn packed_ref(line: &[u8]) -> Option<(Oid, &[u8])> {
    let oid = Oid::from_hex(line.get(..OID_BYTES * 2)?)?;
    let name = line.get(OID_BYTES * 2..)?.strip_prefix(b" ")?.trim_ascii_end();
    (!name.is_empty()).then_some((oid, name))
}

fn folders(repository: &Repository, path: &Path) -> Vec<(PathBuf, String)> {
    let Ok(resolved) = repository.fence().folder(path) else { return Vec::new() };
    let entries = fs::read_dir(resolved).into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, String)> = entries
        .filter(|entry| entry.file_type().is_ok_and(|file_type| file_type.is_dir()))
        .map(|entry| (entry.path(), path_text(entry.file_name().as_encoded_bytes())))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_an_id_or_a_name_inside() {
        assert!(
            matches!(pointer(b"ref: refs/heads/main\n"), Some(Pointer::Name(name)) if name == b"refs/heads/main")
        );
        assert!(matches!(pointer(b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n"), Some(Pointer::To(_))));
        for bad in [
            &b"ref: ../../etc/passwd"[..],
            b"ref: /etc/passwd",
            b"ref:",
            b"",
            b"nonsense",
            b"ref: a//b",
            b"ref: a\0b",
        ] {
            assert!(pointer(bad).is_none());
        }
    }
}
