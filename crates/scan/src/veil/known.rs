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
    /// Whether a value without a digit, and one with some, has this length.
    is_length: Vec<[bool; 2]>,
    /// Lengths of values by how they begin, in any case.
    openings: BTreeMap<[u8; OPENING_BYTES], BTreeSet<usize>>,
    /// Whether one of them begins with this byte.
    is_first: Vec<bool>,
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
            let length = trace.bytes as usize;
            self.lengths.insert(length);
            self.is_length.resize(self.is_length.len().max(length + 1), [false; 2]);
            self.is_length[length][usize::from(trace.digits)] = true;
            if let Some(opening) = opening.filter(|_| is_whole) {
                self.is_first.resize(256, false);
                self.is_first[usize::from(opening[0])] = true;
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
        let longest = *self.lengths.last().expect("there is a shortest one");
        let edges: Vec<usize> = (0..=bytes.len()).filter(|&at| is_edge(bytes, at)).collect();
        // The first digit behind each edge.
        let digits: Vec<usize> = next_digits(bytes, &edges);
        let (mut asked, mut told, mut ends) = (0, 0, Vec::new());
        for (nth, &start) in edges.iter().enumerate() {
            if start < told {
                continue;
            }
            ends.clear();
            ends.extend(edges[nth + 1..].iter().copied().take_while(|end| end - start <= longest));
            ends.retain(|&end| self.is_length[end - start][usize::from(digits[nth] < end)]);
            // A word may be glued to what stands before the value.
            let glued = edges.get(nth + 1).map_or(bytes.len(), |&next| next);
            let found = self.first_of(key, bytes, (start, &ends), &mut asked);
            let found = found.or_else(|| self.glued(key, bytes, (start + 1, glued), &mut asked));
            if let Some((start, end, cover)) = found {
                spans.push((start, end, cover));
                told = end;
            }
            if asked > ASKED_MAX {
                return None;
            }
        }
        Some(spans)
    }

    /// The longest value that begins here and has one of these `ends`, which are in order.
    fn first_of(
        &self,
        key: &FingerprintKey,
        bytes: &[u8],
        (start, ends): (usize, &[usize]),
        asked: &mut usize,
    ) -> Option<(usize, usize, &str)> {
        ends.iter().rev().find_map(|&end| {
            *asked += 1;
            self.covers.get(&Trace::of(key, &bytes[start..end])).map(|cover| (start, end, cover.as_str()))
        })
    }

    /// The first value that begins inside of a word, as its mask tells.
    fn glued(
        &self,
        key: &FingerprintKey,
        bytes: &[u8],
        (from, to): (usize, usize),
        asked: &mut usize,
    ) -> Option<(usize, usize, &str)> {
        (from..to).find_map(|start| {
            let opening =
                bytes[start..].first_chunk::<OPENING_BYTES>()?.map(|byte| byte.to_ascii_lowercase());
            if !self.is_first.get(usize::from(opening[0])).copied().unwrap_or(false) {
                return None;
            }
            let ends = self.openings.get(&opening)?.iter().map(|length| start + length);
            let ends: Vec<usize> = ends.filter(|&end| end <= bytes.len()).collect();
            self.first_of(key, bytes, (start, &ends), asked)
        })
    }
}

/// Where the next digit stands behind each of these places, which are in order; the end where there is none.
fn next_digits(bytes: &[u8], places: &[usize]) -> Vec<usize> {
    let mut digits = vec![bytes.len(); places.len()];
    let mut next = bytes.len();
    let mut at = bytes.len();
    for (digit, &place) in digits.iter_mut().zip(places).rev() {
        while at > place {
            at -= 1;
            if bytes[at].is_ascii_digit() {
                next = at;
            }
        }
        *digit = next;
    }
    digits
}

/// Whether no word goes on from one side of this place to the other.
fn is_edge(bytes: &[u8], at: usize) -> bool {
    at == 0
        || at == bytes.len()
        || !bytes[at - 1].is_ascii_alphanumeric()
        || !bytes[at].is_ascii_alphanumeric()
}
