//! Where a hit stands, who brought it in, how it is still reached.

use std::fs;

use tenure_model::Fate;

use super::repo::{Reading, Repo, oid};
use crate::git::{Commits, Objects, authorship, head_tree};

fn at(path: &str, fate: Fate, commit: &str) -> (String, Fate, Option<String>) {
    (path.to_owned(), fate, Some(commit.to_owned()))
}

fn without_commit(path: &str, fate: Fate) -> (String, Fate, Option<String>) {
    (path.to_owned(), fate, None)
}

#[test]
fn the_same_content_at_two_paths_has_two_sightings() {
    let mut repo = Repo::new();
    let first = repo.commit("a/one", "shared");
    let second = repo.commit("b/two", "shared");
    let blob = repo.blob("shared");
    assert_eq!(repo.read().places(blob), [at("a/one", Fate::Head, &first), at("b/two", Fate::Head, &second)]);
}

#[test]
fn what_was_removed_and_added_again_was_introduced_by_the_first_commit() {
    let mut repo = Repo::new();
    let first = repo.commit("key", "secret");
    repo.git(&["rm", "-q", "key"]);
    repo.commit_all("Remove the key");
    let blob = repo.blob("secret");
    assert_eq!(repo.read().places(blob), [at("key", Fate::History, &first)]);
    repo.commit("key", "secret");
    assert_eq!(repo.read().places(blob), [at("key", Fate::Head, &first)]);
}

#[test]
fn a_renamed_folder_is_the_same_tree_at_another_path() {
    let mut repo = Repo::new();
    let first = repo.commit("old/deep/key", "secret");
    repo.git(&["mv", "old", "new"]);
    let second = repo.commit_all("Rename the folder");
    let blob = repo.blob("secret");
    assert_eq!(
        repo.read().places(blob),
        [at("new/deep/key", Fate::Head, &second), at("old/deep/key", Fate::History, &first)]
    );
}

#[test]
fn a_change_of_mode_is_no_introduction() {
    let mut repo = Repo::new();
    let first = repo.commit("run", "script");
    repo.git(&["update-index", "--chmod=+x", "run"]);
    repo.git(&["commit", "-q", "-m", "Make it executable"]);
    let blob = repo.blob("script");
    assert_eq!(repo.read().places(blob), [at("run", Fate::Head, &first)]);
}

#[test]
fn of_two_branches_the_older_commit_brought_it_in() {
    let mut repo = Repo::new();
    repo.commit("base", "base");
    repo.git(&["checkout", "-q", "-b", "side"]);
    let older = repo.commit("key", "secret");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("key", "secret");
    let blob = repo.blob("secret");
    assert_eq!(repo.read().places(blob), [at("key", Fate::Head, &older)]);
}

#[test]
fn an_evil_merge_and_an_evil_octopus_bring_in_what_no_parent_has() {
    let mut repo = Repo::new();
    repo.commit("base", "base");
    for branch in ["one", "two", "three"] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.commit(branch, branch);
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "one"]);
    repo.write("evil", "only in the merge");
    let merge = repo.commit_all("Merge one");
    repo.git(&["merge", "-q", "--no-commit", "two", "three"]);
    repo.write("octopus", "only in the octopus");
    let octopus = repo.commit_all("Merge two and three");
    assert_eq!(repo.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 4, "an octopus");
    let (evil, more_evil) = (repo.blob("only in the merge"), repo.blob("only in the octopus"));
    let reading = repo.read();
    assert_eq!(reading.places(evil), [at("evil", Fate::Head, &merge)]);
    assert_eq!(reading.places(more_evil), [at("octopus", Fate::Head, &octopus)]);
}

#[test]
fn a_stash_keeps_what_was_staged_changed_and_untracked() {
    let mut repo = Repo::new();
    repo.commit("file", "clean");
    repo.write("file", "staged");
    repo.git(&["add", "file"]);
    repo.write("file", "changed");
    repo.write("loose", "untracked");
    repo.git(&["stash", "push", "-q", "--include-untracked"]);
    repo.write("file", "a newer stash");
    repo.git(&["stash", "push", "-q"]);
    let blobs = ["staged", "changed", "untracked", "a newer stash"].map(|text| repo.blob(text));
    let reading = repo.read();
    for blob in blobs {
        let places = reading.places(blob);
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].1, Fate::Stash);
        assert!(places[0].2.is_some());
    }
}

#[test]
fn an_amended_commit_lives_in_the_reflog_and_then_in_nothing() {
    let mut repo = Repo::new();
    repo.commit("base", "base");
    let gone = repo.commit("key", "secret");
    repo.write("key", "harmless");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "-m", "Change key"]);
    let blob = repo.blob("secret");
    assert_eq!(repo.read().places(blob), [at("key", Fate::Reflog, &gone)]);
    fs::remove_dir_all(repo.path(".git/logs")).unwrap();
    assert_eq!(repo.read().places(blob), [at("key", Fate::Unreachable, &gone)]);
}

#[test]
fn what_only_a_tag_a_note_or_another_work_tree_names_is_history() {
    let mut repo = Repo::new();
    repo.commit("base", "base");
    repo.git(&["checkout", "-q", "--detach"]);
    let tagged = repo.commit("tagged", "in a tag only");
    repo.git(&["tag", "-a", "-m", "v1", "v1"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["notes", "add", "-m", "a note on main"]);
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    repo.write("../linked/there", "in a linked work tree");
    repo.run_in("linked", &["add", "-A"], b"");
    repo.run_in("linked", &["commit", "-q", "-m", "There"], b"");
    let there = repo.run_in("linked", &["rev-parse", "HEAD"], b"");
    fs::remove_dir_all(repo.path(".git/logs")).unwrap();
    fs::remove_dir_all(repo.path(".git/worktrees/linked/logs")).unwrap();
    let blobs = ["in a tag only", "a note on main\n", "in a linked work tree"].map(|text| repo.blob(text));
    let reading = repo.read();
    assert_eq!(reading.places(blobs[0]), [at("tagged", Fate::History, &tagged)]);
    assert_eq!(reading.places(blobs[1])[0].1, Fate::History);
    assert_eq!(reading.places(blobs[2]), [at("there", Fate::History, &there)]);
    // Seen from the linked work tree, its HEAD is the one that counts.
    let linked = Reading::of(&repo.root().join("linked/.git"), repo.root());
    assert_eq!(linked.places(blobs[2]), [at("there", Fate::Head, &there)]);
    assert_eq!(linked.repository.common_dir(), reading.repository.common_dir());
    assert_eq!(linked.repository.name(), "linked");
}

#[test]
fn what_no_commit_holds_still_has_a_fate() {
    let mut repo = Repo::new();
    repo.commit("base", "base");
    let blob_of =
        |repo: &mut Repo, text: &str| repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
    let light = blob_of(&mut repo, "named by a ref");
    repo.git(&["update-ref", "refs/odd/blob", &light]);
    let annotated = blob_of(&mut repo, "named by a tag");
    repo.git(&["tag", "-a", "-m", "a blob", "blob-tag", &annotated]);
    let in_tree = blob_of(&mut repo, "in a tree without a commit");
    let inner = repo.git_with(&["mktree"], format!("100644 blob {in_tree}\tkey\n").as_bytes());
    repo.git_with(&["mktree"], format!("040000 tree {inner}\tfolder\n").as_bytes());
    let tagged_tree_blob = blob_of(&mut repo, "in a tree with a tag");
    let tagged_tree =
        repo.git_with(&["mktree"], format!("100644 blob {tagged_tree_blob}\tfile\n").as_bytes());
    repo.git(&["tag", "tree-tag", &tagged_tree]);
    repo.write("staged", "only in the index");
    repo.git(&["add", "staged"]);
    let dangling = blob_of(&mut repo, "named by nothing");
    let staged = repo.blob("only in the index");
    let reading = repo.read();
    assert_eq!(reading.places(oid(&light)), [without_commit("", Fate::Loose)]);
    assert_eq!(reading.places(oid(&annotated)), [without_commit("", Fate::Loose)]);
    assert_eq!(reading.places(oid(&in_tree)), [without_commit("folder/key", Fate::Loose)]);
    assert_eq!(reading.places(oid(&tagged_tree_blob)), [without_commit("file", Fate::Loose)]);
    assert_eq!(reading.places(staged), [without_commit("staged", Fate::Loose)]);
    assert_eq!(reading.places(oid(&dangling)), [without_commit("", Fate::Dangling)]);
    let named = |blob: &str| {
        let found = reading.sightings.iter().find(|sighting| sighting.blob == oid(blob)).unwrap();
        found.named_by.clone()
    };
    assert_eq!(named(&light).as_deref(), Some("refs/odd/blob"));
    assert_eq!(named(&annotated).as_deref(), Some("refs/tags/blob-tag"));
    assert_eq!(named(&tagged_tree_blob).as_deref(), Some("refs/tags/tree-tag"));
    assert_eq!(reading.reasons(), [""; 0]);
}

#[test]
fn the_index_is_read_in_every_version() {
    for version in ["2", "3", "4"] {
        let mut repo = Repo::new();
        repo.git(&["config", "index.version", version]);
        repo.write("folder/a-rather-long-name-that-others-share-1", "one");
        repo.write("folder/a-rather-long-name-that-others-share-22", "two");
        repo.write("folder/third", "three");
        repo.git(&["add", "-A"]);
        repo.git(&["update-index", "--index-version", version]);
        // Only an entry with extended flags makes an index of version 3.
        repo.write("later", "");
        repo.git(&["add", "--intent-to-add", "later"]);
        let blobs = ["one", "two", "three"].map(|text| repo.blob(text));
        let reading = repo.read();
        assert_eq!(reading.reasons(), [""; 0]);
        assert_eq!(
            reading.places(blobs[1]),
            [without_commit("folder/a-rather-long-name-that-others-share-22", Fate::Loose)]
        );
        assert_eq!(reading.places(blobs[2]), [without_commit("folder/third", Fate::Loose)]);
    }
}

#[cfg(unix)]
#[test]
fn links_submodules_and_odd_names_are_paths_like_others() {
    use std::os::unix::ffi::OsStrExt;
    let mut repo = Repo::new();
    std::os::unix::fs::symlink("somewhere/else", repo.path("link")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"qu\"ote \xff\n");
    fs::write(repo.path("").join(odd), "odd").unwrap();
    let submodule = "0123456789012345678901234567890123456789";
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{submodule},sub")]);
    let commit = repo.commit_all("Odd names");
    let (link, file) = (repo.blob("somewhere/else"), repo.blob("odd"));
    let reading = repo.read();
    assert_eq!(reading.places(link), [at("link", Fate::Head, &commit)]);
    assert_eq!(reading.places(file), [at("qu\"ote %FF\n", Fate::Head, &commit)]);
    assert_eq!(reading.reasons(), [""; 0], "a submodule's commit is not missing");
}

#[test]
fn a_message_is_where_it_was_written() {
    let mut repo = Repo::new();
    repo.write("file", "text");
    let commit = repo.commit_all("Use the token in this message");
    repo.git(&["tag", "-a", "-m", "A tag with words of its own", "v1"]);
    let tag = repo.git(&["rev-parse", "v1"]);
    let hits = [oid(&commit), oid(&tag), oid("0123456789012345678901234567890123456789")];
    let reading = Reading::with_hits(&repo.path(".git"), repo.root(), &hits);
    assert!(reading.messages[&hits[0]].ends_with(b"Use the token in this message\n"));
    assert!(reading.messages[&hits[1]].ends_with(b"A tag with words of its own\n"));
    assert_eq!(reading.places(hits[0]), [at("", Fate::Message, &commit)]);
    assert_eq!(reading.places(hits[1]), [at("", Fate::Message, &tag)]);
    assert_eq!(reading.places(hits[2]), [without_commit("", Fate::Dangling)], "never lost");
    let who = reading.sightings.iter().find(|sighting| sighting.blob == hits[1]).unwrap();
    assert_eq!(who.introduction.as_ref().unwrap().author, "First Author <first@example.test>");
}

#[test]
fn replaced_and_grafted_history_is_read_as_it_is() {
    let mut repo = Repo::new();
    let hidden = repo.commit("key", "secret");
    let clean = repo.commit("key", "harmless");
    repo.git(&["replace", &hidden, &clean]);
    fs::create_dir_all(repo.path(".git/info")).unwrap();
    fs::write(repo.path(".git/info/grafts"), format!("{clean}\n")).unwrap();
    let blob = repo.blob("secret");
    assert_eq!(repo.read().places(blob), [at("key", Fate::History, &hidden)]);
}

#[test]
fn first_seen_agrees_with_git_on_a_tangled_history() {
    let mut repo = Repo::new();
    for round in 0..12u32 {
        let branch = format!("branch-{}", round % 3);
        let exists = repo.git(&["branch", "--list", &branch]);
        if exists.is_empty() {
            repo.git(&["checkout", "-q", "-b", &branch]);
        } else {
            repo.git(&["checkout", "-q", &branch]);
        }
        repo.commit(&format!("dir-{}/file-{}", round % 2, round % 5), &format!("text {}", round % 4));
        if round % 4 == 3 {
            let other = format!("branch-{}", (round + 1) % 3);
            repo.git(&["merge", "-q", "-X", "ours", "--no-ff", "-m", "Merge", &other]);
        }
    }
    let log =
        repo.git(&["log", "--all", "--raw", "--no-abbrev", "-m", "--root", "--no-renames", "--format=%H"]);
    let mut introduced: Vec<(String, String, String)> = Vec::new();
    let mut commit = "";
    for line in log.lines() {
        if let Some(entry) = line.strip_prefix(':') {
            let (about, path) = entry.split_once('\t').unwrap();
            let new = about.split(' ').nth(3).unwrap();
            introduced.push((new.to_owned(), path.to_owned(), commit.to_owned()));
        } else if !line.is_empty() {
            commit = line;
        }
    }
    let reading = repo.read();
    assert!(reading.sightings.len() > 10);
    for sighting in &reading.sightings {
        let path = String::from_utf8(sighting.path.clone()).unwrap();
        let first = sighting.introduction.as_ref().unwrap().commit.clone();
        assert!(introduced.contains(&(sighting.blob.to_string(), path, first)), "{sighting:?}");
    }
    let pairs: std::collections::BTreeSet<(&str, &str)> = introduced
        .iter()
        .filter(|(blob, ..)| !blob.starts_with("0000000"))
        .map(|(blob, path, _)| (blob.as_str(), path.as_str()))
        .collect();
    assert_eq!(reading.sightings.len(), pairs.len(), "every path that git knows");
}

#[test]
fn the_files_of_head_are_listed() {
    let mut repo = Repo::new();
    repo.commit("b/c/file", "one");
    repo.commit("a", "two");
    let reading = repo.read();
    let objects = Objects::open(&reading.repository, &mut Vec::new());
    let files = head_tree(&reading.repository, &objects, &mut Vec::new());
    let paths: Vec<&[u8]> = files.iter().map(|file| file.path.as_slice()).collect();
    assert_eq!(paths, [&b"a"[..], b"b/c/file"]);
    assert_eq!(files[0].mode, 0o100_644);
    assert_eq!(files[0].oid, repo.blob("two"));
}

#[test]
fn authors_share_a_file_by_the_age_of_their_changes() {
    let mut repo = Repo::new();
    let by = |repo: &mut Repo, who: &str, days: u32, path: &str, text: &str| {
        repo.write(path, text);
        repo.git(&["add", "-A"]);
        let date = format!("{} +0000", 1_700_000_000 + days * 86_400);
        repo.git(&["commit", "-q", "-m", "x", &format!("--author={who}"), &format!("--date={date}")]);
    };
    by(&mut repo, "Second Author <second@example.test>", 0, "src/app.py", "1");
    by(&mut repo, "second <old@example.test>", 0, "src/app.py", "2");
    by(&mut repo, "Third Author <third@example.test>", 180, "src/app.py", "3");
    by(&mut repo, "robot[bot] <1+robot[bot]@example.test>", 180, "src/app.py", "4");
    by(&mut repo, "Fourth Author <fourth@example.test>", 180, "other", "5");
    repo.commit(".mailmap", "Second Author <second@example.test> <old@example.test>\n");
    by(&mut repo, "Fourth Author <fourth@example.test>", 180, "other", "6");

    let mut unread = Vec::new();
    let repository = crate::git::Repository::open(&repo.path(".git"), repo.root(), &mut unread).unwrap();
    let objects = Objects::open(&repository, &mut unread);
    let (cancel, unread) = (std::sync::atomic::AtomicBool::new(false), std::sync::Mutex::new(unread));
    let commits = Commits::read(&objects, &|_, _, _| {}, &cancel, &unread);
    let rows = authorship(
        &repository,
        &objects,
        &commits,
        &[b"src/app.py".to_vec(), b"missing/file".to_vec()],
        &cancel,
    );
    let shares: Vec<(&str, &str, f64)> =
        rows.iter().map(|row| (row.path.as_str(), row.author.as_str(), row.share)).collect();
    assert_eq!(
        shares,
        [
            ("src/app.py", "Second Author <second@example.test>", 0.5),
            ("src/app.py", "Third Author <third@example.test>", 0.5)
        ],
        "two changes half a year ago weigh as much as one today, and bots nothing"
    );
    assert_eq!(rows[0].newest_commit_at.as_second(), 1_700_000_000 + 180 * 86_400);
}
