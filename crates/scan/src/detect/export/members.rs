//! GitHub and GitLab: who belongs to an organisation or group. A credential of somebody who is in no such list was left
//! behind.

use super::format::{Export, Gather, Pen};
use super::node::Node;

/// People of one list that are kept.
const MEMBERS_MAX: usize = 500_000;

/// GitHub's format.
pub(super) static GITHUB: Export = Export {
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
    start: || {
        Box::new(Members {
            platform: "github",
            pages: &[30, 50, 100],
            name: |record| record.text("login").filter(|_| record.text("type") == Some("User")),
            names: Vec::new(),
        })
    },
};

/// The same of GitLab.
pub(super) static GITLAB: Export = Export {
    name: "gitlab_members",
    describe: "GitLab members of a group with those that it inherits: whoever is not in the list has left",
    exported_by: &["glab api --paginate groups/ID/members/all"],
    claims: |opening| {
        opening.all(&["username", "access_level", "state", "web_url"])
            && !opening.any(&["scopes", "email", "user", "owner", "key"])
    },
    lists: &[],
    start: || {
        Box::new(Members {
            platform: "gitlab",
            pages: &[20, 50, 100],
            name: |record| record.text("username").filter(|_| record.text("state") == Some("active")),
            names: Vec::new(),
        })
    },
};

/// The people of one list.
struct Members {
    platform: &'static str,
    /// Sizes of pages: a list of exactly so many may be the first page of a longer one.
    pages: &'static [usize],
    /// Name of whom an entry tells, where that is a person who may sign in.
    name: fn(Node<'_>) -> Option<&str>,
    names: Vec<String>,
}

impl Gather for Members {
    fn record(&mut self, _: &str, record: Node<'_>, _: &mut Pen<'_>) {
        // One more shows that the list is longer.
        if self.names.len() <= MEMBERS_MAX {
            self.names.extend((self.name)(record).map(str::to_owned));
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        let count = self.names.len();
        if self.pages.contains(&count) {
            let detail = format!(
                "a list of exactly {count} people may be one page of several: export it with --paginate"
            );
            return pen.unread("export_page_missing", detail);
        }
        if count > MEMBERS_MAX {
            let detail = format!("a list of more than {MEMBERS_MAX} people is not used");
            return pen.unread("too_many_members", detail);
        }
        pen.members(self.platform, std::mem::take(&mut self.names));
    }
}
