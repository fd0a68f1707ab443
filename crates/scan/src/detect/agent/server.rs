//! A tool server, as an agent's configuration describes it.

use super::token::{Slot, Token};

/// Arguments that take every bound from a tool server.
const UNBOUNDED: [&str; 9] = [
    "--allow-all",
    "--allow-all-tools",
    "--allow-all-paths",
    "--auto-approve",
    "--dangerously-bypass-approvals-and-sandbox",
    "--dangerously-skip-permissions",
    "--full-access",
    "--unsafe",
    "--yolo",
];

/// Where requests of an agent go to.
#[derive(Default)]
pub(super) struct Server<'t> {
    /// The name that the configuration gives it.
    pub(super) name: &'t str,
    pub(super) line: u32,
    /// The program that is started, for a local server.
    pub(super) command: Option<&'t str>,
    /// Its arguments, each with its line.
    pub(super) arguments: Vec<(&'t str, u32)>,
    /// The address, for a remote server.
    pub(super) url: Option<&'t str>,
    /// Variables and headers that it receives, each with its value where one is written.
    pub(super) settings: Vec<Setting<'t>>,
    /// Tools that the client calls without asking anybody; `*` for all of them.
    pub(super) unasked: Vec<&'t str>,
    /// Switched off.
    pub(super) disabled: bool,
}

/// A variable or header.
#[derive(Clone, Copy)]
pub(super) struct Setting<'t> {
    pub(super) slot: Slot,
    pub(super) name: &'t str,
    /// `None` when the name alone is given and the value comes from the client's own environment.
    pub(super) value: Option<&'t str>,
    pub(super) line: u32,
}

impl<'t> Server<'t> {
    /// Every credential that the server receives.
    pub(super) fn tokens(&self) -> Vec<Token<'t>> {
        let mut tokens: Vec<Token<'t>> = self.settings.iter().filter_map(Token::of_setting).collect();
        // `docker run -e NAME` passes on what `env` sets.
        let passed = super::token::of_arguments(&self.arguments);
        let known: Vec<&str> = tokens.iter().map(|token| token.name).collect();
        tokens.extend(passed.into_iter().filter(|token| !known.contains(&token.name)));
        tokens.extend(self.url.and_then(|url| super::token::of_address(url, self.line)));
        tokens
    }

    /// What lets the server do whatever its user may, each reason with its line.
    pub(super) fn unbounded(&self) -> Vec<(String, u32)> {
        let files = self.arguments.iter().any(|(argument, _)| argument.contains("server-filesystem"));
        let said = |(argument, line): &(&str, u32)| {
            let flag = argument.split('=').next().unwrap_or(argument);
            if UNBOUNDED.contains(&flag) && !argument.ends_with("=false") {
                return Some((format!("{} is started with {flag}", self.name), *line));
            }
            let everything = files && matches!(*argument, "/" | "~" | "$HOME" | "${HOME}" | "C:\\");
            everything.then(|| (format!("{} reaches all files below {argument}", self.name), *line))
        };
        self.arguments.iter().filter_map(said).collect()
    }

    /// What is reached, in words: an address without what may sign in, or a command.
    pub(super) fn target(&self) -> String {
        if let Some(url) = self.url {
            return super::token::public_part(url);
        }
        let package = super::package::of(self.command, &self.arguments);
        match (package, self.command) {
            (Some(package), _) => package.name.to_owned(),
            (None, Some(command)) => command.to_owned(),
            (None, None) => self.name.to_owned(),
        }
    }
}
