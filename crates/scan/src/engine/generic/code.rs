//! What code and configuration say about secrets instead of holding one: calls, paths, references, names of algorithms; and
//! what is random to look at, but public.

use super::score::SURELY_RANDOM_BITS;
use super::shape::{Assignment, Stand};
use crate::engine::language::RANDOM_BITS;

/// A value of a SealedSecret is longer than this: it begins with an RSA key's worth of bytes.
const SEALED_BYTES_MIN: usize = 256;

/// Hashes by name, public keys, certificates, data addresses: random, but no secret.
pub(super) fn is_public_material(text: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 39] = [
        b"$ANSIBLE_VAULT",
        b"pk.eyJ", // Mapbox: made for browsers
        b"sha1-",
        b"sha256",
        b"sha384",
        b"sha512",
        b"SHA256",
        b"md5",
        b"ssh-rsa",
        b"ssh-ed25519",
        b"ecdsa-sha2",
        b"AAAAB3NzaC1",
        b"AAAAC3NzaC1",
        b"AAAAE2VjZHNhLXNoYTI",
        b"MIIB",
        b"MIIC",
        b"MIID",
        b"MIIE",
        b"data:",
        b"urn:",
        b"base64-",
        b"ENC(",
        b"{cipher}",
        b"vault:",
        b"encrypted:",
        b"ENC[",
        // Hashes with their scheme, which a rule of their own reads.
        b"{SSHA",
        b"{SHA",
        b"{MD5}",
        b"{CRYPT}",
        b"{PBKDF2",
        b"$scrypt$",
        b"@ByteArray(",
        b"sha1$$",
        // The same in base64, as LDIF writes them.
        b"e1NTSE",
        b"e1NIQX",
        b"e01ENX0",
        b"e1NNRDV9",
        b"e0NSWVBUfQ",
    ];
    // Sealed with a cluster's public key, and made to be committed.
    let sealed = text.len() > SEALED_BYTES_MIN && (text.starts_with(b"AgA") || text.starts_with(b"AgB"));
    // Public keys of minisign, age and wallets, and of RSA, P-256 and Ed25519 in SPKI.
    let public = text.len() == 56 && text.starts_with(b"RW") && matches!(text[2], b'Q'..=b'T')
        || text.len() == 62 && text.starts_with(b"age1")
        || [&b"MIGfMA0GCSqGSIb3DQEB"[..], b"MFkwEwYHKoZIzj0CAQ", b"MCowBQYDK2Vw", b"xpub6", b"tpubD"]
            .iter()
            .any(|start| text.starts_with(start));
    // An address of a chain of blocks, be a digit of it lost, an account or contract of Stellar (whose seeds begin with `S`), and
    // the header of a token without its body.
    let organisation = text.len() == 28 && text.starts_with(b"org-");
    let address = (41..=43).contains(&text.len()) && text.starts_with(b"0x")
        || text.len() == 56
            && matches!(text[0], b'G' | b'C')
            && text.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let header = text.starts_with(b"eyJ0eXAi") || text.starts_with(b"eyJhbGci");
    let header = header && !text.contains(&b'.');
    // A session's key that Windows encrypted with an RSA key, as IIS keeps it: a SIMPLEBLOB.
    let wrapped = text.starts_with(b"AQIAA") && text.get(8..16) == Some(b"AAAApAAA");
    wrapped
        || sealed
        || public
        || organisation
        || address
        || header
        || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Calls, member access, paths, addresses, versions, identifiers: what code and configuration say *about* secrets.
pub(super) fn looks_like_code(text: &[u8], quoted: bool, bits: f64) -> bool {
    let holds = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    const SIGNS: [&[u8]; 16] = [
        b"://", b"::", b"->", b"()", b"=>", b"&&", b"||", b"%s", b"{}", b"\\u", b"</", b"[a-", b"[A-",
        b"[0-", b"===", b":\"",
    ];
    let surely = bits >= 2.0 * SURELY_RANDOM_BITS;
    // `var.networks[each.key].psk`: what Terraform keeps elsewhere.
    let refers = [&b"var."[..], b"local.", b"module.", b"data.", b"each.", b"self["];
    if refers.iter().any(|start| text.starts_with(start)) && (!quoted || holds(b"[\"")) {
        return true;
    }
    if !(surely && quoted) && SIGNS.iter().any(|sign| holds(sign)) || is_algorithm(text) {
        return true;
    }
    if surely {
        return false;
    }
    let starts = |needle: &[u8]| text.starts_with(needle);
    if starts(b"^") && text.ends_with(b"$") || bits < RANDOM_BITS && is_long_path(text) {
        return true;
    }
    if starts(b"\\$")
        || starts(b"/") && is_path(text)
        || starts(b"./")
        || starts(b"../")
        || starts(b"~/")
        || starts(b"C:\\")
    {
        return true;
    }
    if quoted && matches!(text.first(), Some(b'+' | b')' | b']')) && holds(b");")
        || is_distinguished_name(text)
    {
        return true;
    }
    if !quoted {
        if compares(text) || bits < 2.0 * SURELY_RANDOM_BITS && is_list(text) {
            return true;
        }
        let alias = starts(b"!") || starts(b"&") || starts(b"*");
        if alias && bits < RANDOM_BITS && !text.iter().any(u8::is_ascii_digit)
            || holds_bracket(text) && !(bits >= RANDOM_BITS && is_no_expression(text))
        {
            return true;
        }
        if bits < SURELY_RANDOM_BITS && is_member_access(text) {
            return true;
        }
    }
    // `POSTGRES_SCRAM_SHA_256`
    let constant = text.iter().all(|&b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.iter().filter(|&&b| b == b'_').count() >= 2;
    if bits < RANDOM_BITS && constant {
        return true;
    }
    let identifier =
        text.iter().all(|&b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-' | b'/' | b':' | b'$'));
    bits < RANDOM_BITS && identifier && text.iter().any(|&b| matches!(b, b'.' | b'_' | b'/' | b':' | b'-'))
}

/// `items.length==0`, `a!=b`: a comparison, and not the end of a value in base64.
fn compares(text: &[u8]) -> bool {
    let end = text.iter().rposition(|&b| b != b'=').map_or(0, |last| last + 1);
    text[..end].windows(2).any(|two| matches!(two, b"==" | b"!="))
}

/// Fewest commas of a list.
const LIST_COMMAS_MIN: usize = 2;

/// `OBJ_ISO,113533L,7L,66L`: names and numbers with commas between them.
fn is_list(text: &[u8]) -> bool {
    text.iter().filter(|&&b| b == b',').count() >= LIST_COMMAS_MIN
        && text.split(|&b| b == b',').all(|part| {
            !part.is_empty() && part.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        })
}

/// `dc=acme,dc=test`, `cn=admin,ou=people`: where somebody stands in a directory.
fn is_distinguished_name(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 6] = [b"dc=", b"cn=", b"ou=", b"uid=", b"o=", b"c="];
    let begins = |part: &[u8]| {
        let part = part.trim_ascii();
        KINDS.iter().any(|kind| part.get(..kind.len()).is_some_and(|here| here.eq_ignore_ascii_case(kind)))
    };
    text.contains(&b',') && text.split(|&b| b == b',').all(begins)
}

pub(super) fn holds_bracket(text: &[u8]) -> bool {
    memchr::memchr3(b'(', b'[', b'{', text).is_some()
}

/// `w3(Zt,8pLq.V6d`, `Qt8K)q(2vM`, `<32 hex>[www.acme.test]`: brackets as no expression has them, in a value that goes to the
/// end of its line and has figures among letters.
fn is_no_expression(text: &[u8]) -> bool {
    if annotated(text).is_some() {
        return true;
    }
    const SIGNS: [&[u8]; 8] = [b".*", b"?=", b"?:", b"\\", b"[^", b"$(", b"${", b"{{"];
    let figures = text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic);
    let ends = text.last().is_some_and(|b| b"()[]{},;+".contains(b));
    if !figures || ends || matches!(text[0], b'(' | b'[' | b'{') {
        return false;
    }
    if SIGNS.iter().any(|sign| memchr::memmem::find(text, sign).is_some()) {
        return false;
    }
    let mut depth = 0_i32;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            // What closes nothing, or has a name right behind it.
            b')' | b']' | b'}' if depth == 0 || text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) => {
                return true;
            }
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// Fewest hex digits of a key with a note behind it, bytes.
const ANNOTATED_BYTES_MIN: usize = 32;

/// The hex digits of a key that has a note behind it: `<32 hex>[www.acme.test]`.
pub(super) fn annotated(text: &[u8]) -> Option<&[u8]> {
    let open = text.ends_with(b"]").then(|| memchr::memchr(b'[', text)).flatten()?;
    (open >= ANNOTATED_BYTES_MIN && text[..open].iter().all(u8::is_ascii_hexdigit)).then(|| &text[..open])
}

/// Ends of the files of projects of Visual Studio.
const PROJECTS: [&[u8]; 4] = [b".csproj", b".vbproj", b".fsproj", b".vcxproj"];
/// Longest value of a setting that a text hands on in quotes, bytes.
const SET_BYTES_MAX: usize = 8;

/// A tag of a field in Go, a dependency, a project's file, a version, a format: what stands behind a telling word in code. Behind a
/// word that nothing assigns to, also a setting or the name of a class: `pass "USE_ZLIB=1"`.
pub(super) fn is_of_code(text: &[u8], found: Assignment) -> bool {
    let word = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
    let first = text.iter().take_while(|b| word(b)).count();
    let (name, rest) = text.split_at(first);
    let tag = found.quoted && first > 1 && rest.starts_with(b":\"");
    let dependency =
        text.starts_with(b"dep:") && text[4..].iter().all(|b| word(b) || matches!(b, b'-' | b'0'..=b'9'));
    let release = text.first().is_some_and(u8::is_ascii_digit)
        && [&b".Final"[..], b".RELEASE", b"-SNAPSHOT"].iter().any(|end| text.ends_with(end));
    let told = matches!(found.stand, Stand::Alone | Stand::Passed);
    let capitals = first > 2 && name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    let setting = capitals && (2..=SET_BYTES_MAX).contains(&rest.len()) && rest[0] == b'=' && rest[1] != b'=';
    let class = text.starts_with(b"\\") && text[1..].iter().all(u8::is_ascii_alphabetic);
    let project = PROJECTS.iter().any(|end| text.ends_with(end));
    tag || dependency || release || project || is_format(text) || told && (setting || class)
}

/// `cr-%d-%d-`: a word and what a program puts into it.
fn is_format(text: &[u8]) -> bool {
    let verbs = text.windows(2).filter(|two| matches!(*two, b"%d" | b"%s")).count();
    let plain = |b: &u8| b.is_ascii_lowercase() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/' | b'%');
    verbs > 0 && text.iter().all(plain)
}

/// `PBEWithMD5AndDES`, `sha256WithRSAEncryption`: random to look at, but the name of a way to compute.
fn is_algorithm(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&lower, word).is_some();
    text.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.'))
        && (holds(b"with") || holds(b"and") || holds(b"pkcs") || holds(b"padding"))
        && [&b"md5"[..], b"sha", b"aes", b"des", b"rsa", b"hmac", b"ecdsa", b"rc4"].into_iter().any(holds)
}

/// Whether what begins with a slash goes on like a path: with another one, or without capitals and signs.
fn is_path(text: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    text[1..].contains(&b'/') || text[1..].iter().all(plain) || !text.iter().any(u8::is_ascii_digit)
}

/// `github.com/acme/shop/v3/commands`: what an import or a package is called.
fn is_long_path(text: &[u8]) -> bool {
    let plain = |part: &[u8]| {
        !part.is_empty() && part.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    text.split(|&b| b == b'/').count() >= 4 && text.split(|&b| b == b'/').all(plain)
}

/// `config.Database.Password2`: words joined by dots, each of which could be a name in code.
fn is_member_access(text: &[u8]) -> bool {
    let mut parts = text.split(|&b| b == b'.');
    let named = |part: &[u8]| {
        part.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    };
    text.contains(&b'.') && parts.all(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_code_says_is_told_from_what_somebody_typed() {
        for (text, quoted) in [
            ("items.length==0", false),
            ("OBJ_ISO,113533L,7L,66L", false),
            ("+b[0]);if(d){if(", true),
            ("dc=acme,dc=test", true),
        ] {
            assert!(looks_like_code(text.as_bytes(), quoted, 0.0), "{text}");
        }
        for (text, quoted) in [
            ("", true),
            ("Qx7vK2pRm9==", false),
            ("Sommer,2019", false),
            ("pa,ss,w0rd!", false),
            ("a=b,C3d", true),
            ("+q7Kd2", true),
        ] {
            assert!(!looks_like_code(text.as_bytes(), quoted, 0.0), "{text}");
        }
    }

    #[test]
    fn brackets_of_a_password_are_told_from_those_of_an_expression() {
        for text in [
            "w3(Zt,8pLq.V6d",
            "Qt8K)q(2vM.x4R",
            "a7[K2m]x9",
            "9f86d081884c7d659a2feaa0c55ad015[www.acme.test]",
        ] {
            assert!(is_no_expression(text.as_bytes()), "{text}");
        }
        for text in [
            "decode(Text2)",
            "tokens[2].value",
            "Base64(",
            "(String)conf2",
            "^(?=.*[A-Z])x{8}y2",
            "f(a1)[0]",
            "secrets[www.acme.test]",
            "(words(only",
        ] {
            assert!(!is_no_expression(text.as_bytes()), "{text}");
        }
    }
}
