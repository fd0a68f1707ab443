//! Composite actions: `action.yml`, wherever it lies. Which inputs receive secrets, and to whom they go on.
//!
//! An action holds no secret of its own: its callers do. So it gives findings and no identities.

use std::collections::BTreeMap;

use tenure_model::{FingerprintKey, Quality, Severity};

use super::called::own_file;
use super::expression::inputs;
use super::oidc;
use super::workflow::{Job, Step, Workflow};
use super::{Names, WORKFLOW_BYTES_MAX, is_pinned};
use crate::detect::ci::account::job_subject;
use crate::detect::ci::job::Exchange;
use crate::detect::ci::purpose::{self, Part, Purpose, by_input};
use crate::detect::ci::shell;
use crate::detect::rules;
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::yaml::{self, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Steps of one action that are read.
const STEPS_MAX: usize = 1_000;

/// The reader.
pub(in crate::detect::ci) struct CompositeAction;

impl Detector for CompositeAction {
    fn name(&self) -> &'static str {
        "github_action"
    }

    fn describe(&self) -> &'static str {
        "Composite GitHub actions: inputs that receive secrets, and the actions that they are handed to"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or_default();
        file == "action.yml" || file == "action.yaml"
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let text = match text::of(blob, WORKFLOW_BYTES_MAX, "action") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        yaml::read(&text, |tree, broken| {
            let unreadable = broken.map(Unreadable::from);
            let mut witness = Witness::new(blob, self.name());
            if let Some(root) = tree.first() {
                judge(blob, root, &mut witness);
            }
            witness.done(unreadable)
        })
    }
}

/// Notes what a composite action does with the secrets that it is given.
fn judge(blob: &Blob<'_>, root: Yaml<'_>, witness: &mut Witness<'_>) {
    let secret = secret_inputs(root);
    let names = Names { blob };
    let mut handed: BTreeMap<&str, (Vec<Spot>, Vec<&str>)> = BTreeMap::new();
    let mut arguments = Vec::new();
    for step in
        root.get("runs").and_then(|runs| runs.get("steps")).into_iter().flat_map(Yaml::items).take(STEPS_MAX)
    {
        arguments.extend(step.get("run").map(shell::deeds).unwrap_or_default());
        let Some(action) = step.get("uses").and_then(Yaml::text) else { continue };
        if !names.is_third_party(action) || is_pinned(action) {
            continue;
        }
        for (_, value) in ["with", "env"].iter().filter_map(|key| step.get(key)).flat_map(Yaml::pairs) {
            for input in value.text().into_iter().flat_map(inputs).filter(|input| secret.contains(input)) {
                let entry = handed.entry(action).or_default();
                entry.0.push(Spot::line(value.line()));
                entry.1.push(input);
            }
        }
    }
    let subject = job_subject(blob, "action");
    let about = format!("{}:{}", blob.repository, blob.path_in_repository());
    for (action, (spots, mut given)) in handed {
        given.sort_unstable();
        given.dedup();
        let rule = &rules::CI_INPUT_TO_UNPINNED_ACTION;
        let reasons = vec![format!("{action} receives the inputs {}", given.join(", "))];
        let title = format!("{}: {action}", rule.title);
        let about = format!("{about} {action}");
        let severity = (!action.contains('@')).then_some(Severity::High);
        witness.finding(Statement { rule, severity, subject: subject.clone(), about, title, spots, reasons });
    }
    if !arguments.is_empty() {
        let rule = &rules::CI_PASSWORD_ARGUMENT;
        let spots = arguments.into_iter().map(|deed| deed.spot).collect();
        let reasons = vec!["every caller's job runs this command".to_owned()];
        let title = rule.title.to_owned();
        witness.finding(Statement { rule, severity: None, subject, about, title, spots, reasons });
    }
}

/// The inputs that hold a secret: by their name, and not filled with the platform's own token by themselves.
fn secret_inputs(root: Yaml<'_>) -> Vec<&str> {
    let declared = root.get("inputs").into_iter().flat_map(Yaml::pairs);
    declared
        .filter(|(_, input)| {
            !input.get("default").and_then(Yaml::text).is_some_and(|text| text.contains("github.token"))
        })
        .filter_map(|(name, _)| name.text())
        .filter(|name| {
            let said = purpose::by_name(name, Quality::Config);
            said.is_none_or(|purpose| purpose.part != Part::Configuration) && purpose::names_a_secret(name)
        })
        .collect()
}

/// What actions of the same repository do with what they receive, by the action as a workflow writes it.
#[derive(Debug, Default)]
pub(super) struct Local(BTreeMap<String, Inside>);

/// The inside of one action.
#[derive(Debug, Default)]
struct Inside {
    /// What is said of an input by the step that receives it.
    inputs: BTreeMap<String, Purpose>,
    /// Who accepts a proof of identity, and the input that names the role.
    exchanges: Vec<(&'static str, Option<String>)>,
}

impl Local {
    /// Reads the actions of its own repository that a workflow uses.
    pub(super) fn of(blob: &Blob<'_>, workflow: &Workflow<'_>) -> Self {
        let mut known: BTreeMap<String, Inside> = BTreeMap::new();
        for action in workflow.jobs.iter().flat_map(|job| &job.steps).filter_map(|step| step.action) {
            let Some(folder) = own_file(blob, action).filter(|_| !known.contains_key(action)) else {
                continue;
            };
            let folder = folder.trim_end_matches('/');
            let files = ["yml", "yaml"].map(|ending| format!("{folder}/action.{ending}"));
            let text = files.iter().find_map(|file| blob.neighbours.text(file));
            let inside = text.map(|text| yaml::read(&text, |tree, _| tree.first().map(Inside::of)));
            known.insert(action.to_owned(), inside.flatten().unwrap_or_default());
        }
        Self(known)
    }

    /// What an action's inside says of one of its inputs.
    pub(super) fn input(&self, action: &str, input: &str) -> Option<Purpose> {
        self.0.get(action)?.inputs.get(&input.to_ascii_lowercase()).copied()
    }

    /// Where the actions of a job prove who it is.
    pub(super) fn exchanges<'t>(&self, job: &Job<'t>) -> Vec<Exchange<'t>> {
        let of_step = |step: &Step<'t>| {
            let action = step.action?;
            let (provider, role) = self.0.get(action)?.exchanges.first()?;
            let target = role.as_ref().and_then(|input| step.input(input));
            Some(Exchange { line: step.line, provider, action, target })
        };
        job.steps.iter().filter_map(of_step).collect()
    }
}

impl Inside {
    fn of(root: Yaml<'_>) -> Self {
        let mut inside = Self::default();
        let steps = root.get("runs").and_then(|runs| runs.get("steps")).into_iter().flat_map(Yaml::items);
        for step in steps.take(STEPS_MAX) {
            let action = step.get("uses").and_then(Yaml::text);
            let registry = step.get("with").and_then(|with| with.get("registry")).and_then(Yaml::text);
            let with = step.get("with").into_iter().flat_map(Yaml::pairs).map(|pair| (true, pair));
            let env = step.get("env").into_iter().flat_map(Yaml::pairs).map(|pair| (false, pair));
            for (is_input, (slot, value)) in with.chain(env) {
                let Some(slot) = slot.text() else { continue };
                let said = match action.filter(|_| is_input) {
                    Some(action) => by_input(action, slot, registry),
                    None => purpose::by_name(slot, Quality::Config),
                };
                for input in value.text().into_iter().flat_map(inputs) {
                    said.map(|said| inside.inputs.entry(input.to_ascii_lowercase()).or_insert(said));
                }
            }
            let read = Step::read(step);
            // Whether the job may ask for a proof is for its caller to say; an action that asks means to.
            let exchange = action.and_then(|action| oidc::exchange(&read, action, true));
            inside.exchanges.extend(exchange.map(|(provider, target)| {
                let named = target.map(inputs).and_then(|inputs| Some((*inputs.first()?).to_owned()));
                (provider, named)
            }));
        }
        inside
    }
}
