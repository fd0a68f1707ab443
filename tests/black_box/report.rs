//! Reports as scripts rely on them.

use crate::program::{Home, github_token};

#[test]
fn the_json_report_has_the_contract_s_shape() {
    let home = Home::new();
    home.write("tree/app/a.env", format!("# settings\nGITHUB_TOKEN={}\n", github_token()));
    let (code, report) = home.scan(&home.path("tree"));
    assert_eq!(code, 10);
    assert_eq!(report["schema_version"], "1.0");
    assert_eq!(report["tool"]["name"], "tenure");
    assert_eq!(report["scan"]["complete"], true);
    assert_eq!(report["scan"]["counts"]["files"], 1);
    let finding = &report["findings"][0];
    assert_eq!(finding["rule_id"], "github-pat");
    assert_eq!(finding["category"], "secret");
    assert_eq!(finding["path"], "app/a.env");
    assert_eq!(
        (&finding["start_line"], &finding["start_column"], &finding["end_column"]),
        (&2.into(), &14.into(), &54.into())
    );
    assert_eq!(finding["masked"], "ghp_****");
    assert_eq!(finding["identity_id"], report["identities"][0]["id"]);
    let identity = &report["identities"][0];
    assert_eq!(identity["readiness"]["factors"].as_array().unwrap().len(), 10);
    assert_eq!(identity["readiness"]["band"], "not_assessed", "a bare token is never called ready");
}

#[test]
fn every_line_of_jsonl_has_a_type() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB_TOKEN={}\n", github_token()));
    let ran = home.run(&["scan", "tree", "--format", "jsonl", "--no-inventory"]);
    let types: Vec<String> = ran
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types.first().map(String::as_str), Some("finding"));
    assert!(types.contains(&"identity".to_owned()));
    assert_eq!(types.last().map(String::as_str), Some("summary"));
}

#[test]
fn an_output_file_appears_whole_and_nothing_is_printed() {
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    let ran = home.run(&["scan", "tree", "--no-inventory", "--format", "sarif", "--output", "out.sarif"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let sarif: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.path("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let ran = home.run(&["scan", "tree", "--no-inventory", "--output", "no/such/folder/out.json"]);
    assert_ne!(ran.code, 0);
}

#[test]
fn thresholds_decide_the_exit_code() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB_TOKEN={}\n", github_token()));
    let code = |fail_on: &str| home.run(&["scan", "tree", "--no-inventory", "--fail-on", fail_on]).code;
    assert_eq!((code("never"), code("high"), code("low")), (0, 10, 10));
}

#[test]
fn nothing_is_written_into_a_scanned_folder() {
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    home.git(&home.path("tree"), &["init", "-q"]);
    home.git(&home.path("tree"), &["add", "."]);
    home.git(&home.path("tree"), &["commit", "-q", "-m", "One"]);
    let list = || {
        let ran = std::process::Command::new("find")
            .args([home.path("tree").to_str().unwrap(), "-printf", "%p %s %T@\n"])
            .output()
            .unwrap();
        let mut lines: Vec<String> =
            String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = list();
    home.scan(&home.path("tree"));
    assert_eq!(list(), before);
}

#[test]
fn papers_are_made_from_the_same_tables() {
    let home = Home::new();
    let schema = home.run(&["schema", "report"]).json();
    assert!(schema["properties"]["findings"].is_object());
    assert!(home.run(&["completions", "bash"]).out.contains("--fail-on"));
    assert!(home.run(&["man"]).out.contains("handoff"));
    assert_eq!(home.run(&["schema", "nothing"]).code, 2);
}

#[test]
fn rules_are_proved_by_their_examples() {
    let home = Home::new();
    let ran = home.run(&["rules", "check"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(home.run(&["rules", "show", "github-pat"]).out.contains("checksum"));
    assert_eq!(home.run(&["rules", "show", "no-such-rule"]).code, 2);
    let count = home.run(&["rules", "list", "--format", "json"]).json().as_array().unwrap().len();
    assert!(count >= 80, "{count} rules");
}
