//! Azure: role assignments to machine identities, and roles that a customer made.

use super::format::{Each, Export, Pen, account};
use super::node::Node;
use crate::detect::rules;

/// Actions of one role that are kept; Azure allows fewer.
const ACTIONS_MAX: usize = 5_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "azure_roles",
    describe: "Azure role assignments of service principals, and custom role definitions",
    exported_by: &[
        "az role assignment list --all",
        "az role definition list --custom-role-only true",
        "az rest --url https://graph.microsoft.com/v1.0/servicePrincipals/ID/appRoleAssignments",
    ],
    claims: |opening| {
        opening.all(&["principalId", "roleDefinitionId"]) && !opening.names("directoryScopeId")
            || opening.all(&["assignableScopes", "roleName"])
            || opening.all(&["appRoleId", "principalId"])
    },
    lists: &["value"],
    start: || {
        Box::new(Each(|_, record, pen| {
            // The API puts everything into `properties`; az lifts it up.
            let inner = if record.has("properties") { record.get("properties") } else { record };
            if inner.has("appRoleId") {
                permission(inner, pen);
            } else if inner.has("principalId") {
                assignment(inner, record, pen);
            } else if inner.has("assignableScopes") {
                definition(inner, record, pen);
            }
        }))
    },
};

fn assignment(inner: Node<'_>, outer: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(principal), Some(scope)) = (inner.text("principalId"), inner.text("scope")) else { return };
    // What Azure finds no more has neither a kind nor a name; older exports tell no kind of anybody.
    if inner.text("principalType") == Some("Unknown") && inner.text("principalName").is_none() {
        pen.at(principal);
        let role = inner.text("roleDefinitionName").unwrap_or("a role");
        let reason = format!("{role} on {scope} is still assigned to {principal}, whom Azure does not find");
        let subject = account("azure", &principal.to_ascii_lowercase());
        return pen.finding(&rules::AZURE_ORPHANED_ASSIGNMENT, &subject, principal, reason);
    }
    // People and groups of people are no machine identities. Older exports do not tell.
    if inner.text("principalType").is_some_and(|kind| kind != "ServicePrincipal") {
        return;
    }
    pen.at(principal);
    let subject = account("azure", &principal.to_ascii_lowercase());
    // In az's form a service principal's name is its client id.
    if let Some(client) = inner.text("principalName").filter(|name| is_guid(name)) {
        let other = account("azure", &client.to_ascii_lowercase());
        pen.same(&subject, other, "object id and client id of one service principal");
    }
    if inner.text("principalType").is_some() {
        let name = inner.text("principalName").unwrap_or(principal);
        pen.identity(&subject, "azure_service_principal", name, Some(principal));
    }
    let role =
        inner.text("roleDefinitionName").or_else(|| inner.text("roleDefinitionId")?.rsplit('/').next());
    let limited = inner.text("condition").map_or("", |_| " under a condition");
    let name = outer.text("name").unwrap_or_default();
    let by = format!("role assignment {name}{limited}");
    // The condition decides what the role is worth, so it stands with what it limits.
    let scope = &match inner.text("condition") {
        Some(condition) => format!("{scope} where {condition}"),
        None => scope.to_owned(),
    };
    pen.grant(&subject, format!("azure:{scope}"), role.map(str::to_owned).into_iter().collect(), by);
    if let Some(text) = inner.text("description") {
        pen.fact(&subject, tenure_model::Fact::Purpose { text: text.to_owned() });
    }
}

/// A permission of an application at an interface, Microsoft Graph above all.
fn permission(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(principal), Some(role)) = (record.text("principalId"), record.text("appRoleId")) else {
        return;
    };
    if record.text("principalType") != Some("ServicePrincipal") {
        return;
    }
    pen.at(role);
    let subject = account("azure", &principal.to_ascii_lowercase());
    let name = record.text("principalDisplayName").unwrap_or(principal);
    pen.identity(&subject, "azure_service_principal", name, Some(principal));
    let of = record.text("resourceDisplayName").unwrap_or("an application");
    let target =
        if of == "Microsoft Graph" { "azure:graph".to_owned() } else { format!("azure:application {of}") };
    pen.grant(&subject, target, vec![role.to_owned()], format!("application permission at {of}"));
}

/// What a role allows, as grants have it: actions, those on data, and what it excepts.
pub(super) fn actions(role: Node<'_>) -> Vec<String> {
    let kinds =
        [("actions", ""), ("dataActions", "data:"), ("notActions", "!"), ("notDataActions", "!data:")];
    let permissions = || role.list("permissions");
    let of = |(name, mark): (&'static str, &str)| {
        let texts = permissions().flat_map(|permission| permission.texts(name));
        texts.map(|action| format!("{mark}{action}")).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of).take(ACTIONS_MAX).collect()
}

pub(super) fn is_guid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

fn definition(inner: Node<'_>, outer: Node<'_>, pen: &mut Pen<'_>) {
    let kind = inner.text("roleType").or(inner.text("type"));
    let (Some(name), Some("CustomRole")) = (inner.text("roleName"), kind) else { return };
    pen.at(name);
    let id = outer.text("name").unwrap_or(name);
    let subject = account("azure", &format!("role:{}", id.to_ascii_lowercase()));
    pen.role("azure", vec![id.to_ascii_lowercase(), name.to_owned()], actions(inner));
    for permission in inner.list("permissions") {
        if permission.texts("actions").contains(&"*") {
            let but = permission.texts("notActions");
            let but = if but.is_empty() { String::new() } else { format!(" but {}", but.join(", ")) };
            let scopes = inner.texts("assignableScopes").join(", ");
            let reason = format!("it allows every action{but}, and may be assigned at {scopes}");
            pen.finding(&rules::AZURE_CUSTOM_ROLE_STAR, &subject, name, reason);
        }
    }
}
