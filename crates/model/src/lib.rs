//! The nouns that every stage of Tenure shares.
//!
//! Nothing here reads a file, a clock or the network: values come in, values go out. A stage depends on
//! this crate and on no other stage.

mod assessment;
mod aws;
mod configuration;
mod credential;
mod day;
mod difference;
mod dossier;
mod evidence;
mod exception;
mod finding;
mod fingerprint;
mod handoff;
mod identity;
mod place;
mod plan;
mod report;
mod role;
mod text;
mod unread;

pub use assessment::*;
pub use aws::*;
pub use configuration::*;
pub use credential::*;
pub use day::day_of;
pub use difference::*;
pub use dossier::*;
pub use evidence::*;
pub use exception::*;
pub use finding::*;
pub use fingerprint::*;
pub use handoff::*;
pub use identity::*;
pub use place::*;
pub use plan::*;
pub use report::*;
pub use role::*;
pub use text::*;
pub use unread::*;

/// An instant in UTC, written as RFC 3339. Stages receive it; none of them asks a clock.
pub type Timestamp = jiff::Timestamp;

/// A day of the calendar, in UTC.
pub type Day = jiff::civil::Date;
