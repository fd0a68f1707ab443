//! Where a job proves its identity with GitHub's OIDC token instead of a kept secret.

use tenure_model::Federation;

use super::workflow::{Job, Permissions, Step, Workflow};

/// A step that trades the platform's proof of identity for access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchange<'t> {
    /// Index of the step.
    pub(super) step: usize,
    pub(super) line: u32,
    /// Who accepts the proof.
    pub(super) provider: &'static str,
    /// The action that does it.
    pub(super) action: &'t str,
    /// The role, provider or client that is asked for, as written.
    pub(super) target: Option<&'t str>,
}

/// Every exchange of a job.
pub(super) fn exchanges<'t>(job: &Job<'t>, permissions: Option<Permissions>) -> Vec<Exchange<'t>> {
    let granted = permissions.is_some_and(|permissions| permissions.id_token);
    let steps = job.steps.iter().enumerate();
    steps
        .filter_map(|(index, step)| {
            let action = step.action?;
            let (provider, target) = exchange(step, action, granted)?;
            Some(Exchange { step: index, line: step.line, provider, action, target })
        })
        .collect()
}

/// Who accepts the proof that a step presents, and for what.
fn exchange<'t>(step: &Step<'t>, action: &str, granted: bool) -> Option<(&'static str, Option<&'t str>)> {
    let action = action.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let input = |name| step.input(name);
    match action.as_str() {
        // With a key given, or credentials of an earlier step, the role is assumed with those.
        "aws-actions/configure-aws-credentials" => {
            let other = ["aws-access-key-id", "web-identity-token-file"]
                .into_iter()
                .any(|name| input(name).is_some());
            let chained = input("role-chaining") == Some("true");
            let role = input("role-to-assume").filter(|_| !other && !chained)?;
            Some(("aws", Some(role)))
        }
        "google-github-actions/auth" => {
            let pool = input("workload_identity_provider")?;
            Some(("gcp", Some(input("service_account").unwrap_or(pool))))
        }
        "azure/login" if input("creds").is_none() && input("auth-type").is_none() => {
            Some(("azure", Some(input("client-id")?)))
        }
        "hashicorp/vault-action" if input("method") == Some("jwt") => Some(("vault", input("role"))),
        "pypa/gh-action-pypi-publish" if granted && input("password").is_none() => Some(("pypi", None)),
        "rust-lang/crates-io-auth-action" => Some(("crates_io", None)),
        "octo-sts/action" => Some(("github", input("scope"))),
        _ => None,
    }
}

/// Whether GitHub could prove the identity of a job to the platform that a secret opens, in words.
pub(super) fn federation(workflow: &Workflow<'_>, job: &Job<'_>, provider: &str) -> (Federation, String) {
    let accepts = match provider {
        "aws" => "AWS accepts GitHub's OIDC token through an IAM role",
        "gcp" => "Google Cloud accepts GitHub's OIDC token through workload identity federation",
        "azure" => "Azure accepts GitHub's OIDC token through a federated credential",
        "npm" => "npm accepts GitHub's OIDC token as a trusted publisher",
        "pypi" => "PyPI accepts GitHub's OIDC token as a trusted publisher",
        "crates_io" => "crates.io accepts GitHub's OIDC token as a trusted publisher",
        "vault" => "Vault and OpenBao accept GitHub's OIDC token at a JWT login",
        "kubernetes" => "a cluster or its cloud can accept GitHub's OIDC token",
        "database" => "a broker can accept GitHub's OIDC token and make database logins on demand",
        "s3_compatible" => "a broker can accept GitHub's OIDC token; this storage itself accepts none",
        _ => "a broker can accept GitHub's OIDC token; whether the target does is not known",
    };
    let (state, right) = match workflow.permissions_of(job) {
        Some(permissions) if permissions.id_token => {
            (Federation::Available, "this job may request one (id-token: write)")
        }
        Some(_) => (Federation::AvailableNotEnabled, "this job is not granted id-token: write"),
        None if workflow.is_only_called() => (
            Federation::AvailableNotEnabled,
            "whether it may request one is decided by the workflows that call this one",
        ),
        None => {
            (Federation::AvailableNotEnabled, "no permissions are written, so id-token: write is missing")
        }
    };
    let runner = if job.runner == Some("self_hosted") {
        "; its self-hosted runner must reach GitHub's token service"
    } else {
        ""
    };
    (state, format!("{accepts}; {right}{runner}"))
}
