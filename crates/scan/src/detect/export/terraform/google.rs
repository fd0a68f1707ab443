//! Google resources: service accounts, their keys, and the roles that a state gives them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tenure_model::Subject;

use super::super::format::Pen;
use super::super::gcp::{note_account, note_bindings, note_member, part, service_account};
use super::super::node::Node;
use super::{Resource, made_by};

pub(super) fn read(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    match resource.kind {
        "google_service_account" => {
            let Some(email) = resource.text("email") else { return };
            pen.at(email);
            let subject = note_account(email, resource.attributes, pen);
            made_by(resource, &subject, pen);
        }
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => {
            let id = resource.text("name").filter(|name| name.contains("/roles/")).or(resource.text("id"));
            let Some(id) = id else { return };
            let permissions = resource.attributes.texts("permissions").into_iter().map(str::to_owned);
            let gone = resource.attributes.flag("deleted") == Some(true);
            pen.role("gcp", vec![id.to_owned()], permissions.filter(|_| !gone).collect());
        }
        kind if kind.ends_with("_iam_member") || kind.ends_with("_iam_binding") => binding(resource, pen),
        kind if kind.ends_with("_iam_policy") => {
            let policy = resource.text("policy_data").and_then(|text| pen.policy::<Value>(text));
            let Some(policy) = policy else { return };
            pen.at(&resource.address);
            note_bindings(Node::of(&policy).list("bindings"), Some(&place(resource)), pen);
        }
        _ => {}
    }
}

/// The account of a key resource: its name holds the e-mail.
pub(super) fn account_of_key_resource(resource: &Resource<'_>) -> Option<Subject> {
    let named = ["name", "service_account_id"].iter().filter_map(|name| resource.text(name));
    let email = named.filter_map(|name| part(name, "/serviceAccounts/")).find(|email| email.contains('@'))?;
    Some(service_account(email))
}

/// The private key inside a key's value, which is a whole key file in base64: what a rule finds in such a file.
pub(super) fn private_key(value: &str) -> Option<String> {
    const END: &str = "PRIVATE KEY-----";
    let file = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let start = file.find("-----BEGIN")?;
    // The second of these words ends the block.
    let (end, _) = file[start..].match_indices(END).nth(1)?;
    // The rules tell a value without the escapes of the JSON around it.
    Some(file[start..start + end + END.len()].replace("\\n", "\n"))
}

/// What a binding is on. Resources of a project name the project as well, and a role on one bucket or secret is not one
/// on all of it.
fn place(resource: &Resource<'_>) -> String {
    let unknown = || "the resource of this state".to_owned();
    let text = |name: &'static str| resource.text(name).map(str::to_owned);
    let (what, _) = resource.kind.split_once("_iam_").unwrap_or((resource.kind, ""));
    match what {
        "google_project" => text("project").unwrap_or_else(unknown),
        "google_folder" => text("folder").unwrap_or_else(unknown),
        "google_organization" => text("org_id").unwrap_or_else(unknown),
        "google_service_account" => text("service_account_id").unwrap_or_else(unknown),
        _ => {
            let what = what.trim_start_matches("google_");
            let own = resource.attributes.members().find(|(name, value)| {
                let named =
                    what.ends_with(name.trim_end_matches("_id")) || matches!(*name, "name" | "service");
                named && value.is_text()
            });
            let own = own.and_then(|(_, value)| value.as_text()).or(resource.text("id")).unwrap_or("one");
            format!("{what}/{}", own.rsplit('/').next().unwrap_or(own))
        }
    }
}

fn binding(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    let Some(role) = resource.text("role") else { return };
    let place = place(resource);
    let on_account = part(&place, "/serviceAccounts/").filter(|email| email.contains('@'));
    let conditions = resource.attributes.list("condition");
    let place = &match conditions.filter_map(|condition| condition.text("expression")).next() {
        Some(expression) => format!("{place} where {expression}"),
        None => place.clone(),
    };
    let members = resource.attributes.texts("members");
    for member in members.into_iter().chain(resource.text("member")) {
        pen.at(member);
        note_member(member, role, place, "", on_account, pen);
    }
}
