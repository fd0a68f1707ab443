//! A report of a small company, and the same report written by somebody hostile.

use std::sync::Arc;

use tenure_model::{
    Archetype, Artifact, Category, Confidence, Consumer, Counts, Credential, CredentialState,
    DIFFERENCE_SCHEMA_VERSION, EscalationPath, Factor, Fate, Federation, FieldChange, Finding, FindingChange,
    FindingDifference, Fingerprint, Gate, Grant, GrantChange, Identity, IdentityBrief, IdentityChange,
    IdentityDifference, InventoryDifference, InventoryState, NotCompared, OtherPlace, Owner, OwnerChange,
    OwnerClaim, OwnerState, PathState, Pattern, Place, Plan, PlanEntry, Privilege, PrivilegeLevel, Quadrant,
    ReadState, Readiness, ReadinessBand, Report, Risk, RiskBand, RiskParts, ScanSummary, Severity, Summary,
    Timestamp, Tool, Unread, Verdict,
};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a fixture's instant is RFC 3339")
}

pub(crate) fn finding(rule: &str, severity: Severity, path: &str, line: u32) -> Finding {
    Finding {
        id: tenure_model::finding_id(rule, "subject", path),
        rule_id: rule.to_owned(),
        title: format!("{} in a file", rule.replace('-', " ")),
        category: Category::Secret,
        severity,
        confidence: Confidence::High,
        place: Place {
            root: "shop".to_owned(),
            path: path.to_owned(),
            start_line: line,
            end_line: line,
            start_column: 9,
            end_column: 29,
        },
        commit: None,
        author: None,
        committed_at: None,
        in_tree: true,
        in_history: false,
        fate: Fate::WorkTree,
        also_at: Vec::new(),
        masked: None,
        fingerprint: None,
        identity_id: None,
        suppressed: None,
        controls: vec!["OWASP-NHI7:2025".to_owned()],
        reasons: Vec::new(),
    }
}

pub(crate) fn unread(path: &str, state: ReadState, reason: &str, detail: &str) -> Unread {
    Unread { path: path.to_owned(), state, reason: reason.to_owned(), detail: detail.to_owned() }
}

fn factors(values: [Option<f64>; 10]) -> Vec<Factor> {
    const WEIGHTS: [u32; 10] = [10, 8, 10, 14, 10, 12, 14, 8, 8, 6];
    let factor = |(index, value): (usize, Option<f64>)| Factor {
        id: format!("F{}", index + 1),
        name: format!("question {}", index + 1),
        value,
        weight: WEIGHTS[index],
        points: f64::from(WEIGHTS[index]) * value.unwrap_or(0.0),
        quality: if value.is_some() { 0.7 } else { 0.0 },
        evidence: vec![format!("seen in file{}.yml:3", index + 1)],
    };
    values.into_iter().enumerate().map(factor).collect()
}

/// An AWS user whose key lies in a workflow and in history, and which is an administrator.
fn deployer() -> Identity {
    Identity {
        id: "id_7f3a".to_owned(),
        kind: "aws_iam_user".to_owned(),
        name: "shop-deploy".to_owned(),
        native_id: Some("arn:aws:iam::123456789012:user/shop-deploy".to_owned()),
        provider: "aws".to_owned(),
        archetype: Archetype::CiJob,
        owner: Owner {
            state: OwnerState::Declared,
            name: Some("@shop/platform".to_owned()),
            confidence: 0.75,
            basis: vec![OwnerClaim {
                source: "codeowners".to_owned(),
                path: ".github/CODEOWNERS".to_owned(),
                line: Some(3),
                value: "@shop/platform".to_owned(),
                confidence: 0.75,
                inactive: false,
            }],
        },
        credentials: vec![Credential {
            kind: "aws_access_key".to_owned(),
            fingerprint: Some(Fingerprint("c0ffee".to_owned())),
            masked: Some("AKIA****".to_owned()),
            created_at: Some(at("2021-03-02T08:00:00Z")),
            never_expires: true,
            last_used_at: Some(at("2026-11-20T03:00:00Z")),
            state: CredentialState::Active,
            copies: 3,
            ..Credential::default()
        }],
        grants: vec![Grant {
            target: "*".to_owned(),
            actions: vec!["*".to_owned()],
            scope: "attached policy AdministratorAccess".to_owned(),
        }],
        privilege: Privilege {
            level: PrivilegeLevel::Admin,
            admin: Verdict::Yes,
            paths: vec![EscalationPath {
                id: "iam-001".to_owned(),
                state: PathState::Open,
                target: None,
                because: vec!["iam:CreatePolicyVersion on *".to_owned()],
            }],
            because: vec!["AdministratorAccess is attached".to_owned()],
        },
        consumers: vec![Consumer {
            kind: "ci_job".to_owned(),
            root: "shop".to_owned(),
            path: ".github/workflows/deploy.yml".to_owned(),
            line: 31,
            job: Some("deploy".to_owned()),
            environment: Some("production".to_owned()),
            secret_name: Some("AWS_SECRET_ACCESS_KEY".to_owned()),
            exposure: Some("with".to_owned()),
            triggers: vec!["push".to_owned(), "schedule".to_owned()],
            runs_per_day: Some(1.0),
            runner: Some("hosted".to_owned()),
            federation: Some(Federation::AvailableNotEnabled),
            federation_how: Some("AWS accepts the token; this job is not granted id-token: write".to_owned()),
            ..Consumer::default()
        }],
        risk: deployer_risk().into(),
        readiness: deployer_readiness().into(),
        ..Identity::default()
    }
}

fn deployer_risk() -> Risk {
    Risk {
        score: 84,
        band: RiskBand::Critical,
        parts: RiskParts { exposure: 18, life: 20, privilege: 25, spread: 6, orphan: 15 },
        because: vec!["its key is in git history".to_owned(), "its key never expires".to_owned()],
    }
}

fn deployer_readiness() -> Readiness {
    Readiness {
        score: 59,
        ceiling: 75.0,
        confidence: 0.62,
        band: ReadinessBand::AfterPrerequisites,
        model_version: "1".to_owned(),
        factors: factors([
            Some(1.0),
            Some(1.0),
            Some(0.75),
            Some(0.75),
            Some(0.0),
            Some(1.0),
            Some(0.5),
            None,
            Some(0.25),
            None,
        ]),
        gates: vec![
            gate("G-ADMIN", 59, "it is an administrator", "attach a policy that names what the job deploys"),
            gate("G-SHARED", 59, "two jobs use it", "give each job its own"),
            gate("G-PAPER-UNPROVEN", 59, "no drill has shown that it ends", "run the drill"),
            gate("G-VENDOR-UNKNOWN", 74, "nothing says who outside holds a copy", "say who holds one"),
        ],
        pattern: Pattern::PerTaskDynamic,
        next_action:
            "Narrow its privilege to what the deploy job does, then let the job log in through OIDC."
                .to_owned(),
    }
}

fn gate(id: &str, cap: u32, because: &str, action: &str) -> Gate {
    Gate { id: id.to_owned(), cap, because: because.to_owned(), action: action.to_owned() }
}

/// A password of which nobody knows anything.
fn database_login() -> Identity {
    Identity {
        id: "id_09bd".to_owned(),
        kind: "database_login".to_owned(),
        name: "orders_app".to_owned(),
        provider: "postgresql".to_owned(),
        risk: Risk { score: 56, band: RiskBand::High, ..Risk::default() }.into(),
        readiness: Readiness {
            score: 0,
            ceiling: 100.0,
            band: ReadinessBand::NotAssessed,
            factors: factors([None; 10]),
            next_action: "Say who owns it.".to_owned(),
            ..Readiness::default()
        }
        .into(),
        ..Identity::default()
    }
}

/// A role with nothing to say about it.
fn quiet_role() -> Identity {
    Identity {
        id: "id_1111".to_owned(),
        kind: "aws_iam_role".to_owned(),
        name: "reader".to_owned(),
        ..Identity::default()
    }
}

fn findings() -> Vec<Finding> {
    let mut key = finding("aws-access-key", Severity::Critical, "deploy/old.env", 4);
    key.identity_id = Some("id_7f3a".to_owned());
    key.masked = Some("AKIA****".to_owned());
    key.fingerprint = Some(Fingerprint("c0ffee".to_owned()));
    key.commit = Some("3f2a1bc09d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a".to_owned());
    key.author = Some("Example <dev@example.test>".to_owned());
    key.committed_at = Some(at("2021-03-02T08:00:00Z"));
    key.in_tree = false;
    key.in_history = true;
    key.fate = Fate::History;
    key.also_at =
        vec![OtherPlace { path: "deploy/older.env".to_owned(), start_line: 2, commit: key.commit.clone() }];
    let mut standing = finding("standing-admin", Severity::High, "iam/authorization.json", 210);
    standing.category = Category::StandingPrivilege;
    standing.title = "Machine identity is an administrator: shop-deploy".to_owned();
    standing.identity_id = Some("id_7f3a".to_owned());
    standing.controls = vec!["OWASP-NHI5:2025".to_owned()];
    let mut password = finding("postgres-url-password", Severity::High, "app/settings.py", 12);
    password.identity_id = Some("id_09bd".to_owned());
    password.masked = Some("****".to_owned());
    let alone = finding("generic-token", Severity::Medium, "docs/howto.md", 7);
    let mut accepted = finding("slack-webhook", Severity::Low, "test/data.json", 1);
    accepted.suppressed = Some("in the baseline".to_owned());
    vec![key, standing, password, alone, accepted]
}

/// A whole and ordinary report.
pub(crate) fn report() -> Report {
    let findings = findings();
    let identities = vec![deployer(), database_login(), quiet_role()];
    let mut summary =
        Summary { standing_hours_per_year: 26_280, avoidable_hours_per_year: 17_412, ..Summary::default() };
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        *summary.by_severity.entry(finding.severity.word().to_owned()).or_default() += 1;
    }
    for identity in &identities {
        *summary.by_band.entry(identity.readiness.band.word().to_owned()).or_default() += 1;
    }
    Report {
        schema_version: tenure_model::REPORT_SCHEMA_VERSION.to_owned(),
        tool: Tool {
            name: "tenure".to_owned(),
            version: "0.1.0".to_owned(),
            ruleset: "abc123".to_owned(),
            disabled_rules: Vec::new(),
        },
        scan: ScanSummary {
            id: "scan_1".to_owned(),
            started_at: at("2026-11-22T10:00:00Z"),
            finished_at: at("2026-11-22T10:00:09.5Z"),
            roots: vec!["shop".to_owned()],
            complete: true,
            cancelled: false,
            since: None,
            counts: Counts {
                files: 1204,
                bytes: 32_700_000,
                blobs: 8310,
                commits: 512,
                findings: findings.len() as u64,
                identities: identities.len() as u64,
                cached_blobs: 0,
            },
            unread: Vec::new(),
            configurations: Vec::new(),
        },
        findings,
        identities,
        summary,
    }
}

/// The same report of a scan that did not read everything.
pub(crate) fn incomplete_report() -> Report {
    let mut report = report();
    report.scan.complete = false;
    report.scan.unread = vec![
        unread("shop/keys/prod.pem", ReadState::Failed, "permission_denied", "the file cannot be opened"),
        unread(
            "shop/.git!objects/pack/pack-1.pack",
            ReadState::Partial,
            "pack_damaged",
            "41 of 60 objects were read",
        ),
    ];
    for number in 0..20 {
        report.scan.unread.push(unread(
            &format!("shop/run/socket{number}"),
            ReadState::Skipped,
            "not_a_regular_file",
            "a socket",
        ));
    }
    report
}

/// Text that moves cursors, ends cells, opens tags, links, and runs as a formula.
pub(crate) const HOSTILE: [&str; 9] = [
    "\u{1b}]0;pwned\u{7}\u{1b}[31mred",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://evil.test\",\"x\")",
    "\t=1+1",
    "a\",\"b\r\n\"=cmd|' /C calc'!A0\"",
    "[click](javascript:alert(1)) `x` | **bold** | ![i](http://evil.test/p.png)",
    "\u{202e}gpj.exe\u{2066}",
    "'\"><svg onload=alert(1)>",
    "```\n# heading\n```",
];

/// An incomplete report in which every text that a scan takes from outside is `text`.
pub(crate) fn hostile_report(text: &str) -> Report {
    let mut report = incomplete_report();
    let text = text.to_owned();
    report.scan.roots = vec![text.clone(), "/tmp/x".to_owned()];
    for unread in &mut report.scan.unread {
        unread.path = text.clone();
        unread.detail = text.clone();
        unread.reason = text.clone();
    }
    for finding in &mut report.findings {
        finding.title = text.clone();
        finding.place.root = text.clone();
        finding.place.path = text.clone();
        finding.author = Some(text.clone());
        finding.commit = Some(text.clone());
        finding.masked = Some(text.clone());
        finding.rule_id = text.clone();
        finding.controls = vec![text.clone()];
        finding.also_at = vec![OtherPlace { path: text.clone(), start_line: 0, commit: Some(text.clone()) }];
        if finding.suppressed.is_some() {
            finding.suppressed = Some(text.clone());
        }
    }
    report.scan.configurations = crate::accepted::configurations(Some(&text));
    for identity in &mut report.identities {
        hostile_identity(identity, &text);
    }
    report
}

fn hostile_identity(identity: &mut Identity, text: &str) {
    let text = text.to_owned();
    identity.name = text.clone();
    identity.kind = text.clone();
    identity.native_id = Some(format!("{text}2"));
    identity.owner.name = Some(text.clone());
    identity.owner.basis = vec![OwnerClaim {
        source: text.clone(),
        path: text.clone(),
        line: Some(1),
        value: text.clone(),
        confidence: 0.5,
        inactive: true,
    }];
    identity.credentials =
        vec![Credential { kind: text.clone(), masked: Some(text.clone()), ..Credential::default() }];
    identity.consumers = vec![Consumer {
        kind: text.clone(),
        path: text.clone(),
        job: Some(text.clone()),
        environment: Some(text.clone()),
        secret_name: Some(text.clone()),
        action: Some(text.clone()),
        ..Consumer::default()
    }];
    identity.exceptions = vec![crate::accepted::exception(Some(&text))];
    let risk = Arc::make_mut(&mut identity.risk);
    risk.because = vec![text.clone()];
    risk.band = RiskBand::Critical;
    identity.privilege.paths = vec![EscalationPath {
        id: text.clone(),
        state: PathState::Open,
        target: None,
        because: vec![text.clone()],
    }];
    let readiness = Arc::make_mut(&mut identity.readiness);
    readiness.next_action = text.clone();
    readiness.gates = vec![Gate { id: text.clone(), cap: 400, because: text.clone(), action: text.clone() }];
    for factor in &mut readiness.factors {
        factor.name = text.clone();
        factor.evidence = vec![text.clone()];
    }
}

/// A plan for the deployer, with a recipe.
/// Two inventories of the same company; every name in them is `text`, or plain ones.
pub(crate) fn difference(text: Option<&str>) -> InventoryDifference {
    let report = text.map_or_else(report, hostile_report);
    let name = |plain: &str| text.unwrap_or(plain).to_owned();
    let identity = |index: usize| IdentityBrief::from(&report.identities[index % report.identities.len()]);
    let grant = |action: &str| Grant {
        target: name("arn:aws:s3:::shop-assets"),
        actions: vec![name(action)],
        scope: name("inline policy deploy"),
    };
    let field = |field: &str, before: Option<&str>, after: &str| FieldChange {
        field: field.to_owned(),
        before: before.map(name),
        after: Some(name(after)),
    };
    let state = |file: &str, day: &str, complete: bool| InventoryState {
        file: name(file),
        key_id: Some(file.to_owned()),
        scanned_at: Some(at(day)),
        roots: vec![name(&format!("/srv/{file}"))],
        complete,
        identities: 3,
        findings: 4,
    };
    InventoryDifference {
        schema_version: DIFFERENCE_SCHEMA_VERSION.to_owned(),
        before: state("october.sqlite", "2026-10-01T00:00:00Z", true),
        after: state("november.sqlite", "2026-11-01T00:00:00Z", false),
        same_key: false,
        not_compared: NotCompared {
            identities_before: 1,
            identities_after: 2,
            findings_before: 3,
            findings_after: 1,
        },
        identities: IdentityDifference {
            appeared: vec![identity(0)],
            vanished: vec![IdentityBrief { merged_into: Some(name("id_7f3a")), ..identity(1) }],
            changed: vec![IdentityChange {
                identity: identity(0),
                before_id: "id_7f3a".to_owned(),
                fields: vec![
                    field("owner", None, "@shop/platform"),
                    field("risk", Some("35 medium"), "59 high"),
                ],
                grants_appeared: vec![grant("s3:PutObject")],
                grants_vanished: vec![grant("s3:*")],
                grants_changed: vec![GrantChange {
                    target: name("arn:aws:s3:::logs"),
                    scope: name("group readers"),
                    gained: vec![name("s3:GetObject")],
                    lost: vec![name("s3:ListBucket")],
                }],
            }],
        },
        findings: FindingDifference {
            appeared: report.findings[..1].to_vec(),
            vanished: report.findings[1..2].to_vec(),
            changed: vec![FindingChange {
                finding: report.findings[0].clone(),
                fields: vec![field("fate", Some("work_tree"), "history")],
            }],
        },
        owners: vec![
            OwnerChange { owner: None, before: 1, after: 0 },
            OwnerChange { owner: Some(name("@shop/platform")), before: 0, after: 1 },
        ],
    }
}

pub(crate) fn plan() -> Plan {
    let identity = deployer();
    let text = |text: &str| text.to_owned();
    let migration = tenure_model::Migration {
        recipe: text("github_actions_aws_oidc"),
        summary: text("The deploy job gets a session of an AWS role through OIDC instead of a stored key."),
        trigger: text("each run of the deploy job"),
        time_limit: text("15 minutes"),
        teardown: text("the session ends by itself; AWS cannot revoke it earlier, only deny it"),
        conditions: vec![text("subject is repo:shop/shop:environment:production")],
        removal: vec![text("deactivate the key"), text("delete it after seven days without use")],
        prerequisites: vec![text("an OIDC provider for GitHub in the AWS account")],
        artifacts: vec![Artifact {
            path: text("workflow.patch"),
            kind: text("workflow_patch"),
            content: text("--- a/deploy.yml\n+++ b/deploy.yml\n@@ -1 +1 @@\n-\told\n+\tnew ```\n"),
        }],
        ..tenure_model::Migration::default()
    };
    Plan {
        schema_version: text("1.0"),
        generated_at: at("2026-11-22T10:00:10Z"),
        model_version: text("1"),
        complete: false,
        entries: vec![PlanEntry {
            identity_id: identity.id,
            name: identity.name,
            kind: identity.kind,
            owner: identity.owner,
            quadrant: Quadrant::ContainNow,
            risk_score: identity.risk.score,
            risk_band: identity.risk.band,
            readiness_score: identity.readiness.score,
            readiness_ceiling: identity.readiness.ceiling,
            readiness_band: identity.readiness.band,
            gates: vec![text("G-ADMIN")],
            pattern: identity.readiness.pattern,
            why: vec![text("its key is in git history"), text("its key never expires")],
            next_action: identity.readiness.next_action.clone(),
            standing_hours_per_year: 26_280,
            avoidable_hours_per_year: 17_412,
            migration: Some(migration),
        }],
        standing_hours_per_year: 26_280,
        avoidable_hours_per_year: 17_412,
    }
}

/// The same plan in which every text that a scan takes from outside is `text`.
pub(crate) fn plan_called(text: &str) -> Plan {
    let text = text.to_owned();
    let mut plan = plan();
    for entry in &mut plan.entries {
        entry.name = text.clone();
        entry.kind = text.clone();
        entry.owner.name = Some(text.clone());
        entry.gates = vec![text.clone()];
        entry.why = vec![text.clone()];
        entry.next_action = text.clone();
        let migration = entry.migration.as_mut().expect("the fixture has a recipe");
        migration.summary = text.clone();
        migration.trigger = text.clone();
        migration.conditions = vec![text.clone()];
        migration.removal = vec![text.clone()];
        migration.artifacts[0].path = text.clone();
        migration.artifacts[0].content = text.clone();
    }
    plan
}
