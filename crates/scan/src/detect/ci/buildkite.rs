//! Buildkite: pipelines in `.buildkite/`. Steps, plugins, kept secrets and OIDC.
//!
//! What starts a pipeline is set in the service, so triggers stay unknown unless a condition names them.

use std::borrow::Cow;

use tenure_model::{Federation, FingerprintKey, Quality};

use super::environment::{Environment, Receiving};
use super::exchange;
use super::job::{Definition, Exchange, Job, Pipeline};
use super::purpose;
use super::reading;
use super::secret_use::{Exposure, Receiver, Store};
use super::system::{Proof, System};
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
static SYSTEM: System = System {
    key: "buildkite",
    name: "Buildkite",
    secret_kind: "buildkite_secret",
    job_kind: "buildkite_step",
    plain_kind: "ci_secret",
    token: Some("Buildkite's OIDC token"),
    timeout: Some(("timeout_in_minutes", "the organisation's default, which the file does not show")),
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Variables that Buildkite itself sets and whose names look like a kept secret's.
const PREDEFINED: &[&str] = &["BUILDKITE_AGENT_ACCESS_TOKEN"];
/// Steps that are read.
const STEPS_MAX: usize = 5_000;

/// The reader.
pub(super) struct Buildkite;

impl Detector for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn describe(&self) -> &'static str {
        "Buildkite pipelines: steps, plugins, the secrets and roles that they use, blocks and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let path = blob.path_in_repository();
        let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        yaml && (path.starts_with(".buildkite/") || path.starts_with("buildkite."))
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_yaml(blob, self.name(), key, |tree| pipeline(tree).into_iter().collect())
    }
}

fn pipeline<'t>(tree: &'t Tree<'t>) -> Option<Pipeline<'t>> {
    let root = tree.first()?;
    let list = root.get("steps").or_else(|| root.text().is_none().then_some(root))?;
    let (mut jobs, mut definitions) = (Vec::new(), Vec::new());
    let mut approval = false;
    for entry in list.items().take(STEPS_MAX) {
        let grouped: Vec<Yaml<'t>> = match entry.get("group").and(entry.get("steps")) {
            Some(steps) => steps.items().collect(),
            None => vec![entry],
        };
        for step in grouped {
            // Everything behind a block waits for a person.
            approval |= ["block", "manual", "input"].iter().any(|key| step.get(key).is_some())
                || matches!(step.text(), Some("block" | "manual"));
            if ["command", "commands", "plugins", "trigger"].iter().any(|key| step.get(key).is_some()) {
                let number = jobs.len() + 1;
                definitions.extend(plugins(step).filter_map(|plugin| plugin.definition()));
                jobs.push(job(root, step, number, approval));
            }
        }
    }
    definitions.dedup_by_key(|definition: &mut Definition<'t>| (definition.reference, definition.revision));
    Some(Pipeline { definitions, ..Pipeline::new(&SYSTEM, None, jobs) })
}

fn job<'t>(root: Yaml<'t>, step: Yaml<'t>, number: usize, approval: bool) -> Job<'t> {
    let mut environment =
        Environment::new(Store::repository("pipeline"), "buildkite", |name| PREDEFINED.contains(&name));
    if let Some(variables) = root.get("env") {
        environment.variables(variables, Exposure::Workflow);
    }
    for holder in [root, step] {
        holder.get("secrets").into_iter().for_each(|secrets| kept(&mut environment, secrets));
    }
    environment.next_block();
    if let Some(variables) = step.get("env") {
        environment.variables(variables, Exposure::Step);
    }
    // What another pipeline receives that this step starts.
    if let Some(variables) = step.get("build").and_then(|build| build.get("env")) {
        environment.variables(variables, Exposure::Passed);
    }
    let mut exchanges = Vec::new();
    for command in ["command", "commands"].iter().filter_map(|key| step.get(key)) {
        environment.script(command);
        exchanges.extend(exchange::in_script(command));
        fetched(&mut environment, command);
    }
    for plugin in plugins(step) {
        environment.next_block();
        let made = plugin.read(&mut environment);
        // What the plugin trades lies in the environment of all that follows.
        if made.is_some_and(|made| made.provider == "aws") {
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
                .into_iter()
                .for_each(|name| environment.declare(name));
        }
        exchanges.extend(made);
    }
    let title = ["label", "name"].iter().find_map(|key| step.get(key)?.text());
    let id = step.get("key").or_else(|| step.get("id")).and_then(Yaml::text).or(title);
    let timeout = step.get("timeout_in_minutes").and_then(Yaml::text);
    let condition = step.get("if").and_then(Yaml::text).unwrap_or_default();
    let scheduled = condition.contains("build.source") && condition.contains("schedule");
    let (uses, deeds, whole) = environment.finish();
    Job {
        title,
        triggers: if scheduled { vec!["schedule".to_owned()] } else { Vec::new() },
        scheduled,
        approval,
        timeout_minutes: timeout.and_then(|text| text.trim().parse().ok()),
        has_timeout: timeout.is_some(),
        defined_elsewhere: step.get("trigger").is_some(),
        exchanges,
        uses,
        deeds,
        whole,
        ..Job::new(
            id.map_or_else(|| format!("step {number}"), str::to_owned),
            step.line(),
            Proof::new(
                Federation::Available,
                "every job may request one (buildkite-agent oidc request-token)",
            ),
        )
    }
}

/// `secrets:`: a list of names, or variables with the names of what fills them.
fn kept<'t>(environment: &mut Environment<'t>, secrets: Yaml<'t>) {
    for item in secrets.items() {
        if let Some(name) = item.text() {
            environment.secret(name.into(), Spot::line(item.line()), Receiving::at(Exposure::Step), false);
        }
    }
    for (slot, name) in secrets.pairs() {
        if let (Some(slot), Some(name)) = (slot.text(), name.text()) {
            let spot = Spot::line(secrets.line());
            let receiving = Receiving { slot: Some(slot), ..Receiving::at(Exposure::Step) };
            environment.secret(name.into(), spot, receiving, false);
            if slot != name {
                environment.declare(slot);
            }
        }
    }
}

/// What the plugin `aws-sm` fetches from AWS Secrets Manager: variables and files, each by the name of a secret.
fn fetched_by_plugin<'t>(environment: &mut Environment<'t>, settings: Yaml<'t>, receiving: Receiving<'t>) {
    let variables =
        settings.get("env").into_iter().flat_map(Yaml::pairs).map(|(slot, value)| (slot.text(), value));
    let files = ["file", "files"].into_iter().filter_map(|key| settings.get(key)).flat_map(Yaml::items);
    let files = files.map(|file| (file.get("path").and_then(Yaml::text), file));
    let usual = std::mem::replace(&mut environment.store, Store::Cloud("secretsmanager"));
    for (slot, value) in variables.chain(files) {
        let id = ["secret-id", "secret_id"].iter().find_map(|key| value.get(key));
        let id = id.or_else(|| value.text().map(|_| value));
        let Some((id, name)) = id.and_then(|id| Some((id, id.text()?))) else { continue };
        let spot = id.search().find(&[name]);
        environment.secret(name.into(), spot, Receiving { slot, ..receiving }, false);
        slot.into_iter().for_each(|slot| environment.declare(slot));
    }
    environment.store = usual;
}

/// What a plugin fetches from Vault by the path of a secret, for a variable or a login.
fn from_vault<'t>(
    environment: &mut Environment<'t>,
    settings: Yaml<'t>,
    receiving: Receiving<'t>,
) -> Option<()> {
    let slot = settings.get("env_var").and_then(Yaml::text);
    let login = settings.get("secret_path");
    let path = login.or_else(|| settings.get("path").filter(|_| slot.is_some()))?;
    let name = path.text()?;
    let receiving = Receiving { slot: slot.or(login.map(|_| "DOCKER_PASSWORD")), ..receiving };
    let usual = std::mem::replace(&mut environment.store, Store::Owner(Cow::Borrowed("vault")));
    environment.secret(name.into(), path.search().find(&[name]), receiving, false);
    environment.store = usual;
    slot.into_iter().for_each(|slot| environment.declare(slot));
    Some(())
}

/// `buildkite-agent secret get NAME` in a script.
fn fetched<'t>(environment: &mut Environment<'t>, command: Yaml<'t>) {
    const GET: &str = "secret get ";
    for line in std::iter::once(command).chain(command.items()) {
        let Some(text) = line.text() else { continue };
        let mut search = line.search();
        for (at, _) in text.match_indices(GET) {
            let rest = &text[at + GET.len()..];
            let rest = rest.trim_start_matches(['"', '\'']);
            let length =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).unwrap_or(rest.len());
            if length > 0 && text[..at].contains("buildkite-agent") {
                let name: Cow<'t, str> = Cow::Borrowed(&rest[..length]);
                let spot = search.find(&[&rest[..length]]);
                environment.secret(name, spot, Receiving::at(Exposure::Run), false);
            }
        }
    }
}

/// A plugin of a step.
struct Plugin<'t> {
    /// As written, with its version.
    name: &'t str,
    settings: Option<Yaml<'t>>,
    line: u32,
}

fn plugins<'t>(step: Yaml<'t>) -> impl Iterator<Item = Plugin<'t>> {
    let list = step.get("plugins");
    let of_list = list.into_iter().flat_map(Yaml::items).filter_map(|item| match item.text() {
        Some(name) => Some(Plugin { name, settings: None, line: item.line() }),
        None => item.pairs().next().and_then(|(name, settings)| {
            Some(Plugin { name: name.text()?, settings: Some(settings), line: name.line() })
        }),
    });
    let of_mapping = list.into_iter().flat_map(Yaml::pairs).filter_map(|(name, settings)| {
        Some(Plugin { name: name.text()?, settings: Some(settings), line: name.line() })
    });
    of_list.chain(of_mapping)
}

impl<'t> Plugin<'t> {
    fn parts(&self) -> (&'t str, Option<&'t str>) {
        self.name.split_once('#').map_or((self.name, None), |(name, version)| (name, Some(version)))
    }

    /// A plugin without an owner is Buildkite's own; `./` is the repository's.
    fn is_third_party(&self) -> bool {
        let (name, _) = self.parts();
        name.contains('/') && !name.starts_with('.') && !name.starts_with("buildkite-plugins/")
    }

    fn pinned(&self) -> bool {
        let (_, version) = self.parts();
        version.is_some_and(|version| {
            version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }

    fn definition(&self) -> Option<Definition<'t>> {
        let (reference, revision) = self.parts();
        let spot = Spot::line(self.line);
        self.is_third_party().then_some(Definition {
            what: "the plugin",
            reference,
            revision,
            pinned: self.pinned(),
            spot,
        })
    }

    /// What the plugin receives; gives the exchange that it makes.
    fn read(&self, environment: &mut Environment<'t>) -> Option<Exchange<'t>> {
        let (name, _) = self.parts();
        let receiver =
            self.is_third_party().then_some(Receiver { reference: self.name, pinned: self.pinned() });
        let receiving = Receiving { receiver, ..Receiving::at(Exposure::With) };
        if let Some(settings) = self.settings {
            let last = name.rsplit('/').next().unwrap_or(name).trim_end_matches("-buildkite-plugin");
            if last == "aws-sm" {
                fetched_by_plugin(environment, settings, receiving);
                return None;
            }
            if last.starts_with("vault-") && from_vault(environment, settings, receiving).is_some() {
                return None;
            }
            environment.value(settings, receiving);
            named_variables(environment, settings, receiving);
        }
        let given = |key: &str| self.settings?.get(key)?.text();
        let last = name.rsplit('/').next().unwrap_or(name).trim_end_matches("-buildkite-plugin");
        let (provider, target) = match last {
            "aws-assume-role-with-web-identity" => ("aws", given("role-arn")),
            "oblt-google-auth" => ("gcp", None),
            "gcp-workload-identity-federation" => ("gcp", given("service-account")),
            "vault-oidc-auth" => ("vault", given("role")),
            "vault-secrets" => {
                let auth = self.settings?.get("auth")?;
                auth.get("method").and_then(Yaml::text).filter(|method| *method == "jwt")?;
                ("vault", auth.get("role").and_then(Yaml::text))
            }
            _ => return None,
        };
        Some(Exchange { line: self.line, provider, action: self.name, target })
    }
}

/// Settings that name variables: `password-env: NAME`, and lists of variables that a container receives.
fn named_variables<'t>(environment: &mut Environment<'t>, settings: Yaml<'t>, receiving: Receiving<'t>) {
    let login = |slot: &str| slot == "password-env";
    let auth = settings.get("auth").into_iter().flat_map(Yaml::pairs);
    for (key, value) in settings.pairs().chain(auth) {
        let Some(slot) = key.text() else { continue };
        let names: Vec<Yaml<'t>> = match slot {
            "environment" | "env" => value.items().chain(value.text().map(|_| value)).collect(),
            _ if slot.ends_with("-env") => vec![value],
            _ => continue,
        };
        for node in names {
            let kept = |name: &str| purpose::names_a_secret(name) || slot == "secret-env" || login(slot);
            let Some(name) = node.text().filter(|name| kept(name) && !name.contains('=')) else {
                continue;
            };
            let said = if login(slot) { purpose::by_name("DOCKER_PASSWORD", Quality::Config) } else { None };
            let receiving = Receiving { slot: Some(slot), said, ..receiving };
            environment.secret(name.into(), Spot::line(node.line()), receiving, false);
        }
    }
}
