//! GitHub: apps that are installed in an organisation, and what they may do.

use tenure_model::Fact;

use super::format::{Each, Export, Pen, account};
use super::github::{note_permissions, target};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_app_installations",
    describe: "GitHub apps installed in an organisation, with their permissions and repositories",
    exported_by: &["gh api --paginate orgs/ORG/installations"],
    claims: |opening| opening.all(&["app_id", "app_slug", "permissions"]),
    lists: &["installations"],
    start: || Box::new(Each(|_, record, pen| installation(record, pen))),
};

fn installation(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(app), Some(slug)) = (record.id("app_id"), record.text("app_slug")) else { return };
    pen.at(slug);
    let subject = account("github", &format!("app:{app}"));
    pen.identity(&subject, "github_app", slug, Some(&app));
    let owner = record.get("account").text("login");
    let target = target(record.text("repository_selection"), owner);
    // A suspended installation may do nothing until somebody lets it in again.
    if record.text("suspended_at").is_some() {
        pen.tag(&subject, "github:suspended", "true");
    } else {
        note_permissions(record.get("permissions"), &target, "app installation", &subject, pen);
    }
    if let Some(text) = record.text("description") {
        pen.fact(&subject, Fact::Purpose { text: text.to_owned() });
    }
}
