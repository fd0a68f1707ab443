//! Judgements: risk (how bad today) and readiness (could short-lived access take over safely).
//! The two are never combined into one number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Four steps of risk.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RiskBand {
    /// Below 25.
    #[default]
    Low,
    /// From 25.
    Medium,
    /// From 50.
    High,
    /// From 75.
    Critical,
}

impl RiskBand {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            RiskBand::Low => "low",
            RiskBand::Medium => "medium",
            RiskBand::High => "high",
            RiskBand::Critical => "critical",
        }
    }
}

/// Points of risk by part; unknown costs more than known-good.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RiskParts {
    /// Where the value lies, 0 to 25.
    pub exposure: u32,
    /// How long it stays valid, 0 to 20.
    pub life: u32,
    /// What it can do, 0 to 25.
    pub privilege: u32,
    /// How many hold it, 0 to 15.
    pub spread: u32,
    /// Nobody answers for it, nobody uses it, 0 to 15.
    pub orphan: u32,
}

/// How bad it is today.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Risk {
    /// Sum of the parts, 0 to 100.
    pub score: u32,
    /// Step.
    pub band: RiskBand,
    /// Where the points come from.
    pub parts: RiskParts,
    /// One sentence per part that has points.
    #[serde(default)]
    pub because: Vec<String>,
}

/// Readiness in words. `NotAssessed` is a lane of its own, never part of a "ready" total.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReadinessBand {
    /// Nothing stands in the way.
    ReadyNow,
    /// After the named prerequisites.
    AfterPrerequisites,
    /// The workload or its access must change first.
    RedesignFirst,
    /// Cannot be short-lived; needs an approved, dated exception.
    ExceptionNeeded,
    /// Too little is known.
    #[default]
    NotAssessed,
}

impl ReadinessBand {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            ReadinessBand::ReadyNow => "ready_now",
            ReadinessBand::AfterPrerequisites => "after_prerequisites",
            ReadinessBand::RedesignFirst => "redesign_first",
            ReadinessBand::ExceptionNeeded => "exception_needed",
            ReadinessBand::NotAssessed => "not_assessed",
        }
    }

    /// The words that people read.
    pub fn label(self) -> &'static str {
        match self {
            ReadinessBand::ReadyNow => "ready now",
            ReadinessBand::AfterPrerequisites => "ready after prerequisites",
            ReadinessBand::RedesignFirst => "redesign first",
            ReadinessBand::ExceptionNeeded => "exception needed",
            ReadinessBand::NotAssessed => "not assessed",
        }
    }
}

/// One of the ten readiness factors, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Factor {
    /// `F1` … `F10`.
    pub id: String,
    /// What it asks, in words.
    #[serde(default)]
    pub name: String,
    /// 0, 0.25, 0.5, 0.75 or 1; `None` = unknown, worth nothing.
    pub value: Option<f64>,
    /// Points that a full value gives.
    pub weight: u32,
    /// Weight times value.
    pub points: f64,
    /// Quality of the evidence, 0.0 when unknown.
    pub quality: f64,
    /// Why, in words, with places.
    pub evidence: Vec<String>,
}

/// A condition that caps the score whatever the points say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Gate {
    /// `G-PAPER`, `G-OWNER`, …
    pub id: String,
    /// Highest score that it allows.
    pub cap: u32,
    /// Why it is shut, in words.
    #[serde(default)]
    pub because: String,
    /// What opens it.
    #[serde(default)]
    pub action: String,
}

/// The shape that short-lived access would take.
#[derive(
    Debug, Clone, Default, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// One credential per task, from a broker or by federation.
    PerTaskDynamic,
    /// Short-lived and renewable, for frequent or permanent use.
    ShortLivedRenewable,
    /// One token per intent, judged at each request.
    IntentScopedAgent,
    /// A static credential that a broker rotates: a bridge.
    BrokerRotatedStatic,
    /// Sealed, watched, reviewed after each use.
    SealedBreakGlass,
    /// Nothing fits yet.
    #[default]
    None,
}

impl Pattern {
    /// The words that people read.
    pub fn label(self) -> &'static str {
        match self {
            Pattern::PerTaskDynamic => "per-task dynamic credential",
            Pattern::ShortLivedRenewable => "short-lived renewable credential",
            Pattern::IntentScopedAgent => "intent-scoped agent token",
            Pattern::BrokerRotatedStatic => "broker-rotated static credential (bridge)",
            Pattern::SealedBreakGlass => "sealed break-glass credential",
            Pattern::None => "none yet",
        }
    }
}

/// Whether short-lived access could take over safely.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Readiness {
    /// floor(min(points, lowest cap)), 0 to 100.
    pub score: u32,
    /// Score if every unknown turned out well, before caps.
    pub ceiling: f64,
    /// Share of the weight that is known, times its quality, 0.0 to 1.0.
    pub confidence: f64,
    /// Step.
    pub band: ReadinessBand,
    /// Version of `rules/readiness.toml` that judged.
    pub model_version: String,
    /// The ten factors, F1 to F10.
    pub factors: Vec<Factor>,
    /// The gates that are shut, lowest cap first.
    pub gates: Vec<Gate>,
    /// The shape that short-lived access would take.
    pub pattern: Pattern,
    /// The cheapest next action.
    pub next_action: String,
}
