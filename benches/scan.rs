//! How fast a scan is: start-up, a tree, a history, a second look. Run with `cargo bench`.
//!
//! Whole-program figures beside other tools are in `benches/README.md`; these are for seeing what a change costs.

#![allow(clippy::unwrap_used, missing_docs)] // a benchmark that cannot run shall stop

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::OnceLock;

use divan::{Bencher, counter::BytesCount};
use tempfile::TempDir;
use tenure_model::Timestamp;
use tenure_pipeline::{Cancel, ScanOptions, Store};

fn main() {
    divan::main();
}

/// Lines of made-up Go and configuration, enough for the anchors to have something to refuse.
fn source(seed: u64) -> String {
    let mut text = String::new();
    let mut state = seed | 1;
    for line in 0..400 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(match state % 7 {
            0 => "func (s *Server) AuthToken(ctx context.Context) (string, error) {\n",
            1 => "\tpassword := os.Getenv(\"DB_PASSWORD\")\n",
            2 => "\tif err != nil { return fmt.Errorf(\"reading the secret store: %w\", err) }\n",
            3 => "  tokenTTL: 900 # seconds\n",
            4 => "\treturn s.store.Find(ctx, identity.ID())\n",
            5 => "// The key is rotated by the broker; nothing here keeps it.\n",
            _ => "}\n",
        });
        if line % 97 == 0 {
            text.push_str(&format!("const build = \"{state:x}\"\n"));
        }
    }
    text
}

fn git(folder: &Path, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=Bench", "-c", "user.email=bench@acme.test"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(ran.status.success());
}

/// A repository of 120 commits that each change five of sixty files, packed.
fn repository() -> &'static PathBuf {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    &MADE
        .get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("repo");
            std::fs::create_dir(&path).unwrap();
            git(&path, &["init", "-q"]);
            for commit in 0..120u64 {
                for file in 0..5u64 {
                    let name = format!("f{}.go", (commit * 5 + file) % 60);
                    std::fs::write(path.join(name), source(commit / 12 + file)).unwrap();
                }
                git(&path, &["add", "."]);
                git(&path, &["commit", "-q", "--allow-empty", "-m", "Change"]);
            }
            git(&path, &["gc", "-q"]);
            (folder, path)
        })
        .1
}

fn scan(path: &Path, store: Store, history: bool) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = ScanOptions {
        paths: vec![path.to_owned()],
        store,
        key: None,
        history,
        since: None,
        rules: tenure_pipeline::Rulebook::default(),
        configurations: Vec::new(),
        jobs: None,
        now: Timestamp::now(),
    };
    let scanned =
        runtime.block_on(tenure_pipeline::scan(options, Arc::new(|_| {}), Cancel::default())).unwrap();
    scanned.report.scan.counts.bytes
}

/// Everything that is paid before the first byte is read.
#[divan::bench]
fn start_up(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.txt"), "hi\n").unwrap();
    bencher.bench_local(|| scan(folder.path(), Store::Memory, true));
}

/// The files of today.
#[divan::bench]
fn tree(bencher: Bencher<'_, '_>) {
    let bytes = scan(repository(), Store::Memory, false);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| scan(repository(), Store::Memory, false));
}

/// Files and the whole history.
#[divan::bench]
fn history(bencher: Bencher<'_, '_>) {
    let bytes = scan(repository(), Store::Memory, true);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| scan(repository(), Store::Memory, true));
}

/// The same once more with an inventory that knows it.
#[divan::bench]
fn second_scan(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    let store = Store::File(folder.path().join("inventory.sqlite"));
    scan(repository(), store.clone(), true);
    bencher.bench_local(|| scan(repository(), store.clone(), true));
}
