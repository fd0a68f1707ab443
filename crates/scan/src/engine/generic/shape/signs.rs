//! Signs between a name and its value that are more than one character, and what a comma between them means.

use super::{Lead, Stand, byte, is_name_byte, spaced};

/// Bytes before a name in quotes that show whether a call defines it.
const DEFINE_BYTES: usize = 16;

/// Separators in words and in more than one sign: where the value begins, how it stands, and whether only a quoted one counts.
pub(super) fn in_words(bytes: &[u8], p: usize, high: usize) -> Option<(usize, Stand, bool)> {
    let text = &bytes[p..];
    let equals = |at: usize| at + usize::from(byte(bytes, at) == b'=');
    // What is taken when the variable is not set: `?? "…"`, `|| "…"`, `or "…"`.
    if text.starts_with(b"??") || text.starts_with(b"||") {
        return Some((equals(p + 2), Stand::Assigned, true));
    }
    if text.starts_with(b"As ") {
        let equals = bytes[p..high.min(p + 32)].iter().position(|&b| b == b'=' || b == b'\n')?;
        return (bytes[p + equals] == b'=').then_some((p + equals + 1, Stand::Assigned, true));
    }
    const WORDS: [(&[u8], usize, Stand, bool); 9] = [
        (b"or ", 3, Stand::Assigned, true),
        (b"to \"", 3, Stand::Assigned, true),
        (b"->", 2, Stand::Assigned, true),
        (b"~= ", 3, Stand::Passed, true),
        (b"is ", 3, Stand::Inline, false),
        (b"<- ", 3, Stand::Assigned, true),
        // A column of a table.
        (b"| ", 1, Stand::Inline, false),
        // A declaration of Go.
        (b"string = ", 9, Stand::Assigned, true),
        (b"string= ", 8, Stand::Assigned, true),
    ];
    let found = WORDS.iter().find(|(word, ..)| text.starts_with(word));
    found.map(|&(_, len, stand, needs_quote)| (p + len, stand, needs_quote))
}

/// Where a value begins behind a name and a comma, and how it stands there.
pub(super) fn behind_comma(bytes: &[u8], lead: Lead, high: usize) -> Option<(usize, Stand)> {
    let (p, before) = (lead.at, &bytes[lead.name.0.saturating_sub(DEFINE_BYTES)..lead.name.0]);
    if lead.closed_quote {
        // The end of a path among other texts: `"src/credentials.js",`.
        if before.ends_with(b"/") {
            return None;
        }
        let call = before.strip_suffix(b"'").or(before.strip_suffix(b"\"")).unwrap_or(before);
        let defined = call.trim_ascii_end().ends_with(b"define(");
        let stand = if defined { Stand::Assigned } else { Stand::Passed };
        return Some((past_label(bytes, p + 1, high), stand));
    }
    if bytes[p..].starts_with(b", _ := ") {
        return Some((p + 7, Stand::Assigned));
    }
    // A pair of Erlang: `{password, <<"value">>}`.
    let open = before.iter().rposition(|&b| !is_name_byte(b));
    let callee = open.filter(|&at| before[at] == b'(').map_or(&[][..], |at| &before[..at]);
    // `env.put(Context.SECURITY_CREDENTIALS, "…")`
    let sets = [&b".put"[..], b".set", b".add", b"setProperty"].iter().any(|call| callee.ends_with(call));
    let stand = match before.last() {
        Some(b'{') => Stand::Assigned,
        // A setting of Ruby's programs: `set :password, '…'`.
        Some(b':') if before.ends_with(b"set :") || before.ends_with(b"set(:") => Stand::Assigned,
        _ if sets => Stand::Passed,
        _ => Stand::Inline,
    };
    Some((p + 1, stand))
}

/// Past the name of an argument that says nothing of its own: `with: '…'`, `value="…"`.
fn past_label(bytes: &[u8], at: usize, high: usize) -> usize {
    let at = spaced(bytes, at, high);
    let label = bytes[at..high].iter().take(12).take_while(|b| b.is_ascii_alphabetic()).count();
    let known = [&b"with"[..], b"value", b"default", b"defaultValue", b"content"];
    let end = at + label;
    if known.contains(&&bytes[at..end]) && matches!(byte(bytes, end), b':' | b'=') { end + 1 } else { at }
}
