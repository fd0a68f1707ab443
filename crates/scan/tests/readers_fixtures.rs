//! What the structured readers see in each fixture, as snapshots to read beside the file.

mod readers;

use readers::{fixture, read_as, told};

/// Reads a fixture of the repository under its own path.
fn of_repository(path: &str) -> String {
    told(&read_as(path, &fixture(&format!("github/{path}"))))
}

/// Reads an export, whatever people call it.
fn of_export(file: &str) -> String {
    told(&read_as(&format!("exports/{file}"), &fixture(&format!("aws/{file}"))))
}

#[test]
fn a_job_with_a_static_aws_key() {
    insta::assert_snapshot!(of_repository(".github/workflows/deploy.yml"));
}

#[test]
fn jobs_that_prove_who_they_are_and_one_that_was_left_behind() {
    insta::assert_snapshot!(of_repository(".github/workflows/oidc.yml"));
}

#[test]
fn a_workflow_that_others_call() {
    insta::assert_snapshot!(of_repository(".github/workflows/reusable.yml"));
}

#[test]
fn a_workflow_that_calls_others() {
    insta::assert_snapshot!(of_repository(".github/workflows/callers.yml"));
}

#[test]
fn a_careless_workflow() {
    insta::assert_snapshot!(of_repository(".github/workflows/careless.yml"));
}

#[test]
fn keys_of_other_storage_and_a_key_id_that_is_written_out() {
    insta::assert_snapshot!(of_repository(".github/workflows/storage.yml"));
}

#[test]
fn a_workflow_that_breaks_half_way_is_read_up_to_there() {
    insta::assert_snapshot!(of_repository(".github/workflows/broken.yml"));
}

#[test]
fn a_workflow_elsewhere_than_at_the_root_is_inert() {
    assert_eq!(of_repository("packages/tool/.github/workflows/inert.yml"), "");
}

#[test]
fn codeowners() {
    insta::assert_snapshot!(of_repository("CODEOWNERS"));
}

#[test]
fn aws_authorization_details_as_the_cli_prints_them() {
    insta::assert_snapshot!(of_export("authorization-details.json"));
}

#[test]
fn aws_authorization_details_as_pages_of_the_api() {
    insta::assert_snapshot!(of_export("authorization-details-pages.ndjson"));
}

#[test]
fn aws_authorization_details_that_end_too_early() {
    insta::assert_snapshot!(of_export("authorization-details-truncated.json"));
}

#[test]
fn aws_trust_policies_of_all_sorts() {
    insta::assert_snapshot!(of_export("trust-policies.json"));
}

#[test]
fn aws_credential_report() {
    insta::assert_snapshot!(of_export("credential-report.csv"));
}

#[test]
fn aws_credential_report_of_an_older_tool_with_a_torn_row() {
    insta::assert_snapshot!(of_export("credential-report-short.csv"));
}

#[test]
fn aws_access_keys() {
    insta::assert_snapshot!(of_export("list-access-keys.json"));
}

#[test]
fn aws_access_keys_last_used() {
    insta::assert_snapshot!(of_export("access-key-last-used.json"));
}
