//! Steps, one after the other, with their times; what failed is said again at the end.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// How a step ended.
enum End {
    Passed,
    Failed(String),
    LeftOut(String),
}

struct Entry {
    name: String,
    took: Duration,
    end: End,
}

/// Every step of a run. A step that fails does not stop those after it.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// Runs a command as one step; its output goes to ours.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) {
        self.attempt(name, command);
    }

    /// The same, and tells whether it passed.
    pub(crate) fn attempt(&mut self, name: &str, command: &mut Command) -> bool {
        println!("\n==> {name}: {}", line_of(command));
        let start = Instant::now();
        let end = match command.status() {
            Ok(status) if status.success() => End::Passed,
            Ok(status) => End::Failed(status.to_string()),
            Err(error) => {
                End::Failed(format!("{} cannot be started: {error}", command.get_program().to_string_lossy()))
            }
        };
        let took = start.elapsed();
        let passed = matches!(end, End::Passed);
        println!(
            "<== {name}: {} after {:.1} s",
            if passed { "passed" } else { "FAILED" },
            took.as_secs_f64()
        );
        self.entries.push(Entry { name: name.to_owned(), took, end });
        passed
    }

    /// Notes a step that could not be begun.
    pub(crate) fn fail(&mut self, name: &str, why: &str) {
        println!("\n==> {name}: FAILED: {why}");
        self.entries.push(Entry {
            name: name.to_owned(),
            took: Duration::ZERO,
            end: End::Failed(why.to_owned()),
        });
    }

    /// Notes a step that is not run here, and why that is right.
    pub(crate) fn leave_out(&mut self, name: &str, why: &str) {
        println!("\n==> {name}: left out: {why}");
        self.entries.push(Entry {
            name: name.to_owned(),
            took: Duration::ZERO,
            end: End::LeftOut(why.to_owned()),
        });
    }

    /// Prints what took how long and what failed; the exit code says the same.
    pub(crate) fn close(self) -> ExitCode {
        let total: Duration = self.entries.iter().map(|entry| entry.took).sum();
        println!("\n    seconds  step");
        for entry in &self.entries {
            let note = match &entry.end {
                End::Passed => String::new(),
                End::Failed(why) => format!("   FAILED: {why}"),
                End::LeftOut(why) => format!("   left out: {why}"),
            };
            println!("{:>11.1}  {}{note}", entry.took.as_secs_f64(), entry.name);
        }
        println!("{:>11.1}  in all", total.as_secs_f64());
        let failed: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| matches!(entry.end, End::Failed(_)))
            .map(|entry| entry.name.as_str())
            .collect();
        if failed.is_empty() {
            println!("\nEverything passed.");
            ExitCode::SUCCESS
        } else {
            println!("\nFAILED: {}", failed.join(", "));
            ExitCode::FAILURE
        }
    }
}

/// The command as somebody would type it, to be tried again by hand.
fn line_of(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter(|(name, _)| *name != "PATH")
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), value?.to_string_lossy())))
        .collect();
    words.push(command.get_program().to_string_lossy().into_owned());
    words.extend(command.get_args().map(|argument| {
        let text = argument.to_string_lossy();
        if text.contains(' ') { format!("'{text}'") } else { text.into_owned() }
    }));
    match command.get_current_dir() {
        Some(folder) => format!("(in {}) {}", folder.display(), words.join(" ")),
        None => words.join(" "),
    }
}
