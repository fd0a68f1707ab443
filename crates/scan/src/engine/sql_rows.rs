//! Rows of tables in SQL scripts and dumps: the name of a column stands in the head of a statement, far from the values.
//!
//! A script is known by how it begins. Its statements are read just far enough to know which value belongs to which
//! column; a value in a column with a telling name is then judged like any other that is assigned to that name.

use std::collections::HashMap;
use std::sync::Arc;

use tenure_model::{Confidence, Severity};

use crate::engine::{Anchor, Candidate, Engine, Match, Needs, generic, settle, trace, value};
use crate::hits::HITS_PER_BLOB_MAX;

/// Bytes at the start of a file that tell whether it is a script of SQL.
const OPENING_BYTES: usize = 256;
/// Most columns of a table that are read.
const COLUMNS_MAX: usize = 200;
/// Most tables of one file whose columns are remembered.
const TABLES_MAX: usize = 2_000;
/// Longest value that is judged, bytes.
const VALUE_BYTES_MAX: usize = 300;
/// Lengths of hashes as hex digits: MD5, SHA-1, SHA-224, SHA-256, SHA-384, the fifty bytes that Grafana and Gitea derive,
/// SHA-512.
const HEX_LENGTHS: [usize; 7] = [32, 40, 56, 64, 96, 100, 128];

/// Adds to the `candidates` of `bytes` what the rows of its statements hold.
pub(crate) fn add(engine: &Engine, bytes: &[u8], candidates: Vec<Candidate>) -> Vec<Candidate> {
    if !is_script(bytes) {
        return candidates;
    }
    let mut rows = Rows { engine, bytes, tables: HashMap::new(), out: Vec::new() };
    rows.read();
    if rows.out.is_empty() {
        return candidates;
    }
    let mut all = rows.out;
    all.extend(candidates);
    settle(&mut all);
    all
}

/// Whether the file begins like a script of SQL: with a comment of a dump, or a statement.
pub(crate) fn is_script(bytes: &[u8]) -> bool {
    let opening = &bytes[..bytes.len().min(OPENING_BYTES)];
    let opening = opening.strip_prefix(b"\xef\xbb\xbf").unwrap_or(opening).trim_ascii_start();
    match opening.first() {
        Some(b'-') => opening.starts_with(b"--") && !opening.starts_with(b"---"),
        Some(b'/' | b'#') => memchr::memmem::find(opening, b"SQL").is_some(),
        Some(b) if b.is_ascii_alphabetic() => {
            const STARTS: [&[u8]; 12] = [
                b"insert ",
                b"create ",
                b"copy ",
                b"set ",
                b"use ",
                b"drop ",
                b"begin",
                b"pragma ",
                b"replace ",
                b"start transaction",
                b"lock tables",
                b"delete from ",
            ];
            STARTS.iter().any(|start| starts_with(opening, start))
        }
        _ => false,
    }
}

fn starts_with(text: &[u8], lower: &[u8]) -> bool {
    text.get(..lower.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower))
}

/// A column of a table: its name, when it tells of credentials.
type Column<'b> = Option<&'b [u8]>;

struct Rows<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    /// Columns of the tables that have a telling one.
    tables: HashMap<&'a [u8], Vec<Column<'a>>>,
    out: Vec<Candidate>,
}

impl<'a> Rows<'a> {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.bytes.len() && !self.is_full() {
            let start =
                self.bytes[at..].iter().position(|b| !matches!(b, b' ' | b'\t')).map_or(at, |n| at + n);
            let line = &self.bytes[start..];
            let next = if starts_with(line, b"insert ") || starts_with(line, b"replace into ") {
                self.insert(start)
            } else if starts_with(line, b"create table ") {
                self.create(start)
            } else if starts_with(line, b"copy ") {
                self.copy(start)
            } else {
                None
            };
            at = next.unwrap_or(start);
            at = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |end| at + end + 1);
        }
    }

    /// `CREATE TABLE name (column type, …)`; gives where it ends.
    fn create(&mut self, start: usize) -> Option<usize> {
        let mut at = start + b"create table ".len();
        if starts_with(&self.bytes[at..], b"if not exists ") {
            at += b"if not exists ".len();
        }
        let (table, at) = self.table(at)?;
        let (columns, end) = self.columns(at)?;
        if columns.iter().any(Option::is_some) && self.tables.len() < TABLES_MAX {
            self.tables.insert(table, columns);
        }
        Some(end)
    }

    /// `INSERT INTO name (columns) VALUES (…), (…);`
    fn insert(&mut self, start: usize) -> Option<usize> {
        let line = &self.bytes[start..self.bytes.len().min(start + 40)];
        let into = line.windows(5).position(|five| five.eq_ignore_ascii_case(b"into "))?;
        let (table, at) = self.table(start + into + 5)?;
        let at = self.blank(at);
        let (columns, at) = match self.bytes.get(at)? {
            b'(' => self.columns(at)?,
            _ => (self.tables.get(table)?.clone(), at),
        };
        if !columns.iter().any(Option::is_some) {
            return None;
        }
        let mut at = self.blank(at);
        if !starts_with(&self.bytes[at..], b"values") {
            return None;
        }
        at = self.blank(at + b"values".len());
        while self.bytes.get(at) == Some(&b'(') && !self.is_full() {
            let (cells, end) = self.tuple(at)?;
            self.judge(&columns, &cells);
            at = self.blank(end);
            if self.bytes.get(at) != Some(&b',') {
                break;
            }
            at = self.blank(at + 1);
        }
        Some(at)
    }

    /// `COPY name (columns) FROM stdin;` and its rows, up to `\.`.
    fn copy(&mut self, start: usize) -> Option<usize> {
        let (_, at) = self.table(start + b"copy ".len())?;
        let (columns, at) = self.columns(self.blank(at))?;
        let telling = columns.iter().any(Option::is_some);
        let mut at = at + memchr::memchr(b'\n', &self.bytes[at..])? + 1;
        while telling && at < self.bytes.len() && !self.is_full() {
            let end = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |n| at + n);
            let row = &self.bytes[at..end];
            if row.starts_with(b"\\.") {
                break;
            }
            let mut cells = Vec::new();
            let mut from = at;
            for cell in row.strip_suffix(b"\r").unwrap_or(row).split(|&b| b == b'\t').take(COLUMNS_MAX) {
                cells.push((cell != b"\\N").then_some((from, from + cell.len())));
                from += cell.len() + 1;
            }
            self.judge(&columns, &cells);
            at = end + 1;
        }
        Some(at.min(self.bytes.len()))
    }

    /// Judges the cells of a row that has as many as the table has columns.
    fn judge(&mut self, columns: &[Column<'_>], cells: &[Option<(usize, usize)>]) {
        if columns.len() != cells.len() {
            return;
        }
        for (column, cell) in columns.iter().zip(cells) {
            let (Some(column), Some((start, end))) = (column, *cell) else { continue };
            if end <= start || end - start > VALUE_BYTES_MAX {
                continue;
            }
            let text = &self.bytes[start..end];
            match hash(column, text) {
                // Beside a password's digest, which it belongs to.
                _ if is_salt(column) => {}
                Some(true) => self.out.extend(hashed(self.engine, column, text, start)),
                // A column of hashes holds nothing else.
                Some(false) => {}
                None => generic::evaluate_cell(self.engine, self.bytes, column, (start, end), &mut self.out),
            }
        }
    }

    /// Whether there are more than one file's hits may be: that there are more is said.
    fn is_full(&self) -> bool {
        self.out.len() > HITS_PER_BLOB_MAX
    }

    fn blank(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter().position(|b| !b.is_ascii_whitespace()).map_or(self.bytes.len(), |n| at + n)
    }

    /// The last part of a table's name, and where it ends.
    fn table(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let at = self.blank(at);
        let rest = &self.bytes[at..];
        let end = rest.iter().take(200).position(|&b| matches!(b, b'(' | b' ' | b'\n' | b'\r' | b'\t'))?;
        let name = rest[..end].rsplit(|&b| b == b'.').next()?;
        Some((plain(name), at + end))
    }

    /// The columns in the parentheses that open at or behind `at`, and where they close.
    fn columns(&self, at: usize) -> Option<(Vec<Column<'a>>, usize)> {
        const NO_COLUMNS: [&[u8]; 8] =
            [b"primary", b"key", b"unique", b"constraint", b"index", b"foreign", b"check", b"fulltext"];
        let at = self.blank(at);
        let (cells, end) = self.parts(at)?;
        let mut columns = Vec::new();
        for (from, to) in cells {
            let text = self.bytes[from..to].trim_ascii();
            let word = text.split(|&b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).next().unwrap_or_default();
            if !NO_COLUMNS.iter().any(|other| word.eq_ignore_ascii_case(other)) {
                let name = plain(word);
                columns.push((generic::is_telling(name) || is_hash_column(name)).then_some(name));
            }
        }
        Some((columns, end))
    }

    /// The values of a row: where the text of each stands, when it is a string.
    #[allow(clippy::type_complexity)] // places, and where the row ends
    fn tuple(&self, at: usize) -> Option<(Vec<Option<(usize, usize)>>, usize)> {
        let (parts, end) = self.parts(at)?;
        let cells = parts.into_iter().map(|(from, to)| {
            let text = &self.bytes[from..to];
            let opens = memchr::memchr2(b'\'', b'"', text)?;
            let closes = memchr::memrchr(text[opens], text)?;
            (closes > opens).then_some((from + opens + 1, from + closes))
        });
        Some((cells.collect(), end))
    }

    /// The parts between commas in the parentheses that open at `at`, and the place behind them.
    fn parts(&self, at: usize) -> Option<(Vec<(usize, usize)>, usize)> {
        if self.bytes.get(at) != Some(&b'(') {
            return None;
        }
        let (mut parts, mut from, mut p, mut depth) = (Vec::new(), at + 1, at + 1, 0usize);
        loop {
            match *self.bytes.get(p)? {
                quote @ (b'\'' | b'"' | b'`') => p = self.quoted(p + 1, quote)?,
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    parts.push((from, p));
                    return Some((parts, p + 1));
                }
                b')' => depth -= 1,
                b',' if depth == 0 => {
                    parts.push((from, p));
                    from = p + 1;
                    if parts.len() > COLUMNS_MAX {
                        return None;
                    }
                }
                _ => {}
            }
            p += 1;
        }
    }

    /// Where the text in quotes that begins at `p` is closed.
    fn quoted(&self, mut p: usize, quote: u8) -> Option<usize> {
        loop {
            p += memchr::memchr2(quote, b'\\', self.bytes.get(p..)?)?;
            match self.bytes[p] {
                b'\\' => p += 2,
                _ if self.bytes.get(p + 1) == Some(&quote) => p += 2,
                _ => return Some(p),
            }
        }
    }
}

/// A name without the quotes around it.
fn plain(name: &[u8]) -> &[u8] {
    let quote = |b: &u8| matches!(b, b'`' | b'"' | b'[' | b']' | b'\'');
    let start = name.iter().position(|b| !quote(b)).unwrap_or(name.len());
    let end = name.iter().rposition(|b| !quote(b)).map_or(start, |last| last + 1);
    &name[start..end]
}

/// Whether the column holds what is mixed into digests.
fn is_salt(name: &[u8]) -> bool {
    name.len() >= 4 && name[name.len() - 4..].eq_ignore_ascii_case(b"salt")
}

/// Whether the column holds hashes of passwords, as its name says.
fn is_hash_column(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let holds = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&lower, word).is_some());
    holds(&[b"pass", b"pwd", b"pw_"])
        && holds(&[b"hash", b"md5", b"sha", b"digest", b"crypt"])
        && !holds(&[b"salt", b"algo"])
}

/// Whether the text is a hash of a password, as hex digits or as MySQL writes them; none where it may be a password.
fn hash(column: &[u8], text: &[u8]) -> Option<bool> {
    let hex = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit) && value::entropy(text) > 2.5;
    let mysql = text.len() == 41 && text[0] == b'*' && hex(&text[1..]);
    let lower = column.to_ascii_lowercase();
    let of_password =
        memchr::memmem::find(&lower, b"pass").is_some() || memchr::memmem::find(&lower, b"pwd").is_some();
    if of_password && (mysql || HEX_LENGTHS.contains(&text.len()) && hex(text)) {
        return Some(true);
    }
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    is_hash_column(column)
        .then(|| text.len() >= 24 && text.iter().all(base64) && text.iter().any(u8::is_ascii_digit))
}

fn hashed(engine: &Engine, column: &[u8], text: &[u8], start: usize) -> Option<Candidate> {
    let (rule_id, title, credential) = generic::RULES[2];
    if engine.rules().disables(rule_id) {
        return None;
    }
    let name = String::from_utf8_lossy(column).into_owned();
    #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
    let (start, end) = (start as u32, (start + text.len()) as u32);
    let found = Match {
        rule_id: rule_id.to_owned(),
        title: title.to_owned(),
        credential: credential.to_owned(),
        provider: "generic".to_owned(),
        severity: Severity::Low,
        confidence: Confidence::Medium,
        fingerprint: engine.key().fingerprint(credential, text),
        masked: tenure_model::mask(text, 1),
        reasons: vec![format!("in the column `{name}` of a table"), "as long as a hash".to_owned()],
        name: Some(name),
        login: None,
        pairs_with: Vec::new(),
        public: false,
        specific: false,
        vouched: false,
        imported: false,
        path_bound: false,
        drawn: true,
        needs: Needs::LivePath,
        traces: trace::traces(engine.key(), text, true),
    };
    Some(Candidate { anchor: Anchor { at: start, id: 0 }, start, end, found: Arc::new(found) })
}

#[cfg(test)]
mod tests {
    use tenure_model::FingerprintKey;

    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let engine = Engine::new(RuleSet::from_files(Vec::new()).unwrap(), FingerprintKey::new([3; 32]));
        add(&engine, text.as_bytes(), Vec::new())
            .iter()
            .map(|c| (c.found.rule_id.clone(), text[c.start as usize..c.end as usize].to_owned()))
            .collect()
    }

    use crate::rules::RuleSet;

    fn owned(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|&(rule, value)| (rule.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn values_belong_to_the_columns_that_a_statement_names() {
        let digest = ["25b001a3ff416d4a3baf69da", "d8199bfca8b6f3a6"].concat();
        let named = format!(
            "-- dump\nINSERT INTO `users` (`id`, `login`, `passwd`, note) VALUES\n(1, 'deployer', '{digest}', 'it''s (ok), no'),\n(2,'reader','tulip43x',NULL);\n"
        );
        let expected = owned(&[("generic-password-hash", &digest), ("generic-password", "tulip43x")]);
        assert_eq!(found(&named), expected);
        let created = format!(
            "CREATE TABLE users (\n  id int NOT NULL,\n  login varchar(64) DEFAULT 'a,b',\n  passwd varchar(9),\n  note text,\n  PRIMARY KEY (id)\n);\nINSERT INTO users VALUES (1,'deployer','{digest}',''),(2,'reader','tulip43x','x\\'y');\n"
        );
        assert_eq!(found(&created), expected);
        let copied = format!(
            "--\n-- dump\n--\nCOPY public.users (id, login, passwd, note) FROM stdin;\n1\tdeployer\t{digest}\t\\N\n2\treader\ttulip43x\tx\n\\.\nSELECT 1;\n"
        );
        assert_eq!(found(&copied), expected);
    }

    #[test]
    fn other_columns_and_broken_statements_are_left_alone() {
        for text in [
            "-- dump\nINSERT INTO files (id, sha1) VALUES (1, '25b001a3ff416d4a3baf69dad8199bfca8b6f3a6');\n",
            "-- dump\nINSERT INTO users (login, passwd) VALUES ('deployer', 'tulip43x'\n",
            "-- dump\nINSERT INTO users (login, passwd) VALUES ('tulip43x');\n",
            "-- dump\nINSERT INTO users (login, passwd",
            "-- dump\nINSERT INTO users (login, password_reset_at) VALUES ('deployer', '2019-01-01x');\n",
            "x = 1\nINSERT INTO users (login, passwd) VALUES ('deployer', 'tulip43x');\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(insert into a|create table a|copy a|values|\\(|\\)|,|'|`|\\\\|passwd|\\n|\\t| |x){0,60}") {
            found(&format!("-- x\n{text}"));
        }
    }
}
