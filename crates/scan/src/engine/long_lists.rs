//! Lists, maps and columns that go on behind the window in which their name was found.
//!
//! What an anchor leads to lies in a window of fixed size around it, so that a change far away changes nothing. A list of
//! passwords may be longer than that: where one began to be found, the rest of it is read once the whole file is there.

use crate::engine::{Candidate, Engine, generic, settle};
use crate::hits::HITS_PER_BLOB_MAX;

/// Most members of one list that are judged: of so many, no more are listed than [`HITS_PER_BLOB_MAX`].
const MEMBERS_MAX: usize = 50_000;

/// Adds to the `candidates` of `bytes` the members of their lists that stand behind the window.
pub(crate) fn add(engine: &Engine, bytes: &[u8], candidates: Vec<Candidate>) -> Vec<Candidate> {
    let generic = |found: &&Candidate| generic::RULES.iter().any(|(id, ..)| *id == found.found.rule_id);
    let mut anchors: Vec<_> = candidates.iter().filter(generic).map(|found| found.anchor).collect();
    anchors.sort_unstable_by_key(|anchor| (anchor.at, anchor.id));
    anchors.dedup();
    let (mut out, mut past) = (Vec::new(), 0);
    for anchor in anchors {
        // What stands inside of a list is read with it, so that each byte is read once.
        if (anchor.at as usize) < past || out.len() > HITS_PER_BLOB_MAX {
            continue;
        }
        let len = engine.literals.get(anchor.id).len;
        past = generic::evaluate_rest(engine, bytes, (anchor, len), MEMBERS_MAX, &mut out).unwrap_or(past);
    }
    if out.is_empty() {
        return candidates;
    }
    out.extend(candidates);
    settle(&mut out);
    out
}
