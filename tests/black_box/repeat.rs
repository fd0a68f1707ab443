//! A second scan: the same identities, only new things read, gone things marked.

use crate::program::{Home, github_token, password};

/// Paths of the secrets that were found.
fn secret_paths(report: &serde_json::Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let secrets = findings.filter(|finding| finding["category"] == "secret");
    secrets.map(|finding| finding["path"].as_str().unwrap()).collect()
}

#[test]
fn a_second_scan_keeps_ids_and_reads_only_what_is_new() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/a.env", format!("GITHUB_TOKEN={}\n", github_token()));
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    let (_, first) = home.scan(&repo);
    assert_eq!(first["scan"]["counts"]["cached_blobs"], 0);
    home.write("repo/b.env", format!("DB_PASSWORD={}\n", password()));
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "Two"]);
    let (_, second) = home.scan(&repo);
    assert_eq!(second["scan"]["counts"]["cached_blobs"], 1, "the first blob is known");
    let ids = |report: &serde_json::Value| -> Vec<String> {
        report["identities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(ids(&first).iter().all(|id| ids(&second).contains(id)), "identities keep their ids");
    let found = second["findings"].as_array().unwrap().iter().find(|f| f["path"] == "a.env").unwrap();
    assert_eq!(found["id"], first["findings"][0]["id"], "findings keep their ids");
    assert_eq!((&found["in_tree"], &found["in_history"]), (&true.into(), &true.into()));
}

#[test]
fn a_submodule_and_a_linked_work_tree_are_read_once() {
    let home = Home::new();
    let (part, repo) = (home.path("part"), home.path("all/repo"));
    home.write("part/old.env", format!("GITHUB_TOKEN={}\n", github_token()));
    home.git(&part, &["init", "-q"]);
    home.git(&part, &["add", "."]);
    home.git(&part, &["commit", "-q", "-m", "One"]);
    home.git(&part, &["rm", "-q", "old.env"]);
    home.git(&part, &["commit", "-q", "-m", "Two"]);
    home.write("all/repo/a.txt", "hello\n");
    home.git(&repo, &["init", "-q"]);
    home.git(
        &repo,
        &["-c", "protocol.file.allow=always", "submodule", "add", "-q", part.to_str().unwrap(), "part"],
    );
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    home.git(&repo, &["worktree", "add", "-q", home.path("all/second").to_str().unwrap()]);
    let (_, report) = home.scan(&home.path("all"));
    let places = secret_paths(&report);
    assert_eq!(places, ["repo/part/old.env"]);
}

#[test]
fn what_is_gone_leaves_the_list() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB_TOKEN={}\n", github_token()));
    home.write("tree/b.env", format!("DB_PASSWORD={}\n", password()));
    home.scan(&home.path("tree"));
    std::fs::remove_file(home.path("tree/a.env")).unwrap();
    let (_, second) = home.scan(&home.path("tree"));
    assert_eq!(secret_paths(&second), ["b.env"]);
    let list = home.run(&["inventory", "list", "--format", "json", "--inventory", &home.inventory()]).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB_TOKEN={}\nDB_PASSWORD={}\n", github_token(), password()));
    home.write("tree/sub/b.env", format!("DB_PASSWORD={}\n", password()));
    let strip = |mut report: serde_json::Value| {
        for key in ["id", "started_at", "finished_at"] {
            report["scan"][key] = serde_json::Value::Null;
        }
        for identity in report["identities"].as_array_mut().unwrap() {
            identity["first_seen_at"] = serde_json::Value::Null;
        }
        serde_json::to_string_pretty(&report).unwrap()
    };
    let (_, first) = home.scan(&home.path("tree"));
    let (_, second) = home.scan(&home.path("tree"));
    assert_eq!(strip(first), strip(second));
}

#[test]
fn a_baseline_suppresses_what_is_known_and_nothing_else() {
    let home = Home::new();
    home.write("tree/a.env", format!("GITHUB_TOKEN={}\n", github_token()));
    let scan =
        |more: &[&str]| home.run(&[&["scan", "tree", "--no-inventory", "--format", "json"], more].concat());
    assert_eq!(scan(&["--write-baseline", "known.json"]).code, 10);
    let ran = scan(&["--baseline", "known.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.json()["findings"][0]["suppressed"], "baseline: no reason given");
    home.write("tree/b.env", format!("STRIPE={}\n", ["sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"].concat()));
    assert_eq!(scan(&["--baseline", "known.json"]).code, 10, "a new finding counts");
    home.write("broken.json", "{}");
    assert_eq!(scan(&["--baseline", "broken.json"]).code, 2);
}

#[test]
fn a_damaged_archive_keeps_nothing_else_from_being_seen_to_be_gone() {
    let home = Home::new();
    home.write("tree/a.env", format!("DB_PASSWORD={}\n", password()));
    home.write("tree/CODEOWNERS", "* @acme/payments\n");
    home.write("tree/bad.zip", b"PK\x03\x04 and no more");
    let (_, first) = home.scan(&home.path("tree"));
    assert_eq!(first["scan"]["complete"], false);
    std::fs::rename(home.path("tree/a.env"), home.path("tree/b.env")).unwrap();
    std::fs::remove_file(home.path("tree/CODEOWNERS")).unwrap();
    let (_, second) = home.scan(&home.path("tree"));
    assert_eq!(secret_paths(&second), ["b.env"]);
    let identity = &second["identities"][0];
    assert_eq!(identity["owner"]["state"], "unknown", "{identity:#}");
    assert_eq!(identity["credentials"][0]["copies"], 1);
    // Nor does any other file that could not be read: it tells of itself alone.
    home.write("tree/deploy.tfstate", "{\"version\": 4, ");
    std::fs::remove_file(home.path("tree/b.env")).unwrap();
    let (_, third) = home.scan(&home.path("tree"));
    assert_eq!(third["scan"]["complete"], false);
    assert!(third["identities"].as_array().unwrap().is_empty(), "{third:#}");
}

#[test]
fn what_lies_below_something_unread_is_not_taken_for_gone() {
    let home = Home::new();
    home.write("tree/shut.zip", b"PK\x03\x04 and no more");
    home.write("tree/a.env", format!("DB_PASSWORD={}\n", password()));
    home.write("tree/deploy.tf.json", "{}");
    home.write("tree/.github/workflows/ci.yml", WORKFLOW);
    home.scan(&home.path("tree"));
    home.write("tree/.github/workflows/ci.yml", "on: push\njobs: [\n");
    std::fs::remove_file(home.path("tree/a.env")).unwrap();
    let (_, second) = home.scan(&home.path("tree"));
    let identities = second["identities"].as_array().unwrap();
    assert_eq!(secret_paths(&second), Vec::<String>::new());
    assert_eq!(
        identities.len(),
        1,
        "the workflow could not be read, so its secret may still be there: {identities:#?}"
    );
}

#[test]
fn a_value_that_two_rules_know_as_well_is_one_finding() {
    let home = Home::new();
    let key = ["f278ea554b7b9c16", "90c1e7a4d2b86f35", "11aa0c9e7d3b5f42", "c4d1e90b7a6f3825"].concat();
    home.write(
        "tree/secrets.yml",
        format!("secret_key_base: {key}{}\n", key.chars().rev().collect::<String>()),
    );
    let (_, report) = home.scan(&home.path("tree"));
    assert_eq!(secret_paths(&report), ["secrets.yml"], "{report:#}");
}

/// A pipeline that is handed a secret.
const WORKFLOW: &str = "on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./ship\n        env:\n          \
                        KEY: ${{ secrets.SHIP_KEY }}\n";
