//! What a path says about the things in it.

use tenure_model::Severity;

use super::Needs;

/// Folders of other people's code.
const VENDORED: &[&str] =
    &["vendor", "node_modules", "third_party", "thirdparty", "site-packages", "bower_components"];
/// Ends of files that a program wrote.
const GENERATED: &[&str] =
    &[".lock", "-lock.json", ".sum", ".min.js", ".min.css", ".map", ".pb.go", "-lock.yaml", ".lockb", ".svg"];
/// Ends of test files.
const TEST_FILES: &[&str] = &[
    "_test.go",
    "_test.py",
    "_test.rs",
    ".test.ts",
    ".test.js",
    ".test.tsx",
    ".spec.ts",
    ".spec.js",
    "_spec.rb",
    "test.java",
    "tests.cs",
    "_test.rb",
    "test.php",
    "tests.rs",
];
/// Folders of tests and their data.
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "testdata",
    "__tests__",
    "spec",
    "specs",
    "fixtures",
    "fixture",
    "mocks",
    "mock",
    "e2e",
    "testing",
];

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
];
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
];

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
        if in_folder(VENDORED) {
            return PathClass::Vendored;
        }
        if ends(GENERATED) {
            return PathClass::Generated;
        }
        let test_file = ends(TEST_FILES) || file.starts_with("test_");
        if test_file || in_folder(TEST_FOLDERS) {
            return PathClass::Test;
        }
        if in_folder(&["example", "examples", "sample", "samples", "demo", "demos"])
            || ends(&[".example", ".sample", ".template", ".dist", ".tmpl", ".tpl"])
            || file.contains("example")
        {
            return PathClass::Example;
        }
        if in_folder(&["doc", "docs", "documentation"])
            || ends(&[".md", ".rst", ".adoc", ".txt"]) && !file.starts_with(".env")
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
        file.starts_with('.')
            || file.starts_with("wp-config")
            || SETTINGS.iter().any(|end| file.ends_with(end))
            || SETTINGS_WORDS.iter().any(|word| file.contains(word))
            || plain && !folders.contains("src")
            || file.contains(".env.")
            || folders.split('/').any(|part| part.starts_with('.') && part.len() > 1)
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

    /// What a severity is worth here. A vendor's token that looks real stays serious in a test; what somebody typed, or only a
    /// name gives away, does not.
    pub fn weigh(self, severity: Severity, specific: bool) -> Severity {
        match self {
            PathClass::Live => severity,
            _ if specific => severity.min(Severity::Medium),
            PathClass::Generated => Severity::Info.min(severity),
            _ => severity.min(Severity::Low),
        }
    }

    /// Whether a match with these needs counts at `path`.
    pub fn suffices(needs: Needs, path: &str) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::LivePath => PathClass::of(path) == PathClass::Live,
            Needs::Settings => PathClass::of(path) == PathClass::Live && PathClass::holds_settings(path),
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
            (".env.example", PathClass::Example),
            ("docs/setup.yaml", PathClass::Documentation),
            ("web/node_modules/x/index.js", PathClass::Vendored),
            ("yarn.lock", PathClass::Generated),
        ] {
            assert_eq!(PathClass::of(path), class, "{path}");
        }
    }
}
