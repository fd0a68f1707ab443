//! Docker Compose files: services, the secrets and variables that they receive.

use tenure_model::Fact;
use tenure_model::{Federation, Quality, Subject, SubjectKind};

use super::env_file::EnvFile;
use super::held::{Account, Held, Literal, Workload};
use crate::detect::ci::purpose::names_a_secret;
use crate::detect::recogniser::Recogniser;
use crate::detect::template::{Template, is_computed};
use crate::detect::witness::Witness;
use crate::detect::yaml::{Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest file that is read.
const COMPOSE_BYTES_MAX: usize = 4 << 20;
/// Services of one file that are read.
const SERVICES_MAX: usize = 2_000;

/// The reader.
pub(super) struct Compose;

impl Detector for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn describe(&self) -> &'static str {
        "Docker Compose files: services, the secrets, variables and files of variables that they receive"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or(blob.path);
        let named = ["docker-compose", "compose"]
            .iter()
            .any(|name| file.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '-', '_'])));
        named && (file.ends_with(".yml") || file.ends_with(".yaml"))
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, COMPOSE_BYTES_MAX, "Compose file") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let template = Template::new(&text);
        template.read(|tree, broken| self.tell(blob, tree, broken, values))
    }
}

impl Compose {
    fn tell(
        &self,
        blob: &Blob<'_>,
        tree: &Tree<'_>,
        broken: Option<Broken>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let mut account = Account::default();
        let mut literals = Vec::new();
        let mut env_files = Vec::new();
        let mut left_out = false;
        for root in tree.all() {
            filled(blob, root, values, &mut witness);
            for (name, service) in root.get("services").into_iter().flat_map(Yaml::pairs) {
                if account.workloads.len() == SERVICES_MAX {
                    left_out = true;
                    break;
                }
                let Some(name) = name.text() else { continue };
                let index = account.workloads.len();
                self.service(blob, name, service, &mut account, &mut literals, &mut witness);
                let files = service.get("env_file").map(files).unwrap_or_default();
                env_files.extend(files.into_iter().filter_map(|file| {
                    Some(EnvFile { path: file.text()?.to_owned(), line: file.line(), workload: index })
                }));
            }
        }
        let proof = |_: Option<usize>, provider: &str| Some(no_proof(provider));
        account.give(blob, &proof, &mut witness);
        for literal in &literals {
            account.literal(blob, literal, values, &mut witness);
        }
        for file in &env_files {
            file.give(blob, &account, values, &mut witness);
        }
        let broken = broken.map(Unreadable::from);
        let cut = left_out.then(|| Unreadable {
            reason: "yaml_too_large",
            detail: format!("the first {SERVICES_MAX} services are read"),
        });
        witness.done(broken.or(cut))
    }

    fn service<'t>(
        &self,
        blob: &Blob<'_>,
        name: &str,
        service: Yaml<'t>,
        account: &mut Account,
        literals: &mut Vec<Literal<'t>>,
        witness: &mut Witness<'_>,
    ) {
        let index = account.workloads.len();
        account.workloads.push(Workload {
            kind: "compose_service",
            name: name.to_owned(),
            line: service.line().saturating_sub(1).max(1),
            ..Workload::default()
        });
        for secret in service.get("secrets").into_iter().flat_map(Yaml::items) {
            let Some(source) = secret.text().or_else(|| secret.get("source")?.text()) else { continue };
            let target = secret.get("target").and_then(Yaml::text).unwrap_or(source);
            let held = held(blob, "secret", source, Some(target), "file", secret.line(), index);
            account.held.push(held);
        }
        for file in service.get("env_file").map(files).unwrap_or_default() {
            let Some(path) = file.text() else { continue };
            let subject = Subject::new(
                SubjectKind::Account,
                format!("file:{}:{}", blob.repository, beside(blob, path)),
            );
            let consumer = account.workloads[index].consumer(blob, file.line());
            witness.fact(&subject, file.line(), Quality::Config, Fact::Consumer { consumer });
        }
        for (name, value, line) in variables(service) {
            match value {
                Some(value) if !value.contains('$') => {
                    literals.push(Literal { name, value, line, workload: Some(index) });
                }
                _ => {
                    // Inside of a longer value it is the part that is kept secret: `postgres://app:${DB_PASSWORD}@db`.
                    let part = || value.and_then(|value| parts(value).find(|part| names_a_secret(part)));
                    let source = value.and_then(variable).or_else(part).unwrap_or(name);
                    if names_a_secret(name) || names_a_secret(source) {
                        account.held.push(held(blob, "variable", source, Some(name), "env", line, index));
                    }
                }
            }
        }
    }
}

/// Where the secrets of a project come from: a file beside it, a variable of whoever starts it, or somewhere else.
fn filled(blob: &Blob<'_>, root: Yaml<'_>, values: &dyn Recogniser, witness: &mut Witness<'_>) {
    for (name, source) in root.get("secrets").into_iter().flat_map(Yaml::pairs).take(SERVICES_MAX) {
        let Some(name) = name.text() else { continue };
        let subject = held(blob, "secret", name, None, "file", source.line(), 0).subject;
        let given = |key: &str| source.get(key).and_then(Yaml::text);
        let (from, file) = match (given("file"), given("environment"), given("external")) {
            (Some(file), ..) => (format!("the file {file}"), Some(file)),
            (None, Some(variable), _) => (format!("the variable {variable} of whoever starts it"), None),
            (None, None, Some("true")) => {
                (format!("the secret {} of the swarm", given("name").unwrap_or(name)), None)
            }
            _ => continue,
        };
        let line = source.line();
        let tag = Fact::Tag { key: "tenure:filled_from".to_owned(), value: from };
        witness.fact(&subject, line, Quality::Config, tag);
        let text = file.and_then(|file| blob.neighbours.text(&beside(blob, file)));
        if let Some(known) = text.and_then(|text| values.only_one(&text)).filter(|known| !known.public) {
            let other = Subject::new(SubjectKind::Credential, known.fingerprint.0);
            let because = format!("the file of secret {name} holds it");
            witness.fact(&subject, line, Quality::Config, Fact::SameAs { other, because });
        }
    }
}

/// One file, or several, each by path or as an object with one.
fn files(node: Yaml<'_>) -> Vec<Yaml<'_>> {
    if node.text().is_some() {
        return vec![node];
    }
    node.items().map(|item| item.get("path").unwrap_or(item)).collect()
}

/// Variables with their values; without one the value comes from whoever starts the service.
fn variables(service: Yaml<'_>) -> Vec<(&str, Option<&str>, u32)> {
    let Some(node) = service.get("environment") else { return Vec::new() };
    let pairs = node.merged_pairs().filter_map(|(name, value)| {
        let text = value.text().filter(|text| !text.is_empty() && *text != "null" && *text != "~");
        Some((name.text()?, text, value.line()))
    });
    let items = node.items().filter_map(|item| {
        let text = item.text()?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        Some((name, value, item.line()))
    });
    pairs.chain(items).collect()
}

/// The variable in `${NAME}`, `${NAME:-default}`, `$NAME`, when the value is nothing else.
fn variable(value: &str) -> Option<&str> {
    let inside = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| value.strip_prefix('$'))?;
    let end = inside.find([':', '?', '-', '+']).unwrap_or(inside.len());
    let name = &inside[..end];
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then_some(name)
}

/// The names of variables inside of a value.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// `compose:repository:folder:what:name`: a project is a folder.
fn held(
    blob: &Blob<'_>,
    what: &'static str,
    name: &str,
    received_as: Option<&str>,
    exposure: &'static str,
    line: u32,
    workload: usize,
) -> Held {
    let folder = blob.path_in_repository().rsplit_once('/').map_or("", |(folder, _)| folder);
    let scope = if is_computed(name) { blob.path } else { folder };
    Held {
        subject: Subject::new(
            SubjectKind::Account,
            format!("compose:{}:{scope}:{what}:{name}", blob.repository),
        ),
        kind: if what == "secret" { "compose_secret" } else { "environment_variable" },
        store: "compose",
        name: name.to_owned(),
        received_as: received_as.map(str::to_owned),
        exposure,
        line,
        workload: Some(workload),
        purpose: None,
    }
}

/// A path beside the file, below the repository.
fn beside(blob: &Blob<'_>, path: &str) -> String {
    let folder = blob.path_in_repository().rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = path.trim_start_matches("./");
    if folder.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") }
}

fn no_proof(provider: &str) -> (Federation, String) {
    let how = match provider {
        "aws" | "gcp" | "azure" => {
            "Compose issues no identity; a machine of the cloud, or an agent such as SPIRE's, would have to give one to the container"
        }
        _ => {
            "Compose issues no identity; an agent beside the container could log in at a broker and fetch short-lived credentials"
        }
    };
    (Federation::PluginOnly, how.to_owned())
}
