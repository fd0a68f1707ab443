//! What is inside archives is found like what lies beside them, and an archive that is not read to its end is said.

use std::io::Write as _;

use serde_json::Value;

use crate::program::{Home, github_token};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive of one stored member.
pub(crate) fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut fields = b"\x14\0\0\0\0\0\0\0\0\0".to_vec();
    let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    fields.extend_from_slice(&[crc32fast::hash(bytes).to_le_bytes(), size, size].concat());
    fields.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
    fields.extend_from_slice(&[0; 2]);
    let member = [b"PK\x03\x04", &fields[..], name.as_bytes(), bytes].concat();
    let entry = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], name.as_bytes()].concat();
    let (at, len) = (u32::try_from(member.len()).unwrap(), u32::try_from(entry.len()).unwrap());
    let end =
        [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &len.to_le_bytes()[..], &at.to_le_bytes(), &[0; 2]].concat();
    [member, entry, end].concat()
}

/// A tar archive of one member.
fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = vec![0; 512];
    archive[..name.len()].copy_from_slice(name.as_bytes());
    archive[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    archive[148..156].fill(b' ');
    archive[156] = b'0';
    archive[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = archive.iter().map(|&byte| u32::from(byte)).sum();
    archive[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// A token in a properties file in a jar in a tar.gz.
fn release() -> Vec<u8> {
    let properties = format!("name=app\ngithub.token={}\n", github_token());
    gzip(&tar("lib/app.jar", &zip("conf/app.properties", properties.as_bytes())))
}

const INSIDE: &str = "dist/release.tar.gz!/lib/app.jar!/conf/app.properties";

fn secrets(report: &Value) -> Vec<&Value> {
    report["findings"].as_array().unwrap().iter().filter(|f| f["category"] == "secret").collect()
}

fn unread(report: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    report["scan"]["unread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "path"), text(row, "reason")))
        .collect()
}

#[test]
fn a_token_in_a_jar_in_a_tar_gz_is_found_at_its_line() {
    let home = Home::new();
    home.write("tree/dist/release.tar.gz", release());
    let (code, report) = home.scan(&home.path("tree"));
    assert_eq!(code, 10);
    let found = secrets(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&found[0]["path"], &found[0]["start_line"]), (&INSIDE.into(), &2.into()));
    assert_eq!(report["scan"]["complete"], true);
}

#[test]
fn the_same_token_in_history_and_work_tree_is_one_finding() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/dist/release.tar.gz", release());
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    let (_, report) = home.scan(&repo);
    let found = secrets(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (&found[0]["path"], &found[0]["in_tree"], &found[0]["in_history"]),
        (&INSIDE.into(), &true.into(), &true.into())
    );
    assert_eq!(found[0]["author"], "Payments Team <payments@acme.test>");
    let identity = &report["identities"].as_array().unwrap()[0];
    assert!(
        identity["owner"].to_string().contains("payments@acme.test"),
        "a member has its archive's authors"
    );
}

#[test]
fn a_token_in_an_archive_of_the_past_is_found_from_the_cache_too() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/dist/release.tar.gz", release());
    home.write("repo/readme.txt", "hello\n");
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    home.git(&repo, &["rm", "-q", "dist/release.tar.gz"]);
    home.git(&repo, &["commit", "-q", "-m", "Two"]);
    let mut ids = Vec::new();
    for cached in [0, 2] {
        let (code, report) = home.scan(&repo);
        assert_eq!(code, 10);
        assert_eq!(report["scan"]["counts"]["cached_blobs"], cached);
        let found = secrets(&report);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(
            (&found[0]["path"], &found[0]["in_tree"], &found[0]["start_line"]),
            (&INSIDE.into(), &false.into(), &2.into())
        );
        ids.push(found[0]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_bomb_makes_the_scan_incomplete_every_time() {
    let home = Home::new();
    let repo = home.path("repo");
    home.write("repo/bomb.gz", gzip(&vec![0; 64 << 20]));
    let expected = [("bomb.gz".to_owned(), "archive_bomb".to_owned())];
    let (code, report) = home.scan(&repo);
    assert_eq!((code, unread(&report)), (3, expected.to_vec()));
    home.git(&repo, &["init", "-q"]);
    home.git(&repo, &["add", "."]);
    home.git(&repo, &["commit", "-q", "-m", "One"]);
    let (code, report) = home.scan(&repo);
    assert_eq!((code, unread(&report)), (3, expected.to_vec()), "once for work tree and history");
    home.git(&repo, &["rm", "-q", "bomb.gz"]);
    home.git(&repo, &["commit", "-q", "-m", "Two"]);
    for _ in 0..2 {
        let (code, report) = home.scan(&repo);
        assert_eq!((code, unread(&report)), (3, expected.to_vec()), "what the cache knows stays unread");
    }
}

#[test]
fn an_export_in_an_archive_is_an_export() {
    let home = Home::new();
    let export = r#"{"UserDetailList": [{"UserName": "svc-a", "UserId": "AIDA0EXAMPLE0EXAMPLE",
        "Arn": "arn:aws:iam::123456789012:user/svc-a", "Path": "/", "CreateDate": "2024-01-01T00:00:00Z",
        "GroupList": [], "AttachedManagedPolicies": []}], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    home.write("tree/exports.zip", zip("iam.json", export.as_bytes()));
    let (_, report) = home.scan(&home.path("tree"));
    let names: Vec<&str> =
        report["identities"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["svc-a"]);
}

#[test]
fn a_keystore_is_a_finding_of_its_own() {
    let home = Home::new();
    let store = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x05alias";
    home.write("tree/conf/server.jks", store);
    home.write("tree/tests/server.jks", store);
    home.write("tree/app.war", zip("WEB-INF/server.jks", store));
    let (_, report) = home.scan(&home.path("tree"));
    let mut found: Vec<(&str, &str)> = secrets(&report)
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["severity"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("app.war!/WEB-INF/server.jks", "medium"),
            ("conf/server.jks", "medium"),
            ("tests/server.jks", "low")
        ]
    );
    assert!(secrets(&report).iter().all(|f| f["rule_id"] == "keystore-file"));
}
