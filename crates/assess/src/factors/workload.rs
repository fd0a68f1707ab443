//! F4: can the platform prove who the workload is, without a static secret?

use tenure_model::{Fact, Federation, Quality};

use crate::inputs::{FactorInput, Quarters};
use crate::reading::Reading;

/// The weakest consumer decides: one that needs the static secret keeps it alive for all.
pub(super) fn workload_identity(reading: &Reading<'_>) -> FactorInput {
    let weakest = reading
        .facts(|fact| match fact {
            Fact::Federation { state, how } => Some((*state, how)),
            _ => None,
        })
        .min_by_key(|((state, _), _)| *state);
    if let Some(((state, how), evidence)) = weakest {
        let value = match state {
            Federation::Used | Federation::Available => Quarters::FULL,
            Federation::AvailableNotEnabled => Quarters::THREE,
            Federation::PluginOnly => Quarters::HALF,
            Federation::StaticOnly => Quarters::NONE,
        };
        return FactorInput::known(value, evidence.quality, format!("{how} ({})", evidence.source.text()));
    }
    // A platform that can issue tokens still counts when no reader said more about this job.
    let workflows_only = reading.workers().all(|consumer| consumer.path.contains(".github/workflows/"));
    if workflows_only && reading.workers().next().is_some() {
        let words = "GitHub Actions can issue OIDC tokens; nothing read says that this job does";
        return FactorInput::known(Quarters::THREE, Quality::Heuristic, words);
    }
    FactorInput::unknown("nothing read says whether the workload can prove who it is")
}
