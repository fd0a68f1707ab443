//! The old access: disabled so that it can be taken back, and proven dead only when it is.

use tenure_broker::{BrokerError, Secret, is_proven};
use tenure_model::{EvidenceLevel, Phase, StepState};
use tenure_testing::Stage;

use crate::handoff::Handoff;

#[tokio::test]
async fn cutting_over_ends_the_old_login_and_its_open_session() {
    let Some(mut handoff) = Handoff::applied("cutting_over_ends_the_old_login_and_its_open_session").await
    else {
        return;
    };
    let mut open = handoff.stage.old_session();
    assert_eq!(open.ask("SELECT count(*) FROM orders").as_deref(), Some("2"));

    handoff.run(Phase::Cutover).await;
    assert_eq!(open.ask("SELECT id FROM notices"), None, "not even what PUBLIC may read");
    let refused =
        handoff.stage.postgres.query(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app", "SELECT 1").unwrap_err();
    assert!(refused.contains("not permitted to log in"), "{refused}");

    let proofs = handoff.prove(EvidenceLevel::E4).await;
    assert_eq!(proofs.len(), 3);
    assert!(is_proven(&proofs), "{proofs:?}");
    assert!(proofs[1].detail.contains("28000") && proofs[1].detail.contains("28P01"), "{proofs:?}");
    assert_eq!(handoff.prove(EvidenceLevel::E2).await.len(), 1);
    assert!(!is_proven(&handoff.prove(EvidenceLevel::E3).await), "three rungs are needed");

    for kind in ["record_old_login", "disable_old_login"] {
        let state = handoff.apply(kind, true).await.unwrap().state;
        assert!(matches!(state, StepState::Done | StepState::AlreadyThere), "{kind}");
    }
}

#[tokio::test]
async fn before_the_cut_over_no_rung_holds() {
    let Some(mut handoff) = Handoff::applied("before_the_cut_over_no_rung_holds").await else { return };
    for proof in handoff.prove(EvidenceLevel::E4).await {
        assert!(!proof.holds, "{proof:?}");
    }
    // The same once it is recorded, and not yet disabled.
    handoff.receipts.push(handoff.apply("record_old_login", false).await.unwrap());
    for proof in handoff.prove(EvidenceLevel::E4).await {
        assert!(!proof.holds, "{proof:?}");
    }
}

#[tokio::test]
async fn a_login_is_not_disabled_before_it_is_recorded() {
    let Some(handoff) = Handoff::applied("a_login_is_not_disabled_before_it_is_recorded").await else {
        return;
    };
    let said = handoff.apply("disable_old_login", false).await.unwrap_err();
    assert!(matches!(said, BrokerError::NotYet(_)), "{said}");
    handoff.stage.postgres.query(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app", "SELECT 1").unwrap();
}

#[tokio::test]
async fn a_session_that_outlives_its_login_is_seen() {
    let Some(mut handoff) = Handoff::applied("a_session_that_outlives_its_login_is_seen").await else {
        return;
    };
    let postgres = &handoff.stage.postgres;
    handoff.receipts.push(handoff.apply("record_old_login", false).await.unwrap());
    // Someone drops the login by hand, while a session of it is open.
    let mut open = handoff.stage.old_session();
    postgres.operate("app", &format!("DROP OWNED BY {0}; DROP ROLE {0}", Stage::OLD_LOGIN));
    assert_eq!(open.ask("SELECT id FROM notices").as_deref(), Some("7"), "it lives on");
    let by_name = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", Stage::OLD_LOGIN);
    assert_eq!(postgres.operate("app", &by_name), "0", "by name nothing is seen");

    assert!(handoff.rung(EvidenceLevel::E2).await.holds);
    let sessions = handoff.rung(EvidenceLevel::E4).await;
    assert!(!sessions.holds && sessions.detail.contains("1 session"), "{sessions:?}");
    drop(open);
    assert_eq!(handoff.apply("disable_old_login", false).await.unwrap().state, StepState::Conflict);
}

#[tokio::test]
async fn disabling_without_ending_sessions_is_not_enough() {
    let Some(mut handoff) = Handoff::applied("disabling_without_ending_sessions_is_not_enough").await else {
        return;
    };
    let mut open = handoff.stage.old_session();
    handoff.receipts.push(handoff.apply("record_old_login", false).await.unwrap());
    handoff.stage.postgres.operate("app", &format!("ALTER ROLE {} NOLOGIN", Stage::OLD_LOGIN));
    assert_eq!(open.ask("SELECT count(*) FROM orders").as_deref(), Some("2"), "it still reads");
    let proofs = handoff.prove(EvidenceLevel::E4).await;
    assert_eq!(proofs.iter().map(|proof| proof.holds).collect::<Vec<_>>(), [true, true, false]);

    // Whoever is interrupted between the two finishes it.
    let receipt = handoff.apply("disable_old_login", true).await.unwrap();
    assert_eq!(receipt.state, StepState::Done, "{}", receipt.detail);
    assert_eq!(open.ask("SELECT 1"), None);
}

#[tokio::test]
async fn a_test_that_cannot_fail_proves_nothing() {
    let Some(mut handoff) = Handoff::cut_over("a_test_that_cannot_fail_proves_nothing").await else { return };

    // Without the old password nothing is tried.
    let right = handoff.keys.old_password.take();
    let said = handoff.rung(EvidenceLevel::E3).await;
    assert!(!said.holds && said.detail.contains("not tried"), "{said:?}");

    // A password that was never right is refused too, which says nothing about the right one.
    handoff.receipts.iter_mut().for_each(|receipt| {
        if let Some(before) =
            receipt.pre_image.as_mut().filter(|before| before.get("password_worked").is_some())
        {
            before["password_worked"] = serde_json::Value::Null;
        }
    });
    handoff.keys.old_password = Some(Secret::new("never-was-right").unwrap());
    let said = handoff.rung(EvidenceLevel::E3).await;
    assert!(!said.holds && said.detail.contains("nothing shows"), "{said:?}");

    // The right one is known to the server, which says so.
    handoff.keys.old_password = right;
    assert!(handoff.rung(EvidenceLevel::E3).await.holds);

    // Another server would refuse it too.
    for receipt in &mut handoff.receipts {
        if let Some(before) = receipt.pre_image.as_mut().filter(|before| before.get("server").is_some()) {
            before["server"] = "system 1".into();
        }
    }
    let said = handoff.rung(EvidenceLevel::E3).await;
    assert!(!said.holds && said.detail.contains("another server"), "{said:?}");
}

#[tokio::test]
async fn where_passwords_are_not_checked_nothing_is_proven() {
    let Some(mut handoff) = Handoff::applied("where_passwords_are_not_checked_nothing_is_proven").await
    else {
        return;
    };
    handoff.stage.postgres.trust_everyone();
    let recorded = handoff.apply("record_old_login", false).await.unwrap();
    assert!(recorded.detail.contains("a password proves nothing here"), "{}", recorded.detail);
    handoff.receipts.push(recorded);
    handoff.receipts.push(handoff.apply("disable_old_login", false).await.unwrap());
    let said = handoff.rung(EvidenceLevel::E3).await;
    assert!(!said.holds && said.detail.contains("was not checked"), "{said:?}");
}

#[tokio::test]
async fn a_password_that_was_changed_as_well_is_proven_dead_too() {
    let Some(handoff) = Handoff::cut_over("a_password_that_was_changed_as_well_is_proven_dead_too").await
    else {
        return;
    };
    handoff.stage.postgres.operate("app", &format!("ALTER ROLE {} PASSWORD 'another-one'", Stage::OLD_LOGIN));
    let said = handoff.rung(EvidenceLevel::E3).await;
    assert!(said.holds && said.detail.contains("wrong now"), "{said:?}");
}

#[tokio::test]
async fn the_old_login_can_be_given_back() {
    let Some(handoff) = Handoff::cut_over("the_old_login_can_be_given_back").await else { return };
    let receipts = handoff.roll_back().await;
    assert!(receipts.iter().all(|receipt| receipt.state == StepState::Undone), "{receipts:?}");
    let query = |sql: &str| handoff.stage.postgres.query(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app", sql);
    assert_eq!(query("SELECT count(*) FROM orders").unwrap(), "2");
    assert!(!handoff.rung(EvidenceLevel::E2).await.holds);
}

#[tokio::test]
async fn a_login_that_someone_else_disabled_is_not_given_back() {
    let Some(mut handoff) = Handoff::applied("a_login_that_someone_else_disabled_is_not_given_back").await
    else {
        return;
    };
    handoff.receipts.push(handoff.apply("record_old_login", false).await.unwrap());
    handoff.stage.postgres.operate("app", &format!("ALTER ROLE {} NOLOGIN", Stage::OLD_LOGIN));
    let step = handoff.step("disable_old_login").clone();
    let receipt = handoff.broker.rollback(&handoff.work(false), &step).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict, "{}", receipt.detail);

    // It was disabled before the record: then it is not ours to enable, whatever came later.
    handoff.receipts = vec![handoff.apply("record_old_login", false).await.unwrap()];
    handoff.receipts.push(handoff.apply("disable_old_login", false).await.unwrap());
    assert_eq!(handoff.receipts[1].state, StepState::AlreadyThere);
    let receipt = handoff.broker.rollback(&handoff.work(false), &step).await.unwrap();
    assert!(receipt.detail.contains("left as it was"), "{}", receipt.detail);
    assert!(handoff.rung(EvidenceLevel::E2).await.holds);
}

#[tokio::test]
async fn another_login_of_the_same_name_is_left_alone() {
    let Some(mut handoff) = Handoff::applied("another_login_of_the_same_name_is_left_alone").await else {
        return;
    };
    let postgres = &handoff.stage.postgres;
    handoff.receipts.push(handoff.apply("record_old_login", false).await.unwrap());
    postgres.operate(
        "app",
        &format!("DROP OWNED BY {0}; DROP ROLE {0}; CREATE ROLE {0} LOGIN PASSWORD 'new'", Stage::OLD_LOGIN),
    );
    let receipt = handoff.apply("disable_old_login", false).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict, "{}", receipt.detail);
    postgres.query(Stage::OLD_LOGIN, "new", "app", "SELECT 1").unwrap();
    assert!(!handoff.rung(EvidenceLevel::E2).await.holds);
}

#[tokio::test]
async fn the_administrator_does_not_lock_itself_out() {
    let Some(mut handoff) = Handoff::applied("the_administrator_does_not_lock_itself_out").await else {
        return;
    };
    handoff.plan.intent.target.old_login = Some(Stage::TARGET_ADMIN.to_owned());
    let receipt = handoff.apply("record_old_login", false).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict);
    handoff.plan.intent.target.old_login = Some("operator".to_owned());
    let receipt = handoff.apply("record_old_login", false).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict, "the superuser that initdb made");
    handoff.plan.intent.target.old_login = Some("nobody_has_this_name".to_owned());
    let receipt = handoff.apply("record_old_login", false).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict);
}

#[tokio::test]
async fn an_administrators_password_goes_only_where_its_owner_sent_it() {
    let Some(mut handoff) =
        Handoff::applied("an_administrators_password_goes_only_where_its_owner_sent_it").await
    else {
        return;
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    handoff.plan.intent.target.port = Some(listener.local_addr().unwrap().port());
    let said = handoff.apply("record_old_login", false).await.unwrap_err().to_string();
    assert!(said.contains("must be the same"), "{said}");
    assert!(listener.accept().is_err(), "nobody was asked");
    assert!(!said.contains(Stage::TARGET_ADMIN_PASSWORD));

    handoff.keys.target_admin = Some(Secret::new("postgresql://u:hunter-two@[bad/x").unwrap());
    let said = handoff.apply("record_old_login", false).await.unwrap_err();
    assert!(!format!("{said} {said:?}").contains("hunter-two"), "{said}");
    handoff.keys.target_admin = None;
    let said = handoff.apply("record_old_login", false).await.unwrap_err().to_string();
    assert!(said.contains("TENURE_TARGET_ADMIN"), "{said}");
}

#[tokio::test]
async fn a_target_that_is_down_is_worth_another_try() {
    let Some(handoff) = Handoff::cut_over("a_target_that_is_down_is_worth_another_try").await else { return };
    handoff.stage.postgres.stop();
    let said = handoff.broker.prove(&handoff.work(false), EvidenceLevel::E4).await.unwrap_err();
    assert!(said.retry_after().is_some(), "{said}");
}
