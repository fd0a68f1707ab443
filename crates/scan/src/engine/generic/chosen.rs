//! Secrets that somebody chose: words, phrases, and what looks like a name in code. Chance says nothing about them; their
//! name does, and the place where they stand.

use tenure_model::{Confidence, Severity};

use super::name::{Words, words};
use super::score::{Opinion, SURELY_RANDOM_BITS};
use super::shape::{Assignment, Stand};
use crate::engine::{Needs, value};

/// Shortest and longest secret that somebody typed, bytes.
const CHOSEN_BYTES_MIN: usize = 6;
const CHOSEN_BYTES_MAX: usize = 64;
/// Shortest passphrase of several words, and of one under the name of a secret, bytes.
const PHRASE_BYTES_MIN: usize = 10;
const SECRET_PHRASE_BYTES_MIN: usize = 16;
/// Shortest password of two or three words with signs between them, bytes.
const JOINED_BYTES_MIN: usize = 9;
/// Most words of a passphrase.
const PHRASE_WORDS_MAX: usize = 10;

/// Bits from which a short value is no word of any language that code is written in: of a thousand words and names in
/// quotes, ten reach them, and nineteen of twenty values of eight characters drawn at random.
pub(super) const UNWRITTEN_BITS: f64 = 6.0;
/// Shortest such value that somebody's secret is, bytes.
const UNWRITTEN_BYTES_MIN: usize = 8;
/// Shortest word that is a secret because its name says what it serves, bytes.
const SERVING_BYTES_MIN: usize = 8;
/// What a secret serves that is kept as text; `tls_secret: wildcard` names one that is kept elsewhere.
static SERVING: Words = Words::of(
    "jwt session cookie cookies token client app auth signing hmac webhook crypt encryption access refresh api shared hash",
);

/// Where a value that looks like a name in code is a password all the same: four words and more, or letters of both
/// cases with digits around a dot; two or three words only where settings stand one a line.
pub(super) fn chosen_with_signs(text: &[u8]) -> Option<Needs> {
    const ELSEWHERE: [&str; 22] = [
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "token",
        "credential",
        "config",
        "settings",
        "var",
        "local",
        "module",
        "data",
        "values",
        "result",
        "env",
        "key",
        "vault",
        "db",
        "user",
        "auth",
        "name",
    ];
    let plain = text.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    let parts: Vec<&str> = lower.split(['-', '_', '.']).collect();
    if !plain || parts.len() < 2 || parts.iter().any(|part| ELSEWHERE.iter().any(|word| part.contains(word)))
    {
        return None;
    }
    let has = |is: fn(&u8) -> bool| text.iter().any(is);
    let words = |part: &&str| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase());
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    let dotted = text.contains(&b'.') && parts.len() == 2 && mixed && text.len() >= 8;
    if !text.contains(&b'.') && parts.len() >= 4 && parts.iter().all(words) || dotted {
        return Some(Needs::Settings);
    }
    let told = parts.len() <= 3 && !parts.iter().any(|part| REFERS.holds(part));
    let needs = if told { Needs::Settings } else { Needs::Directives };
    (text.len() >= JOINED_BYTES_MIN && parts.iter().all(words)).then_some(needs)
}

/// Whether words that are joined are a password all the same: under a variable of the environment in capitals,
/// `MYSQL_ROOT_PASSWORD=shop_dev_pass`, where names of other things seldom stand.
pub(super) fn typed_in_env(name: &[u8], text: &[u8], found: Assignment) -> bool {
    /// What is told apart from the password by such a name: where it is kept, or what it is of.
    const KEPT: [&[u8]; 17] = [
        b"name", b"file", b"path", b"key", b"ref", b"id", b"env", b"var", b"vault", b"arn", b"example",
        b"change", b"replace", b"insert", b"enter", b"some", b"your",
    ];
    let variable = name.contains(&b'_')
        && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && words(name)
            .last()
            .is_some_and(|last| matches!(last.as_str(), "password" | "passwd" | "pass" | "pwd"))
        || is_client_secret(name) && text.iter().filter(|b| matches!(b, b'_' | b'-')).count() >= 2;
    let joined =
        text.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    let mut parts = text.split(|b| matches!(b, b'_' | b'-'));
    let spells = |name: &[u8]| -> Vec<u8> {
        name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (own, value) = (spells(name), spells(text));
    // `robotpassword`, a word before the telling one.
    let front = [&b"password"[..], b"passwd", b"pass"].iter().find_map(|end| text.strip_suffix(*end));
    let joins = |text: &[u8]| text.iter().any(|b| matches!(b, b'_' | b'-'));
    let compound = front.is_some_and(|front| {
        front.len() >= 4
            && front.iter().all(u8::is_ascii_lowercase)
            && !KEPT.iter().any(|kept| front.starts_with(kept))
    });
    variable
        && found.stand == Stand::Assigned
        && joined
        && text.len() >= JOINED_BYTES_MIN
        && (joins(text) || compound)
        && !parts.clone().any(|part| part.is_empty() || KEPT.contains(&part))
        && parts.all(|part| part.len() >= 2)
        && !own.ends_with(&value)
        && !value.ends_with(&own)
}

/// `GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET`: what a program shows to who signs people in.
pub(super) fn is_client_secret(name: &[u8]) -> bool {
    name.ends_with(b"_CLIENT_SECRET")
}

/// Words of names in code and configuration: with one of them, words that are joined name something; without, a password
/// of two or three words is one in nested settings, too.
static REFERS: Words = Words::of(
    "\
    mysql mariadb postgres postgresql redis mongo mongodb rabbit rabbitmq wordpress app api admin root prod production dev
    development staging stage test tests testing default change some your the and cluster service server client database
    kube kubernetes helm docker aws azure gcp github gitlab jenkins registry smtp mail email ldap grafana keycloak minio
    kafka elastic elasticsearch backup deploy login account access internal external file path value string field input
    type label hint title text message error page form screen button required invalid reset forgot forgotten new old
    confirm confirmation repeat show hide enter format plain basic none null write read only str ref from get set random
    generated generate uuid hash bcrypt argon sha this self that params options request response body header query session
    state props context process global module package class method function return async await model schema table column
    row index list map item node root parent child info debug warn log trace level mode strategy provider manager handler
    factory builder helper util utils common core base main public private static final const let var import export
    authentication authorization auth oauth bearer digest kerberos radius jdbc odbc http https ssl tls ssh ftp sftp
    shared store storage keystore truststore encrypted encryption decrypt encrypt cipher salt pepper nonce validation
    validator policy rule rules strength minimum maximum length expired expiry current previous next first last
    placeholder dummy sample example demo foo bar baz user users username name names host port url uri env environment
    not set empty missing unknown custom managed system local remote primary secondary master slave replica tls sa pull wildcard",
);

/// Shortest word of somebody's own before the one for a password, bytes.
const OWN_BYTES_MIN: usize = 6;

/// `pass: acmestackpass`, `ro_pass: acmestackropass`: a word of somebody's own, and the name once more behind it.
pub(super) fn is_compound(name: &[u8], text: &[u8]) -> bool {
    const HINTS: [&[u8]; 10] =
        [b"my", b"your", b"the", b"some", b"new", b"old", b"user", b"enter", b"get", b"set"];
    let own: Vec<u8> =
        name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let ends = words(name).last().is_some_and(|last| last == "pass");
    text.strip_suffix(own.as_slice()).filter(|_| ends).is_some_and(|front| {
        front.len() >= OWN_BYTES_MIN
            && front.iter().all(u8::is_ascii_lowercase)
            && !HINTS.iter().any(|hint| front.starts_with(hint) || front.ends_with(hint))
            && !REFERS.holds(&String::from_utf8_lossy(front))
    })
}

/// A password with signs that join the words of names, too.
pub(super) fn signed(needs: Needs, found: Assignment) -> Option<Opinion> {
    let because = "words or letters of both cases with signs between them".to_owned();
    matches!(found.stand, Stand::Assigned | Stand::Beside | Stand::Pair | Stand::Alone).then_some((
        Severity::Low,
        Confidence::Low,
        needs,
        because,
    ))
}

/// Where a password of three kinds of characters counts.
pub(super) fn where_mixed(name: &[u8], text: &[u8], mixed: bool, found: Assignment) -> Needs {
    let digit = text.iter().any(u8::is_ascii_digit);
    // Signs of the keyboard and figures among letters: nobody writes so but in a password, wherever it stands.
    let sign = text.iter().any(|b| b.is_ascii_punctuation() && !b"_-.,:;/()[]{}<>=\\'\"".contains(b));
    let meant = digit && sign && text.len() >= 8 && found.stand != Stand::Passed;
    // Letters of both cases and figures, under the name of a password: an example of one, where examples stand.
    let cases = text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let option = found.stand == Stand::Passed && name.starts_with(b"-");
    let shown = mixed && cases && (found.stand == Stand::Assigned || option) && name != b"PASS";
    match (meant, shown) {
        (true, _) => Needs::Nothing,
        (false, true) => Needs::NoTexts,
        (false, false) => Needs::LivePath,
    }
}

/// A password of so few letters counts only where nothing else can be meant, bytes.
pub(super) const TINY_BYTES: usize = 3;

/// `MYSQL_PASSWORD=dev`, `'PASSWORD': '739'`: three letters or figures under a whole name in capitals.
pub(super) fn tiny(name: &[u8], text: &[u8], found: Assignment) -> Option<Opinion> {
    const OTHERS: [&[u8]; 12] =
        [b"env", b"var", b"set", b"int", b"raw", b"all", b"new", b"old", b"tbd", b"foo", b"bar", b"str"];
    let capitals = |b: &u8| b.is_ascii_uppercase() || *b == b'_';
    let fits = name.ends_with(b"PASSWORD")
        && name.iter().all(capitals)
        && (name.contains(&b'_') || found.quoted)
        && found.stand == Stand::Assigned
        && text.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && !OTHERS.contains(&text);
    let needs = if found.quoted { Needs::Settings } else { Needs::Directives };
    fits.then(|| (Severity::Low, Confidence::Low, needs, "three letters or figures".to_owned()))
}

/// A password of several words: only where no text for people would stand.
pub(super) fn passphrase(name: &[u8], text: &[u8], found: Assignment) -> Option<Opinion> {
    let words = text.split(|&b| b == b' ').filter(|word| !word.is_empty()).count();
    let flags = text.split(|&b| b == b' ').any(|word| word.starts_with(b"-") && word.len() > 1);
    let fits = found.quoted
        && !flags
        && (found.stand == Stand::Assigned || found.stand == Stand::Alone && name.len() > b"pass".len())
        && text.len() >= PHRASE_BYTES_MIN
        && (2..=PHRASE_WORDS_MAX).contains(&words)
        && text.is_ascii()
        && !is_sentence(text);
    let because = format!("a phrase of {words} words");
    // A name that asks for a phrase hardly ever has a message behind it.
    let asks = super::name::words(name).last().is_some_and(|last| last == "passphrase");
    let needs = if asks { Needs::Settings } else { Needs::Directives };
    fits.then_some((Severity::Low, Confidence::Low, needs, because))
}

/// Under which Django, Flask and their relatives keep what they sign with.
fn is_framework_key(name: &[u8]) -> bool {
    name == b"SECRET_KEY"
}

/// How long the keys of AES are, bytes.
const CIPHER_BYTES: [usize; 3] = [16, 24, 32];

/// Whether the name, as a whole, is that of a key to encrypt or sign with: `SECRET_KEY`, `DEFAULT_AES_KEY`, `authkey`.
pub(super) fn is_cipher_key(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 9] = [
        b"secretkey",
        b"jwtsecret",
        b"aeskey",
        b"encryptionkey",
        b"encryptkey",
        b"authkey",
        b"jwtkey",
        b"signingkey",
        b"secretaccesskey",
    ];
    let plain: Vec<u8> =
        name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let end = ENDS.iter().filter(|end| plain.ends_with(end)).map(|end| end.len()).max();
    end.is_some_and(|end| plain.len() - end <= b"default".len())
}

const YEAR_BYTES: usize = 4;

/// `SESSION_SECRET=Rainbow_2012_Server`, `secret = Harbour.Lisboa.99`: letters of both cases and figures with signs between them,
/// as names of things that are kept elsewhere are hardly ever written.
pub(super) fn is_signed_secret(name: &[u8], text: &[u8]) -> bool {
    let sign = |b: &u8| matches!(b, b'-' | b'_' | b'.');
    let words = || text.split(|b| sign(b)).filter(|word| !word.is_empty());
    let has = |is: fn(&u8) -> bool| text.iter().any(is);
    (SERVING_BYTES_MIN..=CHOSEN_BYTES_MAX).contains(&text.len())
        && text.iter().all(|b| b.is_ascii_alphanumeric() || sign(b))
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && text.iter().any(sign)
        && words().count() <= 4
        // A year among the words is somebody's own.
        && (words().any(|word| word.len() == YEAR_BYTES && word.iter().all(u8::is_ascii_digit))
            || !words().any(|word| REFERS.holds(&String::from_utf8_lossy(word).to_ascii_lowercase())))
        && super::name::words(name).last().is_some_and(|last| last == "secret" || last == "credentials")
}

/// Whether [`chosen_secret`] may take a value at all: what joins the words of a name makes it the name of a secret that is
/// kept elsewhere.
pub(super) fn may_be_typed(name: &[u8], text: &[u8], found: Assignment) -> bool {
    let joins = |b: &u8| matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'(' | b'{' | b'<' | b'$' | b'\\');
    // `SECRET_KEY = "meadow-1982"`
    let framework = found.quoted && is_framework_key(name) && text.iter().any(u8::is_ascii_digit);
    let joins = |b: &u8| joins(b) && !(framework && matches!(b, b'-' | b'_'));
    (CHOSEN_BYTES_MIN..=CHOSEN_BYTES_MAX).contains(&text.len())
        && matches!(found.stand, Stand::Assigned | Stand::Alone | Stand::Pair)
        && (!text.iter().any(joins) || text.contains(&b' '))
}

/// A secret that somebody typed: the name says what it is, and nothing in the value that it stands elsewhere.
pub(super) fn chosen_secret(name: &[u8], text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    let is_secret =
        last == "secret" || last == "secretkey" || words.ends_with(&["secret".to_owned(), "key".to_owned()]);
    if !may_be_typed(name, text, found) {
        return None;
    }
    let opinion = |needs, because: &str| Some((Severity::Low, Confidence::Low, needs, because.to_owned()));
    if text.contains(&b' ') {
        let fits = is_secret && found.quoted && text.len() >= SECRET_PHRASE_BYTES_MIN;
        return fits.then(|| opinion(Needs::Settings, "a phrase under the name of a secret")).flatten();
    }
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    let mixed = letters
        && text
            .iter()
            .any(|b| b.is_ascii_digit() || matches!(b, b'!' | b'@' | b'#' | b'%' | b'&' | b'*' | b'+'));
    if !letters || is_sentence(text) {
        return None;
    }
    let literal = found.quoted && found.stand == Stand::Assigned && text.len() >= UNWRITTEN_BYTES_MIN;
    if literal && bits >= UNWRITTEN_BITS && (is_secret || last == "token" && mixed) {
        return opinion(Needs::LivePath, "the value is no word");
    }
    // A key is more often a word than a secret is.
    if literal && bits >= 2.0 * UNWRITTEN_BITS && words.len() > 1 && last.ends_with("key") {
        return opinion(Needs::LivePath, "the value is no word");
    }
    let made = mixed && found.quoted && found.stand == Stand::Assigned && is_cipher_key(name);
    if made && (CIPHER_BYTES.contains(&text.len()) || is_secret && text.len() >= UNWRITTEN_BYTES_MIN) {
        return opinion(Needs::LivePath, "words and figures under the name of a key to encrypt or sign with");
    }
    if mixed && is_cipher_key(name) && text.len() >= UNWRITTEN_BYTES_MIN {
        return opinion(Needs::Settings, "words and figures under the name of a key");
    }
    if mixed && (is_secret || last == "token" && text.len() >= 8) {
        return opinion(Needs::Settings, "the value mixes letters and other characters");
    }
    let serves = words.len() > 1 && last == "secret" && text.len() >= SERVING_BYTES_MIN;
    let serves = serves && SERVING.holds(&words[words.len() - 2]);
    // The key of a web framework, by its usual name.
    let serves = serves || is_framework_key(name) && found.quoted && found.stand == Stand::Assigned;
    let needs = if serves { Needs::Settings } else { Needs::Directives };
    is_secret.then(|| opinion(needs, "a word under the name of a secret")).flatten()
}

/// `String?`, `Uint8Array`, `a.isOpen=b`: what stands behind a name in a list of parameters, or code.
pub(super) fn is_type(text: &[u8]) -> bool {
    let bare = text.strip_suffix(b"?").or(text.strip_suffix(b"!")).unwrap_or(text);
    // Figures in a type stand before a capital: `Uint8Array`.
    let figures = bare.windows(2).any(|two| two[0].is_ascii_digit() && two[1].is_ascii_lowercase());
    let named = bare.first().is_some_and(u8::is_ascii_uppercase)
        && !figures
        && bare.last().is_some_and(u8::is_ascii_alphabetic)
        && bare.iter().all(u8::is_ascii_alphanumeric);
    let equals = memchr::memchr(b'=', text.trim_ascii_end()).is_some_and(|at| at + 1 < text.len());
    named || equals || text.windows(2).any(|two| two == b"!.")
}

/// Shortest key under nothing but the name of its service, bytes.
const SERVICE_KEY_BYTES_MIN: usize = 20;

/// A key under the name of a service: drawn, and no id or checksum of something that the service keeps.
pub(super) fn of_service(text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    const IDS: [&[u8]; 10] =
        [b"price_", b"prod_", b"plan_", b"acct_", b"cus_", b"pk_", b"AC", b"d-", b"app", b"http"];
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let checksum = matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit);
    let fits = text.len() >= SERVICE_KEY_BYTES_MIN
        && bits >= SURELY_RANDOM_BITS
        && matches!(found.stand, Stand::Assigned | Stand::Beside | Stand::Pair)
        && text.iter().all(plain)
        && text.iter().any(u8::is_ascii_digit)
        && !checksum
        && !value::is_uuid(text)
        && !IDS.iter().any(|id| text.starts_with(id));
    let because = "drawn at random, under the name of a service".to_owned();
    fits.then_some((Severity::Medium, Confidence::Low, Needs::LivePath, because))
}

/// Whether the line is commented out as far as `before` it shows.
pub(super) fn is_comment(before: &[u8]) -> bool {
    let before = before.trim_ascii_start();
    [&b"#"[..], b";", b"//", b"--", b"*", b"<!--", b"%"].iter().any(|sign| before.starts_with(sign))
        && !before.starts_with(b"#define")
}

/// Words that a message has and a passphrase hardly ever.
fn is_sentence(text: &[u8]) -> bool {
    const MESSAGE: [&str; 34] = [
        "your",
        "the",
        "is",
        "are",
        "must",
        "enter",
        "please",
        "not",
        "for",
        "to",
        "of",
        "and",
        "or",
        "in",
        "with",
        "invalid",
        "required",
        "password",
        "passwords",
        "passphrase",
        "secret",
        "token",
        "key",
        "new",
        "old",
        "current",
        "confirm",
        "forgot",
        "wrong",
        "expired",
        "change",
        "reset",
        "type",
        "you",
    ];
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| MESSAGE.contains(&word))
}
