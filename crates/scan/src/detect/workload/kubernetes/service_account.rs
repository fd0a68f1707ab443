//! Service accounts: who a pod is inside the cluster, and which principal of a cloud it becomes.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Fact, Federation, Quality, Subject, SubjectKind};

use super::documents::Document;
use super::{Names, cluster_could};
use crate::detect::template::is_computed;
use crate::detect::witness::Witness;
use crate::detect::workload::held::Workload;
use crate::detect::yaml::Yaml;

/// Annotations that bind a service account to a principal of a cloud.
const BINDINGS: [(&str, &str, &str); 3] = [
    ("eks.amazonaws.com/role-arn", "aws", "IRSA"),
    ("iam.gke.io/gcp-service-account", "gcp", "workload identity federation"),
    ("azure.workload.identity/client-id", "azure", "workload identity"),
];

/// A principal of a cloud that pods with this service account become.
struct Binding {
    provider: &'static str,
    how: &'static str,
    target: String,
    line: u32,
}

/// What one file says of a service account.
#[derive(Default)]
struct Known {
    name: String,
    namespace: Option<String>,
    /// Where it is first named.
    line: u32,
    bindings: Vec<Binding>,
    /// Workload and line of each use.
    users: Vec<(usize, u32)>,
}

/// Every service account of one file.
#[derive(Default)]
pub(super) struct ServiceAccounts<'t> {
    known: BTreeMap<Subject, Known>,
    of_workload: BTreeMap<usize, Subject>,
    /// Workloads with a token that is projected for an audience.
    projected: BTreeMap<usize, Option<&'t str>>,
    /// Workloads that do not want a token.
    declined: BTreeSet<usize>,
    uses: Vec<(usize, Document<'t>, Yaml<'t>)>,
}

impl<'t> ServiceAccounts<'t> {
    /// Takes the service accounts that the file declares.
    pub(super) fn read(documents: &[Document<'t>], names: &Names<'_>) -> Self {
        let mut all = Self::default();
        for document in documents.iter().filter(|document| document.kind == "ServiceAccount") {
            let node = document.root.get("metadata").and_then(|metadata| metadata.get("name"));
            let Some(name) = node.and_then(|name| names.template.written(name)) else { continue };
            let known = all.known.entry(names.service_account(document, &name)).or_insert_with(|| Known {
                name,
                namespace: document.namespace.map(str::to_owned),
                line: document.line(),
                ..Known::default()
            });
            for (key, provider, how) in BINDINGS {
                let Some(value) = document.annotation(key) else { continue };
                let Some(target) = names.template.written(value) else { continue };
                known.bindings.push(Binding { provider, how, target, line: value.line() });
            }
        }
        all
    }

    /// A workload runs as a service account.
    pub(super) fn uses(&mut self, workload: usize, document: &Document<'t>, name: Yaml<'t>) {
        self.uses.push((workload, *document, name));
    }

    /// A workload asks for a token for an audience.
    pub(super) fn projects(&mut self, workload: usize, token: Yaml<'t>) {
        let audience = token.get("audience").and_then(Yaml::text);
        self.projected.entry(workload).or_insert(audience);
    }

    /// A workload wants no token.
    pub(super) fn declines(&mut self, workload: usize) {
        self.declined.insert(workload);
    }

    /// Writes down every service account with its users and what it becomes.
    pub(super) fn give(&mut self, workloads: &[Workload], names: &Names<'_>, witness: &mut Witness<'_>) {
        for (workload, document, node) in std::mem::take(&mut self.uses) {
            let Some(name) = names.template.written(node).filter(|name| !name.trim().is_empty()) else {
                continue;
            };
            let subject = names.service_account(&document, &name);
            let known = self.known.entry(subject.clone()).or_insert_with(|| Known {
                name,
                namespace: document.namespace.map(str::to_owned),
                line: node.line(),
                ..Known::default()
            });
            // `serviceAccount` is the old name of `serviceAccountName`; some write both.
            if self.of_workload.insert(workload, subject).is_none() {
                known.users.push((workload, node.line()));
            }
        }
        for (subject, known) in &self.known {
            let quality = if is_computed(&known.name) { Quality::Heuristic } else { Quality::Config };
            let native_id = known
                .namespace
                .as_deref()
                .map(|space| format!("system:serviceaccount:{space}:{}", known.name));
            let fact = Fact::Identity {
                kind: "kubernetes_service_account".to_owned(),
                name: known
                    .namespace
                    .as_deref()
                    .map_or(known.name.clone(), |space| format!("{space}/{}", known.name)),
                native_id: native_id.filter(|id| !is_computed(id)),
                provider: "kubernetes".to_owned(),
            };
            witness.fact(subject, known.line, quality, fact);
            for binding in &known.bindings {
                become_principal(subject, known, binding, witness);
            }
            for &(workload, line) in &known.users {
                let Some(workload) = workloads.get(workload) else { continue };
                let consumer = workload.consumer(names.blob, line);
                witness.fact(subject, line, quality, Fact::Consumer { consumer });
            }
        }
    }

    /// Whether a workload could do without a kept secret for `provider`, in words.
    pub(super) fn proof(&self, workload: usize, provider: &str) -> (Federation, String) {
        let known = self.of_workload.get(&workload).and_then(|subject| self.known.get(subject));
        let bound =
            known.and_then(|known| known.bindings.iter().find(|binding| binding.provider == provider));
        if let (Some(known), Some(binding)) = (known, bound) {
            let how =
                format!("service account {} becomes {} through {}", known.name, binding.target, binding.how);
            return (Federation::Available, how);
        }
        if let Some(audience) = self.projected.get(&workload) {
            let audience = audience.map(|name| format!(" for {name}")).unwrap_or_default();
            let how = format!(
                "a service account token{audience} is projected into the pod; the target or a broker must accept it"
            );
            return (Federation::Available, how);
        }
        let (state, mut how) = cluster_could(provider);
        if self.declined.contains(&workload) {
            how.push_str("; the token is not mounted by itself (automountServiceAccountToken: false)");
        }
        (state, how)
    }
}

fn become_principal(subject: &Subject, known: &Known, binding: &Binding, witness: &mut Witness<'_>) {
    let Binding { provider, how, target, line } = binding;
    let told = format!("pods with service account {} become {target} through {how}", known.name);
    witness.fact(subject, *line, Quality::Config, Fact::Federation { state: Federation::Used, how: told });
    let other = match *provider {
        "aws" if target.starts_with("arn:") => Subject::new(SubjectKind::AwsPrincipal, target.clone()),
        "gcp" | "azure" => Subject::new(SubjectKind::Account, format!("{provider}:{target}")),
        _ => return,
    };
    if !is_computed(target) {
        let because = format!("service account {} becomes this principal through {how}", known.name);
        witness.fact(subject, *line, Quality::Config, Fact::SameAs { other, because });
    }
}
