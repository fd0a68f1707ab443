//! How people configure scans: what a configuration file says, and what it did to a report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Severity, day};

/// A configuration file: `tenure scan --config FILE`, written in TOML. Whatever stands outside of these keys is refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// Defaults of the flags of `tenure scan`, by their long names. A flag on the command line wins.
    pub scan: BTreeMap<String, Setting>,
    /// What is not read.
    pub paths: PathSettings,
    /// Rules that are off or weigh otherwise.
    pub rules: RuleSettings,
    /// What is accepted: it stays in the report, suppressed.
    pub allow: Vec<Allowed>,
}

/// The value of a flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a flag's value is true or false, a number, a text, or a list of texts")]
pub enum Setting {
    /// On or off.
    Switch(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several texts, for a flag that may be given several times.
    List(Vec<String>),
}

/// What is not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PathSettings {
    /// Patterns of paths below a scanned root, with `/` on every platform. `*` and `?` stay within one name, `**` does not.
    /// A pattern without `/` names a file or folder at any depth; a folder stands for everything in it.
    pub exclude: Vec<String>,
}

/// Rules that are off or weigh otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSettings {
    /// Ids of rules that say nothing: `tenure rules list` shows all ids.
    pub off: Vec<String>,
    /// Usual severity by rule id. What a rule weighs lower, such as a value in a test, stays lower.
    pub severity: BTreeMap<String, Severity>,
}

/// Something that is accepted. One of `finding` and `fingerprint` says what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// One finding: its id, as the report tells it.
    #[serde(default)]
    pub finding: Option<String>,
    /// One value wherever it stands: its keyed fingerprint, as the report tells it. It holds for one fingerprint key.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, in UTC: `2027-01-31`.
    #[serde(default, deserialize_with = "day::lenient")]
    pub expires: Option<jiff::civil::Date>,
}

/// Whether a configuration file counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConfigurationState {
    /// It was applied.
    Applied,
    /// It lies in what was scanned and nobody said that it is trusted: it changed nothing.
    NotTrusted,
    /// It lies deeper than a scanned root, where none is read: it changed nothing.
    NotAtRoot,
}

/// What a configuration file did to a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConfigurationUse {
    /// The file, as the user named it; one of a repository with its root.
    pub path: String,
    /// Whether it counted.
    pub state: ConfigurationState,
    /// Flags of `scan` whose default it set.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Flags that it would have set if one folder alone had been scanned.
    #[serde(default)]
    pub settings_left_out: Vec<String>,
    /// Patterns of paths that were not read.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Rules that it switched off.
    #[serde(default)]
    pub rules_off: Vec<String>,
    /// Severities that it changed.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, Severity>"))]
    pub severities: BTreeMap<String, Severity>,
    /// Findings that it suppressed.
    #[serde(default)]
    pub suppressed: u64,
    /// Entries of `allow` that are over, and count no more.
    #[serde(default)]
    pub allow_expired: u64,
    /// Entries of `allow` that met no finding: fixed by now, or made under another fingerprint key.
    #[serde(default)]
    pub allow_unmatched: u64,
}

impl ConfigurationUse {
    /// A file that changed nothing yet.
    pub fn new(path: String, state: ConfigurationState) -> Self {
        Self {
            path,
            state,
            settings: Vec::new(),
            settings_left_out: Vec::new(),
            exclude: Vec::new(),
            rules_off: Vec::new(),
            severities: BTreeMap::new(),
            suppressed: 0,
            allow_expired: 0,
            allow_unmatched: 0,
        }
    }
}
