//! How other programs write a regex, written as ours is.
//!
//! Only spelling is changed: a brace or bracket that is plain text there and syntax here, a quoted run, a comment.
//! What another flavour can do and a linear-time one cannot is left as it is, so that the parser refuses it by name.

use std::iter::Peekable;
use std::str::CharIndices;

/// Go's `regexp` as the `regex` crate reads it.
pub(super) fn from_go(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => escape(pattern, at, &mut rest, &mut out),
            '[' => class(pattern, &mut rest, &mut out),
            // A brace that does not count is itself.
            '{' if !is_count(&pattern[at..]) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Hyperscan's syntax, where it is written with the `regex` crate in mind: only its comments differ.
pub(super) fn from_hyperscan(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.char_indices().peekable();
    let mut in_class = false;
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(rest.next().map(|(_, next)| next));
            }
            '(' if !in_class && pattern[at..].starts_with("(?#") => {
                let _ = rest.find(|(_, c)| *c == ')');
            }
            _ => {
                in_class = match c {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                out.push(c);
            }
        }
    }
    out
}

/// What follows a backslash outside of a class.
fn escape(pattern: &str, at: usize, rest: &mut Peekable<CharIndices<'_>>, out: &mut String) {
    match rest.next().map(|(_, c)| c) {
        Some('Q') => {
            let from = at + 2;
            let to = pattern[from..].find("\\E").map_or(pattern.len(), |end| from + end);
            out.push_str(&regex_syntax::escape(&pattern[from..to]));
            while rest.next_if(|(at, _)| *at < to + 2).is_some() {}
        }
        // Angle brackets are plain there and word edges here.
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c) => {
            out.push('\\');
            out.push(c);
        }
        None => out.push('\\'),
    }
}

/// Whether a brace opens a count: `{2}`, `{2,}`, `{2,4}`.
fn is_count(text: &str) -> bool {
    let Some(inner) = text[1..].split_once('}').map(|(inner, _)| inner) else { return false };
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// A class, from behind its bracket on: brackets, `&&`, `--` and `~~` mean nothing inside it there.
fn class(pattern: &str, rest: &mut Peekable<CharIndices<'_>>, out: &mut String) {
    out.push('[');
    if rest.next_if(|(_, c)| *c == '^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some((at, c)) = rest.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return;
            }
            '[' if pattern[at..].starts_with("[:") && pattern[at + 2..].contains(":]") => {
                let to = at + 2 + pattern[at + 2..].find(":]").expect("just seen") + 2;
                out.push_str(&pattern[at..to]);
                while rest.next_if(|(at, _)| *at < to).is_some() {}
            }
            _ => {
                let ranges = item(c, rest, out);
                let after = rest.clone().nth(1).map(|(_, c)| c);
                let dash = rest.peek().is_some_and(|(_, c)| *c == '-');
                if ranges && dash && after.is_some_and(|c| c != ']') {
                    rest.next();
                    out.push('-');
                    if let Some((_, c)) = rest.next() {
                        item(c, rest, out);
                    }
                }
            }
        }
        first = false;
    }
}

/// One character of a class, escaped or not; false when it stands for several, so that no range can follow.
fn item(c: char, rest: &mut Peekable<CharIndices<'_>>, out: &mut String) -> bool {
    match c {
        '\\' => {
            let Some((_, c)) = rest.next() else {
                out.push('\\');
                return false;
            };
            if matches!(c, '<' | '>') {
                out.push(c);
                return true;
            }
            out.push('\\');
            out.push(c);
            if matches!(c, 'x' | 'p' | 'P') {
                rest.next_if(|(_, c)| *c == '{').into_iter().for_each(|(_, c)| {
                    out.push(c);
                    for (_, c) in rest.by_ref() {
                        out.push(c);
                        if c == '}' {
                            break;
                        }
                    }
                });
                if c == 'x' && !out.ends_with('}') {
                    out.extend(rest.by_ref().take(2).map(|(_, c)| c));
                }
            }
            !matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P')
        }
        '[' | ']' | '&' | '~' | '-' | '^' => {
            out.push('\\');
            out.push(c);
            true
        }
        _ => {
            out.push(c);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_plain_text_in_go_stays_plain() {
        for (go, ours) in [
            (r"\$\{[A-Z]+\}", r"\$\{[A-Z]+\}"),
            ("{{secret}}", r"\{\{secret}}"),
            ("a{2,3}b{,4}", r"a{2,3}b\{,4}"),
            (r"[\w.=\-[]", r"[\w.=\-\[]"),
            (r"[\w-.]", r"[\w\-.]"),
            ("[a&&b~~c]", r"[a\&\&b\~\~c]"),
            ("[--/]", r"[\--/]"),
            ("[]a-]", r"[\]a\-]"),
            ("[^]^]", r"[^\]\^]"),
            ("[[:alpha:]_]", "[[:alpha:]_]"),
            (r"\<token\>", "<token>"),
            (r"\Qa.b\E+", r"a\.b+"),
            (r"[\x20-\x{7e}]", r"[\x20-\x{7e}]"),
        ] {
            assert_eq!(from_go(go), ours);
            assert!(regex::bytes::RegexBuilder::new(ours).unicode(false).build().is_ok(), "{ours}");
        }
    }

    #[test]
    fn comments_inside_a_pattern_go() {
        assert_eq!(from_hyperscan("a(?# one )b[(?#]c\\(?#"), "ab[(?#]c\\(?#");
    }

    proptest! {
        #[test]
        fn any_text_is_translated_without_a_panic(text in "(\\PC|[\\[\\]{}()^&~\\\\Q:E-]){0,40}") {
            from_go(&text);
            from_hyperscan(&text);
        }
    }
}
