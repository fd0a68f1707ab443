//! How fast configurations of CI systems are read. Run with `cargo bench --bench ci`.
//!
//! `TENURE_BENCH_WORKFLOWS` names a folder of one's own to read instead of the workflows that are made up here.

#![allow(clippy::unwrap_used, missing_docs)] // a benchmark that cannot run shall stop

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use divan::{Bencher, counter::ItemsCount};
use tempfile::TempDir;
use tenure_model::Timestamp;
use tenure_pipeline::{Cancel, Rulebook, ScanOptions, Store};

/// Workflow files that are made up: as many as a large organisation's repositories hold together.
const WORKFLOWS: usize = 800;
/// What each made-up workflow does, job by job.
const JOBS: [(&str, &str); 4] = [
    ("test", "      - run: |\n          cargo test\n          cargo clippy\n"),
    (
        "publish",
        r"      - run: npm publish
        env:
          NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }} # kept
",
    ),
    (
        "deploy",
        r"      - uses: aws-actions/configure-aws-credentials@v5
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
      - run: |
          docker login -u ci -p ${{ secrets.REGISTRY_PASSWORD }}
          ./deploy.sh
",
    ),
    (
        "federated",
        r"      - uses: aws-actions/configure-aws-credentials@v5
        with:
          role-to-assume: arn:aws:iam::123456789012:role/bench
",
    ),
];

fn main() {
    divan::main();
}

fn workflow(number: usize) -> String {
    let minute = number % 60;
    let mut text = format!(
        "name: Pipeline {number}\non:\n  schedule: [{{cron: \"{minute} 3 * * *\"}}]\npermissions:\n  contents: read\njobs:\n"
    );
    for (job, step) in JOBS {
        let runs = "runs-on: ubuntu-latest\n    timeout-minutes: 30\n    steps:\n";
        writeln!(text, "  {job}:\n    {runs}      - uses: actions/checkout@v5\n{step}").unwrap();
    }
    text
}

/// The folder to read, and how many files it holds.
fn workflows() -> &'static (PathBuf, usize) {
    static MADE: OnceLock<(Option<TempDir>, (PathBuf, usize))> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        if let Some(own) = std::env::var_os("TENURE_BENCH_WORKFLOWS") {
            let path = PathBuf::from(own);
            let files = scan(&path);
            return (None, (path, files));
        }
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_owned();
        let below = path.join(".github/workflows");
        std::fs::create_dir_all(&below).unwrap();
        for number in 0..WORKFLOWS {
            std::fs::write(below.join(format!("w{number}.yml")), workflow(number)).unwrap();
        }
        (Some(folder), (path, WORKFLOWS))
    });
    &made.1
}

/// Reads a folder; gives the number of files.
fn scan(path: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = ScanOptions {
        paths: vec![path.to_owned()],
        store: Store::Memory,
        key: None,
        history: false,
        since: None,
        rules: Rulebook::default(),
        configurations: Vec::new(),
        jobs: Some(1),
        now: Timestamp::now(),
    };
    let scanned =
        runtime.block_on(tenure_pipeline::scan(options, Arc::new(|_| {}), Cancel::default())).unwrap();
    usize::try_from(scanned.report.scan.counts.files).unwrap()
}

/// Every file read, its identities resolved and judged, on one thread.
#[divan::bench(sample_count = 10)]
fn read_workflows(bencher: Bencher<'_, '_>) {
    let (path, files) = workflows();
    bencher.counter(ItemsCount::new(*files)).bench_local(|| scan(path));
}
