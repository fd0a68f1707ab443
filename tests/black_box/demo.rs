//! The demo is the whole product in miniature.

use serde_json::Value;

use crate::program::Home;

fn demo(home: &Home) -> Value {
    let ran = home.run(&["demo", "world", "--format", "json", "--inventory", &home.inventory()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.json()
}

fn identity<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut named = report["identities"].as_array().unwrap().iter().filter(|i| i["name"] == name);
    let found = named.next().unwrap_or_else(|| panic!("no identity is called {name}"));
    assert!(named.next().is_none(), "{name} is one identity, not several");
    found
}

#[test]
fn a_key_in_history_and_the_same_key_in_an_export_are_one_identity() {
    let report = demo(&Home::new());
    let user = identity(&report, "svc-payments-deploy");
    assert_eq!(user["kind"], "aws_iam_user");
    assert_eq!(user["native_id"], "arn:aws:iam::123456789012:user/svc-payments-deploy");
    assert_eq!(user["owner"]["name"], "@acme/payments");
    assert_eq!(user["privilege"]["level"], "scoped");
    let keys: Vec<&Value> =
        user["credentials"].as_array().unwrap().iter().filter(|c| c["kind"] == "aws_access_key").collect();
    assert_eq!(keys.len(), 1, "report slot, key list and leaked key are one credential: {keys:#?}");
    assert_eq!(keys[0]["state"], "active");
    let leaked = report["findings"].as_array().unwrap().iter().any(|finding| {
        finding["rule_id"] == "aws-secret-access-key"
            && finding["path"] == "scripts/release.sh"
            && finding["in_tree"] == false
            && finding["in_history"] == true
            && finding["identity_id"] == user["id"]
    });
    assert!(leaked, "the secret in history belongs to the same identity");
}

#[test]
fn owners_come_with_a_reason() {
    let report = demo(&Home::new());
    let database = identity(&report, "legacy_etl@orders-db.acme.test:5432/orders");
    assert_eq!(database["owner"]["state"], "declared");
    assert_eq!(database["owner"]["name"], "@acme/data");
    assert_eq!(database["owner"]["basis"][0]["source"], "codeowners");
    assert_eq!(database["owner"]["basis"][0]["path"], ".github/CODEOWNERS");
    assert_eq!(identity(&report, "svc-terraform")["owner"]["state"], "unknown");
}

#[test]
fn the_plan_offers_a_patch_that_git_accepts() {
    let home = Home::new();
    demo(&home);
    let ran = home.run(&["plan", "--inventory", &home.inventory(), "--out", "plan", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let plan = ran.json();
    let entry =
        plan["entries"].as_array().unwrap().iter().find(|e| e["name"] == "AWS_ACCESS_KEY_ID").unwrap();
    assert_eq!(entry["migration"]["recipe"], "github_actions_aws_oidc");
    let patch = entry["migration"]["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["kind"] == "workflow_patch")
        .unwrap();
    let file =
        home.path("plan").join(entry["identity_id"].as_str().unwrap()).join(patch["path"].as_str().unwrap());
    home.git(&home.path("world/payments"), &["apply", "--check", file.to_str().unwrap()]);
    assert!(std::fs::read_to_string(home.path("plan/plan.md")).unwrap().contains("AWS_ACCESS_KEY_ID"));
}

#[test]
fn an_identity_page_answers_in_order() {
    let home = Home::new();
    demo(&home);
    let ran = home.run(&["inventory", "show", "RELEASE_BOT_PAT", "--inventory", &home.inventory()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for text in [
        "RELEASE_BOT_PAT",
        "owner",
        "readiness",
        "CI job propose at .github/workflows/release-bot.yml",
        "next",
    ] {
        assert!(ran.out.contains(text), "{text} is missing:\n{}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "80 columns are enough:\n{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colour when piped");
    // A table shows the beginning of an id, and that is enough to ask with.
    let id = ran.out.split_whitespace().find(|word| word.starts_with("i_")).unwrap();
    let again =
        home.run(&["inventory", "show", &format!("{}…", &id[..13]), "--inventory", &home.inventory()]);
    assert_eq!((again.code, again.out), (0, ran.out.clone()));
    assert_eq!(home.run(&["inventory", "show", "i_", "--inventory", &home.inventory()]).code, 2);
}

#[test]
fn the_demo_leaves_a_folder_with_something_in_it_alone() {
    let home = Home::new();
    home.write("mine/notes.txt", "mine");
    assert_eq!(home.run(&["demo", "mine"]).code, 2);
    assert_eq!(std::fs::read_dir(home.path("mine")).unwrap().count(), 1);
}
