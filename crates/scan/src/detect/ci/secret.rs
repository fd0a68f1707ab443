//! The secrets of a pipeline: each with its purpose and its uses, halves of one key joined.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Quality, Subject, SubjectKind};

use super::job::Pipeline;
use super::purpose::{PLAIN_KIND, Part, Purpose, by_name, qualifier};
use super::secret_use::{SecretUse, Store};
use super::system::System;
use crate::detect::Blob;

/// One secret of a store, as one file uses it.
#[derive(Debug)]
pub(super) struct Secret<'p, 't> {
    pub(super) subject: Subject,
    /// As first written.
    pub(super) name: &'p str,
    pub(super) purpose: Purpose,
    /// Job index and use, in file order.
    pub(super) uses: Vec<(usize, &'p SecretUse<'t>)>,
    /// For the secret half of an AWS key: the key of the secret that holds its id.
    pub(super) half_of: Option<String>,
    /// For the secret half of an AWS key whose id is written out beside it: that id.
    pub(super) literal_key_id: Option<&'t str>,
}

/// Secrets by the key of their subject.
pub(super) type Secrets<'p, 't> = BTreeMap<String, Secret<'p, 't>>;

/// The subject of a secret: the same for every file that names it in the same store.
pub(super) fn subject(blob: &Blob<'_>, system: &System, store: &Store<'_>, name: &str) -> Subject {
    let (place, word) = match store {
        Store::Repository(word) => (blob.repository, word),
        // Named as the readers of workloads name it, so that both speak of one identity.
        Store::Cluster(space) => {
            let space = space.unwrap_or("-");
            let key = format!("kubernetes:{}:secret:{space}/{name}", blob.repository);
            return Subject::new(SubjectKind::Account, key);
        }
        Store::Cloud(_) if name.starts_with("arn:") => return Subject::new(SubjectKind::Account, name),
        Store::Cloud(word) => {
            let key = format!("{word}:{}:{name}", blob.repository);
            return Subject::new(SubjectKind::Account, key);
        }
        Store::Owner(word) => (blob.repository.split_once('/').map_or(blob.repository, |(own, _)| own), word),
    };
    let name = if system.folds_case { name.to_ascii_uppercase() } else { name.to_owned() };
    Subject::new(SubjectKind::CiSecret, format!("{}:{place}:{word}:{name}", system.key))
}

/// Every secret that the jobs name.
pub(super) fn secrets<'p, 't>(blob: &Blob<'_>, pipeline: &'p Pipeline<'t>) -> Secrets<'p, 't> {
    let mut secrets = Secrets::new();
    for (index, job) in pipeline.jobs.iter().enumerate() {
        for found in &job.uses {
            let subject = subject(blob, pipeline.system, &found.store, &found.name);
            let secret = secrets.entry(subject.key.clone()).or_insert_with(|| Secret {
                subject,
                name: &found.name,
                purpose: found.purpose,
                uses: Vec::new(),
                half_of: None,
                literal_key_id: None,
            });
            if strength(&found.purpose) > strength(&secret.purpose) {
                secret.purpose = found.purpose;
            }
            secret.uses.push((index, found));
        }
    }
    join_halves(blob, pipeline, &mut secrets);
    secrets
}

/// What a receiver says beats what a name says; a statement beats none.
fn strength(purpose: &Purpose) -> (bool, bool, bool) {
    (purpose.quality == Quality::Config, purpose.part != Part::Configuration, purpose.kind != PLAIN_KIND)
}

/// Finds key id and secret half that one step or one environment receives together.
fn join_halves<'p, 't>(blob: &Blob<'_>, pipeline: &'p Pipeline<'t>, secrets: &mut Secrets<'p, 't>) {
    for job in &pipeline.jobs {
        let mut blocks: BTreeMap<usize, Vec<&SecretUse<'t>>> = BTreeMap::new();
        for found in &job.uses {
            blocks.entry(found.block).or_default().push(found);
        }
        for (block, uses) in blocks {
            let literal = job.literal_key_ids.iter().find(|(at, _)| *at == block).map(|(_, id)| *id);
            let (mut ids, mut halves) = (Vec::new(), Vec::new());
            for found in uses {
                let key = subject(blob, pipeline.system, &found.store, &found.name).key;
                let Some(secret) = secrets.get(&key) else { continue };
                let half = Half::new(&found.name, key, found.slot.as_deref());
                match secret.purpose.part {
                    Part::AwsKeyId => ids.push(half),
                    Part::AwsSecret | Part::AwsSession => halves.push(half),
                    Part::Credential | Part::Configuration => {}
                }
            }
            for half in halves {
                let Some(secret) = secrets.get_mut(&half.key) else { continue };
                if ids.is_empty() {
                    secret.literal_key_id = secret.literal_key_id.or(literal);
                }
                if let Some(id) = half.partner(&ids).filter(|id| *id != half.key) {
                    secret.half_of = Some(id.to_owned());
                }
            }
        }
    }
}

/// One half of a key. Several pairs in one environment are told apart by what remains of their names.
struct Half {
    key: String,
    by_receiver: String,
    by_name: String,
}

impl Half {
    fn new(name: &str, key: String, slot: Option<&str>) -> Self {
        let tells =
            |slot: &&str| by_name(slot, Quality::Config).is_some_and(|purpose| purpose.provider == "aws");
        Self { key, by_receiver: qualifier(slot.filter(tells).unwrap_or(name)), by_name: qualifier(name) }
    }

    /// The one id that belongs to this half; none rather than a wrong one.
    fn partner<'i>(&self, ids: &'i [Half]) -> Option<&'i str> {
        let only = |fits: &dyn Fn(&Half) -> bool| {
            let fitting: BTreeSet<&str> =
                ids.iter().filter(|id| fits(id)).map(|id| id.key.as_str()).collect();
            fitting.first().copied().filter(|_| fitting.len() == 1)
        };
        only(&|id| id.by_receiver == self.by_receiver)
            .or_else(|| only(&|id| id.by_name == self.by_name))
            .or_else(|| only(&|_| true))
    }
}
