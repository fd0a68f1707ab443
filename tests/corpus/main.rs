//! Precision and recall on the labelled corpus beside this file; `README.md` there says how it is written and counted.
//!
//! The real program scans every case once. The tables go to `corpus.txt` in the target folder: kinds, situations and
//! rules, then each miss and alarm by file and line. No value is ever written there.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

mod cases;
mod floors;
mod measure;
mod table;

use std::path::Path;

use cases::Case;

/// Cases of each side that the corpus promises to have.
const CASES_MIN: usize = 900;

#[test]
fn the_corpus_is_large_and_every_case_can_be_read() {
    let cases = cases::read();
    let positives = cases.iter().filter(|case| !case.values.is_empty()).count();
    assert!(positives >= CASES_MIN, "{positives} cases hold a value");
    assert!(cases.len() - positives >= CASES_MIN, "{} cases hold none", cases.len() - positives);
    for case in &cases {
        let bounded = case.kind != "dummy" || case.severity_max.is_some_and(|bound| bound <= 1);
        assert!(bounded, "{}: a dummy is never above low", case.at());
        assert!(!case.text.contains(['«', '»']), "{}: a mark stands alone", case.at());
    }
}

#[test]
fn precision_and_recall_stay_above_their_floors() {
    let cases = cases::read();
    let verdicts = measure::scan(&cases);
    let scores = measure::Scores::of(&cases, &verdicts);
    let text = table::write(&cases, &verdicts, &scores);
    holds_no_value(&text, &cases);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("corpus.txt"), &text).unwrap();
    println!("{}", table::tables(&scores));
    let fallen = floors::compare(&scores);
    assert!(fallen.is_empty(), "{}\nThe whole story is in target/corpus.txt.", fallen.join("\n"));
}

/// Words such as `root` are values here and also words of the table, so only what looks like a secret is looked for.
fn holds_no_value(text: &str, cases: &[Case]) {
    for case in cases {
        for value in case.values.iter().flat_map(|value| value.text.lines()) {
            let telling = value.len() >= 8 && value.chars().any(|c| !c.is_ascii_lowercase() && c != '-');
            assert!(!telling || !text.contains(value), "the tables hold a value of {}", case.at());
        }
    }
}
