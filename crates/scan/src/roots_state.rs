//! Whether everything is as an earlier scan left it, so that nothing need be read to know what it holds.

use std::path::Path;
use std::time::SystemTime;

use tenure_model::Unread;

use crate::git::{self, Repository};
use crate::scanner::Root;
use crate::source::{Looks, looks};

/// Files that are looked at; roots with more are read each time.
const FILES_MAX: usize = 2_000_000;

/// How roots were before anything in them was read, as one hash. It holds under the terms that it was asked for: everything
/// beside the files that decides what a scan tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RootsState([u8; 32]);

impl RootsState {
    /// Looks at the program; every root counts by its name and by what was listed of it, which was looked at then.
    ///
    /// `None` when looks do not tell: something was written a moment ago, takes its content from elsewhere, or cannot be
    /// looked at; and on systems that do not say where on the disk a file lies and when that last changed.
    pub(crate) fn of(terms: &[u8], roots: &[Root]) -> Option<RootsState> {
        if !cfg!(unix) {
            return None;
        }
        let mut state = Hashing { hasher: blake3::Hasher::new(), files: 0 };
        state.file(&std::env::current_exe().ok()?)?;
        state.part(terms);
        for root in roots {
            state.part(root.name.as_bytes());
            state.root(root)?;
        }
        Some(RootsState(*state.hasher.finalize().as_bytes()))
    }
}

/// What was looked at so far.
struct Hashing {
    hasher: blake3::Hasher,
    files: usize,
}

impl Hashing {
    fn root(&mut self, root: &Root) -> Option<()> {
        let walked = &root.walked;
        self.count(walked.files.len());
        for file in &walked.files {
            self.looked_at(&file.path, file.looks?)?;
        }
        self.rows(&walked.unread);
        self.count(root.configurations.len());
        root.configurations.iter().for_each(|path| self.part(path.as_bytes()));
        self.count(walked.git_dirs.len());
        for dir in &walked.git_dirs {
            self.repository(&root.path, dir)?;
        }
        Some(())
    }

    fn file(&mut self, path: &Path) -> Option<()> {
        let looks = looks(&path.symlink_metadata().ok()?, SystemTime::now())?;
        self.looked_at(path, looks)
    }

    fn looked_at(&mut self, path: &Path, looks: Looks) -> Option<()> {
        self.files += 1;
        self.part(path.as_os_str().as_encoded_bytes());
        self.hasher.update(&looks);
        (self.files <= FILES_MAX).then_some(())
    }

    fn repository(&mut self, root: &Path, dir: &Path) -> Option<()> {
        self.part(dir.as_os_str().as_encoded_bytes());
        let mut rows = Vec::new();
        // One that cannot be opened has only files, and those are listed.
        let state = match Repository::open(dir, root, &mut rows) {
            Some(repository) => git::state(&repository)?,
            None => [0; 32],
        };
        self.hasher.update(&state);
        self.rows(&rows);
        Some(())
    }

    fn rows(&mut self, rows: &[Unread]) {
        self.count(rows.len());
        for Unread { path, reason, detail, .. } in rows {
            [path, reason, detail].into_iter().for_each(|text| self.part(text.as_bytes()));
        }
    }

    fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.hasher.update(bytes);
    }

    fn count(&mut self, number: usize) {
        self.hasher.update(&(number as u64).to_le_bytes());
    }
}
