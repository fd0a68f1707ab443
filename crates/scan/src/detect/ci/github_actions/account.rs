//! Writes down the facts of one workflow: identities, credentials, consumers, federation.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{
    Consumer, Credential, Fact, Federation, FingerprintKey, Quality, Subject, SubjectKind, mask,
};

use super::oidc::{Exchange, exchanges, federation};
use super::secrets::Secret;
use super::workflow::{Job, SecretUse, Workflow};
use super::{Names, receiver};
use crate::detect::ci::purpose::Part;
use crate::detect::witness::Witness;
use crate::findings::AWS_ACCESS_KEY;

/// Notes everything that is known of the secrets and of the jobs that need none.
pub(super) fn give(
    names: &Names<'_>,
    workflow: &Workflow<'_>,
    secrets: &BTreeMap<String, Secret<'_>>,
    key: &FingerprintKey,
    witness: &mut Witness<'_>,
) {
    // In the order of the file, so that a report of one file reads like the file.
    let mut in_order: Vec<&Secret<'_>> = secrets.values().collect();
    in_order.sort_by_key(|secret| secret.uses.first().map(|(_, found)| found.spot));
    for secret in in_order {
        let subject = names.secret(secret.name);
        identity(&subject, secret, names, key, witness);
        let mut told = BTreeSet::new();
        for (index, found) in &secret.uses {
            let Some(job) = workflow.jobs.get(*index) else { continue };
            let line = found.spot.line;
            let consumer = consumer(names, workflow, job, found, secret.name);
            witness.fact(&subject, line, Quality::Config, Fact::Consumer { consumer });
            if told.insert(*index) && secret.purpose.part != Part::Configuration {
                let (state, how) = federation(workflow, job, secret.purpose.provider);
                witness.fact(&subject, line, Quality::Config, Fact::Federation { state, how });
                let text = purpose(workflow, job);
                witness.fact(&subject, job.line, Quality::Heuristic, Fact::Purpose { text });
            }
        }
    }
    for job in &workflow.jobs {
        let exchanges = exchanges(job, workflow.permissions_of(job));
        let targets: BTreeSet<Option<&str>> = exchanges.iter().map(|exchange| exchange.target).collect();
        for exchange in &exchanges {
            // A job that becomes two principals in turn is two identities: joined, it would join them too.
            let subject = match exchange.target {
                Some(target) if targets.len() > 1 => names.job(&format!("{} as {target}", job.id)),
                _ => names.job(job.id),
            };
            federated_job(&subject, names, workflow, job, exchange, witness);
        }
    }
}

fn identity(
    subject: &Subject,
    secret: &Secret<'_>,
    names: &Names<'_>,
    key: &FingerprintKey,
    witness: &mut Witness<'_>,
) {
    let Some((_, first)) = secret.uses.first() else { return };
    let line = first.spot.line;
    let quality = secret.purpose.quality;
    // The half of a key is no identity of its own: it joins the one that its id names.
    if let Some(id) = &secret.half_of {
        let because =
            format!("{} and {id} are received together, as the halves of one access key", secret.name);
        witness.fact(subject, line, quality, Fact::SameAs { other: names.secret(id), because });
        return;
    }
    let fact = Fact::Identity {
        kind: "github_actions_secret".to_owned(),
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
    let mut credential = Credential { kind: secret.purpose.kind.to_owned(), ..Credential::default() };
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

fn consumer(
    names: &Names<'_>,
    workflow: &Workflow<'_>,
    job: &Job<'_>,
    found: &SecretUse<'_>,
    secret_name: &str,
) -> Consumer {
    Consumer {
        line: found.spot.line,
        secret_name: Some(secret_name.to_owned()),
        exposure: Some(found.exposure.word().to_owned()),
        action: receiver(names, job, found).map(str::to_owned),
        ..job_as_consumer(names, workflow, job)
    }
}

fn job_as_consumer(names: &Names<'_>, workflow: &Workflow<'_>, job: &Job<'_>) -> Consumer {
    Consumer {
        kind: "ci_job".to_owned(),
        root: names.blob.root.to_owned(),
        path: names.blob.path.to_owned(),
        line: job.line,
        job: Some(job.id.to_owned()),
        environment: job.environment.map(str::to_owned),
        triggers: workflow.triggers.iter().map(|&event| event.to_owned()).collect(),
        runs_per_day: workflow.runs_per_day,
        timeout_minutes: job.timeout_minutes,
        runner: job.runner.map(str::to_owned),
        ..Consumer::default()
    }
}

/// What the job seems to be for, by the names that people gave.
fn purpose(workflow: &Workflow<'_>, job: &Job<'_>) -> String {
    let job = job.name.unwrap_or(job.id);
    match workflow.name {
        Some(workflow) => format!("{workflow}: {job}"),
        None => job.to_owned(),
    }
}

/// A job that proves who it is: an identity without a kept secret.
fn federated_job(
    subject: &Subject,
    names: &Names<'_>,
    workflow: &Workflow<'_>,
    job: &Job<'_>,
    exchange: &Exchange<'_>,
    witness: &mut Witness<'_>,
) {
    let Exchange { line, provider, action, target, .. } = *exchange;
    let literal = target.filter(|text| !text.contains("${{"));
    let fact = Fact::Identity {
        kind: "github_actions_job".to_owned(),
        name: format!("{} ({})", job.id, names.blob.path_in_repository()),
        native_id: literal.map(str::to_owned),
        provider: provider.to_owned(),
    };
    witness.fact(subject, line, Quality::Config, fact);
    let how = match target {
        Some(target) => format!("{action} trades GitHub's OIDC token for {target}"),
        None => format!("{action} trades GitHub's OIDC token for access"),
    };
    witness.fact(subject, line, Quality::Config, Fact::Federation { state: Federation::Used, how });
    let consumer = Consumer { line, ..job_as_consumer(names, workflow, job) };
    witness.fact(subject, line, Quality::Config, Fact::Consumer { consumer });
    let text = purpose(workflow, job);
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
