//! Microsoft Entra: roles of the directory that service principals have.

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "entra_directory_roles",
    describe: "Microsoft Entra directory roles of service principals, such as Application Administrator",
    exported_by: &[
        "az rest --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments?$expand=principal'",
    ],
    claims: |opening| opening.all(&["principalId", "roleDefinitionId", "directoryScopeId"]),
    lists: &["value"],
    start: || Box::new(Each(|_, record, pen| assignment(record, pen))),
};

fn assignment(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(role)) = (record.text("principalId"), record.text("roleDefinitionId")) else {
        return;
    };
    // People and groups are no machine identities; without the expanded principal nothing says which it is, and the
    // role counts for whatever else is known under the id.
    let principal = record.get("principal");
    let kind = principal.text("@odata.type");
    if kind.is_some_and(|kind| !kind.ends_with("servicePrincipal")) {
        return;
    }
    pen.at(id);
    let subject = account("azure", &id.to_ascii_lowercase());
    if kind.is_some() {
        let name = principal.text("displayName").unwrap_or(id);
        pen.identity(&subject, "azure_service_principal", name, Some(id));
    }
    if let Some(client) = principal.text("appId") {
        let other = account("azure", &client.to_ascii_lowercase());
        pen.same(&subject, other, "object id and client id of one service principal");
    }
    let target = match record.text("directoryScopeId") {
        None | Some("/") => "azure:directory".to_owned(),
        Some(part) => format!("azure:directory {part}"),
    };
    let name = record.at("roleDefinition.displayName").as_text();
    let scope = name.map_or("directory role".to_owned(), |name| format!("directory role {name}"));
    pen.grant(&subject, target, vec![role.to_ascii_lowercase()], scope);
}
