//! Scans: their beginning, their end, what they saw and what they found gone.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tenure_model::{Counts, Finding, ScanSummary, Since, Timestamp, Unread};

use crate::column::{from_word, instant, instant_or_none, instant_text, json, noun};
use crate::inventory::Tx;
use crate::writer::ScanWriter;
use crate::{Inventory, InventoryError};

/// Scans whose single findings and unread inputs are kept; of older ones the summary stays.
const DETAILED_SCANS_MAX: i64 = 50;
/// How long a statement that is gone is kept, days.
const GONE_KEPT_DAYS: i64 = 400;

/// How much of each root a scan sets out to read. What was not looked at is never called gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Files of today and the whole history.
    Everything,
    /// Files of today only.
    TreeOnly,
    /// A part that leaves files out: since a revision, a selection of paths.
    Partial,
}

impl Reach {
    fn word(self) -> &'static str {
        match self {
            Reach::Everything => "everything",
            Reach::TreeOnly => "tree_only",
            Reach::Partial => "partial",
        }
    }
}

/// The beginning of a scan.
#[derive(Debug, Clone)]
pub struct ScanStart {
    /// Given per run.
    pub id: String,
    /// When.
    pub started_at: Timestamp,
    /// What is scanned. The same root must have the same name in every scan, so that what is gone from it can
    /// be told: an absolute path does, `.` does not.
    pub roots: Vec<String>,
    /// Hash of the detection rules.
    pub ruleset: String,
    /// Public name of the fingerprint key.
    pub key_id: String,
    /// How much of each root it sets out to read.
    pub reach: Reach,
}

/// The end of a scan.
#[derive(Debug, Clone)]
pub struct ScanEnd {
    /// When.
    pub finished_at: Timestamp,
    /// What was really read.
    pub counts: Counts,
    /// Every input was fully read.
    pub complete: bool,
    /// The user stopped it.
    pub cancelled: bool,
    /// Roots that were read to their end although the scan as a whole was not complete.
    pub roots_read: Vec<String>,
}

/// One scan, as the inventory remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanRecord {
    /// Given per run.
    pub id: String,
    /// Start.
    pub started_at: Timestamp,
    /// End; `None` while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// Roots in the user's order.
    pub roots: Vec<String>,
    /// Hash of the detection rules.
    pub ruleset: String,
    /// Every input was fully read.
    pub complete: bool,
    /// The user stopped it.
    pub cancelled: bool,
    /// It set out to read a part of its roots only.
    pub partial: bool,
    /// What was really read.
    pub counts: Counts,
}

impl ScanRecord {
    /// The summary that reports print; a scan that was killed counts as cancelled when it began.
    pub fn summary(self, unread: Vec<Unread>) -> ScanSummary {
        ScanSummary {
            id: self.id,
            started_at: self.started_at,
            finished_at: self.finished_at.unwrap_or(self.started_at),
            roots: self.roots,
            complete: self.complete && self.finished_at.is_some(),
            cancelled: self.cancelled || self.finished_at.is_none(),
            since: self.partial.then(Since::default),
            counts: self.counts,
            unread,
            configurations: Vec::new(),
        }
    }
}

impl Inventory {
    /// Notes that a scan begins and takes its observations from then on.
    ///
    /// # Errors
    /// When the inventory was made with another fingerprint key, or the scan's id is taken.
    pub async fn begin_scan(&self, scan: &ScanStart) -> Result<ScanWriter, InventoryError> {
        let mut tx = self.begin().await?;
        bind_key(&mut tx, &scan.key_id).await?;
        let taken: Option<i64> = sqlx::query_scalar("SELECT seq FROM scan WHERE id = ?")
            .bind(&scan.id)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            return Err(InventoryError::Exists { what: "scan", name: scan.id.clone() });
        }
        let seq = sqlx::query("INSERT INTO scan (id, started_at, ruleset, reach) VALUES (?, ?, ?, ?)")
            .bind(&scan.id)
            .bind(instant_text(scan.started_at))
            .bind(&scan.ruleset)
            .bind(scan.reach.word())
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
        for (ordinal, root) in (0_i64..).zip(&scan.roots) {
            sqlx::query("INSERT INTO scan_root (scan, ordinal, root) VALUES (?, ?, ?)")
                .bind(seq)
                .bind(ordinal)
                .bind(root)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("DELETE FROM blob_result WHERE ruleset <> ? OR key_id <> ?")
            .bind(&scan.ruleset)
            .bind(&scan.key_id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ScanWriter::start(self.clone(), &scan.id, seq, scan.reach))
    }

    /// Takes in what was sent, closes the scan and marks what it no longer saw. Returns how many observations
    /// it wrote.
    ///
    /// # Errors
    /// When the writer failed; the scan then stays unfinished, with what was committed.
    pub async fn finish_scan(&self, writer: ScanWriter, end: &ScanEnd) -> Result<u64, InventoryError> {
        let id = writer.scan_id.clone();
        let written = writer.stop().await?;
        let mut tx = self.begin().await?;
        let (seq, reach) = scan_seq(&mut tx, &id).await?;
        // What the user excludes is not missing, and yet nothing of it can be told as gone.
        let (left, missing): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(*) FILTER (WHERE state <> 'excluded') FROM unread WHERE scan = ?",
        )
        .bind(seq)
        .fetch_one(&mut *tx)
        .await?;
        let complete = end.complete && !end.cancelled && missing == 0;
        sqlx::query("UPDATE scan SET finished_at = ?, complete = ?, cancelled = ?, counts = ? WHERE seq = ?")
            .bind(instant_text(end.finished_at))
            .bind(complete)
            .bind(end.cancelled)
            .bind(json(&end.counts))
            .bind(seq)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE scan_root SET is_read = 1 WHERE scan = ? AND (? OR root IN (SELECT value FROM json_each(?)))")
            .bind(seq)
            .bind(complete && left == 0)
            .bind(json(&end.roots_read))
            .execute(&mut *tx)
            .await?;
        mark_gone(&mut tx, seq, &reach, end.finished_at).await?;
        sqlx::query(
            "INSERT INTO scan_finding (scan, finding) SELECT ?1, seq FROM finding WHERE last_scan = ?1",
        )
        .bind(seq)
        .execute(&mut *tx)
        .await?;
        forget(&mut tx, seq, end.finished_at).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// The newest scan that came to an end; one that left out a part on purpose only where there is no other.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn latest_scan(&self) -> Result<Option<ScanRecord>, InventoryError> {
        let row = sqlx::query(
            "SELECT * FROM scan WHERE finished_at IS NOT NULL ORDER BY reach = 'partial', seq DESC LIMIT 1",
        )
        .fetch_optional(self.reader())
        .await?;
        match row {
            Some(row) => Ok(Some(self.record(&row).await?)),
            None => Ok(None),
        }
    }

    /// One scan.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn scan(&self, scan_id: &str) -> Result<ScanRecord, InventoryError> {
        let row = sqlx::query("SELECT * FROM scan WHERE id = ?")
            .bind(scan_id)
            .fetch_optional(self.reader())
            .await?
            .ok_or_else(|| InventoryError::unknown("scan", scan_id))?;
        self.record(&row).await
    }

    async fn record(&self, row: &SqliteRow) -> Result<ScanRecord, InventoryError> {
        let roots = sqlx::query_scalar("SELECT root FROM scan_root WHERE scan = ? ORDER BY ordinal")
            .bind(row.try_get::<i64, _>("seq")?)
            .fetch_all(self.reader())
            .await?;
        let counts: &str = row.try_get("counts")?;
        Ok(ScanRecord {
            id: row.try_get("id")?,
            started_at: instant(row.try_get("started_at")?)?,
            finished_at: instant_or_none(row.try_get("finished_at")?)?,
            roots,
            ruleset: row.try_get("ruleset")?,
            complete: row.try_get("complete")?,
            cancelled: row.try_get("cancelled")?,
            partial: row.try_get::<&str, _>("reach")? == Reach::Partial.word(),
            counts: if counts == "{}" { Counts::default() } else { noun("count", counts)? },
        })
    }

    /// What a scan saw, by root, path, line and id, with the identities that they belong to by now.
    ///
    /// # Errors
    /// When there is no such scan.
    pub async fn findings(&self, scan_id: &str) -> Result<Vec<Finding>, InventoryError> {
        let (seq, ended): (i64, bool) =
            sqlx::query_as("SELECT seq, finished_at IS NOT NULL FROM scan WHERE id = ?")
                .bind(scan_id)
                .fetch_optional(self.reader())
                .await?
                .ok_or_else(|| InventoryError::unknown("scan", scan_id))?;
        // Membership is written when a scan ends; of one that did not, the findings themselves still tell.
        let statement = if ended {
            "SELECT f.body, s.identity_id FROM scan_finding m JOIN finding f ON f.seq = m.finding
             LEFT JOIN subject s ON s.kind = f.subject_kind AND s.key = f.subject_key WHERE m.scan = ?"
        } else {
            "SELECT f.body, s.identity_id FROM finding f
             LEFT JOIN subject s ON s.kind = f.subject_kind AND s.key = f.subject_key WHERE f.last_scan = ?"
        };
        findings_of(&sqlx::query(statement).bind(seq).fetch_all(self.reader()).await?)
    }

    /// The inputs that a scan did not fully read, by path.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unread(&self, scan_id: &str) -> Result<Vec<Unread>, InventoryError> {
        let rows = sqlx::query(
            "SELECT u.* FROM unread u JOIN scan c ON c.seq = u.scan WHERE c.id = ? ORDER BY path, reason, detail",
        )
        .bind(scan_id)
        .fetch_all(self.reader())
        .await?;
        let unread = |row: &SqliteRow| {
            Ok(Unread {
                path: row.try_get("path")?,
                state: from_word("state of an input", row.try_get("state")?)?,
                reason: row.try_get("reason")?,
                detail: row.try_get("detail")?,
            })
        };
        rows.iter().map(unread).collect()
    }
}

/// Reads findings out of rows (body, identity id), in the order in which people meet them.
pub(crate) fn findings_of(rows: &[SqliteRow]) -> Result<Vec<Finding>, InventoryError> {
    let mut findings = Vec::with_capacity(rows.len());
    for row in rows {
        let mut finding: Finding = noun("finding", row.try_get(0)?)?;
        finding.identity_id = row.try_get(1)?;
        findings.push(finding);
    }
    let key = |f: &Finding| {
        (f.place.root.clone(), f.place.path.clone(), f.place.start_line, f.place.start_column, f.id.clone())
    };
    findings.sort_by_cached_key(key);
    Ok(findings)
}

/// The number of a scan, and its reach.
pub(crate) async fn scan_seq(tx: &mut Tx, scan_id: &str) -> Result<(i64, String), InventoryError> {
    sqlx::query_as("SELECT seq, reach FROM scan WHERE id = ?")
        .bind(scan_id)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(|| InventoryError::unknown("scan", scan_id))
}

/// Whether details of the scan number `seq` are no longer kept when `newest` ends.
pub(crate) fn is_forgotten(seq: i64, newest: i64) -> bool {
    seq <= newest - DETAILED_SCANS_MAX
}

/// An inventory belongs to the first key that it meets.
async fn bind_key(tx: &mut Tx, given: &str) -> Result<(), InventoryError> {
    sqlx::query("INSERT INTO installation (one, key_id) VALUES (1, ?) ON CONFLICT (one) DO NOTHING")
        .bind(given)
        .execute(&mut **tx)
        .await?;
    let stored: String = sqlx::query_scalar("SELECT key_id FROM installation").fetch_one(&mut **tx).await?;
    if stored != given {
        return Err(InventoryError::KeyMismatch { stored, given: given.to_owned() });
    }
    Ok(())
}

/// Whether what is kept of a file, at the place `path` of a row, would have been seen if it were still there: SQL over the
/// scan `?1`. `past` tells of the row whether the file lies in a repository's history.
///
/// A root that was read to its end tells of every file. One with something unread tells of all files but that one, those below
/// it, and, when it lies in a git folder, those of history. Where it is not known what was left out, nothing is told.
fn is_told(path: &str, past: &str) -> String {
    let file = |path: &str| {
        format!(
            "CASE WHEN instr({path}, '!') > 0 THEN substr({path}, 1, instr({path}, '!') - 1) ELSE {path} END"
        )
    };
    // Parts of a git folder, which is called `.git` or, without files of today, anything.
    let in_git = "('/' || path || '/') GLOB '*.git/*'";
    let bare = ["HEAD", "objects", "refs", "packed-refs", "config", "shallow", "info", "index"]
        .map(|part| format!("('/' || path || '/') GLOB '*/{part}/*'"))
        .join(" OR ");
    format!(
        "(root IN (SELECT root FROM scan_root WHERE scan = ?1 AND is_read)
          OR (root IN (SELECT root FROM scan_root WHERE scan = ?1)
              AND EXISTS (SELECT 1 FROM unread WHERE scan = ?1)
              AND NOT EXISTS (SELECT 1 FROM unread
                              WHERE scan = ?1 AND (reason IN ('cancelled', 'too_many_roles') OR path = '' OR path GLOB '/*'
                                                   OR path IN (SELECT root FROM scan_root WHERE scan = ?1)
                                                   OR (NOT ('/' || path || '/') GLOB '*/.git/*' AND ({in_git} OR {bare}))))
              AND (NOT ({past}) OR NOT EXISTS (SELECT 1 FROM unread WHERE scan = ?1 AND {in_git}))
              AND {} NOT IN (SELECT {} FROM unread AS u WHERE u.scan = ?1)
              AND NOT EXISTS (SELECT 1 FROM unread AS u
                              WHERE u.scan = ?1 AND u.reason NOT GLOB 'archive_*' AND u.reason <> 'match_flood'
                                AND u.reason NOT GLOB '*_broken' AND u.reason NOT GLOB '*_truncated'
                                AND substr({path}, 1, length(u.path) + 1) = u.path || '/')))",
        file(path),
        file("u.path"),
    )
}

/// Marks what the scan would have seen if it were still there.
async fn mark_gone(tx: &mut Tx, seq: i64, reach: &str, at: Timestamp) -> Result<(), InventoryError> {
    // CODEOWNERS and authorship say what is true now: what a file or root no longer says is dropped.
    run_told(
        tx,
        "DELETE FROM owner_rule WHERE last_scan <> ?1 AND
           ((root, path) IN (SELECT root, path FROM owner_rule WHERE last_scan = ?1)
            OR (?2 <> 'partial' AND {told}))",
        // Named in full: what is not read has a path, too.
        ("owner_rule.path", "0"),
        (seq, reach, at),
    )
    .await?;
    run_told(
        tx,
        "DELETE FROM authorship WHERE last_scan <> ?1 AND
           ((root, path) IN (SELECT root, path FROM authorship WHERE last_scan = ?1)
            OR (?2 = 'everything' AND {told}))",
        ("authorship.path", "1"),
        (seq, reach, at),
    )
    .await?;
    run_told(
        tx,
        "UPDATE finding SET gone_at = ?3 WHERE last_scan <> ?1 AND gone_at IS NULL AND origin = 'scan'
           AND (?2 = 'everything' OR (?2 = 'tree_only' AND NOT in_history)) AND {told}",
        ("(body ->> '$.path')", "in_history"),
        (seq, reach, at),
    )
    .await?;
    run_told(
        tx,
        "UPDATE evidence SET gone_at = ?3 WHERE last_scan <> ?1 AND gone_at IS NULL
           AND (?2 = 'everything' OR (?2 = 'tree_only' AND source_commit IS NULL)) AND {told}",
        // What no commit brought in lies in history, too, when a finding at its place does.
        (
            "(body ->> '$.source.path')",
            "source_commit IS NOT NULL OR (root, body ->> '$.source.path') IN
             (SELECT root, body ->> '$.path' FROM finding WHERE in_history AND gone_at IS NULL)",
        ),
        (seq, reach, at),
    )
    .await?;
    Ok(())
}

/// Runs `sql` for the scan, its reach and its end, with [`is_told`] of path and past in place of `{told}`.
async fn run_told(
    tx: &mut Tx,
    sql: &str,
    (path, past): (&str, &str),
    (seq, reach, at): (i64, &str, Timestamp),
) -> Result<(), InventoryError> {
    let sql = sql.replace("{told}", &is_told(path, past));
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(seq)
        .bind(reach)
        .bind(instant_text(at))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Drops details that nobody asks for any more, so that an inventory does not grow without end.
async fn forget(tx: &mut Tx, seq: i64, now: Timestamp) -> Result<(), InventoryError> {
    let oldest = seq - DETAILED_SCANS_MAX;
    sqlx::query("DELETE FROM scan_finding WHERE scan <= ?").bind(oldest).execute(&mut **tx).await?;
    sqlx::query("DELETE FROM unread WHERE scan <= ?").bind(oldest).execute(&mut **tx).await?;
    let hours = jiff::SignedDuration::from_hours(GONE_KEPT_DAYS * 24);
    let horizon = now.checked_sub(hours).unwrap_or(Timestamp::MIN);
    sqlx::query("DELETE FROM evidence WHERE gone_at < ?")
        .bind(instant_text(horizon))
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM finding WHERE gone_at < ?")
        .bind(instant_text(horizon))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
