//! Identities as people ask for them: one, or a page for a table.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};
use tenure_model::{Identity, OwnerState, ReadinessBand, RiskBand};

use crate::column::{instant, instant_or_none, json, noun, word};
use crate::judgements::Judgement;
use crate::{Inventory, InventoryError};

/// Rows of one page at most.
pub const PAGE_ROWS_MAX: u32 = 1000;
/// The columns that [`identity_of`] reads.
const IDENTITY_COLUMNS: &str = "i.body, i.first_seen_at, i.gone_at, a.body AS judgement FROM identity i LEFT JOIN assessment a ON a.seq = i.assessment";

/// The order of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IdentitySort {
    /// By risk.
    #[default]
    Risk,
    /// By readiness.
    Readiness,
    /// By name.
    Name,
    /// By kind.
    Kind,
    /// By owner.
    Owner,
    /// By first sight.
    FirstSeen,
}

/// Which identities to show, and how. The default shows all that are there, most risky first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct IdentityQuery {
    /// Part of the name, the platform's id, the kind or the owner; case does not matter.
    pub text: Option<String>,
    /// Kinds; empty = all.
    pub kinds: Vec<String>,
    /// Platforms; empty = all.
    pub providers: Vec<String>,
    /// How sure the owner is; empty = all.
    pub owner_states: Vec<OwnerState>,
    /// Steps of risk; empty = all.
    pub risk_bands: Vec<RiskBand>,
    /// Steps of readiness; empty = all.
    pub readiness_bands: Vec<ReadinessBand>,
    /// Show also what is gone.
    pub with_gone: bool,
    /// Order.
    pub sort: IdentitySort,
    /// Numbers upward or names from Z; by default numbers come down and names go from A.
    pub reversed: bool,
    /// Rows at most; capped at [`PAGE_ROWS_MAX`], 0 = only the total.
    pub limit: u32,
    /// Rows to leave out first.
    pub offset: u32,
}

/// Some identities out of many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IdentityPage {
    /// The rows asked for.
    pub identities: Vec<Identity>,
    /// How many there are in all.
    pub total: u64,
}

impl Inventory {
    /// One identity with its judgement; an id that was merged away leads to the one that stayed.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn identity(&self, id: &str) -> Result<Identity, InventoryError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query
            .push(IDENTITY_COLUMNS)
            .push(" JOIN subject s ON s.identity_id = i.id WHERE s.kind = 'identity' AND s.key = ");
        query.push_bind(id);
        let row = query.build().fetch_optional(self.reader()).await?;
        identity_of(&row.ok_or_else(|| InventoryError::unknown("identity", id))?)
    }

    /// A page of identities for a table, and how many there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn identities(&self, query: &IdentityQuery) -> Result<IdentityPage, InventoryError> {
        let mut count = QueryBuilder::new(
            "SELECT count(*) FROM identity i LEFT JOIN assessment a ON a.seq = i.assessment",
        );
        filter(&mut count, query);
        let total: i64 = count.build_query_scalar().fetch_one(self.reader()).await?;
        let mut rows = QueryBuilder::new("SELECT ");
        rows.push(IDENTITY_COLUMNS);
        filter(&mut rows, query);
        rows.push(" ORDER BY ").push(order(query.sort, query.reversed)).push(", i.id LIMIT ");
        rows.push_bind(query.limit.min(PAGE_ROWS_MAX)).push(" OFFSET ").push_bind(query.offset);
        let rows = rows.build().fetch_all(self.reader()).await?;
        let identities = rows.iter().map(identity_of).collect::<Result<_, _>>()?;
        Ok(IdentityPage { identities, total: u64::try_from(total).unwrap_or(0) })
    }
}

/// Reads an identity out of a row (body, first_seen_at, gone_at, judgement).
pub(crate) fn identity_of(row: &SqliteRow) -> Result<Identity, InventoryError> {
    let mut identity: Identity = noun("identity", row.try_get("body")?)?;
    identity.first_seen_at = Some(instant(row.try_get("first_seen_at")?)?);
    identity.gone_at = instant_or_none(row.try_get("gone_at")?)?;
    if let Some(body) = row.try_get::<Option<&str>, _>("judgement")? {
        let judgement: Judgement = noun("judgement", body)?;
        judgement.give_to(&mut identity);
    }
    Ok(identity)
}

/// Adds the conditions of a query; every value is bound.
fn filter(sql: &mut QueryBuilder<Sqlite>, query: &IdentityQuery) {
    sql.push(" WHERE 1");
    if !query.with_gone {
        sql.push(" AND i.gone_at IS NULL");
    }
    if let Some(text) = query.text.as_deref().filter(|text| !text.is_empty()) {
        let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        sql.push(" AND (");
        for (n, column) in ["i.name", "i.native_id", "i.kind", "i.owner_name"].into_iter().enumerate() {
            sql.push(if n == 0 { "" } else { " OR " }).push(column).push(" LIKE ");
            sql.push_bind(format!("%{escaped}%")).push(r" ESCAPE '\'");
        }
        sql.push(")");
    }
    one_of(sql, "i.kind", &query.kinds);
    one_of(sql, "i.provider", &query.providers);
    one_of(sql, "i.owner_state", &words(&query.owner_states));
    one_of(sql, "a.risk_band", &words(&query.risk_bands));
    one_of(sql, "a.readiness_band", &words(&query.readiness_bands));
}

fn words<T: Serialize>(values: &[T]) -> Vec<String> {
    values.iter().map(word).collect()
}

fn one_of(sql: &mut QueryBuilder<Sqlite>, column: &'static str, words: &[String]) {
    if !words.is_empty() {
        sql.push(" AND ").push(column).push(" IN (SELECT value FROM json_each(");
        sql.push_bind(json(&words)).push("))");
    }
}

fn order(sort: IdentitySort, reversed: bool) -> &'static str {
    match (sort, reversed) {
        (IdentitySort::Risk, false) => "a.risk_score DESC NULLS LAST, i.name",
        (IdentitySort::Risk, true) => "a.risk_score ASC NULLS LAST, i.name",
        (IdentitySort::Readiness, false) => "a.readiness_score DESC NULLS LAST, i.name",
        (IdentitySort::Readiness, true) => "a.readiness_score ASC NULLS LAST, i.name",
        (IdentitySort::Name, false) => "i.name COLLATE NOCASE",
        (IdentitySort::Name, true) => "i.name COLLATE NOCASE DESC",
        (IdentitySort::Kind, false) => "i.kind, i.name",
        (IdentitySort::Kind, true) => "i.kind DESC, i.name",
        (IdentitySort::Owner, false) => "i.owner_name COLLATE NOCASE NULLS LAST, i.name",
        (IdentitySort::Owner, true) => "i.owner_name COLLATE NOCASE DESC NULLS LAST, i.name",
        (IdentitySort::FirstSeen, false) => "i.first_seen_at, i.name",
        (IdentitySort::FirstSeen, true) => "i.first_seen_at DESC, i.name",
    }
}
