//! Who may do what in a cluster: roles and the bindings that give them away, as far as one file holds both.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Evidence, Fact, Observation, Severity, Subject};

use super::super::format::{Pen, account};
use super::super::node::Node;
use super::{cluster, note};
use crate::detect::rules;
use crate::detect::witness::{Spot, Statement};

/// Actions of one role that are told.
const ACTIONS_MAX: usize = 400;
/// Bytes of roles' actions, bindings with their subjects, and accounts that are held until the end of a file.
const HELD_BYTES_MAX: usize = 32 << 20;
/// What each of them takes besides its words.
const EACH_BYTES: usize = 96;
/// Cluster roles that gather others; a cluster has some ten.
const GATHERING_MAX: usize = 500;

/// A binding to this group reaches every service account of the cluster, or of one namespace.
const ALL_ACCOUNTS: &str = "system:serviceaccounts";
/// Groups that hold everybody, with or without a credential.
const EVERYBODY: [&str; 2] = ["system:authenticated", "system:unauthenticated"];
/// The user as whom everybody without a credential counts.
const ANONYMOUS: &str = "system:anonymous";
/// Built-in roles that are meant for everybody.
const MEANT_FOR_ALL: [&str; 4] = [
    "system:discovery",
    "system:basic-user",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// How the keys of accounts begin.
const PLATFORM: &str = "kubernetes";
/// The account that every namespace has.
const DEFAULT: &str = "default";
/// What a grant says of a role that another file may hold.
const ELSEWHERE: &str = ", whose rules are not in this file";

/// Namespace (empty for the cluster) and name.
type Name = (String, String);

struct Binding {
    name: Name,
    role: Name,
    /// Kind, namespace and name of each.
    subjects: Vec<(String, String, String)>,
    line: u32,
}

/// Roles and bindings of one file.
#[derive(Default)]
pub(in crate::detect::export) struct Rbac {
    accounts: BTreeMap<Name, u32>,
    automounted_defaults: BTreeSet<String>,
    roles: BTreeMap<Name, Vec<String>>,
    /// Labels of cluster roles, and the sets of labels that some of them gather others by.
    labels: BTreeMap<String, BTreeMap<String, String>>,
    gathering: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    bindings: Vec<Binding>,
    /// Bytes and number of what is held, and whether something was not.
    held: usize,
    kept: usize,
    is_cut: bool,
}

impl Rbac {
    /// Whether more may be held; that something was not is told at the end.
    fn has_room(&mut self, texts: usize, bytes: usize) -> bool {
        self.held = self.held.saturating_add(texts * EACH_BYTES + bytes);
        let has_room = self.held <= HELD_BYTES_MAX;
        self.kept += usize::from(has_room);
        self.is_cut |= !has_room;
        has_room
    }

    pub(super) fn account(&mut self, namespace: &str, name: &str, line: u32) {
        if !self.has_room(1, namespace.len() + name.len()) {
            return;
        }
        self.accounts.insert((namespace.to_owned(), name.to_owned()), line);
    }

    pub(super) fn automounted_default(&mut self, namespace: &str) {
        self.automounted_defaults.insert(namespace.to_owned());
    }

    pub(in crate::detect::export) fn role(&mut self, kind: &str, object: Node<'_>) {
        let metadata = object.get("metadata");
        let Some(name) = metadata.text("name") else { return };
        let namespace =
            if kind == "ClusterRole" { "" } else { metadata.text("namespace").unwrap_or("default") };
        let mut actions: Vec<String> = object.list("rules").flat_map(actions).take(ACTIONS_MAX + 1).collect();
        let labels = texts(metadata.get("labels"));
        let bytes = actions.iter().map(String::len).sum::<usize>() + text_bytes(&labels) + name.len();
        if !self.has_room(2 + actions.len() + 2 * labels.len(), bytes) {
            return;
        }
        if actions.len() > ACTIONS_MAX {
            // What is cut could be the worst of it.
            actions.truncate(ACTIONS_MAX);
            actions.push("* (more than could be listed)".to_owned());
        }
        if namespace.is_empty() {
            self.labels.insert(name.to_owned(), labels);
            let selectors = object.at("aggregationRule").list("clusterRoleSelectors");
            let selectors: Vec<_> = selectors.map(|selector| texts(selector.get("matchLabels"))).collect();
            self.is_cut |= !selectors.is_empty() && self.gathering.len() >= GATHERING_MAX;
            if !selectors.is_empty() && self.gathering.len() < GATHERING_MAX {
                self.gathering.insert(name.to_owned(), selectors);
            }
        }
        self.roles.insert((namespace.to_owned(), name.to_owned()), actions);
    }

    /// Fills roles that gather others, as a cluster's controller does. An export of a cluster holds them filled.
    fn gather(&mut self) {
        for (name, selectors) in &self.gathering {
            let own = self.roles.get(&(String::new(), name.clone()));
            if own.is_none_or(|actions| !actions.is_empty()) {
                continue;
            }
            let matches = |labels: &BTreeMap<String, String>| {
                selectors.iter().any(|selector| {
                    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
                })
            };
            let parts = self.labels.iter().filter(|(_, labels)| matches(labels));
            let actions = parts
                .filter_map(|(part, _)| self.roles.get(&(String::new(), part.clone())))
                .flatten()
                .take(ACTIONS_MAX)
                .cloned()
                .collect();
            self.roles.insert((String::new(), name.clone()), actions);
        }
    }

    pub(in crate::detect::export) fn binding(&mut self, kind: &str, object: Node<'_>, line: u32) {
        let metadata = object.get("metadata");
        let Some(name) = metadata.text("name") else { return };
        let namespace =
            if kind == "ClusterRoleBinding" { "" } else { metadata.text("namespace").unwrap_or("default") };
        let role = object.get("roleRef");
        let of_cluster = role.text("kind") == Some("ClusterRole");
        let text = |node: Node<'_>, name: &'static str| node.text(name).unwrap_or_default().to_owned();
        let subjects = object.list("subjects");
        let bytes = |of: Node<'_>| text(of, "name").len() + text(of, "namespace").len() + namespace.len();
        let bytes = name.len() + object.list("subjects").map(bytes).sum::<usize>();
        if !self.has_room(2 + 2 * subjects.count(), bytes) {
            return;
        }
        let subjects = object.list("subjects").map(|subject| {
            let of = subject.text("namespace").unwrap_or(namespace).to_owned();
            (text(subject, "kind"), of, text(subject, "name"))
        });
        self.bindings.push(Binding {
            name: (namespace.to_owned(), name.to_owned()),
            role: (if of_cluster { String::new() } else { namespace.to_owned() }, text(role, "name")),
            subjects: subjects.collect(),
            line,
        });
    }

    /// Namespace and name of every service account that a binding names.
    pub(super) fn bound(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bindings.iter().flat_map(|binding| &binding.subjects).filter_map(|(kind, namespace, name)| {
            match kind.as_str() {
                "ServiceAccount" => Some((namespace.as_str(), name.as_str())),
                "User" => account_of_user(name),
                _ => None,
            }
        })
    }

    pub(in crate::detect::export) fn end(&mut self, pen: &mut Pen<'_>) {
        if self.is_cut {
            let kept = self.kept;
            let detail = format!("only the first {kept} roles, bindings and accounts of the file are kept");
            pen.unread("too_many_bindings", detail);
        }
        self.list_accounts(pen);
        self.gather();
        for ((namespace, name), actions) in &self.roles {
            pen.role("kubernetes", vec![role_name(namespace, name)], actions.clone());
        }
        for binding in &self.bindings {
            pen.go(binding.line);
            for (kind, namespace, name) in &binding.subjects {
                match kind.as_str() {
                    "ServiceAccount" => self.grant(binding, namespace, name, pen),
                    "User" if name == ANONYMOUS => self.group(binding, name, pen),
                    "User" => {
                        if let Some((namespace, name)) = account_of_user(name) {
                            self.grant(binding, namespace, name, pen);
                        }
                    }
                    "Group" => self.group(binding, name, pen),
                    _ => {}
                }
            }
        }
    }

    fn group(&self, binding: &Binding, group: &str, pen: &mut Pen<'_>) {
        let within = group.strip_prefix(ALL_ACCOUNTS).filter(|rest| rest.is_empty() || rest.starts_with(':'));
        let everybody = EVERYBODY.contains(&group) || group == ANONYMOUS;
        let unauthenticated = matches!(group, "system:unauthenticated" | ANONYMOUS);
        if within.is_none() && !everybody {
            return;
        }
        let role = binding.role.1.as_str();
        // Kubernetes itself binds these, and they show nothing but what the cluster can do.
        if MEANT_FOR_ALL.contains(&role) {
            return;
        }
        let subject = account("kubernetes", &format!("{}:group:{group}", cluster(pen)));
        let where_ = place_of(binding);
        let reason = format!("{} gives {role} {where_} to {group}", binding_name(binding));
        let severity = match role {
            "cluster-admin" => Severity::Critical,
            _ if unauthenticated => Severity::Critical,
            _ => rules::K8S_BOUND_TO_EVERYBODY.severity,
        };
        pen.finding_as(&rules::K8S_BOUND_TO_EVERYBODY, Some(severity), &subject, group, reason);
        if unauthenticated {
            return;
        }
        // Another file may list the accounts of the cluster: the scan hands on what their group holds.
        self.hold(binding, &subject, &format!("group {group}: "), pen);
    }

    /// Hands on the accounts of every namespace that the file lists wholly: another file may bind one that is gone.
    fn list_accounts(&self, pen: &mut Pen<'_>) {
        let is_whole =
            |namespace: &str| self.accounts.contains_key(&(namespace.to_owned(), DEFAULT.to_owned()));
        let listed = self.accounts.keys().filter(|(namespace, _)| is_whole(namespace));
        let names: Vec<String> = listed.map(|(namespace, name)| format!("{namespace}:{name}")).collect();
        if !names.is_empty() && !self.is_cut {
            let cluster = format!("{PLATFORM}:{}", cluster(pen));
            pen.members(&cluster, names);
        }
    }

    /// Every namespace has an account `default`: where the file holds that one, it holds all of them.
    fn is_missing(&self, namespace: &str, name: &str) -> bool {
        let has = |name: &str| self.accounts.contains_key(&(namespace.to_owned(), name.to_owned()));
        has(DEFAULT) && !has(name)
    }

    fn grant(&self, binding: &Binding, namespace: &str, name: &str, pen: &mut Pen<'_>) {
        let subject = note(pen, namespace, name);
        if self.is_missing(namespace, name) && !is_of_kubernetes(&binding.name.1) {
            let shown = format!("{namespace}/{name}");
            let reason = orphaned(&binding_name(binding), &binding.role.1);
            pen.finding(&rules::K8S_ORPHANED_BINDING, &subject, &shown, reason);
        }
        self.hold(binding, &subject, "", pen);
        if name == "default" && self.automounted_defaults.contains(namespace) {
            let reason = format!(
                "{} gives it {} {}, and every pod of {namespace} that names no account has its token",
                binding_name(binding),
                binding.role.1,
                place_of(binding)
            );
            pen.finding(&rules::K8S_DEFAULT_ACCOUNT, &subject, &format!("{namespace}/{name}"), reason);
        }
    }

    /// Tells what a binding gives an account or a group.
    fn hold(&self, binding: &Binding, subject: &Subject, through: &str, pen: &mut Pen<'_>) {
        let role = binding.role.1.as_str();
        let known = self.roles.get(&binding.role);
        let actions = match known {
            Some(actions) if actions.is_empty() => vec!["nothing".to_owned()],
            Some(actions) => actions.clone(),
            // Another file may hold it; a built-in role is judged by its name.
            None => vec![role_name(&binding.role.0, role)],
        };
        let missing = if known.is_none() { ELSEWHERE } else { "" };
        let target = match binding.name.0.as_str() {
            "" => "kubernetes:*".to_owned(),
            namespace => format!("kubernetes:namespace/{namespace}"),
        };
        let scope = format!("{through}{} of {role}{missing}", binding_name(binding));
        pen.grant(subject, target, actions, scope);
    }
}

/// Whether Kubernetes itself makes the binding: it does so for controllers that a cluster may run without an account.
fn is_of_kubernetes(binding: &str) -> bool {
    binding.starts_with("system:")
}

/// Why a binding without its account is told.
fn orphaned(binding: &str, role: &str) -> String {
    format!("{binding} gives it {role}")
}

/// The finding about a grant to a service account that the other exports of its cluster do not list; `None` where the
/// evidence is no grant of a binding.
pub fn orphaned_binding(evidence: &Evidence) -> Option<Observation> {
    let Fact::Grant { grant } = &evidence.fact else { return None };
    let scope = grant.scope.strip_suffix(ELSEWHERE).unwrap_or(&grant.scope);
    let (binding, role) = scope.rsplit_once(" of ")?;
    if binding.rsplit([' ', '/']).next().is_some_and(is_of_kubernetes) {
        return None;
    }
    let (namespace, name) = account_of_key(&evidence.subject.key)?;
    let reason = orphaned(binding, role);
    let statement = Statement {
        rule: &rules::K8S_ORPHANED_BINDING,
        severity: None,
        subject: evidence.subject.clone(),
        about: format!("{} {reason}", evidence.subject.key),
        title: format!("{}: {namespace}/{name}", rules::K8S_ORPHANED_BINDING.title),
        spots: vec![Spot::line(evidence.source.line.unwrap_or(1))],
        reasons: vec![reason],
    };
    Some(statement.finding(&evidence.source.root, &evidence.source.path))
}

/// Namespace and name at the end of the key of a service account.
fn account_of_key(key: &str) -> Option<(&str, &str)> {
    let (rest, name) = key.rsplit_once(':')?;
    Some((rest.rsplit_once(':')?.1, name))
}

/// The name of a role as a grant has it: `clusterrole/view`, `role/shop/deployer`.
fn role_name(namespace: &str, name: &str) -> String {
    match namespace {
        "" => format!("clusterrole/{name}"),
        namespace => format!("role/{namespace}/{name}"),
    }
}

fn text_bytes(labels: &BTreeMap<String, String>) -> usize {
    labels.iter().map(|(key, value)| key.len() + value.len()).sum()
}

fn texts(labels: Node<'_>) -> BTreeMap<String, String> {
    let pairs =
        labels.members().filter_map(|(key, value)| Some((key.to_owned(), value.as_text()?.to_owned())));
    pairs.collect()
}

fn binding_name(binding: &Binding) -> String {
    match binding.name.0.as_str() {
        "" => format!("ClusterRoleBinding {}", binding.name.1),
        namespace => format!("RoleBinding {namespace}/{}", binding.name.1),
    }
}

fn place_of(binding: &Binding) -> String {
    match binding.name.0.as_str() {
        "" => "in the whole cluster".to_owned(),
        namespace => format!("in {namespace}"),
    }
}

/// A service account that a binding names as a user.
fn account_of_user(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

/// One rule of a role as `verbs resource`: `get,list secrets`, `* *.*`, `create pods/exec`.
fn actions(rule: Node<'_>) -> Vec<String> {
    let verbs = rule.texts("verbs").join(",");
    let names = rule.texts("resourceNames");
    let limited = if names.is_empty() { String::new() } else { format!(" named {}", names.join(", ")) };
    let groups = rule.texts("apiGroups");
    let mut all = Vec::new();
    for resource in rule.texts("resources") {
        // The core group has the empty name, which `texts` leaves out.
        let outside = groups.iter().filter(|group| **group != "*");
        let core = rule.list("apiGroups").count() > groups.len() || groups.contains(&"*");
        if core {
            let any = if groups.contains(&"*") { ".*" } else { "" };
            all.push(format!("{verbs} {resource}{any}{limited}"));
        }
        all.extend(outside.map(|group| format!("{verbs} {resource}.{group}{limited}")));
    }
    // Every address is no resource either, least of all every one.
    let addresses = rule.texts("nonResourceURLs");
    let address = |url: &str| if url == "*" { "/*".to_owned() } else { url.to_owned() };
    all.extend(addresses.iter().map(|url| format!("{verbs} {}", address(url))));
    all
}
