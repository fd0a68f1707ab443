//! Credentials: what proves an identity, and how long it stays valid.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Fingerprint, Timestamp};

/// Whether a credential still opens anything.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// An authority says that it is usable.
    Active,
    /// An authority says that it is disabled.
    Inactive,
    /// Its end has passed.
    Expired,
    /// Nobody told us. Never read as "inactive".
    #[default]
    Unknown,
}

/// One credential of an identity. Its value is nowhere in here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Credential {
    /// Kind, a key of `rules/credentials.toml`: `aws_access_key`, `github_pat`, …
    pub kind: String,
    /// Keyed fingerprint, once a value (or public id) was seen.
    pub fingerprint: Option<Fingerprint>,
    /// Mask for people.
    pub masked: Option<String>,
    /// When it was made.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub created_at: Option<Timestamp>,
    /// When it ends by itself; with `never_expires` false and this `None`, unknown.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub expires_at: Option<Timestamp>,
    /// True when an authority or the catalogue says that it has no end.
    #[serde(default)]
    pub never_expires: bool,
    /// Last use that an authority recorded.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub last_used_at: Option<Timestamp>,
    /// True when an authority says that it was never used.
    #[serde(default)]
    pub never_used: bool,
    /// Last rotation that an authority recorded.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub last_rotated_at: Option<Timestamp>,
    /// Whether it still opens anything.
    pub state: CredentialState,
    /// Distinct places (root and path) that hold a copy of the value.
    pub copies: u32,
}
