//! Google Cloud API keys: what each may be used for.

use tenure_model::Credential;

use super::format::{Each, Export, Pen, account};
use super::node::Node;
use crate::detect::rules;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_api_keys",
    describe: "Google Cloud API keys and what restricts them",
    exported_by: &["gcloud services api-keys list --format=json"],
    claims: |opening| {
        opening.holds("/locations/global/keys/")
            && opening.any(&["uid", "displayName", "createTime", "restrictions"])
            && !opening.any(&["asset_type", "assetType"])
    },
    lists: &["keys"],
    start: || Box::new(Each(|_, record, pen| key(record, pen))),
};

/// Notes one key; its value is in no export of this kind.
pub(super) fn key(key: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = key.text("name").filter(|name| name.contains("/keys/")) else { return };
    pen.at(name);
    let subject = account("gcp", name);
    let shown = key.text("displayName").or(key.text("uid")).unwrap_or(name);
    pen.identity(&subject, "gcp_api_key", shown, Some(name));
    let credential = Credential {
        kind: "gcp_api_key".to_owned(),
        fingerprint: Some(pen.print("gcp_api_key_name", name)),
        created_at: key.instant("createTime"),
        never_expires: true,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    let restrictions = key.get("restrictions");
    let services = restrictions.list("apiTargets").filter_map(|target| target.text("service"));
    let services: Vec<String> = services.map(str::to_owned).collect();
    if services.is_empty() {
        let reason = "no restriction says which API it may call".to_owned();
        pen.finding(&rules::GCP_API_KEY_UNRESTRICTED, &subject, shown, reason);
    } else {
        pen.grant(&subject, "gcp:APIs".to_owned(), services, "API restrictions of the key".to_owned());
    }
}
