//! The report that users and scripts rely on. Its shape is a contract: it may grow, it does not change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ConfigurationUse, Finding, Identity, Timestamp, Unread};

/// Version of the report's shape.
pub const REPORT_SCHEMA_VERSION: &str = "1.0";

/// What made the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Tool {
    /// `tenure`.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// Hash of the detection rules.
    pub ruleset: String,
    /// Rules of Tenure's own that a rule file of the user switched off or replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_rules: Vec<String>,
}

/// What was really read: by this scan, or by the one that it takes over because nothing has changed since.
#[derive(Debug, Clone, Default, Copy, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Counts {
    /// Files of work trees, and single files.
    pub files: u64,
    /// Bytes of files and blobs.
    pub bytes: u64,
    /// Distinct blobs of object stores.
    pub blobs: u64,
    /// Commits.
    pub commits: u64,
    /// Findings in the report.
    pub findings: u64,
    /// Identities in the report.
    pub identities: u64,
    /// Blobs whose result was known from an earlier scan.
    #[serde(default)]
    pub cached_blobs: u64,
}

/// What a scan left out on purpose, because it stood there at a revision already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Since {
    /// The revision as the user named it; empty where an inventory only knows that there was one.
    pub revision: String,
    /// The commit that it is in each repository.
    pub commits: Vec<SinceCommit>,
}

/// A revision in one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SinceCommit {
    /// Scanned root.
    pub root: String,
    /// The git folder below it.
    pub repository: String,
    /// The commit's id.
    pub commit: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ScanSummary {
    /// Given per run.
    pub id: String,
    /// Start.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub started_at: Timestamp,
    /// End.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub finished_at: Timestamp,
    /// Roots as the user named them.
    pub roots: Vec<String>,
    /// False as soon as one input was not fully read, but for what the user's configuration excludes: `unread` names that.
    pub complete: bool,
    /// True when the user stopped it.
    #[serde(default)]
    pub cancelled: bool,
    /// Set when only what is new since a revision was looked for: everything else is not in the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub since: Option<Since>,
    /// What was really read.
    pub counts: Counts,
    /// What was not.
    pub unread: Vec<Unread>,
    /// Configuration files that were met, and what each did.
    #[serde(default)]
    pub configurations: Vec<ConfigurationUse>,
}

/// Totals for a first look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Summary {
    /// Findings that are not suppressed, by severity.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, number>"))]
    pub by_severity: BTreeMap<String, u64>,
    /// Identities by readiness band.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, number>"))]
    pub by_band: BTreeMap<String, u64>,
    /// Hours a year in which the credentials are usable today.
    pub standing_hours_per_year: u64,
    /// Hours of them that short-lived access would take away.
    pub avoidable_hours_per_year: u64,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Report {
    /// [`REPORT_SCHEMA_VERSION`].
    pub schema_version: String,
    /// What made it.
    pub tool: Tool,
    /// The run.
    pub scan: ScanSummary,
    /// What to look at, most severe first.
    pub findings: Vec<Finding>,
    /// Who, most risky first.
    pub identities: Vec<Identity>,
    /// Totals.
    pub summary: Summary,
}
