//! F1, F2 and F10: what the work is, when it runs, and who does it.

use std::collections::BTreeSet;

use tenure_model::{Archetype, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;

/// F1: a job with one purpose and an end.
pub(super) fn bounded_task(reading: &Reading<'_>, archetype: Archetype) -> FactorInput {
    let jobs = reading.jobs();
    let known = |value, words: String| FactorInput::known(value, Quality::Config, words);
    match archetype {
        Archetype::Service => return known(Quarters::ONE, "it serves an always-on workload".into()),
        Archetype::Agent => return known(Quarters::ONE, "an agent uses it, whose task is open-ended".into()),
        Archetype::BreakGlass if jobs.is_empty() => {
            return FactorInput::known(
                Quarters::FULL,
                Quality::Heuristic,
                "an emergency has a beginning and an end",
            );
        }
        _ => {}
    }
    if jobs.is_empty() {
        return FactorInput::unknown("no job or workload that uses it was found");
    }
    if reading.workers().any(|consumer| !consumer.is_bounded()) && archetype != Archetype::ScheduledBatch {
        return known(Quarters::HALF, "jobs and other workloads use it".into());
    }
    let limits = reading.rules.reading();
    let value = match jobs.len() {
        count if count <= limits.bounded_jobs_max => Quarters::FULL,
        count if count <= limits.bounded_jobs_split => Quarters::THREE,
        _ => Quarters::HALF,
    };
    known(value, used_by(&jobs))
}

/// F2: a trigger and a time limit.
pub(super) fn predictable(reading: &Reading<'_>, archetype: Archetype) -> FactorInput {
    if matches!(archetype, Archetype::Service | Archetype::Agent) {
        return FactorInput::known(
            Quarters::NONE,
            Quality::Config,
            "nothing says when its use begins and ends",
        );
    }
    let worst = reading
        .workers()
        .map(|consumer| {
            let started = !consumer.triggers.is_empty() || consumer.runs_per_day.is_some();
            let (value, words) = match (started, consumer.timeout_minutes) {
                (true, Some(minutes)) => {
                    (Quarters::FULL, format!("starts by itself and ends within {minutes} minutes"))
                }
                (true, None) => {
                    (Quarters::HALF, "starts by itself, and no time limit is written down".to_owned())
                }
                (false, _) => (Quarters::NONE, "nothing says when it starts".to_owned()),
            };
            (value, format!("{}: {words}", named(&consumer.path, consumer.job.as_deref())))
        })
        .min_by_key(|(value, _)| *value);
    match worst {
        Some((value, words)) => FactorInput::known(value, Quality::Config, words),
        None => FactorInput::unknown("no job or workload that uses it was found"),
    }
}

/// F10: one path, one environment.
pub(super) fn single_consumer(reading: &Reading<'_>) -> FactorInput {
    let consumers = &reading.identity().consumers;
    let paths: BTreeSet<_> = consumers.iter().map(|consumer| (&consumer.root, &consumer.path)).collect();
    let environments: BTreeSet<_> = consumers.iter().map(|consumer| &consumer.environment).collect();
    let value = match (paths.len(), environments.len()) {
        (0, _) => return FactorInput::unknown("no consumer was found"),
        (1, 1) => Quarters::FULL,
        (2, 1) => Quarters::HALF,
        _ => Quarters::NONE,
    };
    let words =
        format!("used by {} in {}", counted(paths.len(), "file"), counted(environments.len(), "environment"));
    FactorInput::known(value, Quality::Config, words)
}

fn used_by(jobs: &BTreeSet<(&str, &str, Option<&str>)>) -> String {
    const TOLD_MAX: usize = 3;
    let mut names: Vec<String> = jobs.iter().take(TOLD_MAX).map(|(_, path, job)| named(path, *job)).collect();
    if jobs.len() > TOLD_MAX {
        names.push(format!("{} more", jobs.len() - TOLD_MAX));
    }
    format!("used by {}: {}", counted(jobs.len(), "job"), names.join(", "))
}

fn named(path: &str, job: Option<&str>) -> String {
    match job {
        Some(job) => format!("{job} in {path}"),
        None => path.to_owned(),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
