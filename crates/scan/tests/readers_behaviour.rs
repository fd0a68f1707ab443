//! What holds for every reader: hostile input costs one file, forms of an export mean the same, and names
//! under which one identity is known in two places are equal.

mod readers;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use readers::{fixture, key, read_as, told};
use tenure_model::{Fact, Observation, ReadState, Subject, SubjectKind};
use tenure_scan::cache::NoCache;
use tenure_scan::detect::{Reading, rules};
use tenure_scan::rules::RuleSet;
use tenure_scan::{Engine, Progress, ScanRequest, Sink, scan};

const WORKFLOW: &str = ".github/workflows/x.yml";

/// The subjects that a reading joins, as pairs.
fn joins(reading: &Reading) -> BTreeSet<(Subject, Subject)> {
    let facts = reading.observations.iter().filter_map(|observation| match observation {
        Observation::Evidence(evidence) => Some(evidence),
        _ => None,
    });
    facts
        .filter_map(|evidence| match &evidence.fact {
            Fact::SameAs { other, .. } => Some((evidence.subject.clone(), other.clone())),
            _ => None,
        })
        .collect()
}

fn findings(reading: &Reading) -> Vec<(&str, &str)> {
    reading
        .observations
        .iter()
        .filter_map(|observation| match observation {
            Observation::Finding(finding, subject) => Some((finding.rule_id.as_str(), subject.key.as_str())),
            _ => None,
        })
        .collect()
}

fn reason(reading: &Reading) -> &str {
    reading.unreadable.as_ref().map_or("", |unreadable| unreadable.reason)
}

#[test]
fn a_key_in_a_list_of_keys_and_in_a_workflow_is_one_credential_of_one_user() {
    let id = ["AKIARZPUZDIK", "FAKEKEY2"].concat();
    let credential =
        Subject::new(SubjectKind::Credential, key().fingerprint("aws_access_key", id.as_bytes()).0);
    let alias = Subject::new(SubjectKind::AwsPrincipal, "aws-user:123456789012:shop-deployer");
    let user = Subject::new(SubjectKind::AwsPrincipal, "arn:aws:iam::123456789012:user/ci/shop-deployer");
    let secret = Subject::new(SubjectKind::CiSecret, "github:acme/shop:repo:DEPLOYER_SECRET");

    let keys = joins(&read_as("keys", &fixture("aws/list-access-keys.json")));
    assert!(keys.contains(&(credential.clone(), alias.clone())), "{keys:?}");
    let workflow = joins(&read_as(WORKFLOW, &fixture("github/.github/workflows/storage.yml")));
    assert!(workflow.contains(&(secret, credential)), "{workflow:?}");
    for export in ["aws/authorization-details.json", "aws/credential-report.csv"] {
        let users = joins(&read_as("export", &fixture(export)));
        assert!(users.contains(&(user.clone(), alias.clone())), "{export}: {users:?}");
    }
}

#[test]
fn a_job_and_the_role_that_it_assumes_are_one_identity() {
    let joins = joins(&read_as(WORKFLOW, &fixture("github/.github/workflows/oidc.yml")));
    let job = Subject::new(SubjectKind::CiJob, "shop:.github/workflows/x.yml#aws");
    let role = Subject::new(SubjectKind::AwsPrincipal, "arn:aws:iam::123456789012:role/shop-publish");
    assert!(joins.contains(&(job, role)), "{joins:?}");
}

#[test]
fn two_keys_in_one_place_stay_two() {
    let secret = |name: &str| Subject::new(SubjectKind::CiSecret, format!("github:acme/shop:repo:{name}"));
    let expected: BTreeSet<(Subject, Subject)> =
        [("QA_AWS_SECRET", "QA_AWS_KEY_ID"), ("PROD_AWS_SECRET", "PROD_AWS_KEY_ID")]
            .map(|(half, id)| (secret(half), secret(id)))
            .into();
    let by_variable = "
      Q_AWS_ACCESS_KEY_ID: ${{ secrets.QA_AWS_KEY_ID }}
      Q_AWS_SECRET_ACCESS_KEY: ${{ secrets.QA_AWS_SECRET }}
      P_AWS_SECRET_ACCESS_KEY: ${{ secrets.PROD_AWS_SECRET }}
      P_AWS_ACCESS_KEY_ID: ${{ secrets.PROD_AWS_KEY_ID }}";
    let by_choice = "
      AWS_ACCESS_KEY_ID: ${{ inputs.prod && secrets.PROD_AWS_KEY_ID || secrets.QA_AWS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ inputs.prod && secrets.PROD_AWS_SECRET || secrets.QA_AWS_SECRET }}";
    for environment in [by_variable, by_choice] {
        let workflow = format!("on: push\njobs:\n  a:\n    env:{environment}\n");
        assert_eq!(joins(&read_as(WORKFLOW, workflow.as_bytes())), expected, "{workflow}");
    }
    let nameless = "
      AWS_ACCESS_KEY_ID: ${{ inputs.prod && secrets.ONE || secrets.TWO }}
      AWS_SECRET_ACCESS_KEY: ${{ inputs.prod && secrets.THREE || secrets.FOUR }}";
    let workflow = format!("on: push\njobs:\n  a:\n    env:{nameless}\n");
    assert_eq!(joins(&read_as(WORKFLOW, workflow.as_bytes())), BTreeSet::new());
}

#[test]
fn a_job_that_becomes_two_roles_does_not_join_them() {
    let step = |role: &str| {
        format!(
            "      - uses: aws-actions/configure-aws-credentials@v5\n        with: {{ role-to-assume: {role} }}\n"
        )
    };
    let (first, second) = ("arn:aws:iam::123456789012:role/qa", "arn:aws:iam::123456789012:role/prod");
    let workflow = format!("on: push\njobs:\n  a:\n    steps:\n{}{}", step(first), step(second));
    let joins = joins(&read_as(WORKFLOW, workflow.as_bytes()));
    let jobs: BTreeSet<&Subject> = joins.iter().map(|(job, _)| job).collect();
    assert_eq!((joins.len(), jobs.len()), (2, 2), "{joins:?}");
}

#[test]
fn every_form_of_an_export_means_the_same() {
    let object = fixture("aws/list-access-keys.json");
    let without_lines = |reading: &Reading| -> Vec<String> {
        let told = told(reading);
        told.lines()
            .map(|line| line.trim_start().split_once(' ').map_or(line, |(_, rest)| rest).to_owned())
            .collect()
    };
    let expected = without_lines(&read_as("keys.json", &object));
    assert_eq!(expected.len(), 6);

    let text = String::from_utf8(object.clone()).unwrap();
    let marked = [b"\xEF\xBB\xBF\r\n  ".as_slice(), &object].concat();
    let array = format!("[{text}]").into_bytes();
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entries = serde_json::to_vec(&value["AccessKeyMetadata"]).unwrap();
    for (form, bytes) in [("mark", &marked), ("array", &array), ("UTF-16", &wide), ("bare entries", &entries)]
    {
        assert_eq!(without_lines(&read_as("no-extension", bytes)), expected, "{form}");
    }
}

#[test]
fn a_credential_report_inside_the_answer_of_the_cli_is_read() {
    let csv = fixture("aws/credential-report.csv");
    let answer = format!(r#"{{"Content": "{}", "ReportFormat": "text/csv"}}"#, STANDARD.encode(&csv));
    let (plain, wrapped) = (read_as("report.csv", &csv), read_as("report.json", answer.as_bytes()));
    assert_eq!(joins(&plain), joins(&wrapped));
    assert_eq!(plain.observations.len(), wrapped.observations.len());
    assert!(findings(&wrapped).contains(&("root-key-exists", "arn:aws:iam::123456789012:root")));
}

#[test]
fn a_console_password_wants_a_second_factor_and_no_keys_beside_it() {
    let found = read_as("x", &fixture("aws/credential-report-consoles.csv"));
    let of = |rule: &str| -> Vec<String> {
        let found = findings(&found).into_iter().filter(|(id, _)| *id == rule);
        found.map(|(_, subject)| subject.to_owned()).collect()
    };
    let hybrid = ["arn:aws:iam::123456789012:user/hybrid"];
    assert_eq!(of("aws-console-without-mfa"), hybrid);
    assert_eq!(of("aws-console-beside-keys"), hybrid);
}

#[test]
fn comments_and_texts_are_never_uses() {
    let workflow = "on: push\njobs:\n  a:\n    runs-on: x\n    # ${{ secrets.ONE }}\n    steps:\n      - run: echo # ${{ secrets.TWO }}\n      - run: echo \"secrets.THREE\" ${{ 'secrets.FOUR' }} $ {{ secrets.FIVE }}\n";
    assert_eq!(told(&read_as(WORKFLOW, workflow.as_bytes())), "");
}

#[test]
fn hostile_files_are_named_and_cost_nothing_else() {
    let deep_flow = "a: ".to_owned() + &"[".repeat(100_000);
    let deep_block: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let deep_json = r#"{"UserDetailList": "#.to_owned() + &"[".repeat(100_000);
    let closed_json = format!(r#"{{"UserDetailList": [{}{}]}}"#, "[".repeat(9_000), "]".repeat(9_000));
    let bomb: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..60).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)))
        .chain(["jobs: {a: {steps: [*a59]}, b: *a59}\n".to_owned()])
        .collect();
    for (path, bytes, expected) in [
        (WORKFLOW, deep_flow.as_bytes(), "yaml_broken"),
        (WORKFLOW, deep_block.as_bytes(), "yaml_too_large"),
        (WORKFLOW, bomb.as_bytes(), "yaml_too_large"),
        (WORKFLOW, b"a: [1, 2".as_slice(), "yaml_broken"),
        (WORKFLOW, b"on: push\n\xFF\xFE".as_slice(), "not_text"),
        (WORKFLOW, "a: *nowhere".as_bytes(), "yaml_broken"),
        ("x", deep_json.as_bytes(), "json_truncated"),
        ("x", closed_json.as_bytes(), "json_broken"),
        (
            "x",
            br#"{"UserDetailList": [{"Arn": "a", "UserPolicyList": [{"PolicyName": {"a": []}}]}]}"#
                .as_slice(),
            "wrong_type",
        ),
        (".github/workflows/a.yml", b"on: push\njobs: foo\n".as_slice(), "wrong_type"),
        (
            ".github/workflows/a.yml",
            b"on: push\njobs:\n  a:\n    runs-on: x\n  a:\n    runs-on: y\n".as_slice(),
            "wrong_type",
        ),
        (".github/workflows/a.yml", b"on: push\njobs: {}\n".as_slice(), ""),
        ("terraform.tfstate", b"\n".as_slice(), "state_empty"),
        (
            "list.json",
            [br#"{"kind": "List", "items": "#.as_slice(), &[b'['; 5_000]].concat().as_slice(),
            "json_cut_off",
        ),
        ("x", br#"{"UserDetailList": [{"Arn": "a"}], oops"#.as_slice(), "json_broken"),
        (
            "x",
            br#"{"UserDetailList": 7, "RoleDetailList": [{"Arn": null, "Tags": "x"}], "Policies": {}}"#
                .as_slice(),
            "wrong_type",
        ),
        ("x", br#"{"AccessKeyMetadata": [{"#.as_slice(), "json_truncated"),
        ("x", br#"{"ReportFormat": "text/csv", "Content": "%%%"}"#.as_slice(), "base64_broken"),
        ("x", br#"{"RoleDetailList": [], "IsTruncated": true}"#.as_slice(), "export_page_missing"),
    ] {
        let reading = read_as(path, bytes);
        assert_eq!(reason(&reading), expected, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
    }
}

#[test]
fn aliases_inside_of_aliases_end_a_pipelines_script() {
    let bomb: String = std::iter::once(format!("a0: &a0 [{}]\n", ["x"; 9].join(", ")))
        .chain((1..=10).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))))
        .collect();
    let text = format!("{bomb}job:\n  script: *a10\n  variables: {{KEY: $DEPLOY_KEY}}\n");
    let reading = read_as(".gitlab-ci.yml", text.as_bytes());
    assert_eq!(reason(&reading), "yaml_too_large");
    assert!(told(&reading).contains("DEPLOY_KEY"), "the rest of the job is read");
}

#[test]
fn an_included_address_is_told_without_what_lets_somebody_in() {
    let text = "include:\n  - remote: https://ci:s3cr3tW0rd@gitlab.acme.test/a.yml?private_token=s3cr3tW0rd\njob:\n  script: make\n";
    let told = told(&read_as(".gitlab-ci.yml", text.as_bytes()));
    assert!(told.contains("gitlab.acme.test/a.yml"), "{told}");
    assert!(!told.contains("s3cr3tW0rd"), "{told}");
}

#[test]
fn a_tag_that_promises_a_secret_is_named_and_not_kept() {
    let text = r#"{"UserDetailList": [{"UserName": "ci", "Arn": "arn:aws:iam::123456789012:user/ci", "UserId": "AIDA",
        "Tags": [{"Key": "password", "Value": "s3cr3tW0rd"}, {"Key": "team", "Value": "payments"}]}],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    let reading = format!("{:?}", read_as("auth.json", text.as_bytes()).observations);
    assert!(reading.contains("payments") && reading.contains("(not kept)"), "{reading}");
    assert!(!reading.contains("s3cr3tW0rd"), "{reading}");
}

#[test]
fn a_program_that_speaks_of_manifests_is_none() {
    let text = "fn claims() -> bool {\n    holds(b\"apiVersion: rbac.authorization.k8s.io/v1\") && holds(b\"kind:\")\n}\n";
    let reading = read_as("src/manifests.rs", text.as_bytes());
    assert!(reading.unreadable.is_none() && reading.observations.is_empty(), "{reading:?}");
}

#[test]
fn a_codeowners_file_that_github_ignores_is_skipped() {
    let reading = read_as("CODEOWNERS", &[b'#'; (3 << 20) + 1]);
    assert!(
        matches!(&reading.observations[..], [Observation::Unread(row)] if row.state == ReadState::Skipped && row.reason == "codeowners_too_large")
    );
}

#[test]
fn an_unreadable_file_never_shows_its_text() {
    let value = "not-a-real-value";
    for (path, text) in [
        (WORKFLOW, format!("a: {value}\n b: {value}: [{value}")),
        ("x", format!(r#"{{"UserDetailList": "{value}"}}"#)),
        ("x", format!(r#"{{"AccessKeyMetadata": [{{"UserName": {{"{value}": 1}}}}]}}"#)),
        ("x", format!("user,arn,password_enabled\n{value}")),
    ] {
        let reading = read_as(path, text.as_bytes());
        assert_ne!(reason(&reading), "reader_failed");
        let unreadable = format!("{:?}", reading.unreadable);
        assert!(!unreadable.contains(value), "{unreadable}");
    }
}

#[test]
fn a_shared_node_is_seen_from_both_jobs() {
    let workflow = "on: push\njobs:\n  a:\n    env: &env\n      A: ${{ secrets.ONE }}\n    steps: []\n  b:\n    env: *env\n";
    let told = told(&read_as(WORKFLOW, workflow.as_bytes()));
    assert!(told.contains("used by ci_job a, as ONE") && told.contains("used by ci_job b, as ONE"), "{told}");
}

#[test]
fn every_finding_names_a_rule_of_the_table() {
    let known: BTreeSet<&str> = rules().iter().map(|rule| rule.id).collect();
    let mut seen = BTreeSet::new();
    for file in ["deploy", "oidc", "callers", "careless", "storage", "broken", "reusable"] {
        let reading = read_as(WORKFLOW, &fixture(&format!("github/.github/workflows/{file}.yml")));
        seen.extend(findings(&reading).into_iter().map(|(rule, _)| rule.to_owned()));
    }
    for (path, file) in [
        (".gitlab-ci.yml", "gitlab/.gitlab-ci.yml"),
        ("azure-pipelines.yml", "azure/azure-pipelines.yml"),
        ("action.yml", "github/actions/publish/action.yml"),
        (WORKFLOW, "github/.github/workflows/spellings.yml"),
        ("jenkins.yaml", "jenkins/jenkins.yaml"),
        ("report.yaml", "cluster/argo.yaml"),
    ] {
        seen.extend(findings(&read_as(path, &fixture(file))).into_iter().map(|(rule, _)| rule.to_owned()));
    }
    for file in [
        "authorization-details-pages.ndjson",
        "credential-report.csv",
        "credential-report-consoles.csv",
        "trust-policies.json",
    ] {
        seen.extend(
            findings(&read_as("x", &fixture(&format!("aws/{file}"))))
                .into_iter()
                .map(|(rule, _)| rule.to_owned()),
        );
    }
    for (path, file) in [
        ("reports.yaml", "kubernetes/reports.yaml"),
        ("main.tf", "workload/main.tf"),
        (".vscode/mcp.json", "agent/vscode.json"),
        (".cursor/mcp.json", "agent/cursor.json"),
        ("x", "import/gitleaks.json"),
        ("x", "import/trufflehog.jsonl"),
        ("x", "import/kingfisher.json"),
        ("x", "import/detect-secrets.json"),
        ("x", "import/nosey-parker.json"),
        ("x", "import/scanner.sarif"),
    ] {
        let reading = read_as(path, &fixture(file));
        seen.extend(findings(&reading).into_iter().map(|(rule, _)| rule.to_owned()));
    }
    for folder in
        ["gcp", "kubernetes", "terraform", "azure", "github_org", "gitlab", "vault", "others", "aws"]
    {
        for file in readers::fixtures(folder) {
            let found = read_as("x", &fixture(&file));
            seen.extend(findings(&found).into_iter().map(|(rule, _)| rule.to_owned()));
        }
    }
    assert!(seen.iter().all(|rule| known.contains(rule.as_str())));
    let unseen: Vec<&&str> = known.iter().filter(|rule| !seen.contains(**rule)).collect();
    // Proven by the tests of archives.
    assert_eq!(unseen, [&"keystore-file"], "rules that no fixture shows");
}

#[derive(Default)]
struct Seen(Mutex<Vec<Observation>>);

impl Sink for Seen {
    fn observe(&self, observation: Observation) {
        self.0.lock().expect("no thread of this test panics").push(observation);
    }

    fn progress(&self, _: &Progress<'_>) {}
}

#[test]
fn a_key_in_a_file_and_the_same_key_in_an_export_have_one_subject() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let id = ["AKIARZPUZDIK", "FAKEKEY2"].concat();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).expect("the temporary folder takes files");
    };
    write("deploy.sh", format!("export AWS_ACCESS_KEY_ID={id}\n").as_bytes());
    write("keys.json", &fixture("aws/list-access-keys.json"));
    let request = ScanRequest {
        roots: vec![("shop".to_owned(), folder.path().to_owned())],
        history: false,
        since: None,
        engine: Engine::new(RuleSet::embedded(), key()),
        exclude: Default::default(),
        terms: None,
    };
    let seen = Seen::default();
    scan(request, &NoCache, &seen, &AtomicBool::new(false));
    let observations = seen.0.into_inner().expect("no thread of this test panics");
    let found: Vec<&Subject> = observations
        .iter()
        .filter_map(|observation| match observation {
            Observation::Finding(finding, subject) if finding.place.path == "deploy.sh" => Some(subject),
            _ => None,
        })
        .collect();
    let exported: Vec<&Subject> = observations
        .iter()
        .filter_map(|observation| match observation {
            Observation::Evidence(evidence) if matches!(evidence.fact, Fact::SameAs { .. }) => {
                Some(&evidence.subject)
            }
            _ => None,
        })
        .collect();
    assert!(
        !found.is_empty() && found.iter().all(|subject| exported.contains(subject)),
        "{found:?} {exported:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A file that was cut, or in which bytes changed, is read as far as it goes and never stops the scan.
    #[test]
    fn damaged_files_never_stop_a_reader(
        which in 0..19usize,
        cut in 0.0..1.0f64,
        changes in proptest::collection::vec((0.0..1.0f64, any::<u8>()), 0..8),
    ) {
        let (path, file) = [
            (WORKFLOW, "github/.github/workflows/careless.yml"),
            (WORKFLOW, "github/.github/workflows/oidc.yml"),
            ("x", "aws/authorization-details.json"),
            ("x", "aws/credential-report.csv"),
            ("x", "aws/list-access-keys.json"),
            ("CODEOWNERS", "github/CODEOWNERS"),
            (WORKFLOW, "github/.github/workflows/spellings.yml"),
            ("action.yml", "github/actions/publish/action.yml"),
            (".gitlab-ci.yml", "gitlab/.gitlab-ci.yml"),
            (".circleci/config.yml", "circleci/config.yml"),
            ("azure-pipelines.yml", "azure/azure-pipelines.yml"),
            ("bitbucket-pipelines.yml", "bitbucket/bitbucket-pipelines.yml"),
            (".buildkite/pipeline.yml", "buildkite/pipeline.yml"),
            (".drone.yml", "drone/.drone.yml"),
            (".travis.yml", "travis/.travis.yml"),
            ("Jenkinsfile", "jenkins/Jenkinsfile"),
            ("jenkins.yaml", "jenkins/jenkins.yaml"),
            ("report.yaml", "cluster/argo.yaml"),
            (".github/renovate.json5", "updates/renovate.json5"),
        ][which];
        let mut bytes = fixture(file);
        let length = bytes.len() as f64;
        for (at, byte) in changes {
            bytes[(at * length) as usize] = byte;
        }
        bytes.truncate(((0.2 + cut) * length) as usize);
        let reading = read_as(path, &bytes);
        prop_assert_ne!(reason(&reading), "reader_failed");
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u32 + 2;
        for observation in &reading.observations {
            if let Observation::Evidence(evidence) = observation {
                prop_assert!(evidence.source.line.is_none_or(|line| line <= lines));
            }
        }
    }
}
