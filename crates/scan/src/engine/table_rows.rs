//! Rows of tables in text, as browsers, password managers and spreadsheets export them: the first line names the
//! columns, and what stands in one that is called after a password is one.
//!
//! Such a file is known by its first line alone, so that any other costs a look at that.

use crate::engine::{Candidate, Engine, generic, settle};
use crate::hits::HITS_PER_BLOB_MAX;

/// Longest first line that may name columns, bytes.
const HEAD_BYTES_MAX: usize = 1024;
/// Most columns of a table.
const COLUMNS_MAX: usize = 64;
/// Longest name of a column, bytes.
const NAME_BYTES_MAX: usize = 40;
/// Most words of a column's name.
const NAME_WORDS_MAX: usize = 3;
/// Signs that part columns, the commonest first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Adds to the `candidates` of `bytes` what its columns hold.
pub(crate) fn add(engine: &Engine, bytes: &[u8], candidates: Vec<Candidate>) -> Vec<Candidate> {
    let Some(table) = Table::of(bytes) else { return candidates };
    let mut out = Vec::new();
    table.each_value(bytes, |column, value| {
        let first = out.len();
        generic::evaluate_cell(engine, bytes, column, value, &mut out);
        // A word in a column of tokens is one of a text that somebody counted.
        let counts = |found: &Candidate| found.found.drawn || found.found.rule_id == generic::RULES[0].0;
        if out.get(first).is_some_and(|found| !counts(found)) {
            out.truncate(first);
        }
        // One more than is listed, so that it is said that there are more.
        out.len() <= HITS_PER_BLOB_MAX
    });
    if out.is_empty() {
        return candidates;
    }
    out.extend(candidates);
    settle(&mut out);
    out
}

/// Whether the first line names columns, one of which holds credentials.
pub(crate) fn is_table(bytes: &[u8]) -> bool {
    Table::of(bytes).is_some()
}

/// Whether the column holds credentials; a salt belongs to the digest beside it.
fn is_secret(name: &[u8]) -> bool {
    generic::is_telling(name) && !name.to_ascii_lowercase().ends_with(b"salt")
}

/// Columns of a table.
struct Table {
    delimiter: u8,
    /// How many there are.
    columns: usize,
    /// Those that hold credentials: which one, and where its name stands.
    telling: Vec<(usize, (usize, usize))>,
    /// Where the rows begin.
    rows: usize,
}

impl Table {
    /// The table that begins with its columns' names, when one of them holds credentials.
    fn of(bytes: &[u8]) -> Option<Table> {
        let head = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
        let line = &head[..memchr::memchr(b'\n', head)?];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b" \t,;|_-./\"'\r\xef\xbb\xbf".contains(b);
        let begin = if line.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        // Tables in Markdown are read where their head stands.
        if !line.iter().all(plain) || line.starts_with(b"|") {
            return None;
        }
        let delimiter = DELIMITERS.into_iter().find(|sign| line.contains(sign))?;
        let cells = cells(bytes, begin, delimiter)?;
        let is_name = |&(start, end): &(usize, usize)| {
            let blanks = memchr::memchr_iter(b' ', &bytes[start..end]).count();
            end - start <= NAME_BYTES_MAX && blanks < NAME_WORDS_MAX
        };
        if cells.len() < 2 || !cells.iter().all(is_name) {
            return None;
        }
        let columns = cells.iter().copied().enumerate();
        let telling: Vec<_> = columns.filter(|&(_, (start, end))| is_secret(&bytes[start..end])).collect();
        (!telling.is_empty()).then_some(Table {
            delimiter,
            columns: cells.len(),
            telling,
            rows: line.len() + 1,
        })
    }

    /// Calls `each` for what stands in a telling column of a row that has as many cells as there are columns, as long as
    /// it asks for more.
    fn each_value(&self, bytes: &[u8], mut each: impl FnMut(&[u8], (usize, usize)) -> bool) {
        let mut at = self.rows;
        while at < bytes.len() {
            if let Some(cells) = cells(bytes, at, self.delimiter).filter(|cells| cells.len() == self.columns)
            {
                for &(column, (start, end)) in &self.telling {
                    let (from, to) = cells[column];
                    if from < to && !each(&bytes[start..end], (from, to)) {
                        return;
                    }
                }
            }
            let Some(len) = memchr::memchr(b'\n', &bytes[at..]) else { return };
            at += len + 1;
        }
    }
}

/// The cells of the line at `at`, without blanks and quotes; none when there are too many, or a quote is not closed on it.
fn cells(bytes: &[u8], at: usize, delimiter: u8) -> Option<Vec<(usize, usize)>> {
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |len| at + len);
    let mut out = Vec::new();
    let mut p = at;
    loop {
        let blank = |b: u8| b == b' ' || b == b'\t' && delimiter != b'\t' || b == b'\r';
        while p < end && blank(bytes[p]) {
            p += 1;
        }
        let quoted = p < end && bytes[p] == b'"';
        let start = p + usize::from(quoted);
        let mut stop = start;
        if quoted {
            // A quote in a quoted cell is doubled.
            loop {
                stop += memchr::memchr(b'"', &bytes[stop..end])?;
                if bytes.get(stop + 1) != Some(&b'"') {
                    break;
                }
                stop += 2;
            }
        }
        let next = memchr::memchr(delimiter, &bytes[stop..end]).map_or(end, |len| stop + len);
        if !quoted {
            stop = next;
            while stop > start && blank(bytes[stop - 1]) {
                stop -= 1;
            }
        }
        out.push((start, stop));
        if next == end {
            return Some(out);
        }
        if out.len() == COLUMNS_MAX {
            return None;
        }
        p = next + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let bytes = text.as_bytes();
        let mut out = Vec::new();
        if let Some(table) = Table::of(bytes) {
            table.each_value(bytes, |column, (start, end)| {
                out.push((String::from_utf8_lossy(column).into_owned(), text[start..end].to_owned()));
                true
            });
        }
        out
    }

    #[test]
    fn columns_called_after_a_password_hold_one() {
        let expected = vec![
            ("Password".to_owned(), "tulip-43".to_owned()),
            ("Password".to_owned(), "a,\"\"b\"\"".to_owned()),
        ];
        assert_eq!(
            read(
                "\u{feff}\"Site\",\"Login\",\"Password\"\r\n\"a\",\"ops\",\"tulip-43\"\r\nb,web,\"a,\"\"b\"\"\"\r\n"
            ),
            expected
        );
        assert_eq!(read("host\tpassword\tnote\nweb\ttulip-43\track 4\n")[0].1, "tulip-43");
        assert_eq!(read("Login; Password\nops; tulip-43\n")[0].1, "tulip-43");
    }

    #[test]
    fn other_text_and_rows_of_another_width_say_nothing() {
        assert_eq!(read("Please enter your password, then go on\nname, tulip-43\n"), []);
        assert_eq!(read("login(user, password)\nops,tulip-43\n"), []);
        assert_eq!(read("user,password\nops\nops,b,c\n\"ops,tulip-43\nx\n"), []);
        assert_eq!(read("user,password"), []);
        assert_eq!(read("user,password_last_used\nops,tulip-43\n"), [], "it tells of a password");
    }
}
