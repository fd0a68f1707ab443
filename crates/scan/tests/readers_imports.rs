//! What the importers of other scanners' reports take from each fixture, as snapshots to read beside the file.

mod readers;
#[path = "readers/with_rules.rs"]
mod with_rules;

use readers::{Repository, fixture, key, read_as, told};
use tenure_model::{Observation, Subject, SubjectKind};
use tenure_scan::detect::Reading;
use tenure_scan::engine::Engine;
use tenure_scan::rules::RuleSet;
use with_rules::{known, reading};

/// Every fixture of a report.
const REPORTS: [&str; 7] = [
    "gitleaks.json",
    "trufflehog.jsonl",
    "kingfisher.json",
    "detect-secrets.json",
    "nosey-parker.json",
    "zizmor.json",
    "scanner.sarif",
];

/// A report under a name that says nothing.
fn of_report(file: &str) -> String {
    told(&reading("reports/scan.json", &fixture(&format!("import/{file}"))))
}

/// A report that was cut off after so many bytes.
fn cut(file: &str, after: &str) -> Reading {
    let whole = fixture(&format!("import/{file}"));
    let text = String::from_utf8(whole).expect("fixtures are text");
    let end = text.find(after).expect("the fixture holds the text") + after.len();
    reading("reports/scan.json", &text.as_bytes()[..end])
}

#[test]
fn gitleaks() {
    insta::assert_snapshot!(of_report("gitleaks.json"));
}

#[test]
fn gitleaks_cut_off() {
    insta::assert_snapshot!(told(&cut("gitleaks.json", "\"RuleID\": \"generic-api-key\"")));
}

#[test]
fn trufflehog() {
    insta::assert_snapshot!(of_report("trufflehog.jsonl"));
}

#[test]
fn trufflehog_cut_off() {
    insta::assert_snapshot!(told(&cut("trufflehog.jsonl", "\"DetectorName\":\"Github\"")));
}

#[test]
fn kingfisher() {
    insta::assert_snapshot!(of_report("kingfisher.json"));
}

#[test]
fn kingfisher_cut_off() {
    insta::assert_snapshot!(told(&cut("kingfisher.json", "betterleaks.jwt")));
}

#[test]
fn kingfisher_one_result_a_line() {
    let whole = String::from_utf8(fixture("import/kingfisher.json")).expect("fixtures are text");
    let report: serde_json::Value = serde_json::from_str(&whole).expect("the fixture is JSON");
    let lines: Vec<String> =
        report["findings"].as_array().expect("there is a list").iter().map(ToString::to_string).collect();
    assert_eq!(
        told(&reading("reports/scan.json", lines.join("\n").as_bytes())),
        of_report("kingfisher.json")
    );
}

/// Values that are still there are joined with what the engine finds; what is gone says so.
#[test]
fn detect_secrets_beside_its_files() {
    let engine = Engine::new(RuleSet::embedded(), key());
    insta::assert_snapshot!(told(&Repository("baseline").read(".secrets.baseline", &engine)));
}

#[test]
fn detect_secrets() {
    insta::assert_snapshot!(of_report("detect-secrets.json"));
}

#[test]
fn nosey_parker() {
    insta::assert_snapshot!(of_report("nosey-parker.json"));
}

#[test]
fn zizmor() {
    insta::assert_snapshot!(of_report("zizmor.json"));
}

#[test]
fn sarif_of_a_code_scanner_and_of_zizmor() {
    insta::assert_snapshot!(of_report("scanner.sarif"));
}

#[test]
fn sarif_cut_off() {
    insta::assert_snapshot!(told(&cut("scanner.sarif", "\"ruleId\": \"py/sql-injection\"")));
}

#[test]
fn no_value_of_a_report_leaves_the_reader() {
    let parts = [
        "j1Jxyz7g7GMkfu",
        "Vq7zRt2Lm",
        "wJ4kQ9zXv7Lm",
        "LmN2pR8sTb5y",
        "SomethingElse42",
        "AKIARZPUZDIK",
        "Z2hwX2oxSnh5",
    ];
    for file in REPORTS {
        let bytes = fixture(&format!("import/{file}"));
        for read in [reading("reports/scan.json", &bytes), read_as("reports/scan.json", &bytes)] {
            let text = format!("{:?} {:?}", read.observations, read.unreadable);
            for part in parts {
                assert!(!text.contains(part), "{file} lets a value out");
            }
        }
        for end in (0..bytes.len()).step_by(97) {
            let read = reading("reports/scan.json", &bytes[..end]);
            let text = format!("{:?} {:?}", read.observations, read.unreadable);
            assert!(parts.iter().all(|part| !text.contains(part)), "{file}, cut at {end}, lets a value out");
        }
    }
}

#[test]
fn what_others_found_is_what_the_engine_finds() {
    let token = known(&["TOKEN=gh", "p_j1Jxyz7g7GMkfuPYDoLxe6ohpEdnEw0udPE2\n"].concat());
    let subject = Subject::new(SubjectKind::Credential, token);
    for file in ["gitleaks.json", "trufflehog.jsonl", "nosey-parker.json"] {
        let read = reading("reports/scan.json", &fixture(&format!("import/{file}")));
        let joined = read.observations.iter().any(|observation| match observation {
            Observation::Finding(finding, about) => {
                *about == subject
                    && finding.place.path == "deploy/release.sh"
                    && finding.place.start_line == 9
            }
            _ => false,
        });
        assert!(joined, "{file}: {}", told(&read));
    }
}

#[test]
fn what_zizmor_says_is_said_about_our_job() {
    let read = reading("reports/scan.json", &fixture("import/zizmor.json"));
    let job = Subject::new(SubjectKind::CiJob, "shop:.github/workflows/deploy.yml#deploy");
    let said = read.observations.iter().any(|o| matches!(o, Observation::Finding(_, about) if *about == job));
    assert!(said, "{}", told(&read));
}
