//! What `assess` said about identities, and said before: kept, never changed.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;
use tenure_model::{Archetype, Finding, Identity, Privilege, Readiness, Risk, Timestamp};

use crate::column::{instant, instant_text, json, noun};
use crate::inventory::{STATEMENT_ROWS, Tx};
use crate::scan::scan_seq;
use crate::{Inventory, InventoryError};

/// The part of an identity that `assess` fills.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
pub(crate) struct Judgement {
    archetype: Archetype,
    privilege: Privilege,
    risk: Arc<Risk>,
    readiness: Arc<Readiness>,
}

impl Judgement {
    fn of(identity: &Identity) -> Judgement {
        Judgement {
            archetype: identity.archetype,
            privilege: identity.privilege.clone(),
            risk: identity.risk.clone(),
            readiness: identity.readiness.clone(),
        }
    }

    /// Puts the judgement where reports look for it.
    pub(crate) fn give_to(self, identity: &mut Identity) {
        identity.archetype = self.archetype;
        identity.privilege = self.privilege;
        identity.risk = self.risk;
        identity.readiness = self.readiness;
    }
}

/// One entry of an identity's history of judgements.
#[derive(Debug, Clone, PartialEq)]
pub struct PastAssessment {
    /// When it was judged.
    pub assessed_at: Timestamp,
    /// Version of the rules that judged.
    pub model_version: String,
    /// How bad it was.
    pub risk: Arc<Risk>,
    /// How ready it was.
    pub readiness: Arc<Readiness>,
}

impl Inventory {
    /// Keeps what `assess` said after a scan: the judgements, where they changed, and the findings that it made.
    /// Findings that an earlier assessment made of these identities and this one did not are gone.
    ///
    /// # Errors
    /// When there is no such scan or identity.
    pub async fn save_assessed(
        &self,
        scan_id: &str,
        at: Timestamp,
        identities: &[Identity],
        findings: &[Finding],
    ) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        let (scan, _) = scan_seq(&mut tx, scan_id).await?;
        let ids: Vec<&str> = identities.iter().map(|identity| identity.id.as_str()).collect();
        save_judgements(&mut tx, scan, at, identities).await?;
        // All of them first; those that were made again come back.
        sqlx::query(
            "UPDATE finding SET gone_at = ? WHERE origin = 'assessment' AND gone_at IS NULL
               AND (subject_kind, subject_key) IN (SELECT kind, key FROM subject
                    WHERE kind = 'identity' AND identity_id IN (SELECT value FROM json_each(?)))",
        )
        .bind(instant_text(at))
        .bind(json(&ids))
        .execute(&mut *tx)
        .await?;
        for finding in findings {
            save_finding(&mut tx, scan, finding).await?;
        }
        for statement in [
            "DELETE FROM scan_finding WHERE scan = ? AND finding IN
               (SELECT seq FROM finding WHERE origin = 'assessment' AND gone_at IS NOT NULL)",
            "INSERT OR IGNORE INTO scan_finding (scan, finding)
               SELECT last_scan, seq FROM finding WHERE last_scan = ? AND origin = 'assessment' AND gone_at IS NULL",
        ] {
            sqlx::query(statement).bind(scan).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Judgements of an identity, oldest first; one entry for each time that they changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn assessments(&self, id: &str) -> Result<Vec<PastAssessment>, InventoryError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT a.assessed_at, a.model_version, a.body FROM subject asked
             JOIN subject s ON s.identity_id = asked.identity_id AND s.kind = 'identity'
             JOIN assessment a ON a.identity_id = s.key
             WHERE asked.kind = 'identity' AND asked.key = ? ORDER BY a.seq",
        )
        .bind(id)
        .fetch_all(self.reader())
        .await?;
        let past = |(assessed_at, model_version, body): (String, String, String)| {
            let judgement: Judgement = noun("judgement", &body)?;
            Ok(PastAssessment {
                assessed_at: instant(&assessed_at)?,
                model_version,
                risk: judgement.risk,
                readiness: judgement.readiness,
            })
        };
        rows.into_iter().map(past).collect()
    }
}

/// Adds the judgements that differ from the newest one, and makes them the newest.
async fn save_judgements(
    tx: &mut Tx,
    scan: i64,
    at: Timestamp,
    identities: &[Identity],
) -> Result<(), InventoryError> {
    for some in identities.chunks(STATEMENT_ROWS) {
        let changed = changed(tx, some).await?;
        if changed.is_empty() {
            continue;
        }
        let mut query = QueryBuilder::new(
            "INSERT INTO assessment (identity_id, scan, assessed_at, model_version, body) ",
        );
        query.push_values(&changed, |mut row, (identity, body)| {
            row.push_bind(identity.id.as_str())
                .push_bind(scan)
                .push_bind(instant_text(at))
                .push_bind(identity.readiness.model_version.as_str())
                .push_bind(body.as_str());
        });
        query.build().execute(&mut **tx).await?;
        let ids: Vec<&str> = changed.iter().map(|(identity, _)| identity.id.as_str()).collect();
        sqlx::query(
            "UPDATE identity SET assessment = (SELECT max(seq) FROM assessment a WHERE a.identity_id = identity.id)
             WHERE id IN (SELECT value FROM json_each(?))",
        )
        .bind(json(&ids))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Those of some identities whose judgement differs from the newest one, with what is now said of them.
async fn changed<'i>(
    tx: &mut Tx,
    identities: &'i [Identity],
) -> Result<Vec<(&'i Identity, String)>, InventoryError> {
    let ids: Vec<&str> = identities.iter().map(|identity| identity.id.as_str()).collect();
    let newest: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT i.id, a.body FROM identity i LEFT JOIN assessment a ON a.seq = i.assessment
         WHERE i.id IN (SELECT value FROM json_each(?))",
    )
    .bind(json(&ids))
    .fetch_all(&mut **tx)
    .await?;
    let newest: HashMap<String, Option<String>> = newest.into_iter().collect();
    let mut changed = Vec::new();
    for identity in identities {
        let known =
            newest.get(&identity.id).ok_or_else(|| InventoryError::unknown("identity", &identity.id))?;
        let body = json(&Judgement::of(identity));
        if known.as_ref() != Some(&body) {
            changed.push((identity, body));
        }
    }
    Ok(changed)
}

/// Keeps a finding that an assessment made of an identity.
async fn save_finding(tx: &mut Tx, scan: i64, finding: &Finding) -> Result<(), InventoryError> {
    let id = finding.identity_id.as_deref().unwrap_or_default();
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM subject WHERE kind = 'identity' AND key = ?")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    if known.is_none() {
        return Err(InventoryError::unknown("identity", id));
    }
    sqlx::query(
        "INSERT INTO finding (root, id, origin, subject_kind, subject_key, first_scan, last_scan, body)
         VALUES (?1, ?2, 'assessment', 'identity', ?3, ?4, ?4, ?5)
         ON CONFLICT (root, id) DO UPDATE SET origin = excluded.origin, subject_kind = excluded.subject_kind,
           subject_key = excluded.subject_key, last_scan = excluded.last_scan, gone_at = NULL, body = excluded.body",
    )
    .bind(&finding.place.root)
    .bind(&finding.id)
    .bind(id)
    .bind(scan)
    .bind(json(finding))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
