//! Readers of exports: what an authority says about its identities.
//!
//! An export is known by what stands in it, not by its name: people save them as they like.

mod aws;
mod aws_access_keys;
mod aws_authorization_details;
mod aws_credential_report;
mod aws_oidc;
mod aws_policy;
mod aws_service_controls;
mod aws_trust;
mod json;

use super::Detector;

/// Every export reader.
pub(super) const READERS: &[&dyn Detector] = &[
    &aws_authorization_details::AuthorizationDetails,
    &aws_credential_report::CredentialReport,
    &aws_access_keys::AccessKeys,
    &aws_service_controls::ServiceControls,
];
