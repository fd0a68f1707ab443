//! The flags of `tenure exception`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use tenure_model::{ExceptionReason, ReviewDecision};

use super::GlobalStore;

/// `exception …`
#[derive(Debug, Args)]
pub(crate) struct ExceptionArgs {
    #[command(subcommand)]
    pub(crate) verb: ExceptionVerb,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
}

/// What people accept for a time.
#[derive(Debug, Subcommand)]
pub(crate) enum ExceptionVerb {
    /// Accept what is found of an identity today, until a day; what is found later is not accepted.
    Add {
        /// Id, native id, or name of an identity; or the id of one finding.
        identity: String,
        /// Why access has to stand.
        #[arg(long, value_parser = reasons())]
        reason: ExceptionReason,
        /// The same in your words.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Who accepts it; for emergencies two different people.
        #[arg(long, required = true, value_name = "WHO")]
        by: Vec<String>,
        /// The last day, in UTC, at most 90 days ahead: 2027-01-31.
        #[arg(long, value_name = "DATE")]
        expires: Date,
        /// The day of the first review; for emergencies within three days, always.
        #[arg(long, value_name = "DATE")]
        review: Option<Date>,
    },
    /// All exceptions: expired ones first, then those that end soon.
    List,
    /// Look at an exception again.
    Review {
        /// Its id.
        id: String,
        /// Who looks; more time for emergency access needs two different people.
        #[arg(long, required = true, value_name = "WHO")]
        by: Vec<String>,
        /// Whether it goes on.
        #[arg(long, value_parser = decisions())]
        decision: ReviewDecision,
        /// A new last day, in UTC, at most 90 days ahead.
        #[arg(long, value_name = "DATE")]
        expires: Option<Date>,
        /// The day of the next review.
        #[arg(long, value_name = "DATE")]
        review: Option<Date>,
    },
}

fn reasons() -> impl TypedValueParser<Value = ExceptionReason> {
    PossibleValuesParser::new(ExceptionReason::ALL.map(ExceptionReason::word)).map(|word| {
        let known = ExceptionReason::ALL.into_iter().find(|reason| reason.word() == word);
        known.expect("only these words are possible")
    })
}

fn decisions() -> impl TypedValueParser<Value = ReviewDecision> {
    PossibleValuesParser::new(ReviewDecision::ALL.map(ReviewDecision::word)).map(|word| {
        let known = ReviewDecision::ALL.into_iter().find(|decision| decision.word() == word);
        known.expect("only these words are possible")
    })
}
