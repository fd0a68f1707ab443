//! Literals by the hash of some of their bytes.

use super::{FOLD, Literal, hash};

/// Bytes in the surroundings of a position that lie before it.
pub(super) const SURROUNDINGS_BEFORE: usize = 2;

/// Eight bytes around a position, as far as they are known: the first one lowest, without case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Surroundings {
    /// All bits of the bytes that are known.
    mask: u64,
    bytes: u64,
}

impl Surroundings {
    /// Stands nowhere.
    const NEVER: Self = Self { mask: 0, bytes: 1 };

    /// Around `offset` in a literal.
    fn of(text: &[u8], offset: usize) -> Self {
        let known =
            |index: usize| (offset + index).checked_sub(SURROUNDINGS_BEFORE).and_then(|at| text.get(at));
        let mut out = Self { mask: 0, bytes: 0 };
        for (index, &byte) in (0..8).filter_map(|index| Some((index, known(index)?))) {
            out.mask |= 0xff << (8 * index);
            out.bytes |= u64::from(byte) << (8 * index);
        }
        Self { mask: out.mask, bytes: out.bytes | FOLD & out.mask }
    }

    /// What both have in common.
    fn common(self, other: Self) -> Self {
        let differs = |index: &u32| (self.bytes ^ other.bytes) >> (8 * index) & 0xff != 0;
        let differing = (0..8).filter(differs).fold(0u64, |mask, index| mask | 0xff << (8 * index));
        let mask = self.mask & other.mask & !differing;
        Self { mask, bytes: self.bytes & mask }
    }

    #[inline(always)]
    fn stand(self, around: u64) -> bool {
        around & self.mask == self.bytes
    }
}

/// A literal that has the piece.
#[derive(Debug, Clone, Copy)]
struct Entry {
    around: Surroundings,
    literal: u16,
    /// Where the piece begins in the literal.
    offset: u16,
}

/// Where a piece stands: its hash, the literal, and its offset in the literal.
pub(super) type Place = (usize, u16, usize);

/// Literals by the hash of a piece of theirs.
///
/// Addresses are many, so that two pieces seldom share one, and small: what is known of the literals of an address lies
/// beside that of the next one that has any.
#[derive(Debug)]
pub(super) struct Table<const BITS: u32> {
    /// The slot of each address; the first one is that of all addresses without literals.
    slots: Vec<u16>,
    /// What all entries of a slot have in common.
    common: Vec<Surroundings>,
    /// First entry of each slot; one more at the end.
    firsts: Vec<u16>,
    entries: Vec<Entry>,
}

impl<const BITS: u32> Table<BITS> {
    /// Of the places of all pieces.
    ///
    /// # Panics
    /// When there are more than 65,534.
    pub(super) fn new(literals: &[Literal], mut pieces: Vec<Place>) -> Self {
        pieces.sort_unstable();
        assert!(pieces.len() < usize::from(u16::MAX), "fewer than 65,535 pieces");
        let mut slots = vec![0; 1 << BITS];
        let (mut common, mut firsts) =
            (Vec::with_capacity(pieces.len() + 1), Vec::with_capacity(pieces.len() + 2));
        common.push(Surroundings::NEVER);
        firsts.push(0);
        let entries = pieces.iter().zip(0u16..).map(|(&(address, literal, offset), index)| {
            let around = Surroundings::of(&literals[usize::from(literal)].text, offset);
            let slot = &mut slots[address];
            if *slot == 0 {
                *slot = u16::try_from(common.len()).expect("no more slots than pieces");
                common.push(around);
                firsts.push(index);
            } else {
                let all = &mut common[usize::from(*slot)];
                *all = all.common(around);
            }
            Entry { around, literal, offset: u16::try_from(offset).expect("offsets are below OFFSET_MAX") }
        });
        let entries: Vec<_> = entries.collect();
        firsts.push(u16::try_from(entries.len()).expect("counted above"));
        Self { slots, common, firsts, entries }
    }

    /// False when no literal with this piece can stand here.
    #[inline(always)]
    pub(super) fn may_hold(&self, piece: u32, around: u64) -> bool {
        self.common[self.slot(piece)].stand(around)
    }

    /// The literals that may stand here, with the offset of the piece in them.
    #[inline(always)]
    pub(super) fn at(&self, piece: u32, around: u64) -> impl Iterator<Item = (u16, usize)> {
        let slot = self.slot(piece);
        let entries = usize::from(self.firsts[slot])..usize::from(self.firsts[slot + 1]);
        let here = self.entries[entries].iter().filter(move |entry| entry.around.stand(around));
        here.map(|entry| (entry.literal, usize::from(entry.offset)))
    }

    #[inline(always)]
    fn slot(&self, piece: u32) -> usize {
        usize::from(self.slots[hash::<BITS>(piece)])
    }
}
