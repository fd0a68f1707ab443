//! Files that appear whole or not at all.

use std::io;
use std::path::Path;

/// Writes `bytes` beside `path` and renames them into place.
///
/// # Errors
/// When the folder cannot be written; `path` is then as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole_with(path, |out| out.write_all(bytes))
}

/// The same for what `write` writes.
///
/// # Errors
/// When the folder cannot be written, or `write` fails; `path` is then as it was.
pub fn write_whole_with(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // A device or pipe (`/dev/stdout`) cannot be replaced by a rename: it is written as it is.
    if std::fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_symlink()) {
        return write(&mut std::fs::OpenOptions::new().write(true).open(path)?);
    }
    let mut file = tempfile::Builder::new().prefix(".tenure-").tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
