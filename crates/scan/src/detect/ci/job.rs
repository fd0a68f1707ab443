//! A pipeline as every CI system knows it: jobs, what starts and bounds them, what they hold.

use tenure_model::{Consumer, Quality};

use super::secret_use::SecretUse;
use super::system::{Proof, System};
use crate::detect::Blob;
use crate::detect::witness::Spot;

/// What one file makes a CI system do.
#[derive(Debug)]
pub(super) struct Pipeline<'t> {
    pub(super) system: &'static System,
    /// What people called it.
    pub(super) name: Option<&'t str>,
    /// In file order.
    pub(super) jobs: Vec<Job<'t>>,
    /// How far facts of this file can be trusted: less where it was not read by its grammar.
    pub(super) quality: Quality,
    /// What it takes from elsewhere and runs with everything that its jobs may read.
    pub(super) definitions: Vec<Definition<'t>>,
    /// Parts of it that are kept where this scan cannot read them: what each is, and where it is named.
    pub(super) unread_parts: Vec<(String, Spot)>,
}

/// Part of a pipeline that others keep: an included file, an orb, a plugin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition<'t> {
    /// What it is, with its article.
    pub(super) what: &'static str,
    /// Where it is kept, without its version.
    pub(super) reference: &'t str,
    pub(super) revision: Option<&'t str>,
    /// Nobody can move what the revision points to.
    pub(super) pinned: bool,
    pub(super) spot: Spot,
}

impl<'t> Pipeline<'t> {
    /// A pipeline that takes nothing from elsewhere.
    pub(super) fn new(system: &'static System, name: Option<&'t str>, jobs: Vec<Job<'t>>) -> Self {
        Self {
            system,
            name,
            jobs,
            quality: Quality::Config,
            definitions: Vec::new(),
            unread_parts: Vec::new(),
        }
    }
}

/// One job.
#[derive(Debug, Clone)]
pub(super) struct Job<'t> {
    pub(super) id: String,
    /// What people called it.
    pub(super) title: Option<&'t str>,
    pub(super) line: u32,
    /// Events that start it.
    pub(super) triggers: Vec<String>,
    /// By its schedules; `None` when it has none that can be counted.
    pub(super) runs_per_day: Option<f64>,
    /// A clock starts it, however often.
    pub(super) scheduled: bool,
    pub(super) environment: Option<&'t str>,
    /// The file says that a person must let each run go.
    pub(super) approval: bool,
    /// `hosted`, `self_hosted`, or not decidable.
    pub(super) runner: Option<&'static str>,
    pub(super) timeout_minutes: Option<u32>,
    /// A time limit is written, be it a number or computed.
    pub(super) has_timeout: bool,
    /// Another file defines what it does, and bounds it.
    pub(super) defined_elsewhere: bool,
    /// What the platform's own token may do, as written; `None` when nothing is written.
    pub(super) token_permissions: Option<String>,
    /// `None` where nothing is known.
    pub(super) proof: Option<Proof>,
    /// Where the job already proves who it is.
    pub(super) exchanges: Vec<Exchange<'t>>,
    /// Every use of a secret.
    pub(super) uses: Vec<SecretUse<'t>>,
    /// Ids of access keys that are written out beside a secret half, by block.
    pub(super) literal_key_ids: Vec<(usize, &'t str)>,
    /// False when a limit stopped the reading of the job.
    pub(super) whole: bool,
    /// What its scripts do with what they hold.
    pub(super) deeds: Vec<Deed>,
    /// Jobs of other files that start it, as `path:line job`.
    pub(super) called_by: Vec<String>,
}

/// A step that trades the platform's proof of identity for access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchange<'t> {
    pub(super) line: u32,
    /// Who accepts the proof.
    pub(super) provider: &'static str,
    /// The action, orb, plugin or command that does it.
    pub(super) action: &'t str,
    /// The role, provider or client that is asked for, as written.
    pub(super) target: Option<&'t str>,
}

/// Something that a script does with a credential and should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) what: DeedKind,
    pub(super) spot: Spot,
}

/// Kinds of deeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DeedKind {
    /// The secret of a service connection is put into the environment of a script.
    ConnectionInEnvironment,
    /// The platform's token stays in the work tree's configuration.
    PersistedToken,
    /// A workload runs under the account that everybody shares.
    DefaultAccount,
    /// The value of a credential stands in a configuration file.
    InlineCredential,
    /// `docker login -p …`: the password is an argument, which every process of the machine can read.
    PasswordArgument,
    /// A credential is asked for by an id that only a run knows.
    ComputedCredential,
    /// A command line of an agent that is told to ask nobody.
    UnaskedAgent,
}

impl<'t> Job<'t> {
    /// A job of which only id and line are known yet.
    pub(super) fn new(id: impl Into<String>, line: u32, proof: impl Into<Option<Proof>>) -> Self {
        Self {
            id: id.into(),
            title: None,
            line,
            triggers: Vec::new(),
            runs_per_day: None,
            scheduled: false,
            environment: None,
            approval: false,
            runner: None,
            timeout_minutes: None,
            has_timeout: false,
            defined_elsewhere: false,
            token_permissions: None,
            proof: proof.into(),
            exchanges: Vec::new(),
            uses: Vec::new(),
            literal_key_ids: Vec::new(),
            whole: true,
            deeds: Vec::new(),
            called_by: Vec::new(),
        }
    }

    /// The job as a consumer of whatever it holds.
    pub(super) fn as_consumer(&self, blob: &Blob<'_>) -> Consumer {
        Consumer {
            kind: "ci_job".to_owned(),
            root: blob.root.to_owned(),
            path: blob.path.to_owned(),
            line: self.line,
            job: Some(self.id.clone()),
            environment: self.environment.map(str::to_owned),
            triggers: self.triggers.clone(),
            runs_per_day: self.runs_per_day,
            timeout_minutes: self.timeout_minutes,
            runner: self.runner.map(str::to_owned),
            approval: self.approval,
            token_permissions: self.token_permissions.clone(),
            called_by: self.called_by.clone(),
            ..Consumer::default()
        }
    }
}
