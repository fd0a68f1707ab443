//! The plan: its order, its reasons, and what the two recipes propose.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

mod desk;

use desk::{
    Shelf, WORKFLOW, artifact, declared, deploy_key, evidence, grant, job, migration, planned, rules,
};
use serde_json::{Value, json};
use tenure_assess::recipes;
use tenure_model::{
    Consumer, Credential, Dossier, Fact, Identity, OwnerState, Quadrant, Quality, ReadinessBand, Subject,
    SubjectKind,
};

fn named(id: &str, change: impl FnOnce(&mut Identity)) -> Dossier {
    let mut dossier = deploy_key();
    dossier.identity.id = id.into();
    change(&mut dossier.identity);
    dossier
}

/// A nightly job with a database password in a file.
fn database_password() -> Dossier {
    let subject = Subject::new(SubjectKind::DatabaseLogin, "postgresql://legacy_app@db.internal:5432/orders");
    let credential = Credential { kind: "database_password".into(), ..Credential::default() };
    let mut consumer = job("load", "DATABASE_URL");
    consumer.timeout_minutes = Some(20);
    consumer.environment = Some("production".into());
    let identity = Identity {
        id: "nhi-0002".into(),
        kind: "database_login".into(),
        name: "legacy_app".into(),
        provider: "postgresql".into(),
        owner: declared(),
        credentials: vec![credential.clone()],
        grants: vec![grant(&["SELECT"], "sales.orders")],
        consumers: vec![consumer],
        ..Identity::default()
    };
    let store = Subject::new(SubjectKind::CiSecret, "github:acme/etl:repo:DATABASE_URL");
    let evidence = vec![
        desk::about(subject, Fact::Credential { credential: credential.clone() }, Quality::Config),
        desk::about(store, Fact::Credential { credential }, Quality::Config),
    ];
    Dossier { identity, evidence, ..Dossier::default() }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// REQ 000-03, 000-09.
#[test]
fn identities_stand_in_the_order_to_act_in() {
    let admin = |it: &mut Identity| it.grants = vec![grant(&["*"], "*")];
    let plan = planned(
        vec![
            named("d-batch", |it| it.credentials[0].expires_at = Some(desk::days_ago(-1))),
            named("b-migrate", admin),
            named("c-contain", |it| {
                admin(it);
                it.credentials[0].kind = "no_such_kind".into();
                it.owner.state = OwnerState::Orphaned;
            }),
            named("a-migrate", admin),
        ],
        &Shelf::default(),
    );
    let order: Vec<(&str, Quadrant)> =
        plan.entries.iter().map(|entry| (entry.identity_id.as_str(), entry.quadrant)).collect();
    assert_eq!(
        order,
        [
            ("a-migrate", Quadrant::MigrateFirst),
            ("b-migrate", Quadrant::MigrateFirst),
            ("c-contain", Quadrant::ContainNow),
            ("d-batch", Quadrant::Batch),
        ]
    );
    assert_eq!(
        plan.standing_hours_per_year,
        plan.entries.iter().map(|entry| entry.standing_hours_per_year).sum::<u64>()
    );
    assert_eq!(plan.model_version, rules().model_version());
    assert!(plan.complete);
}

/// REQ 000-04.
#[test]
fn every_entry_says_why_in_words() {
    let plan = planned(vec![deploy_key()], &Shelf::default());
    let why = plan.entries[0].why.join("\n");
    for words in [
        "Risk",
        "It never expires.",
        "would not be enough yet, because",
        "Usable 8760 hours a year",
        "Assumed 4 runs",
    ] {
        assert!(why.contains(words), "{words} is missing in\n{why}");
    }
}

#[test]
fn configuration_values_are_not_planned_for() {
    let mut region = deploy_key();
    region.evidence.push(evidence(
        Fact::Tag { key: "tenure:value".into(), value: "configuration".into() },
        Quality::Config,
    ));
    assert!(planned(vec![region], &Shelf::default()).entries.is_empty());
}

#[test]
fn an_identity_that_no_recipe_knows_is_planned_without_a_migration() {
    let plan =
        planned(vec![named("x", |it| it.credentials[0].kind = "vendor_key".into())], &Shelf::default());
    assert!(plan.entries[0].migration.is_none());
    assert_eq!(plan.entries[0].readiness_band, ReadinessBand::RedesignFirst);
}

#[test]
fn recipes_are_listed_with_names_of_their_own() {
    let names: Vec<&str> = recipes().iter().map(|recipe| recipe.name()).collect();
    assert_eq!(names, ["github_actions_aws_oidc", "database_password_dynamic"]);
    assert!(recipes().iter().all(|recipe| !recipe.describe().is_empty()));
}

/// REQ 000-13, 001-08, 002-09, 002-11, 002-12.
#[test]
fn every_migration_has_a_start_a_limit_an_end_and_never_deletes_first() {
    for dossier in [deploy_key(), database_password()] {
        let migration = migration(dossier, &Shelf::default());
        assert!(
            !migration.trigger.is_empty()
                && !migration.time_limit.is_empty()
                && !migration.teardown.is_empty()
        );
        assert!(migration.conditions.iter().any(|condition| condition.contains("audience")));
        let at = |word: &str| migration.removal.iter().position(|step| step.starts_with(word)).unwrap();
        let last = migration
            .removal
            .iter()
            .position(|step| step.contains("elete it:") || step.starts_with("Drop"))
            .unwrap();
        assert!(at("Disable") < at("Prove") && at("Prove") < at("Wait") && at("Wait") < last);
        assert!(
            migration.prerequisites.iter().any(|step| step.contains("G-VENDOR-UNKNOWN")),
            "gates come first"
        );
        assert!(
            migration
                .artifacts
                .iter()
                .all(|artifact| !artifact.path.starts_with('/') && !artifact.path.contains(".."))
        );
    }
}

const TRIGGERED: &str = "\
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          aws-region: eu-west-1
";

/// REQ 000-16, 001-10, 002-18, 002-19, 003-10.
#[test]
fn the_role_trusts_exact_subjects_of_exactly_these_jobs() {
    let migration = migration(deploy_key(), &Shelf::with(WORKFLOW, TRIGGERED));
    let trust = parsed(artifact(&migration, "trust-policy.json"));
    assert_eq!(
        trust["Statement"][0]["Condition"],
        json!({"StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                "repo:acme/payments:ref:refs/heads/main",
                "repo:acme@<OWNER_ID>/payments@<REPOSITORY_ID>:ref:refs/heads/main",
            ],
        }})
    );
    assert_eq!(
        trust["Statement"][0]["Principal"]["Federated"],
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    );
    assert_eq!(migration.intent.who.subject, "repo:acme/payments:ref:refs/heads/main");
    assert_eq!(
        migration.intent.target.role_arn.as_deref(),
        Some("arn:aws:iam::123456789012:role/github-payments-deploy")
    );
    assert_eq!(migration.intent.ttl_seconds, 900);
    assert!(!artifact(&migration, "trust-policy.json").contains('*'), "no wildcard");
}

#[test]
fn an_environment_takes_the_place_of_the_branch() {
    let text = TRIGGERED.replace("    steps:", "    environment: production\n    steps:");
    let proposed = migration(deploy_key(), &Shelf::with(WORKFLOW, &text));
    assert_eq!(proposed.intent.who.subject, "repo:acme/payments:environment:production");
    let computed = TRIGGERED.replace("    steps:", "    environment: ${{ inputs.stage }}\n    steps:");
    let proposed = migration(deploy_key(), &Shelf::with(WORKFLOW, &computed));
    assert!(proposed.prerequisites.iter().any(|step| step.contains("environment's name is computed")));
}

#[test]
fn what_cannot_be_bound_by_one_value_is_asked_and_not_guessed() {
    let text = TRIGGERED
        .replace("    branches: [main]", "    branches: ['release/**']\n    tags: ['v*']\n  pull_request:");
    let proposed = migration(deploy_key(), &Shelf::with(WORKFLOW, &text));
    for words in ["branch pattern", "a tag cannot be bound", "pull requests start it too", "<BRANCH>"] {
        assert!(
            proposed.prerequisites.iter().any(|step| step.contains(words)),
            "{words}: {:#?}",
            proposed.prerequisites
        );
    }
    assert_eq!(proposed.intent.who.subject, "", "the operator names it");
    assert!(!artifact(&proposed, "trust-policy.json").contains('*'));
}

#[test]
fn an_unknown_account_or_repository_becomes_a_placeholder_and_a_prerequisite() {
    let mut dossier = named("x", |it| it.native_id = None);
    dossier.evidence.clear();
    let proposed = migration(dossier, &Shelf::with(WORKFLOW, TRIGGERED));
    assert!(artifact(&proposed, "workflow.patch").contains("arn:aws:iam::<ACCOUNT_ID>:role/"));
    assert!(artifact(&proposed, "trust-policy.json").contains("repo:<OWNER>/<REPOSITORY>:"));
    for words in ["<ACCOUNT_ID>", "<OWNER>/<REPOSITORY>"] {
        assert!(proposed.prerequisites.iter().any(|step| step.contains(words)), "{words}");
    }
    assert_eq!(proposed.intent.target.role_arn, None);
}

#[test]
fn narrow_permissions_are_carried_over_and_wide_ones_are_not() {
    let narrow = migration(deploy_key(), &Shelf::default());
    let policy = parsed(artifact(&narrow, "permission-policy.json"));
    assert_eq!(
        policy["Statement"][0],
        json!({"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::site/*"})
    );
    for grants in [vec![grant(&["*"], "*")], vec![], vec![grant(&[], "*")]] {
        let wide = migration(named("x", |it| it.grants = grants), &Shelf::default());
        assert!(artifact(&wide, "permission-policy.json").contains("<ACTION>"));
        assert!(wide.prerequisites.iter().any(|step| step.contains("permission-policy.json")));
    }
}

/// REQ 000-21, 002-13.
#[test]
fn a_longer_job_gets_a_longer_session_within_bounds() {
    let seconds = |minutes| {
        let dossier = named("x", |it| it.consumers.iter_mut().for_each(|one| one.timeout_minutes = minutes));
        migration(dossier, &Shelf::default()).intent.ttl_seconds
    };
    assert_eq!(seconds(None), 900);
    assert_eq!(seconds(Some(1)), 900, "AWS gives no shorter one");
    assert_eq!(seconds(Some(20)), 1800);
    assert_eq!(seconds(Some(360)), 3600);
}

/// REQ 002-14, 003-15.
#[test]
fn a_database_login_is_made_narrow_and_ended_session_by_session() {
    let proposed = migration(database_password(), &Shelf::default());
    let role = parsed(artifact(&proposed, "database-role.json"));
    let statements = |name: &str| -> Vec<String> {
        role[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    assert!(
        statements("creation_statements")
            .contains(&"GRANT SELECT ON \"sales\".\"orders\" TO \"{{name}}\";".to_owned())
    );
    let revocation = statements("revocation_statements");
    let at = |word: &str| revocation.iter().position(|text| text.contains(word)).unwrap();
    assert!(at("NOLOGIN") < at("pg_terminate_backend") && at("pg_terminate_backend") < at("REVOKE"));
    assert!(at("REVOKE") < at("DROP ROLE") && revocation[at("pg_terminate_backend")].contains("usesysid"));
    assert_eq!(role["default_ttl"], "1800s", "1.5 times the written 20 minutes");
    assert_eq!(role["max_ttl"], role["default_ttl"]);
}

/// REQ 000-19, 000-22, 002-23.
#[test]
fn the_brokers_login_is_bound_and_cannot_renew_itself() {
    let proposed = migration(database_password(), &Shelf::default());
    let role = parsed(artifact(&proposed, "jwt-role.json"));
    assert_eq!(role["bound_subject"], "repo:acme/etl:environment:production");
    assert_eq!(role["bound_claims"], json!({"repository": "acme/etl", "environment": "production"}));
    assert_eq!(role["token_no_default_policy"], true);
    assert_eq!(role["token_ttl"], role["token_explicit_max_ttl"]);
    assert!(role["token_num_uses"].as_u64().unwrap() >= 2);
    let policy = artifact(&proposed, "policy.hcl");
    assert!(policy.contains("path \"database/creds/orders-legacy-app-load\"") && !policy.contains('*'));
    let notes = artifact(&proposed, "notes.md");
    assert!(notes.contains("if: always()") && notes.contains("revoke-self"));
    assert!(artifact(&proposed, "removal.md").contains("ALTER ROLE \"legacy_app\" NOLOGIN;"));
}

#[test]
fn the_intent_names_what_is_known_and_leaves_the_rest_to_the_operator() {
    let intent = migration(database_password(), &Shelf::default()).intent;
    assert_eq!(intent.what.privilege, "SELECT ON sales.orders");
    assert_eq!((intent.target.host.as_deref(), intent.target.port), (Some("db.internal"), Some(5432)));
    assert_eq!(intent.target.old_login.as_deref(), Some("legacy_app"));
    assert_eq!((intent.who.audience.as_str(), intent.auth_mount), ("", None));
    assert!(!serde_json::to_string(&intent.what).unwrap().contains('<'), "no placeholder in the intent");
}

#[test]
fn a_service_that_reads_a_file_is_told_to_fetch_its_login() {
    let mut dossier = database_password();
    let path = ".env".to_owned();
    dossier.identity.consumers =
        vec![Consumer { kind: "file".into(), root: desk::ROOT.into(), path, ..Consumer::default() }];
    dossier.identity.grants.clear();
    let proposed = migration(dossier, &Shelf::default());
    assert!(artifact(&proposed, "notes.md").contains("## In the application"));
    assert!(proposed.prerequisites.iter().any(|step| step.contains("rather than from a file")));
    assert!(artifact(&proposed, "database-role.json").contains("GRANT <PRIVILEGE> ON <OBJECT>"));
    assert!(proposed.prerequisites.iter().any(|step| step.contains("SELECT ON orders")));
}

#[test]
fn a_database_without_statements_of_its_own_gets_no_recipe() {
    let mut dossier = database_password();
    dossier.evidence[0].subject.key = "mongodb://app@db/orders".into();
    assert!(planned(vec![dossier], &Shelf::default()).entries[0].migration.is_none());
}

#[test]
fn hostile_names_break_out_of_nothing() {
    let evil = "x\"; DROP ROLE admin; --\n## \u{1b}[2J ../../etc";
    let mut dossier = database_password();
    dossier.identity.name = evil.into();
    dossier.identity.id = evil.into();
    dossier.identity.owner.state = OwnerState::Unknown;
    dossier.evidence[0].subject.key = format!("postgresql://{evil}@{evil}/{evil}");
    dossier.identity.grants = vec![grant(&["SELECT"], evil)];
    dossier.identity.consumers[0].job = Some(evil.into());
    let proposed = migration(dossier, &Shelf::default());
    for artifact in &proposed.artifacts {
        assert!(!artifact.content.contains("DROP ROLE admin"), "{}", artifact.path);
        assert!(!artifact.path.contains("..") && artifact.path.is_ascii() && !artifact.path.contains(' '));
    }
}

/// REQ 000-30: break-glass stays separate from routine access.
#[test]
fn an_emergency_identity_gets_no_migration() {
    let mut dossier = deploy_key();
    dossier.evidence.push(evidence(Fact::BreakGlass { because: "tag".into() }, Quality::Config));
    let entry = planned(vec![dossier], &Shelf::default()).entries.remove(0);
    assert!(entry.migration.is_none() && entry.next_action.starts_with("Seal it"));
}

#[test]
fn a_key_that_is_disabled_already_is_not_migrated() {
    let disabled = named("x", |it| it.credentials[0].state = tenure_model::CredentialState::Inactive);
    assert!(planned(vec![disabled], &Shelf::default()).entries[0].migration.is_none());
}
