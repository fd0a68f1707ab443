//! The invariants of the house, kept by a test where Cargo cannot keep them. `ARCHITECTURE.md` says why each holds.
//!
//! The sources are read as text: rough, quick, and understood by whoever breaks a rule. Each message names the
//! file and what to do instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which of our crates each crate may depend on. Only `pipeline` knows the order of the stages.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/model", &[]),
    ("crates/scan", &["tenure-model"]),
    ("crates/inventory", &["tenure-model"]),
    ("crates/assess", &["tenure-model"]),
    ("crates/broker", &["tenure-model"]),
    ("crates/report", &["tenure-model"]),
    ("crates/broker/testing", &["tenure-model"]),
    (
        "crates/pipeline",
        &[
            "tenure-model",
            "tenure-scan",
            "tenure-inventory",
            "tenure-assess",
            "tenure-broker",
            "tenure-report",
        ],
    ),
    (".", &["tenure-model", "tenure-pipeline", "tenure-report"]),
    ("src-tauri", &["tenure-model", "tenure-pipeline", "tenure-report"]),
    ("xtask", &[]),
];

/// Lines of a file, and of a function, that still fit in a head.
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn arrows_between_crates_point_one_way() {
    for (folder, allowed) in ARROWS {
        let Some(manifest) = Manifest::read(folder) else { continue };
        for dependency in manifest.dependencies.iter().filter(|name| name.starts_with("tenure")) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{folder} depends on {dependency}; it may depend on {allowed:?} only"
            );
        }
    }
    let known: BTreeSet<&str> = ARROWS.iter().map(|(folder, _)| *folder).collect();
    for manifest in files(&["crates", "src-tauri", "xtask"], &["toml"]) {
        if let Some(folder) = manifest.strip_suffix("/Cargo.toml") {
            assert!(known.contains(folder), "{folder} is a crate without a row in ARROWS");
        }
    }
}

#[test]
fn async_and_sql_begin_where_the_house_says() {
    const ASYNC: [&str; 3] = ["tokio", "reqwest", "sqlx"];
    for folder in ["crates/model", "crates/scan", "crates/assess", "crates/report"] {
        let manifest = Manifest::read(folder).expect("the room exists");
        for name in ASYNC {
            assert!(
                !manifest.dependencies.contains(name),
                "{folder} depends on {name}: it is plain and synchronous"
            );
        }
        for source in Source::below(&[&format!("{folder}/src")]) {
            source.must_not_hold(
                &["async fn", "async move", ".await"],
                "async begins at the store and the broker",
            );
        }
    }
    for folder in ["crates/pipeline", ".", "src-tauri"] {
        if let Some(manifest) = Manifest::read(folder) {
            assert!(
                !manifest.dependencies.contains("sqlx"),
                "{folder} speaks SQL: that is inventory's business"
            );
        }
    }
}

#[test]
fn model_and_assess_read_neither_clock_nor_disk_nor_network() {
    const OUTSIDE: [&str; 11] = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio",
        "File::open",
    ];
    for source in Source::below(&["crates/model/src", "crates/assess/src"]) {
        source.must_not_hold(&OUTSIDE, "what was read comes in as an argument");
    }
    for source in Source::below(&["crates/report/src"]) {
        source.must_not_hold(
            &["std::fs", "std::net", "std::process", "SystemTime", "::now()"],
            "report makes bytes only",
        );
    }
}

#[test]
fn only_report_knows_an_output_format() {
    for source in Source::below(&["crates", "src-tauri/src"]) {
        if !source.path.starts_with("crates/report/") {
            let why = "ask tenure_report::FORMATS or tenure_report::format instead";
            source.must_not_hold(&["\"sarif\"", "\"jsonl\"", "\"markdown\"", "\"gitlab\" =>"], why);
        }
    }
}

#[test]
fn only_the_shells_print() {
    for source in Source::below(&["crates"]) {
        let shell = source.path.starts_with("crates/cli/")
            || source.path.starts_with("crates/broker/testing/")
            || source.path.ends_with("/build.rs");
        if !shell {
            source.must_not_hold(
                &["println!", "print!(", "eprintln!", "eprint!(", "dbg!("],
                "return it to the shell",
            );
        }
    }
}

#[test]
fn only_tests_and_doors_start_programs() {
    for source in Source::below(&["crates"]) {
        let may = source.path.starts_with("crates/broker/testing/") || source.path.starts_with("crates/cli/");
        if !may {
            source.must_not_hold(&["process::Command", "Command::new"], "nothing scanned is ever executed");
        }
    }
}

#[test]
fn a_brokers_secret_can_be_neither_printed_nor_stored() {
    let secret = read("crates/broker/src/secret.rs");
    let at = secret.find("pub struct Secret").expect("the type is there");
    let before = &secret[secret[..at].rfind("\n\n").unwrap_or(0)..at];
    for forbidden in ["Debug", "Serialize", "Clone"] {
        let derived =
            before.lines().any(|line| line.trim().starts_with("#[derive") && line.contains(forbidden));
        assert!(!derived, "Secret derives {forbidden}");
        assert!(!secret.contains(&format!("{forbidden} for Secret")), "Secret implements {forbidden}");
    }
    let key = read("crates/model/src/fingerprint.rs");
    assert!(
        key.contains("#[derive(Clone)]\npub struct FingerprintKey"),
        "the fingerprint key derives more than Clone"
    );
}

#[test]
fn nothing_unsafe_enters_without_a_word_here() {
    for source in Source::below(&["crates", "src-tauri/src", "xtask/src"]) {
        source.must_not_hold(
            &["allow(unsafe_code)", "expect(unsafe_code)"],
            "no unsafe code of our own is needed so far",
        );
    }
}

#[test]
fn files_and_functions_fit_in_a_head() {
    let mut too_long = Vec::new();
    let mut functions_seen = 0;
    for path in
        files(&["crates", "src-tauri", "xtask", "tests", "ui/src", "ui/e2e"], &["rs", "ts", "svelte", "css"])
    {
        let text = read(&path);
        let lines = text.lines().count();
        let generated = path.ends_with("/bindings.ts") || path.contains("/gen/");
        if lines > FILE_LINES_MAX && !generated {
            too_long.push(format!("{path} has {lines} lines: it probably holds two nouns"));
        }
        if path.ends_with(".rs") {
            for (name, lines) in functions(&text) {
                functions_seen += 1;
                if lines > FUNCTION_LINES_MAX {
                    too_long.push(format!("{path}: {name} has {lines} lines: it is probably two steps"));
                }
            }
        }
    }
    assert_eq!(too_long, Vec::<String>::new());
    assert!(functions_seen > 1000, "only {functions_seen} functions: the test reads the sources wrongly");
}

#[test]
fn every_name_says_what_it_holds() {
    const EMPTY_WORDS: [&str; 8] =
        ["utils", "util", "common", "helper", "helpers", "manager", "misc", "stuff"];
    for path in files(&["crates", "src-tauri/src", "xtask", "tests", "ui/src"], &["rs", "ts", "svelte"]) {
        for part in
            Path::new(&path).with_extension("").iter().map(|part| part.to_string_lossy().to_lowercase())
        {
            assert!(
                !EMPTY_WORDS.contains(&part.as_str()),
                "{path}: {part} says that the noun is not found yet"
            );
        }
    }
}

#[test]
fn every_dependency_has_a_reason_beside_it() {
    let root = read("Cargo.toml");
    let table = root.split("[workspace.dependencies]").nth(1).expect("the table is there");
    let table = table.split("\n[").next().expect("a split has a first part");
    for line in table.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        assert!(line.contains("path = ") || line.contains(" # "), "Cargo.toml: no reason beside {line}");
    }
    for (folder, _) in ARROWS {
        let Some(manifest) = Manifest::read(folder) else { continue };
        for line in manifest.lines {
            let named_once =
                line.contains("workspace = true") || line.contains(".workspace") || line.contains(" # ");
            assert!(named_once, "{folder}/Cargo.toml: version and reason of {line} belong to the workspace");
        }
    }
    if Path::new(&place("ui/package.json")).exists() {
        let text = read("ui/package.json");
        let reasons = text.split("\"//\"").nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
        for part in ["\"dependencies\"", "\"devDependencies\""] {
            let table = text.split(part).nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
            for name in table.split('"').skip(1).step_by(4) {
                assert!(
                    reasons.contains(&format!("\"{name}\"")),
                    "ui/package.json: no reason for {name} in \"//\""
                );
            }
        }
    }
}

#[test]
fn workflows_hold_no_permission_and_pin_what_they_use() {
    for path in files(&[".github/workflows"], &["yml"]) {
        let text = read(&path);
        assert!(text.contains("\npermissions: {}\n"), "{path} starts with more permissions than none");
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let pin = line.split('@').nth(1).unwrap_or_default();
            let hash: String = pin.chars().take_while(char::is_ascii_hexdigit).collect();
            assert!(
                hash.len() == 40 && line.contains(" # v"),
                "{path}: not pinned by commit, or without its tag: {line}"
            );
        }
    }
}

#[test]
fn every_path_in_the_papers_exists() {
    for paper in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "STYLE.md", "SECURITY.md"] {
        for named in code_spans(&read(paper)).into_iter().filter(|span| looks_like_a_path(span)) {
            // A recipe's file does not exist yet; the folder that it goes to does.
            let known = match named.find('<') {
                Some(at) => named[..at].rfind('/').map_or("", |slash| &named[..slash]),
                None => named.trim_end_matches('/'),
            };
            assert!(place(known).exists(), "{paper} names {named}, which does not exist");
        }
    }
}

#[test]
fn every_requirement_that_claims_a_test_has_it() {
    const STATES: [&str; 3] = ["yes", "partly", "not yet"];
    let table = read("docs/requirements.md");
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| 0")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "a row of docs/requirements.md has five cells: {row}");
        rows += 1;
        let (id, state, tests) = (cells[0], cells[2], cells[4]);
        assert!(STATES.contains(&state), "{id}: {state} is none of {STATES:?}");
        assert!(state == "not yet" || !cells[3].is_empty(), "{id}: where is it done?");
        assert!(state != "yes" || !code_spans(tests).is_empty(), "{id} is done, but no test shows it");
        for named in code_spans(tests) {
            let (file, test) =
                named.split_once("::").unwrap_or_else(|| panic!("{id}: {named} is no file::test"));
            let text = read(file);
            let there =
                text.contains(&format!("fn {test}(")) || (!file.ends_with(".rs") && text.contains(test));
            assert!(there, "{id}: there is no test {test} in {file}");
        }
    }
    assert!(rows > 100, "only {rows} rows of requirements: the table is read wrongly");
}

/// The dependencies of a manifest that are built into a program.
struct Manifest {
    dependencies: BTreeSet<String>,
    lines: Vec<String>,
}

impl Manifest {
    fn read(folder: &str) -> Option<Self> {
        let text = fs::read_to_string(place(folder).join("Cargo.toml")).ok()?;
        let mut manifest = Self { dependencies: BTreeSet::new(), lines: Vec::new() };
        let mut section = String::new();
        for line in text.lines() {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).to_owned();
            } else if section.ends_with("dependencies")
                && section != "workspace.dependencies"
                && line.contains('=')
            {
                let name = line.split(['=', '.', ' ']).next().unwrap_or_default().to_owned();
                if section != "dev-dependencies" {
                    manifest.dependencies.insert(name);
                }
                manifest.lines.push(line.to_owned());
            }
        }
        Some(manifest)
    }
}

/// A source file without its comments and its tests.
struct Source {
    path: String,
    code: Vec<String>,
}

impl Source {
    fn below(folders: &[&str]) -> Vec<Self> {
        let all = files(folders, &["rs"]);
        assert!(!all.is_empty(), "no source below {folders:?}");
        all.into_iter()
            .filter(|path| !path.contains("/tests/") && !path.contains("/benches/"))
            .map(|path| {
                let text = read(&path);
                let shown = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
                let code = shown
                    .lines()
                    .map(|line| line.split("//").next().unwrap_or_default().to_owned())
                    .collect();
                Self { path, code }
            })
            .collect()
    }

    fn must_not_hold(&self, words: &[&str], why: &str) {
        for (number, line) in self.code.iter().enumerate() {
            for word in words {
                assert!(!line.contains(word), "{}:{} holds {word}: {why}", self.path, number + 1);
            }
        }
    }
}

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(place(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below folders of the workspace, by extension, as paths from its root.
fn files(folders: &[&str], extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| place(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "node_modules" | "target" | "dist" | "gen") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|ending| extensions.iter().any(|wanted| ending == *wanted))
            {
                let below = path.strip_prefix(place("")).expect("it lies below the root");
                found.push(below.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Functions of a formatted file with their lines, comments and empty lines left out.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let words: Vec<&str> = code.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "fn") else { continue };
        let qualifiers = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe"];
        if at + 1 >= words.len() || !words[..at].iter().all(|word| qualifiers.contains(word)) {
            continue;
        }
        // A formatted function ends at the first closing brace that stands as deep as its first line.
        let end_line = format!("{}}}", &line[..line.len() - code.len()]);
        // A signature on several lines ends with the line that opens the body.
        let opens = lines[start..].iter().position(|line| line.ends_with('{')).unwrap_or(0);
        let body = lines[start + opens + 1..].iter().take_while(|line| **line != end_line);
        let counted =
            body.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count();
        let one_line = line.ends_with('}') || line.ends_with(';');
        if !one_line {
            found.push((words[at + 1].to_owned(), counted));
        }
    }
    found
}

/// Texts between single backticks, outside fenced blocks.
fn code_spans(markdown: &str) -> Vec<String> {
    let mut spans = Vec::new();
    for (index, block) in markdown.split("```").enumerate() {
        if index % 2 == 0 {
            spans.extend(block.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

fn looks_like_a_path(span: &str) -> bool {
    const ENDINGS: [&str; 10] =
        [".md", ".toml", ".rs", ".yml", ".json", ".ts", ".svelte", ".sql", ".css", "/"];
    let plain = !span.contains([' ', '*', '$', '(', '~', '{', '=', '@', '"'])
        && !span.starts_with(['/', '-', '.', '<']);
    let path = plain || span.starts_with(".github/") || span.starts_with(".ci/");
    path && !span.contains("://")
        && (ENDINGS.iter().any(|ending| span.ends_with(ending)) || span.starts_with(".ci/"))
        && (span.contains('/') || place(span).exists() || span.chars().next().is_some_and(char::is_uppercase))
}
