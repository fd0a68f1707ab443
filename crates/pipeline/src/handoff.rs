//! Handing a migration over: proposed, approved, applied, verified, cut over, proven, or rolled back.
//!
//! The broker knows the calls, the inventory remembers what was done; the order is known here.

mod drive;
mod propose;
mod turn;

use std::path::PathBuf;

use tenure_inventory::{Inventory, MigrationBrief};
use tenure_model::{HandoffPlan, MigrationState, MigrationStatus, Phase, Timestamp};

use crate::{Failure, Store};

pub use drive::{apply, rollback, verify};
pub use propose::{Proposed, propose};

/// What every act of a handoff needs.
#[derive(Debug, Clone)]
pub struct HandoffContext {
    /// The inventory.
    pub store: Store,
    /// File with the broker's token; the environment otherwise.
    pub token_file: Option<PathBuf>,
    /// Today.
    pub now: Timestamp,
}

/// Approves one half of a migration, bound to the hash of exactly the plan that was proposed.
///
/// # Errors
/// When the migration is past that half, or a half that cannot be undone is approved by the one who approved the other.
pub async fn approve(
    context: &HandoffContext,
    migration: &str,
    by: &str,
    phase: Phase,
) -> Result<MigrationStatus, Failure> {
    if by.trim().is_empty() {
        return Err(Failure::Usage("--by names the person who approves".to_owned()));
    }
    let inventory = context.store.open_existing().await?;
    let plan = inventory.handoff_plan(migration).await?;
    let status = inventory.status(migration).await?;
    let destructive = plan.steps.iter().any(|step| step.phase == phase && step.destructive);
    if destructive && status.approvals.iter().any(|(_, who)| who == by) {
        return Err(Failure::Usage(format!(
            "a step of this half cannot be undone: it needs the approval of a second person, and {} approved the first half",
            tenure_model::visible(by)
        )));
    }
    inventory.approve(migration, by, phase, &plan.sha256(), context.now).await?;
    let status = inventory.status(migration).await?;
    inventory.close().await?;
    Ok(status)
}

/// Where a migration stands.
///
/// # Errors
/// When there is none with this id.
pub async fn status(store: &Store, migration: &str) -> Result<MigrationStatus, Failure> {
    let inventory = store.open_existing().await?;
    let status = inventory.status(migration).await?;
    inventory.close().await?;
    Ok(status)
}

/// Every migration, newest first.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn migrations(store: &Store) -> Result<Vec<MigrationBrief>, Failure> {
    let inventory = store.open_existing().await?;
    let all = inventory.migrations().await?;
    inventory.close().await?;
    Ok(all)
}

/// A migration with all that an act on it starts from.
pub(crate) async fn load(
    inventory: &Inventory,
    migration: &str,
) -> Result<(HandoffPlan, MigrationState), Failure> {
    let plan = inventory.handoff_plan(migration).await?;
    let state = inventory.status(migration).await?.state;
    Ok((plan, state))
}
