//! Blobs that are lists of credentials if their path says so: read once more, now that it is known.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tenure_model::Unread;

use super::History;
use crate::container;
use crate::engine::Engine;
use crate::engine::records::Called;
use crate::git::{BlobVisitor, Objects, Oid, Op, Sighting};
use crate::hits::Hits;
use crate::run::Run;
use crate::search;

impl History {
    /// Asks rules that read files of certain paths of the blobs that stand at such a path. Few do of those that begin
    /// like one, so nothing but that was noted before.
    pub(super) fn read_records(
        &mut self,
        run: &Run<'_>,
        objects: &Objects,
        sightings: &[Sighting],
        rows: &Mutex<Vec<Unread>>,
    ) {
        let mut paths: HashMap<Oid, Vec<String>> = HashMap::new();
        for sighting in sightings {
            let asking = self.hits.get(&sighting.blob).filter(|hits| !hits.asked.is_empty());
            let path = asking.map(|_| self.shown(sighting));
            if let (Some(hits), Some(path)) = (asking, path)
                && hits.asks_at(run.engine, &path)
            {
                paths.entry(sighting.blob).or_default().push(path);
            }
        }
        if paths.is_empty() {
            return;
        }
        let reading = Reading { engine: run.engine, cancel: run.cancel, paths, hits: Mutex::default() };
        objects.walk_blobs(&reading, &|oid| reading.paths.contains_key(oid), run.cancel, rows);
        self.hits.extend(reading.hits.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Searches whole blobs whose paths are known.
struct Reading<'a> {
    engine: &'a Engine,
    cancel: &'a AtomicBool,
    paths: HashMap<Oid, Vec<String>>,
    hits: Mutex<HashMap<Oid, Arc<Hits>>>,
}

impl Reading<'_> {
    fn read(&self, oid: &Oid, bytes: &[u8]) {
        let Some(paths) = self.paths.get(oid) else { return };
        let called = Called::Known(paths);
        let mut hits = search::whole(self.engine, bytes, called, &mut u64::MAX.clone());
        if container::claims(&bytes) {
            hits.open(search::members(self.engine, &bytes, called, self.cancel, &mut |_, _| false));
        }
        self.hits.lock().unwrap_or_else(PoisonError::into_inner).insert(*oid, Arc::new(hits));
    }
}

impl BlobVisitor for Reading<'_> {
    type State = ();

    fn whole(&self, oid: &Oid, bytes: &[u8], wanted: bool) {
        if wanted {
            self.read(oid, bytes);
        }
    }

    fn delta(&self, oid: &Oid, (): &(), bytes: &[u8], _: &[Op], wanted: bool) {
        if wanted {
            self.read(oid, bytes);
        }
    }
}
