//! The shape test: `name <separator> value` in code, configuration, markup and command lines.
//!
//! It is written by hand because it runs at every context word of every file: it must cost less than a regex call. Its
//! first half, [`lead`], looks at a few bytes only and refuses nearly everything; the scan in the delta domain depends
//! on how few they are.

mod around;
mod escaped;
mod line;
mod reading;
mod serialised;
mod signs;

use around::{METHOD_BYTES_MAX, chained, compared};
pub(super) use escaped::resolved;
use line::starts_line;
pub(super) use line::{begins_row, in_query, opens_map};
pub(super) use reading::digits_of;
use reading::value_at;
use signs::{behind_comma, in_words};

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
    /// One of several pairs on a line: `user=x,password=y`, `{user: x, password: y}`.
    Pair,
    /// Bare in the middle of a line, or apart from its name: only a random value counts.
    Inline,
    /// Behind the scheme of authentication that it serves.
    Scheme,
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
    /// A word before it says how it lets somebody in: `Bearer`, `Basic`, `Token`.
    pub(super) scheme: bool,
    /// How it is written.
    pub(super) form: Form,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// As a list of numbers, one a byte.
    Numbers,
    /// With escapes of the web in it or around it.
    Escaped,
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
    /// The name is a scheme of authentication, and what it needs follows after a blank.
    scheme: bool,
}

impl Lead {
    /// First byte of the name, and the byte after it.
    pub(super) fn name(&self) -> (usize, usize) {
        self.name
    }

    /// Whether the separator behind the name is this sign.
    pub(super) fn is_followed_by(&self, bytes: &[u8], sign: u8) -> bool {
        byte(bytes, self.at) == sign
    }
}

/// Longest name on either side of the context word, bytes.
const NAME_BYTES_MAX: usize = 48;
/// Most quotes, brackets and blanks between a name and its separator.
const CLOSERS_MAX: usize = 12;
/// Most blanks more by which a separator is set below those of other lines.
const ALIGNING_BLANKS_MAX: usize = 64;
/// Begins the name of an annotation that holds a hash.
const CHECKSUM: &[u8] = b"checksum/";
/// Words that go on with a name after a blank: `API key: …`, `secret access key = …`.
const NAME_TAILS: [&[u8]; 6] = [b"key", b"token", b"secret", b"password", b"value", b"access key"];
/// Bytes behind a name that [`lead`] may look at: a further word, closers, a separator.
const BEHIND_NAME_BYTES: usize =
    12 + CLOSERS_MAX + ALIGNING_BLANKS_MAX + METHOD_BYTES_MAX + escaped::SEPARATOR_BYTES_MAX;
/// Words before a name that belong to it: `API key`.
const NAME_HEADS: [&[u8]; 8] =
    [b"api", b"access", b"secret", b"client", b"private", b"auth", b"app", b"service"];
/// Bytes before a name that hold such a word.
const HEAD_BYTES_MAX: usize = 8;
/// Words that say how what follows them lets somebody in; the name of what they stand before.
const SCHEMES: [&[u8]; 2] = [b"bearer", b"basic"];
/// Characters after such a word by which a credential is told from the next word of a sentence.
const SCHEME_RUN_MIN: usize = 12;
/// Bytes before a name that [`lead`] may look at on the same line.
const LINE_LEAD_BYTES: usize = 48;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 400;
/// Longest prefix of an element's name with its bracket and colon, bytes.
const PREFIX_BYTES_MAX: usize = 12;
/// Longest start tag before a name, bytes.
const TAG_BYTES_MAX: usize = 48;
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
    // Some context words bring a quote or the separator along: `pw=`, `"iv"`.
    let (mut at, mut end) = (at, end);
    while at + 1 < end && !is_name_byte(bytes[at]) {
        at += 1;
    }
    while end > at + 1 && !is_name_byte(bytes[end - 1]) {
        end -= 1;
    }
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
    start = with_head(bytes, start);
    // `checksum/secret: …` is an annotation about one.
    if start > 0 && bytes[start - 1] == b'/' && bytes[..start].ends_with(CHECKSUM) {
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
            // A key of Perl: `$cfg{api_key} = '…'`.
            b'}' if p == stop && is_perl_key(bytes, start, stop) => {}
            _ => break,
        }
        p += 1;
    }
    if !closed_quote {
        p = past_size(bytes, p);
    }
    p = past_alignment(bytes, p, start);
    let rest = bytes.get(p..bytes.len().min(p + 4)).unwrap_or_default();
    let separated = match byte(rest, 0) {
        b'=' | b':' | b',' | b'(' | b'>' | b'?' | b'|' | b'{' | b'<' | b'!' => true,
        _ => is_wordy_separator(rest),
    };
    let scheme = is_scheme(bytes, start, stop);
    let spaced = p > stop && (closed_quote || is_flag(bytes, start));
    // `- name: DB_PASSWORD` with the value on the next line.
    let line_ends = matches!(byte(bytes, p), b'\r' | b'\n') && start > 0;
    let alone = p > stop && !separated && !closed_quote && starts_line(bytes, start);
    let apart = || {
        escaped::separator(bytes, stop).is_some()
            || serialised::begins(bytes, stop).is_some()
            || matches!(byte(bytes, stop), b')' | b'"' | b'\'' | b']')
                && (chained(bytes, stop).is_some() || compared(bytes, start).is_some())
    };
    let in_tag = p > stop && !closed_quote && begins_tag(bytes, start);
    (separated || spaced || line_ends || alone || scheme || in_tag || apart()).then_some(Lead {
        name: (start, stop),
        at: p,
        closed_quote,
        alone,
        scheme,
    })
}

/// Whether the name is the whole key between the braces of a variable that is assigned to.
fn is_perl_key(bytes: &[u8], start: usize, stop: usize) -> bool {
    let variable =
        start > 1 && bytes[start - 1] == b'{' && (is_name_byte(bytes[start - 2]) || bytes[start - 2] == b'>');
    variable
        && byte(bytes, stop + 1) == b' '
        && byte(bytes, stop + 2) == b'='
        && byte(bytes, stop + 3) == b' '
}

/// Whether a separator of more than one sign begins these four bytes.
fn is_wordy_separator(rest: &[u8]) -> bool {
    matches!(
        rest,
        [b's', b't', b'r', b'i', ..]
            | [b'A', b's', b' ', ..]
            | [b'o', b'r', b' ', ..]
            | [b'i', b's', b' ', ..]
            | [b't', b'o', b' ', b'"', ..]
            | [b'-', b'>', b' ', b'"', ..]
            | [b'-', b'>', b'"', ..]
            | [b'~', b'=', b' ', b'"' | b'\'', ..]
            | [b'@', b'"', ..]
    )
}

/// Where the name begins that starts at `start`, when the word before it belongs to it.
fn with_head(bytes: &[u8], start: usize) -> usize {
    // `app --password …`: a flag is a name of its own.
    if start == 0 || bytes[start - 1] != b' ' || byte(bytes, start) == b'-' {
        return start;
    }
    let before = &bytes[start.saturating_sub(HEAD_BYTES_MAX + 1)..start - 1];
    let word = before.iter().rev().take_while(|&&b| is_name_byte(b)).count();
    let word = &before[before.len() - word..];
    let belongs = NAME_HEADS.iter().any(|head| word.eq_ignore_ascii_case(head));
    if belongs { start - 1 - word.len() } else { start }
}

/// Past the blanks that set a separator below those of other lines, or a value that nothing but blanks separates from the
/// name that begins its line; nowhere when neither follows.
fn past_alignment(bytes: &[u8], p: usize, start: usize) -> usize {
    let blanks = bytes[p.min(bytes.len())..].iter().take(ALIGNING_BLANKS_MAX);
    let end = p + blanks.take_while(|b| matches!(b, b' ' | b'\t')).count();
    let follows = match byte(bytes, end) {
        b'=' | b':' => true,
        b'\r' | b'\n' | 0 => false,
        _ => end > p && starts_line(bytes, start),
    };
    if follows { end } else { p }
}

/// Past the size of an array: `TOKEN[] = "…"`, `key[16] = "…"`.
fn past_size(bytes: &[u8], p: usize) -> usize {
    if byte(bytes, p) != b'[' {
        return p;
    }
    let size = bytes[p + 1..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let end = p + 2 + size;
    if bytes[end - 1..].first() != Some(&b']') { p } else { end + usize::from(byte(bytes, end) == b' ') }
}

/// Whether the name is that of an element: `<Password Type="…">`, `<wsse:Password …>`.
fn begins_tag(bytes: &[u8], start: usize) -> bool {
    let before = &bytes[start.saturating_sub(PREFIX_BYTES_MAX)..start];
    let prefix = before.iter().rev().skip(usize::from(before.ends_with(b":")));
    let other = prefix.copied().find(|b| !before.ends_with(b":") || !b.is_ascii_alphanumeric());
    other == Some(b'<')
}

/// Whether the name is a scheme of authentication with something behind it that is no word.
fn is_scheme(bytes: &[u8], start: usize, stop: usize) -> bool {
    let name = &bytes[start..stop];
    if byte(bytes, stop) != b' ' || !SCHEMES.iter().any(|scheme| name.eq_ignore_ascii_case(scheme)) {
        return false;
    }
    let run = bytes.get(stop + 1..bytes.len().min(stop + 1 + SCHEME_RUN_MIN)).unwrap_or_default();
    run.len() == SCHEME_RUN_MIN
        && run.iter().all(|&b| is_name_byte(b) || matches!(b, b'+' | b'/' | b'='))
        && run.iter().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// The part of `bytes[from..to]` in which [`lead`] depends on nothing outside: where a word may begin, and where it must
/// have ended. There is none when they are the wrong way round.
///
/// A line end is a wall that [`lead`] does not look through, in either direction; so is something that is no name, far
/// enough from the end.
pub(in crate::engine) fn walled(bytes: &[u8], from: usize, to: usize) -> (Wall, Wall) {
    let reach = CHECKSUM.len() + NAME_BYTES_MAX + LINE_LEAD_BYTES + HEAD_BYTES_MAX + 1;
    let near = &bytes[from..(from + reach).min(to)];
    let start = memchr::memchr(b'\n', near)
        .map_or(Wall { at: from + reach, line: false }, |wall| Wall { at: from + wall + 1, line: true });
    let last = to.saturating_sub(BEHIND_NAME_BYTES).max(from);
    let far = last.saturating_sub(NAME_BYTES_MAX).max(from);
    if let Some(wall) = memchr::memrchr(b'\n', &bytes[last..to]) {
        return (start, Wall { at: last + wall, line: true });
    }
    let end = bytes[far..last].iter().rposition(|&byte| !is_name_byte(byte)).map_or(far, |wall| far + wall);
    (start, Wall { at: end, line: false })
}

/// An end of what is known by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Wall {
    /// Place in the blob.
    pub(in crate::engine) at: usize,
    /// A line ends there: the first place of a new line, or the line's end.
    pub(in crate::engine) line: bool,
}

/// Whether the name is a command line's flag.
fn is_flag(bytes: &[u8], name_start: usize) -> bool {
    let powershell = byte(bytes, name_start) == b'-' && byte(bytes, name_start + 1).is_ascii_uppercase();
    powershell || bytes[name_start..].starts_with(b"--") || bytes[..name_start].ends_with(b"--")
}

/// Reads what follows a name.
pub(super) fn assignment(bytes: &[u8], lead: Lead, high: usize) -> Option<Assignment> {
    if let Some(found) = beside(bytes, lead, high) {
        return Some(found);
    }
    if let Some(found) = escaped::assignment(bytes, lead.name, high) {
        return Some(found);
    }
    if let Some(found) = serialised::assignment(bytes, lead.name, high) {
        return Some(found);
    }
    let plain = separator(bytes, lead, high).and_then(|found| value_at(bytes, lead.name, found, high));
    if plain.is_some() || !matches!(byte(bytes, lead.name.1), b')' | b'"' | b'\'' | b']' | b'(') {
        return plain;
    }
    around::of_chained(bytes, lead.name, high).or_else(|| around::of_compared(bytes, lead.name))
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

/// LDIF: `userPassword:: ` has its value in base64, right behind a name that begins its line.
fn begins_base64(bytes: &[u8], lead: Lead) -> bool {
    bytes[lead.at..].starts_with(b":: ") && lead.at == lead.name.1 && starts_line(bytes, lead.name.0)
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
        _ if lead.scheme => from(lead.name.1 + 1, Stand::Scheme, false),
        b'=' if next(p + 1) == b'=' => from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Passed, true),
        b'!' if next(p + 1) == b'=' => from(p + if next(p + 2) == b'=' { 3 } else { 2 }, Stand::Passed, true),
        b'=' if matches!(next(p + 1), b'>' | b'~') => assigned(2),
        b'=' => assigned(1),
        b'?' if next(p + 1) == b':' && typed(bytes, p + 2, high).is_some() => {
            from(typed(bytes, p + 2, high)?, Stand::Assigned, true)
        }
        // What is optional in TypeScript has a type behind it, unless a text is what comes instead.
        b'?' if matches!(next(p + 1), b'=' | b':') => from(p + 2, Stand::Assigned, next(p + 1) == b':'),
        b'?' | b'|' | b'o' | b't' | b'-' | b'~' | b'i' | b'<' | b'A' | b's'
            if in_words(bytes, p, high).is_some() =>
        {
            let (at, stand, needs_quote) = in_words(bytes, p, high)?;
            from(at, stand, needs_quote)
        }
        b':' if matches!(next(p + 1), b'=' | b'-') => assigned(2),
        b':' if begins_base64(bytes, lead) => assigned(2),
        b':' if next(p + 1) == b':' => None,
        // `!PSK:!SRP`: what a list of ciphers leaves out.
        b':' if lead.name.0 > 0 && bytes[lead.name.0 - 1] == b'!' => None,
        b':' => {
            let at = bytes[p + 1..].iter().take(2).take_while(|&&b| b == b'*').count();
            let at = tagged(bytes, spaced(bytes, p + 1 + at, high), high);
            let typed = typed(bytes, at, high).map(|at| spaced(bytes, at, high));
            from(typed.unwrap_or(at), Stand::Assigned, typed.is_some())
        }
        b',' => {
            let (at, stand) = behind_comma(bytes, lead, high)?;
            from(at, stand, true)
        }
        b'@' => from(p, Stand::Passed, true),
        b'{' if !lead.closed_quote && next(p + 1) == b'"' => from(p, Stand::Assigned, true),
        b'{' => from(line::default_behind(bytes, p, lead.closed_quote, high)?, Stand::Assigned, true),
        // A call that fetches: what it is given names what it gets. And a sentence with an aside.
        b'(' if line::fetches(&bytes[lead.name.0..lead.name.1]) => None,
        b'(' if lead.closed_quote && byte(bytes, lead.name.1) == b'`' => None,
        b'(' => from(p + 1, Stand::Passed, true),
        b'>' if lead.name.0 > 0
            && (lead.closed_quote || matches!(bytes[lead.name.0 - 1], b'<' | b':' | b'"' | b'\'')) =>
        {
            element(bytes, p)
        }
        _ if lead.name.0 > 0
            && (matches!(bytes[lead.name.0 - 1], b'<' | b':' | b'"') || lead.closed_quote)
            && tag_end(bytes, lead, high).is_some() =>
        {
            element(bytes, tag_end(bytes, lead, high)?)
        }
        _ if is_flag(bytes, lead.name.0) && next(lead.name.1) == b' ' => {
            from(lead.name.1 + 1, Stand::Passed, false)
        }
        b'"' if lead.closed_quote && line::is_pair_of_texts(bytes, lead.name, p, high) => {
            from(p, Stand::Assigned, true)
        }
        // `PASSWORD 'value'`: a blank was taken for a closer, and so was the quote that opens the value.
        _ if lead.closed_quote && next(lead.name.1) == b' ' => {
            // `password `value``; but what somebody says with `pass `--all`` is a sentence.
            let long = lead.name.1 - lead.name.0 > b"pass".len();
            let quote = (lead.name.1..p)
                .find(|&at| matches!(bytes[at], b'"' | b'\'') || long && bytes[at] == b'`')?;
            let stand = if starts_line(bytes, lead.name.0) { Stand::Alone } else { Stand::Passed };
            from(quote, stand, true)
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
    // A tag that fetches the value from elsewhere.
    if matches!(word, b"secret" | b"ref" | b"env" | b"env_var" | b"include") {
        return at;
    }
    if plain && byte(bytes, next) != b'=' { next } else { at }
}

/// `: str = `, `: String = `, `: &'static str = `: the `=` of a typed declaration.
fn typed(bytes: &[u8], from: usize, high: usize) -> Option<usize> {
    let line = &bytes[from..high.min(from + 32)];
    let equals = line.iter().position(|&b| b == b'=')?;
    let annotation = &line[..equals];
    let plain = annotation.iter().all(|&b| {
        b.is_ascii_alphanumeric()
            || matches!(b, b' ' | b'&' | b'\'' | b'<' | b'>' | b'_' | b'|' | b'[' | b']' | b'?' | b'.' | b';')
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
    if opener == b'>' && lead.closed_quote && is_value_of_a_name(bytes, lead.name.0) {
        return around::of_element_behind(bytes, lead, high);
    }
    if !(inside || pair && is_value_of_a_name(bytes, lead.name.0)) {
        return None;
    }
    let limit = high.min(lead.at + BESIDE_BYTES_MAX);
    let skipped =
        |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'-' | b'{' | b':' | b'=');
    let mut p = (lead.at..limit).find(|&at| !skipped(bytes[at]))?;
    if attribute && let Some(found) = around::of_element_behind(bytes, lead, high) {
        return Some(found);
    }
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
        b"useValue",
        b"android:value",
    ];
    let Some(word) =
        words.into_iter().find(|word| rest.starts_with(word) && !is_name_byte(byte(rest, word.len())))
    else {
        let at = inside.then(|| line::default_among(bytes, lead.at, high)).flatten()?;
        let separator = Separator { at, stand: Stand::Beside, needs_quote: true, whole: false };
        return value_at(bytes, lead.name, separator, high);
    };
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
    // `<string>A password</string><key>…`: the one element names nothing, and the other begins another pair.
    let tag = bytes[lead.name.0.saturating_sub(TAG_BYTES_MAX)..lead.name.0].rsplit(|&b| b == b'<').next()?;
    let names = |tag: &[u8]| {
        let tag = tag.to_ascii_lowercase();
        [&b"key"[..], b"name", b"property", b"option", b"field", b"variable", b"id>"]
            .iter()
            .any(|word| memchr::memmem::find(&tag, word).is_some())
    };
    if !names(tag) || names(&text[next..=end]) {
        return None;
    }
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
    [&b"name"[..], b"Name", b"key", b"Key", b"id", b"property", b"variable", b"type", b"provide"]
        .iter()
        .any(|word| before.ends_with(word))
}
