//! Scans the cases with the real program, and holds what it says against the labels.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::cases::{Case, Value, rank};

/// A severity that people act on: below it, a wrong finding is a hint.
const ALARM: &str = "medium";

/// One secret finding in a case, with every line on which it was seen.
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) severity: usize,
    first_line: usize,
    last_line: usize,
    columns: (usize, usize),
    lines_too: Vec<usize>,
}

impl Found {
    fn covers(&self, value: &Value) -> bool {
        let lines = value.first_line..=value.last_line;
        let overlaps = self.first_line <= value.last_line && value.first_line <= self.last_line;
        overlaps || self.lines_too.iter().any(|line| lines.contains(line))
    }

    /// Also the columns meet, where both stand on one line.
    fn meets(&self, value: &Value) -> bool {
        let elsewhere = value.first_line != value.last_line
            || self.first_line != self.last_line
            || self.first_line != value.first_line;
        self.covers(value)
            && (elsewhere || (self.columns.0 < value.end_column && value.first_column < self.columns.1))
    }
}

/// What the program said about one case.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) found: Vec<Found>,
}

impl Verdict {
    /// The greatest severity at which a value was found, from low on.
    pub(crate) fn severity_of(&self, value: &Value) -> Option<usize> {
        let covering = self.found.iter().filter(|found| found.covers(value));
        covering.map(|found| found.severity).filter(|severity| *severity >= rank("low")).max()
    }

    pub(crate) fn is_loud(&self, case: &Case, value: &Value) -> bool {
        match (self.severity_of(value), case.severity_max) {
            (Some(severity), Some(bound)) => severity > bound,
            _ => false,
        }
    }

    /// Something that a person would act on, in a case that holds nothing.
    pub(crate) fn is_alarm(&self, case: &Case) -> bool {
        case.values.is_empty() && self.found.iter().any(|found| found.severity >= rank(ALARM))
    }
}

/// One scan over a folder in which each case has a file of its own.
pub(crate) fn scan(cases: &[Case]) -> Vec<Verdict> {
    let home = tempfile::TempDir::new().unwrap();
    for (index, case) in cases.iter().enumerate() {
        let path = home.path().join(format!("tree/c{index:05}")).join(&case.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{}\n", case.text)).unwrap();
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_tenure"))
        .args(["scan", "tree", "--no-inventory", "--format", "json", "--fail-on", "never"])
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&ran.stderr)));
    let files = usize::try_from(report["scan"]["counts"]["files"].as_u64().unwrap()).unwrap();
    assert_eq!(files, cases.len(), "files that were read; unread: {}", report["scan"]["unread"]);
    let mut verdicts: Vec<Verdict> = cases.iter().map(|_| Verdict::default()).collect();
    for finding in report["findings"].as_array().unwrap() {
        if finding["category"] == "secret" {
            for (case, found) in places(finding) {
                verdicts[case].found.push(found);
            }
        }
    }
    verdicts
}

/// A finding speaks of one file, and may name further lines of it.
fn places(finding: &Json) -> Vec<(usize, Found)> {
    let number = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap();
    let path = finding["path"].as_str().unwrap();
    let mut lines_too = Vec::new();
    for other in finding["also_at"].as_array().unwrap() {
        assert_eq!(other["path"].as_str().unwrap(), path, "a finding speaks of one file");
        lines_too.push(usize::try_from(other["start_line"].as_u64().unwrap()).unwrap());
    }
    let found = Found {
        rule: finding["rule_id"].as_str().unwrap().to_owned(),
        severity: rank(finding["severity"].as_str().unwrap()),
        first_line: number("start_line"),
        last_line: number("end_line"),
        columns: (number("start_column"), number("end_column")),
        lines_too,
    };
    let folder = path.split('/').next().unwrap();
    vec![(folder[1..].parse().unwrap(), found)]
}

/// Counts of one kind, situation, or of all.
#[derive(Default)]
pub(crate) struct Score {
    pub(crate) values: usize,
    pub(crate) found: usize,
    /// Found on the right line, but not at the right columns.
    pub(crate) aside: usize,
    /// Values with a greatest severity, and those reported above it.
    pub(crate) bounded: usize,
    pub(crate) loud: usize,
    pub(crate) negatives: usize,
    pub(crate) alarms: usize,
    pub(crate) hints: usize,
    /// Positive cases with an alarm on a line that holds no value.
    pub(crate) beside: usize,
}

impl Score {
    fn add(&mut self, case: &Case, verdict: &Verdict) {
        for value in &case.values {
            self.values += 1;
            let found = verdict.severity_of(value).is_some();
            self.found += usize::from(found);
            self.aside += usize::from(found && !verdict.found.iter().any(|found| found.meets(value)));
            self.bounded += usize::from(case.severity_max.is_some());
            self.loud += usize::from(verdict.is_loud(case, value));
        }
        if case.values.is_empty() {
            self.negatives += 1;
            self.alarms += usize::from(verdict.is_alarm(case));
            self.hints += usize::from(!verdict.is_alarm(case) && !verdict.found.is_empty());
        } else {
            let strays = |found: &&Found| !case.values.iter().any(|value| found.covers(value));
            let stray = verdict.found.iter().filter(strays).any(|found| found.severity >= rank(ALARM));
            self.beside += usize::from(stray);
        }
    }

    pub(crate) fn recall(&self) -> f64 {
        percent(self.found, self.values)
    }

    pub(crate) fn precision(&self) -> f64 {
        percent(self.found, self.found + self.alarms)
    }

    pub(crate) fn quiet(&self) -> f64 {
        percent(self.negatives - self.alarms, self.negatives)
    }

    pub(crate) fn mild(&self) -> f64 {
        percent(self.bounded - self.loud, self.bounded)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a corpus are small")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// All counts: over everything, by kind, by situation, and by the rule that spoke (right, wrong).
#[derive(Default)]
pub(crate) struct Scores {
    pub(crate) all: Score,
    pub(crate) kinds: BTreeMap<String, Score>,
    pub(crate) situations: BTreeMap<String, Score>,
    pub(crate) rules: BTreeMap<String, (usize, usize)>,
}

impl Scores {
    pub(crate) fn of(cases: &[Case], verdicts: &[Verdict]) -> Scores {
        let mut scores = Scores::default();
        for (case, verdict) in cases.iter().zip(verdicts) {
            scores.kinds.entry(case.kind.clone()).or_default().add(case, verdict);
            let situation = scores.situations.entry(case.situation.clone()).or_default();
            if case.kind == "dummy" {
                // Neither asked for nor forbidden: only a loud one counts, and against us.
                for score in [situation, &mut scores.all] {
                    score.alarms += case.values.iter().filter(|value| verdict.is_loud(case, value)).count();
                }
            } else {
                situation.add(case, verdict);
                scores.all.add(case, verdict);
            }
            for found in &verdict.found {
                let right = case.values.iter().any(|value| found.covers(value));
                let rule = scores.rules.entry(found.rule.clone()).or_default();
                rule.0 += usize::from(right);
                rule.1 += usize::from(case.values.is_empty() && found.severity >= rank(ALARM));
            }
        }
        scores
    }
}
