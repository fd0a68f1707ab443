//! CircleCI: `.circleci/config.yml`. Jobs as the workflows start them, with their contexts, commands opened.
//!
//! What a context holds is not in the file: the context is an identity of its own, and a variable that a job
//! with a context takes is kept in it.

mod steps;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use tenure_model::{Federation, FingerprintKey};

use self::steps::Steps;
use super::environment::{Environment, Receiving};
use super::job::{Definition, Job, Pipeline};
use super::secret_use::{Exposure, Store};
use super::system::{Proof, System};
use super::{reading, schedule};
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "circleci",
    name: "CircleCI",
    secret_kind: "circleci_secret",
    job_kind: "circleci_job",
    plain_kind: "ci_secret",
    token: Some("CircleCI's OIDC token"),
    timeout: None,
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Variables that CircleCI itself sets and whose names look like a kept secret's.
const PREDEFINED: &[&str] = &["CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2"];
/// Jobs of all workflows that are read.
const JOBS_MAX: usize = 2_000;

/// The reader.
pub(super) struct CircleCi;

impl Detector for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn describe(&self) -> &'static str {
        "CircleCI workflows: jobs, contexts, the variables and OIDC roles that they use, schedules and approvals"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path_in_repository().strip_prefix(".circleci/");
        file.is_some_and(|file| {
            matches!(file, "config.yml" | "config.yaml" | "continue_config.yml" | "continue-config.yml")
        })
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree).into_iter().collect())
    }
}

fn pipeline<'t>(tree: &'t Tree<'t>) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let defined = Defined::new(root);
    let mut jobs = Vec::new();
    for (name, workflow) in root.get("workflows").into_iter().flat_map(Yaml::pairs) {
        let Some(name) = name.text().filter(|_| workflow.is_mapping()) else { continue };
        let entries: Vec<Entry<'t>> =
            workflow.get("jobs").into_iter().flat_map(Yaml::items).filter_map(Entry::of).collect();
        let approvals: BTreeSet<&str> = entries
            .iter()
            .filter(|entry| entry.setting("type") == Some("approval"))
            .map(|entry| entry.name)
            .collect();
        for entry in &entries {
            if jobs.len() < JOBS_MAX && !approvals.contains(entry.name) {
                jobs.push(job(&defined, (name, workflow), entry, &approvals));
            }
        }
    }
    // Without workflows there is one job, called `build`.
    let build =
        root.get("jobs").and_then(|jobs| jobs.get("build")).filter(|_| root.get("workflows").is_none());
    if let Some(build) = build {
        let entry = Entry { name: "build", definition: "build", settings: None, line: build.line() };
        jobs.push(job(&defined, ("", root), &entry, &BTreeSet::new()));
    }
    let orbs = root.get("orbs").into_iter().flat_map(Yaml::pairs).filter_map(|(_, orb)| orb_definition(orb));
    Some(Pipeline { definitions: orbs.collect(), ..Pipeline::new(&SYSTEM, None, jobs) })
}

/// What the file defines, by name.
struct Defined<'t> {
    jobs: HashMap<Cow<'t, str>, Yaml<'t>>,
    commands: HashMap<Cow<'t, str>, Yaml<'t>>,
    executors: HashMap<Cow<'t, str>, Yaml<'t>>,
}

impl<'t> Defined<'t> {
    fn new(root: Yaml<'t>) -> Self {
        let orbs = || root.get("orbs").into_iter().flat_map(Yaml::pairs).filter(|(_, orb)| orb.is_mapping());
        let below = |key: &str| {
            let mut found: HashMap<Cow<'t, str>, Yaml<'t>> = HashMap::new();
            // An orb that is written here: what it defines is called after it, and by its own name inside of it.
            for (orb, body) in orbs().filter_map(|(orb, body)| Some((orb.text()?, body))) {
                for (name, value) in body.get(key).into_iter().flat_map(Yaml::pairs) {
                    let Some(name) = name.text() else { continue };
                    found.insert(Cow::Owned(format!("{orb}/{name}")), value);
                    found.insert(Cow::Borrowed(name), value);
                }
            }
            let own = root.get(key).into_iter().flat_map(Yaml::pairs);
            found.extend(own.filter_map(|(name, value)| Some((Cow::Borrowed(name.text()?), value))));
            found
        };
        Self { jobs: below("jobs"), commands: below("commands"), executors: below("executors") }
    }
}

/// A job of a workflow: a name alone, or a name with settings.
struct Entry<'t> {
    name: &'t str,
    definition: &'t str,
    settings: Option<Yaml<'t>>,
    line: u32,
}

impl<'t> Entry<'t> {
    fn of(node: Yaml<'t>) -> Option<Self> {
        if let Some(name) = node.text() {
            return Some(Self { name, definition: name, settings: None, line: node.line() });
        }
        let (key, settings) = node.pairs().next()?;
        let definition = key.text()?;
        let name = settings.get("name").and_then(Yaml::text).filter(|name| !name.contains("<<"));
        Some(Self {
            name: name.unwrap_or(definition),
            definition,
            settings: Some(settings),
            line: key.line(),
        })
    }

    fn get(&self, key: &str) -> Option<Yaml<'t>> {
        self.settings?.get(key)
    }

    fn setting(&self, key: &str) -> Option<&'t str> {
        self.get(key)?.text()
    }
}

fn job<'t>(
    defined: &Defined<'t>,
    (workflow_name, workflow): (&'t str, Yaml<'t>),
    entry: &Entry<'t>,
    approvals: &BTreeSet<&str>,
) -> Job<'t> {
    let definition = defined.jobs.get(entry.definition).copied();
    let contexts: Vec<Yaml<'t>> = entry
        .get("context")
        .map(|context| if context.text().is_some() { vec![context] } else { context.items().collect() })
        .unwrap_or_default();
    let mut steps = Steps::new(
        defined,
        Environment::new(store(&contexts), "circleci", |name| PREDEFINED.contains(&name)),
    );
    for context in &contexts {
        if let Some(name) = context.text() {
            steps.environment.kept_in(
                Store::Owner(Cow::Borrowed("context")),
                name,
                Spot::line(context.line()),
            );
        }
    }
    if let Some(definition) = definition {
        steps.defaults(definition, entry.settings);
        steps.definition(definition);
    }
    if let Some(settings) = entry.settings {
        // Parameters of a job, an orb's included, may name variables.
        let skip = ["context", "requires", "filters", "matrix", "name", "type"];
        steps.parameters(settings, &skip);
        for key in ["pre-steps", "post-steps"] {
            settings.get(key).into_iter().for_each(|list| steps.list(list));
        }
    }
    let crons: Vec<&str> = workflow
        .get("triggers")
        .into_iter()
        .flat_map(Yaml::items)
        .filter_map(|trigger| trigger.get("schedule")?.get("cron")?.text())
        .collect();
    let by_pipeline = asks_for_schedule(workflow);
    let scheduled = !crons.is_empty() || by_pipeline;
    let required = entry.get("requires").map(Yaml::words).unwrap_or_default();
    let (environment, exchanges) = steps.finish();
    let (uses, deeds, whole) = environment.finish();
    let id = if workflow_name.is_empty() {
        entry.name.to_owned()
    } else {
        format!("{workflow_name}/{}", entry.name)
    };
    Job {
        triggers: vec![if scheduled { "schedule" } else { "push" }.to_owned()],
        runs_per_day: schedule::runs_per_day(crons),
        scheduled,
        approval: required.iter().any(|name| approvals.contains(name)),
        runner: definition.and_then(runner),
        defined_elsewhere: definition.is_none(),
        exchanges,
        uses,
        deeds,
        whole,
        ..Job::new(id, entry.line, Proof::new(Federation::Available, "every job has one (CIRCLE_OIDC_TOKEN)"))
    }
}

/// Where the variables of a job are kept: in the project, or in its contexts.
fn store<'t>(contexts: &[Yaml<'t>]) -> Store<'t> {
    let mut names: Vec<&str> = contexts.iter().filter_map(|context| context.text()).collect();
    names.sort_unstable();
    match &names[..] {
        [] => Store::repository("project"),
        [one] => Store::Owner(Cow::Owned(format!("context {one}"))),
        several => Store::Owner(Cow::Owned(format!("contexts {}", several.join(" + ")))),
    }
}

/// Whether a workflow runs only in a pipeline that a schedule of the project started.
fn asks_for_schedule(workflow: Yaml<'_>) -> bool {
    let Some(condition) = workflow.get("when") else { return false };
    let mut stack = vec![condition];
    let mut visits_left = 1_000;
    let (mut source, mut schedule) = (false, false);
    while let Some(node) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        if let Some(text) = node.text() {
            source |= text.contains("pipeline.trigger_source") || text.contains("pipeline.schedule");
            schedule |= text.contains("schedule");
        }
        stack.extend(node.items());
        stack.extend(node.pairs().filter(|(key, _)| key.text() != Some("not")).map(|(_, value)| value));
    }
    source && schedule
}

/// Whose machine a job runs on: an own runner's class has a namespace.
fn runner(definition: Yaml<'_>) -> Option<&'static str> {
    let class = definition.get("resource_class").and_then(Yaml::text);
    match class {
        Some(class) if class.contains("<<") => None,
        Some(class) if class.contains('/') => Some("self_hosted"),
        _ => {
            ["docker", "machine", "macos"].iter().any(|key| definition.get(key).is_some()).then_some("hosted")
        }
    }
}

/// An orb of others. A whole version of an orb never changes.
fn orb_definition(orb: Yaml<'_>) -> Option<Definition<'_>> {
    let text = orb.text()?;
    let (reference, revision) =
        text.split_once('@').map_or((text, None), |(name, revision)| (name, Some(revision)));
    let whole = |revision: &str| {
        let parts: Vec<&str> = revision.split('.').collect();
        parts.len() == 3
            && parts.iter().all(|part| part.bytes().next().is_some_and(|byte| byte.is_ascii_digit()))
    };
    let own = reference.starts_with("circleci/");
    let pinned = own || revision.is_some_and(whole);
    Some(Definition { what: "the orb", reference, revision, pinned, spot: Spot::line(orb.line()) })
}

/// A value that stands at a step's or job's level.
fn at(exposure: Exposure) -> Receiving<'static> {
    Receiving::at(exposure)
}
