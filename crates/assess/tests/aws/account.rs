//! Accounts made of one-line statements: `allow iam:PassRole,lambda:* on arn:… if StringEquals aws:x=y|z and …`.
//! `but` before a list turns it into its complement.

use tenure_assess::weigh_aws;
use tenure_model::{
    AwsAccount, AwsCondition, AwsDocument, AwsEffect, AwsGroup, AwsInlinePolicy, AwsPolicy, AwsPrincipal,
    AwsPrincipalKind, AwsStatement, EscalationPath, Fact, PathState, PrivilegeLevel, Timestamp, Verdict,
};

/// The account of every test.
pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().expect("an instant")
}

/// An ARN of IAM in the tests' account: `role/x`.
pub(crate) fn arn(rest: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{rest}")
}

/// Reads statements, one a line.
pub(crate) fn document(lines: &str) -> AwsDocument {
    let statements = lines.split(';').map(str::trim).filter(|line| !line.is_empty()).map(statement).collect();
    AwsDocument { has_variables: true, is_broken: false, statements }
}

fn statement(line: &str) -> AwsStatement {
    let (effect, rest) = line.split_once(' ').expect("an effect");
    let (rest, conditions) = rest.split_once(" if ").unwrap_or((rest, ""));
    let (actions, resources) = rest.split_once(" on ").expect("what on what");
    let list = |text: &str| -> Vec<String> {
        let own = |one: &str| one.trim().replace("role/", &arn("role/")).replace("user/", &arn("user/"));
        let own = |one: &str| if one.trim().starts_with("arn:") { one.trim().to_owned() } else { own(one) };
        text.split(',')
            .map(own)
            .map(|one| one.replace("policy/", &arn("policy/")).replace(&arn(&arn("")), &arn("")))
            .collect()
    };
    let plain = |text: &str| -> Vec<String> { text.split(',').map(|one| one.trim().to_owned()).collect() };
    let (actions, not_actions) = match actions.strip_prefix("but ") {
        Some(but) => (Vec::new(), plain(but)),
        None => (plain(actions), Vec::new()),
    };
    let (resources, not_resources) = match resources.strip_prefix("but ") {
        Some(but) => (Vec::new(), list(but)),
        None => (list(resources), Vec::new()),
    };
    AwsStatement {
        effect: if effect == "allow" { AwsEffect::Allow } else { AwsEffect::Deny },
        actions,
        not_actions,
        resources,
        not_resources,
        conditions: conditions.split(" and ").filter(|one| !one.is_empty()).map(condition).collect(),
        ..AwsStatement::default()
    }
}

fn condition(text: &str) -> AwsCondition {
    let (operator, rest) = text.split_once(' ').expect("an operator");
    let (key, values) = rest.split_once('=').expect("a key and values");
    AwsCondition {
        operator: operator.to_owned(),
        key: key.to_owned(),
        values: values.split('|').map(str::to_owned).collect(),
    }
}

/// A trust policy for these services, principals (with `:`), or, with `if`, under a condition.
pub(crate) fn trust(whom: &str) -> AwsDocument {
    let (whom, conditions) = whom.split_once(" if ").unwrap_or((whom, ""));
    let mut said = AwsStatement {
        effect: AwsEffect::Allow,
        actions: vec!["sts:AssumeRole".to_owned()],
        conditions: conditions.split(" and ").filter(|one| !one.is_empty()).map(condition).collect(),
        ..AwsStatement::default()
    };
    for one in whom.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match one {
            "root" => said.principals.aws.push(arn("root")),
            one if one.starts_with("user/") || one.starts_with("role/") => said.principals.aws.push(arn(one)),
            one if one.starts_with("arn:") || one == "*" => said.principals.aws.push(one.to_owned()),
            service => said.principals.services.push(service.to_owned()),
        }
    }
    AwsDocument { statements: vec![said], has_variables: true, is_broken: false }
}

pub(crate) fn user(name: &str, statements: &str) -> AwsPrincipal {
    AwsPrincipal {
        arn: arn(&format!("user/{name}")),
        name: name.to_owned(),
        inline: inline(statements),
        ..AwsPrincipal::default()
    }
}

pub(crate) fn role(name: &str, whom: &str, statements: &str) -> AwsPrincipal {
    AwsPrincipal {
        arn: arn(&format!("role/{name}")),
        name: name.to_owned(),
        kind: AwsPrincipalKind::Role,
        inline: inline(statements),
        trust: Some(trust(whom)),
        has_instance_profile: whom.contains("ec2.amazonaws.com"),
        ..AwsPrincipal::default()
    }
}

/// Policies are parted by `/ `, statements of one by `;`.
pub(crate) fn inline(statements: &str) -> Vec<AwsInlinePolicy> {
    let policies = statements.split(" // ").filter(|text| !text.trim().is_empty()).enumerate();
    policies.map(|(at, text)| AwsInlinePolicy { name: format!("p{at}"), document: document(text) }).collect()
}

pub(crate) fn managed(name: &str, statements: &str) -> AwsPolicy {
    AwsPolicy {
        arn: arn(&format!("policy/{name}")),
        document: Some(document(statements)),
        other_versions: Vec::new(),
    }
}

pub(crate) fn group(name: &str, statements: &str) -> AwsGroup {
    AwsGroup {
        arn: arn(&format!("group/{name}")),
        name: name.to_owned(),
        inline: inline(statements),
        attached: Vec::new(),
    }
}

/// What was judged of a principal.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) level: PrivilegeLevel,
    pub(crate) admin: Verdict,
    pub(crate) because: Vec<String>,
    pub(crate) paths: Vec<EscalationPath>,
}

impl Judged {
    pub(crate) fn state(&self, id: &str) -> Option<PathState> {
        self.paths.iter().find(|path| path.id == id).map(|path| path.state)
    }

    pub(crate) fn escalates(&self) -> bool {
        matches!(self.level, PrivilegeLevel::Admin | PrivilegeLevel::Escalates)
    }
}

/// Judges one principal of some accounts.
pub(crate) fn judged(accounts: &[AwsAccount], arn: &str) -> Judged {
    let evidence = weigh_aws(accounts, now()).evidence.into_iter().find(|one| one.subject.key == arn);
    match evidence.expect("everybody is judged").fact {
        Fact::Privilege { level, because, admin, paths } => Judged { level, admin, because, paths },
        other => panic!("{other:?} is no judgement"),
    }
}
