//! What the header of HTTP's basic authentication decodes to: a login and its password, or words in its place.

use base64::Engine as _;

use super::typed::{self, Typed};
use super::{generic, language, value};

/// Longest part of a login that is no more than a word of an example, bytes.
const TOY_BYTES_MAX: usize = 4;

/// What stands behind `Basic`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basic {
    /// A login and a password, or a key that a service takes in their place.
    Login,
    /// A login and a password that everybody tries first.
    Weak,
    /// Words that say what belongs there.
    Words,
}

/// Reads the value of the header.
pub(super) fn read(text: &[u8]) -> Basic {
    if value::placeholder(text).is_some() {
        return Basic::Words;
    }
    let bare = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    let plain = base64::engine::general_purpose::STANDARD_NO_PAD.decode(bare).ok();
    let plain = plain.filter(|plain| std::str::from_utf8(plain).is_ok_and(|text| !text.contains('\u{fffd}')));
    let drawn = |text: &[u8]| if language::is_random(text) { Basic::Login } else { Basic::Words };
    // What is no base64 of a text may be a service's key as it is.
    let Some(plain) = plain.filter(|plain| plain.iter().all(|&b| b >= 0x20 && b != 0x7f)) else {
        return drawn(text);
    };
    let Some(at) = memchr::memchr(b':', &plain) else {
        return if value::is_uuid(&plain) { Basic::Login } else { drawn(&plain) };
    };
    let (user, password) = (&plain[..at], &plain[at + 1..]);
    // Services take a key for the login and leave the password empty, or the other way round.
    if password.is_empty() || user.is_empty() || password == b"X" || password == b"x" {
        return drawn(if user.len() > password.len() { user } else { password });
    }
    let word = |part: &[u8]| part.len() <= TOY_BYTES_MAX && part.iter().all(u8::is_ascii_lowercase);
    let named = is_anybody(user) && typed::is_weak(password, None);
    if Typed::of(password) == Typed::Name
        || value::placeholder(password).is_some()
        || named
        || word(user) && word(password) && Typed::of(password) != Typed::Default
    {
        return Basic::Words;
    }
    let weak = Typed::of(password) == Typed::Default
        || generic::is_typed(password)
        || typed::is_weak(password, std::str::from_utf8(user).ok());
    if weak { Basic::Weak } else { Basic::Login }
}

/// `user`, `my-username`: a login that only says that one belongs there.
fn is_anybody(user: &[u8]) -> bool {
    let lower = user.to_ascii_lowercase();
    ["user", "username", "login", "usr", "foo", "name"].iter().any(|end| lower.ends_with(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plain: &str) -> Basic {
        read(base64::engine::general_purpose::STANDARD.encode(plain).as_bytes())
    }

    #[test]
    fn logins_are_told_from_words() {
        for plain in ["username:password", "user:pass", "beep:boop", "myuser:hunter2", "just some words here"]
        {
            assert_eq!(of(plain), Basic::Words, "{plain}");
        }
        assert_eq!(read(b"YourBase64EncodedCredentials=="), Basic::Words);
        for plain in ["deploy:k4r4mL14Bw", "ci:ZnSyWedXtdN2r", "2f6c1d84-9a3b-4e57-b0c8-7d15e9a4f362"] {
            assert_eq!(of(plain), Basic::Login, "{plain}");
        }
        assert_eq!(of("q7Wz2Kd9R4tAmP3xVbN8sL1kQz0Y:"), Basic::Login);
        assert_eq!(of("admin:admin"), Basic::Weak);
    }
}
