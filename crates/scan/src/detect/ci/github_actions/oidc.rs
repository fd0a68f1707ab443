//! Where a job proves its identity with GitHub's OIDC token instead of a kept secret.

use super::workflow::{Job, Permissions, Step};
use crate::detect::ci::job::Exchange;

/// Every exchange of a job.
pub(super) fn exchanges<'t>(job: &Job<'t>, permissions: Option<Permissions<'_>>) -> Vec<Exchange<'t>> {
    let granted = permissions.is_some_and(|permissions| permissions.id_token);
    let exchange_of = |step: &Step<'t>| {
        let action = step.action?;
        let (provider, target) = exchange(step, action, granted)?;
        Some(Exchange { line: step.line, provider, action, target })
    };
    job.steps.iter().filter_map(exchange_of).collect()
}

/// Who accepts the proof that a step presents, and for what.
pub(super) fn exchange<'t>(
    step: &Step<'t>,
    action: &str,
    granted: bool,
) -> Option<(&'static str, Option<&'t str>)> {
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
        "rubygems/configure-rubygems-credentials" | "rubygems/release-gem"
            if input("api-token").is_none() =>
        {
            granted.then_some(("rubygems", input("role-to-assume")))
        }
        "nuget/login" => Some(("nuget", input("user"))),
        "jfrog/setup-jfrog-cli" => Some(("artifactory", Some(input("oidc-provider-name")?))),
        "pulumi/auth-actions" => Some(("pulumi", input("organization"))),
        "infisical/secrets-action" if input("method") == Some("oidc") => {
            Some(("infisical", input("identity-id")))
        }
        "octo-sts/action" => Some(("github", input("scope"))),
        _ => None,
    }
}
