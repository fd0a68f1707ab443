//! F8: issue, use and revocation each leave a trace of their own (REQ 003-14).

use tenure_model::{Fact, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;

/// What a target could log proves nothing about this installation, so only evidence counts.
pub(super) fn logged(reading: &Reading<'_>) -> FactorInput {
    let mut events = [None, None, None];
    let mut quality: Option<Quality> = None;
    let said = reading.facts(|fact| match fact {
        Fact::Logging { issue, usage, revoke } => Some([*issue, *usage, *revoke]),
        _ => None,
    });
    for (one, evidence) in said {
        for (event, answer) in events.iter_mut().zip(one) {
            // One log that records it is enough.
            *event = match (*event, answer) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (known, answer) => known.or(answer),
            };
        }
        quality = Some(quality.map_or(evidence.quality, |known| known.min(evidence.quality)));
    }
    let (Some(quality), true) = (quality, events.iter().any(Option::is_some)) else {
        return FactorInput::unknown(could_log(reading));
    };
    let names = ["issue", "use", "revocation"];
    let logged: Vec<&str> =
        names.iter().zip(events).filter(|(_, event)| *event == Some(true)).map(|(name, _)| *name).collect();
    // A third each, in whole quarters, rounded down.
    let value = [Quarters::NONE, Quarters::ONE, Quarters::HALF, Quarters::FULL][logged.len()];
    let words = match logged.as_slice() {
        [] => "none of issue, use and revocation is logged".to_owned(),
        some => format!("logged: {}", some.join(", ")),
    };
    FactorInput::known(value, quality, words)
}

fn could_log(reading: &Reading<'_>) -> String {
    let able: Option<Vec<&str>> = reading
        .replacements()
        .and_then(|all| all.first().map(|one| one.logged.iter().map(String::as_str).collect()));
    match able {
        Some(able) if !able.is_empty() => {
            format!("the target can log {}; nothing read shows that it does", able.join(", "))
        }
        _ => "nothing read shows a log of its issue, use and revocation".to_owned(),
    }
}
