//! `tenure handoff`.

use std::fmt::Write as _;

use tenure_model::{EvidenceLevel, MigrationStatus, Phase, Timestamp, visible};
use tenure_pipeline::{Failure, HandoffContext};
use tenure_report::Style;

use crate::args::{AnswerFormat, HandoffArgs, HandoffVerb, LevelChoice, StepChoice};
use crate::scan::store;
use crate::{CLEAN, color, output};

/// A check of `verify` did not hold.
const NOT_PROVEN: u8 = 10;

pub(crate) async fn run(args: HandoffArgs) -> Result<u8, Failure> {
    let style = color::style(args.store.color, false, false);
    let json = args.store.format == AnswerFormat::Json;
    let context = HandoffContext {
        store: store(args.store.inventory)?,
        token_file: args.token_file,
        now: Timestamp::now(),
    };
    match args.verb {
        HandoffVerb::Propose { identity, broker, intent } => {
            propose(&context, &identity, &broker, intent.as_deref(), json).await?;
        }
        HandoffVerb::Approve { migration, by, step } => {
            show(&tenure_pipeline::approve(&context, &migration, &by, phase(step)).await?, json, &style)?;
        }
        HandoffVerb::Apply { migration, step } => {
            show(&tenure_pipeline::apply(&context, &migration, phase(step)).await?, json, &style)?;
        }
        HandoffVerb::Status { migration: Some(migration) } => {
            show(&tenure_pipeline::status(&context.store, &migration).await?, json, &style)?;
        }
        HandoffVerb::Status { migration: None } => list(&context, json).await?,
        HandoffVerb::Verify { migration, level } => {
            let before = tenure_pipeline::status(&context.store, &migration).await?.proofs.len();
            let status = tenure_pipeline::verify(&context, &migration, level_of(level)).await?;
            show(&status, json, &style)?;
            let new = status.proofs.get(before..).unwrap_or_default();
            return Ok(if new.iter().all(|proof| proof.holds) { CLEAN } else { NOT_PROVEN });
        }
        HandoffVerb::Rollback { migration } => {
            show(&tenure_pipeline::rollback(&context, &migration).await?, json, &style)?;
        }
    }
    Ok(CLEAN)
}

fn phase(step: StepChoice) -> Phase {
    match step {
        StepChoice::Apply => Phase::Apply,
        StepChoice::Cutover => Phase::Cutover,
    }
}

fn level_of(level: LevelChoice) -> EvidenceLevel {
    match level {
        LevelChoice::E2 => EvidenceLevel::E2,
        LevelChoice::E3 => EvidenceLevel::E3,
        LevelChoice::E4 => EvidenceLevel::E4,
    }
}

fn show(status: &MigrationStatus, json: bool, style: &Style) -> Result<(), Failure> {
    if json { output::json(status) } else { output::text(&tenure_report::migration_human(status, style)) }
}

async fn propose(
    context: &HandoffContext,
    identity: &str,
    broker: &str,
    intent: Option<&std::path::Path>,
    json: bool,
) -> Result<(), Failure> {
    let proposed = tenure_pipeline::propose(context, identity, broker, intent).await?;
    if json {
        return output::json(&proposed);
    }
    let mut text =
        format!("Migration {} is a draft, plan {}\n\n", proposed.migration_id, proposed.plan_sha256);
    for step in &proposed.steps {
        let half = if step.phase == Phase::Cutover { " (cut-over)" } else { "" };
        let _ =
            writeln!(text, "{:3}. {}{half}\n     {}", step.seq, visible(&step.title), visible(&step.target));
    }
    for condition in &proposed.preconditions {
        let _ = writeln!(text, "\nFirst: {}", visible(condition));
    }
    for warning in &proposed.warnings {
        let _ = writeln!(text, "\nNote: {}", visible(warning));
    }
    let _ = writeln!(text, "\nNext: tenure handoff approve {} --by WHO", proposed.migration_id);
    output::text(&text)
}

async fn list(context: &HandoffContext, json: bool) -> Result<(), Failure> {
    let all = tenure_pipeline::migrations(&context.store).await?;
    if json {
        let rows: Vec<_> = all
            .iter()
            .map(|m| serde_json::json!({"migration_id": m.id, "identity_id": m.identity_id, "broker": m.broker, "state": m.state, "created_at": m.created_at}))
            .collect();
        return output::json(&rows);
    }
    if all.is_empty() {
        return output::text(
            "No migration was proposed yet: `tenure handoff propose --identity ID --broker NAME`.\n",
        );
    }
    let mut text = String::new();
    for migration in &all {
        let _ = writeln!(
            text,
            "{}  {:12}  {} → {}",
            migration.id,
            migration.state.word(),
            visible(&migration.identity_id),
            visible(&migration.broker)
        );
    }
    output::text(&text)
}
