//! The entries of the export in the shape in which an account is weighed. An entry is used up: a record may be large.

use tenure_model::{AwsGroup, AwsInlinePolicy, AwsPolicy, AwsPrincipal, AwsPrincipalKind};

use super::super::aws_policy::Document;
use super::super::format::kept_value;
use super::super::json::{Many, One, Text};
use super::entry::{Attached, Group, Inline, InstanceProfile, LastUsed, Managed, Principal};

/// Where AWS keeps the roles that its services make for themselves.
const SERVICE_LINKED_PATH: &str = "/aws-service-role/";

/// What an entry says besides.
pub(super) struct Rest {
    pub(super) path: Text,
    /// The trust policy as it is written.
    pub(super) trust: Option<Document>,
    pub(super) instance_profiles: Many<InstanceProfile>,
    pub(super) last_used: One<LastUsed>,
}

pub(super) fn principal(entry: Principal, kind: AwsPrincipalKind, line: u32) -> (AwsPrincipal, Rest) {
    let arn = entry.arn.as_str().to_owned();
    let name = match entry.name.as_str() {
        "" => arn.rsplit('/').next().unwrap_or_default().to_owned(),
        name => name.to_owned(),
    };
    let boundaries = entry.permissions_boundary.0.into_iter().map(|one| one.permissions_boundary_arn);
    let principal = AwsPrincipal {
        name,
        unique_id: entry.unique_id.as_str().to_owned(),
        kind,
        line,
        inline: inline(entry.inline),
        attached: attached(entry.attached_managed_policies),
        groups: texts(entry.group_list.0),
        boundary: texts(boundaries).pop(),
        tags: entry
            .tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .map(|(key, value)| (key.to_owned(), kept_value(key, value).to_owned()))
            .collect(),
        trust: entry.assume_role_policy_document.clone().map(Document::whole),
        has_instance_profile: !entry.instance_profile_list.is_empty(),
        is_service_linked: arn.contains(SERVICE_LINKED_PATH),
        arn,
    };
    let rest = Rest {
        path: entry.path,
        trust: entry.assume_role_policy_document,
        instance_profiles: entry.instance_profile_list,
        last_used: entry.role_last_used,
    };
    (principal, rest)
}

pub(super) fn group(group: Group) -> AwsGroup {
    AwsGroup {
        arn: group.arn.as_str().to_owned(),
        name: group.group_name.as_str().to_owned(),
        inline: inline(group.inline),
        attached: attached(group.attached_managed_policies),
    }
}

pub(super) fn policy(policy: Managed) -> AwsPolicy {
    let mut versions = policy.policy_version_list.0;
    let in_force = versions.iter().position(|version| version.is_default_version).unwrap_or(0);
    let document = (in_force < versions.len()).then(|| versions.remove(in_force).document.whole());
    AwsPolicy {
        arn: policy.arn.as_str().to_owned(),
        document,
        other_versions: versions.into_iter().map(|version| version.document.whole()).collect(),
    }
}

fn inline(policies: Many<Inline>) -> Vec<AwsInlinePolicy> {
    let policy = |policy: Inline| AwsInlinePolicy {
        name: policy.policy_name.as_str().to_owned(),
        document: policy.policy_document.whole(),
    };
    policies.0.into_iter().map(policy).collect()
}

fn attached(policies: Many<Attached>) -> Vec<String> {
    texts(policies.0.into_iter().map(|policy| policy.policy_arn))
}

fn texts(texts: impl IntoIterator<Item = Text>) -> Vec<String> {
    texts.into_iter().filter_map(|text| text.get().map(str::to_owned)).collect()
}
