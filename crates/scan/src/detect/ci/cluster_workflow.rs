//! Workflows that run inside a cluster: Tekton's tasks and pipelines, Argo's workflows.
//!
//! Their secrets are the cluster's own: the same Secret that a deployment mounts is the same identity here.

use std::borrow::Cow;

use memchr::memmem;
use tenure_model::{Federation, FingerprintKey};

use super::job::{Deed, DeedKind, Job, Pipeline};
use super::purpose::{self, Place};
use super::secret_use::{Exposure, SecretUse, Store};
use super::system::{Proof, System};
use super::{cron, reading, schedule};
use crate::detect::template::is_computed;
use crate::detect::witness::Spot;
use crate::detect::yaml::{Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading};

/// Both systems in words: for a Secret it makes no difference which of them reads it.
static SYSTEM: System = System {
    key: "kubernetes",
    name: "the cluster",
    secret_kind: "kubernetes_secret",
    job_kind: "kubernetes_workflow",
    plain_kind: "ci_secret",
    token: Some("a pod's service account token"),
    timeout: Some(("a time limit (timeouts, activeDeadlineSeconds)", "as long as the cluster lets it")),
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// Kinds of the two systems that hold steps, and whether they run by themselves.
const KINDS: &[(&str, bool)] = &[
    ("Task", false),
    ("ClusterTask", false),
    ("Pipeline", false),
    ("TaskRun", true),
    ("PipelineRun", true),
    ("Workflow", true),
    ("CronWorkflow", true),
    ("WorkflowTemplate", false),
    ("ClusterWorkflowTemplate", false),
    ("EventListener", false),
];
/// Values of one document that are looked at.
const VISITS_MAX: usize = 20_000;
/// Parts of one document, and jobs of one file, that are read.
const JOBS_MAX: usize = 500;
/// Bytes in which the system's name must stand.
const SNIFF_BYTES: usize = 64 << 10;

/// The reader.
pub(super) struct ClusterWorkflow;

impl Detector for ClusterWorkflow {
    fn name(&self) -> &'static str {
        "cluster_workflow"
    }

    fn describe(&self) -> &'static str {
        "Tekton and Argo workflows: the Secrets and service accounts that their steps use, schedules and bounds"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let yaml = blob.path.ends_with(".yml") || blob.path.ends_with(".yaml");
        let head = &blob.bytes[..blob.bytes.len().min(SNIFF_BYTES)];
        yaml && !reading::is_specimen(blob)
            && ["tekton.dev/v1", "argoproj.io/v1alpha1"]
                .iter()
                .any(|name| memmem::find(head, name.as_bytes()).is_some())
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        reading::of_templates(blob, self.name(), key, pipelines)
    }
}

fn pipelines<'t>(tree: &'t Tree<'t>) -> Vec<Pipeline<'t>> {
    let documents = tree.all().flat_map(|document| made_by(document).unwrap_or_else(|| vec![document]));
    let jobs: Vec<Job<'t>> = documents.filter_map(jobs).flatten().take(JOBS_MAX).collect();
    vec![Pipeline::new(&SYSTEM, None, jobs)]
}

/// What a template of Tekton's triggers makes when an event comes, also where a patch of kustomize puts it there; `None` for
/// any other document.
fn made_by(document: Yaml<'_>) -> Option<Vec<Yaml<'_>>> {
    let patched = document.items().filter_map(|patch| patch.get("value")).flat_map(Yaml::items);
    let patched: Vec<Yaml<'_>> =
        patched.filter(|made| made.get("apiVersion").is_some()).take(JOBS_MAX).collect();
    if !patched.is_empty() {
        return Some(patched);
    }
    document.get("kind")?.text().filter(|kind| *kind == "TriggerTemplate")?;
    let spec = document.get("spec")?;
    let list = spec.get("resourcetemplates").or_else(|| spec.get("resourceTemplates"))?;
    Some(list.items().take(JOBS_MAX).collect())
}

fn jobs(document: Yaml<'_>) -> Option<Vec<Job<'_>>> {
    let version = document.get("apiVersion")?.text()?;
    let kind = document.get("kind")?.text()?;
    let ours =
        ["tekton.dev/", "triggers.tekton.dev/", "argoproj.io/"].iter().any(|own| version.starts_with(own));
    let (_, runs) = KINDS.iter().find(|(known, _)| *known == kind && ours)?;
    let metadata = document.get("metadata");
    let name = ["name", "generateName"].iter().find_map(|key| metadata?.get(key)?.text()).unwrap_or(kind);
    let spec = document.get("spec")?;
    let work = spec.get("workflowSpec").unwrap_or(spec);
    let namespace = metadata.and_then(|metadata| metadata.get("namespace")?.text());
    let bounds = Bounds::of(document, spec, work);
    let parts = parts(work);
    let whole = References::below(work, &parts.iter().map(|(_, part)| *part).collect::<Vec<_>>(), namespace);
    let mut first = Job { uses: whole, ..bounds.job(name.to_owned(), document.line()) };
    if *runs && account(spec, work).is_none_or(|account| account == "default") {
        first.deeds.push(Deed { what: DeedKind::DefaultAccount, spot: Spot::line(document.line()) });
    }
    let mut jobs = vec![first];
    for (part_name, part) in parts {
        let uses = References::below(part, &[], namespace);
        let deadline = part.get("activeDeadlineSeconds").or_else(|| part.get("timeout")).and_then(Yaml::text);
        let job = bounds.job(format!("{name}/{part_name}"), part.line());
        let minutes = deadline.and_then(schedule::minutes_of_duration).or(job.timeout_minutes);
        jobs.push(Job {
            uses,
            timeout_minutes: minutes,
            has_timeout: job.has_timeout || deadline.is_some(),
            ..job
        });
    }
    jobs.retain(|job| !job.uses.is_empty() || !job.deeds.is_empty());
    Some(jobs)
}

/// The parts of a document that people think of as jobs: Argo's templates, Tekton's tasks.
fn parts(work: Yaml<'_>) -> Vec<(&str, Yaml<'_>)> {
    let tasks = work.get("pipelineSpec").unwrap_or(work);
    let lists = [work.get("templates"), tasks.get("tasks"), tasks.get("finally")];
    let listed = lists.into_iter().flatten().flat_map(Yaml::items);
    listed.filter_map(|part| Some((part.get("name")?.text()?, part))).take(JOBS_MAX).collect()
}

/// The account that the work runs under, where one is named.
fn account<'t>(spec: Yaml<'t>, work: Yaml<'t>) -> Option<&'t str> {
    let holders = [Some(spec), Some(work), spec.get("taskRunTemplate"), spec.get("podTemplate")];
    holders.into_iter().flatten().find_map(|holder| holder.get("serviceAccountName")?.text())
}

/// What starts and ends the work of one document.
struct Bounds {
    triggers: Vec<String>,
    runs_per_day: Option<f64>,
    scheduled: bool,
    timeout_minutes: Option<u32>,
    has_timeout: bool,
    approval: bool,
    federated: bool,
}

impl Bounds {
    fn of(document: Yaml<'_>, spec: Yaml<'_>, work: Yaml<'_>) -> Self {
        let mut crons: Vec<&str> = spec.get("schedule").and_then(Yaml::text).into_iter().collect();
        crons.extend(spec.get("schedules").map(Yaml::words).unwrap_or_default());
        let scheduled = !crons.is_empty();
        let annotations = document.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let events = annotations.and_then(|all| all.get("pipelinesascode.tekton.dev/on-event")?.text());
        let mut triggers: Vec<String> = events
            .map(|events| {
                events.trim_matches(['[', ']']).split(',').map(|event| event.trim().to_owned()).collect()
            })
            .unwrap_or_default();
        if scheduled {
            triggers.push("schedule".to_owned());
        }
        let timeout = work
            .get("activeDeadlineSeconds")
            .or_else(|| spec.get("timeouts")?.get("pipeline"))
            .or_else(|| spec.get("timeout"))
            .and_then(Yaml::text);
        let asks =
            |part: Yaml<'_>| part.get("suspend").is_some_and(|suspend| suspend.get("duration").is_none());
        Self {
            triggers,
            runs_per_day: schedule::runs_per_day(
                crons.into_iter().filter(|cron| cron::runs_per_day(cron).is_some()),
            ),
            scheduled,
            timeout_minutes: timeout.and_then(schedule::minutes_of_duration),
            has_timeout: timeout.is_some(),
            approval: work.get("templates").into_iter().flat_map(Yaml::items).any(asks),
            federated: work
                .get("podSpecPatch")
                .is_some_and(|patch| patch.text().is_some_and(|text| text.contains("serviceAccountToken"))),
        }
    }

    fn job<'t>(&self, id: String, line: u32) -> Job<'t> {
        let (state, why) = if self.federated {
            (Federation::Available, "this work mounts one for an audience of its own")
        } else {
            (Federation::AvailableNotEnabled, "nothing read says that this work uses it")
        };
        Job {
            triggers: self.triggers.clone(),
            runs_per_day: self.runs_per_day,
            scheduled: self.scheduled,
            approval: self.approval,
            timeout_minutes: self.timeout_minutes,
            has_timeout: self.has_timeout,
            ..Job::new(id, line, Proof::new(state, why))
        }
    }
}

/// References to Secrets below a node.
struct References<'t> {
    namespace: Option<&'t str>,
    found: Vec<SecretUse<'t>>,
}

impl<'t> References<'t> {
    /// Every reference below `node` that is not below one of `others`.
    fn below(node: Yaml<'t>, others: &[Yaml<'t>], namespace: Option<&'t str>) -> Vec<SecretUse<'t>> {
        let mut references = Self { namespace, found: Vec::new() };
        let mut stack = vec![(node, None)];
        let mut visits_left = VISITS_MAX;
        while let Some((node, slot)) = stack.pop().filter(|_| visits_left > 0) {
            visits_left -= 1;
            if others.iter().any(|other| other.is_same(node)) {
                continue;
            }
            let own = node.get("name").and_then(Yaml::text);
            let first = stack.len();
            stack.extend(node.items().map(|item| (item, slot)));
            for (key, value) in node.pairs() {
                let Some(key) = key.text() else { continue };
                if !references.reference(key, value, own.or(slot)) {
                    let slot = if key == "valueFrom" { own } else { slot };
                    stack.push((value, slot));
                }
            }
            stack[first..].reverse();
        }
        references.found
    }

    /// Whether a key and its value name a Secret.
    fn reference(&mut self, key: &'t str, value: Yaml<'t>, slot: Option<&'t str>) -> bool {
        let name = |key: &str| value.get(key).filter(|name| name.text().is_some());
        match key {
            // What an event listener compares the signature of an event with.
            _ if name("secretName").is_some() && name("secretKey").is_some() => {
                self.note(name("secretName"), name("secretKey").and_then(Yaml::text), None, Exposure::With)
            }
            "secretKeyRef" => self.note(name("name"), name("key").and_then(Yaml::text), slot, Exposure::Step),
            "secretRef" => self.note(name("name"), None, None, Exposure::Step),
            "secret" => {
                // Among several sources of one volume it is called by its name alone.
                let known = |(key, _): (Yaml<'_>, Yaml<'_>)| {
                    key.text().is_some_and(|key| matches!(key, "name" | "items" | "optional"))
                };
                let source = name("name").filter(|_| value.pairs().all(known));
                self.note(name("secretName").or(source), None, slot, Exposure::Job)
            }
            "imagePullSecrets" => {
                for entry in value.items() {
                    self.note(entry.get("name"), None, Some("REGISTRY_PASSWORD"), Exposure::Job);
                }
                true
            }
            // Argo's artifacts: `accessKeySecret: {name, key}`.
            key if key.ends_with("Secret") && name("key").is_some() => {
                let slot = match key {
                    "sshPrivateKeySecret" => "SSH_PRIVATE_KEY",
                    "serviceAccountKeySecret" => "SERVICE_ACCOUNT_KEY",
                    "accessKeySecret" => "AWS_ACCESS_KEY_ID",
                    "secretKeySecret" => "AWS_SECRET_ACCESS_KEY",
                    _ => key,
                };
                self.note(name("name"), None, Some(slot), Exposure::With)
            }
            _ => false,
        }
    }

    fn note(
        &mut self,
        name: Option<Yaml<'t>>,
        key: Option<&'t str>,
        slot: Option<&'t str>,
        exposure: Exposure,
    ) -> bool {
        let Some((node, name)) = name.and_then(|node| Some((node, node.text()?))) else { return false };
        if name.trim().is_empty() || is_computed(name) {
            return true;
        }
        let said = slot.or(key).and_then(|slot| purpose::by_name(slot, tenure_model::Quality::Config));
        let place = Place { said, ..Place::default() };
        self.found.push(SecretUse {
            written: None,
            started: None,
            name: Cow::Borrowed(name),
            store: Store::Cluster(self.namespace),
            purpose: purpose::of_use(name, place, "kubernetes"),
            spot: Spot::line(node.line()),
            exposure,
            slot: slot.map(Cow::Borrowed),
            receiver: None,
            block: self.found.len(),
        });
        true
    }
}
