//! What can go wrong with an inventory, each with what to do about it.

use std::path::PathBuf;

use tenure_model::{MigrationState, Timestamp};

/// Why the inventory did not do what was asked. No variant carries a scanned value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The path leads to something that is not a file.
    #[error("{path} is not a file; name a file for the inventory, it is made when it does not exist")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is something else than an SQLite database.
    #[error("{path} is not an inventory (not an SQLite file); it was left as it is: name another file")]
    NotSqlite {
        /// The path.
        path: PathBuf,
    },
    /// An SQLite database of another program.
    #[error(
        "{path} is an SQLite database of another program (application id {application_id:#010x}); it was left as it is: name another file"
    )]
    Foreign {
        /// The path.
        path: PathBuf,
        /// The id that the file carries.
        application_id: u32,
    },
    /// The database does not hold together.
    #[error(
        "the inventory {path} is damaged ({detail}); it was left as it is: restore a copy, or move it away and scan again"
    )]
    Damaged {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// A newer Tenure wrote it.
    #[error(
        "the inventory {path} was written by a newer Tenure (schema {found}, this one knows {known}); it was left as it is: update Tenure, or name another file"
    )]
    Newer {
        /// The path.
        path: PathBuf,
        /// Schema of the file.
        found: u32,
        /// Newest schema that this program knows.
        known: u32,
    },
    /// The file system said no.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was being tried.
        doing: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others may read the fingerprint key.
    #[error(
        "the fingerprint key {path} can be read by others (mode {mode:o}): run `chmod 600` on it if nobody did, or remove it and scan again under a new key"
    )]
    KeyExposed {
        /// The path.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not hold a key.
    #[error(
        "{path} does not hold a fingerprint key (64 hexadecimal digits): restore a copy, or remove it and the inventory and scan again"
    )]
    KeyMalformed {
        /// The path.
        path: PathBuf,
    },
    /// The inventory was made with another key.
    #[error(
        "fingerprints would not match: this inventory was made with fingerprint key {stored}, this installation has {given}; restore that key, or name another inventory file"
    )]
    KeyMismatch {
        /// Key of the inventory.
        stored: String,
        /// Key at hand.
        given: String,
    },
    /// Another process is writing.
    #[error("another process is writing to the inventory: try again when it is done")]
    Busy,
    /// The task that writes a scan's observations has ended early.
    #[error("the inventory stopped taking observations; the end of the scan says why")]
    WriterStopped,
    /// Nothing has this name.
    #[error("there is no {what} `{name}` in this inventory")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The name is taken.
    #[error("there is a {what} `{name}` already")]
    Exists {
        /// What was to be added.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A broker is named by a migration that is not over.
    #[error("broker `{name}` is still needed by migration {migration}: roll it back or finish it first")]
    BrokerInUse {
        /// The broker.
        name: String,
        /// The migration.
        migration: String,
    },
    /// A broker's address carries a credential.
    #[error(
        "the address of broker `{name}` carries a user or password; an inventory stores no credential: give the address without it"
    )]
    BrokerAddress {
        /// The broker.
        name: String,
    },
    /// No name wins, so there is nothing to confirm.
    #[error("{identity} has no single owner to confirm: say who it is with `tenure owner set`")]
    NoOwnerToConfirm {
        /// The identity.
        identity: String,
    },
    /// The approval, or the plan at hand, is not of the plan that was proposed.
    #[error("the plan of migration {migration} is {stored}, not {given}: nothing was changed")]
    PlanDiffers {
        /// The migration.
        migration: String,
        /// SHA-256 of the proposed plan.
        stored: String,
        /// SHA-256 that was given.
        given: String,
    },
    /// Nobody approved this phase.
    #[error("migration {migration} has no approval for its {phase} steps")]
    NotApproved {
        /// The migration.
        migration: String,
        /// `apply` or `cutover`.
        phase: String,
    },
    /// The state is not the one that was expected; somebody else moved it.
    #[error("migration {migration} is {found}, not {expected}", found = .found.word(), expected = .expected.word())]
    StateMoved {
        /// The migration.
        migration: String,
        /// State that the caller expected.
        expected: MigrationState,
        /// State that it has.
        found: MigrationState,
    },
    /// There is no such way.
    #[error("migration {migration} cannot go from {from} to {to}: {because}", from = .from.word(), to = .to.word())]
    NoSuchTransition {
        /// The migration.
        migration: String,
        /// State that it has.
        from: MigrationState,
        /// State that was asked for.
        to: MigrationState,
        /// What is missing, in words.
        because: String,
    },
    /// A step was handed to somebody else meanwhile, or its outcome is already known.
    #[error(
        "step {seq} of migration {migration} is no longer held under number {fence}: its outcome was not recorded"
    )]
    StaleFence {
        /// The migration.
        migration: String,
        /// The step.
        seq: u32,
        /// Number that the caller held.
        fence: u64,
    },
    /// A lease that would be over at once.
    #[error("a lease until {until} has no time left")]
    LeaseTooShort {
        /// When it would end.
        until: Timestamp,
    },
    /// A stored noun could not be read back.
    #[error("a stored {what} does not read back: {detail}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        detail: String,
    },
    /// SQLite said no.
    #[error("the inventory's database: {0}")]
    Database(sqlx::Error),
}

impl InventoryError {
    /// A stable code that a front end branches on.
    pub fn code(&self) -> &'static str {
        match self {
            InventoryError::NotAFile { .. } => "inventory_not_a_file",
            InventoryError::NotSqlite { .. } => "inventory_not_sqlite",
            InventoryError::Foreign { .. } => "inventory_foreign",
            InventoryError::Damaged { .. } => "inventory_damaged",
            InventoryError::Newer { .. } => "inventory_newer",
            InventoryError::Io { .. } => "inventory_io",
            InventoryError::KeyExposed { .. } => "key_exposed",
            InventoryError::KeyMalformed { .. } => "key_malformed",
            InventoryError::KeyMismatch { .. } => "key_mismatch",
            InventoryError::Busy => "inventory_busy",
            InventoryError::WriterStopped => "writer_stopped",
            InventoryError::Unknown { .. } => "unknown_name",
            InventoryError::Exists { .. } => "name_taken",
            InventoryError::BrokerInUse { .. } => "broker_in_use",
            InventoryError::BrokerAddress { .. } => "broker_address",
            InventoryError::NoOwnerToConfirm { .. } => "no_owner_to_confirm",
            InventoryError::PlanDiffers { .. } => "plan_differs",
            InventoryError::NotApproved { .. } => "not_approved",
            InventoryError::StateMoved { .. } => "state_moved",
            InventoryError::NoSuchTransition { .. } => "no_such_transition",
            InventoryError::StaleFence { .. } => "stale_fence",
            InventoryError::LeaseTooShort { .. } => "lease_too_short",
            InventoryError::Unreadable { .. } => "stored_unreadable",
            InventoryError::Database(_) => "inventory_database",
        }
    }

    pub(crate) fn io(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        InventoryError::Io { doing, path: path.to_owned(), source }
    }

    pub(crate) fn unknown(what: &'static str, name: &str) -> Self {
        InventoryError::Unknown { what, name: name.to_owned() }
    }

    pub(crate) fn unreadable(what: &'static str, detail: impl std::fmt::Display) -> Self {
        InventoryError::Unreadable { what, detail: detail.to_string() }
    }
}

impl From<sqlx::Error> for InventoryError {
    fn from(error: sqlx::Error) -> Self {
        const SQLITE_BUSY: &str = "5";
        match &error {
            sqlx::Error::Database(inner) if inner.code().as_deref() == Some(SQLITE_BUSY) => {
                InventoryError::Busy
            }
            sqlx::Error::PoolTimedOut => InventoryError::Busy,
            _ => InventoryError::Database(error),
        }
    }
}
