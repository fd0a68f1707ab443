//! What the readers of exports see in each fixture, as snapshots to read beside the file; and that no damaged file
//! passes for one without findings.

mod readers;

use readers::{fixture, read_as, told};

/// Every fixture, in its folder; the test's name says what it is.
macro_rules! exports {
    ($($test:ident: $file:literal;)*) => {
        $(#[test]
        fn $test() {
            insta::assert_snapshot!(of($file));
        })*

        const FIXTURES: &[&str] = &[$($file),*];
    };
}

/// The name under which somebody saved it: only Vault's answers need one, for the role that they do not name.
fn saved(file: &str) -> String {
    match file.strip_prefix("vault/") {
        Some(name) => format!("exports/{name}"),
        None => "exports/saved.txt".to_owned(),
    }
}

/// Reads an export, whatever people call it.
fn of(file: &str) -> String {
    told(&read_as(&saved(file), &fixture(file)))
}

exports! {
    gcp_policy_of_a_project: "gcp/project-policy.json";
    gcp_assets_one_a_line: "gcp/assets.ndjson";
    gcp_policies_as_a_search_finds_them: "gcp/searched-policies.json";
    gcp_keys_of_a_service_account: "gcp/keys.json";
    gcp_api_keys: "gcp/api-keys.json";
    gcp_workload_identity_providers_with_and_without_a_condition: "gcp/workload-identity.json";
    kubernetes_roles_bindings_and_pods: "kubernetes/rbac.json";
    kubernetes_secrets_lose_their_values: "kubernetes/secrets.json";
    terraform_state: "terraform/state.json";
    terraform_plan_with_open_and_narrow_trust: "terraform/plan.json";
    terraform_state_as_show_prints_it: "terraform/show.json";
    entra_applications_with_secrets_beside_federation: "azure/applications.json";
    entra_service_principals_as_az_prints_them: "azure/service-principals.json";
    entra_federated_credentials_alone: "azure/federated-credentials.json";
    entra_sign_ins: "azure/sign-ins.json";
    azure_role_assignments_as_az_prints_them: "azure/role-assignments.json";
    azure_role_assignments_of_the_api: "azure/role-assignments-api.json";
    azure_custom_roles_with_and_without_a_star: "azure/role-definitions.json";
    github_apps: "github_org/installations.json";
    github_tokens: "github_org/tokens.json";
    github_classic_tokens_and_keys_under_single_sign_on: "github_org/authorizations.json";
    github_deploy_keys: "github_org/deploy-keys.json";
    github_secrets_of_a_repository: "github_org/secrets.json";
    github_secrets_of_an_organisation: "github_org/org-secrets.json";
    github_secrets_as_gh_lists_them: "github_org/secret-list.json";
    github_runners: "github_org/runners.json";
    github_runner_groups: "github_org/runner-groups.json";
    github_environments: "github_org/environments.json";
    github_oidc_subject: "github_org/oidc-subject.json";
    github_webhooks: "github_org/hooks.json";
    gitlab_tokens: "gitlab/tokens.json";
    gitlab_deploy_keys: "gitlab/deploy-keys.json";
    gitlab_variables_lose_their_values: "gitlab/variables.json";
    gitlab_runners: "gitlab/runners.json";
    vault_tokens: "vault/tokens.ndjson";
    vault_approle_without_an_end: "vault/ci-deployer.json";
    vault_approle_with_limits: "vault/bounded.json";
    vault_secret_id: "vault/secret-id.json";
    vault_role_for_any_pod: "vault/any-pod.json";
    vault_role_for_one_pod: "vault/one-pod.json";
    vault_jwt_role_without_bounds: "vault/jwt-open.json";
    vault_jwt_role_with_bounds: "vault/jwt-bound.json";
    spire_entries: "others/spire.json";
    okta_applications: "others/okta.json";
    snowflake_users: "others/snowflake-users.json";
    snowflake_tokens: "others/snowflake-tokens.json";
    databricks_tokens: "others/databricks-tokens.json";
    databricks_service_principals: "others/databricks-principals.json";
    circleci_context: "others/circleci.json";
    aws_services_last_accessed: "aws/service-last-accessed.json";
    aws_access_analyzer: "aws/access-analyzer.json";
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
