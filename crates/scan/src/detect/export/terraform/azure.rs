//! Azure and Entra resources: applications, their federated credentials, and role assignments.

use tenure_model::Subject;

use super::super::azure_roles::actions;
use super::super::entra::{federated, note_application};
use super::super::format::{Pen, account};
use super::{Resource, made_by};

pub(super) fn read(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    match resource.kind {
        "azuread_application" | "azuread_service_principal" => {
            let client = resource.text("client_id").or(resource.text("application_id"));
            let Some(client) = client else { return };
            pen.at(client);
            let name = resource.text("display_name").unwrap_or(client);
            let subject = note_application(client, resource.text("object_id"), name, pen);
            made_by(resource, &subject, pen);
        }
        "azurerm_user_assigned_identity" => {
            let (Some(client), Some(name)) = (resource.text("client_id"), resource.text("name")) else {
                return;
            };
            pen.at(client);
            let subject = account("azure", &client.to_ascii_lowercase());
            pen.identity(&subject, "azure_managed_identity", name, resource.text("id"));
            if let Some(object) = resource.text("principal_id") {
                pen.same(
                    &subject,
                    account("azure", &object.to_ascii_lowercase()),
                    "both are ids of the identity",
                );
            }
            made_by(resource, &subject, pen);
        }
        "azuread_application_federated_identity_credential" => {
            let Some(subject) = holder(resource) else { return };
            pen.at("issuer");
            federated(resource.attributes, &subject, &resource.address, pen);
        }
        "azurerm_role_definition" => {
            let names = ["role_definition_id", "name"].iter().filter_map(|name| resource.text(name));
            // Older providers write the whole address.
            let names = names.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect();
            pen.role("azure", names, actions(resource.attributes));
        }
        "azurerm_role_assignment" => {
            let (Some(principal), Some(scope)) = (resource.text("principal_id"), resource.text("scope"))
            else {
                return;
            };
            if resource.text("principal_type").is_some_and(|kind| kind != "ServicePrincipal") {
                return;
            }
            let role = resource.text("role_definition_name").or(resource.text("role_definition_id"));
            let role = role.map(|role| role.rsplit('/').next().unwrap_or(role).to_owned());
            pen.at(principal);
            let subject = account("azure", &principal.to_ascii_lowercase());
            let by = format!("role assignment {}", resource.address);
            let scope = match resource.text("condition") {
                Some(condition) => format!("{scope} where {condition}"),
                None => scope.to_owned(),
            };
            if resource.text("principal_type").is_some() {
                pen.identity(&subject, "azure_service_principal", principal, Some(principal));
            }
            pen.grant(&subject, format!("azure:{scope}"), role.into_iter().collect(), by);
        }
        _ => {}
    }
}

/// The application of a password or a federated credential, by its object id.
pub(super) fn holder(resource: &Resource<'_>) -> Option<Subject> {
    let named = ["application_object_id", "application_id", "service_principal_id"];
    let id = named.iter().find_map(|name| resource.text(name))?;
    // Newer providers write `/applications/{object id}`.
    let id = id.rsplit('/').next().unwrap_or(id);
    Some(account("azure", &id.to_ascii_lowercase()))
}
