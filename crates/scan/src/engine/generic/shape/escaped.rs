//! Assignments whose separators are escaped: `password%3D…`, `&quot;password&quot;: &quot;…&quot;`, `token\u003d…`.

use super::{Assignment, Form, Stand, VALUE_BYTES_MAX};

/// Bytes behind a name in which an escaped separator stands.
pub(super) const SEPARATOR_BYTES_MAX: usize = 24;
/// Characters between a name and its value: two quotes, two blanks and the separator.
const CHARACTERS_MAX: usize = 5;

/// The character that an escape stands for, and the escape's length.
fn unescaped(text: &[u8]) -> Option<(u8, usize)> {
    const ENTITIES: [(&[u8], u8); 8] = [
        (b"&quot;", b'"'),
        (b"&#34;", b'"'),
        (b"&#39;", b'\''),
        (b"&#x27;", b'\''),
        (b"&apos;", b'\''),
        (b"&amp;", b'&'),
        (b"&#61;", b'='),
        (b"&#x3D;", b'='),
    ];
    let hex = |digits: Option<&[u8]>| {
        digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|byte| (0x20..0x7f).contains(byte))
    };
    match text.first()? {
        b'%' => Some((hex(text.get(1..3))?, 3)),
        b'&' => ENTITIES.iter().find(|(entity, _)| text.starts_with(entity)).map(|(e, c)| (*c, e.len())),
        b'\\' if text.starts_with(b"\\u00") => Some((hex(text.get(4..6))?, 6)),
        b'\\' if text.starts_with(b"\\x") => Some((hex(text.get(2..4))?, 4)),
        _ => None,
    }
}

/// Where the value begins behind an escaped separator at `stop`, and the quote that opens it.
pub(super) fn separator(bytes: &[u8], stop: usize) -> Option<(usize, Option<u8>)> {
    if !matches!(bytes.get(stop), Some(b'%' | b'&' | b'\\')) {
        return None;
    }
    let limit = bytes.len().min(stop + SEPARATOR_BYTES_MAX);
    let (mut p, mut separated, mut quote) = (stop, false, None);
    for _ in 0..CHARACTERS_MAX {
        let text = bytes.get(p..limit)?;
        let (character, len) = unescaped(text).or(text.first().map(|&b| (b, 1)))?;
        match character {
            b':' | b'=' if !separated => separated = true,
            b'"' | b'\'' => quote = separated.then_some(character),
            b' ' => {}
            _ => break,
        }
        p += len;
        if quote.is_some() {
            break;
        }
    }
    separated.then_some((p, quote))
}

/// Reads the assignment; the value goes to the next sign that could end it, escaped or not.
pub(super) fn assignment(bytes: &[u8], name: (usize, usize), high: usize) -> Option<Assignment> {
    let (begin, quote) = separator(bytes, name.1)?;
    let limit = high.min(begin + VALUE_BYTES_MAX);
    let mut end = begin;
    while end < limit {
        let (character, len) = unescaped(&bytes[end..limit]).unwrap_or((bytes[end], 1));
        let ends =
            matches!(character, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`') || character.is_ascii_whitespace();
        if ends || quote.is_none() && matches!(character, b'&' | b';' | b',' | b'}') {
            break;
        }
        end += len;
    }
    let value = (begin, end);
    (end > begin && end < limit).then_some(Assignment {
        name,
        value,
        quoted: true,
        stand: Stand::Inline,
        scheme: false,
        form: Form::Escaped,
    })
}

/// The text with its escapes resolved.
pub(in crate::engine::generic) fn resolved(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut p = 0;
    while p < text.len() {
        let (character, len) = unescaped(&text[p..]).unwrap_or((text[p], 1));
        out.push(character);
        p += len;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_separators_part_a_name_from_its_value() {
        for (text, value) in [
            ("password%3Dv8Jq2LzR0tYw%26x%3D1", "v8Jq2LzR0tYw"),
            ("password&quot;: &quot;v8Jq2%26LzR&quot;}", "v8Jq2&LzR"),
            ("password\\u0022:\\u0022v8Jq2LzR\\u0022", "v8Jq2LzR"),
            ("password%22%3A%22v8Jq2LzR%22", "v8Jq2LzR"),
        ] {
            let found = assignment(text.as_bytes(), (0, 8), text.len()).unwrap();
            assert_eq!(resolved(&text.as_bytes()[found.value.0..found.value.1]), value.as_bytes(), "{text}");
        }
        for text in ["password%20reset", "password&amp;user", "password\\n", "password% = 3"] {
            assert_eq!(separator(text.as_bytes(), 8), None, "{text}");
        }
    }
}
