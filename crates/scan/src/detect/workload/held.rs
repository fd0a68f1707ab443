//! Who runs, and what it receives: the words in which every reader of workloads tells it.

use std::collections::BTreeMap;

use tenure_model::{Consumer, Credential, Fact, Federation, Quality, Subject};

use crate::detect::ci::purpose::{PLAIN_KIND, Part, Purpose, by_name};
use crate::detect::recogniser::Recogniser;
use crate::detect::rules;
use crate::detect::template::is_computed;
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::{Blob, text};
use tenure_model::SubjectKind;

/// The kind of a credential about which nothing more is known.
const UNKNOWN_KIND: &str = "generic_secret";

/// Something that runs, as its file describes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Workload {
    /// Kind of consumer: `kubernetes_workload`, `systemd_job`, …
    pub(super) kind: &'static str,
    /// For people: `CronJob nightly-report`.
    pub(super) name: String,
    /// Where it is described.
    pub(super) line: u32,
    /// Namespace or stage, where it is bound to one.
    pub(super) environment: Option<String>,
    /// What starts it, in the platform's own words.
    pub(super) triggers: Vec<String>,
    /// By its schedule.
    pub(super) runs_per_day: Option<f64>,
    /// Upper bound of one run.
    pub(super) timeout_minutes: Option<u32>,
}

impl Workload {
    /// It, as the user of something.
    pub(super) fn consumer(&self, blob: &Blob<'_>, line: u32) -> Consumer {
        Consumer {
            kind: self.kind.to_owned(),
            root: blob.root.to_owned(),
            path: blob.path.to_owned(),
            line,
            job: Some(self.name.clone()),
            environment: self.environment.clone(),
            triggers: self.triggers.clone(),
            runs_per_day: self.runs_per_day,
            timeout_minutes: self.timeout_minutes,
            ..Consumer::default()
        }
    }
}

/// A kept secret, as a workload receives it.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The secret.
    pub(super) subject: Subject,
    /// Kind of identity: `kubernetes_secret`, `compose_secret`, …
    pub(super) kind: &'static str,
    /// The platform that keeps it; the target's platform is told by its purpose.
    pub(super) store: &'static str,
    /// For people.
    pub(super) name: String,
    /// Variable or key under which it is received.
    pub(super) received_as: Option<String>,
    /// How: `env`, `env_all`, `file`, `pull`, `argument`.
    pub(super) exposure: &'static str,
    /// Where the reference stands.
    pub(super) line: u32,
    /// Which of the file's workloads receives it.
    pub(super) workload: Option<usize>,
    /// What it opens, where that is known otherwise than by its names.
    pub(super) purpose: Option<Purpose>,
}

impl Held {
    /// What it is for: by who receives it, or else by its own name.
    fn purpose(&self) -> Purpose {
        let received = self.received_as.as_deref().and_then(|name| by_name(name, Quality::Config));
        let told = self.purpose.or(received).or_else(|| by_name(&self.name, Quality::Heuristic));
        self.own(told)
    }

    /// The platform of the store, as identities name it.
    fn platform(&self) -> &'static str {
        match self.store {
            "ssm" | "secretsmanager" => "aws",
            "azure_key_vault" => "azure",
            "gcp_secret_manager" => "gcp",
            "environment" => "generic",
            store => store,
        }
    }

    /// The same in the words of this store: names alone speak of GitHub where they say nothing.
    fn own(&self, told: Option<Purpose>) -> Purpose {
        let quality = told.map_or(Quality::Config, |purpose| purpose.quality);
        let plain =
            Purpose { part: Part::Credential, kind: UNKNOWN_KIND, provider: self.platform(), quality };
        match told {
            Some(purpose) if purpose.kind == PLAIN_KIND => Purpose { kind: UNKNOWN_KIND, ..purpose },
            Some(purpose) if purpose.part == Part::Configuration => {
                Purpose { provider: self.platform(), ..purpose }
            }
            Some(purpose) => purpose,
            None => plain,
        }
    }
}

/// A value that is written out in a workload's file. It is recognised and forgotten.
pub(super) struct Literal<'v> {
    /// The variable that holds it.
    pub(super) name: &'v str,
    /// The value.
    pub(super) value: &'v str,
    pub(super) line: u32,
    pub(super) workload: Option<usize>,
}

/// What one file says of workloads and of what they receive.
#[derive(Default)]
pub(super) struct Account {
    pub(super) workloads: Vec<Workload>,
    pub(super) held: Vec<Held>,
}

/// Whether the platform could prove a workload's identity to `provider`, in words.
pub(super) type Proof<'p> = dyn Fn(Option<usize>, &str) -> Option<(Federation, String)> + 'p;

impl Account {
    /// Writes down every secret with its users, in the order of the file.
    pub(super) fn give(&self, blob: &Blob<'_>, proof: &Proof<'_>, witness: &mut Witness<'_>) {
        let mut by_subject: BTreeMap<&Subject, Vec<&Held>> = BTreeMap::new();
        for held in &self.held {
            by_subject.entry(&held.subject).or_default().push(held);
        }
        let halves = self.halves();
        let mut in_order: Vec<(&Subject, Vec<&Held>)> = by_subject.into_iter().collect();
        in_order.sort_by_key(|(_, all)| all.first().map(|held| held.line));
        for (subject, all) in in_order {
            let Some(first) = all.first() else { continue };
            if let Some(id) = halves.get(subject) {
                let because = format!("{} is received together with the id of its access key", first.name);
                let quality = self.quality(&first.name, Quality::Config);
                let other = (*id).clone();
                witness.fact(subject, first.line, quality, Fact::SameAs { other, because });
                all.iter().for_each(|held| self.user(blob, subject, held, witness));
                continue;
            }
            let purpose = all.iter().map(|held| held.purpose()).max_by_key(strength);
            let purpose = purpose.unwrap_or_else(|| first.own(None));
            identity(subject, first, purpose, self.quality(&first.name, Quality::Config), witness);
            for held in &all {
                self.user(blob, subject, held, witness);
            }
            if purpose.part != Part::Configuration {
                self.proofs(subject, &all, purpose, proof, witness);
                self.judge(blob, subject, &all, purpose, proof, witness);
            }
        }
    }

    /// Secret halves of AWS keys, each with the one id that the same workload receives under another name.
    fn halves(&self) -> BTreeMap<&Subject, &Subject> {
        let mut ids: BTreeMap<usize, Vec<&Subject>> = BTreeMap::new();
        let mut secrets: Vec<(usize, &Subject)> = Vec::new();
        for held in &self.held {
            let Some(workload) = held.workload else { continue };
            match held.purpose().part {
                Part::AwsKeyId => ids.entry(workload).or_default().push(&held.subject),
                Part::AwsSecret | Part::AwsSession => secrets.push((workload, &held.subject)),
                Part::Credential | Part::Configuration => {}
            }
        }
        let mut halves = BTreeMap::new();
        for (workload, secret) in secrets {
            let mut of_workload = ids.get(&workload).cloned().unwrap_or_default();
            of_workload.dedup();
            // One of several ids is not worth a guess; an id that is kept in the same place is no other.
            if let [id] = of_workload[..]
                && id != secret
            {
                halves.insert(secret, id);
            }
        }
        halves
    }

    fn quality(&self, name: &str, quality: Quality) -> Quality {
        if is_computed(name) { Quality::Heuristic } else { quality }
    }

    fn user(&self, blob: &Blob<'_>, subject: &Subject, held: &Held, witness: &mut Witness<'_>) {
        let Some(workload) = held.workload.and_then(|index| self.workloads.get(index)) else { return };
        let consumer = Consumer {
            secret_name: held.received_as.clone(),
            exposure: Some(held.exposure.to_owned()),
            ..workload.consumer(blob, held.line)
        };
        let quality = self.quality(&held.name, Quality::Config);
        witness.fact(subject, held.line, quality, Fact::Consumer { consumer });
    }

    fn proofs(
        &self,
        subject: &Subject,
        all: &[&Held],
        purpose: Purpose,
        proof: &Proof<'_>,
        witness: &mut Witness<'_>,
    ) {
        let mut told: Vec<Option<usize>> = Vec::new();
        for held in all.iter().filter(|held| held.workload.is_some()) {
            if told.contains(&held.workload) {
                continue;
            }
            told.push(held.workload);
            if let Some((state, how)) = proof(held.workload, purpose.provider) {
                witness.fact(subject, held.line, Quality::Config, Fact::Federation { state, how });
            }
            if let Some(workload) = held.workload.and_then(|index| self.workloads.get(index)) {
                let text = workload.name.clone();
                witness.fact(subject, workload.line, Quality::Heuristic, Fact::Purpose { text });
            }
        }
    }

    /// A workload that is given a static key of a cloud which would accept its platform's proof of identity.
    fn judge(
        &self,
        blob: &Blob<'_>,
        subject: &Subject,
        all: &[&Held],
        purpose: Purpose,
        proof: &Proof<'_>,
        witness: &mut Witness<'_>,
    ) {
        let receives = |held: &&&Held| held.workload.is_some();
        let spots: Vec<Spot> = all.iter().filter(receives).map(|held| Spot::line(held.line)).collect();
        if !purpose.is_cloud_key() || spots.is_empty() {
            return;
        }
        let mut users: Vec<&str> =
            all.iter().filter_map(|held| Some(self.workloads.get(held.workload?)?.name.as_str())).collect();
        users.dedup();
        let first = all.first().map_or("", |held| held.name.as_str());
        let user = all.iter().find_map(|held| held.workload);
        let how = proof(user, purpose.provider).map(|(_, how)| how).unwrap_or_default();
        let count = text::counted(users.len(), "workload receives", "workloads receive");
        witness.finding(Statement {
            rule: &rules::WORKLOAD_STATIC_CLOUD_KEY,
            severity: None,
            subject: subject.clone(),
            about: format!("{}#{}", blob.repository, subject.key),
            title: format!(
                "A static key of {} reaches {}",
                cloud(purpose.provider),
                users.first().unwrap_or(&"a workload")
            ),
            spots,
            reasons: [format!("{count} {first}"), how, "the key is valid at every hour".to_owned()]
                .into_iter()
                .filter(|reason| !reason.is_empty())
                .collect(),
        });
    }
}

fn identity(subject: &Subject, held: &Held, purpose: Purpose, quality: Quality, witness: &mut Witness<'_>) {
    let fact = Fact::Identity {
        kind: held.kind.to_owned(),
        name: held.name.clone(),
        native_id: None,
        provider: purpose.provider.to_owned(),
    };
    witness.fact(subject, held.line, quality, fact);
    if purpose.part == Part::Configuration {
        let tag = Fact::Tag { key: "tenure:value".to_owned(), value: "configuration".to_owned() };
        witness.fact(subject, held.line, quality, tag);
        return;
    }
    let credential = Credential { kind: purpose.kind.to_owned(), ..Credential::default() };
    witness.fact(subject, held.line, quality.min(purpose.quality), Fact::Credential { credential });
}

/// A cloud's name for people.
fn cloud(provider: &str) -> &str {
    match provider {
        "aws" => "AWS",
        "gcp" => "Google Cloud",
        "azure" => "Azure",
        other => other,
    }
}

/// What a receiver says beats what a name says; a statement beats none.
fn strength(purpose: &Purpose) -> (bool, bool, bool) {
    let known = purpose.kind != UNKNOWN_KIND;
    (purpose.part != Part::Configuration, known, purpose.quality == Quality::Config)
}

impl Account {
    /// Ties a value that is written out to the workload that receives it. Finding it is the engine's business.
    pub(super) fn literal(
        &self,
        blob: &Blob<'_>,
        literal: &Literal<'_>,
        values: &dyn Recogniser,
        witness: &mut Witness<'_>,
    ) {
        let Literal { name, value, line, workload } = *literal;
        if value.is_empty() || is_computed(value) {
            return;
        }
        let Some(workload) = workload.and_then(|index| self.workloads.get(index)) else { return };
        let Some(known) = values.recognise(&format!("{name}: \"{value}\"\n"), value) else { return };
        let subject = Subject::new(SubjectKind::Credential, known.fingerprint.0);
        let consumer = Consumer {
            secret_name: Some(name.to_owned()),
            exposure: Some("literal".to_owned()),
            ..workload.consumer(blob, line)
        };
        witness.fact(&subject, line, Quality::Config, Fact::Consumer { consumer });
    }
}
