//! The shape test: `name <separator> value` in code, configuration, markup and command lines.
//!
//! It is written by hand because it runs at every context word of every file: it must cost less than a regex call. Its
//! first half, [`lead`], looks at a few bytes only and refuses nearly everything; the scan in the delta domain depends
//! on how few they are.

/// How a value stands beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// Assigned, as in code and configuration.
    Assigned,
    /// In the element or attribute beside the one that holds the name.
    Beside,
    /// Compared with, passed to or given as a flag: less surely what is in use.
    Passed,
    /// Bare in the middle of a line: only a random value counts.
    Inline,
}

/// An assignment as the shape test sees it; offsets into the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assignment {
    /// First byte of the name, and the byte after it.
    pub(super) name: (usize, usize),
    /// First byte of the value, and the byte after it.
    pub(super) value: (usize, usize),
    /// In quotes.
    pub(super) quoted: bool,
    /// How it stands there.
    pub(super) stand: Stand,
}

/// A name that is followed by something that could be a separator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead {
    name: (usize, usize),
    /// Where the separator begins.
    at: usize,
    /// The name ended with a quote.
    closed_quote: bool,
}

/// Longest name on either side of the context word, bytes.
const NAME_BYTES_MAX: usize = 48;
/// Most quotes, brackets and blanks between a name and its separator.
const CLOSERS_MAX: usize = 4;
/// Words that go on with a name after a blank: `API key: …`, `secret access key = …`.
const NAME_TAILS: [&[u8]; 6] = [b"key", b"token", b"secret", b"password", b"value", b"access key"];
/// Bytes before a context word that [`lead`] may look at.
pub(super) const LEAD_BEFORE: u32 = 50;
/// Bytes from a context word's start on that [`lead`] may look at.
pub(super) const LEAD_AFTER: u32 = 80;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 400;
/// Longest gap between a name in one attribute and the value in the next, bytes.
const BESIDE_BYTES_MAX: usize = 48;

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The name around the context word at `at..end`, when a separator may follow it.
pub(super) fn lead(bytes: &[u8], at: usize, end: usize) -> Option<Lead> {
    let mut start = at;
    while start > 0 && at - start < NAME_BYTES_MAX && is_name_byte(bytes[start - 1]) {
        start -= 1;
    }
    let mut stop = end;
    while stop - end < NAME_BYTES_MAX && is_name_byte(byte(bytes, stop)) {
        stop += 1;
    }
    if byte(bytes, stop) == b' ' {
        let tail = bytes.get(stop + 1..bytes.len().min(stop + 12)).unwrap_or_default();
        let more = NAME_TAILS.iter().filter(|word| {
            tail.get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word))
                && !is_name_byte(byte(tail, word.len()))
        });
        stop += more.map(|word| word.len() + 1).max().unwrap_or(0);
    }
    let mut p = stop;
    let mut closed_quote = false;
    for _ in 0..CLOSERS_MAX {
        match byte(bytes, p) {
            b'"' | b'\'' | b'`' => closed_quote = true,
            b'\\' if matches!(byte(bytes, p + 1), b'"' | b'\'') => {}
            b']' | b' ' | b'\t' => {}
            _ => break,
        }
        p += 1;
    }
    let separated = matches!(byte(bytes, p), b'=' | b':' | b',' | b'(' | b'>' | b'?' | b'|');
    let spaced = p > stop && (closed_quote || is_flag(bytes, start));
    // `- name: DB_PASSWORD` with the value on the next line.
    let line_ends = matches!(byte(bytes, p), b'\r' | b'\n') && (p > stop || start > 0);
    (separated || spaced || line_ends).then_some(Lead { name: (start, stop), at: p, closed_quote })
}

/// Whether the name is a command line's flag.
fn is_flag(bytes: &[u8], name_start: usize) -> bool {
    bytes[name_start..].starts_with(b"--") || bytes[..name_start].ends_with(b"--")
}

/// Reads what follows a name.
pub(super) fn assignment(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    if let Some(found) = beside(bytes, lead, high) {
        return Some(found);
    }
    let separator = separator(bytes, lead, high)?;
    value_at(bytes, lead.name, separator, high)
}

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy)]
struct Separator {
    /// Where the value begins.
    at: usize,
    stand: Stand,
    /// Only a quoted value counts.
    needs_quote: bool,
}

fn spaced(bytes: &[u8], mut at: usize, high: usize) -> usize {
    while at < high && matches!(bytes[at], b' ' | b'\t') {
        at += 1;
    }
    at
}

fn separator(bytes: &[u8], lead: Lead, high: usize) -> Option<Separator> {
    let p = lead.at;
    let next = |at: usize| byte(bytes, at);
    let assigned = |skip: usize| {
        let at = spaced(bytes, p + skip, high);
        Some(Separator { at, stand: Stand::Assigned, needs_quote: false })
    };
    let passed = |at: usize, needs_quote: bool| {
        Some(Separator { at: spaced(bytes, at, high), stand: Stand::Passed, needs_quote })
    };
    match next(p) {
        b'=' if next(p + 1) == b'=' => passed(p + if next(p + 2) == b'=' { 3 } else { 2 }, true),
        b'=' if matches!(next(p + 1), b'>' | b'~') => assigned(2),
        b'=' => assigned(1),
        b'?' if next(p + 1) == b'=' => assigned(2),
        b'|' if next(p + 1) == b'|' && next(p + 2) == b'=' => assigned(3),
        b':' if next(p + 1) == b'=' => assigned(2),
        b':' if next(p + 1) == b':' => None,
        b':' => {
            let at = spaced(bytes, p + 1, high);
            let typed = typed(bytes, at, high).map(|at| spaced(bytes, at, high));
            Some(Separator { at: typed.unwrap_or(at), stand: Stand::Assigned, needs_quote: typed.is_some() })
        }
        b',' if lead.closed_quote => {
            Some(Separator { at: spaced(bytes, p + 1, high), stand: Stand::Assigned, needs_quote: true })
        }
        b'(' => passed(p + 1, true),
        b'>' if lead.name.0 > 0 && matches!(bytes[lead.name.0 - 1], b'<' | b':' | b'"' | b'\'') => {
            Some(Separator { at: p + 1, stand: Stand::Assigned, needs_quote: false })
        }
        _ if is_flag(bytes, lead.name.0) && next(lead.name.1) == b' ' => passed(lead.name.1 + 1, false),
        // `PASSWORD 'value'`: a blank was taken for a closer, and so was the quote that opens the value.
        _ if lead.closed_quote && next(lead.name.1) == b' ' => {
            let quote = (lead.name.1..p).find(|&at| matches!(bytes[at], b'"' | b'\''))?;
            passed(quote, true)
        }
        _ => None,
    }
}

/// `: str = `, `: String = `, `: &'static str = `: the `=` of a typed declaration.
fn typed(bytes: &[u8], from: usize, high: usize) -> Option<usize> {
    let line = &bytes[from..high.min(from + 32)];
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

/// `key="password" value="…"`, `{"name": "DB_PASSWORD", "value": "…"}`, `- name: DB_PASSWORD` over `value: …`.
fn beside(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    let ends = matches!(byte(bytes, lead.at), b',' | b'\r' | b'\n');
    let spaced_attribute = lead.closed_quote && bytes[lead.at - 1].is_ascii_whitespace() || {
        lead.closed_quote && byte(bytes, lead.at).is_ascii_alphabetic()
    };
    if !ends && !spaced_attribute || !is_value_of_a_name(bytes, lead.name.0) {
        return None;
    }
    let mut p = lead.at;
    let limit = high.min(p + BESIDE_BYTES_MAX);
    while p < limit && matches!(bytes[p], b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'-') {
        p += 1;
    }
    let rest = &bytes[p..limit];
    let word = [&b"value"[..], b"Value", b"content", b"default", b"text"]
        .into_iter()
        .find(|w| rest.starts_with(w))?;
    p += word.len();
    while p < limit && matches!(bytes[p], b' ' | b'"' | b'\'') {
        p += 1;
    }
    if p >= limit || !matches!(bytes[p], b'=' | b':') {
        return None;
    }
    let at = spaced(bytes, p + 1, high);
    let separator = Separator { at, stand: Stand::Beside, needs_quote: false };
    value_at(bytes, lead.name, separator, high)
}

/// Whether the word at `start` is itself the value of `name`, `key`, `id` or the like.
fn is_value_of_a_name(bytes: &[u8], start: usize) -> bool {
    let before = &bytes[start.saturating_sub(24)..start];
    let end = before.iter().rposition(|b| !matches!(b, b' ' | b'"' | b'\'' | b'\\')).map_or(0, |at| at + 1);
    let (before, separated) = (&before[..end], end > 0 && matches!(before[end - 1], b'=' | b':'));
    if !separated {
        return false;
    }
    let before = before[..end - 1].trim_ascii_end();
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    [&b"name"[..], b"Name", b"key", b"Key", b"id", b"property", b"variable"]
        .iter()
        .any(|word| before.ends_with(word))
}

/// Reads the value at the separator's end: quoted, or bare up to a delimiter.
fn value_at(bytes: &[u8], name: (usize, usize), separator: Separator, high: usize) -> Option<Assignment> {
    let mut p = separator.at;
    // `name =` or `name: |` over the value.
    let folded = matches!(byte(bytes, p), b'|' | b'>')
        && matches!(byte(bytes, p + 1), b'\n' | b'\r' | b'-' | b'+')
        && separator.stand == Stand::Assigned;
    if folded {
        p += 1 + usize::from(matches!(bytes[p + 1], b'-' | b'+'));
    }
    let broken = matches!(byte(bytes, p), b'\n' | b'\r' | b'\\');
    if broken {
        let from = p;
        while p < high && p - from < 40 && matches!(bytes[p], b'\n' | b'\r' | b' ' | b'\t' | b'\\') {
            p += 1;
        }
        // `\"` is a quote, not a line that goes on.
        if byte(bytes, from) == b'\\' && p == from + 1 {
            p = from;
        }
    }
    if byte(bytes, p) == b'(' && matches!(byte(bytes, p + 1), b'"' | b'\'') {
        p += 1;
    }
    // String prefixes: b"", r"", f"", u"", @"".
    if matches!(byte(bytes, p), b'b' | b'r' | b'f' | b'u' | b'@' | b'L' | b'N')
        && matches!(byte(bytes, p + 1), b'"' | b'\'')
    {
        p += 1;
    }
    let escapes = bytes[p.min(bytes.len())..].iter().take(4).take_while(|&&b| b == b'\\').count();
    let opens = p + escapes;
    let quote = byte(bytes, opens);
    if matches!(quote, b'"' | b'\'' | b'`') {
        return quoted(bytes, name, opens, escapes, separator.stand, high);
    }
    if separator.needs_quote || escapes > 0 || broken && !folded {
        return None;
    }
    bare(bytes, name, p, separator.stand, high, folded)
}

/// The value in the quotes that open at `opens`, after `escapes` backslashes.
fn quoted(
    bytes: &[u8],
    name: (usize, usize),
    opens: usize,
    escapes: usize,
    stand: Stand,
    high: usize,
) -> Option<Assignment> {
    let quote = bytes[opens];
    let triple = escapes == 0 && byte(bytes, opens + 1) == quote && byte(bytes, opens + 2) == quote;
    let begin = opens + if triple { 3 } else { 1 };
    let limit = high.min(begin + VALUE_BYTES_MAX + 1);
    let mut q = begin;
    while q < limit && bytes[q] != quote && bytes[q] != b'\n' {
        q += 1 + usize::from(bytes[q] == b'\\' && escapes == 0);
    }
    let stop = q.saturating_sub(escapes);
    let closed = q < limit && bytes[q] == quote;
    (closed && stop > begin).then_some(Assignment { name, value: (begin, stop), quoted: true, stand })
}

/// A value without quotes: the rest of its line when the name begins the line, otherwise up to any delimiter.
fn bare(
    bytes: &[u8],
    name: (usize, usize),
    p: usize,
    stand: Stand,
    high: usize,
    folded: bool,
) -> Option<Assignment> {
    let flag = stand == Stand::Passed;
    let leads = folded || starts_line(bytes, name.0);
    let delimits = |b: u8| {
        matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'<' | b',' | b';' | b'\\')
            || !leads && !flag && matches!(b, b'&' | b')' | b'}' | b']' | b'|')
    };
    let limit = high.min(p + VALUE_BYTES_MAX + 1);
    let q = (p..limit).find(|&at| delimits(bytes[at])).unwrap_or(limit);
    if q <= p || q == limit && limit < bytes.len() {
        return None;
    }
    let found = |stand| Some(Assignment { name, value: (p, q), quoted: false, stand });
    if flag {
        return found(stand);
    }
    // A bare value ends its line, but for a comment or a closing tag; otherwise this is a sentence or code.
    let rest = bytes[q..high].iter().position(|&b| b == b'\n').map_or(&bytes[q..high], |n| &bytes[q..q + n]);
    let rest = rest.trim_ascii();
    let ends = rest.is_empty() || rest.starts_with(b"#") || rest.starts_with(b"</") || rest == b"\\";
    if leads && ends { found(stand) } else { found(Stand::Inline) }
}

/// Whether the name begins its line, but for indentation, `export`, a list dash, a comment sign or a tag.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    let line = &bytes[at.saturating_sub(48)..at];
    let line = memchr::memrchr2(b'\n', b'\r', line).map_or(line, |n| &line[n + 1..]);
    let lead = line.trim_ascii();
    // A section before the name: `spring.datasource.`, `//registry.acme.test/:_`.
    lead.is_empty()
        || lead.ends_with(b"<") && lead.len() == 1
        || matches!(
            lead,
            b"export"
                | b"-"
                | b"#"
                | b"//"
                | b";"
                | b"--"
                | b"*"
                | b"set"
                | b"SET"
                | b"ENV"
                | b"ARG"
                | b"-e"
                | b"--env"
                | b"+"
                | b"\""
                | b"- \""
                | b"'"
                | b"env:"
                | b"declare -x"
                | b"setenv"
                | b"# export"
                | b"$"
                | b"$env:"
                | b"@"
                | b"%"
        )
}
