//! The desktop shell: the real window under WebDriver. Its test starts the display and the driver itself.

use crate::ledger::Ledger;
use crate::rust;
use crate::scope::Scope;
use crate::workspace::{cargo, has};

/// The steps of the part `desktop` that the part `rust` has not run.
pub(crate) fn test(scope: Scope, ledger: &mut Ledger) {
    match scope {
        // Its lints and tests are among those of the workspace; so is the window, without nextest.
        Scope::Everything if !has("cargo-nextest") => {}
        Scope::Everything => window(scope, &["--test", "e2e_desktop"], ledger),
        Scope::DesktopAlone => {
            rust::lints(scope, ledger);
            window(scope, &[], ledger);
        }
        Scope::WithoutDesktop => {}
    }
}

fn window(scope: Scope, tests: &[&str], ledger: &mut Ledger) {
    ledger.run("desktop: the real window", cargo().arg("test").args(scope.words()).args(tests));
}
