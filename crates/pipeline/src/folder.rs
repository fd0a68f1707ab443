//! Where Tenure keeps its own files.

use std::path::{Path, PathBuf};

use crate::Failure;

/// File name of the inventory in the data folder.
const INVENTORY_FILE: &str = "inventory.sqlite";

/// The inventory that is used when the user names none: in the platform's data folder.
///
/// # Errors
/// When the platform tells no home folder.
pub fn default_inventory() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "tenure").map(|dirs| dirs.data_local_dir().join(INVENTORY_FILE)).ok_or_else(|| {
        Failure::Usage("no home folder is known, so there is no default inventory: name one with --inventory FILE, or use --no-inventory".to_owned())
    })
}

/// The folder that holds the fingerprint key of an inventory: the one the inventory lies in.
pub fn key_folder(inventory: &Path) -> PathBuf {
    match inventory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
