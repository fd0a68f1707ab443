//! Roles of AWS: whom they trust, and policies that give everything.

use tenure_model::{Fact, Federation, Grant, PrivilegeLevel, Quality, Subject, SubjectKind, Verdict};

use super::hcl::Block;
use super::{Names, address};
use crate::detect::rules;
use crate::detect::witness::{Spot, Statement, Witness};

/// The action by which a token of an OIDC provider becomes a role.
const WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";
/// Ends of ARNs of policies that give everything.
const ADMIN_POLICIES: [&str; 1] = ["policy/AdministratorAccess"];

/// Takes a role, or a policy that is attached to a user or role.
pub(super) fn read(block: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    match block.label(0) {
        "aws_iam_role" => role(block, names, witness),
        "aws_iam_user_policy_attachment" => attached(block, "user", "aws_iam_user", names, witness),
        "aws_iam_role_policy_attachment" => attached(block, "role", "aws_iam_role", names, witness),
        _ => {}
    }
}

fn role(block: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    let (own, line) = (names.resource(block), block.line);
    let name = block.text("name");
    let fact = Fact::Identity {
        kind: "aws_iam_role".to_owned(),
        name: name.map_or_else(|| address(block), str::to_owned),
        native_id: None,
        provider: "aws".to_owned(),
    };
    witness.fact(&own, line, Quality::Config, fact);
    if let (Some(id), Some(name)) = (&names.aws_account, name) {
        let path = block.text("path").unwrap_or("/");
        let other = Subject::new(SubjectKind::AwsPrincipal, format!("arn:aws:iam::{id}:role{path}{name}"));
        let because = format!("{} is made under this name", address(block));
        witness.fact(&own, line, Quality::Config, Fact::SameAs { other, because });
    }
    let Some(trust) = block.get("assume_role_policy") else { return };
    if trust.written.contains(WEB_IDENTITY) {
        let how = format!("{} is assumed with tokens of an OIDC provider", address(block));
        witness.fact(&own, trust.line, Quality::Config, Fact::Federation { state: Federation::Used, how });
        if !trust.written.contains(":sub") {
            any_workload(&own, block, trust.line, names, witness);
        }
    }
}

/// A policy document that a role may use as its trust.
pub(super) fn read_document(block: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    if block.label(0) != "aws_iam_policy_document" {
        return;
    }
    for statement in block.blocks.iter().filter(|inner| inner.kind == "statement") {
        let actions = statement.get("actions").is_some_and(|actions| actions.written.contains(WEB_IDENTITY));
        let denies = statement.text("effect") == Some("Deny");
        let narrowed = statement.blocks.iter().filter(|inner| inner.kind == "condition").any(|condition| {
            condition.get("variable").is_some_and(|variable| variable.written.contains(":sub"))
        });
        // A condition that is computed may be the one that is missing here.
        let computed = statement.blocks.iter().any(|inner| inner.kind == "dynamic");
        if actions && !denies && !narrowed && !computed {
            any_workload(&names.resource(block), block, statement.line, names, witness);
        }
    }
}

fn any_workload(
    subject: &Subject,
    block: &Block<'_>,
    line: u32,
    names: &Names<'_>,
    witness: &mut Witness<'_>,
) {
    witness.finding(Statement {
        rule: &rules::TRUST_OIDC_WITHOUT_SUBJECT,
        severity: None,
        subject: subject.clone(),
        about: format!("{}#{}", names.blob.repository, address(block)),
        title: format!("{} accepts any workload of an OIDC provider", address(block)),
        spots: vec![Spot::line(line)],
        reasons: vec!["no condition on the token's subject is written".to_owned()],
    });
}

fn attached(block: &Block<'_>, attribute: &str, kind: &str, names: &Names<'_>, witness: &mut Witness<'_>) {
    let Some(of) = block.get(attribute).and_then(|attribute| names.referred(attribute.written, kind)) else {
        return;
    };
    let Some(policy) = block.text("policy_arn") else { return };
    let line = block.line;
    if ADMIN_POLICIES.iter().any(|admin| policy.ends_with(admin)) {
        let because = vec![format!("{} attaches {policy}", address(block))];
        let (level, admin) = (PrivilegeLevel::Admin, Verdict::Yes);
        let fact = Fact::Privilege { level, admin, because, paths: Vec::new() };
        witness.fact(&of, line, Quality::Config, fact);
    }
    let grant = Grant {
        target: "*".to_owned(),
        actions: vec![policy.to_owned()],
        scope: "attached policy".to_owned(),
    };
    witness.fact(&of, line, Quality::Config, Fact::Grant { grant });
}
