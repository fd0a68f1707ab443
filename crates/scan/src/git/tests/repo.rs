//! A repository made for one test, and what a scan reads from it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;
use tenure_model::{Fate, Unread};

use crate::git::walk::WalkCounts;
use crate::git::{BlobVisitor, Commits, History, Objects, Oid, Op, Repository, Sighting};

/// A repository in a folder of its own; nothing of the machine's configuration reaches it.
pub(super) struct Repo {
    folder: TempDir,
    clock: u32,
}

impl Repo {
    pub(super) fn new() -> Self {
        Self::with(&["init", "-q", "-b", "main", "work"])
    }

    /// A repository made by another command than the usual one; it must make the folder `work`.
    pub(super) fn with(command: &[&str]) -> Self {
        let mut repo = Self { folder: TempDir::new().unwrap(), clock: 0 };
        fs::create_dir(repo.root().join("elsewhere")).unwrap();
        repo.run_in("", command, b"");
        repo
    }

    /// What is scanned: the folder above the work tree.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root().join("work").join(below)
    }

    /// Runs git in the work tree; each call is a day later than the one before.
    pub(super) fn git(&mut self, arguments: &[&str]) -> String {
        self.run_in("work", arguments, b"")
    }

    pub(super) fn git_with(&mut self, arguments: &[&str], input: &[u8]) -> String {
        self.run_in("work", arguments, input)
    }

    pub(super) fn run_in(&mut self, below: &str, arguments: &[&str], input: &[u8]) -> String {
        String::from_utf8(self.bytes_in(below, arguments, input)).unwrap().trim_end().to_owned()
    }

    pub(super) fn bytes_in(&mut self, below: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        self.clock += 1;
        let date = format!("{} +0000", 1_600_000_000 + self.clock * 86_400);
        let mut child = Command::new("git")
            .current_dir(self.root().join(below))
            .args([
                "-c",
                "user.name=First Author",
                "-c",
                "user.email=first@example.test",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.root())
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env_remove("GIT_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().ok();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file and commits everything; the answer is the commit.
    pub(super) fn commit(&mut self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.commit_all(&format!("Change {path}"))
    }

    pub(super) fn commit_all(&mut self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The name that a text has as a blob.
    pub(super) fn blob(&mut self, text: &str) -> Oid {
        oid(&self.git_with(&["hash-object", "--stdin"], text.as_bytes()))
    }

    /// The only pack.
    pub(super) fn pack(&self) -> PathBuf {
        let mut packs: Vec<PathBuf> = fs::read_dir(self.path(".git/objects/pack"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "pack"))
            .collect();
        assert_eq!(packs.len(), 1);
        packs.remove(0)
    }

    pub(super) fn read(&self) -> Reading {
        Reading::of(&self.path(".git"), self.root())
    }

    /// All objects as git itself sees them: name, kind.
    pub(super) fn all_objects(&mut self) -> BTreeMap<Oid, String> {
        let list =
            self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        list.lines().map(|line| (oid(&line[..40]), line[41..].to_owned())).collect()
    }
}

pub(super) fn oid(hex: &str) -> Oid {
    Oid::from_hex(hex.as_bytes()).unwrap()
}

/// Makes a file that git wrote read-only writable, and changes its bytes.
pub(super) fn tamper(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Everything that a scan learns about a repository, with every blob taken for a hit.
pub(super) struct Reading {
    pub(super) repository: Repository,
    pub(super) blobs: BTreeMap<Oid, Vec<u8>>,
    pub(super) messages: BTreeMap<Oid, Vec<u8>>,
    pub(super) counts: WalkCounts,
    pub(super) sightings: Vec<Sighting>,
    pub(super) unread: Vec<Unread>,
}

impl Reading {
    pub(super) fn of(git_dir: &Path, root: &Path) -> Self {
        Self::with_hits(git_dir, root, &[])
    }

    /// `more` are hits that may not be blobs, or not exist.
    pub(super) fn with_hits(git_dir: &Path, root: &Path, more: &[Oid]) -> Self {
        let mut unread = Vec::new();
        let repository = Repository::open(git_dir, root, &mut unread).expect("the repository opens");
        let objects = Objects::open(&repository, &mut unread);
        let unread = Mutex::new(unread);
        let cancel = AtomicBool::new(false);
        let blobs = Collect(Mutex::default());
        let counts = objects.walk_blobs(&blobs, &|_| true, &cancel, &unread);
        let blobs = blobs.0.into_inner().unwrap();
        let messages = Mutex::new(BTreeMap::new());
        let keep = |oid: &Oid, _, bytes: &[u8]| {
            messages.lock().unwrap().insert(*oid, bytes.to_vec());
        };
        let commits = Commits::read(&objects, &keep, &cancel, &unread);
        let hits: HashSet<Oid> = blobs.keys().chain(more).copied().collect();
        let history = History::read(&repository, &objects, &commits, &hits, &cancel, &unread);
        let sightings = history.attribute(&unread).sightings;
        for hit in &hits {
            assert!(sightings.iter().any(|sighting| sighting.blob == *hit), "{hit} has no sighting");
        }
        for sighting in &sightings {
            assert!(hits.contains(&sighting.blob), "{sighting:?} is of no hit");
        }
        let (messages, unread) = (messages.into_inner().unwrap(), unread.into_inner().unwrap());
        assert_eq!(counts.objects, counts.read + counts.skipped + counts.lost);
        Self { blobs, messages, counts, sightings, unread, repository }
    }

    pub(super) fn reasons(&self) -> Vec<&str> {
        self.unread.iter().map(|row| row.reason.as_str()).collect()
    }

    /// Path, fate and introducing commit of every sighting of a text.
    pub(super) fn places(&self, blob: Oid) -> Vec<(String, Fate, Option<String>)> {
        let of = self.sightings.iter().filter(|sighting| sighting.blob == blob);
        of.map(|sighting| {
            let commit = sighting.introduction.as_ref().map(|introduction| introduction.commit.clone());
            (tenure_model::path_text(&sighting.path), sighting.fate, commit)
        })
        .collect()
    }
}

/// Keeps every blob, and checks that each comes once and that its steps make it.
struct Collect(Mutex<BTreeMap<Oid, Vec<u8>>>);

impl BlobVisitor for Collect {
    type State = Vec<u8>;

    fn whole(&self, oid: &Oid, bytes: &[u8], wanted: bool) -> Vec<u8> {
        if wanted {
            assert!(self.0.lock().unwrap().insert(*oid, bytes.to_vec()).is_none(), "{oid} came twice");
        }
        bytes.to_vec()
    }

    fn delta(&self, oid: &Oid, base: &Vec<u8>, bytes: &[u8], ops: &[Op], wanted: bool) -> Vec<u8> {
        let mut made = Vec::new();
        for op in ops {
            match *op {
                Op::Copy { from, len } => made.extend_from_slice(&base[from as usize..(from + len) as usize]),
                Op::Insert { len } => made.extend_from_slice(&bytes[made.len()..made.len() + len as usize]),
            }
        }
        assert_eq!(made, bytes, "the steps of {oid} make it");
        self.whole(oid, bytes, wanted)
    }
}
