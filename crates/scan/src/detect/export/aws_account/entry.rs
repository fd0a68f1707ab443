//! The entries of an account's export, as AWS writes them.

use serde::Deserialize;

use super::super::aws::Instant;
use super::super::aws_policy::Document;
use super::super::json::{Many, One, Text};

/// Which kind of entry a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    User,
    Role,
    Group,
    Policy,
}

/// A user or a role: exports write them alike.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Principal {
    #[serde(default)]
    pub(super) path: Text,
    #[serde(alias = "UserName", alias = "RoleName", default)]
    pub(super) name: Text,
    #[serde(alias = "UserId", alias = "RoleId", default)]
    pub(super) unique_id: Text,
    #[serde(default)]
    pub(super) arn: Text,
    #[serde(alias = "UserPolicyList", alias = "RolePolicyList", default)]
    pub(super) inline: Many<Inline>,
    #[serde(default)]
    pub(super) group_list: Many<Text>,
    #[serde(default)]
    pub(super) attached_managed_policies: Many<Attached>,
    #[serde(default)]
    pub(super) permissions_boundary: One<Boundary>,
    #[serde(default)]
    pub(super) tags: Many<Tag>,
    pub(super) assume_role_policy_document: Option<Document>,
    #[serde(default)]
    pub(super) instance_profile_list: Many<InstanceProfile>,
    #[serde(default)]
    pub(super) role_last_used: One<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Group {
    #[serde(default)]
    pub(super) arn: Text,
    #[serde(default)]
    pub(super) group_name: Text,
    #[serde(alias = "GroupPolicyList", default)]
    pub(super) inline: Many<Inline>,
    #[serde(default)]
    pub(super) attached_managed_policies: Many<Attached>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inline {
    #[serde(default)]
    pub(super) policy_name: Text,
    #[serde(default)]
    pub(super) policy_document: Document,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attached {
    #[serde(default)]
    pub(super) policy_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Managed {
    #[serde(default)]
    pub(super) arn: Text,
    #[serde(default)]
    pub(super) policy_version_list: Many<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Version {
    #[serde(default)]
    pub(super) document: Document,
    #[serde(default)]
    pub(super) is_default_version: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    #[serde(default)]
    pub(super) permissions_boundary_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    #[serde(default)]
    pub(super) key: Text,
    #[serde(default)]
    pub(super) value: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InstanceProfile {
    #[serde(default)]
    pub(super) instance_profile_name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LastUsed {
    pub(super) last_used_date: Option<Instant>,
}
