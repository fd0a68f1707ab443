//! What the readers of workloads see in each fixture, as snapshots to read beside the file.

mod readers;

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
