//! Accepted exceptions: what an assessment says of one that is over, not reviewed, or for emergencies.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

mod desk;

use desk::{assessed, deploy_key, evidence, now};
use tenure_model::{
    Archetype, Day, Dossier, Exception, ExceptionReason, ExceptionReview, ExceptionState, Fact, Quality,
    ReadinessBand, ReviewDecision, day_of,
};

const EXPIRED: &str = "lifecycle-exception-expired";
const UNREVIEWED: &str = "lifecycle-exception-unreviewed";
const UNLOGGED: &str = "lifecycle-exception-unlogged";

fn in_days(days: i32) -> Day {
    let mut day = day_of(now());
    for _ in 0..days.abs() {
        day = if days < 0 { day.yesterday().unwrap() } else { day.tomorrow().unwrap() };
    }
    day
}

fn excepted(reason: ExceptionReason, expires: i32, review: Option<i32>) -> Dossier {
    let exception = Exception {
        id: "x_1".to_owned(),
        identity_id: "i_1".to_owned(),
        identity_name: "deploy".to_owned(),
        reason,
        why: "a box of a vendor".to_owned(),
        approved_by: vec!["kim".to_owned(), "alex".to_owned()],
        made_at: now(),
        expires: in_days(expires),
        review: review.map(in_days),
        accepted: Vec::new(),
        reviews: Vec::new(),
        state: ExceptionState::Active,
    };
    Dossier { exceptions: vec![exception], ..deploy_key() }
}

fn told(dossier: &Dossier) -> Vec<String> {
    let findings = assessed(dossier).findings.into_iter().map(|finding| finding.rule_id);
    findings.filter(|rule| rule.contains("exception")).collect()
}

#[test]
fn an_exception_that_is_over_is_a_finding_of_its_own() {
    let reason = ExceptionReason::CannotReauthenticate;
    assert_eq!(told(&excepted(reason, 0, None)), [""; 0], "it holds through its last day");
    let over = excepted(reason, -1, Some(-20));
    assert_eq!(told(&over), [EXPIRED]);
    let judged = assessed(&over);
    let finding = judged.findings.iter().find(|finding| finding.rule_id == EXPIRED).unwrap();
    assert!(finding.reasons[0].starts_with("x_1 held until "), "{:?}", finding.reasons);
    assert_eq!(judged.identity.exceptions[0].state, ExceptionState::Expired);
}

#[test]
fn an_exception_that_a_review_ended_says_nothing() {
    let mut dossier = excepted(ExceptionReason::BreakGlass, -1, None);
    let review = ExceptionReview {
        by: vec!["kim".to_owned()],
        decision: ReviewDecision::End,
        at: now(),
        expires: in_days(-1),
        review: None,
    };
    let ended = dossier.exceptions.remove(0).reviewed(review);
    dossier.exceptions.push(ended);
    assert_eq!(told(&dossier), [""; 0]);
    assert!(assessed(&dossier).identity.exceptions.is_empty());
}

#[test]
fn a_review_that_nobody_made_is_a_finding() {
    let reason = ExceptionReason::RevocationDisproportionate;
    assert_eq!(told(&excepted(reason, 30, Some(0))), [""; 0]);
    assert_eq!(told(&excepted(reason, 30, Some(-1))), [UNREVIEWED]);
}

#[test]
fn emergency_access_is_declared_by_accepting_it_and_wants_a_log() {
    let mut dossier = excepted(ExceptionReason::BreakGlass, 30, Some(2));
    assert_eq!(told(&dossier), [UNLOGGED]);
    let identity = assessed(&dossier).identity;
    assert_eq!(identity.archetype, Archetype::BreakGlass);
    assert_eq!(identity.readiness.band, ReadinessBand::ExceptionNeeded);
    let log = Fact::Logging { issue: None, usage: Some(true), revoke: None };
    dossier.evidence.push(evidence(log, Quality::Config));
    assert_eq!(told(&dossier), [""; 0]);
    let over = excepted(ExceptionReason::BreakGlass, -1, None);
    assert_ne!(assessed(&over).identity.archetype, Archetype::BreakGlass, "nobody accepts it any more");
}
