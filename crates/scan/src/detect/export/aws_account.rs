//! An AWS account that is read entry by entry: users, roles, groups and policies, whichever export holds them.
//!
//! The file is walked twice: first for what principals refer to, then for the principals. Weighing denials, boundaries
//! and conditions against each other is the business of `assess`, which gets the whole account.

mod entry;
mod export;
mod held;
mod power;
mod whole;

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tenure_model::{
    AwsAccount, AwsDocument, AwsGroup, AwsPrincipal, AwsPrincipalKind, Fact, FingerprintKey, Observation,
    Subject,
};

pub(super) use self::entry::Kind;
use self::entry::Principal;
pub(super) use self::export::{AccountExport, Part};
use self::held::{Held, group_bytes, policy_bytes, principal_bytes};
use self::power::{Power, Room};
use self::whole::Rest;
use super::aws::{Instant, account_of, principal, user_alias};
use super::aws_policy::Document;
use super::aws_trust::trust;
use super::format::Pen;
use super::records::LinesWithin;
use crate::detect::text::counted;
use crate::detect::{Blob, Reading, Unreadable};

/// Users and roles of one file; AWS's quotas allow an account ten thousand, and a file may hold two accounts.
const PRINCIPALS_MAX: usize = 20_000;

/// Walks a file once and hands over its entries.
type Entries<'e> = &'e dyn Fn(&mut dyn FnMut(Kind, Value, &mut LinesWithin)) -> Option<Unreadable>;

/// Reads the account of a file for one of the readers.
fn read(blob: &Blob<'_>, reader: &'static str, key: &FingerprintKey, entries: Entries<'_>) -> Reading {
    let mut account = Account {
        pen: Pen::new(blob, reader, key),
        whole: AwsAccount { root: blob.root.to_owned(), path: blob.path.to_owned(), ..AwsAccount::default() },
        groups: HashMap::new(),
        policies: HashMap::new(),
        held: Held::default(),
        room: Room::WHOLE,
        missing: Missing::default(),
    };
    // What breaks the file breaks it in both walks.
    let _ = entries(&mut |kind, value, _| account.refer(kind, value));
    let unreadable = entries(&mut |kind, value, lines| match kind {
        Kind::User => account.user(value, lines),
        Kind::Role => account.role(value, lines),
        Kind::Group | Kind::Policy => {}
    });
    let missing = account.missing.told();
    account.pen.observe(Observation::AwsAccount(Box::new(account.whole)));
    account.pen.done(unreadable.or(missing))
}

/// What could not be read or was left out.
#[derive(Default)]
struct Missing {
    odd_entries: usize,
    broken_documents: usize,
    documents_beyond: usize,
    principals_beyond: usize,
    groups_beyond: usize,
    policies_beyond: usize,
}

impl Missing {
    fn told(&self) -> Option<Unreadable> {
        let of = |count: usize, reason, detail: String| (count > 0).then_some(Unreadable { reason, detail });
        let odd = || {
            let entries = counted(self.odd_entries, "entry has", "entries have");
            of(self.odd_entries, "json_broken", format!("{entries} values of another kind than expected"))
        };
        let broken = || {
            let documents = counted(self.broken_documents, "policy document", "policy documents");
            of(self.broken_documents, "policy_broken", format!("{documents} could not be read"))
        };
        let beyond = [
            (self.principals_beyond, "user or role", "users and roles"),
            (self.groups_beyond, "group", "groups"),
            (self.policies_beyond, "managed policy", "managed policies"),
            (self.documents_beyond, "policy document", "policy documents"),
        ];
        let large = || {
            let parts = beyond.into_iter().filter(|(count, ..)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, one, many)| counted(count, one, many)).collect();
            let detail = format!("beyond what is held of one file: {}", parts.join(", "));
            of(parts.len(), "export_too_large", detail)
        };
        odd().or_else(broken).or_else(large)
    }
}

struct Account<'a> {
    pen: Pen<'a>,
    whole: AwsAccount,
    /// Places in the account by name and by ARN.
    groups: HashMap<String, usize>,
    policies: HashMap<String, usize>,
    held: Held,
    room: Room,
    missing: Missing,
}

impl Account<'_> {
    fn group(&self, name: &str) -> Option<&AwsGroup> {
        self.groups.get(name).map(|at| &self.whole.groups[*at])
    }

    fn policy(&self, arn: &str) -> Option<&AwsDocument> {
        self.policies.get(arn).and_then(|at| self.whole.policies[*at].document.as_ref())
    }

    /// Keeps what principals refer to.
    fn refer(&mut self, kind: Kind, value: Value) {
        match kind {
            Kind::User | Kind::Role => {}
            Kind::Group => {
                let Some(entry) = self.entry(value) else { return };
                let mut group = whole::group(entry);
                if !self.held.takes(group_bytes(&group)) {
                    self.missing.groups_beyond += 1;
                    return;
                }
                self.fit(group.inline.iter_mut().map(|policy| &mut policy.document));
                self.groups.insert(group.name.clone(), self.whole.groups.len());
                self.whole.groups.push(group);
            }
            Kind::Policy => {
                let Some(entry) = self.entry(value) else { return };
                let mut policy = whole::policy(entry);
                if !self.held.takes(policy_bytes(&policy)) {
                    self.missing.policies_beyond += 1;
                    return;
                }
                self.fit(policy.document.iter_mut().chain(&mut policy.other_versions));
                self.policies.insert(policy.arn.clone(), self.whole.policies.len());
                self.whole.policies.push(policy);
            }
        }
    }

    fn entry<T: DeserializeOwned>(&mut self, value: Value) -> Option<T> {
        let entry = serde_json::from_value(value).ok();
        self.missing.odd_entries += usize::from(entry.is_none());
        entry
    }

    /// Lets go of documents that do not fit any more: what they say is unknown then.
    fn fit<'d>(&mut self, documents: impl Iterator<Item = &'d mut AwsDocument>) {
        for document in documents {
            self.missing.broken_documents += usize::from(document.is_broken);
            if !self.held.takes_document(document) {
                self.missing.documents_beyond += 1;
                *document = AwsDocument { is_broken: true, ..AwsDocument::default() };
            }
        }
    }

    fn user(&mut self, value: Value, lines: &mut LinesWithin) {
        let Some((subject, user, _)) = self.principal(value, AwsPrincipalKind::User, lines) else { return };
        if let Some(account) = account_of(&user.arn) {
            let other = user_alias(account, &user.name);
            self.pen.same(&subject, other, "account and user name are the same");
        }
        self.whole.principals.push(user);
    }

    fn role(&mut self, value: Value, lines: &mut LinesWithin) {
        let Some((subject, role, rest)) = self.principal(value, AwsPrincipalKind::Role, lines) else {
            return;
        };
        let pen = &mut self.pen;
        if rest.path.as_str().starts_with("/aws-service-role/") {
            let text = "service-linked role: made, used and bounded by an AWS service".to_owned();
            pen.fact(&subject, Fact::Purpose { text });
            pen.tag(&subject, "aws:service-linked", "true");
        } else if rest.path.as_str().starts_with("/aws-reserved/") {
            let text = "reserved role: people reach it through IAM Identity Center".to_owned();
            pen.fact(&subject, Fact::Purpose { text });
            pen.tag(&subject, "aws:reserved", "true");
        }
        for profile in rest.instance_profiles.iter() {
            pen.tag(&subject, "aws:instance-profile", profile.instance_profile_name.as_str());
        }
        if let Some(used) = &rest.last_used.0 {
            let at = used.last_used_date.as_ref().and_then(Instant::timestamp);
            pen.fact(&subject, Fact::LastUsed { at });
        }
        if let Some(document) = &rest.trust {
            self.trust(&role, document, &subject);
        }
        self.whole.principals.push(role);
    }

    /// What users and roles have in common. `None` for an entry without an ARN: it is nobody.
    fn principal(
        &mut self,
        value: Value,
        kind: AwsPrincipalKind,
        lines: &mut LinesWithin,
    ) -> Option<(Subject, AwsPrincipal, Rest)> {
        let entry: Principal = self.entry(value)?;
        let arn = entry.arn.get()?;
        let line = lines.find(&format!("{arn}\""));
        let (mut whole, rest) = whole::principal(entry, kind, line);
        let has_room = self.whole.principals.len() < PRINCIPALS_MAX && !self.pen.is_full();
        if !has_room || !self.held.takes(principal_bytes(&whole)) {
            self.missing.principals_beyond += 1;
            return None;
        }
        self.pen.go(line);
        let subject = principal(&whole.arn);
        let kind = if kind == AwsPrincipalKind::User { "aws_iam_user" } else { "aws_iam_role" };
        self.pen.identity(&subject, kind, &whole.name, Some(&whole.arn));
        for (key, value) in &whole.tags {
            self.pen.tag(&subject, key, value);
        }
        self.fit(whole.inline.iter_mut().map(|policy| &mut policy.document).chain(&mut whole.trust));
        if let Some(boundary) = &whole.boundary {
            self.pen.tag(&subject, "aws:permissions-boundary", boundary);
        }
        let (power, room) = Power::of(&whole, self, self.room);
        self.room = room;
        for denial in &power.denials {
            self.pen.tag(&subject, "aws:denied", denial);
        }
        for grant in power.grants {
            self.pen.fact(&subject, Fact::Grant { grant });
        }
        if power.unnamed > 0 {
            let unnamed = counted(power.unnamed, "policy or group", "policies and groups");
            self.pen.tag(&subject, "aws:grants", &format!("{unnamed}, weighed but not listed"));
        }
        Some((subject, whole, rest))
    }

    fn trust(&mut self, role: &AwsPrincipal, document: &Document, subject: &Subject) {
        let trust = trust(document, &role.arn);
        for how in trust.federation {
            self.pen.federation(subject, how);
        }
        for (rule, reason) in trust.findings {
            self.pen.finding(rule, subject, &role.name, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::aws_authorization_details::EXPORT;
    use super::*;
    use crate::detect::Detector as _;

    fn read(text: &str) -> Reading {
        let blob = Blob {
            root: "r",
            path: "a.json",
            base: "",
            repository: "r",
            bytes: text.as_bytes(),
            neighbours: &crate::detect::Alone,
        };
        EXPORT.read(&blob, &FingerprintKey::new([0; 32]))
    }

    fn facts(reading: &Reading) -> impl Iterator<Item = &Fact> {
        reading.observations.iter().filter_map(|observation| match observation {
            Observation::Evidence(evidence) => Some(&evidence.fact),
            _ => None,
        })
    }

    fn account(reading: Reading) -> AwsAccount {
        let account = reading.observations.into_iter().find_map(|observation| match observation {
            Observation::AwsAccount(account) => Some(*account),
            _ => None,
        });
        account.expect("a reading of an account has it")
    }

    const USER: &str = r#"{"UserName": "ci", "Arn": "arn:aws:iam::111122223333:user/ci", "GroupList": ["deploy"],
        "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/p3"}]}"#;

    #[test]
    fn policies_and_groups_beyond_what_is_held_are_counted_and_the_rest_is_told() {
        let long = "x".repeat(6 << 20);
        let names = |kind: &str, name: &str| {
            let entry =
                |at: usize| format!(r#"{{"{name}": "arn:aws:iam::111122223333:{kind}/p{at}{long}"}}"#);
            (0..3).map(entry).collect::<Vec<_>>().join(",")
        };
        let reading = read(&format!(
            r#"{{"UserDetailList": [{USER}], "GroupDetailList": [{}], "Policies": [{}]}}"#,
            names("group", "Arn"),
            names("policy", "Arn"),
        ));
        let unread = reading.unreadable.clone().expect("something was cut");
        assert_eq!(unread.reason, "export_too_large");
        assert_eq!(unread.detail, "beyond what is held of one file: 1 group, 3 managed policies");
        assert!(facts(&reading).any(|fact| matches!(fact, Fact::Identity { name, .. } if name == "ci")));
        let account = account(reading);
        assert_eq!((account.principals.len(), account.groups.len(), account.policies.len()), (1, 2, 0));
    }

    #[test]
    fn a_large_policy_of_a_group_is_weighed_and_only_named_in_each_members_list() {
        let group = |actions: usize| {
            let actions: Vec<String> = (0..actions).map(|at| format!(r#""s3:GetObject{at}""#)).collect();
            let statement =
                format!(r#"{{"Effect": "Allow", "Action": [{}], "Resource": "*"}}"#, actions.join(","));
            read(&format!(
                r#"{{"UserDetailList": [{USER}], "GroupDetailList": [{{"GroupName": "deploy", "GroupPolicyList":
                    [{{"PolicyName": "p", "PolicyDocument": {{"Statement": {statement}}}}}]}}]}}"#
            ))
        };
        let told = |reading: &Reading| {
            let grants = facts(reading).filter_map(|fact| match fact {
                Fact::Grant { grant } => Some((grant.actions.len(), grant.scope.clone())),
                _ => None,
            });
            grants.collect::<Vec<_>>()
        };
        assert!(told(&group(3)).contains(&(3, "group deploy: inline policy p".to_owned())));
        let large = group(10_000);
        assert!(told(&large).contains(&(0, "group deploy (weighed; 1 statement is not listed)".to_owned())));
        assert_eq!(large.unreadable, None, "nothing was left unread");
        assert_eq!(account(large).groups[0].inline[0].document.statements[0].actions.len(), 10_000);
    }

    #[test]
    fn whoever_belongs_to_many_groups_has_a_list_with_an_end() {
        let groups: Vec<String> = (0..50_000).map(|at| format!(r#""a-group-of-many-{at}""#)).collect();
        let user = USER.replace(r#""deploy""#, &groups.join(","));
        let users = [user.as_str(); 2].join(",");
        let reading = read(&format!(r#"{{"UserDetailList": [{users}]}}"#));
        let unnamed = facts(&reading).filter(|fact| {
            matches!(fact, Fact::Tag { key, value } if key == "aws:grants" && value.ends_with("weighed but not listed"))
        });
        assert_eq!(unnamed.count(), 2);
    }
}
