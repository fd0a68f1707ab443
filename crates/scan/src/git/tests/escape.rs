//! Nothing outside of the scanned root is read, and nothing that a repository says is executed.

use std::fs;

use super::repo::{Reading, Repo};
use crate::git::Repository;

#[test]
fn a_git_file_that_leads_outside_is_refused() {
    let mut victim = Repo::new();
    victim.commit("key", "secret of somebody else");
    let repo = Repo::new();
    fs::create_dir(repo.root().join("bait")).unwrap();
    let git_file = repo.root().join("bait/.git");
    fs::write(&git_file, format!("gitdir: {}\n", victim.path(".git").display())).unwrap();
    let mut unread = Vec::new();
    assert!(Repository::open(&git_file, repo.root(), &mut unread).is_none());
    assert_eq!((unread[0].path.as_str(), unread[0].reason.as_str()), ("bait/.git", "external_git_dir"));
    fs::write(&git_file, "gitdir: ../work/.git\n").unwrap();
    assert!(Repository::open(&git_file, repo.root(), &mut unread).is_some(), "inside is fine");
    for noise in ["", "gitdir:", "gitdir: /dev/zero", "gitdir: ../nowhere", "words"] {
        fs::write(&git_file, noise).unwrap();
        assert!(Repository::open(&git_file, repo.root(), &mut unread).is_none(), "{noise:?}");
    }
}

#[test]
fn a_common_folder_that_leads_outside_is_refused() {
    let victim = Repo::new();
    let repo = Repo::new();
    fs::write(repo.path(".git/commondir"), victim.path(".git").to_str().unwrap()).unwrap();
    let mut unread = Vec::new();
    assert!(Repository::open(&repo.path(".git"), repo.root(), &mut unread).is_none());
    assert_eq!(unread[0].reason, "external_git_dir");
}

#[test]
fn alternates_are_read_inside_of_the_root_only() {
    let mut victim = Repo::new();
    victim.commit("key", "secret of somebody else");
    let mut repo = Repo::new();
    repo.commit("a", "own");
    repo.run_in("", &["init", "-q", "friend"], b"");
    fs::write(repo.root().join("friend/key"), "a friend's").unwrap();
    repo.run_in("friend", &["add", "-A"], b"");
    repo.run_in("friend", &["commit", "-q", "-m", "x"], b"");
    let friend = repo.root().join("friend/.git/objects");
    let outside = victim.path(".git/objects");
    let list = [
        "# a comment",
        "../../../friend/.git/objects",
        &format!("\"{}\"", friend.display()),
        outside.to_str().unwrap(),
        "/dev/zero",
        "/dev",
        "../nowhere",
        "",
    ];
    fs::write(repo.path(".git/objects/info/alternates"), list.join("\n")).unwrap();
    // The friend points back.
    fs::write(friend.join("info/alternates"), repo.path(".git/objects").to_str().unwrap()).unwrap();
    let (own, friends, secret) =
        (repo.blob("own"), repo.blob("a friend's"), repo.blob("secret of somebody else"));
    let reading = repo.read();
    assert!(reading.blobs.contains_key(&own) && reading.blobs.contains_key(&friends));
    assert!(!reading.blobs.contains_key(&secret));
    let mut reasons = reading.reasons();
    reasons.sort_unstable();
    assert_eq!(reasons, ["external_alternates", "external_alternates", "external_alternates", "not_found"]);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_root_are_not_followed() {
    use std::os::unix::fs::symlink;
    let mut victim = Repo::new();
    victim.commit("key", "secret of somebody else");
    victim.git(&["repack", "-adq"]);
    let secret = victim.blob("secret of somebody else");
    let mut repo = Repo::new();
    repo.commit("a", "own");
    let pack = victim.pack();
    for extension in ["pack", "idx"] {
        let file = format!(".git/objects/pack/pack-1.{extension}");
        symlink(pack.with_extension(extension), repo.path(&file)).unwrap();
    }
    fs::create_dir_all(repo.path(".git/refs")).unwrap();
    symlink("/dev/zero", repo.path(".git/packed-refs")).unwrap();
    symlink("/dev/zero", repo.path(".git/refs/heads/endless")).unwrap();
    let reading = repo.read();
    assert_eq!(reading.blobs.len(), 1);
    assert!(!reading.blobs.contains_key(&secret));
    assert!(reading.reasons().contains(&"pack_damaged"), "{:?}", reading.unread);
    assert!(reading.reasons().contains(&"outside_of_root"), "{:?}", reading.unread);

    fs::rename(repo.path(".git/objects"), repo.path(".git/aside")).unwrap();
    symlink(victim.path(".git/objects"), repo.path(".git/objects")).unwrap();
    let reading = repo.read();
    assert!(reading.blobs.is_empty());
    assert!(reading.reasons().contains(&"external_alternates"), "{:?}", reading.unread);
}

#[test]
fn a_config_that_would_run_something_is_only_data() {
    let mut repo = Repo::new();
    repo.commit("a", "own");
    let canary = repo.root().join("canary");
    let run = format!("touch {}", canary.display());
    let config = format!(
        "[core]\n fsmonitor = \"{run}\"\n sshCommand = \"{run}\"\n pager = \"{run}\"\n hooksPath = /tmp\n[include]\n path = /dev/zero\n[remote \"origin\"]\n url = git@example.test:acme/shop.git\n promisor = true\n"
    );
    fs::write(repo.path(".git/config"), config).unwrap();
    let reading = repo.read();
    assert_eq!(reading.repository.name(), "acme/shop");
    assert!(!canary.exists());
}

#[test]
fn a_bare_repository_is_one_and_an_ordinary_folder_is_not() {
    let mut repo = Repo::new();
    repo.commit("a", "own");
    repo.run_in("", &["clone", "-q", "--bare", "work", "shop.git"], b"");
    let bare = repo.root().join("shop.git");
    assert!(Repository::is_git_dir(&bare) && Repository::is_git_dir(&repo.path(".git")));
    assert!(
        !Repository::is_git_dir(&repo.path("")) && !Repository::is_git_dir(&repo.root().join("elsewhere"))
    );
    let reading = Reading::of(&bare, &bare);
    assert_eq!((reading.repository.label(), reading.repository.work_tree()), (".", None));
    assert_eq!(reading.blobs.len(), 1);
    assert_eq!(reading.repository.name(), "shop");
    assert_eq!(
        repo.read().repository.work_tree(),
        Some(repo.path("").as_path().parent().unwrap().join("work").as_path())
    );
}
