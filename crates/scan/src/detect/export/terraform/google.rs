//! Google resources: service accounts, their keys, and the roles that a state gives them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenure_model::Subject;

use super::super::format::{Pen, value_subject};
use super::super::gcp::{note_account, note_member, part, service_account};
use super::{Resource, made_by};

pub(super) fn read(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    match resource.kind {
        "google_service_account" => {
            let Some(email) = resource.text("email") else { return };
            pen.at(email);
            let subject = note_account(email, resource.attributes, pen);
            made_by(resource, &subject, pen);
        }
        "google_service_account_key" => key(resource, pen),
        kind if kind.ends_with("_iam_member") || kind.ends_with("_iam_binding") => binding(resource, pen),
        _ => {}
    }
}

/// The account of a key resource: its name holds the e-mail.
pub(super) fn account_of_key_resource(resource: &Resource<'_>) -> Option<Subject> {
    let named = ["name", "service_account_id"].iter().filter_map(|name| resource.text(name));
    let email = named.filter_map(|name| part(name, "/serviceAccounts/")).find(|email| email.contains('@'))?;
    Some(service_account(email))
}

/// A key's value is a whole key file in base64; the private key in it is what a rule finds in such a file.
fn key(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    let Some(subject) = account_of_key_resource(resource) else { return };
    let file = resource.text("private_key").and_then(|value| STANDARD.decode(value.trim()).ok());
    let Some(file) = file.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let Some(start) = file.find("-----BEGIN") else { return };
    const END: &str = "PRIVATE KEY-----";
    // The second of these words ends the block.
    let Some((end, _)) = file[start..].match_indices(END).nth(1) else { return };
    let fingerprint = pen.print("gcp_service_account_key", &file[start..start + end + END.len()]);
    pen.same(&value_subject(&fingerprint), subject, "the state holds the private key as this account's");
}

fn binding(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    let Some(role) = resource.text("role") else { return };
    let of = ["project", "folder", "org_id", "bucket", "service_account_id", "secret_id", "dataset_id", "name"];
    let place = of.iter().find_map(|name| resource.text(name)).unwrap_or("the resource of this state");
    let on_account = part(place, "/serviceAccounts/").filter(|email| email.contains('@'));
    let target = format!("gcp:{place}");
    let members = resource.attributes.texts("members");
    for member in members.into_iter().chain(resource.text("member")) {
        pen.at(member);
        note_member(member, role, &target, "", on_account, pen);
    }
}
