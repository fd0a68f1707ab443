//! A plan as Markdown: what a team reviews before anything is changed.

use tenure_model::{Artifact, Migration, Plan, PlanEntry};

use super::{cell, code, owner_cell, point, prose};
use crate::{glyph, words};

/// Bytes of one proposed file that are shown; the whole file is written by `tenure plan --out`.
const ARTIFACT_BYTES_SHOWN_MAX: usize = 16 * 1024;

/// A plan as Markdown: identities by urgency, each with its owner, why, gates and next action.
pub fn plan_markdown(plan: &Plan) -> String {
    let mut text = String::from("# Just-in-time migration plan\n\n");
    if !plan.complete {
        text.push_str(&format!("> **{}**\n\n", words::PLAN_INCOMPLETE));
    }
    text.push_str(&format!(
        "Made {} with readiness model {}. {}; {}.\n\n",
        words::day(plan.generated_at),
        code(&plan.model_version),
        words::count(plan.entries.len() as u64, "identity"),
        words::standing(plan.standing_hours_per_year, plan.avoidable_hours_per_year),
    ));
    if plan.entries.is_empty() {
        text.push_str("There is nothing to migrate.\n");
        return text;
    }
    overview(&mut text, &plan.entries);
    for (index, entry) in plan.entries.iter().enumerate() {
        section(&mut text, index + 1, entry);
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

fn overview(text: &mut String, entries: &[PlanEntry]) {
    text.push_str("| # | identity | risk | readiness | lane | owner | next action |\n");
    text.push_str("|---:|---|---:|---|---|---|---|\n");
    for (index, entry) in entries.iter().enumerate() {
        text.push_str(&format!(
            "| {} | {} | {} {} | {} {} | {} | {} | {} |\n",
            index + 1,
            cell(&code(&entry.name)),
            glyph::risk(entry.risk_band),
            entry.risk_score,
            entry.readiness_score,
            entry.readiness_band.label(),
            entry.quadrant.label(),
            cell(&owner_cell(&entry.owner)),
            cell(&prose(&entry.next_action)),
        ));
    }
    text.push('\n');
}

fn section(text: &mut String, number: usize, entry: &PlanEntry) {
    text.push_str(&format!("## {number}. {}\n\n", code(&entry.name)));
    point(text, "identity", &format!("{} ({})", code(&entry.identity_id), prose(&words::kind(&entry.kind))));
    point(text, "lane", entry.quadrant.label());
    point(text, "owner", &prose(&words::owner(&entry.owner)));
    point(text, "risk", &format!("{} {}", entry.risk_score, entry.risk_band.word()));
    point(text, "readiness", &words::entry_readiness(entry));
    if !entry.gates.is_empty() {
        let gates: Vec<String> = entry.gates.iter().map(|gate| code(gate)).collect();
        point(text, "gates", &gates.join(", "));
    }
    point(text, "becomes", entry.pattern.label());
    point(text, "exposure", &words::standing(entry.standing_hours_per_year, entry.avoidable_hours_per_year));
    if !entry.next_action.is_empty() {
        point(text, "next action", &format!("**{}**", prose(&entry.next_action)));
    }
    points(text, "Why", &entry.why);
    if let Some(migration) = &entry.migration {
        migration_text(text, migration);
    }
    text.push('\n');
}

fn migration_text(text: &mut String, migration: &Migration) {
    text.push_str(&format!(
        "\n### Migration {}\n\n{}\n\n",
        code(&migration.recipe),
        prose(&migration.summary)
    ));
    point(text, "trigger", &prose(&migration.trigger));
    point(text, "time limit", &prose(&migration.time_limit));
    point(text, "teardown", &prose(&migration.teardown));
    points(text, "Before the first step", &migration.prerequisites);
    points(text, "Issued only if", &migration.conditions);
    points(text, "How the old credential ends", &migration.removal);
    points(text, "What could go wrong", &migration.warnings);
    for artifact in &migration.artifacts {
        artifact_text(text, artifact);
    }
}

/// A list below its own small heading; nothing where there is nothing.
fn points(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n**{heading}**\n\n"));
    for line in lines {
        text.push_str(&format!("- {}\n", prose(line)));
    }
}

/// A proposed file in a fence that its content cannot close.
fn artifact_text(text: &mut String, artifact: &Artifact) {
    let mut end = artifact.content.len().min(ARTIFACT_BYTES_SHOWN_MAX);
    while !artifact.content.is_char_boundary(end) {
        end -= 1;
    }
    let shown = &artifact.content[..end];
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<String> =
        shown.lines().map(|line| tenure_model::visible(line).replace("\\u{9}", "\t")).collect();
    text.push_str(&format!("\n{}:\n\n{fence}\n{}\n{fence}\n", code(&artifact.path), lines.join("\n")));
    if end < artifact.content.len() {
        text.push_str("\nThe rest of this file is left out here.\n");
    }
}
