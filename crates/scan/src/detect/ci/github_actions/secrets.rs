//! The secrets of a workflow: each with its purpose and its uses, halves of one key joined.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::Quality;

use super::expression::Use;
use super::workflow::{Exposure, Job, SecretUse, Workflow};
use crate::detect::ci::purpose::{PLAIN_KIND, Part, Purpose, by_input, by_name, other_s3, qualifier};

/// One secret of the store, as one workflow uses it.
pub(super) struct Secret<'t> {
    /// As first written. Names are the same whatever their case.
    pub(super) name: &'t str,
    pub(super) purpose: Purpose,
    /// Job index and use, in file order.
    pub(super) uses: Vec<(usize, SecretUse<'t>)>,
    /// For the secret half of an AWS key: the upper-case name of the secret that holds its id.
    pub(super) half_of: Option<String>,
    /// For the secret half of an AWS key whose id is written out beside it: that id.
    pub(super) literal_key_id: Option<&'t str>,
}

/// Every secret that the jobs name, by upper-case name.
pub(super) fn secrets<'t>(workflow: &Workflow<'t>) -> BTreeMap<String, Secret<'t>> {
    let mut secrets: BTreeMap<String, Secret<'t>> = BTreeMap::new();
    for (index, job) in workflow.jobs.iter().enumerate() {
        for found in &job.uses {
            let Use::Named(name) = found.what else { continue };
            let purpose = purpose(name, found, job);
            let secret = secrets.entry(name.to_ascii_uppercase()).or_insert_with(|| Secret {
                name,
                purpose,
                uses: Vec::new(),
                half_of: None,
                literal_key_id: None,
            });
            if strength(&purpose) > strength(&secret.purpose) {
                secret.purpose = purpose;
            }
            secret.uses.push((index, *found));
        }
    }
    join_halves(workflow, &mut secrets);
    secrets
}

/// What a receiver says beats what a name says; a statement beats none.
fn strength(purpose: &Purpose) -> (bool, bool, bool) {
    (purpose.quality == Quality::Config, purpose.part != Part::Configuration, purpose.kind != PLAIN_KIND)
}

fn purpose(name: &str, found: &SecretUse<'_>, job: &Job<'_>) -> Purpose {
    let step = found.step.and_then(|index| job.steps.get(index));
    let by_action = step
        .filter(|_| found.exposure == Exposure::With)
        .and_then(|step| by_input(step.action?, found.slot?, step.input("registry")));
    let receives = matches!(
        found.exposure,
        Exposure::Workflow | Exposure::Job | Exposure::Step | Exposure::With | Exposure::Passed
    );
    let by_slot = || found.slot.filter(|_| receives).and_then(|slot| by_name(slot, Quality::Config));
    let plain =
        Purpose { part: Part::Credential, kind: PLAIN_KIND, provider: "github", quality: Quality::Heuristic };
    let said_by_name = by_name(name, Quality::Heuristic);
    let own = said_by_name.filter(|_| found.shared);
    let mut purpose = own.or(by_action).or_else(by_slot).or(said_by_name).unwrap_or(plain);
    let elsewhere = job.other_s3
        || step.is_some_and(|step| step.other_s3)
        || said_by_name.is_some_and(|purpose| purpose.provider == "s3_compatible");
    if purpose.kind == "aws_access_key" && elsewhere {
        purpose = other_s3(purpose.part, purpose.quality);
    }
    purpose
}

/// Finds key id and secret half that one step or one environment receives together.
fn join_halves<'t>(workflow: &Workflow<'t>, secrets: &mut BTreeMap<String, Secret<'t>>) {
    for job in &workflow.jobs {
        let mut blocks: BTreeMap<(bool, Option<usize>), Vec<&SecretUse<'t>>> = BTreeMap::new();
        for found in &job.uses {
            blocks.entry((found.exposure == Exposure::Workflow, found.step)).or_default().push(found);
        }
        for ((_, step), block) in blocks {
            let literal = step.and_then(|index| job.steps.get(index)?.input("aws-access-key-id"));
            join_in_block(&block, literal.filter(|text| is_key_id(text)), secrets);
        }
    }
}

fn join_in_block<'t>(
    block: &[&SecretUse<'t>],
    literal: Option<&'t str>,
    secrets: &mut BTreeMap<String, Secret<'t>>,
) {
    let mut ids: Vec<Half> = Vec::new();
    let mut halves: Vec<Half> = Vec::new();
    for found in block {
        let Use::Named(name) = found.what else { continue };
        let upper = name.to_ascii_uppercase();
        let Some(secret) = secrets.get(&upper) else { continue };
        let half = Half::new(name, upper, found.slot);
        match secret.purpose.part {
            Part::AwsKeyId => ids.push(half),
            Part::AwsSecret | Part::AwsSession => halves.push(half),
            Part::Credential | Part::Configuration => {}
        }
    }
    for half in halves {
        let Some(secret) = secrets.get_mut(&half.upper) else { continue };
        if ids.is_empty() {
            secret.literal_key_id = literal;
        }
        if let Some(id) = half.partner(&ids).filter(|id| *id != half.upper) {
            secret.half_of = Some(id.to_owned());
        }
    }
}

/// One half of a key. Several pairs in one environment are told apart by what remains of their names.
struct Half {
    upper: String,
    by_receiver: String,
    by_name: String,
}

impl Half {
    fn new(name: &str, upper: String, slot: Option<&str>) -> Self {
        let tells =
            |slot: &&str| by_name(slot, Quality::Config).is_some_and(|purpose| purpose.provider == "aws");
        Self { upper, by_receiver: qualifier(slot.filter(tells).unwrap_or(name)), by_name: qualifier(name) }
    }

    /// The one id that belongs to this half; none rather than a wrong one.
    fn partner<'i>(&self, ids: &'i [Half]) -> Option<&'i str> {
        let only = |fits: &dyn Fn(&Half) -> bool| {
            let fitting: BTreeSet<&str> =
                ids.iter().filter(|id| fits(id)).map(|id| id.upper.as_str()).collect();
            fitting.first().copied().filter(|_| fitting.len() == 1)
        };
        only(&|id| id.by_receiver == self.by_receiver)
            .or_else(|| only(&|id| id.by_name == self.by_name))
            .or_else(|| only(&|_| true))
    }
}

/// A long-lived AWS access key id, written out.
fn is_key_id(text: &str) -> bool {
    text.len() == 20
        && text.starts_with("AKIA")
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}
