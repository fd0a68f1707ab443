//! The values of Secrets as `kubectl get secrets -o json` writes them.

/// How far from its values a Secret says what it is, bytes. kubectl writes members in the order of the alphabet, so `kind`
/// comes right behind `data`; people write it in front.
const KIND_WITHIN: usize = 4096;

/// Key and place of a value.
type Member<'b> = (&'b [u8], (usize, usize));

/// Whether the bytes may hold such Secrets.
pub(super) fn is_one(opening: &[u8], bytes: &[u8]) -> bool {
    memchr::memmem::find(opening, br#""apiVersion""#).is_some()
        && memchr::memmem::find(bytes, br#""Secret""#).is_some()
}

/// Calls `each` with key and place of every value below a `data` or `stringData` of a Secret, and whether it is written as
/// it is.
pub(super) fn each_value<'b>(bytes: &'b [u8], each: &mut impl FnMut(&'b [u8], (usize, usize), bool)) {
    for at in memchr::memmem::find_iter(bytes, br#"ata""#) {
        let before = &bytes[..at];
        let (plain, start) = if before.ends_with(br#""stringD"#) {
            (true, at - br#""stringD"#.len())
        } else if before.ends_with(br#""d"#) {
            (false, at - br#""d"#.len())
        } else {
            continue;
        };
        let Some(open) = after_signs(bytes, at + br#"ata""#.len(), b":{") else { continue };
        let (values, end) = members(bytes, open);
        if !values.is_empty() && is_of_secret(bytes, start, end) {
            values.into_iter().for_each(|(key, place)| each(key, place, plain));
        }
    }
}

/// Keys and places of the texts from here up to the object's end, and where it ends.
fn members(bytes: &[u8], mut at: usize) -> (Vec<Member<'_>>, usize) {
    let mut values = Vec::new();
    while let Some((key, end)) = text(bytes, at) {
        let Some(value) = after_signs(bytes, end, b":").and_then(|from| text(bytes, from)) else { break };
        let ((from, to), end) = value;
        values.push((&bytes[key.0..key.1], (from, to)));
        at = end;
        match after_signs(bytes, end, b",") {
            Some(next) => at = next,
            None => break,
        }
    }
    (values, at)
}

/// The place inside of the quotes of a text that begins here, and where it ends. One with an escape is none of base64.
fn text(bytes: &[u8], at: usize) -> Option<((usize, usize), usize)> {
    let from = after_signs(bytes, at, b"\"")?;
    let len = memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
    (bytes[from + len] == b'"').then_some(((from, from + len), from + len + 1))
}

/// Where it goes on behind these signs and the white space before each.
fn after_signs(bytes: &[u8], mut at: usize, signs: &[u8]) -> Option<usize> {
    for &sign in signs {
        at += bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if bytes.get(at) != Some(&sign) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Whether the object whose values stand from `start` to `end` says that it is a Secret: right behind them when nothing but
/// the version stands in front, as kubectl writes it, and in front of them otherwise.
fn is_of_secret(bytes: &[u8], start: usize, end: usize) -> bool {
    const KIND: &[u8] = br#""kind""#;
    const VERSION: &[u8] = br#""apiVersion""#;
    let before = &bytes[start.saturating_sub(KIND_WITHIN)..start];
    let after = &bytes[end..bytes.len().min(end + KIND_WITHIN)];
    let last = memchr::memmem::rfind(before, KIND);
    let is_sorted = memchr::memmem::rfind(before, VERSION).is_some_and(|at| {
        let version = start - before.len() + at + VERSION.len();
        let end = after_signs(bytes, version, b":").and_then(|from| text(bytes, from)).map(|(_, end)| end);
        let next = end.and_then(|end| after_signs(bytes, end, b","));
        next.is_some_and(|next| next <= start && bytes[next..start].trim_ascii().is_empty())
    });
    let kind = if is_sorted {
        memchr::memmem::find(after, KIND).map(|at| end + at)
    } else {
        last.map(|at| start - before.len() + at)
    };
    let value = kind.and_then(|at| after_signs(bytes, at + KIND.len(), b":\""));
    value.is_some_and(|from| bytes[from..].starts_with(br#"Secret""#))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        each_value(text.as_bytes(), &mut |key, (from, to), plain| {
            seen.push(format!(
                "{}={}{}",
                String::from_utf8_lossy(key),
                &text[from..to],
                if plain { "!" } else { "" }
            ));
        });
        seen
    }

    #[test]
    fn the_values_of_secrets_are_told_in_either_order_and_others_are_not() {
        let sorted = |kind: &str| {
            format!(
                r#"{{"apiVersion": "v1", "data": {{"a": "YQ==", "b": "Yg=="}}, "kind": "{kind}", "metadata": {{}}}}"#
            )
        };
        assert_eq!(seen(&sorted("Secret")), ["a=YQ==", "b=Yg=="]);
        assert_eq!(seen(&sorted("ConfigMap")), [""; 0]);
        let list = format!(r#"{{"items": [{}, {}], "kind": "List"}}"#, sorted("ConfigMap"), sorted("Secret"));
        assert_eq!(seen(&list).len(), 2);
        for head in [r#""kind":"Secret","apiVersion":"v1""#, r#""apiVersion":"v1","kind":"Secret""#] {
            let by_hand = format!(r#"{{{head},"metadata":{{"name":"x"}},"stringData":{{"a":"b"}}}}"#);
            assert_eq!(seen(&by_hand), ["a=b!"]);
        }
        assert_eq!(seen(r#"{"apiVersion":"v1","data":{"a":"b\"c"},"kind":"Secret"}"#), [""; 0]);
        assert_eq!(seen(r#"{"data":{"a":["#), [""; 0]);
    }
}
