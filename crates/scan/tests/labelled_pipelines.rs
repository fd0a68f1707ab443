//! Holds the readers of CI systems against small pipelines whose secrets a person named before any reader saw them:
//! `fixtures/labelled/README.md` says what counts. The labels are a floor that no change may lower.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tenure_model::{Fact, FingerprintKey, Observation};
use tenure_scan::detect::{Blob, Neighbours, read};

/// Cases and labels that the set holds at least.
const CASES_MIN: usize = 145;
const LABELS_MIN: usize = 316;
/// Bytes of the digest behind the name of a sealed value, with the space before it.
const DIGEST_BYTES: usize = 9;

/// A use of a secret: the file, the job, the name.
type Use = (String, String, String);

/// One pipeline with its labels.
#[derive(Debug, Default)]
struct Case {
    title: String,
    files: BTreeMap<String, String>,
    labels: BTreeSet<Use>,
}

impl Neighbours for Case {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).map(|text| text.clone().into_bytes())
    }

    fn below(&self, folder: &str) -> Vec<String> {
        self.files.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }
}

impl Case {
    fn parse(text: &str) -> Self {
        let (title, body) = text.split_once('\n').expect("a case has a title");
        let mut case = Self { title: title.to_owned(), ..Self::default() };
        let mut first = "";
        for part in format!("\n{body}").split("\n### ").skip(1) {
            let (head, text) = part.split_once('\n').unwrap_or((part, ""));
            if head == "names" {
                text.lines().for_each(|line| case.label(line, first));
            } else {
                first = if first.is_empty() { head } else { first };
                case.files.insert(head.to_owned(), format!("{text}\n"));
            }
        }
        case
    }

    fn label(&mut self, line: &str, first: &str) {
        let (path, line) = line.split_once("> ").unwrap_or((first, line));
        if let Some((job, names)) = line.rsplit_once(": ") {
            let of = |name: &str| (path.to_owned(), job.to_owned(), name.to_owned());
            self.labels.extend(names.split(", ").map(of));
        }
    }

    /// What the readers see in all files.
    fn seen(&self) -> BTreeSet<Use> {
        let key = FingerprintKey::new([7; 32]);
        let read_file = |(path, text): (&String, &String)| {
            let bytes = text.as_bytes();
            let blob =
                Blob { root: "shop", path, base: "", repository: "acme/shop", bytes, neighbours: self };
            read(&blob, &key).observations
        };
        self.files.iter().flat_map(read_file).filter_map(seen_use).collect()
    }
}

fn seen_use(observation: Observation) -> Option<Use> {
    let Observation::Evidence(evidence) = observation else { return None };
    let Fact::Consumer { consumer } = evidence.fact else { return None };
    let name = consumer.secret_name.filter(|_| consumer.kind == "ci_job")?;
    let sealed = name.starts_with("encrypted ").then(|| name.len().checked_sub(DIGEST_BYTES)).flatten();
    Some((consumer.path, consumer.job?, name[..sealed.unwrap_or(name.len())].to_owned()))
}

/// Every case of every system, with the system's name.
fn cases() -> Vec<(String, Case)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labelled");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of labels is there").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|kind| kind == "txt") {
            let system = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a file of labels is text");
            let parts = format!("\n{text}");
            let of = |part: &str| (system.clone(), Case::parse(part));
            cases.extend(parts.split("\n##### ").skip(1).map(of));
        }
    }
    cases.sort_by(|one, other| (&one.0, &one.1.title).cmp(&(&other.0, &other.1.title)));
    cases
}

#[test]
fn readers_see_every_labelled_secret_and_no_other() {
    let mut wrong = Vec::new();
    for (system, case) in cases() {
        let seen = case.seen();
        let missed = case.labels.difference(&seen).map(|one| format!("missed {one:?}"));
        let more = seen.difference(&case.labels).map(|one| format!("told {one:?}"));
        wrong.extend(missed.chain(more).map(|what| format!("{system}, {}: {what}", case.title)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_set_does_not_shrink() {
    let cases = cases();
    let labels: usize = cases.iter().map(|(_, case)| case.labels.len()).sum();
    assert!(cases.len() >= CASES_MIN && labels >= LABELS_MIN, "{} cases, {labels} labels", cases.len());
}
