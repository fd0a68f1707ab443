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
    /// The rest of the line that the name begins, with nothing but blanks between them.
    Alone,
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
    /// The name begins its line, and blanks alone part it from what follows.
    alone: bool,
}

/// Longest name on either side of the context word, bytes.
const NAME_BYTES_MAX: usize = 48;
/// Most quotes, brackets and blanks between a name and its separator.
const CLOSERS_MAX: usize = 12;
/// Begins the name of an annotation that holds a hash.
const CHECKSUM: &[u8] = b"checksum/";
/// Words that go on with a name after a blank: `API key: …`, `secret access key = …`.
const NAME_TAILS: [&[u8]; 6] = [b"key", b"token", b"secret", b"password", b"value", b"access key"];
/// Bytes behind a name that [`lead`] may look at: a further word, closers, a separator.
const BEHIND_NAME_BYTES: usize = 12 + CLOSERS_MAX + 4;
/// Bytes before a name that [`lead`] may look at on the same line.
const LINE_LEAD_BYTES: usize = 48;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 400;
/// Longest gap between a name in one attribute or element and the value in the next, bytes.
const BESIDE_BYTES_MAX: usize = 64;

/// Letters of any alphabet, digits, and what joins the words of a name.
fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80
}

fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The name around the context word at `at..end`, when a separator may follow it.
pub(super) fn lead(bytes: &[u8], at: usize, end: usize) -> Option<Lead> {
    // Some context words bring the separator along: `pw=`.
    let end = if is_name_byte(bytes[end - 1]) { end } else { end - 1 };
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
    // `checksum/secret: …` is an annotation about one.
    if bytes[..start].ends_with(CHECKSUM) {
        return None;
    }
    let mut p = stop;
    let mut closed_quote = false;
    for _ in 0..CLOSERS_MAX {
        match byte(bytes, p) {
            b'"' | b'\'' | b'`' if !closed_quote || bytes[p - 1] == bytes[p] => closed_quote = true,
            b'\\' if matches!(byte(bytes, p + 1), b'"' | b'\'') => {}
            b']' | b' ' | b'\t' | b'*' => {}
            b')' if closed_quote => {}
            _ => break,
        }
        p += 1;
    }
    let rest = bytes.get(p..bytes.len().min(p + 4)).unwrap_or_default();
    let separated =
        matches!(byte(rest, 0), b'=' | b':' | b',' | b'(' | b'>' | b'?' | b'|' | b'{' | b'<' | b'!')
            || rest.starts_with(b"As ")
            || rest.starts_with(b"or ");
    let spaced = p > stop && (closed_quote || is_flag(bytes, start));
    // `- name: DB_PASSWORD` with the value on the next line.
    let line_ends = matches!(byte(bytes, p), b'\r' | b'\n') && start > 0;
    let alone = p > stop && !separated && !closed_quote && starts_line(bytes, start);
    (separated || spaced || line_ends || alone).then_some(Lead {
        name: (start, stop),
        at: p,
        closed_quote,
        alone,
    })
}

/// The part of `bytes[from..to]` in which a context word's [`lead`] depends on nothing outside: words that begin at the
/// first place or later, and end at the second or earlier.
///
/// A line end before a word and something that is no name behind it are walls that [`lead`] does not look through.
pub(in crate::engine) fn walled(bytes: &[u8], from: usize, to: usize) -> (usize, usize) {
    let first = from + CHECKSUM.len();
    let reach = NAME_BYTES_MAX + LINE_LEAD_BYTES;
    let near = &bytes[first.min(to)..(first + reach).min(to)];
    let start = memchr::memchr2(b'\n', b'\r', near).map_or(first + reach, |wall| first + wall + 1);
    let last = to.saturating_sub(BEHIND_NAME_BYTES);
    let far = last.saturating_sub(NAME_BYTES_MAX).max(from);
    let near = bytes.get(far..last).unwrap_or_default();
    let end = near.iter().rposition(|&byte| !is_name_byte(byte)).map_or(far, |wall| far + wall);
    (start, end)
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
    /// The value is an element's text, or the rest of its line: what begins it was made sure of.
    whole: bool,
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
    let from = |at: usize, stand: Stand, needs_quote: bool| {
        Some(Separator { at: spaced(bytes, at, high), stand, needs_quote, whole: false })
    };
    let assigned = |skip: usize| from(p + skip, Stand::Assigned, false);
    match next(p) {
        b'=' if next(p + 1) == b'=' => from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Passed, true),
        b'!' if next(p + 1) == b'=' => from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Passed, true),
        b'=' if matches!(next(p + 1), b'>' | b'~') => assigned(2),
        b'=' => assigned(1),
        b'?' if matches!(next(p + 1), b'=' | b':') => assigned(2),
        // What is taken when the variable is not set: `?? "…"`, `|| "…"`, `or "…"`.
        b'?' if next(p + 1) == b'?' => {
            from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Assigned, true)
        }
        b'|' if next(p + 1) == b'|' => {
            from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Assigned, true)
        }
        b'o' if bytes[p..].starts_with(b"or ") => from(p + 3, Stand::Assigned, true),
        b'A' if bytes[p..].starts_with(b"As ") => {
            let equals = bytes[p..high.min(p + 32)].iter().position(|&b| b == b'=' || b == b'\n')?;
            (next(p + equals) == b'=').then(|| from(p + equals + 1, Stand::Assigned, true)).flatten()
        }
        b':' if matches!(next(p + 1), b'=' | b'-') => assigned(2),
        b':' if next(p + 1) == b':' => None,
        b':' => {
            let at = bytes[p + 1..].iter().take(2).take_while(|&&b| b == b'*').count();
            let at = tagged(bytes, spaced(bytes, p + 1 + at, high), high);
            let typed = typed(bytes, at, high).map(|at| spaced(bytes, at, high));
            from(typed.unwrap_or(at), Stand::Assigned, typed.is_some())
        }
        b',' if lead.closed_quote => from(p + 1, Stand::Passed, true),
        b'(' => from(p + 1, Stand::Passed, true),
        b'>' if lead.name.0 > 0 && matches!(bytes[lead.name.0 - 1], b'<' | b':' | b'"' | b'\'') => {
            element(bytes, p)
        }
        b'{' if lead.closed_quote => None,
        _ if lead.name.0 > 0
            && matches!(bytes[lead.name.0 - 1], b'<' | b'"')
            && tag_end(bytes, lead, high).is_some() =>
        {
            element(bytes, tag_end(bytes, lead, high)?)
        }
        _ if is_flag(bytes, lead.name.0) && next(lead.name.1) == b' ' => {
            from(lead.name.1 + 1, Stand::Passed, false)
        }
        // `PASSWORD 'value'`: a blank was taken for a closer, and so was the quote that opens the value.
        _ if lead.closed_quote && next(lead.name.1) == b' ' => {
            let quote = (lead.name.1..p).find(|&at| matches!(bytes[at], b'"' | b'\''))?;
            from(quote, Stand::Passed, true)
        }
        _ if lead.alone => Some(Separator { at: p, stand: Stand::Alone, needs_quote: false, whole: true }),
        _ => None,
    }
}

/// The text of an element, whose start tag ends at `tag_end`.
fn element(bytes: &[u8], tag_end: usize) -> Option<Separator> {
    let mut at = tag_end + 1;
    if bytes.get(at..)?.starts_with(b"<![CDATA[") {
        at += 9;
    }
    Some(Separator { at, stand: Stand::Assigned, needs_quote: false, whole: true })
}

/// The end of the start tag that the name stands in: `<secret encoding="plain">`, `<string name="api_key" x="y">`.
fn tag_end(bytes: &[u8], lead: Lead, high: usize) -> Option<usize> {
    let tag = &bytes[lead.at..high.min(lead.at + BESIDE_BYTES_MAX)];
    let end = memchr::memchr3(b'>', b'<', b'\n', tag)?;
    let in_tag =
        tag[end] == b'>' && end > 0 && tag[end - 1] != b'/' && memchr::memchr(b'=', &tag[..end]).is_some();
    in_tag.then_some(lead.at + end)
}

/// After a YAML tag or anchor: `!!str …`, `!unsafe …`, `&name …`.
fn tagged(bytes: &[u8], at: usize, high: usize) -> usize {
    if !matches!(byte(bytes, at), b'!' | b'&') {
        return at;
    }
    let Some(end) = bytes[at..high.min(at + 24)].iter().position(|&b| b == b' ') else { return at };
    let next = spaced(bytes, at + end, high);
    let word = &bytes[at + 1..at + end];
    let plain = word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'!' | b'_'));
    if plain && byte(bytes, next) != b'=' { next } else { at }
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

/// `key="password" value="…"`, `{"name": "DB_PASSWORD", "value": "…"}`, `- name: DB_PASSWORD` over `value: …`,
/// `"password": {"value": "…"}`, `variable "password" { default = "…" }`, `<key>Password</key><string>…</string>`.
fn beside(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    let opener = byte(bytes, lead.at);
    if opener == b'<' {
        return next_element(bytes, lead, high);
    }
    let inside = opener == b'{'
        || matches!(opener, b':' | b'=') && byte(bytes, spaced(bytes, lead.at + 1, high)) == b'{';
    let attribute =
        lead.closed_quote && (opener.is_ascii_alphabetic() || bytes[lead.at - 1].is_ascii_whitespace());
    let pair = matches!(opener, b',' | b'\r' | b'\n') || attribute;
    if !(inside || pair && is_value_of_a_name(bytes, lead.name.0)) {
        return None;
    }
    let limit = high.min(lead.at + BESIDE_BYTES_MAX);
    let skipped =
        |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'-' | b'{' | b':' | b'=');
    let mut p = (lead.at..limit).find(|&at| !skipped(bytes[at]))?;
    let rest = &bytes[p..limit];
    let words = [
        &b"value"[..],
        b"Value",
        b"defaultValue",
        b"default",
        b"Default",
        b"content",
        b"text",
        b"stringValue",
    ];
    let word =
        words.into_iter().find(|word| rest.starts_with(word) && !is_name_byte(byte(rest, word.len())))?;
    p += word.len();
    p = (p..limit).find(|&at| !matches!(bytes[at], b' ' | b'"' | b'\''))?;
    if !matches!(bytes[p], b'=' | b':') {
        return None;
    }
    let at = spaced(bytes, p + 1, high);
    value_at(bytes, lead.name, Separator { at, stand: Stand::Beside, needs_quote: false, whole: false }, high)
}

/// The text of the element after the one that holds the name.
fn next_element(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    let text = &bytes[lead.at..high.min(lead.at + BESIDE_BYTES_MAX)];
    if !text.starts_with(b"</") {
        return None;
    }
    let closes = memchr::memchr(b'>', text)?;
    let gap = text[closes + 1..].iter().position(|b| !b.is_ascii_whitespace())?;
    let next = closes + 1 + gap;
    if text[next] != b'<' || byte(text, next + 1) == b'/' {
        return None;
    }
    let end = next + memchr::memchr(b'>', &text[next..])?;
    let mut found = value_at(bytes, lead.name, element(bytes, lead.at + end)?, high)?;
    found.stand = Stand::Beside;
    Some(found)
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
    p = unwrapped(bytes, p, high);
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
    bare(bytes, name, p, separator, high, folded)
}

/// Functions that make a value of another type out of a literal, and nothing else.
const WRAPPERS: [&[u8]; 34] = [
    b"from",
    b"str",
    b"Some",
    b"[]byte",
    b"GetBytes",
    b"FromBase64String",
    b"b64decode",
    b"decode",
    b"fromhex",
    b"unhex",
    b"from_hex",
    b"unhexlify",
    b"SecretKeySpec",
    b"QStringLiteral",
    b"QLatin1String",
    b"QString",
    b"string",
    b"TEXT",
    b"_T",
    b"ToSecure",
    b"SecretStr",
    b"SecretString",
    b"Secret",
    b"String",
    b"bytes",
    b"bytearray",
    b"to_vec",
    b"Buffer",
    b"ByteString",
    b"Password",
    b"SymmetricSecurityKey",
    b"StringType",
    b"text",
    b"Value",
];
/// Longest run of wrappers, bytes.
const WRAPPER_BYTES_MAX: usize = 72;

/// Past `String::from(`, `[]byte(`, `Encoding.UTF8.GetBytes(`, `(`: to the quote that opens the literal.
fn unwrapped(bytes: &[u8], p: usize, high: usize) -> usize {
    let text = &bytes[p.min(high)..high.min(p + WRAPPER_BYTES_MAX)];
    let Some(quote) = memchr::memchr3(b'"', b'\'', b'`', text) else { return p };
    let before = &text[..quote];
    let Some(inner) = before.strip_suffix(b"(").or(before.strip_suffix(b"(b")) else { return p };
    let callee = inner.rsplit(|b| matches!(b, b'.' | b':' | b' ' | b'(' | b'>')).next().unwrap_or_default();
    let plain = before.iter().all(|&b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'(' | b' ' | b'<' | b'>' | b'[' | b']')
    });
    if plain && (callee.is_empty() && inner.is_empty() || WRAPPERS.contains(&callee)) { p + quote } else { p }
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
    separator: Separator,
    high: usize,
    folded: bool,
) -> Option<Assignment> {
    let stand = separator.stand;
    let flag = stand == Stand::Passed;
    let optional = !flag && follows_option(bytes, name.0);
    // The value of a pair stands on a line of its own: `- name: X` over `value: …`.
    let leads = folded || separator.whole || stand == Stand::Beside || starts_line(bytes, name.0);
    let delimits = |b: u8| {
        matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'<' | b',' | b';' | b'\\')
            || !leads && !flag && matches!(b, b'&' | b')' | b'}' | b']' | b'|')
    };
    let limit = high.min(p + VALUE_BYTES_MAX + 1);
    let next = |from: usize| (from..limit).find(|&at| delimits(bytes[at])).unwrap_or(limit);
    let mut q = next(p);
    // The rest of a line is the value, commas and all; what follows with a sign of its own is the next pair.
    while leads && matches!(byte(bytes, q), b',' | b';') && q + 1 < limit && !delimits(bytes[q + 1]) {
        let end = next(q + 1);
        if memchr::memchr2(b'=', b':', &bytes[q + 1..end]).is_some() {
            break;
        }
        q = end;
    }
    if q <= p || q == limit && limit < bytes.len() {
        return None;
    }
    let found = |stand| Some(Assignment { name, value: (p, q), quoted: false, stand });
    if flag {
        return found(stand);
    }
    // A bare value ends its line, but for a comment or a closing tag; otherwise this is a sentence or code.
    let rest = bytes[q..high].iter().position(|&b| b == b'\n').map_or(&bytes[q..high], |n| &bytes[q..q + n]);
    let comment = rest.starts_with(b" ;") || rest.starts_with(b" //");
    let rest = rest.trim_ascii();
    let opened = name.0 > 0 && rest.len() == 1 && rest[0] == bytes[name.0 - 1];
    let ends = comment
        || rest.is_empty()
        || opened && matches!(rest[0], b'"' | b'\'')
        || rest.starts_with(b"#")
        || rest.starts_with(b"</")
        || rest.starts_with(b"]]>")
        || rest == b"\\";
    if separator.whole && stand != Stand::Alone && !rest.starts_with(b"</") && !rest.starts_with(b"]]>") {
        return None;
    }
    match (leads && ends, stand) {
        (true, _) => found(stand),
        // `docker run -e DB_PASSWORD=value image`: an argument ends with a blank or its quote.
        (false, _)
            if optional && matches!(byte(bytes, q), b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | 0) =>
        {
            found(stand)
        }
        (false, Stand::Alone) => None,
        // `${PASSWORD:-value}`: what is taken when nothing is set.
        (false, _) if bytes[..name.0].ends_with(b"${") && byte(bytes, q) == b'}' => found(stand),
        (false, _) => found(Stand::Inline),
    }
}

/// Whether the name begins the argument of an option that sets a variable or a field.
fn follows_option(bytes: &[u8], at: usize) -> bool {
    const OPTIONS: [&[u8]; 9] = [
        b" -e",
        b" --env",
        b" --env=",
        b" --from-literal=",
        b" --from-literal",
        b" --set",
        b" --set-string",
        b" -var",
        b" --build-arg",
    ];
    let line = &bytes[at.saturating_sub(LINE_LEAD_BYTES)..at];
    let line = memchr::memrchr2(b'\n', b'\r', line).map_or(line, |n| &line[n + 1..]);
    let lead = line.trim_ascii_end();
    let lead = lead.strip_suffix(b"\"").or(lead.strip_suffix(b"'")).unwrap_or(lead).trim_ascii_end();
    OPTIONS.iter().any(|option| lead.ends_with(option))
}

/// Whether the name begins its line, but for indentation, `export`, a list dash, a comment sign or a tag.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    let line = &bytes[at.saturating_sub(LINE_LEAD_BYTES)..at];
    let line = memchr::memrchr2(b'\n', b'\r', line).map_or(line, |n| &line[n + 1..]);
    let lead = line.trim_ascii();
    // A section before the name: `spring.datasource.`, `//registry.acme.test/:_`.
    lead.is_empty()
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
                | b"- '"
                | b"Environment="
                | b"Environment=\""
                | b"Environment='"
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
