//! Bitbucket Pipelines: `bitbucket-pipelines.yml` at the root. Steps, the pipes that they call, OIDC, deployments.

use tenure_model::{Federation, FingerprintKey};

use super::environment::{Environment, Receiving};
use super::exchange;
use super::job::{Exchange, Job, Pipeline};
use super::reading;
use super::secret_use::{Exposure, Receiver, Store};
use super::system::{Proof, System};
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "bitbucket",
    name: "Bitbucket",
    secret_kind: "bitbucket_variable",
    job_kind: "bitbucket_step",
    plain_kind: "ci_secret",
    token: Some("Bitbucket's OIDC token"),
    timeout: Some(("max-time", "the platform's limit of two hours")),
    folds_case: false,
    guards_environments: true,
    trusted_publishing: &[],
};
/// Variables that Bitbucket itself sets and whose names look like a kept secret's.
const PREDEFINED: &[&str] = &["BITBUCKET_STEP_OIDC_TOKEN"];
/// Steps that are read.
const STEPS_MAX: usize = 5_000;
/// Deepest nesting of stages and parallel groups.
const DEPTH_MAX: usize = 12;

/// The reader.
pub(super) struct BitbucketPipelines;

impl Detector for BitbucketPipelines {
    fn name(&self) -> &'static str {
        "bitbucket_pipelines"
    }

    fn describe(&self) -> &'static str {
        "Bitbucket Pipelines: steps, the variables and pipes that they use, OIDC, deployments and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        matches!(blob.path_in_repository(), "bitbucket-pipelines.yml" | "bitbucket-pipelines.yaml")
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree).into_iter().collect())
    }
}

/// Where a step stands.
#[derive(Clone, Copy)]
struct Place<'t> {
    section: &'t str,
    branch: Option<&'t str>,
    deployment: Option<&'t str>,
}

fn pipeline<'t>(tree: &'t Tree<'t>) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let limit = root.get("options").and_then(|options| options.get("max-time")).and_then(Yaml::text);
    let mut jobs = Vec::new();
    for (section, body) in root.get("pipelines")?.pairs() {
        let Some(section) = section.text() else { continue };
        let lists: Vec<(Option<&str>, Yaml<'t>)> = if body.is_mapping() {
            body.pairs().map(|(branch, list)| (branch.text(), list)).collect()
        } else {
            vec![(None, body)]
        };
        for (branch, list) in lists {
            let place = Place { section, branch, deployment: None };
            for (step, place) in steps(list, place).into_iter().take(STEPS_MAX.saturating_sub(jobs.len())) {
                let number = jobs.len() + 1;
                jobs.push(job(root, step, place, (number, limit)));
            }
        }
    }
    Some(Pipeline::new(&SYSTEM, None, jobs))
}

/// Every step of a list, stages and parallel groups opened.
fn steps<'t>(list: Yaml<'t>, place: Place<'t>) -> Vec<(Yaml<'t>, Place<'t>)> {
    let mut found = Vec::new();
    let mut stack = vec![(list, place, 0)];
    while let Some((node, place, depth)) = stack.pop() {
        if depth > DEPTH_MAX || found.len() > STEPS_MAX {
            continue;
        }
        let first = stack.len();
        for entry in node.items() {
            if let Some(step) = entry.get("step") {
                stack.push((step, place, usize::MAX - 1));
            }
            for group in ["parallel", "stage"].iter().filter_map(|key| entry.get(key)) {
                let deployment = group.get("deployment").and_then(Yaml::text).or(place.deployment);
                let inner = group.get("steps").unwrap_or(group);
                stack.push((inner, Place { deployment, ..place }, depth + 1));
            }
        }
        stack[first..].reverse();
        while stack.last().is_some_and(|(_, _, depth)| *depth == usize::MAX - 1) {
            if let Some((step, place, _)) = stack.pop() {
                found.push((step, place));
            }
        }
    }
    found
}

fn job<'t>(
    root: Yaml<'t>,
    step: Yaml<'t>,
    place: Place<'t>,
    (number, limit): (usize, Option<&'t str>),
) -> Job<'t> {
    let oidc = step.get("oidc").is_some_and(|oidc| oidc.is_mapping() || oidc.text() == Some("true"));
    let mut environment =
        Environment::new(Store::repository("repository"), "bitbucket", |name| PREDEFINED.contains(&name));
    let mut exchanges = Vec::new();
    let image = step.get("image").or_else(|| root.get("image"));
    for holder in image.into_iter().chain(step.get("services")) {
        environment.value(holder, Receiving::at(Exposure::Job));
    }
    let defined = root.get("definitions").and_then(|definitions| definitions.get("services"));
    for name in step.get("services").map(Yaml::words).unwrap_or_default() {
        let service = defined.and_then(|services| services.get(name));
        for part in ["image", "variables"].iter().filter_map(|key| service?.get(key)) {
            environment.value(part, Receiving::at(Exposure::Job));
        }
    }
    let role = image.and_then(|image| image.get("aws")?.get("oidc-role"));
    if let Some((role, text)) = role.and_then(|role| Some((role, role.text()?))) {
        exchanges.push(Exchange { line: role.line(), provider: "aws", action: "image", target: Some(text) });
    }
    for script in ["script", "after-script"].iter().filter_map(|key| step.get(key)) {
        if oidc {
            exchanges.extend(exchange::in_script(script));
        }
        for command in script.items() {
            match command.get("pipe").and_then(Yaml::text) {
                Some(name) => {
                    environment.next_block();
                    exchanges.extend(pipe(&mut environment, command, name));
                    environment.next_block();
                }
                None => environment.script(command),
            }
        }
    }
    let timeout = step.get("max-time").and_then(Yaml::text).or(limit);
    let title = step.get("name").and_then(Yaml::text);
    let mut id = vec![place.section.to_owned()];
    id.extend(place.branch.map(str::to_owned));
    id.push(title.map_or_else(|| format!("step {number}"), str::to_owned));
    let proof = if oidc {
        Proof::new(Federation::Available, "this step may request one (oidc: true)")
    } else {
        Proof::new(Federation::AvailableNotEnabled, "this step does not ask for one (oidc: true)")
    };
    let (uses, deeds, whole) = environment.finish();
    Job {
        title,
        triggers: vec![trigger(place.section).to_owned()],
        environment: step.get("deployment").and_then(Yaml::text).or(place.deployment),
        approval: step.get("trigger").and_then(Yaml::text) == Some("manual"),
        runner: runner(step),
        timeout_minutes: timeout.and_then(|text| text.trim().parse().ok()),
        has_timeout: timeout.is_some(),
        exchanges,
        uses,
        deeds,
        whole,
        ..Job::new(id.join("/"), step.line(), proof)
    }
}

/// A pipe: an image of others that receives variables; some take more by themselves.
fn pipe<'t>(environment: &mut Environment<'t>, command: Yaml<'t>, name: &'t str) -> Option<Exchange<'t>> {
    let own = name.starts_with("atlassian/");
    let receiver = (!own).then_some(Receiver { reference: name, pinned: name.contains("@sha256:") });
    let variables = command.get("variables");
    if let Some(variables) = variables {
        environment.value(variables, Receiving { receiver, ..Receiving::at(Exposure::With) });
    }
    let given = |name: &str| variables.and_then(|variables| variables.get(name));
    let line = command.line();
    if let Some(role) = given("AWS_OIDC_ROLE_ARN").and_then(Yaml::text) {
        return Some(Exchange { line, provider: "aws", action: name, target: Some(role) });
    }
    if name.starts_with("atlassian/aws-") {
        // These pipes take the key from the repository's variables where nothing else is given.
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            if given(variable).is_none() {
                environment.implied(variable, line);
            }
        }
    }
    None
}

fn trigger(section: &str) -> &'static str {
    match section {
        "pull-requests" => "pull_request",
        "custom" => "manual",
        _ => "push",
    }
}

fn runner(step: Yaml<'_>) -> Option<&'static str> {
    let Some(labels) = step.get("runs-on") else { return Some("hosted") };
    labels.words().iter().any(|label| label.starts_with("self.hosted")).then_some("self_hosted")
}
