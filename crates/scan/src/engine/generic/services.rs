//! Which service a key belongs to, by the words around it.

use std::collections::HashSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::rules::ServiceSpec;

/// The services as JSON.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/services.json"));

/// Shortest name of a service that counts on a line above, bytes.
const ABOVE_BYTES_MIN: usize = 5;

/// The services, read when a name first asks for one. Their [`Vocabulary`] costs four times as much.
fn services() -> &'static [ServiceSpec] {
    static READ: OnceLock<Vec<ServiceSpec>> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_slice(EMBEDDED).expect("build.rs wrote the embedded services"))
}

/// The vocabulary, made ready when a random value first asks for it.
struct Vocabulary {
    /// The service of each word.
    owners: Vec<&'static ServiceSpec>,
    words: AhoCorasick,
}

fn vocabulary() -> &'static Vocabulary {
    static READY: OnceLock<Vocabulary> = OnceLock::new();
    READY.get_or_init(|| {
        let words =
            services().iter().flat_map(|service| service.words.iter().map(move |word| (service, word)));
        let (owners, words): (Vec<&ServiceSpec>, Vec<&String>) = words.unzip();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .build(words)
            .expect("two thousand short words fit");
        Vocabulary { owners, words }
    })
}

/// The service that the text names, nearest to its end. An ordinary word counts only inside a name that speaks of a key.
pub(super) fn service_named(before: &[u8], name: &[u8]) -> Option<&'static ServiceSpec> {
    named(name, true).or_else(|| named(before, false))
}

/// The service that the lines above name, nearest to their end: a long word that means nothing else.
pub(super) fn service_above(above: &[u8]) -> Option<&'static ServiceSpec> {
    let long = |service: &&ServiceSpec| service.words.iter().all(|word| word.len() >= ABOVE_BYTES_MIN);
    named(above, false).filter(long)
}

/// Whether one word of the text, or two in a row, are the name of a service, be it an ordinary word or not.
pub(in crate::engine) fn is_one(text: &[u8]) -> bool {
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        services().iter().flat_map(|service| service.words.iter().map(String::as_str)).collect()
    });
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let bare = |word: &str| {
        let ends = ["apikey", "token", "secret", "key", "api"];
        let bare = ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        names.contains(word) || names.contains(bare)
    };
    words.iter().any(|word| bare(word)) || words.windows(2).any(|two| bare(&two.concat()))
}

fn named(text: &[u8], ordinary_words: bool) -> Option<&'static ServiceSpec> {
    let vocabulary = vocabulary();
    // Identifiers part the words of a name: `mail_gun` and `MailGun` are `mailgun`.
    let places: Vec<usize> = (0..text.len()).filter(|&at| !matches!(text[at], b'_' | b'-' | b'.')).collect();
    let plain: Vec<u8> = places.iter().map(|&at| text[at]).collect();
    vocabulary
        .words
        .find_iter(&plain)
        .filter(|found| !goes_on(text, places[found.end() - 1] + 1))
        .map(|found| vocabulary.owners[found.pattern().as_usize()])
        .filter(|service| ordinary_words || !service.common)
        .last()
}

/// Whether the word that was read up to `end` is the beginning of a longer one: `persona` in `PERSONAL_KEY`. What is written
/// without a sign behind a service's name is what it has of it: `sendgridkey`.
fn goes_on(text: &[u8], end: usize) -> bool {
    const OF_A_SERVICE: [&[u8]; 16] = [
        b"key", b"api", b"token", b"secret", b"auth", b"pass", b"pwd", b"cred", b"access", b"app", b"client",
        b"bot", b"user", b"id", b"io", b"com",
    ];
    let rest = &text[end..];
    let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let hump = text[end - 1].is_ascii_lowercase() && rest.first().is_some_and(u8::is_ascii_uppercase);
    let begins = |word: &&[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
    letters > 0 && !hump && !OF_A_SERVICE.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_by_a_name_or_by_the_words_before_it() {
        let name = |before: &str, name: &str| {
            service_named(before.as_bytes(), name.as_bytes()).map(|service| service.provider.as_str())
        };
        assert_eq!(name("", "mail_gun_key"), Some("mailgun"));
        assert_eq!(name("airtable: ", "key"), Some("airtable"));
        assert_eq!(name("in front of the ", "key"), None);
        assert_eq!(name("", "sendgridapikey"), Some("sendgrid"));
        assert_eq!(name("", "SendgridPrivateKey"), Some("sendgrid"));
        assert_eq!(name("", "GITHUB_PERSONAL_ACCESS_TOKEN"), Some("github"));
        let above = |text: &str| service_above(text.as_bytes()).map(|service| service.provider.as_str());
        assert_eq!(above("# Uptime-Robot\n"), Some("uptimerobot"));
        assert_eq!(above("# in front of\n"), None);
        assert!(is_one(b"close") && is_one(b"Capsule CRM") && is_one(b"uptime_robot_key"));
        assert!(!is_one(b"in between") && !is_one(b"closed"));
    }
}
