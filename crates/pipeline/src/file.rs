//! Files that appear whole or not at all, and small texts that the user brings along.

use std::io::{self, Read as _};
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

/// The text of a file that the user names, of at most `bytes_max` bytes.
///
/// # Errors
/// Why it cannot be used, in a few words.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> Result<String, String> {
    let said = |error: io::Error| error.kind().to_string();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes))
        .map_err(said)?;
    if bytes.len() as u64 > bytes_max {
        return Err(format!("it is larger than {} MiB: split it", bytes_max >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())
}
