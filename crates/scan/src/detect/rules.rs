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

const OFFBOARDING: &str = "OWASP-NHI1:2025";
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
    CI_PUBLISH_TOKEN = ReaderRule {
        id: "ci-publish-token",
        title: "A kept token publishes packages where the job's own proof would do",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "Whoever reads the token can publish in this project's name, at any hour. Register the job as a trusted \
               publisher at the registry, then revoke the token.",
    };
    CI_PASSWORD_ARGUMENT = ReaderRule {
        id: "ci-password-argument",
        title: "A login passes its password as an argument",
        category: Category::Ci,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[LEAKAGE],
        help: "Arguments of a command are visible to other processes and end up in logs and shell histories. Pass the \
               password on standard input: `--password-stdin`.",
    };
    CI_STATIC_KUBECONFIG = ReaderRule {
        id: "ci-static-kubeconfig",
        title: "A job reaches a cluster with a kept kubeconfig",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "The certificate or token in a kubeconfig usually outlives every job and often belongs to an administrator. \
               Let the job prove itself to the cluster or its cloud, or ask a broker for a service account token of minutes.",
    };
    CI_SSH_KEY = ReaderRule {
        id: "ci-ssh-key",
        title: "A job holds an SSH private key",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "Every machine and repository that knows the public half stays open until somebody removes it there. Have a \
               broker sign a short-lived certificate for the job, or use an app's token for repositories.",
    };
    CI_SECRET_JOB_WITHOUT_ENVIRONMENT = ReaderRule {
        id: "ci-secret-job-without-environment",
        title: "Jobs hold keys to deploy or publish, and no environment guards them",
        category: Category::Ci,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT, OVERPRIVILEGED],
        help: "Without an environment every job of every branch can ask for the key. An environment keeps the key for the \
               branches that may deploy, can ask a person first, and is what an OIDC subject can be pinned to.",
    };
    CI_PERMISSIONS_UNWRITTEN = ReaderRule {
        id: "ci-permissions-unwritten",
        title: "What the platform's token may do is not written",
        category: Category::StandingPrivilege,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Where no `permissions` are written, a setting decides, and older organisations still grant everything. Write \
               `permissions: {}` at the top and the few that a job needs at the job.",
    };
    CI_INPUT_TO_UNPINNED_ACTION = ReaderRule {
        id: "ci-input-to-unpinned-action",
        title: "A composite action hands a secret input to code that can change under the same name",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[THIRD_PARTY],
        help: "Callers trust this action with the secret and do not see to whom it passes it on. Pin the action inside to a \
               full commit hash.",
    };
    CI_MOVING_DEFINITION = ReaderRule {
        id: "ci-moving-definition",
        title: "A pipeline runs definitions of others that can change under the same name",
        category: Category::Ci,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[THIRD_PARTY],
        help: "What is included runs with every variable that the pipeline may read. Name a commit or a digest, so that \
               nobody else decides what runs tomorrow.",
    };
    CI_CONNECTION_IN_ENVIRONMENT = ReaderRule {
        id: "ci-connection-in-environment",
        title: "A script receives the secret of a service connection",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE],
        help: "`addSpnToEnvironment` hands the principal's key to the script, which can keep or print it. Let the task log in \
               by itself, with a connection that uses workload identity federation.",
    };
    CI_PERSISTED_TOKEN = ReaderRule {
        id: "ci-persisted-token",
        title: "The platform's token stays in the work tree",
        category: Category::Ci,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[LEAKAGE],
        help: "`persistCredentials: true` keeps the token in the git configuration, where every later step and every uploaded \
               folder finds it. Pass the token only to the step that pushes.",
    };
    CI_DEFAULT_SERVICE_ACCOUNT = ReaderRule {
        id: "ci-default-service-account",
        title: "A workflow in a cluster runs under the default service account",
        category: Category::StandingPrivilege,
        severity: Severity::Low,
        confidence: Confidence::Medium,
        controls: &[OVERPRIVILEGED],
        help: "Everything in the namespace that names no account shares this one, so its rights add up and nobody can tell who \
               acted. Give the workflow an account of its own with the few rights that it needs.",
    };
    CI_INLINE_CREDENTIAL = ReaderRule {
        id: "ci-inline-credential",
        title: "A credential's value stands in the configuration of a CI system",
        category: Category::Ci,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Whoever reads the repository has the credential. Take the value from a secret store when the system starts, and \
               replace the credential.",
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
    GCP_ORPHANED_BINDING = ReaderRule {
        id: "gcp-orphaned-binding",
        title: "A binding still names a deleted service account",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[OFFBOARDING],
        help: "An account that is made again under the same name within the grace period can be restored together with its rights. Remove the binding.",
    };
    GCP_ANYBODY = ReaderRule {
        id: "gcp-open-to-anybody",
        title: "A role is given to everybody",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "allUsers and allAuthenticatedUsers are the whole world, not the organisation. Name the accounts that need the role.",
    };
    GCP_WHOLE_POOL = ReaderRule {
        id: "gcp-whole-pool-trusted",
        title: "Every identity of a workload pool may act as the account",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "The set ends in a star, so each repository, project or role that the pool accepts can become the account. Name the subject or the attribute of the one workload that needs it.",
    };
    GCP_WIF_WITHOUT_CONDITION = ReaderRule {
        id: "gcp-wif-without-condition",
        title: "A workload pool accepts tokens of other customers",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, INSECURE_DEPLOYMENT],
        help: "The issuer signs tokens for all of its customers. Without an attribute condition that names your organisation or repository each of them is let into the pool, and one careless binding is then enough.",
    };
    GCP_DEFAULT_ACCOUNT_BROAD = ReaderRule {
        id: "gcp-default-account-broad",
        title: "A default service account has a broad role",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Whatever runs without naming an account runs as this one. Give each workload an account of its own and take the basic role away.",
    };
    GCP_API_KEY_UNRESTRICTED = ReaderRule {
        id: "gcp-api-key-unrestricted",
        title: "An API key may call every API",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Whoever reads the key can use every API that is enabled in the project. Restrict it to the API and the application that need it.",
    };
    K8S_LEGACY_TOKEN = ReaderRule {
        id: "k8s-legacy-token-secret",
        title: "A service account's token is kept in a Secret",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "Such a token never ends, and everybody who may read secrets in the namespace has it. Pods get tokens for an hour by themselves; `kubectl create token` makes one for anything else. Delete the Secret.",
    };
    K8S_BOUND_TO_EVERYBODY = ReaderRule {
        id: "k8s-bound-to-everybody",
        title: "A role is bound to a group that holds everybody",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED, INSECURE_AUTHENTICATION],
        help: "Every service account, or everybody who can reach the API, has the role. Bind it to the accounts that need it.",
    };
    K8S_DEFAULT_ACCOUNT = ReaderRule {
        id: "k8s-default-account-bound",
        title: "A default service account has rights and is mounted into every pod",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Each pod that names no account gets its token. Make an account for the workload that needs the role, and set automountServiceAccountToken to false on the default one.",
    };
    TERRAFORM_STATE_SECRETS = ReaderRule {
        id: "terraform-state-holds-secrets",
        title: "A Terraform state holds credentials in clear",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Whoever may read the state has every credential that Terraform made. Keep the state where few may read it, let the platform or a broker make the credentials, and use write-only arguments or ephemeral resources.",
    };
    AZURE_FIC_WILDCARD = ReaderRule {
        id: "azure-fic-wildcard",
        title: "A federated credential accepts more than one workload",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, INSECURE_DEPLOYMENT],
        help: "The expression ends in a star, so other branches, repositories or workspaces get the application's access as well. Name the one subject that needs it, best of all an environment with approval.",
    };
    AZURE_FIC_PULL_REQUEST = ReaderRule {
        id: "azure-fic-pull-request",
        title: "Pull requests get an application's access",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, INSECURE_DEPLOYMENT],
        help: "Code that nobody has reviewed runs with the access of the application. Give pull requests an application of their own that can only read, or bind the credential to an environment.",
    };
    AZURE_CUSTOM_ROLE_STAR = ReaderRule {
        id: "azure-custom-role-star",
        title: "A custom role allows every action",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "What the list of exceptions does not name is allowed, today and for every action that Azure adds later. Name the actions that the work needs.",
    };
    GITHUB_DEPLOY_KEY_WRITE = ReaderRule {
        id: "github-deploy-key-write",
        title: "A deploy key may push",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED, LONG_LIVED],
        help: "The key never ends and belongs to nobody's account. Make it read-only, or push with the job's own token or an app's installation token.",
    };
    GITHUB_SECRET_VISIBLE_TO_ALL = ReaderRule {
        id: "github-secret-visible-to-all",
        title: "An organisation's secret is visible to all repositories",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE, OVERPRIVILEGED],
        help: "Whoever may push to any repository of the organisation can read it in a job. Select the repositories that need it.",
    };
    GITHUB_RUNNERS_PUBLIC = ReaderRule {
        id: "github-runners-for-public-repositories",
        title: "Self-hosted runners take jobs of public repositories",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT],
        help: "A pull request from anybody can run code on the machine, and what it leaves behind meets the next job's secrets. Use hosted runners for public repositories.",
    };
    GITHUB_ENVIRONMENT_OPEN = ReaderRule {
        id: "github-environment-without-rules",
        title: "A deployment environment has no rules",
        category: Category::Trust,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[INSECURE_DEPLOYMENT],
        help: "Every branch may deploy to it and read its secrets, and a cloud role that trusts the environment's name trusts every branch. Limit its branches or ask for an approval.",
    };
    GITHUB_OIDC_SUBJECT_SHARED = ReaderRule {
        id: "github-oidc-subject-shared",
        title: "Subjects of OIDC tokens do not tell repositories apart",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "A cloud that compares only the subject accepts every repository with the same values. Put the repository, best of all its id, into the subject.",
    };
    GITHUB_WEBHOOK_WEAK = ReaderRule {
        id: "github-webhook-weak",
        title: "A webhook proves nothing to its receiver",
        category: Category::Trust,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "Give it a secret and check the signature at the receiver; leave certificate checks on.",
    };
    GITHUB_DEFAULT_TOKEN_WRITES = ReaderRule {
        id: "github-default-token-writes",
        title: "A job's token may write unless its workflow says otherwise",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Set the default to read, and let each job name the few permissions that it needs.",
    };
    GITLAB_DEPLOY_KEY_WRITE = ReaderRule {
        id: "gitlab-deploy-key-write",
        title: "A deploy key may push",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED, LONG_LIVED],
        help: "The key outlives whoever made it. Make it read-only, or use a project access token that ends.",
    };
    GITLAB_VARIABLE_EXPOSED = ReaderRule {
        id: "gitlab-variable-exposed",
        title: "A CI variable reaches more than it needs to",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE, OVERPRIVILEGED],
        help: "Mark the variable as protected and masked, and bind it to the environment whose jobs need it.",
    };
    VAULT_PERIODIC_TOKEN = ReaderRule {
        id: "vault-periodic-token",
        title: "A token can be renewed for ever",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "A periodic token without an explicit maximum ends only when somebody revokes it or forgets to renew it. Let the workload sign in with its own identity instead.",
    };
    VAULT_PASSWORD_LOGIN = ReaderRule {
        id: "vault-password-login",
        title: "A login by password is enabled",
        category: Category::Trust,
        severity: Severity::Info,
        confidence: Confidence::Medium,
        controls: &[INSECURE_AUTHENTICATION, HUMAN_USE],
        help: "It is meant for people. A machine that signs in there keeps a password; let it use a login that its \
               platform signs.",
    };
    VAULT_APPROLE_ENDLESS = ReaderRule {
        id: "vault-approle-endless",
        title: "An AppRole's secret id never ends",
        category: Category::Lifecycle,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "The secret id is then a password for good. Limit its time and its uses, or let the workload sign in with a token that its platform signs.",
    };
    VAULT_ROLE_UNBOUND = ReaderRule {
        id: "vault-role-unbound",
        title: "A login role accepts every workload",
        category: Category::Trust,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "Name the service account, or the claims of the one workload that needs the role.",
    };
    AWS_ANALYZER_EXTERNAL = ReaderRule {
        id: "aws-analyzer-external-access",
        title: "Access from outside, as Access Analyzer found it",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, OVERPRIVILEGED],
        help: "Archive the finding where the access is meant; otherwise narrow the policy of the resource.",
    };
    AWS_ANALYZER_UNUSED = ReaderRule {
        id: "aws-analyzer-unused-access",
        title: "Access that was not used, as Access Analyzer found it",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[OFFBOARDING, OVERPRIVILEGED],
        help: "What nothing used for the whole period can go: first disable it, later delete it.",
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
    WORKLOAD_STATIC_CLOUD_KEY = ReaderRule {
        id: "workload-static-cloud-key",
        title: "A workload receives a static cloud key",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "The key is valid at every hour, for everyone who can read it. Where the platform can prove who the \
               workload is, let it become a principal of the cloud with that proof, then delete the key.",
    };
    IAC_LONG_LIVED_KEY = ReaderRule {
        id: "iac-long-lived-key",
        title: "Infrastructure code makes a long-lived key",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED, LEAKAGE],
        help: "Each run keeps a key alive that has no end of its own, and its value lies in the state. Let the workload \
               prove who it is to the cloud, or let a broker make a key for each use.",
    };
    AGENT_BROAD_TOKEN_NO_POLICY = ReaderRule {
        id: "agent-broad-token-no-policy",
        title: "An agent holds a broad token, and no policy judges its requests",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[OVERPRIVILEGED, LONG_LIVED],
        help: "An agent decides by itself what to call next, and text that it reads can decide for it. Give it a token for \
               the task at hand, and put a policy before the tool that judges every request.",
    };
    AGENT_LITERAL_TOKEN = ReaderRule {
        id: "agent-literal-token",
        title: "An agent's token is written into its configuration",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Whoever reads the file is the agent. Revoke the token, and let the configuration refer to an input, a variable or \
               a store of secrets.",
    };
    AGENT_UNPINNED_SERVER = ReaderRule {
        id: "agent-unpinned-server",
        title: "A token goes to a tool server whose code can change",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[THIRD_PARTY],
        help: "The newest package or image is fetched and started with the token in its hands. Name an exact version, better \
               a digest.",
    };
    IMPORT_GITLEAKS = ReaderRule {
        id: "import-gitleaks",
        title: "A secret that gitleaks reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_TRUFFLEHOG = ReaderRule {
        id: "import-trufflehog",
        title: "A secret that TruffleHog reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_KINGFISHER = ReaderRule {
        id: "import-kingfisher",
        title: "A secret that Kingfisher reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_DETECT_SECRETS = ReaderRule {
        id: "import-detect-secrets",
        title: "A secret that detect-secrets reported",
        category: Category::Secret,
        severity: Severity::Medium,
        confidence: Confidence::Low,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "A baseline holds hashes only, so the value is not joined with others. Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_NOSEY_PARKER = ReaderRule {
        id: "import-nosey-parker",
        title: "A secret that Nosey Parker reported",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_SARIF = ReaderRule {
        id: "import-sarif",
        title: "A secret that another scanner reported in SARIF",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Revoke the secret at its target, then remove it from where it lies.",
    };
    IMPORT_ZIZMOR = ReaderRule {
        id: "import-zizmor",
        title: "A weakness of a workflow that zizmor reported",
        category: Category::Ci,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT],
        help: "The audit's name is in the title; zizmor's documentation explains each and says what to do.",
    };
    IMPORT_LEFT_OUT = ReaderRule {
        id: "import-left-out",
        title: "Results of a report that are not about credentials",
        category: Category::Lifecycle,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[],
        help: "The report of another scanner holds more than what concerns machine identities. The rest is left to that scanner.",
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
