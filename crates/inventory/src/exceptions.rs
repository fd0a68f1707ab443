//! Exceptions: what people accepted, and each look at it since. Added, never changed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::{Exception, ExceptionReview, ExceptionState, Finding};

use crate::column::{from_word, instant, instant_text, json, noun, word};
use crate::scan::findings_of;
use crate::{Inventory, InventoryError};

impl Inventory {
    /// Keeps an exception.
    ///
    /// # Errors
    /// When there is no such identity, or the exception has too few approvers or ends too late.
    pub async fn add_exception(&self, exception: &Exception) -> Result<(), InventoryError> {
        self.identity(&exception.identity_id).await?;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO exception (id, identity_id, identity_name, reason, why, approved_by, made_at, expires, review, accepted)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&exception.id)
        .bind(&exception.identity_id)
        .bind(&exception.identity_name)
        .bind(word(exception.reason))
        .bind(&exception.why)
        .bind(json(&exception.approved_by))
        .bind(instant_text(exception.made_at))
        .bind(exception.expires.to_string())
        .bind(exception.review.map(|day| day.to_string()))
        .bind(json(&exception.accepted))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps a look at an exception.
    ///
    /// # Errors
    /// When there is no such exception, it was ended, or it would hold for too long.
    pub async fn review_exception(&self, id: &str, review: &ExceptionReview) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO exception_review (exception_id, reviewed_by, decision, reviewed_at, expires, review)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(json(&review.by))
        .bind(word(review.decision))
        .bind(instant_text(review.at))
        .bind(review.expires.to_string())
        .bind(review.review.map(|day| day.to_string()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// All exceptions with what reviews made of them, in the order in which they were accepted, each under the id that its
    /// identity has by now. The state is not worked out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn exceptions(&self) -> Result<Vec<Exception>, InventoryError> {
        let rows = sqlx::query(
            "SELECT x.*, coalesce(s.identity_id, x.identity_id) AS now_id FROM exception x
             LEFT JOIN subject s ON s.kind = 'identity' AND s.key = x.identity_id ORDER BY x.seq",
        )
        .fetch_all(self.reader())
        .await?;
        let mut reviews: BTreeMap<String, Vec<ExceptionReview>> = BTreeMap::new();
        for row in sqlx::query("SELECT * FROM exception_review ORDER BY seq").fetch_all(self.reader()).await?
        {
            reviews.entry(row.try_get("exception_id")?).or_default().push(review_of(&row)?);
        }
        let whole = |row: &SqliteRow| {
            let exception = exception_of(row)?;
            let reviews = reviews.get(&exception.id).cloned().unwrap_or_default();
            Ok(reviews.into_iter().fold(exception, Exception::reviewed))
        };
        rows.iter().map(whole).collect()
    }

    /// The findings with this id that are there, each with its identity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn findings_called(&self, id: &str) -> Result<Vec<Finding>, InventoryError> {
        let rows = sqlx::query(
            "SELECT f.body, s.identity_id FROM finding f
             LEFT JOIN subject s ON s.kind = f.subject_kind AND s.key = f.subject_key
             WHERE f.id = ? AND f.gone_at IS NULL",
        )
        .bind(id)
        .fetch_all(self.reader())
        .await?;
        findings_of(&rows)
    }
}

fn exception_of(row: &SqliteRow) -> Result<Exception, InventoryError> {
    Ok(Exception {
        id: row.try_get("id")?,
        identity_id: row.try_get("now_id")?,
        identity_name: row.try_get("identity_name")?,
        reason: from_word("reason of an exception", row.try_get("reason")?)?,
        why: row.try_get("why")?,
        approved_by: noun("list of approvers", row.try_get("approved_by")?)?,
        made_at: instant(row.try_get("made_at")?)?,
        expires: day(row.try_get("expires")?)?,
        review: row.try_get::<Option<&str>, _>("review")?.map(day).transpose()?,
        accepted: noun("list of accepted findings", row.try_get("accepted")?)?,
        reviews: Vec::new(),
        state: ExceptionState::default(),
    })
}

fn review_of(row: &SqliteRow) -> Result<ExceptionReview, InventoryError> {
    Ok(ExceptionReview {
        by: noun("list of reviewers", row.try_get("reviewed_by")?)?,
        decision: from_word("decision of a review", row.try_get("decision")?)?,
        at: instant(row.try_get("reviewed_at")?)?,
        expires: day(row.try_get("expires")?)?,
        review: row.try_get::<Option<&str>, _>("review")?.map(day).transpose()?,
    })
}

fn day(text: &str) -> Result<Date, InventoryError> {
    text.parse().map_err(|error| InventoryError::unreadable("day", error))
}
