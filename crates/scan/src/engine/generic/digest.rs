//! What is made of a password rather than one: hex digits where a program compares them with what somebody typed, in the account
//! of somebody, under a name that says so, or as MySQL prints them; and what Windows encrypts for one user of a machine.

use super::shape::Assignment;
use crate::engine::value;

/// Hex digits of MD5, SHA-1, SHA-256 and SHA-512.
const DIGEST_BYTES: [usize; 4] = [32, 40, 64, 128];
/// Bits a byte from which hex digits are no filler.
const ENTROPY_MIN: f64 = 2.5;

/// How everything begins that `CryptProtectData` made, in base64: a version and the id of its provider (Windows' DPAPI).
const PROTECTED: &[u8] = b"AQAAANCMnd8BFdERjHoAwE";
/// Hex digits of a password as MySQL hashes it (`PASSWORD()` of versions 4.1 to 5.7, without its star).
const MYSQL_BYTES: usize = 40;

/// Whether the value of a password is its digest, or encrypted; `before` is what stands before the name on its line.
pub(super) fn is_digest(before: &[u8], name: &[u8], text: &[u8], found: Assignment) -> bool {
    let hex = DIGEST_BYTES.contains(&text.len())
        && text.iter().all(u8::is_ascii_hexdigit)
        && value::entropy(text) > ENTROPY_MIN;
    let of_mysql = [&b"mysql"[..], b"canal"]
        .iter()
        .any(|program| name.windows(program.len()).any(|window| window.eq_ignore_ascii_case(program)));
    let mysql = of_mysql && text.len() == MYSQL_BYTES && !text.iter().any(u8::is_ascii_lowercase);
    let told =
        [&b"_encoded"[..], b"_hashed", b"_digest", b"_encrypted"].iter().any(|end| name.ends_with(end));
    text.starts_with(PROTECTED)
        || hex && (mysql || told || found.quoted && (is_condition(before) || is_of_an_account(name)))
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
