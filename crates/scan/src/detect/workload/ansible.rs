//! Ansible playbooks, tasks and variables: encrypted variables, lookups in stores of secrets, power on the hosts.

use std::collections::BTreeSet;

use tenure_model::{Fact, Grant, Quality, Subject, SubjectKind};

use super::held::{Account, Held, Literal, Workload};
use crate::detect::ci::purpose::names_a_secret;
use crate::detect::recogniser::Recogniser;
use crate::detect::template;
use crate::detect::witness::Witness;
use crate::detect::yaml::{Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest file that is read.
const PLAYBOOK_BYTES_MAX: usize = 4 << 20;
/// Values of one file that are looked at.
const VISITS_MAX: usize = 100_000;
/// How an encrypted value begins.
const VAULT: &str = "$ANSIBLE_VAULT;";
/// Words in the names of lookups that ask a store of secrets, with the words for the store.
const LOOKUPS: [(&str, &str); 11] = [
    ("hashi_vault", "vault"),
    ("vault_kv", "vault"),
    ("vault_read", "vault"),
    ("aws_secret", "secretsmanager"),
    ("secretsmanager_secret", "secretsmanager"),
    ("aws_ssm", "ssm"),
    ("ssm_parameter", "ssm"),
    ("azure_keyvault_secret", "azure_key_vault"),
    ("gcp_secret_manager", "gcp_secret_manager"),
    ("onepassword", "onepassword"),
    ("passwordstore", "passwordstore"),
];

/// The reader.
pub(super) struct Ansible;

impl Detector for Ansible {
    fn name(&self) -> &'static str {
        "ansible"
    }

    fn describe(&self) -> &'static str {
        "Ansible playbooks, tasks and variables: encrypted variables, lookups in stores of secrets, become"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        if !blob.path.ends_with(".yml") && !blob.path.ends_with(".yaml") {
            return false;
        }
        let path = format!("/{}", blob.path);
        let opening = text::opening(blob.bytes);
        let holds = |word: &[u8]| memchr::memmem::find(&opening, word).is_some();
        let in_folder = ["/group_vars/", "/host_vars/", "/roles/"].iter().any(|folder| path.contains(folder));
        if in_folder {
            return holds(VAULT.as_bytes()) || holds(b"lookup(") || holds(b"vault_");
        }
        let play = holds(b"hosts:") && (holds(b"tasks:") || holds(b"roles:"));
        play && opening
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| matches!(byte, b'-' | b'#'))
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, PLAYBOOK_BYTES_MAX, "playbook") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        // A file that is encrypted as a whole says nothing, and is as it should be.
        if text.starts_with(VAULT) {
            return Reading::default();
        }
        let take = |tree: &Tree<'_>, broken: Option<Broken>| self.tell(blob, tree, broken, values);
        template::read_quoted(&text, take)
    }
}

impl Ansible {
    fn tell(
        &self,
        blob: &Blob<'_>,
        tree: &Tree<'_>,
        broken: Option<Broken>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let mut walk = Walk {
            set: set(tree),
            blob,
            account: Account::default(),
            literals: Vec::new(),
            visits_left: VISITS_MAX,
        };
        for root in tree.all() {
            let mut plays = root.items().filter(|item| item.get("hosts").is_some()).peekable();
            if plays.peek().is_none() {
                let index = walk.add("variables and tasks", root.line());
                walk.collect(root, index);
            }
            for play in plays {
                let hosts = play.get("hosts").map(|hosts| hosts.words().join(",")).unwrap_or_default();
                let name = play.get("name").and_then(Yaml::text).unwrap_or(&hosts);
                let index = walk.add(name, play.line());
                power(blob, play, name, &hosts, &walk.account.workloads[index], &mut witness);
                walk.collect(play, index);
            }
        }
        let Walk { account, literals, visits_left, .. } = walk;
        account.give(blob, &|_, _| None, &mut witness);
        for literal in &literals {
            account.literal(blob, literal, values, &mut witness);
        }
        let broken = broken.map(Unreadable::from);
        let cut = (visits_left == 0).then(|| Unreadable {
            reason: "yaml_too_large",
            detail: "the file holds more values than are read".to_owned(),
        });
        witness.done(broken.or(cut))
    }
}

/// A play that acts as root on its hosts.
fn power(
    blob: &Blob<'_>,
    play: Yaml<'_>,
    name: &str,
    hosts: &str,
    workload: &Workload,
    witness: &mut Witness<'_>,
) {
    let says = |key: &str, words: &[&str]| {
        play.get(key).filter(|value| value.text().is_some_and(|t| words.contains(&t)))
    };
    let user = play.get("become_user").and_then(Yaml::text).unwrap_or("root");
    let becomes = says("become", &["true", "yes", "True"]).filter(|_| user == "root");
    let Some(node) = becomes.or_else(|| says("remote_user", &["root"])) else { return };
    let subject =
        Subject::new(SubjectKind::Account, format!("ansible:{}:{}#{name}", blob.repository, blob.path));
    let line = node.line();
    let fact = Fact::Identity {
        kind: "ansible_play".to_owned(),
        name: format!("{name} ({})", blob.path_in_repository()),
        native_id: None,
        provider: "ansible".to_owned(),
    };
    witness.fact(&subject, line, Quality::Config, fact);
    let grant = Grant {
        target: hosts.to_owned(),
        actions: vec!["run tasks as root".to_owned()],
        scope: "become".to_owned(),
    };
    witness.fact(&subject, line, Quality::Config, Fact::Grant { grant });
    let consumer = workload.consumer(blob, line);
    witness.fact(&subject, line, Quality::Config, Fact::Consumer { consumer });
}

struct Walk<'b, 't> {
    /// Names that the file itself gives a value, and those of results.
    set: BTreeSet<&'t str>,
    blob: &'b Blob<'b>,
    account: Account,
    literals: Vec<Literal<'t>>,
    visits_left: usize,
}

impl<'t> Walk<'_, 't> {
    fn add(&mut self, name: &str, line: u32) -> usize {
        self.account.workloads.push(Workload {
            kind: "ansible_play",
            name: name.to_owned(),
            line,
            ..Workload::default()
        });
        self.account.workloads.len() - 1
    }

    /// Takes every scalar below a node, with the key that holds it.
    fn collect(&mut self, node: Yaml<'t>, workload: usize) {
        let mut stack: Vec<(Yaml<'t>, Option<Yaml<'t>>)> = vec![(node, None)];
        while let Some((node, key)) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            self.visits_left -= 1;
            if let (Some(text), Some(name)) = (node.text(), key.and_then(Yaml::text)) {
                // The value of a block begins below its key, which is where a person looks.
                self.scalar(name, text, key.map_or(node.line(), Yaml::line), workload);
                continue;
            }
            let below = stack.len();
            stack.extend(node.items().map(|item| (item, key)));
            stack.extend(node.pairs().map(|(key, value)| (value, Some(key))));
            stack[below..].reverse();
        }
    }

    fn scalar(&mut self, name: &'t str, text: &'t str, line: u32, workload: usize) {
        if text.trim_start().starts_with(VAULT) {
            self.hold("ansible_vault_variable", "ansible_vault", name, name, line, workload);
        } else if let Some((store, path)) = lookup(text) {
            let kind = if store == "environment" { "environment_variable" } else { "stored_secret" };
            if store != "environment" || names_a_secret(path) || names_a_secret(name) {
                self.hold(kind, store, path, name, line, workload);
            }
        } else if let Some(variable) = vaulted(text) {
            self.hold("ansible_vault_variable", "ansible_vault", variable, name, line, workload);
        } else if let Some(variable) =
            variable(text).filter(|variable| self.comes_from_outside(name, variable))
        {
            self.hold("ansible_variable", "ansible", variable, name, line, workload);
        } else if names_a_secret(name) && !text.contains("{{") {
            self.literals.push(Literal { name, value: text, line, workload: Some(workload) });
        }
    }

    /// Whether a parameter for a secret takes it from a variable that this file does not set.
    fn comes_from_outside(&self, name: &str, variable: &str) -> bool {
        names_a_secret(name) && names_a_secret(variable) && !self.set.contains(variable)
    }

    fn hold(
        &mut self,
        kind: &'static str,
        store: &'static str,
        path: &str,
        name: &str,
        line: u32,
        workload: usize,
    ) {
        self.account.held.push(Held {
            subject: Subject::new(SubjectKind::Account, format!("{store}:{}:{path}", self.blob.repository)),
            kind,
            store,
            name: path.to_owned(),
            received_as: Some(name.to_owned()),
            exposure: "variable",
            line,
            workload: Some(workload),
            purpose: None,
        });
    }
}

/// The names of variables that a file sets: under `vars`, by `set_fact`, as results, or on the top of a file of variables.
fn set<'t>(tree: &'t Tree<'t>) -> BTreeSet<&'t str> {
    let mut set = BTreeSet::new();
    let mut stack: Vec<Yaml<'t>> = tree.all().collect();
    let tops = tree.all().flat_map(Yaml::pairs);
    set.extend(tops.filter_map(|(name, _)| name.text()));
    let mut visits_left = VISITS_MAX;
    while let Some(node) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        for (key, value) in node.pairs() {
            match key.text().map(|key| key.rsplit('.').next().unwrap_or(key)) {
                Some("vars" | "set_fact") => set.extend(value.pairs().filter_map(|(name, _)| name.text())),
                Some("register" | "loop_var") => set.extend(value.text()),
                Some("vars_prompt") => {
                    set.extend(value.items().filter_map(|asked| asked.get("name")?.text()));
                }
                _ => {}
            }
            stack.push(value);
        }
        stack.extend(node.items());
    }
    set
}

/// The variable in `{{ name }}`, also behind a filter, when the value is nothing else.
fn variable(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let name = inside.split('|').next()?.trim();
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && name != "item").then_some(name)
}

/// Store and name in `{{ lookup('aws_secret', 'name') }}`.
fn lookup(text: &str) -> Option<(&'static str, &str)> {
    let at = ["lookup(", "query(", "q("].iter().find_map(|call| Some(text.find(call)? + call.len()))?;
    let mut quoted = text[at..].split(['\'', '"']).skip(1).step_by(2);
    let (plugin, argument) = (quoted.next()?, quoted.next()?);
    let plugin = plugin.rsplit('.').next().unwrap_or(plugin);
    let store = match plugin {
        "env" => "environment",
        _ => LOOKUPS.iter().find(|(word, _)| plugin.contains(word))?.1,
    };
    // `secret=kv/data/x:field token=…` names the path first; what else is in there may be a credential.
    let path = argument.strip_prefix("secret=").unwrap_or(argument);
    Some((store, path.split_whitespace().next().unwrap_or(path)))
}

/// The variable in `{{ vault_name }}`: by custom, what is encrypted elsewhere.
fn vaulted(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let name = inside.split([' ', '|', '.', '[']).next()?;
    name.starts_with("vault_").then_some(name)
}
