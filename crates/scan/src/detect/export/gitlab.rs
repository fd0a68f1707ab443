//! GitLab: access tokens, deploy tokens and keys, CI variables, runners.

use tenure_model::{Credential, CredentialState, Subject};

use super::ci_secret::Stored;
use super::format::{Each, Export, Pen, account};
use super::known_value::known_value;
use super::node::Node;
use crate::detect::ci::named_kind;
use crate::detect::rules;

/// Levels of access from which a token may change code, settings or members, by GitLab's numbers.
const LEVELS: &[(f64, &str)] =
    &[(50.0, "owner"), (40.0, "maintainer"), (30.0, "developer"), (20.0, "reporter"), (10.0, "guest")];

/// Confidence that whoever made a token answers for what it does.
const MAKER: f64 = 0.6;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gitlab_credentials",
    describe: "GitLab access tokens, deploy tokens and keys, trigger tokens, CI variables (values are dropped while reading) and runners",
    exported_by: &[
        "glab api --paginate projects/ID/access_tokens",
        "glab api --paginate personal_access_tokens",
        "glab api --paginate projects/ID/deploy_tokens",
        "glab api --paginate projects/ID/deploy_keys",
        "glab api --paginate projects/ID/variables",
        "glab api --paginate projects/ID/triggers",
        "glab api --paginate runners/all",
    ],
    claims: |opening| {
        opening.all(&["scopes", "revoked", "expires_at"])
            || opening.all(&["can_push", "title", "key"])
            || opening.all(&["variable_type", "key", "environment_scope"])
            || opening.all(&["runner_type", "is_shared"])
            || opening.all(&["token", "last_used", "updated_at", "description", "owner"])
    },
    lists: &[],
    start: || Box::new(Each(|_, record, pen| entry(record, pen))),
};

fn entry(record: Node<'_>, pen: &mut Pen<'_>) {
    if record.has("variable_type") {
        variable(record, pen);
    } else if record.has("can_push") {
        deploy_key(record, pen);
    } else if record.has("runner_type") {
        runner(record, pen);
    } else if record.has("token") && record.has("last_used") {
        trigger(record, pen);
    } else if record.has("scopes") {
        token(record, pen);
    }
}

fn token(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(name)) = (record.id("id"), record.text("name")) else { return };
    pen.at(name);
    // Only deploy tokens sign in under a name of their own.
    let is_deploy = record.text("username").is_some() && !record.has("user_id");
    let kind = if is_deploy { "gitlab_deploy_token" } else { "gitlab_pat" };
    let subject = account("gitlab", &format!("{}:{id}", if is_deploy { "deploy-token" } else { "token" }));
    pen.identity(&subject, kind, name, Some(&id));
    let ended = record.flag("revoked") == Some(true);
    let last_used_at = record.instant("last_used_at");
    let credential = Credential {
        kind: kind.to_owned(),
        fingerprint: Some(pen.print("gitlab_token_id", &format!("{kind} {id}"))),
        created_at: record.instant("created_at"),
        expires_at: record.instant("expires_at").or(end_of_day(record)),
        never_expires: record.has("expires_at") && record.get("expires_at").is_null(),
        last_used_at,
        never_used: record.has("last_used_at") && last_used_at.is_none(),
        state: match (ended, record.flag("active"), record.flag("expired")) {
            (true, ..) | (_, Some(false), _) => CredentialState::Inactive,
            (_, _, Some(true)) => CredentialState::Expired,
            (_, Some(true), _) => CredentialState::Active,
            _ => CredentialState::Unknown,
        },
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    let mut actions: Vec<String> =
        record.texts("scopes").iter().map(|scope| format!("scope:{scope}")).collect();
    let level = record.number("access_level");
    actions.extend(
        level
            .and_then(|level| LEVELS.iter().find(|(from, _)| level >= *from))
            .map(|(_, word)| format!("level:{word}")),
    );
    let target = if level.is_some() || is_deploy { "gitlab:its project or group" } else { "gitlab:*" };
    // What a token could do that was taken back is history.
    if !ended && record.flag("active") != Some(false) && record.flag("expired") != Some(true) {
        pen.grant(&subject, target.to_owned(), actions, "scopes of the token".to_owned());
    }
    if let Some(text) = record.text("description") {
        pen.fact(&subject, tenure_model::Fact::Purpose { text: text.to_owned() });
    }
}

/// A token that starts pipelines as whoever made it. Only they are shown the whole of it, everybody else its beginning.
fn trigger(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.id("id") else { return };
    let shown = record.text("description").filter(|text| !text.is_empty());
    let name = shown.map_or_else(|| format!("trigger {id}"), str::to_owned);
    pen.at(shown.unwrap_or("last_used"));
    let subject = account("gitlab", &format!("trigger:{id}"));
    pen.identity(&subject, "gitlab_trigger_token", &name, Some(&id));
    let known = record.text("token").and_then(|token| known_value(token, pen.key));
    let last_used_at = record.instant("last_used");
    let credential = Credential {
        kind: "gitlab_trigger_token".to_owned(),
        fingerprint: Some(match known {
            Some((_, fingerprint)) => fingerprint,
            None => pen.print("gitlab_trigger_id", &id),
        }),
        created_at: record.instant("created_at"),
        never_expires: record.get("expires_at").is_null(),
        expires_at: record.instant("expires_at"),
        last_used_at,
        never_used: last_used_at.is_none(),
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    if let Some(person) = record.get("owner").text("username") {
        pen.owner(&subject, "gitlab", &format!("@{person}"), MAKER);
    }
    let action = vec!["pipelines:start".to_owned()];
    pen.grant(&subject, "gitlab:its project".to_owned(), action, "trigger token".to_owned());
}

/// An end that is written as a day.
fn end_of_day(record: Node<'_>) -> Option<tenure_model::Timestamp> {
    let day = record.text("expires_at").filter(|text| text.len() == 10)?;
    format!("{day}T00:00:00Z").parse().ok()
}

fn deploy_key(record: Node<'_>, pen: &mut Pen<'_>) {
    let (Some(id), Some(title)) = (record.id("id"), record.text("title")) else { return };
    pen.at(title);
    let subject = account("gitlab", &format!("deploy-key:{id}"));
    pen.identity(&subject, "gitlab_deploy_key", title, Some(&id));
    let public = record.text("key").and_then(|key| key.split(' ').nth(1));
    let credential = Credential {
        kind: "ssh_private_key".to_owned(),
        fingerprint: Some(match public {
            Some(public) => pen.print("ssh_public_key", public),
            None => pen.print("gitlab_deploy_key_id", &id),
        }),
        created_at: record.instant("created_at"),
        expires_at: record.instant("expires_at"),
        never_expires: record.get("expires_at").is_null(),
        last_used_at: record.instant("last_used_at"),
        state: CredentialState::Active,
        ..Credential::default()
    };
    pen.credential(&subject, credential);
    let writes = record.flag("can_push") == Some(true);
    let action = if writes { "repository:write" } else { "repository:read" };
    pen.grant(&subject, "gitlab:its project".to_owned(), vec![action.to_owned()], "deploy key".to_owned());
    if writes {
        let reason = "it may push to the project".to_owned();
        pen.finding(&rules::GITLAB_DEPLOY_KEY_WRITE, &subject, title, reason);
    }
}

fn variable(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = record.text("key") else { return };
    let holder = pen.blob.repository.to_owned();
    let value = record.text("value");
    if named_kind(name).is_none() && value.is_none_or(|value| known_value(value, pen.key).is_none()) {
        return;
    }
    let stored = Stored {
        system: "gitlab",
        holder: &holder,
        scope: "repo",
        name,
        created_at: None,
        rotated_at: None,
        value,
    };
    let subject = stored.note(pen);
    exposed(record, &subject, name, pen);
}

/// Who gets a variable, beside the jobs that need it.
fn exposed(record: Node<'_>, subject: &Subject, name: &str, pen: &mut Pen<'_>) {
    if let Some(scope) = record.text("environment_scope") {
        pen.tag(subject, "gitlab:environment-scope", scope);
    }
    let open = record.flag("protected") == Some(false);
    let shown = record.flag("masked") == Some(false) && record.flag("hidden") != Some(true);
    let reason = match (open, shown) {
        (true, true) => "every branch gets it, and logs show it in clear",
        (true, false) => "every branch gets it, not only protected ones",
        (false, true) => "logs show it in clear",
        (false, false) => return,
    };
    pen.finding(&rules::GITLAB_VARIABLE_EXPOSED, subject, name, reason.to_owned());
}

fn runner(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = record.id("id") else { return };
    let name = record.text("description").unwrap_or(&id);
    pen.at(name);
    let subject = account("gitlab", &format!("runner:{id}"));
    pen.identity(&subject, "gitlab_runner", name, Some(&id));
    for tag in ["status", "runner_type"] {
        if let Some(value) = record.text(tag) {
            pen.tag(&subject, &format!("gitlab:{}", tag.replace('_', "-")), value);
        }
    }
    if record.has("contacted_at") {
        let at = record.instant("contacted_at");
        pen.fact(&subject, tenure_model::Fact::LastUsed { at });
    }
}
