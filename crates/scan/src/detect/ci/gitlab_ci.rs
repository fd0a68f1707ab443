//! GitLab CI: `.gitlab-ci.yml` at the root of a repository, and the files that it includes by custom.
//!
//! Variables are kept in the project, its groups or the instance and are used like any other: a name decides.
//! Files that `include:` takes from the same repository are read with it; what it takes from elsewhere is named.

mod included;
mod layers;

use std::collections::BTreeSet;

use tenure_model::{Federation, FingerprintKey};

use self::included::{Include, Source, includes};
use self::layers::{Layers, Root};
use super::environment::{Environment, Receiving};
use super::exchange;
use super::job::{Exchange, Job, Pipeline};
use super::secret_use::{Exposure, Store};
use super::system::{Proof, System};
use super::{reading, schedule};
use crate::detect::witness::Witness;
use crate::detect::yaml::{self, Yaml};
use crate::detect::{Blob, Detector, Look, Neighbours, Reading, Unreadable};

/// The system in words.
static SYSTEM: System = System {
    key: "gitlab",
    name: "GitLab",
    secret_kind: "gitlab_ci_variable",
    job_kind: "gitlab_ci_job",
    plain_kind: "ci_secret",
    token: Some("GitLab's ID token"),
    timeout: Some(("timeout", "the project's limit, one hour where nobody changed it")),
    folds_case: false,
    guards_environments: true,
    trusted_publishing: &["pypi", "npm"],
};
/// Top-level keys that are no jobs.
const KEYWORDS: &[&str] = &[
    "image",
    "services",
    "stages",
    "types",
    "before_script",
    "after_script",
    "variables",
    "cache",
    "include",
    "workflow",
    "default",
    "spec",
];
/// Variables that GitLab itself sets and whose names look like a kept secret's.
const PREDEFINED: &[&str] = &[
    "CI_JOB_TOKEN",
    "CI_BUILD_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_JOB_JWT",
    "CI_JOB_JWT_V1",
    "CI_JOB_JWT_V2",
    "CI_RUNNER_SHORT_TOKEN",
    "KUBECONFIG",
    "CI_TRIGGER_SHORT_SHA",
];
/// Jobs of one file that are read.
const JOBS_MAX: usize = 2_000;
/// Tags that say nothing about whose machine it is.
const TAGS_OF_ANYBODY: &[&str] =
    &["docker", "linux", "windows", "macos", "shared", "gitlab-org", "gitlab-org-docker"];

/// The reader.
pub(super) struct GitlabCi;

impl Detector for GitlabCi {
    fn name(&self) -> &'static str {
        "gitlab_ci"
    }

    fn describe(&self) -> &'static str {
        "GitLab CI pipelines: jobs, the variables and ID tokens that they use, rules and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let path = blob.path_in_repository();
        let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        // A part of a pipeline that others include is called so by custom, wherever it lies.
        let part = path.ends_with(".gitlab-ci.yml") || path.ends_with(".gitlab-ci.yaml");
        path == ".gitlab-ci.yml"
            || part && !path.ends_with("/.gitlab-ci.yml")
            || (yaml && (path.starts_with(".gitlab/ci/") || path.starts_with(".gitlab-ci/")))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match reading::decoded(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let path = blob.path_in_repository();
        if path == included::ENTRY {
            return whole(blob, text.into_owned(), key);
        }
        // What the repository's own configuration includes is told with it.
        if included::is_part(blob.neighbours, path) {
            return Reading::default();
        }
        let files = included::configuration(blob.neighbours, path, text.into_owned());
        let mut told = Reading::default();
        configuration(blob, &files[..1], &files, key, &mut told);
        told
    }
}

/// Reads `.gitlab-ci.yml` with everything that it takes from its repository.
fn whole(blob: &Blob<'_>, text: String, key: &FingerprintKey) -> Reading {
    let mut told = Reading::default();
    let mut known = BTreeSet::new();
    for files in included::pipelines(blob.neighbours, text) {
        let fresh = files.iter().take_while(|file| known.insert(file.path.clone())).count();
        configuration(blob, &files[..fresh], &files, key, &mut told);
        known.extend(files.into_iter().map(|file| file.path));
    }
    told
}

/// Says that scripts or rules were not followed to their ends.
fn cut_lists(cut: usize) -> Option<Unreadable> {
    let detail =
        format!("{cut} lists of lines are nested too deeply or hold too much to be followed to their ends");
    (cut > 0).then_some(Unreadable { reason: "yaml_too_large", detail })
}

/// Tells what the first files of a configuration say, in the light of all of it.
fn configuration(
    blob: &Blob<'_>,
    fresh: &[Source],
    files: &[Source],
    key: &FingerprintKey,
    told: &mut Reading,
) {
    let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
    yaml::read_all(&texts, &mut |trees, broken| {
        for ((index, file), broken) in fresh.iter().enumerate().zip(broken) {
            let path = format!("{}{}", blob.base, file.path);
            let blob_of = Blob { path: &path, bytes: file.text.as_bytes(), ..*blob };
            let mut witness = Witness::new(&blob_of, GitlabCi.name());
            let mut unreadable = broken.map(Unreadable::from);
            if let Some(root) = Root::new(trees, index) {
                let pipeline = pipeline(&root, blob.neighbours);
                unreadable = unreadable.or(reading::note(&blob_of, &pipeline, key, &mut witness));
                unreadable = unreadable.or_else(|| cut_lists(root.cut()));
            }
            let reading = witness.done(unreadable);
            told.observations.extend(reading.observations);
            match reading.unreadable {
                // A broken part is a row of its own, so that its own name is told.
                Some(why) if path != blob.path => told.observations.push(why.row(&path)),
                why => told.unreadable = told.unreadable.take().or(why),
            }
        }
    });
}

fn pipeline<'t>(root: &Root<'t>, neighbours: &dyn Neighbours) -> Pipeline<'t> {
    let mut jobs = Vec::new();
    for (key, value) in root.yaml.pairs() {
        let Some(id) = key.text() else { continue };
        if jobs.len() == JOBS_MAX || id.starts_with('.') || KEYWORDS.contains(&id) || !value.is_mapping() {
            continue;
        }
        // A file that overrides the job tells it.
        if root.get(id).is_some_and(|strongest| !root.is_own(strongest)) {
            continue;
        }
        let layers = Layers::of(root, id);
        let runs = ["script", "run", "trigger"].iter().any(|key| layers.get(key).is_some());
        if runs || value.get("extends").is_some() {
            jobs.push(job(root, id, key.line(), &layers));
        }
    }
    let mut pipeline = Pipeline::new(&SYSTEM, None, jobs);
    let started = root.yaml.pairs().filter_map(|(_, job)| job.get("trigger")?.get("include"));
    for (include, spot) in root.yaml.get("include").into_iter().chain(started).flat_map(includes) {
        match include {
            Include::Local(written) => {
                let paths = included::local(neighbours, written);
                if paths.is_empty() || paths.iter().any(|path| neighbours.text(path).is_none()) {
                    pipeline.unread_parts.push((format!("{written}, which is not found here"), spot));
                }
            }
            Include::Elsewhere(words, definition) => {
                pipeline.unread_parts.push((words, spot));
                pipeline.definitions.push(definition);
            }
        }
    }
    pipeline
}

fn job<'t>(root: &Root<'t>, id: &'t str, line: u32, layers: &Layers<'_, 't>) -> Job<'t> {
    let id_tokens: Vec<(Yaml<'t>, Yaml<'t>)> = layers.pairs("id_tokens").collect();
    let mut exchanges = fetched_secrets(layers);
    let scripts: Vec<Yaml<'t>> = ["before_script", "script", "after_script"]
        .iter()
        .filter_map(|key| layers.get(key))
        .flat_map(|script| layers::lines(root, script))
        .collect();
    let proof = if id_tokens.is_empty() {
        Proof::new(Federation::AvailableNotEnabled, "this job declares no id_tokens")
    } else {
        for script in &scripts {
            let found = exchange::in_script(*script).into_iter();
            let told_at = |own: u32| if root.is_own(*script) { own } else { line };
            exchanges.extend(found.map(|exchange| Exchange { line: told_at(exchange.line), ..exchange }));
        }
        let names: Vec<&str> = id_tokens.iter().filter_map(|(name, _)| name.text()).collect();
        Proof::new(Federation::Available, format!("this job has one (id_tokens: {})", names.join(", ")))
    };
    let environment = layers.get("environment");
    let (triggers, manual) = rules(root, layers);
    let timeout = layers.get("timeout").and_then(Yaml::text);
    let (uses, deeds, whole) = environment_of(root, (layers, line), &id_tokens, &scripts).finish();
    Job {
        scheduled: triggers.iter().any(|trigger| trigger == "schedule"),
        triggers,
        environment: environment
            .and_then(|value| value.text().or_else(|| value.get("name")?.text()))
            .filter(|name| !name.trim().is_empty()),
        approval: manual,
        runner: layers.get("tags").and_then(runner),
        timeout_minutes: timeout.and_then(schedule::minutes_of_duration),
        has_timeout: timeout.is_some(),
        defined_elsewhere: layers.get("trigger").is_some(),
        exchanges,
        uses,
        deeds,
        whole,
        ..Job::new(id, line, proof)
    }
}

fn environment_of<'t>(
    root: &Root<'t>,
    (layers, line): (&Layers<'_, 't>, u32),
    id_tokens: &[(Yaml<'t>, Yaml<'t>)],
    scripts: &[Yaml<'t>],
) -> Environment<'t> {
    let mut environment =
        Environment::new(Store::repository("project"), "gitlab", |name| PREDEFINED.contains(&name));
    let fetched = layers.pairs("secrets").chain(id_tokens.iter().copied());
    fetched.filter_map(|(name, _)| name.text()).for_each(|name| environment.declare(name));
    // What stands in another file is told at the job that takes it from there.
    let elsewhere = |node: Yaml<'t>| (!root.is_own(node)).then_some(line);
    // A variable of a stronger layer hides one of the same name, and with it what that one takes.
    let mut stronger = BTreeSet::new();
    for variables in layers.all("variables") {
        environment.stand_for(elsewhere(variables));
        environment.variables_besides(variables, Exposure::Job, &stronger);
        stronger.extend(variables.merged_pairs().filter_map(|(name, _)| name.text()));
    }
    environment.next_block();
    for variables in root.all("variables") {
        environment.stand_for(elsewhere(variables));
        environment.variables_besides(variables, Exposure::Workflow, &stronger);
        stronger.extend(variables.merged_pairs().filter_map(|(name, _)| name.text()));
    }
    environment.next_block();
    let matrix = layers.get("parallel").and_then(|parallel| parallel.get("matrix"));
    for variables in matrix.into_iter().flat_map(Yaml::items) {
        environment.stand_for(elsewhere(variables));
        environment.variables(variables, Exposure::Job);
    }
    for rule in layers.get("rules").into_iter().flat_map(|rules| layers::lines(root, rules)) {
        if let Some(variables) = rule.get("variables") {
            environment.stand_for(elsewhere(variables));
            environment.variables(variables, Exposure::Job);
        }
    }
    for key in ["image", "services", "environment", "rules", "trigger"] {
        if let Some(value) = layers.get(key) {
            environment.stand_for(elsewhere(value));
            environment.value(value, Receiving::at(Exposure::Job));
        }
    }
    environment.next_block();
    for script in scripts {
        environment.stand_for(elsewhere(*script));
        environment.script(*script);
    }
    environment
}

/// What `secrets:` fetches with the job's token instead of keeping it.
fn fetched_secrets<'t>(layers: &Layers<'_, 't>) -> Vec<Exchange<'t>> {
    let provider = |source: Yaml<'t>| {
        [
            ("vault", "vault"),
            ("gcp_secret_manager", "gcp"),
            ("azure_key_vault", "azure"),
            ("aws_secrets_manager", "aws"),
            ("akeyless", "akeyless"),
        ]
        .into_iter()
        .find(|(key, _)| source.get(key).is_some())
    };
    let of = |(name, source): (Yaml<'t>, Yaml<'t>)| {
        let (action, provider) = provider(source)?;
        Some(Exchange { line: name.line(), provider, action, target: None })
    };
    let mut exchanges: Vec<Exchange<'t>> = layers.pairs("secrets").filter_map(of).collect();
    exchanges.sort_by_key(|exchange| (exchange.provider, exchange.line));
    exchanges.dedup_by_key(|exchange| exchange.provider);
    exchanges
}

/// The events that start a job, and whether a person must start it.
fn rules(root: &Root<'_>, layers: &Layers<'_, '_>) -> (Vec<String>, bool) {
    let manual = |node: Yaml<'_>| node.get("when").and_then(Yaml::text) == Some("manual");
    let mut triggers = Vec::new();
    let mut note = |trigger: &str| {
        if !triggers.iter().any(|known| known == trigger) {
            triggers.push(trigger.to_owned());
        }
    };
    let mut asked = layers.get("when").and_then(Yaml::text) == Some("manual");
    if let Some(rules) = layers.get("rules") {
        let rules = layers::lines(root, rules);
        let runs = |rule: &&Yaml<'_>| rule.get("when").and_then(Yaml::text) != Some("never");
        let open: Vec<&Yaml<'_>> = rules.iter().filter(runs).collect();
        asked |= !open.is_empty() && open.iter().all(|rule| manual(**rule));
        for rule in open {
            let condition = rule.get("if").and_then(Yaml::text).unwrap_or_default();
            // A rule that asks for no source lets pushes through.
            if sources(condition).next().is_none() && !condition.contains("CI_PIPELINE_SOURCE") {
                note("push");
            }
            sources(condition).for_each(&mut note);
        }
    } else if let Some(only) = layers.get("only") {
        let refs = only.get("refs").unwrap_or(only);
        for word in refs.words() {
            match word {
                "schedules" => note("schedule"),
                "merge_requests" => note("merge_request_event"),
                "pushes" | "branches" | "tags" | "main" | "master" => note("push"),
                "web" | "api" | "pipelines" | "triggers" => note(word.trim_end_matches('s')),
                _ => note("push"),
            }
        }
    } else if let Some(rules) = root.get("workflow").and_then(|workflow| workflow.get("rules")) {
        for rule in rules.items() {
            sources(rule.get("if").and_then(Yaml::text).unwrap_or_default()).for_each(&mut note);
        }
    }
    if triggers.is_empty() {
        triggers.push("push".to_owned());
    }
    (triggers, asked)
}

/// The values that a condition asks `CI_PIPELINE_SOURCE` for.
fn sources(condition: &str) -> impl Iterator<Item = &str> {
    condition.split("CI_PIPELINE_SOURCE").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix("==")?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    })
}

/// Whose machine the tags of a job ask for.
fn runner(tags: Yaml<'_>) -> Option<&'static str> {
    let words = tags.words();
    if words.is_empty() || words.iter().any(|word| word.contains('$')) {
        return None;
    }
    if words.iter().all(|word| word.starts_with("saas-")) {
        return Some("hosted");
    }
    words.iter().any(|word| !TAGS_OF_ANYBODY.contains(word)).then_some("self_hosted")
}
