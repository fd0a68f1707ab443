//! Literals: what the engine looks for, and the rules that each leads to.

use std::cmp::Ordering;
use std::ops::Range;

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
/// Leads beyond which no encoded form is added: each has two pieces at most, and the tables hold 65,534 of them. What is not
/// encoded is far below: users' rules bring along 64 KiB of anchors and words at most.
const LEADS_MAX: usize = 32_000;
/// Literals that most rules lead to, with the encoded forms of their anchors.
const LEADS_OF_A_RULE: usize = 12;

/// What one literal leads to.
#[derive(Debug)]
pub(super) struct Literal {
    pub(super) len: u32,
    /// Where its rules are in the list of all.
    rules: Range<u32>,
    pub(super) generic: bool,
    pub(super) before: u32,
    pub(super) after: u32,
    /// Work of judging one of its anchors.
    pub(super) work: u64,
    /// The anchor that it is, encoded.
    pub(super) coding: Option<Coding>,
}

/// All literals, by their numbers, with what they lead to. One list holds the rules of all: most lead to one or two.
#[derive(Debug, Default)]
pub(super) struct Literals {
    all: Vec<Literal>,
    rules: Vec<u16>,
}

impl Literals {
    /// The literal of this number.
    #[inline]
    pub(super) fn get(&self, id: u16) -> &Literal {
        &self.all[usize::from(id)]
    }

    /// The rules that it leads to, by their places in the rule set.
    #[inline]
    pub(super) fn rules(&self, literal: &Literal) -> &[u16] {
        &self.rules[literal.rules.start as usize..literal.rules.end as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Literal> {
        self.all.iter()
    }
}

/// One way from a text to a rule, or to the generic detector.
struct Lead {
    /// Where its text is among all of them.
    text: Range<usize>,
    exact: bool,
    coding: Option<Coding>,
    rule: Option<u16>,
    window: (u32, u32),
}

/// All leads, in the order of the rules, with their texts one behind the other.
#[derive(Default)]
struct Leads {
    texts: Vec<u8>,
    all: Vec<Lead>,
}

/// Work of matching a pattern in a window of this size.
fn window_work(bytes: u64) -> u64 {
    if bytes > SHORT_WINDOW_BYTES { bytes * 5 / 2 } else { bytes / 2 }
}

/// All literals of all rules and of the generic detector, each once, with what they lead to.
pub(super) fn literals(rules: &RuleSet) -> (anchors::Texts, Literals) {
    let leads = Leads::of(rules);
    let mut texts = anchors::Texts::default();
    let mut literals = Literals { all: Vec::with_capacity(leads.all.len()), ..Literals::default() };
    let order = leads.in_order();
    for same in order.chunk_by(|a, b| a.0 == b.0 && leads.compare(a.1, b.1).is_eq()) {
        let same = || same.iter().map(|&(_, at)| &leads.all[at]);
        let first = same().next().expect("a chunk holds something");
        let from = literals.rules.len();
        literals.rules.extend(same().filter_map(|lead| lead.rule));
        let judged = same().filter(|lead| lead.rule.is_some());
        let works = judged.map(|lead| window_work(u64::from(lead.window.0 + lead.window.1)));
        let place = |at: usize| u32::try_from(at).expect("a rule has few literals");
        literals.all.push(Literal {
            len: place(first.text.len()),
            rules: place(from)..place(literals.rules.len()),
            generic: same().any(|lead| lead.rule.is_none()),
            before: same().map(|lead| lead.window.0).max().unwrap_or(0),
            after: same().map(|lead| lead.window.1).max().unwrap_or(0),
            work: ANCHOR_WORK + works.sum::<u64>(),
            coding: first.coding,
        });
        texts.push(leads.text(first), first.exact);
    }
    (texts, literals)
}

impl Leads {
    fn of(rules: &RuleSet) -> Self {
        let mut leads = Leads::default();
        let count = LEADS_OF_A_RULE * rules.rules().len() + generic::context_words().count();
        leads.all.reserve(count);
        leads.texts.reserve(LITERAL_BYTES_MAX / 2 * count);
        let numbered =
            || rules.rules().iter().zip(0..).map(|(rule, number): (&Rule, u16)| (rule, Some(number)));
        for (rule, index) in numbered() {
            for word in &rule.spec.words {
                leads.push(word, (false, None), index, rule.reach());
            }
            for anchor in &rule.spec.anchors {
                leads.push(anchor, (true, None), index, rule.reach());
            }
        }
        for word in generic::context_words() {
            leads.push(word, (false, None), None, (generic::BEFORE, generic::AFTER));
        }
        for (rule, index) in numbered().filter(|(rule, _)| is_sought_encoded(rule)) {
            leads.push_encoded(rule, index);
        }
        leads
    }

    /// The encoded forms of a rule's anchors, as long as there is room: many rules of a user's may ask for more than the tables hold.
    fn push_encoded(&mut self, rule: &Rule, index: Option<u16>) {
        for anchor in &rule.spec.anchors {
            let forms = encoded::forms(anchor);
            if self.all.len() + forms.len() > LEADS_MAX {
                return;
            }
            for form in forms {
                let window = encoded::window(form.coding, rule.reach());
                self.push(&form.text, (form.exact, Some(form.coding)), index, window);
            }
        }
    }

    fn push(
        &mut self,
        text: &str,
        (exact, coding): (bool, Option<Coding>),
        rule: Option<u16>,
        window: (u32, u32),
    ) {
        // The beginning of a long one is telling enough.
        let text = &text.as_bytes()[..text.len().min(LITERAL_BYTES_MAX)];
        let from = self.texts.len();
        self.texts.extend_from_slice(text);
        if !exact {
            self.texts[from..].make_ascii_lowercase();
        }
        self.all.push(Lead { text: from..self.texts.len(), exact, coding, rule, window });
    }

    fn text(&self, lead: &Lead) -> &[u8] {
        &self.texts[lead.text.clone()]
    }

    /// The leads by their texts, and those of one text in the order of the rules: so that literals have the same numbers in
    /// every run. Most differ in their first bytes, which stand beside their places.
    fn in_order(&self) -> Vec<(u64, usize)> {
        let first = |lead: &Lead| {
            let mut first = [0; 8];
            first.iter_mut().zip(self.text(lead)).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(first)
        };
        let mut order: Vec<(u64, usize)> = self.all.iter().map(first).zip(0..).collect();
        order.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| self.compare(a.1, b.1)).then_with(|| a.1.cmp(&b.1))
        });
        order
    }

    /// By what makes a literal another one: its text, whether case matters, and how it is encoded.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let key = |lead: &'_ Lead| (lead.exact, lead.coding);
        let (a, b) = (&self.all[a], &self.all[b]);
        self.text(a).cmp(self.text(b)).then_with(|| key(a).cmp(&key(b)))
    }
}

/// Whether a rule's anchors are looked for encoded, too: where a match is worth the further literals.
fn is_sought_encoded(rule: &Rule) -> bool {
    rule.severity >= Severity::High && rule.confidence == Confidence::High && !rule.imported
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::rules::{RuleFile, RuleSet, RuleSpec};

    /// So many anchors as a user's files may bring along, each of which would have seven encoded forms.
    #[test]
    fn the_most_anchors_that_a_user_may_ask_for_fit() {
        let anchor = |number: usize| format!("{number:05x}");
        let rule = |number: usize| RuleSpec {
            id: format!("own-{number}"),
            title: "x".into(),
            credential: "generic_secret".into(),
            severity: "critical".into(),
            confidence: "high".into(),
            anchors: (0..60).map(|at| anchor(0x12345 + number * 60 + at)).collect(),
            pattern: "(?P<secret>[0-9a-f]{5}-[a-z]{20})".into(),
            after: 64,
            ..RuleSpec::default()
        };
        let own = RuleFile {
            vendor: "Own".into(),
            provider: "own".into(),
            rules: (0..218).map(rule).collect(),
            ..RuleFile::default()
        };
        let mut files = crate::rules::embedded::files();
        files.push(own);
        let rules = RuleSet::from_files(files).unwrap();
        let engine = Engine::new(rules, tenure_model::FingerprintKey::new([7; 32]));
        let text = format!("key = {}-qzvwkxjyqpmbtgrlfhdc\n", anchor(0x12345 + 217 * 60));
        assert!(engine.scan(text.as_bytes()).iter().any(|found| found.found.rule_id == "own-217"));
    }
}
