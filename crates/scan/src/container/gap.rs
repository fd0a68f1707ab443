//! Why a container, or a member of one, was not read to its end.

use serde::{Deserialize, Serialize};
use tenure_model::{ReadState, Unread};

use super::spot::member_path;

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Gap {
    /// It grows beyond all proportion, or its members overlap.
    Bomb,
    /// More bytes than one container may give.
    TooLarge,
    /// More members than one container may have.
    TooManyMembers,
    /// More work than one container may make.
    TooMuchWork,
    /// Containers in containers in containers.
    TooDeep,
    /// A container inside another that is too large to be held in memory.
    MemberTooLarge,
    /// Its format asks for more memory than there is.
    TooMuchMemory,
    /// It needs a password.
    Encrypted,
    /// A method or format that is not read.
    Unsupported,
    /// It is called like a container and begins like none.
    Unrecognised,
    /// A format that hides its content, and that is not opened.
    Opaque,
    /// It ends before its time.
    Truncated,
    /// It is not what its format says.
    Damaged,
    /// The file could not be read from its disk.
    Disk,
    /// Our own reader stopped.
    ReaderFailed,
    /// Our own search for secrets stopped.
    SearchFailed,
    /// The user stopped the scan.
    Cancelled,
}

impl Gap {
    /// Stable code for scripts.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Gap::Bomb => "archive_bomb",
            Gap::TooLarge => "archive_too_large",
            Gap::TooManyMembers => "archive_too_many_members",
            Gap::TooMuchWork => "archive_too_much_work",
            Gap::TooDeep => "archive_too_deep",
            Gap::MemberTooLarge => "archive_member_too_large",
            Gap::TooMuchMemory => "archive_too_much_memory",
            Gap::Encrypted => "archive_encrypted",
            Gap::Unsupported => "archive_unsupported",
            Gap::Unrecognised => "archive_unrecognised",
            Gap::Opaque => "opaque_format",
            Gap::Truncated => "archive_truncated",
            Gap::Damaged => "archive_damaged",
            Gap::Disk => "io_error",
            Gap::ReaderFailed => "archive_reader_failed",
            Gap::SearchFailed => "search_failed",
            Gap::Cancelled => "cancelled",
        }
    }

    /// One sentence for a person.
    fn sentence(self) -> &'static str {
        match self {
            Gap::Bomb => "unpacks beyond all proportion, or its members overlap; the rest was not unpacked",
            Gap::TooLarge => {
                "holds more than one scan unpacks: unpack it and scan the folder to read the rest"
            }
            Gap::TooManyMembers => {
                "holds more files than one scan reads: unpack it and scan the folder to read the rest"
            }
            Gap::TooMuchWork => {
                "takes longer than one file may: unpack it and scan the folder to read the rest"
            }
            Gap::TooDeep => "is a container too many levels inside others; it was not unpacked",
            Gap::MemberTooLarge => {
                "is a container inside another, too large to be held in memory; it was not unpacked"
            }
            Gap::TooMuchMemory => "asks for more memory than unpacking may take; it was not unpacked",
            Gap::Encrypted => "is encrypted; the password is not asked for",
            Gap::Unsupported => "uses a format or method that is not unpacked: unpack it and scan the folder",
            Gap::Unrecognised => {
                "is called like an archive or a compressed file and begins like none: fetch or make it again"
            }
            Gap::Opaque => {
                "is of a format that hides its content and is not opened here: export what is in it, and scan that"
            }
            Gap::Truncated => "ends before its time; what is there was read",
            Gap::Damaged => "is damaged; what could be unpacked was read",
            Gap::Disk => "could not be read to its end",
            Gap::ReaderFailed => "stopped our reader; what came before was read",
            Gap::SearchFailed => {
                "stopped our search for secrets, which is a mistake of Tenure's: look through it by other means"
            }
            Gap::Cancelled => "was being unpacked when the scan was stopped",
        }
    }
}

/// A gap at a member, as it is kept with the hits of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberGap {
    /// The member; none when it is about the outermost file.
    pub member: Option<String>,
    /// Stable code.
    pub reason: String,
    /// One sentence.
    pub detail: String,
}

impl MemberGap {
    /// A gap with the number of further members that have the same.
    pub(super) fn new(member: Option<String>, gap: Gap, more: u64) -> MemberGap {
        let mut detail = gap.sentence().to_owned();
        if more > 0 {
            detail.push_str(&format!(" (and {more} more inside this file like it)"));
        }
        MemberGap { member, reason: gap.code().to_owned(), detail }
    }

    /// Secrets were not looked for, or not to the end.
    pub(crate) fn search_failed() -> MemberGap {
        MemberGap::new(None, Gap::SearchFailed, 0)
    }

    /// The row of a report. `outer` is the path of the outermost file.
    pub(crate) fn unread(&self, outer: &str) -> Unread {
        let path = match &self.member {
            Some(member) => member_path(outer, member),
            None => outer.to_owned(),
        };
        Unread {
            path,
            // A container's own bytes are always searched, so none is wholly unread.
            state: if self.reason == Gap::SearchFailed.code() {
                ReadState::Failed
            } else {
                ReadState::Partial
            },
            reason: self.reason.clone(),
            detail: format!("this file {}", self.detail),
        }
    }
}
