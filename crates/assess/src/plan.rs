//! The plan: every identity in the order to act in, why, and a migration where a recipe fits.

mod case;
mod database_password_dynamic;
mod github_actions_aws_oidc;
mod patch;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Category, Dossier, Fact, Migration, Plan, PlanEntry, Quadrant, ReadinessBand, Timestamp};

use crate::{Assessed, Rules};
pub use case::Case;

/// Version of the plan's shape.
const SCHEMA_VERSION: &str = "1.0";

/// Gives the text of a scanned file, for patches. A recipe never opens a file itself.
pub trait SourceText {
    /// The text of a file below a scanned root, or nothing when it cannot be read any more.
    fn read(&self, root: &str, path: &str) -> Option<String>;
}

/// A way from one kind of static credential to short-lived access.
pub trait Recipe: Sync {
    /// Its name in plans.
    fn name(&self) -> &'static str;
    /// What it does, in one sentence.
    fn describe(&self) -> &'static str;
    /// Whether it knows this case.
    fn fits(&self, case: &Case<'_>) -> bool;
    /// The migration: trigger, time limit, teardown, conditions, and the end of the old credential.
    fn propose(&self, case: &Case<'_>) -> Migration;
}

/// Every recipe; the first that fits is used.
const RECIPES: &[&dyn Recipe] =
    &[&github_actions_aws_oidc::GithubActionsAwsOidc, &database_password_dynamic::DatabasePasswordDynamic];

/// Every recipe that there is.
pub fn recipes() -> &'static [&'static dyn Recipe] {
    RECIPES
}

/// Lines (from 1) of each file (root and path) that hold the value of some secret.
pub(crate) type SecretLines = BTreeMap<(String, String), BTreeSet<u32>>;

/// Orders the identities and proposes what to do with each. Values in a secret store that are no secrets
/// (a region, an account number) are left out.
pub fn plan(
    assessed: &[(Dossier, Assessed)],
    rules: &Rules,
    source: &dyn SourceText,
    now: Timestamp,
    complete: bool,
) -> Plan {
    let secret_lines = secret_lines(assessed);
    let mut entries: Vec<PlanEntry> = assessed
        .iter()
        .filter(|(dossier, _)| !is_configuration(dossier))
        .map(|(dossier, assessed)| {
            entry(&Case { dossier, assessed, rules, source, secret_lines: &secret_lines })
        })
        .collect();
    entries.sort_by(|a, b| {
        (a.quadrant, b.risk_score, b.readiness_score, &a.identity_id).cmp(&(
            b.quadrant,
            a.risk_score,
            a.readiness_score,
            &b.identity_id,
        ))
    });
    let sum = |hours: fn(&PlanEntry) -> u64| entries.iter().map(hours).fold(0, u64::saturating_add);
    Plan {
        schema_version: SCHEMA_VERSION.to_owned(),
        generated_at: now,
        model_version: rules.model_version().to_owned(),
        complete,
        standing_hours_per_year: sum(|entry| entry.standing_hours_per_year),
        avoidable_hours_per_year: sum(|entry| entry.avoidable_hours_per_year),
        entries,
    }
}

fn entry(case: &Case<'_>) -> PlanEntry {
    let identity = &case.assessed.identity;
    let (risk, readiness) = (&identity.risk, &identity.readiness);
    let lanes = &case.rules.readiness.quadrant;
    let quadrant = match (risk.score >= lanes.risk_from, lanes.ready.contains(&readiness.band)) {
        (true, true) => Quadrant::MigrateFirst,
        (true, false) => Quadrant::ContainNow,
        (false, true) => Quadrant::Batch,
        (false, false) => Quadrant::Track,
    };
    PlanEntry {
        identity_id: identity.id.clone(),
        name: identity.name.clone(),
        kind: identity.kind.clone(),
        owner: identity.owner.clone(),
        quadrant,
        risk_score: risk.score,
        risk_band: risk.band,
        readiness_score: readiness.score,
        readiness_ceiling: readiness.ceiling,
        readiness_band: readiness.band,
        gates: readiness.gates.iter().map(|gate| gate.id.clone()).collect(),
        pattern: readiness.pattern,
        why: why(case),
        next_action: readiness.next_action.clone(),
        standing_hours_per_year: case.assessed.standing_hours_per_year,
        avoidable_hours_per_year: case.assessed.avoidable_hours_per_year,
        migration: migration(case),
    }
}

/// The first recipe that fits. A proposal without a start, an end, a limit, conditions or the end of the old
/// credential is none (REQ 000-13, 002-11).
fn migration(case: &Case<'_>) -> Option<Migration> {
    // An emergency or an offline place is no routine: it takes an exception, not a migration (REQ 000-30).
    if case.assessed.identity.readiness.band == ReadinessBand::ExceptionNeeded {
        return None;
    }
    let recipe = RECIPES.iter().find(|recipe| recipe.fits(case))?;
    let mut migration = recipe.propose(case);
    migration.recipe = recipe.name().to_owned();
    for gate in &case.assessed.identity.readiness.gates {
        let step = format!("{} ({})", gate.action, gate.id);
        if !migration.prerequisites.contains(&step) {
            migration.prerequisites.push(step);
        }
    }
    let folder = case.folder();
    for artifact in &mut migration.artifacts {
        artifact.path = format!("{folder}/{}", artifact.path);
    }
    let whole =
        [&migration.trigger, &migration.time_limit, &migration.teardown].iter().all(|text| !text.is_empty())
            && !migration.conditions.is_empty()
            && !migration.removal.is_empty();
    whole.then_some(migration)
}

/// Why it stands where it stands, in words.
fn why(case: &Case<'_>) -> Vec<String> {
    let identity = &case.assessed.identity;
    let readiness = &identity.readiness;
    let risk = &identity.risk;
    let mut why =
        vec![format!("Risk {} of 100 ({}). {}", risk.score, risk.band.word(), risk.because.join(" "))];
    let gates: Vec<&str> = readiness.gates.iter().map(|gate| gate.because.as_str()).collect();
    why.push(if gates.is_empty() {
        format!("Readiness {} of 100 ({}).", readiness.score, readiness.band.label())
    } else {
        format!(
            "Readiness {} of 100, {} at best ({}). Short-lived access would not be enough yet, because: {}",
            readiness.score,
            readiness.ceiling,
            readiness.band.label(),
            gates.join(" ")
        )
    });
    let (standing, avoidable) =
        (case.assessed.standing_hours_per_year, case.assessed.avoidable_hours_per_year);
    if standing > 0 {
        let mut words = format!("Usable {standing} hours a year");
        if avoidable > 0 {
            words.push_str(&format!("; short-lived access would take away {avoidable} of them"));
        }
        words.push('.');
        if let Some(assumption) = &case.assessed.hours_assumption {
            words.push_str(&format!(" {assumption}"));
        }
        why.push(words);
    }
    why
}

fn secret_lines(assessed: &[(Dossier, Assessed)]) -> SecretLines {
    let mut lines = SecretLines::new();
    let findings = assessed.iter().flat_map(|(dossier, _)| &dossier.findings);
    for finding in findings.filter(|finding| finding.category == Category::Secret) {
        let place = &finding.place;
        // A value may span lines: a private key does.
        let span = place.start_line
            ..=place.end_line.max(place.start_line).min(place.start_line.saturating_add(10_000));
        lines.entry((place.root.clone(), place.path.clone())).or_default().extend(span);
        for other in &finding.also_at {
            lines.entry((place.root.clone(), other.path.clone())).or_default().insert(other.start_line);
        }
    }
    lines
}

fn is_configuration(dossier: &Dossier) -> bool {
    dossier.evidence.iter().any(|evidence| {
        matches!(&evidence.fact, Fact::Tag { key, value } if key == "tenure:value" && value == "configuration")
    })
}
