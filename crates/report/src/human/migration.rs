//! Where a migration stands, as text for a person.

use tenure_model::{EvidenceLevel, MigrationState, MigrationStatus, Phase, Receipt, StepState};

use crate::sheet::{Ink, Sheet};
use crate::{Style, words};

/// Where a migration stands: state, steps, approvals, the ladder of evidence and the chain of events.
pub fn migration_human(status: &MigrationStatus, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    if !status.chain_whole {
        let broken = "BROKEN RECORD: the chain of events of this migration was changed after it was written.";
        sheet.spans(0, 2, &[(Ink::Critical, broken)]);
        sheet.blank();
    }
    let state = words::word(&status.state);
    let head = format!("Migration {}", words::label(&status.migration_id));
    sheet.spans(0, 2, &[(Ink::Strong, &head), (Ink::Plain, ": "), (state_ink(status.state), &state)]);
    sheet.field(2, "identity", &[(Ink::Plain, &words::label(&status.identity_id))]);
    sheet.field(2, "broker", &[(Ink::Plain, &words::label(&status.broker))]);
    sheet.field(2, "plan sha256", &[(Ink::Faint, &words::label(&status.plan_sha256))]);
    approvals(&mut sheet, status);
    if style.quiet {
        return sheet.finish();
    }
    steps(&mut sheet, status);
    proofs(&mut sheet, status);
    events(&mut sheet, status);
    sheet.finish()
}

/// Green is kept for the one state that shows the old access to be dead.
fn state_ink(state: MigrationState) -> Ink {
    match state {
        MigrationState::Proven => Ink::Low,
        MigrationState::NeedsHuman => Ink::Critical,
        _ => Ink::Medium,
    }
}

fn approvals(sheet: &mut Sheet<'_>, status: &MigrationStatus) {
    if status.approvals.is_empty() {
        sheet.field(2, "approved", &[(Ink::Plain, "by nobody yet")]);
    }
    for (index, (what, who)) in status.approvals.iter().enumerate() {
        let text = format!("{} by {}", words::label(what), words::label(who));
        sheet.field(2, if index == 0 { "approved" } else { "" }, &[(Ink::Plain, &text)]);
    }
}

fn steps(sheet: &mut Sheet<'_>, status: &MigrationStatus) {
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Steps")]);
    for step in &status.steps {
        let receipt: Option<&Receipt> = status.receipts.iter().rev().find(|receipt| receipt.seq == step.seq);
        let state = receipt.map_or("not begun".to_owned(), |receipt| words::word(&receipt.state));
        let ink = match receipt.map(|receipt| receipt.state) {
            Some(StepState::Done | StepState::AlreadyThere) => Ink::Low,
            Some(StepState::Conflict | StepState::Failed) => Ink::Critical,
            _ => Ink::Faint,
        };
        let when = match (step.phase, step.destructive) {
            (Phase::Cutover, true) => " (cut-over, cannot be undone)",
            (Phase::Cutover, false) => " (cut-over)",
            (Phase::Apply, true) => " (cannot be undone)",
            (Phase::Apply, false) => "",
        };
        sheet.spans(
            2,
            6,
            &[
                (Ink::Faint, &format!("{:>2}. ", step.seq)),
                (Ink::Plain, &words::sentence(&step.title)),
                (Ink::Faint, when),
                (Ink::Plain, ": "),
                (ink, &state),
            ],
        );
        sheet.spans(6, 8, &[(Ink::Faint, &words::label(&step.target))]);
        if let Some(receipt) = receipt.filter(|receipt| !receipt.detail.is_empty()) {
            sheet.spans(6, 8, &[(Ink::Faint, &words::sentence(&receipt.detail))]);
        }
    }
}

fn proofs(sheet: &mut Sheet<'_>, status: &MigrationStatus) {
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Evidence that the old access ended")]);
    if status.proofs.is_empty() {
        sheet.spans(2, 4, &[(Ink::Plain, "None yet.")]);
    }
    for proof in &status.proofs {
        let (mark, ink) = match (proof.holds, proof.level >= EvidenceLevel::E2) {
            (true, true) => ("holds", Ink::Low),
            (true, false) => ("holds, but is no proof", Ink::Faint),
            (false, _) => ("does not hold", Ink::Critical),
        };
        let level = words::level(proof.level);
        let detail = format!("; {} ({})", words::sentence(&proof.detail), words::day(proof.at));
        sheet.point(2, &[(Ink::Plain, &level), (Ink::Plain, ": "), (ink, mark), (Ink::Faint, &detail)]);
    }
}

fn events(sheet: &mut Sheet<'_>, status: &MigrationStatus) {
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Events")]);
    for event in &status.events {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let kind = words::label(&event.kind).replace('_', " ");
        let detail = words::sentence(&event.detail);
        let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
        sheet.spans(
            2,
            4,
            &[(Ink::Faint, &at), (Ink::Plain, "  "), (Ink::Plain, &kind), (Ink::Faint, &detail)],
        );
    }
}
