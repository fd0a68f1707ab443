//! Reading the inventory: lists, one identity, owners, the plan.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use tenure_assess::{Assessed, Rules};
use tenure_inventory::{IdentityPage, IdentityQuery, Inventory, PAGE_ROWS_MAX};
use tenure_model::{Dossier, Finding, Identity, Plan, PlanEntry, ReadinessBand, ScanSummary, Timestamp};

use crate::policy::Policy;
use crate::scanning::RootText;
use crate::{Failure, Store};

/// Figures for a first look.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Figures {
    /// All identities.
    pub identities: u32,
    /// Unknown, contested or orphaned owner.
    pub without_owner: u32,
    /// With a credential that never expires or of which no end is known.
    pub never_expire: u32,
    /// Ready now.
    pub ready_now: u32,
    /// Hours a year in which credentials are usable.
    pub standing_hours_per_year: u64,
    /// Hours of them that could go.
    pub avoidable_hours_per_year: u64,
}

/// Figures of the whole inventory, and the scan that they come from.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Overview {
    /// The figures.
    pub figures: Figures,
    /// The last scan.
    pub last_scan: Option<ScanSummary>,
}

/// One identity with everything that a page shows.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IdentityDetail {
    /// The identity.
    pub identity: Identity,
    /// Findings about it.
    pub findings: Vec<Finding>,
    /// What the plan says of it.
    pub plan: Option<PlanEntry>,
    /// Where infrastructure as code declares it or a state holds it, as `address in path:line`.
    pub made_by: Vec<String>,
}

/// Everything in the inventory, judged as of `now`.
pub(crate) async fn judged(
    inventory: &Inventory,
    now: Timestamp,
) -> Result<Vec<(Dossier, Assessed)>, Failure> {
    let dossiers = inventory.dossiers().await?;
    Ok(dossiers
        .into_iter()
        .filter(|dossier| dossier.identity.gone_at.is_none())
        .map(|dossier| {
            let assessed = tenure_assess::assess(&dossier, Rules::embedded(), now);
            (dossier, assessed)
        })
        .collect())
}

/// A page of identities, most risky first unless the query says otherwise.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn identities(store: &Store, query: &IdentityQuery) -> Result<IdentityPage, Failure> {
    let inventory = store.open_existing().await?;
    let page = inventory.identities(query).await?;
    inventory.close().await?;
    Ok(page)
}

/// Every identity that fits the query, whatever its limit.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn all_identities(store: &Store, query: &IdentityQuery) -> Result<Vec<Identity>, Failure> {
    let inventory = store.open_existing().await?;
    let all = every(&inventory, query).await?;
    inventory.close().await?;
    Ok(all)
}

async fn every(inventory: &Inventory, query: &IdentityQuery) -> Result<Vec<Identity>, Failure> {
    let mut query = IdentityQuery { limit: PAGE_ROWS_MAX, offset: 0, ..query.clone() };
    let mut all: Vec<Identity> = Vec::new();
    loop {
        let page = inventory.identities(&query).await?;
        query.offset += PAGE_ROWS_MAX;
        let done = page.identities.len() < PAGE_ROWS_MAX as usize;
        all.extend(page.identities);
        if done {
            return Ok(all);
        }
    }
}

/// Figures for a first look, and the last scan.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn overview(store: &Store, now: Timestamp) -> Result<Overview, Failure> {
    let inventory = store.open_existing().await?;
    let judged = judged(&inventory, now).await?;
    let last_scan = match inventory.latest_scan().await? {
        Some(record) => {
            let unread = inventory.unread(&record.id).await?;
            Some(record.summary(unread))
        }
        None => None,
    };
    inventory.close().await?;
    Ok(Overview { figures: figures(&judged), last_scan })
}

fn figures(judged: &[(Dossier, Assessed)]) -> Figures {
    use tenure_model::OwnerState::{Contested, Orphaned, Unknown};
    let count = |wanted: &dyn Fn(&Identity) -> bool| {
        u32::try_from(judged.iter().filter(|(_, a)| wanted(&a.identity)).count()).unwrap_or(u32::MAX)
    };
    Figures {
        identities: count(&|_| true),
        without_owner: count(&|i| matches!(i.owner.state, Unknown | Orphaned | Contested)),
        never_expire: count(&|i| i.credentials.iter().any(|c| c.expires_at.is_none())),
        ready_now: count(&|i| i.readiness.band == ReadinessBand::ReadyNow),
        standing_hours_per_year: judged.iter().map(|(_, a)| a.standing_hours_per_year).sum(),
        avoidable_hours_per_year: judged.iter().map(|(_, a)| a.avoidable_hours_per_year).sum(),
    }
}

/// Reads one identity by id, former id, native id or unmistakable name.
///
/// # Errors
/// [`Failure::Usage`] when nothing or more than one thing has that name.
pub async fn identity(store: &Store, wanted: &str, now: Timestamp) -> Result<IdentityDetail, Failure> {
    let inventory = store.open_existing().await?;
    let id = resolve_id(&inventory, wanted).await?;
    let mut findings = inventory.findings_of(&id).await?;
    let policy = Policy::of_exceptions(inventory.exceptions().await?, now);
    findings.iter_mut().for_each(|finding| policy.except(finding));
    let mut judged = judged(&inventory, now).await?;
    if !judged.iter().any(|(dossier, _)| dossier.identity.id == id) {
        // Gone since the last scan, and still worth a look.
        let dossier = inventory.dossier(&id).await?;
        let assessed = tenure_assess::assess(&dossier, Rules::embedded(), now);
        judged.push((dossier, assessed));
    }
    inventory.close().await?;
    let plan = tenure_assess::plan(&judged, Rules::embedded(), &RootText, now, true);
    let found = judged.into_iter().find(|(dossier, _)| dossier.identity.id == id);
    let (dossier, assessed) = found.expect("it was put in just now");
    let entry = plan.entries.into_iter().find(|entry| entry.identity_id == id);
    let made_by = tenure_inventory::made_by(&dossier.evidence);
    Ok(IdentityDetail { identity: assessed.identity, findings, plan: entry, made_by })
}

/// Least characters of an id that name an identity.
const ID_BEGINNING_MIN: usize = 6;

/// The id behind what a person typed: an id or its beginning, a native id, or a name.
pub(crate) async fn resolve_id(inventory: &Inventory, wanted: &str) -> Result<String, Failure> {
    if let Ok(identity) = inventory.identity(wanted).await {
        return Ok(identity.id);
    }
    let query = IdentityQuery { text: Some(wanted.to_owned()), with_gone: true, ..IdentityQuery::default() };
    let mut matching = every(inventory, &query).await?;
    matching.retain(|identity| identity.native_id.as_deref() == Some(wanted) || identity.name == wanted);
    // Tables show the beginning of an id.
    let beginning = wanted.trim_end_matches('…');
    if matching.is_empty() && beginning.starts_with("i_") && beginning.len() >= ID_BEGINNING_MIN {
        let query = IdentityQuery { with_gone: true, ..IdentityQuery::default() };
        matching = every(inventory, &query).await?;
        matching.retain(|identity| identity.id.starts_with(beginning));
    }
    match matching.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Failure::Usage(format!(
            "no identity is called `{wanted}`: `tenure inventory list` shows them all"
        ))),
        many => {
            let ids: Vec<&str> = many.iter().map(|identity| identity.id.as_str()).collect();
            Err(Failure::Usage(format!(
                "`{wanted}` is the name of {} identities: {}",
                many.len(),
                ids.join(", ")
            )))
        }
    }
}

/// Notes who owns an identity: `owner`, or with `None` the owner that the evidence suggests.
///
/// # Errors
/// When there is no such identity, or nothing to confirm.
pub async fn set_owner(
    store: &Store,
    wanted: &str,
    owner: Option<&str>,
    by: &str,
    now: Timestamp,
) -> Result<Identity, Failure> {
    let inventory = store.open_existing().await?;
    let id = resolve_id(&inventory, wanted).await?;
    let identity = match owner {
        Some(owner) => inventory.set_owner(&id, owner, by, now).await?,
        None => inventory.confirm_owner(&id, by, now).await?,
    };
    inventory.close().await?;
    Ok(identity)
}

/// Who answers for what: every owner with the identities, nobody first.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn owners(store: &Store, now: Timestamp) -> Result<Vec<(Option<String>, Vec<Identity>)>, Failure> {
    let inventory = store.open_existing().await?;
    let mut by_owner: std::collections::BTreeMap<Option<String>, Vec<Identity>> =
        std::collections::BTreeMap::new();
    for (_, assessed) in judged(&inventory, now).await? {
        by_owner.entry(assessed.identity.owner.name.clone()).or_default().push(assessed.identity);
    }
    inventory.close().await?;
    Ok(by_owner.into_iter().collect())
}

/// Makes the migration plan; of `only` these identities where any are named.
///
/// # Errors
/// When the inventory cannot be read or a name is unknown.
pub async fn plan(store: &Store, only: &[String], now: Timestamp) -> Result<Plan, Failure> {
    let inventory = store.open_existing().await?;
    let judged = judged(&inventory, now).await?;
    let mut ids = Vec::new();
    for wanted in only {
        ids.push(resolve_id(&inventory, wanted).await?);
    }
    let complete = inventory.latest_scan().await?.is_some_and(|scan| scan.complete);
    inventory.close().await?;
    // All of them first, even if few are wanted: a patch must hold no line with anybody's secret.
    let mut plan = tenure_assess::plan(&judged, Rules::embedded(), &RootText, now, complete);
    if !ids.is_empty() {
        plan.entries.retain(|entry| ids.contains(&entry.identity_id));
        plan.standing_hours_per_year = plan.entries.iter().map(|entry| entry.standing_hours_per_year).sum();
        plan.avoidable_hours_per_year = plan.entries.iter().map(|entry| entry.avoidable_hours_per_year).sum();
    }
    Ok(plan)
}

/// Writes every artifact of a plan below `folder`, one sub-folder an identity. Never overwrites a file that says
/// something else.
///
/// # Errors
/// When a file exists with other content, or the folder cannot be written.
pub fn write_artifacts(plan: &Plan, report: &str, folder: &Path) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    let mut files = vec![("plan.md".to_owned(), report.to_owned())];
    for entry in &plan.entries {
        for artifact in entry.migration.iter().flat_map(|migration| &migration.artifacts) {
            files.push((format!("{}/{}", entry.identity_id, artifact.path), artifact.content.clone()));
        }
    }
    for (name, content) in files {
        let path = folder.join(&name);
        if let Ok(there) = std::fs::read_to_string(&path)
            && there != content
            && name != "plan.md"
        {
            return Err(Failure::Usage(format!(
                "{} exists and says something else: choose an empty folder with --out, or remove the file",
                path.display()
            )));
        }
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("making the folder {}", parent.display()))?;
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
        written.push(name);
    }
    Ok(written)
}
