//! Observations as rows, and the statements that write a batch of them.

use sqlx::{QueryBuilder, Sqlite};
use tenure_model::{
    Authorship, Evidence, Fact, Finding, Observation, OwnerRule, Subject, SubjectKind, Unread,
};

use crate::InventoryError;
use crate::column::{instant_text, json, word};
use crate::inventory::{STATEMENT_ROWS, Tx};
use crate::scan::Reach;

/// The other name that a piece of evidence shows to belong to the same identity: the subject that it names, or
/// the credential that it holds. This is where a key found in a file meets the same key in an export.
pub(crate) fn link(evidence: &Evidence) -> Option<Subject> {
    match &evidence.fact {
        Fact::SameAs { other, .. } => Some(other.clone()),
        Fact::Credential { credential } => {
            let fingerprint = credential.fingerprint.as_ref()?;
            Some(Subject::new(SubjectKind::Credential, fingerprint.0.clone()))
        }
        _ => None,
    }
}

/// Observations on their way into one transaction, sorted by the table that takes them.
#[derive(Default)]
pub(crate) struct Batch {
    findings: Vec<(Finding, Subject, String)>,
    evidence: Vec<(Evidence, String, String)>,
    owner_rules: Vec<OwnerRule>,
    authorships: Vec<Authorship>,
    unread: Vec<Unread>,
}

impl Batch {
    pub(crate) fn push(&mut self, observation: Observation) {
        match observation {
            Observation::Finding(mut finding, subject) => {
                finding.identity_id = None; // The inventory says so, and it may learn better later.
                let body = json(&finding);
                self.findings.push((finding, subject, body));
            }
            Observation::Evidence(evidence) => {
                let body = json(&evidence);
                let digest = tenure_model::hex(&blake3::hash(body.as_bytes()).as_bytes()[..16]);
                self.evidence.push((evidence, body, digest));
            }
            Observation::OwnerRule(rule) => self.owner_rules.push(rule),
            Observation::Authorship(authorship) => self.authorships.push(authorship),
            Observation::Unread(unread) => self.unread.push(unread),
            // It is weighed as a whole and only the judgement is kept.
            Observation::AwsAccount(_) | Observation::Role(_) | Observation::Members(_) => {}
        }
    }

    /// Writes everything as seen by scan number `scan`.
    pub(crate) async fn write(mut self, tx: &mut Tx, scan: i64, reach: Reach) -> Result<(), InventoryError> {
        // Neighbours in the index are written together.
        self.findings.sort_unstable_by(|a, b| (&a.0.place.root, &a.0.id).cmp(&(&b.0.place.root, &b.0.id)));
        self.evidence.sort_unstable_by(|a, b| a.2.cmp(&b.2));
        let on_conflict = finding_conflict(reach);
        for rows in self.findings.chunks(STATEMENT_ROWS) {
            write_findings(tx, scan, rows, &on_conflict).await?;
        }
        for rows in self.evidence.chunks(STATEMENT_ROWS) {
            write_evidence(tx, scan, rows).await?;
        }
        for rows in self.owner_rules.chunks(STATEMENT_ROWS) {
            write_owner_rules(tx, scan, rows).await?;
        }
        for rows in self.authorships.chunks(STATEMENT_ROWS) {
            write_authorships(tx, scan, rows).await?;
        }
        for rows in self.unread.chunks(STATEMENT_ROWS) {
            write_unread(tx, scan, rows).await?;
        }
        Ok(())
    }
}

async fn run(tx: &mut Tx, mut query: QueryBuilder<Sqlite>, rows: usize) -> Result<(), InventoryError> {
    // Only the full-size statement comes again, so only that one is worth remembering.
    query.build().persistent(rows == STATEMENT_ROWS).execute(&mut **tx).await?;
    Ok(())
}

/// What becomes of a finding that is known already.
///
/// Within one scan, the files of today and the history may report the same finding apart: both are true. A scan
/// that did not read the history takes nothing away from what an earlier one learned there.
fn finding_conflict(reach: Reach) -> String {
    // `o` is the row that is known, `n` the new one; the base gives the place.
    let flag = |body: &str, name: &str| format!("({body} ->> '$.{name}')");
    let either = |name: &str| {
        let (o, n) = (flag("finding.body", name), flag("excluded.body", name));
        format!("json(iif({o} OR {n}, 'true', 'false'))")
    };
    let first = |base: &str, other: &str, name: &str| {
        format!("coalesce({}, {})", flag(base, name), flag(other, name))
    };
    let merged = |base: &str, other: &str, in_tree: &str| {
        format!(
            "json_set({base}, '$.in_tree', {in_tree}, '$.in_history', {}, '$.commit', {}, '$.author', {}, '$.committed_at', {})",
            either("in_history"),
            first(base, other, "commit"),
            first(base, other, "author"),
            first(base, other, "committed_at"),
        )
    };
    let (old_tree, new_tree) = (flag("finding.body", "in_tree"), flag("excluded.body", "in_tree"));
    let old_is_base =
        format!("({old_tree} > {new_tree} OR ({old_tree} = {new_tree} AND finding.body <= excluded.body))");
    let same_scan = format!(
        "iif({old_is_base}, {}, {})",
        merged("finding.body", "excluded.body", &either("in_tree")),
        merged("excluded.body", "finding.body", &either("in_tree")),
    );
    let later_scan = match reach {
        Reach::Everything => "excluded.body".to_owned(),
        Reach::TreeOnly | Reach::Partial => {
            let in_tree = format!("json(iif({new_tree}, 'true', 'false'))");
            format!(
                "iif(finding.in_history, {}, excluded.body)",
                merged("excluded.body", "finding.body", &in_tree)
            )
        }
    };
    format!(
        " ON CONFLICT (root, id) DO UPDATE SET origin = excluded.origin, subject_kind = excluded.subject_kind,
          subject_key = excluded.subject_key, last_scan = excluded.last_scan, gone_at = NULL,
          body = CASE WHEN finding.body = excluded.body THEN finding.body
                      WHEN finding.last_scan = excluded.last_scan THEN {same_scan}
                      ELSE {later_scan} END"
    )
}

async fn write_findings(
    tx: &mut Tx,
    scan: i64,
    rows: &[(Finding, Subject, String)],
    on_conflict: &str,
) -> Result<(), InventoryError> {
    let mut query = QueryBuilder::new(
        "INSERT INTO finding (root, id, origin, subject_kind, subject_key, first_scan, last_scan, body) ",
    );
    query.push_values(rows, |mut row, (finding, subject, body)| {
        row.push_bind(finding.place.root.as_str())
            .push_bind(finding.id.as_str())
            .push("'scan'")
            .push_bind(subject.kind.word())
            .push_bind(subject.key.as_str())
            .push_bind(scan)
            .push_bind(scan)
            .push_bind(body.as_str());
    });
    query.push(on_conflict);
    run(tx, query, rows.len()).await
}

async fn write_evidence(
    tx: &mut Tx,
    scan: i64,
    rows: &[(Evidence, String, String)],
) -> Result<(), InventoryError> {
    let mut query = QueryBuilder::new(
        "INSERT INTO evidence (digest, root, subject_kind, subject_key, link_kind, link_key, first_scan, last_scan, body) ",
    );
    query.push_values(rows, |mut row, (evidence, body, digest)| {
        let link = link(evidence);
        row.push_bind(digest.as_str())
            .push_bind(evidence.source.root.as_str())
            .push_bind(evidence.subject.kind.word())
            .push_bind(evidence.subject.key.as_str())
            .push_bind(link.as_ref().map(|l| l.kind.word()))
            .push_bind(link.map(|l| l.key))
            .push_bind(scan)
            .push_bind(scan)
            .push_bind(body.as_str());
    });
    query.push(" ON CONFLICT (digest) DO UPDATE SET last_scan = excluded.last_scan, gone_at = NULL");
    run(tx, query, rows.len()).await
}

async fn write_owner_rules(tx: &mut Tx, scan: i64, rows: &[OwnerRule]) -> Result<(), InventoryError> {
    let mut query =
        QueryBuilder::new("INSERT INTO owner_rule (root, path, line, base, pattern, owners, last_scan) ");
    query.push_values(rows, |mut row, rule| {
        row.push_bind(rule.root.as_str())
            .push_bind(rule.path.as_str())
            .push_bind(rule.line)
            .push_bind(rule.base.as_str())
            .push_bind(rule.pattern.as_str())
            .push_bind(json(&rule.owners))
            .push_bind(scan);
    });
    query.push(
        " ON CONFLICT (root, path, line) DO UPDATE SET base = excluded.base, pattern = excluded.pattern,
          owners = excluded.owners, last_scan = excluded.last_scan",
    );
    run(tx, query, rows.len()).await
}

async fn write_authorships(tx: &mut Tx, scan: i64, rows: &[Authorship]) -> Result<(), InventoryError> {
    let mut query = QueryBuilder::new(
        "INSERT INTO authorship (root, path, author, share, last_seen_at, newest_commit_at, last_scan) ",
    );
    query.push_values(rows, |mut row, authorship| {
        row.push_bind(authorship.root.as_str())
            .push_bind(authorship.path.as_str())
            .push_bind(authorship.author.as_str())
            .push_bind(authorship.share)
            .push_bind(instant_text(authorship.last_seen_at))
            .push_bind(instant_text(authorship.newest_commit_at))
            .push_bind(scan);
    });
    query.push(
        " ON CONFLICT (root, path, author) DO UPDATE SET share = excluded.share,
          last_seen_at = excluded.last_seen_at, newest_commit_at = excluded.newest_commit_at,
          last_scan = excluded.last_scan",
    );
    run(tx, query, rows.len()).await
}

async fn write_unread(tx: &mut Tx, scan: i64, rows: &[Unread]) -> Result<(), InventoryError> {
    let mut query = QueryBuilder::new("INSERT INTO unread (scan, path, state, reason, detail) ");
    query.push_values(rows, |mut row, unread| {
        row.push_bind(scan)
            .push_bind(unread.path.as_str())
            .push_bind(word(unread.state))
            .push_bind(unread.reason.as_str())
            .push_bind(unread.detail.as_str());
    });
    run(tx, query, rows.len()).await
}
