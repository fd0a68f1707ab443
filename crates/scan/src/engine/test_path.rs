//! Which folders and files hold tests, by their names.

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
    "testcase",
    "testcases",
    "unittest",
    "unittests",
    "integration-test",
    "integration-tests",
    "integration_tests",
    "itest",
    "test-data",
    "test_data",
    "test-files",
    "test-fixtures",
    "test-resources",
    "testresources",
    "testca",
    "fuzz",
    "fuzzing",
    "fuzzers",
    "benches",
];
/// Folders that hold tests where nothing is deployed or shipped from: environments and parts of programs bear these names, too.
const TESTS_ELSEWHERE: [&str; 6] =
    ["integration", "acceptance", "conformance", "benchmark", "benchmarks", "dummy"];
/// Folders from which something is deployed or shipped.
const LIVE_FOLDERS: [&str; 22] = [
    "deploy",
    "deployment",
    "deployments",
    "env",
    "envs",
    "environment",
    "environments",
    "overlays",
    "k8s",
    "kubernetes",
    "helm",
    "charts",
    "config",
    "configs",
    "conf",
    "infra",
    "infrastructure",
    "terraform",
    "ansible",
    "inventory",
    "stages",
    "main",
];

/// What stands before the word in the folders of one kind of tests, and behind it in those of what they use.
const TEST_KINDS: [&str; 14] = [
    "integration",
    "android",
    "unit",
    "functional",
    "acceptance",
    "instrumented",
    "smoke",
    "system",
    "jvm",
    "common",
    "native",
    "ios",
    "browser",
    "shared",
];
const TEST_PARTS: [&str; 23] = [
    "cert",
    "certs",
    "key",
    "keys",
    "server",
    "servers",
    "assets",
    "vectors",
    "app",
    "apps",
    "prof",
    "fixtures",
    "fixture",
    "data",
    "support",
    "utils",
    "resources",
    "suite",
    "suites",
    "helpers",
    "harness",
    "kit",
    "lib",
];
/// What makes a product of a test: what is split, measured or broken into there.
const TESTED: [&str; 7] = ["a", "b", "ab", "split", "speed", "pen", "penetration"];
/// Ends of other programs.
const PROGRAM_FILES: [&str; 16] =
    ["java", "go", "cs", "rs", "c", "cc", "cpp", "h", "sh", "bash", "pl", "pm", "swift", "m", "ps1", "ex"];
/// Ends of programs whose specifications are tests, rather than descriptions of an interface.
const SPEC_FILES: [&str; 16] = [
    "ts", "js", "tsx", "jsx", "mjs", "cjs", "vue", "rb", "py", "groovy", "scala", "kt", "php", "lua", "exs",
    "dart",
];

/// Whether a folder of this name, in lower case, holds tests or what they use: `integrationTest`, `tests-shop`, `vagrant-test`.
pub(super) fn is_folder(name: &str) -> bool {
    let words: Vec<&str> = name.split(['-', '_', '.', ' ']).collect();
    let is = |word: &&str| {
        matches!(
            *word,
            "test"
                | "tests"
                | "itest"
                | "itests"
                | "e2e"
                | "fixture"
                | "fixtures"
                | "mocks"
                | "microbench"
                | "jmh"
        )
    };
    let ends = words.first().is_some_and(is) || words.last().is_some_and(is);
    // `integration-test-groups`
    let kind = words.windows(2).any(|two| TEST_KINDS.contains(&two[0]) && matches!(two[1], "test" | "tests"));
    let joined = |word: &str| {
        let kind = word.strip_suffix('s').unwrap_or(word).strip_suffix("test");
        kind.is_some_and(|kind| TEST_KINDS.contains(&kind))
            || word.strip_prefix("test").is_some_and(|part| TEST_PARTS.contains(&part))
    };
    // Perl keeps its tests in `t`.
    name == "t"
        || TEST_FOLDERS.contains(&name)
        || kind
        || ends && !words.iter().any(|word| TESTED.contains(word))
        || words.iter().any(|word| joined(word))
}

/// Whether one of the folders of this path, in lower case, holds tests by a name that environments bear, too.
pub(super) fn is_below_one(folders: &str) -> bool {
    let parts = || folders.split('/');
    parts().any(|part| TESTS_ELSEWHERE.contains(&part)) && !parts().any(|part| LIVE_FOLDERS.contains(&part))
}

/// Whether a file of this name, in lower case, is a test or the settings of tests: `.env.testing`, `test.exs`, `a_spec.ts`.
pub(super) fn is_file(file: &str) -> bool {
    let words: Vec<&str> = file.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    let (end, stem) = words.split_last().map_or(("", &[][..]), |(end, stem)| (*end, stem));
    // What has no end but this word: `.env.testing`.
    let environment = file.starts_with(".env") && matches!(end, "test" | "testing");
    let is = |word: &&str| {
        matches!(*word, "test" | "tests" | "testing" | "itest" | "e2e")
            || *word == "spec" && SPEC_FILES.contains(&end)
    };
    // Settings that end in it may be those of a place where something is tried out: `application-test.yml`.
    let program = SPEC_FILES.contains(&end) || PROGRAM_FILES.contains(&end);
    let named = program && (stem.first().is_some_and(is) || stem.last().is_some_and(is));
    // With what Android signs what is not given away, and what says that it is none.
    let unsafe_store = matches!(end, "keystore" | "jks" | "pfx" | "p12")
        && stem.iter().any(|word| matches!(*word, "debug" | "dummy"));
    environment
        || unsafe_store
        || TEST_FILES.iter().any(|end| file.ends_with(end))
        || file.ends_with(".bunit")
        || named && !stem.iter().any(|word| TESTED.contains(word))
}
