//! One act at a time on one inventory's migrations.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::{Failure, Store};

/// Holds the turn until it is dropped. The system lets go of it when the process dies, however it dies: so a step
/// that was handed out earlier is known to be nobody's, and an interrupted apply goes on at once.
#[derive(Debug)]
pub(super) struct Turn(#[allow(dead_code)] Option<File>);

impl Turn {
    /// Takes the turn.
    ///
    /// # Errors
    /// When another process is applying, verifying or rolling back.
    pub(super) fn take(store: &Store) -> Result<Turn, Failure> {
        let Store::File(inventory) = store else { return Ok(Turn(None)) };
        let path = lock_path(inventory);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Turn(Some(file))),
            Err(std::fs::TryLockError::WouldBlock) => Err(Failure::Usage(
                "another process is working on this inventory's migrations: wait for it, then try again"
                    .to_owned(),
            )),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(anyhow::Error::new(error).context(format!("locking {}", path.display())).into())
            }
        }
    }
}

fn lock_path(inventory: &Path) -> PathBuf {
    let mut name = inventory.as_os_str().to_owned();
    name.push(".handoff-lock");
    PathBuf::from(name)
}
