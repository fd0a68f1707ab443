//! `--since REV` in every kind of repository, by every kind of name.

use std::process::Command;

use crate::program::{Home, github_token};
use crate::since::{commit, new_paths, paths, repository, secret, since};

/// What `git rev-parse` says.
fn id(home: &Home, repo: &str, revision: &str) -> String {
    let ran =
        Command::new("git").args(["rev-parse", revision]).current_dir(home.path(repo)).output().unwrap();
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// The repository with one more commit, which holds a password in `new.env`.
fn two_commits(home: &Home) {
    repository(home);
    home.write("repo/new.env", secret(0));
    commit(home, "repo", "Two");
}

#[test]
fn a_revision_may_be_named_in_every_way() {
    let home = Home::new();
    two_commits(&home);
    let repo = home.path("repo");
    home.git(&repo, &["tag", "-a", "-m", "First", "v1-annotated", "v1"]);
    home.git(&repo, &["branch", "base/first", "v1"]);
    home.git(&repo, &["update-ref", "refs/remotes/origin/main", "v1"]);
    home.git(&repo, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    home.git(&repo, &["update-ref", "ORIG_HEAD", "v1"]);
    let full = id(&home, "repo", "v1");
    let names = [
        "HEAD~1",
        "HEAD^",
        "@~",
        "main~1",
        "HEAD~2^0",
        "v1",
        "v1-annotated",
        "v1-annotated^{}",
        "tags/v1",
        "refs/tags/v1",
    ];
    let more =
        ["base/first", "heads/base/first", "refs/heads/base/first", "origin/main", "origin", "ORIG_HEAD"];
    let ids = [full.as_str(), &full[..7], &full.to_uppercase()[..12]];
    for round in ["loose", "packed"] {
        for name in names.iter().chain(&more).chain(&ids).filter(|name| !name.contains("~2")) {
            assert_eq!(new_paths(&home, "repo", name), ["new.env"], "{name}, {round}");
        }
        home.git(&repo, &["pack-refs", "--all"]);
        home.git(&repo, &["gc", "-q"]);
    }
    assert_eq!(new_paths(&home, "repo", "main"), Vec::<String>::new());
}

#[test]
fn the_other_parent_of_a_merge_can_be_named() {
    let home = Home::new();
    two_commits(&home);
    let repo = home.path("repo");
    home.git(&repo, &["checkout", "-q", "-b", "side", "v1"]);
    home.write("repo/side.env", secret(1));
    commit(&home, "repo", "Side");
    home.git(&repo, &["checkout", "-q", "main"]);
    home.git(&repo, &["merge", "-q", "--no-edit", "side"]);
    assert_eq!(new_paths(&home, "repo", "HEAD^1"), ["side.env"]);
    assert_eq!(new_paths(&home, "repo", "HEAD^2"), ["new.env"]);
    assert_eq!(new_paths(&home, "repo", "HEAD^2~1"), ["new.env", "side.env"]);
}

#[test]
fn what_cannot_be_found_ends_the_scan_before_it_begins() {
    let home = Home::new();
    two_commits(&home);
    home.write("plain/a.env", secret(1));
    let inventory = home.inventory();
    for (path, revision, word) in [
        ("repo", "nope", "fetch"),
        ("repo", "HEAD~9", "first commit"),
        ("repo", "HEAD^2", "parent 2"),
        ("repo", "v1..HEAD", "single"),
        ("repo", "HEAD@{1}", "single"),
        ("repo", "HEAD:new.env", "single"),
        ("repo", "v1^{tree}", "steps"),
        ("repo", "", "single"),
        ("repo", "../../etc/passwd", "single"),
        ("repo", "/etc/passwd", "no branch"),
        ("repo", "1111111111111111111111111111111111111111", "fetch"),
        ("plain", "HEAD", "no git repository"),
        ("plain/a.env", "HEAD", "no git repository"),
    ] {
        let flag = format!("--since={revision}");
        let ran = home.run(&["scan", path, "--inventory", &inventory, "--format", "json", &flag]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{revision}: {}", ran.err);
        assert!(ran.err.contains(word) && ran.err.contains("--since"), "{revision}: {}", ran.err);
    }
    assert!(!std::path::Path::new(&inventory).exists(), "nothing was begun");
}

#[test]
fn an_abbreviation_of_two_commits_is_ambiguous() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("repo")).unwrap();
    home.git(&home.path("repo"), &["init", "-q"]);
    let mut stream = String::new();
    for nth in 0..1_500 {
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter A <a@b.test> {} +0000\ndata 2\nx\n\n",
            1_600_000_000 + nth
        ));
    }
    let file = home.write("stream", stream);
    let ran = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(home.path("repo"))
        .stdin(std::fs::File::open(file).unwrap())
        .status();
    assert!(ran.unwrap().success());
    let listed =
        Command::new("git").args(["rev-list", "main"]).current_dir(home.path("repo")).output().unwrap();
    let mut ids: Vec<String> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    ids.sort();
    let pair = ids.windows(2).find(|pair| pair[0][..4] == pair[1][..4]).expect("the same every time");
    let ran = since(&home, "repo", &pair[0][..4], &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("ambiguous") && ran.err.contains(&pair[1]), "{}", ran.err);
    assert_eq!(since(&home, "repo", &pair[0][..16], &[]).code, 0);
}

#[test]
fn a_repository_without_a_work_tree_tells_the_same() {
    let home = Home::new();
    two_commits(&home);
    home.write("repo/old.env", format!("GITHUB_TOKEN={}\n# more\n", github_token()));
    commit(&home, "repo", "Three");
    home.git(&home.path("repo"), &["clone", "-q", "--bare", ".", home.path("bare.git").to_str().unwrap()]);
    assert_eq!(new_paths(&home, "bare.git", "v1"), ["new.env"]);
    assert_eq!(new_paths(&home, "bare.git", "HEAD"), Vec::<String>::new());
}

#[test]
fn each_of_several_repositories_is_compared_with_its_own_revision() {
    let home = Home::new();
    two_commits(&home);
    for (name, nth) in [("all/one", 1), ("all/two", 2)] {
        home.write(&format!("{name}/old.env"), secret(nth));
        home.git(&home.path(name), &["init", "-q"]);
        commit(&home, name, "One");
        home.git(&home.path(name), &["tag", "v1"]);
        home.write(&format!("{name}/new.env"), secret(nth + 1));
    }
    assert_eq!(new_paths(&home, "all", "v1"), ["one/new.env", "two/new.env"]);
    let report = since(&home, "repo", "v1", &["all"]).json();
    assert_eq!(paths(&report), ["new.env", "one/new.env", "two/new.env"]);
    assert_eq!(report["scan"]["since"]["commits"].as_array().unwrap().len(), 3);
    home.git(&home.path("all/two"), &["tag", "-d", "v1"]);
    let ran = since(&home, "repo", "v1", &["all"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("two/.git"), "{}", ran.err);
}

#[test]
fn a_linked_work_tree_and_borrowed_objects_are_compared_too() {
    let home = Home::new();
    repository(&home);
    std::fs::create_dir(home.path("all")).unwrap();
    std::fs::rename(home.path("repo"), home.path("all/repo")).unwrap();
    let repo = home.path("all/repo");
    home.git(&repo, &["worktree", "add", "-q", home.path("all/second").to_str().unwrap()]);
    home.git(&repo, &["clone", "-q", "--shared", ".", home.path("all/third").to_str().unwrap()]);
    assert_eq!(new_paths(&home, "all", "v1"), Vec::<String>::new());
    home.write("all/second/a.env", secret(0));
    home.write("all/third/b.env", secret(1));
    commit(&home, "all/third", "Two");
    assert_eq!(new_paths(&home, "all", "v1"), ["second/a.env", "third/b.env"]);
    let ran = since(&home, "all/third", "v1~0", &[]);
    assert_eq!(ran.code, 2, "its objects are not in the scanned folder");
    assert!(ran.err.contains("not all of its objects can be read"), "{}", ran.err);
    let ran = since(&home, "all/second", "v1", &[]);
    assert_eq!(ran.code, 2, "its repository is not in the scanned folder");
    assert!(ran.err.contains("holds the whole repository"), "{}", ran.err);
}

#[test]
fn a_work_tree_inside_of_its_own_repository_is_compared_with_its_revision() {
    let home = Home::new();
    two_commits(&home);
    let repo = home.path("repo");
    home.git(&repo, &["worktree", "add", "-q", "inner/tree", "-b", "inner", "v1"]);
    home.git(&repo, &["clone", "-q", "--bare", ".", home.path("bare").to_str().unwrap()]);
    home.git(&home.path("bare"), &["worktree", "add", "-q", "tree", "inner"]);
    assert_eq!(new_paths(&home, "repo", "v1"), ["new.env"]);
    assert_eq!(new_paths(&home, "bare", "v1"), ["new.env"]);
    home.write("repo/inner/tree/more.env", secret(1));
    home.write("bare/tree/more.env", secret(1));
    assert_eq!(new_paths(&home, "repo", "v1"), ["inner/tree/more.env", "new.env"]);
    assert_eq!(new_paths(&home, "bare", "v1"), ["new.env", "tree/more.env"]);
}

#[test]
fn refs_that_are_not_read_hide_no_commit() {
    let home = Home::new();
    home.write("repo/old.env", secret(0));
    home.git(&home.path("repo"), &["init", "-q", "--ref-format=reftable"]);
    commit(&home, "repo", "One");
    let first = id(&home, "repo", "HEAD");
    home.write("repo/gone.env", secret(1));
    commit(&home, "repo", "Two");
    std::fs::remove_file(home.path("repo/gone.env")).unwrap();
    commit(&home, "repo", "Three");
    let ran = since(&home, "repo", &first, &[]);
    assert_eq!(paths(&ran.json()), ["gone.env"]);
    assert_eq!(ran.json()["scan"]["complete"], false);
    let ran = since(&home, "repo", "main", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("name the commit's id"), "{}", ran.err);
}

#[test]
fn a_submodule_begins_where_the_repository_around_it_had_it() {
    let home = Home::new();
    let (part, repo) = (home.path("part"), home.path("repo"));
    home.write("part/old.env", secret(0));
    home.git(&part, &["init", "-q"]);
    commit(&home, "part", "One");
    repository(&home);
    let add = |name: &str| {
        let from =
            ["-c", "protocol.file.allow=always", "submodule", "add", "-q", part.to_str().unwrap(), name];
        home.git(&repo, &from);
        commit(&home, "repo", name);
    };
    add("first");
    home.git(&repo, &["tag", "v2"]);
    home.write("part/new.env", secret(1));
    commit(&home, "part", "Two");
    home.git(&repo, &["-C", "first", "pull", "-q"]);
    add("later");
    assert_eq!(new_paths(&home, "repo", "v2"), ["first/new.env", "later/new.env", "later/old.env"]);
    assert_eq!(since(&home, "repo", "v2", &[]).json()["scan"]["complete"], true);
}

#[test]
fn a_shallow_clone_is_complete_where_all_that_is_new_is_in_it() {
    let home = Home::new();
    repository(&home);
    for nth in 0..3 {
        home.write(&format!("repo/{nth}.env"), secret(nth));
        commit(&home, "repo", "More");
    }
    let from = format!("file://{}", home.path("repo").display());
    home.git(
        &home.path("repo"),
        &["clone", "-q", "--depth", "2", &from, home.path("clone").to_str().unwrap()],
    );
    let ran = since(&home, "clone", "HEAD~1", &["--fail-on", "never"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(paths(&ran.json()), ["2.env"]);
    let ran = since(&home, "clone", "HEAD~2", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("shallow clone") && ran.err.contains("--unshallow"), "{}", ran.err);
    // The revision is here, but not what lies between it and the new commits.
    home.git(&home.path("clone"), &["fetch", "-q", "--depth", "1", "origin", "refs/tags/v1:refs/tags/v1"]);
    let ran = since(&home, "clone", "v1", &["--fail-on", "never"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert_eq!(paths(&ran.json()), ["0.env", "1.env", "2.env"]);
    assert!(ran.out.contains("shallow_clone"), "{}", ran.out);
}

#[test]
fn names_of_another_hash_are_refused_with_words() {
    let home = Home::new();
    home.write("repo/old.env", secret(0));
    home.git(&home.path("repo"), &["init", "-q", "--object-format=sha256"]);
    commit(&home, "repo", "One");
    let ran = since(&home, "repo", "HEAD", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("without --since"), "{}", ran.err);
}

#[test]
fn a_folder_of_git_itself_holds_nothing_that_could_be_new() {
    let home = Home::new();
    repository(&home);
    let url = format!("https://ci:{}@git.acme.test/a.git", github_token());
    home.git(&home.path("repo"), &["remote", "add", "origin", &url]);
    assert_eq!(new_paths(&home, "repo", "v1"), Vec::<String>::new());
}

#[test]
fn files_beside_repositories_are_in_no_revision_and_count() {
    let home = Home::new();
    repository(&home);
    std::fs::create_dir(home.path("all")).unwrap();
    std::fs::rename(home.path("repo"), home.path("all/repo")).unwrap();
    home.write("all/beside.env", secret(0));
    assert_eq!(new_paths(&home, "all", "v1"), ["beside.env"]);
}
