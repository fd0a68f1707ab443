//! Opinions: risk, readiness, privilege and plan, as pure functions of a dossier, the rules and the day.
//!
//! Nothing here reads a clock or a file; the rules are embedded. Evidence becomes inputs (`factors`,
//! `exposure`), inputs become judgements (`readiness`, `risk`), judgements become a plan (`plan`).

mod exposure;
mod factors;
mod findings;
mod fold;
mod gates;
mod inputs;
mod plan;
mod privilege;
mod readiness;
mod reading;
mod risk;
mod rules;
mod standing;

pub use findings::is_of_several;
pub use fold::{fold, store_of};
pub use inputs::{Exposure, FactorInput, Inputs, Life, Power, Quarters, RiskInputs, Use};
pub use plan::{Case, Recipe, SourceText, plan, recipes};
pub use privilege::{WeighedAccounts, awaits_role, weigh_aws, with_roles};
pub use readiness::judge_readiness;
pub use risk::judge_risk;
pub use rules::{
    Catalogue, CredentialKind, Equivalent, Expiry, FACTORS, Replacement, Revocation, Rules, RulesError,
};

use std::sync::Arc;

use tenure_model::{Dossier, Finding, Identity, Timestamp};

use reading::Reading;

/// An identity with everything that is judged of it.
#[derive(Debug, Clone, Default)]
pub struct Assessed {
    /// The identity, with archetype, privilege, risk and readiness filled in.
    pub identity: Identity,
    /// What the assessment itself found: lifecycle, standing privilege, ownership.
    pub findings: Vec<Finding>,
    /// Hours a year in which its credentials are usable today.
    pub standing_hours_per_year: u64,
    /// Hours of them that short-lived access would take away.
    pub avoidable_hours_per_year: u64,
    /// What was assumed to count the hours, in words.
    pub hours_assumption: Option<String>,
}

/// Judges one identity.
pub fn assess(dossier: &Dossier, rules: &Rules, now: Timestamp) -> Assessed {
    let privilege = privilege::judge(dossier, now);
    let reading = Reading { dossier, privilege: &privilege, rules, now };
    let archetype = factors::archetype(&reading);
    let (inputs, legs) = factors::inputs(&reading, archetype);
    let readiness = judge_readiness(&inputs, rules);
    let risk = judge_risk(&exposure::risk_inputs(&reading, archetype), rules);
    let hours = standing::hours(&reading, archetype, &readiness);
    let findings = findings::findings(&reading, &legs);
    let (risk, readiness) = (Arc::new(risk), Arc::new(readiness));
    let exceptions = reading.exceptions();
    let identity = Identity { archetype, privilege, risk, readiness, exceptions, ..dossier.identity.clone() };
    Assessed {
        identity,
        findings,
        standing_hours_per_year: hours.standing,
        avoidable_hours_per_year: hours.avoidable,
        hours_assumption: hours.assumption,
    }
}

/// What the model would judge: the evidence of a dossier, read as factors and as parts of risk.
pub fn inputs(dossier: &Dossier, rules: &Rules, now: Timestamp) -> (Inputs, RiskInputs) {
    let privilege = privilege::judge(dossier, now);
    let reading = Reading { dossier, privilege: &privilege, rules, now };
    let archetype = factors::archetype(&reading);
    (factors::inputs(&reading, archetype).0, exposure::risk_inputs(&reading, archetype))
}
