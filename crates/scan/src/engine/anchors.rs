//! Finds every anchor of every rule in one pass over the bytes.
//!
//! An automaton reads one byte after the other, each look-up waiting for the one before. Here a literal is represented
//! by two of its pieces at neighbouring offsets: one of them begins at an even position wherever the literal stands. So
//! only every second position is looked at, each look-up is independent of the others, and small bitmaps say "no" for
//! nearly all of them. What passes is compared with the literals themselves.
//!
//! Most literals have five bytes or more: their pieces have four, which hardly any other text shares. Four bytes give two
//! pieces of three; three bytes give one, and where they begin at an odd position their first two bytes tell.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Bits of an address in the filter of four bytes, in that of three, and in that of two, which is exact.
const LONG_BITS: u32 = 17;
const SHORT_BITS: u32 = 14;
const PAIR_BITS: u32 = 16;
/// Buckets of the table behind the filters, as bits.
const BUCKET_BITS: u32 = 12;
/// Shortest literal, bytes.
const LITERAL_BYTES_MIN: usize = 3;
/// Positions that one load of eight bytes covers: three, every second one.
const STEP: usize = 6;
/// ASCII letters without their case, in every byte of a word.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// How often a letter stands in code and text, in thousandths: a literal is represented by its rarest gram.
const LETTERS: [u16; 26] =
    [75, 18, 42, 38, 115, 24, 20, 30, 72, 6, 10, 42, 30, 66, 68, 30, 3, 66, 68, 90, 32, 12, 12, 8, 14, 4];

/// Grams of every text and every program.
const COMMON: &str = "\
    the ing and ion tio ent ati for her ter tha ere ate con res ver all ons nce men ith ted ers pro thi wit are ess not
    ive ect rea com eve per int est sta cti ica ist ear ain one our iti rat ode ext end str ret tur urn ype typ fun unc
    ame nam err ror sel elf ser get set val lue alu def rin tri ring con tex aws lis nfi and ack app ble abl ast erv rvi
    vic ice gra arn acc org pla ono ana api cli cre red enc ass ort por imp mpo exp pub lic ubl rue fal als lse nul ull
    ndl dle han ses ess ssi sio tes urc our sou cou oun unt use out put npu inp tem ite ile fil pat ath dat ata eld iel
    bje obj tor ct: of  to  in  is ";

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
    /// Where the piece begins in the literal; one less for a pair, which is looked up one position earlier.
    offset: i16,
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
    long: Filter<{ 1 << (LONG_BITS - 6) }>,
    short: Filter<{ 1 << (SHORT_BITS - 6) }>,
    pairs: Filter<{ 1 << (PAIR_BITS - 6) }>,
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
        let (mut long, mut short, mut pairs) = (Filter::new(), Filter::new(), Filter::new());
        let mut buckets = vec![0u16; (1 << BUCKET_BITS) + 1];
        for piece in &pieces {
            match piece.key >> 32 {
                4 => long.add(long_hash(piece.key)),
                3 => short.add(short_hash(piece.key)),
                _ => pairs.add(pair_hash(piece.key)),
            }
            buckets[usize::from(piece.bucket) + 1] += 1;
        }
        for index in 1..buckets.len() {
            buckets[index] =
                buckets[index].checked_add(buckets[index - 1]).expect("fewer than 65,536 pieces");
        }
        Self { literals, long, short, pairs, buckets, pieces }
    }

    /// Calls `each` with (position, index of the literal) for every literal that lies wholly in `bytes[from..to]`.
    /// Each occurrence is given once; the order is that of the pieces.
    pub(super) fn find(&self, bytes: &[u8], from: usize, to: usize, mut each: impl FnMut(usize, u16)) {
        let bytes = &bytes[..to.min(bytes.len())];
        let mut at = from - (from & 1);
        while let Some(chunk) = bytes.get(at..at + 8) {
            let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes")) | FOLD;
            if self.passes(word) | self.passes(word >> 16) | self.passes(word >> 32) {
                for position in 0..3 {
                    self.verify(bytes, from, at + 2 * position, word >> (16 * position), &mut each);
                }
            }
            at += STEP;
        }
        while at < bytes.len() {
            let mut last = [0u8; 8];
            let rest = &bytes[at..bytes.len().min(at + 4)];
            last[..rest.len()].copy_from_slice(rest);
            self.verify(bytes, from, at, u64::from_le_bytes(last) | FOLD, &mut each);
            at += 2;
        }
    }

    /// Whether any piece may begin at the lowest byte of the word.
    #[inline(always)]
    fn passes(&self, word: u64) -> bool {
        self.long.holds(long_hash(word))
            | self.short.holds(short_hash(word))
            | self.pairs.holds(pair_hash(word >> 8))
    }

    fn verify(&self, bytes: &[u8], from: usize, at: usize, word: u64, each: &mut impl FnMut(usize, u16)) {
        if self.long.holds(long_hash(word)) {
            self.compare(bytes, from, at, key(word, 4), each);
        }
        if self.short.holds(short_hash(word)) {
            self.compare(bytes, from, at, key(word, 3), each);
        }
        if self.pairs.holds(pair_hash(word >> 8)) {
            self.compare(bytes, from, at, key(word >> 8, 2), each);
        }
    }

    fn compare(&self, bytes: &[u8], from: usize, at: usize, key: u64, each: &mut impl FnMut(usize, u16)) {
        let bucket = usize::from(bucket(key));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for piece in self.pieces[range].iter().filter(|piece| piece.key == key) {
            let literal = &self.literals[usize::from(piece.literal)];
            let Some(start) =
                at.checked_add_signed(-isize::from(piece.offset)).filter(|&start| start >= from)
            else {
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

/// The lowest two bytes.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn pair_hash(word: u64) -> u32 {
    word as u32 & 0xffff
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
    let mut push = |len: u64, from: usize, offset: i16| {
        let key = key(word_at(text, from), len);
        pieces.push(Piece { bucket: bucket(key), key, literal, offset });
    };
    match text.len() {
        3 => {
            push(3, 0, 0);
            push(2, 0, -1);
        }
        4 => {
            push(3, 0, 0);
            push(3, 1, 1);
        }
        len => {
            let cost = |offset: usize| commonness(&text[offset..offset + 4]);
            let best = (0..(len - 4).min(250))
                .min_by_key(|&offset| cost(offset).saturating_add(cost(offset + 1)))
                .expect("there are at least two pieces");
            let offset = i16::try_from(best).expect("the best piece is sought in the first 255 bytes");
            push(4, best, offset);
            push(4, best + 1, offset + 1);
        }
    }
}

/// How often some bytes stand together, about; higher is more often.
fn commonness(piece: &[u8]) -> u64 {
    static IN_EVERYTHING: OnceLock<HashSet<u64>> = OnceLock::new();
    let three = |bytes: &[u8], at: usize| key(word_at(bytes, at), 3);
    let common = IN_EVERYTHING
        .get_or_init(|| COMMON.split_ascii_whitespace().map(|gram| three(gram.as_bytes(), 0)).collect());
    let factor = |at: usize| if common.contains(&three(piece, at)) { 30 } else { 1 };
    factor(0) * factor(1) * single_letters(piece)
}

/// The product of how often each byte stands by itself.
fn single_letters(piece: &[u8]) -> u64 {
    piece
        .iter()
        .map(|byte| match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => u64::from(LETTERS[usize::from(letter - b'a')]),
            b'0'..=b'9' => 8,
            b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b' ' | b'"' => 25,
            _ => 3,
        })
        .product()
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
