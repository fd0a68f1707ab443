//! How much speaks for chance in a value, without what only joins or marks it.

use super::code::annotated;
use crate::engine::language::{is_label, labelled_digits, longest_part, marked_digits, random_bits};
use crate::engine::value;

/// A UUID under a name that promises a secret: as random as hex, but most UUIDs are names of things.
pub(super) const UUID_BYTES: usize = 36;

/// Whether the text is a UUID, and how many bits speak for chance in it, without what only joins or marks it.
pub(super) fn drawn_from(text: &[u8]) -> (bool, f64) {
    let uuid = text.len() == UUID_BYTES && value::is_uuid(text);
    let bits = if uuid || is_in_fours(text) {
        random_bits(&text.iter().copied().filter(|&b| b != b'-').collect::<Vec<u8>>())
    } else {
        if let Some(at) = text.len().checked_sub(UUID_BYTES + 1)
            && matches!(text[at], b'_' | b'-' | b'.')
            && value::is_uuid(&text[at + 1..])
            && is_label(&text[..at])
        {
            return (false, drawn_from(&text[at + 1..]).1);
        }
        let bits = random_bits(text.strip_prefix(b"0x").unwrap_or(text));
        let part = labelled_digits(text).or_else(|| longest_part(text)).or_else(|| annotated(text));
        let part = part.or_else(|| marked_digits(text));
        part.map_or(bits, |digits| bits.max(random_bits(digits)))
    };
    (uuid, bits)
}

/// `8c16-f57a-03be-d492`: hex digits in groups of four.
fn is_in_fours(text: &[u8]) -> bool {
    text.len() == 19
        && text.iter().enumerate().all(|(at, b)| if at % 5 == 4 { *b == b'-' } else { b.is_ascii_hexdigit() })
}

#[allow(clippy::cast_possible_truncation)] // some hundred bits
pub(super) fn drawn(bits: f64) -> String {
    format!("{} bits speak for a value drawn at random", bits as i64)
}
