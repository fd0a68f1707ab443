//! Which names may hold anything: asked at every context word, and answered once for each name.
//!
//! The same few names stand thousands of times in a repository, and what one promises depends on it alone.

use std::cell::RefCell;

use super::members::singular;
use super::name::{is_login, promise};

/// Bits of a name's place in the memory, and the longest name that it holds, bytes.
const PLACE_BITS: u32 = 10;
const NAME_BYTES_MAX: usize = 46;

/// One name, and whether it may hold a secret.
#[derive(Clone, Copy)]
struct Answer {
    len: u8,
    holds: bool,
    name: [u8; NAME_BYTES_MAX],
}

thread_local! {
    static ANSWERS: RefCell<Vec<Answer>> =
        RefCell::new(vec![Answer { len: 0, holds: false, name: [0; NAME_BYTES_MAX] }; 1 << PLACE_BITS]);
}

/// Whether something may be found under this name.
pub(super) fn may_hold(name: &[u8]) -> bool {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return holds(name);
    }
    ANSWERS.with_borrow_mut(|answers| {
        let answer = &mut answers[place(name)];
        if answer.name[..usize::from(answer.len)] != *name {
            answer.len = u8::try_from(name.len()).expect("checked above");
            answer.name[..name.len()].copy_from_slice(name);
            answer.holds = holds(name);
        }
        answer.holds
    })
}

fn holds(name: &[u8]) -> bool {
    is_login(name) || singular(name).is_some() || promise(name).is_some()
}

/// Where the answer for a name is kept.
fn place(name: &[u8]) -> usize {
    let mut hash = name.len() as u64;
    for chunk in name.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    }
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACE_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_remembered_is_what_the_name_says(
            names in prop::collection::vec("[a-z_]{0,3}(key|token|Password|auth|secrets|iv)[A-Za-z0-9_.-]{0,50}", 1..200),
        ) {
            for name in names.iter().chain(&names) {
                prop_assert_eq!(may_hold(name.as_bytes()), holds(name.as_bytes()));
            }
        }
    }
}
