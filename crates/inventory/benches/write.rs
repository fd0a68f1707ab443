//! How fast observations are written, resolved and read back: `cargo bench -p tenure-inventory`.
//!
//! CPU time is what to compare: the wall clock also waits for the disk, which is told to be sure of each commit.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../tests/inventory/support.rs"]
#[allow(dead_code)]
mod support;

use std::time::Instant;

use tenure_inventory::{IdentityQuery, Inventory};
use tenure_model::Observation;

/// Secrets that the pretend scan finds; each gives a finding and two pieces of evidence.
const SECRETS: u64 = 16_667;
const THREADS: u64 = 2;

/// CPU seconds of this process so far; zero where the system does not tell.
fn cpu_seconds() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

fn measured<T>(what: &str, rows: u64, work: impl FnOnce() -> T) -> T {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let done = work();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let rate = if cpu > 0.0 { rows as f64 / cpu } else { 0.0 };
    println!(
        "{what:<28} {rows:>7} rows  {wall:>6.2} s wall  {cpu:>6.2} s CPU  {rate:>9.0} rows per CPU second"
    );
    done
}

fn observations(thread: u64) -> impl Iterator<Item = Observation> {
    (0..SECRETS / THREADS).flat_map(move |n| {
        support::found_key(&format!("{thread:02}{n:08}"), &format!("src/{thread}/dir{}/file{n}.env", n % 100))
    })
}

fn scan(runtime: &tokio::runtime::Runtime, inventory: &Inventory, id: &str, on: i64) {
    let writer = runtime.block_on(inventory.begin_scan(&support::start(id, on, &[support::ROOT]))).unwrap();
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let sender = writer.sender();
            threads.spawn(move || observations(thread).for_each(|o| sender.send(o).unwrap()));
        }
    });
    runtime.block_on(inventory.finish_scan(writer, &support::end(on))).unwrap();
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let inventory = runtime.block_on(Inventory::open(&path)).unwrap();
    let rows = SECRETS / THREADS * THREADS * 3;
    measured("observations, new", rows, || scan(&runtime, &inventory, "s1", 0));
    measured("resolve, new", SECRETS, || runtime.block_on(inventory.resolve("s1")).unwrap());
    measured("observations, known", rows, || scan(&runtime, &inventory, "s2", 1));
    measured("resolve, known", SECRETS, || runtime.block_on(inventory.resolve("s2")).unwrap());
    let dossiers = measured("dossiers", SECRETS, || runtime.block_on(inventory.dossiers()).unwrap());
    let identities: Vec<_> = dossiers.into_iter().map(|dossier| dossier.identity).collect();
    measured("assessments, new", SECRETS, || {
        runtime.block_on(inventory.save_assessed("s2", support::day(1), &identities, &[])).unwrap();
    });
    measured("findings", SECRETS, || runtime.block_on(inventory.findings("s2")).unwrap());
    let page = IdentityQuery { limit: 100, offset: 5000, ..Default::default() };
    measured("one page of a table", 100, || runtime.block_on(inventory.identities(&page)).unwrap());
    runtime.block_on(inventory.close()).unwrap();
    let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    let again = measured("open, with its check", 1, || runtime.block_on(Inventory::open(&path)).unwrap());
    drop(again);
    println!("the file is {megabytes:.1} MB");
}
