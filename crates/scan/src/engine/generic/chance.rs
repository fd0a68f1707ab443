//! A telling word where nothing is assigned: in packed text, in the message of a variable that is missing, in lists of words,
//! and before an address that holds the value itself.

use super::name::{Promise, words};
use super::shape::{Assignment, Stand};

/// Shortest piece of packed text before a word in it, bytes.
const PACKED_BYTES_MIN: usize = 12;
/// Signs in it that names, addresses and code have seldom.
const PACKED_SIGNS_MIN: usize = 4;
/// Hex digits of the fifty bytes that Grafana, Gitea and Forgejo derive from a password.
const DERIVED_BYTES: usize = 100;
/// Hex digits of a device's token of Apple's push service.
const DEVICE_BYTES: usize = 64;
/// Shortest line of packed text, bytes, and how many different signs stand in one.
const PACKED_LINE_BYTES_MIN: usize = 60;
const PACKED_KINDS_MIN: usize = 8;
/// Signs of base85.
const SIGNS: &[u8] = b"!#$%&()*+;<>?@^`{|}~";
/// Hex digits of digests.
const DIGEST_BYTES: [usize; 5] = [32, 40, 64, 96, 128];

/// Longest end of a file's name, bytes.
const FILE_END_MAX: usize = 6;

/// Whether name and value meet by chance; `before` is what stands before the name on its line.
pub(super) fn is_chance(
    before: &[u8],
    name: &[u8],
    text: &[u8],
    (promise, found): (Promise, Assignment),
) -> bool {
    let password = promise == Promise::Password;
    // `${PG_PASS:?is not set}`: what a shell says when it is not.
    before.ends_with(b"${") && (text.first() == Some(&b'?') || is_cut(text))
        || is_file_with_digest(before, name, text)
        || is_packed(before)
        // A link to a picture or a file that Firebase gives to everybody.
        || before.ends_with(b"alt=media&")
        || password && in_list(name, found) && !is_whole(name)
        || password && found.stand == Stand::Passed && is_in_words(before)
        || password && is_digest(text, found)
        || !password && (is_address(text) || is_device(name, text) || is_key_id(name, text))
        // Who somebody is in Scuttlebutt; and a program that is set up by its own name.
        || text.first() == Some(&b'@') && text.ends_with(b".ed25519")
        || text.ends_with(b".exe")
}

/// `0:LENGTH`, `2:8`: the part of a variable that a shell cuts out of it.
fn is_cut(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"}").unwrap_or(text);
    let Some(at) = memchr::memchr(b':', text) else { return false };
    let (start, len) = (text[..at].trim_ascii(), text[at + 1..].trim_ascii());
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'-' | b'#');
    !start.is_empty() && start.iter().all(u8::is_ascii_digit) && !len.is_empty() && len.iter().all(plain)
}

/// `"lib/acme/password.rb": "<32 hex>"`: what a file's content sums up to.
fn is_file_with_digest(before: &[u8], name: &[u8], text: &[u8]) -> bool {
    let end = name.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    let file = end < name.len() && name[name.len() - end - 1] == b'.' && (1..=FILE_END_MAX).contains(&end);
    file && before.ends_with(b"/")
        && DIGEST_BYTES.contains(&text.len())
        && text.iter().all(u8::is_ascii_hexdigit)
}

/// `zQkP(KRM)4lPW=`: base85 has neither blanks nor quotes, and many signs.
fn is_packed(before: &[u8]) -> bool {
    let signs = || before.iter().filter(|b| SIGNS.contains(b));
    before.len() >= PACKED_BYTES_MIN
        && is_plain(before)
        && signs().nth(PACKED_SIGNS_MIN - 1).is_some()
        // Tags alone are XML.
        && signs().filter(|sign| !b"<>".contains(sign)).any(|sign| Some(sign) != signs().find(|b| !b"<>".contains(b)))
}

/// Whether a long line is packed text from its begin to its end; `before` is what stands before the name, a sign at least.
pub(super) fn is_packed_line(before: &[u8], line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.len() >= PACKED_LINE_BYTES_MIN
        && before.iter().any(|b| SIGNS.contains(b))
        && is_plain(line)
        && SIGNS.iter().filter(|sign| line.contains(sign)).count() >= PACKED_KINDS_MIN
}

/// Whether neither a blank nor what code and addresses are made of stands in it.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_graphic() && !b"'\",:./[]\\".contains(b))
}

/// `"Pskovskaya,PSK","Tverskaya,TVE"`: the name is the last of the words in one text of a list.
fn is_in_words(before: &[u8]) -> bool {
    matches!(before, [.., word, b','] if word.is_ascii_alphanumeric())
}

fn in_list(name: &[u8], found: Assignment) -> bool {
    let plain = name.iter().all(|b| b.is_ascii_lowercase() || *b == b'-');
    plain && found.quoted && matches!(found.stand, Stand::Passed | Stand::Inline)
}

/// `signing_key = "0BCB8E12F7D3A954"`: which of the keys on a ring git signs with.
fn is_key_id(name: &[u8], text: &[u8]) -> bool {
    const KEY_ID_BYTES: [usize; 3] = [8, 16, 40];
    KEY_ID_BYTES.contains(&text.len())
        && text.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b))
        && name.len() >= 7
        && name[..7].eq_ignore_ascii_case(b"signing")
}

/// Whether the name's last word is one for a password, and no word that ends like one: `slupsk`, `password-strength-meter`.
fn is_whole(name: &[u8]) -> bool {
    const SHORT: [&str; 4] = ["psk", "psw", "mdp", "pw"];
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let cut = SHORT.iter().any(|end| last.len() > end.len() && last.ends_with(end));
    let widget = ["meter", "strength", "toggle", "field", "input", "form", "icon", "label", "hint", "reset"];
    let of_widget = name.contains(&b'-') && widget.contains(&last.as_str());
    !cut && !of_widget
}

/// Hex digits that are a password's digest: fifty bytes anywhere, other lengths where a row says so.
fn is_digest(text: &[u8], found: Assignment) -> bool {
    let in_row = matches!(found.stand, Stand::Pair | Stand::Passed);
    (text.len() == DERIVED_BYTES || in_row && DIGEST_BYTES.contains(&text.len()))
        && text.iter().all(u8::is_ascii_hexdigit)
}

/// `https://tiles.acme.test/{z}/{x}?access_token=…`: what is secret in it stands behind a name of its own.
fn is_address(text: &[u8]) -> bool {
    (text.starts_with(b"https://") || text.starts_with(b"http://"))
        && (memchr::memchr2(b'{', b'<', text).is_some()
            || memchr::memchr(b'?', text).is_some_and(|at| text[at..].contains(&b'=')))
}

/// `.ForDeviceToken("66a9…")`: where Apple or Firebase deliver a message to, which signs nobody in.
fn is_device(name: &[u8], text: &[u8]) -> bool {
    let words = words(name);
    let to_device = words.windows(2).any(|two| {
        matches!(two[0].as_str(), "device" | "push" | "apns" | "apn" | "registration")
            && two[1].starts_with("token")
    });
    to_device && text.len() == DEVICE_BYTES && text.iter().all(u8::is_ascii_hexdigit)
        || memchr::memmem::find(text, b":APA91b").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_text_is_told_from_code() {
        for text in ["zQkP(KRM)4l<1d`", "aev^&u<rchuNyk5O9Ywk{dk&", "f!KJp6_VR;N_f<gb4e)~t(KRM)4l"] {
            assert!(is_packed(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "export ",
            "{a:1,b:\"x\",",
            "https://a.test/?x=1&",
            "if(x){y=1;z",
            "$config->",
            "a=1&b=2&c=3&d=4&",
            "DB_OPTS;;;;;;;;",
            "<ipsec><phase1><",
        ] {
            assert!(!is_packed(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_packed_line_is_packed_to_its_end() {
        let packed = b"{pw=h~s5OcLYOSJxTB|6a)+!39wTc32t)hTht0<t>DhjBziUMk_qJUbfD4^CV3aGV;0&1<IfLg04pw=";
        assert!(is_packed_line(b"{", packed));
        assert!(!is_packed_line(b"", packed), "a setting begins its line");
        assert!(!is_packed_line(b"{", &packed[..40]));
        assert!(!is_packed_line(b"(", b"(pw=h5OcLYOSJxTB6a39wTc32thTht0tDhjBziUMkqJUbfD4CV3aGV01IfLg04pw)"));
        let spaced: Vec<u8> = packed.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
        assert!(!is_packed_line(b"{", &spaced));
    }

    #[test]
    fn words_that_end_like_a_password_are_none() {
        for name in ["slupsk", "password-strength-meter"] {
            assert!(!is_whole(name.as_bytes()), "{name}");
        }
        for name in ["psk", "password", "dbpass", "admin-password", "wifi-psk"] {
            assert!(is_whole(name.as_bytes()), "{name}");
        }
    }
}
