//! Readers of other scanners' reports: what they found joins what is found here.

use super::Detector;

/// Every importer.
pub(super) const READERS: &[&dyn Detector] = &[];
