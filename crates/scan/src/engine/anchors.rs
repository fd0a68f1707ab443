//! Finds every anchor of every rule in one pass over the bytes.
//!
//! An automaton reads one byte after the other, each look-up waiting for the one before. Here a literal is represented
//! by two of its three-byte pieces ("grams"), at neighbouring offsets: one of them begins at an even position wherever
//! the literal stands. So only every second position is looked at, each look-up is independent of the others, and a
//! bitmap of 16 KiB says "no" for nearly all of them. What passes is compared with the literals themselves.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Bits of the filter's address.
const FILTER_BITS: u32 = 17;
/// Buckets of the table behind the filter, as bits.
const BUCKET_BITS: u32 = 12;
/// Bytes of one gram.
const GRAM: usize = 3;
/// Positions that one step of the search covers; three grams, read with one load of eight bytes.
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
    /// As it is spelled; lower case when `exact` is false. At least [`GRAM`] bytes.
    pub(super) text: Vec<u8>,
    /// Case matters.
    pub(super) exact: bool,
}

/// A gram of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    /// Bucket, so that the pieces of one lie together.
    bucket: u16,
    gram: u32,
    literal: u16,
    /// Where the gram begins in the literal.
    offset: u8,
    /// A further byte of the literal, without case: after the gram when `after` is set, otherwise before it. Zero where
    /// the literal has none. It refuses most of what only shares a gram.
    probe: u8,
    after: bool,
}

/// The literals, ready to be searched for.
#[derive(Debug)]
pub(super) struct Anchors {
    literals: Vec<Literal>,
    filter: Box<[u64; 1 << (FILTER_BITS - 6)]>,
    /// First piece of each bucket; one more at the end.
    buckets: Vec<u16>,
    pieces: Vec<Piece>,
}

impl Anchors {
    /// Prepares a search.
    ///
    /// # Panics
    /// When a literal is shorter than a gram or there are more than 65,535 pieces: rules are checked before.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let mut pieces = Vec::with_capacity(2 * literals.len());
        for (index, literal) in literals.iter().enumerate() {
            assert!(literal.text.len() >= GRAM, "a rule's anchor has at least three bytes");
            let literal_id = u16::try_from(index).expect("fewer than 65,536 literals");
            push_pieces(&literal.text, literal_id, &mut pieces);
        }
        pieces.sort_unstable();
        pieces.dedup();
        let mut filter = Box::new([0u64; 1 << (FILTER_BITS - 6)]);
        let mut buckets = vec![0u16; (1 << BUCKET_BITS) + 1];
        for piece in &pieces {
            let bit = hash(piece.gram);
            filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            buckets[usize::from(piece.bucket) + 1] += 1;
        }
        for index in 1..buckets.len() {
            buckets[index] =
                buckets[index].checked_add(buckets[index - 1]).expect("fewer than 65,536 pieces");
        }
        Self { literals, filter, buckets, pieces }
    }

    /// Calls `each` with (position, index of the literal) for every literal that lies wholly in `bytes[from..to]`.
    /// Each occurrence is given once; the order is that of the grams.
    pub(super) fn find(&self, bytes: &[u8], from: usize, to: usize, mut each: impl FnMut(usize, u16)) {
        let bytes = &bytes[..to.min(bytes.len())];
        let mut at = from + (from & 1);
        while let Some(chunk) = bytes.get(at..at + 8) {
            let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes")) | FOLD;
            let [a, b, c] = [low_gram(word), low_gram(word >> 16), low_gram(word >> 32)];
            let (pass_a, pass_b, pass_c) = (self.passes(a), self.passes(b), self.passes(c));
            if pass_a | pass_b | pass_c {
                for (pass, at, gram) in [(pass_a, at, a), (pass_b, at + 2, b), (pass_c, at + 4, c)] {
                    if pass {
                        self.verify(bytes, from, at, gram, &mut each);
                    }
                }
            }
            at += STEP;
        }
        // A literal of one gram may end with the bytes: then what follows its second byte is missing.
        while at + GRAM <= bytes.len() + 1 {
            let gram = gram_at(bytes, at);
            if self.passes(gram) {
                self.verify(bytes, from, at, gram, &mut each);
            }
            at += 2;
        }
    }

    #[inline(always)]
    fn passes(&self, gram: u32) -> bool {
        let bit = hash(gram);
        self.filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }

    fn verify(&self, bytes: &[u8], from: usize, at: usize, gram: u32, each: &mut impl FnMut(usize, u16)) {
        let bucket = usize::from(bucket(gram));
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for piece in self.pieces[range].iter().filter(|piece| piece.gram == gram) {
            if piece.probe != 0 {
                let near = if piece.after { bytes.get(at + GRAM) } else { bytes.get(at.wrapping_sub(1)) };
                if near.is_none_or(|near| near | 0x20 != piece.probe) {
                    continue;
                }
            }
            let literal = &self.literals[usize::from(piece.literal)];
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

/// The lowest three bytes of a word.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn low_gram(word: u64) -> u32 {
    word as u32 & 0xff_ffff
}

#[inline(always)]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1) >> (32 - FILTER_BITS)
}

fn bucket(gram: u32) -> u16 {
    let bits = gram.wrapping_mul(0x85eb_ca77) >> (32 - BUCKET_BITS);
    u16::try_from(bits).expect("BUCKET_BITS are fewer than sixteen")
}

/// The gram at `at`, letters without their case; zero where the bytes end.
fn gram_at(bytes: &[u8], at: usize) -> u32 {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0) | 0x20;
    u32::from_le_bytes([byte(at), byte(at + 1), byte(at + 2), 0])
}

/// The two neighbouring grams of a literal that are rarest together. A literal of one gram alone has no neighbour: it is
/// found from its second byte on, whatever follows it.
fn push_pieces(text: &[u8], literal: u16, pieces: &mut Vec<Piece>) {
    let mut push = |gram: u32, offset: usize| {
        let next = text.get(offset + GRAM).copied();
        let probe =
            next.or_else(|| offset.checked_sub(1).map(|before| text[before])).map_or(0, |byte| byte | 0x20);
        let offset = u8::try_from(offset).expect("the best gram is sought in the first 255 bytes");
        pieces.push(Piece { bucket: bucket(gram), gram, literal, offset, probe, after: next.is_some() });
    };
    if text.len() == GRAM {
        push(gram_at(text, 0), 0);
        for next in 0u8..=255 {
            push(gram_at(&[text[1], text[2], next], 0), 1);
        }
        return;
    }
    let cost = |offset: usize| commonness(&text[offset..offset + GRAM]);
    let best = (0..(text.len() - GRAM).min(250))
        .min_by_key(|&offset| cost(offset) + cost(offset + 1))
        .expect("there are at least two grams");
    push(gram_at(text, best), best);
    push(gram_at(text, best + 1), best + 1);
}

/// How often three bytes stand together, about; higher is more often.
fn commonness(gram: &[u8]) -> u64 {
    static IN_EVERYTHING: OnceLock<HashSet<u32>> = OnceLock::new();
    let common = IN_EVERYTHING
        .get_or_init(|| COMMON.split_ascii_whitespace().map(|gram| gram_at(gram.as_bytes(), 0)).collect());
    let factor = if common.contains(&gram_at(gram, 0)) { 30 } else { 1 };
    factor * single_letters(gram)
}

/// The product of how often each byte stands by itself.
fn single_letters(gram: &[u8]) -> u64 {
    gram.iter()
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
            words in prop::collection::vec("[aAbB_-]{3,6}", 1..8),
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
