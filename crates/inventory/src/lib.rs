//! Findings and evidence become identities with owners, kept in SQL.
//!
//! This is the only crate that speaks SQL. A scan's observations come in through one writer; [`Inventory::resolve`]
//! joins what belongs together; `assess` judges it elsewhere and the judgement comes back; a migration's outbox and
//! its chained events live here too, because they must survive a crash.
//!
//! No value of a secret ever arrives here: fingerprints and masks do. The key of the fingerprints lies in a file
//! beside the inventory, never in it.

mod blob_results;
mod column;
mod difference;
mod dossiers;
mod error;
mod exceptions;
mod folder;
mod handoff;
mod identities;
mod inventory;
mod judgements;
mod key;
mod observation;
mod owners;
mod ownership;
mod resolution;
mod resolve;
mod resources;
mod scan;
mod scan_lock;
mod schema;
mod taking_over;
mod writer;

pub use blob_results::{KNOWN_BLOBS_MAX, KnownBlobs};
pub use difference::{Snapshot, difference};
pub use error::InventoryError;
pub use handoff::{BrokerConnection, ClaimedStep, FAILURES_MAX, MigrationBrief, NextStep};
pub use identities::{IdentityPage, IdentityQuery, IdentitySort, PAGE_ROWS_MAX};
pub use inventory::Inventory;
pub use judgements::PastAssessment;
pub use key::load_or_create_key;
pub use resources::{Resources, made_by};
pub use scan::{Reach, ScanEnd, ScanRecord, ScanStart};
pub use scan_lock::ScanLock;
pub use taking_over::TakenOver;
pub use writer::{ObservationSender, ScanWriter};
