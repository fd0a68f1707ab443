//! Woodpecker: `.woodpecker.yml` or the files in `.woodpecker/`. Steps of containers; secrets by `from_secret`.

use tenure_model::{Federation, FingerprintKey};

use super::container_step;
use super::environment::Environment;
use super::job::{Job, Pipeline};
use super::reading;
use super::secret_use::Store;
use super::system::{Proof, System};
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "woodpecker",
    name: "Woodpecker",
    secret_kind: "woodpecker_secret",
    job_kind: "woodpecker_step",
    plain_kind: "ci_secret",
    token: None,
    timeout: None,
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Images that Woodpecker's makers publish.
const OWN_IMAGES: &[&str] = &["woodpeckerci/", "docker.io/woodpeckerci/", "codeberg.org/woodpecker-plugins/"];
/// Steps that are read.
const STEPS_MAX: usize = 5_000;

/// The reader.
pub(super) struct Woodpecker;

impl Detector for Woodpecker {
    fn name(&self) -> &'static str {
        "woodpecker"
    }

    fn describe(&self) -> &'static str {
        "Woodpecker workflows: steps, the secrets that they receive, events that start them"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let path = blob.path_in_repository();
        let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        yaml && (path.starts_with(".woodpecker/") || matches!(path, ".woodpecker.yml" | ".woodpecker.yaml"))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, pipelines)
    }
}

fn pipelines<'t>(tree: &'t Tree<'t>) -> Vec<Pipeline<'t>> {
    let Some(root) = tree.first() else { return Vec::new() };
    let lists = ["clone", "steps", "pipeline", "services"].iter().filter_map(|key| root.get(key));
    let steps: Vec<(Option<&str>, Yaml<'t>)> =
        lists.flat_map(container_step::named).take(STEPS_MAX).collect();
    let events_of_all = events(root);
    let jobs = steps
        .into_iter()
        .enumerate()
        .map(|(number, (name, step))| {
            let mut environment = Environment::new(Store::repository("repository"), "woodpecker", |_| false);
            let exchanges = container_step::read(&mut environment, step, OWN_IMAGES);
            let (uses, deeds, whole) = environment.finish();
            let own = events(step);
            let triggers = if own.is_empty() { events_of_all.clone() } else { own };
            Job {
                scheduled: triggers.iter().any(|trigger| trigger == "schedule"),
                triggers,
                exchanges,
                uses,
                deeds,
                whole,
                ..Job::new(
                    name.map_or_else(|| format!("step {}", number + 1), str::to_owned),
                    step.line(),
                    Proof::new(Federation::StaticOnly, "nothing takes its place"),
                )
            }
        })
        .collect();
    vec![Pipeline::new(&SYSTEM, None, jobs)]
}

/// The events of `when:`, one condition or several.
fn events(node: Yaml<'_>) -> Vec<String> {
    let Some(when) = node.get("when") else { return Vec::new() };
    let conditions: Vec<Yaml<'_>> = if when.is_mapping() { vec![when] } else { when.items().collect() };
    let mut events: Vec<String> = Vec::new();
    for condition in conditions {
        let cron = condition.get("cron").map(|_| "cron");
        let words = condition.get("event").map(Yaml::words).unwrap_or_default();
        for event in words.into_iter().chain(cron) {
            let event = if event == "cron" { "schedule" } else { event };
            if !events.iter().any(|known| known == event) {
                events.push(event.to_owned());
            }
        }
    }
    events
}
