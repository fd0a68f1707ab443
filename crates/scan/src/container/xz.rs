//! xz: one compressed file, or several one after the other that count as one.

use std::io::Read;

use lzma_rust2::XzReader;

use super::Format;
use super::budget::{Effort, Intake};
use super::compressed::{self, Streams};
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;

/// Work of decoding: it is done bit by bit.
pub(super) const XZ: Effort = Effort { made: 8, taken: 50 };
/// Work of starting a decoder.
pub(super) const XZ_STREAM_WORK: u64 = 50_000;
/// What a decoder may remember: the highest level takes 64 MiB.
pub(super) const XZ_BYTES: u64 = 72 << 20;

/// xz.
pub(super) struct Xz;

impl Format for Xz {
    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(b"\xfd7zXZ\0")
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let _memory = walk.budget().hold(XZ_BYTES)?;
        let intake = Intake::default();
        let source = compressed::source(&intake, bytes);
        let streams = Streams::new(source, walk.budget(), XZ_STREAM_WORK, reader, XzReader::into_inner);
        compressed::show(walk, at, streams, &intake, XZ)
    }
}

/// A decoder that stays within [`XZ_BYTES`].
pub(super) fn reader<R: Read>(source: R) -> XzReader<R> {
    XzReader::new_mem_limit(source, false, u32::try_from(XZ_BYTES >> 10).expect("a limit in KiB fits"))
}
