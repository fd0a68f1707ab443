//! The `tenure` command: arguments in, exit code out. Everything it does is one call into the pipeline.

use std::process::ExitCode;

use clap::Parser as _;

mod args;
mod broker;

mod color;
mod configuration;
mod exception;
mod handoff;

mod inventory;
mod output;
mod papers;
mod plan;
mod progress;
mod rules;
mod scan;

use args::{Cli, Command};
use tenure_pipeline::Failure;

/// Everything was read and nothing reached the threshold.
const CLEAN: u8 = 0;
/// Something could not be read, and nothing reached the threshold.
const INCOMPLETE: u8 = 3;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    start_log(cli.verbose);
    tenure_pipeline::tell_panics_by_place();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::Internal(anyhow::Error::new(error).context("starting"))),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => fail(&failure),
    }
}

async fn run(cli: Cli) -> Result<u8, Failure> {
    match cli.command {
        Command::Scan(args) => scan::run(args).await,
        Command::Inventory(args) => inventory::run(args).await,
        Command::Plan(args) => plan::run(args).await,
        Command::Owner(args) => inventory::run_owner(args).await,
        Command::Broker(args) => broker::run(args).await,
        Command::Handoff(args) => handoff::run(args).await,
        Command::Exception(args) => exception::run(args).await,
        Command::Demo(args) => scan::run_demo(args).await,
        Command::Rules(args) => rules::run(&args),
        Command::Schema(args) => papers::schema(&args),
        Command::Completions(args) => papers::completions(&args),
        Command::Man => papers::man(),
    }
}

/// One sentence on stderr, and the exit code that goes with it.
#[allow(clippy::print_stderr)] // the door's own message
fn fail(failure: &Failure) -> ExitCode {
    eprintln!("tenure: {}", tenure_model::visible(&failure.told()));
    ExitCode::from(failure.exit_code())
}

/// What is wrong with the arguments; or what they ask for, such as the help.
#[allow(clippy::print_stderr)] // the door's own message
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    // An argument in the wrong place may be a token.
    let plain = error.render().to_string();
    let covered = tenure_pipeline::covered(&plain);
    if covered == plain {
        error.exit();
    }
    eprint!("{covered}");
    ExitCode::from(Failure::Usage(covered).exit_code())
}

/// What happened, on stderr, when asked for with `-v` or `TENURE_LOG`.
fn start_log(verbose: u8) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TENURE_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(match verbose {
            0 => "error",
            1 => "tenure=info,warn",
            _ => "tenure=debug,info",
        })
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
