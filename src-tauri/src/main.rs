//! `tenure-desktop [FOLDER]`: opens the window; a FOLDER named here is chosen already, and waits for "Scan".

// Windows would open a console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match tenure_desktop::Launch::from_arguments(std::env::args_os().skip(1)) {
        Ok(launch) => match tenure_desktop::run(launch) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refuse(&format!("{error:#}"), 1),
        },
        Err(usage) => refuse(&usage, 2),
    }
}

#[allow(clippy::print_stderr)] // the shells print
fn refuse(why: &str, code: u8) -> ExitCode {
    eprintln!("tenure-desktop: {why}");
    ExitCode::from(code)
}
