//! Exceptions are added and reviewed within their bounds, and nobody rewrites them.

use sqlx::Connection as _;
use tenure_inventory::Inventory;
use tenure_model::{
    Day, Exception, ExceptionReason, ExceptionReview, ExceptionState, ReviewDecision, day_of,
};

use crate::support::{day, end, exported_user, found_key, scan, scan_app, start};

fn on(number: i64) -> Day {
    day_of(day(number))
}

fn exception(id: &str, identity: &str, reason: ExceptionReason, by: &[&str], expires: i64) -> Exception {
    Exception {
        id: id.to_owned(),
        identity_id: identity.to_owned(),
        identity_name: "deploy".to_owned(),
        reason,
        why: "a box of a vendor".to_owned(),
        approved_by: by.iter().map(|&name| name.to_owned()).collect(),
        made_at: day(0),
        expires: on(expires),
        review: Some(on(expires.min(3))),
        accepted: Vec::new(),
        reviews: Vec::new(),
        state: ExceptionState::Active,
    }
}

fn review(by: &[&str], decision: ReviewDecision, at: i64, expires: i64) -> ExceptionReview {
    ExceptionReview {
        by: by.iter().map(|&name| name.to_owned()).collect(),
        decision,
        at: day(at),
        expires: on(expires),
        review: None,
    }
}

async fn identity(inventory: &Inventory) -> String {
    scan_app(inventory, "s1", 0, found_key("aa", "a.env")).await;
    inventory.dossiers().await.unwrap()[0].identity.id.clone()
}

#[tokio::test]
async fn an_exception_comes_back_as_its_reviews_left_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let id = identity(&inventory).await;
    let made = exception("x_1", &id, ExceptionReason::CannotReauthenticate, &["kim"], 90);
    inventory.add_exception(&made).await.unwrap();
    assert_eq!(inventory.exceptions().await.unwrap(), std::slice::from_ref(&made));
    let kept = review(&["alex"], ReviewDecision::Keep, 80, 170);
    inventory.review_exception("x_1", &kept).await.unwrap();
    let back = inventory.dossiers().await.unwrap().remove(0).exceptions.remove(0);
    assert_eq!((back.expires, back.review, back.reviews.as_slice()), (on(170), None, &[kept][..]));
    inventory.review_exception("x_1", &review(&["alex"], ReviewDecision::End, 90, 90)).await.unwrap();
    let again = inventory.review_exception("x_1", &review(&["alex"], ReviewDecision::Keep, 91, 120)).await;
    assert!(again.is_err(), "what ended stays ended");
}

#[tokio::test]
async fn an_exception_out_of_bounds_is_refused_whoever_writes_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let id = identity(&inventory).await;
    let (cannot, emergency) = (ExceptionReason::CannotReauthenticate, ExceptionReason::BreakGlass);
    for (made, why) in [
        (exception("x_1", &id, cannot, &["kim"], 91), "too long"),
        (exception("x_1", &id, cannot, &["kim"], -1), "over before it begins"),
        (exception("x_1", &id, cannot, &[], 9), "nobody approved it"),
        (exception("x_1", &id, cannot, &[" "], 9), "nobody approved it"),
        (exception("x_1", &id, emergency, &["kim"], 9), "one person"),
        (exception("x_1", &id, emergency, &["kim", "KIM "], 9), "one person twice"),
        (exception("x_1", "i_none", cannot, &["kim"], 9), "nobody's"),
    ] {
        assert!(inventory.add_exception(&made).await.is_err(), "{why}");
    }
    inventory.add_exception(&exception("x_1", &id, emergency, &["kim", "alex"], 9)).await.unwrap();
    let twice = inventory.add_exception(&exception("x_1", &id, emergency, &["kim", "alex"], 9)).await;
    assert!(twice.is_err(), "an id is given once");
    let keep = ReviewDecision::Keep;
    for (looked, why) in [
        (review(&["kim"], keep, 5, 96), "too long"),
        (review(&["kim"], keep, 5, 30), "more time with one signature"),
        (review(&[], keep, 5, 9), "nobody looked"),
    ] {
        assert!(inventory.review_exception("x_1", &looked).await.is_err(), "{why}");
    }
    assert!(inventory.review_exception("x_none", &review(&["kim"], keep, 5, 9)).await.is_err());
    inventory.review_exception("x_1", &review(&["kim"], keep, 5, 9)).await.unwrap();
    inventory.review_exception("x_1", &review(&["kim", "alex"], keep, 6, 96)).await.unwrap();
}

#[tokio::test]
async fn an_exception_follows_its_identity_when_two_prove_to_be_one() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    scan(&inventory, &start("s2", 1, &["/srv/other"]), &end(1), exported_user("/srv/other", "bb")).await;
    let ids: Vec<String> =
        inventory.dossiers().await.unwrap().into_iter().map(|dossier| dossier.identity.id).collect();
    assert_eq!(ids.len(), 2);
    for (n, id) in ids.iter().enumerate() {
        let made = exception(&format!("x_{n}"), id, ExceptionReason::CannotReauthenticate, &["kim"], 9);
        inventory.add_exception(&made).await.unwrap();
    }
    scan(&inventory, &start("s3", 2, &["/srv/other"]), &end(2), exported_user("/srv/other", "aa")).await;
    let dossiers = inventory.dossiers().await.unwrap();
    assert_eq!(dossiers.len(), 1, "the key shows that both are one");
    assert_eq!(dossiers[0].exceptions.len(), 2);
}

#[tokio::test]
async fn another_program_cannot_rewrite_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.db");
    let inventory = Inventory::open(&path).await.unwrap();
    let id = identity(&inventory).await;
    let made = exception("x_1", &id, ExceptionReason::CannotReauthenticate, &["kim"], 9);
    inventory.add_exception(&made).await.unwrap();
    inventory.review_exception("x_1", &review(&["kim"], ReviewDecision::Keep, 5, 9)).await.unwrap();
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    for statement in [
        "UPDATE exception SET expires = '2999-01-01'",
        "UPDATE exception SET accepted = '[]'",
        "DELETE FROM exception",
        "INSERT OR REPLACE INTO exception SELECT seq, id, identity_id, identity_name, reason, 'other', approved_by, made_at, expires, review, accepted FROM exception",
        "INSERT INTO exception SELECT 99, 'x_2', identity_id, identity_name, reason, why, approved_by, made_at, '2999-01-01', review, accepted FROM exception",
        "INSERT INTO exception SELECT 99, 'x_2', identity_id, identity_name, 'convenient', why, approved_by, made_at, expires, review, accepted FROM exception",
        "UPDATE exception_review SET decision = 'end'",
        "DELETE FROM exception_review",
        "INSERT INTO exception_review SELECT 99, exception_id, reviewed_by, decision, reviewed_at, '2999-01-01', review FROM exception_review",
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut other).await;
        assert!(refused.is_err(), "went through: {statement}");
    }
}
