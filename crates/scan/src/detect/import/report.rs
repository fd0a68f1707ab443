//! A report's JSON, of which the part before a break is worth reading.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::detect::export::json::broken;
use crate::detect::{Blob, Reading, Unreadable, text};

/// Largest report that is read.
const REPORT_BYTES_MAX: usize = 64 << 20;
/// Deepest nesting of a report.
const DEPTH_MAX: usize = 100;

/// The text of a report, or why there is none.
pub(super) fn decode<'b>(blob: &Blob<'b>) -> Result<Cow<'b, str>, Reading> {
    text::of(blob, REPORT_BYTES_MAX, "report")
}

/// The one value that a report is; of a broken one what stands whole before the break.
pub(super) fn whole<T: DeserializeOwned>(text: &str) -> (Option<T>, Option<Unreadable>) {
    let error = match serde_json::from_str(text) {
        Ok(value) => return (Some(value), None),
        Err(error) => error,
    };
    let unreadable = broken(text, &error);
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let end = (before + error.column()).min(text.len());
    let head = text.get(..end).unwrap_or(text);
    (mended(head).and_then(|mended| serde_json::from_str(&mended).ok()), Some(unreadable))
}

/// One value a line, or one after the other; those before a break are kept.
pub(super) fn stream<T: DeserializeOwned>(text: &str) -> (Vec<T>, Option<Unreadable>) {
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<T>() {
        match value {
            Ok(value) => values.push(value),
            Err(error) => return (values, Some(broken(text, &error))),
        }
    }
    (values, None)
}

/// The text up to its last whole object or list, with everything closed that is open there.
fn mended(text: &str) -> Option<String> {
    let mut open: Vec<u8> = Vec::new();
    let mut safe: Option<(usize, Vec<u8>)> = None;
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(byte) {
                    break;
                }
                safe = Some((at + 1, open.clone()));
            }
            _ => {}
        }
        if open.len() > DEPTH_MAX {
            break;
        }
    }
    let (end, open) = safe?;
    let closers = open.iter().rev().map(|&byte| char::from(byte));
    Some(text[..end].chars().chain(closers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn what_stands_whole_before_a_break_is_read() {
        let (value, unreadable) = whole::<Value>(r#"{"a": [{"b": 1}, {"b": "x}"}, {"b": "tor"#);
        assert_eq!(value, Some(serde_json::json!({"a": [{"b": 1}, {"b": "x}"}]})));
        assert_eq!(unreadable.map(|why| why.reason), Some("json_truncated"));
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_gives_a_beginning(cut in 0..60_usize) {
            let text = r#"[{"a":[1,2],"b":"}]\""},{"a":[],"b":"é"},{"a":[3],"b":"z"}]"#;
            let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let (value, unreadable) = whole::<Vec<Value>>(&text[..cut]);
            prop_assert_eq!(unreadable.is_some(), cut < text.len());
            prop_assert!(value.is_none_or(|all| all.len() <= 3));
        }
    }
}
