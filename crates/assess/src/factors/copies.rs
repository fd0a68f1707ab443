//! F9: the value lies only where it is stored and where it is used.

use tenure_model::{Category, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;

pub(super) fn copies_under_control(reading: &Reading<'_>) -> FactorInput {
    if reading.is_short_lived_by_nature() {
        let words = "nothing long-lived is there to be copied";
        return FactorInput::known(Quarters::FULL, Quality::Config, words);
    }
    let Some(copies) = known_copies(reading) else {
        return FactorInput::unknown("its value was never seen, so copies elsewhere cannot be recognised");
    };
    let value = match copies {
        0 | 1 => Quarters::FULL,
        2 => Quarters::THREE,
        3 => Quarters::HALF,
        _ => Quarters::NONE,
    };
    let words = match copies {
        0 => "no copy in anything that was read".to_owned(),
        1 => "1 place holds it".to_owned(),
        many => format!("{many} places hold it"),
    };
    if lies_in_history(reading) {
        let words = format!("{words}; one is in a repository's history, and in every clone of it");
        return FactorInput::known(value.less(Quarters::HALF), Quality::Config, words);
    }
    FactorInput::known(value, Quality::Config, words)
}

/// Places that hold a copy; `None` when no value was ever seen.
pub(crate) fn known_copies(reading: &Reading<'_>) -> Option<u32> {
    let seen = reading.usable_credentials().filter(|credential| credential.fingerprint.is_some());
    let copies = seen.map(|credential| credential.copies).reduce(u32::saturating_add);
    let found: std::collections::BTreeSet<_> =
        secrets(reading).map(|finding| (&finding.place.root, &finding.place.path)).collect();
    let found = u32::try_from(found.len()).unwrap_or(u32::MAX);
    match copies {
        Some(copies) => Some(copies.max(found)),
        None => (found > 0).then_some(found),
    }
}

/// Whether a copy lies in files or history, where nobody can call it back.
pub(crate) fn lies_outside_stores(reading: &Reading<'_>) -> bool {
    secrets(reading).next().is_some() || known_copies(reading).is_some_and(|copies| copies > 0)
}

fn lies_in_history(reading: &Reading<'_>) -> bool {
    secrets(reading).any(|finding| finding.in_history)
}

fn secrets<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a tenure_model::Finding> {
    reading.dossier.findings.iter().filter(|finding| finding.category == Category::Secret)
}
