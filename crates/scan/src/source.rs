//! Where bytes come from: files of a work tree, read so that nothing on disk can hang or mislead the scan.

mod exclusion;
mod file;
mod neighbourhood;
mod walk;

pub use exclusion::{Excluded, Exclusions};
pub(crate) use file::{open_regular, unread as io_unread};
pub(crate) use neighbourhood::{ByName, Neighbourhood};
pub(crate) use walk::{Entry, Walked, below, walk};
