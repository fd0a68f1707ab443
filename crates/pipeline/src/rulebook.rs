//! Rule files that the user names: read from disk here, understood by `tenure-scan`.

use std::path::{Path, PathBuf};

use tenure_model::visible;
use tenure_scan::rules::{Book, NotCarried, RuleProblem, RuleSet};
use tenure_scan::{Engine, Veil};

use crate::Failure;

/// Largest rule file, bytes.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// Most rule files, folders opened.
const FILES_MAX: usize = 1000;
/// Deepest folder below one that the user names.
const FOLDERS_DEEP_MAX: usize = 8;
/// Endings of rule files; others in a folder are left alone.
const ENDINGS: [&str; 3] = ["toml", "yml", "yaml"];
/// Ids that a summary names before it counts.
const IDS_SHOWN_MAX: usize = 5;

/// The rules of a scan: Tenure's own, and those of the user's files.
#[derive(Debug, Clone, Default)]
pub struct Rulebook(Book);

impl Rulebook {
    /// Reads rule files and folders of them. No path gives Tenure's own rules alone.
    ///
    /// # Errors
    /// [`Failure::Usage`] with the file, the rule and what to do.
    pub fn read(paths: &[PathBuf]) -> Result<Rulebook, Failure> {
        let mut files = Vec::new();
        for path in paths {
            collect(path, &mut files)?;
        }
        let documents: Vec<(String, String)> =
            files.iter().map(|path| Ok((shown(path), text(path)?))).collect::<Result<_, Failure>>()?;
        let kinds = tenure_assess::Rules::embedded().catalogue();
        let mut book = Book::read(&documents, |kind| kinds.get(kind).is_some())
            .map_err(|error| Failure::Usage(format!("rules of {error}")))?;
        if book.documents() > 0 {
            let engine = Engine::new(RuleSet::embedded(), crate::throwaway_key()?);
            let veil = Veil::new(&engine);
            book.cover(|text| *text = veil.covered(text));
            if let Some(number) = book.named_after(|name| veil.covered(name) != name) {
                let problem = "id or title of rule {} of the files hold what looks like a secret, and every report names it: \
                               call it something else";
                return Err(Failure::Usage(problem.replace("{}", &number.to_string())));
            }
        }
        Ok(Rulebook(book))
    }

    /// Everything that a scan applies.
    pub fn rules(&self) -> RuleSet {
        self.0.rules()
    }

    /// Only what the user's files bring along.
    pub fn own_rules(&self) -> RuleSet {
        self.0.own_rules()
    }

    /// Runs the examples that the user's rules bring along.
    pub fn check(&self) -> Vec<RuleProblem> {
        tenure_scan::rules::check_examples_of(self.0.own_rules())
    }

    /// Ids of Tenure's own rules that are switched off or replaced.
    pub fn disabled(&self) -> &[String] {
        self.0.disabled()
    }

    /// What the files say and Tenure cannot do.
    pub fn not_carried(&self) -> &[NotCarried] {
        self.0.not_carried()
    }

    /// In one or two sentences what the files change; `None` when there are none.
    pub fn summary(&self) -> Option<String> {
        if self.0.documents() == 0 {
            return None;
        }
        let mut text = format!(
            "{} from {} beside Tenure's own.",
            counted(self.0.brought(), "rule"),
            counted(self.0.documents(), "file")
        );
        let lost = self.not_carried().iter().filter(|row| row.whole_rule).count();
        let parts = self.not_carried().len() - lost;
        if lost + parts > 0 {
            let what = match (lost, parts) {
                (0, _) => counted(parts, "setting"),
                (_, 0) => counted(lost, "rule"),
                _ => format!("{} and {}", counted(lost, "rule"), counted(parts, "setting")),
            };
            text.push_str(&format!(
                " {what} could not be carried over: `tenure rules check --rules …` lists them."
            ));
        }
        let disabled = self.disabled();
        if !disabled.is_empty() {
            let named =
                disabled.iter().take(IDS_SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match disabled.len().saturating_sub(IDS_SHOWN_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            text.push_str(&format!(
                " {} of Tenure's own switched off or replaced: {named}{more}.",
                counted(disabled.len(), "rule")
            ));
        }
        Some(text)
    }
}

/// `1 rule`, `2 rules`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::Usage(format!("cannot read rules from {}: {why}", shown(path)))
}

/// The file, or every rule file below the folder, in order of name.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let found = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused(path, "there is no such file or folder"),
        kind => refused(path, &kind.to_string()),
    })?;
    if found.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    if !found.is_dir() {
        return Err(refused(path, "it is neither a file nor a folder"));
    }
    let before = files.len();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| refused(&folder, &error.kind().to_string()))?;
        for entry in entries {
            let entry = entry.map_err(|error| refused(&folder, &error.kind().to_string()))?;
            // A link inside the folder is not followed: it could lead anywhere.
            let kind = entry.file_type().map_err(|error| refused(&folder, &error.kind().to_string()))?;
            let path = entry.path();
            if kind.is_dir() && depth < FOLDERS_DEEP_MAX {
                folders.push((path, depth + 1));
            } else if kind.is_dir() {
                return Err(refused(&path, "it lies too deep: name it by itself"));
            } else if kind.is_file() && is_rule_file(&path) {
                files.push(path);
            }
            if files.len() > FILES_MAX || folders.len() > FILES_MAX {
                return Err(refused(&folder, &format!("there are more than {FILES_MAX} files: name fewer")));
            }
        }
    }
    if files.len() == before {
        return Err(refused(path, "no file in it ends with .toml, .yml or .yaml"));
    }
    files[before..].sort();
    Ok(())
}

fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn text(path: &Path) -> Result<String, Failure> {
    crate::file::read_text(path, FILE_BYTES_MAX).map_err(|why| refused(path, &why))
}
