//! Rows of values by position, as `VALUES (…)` and CSV have them: a cell in them names nothing, however it is called.

use super::Assignment;

/// Cells before a cell, and behind the one after it, from which a row is no pair of a name and its value.
const CELLS_MIN: usize = 2;

/// Whether the name is a cell of a row and the value the next one; `low` and `high` bound what is looked at.
///
/// A name whose words are joined, `'smtp_password', '…'`, may be the key in a table of settings.
pub(super) fn is_in_row(bytes: &[u8], (low, high): (usize, usize), found: Assignment) -> bool {
    let (name, value) = (found.name, found.value);
    let start = memchr::memrchr(b'\n', &bytes[low..name.0]).map_or(low, |line| low + line + 1);
    let end = memchr::memchr(b'\n', &bytes[value.1..high.max(value.1)])
        .map_or(high.max(value.1), |at| value.1 + at);
    let before = &bytes[start..name.0];
    let Some(open) = memchr::memrchr2(b'"', b'\'', before) else { return false };
    let whole = open + 1 == before.len();
    let joined = bytes[name.0..name.1].iter().any(|b| matches!(b, b'_' | b'-' | b'.'));
    let cells = |text: &[u8]| memchr::memchr_iter(b',', text).count();
    found.quoted
        && !(whole && joined)
        && before[..open].trim_ascii_end().ends_with(b",")
        && begins_row(before)
        && cells(&before[..open]) >= CELLS_MIN
        && cells(&bytes[value.1..end]) >= CELLS_MIN
}

/// `(1, …`, `"134","1321",…`, `INSERT INTO t VALUES (1, …`.
fn begins_row(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let cell = |text: &[u8]| text.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'"' | b'\''));
    let values = memchr::memmem::rfind(&line.to_ascii_lowercase(), b"values").map(|at| &line[at + 6..]);
    let tuple = |text: &[u8]| {
        text.trim_ascii_start().strip_prefix(b"(").is_some_and(|cells| cell(cells.trim_ascii_start()))
    };
    cell(line) || tuple(line) || values.is_some_and(tuple)
}

/// `mona@acme.test`: behind a comma this is where somebody is reached.
pub(super) fn is_mail(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'@', text) else { return false };
    let (user, host) = (&text[..at], &text[at + 1..]);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    let end = host.rsplit(|&b| b == b'.').next().unwrap_or_default();
    !user.is_empty()
        && user.iter().all(plain)
        && host.contains(&b'.')
        && host.iter().all(plain)
        && (2..=6).contains(&end.len())
        && end.iter().all(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_with_a_cell() {
        for line in
            ["(1, 'a', '", "\"134\",\"", "INSERT INTO user VALUES (1, 'x', '", "insert into t(a) values(2,'"]
        {
            assert!(begins_row(line.as_bytes()), "{line}");
        }
        for line in ["login('a', 'b', '", "define('x', '", "{ a: 'b', '", "values = f(1, '"] {
            assert!(!begins_row(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn addresses_of_mail_are_told_from_passwords() {
        assert!(is_mail(b"t07@acme.io") && is_mail(b"mona.berg+x@mail.acme.test"));
        assert!(!is_mail(b"Tul1p@4711") && !is_mail(b"a@b.C0m") && !is_mail(b"P@ss.word!"));
    }
}
