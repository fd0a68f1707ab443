//! Values that somebody typed for want of a better one.

use super::name::Words;

/// `test1234`, `admin!`: what everybody writes who needs any password, with or without figures behind it.
pub(super) fn is_common(text: &[u8]) -> bool {
    static COMMON: Words = Words::of(
        "\
        test testing tester pass password passw passwd pwd user username admin administrator root guest demo foo bar
        baz qux foobar abc abcd xyz hello welcome letmein secret default temp example login master super monkey opensesame opensesam
        dragon qwerty asdf zxcv postgres mysql oracle redis mongo rabbitmq vagrant ubuntu changeme toor pgpass mariadb cassandra elastic minioadmin raspberry rootpass rootpw adminpw
        kennwort passwort parola senha haslo wachtwoord contrasena motdepasse mypass mypassword testpass testpassword testuser dbpass dbpassword newpass newpassword oldpassword adminadmin",
    );
    let stem = text.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'_').count();
    let plain: Vec<u8> = text[..stem].iter().filter(|b| **b != b'_').map(u8::to_ascii_lowercase).collect();
    let tail = &text[stem..];
    tail.iter().all(|b| !b.is_ascii_alphabetic())
        && tail.len() <= 6
        && (plain.is_empty() || COMMON.holds(&String::from_utf8_lossy(&plain)))
}

/// With what programs are delivered, or what somebody who runs one types first.
pub(super) fn is_default(text: &[u8]) -> bool {
    static DEFAULTS: Words = Words::of(
        "\
        admin root guest toor postgres pgpass mysql mariadb oracle redis mongo rabbitmq cassandra elastic minioadmin
        vagrant raspberry dbpass rootpass rootpw adminpw letmein opensesame",
    );
    DEFAULTS.holds(&String::from_utf8_lossy(text))
}

/// Whether somebody typed the value for want of a better one: a common password, or a word in disguise.
pub(crate) fn is_typed(text: &[u8]) -> bool {
    is_common(text) || reads_as_a_word(text)
}

/// `P@ssw0rd`, `s3cr3t!`: a word in disguise.
pub(super) fn reads_as_a_word(text: &[u8]) -> bool {
    let plain: String = text
        .iter()
        .map(|b| match b {
            b'@' | b'4' => 'a',
            b'3' => 'e',
            b'0' => 'o',
            b'1' | b'!' | b'|' => 'i',
            b'$' | b'5' => 's',
            b'7' => 't',
            other => other.to_ascii_lowercase() as char,
        })
        .collect();
    ["password", "passw", "secret", "changeme", "admin", "welcome", "letmein", "qwerty"]
        .iter()
        .any(|word| plain.contains(word))
}
