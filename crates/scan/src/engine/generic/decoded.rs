//! Values that are base64 of something that people wrote: a login, or words.

use super::commonplace::{is_common, reads_as_a_word};
use super::score::PASSWORD_BYTES;
use crate::engine::language::{RANDOM_BITS, random_bits};
use crate::engine::value;

/// Shortest text that is no chance when base64 decodes to it, bytes.
const DECODED_BYTES_MIN: usize = 7;
/// Longest password that is no more than a word of an example, `beep:boop`, bytes.
const TOY_BYTES_MAX: usize = 4;
/// Shortest key that somebody makes of words and figures, bytes.
const MADE_BYTES_MIN: usize = 24;
/// Longest text that is taken for words or a login when base64 decodes to it, bytes.
const DECODED_BYTES_MAX: usize = 160;

/// What a value is once its base64 is taken off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoded {
    /// `login:password`, as HTTP's basic authentication sends it.
    Login,
    /// Words, or a login that everybody writes.
    Text,
    /// One word with figures in it, as somebody makes a key of the length that is asked for.
    Made,
    /// No base64, or as random as before.
    Nothing,
}

/// Takes base64 off a value.
pub(super) fn decoded(text: &[u8]) -> Decoded {
    use base64::Engine as _;
    let bare = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    let Ok(plain) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(bare) else {
        return Decoded::Nothing;
    };
    if plain.len() < DECODED_BYTES_MIN || !plain.iter().all(|b| (0x20..0x7f).contains(b)) {
        return Decoded::Nothing;
    }
    let password = memchr::memchr(b':', &plain).filter(|&at| at > 0).map(|at| &plain[at + 1..]);
    let is_real = |password: &[u8]| {
        PASSWORD_BYTES.contains(&password.len())
            && !password.iter().any(u8::is_ascii_whitespace)
            && !reads_as_a_word(password)
            && value::placeholder(password).is_none()
            && (password.len() > TOY_BYTES_MAX || !password.iter().all(u8::is_ascii_lowercase))
            && !is_common(password)
    };
    match password {
        Some(password) if is_real(password) => Decoded::Login,
        // A whole document may hold anything.
        _ if plain.len() > DECODED_BYTES_MAX => Decoded::Nothing,
        None if random_bits(&plain) >= RANDOM_BITS && value::placeholder(&plain).is_none() => {
            Decoded::Nothing
        }
        None if is_made(&plain) => Decoded::Made,
        _ => Decoded::Text,
    }
}

/// `meadow_lantern_2031_walrus_77`: words and figures in a row.
fn is_made(plain: &[u8]) -> bool {
    plain.len() >= MADE_BYTES_MIN
        && plain.iter().all(|&b| b.is_ascii_alphanumeric() || b"_-!@#.".contains(&b))
        && plain.iter().any(u8::is_ascii_digit)
        && plain.iter().any(u8::is_ascii_alphabetic)
        && value::placeholder(plain).is_none()
}
