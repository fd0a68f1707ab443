//! Every blob once, byte for byte as git has it, however it is stored.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::repo::Repo;
use crate::git::{BlobVisitor, Objects, Oid, Op, Repository};

/// Files that change a little from commit to commit, so that git stores them as deltas.
fn history(edits: &[(u8, u8, u16)]) -> Vec<u8> {
    let mut stream = String::new();
    let mut files: Vec<Vec<String>> = (0..4)
        .map(|file| (0..60).map(|line| format!("file {file} line {line} {}", line * 7919)).collect())
        .collect();
    for (at, &(file, line, value)) in edits.iter().enumerate() {
        let file = usize::from(file) % files.len();
        let lines = &mut files[file];
        let line = usize::from(line) % lines.len();
        match value % 3 {
            0 => lines[line] = format!("changed {value}"),
            1 => lines.insert(line, format!("new {value}")),
            _ => lines[line..].reverse(),
        }
        let text = lines.join("\n");
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter First Author <first@example.test> {} +0000\ndata 4\nedit\nM 100644 inline f{file}\ndata {}\n{text}\n",
            1_600_000_000 + at,
            text.len()
        );
    }
    stream.into_bytes()
}

fn check(repo: &mut Repo) -> Result<(), TestCaseError> {
    let expected: HashSet<Oid> =
        repo.all_objects().into_iter().filter(|(_, kind)| kind == "blob").map(|(oid, _)| oid).collect();
    let reading = repo.read();
    prop_assert_eq!(reading.unread.len(), 0, "{:?}", reading.unread);
    prop_assert_eq!(reading.blobs.keys().copied().collect::<HashSet<_>>(), expected);
    for (oid, bytes) in &reading.blobs {
        prop_assert_eq!(
            Oid::of(crate::git::oid::ObjectKind::Blob, bytes),
            Some(*oid),
            "its name says what it holds"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_blob_is_read_once_however_it_is_stored(
        edits in proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u16>()), 1..40),
        depth in 1u8..60,
    ) {
        let mut repo = Repo::new();
        repo.git_with(&["fast-import", "--quiet"], &history(&edits));
        check(&mut repo)?;
        repo.git(&["repack", "-adfq", &format!("--depth={depth}")]);
        check(&mut repo)?;
        repo.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50"]);
        check(&mut repo)?;
        // The same objects again: loose, and in a second pack.
        let pack = std::fs::read(repo.pack()).unwrap();
        std::fs::remove_file(repo.pack().with_extension("idx")).unwrap();
        std::fs::rename(repo.pack(), repo.path("aside")).unwrap();
        repo.git_with(&["unpack-objects", "-q"], &pack);
        std::fs::rename(repo.path("aside"), repo.path(".git/objects/pack/pack-a.pack")).unwrap();
        repo.commit("extra", "one more");
        repo.git(&["repack", "-q"]);
        check(&mut repo)?;
    }
}

#[test]
fn a_pack_without_an_index_is_read_through() {
    let mut repo = Repo::new();
    repo.git_with(&["fast-import", "--quiet"], &history(&[(1, 2, 3), (1, 9, 4), (2, 5, 9), (1, 30, 6)]));
    for offsets in ["true", "false"] {
        repo.git(&["-c", &format!("repack.useDeltaBaseOffset={offsets}"), "repack", "-adfq"]);
        let before = repo.read();
        std::fs::remove_file(repo.pack().with_extension("idx")).unwrap();
        let after = repo.read();
        assert_eq!(after.reasons(), [""; 0]);
        assert_eq!(after.blobs, before.blobs);
        let pack = repo.pack();
        repo.git(&["index-pack", pack.to_str().unwrap()]);
    }
}

struct Wanted(Mutex<Vec<(Oid, bool)>>);

impl BlobVisitor for Wanted {
    type State = ();
    fn whole(&self, oid: &Oid, _: &[u8], wanted: bool) {
        self.0.lock().unwrap().push((*oid, wanted));
    }
    fn delta(&self, oid: &Oid, (): &(), _: &[u8], _: &[Op], wanted: bool) {
        self.0.lock().unwrap().push((*oid, wanted));
    }
}

#[test]
fn what_is_not_wanted_is_visited_only_as_a_base() {
    let mut repo = Repo::new();
    let edits: Vec<(u8, u8, u16)> = (0..40).map(|at| (at % 4, at, u16::from(at) * 3)).collect();
    repo.git_with(&["fast-import", "--quiet"], &history(&edits));
    repo.git(&["repack", "-adfq"]);
    let mut unread = Vec::new();
    let repository = Repository::open(&repo.path(".git"), repo.root(), &mut unread).unwrap();
    let objects = Objects::open(&repository, &mut unread);
    let (cancel, unread) = (AtomicBool::new(false), Mutex::new(unread));
    let all = repo.read().blobs;
    let one = *all.keys().next().unwrap();

    let visits = Wanted(Mutex::default());
    let counts = objects.walk_blobs(&visits, &|oid| *oid == one, &cancel, &unread);
    let visits = visits.0.into_inner().unwrap();
    assert_eq!((counts.read, counts.skipped), (1, all.len() as u64 - 1));
    assert_eq!(visits.iter().filter(|(_, wanted)| *wanted).collect::<Vec<_>>(), [&(one, true)]);
    assert!(visits.len() < all.len(), "trees without a wanted blob are not inflated");

    let none = Wanted(Mutex::default());
    objects.walk_blobs(&none, &|_| false, &cancel, &unread);
    assert!(none.0.into_inner().unwrap().is_empty());

    cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let counts = objects.walk_blobs(&Wanted(Mutex::default()), &|_| true, &cancel, &unread);
    assert!(counts.cancelled);
    assert_eq!(unread.into_inner().unwrap(), [], "a walk that was stopped has lost nothing");
}

#[test]
fn one_blob_is_read_by_name() {
    let mut repo = Repo::new();
    let edits: Vec<(u8, u8, u16)> = (0..20).map(|at| (0, at, u16::from(at) * 3)).collect();
    repo.git_with(&["fast-import", "--quiet"], &history(&edits));
    repo.git(&["repack", "-adfq"]);
    let reading = repo.read();
    let objects = Objects::open(&reading.repository, &mut Vec::new());
    for (oid, bytes) in &reading.blobs {
        assert_eq!(objects.read_blob(oid).as_ref(), Some(bytes));
    }
    let commit = reading.messages.keys().next().unwrap();
    assert_eq!(objects.read_blob(commit), None, "a commit is no blob");
}
