//! Patterns of policies: `*` stands for any text, `?` for one character.

use std::collections::VecDeque;

/// Stands where a pattern leaves the text open. It is in no real name, so that only a wildcard fits it.
const OPEN: u8 = 1;
/// A star or question mark that a policy means literally: `${*}`, `${?}`.
pub(super) const LITERAL_STAR: char = '\u{2}';
pub(super) const LITERAL_MARK: char = '\u{3}';
/// Most steps that are spent on looking for a text that two patterns share. Real pairs need some thousand.
const SHARED_STEPS_MAX: usize = 1 << 18;

/// Parts of a whole ARN: arn, partition, service, region, account, resource.
const ARN_PARTS: usize = 6;

/// Whether a text fits a pattern, byte by byte.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read, mut star, mut retry) = (0, 0, None, 0);
    while read < text.len() {
        if at < pattern.len() && pattern[at] == b'*' {
            star = Some(at);
            retry = read;
            at += 1;
        } else if at < pattern.len() && (pattern[at] == b'?' || pattern[at] == text[read]) {
            at += 1;
            read += 1;
        } else if let Some(star) = star {
            retry += 1;
            read = retry;
            at = star + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether a pattern has a wildcard.
pub(super) fn is_wild(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The part of a pattern before its first wildcard.
pub(super) fn literal_start(pattern: &str) -> &str {
    &pattern[..pattern.find(['*', '?']).unwrap_or(pattern.len())]
}

/// A text that fits the pattern and, where the pattern leaves it open, nothing that is written out elsewhere.
pub(super) fn member(pattern: &str) -> String {
    pattern.replace(['*', '?'], "\u{1}")
}

/// A text with a star where it is open.
pub(super) fn shown(text: &str) -> String {
    text.replace(char::from(OPEN), "*")
}

/// A text that fits both patterns, as open as possible; `None` where there is none.
pub(super) fn shared(one: &str, other: &str) -> Option<String> {
    for (open, closed) in [(one, other), (other, one)] {
        let member = member(open);
        if matches(closed, &member) {
            return Some(member);
        }
    }
    // In whole ARNs no wildcard reaches beyond its own part.
    let parts = |arn: &str| arn.starts_with("arn:").then(|| arn.splitn(ARN_PARTS, ':').count() == ARN_PARTS);
    if parts(one) == Some(true) && parts(other) == Some(true) {
        let pairs = one.splitn(ARN_PARTS, ':').zip(other.splitn(ARN_PARTS, ':'));
        let shared: Option<Vec<String>> = pairs.map(|(one, other)| shared_text(one, other)).collect();
        return shared.map(|parts| parts.join(":"));
    }
    shared_text(one, other)
}

fn shared_text(one: &str, other: &str) -> Option<String> {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let width = other.len() + 1;
    let states = (one.len() + 1) * width;
    if states > SHARED_STEPS_MAX {
        return None;
    }
    // Breadth first over pairs of places; each remembers where it came from and by which byte.
    let mut from: Vec<Option<(usize, Option<u8>)>> = vec![None; states];
    let mut waiting = VecDeque::from([0]);
    from[0] = Some((0, None));
    while let Some(state) = waiting.pop_front() {
        if state + 1 == states {
            return Some(walked(&from, state));
        }
        let (a, b) = (one.get(state / width).copied(), other.get(state % width).copied());
        for (next, byte) in steps(a, b, state, width) {
            if from[next].is_none() {
                from[next] = Some((state, byte));
                waiting.push_back(next);
            }
        }
    }
    None
}

/// Where two patterns can go from a pair of places, and the byte that takes them there.
fn steps(a: Option<u8>, b: Option<u8>, state: usize, width: usize) -> Vec<(usize, Option<u8>)> {
    let mut next = Vec::with_capacity(4);
    if a == Some(b'*') {
        next.push((state + width, None));
    }
    if b == Some(b'*') {
        next.push((state + 1, None));
    }
    let (Some(a), Some(b)) = (a, b) else { return next };
    let wild = |byte: u8| byte == b'*' || byte == b'?';
    let byte = match (wild(a), wild(b)) {
        (true, true) => OPEN,
        (true, false) => b,
        (false, _) => a,
    };
    if wild(a) || wild(b) || a == b {
        let on = if a == b'*' { 0 } else { width } + usize::from(b != b'*');
        if on > 0 {
            next.push((state + on, Some(byte)));
        }
    }
    next
}

fn walked(from: &[Option<(usize, Option<u8>)>], mut state: usize) -> String {
    let mut bytes = Vec::new();
    while state != 0 {
        let (before, byte) = from[state].expect("every state on the way was reached from another");
        bytes.extend(byte);
        state = before;
    }
    bytes.reverse();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_policies_do() {
        assert!(matches("iam:*", "iam:putuserpolicy"));
        assert!(matches("iam:put*policy", "iam:putuserpolicy"));
        assert!(matches("i?m:putuserpolicy", "iam:putuserpolicy"));
        assert!(matches("*", "") && matches("*", "*"));
        assert!(!matches("iam:get*", "iam:putuserpolicy"));
        assert!(!matches("iam:putuserpolic", "iam:putuserpolicy"));
        assert!(!matches("arn:aws:s3:::*", "*"), "an action without a resource needs the bare star");
    }

    #[test]
    fn two_patterns_share_a_text_or_none() {
        assert_eq!(shared("a*", "*b").as_deref(), Some("ab"));
        assert_eq!(shared("role/dev-*", "role/prod-*"), None);
        assert_eq!(shared("arn:aws:iam::1:role/x", "arn:*:role/*").as_deref(), Some("arn:aws:iam::1:role/x"));
        let (own, foreign) = ("arn:aws:lambda:*:1:function:*", "arn:aws:lambda:*:2:function:dev-*");
        assert_eq!(shared(own, foreign), None, "a region does not hold an account");
        let text = shared("f:*:dev-*", "f:eu:*").expect("they meet");
        assert!(matches("f:*:dev-*", &text) && matches("f:eu:*", &text));
    }

    proptest! {
        #[test]
        fn what_is_shared_fits_both(one in "[ab*?]{0,7}", other in "[ab*?]{0,7}") {
            if let Some(text) = shared(&one, &other) {
                prop_assert!(matches(&one, &text) && matches(&other, &text), "{text:?}");
            }
        }

        #[test]
        fn what_fits_both_is_found(text in "[ab]{0,6}", stars in proptest::collection::vec(any::<(bool, bool)>(), 6)) {
            // Two patterns made from one text by opening some of its places must meet.
            let opened = |pick: fn(&(bool, bool)) -> bool| -> String {
                text.chars().zip(&stars).map(|(c, star)| if pick(star) { '*' } else { c }).collect()
            };
            let (one, other) = (opened(|star| star.0), opened(|star| star.1));
            prop_assert!(shared(&one, &other).is_some(), "{one} {other}");
        }
    }
}
