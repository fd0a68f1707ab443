//! Everything that Cargo runs: format, lints, tests, detection rules, licences.

use std::process::Command;

use crate::ledger::Ledger;
use crate::scope::Scope;
use crate::tools;
use crate::workspace::{self, cargo, has};

/// Set for the tests when there are no servers; they say which ones they leave out.
const WITHOUT_SERVERS: &str = "TENURE_TEST_WITHOUT_SERVERS";

/// Every step of the part `rust`, with the tests that need servers or without them.
pub(crate) fn test(scope: Scope, with_servers: bool, ledger: &mut Ledger) {
    ledger.run("format", cargo().args(["fmt", "--all", "--check"]));
    lints(scope, ledger);
    ledger.run("tests", servers(&mut runner(scope), with_servers));
    ledger.run("examples in documentation", cargo().args(["test", "--doc"]).args(scope.words()));
    // The program that the tests built: `cargo run` would build half of the tree again, with other features.
    ledger.run("detection rules", Command::new(workspace::program("tenure")).args(["rules", "check"]));
    if has("cargo-deny") {
        // The list of advisories is fetched by the CI that has the network for it.
        ledger.run(
            "licences and sources",
            cargo().args(["deny", "--workspace", "check", "licenses", "bans", "sources"]),
        );
    } else {
        ledger.leave_out("licences and sources", "cargo-deny is not installed");
    }
}

/// Clippy, with warnings denied.
pub(crate) fn lints(scope: Scope, ledger: &mut Ledger) {
    let arguments = ["--all-targets", "--", "--deny", "warnings"];
    ledger.run("lints", cargo().arg("clippy").args(scope.words()).args(arguments));
}

/// Only the tests that need servers, with those beside them.
pub(crate) fn test_servers(ledger: &mut Ledger) {
    let packages = ["--package", "tenure-testing", "--package", "tenure-broker", "--package", "tenure"];
    let mut command = cargo();
    command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]).args(packages);
    ledger.run("server tests", servers(&mut command, true));
}

/// The test runner: nextest where it is installed, since it runs all binaries at once. The real window then has
/// a step of its own, because it wants the machine for itself.
fn runner(scope: Scope) -> Command {
    if has("cargo-nextest") {
        let mut command = cargo();
        command.args(["nextest", "run", "--no-fail-fast"]).args(scope.words());
        if scope == Scope::Everything {
            command.args(["--filterset", "not binary(e2e_desktop)"]);
        }
        return command;
    }
    let mut command = cargo();
    command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]).args(scope.words());
    command
}

fn servers(command: &mut Command, with_servers: bool) -> &mut Command {
    if with_servers {
        command.env("TENURE_BAO", tools::bao_program())
    } else {
        command.env(WITHOUT_SERVERS, "1")
    }
}
