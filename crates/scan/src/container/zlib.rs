//! zlib: one compressed file, as fonts of documents, saved games and packed tables are kept, often called `.z`.

use std::io::Read;

use flate2::bufread::ZlibDecoder;
use flate2::{Decompress, FlushDecompress};

use super::budget::Intake;
use super::compressed::{self, Streams};
use super::gap::Gap;
use super::gzip::INFLATE;
use super::spot::Spot;
use super::walk::Walk;
use super::{Format, HEAD_BYTES};

/// Deflate with its largest window: what every program writes.
const METHOD: u8 = 0x78;

/// zlib.
pub(super) struct Zlib;

impl Format for Zlib {
    fn claims(&self, head: &[u8]) -> bool {
        // Two bytes tell too little: what follows has to inflate, as far as it is seen.
        head.len() >= 8
            && head[0] == METHOD
            && (u32::from(METHOD) << 8 | u32::from(head[1])).is_multiple_of(31)
            && head[1] & 0x20 == 0
            && inflates(head)
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let intake = Intake::default();
        let source = compressed::source(&intake, bytes);
        let streams = Streams::new(
            source,
            walk.budget(),
            compressed::STREAM_WORK,
            ZlibDecoder::new,
            ZlibDecoder::into_inner,
        );
        compressed::show(walk, at, streams, &intake, INFLATE)
    }
}

fn inflates(head: &[u8]) -> bool {
    let mut made = [0; 4 * HEAD_BYTES];
    let mut decoder = Decompress::new(true);
    decoder.decompress(head, &mut made, FlushDecompress::None).is_ok() && decoder.total_out() > 0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_inflates_is_claimed_and_text_is_not() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"password: of a table that somebody packed").unwrap();
        let packed = encoder.finish().unwrap();
        assert!(Zlib.claims(&packed));
        for text in [b"x^2 + y^2 = z^2".as_slice(), b"x\x9cjust two bytes like it", b"x\x01", b""] {
            assert!(!Zlib.claims(text), "{text:?}");
        }
    }
}
