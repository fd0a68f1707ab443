//! F3: somebody accountable, by name.

use tenure_model::{OwnerState, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;

pub(super) fn named_owner(reading: &Reading<'_>) -> FactorInput {
    let owner = &reading.identity().owner;
    let name = owner.name.as_deref().unwrap_or("somebody");
    let basis = owner.basis.first().map_or(String::new(), |claim| match (claim.path.as_str(), claim.line) {
        ("", _) => format!(" ({})", claim.source),
        (path, Some(line)) => format!(" ({}, {path}:{line})", claim.source),
        (path, None) => format!(" ({}, {path})", claim.source),
    });
    let (value, quality, words) = match owner.state {
        OwnerState::Confirmed => {
            (Quarters::FULL, Quality::Authoritative, format!("{name} confirmed it{basis}"))
        }
        OwnerState::Declared => (Quarters::THREE, Quality::Config, format!("declared: {name}{basis}")),
        OwnerState::Inferred => {
            (Quarters::HALF, Quality::Heuristic, format!("authorship suggests {name}{basis}"))
        }
        OwnerState::Contested => {
            (Quarters::ONE, Quality::Heuristic, format!("sources disagree; the strongest says {name}{basis}"))
        }
        OwnerState::Orphaned => {
            (Quarters::NONE, Quality::Heuristic, format!("everybody who answered for it is gone{basis}"))
        }
        OwnerState::Unknown => return FactorInput::unknown("no file, tag or person names an owner"),
    };
    FactorInput::known(value, quality, words)
}
