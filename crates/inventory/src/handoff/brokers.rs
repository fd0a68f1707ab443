//! Connections to brokers. A broker's token is never part of one.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::Timestamp;

use crate::column::{instant, instant_text};
use crate::{Inventory, InventoryError};

/// A broker that the user made known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerConnection {
    /// Name that the user gave it.
    pub name: String,
    /// Kind of broker.
    pub kind: String,
    /// URL or folder.
    pub address: String,
    /// Namespace at the broker.
    pub namespace: Option<String>,
    /// When it was made known.
    pub added_at: Timestamp,
}

impl Inventory {
    /// Makes a broker known.
    ///
    /// # Errors
    /// When the name is taken, or the address carries a user or password.
    pub async fn add_broker(&self, broker: &BrokerConnection) -> Result<(), InventoryError> {
        if carries_credential(&broker.address) {
            return Err(InventoryError::BrokerAddress { name: broker.name.clone() });
        }
        let mut tx = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO broker (name, kind, address, namespace, added_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(&broker.name)
        .bind(&broker.kind)
        .bind(&broker.address)
        .bind(&broker.namespace)
        .bind(instant_text(broker.added_at))
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(InventoryError::Exists { what: "broker", name: broker.name.clone() });
        }
        tx.commit().await?;
        Ok(())
    }

    /// Every broker, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn brokers(&self) -> Result<Vec<BrokerConnection>, InventoryError> {
        let rows = sqlx::query("SELECT * FROM broker ORDER BY name").fetch_all(self.reader()).await?;
        rows.iter().map(connection).collect()
    }

    /// One broker.
    ///
    /// # Errors
    /// When there is none with this name.
    pub async fn broker(&self, name: &str) -> Result<BrokerConnection, InventoryError> {
        let row = sqlx::query("SELECT * FROM broker WHERE name = ?")
            .bind(name)
            .fetch_optional(self.reader())
            .await?;
        connection(&row.ok_or_else(|| InventoryError::unknown("broker", name))?)
    }

    /// Forgets a broker. What was done there stays done.
    ///
    /// # Errors
    /// When there is none with this name, or a migration that is not over needs it.
    pub async fn remove_broker(&self, name: &str) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        let user: Option<String> = sqlx::query_scalar(
            "SELECT id FROM migration WHERE broker = ? AND state NOT IN ('draft', 'proven', 'rolled_back')
             ORDER BY id LIMIT 1",
        )
        .bind(name)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(migration) = user {
            return Err(InventoryError::BrokerInUse { name: name.to_owned(), migration });
        }
        let removed = sqlx::query("DELETE FROM broker WHERE name = ?").bind(name).execute(&mut *tx).await?;
        if removed.rows_affected() == 0 {
            return Err(InventoryError::unknown("broker", name));
        }
        tx.commit().await?;
        Ok(())
    }
}

fn connection(row: &SqliteRow) -> Result<BrokerConnection, InventoryError> {
    Ok(BrokerConnection {
        name: row.try_get("name")?,
        kind: row.try_get("kind")?,
        address: row.try_get("address")?,
        namespace: row.try_get("namespace")?,
        added_at: instant(row.try_get("added_at")?)?,
    })
}

/// Whether a URL names a user before its host.
fn carries_credential(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_before_the_host_is_a_credential() {
        assert!(carries_credential("https://me:pw@bao.example.test/v1"));
        assert!(!carries_credential("https://bao.example.test/a@b"));
        assert!(!carries_credential("/srv/out@home"));
    }
}
