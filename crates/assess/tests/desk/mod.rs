//! Small dossiers for tests, built in words.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test binary uses its own part of the desk

use std::collections::BTreeMap;

use tenure_assess::{Assessed, Rules, SourceText, assess, plan};
use tenure_model::{
    Category, Confidence, Consumer, Credential, CredentialState, Dossier, Evidence, EvidenceSource, Fact,
    Fate, Finding, Fingerprint, Grant, Identity, Migration, Owner, OwnerClaim, OwnerState, Place, Plan,
    Quality, Severity, Subject, SubjectKind, Timestamp,
};

pub const ROOT: &str = "/somewhere";
pub const WORKFLOW: &str = ".github/workflows/deploy.yml";

/// A catalogue of three kinds, so that no test depends on the shipped one.
const CREDENTIALS: &str = r#"
[aws_access_key]
name = "AWS access key"
provider = "aws"
identity_kind = "aws_iam_user"
standing = "long"
default_max_age_days = 90
max_ttl_seconds = 0
expiry = "none"
source = "https://example.test/aws"
[aws_access_key.short_lived]
how = "a session of AWS STS"
equivalent = "native"
expiry = "enforced"
revocation = "indirect"
non_reusable = true
max_ttl_seconds = 43200
logged = ["issue", "use"]

[database_password]
name = "database password"
identity_kind = "database_login"
standing = "long"
default_max_age_days = 90
expiry = "optional"
source = "https://example.test/db"
[database_password.short_lived]
how = "a login that a broker makes"
equivalent = "broker"
expiry = "enforced"
revocation = "direct"
non_reusable = true
max_ttl_seconds = 3600
logged = ["issue", "use", "revoke"]

[vendor_key]
name = "vendor key"
standing = "long"
expiry = "none"
source = "https://example.test/vendor"
[vendor_key.short_lived]
equivalent = "none"
expiry = "none"
revocation = "none"
non_reusable = false
"#;

pub fn rules() -> Rules {
    Rules::parse(include_str!("../../../../rules/readiness.toml"), CREDENTIALS).unwrap()
}

pub fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// So many days before `now`.
pub fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - days * 86_400).unwrap()
}

pub fn evidence(fact: Fact, quality: Quality) -> Evidence {
    about(Subject::new(SubjectKind::Account, "x"), fact, quality)
}

pub fn about(subject: Subject, fact: Fact, quality: Quality) -> Evidence {
    let source = EvidenceSource {
        root: ROOT.into(),
        path: WORKFLOW.into(),
        line: Some(7),
        commit: None,
        reader: "test".into(),
    };
    Evidence { subject, fact, source, quality }
}

pub fn key() -> Credential {
    Credential {
        kind: "aws_access_key".into(),
        fingerprint: Some(Fingerprint("ab12".into())),
        masked: Some("AKIA****".into()),
        created_at: Some(days_ago(400)),
        last_used_at: Some(days_ago(1)),
        state: CredentialState::Active,
        ..Credential::default()
    }
}

pub fn job(name: &str, secret: &str) -> Consumer {
    Consumer {
        kind: "ci_job".into(),
        root: ROOT.into(),
        path: WORKFLOW.into(),
        line: 12,
        job: Some(name.into()),
        secret_name: Some(secret.into()),
        triggers: vec!["push".into()],
        timeout_minutes: Some(10),
        ..Consumer::default()
    }
}

pub fn grant(actions: &[&str], target: &str) -> Grant {
    Grant {
        target: target.into(),
        actions: actions.iter().map(|action| (*action).into()).collect(),
        scope: "inline policy deploy".into(),
    }
}

pub fn declared() -> Owner {
    let claim = OwnerClaim {
        source: "codeowners".into(),
        path: "CODEOWNERS".into(),
        line: Some(3),
        value: "@acme/payments".into(),
        confidence: 0.8,
        inactive: false,
    };
    Owner {
        state: OwnerState::Declared,
        name: Some("@acme/payments".into()),
        confidence: 0.8,
        basis: vec![claim],
    }
}

/// A deploy job of GitHub Actions with a static key of an AWS user, about which much is known.
pub fn deploy_key() -> Dossier {
    let identity = Identity {
        id: "nhi-0001".into(),
        kind: "aws_iam_user".into(),
        name: "deploy".into(),
        native_id: Some("arn:aws:iam::123456789012:user/ci/deploy".into()),
        provider: "aws".into(),
        owner: declared(),
        credentials: vec![key()],
        grants: vec![grant(&["s3:PutObject"], "arn:aws:s3:::site/*")],
        consumers: vec![job("deploy", "AWS_ACCESS_KEY_ID"), job("deploy", "AWS_SECRET_ACCESS_KEY")],
        ..Identity::default()
    };
    let store = Subject::new(SubjectKind::CiSecret, "github:acme/payments:repo:AWS_ACCESS_KEY_ID");
    let evidence = vec![
        about(store, Fact::Credential { credential: key() }, Quality::Authoritative),
        evidence(Fact::Grant { grant: identity.grants[0].clone() }, Quality::Authoritative),
    ];
    Dossier { identity, evidence, ..Dossier::default() }
}

pub fn secret_finding(path: &str, line: u32, in_history: bool) -> Finding {
    Finding {
        id: format!("f_{path}_{line}"),
        rule_id: "aws-access-key".into(),
        title: "AWS access key".into(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::High,
        place: Place {
            root: ROOT.into(),
            path: path.into(),
            start_line: line,
            end_line: line,
            start_column: 1,
            end_column: 20,
        },
        commit: None,
        author: None,
        committed_at: None,
        in_tree: true,
        in_history,
        fate: Fate::WorkTree,
        also_at: Vec::new(),
        masked: None,
        fingerprint: None,
        identity_id: None,
        suppressed: None,
        controls: Vec::new(),
        reasons: Vec::new(),
    }
}

/// Files below `ROOT`.
#[derive(Default)]
pub struct Shelf(pub BTreeMap<String, String>);

impl Shelf {
    pub fn with(path: &str, text: &str) -> Shelf {
        Shelf(BTreeMap::from([(path.to_owned(), text.to_owned())]))
    }
}

impl SourceText for Shelf {
    fn read(&self, root: &str, path: &str) -> Option<String> {
        (root == ROOT).then(|| self.0.get(path).cloned()).flatten()
    }
}

pub fn assessed(dossier: &Dossier) -> Assessed {
    assess(dossier, &rules(), now())
}

pub fn planned(dossiers: Vec<Dossier>, shelf: &Shelf) -> Plan {
    let pairs: Vec<(Dossier, Assessed)> =
        dossiers.into_iter().map(|dossier| (dossier.clone(), assessed(&dossier))).collect();
    plan(&pairs, &rules(), shelf, now(), true)
}

/// The migration that is proposed for one dossier.
pub fn migration(dossier: Dossier, shelf: &Shelf) -> Migration {
    planned(vec![dossier], shelf).entries.remove(0).migration.expect("a recipe fits")
}

/// The artifact whose path ends so.
pub fn artifact<'m>(migration: &'m Migration, name: &str) -> &'m str {
    let found = migration.artifacts.iter().find(|artifact| artifact.path.ends_with(&format!("/{name}")));
    &found.unwrap_or_else(|| panic!("there is no {name}")).content
}
