//! Passwords as people type them into commands, statements and calls: what only names one, and what everybody takes who
//! needs any.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::{generic, language};
use crate::rules::compile;

/// Longest value that is weak because of its words, bytes: in a longer one that looks drawn, a word is chance.
const WORDY_BYTES_MAX: usize = 16;
/// A word of fewer bytes than this is one, whatever its letters: it is too short to look drawn.
const SHORT_BYTES: usize = 8;
/// Longest value that asks for another one, bytes.
const ASKS_BYTES_MAX: usize = 80;
/// Longest number that somebody counted out, bytes.
const NUMBER_BYTES_MAX: usize = 12;

/// What only names a password: its own field, a variable, a placeholder, a keyword, the next word of a sentence.
const NAMES: [&str; 6] = [
    concat!(
        "^(?i:(?:(?:my|your|the|some|an?|new|old|this|current|super|long|random|plain|text|plaintext|clear|real|actual|enter|type",
        "|put|insert|in|on|for|to|of|x|strong|user(?:name)?|api|auth|access)[_. -]?){0,4}(?:(?:db|database|mysql",
        "|postgres(?:ql)?|mongo|redis|rabbitmq|login|account|ssh|sudo|ldap|bind|registry|docker(?:hub)?|github|gitlab|service|server",
        "|client|app|key|store|keystore|trust|truststore|jwt|proxy|smtp|mail|email|wifi|network|vpn|encryption|master|shared",
        "|private|system|test)[_. -]?)?(?:pass(?:word|wd|phrase|code)?|pwd|psw|secret|token|credentials?|api.?key)",
        "(?:[_. -]?(?:here|value|string|text|field|goes|of|for|to|in|the|user|app|env|var|variable|file|path|name|hash|prompt",
        "|manager|reset|key|is|and|confirm|confirmation)){0,4})$",
    ),
    // Of a variable, a property or a member: nobody types a password in capitals with dashes below.
    r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?(?:PASS(?:WORD|WD)?|PWD|PSW|SECRET|TOKEN|CREDENTIALS?|KEY)[0-9]?(?:_[A-Z0-9]+)*$",
    r"^[a-z]+(?:[A-Z][a-z]+)*(?:Pass(?:word|wd|phrase)?|Pwd|Secret|Token|Credentials?|Key)(?:[A-Z][a-z]+)*$",
    r"^(?i:[a-z_-]+(?:\.[a-z_-]+)*\.[a-z_-]*(?:pass|pwd|psw|secret|token|credential|key)[a-z_-]*|.*\s.*(?:pass|pwd|secret|token).*|.*(?:pass|pwd|secret|token)[a-z]*\s.*)$",
    concat!(
        "^(?i:[a-z_. -]{0,30}(?:change.?me|change.?it|replace|example|placeholder|redacted|dummy|sample)[a-z_. -]{0,24}[0-9!]{0,4}",
        "|(?:my|your|the|some)[_ .-]?[a-z_ .-]{0,24}[0-9]{0,3}|user(?:name)?[0-9]{0,3}|(?:foo|bar|baz|qux){1,3}[0-9]{0,3}",
        "|[a-z_]{0,12}key[0-9]{0,3}|value|null|none|nil|undefined|true|false|string|optional|required|prompt|stdin|auth|login|default",
        "|anonymous|fixme|todo|with|from|that|this|and|for|here|your.{0,40})$",
    ),
    concat!(
        r"^(?:%.{0,80}|[xX*.#_?-]{1,60}|\+.{0,80}\+|[0-9]{1,5}|.*(?:\$[A-Z_]{2,}|\.\.\.).*",
        r"|(?i:[a-z_]{1,40}(?:\.|->|::)[a-z_.]{0,40}(?:pass|pwd|secret|token|key|cred)[a-z_]{0,30}(?:[(\[].{0,60})?))$",
    ),
];

/// What programs bring along, what everybody takes, and words with the one for a password among them.
const DEFAULTS: &str = concat!(
    "^(?i:[a-z_. -]{0,30}(?:pass|pwd|psw|secret|token|credential|api.?key)[a-z_. -]{0,24}[0-9!]{0,4}|[a-z_]{0,12}pw[0-9]{0,3}",
    "|test(?:ing|er|user)?[0-9]{0,4}|abc(?:d|de|def)?[0-9]{0,3}|1?2?3?4?5?6?7?8?9?0?|postgres|root|toor|admin(?:istrator)?[0-9]{0,4}",
    "|guest|mysql|mariadb|mongo|mongodb|redis|rabbitmq|oracle|tiger|system|letmein|welcome[0-9]{0,4}|qwerty[0-9]{0,4}|hunter2",
    "|vagrant|raspberry|calvin)$",
);

/// What a value is that stands where somebody types a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// A password like any other.
    Password,
    /// One that everybody takes: worth a hint where it is live.
    Default,
    /// No password: it only names one.
    Name,
}

impl Typed {
    /// Of a value.
    pub(super) fn of(value: &[u8]) -> Typed {
        static READY: OnceLock<(Vec<Regex>, Regex)> = OnceLock::new();
        let ready = |text: &str| compile(text).expect("the tests compile them");
        let (names, defaults) =
            READY.get_or_init(|| (NAMES.iter().map(|text| ready(text)).collect(), ready(DEFAULTS)));
        if names.iter().any(|name| name.is_match(value)) {
            Typed::Name
        } else if defaults.is_match(value) {
            Typed::Default
        } else {
            Typed::Password
        }
    }
}

/// Words in which a value says that another one belongs there: `CHANGE-ME-DB-PASSWORD`, `STRONGPASSWORD`, `ghp_YourTokenHere`.
const ASKS: [&str; 5] = [
    // Inside of a longer word; `changeme` alone is what many a program runs with.
    r"^(?i:(?:[a-z_. -]*[_. -])?change[_. -]?(?:me|this|it)(?:[_. -][a-z_. !-]{2,}|[a-z]{2}[a-z_. !-]*)|[a-z_. -]+[_. -]change[_. -]?(?:me|this|it)[_. !-]*)[0-9!]{0,4}$",
    r"^(?:CHANGE[_-]?ME|[A-Za-z_-]{0,40}Change(?:Me|This)[A-Z][A-Za-z_-]{0,40}|(?:VERY|SUPER)?[_-]?(?:STRONG|SECURE|RANDOM|UNIQUE)[_-]?(?:DB|ROOT|ADMIN|USER)?[_-]?(?:PASS|PASSWORD|SECRET|TOKEN|KEY))[!.]?$",
    r"^(?:(?:[A-Z]{2,20}_){1,4}(?:PASS|PASSWORD|SECRET|TOKEN|KEY)|(?:PASS|PASSWORD|SECRET|TOKEN)(?:_[A-Z]{2,20}){1,4})$",
    r"^(?:[a-z]{2,12}[_-]){1,3}(?:Your|YOUR|your[_A-Z-])[A-Za-z_-]{2,60}$",
    r"^(?i:(?:your|some)[_. -](?:[a-z]{2,12}[_. -]){0,4}(?:pass(?:word|wd|phrase)?|pwd|secret|token|key)(?:[_. -]here)?[!.]?)$",
];

/// Whether a value asks for the one that belongs in its place.
pub(super) fn asks_for_one(value: &[u8]) -> bool {
    static READY: OnceLock<Vec<Regex>> = OnceLock::new();
    let ready = READY
        .get_or_init(|| ASKS.iter().map(|text| compile(text).expect("the tests compile them")).collect());
    value.len() <= ASKS_BYTES_MAX && ready.iter().any(|asks| asks.is_match(value))
}

/// Whether it is but the word for one.
pub(super) fn is_field(value: &[u8]) -> bool {
    ["password", "passwd", "pass", "pwd", "secret", "mypassword", "yourpassword"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a password is one that somebody tries first: common, a word, a short number, or its user's name again.
pub(super) fn is_weak(value: &[u8], user: Option<&str>) -> bool {
    let wordy = value.len() <= WORDY_BYTES_MAX || !language::is_random(value);
    let bare = value.strip_suffix(b"!").or_else(|| value.strip_suffix(b"?")).unwrap_or(value);
    let word = bare.iter().all(|&b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.'));
    let number = value.len() <= NUMBER_BYTES_MAX && value.iter().all(u8::is_ascii_digit);
    wordy && generic::is_typed(value)
        || word && (value.len() < SHORT_BYTES || !language::is_random(value))
        || number
        || user.is_some_and(|user| user.as_bytes().eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_defaults_and_passwords_are_told_apart() {
        for (value, typed) in [
            ("password", Typed::Name),
            ("db_password", Typed::Name),
            ("plaintextpassword", Typed::Name),
            ("MAIL_ROOT_PASS", Typed::Name),
            ("rootPassword", Typed::Name),
            ("config.password", Typed::Name),
            ("changeme", Typed::Name),
            ("xxx", Typed::Name),
            ("3306", Typed::Name),
            ("root", Typed::Default),
            ("guest", Typed::Default),
            ("123456", Typed::Default),
            ("password123", Typed::Default),
            ("mail_secure_pass", Typed::Default),
            ("kafka-connect-secret", Typed::Default),
            ("adminpw", Typed::Default),
            ("playground", Typed::Password),
            ("Tr0ub4dor&3x", Typed::Password),
        ] {
            assert_eq!(Typed::of(value.as_bytes()), typed, "{value}");
        }
    }

    #[test]
    fn what_asks_for_a_password_is_none() {
        for value in [
            "CHANGE-ME-DB-PASSWORD",
            "changeme-please-update",
            "ChangeMeInProduction!",
            "please-change-me",
            "CHANGE_ME",
            "STRONGPASSWORD",
            "ghp_YourPATHere",
            "your-secure-password",
        ] {
            assert!(asks_for_one(value.as_bytes()), "{value}");
        }
        for value in [
            "changeme",
            "changeme123",
            "exchangemeadow",
            "changeit",
            "strongpassword",
            "svc_meadow",
            "K4rChangeMe7q2",
        ] {
            assert!(!asks_for_one(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_weak_password_is_weak_wherever_it_stands() {
        for value in
            ["playground", "guest", "123456", "admin-secret", "P@ssw0rd", "Welcome1", "tulip_moon", "joomla"]
        {
            assert!(is_weak(value.as_bytes(), None), "{value}");
        }
        for value in ["Tr0ub4dor&3x", "257retfg2uysg218", "kqzvwjxtbfghyplm", "Kestrel42"] {
            assert!(!is_weak(value.as_bytes(), None), "{value}");
        }
        assert!(is_weak(b"crm7x", Some("CRM7x")));
    }
}
