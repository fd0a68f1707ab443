//! GitHub: deploy keys of a repository.

use tenure_model::{Credential, CredentialState};

use super::format::{Each, Export, Pen, account};
use super::github::repository_of;
use super::node::Node;
use crate::detect::rules;

/// Confidence that who added a key answers for it.
const ADDED_BY: f64 = 0.6;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_deploy_keys",
    describe: "GitHub deploy keys of a repository",
    exported_by: &[
        "gh api --paginate repos/OWNER/REPO/keys",
        "gh repo deploy-key list --json id,key,title,readOnly,createdAt",
    ],
    claims: |opening| opening.any(&["read_only", "readOnly"]) && opening.all(&["key", "title", "id"]),
    lists: &[],
    start: || Box::new(Each(|_, record, pen| key(record, pen))),
};

fn key(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(read_only)) = (record.id("id"), record.flag("read_only")) else { return };
    let title = record.text("title").unwrap_or(&id);
    pen.at(title);
    let subject = account("github", &format!("deploy-key:{id}"));
    pen.identity(&subject, "github_deploy_key", title, Some(&id));
    let last_used_at = record.instant("last_used");
    let fingerprint = match record.text("key") {
        Some(public) => pen.print("ssh_public_key", public.split(' ').nth(1).unwrap_or(public)),
        None => pen.print("github_deploy_key_id", &id),
    };
    let credential = Credential {
        kind: "ssh_private_key".to_owned(),
        fingerprint: Some(fingerprint),
        created_at: record.instant("created_at"),
        never_expires: true,
        last_used_at,
        never_used: record.has("last_used") && last_used_at.is_none(),
        state: match record.flag("enabled") {
            Some(false) => CredentialState::Inactive,
            _ => CredentialState::Active,
        },
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    let repository = record.text("url").and_then(repository_of);
    let repository = repository.unwrap_or_else(|| pen.blob.repository.to_owned());
    let target = if repository.is_empty() {
        "github:its repository".to_owned()
    } else {
        format!("github:{repository}")
    };
    let level = if read_only { "contents:read" } else { "contents:write" };
    pen.grant(&subject, target.clone(), vec![level.to_owned()], "deploy key".to_owned());
    if let Some(login) = record.text("added_by") {
        pen.owner(&subject, "github", &format!("@{login}"), ADDED_BY);
    }
    if !read_only {
        let reason = format!("it may push to {}", target.trim_start_matches("github:"));
        pen.finding(&rules::GITHUB_DEPLOY_KEY_WRITE, &subject, title, reason);
    }
}
