//! Opening a file that might be a pipe, a device, or something else by the time it is opened.

use std::fs::File;
use std::io;
use std::path::Path;

use tenure_model::{ReadState, Unread};

/// Reasons that another try may not meet.
const REFUSED_BY_THE_DISK: [&str; 4] = ["io_error", "read_error", "permission_denied", "vanished"];

/// A regular file, open for reading.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The file.
    pub(crate) file: File,
    /// Its size when it was opened.
    pub(crate) len: u64,
}

/// Opens `path` if it is a regular file and stays one: never follows a link, never blocks on a pipe.
pub(crate) fn open_regular(path: &Path, shown: &str) -> Result<Opened, Unread> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    }
    let file = options.open(path).map_err(|error| unread(shown, &error))?;
    let meta = file.metadata().map_err(|error| unread(shown, &error))?;
    if !meta.is_file() {
        return Err(not_regular(shown));
    }
    Ok(Opened { file, len: meta.len() })
}

/// An unread row for an I/O error.
pub(crate) fn unread(shown: &str, error: &io::Error) -> Unread {
    let reason = match error.kind() {
        io::ErrorKind::PermissionDenied => "permission_denied",
        io::ErrorKind::NotFound => "vanished",
        io::ErrorKind::InvalidFilename => "name_too_long",
        _ => "io_error",
    };
    Unread {
        path: shown.to_owned(),
        state: ReadState::Failed,
        reason: reason.to_owned(),
        detail: format!("the system says: {}", error.kind()),
    }
}

/// Whether the system did not give what is unread, so that it may be there the next time.
pub(crate) fn is_refused_by_the_disk(row: &Unread) -> bool {
    REFUSED_BY_THE_DISK.contains(&row.reason.as_str())
}

/// An unread row for a pipe, socket, device or link.
pub(crate) fn not_regular(shown: &str) -> Unread {
    Unread {
        path: shown.to_owned(),
        state: ReadState::Skipped,
        reason: "not_a_regular_file".to_owned(),
        detail: "a pipe, socket or device is never opened".to_owned(),
    }
}
