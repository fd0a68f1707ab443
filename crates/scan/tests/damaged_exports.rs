//! Every fixture of an export or a report, cut at many places and with members of another type: what is not told any
//! more is told as unread. Nothing here knows a single reader.

mod readers;

use readers::{fixture, fixtures, read_as, told};
use serde_json::{Value, json};
use tenure_scan::detect::{Alone, Blob, Reading, claimed, exports};

/// Folders of fixtures that somebody exports from a platform or another scanner.
const FOLDERS: [&str; 10] =
    ["aws", "azure", "gcp", "github_org", "gitlab", "import", "kubernetes", "others", "terraform", "vault"];
/// Bytes at the start of which each is a place to cut: what tells a format stands there.
const OPENING: usize = 300;
/// Places to cut spread over the rest.
const SPREAD: usize = 40;
/// Levels of a file whose members get another type.
const LEVELS: usize = 5;
/// What stands where text stood. A reader of an id takes a number for one, and then tells it.
const NUMBER: u64 = 70_007;

fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    let files = FOLDERS.iter().flat_map(|folder| fixtures(folder));
    files.map(|file| (file.clone(), fixture(&file)))
}

fn is_json(bytes: &[u8]) -> bool {
    let values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    bytes.iter().any(|byte| matches!(byte, b'{' | b'[')) && values.into_iter().all(|value| value.is_ok())
}

/// Whether a cut leaves a file that is whole: records a line, cut between two lines, or a table's rows.
fn is_whole(bytes: &[u8], cut: usize, is_table: bool) -> bool {
    let (head, rest) = bytes.split_at(cut);
    let is_between = head.ends_with(b"\n") || rest.starts_with(b"\n");
    // The names of a table's columns are what it is known by; without all of them it is a line of text.
    if is_table { is_between || !head.contains(&b'\n') } else { is_json(head) }
}

fn saved(file: &str) -> String {
    format!("exports/{}", file.replace('/', "-"))
}

fn read(file: &str, bytes: &[u8]) -> Reading {
    read_as(&saved(file), bytes)
}

/// Whether the readers that claim it are those of exports and reports.
fn is_exported(file: &str, bytes: &[u8]) -> bool {
    let path = &saved(file);
    let blob = Blob { root: "shop", path, base: "", repository: "acme/shop", bytes, neighbours: &Alone };
    file.starts_with("import/") && claimed(&blob) || exports().any(|reader| reader.claims(&blob))
}

#[test]
fn a_file_that_is_cut_anywhere_says_so_or_tells_as_much_as_before() {
    let mut silent = Vec::new();
    for (file, bytes) in files() {
        let is_table = file.ends_with(".csv");
        if !is_table && !is_json(&bytes) {
            continue;
        }
        let whole = told(&read(&file, &bytes));
        let spread = (1..SPREAD).map(|part| bytes.len() * part / SPREAD);
        for cut in (1..OPENING.min(bytes.len())).chain(spread) {
            let reading = read(&file, &bytes[..cut]);
            if reading.unreadable.is_none() && told(&reading) != whole && !is_whole(&bytes, cut, is_table) {
                silent.push(format!("{file} cut at {cut} of {}", bytes.len()));
            }
        }
    }
    assert!(silent.is_empty(), "{} cuts are silent:\n{}", silent.len(), silent.join("\n"));
}

/// Places of members, as JSON pointers, with what another type would be there: all of an object's members, and of a
/// list the first element's.
fn flips(value: &Value, at: &str, levels: usize, all: &mut Vec<(String, Value)>) {
    let other = match value {
        Value::Array(items) => Some(json!({"0": items.first()})),
        Value::Object(_) => Some(json!(format!("text {NUMBER}"))),
        Value::String(text) if !text.is_empty() => Some(json!(NUMBER)),
        _ => None,
    };
    all.extend(other.filter(|_| !at.is_empty()).map(|other| (at.to_owned(), other)));
    if levels == 0 {
        return;
    }
    match value {
        Value::Array(items) => {
            items.iter().take(1).for_each(|item| flips(item, &format!("{at}/0"), levels - 1, all));
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            flips(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), levels - 1, all);
        }),
        _ => {}
    }
}

#[test]
fn a_member_of_another_type_is_told_or_changes_nothing() {
    let mut silent = Vec::new();
    let mut flipped = 0;
    for (file, bytes) in files() {
        let values = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        let Ok(values) = values.collect::<Result<Vec<_>, _>>() else { continue };
        // A manifest is written by people and templates: its reader takes what it finds.
        if values.iter().any(|page| page.get("kind").is_some() && page.get("items").is_none()) {
            continue;
        }
        let text = |values: &[Value]| values.iter().map(|value| format!("{value}\n")).collect::<String>();
        let whole = read(&file, text(&values).as_bytes());
        assert_eq!(
            whole.unreadable.map(|why| why.detail),
            read(&file, &bytes).unreadable.map(|why| why.detail),
            "{file}"
        );
        let whole = told(&read(&file, text(&values).as_bytes()));
        let mut places = Vec::new();
        values.iter().take(1).for_each(|value| flips(value, "", LEVELS, &mut places));
        for (place, other) in places {
            let mut values = values.clone();
            *values[0].pointer_mut(&place).expect("the place was met") = other;
            let text = text(&values);
            let reading = read(&file, text.as_bytes());
            // Without the words that tell a format, whole JSON is somebody else's file.
            if !is_exported(&file, text.as_bytes()) {
                continue;
            }
            flipped += 1;
            let said = told(&reading);
            let is_lost = !whole.lines().all(|line| said.contains(line));
            if reading.unreadable.is_none() && is_lost && !said.contains(&NUMBER.to_string()) {
                silent.push(format!("{file} {place}"));
            }
        }
    }
    assert!(flipped > 800, "only {flipped} members were tried");
    assert!(silent.is_empty(), "{} of {flipped} flips are silent:\n{}", silent.len(), silent.join("\n"));
}
