//! Where things lie, and the programs that every part calls.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// Where Cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What is installed for the tests alone, and may be deleted at any time.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// A program that a step before built in the development profile.
pub(crate) fn program(name: &str) -> PathBuf {
    target().join("debug").join(if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() })
}

/// The Cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // A snapshot that differs fails; nobody accepts it by running the tests.
    command.env("INSTA_UPDATE", "no");
    command
}

/// `PATH` with folders of ours in front.
pub(crate) fn path_with(first: &[PathBuf]) -> OsString {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().cloned().chain(std::env::split_paths(&inherited));
    std::env::join_paths(folders).unwrap_or(inherited)
}

/// Whether a program is on the `PATH`.
pub(crate) fn has(program: &str) -> bool {
    let name = if cfg!(windows) { format!("{program}.exe") } else { program.to_owned() };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(&name).is_file())
}

/// Whether a command ends well; nothing of it is shown.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a command prints, when it ends well.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
