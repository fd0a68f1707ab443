//! Bytes to findings and evidence: plain threads, no async, no database.
//!
//! The value of a found secret never leaves this crate: what leaves is a keyed fingerprint and a mask.

pub mod cache;
mod container;
pub mod detect;
pub mod engine;
mod files;
mod findings;
mod git;
mod groups;
mod history;
pub mod hits;
mod named;
mod roots_state;
pub mod rules;
mod run;
mod scanner;
mod search;
mod since;
mod source;
mod veil;

pub use container::MemberGap;
pub use engine::Engine;
pub use roots_state::RootsState;
pub use scanner::{Progress, REPOSITORY_CONFIGURATION, ScanOutcome, ScanRequest, Sink, Unchanged, scan};
pub use since::{Since, UnknownRevision};
pub use source::{Excluded, Exclusions};
pub use veil::Veil;
