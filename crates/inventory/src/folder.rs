//! Folders and files that only their owner can read.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::InventoryError;

/// Makes `folder` and its parents, for their owner alone; what exists keeps its permissions.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), InventoryError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| InventoryError::io("making the folder", folder, e))
}

/// Makes an empty file in `folder` that only its owner can read, under a draft of `name` that nobody else has.
pub(crate) fn create_private_file(folder: &Path, name: &str) -> Result<(File, PathBuf), InventoryError> {
    static DRAFTS: AtomicU32 = AtomicU32::new(0);
    const TRIES_MAX: u32 = 1000;
    let mut tries = 0;
    loop {
        let draft = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{name}.{}-{draft}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => return Ok((file, path)),
            // A draft that a killed process with our number left behind.
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && tries < TRIES_MAX => tries += 1,
            Err(e) => return Err(InventoryError::io("making", &path, e)),
        }
    }
}

/// Gives a finished draft its name, unless somebody was faster: then theirs stays. The draft is gone afterwards.
pub(crate) fn give_name(draft: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => fs::remove_file(draft),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => fs::remove_file(draft),
        // A file system without hard links: a rename could replace what came between, so look first.
        Err(_) if !path.exists() => fs::rename(draft, path),
        Err(e) => {
            let _ = fs::remove_file(draft); // The first error is the one to tell.
            Err(e)
        }
    }
}
