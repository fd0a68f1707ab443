//! The steps of a CircleCI job: runs, commands that the file defines, and steps of orbs.

use tenure_model::Quality;

use super::{Defined, at};
use crate::detect::ci::environment::{Environment, Receiving};
use crate::detect::ci::exchange;
use crate::detect::ci::job::Exchange;
use crate::detect::ci::purpose::{self, Part};
use crate::detect::ci::secret_use::Exposure;
use crate::detect::yaml::Yaml;

/// Steps of one job, commands opened; commands can call commands.
const STEPS_MAX: usize = 5_000;
/// Deepest nesting of commands and conditions.
const DEPTH_MAX: usize = 12;

/// Reads steps into an environment.
pub(super) struct Steps<'d, 't> {
    defined: &'d Defined<'t>,
    pub(super) environment: Environment<'t>,
    exchanges: Vec<Exchange<'t>>,
    steps_left: usize,
}

impl<'d, 't> Steps<'d, 't> {
    pub(super) fn new(defined: &'d Defined<'t>, environment: Environment<'t>) -> Self {
        Self { defined, environment, exchanges: Vec::new(), steps_left: STEPS_MAX }
    }

    /// A job's definition: its environment, its images, its steps.
    pub(super) fn definition(&mut self, definition: Yaml<'t>) {
        if let Some(variables) = definition.get("environment") {
            self.variables(variables, Exposure::Job);
        }
        let executor = definition.get("executor");
        let executor = executor.and_then(|executor| executor.text().or_else(|| executor.get("name")?.text()));
        let shared = executor.and_then(|name| self.defined.executors.get(name).copied());
        for holder in [Some(definition), shared].into_iter().flatten() {
            // Steps run in the first image, and see what is set for it.
            let first = holder.get("docker").and_then(|images| images.items().next());
            let of_executor = holder.get("environment").filter(|_| !holder.is_same(definition));
            let of_image = first.and_then(|image| image.get("environment"));
            for variables in of_image.into_iter().chain(of_executor) {
                self.variables(variables, Exposure::Job);
            }
            for image in holder.get("docker").into_iter().flat_map(Yaml::items) {
                for key in ["auth", "aws_auth"] {
                    image
                        .get(key)
                        .into_iter()
                        .for_each(|auth| self.environment.value(auth, at(Exposure::Job)));
                }
            }
        }
        definition.get("steps").into_iter().for_each(|steps| self.list(steps));
    }

    fn variables(&mut self, variables: Yaml<'t>, exposure: Exposure) {
        self.environment.variables(variables, exposure);
        for item in variables.items() {
            self.environment.variables(item, exposure);
        }
    }

    /// A list of steps.
    pub(super) fn list(&mut self, list: Yaml<'t>) {
        let mut stack = vec![(list, 0)];
        while let Some((node, depth)) = stack.pop() {
            if self.steps_left == 0 || depth > DEPTH_MAX {
                return;
            }
            let first = stack.len();
            for step in node.items() {
                self.steps_left = self.steps_left.saturating_sub(1);
                stack.extend(self.step(step).map(|inner| (inner, depth + 1)));
            }
            stack[first..].reverse();
        }
    }

    /// One step; gives the list that it stands for, where it stands for one.
    fn step(&mut self, step: Yaml<'t>) -> Option<Yaml<'t>> {
        self.environment.next_block();
        let (name, settings) = match step.text() {
            Some(name) => (name, None),
            None => {
                let (key, settings) = step.pairs().next()?;
                (key.text()?, Some(settings))
            }
        };
        match (name, settings) {
            ("run", Some(run)) => {
                if let Some(variables) = run.get("environment") {
                    self.environment.variables(variables, Exposure::Step);
                }
                let command = run.get("command").unwrap_or(run);
                self.environment.script(command);
                self.exchanges.extend(exchange::in_script(command));
                None
            }
            ("when" | "unless", Some(condition)) => condition.get("steps"),
            ("add_ssh_keys", _) => {
                self.environment.ssh_keys(step.line());
                None
            }
            _ => {
                if let Some(settings) = settings {
                    self.parameters(settings, &["steps"]);
                }
                self.orb(name, step, settings);
                let command = self.defined.commands.get(name).copied();
                command.into_iter().for_each(|command| self.defaults(command, settings));
                let own = command.and_then(|command| command.get("steps"));
                own.or_else(|| settings?.get("steps"))
            }
        }
    }

    /// Parameters: `$NAME` in text, or the bare name of a variable, as orbs ask for it.
    pub(super) fn parameters(&mut self, settings: Yaml<'t>, skip: &[&str]) {
        for (key, value) in settings.pairs() {
            let Some(slot) = key.text().filter(|slot| !skip.contains(slot)) else { continue };
            let receiving = Receiving { slot: Some(slot), ..at(Exposure::With) };
            let of_a_key = purpose::by_name(slot, Quality::Config)
                .is_some_and(|said| matches!(said.part, Part::AwsKeyId | Part::AwsSecret));
            let bare = value
                .text()
                .filter(|text| is_variable_name(text) && (of_a_key || purpose::names_a_secret(text)));
            match bare {
                Some(name) => {
                    let spot = value.search().find(&[name]);
                    self.environment.secret(name.into(), spot, receiving, false);
                }
                None => self.environment.value(value, receiving),
            }
        }
    }

    /// Parameters that name a variable by default, where nothing else is given.
    pub(super) fn defaults(&mut self, definition: Yaml<'t>, settings: Option<Yaml<'t>>) {
        for (key, parameter) in definition.get("parameters").into_iter().flat_map(Yaml::pairs) {
            let Some(slot) = key.text() else { continue };
            let names_variable = parameter.get("type").and_then(Yaml::text) == Some("env_var_name");
            let given = settings.is_some_and(|settings| settings.get(slot).is_some());
            let default = parameter.get("default").filter(|_| names_variable && !given);
            let Some((node, name)) = default.and_then(|node| Some((node, node.text()?))) else { continue };
            if purpose::names_a_secret(name) {
                let receiving = Receiving { slot: Some(slot), ..at(Exposure::With) };
                self.environment.secret(name.into(), node.search().find(&[name]), receiving, false);
            }
        }
    }

    /// What steps of well-known orbs do by themselves.
    fn orb(&mut self, name: &'t str, step: Yaml<'t>, settings: Option<Yaml<'t>>) {
        let (orb, command) = name.split_once('/').unwrap_or((name, ""));
        let given = |names: &[&str]| names.iter().find_map(|name| settings?.get(name)?.text());
        let line = step.line();
        if orb.starts_with("aws-") {
            if let Some(role) = given(&["role_arn", "role-arn"]) {
                self.exchanges.push(Exchange { line, provider: "aws", action: name, target: Some(role) });
            } else if command == "setup" {
                // Without a role the orb takes the keys from variables of these names.
                for (parameter, variable) in
                    [("access-key-id", "AWS_ACCESS_KEY_ID"), ("secret-access-key", "AWS_SECRET_ACCESS_KEY")]
                {
                    let under = parameter.replace('-', "_");
                    let names = [format!("aws-{parameter}"), format!("aws_{under}")];
                    if !names.iter().any(|name| settings.is_some_and(|given| given.get(name).is_some())) {
                        self.environment.implied(variable, line);
                    }
                }
            }
        } else if orb.starts_with("gcp-") {
            if let Some(pool) = given(&["workload_identity_pool_id", "workload_identity_pool_provider_id"]) {
                let target = given(&["service_account_email"]).unwrap_or(pool);
                self.exchanges.push(Exchange { line, provider: "gcp", action: name, target: Some(target) });
            } else if command == "setup" && given(&["gcloud_service_key", "gcloud-service-key"]).is_none() {
                self.environment.implied("GCLOUD_SERVICE_KEY", line);
            }
        }
    }

    /// What was read; of several exchanges with one target the first stands for all.
    pub(super) fn finish(mut self) -> (Environment<'t>, Vec<Exchange<'t>>) {
        self.exchanges.sort_by_key(|exchange| (exchange.provider, exchange.target, exchange.line));
        self.exchanges.dedup_by_key(|exchange| (exchange.provider, exchange.target));
        (self.environment, self.exchanges)
    }
}

/// A name as people write those of variables: capitals, digits and underscores.
pub(super) fn is_variable_name(text: &str) -> bool {
    text.len() > 2
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
