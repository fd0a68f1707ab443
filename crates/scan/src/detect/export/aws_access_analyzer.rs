//! AWS IAM Access Analyzer: what it found, as evidence and as findings of its own.

use tenure_model::{Severity, Subject, SubjectKind};

use super::format::{Each, Export, Pen};
use super::node::Node;
use crate::detect::rules::{self, ReaderRule};

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "aws_access_analyzer",
    describe: "AWS IAM Access Analyzer findings: access from outside, unused roles, keys and permissions",
    exported_by: &[
        "aws accessanalyzer list-findings-v2 --analyzer-arn ARN",
        "aws accessanalyzer list-findings --analyzer-arn ARN",
    ],
    claims: |opening| opening.all(&["resourceOwnerAccount", "analyzedAt", "resourceType"]),
    lists: &["findings"],
    start: || Box::new(Each(|_, record, pen| finding(record, pen))),
};

fn finding(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(resource) = record.text("resource") else { return };
    if record.text("status").is_some_and(|status| !status.eq_ignore_ascii_case("active")) {
        return;
    }
    pen.at(resource);
    let subject = Subject::new(SubjectKind::AwsPrincipal, resource);
    let (rule, severity, reason): (&'static ReaderRule, _, _) =
        match record.text("findingType").unwrap_or("ExternalAccess") {
            "ExternalAccess" => {
                let who: Vec<String> = record
                    .get("principal")
                    .members()
                    .filter_map(|(kind, who)| Some(format!("{kind} {}", who.as_text()?)))
                    .collect();
                let public = record.flag("isPublic") == Some(true);
                let who = if public { "anybody".to_owned() } else { who.join(", ") };
                let who = if who.is_empty() { "somebody outside the zone of trust".to_owned() } else { who };
                let actions = record.texts("action").join(", ");
                let severity =
                    if public { Severity::Critical } else { rules::AWS_ANALYZER_EXTERNAL.severity };
                (&rules::AWS_ANALYZER_EXTERNAL, severity, format!("Access Analyzer: {who} may {actions}"))
            }
            kind if kind.starts_with("Unused") => {
                let what = match kind {
                    "UnusedIAMRole" => "the role was not used",
                    "UnusedIAMUserAccessKey" => "an access key of the user was not used",
                    "UnusedIAMUserPassword" => "the user's password was not used",
                    "UnusedPermission" => "some of its permissions were not used",
                    _ => "something of it was not used",
                };
                let rule = &rules::AWS_ANALYZER_UNUSED;
                (rule, rule.severity, format!("Access Analyzer: {what} in its period of observation"))
            }
            _ => return,
        };
    pen.finding_as(
        rule,
        Some(severity),
        &subject,
        resource.rsplit(['/', ':']).next().unwrap_or(resource),
        reason,
    );
}
