//! Values that a template fills in: what a rule's pattern takes for a value may be a part of `%{…}`, `{{ … }}`, `<% … %>`
//! or `${…}`, or be followed by one.

use super::language;

/// Bytes before a value in which the template that holds it is opened.
const OPENED_BYTES_MAX: usize = 160;

/// How a template opens and closes, and whether what is quoted in it may be a literal rather than the name of a value.
const MARKS: [(&[u8], &[u8], bool); 5] = [
    (b"{{", b"}}", true),
    (b"<%", b"%>", true),
    (b"%{", b"}", false),
    (b"${", b"}", true),
    (b"#{", b"}", true),
];

/// Whether `window[start..end]` is what a template looks up, or text that one goes on. A literal in quotes inside of a
/// template is a default, and a `${X:-…}` has one without quotes.
pub(super) fn cuts(window: &[u8], start: usize, end: usize) -> bool {
    let low = start.saturating_sub(OPENED_BYTES_MAX);
    let line = memchr::memrchr(b'\n', &window[low..start]).map_or(low, |at| low + at + 1);
    let before = &window[line..start];
    let inside = MARKS.iter().any(|&(open, close, literal)| {
        memchr::memmem::rfind(before, open).is_some_and(|at| {
            let held = &before[at + open.len()..];
            let open_still = memchr::memmem::find(held, close).is_none();
            let quoted = [b'"', b'\''].iter().any(|quote| memchr::memchr_iter(*quote, held).count() % 2 == 1);
            let default = open == b"${" && held.iter().any(|b| matches!(b, b':' | b'-' | b'=' | b','));
            open_still && !(default || literal && quoted && looks_literal(&window[start..end]))
        })
    });
    let after = &window[end..];
    let goes_on = [&b"{{"[..], b"${", b"$(", b"%{", b"<%", b"#{"].iter().any(|open| after.starts_with(open));
    inside || goes_on && !language::is_random(&window[start..end])
}

/// Whether a text in quotes is a value rather than the key of one: names have no figures, and no signs but what joins words.
fn looks_literal(text: &[u8]) -> bool {
    text.iter().any(|b| b.is_ascii_digit() || !b.is_ascii_alphanumeric() && !b"_-./:".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value stands between the marks.
    fn is_cut(text: &str) -> bool {
        let (before, rest) = text.split_once('«').unwrap();
        let (value, after) = rest.split_once('»').unwrap();
        let window = format!("{before}{value}{after}");
        cuts(window.as_bytes(), before.len(), before.len() + value.len())
    }

    #[test]
    fn what_a_template_looks_up_is_no_value() {
        for text in [
            "sentinel auth-pass {{ «name» }} {{ pw }}",
            "rabbitmqctl add_user {{ «item.user» }} {{ item.pass }}",
            "x: %{hiera('«mq_pw1»')}",
            "password <%= node['«mysql_pw»'] %>",
            "-p«prefix»{{ pw }}",
            "-p«prefix»${PW}",
            "url=${«db.password»}",
        ] {
            assert!(is_cut(text), "{text}");
        }
        for text in [
            "{{ user }}:«Kestrel42»@host",
            "{{ hash | d('{SSHA}«SBMUfCI9kzumIDGbUEpR7yZC1lqSzZD4»') }}",
            "{{ default \"«Kestrel42»\" .Values.password }}",
            "${PW:-«Kestrel42»}",
            "X=$(curl -u admin:«Kestrel42» https://acme.test)",
            "url: https://reader:«Kestrel42»@${HOST}",
            "{{ name }}\nauth-pass mymaster «Kestrel42»",
        ] {
            assert!(!is_cut(text), "{text}");
        }
    }
}
