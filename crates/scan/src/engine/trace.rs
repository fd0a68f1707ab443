//! By what a value is known again where another file uses it as a name: its length, and bits that only the key makes of it.
//!
//! Any word may be somebody's password, and no name may be covered because of one. So a value leaves traces only when it
//! is unlike every name: drawn at random, or written with figures and with signs that no name has.

use serde::{Deserialize, Serialize};
use tenure_model::FingerprintKey;

use super::language::{self, RANDOM_BITS};

/// Shortest value that leaves traces, bytes.
const VALUE_BYTES_MIN: usize = 8;
/// And longest: what is longer stands in no name as a whole.
const VALUE_BYTES_MAX: usize = 1024;
/// Shortest part of a value that leaves a trace of its own, bytes.
const PART_BYTES_MIN: usize = 10;
/// Most such parts of a value.
const PARTS_MAX: usize = 16;
/// Shortest value that is known again in another case, too, bytes.
const FOLDED_BYTES_MIN: usize = 12;
/// Signs of passwords that names do not have.
const SIGNS: &[u8] = b"!#$%^&*?~";

/// One text by which a value is known again: the value, a part of it, or either in another case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trace {
    /// Its length.
    pub bytes: u32,
    /// Whether a digit is in it: most names have none, and need not be asked.
    pub digits: bool,
    /// Its keyed bits.
    pub tag: u64,
}

impl Trace {
    /// The trace of a text.
    pub(crate) fn of(key: &FingerprintKey, text: &[u8]) -> Trace {
        let digits = text.iter().any(u8::is_ascii_digit);
        Trace { bytes: u32::try_from(text.len()).unwrap_or(u32::MAX), digits, tag: key.tag(text) }
    }
}

/// The traces of a value, its own first; none when it reads like a name.
pub(super) fn traces(key: &FingerprintKey, value: &[u8], drawn: bool) -> Vec<Trace> {
    if !(VALUE_BYTES_MIN..=VALUE_BYTES_MAX).contains(&value.len()) || !(drawn || is_unlike_names(value)) {
        return Vec::new();
    }
    let mut texts: Vec<&[u8]> = vec![value];
    // Readers and paths split names where a value may hold the same sign.
    let parts = value.split(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-'));
    let parts = parts.filter(|part| {
        part.len() < value.len()
            && part.len() >= PART_BYTES_MIN
            && language::random_bits(part) >= RANDOM_BITS / 2.0
    });
    texts.extend(parts.take(PARTS_MAX));
    // And at a slash alone: what is left may be several parts.
    let parts = value.split(|&b| b == b'/').filter(|part| part.len() < value.len() && is_unlike_names(part));
    texts.extend(parts.take(PARTS_MAX));
    let mut traces: Vec<Trace> = texts.iter().map(|text| Trace::of(key, text)).collect();
    for text in texts {
        for folded in [text.to_ascii_lowercase(), text.to_ascii_uppercase()] {
            if text.len() >= FOLDED_BYTES_MIN && folded != text {
                traces.push(Trace::of(key, &folded));
            }
        }
    }
    traces
}

/// Whether nobody would call anything so: by chance, or by its signs.
pub(crate) fn is_unlike_names(text: &[u8]) -> bool {
    let any = |is: fn(&u8) -> bool| text.iter().any(is);
    text.len() >= VALUE_BYTES_MIN
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_alphabetic)
        && (language::random_bits(text) >= RANDOM_BITS / 2.0 || any(|b| SIGNS.contains(b)))
}

/// Whether a part of the text might be a value that leaves traces.
pub(crate) fn may_hold_value(text: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`');
    // Stars at the end are a mask's.
    text.split(ends).map(|part| part.trim_end_matches('*').as_bytes()).any(|part| {
        let is_random = part.len() >= VALUE_BYTES_MIN && language::random_bits(part) >= RANDOM_BITS / 2.0;
        is_random || is_unlike_names(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(value: &str, drawn: bool) -> Vec<u32> {
        traces(&FingerprintKey::new([3; 32]), value.as_bytes(), drawn)
            .iter()
            .map(|trace| trace.bytes)
            .collect()
    }

    #[test]
    fn words_leave_no_traces() {
        for word in [
            "admin",
            "postgres",
            "production",
            "redis",
            "postgres123",
            "kube-system",
            "my-app-2024",
            "calico-kube-controllers",
            "AdminUser2",
        ] {
            assert_eq!(lengths(word, false), Vec::<u32>::new(), "{word}");
        }
        assert_eq!(lengths("Tr0ub4dor&3x", false), [12, 12, 12], "as it is, and in either case");
        assert_eq!(lengths("v8jq2lzr0tyw5nc1", true), [16, 16]);
    }

    #[test]
    fn what_leaves_traces_is_seen_inside_of_a_name_and_ordinary_names_are_not() {
        for name in ["src/settings_12.py", "service_12_password", "`DB_PASSWORD` is assigned", "Zk3v****"] {
            assert!(!may_hold_value(name), "{name}");
        }
        for value in ["v8jq2lzr0tyw5nc1", "Tr0ub4dor&3x", "qZtLwVxKmNrTpYbcDfGh"] {
            assert!(
                may_hold_value(&format!("deploy/{value}.yml")) && may_hold_value(&format!("a `{value}`")),
                "{value}"
            );
        }
    }

    #[test]
    fn a_value_with_a_separator_is_known_by_its_halves_too() {
        let half = ["q9Zt7Lw3VxK8", "mN4rT2pY"].concat();
        assert!(lengths(&format!("{half}/b7cD5fGh1JkQ4sWvX6e0"), true).contains(&20));
    }
}
