//! Reads the value behind a separator: quoted, bare, wrapped in a call, or behind what stands in for it.

use super::line::{follows_option, is_pair, starts_line};
use super::{Assignment, Form, Separator, Stand, VALUE_BYTES_MAX, byte};

/// Reads the value at the separator's end: quoted, or bare up to a delimiter.
pub(super) fn value_at(
    bytes: &[u8],
    name: (usize, usize),
    separator: Separator,
    high: usize,
) -> Option<Assignment> {
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
    // `"…?token=" + "…"`: the quote closes what the name stands in.
    if matches!(byte(bytes, p), b'"' | b'\'') && matches!(bytes.get(p + 1..p + 4), Some(b" + " | b" . ")) {
        p += 4;
    }
    if let Some(found) = numbers(bytes, name, p, separator.stand, high) {
        return Some(found);
    }
    let list = p;
    if bytes[p.min(high)..high].starts_with(b"<<\"") {
        p += 2;
    }
    p = unwrapped(bytes, p, high);
    let stand = if p > list && matches!(bytes[list], b'[' | b'{') { Stand::Inline } else { separator.stand };
    // String prefixes: b"", r"", f"", u"", @"".
    if matches!(byte(bytes, p), b'b' | b'r' | b'f' | b'u' | b'@' | b'L' | b'N')
        && matches!(byte(bytes, p + 1), b'"' | b'\'')
    {
        p += 1;
    }
    let escapes = bytes[p.min(bytes.len())..].iter().take(4).take_while(|&&b| b == b'\\').count();
    let opens = p + escapes;
    let quote = byte(bytes, opens);
    if quote == b'`' && p == opens && begins_with_backtick(bytes, p, high) {
        let found = bare(bytes, name, p + 1, separator, high, folded)?;
        return Some(Assignment { value: (p, found.value.1), ..found });
    }
    if matches!(quote, b'"' | b'\'' | b'`') {
        return quoted(bytes, name, opens, escapes, stand, high);
    }
    if separator.stand == Stand::Assigned
        && let Some(opens) = fallback(bytes, p, high)
    {
        return quoted(bytes, name, opens, 0, Stand::Inline, high);
    }
    let item = broken && byte(bytes, p) == b'-' && byte(bytes, p + 1) == b' ';
    if separator.needs_quote || escapes > 0 || broken && !folded && !item {
        return None;
    }
    // `name:` over `- value`.
    if item {
        let inline = Separator { stand: Stand::Inline, ..separator };
        return bare(bytes, name, p + 2, inline, high, true);
    }
    bare(bytes, name, p, separator, high, folded)
}

/// Whether the backtick at `p` is the first of a password's letters: no other stands on its line, in the line's last word.
fn begins_with_backtick(bytes: &[u8], p: usize, high: usize) -> bool {
    let line = &bytes[p + 1..high.max(p + 1)];
    let line = memchr::memchr2(b'\n', b'\r', line).map_or(line, |end| &line[..end]);
    bytes[p - 1] == b'=' && !line.contains(&b'`') && !line.contains(&b' ')
}

/// Functions that make a value of another type out of a literal, and nothing else.
const WRAPPERS: [&[u8]; 67] = [
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
    b"from_static",
    b"Field",
    b"Value",
    b"DecodeString",
    b"parse",
    b"parseHex",
    b"hexToBytes",
    b"hexStringToByteArray",
    b"fromHex",
    b"decodeHex",
    b"hex2bin",
    b"base64_decode",
    b"urlsafe_b64decode",
    b"from_base64",
    b"fromBase64",
    b"fromUtf8",
    b"a2b_hex",
    b"hex!",
    b"decode64",
    b"SecureString",
    b"asList",
    b"of",
    b"array",
    b"list",
    b"set",
    b"Decode",
    b"decrypt",
    b"IvParameterSpec",
    b"IV",
    b"Key",
    b"bcrypt",
    b"make",
    b"make_password",
    b"generate_password_hash",
];
/// Longest run of wrappers, bytes.
const WRAPPER_BYTES_MAX: usize = 72;

/// Past `String::from(`, `[]byte(`, `Encoding.UTF8.GetBytes(`, `(`: to the quote that opens the literal.
fn unwrapped(bytes: &[u8], p: usize, high: usize) -> usize {
    let text = &bytes[p.min(high)..high.min(p + WRAPPER_BYTES_MAX)];
    let Some(quote) = memchr::memchr3(b'"', b'\'', b'`', text) else { return p };
    let before = &text[..quote];
    if listed(bytes, before, p + quote, high) {
        return p + quote;
    }
    let Some(inner) = before.strip_suffix(b"(").or(before.strip_suffix(b"(b")) else { return p };
    let callee = inner.rsplit(|b| matches!(b, b'.' | b':' | b' ' | b'(' | b'>')).next().unwrap_or_default();
    let plain = before.iter().all(|&b| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'.' | b':' | b'(' | b' ' | b'<' | b'>' | b'[' | b']' | b'!')
    });
    if plain && (callee.is_empty() && inner.is_empty() || WRAPPERS.contains(&callee)) { p + quote } else { p }
}

/// Fewest and most numbers in a list that is a key, and the longest way to it, bytes.
const NUMBERS: std::ops::RangeInclusive<usize> = 8..=64;
const NUMBERS_LEAD_MAX: usize = 40;

/// A key written byte by byte: `{ 0x1f, 0xA0, … }`, `new byte[] { (byte) 0x1f, … }`, `[]byte{0x1f, …}`.
fn numbers(bytes: &[u8], name: (usize, usize), p: usize, stand: Stand, high: usize) -> Option<Assignment> {
    if stand != Stand::Assigned {
        return None;
    }
    let lead = &bytes[p.min(high)..high.min(p + NUMBERS_LEAD_MAX)];
    let begin = p + lead.windows(2).position(|two| two == b"0x")?;
    let before = bytes[p..begin].trim_ascii_end();
    let before = before.strip_suffix(b"(byte)").unwrap_or(before).trim_ascii_end();
    if !matches!(before.last(), Some(b'{' | b'[' | b'(')) || before.contains(&b'=') {
        return None;
    }
    let list = |b: u8| {
        b.is_ascii_hexdigit() || matches!(b, b'x' | b',' | b' ' | b'\n' | b'\r' | b'\t' | b'(' | b')' | b'y')
    };
    let len = bytes[begin..high].iter().take_while(|&&b| list(b)).count();
    let text = bytes[begin..begin + len].trim_ascii_end();
    let text = text.strip_suffix(b")").unwrap_or(text);
    let count = digits_of(text).len() / 2;
    let value = (begin, begin + text.len());
    let closed = matches!(byte(bytes, begin + len), b'}' | b']') || text.len() < len;
    (closed && NUMBERS.contains(&count)).then_some(Assignment {
        name,
        value,
        quoted: true,
        stand,
        scheme: false,
        form: Form::Numbers,
    })
}

/// The hex digits of a list of bytes; empty when an element is no byte.
pub(in crate::engine::generic) fn digits_of(list: &[u8]) -> Vec<u8> {
    let mut digits = Vec::new();
    for item in list.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty()) {
        let item = item.strip_prefix(b"(byte)").unwrap_or(item).trim_ascii();
        match item.strip_prefix(b"0x") {
            Some(&[digit]) => digits.extend([b'0', digit.to_ascii_lowercase()]),
            Some(&[upper, lower]) => digits.extend([upper.to_ascii_lowercase(), lower.to_ascii_lowercase()]),
            _ => return Vec::new(),
        }
    }
    digits
}

/// Whether the quote opens the first element of a list: `["…", "…"]`, `{"…"}`; not of a map.
fn listed(bytes: &[u8], before: &[u8], opens: usize, high: usize) -> bool {
    let plain = |b: &u8| matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b'&' | b'*' | b'@' | b'b');
    let Some((b'[' | b'{' | b'*', inner)) = before.split_first() else { return false };
    if !inner.iter().all(plain) {
        return false;
    }
    let limit = high.min(opens + 1 + VALUE_BYTES_MAX);
    let Some(len) = memchr::memchr2(bytes[opens], b'\n', &bytes[opens + 1..limit]) else { return false };
    let closes = opens + 1 + len;
    let next = bytes[closes + 1..high].iter().find(|b| !matches!(b, b' ' | b'\t')).copied();
    bytes[closes] == bytes[opens] && !matches!(next, Some(b':' | b'='))
}

/// Signs that what follows is taken when the expression before them gives nothing.
const FALLBACKS: [&[u8]; 10] =
    [b" or ", b"|| ", b"?? ", b"? ", b" : ", b"?: ", b"lambda: ", b"orElse(", b" else ", b"Default("];
/// Longest expression before such a sign, bytes.
const FALLBACK_BYTES_MAX: usize = 100;

/// The quote that opens what stands in for an expression: `getenv("X") == null ? "…"`, `input() or "…"`.
fn fallback(bytes: &[u8], p: usize, high: usize) -> Option<usize> {
    let text = &bytes[p.min(high)..high.min(p + FALLBACK_BYTES_MAX)];
    let line = memchr::memchr2(b'\n', b'\r', text).map_or(text, |end| &text[..end]);
    if !line.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let quotes = (0..line.len()).filter(|&at| matches!(line[at], b'"' | b'\''));
    let opens = quotes.into_iter().find(|&at| FALLBACKS.iter().any(|sign| line[..at].ends_with(sign)));
    opens.map(|at| p + at)
}

/// The value in the quotes that open at `opens`, after `escapes` backslashes.
pub(super) fn quoted(
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
    if !closed || stop <= begin {
        return None;
    }
    // `"\"…\""`: a literal for a compiler that comes later.
    let twice =
        escapes == 0 && bytes[begin..stop].starts_with(b"\\\"") && bytes[begin..stop].ends_with(b"\\\"");
    let (begin, stop) = if twice && stop > begin + 4 { (begin + 2, stop - 2) } else { (begin, stop) };
    // `'"…"'`: a literal for a compiler that comes later, too.
    let other = if quote == b'\'' { b'"' } else { b'\'' };
    let inner = stop > begin + 3 && bytes[begin] == other && bytes[stop - 1] == other;
    let (begin, stop) = if inner { (begin + 1, stop - 1) } else { (begin, stop) };
    let from = past_scheme(bytes, begin, stop);
    Some(Assignment {
        name,
        value: (from, stop),
        quoted: true,
        stand,
        scheme: from > begin,
        form: Form::Plain,
    })
}

/// Words before a credential that say how it lets somebody in, as they stand in headers.
const SCHEMES: [&[u8]; 12] = [
    b"bearer",
    b"basic",
    b"token",
    b"apikey",
    b"api-key",
    b"client-id",
    b"jwt",
    b"key",
    b"oauth",
    b"sso-key",
    b"genie-key",
    b"ssws",
];

/// Past `Bearer `, `Token token="`, `ApiKey `: to the credential itself.
fn past_scheme(bytes: &[u8], begin: usize, stop: usize) -> usize {
    let text = &bytes[begin..stop];
    let Some(blank) = memchr::memchr(b' ', &text[..text.len().min(12)]) else { return begin };
    let word = text[..blank].to_ascii_lowercase();
    let single = memchr::memchr(b' ', &text[blank + 1..]).is_none();
    if single && blank + 1 < text.len() && SCHEMES.contains(&&word[..]) { begin + blank + 1 } else { begin }
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
    let limit = high.min(p + VALUE_BYTES_MAX + 1);
    let line = memchr::memchr2(b'\n', b'\r', &bytes[p.min(limit)..limit]).map_or(limit, |end| p + end);
    // A sign like any other in the rest of a line, unless it opens a tag.
    let tag = memchr::memchr(b'<', &bytes[p.min(line)..line]);
    let tag = tag.is_some_and(|at| separator.whole || memchr::memchr(b'>', &bytes[p + at..line]).is_some());
    let delimits = |b: u8| {
        matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b',' | b';' | b'\\')
            || b == b'<' && (tag || !leads)
            || !leads && !flag && matches!(b, b'&' | b')' | b'}' | b']' | b'|')
    };
    let next = |from: usize| (from..limit).find(|&at| delimits(bytes[at])).unwrap_or(limit);
    let from = if flag { p } else { past_scheme(bytes, p.min(line), line) };
    let (p, scheme) = (from, from > p || stand == Stand::Scheme);
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
    let found =
        |stand| Some(Assignment { name, value: (p, q), quoted: false, stand, scheme, form: Form::Plain });
    if flag || stand == Stand::Scheme {
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
        || rest == b"\\"
        || rest == b";"
            // `password: String2;` declares a type.
            && byte(bytes, name.1) != b':'
            && bytes[p..q]
                .iter()
                .any(|b| b.is_ascii_digit() || matches!(b, b'=' | b'+' | b'!' | b'@' | b'#'));
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
        (false, _) if is_pair(bytes, name, (p, q), rest) => found(Stand::Pair),
        (false, _) => found(Stand::Inline),
    }
}
