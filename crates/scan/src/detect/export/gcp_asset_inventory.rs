//! Google Cloud Asset Inventory: exports of assets with their IAM policies, and searches over all policies.

use super::format::{Each, Export, Pen};
use super::gcp::{note_account, note_bindings, note_key, part};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_asset_inventory",
    describe: "Google Cloud Asset Inventory: service accounts, their keys, custom roles, and IAM policies of all resources",
    exported_by: &[
        "gcloud asset export --content-type=iam-policy --project=PROJECT --output-path=gs://BUCKET/FILE",
        "gcloud asset export --content-type=resource --asset-types=iam.googleapis.com.* …",
        "gcloud asset search-all-iam-policies --scope=projects/PROJECT --format=json",
    ],
    claims: |opening| {
        opening.any(&["asset_type", "assetType"])
            && (opening.holds(".googleapis.com/") || opening.any(&["iam_policy", "iamPolicy", "policy"]))
    },
    lists: &["results", "assets"],
    start: || Box::new(Each(|_, record, pen| asset(record, pen))),
};

fn asset(asset: Node<'_>, pen: &mut Pen<'_>) {
    // `resource` is an object in an export and a name in a search.
    let is_searched = asset.get("resource").is_text();
    let name = asset.text(if is_searched { "resource" } else { "name" }).unwrap_or_default();
    let name = name.strip_prefix("//").unwrap_or(name);
    let data = if is_searched { Node::nothing() } else { asset.at("resource.data") };
    match asset.text("asset_type").unwrap_or_default() {
        "iam.googleapis.com/ServiceAccount" => {
            if let Some(email) =
                data.text("email").or(part(name, "/serviceAccounts/").filter(|n| n.contains('@')))
            {
                pen.at(email);
                note_account(email, data, pen);
            }
        }
        "iam.googleapis.com/ServiceAccountKey" => note_key(name, data, pen),
        "iam.googleapis.com/Role" => super::gcp_roles::role(data, pen),
        "iam.googleapis.com/WorkloadIdentityPoolProvider" => {
            super::gcp_workload_identity::provider(data, pen);
        }
        "apikeys.googleapis.com/Key" => super::gcp_api_keys::key(data, pen),
        _ => {}
    }
    for policy in ["iam_policy", "policy"] {
        note_bindings(asset.get(policy).list("bindings"), Some(name), pen);
    }
}
