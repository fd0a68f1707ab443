//! GitHub: who belongs to an organisation. A credential of somebody who is in no such list was left behind.

use super::format::{Export, Gather, Pen};
use super::node::Node;

/// Sizes of pages: a list of exactly so many may be the first page of a longer one.
const PAGES: [usize; 3] = [30, 50, 100];

/// People of one list that are kept.
const MEMBERS_MAX: usize = 500_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_members",
    describe: "GitHub members and outside collaborators of an organisation: whoever is in neither list has left",
    exported_by: &["gh api --paginate orgs/ORG/members", "gh api --paginate orgs/ORG/outside_collaborators"],
    claims: |opening| {
        opening.all(&["login", "node_id", "avatar_url", "type", "site_admin", "html_url"])
            && !opening.any(&[
                "app_id",
                "owner",
                "account",
                "permissions",
                "full_name",
                "user",
                "key",
                "name",
            ])
    },
    lists: &[],
    start: || Box::<Members>::default(),
};

#[derive(Default)]
struct Members(Vec<String>);

impl Gather for Members {
    fn record(&mut self, _: &str, record: Node<'_>, _: &mut Pen<'_>) {
        let person = record.text("login").filter(|_| record.text("type") == Some("User"));
        // One more shows that the list is longer.
        if self.0.len() <= MEMBERS_MAX {
            self.0.extend(person.map(str::to_owned));
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        if PAGES.contains(&self.0.len()) {
            let detail = format!(
                "a list of exactly {} people may be one page of several: export it with --paginate",
                self.0.len()
            );
            return pen.unread("export_page_missing", detail);
        }
        if self.0.len() > MEMBERS_MAX {
            let detail = format!("a list of more than {MEMBERS_MAX} people is not used");
            return pen.unread("too_many_members", detail);
        }
        pen.members("github", std::mem::take(&mut self.0));
    }
}
