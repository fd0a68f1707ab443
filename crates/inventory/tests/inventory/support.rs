//! What the tests scan: small pretend roots, and observations as the scanner would send them.

use tenure_inventory::{Inventory, Reach, ScanEnd, ScanStart};
use tenure_model::{
    Authorship, Category, Confidence, Consumer, Counts, Credential, CredentialState, Evidence,
    EvidenceSource, Fact, Fate, Finding, Fingerprint, Observation, OwnerRule, Place, Quality, Severity,
    Subject, SubjectKind, Timestamp, finding_id,
};

/// A root that most tests scan.
pub(crate) const ROOT: &str = "/srv/app";
/// The user whose key the tests find.
pub(crate) const DEPLOY: &str = "arn:aws:iam::000000000000:user/deploy";

/// Day `day` of the tests' calendar.
pub(crate) fn day(day: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap()
}

/// The beginning of a scan of `roots` on a day.
pub(crate) fn start(id: &str, on: i64, roots: &[&str]) -> ScanStart {
    ScanStart {
        id: id.to_owned(),
        started_at: day(on),
        roots: roots.iter().map(|&root| root.to_owned()).collect(),
        ruleset: "rules-1".to_owned(),
        key_id: "0a0b0c0d".to_owned(),
        reach: Reach::Everything,
    }
}

/// The end of a scan that read everything.
pub(crate) fn end(on: i64) -> ScanEnd {
    ScanEnd {
        finished_at: day(on),
        counts: Counts { files: 3, ..Counts::default() },
        complete: true,
        cancelled: false,
        roots_read: Vec::new(),
    }
}

/// Scans, ends and resolves.
pub(crate) async fn scan(inventory: &Inventory, start: &ScanStart, end: &ScanEnd, seen: Vec<Observation>) {
    let writer = inventory.begin_scan(start).await.unwrap();
    for observation in seen {
        writer.sender().send_async(observation).await.unwrap();
    }
    inventory.finish_scan(writer, end).await.unwrap();
    inventory.resolve(&start.id).await.unwrap();
}

/// Scans `ROOT` to its end.
pub(crate) async fn scan_app(inventory: &Inventory, id: &str, on: i64, seen: Vec<Observation>) {
    scan(inventory, &start(id, on, &[ROOT]), &end(on), seen).await;
}

pub(crate) fn value(fingerprint: &str) -> Subject {
    Subject::new(SubjectKind::Credential, fingerprint)
}

pub(crate) fn deploy_user() -> Subject {
    Subject::new(SubjectKind::AwsPrincipal, DEPLOY)
}

pub(crate) fn source(root: &str, path: &str, line: u32) -> EvidenceSource {
    EvidenceSource {
        root: root.to_owned(),
        path: path.to_owned(),
        line: Some(line),
        commit: None,
        reader: "test".to_owned(),
    }
}

pub(crate) fn evidence(
    subject: Subject,
    fact: Fact,
    source: EvidenceSource,
    quality: Quality,
) -> Observation {
    Observation::Evidence(Evidence { subject, fact, source, quality })
}

/// A finding of an access key at a place of `ROOT`.
pub(crate) fn finding(fingerprint: &str, path: &str) -> Finding {
    Finding {
        id: finding_id("aws-access-key", fingerprint, path),
        rule_id: "aws-access-key".to_owned(),
        title: "AWS access key id".to_owned(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::High,
        place: Place {
            root: ROOT.to_owned(),
            path: path.to_owned(),
            start_line: 1,
            end_line: 1,
            start_column: 1,
            end_column: 20,
        },
        commit: None,
        author: None,
        committed_at: None,
        in_tree: true,
        in_history: false,
        fate: Fate::WorkTree,
        also_at: Vec::new(),
        masked: Some("AKIA****".to_owned()),
        fingerprint: Some(Fingerprint(fingerprint.to_owned())),
        identity_id: None,
        suppressed: None,
        controls: Vec::new(),
        reasons: Vec::new(),
    }
}

/// All that the scanner sends about one key that it found in a file of `ROOT`.
pub(crate) fn found_key(fingerprint: &str, path: &str) -> Vec<Observation> {
    let identity = Fact::Identity {
        kind: "aws_access_key".to_owned(),
        name: "AKIA****".to_owned(),
        native_id: None,
        provider: "aws".to_owned(),
    };
    let credential = Fact::Credential {
        credential: Credential {
            kind: "aws_access_key".to_owned(),
            fingerprint: Some(Fingerprint(fingerprint.to_owned())),
            masked: Some("AKIA****".to_owned()),
            ..Credential::default()
        },
    };
    vec![
        Observation::Finding(finding(fingerprint, path), value(fingerprint)),
        evidence(value(fingerprint), identity, source(ROOT, path, 1), Quality::Heuristic),
        evidence(value(fingerprint), credential, source(ROOT, path, 1), Quality::Heuristic),
    ]
}

/// What an export in another root says of the user who holds that key.
pub(crate) fn exported_user(root: &str, fingerprint: &str) -> Vec<Observation> {
    let identity = Fact::Identity {
        kind: "aws_iam_user".to_owned(),
        name: "deploy".to_owned(),
        native_id: Some(DEPLOY.to_owned()),
        provider: "aws".to_owned(),
    };
    let credential = Fact::Credential {
        credential: Credential {
            kind: "aws_access_key".to_owned(),
            fingerprint: Some(Fingerprint(fingerprint.to_owned())),
            created_at: Some(day(-400)),
            state: CredentialState::Active,
            ..Credential::default()
        },
    };
    let at = || source(root, "export.json", 1);
    vec![
        evidence(deploy_user(), identity, at(), Quality::Authoritative),
        evidence(deploy_user(), credential, at(), Quality::Authoritative),
    ]
}

/// A job of `ROOT` that uses a subject.
pub(crate) fn used_by_job(subject: Subject, path: &str) -> Observation {
    let consumer = Consumer {
        kind: "ci_job".to_owned(),
        root: ROOT.to_owned(),
        path: path.to_owned(),
        line: 7,
        job: Some("deploy".to_owned()),
        ..Consumer::default()
    };
    evidence(subject, Fact::Consumer { consumer }, source(ROOT, path, 7), Quality::Config)
}

/// A line of `ROOT`'s CODEOWNERS.
pub(crate) fn owner_rule(line: u32, pattern: &str, owners: &[&str]) -> Observation {
    Observation::OwnerRule(OwnerRule {
        root: ROOT.to_owned(),
        base: String::new(),
        path: "CODEOWNERS".to_owned(),
        line,
        pattern: pattern.to_owned(),
        owners: owners.iter().map(|&owner| owner.to_owned()).collect(),
    })
}

/// A file of `ROOT` that one author made.
pub(crate) fn written_by(author: &str, path: &str, last_seen_at: Timestamp) -> Observation {
    Observation::Authorship(Authorship {
        root: ROOT.to_owned(),
        path: path.to_owned(),
        author: author.to_owned(),
        share: 1.0,
        last_seen_at,
        newest_commit_at: day(0),
    })
}
