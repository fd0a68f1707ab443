//! Google Cloud: the IAM policy of a project, folder, organisation, service account or bucket.

use super::format::{Export, Gather, Pen};
use super::gcp::note_bindings;
use super::node::Node;
use crate::detect::text;

/// How roles begin that only buckets know; each bucket has some for the owners of its project.
const OF_BUCKETS: &str = "roles/storage.legacy";

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_iam_policy",
    describe: "Google Cloud IAM policy: which service account has which role",
    exported_by: &[
        "gcloud projects get-iam-policy PROJECT --format=json",
        "gcloud organizations get-iam-policy ORGANIZATION --format=json",
        "gcloud iam service-accounts get-iam-policy ACCOUNT --format=json",
        "gcloud storage buckets get-iam-policy gs://BUCKET --format=json",
    ],
    claims: |opening| {
        opening.names("bindings")
            && opening.all(&["role", "members"])
            && !opening.any(&["asset_type", "assetType", "policy", "iam_policy", "iamPolicy"])
    },
    lists: &["bindings"],
    start: || Box::<Policy>::default(),
};

#[derive(Default)]
struct Policy {
    /// Whether the policy is a bucket's, once that was looked up.
    of_bucket: Option<bool>,
}

impl Gather for Policy {
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        if list != "bindings" {
            return;
        }
        let bytes = pen.blob.bytes;
        let names_one = || text::decode(bytes).is_some_and(|text| text.contains(OF_BUCKETS));
        let of_bucket = *self.of_bucket.get_or_insert_with(names_one);
        // A policy does not say whose it is, only sometimes what it is of.
        let place = of_bucket.then_some("buckets/the bucket of this export");
        note_bindings(std::iter::once(record), place, pen);
    }
}
