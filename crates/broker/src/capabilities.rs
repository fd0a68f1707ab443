//! What a broker is and can do, for a person who decides whether to use it.

use serde::Serialize;

/// What a broker is and can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Its kind.
    pub broker: String,
    /// Version, where it says one.
    pub version: Option<String>,
    /// Whether it can be talked to.
    pub reach: Reach,
    /// Kinds of steps that it can do.
    pub operations: Vec<String>,
    /// What it promises about the credentials it gives.
    pub guarantees: Guarantees,
    /// Shortest and longest life of one credential, seconds.
    pub ttl_seconds: (u32, u32),
    /// The token may do everything: refused for a handoff.
    pub self_is_admin: bool,
    /// The token may take the workload's credentials itself: refused for a handoff.
    pub may_take_credentials: bool,
    /// What the token lacks, as `path: capability, capability`.
    pub missing_permissions: Vec<String>,
    /// How many audit devices record what happens; `None` when that cannot be read.
    pub audit_devices: Option<u32>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Whether a broker can be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It answers, and knows our token.
    Ok,
    /// It answers, and must be unsealed.
    Sealed,
    /// It answers, and does not know our token, or has none.
    Unauth,
    /// No answer.
    Unreachable,
}

/// What a broker promises about the credentials it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Guarantees {
    /// They end by themselves.
    pub expiry: bool,
    /// They can be ended early.
    pub revocation: Revocation,
    /// What the workload shows at login works only once.
    pub single_use: bool,
    /// Every issue and revocation is recorded. An expiry is not: OpenBao writes nothing when a lease runs out.
    pub audit: bool,
}

/// How a credential can be ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// At once, at the target.
    Direct,
    /// Only by a rule that refuses it.
    Indirect,
    /// Not at all.
    None,
}
