//! Readers of agents' configurations: which tools an agent reaches, with whose credentials, under which policy.
//!
//! An agent is known per tool server: what it may do with one server's token is one identity. Whether a client asks a
//! person, or a hook, before each request is written where the client keeps its permissions, which is often another
//! file; only a file that speaks of it states a policy or the lack of one.

mod account;
mod claude_settings;
mod codex;
mod environment;
mod mcp;
mod package;
mod server;
mod token;
mod unasked;

use super::Detector;

/// Every reader of agents.
pub(super) const READERS: &[&dyn Detector] =
    &[&mcp::McpServers, &claude_settings::ClaudeSettings, &codex::Codex, &environment::AgentEnvironment];
