//! `tenure scan` and `tenure demo`.

use std::io::{Stdout, stdout};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tenure_model::{Report, Timestamp};
use tenure_pipeline::{Cancel, ConfigurationFile, Failure, Rulebook, ScanEvent, ScanOptions, Scanned, Store};
use tenure_report::{JsonLines, format};

use crate::args::{DemoArgs, ReportArgs, ScanArgs};
use crate::progress::Progress;
use crate::{CLEAN, INCOMPLETE, color, configuration, output, rules};

/// Something at or above the threshold was found.
const FOUND: u8 = 10;

pub(crate) async fn run(args: ScanArgs) -> Result<u8, Failure> {
    let (args, configurations) = configuration::apply(args)?;
    scan(args.paths, args.how, configurations).await
}

/// Makes the demo and scans it into an inventory of its own, so that nothing invented lands among real identities.
#[allow(clippy::print_stderr)] // where the demo lies, beside the report
pub(crate) async fn run_demo(args: DemoArgs) -> Result<u8, Failure> {
    let folder = tenure_pipeline::make_demo(args.dir.as_deref())?;
    let mut how = args.how;
    if how.store.inventory.is_none() && !how.no_inventory {
        how.store.inventory = Some(folder.join("demo.sqlite"));
    }
    eprintln!("The demo lies in {}.", folder.display());
    if let Some(inventory) = &how.store.inventory {
        eprintln!("Look further: tenure plan --inventory {}\n", inventory.display());
    }
    let paths = vec![folder.join("payments"), folder.join("exports")];
    let code = scan(paths, how, Vec::new()).await?;
    // The demo is full of findings on purpose.
    Ok(if code == FOUND { CLEAN } else { code })
}

async fn scan(
    paths: Vec<PathBuf>,
    how: ReportArgs,
    configurations: Vec<ConfigurationFile>,
) -> Result<u8, Failure> {
    let format = format(&how.format)
        .ok_or_else(|| Failure::Usage(format!("there is no report format `{}`", how.format)))?;
    let store = if how.no_inventory { Store::Memory } else { store(how.store.inventory.clone())? };
    let baseline = how.baseline.as_deref().map(tenure_pipeline::Baseline::read).transpose()?;
    let book = Rulebook::read(&how.rules.files)?;
    rules::say_summary(&book);
    let cancel = Cancel::default();
    listen_for_ctrl_c(cancel.clone());
    let progress = Arc::new(Progress::new(how.progress));
    let stream = (format.streams && how.output.is_none() && baseline.is_none())
        .then(|| Arc::new(Mutex::new(Some(JsonLines::new(stdout())))));
    let own_key = if how.no_inventory {
        let carried = baseline.as_ref().and_then(tenure_pipeline::Baseline::key);
        Some(carried.map_or_else(tenure_pipeline::throwaway_key, Ok)?)
    } else {
        None
    };
    let options = ScanOptions {
        paths,
        store,
        key: own_key.clone(),
        history: !how.no_history,
        since: how.since.clone(),
        rules: book,
        configurations,
        jobs: how.jobs.map(usize::from),
        now: Timestamp::now(),
    };
    let events = {
        let (progress, stream) = (progress.clone(), stream.clone());
        Arc::new(move |event: ScanEvent| show(&event, &progress, stream.as_deref()))
    };
    let result = tenure_pipeline::scan(options, events, cancel).await;
    progress.clear();
    let Scanned { mut report, key_id } = result?;
    if let Some(baseline) = &baseline {
        baseline.suppress(&mut report, &key_id)?;
    }
    if let Some(file) = &how.write_baseline {
        tenure_pipeline::Baseline::of(&report, &key_id, own_key.as_ref()).write(file)?;
    }
    match stream.and_then(|stream| stream.lock().unwrap_or_else(PoisonError::into_inner).take()) {
        Some(lines) => {
            lines.finish(&report).or_else(hung_up).context("writing to standard output")?;
        }
        None => {
            let style = color::style(how.color, how.output.is_some(), how.quiet);
            output::write_with(how.output.as_deref(), |out| format.write(&report, &style, out))?;
        }
    }
    Ok(exit_code(&report, &how))
}

/// A reader that hangs up early is no failure.
fn hung_up(error: std::io::Error) -> std::io::Result<Stdout> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(stdout()) } else { Err(error) }
}

fn exit_code(report: &Report, how: &ReportArgs) -> u8 {
    let reached = how.fail_on.severity().is_some_and(|least| {
        report.findings.iter().any(|finding| finding.suppressed.is_none() && finding.severity >= least)
    });
    match (reached, report.scan.complete) {
        (true, _) => FOUND,
        (false, false) => INCOMPLETE,
        (false, true) => CLEAN,
    }
}

fn show(event: &ScanEvent, progress: &Progress, stream: Option<&Mutex<Option<JsonLines<Stdout>>>>) {
    match event {
        ScanEvent::Progress { counts, current } => progress.update(counts, current),
        ScanEvent::Finding { finding } => {
            if let Some(stream) = stream
                && let Some(lines) = stream.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
            {
                // A reader that hung up is noticed when the report ends.
                let _ = lines.finding(finding);
            }
        }
        _ => {}
    }
}

/// The first Ctrl-C ends the scan and keeps what was found; the second ends the program.
fn listen_for_ctrl_c(cancel: Cancel) {
    let _ = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            std::process::exit(130);
        }
        cancel.cancel();
    });
}

/// The inventory that the user names, or the default one.
pub(crate) fn store(file: Option<PathBuf>) -> Result<Store, Failure> {
    Ok(Store::File(match file {
        Some(file) => file,
        None => tenure_pipeline::default_inventory()?,
    }))
}
