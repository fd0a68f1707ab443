//! Structured readers: files whose meaning is known, read for what they say about machine identities.
//!
//! A workflow, a cloud export and a CODEOWNERS file all enter by the same door as a source file: as bytes.
//! A [`Detector`] that claims them turns them into observations. Finding secrets in arbitrary text is the
//! business of `engine`; deciding which observations are one identity is the business of the inventory.

mod agent;
mod ci;
mod export;
mod import;
mod jsonc;
mod look;
mod neighbours;
mod owners;
mod recogniser;
mod rules;
mod template;
mod text;
mod witness;
mod workload;
mod wrong_type;
pub(crate) mod yaml;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tenure_model::{FingerprintKey, Observation};

pub use export::orphaned_binding;
pub use look::Look;
pub use neighbours::{Alone, NEIGHBOUR_BYTES_MAX, Neighbours};
pub use recogniser::{Recognised, Recogniser};
pub(crate) use rules::KEYSTORE_FILE;
pub use rules::{ReaderRule, rules};

/// Largest file that a structured reader takes. Real exports of large accounts stay below it; a larger one
/// is named as unread instead of filling the memory.
pub const READER_BYTES_MAX: usize = 64 << 20;

/// Reason of a file that a reader would have to hold whole. It was searched for secrets all the same.
pub(crate) const TOO_LARGE: &str = "too_large_for_reader";

/// One file's bytes on their way through the readers.
#[derive(Debug, Clone, Copy)]
pub struct Blob<'a> {
    /// Scanned root as the user named it.
    pub root: &'a str,
    /// Path below the root, with `/` on every platform.
    pub path: &'a str,
    /// Folder of the repository below the root: empty, or ending in `/`.
    pub base: &'a str,
    /// `owner/name` where a remote says so, otherwise the name of the folder.
    pub repository: &'a str,
    /// The whole file.
    pub bytes: &'a [u8],
    /// The other files of the repository.
    pub neighbours: &'a dyn Neighbours,
}

impl<'a> Blob<'a> {
    /// The path inside the repository that holds the file.
    #[inline]
    pub fn path_in_repository(&self) -> &'a str {
        // Most repositories are the scanned root, and every reader asks for every file.
        if self.base.is_empty() {
            return self.path;
        }
        self.path.strip_prefix(self.base).unwrap_or(self.path)
    }
}

/// Why a reader that claimed a file did not read all of it.
///
/// It becomes an `unread` row: failed, or partial when observations were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// A stable code for scripts: `yaml_broken`, `json_truncated`, …
    pub reason: &'static str,
    /// One sentence for a person. Never holds text of the file: that could be a secret.
    pub detail: String,
}

impl Unreadable {
    /// The row of another file than the one that is being read.
    fn row(self, path: &str) -> Observation {
        Observation::Unread(tenure_model::Unread {
            path: path.to_owned(),
            state: tenure_model::ReadState::Partial,
            reason: self.reason.to_owned(),
            detail: self.detail,
        })
    }
}

/// What the readers made of one file.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was learned, in the order of the file.
    pub observations: Vec<Observation>,
    /// Set when something was not read.
    pub unreadable: Option<Unreadable>,
}

impl Reading {
    /// A file of which nothing could be read.
    fn failed(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { observations: Vec::new(), unreadable: Some(Unreadable { reason, detail: detail.into() }) }
    }
}

/// Gives a file from its start, each time anew.
pub type Reopen<'a> = &'a dyn Fn() -> Box<dyn Read + 'a>;

/// Reads one kind of file.
pub trait Detector: Sync {
    /// Stable name, as evidence and reports show it.
    fn name(&self) -> &'static str;
    /// What it reads, in one sentence.
    fn describe(&self) -> &'static str;
    /// Whether it would read this file. Cheap: a look at the path or at the first bytes.
    fn recognises(&self, blob: &Look<'_>) -> bool;
    /// Whether it would read this file, which nobody else is asked about.
    fn claims(&self, blob: &Blob<'_>) -> bool {
        self.recognises(&Look::new(blob, &Look::head(blob)))
    }
    /// Reads the file. Every reader writes this or [`Detector::read_values`]; each leads to the other.
    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        self.read_values(blob, key)
    }
    /// Reads the file with the help of somebody who knows values, for readers of files that hold some.
    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        self.read(blob, values.key())
    }
    /// Commands that make such a file, where one does.
    fn exported_by(&self) -> &'static [&'static str] {
        &[]
    }
    /// Reads a file that is too large to be held: `blob` has its first bytes only, and `open` gives all of it from
    /// the start, as often as it is asked. `None` when this reader needs the whole file at once.
    fn read_stream(&self, _blob: &Blob<'_>, _open: Reopen<'_>, _key: &FingerprintKey) -> Option<Reading> {
        None
    }
}

/// Every reader, in a stable order.
pub fn readers() -> impl Iterator<Item = &'static dyn Detector> {
    let of_platforms = ci::READERS.iter().chain(export::READERS).chain(owners::READERS);
    of_platforms.chain(workload::READERS).chain(agent::READERS).chain(import::READERS).copied()
}

/// The readers that would read this file. Nothing runs a pipeline from inside an archive, and no agent is set up by one.
fn claiming(blob: &Blob<'_>) -> Vec<&'static dyn Detector> {
    let head = Look::head(blob);
    let look = Look::new(blob, &head);
    let member = ci::is_member(blob.path);
    let in_place = |reader: &dyn Detector| {
        ci::READERS.iter().chain(agent::READERS).any(|one| one.name() == reader.name())
    };
    let runs = move |reader: &&'static dyn Detector| {
        !member || ci::works_in_an_archive(*reader) || !in_place(*reader)
    };
    let archived: Option<&'static dyn Detector> = member.then_some(&ci::ArchivedPipeline);
    let asked = readers().filter(runs).chain(archived);
    let mut claiming: Vec<_> = asked.filter(|reader| reader.recognises(&look)).collect();
    if claiming.is_empty() && export::cut_off::CutOff.recognises(&look) {
        claiming.push(&export::cut_off::CutOff);
    }
    claiming
}

/// Whether naming the public ids of credentials is this file's business, so that each one is no news.
pub(crate) fn names_ids(blob: &Blob<'_>) -> bool {
    let mut readers = ci::READERS.iter().chain(export::READERS).chain(owners::READERS).chain(import::READERS);
    let head = Look::head(blob);
    let look = Look::new(blob, &head);
    readers.any(|reader| reader.recognises(&look))
}

/// Readers of exports, in the same order.
pub fn exports() -> impl Iterator<Item = &'static dyn Detector> {
    export::each()
}

/// Whether any reader would read this file.
pub fn claimed(blob: &Blob<'_>) -> bool {
    !claiming(blob).is_empty()
}

/// Sends a file through all readers that claim it. A reader that panics costs its own file and nothing else.
pub fn read(blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
    through(blob, |reader| {
        if blob.bytes.len() > READER_BYTES_MAX { too_large(reader) } else { reader.read_values(blob, values) }
    })
}

/// Sends a file that is too large to be held through the readers that claim its first bytes.
pub fn read_stream(blob: &Blob<'_>, open: Reopen<'_>, key: &FingerprintKey) -> Reading {
    through(blob, |reader| reader.read_stream(blob, open, key).unwrap_or_else(|| too_large(reader)))
}

fn through(blob: &Blob<'_>, read: impl Fn(&dyn Detector) -> Reading) -> Reading {
    let mut whole = Reading::default();
    for reader in claiming(blob) {
        let (reading, odd) = wrong_type::watched(|| {
            catch_unwind(AssertUnwindSafe(|| read(reader))).unwrap_or_else(|_| {
                Reading::failed("reader_failed", format!("the {} reader stopped on this file", reader.name()))
            })
        });
        whole.observations.extend(reading.observations);
        whole.unreadable = whole.unreadable.or(reading.unreadable).or(odd);
    }
    whole
}

fn too_large(reader: &dyn Detector) -> Reading {
    let detail = format!(
        "searched for secrets, but the {} reader needs the whole file at once: split it into pages",
        reader.name()
    );
    Reading::failed(TOO_LARGE, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_reads_a_file_one_way_or_the_other() {
        let key = FingerprintKey::new([7; 32]);
        let blob =
            Blob { root: "r", path: "x.yml", base: "", repository: "", bytes: b"", neighbours: &Alone };
        // A reader that wrote neither of the two would never come back.
        readers().for_each(|reader| drop(reader.read(&blob, &key)));
    }
}
