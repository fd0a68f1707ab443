//! Judges a workflow: what a person should look at, with the reason and the line.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::Severity;

use super::workflow::{Job, What, Workflow};
use super::{Names, called, is_pinned};
use crate::detect::ci::job::Pipeline;
use crate::detect::ci::judgement::{self, listed};
use crate::detect::ci::purpose::Part;
use crate::detect::ci::secret::{Secret, Secrets};
use crate::detect::ci::secret_use::{Exposure, SecretUse};
use crate::detect::rules::{self, ReaderRule};
use crate::detect::witness::{Spot, Witness};

/// Events that somebody without write access can cause, and that run with the repository's secrets.
const OUTSIDE_EVENTS: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];
/// Where the code of an outsider's pull request is named.
const OUTSIDE_CODE: [&str; 4] =
    ["github.event.pull_request.head", "github.head_ref", "github.event.workflow_run.head", "refs/pull/"];

/// Notes every finding of a workflow.
pub(super) fn judge(
    names: &Names<'_>,
    workflow: &Workflow<'_>,
    pipeline: &Pipeline<'_>,
    secrets: &Secrets<'_, '_>,
    witness: &mut Witness<'_>,
) {
    let mut shared = judgement::Bench { blob: names.blob, pipeline, witness };
    shared.judge(secrets);
    let mut bench = Bench { names, workflow, shared };
    let opens =
        |secret: &&Secret<'_, '_>| secret.half_of.is_none() && secret.purpose.part != Part::Configuration;
    for secret in secrets.values().filter(opens) {
        bench.workflow_level(secret);
    }
    for (index, job) in workflow.jobs.iter().enumerate() {
        bench.whole_context(job);
        bench.risky_trigger(index, job, secrets);
    }
    bench.inherited();
    bench.write_all();
    bench.permissions_unwritten();
}

/// The pen on one workflow.
struct Bench<'b, 'p, 't, 'w, 'a> {
    names: &'b Names<'b>,
    workflow: &'b Workflow<'t>,
    shared: judgement::Bench<'b, 'p, 'w, 'a>,
}

impl<'t> Bench<'_, '_, 't, '_, '_> {
    fn job(&self, index: usize) -> Option<&Job<'t>> {
        self.workflow.jobs.get(index)
    }

    fn workflow_level(&mut self, secret: &Secret<'_, '_>) {
        let wide: Vec<&(usize, &SecretUse<'_>)> =
            secret.uses.iter().filter(|(_, found)| found.exposure == Exposure::Workflow).collect();
        let Some((_, first)) = wide.first() else { return };
        let steps = wide.iter().filter_map(|(index, _)| self.job(*index)).flat_map(|job| &job.steps);
        let others: BTreeSet<&str> = steps
            .filter_map(|step| step.action)
            .filter(|action| self.names.is_third_party(action) && !is_pinned(action))
            .collect();
        let count = wide.iter().map(|(index, _)| *index).collect::<BTreeSet<_>>().len();
        let jobs = if count == 1 { "the one job".to_owned() } else { format!("{count} jobs") };
        let mut reasons = vec![format!("reaches every step of {jobs}")];
        if !others.is_empty() {
            reasons.push(format!(
                "actions of others that are not pinned see it: {}",
                listed(others.into_iter())
            ));
        }
        let severity = (count == 1).then_some(Severity::Low);
        let spots = vec![first.spot];
        self.shared.about_secret(&rules::CI_SECRET_AT_WORKFLOW_LEVEL, secret, "", spots, (severity, reasons));
    }

    fn whole_context(&mut self, job: &Job<'_>) {
        for found in &job.uses {
            let (rule, reason): (&'static ReaderRule, String) = match &found.what {
                What::Whole => {
                    (&rules::CI_TOJSON_SECRETS, format!("reaches the job at {} level", found.exposure.word()))
                }
                What::Computed(expression) => {
                    (&rules::CI_COMPUTED_SECRET_NAME, format!("the name is computed from `{expression}`"))
                }
                What::Named(_) => continue,
            };
            // One finding a job and rule: the first place stands for the rest.
            let first = job
                .uses
                .iter()
                .find(|other| std::mem::discriminant(&other.what) == std::mem::discriminant(&found.what));
            if first.is_some_and(|first| first.spot == found.spot) {
                self.shared.about_job(rule, job.id, vec![found.spot], (None, vec![reason]));
            }
        }
    }

    /// One finding for each workflow of others that inherits, and one for all of the own repository.
    fn inherited(&mut self) {
        let mut by_owner: BTreeMap<&str, Vec<(&Job<'t>, &str, u32)>> = BTreeMap::new();
        for job in &self.workflow.jobs {
            let (Some(line), Some(called)) = (job.inherits, job.calls) else { continue };
            let outside = self.names.is_third_party(called);
            by_owner.entry(if outside { called } else { "" }).or_default().push((job, called, line));
        }
        for (outside, calls) in by_owner {
            let severity = match (outside.is_empty(), is_pinned(outside)) {
                (true, _) => Some(Severity::Low),
                (false, true) => None,
                (false, false) => Some(Severity::High),
            };
            let told: BTreeSet<&str> = calls.iter().map(|(_, called, _)| *called).collect();
            let reasons = told.into_iter().map(|called| self.inherits(called)).collect();
            let spots = calls.iter().map(|(.., line)| Spot::line(*line)).collect();
            let first = calls.first().map_or("", |(job, ..)| job.id);
            self.shared.about_job(&rules::CI_SECRETS_INHERIT, first, spots, (severity, reasons));
        }
    }

    /// What it means that a workflow inherits every secret.
    fn inherits(&self, called: &str) -> String {
        let receives = format!("{called} receives every secret that this workflow can read");
        match called::uses_of(self.names.blob, called) {
            Some(used) if used.is_empty() => format!("{receives}, and names none"),
            Some(used) => format!("{receives}; it names {}", listed(used.iter().map(String::as_str))),
            None => receives,
        }
    }

    fn risky_trigger(&mut self, index: usize, job: &Job<'_>, secrets: &Secrets<'_, '_>) {
        let outside = self.workflow.triggers.iter().copied().filter(|event| OUTSIDE_EVENTS.contains(event));
        let events: Vec<&str> = outside.filter(|event| job.condition.lets_in(event)).collect();
        let kept = secrets.values().filter(|secret| secret.purpose.part != Part::Configuration);
        let mut held: Vec<(Spot, &str)> = kept
            .flat_map(|secret| &secret.uses)
            .filter(|(user, _)| *user == index)
            .map(|(_, found)| (found.spot, found.name.as_ref()))
            .collect();
        held.sort_unstable();
        let Some((spot, _)) = held.first().copied().filter(|_| !events.is_empty()) else { return };
        let held: BTreeSet<&str> = held.into_iter().map(|(_, name)| name).collect();
        let mut reasons =
            vec![format!("started by {}", events.join(", ")), format!("holds {}", listed(held.into_iter()))];
        let checks_out = job.steps.iter().find(|step| {
            step.action.is_some_and(|action| action.starts_with("actions/checkout"))
                && step.input("ref").is_some_and(|text| OUTSIDE_CODE.iter().any(|code| text.contains(code)))
        });
        // The end of another workflow is the mildest of these events: whoever caused it chose no input here.
        let mild = events.iter().all(|&event| event == "workflow_run");
        let severity = match checks_out {
            Some(step) => {
                reasons.push(format!("line {} checks out the outsider's code", step.line));
                Some(Severity::High)
            }
            None => (mild || job.condition.asks_who()).then_some(Severity::Low),
        };
        if job.condition.asks_who() {
            reasons.push("its condition asks who caused the event, or whether it was let in".to_owned());
        }
        self.shared.about_job(&rules::CI_RISKY_TRIGGER_WITH_SECRETS, job.id, vec![spot], (severity, reasons));
    }

    fn write_all(&mut self) {
        let workflow = self.workflow;
        let top = workflow.permissions.filter(|permissions| permissions.write_all);
        if let Some(permissions) = top {
            let under: Vec<&Job<'_>> = workflow.jobs.iter().filter(|job| job.permissions.is_none()).collect();
            if let Some(first) = under.first() {
                let reasons = vec![format!("holds for {}", listed(under.iter().map(|job| job.id)))];
                let spots = vec![Spot::line(permissions.line)];
                self.shared.about_job(&rules::CI_WRITE_ALL, first.id, spots, (None, reasons));
            }
        }
        for job in &workflow.jobs {
            if let Some(permissions) = job.permissions.filter(|permissions| permissions.write_all) {
                let reasons = vec!["written at the job itself".to_owned()];
                let spots = vec![Spot::line(permissions.line)];
                self.shared.about_job(&rules::CI_WRITE_ALL, job.id, spots, (None, reasons));
            }
        }
    }

    /// What is not written is decided by a setting that no file shows: unknown, and perhaps everything.
    fn permissions_unwritten(&mut self) {
        let workflow = self.workflow;
        let open = |job: &&Job<'_>| {
            workflow.permissions_of(job).is_none() && job.calls.is_none() && !job.uses.is_empty()
        };
        let open: Vec<&Job<'_>> = workflow.jobs.iter().filter(open).collect();
        let Some(first) = open.first().filter(|_| !workflow.is_only_called()) else { return };
        let reasons = vec![
            format!("no permissions are written for {}", listed(open.iter().map(|job| job.id))),
            "the organisation's or repository's default holds, which the file does not show".to_owned(),
        ];
        let spots = open.iter().map(|job| Spot::line(job.line)).collect();
        self.shared.about_jobs(&rules::CI_PERMISSIONS_UNWRITTEN, first.id, spots, (None, reasons));
    }
}
