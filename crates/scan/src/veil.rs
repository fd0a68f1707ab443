//! What may leave this crate: every text, with the values that stand in it covered.
//!
//! Values are kept out of what detectors say about values. But a value may stand in a name: of a file, a job, a variable,
//! an author. So every observation passes here on its way out, whoever made it, and so do progress, the names of roots, and
//! what the cache would keep. A covered value is its mask and the beginning of its keyed fingerprint, so that two names
//! which differ in a value stay two, here and in every later room; nothing of the value but its mask is told.

mod kept;
mod known;
mod texts;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use aho_corasick::{AhoCorasick, MatchKind};
use tenure_model::{Finding, Fingerprint, Observation, Subject, SubjectKind, finding_id};

pub(crate) use kept::VeiledCache;
pub(crate) use known::KnownValues;

use crate::engine::named::Named;
use crate::engine::trace::{is_unlike_names, may_hold_value};
use crate::engine::{Candidate, Engine};

/// Digits of a fingerprint behind a mask.
const TAG_DIGITS: usize = 8;
/// Bytes that are shown of what was cut off, at most.
const MASK_BYTES: usize = 4;
/// Shortest value that is looked for in any case, bytes: a shorter one is a part of words.
const FOLDED_BYTES_MIN: usize = 12;
/// Turns after which no further value is looked for in what is left of a text.
const TURNS_MAX: usize = 4;

/// Texts without a value that are remembered, and the longest of them, bytes.
const CLEAN_MAX: usize = 4096;
const CLEAN_BYTES_MAX: usize = 512;

/// Texts in which no value stands: paths, titles and reasons come again and again, and are asked for once.
#[derive(Debug, Default)]
pub(crate) struct Clean {
    shown: HashSet<String>,
    known: HashSet<String>,
}

impl Clean {
    /// Begins anew when there are too many.
    fn forget(&mut self) {
        for texts in [&mut self.shown, &mut self.known] {
            if texts.len() > CLEAN_MAX {
                texts.clear();
            }
        }
    }
}

/// Values in lower case, and what covers each.
type Covers = BTreeMap<String, String>;

/// Covers values inside of texts.
#[derive(Debug, Clone, Copy)]
pub struct Veil<'e> {
    engine: &'e Engine,
    known: Option<&'e KnownValues>,
}

impl<'e> Veil<'e> {
    /// Covers what `engine` knows, under its key.
    pub fn new(engine: &'e Engine) -> Self {
        Self { engine, known: None }
    }

    /// Covers what is found in other places, too.
    pub(crate) fn knowing<'k>(&self, known: &'k KnownValues) -> Veil<'k>
    where
        'e: 'k,
    {
        Veil { engine: self.engine, known: Some(known) }
    }

    /// Covers every value in `text`; whether there was one.
    pub fn cover(&self, text: &mut String) -> bool {
        self.cover_into(text, &mut Covers::new())
    }

    fn cover_into(&self, text: &mut String, covers: &mut Covers) -> bool {
        self.cover_shown(text, covers) | self.cover_known(text, covers)
    }

    /// Covers what the text itself shows to be a value.
    fn cover_shown(&self, text: &mut String, covers: &mut Covers) -> bool {
        let mut covered = false;
        for _ in 0..TURNS_MAX {
            if !self.cover_once(text, covers) {
                break;
            }
            covered = true;
        }
        covered
    }

    /// Covers what other places show to be a value.
    fn cover_known(&self, text: &mut String, covers: &mut Covers) -> bool {
        let Some(known) = self.known else { return false };
        match known.spans(self.engine.key(), text) {
            Some(spans) if spans.is_empty() => return false,
            Some(spans) => *text = replaced(text, spans, covers),
            None => *text = self.stand_in("flood", text.as_bytes(), 0),
        }
        true
    }

    /// The text with its values covered.
    pub fn covered(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.cover(&mut text);
        text
    }

    /// The text with its values covered, and without those parts between slashes that may be values.
    pub(crate) fn blurred(&self, text: &str) -> String {
        let may_be = |part: &str| {
            part.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| is_unlike_names(word.as_bytes()))
        };
        let covered = self.covered(text);
        covered.split('/').map(|part| if may_be(part) { "…" } else { part }).collect::<Vec<_>>().join("/")
    }

    /// Whether no text of the finding could be a value that another place shows. The name of its root stays in any case.
    pub(crate) fn is_plain(finding: &Finding, about: &Subject) -> bool {
        let mut finding = finding.clone();
        finding.place.root.clear();
        // The key of a credential is its fingerprint.
        let key = if about.kind == SubjectKind::Credential { "" } else { &about.key };
        let about = Subject::new(about.kind, key);
        let mut is_plain = true;
        texts::each(&mut Observation::Finding(finding, about), &mut |text| is_plain &= !may_hold_value(text));
        is_plain
    }

    /// Whether a value stands in the text that is not covered.
    pub(crate) fn is_shown(&self, text: &str) -> bool {
        let known = || {
            self.known.is_some_and(|known| {
                known.spans(self.engine.key(), text).is_none_or(|spans| !spans.is_empty())
            })
        };
        !self.values(text).is_empty() || known()
    }

    /// Values in a name that are not covered yet, with their places in it.
    pub(crate) fn values(&self, text: &str) -> Vec<Candidate> {
        let mut values = self.named(text).values;
        values.retain(|value| !is_covered(&text.as_bytes()[value.start as usize..value.end as usize]));
        values
    }

    /// What the engine sees in a name. When it fails nobody knows, and the whole name is covered.
    fn named(&self, text: &str) -> Named {
        let look = || self.engine.values_in_name(text.as_bytes());
        catch_unwind(AssertUnwindSafe(look)).unwrap_or(Named { is_flood: true, ..Named::default() })
    }

    fn cover_once(&self, text: &mut String, covers: &mut Covers) -> bool {
        let named = self.named(text);
        if named.is_flood {
            *text = self.stand_in("flood", text.as_bytes(), 0);
            return true;
        }
        let mut spans: Vec<(usize, usize, String)> = Vec::new();
        for value in &named.values {
            let (start, end) = (value.start as usize, value.end as usize);
            if !is_covered(&text.as_bytes()[start..end]) {
                spans.push((start, end, tagged(&value.found.masked, &value.found.fingerprint)));
            }
        }
        if let Some(start) = named.cut {
            spans.push((start, text.len(), self.stand_in("cut", &text.as_bytes()[start..], MASK_BYTES)));
        }
        let found = !spans.is_empty();
        *text =
            replaced(text, spans.iter().map(|(start, end, cover)| (*start, *end, cover.as_str())), covers);
        found
    }

    /// What stands for bytes of which no rule says what they are.
    fn stand_in(&self, kind: &str, bytes: &[u8], keep: usize) -> String {
        tagged(&tenure_model::mask(bytes, keep), &self.engine.key().fingerprint(kind, bytes))
    }

    /// Covers what `cover` does in every text, and then in any case what it covered in one of them.
    fn cover_each(
        &self,
        observations: &mut [Observation],
        touched: &mut [bool],
        (clean, cover): (&mut HashSet<String>, impl Fn(&mut String, &mut Covers) -> bool),
    ) {
        let mut covers = Covers::new();
        for (observation, touched) in observations.iter_mut().zip(&mut *touched) {
            texts::each(observation, &mut |text| {
                if clean.contains(text.as_str()) {
                    return;
                }
                if cover(text, &mut covers) {
                    *touched = true;
                } else if text.len() <= CLEAN_BYTES_MAX {
                    clean.insert(text.clone());
                }
            });
        }
        if covers.is_empty() {
            return;
        }
        let (values, covers): (Vec<String>, Vec<String>) = covers.into_iter().unzip();
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(&values);
        let search = search.expect("values of one file are far below what an automaton can hold");
        for (observation, touched) in observations.iter_mut().zip(touched) {
            texts::each(observation, &mut |text| {
                let is_spared = || self.known.is_some_and(|known| known.spared.contains(text.as_str()));
                if search.is_match(text.as_str()) && !is_spared() {
                    *text = search.replace_all(text, &covers);
                    *touched = true;
                }
            });
        }
    }

    /// Covers every text of observations that belong together.
    ///
    /// Some systems take names in any case, and their readers fold it: what one text tells as it is written, the key of its
    /// subject holds in capitals. So the values of all texts are covered in any case in all of them.
    pub(crate) fn cover_all(&self, observations: &mut [Observation], clean: &mut Clean) {
        clean.forget();
        let mut touched = vec![false; observations.len()];
        let by_value: Vec<bool> = observations.iter().map(is_called_by_its_value).collect();
        let shown = |text: &mut String, covers: &mut Covers| self.cover_shown(text, covers);
        self.cover_each(observations, &mut touched, (&mut clean.shown, shown));
        let known = |text: &mut String, covers: &mut Covers| self.cover_known(text, covers);
        self.cover_each(observations, &mut touched, (&mut clean.known, known));
        let told = observations.iter_mut().zip(by_value).zip(&touched).filter(|(_, touched)| **touched);
        for ((observation, by_value), _) in told {
            if let Observation::Finding(finding, _) = observation {
                if let Some(fingerprint) = finding.fingerprint.as_ref().filter(|_| by_value) {
                    finding.id = finding_id(&finding.rule_id, &fingerprint.0, &finding.place.path);
                    continue;
                }
                // The id was made of what stands there in truth. Who knew all but a weak password could try until it fits.
                let real = self.engine.key().fingerprint("finding", finding.id.as_bytes());
                finding.id = finding_id(&finding.rule_id, &real.0, &finding.place.path);
            }
        }
    }
}

/// The text with what covers each span in its place; what overlaps one before it is left.
fn replaced<'c>(
    text: &str,
    spans: impl IntoIterator<Item = (usize, usize, &'c str)>,
    covers: &mut Covers,
) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut told = 0;
    for (start, end, cover) in spans {
        let (start, end) = (text.floor_char_boundary(start), text.ceil_char_boundary(end));
        if start >= told {
            if end - start >= FOLDED_BYTES_MIN {
                covers.insert(text[start..end].to_ascii_lowercase(), cover.to_owned());
            }
            covered.push_str(&text[told..start]);
            covered.push_str(cover);
            told = end;
        }
    }
    covered.push_str(&text[told..]);
    covered
}

/// Whether the finding's id is made of its value and its path: it is made anew of the covered path, so that it is the same
/// wherever the path is told from.
fn is_called_by_its_value(observation: &Observation) -> bool {
    let Observation::Finding(finding, _) = observation else { return false };
    let made = |value: &Fingerprint| finding_id(&finding.rule_id, &value.0, &finding.place.path);
    finding.fingerprint.as_ref().is_some_and(|value| finding.id == made(value))
}

/// A mask, and enough of the fingerprint to tell it from others.
fn tagged(masked: &str, fingerprint: &Fingerprint) -> String {
    format!("{masked}~{}", &fingerprint.0[..TAG_DIGITS])
}

/// Whether a value is what this veil puts in its place.
fn is_covered(value: &[u8]) -> bool {
    let Some(tag) = value.len().checked_sub(TAG_DIGITS) else { return false };
    value[..tag].ends_with(b"****~") && value[tag..].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenure_model::FingerprintKey;

    use super::*;
    use crate::rules::RuleSet;

    /// Made once: a property asks it often.
    fn engine() -> &'static Engine {
        static ENGINE: std::sync::LazyLock<Engine> =
            std::sync::LazyLock::new(|| Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32])));
        &ENGINE
    }

    fn token(middle: &str) -> String {
        ["glpat", "-v8Jq2LzR0tYw", middle, "1kP7d"].concat()
    }

    #[test]
    fn two_names_that_differ_in_a_value_stay_two() {
        let veil = Veil::new(engine());
        let [one, other] =
            ["w5N", "x6M"].map(|middle| veil.covered(&format!("keys/{}/main.tf", token(middle))));
        assert!(one.starts_with("keys/glpa****~") && one.ends_with("/main.tf"), "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn every_value_of_a_text_is_covered_and_what_is_covered_stays() {
        let veil = Veil::new(engine());
        let text = format!("{} https://ops:{}@git.acme.test {}", token("w5N"), "Tr0ub4dor&3x", token("x6M"));
        let covered = veil.covered(&text);
        assert_eq!(covered.matches("****~").count(), 3, "{covered}");
        assert!(!covered.contains("Tr0ub4dor") && !covered.contains("v8Jq2"), "{covered}");
        assert_eq!(veil.covered(&covered), covered);
    }

    proptest! {
        #[test]
        fn a_name_around_a_token_never_shows_it(before in "[a-zé_/. =:-]{0,20}", after in "[a-zé_/. =:-]{0,20}") {
            let value = ["ghp_", "Qw8LzR0tYw5Nc1kP7dX3mB9vJ2sHgT", "1SupTL"].concat();
            let covered = Veil::new(engine()).covered(&format!("{before}{value}/{after}"));
            prop_assert!(!covered.contains("Qw8LzR0"), "{}", covered);
        }
    }
}
