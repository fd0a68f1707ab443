//! AWS Organizations: policies that limit whole accounts. They are recognised and named; weighing them is left to
//! whoever judges an account's grants.

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "aws_organizations",
    describe: "AWS Organizations policies: which limits exist",
    exported_by: &[
        "aws organizations describe-policy --policy-id ID",
        "aws organizations list-policies --filter SERVICE_CONTROL_POLICY",
    ],
    claims: |opening| opening.names("AwsManaged") && opening.holds("CONTROL_POLICY"),
    lists: &["Policies"],
    start: || {
        Box::new(Each(|_, record, pen| {
            let policy = record.get("Policy");
            policy_of(if policy.is_null() { record } else { policy }, pen);
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
    // The document itself: nothing secret stands in it.
    if let Some(content) = policy.text("Content") {
        pen.tag(&subject, "aws:policy-document", content);
    }
}
