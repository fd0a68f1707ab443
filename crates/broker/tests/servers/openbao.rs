//! The new access: made once, within its bounds, and refused when anything has drifted.

use serde_json::{Value, json};
use tenure_broker::{BrokerError, Reach, Revocation, Secret, adapter_policy};
use tenure_model::{Intent, Phase, StepState};
use tenure_testing::{OpenBao, Stage};

use crate::handoff::{Handoff, NAME, open, propose};

#[tokio::test]
async fn the_new_access_has_exactly_the_planned_bounds() {
    let Some(handoff) = Handoff::applied("the_new_access_has_exactly_the_planned_bounds").await else {
        return;
    };

    let policy = handoff.live(&format!("sys/policies/acl/{NAME}")).unwrap();
    let text = policy["policy"].as_str().unwrap();
    assert!(text.starts_with("# tenure:m-01\n"), "{text}");
    assert_eq!(text.matches("path \"").count(), 2, "{text}");

    let login = handoff.live(&format!("auth/github-jwt/role/{NAME}")).unwrap();
    assert_eq!(login["bound_audiences"], json!([Stage::AUDIENCE]));
    assert_eq!(login["bound_subject"], Stage::SUBJECT);
    assert_eq!(login["bound_claims"], json!({"repository_id": "123456", "ref": "refs/heads/main"}));
    assert_eq!(login["bound_claims_type"], "string");
    assert_eq!(login["token_policies"], json!([NAME]));
    assert_eq!(login["token_no_default_policy"], true);
    assert_eq!((&login["token_ttl"], &login["token_explicit_max_ttl"]), (&json!(900), &json!(900)));

    let role = handoff.live(&format!("database/roles/{NAME}")).unwrap();
    assert_eq!(
        (&role["db_name"], &role["default_ttl"], &role["max_ttl"]),
        (&json!("app"), &json!(900), &json!(900))
    );
    let revocation = role["revocation_statements"][0].as_str().unwrap();
    assert!(revocation.contains("pg_terminate_backend") && revocation.contains("usesysid"), "{revocation}");

    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    assert_eq!(proofs.len(), 3);
    assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");
    assert_eq!(handoff.drift().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_workload_gets_what_it_needs_and_nothing_more() {
    let Some(handoff) = Handoff::applied("a_workload_gets_what_it_needs_and_nothing_more").await else {
        return;
    };
    let (stage, postgres) = (&handoff.stage, &handoff.stage.postgres);

    for (claim, wrong) in [
        ("aud", "https://other.example.test"),
        ("sub", "repo:acme@1001/payments@123456:ref:refs/heads/main"),
        ("repository_id", "999"),
        ("ref", "refs/heads/feature"),
        ("iss", "https://issuer.example.test"),
    ] {
        let (status, _) = handoff.log_in(&stage.workload_token_with(claim, wrong));
        assert_eq!(status, 400, "{claim}");
    }
    let (status, _) = handoff.log_in(&tenure_testing::Issuer::new().sign(&json!({"sub": Stage::SUBJECT})));
    assert_eq!(status, 400, "another key");

    let (token, user, password) = handoff.credential();
    assert_eq!(postgres.query(&user, &password, "app", "SELECT count(*) FROM orders").unwrap(), "2");
    let denied = postgres.query(&user, &password, "app", "DELETE FROM orders").unwrap_err();
    assert!(denied.contains("42501"), "{denied}");
    let comment = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = session_user";
    assert_eq!(postgres.query(&user, &password, "app", comment).unwrap(), "tenure:m-01");

    let (status, _) = stage.bao.call("GET", "sys/policies/acl/root", &token, &Value::Null);
    assert_eq!(status, 403);
    let mut open = postgres.session(&user, &password, "app");
    let (status, _) = stage.bao.call("POST", "auth/token/revoke-self", &token, &json!({}));
    assert_eq!(status, 204);
    // The server answers a moment before the token's leases have ended.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while postgres.query(&user, &password, "app", "SELECT 1").is_ok() {
        assert!(std::time::Instant::now() < deadline, "the credential still works");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(open.ask("SELECT id FROM notices"), None, "an open session ends with the credential");
}

#[tokio::test]
async fn a_drill_with_the_workloads_token_tries_all_of_it() {
    let Some(mut handoff) = Handoff::applied("a_drill_with_the_workloads_token_tries_all_of_it").await else {
        return;
    };
    handoff.keys.workload_token = Some(Secret::new(&handoff.stage.workload_token()).unwrap());
    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    let said: Vec<&str> = proofs.iter().map(|proof| proof.detail.as_str()).collect();
    assert!(proofs.iter().all(|proof| proof.holds), "{said:#?}");
    for part in [
        "may SELECT on \"orders\"",
        "may not DELETE on \"orders\"",
        "lengthening it is refused (403)",
        "refused at the target after its end",
    ] {
        assert!(said.iter().any(|detail| detail.contains(part)), "{part}: {said:#?}");
    }

    let other = handoff.stage.workload_token_with("ref", "refs/heads/feature");
    handoff.keys.workload_token = Some(Secret::new(&other).unwrap());
    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    assert!(proofs.iter().any(|proof| !proof.holds && proof.detail.contains("refused")), "{proofs:?}");
}

#[tokio::test]
async fn a_drill_notices_access_that_is_too_wide() {
    let Some(mut handoff) = Handoff::applied("a_drill_notices_access_that_is_too_wide").await else { return };
    handoff.stage.postgres.operate("app", "GRANT DELETE ON orders TO PUBLIC");
    handoff.keys.workload_token = Some(Secret::new(&handoff.stage.workload_token()).unwrap());
    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    let wrong: Vec<&str> = proofs.iter().filter(|p| !p.holds).map(|p| p.detail.as_str()).collect();
    assert_eq!(wrong, ["new access: it may DELETE on \"orders\""]);
}

#[tokio::test]
async fn what_is_there_already_is_found_and_not_written_again() {
    let Some(handoff) = Handoff::applied("what_is_there_already_is_found_and_not_written_again").await else {
        return;
    };
    let before = handoff.stage.bao.audit_lines();
    for kind in ["policy", "engine_role", "auth_role"] {
        let receipt = handoff.apply(kind, true).await.unwrap();
        assert_eq!(receipt.state, StepState::AlreadyThere, "{}", receipt.detail);
        let first = handoff.receipts.iter().find(|first| first.seq == receipt.seq).unwrap();
        assert_eq!(receipt.readback_hash, first.readback_hash);
    }
    let asked = handoff.stage.bao.audited(before);
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|(operation, _)| operation == "read"), "{asked:?}");
}

#[tokio::test]
async fn two_workers_make_one_object() {
    let Some(handoff) = Handoff::planned("two_workers_make_one_object").await else { return };
    // The server may tell one of two that write at once to come back: the pipeline then tries again.
    let insist = async |kind: &str| {
        let mut resumed = false;
        loop {
            match handoff.apply(kind, resumed).await {
                Err(busy) if busy.retry_after().is_some() => resumed = true,
                answer => return answer.unwrap(),
            }
        }
    };
    for kind in ["policy", "engine_role", "auth_role"] {
        let (one, two) = tokio::join!(insist(kind), insist(kind));
        for receipt in [&one, &two] {
            assert!(matches!(receipt.state, StepState::Done | StepState::AlreadyThere), "{receipt:?}");
        }
        assert_eq!(one.readback_hash, two.readback_hash);
    }
    let policy = handoff.live(&format!("sys/policies/acl/{NAME}")).unwrap();
    assert_eq!(policy["version"], 1, "the policy was written once");
}

#[tokio::test]
async fn what_someone_changed_is_a_conflict_and_stays_as_it_is() {
    let Some(handoff) = Handoff::applied("what_someone_changed_is_a_conflict_and_stays_as_it_is").await
    else {
        return;
    };
    let bao = &handoff.stage.bao;
    let role = format!("database/roles/{NAME}");
    let mut wider = handoff.live(&role).unwrap();
    wider["max_ttl"] = json!(86_400);
    bao.operate("PUT", &role, &wider);

    let before = bao.audit_lines();
    let receipt = handoff.apply("engine_role", true).await.unwrap();
    assert_eq!(receipt.state, StepState::Conflict);
    assert!(receipt.detail.contains("max_ttl is 86400, planned 900"), "{}", receipt.detail);
    assert!(bao.audited(before).iter().all(|(operation, _)| operation == "read"));
    let drift = handoff.drift().await;
    assert!(drift.iter().any(|line| line.contains("max_ttl is 86400")), "{drift:?}");
    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    assert!(proofs.iter().any(|proof| !proof.holds));
}

#[tokio::test]
async fn a_field_that_the_plan_does_not_speak_of_is_drift_too() {
    let Some(handoff) = Handoff::applied("a_field_that_the_plan_does_not_speak_of_is_drift_too").await else {
        return;
    };
    let path = format!("auth/github-jwt/role/{NAME}");
    let mut role = handoff.live(&path).unwrap();
    role["clock_skew_leeway"] = json!(600);
    handoff.stage.bao.operate("PUT", &path, &role);
    let drift = handoff.drift().await;
    assert_eq!(drift.len(), 1, "{drift:?}");
    assert!(drift[0].contains("changed since it was made"), "{drift:?}");
}

#[tokio::test]
async fn what_changed_between_approval_and_apply_is_drift() {
    let Some(handoff) = Handoff::planned("what_changed_between_approval_and_apply_is_drift").await else {
        return;
    };
    assert_eq!(handoff.drift().await, Vec::<String>::new());
    let bao = &handoff.stage.bao;

    // Someone takes the name.
    let taken = format!("database/roles/{NAME}");
    bao.operate("PUT", &taken, &json!({"db_name": "app", "creation_statements": ["SELECT 1"]}));
    let drift = handoff.drift().await;
    assert!(drift.iter().any(|line| line.contains("not of this migration")), "{drift:?}");
    assert_eq!(handoff.apply("engine_role", false).await.unwrap().state, StepState::Conflict);
    assert_eq!(handoff.live(&taken).unwrap()["creation_statements"], json!(["SELECT 1"]));
    bao.operate("DELETE", &taken, &Value::Null);

    // Someone lets the mount trust another key.
    bao.operate(
        "POST",
        "auth/github-jwt/config",
        &json!({"jwt_validation_pubkeys": [tenure_testing::Issuer::new().public_pem()],
                "bound_issuer": Stage::ISSUER, "jwt_supported_algs": ["ES256"]}),
    );
    let drift = handoff.drift().await;
    assert!(drift.iter().any(|line| line.starts_with("the login mount was")), "{drift:?}");

    // Someone makes the engine anew.
    bao.operate("DELETE", "sys/mounts/database", &Value::Null);
    bao.operate("POST", "sys/mounts/database", &json!({"type": "database"}));
    let drift = handoff.drift().await;
    assert!(drift.iter().any(|line| line.starts_with("the secrets engine was")), "{drift:?}");
    assert!(drift.iter().any(|line| line.starts_with("the connection was")), "{drift:?}");
}

#[tokio::test]
async fn a_check_says_what_the_broker_can_do_and_what_our_token_lacks() {
    let Some(handoff) =
        Handoff::planned("a_check_says_what_the_broker_can_do_and_what_our_token_lacks").await
    else {
        return;
    };
    let (bao, intent) = (&handoff.stage.bao, handoff.stage.intent());
    let found = handoff.broker.capabilities(Some(&intent)).await.unwrap();
    assert_eq!((found.reach, found.version.as_deref()), (Reach::Ok, Some("2.7.2")));
    assert_eq!((found.self_is_admin, found.may_take_credentials), (false, false));
    assert_eq!((found.audit_devices, found.guarantees.revocation), (Some(1), Revocation::Direct));
    assert_eq!(found.missing_permissions, Vec::<String>::new());

    let root = open(&bao.address(), bao.root_token()).unwrap();
    let found = root.capabilities(Some(&intent)).await.unwrap();
    assert!(found.self_is_admin && found.may_take_credentials);
    let as_much = bao.token_with(
        "everything",
        "path \"*\" { capabilities = [\"create\",\"read\",\"update\",\"delete\",\"list\",\"sudo\"] }",
    );
    let found = open(&bao.address(), &as_much).unwrap().capabilities(None).await.unwrap();
    assert!(found.self_is_admin);

    let nothing = open(&bao.address(), &bao.token_with("nothing", "# nothing\n")).unwrap();
    let found = nothing.capabilities(Some(&intent)).await.unwrap();
    assert_eq!((found.reach, found.audit_devices), (Reach::Ok, None));
    assert_eq!(found.missing_permissions.len(), 10, "{:?}", found.missing_permissions);

    bao.operate("PUT", "sys/seal", &Value::Null);
    assert_eq!(handoff.broker.capabilities(None).await.unwrap().reach, Reach::Sealed);
    let said = handoff.broker.drift(&handoff.work(false)).await.unwrap_err();
    assert!(matches!(said, BrokerError::Sealed { .. }), "{said}");
}

#[tokio::test]
async fn a_check_tells_a_stranger_from_a_server_that_is_gone() {
    const TEST: &str = "a_check_tells_a_stranger_from_a_server_that_is_gone";
    if tenure_testing::servers_left_out(TEST) {
        return;
    }
    let bao = OpenBao::start();
    let stranger = open(&bao.address(), "s.nobodyknowsthistoken000").unwrap();
    assert_eq!(stranger.capabilities(None).await.unwrap().reach, Reach::Unauth);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = open(&format!("http://127.0.0.1:{port}"), "s.x").unwrap();
    assert_eq!(nowhere.capabilities(None).await.unwrap().reach, Reach::Unreachable);
}

#[tokio::test]
async fn no_plan_is_made_with_a_token_that_could_use_the_access() {
    let Some(handoff) = Handoff::planned("no_plan_is_made_with_a_token_that_could_use_the_access").await
    else {
        return;
    };
    let (bao, intent) = (&handoff.stage.bao, handoff.stage.intent());
    let refusal = async |token: &str| {
        let broker = open(&bao.address(), token).unwrap();
        propose(&*broker, &intent).await.unwrap().unwrap_err().to_string()
    };
    let said = refusal(bao.root_token()).await;
    assert!(said.contains("may do everything") && said.contains("with only this policy"), "{said}");
    let takes =
        adapter_policy(&intent).unwrap() + "path \"database/creds/*\" { capabilities = [\"read\"] }\n";
    let said = refusal(&bao.token_with("takes", &takes)).await;
    assert!(said.contains("must not be able to use it"), "{said}");
    let said = refusal(&bao.token_with("nothing", "# nothing\n")).await;
    assert!(said.contains("lacks sys/audit: read, sudo"), "{said}");
}

#[tokio::test]
async fn no_plan_is_made_for_a_broker_that_is_not_ready() {
    let Some(handoff) = Handoff::planned("no_plan_is_made_for_a_broker_that_is_not_ready").await else {
        return;
    };
    let refusal = async |change: &dyn Fn(&mut Intent)| {
        let mut intent = handoff.stage.intent();
        change(&mut intent);
        let broker = match adapter_policy(&intent) {
            Ok(policy) => {
                open(&handoff.stage.bao.address(), &handoff.stage.bao.token_with("wide", &policy)).unwrap()
            }
            Err(error) => return error.to_string(),
        };
        match propose(&*broker, &intent).await {
            Ok(plan) => plan.unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    type Change = dyn Fn(&mut Intent);
    let cases: [(&str, &Change); 11] = [
        ("no login mount", &|i| i.auth_mount = Some("nothere".to_owned())),
        ("no secrets engine", &|i| i.what.mount = "nothere".to_owned()),
        ("no connection", &|i| i.what.connection = "nothere".to_owned()),
        ("trusts the issuer", &|i| i.who.issuer = "https://other.example.test".to_owned()),
        ("is of type token", &|i| i.auth_mount = Some("token".to_owned())),
        ("is of type kv", &|i| i.what.mount = "secret".to_owned()),
        ("the broker's own login", &|i| i.target.old_login = Some("bao_admin".to_owned())),
        ("is a pattern", &|i| i.who.subject = "repo:acme/*".to_owned()),
        ("what.privilege", &|i| i.what.privilege = "ALL ON orders".to_owned()),
        ("what.mount", &|i| i.what.mount = "../sys".to_owned()),
        ("not for \"aws\"", &|i| i.what.engine = "aws".to_owned()),
    ];
    for (words, change) in cases {
        let said = refusal(change).await;
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[tokio::test]
async fn nothing_is_handed_to_a_broker_that_records_nothing() {
    const TEST: &str = "nothing_is_handed_to_a_broker_that_records_nothing";
    if tenure_testing::servers_left_out(TEST) {
        return;
    }
    let bao = OpenBao::start_without_audit();
    let Some(handoff) = Handoff::planned(TEST).await else { return };
    let intent = handoff.stage.intent();
    let token = bao.token_with("adapter", &adapter_policy(&intent).unwrap());
    let broker = open(&bao.address(), &token).unwrap();
    let said = propose(&*broker, &intent).await.unwrap().unwrap_err().to_string();
    assert!(said.contains("nothing is recorded") && said.contains("audit \"file\""), "{said}");
    assert_eq!(broker.capabilities(None).await.unwrap().audit_devices, Some(0));
}

#[tokio::test]
async fn a_handoff_fits_into_a_namespace_of_its_own() {
    const TEST: &str = "a_handoff_fits_into_a_namespace_of_its_own";
    let Some(mut handoff) = Handoff::planned_in(TEST, Some("handoffs")).await else { return };
    let found = handoff.broker.capabilities(Some(&handoff.plan.intent)).await.unwrap();
    assert_eq!((found.reach, found.missing_permissions), (Reach::Ok, Vec::new()));
    assert_eq!(found.audit_devices, None, "no namespace sees them");
    assert!(handoff.plan.warnings.iter().any(|line| line.contains("ask the server's operator")));
    assert!(!handoff.plan.warnings.iter().any(|line| line.contains("root namespace")));

    handoff.run(Phase::Apply).await;
    assert_eq!(handoff.drift().await, Vec::<String>::new());
    handoff.keys.workload_token = Some(Secret::new(&handoff.stage.workload_token()).unwrap());
    let proofs = handoff.broker.verify(&handoff.work(false)).await.unwrap();
    assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");

    let policy = format!("sys/policies/acl/{NAME}");
    assert!(handoff.live(&policy).is_some());
    handoff.stage.bao.leave_namespace();
    assert!(handoff.live(&policy).is_none(), "nothing is made outside");
    let receipts = handoff.roll_back().await;
    assert!(receipts.iter().all(|receipt| receipt.state == StepState::Undone), "{receipts:?}");
}

#[tokio::test]
async fn no_secret_is_written_anywhere() {
    let Some(mut handoff) = Handoff::cut_over("no_secret_is_written_anywhere").await else { return };
    let jwt = handoff.stage.workload_token();
    handoff.keys.workload_token = Some(Secret::new(&jwt).unwrap());
    let mut written = json!([
        handoff.plan,
        handoff.receipts,
        handoff.broker.verify(&handoff.work(false)).await.unwrap(),
        handoff.prove(tenure_model::EvidenceLevel::E4).await,
        handoff.broker.capabilities(Some(&handoff.plan.intent)).await.unwrap(),
    ])
    .to_string();
    written.push_str(&json!(handoff.roll_back().await).to_string());
    let logged = crate::logged::so_far();
    assert!(logged.contains("asking the broker"), "the log was kept");
    for secret in [
        handoff.token.as_str(),
        &jwt,
        Stage::OLD_PASSWORD,
        Stage::TARGET_ADMIN_PASSWORD,
        "broker-admin-only-here",
        &handoff.stage.target_admin_dsn(),
    ] {
        assert!(!written.contains(secret), "in what is kept");
        assert!(!logged.contains(secret), "in the log");
    }
}

#[tokio::test]
async fn a_changed_plan_names_no_other_object() {
    let Some(mut handoff) = Handoff::planned("a_changed_plan_names_no_other_object").await else { return };
    handoff.plan.steps[0].target = "sys/policies/acl/adapter".to_owned();
    assert!(handoff.apply("policy", false).await.is_err());
    assert!(handoff.broker.rollback(&handoff.work(true), handoff.step("policy")).await.is_err());
    assert!(handoff.live("sys/policies/acl/adapter").is_some());
    assert_eq!(handoff.plan.steps.iter().filter(|step| step.phase == Phase::Apply).count(), 3);
}
