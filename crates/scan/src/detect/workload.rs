//! Readers of workloads: what runs, by which schedule, and which credentials it receives.

mod held;
mod kubernetes;
mod schedule;

use super::Detector;

/// Every reader of workloads.
pub(super) const READERS: &[&dyn Detector] = &[&kubernetes::Kubernetes];
