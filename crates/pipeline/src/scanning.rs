//! One scan, from paths to a report.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use tenure_assess::{Assessed, Rules, WeighedAccounts};
use tenure_inventory::{
    Inventory, ObservationSender, Reach, ScanEnd, ScanLock, ScanStart, load_or_create_key,
};
use tenure_model::{
    AwsAccount, Counts, Dossier, Finding, FingerprintKey, Identity, Observation, REPORT_SCHEMA_VERSION,
    Report, ScanSummary, Since, Summary, Timestamp, Tool, Unread,
};
use tenure_scan::{Engine, Progress, ScanOutcome, ScanRequest, Sink, Veil};

use crate::alike::Alike;
use crate::cache::InventoryCache;
use crate::news::News;
use crate::policy::Policy;
use crate::waiting::Waiting;
use crate::{ConfigurationFile, Failure, Rulebook};

/// Least time between two progress events.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Where a scan keeps what it learns.
#[derive(Debug, Clone)]
pub enum Store {
    /// Nowhere: gone when the report is written.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl Store {
    /// Opens the inventory and the fingerprint key that belongs to it.
    pub(crate) async fn open(&self) -> Result<(Inventory, FingerprintKey), Failure> {
        match self {
            Store::Memory => Ok((Inventory::open_in_memory().await?, throwaway_key()?)),
            Store::File(path) => {
                let inventory = Inventory::open(path).await?;
                let key = load_or_create_key(&crate::key_folder(path))?;
                Ok((inventory, key))
            }
        }
    }
}

/// A key for one report: its fingerprints can be compared with nothing else, unless a baseline carries it on.
///
/// # Errors
/// When the system gives no random bytes.
pub fn throwaway_key() -> Result<FingerprintKey, Failure> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("no random bytes for a fingerprint key: {error}"))?;
    Ok(FingerprintKey::new(bytes))
}

impl Store {
    /// Waits until no other scan writes into the inventory; until what is given back is dropped, none does.
    async fn lock(
        &self,
        events: &(dyn Fn(ScanEvent) + Send + Sync),
        cancel: &Cancel,
    ) -> Result<Option<ScanLock>, Failure> {
        let Store::File(path) = self else { return Ok(None) };
        loop {
            if let Some(lock) = ScanLock::try_take(path)? {
                return Ok(Some(lock));
            }
            if cancel.is_cancelled() {
                let stopped = "stopped while another scan wrote into the inventory: nothing was read";
                return Err(Failure::Usage(stopped.to_owned()));
            }
            let current = "waiting for another scan into this inventory".to_owned();
            events(ScanEvent::Progress { counts: Counts::default(), current });
            tokio::time::sleep(PROGRESS_EVERY).await;
        }
    }

    /// Opens an inventory that a scan has made.
    pub(crate) async fn open_existing(&self) -> Result<Inventory, Failure> {
        match self {
            Store::Memory => Ok(Inventory::open_in_memory().await?),
            Store::File(path) if path.exists() => Ok(Inventory::open(path).await?),
            Store::File(path) => Err(Failure::Usage(format!(
                "there is no inventory at {}: `tenure scan PATH` makes one",
                path.display()
            ))),
        }
    }
}

/// What to scan.
#[derive(Clone)]
pub struct ScanOptions {
    /// Paths as the user named them.
    pub paths: Vec<PathBuf>,
    /// Where to keep what is learned.
    pub store: Store,
    /// Key of the fingerprints where there is no inventory; `None` = a throwaway key.
    pub key: Option<FingerprintKey>,
    /// Read git history.
    pub history: bool,
    /// Tell only what is new since this revision of each repository.
    pub since: Option<String>,
    /// What to look for.
    pub rules: Rulebook,
    /// How the user configures it, in order of precedence.
    pub configurations: Vec<ConfigurationFile>,
    /// Threads; `None` = one a processor.
    pub jobs: Option<usize>,
    /// Today, for everything that depends on age.
    pub now: Timestamp,
}

/// Stops a scan. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the scan to stop; what it found by then is kept and marked incomplete.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A finished scan.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// The report.
    pub report: Report,
    /// Public name of the key behind the report's fingerprints and ids.
    pub key_id: String,
}

/// What a front end can show while a scan runs.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "event")]
#[allow(clippy::large_enum_variant)] // an event lives for one call
pub enum ScanEvent {
    /// It begins.
    Started {
        /// What is scanned.
        roots: Vec<String>,
    },
    /// It went on.
    Progress {
        /// What was read so far.
        counts: Counts,
        /// What is being read.
        current: String,
    },
    /// A finding, as soon as it is known. Its identity is known only at the end.
    Finding {
        /// The finding.
        finding: Finding,
    },
    /// An input that was not fully read.
    Unread {
        /// The input and the reason.
        unread: Unread,
    },
    /// It ended.
    Finished {
        /// The run.
        summary: ScanSummary,
    },
}

/// Runs a scan: reads, resolves, judges, keeps, and gives the report.
///
/// # Errors
/// [`Failure::Usage`] when a path or the revision does not exist (nothing is written then), [`Failure::Inventory`] when the inventory
/// refuses. Inputs that cannot be read are no errors: the report names them.
pub async fn scan(
    options: ScanOptions,
    events: Arc<dyn Fn(ScanEvent) + Send + Sync>,
    cancel: Cancel,
) -> Result<Scanned, Failure> {
    let mut roots = roots(&options.paths)?;
    let mut policy = Policy::new(options.configurations, &options.rules, options.now)?;
    let find = |revision: &String| tenure_scan::Since::resolve(&roots, revision);
    let since =
        options.since.as_ref().map(find).transpose().map_err(|why| Failure::Usage(why.to_string()))?;
    let (inventory, own_key) = options.store.open().await?;
    let _lock = options.store.lock(&*events, &cancel).await?;
    let key = if matches!(options.store, Store::Memory) { options.key.unwrap_or(own_key) } else { own_key };
    let rules = options.rules.rules();
    let ruleset = rules.hash().to_owned();
    let key_id = key.id();
    let engine = Engine::new(rules, key);
    let veil = Veil::new(&engine);
    for (name, _) in &mut roots {
        veil.cover(name);
    }
    policy.name_roots(&roots, &veil)?;
    let names: Vec<String> = roots.iter().map(|(name, _)| name.clone()).collect();
    let start = ScanStart {
        id: scan_id(options.now, &names),
        started_at: options.now,
        roots: names.clone(),
        ruleset: ruleset.clone(),
        key_id: key_id.clone(),
        reach: reach(since.is_some(), options.history),
    };
    let writer = inventory.begin_scan(&start).await?;
    events(ScanEvent::Started { roots: names.clone() });
    policy.accept(inventory.exceptions().await?);
    let policy = Arc::new(policy);
    let listener = Arc::new(Listener::new(policy.clone(), writer.sender(), events.clone(), since.is_some()));
    let keeps = matches!(options.store, Store::File(_));
    let cache = InventoryCache::new(inventory.clone(), start.clone(), keeps);
    let told = since.as_ref().map(|since| since.told(&veil));
    let terms = since.is_none().then(|| terms(&options.rules, options.history, &policy));
    let request =
        ScanRequest { roots, history: options.history, since, engine, exclude: policy.exclude(), terms };
    let outcome = run_scan(request, cache.clone(), listener.clone(), cancel, options.jobs).await?;
    if let Some(error) = listener.broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error.into());
    }
    let is_of_now = weigh_accounts(&listener, options.now).await?;
    let news = tell_waiting(&listener, told).await?;
    drop(listener);
    let end = ScanEnd {
        finished_at: Timestamp::now(),
        counts: outcome.counts,
        complete: outcome.complete,
        cancelled: outcome.cancelled,
        roots_read: outcome.complete_roots.clone(),
    };
    inventory.finish_scan(writer, &end).await?;
    if !outcome.unchanged.is_some_and(|unchanged| unchanged.is_next) {
        inventory.resolve(&start.id).await?;
    }
    let told = (&*policy, outcome.configurations.as_slice());
    let about = (names.as_slice(), news.as_ref());
    let mut report = conclude(&inventory, start, &end, about, (keeps, options.now), told).await?;
    report.tool.disabled_rules = options.rules.disabled().to_vec();
    tell_again(&report, &outcome, &*events);
    if !is_of_now {
        cache.leave(&outcome).await;
    }
    events(ScanEvent::Finished { summary: report.scan.clone() });
    inventory.close().await?;
    Ok(Scanned { report, key_id })
}

/// How far a scan reaches.
fn reach(since: bool, history: bool) -> Reach {
    match (since, history) {
        (true, _) => Reach::Partial,
        (false, true) => Reach::Everything,
        (false, false) => Reach::TreeOnly,
    }
}

/// Everything beside rules and key that decides what a scan keeps.
fn terms(rules: &Rulebook, history: bool, policy: &Policy) -> Vec<u8> {
    let mut terms = serde_json::to_vec(&(history, rules.disabled())).expect("plain data");
    terms.extend(policy.terms());
    terms
}

/// Tells what a scan that read nothing took over.
fn tell_again(report: &Report, outcome: &ScanOutcome, events: &(dyn Fn(ScanEvent) + Send + Sync)) {
    if outcome.unchanged.is_none() {
        return;
    }
    report.findings.iter().for_each(|finding| events(ScanEvent::Finding { finding: finding.clone() }));
    report.scan.unread.iter().for_each(|unread| events(ScanEvent::Unread { unread: unread.clone() }));
}

/// Passes on what waited for the last file, and gives what is new when only that is told.
async fn tell_waiting(listener: &Listener, since: Option<Since>) -> Result<Option<News>, Failure> {
    let waiting = std::mem::take(&mut *listener.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    let news = listener.news.as_ref().map(|news| News::take(news, &waiting, since));
    for observation in waiting.end().filter_map(|observation| listener.policy.take(observation)) {
        if news.as_ref().is_some_and(|news| !news.tells(&observation)) {
            continue;
        }
        listener.sender.send_async(observation).await?;
    }
    Ok(news)
}

/// Weighs the accounts that were read, all of them together, and notes the judgements as evidence. Gives whether they
/// hold for this moment only.
async fn weigh_accounts(listener: &Listener, now: Timestamp) -> Result<bool, Failure> {
    let mut accounts = std::mem::take(&mut *listener.accounts.lock().unwrap_or_else(PoisonError::into_inner));
    // Threads hand them over in any order.
    accounts.sort_by(|a, b| (&a.root, &a.path).cmp(&(&b.root, &b.path)));
    let WeighedAccounts { evidence: weighed, asked_for_time } = tenure_assess::weigh_aws(&accounts, now);
    News::note_weighed(listener.news.as_ref(), accounts, &weighed, now);
    for evidence in weighed {
        listener.sender.send_async(Observation::Evidence(evidence)).await?;
    }
    Ok(asked_for_time)
}

/// Judges what a scan has seen, and makes the report.
async fn conclude(
    inventory: &Inventory,
    start: ScanStart,
    end: &ScanEnd,
    (roots, news): (&[String], Option<&News>),
    (keeps, now): (bool, Timestamp),
    (policy, held): (&Policy, &[(String, String)]),
) -> Result<Report, Failure> {
    let Judged { mut identities, findings: mut made, mut summary } =
        judge(inventory, (roots, None), policy, now).await?;
    let mut findings = Vec::new();
    if news.is_some() {
        // What the scan itself found is all news; of what is judged, a part.
        findings = inventory.findings(&start.id).await?;
    }
    if keeps {
        inventory.save_assessed(&start.id, now, &identities, &made).await?;
        made.clear();
    }
    if news.is_some() {
        Judged { identities, findings: made, summary } = judge(inventory, (roots, news), policy, now).await?;
    } else {
        findings = inventory.findings(&start.id).await?;
    }
    // Where nothing is kept, the inventory need not hold them first.
    findings.append(&mut made);
    findings.sort_by(|a, b| {
        fn place(f: &Finding) -> (&str, &str, u32, &str) {
            (&f.place.root, &f.place.path, f.place.start_line, &f.id)
        }
        b.severity.cmp(&a.severity).then_with(|| place(a).cmp(&place(b)))
    });
    findings.dedup_by(|a, b| a.id == b.id && a.place.root == b.place.root);
    let configurations = policy.finish(&mut findings, held);
    let counts =
        Counts { findings: findings.len() as u64, identities: identities.len() as u64, ..end.counts };
    let run = ScanSummary {
        unread: inventory.unread(&start.id).await?,
        id: start.id,
        started_at: start.started_at,
        finished_at: end.finished_at,
        roots: start.roots,
        complete: end.complete,
        cancelled: end.cancelled,
        since: news.map(|news| news.since.clone()),
        counts,
        configurations,
    };
    Ok(report(run, start.ruleset, findings, identities, summary))
}

fn report(
    scan: ScanSummary,
    ruleset: String,
    findings: Vec<Finding>,
    identities: Vec<Identity>,
    mut summary: Summary,
) -> Report {
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        *summary.by_severity.entry(finding.severity.word().to_owned()).or_default() += 1;
    }
    for identity in &identities {
        *summary.by_band.entry(identity.readiness.band.word().to_owned()).or_default() += 1;
    }
    Report {
        schema_version: REPORT_SCHEMA_VERSION.to_owned(),
        tool: Tool {
            name: "tenure".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ruleset,
            disabled_rules: Vec::new(),
        },
        scan,
        findings,
        identities,
        summary,
    }
}

/// What is said of the identities that a scan speaks about.
struct Judged {
    /// Most risky first.
    identities: Vec<Identity>,
    findings: Vec<Finding>,
    summary: Summary,
}

/// Judges every identity that the scanned roots speak about, or of them those that there are `news` about.
async fn judge(
    inventory: &Inventory,
    (roots, news): (&[String], Option<&News>),
    policy: &Policy,
    now: Timestamp,
) -> Result<Judged, Failure> {
    let concerns =
        |dossier: &&Dossier| speaks_of(dossier, roots) && news.is_none_or(|news| news.touch(dossier));
    let mut identities: Vec<Identity> = Vec::new();
    let mut findings = Vec::new();
    let mut summary = Summary::default();
    let mut alike = Alike::default();
    let mut after = String::new();
    loop {
        let dossiers = inventory.dossiers_after(&after).await?;
        let Some(last) = dossiers.last() else { break };
        after.clone_from(&last.identity.id);
        for dossier in dossiers.iter().filter(concerns) {
            let Assessed {
                identity, findings: made, standing_hours_per_year, avoidable_hours_per_year, ..
            } = tenure_assess::assess(dossier, Rules::embedded(), now);
            summary.standing_hours_per_year += standing_hours_per_year;
            summary.avoidable_hours_per_year += avoidable_hours_per_year;
            let store = tenure_assess::store_of(dossier);
            let mut made = made;
            made.retain_mut(|finding| {
                news.is_none_or(|news| news.judges(dossier, finding)) && policy.weigh(finding)
            });
            made.iter_mut().for_each(|finding| policy.except(finding));
            findings.extend(made.into_iter().map(|finding| (finding, store.clone(), identity.name.clone())));
            identities.push(alike.share(identity));
        }
    }
    let mut findings = tenure_assess::fold(findings, Rules::embedded());
    // What is kept may be read when the exception is over.
    findings.iter_mut().for_each(|finding| finding.suppressed = None);
    identities.sort_by(|a, b| {
        (std::cmp::Reverse(a.risk.score), std::cmp::Reverse(a.readiness.score), &a.name, &a.id).cmp(&(
            std::cmp::Reverse(b.risk.score),
            std::cmp::Reverse(b.readiness.score),
            &b.name,
            &b.id,
        ))
    });
    Ok(Judged { identities, findings, summary })
}

fn speaks_of(dossier: &Dossier, roots: &[String]) -> bool {
    dossier.identity.gone_at.is_none()
        && (dossier.evidence.iter().any(|evidence| roots.contains(&evidence.source.root))
            || dossier.findings.iter().any(|finding| roots.contains(&finding.place.root)))
}

/// Every path with its absolute name: the same root has the same name in every scan.
fn roots(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut roots: Vec<(String, PathBuf)> = Vec::new();
    for path in paths {
        let absolute = std::fs::canonicalize(path).map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
                kind => kind.to_string(),
            };
            Failure::Usage(format!("cannot scan {}: {why}", tenure_model::visible(&path.to_string_lossy())))
        })?;
        let name = tenure_model::path_text(absolute.as_os_str().as_encoded_bytes());
        if !roots.iter().any(|(known, _)| *known == name) {
            roots.push((name, absolute));
        }
    }
    Ok(roots)
}

fn scan_id(at: Timestamp, roots: &[String]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(at.to_string().as_bytes());
    hasher.update(std::process::id().to_le_bytes().as_slice());
    for root in roots {
        hasher.update(root.as_bytes());
    }
    format!("s_{}", tenure_model::hex(&hasher.finalize().as_bytes()[..8]))
}

async fn run_scan(
    request: ScanRequest,
    cache: InventoryCache,
    listener: Arc<Listener>,
    cancel: Cancel,
    jobs: Option<usize>,
) -> Result<ScanOutcome, Failure> {
    tokio::task::spawn_blocking(move || {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.unwrap_or(0))
            .build()
            .context("starting the scan's threads")?;
        Ok(pool.install(|| tenure_scan::scan(request, &cache, &*listener, &cancel.0)))
    })
    .await
    // What it says about itself may hold what was searched.
    .map_err(|_| anyhow::anyhow!("the scan stopped early because of a mistake in Tenure itself"))?
}

/// Hands observations to the inventory's writer and to the front end.
struct Listener {
    policy: Arc<Policy>,
    sender: ObservationSender,
    events: Arc<dyn Fn(ScanEvent) + Send + Sync>,
    last: Mutex<Instant>,
    broken: Mutex<Option<tenure_inventory::InventoryError>>,
    /// Accounts, until all are known.
    accounts: Mutex<Vec<AwsAccount>>,
    /// Evidence that another file completes.
    waiting: Mutex<Waiting>,
    /// What is new, when only that is told.
    news: Option<Mutex<News>>,
}

impl Listener {
    fn new(
        policy: Arc<Policy>,
        sender: ObservationSender,
        events: Arc<dyn Fn(ScanEvent) + Send + Sync>,
        tells_news: bool,
    ) -> Self {
        Self {
            policy,
            sender,
            events,
            last: Mutex::new(Instant::now()),
            broken: Mutex::new(None),
            accounts: Mutex::default(),
            waiting: Mutex::default(),
            news: tells_news.then(Mutex::default),
        }
    }

    /// Passes on what completes the rest.
    fn keep(&self, observation: Observation) {
        let observation = match observation {
            Observation::AwsAccount(account) => {
                return self.accounts.lock().unwrap_or_else(PoisonError::into_inner).push(*account);
            }
            other => other,
        };
        let Some(observation) = Waiting::take(&self.waiting, observation) else { return };
        if let Err(error) = self.sender.send(observation) {
            self.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}

impl Sink for Listener {
    fn observe(&self, observation: Observation) {
        let Some(observation) = self.policy.take(observation) else { return };
        News::note(self.news.as_ref(), &observation);
        match &observation {
            Observation::Finding(finding, _) => {
                let mut finding = finding.clone();
                self.policy.suppress(&mut finding);
                (self.events)(ScanEvent::Finding { finding });
            }
            Observation::Unread(unread) => (self.events)(ScanEvent::Unread { unread: unread.clone() }),
            _ => {}
        }
        self.keep(observation);
    }

    fn observe_known(&self, observation: Observation) {
        if let Some(observation) = self.policy.take(observation) {
            self.keep(observation);
        }
    }

    fn progress(&self, progress: &Progress<'_>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= PROGRESS_EVERY {
            *last = Instant::now();
            (self.events)(ScanEvent::Progress {
                counts: progress.counts,
                current: progress.current.to_owned(),
            });
        }
    }
}

/// Reads a file below a scanned root for a recipe; nothing outside the root.
pub(crate) struct RootText;

impl tenure_assess::SourceText for RootText {
    fn read(&self, root: &str, path: &str) -> Option<String> {
        /// A workflow is small; a recipe has no business with anything larger.
        const TEXT_BYTES_MAX: u64 = 4 << 20;
        let root = Path::new(root).canonicalize().ok()?;
        let file = root.join(path).canonicalize().ok()?;
        let inside = file.starts_with(&root) && file.metadata().ok()?.len() <= TEXT_BYTES_MAX;
        inside.then(|| std::fs::read_to_string(&file).ok()).flatten()
    }
}
