//! Kubernetes resources: roles and bindings that a state made, read as the objects that they are.

use serde_json::{Value, json};

use super::super::format::Pen;
use super::super::kubernetes::rbac::Rbac;
use super::super::node::Node;
use super::Resource;

pub(super) fn read(resource: &Resource<'_>, rbac: &mut Rbac, pen: &mut Pen<'_>) {
    // Newer resources end in the version of the API.
    let kind = resource.kind.trim_end_matches("_v1");
    let kind = match kind {
        "kubernetes_role" => "Role",
        "kubernetes_cluster_role" => "ClusterRole",
        "kubernetes_role_binding" => "RoleBinding",
        "kubernetes_cluster_role_binding" => "ClusterRoleBinding",
        _ => return,
    };
    // Terraform keeps a block as a list of one.
    let block = |name: &'static str| resource.attributes.list(name).next().map_or(Value::Null, Node::value);
    let list = |name: &'static str| resource.attributes.list(name).map(Node::value).collect::<Vec<_>>();
    let object = json!({
        "metadata": block("metadata"), "rules": list("rule"),
        "roleRef": block("role_ref"), "subjects": list("subject"),
    });
    pen.at(&resource.address);
    match kind {
        "Role" | "ClusterRole" => rbac.role(kind, Node::of(&object)),
        _ => rbac.binding(kind, Node::of(&object), pen.line()),
    }
}
