//! Judges a pipeline of any CI system: what a person should look at, with the reason and the line.
//!
//! What only one system knows is judged beside its reader.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::Severity;

use super::account::job_subject;
use super::job::{DeedKind, Definition, Job, Pipeline};
use super::purpose::Part;
use super::secret::{Secret, Secrets};
use super::secret_use::{Exposure, SecretUse};
use super::system::publisher;
use crate::detect::Blob;
use crate::detect::rules::{self, ReaderRule};
use crate::detect::witness::{Spot, Statement, Witness};

/// Names that one reason lists before it only counts.
const NAMES_MAX: usize = 8;

/// Parts of others that are told apart.
const PARTS_MAX: usize = 100;

/// The pen of a judge on one file.
pub(super) struct Bench<'b, 't, 'w, 'a> {
    pub(super) blob: &'b Blob<'b>,
    pub(super) pipeline: &'b Pipeline<'t>,
    pub(super) witness: &'w mut Witness<'a>,
}

/// Severity, where the case differs from the rule's usual one, and why.
pub(super) type Verdict = (Option<Severity>, Vec<String>);

impl Bench<'_, '_, '_, '_> {
    /// Notes every finding that holds for all systems.
    pub(super) fn judge(&mut self, secrets: &Secrets<'_, '_>) {
        let opens =
            |secret: &&Secret<'_, '_>| secret.half_of.is_none() && secret.purpose.part != Part::Configuration;
        for secret in secrets.values().filter(opens) {
            self.static_key(secret);
            self.personal_token(secret);
            self.publish_token(secret);
            self.private_key(secret);
            self.kubeconfig(secret);
            self.unpinned_receiver(secret);
        }
        self.deeds();
        self.definitions();
        self.unread_parts();
        self.without_environment(secrets);
        self.without_timeout();
    }

    fn job(&self, index: usize) -> Option<&Job<'_>> {
        self.pipeline.jobs.get(index)
    }

    /// A finding about a secret. `detail` tells several of one rule apart.
    pub(super) fn about_secret(
        &mut self,
        rule: &'static ReaderRule,
        secret: &Secret<'_, '_>,
        detail: &str,
        spots: Vec<Spot>,
        (severity, reasons): Verdict,
    ) {
        let subject = secret.subject.clone();
        let title = format!("{}: {}", rule.title, secret.name);
        let about = format!("{} {detail}", subject.key);
        self.witness.finding(Statement { rule, severity, subject, about, title, spots, reasons });
    }

    /// A finding about a job.
    pub(super) fn about_job(
        &mut self,
        rule: &'static ReaderRule,
        id: &str,
        spots: Vec<Spot>,
        (severity, reasons): Verdict,
    ) {
        let subject = job_subject(self.blob, id);
        let title = format!("{}: job {id}", rule.title);
        let about = self.about(id);
        self.witness.finding(Statement { rule, severity, subject, about, title, spots, reasons });
    }

    /// One finding a file about a habit of several jobs; `first` stands for them.
    pub(super) fn about_jobs(
        &mut self,
        rule: &'static ReaderRule,
        first: &str,
        spots: Vec<Spot>,
        (severity, reasons): Verdict,
    ) {
        let subject = job_subject(self.blob, first);
        let (about, title) = (self.about(""), rule.title.to_owned());
        self.witness.finding(Statement { rule, severity, subject, about, title, spots, reasons });
    }

    /// A job, in the id of a finding: the same wherever the repository lies.
    fn about(&self, id: &str) -> String {
        format!("{}#{id}", self.blob.repository)
    }

    fn static_key(&mut self, secret: &Secret<'_, '_>) {
        let purpose = secret.purpose;
        let jobs = jobs(secret);
        let spots = spots(secret);
        let in_jobs = format!(
            "used in {}",
            listed(jobs.iter().filter_map(|&index| Some(self.job(index)?.id.as_str())))
        );
        if purpose.is_cloud_key() {
            let offers: BTreeSet<String> = secret
                .uses
                .iter()
                .filter_map(|(index, found)| {
                    let proof = found.proof(self.job(*index)?)?;
                    Some(self.pipeline.system.federation(proof, &purpose).1)
                })
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
            let verdict = (Some(Severity::Medium), reasons);
            self.about_secret(&rules::CI_STATIC_CLOUD_KEY, secret, "", spots.clone(), verdict);
        } else if purpose.kind != "database_password" && purpose.kind != "kubeconfig_token" {
            return;
        }
        self.scheduled(secret, &jobs, &spots);
        let own: Vec<&str> = jobs
            .iter()
            .filter_map(|&index| self.job(index).filter(|job| job.runner == Some("self_hosted")))
            .map(|job| job.id.as_str())
            .collect();
        if !own.is_empty() {
            let reasons = vec![format!("self-hosted: {}", listed(own.into_iter()))];
            self.about_secret(&rules::CI_SELF_HOSTED_STATIC_KEY, secret, "", spots, (None, reasons));
        }
    }

    fn beside_oidc(&mut self, secret: &Secret<'_, '_>, jobs: &BTreeSet<usize>, spots: &[Spot]) {
        let mut reasons = Vec::new();
        let mut same_job = false;
        for (index, job) in self.pipeline.jobs.iter().enumerate() {
            for exchange in &job.exchanges {
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
            let verdict = ((!same_job).then_some(Severity::Medium), reasons);
            self.about_secret(&rules::CI_STATIC_KEY_BESIDE_OIDC, secret, "", spots.to_vec(), verdict);
        }
    }

    fn scheduled(&mut self, secret: &Secret<'_, '_>, jobs: &BTreeSet<usize>, spots: &[Spot]) {
        let mut by_clock: Vec<&Job<'_>> = Vec::new();
        let mut rate: Option<f64> = None;
        for &index in jobs {
            let (Some(job), Some((_, found))) =
                (self.job(index), secret.uses.iter().find(|(user, _)| *user == index))
            else {
                continue;
            };
            let (scheduled, runs) = found.by_clock(job);
            if scheduled {
                by_clock.push(job);
                rate = rate.into_iter().chain(runs).reduce(f64::max);
            }
        }
        if by_clock.is_empty() {
            return;
        }
        let mut reasons = vec![match rate {
            Some(runs) => format!("runs {} by its schedule", often(runs)),
            None => {
                format!("runs by a schedule that is kept in {}, not in the file", self.pipeline.system.name)
            }
        }];
        for job in by_clock {
            reasons.push(match job.timeout_minutes {
                Some(minutes) => format!("job {} ends after at most {minutes} minutes", job.id),
                None => format!(
                    "no limit of job {} can be read: write one to know the life of a short-lived key",
                    job.id
                ),
            });
        }
        reasons.truncate(NAMES_MAX);
        self.about_secret(&rules::CI_SCHEDULED_STATIC_KEY, secret, "", spots.to_vec(), (None, reasons));
    }

    fn personal_token(&mut self, secret: &Secret<'_, '_>) {
        if !matches!(secret.purpose.kind, "github_pat" | "gitlab_pat" | "azure_devops_pat") {
            return;
        }
        // `ghcr_password` of a workflow that only others call is a parameter: what is passed is told where it is passed.
        let called = secret.uses.iter().all(|(index, _)| {
            self.pipeline.jobs.get(*index).is_some_and(|job| job.triggers == ["workflow_call"])
        });
        if called && secret.name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return;
        }
        let mut reasons = vec!["its use or its name says that it is a personal access token".to_owned()];
        reasons.extend(received_as(secret));
        self.about_secret(&rules::CI_PERSONAL_TOKEN, secret, "", spots(secret), (None, reasons));
    }

    /// A kept token of a registry that would take the job's own proof.
    fn publish_token(&mut self, secret: &Secret<'_, '_>) {
        let purpose = secret.purpose;
        let published = matches!(
            purpose.kind,
            "npm_token" | "pypi_token" | "crates_io_token" | "rubygems_key" | "nuget_key"
        );
        let system = self.pipeline.system;
        let Some(name) = publisher(purpose.provider)
            .filter(|_| published && system.trusted_publishing.contains(&purpose.provider))
        else {
            return;
        };
        let token = system.token.unwrap_or("the platform's token");
        let mut reasons =
            vec![format!("{name} accepts {token} as a trusted publisher, without any kept token")];
        reasons.extend(received_as(secret));
        self.about_secret(&rules::CI_PUBLISH_TOKEN, secret, "", spots(secret), (None, reasons));
    }

    fn private_key(&mut self, secret: &Secret<'_, '_>) {
        if secret.purpose.kind == "ssh_private_key" {
            let mut reasons =
                vec!["a private key opens its targets until somebody removes its public half".to_owned()];
            reasons.extend(received_as(secret));
            self.about_secret(&rules::CI_SSH_KEY, secret, "", spots(secret), (None, reasons));
        }
    }

    fn kubeconfig(&mut self, secret: &Secret<'_, '_>) {
        if secret.purpose.kind == "kubeconfig_token" {
            let jobs = jobs(secret);
            let jobs = jobs.iter().filter_map(|&index| Some(self.job(index)?.id.as_str()));
            let reasons = vec![format!("used in {}", listed(jobs))];
            self.about_secret(&rules::CI_STATIC_KUBECONFIG, secret, "", spots(secret), (None, reasons));
        }
    }

    fn unpinned_receiver(&mut self, secret: &Secret<'_, '_>) {
        let mut by_receiver: BTreeMap<&str, Vec<Spot>> = BTreeMap::new();
        for (_, found) in &secret.uses {
            if let Some(receiver) = found.receiver.filter(|receiver| !receiver.pinned) {
                by_receiver.entry(receiver.reference).or_default().push(found.spot);
            }
        }
        for (reference, spots) in by_receiver {
            let (name, revision) = named_revision(reference);
            let version = revision.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
            let reason = match (revision, version) {
                ("", _) => format!("{name} is named without any version"),
                (_, true) => format!("{name} is named by the tag {revision}, which its owner can move"),
                (_, false) => format!("{name} is named by {revision}, which moves with every change there"),
            };
            let verdict = ((!version).then_some(Severity::High), vec![reason]);
            self.about_secret(&rules::CI_SECRET_TO_UNPINNED_ACTION, secret, name, spots, verdict);
        }
    }

    fn deeds(&mut self) {
        let mut by_job: BTreeMap<(&str, DeedKind), Vec<Spot>> = BTreeMap::new();
        for job in &self.pipeline.jobs {
            for deed in &job.deeds {
                by_job.entry((&job.id, deed.what)).or_default().push(deed.spot);
            }
        }
        for ((id, kind), spots) in by_job {
            let (rule, reason) = wrong(kind);
            self.about_job(rule, id, spots, (None, vec![reason.to_owned()]));
        }
    }

    /// Definitions of others that can change, in a pipeline that holds secrets.
    fn definitions(&mut self) {
        let pipeline = self.pipeline;
        let holder = pipeline.jobs.iter().find(|job| !job.uses.is_empty());
        let holder = holder.or(pipeline.jobs.first()).map_or("", |job| job.id.as_str());
        for definition in pipeline.definitions.iter().filter(|definition| !definition.pinned) {
            let Definition { what, reference, revision, spot, .. } = *definition;
            let reason = match revision {
                Some(revision) => {
                    format!("{what} {reference} is named by {revision}, which its owner can move")
                }
                None => format!("{what} {reference} is named without any version"),
            };
            let rule = &rules::CI_MOVING_DEFINITION;
            let severity = revision.is_none().then_some(Severity::Medium);
            let (subject, about) =
                (job_subject(self.blob, holder), format!("{} {reference}", self.about("")));
            let (title, spots) = (format!("{}: {reference}", rule.title), vec![spot]);
            let reasons = vec![reason];
            self.witness.finding(Statement { rule, severity, subject, about, title, spots, reasons });
        }
    }

    /// One finding a file: what a pipeline runs and nobody has read.
    fn unread_parts(&mut self) {
        let pipeline = self.pipeline;
        if pipeline.unread_parts.is_empty() {
            return;
        }
        let first = pipeline.jobs.first().map_or("", |job| job.id.as_str());
        let mut named: Vec<&str> = Vec::new();
        for (what, _) in &pipeline.unread_parts {
            if !named.contains(&what.as_str()) && named.len() <= PARTS_MAX {
                named.push(what);
            }
        }
        let parts = listed(named.into_iter());
        let spots = pipeline.unread_parts.iter().map(|(_, spot)| *spot).collect();
        self.about_jobs(
            &rules::CI_DEFINITION_ELSEWHERE,
            first,
            spots,
            (None, vec![format!("not read: {parts}")]),
        );
    }

    /// One finding a file: jobs that hold a key to something in production, and no environment guards it.
    fn without_environment(&mut self, secrets: &Secrets<'_, '_>) {
        if !self.pipeline.system.guards_environments {
            return;
        }
        let mut open: BTreeMap<usize, Spot> = BTreeMap::new();
        for secret in secrets.values().filter(|secret| is_deployment_key(secret)) {
            for (index, found) in &secret.uses {
                let job = self.job(*index);
                if job.is_some_and(|job| job.environment.is_none() && !job.defined_elsewhere) {
                    open.entry(*index).or_insert(found.spot);
                }
            }
        }
        let names: Vec<&str> = open.keys().filter_map(|&index| Some(self.job(index)?.id.as_str())).collect();
        let Some(first) = names.first().copied().map(str::to_owned) else { return };
        let reasons = vec![format!("without environment: {}", listed(names.into_iter()))];
        let spots = open.into_values().collect();
        self.about_jobs(&rules::CI_SECRET_JOB_WITHOUT_ENVIRONMENT, &first, spots, (None, reasons));
    }

    /// One finding a file: a pipeline without timeouts is one habit, not twenty defects.
    fn without_timeout(&mut self) {
        let Some((word, otherwise)) = self.pipeline.system.timeout else { return };
        let pipeline = self.pipeline;
        let open: Vec<&Job<'_>> =
            pipeline.jobs.iter().filter(|job| !job.has_timeout && !job.defined_elsewhere).collect();
        let open: Vec<&Job<'_>> = open.into_iter().filter(|job| !job.uses.is_empty()).collect();
        let Some(first) = open.first() else { return };
        let reasons = vec![
            format!("without {word}: {}", listed(open.iter().map(|job| job.id.as_str()))),
            format!("each may run for {otherwise}"),
        ];
        let spots = open.iter().map(|job| Spot::line(job.line)).collect();
        self.about_jobs(&rules::CI_SECRET_JOB_WITHOUT_TIMEOUT, &first.id, spots, (None, reasons));
    }
}

/// The rule against a deed, and why.
fn wrong(deed: DeedKind) -> (&'static ReaderRule, &'static str) {
    match deed {
        DeedKind::PasswordArgument => (
            &rules::CI_PASSWORD_ARGUMENT,
            "the password is an argument of the command: processes of the same machine can read it",
        ),
        DeedKind::ComputedCredential => (
            &rules::CI_COMPUTED_SECRET_NAME,
            "the id of a credential is computed, so which one is used here is not known",
        ),
        DeedKind::UnaskedAgent => (
            &rules::CI_AGENT_UNASKED,
            "the agent may run every command and call every tool, and whatever it reads can tell it to",
        ),
        DeedKind::ConnectionInEnvironment => (
            &rules::CI_CONNECTION_IN_ENVIRONMENT,
            "the script receives id and key of the service connection's principal as variables",
        ),
        DeedKind::PersistedToken => (
            &rules::CI_PERSISTED_TOKEN,
            "the platform's token is written into the work tree's git configuration and stays for later steps",
        ),
        DeedKind::DefaultAccount => (
            &rules::CI_DEFAULT_SERVICE_ACCOUNT,
            "no service account is named, so whatever others may do as `default` this may do as well",
        ),
        DeedKind::InlineCredential => (
            &rules::CI_INLINE_CREDENTIAL,
            "the value is written out instead of taken from a variable or a secret store",
        ),
    }
}

/// A key that changes something outside: what an environment with reviewers is made to guard.
fn is_deployment_key(secret: &Secret<'_, '_>) -> bool {
    let kind = secret.purpose.kind;
    secret.purpose.is_cloud_key()
        || ["kubeconfig_token", "ssh_private_key", "database_password", "azure_publish_profile"]
            .contains(&kind)
        || ["npm_token", "pypi_token", "crates_io_token", "rubygems_key", "nuget_key"].contains(&kind)
}

/// Index of every job that uses a secret.
fn jobs(secret: &Secret<'_, '_>) -> BTreeSet<usize> {
    secret.uses.iter().map(|(index, _)| *index).collect()
}

fn spots(secret: &Secret<'_, '_>) -> Vec<Spot> {
    secret.uses.iter().map(|(_, found)| found.spot).collect()
}

fn received_as(secret: &Secret<'_, '_>) -> Option<String> {
    let slot = |found: &SecretUse<'_>| {
        found
            .slot
            .clone()
            .filter(|_| found.exposure != Exposure::Run)
            .map(|slot| format!("received as {slot}"))
    };
    secret.uses.iter().find_map(|(_, found)| slot(found))
}

/// `name@revision` and `image:tag`, taken apart.
fn named_revision(reference: &str) -> (&str, &str) {
    match reference.rsplit_once('@').or_else(|| reference.rsplit_once('#')) {
        Some(parts) => parts,
        None => match reference.rsplit_once(':') {
            // A colon before a slash belongs to a registry's port.
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (reference, ""),
        },
    }
}

/// `a, b, c and 4 more`.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
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
