//! The policies and papers of the migration.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use tenure_model::{Grant, Identity, PrivilegeLevel};

use super::{AUDIENCE, BoundSubject, OldKey};
use crate::plan::case::json_text;

const ISSUER_HOST: &str = "token.actions.githubusercontent.com";

/// A policy of AWS, its parts in the order in which people write them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'static str>,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    action: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

fn policy(statement: Vec<Statement<'_>>) -> String {
    json_text(&Policy { version: "2012-10-17", statement })
}

/// Who may assume the role: exact subjects, compared as a whole.
pub(super) fn trust_policy(old: &OldKey, subjects: &BTreeSet<BoundSubject>) -> String {
    let values: Vec<&str> =
        subjects.iter().flat_map(|subject| [subject.by_name.as_str(), subject.by_id.as_str()]).collect();
    let provider = format!("arn:{}:iam::{}:oidc-provider/{ISSUER_HOST}", old.partition, old.account());
    policy(vec![Statement {
        sid: Some("OnlyTheseJobs"),
        effect: "Allow",
        principal: Some(json!({"Federated": provider})),
        action: vec!["sts:AssumeRoleWithWebIdentity"],
        condition: Some(json!({"StringEquals": {
            format!("{ISSUER_HOST}:aud"): AUDIENCE,
            format!("{ISSUER_HOST}:sub"): values,
        }})),
        ..Statement::default()
    }])
}

/// What the old key may do, where every part of it is known and narrow.
pub(super) fn permission_policy(identity: &Identity) -> Option<String> {
    let narrow = matches!(identity.privilege.level, PrivilegeLevel::Scoped | PrivilegeLevel::Read);
    // An action of AWS is `service:Verb`; anything else is another platform's, or a negation.
    let is_action = |action: &String| action.contains(':') && !action.starts_with('!');
    let is_known = |grant: &Grant| !grant.actions.is_empty() && grant.actions.iter().all(is_action);
    if !narrow || identity.grants.is_empty() || !identity.grants.iter().all(is_known) {
        return None;
    }
    Some(policy(identity.grants.iter().map(allowed).collect()))
}

fn allowed(grant: &Grant) -> Statement<'_> {
    Statement {
        effect: "Allow",
        action: grant.actions.iter().map(String::as_str).collect(),
        resource: Some(&grant.target),
        ..Statement::default()
    }
}

/// A policy that allows nothing until somebody has written what the task needs.
pub(super) fn permission_placeholder() -> String {
    policy(vec![Statement {
        sid: Some("WriteWhatTheTaskNeeds"),
        effect: "Allow",
        action: vec!["<ACTION>"],
        resource: Some("<RESOURCE_ARN>"),
        ..Statement::default()
    }])
}

/// Ends sessions that the old key opened before the cut-over; without it they live on after the key.
pub(super) fn deny_old_sessions() -> String {
    policy(vec![Statement {
        sid: Some("DenySessionsFromBeforeTheCutover"),
        effect: "Deny",
        action: vec!["*"],
        resource: Some("*"),
        condition: Some(json!({"DateLessThan": {"aws:TokenIssueTime": "<CUTOVER_TIME>"}})),
        ..Statement::default()
    }])
}

/// How the old key ends: disabled first, deleted last.
pub(super) fn removal(old: &OldKey, secrets: &BTreeSet<String>) -> Vec<String> {
    let user = old.user();
    let secrets = secrets.iter().cloned().collect::<Vec<_>>().join(", ");
    vec![
        "Merge the patch, and see every job that it changes succeed once with the role: CloudTrail shows AssumeRoleWithWebIdentity for it.".into(),
        format!("Disable the old key, and do not delete it yet: aws iam update-access-key --user-name {user} --access-key-id <ACCESS_KEY_ID> --status Inactive"),
        format!("Deny the sessions that it opened before: put deny-old-sessions.json, with the time of the cut-over, on the user {user} as an inline policy, and on every role that it could assume."),
        "Prove that it is dead: a call with the old key, which worked before, is refused now, and so is a call with a key that never existed.".into(),
        "Wait 7 to 30 days. If something breaks, make the key Active again, find that consumer, and begin anew.".into(),
        format!("When its last use (aws iam get-access-key-last-used) is still before the cut-over, delete it: aws iam delete-access-key --user-name {user} --access-key-id <ACCESS_KEY_ID>"),
        format!("Delete the secrets {secrets} in every repository, environment and organisation that has them."),
        format!("If {user} has no other key, password or use, delete the user too."),
    ]
}

/// The same, as a list to tick off.
pub(super) fn removal_text(removal: &[String]) -> String {
    let mut text =
        "# How the old key ends\n\nIn this order. Deleting first would leave no way back.\n\n".to_owned();
    for step in removal {
        text.push_str(&format!("- [ ] {step}\n"));
    }
    text
}

/// What a reviewer should know.
pub(super) fn notes(role: &str, old: &OldKey, seconds: u32, subjects: &BTreeSet<BoundSubject>) -> String {
    let account = old.account();
    let mut text = format!(
        "# {role}\n\n\
         1. Make GitHub's OIDC provider known in account {account}, if it is not yet.\n\
         2. Make the role `{role}` with `trust-policy.json`, a maximum session of 1 hour, and `permission-policy.json`. A permissions boundary is a good ceiling.\n\
         3. Apply `workflow.patch` with `git apply`, review it, and merge it.\n\
         4. Follow `removal.md`.\n\n\
         Each session lasts {seconds} seconds. Its name holds the run's number, so that the log of the account leads back to the run.\n\n\
         ## Who may assume it\n\n"
    );
    for subject in subjects {
        text.push_str(&format!("- `{}`\n- `{}`\n", subject.by_name, subject.by_id));
    }
    text.push_str(
        "\nGitHub writes the subject in two ways. Repositories that were made or renamed since July 2026 put the numbers of\n\
         the owner and the repository behind the names; older ones write the names alone. Names can be given to somebody else,\n\
         numbers cannot. The trust policy holds both: keep the form that the repository's tokens carry, and delete the other.\n\
         Numbers: `gh api repos/OWNER/REPOSITORY --jq '.id, .owner.id'`.\n\n\
         A session of AWS STS cannot be revoked. To end all that are open, attach `deny-old-sessions.json` to the role with the\n\
         present time: sessions issued before it are refused from then on.\n",
    );
    text
}
