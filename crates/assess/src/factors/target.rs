//! F6 and F7: what the target offers in place of the static credential, and whether access would truly end.

use tenure_model::{Fact, Quality};

use super::copies::lies_outside_stores;
use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;
use crate::rules::{Equivalent, Expiry, Replacement, Revocation};

/// F6: the catalogue's answer for the kind that is worst off.
pub(super) fn short_lived_equivalent(reading: &Reading<'_>) -> FactorInput {
    if reading.is_short_lived_by_nature() {
        return FactorInput::known(
            Quarters::FULL,
            Quality::Authoritative,
            "its credentials are short-lived already",
        );
    }
    let catalogued = reading.catalogued();
    let mut worst: Option<(Quarters, Quality, String)> = None;
    for (kind, known) in &catalogued {
        let replacement = known.and_then(|known| known.short_lived.as_ref());
        let Some(equivalent) = replacement.and_then(|replacement| replacement.equivalent) else {
            return FactorInput::unknown(format!("the catalogue does not know what could replace {kind}"));
        };
        let value = match equivalent {
            Equivalent::Native | Equivalent::Broker => Quarters::FULL,
            Equivalent::Partial => Quarters::HALF,
            Equivalent::None => Quarters::NONE,
        };
        // The vendor's own words are an authority on what the vendor offers.
        let documented = known.is_some_and(|known| known.source.is_some())
            || replacement.is_some_and(|replacement| replacement.source.is_some());
        let quality = if documented { Quality::Authoritative } else { Quality::Config };
        let how = replacement.map_or("", |replacement| replacement.how.as_str());
        let words = if how.is_empty() { (*kind).to_owned() } else { format!("{kind}: {how}") };
        if worst.as_ref().is_none_or(|(least, ..)| value < *least) {
            worst = Some((value, quality, words));
        }
    }
    match worst {
        Some((value, quality, words)) => FactorInput::known(value, quality, words),
        None => FactorInput::unknown("nothing says what kind of credential it is"),
    }
}

/// The three legs that short-lived access stands on; a drill overrides the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Legs {
    pub(crate) expiry_enforced: Option<bool>,
    pub(crate) revocation_effective: Option<bool>,
    pub(crate) non_reusable: Option<bool>,
    /// A drill answered for both expiry and revocation.
    drilled: bool,
}

/// Reads the legs: from drills where there were any, and from the catalogue otherwise.
pub(super) fn legs(reading: &Reading<'_>) -> Legs {
    let mut drill = Legs::default();
    let said = reading.facts(|fact| match fact {
        Fact::Drill { expiry_enforced, revocation_effective, non_reusable } => {
            Some((*expiry_enforced, *revocation_effective, *non_reusable))
        }
        _ => None,
    });
    for ((expiry, revocation, reuse), _) in said {
        drill.expiry_enforced = both(drill.expiry_enforced, expiry);
        drill.revocation_effective = both(drill.revocation_effective, revocation);
        drill.non_reusable = both(drill.non_reusable, reuse);
    }
    let paper = catalogued_legs(reading);
    Legs {
        expiry_enforced: drill.expiry_enforced.or(paper.expiry_enforced),
        revocation_effective: drill.revocation_effective.or(paper.revocation_effective),
        non_reusable: drill.non_reusable.or(paper.non_reusable),
        drilled: drill.expiry_enforced.is_some() && drill.revocation_effective.is_some(),
    }
}

/// Two drills: one failure is a failure.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one && other),
        (one, other) => one.or(other),
    }
}

fn catalogued_legs(reading: &Reading<'_>) -> Legs {
    if reading.is_short_lived_by_nature() {
        return Legs { expiry_enforced: Some(true), ..Legs::default() };
    }
    let Some(replacements) = reading.replacements() else { return Legs::default() };
    let mut legs: Option<Legs> = None;
    for replacement in replacements {
        let one = legs_of(replacement);
        legs = Some(legs.map_or(one, |known| Legs {
            expiry_enforced: weaker(known.expiry_enforced, one.expiry_enforced),
            revocation_effective: weaker(known.revocation_effective, one.revocation_effective),
            non_reusable: weaker(known.non_reusable, one.non_reusable),
            drilled: false,
        }));
    }
    let mut legs = legs.unwrap_or_default();
    // A copy outside a store is one that nobody can call back: only a drill can show that it is dead.
    if legs.non_reusable == Some(true) && lies_outside_stores(reading) {
        legs.non_reusable = None;
    }
    legs
}

fn legs_of(replacement: &Replacement) -> Legs {
    Legs {
        expiry_enforced: match replacement.expiry {
            Some(Expiry::Enforced) => Some(true),
            Some(Expiry::None) => Some(false),
            // An optional end is there if whoever sets it up wants it.
            Some(Expiry::Optional) | None => None,
        },
        revocation_effective: match replacement.revocation {
            Some(Revocation::Direct | Revocation::Indirect) => Some(true),
            Some(Revocation::None) => Some(false),
            None => None,
        },
        non_reusable: replacement.non_reusable,
        drilled: false,
    }
}

/// Of several kinds the worst: a failure, then not knowing.
fn weaker(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        _ => Some(true),
    }
}

/// F7: both ends are enforceable, and best shown by a drill.
pub(super) fn expiry_and_revocation(reading: &Reading<'_>, legs: &Legs) -> FactorInput {
    if legs.drilled {
        let both = legs.expiry_enforced == Some(true) && legs.revocation_effective == Some(true);
        return if both {
            FactorInput::known(
                Quarters::FULL,
                Quality::Authoritative,
                "a drill showed that expiry and revocation end access",
            )
        } else {
            FactorInput::known(
                Quarters::NONE,
                Quality::Authoritative,
                "a drill showed that access does not end",
            )
        };
    }
    if legs.expiry_enforced == Some(false) || legs.revocation_effective == Some(false) {
        return FactorInput::known(Quarters::NONE, Quality::Config, "the target cannot enforce an end");
    }
    if reading.is_short_lived_by_nature() {
        return FactorInput::known(
            Quarters::THREE,
            Quality::Config,
            "its sessions end by themselves; they can be denied, not revoked",
        );
    }
    let Some(replacements) = reading.replacements() else {
        return FactorInput::unknown("nothing says how a short-lived credential of this kind would end");
    };
    let mut worst: Option<(Quarters, String)> = None;
    for replacement in replacements {
        let Some(value) = enforceable(replacement) else {
            return FactorInput::unknown("the catalogue does not say how its short-lived credential ends");
        };
        if worst.as_ref().is_none_or(|(least, _)| value < *least) {
            worst = Some((value, ends(replacement)));
        }
    }
    match worst {
        Some((value, words)) => FactorInput::known(value, Quality::Config, words),
        None => FactorInput::unknown("nothing says how a short-lived credential of this kind would end"),
    }
}

/// Sessions up to this long may be waited out where they can only be denied.
const SHORT_SESSION_SECONDS: u64 = 12 * 3600;

fn enforceable(replacement: &Replacement) -> Option<Quarters> {
    let bounded = replacement.max_ttl_seconds > 0 && replacement.max_ttl_seconds <= SHORT_SESSION_SECONDS;
    Some(match (replacement.expiry?, replacement.revocation?) {
        (Expiry::None, _) | (_, Revocation::None) => Quarters::NONE,
        (Expiry::Enforced, Revocation::Direct) => Quarters::FULL,
        (Expiry::Enforced, Revocation::Indirect) if bounded => Quarters::THREE,
        (Expiry::Enforced, Revocation::Indirect) | (Expiry::Optional, Revocation::Direct) => Quarters::HALF,
        (Expiry::Optional, Revocation::Indirect) => Quarters::ONE,
    })
}

fn ends(replacement: &Replacement) -> String {
    let expiry = match replacement.expiry {
        Some(Expiry::Enforced) => "the target enforces its end",
        Some(Expiry::Optional) => "its end is optional",
        _ => "it has no end",
    };
    let revocation = match replacement.revocation {
        Some(Revocation::Direct) => "it can be revoked",
        Some(Revocation::Indirect) => "it can be denied, not revoked",
        _ => "it cannot be revoked",
    };
    format!("by the catalogue: {expiry}, and {revocation}; no drill has shown it")
}
