//! AWS Organizations: the list of policies that limit whole accounts. They are named; the documents come with
//! `describe-policy`, which `aws_service_controls` reads.

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "aws_organizations",
    describe: "AWS Organizations policies: which limits exist",
    exported_by: &["aws organizations list-policies --filter SERVICE_CONTROL_POLICY"],
    claims: |opening| {
        opening.names("AwsManaged") && opening.holds("CONTROL_POLICY") && !opening.names("Content")
    },
    lists: &["Policies"],
    start: || {
        Box::new(Each(|_, record, pen| {
            policy_of(record, pen);
        }))
    },
};

fn policy_of(policy: Node<'_>, pen: &mut Pen<'_>) {
    let summary = if policy.has("PolicySummary") { policy.get("PolicySummary") } else { policy };
    let (Some(arn), Some(kind)) = (summary.text("Arn"), summary.text("Type")) else { return };
    pen.at(arn);
    let subject = account("aws", arn);
    let name = summary.text("Name").unwrap_or(arn);
    pen.tag(&subject, &format!("aws:{}", kind.to_ascii_lowercase().replace('_', "-")), name);
}
