//! Google Cloud: roles that a customer made, with the permissions that each includes.

use super::format::{Each, Export, Pen};
use super::node::Node;

/// Permissions of one role that are kept; Google allows fewer.
const PERMISSIONS_MAX: usize = 15_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_roles",
    describe: "Google Cloud custom roles: the permissions behind the name that a binding uses",
    exported_by: &[
        "gcloud iam roles describe ROLE --project=PROJECT --format=json",
        "gcloud iam roles list --project=PROJECT --format='json(name,includedPermissions,deleted)'",
        "gcloud iam roles describe ROLE --organization=ORGANIZATION --format=json",
    ],
    claims: |opening| {
        opening.any(&["includedPermissions", "included_permissions"])
            && opening.names("name")
            && !opening.any(&["asset_type", "assetType", "bindings"])
    },
    lists: &["roles"],
    start: || Box::new(Each(|_, record, pen| role(record, pen))),
};

/// Notes one role. A list without permissions names roles and says nothing of them.
pub(super) fn role(role: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = role.text("name").filter(|name| name.contains("/roles/")) else { return };
    pen.at(name);
    if role.flag("deleted") == Some(true) || role.text("stage") == Some("DISABLED") {
        // Bindings may still name it, and give nothing.
        return pen.role("gcp", vec![name.to_owned()], Vec::new());
    }
    let permissions = role.texts("includedPermissions");
    if permissions.is_empty() {
        return;
    }
    let permissions = permissions.into_iter().take(PERMISSIONS_MAX).map(str::to_owned);
    pen.role("gcp", vec![name.to_owned()], permissions.collect());
}
