//! Runs [`resolve`](crate::resolve) over what is stored, and keeps its answer.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::{QueryBuilder, Row as _};
use tenure_model::{Authorship, Evidence, Fact, Finding, Identity, OwnerClaim, OwnerRule, Subject};

use crate::column::{from_word, instant, json, noun};
use crate::inventory::{STATEMENT_ROWS, Tx};
use crate::ownership::{self, Codeowners, Decision, FILES_MAX, FileRef};
use crate::resolve::{Group, Known, compose, group};
use crate::scan::findings_of;
use crate::{Inventory, InventoryError, resources};

/// Identities that are told at once; their evidence is in memory meanwhile.
const IDENTITIES_AT_ONCE: usize = 500;
impl Inventory {
    /// Turns what the roots of a scan hold into identities with owners. Doing it again changes nothing.
    ///
    /// # Errors
    /// When there is no such scan, or the database cannot be written.
    pub async fn resolve(&self, scan_id: &str) -> Result<(), InventoryError> {
        let mut tx = self.begin().await?;
        let (scan, started_at, ended_at): (i64, String, String) = sqlx::query_as(
            "SELECT seq, started_at, coalesce(finished_at, started_at) FROM scan WHERE id = ?",
        )
        .bind(scan_id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| InventoryError::unknown("scan", scan_id))?;
        let known = known_subjects(&mut tx).await?;
        let links = links(&mut tx).await?;
        let bearers = bearers(&mut tx).await?;
        let groups = group(&known, &links, &bearers);
        keep_groups(&mut tx, &groups, &known, &started_at).await?;
        let touched = touched_identities(&mut tx, scan, &groups).await?;
        let mut rules = OwnerRules::default();
        for ids in touched.chunks(IDENTITIES_AT_ONCE) {
            tell(&mut tx, ids, &ended_at, &mut rules).await?;
        }
        tx.commit().await?;
        tracing::debug!(identities = touched.len(), "resolved");
        Ok(())
    }
}

fn subject(kind: &str, key: String) -> Result<Subject, InventoryError> {
    Ok(Subject { kind: from_word("kind of a subject", kind)?, key })
}

async fn known_subjects(tx: &mut Tx) -> Result<Vec<Known>, InventoryError> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT s.kind, s.key, s.identity_id, i.seq FROM subject s JOIN identity i ON i.id = s.identity_id
         WHERE s.kind <> 'identity' ORDER BY s.kind, s.key",
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = |(kind, key, identity_id, age): (String, String, String, i64)| {
        Ok(Known { subject: subject(&kind, key)?, identity_id, age })
    };
    rows.into_iter().map(known).collect()
}

async fn links(tx: &mut Tx) -> Result<Vec<(Subject, Subject)>, InventoryError> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT DISTINCT subject_kind, subject_key, link_kind, link_key FROM evidence
         WHERE gone_at IS NULL AND link_key IS NOT NULL",
    )
    .fetch_all(&mut **tx)
    .await?;
    let link = |(kind, key, other_kind, other_key): (String, String, String, String)| {
        Ok((subject(&kind, key)?, subject(&other_kind, other_key)?))
    };
    rows.into_iter().map(link).collect()
}

async fn bearers(tx: &mut Tx) -> Result<Vec<Subject>, InventoryError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT subject_kind, subject_key FROM evidence
         WHERE gone_at IS NULL AND fact IN ('identity', 'credential')",
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|(kind, key)| subject(&kind, key)).collect()
}

/// Gives out new ids, lets merged-away ids lead to the one that stays, and writes who is known under which name.
async fn keep_groups(
    tx: &mut Tx,
    groups: &[Group],
    known: &[Known],
    first_seen_at: &str,
) -> Result<(), InventoryError> {
    let new: Vec<&Group> = groups.iter().filter(|group| group.is_new).collect();
    for rows in new.chunks(STATEMENT_ROWS) {
        let mut query = QueryBuilder::new("INSERT INTO identity (id, body, first_seen_at) ");
        query.push_values(rows, |mut row, group| {
            row.push_bind(group.id.as_str()).push("'{}'").push_bind(first_seen_at);
        });
        query.build().execute(&mut **tx).await?;
    }
    for group in groups {
        for old in &group.merged {
            merge(tx, old, &group.id).await?;
        }
    }
    let settled: HashSet<(&Subject, &str)> =
        known.iter().map(|entry| (&entry.subject, entry.identity_id.as_str())).collect();
    let mut names: Vec<(&str, &str, &str)> = Vec::new();
    for group in groups {
        if group.is_new {
            names.push(("identity", &group.id, &group.id));
        }
        let fresh = group.subjects.iter().filter(|s| !settled.contains(&(*s, group.id.as_str())));
        names.extend(fresh.map(|s| (s.kind.word(), s.key.as_str(), group.id.as_str())));
    }
    for rows in names.chunks(STATEMENT_ROWS) {
        let mut query = QueryBuilder::new("INSERT INTO subject (kind, key, identity_id) ");
        query.push_values(rows, |mut row, (kind, key, id)| {
            row.push_bind(*kind).push_bind(*key).push_bind(*id);
        });
        query.push(" ON CONFLICT (kind, key) DO UPDATE SET identity_id = excluded.identity_id");
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// Lets everything that led to `old` lead to `kept`; judgements and decisions stay under the id that they had.
async fn merge(tx: &mut Tx, old: &str, kept: &str) -> Result<(), InventoryError> {
    sqlx::query("UPDATE subject SET identity_id = ? WHERE identity_id = ?")
        .bind(kept)
        .bind(old)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "UPDATE identity SET first_seen_at = min(first_seen_at, (SELECT first_seen_at FROM identity WHERE id = ?1))
         WHERE id = ?2",
    )
    .bind(old)
    .bind(kept)
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM identity WHERE id = ?").bind(old).execute(&mut **tx).await?;
    Ok(())
}

/// Identities that the scan's roots speak of, or spoke of until now, and those that this run made or merged.
async fn touched_identities(tx: &mut Tx, scan: i64, groups: &[Group]) -> Result<Vec<String>, InventoryError> {
    let spoken_of: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT s.identity_id FROM subject s WHERE (s.kind, s.key) IN (
           SELECT subject_kind, subject_key FROM evidence WHERE root IN (SELECT root FROM scan_root WHERE scan = ?1)
           UNION
           SELECT subject_kind, subject_key FROM finding
           WHERE origin = 'scan' AND root IN (SELECT root FROM scan_root WHERE scan = ?1))",
    )
    .bind(scan)
    .fetch_all(&mut **tx)
    .await?;
    let changed = groups.iter().filter(|g| g.is_new || !g.merged.is_empty()).map(|g| g.id.clone());
    let all: BTreeSet<String> = spoken_of.into_iter().chain(changed).collect();
    Ok(all.into_iter().collect())
}

/// Tells some identities anew from the live evidence about them, and writes those that changed.
async fn tell(tx: &mut Tx, ids: &[String], now: &str, rules: &mut OwnerRules) -> Result<(), InventoryError> {
    let wanted = json(&ids);
    let mut before = bodies(tx, &wanted).await?;
    let mut evidence = evidence_about(tx, &wanted).await?;
    let mut findings = findings_about(tx, &wanted).await?;
    let decisions = decisions_about(tx, &wanted).await?;
    let mut told: Vec<Told> = Vec::new();
    let mut gone: Vec<&str> = Vec::new();
    for id in ids {
        let evidence = evidence.remove(id).unwrap_or_default();
        let findings = findings.remove(id).unwrap_or_default();
        if evidence.is_empty() && findings.is_empty() {
            gone.push(id);
            continue;
        }
        let identity = compose(id, &evidence, &findings);
        let files = owning_files(&identity, &evidence, &findings);
        told.push(Told { claims: owner_facts(&evidence), identity, files });
    }
    let files: BTreeSet<FileRef> = told.iter().flat_map(|one| one.files.iter().cloned()).collect();
    rules.load(tx, files.iter().map(|(root, _)| root)).await?;
    let authors = authorships(tx, &files).await?;
    let mut changed: Vec<(String, String)> = Vec::new();
    for Told { mut identity, mut claims, files } in told {
        claims.extend(ownership::codeowners_claims(&files, &rules.by_root));
        let of_files = files.iter().filter_map(|file| authors.get(file)).flatten();
        claims.extend(ownership::authorship_claims(of_files));
        identity.owner = ownership::combine(claims, decisions.get(&identity.id));
        let body = json(&identity);
        if before.remove(&identity.id) != Some((body.clone(), false)) {
            changed.push((identity.id, body));
        }
    }
    write_told(tx, &changed, &gone, now).await
}

/// An identity on its way, before its owner is known.
struct Told {
    identity: Identity,
    claims: Vec<OwnerClaim>,
    files: BTreeSet<FileRef>,
}

/// What is stored of some identities: the body, and whether they are gone.
async fn bodies(tx: &mut Tx, ids: &str) -> Result<BTreeMap<String, (String, bool)>, InventoryError> {
    let rows: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT id, body, gone_at IS NOT NULL FROM identity WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|(id, body, gone)| (id, (body, gone))).collect())
}

async fn write_told(
    tx: &mut Tx,
    changed: &[(String, String)],
    gone: &[&str],
    now: &str,
) -> Result<(), InventoryError> {
    for rows in changed.chunks(STATEMENT_ROWS) {
        // Every row exists: this is an update of many rows in one statement.
        let mut query = QueryBuilder::new("INSERT INTO identity (id, body, first_seen_at) ");
        query.push_values(rows, |mut row, (id, body)| {
            row.push_bind(id.as_str()).push_bind(body.as_str()).push_bind(now);
        });
        query.push(" ON CONFLICT (id) DO UPDATE SET body = excluded.body, gone_at = NULL");
        query.build().execute(&mut **tx).await?;
    }
    // What was last known of what is gone stays readable.
    sqlx::query(
        "UPDATE identity SET gone_at = coalesce(gone_at, ?) WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(now)
    .bind(json(&gone))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn evidence_about(tx: &mut Tx, ids: &str) -> Result<BTreeMap<String, Vec<Evidence>>, InventoryError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT s.identity_id, e.body FROM subject s JOIN evidence e ON e.subject_kind = s.kind AND e.subject_key = s.key
         WHERE s.identity_id IN (SELECT value FROM json_each(?)) AND e.gone_at IS NULL",
    )
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    let mut about: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    for (id, body) in rows {
        about.entry(id).or_default().push(noun("piece of evidence", &body)?);
    }
    Ok(about)
}

async fn findings_about(tx: &mut Tx, ids: &str) -> Result<BTreeMap<String, Vec<Finding>>, InventoryError> {
    let rows = sqlx::query(
        "SELECT f.body, s.identity_id FROM subject s JOIN finding f ON f.subject_kind = s.kind AND f.subject_key = s.key
         WHERE s.identity_id IN (SELECT value FROM json_each(?)) AND f.gone_at IS NULL AND f.origin = 'scan'",
    )
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    let mut about: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in findings_of(&rows)? {
        let id = finding.identity_id.clone().expect("the statement asks by identity");
        about.entry(id).or_default().push(finding);
    }
    Ok(about)
}

async fn decisions_about(tx: &mut Tx, ids: &str) -> Result<BTreeMap<String, Decision>, InventoryError> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT s.identity_id, d.owner, d.said_by FROM owner_decision d
         JOIN subject s ON s.kind = 'identity' AND s.key = d.identity_id
         WHERE s.identity_id IN (SELECT value FROM json_each(?)) ORDER BY d.seq",
    )
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    let decision = |(id, owner, said_by)| (id, Decision { owner, said_by });
    Ok(rows.into_iter().map(decision).collect()) // The newest one is the last, and it counts.
}

/// What tags and the like say of the owner.
fn owner_facts(evidence: &[Evidence]) -> Vec<OwnerClaim> {
    let said = |e: &Evidence| match &e.fact {
        Fact::Owner { claim } => Some(claim.clone()),
        _ => None,
    };
    evidence.iter().filter_map(said).collect()
}

/// The files whose owners answer for an identity: those that declare it as a resource; when there are none, those that
/// use it; when nothing is known to, those that hold it.
fn owning_files(identity: &Identity, evidence: &[Evidence], findings: &[Finding]) -> BTreeSet<FileRef> {
    let declaring = evidence.iter().filter(|evidence| resources::declares(evidence));
    let declaring = declaring.map(|evidence| (evidence.source.root.clone(), evidence.source.path.clone()));
    let declared_by: BTreeSet<FileRef> = declaring.take(FILES_MAX).collect();
    if !declared_by.is_empty() {
        return declared_by;
    }
    let consumers = identity.consumers.iter().map(|c| (c.root.clone(), c.path.clone()));
    let used_by: BTreeSet<FileRef> = consumers.take(FILES_MAX).collect();
    if !used_by.is_empty() {
        return used_by;
    }
    let places = findings.iter().flat_map(|f| {
        let root = &f.place.root;
        let others = f.also_at.iter().map(|o| (root.clone(), o.path.clone()));
        std::iter::once((root.clone(), f.place.path.clone())).chain(others)
    });
    let held_by: BTreeSet<FileRef> = places.collect();
    held_by.into_iter().take(FILES_MAX).collect()
}

async fn authorships(
    tx: &mut Tx,
    files: &BTreeSet<FileRef>,
) -> Result<BTreeMap<FileRef, Vec<Authorship>>, InventoryError> {
    let rows = sqlx::query(
        "SELECT a.* FROM json_each(?) f JOIN authorship a ON a.root = f.value ->> 0 AND a.path = f.value ->> 1",
    )
    .bind(json(files))
    .fetch_all(&mut **tx)
    .await?;
    let mut by_file: BTreeMap<FileRef, Vec<Authorship>> = BTreeMap::new();
    for row in &rows {
        let authorship = Authorship {
            root: row.try_get("root")?,
            path: row.try_get("path")?,
            author: row.try_get("author")?,
            share: row.try_get("share")?,
            last_seen_at: instant(row.try_get("last_seen_at")?)?,
            newest_commit_at: instant(row.try_get("newest_commit_at")?)?,
        };
        by_file.entry((authorship.root.clone(), authorship.path.clone())).or_default().push(authorship);
    }
    Ok(by_file)
}

/// Files of owners, read and parsed once per root.
#[derive(Default)]
struct OwnerRules {
    by_root: BTreeMap<String, Vec<Codeowners>>,
}

impl OwnerRules {
    async fn load(
        &mut self,
        tx: &mut Tx,
        roots: impl Iterator<Item = &String>,
    ) -> Result<(), InventoryError> {
        for root in roots {
            if self.by_root.contains_key(root) {
                continue;
            }
            let rows = sqlx::query("SELECT * FROM owner_rule WHERE root = ? ORDER BY base, path, line")
                .bind(root)
                .fetch_all(&mut **tx)
                .await?;
            let mut by_base: BTreeMap<String, Vec<OwnerRule>> = BTreeMap::new();
            for row in &rows {
                let rule = OwnerRule {
                    root: root.clone(),
                    base: row.try_get("base")?,
                    path: row.try_get("path")?,
                    line: row.try_get("line")?,
                    pattern: row.try_get("pattern")?,
                    owners: noun("list of owners", row.try_get("owners")?)?,
                };
                by_base.entry(rule.base.clone()).or_default().push(rule);
            }
            let files = by_base.into_iter().map(|(base, rules)| Codeowners::new(&base, rules)).collect();
            self.by_root.insert(root.clone(), files);
        }
        Ok(())
    }
}
