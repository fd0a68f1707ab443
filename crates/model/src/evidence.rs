//! Evidence: what a detector learned about a subject.
//!
//! A subject is a name under which something is known in one place: an ARN in an export, a secret's name in a
//! workflow, a value's fingerprint in a file. `inventory::resolve` joins the subjects that are one identity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AwsAccount, Consumer, Credential, EscalationPath, Finding, Grant, Members, OwnerClaim, PrivilegeLevel,
    RoleDefinition, Timestamp, Unread, Verdict,
};

/// The namespace of a subject's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A credential; key = its fingerprint. For AWS access keys the fingerprint of the key id.
    Credential,
    /// An AWS principal; key = its ARN.
    AwsPrincipal,
    /// A secret in a CI system's store; key = `system:repository or owner:store:NAME`: `gitlab:acme/shop:project:NAME`,
    /// `circleci:acme:context deploy:NAME`, `azure_pipelines:acme:variable group release:NAME`.
    CiSecret,
    /// A job; key = `root:path#job`.
    CiJob,
    /// A login at a database; key = `engine://user@host:port/database`.
    DatabaseLogin,
    /// An account at another platform; key = `provider:native id`.
    Account,
}

impl SubjectKind {
    /// The word that ids and the inventory use.
    pub fn word(self) -> &'static str {
        match self {
            SubjectKind::Credential => "credential",
            SubjectKind::AwsPrincipal => "aws_principal",
            SubjectKind::CiSecret => "ci_secret",
            SubjectKind::CiJob => "ci_job",
            SubjectKind::DatabaseLogin => "database_login",
            SubjectKind::Account => "account",
        }
    }
}

/// A name under which something is known in one place.
#[derive(Debug, Clone, Eq, PartialOrd, Ord, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Subject {
    /// Namespace of the key.
    pub kind: SubjectKind,
    /// The name; never a secret's value.
    pub key: String,
}

impl Subject {
    /// Names a subject.
    pub fn new(kind: SubjectKind, key: impl Into<String>) -> Self {
        Self { kind, key: key.into() }
    }
}

/// Where a piece of evidence stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvidenceSource {
    /// Scanned root as the user named it.
    pub root: String,
    /// Path below it.
    pub path: String,
    /// Line, from 1, where there is one.
    pub line: Option<u32>,
    /// Commit, for history.
    pub commit: Option<String>,
    /// The reader or rule that says so.
    pub reader: String,
}

impl EvidenceSource {
    /// `path:line`, as people write it.
    pub fn text(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.path),
            None => self.path.clone(),
        }
    }
}

/// How far a piece of evidence can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// A name, a guess, an author line: 0.4.
    Heuristic,
    /// A configuration file that the system obeys: 0.7.
    Config,
    /// An authority's export or an executed check: 1.0.
    Authoritative,
}

impl Quality {
    /// The weight in confidence figures, 0.0 to 1.0.
    pub fn weight(self) -> f64 {
        match self {
            Quality::Heuristic => 0.4,
            Quality::Config => 0.7,
            Quality::Authoritative => 1.0,
        }
    }
}

/// Whether a platform can prove who a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Federation {
    /// Nothing but a static secret.
    StaticOnly,
    /// Only through a new agent or plug-in.
    PluginOnly,
    /// The platform supports it; not switched on here.
    AvailableNotEnabled,
    /// Usable now.
    Available,
    /// Used by this very consumer.
    Used,
}

/// Whether somebody outside the organisation holds a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ThirdParty {
    /// An authority or person says: nobody.
    None,
    /// Somebody did, and their reuse is blocked.
    ReuseBlocked,
    /// Somebody does.
    HoldsCopy,
}

/// What a detector learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum Fact {
    /// The subject is an identity of this kind.
    Identity {
        /// Kind, as in the report: `aws_iam_user`, `github_actions_secret`, …
        kind: String,
        /// Name for people.
        name: String,
        /// The platform's own id.
        native_id: Option<String>,
        /// Platform.
        provider: String,
    },
    /// The subject holds this credential.
    Credential {
        /// What is known of it here; unknown fields are completed by other evidence with the same fingerprint.
        credential: Credential,
    },
    /// The subject and another one are the same identity.
    SameAs {
        /// The other one.
        other: Subject,
        /// Why, in words.
        because: String,
    },
    /// The subject may do this.
    Grant {
        /// What it may do.
        grant: Grant,
    },
    /// An authority or reader judged the privilege as a whole.
    Privilege {
        /// The judgement.
        level: PrivilegeLevel,
        /// The statements that make it so.
        because: Vec<String>,
        /// Administrator or not; `unknown` where it was not asked.
        #[serde(default)]
        admin: Verdict,
        /// Ways to more.
        #[serde(default)]
        paths: Vec<EscalationPath>,
    },
    /// Something automated uses the subject.
    Consumer {
        /// What.
        consumer: Consumer,
    },
    /// Whether the platform could prove the workload's identity at this consumer.
    Federation {
        /// How far.
        state: Federation,
        /// In words.
        how: String,
    },
    /// Somebody answers for it.
    Owner {
        /// The claim.
        claim: OwnerClaim,
    },
    /// What it is for.
    Purpose {
        /// In words.
        text: String,
    },
    /// A label on the subject.
    Tag {
        /// Label.
        key: String,
        /// Its value.
        value: String,
    },
    /// Copies outside the organisation.
    ThirdParty {
        /// Who holds what.
        state: ThirdParty,
    },
    /// An agent that decides by itself what to call next.
    Agentic {
        /// True when every request passes a policy.
        runtime_policy: bool,
    },
    /// Meant for emergencies.
    BreakGlass {
        /// Why we think so.
        because: String,
    },
    /// Cannot attest or be revoked: air-gapped, offline, vendor-managed.
    Offline {
        /// Why we think so.
        because: String,
    },
    /// Which of the three events a log records.
    Logging {
        /// Issuance is logged.
        issue: Option<bool>,
        /// Use is logged.
        usage: Option<bool>,
        /// Revocation is logged.
        revoke: Option<bool>,
    },
    /// A revocation drill or proof: overrides the catalogue.
    Drill {
        /// The end is enforced by the target.
        expiry_enforced: Option<bool>,
        /// Revocation ends access at the target.
        revocation_effective: Option<bool>,
        /// The old credential no longer works.
        non_reusable: Option<bool>,
    },
    /// An account's last use, as an authority recorded it.
    LastUsed {
        /// When; `None` = the authority says never.
        #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
        at: Option<Timestamp>,
    },
}

/// One piece of evidence about one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Evidence {
    /// What it is about.
    pub subject: Subject,
    /// What was learned.
    #[serde(flatten)]
    pub fact: Fact,
    /// Where it stands.
    pub source: EvidenceSource,
    /// How far it can be trusted.
    pub quality: Quality,
}

/// One line of a file that declares owners of paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OwnerRule {
    /// Scanned root.
    pub root: String,
    /// Folder of the repository that the rule speaks for, below the root; empty or ending in `/`.
    pub base: String,
    /// The file that holds it, below the root.
    pub path: String,
    /// Line in it, from 1.
    pub line: u32,
    /// Pattern in the file's own syntax.
    pub pattern: String,
    /// Owners; none means that the paths are un-assigned.
    pub owners: Vec<String>,
}

/// How much of a file's history one author made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Authorship {
    /// Scanned root.
    pub root: String,
    /// The file, below the root.
    pub path: String,
    /// `Name <mail>` after `.mailmap`.
    pub author: String,
    /// Share of the file's changes, each weighted by 2^(-age/180 days) up to the repository's newest commit; 0.0 to 1.0.
    pub share: f64,
    /// The author's newest commit anywhere in the repository.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub last_seen_at: Timestamp,
    /// The repository's newest commit: the "today" of ownership, so that an old repository is not all orphaned.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub newest_commit_at: Timestamp,
}

/// What leaves `scan`, in the order in which it becomes known.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // findings are the common case; boxing them would cost every one an allocation
pub enum Observation {
    /// Something to look at, about this subject.
    Finding(Finding, Subject),
    /// Something learned.
    Evidence(Evidence),
    /// A line of CODEOWNERS or the like, in file order.
    OwnerRule(OwnerRule),
    /// Who made a file what it is.
    Authorship(Authorship),
    /// An account's policies, to be weighed together when the scan has read everything; never stored.
    AwsAccount(Box<AwsAccount>),
    /// What a role of the customer's allows, for the grants that name it; no part of the inventory.
    Role(Box<RoleDefinition>),
    /// Who belongs to an organisation, for what its people answer for; never stored.
    Members(Members),
    /// An input that was not fully read.
    Unread(Unread),
}
