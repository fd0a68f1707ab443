//! `SELECT ON orders` as SQL that grants exactly that and nothing else.
//!
//! The text comes from an intent, so nothing of it reaches a statement as it stands: verbs come from a list,
//! and names are taken apart and quoted again. The grammar, clauses separated by `;`:
//!
//! ```text
//! verb {"," verb} ON ["TABLE"] name {"," name}          verbs: SELECT INSERT UPDATE DELETE
//! verb {"," verb} ON "SEQUENCE" name {"," name}         verbs: USAGE SELECT
//! "USAGE" ON "SCHEMA" name {"," name}
//! ```

use std::collections::VecDeque;
use std::fmt;

/// More than this in one role is a sign that it is no narrow access.
const CLAUSES_MAX: usize = 32;
const NAMES_MAX: usize = 64;
/// PostgreSQL cuts longer names off, which would make two names one.
const NAME_BYTES_MAX: usize = 63;

const TABLE_VERBS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const SEQUENCE_VERBS: [&str; 2] = ["USAGE", "SELECT"];
const SCHEMA_VERBS: [&str; 1] = ["USAGE"];

/// What a privilege is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ObjectKind {
    Schema,
    Sequence,
    Table,
}

impl ObjectKind {
    fn word(self) -> &'static str {
        match self {
            ObjectKind::Schema => "SCHEMA",
            ObjectKind::Sequence => "SEQUENCE",
            ObjectKind::Table => "TABLE",
        }
    }

    /// What can be asked for on it.
    pub(crate) fn verbs(self) -> &'static [&'static str] {
        match self {
            ObjectKind::Schema => &SCHEMA_VERBS,
            ObjectKind::Sequence => &SEQUENCE_VERBS,
            ObjectKind::Table => &TABLE_VERBS,
        }
    }
}

/// One object and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    pub(crate) kind: ObjectKind,
    /// Quoted, with its schema when one was named.
    pub(crate) object: String,
    pub(crate) verbs: Vec<&'static str>,
}

impl Grant {
    /// The statement that gives it to a quoted role.
    pub(crate) fn grant(&self, role: &str) -> String {
        format!("GRANT {} ON {} {} TO {role}", self.verbs.join(", "), self.kind.word(), self.object)
    }

    /// The statement that takes it away.
    pub(crate) fn revoke(&self, role: &str) -> String {
        format!("REVOKE {} ON {} {} FROM {role}", self.verbs.join(", "), self.kind.word(), self.object)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} {}", self.verbs.join(", "), self.kind.word().to_lowercase(), self.object)
    }
}

/// Reads a privilege. A table in a named schema brings `USAGE` on that schema, without which it is no use.
///
/// # Errors
/// In words: what is wrong, and where.
pub(crate) fn parse(privilege: &str) -> Result<Vec<Grant>, String> {
    let mut grants: Vec<Grant> = Vec::new();
    let clauses: Vec<&str> =
        privilege.split(';').map(str::trim).filter(|clause| !clause.is_empty()).collect();
    if clauses.is_empty() {
        return Err("empty; write for example SELECT ON orders".to_owned());
    }
    if clauses.len() > CLAUSES_MAX {
        return Err(format!("more than {CLAUSES_MAX} clauses"));
    }
    for clause in clauses {
        for grant in parse_clause(clause)? {
            add(&mut grants, grant);
        }
    }
    grants.sort();
    Ok(grants)
}

fn add(grants: &mut Vec<Grant>, grant: Grant) {
    match grants.iter_mut().find(|known| known.kind == grant.kind && known.object == grant.object) {
        Some(known) => {
            known.verbs.extend(grant.verbs);
            known.verbs.sort_unstable();
            known.verbs.dedup();
        }
        None => grants.push(grant),
    }
}

fn parse_clause(clause: &str) -> Result<Vec<Grant>, String> {
    let shown = tenure_model::visible(clause);
    let mut words = Words::of(clause)?;
    let mut asked = vec![words.keyword()?];
    while words.take(",") {
        asked.push(words.keyword()?);
    }
    if words.keyword()? != "ON" {
        return Err(format!("{shown}: expected ON after the verbs"));
    }
    let kind = match words.peek_keyword().as_deref() {
        Some("SCHEMA") => ObjectKind::Schema,
        Some("SEQUENCE") => ObjectKind::Sequence,
        Some("TABLE") => ObjectKind::Table,
        Some("ALL") => return Err(format!("{shown}: name each object; ALL is a standing wide grant")),
        _ => ObjectKind::Table,
    };
    if words.peek_keyword().as_deref() == Some(kind.word()) {
        words.keyword()?;
    }
    let mut verbs = Vec::new();
    for verb in asked {
        let known = kind.verbs().iter().find(|known| **known == verb);
        verbs.push(*known.ok_or_else(|| {
            format!(
                "{shown}: {verb} on a {} is not one of {}",
                kind.word().to_lowercase(),
                kind.verbs().join(", ")
            )
        })?);
    }
    verbs.sort_unstable();
    verbs.dedup();

    let mut grants = Vec::new();
    loop {
        let (schema, object) = words.name(kind)?;
        if let Some(schema) = schema {
            grants.push(Grant { kind: ObjectKind::Schema, object: schema, verbs: SCHEMA_VERBS.to_vec() });
        }
        grants.push(Grant { kind, object, verbs: verbs.clone() });
        if grants.len() > NAMES_MAX {
            return Err(format!("{shown}: more than {NAMES_MAX} names"));
        }
        if !words.take(",") {
            break;
        }
    }
    match words.rest.front() {
        None => Ok(grants),
        Some(word) => Err(format!("{shown}: {} is unexpected", word.shown())),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// A bare word, as PostgreSQL folds it.
    Bare(String),
    /// A name that stood in quotes.
    Quoted(String),
    /// `,` or `.`.
    Mark(&'static str),
}

impl Word {
    fn shown(&self) -> String {
        match self {
            Word::Bare(text) | Word::Quoted(text) => tenure_model::visible(text),
            Word::Mark(mark) => (*mark).to_owned(),
        }
    }
}

struct Words {
    rest: VecDeque<Word>,
}

impl Words {
    fn of(clause: &str) -> Result<Self, String> {
        let mut rest = VecDeque::new();
        let mut chars = clause.chars().peekable();
        while let Some(&c) = chars.peek() {
            match c {
                ' ' | '\t' | '\n' => {
                    chars.next();
                }
                ',' | '.' => {
                    chars.next();
                    rest.push_back(Word::Mark(if c == ',' { "," } else { "." }));
                }
                '"' => {
                    chars.next();
                    rest.push_back(Word::Quoted(quoted(&mut chars)?));
                }
                'A'..='Z' | 'a'..='z' | '_' => {
                    let mut word = String::new();
                    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                        word.push(c.to_ascii_lowercase());
                    }
                    rest.push_back(Word::Bare(word));
                }
                other => return Err(format!("{other:?} is not allowed in a privilege")),
            }
        }
        Ok(Self { rest })
    }

    fn keyword(&mut self) -> Result<String, String> {
        match self.rest.pop_front() {
            Some(Word::Bare(word)) => Ok(word.to_ascii_uppercase()),
            Some(word) => Err(format!("{} stands where a word was expected", word.shown())),
            None => Err("it ends too early; write for example SELECT ON orders".to_owned()),
        }
    }

    fn peek_keyword(&self) -> Option<String> {
        match self.rest.front()? {
            Word::Bare(word) => Some(word.to_ascii_uppercase()),
            _ => None,
        }
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = matches!(self.rest.front(), Some(Word::Mark(next)) if *next == mark);
        if found {
            self.rest.pop_front();
        }
        found
    }

    /// A name: its schema if one was given, and the whole, both quoted.
    fn name(&mut self, kind: ObjectKind) -> Result<(Option<String>, String), String> {
        let first = self.part()?;
        if !self.take(".") {
            return Ok((None, first));
        }
        if kind == ObjectKind::Schema {
            return Err("a schema has one name".to_owned());
        }
        let second = self.part()?;
        Ok((Some(first.clone()), format!("{first}.{second}")))
    }

    fn part(&mut self) -> Result<String, String> {
        match self.rest.pop_front() {
            Some(Word::Bare(name) | Word::Quoted(name)) if name.len() <= NAME_BYTES_MAX => Ok(quote(&name)),
            Some(Word::Bare(_) | Word::Quoted(_)) => {
                Err(format!("a name is longer than {NAME_BYTES_MAX} bytes"))
            }
            Some(word) => Err(format!("{} stands where a name was expected", word.shown())),
            None => Err("a name is missing".to_owned()),
        }
    }
}

/// The inside of a quoted name. OpenBao splits statements at `;` and fills in `{{…}}`, quoted or not, and a backslash
/// has no business here, so these are refused even where PostgreSQL would take them.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut name = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.next_if_eq(&'"').is_some() => name.push('"'),
            '"' if name.is_empty() => return Err("a quoted name is empty".to_owned()),
            '"' => return Ok(name),
            ';' | '{' | '}' | '\\' => return Err(format!("{c:?} is not allowed in a quoted name")),
            c if c.is_control() => {
                return Err("a control character is not allowed in a quoted name".to_owned());
            }
            c => name.push(c),
        }
    }
    Err("a quoted name has no end".to_owned())
}

/// A name as an SQL identifier.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(privilege: &str) -> Vec<String> {
        parse(privilege).unwrap().iter().map(|grant| grant.grant("r")).collect()
    }

    #[test]
    fn a_privilege_becomes_grants_of_exactly_that() {
        assert_eq!(grants("SELECT ON orders"), ["GRANT SELECT ON TABLE \"orders\" TO r"]);
        assert_eq!(
            grants("select, insert on TABLE Orders, \"Line Items\""),
            [
                "GRANT INSERT, SELECT ON TABLE \"Line Items\" TO r",
                "GRANT INSERT, SELECT ON TABLE \"orders\" TO r",
            ]
        );
        assert_eq!(
            grants("SELECT ON app.orders; USAGE ON SEQUENCE app.orders_id_seq; DELETE ON app.orders;"),
            [
                "GRANT USAGE ON SCHEMA \"app\" TO r",
                "GRANT USAGE ON SEQUENCE \"app\".\"orders_id_seq\" TO r",
                "GRANT DELETE, SELECT ON TABLE \"app\".\"orders\" TO r",
            ]
        );
    }

    #[test]
    fn what_is_granted_is_revoked_in_the_same_words() {
        let grant = &parse("SELECT ON orders").unwrap()[0];
        assert_eq!(grant.revoke("r"), "REVOKE SELECT ON TABLE \"orders\" FROM r");
    }

    #[test]
    fn nothing_else_gets_through() {
        for hostile in [
            "",
            " ; ",
            "SELECT",
            "SELECT ON",
            "SELECT orders",
            "ALL ON orders",
            "SELECT ON ALL TABLES IN SCHEMA public",
            "ALL PRIVILEGES ON orders",
            "TRUNCATE ON orders",
            "USAGE ON orders",
            "DELETE ON SCHEMA app",
            "SELECT ON orders TO PUBLIC",
            "SELECT ON orders WITH GRANT OPTION",
            "SELECT (id) ON orders",
            "SELECT ON a.b.c",
            "SELECT ON SCHEMA a.b",
            "SELECT ON orders -- x",
            "SELECT ON orders /* x */",
            "SELECT ON orders'",
            "SELECT ON \"orders",
            "SELECT ON \"\"",
            "SELECT ON \"a;b\"",
            "SELECT ON \"{{name}}\"",
            "SELECT ON {{name}}",
            "SELECT ON orders; DROP TABLE orders",
            "SELECT ON orders TO \"x\"; GRANT ALL ON orders",
            "SELECT ON orders$",
            "SELECT ON tätigkeit",
            "GRANT SELECT ON orders",
            "SELECT,, INSERT ON orders",
            "SELECT ON orders,",
            "SELECT ON ,orders",
            "SELECT ON orders items",
            "SELECT ON \"a\u{0}b\"",
            &format!("SELECT ON {}", "x".repeat(64)),
            &vec!["SELECT ON a"; 40].join(";"),
        ] {
            assert!(parse(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn a_quoted_quote_stays_inside_its_name() {
        assert_eq!(
            grants("SELECT ON \"a\"\" TO PUBLIC --\""),
            ["GRANT SELECT ON TABLE \"a\"\" TO PUBLIC --\" TO r"]
        );
    }
}
