//! The outbox survives workers that are killed, and workers that sleep past their lease.
//!
//! The workers are this test binary again, each running [`a_worker`]. The "broker" is a folder: a step's effect is
//! a file that can be made once, and every write that is sent is counted, so that doing something twice shows.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tenure_inventory::{Inventory, NextStep};
use tenure_model::{MigrationState, Phase, StepState, Timestamp};

use crate::handing_over::{outcome, plan};
use crate::support::day;

const LEASE: Duration = Duration::from_millis(400);
/// Names the folder to a worker; without it the test `a_worker` does nothing.
const FOLDER: &str = "TENURE_TEST_OUTBOX";

fn now() -> Timestamp {
    Timestamp::now()
}

fn random(below: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}

/// Gives a killer the time to strike between any two moments.
fn linger() {
    std::thread::sleep(Duration::from_millis(random(12)));
}

fn effect(folder: &Path, seq: u32) -> std::path::PathBuf {
    folder.join(format!("effect-{seq}"))
}

/// Reads before it writes, and writes only what is not there: the broker's side of "exactly once".
fn send(folder: &Path, seq: u32) -> StepState {
    if effect(folder, seq).exists() {
        return StepState::AlreadyThere;
    }
    linger();
    let made = OpenOptions::new().write(true).create_new(true).open(effect(folder, seq));
    let mut log = OpenOptions::new().append(true).create(true).open(folder.join("writes")).unwrap();
    match made {
        Ok(_) => {
            log.write_all(format!("{seq}\n").as_bytes()).unwrap();
            StepState::Done
        }
        Err(_) => StepState::AlreadyThere,
    }
}

/// Not a test of its own: what a worker does when the tests below start this binary again.
#[test]
fn a_worker() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let inventory = Inventory::open(&folder.join("inventory.db")).await.unwrap();
        let worker = std::process::id().to_string();
        loop {
            linger();
            let lease = now().checked_add(jiff::SignedDuration::try_from(LEASE).unwrap()).unwrap();
            match inventory.claim_next_step("m1", Phase::Apply, &worker, now(), lease).await {
                Ok(NextStep::Take(claimed)) => {
                    linger();
                    let state = send(folder, claimed.step.seq);
                    linger();
                    let receipt = outcome(claimed.step.seq, state);
                    let told = inventory.record_outcome("m1", &receipt, claimed.fence, now()).await;
                    if let Err(refused) = told {
                        let mut log = OpenOptions::new()
                            .append(true)
                            .create(true)
                            .open(folder.join("refused"))
                            .unwrap();
                        writeln!(log, "{}", refused.code()).unwrap();
                    }
                }
                Ok(NextStep::Busy { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(NextStep::Blocked { seq, state }) => panic!("step {seq} is {state:?}"),
                Ok(NextStep::AllDone) => break,
                Err(busy) if busy.code() == "inventory_busy" => {}
                Err(error) => panic!("{error}"),
            }
        }
    });
}

fn start_worker(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "surviving::a_worker"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

async fn prepare(folder: &Path, steps: u32) {
    let inventory = Inventory::open(&folder.join("inventory.db")).await.unwrap();
    let sha = inventory.create_migration(&plan("m1", steps), day(0)).await.unwrap();
    inventory.approve("m1", "platform-lead", Phase::Apply, &sha, day(0)).await.unwrap();
    inventory.set_state("m1", MigrationState::Approved, MigrationState::Applying, day(0)).await.unwrap();
    inventory.close().await.unwrap();
}

/// Lets two workers run, does `harm` to one of them at random moments, and returns how often.
fn run_with_harm(folder: &Path, harm: impl Fn(&mut Child)) -> u32 {
    const RUN_MAX: Duration = Duration::from_secs(120);
    let begun = Instant::now();
    let mut workers = [start_worker(folder), start_worker(folder)];
    let mut harmed = 0;
    loop {
        assert!(begun.elapsed() < RUN_MAX, "the workers do not come to an end");
        std::thread::sleep(Duration::from_millis(30 + random(150)));
        let mut running = 0;
        for worker in &mut workers {
            match worker.try_wait().unwrap() {
                Some(status) if status.success() => {}
                Some(status) if status.code().is_some() => panic!("a worker failed: {status}"),
                Some(_) => {
                    *worker = start_worker(folder); // It was killed: the next one takes over.
                    running += 1;
                }
                None => running += 1,
            }
        }
        if running == 0 {
            return harmed;
        }
        let victim = &mut workers[usize::try_from(random(2)).unwrap()];
        if victim.try_wait().unwrap().is_none() {
            harm(victim);
            harmed += 1;
        }
    }
}

/// Every step was done, and every write was sent once.
async fn check(folder: &Path, steps: u32) {
    let writes = fs::read_to_string(folder.join("writes")).unwrap();
    let mut sent: Vec<u32> = writes.lines().map(|line| line.parse().unwrap()).collect();
    sent.sort_unstable();
    sent.dedup();
    assert!(writes.lines().count() == sent.len(), "a write was sent twice: {writes}");
    for seq in 1..=steps {
        assert!(effect(folder, seq).exists(), "step {seq} had no effect");
    }
    let inventory = Inventory::open(&folder.join("inventory.db")).await.unwrap();
    let status = inventory.status("m1").await.unwrap();
    assert!(status.chain_whole);
    let ended = status.events.iter().filter(|e| e.kind.starts_with("step_")).count();
    assert_eq!(ended, steps as usize, "each step ended once");
    assert_eq!(status.receipts.len(), steps as usize);
    inventory.set_state("m1", MigrationState::Applying, MigrationState::Applied, now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_leave_each_step_done_exactly_once() {
    const STEPS: u32 = 40;
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), STEPS).await;
    let killed = run_with_harm(folder.path(), |worker| {
        worker.kill().unwrap();
        worker.wait().unwrap();
    });
    check(folder.path(), STEPS).await;
    assert!(killed >= 5, "only {killed} kills: the test tells nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_sleeps_past_its_lease_cannot_report() {
    const STEPS: u32 = 150;
    // Whether a worker sleeps while it holds a step is chance: a try in which none did tells nothing.
    const TRIES_MAX: usize = 10;
    let signal = |worker: &Child, name: &str| {
        let sent = Command::new("kill").args([name, &worker.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {name}");
    };
    for _ in 0..TRIES_MAX {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path(), STEPS).await;
        run_with_harm(folder.path(), |worker| {
            signal(worker, "-STOP");
            std::thread::sleep(LEASE + Duration::from_millis(100));
            signal(worker, "-CONT");
        });
        check(folder.path(), STEPS).await;
        let refused = fs::read_to_string(folder.path().join("refused")).unwrap_or_default();
        assert!(refused.lines().all(|code| code == "stale_fence"), "{refused}");
        if !refused.is_empty() {
            return;
        }
    }
    panic!("no worker slept while it held a step: the test tells nothing");
}
