//! F5: one set of actions, one resource, one environment.

use tenure_model::{Grant, PrivilegeLevel, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::privilege::{self, names_one_thing};
use crate::reading::Reading;

pub(super) fn narrow_privilege(reading: &Reading<'_>) -> FactorInput {
    let level = reading.privilege.level;
    let quality = privilege::quality(reading.dossier);
    let because = || match reading.privilege.because.first() {
        Some(statement) => format!(": {statement}"),
        None => String::new(),
    };
    let (value, words) = match level {
        PrivilegeLevel::Unknown => return unknown(reading),
        PrivilegeLevel::Admin => (Quarters::NONE, format!("administrator{}", because())),
        PrivilegeLevel::Escalates => (Quarters::NONE, format!("can make itself administrator{}", because())),
        PrivilegeLevel::Wide => (Quarters::ONE, format!("wildcards{}", because())),
        PrivilegeLevel::Scoped | PrivilegeLevel::Read => return named(reading, quality),
    };
    FactorInput::known(value, quality, words)
}

fn unknown(reading: &Reading<'_>) -> FactorInput {
    let missing = reading.identity().grants.iter().any(|grant| grant.actions.is_empty());
    FactorInput::unknown(if missing {
        "the export does not hold every policy that applies to it"
    } else {
        "no export says what it may do"
    })
}

/// Named actions on named things are narrow; a wildcard among them, or a long list, is not.
fn named(reading: &Reading<'_>, quality: Quality) -> FactorInput {
    let grants = &reading.identity().grants;
    let wild = |grant: &&Grant| {
        grant.actions.iter().any(|action| action.contains(['*', '?'])) || !names_one_thing(&grant.target)
    };
    let actions: usize = grants.iter().map(|grant| grant.actions.len()).sum();
    let max = reading.rules.reading().narrow_actions_max;
    if let Some(grant) = grants.iter().find(wild) {
        let words = format!("some wildcards, as in {} on {}", grant.actions.join(", "), grant.target);
        FactorInput::known(Quarters::HALF, quality, words)
    } else if actions > max {
        FactorInput::known(
            Quarters::THREE,
            quality,
            format!("{actions} named actions: more than one task needs"),
        )
    } else if grants.is_empty() {
        // Judged as a whole elsewhere; the single statements are not known here.
        FactorInput::known(
            Quarters::HALF,
            quality,
            "judged to be narrow; the single permissions were not read",
        )
    } else {
        FactorInput::known(
            Quarters::FULL,
            quality,
            format!("only named actions on named resources: {actions} in all"),
        )
    }
}
