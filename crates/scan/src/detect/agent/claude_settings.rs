//! Claude Code's settings: which tool calls are allowed, asked about or denied, and what judges them.

use tenure_model::{Fact, Grant, Quality};

use super::account::{Configuration, Policy};
use super::server::{Server, Setting};
use super::token::Slot;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::yaml::{Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, jsonc, text};

/// Rules of one list that are told.
const RULES_MAX: usize = 500;

/// The reader.
pub(super) struct ClaudeSettings;

impl Detector for ClaudeSettings {
    fn name(&self) -> &'static str {
        "claude_settings"
    }

    fn describe(&self) -> &'static str {
        "Claude Code settings: permissions that are allowed, asked about and denied, hooks before tool calls, variables"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let mut parts = blob.path.rsplit('/');
        matches!(parts.next(), Some("settings.json" | "settings.local.json"))
            && parts.next() == Some(".claude")
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the settings are not UTF-8 text");
        };
        jsonc::read(&text, |tree, broken| self.tell(blob, tree, broken, values))
    }
}

impl ClaudeSettings {
    fn tell(
        &self,
        blob: &Blob<'_>,
        tree: &Tree<'_>,
        broken: Option<Broken>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let broken = broken.map(Unreadable::from);
        let Some(root) = tree.first() else { return witness.done(broken) };
        let permissions = Permissions::read(root);
        let configuration =
            Configuration { blob, client: "claude_code", policy: permissions.policy(), values };
        agent(&configuration, &permissions, &mut witness);
        for server in permissions.servers() {
            let subject = configuration.subject(server);
            let policy = permissions.policy_of(server);
            if policy != Policy::Unsaid {
                let runtime_policy = policy == Policy::Judged;
                witness.fact(&subject, permissions.line, Quality::Config, Fact::Agentic { runtime_policy });
            }
        }
        variables(&configuration, root, &mut witness);
        witness.done(broken)
    }
}

/// What the settings say about tool calls.
struct Permissions<'t> {
    line: u32,
    allow: Vec<&'t str>,
    ask: Vec<&'t str>,
    deny: Vec<&'t str>,
    /// A program that sees each call before it is made.
    hook: bool,
    bypassed: bool,
    /// What lets the agent do whatever its user may, each reason with its line.
    unbounded: Vec<(String, u32)>,
}

/// Rules that allow every command of a shell, or everything.
fn allows_everything(rule: &str) -> bool {
    let rule = rule.trim();
    matches!(
        rule,
        "*" | "Bash" | "Bash(*)" | "Bash(**)" | "Bash(:*)" | "Bash(*:*)" | "PowerShell" | "PowerShell(*)"
    )
}

impl<'t> Permissions<'t> {
    fn read(root: Yaml<'t>) -> Self {
        let permissions = root.get("permissions");
        let list = |key: &str| -> Vec<&'t str> {
            let rules =
                permissions.and_then(|permissions| permissions.get(key)).map(Yaml::words).unwrap_or_default();
            rules.into_iter().take(RULES_MAX).collect()
        };
        let mode = permissions.and_then(|permissions| permissions.get("defaultMode")?.text());
        let allowed = permissions.and_then(|permissions| permissions.get("allow"));
        let wide = allowed.into_iter().flat_map(Yaml::items).take(RULES_MAX);
        let mut unbounded: Vec<(String, u32)> = wide
            .filter_map(|rule| Some((rule.text().filter(|rule| allows_everything(rule))?, rule.line())))
            .map(|(rule, line)| (format!("{rule} is allowed: every command"), line))
            .collect();
        if let Some(mode) = permissions.and_then(|permissions| permissions.get("defaultMode"))
            && mode.text() == Some("bypassPermissions")
        {
            unbounded.push(("defaultMode is bypassPermissions: nobody is asked".to_owned(), mode.line()));
        }
        let hooks = root.get("hooks").and_then(|hooks| hooks.get("PreToolUse"));
        Self {
            line: permissions.map_or(root.line(), Yaml::line),
            allow: list("allow"),
            ask: list("ask"),
            deny: list("deny"),
            hook: hooks.is_some_and(|hooks| hooks.items().next().is_some()),
            bypassed: mode == Some("bypassPermissions"),
            unbounded,
        }
    }

    fn policy(&self) -> Policy {
        // A list of what is denied does not judge a shell that may run everything.
        if !self.unbounded.is_empty() && !self.hook {
            Policy::Unjudged
        } else if self.hook || !self.deny.is_empty() || !self.ask.is_empty() {
            Policy::Judged
        } else {
            Policy::Unsaid
        }
    }

    /// MCP servers that a rule names.
    fn servers(&self) -> Vec<&'t str> {
        let all = self.allow.iter().chain(&self.ask).chain(&self.deny);
        let mut servers: Vec<&str> = all.filter_map(|rule| server_of(rule)).collect();
        servers.sort_unstable();
        servers.dedup();
        servers
    }

    fn policy_of(&self, server: &str) -> Policy {
        let whole = format!("mcp__{server}");
        let all = |rules: &[&str]| rules.iter().any(|rule| *rule == whole || *rule == format!("{whole}__*"));
        if self.hook {
            Policy::Judged
        } else if self.bypassed || all(&self.allow) {
            Policy::Unjudged
        } else {
            // What no rule allows is asked about.
            Policy::Judged
        }
    }
}

/// The server in `mcp__server__tool`.
fn server_of(rule: &str) -> Option<&str> {
    let name = rule.strip_prefix("mcp__")?;
    let name = name.split("__").next().unwrap_or(name);
    Some(name).filter(|name| !name.is_empty())
}

fn agent(configuration: &Configuration<'_>, permissions: &Permissions<'_>, witness: &mut Witness<'_>) {
    let (subject, line) = (configuration.agent(), permissions.line);
    let fact = Fact::Identity {
        kind: "agent".to_owned(),
        name: "Claude Code".to_owned(),
        native_id: None,
        provider: "mcp".to_owned(),
    };
    witness.fact(&subject, line, Quality::Config, fact);
    if !permissions.allow.is_empty() {
        let actions = permissions.allow.iter().map(|&rule| rule.to_owned()).collect();
        let grant = Grant {
            target: "tools of the client".to_owned(),
            actions,
            scope: "permissions.allow".to_owned(),
        };
        witness.fact(&subject, line, Quality::Config, Fact::Grant { grant });
    }
    if configuration.policy != Policy::Unsaid {
        let runtime_policy = configuration.policy == Policy::Judged;
        witness.fact(&subject, line, Quality::Config, Fact::Agentic { runtime_policy });
    }
    configuration.wide(&subject, permissions.unbounded.clone(), permissions.hook, witness);
    let counted = format!(
        "{} allowed, {} asked about, {} denied{}{}",
        permissions.allow.len(),
        permissions.ask.len(),
        permissions.deny.len(),
        if permissions.hook { ", a hook before each call" } else { "" },
        if permissions.bypassed { ", permissions bypassed" } else { "" }
    );
    let tag = Fact::Tag { key: "tenure:permissions".to_owned(), value: counted };
    witness.fact(&subject, line, Quality::Config, tag);
}

/// Variables that the client itself receives.
fn variables(configuration: &Configuration<'_>, root: Yaml<'_>, witness: &mut Witness<'_>) {
    let Some(variables) = root.get("env") else { return };
    let settings = variables.pairs().filter_map(|(name, value)| {
        Some(Setting {
            slot: Slot::Variable,
            name: name.text()?,
            value: Some(value.text()?),
            line: value.line(),
        })
    });
    let server = Server {
        name: "environment",
        line: variables.line(),
        settings: settings.collect(),
        ..Server::default()
    };
    if !server.tokens().is_empty() {
        configuration.give(&server, witness);
    }
}
