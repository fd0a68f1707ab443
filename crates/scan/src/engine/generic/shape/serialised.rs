//! Names and values as PHP serialises them, `s:8:"password";s:12:"…";`, with the quotes escaped as often as they are in what
//! holds them.

use super::{Assignment, Form, Stand, VALUE_BYTES_MAX, byte};

/// Most backslashes before a quote: three levels of escapes.
const ESCAPES_MAX: usize = 7;
/// Most digits of a length.
const DIGITS_MAX: usize = 4;

/// How many backslashes stand before the quote that closes the name at `stop`, and where the length of the value begins.
pub(super) fn begins(bytes: &[u8], stop: usize) -> Option<(usize, usize)> {
    if !matches!(byte(bytes, stop), b'"' | b'\\') {
        return None;
    }
    let escapes = bytes[stop..].iter().take(ESCAPES_MAX + 1).take_while(|&&b| b == b'\\').count();
    let rest = bytes.get(stop + escapes..)?;
    (escapes <= ESCAPES_MAX && rest.starts_with(b"\";s:")).then_some((escapes, stop + escapes + 4))
}

/// Reads the value behind the name: as many bytes as its length says.
pub(super) fn assignment(bytes: &[u8], name: (usize, usize), high: usize) -> Option<Assignment> {
    let (escapes, at) = begins(bytes, name.1)?;
    let bytes = &bytes[..high];
    let digits = bytes.get(at..)?.iter().take(DIGITS_MAX).take_while(|b| b.is_ascii_digit()).count();
    let length: usize = std::str::from_utf8(&bytes[at..at + digits]).ok()?.parse().ok()?;
    let quote = |from: usize| {
        let text = bytes.get(from..from + escapes + 1)?;
        (text[escapes] == b'"' && text[..escapes].iter().all(|&b| b == b'\\')).then_some(from + escapes + 1)
    };
    let begin = quote((byte(bytes, at + digits) == b':').then_some(at + digits + 1)?)?;
    let end = begin + length;
    let value = bytes.get(begin..end)?;
    // A text without figures is what a form says of the field as often as it is what the field holds.
    let told = value.iter().any(u8::is_ascii_digit) && (1..=VALUE_BYTES_MAX).contains(&length);
    let closed = quote(end).is_some_and(|behind| byte(bytes, behind) == b';');
    (told && closed && is_counted(bytes, name, escapes)).then_some(Assignment {
        name,
        value: (begin, end),
        quoted: true,
        stand: Stand::Pair,
        scheme: false,
        form: Form::Plain,
    })
}

/// Whether the name stands behind its own length: `s:8:"`.
fn is_counted(bytes: &[u8], (start, stop): (usize, usize), escapes: usize) -> bool {
    let Some(before) = start.checked_sub(escapes + 2).map(|colon| &bytes[..=colon]) else { return false };
    let opens = bytes[start - 1] == b'"' && before.last() == Some(&b':');
    let length = (stop - start).to_string();
    opens && before[..before.len() - 1].ends_with(length.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<&str> {
        let at = text.find("password").unwrap();
        let found = assignment(text.as_bytes(), (at, at + 8), text.len())?;
        Some(&text[found.value.0..found.value.1])
    }

    #[test]
    fn the_length_says_where_a_value_ends() {
        for quote in ["\"", "\\\"", "\\\\\\\"", "\\\\\\\\\\\\\\\""] {
            let text = format!("a:1:{{s:8:{quote}password{quote};s:12:{quote}v8Jq2;LzR0tY{quote};}}");
            assert_eq!(read(&text), Some("v8Jq2;LzR0tY"), "{text}");
        }
        for text in [
            "s:8:\"password\";s:12:\"v8Jq2LzR0tYwX\";",
            "s:9:\"password\";s:12:\"v8Jq2LzR0tYw\";",
            "s:8:\"password\";s:5:\"Label\";",
            "s:8:\"password\";i:1;s:5:\"a1b2c\";",
            "s:8:\"password\";s:9999:\"v8Jq2LzR0tYw\";",
            "s:8:\"password\";s:\"",
            "s:8:\\\"password\";s:12:\"v8Jq2LzR0tYw\";",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
