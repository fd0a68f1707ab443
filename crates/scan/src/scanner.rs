//! One scan: every root, every repository in it, every file; each input ends as read, partial, skipped or failed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use rayon::prelude::*;
use tenure_model::{Counts, Fate, Observation, ReadState, Unread};

use crate::cache::ResultCache;
use crate::container::{self, FileInput, Input};
use crate::detect;
use crate::engine::Engine;
use crate::engine::records::Called;
use crate::files::KnownFiles;
use crate::findings::{Sighted, observe};
use crate::git::{ObjectKind, Oid};
use crate::groups::groups;
use crate::history::{self, GapKey, History};
use crate::hits::Hits;
use crate::named::report_names;
use crate::roots_state::RootsState;
use crate::run::Run;
use crate::search::{self, WINDOW_BYTES};
use crate::since::Since;
use crate::source::{ByName, Entry, Exclusions, Neighbourhood, Walked, below, open_regular, walk};
use crate::veil::{Veil, VeiledCache};

/// What a repository calls the configuration that it holds. To a scan it is a file like any other.
pub const REPOSITORY_CONFIGURATION: &str = ".tenure.toml";

/// Files handed to the threads at once.
const BATCH_FILES: usize = 2048;

/// What to scan, and how.
pub struct ScanRequest {
    /// Roots as the user named them, each with the path to open.
    pub roots: Vec<(String, PathBuf)>,
    /// Read git history, not only the files of today.
    pub history: bool,
    /// Tell only what is new since a revision.
    pub since: Option<Since>,
    /// Rules and the key of all fingerprints.
    pub engine: Engine,
    /// What the user leaves out.
    pub exclude: Exclusions,
    /// Everything beside rules, key and files that decides what is told, when roots that are as an earlier scan under the
    /// same terms left them need not be read; `None` = they are read.
    pub terms: Option<Vec<u8>>,
}

/// Who listens. Called from many threads.
pub trait Sink: Sync {
    /// Something was seen.
    fn observe(&self, observation: Observation);
    /// Something was seen that was there at the revision since which the scan tells what is new: it says more about
    /// identities, and is no news.
    fn observe_known(&self, observation: Observation) {
        self.observe(observation);
    }
    /// The work went on.
    fn progress(&self, progress: &Progress<'_>);
}

/// How far a scan is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// What was read so far.
    pub counts: Counts,
    /// What is being read.
    pub current: &'a str,
}

/// A scan of roots that are as an earlier scan left them: it reads nothing, and its cache tells what the earlier one said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchanged {
    /// No other scan of anything ran between.
    pub is_next: bool,
}

/// How a scan ended.
#[derive(Debug, Clone)]
pub struct ScanOutcome {
    /// What was really read.
    pub counts: Counts,
    /// Roots that were read to their end, everything in them.
    pub complete_roots: Vec<String>,
    /// Nothing is missing but what the user excluded.
    pub complete: bool,
    /// Files called [`REPOSITORY_CONFIGURATION`]: root, and path below it.
    pub configurations: Vec<(String, String)>,
    /// The user stopped it.
    pub cancelled: bool,
    /// How the roots were before they were read, when it was asked, can be told, and what was read is all that the disk
    /// has.
    pub state: Option<RootsState>,
    /// Nothing was read, because nothing changed.
    pub unchanged: Option<Unchanged>,
}

/// A root, listed.
pub(crate) struct Root {
    /// As reports call it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) walked: Walked,
    /// The files that would like to configure the scan, by path.
    pub(crate) configurations: Vec<String>,
}

impl Root {
    fn list(
        run: &Run<'_>,
        (name, path): (&str, &Path),
        exclude: &Exclusions,
        now: Option<SystemTime>,
    ) -> Root {
        run.progress(name);
        let mut walked = walk(path, now);
        let configurations = configurations(&walked.files);
        exclude.apply(name, path, &mut walked);
        Root { name: name.to_owned(), path: path.to_owned(), walked, configurations }
    }
}

/// Runs a scan to its end, or until `cancel` is set: what was found by then stays found.
pub fn scan(
    request: ScanRequest,
    cache: &dyn ResultCache,
    sink: &dyn Sink,
    cancel: &AtomicBool,
) -> ScanOutcome {
    let ScanRequest { mut roots, history, since, engine, exclude, terms } = request;
    let veil = Veil::new(&engine);
    for (shown, _) in &mut roots {
        veil.cover(shown);
    }
    let cache = VeiledCache::new(cache, veil);
    let run = Run::new((&engine, veil), sink, &cache, cancel);
    let terms = terms.filter(|_| cache.keeps());
    let now = terms.as_ref().map(|_| SystemTime::now());
    let list = |(name, path): &(String, PathBuf)| Root::list(&run, (name, path), &exclude, now);
    let listed: Vec<Root> = roots.iter().map(list).collect();
    let state = terms.as_ref().and_then(|terms| RootsState::of(terms, &listed));
    if !run.cancelled()
        && let Some(outcome) = state.and_then(|state| cache.take_over(&state))
    {
        return outcome;
    }
    let mut complete_roots = Vec::new();
    let mut configurations = Vec::new();
    let left = || run.tally.unread.load(Relaxed) + run.tally.excluded.load(Relaxed);
    for root in listed {
        let left_before = left();
        let shown = root.name.clone();
        configurations.extend(root.configurations.iter().map(|path| (shown.clone(), path.clone())));
        scan_root(&run, root, (history, since.as_ref()));
        if left() == left_before && !run.cancelled() {
            complete_roots.push(shown);
        }
    }
    if run.cancelled() {
        run.observe(Observation::Unread(Unread {
            path: roots.first().map_or_else(String::new, |(shown, _)| shown.clone()),
            state: ReadState::Partial,
            reason: "cancelled".to_owned(),
            detail: "the scan was stopped; what was found by then is kept".to_owned(),
        }));
    }
    let complete = run.tally.unread.load(Relaxed) == 0 && !run.cancelled();
    let (counts, cancelled) = (run.tally.counts(), run.cancelled());
    // What the disk refused, or gave otherwise than it said, may be different the next time.
    let state = state.filter(|_| !cancelled && run.tally.unsettled.load(Relaxed) == 0);
    let known = run.tell(roots.into_iter().map(|(shown, _)| shown));
    let veil = veil.knowing(&known);
    configurations.iter_mut().for_each(|(_, path)| *path = veil.covered(path));
    cache.tell(veil);
    ScanOutcome { counts, complete_roots, complete, configurations, cancelled, state, unchanged: None }
}

/// Reads one root.
fn scan_root(run: &Run<'_>, listed: Root, (history, since): (bool, Option<&Since>)) {
    let Root { name, path, walked, .. } = listed;
    let (root, path) = (name.as_str(), path.as_path());
    run.progress(root);
    let Walked { mut files, mut git_dirs, unread } = walked;
    if since.is_some() {
        git_dirs.sort();
        files.retain(|file| !lies_in_git_dir(&file.path, &git_dirs));
    }
    unread.into_iter().for_each(|row| run.observe(Observation::Unread(row)));
    let mut repositories: Vec<History> = Vec::new();
    // A submodule's store lies inside its parent's git folder; the work tree that it belongs to comes first.
    let (inner, outer): (Vec<_>, Vec<_>) = git_dirs.iter().partition(|dir| is_inside_git_dir(path, dir));
    let mut read = BTreeSet::new();
    for git_dir in outer.into_iter().chain(inner) {
        if run.cancelled() {
            return;
        }
        let open = || history::open(run, root, path, git_dir, (history, since), &mut read);
        repositories.extend(run.contain(&below(path, git_dir), open).flatten());
    }
    // Deeper repositories first, so that a file belongs to the nearest one above it.
    repositories.sort_by(|a, b| b.base.len().cmp(&a.base.len()).then(a.base.cmp(&b.base)));
    let seen: Mutex<Seen> = Mutex::default();
    let known = KnownFiles::of(run.cache, root);
    let by_name = ByName::new(&files);
    for batch in files.chunks(BATCH_FILES) {
        batch.par_iter().for_each(|entry| {
            if !run.cancelled() {
                let scan = || scan_file(run, root, entry, (&by_name, &repositories), (&known, &seen));
                run.contain(&entry.shown, scan);
            }
        });
    }
    // A scan that leaves files out may not forget them.
    if !run.cancelled() && since.is_none() {
        known.remember();
    }
    let mut seen = seen.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if since.is_some() {
        report_new(run, root, &mut repositories, &mut seen);
        files.retain(|file| {
            !repositories.iter().any(|repository| repository.id_before(&file.shown).is_some())
        });
    }
    let named_before = repositories.iter().flat_map(History::paths_before);
    report_names(run, root, &files, &seen.reported, named_before);
    for repository in &repositories {
        let report = || {
            repository.report_rest(run, root, &seen);
            repository.report_authorship(run, root, &seen);
        };
        run.contain(&repository.shown_git(), report);
    }
}

/// The files that would like to configure the scan, by path.
fn configurations(files: &[Entry]) -> Vec<String> {
    let named = |entry: &&Entry| entry.shown.rsplit('/').next() == Some(REPOSITORY_CONFIGURATION);
    files.iter().filter(named).map(|entry| entry.shown.clone()).collect()
}

/// Searches what is new in history, and tells of it and of changed files what did not stand there before.
fn report_new(run: &Run<'_>, root: &str, repositories: &mut [History], seen: &mut Seen) {
    let changed = std::mem::take(&mut seen.deferred);
    for repository in repositories.iter_mut() {
        let shown = repository.shown_git();
        run.contain(&shown, || repository.read_new(run, root, &changed));
    }
    if run.cancelled() {
        return; // Nobody knows what of them is new.
    }
    for file in changed {
        let repository = repositories.iter().find(|repository| file.shown.starts_with(&repository.base));
        let found = report_file(run, root, &file.shown, repository, &file.hits);
        seen.note(run, &file.shown, file.members, file.read, found, &file.hits);
    }
}

/// Whether a file belongs to git itself: it is in no commit, so there is nothing that it could be new to. A work tree
/// may lie in a bare repository.
fn lies_in_git_dir(file: &Path, git_dirs: &[PathBuf]) -> bool {
    let has = |folder: &Path| git_dirs.binary_search_by(|dir| dir.as_path().cmp(folder)).is_ok();
    let folders = file.ancestors().skip(1);
    let nearest =
        folders.map(|folder| (has(folder), has(&folder.join(".git")))).find(|(git, work)| *git || *work);
    nearest.is_some_and(|(git, _)| git)
}

/// Whether a git folder lies below another one's `.git`.
pub(crate) fn is_inside_git_dir(root: &Path, dir: &Path) -> bool {
    let parent = dir.parent().unwrap_or(dir);
    parent.strip_prefix(root).unwrap_or(parent).components().any(|part| part.as_os_str() == ".git")
}

/// What the pass over files leaves for the repositories.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// (path, rule, fingerprint) of findings already reported from files.
    pub(crate) reported: BTreeSet<(String, String, String)>,
    /// Files whose authors matter for ownership: those with findings and those that a reader claimed; each with the
    /// paths of its members for which the same is true.
    pub(crate) paths: BTreeMap<String, BTreeSet<String>>,
    /// What was not read of containers.
    pub(crate) gaps: BTreeSet<GapKey>,
    /// Changed files with hits, until it is known which of them are new.
    deferred: Vec<Deferred>,
}

/// A file that changed since the revision, with what was found in it.
#[derive(Debug)]
pub(crate) struct Deferred {
    pub(crate) shown: String,
    /// The repository that it lies in.
    pub(crate) base: Option<String>,
    pub(crate) hits: Arc<Hits>,
    members: Vec<String>,
    read: bool,
}

impl Seen {
    /// Notes what was found in a file, which `members` readers took, and whether one `read` the file itself.
    fn note(
        &mut self,
        run: &Run<'_>,
        shown: &str,
        members: Vec<String>,
        read: bool,
        found: Vec<(String, String, String)>,
        hits: &Hits,
    ) {
        let told = run.veil.covered(shown);
        if !found.is_empty() || !members.is_empty() || read {
            let paths = self.paths.entry(shown.to_owned()).or_default();
            paths.extend(members);
            paths.extend(found.iter().map(|(path, ..)| path).filter(|path| **path != told).cloned());
        }
        self.gaps.extend(hits.gaps.iter().map(|gap| (told.clone(), gap.reason.clone())));
        self.reported.extend(found);
    }
}

fn scan_file(
    run: &Run<'_>,
    root: &str,
    entry: &Entry,
    (by_name, repositories): (&ByName<'_>, &[History]),
    (known, seen): (&KnownFiles<'_>, &Mutex<Seen>),
) {
    let opened = match open_regular(&entry.path, &entry.shown) {
        Ok(opened) => opened,
        Err(row) => return run.observe(Observation::Unread(row)),
    };
    let mut file = opened.file;
    let mut bytes = Vec::new();
    // The file as long as it was when it was opened: nobody asks the system once more where it ends. One without a
    // length may be made while it is read.
    let first = if opened.len == 0 { WINDOW_BYTES as u64 } else { opened.len.min(WINDOW_BYTES as u64) };
    bytes.reserve(usize::try_from(opened.len.min(first)).unwrap_or(WINDOW_BYTES) + 1);
    if let Err(error) = (&mut file).take(first).read_to_end(&mut bytes) {
        return run.observe(Observation::Unread(crate::source::io_unread(&entry.shown, &error)));
    }
    if bytes.len() as u64 != opened.len.min(first) {
        // It changed just now, or is made while it is read: what it looks like does not tell what it holds.
        run.tally.unsettled.fetch_add(1, Relaxed);
    }
    let repository = repositories.iter().find(|r| entry.shown.starts_with(&r.base));
    let whole = (bytes.len() as u64) < (WINDOW_BYTES as u64) || opened.len <= WINDOW_BYTES as u64;
    let neighbours = Neighbourhood::new(by_name, repository.map_or("", |repository| &repository.base));
    let id = repository.and_then(|repository| repository.id_before(&entry.shown));
    let whole_input = FileInput { file: &file, len: opened.len };
    let unchanged = id.is_some_and(|id| {
        let same = if whole { Oid::of(ObjectKind::Blob, &bytes) } else { Oid::of_file(&whole_input) };
        same == Some(id)
    });
    let file_of = File { run, root, shown: &entry.shown, repository, neighbours, unchanged };
    let (read, names_ids) = if whole {
        let read = file_of.structured(&entry.shown, &bytes);
        (read, read && detect::names_ids(&file_of.blob(&entry.shown, &bytes)))
    } else {
        let read = file_of.streamed(&bytes, &FileInput { file: &file, len: opened.len });
        (read, read)
    };
    if unchanged {
        return; // Its readers say what else is to know of identities.
    }
    let search = |called: Called<'_>| search::whole(run.engine, &bytes, called, &mut u64::MAX.clone());
    let mut hits = known.hits(&bytes, || search(Called::Unknown));
    if hits.asks_at(run.engine, &entry.shown) {
        hits = search(Called::Known(std::slice::from_ref(&entry.shown)));
    }
    run.tally.bytes.fetch_add(bytes.len() as u64, Relaxed);
    let members = if whole {
        file_of.open(&bytes.as_slice(), &mut hits)
    } else {
        if search::has_rows(&bytes) {
            run.observe(Observation::Unread(rows_behind(&entry.shown)));
        }
        stream_rest(run, entry, &mut file, bytes, &mut hits);
        file_of.open(&FileInput { file: &file, len: opened.len }, &mut hits)
    };
    run.tally.files.fetch_add(1, Relaxed);
    if run.tally.files.load(Relaxed).is_multiple_of(64) {
        run.progress(&entry.shown);
    }
    if names_ids {
        // An export names key ids because that is its business; only a value in it would be a leak.
        hits.keep_secrets();
    }
    let lock = || seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if repository.is_some_and(|repository| repository.before.is_some()) && !hits.is_empty() {
        let (shown, base) = (entry.shown.clone(), repository.map(|repository| repository.base.clone()));
        return lock().deferred.push(Deferred { shown, base, hits: Arc::new(hits), members, read });
    }
    let found = report_file(run, root, &entry.shown, repository, &hits);
    if read || !found.is_empty() || !members.is_empty() || !hits.gaps.is_empty() {
        lock().note(run, &entry.shown, members, read, found, &hits);
    }
}

/// A file on its way through readers and containers.
struct File<'a> {
    run: &'a Run<'a>,
    root: &'a str,
    shown: &'a str,
    repository: Option<&'a History>,
    neighbours: Neighbourhood<'a>,
    /// It is what it was at the revision since which the scan tells what is new.
    unchanged: bool,
}

impl File<'_> {
    /// The file, or a member of it, as structured readers see it.
    fn blob<'b>(&'b self, path: &'b str, bytes: &'b [u8]) -> detect::Blob<'b> {
        let repository = self.repository.map_or("", |r| r.name.as_str());
        let base = self.repository.map_or("", |r| r.base.as_str());
        // A member of an archive has other neighbours than the archive.
        let neighbours: &dyn detect::Neighbours =
            if path == self.shown { &self.neighbours } else { &detect::Alone };
        detect::Blob { root: self.root, path, base, repository, bytes, neighbours }
    }

    /// Lets the structured readers see the file, or a member of it; true when one claimed it.
    fn structured(&self, path: &str, bytes: &[u8]) -> bool {
        let blob = self.blob(path, bytes);
        if !detect::claimed(&blob) {
            return false;
        }
        self.pass_on(&blob, &|blob| detect::read(blob, self.run.engine));
        true
    }

    /// Lets the structured readers see a file that does not fit into one window; true when one claimed it.
    fn streamed(&self, first: &[u8], input: &FileInput<'_>) -> bool {
        let blob = self.blob(self.shown, first);
        if !detect::claimed(&blob) {
            return false;
        }
        let open = || Box::new(container::Section::new(input, 0, input.len)) as Box<dyn std::io::Read + '_>;
        self.pass_on(&blob, &|blob| detect::read_stream(blob, &open, self.run.engine.key()));
        true
    }

    /// Passes on what readers make of the file, or of a member of it.
    fn pass_on(&self, blob: &detect::Blob<'_>, read: &dyn Fn(&detect::Blob<'_>) -> detect::Reading) {
        match self.repository.filter(|repository| repository.before.is_some()) {
            Some(repository) => repository.read_out_new(self.run, blob, self.unchanged, read),
            None => self.run.observe_all(observations(blob.path, read(blob)).collect()),
        }
    }

    /// Adds what is in the file when it is a container; the paths of members that structured readers took.
    fn open(&self, input: &dyn Input, hits: &mut Hits) -> Vec<String> {
        let mut taken = Vec::new();
        if container::claims(input) {
            let (engine, cancel) = (self.run.engine, self.run.cancel);
            let paths = [self.shown.to_owned()];
            let called = Called::Known(&paths);
            hits.open(search::members(engine, input, called, cancel, &mut |member, bytes| {
                let path = container::member_path(self.shown, member);
                let claimed = self.structured(&path, bytes);
                if claimed {
                    taken.push(path);
                }
                claimed
            }));
        } else {
            hits.gaps.extend(container::unopened(self.shown, input));
        }
        taken
    }
}

/// What readers made of a file, and what they did not read of it.
pub(crate) fn observations(shown: &str, reading: detect::Reading) -> impl Iterator<Item = Observation> {
    let partly = |reason| !reading.observations.is_empty() || reason == detect::TOO_LARGE;
    let is_partial = reading.unreadable.as_ref().is_some_and(|broken| partly(broken.reason));
    let state = if is_partial { ReadState::Partial } else { ReadState::Failed };
    let broken = reading.unreadable.map(|broken| {
        Observation::Unread(Unread {
            path: shown.to_owned(),
            state,
            reason: broken.reason.to_owned(),
            detail: broken.detail,
        })
    });
    reading.observations.into_iter().chain(broken)
}

/// Goes on through a file that is larger than one window.
fn stream_rest(run: &Run<'_>, entry: &Entry, file: &mut std::fs::File, first: Vec<u8>, hits: &mut Hits) {
    let read = search::windows(run.engine, file, first, hits, &mut |fresh, window| {
        run.tally.bytes.fetch_add(fresh, Relaxed);
        (!run.cancelled()).then(|| search::text(run.engine, window, &mut u64::MAX.clone()))
    });
    if let Err(error) = read {
        let mut row = crate::source::io_unread(&entry.shown, &error);
        row.state = ReadState::Partial;
        run.observe(Observation::Unread(row));
    }
}

/// An unread row for a table that is larger than one window.
fn rows_behind(shown: &str) -> Unread {
    Unread {
        path: shown.to_owned(),
        state: ReadState::Partial,
        reason: detect::TOO_LARGE.to_owned(),
        detail: format!(
            "behind its first {} MiB it was searched for secrets, but not as rows of a table: split it into parts that \
             begin with the names of the columns",
            WINDOW_BYTES >> 20
        ),
    }
}

/// Groups hits by rule and value and reports one finding each; gives what was reported.
fn report_file(
    run: &Run<'_>,
    root: &str,
    shown: &str,
    repository: Option<&History>,
    hits: &Hits,
) -> Vec<(String, String, String)> {
    let mut reported = Vec::new();
    for group in groups(&hits.hits, shown, run.engine) {
        let found = &group[0].found;
        let path = group[0].path_in(shown);
        let told = run.veil.covered(&path);
        let past = repository.and_then(|r| r.past(&told, &found.rule_id, &found.fingerprint.0));
        let seen = Sighted {
            root,
            path: &path,
            fate: Fate::WorkTree,
            introduction: past.and_then(|p| p.introduction.clone()),
            in_history: past.is_some(),
        };
        let mut out = Vec::new();
        run.know(found);
        observe(&group, &hits.hits, &seen, &mut out);
        if repository.is_some_and(|repository| repository.stood_before(&told, found)) {
            out.retain(|observation| matches!(observation, Observation::Evidence(_)));
            run.observe_batch(Vec::new(), out);
            continue;
        }
        out.into_iter().for_each(|observation| run.observe(observation));
        reported.push((told, found.rule_id.clone(), found.fingerprint.0.clone()));
    }
    if hits.dropped > 0 {
        run.observe(Observation::Unread(match_flood(shown, hits.dropped)));
    }
    hits.gaps.iter().for_each(|gap| run.observe(Observation::Unread(gap.unread(shown))));
    reported
}

/// An unread row for hits beyond the limit.
pub(crate) fn match_flood(shown: &str, dropped: u64) -> Unread {
    Unread {
        path: shown.to_owned(),
        state: ReadState::Partial,
        reason: "match_flood".to_owned(),
        detail: format!("at least {dropped} more matches in this file are not listed one by one"),
    }
}
