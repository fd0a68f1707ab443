//! Readers of CI systems: which job uses which credential, and could the platform prove who it is?

pub(super) mod cron;
mod github_actions;
pub(super) mod purpose;

use super::Detector;

/// Every CI reader.
pub(super) const READERS: &[&dyn Detector] = &[&github_actions::GithubActions];
