//! Every format, as it should be.

use super::build::{Entry, ar, bzip2, cpio, gzip, rpm, tar, tar_header, tar_member, xz, zip, zstd};
use super::open;

const TEXT: &[u8] = b"user = deploy\n";

#[test]
fn a_compressed_file_shows_its_content() {
    for packed in [gzip(TEXT), bzip2(TEXT), xz(TEXT), zstd(TEXT)] {
        let seen = open(&packed);
        assert_eq!(seen.texts(), [("", "user = deploy\n")]);
        assert_eq!(seen.reasons(), [""; 0]);
    }
}

#[test]
fn streams_one_after_the_other_are_one_file() {
    for pack in [gzip, bzip2, xz, zstd] {
        let seen = open(&[pack(b"one "), pack(b"two")].concat());
        assert_eq!(seen.texts(), [("", "one two")]);
        assert_eq!(seen.reasons(), [""; 0]);
    }
    let padded = open(&[gzip(TEXT), vec![0; 512]].concat());
    assert_eq!(padded.reasons(), [""; 0]);
}

#[test]
fn a_tar_in_any_compression_shows_its_members() {
    let archive = tar(&[("./conf/a.env", TEXT), ("b.txt", b"bye")]);
    for packed in [archive.clone(), gzip(&archive), bzip2(&archive), xz(&archive), zstd(&archive)] {
        let seen = open(&packed);
        assert_eq!(seen.texts(), [("conf/a.env", "user = deploy\n"), ("b.txt", "bye")]);
        assert_eq!(seen.reasons(), [""; 0]);
    }
}

#[test]
fn long_names_of_tar_come_from_the_members_before() {
    let long = "deep/".repeat(40) + "a.env";
    let attributes = format!("{} path={long}\n", long.len() + 10);
    assert_eq!(attributes.len(), long.len() + 10);
    for archive in [
        [tar_member(b"././@LongLink", b'L', format!("{long}\0").as_bytes()), tar(&[("short", TEXT)])]
            .concat(),
        [tar_member(b"PaxHeader", b'x', attributes.as_bytes()), tar(&[("short", TEXT)])].concat(),
    ] {
        assert_eq!(open(&archive).texts(), [(long.as_str(), "user = deploy\n")]);
    }
    let mut prefixed = tar_member(b"a.env", b'0', TEXT);
    prefixed[345..348].copy_from_slice(b"dir");
    let sum: u32 = prefixed[..512]
        .iter()
        .enumerate()
        .map(|(at, &b)| if (148..156).contains(&at) { 32 } else { u32::from(b) })
        .sum();
    prefixed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(open(&prefixed).labels(), ["dir/a.env"]);
}

#[test]
fn a_zip_shows_stored_and_compressed_members() {
    let mut others = Vec::new();
    for (method, packed) in [(12, bzip2(TEXT)), (93, zstd(TEXT)), (95, xz(TEXT))] {
        others.push(Entry { method, packed, ..Entry::stored(&format!("by-{method}"), TEXT) });
    }
    let mut entries =
        vec![Entry::stored("META-INF/", b""), Entry::stored("a.env", TEXT), Entry::deflated("b.env", TEXT)];
    entries.extend(others);
    let archive = zip(&entries);
    let same = "user = deploy\n";
    let expected = [("a.env", same), ("b.env", same), ("by-12", same), ("by-93", same), ("by-95", same)];
    assert_eq!(open(&archive).texts(), expected);
    assert_eq!(open(&archive).reasons(), [""; 0]);
    let behind_a_program = [b"#!/usr/bin/env python3\n", &archive[..]].concat();
    assert_eq!(open(&behind_a_program).texts(), expected);
    assert_eq!(open(&behind_a_program).reasons(), [""; 0]);
    assert_eq!(open(&zip(&[])).reasons(), [""; 0]);
}

#[test]
fn containers_in_containers_are_opened() {
    let jar = zip(&[Entry::deflated("conf/a.env", TEXT)]);
    let layer = gzip(&tar(&[("lib/app.jar", &jar), ("var/app.log.gz", &gzip(b"started"))]));
    let image = zip(&[Entry::stored("layer.tgz", &layer)]);
    let seen = open(&image);
    assert_eq!(
        seen.labels(),
        [
            "layer.tgz!/lib/app.jar", // as it is, and
            "layer.tgz!/lib/app.jar!/conf/a.env",
            "layer.tgz!/var/app.log.gz!/app.log",
        ]
    );
    assert_eq!(seen.reasons(), [""; 0]);
}

#[test]
fn packages_of_distributions_are_opened() {
    let data = xz(&tar(&[("./etc/app.env", TEXT)]));
    let deb = ar(&[("debian-binary", b"2.0\n"), ("data.tar.xz/", &data)]);
    assert_eq!(
        open(&deb).texts(),
        [("debian-binary", "2.0\n"), ("data.tar.xz!/etc/app.env", "user = deploy\n")]
    );
    let package = rpm(&zstd(&cpio(&[("./etc/app.env", TEXT)])));
    let seen = open(&package);
    assert_eq!(seen.texts().last(), Some(&("etc/app.env", "user = deploy\n")));
    assert!(seen.texts().iter().any(|(label, text)| *label == "header" && text.ends_with("echo installed")));
    assert_eq!(seen.reasons(), [""; 0]);
}

#[test]
fn names_of_ar_come_in_three_dialects() {
    let table = b"a-name-longer-than-sixteen.env/\n";
    let seen = open(&ar(&[("//", table), ("/0", TEXT), ("#1/8", b"bsd.env\0hello"), ("short/", b"x")]));
    assert_eq!(
        seen.texts(),
        [("a-name-longer-than-sixteen.env", "user = deploy\n"), ("bsd.env", "hello"), ("short", "x")]
    );
    assert_eq!(seen.reasons(), [""; 0]);
}

#[test]
fn keystores_are_told_wherever_they_lie() {
    let jks = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x05alias";
    assert_eq!(open(jks).keystores, [(None, "JKS", true)]);
    let archive = zip(&[Entry::deflated("conf/server.jks", jks)]);
    assert_eq!(open(&archive).keystores, [(Some("conf/server.jks".to_owned()), "JKS", true)]);
}

#[test]
fn what_only_has_a_name_is_no_gap() {
    let mut archive = Vec::new();
    for (name, kind) in [("dev/sda", b'3'), ("link", b'2'), ("hard", b'1'), ("fifo", b'6'), ("folder/", b'5')]
    {
        archive.extend_from_slice(&tar_header(name.as_bytes(), kind, 0));
    }
    archive.extend_from_slice(&tar_member(b"../../etc/cron.d/x", b'0', TEXT));
    let seen = open(&archive);
    assert_eq!(seen.texts(), [("../../etc/cron.d/x", "user = deploy\n")]);
    assert_eq!(seen.reasons(), [""; 0]);
}

#[test]
fn a_value_that_spans_pages_of_a_database_is_one_again() {
    let database = include_bytes!("overflow.db");
    let long: String = (0..400).map(|n| format!("{n:05}|")).collect();
    let contiguous = |bytes: &[u8]| memchr::memmem::find(bytes, long.as_bytes()).is_some();
    assert!(!contiguous(database), "the file itself keeps it in pieces");
    let seen = open(database);
    assert_eq!(seen.labels(), ["settings", "other"]);
    let settings = &seen.members[0].1;
    assert!(settings.starts_with(b"name = first\napi_key = v8Jq2LzR\nname = long\napi_key = 00000|00001|"));
    assert!(contiguous(settings));
    assert_eq!(memchr::memmem::find_iter(settings, b"name = row").count(), 30);
    assert_eq!(seen.texts()[1].1, "a = x\n");
    assert_eq!(seen.reasons(), [""; 0]);
    assert_eq!(
        open(&zip(&[Entry::deflated("app.db", database)])).labels(),
        ["app.db", "app.db!/settings", "app.db!/other"]
    );
}

#[test]
fn a_database_that_leads_back_into_itself_ends() {
    let mut database = include_bytes!("overflow.db").to_vec();
    // The root of the first table becomes a page of pointers to itself.
    let root = 512;
    database[root] = 5;
    database[root + 8..root + 12].copy_from_slice(&2u32.to_be_bytes());
    let seen = open(&database);
    assert_eq!(seen.reasons(), ["- archive_damaged"]);
    assert!(seen.labels().contains(&"other"));
}
