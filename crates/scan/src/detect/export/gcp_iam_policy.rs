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

/// How roles begin that only service accounts know, and the one by which a pool's workloads become an account.
const OF_ACCOUNTS: [&str; 2] = ["roles/iam.serviceAccount", BY_POOLS];
const BY_POOLS: &str = "roles/iam.workloadIdentityUser";

#[derive(Default)]
struct Policy {
    /// Whether the policy is a bucket's, once that was looked up.
    of_bucket: Option<bool>,
    /// Whether a pool's workloads may become the account whose policy this is.
    by_pools: bool,
    /// Whether a role is none of a service account's.
    of_others: bool,
}

impl Gather for Policy {
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        if list != "bindings" {
            return;
        }
        let bytes = pen.blob.bytes;
        let names_one = || text::decode(bytes).is_some_and(|text| text.contains(OF_BUCKETS));
        let of_bucket = *self.of_bucket.get_or_insert_with(names_one);
        let role = record.text("role").unwrap_or_default();
        self.by_pools |= role == BY_POOLS;
        self.of_others |= !OF_ACCOUNTS.iter().any(|of| role.starts_with(of));
        // A policy does not say whose it is, only sometimes what it is of.
        let of_account =
            named_account(pen.blob.path).map(|email| format!("projects/-/serviceAccounts/{email}"));
        let place = of_bucket.then_some("buckets/the bucket of this export").or(of_account.as_deref());
        note_bindings(std::iter::once(record), place, pen);
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        if self.by_pools && !self.of_others && named_account(pen.blob.path).is_none() {
            let detail = "a policy does not say which service account it is of: put the account's e-mail into the file's name";
            pen.unread("export_without_question", detail.to_owned());
        }
    }
}

/// The service account whose e-mail stands in the file's name: `deploy@acme.iam.gserviceaccount.com.json`.
fn named_account(path: &str) -> Option<&str> {
    const DOMAIN: &str = ".gserviceaccount.com";
    let file = path.rsplit(['/', '\\']).next()?;
    let end = file.find(DOMAIN)? + DOMAIN.len();
    let in_email = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@' | ':');
    let from = file[..end].rfind(|c: char| !in_email(c)).map_or(0, |at| at + 1);
    file.get(from..end).filter(|email| email.split('@').count() == 2 && !email.starts_with('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_named_after_its_account() {
        let email = "deploy@acme-prod.iam.gserviceaccount.com";
        assert_eq!(named_account(&format!("gcp/{email}.json")), Some(email));
        assert_eq!(named_account(&format!("policy_{email}_2026.json")), Some(email));
        assert_eq!(named_account("gcp/policy.json"), None);
        assert_eq!(named_account("acme-prod.iam.gserviceaccount.com.json"), None);
        assert_eq!(named_account("deploy@a@b.gserviceaccount.com.json"), None);
    }
}
