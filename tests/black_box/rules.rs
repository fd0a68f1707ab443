//! Rules of the user's own, and rules from elsewhere: what the program says of them, and what it finds by them.

use crate::program::{Home, Ran, github_token};

/// A gitleaks configuration: a rule that works, one that a linear-time regex cannot run, one setting without a meaning.
const GITLEAKS: &str = r"
[extend]
useDefault = true

[[rules]]
id = 'acme-deploy-key'
description = 'Acme deploy key'
regex = '''\b(acmedk_[0-9a-f]{24})\b'''
keywords = ['acmedk_']

[[rules]]
id = 'acme-look'
regex = '''acme(?=x)[a-z]{9}'''
";

const NOSEY_PARKER: &str = r"
rules:
- name: Acme Session
  id: np.acme.1
  pattern: |
    (?x)
    \b ( acmesess_ [0-9a-z]{20} ) \b   (?# the whole token )
  examples:
  - 'session acmesess_k9q2m4x7t1z8w5b3n6v0'
";

fn deploy_key() -> String {
    ["acmedk_", "9f86d081884c7d659a2feaa0"].concat()
}

fn scan(home: &Home, more: &[&str]) -> Ran {
    let inventory = home.inventory();
    let mut args = vec!["scan", "tree", "--format", "json", "--inventory", &inventory];
    args.extend(more);
    home.run(&args)
}

fn rule_ids(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let secrets = report["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret");
    secrets.map(|finding| finding["rule_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_scan_finds_by_an_imported_rule_and_sums_up_what_it_lacks() {
    let home = Home::new();
    home.write("tree/app.cfg", format!("key {}\n", deploy_key()));
    let gitleaks = home.write("rules.toml", GITLEAKS);
    let without = scan(&home, &[]);
    assert_eq!((without.code, rule_ids(&without)), (0, Vec::<String>::new()));
    let with = scan(&home, &["--rules", gitleaks.to_str().unwrap()]);
    assert_eq!((with.code, rule_ids(&with)), (10, vec!["acme-deploy-key".to_owned()]));
    assert_eq!(
        with.err,
        "tenure: 1 rule from 1 file beside Tenure's own. 1 rule and 1 setting could not be carried over: \
         `tenure rules check --rules …` lists them.\n"
    );
    let report = with.json();
    assert_eq!(report["findings"][0]["title"], "Acme deploy key");
    assert_ne!(report["tool"]["ruleset"], without.json()["tool"]["ruleset"]);
    assert!(!with.out.contains(&deploy_key()), "the value stays inside");
    let identity = &report["identities"][0];
    assert_eq!((&identity["kind"], &identity["provider"]), (&"imported_secret".into(), &"imported".into()));
}

#[test]
fn a_rule_of_tenures_own_wins_over_an_imported_one_that_depends_on_paths() {
    let home = Home::new();
    home.write("tree/app.cfg", format!("GITHUB={}\n", github_token()));
    let rule = "[allowlist]\npaths = ['^gen/']\n[[rules]]\nid = 'any'\nregex = 'ghp_[0-9A-Za-z]{36}'\n";
    home.write("rules.toml", rule);
    assert_eq!(rule_ids(&scan(&home, &["--rules", "rules.toml"])), ["github-pat"]);
    home.write("off.toml", "disable = ['github-pat']\n");
    let ran = scan(&home, &["--rules", "rules.toml", "--rules", "off.toml"]);
    assert_eq!(rule_ids(&ran), ["any"], "where Tenure's own is switched off");
}

#[test]
fn a_folder_of_rules_in_two_formats_is_read() {
    let home = Home::new();
    home.write("rules/one.toml", GITLEAKS);
    home.write("rules/deep/two.yaml", NOSEY_PARKER);
    home.write("rules/README.md", "not a rule file\n");
    home.write(
        "tree/a.conf",
        format!("{}\nacmesess_{}\n", deploy_key(), ["k9q2m4x7t1", "z8w5b3n6v0"].concat()),
    );
    let ran = scan(&home, &["--rules", "rules"]);
    assert_eq!(rule_ids(&ran), ["acme-deploy-key", "np.acme.1"]);
    assert!(ran.err.starts_with("tenure: 2 rules from 2 files"), "{}", ran.err);
    home.write("empty/README.md", "nothing\n");
    let ran = scan(&home, &["--rules", "empty"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no file in it ends with"), "{}", ran.err);
}

#[test]
fn check_lists_everything_that_was_not_carried_over() {
    let home = Home::new();
    home.write("rules.toml", GITLEAKS);
    let ran = home.run(&["rules", "check", "--rules", "rules.toml"]);
    assert_eq!(ran.code, 3, "a rule is missing: {}", ran.err);
    assert_eq!(
        ran.err,
        "Not carried over:\n  \
         rules.toml: acme-look: regex: lookaround: a linear-time regex has none\n\
         Carried over without:\n  \
         rules.toml: the whole file: extend.useDefault: Tenure's own rules take the place of the default ones\n"
    );
    assert!(ran.out.contains("1 rules bring no example along"), "{}", ran.out);
    home.write("np.yml", NOSEY_PARKER);
    let ran = home.run(&["rules", "check", "--rules", "np.yml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "1 rules, 1 examples and counter-examples: all hold\n");
    home.write("np.yml", NOSEY_PARKER.replace("'session acmesess_", "'session acmesess-"));
    let ran = home.run(&["rules", "check", "--rules", "np.yml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("np.acme.1: example 1 does not match"), "{}", ran.err);
}

#[test]
fn list_and_show_know_the_users_rules() {
    let home = Home::new();
    home.write("np.yml", NOSEY_PARKER);
    let ran = home.run(&["rules", "list", "--rules", "np.yml"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.lines().any(|line| line.starts_with("np.acme.1 ")), "{}", ran.out);
    assert!(ran.out.contains("github-pat"), "Tenure's own stay on the list");
    let ran = home.run(&["rules", "show", "np.acme.1", "--rules", "np.yml"]);
    assert!(ran.out.contains("Acme Session"), "{}", ran.out);
    assert_eq!(home.run(&["rules", "show", "np.acme.1"]).code, 2);
}

#[test]
fn a_file_of_ones_own_switches_a_rule_off_and_the_scan_says_so() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB={}\n", github_token()));
    home.write("off.toml", "disable = ['github-pat', 'generic-secret']\n");
    assert_eq!(rule_ids(&scan(&home, &[])), ["github-pat"]);
    let ran = scan(&home, &["--rules", "off.toml"]);
    assert_eq!((ran.code, rule_ids(&ran)), (0, Vec::<String>::new()));
    assert!(
        ran.err.contains("2 rules of Tenure's own switched off or replaced: github-pat, generic-secret."),
        "{}",
        ran.err
    );
    assert_eq!(ran.json()["tool"]["disabled_rules"].as_array().unwrap().len(), 2);
    let said = home.run(&["scan", "tree", "--no-inventory", "--rules", "off.toml"]).out;
    assert!(said.contains("switched off or replaced: github-pat, generic-secret."), "{said}");
    assert_eq!(rule_ids(&scan(&home, &[])), ["github-pat"], "no memory of the switched-off rule");
}

#[test]
fn a_rule_file_changes_what_history_is_known_to_hold() {
    let home = Home::new();
    let repo = home.path("tree");
    home.write("tree/app.cfg", format!("key {}\n", deploy_key()));
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    home.git(&repo, &["rm", "-q", "app.cfg"]);
    home.git(&repo, &["commit", "-q", "-m", "Two"]);
    home.write("rules.toml", GITLEAKS);
    assert_eq!(rule_ids(&scan(&home, &[])), Vec::<String>::new());
    let ran = scan(&home, &["--rules", "rules.toml"]);
    assert_eq!(rule_ids(&ran), ["acme-deploy-key"], "an earlier scan's result is not taken for this one's");
    assert_eq!(ran.json()["scan"]["counts"]["cached_blobs"], 0);
}

#[test]
fn bad_rule_files_are_refused_before_anything_is_written() {
    let home = Home::new();
    home.write("tree/a.conf", "hello\n");
    home.write("huge.toml", "[[rules]]\nid = 'huge'\nregex = '''acme[a-z]{1000}{1000}{2}'''\n");
    home.write("many.yml", "rules:\n".to_owned() + &"- {id: a.b, pattern: acme_x}\n".repeat(100_000));
    home.write("deep.yml", "rules: ".to_owned() + &"[".repeat(100_000));
    home.write("broken.toml", "[[rules]\n");
    home.write("binary.toml", [0xffu8, 0xfe, 0x00]);
    home.write("mistake.toml", "vendor = 'A'\nprovider = 'a'\n[[rule]]\nid = 'x'\ntitle = 'X'\n");
    for (file, says) in [
        (
            "huge.toml",
            "huge.toml: rule huge: its pattern compiles to more than 4 MiB: shorten its repetitions",
        ),
        ("many.yml", "many.yml: "),
        ("deep.yml", "deep.yml: is not read: line 1"),
        ("broken.toml", "broken.toml: line 1"),
        ("binary.toml", "cannot read rules from binary.toml: it is no UTF-8 text"),
        ("mistake.toml", "mistake.toml: line 3: missing field `credential`"),
        ("missing.toml", "cannot read rules from missing.toml: there is no such file or folder"),
    ] {
        for verb in [&["scan", "tree"][..], &["rules", "check"], &["rules", "list"]] {
            let ran = home.run(&[verb, &["--rules", file]].concat());
            assert_eq!(ran.code, 2, "{file} {verb:?}: {}", ran.err);
            assert!(ran.err.contains(says), "{file} {verb:?}: {}", ran.err);
            assert_eq!(ran.out, "");
        }
    }
    assert!(!home.path(".local").exists() && !home.path("data").exists(), "no inventory is made");
}
