//! How many hours a year a credential is usable, and how many of them short-lived access would take away.
//!
//! Standing hours: 8760 for every long-lived credential that is active or of unknown state, less where its
//! end is known to come sooner. A long-lived identity whose credential nobody has seen counts as one.
//!
//! Avoidable hours: the standing hours minus those in which a short-lived credential would be valid, that is
//! runs a year times its life. They are claimed only where the identity is ready, now or after its
//! prerequisites, and its target has a full short-lived equivalent. An always-on service needs its access at
//! all hours, so nothing is claimed for it: a shorter credential narrows what a thief can do with it, and
//! that is not counted here.

use std::collections::BTreeSet;

use tenure_model::{Archetype, Category, Consumer, Readiness};

use crate::inputs::Quarters;
use crate::reading::Reading;
use crate::rules::StandingRules;

const DAYS_PER_YEAR: f64 = 365.0;

/// Hours a year, and what was assumed to count them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Hours {
    pub(crate) standing: u64,
    pub(crate) avoidable: u64,
    pub(crate) assumption: Option<String>,
}

/// Counts the hours of one identity.
pub(crate) fn hours(reading: &Reading<'_>, archetype: Archetype, readiness: &Readiness) -> Hours {
    let standing = standing(reading);
    let full = readiness.factors.get(5).is_some_and(|factor| factor.value == Some(Quarters::FULL.value()));
    let ready = reading.rules.readiness.quadrant.ready.contains(&readiness.band);
    if standing == 0 || !ready || !full || archetype == Archetype::Service {
        return Hours { standing, ..Hours::default() };
    }
    let rules = &reading.rules.readiness.standing;
    let (runs, assumption) = runs_per_day(reading, rules);
    let life_hours = f64::from(ttl_minutes(reading.workers(), rules)) / 60.0;
    let needed = (runs * DAYS_PER_YEAR * life_hours).ceil();
    // Out of range means "at all hours": a cast from float saturates.
    let avoidable = standing.saturating_sub(needed as u64);
    Hours { standing, avoidable, assumption }
}

fn standing(reading: &Reading<'_>) -> u64 {
    if reading.is_configuration() || reading.is_short_lived_by_nature() {
        return 0;
    }
    let year = reading.rules.readiness.standing.hours_per_year;
    let credentials = &reading.identity().credentials;
    if credentials.is_empty() {
        let held = reading.rules.catalogue.holds_credentials(&reading.identity().kind)
            || reading.rules.catalogue.get(&reading.identity().kind).is_some()
            || reading.dossier.findings.iter().any(|finding| finding.category == Category::Secret)
            || reading.identity().consumers.iter().any(|consumer| consumer.secret_name.is_some());
        return if held { year } else { 0 };
    }
    reading
        .usable_credentials()
        .filter(|credential| {
            reading.rules.catalogue.get(&credential.kind).is_none_or(|known| known.standing != "short")
        })
        .map(|credential| match credential.expires_at {
            Some(end) => {
                let seconds = end.as_second().saturating_sub(reading.now.as_second()).max(0);
                year.min(seconds.unsigned_abs().div_ceil(3600))
            }
            None => year,
        })
        .fold(0, u64::saturating_add)
}

/// Runs a day: by schedules where they are known, assumed for jobs that events start.
fn runs_per_day(reading: &Reading<'_>, rules: &StandingRules) -> (f64, Option<String>) {
    let scheduled: BTreeSet<_> = reading
        .workers()
        .filter(|consumer| consumer.runs_per_day.is_some())
        .map(|consumer| (consumer.root.as_str(), consumer.path.as_str(), consumer.job.as_deref()))
        .collect();
    let by_clock = reading.scheduled_runs_per_day().unwrap_or(0.0);
    let unscheduled = reading.jobs().difference(&scheduled).count();
    // Somebody uses it, even when no consumer was found.
    let assumed = if scheduled.is_empty() { unscheduled.max(1) } else { unscheduled };
    if assumed == 0 {
        return (by_clock, None);
    }
    let each = rules.assumed_runs_per_day;
    let words = match assumed {
        1 => format!("Assumed {each} runs a day for 1 job that no schedule starts."),
        many => format!("Assumed {each} runs a day for each of {many} jobs that no schedule starts."),
    };
    (by_clock + assumed as f64 * each, Some(words))
}

/// Life of a short-lived credential: the longest run that is written down, stretched and held within bounds
/// (REQ 000-21); the default where nothing is written down.
pub(crate) fn ttl_minutes<'a>(consumers: impl Iterator<Item = &'a Consumer>, rules: &StandingRules) -> u32 {
    let longest = consumers.filter_map(|consumer| consumer.timeout_minutes).max();
    let minutes = longest.map_or(f64::from(rules.ttl_default_minutes), |longest| {
        (f64::from(longest) * rules.ttl_stretch).ceil()
    });
    (minutes as u32).clamp(rules.ttl_min_minutes, rules.ttl_max_minutes.max(rules.ttl_min_minutes))
}
