//! bzip2: one compressed file, or several one after the other that count as one.

use std::io::Read;

use bzip2::bufread::BzDecoder;

use super::Format;
use super::budget::{Effort, Intake};
use super::compressed::{self, Streams};
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;

/// Work of decoding.
pub(super) const BZIP2: Effort = Effort { made: 15, taken: 45 };
/// Work of starting a decoder: it clears all that it remembers.
pub(super) const BZIP2_STREAM_WORK: u64 = 500_000;
/// What a decoder remembers: a block of 900 kB, four bytes for each of its bytes.
pub(super) const BZIP2_BYTES: u64 = 4 << 20;

/// bzip2.
pub(super) struct Bzip2;

impl Format for Bzip2 {
    fn claims(&self, head: &[u8]) -> bool {
        // `BZh`, the block size, then a block or the end of an empty stream.
        head.starts_with(b"BZh")
            && head.get(3).is_some_and(|size| (b'1'..=b'9').contains(size))
            && (head[4..].starts_with(b"1AY&SY") || head[4..].starts_with(b"\x17rE8P\x90"))
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let _memory = walk.budget().hold(BZIP2_BYTES)?;
        let intake = Intake::default();
        let source = compressed::source(&intake, bytes);
        let streams =
            Streams::new(source, walk.budget(), BZIP2_STREAM_WORK, BzDecoder::new, BzDecoder::into_inner);
        compressed::show(walk, at, streams, &intake, BZIP2)
    }
}
