//! Objects of a Kubernetes cluster: service accounts, their tokens, what they may do, and what runs as them.

pub(super) mod manifests;
pub(super) mod rbac;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenure_model::{Consumer, Credential, CredentialState, Fact, Quality, Subject, SubjectKind, mask};

use self::rbac::Rbac;
pub use self::rbac::orphaned_binding;
use super::format::{Export, Gather, Pen, account, value_subject};
use super::known_value::known_value;
use super::node::Node;
use crate::detect::rules;

/// Keys of one Secret that are looked at.
const SECRET_KEYS_MAX: usize = 256;
/// Where a Secret keeps logins to registries.
const REGISTRY_LOGINS: &str = ".dockerconfigjson";
/// Bytes of a token that its mask shows.
const MASK_KEEPS: usize = 3;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "kubernetes_objects",
    describe: "Kubernetes objects: service accounts, token secrets, roles, bindings and workloads",
    exported_by: &[
        "kubectl get serviceaccounts,roles,clusterroles,rolebindings,clusterrolebindings,pods -A -o json",
        "kubectl get secrets -A -o json",
    ],
    claims: |opening| {
        opening.all(&["apiVersion", "kind"])
            && [
                "ServiceAccount",
                "Secret",
                "Role",
                "ClusterRole",
                "RoleBinding",
                "ClusterRoleBinding",
                "Pod",
                "Deployment",
                "StatefulSet",
                "DaemonSet",
                "Job",
                "CronJob",
            ]
            .iter()
            .any(|kind| opening.holds(&format!("\"{kind}\"")) || opening.holds(&format!("\"{kind}List\"")))
            && opening.names("metadata")
    },
    lists: &["items"],
    start: || Box::<Cluster>::default(),
};

/// What is known of a cluster by one file.
#[derive(Default)]
struct Cluster {
    rbac: Rbac,
    /// Service accounts by the principal of a cloud as which their pods may act, with their lines.
    annotated: BTreeMap<Subject, Vec<(Subject, u32)>>,
    /// An object of the file came from a cluster.
    exported: bool,
}

impl Gather for Cluster {
    fn record(&mut self, list: &str, object: Node<'_>, pen: &mut Pen<'_>) {
        // The page around a list is no object of the cluster.
        if list.is_empty() && !object.get("metadata").has("name") {
            return;
        }
        // Only a cluster gives ids and hands over lists; a manifest is what somebody wants.
        let metadata = object.get("metadata");
        let exported = !list.is_empty() || metadata.has("uid") || metadata.has("resourceVersion");
        self.exported |= exported;
        pen.trust(if exported { Quality::Authoritative } else { Quality::Config });
        let kind = object.text("kind").unwrap_or_else(|| kind_by_shape(object));
        if !exported
            && !matches!(kind, "Secret" | "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding")
        {
            return; // the reader of manifests knows them under the names of their repository
        }
        match kind {
            "ServiceAccount" => self.service_account(object, pen),
            "Secret" => secret(object, pen),
            "Role" | "ClusterRole" => self.rbac.role(kind, object),
            "RoleBinding" | "ClusterRoleBinding" => self.rbac.binding(kind, object, pen.line()),
            "Pod" => workload(object, object.get("spec"), pen),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
                workload(object, object.at("spec.template.spec"), pen);
            }
            "CronJob" => workload(object, object.at("spec.jobTemplate.spec.template.spec"), pen),
            _ => {}
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        pen.trust(if self.exported { Quality::Authoritative } else { Quality::Config });
        self.principals(pen);
        self.rbac.end(pen);
    }
}

/// The kind of an item of a typed list: in `RoleList` the API does not repeat it.
fn kind_by_shape(object: Node<'_>) -> &'static str {
    let of_namespace = object.get("metadata").has("namespace");
    if object.has("roleRef") {
        if of_namespace { "RoleBinding" } else { "ClusterRoleBinding" }
    } else if object.has("rules") {
        if of_namespace { "Role" } else { "ClusterRole" }
    } else if object.has("data") && object.has("type") {
        "Secret"
    } else if object.get("spec").has("containers") {
        "Pod"
    } else if object.has("secrets") || object.has("automountServiceAccountToken") {
        "ServiceAccount"
    } else {
        ""
    }
}

/// The cluster of a file, as far as it can be told: an export names none, so files of one folder are one cluster.
fn cluster(pen: &Pen<'_>) -> String {
    let root = pen.blob.root.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    match pen.blob.path.rsplit_once('/') {
        Some((folder, _)) => format!("{root}/{folder}"),
        None => root.to_owned(),
    }
}

/// A service account.
fn subject(pen: &Pen<'_>, namespace: &str, name: &str) -> Subject {
    account("kubernetes", &format!("{}:{namespace}:{name}", cluster(pen)))
}

fn namespace<'v>(object: Node<'v>) -> &'v str {
    object.get("metadata").text("namespace").unwrap_or("default")
}

/// Notes that a service account is there.
fn note(pen: &mut Pen<'_>, namespace: &str, name: &str) -> Subject {
    let subject = subject(pen, namespace, name);
    let native = format!("system:serviceaccount:{namespace}:{name}");
    pen.identity(&subject, "kubernetes_service_account", &format!("{namespace}/{name}"), Some(&native));
    subject
}

impl Cluster {
    /// A principal that one service account may act as is the same identity. One that several share stays apart:
    /// joined, each of them would seem to have the others' rights in the cluster.
    fn principals(&self, pen: &mut Pen<'_>) {
        for (principal, accounts) in &self.annotated {
            for (subject, line) in accounts {
                pen.go(*line);
                if let [_] = accounts.as_slice() {
                    pen.same(subject, principal.clone(), "an annotation lets its pods act as this principal");
                    continue;
                }
                let consumer = Consumer {
                    kind: "kubernetes_workload".to_owned(),
                    root: pen.blob.root.to_owned(),
                    path: pen.blob.path.to_owned(),
                    line: *line,
                    job: subject.key.rsplit_once(':').map(|(_, name)| name.to_owned()),
                    ..Consumer::default()
                };
                pen.fact(principal, Fact::Consumer { consumer });
            }
        }
    }

    fn service_account(&mut self, object: Node<'_>, pen: &mut Pen<'_>) {
        let metadata = object.get("metadata");
        let (namespace, Some(name)) = (namespace(object), metadata.text("name")) else { return };
        pen.at(name);
        let subject = note(pen, namespace, name);
        self.rbac.account(namespace, name, pen.line());
        for labels in ["labels", "annotations"] {
            for (key, value) in metadata.get(labels).members() {
                let Some(value) = value.as_text() else { continue };
                match cloud_identity(key, value) {
                    Some((other, how)) => {
                        pen.federation(&subject, format!("{how} {value}"));
                        self.annotated.entry(other).or_default().push((subject.clone(), pen.line()));
                    }
                    None if key == "kubectl.kubernetes.io/last-applied-configuration" => {}
                    None => pen.tag(&subject, key, value),
                }
            }
        }
        if object.flag("automountServiceAccountToken") == Some(false) {
            pen.tag(&subject, "kubernetes:automount", "false");
        } else if name == "default" {
            self.rbac.automounted_default(namespace);
        }
        let mounted = object.list("secrets").filter_map(|secret| secret.text("name")).count();
        if mounted > 0 {
            pen.tag(&subject, "kubernetes:secrets", &mounted.to_string());
        }
    }
}

/// The principal of a cloud that an annotation of a service account names, and how it becomes that.
fn cloud_identity(annotation: &str, value: &str) -> Option<(Subject, &'static str)> {
    match annotation {
        "eks.amazonaws.com/role-arn" => {
            Some((Subject::new(SubjectKind::AwsPrincipal, value), "EKS trades its token for the role"))
        }
        "iam.gke.io/gcp-service-account" => {
            Some((account("gcp", value), "GKE trades its token for the service account"))
        }
        "azure.workload.identity/client-id" => {
            Some((account("azure", &value.to_ascii_lowercase()), "Azure trades its token for the client"))
        }
        _ => None,
    }
}

/// What a Secret holds. Values are fingerprinted and dropped here.
fn secret(object: Node<'_>, pen: &mut Pen<'_>) {
    let metadata = object.get("metadata");
    let (namespace, Some(name)) = (namespace(object), metadata.text("name")) else { return };
    pen.at(name);
    let created_at = metadata.instant("creationTimestamp");
    let data = object.get("data");
    if object.text("type") == Some("kubernetes.io/service-account-token") {
        let owner = metadata.get("annotations").text("kubernetes.io/service-account.name");
        let subject = note(pen, namespace, owner.unwrap_or("default"));
        let token = decoded(data.get("token"));
        let fingerprint = match &token {
            Some(token) => pen.print("kubernetes_sa_token", token),
            None => pen.print("kubernetes_sa_token_secret", &format!("{}/{namespace}/{name}", cluster(pen))),
        };
        let credential = Credential {
            kind: "kubernetes_sa_token".to_owned(),
            masked: token.as_ref().map(|token| mask(token.as_bytes(), MASK_KEEPS)),
            fingerprint: Some(fingerprint),
            created_at,
            never_expires: true,
            state: CredentialState::Active,
            ..Credential::default()
        };
        pen.credential(&subject, credential);
        let reason = format!("the secret {namespace}/{name} holds a token that never ends");
        let shown = format!("{namespace}/{}", owner.unwrap_or("default"));
        pen.finding(&rules::K8S_LEGACY_TOKEN, &subject, &shown, reason);
        return;
    }
    let Some(kind) = stored_kind(object.text("type").unwrap_or("Opaque")) else { return };
    let subject = account("kubernetes", &format!("{}:{namespace}:secret:{name}", cluster(pen)));
    pen.identity(&subject, "kubernetes_secret", &format!("{namespace}/{name}"), None);
    for (label, value) in metadata.get("labels").members() {
        if let Some(value) = value.as_text() {
            pen.tag(&subject, label, value);
        }
    }
    for (key, value) in data.members().take(SECRET_KEYS_MAX) {
        pen.at(key);
        let written = value.as_text().unwrap_or_default().trim();
        let Some(value) = decoded(value) else { continue };
        let known = known_value(&value, pen.key);
        let (kind, fingerprint) = match (known, kind) {
            (Some((kind, print)), _) => (kind, print),
            // Files with the same logins hold them as they are written here, and that is what is found there.
            (None, Some((kind, REGISTRY_LOGINS))) if key == REGISTRY_LOGINS => {
                (kind, pen.print(kind, written))
            }
            (None, Some((kind, of))) if of == key => (kind, pen.print(kind, value.trim())),
            (None, _) => continue,
        };
        let other = value_subject(&fingerprint);
        let credential = Credential {
            kind: kind.to_owned(),
            masked: Some(mask(value.as_bytes(), 4)),
            fingerprint: Some(fingerprint),
            created_at,
            ..Credential::default()
        };
        pen.credential(&subject, credential);
        pen.same(&subject, other, "the secret holds this value");
    }
}

/// Kind of credential and the key that holds it, by the type of a Secret; `None` where it is none of ours.
#[allow(clippy::option_option)] // "not a secret of a workload" and "no fixed kind" are different answers
fn stored_kind(of_type: &str) -> Option<Option<(&'static str, &'static str)>> {
    match of_type {
        "kubernetes.io/tls" => Some(Some(("tls_private_key", "tls.key"))),
        "kubernetes.io/ssh-auth" => Some(Some(("ssh_private_key", "ssh-privatekey"))),
        "kubernetes.io/dockerconfigjson" => Some(Some(("registry_password", REGISTRY_LOGINS))),
        "kubernetes.io/basic-auth" => Some(Some(("generic_password", "password"))),
        "bootstrap.kubernetes.io/token" => Some(Some(("kubernetes_bootstrap_token", "token-secret"))),
        // Helm keeps its own records in secrets.
        "helm.sh/release.v1" => None,
        _ => Some(None),
    }
}

fn decoded(value: Node<'_>) -> Option<String> {
    STANDARD.decode(value.as_text()?.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Something that runs as a service account.
fn workload(object: Node<'_>, pod: Node<'_>, pen: &mut Pen<'_>) {
    let metadata = object.get("metadata");
    let (namespace, Some(name)) = (namespace(object), metadata.text("name")) else { return };
    // What another object made and watches is told by that object, where the export holds it.
    if object.text("kind") == Some("ReplicaSet") {
        return;
    }
    let account = pod.text("serviceAccountName").or(pod.text("serviceAccount")).unwrap_or("default");
    if pod.flag("automountServiceAccountToken") == Some(false) {
        return;
    }
    pen.at(name);
    let subject = note(pen, namespace, account);
    let name = controller(metadata, name);
    let consumer = Consumer {
        kind: "kubernetes_workload".to_owned(),
        root: pen.blob.root.to_owned(),
        path: pen.blob.path.to_owned(),
        line: pen.line(),
        job: Some(format!("{namespace}/{name}")),
        environment: Some(namespace.to_owned()),
        ..Consumer::default()
    };
    pen.fact(&subject, Fact::Consumer { consumer });
}

/// What made a pod: its copies are one workload, and a name that ends in what a controller added is that controller's.
fn controller<'v>(metadata: Node<'v>, name: &'v str) -> &'v str {
    let Some(owner) = metadata.list("ownerReferences").find(|owner| owner.flag("controller") == Some(true))
    else {
        return name;
    };
    let Some(owner_name) = owner.text("name") else { return name };
    let stem = owner_name.rsplit_once('-');
    match (owner.text("kind"), stem) {
        (Some("ReplicaSet"), Some((deployment, _))) => deployment,
        (Some("Job"), Some((schedule, time))) if time.bytes().all(|byte| byte.is_ascii_digit()) => schedule,
        _ => owner_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn copies_of_a_pod_are_one_workload() {
        let owned = |kind: &str, by: &str| json!({"ownerReferences": [{"kind": kind, "name": by, "controller": true}]});
        for (kind, by, expected) in [
            ("ReplicaSet", "shop-5d8f7c", "shop"),
            ("Job", "sweep-28912345", "sweep"),
            ("Job", "import-once", "import-once"),
            ("StatefulSet", "queue", "queue"),
        ] {
            assert_eq!(controller(Node::of(&owned(kind, by)), "x"), expected);
        }
        assert_eq!(controller(Node::nothing(), "alone"), "alone");
    }

    #[test]
    fn items_of_a_typed_list_are_known_by_their_shape() {
        for (object, kind) in [
            (json!({"metadata": {"name": "a"}, "roleRef": {}}), "ClusterRoleBinding"),
            (json!({"metadata": {"name": "a", "namespace": "b"}, "rules": []}), "Role"),
            (json!({"metadata": {"name": "a"}, "type": "Opaque", "data": {}}), "Secret"),
            (json!({"metadata": {"name": "a"}, "spec": {"containers": []}}), "Pod"),
            (json!({"metadata": {"name": "a"}, "data": {}}), ""),
        ] {
            assert_eq!(kind_by_shape(Node::of(&object)), kind);
        }
    }
}
