//! Bodies of keys of which only the beginning is there, for show: their first bytes say how long they are. What is cut by
//! mistake may still hold enough of a key, and is told: but the first fifth of an RSA key is its public half (RFC 8017, A.1.2).

use base64::Engine as _;

/// Characters of base64 that hold the length of what follows.
const HEAD_BYTES: usize = 8;
/// A body of less than this part of what it says to be is no key that somebody lost.
const SHOWN_PART: usize = 5;

/// Whether the PEM block goes from its first line to its last or to a sign that its writer left the rest out, and its body is
/// a small part of what it says to be. `rest` is what follows the block.
pub(super) fn is_cut(pem: &[u8], rest: &[u8]) -> bool {
    let Some(start) = memchr::memmem::find(pem, b"KEY-----").map(|at| at + b"KEY-----".len()) else {
        return false;
    };
    let end = pem.strip_suffix(b"-----").and_then(|pem| memchr::memmem::rfind(pem, b"-----END "));
    let end = end.or_else(|| is_left_out(rest).then_some(pem.len()));
    let Some(body) = end.and_then(|end| pem.get(start..end)) else { return false };
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
    // `s3cr3ts3cr3ts3cr3t`: a word over and over.
    let repeats = |word: usize| plain[..plain.len() - word] == plain[word..];
    if (1..=WORD_BYTES_MAX.min(plain.len() / 2)).any(repeats) {
        return true;
    }
    let Ok(head) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(head) else { return false };
    // A sequence of DER whose length takes two bytes, as in every key of RSA.
    let [0x30, 0x82, high, low, ..] = head[..] else { return false };
    let said = usize::from(high) << 8 | usize::from(low);
    plain.len() * 3 / 4 < said / SHOWN_PART
}

/// Longest word that fills a body, bytes.
const WORD_BYTES_MAX: usize = 12;

/// `...`, `. . .`, `[…]`: what stands for the rest of a text.
fn is_left_out(rest: &[u8]) -> bool {
    let skip = |b: &u8| b.is_ascii_whitespace() || b"#*\"'`,+|[(<{\\".contains(b);
    let from = rest.iter().position(|b| !skip(b)).unwrap_or(rest.len());
    [&b"..."[..], b". .", b". -----END", "…".as_bytes(), b"-----END", b"snip"]
        .iter()
        .any(|sign| rest[from..].starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_far_shorter_than_it_says_is_for_show() {
        let pem = |body: &str| format!("-----BEGIN {0} KEY-----{body}-----END {0} KEY-----", "PRIVATE");
        assert!(is_cut(pem("\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC\n").as_bytes(), b""));
        assert!(!is_cut(
            pem(&format!("\\nMIIEvQIBADANBgkq{}\\n", "k7Tz0qW4mBv9x".repeat(123))).as_bytes(),
            b""
        ));
        assert!(!is_cut(pem("\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v\n").as_bytes(), b""), "a key of another kind");
        let torn = format!("\nMIIEvQIBADANBgkq{}\n", "k7Tz0qW4mBv9x".repeat(31));
        assert!(!is_cut(pem(&torn).as_bytes(), b""), "a quarter of a key");
        assert!(!is_cut(b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq", b"\n"), "its end is elsewhere");
        assert!(is_cut(pem(&format!("\n{}\n", "s3cr3t".repeat(40))).as_bytes(), b""), "a word over and over");
        let begun = b"-----BEGIN RSA PRIVATE KEY-----\nMIIEogIBAAKCAQEAk7Tzk7Tzk7Tz\n";
        assert!(is_cut(begun, b"...\n-----END RSA PRIVATE KEY-----"), "somebody left the rest out");
        assert!(
            is_cut(begun, b"  . . .\nk7Tz") && is_cut(begun, "[…]".as_bytes()) && !is_cut(begun, b"next")
        );
    }
}
