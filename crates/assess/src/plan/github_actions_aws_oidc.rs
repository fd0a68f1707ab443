//! A static AWS key in GitHub Actions gives way to a role that the workflow assumes with its own token.

mod documents;

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Artifact, CredentialState, Intent, Migration, SubjectKind, What, Where, Who};

use super::Recipe;
use super::case::{Case, GITHUB_ISSUER, Repository, WorkflowUse, slug};
use super::workflow::{self, Binding, Change, Role};

/// The audience that AWS's own action asks for.
const AUDIENCE: &str = "sts.amazonaws.com";
/// AWS gives no session that is shorter.
const SESSION_MINUTES_MIN: u32 = 15;
/// Longest name of a role.
const ROLE_NAME_MAX: usize = 64;

/// The recipe.
pub(super) struct GithubActionsAwsOidc;

impl Recipe for GithubActionsAwsOidc {
    fn name(&self) -> &'static str {
        "github_actions_aws_oidc"
    }

    fn describe(&self) -> &'static str {
        "A static AWS key in GitHub Actions gives way to a role that the workflow assumes with its own token"
    }

    fn fits(&self, case: &Case<'_>) -> bool {
        let receives_secret = case.github_jobs().any(|consumer| consumer.secret_name.is_some());
        let ended = [CredentialState::Inactive, CredentialState::Expired];
        let mut keys = case.dossier.identity.credentials.iter().filter(|one| one.kind == "aws_access_key");
        receives_secret && keys.any(|key| !ended.contains(&key.state))
    }

    fn propose(&self, case: &Case<'_>) -> Migration {
        let old = OldKey::of(case);
        let seconds = case.ttl_minutes().max(SESSION_MINUTES_MIN) * 60;
        let role_name = role_name(case);
        let role_arn = format!("arn:{}:iam::{}:role/{role_name}", old.partition, old.account());
        let secrets = case.secret_names();
        let mut draft = Draft::default();
        for (number, (repository, files)) in case.workflows().into_iter().enumerate() {
            let role = |jobs| Role { arn: &role_arn, seconds, secrets: &secrets, jobs };
            draft.repository(case, number, &repository, &files, role);
        }
        draft.account(&old);
        let trust = documents::trust_policy(&old, &draft.subjects);
        draft.artifact("trust-policy.json", "trust_policy", trust);
        draft.permissions(case);
        draft.artifact("deny-old-sessions.json", "removal", documents::deny_old_sessions());
        let removal = documents::removal(&old, &secrets);
        draft.artifact("removal.md", "removal", documents::removal_text(&removal));
        draft.artifact("notes.md", "notes", documents::notes(&role_name, &old, seconds, &draft.subjects));
        draft.into_migration(case, &role_arn, seconds, removal)
    }
}

/// What is known of the key that shall end.
struct OldKey {
    partition: String,
    account: Option<String>,
    user: Option<String>,
}

impl OldKey {
    fn of(case: &Case<'_>) -> OldKey {
        let native = case.dossier.identity.native_id.as_deref();
        let keys = case.dossier.evidence.iter().map(|evidence| &evidence.subject);
        let principals = keys
            .filter(|subject| subject.kind == SubjectKind::AwsPrincipal)
            .map(|subject| subject.key.as_str());
        let mut old = OldKey { partition: "aws".into(), account: None, user: None };
        for arn in native.into_iter().chain(principals) {
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let [_, partition, "iam", _, account, resource] = parts.as_slice() else { continue };
            let known = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if known && matches!(*partition, "aws" | "aws-cn" | "aws-us-gov") {
                old.partition = (*partition).to_owned();
                old.account.get_or_insert_with(|| (*account).to_owned());
            }
            let plain =
                |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c));
            if let Some(user) =
                resource.strip_prefix("user/").and_then(|path| path.rsplit('/').next()).filter(plain)
            {
                old.user.get_or_insert_with(|| user.to_owned());
            }
        }
        old
    }

    fn account(&self) -> &str {
        self.account.as_deref().unwrap_or("<ACCOUNT_ID>")
    }

    fn user(&self) -> &str {
        self.user.as_deref().unwrap_or("<USER_NAME>")
    }
}

/// A subject that a job's token will carry, in both spellings that GitHub uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct BoundSubject {
    /// By names: `repo:owner/name:…`.
    by_name: String,
    /// By names and numbers, for repositories made or renamed since July 2026.
    by_id: String,
}

impl BoundSubject {
    fn is_exact(&self) -> bool {
        !self.by_name.contains('<')
    }
}

/// `github-<repository>-<job>`: a name that says who assumes it.
fn role_name(case: &Case<'_>) -> String {
    let workflows = case.workflows();
    let repository = workflows.keys().find_map(|repository| case.repository_name(repository));
    let name = repository.as_deref().and_then(|name| name.split('/').nth(1)).map(slug);
    let job =
        workflows.values().flat_map(BTreeMap::values).flat_map(|uses| &uses.jobs).next().map(|job| slug(job));
    let parts = ["github".to_owned()].into_iter().chain(name).chain(job).filter(|part| !part.is_empty());
    let mut role = parts.collect::<Vec<_>>().join("-");
    role.truncate(ROLE_NAME_MAX);
    role
}

/// A migration in the making.
#[derive(Default)]
struct Draft {
    artifacts: Vec<Artifact>,
    prerequisites: Vec<String>,
    warnings: Vec<String>,
    subjects: BTreeSet<BoundSubject>,
}

impl Draft {
    fn artifact(&mut self, path: &str, kind: &str, content: String) {
        self.artifacts.push(Artifact { path: path.to_owned(), kind: kind.to_owned(), content });
    }

    fn need(&mut self, step: impl Into<String>) {
        let step = step.into();
        if !self.prerequisites.contains(&step) {
            self.prerequisites.push(step);
        }
    }

    /// The patch of one repository, and whom its jobs will be.
    fn repository<'r>(
        &mut self,
        case: &Case<'_>,
        number: usize,
        repository: &Repository,
        files: &'r BTreeMap<String, WorkflowUse>,
        role: impl Fn(&'r BTreeSet<String>) -> Role<'r>,
    ) {
        let name = case.repository_name(repository);
        let mut diff = String::new();
        for (path, uses) in files {
            let inside = path.strip_prefix(&repository.base).unwrap_or(path);
            let change = match case.source.read(&repository.root, path) {
                Some(text) => {
                    let lines = case.secret_lines.get(&(repository.root.clone(), path.clone()));
                    workflow::change(inside, &text, &role(&uses.jobs), lines.unwrap_or(&BTreeSet::new()))
                }
                None => Change {
                    by_hand: vec![format!("Edit {inside} by hand: its text could not be read again.")],
                    ..Change::default()
                },
            };
            diff.push_str(change.diff.as_deref().unwrap_or_default());
            self.bind(name.as_deref(), uses, &change);
            self.take(change);
        }
        if !diff.is_empty() {
            let file = if number == 0 {
                "workflow.patch".to_owned()
            } else {
                format!("workflow-{}.patch", number + 1)
            };
            self.artifact(&file, "workflow_patch", diff);
        }
        if name.is_none() {
            self.need(
                "Put the repository's owner and name in place of <OWNER>/<REPOSITORY> in the trust policy.",
            );
        }
    }

    fn take(&mut self, change: Change) {
        change.by_hand.into_iter().for_each(|step| self.need(step));
        self.warnings.extend(change.warnings);
        if change.inserts_action {
            self.need("Pin the inserted action to a commit that you have reviewed.");
        }
        if change.region_unknown {
            self.need("Put the region in place of <AWS_REGION> in the patch.");
        }
    }

    /// Notes the subjects of every job that uses the key, changed by the patch or not.
    fn bind(&mut self, repository: Option<&str>, uses: &WorkflowUse, change: &Change) {
        for (job, environment) in &uses.environments {
            let read = change.bindings.get(job).cloned();
            let binding = read.unwrap_or_else(|| Binding {
                environment: environment.clone().filter(|name| !name.contains("${{")),
                ..Binding::default()
            });
            for open in &binding.open {
                self.need(format!("Decide what job {job} may be bound to: {open}."));
            }
            let contexts: Vec<String> = match &binding.environment {
                // GitHub writes a colon inside a name as %3A.
                Some(name) => vec![format!("environment:{}", name.replace(':', "%3A"))],
                None if binding.branches.is_empty() => {
                    self.need(format!("Put the branch that job {job} runs on in place of <BRANCH> in the trust policy, or give the job a deployment environment."));
                    vec!["ref:refs/heads/<BRANCH>".to_owned()]
                }
                None => binding.branches.iter().map(|branch| format!("ref:refs/heads/{branch}")).collect(),
            };
            let (owner, name) =
                repository.and_then(|name| name.split_once('/')).unwrap_or(("<OWNER>", "<REPOSITORY>"));
            self.subjects.extend(contexts.into_iter().map(|context| BoundSubject {
                by_name: format!("repo:{owner}/{name}:{context}"),
                by_id: format!("repo:{owner}@<OWNER_ID>/{name}@<REPOSITORY_ID>:{context}"),
            }));
        }
    }

    fn account(&mut self, old: &OldKey) {
        if old.account.is_none() {
            self.need("Put the account's number in place of <ACCOUNT_ID> in the patch and the trust policy.");
        }
        self.need("Make GitHub's OIDC provider known in the account (token.actions.githubusercontent.com, audience sts.amazonaws.com), once for the account.");
        self.need("Put the repository's and its owner's numbers in place of <REPOSITORY_ID> and <OWNER_ID> in the trust policy, or delete those lines if the repository's tokens still carry names only.");
    }

    /// The permissions of the new role: those that the task has today where they are narrow.
    fn permissions(&mut self, case: &Case<'_>) {
        match documents::permission_policy(&case.assessed.identity) {
            Some(policy) => {
                self.artifact("permission-policy.json", "permission_policy", policy);
                self.need("Compare permission-policy.json with what the job really does, and take away what it does not need.");
            }
            None => {
                self.artifact(
                    "permission-policy.json",
                    "permission_policy",
                    documents::permission_placeholder(),
                );
                self.need("Write the actions and resources that the job needs into permission-policy.json: what the old key may do is unknown, or too wide to be carried over.");
            }
        }
    }

    fn into_migration(
        self,
        case: &Case<'_>,
        role_arn: &str,
        seconds: u32,
        removal: Vec<String>,
    ) -> Migration {
        let exact: Vec<&BoundSubject> = self.subjects.iter().filter(|subject| subject.is_exact()).collect();
        let subject = match exact.as_slice() {
            [one] if self.subjects.len() == 1 => one.by_name.clone(),
            _ => String::new(), // several, or not known: the operator names it
        };
        let minutes = seconds / 60;
        let teardown = format!(
            "the session ends by itself after {minutes} minutes at most; earlier only by a policy that denies sessions issued before a moment"
        );
        let bound: Vec<&str> = self.subjects.iter().map(|subject| subject.by_name.as_str()).collect();
        let mut warnings = vec![
            "A session of AWS STS cannot be revoked, only denied; that is why it is short.".to_owned(),
            format!(
                "A step that calls AWS more than {minutes} minutes after the role was taken fails: raise role-duration-seconds then, and do not go back to a key."
            ),
        ];
        warnings.extend(self.warnings);
        Migration {
            recipe: String::new(), // the plan writes the recipe's name
            summary: format!(
                "Let the workflow assume {role_arn} with its own token, and end the static key."
            ),
            intent: Intent {
                who: Who {
                    issuer: GITHUB_ISSUER.into(),
                    audience: AUDIENCE.into(),
                    subject,
                    claims: BTreeMap::new(),
                },
                auth_mount: None,
                what: What { engine: "aws".into(), ..What::default() },
                target: Where {
                    kind: "aws".into(),
                    role_arn: (!role_arn.contains('<')).then(|| role_arn.to_owned()),
                    ..Where::default()
                },
                ttl_seconds: seconds,
                trigger: case.trigger(),
                teardown: teardown.clone(),
            },
            trigger: case.trigger(),
            time_limit: format!(
                "{minutes} minutes for each session, set in the workflow; set the role's own maximum to 1 hour"
            ),
            teardown,
            conditions: vec![
                format!("the token is signed by {GITHUB_ISSUER}"),
                format!("its audience is {AUDIENCE}"),
                format!("its subject is {}, compared as a whole and without wildcards", bound.join(" or ")),
            ],
            removal,
            prerequisites: self.prerequisites,
            artifacts: self.artifacts,
            warnings,
        }
    }
}
