//! A baseline: findings that are known and accepted for now, so that a scan speaks only of new ones.
//!
//! It names findings by their stable ids, which hold neither commit nor line: it survives rewritten history and moved
//! lines. A suppressed finding stays in the report, marked; it only stops counting.
//!
//! The ids come from keyed fingerprints. A scan without an inventory has no key of its own, so its baseline carries
//! one, and every machine that uses the file gets the same ids. A scan with an inventory has its inventory's key,
//! which never leaves it: such a baseline serves that inventory only, and says so when it is used elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tenure_model::{FingerprintKey, Report};

use crate::{Failure, write_whole};

/// Version of the file's shape.
const BASELINE_VERSION: u32 = 1;
/// A baseline is a list of ids; anything larger is not one.
const BASELINE_BYTES_MAX: u64 = 256 << 20;

/// Findings that do not count.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Baseline {
    /// [`BASELINE_VERSION`].
    version: u32,
    /// Public name of the key behind the ids.
    key_id: String,
    /// The key, when it belongs to this file alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Finding id to what it is, for the person who reviews the file.
    findings: BTreeMap<String, BaselineEntry>,
}

/// What a person sees of a finding in a baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BaselineEntry {
    /// Rule.
    rule: String,
    /// Path below its root.
    path: String,
    /// Why it is accepted; empty until somebody writes it down.
    #[serde(default)]
    reason: String,
}

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it cannot be read or is no baseline.
    pub fn read(path: &Path) -> Result<Baseline, Failure> {
        let wrong = |why: &str| Failure::Usage(format!("the baseline {} {why}", path.display()));
        let meta =
            std::fs::metadata(path).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))?;
        if meta.len() > BASELINE_BYTES_MAX {
            return Err(wrong("is too large to be one"));
        }
        let bytes =
            std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))?;
        let baseline: Baseline = serde_json::from_slice(&bytes)
            .map_err(|_| wrong("is not a baseline: write one with --write-baseline FILE"))?;
        if baseline.version != BASELINE_VERSION {
            return Err(wrong("was written by another version: write a new one with --write-baseline FILE"));
        }
        Ok(baseline)
    }

    /// The key that a scan without an inventory uses to get this file's ids.
    pub fn key(&self) -> Option<FingerprintKey> {
        self.key.as_deref().and_then(FingerprintKey::from_baseline)
    }

    /// The baseline that accepts everything a report holds. `own_key` is the key of a scan without an inventory.
    pub fn of(report: &Report, key_id: &str, own_key: Option<&FingerprintKey>) -> Baseline {
        let entry = |finding: &tenure_model::Finding| BaselineEntry {
            rule: finding.rule_id.clone(),
            path: finding.place.path.clone(),
            reason: String::new(),
        };
        Baseline {
            version: BASELINE_VERSION,
            key_id: key_id.to_owned(),
            key: own_key.map(FingerprintKey::reveal_for_baseline),
            findings: report.findings.iter().map(|finding| (finding.id.clone(), entry(finding))).collect(),
        }
    }

    /// Writes the file whole, or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(self).context("writing JSON")?;
        bytes.push(b'\n');
        write_whole(path, &bytes).with_context(|| format!("writing {}", path.display()))?;
        Ok(())
    }

    /// Marks the findings that the baseline lists.
    ///
    /// # Errors
    /// [`Failure::Usage`] when the report's ids come from another key: nothing would match.
    pub fn suppress(&self, report: &mut Report, key_id: &str) -> Result<(), Failure> {
        if key_id != self.key_id {
            return Err(Failure::Usage(
                "the baseline was written with another fingerprint key, so none of its findings would be recognised: \
                 write one with --no-inventory --write-baseline FILE, which works on every machine"
                    .to_owned(),
            ));
        }
        for finding in &mut report.findings {
            if let Some(entry) = self.findings.get(&finding.id) {
                let reason = if entry.reason.is_empty() { "no reason given" } else { &entry.reason };
                finding.suppressed = Some(format!("baseline: {reason}"));
            }
        }
        report.summary.by_severity.clear();
        for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
            *report.summary.by_severity.entry(finding.severity.word().to_owned()).or_default() += 1;
        }
        Ok(())
    }
}
