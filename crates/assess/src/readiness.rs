//! Readiness: could short-lived access take over safely?
//!
//! All arithmetic is in whole quarter points and tenths of quality, so that the same inputs give the same
//! score on every machine.

use tenure_model::{Factor, Pattern, Quality, Readiness, ReadinessBand};

use crate::Rules;
use crate::gates::{self, Shut};
use crate::inputs::{FactorInput, Inputs, Quarters};
use crate::rules::FactorRule;

/// Judges readiness. The same inputs and rules always give the same answer.
pub fn judge_readiness(inputs: &Inputs, rules: &Rules) -> Readiness {
    let weighed: Vec<(&FactorRule, &FactorInput)> =
        rules.readiness.factors.iter().zip(&inputs.factors).collect();
    let tally = Tally::of(&weighed);
    let shut = gates::shut(inputs, rules);
    let cap = shut.iter().map(|shut| shut.gate.cap).min().unwrap_or(100);
    let score = cap.min(tally.quarter_points / 4);
    let band = band(score, &tally, &shut, rules);
    Readiness {
        score,
        ceiling: f64::from(tally.quarter_points) / 4.0 + f64::from(100 - tally.coverage),
        confidence: f64::from(tally.confidence_percent) / 100.0,
        band,
        model_version: rules.model_version().to_owned(),
        factors: weighed.iter().map(|(rule, input)| factor(rule, input)).collect(),
        pattern: pattern(inputs, rules),
        next_action: next_action(band, &weighed, &shut),
        gates: shut.into_iter().map(|shut| shut.gate).collect(),
    }
}

/// The sums that score, ceiling, confidence and band are made of.
struct Tally {
    /// Points, in quarters.
    quarter_points: u32,
    /// Weight that is known.
    coverage: u32,
    /// Weight that is known, times the quality of what it is known by.
    confidence_percent: u32,
}

impl Tally {
    fn of(weighed: &[(&FactorRule, &FactorInput)]) -> Tally {
        let mut tally = Tally { quarter_points: 0, coverage: 0, confidence_percent: 0 };
        let mut confidence_tenths = 0;
        for (rule, input) in weighed {
            let Some(value) = input.value else { continue };
            tally.quarter_points += rule.weight * value.count();
            tally.coverage += rule.weight;
            confidence_tenths += rule.weight * quality_tenths(input.quality);
        }
        tally.confidence_percent = (confidence_tenths + 5) / 10;
        tally
    }
}

/// Quality in tenths; a value without a quality is a guess.
fn quality_tenths(quality: Option<Quality>) -> u32 {
    match quality.unwrap_or(Quality::Heuristic) {
        Quality::Heuristic => 4,
        Quality::Config => 7,
        Quality::Authoritative => 10,
    }
}

/// Exception, then too little known, then what the gates and the score allow.
fn band(score: u32, tally: &Tally, shut: &[Shut], rules: &Rules) -> ReadinessBand {
    let bands = &rules.readiness.bands;
    let best = |band| shut.iter().any(|shut| shut.best == band);
    if best(ReadinessBand::ExceptionNeeded) {
        ReadinessBand::ExceptionNeeded
    } else if tally.coverage < bands.coverage_min {
        ReadinessBand::NotAssessed
    } else if best(ReadinessBand::RedesignFirst) || score < bands.redesign_below {
        ReadinessBand::RedesignFirst
    } else if !shut.is_empty()
        || score < bands.ready_from
        || tally.confidence_percent < bands.ready_confidence_percent
    {
        ReadinessBand::AfterPrerequisites
    } else {
        ReadinessBand::ReadyNow
    }
}

fn factor(rule: &FactorRule, input: &FactorInput) -> Factor {
    let value = input.value.map(Quarters::value);
    Factor {
        id: rule.id.clone(),
        name: rule.name.clone(),
        value,
        weight: rule.weight,
        points: f64::from(rule.weight) * value.unwrap_or(0.0),
        quality: match value {
            Some(_) => f64::from(quality_tenths(input.quality)) / 10.0,
            None => 0.0,
        },
        evidence: input.evidence.clone(),
    }
}

/// The gate's action first: points behind a shut gate change nothing. Then the factor with most to gain.
fn next_action(band: ReadinessBand, weighed: &[(&FactorRule, &FactorInput)], shut: &[Shut]) -> String {
    let exception = shut.iter().find(|shut| shut.best == band && band == ReadinessBand::ExceptionNeeded);
    if let Some(shut) = exception.or(shut.first()) {
        return shut.gate.action.clone();
    }
    let missing = |(rule, input): &(&FactorRule, &FactorInput)| {
        rule.weight * (4 - input.value.unwrap_or(Quarters::NONE).count())
    };
    // The first of several with the same gain, so that the order of the rules decides.
    let most = weighed.iter().map(missing).max().unwrap_or(0);
    match weighed.iter().find(|pair| most > 0 && missing(pair) == most) {
        Some((rule, _)) => rule.action.clone(),
        None => "Migrate: nothing stands in the way.".to_owned(),
    }
}

/// The shape that short-lived access would take (REQ 000-28, 000-29, 000-30).
fn pattern(inputs: &Inputs, rules: &Rules) -> Pattern {
    let frequent = inputs.runs_per_day.is_some_and(|runs| runs >= rules.reading().high_frequency_runs);
    let (identity, equivalent) = (inputs.factor(4).value, inputs.factor(6).value);
    if inputs.break_glass {
        Pattern::SealedBreakGlass
    } else if inputs.agentic {
        Pattern::IntentScopedAgent
    } else if equivalent.is_none() {
        Pattern::None
    } else if inputs.offline || equivalent == Some(Quarters::NONE) || identity == Some(Quarters::NONE) {
        // Somebody must still hold something static: let a broker rotate it until that changes.
        Pattern::BrokerRotatedStatic
    } else if frequent || inputs.always_on {
        Pattern::ShortLivedRenewable
    } else {
        Pattern::PerTaskDynamic
    }
}
