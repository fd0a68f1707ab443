//! How GitHub names things: permissions, repositories in addresses.

use tenure_model::Subject;

use super::format::Pen;
use super::node::Node;

/// `owner/name` in an address of the API.
pub(super) fn repository_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("/repos/")?;
    let mut parts = rest.split('/');
    Some(format!("{}/{}", parts.next()?, parts.next()?))
}

/// The organisation in an address of the API.
pub(super) fn organization_of(url: &str) -> Option<&str> {
    url.split_once("/orgs/")?.1.split('/').next()
}

/// Notes permissions as `contents:write`; several groups of them stand below each other in a token's grant.
pub(super) fn note_permissions(
    permissions: Node<'_>,
    target: &str,
    scope: &str,
    subject: &Subject,
    pen: &mut Pen<'_>,
) {
    let mut actions = Vec::new();
    for (name, level) in permissions.members() {
        if level.is_text() {
            actions.extend(level.as_text().map(|level| format!("{name}:{level}")));
        } else {
            let group = level.members();
            actions.extend(group.filter_map(|(name, level)| Some(format!("{name}:{}", level.as_text()?))));
        }
    }
    if !actions.is_empty() {
        pen.grant(subject, target.to_owned(), actions, scope.to_owned());
    }
}

/// What a selection of repositories covers; a star makes it everything.
pub(super) fn target(selection: Option<&str>, owner: Option<&str>) -> String {
    let owner = owner.unwrap_or("the organisation");
    match selection {
        Some("all") => format!("github:{owner}/*"),
        Some(_) => format!("github:selected repositories of {owner}"),
        None => format!("github:{owner}"),
    }
}
