//! Google Cloud: the IAM policy of a project, folder, organisation or service account.

use super::format::{Each, Export};
use super::gcp::note_bindings;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_iam_policy",
    describe: "Google Cloud IAM policy: which service account has which role",
    exported_by: &[
        "gcloud projects get-iam-policy PROJECT --format=json",
        "gcloud organizations get-iam-policy ORGANIZATION --format=json",
        "gcloud iam service-accounts get-iam-policy ACCOUNT --format=json",
    ],
    claims: |opening| {
        opening.names("bindings")
            && opening.all(&["role", "members"])
            && !opening.any(&["asset_type", "assetType", "policy", "iam_policy", "iamPolicy"])
    },
    lists: &["bindings"],
    start: || {
        Box::new(Each(|list, record, pen| {
            // The policy does not say whose it is.
            if list == "bindings" {
                note_bindings(std::iter::once(record), None, pen);
            }
        }))
    },
};
