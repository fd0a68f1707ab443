//! `--since REV`: only what is new is told, nothing new is missed, and nobody takes it for a whole scan.

use serde_json::Value;

use crate::program::{Home, Ran, github_token};

/// Passwords that look drawn at random, each its own.
pub(crate) fn secret(nth: usize) -> String {
    let halves = [
        ["Zx81kLm2", "9QpR7tWv"],
        ["h4NbT6yU", "q2WsX9eD"],
        ["rF5gV8mK", "3jL1pZ0c"],
        ["Yd7uB2nQ", "6wE4tR9a"],
    ];
    format!("DB_PASSWORD={}\n", halves[nth].concat())
}

pub(crate) fn commit(home: &Home, repo: &str, message: &str) {
    home.git(&home.path(repo), &["add", "-A", "."]);
    home.git(&home.path(repo), &["commit", "-q", "--allow-empty", "-m", message]);
}

/// A repository whose first commit, tagged `v1`, holds a token in `old.env`.
pub(crate) fn repository(home: &Home) {
    home.write("repo/old.env", format!("GITHUB_TOKEN={}\n", github_token()));
    home.git(&home.path("repo"), &["init", "-q"]);
    commit(home, "repo", "One");
    home.git(&home.path("repo"), &["tag", "v1"]);
}

pub(crate) fn since(home: &Home, path: &str, revision: &str, more: &[&str]) -> Ran {
    let args = ["scan", path, "--no-inventory", "--format", "json", "--since", revision];
    home.run(&[&args, more].concat())
}

/// Paths of the secrets that were found, in order.
pub(crate) fn paths(report: &Value) -> Vec<String> {
    let secrets = report["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret");
    let mut paths: Vec<String> = secrets.map(|f| f["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    paths
}

pub(crate) fn new_paths(home: &Home, path: &str, revision: &str) -> Vec<String> {
    paths(&since(home, path, revision, &[]).json())
}

#[test]
fn what_came_since_is_told_wherever_it_is_and_what_was_there_is_not() {
    let home = Home::new();
    repository(&home);
    home.write("repo/gone.env", secret(0));
    commit(&home, "repo", "Two");
    std::fs::remove_file(home.path("repo/gone.env")).unwrap();
    commit(&home, "repo", "Three");
    home.write("repo/old.env", format!("GITHUB_TOKEN={}\n# more\n{}", github_token(), secret(1)));
    home.write("repo/untracked.env", secret(2));
    let ran = since(&home, "repo", "v1", &[]);
    assert_eq!(ran.code, 10, "{}", ran.err);
    let report = ran.json();
    assert_eq!(paths(&report), ["gone.env", "old.env", "untracked.env"]);
    let found = |path: &str| {
        let found = report["findings"].as_array().unwrap().iter();
        found.clone().find(|f| f["path"] == path && f["category"] == "secret").unwrap().clone()
    };
    assert_eq!(found("old.env")["start_line"], 3, "the token above it is no news");
    assert_eq!(
        (&found("gone.env")["in_tree"], &found("gone.env")["in_history"]),
        (&false.into(), &true.into())
    );
    assert!(found("gone.env")["commit"].is_string());
    assert_eq!(report["scan"]["complete"], true, "what is left out was asked for");
    assert_eq!(report["scan"]["since"]["revision"], "v1");
    assert_eq!(report["scan"]["since"]["commits"][0]["repository"], ".git");
    assert_eq!(report["scan"]["counts"]["commits"], 2);
    let identities = report["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 3, "nothing is said of the token's identity: {identities:#?}");
}

#[test]
fn nothing_new_is_a_clean_end_that_says_what_was_left_out() {
    let home = Home::new();
    repository(&home);
    assert_eq!(home.run(&["scan", "repo", "--no-inventory"]).code, 10);
    let ran = home.run(&["scan", "repo", "--no-inventory", "--since", "v1"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("Only what is new since v1 ("), "{}", ran.out);
    assert!(ran.out.contains("what was there before is not in this"), "{}", ran.out);
    assert!(ran.out.contains("Everything that is new was read"), "{}", ran.out);
    for format in ["markdown", "html", "sarif", "gitlab", "jsonl"] {
        let ran = home.run(&["scan", "repo", "--no-inventory", "--since", "v1", "--format", format]);
        assert!(ran.out.contains("since"), "{format}: {}", ran.out);
        assert_eq!(ran.code, 0, "{format}");
    }
}

#[test]
fn a_copy_is_new_and_a_value_of_the_past_at_its_old_place_is_not() {
    let home = Home::new();
    home.write("repo/a.env", secret(0));
    home.git(&home.path("repo"), &["init", "-q"]);
    commit(&home, "repo", "One");
    home.write("repo/a.env", "# nothing\n");
    home.write("repo/b.env", secret(1));
    commit(&home, "repo", "Two");
    home.git(&home.path("repo"), &["tag", "v1"]);
    home.write("repo/a.env", format!("# again\n{}", secret(0)));
    home.write("repo/copy.env", secret(1));
    std::fs::rename(home.path("repo/b.env"), home.path("repo/moved.env")).unwrap();
    let expected = ["copy.env", "moved.env"];
    assert_eq!(new_paths(&home, "repo", "v1"), expected, "in the work tree");
    commit(&home, "repo", "Three");
    assert_eq!(new_paths(&home, "repo", "v1"), expected, "and committed");
}

#[test]
fn a_value_that_another_rule_knows_by_now_is_no_news() {
    let home = Home::new();
    let value = ["Zx81kLm2", "9QpR7tWv"].concat();
    home.write("repo/a.env", format!("DB_PASSWORD={value}\n"));
    home.git(&home.path("repo"), &["init", "-q"]);
    commit(&home, "repo", "One");
    home.write("repo/a.env", format!("API_TOKEN={value}\n"));
    assert_eq!(new_paths(&home, "repo", "HEAD"), Vec::<String>::new());
}

#[test]
fn what_is_only_staged_and_what_a_commit_says_count() {
    let home = Home::new();
    repository(&home);
    home.git(
        &home.path("repo"),
        &["commit", "-q", "--allow-empty", "-m", &format!("Use GITHUB_TOKEN={}", github_token())],
    );
    home.write("repo/staged.env", secret(0));
    home.git(&home.path("repo"), &["add", "staged.env"]);
    home.write("repo/staged.env", "# nothing\n");
    let told = new_paths(&home, "repo", "v1");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(".git/messages/"));
    assert_eq!(told[1], "staged.env");
    assert_eq!(new_paths(&home, "repo", "HEAD"), ["staged.env"]);
}

#[test]
fn branches_count_and_what_comes_from_others_or_nobody_would_hand_on_does_not() {
    let home = Home::new();
    repository(&home);
    let repo = home.path("repo");
    home.git(&repo, &["checkout", "-q", "-b", "feature"]);
    home.write("repo/feature.env", secret(0));
    commit(&home, "repo", "Feature");
    home.git(&repo, &["checkout", "-q", "main"]);
    home.git(&repo, &["checkout", "-q", "-b", "theirs"]);
    home.write("repo/theirs.env", secret(1));
    commit(&home, "repo", "Theirs");
    home.git(&repo, &["update-ref", "refs/remotes/origin/theirs", "HEAD"]);
    home.git(&repo, &["checkout", "-q", "main"]);
    home.git(&repo, &["branch", "-q", "-D", "theirs"]);
    home.write("repo/old.env", secret(2));
    home.git(&repo, &["stash", "-q"]);
    assert_eq!(new_paths(&home, "repo", "v1"), ["feature.env"]);
    home.git(&repo, &["tag", "v2", "origin/theirs"]);
    assert_eq!(new_paths(&home, "repo", "v1"), ["feature.env"], "nor a tag of another line");
    home.git(&repo, &["checkout", "-q", "v2"]);
    assert_eq!(new_paths(&home, "repo", "v1"), ["feature.env", "theirs.env"], "until it is HEAD");
}

#[test]
fn without_history_only_the_files_of_today_are_compared() {
    let home = Home::new();
    repository(&home);
    home.write("repo/gone.env", secret(0));
    commit(&home, "repo", "Two");
    std::fs::remove_file(home.path("repo/gone.env")).unwrap();
    home.write("repo/new.env", secret(1));
    commit(&home, "repo", "Three");
    home.write("repo/untracked.env", secret(2));
    let report = since(&home, "repo", "v1", &["--no-history"]).json();
    assert_eq!(paths(&report), ["new.env", "untracked.env"]);
    assert_eq!(report["scan"]["complete"], true);
}

#[test]
fn the_stream_holds_the_same_and_a_baseline_still_suppresses() {
    let home = Home::new();
    repository(&home);
    home.write("repo/new.env", secret(0));
    let ran = home.run(&["scan", "repo", "--no-inventory", "--format", "jsonl", "--since", "v1"]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<&Value> =
        lines.iter().filter(|l| l["type"] == "finding" && l["category"] == "secret").collect();
    assert_eq!(found.len(), 1, "{}", ran.out);
    assert_eq!(found[0]["path"], "new.env");
    assert_eq!(lines.last().unwrap()["scan"]["since"]["revision"], "v1");
    let written = since(&home, "repo", "v1", &["--write-baseline", "known.json"]);
    assert_eq!(written.code, 10);
    let ran = since(&home, "repo", "v1", &["--baseline", "known.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    home.write("repo/newer.env", secret(1));
    assert_eq!(since(&home, "repo", "v1", &["--baseline", "known.json"]).code, 10);
}

/// The report without what differs from run to run.
fn lasting(mut report: Value) -> Value {
    for key in ["id", "started_at", "finished_at", "counts"] {
        report["scan"][key] = Value::Null;
    }
    for identity in report["identities"].as_array_mut().unwrap() {
        identity["first_seen_at"] = Value::Null;
    }
    report
}

#[test]
fn the_inventory_forgets_nothing_and_no_cached_result_is_a_part_for_the_whole() {
    let home = Home::new();
    repository(&home);
    home.write("repo/gone.env", secret(0));
    commit(&home, "repo", "Two");
    std::fs::remove_file(home.path("repo/gone.env")).unwrap();
    home.write("repo/new.env", secret(1));
    commit(&home, "repo", "Three");
    let with = |inventory: &str, more: &[&str]| {
        let path = home.path(inventory);
        let args = ["scan", "repo", "--format", "json", "--inventory", path.to_str().unwrap()];
        // What was written a moment ago may be written again without looking different.
        std::thread::sleep(std::time::Duration::from_millis(120));
        home.run(&[&args, more].concat()).json()
    };
    let list = |inventory: &str| {
        let path = home.path(inventory);
        home.run(&["inventory", "list", "--format", "json", "--inventory", path.to_str().unwrap()]).json()
    };
    // Whole, part, whole.
    let whole = with("a.sqlite", &[]);
    let known = list("a.sqlite").as_array().unwrap().len();
    assert_eq!(known, 3);
    let part = with("a.sqlite", &["--since", "HEAD~1"]);
    assert_eq!(paths(&part), ["new.env"]);
    assert_eq!(part["identities"].as_array().unwrap().len(), 1);
    assert_eq!(list("a.sqlite").as_array().unwrap().len(), known, "nothing is gone that was not looked at");
    assert_eq!(lasting(with("a.sqlite", &[])), lasting(whole.clone()));
    // Part, whole, part: the same findings, by the same ids.
    let ids = |report: &Value| -> Vec<Value> {
        report["findings"].as_array().unwrap().iter().map(|f| f["path"].clone()).collect()
    };
    assert_eq!(ids(&with("b.sqlite", &["--since", "HEAD~1"])), ids(&part));
    let again = with("b.sqlite", &[]);
    assert_eq!(ids(&again), ids(&whole));
    assert_eq!(ids(&with("b.sqlite", &["--since", "HEAD~1"])), ids(&part));
}

/// A workflow that starts on requests of strangers, with what it is handed.
fn workflow(secret: &str) -> String {
    format!(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        \
         with:\n          ref: ${{{{ github.event.pull_request.head.sha }}}}\n      - run: make\n        env:\n          KEY: ${{{{ secrets.{secret} }}}}\n"
    )
}

#[test]
fn what_readers_said_before_is_no_news_and_what_they_say_now_is() {
    let home = Home::new();
    home.write("repo/.github/workflows/ci.yml", workflow("OLD_KEY"));
    home.write("repo/.github/workflows/broken.yml", "on: push\njobs: [\n");
    home.git(&home.path("repo"), &["init", "-q"]);
    commit(&home, "repo", "One");
    assert_eq!(home.run(&["scan", "repo", "--no-inventory", "--fail-on", "high"]).code, 10);
    let ran = since(&home, "repo", "HEAD", &[]);
    assert_eq!(ran.code, 0, "nothing changed, the broken file neither: {}", ran.out);
    assert_eq!(ran.json()["identities"], Value::Array(Vec::new()));
    home.write("repo/.github/workflows/ci.yml", format!("# changed\n{}", workflow("OLD_KEY")));
    let ran = since(&home, "repo", "HEAD", &[]);
    assert_eq!((ran.code, paths(&ran.json()).len()), (0, 0), "lines that moved say nothing new: {}", ran.out);
    home.write("repo/.github/workflows/ci.yml", workflow("NEW_KEY"));
    home.write("repo/.github/workflows/second.yml", workflow("NEW_KEY"));
    let report = since(&home, "repo", "HEAD", &[]).json();
    let identities = report["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 1);
    assert_eq!(identities[0]["name"], "NEW_KEY");
    let risky: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule_id"] == "ci-risky-trigger-with-secrets")
        .collect();
    assert_eq!(risky.len(), 1, "{risky:#?}");
    assert_eq!(risky[0]["path"], ".github/workflows/second.yml");
    home.write("repo/.github/workflows/broken.yml", "on: push\njobs: [\n# more\n");
    let ran = since(&home, "repo", "HEAD", &["--fail-on", "never"]);
    assert_eq!(ran.code, 3, "what changed and cannot be read is said: {}", ran.out);
}

#[test]
fn a_value_in_the_name_of_a_file_is_new_with_its_first_file() {
    let home = Home::new();
    repository(&home);
    let folder = format!("repo/{}", github_token());
    home.write(&format!("{folder}/a.txt"), "a\n");
    let told = new_paths(&home, "repo", "HEAD");
    assert_eq!(told.len(), 1, "{told:?}");
    commit(&home, "repo", "Two");
    home.write(&format!("{folder}/b.txt"), "b\n");
    assert_eq!(new_paths(&home, "repo", "HEAD"), Vec::<String>::new());
}

#[test]
fn a_token_in_the_revision_or_a_message_about_it_is_covered() {
    let home = Home::new();
    repository(&home);
    let ran = since(&home, "repo", &github_token(), &[]);
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains(&github_token()), "{}", ran.err);
    home.git(&home.path("repo"), &["branch", &github_token()]);
    let ran = since(&home, "repo", &github_token(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains(&github_token()), "{}", ran.out);
}

/// A role of a cluster that allows these verbs.
fn role(verbs: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: ship}}\nrules:\n  \
         - {{apiGroups: ['*'], resources: ['*'], verbs: [{verbs}]}}\n"
    )
}

/// An account of the cluster, bound to that role.
const BOUND: &str = "apiVersion: v1
kind: ServiceAccount
metadata: {name: ship, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ship}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ship}
subjects:
  - {kind: ServiceAccount, name: ship, namespace: shop}
";

#[test]
fn power_that_another_file_gives_since_is_told() {
    let home = Home::new();
    home.write("repo/bound.yaml", BOUND);
    home.write("repo/role.yaml", role("get"));
    home.git(&home.path("repo"), &["init", "-q"]);
    commit(&home, "repo", "One");
    let standing = || {
        let report = since(&home, "repo", "HEAD", &[]).json();
        let findings = report["findings"].as_array().unwrap().clone();
        findings.iter().filter(|f| f["category"] == "standing_privilege").count()
    };
    home.write("repo/other.yaml", "a: 1\n");
    assert_eq!(standing(), 0);
    home.write("repo/role.yaml", role("'*'"));
    assert_eq!(standing(), 1);
}
