//! Small files that would be large: each ends within the budget and says so.

use super::build::{Entry, bzip2, gzip, tar, xz, zip, zstd};
use super::{count, open};

const MIB: usize = 1 << 20;

#[test]
fn one_byte_in_a_thousand_is_a_bomb() {
    let zeros = vec![0; 24 * MIB];
    for pack in [gzip, bzip2, xz] {
        let packed = pack(&zeros);
        assert!(packed.len() < zeros.len() / 900);
        let seen = count(&packed);
        assert_eq!(seen.reasons(), ["- archive_bomb"]);
        assert!(seen.bytes < 18 * MIB as u64, "{}", seen.bytes);
    }
}

#[test]
fn a_small_file_of_zeros_is_no_bomb() {
    for pack in [gzip, bzip2, xz, zstd] {
        let seen = count(&pack(&vec![0; 8 * MIB]));
        assert_eq!((seen.reasons(), seen.bytes), (vec![], 8 * MIB as u64));
    }
}

#[test]
fn archives_of_archives_of_zeros_end_within_the_budget() {
    let mut inner = zip(&[Entry::deflated("zeros", &vec![0; 20 * MIB])]);
    for level in 0..5 {
        let copies: Vec<Entry> =
            (0..16).map(|n| Entry::deflated(&format!("{level}-{n}.zip"), &inner)).collect();
        inner = zip(&copies);
    }
    let seen = count(&inner);
    assert!(seen.bytes < 600 * MIB as u64, "{}", seen.bytes);
    assert!(seen.reasons().iter().any(|row| row.ends_with("archive_too_deep")), "{:?}", seen.reasons());
    assert!(seen.gaps.len() <= 40, "{} rows", seen.gaps.len());
}

#[test]
fn many_members_below_the_ratio_share_one_budget() {
    let member = Entry::deflated("zeros", &vec![0; 15 * MIB]);
    let seen = count(&zip(&vec![member; 100]));
    assert!(seen.bytes < 530 * MIB as u64, "{}", seen.bytes);
    assert_eq!(seen.reasons(), ["- archive_too_large"]);
}

#[test]
fn members_that_overlap_are_read_once() {
    let body = Entry::stored("body", b"user = deploy\n");
    let again = |n: u32| Entry { name: format!("again-{n}").into_bytes(), at: Some(0), ..body.clone() };
    let mut entries = vec![body.clone()];
    entries.extend((0..5_000).map(again));
    let seen = open(&zip(&entries));
    assert_eq!(seen.texts(), [("body", "user = deploy\n")]);
    assert_eq!(seen.gaps.len(), 20, "the rest is counted");
    assert!(seen.reasons().iter().all(|row| row.ends_with("archive_bomb")));
    // A member that claims the ones behind it, too.
    let mut greedy =
        [Entry::stored("first", b"1"), Entry::stored("second", b"2"), Entry::stored("third", b"3")];
    greedy[0].packed_size = Some(30);
    let seen = open(&zip(&greedy));
    assert_eq!(seen.reasons(), ["first archive_damaged", "second archive_bomb"]);
}

#[test]
fn twenty_levels_are_four_too_many_by_sixteen() {
    let mut nest = b"user = deploy\n".to_vec();
    for level in 0..20 {
        nest = zip(&[Entry::stored(&format!("{level}.zip"), &nest)]);
    }
    let seen = open(&nest);
    assert_eq!(seen.reasons(), ["19.zip!/18.zip!/17.zip!/16.zip archive_too_deep"]);
    let innermost = &seen.members.last().unwrap().1;
    assert!(innermost.windows(13).any(|window| window == b"user = deploy"), "its bytes are still searched");
    let mut layers = b"user = deploy\n".to_vec();
    for _ in 0..20 {
        layers = gzip(&layers);
    }
    assert_eq!(open(&layers).reasons(), ["- archive_too_deep"]);
}

#[test]
fn more_members_than_anybody_has_are_cut() {
    let member = super::build::tar_member(b"a", b'0', b"");
    let seen = count(&member.repeat(260_000));
    assert_eq!(seen.reasons(), ["- archive_too_many_members"]);
    assert_eq!(seen.members.len(), 250_000);
}

#[test]
fn streams_that_give_nothing_cost_something() {
    let empty = gzip(b"");
    let seen = count(&empty.repeat(3_000_000));
    assert_eq!(seen.reasons(), ["- archive_too_much_work"]);
    // A decoder of bzip2 clears megabytes before it begins.
    let seen = count(&bzip2(b"").repeat(20_000));
    assert_eq!(seen.reasons(), ["- archive_too_much_work"]);
}

#[test]
fn a_window_larger_than_the_budget_is_refused() {
    // A frame whose header asks for 2 GiB.
    let seen = open(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0, 0]);
    assert_eq!(seen.reasons(), ["- archive_too_much_memory"]);
    let archive = tar(&[("a.zst", &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0, 0])]);
    assert_eq!(open(&archive).reasons(), ["a.zst archive_too_much_memory"]);
}
