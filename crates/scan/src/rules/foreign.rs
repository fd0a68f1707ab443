//! Rules that were written for other programs: each format is one file below, and what it cannot say is listed.
//!
//! Nothing is dropped in silence. A rule whose pattern the engine cannot run is lost as a whole; a setting that means
//! nothing here is lost by itself; both are a [`NotCarried`]. A document that is no rule file at all is an error.

use super::book::BookError;
use super::literals::LITERAL_BYTES_MIN;
use super::spec::RuleFile;

mod dialect;
mod gitleaks;
mod kingfisher;
pub(crate) mod pattern;

/// Every format of another program.
const FORMATS: &[&Format] = &[&gitleaks::FORMAT, &kingfisher::FORMAT];

/// Provider of every imported rule: which vendor a credential belongs to, these formats do not say.
pub(crate) const PROVIDER: &str = "imported";
/// Kind of every imported credential, a row of `rules/credentials.toml`.
pub(crate) const CREDENTIAL: &str = "imported_secret";
/// Longest id that is kept.
const ID_BYTES_MAX: usize = 128;
/// Longest title that is kept, characters.
const TITLE_CHARS_MAX: usize = 160;

/// One format of rule files.
pub struct Format {
    /// A word for ids and messages.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Endings of its files.
    endings: &'static [&'static str],
    /// Whether a document with such an ending is of this format.
    claims: fn(&Document<'_>) -> bool,
    read: fn(&Document<'_>, seen: &mut usize) -> Result<Import, BookError>,
}

/// Every format that can be read besides our own.
pub fn formats() -> &'static [&'static Format] {
    FORMATS
}

/// A rule file as it was read.
pub(crate) struct Document<'a> {
    /// Its name as the user gave it.
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// The same as a table, when it is TOML.
    pub(crate) table: Option<toml::Table>,
}

/// What a document became.
#[derive(Debug, Default)]
pub(crate) struct Import {
    pub(crate) file: RuleFile,
    pub(crate) not_carried: Vec<NotCarried>,
    /// The format's word.
    pub(crate) format: &'static str,
}

/// Something that another program's rule says and ours cannot.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotCarried {
    /// The file as the user named it.
    pub file: String,
    /// The rule; empty for the file as a whole.
    pub rule: String,
    /// The key that says it.
    pub field: String,
    /// Why, and what happens instead.
    pub reason: String,
    /// The whole rule is lost, not only what the field says.
    pub whole_rule: bool,
}

/// Reads a document of one of the formats; `seen` counts the bytes of all patterns so far.
pub(crate) fn read(document: &Document<'_>, seen: &mut usize) -> Result<Import, BookError> {
    let ending = document.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let format = FORMATS
        .iter()
        .find(|format| format.endings.contains(&ending.as_str()) && (format.claims)(document))
        .ok_or_else(|| {
            let known: Vec<&str> = FORMATS.iter().map(|format| format.about).collect();
            BookError::file(
                document.name,
                format!(
                    "no rule in it that can be read here: it is neither a rule file of Tenure's own nor {}",
                    known.join(" or ")
                ),
            )
        })?;
    let mut import = (format.read)(document, seen)?;
    import.format = format.name;
    Ok(import)
}

impl Import {
    fn new(vendor: &str) -> Import {
        Import {
            file: RuleFile {
                vendor: vendor.to_owned(),
                provider: PROVIDER.to_owned(),
                imported: true,
                ..RuleFile::default()
            },
            ..Import::default()
        }
    }

    /// Notes a setting that is lost; the rule stays.
    fn part(&mut self, document: &Document<'_>, rule: &str, field: &str, reason: impl Into<String>) {
        self.note(document, rule, field, reason.into(), false);
    }

    /// Notes a rule that is lost.
    fn whole(&mut self, document: &Document<'_>, rule: &str, field: &str, reason: impl Into<String>) {
        self.note(document, rule, field, reason.into(), true);
    }

    fn note(&mut self, document: &Document<'_>, rule: &str, field: &str, reason: String, whole_rule: bool) {
        self.not_carried.push(NotCarried {
            file: document.name.to_owned(),
            rule: rule.to_owned(),
            field: field.to_owned(),
            reason,
            whole_rule,
        });
    }
}

/// An id that can stand in a report and on a command line.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/'))
}

/// A title of bounded length.
fn title(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE_CHARS_MAX).collect()
}

/// An id made from a title: `Acme API key` becomes `acme-api-key`.
fn id_from(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let id: String = words.join("-").chars().take(ID_BYTES_MAX).collect();
    (id.len() >= LITERAL_BYTES_MIN).then_some(id)
}

/// Regexes that match a text holding one of `words`, any case; long lists become several.
fn holding(words: &[String]) -> Vec<String> {
    const WORDS_PER_REGEX_MAX: usize = 256;
    let escaped: Vec<String> = words
        .iter()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty())
        .map(regex_syntax::escape)
        .collect();
    escaped.chunks(WORDS_PER_REGEX_MAX).map(|some| format!("(?i){}", some.join("|"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_from_a_title() {
        assert_eq!(id_from("Acme API key (v2)").as_deref(), Some("acme-api-key-v2"));
        assert_eq!(id_from("§"), None);
        assert!(is_id("np.acme.1") && !is_id("a b") && !is_id("") && !is_id(&"x".repeat(200)));
    }

    #[test]
    fn stop_words_match_inside_and_in_any_case() {
        let regexes = holding(&["Test".to_owned(), "a.b".to_owned(), " ".to_owned()]);
        assert_eq!(regexes, ["(?i)Test|a\\.b"]);
        assert!(holding(&[]).is_empty());
    }
}
