//! What a scan writes, what the next one keeps, what is gone.

use tenure_inventory::{Inventory, Reach, ScanEnd, ScanStart};
use tenure_model::{Fate, Finding, Observation, ReadState, Unread};

use crate::support::{
    ROOT, day, end, finding, found_key, owner_rule, scan, scan_app, start, value, written_by,
};

async fn gone(inventory: &Inventory, name: &str) -> bool {
    let query = tenure_inventory::IdentityQuery { with_gone: true, limit: 100, ..Default::default() };
    let page = inventory.identities(&query).await.unwrap();
    let mut named = page
        .identities
        .iter()
        .filter(|i| i.credentials.iter().any(|c| c.fingerprint.as_ref().is_some_and(|f| f.0 == name)));
    named.next().expect("the identity is known").gone_at.is_some()
}

#[tokio::test]
async fn what_was_sent_comes_back_in_order() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let unread = |path: &str| Unread {
        path: path.to_owned(),
        state: ReadState::Skipped,
        reason: "not_a_regular_file".to_owned(),
        detail: "a pipe".to_owned(),
    };
    let mut seen = found_key("bb", "b.env");
    seen.extend(found_key("aa", "a.env"));
    seen.extend([Observation::Unread(unread("z")), Observation::Unread(unread("y"))]);
    scan_app(&inventory, "s1", 0, seen).await;
    let findings = inventory.findings("s1").await.unwrap();
    assert_eq!(findings.iter().map(|f| f.place.path.as_str()).collect::<Vec<_>>(), ["a.env", "b.env"]);
    let sent = Finding { identity_id: findings[0].identity_id.clone(), ..finding("aa", "a.env") };
    assert_eq!(findings[0], sent);
    assert!(findings[0].identity_id.is_some());
    assert_eq!(inventory.unread("s1").await.unwrap(), [unread("y"), unread("z")]);
    let scan = inventory.latest_scan().await.unwrap().unwrap();
    assert!(!scan.complete, "an unread input makes the scan incomplete, whatever the caller thinks");
    assert_eq!((scan.counts.files, scan.roots.as_slice()), (3, &[ROOT.to_owned()][..]));
}

#[test]
fn plain_threads_send_at_once() {
    const THREADS: usize = 4;
    const EACH: usize = 3000;
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let inventory = runtime.block_on(Inventory::open(&folder.path().join("i.db"))).unwrap();
    let writer = runtime.block_on(inventory.begin_scan(&start("s1", 0, &[ROOT]))).unwrap();
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let sender = writer.sender();
            threads.spawn(move || {
                for n in 0..EACH {
                    let path = format!("{thread}/{n}");
                    sender.send(Observation::Finding(finding("aa", &path), value("aa"))).unwrap();
                }
            });
        }
    });
    let leaked = writer.sender(); // A handle that is never dropped does not hold up the end.
    let written = runtime.block_on(inventory.finish_scan(writer, &end(0))).unwrap();
    assert_eq!(written, (THREADS * EACH) as u64);
    assert_eq!(runtime.block_on(inventory.findings("s1")).unwrap().len(), THREADS * EACH);
    assert_eq!(
        leaked.send(Observation::Finding(finding("aa", "x"), value("aa"))).unwrap_err().code(),
        "writer_stopped"
    );
}

#[tokio::test]
async fn what_is_no_longer_seen_is_gone_and_comes_back() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let both = || found_key("aa", "a.env").into_iter().chain(found_key("bb", "b.env")).collect::<Vec<_>>();
    scan_app(&inventory, "s1", 0, both()).await;
    scan_app(&inventory, "s2", 1, found_key("aa", "a.env")).await;
    assert!(!gone(&inventory, "aa").await);
    assert!(gone(&inventory, "bb").await);
    assert_eq!(inventory.findings("s1").await.unwrap().len(), 2, "what an earlier scan saw stays told");
    assert_eq!(inventory.findings("s2").await.unwrap().len(), 1);
    let query = tenure_inventory::IdentityQuery { limit: 10, ..Default::default() };
    assert_eq!(inventory.identities(&query).await.unwrap().total, 1);
    let before = inventory.findings("s1").await.unwrap();
    scan_app(&inventory, "s3", 2, both()).await;
    assert!(!gone(&inventory, "bb").await);
    assert_eq!(inventory.findings("s3").await.unwrap(), before, "it is the same identity again");
}

#[tokio::test]
async fn a_root_that_was_not_scanned_is_untouched() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    scan(&inventory, &start("s2", 1, &["/srv/other"]), &end(1), Vec::new()).await;
    assert!(!gone(&inventory, "aa").await);
}

#[tokio::test]
async fn a_scan_that_did_not_see_everything_calls_nothing_gone() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let cancelled = ScanEnd { cancelled: true, ..end(1) };
    scan(&inventory, &start("s2", 1, &[ROOT]), &cancelled, Vec::new()).await;
    assert!(!gone(&inventory, "aa").await, "it was cancelled");
    let incomplete = ScanEnd { complete: false, ..end(2) };
    scan(&inventory, &start("s3", 2, &[ROOT]), &incomplete, Vec::new()).await;
    assert!(!gone(&inventory, "aa").await, "something was not read");
    let since = ScanStart { reach: Reach::Partial, ..start("s4", 3, &[ROOT]) };
    scan(&inventory, &since, &end(3), Vec::new()).await;
    assert!(!gone(&inventory, "aa").await, "it only looked at a part");
    let latest = inventory.latest_scan().await.unwrap().unwrap();
    assert_eq!((latest.id.as_str(), latest.partial), ("s3", false), "a part does not stand for the whole");
    let part = inventory.scan("s4").await.unwrap().summary(Vec::new());
    assert!(part.since.is_some(), "a part is told as one");
    let this_root = ScanEnd { complete: false, roots_read: vec![ROOT.to_owned()], ..end(4) };
    scan(&inventory, &start("s5", 4, &[ROOT, "/srv/other"]), &this_root, Vec::new()).await;
    assert!(gone(&inventory, "aa").await, "this root was read to its end");
}

fn in_history(fingerprint: &str, path: &str) -> Finding {
    Finding {
        in_tree: false,
        in_history: true,
        fate: Fate::History,
        commit: Some("c".repeat(40)),
        author: Some("Payments Lead <payments-lead@acme.test>".to_owned()),
        committed_at: Some(day(-100)),
        ..finding(fingerprint, path)
    }
}

#[tokio::test]
async fn a_look_at_the_files_alone_takes_nothing_from_the_history() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let old = Observation::Finding(in_history("aa", "old.env"), value("aa"));
    let both = Finding { in_tree: true, ..in_history("bb", "new.env") };
    scan_app(&inventory, "s1", 0, vec![old, Observation::Finding(both.clone(), value("bb"))]).await;
    let tree_only = ScanStart { reach: Reach::TreeOnly, ..start("s2", 1, &[ROOT]) };
    let seen = vec![Observation::Finding(finding("bb", "new.env"), value("bb"))];
    scan(&inventory, &tree_only, &end(1), seen).await;
    let again = inventory.findings("s2").await.unwrap();
    assert_eq!(again.len(), 1);
    assert!(again[0].in_tree && again[0].in_history, "{again:?}");
    assert_eq!(again[0].commit, both.commit);
    scan(&inventory, &ScanStart { reach: Reach::TreeOnly, ..start("s3", 2, &[ROOT]) }, &end(2), Vec::new())
        .await;
    scan_app(&inventory, "s4", 3, Vec::new()).await;
    assert!(inventory.findings("s4").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_tree_and_the_history_may_report_one_finding_apart() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let parts = [finding("aa", "a.env"), in_history("aa", "a.env")];
    let mut told = Vec::new();
    for (id, order) in [("s1", [0, 1]), ("s2", [1, 0])] {
        let seen = order.map(|n| Observation::Finding(parts[n].clone(), value("aa")));
        scan_app(&inventory, id, 0, seen.to_vec()).await;
        told.push(inventory.findings(id).await.unwrap());
    }
    assert_eq!(told[0], told[1], "whichever comes first");
    let whole = &told[0][0];
    assert!(whole.in_tree && whole.in_history && whole.fate == Fate::WorkTree, "{whole:?}");
    assert_eq!(whole.commit, parts[1].commit);
}

#[tokio::test]
async fn a_killed_scan_keeps_what_was_committed_and_is_not_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.db");
    let inventory = Inventory::open(&path).await.unwrap();
    scan_app(&inventory, "s1", 0, Vec::new()).await;
    let writer = inventory.begin_scan(&start("s2", 1, &[ROOT])).await.unwrap();
    for observation in found_key("aa", "a.env") {
        writer.sender().send_async(observation).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    drop((writer, inventory)); // As if killed: nobody ended the scan.
    let inventory = Inventory::open(&path).await.unwrap();
    assert_eq!(inventory.latest_scan().await.unwrap().unwrap().id, "s1");
    let killed = inventory.scan("s2").await.unwrap();
    assert_eq!(killed.finished_at, None);
    assert!(killed.summary(Vec::new()).cancelled);
    assert_eq!(inventory.findings("s2").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_writer_that_fails_says_why_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.db");
    let inventory = Inventory::open(&path).await.unwrap();
    let writer = inventory.begin_scan(&start("s1", 0, &[ROOT])).await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("DROP TABLE unread; DROP TABLE evidence").execute(&mut other).await.unwrap();
    let sender = writer.sender();
    // Sooner or later the sender is told to stop; nothing waits for ever.
    let mut refused = None;
    for n in 0..100_000 {
        let observation = found_key("aa", &n.to_string()).remove(1);
        if let Err(error) = sender.send_async(observation).await {
            refused = Some(error.code());
            break;
        }
    }
    assert_eq!(refused, Some("writer_stopped"));
    assert_eq!(inventory.finish_scan(writer, &end(0)).await.unwrap_err().code(), "inventory_database");
    assert_eq!(inventory.scan("s1").await.unwrap().finished_at, None);
}

#[tokio::test]
async fn what_is_long_gone_leaves_no_trace_in_the_file() {
    const PATH: &str = "a/quite/particular/path.env";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.db");
    let inventory = Inventory::open(&path).await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", PATH)).await;
    scan_app(&inventory, "s2", 1, Vec::new()).await;
    scan_app(&inventory, "s3", 2, Vec::new()).await;
    assert_eq!(inventory.findings("s1").await.unwrap().len(), 1, "for a while it can be looked up");
    scan_app(&inventory, "s4", 402, Vec::new()).await;
    assert_eq!(inventory.findings("s1").await.unwrap(), []);
    inventory.close().await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(
        !bytes.windows(PATH.len()).any(|window| window == PATH.as_bytes()),
        "deleted, but still in a free page"
    );
}

#[tokio::test]
async fn what_lies_in_a_folder_that_was_left_out_keeps_its_findings_authors_and_rules() {
    for state in [ReadState::Excluded, ReadState::Skipped] {
        let inventory = Inventory::open_in_memory().await.unwrap();
        let mut rule = owner_rule(1, "*", &["@acme/platform"]);
        if let Observation::OwnerRule(rule) = &mut rule {
            rule.path = "vendor/CODEOWNERS".to_owned();
        }
        let mut seen = found_key("aa", "vendor/dep/a.env");
        seen.extend([rule, written_by("Kim <kim@acme.test>", "vendor/dep/a.env", day(0))]);
        scan_app(&inventory, "s1", 0, seen).await;
        let before = inventory.dossiers().await.unwrap().remove(0).identity.owner;
        assert!(before.name.is_some());
        let left = Unread {
            path: "vendor".to_owned(),
            state,
            reason: "excluded_by_configuration".to_owned(),
            detail: String::new(),
        };
        scan_app(&inventory, "s2", 1, vec![Observation::Unread(left)]).await;
        let dossier = inventory.dossiers().await.unwrap().remove(0);
        assert_eq!(dossier.findings.len(), 1, "{state:?}");
        assert_eq!(dossier.identity.owner, before, "{state:?}");
        let complete = inventory.scan("s2").await.unwrap().complete;
        assert_eq!(complete, state == ReadState::Excluded, "only what was asked for can be missing");
    }
}
