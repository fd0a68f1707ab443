//! Published checksums and structures of tokens. A real value satisfies them; a made-up one hardly ever does.

use base64::Engine as _;

/// A checksum or structure by its name in rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// GitHub's and npm's: CRC-32 of the 30 characters after the prefix, base62, last 6.
    Crc32Base62,
    /// GitLab's routable tokens: CRC-32 in base 36, last 7.
    GitlabRoutable,
    /// A PyPI token is a base64url macaroon that begins with its version and location.
    PypiMacaroon,
    /// An AWS key id encodes its account number in base32.
    AwsKeyId,
    /// Three base64url parts, the first a JSON object with `alg`.
    Jwt,
    /// Bech32 with its six-character checksum.
    Age,
}

/// Every name that a rule may use.
const NAMES: &[(&str, Checksum)] = &[
    ("github", Checksum::Crc32Base62),
    ("npm", Checksum::Crc32Base62),
    ("gitlab_routable", Checksum::GitlabRoutable),
    ("pypi_macaroon", Checksum::PypiMacaroon),
    ("aws_key_id", Checksum::AwsKeyId),
    ("jwt", Checksum::Jwt),
    ("age", Checksum::Age),
];

impl Checksum {
    /// The checksum of this name.
    pub(crate) fn named(name: &str) -> Option<Checksum> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, checksum)| *checksum)
    }

    /// The reason to believe the value, or `None` when it cannot be real.
    pub(crate) fn holds(self, value: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(value).ok()?;
        match self {
            Checksum::Crc32Base62 => crc32_base62(text).then(|| "its checksum fits".to_owned()),
            Checksum::GitlabRoutable => gitlab_routable(text).then(|| "its checksum fits".to_owned()),
            Checksum::PypiMacaroon => pypi_macaroon(text).then(|| "it decodes to a PyPI macaroon".to_owned()),
            Checksum::AwsKeyId => base32(text).map(|_| match aws_account(text) {
                Some(account) => format!("it encodes AWS account {account}"),
                None => "a key id of the older form".to_owned(),
            }),
            Checksum::Jwt => jwt(text).then(|| "its header is a JSON object with alg".to_owned()),
            Checksum::Age => bech32(text).then(|| "its Bech32 checksum fits".to_owned()),
        }
    }
}

fn crc32_base62(token: &str) -> bool {
    let Some((_, body)) = token.rsplit_once('_') else { return false };
    if body.len() != 36 {
        return false;
    }
    let (random, check) = body.split_at(30);
    base62(crc32fast::hash(random.as_bytes())) == check
}

/// Six base62 digits, `0-9A-Za-z`, most significant first.
fn base62(mut value: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = [b'0'; 6];
    for slot in out.iter_mut().rev() {
        *slot = DIGITS[(value % 62) as usize];
        value /= 62;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn gitlab_routable(token: &str) -> bool {
    let Some((head, tail)) = token.rsplit_once('.') else { return false };
    if tail.len() != 9 || !tail.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
        return false;
    }
    let Ok(check) = u32::from_str_radix(&tail[2..], 36) else { return false };
    crc32fast::hash(format!("{head}.{}", &tail[..2]).as_bytes()) == check
}

fn pypi_macaroon(token: &str) -> bool {
    let Some(body) = token.strip_prefix("pypi-") else { return false };
    let usable = &body[..body.len() - body.len() % 4];
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(usable).is_ok_and(|bytes| {
        bytes.starts_with(b"\x02\x01\x08pypi.org") || bytes.starts_with(b"\x02\x01\x0dtest.pypi.org")
    })
}

/// The twelve-digit account number that an AWS key id encodes: bits 1 to 40 of the base32 text after the prefix.
///
/// Key ids of before 2019 (fifth character `I` or `J`) encode none.
pub(crate) fn aws_account(key_id: &str) -> Option<String> {
    if matches!(key_id.as_bytes().get(4), Some(b'I' | b'J')) {
        return None;
    }
    // 80 bits in all; the first six bytes, less the top bit and the lowest seven.
    let first_six = (base32(key_id)? >> 32) as u64;
    let account = (first_six & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// The 80 bits after the four-letter prefix.
fn base32(key_id: &str) -> Option<u128> {
    let mut bits: u128 = 0;
    for byte in key_id.get(4..20)?.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u128::from(digit);
    }
    Some(bits)
}

fn jwt(token: &str) -> bool {
    let Some(header) = token.split('.').next() else { return false };
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(header)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .is_some_and(|value| value.get("alg").is_some())
}

/// BIP 173 checksum of an upper-case age identity.
fn bech32(text: &str) -> bool {
    const CHARSET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let lower = text.to_ascii_lowercase();
    let Some((prefix, data)) = lower.rsplit_once('1') else { return false };
    let mut checksum: u32 = 1;
    let mut feed = |value: u32| {
        let top = checksum >> 25;
        checksum = (checksum & 0x01ff_ffff) << 5 ^ value;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if top >> bit & 1 == 1 {
                checksum ^= generator;
            }
        }
    };
    prefix.bytes().for_each(|b| feed(u32::from(b >> 5)));
    feed(0);
    prefix.bytes().for_each(|b| feed(u32::from(b & 31)));
    for c in data.chars() {
        let Some(value) = CHARSET.find(c) else { return false };
        feed(u32::try_from(value).expect("below 32"));
    }
    checksum == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_key_id_tells_its_account() {
        // The key id of AWS' own documentation and a published STS example id.
        assert_eq!(aws_account("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
    }

    #[test]
    fn crc32_in_base62_is_six_digits() {
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(u32::MAX), "4gfFC3");
        let random = "0123456789abcdefghijABCDEFGHIJ";
        let token = format!("ghp_{random}{}", base62(crc32fast::hash(random.as_bytes())));
        assert!(Checksum::Crc32Base62.holds(token.as_bytes()).is_some());
        let wrong = format!("ghp_{random}AAAAAA");
        assert!(Checksum::Crc32Base62.holds(wrong.as_bytes()).is_none());
    }
}
