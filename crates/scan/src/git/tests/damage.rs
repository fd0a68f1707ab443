//! Damage is reported, and everything else is still read.

use std::collections::BTreeSet;
use std::fs;

use super::repo::{Reading, Repo, oid, tamper};
use crate::git::{Oid, head_tree};

/// A packed repository with several chains of deltas.
fn packed() -> Repo {
    let mut repo = Repo::new();
    for round in 0..12 {
        let lines: Vec<String> = (0..80)
            .map(|line| format!("line {line} {}", if line == round { "new" } else { "old" }))
            .collect();
        repo.write("one", &lines.join("\n"));
        repo.write(&format!("dir/{round}"), &format!("file {round}"));
        repo.commit_all("Change");
    }
    repo.git(&["repack", "-adfq"]);
    repo
}

/// What is no longer read, after checking that nothing is silent.
fn lost(before: &Reading, after: &Reading) -> usize {
    for (oid, bytes) in &after.blobs {
        assert_eq!(before.blobs.get(oid), Some(bytes), "what is read is right");
    }
    let lost = before.blobs.len() - after.blobs.len();
    assert!(lost == 0 || !after.unread.is_empty(), "nothing is lost in silence");
    lost
}

#[test]
fn a_damaged_byte_costs_what_is_built_on_it_and_no_more() {
    let repo = packed();
    let before = repo.read();
    assert_eq!(before.reasons(), [""; 0]);
    let pack = repo.pack();
    let whole = fs::read(&pack).unwrap();
    let mut worst = 0;
    for at in (12..whole.len() - 20).step_by(37) {
        tamper(&pack, |bytes| bytes[at] ^= 0x55);
        let after = repo.read();
        worst = worst.max(lost(&before, &after));
        tamper(&pack, |bytes| *bytes = whole.clone());
    }
    assert!(worst > 0 && worst < before.blobs.len());
}

#[test]
fn a_pack_cut_short_is_read_as_far_as_it_goes() {
    let repo = packed();
    let before = repo.read();
    let pack = repo.pack();
    let whole = fs::read(&pack).unwrap();
    for keep in [0, 5, 12, 31, 32, 33, whole.len() / 4, whole.len() / 2, whole.len() - 21, whole.len() - 1] {
        tamper(&pack, |bytes| bytes.truncate(keep));
        let after = repo.read();
        lost(&before, &after);
        assert!(after.reasons().contains(&"pack_damaged"), "{keep}: {:?}", after.unread);
        tamper(&pack, |bytes| *bytes = whole.clone());
    }
    tamper(&pack, |bytes| bytes.truncate(whole.len() - 21));
    assert!(lost(&before, &repo.read()) < before.blobs.len(), "most of it is still read");
}

#[test]
fn an_index_that_lies_hides_nothing() {
    let repo = packed();
    let before = repo.read();
    let index = repo.pack().with_extension("idx");
    let whole = fs::read(&index).unwrap();
    let count = before.blobs.len();
    let objects = u32::from_be_bytes(whole[8 + 255 * 4..8 + 256 * 4].try_into().unwrap()) as usize;
    let offsets = 8 + 1024 + objects * 24;
    type Lie = Box<dyn Fn(&mut Vec<u8>)>;
    let lies: Vec<(&str, Lie)> = vec![
        ("empty", Box::new(Vec::clear)),
        ("cut", Box::new(|bytes: &mut Vec<u8>| bytes.truncate(700))),
        ("magic", Box::new(|bytes: &mut Vec<u8>| bytes[0] = 0)),
        ("fan-out", Box::new(|bytes: &mut Vec<u8>| bytes[8] = 0xff)),
        ("version", Box::new(|bytes: &mut Vec<u8>| bytes[7] = 9)),
        (
            "an offset twice",
            Box::new(move |bytes: &mut Vec<u8>| bytes.copy_within(offsets..offsets + 4, offsets + 4)),
        ),
        ("an offset far out", Box::new(move |bytes: &mut Vec<u8>| bytes[offsets..offsets + 4].fill(0x7f))),
        ("a name twice", Box::new(|bytes: &mut Vec<u8>| bytes.copy_within(1032..1052, 1052))),
        ("a large offset", Box::new(move |bytes: &mut Vec<u8>| bytes[offsets..offsets + 4].fill(0xff))),
        ("an offset into the head", Box::new(move |bytes: &mut Vec<u8>| bytes[offsets..offsets + 4].fill(0))),
        (
            "another pack",
            Box::new(|bytes: &mut Vec<u8>| {
                let len = bytes.len();
                bytes[len - 40..len - 20].fill(1);
            }),
        ),
    ];
    for (lie, tell) in lies {
        tamper(&index, |bytes| tell(bytes));
        let after = repo.read();
        assert_eq!(after.blobs.len(), count, "{lie}");
        assert_eq!(lost(&before, &after), 0, "{lie}");
        tamper(&index, |bytes| *bytes = whole.clone());
    }
    // An offset that is off by one cannot be told from a right one at once: the object behind it is lost, loudly,
    // or found by reading the pack through.
    tamper(&index, |bytes| bytes[offsets + 3] ^= 1);
    lost(&before, &repo.read());
}

#[test]
fn a_second_copy_heals_a_damaged_pack() {
    let mut repo = packed();
    let before = repo.read();
    let pack = repo.pack();
    let good = fs::read(&pack).unwrap();
    let index = fs::read(pack.with_extension("idx")).unwrap();
    repo.git(&["repack", "-adfq", "--depth=0"]);
    let other = repo.pack();
    assert_ne!(pack, other);
    // The damaged copy comes first in the order of names.
    fs::write(other.with_file_name("pack-0.pack"), damaged(&good)).unwrap();
    fs::write(other.with_file_name("pack-0.idx"), index).unwrap();
    let after = repo.read();
    assert_eq!(after.blobs, before.blobs);
    assert_eq!((after.counts.lost, after.reasons()), (0, vec![]));
}

fn damaged(pack: &[u8]) -> Vec<u8> {
    let mut bytes = pack.to_vec();
    let end = bytes.len() - 20;
    for at in (200..end).step_by(150) {
        bytes[at] ^= 0x10;
    }
    bytes
}

#[test]
fn loose_objects_are_damaged_one_by_one() {
    let mut repo = Repo::new();
    repo.commit("good", "good");
    let mut broken = BTreeSet::new();
    for (name, text) in [("empty", "a"), ("cut", "b"), ("noise", "c"), ("liar", "d"), ("folder", "e")] {
        repo.commit(name, text);
        let blob = repo.blob(text);
        let hex = blob.to_string();
        let path = repo.path(&format!(".git/objects/{}/{}", &hex[..2], &hex[2..]));
        broken.insert(blob);
        match name {
            "empty" => tamper(&path, Vec::clear),
            "cut" => tamper(&path, |bytes| bytes.truncate(bytes.len() - 6)),
            "noise" => tamper(&path, |bytes| bytes.fill(7)),
            "liar" => tamper(&path, |bytes| *bytes = deflated(b"blob 999999999999\0d")),
            _ => {
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            }
        }
    }
    let reading = repo.read();
    let read: BTreeSet<Oid> = reading.blobs.keys().copied().collect();
    assert_eq!(read, BTreeSet::from([repo.blob("good")]));
    assert!(reading.reasons().contains(&"object_damaged"), "{:?}", reading.unread);
    assert!(reading.reasons().contains(&"blob_too_large"), "{:?}", reading.unread);
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A pack of entries as they are: kind, length as claimed, what stands before the stream, the stream's content.
fn pack_of(entries: &[(u8, usize, Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&u32::try_from(entries.len()).unwrap().to_be_bytes());
    for (kind, len, before, content) in entries {
        let mut left = len >> 4;
        let mut byte = kind << 4 | u8::try_from(len & 15).unwrap();
        while left > 0 {
            pack.push(byte | 0x80);
            byte = u8::try_from(left & 0x7f).unwrap();
            left >>= 7;
        }
        pack.push(byte);
        pack.extend_from_slice(before);
        pack.extend_from_slice(&deflated(content));
    }
    pack.extend_from_slice(&[9; 20]);
    pack
}

#[test]
fn a_hand_made_pack_cannot_make_it_panic_or_hang() {
    let name = |digit: u8| vec![digit; 20];
    let bomb: Vec<u8> = [&[5][..], &[0x80, 0x80, 0x80, 0x40], &[0x90, 5].repeat(100)].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("told from nothing", pack_of(&[(7, 4, name(1), vec![0, 1, 1, b'x'])])),
        ("told from itself", pack_of(&[(6, 4, vec![0], vec![0, 1, 1, b'x'])])),
        ("told from before the pack", pack_of(&[(6, 4, vec![100], vec![0, 1, 1, b'x'])])),
        ("a kind that is none", pack_of(&[(5, 1, vec![], vec![1])])),
        ("another length", pack_of(&[(3, 100, vec![], b"short".to_vec())])),
        ("an enormous length", pack_of(&[(3, usize::MAX >> 8, vec![], b"short".to_vec())])),
        ("a delta bomb", pack_of(&[(3, 5, vec![], b"12345".to_vec()), (6, bomb.len(), vec![14], bomb)])),
        ("no entries, many claimed", {
            let mut pack = pack_of(&[]);
            pack[8..12].fill(0xff);
            pack
        }),
    ];
    for (case, pack) in cases {
        let mut repo = Repo::new();
        repo.commit("good", "good");
        fs::write(repo.path(".git/objects/pack/pack-bad.pack"), pack).unwrap();
        let reading = repo.read();
        assert!(reading.blobs.contains_key(&repo.blob("good")), "{case}");
        assert!(!reading.unread.is_empty(), "{case}");
    }
}

#[test]
fn two_objects_told_from_each_other_are_lost_loudly() {
    let mut repo = Repo::new();
    repo.commit("good", "good");
    let delta = |_: ()| vec![1u8, 1, 1, b'x'];
    let pack = pack_of(&[(7, 4, vec![2; 20], delta(())), (7, 4, vec![1; 20], delta(()))]);
    // An index of version 2 for the two: names 1… and 2….
    let second = 12 + (pack.len() - 32) / 2;
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first_byte in 0u32..256 {
        index.extend_from_slice(&first_byte.min(2).to_be_bytes());
    }
    index.extend_from_slice(&[[1u8; 20], [2; 20]].concat());
    index.extend_from_slice(&[0; 8]);
    index.extend_from_slice(&12u32.to_be_bytes());
    index.extend_from_slice(&u32::try_from(second).unwrap().to_be_bytes());
    index.extend_from_slice(&[9; 20]);
    index.extend_from_slice(&[0; 20]);
    fs::write(repo.path(".git/objects/pack/pack-bad.pack"), pack).unwrap();
    fs::write(repo.path(".git/objects/pack/pack-bad.idx"), index).unwrap();
    let reading = repo.read();
    assert!(reading.blobs.contains_key(&repo.blob("good")));
    assert_eq!(reading.reasons(), ["object_damaged"]);
    assert!(reading.unread[0].detail.starts_with("2 objects"), "{:?}", reading.unread);
}

#[test]
fn a_missing_object_is_said_once_and_only_when_something_needs_it() {
    let mut repo = Repo::new();
    repo.commit("a", "kept");
    repo.commit("b", "lost");
    let blob = repo.blob("lost").to_string();
    fs::remove_file(repo.path(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    let reading = repo.read();
    assert_eq!(reading.reasons(), ["object_missing"]);
    // Rubbish that git itself has half cleaned up is no news.
    repo.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
    fs::remove_dir_all(repo.path(".git/logs")).unwrap();
    fs::remove_file(repo.path(".git/index")).unwrap();
    assert_eq!(repo.read().reasons(), [""; 0]);
}

#[test]
fn a_shallow_clone_says_that_history_ends() {
    let mut repo = Repo::new();
    repo.commit("a", "one");
    repo.commit("a", "two");
    let from = format!("file://{}", repo.path("").display());
    repo.run_in("", &["clone", "-q", "--depth=1", &from, "shallow"], b"");
    let reading = Reading::of(&repo.root().join("shallow/.git"), repo.root());
    assert_eq!(reading.reasons(), ["shallow_clone"]);
    assert_eq!(reading.blobs.len(), 1);
    assert_eq!(reading.repository.name(), "shallow", "a remote on this machine is no name");
}

#[test]
fn a_partial_clone_says_how_much_is_missing() {
    let mut repo = Repo::new();
    repo.commit("a", "one");
    repo.commit("a", "two");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", repo.path("").display());
    repo.run_in("", &["clone", "-q", "--filter=blob:none", "--no-checkout", &from, "partial"], b"");
    let reading = Reading::of(&repo.root().join("partial/.git"), repo.root());
    assert_eq!(reading.reasons(), ["partial_clone"]);
    assert!(reading.unread[0].detail.starts_with("2 objects"), "{:?}", reading.unread);
}

#[test]
fn refs_that_make_no_sense_are_said_and_do_not_hide_objects() {
    let mut repo = Repo::new();
    repo.commit("a", "one");
    fs::write(repo.path(".git/refs/heads/loop-a"), "ref: refs/heads/loop-b\n").unwrap();
    fs::write(repo.path(".git/refs/heads/loop-b"), "ref: refs/heads/loop-a\n").unwrap();
    fs::write(repo.path(".git/HEAD"), "ref: refs/heads/loop-a\n").unwrap();
    fs::write(repo.path(".git/refs/heads/noise"), "noise").unwrap();
    fs::write(repo.path(".git/packed-refs"), "no ref at all\n").unwrap();
    let reading = repo.read();
    assert_eq!(reading.blobs.len(), 1);
    let rows: Vec<&str> = reading.unread.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(rows, ["work/.git!HEAD", "work/.git!packed-refs", "work/.git!refs/heads/noise"]);
    assert!(reading.reasons().iter().all(|reason| *reason == "ref_damaged"));
}

#[test]
fn other_formats_are_refused_loudly() {
    let mut repo = Repo::with(&["init", "-q", "-b", "main", "--object-format=sha256", "work"]);
    repo.commit("a", "one");
    let reading = repo.read();
    assert_eq!(reading.reasons(), ["unsupported_object_format"]);
    let mut repo = Repo::with(&["init", "-q", "-b", "main", "--ref-format=reftable", "work"]);
    let commit = repo.commit("a", "one");
    let reading = repo.read();
    assert_eq!(reading.reasons(), ["unsupported_ref_storage"]);
    assert_eq!(reading.blobs.len(), 1, "objects need no refs");
    assert!(reading.messages.contains_key(&oid(&commit)));
}

#[test]
fn ten_billion_paths_from_a_dozen_objects_are_harmless() {
    let mut repo = Repo::new();
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"secret");
    let mut tree = repo.git_with(&["mktree"], format!("100644 blob {blob}\tkey\n").as_bytes());
    for _ in 0..10 {
        let entries: String = (0..10).map(|name| format!("040000 tree {tree}\t{name}\n")).collect();
        tree = repo.git_with(&["mktree"], entries.as_bytes());
    }
    let commit = repo.git(&["commit-tree", "-m", "Bomb", &tree]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let reading = repo.read();
    assert_eq!(reading.reasons(), ["too_many_paths"]);
    let places = reading.places(oid(&blob));
    assert!(!places.is_empty() && places.len() <= 1_001);
    assert!(places.iter().all(|(path, ..)| path.ends_with("/key")));
    let objects = crate::git::Objects::open(&reading.repository, &mut Vec::new());
    let mut unread = Vec::new();
    head_tree(&reading.repository, &objects, &mut unread);
    assert_eq!(unread.len(), 1);
}
