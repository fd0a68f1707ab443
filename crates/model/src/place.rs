//! Where something was seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A span in a file, relative to the scanned root that holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Place {
    /// The scanned root as the user named it.
    pub root: String,
    /// Path below the root, `/` on every platform; bytes that are not UTF-8 are percent-escaped.
    pub path: String,
    /// First line, from 1. For something without lines (a whole file) it is 1.
    pub start_line: u32,
    /// Last line, from 1, inclusive.
    pub end_line: u32,
    /// First byte in its line, from 1.
    pub start_column: u32,
    /// Byte after the last one, from 1, in `end_line`.
    pub end_column: u32,
}

/// Another place that holds the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OtherPlace {
    /// Path below the same root.
    pub path: String,
    /// Line, from 1.
    pub start_line: u32,
    /// Commit that introduced it there, for history; `None` for the work tree.
    pub commit: Option<String>,
}

/// The commit that brought something in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Introduction {
    /// Full object id in hex.
    pub commit: String,
    /// `Name <mail>` as the commit says; a label, never proof of who it was.
    pub author: String,
    /// Author time.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub committed_at: Timestamp,
}

/// How a place can still be reached. Every hit in an object store has exactly one fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A file on disk, below a scanned root.
    WorkTree,
    /// In the tree of HEAD.
    Head,
    /// Only in commits that a branch, tag or remote reaches.
    History,
    /// Only in a stash.
    Stash,
    /// Only in commits that a reflog names.
    Reflog,
    /// In a commit that nothing names.
    Unreachable,
    /// In a tree that no commit names, or a blob that a ref names directly.
    Loose,
    /// In a blob that nothing names.
    Dangling,
    /// In the text of a commit or an annotated tag.
    Message,
}

impl Fate {
    /// Whether a person meets it in the files of today.
    pub fn is_in_tree(self) -> bool {
        matches!(self, Fate::WorkTree | Fate::Head)
    }
}
