//! GitHub Actions workflows: which job uses which secret at which line, and whether it would need to.
//!
//! A workflow lives only directly below `.github/workflows` of a repository's root; a file of that shape
//! elsewhere is inert and is left to the other rules.

pub(super) mod action;
mod called;
mod computed;
mod condition;
mod expression;
mod inputs;
mod judgement;
mod oidc;
mod pipeline;
mod workflow;

use tenure_model::FingerprintKey;

use self::workflow::{Job, Touch, Workflow};
use crate::detect::ci::secret_use::Exposure;
use crate::detect::ci::{account, secret};
use crate::detect::witness::Witness;
use crate::detect::yaml::{self};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest workflow that is read; GitHub runs none that is larger.
const WORKFLOW_BYTES_MAX: usize = 4 << 20;
/// Owners of actions that GitHub itself publishes.
const PLATFORM_OWNERS: [&str; 2] = ["actions", "github"];

/// The reader.
pub(super) struct GithubActions;

impl Detector for GithubActions {
    fn name(&self) -> &'static str {
        "github_actions"
    }

    fn describe(&self) -> &'static str {
        "GitHub Actions workflows: jobs, the secrets and cloud identities that they use, triggers and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path_in_repository().strip_prefix(".github/workflows/");
        file.is_some_and(|file| !file.contains('/') && (file.ends_with(".yml") || file.ends_with(".yaml")))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match text::of(blob, WORKFLOW_BYTES_MAX, "workflow") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        yaml::read(&text, |tree, broken| {
            let mut unreadable = broken.map(Unreadable::from);
            let mut witness = Witness::new(blob, self.name());
            if let Some(root) = tree.first() {
                let mut workflow = Workflow::read(root);
                if !workflow.whole {
                    let detail = "the workflow's aliases repeat more values than are read".to_owned();
                    unreadable = unreadable.or(Some(Unreadable { reason: "yaml_too_large", detail }));
                }
                let names = Names { blob };
                let calls = called::Calls::of(blob, &workflow);
                workflow.fill(&inputs::Inputs::of(&workflow, &calls));
                let pipeline = pipeline::pipeline(&names, &workflow, &calls);
                let secrets = secret::secrets(blob, &pipeline);
                account::give(blob, &pipeline, &secrets, key, &mut witness);
                judgement::judge(&names, &workflow, &pipeline, &secrets, &mut witness);
            }
            witness.done(unreadable)
        })
    }
}

/// Whose code an action is, seen from one repository.
pub(super) struct Names<'a> {
    blob: &'a Blob<'a>,
}

impl Names<'_> {
    /// Whether an action or reusable workflow is somebody else's: not GitHub's, not in this repository and
    /// not from its owner.
    fn is_third_party(&self, action: &str) -> bool {
        // `./` and `$/` both lead to the repository itself.
        if action.starts_with("./") || action.starts_with("$/") {
            return false;
        }
        let owner = action.split('/').next().unwrap_or_default();
        let own =
            self.blob.repository.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(owner));
        !own && !PLATFORM_OWNERS.iter().any(|platform| platform.eq_ignore_ascii_case(owner))
    }
}

/// The secrets that a text names in its expressions.
pub(super) fn named_secrets(text: &str) -> impl Iterator<Item = &str> {
    expression::secret_uses(text).into_iter().filter_map(|found| match found.what {
        expression::Use::Named(name) => Some(name),
        expression::Use::Computed(_) | expression::Use::Whole => None,
    })
}

/// Whether nobody can move what the reference points to.
fn is_pinned(action: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match action.rsplit_once('@') {
        Some((_, digest)) if digest.starts_with("sha256:") => true,
        Some((_, revision)) => (revision.len() == 40 || revision.len() == 64) && hex(revision),
        None => false,
    }
}

/// Who receives a secret at a use, when that is somebody else's code.
fn receiver<'t>(names: &Names<'_>, job: &Job<'t>, found: &Touch<'t>) -> Option<&'t str> {
    let step = found.step.and_then(|index| job.steps.get(index));
    let action = match found.exposure {
        Exposure::With | Exposure::Step => step.and_then(|step| step.action),
        Exposure::Passed => job.calls,
        Exposure::Workflow | Exposure::Job | Exposure::Run => None,
    };
    action.filter(|action| names.is_third_party(action))
}
