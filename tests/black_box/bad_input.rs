//! Bad input gets a clear answer, and an input that was not read never looks like one without findings.

use serde_json::Value;

use crate::program::{Home, github_token};

fn unread_reasons(report: &Value) -> Vec<String> {
    report["scan"]["unread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["path"].as_str().unwrap(), row["reason"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_path_that_does_not_exist_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let ran = home.run(&["scan", "no-such-folder"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot scan no-such-folder: there is no such file or folder"), "{}", ran.err);
    assert_eq!(ran.out, "");
    assert_eq!(std::fs::read_dir(home.path(".")).unwrap().count(), 0, "nothing is written");
}

#[test]
fn an_unknown_flag_is_wrong_usage() {
    assert_eq!(Home::new().run(&["scan", "--no-such-flag"]).code, 2);
}

#[test]
fn broken_files_cost_only_themselves() {
    let home = Home::new();
    home.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    std::fs::create_dir_all(home.path("repo/.git/objects")).unwrap();
    std::fs::create_dir_all(home.path("repo/.git/refs")).unwrap();
    home.write("repo/.github/workflows/broken.yml", "on: push\njobs: {a: [}\n");
    home.write(
        "repo/.github/workflows/good.yml",
        "on: push\njobs:\n  go:\n    runs-on: ubuntu-latest\n    steps:\n      - run: deploy\n        env:\n          T: ${{ secrets.DEPLOY_TOKEN }}\n",
    );
    home.write("repo/export.json", "{\"UserDetailList\": [{\"UserName\": \"svc-a\", \"Arn\"");
    home.write("repo/config.env", format!("GITHUB_TOKEN={}\n", github_token()));
    let (code, report) = home.scan(&home.path("repo"));
    assert_eq!(code, 10, "the token is still found");
    let reasons = unread_reasons(&report);
    assert!(reasons.contains(&".github/workflows/broken.yml yaml_broken".to_owned()), "{reasons:?}");
    assert!(reasons.iter().any(|row| row.starts_with("export.json json_")), "{reasons:?}");
    assert_eq!(report["scan"]["complete"], false);
    let names: Vec<&str> =
        report["identities"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"DEPLOY_TOKEN"), "{names:?}");
}

#[test]
fn an_incomplete_scan_without_findings_exits_with_3() {
    let home = Home::new();
    home.write("exports/users.json", "{\"UserDetailList\": [{\"UserName\": \"svc-a\", \"Arn\"");
    let (code, report) = home.scan(&home.path("exports"));
    assert_eq!(code, 3);
    assert_eq!(report["scan"]["complete"], false);
}

#[test]
fn a_damaged_pack_is_said_and_the_rest_is_read() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/notes.env", format!("TOKEN={}\n", github_token()));
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    home.git(&repo, &["gc", "-q"]);
    let packs = repo.join(".git/objects/pack");
    let pack = std::fs::read_dir(packs)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[12..middle].fill(0xff);
    let mut permissions = std::fs::metadata(&pack).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)] // the test's own file
    permissions.set_readonly(false);
    std::fs::set_permissions(&pack, permissions).unwrap();
    std::fs::write(&pack, bytes).unwrap();
    let (code, report) = home.scan(&repo);
    assert_eq!(code, 10, "the work tree is still read");
    assert_eq!(report["scan"]["complete"], false);
    assert!(!unread_reasons(&report).is_empty());
}

#[test]
fn a_file_that_is_no_inventory_is_refused_and_kept() {
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    for (name, content) in
        [("notes.txt", &b"my notes"[..]), ("broken.sqlite", b"SQLite format 3\0 and then nonsense")]
    {
        let file = home.write(name, content);
        let ran = home.run(&["scan", "tree", "--inventory", file.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(ran.err.starts_with("tenure: "), "{}", ran.err);
        assert_eq!(std::fs::read(&file).unwrap(), content, "{name} is untouched");
    }
}

#[test]
fn a_pipe_is_skipped_and_said() {
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    let made = std::process::Command::new("mkfifo").arg(home.path("tree/pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        return; // no mkfifo on this system, so nothing to hang on either
    }
    let (code, report) = home.scan(&home.path("tree"));
    assert_eq!(code, 3);
    assert_eq!(unread_reasons(&report), ["pipe not_a_regular_file"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_outside_is_not_followed() {
    let home = Home::new();
    home.write("outside/secret.env", format!("TOKEN={}\n", github_token()));
    home.write("tree/a.txt", "hello\n");
    std::os::unix::fs::symlink(home.path("outside"), home.path("tree/link")).unwrap();
    let (code, report) = home.scan(&home.path("tree"));
    assert_eq!(code, 0);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
}
