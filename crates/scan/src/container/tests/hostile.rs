//! Every format, as an attacker or a bad disk would have it: what is readable is read, the rest is told.

use proptest::prelude::*;

use super::build::{Entry, ar, bzip2, cpio, gzip, tar, tar_member, xz, zip, zstd};
use super::{count, open};

/// Text that does not compress to nothing.
fn text() -> Vec<u8> {
    (0..20_000u32).flat_map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

#[test]
fn a_cut_stream_gives_what_is_there() {
    let text = text();
    for pack in [gzip, bzip2, xz, zstd] {
        let packed = pack(&text);
        // Formats that work in blocks give whole blocks.
        let seen = open(&packed[..packed.len() - 9]);
        assert_eq!(seen.reasons(), ["- archive_truncated"]);
        let got = &seen.members[0].1;
        assert!(text.starts_with(got));
    }
    let packed = gzip(&text);
    assert!(open(&packed[..packed.len() / 2]).members[0].1.len() > text.len() / 3);
}

#[test]
fn a_cut_archive_inside_a_cut_stream_is_told_once() {
    let packed = gzip(&tar(&[("a.env", b"one"), ("b.txt", &text())]));
    let seen = open(&packed[..packed.len() / 2]);
    assert_eq!(seen.labels(), ["a.env", "b.txt"]);
    assert_eq!(seen.reasons(), ["- archive_truncated"]);
}

#[test]
fn a_broken_stream_gives_what_came_before() {
    let text = text();
    for pack in [gzip, xz] {
        let mut packed = pack(&text);
        let middle = packed.len() / 2;
        packed[middle..middle + 64].fill(0xa5);
        let seen = open(&packed);
        assert_eq!(seen.reasons(), ["- archive_damaged"]);
    }
    let mut packed = gzip(&text);
    let sum = packed.len() - 8;
    packed[sum] ^= 1;
    let seen = open(&packed);
    assert_eq!((seen.members[0].1.len(), seen.reasons()), (text.len(), vec!["- archive_damaged".to_owned()]));
}

#[test]
fn what_follows_a_broken_header_of_tar_is_searched_as_it_is() {
    let mut archive = tar(&[("a.env", b"one"), ("b.env", b"two"), ("c.env", b"three")]);
    archive[1024 + 3] ^= 0x55;
    let seen = open(&gzip(&archive));
    assert_eq!(seen.reasons(), ["- archive_damaged"]);
    assert_eq!(seen.labels(), ["a.env", ""]);
    assert!(seen.members[1].1.windows(5).any(|window| window == b"three"));
}

#[test]
fn sizes_of_tar_that_cannot_be_are_damage() {
    for size in [&b"77777777777\0"[..], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"zzzzzzzzzzz\0"]
    {
        let mut archive = tar(&[("a.env", b"one")]);
        archive[124..136].copy_from_slice(size);
        let sum: u32 = archive[..512]
            .iter()
            .enumerate()
            .map(|(at, &b)| if (148..156).contains(&at) { 32 } else { u32::from(b) })
            .sum();
        archive[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let seen = open(&gzip(&archive));
        assert_eq!(seen.reasons().len(), 1, "{:?}", seen.reasons());
        assert!(seen.members.iter().any(|(_, bytes)| bytes.windows(3).any(|window| window == b"one")));
    }
    let endless_name = tar_member(b"././@LongLink", b'L', &vec![b'a'; 2 << 20]);
    assert_eq!(open(&endless_name).reasons(), ["- archive_damaged"]);
}

#[test]
fn members_that_lie_about_their_sizes_are_read_and_told() {
    let lies = [
        Entry { size: 3, ..Entry::deflated("short", b"longer than that") },
        Entry { size: u32::MAX - 1, ..Entry::deflated("long", b"shorter than that") },
        Entry { sum: 1, ..Entry::stored("sum", b"another sum") },
        Entry::stored("true", b"honest"),
    ];
    let seen = open(&zip(&lies));
    assert_eq!(
        seen.texts(),
        [
            ("short", "longer than that"),
            ("long", "shorter than that"),
            ("sum", "another sum"),
            ("true", "honest")
        ]
    );
    assert_eq!(seen.reasons(), ["short archive_damaged", "long archive_damaged", "sum archive_damaged"]);
    let beyond = Entry { packed_size: Some(1 << 30), ..Entry::stored("beyond", b"text") };
    assert_eq!(open(&zip(&[beyond])).reasons(), ["beyond archive_truncated"]);
}

#[test]
fn encrypted_and_unknown_members_are_told_and_the_rest_is_read() {
    let members = [
        Entry { flags: 1, ..Entry::deflated("locked.env", b"secret") },
        Entry { method: 99, ..Entry::deflated("aes.env", b"secret") },
        Entry { method: 14, ..Entry::deflated("lzma.env", b"secret") },
        Entry::deflated("open.env", b"plain"),
    ];
    let seen = open(&zip(&members));
    assert_eq!(seen.texts(), [("open.env", "plain")]);
    assert_eq!(
        seen.reasons(),
        ["locked.env archive_encrypted", "aes.env archive_encrypted", "lzma.env archive_unsupported"]
    );
}

#[test]
fn a_zip_without_its_directory_is_read_by_its_headers() {
    let text = text();
    let archive = zip(&[Entry::deflated("a.env", b"one"), Entry::deflated("b.txt", &text)]);
    let cut = &archive[..archive.len() / 2];
    let seen = open(cut);
    assert_eq!(seen.labels(), ["a.env", "b.txt"]);
    assert_eq!(seen.texts()[0].1, "one");
    assert_eq!(seen.reasons(), ["b.txt archive_truncated", "- archive_truncated"]);
}

#[test]
fn a_member_that_the_directory_hides_is_found() {
    let hidden = Entry::deflated("hidden.env", b"secret").local();
    let mut streamed = Entry { flags: 8, ..Entry::deflated("streamed.env", b"sizes come later") };
    (streamed.packed_size, streamed.size, streamed.sum) = (Some(0), 0, 0);
    let archive = zip(&[Entry::stored("a.txt", b"one")]);
    let at = archive.len() - 22 - 46 - 5;
    let (members, directory) = archive.split_at(at);
    let mut forged = [members, &hidden, &streamed.local(), directory].concat();
    let offset = forged.len() - 22 + 16;
    let moved = (at + hidden.len() + streamed.local().len()) as u32;
    forged[offset..offset + 4].copy_from_slice(&moved.to_le_bytes());
    let seen = open(&forged);
    assert_eq!(
        seen.texts(),
        [("a.txt", "one"), ("hidden.env", "secret"), ("streamed.env", "sizes come later")]
    );
    assert_eq!(seen.reasons(), [""; 0]);
}

#[test]
fn known_archives_that_are_not_unpacked_are_told() {
    let seen = open(b"7z\xbc\xaf\x27\x1c\0\x04 and so on");
    assert_eq!(seen.reasons(), ["- archive_unsupported"]);
    let inside = open(&zip(&[Entry::stored("a.rar", b"Rar!\x1a\x07\x01\0 and so on")]));
    assert_eq!(inside.labels(), ["a.rar"], "its bytes are still searched");
    assert_eq!(inside.reasons(), ["a.rar archive_unsupported"]);
}

#[test]
fn a_name_is_a_label_whatever_it_says() {
    for name in ["../../../../etc/passwd", "/etc/shadow", "C:\\windows\\x", "a\nb\u{1b}[31m", "", "CON"] {
        let seen = open(&zip(&[Entry::stored(name, b"text")]));
        assert_eq!(seen.texts(), [(name, "text")]);
    }
}

#[test]
fn damage_in_ar_and_cpio_leaves_the_rest_searched() {
    let mut archive = ar(&[("a.env", b"one!"), ("b.env", b"two!")]);
    archive[8 + 60 + 4 + 50] = b'x';
    let seen = open(&gzip(&archive));
    assert_eq!(seen.labels(), ["a.env", ""]);
    assert_eq!(seen.reasons(), ["- archive_damaged"]);
    let mut archive = cpio(&[("a.env", b"one"), ("b.env", b"two")]);
    archive[110 + 6 + 4] = b'X';
    let seen = open(&gzip(&archive));
    assert_eq!(seen.labels(), ["a.env", ""]);
    assert_eq!(seen.reasons(), ["- archive_damaged"]);
}

/// One small archive of each format.
fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(make_samples)
}

fn make_samples() -> Vec<Vec<u8>> {
    let text = &text()[..4_000];
    let archive = tar(&[("a.env", b"one"), ("b.txt", text)]);
    let members = [
        Entry::stored("s.txt", text),
        Entry::deflated("d.txt", text),
        Entry { method: 12, packed: bzip2(text), ..Entry::stored("b.txt", text) },
        Entry { method: 93, packed: zstd(text), ..Entry::stored("z.txt", text) },
        Entry { method: 95, packed: xz(text), ..Entry::stored("x.txt", text) },
    ];
    vec![
        gzip(&archive),
        bzip2(&archive),
        xz(&archive),
        zstd(&archive),
        zip(&members),
        ar(&[("a", b"one"), ("b", text)]),
        cpio(&[("a", b"one"), ("b", text)]),
        super::build::rpm(&gzip(&cpio(&[("a", text)]))),
        archive,
        include_bytes!("overflow.db").to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_behind_a_magic_never_panic(
        which in 0usize..10,
        keep in 0usize..600,
        noise in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let sample = &samples()[which];
        let bytes = [&sample[..keep.min(sample.len())], &noise].concat();
        prop_assert!(!count(&bytes).reasons().iter().any(|row| row.contains("reader_failed")));
    }

    #[test]
    fn a_few_wrong_bytes_never_panic(
        which in 0usize..10,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = samples()[which].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert!(!count(&bytes).reasons().iter().any(|row| row.contains("reader_failed")));
    }
}
