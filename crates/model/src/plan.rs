//! Plans: what to do for which identity, in which order, and the change to review.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Owner, Pattern, ReadinessBand, RiskBand, Timestamp};

/// The four lanes of risk against readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quadrant {
    /// High risk, ready.
    MigrateFirst,
    /// High risk, not ready: rotate or narrow today, then redesign.
    ContainNow,
    /// Low risk, ready.
    Batch,
    /// Low risk, not ready.
    Track,
}

impl Quadrant {
    /// The words that people read.
    pub fn label(self) -> &'static str {
        match self {
            Quadrant::MigrateFirst => "migrate first",
            Quadrant::ContainNow => "contain now, then redesign",
            Quadrant::Batch => "batch",
            Quadrant::Track => "track",
        }
    }
}

/// Who may ask for the short-lived credential: claims that the platform signs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Who {
    /// Token issuer, `https://…`.
    pub issuer: String,
    /// Expected audience.
    pub audience: String,
    /// Expected subject.
    pub subject: String,
    /// Further claims, each with its one allowed value.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, string>"))]
    pub claims: std::collections::BTreeMap<String, String>,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct What {
    /// `database`, `aws`, …
    pub engine: String,
    /// Mount of the engine at the broker.
    pub mount: String,
    /// Connection or account at the engine; exists already.
    pub connection: String,
    /// Privilege in the target's own words: `SELECT ON orders`.
    pub privilege: String,
}

/// Where it is valid, and what it replaces.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Where {
    /// `postgresql`, `aws`, …
    pub kind: String,
    /// Host name or address.
    pub host: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// Database.
    pub database: Option<String>,
    /// The login whose standing access shall end.
    pub old_login: Option<String>,
    /// Name of the environment variable that holds the target's administrative connection string.
    pub admin_dsn_env: Option<String>,
    /// AWS role to assume, where the target is AWS.
    pub role_arn: Option<String>,
}

/// A migration in broker-neutral words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Intent {
    /// Who may ask.
    pub who: Who,
    /// Login mount at the broker; exists already.
    pub auth_mount: Option<String>,
    /// What is asked for.
    pub what: What,
    /// Where it is valid.
    #[serde(rename = "where")]
    pub target: Where,
    /// Longest life of one credential, seconds.
    pub ttl_seconds: u32,
    /// What starts it.
    pub trigger: String,
    /// What ends it.
    pub teardown: String,
}

/// A file that a person can review and merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Artifact {
    /// Path below the output folder.
    pub path: String,
    /// What it is: `workflow_patch`, `trust_policy`, `broker_policy`, `broker_role`, `removal`, `notes`.
    pub kind: String,
    /// Its whole text.
    pub content: String,
}

/// What a recipe proposes for one identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Migration {
    /// Recipe: `github_actions_aws_oidc`, `database_password_dynamic`.
    pub recipe: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// The migration in broker-neutral words.
    pub intent: Intent,
    /// What starts a credential's life.
    pub trigger: String,
    /// How long it lives, in words.
    pub time_limit: String,
    /// What ends it.
    pub teardown: String,
    /// What must be true before one is issued.
    pub conditions: Vec<String>,
    /// How the old credential ends, in order.
    pub removal: Vec<String>,
    /// What a person must do or decide first.
    pub prerequisites: Vec<String>,
    /// Files to review and merge.
    pub artifacts: Vec<Artifact>,
    /// What could go wrong.
    pub warnings: Vec<String>,
}

/// One identity in a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PlanEntry {
    /// Identity.
    pub identity_id: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Who answers for it.
    pub owner: Owner,
    /// Lane.
    pub quadrant: Quadrant,
    /// Risk, 0 to 100.
    pub risk_score: u32,
    /// Its step.
    pub risk_band: RiskBand,
    /// Readiness, 0 to 100.
    pub readiness_score: u32,
    /// Readiness at best.
    pub readiness_ceiling: f64,
    /// Its step.
    pub readiness_band: ReadinessBand,
    /// Shut gates.
    pub gates: Vec<String>,
    /// Shape of the short-lived access.
    pub pattern: Pattern,
    /// Why, in words.
    pub why: Vec<String>,
    /// The cheapest next action.
    pub next_action: String,
    /// Hours a year in which the credential is usable today.
    pub standing_hours_per_year: u64,
    /// Hours of them that short-lived access would take away.
    pub avoidable_hours_per_year: u64,
    /// What a recipe proposes, where one fits.
    pub migration: Option<Migration>,
}

/// What to do for which identity, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Plan {
    /// Version of this document's shape.
    pub schema_version: String,
    /// When it was made.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub generated_at: Timestamp,
    /// Version of `rules/readiness.toml`.
    pub model_version: String,
    /// Whether the scan behind it read everything.
    pub complete: bool,
    /// Most urgent first.
    pub entries: Vec<PlanEntry>,
    /// Hours a year, all identities.
    pub standing_hours_per_year: u64,
    /// Hours of them that could go.
    pub avoidable_hours_per_year: u64,
}
