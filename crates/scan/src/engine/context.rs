//! What a path says about the things in it.

use tenure_model::Severity;

use super::{Needs, test_path};

/// Folders of other people's code.
const VENDORED: &[&str] = &[
    "vendor",
    "node_modules",
    "third_party",
    "thirdparty",
    "site-packages",
    "bower_components",
    // Libraries of PHP that people copy into their tree.
    "tcpdf",
    "fpdf",
    "mpdf",
    "phpexcel",
    "phpmailer",
    "swiftmailer",
    "ckeditor",
    "tinymce",
];
/// Ends of files that a program wrote.
const GENERATED: &[&str] = &[
    ".lock",
    "-lock.json",
    ".sum",
    ".min.js",
    ".min.css",
    ".map",
    ".pb.go",
    "-lock.yaml",
    ".lockb",
    ".svg",
    ".pyc",
];
/// Ends of the names of hosts that RFC 2606 sets aside for documents.
const RESERVED: [&str; 3] = ["example.com", "example.org", "example.net"];

/// Ends of files that hold settings rather than code.
const SETTINGS: &[&str] = &[
    ".env",
    ".ini",
    ".cfg",
    ".cnf",
    ".conf",
    ".config",
    ".properties",
    ".props",
    ".yml",
    ".yaml",
    ".json",
    ".jsonc",
    ".json5",
    ".toml",
    ".xml",
    ".plist",
    ".tf",
    ".tfvars",
    ".hcl",
    ".nomad",
    ".sh",
    ".bash",
    ".zsh",
    ".fish",
    ".ps1",
    ".bat",
    ".cmd",
    ".sql",
    ".service",
    ".desktop",
    ".reg",
    ".rc",
    ".auto",
    ".netrc",
    ".npmrc",
    ".cred",
    ".credentials",
    ".settings",
    ".prefs",
    ".secret",
    ".secrets",
    ".pass",
    ".creds",
    ".inc",
    ".vars",
    ".ovpn",
    ".rdp",
    ".dockerfile",
    ".nmconnection",
    ".remmina",
    ".duck",
    ".ldif",
    ".rsc",
    ".acl",
    ".users",
    ".local",
    ".cf",
    ".ext",
    ".list",
    ".neon",
    ".accounts",
    ".csv",
    ".tsv",
    ".spf",
    ".vdf",
    ".boot",
    ".pref",
    ".profile",
    ".user",
    ".pubxml",
    ".cscfg",
    ".dsn",
    ".udl",
    ".ora",
    ".sls",
    ".cson",
    ".hjson",
    ".edn",
    ".exs",
    ".xcconfig",
    ".gradle",
    ".inf",
    ".rdg",
    ".ktr",
    ".kjb",
    ".http",
    ".rest",
    ".har",
    ".netdev",
    ".network",
    ".pcf",
    ".session",
    ".theme",
    ".ppp",
    ".dockercfg",
    ".override",
    ".defaults",
    ".backup",
    ".psk",
    ".8021x",
    ".nas",
    ".nix",
];
/// Ends of files whose settings stand one a line, as `name value` or `name = value`.
const DIRECTIVES: &[&str] = &[
    ".ini",
    ".cfg",
    ".cnf",
    ".conf",
    ".config",
    ".properties",
    ".rc",
    ".netrc",
    ".cred",
    ".credentials",
    ".creds",
    ".settings",
    ".prefs",
    ".secret",
    ".secrets",
    ".vars",
    ".env",
    ".ovpn",
    ".users",
    ".acl",
    ".local",
    ".cf",
    ".ext",
    ".service",
    ".nmconnection",
    ".remmina",
    ".rsc",
    ".boot",
    ".dsn",
    ".ora",
    ".inf",
    ".profile",
    ".pcf",
    ".vdf",
    ".psk",
    ".8021x",
];
/// Ends that say that a file is a copy of one without them.
const COPIES: &[&str] = &[".bak", ".old", ".orig", ".save", ".backup", ".bkp", ".swp", "~", ".copy"];
/// Folders of texts for people, in which a password is a word to translate.
const TEXTS_FOLDERS: &[&str] = &[
    "i18n",
    "l10n",
    "locale",
    "locales",
    "localization",
    "localizations",
    "localisation",
    "lang",
    "langs",
    "language",
    "languages",
    "translation",
    "translations",
    "messages",
    "lproj",
];
/// What the names of files of such texts begin with.
const TEXTS_FILES: &[&str] =
    &["strings.", "messages.", "messages_", "messages-", "translation", "locale.", "i18n", "lang."];
/// Words in the names of files that hold settings, whatever they end with.
const SETTINGS_WORDS: &[&str] = &[
    "config",
    "settings",
    "credential",
    "secret",
    "dockerfile",
    "jenkinsfile",
    "vagrantfile",
    "passwd",
    "password",
    "environment",
    "localsettings",
    "makefile",
    "procfile",
    "history",
    "connection",
    "seeds",
    "seeder",
];

/// Of these words, those that are as often the subject of a program.
const SUBJECTS: [&str; 4] = ["passwd", "password", "history", "connection"];
/// Ends of files of programs, in which a name that is assigned without quotes is one of the program's.
const PROGRAMS: [&str; 24] = [
    ".js", ".ts", ".jsx", ".tsx", ".mjs", ".cjs", ".vue", ".py", ".java", ".kt", ".go", ".rb", ".php", ".cs",
    ".rs", ".hs", ".scala", ".swift", ".c", ".h", ".cpp", ".html", ".css", ".dart",
];

/// Languages that texts for people are translated into most often.
const LANGUAGES: [&str; 24] = [
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "ru", "uk", "ja", "zh", "ko", "cs", "sv", "da", "nb",
    "fi", "tr", "hu", "ro", "ar", "he", "el",
];

/// Words in the names of text files that are kept rather than read.
const TXT_SETTINGS: [&str; 19] = [
    ".env",
    "passw",
    "credential",
    "secret",
    "creds",
    "apikey",
    "api_key",
    "login",
    "token",
    "userlist",
    "notes",
    "server",
    "vpn",
    "wifi",
    "access",
    "account",
    "users",
    "wiki",
    "cookie",
];

/// Words of folders of examples, alone or at the end of a name: `api_samples`, `keycloak-quickstart`.
const EXAMPLE_WORDS: [&str; 8] =
    ["example", "examples", "sample", "samples", "quickstart", "quickstarts", "tutorial", "tutorials"];
/// Folders of documentation, and of the samples that it shows.
const DOCUMENTATION_FOLDERS: [&str; 9] =
    ["doc", "docs", "documentation", "man", "docs_src", "docs-src", "doc_src", "docs-site", "api-guide"];
/// What programs say of themselves.
const PAPERS: [&str; 15] = [
    "readme",
    "install",
    "changelog",
    "changes",
    "news",
    "authors",
    "contributors",
    "copying",
    "licence",
    "license",
    "todo",
    "hacking",
    "faq",
    "thanks",
    "manual",
];
/// Ends of pages for people.
const PAGES: [&str; 12] =
    [".md", ".mdx", ".rst", ".adoc", ".pod", ".html", ".htm", ".txt", ".org", ".tex", ".texi", ".wiki"];

/// Whether the name of a folder, in lower case, says that it holds examples.
fn is_of_examples(folder: &str) -> bool {
    let last = folder.rsplit(['-', '_', '.', ' ']).next().unwrap_or(folder);
    EXAMPLE_WORDS.contains(&last) || ["demo", "demos"].contains(&folder)
}

/// Whether a file of this name, in lower case, is one for people: `CHANGES`, `INSTALL.in`, `MANUAL.html`.
fn is_paper(file: &str) -> bool {
    let (stem, end) = file.split_once('.').unwrap_or((file, ""));
    let bare = PAPERS.contains(&stem) && matches!(end, "" | "in" | "gz" | "debian");
    bare || file == "pkg-info" || file == "manual.html"
}

/// What kind of place a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathClass {
    /// Code or configuration that something runs.
    Live,
    /// Tests and their data.
    Test,
    /// Examples and templates.
    Example,
    /// Documentation.
    Documentation,
    /// Other people's code.
    Vendored,
    /// Lock files, minified and generated files.
    Generated,
}

impl PathClass {
    /// Reads the class off a path below its root.
    pub fn of(path: &str) -> PathClass {
        let lower = path.to_ascii_lowercase();
        let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let in_folder = |names: &[&str]| folders.split('/').any(|part| names.contains(&part));
        let ends = |names: &[&str]| names.iter().any(|end| file.ends_with(end));
        // What hangs below `deps` is other people's, as Erlang, Node and Redis keep it.
        let below_deps =
            folders.split_once("deps/").is_some_and(|(above, _)| above.is_empty() || above.ends_with('/'));
        // What a distribution changes in a program, and the files as they were before.
        let of_distribution =
            folders.split('/').any(|part| part == ".pc") || folders.contains("debian/patches");
        if in_folder(VENDORED) || below_deps || of_distribution {
            return PathClass::Vendored;
        }
        if ends(GENERATED) {
            return PathClass::Generated;
        }
        if test_path::is_file(file)
            || folders.split('/').any(test_path::is_folder)
            || test_path::is_below_one(folders)
        {
            return PathClass::Test;
        }
        if folders.split('/').any(is_of_examples)
            || ends(&[".example", ".sample", ".template", ".dist", ".tmpl", ".tpl"])
            || file.contains("example")
            // Certificates and keys of networks that only a document knows.
            || folders.split('/').any(|part| RESERVED.iter().any(|name| part.ends_with(name)))
        {
            return PathClass::Example;
        }
        if in_folder(&DOCUMENTATION_FOLDERS)
            || ends(&[".md", ".rst", ".adoc", ".pod"]) && !file.starts_with(".env")
            || is_paper(file)
            // What a package of Python says of itself is its README.
            || folders.ends_with(".dist-info")
            || folders.ends_with(".egg-info")
            || file.ends_with(".txt") && !TXT_SETTINGS.iter().any(|word| file.contains(word))
        {
            return PathClass::Documentation;
        }
        PathClass::Live
    }

    /// Whether the file holds settings: a dot file, a format of configuration, or a name that says so.
    pub fn holds_settings(path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let plain = !file.contains('.');
        let program = PROGRAMS.iter().any(|end| file.ends_with(end));
        if let Some(original) = COPIES.iter().find_map(|end| lower.strip_suffix(end)) {
            return !original.ends_with('/') && Self::holds_settings(original);
        }
        file.starts_with('.')
            || file.ends_with(".txt") && TXT_SETTINGS.iter().any(|word| file.contains(word))
            || file.starts_with("wp-config")
            || folders.split('/').any(|part| part == "etc")
            || [".conf.", ".cfg."].iter().any(|word| file.contains(word))
            || SETTINGS.iter().any(|end| file.ends_with(end))
            || SETTINGS_WORDS.iter().any(|word| file.contains(word) && !(program && SUBJECTS.contains(word)))
            || plain && !folders.contains("src")
            || file.contains(".env.")
            || folders.split('/').any(|part| part.starts_with('.') && part.len() > 1)
    }

    /// Whether the settings in the file stand one a line: not the nested formats that data and texts are written in, too.
    pub fn holds_directives(path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let file = lower.rsplit_once('/').map_or(lower.as_str(), |(_, file)| file);
        let nested = [".yml", ".yaml", ".json", ".xml", ".md", ".js", ".ts", ".html", ".sh", ".tf", ".toml"];
        !nested.iter().any(|end| file.ends_with(end))
            && Self::holds_settings(path)
            && (file.starts_with('.')
                || !file.contains('.')
                || file.ends_with("rc")
                || [".conf.", ".cfg.", ".env."].iter().any(|word| file.contains(word))
                || DIRECTIVES.iter().any(|end| file.ends_with(end)))
    }

    /// Whether the file holds texts for people, as its folder, its name or its language says.
    pub fn holds_texts(path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let stem = file.split('.').next().unwrap_or_default();
        let named_for_language = stem.len() >= 2
            && [".json", ".yml", ".yaml", ".properties"].iter().any(|end| file.ends_with(end))
            && LANGUAGES.iter().any(|code| {
                stem.strip_prefix(code)
                    .is_some_and(|rest| rest.is_empty() || rest.len() <= 5 && rest.starts_with(['-', '_']))
                    || stem.strip_suffix(code).is_some_and(|rest| rest.ends_with(['-', '_']))
            });
        folders.split('/').any(|part| TEXTS_FOLDERS.contains(&part) || part.ends_with(".lproj"))
            || TEXTS_FILES.iter().any(|start| file.starts_with(start))
            || [".po", ".pot", ".mo", ".gmo", ".arb", ".xliff", ".xlf", ".strings", ".resx", ".ftl"]
                .iter()
                .any(|end| file.ends_with(end))
            || named_for_language
            || Self::is_of_locale(path)
    }

    /// Whether the file's name, or its folder's, is a language and a country: `fy_NL/labels.inc`, `nb-NO.xml`.
    fn is_of_locale(path: &str) -> bool {
        let mut parts = path.rsplit('/');
        let file = parts.next().unwrap_or_default();
        let locale = |name: &str| {
            name.split_once(['_', '-']).is_some_and(|(language, country)| {
                matches!(language.len(), 2 | 3)
                    && language.bytes().all(|b| b.is_ascii_lowercase())
                    && country.len() == 2
                    && country.bytes().all(|b| b.is_ascii_uppercase())
            })
        };
        let Some((stem, "inc" | "xml" | "php" | "ini" | "lang" | "txt")) = file.rsplit_once('.') else {
            return false;
        };
        locale(stem) || parts.next().is_some_and(locale)
    }

    /// Whether the file is one of a program that keeps texts for people elsewhere, whatever its folder is called.
    fn is_compiled(path: &str) -> bool {
        [".go", ".rs", ".java", ".kt", ".scala", ".cs", ".c", ".h", ".cpp", ".swift", ".sh", ".hs"]
            .iter()
            .any(|end| path.ends_with(end))
    }

    /// The word that reasons use.
    pub fn word(self) -> &'static str {
        match self {
            PathClass::Live => "live",
            PathClass::Test => "test",
            PathClass::Example => "example",
            PathClass::Documentation => "documentation",
            PathClass::Vendored => "vendored",
            PathClass::Generated => "generated",
        }
    }

    /// What a severity is worth here. A vendor's token that looks real and bears its vendor's mark stays serious in a test; what
    /// somebody typed, what only a name or words beside it give away, or a shape that is not serious where it is live, does not.
    pub fn weigh(self, severity: Severity, vouched: bool) -> Severity {
        match self {
            PathClass::Live => severity,
            _ if vouched && severity > Severity::Medium => Severity::Medium,
            PathClass::Generated => Severity::Info.min(severity),
            _ => severity.min(Severity::Low),
        }
    }

    /// Whether the file is a page for people, rather than one that a program reads.
    pub fn is_page(path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        PAGES.iter().any(|end| lower.ends_with(end)) || is_paper(lower.rsplit('/').next().unwrap_or_default())
    }

    /// What a private key is worth here: anybody makes one in a second, and tests, examples and the code of others are full of
    /// keys that open nothing. So is a key that a page for people shows; a file beside it that is a key may be in use.
    pub fn weigh_key(self, severity: Severity, page: bool) -> Severity {
        match self {
            PathClass::Test | PathClass::Example | PathClass::Vendored => severity.min(Severity::Low),
            PathClass::Documentation if page => severity.min(Severity::Low),
            _ => self.weigh(severity, true),
        }
    }

    /// Whether a match with these needs counts at `path`.
    pub fn suffices(needs: Needs, path: &str) -> bool {
        match needs {
            Needs::Nothing => true,
            // Android keeps keys beside the texts of its first language.
            Needs::NoTexts => {
                !PathClass::holds_texts(path)
                    || PathClass::is_compiled(path)
                    || path.ends_with("res/values/strings.xml")
            }
            Needs::LivePath => PathClass::of(path) == PathClass::Live && !PathClass::holds_texts(path),
            Needs::Settings => PathClass::holds_settings(path) && PathClass::suffices(Needs::LivePath, path),
            Needs::Directives => {
                PathClass::holds_directives(path) && PathClass::suffices(Needs::LivePath, path)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_their_class() {
        for (path, class) in [
            ("src/config.py", PathClass::Live),
            ("pkg/server_test.go", PathClass::Test),
            ("test/fixtures/keys.json", PathClass::Test),
            ("src/integrationTest/resources/application.yml", PathClass::Test),
            ("app/src/androidTest/Keys.kt", PathClass::Test),
            ("tests-shop/main.tf", PathClass::Test),
            ("vagrant-test/Vagrantfile", PathClass::Test),
            ("src/testFixtures/java/Keys.java", PathClass::Test),
            ("lib/t/login.bunit", PathClass::Test),
            ("config/test.exs", PathClass::Test),
            (".env.testing", PathClass::Test),
            ("src/login.spec.ts", PathClass::Test),
            ("src/login_spec.lua", PathClass::Test),
            ("api/openapi.spec.yaml", PathClass::Live),
            ("src/latest/config.yml", PathClass::Live),
            ("src/contest/settings.py", PathClass::Live),
            ("web/ab-test/settings.py", PathClass::Live),
            ("deploy/test-server.key", PathClass::Live),
            ("peers/peer0.org1.example.com/tls/server.key", PathClass::Example),
            (".env.example", PathClass::Example),
            ("docs/setup.yaml", PathClass::Documentation),
            ("web/node_modules/x/index.js", PathClass::Vendored),
            ("deps/openssl/apps/ca-key.pem", PathClass::Vendored),
            ("deps/servers.key", PathClass::Live),
            ("lib/fuzz/server.c", PathClass::Test),
            ("etc/testCA/root/cakey.pem", PathClass::Test),
            ("yarn.lock", PathClass::Generated),
            ("web/integration/compose.yml", PathClass::Test),
            ("web/integrations/slack.yml", PathClass::Live),
            ("deploy/integration/values.yml", PathClass::Live),
            ("src/main/java/com/acme/integration/Sap.java", PathClass::Live),
            ("environments/acceptance/main.tf", PathClass::Live),
            ("integration-test-groups/soap/keys.json", PathClass::Test),
            ("internal/acceptance/suite.yaml", PathClass::Test),
            ("testcerts/private.key", PathClass::Test),
            ("_fixture/certs/key.pem", PathClass::Test),
            ("benches/sign.rs", PathClass::Test),
            ("frappe-bench/sites/acme/site.json", PathClass::Live),
            ("app/debug.keystore", PathClass::Test),
            ("ssl-jmh/keystore.pem", PathClass::Test),
            ("src/dummy/tokens.ts", PathClass::Test),
            ("shop-demo/.env", PathClass::Live),
            ("security-keycloak-quickstart/config/realm.json", PathClass::Example),
            ("api_samples/keypair.json", PathClass::Example),
            ("sample-tracker/config.py", PathClass::Live),
            ("docs_src/security/app.py", PathClass::Documentation),
            ("docs-api/config.py", PathClass::Live),
            ("src/google-docs/client.ts", PathClass::Live),
            ("INSTALL", PathClass::Documentation),
            ("MANUAL.html", PathClass::Documentation),
            ("news.html", PathClass::Live),
            ("secrets.1", PathClass::Live),
            ("install.sh", PathClass::Live),
            ("debian/patches/upstream/keys.patch", PathClass::Vendored),
        ] {
            assert_eq!(PathClass::of(path), class, "{path}");
        }
    }
}
