//! The embedded default: what it writes, what it refuses to touch, and what it takes away again.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

use std::path::Path;

use tenure_broker::{Broker, Connection, Keys, Proposal, Work};
use tenure_model::{Artifact, EvidenceLevel, HandoffPlan, Intent, Receipt, StepState};

const NOW: &str = "2026-01-02T03:04:05Z";

fn broker(folder: &Path) -> Box<dyn Broker> {
    let connection = Connection {
        name: "review".to_owned(),
        kind: "files".to_owned(),
        address: folder.display().to_string(),
        namespace: None,
    };
    tenure_broker::open(connection, None).unwrap()
}

fn artifact(path: &str, content: &str) -> Artifact {
    Artifact { path: path.to_owned(), kind: "notes".to_owned(), content: content.to_owned() }
}

async fn plan(broker: &dyn Broker, artifacts: &[Artifact]) -> Result<HandoffPlan, String> {
    let intent = Intent::default();
    let snapshot = broker.snapshot("m1", &intent).await.unwrap();
    let proposal =
        Proposal { migration_id: "m1", identity_id: "i1", intent: &intent, snapshot: &snapshot, artifacts };
    broker.plan(&proposal).map_err(|error| error.to_string())
}

/// Everything that a step needs to know, for one run without secrets.
fn work<'a>(plan: &'a HandoffPlan, receipts: &'a [Receipt], keys: &'a Keys) -> Work<'a> {
    Work { plan, receipts, resumed: false, keys, now: NOW.parse().unwrap() }
}

async fn apply_all(broker: &dyn Broker, plan: &HandoffPlan) -> Vec<Receipt> {
    let keys = Keys::default();
    let mut receipts = Vec::new();
    for step in &plan.steps {
        let receipt = broker.apply(&work(plan, &receipts, &keys), step).await.unwrap();
        receipts.push(receipt);
    }
    receipts
}

fn states(receipts: &[Receipt]) -> Vec<StepState> {
    receipts.iter().map(|receipt| receipt.state).collect()
}

/// Every file below a folder, as paths relative to it.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn writes_for_review_once_and_takes_away_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    let plan = plan(&*broker, &[artifact("aws/trust.json", "{}\n"), artifact("workflow.patch", "--- a\n")])
        .await
        .unwrap();

    let receipts = apply_all(&*broker, &plan).await;
    assert_eq!(states(&receipts), [StepState::Done, StepState::Done]);
    assert_eq!(tree(folder.path()), ["tenure-m1/aws/trust.json", "tenure-m1/workflow.patch"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("tenure-m1/workflow.patch")).unwrap(), "--- a\n");

    assert_eq!(states(&apply_all(&*broker, &plan).await), [StepState::AlreadyThere, StepState::AlreadyThere]);
    let keys = Keys::default();
    let after = work(&plan, &receipts, &keys);
    assert_eq!(broker.drift(&after).await.unwrap(), Vec::<String>::new());
    assert!(broker.verify(&after).await.unwrap().iter().all(|proof| proof.holds));
    let proofs = broker.prove(&after, EvidenceLevel::E4).await.unwrap();
    assert!(!tenure_broker::is_proven(&proofs), "files prove nothing about a target");

    for step in plan.steps.iter().rev() {
        assert_eq!(broker.rollback(&after, step).await.unwrap().state, StepState::Undone);
        assert_eq!(broker.rollback(&after, step).await.unwrap().state, StepState::Undone, "twice is fine");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn never_touches_what_someone_else_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    let plan =
        plan(&*broker, &[artifact("notes.md", "ours"), artifact("other.md", "ours too")]).await.unwrap();
    let theirs = folder.path().join("tenure-m1/notes.md");
    std::fs::create_dir(folder.path().join("tenure-m1")).unwrap();
    std::fs::write(&theirs, "theirs").unwrap();

    let receipts = apply_all(&*broker, &plan).await;
    assert_eq!(states(&receipts), [StepState::Conflict, StepState::Done]);
    let keys = Keys::default();
    let after = work(&plan, &receipts, &keys);
    assert_eq!(broker.drift(&after).await.unwrap().len(), 1);
    assert_eq!(broker.rollback(&after, &plan.steps[0]).await.unwrap().state, StepState::Conflict);
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");

    std::fs::write(folder.path().join("tenure-m1/other.md"), "edited in review").unwrap();
    assert_eq!(broker.rollback(&after, &plan.steps[1]).await.unwrap().state, StepState::Conflict);
    assert_eq!(tree(folder.path()), ["tenure-m1/notes.md", "tenure-m1/other.md"]);
}

#[tokio::test]
async fn an_interrupted_attempt_leaves_no_draft_behind() {
    let folder = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    let plan = plan(&*broker, &[artifact("notes.md", "ours")]).await.unwrap();
    std::fs::create_dir(folder.path().join("tenure-m1")).unwrap();
    std::fs::write(folder.path().join("tenure-m1/.tenure-draft-x1"), "ou").unwrap();

    let keys = Keys::default();
    let mut again = work(&plan, &[], &keys);
    again.resumed = true;
    assert_eq!(broker.apply(&again, &plan.steps[0]).await.unwrap().state, StepState::Done);
    assert_eq!(tree(folder.path()), ["tenure-m1/notes.md"]);
}

#[tokio::test]
async fn a_path_that_leaves_the_folder_is_never_planned() {
    let folder = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    for bad in [
        "../x",
        "/etc/x",
        "a/../../x",
        "",
        ".",
        "a//b",
        "a\\b",
        "C:x",
        "a\nb",
        "a/",
        "./a",
        "a/..",
        "a.",
        "con*",
    ] {
        assert!(plan(&*broker, &[artifact(bad, "x")]).await.is_err(), "{bad:?}");
    }
    assert!(
        plan(&*broker, &[artifact("a", "x"), artifact("A", "y")]).await.is_err(),
        "one file on some systems"
    );
    assert!(plan(&*broker, &[artifact("a", &"x".repeat(2 << 20))]).await.is_err(), "too large");
    assert!(plan(&*broker, &[]).await.is_err(), "nothing to write");
}

#[tokio::test]
async fn a_plan_that_was_changed_after_it_was_made_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    let mut plan = plan(&*broker, &[artifact("notes.md", "ours")]).await.unwrap();
    let keys = Keys::default();

    plan.artifacts[0].content = "swapped".to_owned();
    assert!(broker.apply(&work(&plan, &[], &keys), &plan.steps[0]).await.is_err());
    plan.artifacts[0] = artifact("../escaped", "ours");
    plan.steps[0].body["path"] = "../escaped".into();
    assert!(broker.apply(&work(&plan, &[], &keys), &plan.steps[0]).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(!folder.path().parent().unwrap().join("escaped").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_way_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let broker = broker(folder.path());
    let plan = plan(&*broker, &[artifact("a/notes.md", "ours")]).await.unwrap();
    std::fs::create_dir(folder.path().join("tenure-m1")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("tenure-m1/a")).unwrap();

    let keys = Keys::default();
    assert!(broker.apply(&work(&plan, &[], &keys), &plan.steps[0]).await.is_err());
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_kind_is_refused_with_the_kinds_there_are() {
    let connection = Connection {
        name: "x".to_owned(),
        kind: "teleport".to_owned(),
        address: "https://x.example.test".to_owned(),
        namespace: None,
    };
    let said = tenure_broker::open(connection.clone(), None).err().unwrap().to_string();
    for kind in tenure_broker::kinds() {
        assert!(said.contains(kind.name), "{said}");
    }
    let without_token = Connection { kind: "openbao".to_owned(), ..connection };
    assert!(tenure_broker::open(without_token, None).err().unwrap().to_string().contains("BAO_TOKEN"));
}
