//! Connections to brokers: added, listed, checked, forgotten.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tenure_broker::{Broker, BrokerError, Connection, PlanError, Secret};
use tenure_inventory::{BrokerConnection, Inventory};
use tenure_model::Timestamp;

use crate::{Failure, Store};

pub use tenure_broker::{BrokerKind, Capabilities, kinds as broker_kinds};

/// A connection as a person names it.
#[derive(Debug, Clone)]
pub struct NewBroker {
    /// Name of the connection.
    pub name: String,
    /// Kind, one of [`broker_kinds`].
    pub kind: String,
    /// `https://…`, or a folder for `files`.
    pub address: String,
    /// Namespace at the broker.
    pub namespace: Option<String>,
}

/// A connection as it is remembered. The token is never part of it.
#[derive(Debug, Clone, Serialize)]
pub struct BrokerRow {
    /// Name of the connection.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Address.
    pub address: String,
    /// Namespace at the broker.
    pub namespace: Option<String>,
}

/// Remembers a connection after its address was looked at. Nothing is sent.
///
/// # Errors
/// When the address is refused or the name is taken.
pub async fn add_broker(store: &Store, broker: &NewBroker, now: Timestamp) -> Result<BrokerRow, Failure> {
    let address = if broker.kind == "files" { absolute(&broker.address)? } else { broker.address.clone() };
    let connection = Connection {
        name: broker.name.clone(),
        kind: broker.kind.clone(),
        address: address.clone(),
        namespace: broker.namespace.clone(),
    };
    if broker.kind != "files" {
        connection.url()?;
        connection.checked_namespace()?;
    }
    let (inventory, _) = store.open().await?;
    let row = BrokerConnection {
        name: broker.name.clone(),
        kind: broker.kind.clone(),
        address,
        namespace: broker.namespace.clone(),
        added_at: now,
    };
    inventory.add_broker(&row).await?;
    inventory.close().await?;
    Ok(shown(row))
}

/// A folder as it is called from anywhere.
fn absolute(folder: &str) -> Result<String, Failure> {
    let path = std::path::absolute(PathBuf::from(folder))
        .map_err(|error| Failure::Usage(format!("{folder} is no folder name: {error}")))?;
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::Usage("the folder's name must be valid UTF-8".to_owned()))
}

fn shown(row: BrokerConnection) -> BrokerRow {
    BrokerRow { name: row.name, kind: row.kind, address: row.address, namespace: row.namespace }
}

/// All connections, by name.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn list_brokers(store: &Store) -> Result<Vec<BrokerRow>, Failure> {
    let inventory = store.open_existing().await?;
    let rows = inventory.brokers().await?.into_iter().map(shown).collect();
    inventory.close().await?;
    Ok(rows)
}

/// Whether a connection can be used, and with which rights. Only reads.
///
/// # Errors
/// When the broker cannot be reached or refuses the token.
pub async fn check_broker(
    store: &Store,
    name: &str,
    token_file: Option<&Path>,
) -> Result<Capabilities, Failure> {
    let inventory = store.open_existing().await?;
    let broker = open_broker(&inventory, name, token_file).await?;
    inventory.close().await?;
    Ok(broker.capabilities(None).await?)
}

/// Forgets a connection. What was done there stays done.
///
/// # Errors
/// When there is none of this name, or a migration still uses it.
pub async fn remove_broker(store: &Store, name: &str) -> Result<(), Failure> {
    let inventory = store.open_existing().await?;
    inventory.remove_broker(name).await?;
    inventory.close().await?;
    Ok(())
}

/// The broker behind a connection, with its token from a file or the environment.
pub(crate) async fn open_broker(
    inventory: &Inventory,
    name: &str,
    token_file: Option<&Path>,
) -> Result<Box<dyn Broker>, Failure> {
    let row = inventory.broker(name).await?;
    let token = match token_file {
        Some(file) => Some(Secret::from_file(file)?),
        None => Secret::token_from_environment()?,
    };
    let connection =
        Connection { name: row.name, kind: row.kind, address: row.address, namespace: row.namespace };
    Ok(tenure_broker::open(connection, token)?)
}

impl From<BrokerError> for Failure {
    fn from(error: BrokerError) -> Self {
        Failure::Broker { code: "broker", message: error.to_string() }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Failure::Broker { code: "plan", message: error.to_string() }
    }
}
