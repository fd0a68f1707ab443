//! Values of a Helm chart: Secrets and service accounts that a release is told to use.
//!
//! What a chart makes of its values is not known here, so what is found is worth less than a manifest.

use tenure_model::Fact;
use tenure_model::{Federation, FingerprintKey, Quality, Subject, SubjectKind};

use super::held::{Account, Held, Workload};
use crate::detect::ci::purpose::{Part, Purpose};
use crate::detect::template::{Template, is_computed};
use crate::detect::witness::Witness;
use crate::detect::yaml::{Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest file that is read.
const VALUES_BYTES_MAX: usize = 4 << 20;
/// Values that are looked at.
const VISITS_MAX: usize = 100_000;
/// Words of which a file of values holds at least one, when it speaks of credentials.
const WORDS: [&[u8]; 5] =
    [b"existingSecret", b"secretKeyRef", b"secretRef", b"imagePullSecrets", b"serviceAccount"];
/// Annotations that bind a service account to a principal of a cloud.
const BINDINGS: [(&str, &str); 3] = [
    ("eks.amazonaws.com/role-arn", "aws"),
    ("iam.gke.io/gcp-service-account", "gcp"),
    ("azure.workload.identity/client-id", "azure"),
];

/// The reader.
pub(super) struct HelmValues;

impl Detector for HelmValues {
    fn name(&self) -> &'static str {
        "helm_values"
    }

    fn describe(&self) -> &'static str {
        "Values of Helm charts: existing Secrets, image pull secrets, service accounts bound to a cloud"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or(blob.path);
        let yaml = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"));
        let named = yaml.is_some_and(|stem| stem.starts_with("values") || stem.ends_with("values"));
        named && WORDS.iter().any(|word| memchr::memmem::find(blob.bytes, word).is_some())
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let text = match text::of(blob, VALUES_BYTES_MAX, "file of values") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let template = Template::new(&text);
        template.read(|tree, broken| self.tell(blob, tree, broken))
    }
}

impl HelmValues {
    fn tell(&self, blob: &Blob<'_>, tree: &Tree<'_>, broken: Option<Broken>) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let folder = blob.path_in_repository().rsplit('/').nth(1).unwrap_or("chart");
        let workload = Workload {
            kind: "kubernetes_workload",
            name: format!("release of {folder}"),
            line: 1,
            ..Workload::default()
        };
        let mut walk = Walk { blob, account: Account::default(), visits_left: VISITS_MAX };
        walk.account.workloads.push(workload);
        for root in tree.all() {
            walk.collect(root, &mut witness);
        }
        let proof = |_: Option<usize>, _: &str| {
            let how =
                "a cluster can project a service account token; whether the chart can use one is not known";
            Some((Federation::AvailableNotEnabled, how.to_owned()))
        };
        walk.account.give(blob, &proof, &mut witness);
        let broken = broken.map(Unreadable::from);
        let cut = (walk.visits_left == 0).then(|| Unreadable {
            reason: "yaml_too_large",
            detail: "the file holds more values than are read".to_owned(),
        });
        witness.done(broken.or(cut))
    }
}

struct Walk<'b> {
    blob: &'b Blob<'b>,
    account: Account,
    visits_left: usize,
}

impl Walk<'_> {
    fn collect(&mut self, root: Yaml<'_>, witness: &mut Witness<'_>) {
        let mut stack = vec![(root, None)];
        while let Some((node, above)) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            self.visits_left -= 1;
            let below = stack.len();
            let variable = node.get("valueFrom").and(node.get("name")).and_then(Yaml::text);
            for (key, value) in node.pairs() {
                let name = key.text().unwrap_or_default();
                match name {
                    "secretKeyRef" => {
                        let received = variable.or(above).or_else(|| value.get("key")?.text());
                        self.held(value.get("name"), received, "env");
                    }
                    "secretRef" => self.held(value.get("name"), None, "env_all"),
                    "imagePullSecrets" => value.items().for_each(|item| {
                        self.held(Some(item.get("name").unwrap_or(item)), None, "pull");
                    }),
                    "annotations" => self.bindings(value, node, witness),
                    _ if is_reference(name) => self.held(Some(value), above, "chart"),
                    _ => stack.push((value, variable.or(Some(name)))),
                }
            }
            stack.extend(node.items().map(|item| (item, above)));
            stack[below..].reverse();
        }
    }

    fn held(&mut self, name: Option<Yaml<'_>>, received_as: Option<&str>, exposure: &'static str) {
        let Some((text, node)) = name.and_then(|node| Some((node.text()?, node))) else { return };
        if text.trim().is_empty() || matches!(text, "~" | "null" | "true" | "false") || is_computed(text) {
            return;
        }
        let pull = Purpose {
            part: Part::Credential,
            kind: "registry_password",
            provider: "registry",
            quality: Quality::Config,
        };
        self.account.held.push(Held {
            subject: Subject::new(
                SubjectKind::Account,
                format!("kubernetes:{}:secret:-/{text}", self.blob.repository),
            ),
            kind: "kubernetes_secret",
            store: "kubernetes",
            name: text.to_owned(),
            received_as: received_as.map(str::to_owned),
            exposure,
            line: node.line(),
            workload: Some(0),
            purpose: (exposure == "pull").then_some(pull),
        });
    }

    /// A service account that becomes a principal of a cloud.
    fn bindings(&self, annotations: Yaml<'_>, holder: Yaml<'_>, witness: &mut Witness<'_>) {
        for (key, provider) in BINDINGS {
            let Some(value) = annotations.get(key) else { continue };
            let Some(target) = value.text().filter(|text| !text.is_empty() && !is_computed(text)) else {
                continue;
            };
            let name = holder.get("name").and_then(Yaml::text).filter(|name| !name.is_empty());
            let folder = self.blob.path_in_repository().rsplit('/').nth(1).unwrap_or("chart");
            let name = name.unwrap_or(folder);
            let subject = Subject::new(
                SubjectKind::Account,
                format!("kubernetes:{}:serviceaccount:-/{name}", self.blob.repository),
            );
            let line = value.line();
            let fact = Fact::Identity {
                kind: "kubernetes_service_account".to_owned(),
                name: name.to_owned(),
                native_id: None,
                provider: "kubernetes".to_owned(),
            };
            witness.fact(&subject, line, Quality::Heuristic, fact);
            let how = format!("pods with service account {name} become {target}");
            witness.fact(
                &subject,
                line,
                Quality::Heuristic,
                Fact::Federation { state: Federation::Used, how },
            );
            let other = match provider {
                "aws" if target.starts_with("arn:") => Subject::new(SubjectKind::AwsPrincipal, target),
                "aws" => continue,
                _ => Subject::new(SubjectKind::Account, format!("{provider}:{target}")),
            };
            let because = format!("service account {name} becomes this principal");
            witness.fact(&subject, line, Quality::Heuristic, Fact::SameAs { other, because });
        }
    }
}

/// `existingSecret`, `existingSecretName`, `passwordSecretName`, …: names of Secrets by the custom of charts.
fn is_reference(key: &str) -> bool {
    key.starts_with("existingSecret") && !key.ends_with("Key")
        || key.ends_with("SecretName")
        || key == "secretName"
}
