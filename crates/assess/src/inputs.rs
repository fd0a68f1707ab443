//! What the model judges: ten factors, the questions of the gates, and the parts of risk.
//!
//! `judge_readiness` and `judge_risk` see nothing else, so a worked example is a few lines and a property can
//! be shown for every input there is. `read::inputs` fills these from a dossier.

use tenure_model::{Quality, ThirdParty};

use crate::rules::FACTORS;

/// A factor's value: a number of quarters, 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarters(u8);

impl Quarters {
    /// Nothing of it.
    pub const NONE: Quarters = Quarters(0);
    /// A quarter.
    pub const ONE: Quarters = Quarters(1);
    /// Half.
    pub const HALF: Quarters = Quarters(2);
    /// Three quarters.
    pub const THREE: Quarters = Quarters(3);
    /// All of it.
    pub const FULL: Quarters = Quarters(4);

    /// `count` quarters; more than four is all of it.
    pub fn new(count: u8) -> Quarters {
        Quarters(count.min(4))
    }

    /// How many quarters.
    pub fn count(self) -> u32 {
        u32::from(self.0)
    }

    /// The value that reports show, 0.0 to 1.0.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 4.0
    }

    /// This much less, never below nothing.
    pub(crate) fn less(self, other: Quarters) -> Quarters {
        Quarters(self.0.saturating_sub(other.0))
    }
}

/// One factor: how well it stands, how good the evidence is, and the evidence in words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactorInput {
    /// `None` = unknown, worth nothing.
    pub value: Option<Quarters>,
    /// Quality of the evidence; only counts with a value.
    pub quality: Option<Quality>,
    /// Why, in words, with places. An unknown factor says what is missing.
    pub evidence: Vec<String>,
}

impl FactorInput {
    /// A known factor.
    pub fn known(value: Quarters, quality: Quality, evidence: impl Into<String>) -> FactorInput {
        FactorInput { value: Some(value), quality: Some(quality), evidence: vec![evidence.into()] }
    }

    /// An unknown factor, and what is missing.
    pub fn unknown(missing: impl Into<String>) -> FactorInput {
        FactorInput { value: None, quality: None, evidence: vec![missing.into()] }
    }

    pub(crate) fn is_none_or_unknown(&self) -> bool {
        self.value.is_none_or(|value| value == Quarters::NONE)
    }
}

/// What readiness is judged by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs {
    /// F1 to F10.
    pub factors: [FactorInput; FACTORS],
    /// The target refuses the short-lived credential after its end.
    pub expiry_enforced: Option<bool>,
    /// Revoking it ends access at the target.
    pub revocation_effective: Option<bool>,
    /// Neither it nor the old credential works afterwards.
    pub non_reusable: Option<bool>,
    /// Who outside holds a copy.
    pub third_party: Option<ThirdParty>,
    /// An agent that decides by itself what to call next.
    pub agentic: bool,
    /// Each of the agent's requests is judged by a policy.
    pub runtime_policy: bool,
    /// Meant for emergencies.
    pub break_glass: bool,
    /// Cannot attest or be revoked where it runs.
    pub offline: bool,
    /// One run outlives the longest short-lived credential.
    pub long_running: bool,
    /// Renewing asks for a new decision.
    pub renew_requires_decision: bool,
    /// Never stops, so a credential for each task makes no sense.
    pub always_on: bool,
    /// How often it starts, where that is known.
    pub runs_per_day: Option<f64>,
}

impl Inputs {
    /// The factor `F{number}`.
    pub(crate) fn factor(&self, number: usize) -> &FactorInput {
        &self.factors[number - 1]
    }
}

/// Where the value can be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Anybody can read it.
    Public,
    /// In the history of a repository: in every clone.
    History,
    /// In files of today.
    Tree,
    /// In plain text in a CI system's configuration.
    CiPlain,
    /// At a third party.
    Vendor,
    /// Only in a store made for secrets.
    Store,
    /// Nobody can meet it: there is no long-lived value.
    None,
    /// Nothing says.
    Unknown,
}

/// How long it stays valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// For ever.
    Never,
    /// More than 90 days.
    Over90Days,
    /// At most 90 days.
    Within90Days,
    /// At most a day.
    Within24Hours,
    /// Nothing says.
    Unknown,
}

/// What it can do, in the steps that risk knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Everything, or can get there.
    Admin,
    /// Wildcards on data or credentials.
    Wide,
    /// Named actions on named things.
    ScopedWrite,
    /// Reading named things.
    ScopedRead,
    /// Nothing says.
    Unknown,
}

/// Whether it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Recently.
    Active,
    /// Not for a long time, or never.
    Dormant,
}

/// What risk is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskInputs {
    /// Where the value can be met.
    pub exposure: Exposure,
    /// How long it stays valid.
    pub life: Life,
    /// What it can do.
    pub privilege: Power,
    /// Places that hold a copy.
    pub copies: Option<u32>,
    /// Who outside holds a copy.
    pub third_party: Option<ThirdParty>,
    /// Somebody answers for it; `Some(false)` = evidence that nobody does.
    pub owner: Option<bool>,
    /// Whether it is used.
    pub usage: Option<Use>,
}
