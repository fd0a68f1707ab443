//! What earlier scans already know about object stores.

use serde::{Deserialize, Serialize};
use tenure_model::{
    Authorship, Evidence, Fate, Finding, Introduction, Observation, OwnerRule, RoleDefinition, Subject,
    Unread,
};

use crate::container::MemberGap;
use crate::hits::Hits;
use crate::{RootsState, ScanOutcome};

/// The result of an object store under one rule set: which blobs were scanned, and the hits of those that had any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoreResult {
    /// Ids of all blobs scanned, sorted.
    pub scanned: Vec<[u8; 20]>,
    /// Hex id of each blob with hits, and its hits; sorted by id.
    pub hits: Vec<(String, Hits)>,
}

impl StoreResult {
    /// Whether the blob was scanned.
    pub fn knows(&self, oid: &[u8; 20]) -> bool {
        self.scanned.binary_search(oid).is_ok()
    }
}

/// Everything that one repository's history showed, as long as nothing in the repository changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// Hash of the state of the repository on disk.
    pub state: [u8; 32],
    /// The readers that read its files.
    pub readers: String,
    /// Distinct blobs in its store.
    pub blobs: u64,
    /// Commits in its store.
    pub commits: u64,
    /// Every value at every path.
    pub values: Vec<SettledValue>,
    /// Hex id of each blob or message that `values` name, and its hits.
    pub hits: Vec<(String, Hits)>,
    /// What was not read of containers, by path.
    pub gaps: Vec<(String, MemberGap)>,
    /// What of the store could not be read.
    pub unread: Vec<Unread>,
    /// What readers made of the files of HEAD, for a repository without files of today; `None` when it was not kept.
    pub head: Option<Vec<Told>>,
    /// Paths in the repository whose authors were asked for, sorted.
    pub authored: Vec<String>,
    /// What is known of these paths' authors; paths are those in the repository.
    pub authorship: Vec<Authorship>,
}

/// What a reader made of a file, as far as it may be kept: an account's policies and an organisation's members never are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // evidence is the common case
pub enum Told {
    /// Something to look at.
    Finding(Finding, Subject),
    /// Something learned.
    Evidence(Evidence),
    /// A line of CODEOWNERS or the like.
    OwnerRule(OwnerRule),
    /// What a role allows.
    Role(Box<RoleDefinition>),
    /// What was not read.
    Unread(Unread),
}

impl Told {
    /// The observation, when it may be kept.
    pub fn of(observation: &Observation) -> Option<Told> {
        match observation {
            Observation::Finding(finding, subject) => Some(Told::Finding(finding.clone(), subject.clone())),
            Observation::Evidence(evidence) => Some(Told::Evidence(evidence.clone())),
            Observation::OwnerRule(rule) => Some(Told::OwnerRule(rule.clone())),
            Observation::Role(role) => Some(Told::Role(role.clone())),
            Observation::Unread(unread) => Some(Told::Unread(unread.clone())),
            Observation::Authorship(_) | Observation::AwsAccount(_) | Observation::Members(_) => None,
        }
    }
}

impl From<Told> for Observation {
    fn from(told: Told) -> Observation {
        match told {
            Told::Finding(finding, subject) => Observation::Finding(finding, subject),
            Told::Evidence(evidence) => Observation::Evidence(evidence),
            Told::OwnerRule(rule) => Observation::OwnerRule(rule),
            Told::Role(role) => Observation::Role(role),
            Told::Unread(unread) => Observation::Unread(unread),
        }
    }
}

/// One value at one path of a repository's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettledValue {
    /// Path below the root.
    pub path: String,
    /// Rule.
    pub rule: String,
    /// Fingerprint.
    pub fingerprint: String,
    /// The earliest commit that brought it in.
    pub introduction: Option<Introduction>,
    /// The nearest way to reach it.
    pub fate: Fate,
    /// Hex id of the blob whose lines are shown.
    pub blob: String,
    /// The member of that blob, when it is a container.
    pub member: Option<String>,
}

/// Keeps results between scans. The inventory implements it; a scan without one uses [`NoCache`].
///
/// The files of a root are one such store, too, each known by a hash of its bytes. A repository is named by the root and folder it was found in; the rule set's hash and the fingerprint key are the
/// keeper's business, because a result is only valid under both.
pub trait ResultCache: Sync {
    /// Whether anything is kept at all.
    fn keeps(&self) -> bool {
        true
    }
    /// What is known of this repository.
    fn known(&self, repository: &str) -> Option<StoreResult>;
    /// Remembers the whole result of this repository, in place of the last one.
    fn remember(&self, repository: &str, result: StoreResult);
    /// What this repository showed when it was last read whole.
    fn settled(&self, repository: &str) -> Option<Settled>;
    /// Remembers what this repository shows, in place of the last time.
    fn settle(&self, repository: &str, settled: &Settled);
    /// How the scan ends when its roots are as an earlier one left them, and everything that that one saw is taken over;
    /// `None` when they do not, or nobody knows.
    fn take_over(&self, _: &RootsState) -> Option<ScanOutcome> {
        None
    }
}

/// Knows nothing and forgets everything.
#[derive(Debug, Clone, Copy)]
pub struct NoCache;

impl ResultCache for NoCache {
    fn keeps(&self) -> bool {
        false
    }

    fn known(&self, _: &str) -> Option<StoreResult> {
        None
    }

    fn remember(&self, _: &str, _: StoreResult) {}

    fn settled(&self, _: &str) -> Option<Settled> {
        None
    }

    fn settle(&self, _: &str, _: &Settled) {}
}
