//! Judges an assignment: what speaks for a stored secret, what speaks against it, and how much that is worth.

use tenure_model::{Confidence, Severity};

use super::chance::is_chance;
use super::chosen::{
    TINY_BYTES, UNWRITTEN_BITS, chosen_secret, chosen_with_signs, is_cipher_key, is_client_secret,
    is_comment, is_compound, is_signed_secret, is_type, may_be_typed, of_service, passphrase, signed, tiny,
    typed_in_env, where_mixed,
};
use super::code::{holds_bracket, is_of_code, is_public_material, looks_like_code};
use super::commonplace::{is_common, is_default, reads_as_a_word};
use super::decoded::{Decoded, decoded};
use super::drawn::{UUID_BYTES, drawn, drawn_from};
use super::name::{
    FOREIGN, Promise, Words, ends_key, hands_on, is_constant_key, is_deed, is_of_somebody, little, promise,
    words,
};
use super::notation::{is_address, is_notation};
use super::services::{service_above, service_named};
use super::shape::{Assignment, Stand, in_query};
use crate::engine::Needs;
use crate::engine::language::{RANDOM_BITS, random_bits};
use crate::engine::value;
use crate::rules::ServiceSpec;

/// Values that are types, states or keywords.
static KEYWORDS: Words = Words::of(
    "\
    true false null nil none undefined string str required optional yes no on off empty default text
    hidden password passwd pass secret token bearer basic number boolean integer object prompt void any self
    this file env vault stdin unset disabled enabled auto oauth oauth2 jwt apikey api_key username user
    name value key unknown custom static dynamic manual always never varchar char binary blob bytes base64
    hex plain plaintext md5 sha1 sha256 sha512 bcrypt scrypt argon2 pbkdf2 aes rsa ed25519 ecdsa hmac
    allow deny ask fail autogenerate oobesystem specialize windowspe changeme change_me missing invalid valid expired failed success ok error body header query cookie
    files compat sss winbind crypt exop clear quick scram-sha-256 scram-sha-1 peer trust login admin_password new_password
    session local remote old_password current_password confirm_password string! [string!] id! int! boolean!
    wpapsk wpa2psk wpapskwpa2psk wpa-psk wpa2-psk wpa3-sae encryption-key encryption_key encryptionkey secret-key secret_key signing-key signing_key private-key
    utf-8 utf8 utf-16 utf-16le utf-16be us-ascii ascii latin-1 latin1 iso-8859-1 windows-1252 cp1252",
);
/// Bits from which nothing else is needed.
pub(super) const SURELY_RANDOM_BITS: f64 = 28.0;
/// Shortest random value of a name that promises a secret, bytes.
pub(super) const SECRET_BYTES_MIN: usize = 10;
/// Bits from which a secret counts in tests and documents, too.
pub(super) const FAIRLY_RANDOM_BITS: f64 = 20.0;
/// Shortest salt, seed, nonce or initialisation vector, bytes.
pub(super) const INGREDIENT_BYTES_MIN: usize = 8;
/// Fingerprint of an OpenPGP key, and id of an object in a project of Xcode, hex digits.
const FINGERPRINT_BYTES: [usize; 2] = [40, 24];
/// Longest code of an error, bytes.
const CODE_BYTES_MAX: usize = 6;
/// Shortest key of a service that is named above it, bytes.
const KEY_BYTES_MIN: usize = 16;
/// Shortest random value of a vague name, bytes.
pub(super) const VAGUE_BYTES_MIN: usize = 16;
/// Shortest and longest password, bytes.
pub(super) const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 4..=128;

/// What the judge says.
pub(super) struct Verdict {
    pub(super) password: bool,
    /// It is the digest of a password.
    pub(super) hash: bool,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) needs: Needs,
    pub(super) reasons: Vec<String>,
    pub(super) service: Option<&'static ServiceSpec>,
    pub(super) drawn: bool,
}

impl Verdict {
    /// Makes it one on the digest of a password.
    pub(super) fn hashed(&mut self) {
        self.hash = true;
        self.severity = self.severity.min(Severity::Low);
        self.confidence = self.confidence.min(Confidence::Medium);
        self.reasons.push("as long as a hash, and compared or kept as one".to_owned());
    }
}

/// Judges the value `text` under `name`; `before` is what stands before the name on its line, `above` that and some lines
/// above it.
pub(super) fn judge(
    (above, before): (&[u8], &[u8]),
    name: &[u8],
    text: &[u8],
    found: Assignment,
) -> Option<Verdict> {
    if !text.iter().all(|&b| b >= 0x20 && b != 0x7f) {
        return None;
    }
    let found = in_query(before, name, found);
    // Most values are words, and most names of words are of secrets rather than passwords: the cheap questions first.
    let (uuid, bits) = drawn_from(text);
    if bits < RANDOM_BITS && !may_be_chosen(name, text, found) {
        return None;
    }
    let (promise, decoded) = promise_here(before, name, text, found)?;
    let login = decoded == Decoded::Login;
    let joined = typed_in_env(name, text, found);
    if is_address(before)
        || is_chance(before, name, text, (promise, found))
        || speaks_otherwise(name, text, (found, joined))
        || is_notation(text, found, promise == Promise::Password)
    {
        return None;
    }
    if found.stand == Stand::Pair && !found.quoted && bits < RANDOM_BITS && is_type(text) {
        return None;
    }
    let chosen = chosen_words(name, text, (found, joined), promise, bits)?;
    let service =
        if promise == Promise::Password || bits < RANDOM_BITS { None } else { service_named(before, name) };
    let nearby = if promise == Promise::Vague && service.is_none() && is_keylike(text, bits, found) {
        service_above(above)
    } else {
        None
    };
    let looks = Looks { uuid, bits, decoded, chosen, named: service.is_some(), nearby: nearby.is_some() };
    let (severity, confidence, needs, because) = opinion(promise, name, text, found, &looks)?;
    // No text for people keeps a secret under the name of one.
    let needs = if needs == Needs::Nothing { Needs::NoTexts } else { needs };
    // Brackets outside of quotes are a call, but where settings stand.
    let bracketed = !found.quoted && needs != Needs::Directives && bits < 2.0 * SURELY_RANDOM_BITS;
    let needs = if bracketed && holds_bracket(text) { Needs::Settings } else { needs };
    if bits < RANDOM_BITS && severity == Severity::Low && is_comment(before) {
        return None;
    }
    let mut reasons = vec![format!("assigned to `{}`", String::from_utf8_lossy(name)), because];
    reasons.extend(login.then(|| "decodes to a login and its password".to_owned()));
    reasons.extend(service.map(|service| format!("{} is named beside it", service.name)));
    reasons.extend(nearby.map(|service| format!("{} is named above it", service.name)));
    let confidence = confidence.min(trust(found.stand));
    let severity = match little(name, text) {
        Some(why) => {
            reasons.push(why.to_owned());
            severity.min(Severity::Low)
        }
        None => severity,
    };
    reasons.extend(standing(found.stand).map(str::to_owned));
    Some(Verdict {
        password: promise == Promise::Password,
        hash: false,
        severity,
        confidence,
        needs,
        reasons,
        service: service.or(nearby),
        drawn: bits >= RANDOM_BITS,
    })
}

/// How a value looks, and what is told beside it.
struct Looks {
    uuid: bool,
    bits: f64,
    decoded: Decoded,
    /// Where words that are joined are a password all the same.
    chosen: Option<Needs>,
    /// A service is named beside it, or above it.
    named: bool,
    nearby: bool,
}

/// What the value is worth by what its name promises and by how it looks.
fn opinion(promise: Promise, name: &[u8], text: &[u8], found: Assignment, looks: &Looks) -> Option<Opinion> {
    let bits = looks.bits;
    let low = |needs, because: &str| Some((Severity::Low, Confidence::Low, needs, because.to_owned()));
    match promise {
        Promise::Vague if looks.nearby => low(Needs::Nothing, &drawn(bits)),
        Promise::Vague if !looks.named => vague(name, text, bits, found),
        // `ResetPassword = <uuid>` numbers a right or a request.
        Promise::Password if looks.uuid && is_deed(name) => None,
        // `credentials: <uuid>` names credentials that are kept elsewhere.
        Promise::Secret
            if looks.uuid && words(name).last().is_some_and(|word| word.starts_with("credential")) =>
        {
            None
        }
        Promise::Password if found.quoted && found.stand == Stand::Assigned && value::is_drawn_uuid(text) => {
            low(Needs::LivePath, "a UUID that was drawn at random")
        }
        Promise::Password if looks.chosen.is_some() => signed(looks.chosen?, found),
        Promise::Secret if looks.chosen.is_some() && bits < RANDOM_BITS => signed(looks.chosen?, found),
        Promise::Secret if looks.decoded == Decoded::Made => {
            low(Needs::Settings, "base64 of words and figures")
        }
        promise => promised(promise, name, text, bits, found),
    }
}

/// What the name promises where it stands, and what the value is once its base64 is taken off.
fn promise_here(before: &[u8], name: &[u8], text: &[u8], found: Assignment) -> Option<(Promise, Decoded)> {
    let mut promise = promise(name)?;
    // `/etc/passwd: 4ed14d…`: a file and its checksum.
    if name == b"passwd" && before.ends_with(b"etc/") {
        return None;
    }
    if is_column(before, found) || promise == Promise::Ingredient && is_of_a_message(before, name) {
        return None;
    }
    let decoded = if promise == Promise::Password { Decoded::Nothing } else { decoded(text) };
    let login = decoded == Decoded::Login;
    let basic = found.stand == Stand::Scheme && name.eq_ignore_ascii_case(b"basic");
    let made = decoded == Decoded::Made && (promise != Promise::Secret || found.stand != Stand::Assigned);
    if decoded == Decoded::Text || made || basic && !login {
        return None;
    }
    let in_query = before.ends_with(b"?") || before.ends_with(b"&");
    let signs_in = found.stand == Stand::Passed && words(name).last().is_some_and(|word| word == "auth");
    if promise == Promise::Vague && (login || found.scheme || in_query || signs_in) {
        promise = Promise::Secret;
    }
    Some((promise, decoded))
}

/// Where words that are joined like a name in code are a password all the same; `None` for what is a number or code.
fn chosen_words(
    name: &[u8],
    text: &[u8],
    (found, joined): (Assignment, bool),
    promise: Promise,
    bits: f64,
) -> Option<Option<Needs>> {
    let number = text.iter().all(|&b| b.is_ascii_digit() || b == b'.');
    let code = looks_like_code(text, found.quoted, bits);
    let chosen = if joined {
        Some(Needs::Settings)
    } else if code && promise == Promise::Password {
        chosen_with_signs(text)
    } else if promise == Promise::Secret && found.stand == Stand::Assigned && is_signed_secret(name, text) {
        Some(Needs::Settings)
    } else {
        None
    };
    if number && (promise != Promise::Password || text.contains(&b'.')) || code && chosen.is_none() {
        return None;
    }
    Some(chosen)
}

/// `UPDATE users SET password=crypted`: in SQL what has no quotes is a column or a variable.
fn is_column(before: &[u8], found: Assignment) -> bool {
    let ends = before.len().checked_sub(5).is_some_and(|at| before[at..].eq_ignore_ascii_case(b" set "));
    ends && !found.quoted
}

/// How sure a value is at most, by how it stands there.
fn trust(stand: Stand) -> Confidence {
    let weak = matches!(stand, Stand::Passed | Stand::Inline | Stand::Scheme);
    if weak { Confidence::Medium } else { Confidence::High }
}

/// What a reader of the finding should know about how the value stands there.
fn standing(stand: Stand) -> Option<&'static str> {
    match stand {
        Stand::Passed => Some("compared with it or passed, not assigned"),
        Stand::Inline => Some("in the middle of a line, or apart from its name"),
        Stand::Scheme => Some("stands behind the scheme of authentication that it serves"),
        Stand::Beside => Some("the value of the pair that has this name"),
        Stand::Pair => Some("in a list of pairs"),
        Stand::Assigned | Stand::Alone => None,
    }
}

/// Whether a value that was not drawn may be a password or secret that somebody chose: a glance, for most values are words.
fn may_be_chosen(name: &[u8], text: &[u8], found: Assignment) -> bool {
    let holds = |words: &[&str]| words.iter().any(|word| holds_folded(name, word));
    let begins_password = |two: &[u8]| {
        matches!(two[0] | 0x20, b'p' if matches!(two[1] | 0x20, b'a' | b'w' | b's'))
            || two.eq_ignore_ascii_case(b"dp")
    };
    text.len() <= *PASSWORD_BYTES.end()
        && (name.windows(2).any(begins_password)
            || !name.is_ascii()
            || may_be_typed(name, text, found) && holds(&["secret", "token"])
            || ends_key(name) && may_be_typed(name, text, found) && is_cipher_key(name)
            || is_client_secret(name) && typed_in_env(name, text, found)
            || is_signed_secret(name, text)
            || holds(&FOREIGN)
            || holds(&["masterauth", "authtok", "shared"]))
}

/// Whether name and value say something else than a credential: an option, a placeholder, a number, a translation.
fn speaks_otherwise(name: &[u8], text: &[u8], (found, words): (Assignment, bool)) -> bool {
    // Markup, as diagrams keep it in their attributes.
    if text.starts_with(b"&amp;lt;") || text.starts_with(b"&lt;") {
        return true;
    }
    // `passwd deployer` is a command.
    let command = name == b"passwd" && !text.iter().any(u8::is_ascii_digit);
    if found.stand == Stand::Alone && (command || hands_on(name)) {
        return true;
    }
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    // `Pass&word`: a label with the key that leads to its field.
    if text.iter().filter(|b| **b == b'&').count() == 1 && KEYWORDS.holds(&lower.replace('&', "")) {
        return true;
    }
    if KEYWORDS.holds(&lower) || !words && repeats_name(name, &lower) && !is_compound(name, text) {
        return true;
    }
    if value::placeholder(text).is_some() || is_public_material(text) || is_of_code(text, found) {
        return true;
    }
    // What is published in a domain's zone: Amazon SES proves with it whose the domain is.
    if is_moment(text) || name == b"VerificationToken" && text.len() == 44 && text.ends_with(b"=") {
        return true;
    }
    // The next word of a sentence, in a language that no model of chance knows.
    let word = text.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b',' | b'!' | b':'));
    if found.stand == Stand::Inline && !found.quoted && word {
        return true;
    }
    // `!secret mail_password`: a tag of YAML that fetches the value.
    if !found.quoted && text.first() == Some(&b'!') && text[1..].iter().all(u8::is_ascii_lowercase) {
        return true;
    }
    // `rgba(12,34,56,0.8)`
    let function = text.iter().take_while(|b| b.is_ascii_lowercase()).count();
    if text.ends_with(b")")
        && [&b"rgb"[..], b"rgba", b"hsl", b"hsla", b"var", b"calc"].contains(&&text[..function])
    {
        return true;
    }
    // A translation of the word, not a password.
    if !text.is_ascii() && name.is_ascii() && !text.iter().any(u8::is_ascii_digit) {
        return true;
    }
    // How long, how often, how many: a number is a password only under a name that ends with the word.
    text.iter().all(u8::is_ascii_digit) && !ends_telling(name)
}

/// Severity, confidence, where it counts, and why.
pub(super) type Opinion = (Severity, Confidence, Needs, String);

/// Passwords are often words: what is random is one anywhere, the rest only where settings live.
fn password(name: &[u8], text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    // `ERRCODE_INVALID_PASSWORD "28P01"`: the number of an error.
    if text.len() <= CODE_BYTES_MAX
        && words(name).iter().any(|word| matches!(word.as_str(), "invalid" | "errcode"))
    {
        return None;
    }
    if text.iter().any(u8::is_ascii_whitespace) {
        return passphrase(name, text, found);
    }
    if text.len() == TINY_BYTES {
        return tiny(name, text, found);
    }
    let long = text.len() > *PASSWORD_BYTES.end() && bits >= SURELY_RANDOM_BITS;
    if !PASSWORD_BYTES.contains(&text.len()) && !long {
        return None;
    }
    let classes = classes(text);
    if bits >= RANDOM_BITS && text.len() >= 8 && !reads_as_a_word(text) {
        let confidence = if bits >= SURELY_RANDOM_BITS { Confidence::High } else { Confidence::Medium };
        return Some((Severity::High, confidence, Needs::Nothing, drawn(bits)));
    }
    if found.stand == Stand::Inline || text.iter().any(|&b| matches!(b, b'(' | b')' | b'{' | b'}')) {
        return None;
    }
    let digit = text.iter().any(u8::is_ascii_digit);
    if bits < RANDOM_BITS && is_common(text) || reads_as_a_word(text) {
        let because = "the value is one that everybody writes".to_owned();
        let apart = matches!(found.stand, Stand::Passed | Stand::Alone);
        let told = !apart || found.quoted || found.stand == Stand::Alone;
        let parts = text.iter().filter(|b| matches!(b, b'-' | b'_')).count();
        let told = told && (bits >= 0.0 || parts < 2);
        let needs = match apart {
            true => Needs::Directives,
            false if found.quoted && (digit || is_default(text)) => Needs::LivePath,
            false => Needs::Settings,
        };
        return told.then_some((Severity::Low, Confidence::Low, needs, because));
    }
    // `password Sommer2019` in a file of settings; a word alone is the next word of a sentence.
    let mixed = classes >= 3 && digit && text.len() >= 8;
    // `#define WIFI_PASSWORD "Sommer2019"`: no word of a sentence has quotes and figures.
    let stated = found.stand == Stand::Alone && found.quoted && digit;
    if found.stand == Stand::Alone && !stated && (classes < 2 || bits < 0.0) {
        return Some(if mixed {
            let because = "the rest of the line mixes letters and digits".to_owned();
            (Severity::Medium, Confidence::Low, Needs::Settings, because)
        } else {
            let because = "the rest of the line of a directive".to_owned();
            // `storePassword 'meadow'`: quotes make it a value in languages of settings, too.
            let needs = if found.quoted { Needs::Settings } else { Needs::Directives };
            (Severity::Low, Confidence::Low, needs, because)
        });
    }
    if classes >= 3 && text.len() >= 6 {
        let because = format!("the value mixes {classes} kinds of characters");
        let needs = where_mixed(name, text, mixed, found);
        return Some((Severity::Medium, Confidence::Medium, needs, because));
    }
    if classes == 2 && digit && text.len() >= 5 {
        let told = found.quoted
            && (found.stand == Stand::Assigned
                || stated
                || found.stand == Stand::Passed && bits >= UNWRITTEN_BITS);
        let because = "the value mixes letters and digits".to_owned();
        let needs = if told { Needs::LivePath } else { Needs::Settings };
        return Some((Severity::Medium, Confidence::Low, needs, because));
    }
    if bits >= UNWRITTEN_BITS && found.quoted && found.stand == Stand::Assigned {
        let because = "the value is no word".to_owned();
        return Some((Severity::Low, Confidence::Low, Needs::LivePath, because));
    }
    let needs = if found.stand == Stand::Passed { Needs::Directives } else { Needs::Settings };
    let because = "the value reads like a word".to_owned();
    (found.stand != Stand::Passed || found.quoted).then_some((Severity::Low, Confidence::Low, needs, because))
}

/// A secret, token or key is drawn by a machine.
fn secret(text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    if text.len() < SECRET_BYTES_MIN || text.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    if text.len() == UUID_BYTES && value::is_uuid(text) {
        if found.stand == Stand::Inline {
            let because = "a UUID that was drawn at random".to_owned();
            return value::is_drawn_uuid(text).then_some((
                Severity::Low,
                Confidence::Low,
                Needs::LivePath,
                because,
            ));
        }
        return (bits >= RANDOM_BITS)
            .then(|| (Severity::Medium, Confidence::Medium, Needs::Nothing, "a UUID".to_owned()));
    }
    if bits < RANDOM_BITS || is_shouted(text) {
        return None;
    }
    let sure = bits >= SURELY_RANDOM_BITS;
    let severity = if text.len() >= 16 || sure { Severity::High } else { Severity::Medium };
    let confidence = if sure && text.len() >= 16 { Confidence::High } else { Confidence::Medium };
    let needs = if bits >= FAIRLY_RANDOM_BITS { Needs::Nothing } else { Needs::LivePath };
    (found.stand != Stand::Inline || sure).then(|| (severity, confidence, needs, drawn(bits)))
}

/// Longest name of a thing in capitals, bytes.
const SHOUTED_BYTES_MAX: usize = 18;

/// `MAGNITOGORSK`: letters in capitals alone are a name, in a language that no model of chance knows.
fn is_shouted(text: &[u8]) -> bool {
    text.len() <= SHOUTED_BYTES_MAX && text.iter().all(u8::is_ascii_uppercase)
}

/// `2026-01-04`, or a moment of that day.
fn is_moment(text: &[u8]) -> bool {
    let date = text.len() >= 10
        && text[..10]
            .iter()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    date && text[10..].iter().all(|b| b.is_ascii_digit() || b"TZ:.+- ".contains(b))
}

/// `sts:AssumeRole`, beside `ec2:GetPasswordData` in a list of what may be done.
pub(super) fn is_action(text: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', text) else { return false };
    let (service, action) = (&text[..colon], &text[colon + 1..]);
    service.len() >= 2
        && service.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && action.len() >= 3
        && action.iter().all(u8::is_ascii_alphabetic)
}

/// What a value is worth by what its name promises.
fn promised(promise: Promise, name: &[u8], text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    match promise {
        Promise::Password => password(name, text, bits, found),
        Promise::Service => of_service(text, bits, found),
        Promise::Ingredient => ingredient(text, bits, found),
        Promise::Secret if bits < RANDOM_BITS || text.len() < SECRET_BYTES_MIN => {
            chosen_secret(name, text, bits, found)
        }
        Promise::Secret | Promise::Vague => secret(text, bits, found),
    }
}

/// Whether the value could be a key of the service that is named above it.
fn is_keylike(text: &[u8], bits: f64, found: Assignment) -> bool {
    text.len() >= KEY_BYTES_MIN
        && bits >= SURELY_RANDOM_BITS
        && (!value::is_uuid(text) || value::is_drawn_uuid(text))
        && found.stand != Stand::Inline
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().all(|&b| b.is_ascii_alphanumeric() || b"-_.+/=".contains(&b))
}

/// A nonce among the members of a message or a block, or of a page, as each holds one.
fn is_of_a_message(before: &[u8], name: &[u8]) -> bool {
    let nonce = words(name).iter().any(|word| word.ends_with("nonce"));
    let before = before.trim_ascii_end();
    // `<script nonce="…">`: drawn anew for each page.
    let tag = || [&b"<script"[..], b"<style", b"<link"].iter().any(|tag| before.ends_with(tag));
    nonce && (before.ends_with(b"\"") || tag())
}

/// Under a name such as `key` or `salt` only a long value that is surely random counts.
fn vague(name: &[u8], text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    let of_somebody = is_of_somebody(name);
    if found.quoted && found.stand == Stand::Assigned && value::is_drawn_uuid(text) && is_constant_key(name) {
        let because = "a UUID that was drawn at random".to_owned();
        return Some((Severity::Low, Confidence::Low, Needs::Nothing, because));
    }
    // Labels stand before what is looked up, too: `key: shop_4ed14d…`.
    let bits = bits.min(random_bits(text.strip_prefix(b"0x").unwrap_or(text)));
    // The fingerprint of a key, or an object's id: so many digits, in capitals.
    let fingerprint = FINGERPRINT_BYTES.contains(&text.len())
        && text.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b));
    let mixed = bits >= 2.0 * SURELY_RANDOM_BITS
        || text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic);
    if text.len() < VAGUE_BYTES_MIN
        || bits < SURELY_RANDOM_BITS
        || !mixed
        || fingerprint
        || found.stand == Stand::Inline && bits < 2.0 * SURELY_RANDOM_BITS
        || text.iter().any(u8::is_ascii_whitespace)
        || value::is_uuid(text)
    {
        return None;
    }
    let severity = if of_somebody { Severity::Medium } else { Severity::Low };
    // Digits of a sum are as random as a key in hex: in a test only other alphabets tell.
    let hex = text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let wrapped = holds_folded(name, "encrypted") || holds_folded(name, "wrapped");
    let needs =
        if bits >= 2.0 * SURELY_RANDOM_BITS && !hex && !wrapped { Needs::Nothing } else { Needs::LivePath };
    Some((severity, Confidence::Low, needs, drawn(bits)))
}

/// A salt or nonce is random by its nature and seldom the secret itself: worth a hint, and no more.
fn ingredient(text: &[u8], bits: f64, found: Assignment) -> Option<Opinion> {
    if text.len() < INGREDIENT_BYTES_MIN
        || bits < RANDOM_BITS
        || found.stand == Stand::Inline && bits < SURELY_RANDOM_BITS
        || !text.iter().all(|&b| b.is_ascii_alphanumeric() || b"+/=_-.$!".contains(&b))
        || value::is_uuid(text)
    {
        return None;
    }
    let needs = if bits >= FAIRLY_RANDOM_BITS { Needs::Nothing } else { Needs::LivePath };
    Some((Severity::Low, Confidence::Low, needs, drawn(bits)))
}

/// How many of lower case, upper case, digits and other characters there are.
fn classes(text: &[u8]) -> usize {
    [
        text.iter().any(u8::is_ascii_lowercase),
        text.iter().any(u8::is_ascii_uppercase),
        text.iter().any(u8::is_ascii_digit),
        text.iter().any(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.')),
    ]
    .into_iter()
    .filter(|&has| has)
    .count()
}

/// Whether the value only says its own name again: `password: "db-password"`, `token = "AUTH_TOKEN"`.
fn repeats_name(name: &[u8], lower: &str) -> bool {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let own = letters(&String::from_utf8_lossy(name).to_ascii_lowercase());
    let value = letters(lower);
    value.len() >= 4
        && (own.ends_with(&value) || value.ends_with(&own) && value.chars().all(|c| c.is_ascii_alphabetic()))
        || words(name).iter().any(|word| {
            is_telling(word) && lower.contains(word.as_str()) && !lower.bytes().any(|b| b.is_ascii_digit())
        })
}

fn holds_folded(name: &[u8], word: &str) -> bool {
    name.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_telling(name: &[u8]) -> bool {
    let words = words(name);
    let last = words.last().map_or("", |last| last.trim_end_matches(|c: char| c.is_ascii_digit()));
    is_telling(last)
        || ["passcode", "pass", "pwd", "pw", "psk", "psw", "key", "mdp"].iter().any(|end| last.ends_with(end))
        || FOREIGN.iter().any(|word| last.contains(word))
}

fn is_telling(word: &str) -> bool {
    ["password", "passwd", "passphrase", "secret", "token", "credential"]
        .iter()
        .any(|telling| word.contains(telling))
}
