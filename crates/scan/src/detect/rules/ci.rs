//! Rules about CI systems.

use super::*;

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
    CI_DEFINITION_ELSEWHERE = ReaderRule {
        id: "ci-definition-elsewhere",
        title: "Parts of a pipeline are kept elsewhere and were not read",
        category: Category::Ci,
        severity: Severity::Info,
        confidence: Confidence::High,
        controls: &[THIRD_PARTY],
        help: "What these parts do, and which secrets they use, is not known here. Scan the repositories that hold them as \
               well, each under the name of its remote.",
    };
    CI_AGENT_UNASKED = ReaderRule {
        id: "ci-agent-unasked",
        title: "A job starts an agent that asks nobody before it acts",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "An issue, a comment or a file that the agent reads can tell it what to do with everything that the job holds. \
               Name the few tools that it may use, keep secrets out of its job, and give the job's token read rights only.",
    };
}
