//! Values that do not stand right behind their name: before it, or in a call that is chained to it.

use super::reading::quoted;
use super::{
    Assignment, CLOSERS_MAX, Form, LINE_LEAD_BYTES, Lead, Stand, byte, element, is_name_byte, value_at,
};

/// Longest name of a method between a name and its value, and of what a closure begins with, bytes.
pub(super) const METHOD_BYTES_MAX: usize = 24;
/// Bytes before a name among which the literal stands that is compared with it.
const LITERAL_LEAD_BYTES: usize = 100;
/// Calls that make something else of what they are given: what is expected of them is not what went in.
const DERIVING: [&[u8]; 16] = [
    b"hash",
    b"md5",
    b"sha",
    b"hmac",
    b"digest",
    b"encrypt",
    b"encode",
    b"sign",
    b"crypt",
    b"derive",
    b"checksum",
    b"crc",
    b"mask",
    b"redact",
    b"fingerprint",
    b"replace",
];

/// The quote that opens the literal of a call chained to a name that ends at `stop`: `token).toBe("…")`,
/// `"PASSWORD").unwrap_or_else(|_| "…")`, `(:token) { "…" }`.
pub(super) fn chained(bytes: &[u8], stop: usize) -> Option<usize> {
    let closers = bytes.get(stop..bytes.len().min(stop + CLOSERS_MAX)).unwrap_or_default();
    let mut closed = 0;
    let run = closers.iter().take_while(|&&b| {
        closed += usize::from(b == b')');
        matches!(b, b'"' | b'\'' | b')' | b']') || b == b'('
    });
    let mut p = stop + run.count();
    if closed == 0 || closers.first() == Some(&b'(') && closers.get(1) != Some(&b')') {
        return None;
    }
    if bytes.get(p..)?.starts_with(b" { ") {
        p += 3;
        return matches!(byte(bytes, p), b'"' | b'\'').then_some(p);
    }
    if byte(bytes, p) != b'.' {
        return None;
    }
    p += 1;
    let method = bytes.get(p..)?.iter().take(METHOD_BYTES_MAX).take_while(|&&b| is_name_byte(b)).count();
    p += method;
    if method < 2 || byte(bytes, p) != b'(' {
        return None;
    }
    p += 1;
    for closure in [&b"|_| "[..], b"|| ", b"() => ", b"() -> ", b"@"] {
        p += if bytes[p..].starts_with(closure) { closure.len() } else { 0 };
    }
    matches!(byte(bytes, p), b'"' | b'\'' | b'`').then_some(p)
}

/// Bytes behind a name in an attribute among which the element with its value begins.
const ELEMENT_LEAD_BYTES: usize = 200;

/// The text of the element inside of the one that an attribute names: `<setting name="Password" …><value>…</value>`.
pub(super) fn of_element_behind(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    let text = &bytes[lead.name.1..high.min(lead.name.1 + ELEMENT_LEAD_BYTES)];
    let closes = memchr::memchr3(b'>', b'<', b'\n', text).filter(|&at| text[at] == b'>')?;
    if closes > 0 && text[closes - 1] == b'/' {
        return None;
    }
    let next = closes + 1 + text[closes + 1..].iter().position(|b| !b.is_ascii_whitespace())?;
    let tag = text.get(next + 1..next + 6)?;
    if text[next] != b'<' || !(tag.eq_ignore_ascii_case(b"value") || tag.eq_ignore_ascii_case(b"strin")) {
        return None;
    }
    let end = next + memchr::memchr(b'>', &text[next..])?;
    let mut found = value_at(bytes, lead.name, element(bytes, lead.name.1 + end)?, high)?;
    found.stand = Stand::Beside;
    Some(found)
}

/// The value of a call that is chained to a name.
pub(super) fn of_chained(bytes: &[u8], name: (usize, usize), high: usize) -> Option<Assignment> {
    let opens = chained(bytes, name.1).filter(|&opens| opens < high)?;
    let before = bytes[name.0.saturating_sub(LINE_LEAD_BYTES)..name.0].to_ascii_lowercase();
    let before = memchr::memrchr2(b'\n', b'\r', &before).map_or(&before[..], |line| &before[line + 1..]);
    let derived = DERIVING.iter().any(|word| memchr::memmem::find(before, word).is_some());
    (!derived).then(|| quoted(bytes, name, opens, 0, Stand::Inline, high)).flatten()
}

/// The quote that closes a literal which is compared with the name at `start`: `"…".equals(token)`, `"…" == token`,
/// `("…", config.getToken())`, `("…", forHTTPHeaderField: "X-Token")`, `value='…' WHERE name='token'`.
pub(super) fn compared(bytes: &[u8], start: usize) -> Option<usize> {
    let line = &bytes[start.saturating_sub(LINE_LEAD_BYTES)..start];
    let line = memchr::memrchr2(b'\n', b'\r', line).map_or(line, |end| &line[end + 1..]);
    let quote = |b: u8| matches!(b, b'"' | b'\'');
    // The quote that opens the name itself belongs to it.
    let own = line.last().is_some_and(|&b| quote(b));
    let line = &line[..line.len() - usize::from(own)];
    let at = line.iter().rposition(|&b| quote(b))?;
    let between = &line[at + 1..];
    let close = start - usize::from(own) - between.len() - 1;
    let says = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(between, word).is_some());
    let telling = if own {
        says(&[b"forHTTPHeaderField", b"WHERE ", b"where "])
    } else {
        says(&[b".equals", b"==", b"!=", b", "])
    };
    telling.then_some(close)
}

/// The literal that is compared with a name.
pub(super) fn of_compared(bytes: &[u8], name: (usize, usize)) -> Option<Assignment> {
    let close = compared(bytes, name.0)?;
    let low = close.saturating_sub(LITERAL_LEAD_BYTES);
    let lead = &bytes[low..close];
    let lead = &lead[memchr::memrchr2(b'\n', b'\r', lead).map_or(0, |end| end + 1)..];
    let open = memchr::memrchr(bytes[close], lead)?;
    let between = &bytes[close + 1..name.0];
    let callee = lead[..open].to_ascii_lowercase();
    let callee = callee.strip_suffix(b"@").unwrap_or(&callee);
    // Of two arguments only an assertion says that they are the same.
    let listed = between.starts_with(b", ") && memchr::memmem::find(between, b"forHTTP").is_none();
    let asserts = callee.ends_with(b"(")
        && [&b"assert"[..], b"equal"].iter().any(|word| memchr::memmem::find(callee, word).is_some());
    if listed && !asserts || DERIVING.iter().any(|word| memchr::memmem::find(between, word).is_some()) {
        return None;
    }
    let begin = close - (lead.len() - open) + 1;
    let value = (begin, close);
    (begin < close).then_some(Assignment {
        name,
        value,
        quoted: true,
        stand: Stand::Inline,
        scheme: false,
        form: Form::Plain,
    })
}
