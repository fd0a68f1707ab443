//! Rows of a SQLite table, and the names of their columns.

/// One value of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Text in the database's encoding.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
    /// A whole number.
    Number(i64),
    /// Nothing, or a number that no secret is.
    Other,
}

/// Reads a number of one to nine bytes.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for index in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The values of a row, as far as they are there: the last one of a row that was cut is cut.
pub(super) fn values(row: &[u8]) -> Vec<Value<'_>> {
    let mut kinds = row;
    let Some(header) = varint(&mut kinds).and_then(|len| usize::try_from(len).ok()) else {
        return Vec::new();
    };
    let taken = row.len() - kinds.len();
    let (Some(mut kinds), Some(mut body)) = (row.get(taken..header), row.get(header..)) else {
        return Vec::new();
    };
    let mut values = Vec::new();
    while !kinds.is_empty() {
        let Some(kind) = varint(&mut kinds) else { break };
        let len = match kind {
            0 | 8..=11 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => (kind - 12) / 2,
        };
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(body.len());
        let (bytes, rest) = body.split_at(len);
        body = rest;
        values.push(match kind {
            1..=6 => Value::Number(bytes.iter().fold(0, |sum, &byte| sum << 8 | i64::from(byte))),
            8 => Value::Number(0),
            9 => Value::Number(1),
            12.. if kind % 2 == 0 => Value::Blob(bytes),
            12.. => Value::Text(bytes),
            _ => Value::Other,
        });
    }
    values
}

/// A table as the schema tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) root: u32,
    columns: Vec<String>,
}

impl Table {
    /// Reads a row of the schema: type, name, table, root page, SQL. `None` for what has no rows of its own.
    pub(super) fn of_schema_row(values: &[Value<'_>]) -> Option<Table> {
        let [Value::Text(b"table"), Value::Text(name), _, Value::Number(root), Value::Text(sql)] = values
        else {
            return None;
        };
        let root = u32::try_from(*root).ok().filter(|&root| root > 0)?;
        Some(Table { name: String::from_utf8_lossy(name).into_owned(), root, columns: columns(sql) })
    }

    /// Name of a column, from 0.
    pub(super) fn column(&self, index: usize) -> &str {
        self.columns.get(index).map_or("column", String::as_str)
    }
}

/// The names of the columns that a `CREATE TABLE` names: the first word of each part between commas.
fn columns(sql: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(sql);
    let Some((_, body)) = text.split_once('(') else { return Vec::new() };
    let mut columns = Vec::new();
    let (mut depth, mut quote, mut part) = (0, None, String::new());
    for c in body.chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (Some(_), _) => part.push(c),
            (None, '"' | '`' | '\'') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => break,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => columns.extend(first_word(&std::mem::take(&mut part))),
            (None, _) if depth == 0 => part.push(c),
            (None, _) => {}
        }
    }
    columns.extend(first_word(&part));
    columns
}

fn first_word(part: &str) -> Option<String> {
    const NO_COLUMNS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    let word = part.split_whitespace().next()?;
    (!NO_COLUMNS.iter().any(|other| word.eq_ignore_ascii_case(other))).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_the_statement_that_made_the_table() {
        let sql = "CREATE TABLE \"users\"(id INTEGER PRIMARY KEY, [api key] TEXT, rate NUMERIC(10, 2), \
                   \"pass,word\" TEXT DEFAULT ')', UNIQUE (id, rate))";
        assert_eq!(columns(sql.as_bytes()), ["id", "api", "rate", "pass,word"]);
        assert_eq!(columns(b"CREATE TABLE x AS SELECT 1"), Vec::<String>::new());
    }

    #[test]
    fn a_row_that_is_cut_gives_what_is_there() {
        let row = b"\x04\x00\x13\x01abc\x07";
        assert_eq!(values(row), [Value::Other, Value::Text(b"abc"), Value::Number(7)]);
        assert_eq!(values(&row[..6]), [Value::Other, Value::Text(b"ab"), Value::Number(0)]);
        assert_eq!(values(b"\xff\xff"), Vec::new());
    }

    #[test]
    fn varints_have_up_to_nine_bytes() {
        assert_eq!(varint(&mut &b"\x7f"[..]), Some(127));
        assert_eq!(varint(&mut &b"\x81\x00"[..]), Some(128));
        assert_eq!(varint(&mut &[0xff; 9][..]), Some(u64::MAX));
        assert_eq!(varint(&mut &[0xff; 8][..]), None);
    }
}
