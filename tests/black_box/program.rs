//! Runs the binary in a world of its own: a temporary folder as home, no settings from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary home with the program in it.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Home {
        Home { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The inventory that `--inventory` is given in tests.
    pub(crate) fn inventory(&self) -> String {
        self.path("data/inventory.sqlite").to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program; its exit code, standard output and standard error.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command().args(args).output().unwrap())
    }

    /// The same with everything logged that can be.
    pub(crate) fn traced(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command().env("TENURE_LOG", "trace").args(args).output().unwrap())
    }

    /// Scans a folder into the home's inventory and reads the JSON report.
    pub(crate) fn scan(&self, path: &Path) -> (i32, Value) {
        let ran =
            self.run(&["scan", path.to_str().unwrap(), "--format", "json", "--inventory", &self.inventory()]);
        (ran.code, ran.json())
    }

    /// Runs git with nothing of the user's settings.
    pub(crate) fn git(&self, folder: &Path, args: &[&str]) {
        let ran = Command::new("git")
            .args([
                "-c",
                "user.name=Payments Team",
                "-c",
                "user.email=payments@acme.test",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("HOME", self.folder.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// A well-formed token that nobody was ever given, joined from halves: GitHub's checksum fits.
pub(crate) fn github_token() -> String {
    ["ghp_", "Qw8LzR0tYw5Nc1kP7dX3mB9vJ2sHgT", "1SupTL"].concat()
}

/// A password that looks drawn at random.
pub(crate) fn password() -> String {
    ["v8Jq2LzR", "0tYw5Nc1"].concat()
}
