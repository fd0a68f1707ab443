//! What all formats that compress one file have in common.

use std::io::{self, BufRead, BufReader, Read};

use super::budget::{Budget, Counted, Effort, Intake, Metered};
use super::gap::Gap;
use super::spot::Spot;
use super::walk::Walk;

/// Bytes that are handed to a decoder at once.
const INTAKE_BYTES: usize = 64 << 10;
/// Work of starting a decoder that sets nothing up: a file may hold millions of streams that give nothing.
pub(super) const STREAM_WORK: u64 = 3_000;

/// Where a decoder reads from.
pub(super) type Source<'a> = Counted<'a, BufReader<&'a mut dyn Read>>;

/// Counts what a decoder reads from `bytes`.
pub(super) fn source<'a>(intake: &'a Intake, bytes: &'a mut dyn Read) -> Source<'a> {
    intake.of(BufReader::with_capacity(INTAKE_BYTES, bytes))
}

/// Shows what `decoder` makes of the compressed file at `at`. The decoder reads through `intake`.
pub(super) fn show(
    walk: &mut Walk<'_>,
    at: &Spot,
    decoder: impl Read,
    intake: &Intake,
    effort: Effort,
) -> Result<(), Gap> {
    let mut made = Metered::new(decoder, intake, walk.budget(), effort);
    walk.content(at, &mut made);
    made.ended()
}

/// Streams one after the other that count as one file. Zeros may follow the last: tapes pad with them.
pub(super) struct Streams<'b, S, D> {
    state: State<S, D>,
    budget: &'b Budget,
    /// Work of starting a decoder.
    work: u64,
    begin: fn(S) -> D,
    end: fn(D) -> S,
}

enum State<S, D> {
    Between(S),
    Inside(D),
    Over,
}

impl<'b, S: BufRead, D: Read> Streams<'b, S, D> {
    /// Streams of `source`. `begin` makes a decoder of one stream, which takes `work`; `end` takes the source back.
    pub(super) fn new(source: S, budget: &'b Budget, work: u64, begin: fn(S) -> D, end: fn(D) -> S) -> Self {
        budget.work(work);
        Self { state: State::Inside(begin(source)), budget, work, begin, end }
    }

    /// Whether another stream follows.
    fn follows(source: &mut S) -> io::Result<bool> {
        loop {
            let waiting = source.fill_buf()?;
            if waiting.is_empty() {
                return Ok(false);
            }
            let zeros = waiting.iter().take_while(|&&byte| byte == 0).count();
            if zeros < waiting.len() {
                return Ok(true);
            }
            source.consume(zeros);
        }
    }
}

impl<S: BufRead, D: Read> Read for Streams<'_, S, D> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between(mut source) => {
                    if !Self::follows(&mut source)? || !self.budget.work(self.work) {
                        return Ok(0);
                    }
                    self.state = State::Inside((self.begin)(source));
                }
                State::Inside(mut decoder) => match decoder.read(into)? {
                    0 => self.state = State::Between((self.end)(decoder)),
                    got => {
                        self.state = State::Inside(decoder);
                        return Ok(got);
                    }
                },
            }
        }
    }
}
