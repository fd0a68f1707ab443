//! What is new since a revision, in repositories that nobody would make by hand.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tenure_model::Unread;

use super::repo::{Repo, oid};
use crate::git::{Commits, Newer, Objects, Oid, Repository, files_of, newer};

/// What is new in a repository since a commit, and what was not read.
fn since(repo: &Repo, commit: &str) -> (Newer, Vec<Unread>) {
    let mut unread = Vec::new();
    let repository = Repository::open(&repo.path(".git"), repo.root(), &mut unread).unwrap();
    let objects = Objects::open(&repository, &mut unread);
    let commits = Commits::read(&objects, &|_, _, _| {}, &AtomicBool::new(false), &Mutex::default());
    let files = files_of(&repository, &objects, oid(commit), &mut unread);
    let new = newer(&repository, &objects, &commits, (Some(oid(commit)), &files), &mut unread);
    (new, unread)
}

/// An entry of a folder in git's form.
fn entry(mode: &str, name: &str, oid: Oid) -> Vec<u8> {
    [format!("{mode} {name}\0").as_bytes(), oid.0.as_slice()].concat()
}

/// Commits a folder with these bytes on top of HEAD.
fn commit_folder(repo: &mut Repo, bytes: &[u8]) {
    let tree = repo.git_with(&["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], bytes);
    let commit = repo.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "Odd"]);
    repo.git(&["update-ref", "HEAD", &commit]);
}

#[test]
fn only_what_no_parent_had_at_its_path_is_new() {
    let mut repo = Repo::new();
    let first = repo.commit("a/old.txt", "old");
    repo.commit("a/new.txt", "new");
    repo.commit("b/copy.txt", "old");
    let (new, unread) = since(&repo, &first);
    let mut paths: Vec<&[u8]> = new.places.iter().map(|place| place.path.as_slice()).collect();
    paths.sort_unstable();
    assert_eq!(paths, [b"a/new.txt".as_slice(), b"b/copy.txt"]);
    assert_eq!((new.commits.len(), unread), (2, Vec::new()));
}

#[test]
fn a_name_that_stands_twice_in_a_folder_hides_nothing() {
    let mut repo = Repo::new();
    let first = repo.commit("a.txt", "plain");
    let (plain, hidden) = (repo.blob("plain"), repo.blob("hidden"));
    repo.git_with(&["hash-object", "-w", "--stdin"], b"hidden");
    let twice = [entry("100644", "a.txt", hidden), entry("100644", "a.txt", plain)].concat();
    commit_folder(&mut repo, &twice);
    let (new, _) = since(&repo, &first);
    assert!(new.places.iter().any(|place| place.blob == hidden), "{:?}", new.places);
    // Nor does a mode that lies.
    commit_folder(&mut repo, &entry("40000", "folder", hidden));
    let (new, _) = since(&repo, &first);
    assert!(new.places.iter().any(|place| place.path == b"folder" && place.blob == hidden));
}

#[test]
fn what_is_new_and_not_here_or_broken_is_said() {
    let mut repo = Repo::new();
    let first = repo.commit("a.txt", "plain");
    let absent = oid("1111111111111111111111111111111111111111");
    commit_folder(
        &mut repo,
        &[entry("100644", "a", absent), entry("40000", "b", absent), b"100644 cut".to_vec()].concat(),
    );
    let (_, unread) = since(&repo, &first);
    let mut reasons: Vec<&str> = unread.iter().map(|row| row.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["object_malformed", "object_missing"]);
    assert!(unread.iter().any(|row| row.detail.starts_with("2 objects")), "{unread:?}");
}
