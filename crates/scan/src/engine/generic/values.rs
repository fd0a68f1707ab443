//! The value of an assignment: where it begins behind its separator, and where it ends.

use super::shape::{Assignment, LINE_LEAD_BYTES, Separator, Stand, byte};

/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 400;

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
    if bytes[p.min(high)..high].starts_with(b"<<\"") {
        p += 2;
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
        || rest == b"\\"
        || rest == b";"
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

/// Whether name and value are one of several pairs on their line: `user=x password=y`, `user=x,password=y`,
/// `{user: x, password: y}`; or a variable set for the command behind it.
fn is_pair(bytes: &[u8], name: (usize, usize), (p, q): (usize, usize), rest: &[u8]) -> bool {
    let before = name.0.checked_sub(1).map_or(b'\n', |at| bytes[at]);
    let tight = p == name.1 + 1 && bytes[name.1] == b'=';
    let ends = matches!(byte(bytes, q), b' ' | b'\t' | b',' | b';' | b'\r' | b'\n' | 0);
    if tight && matches!(before, b'"' | b'\'') && byte(bytes, q) == before {
        return true;
    }
    if tight && ends && matches!(before, b' ' | b'\t' | b',' | b';') {
        return true;
    }
    let open = bytes[name.0.saturating_sub(2)..name.0].trim_ascii_end();
    let equals = bytes[name.1..p].trim_ascii() == b"=" && open.last() == Some(&b',');
    let spaced = bytes[name.1] == b':' && p > name.1 + 1 || equals && (ends || rest.is_empty());
    if spaced
        && (equals || matches!(byte(bytes, q), b',' | b'}' | b' '))
        && matches!(open.last(), Some(b'{' | b','))
    {
        return true;
    }
    let variable =
        bytes[name.0..name.1].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    tight
        && variable
        && byte(bytes, q) == b' '
        && rest.first().is_some_and(|b| b.is_ascii_lowercase() || matches!(b, b'/' | b'.'))
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
pub(super) fn starts_line(bytes: &[u8], at: usize) -> bool {
    let line = &bytes[at.saturating_sub(LINE_LEAD_BYTES)..at];
    let line = memchr::memrchr2(b'\n', b'\r', line).map_or(line, |n| &line[n + 1..]);
    let lead = line.trim_ascii();
    // A section before the name: `spring.datasource.`, `//registry.acme.test/:_`.
    lead.is_empty()
        || lead.ends_with(b"::") && !lead.contains(&b' ')
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
                | b"set -x"
                | b"set -gx"
                | b"set -Ux"
                | b"set -xg"
                | b"option"
                | b"#define"
                | b"local"
                | b"SetEnv"
                | b"define"
                | b"fastcgi_param"
                | b"env["
                | b"readonly"
                | b"# export"
                | b"$"
                | b"$env:"
                | b"@"
                | b"%"
        )
}
