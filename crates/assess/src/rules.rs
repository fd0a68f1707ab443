//! The rules of judgement: `rules/readiness.toml` and `rules/credentials.toml`, checked once and then trusted.

mod catalogue;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use tenure_model::{Category, ReadinessBand, Severity};

pub use catalogue::{Catalogue, CredentialKind, Equivalent, Expiry, Replacement, Revocation};

use crate::gates::CONDITIONS;

/// How many factors the model has; their ids are `F1` to `F10`.
pub const FACTORS: usize = 10;

const READINESS_TOML: &str = include_str!("../../../rules/readiness.toml");
/// What `build.rs` made of `rules/credentials.toml`: kinds, each with its table as JSON, as postcard.
static CREDENTIALS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/credentials.bin"));

/// Why rules were refused.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The text is not the TOML that the rules are made of.
    #[error("the {file} rules cannot be read: {reason}")]
    Unreadable {
        /// `readiness` or `credentials`.
        file: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// The text is well-formed, and makes no sense.
    #[error("the readiness rules contradict themselves: {0}")]
    Inconsistent(String),
    /// A gate that nobody may loosen was changed.
    #[error("the gate {0} is locked and cannot be changed")]
    LockedGate(String),
}

/// Everything that the assessment judges by.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(crate) readiness: ReadinessRules,
    pub(crate) catalogue: Catalogue,
}

impl Rules {
    /// The rules that ship with Tenure.
    pub fn embedded() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| {
            Self::read(READINESS_TOML, Catalogue::embedded(CREDENTIALS))
                .expect("the shipped rules are tested to be valid")
        })
    }

    /// Reads other rules. Gates that the shipped rules lock must be the same in them.
    pub fn parse(readiness_toml: &str, credentials_toml: &str) -> Result<Rules, RulesError> {
        let unreadable = |reason: toml::de::Error| RulesError::Unreadable {
            file: "credentials",
            reason: reason.to_string(),
        };
        let rules = Self::read(readiness_toml, Catalogue::parse(credentials_toml).map_err(unreadable)?)?;
        for locked in Self::embedded().readiness.gates.iter().filter(|gate| gate.locked) {
            if rules.gate(&locked.id) != locked {
                return Err(RulesError::LockedGate(locked.id.clone()));
            }
        }
        Ok(rules)
    }

    /// The version that every assessment carries.
    pub fn model_version(&self) -> &str {
        &self.readiness.model_version
    }

    /// What the assessment finds by itself: id, title, category and usual severity of each rule, by id.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &str, Category, Severity)> {
        let rules = self.readiness.findings.iter();
        rules.map(|(id, rule)| (id.as_str(), rule.title.as_str(), rule.category, rule.severity))
    }

    /// What is known about kinds of credentials.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn read(readiness_toml: &str, catalogue: Catalogue) -> Result<Rules, RulesError> {
        let unreadable = |reason: toml::de::Error| RulesError::Unreadable {
            file: "readiness",
            reason: reason.to_string(),
        };
        let readiness: ReadinessRules = toml::from_str(readiness_toml).map_err(unreadable)?;
        readiness.check().map_err(RulesError::Inconsistent)?;
        Ok(Rules { readiness, catalogue })
    }

    pub(crate) fn gate(&self, id: &str) -> &GateRule {
        self.readiness.gates.iter().find(|gate| gate.id == id).expect("check() finds every gate of the code")
    }

    pub(crate) fn reading(&self) -> &ReadingRules {
        &self.readiness.reading
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadinessRules {
    pub(crate) model_version: String,
    #[serde(rename = "factor")]
    pub(crate) factors: Vec<FactorRule>,
    #[serde(rename = "gate")]
    pub(crate) gates: Vec<GateRule>,
    pub(crate) bands: BandRules,
    pub(crate) risk: RiskRules,
    pub(crate) reading: ReadingRules,
    pub(crate) standing: StandingRules,
    pub(crate) quadrant: QuadrantRules,
    pub(crate) findings: BTreeMap<String, FindingRule>,
}

impl ReadinessRules {
    /// Says what does not fit together, in words.
    fn check(&self) -> Result<(), String> {
        let ids: Vec<String> = (1..=FACTORS).map(|number| format!("F{number}")).collect();
        if !self.factors.iter().map(|factor| &factor.id).eq(ids.iter()) {
            return Err("the factors must be F1 to F10, in order".into());
        }
        let sum: u64 = self.factors.iter().map(|factor| u64::from(factor.weight)).sum();
        if sum != 100 {
            return Err(format!("the weights of the factors sum to {sum}, not to 100"));
        }
        for (id, _) in CONDITIONS {
            match self.gates.iter().filter(|gate| gate.id == *id).count() {
                1 => {}
                count => return Err(format!("the gate {id} stands there {count} times, not once")),
            }
        }
        for gate in &self.gates {
            if !CONDITIONS.iter().any(|(id, _)| *id == gate.id) {
                return Err(format!("nobody knows when the gate {} would be shut", gate.id));
            }
            let bands = [Some(gate.best), gate.best_when_wide];
            if bands.iter().flatten().any(|band| *band == ReadinessBand::NotAssessed) {
                return Err(format!("the gate {} cannot lead to the lane of the not assessed", gate.id));
            }
        }
        for id in crate::findings::RULE_IDS {
            if !self.findings.contains_key(*id) {
                return Err(format!("the finding {id} has no words"));
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorRule {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) weight: u32,
    pub(crate) action: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GateRule {
    pub(crate) id: String,
    pub(crate) cap: u32,
    pub(crate) best: ReadinessBand,
    #[serde(default)]
    pub(crate) cap_when_wide: Option<u32>,
    #[serde(default)]
    pub(crate) best_when_wide: Option<ReadinessBand>,
    #[serde(default)]
    pub(crate) locked: bool,
    pub(crate) because: String,
    #[serde(default)]
    pub(crate) because_unknown: Option<String>,
    pub(crate) action: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BandRules {
    pub(crate) ready_from: u32,
    pub(crate) ready_confidence_percent: u32,
    pub(crate) redesign_below: u32,
    pub(crate) coverage_min: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskRules {
    pub(crate) exposure: ExposurePoints,
    pub(crate) life: LifePoints,
    pub(crate) privilege: PrivilegePoints,
    pub(crate) spread: SpreadPoints,
    pub(crate) orphan: OrphanPoints,
    pub(crate) bands: RiskBandRules,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExposurePoints {
    pub(crate) public: u32,
    pub(crate) history: u32,
    pub(crate) tree: u32,
    pub(crate) ci_plain: u32,
    pub(crate) vendor: u32,
    pub(crate) unknown: u32,
    pub(crate) store: u32,
    pub(crate) none: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifePoints {
    pub(crate) never: u32,
    pub(crate) gt90: u32,
    pub(crate) unknown: u32,
    pub(crate) le90: u32,
    pub(crate) le24h: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivilegePoints {
    pub(crate) admin: u32,
    pub(crate) wide: u32,
    pub(crate) unknown: u32,
    pub(crate) scoped_write: u32,
    pub(crate) scoped_read: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpreadPoints {
    pub(crate) copies_2_to_3: u32,
    pub(crate) copies_4_to_10: u32,
    pub(crate) copies_unknown: u32,
    pub(crate) copies_over_10: u32,
    pub(crate) third_party: u32,
    pub(crate) max: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrphanPoints {
    pub(crate) no_owner: u32,
    pub(crate) owner_unknown: u32,
    pub(crate) dormant: u32,
    pub(crate) use_unknown: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskBandRules {
    pub(crate) critical: u32,
    pub(crate) high: u32,
    pub(crate) medium: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingRules {
    pub(crate) bounded_jobs_max: usize,
    pub(crate) bounded_jobs_split: usize,
    pub(crate) narrow_actions_max: usize,
    pub(crate) high_frequency_runs: f64,
    pub(crate) unused_days: i64,
    pub(crate) never_used_days: i64,
    pub(crate) key_age_days: i64,
    pub(crate) life_days: i64,
    pub(crate) key_age_high_factor: i64,
    pub(crate) short_lived_identity_kinds: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandingRules {
    pub(crate) hours_per_year: u64,
    pub(crate) assumed_runs_per_day: f64,
    pub(crate) ttl_default_minutes: u32,
    pub(crate) ttl_min_minutes: u32,
    pub(crate) ttl_max_minutes: u32,
    pub(crate) ttl_stretch: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuadrantRules {
    pub(crate) risk_from: u32,
    pub(crate) ready: Vec<ReadinessBand>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingRule {
    pub(crate) title: String,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) controls: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_valid_and_accept_themselves() {
        let credentials = include_str!("../../../rules/credentials.toml");
        let rules = Rules::parse(READINESS_TOML, credentials).unwrap();
        let kind = rules.catalogue.get("aws_access_key");
        assert!(kind.is_some() && kind == Rules::embedded().catalogue.get("aws_access_key"));
    }

    #[test]
    fn weights_that_do_not_sum_to_a_hundred_are_refused() {
        let text = READINESS_TOML.replacen("weight = 10", "weight = 11", 1);
        let error = Rules::parse(&text, "").unwrap_err().to_string();
        assert!(error.contains("sum to 101"), "{error}");
    }

    #[test]
    fn a_locked_gate_cannot_be_loosened_and_another_can_be_tightened() {
        let gate = |id: &str, from: &str, to: &str| {
            let start = READINESS_TOML.find(&format!("id = \"{id}\"")).unwrap();
            let (head, tail) = READINESS_TOML.split_at(start);
            Rules::parse(&format!("{head}{}", tail.replacen(from, to, 1)), "")
        };
        assert!(
            matches!(gate("G-OWNER", "cap = 59", "cap = 100"), Err(RulesError::LockedGate(id)) if id == "G-OWNER")
        );
        assert!(matches!(gate("G-PAPER", "locked = true", "locked = false"), Err(RulesError::LockedGate(_))));
        assert_eq!(gate("G-SHARED", "cap = 59", "cap = 39").unwrap().gate("G-SHARED").cap, 39);
    }

    #[test]
    fn a_gate_that_no_code_knows_or_that_is_missing_is_refused() {
        let renamed = READINESS_TOML.replacen("G-SHARED", "G-SHERRED", 1);
        assert!(matches!(Rules::parse(&renamed, ""), Err(RulesError::Inconsistent(_))));
        assert!(matches!(Rules::parse("model_version = 1", ""), Err(RulesError::Unreadable { .. })));
    }
}
