//! Hex digits that are the digest of a password rather than one: where a program compares them with what somebody typed, and
//! in the account of somebody.

use super::shape::Assignment;
use crate::engine::value;

/// Hex digits of MD5, SHA-1, SHA-256 and SHA-512.
const DIGEST_BYTES: [usize; 4] = [32, 40, 64, 128];
/// Bits a byte from which hex digits are no filler.
const ENTROPY_MIN: f64 = 2.5;

/// Whether the value of a password is its digest; `before` is what stands before the name on its line.
pub(super) fn is_digest(before: &[u8], name: &[u8], text: &[u8], found: Assignment) -> bool {
    DIGEST_BYTES.contains(&text.len())
        && found.quoted
        && text.iter().all(u8::is_ascii_hexdigit)
        && value::entropy(text) > ENTROPY_MIN
        && (is_condition(before) || is_of_an_account(name))
}

/// Whether a condition of a query is open: `" and m.Password = '…'"`.
fn is_condition(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    [&b"where "[..], b" and ", b" or ", b"\"and ", b"'and "]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
        && memchr::memchr2(b'"', b'\'', before).is_some()
}

/// `user.Password`, `account->passwd`: a member of somebody's account, which programs keep as a digest.
fn is_of_an_account(name: &[u8]) -> bool {
    const ACCOUNTS: [&[u8]; 7] =
        [b"user", b"member", b"account", b"person", b"employee", b"customer", b"student"];
    let Some(at) = memchr::memrchr(b'.', name).or_else(|| memchr::memmem::rfind(name, b"->")) else {
        return false;
    };
    let owner = name[..at].to_ascii_lowercase();
    ACCOUNTS.iter().any(|account| owner.ends_with(account))
}
