//! The shape of a rule file. Shared with `build.rs`, so it depends on serde alone.

use serde::{Deserialize, Serialize};

/// One file of `rules/secrets/`: a vendor and its rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Vendor as people write it.
    pub vendor: String,
    /// Lower-case word for identities' `provider`.
    pub provider: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<RuleSpec>,
}

/// One detection rule as data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Stable id, kebab-case.
    pub id: String,
    /// What it finds, in words.
    pub title: String,
    /// Key in `rules/credentials.toml`.
    pub credential: String,
    /// How bad a real one is.
    #[serde(default = "high")]
    pub severity: String,
    /// How sure a match is.
    #[serde(default = "high")]
    pub confidence: String,
    /// Distinctive literals, case-sensitive; one of them lies inside every match.
    #[serde(default)]
    pub anchors: Vec<String>,
    /// Context words, any case; the match contains or follows one of them.
    #[serde(default)]
    pub words: Vec<String>,
    /// Linear-time regex over bytes; the group `secret` is the value.
    pub pattern: String,
    /// Bytes before the anchor that the pattern may need.
    #[serde(default)]
    pub before: u32,
    /// Bytes from the anchor's start on that the pattern may need.
    #[serde(default = "after")]
    pub after: u32,
    /// A published checksum or structure that a real value satisfies.
    #[serde(default)]
    pub checksum: Option<String>,
    /// Least Shannon entropy of the value, bits a byte.
    #[serde(default)]
    pub min_entropy: Option<f64>,
    /// Rules whose nearest finding within ten lines is the other half of this credential.
    #[serde(default)]
    pub pairs_with: Vec<String>,
    /// A public identifier: useful for joining, not a secret by itself.
    #[serde(default)]
    pub public: bool,
    /// Only in paths that match one of these globs.
    #[serde(default)]
    pub files: Vec<String>,
    /// Values that match one of these are not findings.
    #[serde(default)]
    pub reject: Vec<String>,
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
