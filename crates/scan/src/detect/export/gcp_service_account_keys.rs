//! Google Cloud: service accounts, and the keys of one.

use super::format::{Each, Export};
use super::gcp::{note_account, note_key};

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_service_account_keys",
    describe: "Google Cloud service accounts and their keys",
    exported_by: &[
        "gcloud iam service-accounts list --format=json",
        "gcloud iam service-accounts keys list --iam-account=ACCOUNT --format=json",
    ],
    claims: |opening| {
        !opening.any(&["asset_type", "assetType"])
            && (opening.holds("/serviceAccounts/")
                && (opening.any(&["validAfterTime", "valid_after_time"])
                    || opening.all(&["email", "uniqueId"])))
    },
    lists: &["keys", "accounts"],
    start: || {
        Box::new(Each(|_, record, pen| {
            let Some(name) = record.text("name") else { return };
            if name.contains("/keys/") {
                note_key(name, record, pen);
            } else if let Some(email) = record.text("email") {
                pen.at(email);
                note_account(email, record, pen);
            }
        }))
    },
};
