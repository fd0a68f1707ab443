//! What can go wrong, as variants that a caller can act on. No variant ever holds a secret.

use std::time::Duration;

/// Why a broker or a target did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The address of a connection is not one that we talk to.
    #[error("the address of {connection} is refused: {reason}")]
    Address {
        /// Name of the connection.
        connection: String,
        /// Why.
        reason: String,
    },
    /// A secret is missing or is not usable.
    #[error("a secret cannot be used: {what}")]
    Secret {
        /// Which, and why; never its value.
        what: String,
    },
    /// No answer. What was asked may or may not have happened; asking again reads first.
    #[error("{host} did not answer: {reason}")]
    Unreachable {
        /// Which server.
        host: String,
        /// Why, as far as it is known.
        reason: String,
    },
    /// The broker is sealed or not initialised.
    #[error("{host} is sealed: its operator must unseal it")]
    Sealed {
        /// Which server.
        host: String,
    },
    /// The broker knows us and says no, or does not know us.
    #[error("permission denied at {path}: {detail}")]
    Forbidden {
        /// What was asked for.
        path: String,
        /// The server's words.
        detail: String,
    },
    /// The server is busy or failing for now.
    #[error("{path} failed for now ({status}): {detail}")]
    Busy {
        /// What was asked for.
        path: String,
        /// HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// The server refuses what was asked.
    #[error("{path} was refused ({status}): {detail}")]
    Refused {
        /// What was asked for.
        path: String,
        /// HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// The answer is not what the server's documents promise.
    #[error("{path} gave an unexpected answer: {detail}")]
    Unexpected {
        /// What was asked for.
        path: String,
        /// What was wrong.
        detail: String,
    },
    /// The target refused a statement or a connection.
    #[error("the target refused ({sqlstate}): {detail}")]
    Target {
        /// SQLSTATE, or `-` where there is none.
        sqlstate: String,
        /// The target's words.
        detail: String,
    },
    /// Access could not be ended; someone must look at the target.
    #[error("access may still be live: {detail}")]
    StillLive {
        /// What is left, and what to do.
        detail: String,
    },
    /// Something must be done or given first.
    #[error("not yet: {0}")]
    NotYet(String),
    /// The step is not one of this broker's.
    #[error("step {seq} ({kind}) is not one that this broker knows")]
    UnknownStep {
        /// Its position.
        seq: u32,
        /// Its kind.
        kind: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

impl BrokerError {
    /// When asking again may help, and after how long. `None`: a person must act first.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            BrokerError::Unreachable { .. } => Some(Duration::from_secs(2)),
            BrokerError::Busy { .. } => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// Why no plan can be made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The intent asks for something that this broker does not do.
    #[error("{0}")]
    Unsupported(String),
    /// Something is missing from the intent, or is not safe to hand over.
    #[error("{field}: {reason}")]
    Intent {
        /// Where in the intent: `who.subject`, …
        field: &'static str,
        /// What to write instead.
        reason: String,
    },
    /// The migration's id cannot become the name of an object.
    #[error("the migration id {id:?} cannot name an object: {reason}")]
    MigrationId {
        /// The id.
        id: String,
        /// Why.
        reason: String,
    },
    /// The broker is not ready for a handoff; what its operator must do.
    #[error("{}", .0.join("\n"))]
    NotReady(Vec<String>),
}
