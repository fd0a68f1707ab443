//! Writes down the facts of a pipeline: identities, credentials, consumers, federation.

use std::collections::BTreeSet;

use tenure_model::{
    Consumer, Credential, Fact, Federation, FingerprintKey, Quality, Subject, SubjectKind, mask,
};

use super::job::{Exchange, Job, Pipeline};
use super::purpose::{PLAIN_KIND, Part};
use super::secret::{Secret, Secrets};
use super::secret_use::{SecretUse, Started};
use crate::detect::Blob;
use crate::detect::witness::Witness;
use crate::findings::AWS_ACCESS_KEY;

/// Notes everything that is known of the secrets and of the jobs that need none.
pub(super) fn give(
    blob: &Blob<'_>,
    pipeline: &Pipeline<'_>,
    secrets: &Secrets<'_, '_>,
    key: &FingerprintKey,
    witness: &mut Witness<'_>,
) {
    // In the order of the file, so that a report of one file reads like the file.
    let mut in_order: Vec<&Secret<'_, '_>> = secrets.values().collect();
    in_order.sort_by_key(|secret| secret.uses.first().map(|(_, found)| found.spot));
    for secret in in_order {
        identity(pipeline, secret, secrets, key, witness);
        uses(blob, pipeline, secret, witness);
    }
    for job in &pipeline.jobs {
        let targets: BTreeSet<Option<&str>> = job.exchanges.iter().map(|exchange| exchange.target).collect();
        for exchange in &job.exchanges {
            // A job that becomes two principals in turn is two identities: joined, it would join them too.
            let subject = match exchange.target {
                Some(target) if targets.len() > 1 => job_subject(blob, &format!("{} as {target}", job.id)),
                _ => job_subject(blob, &job.id),
            };
            federated_job(&subject, blob, pipeline, job, exchange, witness);
        }
    }
}

/// A job.
pub(super) fn job_subject(blob: &Blob<'_>, id: &str) -> Subject {
    Subject::new(SubjectKind::CiJob, format!("{}:{}#{id}", blob.root, blob.path))
}

fn identity(
    pipeline: &Pipeline<'_>,
    secret: &Secret<'_, '_>,
    secrets: &Secrets<'_, '_>,
    key: &FingerprintKey,
    witness: &mut Witness<'_>,
) {
    let Some((_, first)) = secret.uses.first() else { return };
    let line = first.spot.line;
    let quality = secret.purpose.quality;
    let subject = &secret.subject;
    // The half of a key is no identity of its own: it joins the one that its id names.
    if let Some(id) = secret.half_of.as_ref().and_then(|id| secrets.get(id)) {
        let because =
            format!("{} and {} are received together, as the halves of one access key", secret.name, id.name);
        witness.fact(subject, line, quality, Fact::SameAs { other: id.subject.clone(), because });
        return;
    }
    let fact = Fact::Identity {
        kind: pipeline.system.secret_kind.to_owned(),
        name: secret.name.to_owned(),
        native_id: None,
        provider: secret.purpose.provider.to_owned(),
    };
    witness.fact(subject, line, quality, fact);
    if secret.purpose.part == Part::Configuration {
        let tag = Fact::Tag { key: "tenure:value".to_owned(), value: "configuration".to_owned() };
        witness.fact(subject, line, quality, tag);
        return;
    }
    let kind = secret.purpose.kind;
    let kind = if kind == PLAIN_KIND { pipeline.system.plain_kind } else { kind };
    let mut credential = Credential { kind: kind.to_owned(), ..Credential::default() };
    if let Some(id) = secret.literal_key_id {
        let fingerprint = key.fingerprint(AWS_ACCESS_KEY, id.as_bytes());
        let other = Subject::new(SubjectKind::Credential, fingerprint.0.clone());
        credential.fingerprint = Some(fingerprint);
        let because =
            format!("{} is received together with the access key id {}", secret.name, mask(id.as_bytes(), 8));
        witness.fact(subject, line, quality, Fact::SameAs { other, because });
    }
    witness.fact(subject, line, quality, Fact::Credential { credential });
}

/// Each use as a consumer; once a job, what the platform could do instead and what the job is for.
fn uses(blob: &Blob<'_>, pipeline: &Pipeline<'_>, secret: &Secret<'_, '_>, witness: &mut Witness<'_>) {
    let subject = &secret.subject;
    let opens = secret.purpose.part != Part::Configuration;
    let mut told = BTreeSet::new();
    for (index, found) in &secret.uses {
        let Some(job) = pipeline.jobs.get(*index) else { continue };
        let line = found.spot.line;
        let proof = found.proof(job).filter(|_| opens);
        let offered = proof.map(|proof| pipeline.system.federation(proof, &secret.purpose));
        let mut consumer = consumer(blob, job, found);
        if let Some((state, how)) = &offered {
            consumer.federation = Some(*state);
            consumer.federation_how = Some(how.clone());
        }
        witness.fact(subject, line, pipeline.quality, Fact::Consumer { consumer });
        if told.insert(*index) && opens {
            if let Some((state, how)) = offered {
                witness.fact(subject, line, pipeline.quality, Fact::Federation { state, how });
            }
            let text = purpose(pipeline, job);
            witness.fact(subject, job.line, Quality::Heuristic, Fact::Purpose { text });
        }
    }
}

fn consumer(blob: &Blob<'_>, job: &Job<'_>, found: &SecretUse<'_>) -> Consumer {
    let job_itself = job.as_consumer(blob);
    let job_itself = match found.started.clone() {
        Some(Started { triggers, runs_per_day, called_by, .. }) => {
            Consumer { triggers, runs_per_day, called_by, ..job_itself }
        }
        None => job_itself,
    };
    Consumer {
        line: found.spot.line,
        secret_name: Some(found.written.as_ref().unwrap_or(&found.name).clone().into_owned()),
        exposure: Some(found.exposure.word().to_owned()),
        action: found.receiver.map(|receiver| receiver.reference.to_owned()),
        ..job_itself
    }
}

/// What the job seems to be for, by the names that people gave.
fn purpose(pipeline: &Pipeline<'_>, job: &Job<'_>) -> String {
    let job = job.title.unwrap_or(&job.id);
    match pipeline.name {
        Some(pipeline) => format!("{pipeline}: {job}"),
        None => job.to_owned(),
    }
}

/// A job that proves who it is: an identity without a kept secret.
fn federated_job(
    subject: &Subject,
    blob: &Blob<'_>,
    pipeline: &Pipeline<'_>,
    job: &Job<'_>,
    exchange: &Exchange<'_>,
    witness: &mut Witness<'_>,
) {
    let Exchange { line, provider, action, target } = *exchange;
    let literal = target.filter(|text| !text.contains('$'));
    let fact = Fact::Identity {
        kind: pipeline.system.job_kind.to_owned(),
        name: format!("{} ({})", job.id, blob.path_in_repository()),
        native_id: literal.map(str::to_owned),
        provider: provider.to_owned(),
    };
    witness.fact(subject, line, Quality::Config, fact);
    let token = pipeline.system.token.unwrap_or("the platform's token");
    let how = match target {
        Some(target) => format!("{action} trades {token} for {target}"),
        None => format!("{action} trades {token} for access"),
    };
    let fact = Fact::Federation { state: Federation::Used, how: how.clone() };
    witness.fact(subject, line, Quality::Config, fact);
    let consumer = Consumer {
        line,
        federation: Some(Federation::Used),
        federation_how: Some(how),
        ..job.as_consumer(blob)
    };
    witness.fact(subject, line, Quality::Config, Fact::Consumer { consumer });
    let text = purpose(pipeline, job);
    witness.fact(subject, job.line, Quality::Heuristic, Fact::Purpose { text });
    let principal = literal.and_then(|target| match provider {
        "aws" if target.starts_with("arn:") => Some(Subject::new(SubjectKind::AwsPrincipal, target)),
        "gcp" if target.contains('@') => Some(Subject::new(SubjectKind::Account, format!("gcp:{target}"))),
        "azure" => Some(Subject::new(SubjectKind::Account, format!("azure:{}", target.to_ascii_lowercase()))),
        _ => None,
    });
    if let Some(other) = principal {
        let because = format!("job {} becomes this principal with its own OIDC token", job.id);
        witness.fact(subject, line, Quality::Config, Fact::SameAs { other, because });
    }
}
