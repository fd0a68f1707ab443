//! A found secret never leaks from the tool that found it.

use std::path::Path;

use crate::program::{Home, github_token, password};

/// Every file below a folder, as bytes.
pub(crate) fn bytes_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    all
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn no_value_is_in_inventory_reports_or_logs() {
    let home = Home::new();
    let planted = [github_token(), password(), ["sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"].concat()];
    home.write(
        "tree/settings.env",
        format!("GITHUB_TOKEN={}\nDB_PASSWORD={}\nSTRIPE={}\n", planted[0], planted[1], planted[2]),
    );
    home.git(&home.path("tree"), &["init", "-q"]);
    home.git(&home.path("tree"), &["add", "."]);
    home.git(&home.path("tree"), &["commit", "-q", "-m", &format!("Use {}", planted[0])]);
    let mut outputs = Vec::new();
    for format in ["human", "json", "jsonl", "sarif", "gitlab", "markdown", "csv", "html"] {
        let ran = home.run(&["-vv", "scan", "tree", "--format", format, "--inventory", &home.inventory()]);
        assert_eq!(ran.code, 10, "{format}: {}", ran.err);
        outputs.push((format.to_owned(), ran.out.into_bytes()));
        outputs.push((format!("{format} log"), ran.err.into_bytes()));
    }
    for verb in [&["inventory", "list"][..], &["plan", "--format", "json"], &["inventory", "owners"]] {
        let ran = home.run(&[verb, &["--inventory", &home.inventory()]].concat());
        outputs.push((verb.join(" "), ran.out.into_bytes()));
    }
    outputs.extend(bytes_below(&home.path("data")));
    assert!(outputs.iter().any(|(name, _)| name.ends_with("inventory.sqlite")));
    for (name, bytes) in &outputs {
        let text = String::from_utf8_lossy(bytes);
        for secret in &planted {
            assert!(!text.contains(secret.as_str()), "{name} holds a planted value");
            assert!(!text.contains(&hex(secret)), "{name} holds a planted value in hex");
            // The rest behind a mask is a leak, too.
            assert!(!text.contains(&secret[8..]), "{name} holds most of a planted value");
        }
    }
}

#[cfg(unix)]
#[test]
fn inventory_and_key_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    home.scan(&home.path("tree"));
    for name in ["data/inventory.sqlite", "data/fingerprint.key"] {
        let mode = std::fs::metadata(home.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn escape_sequences_of_file_names_do_not_reach_a_terminal() {
    let home = Home::new();
    home.write("tree/\u{1b}]0;pwned\u{7}.env", format!("TOKEN={}\n", github_token()));
    let ran = home.run(&["scan", "tree", "--no-inventory"]);
    assert_eq!(ran.code, 10);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{7}'), "{:?}", ran.out);
}

/// What stands for a value that a panic quotes.
const QUOTED: &str = "xK9é-quoted-by-a-panic";

#[test]
fn what_a_panic_quotes_is_not_told() {
    let told = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leaks::a_panic_that_quotes", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(!told.status.success());
    let told = String::from_utf8([told.stdout, told.stderr].concat()).unwrap();
    assert!(told.contains("leaks.rs:"), "{told}");
    assert!(!told.contains("quoted-by"), "{told}");
}

#[test]
#[ignore = "it panics for the test above"]
fn a_panic_that_quotes() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    tenure_pipeline::tell_panics_by_place();
    // A cut inside of a character: the message shows the text.
    let cut = 4;
    assert!(QUOTED[..cut].is_empty());
}
