//! What configuration did to a report, in sentences: nothing is left out in silence.

use tenure_model::{ConfigurationState, ConfigurationUse, Report, Unread, visible};

use crate::words;

/// Names of one list that a sentence names before it counts.
const NAMED_MAX: usize = 6;
/// Folders and files that were left out, told one by one; the rest is counted.
const EXCLUDED_SHOWN_MAX: usize = 10;

/// One sentence for each configuration file that was met, and one for each place that it left out.
pub(crate) fn sentences(report: &Report) -> Vec<String> {
    let mut sentences: Vec<String> = report.scan.configurations.iter().map(sentence).collect();
    let excluded: Vec<&Unread> = report.scan.unread.iter().filter(|row| !row.is_missing()).collect();
    let told =
        |row: &&Unread| format!("Left out: {} ({}).", words::label(&row.path), words::label(&row.detail));
    sentences.extend(excluded.iter().take(EXCLUDED_SHOWN_MAX).map(told));
    let more = excluded.len().saturating_sub(EXCLUDED_SHOWN_MAX);
    if more > 0 {
        sentences.push(format!("Left out: {} more places.", words::grouped(more as u64)));
    }
    sentences
}

/// What one configuration file did.
pub(crate) fn sentence(told: &ConfigurationUse) -> String {
    let file = words::label(&told.path);
    match told.state {
        ConfigurationState::NotTrusted => {
            return format!(
                "Not applied: {file}, which the scanned folder holds; --trust-repo-config applies it."
            );
        }
        ConfigurationState::NotAtRoot => {
            return format!("Not applied: {file}, which lies deeper than a scanned folder.");
        }
        ConfigurationState::Applied => {}
    }
    let severities: Vec<String> =
        told.severities.iter().map(|(rule, severity)| format!("{rule} to {}", severity.word())).collect();
    let mut parts = Vec::new();
    for (what, names) in [
        ("sets", &told.settings),
        ("would set, were one folder alone scanned,", &told.settings_left_out),
        ("leaves out", &told.exclude),
        ("switches off", &told.rules_off),
        ("changes the severity of", &severities),
    ] {
        if !names.is_empty() {
            parts.push(format!("{what} {}", named(names)));
        }
    }
    for (number, noun, what) in [
        (told.suppressed, "finding", "suppressed"),
        (told.allow_expired, "allowed thing", "no longer allowed because the day is over"),
        (told.allow_unmatched, "allowed thing", "not found"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", words::count(number, noun)));
        }
    }
    let what = if parts.is_empty() { "changes nothing".to_owned() } else { parts.join("; ") };
    format!("Configured by {file}: {what}.")
}

fn named(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMED_MAX).map(|name| visible(name)).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 {
        shown.push(format!("{} more", words::grouped(more as u64)));
    }
    words::list(&shown)
}
