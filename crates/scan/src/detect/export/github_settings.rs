//! GitHub: settings that decide who gets credentials: runners, environments, subjects of OIDC tokens, webhooks.

use super::format::{Each, Export, Pen, account};
use super::github::{organization_of, repository_of};
use super::node::Node;
use crate::detect::rules;

/// Claims of which one in a subject tells repositories apart.
const TELLS_REPOSITORY: &[&str] = &["repo", "repository", "repository_id", "job_workflow_ref", "sub"];

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "github_settings",
    describe: "GitHub runners and runner groups, environments, OIDC subject templates, default rights of job tokens and webhooks",
    exported_by: &[
        "gh api --paginate orgs/ORG/actions/runners",
        "gh api --paginate orgs/ORG/actions/runner-groups",
        "gh api repos/OWNER/REPO/environments",
        "gh api orgs/ORG/actions/oidc/customization/sub",
        "gh api repos/OWNER/REPO/actions/permissions/workflow",
        "gh api --paginate repos/OWNER/REPO/hooks",
        "gh api --paginate orgs/ORG/hooks",
    ],
    claims: |opening| {
        opening.all(&["total_count", "runners"])
            || opening.names("runner_groups")
            || opening.all(&["runner_group_id", "busy", "os"])
            || opening.all(&["environments", "protection_rules"])
            || opening.all(&["protection_rules", "deployment_branch_policy"])
            || opening.any(&["include_claim_keys", "default_workflow_permissions"])
            || opening.all(&["events", "config", "insecure_ssl"])
            || opening.all(&["events", "config", "deliveries_url"])
    },
    lists: &["runners", "runner_groups", "environments"],
    start: || Box::new(Each(setting)),
};

fn setting(list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
    match list {
        "runners" => runner(record, pen),
        "runner_groups" => group(record, pen),
        "environments" => environment(record, pen),
        _ if record.has("default_workflow_permissions") => default_rights(record, pen),
        _ if record.has("include_claim_keys") => template(record, pen),
        _ if record.has("events") && record.get("config").has("url") => webhook(record, pen),
        _ if record.has("protection_rules") => environment(record, pen),
        _ if record.has("busy") => runner(record, pen),
        _ => {}
    }
}

fn runner(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(name)) = (record.id("id"), record.text("name")) else { return };
    pen.at(name);
    let subject = account("github", &format!("runner:{id}"));
    pen.identity(&subject, "github_runner", name, Some(&id));
    for tag in ["status", "os"] {
        if let Some(value) = record.text(tag) {
            pen.tag(&subject, &format!("github:{tag}"), value);
        }
    }
}

fn group(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(name)) = (record.id("id"), record.text("name")) else { return };
    pen.at(name);
    if record.flag("allows_public_repositories") == Some(true) {
        let subject = account("github", &format!("runner-group:{id}"));
        let reason = "the group takes jobs of public repositories".to_owned();
        pen.finding(&rules::GITHUB_RUNNERS_PUBLIC, &subject, name, reason);
    }
}

fn environment(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = record.text("name") else { return };
    pen.at(name);
    let protected = record.list("protection_rules").next().is_some();
    let limited = !record.get("deployment_branch_policy").is_null();
    if protected || limited {
        return;
    }
    let repository = record.text("url").and_then(repository_of).unwrap_or_default();
    let subject = account("github", &format!("environment:{repository}:{name}"));
    let reason = "no rule says who approves a deployment or which branches may deploy".to_owned();
    pen.finding(&rules::GITHUB_ENVIRONMENT_OPEN, &subject, name, reason);
}

fn template(record: Node<'_>, pen: &mut Pen<'_>) {
    if record.flag("use_default") == Some(true) {
        return;
    }
    let claims = record.texts("include_claim_keys");
    pen.at("include_claim_keys");
    if !claims.iter().any(|claim| TELLS_REPOSITORY.contains(claim)) {
        let subject = account("github", &format!("oidc-subject:{}", pen.blob.repository));
        let reason = format!("the subject is made of {}, which other repositories share", claims.join(", "));
        pen.finding(&rules::GITHUB_OIDC_SUBJECT_SHARED, &subject, &claims.join(", "), reason);
    }
}

/// What a job's own token may do where its workflow does not say.
fn default_rights(record: Node<'_>, pen: &mut Pen<'_>) {
    if record.text("default_workflow_permissions") != Some("write") {
        return;
    }
    pen.at("default_workflow_permissions");
    let subject = account("github", &format!("default-token:{}", pen.blob.repository));
    let approves = record.flag("can_approve_pull_request_reviews") == Some(true);
    let more = if approves { ", and approve pull requests" } else { "" };
    let reason = format!("a job whose workflow names no permissions may write everything{more}");
    pen.finding(&rules::GITHUB_DEFAULT_TOKEN_WRITES, &subject, "default_workflow_permissions", reason);
}

fn webhook(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), config) = (record.id("id"), record.get("config")) else { return };
    let address = record.text("url").unwrap_or_default();
    let holder = repository_of(address).or(organization_of(address).map(str::to_owned)).unwrap_or_default();
    pen.at("config");
    let subject = account("github", &format!("webhook:{id}"));
    let name = format!("webhook {id} of {holder}");
    pen.identity(&subject, "github_webhook", &name, Some(&id));
    if record.flag("active") == Some(false) {
        return;
    }
    let unchecked = config.id("insecure_ssl").as_deref() == Some("1");
    let unsigned = config.text("secret").is_none();
    let reason = match (unchecked, unsigned) {
        (true, _) => "deliveries go out without a check of the receiver's certificate",
        (false, true) => "deliveries are not signed, so the receiver cannot tell them from anybody's",
        (false, false) => return,
    };
    pen.finding(&rules::GITHUB_WEBHOOK_WEAK, &subject, &name, reason.to_owned());
}
