//! Taking the new access back: nothing of ours stays, nothing of others goes, and what was issued ends.

use serde_json::{Value, json};
use tenure_broker::adapter_policy;
use tenure_model::StepState;
use tenure_testing::OpenBao;

use crate::handoff::{Handoff, NAME, open};

#[tokio::test]
async fn a_rollback_leaves_nothing_of_ours_and_everything_of_others() {
    let Some(handoff) = Handoff::applied("a_rollback_leaves_nothing_of_ours_and_everything_of_others").await
    else {
        return;
    };
    let (bao, postgres) = (&handoff.stage.bao, &handoff.stage.postgres);
    let everything = |bao: &OpenBao| -> Vec<Value> {
        ["sys/policies/acl", "auth/github-jwt/role", "database/roles"]
            .map(|path| bao.call("LIST", path, bao.root_token(), &Value::Null).1["data"]["keys"].clone())
            .to_vec()
    };
    bao.operate("PUT", "sys/policies/acl/tenure-other", &json!({"policy": "# tenure:other\n"}));
    bao.operate(
        "PUT",
        "database/roles/reports",
        &json!({"db_name": "app", "creation_statements": ["SELECT 1"]}),
    );
    let (token, user, password) = handoff.credential();
    let mut open = postgres.session(&user, &password, "app");

    let receipts = handoff.roll_back().await;
    assert!(receipts.iter().all(|receipt| receipt.state == StepState::Undone), "{receipts:?}");
    let after = everything(bao);
    assert!(!json!(after).to_string().contains(NAME), "{after:?}");
    assert!(json!(after).to_string().contains("tenure-other"), "{after:?}");
    assert_eq!(handoff.live("database/roles/reports").unwrap()["db_name"], "app");
    assert!(
        handoff.live("database/config/app").is_some() && handoff.live("auth/github-jwt/config").is_some()
    );

    // What was issued through it has ended: at the target, in an open session, and for the token.
    assert!(postgres.query(&user, &password, "app", "SELECT 1").is_err());
    assert_eq!(open.ask("SELECT id FROM notices"), None);
    assert_eq!(
        postgres.operate("app", &format!("SELECT count(*) FROM pg_roles WHERE rolname = '{user}'")),
        "0"
    );
    let (status, _) = bao.call("GET", &format!("database/creds/{NAME}"), &token, &Value::Null);
    assert_eq!(status, 403);
    let (status, _) = handoff.log_in(&handoff.stage.workload_token());
    assert_eq!(status, 400);

    let again = handoff.roll_back().await;
    assert!(again.iter().all(|receipt| receipt.state == StepState::Undone), "twice is fine: {again:?}");
}

#[tokio::test]
async fn a_rollback_with_more_rights_ends_the_tokens_too() {
    let Some(mut handoff) = Handoff::applied("a_rollback_with_more_rights_ends_the_tokens_too").await else {
        return;
    };
    let bao = &handoff.stage.bao;
    let policy = adapter_policy(&handoff.stage.intent()).unwrap()
        + "path \"auth/token/accessors\" { capabilities = [\"list\", \"sudo\"] }\n\
           path \"auth/token/lookup-accessor\" { capabilities = [\"update\"] }\n\
           path \"auth/token/revoke-accessor\" { capabilities = [\"update\"] }\n";
    let token = bao.token_with("adapter-more", &policy);
    let (ours, theirs) = (handoff.workload_token(), bao.token_with("someone", "# nothing\n"));
    handoff.broker = open(&bao.address(), &token).unwrap();
    let receipts = handoff.roll_back().await;
    assert!(receipts.iter().any(|receipt| receipt.detail.contains("1 tokens")), "{receipts:?}");
    let lookup = |token: &str| bao.call("GET", "auth/token/lookup-self", token, &Value::Null).0;
    assert_eq!((lookup(&ours), lookup(&theirs)), (403, 200));
}

#[tokio::test]
async fn a_rollback_never_touches_what_is_not_ours() {
    let Some(handoff) = Handoff::planned("a_rollback_never_touches_what_is_not_ours").await else { return };
    let bao = &handoff.stage.bao;
    let foreign = json!({"policy": "# tenure:m-011\npath \"x\" { capabilities = [\"read\"] }\n"});
    bao.operate("PUT", &format!("sys/policies/acl/{NAME}"), &foreign);
    bao.operate(
        "PUT",
        &format!("database/roles/{NAME}"),
        &json!({"db_name": "app", "creation_statements": ["SELECT 1"]}),
    );
    let states: Vec<StepState> =
        handoff.roll_back().await.into_iter().rev().take(3).map(|receipt| receipt.state).collect();
    assert_eq!(states, [StepState::Conflict, StepState::Conflict, StepState::Undone]);
    assert!(handoff.live(&format!("sys/policies/acl/{NAME}")).is_some());
    assert!(handoff.live(&format!("database/roles/{NAME}")).is_some());
}

#[tokio::test]
async fn a_credential_that_cannot_be_revoked_stops_the_rollback() {
    let Some(handoff) = Handoff::applied("a_credential_that_cannot_be_revoked_stops_the_rollback").await
    else {
        return;
    };
    let postgres = &handoff.stage.postgres;
    let (_, user, password) = handoff.credential();
    // Something at the target hangs on the login, so that it cannot be dropped.
    postgres.operate("app", &format!("GRANT SELECT ON notices TO \"{user}\""));

    let work = handoff.work(false);
    assert_eq!(
        handoff.broker.rollback(&work, handoff.step("auth_role")).await.unwrap().state,
        StepState::Undone
    );
    let said = handoff.broker.rollback(&work, handoff.step("engine_role")).await.unwrap_err();
    assert!(said.to_string().contains("may still be live") && said.retry_after().is_none(), "{said}");
    assert!(postgres.query(&user, &password, "app", "SELECT 1").is_ok(), "which is true");

    postgres.operate("app", &format!("REVOKE SELECT ON notices FROM \"{user}\""));
    let receipt = handoff.broker.rollback(&work, handoff.step("engine_role")).await.unwrap();
    assert_eq!(receipt.state, StepState::Undone, "{}", receipt.detail);
    assert!(postgres.query(&user, &password, "app", "SELECT 1").is_err());
}
