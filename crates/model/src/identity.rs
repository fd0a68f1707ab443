//! Identities: one row per machine identity, however many places it appears in.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Credential, Exception, Federation, Readiness, Risk, Timestamp};

/// What an identity is used as. Decides the pattern of its short-lived replacement.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Archetype {
    /// A job of a CI system.
    CiJob,
    /// A job that a clock starts.
    ScheduledBatch,
    /// Always on.
    Service,
    /// Decides by itself what to call next.
    Agent,
    /// A third party's software holds it.
    VendorConnector,
    /// Meant for emergencies.
    BreakGlass,
    /// Nothing says.
    #[default]
    Unknown,
}

/// How sure we are of an owner.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OwnerState {
    /// A person said so in Tenure.
    Confirmed,
    /// A file or tag says so.
    Declared,
    /// Authorship suggests it.
    Inferred,
    /// Two sources disagree.
    Contested,
    /// There is evidence that nobody answers for it any more.
    Orphaned,
    /// There is no evidence at all.
    #[default]
    Unknown,
}

/// One statement that somebody owns something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OwnerClaim {
    /// Kind of source: `codeowners`, `tag`, `authorship`, `person`.
    pub source: String,
    /// File that says so.
    pub path: String,
    /// Line in it, from 1.
    pub line: Option<u32>,
    /// Who: `@org/team`, a mail address, a name.
    pub value: String,
    /// 0.0 to 1.0.
    pub confidence: f64,
    /// The claimed owner is gone: last seen longer ago than the ownership horizon.
    #[serde(default)]
    pub inactive: bool,
}

/// Who answers for an identity, and why we think so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Owner {
    /// How sure.
    pub state: OwnerState,
    /// Who, where one name wins.
    pub name: Option<String>,
    /// 0.0 to 1.0.
    pub confidence: f64,
    /// Every claim, strongest first; never only the result.
    pub basis: Vec<OwnerClaim>,
}

/// Something that the identity may do.
#[derive(Debug, Clone, Eq, PartialOrd, Ord, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Grant {
    /// What is reached: a resource pattern, a database, a repository.
    pub target: String,
    /// Actions in the platform's own words.
    pub actions: Vec<String>,
    /// Where it comes from: `inline policy deploy`, `group admins`, …
    pub scope: String,
}

/// How much power an identity has.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PrivilegeLevel {
    /// Everything.
    Admin,
    /// Can make itself administrator.
    Escalates,
    /// Wildcards on data or credentials.
    Wide,
    /// Named actions on named things.
    Scoped,
    /// Reading named things.
    Read,
    /// Nobody told us.
    #[default]
    Unknown,
}

/// Three-valued answers; `Unknown` when there is no data to answer from.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Yes,
    /// Under a condition that cannot be decided offline.
    Conditional,
    /// No.
    No,
    /// No data.
    #[default]
    Unknown,
}

/// Whether an escalation path can be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PathState {
    /// Now.
    Open,
    /// Under a condition.
    Conditional,
    /// The permissions are there, a target is not.
    Latent,
}

/// A known way to more power.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EscalationPath {
    /// Public id of the path: `iam-001`.
    pub id: String,
    /// Whether it can be walked.
    pub state: PathState,
    /// What it leads to.
    pub target: Option<String>,
    /// The statements that open it.
    pub because: Vec<String>,
}

/// The power of an identity, with the statements that make it so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Privilege {
    /// How much.
    pub level: PrivilegeLevel,
    /// Administrator or not.
    pub admin: Verdict,
    /// Ways to more.
    pub paths: Vec<EscalationPath>,
    /// Why this level.
    #[serde(default)]
    pub because: Vec<String>,
}

/// An automated user of an identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Consumer {
    /// `ci_job`, `kubernetes_workload`, `agent`, `file`.
    pub kind: String,
    /// Scanned root.
    pub root: String,
    /// File that defines it.
    pub path: String,
    /// Line of the use, from 1.
    pub line: u32,
    /// Job or workload.
    pub job: Option<String>,
    /// Deployment environment, where it is bound to one.
    pub environment: Option<String>,
    /// The name under which it receives the credential.
    #[serde(default)]
    pub secret_name: Option<String>,
    /// Where it is exposed: `workflow`, `job`, `step`, `with`, `run`, `passed`.
    #[serde(default)]
    pub exposure: Option<String>,
    /// Events that start it.
    #[serde(default)]
    pub triggers: Vec<String>,
    /// Runs a day by its schedule; `None` when events start it.
    #[serde(default)]
    pub runs_per_day: Option<f64>,
    /// Upper bound of one run, minutes, where it is written down.
    #[serde(default)]
    pub timeout_minutes: Option<u32>,
    /// `hosted`, `self_hosted`.
    #[serde(default)]
    pub runner: Option<String>,
    /// Third-party step that receives it, with its ref.
    #[serde(default)]
    pub action: Option<String>,
    /// The file says that a person must let each run go.
    #[serde(default)]
    pub approval: bool,
    /// What the platform's own token may do there, as written; `None` when nothing is written and a setting decides.
    #[serde(default)]
    pub token_permissions: Option<String>,
    /// Whether the platform could prove the consumer's identity today.
    #[serde(default)]
    pub federation: Option<Federation>,
    /// The same in words, with what is missing.
    #[serde(default)]
    pub federation_how: Option<String>,
    /// Jobs of other files that start it, each as `path:line job`.
    #[serde(default)]
    pub called_by: Vec<String>,
}

impl Consumer {
    /// Kinds that run to an end by themselves.
    pub const BOUNDED: [&'static str; 7] = [
        "ci_job",
        "kubernetes_job",
        "systemd_job",
        "cron_job",
        "serverless_function",
        "ansible_play",
        "terraform",
    ];
    /// Kinds that run until somebody stops them.
    pub const ALWAYS_ON: [&'static str; 3] = ["kubernetes_workload", "compose_service", "systemd_service"];

    /// Runs to an end by itself: a job.
    pub fn is_bounded(&self) -> bool {
        Self::BOUNDED.contains(&self.kind.as_str())
    }

    /// Runs until somebody stops it: a service.
    pub fn is_always_on(&self) -> bool {
        Self::ALWAYS_ON.contains(&self.kind.as_str())
    }
}

/// One machine identity with everything that is known and judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Identity {
    /// Given once, kept for ever.
    pub id: String,
    /// `aws_iam_user`, `github_actions_secret`, `database_login`, …
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// The platform's own id.
    pub native_id: Option<String>,
    /// Platform.
    pub provider: String,
    /// What it is for, where somebody said so.
    pub purpose: Option<String>,
    /// What it is used as.
    pub archetype: Archetype,
    /// Who answers for it.
    pub owner: Owner,
    /// What proves it.
    pub credentials: Vec<Credential>,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// How much power that is.
    pub privilege: Privilege,
    /// Who uses it.
    pub consumers: Vec<Consumer>,
    /// How bad it is today. Of thousands of identities of one export most are judged alike: they share it.
    pub risk: Arc<Risk>,
    /// Whether short-lived access could take over safely; shared likewise.
    pub readiness: Arc<Readiness>,
    /// What people accepted of it, those that are over included until a review ends them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<Exception>>"))]
    pub exceptions: Vec<Exception>,
    /// First scan that saw it.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub first_seen_at: Option<Timestamp>,
    /// Set when the last scan of its roots no longer saw it.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub gone_at: Option<Timestamp>,
}
