//! Text and structures that are made to lose a secret, to hang or to crash: the secret in them is found all the same, or
//! the report says what was not read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::program::{Home, github_token};

/// Rules of the findings in the file of this name.
fn rules(report: &Value, path: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["path"] == path)
        .map(|finding| finding["rule_id"].as_str().unwrap().to_owned())
        .collect()
}

fn assert_found(files: &[(&str, Vec<u8>)]) {
    let home = Home::new();
    for (name, bytes) in files {
        home.write(&format!("repo/{name}"), bytes);
    }
    let (_, report) = home.scan(&home.path("repo"));
    for (name, _) in files {
        assert!(rules(&report, name).iter().any(|rule| rule == "github-pat"), "{name} hides its token");
    }
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn no_encoding_of_a_text_file_hides_a_token() {
    let line = format!("GITHUB_TOKEN={}\n", github_token());
    let with = |before: &[u8], after: &[u8]| [before, line.as_bytes(), after].concat();
    let notes = "These are notes about how the service is deployed.\n".repeat(4);
    let wide = format!("{notes}{line}");
    assert_found(&[
        ("nul.bin", with(b"\0\0\x01abc\0", b"\0\0")),
        ("bad-utf8.txt", with(b"\xff\xfe\xfa\xc3\x28 \n", b"\xc0\xaf")),
        ("cr-only.txt", format!("first\rGITHUB_TOKEN={}\rlast\r", github_token()).into_bytes()),
        ("bom.txt", with(b"\xef\xbb\xbf", b"")),
        ("utf16le-bom.txt", [b"\xff\xfe".to_vec(), utf16(&wide, u16::to_le_bytes)].concat()),
        ("utf16be-bom.txt", [b"\xfe\xff".to_vec(), utf16(&wide, u16::to_be_bytes)].concat()),
        ("utf16le.txt", utf16(&wide, u16::to_le_bytes)),
        ("utf16be.txt", utf16(&wide, u16::to_be_bytes)),
    ]);
}

#[test]
fn no_length_of_a_line_hides_a_token() {
    let filler = "var a=function(b){return b};".repeat(40_000);
    let line = format!("{filler}x='{}';{filler}", github_token());
    assert_found(&[("bundle.min.js", line.into_bytes())]);
}

#[test]
fn a_token_is_found_through_one_encoding_and_through_several() {
    let plain = format!("export TOKEN={}", github_token());
    let once = STANDARD.encode(&plain);
    let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: deploy\ndata:\n  env: {}\n",
        STANDARD.encode(&once)
    );
    assert_found(&[
        ("base64.txt", once.clone().into_bytes()),
        ("hex.txt", hex.into_bytes()),
        ("twice-in-a-secret.yaml", manifest.into_bytes()),
    ]);
}

#[test]
fn what_is_encoded_over_and_over_ends() {
    let mut text = format!("TOKEN={}", github_token());
    for _ in 0..8 {
        text = STANDARD.encode(text);
    }
    let home = Home::new();
    home.write("repo/eight.txt", &text);
    home.write("repo/bomb.txt", STANDARD.encode("ghp_").repeat(100_000));
    let (code, _) = home.scan(&home.path("repo"));
    assert!(code == 0 || code == 3, "{code}");
}

#[test]
fn nothing_in_the_content_switches_a_finding_off() {
    let home = Home::new();
    let token = github_token();
    home.write("repo/inline.env", format!("TOKEN={token} # gitleaks:allow tenure:ignore nosec\n"));
    home.write("repo/.gitleaksignore", "inline.env:github-pat:1\n");
    home.write("repo/.gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n");
    home.write("repo/tenure.toml", "disable = [\"github-pat\"]\n");
    home.write("repo/.gitattributes", "* -diff linguist-generated\n");
    home.write("repo/.gitignore", "*\n");
    let (code, report) = home.scan(&home.path("repo"));
    assert_eq!(code, 10);
    assert!(rules(&report, "inline.env").contains(&"github-pat".to_owned()));
}

#[test]
fn a_storm_of_words_and_a_flood_of_matches_end_and_are_counted() {
    let home = Home::new();
    home.write("repo/storm.txt", "password = secret token key auth pass pwd ".repeat(20_000));
    let flood: String =
        (0..6_000).map(|n| format!("db_password_{n} = \"v8Jq{n:05}LzR0tYw5Nc1\"\n")).collect();
    home.write("repo/flood.env", flood);
    home.write("repo/token.env", format!("TOKEN={}\n", github_token()));
    let (code, report) = home.scan(&home.path("repo"));
    assert_eq!(code, 10);
    assert!(rules(&report, "token.env").contains(&"github-pat".to_owned()));
    let unread = report["scan"]["unread"].as_array().unwrap();
    let row = unread.iter().find(|row| row["path"] == "flood.env").expect("the cut is said");
    assert_eq!((row["reason"].as_str(), row["state"].as_str()), (Some("match_flood"), Some("partial")));
    assert_eq!(report["scan"]["complete"], false);
}

/// Passwords that look drawn, the same ones each time.
fn drawn(count: usize) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let letters = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(letters[(state >> 20) as usize % letters.len()])
    };
    (0..count).map(|_| (0..14).map(|_| letter()).collect()).collect()
}

/// Writes the row of a number and a value.
type Row<'r> = &'r dyn Fn(usize, &str) -> String;

#[test]
fn long_tables_and_lists_are_read_to_their_end_or_said_to_be_cut() {
    let lines = |count: usize, head: &str, row: Row<'_>| {
        let rows = drawn(count).iter().enumerate().map(|(n, value)| row(n, value)).collect::<String>();
        format!("{head}{rows}")
    };
    let write = |home: &Home, count: usize| {
        let files: [(&str, &str, Row<'_>); 7] = [
            ("users.csv", "id,login,password\n", &|n, value| format!("{n},u{n},{value}\n")),
            ("insert.sql", "INSERT INTO users (id, password) VALUES\n", &|n, value| {
                format!("({n}, '{value}'),\n")
            }),
            ("copy.sql", "COPY users (id, password) FROM stdin;\n", &|n, value| format!("{n}\t{value}\n")),
            ("map.yaml", "passwords:\n", &|n, value| format!("  u{n}: {value}\n")),
            ("list.yaml", "passwords:\n", &|_, value| format!("  - {value}\n")),
            ("table.md", "| user | password |\n|---|---|\n", &|n, value| format!("| u{n} | {value} |\n")),
            ("map.json", "{\"passwords\": {\n", &|n, value| format!("  \"u{n}\": \"{value}\",\n")),
        ];
        files.map(|(name, head, row)| {
            home.write(&format!("repo/{name}"), lines(count, head, row));
            name
        })
    };
    let secrets = |report: &Value, name: &str| {
        rules(report, name).iter().filter(|rule| rule.starts_with("generic-")).count()
    };
    let home = Home::new();
    let names = write(&home, 300);
    let (_, report) = home.scan(&home.path("repo"));
    for name in names {
        // One in a hundred may look like a word.
        assert!(secrets(&report, name) >= 290, "{name}: {}", secrets(&report, name));
    }
    let home = Home::new();
    let names = write(&home, 2_500);
    let (_, report) = home.scan(&home.path("repo"));
    let unread = report["scan"]["unread"].as_array().unwrap();
    for name in names {
        assert!(unread.iter().any(|row| row["path"] == name && row["reason"] == "match_flood"), "{name}");
    }
}

#[test]
fn a_structure_that_no_parser_survives_still_shows_its_token() {
    let token = github_token();
    let laughs: String =
        (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))).collect();
    let home = Home::new();
    let files = [
        ("laughs.yml", format!("on: push\na0: &a0 x\n{laughs}jobs: *a11\nenv: {{T: {token}}}\n")),
        ("cycle.yml", format!("on: push\njobs: &j\n  a: *j\nenv: {{T: {token}}}\n")),
        ("deep.yml", format!("env: {{T: {token}}}\njobs: {}{}\n", "[".repeat(50_000), "]".repeat(50_000))),
    ];
    for (name, text) in &files {
        home.write(&format!("repo/.github/workflows/{name}"), text);
    }
    let git = home.path("repo");
    home.git(&git, &["init", "-q"]);
    let depth = 100_000;
    home.write("repo/deep.json", format!("{{\"UserDetailList\": {}\"T={token}\"", "[".repeat(depth)));
    home.write("repo/deep.xml", format!("{}<t>T={token}</t>{}", "<a>".repeat(depth), "</a>".repeat(depth)));
    home.write(
        "repo/deep.toml",
        format!("t = \"{token}\"\nx = {}{}\n", "[".repeat(depth), "]".repeat(depth)),
    );
    let (code, report) = home.scan(&git);
    assert_eq!(code, 10);
    for name in ["deep.json", "deep.xml", "deep.toml"] {
        assert!(rules(&report, name).contains(&"github-pat".to_owned()), "{name}");
    }
    let unread = report["scan"]["unread"].as_array().unwrap();
    for (name, _) in &files {
        let path = format!(".github/workflows/{name}");
        assert!(rules(&report, &path).contains(&"github-pat".to_owned()), "{name}");
        let said = unread.iter().any(|row| row["path"] == path.as_str());
        assert!(
            said || name.starts_with("cycle"),
            "{name} was not read whole, and nobody says so: {unread:?}"
        );
    }
}

#[test]
fn a_long_file_of_nothing_but_logins_is_read_to_its_end() {
    let home = Home::new();
    let values = drawn(1_900);
    let lines = values
        .iter()
        .enumerate()
        .map(|(n, value)| format!("orders-database-{n}.plant.lan:5432:orders:user{n}:{value}\n"));
    home.write("repo/.pgpass", lines.collect::<String>());
    let (_, report) = home.scan(&home.path("repo"));
    let found = rules(&report, ".pgpass").iter().filter(|rule| rule.contains("pgpass")).count();
    assert!(found >= 1_880, "{found} of 1900: {:?}", rules(&report, ".pgpass").first());
}
