//! Configuration files: the one that the user names, and those that scanned repositories hold.
//!
//! What a repository holds is data. It is read only when the user trusts it, speaks about its own root alone, and names
//! nothing outside of it.

use std::path::{Path, PathBuf};

use tenure_model::{Configuration, Setting, visible};
use tenure_scan::{Exclusions, REPOSITORY_CONFIGURATION};
use toml::de::{DeTable, DeValue};

use crate::Failure;

/// Largest configuration file, bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Most patterns, rules or accepted things that one file lists, each.
const ENTRIES_MAX: usize = 10_000;

/// A configuration file that was read and understood.
#[derive(Debug, Clone)]
pub struct ConfigurationFile {
    /// As the user named it.
    shown: String,
    /// Where its relative paths begin.
    folder: PathBuf,
    /// The only root that it speaks about; `None` = the user's own file, which speaks about all.
    root: Option<PathBuf>,
    text: String,
    said: Configuration,
    /// Flags whose default it set, or would have.
    settings: Vec<String>,
    settings_left_out: Vec<String>,
}

impl ConfigurationFile {
    /// Reads the file that the user names.
    ///
    /// # Errors
    /// [`Failure::Usage`] with the line and what to do.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let whole = std::fs::canonicalize(path).map_err(|error| refused(path, &error.kind().to_string()))?;
        let folder = whole.parent().unwrap_or(&whole).to_owned();
        Self::of(path, folder, None)
    }

    /// Reads the file that a scanned root holds and the user trusts; `None` when there is none.
    ///
    /// # Errors
    /// [`Failure::Usage`] with the line and what to do.
    pub fn of_root(root: &Path) -> Result<Option<Self>, Failure> {
        // A root that does not exist is told by the scan.
        let Ok(root) = std::fs::canonicalize(root) else { return Ok(None) };
        let path = root.join(REPOSITORY_CONFIGURATION);
        match std::fs::symlink_metadata(&path) {
            Err(_) if !root.is_dir() => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(&path, &error.kind().to_string())),
            // A link could lead out of the repository, and a pipe would never end.
            Ok(found) if !found.is_file() => Err(refused(&path, "it is no plain file")),
            Ok(_) => Self::of(&path, root.clone(), Some(root)).map(Some),
        }
    }

    fn of(path: &Path, folder: PathBuf, root: Option<PathBuf>) -> Result<Self, Failure> {
        let text = text(path)?;
        let shown = visible(&path.to_string_lossy());
        let said = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(&text, span.start));
            Failure::Usage(format!("configuration {shown}: line {line}: {}", error.message()))
        })?;
        let (settings, settings_left_out) = (Vec::new(), Vec::new());
        let file = Self { shown, folder, root, text, said, settings, settings_left_out };
        file.check()?;
        Ok(file)
    }

    /// What can be known to be wrong without knowing the rules.
    fn check(&self) -> Result<(), Failure> {
        let Configuration { paths, rules, allow, .. } = &self.said;
        let longest = [paths.exclude.len(), rules.off.len(), rules.severity.len(), allow.len()];
        if longest.iter().any(|entries| *entries > ENTRIES_MAX) {
            return Err(self.wrong(&[], &format!("one list of it has more than {ENTRIES_MAX} entries")));
        }
        Exclusions::default().add(None, &self.shown, &paths.exclude).map_err(|(number, problem)| {
            self.wrong(&[Step::Key("paths"), Step::Key("exclude"), Step::At(number)], &problem)
        })?;
        for (number, allowed) in allow.iter().enumerate() {
            let at = [Step::Key("allow"), Step::At(number)];
            if allowed.finding.is_some() == allowed.fingerprint.is_some() {
                return Err(self.wrong(&at, "say what is allowed by one of `finding` and `fingerprint`"));
            }
            if allowed.reason.trim().is_empty() {
                return Err(self.wrong(&at, "`reason` is empty: say why it is allowed"));
            }
        }
        Ok(())
    }

    /// What it says.
    pub(crate) fn said(&self) -> &Configuration {
        &self.said
    }

    /// The root that it speaks about; `None` = all.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The flags of `scan` that it gives a default, by name.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.said.scan.iter().map(|(name, setting)| (name.as_str(), setting))
    }

    /// Notes that a flag has its default from here; with `counts` false, that it would have had.
    pub fn note_setting(&mut self, name: &str, counts: bool) {
        let list = if counts { &mut self.settings } else { &mut self.settings_left_out };
        list.push(name.to_owned());
    }

    pub(crate) fn settings_noted(&self) -> (&[String], &[String]) {
        (&self.settings, &self.settings_left_out)
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// A file that a setting names: relative paths begin at the configuration file. A repository's names nothing that lies
    /// outside of the repository, by whatever way.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it leads out, or does not exist.
    pub fn resolve(&self, name: &str, value: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(value);
        let Some(root) = &self.root else { return Ok(path) };
        let whole = std::fs::canonicalize(&path)
            .map_err(|error| self.wrong_setting(name, &format!("{}: {}", visible(value), error.kind())))?;
        if !whole.starts_with(root) {
            let problem = format!("{} lies outside of the repository", visible(value));
            return Err(self.wrong_setting(name, &problem));
        }
        Ok(whole)
    }

    /// Says what is wrong with a setting of `scan`.
    pub fn wrong_setting(&self, name: &str, problem: &str) -> Failure {
        self.wrong(&[Step::Key("scan"), Step::Key(name)], problem)
    }

    /// Says what is wrong at a place of the file.
    pub(crate) fn wrong(&self, steps: &[Step<'_>], problem: &str) -> Failure {
        let line = line_of(&self.text, steps).unwrap_or(1);
        Failure::Usage(format!("configuration {}: line {line}: {problem}", self.shown))
    }
}

/// One step down into a document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A key of a table.
    Key(&'a str),
    /// A place in a list, from 0.
    At(usize),
}

/// The line on which something stands, as far down as there is something.
fn line_of(text: &str, steps: &[Step<'_>]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let (mut line, mut here): (_, Option<&DeValue<'_>>) = (None, None);
    for step in steps {
        let table = match here {
            None => Some(table.get_ref()),
            Some(DeValue::Table(table)) => Some(table),
            Some(_) => None,
        };
        let (at, value) = match (step, here) {
            (Step::Key(name), _) => {
                let Some((key, value)) = table?.iter().find(|(key, _)| key.get_ref() == name) else { break };
                (key.span().start, value)
            }
            (Step::At(number), Some(DeValue::Array(list))) => {
                let Some(value) = list.get(*number) else { break };
                (value.span().start, value)
            }
            (Step::At(_), _) => break,
        };
        (line, here) = (Some(line_at(text, at)), Some(value.get_ref()));
    }
    line
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::Usage(format!("cannot read the configuration {}: {why}", visible(&path.to_string_lossy())))
}

fn text(path: &Path) -> Result<String, Failure> {
    crate::file::read_text(path, FILE_BYTES_MAX).map_err(|why| refused(path, &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ConfigurationFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenure.toml");
        std::fs::write(&path, text).unwrap();
        let told = |failure: Failure| failure.to_string().rsplit_once("tenure.toml: ").unwrap().1.to_owned();
        ConfigurationFile::read(&path).map_err(told)
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("[pahts]\n", "line 1: unknown field `pahts`, expected one of `scan`, `paths`, `rules`, `allow`"),
            ("[paths]\n\nexlude = []\n", "line 3: unknown field `exlude`, expected `exclude`"),
            ("[paths]\nexclude = [\n  'ok',\n  'a/../b',\n]\n", "line 4: the pattern leads out"),
            ("[rules.severity]\ngithub-pat = 'awful'\n", "line 2: unknown variant `awful`"),
            ("[[allow]]\nfinding = 'f_1'\n", "line 1: missing field `reason`"),
            ("\n[[allow]]\nreason = 'x'\n", "line 2: say what is allowed"),
            ("[[allow]]\nfinding = 'f_1'\nreason = ' '\n", "line 1: `reason` is empty"),
            ("[[allow]]\nfinding = 'f_1'\nreason = 'x'\nexpires = 'soon'\n", "line 4: `soon` is no day"),
            ("[scan]\nformat = { a = 1 }\n", "line 2: a flag's value is true or false, a number"),
            ("a = [", "line 1: "),
        ] {
            let problem = read(text).map(|_| ()).expect_err(text);
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
        }
    }

    #[test]
    fn a_day_may_stand_bare_or_as_text() {
        for day in ["2027-01-31", "'2027-01-31'"] {
            let file = read(&format!("[[allow]]\nfinding = 'f_1'\nreason = 'x'\nexpires = {day}\n")).unwrap();
            assert_eq!(file.said().allow[0].expires, Some(jiff::civil::date(2027, 1, 31)));
        }
    }
}
