//! Configuration: the user's own counts, a repository's is data, and nothing is left out in silence.

use serde_json::Value;

use crate::program::{Home, Ran, github_token};

/// A folder with a token in a file of its own and another in one of somebody else's.
fn tree(home: &Home) {
    home.write("tree/app/deploy.env", format!("GITHUB={}\n", github_token()));
    home.write("tree/vendor/lib/old.env", format!("GITHUB={}\n", github_token()));
}

fn scan(home: &Home, more: &[&str]) -> Ran {
    let inventory = home.inventory();
    let mut args = vec!["scan", "tree", "--inventory", &inventory];
    args.extend(more);
    home.run(&args)
}

fn configured(home: &Home, text: &str) -> Ran {
    home.write("tenure.toml", text);
    scan(home, &["--config", "tenure.toml"])
}

fn findings(report: &Value) -> Vec<(&str, &str, &Value)> {
    let found = report["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret");
    found.map(|f| (f["path"].as_str().unwrap(), f["severity"].as_str().unwrap(), &f["suppressed"])).collect()
}

#[test]
fn a_file_gives_flags_their_defaults_and_flags_win() {
    let home = Home::new();
    tree(&home);
    home.write("rules.toml", "[[rules]]\nid = 'acme'\nregex = 'acme_[0-9]{20}'\n");
    let ran =
        configured(&home, "[scan]\nformat = 'json'\nfail-on = 'never'\njobs = 1\nrules = ['rules.toml']\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 rule from 1 file"), "{}", ran.err);
    let told = &ran.json()["scan"]["configurations"][0];
    assert_eq!(told["settings"], serde_json::json!(["fail-on", "format", "jobs", "rules"]));
    let ran = scan(&home, &["--config", "tenure.toml", "--fail-on", "critical", "--format", "csv"]);
    assert_eq!(ran.code, 10, "{}", ran.err);
    assert!(ran.out.starts_with("\"record\","), "{}", ran.out);
}

#[test]
fn what_is_left_out_is_not_opened_and_is_told() {
    let home = Home::new();
    tree(&home);
    let ran = configured(&home, "[scan]\nformat = 'json'\n[paths]\nexclude = ['vendor/']\n");
    let report = ran.json();
    assert_eq!((ran.code, &report["scan"]["complete"]), (10, &true.into()));
    assert_eq!(report["scan"]["counts"]["files"], 1, "what is left out does not look read");
    let row = &report["scan"]["unread"][0];
    assert_eq!((&row["path"], &row["state"]), (&"vendor".into(), &"excluded".into()));
    assert_eq!(row["detail"], "1 file left out by `vendor/` in tenure.toml");
    assert_eq!(findings(&report), [("app/deploy.env", "critical", &Value::Null)]);
    for format in ["human", "markdown", "html", "csv", "sarif", "gitlab", "jsonl"] {
        let ran = scan(&home, &["--config", "tenure.toml", "--format", format]);
        assert!(ran.out.contains("left out by"), "{format}: {}", ran.out);
    }
    // Everything left out is no clean bill of health either.
    let ran = configured(&home, "[paths]\nexclude = ['**']\n");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Left out: app (1 file left out by `**`"), "{}", ran.out);
    assert!(!ran.out.contains("Everything was read"), "{}", ran.out);
}

#[test]
fn what_was_found_before_is_not_gone_because_it_is_left_out() {
    let home = Home::new();
    tree(&home);
    scan(&home, &[]);
    configured(&home, "[paths]\nexclude = ['vendor']\n");
    let inventory = home.inventory();
    let list = home.run(&["inventory", "list", "--inventory", &inventory, "--format", "json"]).json();
    let id = list[0]["id"].as_str().unwrap();
    let shown = home.run(&["inventory", "show", id, "--inventory", &inventory, "--format", "json"]).json();
    let paths: Vec<&Value> = shown["findings"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
    assert!(paths.contains(&&"vendor/lib/old.env".into()), "{paths:?}");
}

#[test]
fn a_rule_is_switched_off_or_weighs_otherwise_and_the_report_says_so() {
    let home = Home::new();
    tree(&home);
    let ran = configured(&home, "[scan]\nformat = 'json'\n[rules]\noff = ['github-pat']\n");
    assert_eq!((ran.code, findings(&ran.json()).len()), (0, 0));
    assert_eq!(ran.json()["identities"], serde_json::json!([]), "nothing of it is left");
    assert_eq!(ran.json()["scan"]["configurations"][0]["rules_off"], serde_json::json!(["github-pat"]));
    let ran = configured(&home, "[scan]\nformat = 'json'\n[rules.severity]\ngithub-pat = 'low'\n");
    assert_eq!(ran.code, 0);
    assert!(findings(&ran.json()).iter().all(|(_, severity, _)| *severity == "low"), "{}", ran.out);
    let ran = configured(&home, "[rules]\noff = ['github-pta']\n");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("tenure.toml: line 2: there is no rule `github-pta`"), "{}", ran.err);
}

#[test]
fn what_is_allowed_stays_in_the_report_until_its_day_is_over() {
    let home = Home::new();
    tree(&home);
    let report = scan(&home, &["--format", "json"]).json();
    let finding = &report["findings"].as_array().unwrap()[0];
    let (id, print) = (finding["id"].as_str().unwrap(), finding["fingerprint"].as_str().unwrap());
    let allow = |what: &str, more: &str| {
        let text = format!("[scan]\nformat = 'json'\n[[allow]]\n{what}\nreason = 'a sample'\n{more}\n");
        let ran = configured(&home, &text);
        let suppressed = findings(&ran.json()).iter().filter(|(_, _, reason)| !reason.is_null()).count();
        let told = ran.json()["scan"]["configurations"][0].clone();
        (ran.code, suppressed, told["allow_expired"].clone(), told["allow_unmatched"].clone())
    };
    let zero = Value::from(0);
    assert_eq!(allow(&format!("fingerprint = '{print}'"), ""), (0, 2, zero.clone(), zero.clone()));
    assert_eq!(
        allow(&format!("finding = '{id}'"), "expires = 2999-12-31"),
        (0, 1, zero.clone(), zero.clone())
    );
    assert_eq!(
        allow(&format!("fingerprint = '{print}'"), "expires = 2020-01-31"),
        (10, 0, 1.into(), zero.clone())
    );
    assert_eq!(allow("finding = 'f_00'", ""), (10, 0, zero, 1.into()));
    let ran = scan(&home, &["--config", "tenure.toml", "--format", "jsonl"]);
    assert!(ran.out.lines().filter(|line| line.contains("\"type\":\"finding\"")).count() >= 2, "{}", ran.out);
}

#[test]
fn streamed_findings_say_that_they_do_not_count() {
    let home = Home::new();
    tree(&home);
    let report = scan(&home, &["--format", "json"]).json();
    let print = report["findings"][0]["fingerprint"].as_str().unwrap();
    home.write("tenure.toml", format!("[[allow]]\nfingerprint = '{print}'\nreason = 'a sample'\n"));
    let ran = scan(&home, &["--config", "tenure.toml", "--format", "jsonl"]);
    let secrets: Vec<&str> =
        ran.out.lines().filter(|line| line.contains("\"rule_id\":\"github-pat\"")).collect();
    assert!(
        !secrets.is_empty() && secrets.iter().all(|line| line.contains("allowed in tenure.toml: a sample")),
        "{}",
        ran.out
    );
}

#[test]
fn a_repositorys_configuration_is_data_until_it_is_trusted() {
    let home = Home::new();
    tree(&home);
    home.write("tree/.tenure.toml", "[scan]\nfail-on = 'never'\n[paths]\nexclude = ['**']\n");
    let ran = scan(&home, &["--format", "json"]);
    let report = ran.json();
    assert_eq!((ran.code, findings(&report).len()), (10, 2), "it changes nothing");
    let told = &report["scan"]["configurations"][0];
    assert_eq!(told["state"], "not_trusted");
    assert!(told["path"].as_str().unwrap().ends_with("/tree/.tenure.toml"), "{told}");
    let ran = scan(&home, &[]);
    assert!(ran.out.contains("Not applied:"), "{}", ran.out);
    let ran = scan(&home, &["--format", "json", "--trust-repo-config"]);
    assert_eq!((ran.code, findings(&ran.json()).len()), (0, 0));
    assert_eq!(ran.json()["scan"]["configurations"][0]["state"], "applied");
    // Broken, it is an error only for who trusts it.
    home.write("tree/.tenure.toml", "[pahts\n");
    assert_eq!(scan(&home, &[]).code, 10);
    let ran = scan(&home, &["--trust-repo-config"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".tenure.toml: line 1"), "{}", ran.err);
}

#[test]
fn a_trusted_repository_speaks_about_itself_alone() {
    let home = Home::new();
    tree(&home);
    home.write("other/a.env", format!("GITHUB={}\n", github_token()));
    home.write("tree/.tenure.toml", "[scan]\nfail-on = 'never'\n[rules]\noff = ['github-pat']\n");
    home.write("tree/deep/.tenure.toml", "[paths]\nexclude = ['app']\n");
    let inventory = home.inventory();
    let ran = home.run(&[
        "scan",
        "tree",
        "other",
        "--trust-repo-config",
        "--format",
        "json",
        "--inventory",
        &inventory,
    ]);
    let report = ran.json();
    assert_eq!(ran.code, 10, "a default of a flag speaks about the whole run");
    assert_eq!(findings(&report), [("a.env", "critical", &Value::Null)]);
    let told = report["scan"]["configurations"].as_array().unwrap();
    assert_eq!(told[0]["settings_left_out"], serde_json::json!(["fail-on"]));
    assert_eq!(told[1]["state"], "not_at_root");
}

#[test]
fn the_users_file_wins_over_a_trusted_repositorys() {
    let home = Home::new();
    tree(&home);
    home.write("tree/.tenure.toml", "[scan]\nformat = 'csv'\njobs = 1\n[rules]\noff = ['github-pat']\n");
    home.write("tenure.toml", "[scan]\nformat = 'json'\n[rules.severity]\ngithub-pat = 'medium'\n");
    let ran = scan(&home, &["--config", "tenure.toml", "--trust-repo-config"]);
    let report = ran.json();
    assert_eq!(findings(&report).len(), 2, "a rule that the user speaks about stays on");
    assert!(findings(&report).iter().all(|(_, severity, _)| *severity == "medium"));
    let told = report["scan"]["configurations"].as_array().unwrap();
    assert_eq!(told[1]["settings"], serde_json::json!(["jobs"]));
}

#[test]
fn a_trusted_repository_names_nothing_outside_and_writes_nothing() {
    let home = Home::new();
    tree(&home);
    home.write("rules.toml", "disable = ['github-pat']\n");
    let refused = |text: &str, expected: &str| {
        home.write("tree/.tenure.toml", text);
        let ran = scan(&home, &["--trust-repo-config"]);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.err.contains(expected), "{text}: {}", ran.err);
    };
    refused("[scan]\nrules = '../rules.toml'\n", "lies outside of the repository");
    let outside = home.path("rules.toml");
    refused(&format!("[scan]\nrules = ['{}']\n", outside.display()), "lies outside of the repository");
    refused("[scan]\noutput = 'report.json'\n", "`output` is no flag that a file may set");
    refused("[scan]\ninventory = 'x.sqlite'\n", "`inventory` is no flag that a file may set");
    refused("[scan]\nwrite-baseline = 'x.json'\n", "`write-baseline` is no flag");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, home.path("tree/inside.toml")).unwrap();
        refused("[scan]\nrules = 'inside.toml'\n", "lies outside of the repository");
        std::fs::remove_file(home.path("tree/.tenure.toml")).unwrap();
        std::os::unix::fs::symlink(&outside, home.path("tree/.tenure.toml")).unwrap();
        let ran = scan(&home, &["--trust-repo-config"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("it is no plain file"), "{}", ran.err);
    }
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    let home = Home::new();
    tree(&home);
    for (text, expected) in [
        ("[scan]\nformat = 'xml'\n", "line 2: invalid value 'xml' for '--format"),
        ("[scan]\n\njobs = 0\n", "line 3: invalid value"),
        ("[scan]\nquiet = 'yes'\n", "line 2: it takes true or false"),
        ("[scan]\nformat = true\n", "line 2: it takes a value"),
        ("[scan]\nformat = ['json']\n", "line 2: it takes one value"),
        ("[output]\n", "line 1: unknown field `output`, expected one of"),
    ] {
        let ran = configured(&home, text);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.err.contains(expected), "{text}: {}", ran.err);
    }
    home.write("tenure.toml", vec![b'#'; (1 << 20) + 1]);
    let ran = scan(&home, &["--config", "tenure.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("larger than 1 MiB"), "{}", ran.err);
    assert_eq!(scan(&home, &["--config", "missing.toml"]).code, 2);
    assert!(!home.path("data").exists(), "nothing is written for a run that cannot begin");
}

#[test]
fn the_schema_of_a_configuration_knows_the_flags() {
    let schema = Home::new().run(&["schema", "config"]).json();
    let scan = &schema["properties"]["scan"];
    assert_eq!(scan["additionalProperties"], false);
    assert_eq!(scan["properties"]["fail-on"]["enum"][0], "never");
    assert_eq!(scan["properties"]["jobs"]["type"], "integer");
    assert_eq!(scan["properties"]["history"]["type"], "boolean");
    assert!(scan["properties"].get("output").is_none());
}

#[test]
fn a_secret_in_a_configuration_is_covered_where_reports_repeat_it() {
    let home = Home::new();
    let token = github_token();
    home.write(&format!("tree/{token}/a.txt"), "nothing\n");
    home.write("tree/deploy.env", format!("GITHUB={token}\n"));
    let print = scan(&home, &["--format", "json"]).json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "deploy.env")
        .unwrap()["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let text = format!(
        "[paths]\nexclude = ['{token}']\n[[allow]]\nfingerprint = '{print}'\nreason = 'it is {token}'\n"
    );
    home.write("tenure.toml", text);
    for format in ["json", "human", "jsonl", "sarif"] {
        let ran = scan(&home, &["--config", "tenure.toml", "--format", format]);
        assert!(ran.out.contains("it is ghp_****") || format == "human", "{format}: {}", ran.out);
        assert!(!ran.out.contains(&token) && !ran.err.contains(&token), "{format}: {}", ran.out);
    }
    home.write("tenure.toml", format!("[rules]\noff = ['{token}']\n"));
    let ran = scan(&home, &["--config", "tenure.toml"]);
    assert!(ran.code == 2 && !ran.err.contains(&token), "{}", ran.err);
}
