//! The tables that a person reads. They name files, lines, kinds and rules, and never a value.

use std::fmt::Write as _;

use crate::cases::{Case, SEVERITIES};
use crate::measure::{Score, Scores, Verdict};

/// The tables, then every miss, alarm and loud value.
pub(crate) fn write(cases: &[Case], verdicts: &[Verdict], scores: &Scores) -> String {
    let mut out = tables(scores);
    let mut misses = String::new();
    let mut alarms = String::new();
    let mut loud = String::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        let label = format!("{:<34} {:<18} {}", case.at(), case.kind, case.path);
        let rules: Vec<String> = verdict
            .found
            .iter()
            .map(|found| format!("{} ({})", found.rule, SEVERITIES[found.severity]))
            .collect();
        let missed = case.values.iter().filter(|value| verdict.severity_of(value).is_none()).count();
        if missed > 0 && case.kind != "dummy" {
            writeln!(misses, "{label}").unwrap();
        }
        if verdict.is_alarm(case) {
            writeln!(alarms, "{label}  {}", rules.join(", ")).unwrap();
        }
        if case.values.iter().any(|value| verdict.is_loud(case, value)) {
            writeln!(loud, "{label}  {}", rules.join(", ")).unwrap();
        }
    }
    for (title, lines) in [("Missed", misses), ("Alarms", alarms), ("Loud", loud)] {
        write!(out, "\n{title}\n{lines}").unwrap();
    }
    out
}

/// Kinds, situations and rules.
pub(crate) fn tables(scores: &Scores) -> String {
    let all = &scores.all;
    let mut out = format!(
        "precision {:.1} %, recall {:.1} %: {} of {} values found, {} alarms, {} hints and {} quiet among {} negatives, \
         {} of {} bounded values loud\n",
        all.precision(),
        all.recall(),
        all.found,
        all.values,
        all.alarms,
        all.hints,
        all.negatives - all.alarms.min(all.negatives) - all.hints,
        all.negatives,
        all.loud,
        all.bounded,
    );
    writeln!(
        out,
        "\n{:<26} {:>6} {:>6} {:>6} {:>6} {:>5} {:>6} {:>6} {:>8}",
        "found, by kind", "values", "found", "missed", "aside", "loud", "beside", "recall", ""
    )
    .unwrap();
    for (name, score) in scores.kinds.iter().filter(|(_, score)| score.values > 0) {
        writeln!(
            out,
            "{name:<26} {:>6} {:>6} {:>6} {:>6} {:>5} {:>6} {:>5.1}%",
            score.values,
            score.found,
            score.values - score.found,
            score.aside,
            score.loud,
            score.beside,
            score.recall()
        )
        .unwrap();
    }
    writeln!(
        out,
        "\n{:<26} {:>6} {:>6} {:>6} {:>6}",
        "left alone, by kind", "cases", "alarms", "hints", "quiet"
    )
    .unwrap();
    for (name, score) in scores.kinds.iter().filter(|(_, score)| score.negatives > 0) {
        let (cases, alarms, hints) = (score.negatives, score.alarms, score.hints);
        writeln!(out, "{name:<26} {cases:>6} {alarms:>6} {hints:>6} {:>5.1}%", score.quiet()).unwrap();
    }
    situations(&mut out, scores);
    rules(&mut out, scores);
    out
}

fn situations(out: &mut String, scores: &Scores) {
    writeln!(
        out,
        "\n{:<26} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>6}",
        "by situation", "values", "found", "missed", "cases", "alarms", "precision", "recall"
    )
    .unwrap();
    let line = |name: &str, score: &Score| {
        let counts = format!(
            "{name:<26} {:>6} {:>6} {:>6} {:>6} {:>6}",
            score.values,
            score.found,
            score.values - score.found,
            score.negatives,
            score.alarms
        );
        // Where nothing is to be found, neither figure says anything.
        match score.values {
            0 => format!("{counts} {:>9} {:>6}", "-", "-"),
            _ => format!("{counts} {:>8.1}% {:>5.1}%", score.precision(), score.recall()),
        }
    };
    for (name, score) in &scores.situations {
        writeln!(out, "{}", line(name, score)).unwrap();
    }
    writeln!(out, "{}", line("all", &scores.all)).unwrap();
}

fn rules(out: &mut String, scores: &Scores) {
    writeln!(out, "\n{:<44} {:>6} {:>6}", "by rule", "right", "alarms").unwrap();
    for (name, (right, wrong)) in &scores.rules {
        writeln!(out, "{name:<44} {right:>6} {wrong:>6}").unwrap();
    }
}
