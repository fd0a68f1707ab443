//! Scanning in the delta domain: a blob made from another one by copy and insert operations inherits what the copied
//! bytes gave, and only new bytes and the edges between operations are searched.
//!
//! Kept honest by a property: the candidates equal those of [`Engine::scan`] for every blob.

use crate::engine::{Anchor, Candidate, Engine};
use crate::git::Op;

/// What is known of a blob after it was scanned: carried down a delta chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scanned {
    /// Every anchor, in order of position then literal.
    anchors: Vec<Anchor>,
    /// What the anchors gave, in the anchors' order, before overlaps are settled.
    candidates: Vec<Candidate>,
}

impl Scanned {
    /// Scans a whole blob.
    pub(crate) fn whole(engine: &Engine, bytes: &[u8]) -> Scanned {
        let mut scanned = Scanned::default();
        engine.anchors(bytes, 0, bytes.len(), |anchor| scanned.anchors.push(anchor));
        scanned.anchors.sort_unstable();
        for &anchor in &scanned.anchors {
            engine.evaluate(bytes, anchor, &mut scanned.candidates);
        }
        scanned
    }

    /// Scans a blob that `ops` make from the blob that `base` describes.
    pub(crate) fn inherit(engine: &Engine, base: &Scanned, bytes: &[u8], ops: &[Op]) -> Scanned {
        let mut scanned = Scanned::default();
        let fresh = fresh_anchors(engine, bytes, ops);
        let mut fresh = fresh.into_iter().peekable();
        let mut at = 0u32;
        for op in ops {
            if let Op::Copy { from, len } = *op {
                let first = base.anchors.partition_point(|anchor| anchor.at < from);
                for &anchor in &base.anchors[first..] {
                    if anchor.at >= from + len {
                        break;
                    }
                    let here = Anchor { at: anchor.at - from + at, id: anchor.id };
                    if anchor.at + engine.anchor_len(anchor) > from + len {
                        continue; // cut by the edge: the search for fresh anchors decides
                    }
                    while let Some(new) = fresh.next_if(|new| *new < here) {
                        scanned.evaluate(engine, bytes, new);
                    }
                    let (before, after) = engine.window(anchor);
                    let inside = anchor.at >= from + before && anchor.at + after <= from + len;
                    if inside {
                        scanned.adopt(base, anchor, here);
                    } else {
                        scanned.evaluate(engine, bytes, here);
                    }
                }
            }
            at += op.len();
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
        engine.evaluate(bytes, anchor, &mut self.candidates);
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

/// Anchors that are not wholly inside one copied run: those in new bytes and those across an edge.
fn fresh_anchors(engine: &Engine, bytes: &[u8], ops: &[Op]) -> Vec<Anchor> {
    let margin = engine.longest_anchor().saturating_sub(1);
    let mut spans: Vec<(u32, u32)> = Vec::new();
    let mut edges: Vec<(u32, u32, bool)> = Vec::with_capacity(ops.len());
    let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut at = 0u32;
    for op in ops {
        let len = op.len();
        let (low, high) = match op {
            Op::Insert { .. } => (at.saturating_sub(margin), (at + len).saturating_add(margin).min(end)),
            Op::Copy { .. } => (at.saturating_sub(margin), at.saturating_add(margin).min(end)),
        };
        match spans.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => spans.push((low, high)),
        }
        edges.push((at, at + len, matches!(op, Op::Copy { .. })));
        at += len;
    }
    let mut out = Vec::new();
    for (low, high) in spans {
        engine.anchors(bytes, low as usize, high as usize, |anchor| {
            let index = edges.partition_point(|edge| edge.1 <= anchor.at);
            let inherited = edges
                .get(index)
                .is_some_and(|&(_, stop, copied)| copied && anchor.at + engine.anchor_len(anchor) <= stop);
            if !inherited {
                out.push(anchor);
            }
        });
    }
    out.sort_unstable();
    out.dedup();
    out
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
