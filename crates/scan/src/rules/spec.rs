//! The shape of a rule file. Shared with `build.rs`, so it depends on serde alone.

use serde::{Deserialize, Serialize};

/// One file of `rules/secrets/`: a vendor and its rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Vendor as people write it; a file with rules needs it.
    #[serde(default)]
    pub vendor: String,
    /// Lower-case word for identities' `provider`; a file with rules needs it.
    #[serde(default)]
    pub provider: String,
    /// Ids of Tenure's own rules that are switched off, or replaced by a rule of the same id in this file.
    #[serde(default)]
    pub disable: Vec<String>,
    /// What no rule of this file reports.
    #[serde(default)]
    pub except: Exceptions,
    /// Context words of every rule of this file that has no anchors, besides its own.
    #[serde(default)]
    pub words: Vec<String>,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
    /// Carried over from another program's format: gives way to a rule made for this one.
    #[serde(skip)]
    pub imported: bool,
    /// Carried by the binary.
    #[serde(skip)]
    pub embedded: bool,
}

impl RuleFile {
    /// The words that this rule shares with the others of its file.
    pub fn shared_words(&self, rule: &RuleSpec) -> &[String] {
        if rule.anchors.is_empty() && rule.reads.is_none() { &self.words } else { &[] }
    }
}

/// What is not a finding although a pattern matches: each entry is a regex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    /// Values that match one of these.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whole matches of the pattern, context included, that match one of these.
    #[serde(default)]
    pub matches: Vec<String>,
    /// Lines around the match that match one of these, up to 512 bytes on either side.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Paths below the scanned root that match one of these.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Whole matches that speak of a digest, a commit, a version, a picture, a cookie or the id of something public, rather than of a key.
    #[serde(default)]
    pub digests_and_ids: bool,
}

impl Exceptions {
    /// Whether nothing is excepted.
    pub fn is_empty(&self) -> bool {
        !self.digests_and_ids && self.texts().next().is_none()
    }

    /// All regexes.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        self.values.iter().chain(&self.matches).chain(&self.lines).chain(&self.paths)
    }
}

/// What a rule without anchors is asked of: files that are nothing but credentials hold no word that could lead to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reads {
    /// The whole file.
    File,
    /// Each of its lines that is no comment.
    Lines,
}

/// One detection rule as data.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Stable id, kebab-case.
    pub id: String,
    /// What it finds, in words.
    pub title: String,
    /// Kind of credential: a key in `rules/credentials.toml`.
    pub credential: String,
    /// How bad a real one is; `high` when left out.
    #[serde(default = "high")]
    pub severity: String,
    /// How sure a match is; `high` when left out.
    #[serde(default = "high")]
    pub confidence: String,
    /// Distinctive literals, case-sensitive; one of them lies inside every match.
    #[serde(default)]
    pub anchors: Vec<String>,
    /// Context words, any case; the match contains one of them, or with `near` lies close to one.
    #[serde(default)]
    pub words: Vec<String>,
    /// Linear-time regex over bytes; the group `secret` is the value, or `secret_2` to `secret_8` where it has no part. What
    /// the group `service` takes in has to name one of `rules/services.toml`.
    pub pattern: String,
    /// Instead of anchors and words: the pattern is asked of the whole `file`, or of each of its `lines`, in small files
    /// that `files` or `paths` name.
    #[serde(default)]
    pub reads: Option<Reads>,
    /// The match need not contain the anchor or word: anywhere in the window is close enough.
    #[serde(default)]
    pub near: bool,
    /// Bytes before the anchor that the pattern may need.
    #[serde(default)]
    pub before: u32,
    /// Bytes from the anchor's start on that the pattern may need; 256 when left out.
    #[serde(default = "after")]
    pub after: u32,
    /// A published checksum or structure that a real value satisfies.
    #[serde(default)]
    pub checksum: Option<String>,
    /// Least Shannon entropy of the value, bits a byte.
    #[serde(default)]
    pub min_entropy: Option<f64>,
    /// The value has to look drawn at random, by how it reads rather than by its entropy.
    #[serde(default)]
    pub drawn: bool,
    /// The value is what somebody types into a command, a statement or a call: what only names a password there is no finding,
    /// and one that everybody takes counts for little.
    #[serde(default)]
    pub typed: bool,
    /// The value holds eight or more letters and figures in a row, some of both, and they begin on the anchor's line, at most
    /// so many bytes behind its start (40 bytes less than `after`): for words of which many stand in ordinary text. With
    /// `reads`, every line that is read holds twelve of them, and the file is a short note.
    #[serde(default)]
    pub figures: Option<u32>,
    /// Rules whose nearest finding within ten lines is the other half of this credential.
    #[serde(default)]
    pub pairs_with: Vec<String>,
    /// Regex of the public half of the credential, close to the match on either side; its group `user` is who signs in.
    #[serde(default)]
    pub companion: Option<String>,
    /// A public identifier: useful for joining, not a secret by itself.
    #[serde(default)]
    pub public: bool,
    /// Only in paths that match one of these globs.
    #[serde(default)]
    pub files: Vec<String>,
    /// Only in paths below the scanned root that match one of these regexes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Values that match one of these are not findings.
    #[serde(default)]
    pub reject: Vec<String>,
    /// What else the rule does not report.
    #[serde(default)]
    pub except: Exceptions,
    /// The vendor's document that states the shape.
    #[serde(default)]
    pub source: Option<String>,
    /// Lifetime in a short phrase.
    #[serde(default)]
    pub lifetime: Option<String>,
    /// Texts that match; `{+}` is removed first.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts that do not match; `{+}` is removed first.
    #[serde(default)]
    pub counterexamples: Vec<String>,
    /// What the pattern's text tells of everything that it matches.
    #[serde(skip)]
    pub known: Known,
}

/// What is known of everything that a pattern matches: where it cannot be, the pattern need not be tried.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Known {
    /// So many bytes of one class stand together in each value; 0 when nothing is known of it.
    pub run: u32,
    /// The bytes of the class, a bit each: all are ASCII.
    pub class: [u64; 2],
    /// A text that stands in it, besides the anchor; empty when there is none.
    pub text: String,
}

/// A service that issues API keys or tokens; its words are context for values that no shape gives away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// As people write it.
    pub name: String,
    /// Lower-case word for identities' `provider`.
    pub provider: String,
    /// Lower-case spellings without separators, as they stand in identifiers.
    pub words: Vec<String>,
    /// A word of it is also an ordinary word.
    #[serde(default)]
    pub common: bool,
}

fn high() -> String {
    "high".to_owned()
}

fn after() -> u32 {
    256
}

/// Removes the join marker that keeps examples from looking like live credentials to other scanners.
pub fn join_halves(example: &str) -> String {
    example.replace("{+}", "")
}
