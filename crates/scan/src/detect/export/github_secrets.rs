//! GitHub: names and dates of the secrets of a repository or organisation. Values are never exported.

use super::ci_secret::Stored;
use super::format::{Each, Export, Pen};
use super::github::{organization_of, repository_of};
use super::node::Node;
use crate::detect::rules;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_secrets",
    describe: "GitHub Actions secrets of a repository or organisation: when each was last written, and who can read it",
    exported_by: &[
        "gh api --paginate repos/OWNER/REPO/actions/secrets",
        "gh api --paginate orgs/ORG/actions/secrets",
        "gh secret list --json name,updatedAt,visibility,selectedReposURL",
    ],
    claims: |opening| {
        let dated = opening.any(&["updated_at", "updatedAt"]) && opening.names("name");
        dated
            && (opening.all(&["total_count", "secrets"])
                || opening.any(&["numSelectedRepos", "selectedReposURL", "selected_repositories_url"]))
    },
    lists: &["secrets"],
    start: || Box::new(Each(secret)),
};

fn secret(list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = record.text("name") else { return };
    if list.is_empty() && !record.has("updated_at") {
        return;
    }
    let url =
        record.text("selected_repositories_url").or(record.text("selectedReposURL")).unwrap_or_default();
    let visibility = record.text("visibility");
    let (owner, _) = pen.blob.repository.split_once('/').unwrap_or(("", ""));
    let (owner, repository) = (owner.to_owned(), pen.blob.repository.to_owned());
    let of_organization = organization_of(url).map(str::to_owned).or(visibility.map(|_| owner));
    // Other stores of the same organisation list theirs in the same form; jobs do not read them.
    let store = ["dependabot", "codespaces"].into_iter().find(|store| url.contains(&format!("/{store}/")));
    let (holder, scope) = match of_organization {
        Some(organization) => (organization, store.unwrap_or("org")),
        None => (repository_of(url).unwrap_or(repository), "repo"),
    };
    if holder.is_empty() {
        let detail =
            "the export does not say which repository it is of: keep it in a clone of that repository";
        pen.unread("export_without_repository", detail.to_owned());
    }
    let stored = Stored {
        system: "github",
        holder: &holder,
        scope,
        name,
        created_at: record.instant("created_at"),
        rotated_at: record.instant("updated_at"),
        value: None,
    };
    let subject = stored.note(pen);
    if visibility.is_some_and(|visibility| visibility.eq_ignore_ascii_case("all")) {
        let reason = "its visibility is \"all\": public repositories get it as well".to_owned();
        pen.finding(&rules::GITHUB_SECRET_VISIBLE_TO_ALL, &subject, name, reason);
    }
}
