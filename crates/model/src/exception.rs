//! Exceptions: standing access that people accepted, for a named reason, until a day, in sight.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Finding, Severity, Timestamp};

/// Most days from an approval to the end of what it accepts.
pub const EXCEPTION_DAYS_MAX: i32 = 90;
/// Days before its end from which on an exception is told as ending.
pub const EXCEPTION_SOON_DAYS: i32 = 14;
/// Most days until emergency access is looked at again.
pub const BREAK_GLASS_REVIEW_DAYS_MAX: i32 = 3;

/// Why access that stands is accepted. There are no other reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ExceptionReason {
    /// The workload cannot prove itself again safely.
    CannotReauthenticate,
    /// Taking the access away causes a risk out of proportion.
    RevocationDisproportionate,
    /// Meant for emergencies.
    BreakGlass,
}

impl ExceptionReason {
    /// Every reason.
    pub const ALL: [ExceptionReason; 3] = [
        ExceptionReason::CannotReauthenticate,
        ExceptionReason::RevocationDisproportionate,
        ExceptionReason::BreakGlass,
    ];

    /// The word that reports and flags use.
    pub fn word(self) -> &'static str {
        match self {
            ExceptionReason::CannotReauthenticate => "cannot_reauthenticate",
            ExceptionReason::RevocationDisproportionate => "revocation_disproportionate",
            ExceptionReason::BreakGlass => "break_glass",
        }
    }

    /// How many people must approve it.
    pub fn approvers_min(self) -> usize {
        if self == ExceptionReason::BreakGlass { 2 } else { 1 }
    }
}

/// Where an exception stands on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ExceptionState {
    /// Its last day is over, and nobody said that it ended.
    Expired,
    /// It holds, for [`EXCEPTION_SOON_DAYS`] days at most.
    ExpiringSoon,
    /// It holds.
    #[default]
    Active,
    /// A review ended it.
    Ended,
}

impl ExceptionState {
    /// Whether it suppresses what it accepts.
    pub fn holds(self) -> bool {
        matches!(self, ExceptionState::Active | ExceptionState::ExpiringSoon)
    }

    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            ExceptionState::Expired => "expired",
            ExceptionState::ExpiringSoon => "expiring_soon",
            ExceptionState::Active => "active",
            ExceptionState::Ended => "ended",
        }
    }
}

/// What a review decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewDecision {
    /// It still holds.
    Keep,
    /// It holds no more.
    End,
}

impl ReviewDecision {
    /// Every decision.
    pub const ALL: [ReviewDecision; 2] = [ReviewDecision::Keep, ReviewDecision::End];

    /// The word that reports and flags use.
    pub fn word(self) -> &'static str {
        match self {
            ReviewDecision::Keep => "keep",
            ReviewDecision::End => "end",
        }
    }
}

/// A finding as it was when it was accepted. One that is worse by now, or another one, is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AcceptedFinding {
    /// Its id.
    pub id: String,
    /// The root that holds it.
    pub root: String,
    /// The rule that made it.
    pub rule_id: String,
    /// How bad it was.
    pub severity: Severity,
}

/// One look at an exception after it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ExceptionReview {
    /// Who looked.
    pub by: Vec<String>,
    /// What they decided.
    pub decision: ReviewDecision,
    /// When.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
    /// The last day on which it holds from then on, in UTC.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires: Date,
    /// The day of the next look.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub review: Option<Date>,
}

/// Access that stands and was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Exception {
    /// Given once.
    pub id: String,
    /// The identity.
    pub identity_id: String,
    /// How the identity was called when it was accepted.
    pub identity_name: String,
    /// Why it is accepted.
    pub reason: ExceptionReason,
    /// The same in a person's words.
    pub why: String,
    /// Who accepted it.
    pub approved_by: Vec<String>,
    /// When.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub made_at: Timestamp,
    /// The last day on which it holds, in UTC; a review may have moved it.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires: Date,
    /// The day of the next look, in UTC.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub review: Option<Date>,
    /// What is accepted, and nothing else.
    pub accepted: Vec<AcceptedFinding>,
    /// Every look at it, oldest first.
    #[serde(default)]
    pub reviews: Vec<ExceptionReview>,
    /// Where it stood on the day when this was asked.
    #[serde(default)]
    pub state: ExceptionState,
}

impl Exception {
    /// Takes over a review.
    pub fn reviewed(mut self, review: ExceptionReview) -> Self {
        (self.expires, self.review) = (review.expires, review.review);
        self.reviews.push(review);
        self
    }

    /// The exception as it stands on a day.
    pub fn on(mut self, today: Date) -> Self {
        let is_ended = self.reviews.last().is_some_and(|review| review.decision == ReviewDecision::End);
        let left = days_between(today, self.expires);
        self.state = match left {
            _ if is_ended => ExceptionState::Ended,
            left if left < 0 => ExceptionState::Expired,
            left if left <= EXCEPTION_SOON_DAYS => ExceptionState::ExpiringSoon,
            _ => ExceptionState::Active,
        };
        self
    }

    /// Whether it holds and the day of its next look is over.
    pub fn is_review_due(&self, today: Date) -> bool {
        self.state.holds() && self.review.is_some_and(|day| day < today)
    }

    /// Whether this finding is what was accepted: the same one, at its place, and no worse.
    pub fn covers(&self, finding: &Finding) -> bool {
        self.accepted.iter().any(|accepted| {
            accepted.id == finding.id
                && accepted.root == finding.place.root
                && finding.severity <= accepted.severity
        })
    }
}

/// Days from one to the other; negative when the other is over.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

/// All exceptions beside how many identities there are: they should be rare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionOverview {
    /// Identities in the inventory.
    pub identities: u64,
    /// Those for which an exception holds.
    pub identities_excepted: u64,
    /// Those that want one: they cannot be short-lived, and none holds.
    pub identities_without: u64,
    /// Expired first, then those that end soon, then the others by their last day; ended ones last.
    pub exceptions: Vec<Exception>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn until(expires: Date) -> Exception {
        Exception {
            id: "x_1".to_owned(),
            identity_id: "i_1".to_owned(),
            identity_name: "deploy".to_owned(),
            reason: ExceptionReason::CannotReauthenticate,
            why: "vendor device".to_owned(),
            approved_by: vec!["kim".to_owned()],
            made_at: Timestamp::UNIX_EPOCH,
            expires,
            review: Some(date(2026, 6, 10)),
            accepted: Vec::new(),
            reviews: Vec::new(),
            state: ExceptionState::Active,
        }
    }

    #[test]
    fn an_exception_holds_through_its_last_day_and_no_longer() {
        let state = |month, day| until(date(2026, 6, 30)).on(date(2026, month, day)).state;
        assert_eq!(state(5, 1), ExceptionState::Active);
        assert_eq!(state(6, 15), ExceptionState::Active);
        assert_eq!(state(6, 16), ExceptionState::ExpiringSoon);
        assert_eq!(state(6, 30), ExceptionState::ExpiringSoon);
        assert_eq!(state(7, 1), ExceptionState::Expired);
    }

    #[test]
    fn a_review_moves_the_end_or_is_the_end() {
        let review = |decision, expires| ExceptionReview {
            by: vec!["kim".to_owned()],
            decision,
            at: Timestamp::UNIX_EPOCH,
            expires,
            review: None,
        };
        let kept = until(date(2026, 6, 30)).reviewed(review(ReviewDecision::Keep, date(2026, 8, 1)));
        assert!(kept.clone().on(date(2026, 7, 31)).state.holds());
        assert!(!kept.clone().on(date(2026, 7, 31)).is_review_due(date(2026, 7, 31)));
        let ended = kept.reviewed(review(ReviewDecision::End, date(2026, 7, 1)));
        assert_eq!(ended.on(date(2026, 6, 30)).state, ExceptionState::Ended);
    }

    #[test]
    fn a_look_is_overdue_after_its_day() {
        let held = |day| until(date(2026, 6, 30)).on(date(2026, 6, day)).is_review_due(date(2026, 6, day));
        assert!(!held(10));
        assert!(held(11));
    }
}
