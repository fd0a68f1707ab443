//! The rules of one scan: those that the binary carries, and those of the files that the user names.
//!
//! A book is proved when it is read: every pattern compiles within its limits, every id is taken once, and what a
//! file switches off exists. So a scan that has begun never meets a rule that it cannot run.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use rayon::prelude::*;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

use super::foreign::pattern::PATTERN_TEXT_MAX;
use super::foreign::{Document, Import, NotCarried};
use super::spec::{RuleFile, RuleSpec};
use super::{RuleError, RuleSet, compile, embedded, except, foreign, literals, said};
use crate::engine::generic;

/// Most rules that a user's files bring along, together.
pub(super) const RULES_MAX: usize = 4096;
/// Most bytes of all their anchors and words.
pub(super) const LITERAL_BYTES_MAX: usize = 64 << 10;
/// Most bytes of all their patterns.
pub(super) const PATTERNS_BYTES_MAX: usize = 1 << 20;
/// Most regexes of all their exceptions.
pub(super) const EXCEPTIONS_MAX: usize = 4096;
/// Most steps of all their patterns, repetitions written out: what compiling them costs.
pub(super) const STEPS_MAX: u64 = 4_000_000;

/// Most rows of what one file could not carry over.
const NOT_CARRIED_MAX: usize = 20_000;

/// The rules of one scan.
#[derive(Debug, Clone, Default)]
pub struct Book {
    files: Vec<RuleFile>,
    disabled: Vec<String>,
    not_carried: Vec<NotCarried>,
    documents: usize,
}

/// Why the files that the user names are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// The file as a whole.
    #[error("{file}: {problem}")]
    File {
        /// The file as the user named it.
        file: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// One of its rules.
    #[error("{file}: rule {rule}: {problem}")]
    Rule {
        /// The file as the user named it.
        file: String,
        /// The rule.
        rule: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// All files together.
    #[error("{0}")]
    Together(String),
}

impl BookError {
    pub(crate) fn file(file: &str, problem: impl Into<String>) -> BookError {
        BookError::File { file: file.to_owned(), problem: problem.into() }
    }

    fn rule(file: &str, rule: &str, problem: impl Into<String>) -> BookError {
        BookError::Rule { file: file.to_owned(), rule: rule.to_owned(), problem: problem.into() }
    }
}

/// Refuses a pattern that is too long to be looked at, alone or with the `seen` bytes of those before it.
pub(super) fn fits(seen: &mut usize, file: &str, rule: &str, pattern: &str) -> Result<(), BookError> {
    *seen += pattern.len();
    let problem = if pattern.len() > PATTERN_TEXT_MAX {
        let limit = PATTERN_TEXT_MAX >> 10;
        format!("its pattern is longer than {limit} KiB: shorten it, or leave the rule out")
    } else if *seen > PATTERNS_BYTES_MAX {
        let limit = PATTERNS_BYTES_MAX >> 20;
        format!("with it there are more than {limit} MiB of patterns: keep the rules that matter to you")
    } else {
        return Ok(());
    };
    Err(BookError::rule(file, rule, problem))
}

/// Refuses more rules than the engine is built for.
pub(super) fn too_many_rules(file: &str, rules: usize) -> Result<(), BookError> {
    if rules <= RULES_MAX {
        return Ok(());
    }
    Err(BookError::file(file, format!("holds more than {RULES_MAX} rules: keep those that matter to you")))
}

impl Book {
    /// Reads rule files: each a name and its text, in the order in which the user named them. `is_kind` knows the
    /// kinds of credential.
    ///
    /// # Errors
    /// The first file or rule that cannot be used, with what to do about it.
    pub fn read(documents: &[(String, String)], is_kind: impl Fn(&str) -> bool) -> Result<Book, BookError> {
        if documents.is_empty() {
            return Ok(Book::default()); // a scan without rule files pays for none
        }
        let mut book = Book { documents: documents.len(), ..Book::default() };
        let mut shelf = Shelf::default();
        let mut imports = Vec::new();
        let mut seen = 0;
        for (name, text) in documents {
            let (import, own) = read_one(name, text, &mut seen)?;
            if import.not_carried.len() > NOT_CARRIED_MAX {
                let problem = format!(
                    "more than {NOT_CARRIED_MAX} settings in it mean nothing here: split it, or is it no rule file?"
                );
                return Err(BookError::file(name, problem));
            }
            says_something(name, &import)?;
            shelf.take_off(name, &import.file.disable)?;
            imports.push((name.as_str(), import, own));
        }
        for (name, import, own) in &mut imports {
            shelf.put(name, import, *own)?;
        }
        for (name, import, _) in &mut imports {
            shelf.join(name, import);
        }
        let brought: Vec<(&str, &RuleFile)> =
            imports.iter().map(|(name, import, _)| (*name, &import.file)).collect();
        name_kinds(&brought, is_kind)?;
        within_limits(&brought)?;
        prove(&brought)?;
        for (_, import, _) in imports {
            book.not_carried.extend(import.not_carried);
            book.files.push(import.file);
        }
        book.disabled = shelf.disabled;
        Ok(book)
    }

    /// Everything that a scan applies.
    ///
    /// # Panics
    /// Never: a book is proved when it is read.
    pub fn rules(&self) -> RuleSet {
        let mut files = embedded::files();
        for file in &mut files {
            file.rules.retain(|rule| !self.disabled.contains(&rule.id));
        }
        files.extend(self.files.iter().cloned());
        RuleSet::without(files, self.disabled.clone()).expect("a book is proved when it is read")
    }

    /// Only what the user's files bring along.
    ///
    /// # Panics
    /// Never: a book is proved when it is read.
    pub fn own_rules(&self) -> RuleSet {
        RuleSet::from_files(self.files.clone()).expect("a book is proved when it is read")
    }

    /// How many files it was made from.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// How many rules these files brought along.
    pub fn brought(&self) -> usize {
        self.files.iter().map(|file| file.rules.len()).sum()
    }

    /// Ids of Tenure's own rules that are switched off, replaced ones included.
    pub fn disabled(&self) -> &[String] {
        &self.disabled
    }

    /// Covers what the list of what is not carried over repeats of the files.
    pub fn cover(&mut self, cover: impl Fn(&mut String)) {
        for row in &mut self.not_carried {
            [&mut row.file, &mut row.rule, &mut row.field, &mut row.reason].into_iter().for_each(&cover);
        }
    }

    /// Which rule of the files has a name that `holds` something, from 1.
    pub fn named_after(&self, holds: impl Fn(&str) -> bool) -> Option<usize> {
        let rules = self.files.iter().flat_map(|file| &file.rules);
        rules.map(|rule| holds(&rule.id) || holds(&rule.title)).position(|holds| holds).map(|at| at + 1)
    }

    /// What the files say and Tenure cannot do.
    pub fn not_carried(&self) -> &[NotCarried] {
        &self.not_carried
    }
}

/// One document in our own format or in another's; true for our own.
fn read_one(name: &str, text: &str, seen: &mut usize) -> Result<(Import, bool), BookError> {
    /// Keys of which one stands at the top of every file of our own.
    const OWN_KEYS: [&str; 6] = ["rule", "vendor", "provider", "disable", "except", "words"];
    let toml = name.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let wrong = |error: &toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        BookError::file(name, format!("line {line}: {}", error.message()))
    };
    let table: Option<toml::Table> =
        if toml { Some(toml::from_str(text).map_err(|error| wrong(&error))?) } else { None };
    if table.as_ref().is_some_and(|table| OWN_KEYS.iter().any(|key| table.contains_key(*key))) {
        let file: RuleFile = toml::from_str(text).map_err(|error| wrong(&error))?;
        too_many_rules(name, file.rules.len())?;
        file.rules.iter().try_for_each(|rule| fits(seen, name, &rule.id, &rule.pattern))?;
        return Ok((Import { file, ..Import::default() }, true));
    }
    foreign::read(&Document { name, text, table }, seen).map(|import| (import, false))
}

/// Refuses a file that changes nothing: whoever names one wants it to count.
fn says_something(name: &str, import: &Import) -> Result<(), BookError> {
    let file = &import.file;
    if !file.rules.is_empty() || !file.disable.is_empty() || !file.except.is_empty() {
        return Ok(());
    }
    let lost = import.not_carried.iter().find(|row| row.whole_rule);
    let why =
        lost.map_or_else(|| "it holds none".to_owned(), |row| format!("`{}`: {}", row.rule, row.reason));
    Err(BookError::file(
        name,
        format!("no rule of it can be read ({why}): leave the file out, or correct it"),
    ))
}

/// Which ids are taken.
struct Shelf {
    /// Ids of Tenure's own that a file may switch off.
    ours: HashSet<String>,
    disabled: Vec<String>,
    /// Ids of the files' rules, with the name that each is known by.
    brought: HashMap<String, String>,
}

impl Default for Shelf {
    fn default() -> Self {
        static OURS: OnceLock<HashSet<String>> = OnceLock::new();
        let ours = OURS.get_or_init(|| {
            let embedded = embedded::files().into_iter().flat_map(|file| file.rules).map(|rule| rule.id);
            embedded.chain(generic::RULES.iter().map(|(id, _, _)| (*id).to_owned())).collect()
        });
        Self { ours: ours.clone(), disabled: Vec::new(), brought: HashMap::new() }
    }
}

impl Shelf {
    fn take_off(&mut self, file: &str, ids: &[String]) -> Result<(), BookError> {
        for id in ids {
            if self.ours.remove(id) {
                self.disabled.push(id.clone());
            } else if !self.disabled.contains(id) {
                let problem = if crate::detect::rules().iter().any(|rule| rule.id == id) {
                    format!(
                        "`disable` names {id}, which is no secret rule: a baseline can suppress its findings"
                    )
                } else {
                    format!("`disable` names {id}, which does not exist: `tenure rules list` shows all ids")
                };
                return Err(BookError::file(file, problem));
            }
        }
        Ok(())
    }

    fn is_ours(&self, id: &str) -> bool {
        self.ours.contains(id) || crate::detect::rules().iter().any(|rule| rule.id == id)
    }

    /// Gives every rule an id that is its own.
    fn put(&mut self, name: &str, import: &mut Import, own: bool) -> Result<(), BookError> {
        let rules = std::mem::take(&mut import.file.rules);
        for mut rule in rules {
            let asked = rule.id.clone();
            if own {
                if self.is_ours(&asked) {
                    let problem = "its id is one of Tenure's own: choose another, or name it in `disable` to replace that rule";
                    return Err(BookError::rule(name, &asked, problem));
                }
                if self.brought.insert(asked.clone(), asked.clone()).is_some() {
                    return Err(BookError::rule(name, &asked, "its id is used twice: choose another"));
                }
            } else {
                if self.is_ours(&asked) {
                    rule.id = format!("{}-{asked}", import.format);
                    note(
                        import,
                        name,
                        &asked,
                        format!("is taken by a rule of Tenure's own: called {} here", rule.id),
                        false,
                    );
                }
                if self.brought.contains_key(&asked) || self.brought.values().any(|id| *id == rule.id) {
                    note(
                        import,
                        name,
                        &asked,
                        "is used twice: only the first rule of this id is kept".to_owned(),
                        true,
                    );
                    continue;
                }
                self.brought.insert(asked, rule.id.clone());
            }
            import.file.rules.push(rule);
        }
        Ok(())
    }

    /// Leads `pairs_with` to the ids that rules have here.
    fn join(&self, name: &str, import: &mut Import) {
        let mut lost = Vec::new();
        for rule in &mut import.file.rules {
            let wanted = std::mem::take(&mut rule.pairs_with);
            for other in wanted {
                match self.brought.get(&other) {
                    Some(id) => rule.pairs_with.push(id.clone()),
                    None if self.is_ours(&other) => rule.pairs_with.push(other),
                    None => lost.push(rule.id.clone()),
                }
            }
        }
        for id in lost {
            import.not_carried.push(NotCarried {
                file: name.to_owned(),
                rule: id,
                field: if import.format == "kingfisher" { "depends_on_rule" } else { "pairs_with" }
                    .to_owned(),
                reason: "names a rule that is in none of the files".to_owned(),
                whole_rule: false,
            });
        }
    }
}

fn note(import: &mut Import, file: &str, rule: &str, reason: String, whole_rule: bool) {
    import.not_carried.push(NotCarried {
        file: file.to_owned(),
        rule: rule.to_owned(),
        field: "id".to_owned(),
        reason,
        whole_rule,
    });
}

/// Refuses a rule whose kind of credential nobody knows: nothing could be judged by it.
fn name_kinds(files: &[(&str, &RuleFile)], is_kind: impl Fn(&str) -> bool) -> Result<(), BookError> {
    for (name, file) in files {
        if let Some(rule) = file.rules.iter().find(|rule| !is_kind(&rule.credential)) {
            let problem = format!(
                "there is no kind of credential of that name in `credential`: take one of a rule that \
                 `tenure rules show` prints, or {}",
                foreign::CREDENTIAL
            );
            return Err(BookError::rule(name, &rule.id, problem));
        }
    }
    Ok(())
}

/// Refuses files that together would cost too much memory or time.
fn within_limits(files: &[(&str, &RuleFile)]) -> Result<(), BookError> {
    let (mut rules, mut literals, mut exceptions, mut steps) = (0usize, 0usize, 0usize, 0u64);
    for (name, file) in files {
        exceptions += file.except.texts().count();
        if exceptions <= EXCEPTIONS_MAX {
            steps = file.except.texts().map(|text| steps_of(text)).fold(steps, u64::saturating_add);
        }
        if exceptions > EXCEPTIONS_MAX || steps > STEPS_MAX {
            let problem =
                format!("its exceptions are more than {EXCEPTIONS_MAX}, or too large: shorten the list");
            return Err(BookError::file(name, problem));
        }
        for rule in &file.rules {
            rules += 1;
            let looked_for = || rule.anchors.iter().chain(&rule.words).chain(file.shared_words(rule));
            literals = looked_for().map(String::len).fold(literals, usize::saturating_add);
            exceptions += rule.except.texts().count() + rule.reject.len() + rule.paths.len();
            if exceptions <= EXCEPTIONS_MAX {
                steps = regexes(rule).map(|text| steps_of(text)).fold(steps, u64::saturating_add);
            }
            let too_much = [
                (rules > RULES_MAX, format!("more than {RULES_MAX} rules")),
                (
                    looked_for().count() > literals::LITERALS_MAX,
                    format!("more than {} anchors or words in one rule", literals::LITERALS_MAX),
                ),
                (
                    literals > LITERAL_BYTES_MAX,
                    format!("more than {} KiB of anchors and words in all rules", LITERAL_BYTES_MAX >> 10),
                ),
                (exceptions > EXCEPTIONS_MAX, format!("more than {EXCEPTIONS_MAX} exceptions in all rules")),
                (
                    steps > STEPS_MAX,
                    format!("patterns of more than {STEPS_MAX} steps, repetitions written out"),
                ),
            ];
            if let Some((_, limit)) = too_much.into_iter().find(|(reached, _)| *reached) {
                let problem =
                    format!("with it there are {limit}: leave it out, or keep the rules that matter to you");
                return Err(BookError::rule(name, &rule.id, problem));
            }
        }
    }
    Ok(())
}

/// Every regex of a rule.
fn regexes(rule: &RuleSpec) -> impl Iterator<Item = &String> {
    [&rule.pattern].into_iter().chain(&rule.reject).chain(&rule.paths).chain(rule.except.texts())
}

/// What a regex costs to compile: its single bytes and classes, repetitions written out.
fn steps_of(text: &str) -> u64 {
    fn count(hir: &Hir) -> u64 {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => 1,
            HirKind::Literal(literal) => literal.0.len() as u64,
            HirKind::Class(class) => match class {
                regex_syntax::hir::Class::Bytes(_) => 1,
                regex_syntax::hir::Class::Unicode(class) => 1 + 4 * class.ranges().len() as u64,
            },
            HirKind::Repetition(repetition) => {
                let turns = u64::from(repetition.max.unwrap_or(repetition.min).max(1));
                turns.saturating_mul(count(&repetition.sub)).saturating_add(1)
            }
            HirKind::Capture(group) => count(&group.sub).saturating_add(2),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => {
                subs.iter().map(count).fold(1, u64::saturating_add)
            }
        }
    }
    // A nested pattern is refused by the parser long before a call for each level could matter.
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(text);
    hir.map_or(0, |hir| count(&hir))
}

/// Compiles every regex once, so that a scan never meets one that does not.
fn prove(files: &[(&str, &RuleFile)]) -> Result<(), BookError> {
    for (name, file) in files {
        except::prove("", "except", &file.except.texts().cloned().collect::<Vec<_>>())
            .map_err(|error| BookError::file(name, problem(error)))?;
        RuleSet::from_files(vec![(*file).clone()]).map_err(|error| at_rule(name, error))?;
        file.rules.par_iter().try_for_each(|rule| prove_rule(rule).map_err(|error| at_rule(name, error)))?;
    }
    Ok(())
}

fn prove_rule(rule: &RuleSpec) -> Result<(), RuleError> {
    let wrong = |problem: String| RuleError::Field { id: rule.id.clone(), problem };
    compile(&rule.pattern).map_err(|error| wrong(format!("its pattern {}", said(&error))))?;
    except::prove(&rule.id, "reject", &rule.reject)?;
    except::prove(&rule.id, "companion", rule.companion.as_slice())?;
    except::prove(&rule.id, "paths", &rule.paths)?;
    except::prove(&rule.id, "except", &rule.except.texts().cloned().collect::<Vec<_>>())?;
    for (index, glob) in rule.files.iter().enumerate() {
        globset::Glob::new(glob)
            .map_err(|error| wrong(format!("`files` {}: {}", index + 1, error.kind())))?;
    }
    Ok(())
}

fn at_rule(name: &str, error: RuleError) -> BookError {
    match error {
        RuleError::Field { id, problem } => BookError::rule(name, &id, problem),
        RuleError::Format(problem) => BookError::file(name, problem),
    }
}

fn problem(error: RuleError) -> String {
    match error {
        RuleError::Field { problem, .. } | RuleError::Format(problem) => problem,
    }
}
