//! Findings: what a person should look at, with the reason and the place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Fate, Fingerprint, OtherPlace, Place, Timestamp};

/// What kind of statement a finding makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A secret's value lies where it should not.
    Secret,
    /// A privilege that nobody takes away.
    StandingPrivilege,
    /// How a CI system uses credentials.
    Ci,
    /// Who may become the identity.
    Trust,
    /// Age, expiry, rotation, disuse.
    Lifecycle,
    /// Nobody, or a doubtful somebody, answers for it.
    Ownership,
}

/// How bad it is if it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A dummy, a documentation key, a hint.
    Low,
    /// Should be planned.
    Medium,
    /// Should be done soon.
    High,
    /// Should be done now.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The word that reports and flags use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// How sure we are that it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Shape and context agree.
    Medium,
    /// A checksum, a structure or an authority says so.
    High,
}

impl Confidence {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// One finding: for a secret, one value in one path (every line in `also_at`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Finding {
    /// Stable across scans; made of rule, value fingerprint or subject, root-relative path; never of commit or line.
    pub id: String,
    /// The rule that made it.
    pub rule_id: String,
    /// What it is, in words.
    pub title: String,
    /// What kind of statement it makes.
    pub category: Category,
    /// How bad it is if it is true.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Commit that introduced it, for history.
    pub commit: Option<String>,
    /// Author of that commit.
    pub author: Option<String>,
    /// Author time of that commit.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub committed_at: Option<Timestamp>,
    /// In the files of today.
    pub in_tree: bool,
    /// In the object store of a repository.
    pub in_history: bool,
    /// How it can still be reached.
    pub fate: Fate,
    /// Further lines of the same file, or other places, with the same value.
    pub also_at: Vec<OtherPlace>,
    /// Mask of the value.
    pub masked: Option<String>,
    /// Keyed fingerprint of the value.
    pub fingerprint: Option<Fingerprint>,
    /// The identity that it belongs to; known after the inventory has resolved it.
    pub identity_id: Option<String>,
    /// Why it does not count, when a baseline or exception says so.
    pub suppressed: Option<String>,
    /// Framework controls that it speaks to: `OWASP-NHI7:2025`, …
    pub controls: Vec<String>,
    /// Why we believe it, in words: evidence for and against.
    pub reasons: Vec<String>,
}

/// Makes the stable id of a finding from what identifies it.
pub fn finding_id(rule_id: &str, subject_key: &str, path: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [rule_id, subject_key, path] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("f_{}", crate::hex(&hasher.finalize().as_bytes()[..10]))
}
