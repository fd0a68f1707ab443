//! Roles and bindings in YAML: manifests, Helm templates, and what `kubectl get -o yaml` prints.
//!
//! They are judged as those of an export. The service accounts that they bind are the ones that the reader of workloads
//! knows in the same repository.

use memchr::memmem;
use serde_json::{Map, Value};
use tenure_model::FingerprintKey;

use super::super::format::{Gather as _, Pen, account};
use super::super::node::Node;
use super::{Cluster, subject};
use crate::detect::template::Template;
use crate::detect::yaml::Yaml;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Kinds that are read.
const KINDS: [&str; 4] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];
/// Bytes at the start of a file that show what it is.
const OPENING_BYTES: usize = 4096;
/// What documents are called that show manifests between their lines.
const DOCUMENTS: [&str; 4] = [".md", ".markdown", ".rst", ".adoc"];
/// Largest file that is read.
const MANIFEST_BYTES_MAX: usize = 8 << 20;
/// Most values of one file: an alias is a copy here.
const VALUES_MAX: usize = 200_000;

/// The reader.
pub(in crate::detect::export) struct RoleManifests;

/// Whether the text begins a line, indented or as an item of a list: what stands in a program's text or comment does not.
fn begins_a_line(bytes: &[u8], text: &[u8]) -> bool {
    memmem::find_iter(bytes, text).any(|at| {
        let before = bytes[..at].iter().rev().take_while(|byte| **byte != b'\n');
        before.copied().all(|byte| matches!(byte, b' ' | b'-' | b'\t') || byte >= 0x80)
    })
}

impl Detector for RoleManifests {
    fn name(&self) -> &'static str {
        "kubernetes_rbac"
    }

    fn describe(&self) -> &'static str {
        "Kubernetes roles and bindings in YAML: manifests, Helm templates, and kubectl's own"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &["kubectl get roles,clusterroles,rolebindings,clusterrolebindings --all-namespaces -o yaml"]
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let opening = &blob.bytes[..blob.bytes.len().min(OPENING_BYTES)];
        let first = opening.trim_ascii_start().first();
        // A program that holds such a text is no manifest, and neither is a document that shows one.
        !matches!(first, Some(b'{' | b'['))
            && !opening.contains(&0)
            && !DOCUMENTS.iter().any(|end| blob.path.ends_with(end))
            && begins_a_line(opening, b"apiVersion:")
            && begins_a_line(blob.bytes, b"apiVersion: rbac.authorization.k8s.io")
            && memmem::find(blob.bytes, b"kind:").is_some()
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        if blob.bytes.len() > MANIFEST_BYTES_MAX {
            let limit = MANIFEST_BYTES_MAX >> 20;
            return Reading::failed("too_large_for_reader", format!("a manifest is read up to {limit} MiB"));
        }
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the manifest is not UTF-8 text");
        };
        Template::new(&text).read(|tree, broken| {
            let mut pen = Pen::new(blob, self.name(), key);
            let mut cluster = Cluster::default();
            let mut left = VALUES_MAX;
            for document in tree.all() {
                let items = document.get("items").into_iter().flat_map(Yaml::items);
                for object in std::iter::once(document).chain(items) {
                    if object.get("kind").and_then(Yaml::text).is_some_and(|kind| KINDS.contains(&kind)) {
                        pen.go(object.line());
                        cluster.record("", Node::of(&value(object, &mut left)), &mut pen);
                    }
                }
            }
            cluster.end(&mut pen);
            for (namespace, name) in cluster.rbac.bound() {
                let key = format!("{}:serviceaccount:{namespace}/{name}", blob.repository);
                let other = account("kubernetes", &key);
                pen.same(
                    &subject(&pen, namespace, name),
                    other,
                    "the same service account of one repository",
                );
            }
            let cut = (left == 0).then(|| Unreadable {
                reason: "yaml_too_large",
                detail: "the manifest's aliases repeat more values than are read".to_owned(),
            });
            pen.done(broken.map(|broken| Unreadable { reason: broken.reason, detail: broken.detail }).or(cut))
        })
    }
}

/// A value as JSON has it; nothing is left when the file holds too many.
fn value(yaml: Yaml<'_>, left: &mut usize) -> Value {
    if *left == 0 {
        return Value::Null;
    }
    *left -= 1;
    if let Some(text) = yaml.text() {
        // A flag is read from its word as well, and a label may be one.
        return Value::String(text.to_owned());
    }
    if yaml.is_mapping() {
        let pairs = yaml.pairs().filter_map(|(name, of)| Some((name.text()?.to_owned(), value(of, left))));
        return Value::Object(Map::from_iter(pairs));
    }
    Value::Array(yaml.items().map(|item| value(item, left)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_that_begins_like_a_manifest_is_one() {
        let manifest = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n";
        let claims = |bytes: &[u8]| {
            let blob = Blob {
                root: ".",
                path: "x",
                base: "",
                repository: "acme/shop",
                bytes,
                neighbours: &crate::detect::Alone,
            };
            RoleManifests.claims(&blob)
        };
        assert!(claims(manifest.as_bytes()));
        assert!(claims(format!("# Who may do what.\n---\n{manifest}").as_bytes()));
        assert!(!claims(format!("\x7fELF\0\0{manifest}").as_bytes()));
        assert!(!claims(format!("{}{manifest}", "prose ".repeat(2_000)).as_bytes()));
    }

    #[test]
    fn a_label_that_is_a_word_for_a_flag_gathers_roles() {
        let text = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {gather: \"true\"}}
rules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {gather: \"true\"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: all}
subjects: [{kind: ServiceAccount, name: s, namespace: n}]
";
        let (bytes, neighbours) = (text.as_bytes(), &crate::detect::Alone);
        let blob = Blob { root: "r", path: "a.yaml", base: "", repository: "r", bytes, neighbours };
        let reading = RoleManifests.read(&blob, &FingerprintKey::new([0; 32]));
        let told = format!("{:?}", reading.observations);
        assert!(told.contains("* secrets"), "{told}");
    }
}
