//! From evidence to judgement: what a dossier says, and what it must not be taken to say.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

mod desk;

use desk::{about, assessed, days_ago, deploy_key, evidence, grant, job, key, now, rules, secret_finding};
use tenure_assess::{Exposure, Life, Power, Quarters, Use, inputs};
use tenure_model::{
    Archetype, Credential, CredentialState, Dossier, Fact, Federation, Finding, Identity, OwnerState,
    PrivilegeLevel, Quality, ReadinessBand, Severity, Subject, SubjectKind, ThirdParty, Timestamp, Verdict,
};

/// The value of factor `F{number}` of a dossier, in quarters.
fn factor(dossier: &Dossier, number: usize) -> Option<u32> {
    inputs(dossier, &rules(), now()).0.factors[number - 1].value.map(Quarters::count)
}

fn with(fact: Fact) -> Dossier {
    let mut dossier = deploy_key();
    dossier.evidence.push(evidence(fact, Quality::Config));
    dossier
}

fn changed(change: impl FnOnce(&mut Identity)) -> Dossier {
    let mut dossier = deploy_key();
    change(&mut dossier.identity);
    dossier
}

fn rules_found(dossier: &Dossier) -> Vec<(String, Severity)> {
    assessed(dossier).findings.into_iter().map(|finding| (finding.rule_id, finding.severity)).collect()
}

fn finding(dossier: &Dossier, rule: &str) -> Option<Finding> {
    assessed(dossier).findings.into_iter().find(|finding| finding.rule_id == rule)
}

#[test]
fn a_well_known_deploy_key_is_ready_but_for_what_nobody_told() {
    let judged = assessed(&deploy_key());
    let readiness = &judged.identity.readiness;
    let gates: Vec<&str> = readiness.gates.iter().map(|gate| gate.id.as_str()).collect();
    assert_eq!(gates, ["G-VENDOR-UNKNOWN"]);
    assert_eq!(readiness.band, ReadinessBand::AfterPrerequisites);
    assert_eq!(judged.identity.archetype, Archetype::CiJob);
    assert_eq!(judged.identity.privilege.level, PrivilegeLevel::Scoped);
    assert_eq!(judged.identity.privilege.admin, Verdict::No);
    assert!(readiness.factors.iter().all(|factor| !factor.evidence.is_empty()), "every factor says why");
    assert!(readiness.factors[7].evidence[0].contains("can log issue, use; nothing read shows"));
}

#[test]
fn with_everything_told_it_is_ready_now() {
    let mut dossier = deploy_key();
    dossier.evidence.push(evidence(Fact::ThirdParty { state: ThirdParty::None }, Quality::Authoritative));
    let logging = Fact::Logging { issue: Some(true), usage: Some(true), revoke: Some(true) };
    dossier.evidence.push(evidence(logging, Quality::Config));
    dossier.evidence.push(evidence(
        Fact::Federation { state: Federation::Available, how: "OIDC".into() },
        Quality::Config,
    ));
    let readiness = assessed(&dossier).identity.readiness;
    assert_eq!(readiness.band, ReadinessBand::ReadyNow, "{:#?}", readiness.gates);
    assert!(readiness.score >= 75);
}

#[test]
fn an_empty_dossier_is_not_assessed_and_not_safe() {
    let judged = assessed(&Dossier::default());
    assert_eq!(judged.identity.readiness.band, ReadinessBand::NotAssessed);
    assert_eq!(judged.identity.readiness.score, 0);
    assert!(judged.identity.risk.score >= 50, "unknown is never safe: {}", judged.identity.risk.score);
    assert_eq!((judged.standing_hours_per_year, judged.avoidable_hours_per_year), (0, 0));
}

/// REQ 000-01, 000-05.
#[test]
fn bounded_work_counts_jobs_and_not_lines() {
    assert_eq!(factor(&deploy_key(), 1), Some(4));
    let jobs = |count: usize| {
        changed(|it| it.consumers = (0..count).map(|n| job(&format!("job{n}"), "S")).collect())
    };
    assert_eq!(factor(&jobs(2), 1), Some(4));
    assert_eq!(factor(&jobs(3), 1), Some(3));
    assert_eq!(factor(&jobs(6), 1), Some(2));
    assert_eq!(factor(&jobs(0), 1), None);
    assert_eq!(factor(&with(Fact::Agentic { runtime_policy: false }), 1), Some(1));
}

/// REQ 000-05.
#[test]
fn a_start_without_an_end_is_half_predictable() {
    assert_eq!(factor(&deploy_key(), 2), Some(4));
    assert_eq!(
        factor(&changed(|it| it.consumers[0].timeout_minutes = None), 2),
        Some(2),
        "the worst line counts"
    );
    assert_eq!(factor(&changed(|it| it.consumers[0].triggers.clear()), 2), Some(0));
    assert_eq!(factor(&changed(|it| it.consumers.clear()), 2), None);
}

/// REQ 003-25.
#[test]
fn an_owner_counts_by_how_sure_we_are() {
    for (state, value) in [
        (OwnerState::Confirmed, Some(4)),
        (OwnerState::Declared, Some(3)),
        (OwnerState::Inferred, Some(2)),
        (OwnerState::Contested, Some(1)),
        (OwnerState::Orphaned, Some(0)),
        (OwnerState::Unknown, None),
    ] {
        assert_eq!(factor(&changed(|it| it.owner.state = state), 3), value, "{state:?}");
    }
}

/// REQ 000-17, 001-12.
#[test]
fn the_weakest_consumer_decides_about_workload_identity() {
    assert_eq!(factor(&deploy_key(), 4), Some(3), "GitHub can, and nothing says that it does");
    let mut dossier = with(Fact::Federation { state: Federation::Available, how: "id-token".into() });
    assert_eq!(factor(&dossier, 4), Some(4));
    dossier.evidence.push(evidence(
        Fact::Federation { state: Federation::StaticOnly, how: "cron".into() },
        Quality::Config,
    ));
    assert_eq!(factor(&dossier, 4), Some(0));
}

/// REQ 002-04, 002-24.
#[test]
fn privilege_is_narrow_only_by_names() {
    let granted = |grants| changed(|it| it.grants = grants);
    assert_eq!(factor(&deploy_key(), 5), Some(4));
    assert_eq!(factor(&granted(vec![grant(&["s3:*"], "arn:aws:s3:::site/*")]), 5), Some(2));
    assert_eq!(factor(&granted(vec![grant(&["s3:*"], "*")]), 5), Some(1));
    assert_eq!(factor(&granted(vec![grant(&["*"], "*")]), 5), Some(0));
    assert_eq!(factor(&granted(vec![grant(&[], "*")]), 5), None);
    assert_eq!(factor(&granted(vec![]), 5), None);
    let many: Vec<String> = (0..30).map(|n| format!("s3:Put{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(factor(&granted(vec![grant(&many, "arn:aws:s3:::site")]), 5), Some(3));
}

/// REQ 000-02, 000-32.
#[test]
fn the_catalogue_answers_for_the_kind_that_is_worst_off() {
    let kinds = |kinds: &[&str]| {
        let one = |kind: &&str| Credential { kind: (*kind).into(), ..Credential::default() };
        changed(|it| it.credentials = kinds.iter().map(one).collect())
    };
    assert_eq!(factor(&kinds(&["aws_access_key"]), 6), Some(4));
    assert_eq!(factor(&kinds(&["aws_access_key", "vendor_key"]), 6), Some(0));
    assert_eq!(factor(&kinds(&["aws_access_key", "no_such_kind"]), 6), None);
    assert_eq!(factor(&kinds(&[]), 6), None);
    assert_eq!(factor(&kinds(&["aws_access_key"]), 7), Some(3), "denied, not revoked");
    assert_eq!(factor(&kinds(&["database_password"]), 7), Some(4));
    assert_eq!(factor(&kinds(&["vendor_key"]), 7), Some(0));
    assert_eq!(factor(&kinds(&["no_such_kind"]), 7), None);
}

#[test]
fn a_drill_overrides_the_catalogue_and_one_failure_is_a_failure() {
    let drill = |expiry, revocation, reuse| Fact::Drill {
        expiry_enforced: expiry,
        revocation_effective: revocation,
        non_reusable: reuse,
    };
    let mut dossier = with(drill(Some(true), Some(true), Some(true)));
    assert_eq!(factor(&dossier, 7), Some(4));
    dossier.evidence.push(evidence(drill(None, Some(false), None), Quality::Authoritative));
    assert_eq!(factor(&dossier, 7), Some(0));
    assert_eq!(inputs(&dossier, &rules(), now()).0.revocation_effective, Some(false));
}

/// REQ 001-15, 002-02, 002-05, 002-07.
#[test]
fn an_old_credential_that_still_works_is_a_paper_control() {
    let dossier = with(Fact::Drill {
        expiry_enforced: Some(true),
        revocation_effective: Some(true),
        non_reusable: Some(false),
    });
    let judged = assessed(&dossier);
    let gate = &judged.identity.readiness.gates[0];
    assert_eq!(gate.id, "G-PAPER");
    assert!(
        gate.because.starts_with("PAPER CONTROL") && gate.because.contains("nothing old can be used again")
    );
    assert!(judged.identity.readiness.score <= 39);
    assert_eq!(finding(&dossier, "paper-control").unwrap().severity, Severity::High);
}

/// REQ 000-12, 002-21, 003-14.
#[test]
fn only_evidence_of_a_log_counts_and_each_event_by_itself() {
    assert_eq!(factor(&deploy_key(), 8), None, "what a target could log is not logged");
    let logging = |issue, usage, revoke| with(Fact::Logging { issue, usage, revoke });
    assert_eq!(factor(&logging(Some(true), Some(true), Some(true)), 8), Some(4));
    assert_eq!(factor(&logging(Some(true), Some(true), None), 8), Some(2));
    assert_eq!(factor(&logging(Some(true), Some(false), None), 8), Some(1));
    assert_eq!(factor(&logging(Some(false), None, None), 8), Some(0));
    assert_eq!(factor(&logging(None, None, None), 8), None);
}

/// REQ 003-07, 004-01.
#[test]
fn copies_are_known_only_of_a_value_that_was_seen() {
    assert_eq!(factor(&deploy_key(), 9), Some(4), "the key id is known and lies nowhere");
    assert_eq!(factor(&changed(|it| it.credentials[0].fingerprint = None), 9), None);
    let copies = |count| changed(|it| it.credentials[0].copies = count);
    assert_eq!([2, 3, 4].map(|count| factor(&copies(count), 9)), [Some(3), Some(2), Some(0)]);
    let mut committed = deploy_key();
    committed.findings.push(secret_finding("deploy.sh", 3, true));
    assert_eq!(factor(&committed, 9), Some(2), "one copy, but in history");
}

/// REQ 001-13, 003-11.
#[test]
fn one_path_and_one_environment_are_one_consumer() {
    assert_eq!(factor(&deploy_key(), 10), Some(4));
    let mut two_paths = deploy_key();
    two_paths.identity.consumers[1].path = ".github/workflows/other.yml".into();
    assert_eq!(factor(&two_paths, 10), Some(2));
    let mut two_environments = deploy_key();
    two_environments.identity.consumers[1].environment = Some("staging".into());
    assert_eq!(factor(&two_environments, 10), Some(0));
    assert_eq!(factor(&changed(|it| it.consumers.clear()), 10), None);
}

#[test]
fn a_copy_outside_the_store_leaves_reuse_unproven() {
    assert_eq!(inputs(&deploy_key(), &rules(), now()).0.non_reusable, Some(true));
    let mut committed = deploy_key();
    committed.findings.push(secret_finding("deploy.sh", 3, true));
    assert_eq!(inputs(&committed, &rules(), now()).0.non_reusable, None);
    let gates = assessed(&committed).identity.readiness.gates.clone();
    assert!(gates.iter().any(|gate| gate.id == "G-PAPER-UNPROVEN"), "{gates:?}");
}

/// REQ 000-29, 000-30, 003-26.
#[test]
fn emergencies_agents_and_offline_places_are_recognised() {
    let band = |fact| assessed(&with(fact)).identity.readiness;
    assert_eq!(band(Fact::BreakGlass { because: "tag".into() }).band, ReadinessBand::ExceptionNeeded);
    assert_eq!(band(Fact::Offline { because: "plant".into() }).band, ReadinessBand::ExceptionNeeded);
    let agent = |runtime_policy| band(Fact::Agentic { runtime_policy }).gates.clone();
    assert!(agent(false).iter().any(|gate| gate.id == "G-AGENT-NO-RUNTIME-POLICY"));
    assert!(!agent(true).iter().any(|gate| gate.id == "G-AGENT-NO-RUNTIME-POLICY"));
}

#[test]
fn exposure_is_the_worst_place_that_was_seen() {
    let exposure = |dossier: &Dossier| inputs(dossier, &rules(), now()).1.exposure;
    assert_eq!(exposure(&deploy_key()), Exposure::Store);
    let mut dossier = deploy_key();
    dossier.findings.push(secret_finding(".env", 1, false));
    assert_eq!(exposure(&dossier), Exposure::Tree);
    dossier.findings.push(secret_finding("old.sh", 1, true));
    assert_eq!(exposure(&dossier), Exposure::History);
    dossier
        .evidence
        .push(evidence(Fact::Tag { key: "visibility".into(), value: "public".into() }, Quality::Config));
    assert_eq!(exposure(&dossier), Exposure::Public);
    assert_eq!(exposure(&changed(|it| it.consumers.clear())), Exposure::Unknown);
}

#[test]
fn life_use_and_ownership_are_read_from_authorities() {
    let read = |change: fn(&mut Identity)| inputs(&changed(change), &rules(), now()).1;
    assert_eq!(read(|_| ()).life, Life::Never);
    assert_eq!(read(|it| it.credentials[0].expires_at = Some(days_ago(-400))).life, Life::Over90Days);
    assert_eq!(read(|it| it.credentials[0].expires_at = Some(days_ago(-30))).life, Life::Within90Days);
    assert_eq!(read(|it| it.credentials[0].state = CredentialState::Inactive).life, Life::Within24Hours);
    assert_eq!(read(|it| it.credentials.clear()).life, Life::Unknown);
    assert_eq!(read(|_| ()).usage, Some(Use::Active));
    assert_eq!(read(|it| it.credentials[0].last_used_at = Some(days_ago(200))).usage, Some(Use::Dormant));
    assert_eq!(read(|it| it.credentials[0].last_used_at = None).usage, None);
    assert_eq!(read(|it| it.owner.state = OwnerState::Orphaned).owner, Some(false));
    assert_eq!(read(|it| it.owner.state = OwnerState::Unknown).owner, None);
    assert_eq!(read(|it| it.grants.clear()).privilege, Power::Unknown);
}

#[test]
fn a_role_that_jobs_assume_has_no_standing_credential() {
    let mut dossier = Dossier::default();
    dossier.identity.kind = "aws_iam_role".into();
    let consumer = tenure_model::Consumer { secret_name: None, ..job("deploy", "") };
    dossier.identity.consumers = vec![consumer];
    dossier
        .evidence
        .push(evidence(Fact::Federation { state: Federation::Used, how: "OIDC".into() }, Quality::Config));
    let judged = assessed(&dossier);
    assert_eq!(judged.standing_hours_per_year, 0);
    assert_eq!([4, 6, 9].map(|number| factor(&dossier, number)), [Some(4); 3]);
    let risk = inputs(&dossier, &rules(), now()).1;
    assert_eq!((risk.exposure, risk.life), (Exposure::None, Life::Within24Hours));
}

#[test]
fn a_region_in_a_secret_store_is_no_secret() {
    let mut dossier = with(Fact::Tag { key: "tenure:value".into(), value: "configuration".into() });
    dossier.identity.owner.state = OwnerState::Unknown;
    let judged = assessed(&dossier);
    assert_eq!(judged.standing_hours_per_year, 0);
    assert!(judged.findings.is_empty() && judged.identity.risk.score < 25);
}

/// REQ 000-08, 001-24, 002-06.
#[test]
fn standing_hours_count_usable_credentials_and_their_ends() {
    let hours = |change: fn(&mut Identity)| {
        let judged = assessed(&changed(change));
        (judged.standing_hours_per_year, judged.avoidable_hours_per_year)
    };
    // 4 assumed runs a day of a quarter of an hour each are 365 hours.
    assert_eq!(hours(|_| ()), (8760, 8760 - 365));
    assert_eq!(hours(|it| it.credentials.push(key())), (17_520, 17_520 - 365));
    assert_eq!(hours(|it| it.credentials[0].state = CredentialState::Inactive), (0, 0));
    assert_eq!(hours(|it| it.credentials[0].expires_at = Some(days_ago(-10))).0, 240);
    assert_eq!(hours(|it| it.grants = vec![grant(&["*"], "*")]).0, 8760);
    let nightly = |it: &mut Identity| it.consumers.iter_mut().for_each(|one| one.runs_per_day = Some(1.0));
    let mut scheduled = deploy_key();
    nightly(&mut scheduled.identity);
    let judged = assessed(&scheduled);
    assert_eq!(judged.avoidable_hours_per_year, 8760 - 92, "365 runs of a quarter of an hour, rounded up");
    assert_eq!(judged.hours_assumption, None);
    assert!(assessed(&deploy_key()).hours_assumption.unwrap().contains("Assumed 4 runs a day for 1 job"));
}

#[test]
fn nothing_is_claimed_to_be_avoidable_where_the_way_is_not_open() {
    let unknown_kind = changed(|it| it.credentials[0].kind = "no_such_kind".into());
    assert_eq!(assessed(&unknown_kind).avoidable_hours_per_year, 0);
    let service = changed(|it| it.archetype = Archetype::Service);
    assert_eq!(assessed(&service).avoidable_hours_per_year, 0, "an always-on service needs it at all hours");
}

/// REQ 001-05.
#[test]
fn age_and_disuse_are_found_with_their_days() {
    let found = rules_found(&deploy_key());
    assert!(
        found.contains(&("lifecycle-key-not-rotated".into(), Severity::High)),
        "400 of 90 days: {found:?}"
    );
    let aged = |days: i64| {
        finding(
            &changed(|it| it.credentials[0].created_at = Some(days_ago(days))),
            "lifecycle-key-not-rotated",
        )
    };
    assert_eq!(aged(100).unwrap().severity, Severity::Medium);
    assert!(aged(90).is_none());
    assert!(aged(100).unwrap().reasons[0].contains("100 days old"));
    let unused = changed(|it| it.credentials[0].last_used_at = Some(days_ago(91)));
    assert!(finding(&unused, "lifecycle-unused-90-days").is_some());
    let never = |age: i64| {
        changed(|it| {
            it.credentials[0].last_used_at = None;
            it.credentials[0].never_used = true;
            it.credentials[0].created_at = Some(days_ago(age));
        })
    };
    assert!(finding(&never(31), "lifecycle-never-used").is_some());
    assert!(finding(&never(30), "lifecycle-never-used").is_none(), "a young key may still be used");
    let inactive = changed(|it| it.credentials[0].state = CredentialState::Inactive);
    assert!(
        rules_found(&inactive).iter().all(|(rule, _)| !rule.starts_with("lifecycle")),
        "it opens nothing"
    );
}

#[test]
fn two_active_keys_are_one_finding() {
    let mut second = key();
    second.fingerprint = Some(tenure_model::Fingerprint("cd34".into()));
    let dossier = changed(|it| it.credentials.push(second));
    let two: Vec<_> = assessed(&dossier)
        .findings
        .into_iter()
        .filter(|one| one.rule_id == "lifecycle-two-active-keys")
        .collect();
    assert_eq!(two.len(), 1);
    let unknown = changed(|it| it.credentials.push(Credential { state: CredentialState::Unknown, ..key() }));
    assert!(finding(&unknown, "lifecycle-two-active-keys").is_none(), "unknown is not active");
}

/// REQ 001-02, 001-06.
#[test]
fn power_and_missing_owners_are_found() {
    let mut admin = changed(|it| it.grants = vec![grant(&["*"], "*")]);
    assert_eq!(finding(&admin, "privilege-admin").unwrap().severity, Severity::High);
    admin.findings.push(secret_finding("deploy.sh", 3, true));
    assert_eq!(finding(&admin, "privilege-admin").unwrap().severity, Severity::Critical);
    assert!(
        finding(&changed(|it| it.grants = vec![grant(&["iam:*"], "*")]), "privilege-escalates").is_some()
    );
    assert!(finding(&changed(|it| it.grants = vec![grant(&["s3:*"], "*")]), "privilege-wide").is_some());
    assert!(finding(&deploy_key(), "ownership-unknown").is_none());
    assert_eq!(
        finding(&changed(|it| it.owner.state = OwnerState::Unknown), "ownership-unknown").unwrap().severity,
        Severity::Low
    );
    assert_eq!(
        finding(&changed(|it| it.owner.state = OwnerState::Orphaned), "ownership-orphaned").unwrap().severity,
        Severity::Medium
    );
}

#[test]
fn a_finding_stands_where_its_evidence_stands_and_keeps_its_id() {
    let dossier = deploy_key();
    let found = finding(&dossier, "lifecycle-key-not-rotated").unwrap();
    assert_eq!((found.place.path.as_str(), found.place.start_line), (".github/workflows/deploy.yml", 7));
    assert_eq!(found.masked.as_deref(), Some("AKIA****"));
    assert!(found.controls.iter().any(|control| control == "OWASP-NHI7:2025"));
    let mut other_inventory = dossier;
    other_inventory.identity.id = "another id of another inventory".into();
    assert_eq!(finding(&other_inventory, "lifecycle-key-not-rotated").unwrap().id, found.id);
}

#[test]
fn the_same_dossier_gives_the_same_judgement() {
    let text = |dossier: &Dossier| {
        let judged = assessed(dossier);
        serde_json::to_string(&(judged.identity, judged.findings)).unwrap()
    };
    assert_eq!(text(&deploy_key()), text(&deploy_key()));
}

#[test]
fn a_role_without_credentials_is_judged_by_its_accounts_last_use() {
    let mut dossier = Dossier::default();
    dossier.identity.kind = "aws_iam_role".into();
    let role = Subject::new(SubjectKind::AwsPrincipal, "arn:aws:iam::123456789012:role/x");
    dossier.evidence.push(about(role, Fact::LastUsed { at: Some(days_ago(200)) }, Quality::Authoritative));
    assert!(finding(&dossier, "lifecycle-unused-90-days").is_some());
    dossier.evidence[0].fact = Fact::LastUsed { at: None };
    assert_eq!(finding(&dossier, "lifecycle-never-used").unwrap().severity, Severity::Low);
}

#[test]
fn what_has_ended_and_still_lies_there_is_told_only_where_an_authority_lists_it() {
    let ended = Credential { expires_at: Some(days_ago(30)), state: CredentialState::Active, ..key() };
    let held = |quality| {
        let mut dossier = changed(|identity| identity.credentials = vec![ended.clone()]);
        dossier.evidence.retain(|evidence| !matches!(evidence.fact, Fact::Credential { .. }));
        dossier.evidence.push(evidence(Fact::Credential { credential: ended.clone() }, quality));
        finding(&dossier, "lifecycle-expired-still-present").is_some()
    };
    assert!(held(Quality::Authoritative));
    assert!(!held(Quality::Heuristic), "a value in a file is the secret's finding, not this one's");
    let disabled = Credential { state: CredentialState::Inactive, ..ended.clone() };
    let mut dossier = changed(|identity| identity.credentials = vec![disabled.clone()]);
    dossier.evidence.push(evidence(Fact::Credential { credential: disabled }, Quality::Authoritative));
    assert_eq!(finding(&dossier, "lifecycle-expired-still-present"), None);
}

#[test]
fn a_secret_beside_federated_access_is_an_unfinished_migration() {
    let used = || Fact::Federation { state: Federation::Used, how: "tokens of the pool are accepted".into() };
    let with_key = finding(&with(used()), "lifecycle-secret-beside-federation");
    assert!(with_key.is_some_and(|finding| finding.reasons[0].contains("tokens of the pool")));
    let available = Fact::Federation { state: Federation::Available, how: "OIDC".into() };
    assert_eq!(finding(&with(available), "lifecycle-secret-beside-federation"), None, "nothing is used yet");
    let mut without = changed(|identity| identity.credentials.clear());
    without.evidence.push(evidence(used(), Quality::Authoritative));
    assert_eq!(finding(&without, "lifecycle-secret-beside-federation"), None, "there is no secret");
}

#[test]
fn a_credential_that_was_made_for_years_is_told() {
    let made_for = |days: i64| {
        let end = Timestamp::from_second(days_ago(10).as_second() + days * 86_400).unwrap();
        changed(|identity| {
            let key = Credential { created_at: Some(days_ago(10)), expires_at: Some(end), ..key() };
            identity.credentials = vec![key];
        })
    };
    assert!(finding(&made_for(730), "lifecycle-made-for-too-long").is_some());
    assert_eq!(finding(&made_for(90), "lifecycle-made-for-too-long"), None);
}
