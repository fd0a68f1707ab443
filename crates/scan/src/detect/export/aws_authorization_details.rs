//! `get-account-authorization-details`: users, roles, what they may do and who may become them.
//!
//! Both forms are read: the API's percent-encoded policy documents and the CLI's objects. Weighing denials,
//! boundaries and conditions against each other is the business of `assess`, which gets the whole account.

mod account;
mod power;

use std::collections::HashMap;

use serde::Deserialize;
use tenure_model::{
    AwsAccount, AwsPrincipalKind, Fact, Federation, FingerprintKey, Observation, OwnerClaim, Quality, Subject,
};

use self::power::Power;
use super::aws::{Instant, account_of, principal, user_alias};
use super::aws_policy::Document;
use super::aws_trust::trust;
use super::json::{Many, Text, opens_with, pages};
use super::owner_tag::owner_confidence;
use crate::detect::text::{self, Lines, counted};
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::{Blob, Detector, Reading, Unreadable};

/// The reader.
pub(super) struct AuthorizationDetails;

/// Lists of which one is enough to know the export by.
const LISTS: [&str; 3] = ["\"UserDetailList\"", "\"RoleDetailList\"", "\"GroupDetailList\""];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    user_detail_list: Many<Principal>,
    #[serde(default)]
    role_detail_list: Many<Principal>,
    #[serde(default)]
    group_detail_list: Many<Group>,
    #[serde(default)]
    policies: Many<Managed>,
    #[serde(default)]
    is_truncated: Text,
}

/// A user or a role: the export writes them alike.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Principal {
    #[serde(default)]
    path: Text,
    #[serde(alias = "UserName", alias = "RoleName", default)]
    name: Text,
    #[serde(alias = "UserId", alias = "RoleId", default)]
    unique_id: Text,
    #[serde(default)]
    arn: Text,
    #[serde(alias = "UserPolicyList", alias = "RolePolicyList", default)]
    inline: Many<Inline>,
    #[serde(default)]
    group_list: Many<Text>,
    #[serde(default)]
    attached_managed_policies: Many<Attached>,
    #[serde(default)]
    permissions_boundary: Many<Boundary>,
    #[serde(default)]
    tags: Many<Tag>,
    assume_role_policy_document: Option<Document>,
    #[serde(default)]
    instance_profile_list: Many<InstanceProfile>,
    #[serde(default)]
    role_last_used: Many<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    #[serde(default)]
    arn: Text,
    #[serde(default)]
    group_name: Text,
    #[serde(alias = "GroupPolicyList", default)]
    inline: Many<Inline>,
    #[serde(default)]
    attached_managed_policies: Many<Attached>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inline {
    #[serde(default)]
    policy_name: Text,
    #[serde(default)]
    policy_document: Document,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attached {
    #[serde(default)]
    policy_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Managed {
    #[serde(default)]
    arn: Text,
    #[serde(default)]
    policy_version_list: Many<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    document: Document,
    #[serde(default)]
    is_default_version: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    #[serde(default)]
    permissions_boundary_arn: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    #[serde(default)]
    key: Text,
    #[serde(default)]
    value: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceProfile {
    #[serde(default)]
    instance_profile_name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    last_used_date: Option<Instant>,
}

impl Detector for AuthorizationDetails {
    fn name(&self) -> &'static str {
        "aws_authorization_details"
    }

    fn describe(&self) -> &'static str {
        "AWS users, roles and policies: aws iam get-account-authorization-details"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &["aws iam get-account-authorization-details"]
    }

    fn claims(&self, blob: &Blob<'_>) -> bool {
        LISTS.iter().any(|list| opens_with(blob, &[list]))
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the export is neither UTF-8 nor UTF-16 text");
        };
        let (pages, unreadable) = pages::<Page>(&text);
        let export = Export::of(&pages);
        let mut account = Account {
            export: &export,
            witness: Witness::new(blob, self.name()),
            lines: Lines::new(&text),
            // One look decides how this file writes a key and its value.
            arn_prefix: if text.contains("\"Arn\":\"") { "\"Arn\":\"" } else { "\"Arn\": \"" },
            broken_documents: 0,
            whole: AwsAccount {
                root: blob.root.to_owned(),
                path: blob.path.to_owned(),
                groups: pages
                    .iter()
                    .flat_map(|page| page.group_detail_list.iter())
                    .map(account::group)
                    .collect(),
                policies: pages.iter().flat_map(|page| page.policies.iter()).map(account::policy).collect(),
                ..AwsAccount::default()
            },
        };
        for page in &pages {
            page.user_detail_list.iter().for_each(|user| account.user(user));
            page.role_detail_list.iter().for_each(|role| account.role(role));
        }
        account.witness.observe(Observation::AwsAccount(Box::new(account.whole)));
        let missing = account.broken_documents > 0;
        let documents = counted(account.broken_documents, "policy document", "policy documents");
        let detail = format!("{documents} could not be read");
        let broken = missing.then_some(Unreadable { reason: "policy_broken", detail });
        let cut = pages.last().is_some_and(|page| page.is_truncated.as_str() == "true");
        let detail = "the export says that more pages follow; they are not in this file".to_owned();
        let cut = cut.then_some(Unreadable { reason: "export_page_missing", detail });
        let unreadable = unreadable.or(broken).or(cut);
        account.witness.done(unreadable)
    }
}

/// What is looked up while principals are read, from all pages of the file.
struct Export<'p> {
    groups: HashMap<&'p str, &'p Group>,
    policies: HashMap<&'p str, &'p Document>,
}

impl<'p> Export<'p> {
    fn of(pages: &'p [Page]) -> Self {
        let groups = pages.iter().flat_map(|page| page.group_detail_list.iter());
        let policies = pages.iter().flat_map(|page| page.policies.iter());
        Self {
            groups: groups.map(|group| (group.group_name.as_str(), group)).collect(),
            policies: policies
                .filter_map(|policy| {
                    let versions = &policy.policy_version_list;
                    let current = versions.iter().find(|version| version.is_default_version);
                    Some((policy.arn.as_str(), &current.or(versions.first())?.document))
                })
                .collect(),
        }
    }
}

struct Account<'a, 't, 'e> {
    export: &'e Export<'e>,
    witness: Witness<'a>,
    lines: Lines<'t>,
    arn_prefix: &'static str,
    broken_documents: usize,
    whole: AwsAccount,
}

impl Account<'_, '_, '_> {
    fn user(&mut self, user: &Principal) {
        let Some((subject, line)) = self.principal(user, "aws_iam_user") else { return };
        self.whole.principals.push(account::principal(user, AwsPrincipalKind::User, line));
        if let Some(account) = account_of(user.arn.as_str()) {
            let because = "account and user name are the same".to_owned();
            self.fact(
                &subject,
                line,
                Fact::SameAs { other: user_alias(account, user.name.as_str()), because },
            );
        }
    }

    fn role(&mut self, role: &Principal) {
        let Some((subject, line)) = self.principal(role, "aws_iam_role") else { return };
        self.whole.principals.push(account::principal(role, AwsPrincipalKind::Role, line));
        if role.path.as_str().starts_with("/aws-service-role/") {
            let text = "service-linked role: made, used and bounded by an AWS service".to_owned();
            self.fact(&subject, line, Fact::Purpose { text });
            self.tag(&subject, line, "aws:service-linked", "true");
        } else if role.path.as_str().starts_with("/aws-reserved/") {
            let text = "reserved role: people reach it through IAM Identity Center".to_owned();
            self.fact(&subject, line, Fact::Purpose { text });
            self.tag(&subject, line, "aws:reserved", "true");
        }
        for profile in role.instance_profile_list.iter() {
            self.tag(&subject, line, "aws:instance-profile", profile.instance_profile_name.as_str());
        }
        if let Some(used) = role.role_last_used.first() {
            let at = used.last_used_date.as_ref().and_then(Instant::timestamp);
            self.fact(&subject, line, Fact::LastUsed { at });
        }
        if let Some(document) = &role.assume_role_policy_document {
            self.trust(role, document, &subject, line);
        }
    }

    /// What users and roles have in common. `None` for an entry without an ARN: it is nobody.
    fn principal(&mut self, entry: &Principal, kind: &str) -> Option<(Subject, u32)> {
        let arn = entry.arn.get()?;
        let subject = principal(arn);
        let line = self.lines.find(&format!("{}{arn}\"", self.arn_prefix));
        let name = match entry.name.as_str() {
            "" => arn.rsplit('/').next().unwrap_or_default(),
            name => name,
        };
        let fact = Fact::Identity {
            kind: kind.to_owned(),
            name: name.to_owned(),
            native_id: Some(arn.to_owned()),
            provider: "aws".to_owned(),
        };
        self.fact(&subject, line, fact);
        for (key, value) in entry.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())) {
            self.tag(&subject, line, key, value);
            if let Some(confidence) = owner_confidence(key, value) {
                let path = self.witness.path().to_owned();
                let claim = OwnerClaim {
                    source: "tag".to_owned(),
                    path,
                    line: (line > 0).then_some(line),
                    value: value.to_owned(),
                    confidence,
                    inactive: false,
                };
                self.fact(&subject, line, Fact::Owner { claim });
            }
        }
        let mut power = Power::default();
        power.of_principal(entry, self.export);
        self.broken_documents += power.broken_documents;
        if let Some(boundary) =
            entry.permissions_boundary.first().and_then(|b| b.permissions_boundary_arn.get())
        {
            self.tag(&subject, line, "aws:permissions-boundary", boundary);
        }
        for denial in &power.denials {
            self.tag(&subject, line, "aws:denied", denial);
        }
        for grant in power.grants {
            self.fact(&subject, line, Fact::Grant { grant });
        }
        Some((subject, line))
    }

    fn trust(&mut self, role: &Principal, document: &Document, subject: &Subject, line: u32) {
        self.broken_documents += usize::from(document.broken);
        let trust = trust(document, role.arn.as_str());
        for how in trust.federation {
            self.fact(subject, line, Fact::Federation { state: Federation::Used, how });
        }
        for (rule, reason) in trust.findings {
            self.witness.finding(Statement {
                rule,
                severity: None,
                subject: subject.clone(),
                about: format!("{} {reason}", subject.key),
                title: format!("{}: {}", rule.title, role.name.as_str()),
                spots: vec![Spot::line(line.max(1))],
                reasons: vec![reason],
            });
        }
    }

    fn tag(&mut self, subject: &Subject, line: u32, key: &str, value: &str) {
        let fact = Fact::Tag { key: key.to_owned(), value: value.to_owned() };
        self.fact(subject, line, fact);
    }

    fn fact(&mut self, subject: &Subject, line: u32, fact: Fact) {
        self.witness.fact(subject, line, Quality::Authoritative, fact);
    }
}
