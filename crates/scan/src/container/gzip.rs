//! gzip: one compressed file, or several one after the other that count as one.

use std::io::Read;

use flate2::bufread::GzDecoder;

use super::Format;
use super::budget::{Effort, Intake};
use super::compressed::{self, Streams};
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;

/// Work of inflating.
pub(super) const INFLATE: Effort = Effort { made: 3, taken: 2 };

/// gzip.
pub(super) struct Gzip;

impl Format for Gzip {
    fn claims(&self, head: &[u8]) -> bool {
        // The method is always deflate, and three flags are reserved.
        head.len() >= 10 && head.starts_with(&[0x1f, 0x8b, 8]) && head[3] & 0xe0 == 0
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let intake = Intake::default();
        let source = compressed::source(&intake, bytes);
        let streams = Streams::new(
            source,
            walk.budget(),
            compressed::STREAM_WORK,
            GzDecoder::new,
            GzDecoder::into_inner,
        );
        compressed::show(walk, at, streams, &intake, INFLATE)
    }
}
