//! From evidence to the parts of risk.

use tenure_model::{Archetype, Category, Fact, OwnerState, PrivilegeLevel, ThirdParty, Timestamp};

use crate::Rules;
use crate::factors::{known_copies, third_party};
use crate::inputs::{Exposure, Life, Power, RiskInputs, Use};
use crate::reading::Reading;
use crate::rules::Expiry;

const DAY_SECONDS: i64 = 86_400;

/// What risk is judged by, read from a dossier.
pub(crate) fn risk_inputs(reading: &Reading<'_>, archetype: Archetype) -> RiskInputs {
    let third_party = third_party(reading, archetype);
    if reading.is_configuration() {
        // A region or an account number in a secret store opens nothing.
        return RiskInputs {
            exposure: Exposure::None,
            life: Life::Within24Hours,
            privilege: Power::ScopedRead,
            copies: Some(0),
            third_party: Some(ThirdParty::None),
            owner: owner(reading),
            usage: Some(Use::Active),
        };
    }
    RiskInputs {
        exposure: exposure(reading, third_party),
        life: life(reading),
        privilege: power(reading),
        copies: if reading.is_short_lived_by_nature() { Some(0) } else { known_copies(reading) },
        third_party,
        owner: owner(reading),
        usage: usage(reading),
    }
}

/// The worst place that anything says.
fn exposure(reading: &Reading<'_>, third_party: Option<ThirdParty>) -> Exposure {
    let mut places = Vec::new();
    for finding in reading.dossier.findings.iter().filter(|finding| finding.category == Category::Secret) {
        places.push(if finding.in_history {
            // A file that is deleted is gone; a commit stays in every clone, so history outweighs the file.
            Exposure::History
        } else if finding.place.path.contains(".github/workflows/") {
            Exposure::CiPlain
        } else {
            Exposure::Tree
        });
    }
    if !places.is_empty() && is_public(reading) {
        places.push(Exposure::Public);
    }
    if third_party == Some(ThirdParty::HoldsCopy) {
        places.push(Exposure::Vendor);
    }
    let stored = reading.identity().consumers.iter().any(|consumer| consumer.secret_name.is_some());
    if stored {
        places.push(Exposure::Store);
    }
    let all_ended =
        !reading.identity().credentials.is_empty() && reading.usable_credentials().next().is_none();
    if places.is_empty() && (all_ended || reading.is_short_lived_by_nature()) {
        places.push(Exposure::None);
    }
    places.into_iter().max_by_key(|place| points(*place, reading.rules)).unwrap_or(Exposure::Unknown)
}

fn points(exposure: Exposure, rules: &Rules) -> u32 {
    let table = &rules.readiness.risk.exposure;
    match exposure {
        Exposure::Public => table.public,
        Exposure::History => table.history,
        Exposure::Tree => table.tree,
        Exposure::CiPlain => table.ci_plain,
        Exposure::Vendor => table.vendor,
        Exposure::Store => table.store,
        Exposure::None => table.none,
        Exposure::Unknown => table.unknown,
    }
}

fn is_public(reading: &Reading<'_>) -> bool {
    reading
        .facts(|fact| match fact {
            Fact::Tag { key, value } => Some(key == "visibility" && value == "public"),
            _ => None,
        })
        .any(|(public, _)| public)
}

/// The longest life among its credentials.
fn life(reading: &Reading<'_>) -> Life {
    if reading.is_short_lived_by_nature() {
        return Life::Within24Hours;
    }
    let usable: Vec<Life> = reading
        .usable_credentials()
        .map(|credential| {
            let known = reading.rules.catalogue.get(&credential.kind);
            if credential.never_expires {
                return Life::Never;
            }
            if let Some(end) = credential.expires_at {
                return remaining(end, reading.now);
            }
            match known.and_then(|known| known.expiry) {
                Some(Expiry::None) => Life::Never,
                // An enforced end that is within a day is short whenever it began.
                Some(Expiry::Enforced) => match known.map_or(0, |known| known.max_ttl_seconds) {
                    1..=86_400 => Life::Within24Hours,
                    86_401..=7_776_000 => Life::Within90Days,
                    _ => Life::Unknown,
                },
                Some(Expiry::Optional) | None => Life::Unknown,
            }
        })
        .collect();
    if usable.is_empty() && !reading.identity().credentials.is_empty() {
        return Life::Within24Hours; // every one has ended or is disabled
    }
    let rules = &reading.rules.readiness.risk.life;
    let points = |life: &Life| match life {
        Life::Never => rules.never,
        Life::Over90Days => rules.gt90,
        Life::Unknown => rules.unknown,
        Life::Within90Days => rules.le90,
        Life::Within24Hours => rules.le24h,
    };
    usable.into_iter().max_by_key(points).unwrap_or(Life::Unknown)
}

fn remaining(end: Timestamp, now: Timestamp) -> Life {
    match end.as_second() - now.as_second() {
        ..=DAY_SECONDS => Life::Within24Hours,
        seconds if seconds <= 90 * DAY_SECONDS => Life::Within90Days,
        _ => Life::Over90Days,
    }
}

fn power(reading: &Reading<'_>) -> Power {
    match reading.privilege.level {
        PrivilegeLevel::Admin | PrivilegeLevel::Escalates => Power::Admin,
        PrivilegeLevel::Wide => Power::Wide,
        PrivilegeLevel::Scoped => Power::ScopedWrite,
        PrivilegeLevel::Read => Power::ScopedRead,
        PrivilegeLevel::Unknown => Power::Unknown,
    }
}

fn owner(reading: &Reading<'_>) -> Option<bool> {
    match reading.identity().owner.state {
        OwnerState::Confirmed | OwnerState::Declared | OwnerState::Inferred => Some(true),
        OwnerState::Orphaned => Some(false),
        // Two names are no name.
        OwnerState::Contested | OwnerState::Unknown => None,
    }
}

/// Whether it is used: an authority's record first, then a schedule that is written down.
fn usage(reading: &Reading<'_>) -> Option<Use> {
    let limits = reading.rules.reading();
    if let Some(last) = last_used(reading) {
        let active = reading.days_since(last) <= limits.unused_days;
        return Some(if active { Use::Active } else { Use::Dormant });
    }
    if was_never_used(reading) {
        return Some(Use::Dormant);
    }
    reading.scheduled_runs_per_day().filter(|runs| *runs > 0.0).map(|_| Use::Active)
}

/// The newest use that an authority recorded, of any credential or of the account.
pub(crate) fn last_used(reading: &Reading<'_>) -> Option<Timestamp> {
    let of_account = reading
        .facts(|fact| match fact {
            Fact::LastUsed { at } => *at,
            _ => None,
        })
        .map(|(at, _)| at);
    let of_credentials =
        reading.identity().credentials.iter().filter_map(|credential| credential.last_used_at);
    of_account.chain(of_credentials).max()
}

/// An authority says that it was never used, and it is old enough for that to mean something.
fn was_never_used(reading: &Reading<'_>) -> bool {
    let limit = reading.rules.reading().never_used_days;
    let account =
        reading.facts(|fact| matches!(fact, Fact::LastUsed { at: None }).then_some(())).next().is_some();
    let old = |credential: &tenure_model::Credential| {
        credential.created_at.is_some_and(|made| reading.days_since(made) > limit)
    };
    let mut usable = reading.usable_credentials().peekable();
    if usable.peek().is_none() {
        return account;
    }
    usable.all(|credential| credential.never_used && old(credential))
}
