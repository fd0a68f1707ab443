//! Readers of workloads: what runs, by which schedule, and which credentials it receives.

mod compose;
mod crontab;
mod held;
mod kubernetes;
mod schedule;
mod serverless;
mod systemd;
mod terraform;

use super::Detector;

/// Every reader of workloads.
pub(super) const READERS: &[&dyn Detector] = &[
    &kubernetes::Kubernetes,
    &compose::Compose,
    &systemd::Systemd,
    &crontab::Crontab,
    &serverless::Serverless,
    &terraform::Terraform,
];
