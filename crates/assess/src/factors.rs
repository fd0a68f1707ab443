//! From evidence to the ten factors: one function each, grouped by what they look at.

mod copies;
mod logging;
mod owner;
mod scope;
mod target;
mod work;
mod workload;

pub(crate) use copies::known_copies;
pub(crate) use target::Legs;

use tenure_model::{Archetype, Fact, ThirdParty};

use crate::inputs::{FactorInput, Inputs};
use crate::reading::Reading;
use crate::rules::{Expiry, FACTORS};

/// What readiness is judged by, read from a dossier, and the legs that short-lived access stands on.
pub(crate) fn inputs(reading: &Reading<'_>, archetype: Archetype) -> (Inputs, Legs) {
    let legs = target::legs(reading);
    let factors: [FactorInput; FACTORS] = [
        work::bounded_task(reading, archetype),
        work::predictable(reading, archetype),
        owner::named_owner(reading),
        workload::workload_identity(reading),
        scope::narrow_privilege(reading),
        target::short_lived_equivalent(reading),
        target::expiry_and_revocation(reading, &legs),
        logging::logged(reading),
        copies::copies_under_control(reading),
        work::single_consumer(reading),
    ];
    let agentic: Vec<bool> = reading
        .facts(|fact| match fact {
            Fact::Agentic { runtime_policy } => Some(*runtime_policy),
            _ => None,
        })
        .map(|(policy, _)| policy)
        .collect();
    let inputs = Inputs {
        factors,
        expiry_enforced: legs.expiry_enforced,
        revocation_effective: legs.revocation_effective,
        non_reusable: legs.non_reusable,
        third_party: third_party(reading, archetype),
        agentic: !agentic.is_empty() || archetype == Archetype::Agent,
        runtime_policy: !agentic.is_empty() && agentic.iter().all(|policy| *policy),
        break_glass: archetype == Archetype::BreakGlass,
        offline: reading.facts(|fact| matches!(fact, Fact::Offline { .. }).then_some(())).next().is_some(),
        long_running: outlives_replacement(reading),
        renew_requires_decision: renewal_is_a_decision(reading),
        always_on: archetype == Archetype::Service,
        runs_per_day: reading.scheduled_runs_per_day(),
    };
    (inputs, legs)
}

/// What it is used as: what somebody said, or else what uses it.
pub(crate) fn archetype(reading: &Reading<'_>) -> Archetype {
    let has = |pick: fn(&Fact) -> bool| reading.facts(move |fact| pick(fact).then_some(())).next().is_some();
    // Whoever accepts it for emergencies declares what it is.
    let accepted = reading.exceptions().iter().any(|exception| {
        exception.state.holds() && exception.reason == tenure_model::ExceptionReason::BreakGlass
    });
    if accepted || has(|fact| matches!(fact, Fact::BreakGlass { .. })) {
        return Archetype::BreakGlass;
    }
    if has(|fact| matches!(fact, Fact::Agentic { .. })) {
        return Archetype::Agent;
    }
    if reading.identity().archetype != Archetype::Unknown {
        return reading.identity().archetype;
    }
    let mut workers = reading.workers().peekable();
    if workers.peek().is_none() {
        return Archetype::Unknown;
    }
    let workers: Vec<_> = workers.collect();
    let all = |kind: &str| workers.iter().all(|consumer| consumer.kind == kind);
    if workers.iter().any(|consumer| consumer.kind == "agent") {
        Archetype::Agent
    } else if all("ci_job") {
        let by_clock = workers.iter().all(|consumer| {
            !consumer.triggers.is_empty() && consumer.triggers.iter().all(|trigger| trigger == "schedule")
        });
        if by_clock { Archetype::ScheduledBatch } else { Archetype::CiJob }
    } else if workers.iter().all(|consumer| consumer.is_always_on()) {
        Archetype::Service
    } else {
        Archetype::Unknown
    }
}

/// Who outside holds a copy: the worst that anybody says.
pub(crate) fn third_party(reading: &Reading<'_>, archetype: Archetype) -> Option<ThirdParty> {
    let severity = |state: &ThirdParty| match state {
        ThirdParty::None => 0,
        ThirdParty::ReuseBlocked => 1,
        ThirdParty::HoldsCopy => 2,
    };
    let said = reading
        .facts(|fact| match fact {
            Fact::ThirdParty { state } => Some(*state),
            _ => None,
        })
        .map(|(state, _)| state)
        .max_by_key(severity);
    said.or((archetype == Archetype::VendorConnector).then_some(ThirdParty::HoldsCopy))
}

/// Whether a run may last longer than the longest short-lived credential of its target.
fn outlives_replacement(reading: &Reading<'_>) -> bool {
    let longest = reading.workers().filter_map(|consumer| consumer.timeout_minutes).max();
    let limit = reading
        .replacements()
        .and_then(|all| all.iter().map(|one| one.max_ttl_seconds).filter(|seconds| *seconds > 0).min());
    match (longest, limit) {
        (Some(minutes), Some(seconds)) => u64::from(minutes) * 60 > seconds,
        _ => false,
    }
}

/// A credential whose end the target enforces can only be followed by a new one, and a new one is a new
/// decision of whoever issues it.
fn renewal_is_a_decision(reading: &Reading<'_>) -> bool {
    reading.replacements().is_some_and(|all| all.iter().all(|one| one.expiry == Some(Expiry::Enforced)))
}
