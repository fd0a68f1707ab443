//! Rule files of the user: our own format, and those of other programs.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

use std::fmt::Write as _;

use proptest::prelude::*;
use tenure_model::FingerprintKey;
use tenure_scan::engine::Engine;
use tenure_scan::rules::{Book, check_examples_of};

const GITLEAKS: &str = include_str!("fixtures/rules/gitleaks.toml");
const KINGFISHER: &str = include_str!("fixtures/rules/kingfisher.yml");
const OWN: &str = include_str!("fixtures/rules/own.toml");

fn book(files: &[(&str, &str)]) -> Result<Book, String> {
    let documents: Vec<(String, String)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Book::read(&documents, |kind| matches!(kind, "imported_secret" | "generic_secret"))
        .map_err(|error| error.to_string())
}

fn engine(files: &[(&str, &str)]) -> Engine {
    Engine::new(book(files).unwrap().rules(), FingerprintKey::new([7; 32]))
}

/// Rule and value of everything that is found in a text.
fn found(engine: &Engine, text: &str) -> Vec<(String, String)> {
    let hits = engine.scan(text.as_bytes());
    hits.iter()
        .map(|hit| (hit.found.rule_id.clone(), text[hit.start as usize..hit.end as usize].to_owned()))
        .collect()
}

fn rules_found(engine: &Engine, text: &str) -> Vec<String> {
    found(engine, text).into_iter().map(|(rule, _)| rule).collect()
}

fn list(book: &Book) -> String {
    let mut text = String::new();
    for row in book.not_carried() {
        let lost = if row.whole_rule { "LOST" } else { "part" };
        let _ = writeln!(text, "{lost} {} | {} | {}", row.rule, row.field, row.reason);
    }
    text
}

#[test]
fn what_a_gitleaks_configuration_cannot_carry_over_is_listed() {
    insta::assert_snapshot!(list(&book(&[("acme.toml", GITLEAKS)]).unwrap()));
}

#[test]
fn what_kingfisher_rules_cannot_carry_over_is_listed() {
    insta::assert_snapshot!(list(&book(&[("acme.yml", KINGFISHER)]).unwrap()));
}

#[test]
fn the_examples_of_imported_rules_hold() {
    for file in [("acme.yml", KINGFISHER), ("own.toml", OWN)] {
        let book = book(&[file]).unwrap();
        assert_eq!(check_examples_of(book.own_rules()), []);
    }
    let broken = KINGFISHER.replace("ACMEACC{+}12093847", "ACMEACC{+}short");
    let problems = check_examples_of(book(&[("acme.yml", &broken)]).unwrap().own_rules());
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].rule_id, "acme.account.1");
}

#[test]
fn a_gitleaks_rule_finds_its_secret_group_by_its_keyword() {
    let engine = engine(&[("acme.toml", GITLEAKS)]);
    let key = ["acmedk_", "9f86d081884c7d659a2feaa0"].concat();
    assert_eq!(found(&engine, &format!("key {key}\n")), [("acme-deploy-key".to_owned(), key.clone())]);
    assert_eq!(found(&engine, &format!("x{key}\n")), [], "no word begins there");
    let value = ["k9q2m4x7t1", "z8w5b3n6v0"].concat();
    for name in ["ACME-PANEL", "acmepanel_value"] {
        assert_eq!(
            found(&engine, &format!("{name} = '{value}'\n")),
            [("acme-panel-token".to_owned(), value.clone())],
            "{name}"
        );
    }
    for hook in ["acmehook/qwrtzpsdfghj", "acme{hook}=qwrtzpsdfghj"] {
        assert_eq!(found(&engine, hook), [("acme-either".to_owned(), "qwrtzpsdfghj".to_owned())], "{hook}");
    }
}

#[test]
fn a_pattern_without_text_is_found_near_its_keyword_only() {
    let engine = engine(&[("acme.toml", GITLEAKS)]);
    let code = ["9F86D081", "884C7D65"].concat();
    let near = format!("# ACME-code below\nvalue: {code}\n");
    assert_eq!(found(&engine, &near), [("acme-short-code".to_owned(), code.clone())]);
    let before = format!("{code} is the acme-code");
    assert_eq!(rules_found(&engine, &before), ["acme-short-code"]);
    assert_eq!(found(&engine, &format!("value: {code}\n")), []);
    let far = format!("acme-code{}{code}", " ".repeat(2000));
    assert_eq!(found(&engine, &far), []);
}

#[test]
fn half_a_value_at_the_edge_of_a_window_is_no_value() {
    let text = "[[rules]]\nid = \"code\"\nregex = '[0-9A-F]{8,16}'\nkeywords = [\"acme-code\"]\n";
    let engine = engine(&[("x.toml", text)]);
    let code = ["9F86D081", "884C7D65"].concat();
    let mut seen = 0;
    for gap in 490..560 {
        let space = " ".repeat(gap);
        for edge in [format!("acme-code{space}{code}\n"), format!("\n{code}{space}acme-code")] {
            let hits = found(&engine, &edge);
            seen += hits.len();
            assert!(hits.iter().all(|(_, value)| *value == code), "{gap} {hits:?}");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn allowlists_become_exceptions() {
    let engine = engine(&[("acme.toml", GITLEAKS)]);
    let deploy = |middle: &str| ["acmedk_", middle, "884c7d659a2feaa0"].concat();
    assert_eq!(rules_found(&engine, &deploy("9f86d081")), ["acme-deploy-key"]);
    assert_eq!(
        rules_found(&engine, &deploy("00003d08")),
        Vec::<String>::new(),
        "a global allowlist with targets"
    );
    let value = ["k9q2m4x7t1", "z8w5b3n6v0"].concat();
    assert_eq!(rules_found(&engine, &format!("acme-panel: {value}\n")), ["acme-panel-token"]);
    for excepted in [
        format!("acme-panel: {value} # secret-scan: ignore\n"),
        format!("acme-panel-test: {value}\n"),
        "acme-panel: k9q2placeholderish1z\n".to_owned(),
    ] {
        assert_eq!(rules_found(&engine, &excepted), Vec::<String>::new(), "{excepted}");
    }
    assert!(engine.rule_applies("acme-deploy-key", "src/main.rs"));
    assert!(!engine.rule_applies("acme-deploy-key", "gen/main.rs"), "a global path");
    assert!(engine.rule_applies("acme-panel-token", "deploy/prod.yaml"));
    assert!(!engine.rule_applies("acme-panel-token", "deploy/prod.rs"), "the rule's path");
    assert!(engine.rule_applies("github-pat", "gen/main.rs"), "Tenure's own rules keep their say");
}

#[test]
fn a_kingfisher_rule_finds_its_token() {
    let engine = engine(&[("acme.yml", KINGFISHER)]);
    let value = ["k9q2m4x7t1z8", "w5b3n6v0c2d4"].concat();
    let text = format!("ACMEACC12093847\nacme:\n  key: {value}\n");
    let hits = found(&engine, &text);
    assert!(hits.contains(&("acme.api.1".to_owned(), value)), "{hits:?}");
    assert!(hits.contains(&("acme.account.1".to_owned(), "ACMEACC12093847".to_owned())), "{hits:?}");
    let login = format!("acmelogin host.acme.test user deploy pass {}", ["r4tQ", "z9Lm2"].concat());
    assert_eq!(found(&engine, &login), [("acme.login.1".to_owned(), "r4tQz9Lm2".to_owned())]);
    let rules = book(&[("acme.yml", KINGFISHER)]).unwrap().own_rules();
    let api = &rules.rules()[0];
    assert_eq!(api.spec.pairs_with, ["acme.account.1"]);
    assert!(rules.rules()[1].spec.public);
    assert_eq!((api.spec.credential.as_str(), api.provider.as_str()), ("imported_secret", "imported"));
}

#[test]
fn a_rule_of_our_own_wins_on_the_same_bytes() {
    let token = ["ghp_", "Qw8LzR0tYw5Nc1kP7dX3mB9vJ2sHgT", "1SupTL"].concat();
    for pattern in ["(gh[pousr]_[0-9A-Za-z]{36})", "(TOKEN=gh[pousr]_[0-9A-Za-z]{36})", "(gh[pousr]_)"] {
        let text = format!("rules:\n- {{id: any.1, confidence: high, pattern: '{pattern}'}}\n");
        let engine = engine(&[("x.yml", &text)]);
        assert_eq!(rules_found(&engine, &format!("TOKEN={token}\n")), ["github-pat"], "{pattern}");
    }
}

#[test]
fn an_imported_rule_wins_over_a_generic_one() {
    let engine = engine(&[("acme.toml", GITLEAKS)]);
    let value = ["k9q2m4x7t1", "z8w5b3n6v0"].concat();
    let text = format!("acme_panel_secret = \"{value}\"\n");
    let hits = engine.scan(text.as_bytes());
    let ids: Vec<&str> = hits.iter().map(|hit| hit.found.rule_id.as_str()).collect();
    assert!(ids.contains(&"acme-panel-token"), "{ids:?}");
}

#[test]
fn a_file_of_our_own_switches_rules_off_and_replaces_them() {
    let book_off = book(&[("own.toml", OWN)]).unwrap();
    assert_eq!(book_off.disabled(), ["generic-password", "github-pat"]);
    let engine_off = engine(&[("own.toml", OWN)]);
    let token = ["ghp_", "Qw8LzR0tYw5Nc1kP7dX3mB9vJ2sHgT", "1SupTL"].concat();
    assert_eq!(rules_found(&engine_off, &format!("x {token}\n")), Vec::<String>::new());
    let password = ["v8Jq2LzR", "0tYw5Nc1"].concat();
    assert_eq!(rules_found(&engine_off, &format!("db_password = \"{password}\"\n")), Vec::<String>::new());
    let replaced = OWN.replace("acme-robot-key", "github-pat");
    assert!(book(&[("own.toml", &replaced)]).is_ok(), "its id is free once the rule is switched off");
    let error = book(&[("own.toml", &OWN.replace("acme-robot-key", "github-oauth-token"))]).unwrap_err();
    assert!(error.contains("rule github-oauth-token: its id is one of Tenure's own"), "{error}");
    let error = book(&[("own.toml", &OWN.replace("generic-password", "no-such-rule"))]).unwrap_err();
    assert!(error.contains("no-such-rule, which does not exist"), "{error}");
    let engine = engine(&[("own.toml", OWN)]);
    assert!(engine.rule_applies("acme-robot-key", "a.env"));
    assert!(!engine.rule_applies("acme-robot-key", "a.rs"));
    assert!(!engine.rule_applies("acme-robot-key", "fixtures/a.env"));
    let key = ["acmerobot-", "k9q2m4x7t1z8w5b3n6v0"].concat();
    assert_eq!(rules_found(&engine, &key), ["acme-robot-key"]);
    assert_eq!(rules_found(&engine, &format!("{key} # pragma: ignore")), Vec::<String>::new());
}

#[test]
fn everything_that_decides_a_result_is_in_the_hash() {
    let hash = |files: &[(&str, &str)]| book(files).unwrap().rules().hash().to_owned();
    let hashes = [
        hash(&[]),
        hash(&[("acme.toml", GITLEAKS)]),
        hash(&[("acme.toml", &GITLEAKS.replace("placeholderish", "other"))]),
        hash(&[("acme.toml", &GITLEAKS.replace("'''^gen/'''", "'''^made/'''"))]),
        hash(&[("acme.yml", KINGFISHER)]),
        hash(&[("acme.yml", &KINGFISHER.replace("min_digits: 2", "min_digits: 3"))]),
        hash(&[("own.toml", OWN)]),
        hash(&[("own.toml", &OWN.replace("\"generic-password\", ", ""))]),
        hash(&[("own.toml", "disable = [\"generic-secret\"]\n")]),
    ];
    let distinct: std::collections::HashSet<&String> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len(), "{hashes:?}");
    assert_eq!(hash(&[("acme.toml", GITLEAKS)]), hash(&[("other-name.toml", GITLEAKS)]));
}

/// A refusal that names the file and says what to do.
fn refused(name: &str, text: &str, says: &[&str]) {
    let error = book(&[(name, text)]).expect_err(says[0]);
    for word in says.iter().chain(&[name]) {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert!(error.len() < 400, "{error}");
}

#[test]
fn hostile_files_are_refused_by_name() {
    let rule = |id: &str, regex: &str| format!("[[rules]]\nid = \"{id}\"\nregex = '''{regex}'''\n");
    refused(
        "a.toml",
        &rule("big", "acme[a-z]{1000}{1000}{2}"),
        &["rule big", "compiles to more than 4 MiB", "shorten"],
    );
    refused(
        "a.toml",
        &rule("long", &"acme|".repeat(10_000)),
        &["rule long", "longer than 16 KiB", "leave the rule out"],
    );
    let dense: String = (0..100).map(|i| rule(&format!("r{i}"), &"acme|".repeat(3_000))).collect();
    refused("a.toml", &dense, &["rule r", "MiB of patterns"]);
    let many: String = (0..5000).map(|i| rule(&format!("r{i}"), "acme_[a-z]{9}")).collect();
    refused("a.toml", &many, &["more than 4096 rules", "keep those"]);
    let yaml_many = "rules:\n".to_owned() + &"- {id: a.b, pattern: acme_x}\n".repeat(100_000);
    refused("a.yml", &yaml_many, &["more than"]);
    refused("a.yml", &("rules: ".to_owned() + &"[".repeat(200_000)), &["line 1"]);
    refused("a.yml", &("rules:\n  ".to_owned() + &"- ".repeat(5_000)), &["line"]);
    refused("a.toml", &("rules = ".to_owned() + &"[".repeat(100_000)), &["line 1"]);
    refused("a.toml", &("a.".repeat(100_000) + "b = 1"), &["line 1"]);
    refused("a.yml", "rules: [", &["line"]);
    refused("a.yml", "rulez: []", &["no list `rules`"]);
    refused("a.toml", "x = 1", &["neither"]);
    refused("a.json", "{}", &["neither"]);
    let allowed = (0..5_000).map(|i| format!("'a{i}',")).collect::<String>();
    refused("a.toml", &format!("[allowlist]\nregexes = [{allowed}]\n"), &["exceptions", "shorten"]);
    let unknown: String = (0..30_000).map(|i| format!("k{i} = 1\n")).collect();
    refused("a.toml", &(unknown + &rule("x", "acme_x")), &["mean nothing here"]);
    let greedy: String = (0..300).map(|i| rule(&format!("r{i}"), "acme(?:[a-z]{900}){20}")).collect();
    refused("a.toml", &greedy, &["rule r", "steps"]);
    let bomb = format!(
        "a: &a [{}]\nrules:\n{}",
        "x,".repeat(20_000),
        "- {id: a.b, pattern: acme_x, examples: *a}\n".repeat(4_000)
    );
    refused("a.yml", &bomb, &["MiB of text"]);
}

#[test]
fn a_mistake_in_a_file_of_ones_own_names_its_rule() {
    let wrong = |from: &str, to: &str, says: &[&str]| refused("own.toml", &OWN.replace(from, to), says);
    wrong("generic_secret", "no_such_kind", &["rule acme-robot-key", "kind of credential"]);
    wrong("vendor = \"Acme\"", "", &["rule acme-robot-key", "vendor"]);
    wrong("(?P<secret>", "(?P<secret", &["rule acme-robot-key", "pattern"]);
    wrong("'^fixtures/'", "'('", &["except"]);
    wrong("after = 64", "afterwards = 64", &["line", "afterwards"]);
    wrong("after = 64", "after = 64000", &["rule acme-robot-key", "window"]);
    wrong("acmerobot-\"]", "\"]", &["rule acme-robot-key", "at least 3 bytes"]);
    let twice = book(&[("a.toml", OWN), ("b.toml", OWN)]).unwrap_err();
    assert!(twice.contains("b.toml: rule acme-robot-key: its id is used twice"), "{twice}");
}

fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("rules:\n"),
        Just("- name: Acme\n  id: acme.1\n"),
        Just("  pattern: 'acme([a-z]{9})'\n"),
        Just("  pattern: |\n    (?x) acme ( [a-z]+ )\n"),
        Just("  pattern: '(?<=a)b'\n"),
        Just("  pattern: [1]\n"),
        Just("  examples: &x [a, b]\n"),
        Just("  negative_examples: *x\n"),
        Just("  depends_on_rule:\n  - rule_id: acme.1\n"),
        Just("  pattern_requirements: {min_digits: 99, ignore_if_contains: [a], checksum: x}\n"),
        Just("  min_entropy: .nan\n"),
        Just("  confidence: 3\n"),
        Just("---\n"),
        Just("? [a]\n: b\n"),
    ];
    prop::collection::vec(prop_oneof![4 => piece.prop_map(str::to_owned), 1 => "\\PC{0,12}\n?"], 0..12)
        .prop_map(|pieces| pieces.concat())
}

fn toml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[[rules]]\n"),
        Just("[[rule]]\n"),
        Just("id = \"acme\"\n"),
        Just("id = 5\n"),
        Just("regex = '''acme([a-z{]{9})'''\n"),
        Just("regex = '''(?i)[a-z]+[[:alpha:]-]'''\n"),
        Just("regex = '''[^]'''\n"),
        Just("pattern = 'acme_(?P<secret>x+)'\nanchors = ['acme_']\n"),
        Just("keywords = [\"acme\", \"\"]\n"),
        Just("secretGroup = -1\n"),
        Just("secretGroup = 9999999999\n"),
        Just("entropy = \"x\"\n"),
        Just("path = '''('''\n"),
        Just("[[rules.allowlists]]\nregexTarget = \"line\"\nregexes = ['''a''', '''(''']\n"),
        Just("[rules.allowlist]\ncondition = \"AND\"\nstopwords = [\"a\"]\npaths = [1]\n"),
        Just("[allowlist]\nstopwords = [\"é\"]\n"),
        Just("[extend]\nuseDefault = true\n"),
        Just("vendor = \"a\"\nprovider = \"a\"\n"),
        Just("disable = [\"generic-secret\"]\n"),
    ];
    prop::collection::vec(prop_oneof![6 => piece.prop_map(str::to_owned), 1 => "\\PC{0,12}\n?"], 0..10)
        .prop_map(|pieces| pieces.concat())
}

#[test]
fn a_file_of_which_no_rule_can_be_read_is_an_error_that_says_why() {
    let lookaround = "[[rules]]\nid = \"a\"\nregex = '(?=b)c'\n";
    for (name, text, why) in
        [("a.toml", lookaround, "`a`: "), ("b.toml", "vendor = \"acme\"\n", "holds none")]
    {
        let error = book(&[(name, text)]).err().unwrap();
        assert!(error.contains("no rule") && error.contains(why), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_yaml_is_read_or_refused(text in yaml_like(), scanned in "(acme|[a-z ]){0,20}") {
        if let Ok(book) = book(&[("a.yml", &text)]) {
            Engine::new(book.own_rules(), FingerprintKey::new([7; 32])).scan(scanned.as_bytes());
        }
    }

    #[test]
    fn any_toml_is_read_or_refused(text in toml_like(), scanned in "(acme|[a-z ]){0,20}") {
        if let Ok(book) = book(&[("a.toml", &text)]) {
            Engine::new(book.own_rules(), FingerprintKey::new([7; 32])).scan(scanned.as_bytes());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", yaml in any::<bool>()) {
        let _ = book(&[(if yaml { "a.yml" } else { "a.toml" }, &text)]);
    }

    #[test]
    fn any_regex_is_carried_over_or_listed(regex in "(acme|[a-c]|\\[|\\]|\\(|\\)|\\{|\\}|[-?*+|^$.&~<>:=!PQE#x0-9]|\\\\){0,16}") {
        let text = format!("[[rules]]\nid = \"r\"\nregex = '''{regex}'''\nkeywords = [\"acme\"]\n");
        if let Ok(book) = book(&[("a.toml", &text)]) {
            prop_assert!(regex.is_empty() || book.brought() == 1 || !book.not_carried().is_empty());
        }
        let quoted = regex.replace('\'', "''");
        let text = format!("rules:\n- id: r.1\n  pattern: '{quoted}'\n");
        if let Ok(book) = book(&[("a.yml", &text)]) {
            prop_assert!(book.brought() == 1 || !book.not_carried().is_empty());
        }
    }
}
