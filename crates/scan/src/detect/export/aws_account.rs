//! An AWS account that is read entry by entry: users, roles, groups and policies, whichever export holds them.
//!
//! The file is walked twice: first for what principals refer to, then for the principals. Weighing denials, boundaries
//! and conditions against each other is the business of `assess`, which gets the whole account.

mod entry;
mod power;
mod whole;

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tenure_model::{
    AwsAccount, AwsDocument, AwsGroup, AwsPrincipal, AwsPrincipalKind, AwsStatement, Fact, Federation, Grant,
    Observation, OwnerClaim, Quality, Subject,
};

pub(super) use self::entry::Kind;
use self::entry::Principal;
use self::power::Power;
use super::aws::{Instant, account_of, principal, user_alias};
use super::aws_policy::Document;
use super::aws_trust::trust;
use super::format::tag;
use super::owner_tag::owner_confidence;
use super::records::LinesWithin;
use crate::detect::text::counted;
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::{Blob, Reading, Unreadable};

/// Bytes of policy documents that are held of one file; AWS's quotas keep most accounts below a tenth.
const DOCUMENT_BYTES_MAX: usize = 24 << 20;
/// Users and roles of one file; AWS's quotas allow an account ten thousand, and a file may hold two accounts.
const PRINCIPALS_MAX: usize = 20_000;
/// Grants that are listed of one file; all of them are weighed, and whoever's are not listed is tagged with their number.
const GRANTS_MAX: usize = 20_000;

/// Walks a file once and hands over its entries.
pub(super) type Entries<'e> = &'e dyn Fn(&mut dyn FnMut(Kind, Value, &mut LinesWithin)) -> Option<Unreadable>;

/// Reads the account of a file for one of the readers.
pub(super) fn read(blob: &Blob<'_>, reader: &'static str, entries: Entries<'_>) -> Reading {
    let mut account = Account {
        witness: Witness::new(blob, reader),
        whole: AwsAccount { root: blob.root.to_owned(), path: blob.path.to_owned(), ..AwsAccount::default() },
        groups: HashMap::new(),
        policies: HashMap::new(),
        document_bytes: 0,
        grants: 0,
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
    account.witness.observe(Observation::AwsAccount(Box::new(account.whole)));
    account.witness.done(unreadable.or(missing))
}

/// What could not be read or was left out.
#[derive(Default)]
struct Missing {
    odd_entries: usize,
    broken_documents: usize,
    documents_beyond: usize,
    principals_beyond: usize,
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
        let beyond = self.documents_beyond + self.principals_beyond;
        let large = || {
            let detail = format!(
                "{} users and roles and {} policy documents are beyond what is held of one file",
                self.principals_beyond, self.documents_beyond,
            );
            of(beyond, "export_too_large", detail)
        };
        odd().or_else(broken).or_else(large)
    }
}

struct Account<'a> {
    witness: Witness<'a>,
    whole: AwsAccount,
    /// Places in the account by name and by ARN.
    groups: HashMap<String, usize>,
    policies: HashMap<String, usize>,
    document_bytes: usize,
    grants: usize,
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
                let mut group = whole::group(&entry);
                self.fit(group.inline.iter_mut().map(|policy| &mut policy.document));
                self.groups.insert(group.name.clone(), self.whole.groups.len());
                self.whole.groups.push(group);
            }
            Kind::Policy => {
                let Some(entry) = self.entry(value) else { return };
                let mut policy = whole::policy(&entry);
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
            self.document_bytes += weight(document);
            if self.document_bytes > DOCUMENT_BYTES_MAX {
                self.missing.documents_beyond += 1;
                *document = AwsDocument { is_broken: true, ..AwsDocument::default() };
            }
        }
    }

    fn user(&mut self, value: Value, lines: &mut LinesWithin) {
        let Some((subject, user, _)) = self.principal(value, AwsPrincipalKind::User, lines) else { return };
        if let Some(account) = account_of(&user.arn) {
            let other = user_alias(account, &user.name);
            let because = "account and user name are the same".to_owned();
            self.fact(&subject, user.line, Fact::SameAs { other, because });
        }
        self.whole.principals.push(user);
    }

    fn role(&mut self, value: Value, lines: &mut LinesWithin) {
        let Some((subject, role, entry)) = self.principal(value, AwsPrincipalKind::Role, lines) else {
            return;
        };
        let line = role.line;
        if entry.path.as_str().starts_with("/aws-service-role/") {
            let text = "service-linked role: made, used and bounded by an AWS service".to_owned();
            self.fact(&subject, line, Fact::Purpose { text });
            self.tag(&subject, line, "aws:service-linked", "true");
        } else if entry.path.as_str().starts_with("/aws-reserved/") {
            let text = "reserved role: people reach it through IAM Identity Center".to_owned();
            self.fact(&subject, line, Fact::Purpose { text });
            self.tag(&subject, line, "aws:reserved", "true");
        }
        for profile in entry.instance_profile_list.iter() {
            self.tag(&subject, line, "aws:instance-profile", profile.instance_profile_name.as_str());
        }
        if let Some(used) = entry.role_last_used.first() {
            let at = used.last_used_date.as_ref().and_then(Instant::timestamp);
            self.fact(&subject, line, Fact::LastUsed { at });
        }
        if let Some(document) = &entry.assume_role_policy_document {
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
    ) -> Option<(Subject, AwsPrincipal, Principal)> {
        let entry: Principal = self.entry(value)?;
        let arn = entry.arn.get()?;
        if self.whole.principals.len() >= PRINCIPALS_MAX {
            self.missing.principals_beyond += 1;
            return None;
        }
        let line = lines.find(&format!("{arn}\""));
        let mut whole = whole::principal(&entry, kind, line);
        let subject = principal(arn);
        let kind = if kind == AwsPrincipalKind::User { "aws_iam_user" } else { "aws_iam_role" };
        let fact = Fact::Identity {
            kind: kind.to_owned(),
            name: whole.name.clone(),
            native_id: Some(arn.to_owned()),
            provider: "aws".to_owned(),
        };
        self.fact(&subject, line, fact);
        for (key, value) in &whole.tags {
            self.tag(&subject, line, key, value);
            self.owner(&subject, line, key, value);
        }
        self.fit(whole.inline.iter_mut().map(|policy| &mut policy.document).chain(&mut whole.trust));
        if let Some(boundary) = &whole.boundary {
            self.tag(&subject, line, "aws:permissions-boundary", boundary);
        }
        let power = Power::of(&whole, self);
        for denial in &power.denials {
            self.tag(&subject, line, "aws:denied", denial);
        }
        self.list(&subject, line, power.grants);
        Some((subject, whole, entry))
    }

    fn trust(&mut self, role: &AwsPrincipal, document: &Document, subject: &Subject) {
        let trust = trust(document, &role.arn);
        for how in trust.federation {
            self.fact(subject, role.line, Fact::Federation { state: Federation::Used, how });
        }
        for (rule, reason) in trust.findings {
            self.witness.finding(Statement {
                rule,
                severity: None,
                subject: subject.clone(),
                about: format!("{} {reason}", subject.key),
                title: format!("{}: {}", rule.title, role.name),
                spots: vec![Spot::line(role.line.max(1))],
                reasons: vec![reason],
            });
        }
    }

    fn owner(&mut self, subject: &Subject, line: u32, key: &str, value: &str) {
        let Some(confidence) = owner_confidence(key, value) else { return };
        let claim = OwnerClaim {
            source: "tag".to_owned(),
            path: self.witness.path().to_owned(),
            line: (line > 0).then_some(line),
            value: value.to_owned(),
            confidence,
            inactive: false,
        };
        self.fact(subject, line, Fact::Owner { claim });
    }

    fn list(&mut self, subject: &Subject, line: u32, grants: Vec<Grant>) {
        if self.grants + grants.len() > GRANTS_MAX {
            let told = format!("{}, weighed but not listed", counted(grants.len(), "grant", "grants"));
            return self.tag(subject, line, "aws:grants", &told);
        }
        self.grants += grants.len();
        for grant in grants {
            self.fact(subject, line, Fact::Grant { grant });
        }
    }

    fn tag(&mut self, subject: &Subject, line: u32, key: &str, value: &str) {
        self.fact(subject, line, tag(key, value));
    }

    fn fact(&mut self, subject: &Subject, line: u32, fact: Fact) {
        self.witness.fact(subject, line, Quality::Authoritative, fact);
    }
}

/// Roughly the bytes that a document takes while it is held and weighed.
fn weight(document: &AwsDocument) -> usize {
    /// What a text takes besides its characters.
    const EACH: usize = 24;
    let texts = |texts: &[String]| texts.iter().map(|text| text.len() + EACH).sum::<usize>();
    let of = |statement: &AwsStatement| {
        let conditions = statement.conditions.iter();
        let conditions =
            conditions.map(|one| texts(&one.values) + one.key.len() + one.operator.len() + 2 * EACH);
        size_of::<AwsStatement>()
            + texts(&statement.actions)
            + texts(&statement.not_actions)
            + texts(&statement.resources)
            + texts(&statement.not_resources)
            + texts(&statement.principals.aws)
            + conditions.sum::<usize>()
    };
    document.statements.iter().map(of).sum()
}
