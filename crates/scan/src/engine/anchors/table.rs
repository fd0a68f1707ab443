//! Literals by the hash of some of their bytes.

use super::{FOLD, Texts, hash};

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
        let from = offset.saturating_sub(SURROUNDINGS_BEFORE);
        let there = &text[from..text.len().min(offset + 8 - SURROUNDINGS_BEFORE)];
        let skipped = SURROUNDINGS_BEFORE.saturating_sub(offset);
        let mut known = ([0; 8], [0; 8]);
        known.0[skipped..skipped + there.len()].copy_from_slice(there);
        known.1[skipped..skipped + there.len()].fill(0xff);
        let (bytes, mask) = (u64::from_le_bytes(known.0), u64::from_le_bytes(known.1));
        Self { mask, bytes: bytes | FOLD & mask }
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

/// Where a piece stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The hash of the piece.
    address: u16,
    literal: u16,
    /// Where it begins in the literal.
    offset: u16,
}

impl Place {
    /// At `offset` in a literal.
    ///
    /// # Panics
    /// When the hash has more than 16 bits.
    pub(super) fn new(address: usize, literal: u16, offset: usize) -> Self {
        let short = |number: usize| u16::try_from(number).expect("addresses and offsets are below 65,536");
        Self { address: short(address), literal, offset: short(offset) }
    }
}

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
    /// Of the places of all pieces. Those of one address stay in their order.
    ///
    /// # Panics
    /// When there are more than 65,534.
    pub(super) fn new(literals: &Texts, places: &[Place]) -> Self {
        assert!(places.len() < usize::from(u16::MAX), "fewer than 65,535 pieces");
        // How many each address has, and then its slot.
        let mut slots = vec![0; 1 << BITS];
        places.iter().for_each(|place| slots[usize::from(place.address)] += 1);
        let (mut firsts, mut first) = (Vec::with_capacity(places.len() + 2), 0);
        firsts.push(0);
        for slot in slots.iter_mut().filter(|count| **count > 0) {
            firsts.push(first);
            first += *slot;
            *slot = u16::try_from(firsts.len() - 1).expect("no more slots than pieces");
        }
        let mut next = firsts.clone();
        firsts.push(first);
        let mut common = vec![Surroundings::NEVER; next.len()];
        let nothing = Entry { around: Surroundings::NEVER, literal: 0, offset: 0 };
        let mut entries = vec![nothing; places.len()];
        for place in places {
            let slot = usize::from(slots[usize::from(place.address)]);
            let around = Surroundings::of(literals.get(place.literal).0, usize::from(place.offset));
            let is_first = next[slot] == firsts[slot];
            common[slot] = if is_first { around } else { common[slot].common(around) };
            entries[usize::from(next[slot])] = Entry { around, literal: place.literal, offset: place.offset };
            next[slot] += 1;
        }
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
