//! Finds every anchor of every rule in one pass over the bytes.
//!
//! An automaton reads one byte after the other, each look-up waiting for the one before. Here a literal is represented
//! by two of its pieces at neighbouring offsets: one of them begins at an even position wherever the literal stands. So
//! only every second position is looked at, each look-up is independent of the others, and small bitmaps say "no" for
//! nearly all of them. What passes is compared with the literals themselves.
//!
//! Most literals have five bytes or more: their pieces have four, which hardly any other text shares. A shorter literal is
//! its own piece: at even positions it passes with every byte that can follow, at odd ones its first three bytes do.

/// Bits of an address in the filter of four bytes, in that of three, and in the one behind both.
const LONG_BITS: u32 = 18;
const SHORT_BITS: u32 = 14;
const SECOND_BITS: u32 = 16;
/// Buckets of the table behind the filters, as bits.
const BUCKET_BITS: u32 = 13;
/// Shortest literal, bytes.
const LITERAL_BYTES_MIN: usize = 3;
/// A literal with more bytes has two pieces of four.
const SHORT_BYTES_MAX: usize = 4;
/// Furthest piece of a literal, bytes from its start.
const OFFSET_MAX: usize = 250;
/// Bytes that are looked at in one go.
const BLOCK: usize = 64;
/// ASCII letters without their case, in every byte of a word.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// How often four bytes stand together in code and text, by a hash of them; the more often, the higher
/// (`crates/scan/data/README.md`).
static GRAMS: &[u8; 1 << GRAM_BITS] = include_bytes!("../../data/grams.bin");
const GRAM_BITS: u32 = 15;
/// Steps of the table in which a frequency doubles, and how many times rarer than the rarest in it all others are taken for.
const GRAM_STEPS: f64 = 16.0;
const RARE_DOUBLINGS: f64 = 5.0;

/// One literal to look for.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    /// As it is spelled; lower case when `exact` is false. At least [`LITERAL_BYTES_MIN`] bytes.
    pub(super) text: Vec<u8>,
    /// Case matters.
    pub(super) exact: bool,
}

/// A piece of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    /// Bucket, so that the pieces of one lie together.
    bucket: u16,
    /// Its bytes without case, and above them how many there are.
    key: u64,
    literal: u16,
    /// Where the piece begins in the literal.
    offset: u16,
}

/// A set of hashes, one bit each, in a power of two of words.
#[derive(Debug)]
struct Filter<const WORDS: usize>(Box<[u64; WORDS]>);

impl<const WORDS: usize> Filter<WORDS> {
    fn new() -> Self {
        Self(Box::new([0; WORDS]))
    }

    fn add(&mut self, hash: u32) {
        self.0[(hash >> 6) as usize & (WORDS - 1)] |= 1 << (hash & 63);
    }

    #[inline(always)]
    fn holds(&self, hash: u32) -> bool {
        self.0[(hash >> 6) as usize & (WORDS - 1)] >> (hash & 63) & 1 == 1
    }
}

/// The literals, ready to be searched for.
#[derive(Debug)]
pub(super) struct Anchors {
    literals: Vec<Literal>,
    /// Four bytes at even positions.
    long: Filter<{ 1 << (LONG_BITS - 6) }>,
    /// Short literals' first three bytes at odd positions.
    short: Filter<{ 1 << (SHORT_BITS - 6) }>,
    /// What passed one of the filters by chance rarely passes another hash of the same bytes.
    second: Filter<{ 1 << (SECOND_BITS - 6) }>,
    /// First piece of each bucket; one more at the end.
    buckets: Vec<u16>,
    pieces: Vec<Piece>,
}

impl Anchors {
    /// Prepares a search.
    ///
    /// # Panics
    /// When a literal is too short or there are more than 65,535 pieces: rules are checked before.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let mut pieces = Vec::with_capacity(2 * literals.len());
        for (index, literal) in literals.iter().enumerate() {
            let literal_id = u16::try_from(index).expect("fewer than 65,536 literals");
            push_pieces(&literal.text, literal_id, &mut pieces);
        }
        pieces.sort_unstable();
        pieces.dedup();
        let (mut long, mut short, mut second) = (Filter::new(), Filter::new(), Filter::new());
        let mut buckets = vec![0u16; (1 << BUCKET_BITS) + 1];
        for piece in &pieces {
            if literals[usize::from(piece.literal)].text.len() <= SHORT_BYTES_MAX {
                short.add(short_hash(piece.key));
            }
            match piece.key >> 32 {
                4 => long.add(long_hash(piece.key)),
                _ => (0..=u64::from(u8::MAX))
                    .for_each(|next| long.add(long_hash(piece.key | next << 24 | FOLD))),
            }
            second.add(second_hash(piece.key));
            buckets[usize::from(piece.bucket) + 1] += 1;
        }
        for index in 1..buckets.len() {
            buckets[index] =
                buckets[index].checked_add(buckets[index - 1]).expect("fewer than 65,536 pieces");
        }
        Self { literals, long, short, second, buckets, pieces }
    }

    /// Calls `each` with (position, index of the literal) for every literal that lies wholly in `bytes[from..to]`.
    /// Each occurrence is given once; the order is that of the pieces.
    pub(super) fn find(&self, bytes: &[u8], from: usize, to: usize, mut each: impl FnMut(usize, u16)) {
        let bytes = &bytes[..to.min(bytes.len())];
        let mut at = from - (from & 1);
        while let Some(block) = bytes.get(at..at + BLOCK + 4) {
            let mut passed = self.sieve(block.try_into().expect("a block with four more bytes"));
            while passed != 0 {
                let here = at + 2 * passed.trailing_zeros() as usize;
                let mut eight = [0; 8];
                eight[..5].copy_from_slice(&bytes[here..here + 5]);
                self.verify(bytes, from, here, u64::from_le_bytes(eight) | FOLD, &mut each);
                passed &= passed - 1;
            }
            at += BLOCK;
        }
        while at < bytes.len() {
            let mut last = [0u8; 8];
            let rest = &bytes[at..bytes.len().min(at + 5)];
            last[..rest.len()].copy_from_slice(rest);
            self.verify(bytes, from, at, u64::from_le_bytes(last) | FOLD, &mut each);
            at += 2;
        }
    }

    /// Which of a block's even positions may begin a piece, or stand before a short literal; one bit each.
    #[inline(never)] // by itself it keeps everything in registers
    fn sieve(&self, block: &[u8; BLOCK + 4]) -> u32 {
        let mut passed = 0;
        for pair in 0..BLOCK / 4 {
            let eight = block[4 * pair..4 * pair + 8].try_into().expect("eight bytes");
            let word = u64::from_le_bytes(eight) | FOLD;
            passed |= u32::from(self.passes(word)) << (2 * pair);
            passed |= u32::from(self.passes(word >> 16)) << (2 * pair + 1);
        }
        passed
    }

    /// Whether any piece may begin at the lowest byte of the word, or a short literal at the next one.
    #[inline(always)]
    fn passes(&self, word: u64) -> bool {
        self.long.holds(long_hash(word)) | self.short.holds(short_hash(word >> 8))
    }

    fn verify(&self, bytes: &[u8], from: usize, at: usize, word: u64, each: &mut impl FnMut(usize, u16)) {
        if self.long.holds(long_hash(word)) {
            self.compare(bytes, from, at, key(word, 4), each);
            self.compare(bytes, from, at, key(word, 3), each);
        }
        if self.short.holds(short_hash(word >> 8)) {
            self.compare(bytes, from, at + 1, key(word >> 8, 4), each);
            self.compare(bytes, from, at + 1, key(word >> 8, 3), each);
        }
    }

    fn compare(&self, bytes: &[u8], from: usize, at: usize, key: u64, each: &mut impl FnMut(usize, u16)) {
        if !self.second.holds(second_hash(key)) {
            return;
        }
        let bucket = usize::from(bucket(key));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for piece in self.pieces[range].iter().filter(|piece| piece.key == key) {
            let literal = &self.literals[usize::from(piece.literal)];
            // The other pieces of four bytes are looked for at even positions only.
            if at & 1 == 1 && literal.text.len() > SHORT_BYTES_MAX {
                continue;
            }
            let Some(start) = at.checked_sub(usize::from(piece.offset)).filter(|&start| start >= from) else {
                continue;
            };
            let Some(here) = bytes.get(start..start + literal.text.len()) else { continue };
            let same =
                if literal.exact { here == literal.text } else { here.eq_ignore_ascii_case(&literal.text) };
            if same {
                each(start, piece.literal);
            }
        }
    }
}

/// The lowest four bytes, hashed.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn long_hash(word: u64) -> u32 {
    (word as u32).wrapping_mul(0x9e37_79b1) >> (32 - LONG_BITS)
}

/// The lowest three bytes, hashed.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn short_hash(word: u64) -> u32 {
    (word as u32 & 0xff_ffff).wrapping_mul(0x85eb_ca77) >> (32 - SHORT_BITS)
}

/// A key, hashed in another way.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn second_hash(key: u64) -> u32 {
    (key.wrapping_mul(0xd6e8_feb8_6659_fd93) >> (64 - SECOND_BITS)) as u32
}

/// The lowest `len` bytes of a word, and above them how many they are.
fn key(word: u64, len: u64) -> u64 {
    word & ((1 << (8 * len)) - 1) | len << 32
}

fn bucket(key: u64) -> u16 {
    let bits = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BUCKET_BITS);
    u16::try_from(bits).expect("BUCKET_BITS are fewer than sixteen")
}

/// The bytes at `at` without case, the first one lowest; zero where they end.
fn word_at(bytes: &[u8], at: usize) -> u64 {
    let byte = |index: usize| u64::from(bytes.get(at + index).copied().unwrap_or(0) | 0x20);
    byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
}

/// The pieces that represent a literal: see the module's head.
fn push_pieces(text: &[u8], literal: u16, pieces: &mut Vec<Piece>) {
    assert!(text.len() >= LITERAL_BYTES_MIN, "a rule's anchor has at least three bytes");
    let mut push = |len: u64, offset: usize| {
        let key = key(word_at(text, offset), len);
        let offset = u16::try_from(offset).expect("the best piece is sought in the first 255 bytes");
        pieces.push(Piece { bucket: bucket(key), key, literal, offset });
    };
    if text.len() <= SHORT_BYTES_MAX {
        return push(text.len() as u64, 0);
    }
    let often = |offset: usize| frequency(&text[offset..offset + 4]);
    let cost = |offset: &usize| often(*offset) + often(offset + 1);
    let offsets = 0..=(text.len() - 5).min(OFFSET_MAX);
    let first = offsets.min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("five bytes hold two pieces");
    push(4, first);
    push(4, first + 1);
}

/// How often these four bytes stand together, in any case.
fn frequency(piece: &[u8]) -> f64 {
    #[allow(clippy::cast_possible_truncation)] // four bytes are meant
    let hash = (word_at(piece, 0) as u32).wrapping_mul(0x9e37_79b1) >> (32 - GRAM_BITS);
    match GRAMS[hash as usize] {
        0 => (-RARE_DOUBLINGS).exp2(),
        step => (f64::from(step) / GRAM_STEPS).exp2(),
    }
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
    fn expected(literals: &[Literal], bytes: &[u8], from: usize, to: usize) -> Vec<(usize, u16)> {
        let mut out = Vec::new();
        for at in from..to {
            for (index, literal) in literals.iter().enumerate() {
                let Some(here) = bytes[..to].get(at..at + literal.text.len()) else { continue };
                let same =
                    here == literal.text || !literal.exact && here.to_ascii_lowercase() == literal.text;
                if same {
                    out.push((at, u16::try_from(index).unwrap()));
                }
            }
        }
        out
    }

    fn literal(text: &str, exact: bool) -> Literal {
        Literal { text: text.as_bytes().to_vec(), exact }
    }

    proptest! {
        #[test]
        fn every_occurrence_is_found_once(
            words in prop::collection::vec("[aAbB_-]{3,7}", 1..8),
            text in "[aAbB_@-]{0,120}",
            cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let mut words = words;
            words.sort();
            words.dedup();
            let literals: Vec<Literal> = words
                .iter()
                .enumerate()
                .map(|(n, word)| if n % 2 == 0 { literal(word, true) } else { literal(&word.to_ascii_lowercase(), false) })
                .collect();
            let anchors = Anchors::new(literals.clone());
            let (a, b) = (cut.0.index(text.len() + 1), cut.1.index(text.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            let bytes = text.as_bytes();
            prop_assert_eq!(found(&anchors, bytes, from, to), expected(&literals, bytes, from, to));
            prop_assert_eq!(found(&anchors, bytes, 0, bytes.len()), expected(&literals, bytes, 0, bytes.len()));
        }
    }

    #[test]
    fn case_counts_only_where_it_is_exact() {
        let anchors = Anchors::new(vec![literal("AKIA", true), literal("pwd", false)]);
        assert_eq!(found(&anchors, b"akia AKIA Pwd xPWD", 0, 18), vec![(5, 0), (10, 1), (15, 1)]);
    }
}
