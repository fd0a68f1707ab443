//! Google Cloud workload identity: pools and their providers, and whom they let in.

use super::format::{Each, Export, Pen, account};
use super::node::Node;
use crate::detect::rules;

/// Issuers whose tokens are for customers of a platform: without a condition any of them qualifies.
const SHARED_ISSUERS: &[&str] = &[
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "oidc.circleci.com",
    "app.terraform.io",
    "api.bitbucket.org",
    "agent.buildkite.com",
    "vstoken.dev.azure.com",
    "oidc.vercel.com",
    "accounts.google.com",
    "login.microsoftonline.com",
    "sts.windows.net",
];
/// Claims that name the workload: a condition that mentions one narrows.
const NARROWING: &[&str] = &[
    "sub",
    "subject",
    "repository",
    "project",
    "owner",
    "namespace",
    "organization",
    "workspace",
    "arn",
    "account",
    "tid",
    "actor",
];

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "gcp_workload_identity",
    describe: "Google Cloud workload identity pools and providers: whose tokens are accepted",
    exported_by: &[
        "gcloud iam workload-identity-pools list --location=global --format=json",
        "gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global --format=json",
    ],
    claims: |opening| {
        opening.holds("/workloadIdentityPools/") && !opening.any(&["asset_type", "assetType", "bindings"])
    },
    lists: &["workloadIdentityPools", "workloadIdentityPoolProviders"],
    start: || Box::new(Each(|_, record, pen| provider(record, pen))),
};

/// Notes a provider of a pool; a pool by itself lets nobody in.
pub(super) fn provider(provider: Node<'_>, pen: &mut Pen<'_>) {
    let Some(name) = provider.text("name").filter(|name| name.contains("/providers/")) else { return };
    pen.at(name);
    if provider.flag("disabled") == Some(true) || provider.text("state") == Some("DELETED") {
        return;
    }
    let subject = account("gcp", name);
    let shown = name.rsplit('/').next().unwrap_or(name);
    let issuer = provider.at("oidc.issuerUri").as_text().unwrap_or_default();
    let host = issuer.trim_start_matches("https://").trim_end_matches('/');
    let who = match () {
        () if !host.is_empty() => host.to_owned(),
        () if !provider.get("aws").is_null() => {
            format!("AWS account {}", provider.at("aws.accountId").as_text().unwrap_or("unknown"))
        }
        () => "a SAML provider".to_owned(),
    };
    pen.identity(&subject, "gcp_workload_identity_provider", shown, Some(name));
    let condition = provider.text("attributeCondition");
    pen.federation(
        &subject,
        match condition {
            Some(condition) => format!("the pool accepts tokens of {who} where {condition}"),
            None => format!("the pool accepts tokens of {who} without a condition"),
        },
    );
    let shared =
        SHARED_ISSUERS.iter().any(|issuer| host == *issuer || host.starts_with(&format!("{issuer}/")));
    if !shared {
        return;
    }
    let reason = match condition {
        None => format!("tokens of {who} are accepted and no attribute condition says whose"),
        Some(condition) if !narrows(condition) => {
            format!("tokens of {who} are accepted under a condition that names no workload: {condition}")
        }
        Some(_) => return,
    };
    pen.finding(&rules::GCP_WIF_WITHOUT_CONDITION, &subject, shown, reason);
}

/// Whether a condition compares a claim that names the workload with something.
fn narrows(condition: &str) -> bool {
    let condition = condition.to_ascii_lowercase();
    let names = NARROWING.iter().any(|claim| condition.contains(claim));
    let compares = ["==", ".startswith(", " in ", ".matches(", ".endswith(", "contains("];
    let trivial = condition.trim() == "true" || condition.contains("!= ''") || condition.contains("!= \"\"");
    names && !trivial && compares.iter().any(|operator| condition.contains(operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_comparison_with_a_claim_of_the_workload_narrows() {
        for good in [
            "assertion.repository_owner == 'acme'",
            "assertion.repository=='acme/shop'",
            "attribute.repository in ['acme/shop']",
            "assertion.sub.startsWith('repo:acme/')",
        ] {
            assert!(narrows(good), "{good}");
        }
        for bad in ["true", "assertion.aud == 'x'", "assertion.repository != ''", "has(assertion.repository)"]
        {
            assert!(!narrows(bad), "{bad}");
        }
    }
}
