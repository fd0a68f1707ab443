//! The order of the stages, and the one interface of both front ends.
//!
//! Nobody else knows that a scan's observations are resolved, then judged, then reported. The command line and the
//! desktop are thin doors to the functions here; they print and draw, nothing more.

mod alike;
mod baseline;
mod brokers;
mod cache;

mod cards;
mod comparing;
mod configuration;
mod demo;
mod exceptions;
mod failure;
mod file;
mod folder;
mod groups;
mod handoff;
mod news;

mod orphans;
mod policy;
mod reading;
mod rulebook;
mod scanning;
mod waiting;

pub use baseline::Baseline;
pub use brokers::{
    BrokerKind, BrokerRow, Capabilities, NewBroker, add_broker, broker_kinds, check_broker, list_brokers,
    remove_broker,
};
pub use cards::{RuleCard, rule_cards};
pub use comparing::difference;
pub use configuration::ConfigurationFile;
pub use demo::make_demo;
pub use exceptions::{NewException, NewReview, add_exception, exceptions, review_exception};
pub use failure::{Failure, covered, tell_panics_by_place};
pub use file::{write_whole, write_whole_with};
pub use folder::{default_inventory, key_folder};

pub use handoff::{HandoffContext, Proposed, apply, approve, migrations, propose, rollback, status, verify};
pub use reading::{
    Figures, IdentityDetail, Overview, all_identities, identities, identity, overview, owners, plan,
    set_owner, write_artifacts,
};
pub use rulebook::Rulebook;
pub use scanning::{Cancel, ScanEvent, ScanOptions, Scanned, Store, scan, throwaway_key};
pub use tenure_inventory::{IdentityPage, IdentityQuery, IdentitySort};
pub use tenure_scan::rules::{NotCarried, RuleProblem, RuleSet, check as check_rules, rule_formats};
