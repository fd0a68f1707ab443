//! A scan of what stands as the last scan left it reads nothing; whatever changed since is seen.

use std::time::Duration;

use serde_json::Value;

use crate::program::{Home, Ran, github_token, password};

/// What is logged when nothing is read.
const NOTHING_READ: &str = "nothing has changed since the earlier scan";

/// Lets time pass, because files that were just written may be written again without looking different.
fn settle() {
    std::thread::sleep(Duration::from_millis(150));
}

/// A scan into `inventory`: its report, and whether it read anything.
fn scan(home: &Home, inventory: &str, args: &[&str]) -> (Value, bool) {
    let inventory = home.path(inventory);
    let args = [&["scan", "--format", "json", "--inventory", inventory.to_str().unwrap()], args].concat();
    let ran = home.traced(&args);
    (ran.json(), !ran.err.contains(NOTHING_READ))
}

/// What a report tells, without what is given per run and per inventory.
fn told(report: &Value) -> Vec<String> {
    let list = |name: &str, fields: &[&str]| {
        let row = |item: &Value| {
            let of = |field: &&str| item.pointer(&format!("/{field}")).unwrap_or(&Value::Null).to_string();
            format!("{name}: {}", fields.iter().map(of).collect::<Vec<_>>().join(" "))
        };
        report.pointer(name).unwrap().as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let mut all = list(
        "/findings",
        &[
            "rule_id",
            "path",
            "start_line",
            "severity",
            "fingerprint",
            "in_tree",
            "in_history",
            "commit",
            "suppressed",
        ],
    );
    all.extend(list("/identities", &["name", "kind", "owner/name", "owner/state"]));
    all.extend(list("/scan/unread", &["path", "state", "reason", "detail"]));
    all.extend(list("/scan/configurations", &["path", "state", "suppressed"]));
    all.push(format!("complete: {}", report["scan"]["complete"]));
    all.sort();
    all
}

/// A repository with secrets in files and in history, owners, a workflow, and something that cannot be read.
fn repository(home: &Home) {
    let repo = home.path("repo");
    home.write("repo/gone.env", format!("GITHUB_TOKEN={}\n", github_token()));
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    home.git(&repo, &["rm", "-q", "gone.env"]);
    home.write("repo/app/settings.env", format!("DB_PASSWORD={}\n", password()));
    home.write("repo/CODEOWNERS", "* @acme/payments\n");
    home.write("repo/bad.zip", b"PK\x03\x04 and no more");
    home.write(
        "repo/.github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    permissions: write-all\n    steps:\n      - run: make\n",
    );
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "Two"]);
    home.write("tenure.toml", "[paths]\nexclude = [\"vendor\"]\n");
    home.write("repo/vendor/x.env", format!("API_TOKEN={}\n", password()));
}

#[test]
fn an_unchanged_repository_is_not_read_again_and_tells_the_same() {
    let home = Home::new();
    repository(&home);
    settle();
    let (first, read) = scan(&home, "data/a.sqlite", &["repo", "--config", "tenure.toml"]);
    assert!(read);
    assert_eq!(first["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret").count(), 2);
    let (mut second, read) = scan(&home, "data/a.sqlite", &["repo", "--config", "tenure.toml"]);
    assert!(!read, "nothing changed");
    let counts = &second["scan"]["counts"];
    assert_eq!(counts["cached_blobs"], counts["blobs"]);
    for key in ["id", "started_at", "finished_at"] {
        second["scan"][key] = first["scan"][key].clone();
    }
    second["scan"]["counts"]["cached_blobs"] = 0.into();
    assert_eq!(first, second);
    // Nor is it the third time, and lines tell it as well.
    let inventory = home.path("data/a.sqlite");
    let lines = ["--format", "jsonl", "--inventory", inventory.to_str().unwrap()];
    let ran = home.traced(&[&["scan", "repo", "--config", "tenure.toml"], &lines[..]].concat());
    assert!(ran.err.contains(NOTHING_READ));
    let findings = ran.out.lines().filter(|line| line.contains("\"type\":\"finding\"")).count();
    assert_eq!(findings, first["findings"].as_array().unwrap().len(), "{}", ran.out);
    // Everything is kept as if it had been read.
    let kept =
        home.run(&["inventory", "list", "--format", "json", "--inventory", inventory.to_str().unwrap()]);
    assert_eq!(kept.json().as_array().unwrap().len(), first["identities"].as_array().unwrap().len());
}

/// One change to the repository, and the arguments of the scan after it.
type Change<'a> = (&'a str, &'a dyn Fn(&Home), &'a [&'a str]);

#[test]
fn whatever_changes_is_seen() {
    let nothing = |_: &Home| {};
    let same_size_and_time = |home: &Home| {
        let path = home.path("repo/app/settings.env");
        let written = path.metadata().unwrap().modified().unwrap();
        let other: String = password().chars().rev().collect();
        std::fs::write(&path, format!("DB_PASSWORD={other}\n")).unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(written).unwrap();
    };
    let renamed = |home: &Home| {
        std::fs::rename(home.path("repo/app/settings.env"), home.path("repo/app/other.env")).unwrap();
    };
    let swapped = |home: &Home| {
        home.write("repo/app/a.env", format!("SMTP_PASSWORD={}\n", password().to_uppercase()));
        std::fs::rename(home.path("repo/app/a.env"), home.path("repo/app/settings.env")).unwrap();
    };
    let removed = |home: &Home| std::fs::remove_file(home.path("repo/app/settings.env")).unwrap();
    let no_owner = |home: &Home| std::fs::remove_file(home.path("repo/CODEOWNERS")).unwrap();
    let committed = |home: &Home| {
        home.write("repo/new.env", format!("SMTP_PASSWORD={}\n", password().to_uppercase()));
        home.git(&home.path("repo"), &["add", "new.env"]);
        home.git(&home.path("repo"), &["commit", "-q", "-m", "Three"]);
        std::fs::remove_file(home.path("repo/new.env")).unwrap();
    };
    let branch_gone = |home: &Home| {
        home.git(&home.path("repo"), &["update-ref", "refs/heads/main", "HEAD~1"]);
    };
    let mended = |home: &Home| std::fs::remove_file(home.path("repo/bad.zip")).unwrap();
    let other_configuration = |home: &Home| {
        home.write("tenure.toml", "[rules]\noff = [\"generic-password\"]\n");
    };
    let configured = |home: &Home| {
        home.write("repo/.tenure.toml", "[paths]\nexclude = [\"app\"]\n");
    };
    let changes: [Change<'_>; 14] = [
        ("same size and time", &same_size_and_time, &[]),
        ("renamed", &renamed, &[]),
        ("swapped", &swapped, &[]),
        ("removed", &removed, &[]),
        ("owners removed", &no_owner, &[]),
        ("committed and removed", &committed, &[]),
        ("a branch moved back", &branch_gone, &[]),
        ("what was not read is gone", &mended, &[]),
        ("another configuration", &other_configuration, &[]),
        ("a configuration in it", &configured, &[]),
        ("a trusted configuration in it", &configured, &["--trust-repo-config"]),
        ("without history", &nothing, &["--no-history"]),
        ("with another root", &nothing, &["data"]),
        ("other rules", &|home| drop(home.write("own.toml", RULE)), &["--rules", "own.toml"]),
    ];
    for (name, change, more) in changes {
        let home = Home::new();
        repository(&home);
        home.write("data/note.txt", "hello\n");
        settle();
        let args = ["repo", "--config", "tenure.toml"];
        scan(&home, "keep/a.sqlite", &args);
        change(&home);
        settle();
        let args = [&args[..], more].concat();
        let (again, read) = scan(&home, "keep/a.sqlite", &args);
        assert!(read, "{name}");
        if more.contains(&"--no-history") {
            continue; // The inventory knows the history from the scan before.
        }
        let (fresh, _) = scan(&home, "keep/b.sqlite", &args);
        // Of what is left out by configuration, an inventory still knows who made it.
        let owners = |row: &String| !more.contains(&"--trust-repo-config") || !row.starts_with("/identities");
        let rows = |report: &Value| told(report).into_iter().filter(owners).collect::<Vec<_>>();
        assert_eq!(rows(&again), rows(&fresh), "{name}");
    }
}

/// A rule as gitleaks writes them.
const RULE: &str = "[[rules]]\nid = 'acme-ticket'\nregex = 'acme-[0-9a-f]{24}'\n";

#[test]
fn a_scan_between_is_not_forgotten() {
    let home = Home::new();
    repository(&home);
    home.write("other/a.env", format!("DB_PASSWORD={}\n", password()));
    settle();
    let scan_of = |args: &[&str]| scan(&home, "data/a.sqlite", args);
    let (first, _) = scan_of(&["repo"]);
    scan_of(&["other"]);
    let (second, read) = scan_of(&["repo"]);
    assert!(!read, "another root is no reason to read this one");
    // Where a judgement points may change with what the other root holds.
    let here = |report: &Value| {
        told(report).into_iter().filter(|row| !row.contains("lifecycle")).collect::<Vec<_>>()
    };
    assert_eq!(here(&first), here(&second));
    let shared = |report: &Value| {
        let one =
            report["identities"].as_array().unwrap().iter().find(|i| i["name"] == "DB_PASSWORD").unwrap();
        one["credentials"][0]["copies"].clone()
    };
    assert_eq!(shared(&second), 2, "what the other root holds of it counts: {second:#}");
    // A scan of the files alone takes the place of the one with history.
    let (_, read) = scan_of(&["repo", "--no-history"]);
    assert!(read);
    let (third, read) = scan_of(&["repo"]);
    assert!(read);
    assert_eq!(told(&second), told(&third));
    let (_, read) = scan_of(&["repo", "other"]);
    assert!(read, "these roots were never scanned together");
    assert!(scan_of(&["repo"]).1, "and then the one was looked at again");
}

#[test]
fn a_file_from_the_future_is_read_again() {
    let home = Home::new();
    let path = home.write("tree/a.env", format!("DB_PASSWORD={}\n", password()));
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86_400);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(tomorrow).unwrap();
    settle();
    scan(&home, "data/a.sqlite", &["tree"]);
    let (_, read) = scan(&home, "data/a.sqlite", &["tree"]);
    assert!(read, "its time tells nothing");
}

#[test]
fn two_scans_at_once_both_see_everything() {
    let home = Home::new();
    for number in 0..400 {
        home.write(&format!("tree/{number}.env"), format!("DB_PASSWORD={}{number:03}\n", password()));
    }
    settle();
    let inventory = home.inventory();
    let start = || {
        let args = ["scan", "tree", "--format", "json", "--inventory", &inventory];
        home.command().args(args).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let secrets = |report: &Value| {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["category"] == "secret")
            .count()
    };
    for scan in [start(), start(), start()] {
        let ran = Ran::of(&scan.wait_with_output().unwrap());
        assert_eq!((ran.code, secrets(&ran.json())), (10, 400));
    }
    let (report, _) = scan(&home, "data/inventory.sqlite", &["tree"]);
    assert_eq!(secrets(&report), 400);
}

/// An account with one user who may do everything, under a condition.
fn account(condition: &str) -> String {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"{condition}}}]}}"#
    );
    format!(
        r#"{{"UserDetailList":[{{"Path":"/","UserName":"deploy","UserId":"AIDAEXAMPLEEXAMPLE123","Arn":"arn:aws:iam::123456789012:user/deploy","CreateDate":"2024-01-02T03:04:05+00:00","UserPolicyList":[{{"PolicyName":"all","PolicyDocument":{policy}}}],"GroupList":[],"AttachedManagedPolicies":[],"Tags":[]}}],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}}"#
    )
}

#[test]
fn a_policy_that_asks_for_the_time_is_weighed_each_time() {
    for (condition, waits) in
        [("", false), (r#","Condition":{"DateLessThan":{"aws:CurrentTime":"2099-01-01T00:00:00Z"}}"#, true)]
    {
        let home = Home::new();
        home.write("tree/account.json", account(condition));
        settle();
        let (first, _) = scan(&home, "data/a.sqlite", &["tree"]);
        let (second, read) = scan(&home, "data/a.sqlite", &["tree"]);
        assert_eq!(read, waits, "{condition}");
        assert_eq!(first["identities"][0]["privilege"]["level"], "admin", "{first:#}");
        assert_eq!(first["identities"], second["identities"]);
    }
}
