//! What all threads of one scan share: what they know, and the one way out.
//!
//! Whether a name is a secret may be known only when the last file was searched, because another file shows it. So what is
//! observed waits here until then, is covered, and leaves. Only findings none of whose texts could be a value leave at once.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use tenure_model::{Counts, Observation, ReadState, Unread};

use crate::cache::ResultCache;
use crate::engine::{Engine, Match};
use crate::scanner::{Progress, Sink};
use crate::source::is_refused_by_the_disk;
use crate::veil::{Clean, KnownValues, Veil};

/// Numbers that all threads add to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) blobs: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) findings: AtomicU64,
    pub(crate) cached_blobs: AtomicU64,
    pub(crate) unread: AtomicU64,
    pub(crate) excluded: AtomicU64,
    /// Inputs that the system did not give, or gave otherwise than it said.
    pub(crate) unsettled: AtomicU64,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            files: self.files.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            blobs: self.blobs.load(Relaxed),
            commits: self.commits.load(Relaxed),
            findings: self.findings.load(Relaxed),
            identities: 0,
            cached_blobs: self.cached_blobs.load(Relaxed),
        }
    }
}

/// Everything that one scan's threads share.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Engine,
    /// Covers what a name shows by itself: paths are joined by what it tells.
    pub(crate) veil: Veil<'a>,
    sink: &'a dyn Sink,
    pub(crate) cache: &'a dyn ResultCache,
    pub(crate) cancel: &'a AtomicBool,
    pub(crate) tally: Tally,
    /// What was observed, as it belongs together: what a reader made of one file; and how many of them are news.
    waiting: Mutex<Vec<(Vec<Observation>, usize)>>,
    known: Mutex<KnownValues>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        (engine, veil): (&'a Engine, Veil<'a>),
        sink: &'a dyn Sink,
        cache: &'a dyn ResultCache,
        cancel: &'a AtomicBool,
    ) -> Self {
        let (tally, waiting, known) = (Tally::default(), Mutex::default(), Mutex::default());
        Self { engine, veil, sink, cache, cancel, tally, waiting, known }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Relaxed)
    }

    /// Does the part of the work that is about the input at `path`. One that breaks a promise of ours costs that input,
    /// which is told as unread, and nothing else.
    pub(crate) fn contain<T>(&self, path: &str, part: impl FnOnce() -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(part)).ok();
        if done.is_none() {
            self.observe(Observation::Unread(Unread {
                path: path.to_owned(),
                state: ReadState::Failed,
                reason: "scan_failed".to_owned(),
                detail: "this input stopped our scan of it, which is a mistake of Tenure's: look through it by other means"
                    .to_owned(),
            }));
        }
        done
    }

    pub(crate) fn observe(&self, observation: Observation) {
        self.observe_all(vec![observation]);
    }

    /// Notes what belongs together.
    pub(crate) fn observe_all(&self, observations: Vec<Observation>) {
        self.observe_batch(observations, Vec::new());
    }

    /// Notes what belongs together, with what is no news since the revision.
    pub(crate) fn observe_batch(&self, news: Vec<Observation>, known: Vec<Observation>) {
        let (count, mut observations) = (news.len(), news);
        observations.extend(known);
        for observation in &observations {
            if let Observation::Unread(row) = observation
                && is_refused_by_the_disk(row)
            {
                self.tally.unsettled.fetch_add(1, Relaxed);
            }
            match observation {
                Observation::Finding(..) => drop(self.tally.findings.fetch_add(1, Relaxed)),
                Observation::Unread(row) if row.is_missing() => drop(self.tally.unread.fetch_add(1, Relaxed)),
                Observation::Unread(_) => drop(self.tally.excluded.fetch_add(1, Relaxed)),
                _ => {}
            }
        }
        // A person watches findings come, and need not wait for those in which nothing could be a value.
        let leaves = matches!(observations.as_slice(), [Observation::Finding(finding, about)] if Veil::is_plain(finding, about));
        if leaves {
            self.veil.cover_all(&mut observations, &mut Clean::default());
            observations.into_iter().for_each(|observation| self.sink.observe(observation));
        } else if !observations.is_empty() {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((observations, count));
        }
    }

    /// Notes a value that is reported: wherever else it stands, it is covered.
    pub(crate) fn know(&self, found: &Match) {
        if !found.traces.is_empty() {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).note(found);
        }
    }

    /// Ends the search: tells what was observed, with every value of the scan covered, which are given back. The names of
    /// `roots` stay.
    pub(crate) fn tell(self, roots: impl Iterator<Item = String>) -> KnownValues {
        let mut known = self.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        known.spared = roots.collect::<BTreeSet<String>>();
        let veil = self.veil.knowing(&known);
        let waiting = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sink = self.sink;
        waiting.into_par_iter().for_each_init(Clean::default, |clean, (mut observations, news)| {
            veil.cover_all(&mut observations, clean);
            let known = observations.split_off(news);
            observations.into_iter().for_each(|observation| sink.observe(observation));
            known.into_iter().for_each(|observation| sink.observe_known(observation));
        });
        known
    }

    /// Says how far the scan is. What is a value is not known yet, so what might be one is not shown.
    pub(crate) fn progress(&self, current: &str) {
        let current = &self.veil.blurred(current);
        self.sink.progress(&Progress { counts: self.tally.counts(), current });
    }
}
