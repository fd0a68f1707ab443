//! Finds every anchor of every rule in one pass over the bytes.
//!
//! An automaton reads one byte after the other, each look-up waiting for the one before. Here a literal is represented
//! by pieces of four bytes at neighbouring offsets: one of them begins at an even position wherever the literal stands. So
//! only every second position is looked at, each look-up is independent of the others, and one small bitmap says "no" for
//! nearly all of them. A literal of three or four bytes does not hold two pieces: the rest of one is every byte there can be.
//!
//! What passes is looked at once more: a table knows the bytes that all literals with this piece have around it. Both steps
//! write down what passed without a branch that could be guessed wrong. What passes both is compared with the literals.

mod table;

use std::ops::Range;
use std::sync::LazyLock;

use table::{Place, SURROUNDINGS_BEFORE, Table};

/// Bits of an address in the sieve, in the table of pieces, and in those of short literals. The sieve is larger than the
/// first cache on purpose: one that fits into it lets so much pass that it costs twice as much as waiting for the second.
const SIEVE_BITS: u32 = 20;
const PIECES_BITS: u32 = 16;
const SHORTS_BITS: u32 = 12;
/// Shortest literal, bytes.
const LITERAL_BYTES_MIN: usize = 3;
/// A literal with more bytes has two pieces of its own.
const SHORT_BYTES_MAX: usize = 4;
/// Bytes of a piece.
const PIECE_BYTES: usize = 4;
/// Furthest piece of a literal, bytes from its start.
const OFFSET_MAX: usize = 250;
/// Bytes that are sieved in one go, and how many such blocks before what passed is looked at again.
const BLOCK: usize = 64;
const BLOCKS_MAX: usize = 8;
/// Positions of a block that may pass without a second question.
const PASSES: usize = 4;
/// Bytes behind the last position of a block that are read with it.
const AHEAD: usize = 8;
/// ASCII letters without their case, in every byte of a word.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// Every byte that there can be, without case.
const ANY: [u32; 128] = {
    let mut any = [0; 128];
    let mut at = 0;
    while at < 128 {
        any[at as usize] = (at & 0x60) << 1 | 0x20 | at & 0x1f;
        at += 1;
    }
    any
};
/// How often four bytes stand together in code and text, by a hash of them; the more often, the higher
/// (`crates/scan/data/README.md`).
static GRAMS: &[u8; 1 << GRAM_BITS] = include_bytes!("../../data/grams.bin");
const GRAM_BITS: u32 = 15;
/// Steps of the table in which a frequency doubles, and how many times rarer than the rarest in it all others are taken for.
const GRAM_STEPS: f64 = 16.0;
const RARE_DOUBLINGS: f64 = 5.0;

/// The literals to look for, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    all: Vec<Text>,
}

/// Where one is, and whether case matters.
#[derive(Debug)]
struct Text {
    from: u32,
    len: u16,
    exact: bool,
}

impl Texts {
    /// Adds one as it is spelled, of [`LITERAL_BYTES_MIN`] bytes or more; lower case when `exact` is false.
    ///
    /// # Panics
    /// When it is too short or far too long: rules are checked before.
    pub(super) fn push(&mut self, text: &[u8], exact: bool) {
        assert!(text.len() >= LITERAL_BYTES_MIN, "a rule's anchor has at least three bytes");
        let from = u32::try_from(self.bytes.len()).expect("all literals fit into memory many times");
        self.all.push(Text { from, len: u16::try_from(text.len()).expect("literals are short"), exact });
        self.bytes.extend_from_slice(text);
    }

    /// The literal of this number, and whether case matters.
    #[inline(always)]
    fn get(&self, id: u16) -> (&[u8], bool) {
        let Text { from, len, exact } = self.all[usize::from(id)];
        (&self.bytes[from as usize..from as usize + usize::from(len)], exact)
    }

    /// Most bytes of a literal before a line end in it, and most bytes behind one.
    pub(super) fn across_lines(&self) -> (u32, u32) {
        let mut most = (0, 0);
        for at in memchr::memchr_iter(b'\n', &self.bytes) {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let Text { from, len, .. } = self.all[self.all.partition_point(|text| text.from <= at) - 1];
            most = (most.0.max(at - from), most.1.max(from + u32::from(len) - at - 1));
        }
        most
    }

    /// All texts in the order of their numbers.
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().zip(0..).map(|(_, id)| self.get(id).0)
    }
}

/// Positions that passed; those behind the count mean nothing.
struct Passed {
    positions: [u32; BLOCKS_MAX * BLOCK / 2 + PASSES],
    count: usize,
}

/// The literals, ready to be searched for.
#[derive(Debug)]
pub(super) struct Anchors {
    literals: Texts,
    sieve: Sieve,
    /// Literals by their pieces of four bytes.
    pieces: Table<PIECES_BITS>,
    /// Literals by three bytes at the position, and by three at the next one.
    here: Table<SHORTS_BITS>,
    next: Table<SHORTS_BITS>,
}

/// Which four bytes may be a piece: one bit each, by their hash.
#[derive(Debug)]
struct Sieve(Box<[u64; 1 << (SIEVE_BITS - 6)]>);

/// Pieces of all literals, for the three tables.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Place>,
    here: Vec<Place>,
    next: Vec<Place>,
}

impl Anchors {
    /// Prepares a search.
    ///
    /// # Panics
    /// When there are more than 65,534 pieces: what is looked for is bounded before.
    pub(super) fn new(literals: Texts) -> Self {
        let mut sieve = Sieve(Box::new([0; 1 << (SIEVE_BITS - 6)]));
        let mut pieces = Pieces::default();
        for (text, id) in literals.iter().zip(0..) {
            if text.len() <= SHORT_BYTES_MAX {
                pieces.push_short(text, id, &mut sieve);
            } else {
                pieces.push_long(text, id, &mut sieve);
            }
        }
        let (here, next) = (Table::new(&literals, &pieces.here), Table::new(&literals, &pieces.next));
        Self { pieces: Table::new(&literals, &pieces.pieces), literals, sieve, here, next }
    }

    /// Calls `each` with (position, index of the literal) for every literal that lies wholly in `bytes[from..to]`.
    /// Each occurrence is given once; the order is that of the positions' pieces.
    pub(super) fn find(&self, bytes: &[u8], from: usize, to: usize, mut each: impl FnMut(usize, u16)) {
        let within = from..to.min(bytes.len());
        let mut at = from - (from & 1);
        while at < within.end.min(SURROUNDINGS_BEFORE) {
            self.compare(bytes, &within, at, &mut each);
            at += 2;
        }
        let mut passed = Passed { positions: [0; _], count: 0 };
        // A block may reach beyond the end: what it finds there is not given.
        while at < within.end && at + BLOCK + AHEAD <= bytes.len() {
            passed.count = 0;
            let there = (bytes.len() - AHEAD - at) / BLOCK;
            for _ in 0..there.min(BLOCKS_MAX).min((within.end - at).div_ceil(BLOCK)) {
                let block = bytes[at..at + BLOCK + PIECE_BYTES].try_into().expect("a block and a bit more");
                passed.note(at, self.sieve.pass(block) & positions(within.end - at));
                at += BLOCK;
            }
            self.look_around(bytes, &mut passed);
            for &position in &passed.positions[..passed.count] {
                let position = position as usize;
                self.compare_around(bytes, &within, position, midst(bytes, position), &mut each);
            }
        }
        while at < within.end {
            self.compare(bytes, &within, at, &mut each);
            at += 2;
        }
    }

    /// Keeps the positions around which stands what every literal that they may belong to has there.
    fn look_around(&self, bytes: &[u8], passed: &mut Passed) {
        let mut kept = 0;
        for index in 0..passed.count {
            let position = passed.positions[index];
            let (around, next) = midst(bytes, position as usize);
            let may = self.pieces.may_hold(piece(around), around)
                | self.here.may_hold(three(piece(around)), around)
                | self.next.may_hold(three(piece(next)), next);
            passed.positions[kept] = position;
            kept += usize::from(may);
        }
        passed.count = kept;
    }

    /// Gives the literals of the position at `at`, near the ends of `bytes`.
    fn compare(&self, bytes: &[u8], within: &Range<usize>, at: usize, each: &mut impl FnMut(usize, u16)) {
        let surroundings = (around(bytes, at), around(bytes, at + 1));
        if self.sieve.holds(piece(surroundings.0)) {
            self.compare_around(bytes, within, at, surroundings, each);
        }
    }

    /// Gives the literals of the position at `at`, around which and around the next one stands what is told.
    fn compare_around(
        &self,
        bytes: &[u8],
        within: &Range<usize>,
        at: usize,
        (around, next): (u64, u64),
        each: &mut impl FnMut(usize, u16),
    ) {
        let mut compare = |id: u16, at: usize, offset: usize| {
            let (text, exact) = self.literals.get(id);
            let Some(start) = at.checked_sub(offset).filter(|start| *start >= within.start) else { return };
            let Some(there) = bytes[..within.end].get(start..start + text.len()) else { return };
            if if exact { there == text } else { there.eq_ignore_ascii_case(text) } {
                each(start, id);
            }
        };
        self.pieces.at(piece(around), around).for_each(|(id, offset)| compare(id, at, offset));
        self.here.at(three(piece(around)), around).for_each(|(id, offset)| compare(id, at, offset));
        self.next.at(three(piece(next)), next).for_each(|(id, offset)| compare(id, at + 1, offset));
    }
}

impl Sieve {
    fn add(&mut self, four: u32) {
        let hash = hash::<SIEVE_BITS>(four);
        self.0[hash >> 6] |= 1 << (hash & 63);
    }

    #[inline(always)]
    fn holds(&self, four: u32) -> bool {
        let hash = hash::<SIEVE_BITS>(four);
        self.0[hash >> 6] >> (hash & 63) & 1 == 1
    }

    /// Which of a block's even positions pass; one bit each.
    #[inline(never)] // by itself it keeps everything in registers
    #[allow(clippy::cast_possible_truncation)] // four bytes are meant
    fn pass(&self, block: &[u8; BLOCK + PIECE_BYTES]) -> u32 {
        let mut passed = 0;
        for quarter in 0..4 {
            let mut bits = 0;
            for pair in 0..4 {
                let at = 16 * quarter + 4 * pair;
                let word = u64::from_le_bytes(block[at..at + 8].try_into().expect("eight bytes")) | FOLD;
                bits |= u32::from(self.holds(word as u32)) << (2 * pair);
                bits |= u32::from(self.holds((word >> 16) as u32)) << (2 * pair + 1);
            }
            passed |= bits << (8 * quarter);
        }
        passed
    }
}

impl Pieces {
    /// Two of its pieces represent a longer literal.
    fn push_long(&mut self, text: &[u8], id: u16, sieve: &mut Sieve) {
        let first = best_offset(text);
        for offset in [first, first + 1] {
            sieve.add(word_at(text, offset));
            self.pieces.push(Place::new(hash::<PIECES_BITS>(word_at(text, offset)), id, offset));
        }
    }

    /// A short literal has one piece at even positions at most; at odd ones three of its bytes are found at the position
    /// before or behind, whichever is rarer.
    fn push_short(&mut self, text: &[u8], id: u16, sieve: &mut Sieve) {
        let (first, second) = (three(word_at(text, 0)), three(word_at(text, 1)));
        let before = ANY.map(|any| first << 8 | any);
        let begins = Place::new(hash::<SHORTS_BITS>(first), id, 0);
        if text.len() < SHORT_BYTES_MAX {
            let here = ANY.map(|any| first | any << 24);
            here.into_iter().chain(before).for_each(|four| sieve.add(four));
            self.here.push(begins);
            self.next.push(begins);
            return;
        }
        sieve.add(word_at(text, 0));
        self.pieces.push(Place::new(hash::<PIECES_BITS>(word_at(text, 0)), id, 0));
        let behind = ANY.map(|any| second | any << 24);
        let often = |words: [u32; _]| words.into_iter().map(frequency).sum::<f64>();
        if often(before) < often(behind) {
            self.next.push(begins);
            before.into_iter().for_each(|four| sieve.add(four));
        } else {
            self.here.push(Place::new(hash::<SHORTS_BITS>(second), id, 1));
            behind.into_iter().for_each(|four| sieve.add(four));
        }
    }
}

impl Passed {
    /// Writes down the positions of a block's bits: most often they are few, and the first ones are written anyway.
    #[inline(always)]
    fn note(&mut self, at: usize, mut bits: u32) {
        #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
        let at = at as u32;
        let count = self.count + bits.count_ones() as usize;
        let first = &mut self.positions[self.count..][..PASSES];
        for place in first {
            *place = at + 2 * bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        let mut next = self.count + PASSES;
        while bits != 0 {
            self.positions[next] = at + 2 * bits.trailing_zeros();
            bits &= bits - 1;
            next += 1;
        }
        self.count = count;
    }
}

/// The bits of a block's even positions among the next `count` bytes.
#[inline(always)]
fn positions(count: usize) -> u32 {
    u32::MAX >> (BLOCK / 2).saturating_sub(count.div_ceil(2)).min(31)
}

/// The upper bits of a multiplicative hash.
#[inline(always)]
fn hash<const BITS: u32>(word: u32) -> usize {
    (word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// The four bytes of a piece, of the bytes around it.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // four bytes are meant
fn piece(around: u64) -> u32 {
    (around >> (8 * SURROUNDINGS_BEFORE)) as u32
}

/// The first three bytes of four.
#[inline(always)]
fn three(word: u32) -> u32 {
    word & 0xff_ffff
}

/// The bytes around `at` and around the next position, in the midst of `bytes`: see [`around`].
#[inline(always)]
fn midst(bytes: &[u8], at: usize) -> (u64, u64) {
    let from = at - SURROUNDINGS_BEFORE;
    let nine: &[u8; 9] = bytes[from..from + 9].try_into().expect("positions end before the bytes do");
    let word = |eight: &[u8]| u64::from_le_bytes(eight.try_into().expect("eight bytes")) | FOLD;
    (word(&nine[..8]), word(&nine[1..]))
}

/// The bytes around `at` without case, [`SURROUNDINGS_BEFORE`] of them before it; blanks where there are none.
fn around(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    let from = at.saturating_sub(SURROUNDINGS_BEFORE).min(bytes.len());
    let there = &bytes[from..bytes.len().min(at + 8 - SURROUNDINGS_BEFORE)];
    let skipped = SURROUNDINGS_BEFORE.saturating_sub(at);
    eight[skipped..skipped + there.len()].copy_from_slice(there);
    u64::from_le_bytes(eight) | FOLD
}

/// The four bytes at `at` without case, the first one lowest; zero where they end.
fn word_at(bytes: &[u8], at: usize) -> u32 {
    let byte = |index: usize| u32::from(bytes.get(at + index).copied().unwrap_or(0) | 0x20);
    byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
}

/// Where the two rarest neighbouring pieces of a literal of five or more bytes begin.
fn best_offset(text: &[u8]) -> usize {
    let last = (text.len() - PIECE_BYTES).min(OFFSET_MAX + 1);
    // One word after the other: the next one has one byte more at its end.
    let mut word = word_at(text, 0);
    let (mut here, mut best) = (frequency(word), (f64::INFINITY, 0));
    for (offset, &byte) in text[PIECE_BYTES..PIECE_BYTES + last].iter().enumerate() {
        word = word >> 8 | u32::from(byte | 0x20) << 24;
        let next = frequency(word);
        if here + next < best.0 {
            best = (here + next, offset);
        }
        here = next;
    }
    best.1
}

/// How often these four bytes stand together, in any case. Asked a hundred thousand times at every start.
fn frequency(piece: u32) -> f64 {
    static OF_STEP: LazyLock<[f64; 256]> = LazyLock::new(|| {
        let mut of_step = [(-RARE_DOUBLINGS).exp2(); 256];
        for (step, often) in (1..=u8::MAX).zip(&mut of_step[1..]) {
            *often = (f64::from(step) / GRAM_STEPS).exp2();
        }
        of_step
    });
    OF_STEP[usize::from(GRAMS[hash::<GRAM_BITS>(piece)])]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(anchors: &Anchors, bytes: &[u8], from: usize, to: usize) -> Vec<(usize, u16)> {
        let mut out = Vec::new();
        anchors.find(bytes, from, to, |at, literal| out.push((at, literal)));
        out.sort_unstable();
        out
    }

    /// The plain way: compare every literal at every position.
    fn expected(literals: &[(String, bool)], bytes: &[u8], from: usize, to: usize) -> Vec<(usize, u16)> {
        let mut out = Vec::new();
        for at in from..to {
            for (index, (text, exact)) in literals.iter().enumerate() {
                let Some(here) = bytes[..to].get(at..at + text.len()) else { continue };
                let same = here == text.as_bytes() || !exact && here.to_ascii_lowercase() == text.as_bytes();
                if same {
                    out.push((at, u16::try_from(index).unwrap()));
                }
            }
        }
        out
    }

    fn anchors(literals: &[(String, bool)]) -> Anchors {
        let mut texts = Texts::default();
        literals.iter().for_each(|(text, exact)| texts.push(text.as_bytes(), *exact));
        Anchors::new(texts)
    }

    proptest! {
        #[test]
        fn every_occurrence_is_found_once(
            words in prop::collection::vec("[aAbB_-]{3,7}", 1..8),
            text in "[aAbB_@-]{0,400}",
            cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let mut words = words;
            words.sort();
            words.dedup();
            let literals: Vec<(String, bool)> = words
                .iter()
                .enumerate()
                .map(|(n, word)| if n % 2 == 0 { (word.clone(), true) } else { (word.to_ascii_lowercase(), false) })
                .collect();
            let anchors = anchors(&literals);
            let (a, b) = (cut.0.index(text.len() + 1), cut.1.index(text.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            let bytes = text.as_bytes();
            prop_assert_eq!(found(&anchors, bytes, from, to), expected(&literals, bytes, from, to));
            prop_assert_eq!(found(&anchors, bytes, 0, bytes.len()), expected(&literals, bytes, 0, bytes.len()));
        }
    }

    #[test]
    fn case_counts_only_where_it_is_exact() {
        let anchors = anchors(&[("AKIA".to_owned(), true), ("pwd".to_owned(), false)]);
        assert_eq!(found(&anchors, b"akia AKIA Pwd xPWD", 0, 18), vec![(5, 0), (10, 1), (15, 1)]);
    }
}
