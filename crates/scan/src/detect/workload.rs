//! Readers of workloads: what runs, by which schedule, and which credentials it receives.

mod ansible;
mod compose;
mod crontab;
mod env_file;
mod held;
mod helm_values;
mod kubernetes;
mod schedule;
mod serverless;
mod systemd;
mod terraform;

use super::Detector;

/// Every reader of workloads.
pub(super) const READERS: &[&dyn Detector] = &[
    &kubernetes::Kubernetes,
    &helm_values::HelmValues,
    &compose::Compose,
    &systemd::Systemd,
    &crontab::Crontab,
    &ansible::Ansible,
    &serverless::Serverless,
    &terraform::Terraform,
];
