//! What the readers of workloads see in each fixture, as snapshots to read beside the file.

mod readers;
#[path = "readers/with_rules.rs"]
mod with_rules;

use readers::{fixture, read_as, told};

/// Reads a fixture as the file `path` of the repository.
fn as_file(path: &str, file: &str) -> String {
    told(&read_as(path, &fixture(file)))
}

#[test]
fn kubernetes_workloads_and_what_they_receive() {
    insta::assert_snapshot!(as_file("deploy/reports.yaml", "kubernetes/reports.yaml"));
}

#[test]
fn a_helm_template_is_read_as_far_as_its_lines_allow() {
    insta::assert_snapshot!(as_file("charts/shop/templates/worker.yaml", "kubernetes/chart.yaml"));
}

#[test]
fn a_broken_manifest_costs_no_other_document() {
    insta::assert_snapshot!(as_file("deploy/broken.yaml", "kubernetes/broken.yaml"));
}

#[test]
fn a_manifest_in_json() {
    insta::assert_snapshot!(as_file("deploy/job.json", "kubernetes/job.json"));
}

#[test]
fn roles_and_bindings_in_manifests() {
    insta::assert_snapshot!(as_file("deploy/rbac.yaml", "kubernetes/rbac.yaml"));
}

#[test]
fn a_broken_role_costs_no_binding_before_it() {
    insta::assert_snapshot!(as_file("deploy/rbac.yaml", "kubernetes/rbac-broken.yaml"));
}

/// Reads a fixture with a detection engine that knows values, as a scan does.
fn scanned(path: &str, file: &str) -> String {
    told(&with_rules::reading(path, &fixture(file)))
}

#[test]
fn compose_services() {
    insta::assert_snapshot!(scanned("stack/docker-compose.yml", "workload/compose.yml"));
}

#[test]
fn a_compose_file_that_breaks_half_way() {
    insta::assert_snapshot!(as_file("stack/compose.yaml", "workload/compose-broken.yml"));
}

#[test]
fn a_systemd_service_with_a_line_that_is_nothing() {
    insta::assert_snapshot!(scanned("units/backup.service", "workload/backup.service"));
}

#[test]
fn a_systemd_timer() {
    insta::assert_snapshot!(as_file("units/backup.timer", "workload/backup.timer"));
}

#[test]
fn a_crontab_with_a_line_that_is_nothing() {
    insta::assert_snapshot!(scanned("ops/crontab", "workload/crontab"));
}

#[test]
fn terraform_code_that_makes_and_holds_credentials() {
    insta::assert_snapshot!(scanned("infra/main.tf", "workload/main.tf"));
}

#[test]
fn terraform_code_with_a_broken_line_and_a_block_that_does_not_end() {
    insta::assert_snapshot!(as_file("infra/broken.tf", "workload/broken.tf"));
}

#[test]
fn functions_of_the_serverless_framework() {
    insta::assert_snapshot!(scanned("serverless.yml", "workload/serverless.yml"));
}

#[test]
fn functions_and_an_access_key_in_a_template_of_sam() {
    insta::assert_snapshot!(as_file("template.yaml", "workload/sam.yaml"));
}

#[test]
fn a_template_that_breaks_half_way() {
    insta::assert_snapshot!(as_file("template.yaml", "workload/sam-broken.yaml"));
}

#[test]
fn an_ansible_playbook() {
    insta::assert_snapshot!(scanned("playbooks/ledger.yml", "workload/playbook.yml"));
}

#[test]
fn an_ansible_playbook_cut_off() {
    let whole = String::from_utf8(fixture("workload/playbook.yml")).expect("fixtures are text");
    let end = whole.find("vault_db").expect("the fixture names it");
    insta::assert_snapshot!(told(&read_as("playbooks/ledger.yml", &whole.as_bytes()[..end])));
}

#[test]
fn values_of_a_helm_chart() {
    insta::assert_snapshot!(as_file("charts/shop/values.yaml", "workload/values.yaml"));
}

#[test]
fn values_that_break_half_way() {
    insta::assert_snapshot!(as_file("charts/shop/values.yaml", "workload/values-broken.yaml"));
}

#[test]
fn policies_that_terraform_writes_out_and_one_that_is_torn() {
    insta::assert_snapshot!(as_file("iam/policies.tf", "terraform/policies.tf"));
}

/// Who is told to receive a secret, by its name.
fn holders(path: &str, text: &str) -> Vec<String> {
    let told = told(&read_as(path, text.as_bytes()));
    let used = told.lines().filter(|line| line.contains(": used by"));
    used.map(|line| line.rsplit_once(": used by ").map_or("", |(_, rest)| rest).to_owned()).collect()
}

#[test]
fn a_parameter_of_a_play_takes_its_secret_from_a_variable_that_others_set() {
    let play = "- hosts: all\n  vars: {made_password: x}\n  tasks:\n    - mysql_user:\n        login_password: \"{{ root_password }}\"\n        password: \"{{ made_password }}\"\n        token: \"{{ result.token }}\"\n";
    let told = holders("site.yml", play);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("login_password"), "{told:?}");
}

#[test]
fn a_secret_inside_of_a_longer_value_is_told_by_its_own_name() {
    let file =
        "services:\n  app:\n    environment:\n      DB_URL: postgres://app:${DB_PASSWORD:-x}@db/${NAME}\n";
    let told = told(&read_as("compose.yml", file.as_bytes()));
    assert!(told.contains("`DB_PASSWORD`") && !told.contains("`DB_URL`"), "{told}");
}

#[test]
fn a_column_of_users_is_no_command() {
    let told = holders("files/crontab", "0 2 * * * root /usr/local/bin/dump --password $DB_PASSWORD\n");
    assert!(told[0].contains("dump"), "{told:?}");
}
