//! Azure Pipelines: `azure-pipelines.yml` and its templates. Jobs, variable groups, service connections.
//!
//! Which files are pipelines is set in the service; these names and folders are the custom. Whether a service
//! connection federates or keeps a secret is not in the file either, and is said so.

mod references;
mod tasks;
mod templates;

use std::borrow::Cow;
use std::collections::BTreeSet;

use tenure_model::{Federation, FingerprintKey, Observation};

use self::tasks::Tasks;
use self::templates::Caller;
use super::environment::Environment;
use super::job::{Definition, Job, Pipeline};
use super::secret_use::{Exposure, Store};
use super::system::{Proof, System};
use super::{reading, schedule};
use crate::detect::neighbours::is_here;
use crate::detect::witness::Spot;
use crate::detect::yaml::{self, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "azure_pipelines",
    name: "Azure Pipelines",
    secret_kind: "azure_pipelines_secret",
    job_kind: "azure_pipelines_job",
    plain_kind: "ci_secret",
    token: Some("Azure Pipelines' OIDC token"),
    timeout: Some(("timeoutInMinutes", "an hour on hosted agents, and without an end on own ones")),
    folds_case: true,
    guards_environments: true,
    trusted_publishing: &[],
};
/// Folders in which such files lie by custom.
const FOLDERS: &[&str] = &[".azure-pipelines", "azure-pipelines", ".azuredevops", ".pipelines"];
/// Jobs of one file that are read.
const JOBS_MAX: usize = 1_000;
/// Nodes that are visited in search of jobs.
const VISITS_MAX: usize = 100_000;

/// The reader.
pub(super) struct AzurePipelines;

impl Detector for AzurePipelines {
    fn name(&self) -> &'static str {
        "azure_pipelines"
    }

    fn describe(&self) -> &'static str {
        "Azure Pipelines: jobs, variable groups, service connections, schedules, pools and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        is_pipeline(blob.path_in_repository())
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match reading::decoded(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let path = blob.path_in_repository();
        let mut told =
            reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree, blob).into_iter().collect());
        let templates = templates::followed(blob.neighbours, path, &text);
        if templates.is_empty() {
            return told;
        }
        let begins = yaml::read(&text, |tree, _| tree.first().map(Begins::of).unwrap_or_default());
        let before = templates::told_before(blob.neighbours, path);
        for template in templates {
            let told_before = before.contains(&template.path);
            let path = format!("{}{}", blob.base, template.path);
            let blob_of = Blob { path: &path, bytes: template.text.as_bytes(), ..*blob };
            let reading = reading::of_yaml(&blob_of, self.name(), key, |tree| {
                let pipeline = pipeline(tree, &blob_of);
                pipeline
                    .map(|pipeline| begins.start(pipeline, &template.callers, blob.base))
                    .into_iter()
                    .collect()
            });
            // Another pipeline's jobs use the same, but what is wrong there is wrong once.
            let unread = reading.unreadable.map(|why| why.row(&path)).filter(|_| !told_before);
            let fresh = |told: &Observation| !told_before || matches!(told, Observation::Evidence(_));
            told.observations.extend(reading.observations.into_iter().filter(fresh));
            told.observations.extend(unread);
        }
        told
    }
}

/// Whether a file is a pipeline by its name or its folder's.
fn is_pipeline(path: &str) -> bool {
    if !(path.ends_with(".yml") || path.ends_with(".yaml")) || reading::lies_on_a_shelf(path) {
        return false;
    }
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.trim_start_matches('.');
    name.starts_with("azure-pipeline")
        || name.starts_with("azure_pipeline")
        || path.starts_with(".azure/pipelines/")
        || folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

/// What starts a pipeline, and so the templates in it.
#[derive(Debug, Default)]
struct Begins {
    triggers: Vec<String>,
    runs_per_day: Option<f64>,
    scheduled: bool,
}

impl Begins {
    fn of(root: Yaml<'_>) -> Self {
        let (triggers, crons) = triggers(root);
        let runs_per_day = schedule::runs_per_day(crons.iter().copied());
        Self { triggers, runs_per_day, scheduled: !crons.is_empty() }
    }

    /// The jobs of a template, as the pipeline that brings it in starts them. Steps alone belong to each job that they are
    /// brought into.
    fn start<'t>(&self, mut pipeline: Pipeline<'t>, callers: &[Caller], base: &str) -> Pipeline<'t> {
        let inside: BTreeSet<&str> = callers.iter().filter_map(|caller| caller.job.as_deref()).collect();
        if let [alone] = &pipeline.jobs[..]
            && alone.id == templates::job_id(None, None, 0)
            && !inside.is_empty()
        {
            let of = |(index, id): (usize, &&str)| {
                let deeds = if index == 0 { alone.deeds.clone() } else { Vec::new() };
                Job { id: (*id).to_owned(), deeds, ..alone.clone() }
            };
            pipeline.jobs = inside.iter().enumerate().map(of).collect();
        }
        for job in &mut pipeline.jobs {
            job.triggers.clone_from(&self.triggers);
            (job.runs_per_day, job.scheduled) = (self.runs_per_day, self.scheduled);
            let brings = |caller: &&Caller| caller.job.as_ref().is_none_or(|id| *id == job.id);
            let mut places: Vec<String> =
                callers.iter().filter(brings).map(|caller| format!("{base}{}", caller.place)).collect();
            places.dedup();
            job.called_by = places;
        }
        pipeline
    }
}

fn pipeline<'t>(tree: &'t Tree<'t>, blob: &Blob<'_>) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let (mut found, mut brought_in) = (Vec::new(), Vec::new());
    let mut stack = vec![(root, None, vec![root])];
    let mut visits_left = VISITS_MAX;
    while let Some((node, stage, holders)) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        let job = ["job", "deployment"].iter().find_map(|key| node.get(key));
        if let Some(id) = job {
            if found.len() < JOBS_MAX {
                found.push((node, id.text(), stage, holders));
            }
            continue;
        }
        if let Some(template) = node.get("template").and_then(Yaml::text).filter(|_| found.len() < JOBS_MAX) {
            brought_in.push((node, template, stage, holders.clone()));
        }
        let named = node.get("stage").and_then(Yaml::text).filter(|name| !name.is_empty());
        let stage = named.or(stage);
        let holders = if named.is_some() { [&holders[..], &[node]].concat() } else { holders };
        let first = stack.len();
        let inner =
            node.items().chain(node.pairs().filter(|(key, _)| !is_leaf(*key)).map(|(_, value)| value));
        stack.extend(
            inner.filter(|inner| inner.text().is_none()).map(|inner| (inner, stage, holders.clone())),
        );
        stack[first..].reverse();
    }
    // A file of steps alone is one job, or a template of steps.
    if found.is_empty() && root.get("steps").is_some() {
        found.push((root, None, None, Vec::new()));
    }
    let own = found.iter().enumerate().map(|(index, (node, id, stage, holders))| {
        job(root, *node, templates::job_id(*stage, *id, index), holders)
    });
    let handed = brought_in.iter().filter_map(|(node, template, stage, holders)| {
        handed_over(root, *node, templates::job_id(*stage, Some(template), 0), holders)
    });
    let jobs = own.chain(handed);
    let definitions = templates(root);
    let name = root.get("name").and_then(Yaml::text).filter(|name| !name.contains('$'));
    let from = blob.path_in_repository();
    let unread = |named: templates::Named<'_>| {
        let what = match templates::local(from, named.written) {
            Some(path) if is_here(blob.neighbours, &path) => return None,
            Some(_) => format!("the template {}, which is not found here", named.written),
            // A name that a run computes, or a file of another repository.
            None => format!("the template {}", named.written),
        };
        Some((what, Spot::line(named.line)))
    };
    let unread_parts = templates::named(root).into_iter().filter_map(unread).collect();
    Some(Pipeline { definitions, unread_parts, ..Pipeline::new(&SYSTEM, name, jobs.collect()) })
}

/// What a template of jobs or stages receives as parameters, as a job called like the template; its own file tells the rest.
fn handed_over<'t>(root: Yaml<'t>, node: Yaml<'t>, id: String, holders: &[Yaml<'t>]) -> Option<Job<'t>> {
    node.get("parameters")?;
    let mut told = job(root, node, id, holders);
    told.defined_elsewhere = true;
    told.uses.retain(|found| found.exposure == Exposure::With);
    (!told.uses.is_empty()).then_some(told)
}

/// Keys below which no job stands.
fn is_leaf(key: Yaml<'_>) -> bool {
    matches!(
        key.text(),
        Some(
            "steps" | "variables" | "pool" | "trigger" | "pr" | "schedules" | "resources" | "inputs" | "env"
        )
    )
}

fn job<'t>(root: Yaml<'t>, node: Yaml<'t>, id: String, holders: &[Yaml<'t>]) -> Job<'t> {
    let chain: Vec<Yaml<'t>> = holders.iter().copied().chain(std::iter::once(node)).collect();
    let groups = references::groups(&chain);
    let environment = Environment::new(store(&groups), "azure_pipelines", references::is_predefined);
    let mut tasks = Tasks::new(environment);
    tasks.variables(&chain);
    // A name that only a run knows says no more than that there is one.
    for (group, line) in groups.iter().filter(|(name, _)| !name.contains('$')) {
        tasks.environment.kept_in(Store::Owner(Cow::Borrowed("variable group")), group, Spot::line(*line));
    }
    tasks.steps(node);
    for endpoint in references::registries(root, node) {
        tasks.connection("endpoint", endpoint, "registry");
    }
    let (environment, exchanges, mut asks) = tasks.finish();
    let (uses, deeds, whole) = environment.finish();
    let (triggers, crons) = triggers(root);
    let nearest = |key: &str| chain.iter().rev().find_map(|holder| holder.get(key));
    let timeout = node.get("timeoutInMinutes").and_then(Yaml::text);
    // Zero stands for no end at all.
    let minutes = timeout.and_then(|text| text.trim().parse().ok()).filter(|&minutes: &u32| minutes > 0);
    asks |= waits(node);
    Job {
        title: node.get("displayName").and_then(Yaml::text),
        triggers,
        runs_per_day: schedule::runs_per_day(crons.iter().copied()),
        scheduled: !crons.is_empty(),
        environment: node
            .get("environment")
            .and_then(|value| value.text().or_else(|| value.get("name")?.text()))
            .filter(|name| !name.trim().is_empty()),
        approval: asks,
        runner: nearest("pool").and_then(pool),
        timeout_minutes: minutes,
        has_timeout: minutes.is_some() || timeout.is_some_and(|text| text.contains('$')),
        exchanges,
        uses,
        deeds,
        whole,
        ..Job::new(
            id,
            node.line(),
            Proof::new(
                Federation::AvailableNotEnabled,
                "whether a service connection federates or keeps a secret is not in the file",
            ),
        )
    }
}

/// Whether a job depends on one that asks a person, by that one's name.
fn waits(node: Yaml<'_>) -> bool {
    let needed = node.get("dependsOn").map(Yaml::words).unwrap_or_default();
    needed.iter().any(|name| name.to_ascii_lowercase().contains("approv"))
}

/// Where variables are kept: in the pipeline's settings, or in its groups.
fn store<'t>(groups: &[(&'t str, u32)]) -> Store<'t> {
    let mut names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    match &names[..] {
        [] => Store::repository("pipeline"),
        [one] => Store::Owner(Cow::Owned(format!("variable group {one}"))),
        several => Store::Owner(Cow::Owned(format!("variable groups {}", several.join(" + ")))),
    }
}

/// The events that start a pipeline, and its schedules.
fn triggers<'t>(root: Yaml<'t>) -> (Vec<String>, Vec<&'t str>) {
    let mut triggers = Vec::new();
    let off = |key: &str| root.get(key).and_then(Yaml::text) == Some("none");
    let crons: Vec<&str> = root
        .get("schedules")
        .into_iter()
        .flat_map(Yaml::items)
        .filter_map(|schedule| schedule.get("cron")?.text())
        .collect();
    if !off("trigger") {
        triggers.push("push".to_owned());
    }
    if root.get("pr").is_some() && !off("pr") {
        triggers.push("pull_request".to_owned());
    }
    if !crons.is_empty() {
        triggers.push("schedule".to_owned());
    }
    let after = root.get("resources").and_then(|resources| resources.get("pipelines"));
    if after.is_some_and(|pipelines| pipelines.items().any(|one| one.get("trigger").is_some())) {
        triggers.push("pipeline_completion".to_owned());
    }
    if triggers.is_empty() {
        triggers.push("manual".to_owned());
    }
    (triggers, crons)
}

/// Whose machine a pool is.
fn pool(pool: Yaml<'_>) -> Option<&'static str> {
    if pool.get("vmImage").is_some() {
        return Some("hosted");
    }
    let name = pool.text().or_else(|| pool.get("name")?.text())?;
    match name {
        "server" | "Azure Pipelines" => Some("hosted"),
        name if name.contains("${{") || name.contains("$(") => None,
        name if name.starts_with("Hosted") => Some("hosted"),
        _ => Some("self_hosted"),
    }
}

/// Repositories whose templates the pipeline runs.
fn templates(root: Yaml<'_>) -> Vec<Definition<'_>> {
    let repositories = root.get("resources").and_then(|resources| resources.get("repositories"));
    repositories
        .into_iter()
        .flat_map(Yaml::items)
        .filter_map(|repository| {
            let reference = repository.get("name").and_then(Yaml::text)?;
            let revision = repository.get("ref").and_then(Yaml::text);
            let commit = |revision: &str| {
                revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
            };
            Some(Definition {
                what: "the repository",
                reference,
                revision,
                pinned: revision.is_some_and(commit),
                spot: Spot::line(repository.line()),
            })
        })
        .collect()
}
