//! A static database password gives way to a login that a broker makes for each task and ends after it.

mod documents;
mod login;

use std::collections::BTreeMap;

use tenure_model::{Artifact, Intent, Migration, What, Where, Who};

use super::Recipe;
use super::case::{Case, GITHUB_ISSUER, slug};
use documents::Broker;
use login::{Engine, Login};

/// Where brokers usually have their database engine; an operator may name another.
const MOUNT: &str = "database";
/// The variable that holds the target's administrative connection string at cut-over.
const ADMIN_DSN_ENV: &str = "TENURE_TARGET_ADMIN";

/// The recipe.
pub(super) struct DatabasePasswordDynamic;

impl Recipe for DatabasePasswordDynamic {
    fn name(&self) -> &'static str {
        "database_password_dynamic"
    }

    fn describe(&self) -> &'static str {
        "A static database password gives way to a login that a broker makes for each task and ends after it"
    }

    fn fits(&self, case: &Case<'_>) -> bool {
        let identity = &case.dossier.identity;
        let is_login = identity.kind == "database_login"
            || identity.credentials.iter().any(|credential| credential.kind == "database_password");
        // Other engines need statements of their own; none is better than wrong ones.
        is_login && Login::of(case).engine != Engine::Other
    }

    fn propose(&self, case: &Case<'_>) -> Migration {
        let login = Login::of(case);
        let seconds = case.ttl_minutes() * 60;
        let intent = intent(case, &login, seconds);
        let broker = Broker { name: role_name(case, &login), intent: &intent, login: &login };
        let artifact = |path: &str, kind: &str, content: String| Artifact {
            path: path.into(),
            kind: kind.into(),
            content,
        };
        let mut artifacts = vec![
            artifact("policy.hcl", "broker_policy", broker.policy()),
            artifact("jwt-role.json", "broker_role", broker.login_role()),
        ];
        if let Some(role) = broker.database_role() {
            artifacts.push(artifact("database-role.json", "broker_role", role));
        }
        let removal = broker.removal();
        artifacts.push(artifact("removal.md", "removal", broker.removal_text(&removal)));
        artifacts.push(artifact("notes.md", "notes", broker.notes(case.github_jobs().next().is_some())));
        Migration {
            recipe: String::new(), // the plan writes the recipe's name
            summary: format!(
                "Let a broker make a login of its own for each task, and end the static password of {}.",
                login.told()
            ),
            trigger: intent.trigger.clone(),
            time_limit: format!(
                "{} minutes for each login; it cannot be renewed, a new one is a new decision",
                seconds / 60
            ),
            teardown: intent.teardown.clone(),
            conditions: conditions(&intent),
            removal,
            prerequisites: prerequisites(case, &login, &intent),
            artifacts,
            warnings: warnings(&login),
            intent,
        }
    }
}

/// The migration in broker-neutral words. What nobody knows stays empty, for the operator to name.
fn intent(case: &Case<'_>, login: &Login, seconds: u32) -> Intent {
    let who = who(case);
    let in_workflow = case.github_jobs().next().is_some();
    Intent {
        who,
        auth_mount: None,
        what: What {
            engine: "database".into(),
            mount: MOUNT.into(),
            connection: login.database.clone().unwrap_or_default(),
            privilege: login.privileges.join("; "),
        },
        target: Where {
            kind: login.engine.word().into(),
            host: login.host.clone(),
            port: login.port,
            database: login.database.clone(),
            old_login: login.user.clone(),
            admin_dsn_env: Some(ADMIN_DSN_ENV.into()),
            role_arn: None,
        },
        ttl_seconds: seconds,
        trigger: case.trigger(),
        teardown: if in_workflow {
            "revoke at the end of the job, also when it fails; the time limit ends it otherwise".into()
        } else {
            "revoke at the end of the task; the time limit ends it otherwise".into()
        },
    }
}

/// Claims of the one job that uses the password; nothing where there are several, or where it is no job.
fn who(case: &Case<'_>) -> Who {
    let workflows = case.workflows();
    let jobs: Vec<_> = workflows
        .iter()
        .flat_map(|(repository, files)| files.values().map(move |uses| (repository, uses)))
        .flat_map(|(repository, uses)| {
            uses.environments.values().map(move |environment| (repository, environment))
        })
        .collect();
    let [(repository, environment)] = jobs.as_slice() else {
        let issuer = if jobs.is_empty() { String::new() } else { GITHUB_ISSUER.to_owned() };
        return Who { issuer, ..Who::default() };
    };
    let mut who = Who { issuer: GITHUB_ISSUER.into(), ..Who::default() };
    let Some(name) = case.repository_name(repository) else { return who };
    let mut claims = BTreeMap::from([("repository".to_owned(), name.clone())]);
    if let Some(environment) = environment.as_deref().filter(|name| !name.contains("${{")) {
        who.subject = format!("repo:{name}:environment:{}", environment.replace(':', "%3A"));
        claims.insert("environment".into(), environment.to_owned());
    }
    who.claims = claims;
    who
}

fn role_name(case: &Case<'_>, login: &Login) -> String {
    let job = case.github_jobs().find_map(|consumer| consumer.job.as_deref()).map(slug);
    let parts = [login.database.as_deref().map(slug), login.user.as_deref().map(slug), job];
    let name = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "database-task".into() } else { name }
}

fn conditions(intent: &Intent) -> Vec<String> {
    let or = |text: &str, else_: &str| if text.is_empty() { else_.to_owned() } else { text.to_owned() };
    vec![
        format!("the token is signed by {}", or(&intent.who.issuer, "the issuer that the operator names")),
        format!(
            "its audience is {}",
            or(&intent.who.audience, "the broker's address, which the operator names")
        ),
        format!(
            "its subject is {}, compared as a whole",
            or(&intent.who.subject, "the one that the operator names")
        ),
        format!(
            "the login may do {}, and nothing else",
            or(&intent.what.privilege, "what the operator names")
        ),
    ]
}

fn prerequisites(case: &Case<'_>, login: &Login, intent: &Intent) -> Vec<String> {
    let mut needed = Vec::new();
    if intent.who.subject.is_empty() || intent.who.audience.is_empty() {
        needed.push(
            "Name who may ask: issuer, audience and subject of the workload's token (`--intent FILE`)."
                .to_owned(),
        );
    }
    if !intent.who.subject.is_empty() {
        needed.push("Check which form the subject has: repositories made or renamed since July 2026 carry numbers (repo:owner@ID/name@ID:…). Bind repository_id as well.".to_owned());
    }
    needed.push("Make the broker's login mount for that issuer, and its database connection with an administrator that may create logins and end their sessions (pg_signal_backend); see that its audit log is on.".to_owned());
    if login.privileges.is_empty() {
        needed.push("Write what the task needs at the database (`SELECT ON orders`): nothing read says what the old login may do.".to_owned());
    }
    if login.user.is_none() || login.host.is_none() {
        needed.push("Name the database's host and the old login: nothing read says them.".to_owned());
    }
    if case.github_jobs().next().is_none() {
        needed.push("Let the workload get its password at its start rather than from a file; it needs a platform identity to ask with.".to_owned());
    }
    needed
}

fn warnings(login: &Login) -> Vec<String> {
    let mut warnings = vec![
        "Waiting for the time limit leaves no entry in the broker's audit log: end the login explicitly, so that issue, use and end are three events.".to_owned(),
        "A broker's answer is no proof: test the old and the new login at the database itself.".to_owned(),
    ];
    if login.engine == Engine::Mysql {
        warnings.push(
            "MySQL keeps open sessions of a dropped user: they must be found in the process list and killed."
                .to_owned(),
        );
    }
    if login.engine == Engine::Unknown {
        warnings.push(
            "Nothing says which database it is, so the role at the database engine must be written by hand."
                .to_owned(),
        );
    }
    warnings
}
