//! Text that came from outside, made safe to show.

/// Whether a character could move a terminal's cursor or reorder a line: C0, DEL, C1, line separators and the
/// bidirectional controls.
pub fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Replaces everything that [`is_unsafe_to_show`] by `\u{..}` escapes, newlines and tabs included.
///
/// Every human-readable sink passes scanned text (names, authors, errors) through here.
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe_to_show(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A path's bytes as text, reversibly: valid UTF-8 stays, other bytes and `%` itself become `%XX`.
pub fn path_text(bytes: &[u8]) -> String {
    if let Ok(text) = str::from_utf8(bytes)
        && !bytes.contains(&b'%')
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '%' { text.push_str("%25") } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The bytes behind a [`path_text`].
pub fn path_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

/// JSON with object keys in byte order and no white space: the same value always gives the same bytes,
/// whatever map type the build uses.
pub fn canonical_json(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical_json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let fields: Vec<String> = keys
                .into_iter()
                .map(|key| format!("{}:{}", Value::String(key.clone()), canonical_json(&map[key])))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_at_every_depth() {
        let value = serde_json::json!({"b": [{"z": 1, "a": null}], "a": "x"});
        assert_eq!(canonical_json(&value), r#"{"a":"x","b":[{"a":null,"z":1}]}"#);
    }

    #[test]
    fn escape_sequences_become_visible() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b"), "a\\u{1b}]0;x\\u{7}b");
        assert_eq!(visible("x\u{202e}gpj"), "x\\u{202e}gpj");
        assert_eq!(visible("naïve ✓"), "naïve ✓");
    }

    #[test]
    fn a_path_that_is_not_utf8_stays_distinct() {
        assert_eq!(path_text(b"a/\xff%.txt"), "a/%FF%25.txt");
        assert_eq!(path_bytes("a/%FF%25.txt"), b"a/\xff%.txt");
    }
}
