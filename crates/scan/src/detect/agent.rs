//! Readers of agents' configurations: which tools an agent reaches, with whose credentials, under which policy.

use super::Detector;

/// Every reader of agents.
pub(super) const READERS: &[&dyn Detector] = &[];
