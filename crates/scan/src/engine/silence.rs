//! Windows that were judged before and gave nothing. Versions of a file share most of theirs, also where no delta says so;
//! files of a tree repeat what was generated, or copied from one into the other. What an anchor gives depends on nothing but
//! the bytes of its window: so those that are known need not be judged again.
//!
//! A window is known by 64 bits under keys drawn for this run, so that nobody can make one that passes for another.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Anchor, Candidate, Engine};

/// Windows that are known at the same time; a new one takes the place of an old one. One megabyte.
const SLOTS: usize = 1 << 17;

/// Which windows gave nothing.
pub(super) struct Silence {
    keys: ahash::RandomState,
    /// The bits of one window each; none is zero. Made when the first window is judged.
    slots: OnceLock<Box<[AtomicU64]>>,
}

impl Silence {
    pub(super) fn new() -> Self {
        let [a, b, c, d] = std::array::from_fn(|number| RandomState::new().hash_one(number));
        Self { keys: ahash::RandomState::with_seeds(a, b, c, d), slots: OnceLock::new() }
    }

    /// The bits by which the window of a literal is known that begins at `at` in it.
    fn of(&self, literal: u16, at: usize, window: &[u8]) -> u64 {
        self.keys.hash_one((literal, at, window)) | 1
    }

    #[allow(clippy::cast_possible_truncation)] // some of the bits
    fn slot(&self, bits: u64) -> &AtomicU64 {
        let slots = self.slots.get_or_init(|| (0..SLOTS).map(|_| AtomicU64::new(0)).collect());
        &slots[(bits >> 32) as usize % SLOTS]
    }

    fn holds(&self, bits: u64) -> bool {
        self.slot(bits).load(Ordering::Relaxed) == bits
    }

    fn add(&self, bits: u64) {
        self.slot(bits).store(bits, Ordering::Relaxed);
    }
}

impl Engine {
    /// What [`Engine::evaluate`] gives, without judging a window again that gave nothing.
    pub(crate) fn evaluate_new(&self, bytes: &[u8], anchor: Anchor, out: &mut Vec<Candidate>) {
        let (before, after) = self.window(anchor);
        let low = anchor.at.saturating_sub(before) as usize;
        let high = bytes.len().min((anchor.at + after) as usize);
        // Where the window is cut by an end of the blob, it is shorter: that is part of what is known.
        let bits = self.silence.of(anchor.id, anchor.at as usize - low, &bytes[low..high]);
        if self.silence.holds(bits) {
            return;
        }
        let found = out.len();
        self.evaluate(bytes, anchor, out);
        if out.len() == found {
            self.silence.add(bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::RuleSet;

    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32])));

    proptest! {
        #[test]
        fn what_was_seen_before_gives_what_it_gave(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("password = \"Tr0ub4dor&3x\"\n"),
                    Just("api_key: v8Jq2LzR0tYw5Nc1kP7dX3mB9\n"),
                    Just("password = os.environ[\"X\"]\n"),
                    Just("the secret of this token is that it has none\n"),
                    Just("# token: "),
                    Just("\n"),
                ],
                0..24,
            ),
        ) {
            let engine = &*ENGINE;
            let text = pieces.concat();
            let told = |candidates: &[Candidate]| -> Vec<_> {
                candidates.iter().map(|found| (found.start, found.end, found.found.rule_id.clone())).collect()
            };
            let judged = told(&engine.scan(text.as_bytes()));
            for _ in 0..2 {
                prop_assert_eq!(told(&engine.scan_within(text.as_bytes(), &mut u64::MAX.clone())), judged.clone());
            }
        }
    }

    #[test]
    fn a_window_is_known_by_all_of_it() {
        let silence = Silence::new();
        let bits = silence.of(7, 3, b"key = word");
        assert!(!silence.holds(bits));
        silence.add(bits);
        assert!(silence.holds(silence.of(7, 3, b"key = word")));
        for other in [
            silence.of(8, 3, b"key = word"),
            silence.of(7, 2, b"key = word"),
            silence.of(7, 3, b"key = work"),
        ] {
            assert!(!silence.holds(other));
        }
        assert_ne!(bits, Silence::new().of(7, 3, b"key = word"), "the keys are drawn for each run");
    }
}
