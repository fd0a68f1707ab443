//! Readers of exports: what an authority says about its identities.
//!
//! An export is known by what stands in it, not by its name: people save them as they like.

mod aws;
mod aws_access_analyzer;
mod aws_access_keys;
mod aws_account;
mod aws_authorization_details;
mod aws_config;
mod aws_credential_report;
mod aws_last_accessed;
mod aws_oidc;
mod aws_organization_export;
mod aws_organization_tree;
mod aws_organizations;
mod aws_policy;
mod aws_service_controls;
mod aws_trust;
mod azure_roles;
mod budget;
mod ci_secret;
mod circleci;
pub(super) mod cut_off;
mod databricks;
mod entra;
mod entra_directory_roles;
mod format;
mod gcp;
mod gcp_api_keys;
mod gcp_asset_inventory;
mod gcp_iam_policy;
mod gcp_roles;
mod gcp_service_account_keys;
mod gcp_workload_identity;
mod github;
mod github_apps;
mod github_deploy_keys;
mod github_secrets;
mod github_settings;
mod github_tokens;
mod gitlab;
pub(super) mod json;
mod known_value;
mod kubernetes;
mod members;
pub(super) mod node;
mod okta;
mod owner_tag;
mod records;
mod snowflake;
mod spire;
mod terraform;
mod terraform_unread;
mod vault;
mod vault_policy;

use super::Detector;
pub use kubernetes::orphaned_binding;

/// Every format in JSON.
const FORMATS: &[&format::Export] = &[
    &gcp_iam_policy::EXPORT,
    &gcp_asset_inventory::EXPORT,
    &gcp_service_account_keys::EXPORT,
    &gcp_roles::EXPORT,
    &gcp_api_keys::EXPORT,
    &gcp_workload_identity::EXPORT,
    &kubernetes::EXPORT,
    &terraform::EXPORT,
    &entra::EXPORT,
    &azure_roles::EXPORT,
    &entra_directory_roles::EXPORT,
    &github_apps::EXPORT,
    &github_tokens::EXPORT,
    &github_deploy_keys::EXPORT,
    &github_secrets::EXPORT,
    &github_settings::EXPORT,
    &members::GITHUB,
    &members::GITLAB,
    &gitlab::EXPORT,
    &vault::EXPORT,
    &vault_policy::EXPORT,
    &spire::EXPORT,
    &okta::EXPORT,
    &snowflake::EXPORT,
    &databricks::EXPORT,
    &circleci::EXPORT,
    &aws_last_accessed::EXPORT,
    &aws_access_analyzer::EXPORT,
    &aws_organizations::EXPORT,
];

/// Every export reader; the last one stands for all of [`FORMATS`].
pub(super) const READERS: &[&dyn Detector] = &[
    &aws_authorization_details::EXPORT,
    &aws_config::EXPORT,
    &aws_credential_report::CredentialReport,
    &aws_access_keys::AccessKeys,
    &aws_service_controls::EXPORT,
    &aws_organization_tree::EXPORT,
    &kubernetes::manifests::RoleManifests,
    &terraform_unread::UnreadState,
    &format::Formats(FORMATS),
];

/// Every export that is read, one by one.
pub(super) fn each() -> impl Iterator<Item = &'static dyn Detector> {
    READERS[..READERS.len() - 1].iter().copied().chain(FORMATS.iter().map(|format| *format as &dyn Detector))
}
