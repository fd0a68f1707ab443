//! One result of another scanner, and how it is written down here.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::clear::Clear;
use tenure_model::{
    Category, Confidence, Credential, CredentialState, Fact, Fate, Finding, Observation, OtherPlace, Place,
    Quality, Severity, Subject, SubjectKind, Timestamp, finding_id, mask,
};

use crate::detect::ci::purpose::{PLAIN_KIND, Part, by_name};
use crate::detect::neighbours::is_here;
use crate::detect::recogniser::{Recognised, Recogniser};
use crate::detect::witness::Witness;
use crate::detect::{Blob, ReaderRule, Reading, Unreadable};
use crate::engine::context::PathClass;
use crate::engine::value::placeholder;
use crate::findings::AWS_ACCESS_KEY;

/// Results of one report that are taken.
const RESULTS_MAX: usize = 50_000;
/// Further lines that one finding lists.
const PLACES_MAX: usize = 50;
/// Characters of a foreign rule's name that are told.
const NAME_CHARS_MAX: usize = 120;
/// The kind of a value that nobody here knows.
const UNKNOWN_KIND: &str = "imported_secret";

/// One result, as its report tells it. It has no `Debug`: a value is in it.
#[derive(Default)]
pub(super) struct Found {
    /// The foreign rule's name.
    pub(super) rule: String,
    /// As the report names it.
    pub(super) path: Option<String>,
    /// From 1.
    pub(super) line: Option<u32>,
    pub(super) commit: Option<String>,
    pub(super) author: Option<String>,
    pub(super) committed_at: Option<Timestamp>,
    /// The value.
    pub(super) value: Option<Clear>,
    /// Text in which the value stands.
    pub(super) context: Option<Clear>,
    /// What the scanner learned when it tried the value.
    pub(super) works: Option<bool>,
    /// The principal that the value signs in, where the scanner asked.
    pub(super) principal: Option<String>,
    /// Another public half of the same credential.
    pub(super) key_id: Option<String>,
    /// What tells it from others where there is no value.
    pub(super) about: Option<String>,
    /// More reasons, in our words.
    pub(super) reasons: Vec<String>,
    /// The report holds only a hash: the value was found again where it says.
    pub(super) hashed: bool,
    /// Where it says is no such place any more.
    pub(super) stale: bool,
}

/// Writes down the results of one report.
pub(super) struct Ledger<'a> {
    blob: &'a Blob<'a>,
    rule: &'static ReaderRule,
    /// The scanner's name for people.
    scanner: String,
    values: &'a dyn Recogniser,
    witness: Witness<'a>,
    findings: BTreeMap<String, (usize, Finding, Subject)>,
    /// Credentials that are written down already.
    told: BTreeSet<Subject>,
    taken: usize,
    /// Whether the files of the repository are known; asked once.
    tree: OnceCell<bool>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(
        blob: &'a Blob<'a>,
        reader: &'static str,
        scanner: &str,
        rule: &'static ReaderRule,
        values: &'a dyn Recogniser,
    ) -> Self {
        let witness = Witness::new(blob, reader);
        Self {
            blob,
            rule,
            scanner: scanner.to_owned(),
            values,
            witness,
            findings: BTreeMap::new(),
            told: BTreeSet::new(),
            taken: 0,
            tree: OnceCell::new(),
        }
    }

    /// The report.
    pub(super) fn blob(&self) -> &'a Blob<'a> {
        self.blob
    }

    /// Takes one result; its value is gone when this returns.
    #[allow(clippy::needless_pass_by_value)] // the value is wiped when this returns
    pub(super) fn take(&mut self, found: Found) {
        self.taken += 1;
        if self.taken > RESULTS_MAX {
            return;
        }
        let known = found.value.as_deref().map(|value| self.known(&found, value));
        let name: String = found.rule.chars().take(NAME_CHARS_MAX).collect();
        let subject = match &known {
            Some(known) => Subject::new(SubjectKind::Credential, known.fingerprint.0.clone()),
            None => {
                let place = found
                    .about
                    .clone()
                    .unwrap_or_else(|| found.line.map_or("-".to_owned(), |line| line.to_string()));
                let path = found.path.as_deref().unwrap_or_default();
                Subject::new(SubjectKind::Account, format!("{}:{path}:{name}:{place}", self.rule.id))
            }
        };
        // A second place adds nothing to what is known of the credential, but for what a trial of it said.
        if let Some(known) = &known
            && (self.told.insert(subject.clone()) || found.works.is_some() || found.key_id.is_some())
        {
            self.credential(&subject, &found, known);
        }
        let finding = self.finding(&found, &subject, known.as_ref(), &name);
        let order = self.findings.len();
        match self.findings.get_mut(&finding.id) {
            Some((_, kept, _)) if kept.also_at.len() < PLACES_MAX => kept.also_at.push(OtherPlace {
                path: finding.place.path,
                start_line: finding.place.start_line,
                commit: finding.commit,
            }),
            Some(_) => {}
            None => drop(self.findings.insert(finding.id.clone(), (order, finding, subject))),
        }
    }

    /// What the value is; by the engine, or else by the foreign rule's name.
    fn known(&self, found: &Found, value: &str) -> Recognised {
        let context = found.context.as_deref().filter(|context| context.contains(value));
        let by_engine = context
            .and_then(|context| self.values.recognise(context, value))
            .or_else(|| self.values.recognise(value, value));
        by_engine.unwrap_or_else(|| {
            // What was found together with a key id is its secret half.
            let half = found.key_id.is_some();
            let purpose = by_name(&found.rule, Quality::Heuristic);
            let purpose = purpose.filter(|p| p.part != Part::Configuration && p.kind != PLAIN_KIND);
            let (kind, provider) = match purpose {
                _ if half => (AWS_ACCESS_KEY, "aws"),
                Some(purpose) => (purpose.kind, purpose.provider),
                None => (UNKNOWN_KIND, "imported"),
            };
            Recognised {
                credential: kind.to_owned(),
                provider: provider.to_owned(),
                fingerprint: self.values.key().fingerprint(kind, value.as_bytes()),
                masked: mask(value.as_bytes(), 1),
                public: false,
            }
        })
    }

    fn credential(&mut self, subject: &Subject, found: &Found, known: &Recognised) {
        let quality = Quality::Heuristic;
        let fact = Fact::Identity {
            kind: known.credential.clone(),
            name: known.masked.clone(),
            native_id: None,
            provider: known.provider.clone(),
        };
        self.witness.fact(subject, 0, quality, fact);
        let state = match found.works {
            Some(true) => CredentialState::Active,
            Some(false) => CredentialState::Inactive,
            None => CredentialState::Unknown,
        };
        let credential = Credential {
            kind: known.credential.clone(),
            fingerprint: Some(known.fingerprint.clone()),
            masked: Some(known.masked.clone()),
            state,
            ..Credential::default()
        };
        // Somebody tried it: worth more than a guess, though nobody says when.
        let tried = if found.works.is_some() { Quality::Config } else { quality };
        self.witness.fact(subject, 0, tried, Fact::Credential { credential });
        if let Some(arn) = found.principal.as_deref().filter(|arn| arn.starts_with("arn:")) {
            let other = Subject::new(SubjectKind::AwsPrincipal, arn);
            let because = format!("{} asked AWS whom the key signs in", self.scanner);
            self.witness.fact(subject, 0, Quality::Config, Fact::SameAs { other, because });
        }
        if let Some(id) = &found.key_id {
            let print = self.values.key().fingerprint(AWS_ACCESS_KEY, id.as_bytes());
            let other = Subject::new(SubjectKind::Credential, print.0);
            let because =
                format!("{} found it together with the key id {}", self.scanner, mask(id.as_bytes(), 8));
            self.witness.fact(subject, 0, Quality::Config, Fact::SameAs { other, because });
        }
    }

    fn finding(&self, found: &Found, subject: &Subject, known: Option<&Recognised>, name: &str) -> Finding {
        let original = found.path.as_deref().and_then(|path| in_root(self.blob, path));
        let path = original.clone().unwrap_or_else(|| self.blob.path.to_owned());
        let line = found.line.filter(|_| original.is_some()).unwrap_or(1).max(1);
        let mut reasons = vec![format!("{} says so in {}", self.scanner, self.blob.path)];
        if let (None, Some(elsewhere)) = (&original, &found.path) {
            let elsewhere: String = elsewhere.chars().take(NAME_CHARS_MAX).collect();
            reasons.push(format!(
                "it names the place {elsewhere}, which cannot be told to lie below the scanned folder"
            ));
        }
        reasons.extend(match found.works {
            Some(true) => Some(format!("{} tried the value, and it worked", self.scanner)),
            Some(false) => Some(format!("{} tried the value, and it did not work", self.scanner)),
            None => None,
        });
        // A report on history names files that may be gone; one on a tree that lacks them is older than the tree.
        let missing = found.commit.is_none() && original.is_some() && self.is_missing(&path);
        if missing {
            reasons.push("the file that it names is not in the scanned tree: the report is older".to_owned());
        }
        if known.is_some() && !found.hashed {
            reasons.push("the report holds the value in clear, and is a leak itself".to_owned());
        }
        reasons.extend(found.reasons.iter().cloned());
        let (mut severity, mut confidence) = self.weigh(found, known, &path);
        if found.works.is_none() && (missing || found.stale) {
            (severity, confidence) = (severity.min(Severity::Low), Confidence::Low);
        } else if found.works.is_none() && self.is_told_here(found) {
            severity = Severity::Info;
            reasons.push("Tenure finds the same value there by itself".to_owned());
        }
        let in_history = found.commit.is_some();
        Finding {
            id: finding_id(self.rule.id, &subject.key, &path),
            rule_id: self.rule.id.to_owned(),
            title: format!("{name}, reported by {}", self.scanner),
            category: Category::Secret,
            severity,
            confidence,
            place: Place {
                root: self.blob.root.to_owned(),
                path,
                start_line: line,
                end_line: line,
                start_column: 1,
                end_column: 1,
            },
            commit: found.commit.clone(),
            author: found.author.clone(),
            committed_at: found.committed_at,
            in_tree: !in_history,
            in_history,
            fate: if in_history { Fate::History } else { Fate::WorkTree },
            also_at: Vec::new(),
            masked: known.map(|known| known.masked.clone()),
            fingerprint: known.map(|known| known.fingerprint.clone()),
            identity_id: None,
            suppressed: None,
            controls: self.rule.controls.iter().map(|&control| control.to_owned()).collect(),
            reasons,
        }
    }

    /// Whether the scanned tree, as far as it is known, lacks a file.
    fn is_missing(&self, path: &str) -> bool {
        let known = *self.tree.get_or_init(|| !self.blob.neighbours.below("").is_empty());
        let path = path.strip_prefix(self.blob.base).unwrap_or(path);
        known && !is_here(self.blob.neighbours, path)
    }

    /// Whether a value that was found again is one that a rule of ours finds in the same line.
    fn is_told_here(&self, found: &Found) -> bool {
        match (&found.context, &found.value) {
            (Some(context), Some(value)) if found.hashed => self.values.recognise(context, value).is_some(),
            _ => false,
        }
    }

    /// A value that worked is worse than one that nobody tried; a dummy or a test's is less.
    fn weigh(&self, found: &Found, known: Option<&Recognised>, path: &str) -> (Severity, Confidence) {
        let value = found.value.as_deref().map(|value| value.as_bytes());
        match found.works {
            Some(true) => return (Severity::Critical, Confidence::High),
            Some(false) => return (Severity::Low, Confidence::Medium),
            None => {}
        }
        if value.is_some_and(|value| placeholder(value).is_some()) || known.is_some_and(|known| known.public)
        {
            return (Severity::Low, Confidence::Low);
        }
        let specific = known.is_some_and(|known| !known.credential.starts_with("generic_"));
        (PathClass::of(path).weigh(self.rule.severity, specific), self.rule.confidence)
    }

    /// Hands over what was written.
    pub(super) fn done(mut self, unreadable: Option<Unreadable>) -> Reading {
        let mut all: Vec<_> = self.findings.into_values().collect();
        all.sort_by_key(|(order, ..)| *order);
        for (_, finding, subject) in all {
            self.witness.observe(Observation::Finding(finding, subject));
        }
        let cut = (self.taken > RESULTS_MAX).then(|| Unreadable {
            reason: "too_many_results",
            detail: format!("{RESULTS_MAX} of {} results are taken", self.taken),
        });
        self.witness.done(unreadable.or(cut))
    }
}

/// Where a path of a report lies below our root; `None` when it lies elsewhere. Scanners name files as seen from
/// the folder in which they ran, which is taken for the repository that holds the report.
pub(super) fn in_root(blob: &Blob<'_>, path: &str) -> Option<String> {
    let path = path.strip_prefix("file://").unwrap_or(path).replace('\\', "/");
    let path = path.trim_start_matches("./");
    let windows = path.as_bytes().get(1) == Some(&b':');
    let elsewhere =
        path.is_empty() || path.starts_with('/') || windows || path.split('/').any(|part| part == "..");
    (!elsewhere).then(|| format!("{}{path}", blob.base))
}

/// `Name <mail>`, as far as it is known.
pub(super) fn author(name: Option<&str>, mail: Option<&str>) -> Option<String> {
    match (name.filter(|name| !name.is_empty()), mail.filter(|mail| !mail.is_empty())) {
        (Some(name), Some(mail)) => Some(format!("{name} <{mail}>")),
        (name, mail) => name.or(mail).map(str::to_owned),
    }
}

/// An access key id that stands in a text alone.
pub(super) fn key_id(text: &str) -> Option<String> {
    let plain =
        text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (plain && (text.starts_with("AKIA") || text.starts_with("ASIA"))).then(|| text.to_owned())
}
