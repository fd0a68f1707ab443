//! Readers of other scanners' reports: what they found joins what is found here.
//!
//! A report is known by what stands in it, not by its name. The values in it are fingerprinted while they are read,
//! and forgotten: not even an error names one.

mod clear;
mod detect_secrets;
mod found;
mod gitleaks;
mod hashed;
mod kingfisher;
mod nosey_parker;
mod report;
mod sarif;
mod scanner;
mod trufflehog;
mod zizmor;

use super::Detector;

/// Every importer.
pub(super) const READERS: &[&dyn Detector] = &[
    &gitleaks::GITLEAKS,
    &trufflehog::TRUFFLEHOG,
    &kingfisher::KINGFISHER,
    &detect_secrets::DETECT_SECRETS,
    &nosey_parker::NOSEY_PARKER,
    &zizmor::Zizmor,
    &sarif::Sarif,
];
