//! The fence around a scan: nothing outside of the scanned root is opened, whatever a repository points at.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Why a path was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It leads out of the scanned root.
    Outside,
    /// It is a pipe, a socket, a device, or a folder where a file should be (or the other way round).
    WrongKind,
    /// It is larger than the limit of its kind.
    TooLarge,
    /// There is nothing.
    Missing,
    /// The system said no.
    Denied,
}

impl Refusal {
    /// The stable code of an unread row.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Refusal::Outside => "outside_of_root",
            Refusal::WrongKind => "not_a_regular_file",
            Refusal::TooLarge => "file_too_large",
            Refusal::Missing => "not_found",
            Refusal::Denied => "read_error",
        }
    }

    /// The same in words, to be put behind a path.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Refusal::Outside => "leads out of the scanned folder, and is not followed",
            Refusal::WrongKind => "is not of the kind that belongs there",
            Refusal::TooLarge => "is larger than the limit for such a file",
            Refusal::Missing => "does not exist",
            Refusal::Denied => "cannot be opened",
        }
    }

    fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Refusal::Missing,
            _ => Refusal::Denied,
        }
    }
}

/// The scanned root, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Fence(PathBuf);

impl Fence {
    /// Resolves `root`.
    pub(crate) fn around(root: &Path) -> Result<Self, Refusal> {
        fs::canonicalize(root).map(Self).map_err(|error| Refusal::of(&error))
    }

    /// The resolved root.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// Resolves every link in `path`; what is then not beneath the root is refused.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let resolved = fs::canonicalize(path).map_err(|error| Refusal::of(&error))?;
        if resolved.starts_with(&self.0) { Ok(resolved) } else { Err(Refusal::Outside) }
    }

    /// Resolves a folder.
    pub(crate) fn folder(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let resolved = self.resolve(path)?;
        if resolved.is_dir() { Ok(resolved) } else { Err(Refusal::WrongKind) }
    }

    /// Resolves a regular file in a folder that has passed the fence. Only a link costs a second look.
    pub(crate) fn file(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let meta = fs::symlink_metadata(path).map_err(|error| Refusal::of(&error))?;
        if meta.is_file() {
            return Ok(path.to_owned());
        }
        if !meta.is_symlink() {
            return Err(Refusal::WrongKind);
        }
        let resolved = self.resolve(path)?;
        if resolved.is_file() { Ok(resolved) } else { Err(Refusal::WrongKind) }
    }

    /// Opens a regular file in a folder that has passed the fence.
    pub(crate) fn open(&self, path: &Path) -> Result<(File, u64), Refusal> {
        let file = File::open(self.file(path)?).map_err(|error| Refusal::of(&error))?;
        let meta = file.metadata().map_err(|error| Refusal::of(&error))?;
        if meta.is_file() { Ok((file, meta.len())) } else { Err(Refusal::WrongKind) }
    }

    /// Reads a small regular file as a whole.
    pub(crate) fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
        let (file, len) = self.open(path)?;
        if len > bytes_max {
            return Err(Refusal::TooLarge);
        }
        let mut bytes = Vec::new();
        match file.take(bytes_max + 1).read_to_end(&mut bytes) {
            Ok(read) if read as u64 > bytes_max => Err(Refusal::TooLarge),
            Ok(_) => Ok(bytes),
            Err(error) => Err(Refusal::of(&error)),
        }
    }
}
