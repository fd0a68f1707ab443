//! The shape test: `name <separator> value` in code, configuration and command lines.

/// An assignment as the shape test sees it; offsets into the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assignment {
    /// First byte of the name, and the byte after it.
    pub(super) name: (usize, usize),
    /// First byte of the value, and the byte after it.
    pub(super) value: (usize, usize),
    /// In quotes.
    pub(super) quoted: bool,
    /// Compared or passed, not assigned: weaker.
    pub(super) weak: bool,
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 200;

/// Finds `name <separator> value` around the context word at `at..end`.
pub(super) fn assignment(bytes: &[u8], at: usize, end: usize, low: usize, high: usize) -> Option<Assignment> {
    let mut start = at;
    while start > low && is_name_byte(bytes[start - 1]) && at - start < NAME_BYTES_MAX {
        start -= 1;
    }
    let mut stop = end;
    while stop < high && is_name_byte(bytes[stop]) && stop - at < NAME_BYTES_MAX {
        stop += 1;
    }
    let name = (start, stop);
    let mut p = stop;
    let mut closed_quote = false;
    for _ in 0..4 {
        match bytes.get(p)? {
            b'"' | b'\'' | b'`' => closed_quote = true,
            b'\\' if matches!(bytes.get(p + 1), Some(b'"' | b'\'')) => {}
            b']' | b' ' | b'\t' => {}
            _ => break,
        }
        p += 1;
    }
    let (p, weak, needs_quote) = separator(bytes, name, p, high, closed_quote)?;
    value_at(bytes, name, p, high, weak, needs_quote)
}

/// Reads the separator; gives where the value begins, whether it is a weak one, and whether only a quoted value counts.
fn separator(
    bytes: &[u8],
    name: (usize, usize),
    p: usize,
    high: usize,
    closed_quote: bool,
) -> Option<(usize, bool, bool)> {
    let spaced = |mut q: usize| {
        while q < high && matches!(bytes[q], b' ' | b'\t') {
            q += 1;
        }
        q
    };
    let next = |q: usize| bytes.get(q).copied().unwrap_or(0);
    match next(p) {
        b'=' if next(p + 1) == b'=' => {
            let skip = if next(p + 2) == b'=' { 3 } else { 2 };
            Some((spaced(p + skip), true, true))
        }
        b'!' if next(p + 1) == b'=' => None,
        b'=' if next(p + 1) == b'>' => Some((spaced(p + 2), false, false)),
        b'=' | b'?' if next(p) == b'=' || next(p + 1) == b'=' => {
            Some((spaced(p + if next(p) == b'?' { 2 } else { 1 }), false, false))
        }
        b':' if next(p + 1) == b'=' => Some((spaced(p + 2), false, false)),
        b':' if next(p + 1) == b':' => None,
        b':' => {
            let q = spaced(p + 1);
            Some(typed(bytes, q, high).map_or((q, false, false), |q| (spaced(q), false, true)))
        }
        b',' if closed_quote => Some((spaced(p + 1), false, true)),
        b'(' => Some((spaced(p + 1), true, true)),
        b'>' if bytes.get(name.0.wrapping_sub(1)) == Some(&b'<') => Some((p + 1, false, false)),
        b'\'' | b'"' if p > name.1 => Some((p, true, true)),
        _ => {
            // `--password value` on a command line.
            let flag = bytes[..name.0].ends_with(b"--") || bytes[name.0..name.1].starts_with(b"--");
            (flag && p == name.1 + 1 && next(name.1) == b' ').then_some((p, true, false))
        }
    }
}

/// `: str = `, `: String = `, `: &'static str = `: the `=` of a typed declaration.
fn typed(bytes: &[u8], from: usize, high: usize) -> Option<usize> {
    let limit = high.min(from + 32);
    let line = &bytes[from..limit];
    let equals = line.iter().position(|&b| b == b'=')?;
    let annotation = &line[..equals];
    let plain = annotation.iter().all(|&b| {
        b.is_ascii_alphanumeric()
            || matches!(b, b' ' | b'&' | b'\'' | b'<' | b'>' | b'_' | b'|' | b'[' | b']' | b'?' | b'.')
    });
    let after = line.get(equals + 1).copied();
    (plain && !annotation.is_empty() && matches!(after, Some(b' ' | b'"' | b'\'')))
        .then_some(from + equals + 1)
}

/// Reads the value at `p`: quoted, or bare up to a delimiter.
fn value_at(
    bytes: &[u8],
    name: (usize, usize),
    mut p: usize,
    high: usize,
    weak: bool,
    needs_quote: bool,
) -> Option<Assignment> {
    // String prefixes: b"", r"", f"", u"", @"".
    if matches!(bytes.get(p), Some(b'b' | b'r' | b'f' | b'u' | b'@' | b'L'))
        && matches!(bytes.get(p + 1), Some(b'"' | b'\''))
    {
        p += 1;
    }
    let escaped = bytes.get(p) == Some(&b'\\') && matches!(bytes.get(p + 1), Some(b'"' | b'\''));
    if escaped {
        p += 1;
    }
    let first = *bytes.get(p)?;
    if matches!(first, b'"' | b'\'' | b'`') {
        let begin = p + 1;
        let limit = high.min(begin + VALUE_BYTES_MAX + 1);
        let mut q = begin;
        while q < limit && bytes[q] != first && bytes[q] != b'\n' {
            if bytes[q] == b'\\' && !escaped {
                q += 1;
            }
            q += 1;
        }
        let stop = if escaped { q.saturating_sub(1) } else { q };
        let closed = q < limit && bytes.get(q) == Some(&first);
        return (closed && stop > begin).then_some(Assignment {
            name,
            value: (begin, stop),
            quoted: true,
            weak,
        });
    }
    // A bare value that is not a flag's stands on a line of its own.
    let flag = weak;
    if needs_quote || !(flag || starts_line(bytes, name.0)) {
        return None;
    }
    let limit = high.min(p + VALUE_BYTES_MAX + 1);
    let mut q = p;
    while q < limit
        && !matches!(
            bytes[q],
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'<' | b',' | b';' | b'\\'
        )
    {
        q += 1;
    }
    // A bare value ends its line, but for a comment or a closing tag; otherwise this is a sentence or code.
    let rest = bytes[q..high].iter().position(|&b| b == b'\n').map_or(&bytes[q..high], |n| &bytes[q..q + n]);
    let rest = rest.trim_ascii();
    let ends = rest.is_empty() || rest.starts_with(b"#") || rest.starts_with(b"</") || rest == b"\\";
    (q > p && q < limit && (ends || flag)).then_some(Assignment { name, value: (p, q), quoted: false, weak })
}

/// Whether the name begins its line, but for indentation, `export`, a list dash, a comment sign or a tag.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(48);
    let line = &bytes[from..at];
    let line = memchr::memrchr(b'\n', line).map_or(line, |n| &line[n + 1..]);
    let lead = line.trim_ascii();
    lead.is_empty()
        || matches!(
            lead,
            b"export"
                | b"-"
                | b"#"
                | b"//"
                | b"<"
                | b"set"
                | b"ENV"
                | b"ARG"
                | b"-e"
                | b"--env"
                | b"+"
                | b"\""
                | b"- \""
                | b"'"
        )
}
