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
