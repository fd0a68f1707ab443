//! One budget for everything that one outermost file may cost, however deep its containers go.
//!
//! Time is counted as work, not measured: the same input ends at the same place on every machine.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use super::gap::Gap;

/// Bytes that all decoders of one outermost file may make. They go through in windows and are never held at once.
const BYTES_OUT_MAX: u64 = 512 << 20;
/// Bytes that one decoder may make of one byte. Logs and images stay below it; deflate's worst is 1,032.
const RATIO_MAX: u64 = 200;
/// Bytes that a decoder may make before its ratio counts.
const RATIO_FREE_BYTES: u64 = 16 << 20;
/// Members of all containers in one outermost file.
const MEMBERS_MAX: u64 = 250_000;
/// Containers around a member.
const DEPTH_MAX: u32 = 4;
/// Compressions straight inside each other.
const LAYERS_MAX: u32 = 3;
/// Bytes held at one moment for one outermost file: members that need random access, and what decoders remember.
const HELD_BYTES_MAX: u64 = 256 << 20;
/// Work of one outermost file, in nanoseconds of a machine from 2020, beyond what its own length explains.
const WORK_MAX: u64 = 7_000_000_000;
/// Work that each byte of the outermost file adds to the limit: its members are searched like any file.
const WORK_PER_OWN_BYTE: u64 = 8;
/// Work of a member besides its bytes.
const MEMBER_WORK: u64 = 4_000;

/// What has been spent on one outermost file.
#[derive(Debug)]
pub(crate) struct Budget {
    out: Cell<u64>,
    members: Cell<u64>,
    held: Cell<u64>,
    work_left: Cell<u64>,
    spent: Cell<Option<Gap>>,
    /// A stream around the one being read has failed, and will say so itself.
    explained: Cell<bool>,
}

impl Budget {
    /// The budget of a file of this length.
    pub(crate) fn of(len: u64) -> Budget {
        Budget {
            out: Cell::new(0),
            members: Cell::new(0),
            held: Cell::new(0),
            work_left: Cell::new(WORK_MAX.saturating_add(len.saturating_mul(WORK_PER_OWN_BYTE))),
            spent: Cell::new(None),
            explained: Cell::new(false),
        }
    }

    /// Takes work off the budget; false when nothing is left.
    pub(crate) fn work(&self, work: u64) -> bool {
        let left = self.work_left.get().saturating_sub(work);
        self.work_left.set(left);
        if left == 0 {
            self.end(Gap::TooMuchWork);
        }
        left > 0
    }

    /// Work that is left.
    pub(crate) fn work_left(&self) -> u64 {
        self.work_left.get()
    }

    /// Whether nothing more may be read, and why.
    pub(super) fn spent(&self) -> Option<Gap> {
        self.spent.get()
    }

    /// Whether nothing more may be read.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get().is_some()
    }

    /// Ends the walk because the user wants it.
    pub(crate) fn cancel(&self) {
        self.end(Gap::Cancelled);
    }

    fn end(&self, gap: Gap) {
        if self.spent.get().is_none() {
            self.spent.set(Some(gap));
        }
    }

    /// Counts a member; false when there may be no more.
    pub(super) fn member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        if self.members.get() > MEMBERS_MAX {
            self.end(Gap::TooManyMembers);
        }
        self.work(MEMBER_WORK);
        !self.is_spent()
    }

    /// Counts bytes that a decoder made.
    fn out(&self, bytes: u64) {
        self.out.set(self.out.get() + bytes);
        if self.out.get() > BYTES_OUT_MAX {
            self.end(Gap::TooLarge);
        }
    }

    /// Whether a container may be opened this deep.
    pub(super) fn allows_depth(depth: u32, layers: u32) -> bool {
        depth < DEPTH_MAX && layers <= LAYERS_MAX
    }

    /// Bytes that may still be held.
    pub(super) fn room(&self) -> u64 {
        HELD_BYTES_MAX - self.held.get()
    }

    /// Sets memory aside until the answer is dropped.
    pub(super) fn hold(&self, bytes: u64) -> Result<Held<'_>, Gap> {
        if bytes > self.room() {
            return Err(Gap::TooMuchMemory);
        }
        self.held.set(self.held.get() + bytes);
        Ok(Held { budget: self, bytes })
    }

    /// Whether a stream around this one has failed: then it is no news that this one ends early.
    pub(super) fn is_explained(&self) -> bool {
        self.explained.get() || self.is_spent()
    }
}

/// Memory that is set aside.
pub(super) struct Held<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.held.set(self.budget.held.get() - self.bytes);
    }
}

/// What a decoder has taken in.
#[derive(Debug, Default)]
pub(super) struct Intake {
    taken: Cell<u64>,
    ended: Cell<bool>,
}

impl Intake {
    /// Bytes taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Counts what a decoder takes from `inner`; what is only buffered does not count.
    pub(super) fn of<R: BufRead>(&self, inner: R) -> Counted<'_, R> {
        Counted { inner, intake: self }
    }

    /// Counts bytes that were taken.
    pub(super) fn take(&self, bytes: u64) {
        self.taken.set(self.taken.get() + bytes);
    }
}

/// A stream whose bytes are counted on their way into a decoder.
pub(super) struct Counted<'a, R> {
    inner: R,
    intake: &'a Intake,
}

impl<R: BufRead> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(into)?;
        self.intake.take(got as u64);
        if got == 0 && !into.is_empty() {
            self.intake.ended.set(true);
        }
        Ok(got)
    }
}

impl<R: BufRead> BufRead for Counted<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let waiting = self.inner.fill_buf()?;
        if waiting.is_empty() {
            self.intake.ended.set(true);
        }
        Ok(waiting)
    }

    fn consume(&mut self, bytes: usize) {
        self.intake.take(bytes as u64);
        self.inner.consume(bytes);
    }
}

/// What decoding takes, in nanoseconds of a machine from 2020.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// For each byte made.
    pub(super) made: u64,
    /// For each byte taken in.
    pub(super) taken: u64,
}

/// What comes out of a decoder, within the budget. A decoder that fails just ends; why is told afterwards.
pub(super) struct Metered<'a, R> {
    decoder: R,
    intake: &'a Intake,
    budget: &'a Budget,
    effort: Effort,
    made: u64,
    /// Bytes taken in whose work is counted.
    counted: u64,
    over: bool,
    failed: Option<Gap>,
}

impl<'a, R: Read> Metered<'a, R> {
    /// A decoder that reads from `intake`.
    pub(super) fn new(decoder: R, intake: &'a Intake, budget: &'a Budget, effort: Effort) -> Self {
        Self { decoder, intake, budget, effort, made: 0, counted: 0, over: false, failed: None }
    }

    /// Bytes made so far.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// How it ended. What nobody read is read now: many formats carry a sum of all bytes at their end.
    pub(super) fn ended(mut self) -> Result<(), Gap> {
        let _ = io::copy(&mut self, &mut io::sink());
        match self.failed {
            Some(gap) => {
                self.budget.explained.set(false);
                Err(gap)
            }
            None => Ok(()),
        }
    }

    fn fail(&mut self, gap: Gap) {
        self.over = true;
        if !self.budget.is_explained() {
            self.failed = Some(gap);
            self.budget.explained.set(true);
        }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.over || self.budget.is_spent() || into.is_empty() {
            return Ok(0);
        }
        match self.decoder.read(into) {
            Ok(0) => self.over = true,
            Ok(got) => {
                self.made += got as u64;
                self.budget.out(got as u64);
                let taken = self.intake.taken();
                let fresh = taken - self.counted;
                self.counted = taken;
                self.budget.work(self.effort.made * got as u64 + self.effort.taken.saturating_mul(fresh));
                let allowed = RATIO_FREE_BYTES.max(taken.saturating_mul(RATIO_MAX));
                if self.made > allowed {
                    self.fail(Gap::Bomb);
                }
                return Ok(got);
            }
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => self.fail(Gap::TooMuchMemory),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => self.fail(Gap::Unsupported),
            Err(_) if self.intake.ended.get() => self.fail(Gap::Truncated),
            Err(_) => self.fail(Gap::Damaged),
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_out_of_proportion_is_stopped_and_says_so() {
        let budget = Budget::of(1_000);
        let intake = Intake::default();
        let mut source = intake.of(&b"x"[..]);
        source.read_exact(&mut [0]).unwrap();
        let mut metered = Metered::new(io::repeat(0), &intake, &budget, Effort { made: 1, taken: 0 });
        let made = io::copy(&mut metered, &mut io::sink()).unwrap();
        assert!((RATIO_FREE_BYTES..RATIO_FREE_BYTES + (1 << 20)).contains(&made), "{made}");
        assert_eq!(metered.ended(), Err(Gap::Bomb));
        assert!(!budget.is_spent(), "other members may still be read");
    }

    #[test]
    fn all_decoders_share_one_limit_of_bytes() {
        let budget = Budget::of(1_000);
        let intake = Intake::default();
        intake.taken.set(u64::MAX / RATIO_MAX);
        let mut made = 0;
        for _ in 0..3 {
            let mut metered =
                Metered::new(io::repeat(0).take(300 << 20), &intake, &budget, Effort { made: 1, taken: 0 });
            made += io::copy(&mut metered, &mut io::sink()).unwrap();
        }
        assert!(made < BYTES_OUT_MAX + (1 << 20), "{made}");
        assert_eq!(budget.spent(), Some(Gap::TooLarge));
    }

    #[test]
    fn held_memory_is_given_back() {
        let budget = Budget::of(0);
        let held = budget.hold(HELD_BYTES_MAX).unwrap();
        assert_eq!(budget.hold(1).err(), Some(Gap::TooMuchMemory));
        drop(held);
        assert!(budget.hold(1).is_ok());
    }
}
