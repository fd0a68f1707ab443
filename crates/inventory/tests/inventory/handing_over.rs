//! Brokers, plans, approvals, steps, undoing, proofs and the chain of events.

use sqlx::Connection as _;
use tenure_inventory::{BrokerConnection, ClaimedStep, FAILURES_MAX, Inventory, NextStep};
use tenure_model::{
    EvidenceLevel, HandoffPlan, Intent, MigrationState, Phase, Proof, Receipt, Step, StepState, Timestamp,
};

use crate::support::day;

/// A plan with steps of `apply` and one of `cutover` at the end.
pub(crate) fn plan(id: &str, apply_steps: u32) -> HandoffPlan {
    let step = |seq: u32| {
        let phase = if seq <= apply_steps { Phase::Apply } else { Phase::Cutover };
        Step {
            seq,
            kind: "policy".to_owned(),
            title: format!("write policy {seq}"),
            phase,
            target: format!("sys/policies/acl/p{seq}"),
            body: serde_json::json!({ "ttl": 900 }),
            reads_before_write: vec![format!("sys/policies/acl/p{seq}")],
            undo: "delete it".to_owned(),
            destructive: phase == Phase::Cutover,
        }
    };
    HandoffPlan {
        migration_id: id.to_owned(),
        identity_id: "i_0123456789abcdef".to_owned(),
        broker: "bao".to_owned(),
        broker_kind: "openbao".to_owned(),
        intent: Intent::default(),
        steps: (1..=apply_steps + 1).map(step).collect(),
        artifacts: Vec::new(),
        preconditions: Vec::new(),
        warnings: Vec::new(),
        snapshot: serde_json::Value::Null,
    }
}

pub(crate) fn outcome(seq: u32, state: StepState) -> Receipt {
    Receipt {
        seq,
        state,
        pre_image: None,
        readback_hash: Some("ab".repeat(32)),
        detail: "read back".to_owned(),
    }
}

/// A minute of the tests' first day.
fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(day(0).as_second() + minute * 60).unwrap()
}

/// A migration that is being applied.
async fn applying(inventory: &Inventory, apply_steps: u32) {
    let sha = inventory.create_migration(&plan("m1", apply_steps), minute(0)).await.unwrap();
    inventory.approve("m1", "platform-lead", Phase::Apply, &sha, minute(1)).await.unwrap();
    inventory.set_state("m1", MigrationState::Approved, MigrationState::Applying, minute(2)).await.unwrap();
}

async fn take(inventory: &Inventory, phase: Phase, now: i64) -> ClaimedStep {
    match inventory.claim_next_step("m1", phase, "w", minute(now), minute(now + 1)).await.unwrap() {
        NextStep::Take(step) => step,
        other => panic!("no step but {other:?}"),
    }
}

async fn do_all(inventory: &Inventory, phase: Phase) {
    while let NextStep::Take(claimed) =
        inventory.claim_next_step("m1", phase, "w", minute(3), minute(4)).await.unwrap()
    {
        let receipt = outcome(claimed.step.seq, StepState::Done);
        inventory.record_outcome("m1", &receipt, claimed.fence, minute(3)).await.unwrap();
    }
}

#[tokio::test]
async fn a_broker_is_known_until_nothing_needs_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let bao = BrokerConnection {
        name: "bao".to_owned(),
        kind: "openbao".to_owned(),
        address: "https://bao.example.test".to_owned(),
        namespace: Some("nhi".to_owned()),
        added_at: day(0),
    };
    inventory.add_broker(&bao).await.unwrap();
    assert_eq!(inventory.add_broker(&bao).await.unwrap_err().code(), "name_taken");
    let told =
        BrokerConnection { name: "b2".into(), address: "https://u:p@bao.example.test".into(), ..bao.clone() };
    let refused = inventory.add_broker(&told).await.unwrap_err();
    assert_eq!(refused.code(), "broker_address");
    assert!(!refused.to_string().contains("u:p"), "{refused}");
    assert_eq!(inventory.brokers().await.unwrap(), [bao]);
    applying(&inventory, 1).await;
    assert_eq!(inventory.remove_broker("bao").await.unwrap_err().code(), "broker_in_use");
    inventory
        .set_state("m1", MigrationState::Applying, MigrationState::RollingBack, minute(3))
        .await
        .unwrap();
    inventory
        .set_state("m1", MigrationState::RollingBack, MigrationState::RolledBack, minute(3))
        .await
        .unwrap();
    inventory.remove_broker("bao").await.unwrap();
    assert_eq!(inventory.broker("bao").await.unwrap_err().code(), "unknown_name");
}

#[tokio::test]
async fn a_migration_goes_all_the_way() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    applying(&inventory, 2).await;
    do_all(&inventory, Phase::Apply).await;
    let go = |from, to| {
        let inventory = inventory.clone();
        async move { inventory.set_state("m1", from, to, minute(5)).await }
    };
    go(MigrationState::Applying, MigrationState::Applied).await.unwrap();
    go(MigrationState::Applied, MigrationState::Verified).await.unwrap();
    let early = go(MigrationState::Verified, MigrationState::Cutover).await.unwrap_err();
    assert!(early.to_string().contains("nobody approved its cutover steps"), "{early}");
    let claim = inventory.claim_next_step("m1", Phase::Cutover, "w", minute(5), minute(6)).await.unwrap_err();
    assert_eq!(claim.code(), "not_approved");
    let sha = plan("m1", 2).sha256();
    inventory.approve("m1", "release-lead", Phase::Cutover, &sha, minute(5)).await.unwrap();
    let early = go(MigrationState::Verified, MigrationState::Cutover).await.unwrap_err();
    assert!(early.to_string().contains("step 3 is queued"), "{early}");
    do_all(&inventory, Phase::Cutover).await;
    go(MigrationState::Verified, MigrationState::Cutover).await.unwrap();
    let prove = |level, holds, at| {
        let inventory = inventory.clone();
        let proof = Proof { level, holds, detail: "login refused".to_owned(), at: minute(at) };
        async move { inventory.add_proof("m1", &proof).await.unwrap() }
    };
    prove(EvidenceLevel::E3, true, 4).await; // Before the cut-over: worth nothing.
    prove(EvidenceLevel::E2, true, 6).await;
    let early = go(MigrationState::Cutover, MigrationState::Proven).await.unwrap_err();
    assert!(early.to_string().contains("e3 was not checked since the cut-over"), "{early}");
    prove(EvidenceLevel::E3, true, 6).await;
    prove(EvidenceLevel::E4, false, 6).await;
    let early = go(MigrationState::Cutover, MigrationState::Proven).await.unwrap_err();
    assert!(early.to_string().contains("live session"), "{early}");
    prove(EvidenceLevel::E4, true, 7).await;
    go(MigrationState::Cutover, MigrationState::Proven).await.unwrap();
    let status = inventory.status("m1").await.unwrap();
    assert_eq!((status.state, status.chain_whole), (MigrationState::Proven, true));
    assert_eq!(
        status.approvals,
        [("apply".to_owned(), "platform-lead".to_owned()), ("cutover".to_owned(), "release-lead".to_owned())]
    );
    assert_eq!((status.receipts.len(), status.proofs.len(), status.plan_sha256), (3, 5, sha));
    let kinds: Vec<&str> = status.events.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds[..5], ["proposed", "approval", "approved", "applying", "step_done"]);
    assert_eq!(inventory.migrations().await.unwrap()[0].state, MigrationState::Proven);
}

#[tokio::test]
async fn an_approval_is_bound_to_the_plan() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    inventory.create_migration(&plan("m1", 2), minute(0)).await.unwrap();
    let mut changed = plan("m1", 2);
    changed.steps[0].body = serde_json::json!({ "ttl": 86400 });
    let refused = inventory
        .approve("m1", "platform-lead", Phase::Apply, &changed.sha256(), minute(1))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "plan_differs");
    let skipped = inventory
        .set_state("m1", MigrationState::Draft, MigrationState::Approved, minute(1))
        .await
        .unwrap_err();
    assert!(skipped.to_string().contains("nobody approved"), "{skipped}");
    let moved = inventory
        .set_state("m1", MigrationState::Approved, MigrationState::Applying, minute(1))
        .await
        .unwrap_err();
    assert_eq!(moved.code(), "state_moved");
    assert_eq!(inventory.create_migration(&changed, minute(1)).await.unwrap_err().code(), "name_taken");
    let early = inventory.claim_next_step("m1", Phase::Apply, "w", minute(1), minute(2)).await.unwrap_err();
    assert_eq!(early.code(), "state_moved");
    let status = inventory.status("m1").await.unwrap();
    assert_eq!((status.state, status.approvals.len(), status.events.len()), (MigrationState::Draft, 0, 1));
    assert_eq!(inventory.handoff_plan("m1").await.unwrap(), plan("m1", 2));
}

#[tokio::test]
async fn a_step_is_held_until_its_lease_ends() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    applying(&inventory, 2).await;
    let first = take(&inventory, Phase::Apply, 10).await;
    assert_eq!((first.step.seq, first.attempt, first.resumed), (1, 1, false));
    let busy = inventory.claim_next_step("m1", Phase::Apply, "w2", minute(10), minute(11)).await.unwrap();
    assert_eq!(busy, NextStep::Busy { worker: "w".to_owned(), until: minute(11) });
    let again = take(&inventory, Phase::Apply, 11).await;
    assert_eq!((again.step.seq, again.attempt, again.resumed), (1, 2, true));
    assert_eq!(again.idem_key, first.idem_key);
    let late = inventory
        .record_outcome("m1", &outcome(1, StepState::Done), first.fence, minute(12))
        .await
        .unwrap_err();
    assert_eq!(late.code(), "stale_fence", "who slept past the lease cannot report");
    inventory
        .record_outcome("m1", &outcome(1, StepState::AlreadyThere), again.fence, minute(12))
        .await
        .unwrap();
    let twice = inventory
        .record_outcome("m1", &outcome(1, StepState::Done), again.fence, minute(12))
        .await
        .unwrap_err();
    assert_eq!(twice.code(), "stale_fence", "an outcome is taken once");
    assert_eq!(take(&inventory, Phase::Apply, 12).await.step.seq, 2);
    inventory.end_leases("m1", "w").await.unwrap();
    assert!(take(&inventory, Phase::Apply, 12).await.resumed, "its holder was known to be dead");
    let none = inventory.claim_next_step("m1", Phase::Apply, "w", minute(9), minute(9)).await.unwrap_err();
    assert_eq!(none.code(), "lease_too_short");
}

#[tokio::test]
async fn a_step_that_fails_too_often_waits_for_a_person() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    applying(&inventory, 1).await;
    for _ in 0..FAILURES_MAX {
        let claimed = take(&inventory, Phase::Apply, 3).await;
        inventory
            .record_outcome("m1", &outcome(1, StepState::Failed), claimed.fence, minute(3))
            .await
            .unwrap();
    }
    let next = || inventory.claim_next_step("m1", Phase::Apply, "w", minute(4), minute(5));
    assert_eq!(next().await.unwrap(), NextStep::Blocked { seq: 1, state: StepState::Failed });
    inventory.set_state("m1", MigrationState::Applying, MigrationState::NeedsHuman, minute(4)).await.unwrap();
    inventory.set_state("m1", MigrationState::NeedsHuman, MigrationState::Applying, minute(5)).await.unwrap();
    let claimed = take(&inventory, Phase::Apply, 5).await;
    inventory.record_outcome("m1", &outcome(1, StepState::Conflict), claimed.fence, minute(5)).await.unwrap();
    assert_eq!(next().await.unwrap(), NextStep::Blocked { seq: 1, state: StepState::Conflict });
}

#[tokio::test]
async fn undoing_goes_backwards_and_leaves_out_what_was_not_done() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    applying(&inventory, 4).await;
    let before = serde_json::json!({ "policy": "old" });
    let claimed = take(&inventory, Phase::Apply, 3).await;
    inventory.record_before_write("m1", 1, claimed.fence, Some(&before), minute(3)).await.unwrap();
    inventory.record_outcome("m1", &outcome(1, StepState::Done), claimed.fence, minute(3)).await.unwrap();
    let claimed = take(&inventory, Phase::Apply, 3).await;
    inventory.record_before_write("m1", 2, claimed.fence, None, minute(3)).await.unwrap();
    // Killed after the write: the second look finds our own policy, and must not take it for what was before.
    let resumed = take(&inventory, Phase::Apply, 10).await;
    assert_eq!((resumed.pre_image, resumed.write_at), (Some(None), Some(minute(3))));
    let ours = Receipt { pre_image: Some(before.clone()), ..outcome(2, StepState::AlreadyThere) };
    inventory.record_outcome("m1", &ours, resumed.fence, minute(10)).await.unwrap();
    let conflicting = take(&inventory, Phase::Apply, 11).await;
    inventory
        .record_outcome("m1", &outcome(3, StepState::Conflict), conflicting.fence, minute(11))
        .await
        .unwrap();
    inventory
        .set_state("m1", MigrationState::Applying, MigrationState::RollingBack, minute(12))
        .await
        .unwrap();
    let early = inventory
        .set_state("m1", MigrationState::RollingBack, MigrationState::RolledBack, minute(12))
        .await
        .unwrap_err();
    assert!(early.to_string().contains("step 2 is already_there, not undone"), "{early}");
    let mut undone = Vec::new();
    while let NextStep::Take(claimed) =
        inventory.claim_next_undo("m1", "w", minute(13), minute(14)).await.unwrap()
    {
        undone.push((claimed.step.seq, claimed.pre_image.clone()));
        let receipt = outcome(claimed.step.seq, StepState::Undone);
        inventory.record_outcome("m1", &receipt, claimed.fence, minute(13)).await.unwrap();
    }
    assert_eq!(undone, [(2, Some(None)), (1, Some(Some(before)))]);
    inventory
        .set_state("m1", MigrationState::RollingBack, MigrationState::RolledBack, minute(14))
        .await
        .unwrap();
    assert!(inventory.status("m1").await.unwrap().chain_whole);
}

#[tokio::test]
async fn another_program_cannot_rewrite_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.db");
    let inventory = Inventory::open(&path).await.unwrap();
    applying(&inventory, 2).await;
    let claimed = take(&inventory, Phase::Apply, 3).await;
    inventory.record_outcome("m1", &outcome(1, StepState::Done), claimed.fence, minute(3)).await.unwrap();
    let proof = Proof { level: EvidenceLevel::E2, holds: false, detail: String::new(), at: minute(3) };
    inventory.add_proof("m1", &proof).await.unwrap();
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let sha = "0".repeat(64);
    for statement in [
        "UPDATE migration SET plan = '{}'".to_owned(),
        "UPDATE migration SET plan_sha256 = 'x'".to_owned(),
        "UPDATE migration SET state = 'proven'".to_owned(),
        "DELETE FROM migration".to_owned(),
        "INSERT OR REPLACE INTO migration SELECT id, identity_id, broker, '{}', plan_sha256, 'draft', created_at, changed_at FROM migration".to_owned(),
        format!("INSERT INTO approval (migration_id, phase, approver, plan_sha256, approved_at) VALUES ('m1', 'cutover', 'intruder', '{sha}', '')"),
        "UPDATE approval SET phase = 'cutover'".to_owned(),
        "DELETE FROM approval".to_owned(),
        "UPDATE event SET detail = 'nothing'".to_owned(),
        "DELETE FROM event".to_owned(),
        "INSERT OR REPLACE INTO event SELECT migration_id, seq, at, kind, 'nothing', previous, hash FROM event".to_owned(),
        "UPDATE proof SET holds = 1".to_owned(),
        "INSERT OR REPLACE INTO proof SELECT seq, migration_id, level, 1, detail, proved_at FROM proof".to_owned(),
        "DELETE FROM step".to_owned(),
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut other).await;
        assert!(refused.is_err(), "went through: {statement}");
    }
    // Whoever takes the triggers away is found out by the hashes.
    let forged = "DROP TRIGGER event_is_kept; UPDATE event SET detail = 'nothing' WHERE seq = 2;
                  DROP TRIGGER migration_plan_is_final; UPDATE migration SET broker = 'evil';";
    sqlx::raw_sql(forged).execute(&mut other).await.unwrap();
    assert!(!inventory.status("m1").await.unwrap().chain_whole);
    let forged = "UPDATE migration SET plan = json_set(plan, '$.steps[1].target', 'sys/policies/acl/root')";
    sqlx::raw_sql(forged).execute(&mut other).await.unwrap();
    assert_eq!(inventory.status("m1").await.unwrap_err().code(), "plan_differs");
    let claim = inventory.claim_next_step("m1", Phase::Apply, "w", minute(4), minute(5)).await.unwrap_err();
    assert_eq!(claim.code(), "plan_differs", "no step of a forged plan is handed out");
}
