//! A format of exports: how it is known, how it is cut into records, and who reads them.

use std::hash::BuildHasher as _;
use std::io::Read;

use rustc_hash::{FxBuildHasher, FxHashSet};
use serde::de::DeserializeOwned;
use tenure_model::{
    Credential, Fact, Federation, Fingerprint, FingerprintKey, Grant, Members, Observation, OwnerClaim,
    Quality, RoleDefinition, Severity, Subject, SubjectKind,
};

use super::budget::{Budget, FINDING_BYTES, text_bytes, weight};
use super::node::Node;
use super::owner_tag::owner_confidence;
use super::records::{LinesWithin, past_mark, records};
use crate::detect::look::Opening;
use crate::detect::rules::ReaderRule;
use crate::detect::text::counted;
use crate::detect::witness::{Spot, Statement, Witness, shortened};
use crate::detect::{Blob, Detector, Look, Reading, Reopen, Unreadable, text};
use crate::engine::generic::is_telling;

/// Findings about a file as a whole that are told although it gives more than is kept.
const LAST_FINDINGS_MAX: usize = 64;

/// One format; its reader is one file.
pub(super) struct Export {
    /// Stable name, as evidence shows it.
    pub(super) name: &'static str,
    /// What it is, in one sentence.
    pub(super) describe: &'static str,
    /// Commands that make such a file.
    pub(super) exported_by: &'static [&'static str],
    /// Whether a file that begins like this is one.
    pub(super) claims: fn(&Opening<'_>) -> bool,
    /// Members of a page whose elements are records.
    pub(super) lists: &'static [&'static str],
    /// Reads the records of one file.
    pub(super) start: fn() -> Box<dyn Gather>,
}

/// What reads the records of one file.
pub(super) trait Gather {
    /// One record, of the list of this name; of none when it is a page itself.
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>);
    /// Nothing more comes. What needs the whole file is told now.
    fn end(&mut self, _pen: &mut Pen<'_>) {}
}

/// A reader that needs one record at a time and keeps nothing.
pub(super) struct Each(pub(super) fn(&str, Node<'_>, &mut Pen<'_>));

impl Gather for Each {
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        (self.0)(list, record, pen);
    }
}

/// Every format of this kind as one reader, so that a file's opening is looked at once for all of them.
pub(super) struct Formats(pub(super) &'static [&'static Export]);

impl Formats {
    fn claiming<'s>(&'s self, look: &Look<'_>) -> Vec<&'s Export> {
        let Some(opening) = look.json() else { return Vec::new() };
        self.0.iter().copied().filter(|format| (format.claims)(opening)).collect()
    }

    fn each(&self, blob: &Blob<'_>, read: impl Fn(&Export) -> Reading) -> Reading {
        let mut whole = Reading::default();
        let head = Look::head(blob);
        for format in self.claiming(&Look::new(blob, &head)) {
            let reading = read(format);
            whole.observations.extend(reading.observations);
            whole.unreadable = whole.unreadable.or(reading.unreadable);
        }
        whole
    }
}

impl Detector for Formats {
    fn name(&self) -> &'static str {
        "exports"
    }

    fn describe(&self) -> &'static str {
        "Exports in JSON: each of the formats below it"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| self.0.iter().any(|format| (format.claims)(opening)))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        self.each(blob, |format| format.read(blob, key))
    }

    fn read_stream(&self, blob: &Blob<'_>, open: Reopen<'_>, key: &FingerprintKey) -> Option<Reading> {
        if blob.bytes.starts_with(&[0xFF, 0xFE]) || blob.bytes.starts_with(&[0xFE, 0xFF]) {
            return None;
        }
        Some(self.each(blob, |format| format.read_stream(blob, open, key).unwrap_or_default()))
    }
}

impl Detector for Export {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> &'static str {
        self.describe
    }

    fn exported_by(&self) -> &'static [&'static str] {
        self.exported_by
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.json().is_some_and(|opening| (self.claims)(opening))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the export is neither UTF-8 nor UTF-16 text");
        };
        self.read_from(blob, &mut text.as_bytes(), key)
    }

    fn read_stream(&self, blob: &Blob<'_>, open: Reopen<'_>, key: &FingerprintKey) -> Option<Reading> {
        let mut stream = past_mark(blob.bytes)?.skip(open());
        Some(self.read_from(blob, &mut stream, key))
    }
}

impl Export {
    fn read_from(&self, blob: &Blob<'_>, stream: &mut dyn Read, key: &FingerprintKey) -> Reading {
        let mut gather = (self.start)();
        let mut pen = Pen::new(blob, self.name, key);
        let unreadable = records(stream, self.lists, &mut |record| {
            pen.line = record.line;
            pen.lines = Some(record.lines);
            // What nobody may write down any more need not be gathered either.
            if !pen.is_full() {
                gather.record(record.list, Node::of(&record.value), &mut pen);
            }
        });
        (pen.line, pen.lines, pen.last_findings) = (0, None, LAST_FINDINGS_MAX);
        gather.end(&mut pen);
        pen.done(unreadable)
    }
}

/// Writes down what records say, each fact with its line.
pub(super) struct Pen<'b> {
    pub(super) blob: &'b Blob<'b>,
    pub(super) key: &'b FingerprintKey,
    witness: Witness<'b>,
    quality: Quality,
    line: u32,
    lines: Option<LinesWithin>,
    unreadable: Option<Unreadable>,
    budget: Budget,
    /// Findings that are told at the end of a file even where nothing else has room.
    last_findings: usize,
    /// Hashes of what was said of identities: exports name one at each of its grants.
    introduced: FxHashSet<u64>,
}

impl<'b> Pen<'b> {
    /// A pen of the reader that is called so.
    pub(super) fn new(blob: &'b Blob<'b>, reader: &'static str, key: &'b FingerprintKey) -> Self {
        Self {
            blob,
            key,
            witness: Witness::new(blob, reader),
            quality: Quality::Authoritative,
            line: 0,
            lines: None,
            unreadable: None,
            budget: Budget::default(),
            last_findings: 0,
            introduced: FxHashSet::default(),
        }
    }

    /// Hands over what was written, with why the file is not whole.
    pub(super) fn done(mut self, unreadable: Option<Unreadable>) -> Reading {
        let said = self.unreadable.take();
        self.witness.done(unreadable.or(said))
    }
}

/// A label.
pub(super) fn tag(key: &str, value: &str) -> Fact {
    Fact::Tag { key: key.to_owned(), value: kept_value(key, value).to_owned() }
}

/// What a label holds; nothing of it where its name promises a secret: people put some there.
pub(super) fn kept_value<'v>(key: &str, value: &'v str) -> &'v str {
    if is_telling(key.as_bytes()) { "(not kept)" } else { value }
}

impl Pen<'_> {
    /// Whether anything written from now on would be cut; that it was is told.
    pub(super) fn is_full(&self) -> bool {
        self.budget.is_spent()
    }

    /// Whether so many bytes more may be written; what is cut is told.
    fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.budget.take(bytes);
        if !has_room {
            let kept = counted(self.budget.statements(), "statement", "statements");
            self.unread("too_many_facts", format!("only the first {kept} of the file are kept"));
        }
        has_room
    }

    /// What follows stands where this text comes next in the record.
    pub(super) fn at(&mut self, needle: &str) -> u32 {
        if let Some(lines) = &mut self.lines {
            self.line = lines.find(needle);
        }
        self.line
    }

    /// The line of what is written now; 0 for the file as a whole.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Goes to a line that was noted earlier.
    pub(super) fn go(&mut self, line: u32) {
        self.line = line;
    }

    /// How far what follows can be trusted.
    pub(super) fn trust(&mut self, quality: Quality) {
        self.quality = quality;
    }

    pub(super) fn fact(&mut self, subject: &Subject, fact: Fact) {
        let fact = shortened(fact);
        if !self.has_room(weight(subject, &fact)) {
            return;
        }
        self.witness.fact(subject, self.line, self.quality, fact);
    }

    pub(super) fn identity(&mut self, subject: &Subject, kind: &str, name: &str, native_id: Option<&str>) {
        let provider = match subject.kind {
            SubjectKind::AwsPrincipal => "aws",
            _ => subject.key.split(':').next().unwrap_or_default(),
        };
        let fact = Fact::Identity {
            kind: kind.to_owned(),
            name: name.to_owned(),
            native_id: native_id.map(str::to_owned),
            provider: provider.to_owned(),
        };
        let said = (subject, kind, name, native_id, self.quality.weight().to_bits());
        if self.introduced.insert(FxBuildHasher.hash_one(said)) {
            self.fact(subject, fact);
        }
    }

    pub(super) fn credential(&mut self, subject: &Subject, credential: Credential) {
        self.fact(subject, Fact::Credential { credential });
    }

    /// Notes that two subjects are one identity.
    pub(super) fn same(&mut self, subject: &Subject, other: Subject, because: &str) {
        if *subject != other {
            self.fact(subject, Fact::SameAs { other, because: because.to_owned() });
        }
    }

    /// A grant; a target begins with its platform, so that whoever judges it knows whose words the actions are.
    pub(super) fn grant(&mut self, subject: &Subject, target: String, actions: Vec<String>, scope: String) {
        self.fact(subject, Fact::Grant { grant: Grant { target, actions, scope } });
    }

    /// What a role of the customer's allows, for the grants that name it in this or another file.
    pub(super) fn role(&mut self, platform: &str, names: Vec<String>, actions: Vec<String>) {
        if names.is_empty() || !self.has_room(text_bytes(&names) + text_bytes(&actions)) {
            return;
        }
        let (root, path) = (self.blob.root.to_owned(), self.blob.path.to_owned());
        let role = RoleDefinition { root, path, platform: platform.to_owned(), names, actions };
        self.witness.observe(Observation::Role(Box::new(role)));
    }

    /// Hands over what is none of the statements that a budget knows; its reader has limits of its own.
    pub(super) fn observe(&mut self, observation: Observation) {
        self.witness.observe(observation);
    }

    /// Who belongs to an organisation of a platform.
    pub(super) fn members(&mut self, platform: &str, names: Vec<String>) {
        if self.has_room(text_bytes(&names)) {
            self.witness.observe(Observation::Members(Members { platform: platform.to_owned(), names }));
        }
    }

    /// The workload proves who it is with something that the platform signs.
    pub(super) fn federation(&mut self, subject: &Subject, how: String) {
        self.fact(subject, Fact::Federation { state: Federation::Used, how });
    }

    /// A label; one that names an owner is a claim as well.
    pub(super) fn tag(&mut self, subject: &Subject, key: &str, value: &str) {
        self.fact(subject, tag(key, value));
        if let Some(confidence) = owner_confidence(key, value) {
            self.owner(subject, "tag", value, confidence);
        }
    }

    /// Somebody answers for it, says this source.
    pub(super) fn owner(&mut self, subject: &Subject, source: &str, value: &str, confidence: f64) {
        let claim = OwnerClaim {
            source: source.to_owned(),
            path: self.blob.path.to_owned(),
            line: (self.line > 0).then_some(self.line),
            value: value.to_owned(),
            confidence,
            inactive: false,
        };
        self.fact(subject, Fact::Owner { claim });
    }

    /// A finding about a subject at the line of what is written now.
    pub(super) fn finding(
        &mut self,
        rule: &'static ReaderRule,
        subject: &Subject,
        name: &str,
        reason: String,
    ) {
        self.finding_as(rule, None, subject, name, reason);
    }

    /// The same with a severity of its own.
    pub(super) fn finding_as(
        &mut self,
        rule: &'static ReaderRule,
        severity: Option<Severity>,
        subject: &Subject,
        name: &str,
        reason: String,
    ) {
        self.finding_at(rule, severity, subject, name, reason, vec![Spot::line(self.line.max(1))]);
    }

    /// The same about several places.
    pub(super) fn finding_at(
        &mut self,
        rule: &'static ReaderRule,
        severity: Option<Severity>,
        subject: &Subject,
        name: &str,
        reason: String,
        spots: Vec<Spot>,
    ) {
        if !self.has_room(FINDING_BYTES + 2 * (subject.key.len() + reason.len()) + name.len()) {
            let Some(left) = self.last_findings.checked_sub(1) else { return };
            self.last_findings = left;
        }
        self.witness.finding(Statement {
            rule,
            severity,
            subject: subject.clone(),
            about: format!("{} {reason}", subject.key),
            title: format!("{}: {name}", rule.title),
            spots,
            reasons: vec![reason],
        });
    }

    /// Something in the file was not read. The first of several counts.
    pub(super) fn unread(&mut self, reason: &'static str, detail: String) {
        self.unreadable.get_or_insert(Unreadable { reason, detail });
    }

    /// A policy that a member holds as text.
    pub(super) fn policy<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        let policy = serde_json::from_str(text).ok();
        if policy.is_none() {
            self.policy_broken();
        }
        policy
    }

    /// A policy inside of the export is not one.
    pub(super) fn policy_broken(&mut self) {
        self.unread("policy_broken", "a policy of the export could not be read to its end".to_owned());
    }

    /// The fingerprint of a value, which stays here, or of a public id that stands for it.
    pub(super) fn print(&self, kind: &str, value: &str) -> Fingerprint {
        self.key.fingerprint(kind, value.as_bytes())
    }
}

/// An account at a platform.
pub(super) fn account(provider: &str, id: &str) -> Subject {
    Subject::new(SubjectKind::Account, format!("{provider}:{id}"))
}

/// A credential by its fingerprint.
pub(super) fn value_subject(fingerprint: &Fingerprint) -> Subject {
    Subject::new(SubjectKind::Credential, fingerprint.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &Export, text: &str) -> Reading {
        let blob = Blob {
            root: "r",
            path: "a.json",
            base: "",
            repository: "r",
            bytes: text.as_bytes(),
            neighbours: &crate::detect::Alone,
        };
        format.read(&blob, &FingerprintKey::new([0; 32]))
    }

    #[test]
    fn a_file_that_gives_more_than_is_kept_says_so_and_its_beginning_is_told() {
        let long = "x".repeat(2 << 20);
        let account = |at: usize| {
            format!(
                r#"{{"kind": "ServiceAccount", "metadata": {{"name": "a{at}{long}", "namespace": "n"}}}}"#
            )
        };
        let of = |count: usize| {
            let items: Vec<String> = (0..count).map(account).collect();
            let text = format!(r#"{{"kind": "List", "items": [{}]}}"#, items.join(","));
            read(&super::super::kubernetes::EXPORT, &text)
        };
        assert_eq!(of(3).unreadable, None);
        let cut = of(16);
        let unread = cut.unreadable.expect("something was cut");
        assert_eq!(unread.reason, "too_many_facts");
        assert_eq!(unread.detail, "only the first 10 statements of the file are kept");
        assert_eq!(cut.observations.len(), 10);
    }

    #[test]
    fn an_account_that_many_bindings_name_is_introduced_once() {
        let binding =
            r#"{"role": "roles/viewer", "members": ["serviceAccount:ci@acme.iam.gserviceaccount.com"]}"#;
        let text = format!(r#"{{"bindings": [{}]}}"#, [binding; 5].join(","));
        let reading = read(&super::super::gcp_iam_policy::EXPORT, &text);
        let introductions = reading.observations.iter().filter(|observation| {
            matches!(observation, Observation::Evidence(evidence) if matches!(evidence.fact, Fact::Identity { .. }))
        });
        assert_eq!(introductions.count(), 1);
    }
}
