//! Dossiers: each identity with all that is known about it, for `assess` and for a person who looks closely.

use std::collections::BTreeMap;

use tenure_model::{Dossier, Evidence, Finding, Identity};

use crate::column::{json, noun};
use crate::identities::identity_of;
use crate::scan::findings_of;
use crate::{Inventory, InventoryError};

/// Dossiers that are held at once where all are read.
const DOSSIERS_HELD: i64 = 1_000;

impl Inventory {
    /// Everything that is known about every identity that is there, by id: what `assess` reads. What an earlier
    /// assessment said is not in it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn dossiers(&self) -> Result<Vec<Dossier>, InventoryError> {
        let mut all: Vec<Dossier> = Vec::new();
        loop {
            let after = all.last().map(|dossier| dossier.identity.id.clone()).unwrap_or_default();
            let some = self.dossiers_after(&after).await?;
            if some.is_empty() {
                return Ok(all);
            }
            all.extend(some);
        }
    }

    /// The same for some identities whose ids come after one, so that a large inventory is never held as a whole; none
    /// when there are no more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn dossiers_after(&self, id: &str) -> Result<Vec<Dossier>, InventoryError> {
        let rows = sqlx::query(
            "SELECT i.body, i.first_seen_at, i.gone_at, NULL AS judgement FROM identity i
             WHERE gone_at IS NULL AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(id)
        .bind(DOSSIERS_HELD)
        .fetch_all(self.reader())
        .await?;
        let identities: Vec<Identity> = rows.iter().map(identity_of).collect::<Result<_, _>>()?;
        self.fill(identities).await
    }

    /// Everything that is known about one identity, also when it is gone.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn dossier(&self, id: &str) -> Result<Dossier, InventoryError> {
        let row = sqlx::query(
            "SELECT i.body, i.first_seen_at, i.gone_at, NULL AS judgement FROM identity i
             JOIN subject s ON s.identity_id = i.id WHERE s.kind = 'identity' AND s.key = ?",
        )
        .bind(id)
        .fetch_optional(self.reader())
        .await?;
        let identity = identity_of(&row.ok_or_else(|| InventoryError::unknown("identity", id))?)?;
        let dossiers = self.fill(vec![identity]).await?;
        Ok(dossiers.into_iter().next().expect("one identity gives one dossier"))
    }

    /// Adds what is known about identities, which are all that are there between the first and the last of them.
    async fn fill(&self, identities: Vec<Identity>) -> Result<Vec<Dossier>, InventoryError> {
        let ids = || identities.iter().map(|identity| identity.id.as_str());
        let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(Vec::new()) };
        let range = (first.to_owned(), last.to_owned());
        let mut dossiers: BTreeMap<String, Dossier> = identities
            .into_iter()
            .map(|identity| (identity.id.clone(), Dossier { identity, ..Dossier::default() }))
            .collect();
        let evidence: Vec<(String, String)> = sqlx::query_as(
            "SELECT s.identity_id, e.body FROM evidence e
             JOIN subject s ON s.kind = e.subject_kind AND s.key = e.subject_key
             WHERE e.gone_at IS NULL AND s.identity_id BETWEEN ? AND ?",
        )
        .bind(&range.0)
        .bind(&range.1)
        .fetch_all(self.reader())
        .await?;
        for (id, body) in evidence {
            if let Some(dossier) = dossiers.get_mut(&id) {
                dossier.evidence.push(noun("piece of evidence", &body)?);
            }
        }
        for finding in self.live_findings(&range.0, &range.1, "scan").await? {
            let id = finding.identity_id.as_ref().expect("the statement joins the identity");
            if let Some(dossier) = dossiers.get_mut(id) {
                dossier.findings.push(finding);
            }
        }
        for exception in self.exceptions().await? {
            if let Some(dossier) = dossiers.get_mut(&exception.identity_id) {
                dossier.exceptions.push(exception);
            }
        }
        let mut dossiers: Vec<Dossier> = dossiers.into_values().collect();
        let key = |e: &Evidence| {
            (e.subject.clone(), e.source.root.clone(), e.source.path.clone(), e.source.line, json(e))
        };
        dossiers.iter_mut().for_each(|dossier| dossier.evidence.sort_by_cached_key(key));
        Ok(dossiers)
    }

    /// Findings that are there, about identities from one id to another, of one origin or (empty) any.
    async fn live_findings(
        &self,
        first: &str,
        last: &str,
        origin: &str,
    ) -> Result<Vec<Finding>, InventoryError> {
        let rows = sqlx::query(
            "SELECT f.body, s.identity_id FROM finding f
             JOIN subject s ON s.kind = f.subject_kind AND s.key = f.subject_key
             WHERE f.gone_at IS NULL AND s.identity_id BETWEEN ?1 AND ?2 AND (?3 = '' OR f.origin = ?3)",
        )
        .bind(first)
        .bind(last)
        .bind(origin)
        .fetch_all(self.reader())
        .await?;
        findings_of(&rows)
    }

    /// All findings about an identity that are there, those of the assessment included.
    ///
    /// # Errors
    /// When there is no identity with this id.
    pub async fn findings_of(&self, id: &str) -> Result<Vec<Finding>, InventoryError> {
        let id = self.identity(id).await?.id;
        self.live_findings(&id, &id, "").await
    }
}
