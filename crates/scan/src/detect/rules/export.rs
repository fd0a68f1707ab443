//! Rules about exports: trust, standing privilege, lifecycle at a platform.

use super::*;

rules! {
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
    CONSOLE_WITHOUT_MFA = ReaderRule {
        id: "aws-console-without-mfa",
        title: "A console password works without a second factor",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION],
        help: "Whoever has the password is in. Let the user register a second factor, or take the password away from a user who is a machine.",
    };
    CONSOLE_BESIDE_KEYS = ReaderRule {
        id: "aws-console-beside-keys",
        title: "A user has a console password and access keys",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[HUMAN_USE],
        help: "People and machines use one identity, so that neither can be limited to what it needs. Give the machine a role and leave the user to the person.",
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
    K8S_ORPHANED_BINDING = ReaderRule {
        id: "k8s-orphaned-binding",
        title: "A binding names a service account that is not there",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::Medium,
        controls: &[OFFBOARDING, OVERPRIVILEGED],
        help: "Whoever may make a service account in the namespace can make one of this name and has the rights. Remove the binding.",
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
    AZURE_ORPHANED_ASSIGNMENT = ReaderRule {
        id: "azure-orphaned-assignment",
        title: "A role assignment still names an identity that is gone",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::Medium,
        controls: &[OFFBOARDING],
        help: "Azure no longer finds the identity. Such assignments hide the ones that count, and use up the number that a subscription may have. Remove it.",
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
    SNOWFLAKE_PASSWORD = ReaderRule {
        id: "snowflake-service-password",
        title: "A service of Snowflake may sign in with a password",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[INSECURE_AUTHENTICATION, LONG_LIVED],
        help: "A password of a service is copied into its configuration and ends only when somebody ends it. Let the service prove itself by workload identity or a key pair, set its type to SERVICE, and drop the password.",
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
    VAULT_LONG_LEASES = ReaderRule {
        id: "vault-long-leases",
        title: "An engine makes credentials that live long",
        category: Category::Lifecycle,
        severity: Severity::Low,
        confidence: Confidence::High,
        controls: &[LONG_LIVED],
        help: "A lease is worth as much as it is short. Set the engine's default lease to what a task needs, hours rather than weeks.",
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
}
