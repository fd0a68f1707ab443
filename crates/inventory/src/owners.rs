//! Ownership that a person decided.

use tenure_model::{Identity, Timestamp};

use crate::column::{instant_text, json};
use crate::ownership::{self, Decision};
use crate::{Inventory, InventoryError};

impl Inventory {
    /// Notes that a person named the owner of an identity.
    ///
    /// # Errors
    /// When there is no such identity.
    pub async fn set_owner(
        &self,
        id: &str,
        owner: &str,
        said_by: &str,
        at: Timestamp,
    ) -> Result<Identity, InventoryError> {
        let identity = self.identity(id).await?;
        self.decide(identity, owner, said_by, at).await
    }

    /// Notes that a person confirmed the owner that the inventory shows.
    ///
    /// # Errors
    /// When there is no such identity, or no owner to confirm.
    pub async fn confirm_owner(
        &self,
        id: &str,
        said_by: &str,
        at: Timestamp,
    ) -> Result<Identity, InventoryError> {
        let identity = self.identity(id).await?;
        let Some(owner) = identity.owner.name.clone() else {
            return Err(InventoryError::NoOwnerToConfirm { identity: identity.id });
        };
        self.decide(identity, &owner, said_by, at).await
    }

    async fn decide(
        &self,
        identity: Identity,
        owner: &str,
        said_by: &str,
        at: Timestamp,
    ) -> Result<Identity, InventoryError> {
        let decision = Decision { owner: owner.to_owned(), said_by: said_by.to_owned() };
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO owner_decision (identity_id, owner, said_by, decided_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&identity.id)
        .bind(&decision.owner)
        .bind(&decision.said_by)
        .bind(instant_text(at))
        .execute(&mut *tx)
        .await?;
        let verdict = ownership::combine(identity.owner.basis.clone(), Some(&decision));
        sqlx::query("UPDATE identity SET body = json_set(body, '$.owner', json(?)) WHERE id = ?")
            .bind(json(&verdict))
            .bind(&identity.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Identity { owner: verdict, ..identity })
    }
}
