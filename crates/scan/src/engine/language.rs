//! Tells text drawn at random from text that somebody wrote: how many bits of evidence a value gives for chance.
//!
//! Two explanations of the same bytes are compared. "Written" is a model of letter triples and of changes of case,
//! counted over 735,000 different identifiers and words of open-source packages (only the counts are kept:
//! `crates/scan/data/README.md` says how they were made). "Drawn" gives every character of the
//! value's own alphabet the same chance. The difference of the logarithms is the evidence: on words held back from the
//! counting, 99.5 of 100 with 16 characters or more stay below 3 bits; 99 of 100 values drawn from hex digits, the
//! least telling alphabet, have more than 12 bits at 16 characters and 25 at 32.

/// The counts: letter triples, then the cost of a lower-case and of an upper-case letter after two classes.
static COUNTS: &[u8; TRIPLES + 2 * CLASSES * CLASSES] = include_bytes!("../../data/language.bin");

/// Symbols: the letters without case, a digit, a separator, anything else.
const SYMBOLS: usize = 29;
const DIGIT: usize = 26;
const SEPARATOR: usize = 27;
const OTHER: usize = 28;
const TRIPLES: usize = SYMBOLS * SYMBOLS * SYMBOLS;
/// Classes: lower, upper, digit, other, and what stands before the first byte.
const CLASSES: usize = 5;
const BEFORE_FIRST: usize = 4;
/// Stored costs are in sixteenths of a bit.
const COST_UNIT: f64 = 16.0;
/// Bits that tell which digit, which separator and which other byte it is.
const DIGIT_BITS: f64 = std::f64::consts::LOG2_10;
const SEPARATOR_BITS: f64 = 1.584_963;
const OTHER_BITS: f64 = 3.584_963;

fn symbol(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        b'A'..=b'Z' => usize::from(byte - b'A'),
        b'0'..=b'9' => DIGIT,
        b'_' | b'-' | b'.' | b'/' | b' ' | b':' => SEPARATOR,
        _ => OTHER,
    }
}

fn class(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

/// Fewest hex digits in both cases, bytes.
const MIXED_BYTES_MIN: usize = 16;
/// Fewest hex digits that are a key for the way in which figures and letters change, and fewest such changes.
const HEX_BYTES_MIN: usize = 32;
const CHANGES_MIN: usize = 4;
/// What such a change tells, bits: nobody counts or writes so.
const CHANGING_BITS: f64 = 32.0;

/// Bits of evidence that `value` was drawn at random: far below zero for words and names, above a dozen for keys.
pub(super) fn random_bits(value: &[u8]) -> f64 {
    let bits = written_bits(value) - drawn_bits(value);
    if bits < CHANGING_BITS && is_changing_hex(value) { CHANGING_BITS } else { bits }
}

/// Hex digits among which figures and letters change as chance has it, be they mostly figures: the model of what is written
/// knows figures as well as chance does.
fn is_changing_hex(value: &[u8]) -> bool {
    let changes = |value: &[u8]| {
        value.windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count()
    };
    value.len() >= HEX_BYTES_MIN && value.iter().all(u8::is_ascii_hexdigit) && changes(value) >= CHANGES_MIN
}

/// Longest label before the hex digits of a key, and fewest such digits, bytes.
const LABEL_BYTES_MAX: usize = 12;
const LABELLED_BYTES_MIN: usize = 16;
/// Fewest of them behind a label and a dash, bytes.
const NUMBERED_BYTES_MIN: usize = 24;
/// Shortest last part of a value that counts for all of it, bytes.
const PART_BYTES_MIN: usize = 32;
/// Labels that say of what the digits are a checksum, or that everybody may know them.
const LABELS_OF_OTHERS: [&[u8]; 12] =
    [b"sha", b"md5", b"git", b"rev", b"commit", b"hash", b"build", b"pk", b"pub", b"etag", b"blob", b"tree"];

/// The hex digits of a value behind a short label or other digits: `live_4ed14d…`, `8799-919b9b…`. The letters of the label
/// are of a larger alphabet, in which hex digits do not look drawn.
pub(super) fn labelled_digits(value: &[u8]) -> Option<&[u8]> {
    if value.len() <= LABELLED_BYTES_MIN || !value.last()?.is_ascii_hexdigit() {
        return None;
    }
    let at = value.iter().rposition(|b| matches!(b, b'_' | b'-' | b'.'))?;
    let (label, digits) = (&value[..at], &value[at + 1..]);
    let lower = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let upper = |b: &u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    let hex = |text: &[u8]| text.iter().all(lower) || text.iter().all(upper);
    // `nat-04ae55e711cec5680`: clouds number what they run.
    let labelled = is_label(label) && (value[at] != b'-' || digits.len() >= NUMBERED_BYTES_MIN);
    let fits = digits.len() >= LABELLED_BYTES_MIN && hex(digits) && (labelled || hex(label));
    fits.then_some(digits)
}

/// The hex digits of a value behind the mark of who issued it, whatever its letters: `PLAK8942d18c…`, `scp-live-15eeb4…`, `CAP-4ed1…`.
pub(super) fn marked_digits(value: &[u8]) -> Option<&[u8]> {
    let lower = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let at = value.iter().rposition(|b| !lower(b)).map_or(0, |last| last + 1);
    let (mark, digits) = (&value[..at], &value[at..]);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let ends = mark.last().is_some_and(|b| b.is_ascii_uppercase() || !b.is_ascii_alphanumeric());
    let folded = mark.to_ascii_lowercase();
    let other = LABELS_OF_OTHERS.iter().any(|other| folded.starts_with(other));
    let fits = (1..=LABEL_BYTES_MAX).contains(&mark.len())
        && mark[0].is_ascii_alphabetic()
        && mark.iter().all(plain)
        && ends
        && !other;
    (fits && digits.len() >= PART_BYTES_MIN).then_some(digits)
}

/// The part of a value of several parts that is most of it and long: `*:production.4ed14d…`, `2310.60d89.9c21…`.
pub(super) fn longest_part(value: &[u8]) -> Option<&[u8]> {
    let joins = |b: &u8| matches!(b, b'.' | b':' | b'|' | b'~');
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*') || joins(b);
    if value.len() <= PART_BYTES_MIN || !value.iter().any(joins) || !value.iter().all(plain) {
        return None;
    }
    let mut parts = value.split(|b| joins(b));
    let others = LABELS_OF_OTHERS.iter().any(|other| value.starts_with(other));
    parts.next_back().filter(|last| {
        let hex = |is: fn(&u8) -> bool| {
            last.iter()
                .all(|b| b.is_ascii_digit() || b.is_ascii_alphabetic() && is(b) && b.is_ascii_hexdigit())
        };
        last.len() >= PART_BYTES_MIN
            && 2 * last.len() >= value.len()
            && !others
            && !last.iter().all(u8::is_ascii_digit)
            && (hex(u8::is_ascii_lowercase) || hex(u8::is_ascii_uppercase))
    })
}

/// Whether this may stand before a key to say whose it is, and for what: `live`, `sk_test`.
pub(super) fn is_label(label: &[u8]) -> bool {
    label.len() <= LABEL_BYTES_MAX
        && label.first().is_some_and(u8::is_ascii_lowercase)
        && label.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
        && !LABELS_OF_OTHERS.iter().any(|other| label.starts_with(other))
}

/// Bits from which a value is taken for drawn at random.
pub(super) const RANDOM_BITS: f64 = 14.0;
/// Bytes of a long value that are looked at: a block of text begins and ends with words.
const SAMPLE_BYTES: usize = 64;

/// Whether a value looks drawn at random, by its middle when it is long.
pub(super) fn is_random(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"0x").or_else(|| labelled_digits(value)).unwrap_or(value);
    let skip = value.len().saturating_sub(SAMPLE_BYTES) / 2;
    random_bits(&value[skip..value.len() - skip]) >= RANDOM_BITS
}

/// Length of the value's description as something that was written, bits.
fn written_bits(value: &[u8]) -> f64 {
    let (mut a, mut b) = (SEPARATOR, SEPARATOR);
    let (mut x, mut y) = (BEFORE_FIRST, BEFORE_FIRST);
    let mut stored: u32 = 0;
    let mut rest = 0.0;
    for &byte in value {
        let (s, k) = (symbol(byte), class(byte));
        stored += u32::from(COUNTS[(a * SYMBOLS + b) * SYMBOLS + s]);
        match s {
            DIGIT => rest += DIGIT_BITS,
            SEPARATOR => rest += SEPARATOR_BITS,
            OTHER => rest += OTHER_BITS,
            _ => stored += u32::from(COUNTS[TRIPLES + (x * CLASSES + y) * 2 + k]),
        }
        (a, b) = (b, s);
        (x, y) = (y, k);
    }
    f64::from(stored) / COST_UNIT + rest
}

/// Length of its description as something drawn from the smallest alphabet that holds it, bits.
fn drawn_bits(value: &[u8]) -> f64 {
    #[allow(clippy::cast_precision_loss)] // values are short
    let len = value.len() as f64;
    len * f64::from(alphabet(value)).log2()
}

/// How many characters the alphabet has that the value seems to be drawn from.
fn alphabet(value: &[u8]) -> u32 {
    let any = |test: fn(&u8) -> bool| u32::from(value.iter().any(test));
    let hex = |upper: fn(&u8) -> bool| {
        value.iter().all(|b| b.is_ascii_digit() || b.is_ascii_hexdigit() && !upper(b))
    };
    if hex(u8::is_ascii_uppercase) || hex(u8::is_ascii_lowercase) {
        return 16;
    }
    // Hex digits whose letters somebody wrote in both cases.
    let mixed = value.len() >= MIXED_BYTES_MIN && value.iter().all(u8::is_ascii_hexdigit);
    if mixed && value.iter().any(u8::is_ascii_digit) {
        return 22;
    }
    let letters = 26 * any(u8::is_ascii_lowercase) + 26 * any(u8::is_ascii_uppercase);
    let mut size = letters + 10 * any(u8::is_ascii_digit);
    let others = |known: &[u8]| value.iter().all(|b| b.is_ascii_alphanumeric() || known.contains(b));
    size += if others(b"") {
        0
    } else if others(b"+/=") || others(b"-_") {
        2
    } else if others(b"-_.") {
        3
    } else {
        24
    };
    size.max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_does_not_hide_the_digits_behind_it() {
        for (text, digits) in [
            ("live_4ed14d10c623686159b4264e4665e12c", Some("4ed14d10c623686159b4264e4665e12c")),
            ("87996523-919b9ba0e6c047c39926fb052", Some("919b9ba0e6c047c39926fb052")),
            ("sha256_4ed14d10c623686159b4264e4665e12c", None),
            ("a_rather_long_name_4ed14d10c623686159b4264e4665e12c", None),
            ("live_key", None),
            ("nat-04ae55e711cec5680", None),
            ("__4ed14d10c623686159b4264e4665e12c", None),
            ("4ed14d10c623686159b4264e4665e12c", None),
        ] {
            assert_eq!(labelled_digits(text.as_bytes()), digits.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_mark_does_not_hide_the_digits_behind_it() {
        let digits = "4ed14d10c623686159b4264e4665e12c";
        for (mark, holds) in [
            ("PLAK", true),
            ("scp-live-", true),
            ("CAP-", true),
            ("SHA256:", false),
            ("sha-", false),
            ("word", false),
        ] {
            let text = format!("{mark}{digits}");
            assert_eq!(marked_digits(text.as_bytes()).is_some(), holds, "{text}");
        }
        assert!(marked_digits(digits.as_bytes()).is_none() && marked_digits(b"PLAK4ed14d10").is_none());
    }

    #[test]
    fn keys_stand_out_from_words() {
        for text in [
            "v8Jq2LzR0tYw5Nc1kP7d",
            "kqzvwjxtbfghyplmndrs",
            "9f86d081884c7d659a2feaa0c55ad015",
            "Qm3+Xz/8aLpW0yTrD5vN",
            "Tr0ub4dor&3x",
            // Mostly figures, and letters of both cases.
            "40915733806622e17b5508a913370264",
            "7D1e0B95aC3f8842E6d9C01b5F3A7e64",
        ] {
            assert!(random_bits(text.as_bytes()) > 14.0, "{text}: {}", random_bits(text.as_bytes()));
        }
        for text in [
            "authentication_required",
            "getAccessTokenFromHeader",
            "production-database",
            "MyCompanyPassword",
            "us-east-1",
            "AES/CBC/PKCS5Padding",
            "sha256WithRSAEncryption",
            "application/vnd.api+json",
            "2024-01-01T00:00:00Z",
        ] {
            assert!(random_bits(text.as_bytes()) < 3.0, "{text}: {}", random_bits(text.as_bytes()));
        }
    }
}
