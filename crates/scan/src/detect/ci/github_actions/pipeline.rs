//! A workflow in the words that all CI systems share.

use std::borrow::Cow;

use tenure_model::Federation;

use super::action::Local;
use super::called::{self, Calls, Origin};
use super::oidc::exchanges;
use super::workflow::{Job, Touch, What, Workflow};
use super::{Names, is_pinned, receiver};
use crate::detect::Blob;
use crate::detect::ci::job::{self, Pipeline};
use crate::detect::ci::purpose::{self, Place, by_input};
use crate::detect::ci::secret_use::{Exposure, Receiver, SecretUse, Started, Store};
use crate::detect::ci::shell;
use crate::detect::ci::system::{Proof, System};
use crate::detect::neighbours::is_here;
use crate::detect::witness::Spot;

/// GitHub Actions.
pub(super) static SYSTEM: System = System {
    key: "github",
    name: "GitHub",
    secret_kind: "github_actions_secret",
    job_kind: "github_actions_job",
    plain_kind: "github_actions_secret",
    token: Some("GitHub's OIDC token"),
    timeout: Some(("timeout-minutes", "the platform's limit of six hours")),
    folds_case: true,
    guards_environments: true,
    trusted_publishing: &["npm", "pypi", "crates_io", "rubygems", "nuget"],
};

/// The workflow as a pipeline, in the light of who calls it.
pub(super) fn pipeline<'t>(names: &Names<'_>, workflow: &Workflow<'t>, calls: &Calls) -> Pipeline<'t> {
    let local = Local::of(names.blob, workflow);
    let around = Around { names, workflow, calls, local: &local };
    let jobs = workflow.jobs.iter().map(|job| shared(&around, job)).collect();
    let unread_parts = workflow.jobs.iter().filter_map(|job| unread(names.blob, job)).collect();
    Pipeline { unread_parts, ..Pipeline::new(&SYSTEM, workflow.name, jobs) }
}

/// The workflow that a job calls, where it is not found, or is kept elsewhere and receives secrets.
fn unread(blob: &Blob<'_>, job: &Job<'_>) -> Option<(String, Spot)> {
    let uses = job.calls?;
    let what = match called::own_file(blob, uses) {
        Some(path) if is_here(blob.neighbours, path) => return None,
        Some(_) => format!("the workflow {uses}, which is not found here"),
        None if job.inherits.is_none() && job.passes.is_empty() => return None,
        None => format!("the workflow {uses}"),
    };
    Some((what, Spot::line(job.line)))
}

/// What a job is seen in.
struct Around<'a, 't> {
    names: &'a Names<'a>,
    workflow: &'a Workflow<'t>,
    calls: &'a Calls,
    local: &'a Local,
}

fn shared<'t>(around: &Around<'_, 't>, job: &Job<'t>) -> job::Job<'t> {
    let Around { workflow, calls, local, .. } = *around;
    let permissions = workflow.permissions_of(job);
    let started_by = workflow.triggers.iter().filter(|event| job.condition.lets_in(event));
    let by_clock = job.condition.lets_in("schedule");
    let own = workflow.runs_per_day.filter(|_| by_clock);
    let mut triggers: Vec<String> = started_by.map(|&event| event.to_owned()).collect();
    let outside = calls.triggers();
    triggers.extend(outside.into_iter().filter(|event| job.condition.lets_in(event)).map(str::to_owned));
    let outer = calls.runs_per_day().filter(|_| by_clock);
    let mut exchanges = exchanges(job, permissions);
    exchanges.extend(local.exchanges(job));
    job::Job {
        title: job.name,
        triggers,
        runs_per_day: own.into_iter().chain(outer).reduce(|a, b| a + b),
        scheduled: (workflow.runs_per_day.is_some() || calls.scheduled()) && by_clock,
        environment: job.environment,
        runner: job.runner,
        timeout_minutes: job.timeout_minutes,
        has_timeout: job.has_timeout,
        defined_elsewhere: job.calls.is_some(),
        token_permissions: permissions.map(|permissions| permissions.words()),
        exchanges,
        uses: job.uses.iter().flat_map(|touch| secret_uses(around, job, touch)).collect(),
        literal_key_ids: literal_key_ids(job),
        deeds: job.scripts.iter().flat_map(|&script| shell::deeds(script)).collect(),
        called_by: calls.by(),
        ..job::Job::new(job.id, job.line, proof(workflow, job, (calls, None)))
    }
}

/// Whether GitHub could prove the identity of a job, started by all of its callers or by some.
fn proof(workflow: &Workflow<'_>, job: &Job<'_>, (calls, among): (&Calls, Option<&[String]>)) -> Proof {
    let withheld_by = calls.withheld_by(among).filter(|_| workflow.is_only_called());
    let granted = workflow.permissions_of(job).is_none_or(|permissions| permissions.id_token);
    if let Some(Some(caller)) = withheld_by.filter(|_| granted) {
        let why = format!("its caller {caller} is not granted id-token: write");
        return Proof::new(Federation::AvailableNotEnabled, why);
    }
    let (state, right) = match workflow.permissions_of(job) {
        Some(permissions) if permissions.id_token => {
            (Federation::Available, "this job may request one (id-token: write)")
        }
        None if withheld_by.is_some() => {
            (Federation::Available, "this job may request one: its callers grant id-token: write")
        }
        Some(_) => (Federation::AvailableNotEnabled, "this job is not granted id-token: write"),
        None if workflow.is_only_called() => (
            Federation::AvailableNotEnabled,
            "whether it may request one is decided by the workflows that call this one",
        ),
        None => {
            (Federation::AvailableNotEnabled, "no permissions are written, so id-token: write is missing")
        }
    };
    let runner = if job.runner == Some("self_hosted") {
        "; its self-hosted runner must reach GitHub's token service"
    } else {
        ""
    };
    Proof::new(state, format!("{right}{runner}"))
}

/// A use of a secret, once for each secret of a store that it may stand for.
fn secret_uses<'t>(around: &Around<'_, 't>, job: &Job<'t>, touch: &Touch<'t>) -> Vec<SecretUse<'t>> {
    let What::Named(written) = &touch.what else { return Vec::new() };
    let step = touch.step.and_then(|index| job.steps.get(index));
    let input = step.filter(|_| touch.exposure == Exposure::With);
    let said = input.and_then(|step| {
        let (action, slot) = (step.action?, touch.slot?);
        by_input(action, slot, step.input("registry")).or_else(|| around.local.input(action, slot))
    });
    let place = Place {
        said,
        slot: touch.slot.filter(|_| touch.exposure != Exposure::Run),
        shared: touch.shared,
        other_s3: job.other_s3 || step.is_some_and(|step| step.other_s3),
    };
    let one = |name: Cow<'t, str>, store: Store<'t>| SecretUse {
        started: None,
        written: (name != *written).then(|| written.clone()),
        purpose: purpose::of_use(&name, place, "github"),
        name,
        store,
        spot: touch.spot,
        exposure: touch.exposure,
        slot: touch.slot.map(Cow::Borrowed),
        receiver: receiver(around.names, job, touch)
            .map(|reference| Receiver { reference, pinned: is_pinned(reference) }),
        block: block(touch.exposure, touch.step),
    };
    match around.calls.origin(around.workflow, written) {
        Origin::Kept => vec![one(written.clone(), Store::repository("repo"))],
        Origin::Passed(names) => {
            let use_of = |name: String| {
                let started = Some(started(around, job, written, &name));
                SecretUse { started, ..one(Cow::Owned(name), Store::repository("repo")) }
            };
            names.into_iter().map(use_of).collect()
        }
        Origin::Parameter { nobody } => {
            let file = around.names.blob.path.rsplit('/').next().unwrap_or_default();
            let found = one(written.clone(), Store::Repository(Cow::Owned(format!("workflow {file}"))));
            let part = if nobody { purpose::Part::Configuration } else { found.purpose.part };
            vec![SecretUse { purpose: purpose::Purpose { part, ..found.purpose }, ..found }]
        }
    }
}

/// What starts a job with the secret `kept` behind the name `written`: only the callers that pass it, and the workflow's own
/// events where it has the secret of that name itself.
fn started(around: &Around<'_, '_>, job: &Job<'_>, written: &str, kept: &str) -> Started {
    let workflow = around.workflow;
    let mut all = around.calls.started(written, kept);
    all.triggers.sort_unstable();
    all.triggers.dedup();
    let itself = !workflow.is_only_called() && written.eq_ignore_ascii_case(kept);
    let own = workflow.triggers.iter().filter(|event| itself || **event == called::CALLED);
    let own: Vec<String> = own
        .filter(|event| !all.triggers.contains(&(**event).to_owned()))
        .map(|&event| event.to_owned())
        .collect();
    all.triggers.splice(0..0, own);
    all.triggers.retain(|event| job.condition.lets_in(event));
    if itself {
        all.runs_per_day = all.runs_per_day.into_iter().chain(workflow.runs_per_day).reduce(|a, b| a + b);
    }
    all.runs_per_day = all.runs_per_day.filter(|_| job.condition.lets_in("schedule"));
    let among = Some(&all.called_by[..]).filter(|among| !among.is_empty());
    all.proof = Some(proof(workflow, job, (around.calls, among)));
    all
}

/// What is received together: the workflow's environment, the job's, or one step's.
fn block(exposure: Exposure, step: Option<usize>) -> usize {
    match step {
        Some(index) => index + 2,
        None => usize::from(exposure != Exposure::Workflow),
    }
}

fn literal_key_ids<'t>(job: &Job<'t>) -> Vec<(usize, &'t str)> {
    let steps = job.steps.iter().enumerate();
    steps
        .filter_map(|(index, step)| {
            let id = step.input("aws-access-key-id").filter(|text| purpose::is_key_id(text))?;
            Some((block(Exposure::Step, Some(index)), id))
        })
        .collect()
}
