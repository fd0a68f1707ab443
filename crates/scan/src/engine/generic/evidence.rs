//! What the judge of assignments weighs, for people: made from the numbers that it judges by.

use serde::Serialize;

use super::score::{
    FAIRLY_RANDOM_BITS, INGREDIENT_BYTES_MIN, PASSWORD_BYTES, SECRET_BYTES_MIN, SURELY_RANDOM_BITS,
    VAGUE_BYTES_MIN,
};
use crate::engine::language::RANDOM_BITS;

/// One thing that speaks for or against a stored secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// It speaks for a secret; otherwise against one.
    pub speaks_for: bool,
    /// What is seen.
    pub sign: String,
    /// What it is worth.
    pub weight: String,
}

/// What counts for and against, of one of the two generic rules.
pub fn evidence(rule_id: &str) -> Vec<Evidence> {
    let row =
        |speaks_for: bool, sign: &str, weight: String| Evidence { speaks_for, sign: sign.to_owned(), weight };
    let (yes, no) = (
        |sign: &str, weight: String| row(true, sign, weight),
        |sign: &str, weight: &str| row(false, sign, weight.to_owned()),
    );
    let mut all = if rule_id == super::RULES[0].0 { password_signs(yes) } else { secret_signs(yes) };
    all.extend([
        yes(
            "the value stands behind `Bearer`, `Token`, `ApiKey` or the like, or decodes to a login and a password",
            "a vague name counts like that of a secret".to_owned(),
        ),
        no("a template, a reference, a call, a path, a format string, a type or a keyword", "no finding"),
        no("a placeholder, a filler, a dummy word, a vendor's documentation key", "no finding"),
        no("the value repeats its name, is a number, an identifier, an algorithm or a translation", "no finding"),
        no("the name speaks about secrets (`token_type`, `password_hint`) or says that the value is public", "no finding"),
        no("public keys, certificates, hashes with a prefix, sealed and encrypted values", "no finding"),
        no("base64 that decodes to words", "no finding"),
        no("compared or passed, and not assigned", "confidence medium at most"),
        no("in the middle of a line, or apart from its name", "only a value that looks drawn counts, confidence medium at most"),
        no("in tests, examples, documents and the code of others", "severity low at most"),
        no("written byte by byte", "severity low at most"),
        no("in generated files", "severity info at most"),
    ]);
    all
}

fn password_signs(yes: impl Fn(&str, String) -> Evidence) -> Vec<Evidence> {
    let bytes = format!("{} to {} characters", PASSWORD_BYTES.start(), PASSWORD_BYTES.end());
    vec![
        yes("the name says password, in one of fifteen languages", format!("{bytes} are looked at")),
        yes(
            &format!("{RANDOM_BITS} bits or more speak for a value drawn at random"),
            format!("high anywhere; confidence high from {SURELY_RANDOM_BITS} bits, otherwise medium"),
        ),
        yes(
            "three kinds of characters, 6 characters or more",
            "medium where something runs; from 8 characters with a figure low in tests and documents, too"
                .to_owned(),
        ),
        yes(
            "letters and digits, 5 characters or more",
            "medium in settings, and in code when quoted".to_owned(),
        ),
        yes("a word, or what everybody writes", "low where settings live".to_owned()),
        yes(
            "words that are joined, under a variable of the environment (`DB_PASSWORD=shop_dev_pass`)",
            "low where settings live".to_owned(),
        ),
    ]
}

fn secret_signs(yes: impl Fn(&str, String) -> Evidence) -> Vec<Evidence> {
    vec![
        yes(
            &format!(
                "the name says secret, token or key of something, and {SECRET_BYTES_MIN} characters or more look drawn ({RANDOM_BITS} bits)"
            ),
            format!(
                "high from 16 characters or {SURELY_RANDOM_BITS} bits, otherwise medium; outside of live code from {FAIRLY_RANDOM_BITS} bits"
            ),
        ),
        yes("a UUID under such a name", "medium".to_owned()),
        yes(
            &format!(
                "the name says key or auth and no more, and {VAGUE_BYTES_MIN} characters or more have {SURELY_RANDOM_BITS} bits"
            ),
            "low where something runs, and elsewhere from twice as many bits unless it is hex; medium when another word says whose it is".to_owned(),
        ),
        yes(
            &format!(
                "the name says salt, seed, nonce or IV, and {INGREDIENT_BYTES_MIN} characters or more look drawn"
            ),
            "low".to_owned(),
        ),
        yes(
            "a service that issues keys is named beside it",
            "the finding is called by its name; a vague name counts like that of a secret".to_owned(),
        ),
    ]
}
