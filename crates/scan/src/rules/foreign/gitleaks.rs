//! gitleaks configuration: TOML with `[[rules]]`, and allowlists for a rule or for all of them.

use toml::{Table, Value as Toml};

use super::dialect::from_go;
use super::pattern::{Shape, Value, parse};
use super::{CREDENTIAL, Document, Format, Import, holding, id_from, is_id, title};
use crate::rules::book::{BookError, fits, too_many_rules};
use crate::rules::spec::{Exceptions, RuleSpec};

pub(super) const FORMAT: Format = Format {
    name: "gitleaks",
    about: "a gitleaks configuration (TOML with `[[rules]]`)",
    endings: &["toml"],
    claims: |document| {
        let keys = ["rules", "allowlist", "allowlists", "extend"];
        document.table.as_ref().is_some_and(|table| keys.iter().any(|key| table.contains_key(*key)))
    },
    read,
};

/// Keys that say nothing about what is found.
const SILENT: [&str; 4] = ["title", "description", "tags", "minVersion"];
/// Keys of an allowlist that each hold one kind of criteria.
const CRITERIA: [&str; 4] = ["commits", "paths", "regexes", "stopwords"];

fn read(document: &Document<'_>, seen: &mut usize) -> Result<Import, BookError> {
    let mut reading = Reading { document, seen, import: Import::new("a gitleaks configuration") };
    let mut table = document.table.clone().unwrap_or_default();
    let rules = tables(table.remove("rules"));
    too_many_rules(document.name, rules.len())?;
    for (index, rule) in rules.into_iter().enumerate() {
        reading.rule(rule, index)?;
    }
    if let Some(Toml::Table(extend)) = table.remove("extend") {
        reading.extend(&extend);
    }
    let single = tables(table.remove("allowlist"));
    for allowlist in single.into_iter().chain(tables(table.remove("allowlists"))) {
        reading.global_allowlist(allowlist);
    }
    reading.unknown("", &table);
    Ok(reading.import)
}

struct Reading<'d> {
    document: &'d Document<'d>,
    seen: &'d mut usize,
    import: Import,
}

impl Reading<'_> {
    fn rule(&mut self, mut table: Table, index: usize) -> Result<(), BookError> {
        let description = text(&mut table, "description").unwrap_or_default();
        let id = text(&mut table, "id").filter(|id| !id.is_empty()).or_else(|| id_from(&description));
        let shown = id.clone().filter(|id| is_id(id)).unwrap_or_else(|| format!("rule {}", index + 1));
        let Some(id) = id.filter(|id| is_id(id)) else {
            self.whole(&shown, "id", "an id has letters, digits and `-_.:/` only, 128 of them at most");
            return Ok(());
        };
        let path = text(&mut table, "path");
        let Some(regex) = text(&mut table, "regex").filter(|regex| !regex.is_empty()) else {
            let reason = if path.is_some() {
                "looks at paths only: Tenure judges what a file holds"
            } else {
                "has no pattern: it amends a rule of a configuration that is not read"
            };
            self.whole(&id, if path.is_some() { "path" } else { "regex" }, reason);
            return Ok(());
        };
        fits(self.seen, self.document.name, &id, &regex)?;
        let value = match table.remove("secretGroup").as_ref().and_then(Toml::as_integer) {
            None | Some(0) => Value::FirstTaken,
            Some(group) => Value::Group(usize::try_from(group).unwrap_or(usize::MAX)),
        };
        let keywords = texts(&mut table, "keywords");
        let shape = match Shape::of(&from_go(&regex), value, &keywords) {
            Ok(shape) => shape,
            Err(reason) => {
                self.whole(&id, "regex", &reason);
                return Ok(());
            }
        };
        for (field, reason) in &shape.notes {
            self.part(&id, if *field == "pattern" { "regex" } else { field }, reason);
        }
        let mut spec = RuleSpec {
            title: title(if description.is_empty() { &id } else { &description }),
            credential: CREDENTIAL.to_owned(),
            severity: "high".to_owned(),
            confidence: "medium".to_owned(),
            min_entropy: table.remove("entropy").as_ref().and_then(number).filter(|least| *least > 0.0),
            id: id.clone(),
            ..RuleSpec::default()
        };
        shape.fill(&mut spec);
        spec.paths = self.regexes(&id, "path", path.into_iter().collect());
        for key in ["allowlist", "allowlists"] {
            for allowlist in tables(table.remove(key)) {
                let except = self.allowlist(&id, allowlist);
                append(&mut spec.except, except);
            }
        }
        if table.remove("skipReport").as_ref().and_then(Toml::as_bool) == Some(true) {
            spec.public = true;
            self.part(&id, "skipReport", "its matches are reported, as public identifiers");
        }
        if table.remove("required").is_some() {
            self.part(
                &id,
                "required",
                "its matches are reported without the rules that should stand beside them",
            );
        }
        self.unknown(&id, &table);
        self.import.file.rules.push(spec);
        Ok(())
    }

    fn extend(&mut self, table: &Table) {
        for key in table.keys() {
            let reason = match key.as_str() {
                "useDefault" => "Tenure's own rules take the place of the default ones",
                "path" | "url" => "no other file is read: name it with `--rules`, too",
                "disabledRules" => "name rules of Tenure in `disable` in a rule file of its own",
                _ => "not known here",
            };
            self.part("", &format!("extend.{key}"), reason);
        }
    }

    fn global_allowlist(&mut self, mut table: Table) {
        let targets = texts(&mut table, "targetRules");
        let except = self.allowlist("", table);
        if targets.is_empty() {
            append(&mut self.import.file.except, except);
            return;
        }
        for target in targets {
            match self.import.file.rules.iter_mut().find(|rule| rule.id == target) {
                Some(rule) => append(&mut rule.except, except.clone()),
                None => self.part("", "targetRules", "names a rule that is not in this file"),
            }
        }
    }

    fn allowlist(&mut self, id: &str, mut table: Table) -> Exceptions {
        let mut except = Exceptions::default();
        let condition = text(&mut table, "condition").unwrap_or_default().to_ascii_uppercase();
        let criteria = CRITERIA.iter().filter(|key| table.contains_key(**key)).count();
        if matches!(condition.as_str(), "AND" | "&&") && criteria > 1 {
            self.part(
                id,
                "allowlist.condition",
                "several criteria that must all hold: the allowlist is left out",
            );
            return except;
        }
        let target = text(&mut table, "regexTarget").unwrap_or_default();
        let regexes = texts(&mut table, "regexes");
        let regexes = self.regexes(id, "allowlist.regexes", regexes);
        match target.as_str() {
            "" | "secret" => except.values = regexes,
            "match" => except.matches = regexes,
            "line" => except.lines = regexes,
            _ => self.part(
                id,
                "allowlist.regexTarget",
                "none of `secret`, `match` and `line`: its regexes are left out",
            ),
        }
        except.values.extend(holding(&texts(&mut table, "stopwords")));
        let paths = texts(&mut table, "paths");
        except.paths = self.regexes(id, "allowlist.paths", paths);
        if table.remove("commits").is_some() {
            self.part(
                id,
                "allowlist.commits",
                "a value is judged wherever it stands: use a baseline for single findings",
            );
        }
        for key in table.keys().filter(|key| !SILENT.contains(&key.as_str())) {
            self.part(id, &format!("allowlist.{key}"), "not known here");
        }
        except
    }

    /// Regexes in our spelling; those that are none are noted.
    fn regexes(&mut self, id: &str, field: &str, texts: Vec<String>) -> Vec<String> {
        let mut kept = Vec::with_capacity(texts.len());
        for text in texts {
            let ours = from_go(&text);
            match parse(&ours) {
                Ok(_) => kept.push(ours),
                Err(reason) => self.part(id, field, &reason),
            }
        }
        kept
    }

    fn unknown(&mut self, id: &str, table: &Table) {
        for key in table.keys().filter(|key| !SILENT.contains(&key.as_str())) {
            let reason = match key.as_str() {
                "validate" | "validation" => "no value is ever sent anywhere to try it",
                _ => "not known here, or not of the right type",
            };
            self.part(id, key, reason);
        }
    }

    fn part(&mut self, id: &str, field: &str, reason: &str) {
        self.import.part(self.document, id, field, reason);
    }

    fn whole(&mut self, id: &str, field: &str, reason: &str) {
        self.import.whole(self.document, id, field, reason);
    }
}

fn append(to: &mut Exceptions, more: Exceptions) {
    to.values.extend(more.values);
    to.matches.extend(more.matches);
    to.lines.extend(more.lines);
    to.paths.extend(more.paths);
}

/// The tables of an array of tables, or a single one.
fn tables(value: Option<Toml>) -> Vec<Table> {
    match value {
        Some(Toml::Table(table)) => vec![table],
        Some(Toml::Array(items)) => items.into_iter().filter_map(|item| item.try_into().ok()).collect(),
        _ => Vec::new(),
    }
}

/// Takes a text out of a table; something else stays there, and is then said to be unknown.
fn text(table: &mut Table, key: &str) -> Option<String> {
    match table.remove(key)? {
        Toml::String(text) => Some(text),
        other => {
            table.insert(key.to_owned(), other);
            None
        }
    }
}

/// Takes a list of texts out of a table; something else stays there.
fn texts(table: &mut Table, key: &str) -> Vec<String> {
    match table.remove(key) {
        Some(Toml::Array(items)) if items.iter().all(Toml::is_str) => {
            items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        Some(other) => {
            table.insert(key.to_owned(), other);
            Vec::new()
        }
        None => Vec::new(),
    }
}

#[allow(clippy::cast_precision_loss)] // entropies are small
fn number(value: &Toml) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}
