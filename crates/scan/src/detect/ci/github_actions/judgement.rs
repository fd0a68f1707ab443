//! Judges a workflow: what a person should look at, with the reason and the line.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::Severity;

use super::expression::Use;
use super::oidc::{exchanges, federation};
use super::secrets::Secret;
use super::workflow::{Exposure, Job, SecretUse, Workflow};
use super::{Names, is_pinned, receiver};
use crate::detect::ci::purpose::Part;
use crate::detect::rules::{self, ReaderRule};
use crate::detect::witness::{Spot, Statement, Witness};

/// Names that one reason lists before it only counts.
const NAMES_MAX: usize = 8;
/// Events that somebody without write access can cause, and that run with the repository's secrets.
const OUTSIDE_EVENTS: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];
/// Where the code of an outsider's pull request is named.
const OUTSIDE_CODE: [&str; 4] =
    ["github.event.pull_request.head", "github.head_ref", "github.event.workflow_run.head", "refs/pull/"];

/// Notes every finding of a workflow.
pub(super) fn judge(
    names: &Names<'_>,
    workflow: &Workflow<'_>,
    secrets: &BTreeMap<String, Secret<'_>>,
    witness: &mut Witness<'_>,
) {
    let mut bench = Bench { names, workflow, witness };
    for secret in secrets.values().filter(|secret| secret.half_of.is_none()) {
        if secret.purpose.part != Part::Configuration {
            bench.static_key(secret);
            bench.personal_token(secret);
            bench.workflow_level(secret);
            bench.unpinned_action(secret);
        }
    }
    for job in &workflow.jobs {
        bench.whole_context(job);
        bench.inherited(job);
        bench.risky_trigger(job, secrets);
    }
    bench.write_all();
    bench.no_timeout();
}

struct Bench<'b, 'a, 't, 'w> {
    names: &'b Names<'b>,
    workflow: &'b Workflow<'t>,
    witness: &'w mut Witness<'a>,
}

impl Bench<'_, '_, '_, '_> {
    fn job(&self, index: usize) -> Option<&Job<'_>> {
        self.workflow.jobs.get(index)
    }

    /// A finding about a secret. `detail` tells several of one rule apart.
    fn about_secret(
        &mut self,
        rule: &'static ReaderRule,
        secret: &Secret<'_>,
        detail: &str,
        spots: Vec<Spot>,
        (severity, reasons): (Option<Severity>, Vec<String>),
    ) {
        let subject = self.names.secret(secret.name);
        let title = format!("{}: {}", rule.title, secret.name);
        let about = format!("{} {detail}", subject.key);
        self.witness.finding(Statement { rule, severity, subject, about, title, spots, reasons });
    }

    /// A finding about a job.
    fn about_job(
        &mut self,
        rule: &'static ReaderRule,
        job: &Job<'_>,
        spot: Spot,
        (severity, reasons): (Option<Severity>, Vec<String>),
    ) {
        let subject = self.names.job(job.id);
        let title = format!("{}: job {}", rule.title, job.id);
        let about = self.names.about_job(job.id);
        self.witness.finding(Statement { rule, severity, subject, about, title, spots: vec![spot], reasons });
    }

    fn static_key(&mut self, secret: &Secret<'_>) {
        let purpose = secret.purpose;
        let jobs: BTreeSet<usize> = secret.uses.iter().map(|(index, _)| *index).collect();
        let spots: Vec<Spot> = secret.uses.iter().map(|(_, found)| found.spot).collect();
        let in_jobs =
            format!("used in {}", listed(jobs.iter().filter_map(|&index| Some(self.job(index)?.id))));
        if purpose.is_cloud_key() {
            let offers: BTreeSet<String> = jobs
                .iter()
                .filter_map(|&index| Some(federation(self.workflow, self.job(index)?, purpose.provider).1))
                .collect();
            let mut reasons = vec![in_jobs.clone()];
            reasons.extend(offers);
            self.about_secret(&rules::CI_STATIC_CLOUD_KEY, secret, "", spots.clone(), (None, reasons));
            self.beside_oidc(secret, &jobs, &spots);
        } else if purpose.provider == "s3_compatible" {
            let reasons = vec![
                in_jobs.clone(),
                "the storage speaks the S3 protocol but is not AWS: it accepts no OIDC token".to_owned(),
            ];
            self.about_secret(
                &rules::CI_STATIC_CLOUD_KEY,
                secret,
                "",
                spots.clone(),
                (Some(Severity::Medium), reasons),
            );
        } else if purpose.kind != "database_password" && purpose.kind != "kubeconfig_token" {
            return;
        }
        self.scheduled(secret, &jobs, &spots);
        let own: Vec<&str> = jobs
            .iter()
            .filter_map(|&index| self.job(index).filter(|job| job.runner == Some("self_hosted")))
            .map(|job| job.id)
            .collect();
        if !own.is_empty() {
            let reasons = vec![format!("self-hosted: {}", listed(own.into_iter()))];
            self.about_secret(&rules::CI_SELF_HOSTED_STATIC_KEY, secret, "", spots, (None, reasons));
        }
    }

    fn beside_oidc(&mut self, secret: &Secret<'_>, jobs: &BTreeSet<usize>, spots: &[Spot]) {
        let mut reasons = Vec::new();
        let mut same_job = false;
        for (index, job) in self.workflow.jobs.iter().enumerate() {
            for exchange in exchanges(job, self.workflow.permissions_of(job)) {
                if exchange.provider == secret.purpose.provider {
                    same_job |= jobs.contains(&index);
                    reasons.push(format!(
                        "job {} already uses OIDC ({}, line {})",
                        job.id, exchange.action, exchange.line
                    ));
                }
            }
        }
        if !reasons.is_empty() {
            let severity = (!same_job).then_some(Severity::Medium);
            self.about_secret(
                &rules::CI_STATIC_KEY_BESIDE_OIDC,
                secret,
                "",
                spots.to_vec(),
                (severity, reasons),
            );
        }
    }

    fn scheduled(&mut self, secret: &Secret<'_>, jobs: &BTreeSet<usize>, spots: &[Spot]) {
        let Some(runs) = self.workflow.runs_per_day else { return };
        let mut reasons = vec![format!("runs {} by its schedule", often(runs))];
        for job in jobs.iter().filter_map(|&index| self.job(index)) {
            reasons.push(match job.timeout_minutes {
                Some(minutes) => format!("job {} ends after at most {minutes} minutes", job.id),
                None => format!(
                    "job {} has no timeout written: add one to know the life of a short-lived key",
                    job.id
                ),
            });
        }
        reasons.truncate(NAMES_MAX);
        self.about_secret(&rules::CI_SCHEDULED_STATIC_KEY, secret, "", spots.to_vec(), (None, reasons));
    }

    fn personal_token(&mut self, secret: &Secret<'_>) {
        if secret.purpose.kind != "github_pat" {
            return;
        }
        let how =
            secret.uses.iter().find_map(|(_, found)| found.slot.filter(|_| found.exposure != Exposure::Run));
        let mut reasons = vec!["its use or its name says that it is a personal access token".to_owned()];
        reasons.extend(how.map(|slot| format!("received as {slot}")));
        let spots = secret.uses.iter().map(|(_, found)| found.spot).collect();
        self.about_secret(&rules::CI_PERSONAL_TOKEN, secret, "", spots, (None, reasons));
    }

    fn workflow_level(&mut self, secret: &Secret<'_>) {
        let wide: Vec<&(usize, SecretUse<'_>)> =
            secret.uses.iter().filter(|(_, found)| found.exposure == Exposure::Workflow).collect();
        let Some((_, first)) = wide.first() else { return };
        let steps = wide.iter().filter_map(|(index, _)| self.job(*index)).flat_map(|job| &job.steps);
        let others: BTreeSet<&str> = steps
            .filter_map(|step| step.action)
            .filter(|action| self.names.is_third_party(action) && !is_pinned(action))
            .collect();
        let jobs = if wide.len() == 1 { "the one job".to_owned() } else { format!("{} jobs", wide.len()) };
        let mut reasons = vec![format!("reaches every step of {jobs}")];
        if !others.is_empty() {
            reasons.push(format!(
                "actions of others that are not pinned see it: {}",
                listed(others.into_iter())
            ));
        }
        let severity = (wide.len() == 1).then_some(Severity::Low);
        let spots = vec![first.spot];
        self.about_secret(&rules::CI_SECRET_AT_WORKFLOW_LEVEL, secret, "", spots, (severity, reasons));
    }

    fn unpinned_action(&mut self, secret: &Secret<'_>) {
        let mut by_action: BTreeMap<&str, Vec<Spot>> = BTreeMap::new();
        for (index, found) in &secret.uses {
            let Some(job) = self.workflow.jobs.get(*index) else { continue };
            if let Some(action) = receiver(self.names, job, found).filter(|action| !is_pinned(action)) {
                by_action.entry(action).or_default().push(found.spot);
            }
        }
        for (action, spots) in by_action {
            let (name, revision) = action.rsplit_once('@').unwrap_or((action, ""));
            let version = revision.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
            let reason = match (revision, version) {
                ("", _) => format!("{name} is named without any version"),
                (_, true) => format!("{name} is named by the tag {revision}, which its owner can move"),
                (_, false) => format!("{name} is named by {revision}, which moves with every change there"),
            };
            let severity = (!version).then_some(Severity::High);
            self.about_secret(
                &rules::CI_SECRET_TO_UNPINNED_ACTION,
                secret,
                name,
                spots,
                (severity, vec![reason]),
            );
        }
    }

    fn whole_context(&mut self, job: &Job<'_>) {
        for found in &job.uses {
            let (rule, reason): (&'static ReaderRule, String) = match found.what {
                Use::Whole => {
                    (&rules::CI_TOJSON_SECRETS, format!("reaches the job at {} level", found.exposure.word()))
                }
                Use::Computed(expression) => {
                    (&rules::CI_COMPUTED_SECRET_NAME, format!("the name is computed from `{expression}`"))
                }
                Use::Named(_) => continue,
            };
            // One finding a job and rule: the first place stands for the rest.
            let first = job
                .uses
                .iter()
                .find(|other| std::mem::discriminant(&other.what) == std::mem::discriminant(&found.what));
            if first.is_some_and(|first| first.spot == found.spot) {
                self.about_job(rule, job, found.spot, (None, vec![reason]));
            }
        }
    }

    fn inherited(&mut self, job: &Job<'_>) {
        let (Some(line), Some(called)) = (job.inherits, job.calls) else { return };
        let outside = self.names.is_third_party(called);
        let severity = match (outside, is_pinned(called)) {
            (true, false) => Some(Severity::High),
            (true, true) => None,
            (false, _) => Some(Severity::Low),
        };
        let reasons = vec![format!("{called} receives every secret that this workflow can read")];
        self.about_job(&rules::CI_SECRETS_INHERIT, job, Spot::line(line), (severity, reasons));
    }

    fn risky_trigger(&mut self, job: &Job<'_>, secrets: &BTreeMap<String, Secret<'_>>) {
        let events: Vec<&str> =
            self.workflow.triggers.iter().copied().filter(|event| OUTSIDE_EVENTS.contains(event)).collect();
        let keeps = |name: &str| {
            secrets
                .get(&name.to_ascii_uppercase())
                .is_some_and(|secret| secret.purpose.part != Part::Configuration)
        };
        let held: Vec<(&str, Spot)> = job
            .uses
            .iter()
            .filter_map(
                |found| if let Use::Named(name) = found.what { Some((name, found.spot)) } else { None },
            )
            .filter(|(name, _)| keeps(name))
            .collect();
        let Some((_, spot)) = held.first().copied().filter(|_| !events.is_empty()) else { return };
        let held: BTreeSet<&str> = held.into_iter().map(|(name, _)| name).collect();
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
            None => mild.then_some(Severity::Low),
        };
        self.about_job(&rules::CI_RISKY_TRIGGER_WITH_SECRETS, job, spot, (severity, reasons));
    }

    fn write_all(&mut self) {
        let workflow = self.workflow;
        let top = workflow.permissions.filter(|permissions| permissions.write_all);
        if let Some(permissions) = top {
            let under: Vec<&Job<'_>> = workflow.jobs.iter().filter(|job| job.permissions.is_none()).collect();
            if let Some(first) = under.first() {
                let reasons = vec![format!("holds for {}", listed(under.iter().map(|job| job.id)))];
                self.about_job(&rules::CI_WRITE_ALL, first, Spot::line(permissions.line), (None, reasons));
            }
        }
        for job in &workflow.jobs {
            if let Some(permissions) = job.permissions.filter(|permissions| permissions.write_all) {
                let reasons = vec!["written at the job itself".to_owned()];
                self.about_job(&rules::CI_WRITE_ALL, job, Spot::line(permissions.line), (None, reasons));
            }
        }
    }

    /// One finding a file: a workflow without timeouts is one habit, not twenty defects.
    fn no_timeout(&mut self) {
        let open: Vec<&Job<'_>> = self
            .workflow
            .jobs
            .iter()
            .filter(|job| !job.has_timeout && job.calls.is_none() && !job.uses.is_empty())
            .collect();
        let Some(first) = open.first() else { return };
        let rule = &rules::CI_SECRET_JOB_WITHOUT_TIMEOUT;
        let statement = Statement {
            rule,
            severity: None,
            subject: self.names.job(first.id),
            about: self.names.about_job(""),
            title: rule.title.to_owned(),
            spots: open.iter().map(|job| Spot::line(job.line)).collect(),
            reasons: vec![format!("without timeout-minutes: {}", listed(open.iter().map(|job| job.id)))],
        };
        self.witness.finding(statement);
    }
}

/// `a, b, c and 4 more`.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len().checked_sub(NAMES_MAX) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMES_MAX].join(", ")),
    }
}

/// A rate that a person can picture.
fn often(runs_per_day: f64) -> String {
    if runs_per_day >= 1.05 {
        let whole = (runs_per_day - runs_per_day.round()).abs() < 0.05;
        if whole {
            format!("{runs_per_day:.0} times a day")
        } else {
            format!("about {runs_per_day:.1} times a day")
        }
    } else if runs_per_day >= 0.9 {
        "once a day".to_owned()
    } else {
        format!("about {} times a year", (runs_per_day * 365.0).round())
    }
}
