//! Kingfisher rules, and those of Nosey Parker, which have the same shape: YAML with a list `rules`.

use super::dialect::from_hyperscan;
use super::pattern::{Shape, Value};
use super::{CREDENTIAL, Document, Format, Import, holding, id_from, is_id, title};
use crate::detect::yaml::{self, Yaml};
use crate::rules::book::{BookError, fits, too_many_rules};
use crate::rules::spec::RuleSpec;

pub(super) const FORMAT: Format = Format {
    name: "kingfisher",
    about: "Kingfisher or Nosey Parker rules (YAML with `rules:`)",
    endings: &["yml", "yaml"],
    claims: |_| true,
    read,
};

/// Keys that say nothing about what is found.
const SILENT: [&str; 4] = ["name", "description", "categories", "references"];
/// Most characters that a requirement may count to.
const COUNT_MAX: usize = 64;
/// What counts as a special character where a rule does not say so.
const SPECIAL: &str = "!@#$%^&*()_+-=[]{}|;:'\",.<>?/\\`~";
/// Longest address that is kept.
const SOURCE_BYTES_MAX: usize = 300;
/// Most bytes of text that one file may become: an alias repeats a text without writing it again.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// What any value takes of that, however short it is.
const VALUE_BYTES: usize = 8;

fn read(document: &Document<'_>, seen: &mut usize) -> Result<Import, BookError> {
    yaml::read(document.text, |tree, broken| {
        if let Some(broken) = broken {
            return Err(BookError::file(document.name, format!("is not read: {}", broken.detail)));
        }
        let mut reading =
            Reading { document, seen, import: Import::new("Kingfisher rules"), room: TEXT_BYTES_MAX };
        let mut lists = 0;
        for root in tree.all() {
            for (key, value) in root.pairs() {
                match key.text() {
                    Some("rules") => {
                        lists += 1;
                        for (index, rule) in value.items().enumerate() {
                            too_many_rules(document.name, reading.import.file.rules.len() + 1)?;
                            reading.rule(rule, index)?;
                        }
                    }
                    Some(other) if !SILENT.contains(&other) => {
                        reading.part("", other, "not known here");
                    }
                    _ => {}
                }
            }
        }
        if lists == 0 {
            return Err(BookError::file(
                document.name,
                format!("has no list `rules`: it is not {}", FORMAT.about),
            ));
        }
        Ok(reading.import)
    })
}

struct Reading<'d> {
    document: &'d Document<'d>,
    seen: &'d mut usize,
    import: Import,
    /// Bytes of text that may still be kept.
    room: usize,
}

impl Reading<'_> {
    fn rule(&mut self, rule: Yaml<'_>, index: usize) -> Result<(), BookError> {
        let name = rule.get("name").and_then(Yaml::text).unwrap_or_default();
        let id = rule.get("id").and_then(Yaml::text).map(str::to_owned).or_else(|| id_from(name));
        let Some(id) = id.filter(|id| is_id(id)) else {
            let shown = format!("rule {}", index + 1);
            self.whole(&shown, "id", "an id has letters, digits and `-_.:/` only, 128 of them at most");
            return Ok(());
        };
        let Some(pattern) = rule.get("pattern").and_then(Yaml::text).filter(|text| !text.is_empty()) else {
            self.whole(&id, "pattern", "there is none");
            return Ok(());
        };
        fits(self.seen, self.document.name, &id, pattern)?;
        self.spend(pattern.len())?;
        let pattern = from_hyperscan(pattern);
        // A block scalar ends with a line end that is part of no match, unless the pattern ignores white space.
        let shape = match Shape::of(pattern.trim_end_matches('\n'), Value::Token, &[]) {
            Ok(shape) => shape,
            Err(reason) => {
                self.whole(&id, "pattern", &reason);
                return Ok(());
            }
        };
        for (field, reason) in &shape.notes {
            self.part(&id, field, reason);
        }
        let confidence = self.confidence(&id, rule);
        let mut spec = RuleSpec {
            title: title(if name.is_empty() { &id } else { name }),
            credential: CREDENTIAL.to_owned(),
            severity: if confidence == "low" { "medium" } else { "high" }.to_owned(),
            confidence: confidence.to_owned(),
            examples: self.texts(rule, "examples")?,
            counterexamples: self.texts(rule, "negative_examples")?,
            source: self.texts(rule, "references")?.into_iter().find(|text| text.len() <= SOURCE_BYTES_MAX),
            id: id.clone(),
            ..RuleSpec::default()
        };
        shape.fill(&mut spec);
        self.settings(&id, rule, &mut spec)?;
        self.import.file.rules.push(spec);
        Ok(())
    }

    fn settings(&mut self, id: &str, rule: Yaml<'_>, spec: &mut RuleSpec) -> Result<(), BookError> {
        for (key, value) in rule.pairs() {
            self.spend(VALUE_BYTES)?;
            let Some(key) = key.text() else { continue };
            match key {
                "id" | "pattern" | "confidence" | "examples" | "negative_examples" => {}
                "min_entropy" => match value.text().and_then(|text| text.trim().parse::<f64>().ok()) {
                    Some(least) if least.is_finite() => spec.min_entropy = Some(least).filter(|l| *l > 0.0),
                    _ => self.part(id, key, "is no number: any value will do"),
                },
                "visible" => {
                    spec.public = value.text().is_some_and(|text| text.eq_ignore_ascii_case("false"));
                }
                "depends_on_rule" => self.depends(id, value, spec)?,
                "pattern_requirements" => self.requirements(id, value, spec)?,
                "validation" => self.part(id, key, "no value is ever sent anywhere to try it"),
                "revocation" => {
                    self.part(id, key, "a scan changes nothing: a plan says how a credential ends");
                }
                "tls_mode" => self.part(id, key, "a scan uses no network"),
                _ if SILENT.contains(&key) => {}
                _ => self.part(id, key, "not known here"),
            }
        }
        Ok(())
    }

    fn confidence(&mut self, id: &str, rule: Yaml<'_>) -> &'static str {
        let Some(value) = rule.get("confidence") else { return "medium" };
        let words = ["low", "medium", "high"];
        let known = words.into_iter().find(|word| value.text().is_some_and(|t| t.eq_ignore_ascii_case(word)));
        known.unwrap_or_else(|| {
            self.part(id, "confidence", "none of low, medium and high: medium is taken");
            "medium"
        })
    }

    /// Rules whose match is the other half. Which of them exist, the book knows when all files are read.
    fn depends(&mut self, id: &str, value: Yaml<'_>, spec: &mut RuleSpec) -> Result<(), BookError> {
        for dependency in value.items() {
            self.spend(VALUE_BYTES)?;
            match dependency.get("rule_id").and_then(Yaml::text) {
                Some(other) => spec.pairs_with.push(other.to_owned()),
                None => self.part(id, "depends_on_rule", "an entry without `rule_id`"),
            }
            for (key, _) in dependency.pairs() {
                self.spend(VALUE_BYTES)?;
                match key.text() {
                    Some("rule_id" | "variable" | "optional") | None => {}
                    Some("within") => self.part(
                        id,
                        "depends_on_rule.within",
                        "the other half stands within ten lines; a match without it is reported, too",
                    ),
                    Some(other) => self.part(id, &format!("depends_on_rule.{other}"), "not known here"),
                }
            }
        }
        Ok(())
    }

    fn requirements(&mut self, id: &str, value: Yaml<'_>, spec: &mut RuleSpec) -> Result<(), BookError> {
        let special = value.get("special_chars").and_then(Yaml::text).unwrap_or(SPECIAL);
        let special: String = special.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        for (key, setting) in value.pairs() {
            self.spend(VALUE_BYTES)?;
            let Some(key) = key.text() else { continue };
            let class = match key {
                "min_digits" => "0-9",
                "min_uppercase" => "A-Z",
                "min_lowercase" => "a-z",
                "min_special_chars" => special.as_str(),
                "special_chars" => continue,
                "ignore_if_contains" => {
                    let words = self.texts(value, key)?;
                    spec.except.values.extend(holding(&words));
                    continue;
                }
                "checksum" => {
                    self.part(
                        id,
                        "pattern_requirements.checksum",
                        "Liquid templates are not run: any checksum will do",
                    );
                    continue;
                }
                other => {
                    self.part(id, &format!("pattern_requirements.{other}"), "not known here");
                    continue;
                }
            };
            match setting.text().and_then(|text| text.trim().parse::<usize>().ok()) {
                Some(0) => {}
                Some(least) if least <= COUNT_MAX && !class.is_empty() => {
                    // Values with fewer than `least` of them.
                    spec.except
                        .values
                        .push(format!("\\A[^{class}]*(?:[{class}][^{class}]*){{0,{}}}\\z", least - 1));
                }
                _ => self.part(
                    id,
                    &format!("pattern_requirements.{key}"),
                    "no number from 0 to 64: not asked for",
                ),
            }
        }
        Ok(())
    }

    /// The texts of a list, or a single one, within the file's budget.
    fn texts(&mut self, rule: Yaml<'_>, key: &str) -> Result<Vec<String>, BookError> {
        let words = rule.get(key).map(Yaml::words).unwrap_or_default();
        self.spend(words.iter().map(|word| word.len() + VALUE_BYTES).sum())?;
        Ok(words.into_iter().map(str::to_owned).collect())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), BookError> {
        self.room = self.room.checked_sub(bytes).ok_or_else(|| {
            let limit = TEXT_BYTES_MAX >> 20;
            let problem = format!("its rules hold more than {limit} MiB of text, aliases followed: split it");
            BookError::file(self.document.name, problem)
        })?;
        Ok(())
    }

    fn part(&mut self, id: &str, field: &str, reason: &str) {
        self.import.part(self.document, id, field, reason);
    }

    fn whole(&mut self, id: &str, field: &str, reason: &str) {
        self.import.whole(self.document, id, field, reason);
    }
}
