//! What was asked for on the command line.

use std::path::PathBuf;

/// Shown by `--help`, and after a mistake.
pub(crate) const USAGE: &str = "\
cargo xtask test  [--only PART]... [--no-install]   runs every test, and installs what they need
cargo xtask setup [--only PART]... [--no-install]   only installs what they need
cargo xtask bench [CLONE]...                        runs the benches; with clones, Tenure beside other scanners
cargo xtask data                                    makes the bundled lists of AWS actions and policies again

PART is one of
  rust      format, lints, tests, detection rules, licences
  servers   tests against a real OpenBao and a real PostgreSQL
  ui        the web view: types, unit tests, build, browser, accessibility
  desktop   the desktop shell: lints, tests, the real window under WebDriver
Without --only all of them run. Debian packages are installed when run as root; otherwise, and with
--no-install, it says what is missing.";

/// A part of the test run that can be asked for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Rust,
    Servers,
    Ui,
    Desktop,
}

impl Part {
    /// In the order in which they run.
    pub(crate) const ALL: [Part; 4] = [Part::Rust, Part::Servers, Part::Ui, Part::Desktop];

    /// The word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Rust => "rust",
            Part::Servers => "servers",
            Part::Ui => "ui",
            Part::Desktop => "desktop",
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Test,
    Setup,
    Bench,
    Data,
    Help,
}

/// The command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) task: Task,
    pub(crate) parts: Vec<Part>,
    pub(crate) install: bool,
    /// Clones to measure on.
    pub(crate) clones: Vec<PathBuf>,
}

impl Options {
    /// Reads the arguments after the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let task = match arguments.next().as_deref() {
            Some("test") => Task::Test,
            Some("setup") => Task::Setup,
            Some("bench") => Task::Bench,
            Some("data") => Task::Data,
            None | Some("help" | "--help" | "-h") => Task::Help,
            Some(other) => return Err(format!("There is no task called {other}.")),
        };
        let mut options = Options { task, parts: Vec::new(), install: true, clones: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--no-install" => options.install = false,
                "--only" => {
                    let name = arguments.next().unwrap_or_default();
                    let part = Part::ALL.into_iter().find(|part| part.name() == name);
                    options.parts.push(part.ok_or(format!("There is no part called {name:?}."))?);
                }
                "--help" | "-h" => options.task = Task::Help,
                clone if task == Task::Bench && !clone.starts_with('-') => {
                    options.clones.push(PathBuf::from(clone))
                }
                other => return Err(format!("{other} means nothing here.")),
            }
        }
        if options.parts.is_empty() {
            options.parts = Part::ALL.to_vec();
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn parts_are_chosen_by_name_and_all_run_without_a_choice() {
        let options = parse("test --only ui --only rust --no-install").expect("it is right");
        let parts = vec![Part::Ui, Part::Rust];
        assert_eq!(options, Options { task: Task::Test, parts, install: false, clones: Vec::new() });
        assert_eq!(parse("bench spire redis").expect("it is right").clones.len(), 2);
        assert!(parse("test spire").is_err());
        assert_eq!(parse("test").expect("it is right").parts, Part::ALL);
        assert!(parse("test --only everything").is_err());
        assert!(parse("tset").is_err());
    }
}
