//! What differs between two inventories. Whoever cannot be compared is counted, never taken for gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Finding, Grant, Identity, OwnerState, RiskBand, Timestamp};

/// Version of the shape of a difference.
pub const DIFFERENCE_SCHEMA_VERSION: &str = "1.0";

/// One of the two inventories.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryState {
    /// The file, as the user named it.
    pub file: String,
    /// Public name of the key behind its fingerprints; `None` before the first scan.
    pub key_id: Option<String>,
    /// End of its last scan.
    pub scanned_at: Option<Timestamp>,
    /// Roots of its last scan.
    pub roots: Vec<String>,
    /// Whether the last scan read everything; false when there was none.
    pub complete: bool,
    /// Identities that are there.
    pub identities: u64,
    /// Findings that are there.
    pub findings: u64,
}

/// An identity in few words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityBrief {
    /// Id in the newer inventory, or in the one that has it.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// The platform's own id.
    pub native_id: Option<String>,
    /// Platform.
    pub provider: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How sure that is.
    pub owner_state: OwnerState,
    /// Step of risk.
    pub risk_band: RiskBand,
    /// Points of risk.
    pub risk_score: u32,
    /// Of an identity that is gone: the one that it was found to be a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

impl From<&Identity> for IdentityBrief {
    fn from(identity: &Identity) -> Self {
        Self {
            id: identity.id.clone(),
            kind: identity.kind.clone(),
            name: identity.name.clone(),
            native_id: identity.native_id.clone(),
            provider: identity.provider.clone(),
            owner: identity.owner.name.clone(),
            owner_state: identity.owner.state,
            risk_band: identity.risk.band,
            risk_score: identity.risk.score,
            merged_into: None,
        }
    }
}

/// One thing that is said differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Which: `name`, `owner`, `owner_state`, `privilege`, `risk`, `readiness`, `severity`, …
    pub field: String,
    /// In the older inventory; `None` = nothing was known.
    pub before: Option<String>,
    /// In the newer one.
    pub after: Option<String>,
}

/// Actions on one target that were gained or lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantChange {
    /// What is reached.
    pub target: String,
    /// Where it comes from.
    pub scope: String,
    /// Actions that only the newer inventory knows.
    pub gained: Vec<String>,
    /// Actions that only the older one knows.
    pub lost: Vec<String>,
}

/// An identity that both know, told differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityChange {
    /// The identity as the newer inventory tells it.
    pub identity: IdentityBrief,
    /// Its id in the older inventory.
    pub before_id: String,
    /// What is said differently.
    pub fields: Vec<FieldChange>,
    /// Grants that are new.
    pub grants_appeared: Vec<Grant>,
    /// Grants that are gone.
    pub grants_vanished: Vec<Grant>,
    /// Grants on the same target from the same source, with other actions.
    pub grants_changed: Vec<GrantChange>,
}

/// Identities that appeared, vanished or changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityDifference {
    /// Only in the newer inventory, most risky first.
    pub appeared: Vec<IdentityBrief>,
    /// Only in the older one.
    pub vanished: Vec<IdentityBrief>,
    /// In both.
    pub changed: Vec<IdentityChange>,
}

/// A finding that both know, told differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingChange {
    /// The finding as the newer inventory tells it.
    pub finding: Finding,
    /// What is said differently.
    pub fields: Vec<FieldChange>,
}

/// Findings that appeared, vanished or changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingDifference {
    /// Only in the newer inventory, most severe first.
    pub appeared: Vec<Finding>,
    /// Only in the older one.
    pub vanished: Vec<Finding>,
    /// In both.
    pub changed: Vec<FindingChange>,
}

/// How many identities an owner answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnerChange {
    /// Who; `None` = nobody.
    pub owner: Option<String>,
    /// Identities in the older inventory; 0 = the owner appeared.
    pub before: u64,
    /// Identities in the newer one; 0 = the owner vanished.
    pub after: u64,
}

/// What only its value tells apart, and what two keys therefore cannot compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotCompared {
    /// Identities of the older inventory.
    pub identities_before: u64,
    /// Identities of the newer one.
    pub identities_after: u64,
    /// Findings of the older inventory.
    pub findings_before: u64,
    /// Findings of the newer one.
    pub findings_after: u64,
}

/// What differs between two inventories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryDifference {
    /// [`DIFFERENCE_SCHEMA_VERSION`].
    pub schema_version: String,
    /// The older inventory.
    pub before: InventoryState,
    /// The newer one.
    pub after: InventoryState,
    /// Whether one key made the fingerprints of both.
    pub same_key: bool,
    /// What could not be compared because of that.
    pub not_compared: NotCompared,
    /// Identities.
    pub identities: IdentityDifference,
    /// Findings.
    pub findings: FindingDifference,
    /// Owners who answer for more or fewer identities, by name; nobody first.
    pub owners: Vec<OwnerChange>,
}
