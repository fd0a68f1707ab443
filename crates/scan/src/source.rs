//! Where bytes come from: files of a work tree, read so that nothing on disk can hang or mislead the scan.

mod exclusion;
mod file;
mod looks;
mod neighbourhood;
mod walk;

pub use exclusion::{Excluded, Exclusions};
pub(crate) use file::{is_refused_by_the_disk, open_regular, unread as io_unread};
pub(crate) use looks::{Looks, looks};
pub(crate) use neighbourhood::{ByName, Neighbourhood};
pub(crate) use walk::{Entry, Walked, below, walk};
