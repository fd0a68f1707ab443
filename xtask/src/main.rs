//! What developers and CI run: `cargo xtask test` installs what the tests need and runs all of them.
//!
//! It has two small dependencies on purpose: it is built before anything else, on a machine that has only Rust, git and
//! a C compiler.

mod data;
mod desktop;
mod ledger;
mod needs;
mod options;
mod peers;
mod rust;
mod scope;
mod tools;
mod ui;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use ledger::Ledger;
use options::{Options, Part, Task};
use scope::Scope;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    std::env::set_current_dir(workspace::root())?;
    let mut ledger = Ledger::default();
    match options.task {
        Task::Help => {
            println!("{}", options::USAGE);
            return Ok(ExitCode::SUCCESS);
        }
        Task::Setup => {
            set_up(options, &mut ledger)?;
        }
        Task::Test => {
            // A part whose needs are missing is not run, and the whole run fails for it at the end.
            let ready = set_up(options, &mut ledger)?;
            test(ready, &mut ledger);
        }
        Task::Data => data::make(&mut ledger)?,
        Task::Bench if !options.clones.is_empty() => peers::compare(options, &mut ledger)?,
        Task::Bench => ledger.run("benches", workspace::cargo().args(["bench", "--benches"])),
    }
    Ok(ledger.close())
}

/// Makes sure that every part has what it needs, and returns the parts that do.
fn set_up(options: &Options, ledger: &mut Ledger) -> Result<Vec<Part>> {
    needs::install_missing(options, ledger);
    let mut ready = Vec::new();
    for &part in &options.parts {
        let missing = needs::missing(part);
        if !missing.is_empty() {
            needs::explain(part, &missing);
            ledger.fail(&format!("{} set-up", part.name()), "something is missing, see above");
            continue;
        }
        let tools = match part {
            Part::Rust => Ok(()),
            Part::Servers => tools::bao(options, ledger),
            Part::Ui => tools::node(options, ledger),
            Part::Desktop => tools::node(options, ledger).and_then(|()| tools::tauri_driver(options, ledger)),
        };
        match tools {
            Ok(()) => ready.push(part),
            Err(error) => ledger.fail(&format!("{} set-up", part.name()), &format!("{error:#}")),
        }
    }
    Ok(ready)
}

fn test(mut ready: Vec<Part>, ledger: &mut Ledger) {
    // The shell embeds the built page, so that comes before anything that compiles the shell.
    let view = [Part::Ui, Part::Desktop];
    if ready.iter().any(|part| view.contains(part)) && !ui::build(ledger) {
        ready.retain(|part| !view.contains(part));
    }
    let scope = Scope::of(&ready);
    let with_servers = ready.contains(&Part::Servers);
    if ready.contains(&Part::Rust) {
        rust::test(scope, with_servers, ledger);
    } else if with_servers {
        rust::test_servers(ledger);
    }
    if ready.contains(&Part::Ui) {
        ui::test(ledger);
    }
    if ready.contains(&Part::Desktop) {
        desktop::test(scope, ledger);
    }
}
