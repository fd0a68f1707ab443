//! Trust policies of roles: who may become the role, and whether with a proof that the platform signs.

use serde_json::Value;

use super::aws_policy::{Document, Statement};
use crate::detect::rules::{self, ReaderRule};

/// Condition keys that narrow "anybody" to somebody.
const NARROWING_KEYS: &[&str] = &[
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:userid",
    "sts:externalid",
    "saml:aud",
    "saml:sub",
];
/// Consumer logins whose tokens name the one application in their audience: no subject is expected there.
const AUDIENCE_IS_ENOUGH: &[&str] =
    &["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];
/// Claims that name the workload as well as the subject does.
const SUBJECT_CLAIMS: &[&str] =
    &["sub", "repository", "repository_id", "job_workflow_ref", "project_path", "project_id"];

/// What a trust policy says.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// How platforms prove who assumes the role, in words.
    pub(super) federation: Vec<String>,
    /// Rules that it breaks, each with the reason.
    pub(super) findings: Vec<(&'static ReaderRule, String)>,
}

/// Reads a trust policy.
pub(super) fn trust(document: &Document) -> Trust {
    let mut trust = Trust::default();
    for statement in document.statements.iter().filter(|statement| statement.allows()) {
        if is_anybody(&statement.principal) && !is_narrowed(statement) {
            let reason =
                "the trust policy allows the principal * under no condition that narrows it".to_owned();
            trust.findings.push((&rules::TRUST_WILDCARD_PRINCIPAL, reason));
        }
        for service in principals(&statement.principal, "Service") {
            trust.federation.push(format!("AWS hands short-lived credentials of the role to {service}"));
        }
        if statement.action.iter().any(|action| action.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity"))
        {
            for provider in principals(&statement.principal, "Federated") {
                web_identity(statement, provider, &mut trust);
            }
        }
    }
    trust
}

fn web_identity(statement: &Statement, provider: &str, trust: &mut Trust) {
    let issuer = provider.split_once(":oidc-provider/").map_or(provider, |(_, issuer)| issuer);
    let subjects = claims(statement, issuer);
    let who = if subjects.is_empty() { "any workload".to_owned() } else { subjects.join(", ") };
    trust.federation.push(format!("the role trusts OIDC tokens of {issuer} for {who}"));
    if subjects.is_empty() && !AUDIENCE_IS_ENOUGH.contains(&issuer) {
        let reason = format!("tokens of {issuer} are trusted whatever their subject is");
        trust.findings.push((&rules::TRUST_OIDC_WITHOUT_SUBJECT, reason));
    }
}

/// The values that conditions demand of claims which name the workload. A pattern that fits every workload
/// of the issuer demands nothing.
fn claims(statement: &Statement, issuer: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (operator, key, values) in conditions(&statement.condition) {
        let claim =
            key.rsplit_once(':').filter(|(of, _)| of.eq_ignore_ascii_case(issuer)).map(|(_, claim)| claim);
        let names =
            claim.is_some_and(|claim| SUBJECT_CLAIMS.iter().any(|known| known.eq_ignore_ascii_case(claim)));
        if !names || is_negative(operator) || operator.ends_with("IfExists") {
            continue;
        }
        let open = |value: &&str| matches!(*value, "*" | "repo:*" | "repo:*/*" | "repo:*/*:*" | "repo:*:*");
        let values = strings(values);
        if !values.iter().any(open) {
            found.extend(values.into_iter().map(str::to_owned));
        }
    }
    found
}

fn is_anybody(principal: &Value) -> bool {
    principal == "*" || principals(principal, "AWS").contains(&"*")
}

fn is_narrowed(statement: &Statement) -> bool {
    conditions(&statement.condition).any(|(operator, key, values)| {
        let known = NARROWING_KEYS.iter().any(|narrowing| narrowing.eq_ignore_ascii_case(key));
        known && !is_negative(operator) && !operator.ends_with("IfExists") && !strings(values).contains(&"*")
    })
}

fn is_negative(operator: &str) -> bool {
    operator.contains("Not") || operator == "Null"
}

fn conditions(condition: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    condition.as_object().into_iter().flatten().flat_map(|(operator, keys)| {
        keys.as_object()
            .into_iter()
            .flatten()
            .map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

fn principals<'v>(principal: &'v Value, kind: &str) -> Vec<&'v str> {
    principal.get(kind).map(strings).unwrap_or_default()
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_rules(statement: &str) -> Vec<&'static str> {
        let document = serde_json::from_str(&format!("{{\"Statement\": {statement}}}")).unwrap();
        trust(&document).findings.into_iter().map(|(rule, _)| rule.id).collect()
    }

    #[test]
    fn anybody_is_only_accepted_under_a_narrowing_condition() {
        let open = r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}"#;
        assert_eq!(broken_rules(open), ["trust-wildcard-principal"]);
        for narrowed in [
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
            r#"{"Effect": "Deny", "Principal": "*"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}"#,
        ] {
            assert_eq!(broken_rules(narrowed), [""; 0], "{narrowed}");
        }
        for open in [
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalArn": "x"}}}"#,
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}"#,
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#,
        ] {
            assert_eq!(broken_rules(open), ["trust-wildcard-principal"], "{open}");
        }
    }

    fn oidc(condition: &str) -> Vec<&'static str> {
        broken_rules(&format!(
            r#"{{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}},
                "Condition": {condition}}}"#
        ))
    }

    #[test]
    fn an_oidc_provider_is_trusted_only_for_named_subjects() {
        let key = "token.actions.githubusercontent.com";
        for good in [
            format!(r#"{{"StringEquals": {{"{key}:sub": "repo:acme/shop:ref:refs/heads/main"}}}}"#),
            format!(r#"{{"StringLike": {{"{key}:sub": ["repo:acme/shop:*"]}}}}"#),
            format!(r#"{{"StringEquals": {{"{key}:repository_id": "1"}}}}"#),
        ] {
            assert_eq!(oidc(&good), [""; 0], "{good}");
        }
        for bad in [
            "{}".to_owned(),
            format!(r#"{{"StringEquals": {{"{key}:aud": "sts.amazonaws.com"}}}}"#),
            format!(r#"{{"StringLike": {{"{key}:sub": "*"}}}}"#),
            format!(r#"{{"StringNotEquals": {{"{key}:sub": "repo:acme/shop:*"}}}}"#),
            format!(r#"{{"StringEqualsIfExists": {{"{key}:sub": "repo:acme/shop:*"}}}}"#),
        ] {
            assert_eq!(oidc(&bad), ["trust-oidc-without-subject"], "{bad}");
        }
    }
}
