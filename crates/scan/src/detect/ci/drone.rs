//! Drone: `.drone.yml`. Pipelines of containers, one a document; secrets by `from_secret`.

use tenure_model::{Federation, FingerprintKey, Quality};

use super::environment::{Environment, Receiving};
use super::job::{Job, Pipeline};
use super::secret_use::{Exposure, Store};
use super::system::{Proof, System};
use super::{container_step, purpose, reading};
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "drone",
    name: "Drone",
    secret_kind: "drone_secret",
    job_kind: "drone_step",
    plain_kind: "ci_secret",
    token: None,
    timeout: None,
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Images that Drone's makers publish.
const OWN_IMAGES: &[&str] = &["plugins/", "drone/"];
/// Steps that are read.
const STEPS_MAX: usize = 5_000;

/// The reader.
pub(super) struct Drone;

impl Detector for Drone {
    fn name(&self) -> &'static str {
        "drone"
    }

    fn describe(&self) -> &'static str {
        "Drone pipelines: steps, the secrets that they receive, events that start them"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        matches!(blob.path_in_repository(), ".drone.yml" | ".drone.yaml")
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, pipelines)
    }
}

fn pipelines<'t>(tree: &'t Tree<'t>) -> Vec<Pipeline<'t>> {
    let jobs = tree.all().filter(is_pipeline).flat_map(jobs).take(STEPS_MAX).collect();
    vec![Pipeline::new(&SYSTEM, None, jobs)]
}

fn is_pipeline(document: &Yaml<'_>) -> bool {
    document.get("kind").and_then(Yaml::text).is_none_or(|kind| kind == "pipeline")
}

fn jobs(document: Yaml<'_>) -> Vec<Job<'_>> {
    let name = document.get("name").and_then(Yaml::text).unwrap_or("default");
    let trigger = document.get("trigger");
    let events = trigger.and_then(|trigger| trigger.get("event"));
    let cron = trigger.is_some_and(|trigger| trigger.get("cron").is_some());
    let mut triggers: Vec<String> = events
        .map(|events| events.get("include").unwrap_or(events).words())
        .unwrap_or_default()
        .into_iter()
        .map(|event| if event == "cron" { "schedule" } else { event }.to_owned())
        .collect();
    if cron && !triggers.iter().any(|trigger| trigger == "schedule") {
        triggers.push("schedule".to_owned());
    }
    // Drone runs a pipeline without a trigger for every event of the repository.
    if triggers.is_empty() {
        triggers.push("push".to_owned());
    }
    let own_machine = document
        .get("type")
        .and_then(Yaml::text)
        .is_some_and(|kind| matches!(kind, "exec" | "ssh" | "macstadium"));
    let lists = ["steps", "pipeline", "services"].iter().filter_map(|key| document.get(key));
    let steps: Vec<(Option<&str>, Yaml<'_>)> = lists.flat_map(container_step::named).collect();
    let whole = of_the_runner(document, name, &triggers);
    let jobs = steps.into_iter().enumerate().map(|(number, (step_name, step))| {
        let mut environment = Environment::new(Store::repository("repository"), "drone", |_| false);
        if let Some(variables) = document.get("environment") {
            let receiving = Receiving::at(Exposure::Workflow);
            container_step::from_secrets(&mut environment, variables, receiving);
            environment.variables(variables, Exposure::Workflow);
        }
        let exchanges = container_step::read(&mut environment, step, OWN_IMAGES);
        let (uses, deeds, whole) = environment.finish();
        let step_name = step_name.map_or_else(|| format!("step {}", number + 1), str::to_owned);
        Job {
            scheduled: triggers.iter().any(|trigger| trigger == "schedule"),
            triggers: triggers.clone(),
            runner: own_machine.then_some("self_hosted"),
            exchanges,
            uses,
            deeds,
            whole,
            ..Job::new(
                format!("{name}/{step_name}"),
                step.line(),
                Proof::new(Federation::StaticOnly, "nothing takes its place"),
            )
        }
    });
    jobs.chain(whole).collect()
}

/// The secrets that the runner itself uses for a pipeline, to fetch images or to reach a server: a job of the pipeline's name.
fn of_the_runner<'t>(document: Yaml<'t>, name: &'t str, triggers: &[String]) -> Option<Job<'t>> {
    let (pulls, server) = (document.get("image_pull_secrets"), document.get("server"));
    let line = pulls.or(server)?.line();
    let mut environment = Environment::new(Store::repository("repository"), "drone", |_| false);
    for item in pulls.into_iter().flat_map(Yaml::items) {
        if let Some(secret) = item.text() {
            let said = purpose::by_name("REGISTRY_PASSWORD", Quality::Config);
            let receiving = Receiving { said, ..Receiving::at(Exposure::Job) };
            environment.secret(secret.into(), Spot::line(item.line()), receiving, false);
        }
    }
    if let Some(server) = server {
        container_step::from_secrets(&mut environment, server, Receiving::at(Exposure::Job));
    }
    let (uses, deeds, whole) = environment.finish();
    let proof = Proof::new(Federation::StaticOnly, "nothing takes its place");
    let job = Job { triggers: triggers.to_vec(), uses, deeds, whole, ..Job::new(name, line, proof) };
    Some(job).filter(|job| !job.uses.is_empty())
}
