//! Values that a scan has found, known again where another place uses one as a name: by their traces, never by themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenure_model::{FingerprintKey, Severity};

use super::tagged;
use crate::engine::{Match, Trace};

/// First bytes of a value, which its mask shows, by which it is looked for where nothing separates it from what stands before.
const OPENING_BYTES: usize = 3;
/// Traces of one text that are asked for: a name with more beginnings and ends than that is none.
const ASKED_MAX: usize = 50_000;

/// The values of a scan, complete only when everything was searched.
#[derive(Debug, Default)]
pub(crate) struct KnownValues {
    /// What covers each.
    covers: HashMap<Trace, String>,
    /// Their lengths, bytes.
    lengths: BTreeSet<usize>,
    /// Lengths of values by how they begin, in any case.
    openings: BTreeMap<[u8; OPENING_BYTES], BTreeSet<usize>>,
    /// Texts that stay as they are: the names of roots, by which everything else is found.
    pub(crate) spared: BTreeSet<String>,
}

impl KnownValues {
    /// Notes a value that is reported.
    pub(crate) fn note(&mut self, found: &Match) {
        let Some(whole) = found
            .traces
            .first()
            .filter(|_| !found.public && (found.specific || found.severity >= Severity::Medium))
        else {
            return;
        };
        let opening = found.masked.as_bytes().first_chunk::<OPENING_BYTES>();
        let opening = opening
            .filter(|opening| !opening.contains(&b'*'))
            .map(|opening| opening.map(|b| b.to_ascii_lowercase()));
        for trace in &found.traces {
            let is_whole = trace.bytes == whole.bytes;
            let cover = if is_whole {
                tagged(&found.masked, &found.fingerprint)
            } else {
                format!("****~{:08x}", trace.tag >> 32)
            };
            // The same value may be known as several kinds: which one covers it must not hang on what was found first.
            let known = self.covers.entry(*trace).or_insert_with(|| cover.clone());
            if cover < *known {
                *known = cover;
            }
            self.lengths.insert(trace.bytes as usize);
            if let Some(opening) = opening.filter(|_| is_whole) {
                self.openings.entry(opening).or_default().insert(trace.bytes as usize);
            }
        }
    }

    /// Where values stand in `text`, first byte and end, with what covers each; `None` when the text asks for more than a
    /// name does.
    pub(super) fn spans(&self, key: &FingerprintKey, text: &str) -> Option<Vec<(usize, usize, &str)>> {
        let mut spans = Vec::new();
        let bytes = text.as_bytes();
        let Some(&shortest) = self.lengths.first() else { return Some(spans) };
        if bytes.len() < shortest || self.spared.contains(text) {
            return Some(spans);
        }
        let (mut at, mut asked) = (0, 0);
        while at + shortest <= bytes.len() {
            match self.longest_at(key, bytes, at, &mut asked) {
                Some((end, cover)) => {
                    spans.push((at, end, cover));
                    at = end;
                }
                None => at += 1,
            }
            if asked > ASKED_MAX {
                return None;
            }
        }
        Some(spans)
    }

    /// The longest value that begins here.
    fn longest_at(
        &self,
        key: &FingerprintKey,
        bytes: &[u8],
        at: usize,
        asked: &mut usize,
    ) -> Option<(usize, &str)> {
        let mut ask = |end: usize| {
            *asked += 1;
            self.covers.get(&Trace::of(key, &bytes[at..end])).map(|cover| (end, cover.as_str()))
        };
        let ends = |lengths: &BTreeSet<usize>| {
            lengths
                .iter()
                .rev()
                .map(|length| at + length)
                .filter(|&end| end <= bytes.len())
                .collect::<Vec<_>>()
        };
        if is_edge(bytes, at) {
            return ends(&self.lengths).into_iter().filter(|&end| is_edge(bytes, end)).find_map(ask);
        }
        let opening = bytes[at..].first_chunk::<OPENING_BYTES>()?.map(|byte| byte.to_ascii_lowercase());
        let lengths = self.openings.get(&opening)?;
        ends(lengths).into_iter().find_map(&mut ask)
    }
}

/// Whether no word goes on from one side of this place to the other.
fn is_edge(bytes: &[u8], at: usize) -> bool {
    at == 0
        || at == bytes.len()
        || !bytes[at - 1].is_ascii_alphanumeric()
        || !bytes[at].is_ascii_alphanumeric()
}
