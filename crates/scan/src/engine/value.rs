//! What a value looks like: random, a word, a placeholder, a reference.

use base64::Engine as _;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// Why a value cannot be a live secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// A key that a vendor's documentation prints.
    Documentation,
    /// `${X}`, `{{ x }}`, `<your key>`, `%(x)s`, `$VAR`.
    Template,
    /// `xxxx`, `****`, `0000`: one or two bytes over and over.
    Filler,
    /// `changeme`, `your-api-key`, `dummy`.
    Dummy,
    /// A key that its vendor gives to every browser: `pk_live_…`.
    Publishable,
}

/// Shortest value in which the opening of a template may stand by chance, bytes.
const CHANCE_BYTES_MIN: usize = 32;

/// Words that say "put your own here" or "not a real one".
const DUMMY_WORDS: &[&str] = &[
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "placeholder",
    "password_here",
    "password-here",
    "passwordhere",
    "token_here",
    "token-here",
    "key_here",
    "key-here",
    "goeshere",
    "goes_here",
    "goes-here",
    "valuehere",
    "secret_here",
    "secret-here",
    "replace",
    "dummy",
    "insert",
    "redacted",
    "masked*",
    "yourpassword",
    "your_",
    "your-",
    "yoursecret",
    "yourtoken",
    "yourapi",
    "foobar",
    "notreal",
    "not-real",
    "not_real",
    "fakekey",
    "fake_",
    "fake-",
    "sample",
    "todo",
    "fixme",
    "invalid",
    "somesecret",
    "some-secret",
    "mysecret",
    "my-secret",
    "my_secret",
    "my-token",
    "my_token",
    "mytoken",
    "lorem",
    "asdfasdf",
    "asdfgh",
    "asdfjkl",
    "asdf1",
    "qwerty",
    "xxxxx",
    "1234567890",
    "0123456789",
    "abcdefgh",
    "deadbeef",
    "testtest",
    "secretsecret",
    "topsecret",
    "hunter2",
    "opensesame",
    // As English writes `changeme`, other languages do.
    "changez",
    "changer-moi",
    "changermoi",
    "cambiar",
    "cambiame",
    "cámbiame",
    "cambiami",
    "ändern",
    "aendern",
    "aendermich",
    "zmien",
    "zmień",
    "altere",
    "alterar",
    "mudar-",
    "verander",
    "sua-senha",
    "sua_senha",
    "suasenha",
    "tu-clave",
    "tu_clave",
    "votre-",
    "votre_",
    "votremotdepasse",
    "dein-",
    "dein_",
    "deinpasswort",
    "ihr-passwort",
    "jouw-",
    "twoje",
    "ваш",
];

/// The word for a password, which stands for one as a whole value.
const FIELD_WORDS: &[&str] = &[
    "senha",
    "contraseña",
    "contrasena",
    "clave",
    "wachtwoord",
    "parola",
    "hasło",
    "haslo",
    "пароль",
    "passwort",
    "kennwort",
    "motdepasse",
    "mot_de_passe",
    "mot-de-passe",
    "adgangskode",
    "passord",
    "lösenord",
    "losenord",
    "salasana",
    "jelszó",
    "jelszo",
    "heslo",
    "şifre",
    "sifre",
    "geslo",
    "lozinka",
];

/// Labels of keys that are made to be seen: of Stripe and Clerk, of Supabase, and of Razorpay.
const PUBLISHABLE: [&[u8]; 5] = [b"pk_live_", b"pk_test_", b"sb_publishable_", b"rzp_live_", b"rzp_test_"];

/// How the token begins with which every browser asks X.
const BROWSERS: &[u8] = b"AAAAAAAAAAAAAAAAAAAAANRILgAAAAAAnNwIzUej";

/// What a vendor prints for everybody: keys of the emulators of Azure Storage and of Cosmos DB, ends of the tokens with which
/// jwt.io begins, keys of MinIO's playground and of AWS' pages, and what Grafana, RabbitMQ, bitcoind,
/// FastAPI, APISIX and reCAPTCHA show in place of a key.
const PUBLISHED: [&[u8]; 15] = [
    b"6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    b"edd1c9f034335f136f87ad84b625c8f1",
    b"4054f7cf07e344346cd3f287985e76a2",
    b"zuf+tfteSlswRu7BJ86wekitnifILbZam1KYY3TG",
    b"uV3F3YluFJax1cknvbcGwgjvx4QpvB+leU8dUj2o",
    b"OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV",
    b"SW2YcwTIb9zpOOhoPsMm",
    b"t0p$3kRe7",
    b"DONT_USE_THIS_YOU_WILL_GET_ROBBED_8ak1gI25KFTvjovL3gAM967mies3E=",
    b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    b"C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==",
    b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    b"TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
    b"mesbY4PAahERJawntho0my942XheVLmGwLMBkQ",
];

/// Whose the token is with which jwt.io begins, as it stands in one that is signed with another key.
const JWT_IO: &[u8] = b"eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI";

/// What standards print as credentials (RFC 5849, 6238, 6749, 6750, 7515, 7520, 7617, 9562, OpenID Connect), what X
/// and MongoDB print in their manuals, and hashes of nothing.
const STANDARD: [&[u8]; 34] = [
    b"xvz1evFS4wEEPTGEFPHBog",
    b"kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    b"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    b"LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    b"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    b"cChZNFj6T5R0TigYB9yd1w",
    b"L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg",
    b"507f1f77bcf86cd799439011",
    b"507f191e810c19729de860ea",
    b"550e8400-e29b-41d4-a716-446655440000",
    b"QWxhZGRpbjpvcGVuIHNlc2FtZQ",
    b"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    b"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    b"2YotnFZFEjr1zCsicMWpAA",
    b"tGzv3JOkF0XG5Qx2TlKWIA",
    b"czZCaGRSa3F0MzpnWDFmQmF0M2JW",
    b"gX1fBat3bV",
    b"7Fjfp0ZBr1KtDRbnfVdmIw",
    b"mF_9.B5f-4.1JqM",
    b"SlAV32hkKG",
    b"8xLOxBtZp8",
    b"dpf43f3p2l4k3l03",
    b"kd94hf93k423kf44",
    b"hh5s93j4hdidpola",
    b"hdhd0244k9j7ao03",
    b"nnch734d00sl2jdk",
    b"pfkkdhi9sl3r4s00",
    b"kkk9d7dh3k39sjv7",
    b"9djdj82h48djs9d2",
    b"JBSWY3DPEHPK3PXP",
    b"GEZDGNBVGY3TQOJQ",
    b"d41d8cd98f00b204e9800998ecf8427e",
    b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
    b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// Shannon entropy of the value's bytes, bits a byte, 0.0 to 8.0.
pub fn entropy(value: &[u8]) -> f64 {
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &byte in value {
        counts[usize::from(byte)] += 1;
    }
    #[allow(clippy::cast_precision_loss)]
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Finds every dummy word in one pass over a value.
fn dummies() -> &'static AhoCorasick {
    static DUMMIES: OnceLock<AhoCorasick> = OnceLock::new();
    DUMMIES.get_or_init(|| AhoCorasick::new(DUMMY_WORDS).expect("a few words make a small automaton"))
}

/// Recognises placeholders, templates and documentation keys.
pub fn placeholder(value: &[u8]) -> Option<Placeholder> {
    if is_template(value) {
        return Some(Placeholder::Template);
    }
    if is_filler(value) {
        return Some(Placeholder::Filler);
    }
    if is_of_every_browser(value)
        || is_anonymous(value)
        || PUBLISHABLE.iter().any(|label| value.starts_with(label))
    {
        return Some(Placeholder::Publishable);
    }
    let lower = value.to_ascii_lowercase();
    // Somebody took the value away.
    if [&b"redacted"[..], b"masked", b"removed", b"censored"].contains(&lower.as_slice()) {
        return Some(Placeholder::Filler);
    }
    if memchr::memmem::find(&lower, b"example").is_some()
        || memchr::memmem::find(value, JWT_IO).is_some()
        || PUBLISHED.iter().any(|known| value.ends_with(known))
        || STANDARD.iter().any(|known| {
            value.starts_with(known) && !value.get(known.len()).is_some_and(u8::is_ascii_alphanumeric)
        })
    {
        return Some(Placeholder::Documentation);
    }
    if FIELD_WORDS.iter().any(|word| word.as_bytes() == lower) {
        return Some(Placeholder::Dummy);
    }
    // `YourEncodedLogin==`: words in humps.
    if let Some(words) =
        lower.strip_prefix(b"your").filter(|_| value.get(4).is_some_and(u8::is_ascii_uppercase))
        && words.iter().all(|&b| b.is_ascii_alphabetic() || b == b'=')
    {
        return Some(Placeholder::Dummy);
    }
    // A word inside a long random value is chance; in a short or wordy one it is meant.
    dummies()
        .find_overlapping_iter(&lower)
        .any(|found| found.len() >= 5 || value.len() < 24)
        .then_some(Placeholder::Dummy)
}

/// Whether it is the token that Supabase gives to every browser: by its issuer and its role.
pub(super) fn is_anonymous(value: &[u8]) -> bool {
    if !value.starts_with(b"eyJ") {
        return false;
    }
    let claims = value.split(|b| *b == b'.').nth(1).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let holds = |text: &[u8]| memchr::memmem::find(&claims, text).is_some();
    holds(b"\"role\":\"anon\"") && holds(b"\"iss\":\"supabase\"")
}

/// Whether a vendor writes this very token into its own pages.
pub(super) fn is_of_every_browser(value: &[u8]) -> bool {
    value.starts_with(BROWSERS)
}

/// `${X}`, `$(x)`, `{{ x }}`, `<x>`, `%(x)s`, `%{x}`, `%X%`, `$VAR`, `#{x}`, `@x@`, `[x]`, `!showIt`.
fn is_template(value: &[u8]) -> bool {
    // In a long value drawn from all signs of the keyboard an opening is chance, unless something closes it.
    let holds = |open: &[u8], close: &[u8]| {
        memchr::memmem::find(value, open).is_some_and(|at| {
            // At the beginning, too, when the opening is of two signs that keyboards have and few templates.
            at == 0 && !matches!(open[0], b'%' | b'#')
                || value.len() < CHANCE_BYTES_MIN
                || memchr::memmem::find(&value[at..], close).is_some()
        })
    };
    let openings = [
        (&b"${"[..], &b"}"[..]),
        (b"$(", b")"),
        (b"{{", b"}}"),
        (b"#{", b"}"),
        (b"%(", b")"),
        (b"%{", b"}"),
        (b"<%", b"%>"),
    ];
    // Every opening has one of these; most values have none.
    let opens = memchr::memchr3(b'{', b'(', b'%', value).is_some();
    if opens && (openings.iter().any(|(open, close)| holds(open, close)) || holds_indexed_verb(value)) {
        return true;
    }
    match (value.first(), value.last()) {
        // What a command gives.
        (Some(b'`'), _) => true,
        // Maven and Jenkins put what they encrypted into braces.
        (Some(b'{'), Some(b'}')) => {
            let inner = &value[1..value.len() - 1];
            let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            value.len() < CHANCE_BYTES_MIN || !inner.iter().all(base64) || !super::language::is_random(inner)
        }
        (Some(b'<'), Some(b'>'))
        | (Some(b'['), Some(b']'))
        | (Some(b'%'), Some(b'%'))
        | (Some(b'@'), Some(b'@')) => true,
        (Some(b'$'), _) => {
            // `$user[0]:$user[1]`
            let indexed = memchr::memmem::find(value, b"]:$").is_some();
            let part = |b: &u8| matches!(b, b'_' | b':' | b'.') || indexed && matches!(b, b'[' | b']' | b'$');
            // `$host:$port2`
            let variable = |part: &[u8]| {
                let name = part.strip_prefix(b"$").unwrap_or_default();
                let letters = name.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
                letters > 1 && name[letters..].iter().all(u8::is_ascii_digit)
            };
            if value.contains(&b':') && value.split(|b| *b == b':').all(variable) {
                return true;
            }
            value.len() > 1
                && value[1..].iter().all(|b| b.is_ascii_alphanumeric() || part(b))
                && !value[1].is_ascii_digit()
        }
        (Some(b'!'), _) => is_negation(&value[1..]),
        _ => false,
    }
}

/// `%[3]s`: a verb of Go that says which of the values it stands for.
fn holds_indexed_verb(value: &[u8]) -> bool {
    memchr::memmem::find_iter(value, b"%[").any(|at| {
        let digits = value[at + 2..].iter().take_while(|b| b.is_ascii_digit()).count();
        (1..=2).contains(&digits) && value.get(at + 2 + digits) == Some(&b']')
    })
}

/// `!showPwd`, `!this.shown`: a program asks for the opposite of what a name holds.
fn is_negation(name: &[u8]) -> bool {
    let stem = name.iter().rposition(|b| !b.is_ascii_digit()).map_or(name, |last| &name[..=last]);
    let hump = stem.windows(2).any(|two| matches!(two[0], b'a'..=b'z' | b'.') && two[1].is_ascii_uppercase());
    stem.first().is_some_and(u8::is_ascii_lowercase)
        && (hump || stem.starts_with(b"this."))
        && stem.iter().all(|b| b.is_ascii_alphabetic() || *b == b'.')
}

/// A long run of one byte, or hardly any different bytes at all.
fn is_filler(value: &[u8]) -> bool {
    let mut longest = 0;
    let mut run = 0;
    let mut last = None;
    for &byte in value {
        run = if Some(byte) == last { run + 1 } else { 1 };
        last = Some(byte);
        longest = longest.max(run);
    }
    let mut seen = [false; 256];
    let distinct = value.iter().filter(|&&b| !std::mem::replace(&mut seen[usize::from(b)], true)).count();
    // `111111`: what many type for a password; noughts are what is left to be filled in.
    if distinct == 1 && (6..=8).contains(&value.len()) && matches!(value[0], b'1'..=b'9') {
        return false;
    }
    // `xxx`
    if distinct == 1 && value.len() >= 3 && !value[0].is_ascii_digit() {
        return true;
    }
    // Body of a PEM or a long base64 value may hold runs of `A`; short values may not.
    (longest >= 6 && longest * 4 >= value.len())
        || (value.len() >= 8 && distinct <= 3)
        || value.windows(3).any(|w| w == b"...")
        || value.windows(4).any(|w| w == b"****" || w == b"xxxx" || w == b"XXXX")
        // A rule across the page, unless it is that of a PEM block.
        || !value.starts_with(b"-----") && memchr::memmem::find(value, b"-----").is_some()
}

/// `8-4-4-4-12` hex.
pub fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A UUID of version 4: all but six of its bits are chance.
pub(super) fn is_drawn_uuid(text: &[u8]) -> bool {
    is_uuid(text) && text[14] == b'4' && matches!(text[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_apart() {
        assert_eq!(placeholder(b"${DB_PASSWORD}"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"$DB_PASSWORD"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"<your-token>"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"xxxxxxxxxxxx"), Some(Placeholder::Filler));
        assert_eq!(placeholder(b"changeme123"), Some(Placeholder::Dummy));
        assert_eq!(placeholder(b"AKIAIOSFODNN7EXAMPLE"), Some(Placeholder::Documentation));
        assert_eq!(placeholder(b"%{hiera('mq_pw')}"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"%{0C:hV*Q;Gj,9[r36?~6yR>yoZvKyj^c4zzHz-Lc>ciTA1b,+*H-T+u_+OTNnfw"), None);
        assert_eq!(placeholder(b"!showPwd2"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"!Sommer2019"), None);
        assert_eq!(placeholder(b"%[3]s"), Some(Placeholder::Template));
        assert_eq!(placeholder(b"q7%[Kd]2m"), None);
        assert_eq!(placeholder(b"RANDOMSIGNS-----kQx7"), Some(Placeholder::Filler));
        assert_eq!(placeholder(b"sb_publishable_v8Jq2LzR0tYw5Nc1"), Some(Placeholder::Publishable));
        assert_eq!(placeholder(b"xxx"), Some(Placeholder::Filler));
        assert_eq!(placeholder(b"q7Kd-CHANGEZ-MOI-r2"), Some(Placeholder::Dummy));
        assert_eq!(placeholder("Contraseña".as_bytes()), Some(Placeholder::Dummy));
        assert_eq!(placeholder(b"YourEncodedLogin=="), Some(Placeholder::Dummy));
        assert_eq!(placeholder(b"v8Jq2LzR0tYw5Nc1"), None);
    }
}
