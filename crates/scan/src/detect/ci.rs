//! Readers of CI systems: which job uses which credential, and could the platform prove who it is?

pub(super) mod cron;
mod github_actions;
pub(super) mod purpose;

use super::Detector;

/// Every CI reader.
pub(super) const READERS: &[&dyn Detector] = &[&github_actions::GithubActions];

/// Kind of credential and its platform, as far as the name that people gave to a secret tells.
pub(super) fn named_kind(name: &str) -> Option<(&'static str, &'static str)> {
    let purpose = purpose::by_name(name, tenure_model::Quality::Heuristic)?;
    (purpose.part != purpose::Part::Configuration).then_some((purpose.kind, purpose.provider))
}
