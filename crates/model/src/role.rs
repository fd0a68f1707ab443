//! What one file says for another: roles that a customer made, and who belongs to an organisation.
//!
//! Both pass from their readers to the evidence of the same scan, and are no part of the inventory. What a repository
//! without a work tree showed of roles is remembered with the rest that its unchanged HEAD showed; members never are.

use serde::{Deserialize, Serialize};

/// What one role or policy allows, as its platform lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// Scanned root, as the user named it.
    pub root: String,
    /// The file, below the root.
    pub path: String,
    /// The platform as targets of grants begin: `gcp`, `azure`, `kubernetes`, `vault`, `snowflake`.
    pub platform: String,
    /// Every name by which a grant may call it: an id, a display name.
    pub names: Vec<String>,
    /// What it allows, in the words in which a grant's actions are written. Empty: nothing.
    pub actions: Vec<String>,
}

/// Everybody in an organisation, or in one part of it; several lists of a scan count together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// The platform, as the source of a claim of ownership names it: `github`.
    pub platform: String,
    /// Names at the platform, without `@`.
    pub names: Vec<String>,
}
