//! What is new in a repository since a revision: values at paths at which they never stood in what the revision reaches.
//!
//! A value is known by its path and fingerprint, so a change elsewhere in its file is no news, and a copy to another
//! file is. Only blobs that are new at their path are searched; where one has a value, what stood there before is, too.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tenure_model::{Fate, Observation, ReadState, Unread, path_bytes, path_text};

use super::{History, Scan};
use crate::cache::StoreResult;
use crate::engine::{Match, Trace};
use crate::git::{self, Commits, HeadFile, Newer, ObjectKind, Objects, Oid, Sighting};
use crate::hits::{Hit, Hits};
use crate::run::Run;
use crate::scanner::Deferred;
use crate::search;
use crate::since::Start;

/// What stood in a repository at the revision.
#[derive(Debug, Default)]
pub(crate) struct Before {
    commit: Option<Oid>,
    /// Its files, by path.
    pub(super) files: Vec<HeadFile>,
    /// Whether what is new in its history is told, too.
    reads_history: bool,
    /// Values of what the revision reaches, by path as it is told and fingerprint, as far as somebody asked …
    values: BTreeSet<(String, String)>,
    /// … and by trace: another rule may know the same value under another name.
    traces: BTreeSet<(String, Trace)>,
}

impl Before {
    /// What stood at a path of the repository.
    pub(super) fn file(&self, path: &[u8]) -> Option<&HeadFile> {
        let at = self.files.binary_search_by(|file| file.path.as_slice().cmp(path)).ok()?;
        Some(&self.files[at])
    }
}

impl History {
    /// Learns what stood here at the revision.
    pub(super) fn compare(&mut self, start: Start, history: bool, unread: &mut Vec<Unread>) {
        let commit = match start {
            Start::Commit(commit) => Some(commit),
            Start::Nothing => None,
            Start::Unknown => {
                let detail = "a store that no work tree has any more does not have the revision".to_owned();
                return unread.push(self.repository.row(
                    "objects",
                    ReadState::Skipped,
                    "revision_unknown",
                    detail,
                ));
            }
        };
        // That history ends somewhere matters only where new history does.
        unread.retain(|row| row.reason != "shallow_clone");
        let mut rows = Vec::new();
        let objects = Objects::open(&self.repository, &mut rows);
        unread.extend(rows.into_iter().filter(|_| history));
        let files = commit.map(|commit| git::files_of(&self.repository, &objects, commit, &mut Vec::new()));
        let files = files.unwrap_or_default();
        self.before = Some(Before { commit, files, reads_history: history, ..Before::default() });
        self.store = Some((objects, Commits::default()));
    }

    /// The id that a path of a root had at the revision.
    pub(crate) fn id_before(&self, shown: &str) -> Option<Oid> {
        let inside = path_bytes(shown.strip_prefix(&self.base)?);
        Some(self.before.as_ref()?.file(&inside)?.oid)
    }

    /// Paths at the revision, below the root.
    pub(crate) fn paths_before(&self) -> impl Iterator<Item = String> {
        let files = self.before.iter().flat_map(|before| &before.files);
        files.map(|file| format!("{}{}", self.base, path_text(&file.path)))
    }

    /// Whether the value stood at this path, as it is told, in something that the revision reaches.
    pub(crate) fn stood_before(&self, told: &str, found: &Match) -> bool {
        self.before.as_ref().is_some_and(|before| {
            let by_trace = found.traces.first().map(|trace| (told.to_owned(), *trace));
            before.values.contains(&(told.to_owned(), found.fingerprint.0.clone()))
                || by_trace.is_some_and(|key| before.traces.contains(&key))
        })
    }

    /// Searches what is new in history, and learns which values of it and of changed files stood there before.
    pub(crate) fn read_new(&mut self, run: &Run<'_>, root: &str, changed: &[Deferred]) {
        let Some((objects, _)) = self.store.take() else { return };
        let Some(before) = self.before.as_ref() else { return };
        let (commit, reads_history) = (before.commit, before.reads_history);
        let rows = Mutex::new(Vec::new());
        let commits = Commits::read(&objects, &|_, _, _| {}, run.cancel, &rows);
        let mut unread = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        let files = (commit, before.files.as_slice());
        let newer = git::newer(&self.repository, &objects, &commits, files, &mut unread);
        let rows = Mutex::new(unread);
        let mut sightings = Vec::new();
        if reads_history {
            if newer.is_cut {
                let detail =
                    "a shallow clone ends among the commits that are new: what came before is not here"
                        .to_owned();
                let row = self.repository.row("shallow", ReadState::Partial, "shallow_clone", detail);
                rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
            }
            sightings = self.search_new(run, root, (&objects, &commits), &newer, &rows);
            self.read_records(run, &objects, &sightings, &rows);
        }
        self.learn(run, (&objects, &commits), &newer, (&sightings, changed));
        for sighting in sightings {
            self.place(run.engine, &sighting);
        }
        if reads_history && self.repository.work_tree().is_none() {
            self.read_head(run, root, &objects);
        }
        self.store = Some((objects, commits));
        let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Without history, what of it cannot be read is nothing that was asked for.
        rows.into_iter().filter(|_| reads_history).for_each(|row| run.observe(Observation::Unread(row)));
    }

    /// Searches new blobs and messages; says where those with hits stand.
    fn search_new(
        &mut self,
        run: &Run<'_>,
        root: &str,
        (objects, commits): (&Objects, &Commits),
        newer: &Newer,
        rows: &Mutex<Vec<Unread>>,
    ) -> Vec<Sighting> {
        run.tally.commits.fetch_add(newer.commits.len() as u64, Relaxed);
        let blobs: HashSet<Oid> = newer.places.iter().map(|place| place.blob).collect();
        // Known results are used, and nothing is remembered: this is only a part of what a whole scan knows.
        let known = run.cache.known(&format!("{root}\n{}", self.base)).unwrap_or_default();
        self.hits = search(run, objects, &blobs, &known, rows);
        let graph = Graph::new(&self.repository, objects, commits);
        let mut sightings: Vec<Sighting> = newer
            .places
            .iter()
            .filter(|place| self.hits.contains_key(&place.blob))
            .map(|place| graph.sighting(place))
            .collect();
        for (n, oid) in messages(objects, commits, newer) {
            let Some(text) = objects.read(n) else { continue };
            let hits = search::text(run.engine, &text, &mut u64::MAX.clone());
            if !hits.is_empty() {
                self.hits.insert(oid, Arc::new(hits));
                sightings.push(graph.message(n, oid));
            }
        }
        sightings
    }

    /// Learns the values that stood before at the paths of values that were found now: first at the revision itself, and
    /// only for what is still new then, in everything that it reaches.
    fn learn(
        &mut self,
        run: &Run<'_>,
        (objects, commits): (&Objects, &Commits),
        newer: &Newer,
        (sightings, changed): (&[Sighting], &[Deferred]),
    ) {
        let in_history = sightings.iter().filter(|sighting| !sighting.path.is_empty());
        let in_history =
            in_history.filter_map(|seen| Some((seen.path.clone(), self.hits.get(&seen.blob)?.clone())));
        let mine = changed.iter().filter(|file| file.base.as_deref() == Some(self.base.as_str()));
        let in_files = mine.map(|file| (path_bytes(&file.shown[self.base.len()..]), file.hits.clone()));
        let mut asked: BTreeMap<Vec<u8>, Vec<Arc<Hits>>> = BTreeMap::new();
        in_history.chain(in_files).for_each(|(path, hits)| asked.entry(path).or_default().push(hits));
        let Some(before) = &self.before else { return };
        let at_revision =
            asked.keys().filter_map(|path| Some((path.clone(), before.file(path)?.oid))).collect();
        self.learn_from(run, objects, &at_revision);
        asked.retain(|path, hits| {
            hits.iter().flat_map(|hits| &hits.hits).any(|hit| !self.knows(run, path, hit))
        });
        if asked.is_empty() || run.cancelled() {
            return;
        }
        let paths = asked.into_keys().collect();
        let mut places = git::former(objects, commits, &newer.is_before, &paths, run.cancel);
        places.retain(|place| !at_revision.contains(place));
        self.learn_from(run, objects, &places);
    }

    fn knows(&self, run: &Run<'_>, path: &[u8], hit: &Hit) -> bool {
        let shown = format!("{}{}", self.base, path_text(path));
        self.stood_before(&run.veil.covered(&hit.path_in(&shown)), &hit.found)
    }

    /// Takes note of every value of these blobs at these paths.
    fn learn_from(&mut self, run: &Run<'_>, objects: &Objects, places: &BTreeSet<(Vec<u8>, Oid)>) {
        // What cannot be read of the past makes values new that are not; it hides none.
        let rows = Mutex::default();
        let blobs: HashSet<Oid> =
            places.iter().map(|(_, blob)| *blob).filter(|blob| !self.hits.contains_key(blob)).collect();
        let found = search(run, objects, &blobs, &StoreResult::default(), &rows);
        self.hits.extend(found);
        let sighting = |(path, blob): &(Vec<u8>, Oid)| Sighting {
            blob: *blob,
            path: path.clone(),
            fate: Fate::History,
            introduction: None,
            named_by: None,
        };
        let sightings: Vec<Sighting> = places.iter().map(sighting).collect();
        self.read_records(run, objects, &sightings, &rows);
        for (path, blob) in places {
            let Some(hits) = self.hits.get(blob).cloned() else { continue };
            let shown = format!("{}{}", self.base, path_text(path));
            let Some(before) = &mut self.before else { return };
            for hit in &hits.hits {
                run.know(&hit.found);
                let told = run.veil.covered(&hit.path_in(&shown));
                before.traces.extend(hit.found.traces.first().map(|trace| (told.clone(), *trace)));
                before.values.insert((told, hit.found.fingerprint.0.clone()));
            }
        }
    }
}

/// The hits of these blobs, as far as they are known or can be found.
fn search(
    run: &Run<'_>,
    objects: &Objects,
    blobs: &HashSet<Oid>,
    known: &StoreResult,
    rows: &Mutex<Vec<Unread>>,
) -> HashMap<Oid, Arc<Hits>> {
    if blobs.is_empty() {
        return HashMap::new();
    }
    let scan = Scan::new(run);
    objects.walk_blobs(&scan, &|oid| blobs.contains(oid) && !known.knows(&oid.0), run.cancel, rows);
    let cached = blobs.iter().filter(|oid| known.knows(&oid.0)).count() as u64;
    run.tally.cached_blobs.fetch_add(cached, Relaxed);
    run.tally.blobs.fetch_add(cached, Relaxed);
    let mut hits = scan.hits.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (oid, of) in &known.hits {
        if let Some(oid) = Oid::from_hex(oid.as_bytes()).filter(|oid| blobs.contains(oid)) {
            hits.insert(oid, Arc::new(of.clone()));
        }
    }
    hits
}

/// New commits, and the tags on them.
fn messages(objects: &Objects, commits: &Commits, newer: &Newer) -> Vec<(u32, Oid)> {
    let new: HashSet<u32> = newer.commits.iter().map(|&commit| commits.get(commit).n).collect();
    let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
    let is_new = |n: &u32| match objects.kind(*n) {
        Some(ObjectKind::Commit) => new.contains(n),
        Some(ObjectKind::Tag) => new.contains(&commits.peel(*n)),
        _ => false,
    };
    (0..count).filter(is_new).map(|n| (n, *objects.oid(n))).collect()
}

/// Where new things stand today.
struct Graph<'a> {
    objects: &'a Objects,
    commits: &'a Commits,
    head: Option<Oid>,
}

impl<'a> Graph<'a> {
    fn new(repository: &git::Repository, objects: &'a Objects, commits: &'a Commits) -> Self {
        Self { objects, commits, head: git::Refs::read(repository, &mut Vec::new()).head }
    }

    fn sighting(&self, place: &git::NewPlace) -> Sighting {
        let at_head = || git::entry_at(self.objects, self.head?, &place.path);
        let fate = match place.commit {
            None => Fate::Loose,
            Some(_) if at_head().is_some_and(|(_, oid)| oid == place.blob) => Fate::Head,
            Some(_) => Fate::History,
        };
        Sighting {
            blob: place.blob,
            path: place.path.clone(),
            fate,
            introduction: place.commit.map(|commit| {
                let about = self.commits.get(commit);
                self.commits.introduction(self.objects.oid(about.n), about.author)
            }),
            named_by: place.commit.is_none().then(|| "index".to_owned()),
        }
    }

    fn message(&self, n: u32, blob: Oid) -> Sighting {
        let by = self.commits.find(n).map(|commit| self.commits.get(commit).author);
        let by = by.or_else(|| self.commits.tag(n).map(|tag| tag.tagger));
        let introduction = by.map(|by| self.commits.introduction(&blob, by));
        Sighting { blob, path: Vec::new(), fate: Fate::Message, introduction, named_by: None }
    }
}
