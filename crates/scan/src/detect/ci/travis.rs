//! Travis CI: `.travis.yml`. Encrypted values, variables of the settings, deployments.
//!
//! The name of an encrypted variable is encrypted with its value; a keyed fingerprint of the cipher text stands
//! for it, so that one value is one identity wherever it moves in the file.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use tenure_model::{Federation, FingerprintKey};

use super::environment::{Environment, Receiving};
use super::job::{Deed, DeedKind, Job, Pipeline};
use super::reading;
use super::secret_use::{Exposure, Store};
use super::system::{Proof, System};
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "travis",
    name: "Travis CI",
    secret_kind: "travis_secret",
    job_kind: "travis_job",
    plain_kind: "ci_secret",
    token: None,
    timeout: None,
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Phases whose commands are read.
const PHASES: &[&str] = &[
    "before_install",
    "install",
    "before_script",
    "script",
    "after_success",
    "after_failure",
    "after_script",
    "before_deploy",
    "after_deploy",
    "before_cache",
];
/// Jobs of one file that are read.
const JOBS_MAX: usize = 500;
/// Values below one job that are looked at for cipher texts.
const VISITS_MAX: usize = 20_000;
/// Digits of the fingerprint that stand for an encrypted value.
const DIGITS: usize = 8;

/// Shortest token of a room of Slack.
const TOKEN_BYTES_MIN: usize = 20;

/// The reader.
pub(super) struct Travis;

impl Detector for Travis {
    fn name(&self) -> &'static str {
        "travis"
    }

    fn describe(&self) -> &'static str {
        "Travis CI: encrypted values, the variables that jobs use, and deployments"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        matches!(blob.path_in_repository(), ".travis.yml" | ".travis.yaml")
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree, key).into_iter().collect())
    }
}

fn pipeline<'t>(tree: &'t Tree<'t>, key: &FingerprintKey) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let mut jobs = vec![job("build".to_owned(), root.line(), &[root], key)];
    let included = ["jobs", "matrix"].iter().filter_map(|key| root.get(key)?.get("include"));
    let included: Vec<Yaml<'t>> = included.flat_map(Yaml::items).take(JOBS_MAX).collect();
    let name = |include: &Yaml<'t>| ["name", "stage"].iter().find_map(|key| include.get(key)?.text());
    let mut names: HashMap<&str, usize> = HashMap::from([("build", 1)]);
    included.iter().filter_map(name).for_each(|name| *names.entry(name).or_default() += 1);
    for (number, include) in included.into_iter().enumerate() {
        let id = match name(&include) {
            Some(name) if names.get(name) == Some(&1) => name.to_owned(),
            // A stage has several jobs.
            Some(name) => format!("{name} ({})", number + 1),
            None => format!("job {}", number + 1),
        };
        jobs.push(job(id, include.line(), &[include, root], key));
    }
    // What a job has from the top is told there.
    let mut told = BTreeSet::new();
    for job in &mut jobs {
        job.deeds.retain(|deed| told.insert((deed.what, deed.spot)));
    }
    Some(Pipeline::new(&SYSTEM, None, jobs))
}

fn job<'t>(id: String, line: u32, layers: &[Yaml<'t>], key: &FingerprintKey) -> Job<'t> {
    let mut environment = Environment::new(Store::repository("repository"), "travis", |_| false);
    // What a job does not say itself, it has from the top; of variables only those that are for all jobs.
    let nearest = |name: &str| layers.iter().find_map(|layer| layer.get(name));
    let own = layers.first().and_then(|layer| layer.get("env"));
    let shared = layers.iter().skip(1).filter_map(|layer| layer.get("env")?.get("global"));
    for env in own.into_iter().chain(shared) {
        variables(&mut environment, env, key);
    }
    for phase in PHASES.iter().filter_map(|phase| nearest(phase)) {
        environment.script(phase);
        encrypted_files(&mut environment, phase);
    }
    for holder in ["deploy", "notifications", "addons", "services"] {
        environment.next_block();
        if let Some(value) = nearest(holder) {
            sealed(&mut environment, value, holder, key);
            environment.value(value, Receiving::at(Exposure::With));
        }
    }
    environment.done(nearest("notifications").map(written_tokens).unwrap_or_default());
    let (uses, deeds, whole) = environment.finish();
    Job {
        triggers: vec!["push".to_owned()],
        uses,
        deeds,
        whole,
        ..Job::new(id, line, Proof::new(Federation::StaticOnly, "nothing takes its place"))
    }
}

/// `env:`, in its many forms: a text of assignments, a list of them, a mapping, `global` and `jobs`.
fn variables<'t>(environment: &mut Environment<'t>, env: Yaml<'t>, key: &FingerprintKey) {
    let mut stack = vec![env];
    let mut visits_left = VISITS_MAX;
    while let Some(node) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        if let Some(text) = node.text() {
            environment.script(node);
            // `DB=postgres DB_PASSWORD=postgres` sets both.
            let set = text.split_whitespace().filter_map(|word| word.split_once('='));
            set.filter(|(name, value)| !value.contains('$') && !name.is_empty())
                .for_each(|(name, _)| environment.declare(name));
        }
        if node.get("secure").is_some() {
            sealed(environment, node, "env", key);
            continue;
        }
        let first = stack.len();
        stack.extend(node.items());
        for (name, value) in node.pairs() {
            if let Some(name) = name.text().filter(|name| !matches!(*name, "global" | "jobs" | "matrix")) {
                if value.get("secure").is_some() {
                    sealed(environment, value, name, key);
                } else {
                    environment.declare(name);
                    let receiving = Receiving { slot: Some(name), ..Receiving::at(Exposure::Workflow) };
                    environment.value(value, receiving);
                }
            } else {
                stack.push(value);
            }
        }
        stack[first..].reverse();
    }
}

/// Every `secure:` below a node, called by the key that receives it.
fn sealed<'t>(environment: &mut Environment<'t>, node: Yaml<'t>, slot: &'t str, key: &FingerprintKey) {
    let mut stack = vec![(node, slot)];
    let mut visits_left = VISITS_MAX;
    while let Some((node, slot)) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        let cipher = node.get("secure").and_then(Yaml::text);
        if let Some(cipher) = cipher {
            let print = key.fingerprint("travis_secure", cipher.as_bytes()).0;
            let digits: String = print.chars().rev().take(DIGITS).collect();
            let name: Cow<'t, str> = Cow::Owned(format!("encrypted {slot} {digits}"));
            let spot = Spot::line(node.line());
            let receiving = Receiving { slot: Some(slot), ..Receiving::at(Exposure::Job) };
            environment.secret(name, spot, receiving, false);
            continue;
        }
        let first = stack.len();
        let provider =
            node.get("provider").and_then(Yaml::text).map(|provider| provider_slot(provider, slot));
        stack.extend(node.items().map(|item| (item, slot)));
        stack.extend(node.pairs().filter_map(|(name, value)| {
            let name = name.text()?;
            let generic = matches!(name, "api_key" | "api_token" | "password" | "token" | "key");
            Some((value, provider.filter(|_| generic).unwrap_or(name)))
        }));
        stack[first..].reverse();
    }
}

/// Rooms of Slack that are written with their token in the clear: `team:token#room`.
fn written_tokens(notifications: Yaml<'_>) -> Vec<Deed> {
    let Some(slack) = notifications.get("slack") else { return Vec::new() };
    let rooms = slack.get("rooms").unwrap_or(slack);
    let written = |room: &Yaml<'_>| {
        let token = room.text().and_then(|text| text.split_once(':')).map(|(_, rest)| rest.split('#').next());
        token.flatten().is_some_and(|token| {
            token.len() >= TOKEN_BYTES_MIN && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    let rooms = std::iter::once(rooms).chain(rooms.items()).take(JOBS_MAX).filter(written);
    rooms.map(|room| Deed { what: DeedKind::InlineCredential, spot: Spot::line(room.line()) }).collect()
}

/// What a provider's generic key holds, as a variable would be called.
fn provider_slot<'t>(provider: &'t str, slot: &'t str) -> &'t str {
    match provider {
        "npm" => "NPM_TOKEN",
        "pypi" => "PYPI_PASSWORD",
        "rubygems" => "RUBYGEMS_API_KEY",
        "cargo" => "CARGO_REGISTRY_TOKEN",
        "heroku" => "HEROKU_API_KEY",
        "releases" | "pages" => "GITHUB_TOKEN",
        "s3" | "codedeploy" | "elasticbeanstalk" | "lambda" => "AWS_SECRET_ACCESS_KEY",
        _ => slot,
    }
}

/// `openssl … -K $encrypted_0a1b_key`: files that were encrypted for Travis.
fn encrypted_files<'t>(environment: &mut Environment<'t>, phase: Yaml<'t>) {
    for line in std::iter::once(phase).chain(phase.items()) {
        let Some(text) = line.text() else { continue };
        for (name, written) in super::shell::references(text) {
            if name.starts_with("encrypted_") && name.ends_with("_key") {
                let spot = line.search().find(&[written]);
                environment.secret(Cow::Borrowed(name), spot, Receiving::at(Exposure::Run), true);
            }
        }
    }
}
