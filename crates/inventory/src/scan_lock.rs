//! One scan at a time: two that write what they see of the same root would each take the other's for gone.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::InventoryError;
use crate::inventory::beside;

/// Ends the name of the file beside an inventory that its scan holds. It is empty, and stays.
const ENDING: &str = "-scan";

/// The right to scan into an inventory. It ends when it is dropped, and with the process.
#[derive(Debug)]
pub struct ScanLock {
    _file: File,
}

impl ScanLock {
    /// Takes the right to scan into the inventory at `path`; `None` while somebody else has it.
    ///
    /// # Errors
    /// When the file beside the inventory cannot be made or locked.
    pub fn try_take(path: &Path) -> Result<Option<ScanLock>, InventoryError> {
        let path = beside(path, ENDING);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| InventoryError::io("making", &path, e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ScanLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(InventoryError::io("locking", &path, e)),
        }
    }
}
