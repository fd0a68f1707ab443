//! The entries of the export in the shape in which an account is weighed.

use tenure_model::{AwsGroup, AwsInlinePolicy, AwsPolicy, AwsPrincipal, AwsPrincipalKind};

use super::super::format::kept_value;
use super::super::json::Text;
use super::entry::{Attached, Group, Inline, Managed, Principal};

/// Where AWS keeps the roles that its services make for themselves.
const SERVICE_LINKED_PATH: &str = "/aws-service-role/";

pub(super) fn principal(entry: &Principal, kind: AwsPrincipalKind, line: u32) -> AwsPrincipal {
    let arn = entry.arn.as_str().to_owned();
    let name = match entry.name.as_str() {
        "" => arn.rsplit('/').next().unwrap_or_default().to_owned(),
        name => name.to_owned(),
    };
    AwsPrincipal {
        name,
        unique_id: entry.unique_id.as_str().to_owned(),
        kind,
        line,
        inline: inline(&entry.inline),
        attached: attached(&entry.attached_managed_policies),
        groups: texts(entry.group_list.iter()),
        boundary: texts(entry.permissions_boundary.iter().map(|one| &one.permissions_boundary_arn)).pop(),
        tags: entry
            .tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .map(|(key, value)| (key.to_owned(), kept_value(key, value).to_owned()))
            .collect(),
        trust: entry.assume_role_policy_document.as_ref().map(|document| document.whole()),
        has_instance_profile: !entry.instance_profile_list.is_empty(),
        is_service_linked: arn.contains(SERVICE_LINKED_PATH),
        arn,
    }
}

pub(super) fn group(group: &Group) -> AwsGroup {
    AwsGroup {
        arn: group.arn.as_str().to_owned(),
        name: group.group_name.as_str().to_owned(),
        inline: inline(&group.inline),
        attached: attached(&group.attached_managed_policies),
    }
}

pub(super) fn policy(policy: &Managed) -> AwsPolicy {
    let versions = &policy.policy_version_list;
    let in_force = versions.iter().position(|version| version.is_default_version).unwrap_or(0);
    AwsPolicy {
        arn: policy.arn.as_str().to_owned(),
        document: versions.get(in_force).map(|version| version.document.whole()),
        other_versions: versions
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != in_force)
            .map(|(_, version)| version.document.whole())
            .collect(),
    }
}

fn inline(policies: &[Inline]) -> Vec<AwsInlinePolicy> {
    policies
        .iter()
        .map(|policy| AwsInlinePolicy {
            name: policy.policy_name.as_str().to_owned(),
            document: policy.policy_document.whole(),
        })
        .collect()
}

fn attached(policies: &[Attached]) -> Vec<String> {
    texts(policies.iter().map(|policy| &policy.policy_arn))
}

fn texts<'t>(texts: impl Iterator<Item = &'t Text>) -> Vec<String> {
    texts.filter_map(Text::get).map(str::to_owned).collect()
}
