//! What people accepted and configured: told in every format, and first where it matters.

use jiff::civil::date;
use tenure_model::{
    AcceptedFinding, ConfigurationState, ConfigurationUse, Exception, ExceptionOverview, ExceptionReason,
    ExceptionReview, ExceptionState, ReadState, Report, ReviewDecision, Severity, Unread,
};
use tenure_report::{Style, exceptions_human};

use crate::fixture::{at, report};
use crate::rendered;

/// An exception that ended; whatever a person wrote is `text`, where there is one.
pub(crate) fn exception(text: Option<&str>) -> Exception {
    let said = |plain: &str| text.unwrap_or(plain).to_owned();
    let day = date(2026, 11, 20);
    let review = ExceptionReview {
        by: vec![said("Alex")],
        decision: ReviewDecision::Keep,
        at: at("2026-10-20T08:00:00Z"),
        expires: day,
        review: None,
    };
    Exception {
        id: "x_0a1b2c3d4e".to_owned(),
        identity_id: "id_7f3a".to_owned(),
        identity_name: said("shop-deploy"),
        reason: ExceptionReason::RevocationDisproportionate,
        why: said("the shop stands still without it until the new gateway is there"),
        approved_by: vec![said("Kim"), said("Alex")],
        made_at: at("2026-09-01T08:00:00Z"),
        expires: day,
        review: None,
        accepted: vec![AcceptedFinding {
            id: "f_1".to_owned(),
            root: said("shop"),
            rule_id: said("aws-secret-access-key"),
            severity: Severity::High,
        }],
        reviews: vec![review],
        state: ExceptionState::Expired,
    }
}

/// What configuration files did; whatever a person wrote is `text`, where there is one.
pub(crate) fn configurations(text: Option<&str>) -> Vec<ConfigurationUse> {
    let said = |plain: &str| text.unwrap_or(plain).to_owned();
    let applied = ConfigurationUse {
        settings: vec!["fail-on".to_owned(), "format".to_owned()],
        exclude: vec![said("vendor/"), said("*.min.js")],
        rules_off: vec![said("ci-computed-secret-name")],
        severities: [(said("generic-password"), Severity::Low)].into(),
        suppressed: 2,
        allow_expired: 1,
        allow_unmatched: 3,
        ..ConfigurationUse::new(said("tenure.toml"), ConfigurationState::Applied)
    };
    let held = ConfigurationUse::new(said("shop/.tenure.toml"), ConfigurationState::NotTrusted);
    let deeper = ConfigurationUse::new(said("shop/lib/.tenure.toml"), ConfigurationState::NotAtRoot);
    vec![applied, held, deeper]
}

fn accepted_report() -> Report {
    let mut report = report();
    report.identities[0].exceptions = vec![exception(None)];
    report.scan.configurations = configurations(None);
    report.scan.unread = vec![Unread {
        path: "vendor".to_owned(),
        state: ReadState::Excluded,
        reason: "excluded_by_configuration".to_owned(),
        detail: "1204 files left out by `vendor/` in tenure.toml".to_owned(),
    }];
    report
}

fn written(name: &str) -> String {
    rendered(name, &accepted_report(), &Style::default())
}

#[test]
fn what_was_configured_and_accepted_reads_well() {
    let text = written("human");
    let head: Vec<&str> = text.lines().take(34).collect();
    insta::assert_snapshot!("accepted_human", head.join("\n"));
}

#[test]
fn every_format_tells_what_was_left_out() {
    for format in tenure_report::FORMATS {
        let text = written(format.name);
        assert!(text.contains("1204 files left out"), "{}: {text}", format.name);
        let told = text.contains("shop/.tenure.toml") || text.contains("shop/\\.tenure");
        // A table has rows for findings and inputs only.
        assert!(told || format.name == "csv", "{}: {text}", format.name);
        assert!(!text.contains("INCOMPLETE"), "{}", format.name);
    }
}

#[test]
fn exceptions_are_listed_beside_how_many_there_are() {
    let active = Exception {
        state: ExceptionState::ExpiringSoon,
        review: Some(date(2026, 12, 1)),
        expires: date(2026, 12, 2),
        accepted: Vec::new(),
        ..exception(None)
    };
    let overview = ExceptionOverview {
        identities: 1204,
        identities_excepted: 1,
        identities_without: 2,
        exceptions: vec![exception(None), active],
    };
    insta::assert_snapshot!("exceptions", exceptions_human(&overview, &Style::default()));
}
