//! One repository's object store: scanned blob by blob, attributed afterwards, merged with the files of today.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tenure_model::{Fate, Introduction, Observation, Unread, path_bytes, path_text};

use crate::cache::{Settled, SettledValue, StoreResult};
use crate::container::{self, MemberGap};
use crate::engine::Engine;
use crate::engine::delta::Scanned;
use crate::engine::records::Called;
use crate::findings::{Sighted, observe};
use crate::git::{self, BlobVisitor, Commits, Objects, Oid, Op, Repository};
use crate::groups::groups;
use crate::hits::Hits;
use crate::run::Run;
use crate::scanner::{Seen, match_flood};
use crate::search;
use crate::since::Since;
use crate::source::{below, is_refused_by_the_disk};
use crate::veil::Veil;

mod head;
mod readings;
mod records;
mod since;

pub(crate) use since::Before;

/// Changes whenever readers may read the same file differently: with every change of their source.
const READERS: &str = env!("TENURE_READERS");

/// A finding's place in history: path, rule, fingerprint.
type Key = (String, String, String);

/// What was not read of a container: its path, and why.
pub(crate) type GapKey = (String, String);

/// What history knows of one value at one path.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// The earliest commit that brought it in.
    pub(crate) introduction: Option<Introduction>,
    /// How it can still be reached, the nearest way.
    fate: Fate,
    /// The blob whose lines are shown.
    blob: Oid,
    /// The member of that blob, when it is a container.
    member: Option<String>,
}

/// One repository, scanned.
pub(crate) struct History {
    /// Folder of the repository below the root: empty, or ending in `/`.
    pub(crate) base: String,
    /// `owner/name`, or the folder's name.
    pub(crate) name: String,
    past: BTreeMap<Key, Past>,
    /// What was not read of containers: the first of each reason, by path.
    gaps: BTreeMap<GapKey, MemberGap>,
    hits: HashMap<Oid, Arc<Hits>>,
    store: Option<(Objects, Commits)>,
    repository: Repository,
    /// What stood here at the revision since which the scan tells what is new.
    pub(crate) before: Option<Before>,
    /// What may be remembered once the scan has seen the files of today, too.
    to_settle: Option<Settled>,
    /// What an earlier scan saw of the same, unchanged store.
    settled: Option<Settled>,
}

/// Opens the repository at `git_dir`, scans its objects when asked to, and attributes what it found.
///
/// `read` holds the stores that were read already: a submodule's store is met twice, a linked work tree shares one.
pub(crate) fn open(
    run: &Run<'_>,
    root: &str,
    path: &Path,
    git_dir: &Path,
    (history, since): (bool, Option<&Since>),
    read: &mut BTreeSet<PathBuf>,
) -> Option<History> {
    let mut unread = Vec::new();
    let opened = Repository::open(git_dir, path, &mut unread);
    let mut known = opened.map(|repository| {
        let folder = repository.work_tree().unwrap_or(git_dir).to_owned();
        let base = if folder == path { String::new() } else { format!("{}/", below(path, &folder)) };
        History {
            base,
            name: repository.name(),
            past: BTreeMap::new(),
            gaps: BTreeMap::new(),
            hits: HashMap::new(),
            store: None,
            repository,
            before: None,
            to_settle: None,
            settled: None,
        }
    });
    if let Some(found) = &mut known {
        let is_first = read.insert(found.repository.common_dir().to_owned());
        match since {
            None if history && is_first => found.read_objects(run, root, &mut unread),
            Some(since) if is_first || found.repository.work_tree().is_some() => {
                found.compare(since.start(git_dir), history && is_first, &mut unread);
            }
            _ => {}
        }
    }
    unread.into_iter().for_each(|row| run.observe(Observation::Unread(row)));
    known
}

/// Scans blobs as they come out of the store.
struct Scan<'a> {
    engine: &'a Engine,
    run: &'a Run<'a>,
    hits: Mutex<HashMap<Oid, Arc<Hits>>>,
    scanned: Mutex<Vec<Oid>>,
}

impl<'a> Scan<'a> {
    fn new(run: &'a Run<'a>) -> Scan<'a> {
        Scan { engine: run.engine, run, hits: Mutex::default(), scanned: Mutex::default() }
    }

    /// Scans one blob, and notes what it holds when it is `wanted`. Nothing is known of it afterwards when that fails:
    /// it is told as unread, and what is made from it is scanned whole.
    fn read(&self, oid: &Oid, bytes: &[u8], wanted: bool, scan: impl FnOnce() -> Scanned) -> Option<Scanned> {
        let mut known = None;
        let hits = search::contained(|| {
            let scanned = scan();
            let hits = if wanted { self.hits(bytes, &scanned) } else { Hits::default() };
            known = Some(scanned);
            hits
        });
        if wanted {
            self.keep(oid, bytes, hits);
        }
        known
    }

    fn hits(&self, bytes: &[u8], scanned: &Scanned) -> Hits {
        let found = if scanned.is_empty() { Vec::new() } else { scanned.found() };
        let called = Called::Unknown;
        let mut hits = search::decoded(self.engine, bytes, called, found, &mut u64::MAX.clone());
        if container::claims(&bytes) {
            hits.open(search::members(self.engine, &bytes, called, self.run.cancel, &mut |_, _| false));
        }
        hits
    }

    fn keep(&self, oid: &Oid, bytes: &[u8], hits: Hits) {
        let tally = &self.run.tally;
        let blobs = tally.blobs.fetch_add(1, Relaxed);
        tally.bytes.fetch_add(bytes.len() as u64, Relaxed);
        if blobs.is_multiple_of(512) {
            self.run.progress("git history");
        }
        self.scanned.lock().unwrap_or_else(PoisonError::into_inner).push(*oid);
        if !hits.is_empty() {
            self.hits.lock().unwrap_or_else(PoisonError::into_inner).insert(*oid, Arc::new(hits));
        }
    }
}

impl BlobVisitor for Scan<'_> {
    /// None: nothing is known of it, because its search failed.
    type State = Option<Scanned>;

    fn whole(&self, oid: &Oid, bytes: &[u8], wanted: bool) -> Self::State {
        self.read(oid, bytes, wanted, || Scanned::whole(self.engine, bytes))
    }

    fn delta(&self, oid: &Oid, base: &Self::State, bytes: &[u8], ops: &[Op], wanted: bool) -> Self::State {
        self.read(oid, bytes, wanted, || match base {
            Some(base) => Scanned::inherit(self.engine, base, bytes, ops),
            None => Scanned::whole(self.engine, bytes),
        })
    }
}

impl History {
    fn read_objects(&mut self, run: &Run<'_>, root: &str, unread: &mut Vec<Unread>) {
        run.progress(&format!("{}git history", self.base));
        let name = format!("{root}\n{}", self.base);
        let state = git::state(&self.repository);
        let is_settled = |settled: &Settled| Some(settled.state) == state && settled.readers == READERS;
        if let Some(settled) = run.cache.settled(&name).filter(is_settled) {
            return self.restore(run, root, settled, unread);
        }
        let unread_before = unread.len();
        let objects = Objects::open(&self.repository, unread);
        let known = run.cache.known(&name).unwrap_or_default();
        let scan = Scan::new(run);
        let rows = Mutex::new(Vec::new());
        let counts = objects.walk_blobs(&scan, &|oid| !known.knows(&oid.0), run.cancel, &rows);
        run.tally.cached_blobs.fetch_add(counts.skipped, Relaxed);
        run.tally.blobs.fetch_add(counts.skipped, Relaxed);
        let messages = Mutex::new(HashMap::new());
        let commits = Commits::read(
            &objects,
            &|oid, _, text| {
                let hits = search::text(run.engine, text, &mut u64::MAX.clone());
                if !hits.is_empty() {
                    messages.lock().unwrap_or_else(PoisonError::into_inner).insert(*oid, Arc::new(hits));
                }
            },
            run.cancel,
            &rows,
        );
        self.hits = scan.hits.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (oid, hits) in &known.hits {
            if let Some(oid) = Oid::from_hex(oid.as_bytes())
                && objects.find(&oid).is_some()
            {
                self.hits.insert(oid, Arc::new(hits.clone()));
            }
        }
        if !counts.cancelled {
            let fresh = scan.scanned.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.remember(run, &name, &known, fresh);
        }
        self.hits.extend(messages.into_inner().unwrap_or_else(PoisonError::into_inner));
        let wanted: HashSet<Oid> = self.hits.keys().copied().collect();
        run.tally.commits.fetch_add(commits.len() as u64, Relaxed);
        let graph = git::History::read(&self.repository, &objects, &commits, &wanted, run.cancel, &rows);
        let sightings = graph.attribute(&rows).sightings;
        self.read_records(run, &objects, &sightings, &rows);
        for sighting in sightings {
            self.place(run.engine, &sighting);
        }
        unread.extend(rows.into_inner().unwrap_or_else(PoisonError::into_inner));
        let rows = &unread[unread_before..];
        // What the disk refused may be there the next time.
        if let Some(state) = state
            && !rows.iter().any(is_refused_by_the_disk)
            && !run.cancelled()
        {
            let (blobs, commits, unread) =
                (counts.read + counts.skipped, commits.len() as u64, rows.to_vec());
            let readers = READERS.to_owned();
            self.to_settle = Some(Settled { state, readers, blobs, commits, unread, ..Settled::default() });
        }
        if self.repository.work_tree().is_none() {
            let head = self.read_head(run, root, &objects);
            if let Some(settled) = &mut self.to_settle {
                settled.head = head;
            }
        }
        self.store = Some((objects, commits));
    }

    /// Takes over what an earlier scan saw of the same store.
    fn restore(&mut self, run: &Run<'_>, root: &str, mut settled: Settled, unread: &mut Vec<Unread>) {
        run.tally.cached_blobs.fetch_add(settled.blobs, Relaxed);
        run.tally.blobs.fetch_add(settled.blobs, Relaxed);
        run.tally.commits.fetch_add(settled.commits, Relaxed);
        let oid = |hex: &str| Oid::from_hex(hex.as_bytes());
        self.hits = std::mem::take(&mut settled.hits)
            .into_iter()
            .filter_map(|(hex, hits)| Some((oid(&hex)?, Arc::new(hits))))
            .collect();
        for value in std::mem::take(&mut settled.values) {
            let Some(blob) = oid(&value.blob) else { continue };
            let key = (value.path, value.rule, value.fingerprint);
            let past =
                Past { introduction: value.introduction, fate: value.fate, blob, member: value.member };
            self.past.insert(key, past);
        }
        unread.extend(settled.unread.iter().cloned());
        for (path, gap) in std::mem::take(&mut settled.gaps) {
            self.gaps.insert((path, gap.reason.clone()), gap);
        }
        match &settled.head {
            Some(told) => told.iter().cloned().for_each(|told| run.observe(told.into())),
            // What was not read of the store is told already.
            None if self.repository.work_tree().is_none() => {
                let objects = Objects::open(&self.repository, &mut Vec::new());
                self.read_head(run, root, &objects);
            }
            None => {}
        }
        self.settled = Some(settled);
    }

    /// Remembers what this repository showed, with the authors that were asked for.
    fn settle(
        &self,
        run: &Run<'_>,
        root: &str,
        authored: Vec<String>,
        authorship: Vec<tenure_model::Authorship>,
    ) {
        let Some(settled) = self.to_settle.clone().or_else(|| self.settled.clone()) else { return };
        let mut shown: Vec<Oid> = self.past.values().map(|past| past.blob).collect();
        shown.sort_unstable();
        shown.dedup();
        let hits = shown.iter().filter_map(|blob| Some((blob.to_string(), (**self.hits.get(blob)?).clone())));
        let values = self.past.iter().map(|((path, rule, fingerprint), past)| SettledValue {
            path: path.clone(),
            rule: rule.clone(),
            fingerprint: fingerprint.clone(),
            introduction: past.introduction.clone(),
            fate: past.fate,
            blob: past.blob.to_string(),
            member: past.member.clone(),
        });
        let settled = Settled {
            values: values.collect(),
            hits: hits.collect(),
            gaps: self.gaps.iter().map(|((path, _), gap)| (path.clone(), gap.clone())).collect(),
            authored,
            authorship,
            ..settled
        };
        run.cache.settle(&format!("{root}\n{}", self.base), &settled);
    }

    fn remember(&self, run: &Run<'_>, name: &str, known: &StoreResult, mut fresh: Vec<Oid>) {
        if fresh.is_empty() {
            return;
        }
        fresh.extend(known.scanned.iter().map(|oid| Oid(*oid)));
        fresh.sort_unstable();
        fresh.dedup();
        let mut hits: Vec<(String, Hits)> =
            self.hits.iter().map(|(oid, hits)| (oid.to_string(), (**hits).clone())).collect();
        hits.sort_by(|a, b| a.0.cmp(&b.0));
        let scanned = fresh.iter().map(|oid| oid.0).collect();
        run.cache.remember(name, StoreResult { scanned, hits });
    }

    /// Files one sighting of a blob under every value in it; the earliest introduction and the nearest fate win.
    fn place(&mut self, engine: &Engine, sighting: &git::Sighting) {
        let Some(hits) = self.hits.get(&sighting.blob).cloned() else { return };
        let path = self.shown(sighting);
        // Paths are kept as they are told, so that what is remembered of a repository holds no value either.
        let veil = Veil::new(engine);
        for gap in &hits.gaps {
            let key = (veil.covered(&path), gap.reason.clone());
            self.gaps.entry(key).or_insert_with(|| gap.clone());
        }
        for group in groups(&hits.hits, &path, engine) {
            let found = &group[0].found;
            let told = veil.covered(&group[0].path_in(&path));
            let key = (told, found.rule_id.clone(), found.fingerprint.0.clone());
            let new = Past {
                introduction: sighting.introduction.clone(),
                fate: sighting.fate,
                blob: sighting.blob,
                member: group[0].member.clone(),
            };
            match self.past.get_mut(&key) {
                None => drop(self.past.insert(key, new)),
                Some(old) => old.merge(new),
            }
        }
    }

    /// Its git folder, as it is told.
    pub(crate) fn shown_git(&self) -> String {
        format!("{}.git", self.base)
    }

    /// The path below the root; objects that no tree names are called by their id.
    fn shown(&self, sighting: &git::Sighting) -> String {
        let inside = match sighting.fate {
            Fate::Message => format!(".git/messages/{}", sighting.blob),
            _ if sighting.path.is_empty() => format!(".git/objects/{}", sighting.blob),
            _ => path_text(&sighting.path),
        };
        format!("{}{inside}", self.base)
    }

    /// What history knows of a value in a file of today, by its path as it is told.
    pub(crate) fn past(&self, path: &str, rule_id: &str, fingerprint: &str) -> Option<&Past> {
        self.past.get(&(path.to_owned(), rule_id.to_owned(), fingerprint.to_owned()))
    }

    /// Reports what the files of today did not show.
    pub(crate) fn report_rest(&self, run: &Run<'_>, root: &str, seen: &Seen) {
        for (key, gap) in self.gaps.iter().filter(|(key, _)| !seen.gaps.contains(*key)) {
            let mut row = gap.unread(&key.0);
            row.detail.push_str(" (in git history)");
            run.observe(Observation::Unread(row));
        }
        let reported = &seen.reported;
        let mut flooded = BTreeSet::new();
        for (key, past) in self.past.iter().filter(|(key, _)| !reported.contains(*key)) {
            let Some(hits) = self.hits.get(&past.blob) else { continue };
            let group: Vec<_> = hits
                .hits
                .iter()
                .filter(|hit| {
                    hit.member == past.member
                        && hit.found.rule_id == key.1
                        && hit.found.fingerprint.0 == key.2
                })
                .collect();
            if group.first().is_some_and(|hit| self.stood_before(&key.0, &hit.found)) {
                continue;
            }
            let seen = Sighted {
                root,
                path: &key.0,
                fate: past.fate,
                introduction: past.introduction.clone(),
                in_history: true,
            };
            let mut out = Vec::new();
            group.first().iter().for_each(|hit| run.know(&hit.found));
            observe(&group, &hits.hits, &seen, &mut out);
            out.into_iter().for_each(|observation| run.observe(observation));
            if hits.dropped > 0 && flooded.insert(past.blob) {
                run.observe(Observation::Unread(match_flood(&key.0, hits.dropped)));
            }
        }
    }

    /// Reports who made the files of this repository what they are; a member of a file has the file's authors.
    pub(crate) fn report_authorship(&self, run: &Run<'_>, root: &str, seen: &Seen) {
        let own: Vec<String> = seen
            .paths
            .keys()
            .filter_map(|path| path.strip_prefix(&self.base))
            .filter(|path| !path.starts_with(".git/"))
            .map(str::to_owned)
            .collect();
        let known = self.settled.as_ref().filter(|settled| settled.authored == own);
        let rows = match known {
            Some(settled) => settled.authorship.clone(),
            None => self.authorship(run, &own),
        };
        for row in &rows {
            let path = format!("{}{}", self.base, row.path);
            let row = tenure_model::Authorship { root: root.to_owned(), path, ..row.clone() };
            for member in seen.paths.get(&row.path).into_iter().flatten() {
                let of_member = tenure_model::Authorship { path: member.clone(), ..row.clone() };
                run.observe(Observation::Authorship(of_member));
            }
            run.observe(Observation::Authorship(row));
        }
        if known.is_none() && self.before.is_none() && !run.cancelled() {
            self.settle(run, root, own, rows);
        }
    }

    /// Works out who made these files what they are.
    fn authorship(&self, run: &Run<'_>, own: &[String]) -> Vec<tenure_model::Authorship> {
        if own.is_empty() {
            return Vec::new();
        }
        let own: Vec<Vec<u8>> = own.iter().map(|path| path_bytes(path)).collect();
        let read = |store: &(Objects, Commits)| {
            git::authorship(&self.repository, &store.0, &store.1, &own, run.cancel)
        };
        match (&self.store, &self.settled) {
            (Some(store), _) => read(store),
            // Other files matter now than when the store was read.
            (None, Some(_)) => {
                let objects = Objects::open(&self.repository, &mut Vec::new());
                let commits = Commits::read(&objects, &|_, _, _| {}, run.cancel, &Mutex::default());
                read(&(objects, commits))
            }
            (None, None) => Vec::new(),
        }
    }
}

impl Past {
    fn merge(&mut self, new: Past) {
        self.fate = nearest(self.fate, new.fate);
        let earlier = match (&self.introduction, &new.introduction) {
            (Some(old), Some(new)) => (new.committed_at, &new.commit) < (old.committed_at, &old.commit),
            (None, Some(_)) => true,
            _ => false,
        };
        if earlier {
            self.introduction = new.introduction;
            self.blob = new.blob;
            self.member = new.member;
        }
    }
}

/// The fate that is easier to meet.
fn nearest(a: Fate, b: Fate) -> Fate {
    a.min(b)
}
