//! Codex's configuration: tool servers in TOML, and whether its requests are approved.

use memchr::memmem;
use tenure_model::{Fact, Quality};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::account::{Configuration, Policy};
use super::server::{Server, Setting};
use super::token::Slot;
use crate::detect::recogniser::Recogniser;
use crate::detect::text::LineIndex;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest configuration that is read.
const CONFIGURATION_BYTES_MAX: usize = 1 << 20;
/// Servers that are read.
const SERVERS_MAX: usize = 500;

/// The reader.
pub(super) struct Codex;

impl Detector for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn describe(&self) -> &'static str {
        "Codex configuration (config.toml): MCP tool servers, their tokens, approval policy"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let mut parts = blob.path.rsplit('/');
        let named = parts.next() == Some("config.toml");
        let own = parts.next() == Some(".codex");
        named && (own || memmem::find(&text::opening(blob.bytes), b"[mcp_servers").is_some())
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, CONFIGURATION_BYTES_MAX, "configuration") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let lines = LineIndex::new(&text);
        let (table, errors) = DeTable::parse_recoverable(&text);
        let table = table.into_inner();
        let mut witness = Witness::new(blob, self.name());
        let bounds = Bounds::read(&table, &lines);
        let configuration = Configuration { blob, client: "codex", policy: bounds.policy(), values };
        bounds.tell(&configuration, &mut witness);
        let servers = table.get("mcp_servers").and_then(|value| value.get_ref().as_table());
        for (name, value) in servers.into_iter().flatten().take(SERVERS_MAX) {
            let Some(entry) = value.get_ref().as_table() else { continue };
            configuration.give(&server(name, entry, &lines), &mut witness);
        }
        let broken = errors.first().map(|error| {
            let line = error.span().map_or(1, |span| lines.line(span.start));
            Unreadable { reason: "toml_broken", detail: format!("line {line}: not valid TOML") }
        });
        let cut = servers.is_some_and(|all| all.len() > SERVERS_MAX).then(|| Unreadable {
            reason: "too_many_servers",
            detail: format!("the first {SERVERS_MAX} tool servers are read"),
        });
        witness.done(broken.or(cut))
    }
}

/// What bounds the agent itself, in the file or in one of its profiles.
struct Bounds {
    /// Line of a policy that asks nobody.
    never_asks: Option<u32>,
    /// Line of a sandbox that holds nothing back.
    open: Option<u32>,
}

impl Bounds {
    fn read(table: &DeTable<'_>, lines: &LineIndex) -> Self {
        let profiles = table.get("profiles").and_then(|value| value.get_ref().as_table());
        let profiles = profiles.into_iter().flatten().filter_map(|(_, profile)| profile.get_ref().as_table());
        let all: Vec<&DeTable<'_>> = std::iter::once(table).chain(profiles.take(SERVERS_MAX)).collect();
        let line_of = |key: &str, wanted: &str| {
            let values = all.iter().filter_map(|table| table.get(key));
            let mut fitting = values.filter(|value| value.get_ref().as_str() == Some(wanted));
            fitting.next().map(|value| lines.line(value.span().start))
        };
        Self {
            never_asks: line_of("approval_policy", "never"),
            open: line_of("sandbox_mode", "danger-full-access"),
        }
    }

    /// `never` asks nobody. Every other policy asks for what the sandbox does not allow, not for each request.
    fn policy(&self) -> Policy {
        if self.never_asks.is_some() { Policy::Unjudged } else { Policy::Unsaid }
    }

    fn tell(&self, configuration: &Configuration<'_>, witness: &mut Witness<'_>) {
        let Some(line) = self.open.or(self.never_asks) else { return };
        let subject = configuration.agent();
        let fact = Fact::Identity {
            kind: "agent".to_owned(),
            name: "Codex".to_owned(),
            native_id: None,
            provider: "mcp".to_owned(),
        };
        witness.fact(&subject, line, Quality::Config, fact);
        if self.never_asks.is_some() {
            witness.fact(&subject, line, Quality::Config, Fact::Agentic { runtime_policy: false });
        }
        let Some(open) = self.open else { return };
        let mut because =
            vec![("sandbox_mode is danger-full-access: no sandbox holds a command".to_owned(), open)];
        because
            .extend(self.never_asks.map(|at| ("approval_policy is never: nobody is asked".to_owned(), at)));
        configuration.wide(&subject, because, false, witness);
    }
}

fn server<'t>(
    name: &'t Spanned<std::borrow::Cow<'t, str>>,
    entry: &'t DeTable<'t>,
    lines: &LineIndex,
) -> Server<'t> {
    let text = |key: &str| entry.get(key).and_then(|value| value.get_ref().as_str());
    let line = |value: &Spanned<DeValue<'_>>| lines.line(value.span().start);
    let list = entry.get("args").and_then(|value| value.get_ref().as_array());
    let arguments = list
        .into_iter()
        .flat_map(|list| list.iter())
        .filter_map(|argument| Some((argument.get_ref().as_str()?, line(argument))));
    let mut settings = Vec::new();
    for (key, slot) in [("env", Slot::Variable), ("http_headers", Slot::Header)] {
        let pairs = entry.get(key).and_then(|value| value.get_ref().as_table());
        settings.extend(pairs.into_iter().flatten().filter_map(|(name, value)| {
            let text = value.get_ref().as_str()?;
            Some(Setting { slot, name: name.get_ref(), value: Some(text), line: line(value) })
        }));
    }
    // Headers whose values come from variables of the client.
    let from_variables = entry.get("env_http_headers").and_then(|value| value.get_ref().as_table());
    settings.extend(from_variables.into_iter().flatten().filter_map(|(_, value)| {
        Some(Setting { slot: Slot::Header, name: value.get_ref().as_str()?, value: None, line: line(value) })
    }));
    if let Some(value) = entry.get("bearer_token_env_var") {
        let name = value.get_ref().as_str().unwrap_or_default();
        settings.push(Setting { slot: Slot::Header, name, value: None, line: line(value) });
    }
    Server {
        name: name.get_ref(),
        line: lines.line(name.span().start),
        command: text("command"),
        arguments: arguments.collect(),
        url: text("url"),
        settings,
        unasked: Vec::new(),
        disabled: entry.get("enabled").and_then(|value| value.get_ref().as_bool()) == Some(false),
    }
}
