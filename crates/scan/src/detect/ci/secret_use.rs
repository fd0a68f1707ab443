//! One place where a job receives a secret, whatever the system.

use std::borrow::Cow;

use super::job::Job;
use super::purpose::Purpose;
use super::system::Proof;
use crate::detect::witness::Spot;

/// Where a secret is exposed, widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    Workflow,
    Job,
    Step,
    With,
    Run,
    Passed,
}

impl Exposure {
    /// The word that reports use.
    pub(super) fn word(self) -> &'static str {
        match self {
            Exposure::Workflow => "workflow",
            Exposure::Job => "job",
            Exposure::Step => "step",
            Exposure::With => "with",
            Exposure::Run => "run",
            Exposure::Passed => "passed",
        }
    }
}

/// Where a secret is kept: two of one name in different stores are two secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Store<'t> {
    /// A store of the repository's own, by the system's word for it: `repo`, `project`.
    Repository(Cow<'t, str>),
    /// A store that other repositories of the same owner share: `context deploy`, `group release`.
    Owner(Cow<'t, str>),
    /// A Secret of a cluster, in this namespace where one is written.
    Cluster(Option<&'t str>),
    /// A store of a cloud, by the word that readers of workloads have for it: `secretsmanager`.
    Cloud(&'static str),
}

impl Store<'_> {
    /// The repository's only store.
    pub(super) const fn repository(word: &'static str) -> Self {
        Store::Repository(Cow::Borrowed(word))
    }
}

/// Code of others that receives a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receiver<'t> {
    /// As written, with its version.
    pub(super) reference: &'t str,
    /// Nobody can move what the reference points to.
    pub(super) pinned: bool,
}

/// What starts a job with one secret in its hands, where that is not all that starts the job.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Started {
    pub(super) triggers: Vec<String>,
    /// By schedules that can be counted.
    pub(super) runs_per_day: Option<f64>,
    /// Jobs of other files that hand the secret over, as `path:line job`.
    pub(super) called_by: Vec<String>,
    /// Whether the platform proves who the job is when it is started so.
    pub(super) proof: Option<Proof>,
}

/// One use.
#[derive(Debug, Clone)]
pub(super) struct SecretUse<'t> {
    pub(super) name: Cow<'t, str>,
    /// The name that the file has for it, where that is another one: a parameter that a caller fills.
    pub(super) written: Option<Cow<'t, str>>,
    pub(super) store: Store<'t>,
    pub(super) purpose: Purpose,
    pub(super) spot: Spot,
    pub(super) exposure: Exposure,
    /// The variable or input that receives it.
    pub(super) slot: Option<Cow<'t, str>>,
    pub(super) receiver: Option<Receiver<'t>>,
    /// What is received in the same block is received together: the halves of a key meet there.
    pub(super) block: usize,
    /// `None` where whatever starts the job gives it the secret.
    pub(super) started: Option<Started>,
}

impl SecretUse<'_> {
    /// Whether a clock starts the job with the secret, and how often a day.
    pub(super) fn by_clock(&self, job: &Job<'_>) -> (bool, Option<f64>) {
        match &self.started {
            Some(started) => (started.triggers.iter().any(|event| event == "schedule"), started.runs_per_day),
            None => (job.scheduled, job.runs_per_day),
        }
    }

    /// Whether the platform could prove who the job is when it has the secret.
    pub(super) fn proof<'j>(&'j self, job: &'j Job<'_>) -> Option<&'j Proof> {
        self.started.as_ref().and_then(|started| started.proof.as_ref()).or(job.proof.as_ref())
    }
}
