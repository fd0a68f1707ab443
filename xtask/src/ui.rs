//! The web view: packages from the lock file, types, unit tests, build, and the built page in a browser.

use std::path::PathBuf;
use std::process::Command;

use crate::ledger::Ledger;
use crate::tools;
use crate::workspace::{self, path_with};

/// The page as the desktop embeds it, from packages that the lock file names.
pub(crate) fn build(ledger: &mut Ledger) -> bool {
    packages(ledger) && ledger.attempt("web view: build", npm().args(["run", "build"]))
}

/// The other steps of the part `ui`; each works on the packages that `build` installed.
pub(crate) fn test(ledger: &mut Ledger) {
    ledger.run("web view: types", npm().args(["run", "check"]));
    ledger.run("web view: unit tests", npm().args(["run", "test"]));
    ledger.run("web view: browser and accessibility", npm().args(["run", "e2e"]));
}

/// Installs exactly what the lock file names, once per lock file.
fn packages(ledger: &mut Ledger) -> bool {
    let lock = std::fs::read(folder().join("package-lock.json")).unwrap_or_default();
    let mark = folder().join("node_modules/.installed-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return true;
    }
    if !ledger.attempt("web view: packages", npm().args(["ci", "--no-audit", "--no-fund"])) {
        return false;
    }
    // Without the mark the next run only installs once more.
    let _ = std::fs::write(mark, lock);
    true
}

fn folder() -> PathBuf {
    workspace::root().join("ui")
}

fn npm() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder()).env("PATH", path_with(&tools::node_path()));
    command
}
