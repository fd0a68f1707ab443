//! History: what a path decides, what a second scan repeats, and what a repository without a work tree shows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::archives::zip;
use crate::program::{Home, github_token};

/// Logins as a server reads them, one a line.
fn logins() -> String {
    ["ann:tul", "ip43x\nbob:ro", "se99xy\n"].concat()
}

fn commit(home: &Home, message: &str) {
    let repo = home.path("repo");
    home.git(&repo, &["add", "-A", "."]);
    home.git(&repo, &["commit", "-q", "-m", message]);
}

/// Path and line of everything that a rule found.
fn places(report: &Value, rule: &str) -> BTreeSet<(String, u64)> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|f| f["rule_id"] == rule);
    findings.map(|f| (f["path"].as_str().unwrap().to_owned(), f["start_line"].as_u64().unwrap())).collect()
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
fn a_list_of_logins_of_the_past_is_told_where_its_path_says_so_and_from_the_cache_too() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/conf/users.txt", logins());
    home.write("repo/lists/words.text", logins());
    home.write("repo/release.zip", zip("conf/users.txt", logins().as_bytes()));
    home.write("repo/data.zip", zip("lists/words.text", format!("{}{}", logins(), logins()).as_bytes()));
    home.git(&repo, &["init", "-q"]);
    commit(&home, "One");
    for gone in ["conf", "lists", "release.zip", "data.zip"] {
        home.git(&repo, &["rm", "-q", "-r", gone]);
    }
    home.write("repo/readme", "hello\n");
    commit(&home, "Two");
    let mut expected = BTreeSet::new();
    for path in ["conf/users.txt", "release.zip!/conf/users.txt"] {
        expected.extend([(path.to_owned(), 1), (path.to_owned(), 2)]);
    }
    let (_, first) = home.scan(&repo);
    assert_eq!(places(&first, "login-list"), expected);
    let (_, second) = home.scan(&repo);
    assert_eq!(second["scan"]["counts"]["cached_blobs"], second["scan"]["counts"]["blobs"]);
    assert_eq!(lasting(second), lasting(first.clone()), "an unchanged repository shows the same");

    // A blob that is known by now comes to a path that says what it is.
    home.write("repo/accounts.txt", logins());
    commit(&home, "Three");
    std::fs::remove_file(home.path("repo/accounts.txt")).unwrap();
    commit(&home, "Four");
    expected.extend([("accounts.txt".to_owned(), 1), ("accounts.txt".to_owned(), 2)]);
    let (_, third) = home.scan(&repo);
    let counts = &third["scan"]["counts"];
    assert_eq!(counts["cached_blobs"], counts["blobs"], "no blob is new");
    assert_eq!(places(&third, "login-list"), expected);
    let fresh = home.run(&["scan", "repo", "--no-inventory", "--format", "json"]).json();
    assert_eq!(places(&fresh, "login-list"), expected, "as if nothing had been known");
}

#[test]
fn a_list_in_the_tree_and_in_history_is_one_finding_a_login() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/conf/users.txt", logins());
    home.write("repo/words.text", logins());
    home.git(&repo, &["init", "-q"]);
    commit(&home, "One");
    for _ in 0..2 {
        let (_, report) = home.scan(&repo);
        let expected = [("conf/users.txt".to_owned(), 1), ("conf/users.txt".to_owned(), 2)];
        assert_eq!(places(&report, "login-list"), BTreeSet::from(expected));
        let all = report["findings"].as_array().unwrap();
        let found: Vec<&Value> = all.iter().filter(|f| f["category"] == "secret").collect();
        assert!(found.iter().all(|f| f["in_tree"] == true && f["in_history"] == true), "{found:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_a_repository_without_a_work_tree_is_no_file_of_the_kind_that_it_is_called() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/main.tf", "variable \"region\" {}\n");
    std::fs::create_dir_all(home.path("repo/prod")).unwrap();
    std::os::unix::fs::symlink("../main.tf", home.path("repo/prod/main.tf")).unwrap();
    std::os::unix::fs::symlink(
        format!("https://ci:{}@git.acme.test", github_token()),
        home.path("repo/x.tf"),
    )
    .unwrap();
    home.git(&repo, &["init", "-q"]);
    commit(&home, "One");
    home.git(&home.path("repo"), &["clone", "-q", "--bare", ".", home.path("bare").to_str().unwrap()]);
    let mut reports = Vec::new();
    for _ in 0..2 {
        let (_, report) = home.scan(&home.path("bare"));
        assert_eq!(report["scan"]["unread"], Value::Array(Vec::new()));
        let secrets: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret").collect();
        assert_eq!(secrets.len(), 1, "the text of a link is searched: {secrets:#?}");
        assert_eq!(secrets[0]["path"], "x.tf");
        reports.push(lasting(report));
    }
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn what_readers_made_of_a_repository_without_a_work_tree_is_told_again() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/.github/workflows/release.yml", WORKFLOW);
    home.write("repo/broken.tf", "resource \"aws_iam_user\" {{{\n");
    home.write("repo/CODEOWNERS", "* @acme/payments\n");
    home.write("repo/role.yaml", ROLE);
    home.git(&repo, &["init", "-q"]);
    commit(&home, "One");
    home.git(&repo, &["clone", "-q", "--bare", ".", home.path("bare").to_str().unwrap()]);
    // What was written a moment ago may be written again without looking different.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let (_, first) = home.scan(&home.path("bare"));
    let (_, second) = home.scan(&home.path("bare"));
    let unread = first["scan"]["unread"].as_array().unwrap();
    assert!(unread.iter().any(|row| row["path"] == "broken.tf"), "{unread:#?}");
    let identities = first["identities"].as_array().unwrap();
    let account = identities.iter().find(|one| one["kind"] == "kubernetes_service_account").unwrap();
    assert!(account["grants"].to_string().contains("secrets"), "what its role allows: {account:#?}");
    assert_eq!(lasting(second), lasting(first));
}

/// An account of a cluster, with a role of its own.
const ROLE: &str = "apiVersion: v1
kind: ServiceAccount
metadata: {name: ship, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ship}
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ship}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ship}
subjects:
  - {kind: ServiceAccount, name: ship, namespace: shop}
";

/// A workflow that signs in with a secret of the repository.
const WORKFLOW: &str = "on: push
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - run: ./ship.sh
        env:
          API_TOKEN: ${{ secrets.API_TOKEN }}
";
