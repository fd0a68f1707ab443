//! Containers: files that hold other files. What is inside is visited in memory, one member after the other.
//!
//! Nothing is ever written to a disk, no name inside a container is used as a path, and one [`Budget`] ends whatever
//! grows beyond all proportion. A file's first bytes decide what it is. Looking for secrets is the visitor's business.

mod ar;
mod budget;
mod bzip2;
mod compressed;
mod cpio;
mod gap;
mod gzip;
mod input;
mod keystore;
mod named;
mod rpm;
mod spot;
mod sqlite;
mod tar;
mod unsupported;
mod walk;
mod xz;
mod zip;
mod zlib;
mod zstd;

#[cfg(test)]
mod tests;

use std::io::Read;

pub(crate) use budget::Budget;
use gap::Gap;
pub use gap::MemberGap;
pub(crate) use input::{FileInput, Input, Section};
pub(crate) use keystore::Keystore;
pub(crate) use named::unopened;
use spot::Spot;
pub(crate) use spot::{containers_around, member_path};
use walk::Walk;

/// Every format, in the order in which they are asked. The first that claims a file reads it.
const FORMATS: &[&dyn Format] = &[
    &gzip::Gzip,
    &zip::Zip,
    &bzip2::Bzip2,
    &xz::Xz,
    &zstd::Zstd,
    &zlib::Zlib,
    &ar::Ar,
    &cpio::Cpio,
    &rpm::Rpm,
    &sqlite::Sqlite,
    &keystore::Keystores,
    &tar::Tar,
    &unsupported::Unsupported,
];

/// Bytes at the start of a file that tell its format: a tar header is the longest.
const HEAD_BYTES: usize = 512;

/// How a format wants to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// From the first byte to the last.
    Stream,
    /// Here and there: a member of another container is held in memory for it.
    Random,
}

/// One kind of container.
trait Format: Sync {
    /// Whether a file that begins with `head` is one.
    fn claims(&self, head: &[u8]) -> bool;
    /// Whether a file that begins with anything is one because it ends with `tail`.
    fn claims_tail(&self, _tail: &[u8]) -> bool {
        false
    }
    /// Whether what is in it may be containers again; only those count as levels.
    fn nests(&self) -> bool {
        true
    }
    /// How its bytes are needed.
    fn access(&self) -> Access {
        Access::Stream
    }
    /// Reads it from the first byte to the last: for [`Access::Stream`].
    fn stream(&self, _walk: &mut Walk<'_>, _at: &Spot, _bytes: &mut dyn Read) -> Result<(), Gap> {
        Err(Gap::Unsupported)
    }
    /// Reads it here and there: for [`Access::Random`].
    fn random(&self, _walk: &mut Walk<'_>, _at: &Spot, _bytes: &dyn Input) -> Result<(), Gap> {
        Err(Gap::Unsupported)
    }
}

/// Who is shown what a container holds.
pub(crate) trait Visitor {
    /// A member's bytes, to be read to their end. `member` is a label below the outermost file; an empty one means
    /// the whole content of a file that is only compressed.
    fn member(&mut self, member: &str, bytes: &mut dyn Read, budget: &Budget);
    /// A store of keys under a password. Without a label it is the outermost file itself.
    fn keystore(&mut self, member: Option<&str>, store: &Keystore);
    /// Something was not read.
    fn gap(&mut self, gap: MemberGap);
}

/// Whether this is a container: its first bytes decide, or its last ones behind a program.
pub(crate) fn claims(input: &dyn Input) -> bool {
    format_of_whole(input).is_some()
}

/// Shows all members of a container to the visitor, those of containers inside it included.
///
/// Ends within the budget's limits whatever the bytes are; what they cut off is told to the visitor.
pub(crate) fn expand(input: &dyn Input, budget: &Budget, visitor: &mut dyn Visitor) {
    let Some(format) = format_of_whole(input) else { return };
    let mut walk = Walk::new(budget, visitor);
    // A decoder that breaks its own promise costs its file and nothing else.
    let opened =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk.open_outermost(format, input)));
    if opened.is_err() {
        walk.gap(&Spot::outermost(), Gap::ReaderFailed);
    }
    walk.finish();
}

/// The format of a file of which everything can be read.
fn format_of_whole(input: &dyn Input) -> Option<&'static dyn Format> {
    let (mut head, mut tail) = ([0; HEAD_BYTES], [0; HEAD_BYTES]);
    let got = input::fill_at(input, 0, &mut head).ok()?;
    let last = input::fill_at(input, input.len().saturating_sub(HEAD_BYTES as u64), &mut tail).ok()?;
    format_of(&head[..got], &tail[..last])
}

fn format_of(head: &[u8], tail: &[u8]) -> Option<&'static dyn Format> {
    let claiming = FORMATS.iter().find(|format| format.claims(head));
    claiming.or_else(|| FORMATS.iter().find(|format| format.claims_tail(tail))).copied()
}
