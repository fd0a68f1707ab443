//! A search that stops on one input costs that input and nothing else, wherever it stops.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tenure_model::{FingerprintKey, Observation, ReadState};

use super::repo::Repo;
use crate::cache::NoCache;
use crate::engine::Engine;
use crate::rules::RuleSet;
use crate::scanner::{Progress, ScanOutcome, ScanRequest, Sink, scan};
use crate::source::Exclusions;

/// Bytes on which the engine of these tests stops.
const FAULT: &str = "bytes that stop a search";

#[derive(Default)]
struct Told(Mutex<Vec<Observation>>);

impl Sink for Told {
    fn observe(&self, observation: Observation) {
        self.0.lock().unwrap().push(observation);
    }

    fn progress(&self, _: &Progress<'_>) {}
}

impl Told {
    /// Paths of findings, in order.
    fn findings(&self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter_map(|told| match told {
                Observation::Finding(finding, _) => Some(finding.place.path.clone()),
                _ => None,
            })
            .collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Paths that were not read, with the reason, in order.
    fn unread(&self) -> Vec<(String, String)> {
        let mut rows: Vec<_> = self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter_map(|told| match told {
                Observation::Unread(row) => {
                    assert_eq!(row.state, ReadState::Failed, "{row:?}");
                    Some((row.path.clone(), row.reason.clone()))
                }
                _ => None,
            })
            .collect();
        rows.sort();
        rows
    }
}

fn scanned(repo: &Repo, below: &str, history: bool) -> (Told, ScanOutcome) {
    let mut engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([7; 32]));
    engine.stops_on = Some(FAULT.as_bytes());
    let request = ScanRequest {
        roots: vec![("root".to_owned(), repo.root().join(below))],
        history,
        since: None,
        engine,
        exclude: Exclusions::default(),
        terms: None,
    };
    let told = Told::default();
    let outcome = scan(request, &NoCache, &told, &AtomicBool::new(false));
    (told, outcome)
}

fn row(path: &str) -> (String, String) {
    (path.to_owned(), "search_failed".to_owned())
}

fn secret(n: usize) -> String {
    format!("password = \"qZ8vR2mK{n}xT5wLp\"\n")
}

fn write(repo: &Repo, name: &str, text: &str) {
    let path: PathBuf = repo.path(name);
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_file_that_stops_the_search_is_unread_and_its_neighbours_are_searched() {
    let repo = Repo::new();
    write(&repo, "a.conf", &secret(1));
    write(&repo, "b.conf", &(secret(2) + FAULT));
    write(&repo, "c.conf", &secret(3));
    let (told, outcome) = scanned(&repo, "work", false);
    assert_eq!(told.findings(), ["a.conf", "c.conf"]);
    assert_eq!(told.unread(), [row("b.conf")]);
    assert!(!outcome.complete);
}

#[test]
fn a_blob_that_stops_the_search_is_unread_and_what_is_made_from_it_is_searched() {
    let mut repo = Repo::new();
    let filler: String = (0..200).map(|n| format!("# line {n} of a file that is long enough\n")).collect();
    // Each is stored as a delta of another, whichever git takes as the whole one.
    for (n, name) in ["a.conf", "b.conf", "c.conf"].iter().enumerate() {
        let fault = if n == 1 { FAULT } else { "" };
        write(&repo, name, &format!("{filler}{}{fault}\n", secret(n)));
    }
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", "all of them"]);
    repo.git(&["rm", "-q", "a.conf", "b.conf", "c.conf"]);
    repo.git(&["commit", "-qm", "none of them"]);
    repo.git(&["repack", "-qadf"]);
    let told = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(deltabase)"];
    let deltas = repo
        .git(&told)
        .lines()
        .filter(|line| line.starts_with("blob") && !line.ends_with(&"0".repeat(40)))
        .count();
    assert_eq!(deltas, 2, "one of them is whole");
    let (told, outcome) = scanned(&repo, "work", true);
    assert_eq!(told.findings(), ["a.conf", "c.conf"]);
    assert_eq!(told.unread(), [row("b.conf")]);
    assert!(!outcome.complete);
}

#[test]
fn a_message_that_stops_the_search_is_unread() {
    let mut repo = Repo::new();
    write(&repo, "a.conf", &secret(1));
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", FAULT]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let (told, outcome) = scanned(&repo, "work", true);
    assert_eq!(told.findings(), ["a.conf"]);
    let unread: Vec<_> = told.unread();
    assert!(unread.contains(&row(&format!(".git/messages/{commit}"))), "{unread:?}");
    assert!(!outcome.complete);
}

#[test]
fn a_member_that_stops_the_search_is_unread_and_its_neighbours_are_searched() {
    let mut repo = Repo::new();
    write(&repo, "a.conf", &secret(1));
    write(&repo, "b.conf", &(secret(2) + FAULT));
    write(&repo, "c.conf", &secret(3));
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", "all of them"]);
    repo.git(&["archive", "--format=tar.gz", "--output=../elsewhere/all.tar.gz", "HEAD"]);
    let (told, outcome) = scanned(&repo, "elsewhere", false);
    assert_eq!(told.findings(), ["all.tar.gz!/a.conf", "all.tar.gz!/c.conf"]);
    assert!(told.unread().contains(&row("all.tar.gz!/b.conf")), "{:?}", told.unread());
    assert!(!outcome.complete);
}
