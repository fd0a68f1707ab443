//! Trust in tokens of other platforms: which workload a role is bound to, and how well.

use super::aws_policy::Statement;
use super::aws_trust::{Trust, conditions, is_binding, is_vacuous, strings};
use crate::detect::rules;

/// Consumer logins whose tokens name the one application in their audience: no subject is expected there.
const AUDIENCE_IS_ENOUGH: &[&str] =
    &["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];
/// Claims that name the workload as well as the subject does.
const WORKLOAD_CLAIMS: &[&str] = &[
    "sub",
    "repository",
    "repository_id",
    "job_workflow_ref",
    "project_path",
    "project_id",
    "terraform_workspace_id",
];
/// Claims that name an organisation, which holds many workloads.
const OWNER_CLAIMS: &[&str] = &[
    "repository_owner",
    "repository_owner_id",
    "namespace_path",
    "namespace_id",
    "terraform_organization_id",
];

/// How platforms write subjects: what stands before the owner, and what ends the owner's name. What follows up to the
/// next mark is one workload of the owner.
const SUBJECTS: &[(&str, &str)] = &[
    ("repo:", "/"),                  // GitHub: repo:OWNER/NAME:CONTEXT
    ("repository:", "/"),            // the same in a customised subject
    ("project_path:", "/"),          // GitLab: project_path:GROUP/PROJECT:ref_type:…
    ("organization:", ":project:"),  // Terraform Cloud: organization:ORG:project:P:workspace:W:run_phase:…
    ("organization:", ":pipeline:"), // Buildkite: organization:ORG:pipeline:P:ref:…
    ("org/", "/project/"),           // CircleCI: org/ORG/project/PROJECT/user/USER
    ("system:serviceaccount:", ":"), // Kubernetes: system:serviceaccount:NAMESPACE:NAME
];
/// Subjects that name only a branch, an environment or the like: every repository of the platform can have them.
const NAMES_NOBODY: &[&str] = &[
    "ref:",
    "environment:",
    "workflow:",
    "context:",
    "head_ref:",
    "base_ref:",
    "event_name:",
    "pull_request",
    "actor:",
];

/// How closely a value binds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    /// To nobody in particular.
    Nobody,
    /// To an organisation.
    Owner,
    /// To one workload, or a few by a common name.
    Workload,
}

/// Notes what a statement says about tokens of a provider.
pub(super) fn web_identity(statement: &Statement, provider: &str, trust: &mut Trust) {
    let issuer = provider.split_once(":oidc-provider/").map_or(provider, |(_, issuer)| issuer);
    let claims = Claims::of(statement, issuer);
    let who = if claims.named.is_empty() { "any workload".to_owned() } else { claims.named.join(", ") };
    trust.federation.push(format!("the role trusts OIDC tokens of {issuer} for {who}"));
    for value in &claims.literal_wildcards {
        let reason =
            format!("StringEquals compares `{value}` of {issuer} literally, so no token ever matches");
        trust.breaks(&rules::TRUST_OIDC_NEVER_MATCHES, reason);
    }
    if claims.is_vacuous {
        let reason = format!("the condition on the subject of {issuer} also holds for a token without one");
        trust.breaks(&rules::TRUST_OIDC_VACUOUS, reason);
    }
    if AUDIENCE_IS_ENOUGH.contains(&issuer) {
        return;
    }
    match claims.bound {
        Bound::Nobody => {
            let reason = format!("tokens of {issuer} are trusted whatever their subject is");
            trust.breaks(&rules::TRUST_OIDC_WITHOUT_SUBJECT, reason);
        }
        Bound::Owner => {
            let reason = format!("tokens of {issuer} are trusted for all of {who}");
            trust.breaks(&rules::TRUST_OIDC_BROAD_SUBJECT, reason);
        }
        Bound::Workload => {}
    }
    if claims.takes_pull_requests && claims.bound > Bound::Nobody {
        let reason = format!("tokens of {issuer} for pull requests are accepted: {who}");
        trust.breaks(&rules::TRUST_OIDC_PULL_REQUEST, reason);
    }
    if !claims.has_audience {
        let reason = format!("no condition compares the audience of tokens of {issuer}");
        trust.breaks(&rules::TRUST_OIDC_WITHOUT_AUDIENCE, reason);
    }
}

/// What the conditions of a statement demand of a token.
struct Claims<'s> {
    /// Values that name somebody.
    named: Vec<&'s str>,
    bound: Bound,
    literal_wildcards: Vec<&'s str>,
    is_vacuous: bool,
    takes_pull_requests: bool,
    has_audience: bool,
}

impl<'s> Claims<'s> {
    fn of(statement: &'s Statement, issuer: &str) -> Self {
        let mut claims = Self {
            named: Vec::new(),
            // An issuer of one organisation's own narrows before any condition does.
            bound: Bound::Nobody,
            literal_wildcards: Vec::new(),
            is_vacuous: false,
            takes_pull_requests: false,
            has_audience: false,
        };
        for (operator, key, values) in conditions(&statement.condition) {
            let of_issuer = key.rsplit_once(':').filter(|(of, _)| of.eq_ignore_ascii_case(issuer));
            let Some((_, claim)) = of_issuer else { continue };
            let claim = claim.to_ascii_lowercase();
            claims.demand(operator, &claim, &strings(values));
        }
        claims
    }

    fn demand(&mut self, operator: &str, claim: &str, values: &[&'s str]) {
        let names = |known: &[&str]| known.contains(&claim);
        let about = names(WORKLOAD_CLAIMS) || names(OWNER_CLAIMS);
        self.is_vacuous |= about && is_vacuous(operator) && !operator.to_ascii_lowercase().contains("not");
        if !is_binding(operator) {
            return;
        }
        if claim == "aud" {
            self.has_audience |= !values.is_empty() && !values.contains(&"*");
        }
        if !about {
            return;
        }
        let is_literal = operator.to_ascii_lowercase().contains("equals");
        if is_literal {
            self.literal_wildcards.extend(values.iter().filter(|value| value.contains(['*', '?'])));
        }
        let bind = |value: &&&'s str| match (is_literal, names(OWNER_CLAIMS)) {
            (false, _) if is_open(value) => Bound::Nobody,
            (_, true) => Bound::Owner,
            (true, false) => {
                bound_of(value, claim).max(if value.contains('*') { Bound::Workload } else { Bound::Nobody })
            }
            (false, false) => bound_of(value, claim),
        };
        // One value of several is enough for a token, so the loosest counts.
        let bound = values.iter().map(|value| bind(&value)).min().unwrap_or(Bound::Nobody);
        if bound > Bound::Nobody {
            self.named.extend(values);
        }
        self.bound = self.bound.max(bound);
        let is_pull = |value: &&&str| value.ends_with(":pull_request") || **value == "pull_request";
        self.takes_pull_requests |= claim == "sub" && values.iter().any(|value| is_pull(&value));
    }
}

/// Nothing but wildcards and marks.
fn is_open(value: &str) -> bool {
    value.chars().all(|c| matches!(c, '*' | '?' | ':' | '/'))
}

/// How closely one value of a claim binds.
fn bound_of(value: &str, claim: &str) -> Bound {
    if is_open(value) {
        return Bound::Nobody;
    }
    if claim == "repository" || claim == "project_path" {
        return owner_and_workload(value, "/");
    }
    if claim != "sub" {
        return Bound::Workload;
    }
    let known: Vec<&(&str, &str)> = SUBJECTS.iter().filter(|(begins, _)| value.starts_with(begins)).collect();
    let shape = known.iter().find(|(_, ends)| value.contains(ends)).or(known.first());
    match shape {
        Some((begins, ends)) if *begins == "system:serviceaccount:" => {
            // The issuer is one cluster, so even an open name binds to that.
            let names = value[begins.len()..].split(ends).any(is_open);
            if names { Bound::Owner } else { Bound::Workload }
        }
        Some((begins, ends)) => owner_and_workload(&value[begins.len()..], ends),
        None if NAMES_NOBODY.iter().any(|word| value.starts_with(word)) => Bound::Nobody,
        None if value.starts_with('*') => Bound::Nobody,
        None => Bound::Workload,
    }
}

/// `OWNER<mark>WORKLOAD…`: a wildcard in the owner leaves it open to strangers, one for the workload to the owner.
fn owner_and_workload(value: &str, mark: &str) -> Bound {
    let (owner, rest) =
        value.split_once(mark).or_else(|| value.split_once(&mark[..1])).unwrap_or((value, "*"));
    let workload = rest.split([':', '/']).next().unwrap_or_default();
    if owner.contains(['*', '?']) {
        Bound::Nobody
    } else if is_open(workload) {
        Bound::Owner
    } else {
        Bound::Workload
    }
}

#[cfg(test)]
mod tests {
    use super::super::aws_trust::tests::broken_rules;

    fn oidc(issuer: &str, condition: &str) -> Vec<&'static str> {
        broken_rules(&format!(
            r#"{{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/{issuer}"}},
                "Condition": {}}}"#,
            condition.replace("KEY", issuer)
        ))
    }

    /// The rules that a condition on the subject breaks; the audience is compared as it should be.
    fn subject(issuer: &str, operator: &str, claim: &str, value: &str) -> Vec<&'static str> {
        oidc(
            issuer,
            &format!(
                r#"{{"ForAnyValue:StringEquals": {{"KEY:aud": "sts.amazonaws.com"}}, "{operator}": {{"KEY:{claim}": {value}}}}}"#
            ),
        )
    }

    const GITHUB: &str = "token.actions.githubusercontent.com";

    #[test]
    fn a_role_is_bound_to_a_workload() {
        for (issuer, operator, claim, value) in [
            (GITHUB, "StringEquals", "sub", r#""repo:acme/shop:ref:refs/heads/main""#),
            (
                GITHUB,
                "StringEquals",
                "sub",
                r#"["repo:acme/shop:environment:prod", "repo:acme/api:environment:prod"]"#,
            ),
            (GITHUB, "StringLike", "sub", r#""repo:acme/shop:*""#),
            (GITHUB, "StringEquals", "repository_id", r#""1""#),
            (GITHUB, "StringLike", "job_workflow_ref", r#""acme/flows/.github/workflows/x.yml@*""#),
            ("gitlab.com", "StringEquals", "sub", r#""project_path:acme/shop:ref_type:branch:ref:main""#),
            ("gitlab.example.test", "StringLike", "sub", r#""project_path:acme/team/shop:*""#),
            (
                "app.terraform.io",
                "StringLike",
                "sub",
                r#""organization:acme:project:p:workspace:w:run_phase:*""#,
            ),
            ("oidc.circleci.com/org/1", "StringLike", "sub", r#""org/1/project/2/user/*""#),
            (
                "oidc.eks.eu-west-1.amazonaws.com/id/A",
                "StringEquals",
                "sub",
                r#""system:serviceaccount:shop:api""#,
            ),
        ] {
            assert_eq!(
                subject(issuer, operator, claim, value),
                [""; 0],
                "{issuer} {operator} {claim} {value}"
            );
        }
        assert_eq!(oidc("accounts.google.com", r#"{"StringEquals": {"KEY:aud": "app"}}"#), [""; 0]);
    }

    #[test]
    fn a_role_that_is_bound_to_nobody_or_too_many_is_told() {
        let (nobody, owner) = ("trust-oidc-without-subject", "trust-oidc-broad-subject");
        for (issuer, operator, claim, value, rule) in [
            (GITHUB, "StringLike", "sub", r#""*""#, nobody),
            (GITHUB, "StringLike", "sub", r#""repo:*""#, nobody),
            (GITHUB, "StringLike", "sub", r#""repo:*/*:ref:refs/heads/main""#, nobody),
            (GITHUB, "StringLike", "sub", r#""repo:acme*/shop:*""#, nobody),
            (GITHUB, "StringLike", "sub", r#"["repo:acme/shop:*", "repo:*"]"#, nobody),
            (GITHUB, "StringEquals", "sub", r#""environment:prod""#, nobody),
            (GITHUB, "StringNotEquals", "sub", r#""repo:acme/shop:*""#, nobody),
            (GITHUB, "StringEquals", "actor", r#""somebody""#, nobody),
            (GITHUB, "StringLike", "sub", r#""repo:acme/*""#, owner),
            (GITHUB, "StringLike", "sub", r#""repo:acme/*:*""#, owner),
            (GITHUB, "StringLike", "sub", r#""repo:acme/*:ref:refs/heads/main""#, owner),
            (GITHUB, "StringEquals", "repository_owner", r#""acme""#, owner),
            ("gitlab.com", "StringLike", "sub", r#""project_path:*""#, nobody),
            ("gitlab.com", "StringLike", "sub", r#""project_path:acme/*:ref_type:branch:ref:main""#, owner),
            (
                "app.terraform.io",
                "StringLike",
                "sub",
                r#""organization:*:project:p:workspace:w:run_phase:*""#,
                nobody,
            ),
            ("app.terraform.io", "StringLike", "sub", r#""organization:acme:*""#, owner),
            (
                "app.terraform.io",
                "StringLike",
                "sub",
                r#""organization:acme:project:*:workspace:w:run_phase:apply""#,
                owner,
            ),
            ("oidc.circleci.com/org/1", "StringLike", "sub", r#""org/1/*""#, owner),
            ("oidc.circleci.com/org/1", "StringLike", "sub", r#""org/*/project/*""#, nobody),
            (
                "oidc.eks.eu-west-1.amazonaws.com/id/A",
                "StringLike",
                "sub",
                r#""system:serviceaccount:*:*""#,
                owner,
            ),
        ] {
            assert_eq!(
                subject(issuer, operator, claim, value),
                [rule],
                "{issuer} {operator} {claim} {value}"
            );
        }
    }

    #[test]
    fn operators_that_match_never_or_always_are_told() {
        let issuer = GITHUB;
        let good = r#""repo:acme/shop:ref:refs/heads/main""#;
        assert_eq!(
            subject(issuer, "StringEquals", "sub", r#""repo:acme/shop:*""#),
            ["trust-oidc-never-matches"]
        );
        let vacuous = ["trust-oidc-vacuous", "trust-oidc-without-subject"];
        assert_eq!(subject(issuer, "ForAllValues:StringLike", "sub", good), vacuous);
        assert_eq!(subject(issuer, "StringEqualsIfExists", "sub", good), vacuous);
        assert_eq!(subject(issuer, "StringEquals", "sub", good), [""; 0]);
        assert_eq!(subject(issuer, "ForAnyValue:StringLike", "sub", good), [""; 0]);
    }

    #[test]
    fn pull_requests_and_foreign_audiences_are_told() {
        assert_eq!(
            subject(GITHUB, "StringEquals", "sub", r#""repo:acme/shop:pull_request""#),
            ["trust-oidc-pull-request"]
        );
        assert_eq!(subject(GITHUB, "StringEquals", "sub", r#""repo:acme/shop:environment:pr""#), [""; 0]);
        let bare = r#"{"StringEquals": {"KEY:sub": "repo:acme/shop:ref:refs/heads/main"}}"#;
        assert_eq!(oidc(GITHUB, bare), ["trust-oidc-without-audience"]);
        assert_eq!(oidc(GITHUB, "{}"), ["trust-oidc-without-subject", "trust-oidc-without-audience"]);
    }
}
