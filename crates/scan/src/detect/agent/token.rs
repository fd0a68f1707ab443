//! Credentials that an agent hands to a tool server, and whether their values are written out.

use tenure_model::{Fingerprint, Quality};

use super::server::{Server, Setting};
use crate::detect::ci::purpose::{PLAIN_KIND, Part, Purpose, by_name, names_a_secret};
use crate::detect::recogniser::Recogniser;
use crate::engine::value::{Placeholder, placeholder};

/// The shortest text that is taken for a value.
const VALUE_BYTES_MIN: usize = 8;
/// The kind of a credential about which nothing more is known.
const UNKNOWN_KIND: &str = "generic_secret";
/// Options of programs that take a credential as their value.
const SECRET_OPTIONS: [&str; 8] =
    ["--token", "--api-key", "--apikey", "--access-token", "--auth-token", "--password", "--key", "--secret"];
/// Words in names and addresses of tool servers, with the credential that such a server takes.
const SERVERS: [(&str, &str, &str); 14] = [
    ("github", "github_pat", "github"),
    ("gitlab", "gitlab_pat", "gitlab"),
    ("slack", "slack_bot_token", "slack"),
    ("atlassian", "atlassian_api_token", "atlassian"),
    ("jira", "atlassian_api_token", "atlassian"),
    ("confluence", "atlassian_api_token", "atlassian"),
    ("notion", "notion_token", "notion"),
    ("linear", "linear_key", "linear"),
    ("sentry", "sentry_token", "sentry"),
    ("figma", "figma_token", "figma"),
    ("supabase", "supabase_pat", "supabase"),
    ("stripe", "stripe_secret_key", "stripe"),
    ("grafana", "grafana_token", "grafana"),
    ("postgres", "database_password", "database"),
];
/// Kinds that open, as a rule, all that their owner may do.
const BROAD_KINDS: [&str; 20] = [
    "github_pat",
    "gitlab_pat",
    "aws_access_key",
    "gcp_service_account_key",
    "entra_client_secret",
    "azure_devops_pat",
    "kubeconfig_token",
    "vault_token",
    "atlassian_api_token",
    "slack_user_token",
    "linear_key",
    "supabase_pat",
    "supabase_service_role_key",
    "stripe_secret_key",
    "terraform_token",
    "cloudflare_token",
    "digitalocean_token",
    "heroku_key",
    "vercel_token",
    "netlify_token",
];

/// Where a server receives something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Variable,
    Header,
    Argument,
    Address,
}

impl Slot {
    /// The word for people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Slot::Variable => "env",
            Slot::Header => "header",
            Slot::Argument => "argument",
            Slot::Address => "url",
        }
    }
}

/// How a value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given<'t> {
    /// By a reference to an input, a variable or a store, which is named.
    Reference(&'t str),
    /// Written out.
    Literal(&'t str),
    /// A text that stands for "put your own here".
    Placeholder,
}

/// A credential that a server receives.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) slot: Slot,
    /// Variable, header or option.
    pub(super) name: &'t str,
    pub(super) given: Given<'t>,
    pub(super) line: u32,
}

/// What a token turned out to be.
pub(super) struct Known {
    pub(super) kind: String,
    pub(super) provider: String,
    pub(super) quality: Quality,
    /// Only of values that are written out.
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) masked: Option<String>,
}

impl<'t> Token<'t> {
    /// The credential in a variable or header, when it is one.
    pub(super) fn of_setting(setting: &Setting<'t>) -> Option<Self> {
        let Setting { slot, name, value, line } = *setting;
        if !names_a_secret(name) {
            return None;
        }
        let given = value.map_or(Some(Given::Reference(name)), |value| given(bare(value)))?;
        Some(Self { slot, name, given, line })
    }

    /// Whether its value is written out.
    pub(super) fn literal(&self) -> Option<&'t str> {
        match self.given {
            Given::Literal(value) => Some(value),
            Given::Reference(_) | Given::Placeholder => None,
        }
    }

    /// What it is: told by its value, or else by its name, or else by the server that takes it.
    pub(super) fn known(&self, server: &Server<'_>, values: &dyn Recogniser) -> Known {
        let recognised = self.literal().and_then(|value| {
            let context = match self.slot {
                Slot::Address => value.to_owned(),
                _ => format!("\"{}\": \"{value}\"\n", self.name),
            };
            values.recognise(&context, value).or_else(|| values.only_one(&context))
        });
        let (kind, provider, quality) = self.purpose(server);
        if let Some(found) = recognised {
            // The engine knows a vendor's shape better than a name does; of any other value the name tells more.
            let named = found.credential.starts_with("generic_") && kind != UNKNOWN_KIND;
            return Known {
                kind: if named { kind.to_owned() } else { found.credential },
                provider: if named { provider.to_owned() } else { found.provider },
                quality: Quality::Config,
                fingerprint: Some(found.fingerprint),
                masked: Some(found.masked),
            };
        }
        let value = self.literal().map(str::as_bytes);
        Known {
            fingerprint: value.map(|value| values.key().fingerprint(kind, value)),
            masked: value.map(|value| tenure_model::mask(value, 3)),
            kind: kind.to_owned(),
            provider: provider.to_owned(),
            quality,
        }
    }

    fn purpose(&self, server: &Server<'_>) -> (&'static str, &'static str, Quality) {
        let said = by_name(self.name, Quality::Config).filter(|purpose| purpose.part != Part::Configuration);
        if let Some(Purpose { kind, provider, .. }) = said.filter(|purpose| purpose.kind != PLAIN_KIND) {
            return (kind, provider, Quality::Config);
        }
        let places = [server.name, server.url.unwrap_or_default(), self.name];
        let word = |word: &str| places.iter().any(|place| place.to_ascii_lowercase().contains(word));
        match SERVERS.iter().find(|(name, ..)| word(name)) {
            Some(&(_, kind, provider)) => (kind, provider, Quality::Heuristic),
            None => (UNKNOWN_KIND, "generic", Quality::Heuristic),
        }
    }
}

impl Known {
    /// Opens, as a rule, all that its owner may do.
    pub(super) fn is_broad(&self) -> bool {
        BROAD_KINDS.contains(&self.kind.as_str())
    }
}

/// The value without the scheme that a header begins with.
fn bare(value: &str) -> &str {
    let value = value.trim();
    let scheme = ["Bearer ", "bearer ", "Token ", "token ", "Basic "]
        .iter()
        .find_map(|scheme| value.strip_prefix(scheme));
    scheme.unwrap_or(value).trim()
}

/// How a value is given; `None` when it can be none.
fn given(value: &str) -> Option<Given<'_>> {
    if let Some(name) = reference(value) {
        return Some(Given::Reference(name));
    }
    if value.len() < VALUE_BYTES_MIN || value.contains(char::is_whitespace) {
        return None;
    }
    match placeholder(value.as_bytes()) {
        Some(Placeholder::Dummy | Placeholder::Filler | Placeholder::Documentation) => {
            Some(Given::Placeholder)
        }
        Some(Placeholder::Template) => Some(Given::Reference(value)),
        Some(Placeholder::Publishable) | None => Some(Given::Literal(value)),
    }
}

/// The name behind `${input:x}`, `${env:X}`, `${X}`, `${X:-default}`, `{env:X}`, `$X`, `op://…`, `${{ secrets.X }}`.
fn reference(value: &str) -> Option<&str> {
    if value.starts_with("op://") || value.starts_with("keychain:") {
        return Some(value);
    }
    let plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    if let Some(name) = value.strip_prefix('$').filter(plain) {
        return Some(name);
    }
    let inside = value.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    let inside =
        inside.or_else(|| value.strip_prefix("${").or_else(|| value.strip_prefix('{'))?.strip_suffix('}'));
    let name = inside?.trim();
    Some(name.split(":-").next().unwrap_or(name))
}

/// Credentials among the arguments of a command.
pub(super) fn of_arguments<'t>(arguments: &[(&'t str, u32)]) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut option: Option<&'t str> = None;
    for &(argument, line) in arguments {
        let found = match option.take() {
            Some(name) if name == "--header" || name == "-H" => of_pair(argument, ':', Slot::Header),
            Some("-e" | "--env") => of_pair(argument, '=', Slot::Variable),
            Some(name) => given(bare(argument)).map(|given| (Slot::Argument, name, given)),
            None => match argument.split_once('=') {
                Some((name, value)) if SECRET_OPTIONS.contains(&name) => {
                    given(value).map(|given| (Slot::Argument, name, given))
                }
                _ if argument.contains("://") => {
                    tokens.extend(
                        of_address(argument, line).map(|token| Token { slot: Slot::Argument, ..token }),
                    );
                    None
                }
                _ => {
                    let takes = SECRET_OPTIONS.contains(&argument)
                        || ["--header", "-H", "-e", "--env"].contains(&argument);
                    option = takes.then_some(argument);
                    None
                }
            },
        };
        tokens.extend(found.map(|(slot, name, given)| Token { slot, name, given, line }));
    }
    tokens
}

/// `NAME=value` and `Name: value`; a name alone passes on the client's own variable.
fn of_pair(text: &str, between: char, slot: Slot) -> Option<(Slot, &str, Given<'_>)> {
    let (name, value) = match text.split_once(between) {
        Some((name, value)) => (name.trim(), Some(bare(value))),
        None => (text.trim(), None),
    };
    let given = match value {
        Some(value) => given(value)?,
        None => Given::Reference(name),
    };
    names_a_secret(name).then_some((slot, name, given))
}

/// What signs in within an address: a password, or a parameter that names a credential.
pub(super) fn of_address(url: &str, line: u32) -> Option<Token<'_>> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((login, _)) = authority.rsplit_once('@')
        && let Some((_, password)) = login.split_once(':')
    {
        let given = reference(password).map_or_else(
            || {
                if placeholder(password.as_bytes()).is_some() {
                    Given::Placeholder
                } else {
                    Given::Literal(url)
                }
            },
            Given::Reference,
        );
        return Some(Token { slot: Slot::Address, name: "url", given, line });
    }
    let query = rest.split_once('?')?.1;
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let given = names_a_secret(name).then(|| given(value)).flatten()?;
        Some(Token { slot: Slot::Address, name, given, line })
    })
}

/// An address without user, password and parameters.
pub(super) fn public_part(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "(an address)".to_owned() };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = path.split_once('/').map_or((path, ""), |(authority, path)| (authority, path));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // A long part of a path may itself be the credential.
    let path: Vec<&str> = path.split('/').map(|part| if part.len() > 24 { "…" } else { part }).collect();
    format!("{scheme}://{host}/{}", path.join("/")).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_values() {
        for (value, expected) in [
            ("${input:github-token}", Given::Reference("input:github-token")),
            ("${env:GITHUB_TOKEN}", Given::Reference("env:GITHUB_TOKEN")),
            ("${TOKEN:-none}", Given::Reference("TOKEN")),
            ("{env:TOKEN}", Given::Reference("env:TOKEN")),
            ("$TOKEN", Given::Reference("TOKEN")),
            ("${{ secrets.TOKEN }}", Given::Reference("secrets.TOKEN")),
            ("<your-token>", Given::Reference("<your-token>")),
            ("your_api_key", Given::Placeholder),
            ("Zk3vP0qLw8Xr", Given::Literal("Zk3vP0qLw8Xr")),
        ] {
            assert_eq!(given(value), Some(expected), "{value}");
        }
        assert_eq!(given("debug"), None);
    }

    #[test]
    fn an_address_is_told_without_what_signs_in() {
        let url = ["https://deployer:Zk3vP0qL", "w8Xr@tools.test/mcp?api_key=Zk3vP0qLw8Xr"].concat();
        assert_eq!(public_part(&url), "https://tools.test/mcp");
        assert!(of_address(&url, 1).is_some_and(|token| token.literal().is_some()));
        assert_eq!(
            public_part("https://tools.test/s/abcdefghijklmnopqrstuvwxyz0123/mcp"),
            "https://tools.test/s/…/mcp"
        );
    }
}
