//! Functions as code: Serverless Framework, AWS SAM and CloudFormation.

use tenure_model::{Credential, Fact, Federation, Grant, Quality, Subject, SubjectKind};

use super::held::{Account, Held, Literal, Workload};
use super::schedule;
use crate::detect::ci::purpose::names_a_secret;
use crate::detect::recogniser::Recogniser;
use crate::detect::rules;
use crate::detect::template::{self, is_computed};
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::yaml::{Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, jsonc, text};

/// Largest file that is read.
const CODE_BYTES_MAX: usize = 8 << 20;
/// Functions of one file that are read.
const FUNCTIONS_MAX: usize = 2_000;
/// Seconds after which a function of the Serverless Framework ends, where no limit is written.
const SERVERLESS_TIMEOUT: u32 = 6;
/// The same for Lambda itself.
const LAMBDA_TIMEOUT: u32 = 3;
/// References to stores of secrets, with the words for the store.
const STORES: [(&str, &str); 8] = [
    ("{{resolve:secretsmanager:", "secretsmanager"),
    ("{{resolve:ssm-secure:", "ssm"),
    ("{{resolve:ssm:", "ssm"),
    ("${ssm:", "ssm"),
    ("${ssm(", "ssm"),
    ("${secretsmanager:", "secretsmanager"),
    ("${aws:ssm:", "ssm"),
    ("${vault:", "vault"),
];

/// The reader.
pub(super) struct Serverless;

impl Detector for Serverless {
    fn name(&self) -> &'static str {
        "serverless"
    }

    fn describe(&self) -> &'static str {
        "Serverless Framework, AWS SAM and CloudFormation: functions, secrets in their variables, schedules, roles, access keys"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or(blob.path);
        let code = [".yml", ".yaml", ".json", ".template"].iter().any(|end| file.ends_with(end));
        if !code {
            return false;
        }
        if file.starts_with("serverless.") {
            return true;
        }
        let opening = text::opening(blob.bytes);
        let holds = |word: &[u8]| memchr::memmem::find(&opening, word).is_some();
        holds(b"AWSTemplateFormatVersion") || holds(b"AWS::Serverless-")
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, CODE_BYTES_MAX, "template") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let take = |tree: &Tree<'_>, broken: Option<Broken>| self.tell(blob, tree, broken, values);
        if text.trim_start().starts_with('{') && !text.trim_start().starts_with("{{") {
            return jsonc::read(&text, take);
        }
        template::read_quoted(&text, take)
    }
}

impl Serverless {
    fn tell(
        &self,
        blob: &Blob<'_>,
        tree: &Tree<'_>,
        broken: Option<Broken>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let mut found = Functions { blob, account: Account::default(), literals: Vec::new(), left_out: 0 };
        if let Some(root) = tree.first() {
            framework(root, &mut found, &mut witness);
            cloud_formation(root, &mut found, &mut witness);
        }
        let proof = |_: Option<usize>, provider: &str| {
            let how = match provider {
                "aws" => "the function's execution role reaches AWS without a kept key",
                _ => "a broker can accept the function's execution role and give short-lived credentials",
            };
            Some((Federation::Available, how.to_owned()))
        };
        found.account.give(blob, &proof, &mut witness);
        for literal in &found.literals {
            found.account.literal(blob, literal, values, &mut witness);
        }
        let broken = broken.map(Unreadable::from);
        let cut = (found.left_out > 0).then(|| Unreadable {
            reason: "yaml_too_large",
            detail: format!("{} functions beyond the first {FUNCTIONS_MAX} are not read", found.left_out),
        });
        witness.done(broken.or(cut))
    }
}

/// What one file holds.
struct Functions<'b, 't> {
    blob: &'b Blob<'b>,
    account: Account,
    literals: Vec<Literal<'t>>,
    left_out: usize,
}

impl<'t> Functions<'_, 't> {
    fn add(&mut self, workload: Workload) -> Option<usize> {
        if self.account.workloads.len() == FUNCTIONS_MAX {
            self.left_out += 1;
            return None;
        }
        self.account.workloads.push(workload);
        Some(self.account.workloads.len() - 1)
    }

    /// Variables that a function receives.
    fn variables(&mut self, variables: Option<Yaml<'t>>, workload: usize) {
        for (name, value) in variables.into_iter().flat_map(Yaml::pairs) {
            let (Some(name), Some(text)) = (name.text(), value.text()) else { continue };
            let line = value.line();
            if let Some((store, path)) = stored(text) {
                self.hold("aws_secret", store, path, name, line, workload);
            } else if let Some(variable) =
                text.strip_prefix("${env:").and_then(|rest| rest.split(['}', ',']).next())
            {
                if names_a_secret(name) || names_a_secret(variable) {
                    self.hold("environment_variable", "environment", variable, name, line, workload);
                }
            } else if !is_computed(text) {
                self.literals.push(Literal { name, value: text, line, workload: Some(workload) });
            }
        }
    }

    fn hold(
        &mut self,
        kind: &'static str,
        store: &'static str,
        path: &str,
        name: &str,
        line: u32,
        workload: usize,
    ) {
        let key = if path.starts_with("arn:") {
            format!("aws:{path}")
        } else {
            format!("{store}:{}:{path}", self.blob.repository)
        };
        self.account.held.push(Held {
            subject: Subject::new(SubjectKind::Account, key),
            kind: if store == "vault" { "vault_secret" } else { kind },
            store,
            name: path.to_owned(),
            received_as: Some(name.to_owned()),
            exposure: "env",
            line,
            workload: Some(workload),
            purpose: None,
        });
    }
}

/// The store and the name in it that a value refers to.
fn stored(text: &str) -> Option<(&'static str, &str)> {
    let (start, store) = STORES.iter().find(|(start, _)| text.starts_with(start))?;
    let rest = &text[start.len()..];
    // `${ssm(region):/path}`
    let rest = if start.ends_with('(') { rest.split_once("):")?.1 } else { rest };
    let end = rest.find(['}', ',', '~']).unwrap_or(rest.len());
    let path = &rest[..end];
    // An ARN has colons of its own; a name is followed by stage and version.
    let path = if path.starts_with("arn:") || *start == "${ssm:" {
        path
    } else {
        path.split(":SecretString").next().unwrap_or(path)
    };
    (!path.is_empty()).then_some((*store, path))
}

/// `serverless.yml`.
fn framework<'t>(root: Yaml<'t>, found: &mut Functions<'_, 't>, witness: &mut Witness<'_>) {
    let Some(functions) = root.get("functions") else { return };
    let provider = root.get("provider");
    let number =
        |node: Option<Yaml<'t>>| node.and_then(|node| node.get("timeout")?.text()?.parse::<u32>().ok());
    let parts = std::iter::once(functions).filter(|part| part.is_mapping()).chain(functions.items());
    for (name, function) in parts.flat_map(Yaml::pairs) {
        let Some(text) = name.text().filter(|_| function.is_mapping()) else { continue };
        let seconds = number(Some(function)).or_else(|| number(provider)).unwrap_or(SERVERLESS_TIMEOUT);
        let events = function.get("events");
        let Some(index) = found.add(function_workload(text, name.line(), events, seconds)) else { continue };
        found.variables(provider.and_then(|provider| provider.get("environment")), index);
        found.variables(function.get("environment"), index);
    }
    let statements = provider.and_then(|provider| {
        let role = provider.get("iam").and_then(|iam| iam.get("role"));
        provider.get("iamRoleStatements").or_else(|| role?.get("statements"))
    });
    let role = Subject::new(
        SubjectKind::Account,
        format!("serverless:{}:{}", found.blob.repository, found.blob.path),
    );
    grants(&role, "execution role of the service", statements, found, witness);
}

fn function_workload(name: &str, line: u32, events: Option<Yaml<'_>>, seconds: u32) -> Workload {
    let events: Vec<Yaml<'_>> =
        events.into_iter().flat_map(Yaml::items).filter(|event| !is_off(*event)).collect();
    let mut triggers: Vec<String> = events
        .iter()
        .filter_map(|event| event.text().or_else(|| event.pairs().next()?.0.text()))
        .map(str::to_owned)
        .collect();
    triggers.dedup();
    let rates = events.iter().filter_map(|event| event.get("schedule")).flat_map(|schedule| {
        let rate = schedule.get("rate").unwrap_or(schedule);
        rate.words()
    });
    let runs: Option<f64> = rates.map(schedule::aws_runs).sum();
    Workload {
        kind: "serverless_function",
        name: name.to_owned(),
        line,
        triggers,
        runs_per_day: runs.filter(|&runs| runs > 0.0),
        timeout_minutes: Some(seconds.div_ceil(60)),
        ..Workload::default()
    }
}

/// Whether an event is switched off: `schedule: {rate: …, enabled: false}`.
fn is_off(event: Yaml<'_>) -> bool {
    event.pairs().any(|(_, settings)| settings.get("enabled").and_then(Yaml::text) == Some("false"))
}

/// SAM and CloudFormation.
fn cloud_formation<'t>(root: Yaml<'t>, found: &mut Functions<'_, 't>, witness: &mut Witness<'_>) {
    let globals = root.get("Globals").and_then(|globals| globals.get("Function"));
    let variables = |node: Option<Yaml<'t>>| node.and_then(|node| node.get("Environment")?.get("Variables"));
    for (name, resource) in root.get("Resources").into_iter().flat_map(Yaml::pairs) {
        let (Some(id), Some(kind)) = (name.text(), resource.get("Type").and_then(Yaml::text)) else {
            continue;
        };
        let properties = resource.get("Properties");
        match kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
                let seconds = |node: Option<Yaml<'t>>| {
                    node.and_then(|node| node.get("Timeout")?.text()?.parse::<u32>().ok())
                };
                let limit = seconds(properties).or_else(|| seconds(globals)).unwrap_or(LAMBDA_TIMEOUT);
                let Some(index) = found.add(sam_workload(id, name.line(), properties, limit)) else {
                    continue;
                };
                found.variables(variables(globals), index);
                found.variables(variables(properties), index);
            }
            "AWS::IAM::AccessKey" => access_key(id, name.line(), found.blob, witness),
            _ => {}
        }
    }
}

fn sam_workload(id: &str, line: u32, properties: Option<Yaml<'_>>, seconds: u32) -> Workload {
    let events = properties.and_then(|properties| properties.get("Events"));
    let mut workload = function_workload(id, line, None, seconds);
    let mut runs = Some(0.0);
    for (_, event) in events.into_iter().flat_map(Yaml::pairs) {
        let Some(kind) = event.get("Type").and_then(Yaml::text) else { continue };
        let given = |key: &str| event.get("Properties").and_then(|properties| properties.get(key)?.text());
        if given("Enabled") == Some("false") || given("State") == Some("DISABLED") {
            continue;
        }
        workload.triggers.push(kind.to_owned());
        if matches!(kind, "Schedule" | "ScheduleV2") {
            let properties = event.get("Properties");
            let rate =
                properties.and_then(|p| p.get("Schedule").or_else(|| p.get("ScheduleExpression"))?.text());
            runs = runs.and_then(|sum: f64| Some(sum + schedule::aws_runs(rate?)?));
        }
    }
    workload.triggers.dedup();
    workload.runs_per_day = runs.filter(|&runs| runs > 0.0);
    workload
}

fn access_key(id: &str, line: u32, blob: &Blob<'_>, witness: &mut Witness<'_>) {
    let subject =
        Subject::new(SubjectKind::Account, format!("cloudformation:{}:{}:{id}", blob.repository, blob.path));
    let fact = Fact::Identity {
        kind: "aws_iam_user".to_owned(),
        name: id.to_owned(),
        native_id: None,
        provider: "aws".to_owned(),
    };
    witness.fact(&subject, line, Quality::Heuristic, fact);
    let credential =
        Credential { kind: "aws_access_key".to_owned(), never_expires: true, ..Credential::default() };
    witness.fact(&subject, line, Quality::Config, Fact::Credential { credential });
    witness.finding(Statement {
        rule: &rules::IAC_LONG_LIVED_KEY,
        severity: None,
        subject,
        about: format!("{}#{id}", blob.repository),
        title: format!("{id} makes a long-lived credential"),
        spots: vec![Spot::line(line)],
        reasons: vec!["it has no end of its own".to_owned()],
    });
}

/// What the role of all functions may do.
fn grants(
    subject: &Subject,
    scope: &str,
    statements: Option<Yaml<'_>>,
    found: &Functions<'_, '_>,
    witness: &mut Witness<'_>,
) {
    let Some(statements) = statements else { return };
    let fact = Fact::Identity {
        kind: "aws_iam_role".to_owned(),
        name: format!("{scope} ({})", found.blob.path_in_repository()),
        native_id: None,
        provider: "aws".to_owned(),
    };
    witness.fact(subject, statements.line(), Quality::Config, fact);
    for statement in statements.items() {
        if statement.get("Effect").and_then(Yaml::text) != Some("Allow") {
            continue;
        }
        let actions = statement.get("Action").map(Yaml::words).unwrap_or_default();
        let actions: Vec<String> = actions.into_iter().map(str::to_owned).collect();
        let resources = statement.get("Resource").map(Yaml::words).unwrap_or_default();
        for target in if resources.is_empty() { vec!["(computed)"] } else { resources } {
            let grant =
                Grant { target: target.to_owned(), actions: actions.clone(), scope: scope.to_owned() };
            witness.fact(subject, statement.line(), Quality::Config, Fact::Grant { grant });
        }
    }
    for workload in &found.account.workloads {
        let consumer = workload.consumer(found.blob, workload.line);
        witness.fact(subject, workload.line, Quality::Config, Fact::Consumer { consumer });
    }
    let how = "functions receive the role's short-lived credentials by themselves".to_owned();
    witness.fact(
        subject,
        statements.line(),
        Quality::Config,
        Fact::Federation { state: Federation::Used, how },
    );
}
