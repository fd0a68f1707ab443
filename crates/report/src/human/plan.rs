//! A plan as text for a person.

use tenure_model::{Migration, Plan, PlanEntry};

use super::risk_ink;
use crate::sheet::{Ink, Sheet};
use crate::{Style, glyph, words};

/// A plan as text for a person, most urgent first.
pub fn plan_human(plan: &Plan, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    if !plan.complete {
        sheet.spans(0, 2, &[(Ink::Critical, words::PLAN_INCOMPLETE)]);
        sheet.blank();
    }
    let head = format!("Plan for {}", words::count(plan.entries.len() as u64, "identity"));
    sheet.spans(0, 2, &[(Ink::Strong, &head)]);
    let hours = words::standing(plan.standing_hours_per_year, plan.avoidable_hours_per_year);
    sheet.spans(0, 2, &[(Ink::Faint, &hours)]);
    if style.quiet {
        return sheet.finish();
    }
    for (index, entry) in plan.entries.iter().enumerate() {
        sheet.blank();
        let mark = format!("{} {}", glyph::risk(entry.risk_band), entry.risk_score);
        sheet.spans(
            0,
            3,
            &[
                (Ink::Faint, &format!("{}. ", index + 1)),
                (risk_ink(entry.risk_band), &mark),
                (Ink::Plain, "  "),
                (Ink::Strong, &words::label(&entry.name)),
                (Ink::Faint, &format!("  {}", words::kind(&entry.kind))),
            ],
        );
        sheet.field(3, "id", &[(Ink::Faint, &words::label(&entry.identity_id))]);
        entry_lines(&mut sheet, 3, entry);
    }
    sheet.finish()
}

/// What a plan says about one identity, below its name.
pub(super) fn entry_lines(sheet: &mut Sheet<'_>, indent: usize, entry: &PlanEntry) {
    sheet.field(indent, "lane", &[(Ink::Strong, entry.quadrant.label())]);
    sheet.field(indent, "owner", &[(Ink::Plain, &words::owner(&entry.owner))]);
    sheet.field(indent, "readiness", &[(Ink::Plain, &words::entry_readiness(entry))]);
    if !entry.gates.is_empty() {
        let gates: Vec<String> = entry.gates.iter().map(|gate| words::label(gate)).collect();
        sheet.field(indent, "held by", &[(Ink::Plain, &words::list(&gates))]);
    }
    for (index, why) in entry.why.iter().enumerate() {
        sheet.field(indent, if index == 0 { "why" } else { "" }, &[(Ink::Plain, &words::sentence(why))]);
    }
    sheet.field(indent, "becomes", &[(Ink::Plain, entry.pattern.label())]);
    if entry.standing_hours_per_year > 0 {
        let hours = words::standing(entry.standing_hours_per_year, entry.avoidable_hours_per_year);
        sheet.field(indent, "hours", &[(Ink::Plain, &hours)]);
    }
    if !entry.next_action.is_empty() {
        sheet.field(indent, "next", &[(Ink::Strong, &words::sentence(&entry.next_action))]);
    }
    if let Some(migration) = &entry.migration {
        migration_lines(sheet, indent, migration);
    }
}

/// What a recipe proposes.
fn migration_lines(sheet: &mut Sheet<'_>, indent: usize, migration: &Migration) {
    sheet.field(indent, "recipe", &[(Ink::Plain, &words::sentence(&migration.summary))]);
    let inner = indent + 12;
    for (label, text) in
        [("starts", &migration.trigger), ("lives", &migration.time_limit), ("ends", &migration.teardown)]
    {
        if !text.is_empty() {
            sheet.field(inner, label, &[(Ink::Plain, &words::sentence(text))]);
        }
    }
    for (label, lines) in [
        ("only if", &migration.conditions),
        ("first", &migration.prerequisites),
        ("then remove", &migration.removal),
        ("mind", &migration.warnings),
    ] {
        for (index, line) in lines.iter().enumerate() {
            sheet.field(inner, if index == 0 { label } else { "" }, &[(Ink::Plain, &words::sentence(line))]);
        }
    }
    for (index, artifact) in migration.artifacts.iter().enumerate() {
        let label = if index == 0 { "files" } else { "" };
        let kind = format!("  {}", words::kind(&artifact.kind));
        sheet.field(inner, label, &[(Ink::Plain, &words::label(&artifact.path)), (Ink::Faint, &kind)]);
    }
}
