//! How a name stands in its line.

use super::{LINE_LEAD_BYTES, Lead, byte, spaced};

/// Whether name and value are one of several pairs on their line: `user=x password=y`, `user=x,password=y`,
/// `{user: x, password: y}`; or a variable set for the command behind it.
pub(super) fn is_pair(bytes: &[u8], name: (usize, usize), (p, q): (usize, usize), rest: &[u8]) -> bool {
    let before = name.0.checked_sub(1).map_or(b'\n', |at| bytes[at]);
    let tight = p == name.1 + 1 && bytes[name.1] == b'=';
    let ends = matches!(byte(bytes, q), b' ' | b'\t' | b',' | b';' | b'\r' | b'\n' | 0);
    if tight && matches!(before, b'"' | b'\'') && byte(bytes, q) == before {
        return true;
    }
    if tight && ends && matches!(before, b' ' | b'\t' | b',' | b';') {
        return true;
    }
    // A header in quotes: `-H 'X-Api-Key: …'`.
    let header = p == name.1 + 2 && bytes[name.1] == b':' && bytes[name.0..name.1].contains(&b'-');
    if header && matches!(before, b'"' | b'\'') && byte(bytes, q) == before {
        return true;
    }
    // The last of several pairs in quotes: `"host=db user=deployer password=…"`.
    if tight && matches!(before, b' ' | b';') && matches!(byte(bytes, q), b'"' | b'\'') {
        let line = &bytes[name.0.saturating_sub(LINE_LEAD_BYTES)..name.0 - 1];
        let last = line.rsplit(|b| matches!(b, b' ' | b';' | b'\n')).next().unwrap_or_default();
        return last.iter().position(|&b| b == b'=').is_some_and(|at| at > 1 && at + 1 < last.len());
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
pub(super) fn follows_option(bytes: &[u8], at: usize) -> bool {
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
        || is_section(lead) && (!lead.ends_with(b":") || line.ends_with(b":"))
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

/// `Mail\\`, `network/proxy/`: groups of settings before a name, as Qt's programs write them.
fn is_section(lead: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\\' | b'/' | b':');
    matches!(lead.last(), Some(b'\\' | b'/' | b':'))
        && lead[0].is_ascii_alphanumeric()
        && lead.iter().all(plain)
}

/// Whether the quoted name and the quoted text at `p` are a line of their own: `"name" "value"`, as Valve's programs write.
pub(super) fn is_pair_of_texts(bytes: &[u8], name: (usize, usize), p: usize, high: usize) -> bool {
    let opens = name.0.checked_sub(1).filter(|&at| bytes[at] == b'"');
    let apart = p > name.1 + 1 && bytes[name.1 + 1..p].iter().all(|b| matches!(b, b' ' | b'\t'));
    let Some(opens) = opens.filter(|_| apart) else { return false };
    let line = &bytes[p + 1..high];
    let line = memchr::memchr(b'\n', line).map_or(line, |end| &line[..end]).trim_ascii_end();
    let lead = &bytes[opens.saturating_sub(LINE_LEAD_BYTES)..opens];
    let lead = memchr::memrchr(b'\n', lead).map_or(lead, |end| &lead[end + 1..]);
    lead.trim_ascii().is_empty() && memchr::memchr(b'"', line) == Some(line.len().wrapping_sub(1))
}

/// Bytes of an object among which its default stands.
const OBJECT_BYTES_MAX: usize = 160;

/// Where the default of an object in JSON begins: `"Password": {"Type": "String", "Default": "…"}`.
pub(super) fn default_among(bytes: &[u8], at: usize, high: usize) -> Option<usize> {
    let object = &bytes[at..high.min(at + OBJECT_BYTES_MAX)];
    let object = &object[..memchr::memchr(b'}', object)?];
    let word = [&b"\"Default\""[..], b"\"default\""]
        .into_iter()
        .find_map(|word| memchr::memmem::find(object, word).map(|found| found + word.len()))?;
    let gap = object[word..].iter().position(|b| !matches!(b, b' ' | b':'))?;
    (object[word + gap] == b'"').then_some(at + word + gap)
}

/// Whether a name is that of a call that gets something by what it is given: `getCredentials("…")`, `find_token("…")`,
/// `decryptByPrivateKey("…")`.
pub(super) fn fetches(name: &[u8]) -> bool {
    const VERBS: [&[u8]; 14] = [
        b"get", b"read", b"fetch", b"load", b"find", b"lookup", b"has", b"require", b"resolve", b"request",
        b"delete", b"remove", b"decrypt", b"verify",
    ];
    let call = name.rsplit(|&b| b == b'.').next().unwrap_or(name);
    VERBS.iter().any(|verb| {
        let next = call.get(verb.len()).copied().unwrap_or(b'a');
        call.len() > verb.len()
            && call[..verb.len()].eq_ignore_ascii_case(verb)
            && (next.is_ascii_uppercase() || next == b'_')
    })
}

/// Bytes behind the brace among which a default value begins.
const ACCESSOR_BYTES_MAX: usize = 48;
const BLOCK_BYTES_MAX: usize = 300;

/// Where the value begins that a name has at first: behind the accessors of a property in C#, `Token { get; set; } = "…"`,
/// or in the block of a variable in HCL, `variable "token" { default = "…" }`. `p` is where the brace opens.
pub(super) fn default_behind(bytes: &[u8], p: usize, is_label: bool, high: usize) -> Option<usize> {
    if is_label {
        let block = &bytes[p..high.min(p + BLOCK_BYTES_MAX)];
        let block = memchr::memmem::find(block, b"\n}").map_or(block, |end| &block[..end]);
        let word = memchr::memmem::find(block, b"default")? + b"default".len();
        let sign = block[word..].iter().position(|b| !matches!(b, b' ' | b'\t'))?;
        return (block[word + sign] == b'=').then_some(p + word + sign + 1);
    }
    let accessors = &bytes[p..high.min(p + ACCESSOR_BYTES_MAX)];
    let end = memchr::memchr(b'}', accessors)?;
    let get = accessors[1..end].trim_ascii_start().starts_with(b"get;");
    let equals = accessors[end + 1..].iter().position(|&b| b != b' ')? + end + 1;
    (get && accessors[equals] == b'=').then_some(p + equals + 1)
}

/// Where the members of a map or list begin that the name opens, and whether brackets enclose them; otherwise they stand
/// on the lines below: `tokens: {`, `TOKENS = [`, `tokens:`, `[tokens]`.
pub(in crate::engine::generic) fn opens_map(bytes: &[u8], lead: Lead, high: usize) -> Option<(usize, bool)> {
    let line_end = |at: usize| {
        let rest = bytes[at..high].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        (byte(bytes, at + rest) == b'\n').then_some(at + rest + 1)
    };
    // `[tokens]`, `[app.tokens]`
    let (start, stop) = lead.name;
    if start > 0 && bytes[start - 1] == b'[' && byte(bytes, stop) == b']' {
        return line_end(stop + 1).map(|at| (at, false));
    }
    let mut at = lead.at;
    match byte(bytes, at) {
        b'{' if !lead.closed_quote => return Some((at, true)),
        b':' => {
            at += 1;
            if let Some(begin) = line_end(at) {
                return starts_line(bytes, start).then_some((begin, false));
            }
            let declared = typed_map(bytes, at, high);
            at = declared.unwrap_or(at);
        }
        b'=' => at += 1 + usize::from(byte(bytes, at + 1) == b'>'),
        _ => return None,
    }
    at = spaced(bytes, at, high);
    let opens = matches!(byte(bytes, at), b'{' | b'[' | b'(');
    opens.then_some((at, true))
}

/// Where a row of values may begin behind the name of them, on its line.
pub(in crate::engine::generic) fn begins_row(bytes: &[u8], lead: Lead, high: usize) -> Option<usize> {
    let sign =
        matches!(byte(bytes, lead.at), b'=' | b':') && !matches!(byte(bytes, lead.at + 1), b'=' | b':');
    let at = spaced(bytes, lead.at + 1, high);
    (sign && at < high && starts_line(bytes, lead.name.0)).then_some(at)
}

/// Bytes behind a colon in which the type of a map ends.
const TYPE_BYTES_MAX: usize = 48;

/// Past the type of a map and its sign: `: Record<string, string> = {`, `: [String: String] = [`.
fn typed_map(bytes: &[u8], from: usize, high: usize) -> Option<usize> {
    let line = &bytes[from.min(high)..high.min(from + TYPE_BYTES_MAX)];
    let equals = memchr::memchr2(b'=', b'\n', line)?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b" <>,[]:_&'?.".contains(b);
    (line[equals] == b'=' && line[..equals].iter().all(plain)).then_some(from + equals + 1)
}

/// The key among the parameters of an address, `&api_key=…`, is one of several pairs.
pub(in crate::engine::generic) fn in_query(
    before: &[u8],
    name: &[u8],
    found: super::Assignment,
) -> super::Assignment {
    let asked = found.stand == super::Stand::Inline
        && matches!(before.last(), Some(b'?' | b'&'))
        && [&b"api_key"[..], b"apikey", b"api-key"].iter().any(|key| name.eq_ignore_ascii_case(key));
    if asked { super::Assignment { stand: super::Stand::Pair, ..found } } else { found }
}
