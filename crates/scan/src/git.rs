//! Git repositories, read object by object.
//!
//! Objects come straight out of packs and loose files; `git` is never run, refs, replacements and grafts cannot hide
//! anything, and nothing in a repository is executed. Packs are walked along their deltas, so that a visitor learns
//! which bytes of a blob are new and which it shares with one that it has seen. What cannot be read becomes a row.

mod authorship;
mod commits;
mod config;
mod delta;
mod fence;
mod forest;
mod former;
mod head;
mod history;
mod index;
mod inflate;
mod loose;
mod mailmap;
mod names;
mod newer;
mod objects;
mod oid;
mod order;
mod pack;
mod places;
mod refs;
mod reindex;
mod repository;
mod revision;
mod state;
mod stores;
mod trees;
mod walk;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use authorship::authorship;
pub(crate) use commits::Commits;
pub(crate) use delta::Op;
pub(crate) use former::former;
pub(crate) use head::{HeadFile, entry_at, files_of, head_tree};
pub(crate) use history::{History, Sighting};
pub(crate) use newer::{NewPlace, Newer, newer};
pub(crate) use objects::Objects;
pub(crate) use oid::{ObjectKind, Oid};
pub(crate) use refs::Refs;
pub(crate) use repository::Repository;
pub(crate) use revision::revision;
pub(crate) use state::state;
pub(crate) use trees::EntryKind;
pub(crate) use walk::BlobVisitor;
