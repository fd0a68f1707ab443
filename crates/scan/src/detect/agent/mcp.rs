//! Lists of tool servers in the Model Context Protocol, as many clients keep them, in JSON or YAML.

use memchr::memmem;
use tenure_model::{Fact, Quality};

use super::account::{Configuration, Policy};
use super::server::{Server, Setting};
use super::token::Slot;
use super::unasked;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::yaml::{self, Broken, Tree, Yaml};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, jsonc, text};

/// Largest configuration that is read.
const CONFIGURATION_BYTES_MAX: usize = 4 << 20;
/// Servers of one configuration that are read.
const SERVERS_MAX: usize = 500;
/// Where clients keep the list: keys from the root.
const LISTS: [&[&str]; 6] = [
    &["mcpServers"],
    &["servers"],
    &["mcp", "servers"],
    &["context_servers"],
    &["mcp"],
    &["experimental", "modelContextProtocolServers"],
];
/// Ends of paths by which a client is known.
const CLIENTS: [(&str, &str); 16] = [
    (".cursor/cli.json", "cursor"),
    (".cursor/cli-config.json", "cursor"),
    (".cursor/mcp.json", "cursor"),
    (".vscode/mcp.json", "vscode"),
    (".vscode/settings.json", "vscode"),
    ("claude_desktop_config.json", "claude_desktop"),
    (".claude/settings.json", "claude_code"),
    (".claude.json", "claude_code"),
    (".gemini/settings.json", "gemini_cli"),
    (".zed/settings.json", "zed"),
    ("zed/settings.json", "zed"),
    ("mcp_config.json", "windsurf"),
    ("cline_mcp_settings.json", "cline"),
    (".roo/mcp.json", "roo"),
    ("opencode.json", "opencode"),
    (".mcp.json", "claude_code"),
];

/// The reader.
pub(super) struct McpServers;

impl Detector for McpServers {
    fn name(&self) -> &'static str {
        "mcp_servers"
    }

    fn describe(&self) -> &'static str {
        "Lists of MCP tool servers of Claude, Cursor, VS Code, Zed, Windsurf, Gemini, Cline, Continue and others: servers, tokens, tools called unasked"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        if client(blob.path).is_some() {
            return is_json(blob.path);
        }
        let continues =
            blob.path.contains(".continue/") && (blob.path.ends_with(".yaml") || blob.path.ends_with(".yml"));
        (is_json(blob.path) || continues) && memmem::find(&text::opening(blob.bytes), b"mcpServers").is_some()
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, CONFIGURATION_BYTES_MAX, "configuration") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let take = |tree: &Tree<'_>, broken: Option<Broken>| self.tell(blob, tree, broken, values);
        if is_json(blob.path) { jsonc::read(&text, take) } else { yaml::read(&text, take) }
    }
}

fn is_json(path: &str) -> bool {
    path.ends_with(".json") || path.ends_with(".jsonc")
}

fn client(path: &str) -> Option<&'static str> {
    let ends = |end: &str| path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    CLIENTS.iter().find(|(end, _)| ends(end)).map(|(_, client)| *client)
}

impl McpServers {
    fn tell(
        &self,
        blob: &Blob<'_>,
        tree: &Tree<'_>,
        broken: Option<Broken>,
        values: &dyn Recogniser,
    ) -> Reading {
        let mut witness = Witness::new(blob, self.name());
        let client = client(blob.path).unwrap_or(if blob.path.contains(".continue/") {
            "continue"
        } else {
            "mcp_client"
        });
        let unbounded = tree.first().map(unasked::unbounded).unwrap_or_default();
        let policy = if unbounded.is_empty() { Policy::Unsaid } else { Policy::Unjudged };
        let configuration = Configuration { blob, client, policy, values };
        let servers: Vec<Server<'_>> = tree.first().map(servers).unwrap_or_default();
        if let Some((_, line)) = unbounded.first() {
            let subject = configuration.agent();
            let fact = Fact::Identity {
                kind: "agent".to_owned(),
                name: format!("agent of {client}"),
                native_id: None,
                provider: "mcp".to_owned(),
            };
            witness.fact(&subject, *line, Quality::Config, fact);
            witness.fact(&subject, *line, Quality::Config, Fact::Agentic { runtime_policy: false });
            configuration.wide(&subject, unbounded, false, &mut witness);
        }
        for server in servers.iter().take(SERVERS_MAX) {
            configuration.give(server, &mut witness);
        }
        let cut = (servers.len() > SERVERS_MAX).then(|| Unreadable {
            reason: "too_many_servers",
            detail: format!("{} of {} tool servers are read", SERVERS_MAX, servers.len()),
        });
        let broken = broken.map(Unreadable::from);
        witness.done(broken.or(cut))
    }
}

/// The servers of the first list that is there.
fn servers(root: Yaml<'_>) -> Vec<Server<'_>> {
    let list = LISTS.iter().find_map(|path| {
        let list = path.iter().try_fold(root, |node, key| node.get(key))?;
        // A key such as `mcp` may hold settings only; servers are objects.
        let entries = list.items().chain(list.pairs().map(|(_, value)| value));
        entries.into_iter().any(is_server).then_some(list)
    });
    let Some(list) = list else { return Vec::new() };
    let named = list.pairs().filter_map(|(key, value)| Some(server(key.text()?, key.line(), value)));
    let listed = list.items().map(|item| {
        let name = item.get("name").and_then(Yaml::text).unwrap_or("(unnamed)");
        server(name, item.line(), item.get("transport").filter(|part| part.is_mapping()).unwrap_or(item))
    });
    named.chain(listed).collect()
}

fn is_server(node: Yaml<'_>) -> bool {
    let inner = node.get("transport").unwrap_or(node);
    ["command", "url", "serverUrl", "httpUrl"].iter().any(|key| inner.get(key).is_some())
}

fn server<'t>(name: &'t str, line: u32, node: Yaml<'t>) -> Server<'t> {
    // Zed keeps program and arguments one level deeper, opencode in one list.
    let command = node.get("command");
    let deeper = command.filter(|command| command.is_mapping()).unwrap_or(node);
    let in_list: Vec<Yaml<'t>> = command.into_iter().flat_map(Yaml::items).collect();
    let program = in_list.first().copied().or_else(|| deeper.get("path").or_else(|| deeper.get("command")));
    let arguments =
        in_list.iter().skip(1).copied().chain(deeper.get("args").into_iter().flat_map(Yaml::items));
    let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| node.get(key)?.text());
    let settings = |keys: &[&str], slot| -> Vec<Setting<'t>> {
        let parts = keys.iter().filter_map(|key| node.get(key).or_else(|| deeper.get(key)));
        parts.flat_map(Yaml::pairs).filter_map(|pair| setting(pair, slot)).collect()
    };
    let mut all = settings(&["env", "environment"], Slot::Variable);
    all.extend(settings(&["headers", "requestOptions"], Slot::Header));
    let nested = node.get("requestOptions").and_then(|options| options.get("headers"));
    all.extend(nested.into_iter().flat_map(Yaml::pairs).filter_map(|pair| setting(pair, Slot::Header)));
    Server {
        name,
        line,
        command: program.and_then(Yaml::text),
        arguments: arguments.filter_map(|argument| Some((argument.text()?, argument.line()))).collect(),
        url,
        settings: all,
        unasked: called_unasked(node),
        disabled: node.get("disabled").and_then(Yaml::text) == Some("true")
            || node.get("enabled").and_then(Yaml::text) == Some("false"),
    }
}

fn setting<'t>((name, value): (Yaml<'t>, Yaml<'t>), slot: Slot) -> Option<Setting<'t>> {
    Some(Setting { slot, name: name.text()?, value: Some(value.text()?), line: value.line() })
}

/// Tools that are called without asking: `alwaysAllow` and `autoApprove` name them, `trust` means all.
fn called_unasked(node: Yaml<'_>) -> Vec<&str> {
    if node.get("trust").and_then(Yaml::text) == Some("true") {
        return vec!["*"];
    }
    ["alwaysAllow", "autoApprove"].iter().filter_map(|key| node.get(key)).flat_map(Yaml::words).collect()
}
