//! What the pods of a workload receive: Secrets, image pull secrets, a service account.

use super::documents::Document;
use super::service_account::ServiceAccounts;
use super::{KINDS, Names};
use crate::detect::ci::purpose::{Part, Purpose};
use crate::detect::recogniser::Recogniser;
use crate::detect::template::is_computed;
use crate::detect::witness::Witness;
use crate::detect::workload::held::{Account, Held, Literal, Workload};
use crate::detect::workload::schedule;
use crate::detect::yaml::Yaml;
use tenure_model::Quality;

/// Values looked at in one object; aliases can make a small file large.
const VISITS_MAX: usize = 100_000;
/// Index in [`KINDS`] behind which no workloads follow.
const WORKLOADS: usize = 9;

/// Takes what the object's pods receive, when it has any. False when a limit stopped the reading.
pub(super) fn read<'t>(
    document: &Document<'t>,
    names: &Names<'_>,
    account: &mut Account,
    accounts: &mut ServiceAccounts<'t>,
) -> bool {
    if !KINDS[..WORKLOADS].contains(&document.kind) {
        return true;
    }
    let Some(spec) = document.root.get("spec") else { return true };
    let index = account.workloads.len();
    account.workloads.push(workload(document, spec, names));
    let mut walk = Walk { document, names, account, accounts, workload: index, visits_left: VISITS_MAX };
    walk.collect(spec);
    walk.visits_left > 0
}

fn workload(document: &Document<'_>, spec: Yaml<'_>, names: &Names<'_>) -> Workload {
    let named = document.root.get("metadata").and_then(|metadata| metadata.get("name"));
    let name = named.and_then(|name| names.template.written(name)).unwrap_or(document.name.to_owned());
    let suspended = spec.get("suspend").and_then(Yaml::text) == Some("true");
    let by_clock = document.kind == "CronJob" && !suspended;
    let schedule = spec.get("schedule").and_then(Yaml::text).filter(|_| by_clock);
    let job = if document.kind == "CronJob" {
        spec.get("jobTemplate").and_then(|t| t.get("spec"))
    } else {
        Some(spec)
    };
    let runs_once =
        spec.get("restartPolicy").is_some_and(|policy| matches!(policy.text(), Some("Never" | "OnFailure")));
    let bounded = matches!(document.kind, "Job" | "CronJob") || (document.kind == "Pod" && runs_once);
    let deadline = job.and_then(|job| {
        let pod = || job.get("template")?.get("spec")?.get("activeDeadlineSeconds");
        job.get("activeDeadlineSeconds").or_else(pod)?.text()?.trim().parse::<u32>().ok()
    });
    Workload {
        kind: if bounded { "kubernetes_job" } else { "kubernetes_workload" },
        name: format!("{} {name}", document.kind),
        line: document.line(),
        environment: document.namespace.filter(|space| !is_computed(space)).map(str::to_owned),
        triggers: schedule.map(|_| "schedule".to_owned()).into_iter().collect(),
        runs_per_day: schedule.and_then(schedule::cron_runs),
        timeout_minutes: deadline.filter(|_| bounded).map(|seconds| seconds.div_ceil(60)),
    }
}

/// Collects what the parts of one object receive.
struct Walk<'w, 't, 'n> {
    document: &'w Document<'t>,
    names: &'w Names<'n>,
    account: &'w mut Account,
    accounts: &'w mut ServiceAccounts<'t>,
    workload: usize,
    visits_left: usize,
}

impl<'t> Walk<'_, 't, '_> {
    /// In file order.
    fn collect(&mut self, spec: Yaml<'t>) {
        let mut stack: Vec<(Yaml<'t>, Option<&'t str>)> = vec![(spec, None)];
        while let Some((node, received_as)) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            self.visits_left -= 1;
            let below = stack.len();
            let variable = node.get("valueFrom").and(node.get("name")).and_then(Yaml::text).or(received_as);
            for (key, value) in node.pairs() {
                if !self.take(key.text().unwrap_or_default(), value, variable) {
                    stack.push((value, variable));
                }
            }
            stack.extend(node.items().map(|item| (item, received_as)));
            stack[below..].reverse();
        }
    }

    /// Takes a part that is known; false when it should be looked into.
    fn take(&mut self, key: &str, value: Yaml<'t>, variable: Option<&str>) -> bool {
        let received = |name: Option<Yaml<'t>>| name.and_then(Yaml::text).map(str::to_owned);
        match key {
            "secretKeyRef" => {
                let as_name = variable.map(str::to_owned).or_else(|| received(value.get("key")));
                self.held(value.get("name"), as_name, "env", None);
            }
            "secretRef" => self.held(value.get("name"), None, "env_all", None),
            "secret" if value.is_mapping() => {
                let name = value.get("secretName").or_else(|| value.get("name"));
                let keys: Vec<_> = value
                    .get("items")
                    .into_iter()
                    .flat_map(Yaml::items)
                    .map(|item| received(item.get("key")))
                    .collect();
                if keys.is_empty() {
                    self.held(name, None, "file", None);
                }
                keys.into_iter().for_each(|key| self.held(name, key, "file", None));
            }
            "imagePullSecrets" => {
                let pull = Purpose {
                    part: Part::Credential,
                    kind: "registry_password",
                    provider: "registry",
                    quality: Quality::Config,
                };
                for item in value.items() {
                    self.held(item.get("name"), None, "pull", Some(pull));
                }
            }
            "serviceAccountName" | "serviceAccount" => {
                self.accounts.uses(self.workload, self.document, value);
            }
            "serviceAccountToken" => self.accounts.projects(self.workload, value),
            "automountServiceAccountToken" if value.text() == Some("false") => {
                self.accounts.declines(self.workload);
            }
            _ => return false,
        }
        true
    }

    fn held(
        &mut self,
        name: Option<Yaml<'t>>,
        received_as: Option<String>,
        exposure: &'static str,
        purpose: Option<Purpose>,
    ) {
        let Some(node) = name else { return };
        let Some(written) = self.names.template.written(node).filter(|name| !name.trim().is_empty()) else {
            return;
        };
        self.account.held.push(Held {
            subject: self.names.secret(self.document, &written),
            kind: "kubernetes_secret",
            store: "kubernetes",
            name: written,
            received_as,
            exposure,
            line: node.line(),
            workload: Some(self.workload),
            purpose,
        });
    }
}

/// Ties values that are written out in an object to the workload that it is.
pub(super) fn literals(
    document: &Document<'_>,
    account: &Account,
    names: &Names<'_>,
    values: &dyn Recogniser,
    witness: &mut Witness<'_>,
) {
    let line = document.line();
    let Some(workload) = account.workloads.iter().position(|workload| workload.line == line) else { return };
    let mut stack: Vec<Yaml<'_>> = document.root.get("spec").into_iter().collect();
    let mut visits_left = VISITS_MAX;
    while let Some(node) = stack.pop() {
        if visits_left == 0 {
            return;
        }
        visits_left -= 1;
        let (name, value) = (node.get("name").and_then(Yaml::text), node.get("value"));
        if let (Some(name), Some(value)) = (name, value)
            && let Some(text) = value.text()
        {
            let literal = Literal { name, value: text, line: value.line(), workload: Some(workload) };
            account.literal(names.blob, &literal, values, witness);
        }
        let below = stack.len();
        stack.extend(node.items());
        stack.extend(node.pairs().map(|(_, value)| value));
        stack[below..].reverse();
    }
}
