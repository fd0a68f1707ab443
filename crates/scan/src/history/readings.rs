//! What readers make of a file today and did not make of it at the revision since which a scan tells what is new.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tenure_model::{Fact, Observation, path_bytes};

use super::History;
use super::head::HeadNeighbours;
use crate::detect::{self, Blob, Neighbours, Reading};
use crate::git::Objects;
use crate::run::Run;
use crate::scanner::observations;
use crate::search::WINDOW_BYTES;

impl History {
    /// Lets readers see a file of today. What they said of it at the revision already is no news: findings are left
    /// out, and evidence is passed on as known, because an identity is judged by all that is known of it.
    pub(crate) fn read_out_new(
        &self,
        run: &Run<'_>,
        blob: &Blob<'_>,
        unchanged: bool,
        read: &dyn Fn(&Blob<'_>) -> Reading,
    ) {
        if let Some((objects, _)) = &self.store {
            self.read_new_out(run, objects, blob, unchanged, read);
        }
    }

    pub(super) fn read_new_out(
        &self,
        run: &Run<'_>,
        objects: &Objects,
        blob: &Blob<'_>,
        unchanged: bool,
        read: &dyn Fn(&Blob<'_>) -> Reading,
    ) {
        let watched = Watched { inner: blob.neighbours, asked: AtomicBool::new(false) };
        let reading = read(&Blob { neighbours: &watched, ..*blob });
        let now: Vec<Observation> = observations(blob.path, reading).collect();
        // A file that is what it was says what it said, unless it looks at others.
        let all_known = unchanged && !watched.asked.load(Relaxed);
        let before = if all_known { HashSet::new() } else { self.said_before(run, objects, blob) };
        let (mut news, mut known) = (Vec::new(), Vec::new());
        for observation in now {
            let is_known = all_known || before.contains(&lasting(&observation));
            match observation {
                Observation::Finding(..) if is_known => {}
                // Of a file that changed, what is not read may be new.
                Observation::Unread(_) if is_known && unchanged => {}
                Observation::Finding(..) | Observation::Unread(_) => news.push(observation),
                Observation::Evidence(_) | Observation::AwsAccount(_) | Observation::Role(_) if !is_known => {
                    news.push(observation);
                }
                // Who owns and who belongs: it completes what others say.
                other => known.push(other),
            }
        }
        run.observe_batch(news, known);
    }

    /// What readers say of the file as it was at the revision, beside the files of then.
    fn said_before(&self, run: &Run<'_>, objects: &Objects, blob: &Blob<'_>) -> HashSet<String> {
        let Some(before) = &self.before else { return HashSet::new() };
        let file = before.file(&path_bytes(blob.path_in_repository()));
        let Some(bytes) = file.and_then(|file| objects.read_blob(&file.oid)) else { return HashSet::new() };
        let neighbours = HeadNeighbours { files: &before.files, objects };
        let first = &bytes[..bytes.len().min(WINDOW_BYTES)];
        let blob = Blob { bytes: first, neighbours: &neighbours, ..*blob };
        if !detect::claimed(&blob) {
            return HashSet::new();
        }
        let reading = if first.len() == bytes.len() {
            detect::read(&blob, run.engine)
        } else {
            let open = || Box::new(bytes.as_slice()) as Box<dyn std::io::Read + '_>;
            detect::read_stream(&blob, &open, run.engine.key())
        };
        observations(blob.path, reading).map(|observation| lasting(&observation)).collect()
    }
}

/// An observation by what it says, wherever in its file it says so.
fn lasting(observation: &Observation) -> String {
    match observation {
        Observation::Finding(finding, _) => finding.id.clone(),
        Observation::Unread(unread) => format!("{} {}", unread.reason, unread.path),
        Observation::Evidence(evidence) => {
            let mut evidence = evidence.clone();
            evidence.source.line = None;
            match &mut evidence.fact {
                Fact::Consumer { consumer } => consumer.line = 0,
                Fact::Owner { claim } => claim.line = None,
                _ => {}
            }
            format!("{evidence:?}")
        }
        other => format!("{other:?}"),
    }
}

/// Neighbours, and whether anybody asked for one.
#[derive(Debug)]
struct Watched<'a> {
    inner: &'a dyn Neighbours,
    asked: AtomicBool,
}

impl Neighbours for Watched<'_> {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.asked.store(true, Relaxed);
        self.inner.bytes(path)
    }

    fn below(&self, folder: &str) -> Vec<String> {
        self.asked.store(true, Relaxed);
        self.inner.below(folder)
    }
}
