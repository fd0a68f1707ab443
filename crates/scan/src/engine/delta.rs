//! Scanning in the delta domain: a blob made from another one by copy and insert operations inherits what the copied
//! bytes gave, and only new bytes and the edges between operations are searched.
//!
//! Kept honest by a property: the candidates equal those of [`Engine::scan`] for every blob.

use crate::engine::{Anchor, Candidate, Engine};
use crate::git::Op;

/// Fewer bytes between two walls are searched sooner than they are told apart from what is new.
const KNOWN_BYTES_MIN: usize = 100;

/// What is known of a blob after it was scanned: carried down a delta chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scanned {
    /// Every anchor that the engine keeps, in order of position then literal.
    anchors: Vec<Anchor>,
    /// What the anchors gave, in the anchors' order, before overlaps are settled.
    candidates: Vec<Candidate>,
}

impl Scanned {
    /// Scans a whole blob.
    pub(crate) fn whole(engine: &Engine, bytes: &[u8]) -> Scanned {
        let mut scanned = Scanned::default();
        for anchor in fresh_anchors(engine, bytes, &[]) {
            scanned.evaluate(engine, bytes, anchor);
        }
        scanned
    }

    /// Scans a blob that `ops` make from the blob that `base` describes.
    ///
    /// Whether an anchor is kept depends on a few bytes around it: what was copied together with these bytes is known
    /// from the base, and everything else is searched anew. What a kept anchor gives depends on its whole window, so it
    /// is evaluated anew where the window was cut.
    pub(crate) fn inherit(engine: &Engine, base: &Scanned, bytes: &[u8], ops: &[Op]) -> Scanned {
        let mut scanned = Scanned::default();
        let known = Known::of(engine, bytes, ops);
        let mut fresh = fresh_anchors(engine, bytes, &known).into_iter().peekable();
        for part in &known {
            let first = base.anchors.partition_point(|anchor| anchor.at < part.from + (part.start - part.at));
            for &anchor in &base.anchors[first..] {
                let here = Anchor { at: anchor.at - part.from + part.at, id: anchor.id };
                if here.at >= part.end {
                    break;
                }
                if here.at + engine.length(here) > part.end {
                    continue; // found anew
                }
                while let Some(new) = fresh.next_if(|new| *new < here) {
                    scanned.evaluate(engine, bytes, new);
                }
                let (before, after) = engine.window(anchor);
                if anchor.at >= part.from + before && anchor.at + after <= part.from + part.len {
                    scanned.adopt(base, anchor, here);
                } else {
                    scanned.evaluate(engine, bytes, here);
                }
            }
        }
        for new in fresh {
            scanned.evaluate(engine, bytes, new);
        }
        scanned
    }

    /// What was found, settled, in order of place.
    pub(crate) fn found(&self) -> Vec<Candidate> {
        let mut out = self.candidates.clone();
        super::settle(&mut out);
        out
    }

    /// Whether anything was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    fn evaluate(&mut self, engine: &Engine, bytes: &[u8], anchor: Anchor) {
        self.anchors.push(anchor);
        engine.evaluate_new(bytes, anchor, &mut self.candidates);
    }

    /// Takes over what `anchor` gave in the base, moved to `here`.
    fn adopt(&mut self, base: &Scanned, anchor: Anchor, here: Anchor) {
        self.anchors.push(here);
        let first = base.candidates.partition_point(|c| c.anchor < anchor);
        for candidate in base.candidates[first..].iter().take_while(|c| c.anchor == anchor) {
            self.candidates.push(Candidate {
                anchor: here,
                start: candidate.start + here.at - anchor.at,
                end: candidate.end + here.at - anchor.at,
                found: candidate.found.clone(),
            });
        }
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// A copied run of bytes, and the part of it in which anchors are known from the base.
struct Known {
    /// Where it begins in the blob and in the base, and how long it is.
    at: u32,
    from: u32,
    len: u32,
    /// Anchors that begin here or later, and end there or earlier, are known.
    start: u32,
    end: u32,
    /// How far behind `start` an anchor may end that begins before it, and how far before `end` one may begin that ends
    /// behind it.
    behind_start: u32,
    before_end: u32,
}

impl Known {
    /// Every copied run that is long enough for something to be known in it.
    #[allow(clippy::cast_possible_truncation)] // blobs are far below 4 GiB
    fn of(engine: &Engine, bytes: &[u8], ops: &[Op]) -> Vec<Known> {
        let mut known = Vec::new();
        let mut at = 0u32;
        for op in ops {
            if let Op::Copy { from, len } = *op
                && len as usize > KNOWN_BYTES_MIN
            {
                let (start, end) = Engine::walled(bytes, at as usize, (at + len) as usize);
                if start.at + KNOWN_BYTES_MIN < end.at {
                    known.push(Known {
                        at,
                        from,
                        len,
                        start: start.at as u32,
                        end: end.at as u32,
                        behind_start: engine.crossing(start).1,
                        before_end: engine.crossing(end).0,
                    });
                }
            }
            at += op.len();
        }
        known
    }
}

/// The anchors that the engine keeps and that are not known, in order.
fn fresh_anchors(engine: &Engine, bytes: &[u8], known: &[Known]) -> Vec<Anchor> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut past: Option<&Known> = None;
    for part in known {
        kept_anchors(engine, bytes, (from, part.start, part.behind_start), past, &mut out);
        from = part.start.max(part.end.saturating_sub(part.before_end));
        past = Some(part);
    }
    kept_anchors(engine, bytes, (from, length(bytes), 0), past, &mut out);
    out
}

/// Adds the anchors that begin in `from..to` and end at most `over` bytes behind, and that the engine keeps, in order;
/// those that are known in `past` left out.
fn kept_anchors(
    engine: &Engine,
    bytes: &[u8],
    (from, to, over): (u32, u32, u32),
    past: Option<&Known>,
    out: &mut Vec<Anchor>,
) {
    if from >= to {
        return;
    }
    let end = to.saturating_add(over).min(length(bytes));
    let found = out.len();
    engine.anchors(bytes, from as usize, end as usize, |anchor| {
        let known = past.is_some_and(|past| anchor.at + engine.length(anchor) <= past.end);
        if anchor.at < to && !known && engine.keeps(bytes, anchor) {
            out.push(anchor);
        }
    });
    out[found..].sort_unstable();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::{RuleFile, RuleSet};

    fn words() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just("password=\"Tr0ub4dor&3x\"\n".to_owned()),
            Just("api_key: v8Jq2LzR0tYw5Nc1kP7dX3mB9\n".to_owned()),
            Just("secret".to_owned()),
            Just("pass".to_owned()),
            Just("ignore".to_owned()),
            Just("checksum/".to_owned()),
            Just("export ".to_owned()),
            Just(" access key\"] ] ".to_owned()),
            Just("As String = ".to_owned()),
            Just("word = 'p4ssF0rMe!'".to_owned()),
            "[a-z =:\"\n]{0,40}",
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes())
    }

    fn key(candidate: &Candidate) -> (u32, u32, String, String) {
        (
            candidate.start,
            candidate.end,
            candidate.found.rule_id.clone(),
            candidate.found.fingerprint.0.clone(),
        )
    }

    /// Rules whose result depends on more than the match: on a word close by, and on the line around.
    fn wide_rules() -> RuleFile {
        let text = r#"
            vendor = "Acme"
            provider = "acme"
            [except]
            lines = ['ignore']
            [[rule]]
            id = "near"
            title = "Near a word"
            credential = "generic_secret"
            words = ["secret"]
            near = true
            pattern = '[A-Za-z0-9]{8,}'
            before = 40
            after = 60
            [[rule]]
            id = "line"
            title = "Unless its line says so"
            credential = "generic_secret"
            anchors = ["pass"]
            pattern = 'pass[a-z]{0,9}'
            after = 16
        "#;
        toml::from_str(text).unwrap()
    }

    proptest! {
        #[test]
        fn the_delta_scan_equals_the_full_scan(
            base in words(),
            plan in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), words(), any::<bool>()), 1..8),
        ) {
            // Copies are long enough that some anchors are known from the base.
            let base = base.repeat(4);
            let engine = Engine::new(RuleSet::from_files(vec![wide_rules()]).unwrap(), FingerprintKey::new([3; 32]));
            let (mut bytes, mut ops) = (Vec::new(), Vec::new());
            for (a, b, new, copy) in plan {
                if copy && !base.is_empty() {
                    let (a, b) = (a.index(base.len()), b.index(base.len()));
                    let (from, to) = (a.min(b), a.max(b) + 1);
                    bytes.extend_from_slice(&base[from..to]);
                    ops.push(Op::Copy { from: from as u32, len: (to - from) as u32 });
                } else if !new.is_empty() {
                    bytes.extend_from_slice(&new);
                    ops.push(Op::Insert { len: new.len() as u32 });
                }
            }
            let scanned_base = Scanned::whole(&engine, &base);
            let inherited = Scanned::inherit(&engine, &scanned_base, &bytes, &ops);
            let full: Vec<_> = engine.scan(&bytes).iter().map(key).collect();
            let delta: Vec<_> = inherited.found().iter().map(key).collect();
            prop_assert_eq!(delta, full);
            let whole = Scanned::whole(&engine, &bytes);
            prop_assert_eq!(&inherited.anchors, &whole.anchors);
        }
    }
}
