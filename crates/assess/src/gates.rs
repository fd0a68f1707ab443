//! When each gate is shut. What a shut gate costs, and its words, are in `rules/readiness.toml`.

use tenure_model::{Gate, ReadinessBand, ThirdParty};

use crate::Rules;
use crate::inputs::{Inputs, Quarters};
use crate::rules::GateRule;

/// Whether a gate is shut for these inputs. A factor that nobody knows counts as its worst value.
type Condition = fn(&Inputs, &Rules) -> bool;

/// Every gate that the model knows. The rules must have words and a cap for each, and for no other.
pub(crate) const CONDITIONS: &[(&str, Condition)] = &[
    ("G-BREAKGLASS", |inputs, _| inputs.break_glass),
    ("G-OFFLINE", |inputs, _| inputs.offline),
    ("G-PAPER", |inputs, _| paper_legs(inputs).iter().any(|(leg, _)| *leg == Some(false))),
    ("G-PAPER-UNPROVEN", |inputs, _| {
        let legs = paper_legs(inputs);
        legs.iter().all(|(leg, _)| *leg != Some(false)) && legs.iter().any(|(leg, _)| leg.is_none())
    }),
    ("G-OWNER", |inputs, _| inputs.factor(3).is_none_or_unknown()),
    ("G-NOIDENTITY", |inputs, _| inputs.factor(4).is_none_or_unknown()),
    ("G-NOEQUIV", |inputs, _| inputs.factor(6).value == Some(Quarters::NONE)),
    ("G-EQUIV-UNKNOWN", |inputs, _| inputs.factor(6).value.is_none()),
    ("G-ADMIN", |inputs, _| inputs.factor(5).value == Some(Quarters::NONE)),
    ("G-SCOPE-UNKNOWN", |inputs, _| inputs.factor(5).value.is_none()),
    ("G-ADMIN-HOURLY", |inputs, rules| {
        inputs.factor(5).is_none_or_unknown()
            && inputs.runs_per_day.is_some_and(|runs| runs >= rules.reading().high_frequency_runs)
    }),
    ("G-SHARED", |inputs, _| inputs.factor(10).value.is_none_or(|value| value < Quarters::FULL)),
    ("G-VENDOR", |inputs, _| inputs.third_party == Some(ThirdParty::HoldsCopy)),
    ("G-VENDOR-UNKNOWN", |inputs, _| inputs.third_party.is_none()),
    (AGENT, |inputs, _| inputs.agentic && !inputs.runtime_policy),
    ("G-LONGRUN", |inputs, _| inputs.long_running && !inputs.renew_requires_decision),
];

/// The only gate whose cap depends on what the identity may do.
const AGENT: &str = "G-AGENT-NO-RUNTIME-POLICY";

/// A shut gate, and the best band that it leaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shut {
    pub(crate) gate: Gate,
    pub(crate) best: ReadinessBand,
}

/// The gates that are shut, lowest cap first; among equals in the order of the rules.
pub(crate) fn shut(inputs: &Inputs, rules: &Rules) -> Vec<Shut> {
    let is_shut =
        |id: &str| CONDITIONS.iter().any(|(known, condition)| *known == id && condition(inputs, rules));
    let mut shut: Vec<Shut> = rules
        .readiness
        .gates
        .iter()
        .filter(|rule| is_shut(&rule.id))
        .map(|rule| {
            let (cap, best) = cap(rule, inputs);
            let gate = Gate {
                id: rule.id.clone(),
                cap,
                because: because(rule, inputs),
                action: rule.action.clone(),
            };
            Shut { gate, best }
        })
        .collect();
    shut.sort_by_key(|shut| shut.gate.cap);
    shut
}

fn cap(rule: &GateRule, inputs: &Inputs) -> (u32, ReadinessBand) {
    if rule.id == AGENT && inputs.factor(5).is_none_or_unknown() {
        (rule.cap_when_wide.unwrap_or(rule.cap), rule.best_when_wide.unwrap_or(rule.best))
    } else {
        (rule.cap, rule.best)
    }
}

fn because(rule: &GateRule, inputs: &Inputs) -> String {
    let unknown = match rule.id.as_str() {
        "G-OWNER" => inputs.factor(3).value.is_none(),
        "G-NOIDENTITY" => inputs.factor(4).value.is_none(),
        "G-SHARED" => inputs.factor(10).value.is_none(),
        _ => false,
    };
    let wanted = match rule.id.as_str() {
        "G-PAPER" => Some(Some(false)),
        "G-PAPER-UNPROVEN" => Some(None),
        _ => None,
    };
    let words = rule.because_unknown.as_ref().filter(|_| unknown).unwrap_or(&rule.because);
    let Some(wanted) = wanted else { return words.clone() };
    let legs: Vec<&str> =
        paper_legs(inputs).iter().filter(|(leg, _)| *leg == wanted).map(|(_, name)| *name).collect();
    let what = if wanted.is_some() { "Not so" } else { "Not shown" };
    format!("{words} {what}: {}.", legs.join("; "))
}

/// Access is short-lived only when all three hold; each comes from the catalogue while planning, and from a
/// drill afterwards.
fn paper_legs(inputs: &Inputs) -> [(Option<bool>, &'static str); 3] {
    [
        (inputs.expiry_enforced, "the target enforces the end"),
        (inputs.revocation_effective, "revocation ends access"),
        (inputs.non_reusable, "nothing old can be used again"),
    ]
}
