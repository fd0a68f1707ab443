//! JSON as editors write it: comments, commas after the last item, tabs. Read by the YAML reader, which takes
//! JSON too, tells lines, and gives the half before a break.

use super::yaml::{self, Broken, Tree};

/// Reads JSON with comments. Every line and column stays where it is.
pub(crate) fn read<R>(text: &str, take: impl FnOnce(&Tree<'_>, Option<Broken>) -> R) -> R {
    yaml::read(&plain(text), |tree, mut broken| {
        if let Some(broken) = &mut broken {
            broken.reason = "json_broken";
        }
        take(tree, broken)
    })
}

/// The text without comments and tabs; what goes becomes spaces.
fn plain(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (length, kept) = match rest {
            [b'"', ..] => {
                let length = string_length(rest);
                // A string that the end of the file tears: the scanner of YAML would give nothing before it, and the
                // brackets that it leaves open tell the break all the same.
                let closed = length > 1 && rest[length - 1] == b'"';
                (length, closed || !rest[length..].trim_ascii().is_empty())
            }
            [b'/', b'/', ..] => (memchr::memchr(b'\n', rest).unwrap_or(rest.len()), false),
            [b'/', b'*', ..] => {
                (memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4), false)
            }
            [b'\t' | b'\r', ..] => (1, false),
            _ => (1, true),
        };
        let part = &rest[..length];
        if kept && part.len() > 1 {
            string(part, &mut out);
        } else if kept {
            out.extend_from_slice(part);
        } else {
            out.extend(part.iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }));
        }
        at += length;
    }
    String::from_utf8(out).expect("parts begin and end at ASCII bytes, and what goes becomes ASCII")
}

/// A string whose escapes YAML knows, too: it has none for the halves of a character beyond 16 bits.
fn string(part: &[u8], out: &mut Vec<u8>) {
    let mut rest = part;
    while let [first, after @ ..] = rest {
        let half =
            matches!(rest, [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', _, _, ..]);
        let (length, text): (usize, &[u8]) = match (half, first, after) {
            (true, ..) => (6, br"\ufffd"),
            (false, b'\\', [_, ..]) => (2, &rest[..2]),
            _ => (1, &rest[..1]),
        };
        out.extend_from_slice(text);
        rest = &rest[length..];
    }
}

/// Bytes of the string at the start, its quotes included; a string never spans lines.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if rest.get(at + 1).is_some_and(|&next| next != b'\n' && next.is_ascii()) => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_tabs_and_last_commas_are_no_obstacle() {
        let text =
            "{\n\t// who\n\t\"url\": \"https://a.test\", /* not\n\tthis */\n\t\"list\": [\"x\", ],\n}\n";
        read(text, |tree, broken| {
            assert_eq!(broken, None);
            let root = tree.first().expect("an object is there");
            assert_eq!(root.get("url").and_then(|url| url.text()), Some("https://a.test"));
            assert_eq!(root.get("list").map(|list| (list.line(), list.words())), Some((5, vec!["x"])));
        });
    }

    #[test]
    fn escapes_of_json_are_read() {
        read(r#"{"a": "x\/y\u00e9\ud83d\ude00"}"#, |tree, broken| {
            let text = tree.first().and_then(|root| root.get("a")?.text().map(str::to_owned));
            assert_eq!((broken, text.as_deref()), (None, Some("x/yé\u{fffd}\u{fffd}")));
        });
    }

    proptest! {
        #[test]
        fn nothing_moves(text in "[a\"\\\\/*\\n\\té, {}]{0,60}") {
            let plain = plain(&text);
            prop_assert_eq!(plain.len(), text.len());
            prop_assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
        }
    }
}
