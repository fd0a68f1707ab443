//! Keyed fingerprints: what leaves `scan` in place of a secret's value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The key that turns a secret into a [`Fingerprint`]; one per installation.
///
/// It has no `Debug` and no `Serialize`, so it cannot be printed or stored by accident.
#[derive(Clone)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// Wraps 32 bytes that came from the platform's random source or the key file.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Fingerprints `value` as a credential of `kind`. The same value under another key, or as another
    /// kind, gives an unrelated fingerprint, so a stolen inventory is no dictionary oracle.
    pub fn fingerprint(&self, kind: &str, value: &[u8]) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(kind.len() as u64).to_le_bytes());
        hasher.update(kind.as_bytes());
        hasher.update(value);
        let mut out = [0u8; 16];
        hasher.finalize_xof().fill(&mut out);
        Fingerprint(hex(&out))
    }

    /// 64 bits by which `value` is known again whatever kind of credential it is; no kind's fingerprint tells them.
    pub fn tag(&self, value: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&u64::MAX.to_le_bytes());
        hasher.update(value);
        let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The key in hex, for the one file that must carry it: a baseline that other machines shall be able to use.
    pub fn reveal_for_baseline(&self) -> String {
        hex(&self.0)
    }

    /// The key that such a file carries; `None` when the text is no key.
    pub fn from_baseline(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// A short public name of the key, so that two inventories can tell that their fingerprints differ.
    pub fn id(&self) -> String {
        hex(&blake3::keyed_hash(&self.0, b"tenure key id").as_bytes()[..4])
    }
}

impl Drop for FingerprintKey {
    fn drop(&mut self) {
        self.0 = [0; 32];
        std::hint::black_box(&self.0);
    }
}

/// 128 bits of keyed BLAKE3 over kind and value, in hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Fingerprint(pub String);

/// Lower-case hex of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// Shows the first `keep` bytes of a secret, then a fixed run of stars that tells nothing of the length.
///
/// At most a quarter of the value is ever shown, and nothing that is not printable ASCII.
pub fn mask(value: &[u8], keep: usize) -> String {
    let keep = keep.min(value.len() / 4);
    let mut text: String =
        value[..keep].iter().take_while(|b| b.is_ascii_graphic()).map(|&b| b as char).collect();
    text.push_str("****");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_share_no_fingerprint() {
        let (a, b) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));
        assert_ne!(a.fingerprint("x", b"hunter2"), b.fingerprint("x", b"hunter2"));
        assert_ne!(a.fingerprint("x", b"hunter2"), a.fingerprint("y", b"hunter2"));
        assert_eq!(a.fingerprint("x", b"hunter2"), a.fingerprint("x", b"hunter2"));
    }

    #[test]
    fn a_mask_shows_at_most_a_quarter() {
        assert_eq!(mask(b"ghp_0123456789abcdef", 4), "ghp_****");
        assert_eq!(mask(b"hunter2", 4), "h****");
        assert_eq!(mask(b"abc", 4), "****");
    }
}
