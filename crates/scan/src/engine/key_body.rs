//! Bodies of keys of which only the beginning is there, for show: their first bytes say how long they are. What is cut by
//! mistake may still hold enough of a key, and is told.

use base64::Engine as _;

/// Characters of base64 that hold the length of what follows.
const HEAD_BYTES: usize = 8;
/// A body of less than this part of what it says to be is no key that somebody lost.
const SHOWN_PART: usize = 10;

/// Whether the PEM block is whole, from its first line to its last, and its body a small part of what it says to be.
pub(super) fn is_cut(pem: &[u8]) -> bool {
    let Some(body) = pem.strip_suffix(b"-----").and_then(|pem| {
        let end = memchr::memmem::rfind(pem, b"-----END ")?;
        let start = memchr::memmem::find(pem, b"KEY-----")? + b"KEY-----".len();
        pem.get(start..end)
    }) else {
        return false;
    };
    // Line ends that are written out are none of its letters.
    let mut plain = Vec::new();
    let mut escaped = false;
    for &b in body {
        if !escaped && (b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')) {
            plain.push(b);
        }
        escaped = b == b'\\';
    }
    let Some(head) = plain.get(..HEAD_BYTES) else { return true };
    let Ok(head) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(head) else { return false };
    // A sequence of DER whose length takes two bytes, as in every key of RSA.
    let [0x30, 0x82, high, low, ..] = head[..] else { return false };
    let said = usize::from(high) << 8 | usize::from(low);
    plain.len() * 3 / 4 < said / SHOWN_PART
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_far_shorter_than_it_says_is_for_show() {
        let pem = |body: &str| format!("-----BEGIN {0} KEY-----{body}-----END {0} KEY-----", "PRIVATE");
        assert!(is_cut(pem("\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC\n").as_bytes()));
        assert!(!is_cut(pem(&format!("\\nMIIEvQIBADANBgkq{}\\n", "k7Tz".repeat(398))).as_bytes()));
        assert!(!is_cut(pem("\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v\n").as_bytes()), "a key of another kind");
        let torn = format!("\nMIIEvQIBADANBgkq{}\n", "k7Tz".repeat(60));
        assert!(!is_cut(pem(&torn).as_bytes()), "a quarter of a key");
        assert!(!is_cut(b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq"), "its end is elsewhere");
    }
}
