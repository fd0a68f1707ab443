//! What there is to say about accepted exceptions: one that is over, one that nobody looked at, an emergency's without a log.

use tenure_model::{Exception, ExceptionReason, ExceptionState, Fact};

use super::Statement;
use crate::reading::Reading;

pub(super) const EXPIRED: &str = "lifecycle-exception-expired";
pub(super) const UNREVIEWED: &str = "lifecycle-exception-unreviewed";
pub(super) const UNLOGGED: &str = "lifecycle-exception-unlogged";

/// Days of a reason that names several exceptions.
const NAMED_MAX: usize = 8;

pub(super) fn exceptions<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let all = reading.exceptions();
    let mut say = |rule, told: Vec<String>| {
        let more = told.len().saturating_sub(NAMED_MAX);
        if !told.is_empty() {
            let mut reason = told.into_iter().take(NAMED_MAX).collect::<Vec<_>>().join("; ");
            if more > 0 {
                reason.push_str(&format!("; and {more} more"));
            }
            found.push(Statement::new(rule, reason));
        }
    };
    let those = |pick: &dyn Fn(&Exception) -> bool, told: &dyn Fn(&Exception) -> String| -> Vec<String> {
        all.iter().filter(|exception| pick(exception)).map(told).collect()
    };
    say(
        EXPIRED,
        those(&|exception| exception.state == ExceptionState::Expired, &|exception| {
            format!("{} held until {}: end it, or let it be approved again", exception.id, exception.expires)
        }),
    );
    say(
        UNREVIEWED,
        those(&|exception| exception.is_review_due(reading.today()), &|exception| {
            let day = exception.review.map(|day| day.to_string()).unwrap_or_default();
            format!("{} was to be reviewed by {day}", exception.id)
        }),
    );
    let mut logged =
        reading.facts(|fact| matches!(fact, Fact::Logging { usage: Some(true), .. }).then_some(()));
    if logged.next().is_none() {
        let is_emergency = |exception: &Exception| {
            exception.state.holds() && exception.reason == ExceptionReason::BreakGlass
        };
        say(
            UNLOGGED,
            those(&is_emergency, &|exception| {
                format!(
                    "{} is for emergencies, and nothing that was read shows that each use is logged",
                    exception.id
                )
            }),
        );
    }
}
