//! Trust policies of roles: who may become the role, and whether with a proof that the platform signs.

use serde_json::Value;

use super::aws::account_of;
use super::aws_oidc;
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
/// Services to which somebody of the same account hands the role by `iam:PassRole` and that run what that somebody
/// made: there, passing is the guard.
const GUARDED_BY_PASSING: &[&str] = &[
    "autoscaling",
    "batch",
    "build.apprunner",
    "cloudformation",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "datapipeline",
    "ec2",
    "ecs",
    "ecs-tasks",
    "edgelambda",
    "eks",
    "elasticbeanstalk",
    "elasticmapreduce",
    "glue",
    "lambda",
    "monitoring.rds",
    "pods.eks",
    "rds",
    "sagemaker",
    "tasks.apprunner",
];
/// Condition keys that name the resource or account for which a service acts.
const SOURCE_KEYS: &[&str] = &["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

/// What a trust policy says.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// How platforms prove who assumes the role, in words.
    pub(super) federation: Vec<String>,
    /// Rules that it breaks, each with the reason.
    pub(super) findings: Vec<(&'static ReaderRule, String)>,
}

impl Trust {
    pub(super) fn breaks(&mut self, rule: &'static ReaderRule, reason: impl Into<String>) {
        self.findings.push((rule, reason.into()));
    }
}

/// Reads the trust policy of the role with this ARN.
pub(super) fn trust(document: &Document, role: &str) -> Trust {
    let mut trust = Trust::default();
    // What a role of a service trusts is AWS's own business.
    let is_service_linked = role.contains(":role/aws-service-role/");
    for statement in document.statements.iter().filter(|statement| statement.allows()) {
        let is_narrowed = is_narrowed_to(statement, NARROWING_KEYS);
        if is_anybody(&statement.principal) && !is_narrowed {
            let reason = "the trust policy allows the principal * under no condition that narrows it";
            trust.breaks(&rules::TRUST_WILDCARD_PRINCIPAL, reason);
        }
        for account in foreign_accounts(&statement.principal, role).into_iter().filter(|_| !is_narrowed) {
            let reason = format!("account {account} as a whole is trusted, without an external id");
            trust.breaks(&rules::TRUST_FOREIGN_ACCOUNT, reason);
        }
        for service in principals(&statement.principal, "Service") {
            trust.federation.push(format!("AWS hands short-lived credentials of the role to {service}"));
            let name = service.split(".amazonaws.com").next().unwrap_or_default();
            let is_open = !GUARDED_BY_PASSING.contains(&name) && !is_service_linked;
            if is_open && !is_narrowed_to(statement, SOURCE_KEYS) {
                let reason = format!("{service} may use the role whatever resource it acts for");
                trust.breaks(&rules::TRUST_SERVICE_WITHOUT_SOURCE, reason);
            }
        }
        if statement.action.iter().any(|action| action.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity"))
        {
            for provider in principals(&statement.principal, "Federated") {
                aws_oidc::web_identity(statement, provider, &mut trust);
            }
        }
    }
    trust
}

/// Other accounts that are trusted as a whole.
fn foreign_accounts<'v>(principal: &'v Value, role: &str) -> Vec<&'v str> {
    let own = account_of(role);
    let whole = |named: &'v str| {
        let is_id = named.len() == 12 && named.bytes().all(|byte| byte.is_ascii_digit());
        if is_id { Some(named) } else { named.ends_with(":root").then(|| account_of(named)).flatten() }
    };
    let named = principals(principal, "AWS").into_iter().filter_map(whole);
    named.filter(|account| own.is_some_and(|own| own != *account)).collect()
}

fn is_anybody(principal: &Value) -> bool {
    principal == "*" || principals(principal, "AWS").contains(&"*")
}

/// Whether a condition that must hold compares one of these keys with something.
fn is_narrowed_to(statement: &Statement, keys: &[&str]) -> bool {
    conditions(&statement.condition).any(|(operator, key, values)| {
        let known = keys.iter().any(|narrowing| narrowing.eq_ignore_ascii_case(key));
        known && is_binding(operator) && !strings(values).contains(&"*")
    })
}

/// Whether an operator demands that the key is there and fits.
pub(super) fn is_binding(operator: &str) -> bool {
    let operator = operator.to_ascii_lowercase();
    !operator.contains("not") && operator != "null" && !is_vacuous(&operator)
}

/// Whether an operator is content with a request that does not have the key.
pub(super) fn is_vacuous(operator: &str) -> bool {
    let operator = operator.to_ascii_lowercase();
    operator.ends_with("ifexists") || operator.starts_with("forallvalues:")
}

pub(super) fn conditions(condition: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
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

pub(super) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn broken_rules(statement: &str) -> Vec<&'static str> {
        let document = serde_json::from_str(&format!("{{\"Statement\": {statement}}}")).unwrap();
        let role = "arn:aws:iam::123456789012:role/x";
        trust(&document, role).findings.into_iter().map(|(rule, _)| rule.id).collect()
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
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
        ] {
            assert_eq!(broken_rules(open), ["trust-wildcard-principal"], "{open}");
        }
    }

    #[test]
    fn another_account_is_trusted_by_name_or_with_an_external_id() {
        let id = |condition: &str, principal: &str| {
            broken_rules(&format!(
                r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": "{principal}"}}, "Condition": {condition}}}"#
            ))
        };
        for principal in ["arn:aws:iam::444455556666:root", "444455556666"] {
            assert_eq!(id("{}", principal), ["trust-foreign-account"], "{principal}");
            assert_eq!(id(r#"{"StringEquals": {"sts:ExternalId": "x"}}"#, principal), [""; 0]);
            assert_eq!(id(r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#, principal), [""; 0]);
            assert_eq!(
                id(r#"{"StringLike": {"sts:ExternalId": "*"}}"#, principal),
                ["trust-foreign-account"]
            );
            assert_eq!(
                id(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#, principal),
                ["trust-foreign-account"]
            );
        }
        for principal in
            ["arn:aws:iam::123456789012:root", "123456789012", "arn:aws:iam::444455556666:role/ci"]
        {
            assert_eq!(id("{}", principal), [""; 0], "{principal}");
        }
    }

    #[test]
    fn a_service_says_for_which_resource_it_acts() {
        let service = |service: &str, condition: &str| {
            broken_rules(&format!(
                r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"Service": "{service}"}}, "Condition": {condition}}}"#
            ))
        };
        assert_eq!(service("config.amazonaws.com", "{}"), ["trust-service-without-source"]);
        for condition in [
            r#"{"StringEquals": {"aws:SourceAccount": "123456789012"}}"#,
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:config:*:123456789012:*"}}"#,
        ] {
            assert_eq!(service("config.amazonaws.com", condition), [""; 0], "{condition}");
        }
        assert_eq!(service("lambda.amazonaws.com", "{}"), [""; 0], "passing the role is the guard");
    }
}
