//! The formats that people read, as they see them.

use tenure_model::{
    Event, EvidenceLevel, MigrationState, MigrationStatus, Phase, Proof, Receipt, Step, StepState,
};
use tenure_report::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::{fixture, rendered};

#[test]
fn a_scan_reads_well_at_80_columns() {
    let text = rendered("human", &fixture::report(), &Style::default());
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_incomplete_scan_says_so_first() {
    let text = rendered("human", &fixture::incomplete_report(), &Style::default());
    assert!(text.starts_with("INCOMPLETE: 22 inputs were not fully read."), "{text}");
    let quiet = rendered("human", &fixture::incomplete_report(), &Style { quiet: true, ..Style::default() });
    insta::assert_snapshot!(quiet);
    for format in ["markdown", "html"] {
        let text = rendered(format, &fixture::incomplete_report(), &Style::default());
        let said = text.find("INCOMPLETE").expect("it is said");
        assert!(said < text.find("shop-deploy").expect("identities follow"), "{format}");
    }
}

#[test]
fn a_stopped_scan_says_so_first() {
    let mut report = fixture::report();
    report.scan.cancelled = true;
    report.scan.complete = false;
    let text = rendered("human", &report, &Style::default());
    assert!(text.starts_with("INCOMPLETE: the scan was stopped."), "{text}");
}

#[test]
fn an_empty_scan_is_told_from_one_that_read_nothing() {
    let mut report = fixture::report();
    report.findings.clear();
    report.identities.clear();
    assert!(
        rendered("human", &report, &Style::default()).contains("Everything was read and nothing was found.")
    );
    report.scan.complete = false;
    let text = rendered("human", &report, &Style::default());
    assert!(!text.contains("nothing was found"), "{text}");
}

#[test]
fn colour_changes_no_word() {
    let style = Style { color: true, ..Style::default() };
    let coloured = rendered("human", &fixture::incomplete_report(), &style);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        let end = rest[start..].find('m').expect("an escape sequence ends");
        rest = &rest[start + end + 1..];
    }
    plain.push_str(rest);
    assert_eq!(plain, rendered("human", &fixture::incomplete_report(), &Style::default()));
}

#[test]
fn an_identity_has_a_page_of_its_own() {
    let report = fixture::report();
    let plan = fixture::plan();
    let text = tenure_report::identity_human(
        &report.identities[0],
        &report.findings[..2],
        Some(&plan.entries[0]),
        &["aws_iam_user.deployer in infra/main.tf:4".to_owned()],
        &Style::default(),
    );
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_inventory_is_a_table() {
    let mut report = fixture::report();
    report.identities[2].gone_at = Some(fixture::at("2026-11-01T00:00:00Z"));
    report.identities[1].name = "とても長い名前のデータベースログイン識別子です".to_owned();
    insta::assert_snapshot!(tenure_report::identities_human(&report.identities, &Style::default()));
    insta::assert_snapshot!(tenure_report::identities_human(&[], &Style::default()));
}

#[test]
fn what_differs_reads_well_and_says_first_what_is_uncertain() {
    let text = tenure_report::difference_human(&fixture::difference(None), &Style::default());
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_reads_well_as_text_and_as_markdown() {
    let text = tenure_report::plan_human(&fixture::plan(), &Style::default());
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    insta::assert_snapshot!(text);
    insta::assert_snapshot!(tenure_report::plan_markdown(&fixture::plan()));
}

#[test]
fn a_report_reads_well_as_markdown() {
    insta::assert_snapshot!(rendered("markdown", &fixture::incomplete_report(), &Style::default()));
}

#[test]
fn a_migration_tells_proof_from_what_is_none() {
    insta::assert_snapshot!(tenure_report::migration_human(&migration(), &Style::default()));
    let mut broken = migration();
    broken.chain_whole = false;
    assert!(tenure_report::migration_human(&broken, &Style::default()).starts_with("BROKEN RECORD"));
}

fn migration() -> MigrationStatus {
    let at = fixture::at("2026-11-22T10:00:00Z");
    let step = |seq: u32, title: &str, phase: Phase| Step {
        seq,
        kind: "policy".to_owned(),
        title: title.to_owned(),
        phase,
        target: format!("sys/policies/acl/shop-{seq}"),
        body: serde_json::json!({}),
        reads_before_write: Vec::new(),
        undo: "delete it".to_owned(),
        destructive: phase == Phase::Cutover,
    };
    let first = Event::chain(None, at, "proposed", "by the recipe");
    let second = Event::chain(Some(&first), at, "step_done", "policy written and read back");
    MigrationStatus {
        migration_id: "m_1".to_owned(),
        identity_id: "id_09bd".to_owned(),
        broker: "bao".to_owned(),
        state: MigrationState::Applied,
        plan_sha256: "ab".repeat(32),
        steps: vec![
            step(1, "Write the policy", Phase::Apply),
            step(2, "Write the login role", Phase::Apply),
            step(3, "Disable the old login", Phase::Cutover),
        ],
        receipts: vec![
            Receipt {
                seq: 1,
                state: StepState::Done,
                pre_image: None,
                readback_hash: None,
                detail: "version 1".to_owned(),
            },
            Receipt {
                seq: 2,
                state: StepState::Conflict,
                pre_image: None,
                readback_hash: None,
                detail: "a role of that name without our mark is there".to_owned(),
            },
        ],
        approvals: vec![("apply".to_owned(), "someone".to_owned())],
        proofs: vec![
            Proof { level: EvidenceLevel::E1, holds: true, detail: "204".to_owned(), at },
            Proof { level: EvidenceLevel::E2, holds: true, detail: "rolcanlogin is false".to_owned(), at },
            Proof { level: EvidenceLevel::E4, holds: false, detail: "one session is open".to_owned(), at },
        ],
        events: vec![first, second],
        chain_whole: true,
    }
}
