//! The steps of an Azure job: tasks with their service connections, scripts, and what they make of variables.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tenure_model::Quality;

use super::references::{entries, references};
use crate::detect::ci::environment::{Environment, Receiving};
use crate::detect::ci::job::{Deed, DeedKind, Exchange};
use crate::detect::ci::purpose::{self, Part, Purpose};
use crate::detect::ci::secret_use::{Exposure, Store};
use crate::detect::ci::shell;
use crate::detect::witness::Spot;
use crate::detect::yaml::Yaml;

/// Nodes of one job that are looked at.
const VISITS_MAX: usize = 20_000;
/// Bytes of text that cost as much as one visit.
const BYTES_A_VISIT: usize = 64;
/// Inputs that name a service connection, with the platform that it opens.
const CONNECTIONS: &[(&str, &str)] = &[
    ("azuresubscription", "azure"),
    ("azuresubscriptionendpoint", "azure"),
    ("connectedservicename", "azure"),
    ("connectedservicenamearm", "azure"),
    ("azureresourcemanagerconnection", "azure"),
    ("backendservicearm", "azure"),
    ("environmentservicenameaws", "aws"),
    ("backendserviceaws", "aws"),
    ("awscredentials", "aws"),
    ("kubernetesserviceconnection", "kubernetes"),
    ("kubernetesserviceendpoint", "kubernetes"),
    ("containerregistry", "registry"),
    ("dockerregistryserviceconnection", "registry"),
    ("dockerregistryendpoint", "registry"),
    ("githubconnection", "github"),
    ("sshendpoint", "ssh"),
    ("nugetserviceconnections", "nuget"),
    ("publishfeedcredentials", "nuget"),
    ("externalendpoint", "registry"),
    ("externalendpoints", "registry"),
    ("customendpoint", "registry"),
    ("publishendpoint", "npm"),
    ("pythonuploadserviceconnection", "pypi"),
    ("sonarqube", "sonar"),
    ("sonarcloud", "sonar"),
    ("serverendpoint", "unknown"),
    ("serviceconnection", "unknown"),
];
/// Inputs that name a file of the project's library, with what such a file is for.
const SECURE_FILES: &[(&str, &str)] = &[
    ("securefile", "unknown"),
    ("certsecurefile", "apple"),
    ("provprofilesecurefile", "apple"),
    ("apksignerkeystorefile", "android"),
    ("keystorefile", "android"),
    ("sshkeysecurefile", "ssh"),
];

/// Reads the steps of one job.
pub(super) struct Tasks<'t> {
    pub(super) environment: Environment<'t>,
    exchanges: Vec<Exchange<'t>>,
    deeds: Vec<Deed>,
    asks: bool,
    /// The values that the file itself gives to variables, by name in small letters.
    given: BTreeMap<String, &'t str>,
    /// Where what a vault task fetched is kept, once there was one.
    vault: Option<&'t str>,
    /// The vault that keeps what a task fetched by its name, by name in small letters.
    fetched: BTreeMap<String, &'t str>,
    visits_left: usize,
}

impl<'t> Tasks<'t> {
    pub(super) fn new(environment: Environment<'t>) -> Self {
        Self {
            environment,
            exchanges: Vec::new(),
            deeds: Vec::new(),
            asks: false,
            given: BTreeMap::new(),
            vault: None,
            fetched: BTreeMap::new(),
            visits_left: VISITS_MAX,
        }
    }

    /// The variables that the file sets for a job, from the widest holder to the job itself.
    pub(super) fn variables(&mut self, chain: &[Yaml<'t>]) {
        for (level, holder) in chain.iter().enumerate() {
            let exposure = if level == 0 { Exposure::Workflow } else { Exposure::Job };
            let Some(variables) = holder.get("variables") else { continue };
            let listed = entries(variables)
                .into_iter()
                .filter_map(|entry| Some((entry.get("name")?.text()?, entry.get("value")?)));
            let mapped = variables.pairs().filter_map(|(name, value)| Some((name.text()?, value)));
            for (name, value) in listed.chain(mapped) {
                let taken =
                    value.text().is_some_and(|text| references(text).iter().any(|(taken, _)| *taken == name));
                if !taken {
                    self.environment.declare(name);
                    self.given.extend(value.text().map(|text| (name.to_ascii_lowercase(), text)));
                }
                self.value(value, Receiving { slot: Some(name), ..Receiving::at(exposure) });
            }
        }
    }

    /// Every step below a job, also those of strategies and under conditions.
    pub(super) fn steps(&mut self, job: Yaml<'t>) {
        let mut stack = vec![job];
        let mut visits_left = VISITS_MAX;
        while let Some(node) = stack.pop().filter(|_| visits_left > 0) {
            visits_left -= 1;
            let words = ["task", "script", "bash", "powershell", "pwsh", "checkout"];
            if words.iter().any(|key| node.get(key).is_some()) {
                self.step(node);
                continue;
            }
            if node.get("template").and_then(Yaml::text).is_some() {
                self.environment.next_block();
                for (key, value) in node.get("parameters").into_iter().flat_map(Yaml::pairs) {
                    match key.text() {
                        // Jobs that are handed to a template are told as such.
                        Some("stages" | "jobs") | None => {}
                        Some(name) if name.to_ascii_lowercase().ends_with("steps") => stack.push(value),
                        Some(name) => self.input(name, value),
                    }
                }
                continue;
            }
            let first = stack.len();
            stack.extend(node.items());
            stack.extend(
                node.pairs()
                    .filter(|(key, _)| !matches!(key.text(), Some("variables" | "pool" | "environment")))
                    .map(|(_, value)| value),
            );
            stack[first..].reverse();
        }
    }

    fn step(&mut self, step: Yaml<'t>) {
        self.environment.next_block();
        if step.get("persistCredentials").and_then(Yaml::text) == Some("true") {
            self.deed(DeedKind::PersistedToken, step.line());
        }
        if let Some(variables) = step.get("env") {
            for (name, value) in variables.pairs() {
                self.value(value, Receiving { slot: name.text(), ..Receiving::at(Exposure::Step) });
            }
        }
        for script in ["script", "bash", "powershell", "pwsh"].iter().filter_map(|key| step.get(key)) {
            self.value(script, Receiving::at(Exposure::Run));
            self.made(script);
            self.deeds.extend(shell::deeds(script));
        }
        if let Some(condition) = step.get("condition") {
            self.value(condition, Receiving::at(Exposure::Step));
        }
        if let (Some(task), Some(inputs)) = (step.get("task").and_then(Yaml::text), step.get("inputs")) {
            self.task(task, inputs);
        }
        self.asks |=
            step.get("task").and_then(Yaml::text).is_some_and(|task| task.starts_with("ManualValidation"));
    }

    fn task(&mut self, task: &'t str, inputs: Yaml<'t>) {
        let name = task.split('@').next().unwrap_or(task);
        for (key, value) in inputs.pairs() {
            if let Some(slot) = key.text() {
                self.input(slot, value);
            }
        }
        if name.eq_ignore_ascii_case("AzureKeyVault") {
            self.vault =
                inputs.get("KeyVaultName").or_else(|| inputs.get("keyVaultName")).and_then(Yaml::text);
            let filter =
                inputs.get("SecretsFilter").or_else(|| inputs.get("secretsFilter")).and_then(Yaml::text);
            // What the vault gives is fetched for each run and is not kept in the pipeline.
            for name in filter.into_iter().flat_map(|names| names.split(',')).map(str::trim) {
                match self.vault {
                    Some(vault) if name != "*" => drop(self.fetched.insert(name.to_ascii_lowercase(), vault)),
                    _ => self.environment.declare(name),
                }
            }
            if let Some(vault) = self.vault.filter(|_| filter.is_none_or(|names| names.trim() == "*")) {
                self.environment.store = Store::Owner(Cow::Owned(format!("key vault {vault}")));
            }
        }
    }

    /// An input of a task, or a parameter of a template.
    fn input(&mut self, slot: &'t str, value: Yaml<'t>) {
        let lower = slot.to_ascii_lowercase();
        if lower == "addspntoenvironment" && value.text() == Some("true") {
            self.deed(DeedKind::ConnectionInEnvironment, value.line());
        }
        let script = matches!(lower.as_str(), "script" | "inlinescript" | "inline");
        if script {
            self.deeds.extend(shell::deeds(value));
            self.made(value);
        }
        let of = |list: &[(&str, &'static str)]| {
            list.iter().find(|(known, _)| *known == lower).map(|(_, provider)| *provider)
        };
        // Tasks of others call their input after what it names.
        let connection =
            of(CONNECTIONS).or_else(|| lower.ends_with("serviceconnection").then_some("unknown"));
        match (connection, of(SECURE_FILES)) {
            (Some(provider), _) => self.connection(slot, value, provider),
            (None, Some(provider)) => self.kept("secure file", (slot, value), provider),
            (None, None) => {
                let exposure = if script { Exposure::Run } else { Exposure::With };
                let slot = (!script).then_some(slot);
                self.value(value, Receiving { slot, ..Receiving::at(exposure) });
            }
        }
    }

    /// The names that a script hands to later steps: what it made is kept nowhere.
    fn made(&mut self, script: Yaml<'t>) {
        let told =
            script.text().into_iter().flat_map(|text| text.split("task.setvariable variable=").skip(1));
        for name in told {
            let end = name.find([';', ']']).unwrap_or(0);
            self.environment.declare(&name[..end]);
        }
    }

    /// A service connection: kept in the project, for all its pipelines.
    pub(super) fn connection(&mut self, slot: &'t str, value: Yaml<'t>, provider: &'static str) {
        self.kept("service connection", (slot, value), provider);
    }

    /// What the project keeps under a name of its own.
    fn kept(&mut self, store: &'static str, (slot, value): (&'t str, Yaml<'t>), provider: &'static str) {
        let Some(name) = value.text().filter(|name| !name.trim().is_empty()) else { return };
        // A name that is a variable is what the file gives to it.
        let variable = variable_alone(name);
        let given = variable.and_then(|variable| self.given.get(&variable.to_ascii_lowercase()).copied());
        let usual = std::mem::replace(&mut self.environment.store, Store::Owner(Cow::Borrowed(store)));
        let said =
            Purpose { part: Part::Credential, kind: purpose::PLAIN_KIND, provider, quality: Quality::Config };
        let receiving = Receiving { slot: Some(slot), said: Some(said), ..Receiving::at(Exposure::With) };
        let spot = value.search().find(&[name]);
        if given.is_some() || !name.contains("${{") {
            self.environment.secret(given.unwrap_or(name).into(), spot, receiving, false);
        }
        self.environment.store = usual;
    }

    fn value(&mut self, node: Yaml<'t>, receiving: Receiving<'t>) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop().filter(|_| self.visits_left > 0) {
            let bytes = node.text().map_or(0, str::len);
            self.visits_left = self.visits_left.saturating_sub(1 + bytes / BYTES_A_VISIT);
            stack.extend(node.items());
            stack.extend(node.pairs().map(|(_, value)| value));
            let Some(text) = node.text() else { continue };
            let mut search = node.search();
            let found = references(text);
            for &(name, written) in &found {
                let spot = search.find(&[written]);
                let shared = found.len() > 1;
                match self.fetched.get(&name.to_ascii_lowercase()).copied() {
                    Some(vault) => {
                        let store = Store::Owner(Cow::Owned(format!("key vault {vault}")));
                        let usual = std::mem::replace(&mut self.environment.store, store);
                        self.environment.secret(name.into(), spot, receiving, shared);
                        self.environment.store = usual;
                    }
                    None => self.environment.take(name, spot, receiving, shared),
                }
            }
        }
    }

    fn deed(&mut self, what: DeedKind, line: u32) {
        self.deeds.push(Deed { what, spot: Spot::line(line) });
    }

    /// What was read: the environment with its deeds, the exchanges, and whether a task asks a person.
    pub(super) fn finish(mut self) -> (Environment<'t>, Vec<Exchange<'t>>, bool) {
        self.environment.done(self.deeds);
        (self.environment, self.exchanges, self.asks)
    }
}

/// The variable that a text is and nothing else: `$(name)`, `${{ variables.name }}`.
fn variable_alone(text: &str) -> Option<&str> {
    let text = text.trim();
    let written = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    written.or_else(|| {
        let inner = text.strip_prefix("${{")?.strip_suffix("}}")?.trim();
        let name = inner.strip_prefix("variables.");
        name.or_else(|| inner.strip_prefix("variables['")?.strip_suffix("']"))
    })
}
