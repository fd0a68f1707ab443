//! What the readers of exports see in each fixture, as snapshots to read beside the file; and that no damaged file
//! passes for one without findings.

mod readers;

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use readers::{fixture, key, raw, read_as, told};
use tenure_model::{Fact, Observation};
use tenure_scan::cache::NoCache;
use tenure_scan::rules::RuleSet;
use tenure_scan::{Engine, Progress, ScanRequest, Sink, scan};

/// Every fixture, in its folder; the test's name says what it is.
macro_rules! exports {
    ($(fn $test:ident() { $file:literal })*) => {
        $(
            #[test]
            fn $test() {
                insta::assert_snapshot!(of($file));
            }
        )*

        const FIXTURES: &[&str] = &[$($file),*];
    };
}

/// The name under which somebody saved it: only Vault's answers need one, for the role that they do not name.
fn saved(file: &str) -> String {
    match file.strip_prefix("vault/") {
        Some(name) => format!("exports/{name}"),
        None if file.contains("-ou-") => file.replace('/', "-"),
        None => "exports/saved.txt".to_owned(),
    }
}

/// Reads an export, whatever people call it.
fn of(file: &str) -> String {
    told(&read_as(&saved(file), &fixture(file)))
}

exports! {
    fn gcp_policy_of_a_project() { "gcp/project-policy.json" }
    fn gcp_policy_of_a_bucket() { "gcp/bucket-policy.json" }
    fn gcp_assets_one_a_line() { "gcp/assets.ndjson" }
    fn gcp_policies_as_a_search_finds_them() { "gcp/searched-policies.json" }
    fn gcp_keys_of_a_service_account() { "gcp/keys.json" }
    fn gcp_api_keys() { "gcp/api-keys.json" }
    fn gcp_custom_roles() { "gcp/roles.json" }
    fn gcp_bindings_under_conditions() { "gcp/conditions.json" }
    fn gcp_workload_identity_providers_with_and_without_a_condition() { "gcp/workload-identity.json" }
    fn kubernetes_roles_bindings_and_pods() { "kubernetes/rbac.json" }
    fn kubernetes_gathered_roles_and_bindings_of_nobody() { "kubernetes/orphans.json" }
    fn kubernetes_objects_of_a_list_without_ids() { "kubernetes/list.json" }
    fn kubernetes_secrets_lose_their_values() { "kubernetes/secrets.json" }
    fn terraform_state() { "terraform/state.json" }
    fn terraform_plan_with_open_and_narrow_trust() { "terraform/plan.json" }
    fn terraform_plan_that_builds_its_trust() { "terraform/plan-documents.json" }
    fn terraform_state_as_show_prints_it() { "terraform/show.json" }
    fn terraform_state_with_roles_of_several_platforms() { "terraform/cluster.json" }
    fn entra_applications_with_secrets_beside_federation() { "azure/applications.json" }
    fn entra_service_principals_as_az_prints_them() { "azure/service-principals.json" }
    fn entra_federated_credentials_alone() { "azure/federated-credentials.json" }
    fn entra_credentials_alone() { "azure/application-credentials.json" }
    fn entra_sign_ins() { "azure/sign-ins.json" }
    fn azure_role_assignments_as_az_prints_them() { "azure/role-assignments.json" }
    fn azure_role_assignments_of_the_api() { "azure/role-assignments-api.json" }
    fn entra_application_permissions() { "azure/app-role-assignments.json" }
    fn azure_custom_roles_with_and_without_a_star() { "azure/role-definitions.json" }
    fn azure_role_assignment_under_a_condition() { "azure/conditions.json" }
    fn entra_roles_of_the_directory() { "azure/directory-roles.json" }
    fn github_apps() { "github_org/installations.json" }
    fn github_tokens() { "github_org/tokens.json" }
    fn github_tokens_that_ask_to_enter() { "github_org/token-requests.json" }
    fn github_classic_tokens_and_keys_under_single_sign_on() { "github_org/authorizations.json" }
    fn github_deploy_keys() { "github_org/deploy-keys.json" }
    fn github_secrets_of_a_repository() { "github_org/secrets.json" }
    fn github_secrets_of_an_organisation() { "github_org/org-secrets.json" }
    fn github_secrets_as_gh_lists_them() { "github_org/secret-list.json" }
    fn github_runners() { "github_org/runners.json" }
    fn github_runner_groups() { "github_org/runner-groups.json" }
    fn github_environments() { "github_org/environments.json" }
    fn github_oidc_subject() { "github_org/oidc-subject.json" }
    fn github_default_rights_of_a_jobs_token() { "github_org/default-permissions.json" }
    fn github_webhooks() { "github_org/hooks.json" }
    fn github_webhooks_of_an_organisation() { "github_org/organization-webhooks.json" }
    fn github_environment_alone() { "github_org/one-environment.json" }
    fn github_members() { "github_org/members.json" }
    fn gitlab_tokens() { "gitlab/tokens.json" }
    fn gitlab_deploy_keys() { "gitlab/deploy-keys.json" }
    fn gitlab_variables_lose_their_values() { "gitlab/variables.json" }
    fn gitlab_trigger_tokens() { "gitlab/triggers.json" }
    fn gitlab_members() { "gitlab/members.json" }
    fn gitlab_runners() { "gitlab/runners.json" }
    fn vault_tokens() { "vault/tokens.ndjson" }
    fn vault_approle_without_an_end() { "vault/ci-deployer.json" }
    fn vault_approle_with_limits() { "vault/bounded.json" }
    fn vault_secret_id() { "vault/secret-id.json" }
    fn vault_role_for_any_pod() { "vault/any-pod.json" }
    fn vault_role_for_one_pod() { "vault/one-pod.json" }
    fn vault_jwt_role_without_bounds() { "vault/jwt-open.json" }
    fn vault_jwt_role_with_bounds() { "vault/jwt-bound.json" }
    fn vault_lease() { "vault/lease.json" }
    fn vault_logins() { "vault/logins.json" }
    fn vault_engines() { "vault/mounts.json" }
    fn vault_policy() { "vault/policy.json" }
    fn vault_policy_that_the_file_names() { "vault/deploy.json" }
    fn spire_entries() { "others/spire.json" }
    fn okta_applications() { "others/okta.json" }
    fn okta_scopes() { "others/okta-grants.json" }
    fn snowflake_users() { "others/snowflake-users.json" }
    fn snowflake_tokens() { "others/snowflake-tokens.json" }
    fn snowflake_roles_and_privileges() { "others/snowflake-grants.json" }
    fn databricks_tokens() { "others/databricks-tokens.json" }
    fn databricks_service_principals() { "others/databricks-principals.json" }
    fn circleci_context() { "others/circleci.json" }
    fn aws_services_last_accessed() { "aws/service-last-accessed.json" }
    fn aws_access_analyzer() { "aws/access-analyzer.json" }
    fn aws_config_snapshot() { "aws/config-snapshot.json" }
    fn aws_organization_units() { "aws/children-ou-ab12-12345678.json" }
    fn aws_service_control_policy() { "aws/service-control-policy.json" }
}

#[test]
fn a_file_that_ends_too_early_says_so_and_keeps_what_came_before() {
    for file in FIXTURES {
        let bytes = fixture(file);
        let whole = read_as("x", &bytes);
        assert!(!whole.observations.is_empty(), "{file}");
        for part in 1..20 {
            let cut = bytes.len() * part / 20;
            let reading = read_as("x", &bytes[..cut]);
            // A file that is cut before its shape shows is nobody's; one cut between two lines is whole.
            let between = bytes[..cut].trim_ascii_end().ends_with(b"}") && file.ends_with("ndjson");
            let claimed = !reading.observations.is_empty() || reading.unreadable.is_some();
            if claimed && !between {
                assert!(reading.unreadable.is_some(), "{file} cut at {cut} of {}", bytes.len());
            }
        }
    }
}

#[test]
fn a_file_of_a_windows_shell_reads_the_same() {
    for file in FIXTURES {
        let text = String::from_utf8(fixture(file)).expect("fixtures are text");
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(told(&read_as(&saved(file), &bytes)), of(file), "{file}");
    }
}

#[test]
fn values_of_another_kind_than_expected_never_stop_a_reader() {
    let odd = ["null", "17", "true", "[]", "{}", "[[[]]]", "\"\\ud800\"", "{\"a\": {\"a\": []}}"];
    for file in FIXTURES {
        let text = String::from_utf8(fixture(file)).expect("fixtures are text");
        for (index, _) in text.match_indices(": ").step_by(3) {
            for value in odd {
                let (before, after) = text.split_at(index + 2);
                let after = after.split_once(['\n', ',']).map_or("", |(_, rest)| rest);
                let _ = read_as("x", format!("{before}{value},\n{after}").as_bytes());
            }
        }
    }
}

#[test]
fn nested_doubled_and_zeroed_files_are_unread_or_read_and_never_stop_a_reader() {
    const DEPTH: usize = 5_000;
    for file in FIXTURES {
        let text = String::from_utf8(fixture(file)).expect("fixtures are text");
        let end = text.trim_end();
        let (body, last) = end.split_at(end.len() - 1);
        let name = if last == "}" { "\"deep\": " } else { "" };
        let nested = format!("{body}, {name}{}{}{last}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        let reading = read_as("x", nested.as_bytes());
        // A reader that passes over what it does not know has read it all.
        let whole = told(&reading) == told(&read_as("x", text.as_bytes()));
        assert!(reading.unreadable.is_some() || whole, "{file}: depth has an end");
        let zeroed = read_as("x", text.replace(": ", ":\0 ").as_bytes());
        assert!(zeroed.observations.is_empty() || zeroed.unreadable.is_some(), "{file}: zeros are no space");
        for (index, _) in text.match_indices("\": ").step_by(5) {
            let (before, after) = text.split_at(index);
            let _ = read_as("x", format!("{before}\": [3, {{}}], \"name\": {{}}, \"x{after}").as_bytes());
        }
    }
}

#[test]
fn no_value_of_an_export_leaves_its_reader() {
    let mut values = 0;
    for file in FIXTURES {
        let said = of(file);
        let text = raw(file);
        for (at, mark) in text.match_indices("{+}") {
            let around = |c: char| c.is_ascii_alphanumeric() || "+/=_.~-".contains(c);
            let before = text[..at].rfind(|c| !around(c)).map_or(0, |start| start + 1);
            let rest = &text[at + mark.len()..];
            let after = rest.find(|c| !around(c)).unwrap_or(rest.len());
            let value = format!("{}{}", &text[before..at], &rest[..after]);
            // A mark also parts words that other scanners look for; those are no values.
            if value.len() > 12 {
                assert!(!said.contains(&value), "{file} tells a value");
                values += 1;
            }
        }
    }
    assert!(values > 8, "the fixtures hold values");
}

#[derive(Default)]
struct Seen(Mutex<Vec<Observation>>);

impl Sink for Seen {
    fn observe(&self, observation: Observation) {
        self.0.lock().expect("no thread of this test panics").push(observation);
    }

    fn progress(&self, _: &Progress<'_>) {}
}

/// Scans a folder that holds these files.
fn scanned(files: &[(&str, &[u8])]) -> Vec<Observation> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("the temporary folder takes files");
    }
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
    seen.0.into_inner().expect("no thread of this test panics")
}

/// Pairs of subjects that are one identity.
fn joined(observations: &[Observation]) -> Vec<(String, String)> {
    let pair = |observation: &Observation| match observation {
        Observation::Evidence(evidence) => match &evidence.fact {
            Fact::SameAs { other, .. } => Some((evidence.subject.key.clone(), other.key.clone())),
            _ => None,
        },
        _ => None,
    };
    observations.iter().filter_map(pair).collect()
}

#[test]
fn a_key_file_the_state_that_made_it_and_the_roles_of_its_account_are_one_identity() {
    let body = "MIWfgCyQacKPL84A674vWzIIgdvEfh1cQRAzM0TVSxcF5Y5E8OXMkQ3Sv9l6WD";
    let pem = ["-----BEGIN PRI", "VATE KEY-----\\n", body, "\\n-----END PRI", "VATE KEY-----\\n"].concat();
    let file = format!(
        "{{\"type\": \"service_account\", \"private_key\": \"{pem}\", \"client_email\": \"shop-deploy@acme-prod.iam.gserviceaccount.com\"}}"
    );
    let observations = scanned(&[
        ("credentials.json", file.as_bytes()),
        ("terraform.tfstate", &fixture("terraform/state.json")),
        ("policy.json", &fixture("gcp/project-policy.json")),
    ]);
    let account = "gcp:shop-deploy@acme-prod.iam.gserviceaccount.com";
    let mut values: Vec<String> = joined(&observations)
        .into_iter()
        .filter(|(_, other)| other == account)
        .map(|(value, _)| value)
        .collect();
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 1, "the state and the file hold one key: {values:?}");
    let granted = observations.iter().any(|observation| {
        matches!(observation, Observation::Evidence(evidence)
            if evidence.subject.key == account && matches!(evidence.fact, Fact::Grant { .. }))
    });
    assert!(granted, "and the policy says what it may do");
}

#[test]
fn a_state_that_is_larger_than_any_window_is_read_to_its_end() {
    let mut state = Vec::new();
    let head = "{\"version\": 4, \"terraform_version\": \"1.9.5\", \"serial\": 1, \"lineage\": \"x\", \"resources\": [\n";
    state.extend(head.as_bytes());
    let filler = format!(
        "{{\"mode\": \"managed\", \"type\": \"null_resource\", \"name\": \"a\", \"instances\": [{{\"attributes\": {{\"note\": \"{}\"}}}}]}},\n",
        "- ".repeat(500_000)
    );
    while state.len() < 33 << 20 {
        state.write_all(filler.as_bytes()).expect("memory takes bytes");
    }
    state.extend("{\"mode\": \"managed\", \"type\": \"google_service_account\", \"name\": \"last\", \"instances\": [{\"attributes\": {\"email\": \"last@acme-prod.iam.gserviceaccount.com\"}}]}]}".bytes());
    let lines = u32::try_from(state.iter().filter(|&&byte| byte == b'\n').count() + 1).expect("few lines");
    let observations = scanned(&[("large.json", &state)]);
    let last = observations.iter().find_map(|observation| match observation {
        Observation::Evidence(evidence) if evidence.subject.key.contains("last@") => evidence.source.line,
        _ => None,
    });
    let unread = observations.iter().any(|observation| matches!(observation, Observation::Unread(_)));
    assert_eq!((last, unread), (Some(lines), false));
}

#[test]
fn entra_credentials_belong_to_the_application_in_the_files_name() {
    let id = "0f3b2c1d-7e55-4a68-8d90-61c2a4b5e7f3";
    for name in [format!("credentials-{id}.json"), format!("exports/{}.txt", id.to_uppercase())] {
        for file in ["azure/application-credentials.json", "azure/federated-credentials.json"] {
            let told = told(&read_as(&name, &fixture(file)));
            assert!(told.contains(&format!("azure:{id}")), "{name}: {told}");
            assert!(!told.contains("federated-credential:"), "{name}: {told}");
        }
    }
}
