//! A repository's config file, read as data: nothing in it is obeyed, included or executed.

/// The few values that say how a repository is stored and where it came from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// `remote.origin.url`.
    pub(crate) origin: Option<String>,
    /// `extensions.objectformat`, in lower case.
    pub(crate) object_format: Option<String>,
    /// `extensions.refstorage`, in lower case.
    pub(crate) ref_storage: Option<String>,
    /// A remote promises the objects that are missing here.
    pub(crate) promisor: bool,
    /// Extensions that we have never heard of.
    pub(crate) unknown_extensions: Vec<String>,
}

/// Extensions that change nothing about reading objects.
const HARMLESS_EXTENSIONS: &[&str] = &[
    "noop",
    "noop-v1",
    "partialclone",
    "preciousobjects",
    "worktreeconfig",
    "compatobjectformat",
    "relativeworktrees",
];

impl Config {
    /// Reads what it can; a line that makes no sense is skipped.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut config = Self::default();
        let mut section = String::new();
        for line in text.lines() {
            let mut line = line.trim();
            if let Some(rest) = line.strip_prefix('[')
                && let Some((name, behind)) = rest.split_once(']')
            {
                section = section_name(name);
                line = behind.trim();
            }
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            config.set(&section, &key.trim().to_ascii_lowercase(), &plain_value(value));
        }
        config
    }

    fn set(&mut self, section: &str, key: &str, value: &str) {
        match (section, key) {
            ("remote.origin", "url") => self.origin = Some(value.to_owned()),
            ("extensions", "objectformat") => self.object_format = Some(value.to_ascii_lowercase()),
            ("extensions", "refstorage") => self.ref_storage = Some(value.to_ascii_lowercase()),
            ("extensions", "partialclone") => self.promisor = true,
            ("extensions", key) if !HARMLESS_EXTENSIONS.contains(&key) => {
                self.unknown_extensions.push(key.to_owned());
            }
            (section, "promisor") if section.starts_with("remote.") && value == "true" => {
                self.promisor = true;
            }
            _ => {}
        }
    }

    /// `owner/name` (or a longer path of groups) of a remote that lives on a host. Credentials in the address are
    /// not part of it.
    pub(crate) fn origin_name(&self) -> Option<String> {
        let url = self.origin.as_deref()?;
        let path = match url.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => return None,
            Some((_, rest)) => rest.split_once('/')?.1,
            // `git@host:owner/name`; a Windows path has one letter before the colon.
            None => url.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains(['/', '\\']))?.1,
        };
        let path = path.split(['?', '#']).next()?.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        (!path.is_empty()).then(|| tenure_model::visible(path))
    }
}

/// `remote "origin"` and the older `remote.origin` are one.
fn section_name(head: &str) -> String {
    match head.split_once('"') {
        Some((name, sub)) => {
            let sub = sub.rsplit_once('"').map_or(sub, |(sub, _)| sub);
            format!("{}.{sub}", name.trim().to_ascii_lowercase())
        }
        None => head.trim().to_ascii_lowercase(),
    }
}

/// Takes off a comment and quotes.
fn plain_value(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in value.trim().chars() {
        match c {
            _ if escaped => {
                plain.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            _ => plain.push(c),
        }
    }
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(url: &str) -> Option<String> {
        Config { origin: Some(url.to_owned()), ..Config::default() }.origin_name()
    }

    #[test]
    fn a_name_is_what_stands_behind_the_host() {
        assert_eq!(name_of("https://github.com/acme/shop.git").as_deref(), Some("acme/shop"));
        assert_eq!(
            name_of("https://bot:pass@git.example.test/group/sub/shop").as_deref(),
            Some("group/sub/shop")
        );
        assert_eq!(name_of("git@github.com:acme/shop.git").as_deref(), Some("acme/shop"));
        assert_eq!(name_of("ssh://git@host:2222/acme/shop/").as_deref(), Some("acme/shop"));
        assert_eq!(name_of("/srv/git/shop.git"), None);
        assert_eq!(name_of("C:\\git\\shop"), None);
        assert_eq!(name_of("file:///srv/git/shop.git"), None);
        assert_eq!(name_of("https://host"), None);
    }

    #[test]
    fn sections_comments_and_quotes() {
        let config = Config::parse(
            b"[core]\n\tfsmonitor = touch /tmp/canary\n[remote \"origin\"] ; x\n url = \"https://h/a/b.git\" # there\n[extensions]\nobjectFormat = SHA256\nfuture = 1\nnoop\n[remote \"up\"]\npromisor = true\nurl = other\n",
        );
        assert_eq!(config.origin.as_deref(), Some("https://h/a/b.git"));
        assert_eq!(config.object_format.as_deref(), Some("sha256"));
        assert_eq!(config.unknown_extensions, ["future"]);
        assert!(config.promisor);
    }
}
