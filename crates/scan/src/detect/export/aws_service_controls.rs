//! Service control policies: `aws organizations describe-policy`, alone or with the answer of `list-targets-for-policy`
//! put beside it as `Targets`.
//!
//! They limit whole accounts. Where no targets are told, a policy is known to exist and not where it applies.

use serde::Deserialize;
use tenure_model::{AwsAccount, AwsServiceControl};

use super::aws::account_of;
use super::aws_organization_export::OrganizationExport;
use super::aws_policy::Document;
use super::json::{Many, One, Text};
use crate::detect::text::{self, counted};
use crate::detect::{Blob, Unreadable};

/// The one kind of an organisation's policies that is read.
const KIND: &str = "SERVICE_CONTROL_POLICY";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    #[serde(default)]
    policy: One<Policy>,
    targets: Option<Many<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(default)]
    content: Document,
    #[serde(default)]
    policy_summary: Summary,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Summary {
    id: Text,
    arn: Text,
    name: Text,
    r#type: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    #[serde(default)]
    target_id: Text,
}

/// The export.
pub(super) static EXPORT: OrganizationExport<Page> = OrganizationExport {
    name: "aws_service_controls",
    describe: "Service control policies of an AWS organisation: aws organizations describe-policy",
    exported_by: &["aws organizations describe-policy --policy-id ID"],
    claims: |opening, blob| {
        opening.names("Policy")
            && opening.any(&["Content", "PolicySummary"])
            && text::decode(blob.bytes).is_some_and(|text| text.contains(KIND))
    },
    note,
};

fn note(_: &Blob<'_>, pages: Vec<Page>, account: &mut AwsAccount) -> Option<Unreadable> {
    let controls = pages.into_iter().flat_map(|Page { policy, targets }| {
        let limits = policy.0.into_iter().filter(|policy| policy.policy_summary.r#type.as_str() == KIND);
        limits.map(move |policy| control(policy, targets.as_ref()))
    });
    account.service_controls.extend(controls);
    let broken = account.service_controls.iter().filter(|control| control.document.is_broken).count();
    let detail = format!("{} could not be read", counted(broken, "policy document", "policy documents"));
    (broken > 0).then_some(Unreadable { reason: "policy_broken", detail })
}

fn control(policy: Policy, targets: Option<&Many<Target>>) -> AwsServiceControl {
    let summary = &policy.policy_summary;
    let ids = |all: &Many<Target>| all.iter().map(|one| one.target_id.as_str().to_owned()).collect();
    AwsServiceControl {
        name: summary.name.as_str().to_owned(),
        id: summary.id.as_str().to_owned(),
        // The policy's own ARN names the account that manages the organisation.
        management_account: account_of(summary.arn.as_str()).unwrap_or_default().to_owned(),
        document: policy.content.whole(),
        targets: targets.map(ids),
    }
}

#[cfg(test)]
mod tests {
    use tenure_model::{FingerprintKey, Observation};

    use super::*;
    use crate::detect::Detector as _;

    fn controls(rest: &str) -> Vec<AwsServiceControl> {
        let text = format!(
            r#"{{"Policy": {{"Content": "{{\"Statement\": [{{\"Effect\": \"Deny\", \"Action\": \"iam:*\", \"Resource\": \"*\"}}]}}",
                "PolicySummary": {{"Arn": "arn:aws:organizations::111111111111:policy/o-1/service_control_policy/p-1",
                "Name": "no-iam", "Type": "{KIND}"}}}}{rest}}}"#
        );
        let blob = Blob {
            root: "r",
            path: "p.json",
            base: "",
            repository: "r",
            bytes: text.as_bytes(),
            neighbours: &crate::detect::Alone,
        };
        assert!(EXPORT.claims(&blob));
        let reading = EXPORT.read(&blob, &FingerprintKey::new([0; 32]));
        assert_eq!(reading.unreadable, None);
        match &reading.observations[..] {
            [Observation::AwsAccount(account)] => account.service_controls.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn where_a_policy_applies_is_only_known_when_it_is_told() {
        let alone = &controls("")[0];
        assert_eq!((alone.name.as_str(), alone.management_account.as_str()), ("no-iam", "111111111111"));
        assert_eq!(alone.document.statements[0].actions, ["iam:*"]);
        assert!(alone.targets.is_none());
        let told = r#", "Targets": [{"TargetId": "222222222222", "Type": "ACCOUNT"}, {"TargetId": "r-1"}]"#;
        let targets = ["222222222222".to_owned(), "r-1".to_owned()];
        assert_eq!(controls(told)[0].targets, Some(targets.to_vec()));
    }

    #[test]
    fn other_policies_are_left_alone_and_broken_ones_are_news() {
        let of = |text: &str| {
            let blob = Blob {
                root: "r",
                path: "p.json",
                base: "",
                repository: "r",
                bytes: text.as_bytes(),
                neighbours: &crate::detect::Alone,
            };
            (EXPORT.claims(&blob), EXPORT.read(&blob, &FingerprintKey::new([0; 32])).unreadable)
        };
        assert!(!of(r#"{"Policy": {"Content": "{}", "PolicySummary": {"Type": "TAG_POLICY"}}}"#).0);
        assert!(!of(r#"{"Policy": {"PolicyName": "deploy", "Arn": "a"}}"#).0);
        let broken = r#"{"Policy": {"Content": "{", "PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}}}"#;
        assert_eq!(of(broken).1.map(|why| why.reason), Some("policy_broken"));
        let cut = r#"{"Policy": {"Content": "{}", "PolicySummary": {"Type": "SERVICE_CONTROL_POLICY""#;
        assert_eq!(of(cut).1.map(|why| why.reason), Some("json_truncated"));
    }
}
