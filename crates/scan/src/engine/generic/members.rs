//! Members of a map or list whose own name says what they are: `secrets:` over `mailer: …`, `[passwords]` over `deployer = …`,
//! `TOKENS = {"ci": "…"}`, `api_keys = ["…", "…"]`. What a member is called says only whose it is.

use super::name::{is_about_a_member, promise, words};
use super::shape::{Assignment, Form, Lead, Stand, begins_row, opens_map};

/// Members of one map that are judged where its name stands; the window ends sooner in all but the tersest.
pub(super) const MEMBERS_MAX: usize = 64;
/// Longest name of a member, bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 300;

/// One member: its name, if it has one, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: Option<(usize, usize)>,
    pub(super) value: (usize, usize),
    pub(super) quoted: bool,
}

impl Member {
    /// The member as something that is assigned to its name.
    pub(super) fn assignment(self) -> Assignment {
        let name = self.name.unwrap_or(self.value);
        let (value, quoted) = (self.value, self.quoted);
        Assignment { name, value, quoted, stand: Stand::Assigned, scheme: false, form: Form::Plain }
    }
}

/// The singular of a plural that promises secrets: what each member is judged as.
pub(super) fn singular(name: &[u8]) -> Option<&'static [u8]> {
    const PLURALS: [(&[u8], &[u8]); 16] = [
        (b"passwords", b"password"),
        (b"passwds", b"password"),
        (b"passphrases", b"password"),
        (b"secrets", b"secret"),
        (b"tokens", b"token"),
        (b"credentials", b"secret"),
        (b"creds", b"secret"),
        (b"apikeys", b"secret"),
        (b"api_keys", b"secret"),
        (b"api-keys", b"secret"),
        (b"unseal_keys", b"secret"),
        (b"recovery_keys", b"secret"),
        (b"private_keys", b"secret"),
        (b"secret_keys", b"secret"),
        (b"signing_keys", b"secret"),
        (b"encryption_keys", b"secret"),
    ];
    const KINDS: [&[u8]; 10] =
        [b"_b64", b"_hex", b"_base64", b"_map", b"_MAP", b"Map", b"_dict", b"_DICT", b"_list", b"_LIST"];
    let name = match name.last()? {
        b's' | b'S' => name,
        b'4' | b'x' | b'p' | b'P' | b't' | b'T' => {
            let inner = KINDS.iter().find_map(|kind| name.strip_suffix(*kind))?;
            if !matches!(inner.last(), Some(b's' | b'S')) {
                return None;
            }
            inner
        }
        _ => return None,
    };
    let ends = |plural: &[u8]| {
        name.len() >= plural.len() && name[name.len() - plural.len()..].eq_ignore_ascii_case(plural)
    };
    PLURALS.iter().find(|(plural, _)| ends(plural)).map(|&(_, one)| one)
}

/// Whether a list holds what is not to be used, or what everybody knows.
pub(super) fn is_nobodys(name: &[u8]) -> bool {
    const NOBODYS: [&str; 17] = [
        // Made to be published.
        "dkim",
        "bad",
        "common",
        "weak",
        "forbidden",
        "blocked",
        "banned",
        "denied",
        "breached",
        "leaked",
        "invalid",
        "top",
        "popular",
        "pwned",
        "known",
        "wrong",
        "stop",
    ];
    words(name).iter().any(|word| NOBODYS.contains(&word.as_str()))
}

/// The members of the map or list that opens behind the name, up to `high` and `most` of them.
pub(super) fn members(bytes: &[u8], lead: Lead, high: usize, most: usize) -> Vec<Member> {
    let mut out = Vec::new();
    match opens_map(bytes, lead, high) {
        Some((at, true)) => in_braces(bytes, (at, high), most, &mut out),
        Some((at, false)) => on_lines(bytes, (at, high), most, &mut out),
        None => in_a_row(bytes, lead, high, most, &mut out),
    }
    out.retain(|member| {
        let len = member.value.1 - member.value.0;
        let name = member.name.map(|(start, end)| &bytes[start..end]);
        len <= VALUE_BYTES_MAX
            && name.is_none_or(|name| {
                name.len() <= NAME_BYTES_MAX && promise(name).is_none() && !is_about_a_member(name)
            })
    });
    out
}

/// Keys of 32 and 64 bytes on the lines below `key:`, whatever they are for: `encryption: …`, `hash: …`.
pub(super) fn keys_below(bytes: &[u8], lead: Lead, high: usize) -> Vec<Member> {
    const PARENTS: [&[u8]; 3] = [b"key", b"secret", b"token"];
    const OTHERS: [&str; 15] = [
        "public",
        "pub",
        "sha",
        "md5",
        "digest",
        "checksum",
        "fingerprint",
        "thumbprint",
        "id",
        "kid",
        "cert",
        "certificate",
        "signature",
        "integrity",
        "etag",
    ];
    let (start, stop) = lead.name();
    let mut out = Vec::new();
    let begins = stop - start <= 6 && lead.is_followed_by(bytes, b':');
    if begins
        && PARENTS.contains(&&bytes[start..stop])
        && let Some((at, false)) = opens_map(bytes, lead, high)
    {
        on_lines(bytes, (at, high), MEMBERS_MAX, &mut out);
    }
    out.retain(|member| {
        let value = &bytes[member.value.0..member.value.1];
        let name = member.name.map(|(start, end)| words(&bytes[start..end])).unwrap_or_default();
        let other = |word: &String| OTHERS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()));
        // Below a key a digest is seldom of 64 bytes, and often of 32.
        let digest = value.len() == KEY_BASE64_BYTES[0] && name.iter().any(|word| word == "hash");
        !name.is_empty() && is_base64_key(value) && !digest && !name.iter().any(other)
    });
    out
}

/// Length of 32 and 64 bytes in base64, bytes.
const KEY_BASE64_BYTES: [usize; 2] = [44, 88];

/// Whether the value is 32 or 64 bytes in base64.
fn is_base64_key(value: &[u8]) -> bool {
    let pad = match KEY_BASE64_BYTES.iter().position(|&len| len == value.len()) {
        Some(0) => &b"="[..],
        Some(_) => b"==",
        None => return false,
    };
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    value.strip_suffix(pad).is_some_and(|bare| bare.iter().all(letter))
}

/// Shortest of several values in a row, bytes.
const ROW_BYTES_MIN: usize = 6;

/// Members of a row without brackets, the rest of its line or a text in quotes: `API_KEYS=…,…,…`, `tokens: "…;…"`.
fn in_a_row(bytes: &[u8], lead: Lead, high: usize, most: usize, out: &mut Vec<Member>) {
    let Some(at) = begins_row(bytes, lead, high) else { return };
    let line = memchr::memchr2(b'\n', b'\r', &bytes[at..high]).map_or(high, |end| at + end);
    let quote = bytes.get(at).copied().filter(|b| matches!(b, b'"' | b'\''));
    let from = at + usize::from(quote.is_some());
    let row = &bytes[from..line.max(from)];
    let row = match quote.map(|quote| memchr::memchr(quote, row)) {
        Some(Some(end)) => &row[..end],
        Some(None) => return,
        None => row.trim_ascii_end(),
    };
    let Some(sign) = [b',', b';'].into_iter().find(|sign| row.contains(sign)) else { return };
    let plain = |part: &[u8]| {
        part.len() >= ROW_BYTES_MIN
            && part.iter().all(|b| b.is_ascii_graphic() && !b"\"'`(){}[]<>,;".contains(b))
    };
    // The last of them may go on behind the window.
    let whole = row.split(|&b| b == sign).map(<[u8]>::trim_ascii).filter(|part| !part.is_empty());
    if !whole.clone().all(|part| plain(part) || from + row.len() == high) {
        return;
    }
    let cut = if from + row.len() == high && high < bytes.len() { 1 } else { 0 };
    let count = whole.clone().count().saturating_sub(cut);
    for part in whole.take(count.min(most)) {
        let start = part.as_ptr() as usize - bytes.as_ptr() as usize;
        out.push(Member { name: None, value: (start, start + part.len()), quoted: true });
    }
}

/// Members between the bracket at `at` and the one that closes it; what lies deeper is not theirs.
fn in_braces(bytes: &[u8], (at, high): (usize, usize), most: usize, out: &mut Vec<Member>) {
    let (mut depth, mut p) = (0usize, at);
    let mut named: Option<(usize, usize)> = None;
    let mut word: Option<((usize, usize), bool)> = None;
    while p < high && out.len() < most {
        match bytes[p] {
            b'{' | b'[' | b'(' => (depth, named, word) = (depth + 1, None, None),
            b'}' | b']' | b')' => {
                told(depth, named, word, out);
                (depth, named, word) = (depth - 1, None, None);
                if depth == 0 {
                    return;
                }
            }
            b',' | b';' | b'\n' => {
                told(depth, named, word, out);
                (named, word) = (if bytes[p] == b'\n' && word.is_none() { named } else { None }, None);
            }
            b':' | b'=' => {
                named = word.take().map(|(place, _)| place).or(named);
                p += usize::from(bytes.get(p + 1) == Some(&b'>'));
            }
            quote @ (b'"' | b'\'' | b'`') => {
                let Some(end) = memchr::memchr2(quote, b'\n', &bytes[p + 1..high]) else { return };
                let end = p + 1 + end;
                if bytes[end] == b'\n' {
                    return;
                }
                // What joins two texts makes neither the value.
                word = word.is_none().then_some(((p + 1, end), true));
                p = end;
            }
            b if b.is_ascii_alphanumeric() || b == b'_' => {
                let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
                let end = p + bytes[p..high].iter().take_while(|b| plain(b)).count();
                word = word.is_none().then_some(((p, end), false));
                p = end - 1;
            }
            _ => {}
        }
        p += 1;
    }
}

/// Keeps what was read of a member, when it is one: a text in quotes, at the depth of the map.
fn told(
    depth: usize,
    name: Option<(usize, usize)>,
    word: Option<((usize, usize), bool)>,
    out: &mut Vec<Member>,
) {
    if let (1, Some((value, true))) = (depth, word)
        && value.1 > value.0
    {
        out.push(Member { name, value, quoted: true });
    }
}

/// Members on the lines from `at` on: `name: value`, `name = value` or `- value`, as deep as the first of them.
fn on_lines(bytes: &[u8], (at, high): (usize, usize), most: usize, out: &mut Vec<Member>) {
    let mut start = at;
    let mut depth = None;
    while start < high && out.len() < most {
        let Some(len) = memchr::memchr(b'\n', &bytes[start..high]) else { return };
        let line = &bytes[start..start + len];
        let indent = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let text = line[indent..].trim_ascii_end();
        let comment = text.is_empty() || matches!(text[0], b'#' | b';');
        if !comment {
            if text[0] == b'[' || indent < *depth.get_or_insert(indent) {
                return;
            }
            if depth == Some(indent)
                && let Some(member) = on_line(bytes, start + indent, start + indent + text.len())
            {
                out.push(member);
            }
        }
        start += len + 1;
    }
}

/// The member on the line from `start` to `end`.
fn on_line(bytes: &[u8], start: usize, end: usize) -> Option<Member> {
    let text = &bytes[start..end];
    let (name, mut from) = if text.starts_with(b"- ") {
        (None, start + 2)
    } else {
        let sign = memchr::memchr2(b':', b'=', text)?;
        let name = text[..sign].trim_ascii_end();
        let bare = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@' | b'/');
        // A colon without a blank is part of a word.
        let parts = text[sign] == b'=' || text.get(sign + 1) == Some(&b' ');
        if bare.is_empty() || !bare.iter().all(plain) || !parts {
            return None;
        }
        let begin = start + usize::from(bare.len() < name.len());
        (Some((begin, begin + bare.len())), start + sign + 1)
    };
    from += bytes[from..end].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let value = &bytes[from..end];
    let quote = *value.first()?;
    if matches!(quote, b'"' | b'\'') {
        let close = memchr::memchr(quote, &value[1..])?;
        return (close > 0).then_some(Member { name, value: (from + 1, from + 1 + close), quoted: true });
    }
    let stop = memchr::memmem::find(value, b" #").unwrap_or(value.len());
    let plain = !value[..stop].iter().any(|b| matches!(b, b' ' | b'{' | b'[' | b'(' | b'<' | b'|' | b'>'));
    plain.then_some(Member { name, value: (from, from + stop), quoted: false })
}

#[cfg(test)]
mod tests {
    use super::super::shape::lead;
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let bytes = text.as_bytes();
        let at = text.to_ascii_lowercase().find("okens").unwrap();
        let Some(lead) = lead(bytes, at, at + 4) else { return Vec::new() };
        members(bytes, lead, bytes.len(), MEMBERS_MAX)
            .into_iter()
            .map(|member| {
                let name = member.name.map_or("", |(start, end)| &text[start..end]);
                (name.to_owned(), text[member.value.0..member.value.1].to_owned())
            })
            .collect()
    }

    fn owned(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn maps_and_lists_in_many_formats() {
        let both = owned(&[("ci", "k4Wz8Qv2"), ("bot", "Tn6Xm9Rb")]);
        for text in [
            "app:\n  tokens:\n    ci: k4Wz8Qv2\n    bot: \"Tn6Xm9Rb\" # robot\n  other: value\n",
            "[tokens]\nci = k4Wz8Qv2\n; a comment\nbot = 'Tn6Xm9Rb'\n[next]\na = b\n",
            "TOKENS = {'ci': 'k4Wz8Qv2', 'bot': 'Tn6Xm9Rb'}\n",
            "\"tokens\": {\n  \"ci\": \"k4Wz8Qv2\",\n  \"deep\": {\"x\": \"y\"},\n  \"bot\": \"Tn6Xm9Rb\"\n},",
            "'tokens' => ['ci' => 'k4Wz8Qv2', 'bot' => 'Tn6Xm9Rb'],",
            "tokens = {\n  ci  = \"k4Wz8Qv2\"\n  bot = \"Tn6Xm9Rb\"\n}\n",
            "const tokens: Record<string, string> = { ci: 'k4Wz8Qv2', bot: 'Tn6Xm9Rb' };",
        ] {
            assert_eq!(read(text), both, "{text}");
        }
        assert_eq!(
            read("tokens = [\"k4Wz8Qv2\", \"Tn6Xm9Rb\"]\n"),
            owned(&[("", "k4Wz8Qv2"), ("", "Tn6Xm9Rb")])
        );
        assert_eq!(read("tokens:\n- k4Wz8Qv2\n- Tn6Xm9Rb\n"), owned(&[("", "k4Wz8Qv2"), ("", "Tn6Xm9Rb")]));
    }

    #[test]
    fn keys_below_a_key_are_told_from_digests() {
        let (short, long) = (
            format!("{}=", "aB3x".repeat(11).split_at(43).0),
            format!("{}==", "aB3x".repeat(22).split_at(86).0),
        );
        let count = |text: &str| {
            let lead = lead(text.as_bytes(), 0, 3).unwrap();
            keys_below(text.as_bytes(), lead, text.len()).len()
        };
        assert_eq!(count(&format!("key:\n  encryption: {short}\n  hash: \"{long}\"\n")), 2);
        assert_eq!(
            count(&format!("key:\n  hash: {short}\n  sha512: {long}\n  public: {short}\n  other: x\n")),
            0
        );
        assert_eq!(count(&format!("key: {short}\n")), 0);
    }

    #[test]
    fn what_is_no_member_is_left_out() {
        for text in [
            "tokens = parse(\"text\")\n",
            "let tokens = lexer.read(\"a\", \"b\");\n",
            "tokens: 12\nname: value\n",
            "tokens:\n    user: deployer\n    url: https://acme.test\n    token_type: bearer\n",
            "tokens = { a: b(\"c\"), d: e + \"f\" }\n",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
