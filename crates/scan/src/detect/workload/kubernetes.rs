//! Kubernetes manifests: workloads, the Secrets and service accounts that they use, and what fills a Secret.
//!
//! Manifests are YAML with several documents, JSON, or templates of a Helm chart. A name that a template computes
//! is kept as written, bound to its file, and worth less.

mod documents;
mod pod;
mod service_account;
mod store;

use memchr::memmem;
use tenure_model::{Federation, Subject, SubjectKind};

use self::documents::{Document, documents};
use self::service_account::ServiceAccounts;
use super::held::Account;
use crate::detect::recogniser::Recogniser;
use crate::detect::template::{Template, is_computed};
use crate::detect::witness::Witness;
use crate::detect::yaml::{Broken, Tree};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, jsonc, text};

/// Largest manifest that is read; the API server itself refuses an object of more than a few MiB.
const MANIFEST_BYTES_MAX: usize = 16 << 20;
/// Ends of names of files that may hold manifests.
const ENDINGS: [&str; 4] = [".yaml", ".yml", ".json", ".tpl"];
/// Kinds of objects that are read.
const KINDS: [&str; 13] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "Job",
    "CronJob",
    "ServiceAccount",
    "Secret",
    "ExternalSecret",
    "SealedSecret",
];

/// The reader.
pub(super) struct Kubernetes;

impl Detector for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn describe(&self) -> &'static str {
        "Kubernetes manifests and Helm templates: workloads, the Secrets and service accounts that they use, schedules"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        ENDINGS.iter().any(|ending| blob.path.ends_with(ending))
            && names_a_kind(blob.bytes)
            && !is_exported(blob.bytes)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, MANIFEST_BYTES_MAX, "manifest") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let template = Template::new(&text);
        let take = |tree: &Tree<'_>, broken: Option<Broken>| {
            let unreadable = broken.map(Unreadable::from);
            self.tell(blob, &template, tree, unreadable, values)
        };
        if text.trim_start().starts_with('{') && !template.is_templated() {
            jsonc::read(&text, take)
        } else {
            template.read(take)
        }
    }
}

impl Kubernetes {
    fn tell(
        &self,
        blob: &Blob<'_>,
        template: &Template<'_>,
        tree: &Tree<'_>,
        broken: Option<Unreadable>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let names = Names { blob, template };
        let (found, left_out) = documents(tree);
        let mut account = Account::default();
        let mut accounts = ServiceAccounts::read(&found, &names);
        let mut whole = !left_out;
        for document in &found {
            whole &= pod::read(document, &names, &mut account, &mut accounts);
            store::read(document, &names, &mut account, &mut witness);
        }
        accounts.give(&account.workloads, &names, &mut witness);
        let proof = |workload: Option<usize>, provider: &str| Some(accounts.proof(workload?, provider));
        account.give(blob, &proof, &mut witness);
        for document in &found {
            pod::literals(document, &account, &names, values, &mut witness);
            store::values(document, &names, values, &mut witness);
        }
        let cut = (!whole).then(|| Unreadable {
            reason: "yaml_too_large",
            detail: "the manifest holds more objects or values than are read".to_owned(),
        });
        witness.done(broken.or(cut))
    }
}

/// Whether JSON comes out of a cluster, which gives each object an id and hands several over as a list: the reader of
/// exports knows it by that.
fn is_exported(bytes: &[u8]) -> bool {
    let json = bytes.trim_ascii_start().starts_with(b"{");
    let holds = |words: &[u8]| memmem::find(bytes, words).is_some();
    json && (holds(b"\"resourceVersion\"") || holds(b"\"uid\"") || holds(b"\"items\"") && holds(b"List\""))
}

/// Whether the bytes name an object of a kind that is read.
fn names_a_kind(bytes: &[u8]) -> bool {
    let values = |key: &'static [u8]| {
        memmem::find_iter(bytes, key).map(move |at| {
            let mark = |byte: &&u8| matches!(byte, b'"' | b'\'' | b':' | b' ' | b'\t');
            bytes[at + key.len()..].iter().skip_while(mark).copied()
        })
    };
    // Other descriptions of interfaces have an `apiVersion` as well, and there it is a date.
    values(b"apiVersion").any(|mut value| value.next().is_some_and(|first| !first.is_ascii_digit()))
        && values(b"kind").any(|value| {
            let word: Vec<u8> = value.take(24).take_while(u8::is_ascii_alphanumeric).collect();
            KINDS.iter().any(|kind| kind.as_bytes() == word)
        })
}

/// The names under which things of one manifest are known.
pub(super) struct Names<'a> {
    blob: &'a Blob<'a>,
    template: &'a Template<'a>,
}

impl Names<'_> {
    /// A Secret: `kubernetes:repository:secret:namespace/name`; `-` stands for a namespace that is not written.
    fn secret(&self, document: &Document<'_>, name: &str) -> Subject {
        self.object("secret", document, name)
    }

    /// A service account, in the same way.
    fn service_account(&self, document: &Document<'_>, name: &str) -> Subject {
        self.object("serviceaccount", document, name)
    }

    fn object(&self, what: &str, document: &Document<'_>, name: &str) -> Subject {
        let space = document.namespace.unwrap_or("-");
        // What a template computes is a name only within its file.
        let scope =
            if is_computed(name) || is_computed(space) { self.blob.path } else { self.blob.repository };
        Subject::new(SubjectKind::Account, format!("kubernetes:{scope}:{what}:{space}/{name}"))
    }
}

/// What a cluster could do in place of a kept secret, where nothing more is known of the workload.
fn cluster_could(provider: &str) -> (Federation, String) {
    let target = match provider {
        "aws" => "AWS accepts a pod's service account token through IRSA or EKS Pod Identity",
        "gcp" => "Google Cloud accepts a pod's service account token through workload identity federation",
        "azure" => "Azure accepts a pod's service account token through a federated credential",
        "vault" => "Vault and OpenBao accept a pod's service account token at a Kubernetes or JWT login",
        "database" => "a broker can accept a pod's service account token and make database logins on demand",
        "registry" => {
            "the node's own identity or a credential provider plug-in can fetch images from a cloud's registry"
        }
        _ => "a broker can accept a pod's service account token; whether the target does is not known",
    };
    let state = if provider == "registry" { Federation::PluginOnly } else { Federation::AvailableNotEnabled };
    (state, format!("{target}; nothing read says that this workload uses it"))
}

#[cfg(test)]
mod tests {
    use super::is_exported;

    #[test]
    fn json_with_ids_or_as_a_list_is_an_export() {
        for (text, expected) in [
            (r#"{"kind": "Pod", "metadata": {"uid": "1"}}"#, true),
            (r#"{"kind": "List", "items": [{"kind": "Pod"}]}"#, true),
            (r#"{"kind": "RoleList", "items": []}"#, true),
            (r#"{"kind": "Pod", "spec": {"volumes": [{"configMap": {"items": []}}]}}"#, false),
            ("kind: List\nitems: []", false),
        ] {
            assert_eq!(is_exported(text.as_bytes()), expected, "{text}");
        }
    }
}
