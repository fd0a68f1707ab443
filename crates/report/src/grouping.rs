//! A report seen by identity: who, and what was found about them.

use std::collections::HashMap;

use tenure_model::{Finding, Identity, Report};

/// The findings of a report, each under its identity.
pub(crate) struct Grouping<'a> {
    /// Identities in the order of the report.
    pub(crate) groups: Vec<Group<'a>>,
    /// Findings that belong to no identity of the report.
    pub(crate) alone: Vec<&'a Finding>,
    /// Findings that a baseline or exception suppresses; they are counted, not listed.
    pub(crate) suppressed: u64,
}

/// One identity and its findings, in the order of the report.
pub(crate) struct Group<'a> {
    /// Who.
    pub(crate) identity: &'a Identity,
    /// What was found about them.
    pub(crate) findings: Vec<&'a Finding>,
}

impl<'a> Grouping<'a> {
    /// Groups the findings of `report`.
    pub(crate) fn of(report: &'a Report) -> Self {
        let mut groups: Vec<Group<'a>> =
            report.identities.iter().map(|identity| Group { identity, findings: Vec::new() }).collect();
        let index: HashMap<&str, usize> =
            groups.iter().enumerate().map(|(at, group)| (group.identity.id.as_str(), at)).collect();
        let mut alone = Vec::new();
        let mut suppressed = 0;
        for finding in &report.findings {
            if finding.suppressed.is_some() {
                suppressed += 1;
                continue;
            }
            match finding.identity_id.as_deref().and_then(|id| index.get(id)) {
                Some(&at) => groups[at].findings.push(finding),
                None => alone.push(finding),
            }
        }
        Self { groups, alone, suppressed }
    }
}
