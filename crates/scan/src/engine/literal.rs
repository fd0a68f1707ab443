//! Literals: what the engine looks for, and the rules that each leads to.

use rustc_hash::FxHashMap;
use tenure_model::{Confidence, Severity};

use super::encoded::{self, Coding};
use super::{anchors, generic};
use crate::rules::{Rule, RuleSet};

/// Work of judging one anchor, besides the windows of its rules.
const ANCHOR_WORK: u64 = 300;
/// Bytes of a window beyond which its pattern usually reads it to its end: a short one mostly fails at once.
const SHORT_WINDOW_BYTES: u64 = 2048;
/// Longest literal that is looked for, bytes.
const LITERAL_BYTES_MAX: usize = 24;

/// What one literal leads to.
#[derive(Debug)]
pub(super) struct Literal {
    pub(super) len: u32,
    pub(super) rules: Vec<u16>,
    pub(super) generic: bool,
    pub(super) before: u32,
    pub(super) after: u32,
    /// Work of judging one of its anchors.
    pub(super) work: u64,
    /// The anchor that it is, encoded.
    pub(super) coding: Option<Coding>,
}

/// What makes a literal another one: its text, whether case matters, and how it is encoded.
type Key = (Vec<u8>, bool, Option<Coding>);

/// Work of matching a pattern in a window of this size.
fn window_work(bytes: u64) -> u64 {
    if bytes > SHORT_WINDOW_BYTES { bytes * 5 / 2 } else { bytes / 2 }
}

/// All literals of all rules and of the generic detector, each once, with what they lead to.
pub(super) fn literals(rules: &RuleSet) -> Vec<(anchors::Literal, Literal)> {
    let mut all: FxHashMap<Key, Literal> = FxHashMap::default();
    let mut lead = |text: &str, (exact, coding), rule: Option<u16>, (before, after): (u32, u32)| {
        // The beginning of a long one is telling enough.
        let text = &text.as_bytes()[..text.len().min(LITERAL_BYTES_MAX)];
        let bytes = if exact { text.to_vec() } else { text.to_ascii_lowercase() };
        let literal = all.entry((bytes, exact, coding)).or_insert_with(|| Literal {
            len: u32::try_from(text.len()).unwrap_or(u32::MAX),
            rules: Vec::new(),
            generic: false,
            before: 0,
            after: 0,
            work: ANCHOR_WORK,
            coding,
        });
        literal.generic |= rule.is_none();
        if rule.is_some() {
            literal.work += window_work(u64::from(before + after));
        }
        literal.rules.extend(rule);
        literal.before = literal.before.max(before);
        literal.after = literal.after.max(after);
    };
    for (number, rule) in rules.rules().iter().enumerate() {
        let index = Some(u16::try_from(number).expect("fewer than 65,536 rules"));
        for word in &rule.spec.words {
            lead(word, (false, None), index, rule.reach());
        }
        for anchor in &rule.spec.anchors {
            lead(anchor, (true, None), index, rule.reach());
            let forms = if is_sought_encoded(rule) { encoded::forms(anchor) } else { Vec::new() };
            for form in forms {
                let window = encoded::window(form.coding, rule.reach());
                lead(&form.text, (form.exact, Some(form.coding)), index, window);
            }
        }
    }
    for word in generic::context_words() {
        lead(word, (false, None), None, (generic::BEFORE, generic::AFTER));
    }
    in_order(all.into_iter().collect())
}

/// Literals by their texts, so that they have the same numbers in every run. Most differ in their first bytes, so that
/// comparing these and moving numbers is less work than moving them.
fn in_order(all: Vec<(Key, Literal)>) -> Vec<(anchors::Literal, Literal)> {
    let first = |text: &[u8]| {
        let mut first = [0; 8];
        first.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(first)
    };
    let mut order: Vec<(u64, usize)> =
        all.iter().enumerate().map(|(at, ((text, ..), _))| (first(text), at)).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| all[a.1].0.cmp(&all[b.1].0)));
    let mut all: Vec<Option<(Key, Literal)>> = all.into_iter().map(Some).collect();
    let taken = order.into_iter().filter_map(|(_, at)| all[at].take());
    taken.map(|((text, exact, _), literal)| (anchors::Literal { text, exact }, literal)).collect()
}

/// Most bytes of a literal before a line end in it, and most bytes behind one.
pub(super) fn across_lines(literals: &[anchors::Literal]) -> (u32, u32) {
    let mut most = (0, 0);
    for literal in literals {
        for at in memchr::memchr_iter(b'\n', &literal.text) {
            most = (most.0.max(at), most.1.max(literal.text.len() - at - 1));
        }
    }
    (u32::try_from(most.0).unwrap_or(u32::MAX), u32::try_from(most.1).unwrap_or(u32::MAX))
}

/// Whether a rule's anchors are looked for encoded, too: where a match is worth the further literals.
fn is_sought_encoded(rule: &Rule) -> bool {
    rule.severity >= Severity::High && rule.confidence == Confidence::High && !rule.imported
}
