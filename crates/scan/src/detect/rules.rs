//! The rules behind the findings of structured readers: one table for reports, help and `tenure rules list`.

use tenure_model::{Category, Confidence, Severity};

/// One rule of a structured reader.
#[derive(Debug, Clone, Copy)]
pub struct ReaderRule {
    /// Stable id.
    pub id: &'static str,
    /// What it finds, in words.
    pub title: &'static str,
    /// What kind of statement its findings make.
    pub category: Category,
    /// The usual severity; a finding may differ and then says why.
    pub severity: Severity,
    /// How sure its findings are.
    pub confidence: Confidence,
    /// Framework controls that it speaks to.
    pub controls: &'static [&'static str],
    /// Why it matters and what to do.
    pub help: &'static str,
}

/// Every rule of every structured reader.
pub fn rules() -> &'static [&'static ReaderRule] {
    RULES
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $rule:expr;)*) => {
        $($(#[doc = $doc])* pub(crate) static $name: ReaderRule = $rule;)*
        static RULES: &[&ReaderRule] = &[$(&$name),*];
    };
}

const OVERPRIVILEGED: &str = "OWASP-NHI5:2025";
const INSECURE_DEPLOYMENT: &str = "OWASP-NHI6:2025";
const LONG_LIVED: &str = "OWASP-NHI7:2025";
const LEAKAGE: &str = "OWASP-NHI2:2025";
const THIRD_PARTY: &str = "OWASP-NHI3:2025";
const INSECURE_AUTHENTICATION: &str = "OWASP-NHI4:2025";
const HUMAN_USE: &str = "OWASP-NHI10:2025";

rules! {
    CI_STATIC_CLOUD_KEY = ReaderRule {
        id: "ci-static-cloud-key",
        title: "A CI job uses a static cloud key",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "The key is valid at every hour, for everyone who ever reads it. The CI platform can prove the \
               job's identity to the cloud instead: let the job assume a role with its OIDC token, then delete the key.",
    };
    CI_STATIC_KEY_BESIDE_OIDC = ReaderRule {
        id: "ci-static-key-beside-oidc",
        title: "A static cloud key is kept beside OIDC for the same cloud",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "The migration is not finished: as long as the key works, the short-lived access beside it protects \
               nothing. Move the last jobs over and delete the key.",
    };
    CI_SCHEDULED_STATIC_KEY = ReaderRule {
        id: "ci-scheduled-static-key",
        title: "A scheduled job holds a static key: the best candidate for just-in-time access",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "A clock decides when the job runs, so it is known when access is needed. The key is valid all the \
               rest of the year for nothing.",
    };
    CI_SELF_HOSTED_STATIC_KEY = ReaderRule {
        id: "ci-self-hosted-static-key",
        title: "A self-hosted runner receives a static key",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "A self-hosted machine can keep what a job leaves behind: files, processes, environment. Whoever gets \
               onto it later may find the key. Use short-lived credentials or machines that live for one job.",
    };
    CI_SECRET_AT_WORKFLOW_LEVEL = ReaderRule {
        id: "ci-secret-at-workflow-level",
        title: "A secret is exposed to every step of every job",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE],
        help: "An environment at the top of the workflow reaches all steps, actions of others included. Set it at the \
               one step that needs it.",
    };
    CI_SECRETS_INHERIT = ReaderRule {
        id: "ci-secrets-inherit",
        title: "A called workflow inherits every secret",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE, OVERPRIVILEGED],
        help: "`secrets: inherit` hands over all secrets that the caller can read, now and in future. Pass the \
               named ones that the called workflow needs.",
    };
    CI_TOJSON_SECRETS = ReaderRule {
        id: "ci-tojson-secrets",
        title: "All secrets are written out at once",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[LEAKAGE, OVERPRIVILEGED],
        help: "The secrets context as a whole reaches one step: every secret of repository, organisation and \
               environment. Name the ones that are needed.",
    };
    CI_COMPUTED_SECRET_NAME = ReaderRule {
        id: "ci-computed-secret-name",
        title: "The name of a secret is computed at run time",
        category: Category::Ci,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "The platform cannot know which secret will be asked for and sends them all to the runner. Nobody can \
               tell from the file which job uses what. Name the secret, or use environments.",
    };
    CI_SECRET_TO_UNPINNED_ACTION = ReaderRule {
        id: "ci-secret-to-unpinned-action",
        title: "A secret goes to an action of others that can change under the same name",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[THIRD_PARTY],
        help: "A tag or branch can be moved to other code, which then receives the secret. Pin the action to a full \
               commit hash.",
    };
    CI_WRITE_ALL = ReaderRule {
        id: "ci-write-all",
        title: "A job's platform token may write everything",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "`permissions: write-all` lets every step change code, releases, packages and settings. Name the few \
               permissions that the job needs.",
    };
    CI_RISKY_TRIGGER_WITH_SECRETS = ReaderRule {
        id: "ci-risky-trigger-with-secrets",
        title: "An outsider's event starts a job that holds secrets",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT],
        help: "The trigger runs with the repository's secrets although somebody outside can cause it. Never run their \
               code there; move the secret to a job behind an environment with approval.",
    };
    CI_SECRET_JOB_WITHOUT_TIMEOUT = ReaderRule {
        id: "ci-secret-job-without-timeout",
        title: "Jobs that hold secrets have no timeout",
        category: Category::Ci,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "Without `timeout-minutes` a job may hold its secrets for the platform's limit of six hours, and nobody \
               can tell how long a short-lived credential would have to live.",
    };
    CI_PERSONAL_TOKEN = ReaderRule {
        id: "ci-personal-token",
        title: "A job acts with a personal access token",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[HUMAN_USE, LONG_LIVED],
        help: "The token belongs to an account, outlives the job and often reaches more than this repository. An app's \
               installation token or the job's own token does the same for minutes.",
    };
    TRUST_WILDCARD_PRINCIPAL = ReaderRule {
        id: "trust-wildcard-principal",
        title: "Anybody may assume the role",
        category: Category::Trust,
        severity: Severity::Critical,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "The trust policy names `*` as principal and no condition narrows it to an account or organisation. Name \
               the principals that need the role.",
    };
    TRUST_OIDC_WITHOUT_SUBJECT = ReaderRule {
        id: "trust-oidc-without-subject",
        title: "Any workload of an OIDC provider may assume the role",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, INSECURE_DEPLOYMENT],
        help: "No condition says whose token is accepted, so every customer of the provider qualifies. Compare the \
               subject claim with the one repository and branch or environment that needs the role.",
    };
    TRUST_OIDC_BROAD_SUBJECT = ReaderRule {
        id: "trust-oidc-broad-subject",
        title: "Every workload of an organisation may assume the role",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "The condition names an organisation and leaves its repositories, projects or workspaces open: whoever \
               can make or change one of them has the role. Name the one that needs it.",
    };
    TRUST_OIDC_PULL_REQUEST = ReaderRule {
        id: "trust-oidc-pull-request",
        title: "A pull request may assume the role",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, INSECURE_DEPLOYMENT],
        help: "A proposed change runs with the role before anybody has reviewed it. Accept a protected branch or an \
               environment with approval instead, or give pull requests a role of their own that only reads.",
    };
    TRUST_OIDC_NEVER_MATCHES = ReaderRule {
        id: "trust-oidc-never-matches",
        title: "A wildcard in the trust policy is compared literally",
        category: Category::Trust,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "`StringEquals` knows no wildcards, so no token ever matches the value. The usual next step is to loosen \
               the condition until it works: write the subject out, or use `StringLike` on purpose.",
    };
    TRUST_OIDC_VACUOUS = ReaderRule {
        id: "trust-oidc-vacuous",
        title: "A condition on the token holds when the claim is missing",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "`ForAllValues:` and `IfExists` are true for a token without the claim. A subject is one value and always \
               there: use the plain operator.",
    };
    TRUST_OIDC_WITHOUT_AUDIENCE = ReaderRule {
        id: "trust-oidc-without-audience",
        title: "A token made for somebody else may assume the role",
        category: Category::Trust,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "No condition compares the token's audience, so that every audience which the provider is registered for \
               is accepted. Compare it with `sts.amazonaws.com` or the one that the platform uses for AWS.",
    };
    TRUST_FOREIGN_ACCOUNT = ReaderRule {
        id: "trust-foreign-account",
        title: "Everybody in another account may be allowed to assume the role",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_AUTHENTICATION, THIRD_PARTY],
        help: "The trust names a whole account and asks for no external id, principal or organisation. Where a vendor \
               runs that account, one of its other customers can have it use your role. Ask for `sts:ExternalId`, or \
               name the principal.",
    };
    TRUST_SERVICE_WITHOUT_SOURCE = ReaderRule {
        id: "trust-service-without-source",
        title: "A service may use the role on behalf of anybody's resource",
        category: Category::Trust,
        severity: Severity::Low,
        confidence: Confidence::Low,
        controls: &[INSECURE_AUTHENTICATION],
        help: "The service acts for resources of every account, and no condition says for which. Where its documentation \
               supports it, compare `aws:SourceAccount` or `aws:SourceArn`.",
    };
    ROOT_KEY_EXISTS = ReaderRule {
        id: "root-key-exists",
        title: "The account's root user has an access key",
        category: Category::StandingPrivilege,
        severity: Severity::Critical,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED, LONG_LIVED],
        help: "A root key can do everything, no policy limits it, and nothing needs it. Delete it.",
    };
    KEYSTORE_FILE = ReaderRule {
        id: "keystore-file",
        title: "Keystore file",
        category: Category::Secret,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "A store of private keys under a password, which often lies beside it or is the tool's default. Keep \
               keys in the platform's store, or let each workload make its own and have a short-lived certificate signed.",
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_texts_are_whole_sentences() {
        let mut ids: Vec<_> = rules().iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rules().len());
        assert!(rules().iter().all(|rule| rule.help.ends_with('.') && !rule.title.ends_with('.')));
    }
}
