//! Zstandard: frames one after the other that count as one file.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::budget::{Budget, Effort, Intake};
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;
use super::{Format, compressed};

/// Work of decoding.
pub(super) const ZSTD: Effort = Effort { made: 4, taken: 4 };
/// Work of setting a window up.
const START_WORK: u64 = 50_000;
/// The largest window that a frame may ask for: that of `--long`, which every decoder takes.
pub(super) const WINDOW_BYTES_MAX: u64 = 128 << 20;
/// First byte of the magic of frames that hold nothing to decode is 0x50 to 0x5f, then these.
const SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];
/// Magic of a frame.
const FRAME: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Zstandard.
pub(super) struct Zstd;

impl Format for Zstd {
    fn claims(&self, head: &[u8]) -> bool {
        head.starts_with(FRAME)
            || head.len() > 4 && head[0] & 0xf0 == 0x50 && head[1..].starts_with(SKIPPABLE)
    }

    fn stream(&self, walk: &mut Walk<'_>, at: &Spot, bytes: &mut dyn Read) -> Result<(), Gap> {
        let intake = Intake::default();
        let source = compressed::source(&intake, bytes);
        let budget = walk.budget();
        let window = WINDOW_BYTES_MAX.min(budget.room());
        let _memory = budget.hold(window)?;
        compressed::show(walk, at, Frames::new(source, window, budget), &intake, ZSTD)
    }
}

/// The frames of a stream, decoded one after the other.
pub(super) struct Frames<'b, R> {
    source: R,
    budget: &'b Budget,
    decoder: Box<FrameDecoder>,
    inside: bool,
}

impl<'b, R: BufRead> Frames<'b, R> {
    /// Frames that ask for at most `window` bytes of memory.
    pub(super) fn new(source: R, window: u64, budget: &'b Budget) -> Self {
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_max_window_size(window);
        budget.work(START_WORK);
        Self { source, budget, decoder, inside: false }
    }

    /// Goes to the next frame that holds something; false at the end of the stream.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() || !self.budget.work(compressed::STREAM_WORK) {
                return Ok(false);
            }
            let mut head = [0; 8];
            self.source.read_exact(&mut head[..4])?;
            if head[0] & 0xf0 == 0x50 && head[1..4] == *SKIPPABLE {
                self.source.read_exact(&mut head[4..])?;
                let len = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
                let skipped = io::copy(&mut (&mut self.source).take(len), &mut io::sink())?;
                if skipped < len {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            let frame = (&head[..4]).chain(&mut self.source);
            self.decoder.reset(frame).map_err(|error| match error {
                ruzstd::decoding::errors::FrameDecoderError::WindowSizeTooBig { .. } => {
                    io::Error::from(io::ErrorKind::OutOfMemory)
                }
                other => io::Error::other(other),
            })?;
            return Ok(true);
        }
    }
}

impl<R: BufRead> Read for Frames<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.inside {
                if !self.begin()? {
                    return Ok(0);
                }
                self.inside = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, step).map_err(io::Error::other)?;
            }
            let got = self.decoder.read(into)?;
            if got > 0 {
                return Ok(got);
            }
            self.inside = !self.decoder.is_finished();
        }
    }
}
