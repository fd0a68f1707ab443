//! Plans become receipts and proofs here: the only crate that changes anything outside this machine's inventory.
//!
//! A broker is one file and its row in the list below. It reads before it writes, writes only what is not
//! there, reads back what it wrote, and touches nothing that does not carry the migration's mark. What was asked
//! and answered is kept by the caller; nothing here remembers.

mod capabilities;
mod connection;
mod contract;
mod difference;
mod error;
mod files;
mod mark;
mod openbao;
mod secret;
mod target;

pub use capabilities::{Capabilities, Guarantees, Reach, Revocation};
pub use connection::Connection;
pub use contract::{Answer, Broker, Proposal, Work, is_proven};
pub use error::{BrokerError, PlanError};
pub use openbao::{AUDIT_STANZA, adapter_policy};
pub use secret::{Keys, OLD_PASSWORD_VARIABLE, Secret, TOKEN_VARIABLES, WORKLOAD_TOKEN_VARIABLE};

/// The longest that a broker works on one step; whoever leases steps to workers leases them for longer than this.
pub const STEP_SECONDS_MAX: u64 = 120;

/// One kind of broker that a connection can name.
pub struct BrokerKind {
    /// The word for `--kind`.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// What its address is.
    pub address: &'static str,
    /// True when it acts with a token.
    pub needs_token: bool,
    open: Opener,
}

type Opener = fn(Connection, Option<Secret>) -> Result<Box<dyn Broker>, BrokerError>;

/// Every kind of broker, the embedded default first.
pub fn kinds() -> &'static [BrokerKind] {
    &[files::KIND, openbao::KIND]
}

/// The broker behind a connection. Nothing is sent yet.
///
/// # Errors
/// [`BrokerError::Address`] when the address is refused, [`BrokerError::Secret`] when a token is needed and missing.
pub fn open(connection: Connection, token: Option<Secret>) -> Result<Box<dyn Broker>, BrokerError> {
    let kind = kinds().iter().find(|kind| kind.name == connection.kind).ok_or_else(|| {
        let known: Vec<&str> = kinds().iter().map(|kind| kind.name).collect();
        BrokerError::Address {
            connection: connection.name.clone(),
            reason: format!("{:?} is not a kind of broker; there are: {}", connection.kind, known.join(", ")),
        }
    })?;
    if kind.needs_token && token.is_none() {
        return Err(BrokerError::Secret {
            what: format!(
                "no token for {}; set {} or name a file",
                connection.name,
                TOKEN_VARIABLES.join(" or ")
            ),
        });
    }
    (kind.open)(connection, token)
}
