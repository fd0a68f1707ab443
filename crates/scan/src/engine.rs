//! The detection engine: anchors in one pass, then bounded windows, then checks.
//!
//! What an anchor gives depends on nothing but the bytes in its window. That is what lets
//! [`delta`] inherit results through a pack's copy operations and still equal a full scan.

use std::sync::Arc;

use tenure_model::{Confidence, Fingerprint, FingerprintKey, Severity};

mod anchors;
mod basic;
pub mod checksum;
pub mod context;
pub(crate) mod delta;
mod encoded;
pub(crate) mod escapes;
pub mod generic;
mod glance;
mod judgement;
mod key_body;
mod language;
mod literal;
pub(crate) mod long_lists;
pub(crate) mod named;
pub(crate) mod records;
pub(crate) mod secret_data;
mod silence;
pub(crate) mod sql_rows;
pub mod surroundings;
pub(crate) mod table_rows;
mod template;
mod test_path;
pub mod trace;
mod typed;
pub mod utf16;
pub mod value;

use anchors::Anchors;
use encoded::Coding;
use generic::Wall;
pub(crate) use glance::has_run;
use glance::{FIGURED_REACH, has_figures};
use literal::{Literals, literals};
use records::Records;
pub use trace::Trace;

use crate::rules::RuleSet;

/// Changes whenever the engine may judge the same bytes differently: it is part of the result cache's key.
pub const ENGINE_VERSION: &str = "18";
/// Matches of one rule that one window may hold before the anchor's own; more is a storm, not a credential.
const MATCHES_PER_WINDOW_MAX: usize = 16;

/// Candidates that one scan gives; what lies beyond is more of the same.
const CANDIDATES_MAX: usize = 100_000;

/// Work of searching one byte for anchors, in nanoseconds of a machine from 2020.
const BYTE_WORK: u64 = 4;

/// Names of the groups that may hold the value, in the order in which they are asked.
pub(crate) const VALUE_GROUPS: [&str; 8] =
    ["secret", "secret_2", "secret_3", "secret_4", "secret_5", "secret_6", "secret_7", "secret_8"];

/// How many earlier candidates one candidate is compared with; they come in order of their start.
const OVERLAPS_MAX: usize = 8;

/// Who signs in where, as a connection string or URL says.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Login {
    /// Scheme without driver: `postgresql`, `https`, …
    pub scheme: String,
    /// Login name.
    pub user: Option<String>,
    /// Host name or address.
    pub host: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// Database or path.
    pub database: Option<String>,
}

impl Login {
    /// Whether the host is this machine, a container beside it, or a cluster that nobody has: everybody's, and so nobody's.
    fn is_anywhere(&self) -> bool {
        let host = self.host.as_deref().unwrap_or_default().to_ascii_lowercase();
        !host.contains('.')
            || ["127.", "0.0.0.0", "host.docker."].iter().any(|start| host.starts_with(start))
            || ["cluster.mongodb.net", "cluster0.mongodb.net"].contains(&host.as_str())
            || host.contains("xxxx")
            || self.is_documentation()
    }

    /// Whether the host is one that RFC 2606 sets aside for documents.
    fn is_documentation(&self) -> bool {
        let host = self.host.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is =
            |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        ["example.com", "example.org", "example.net", "example", "invalid"].into_iter().any(is)
    }
}

/// One value that was found, without the value.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Match {
    /// Rule.
    pub rule_id: String,
    /// What it is, in words.
    pub title: String,
    /// Key in `rules/credentials.toml`.
    pub credential: String,
    /// Provider word.
    pub provider: String,
    /// Severity in a live file.
    pub severity: Severity,
    /// Confidence.
    pub confidence: Confidence,
    /// Keyed fingerprint of the value.
    pub fingerprint: Fingerprint,
    /// Mask of the value.
    pub masked: String,
    /// Why we believe it, for and against.
    pub reasons: Vec<String>,
    /// Name that the value is assigned to, where there is one.
    pub name: Option<String>,
    /// Who signs in where.
    pub login: Option<Login>,
    /// Rules whose nearest match is the other half.
    pub pairs_with: Vec<String>,
    /// A public identifier.
    pub public: bool,
    /// Made by a vendor's rule, which beats a generic one on the same bytes.
    pub specific: bool,
    /// A vendor's own mark stands in it: its shape says whose it is, rather than the words around it.
    #[serde(default)]
    pub vouched: bool,
    /// Made by a rule of another program, which gives way to a vendor's rule on the same bytes.
    #[serde(default)]
    pub imported: bool,
    /// Only in paths that this rule speaks about.
    pub path_bound: bool,
    /// The value looks drawn at random: no dummy that somebody typed.
    pub drawn: bool,
    /// Where it counts at all.
    pub needs: Needs,
    /// By what the value is known again where it is a name; none when it reads like one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Trace>,
}

/// What a path must be for a match to count: the weaker the match by itself, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Needs {
    /// It counts anywhere.
    #[default]
    Nothing,
    /// Anywhere but among texts for people.
    NoTexts,
    /// Something that runs: no test, example, documentation, or code of others.
    LivePath,
    /// Something that runs, in a file that holds settings.
    Settings,
    /// Something that runs, in a file that holds settings one a line, as servers read them.
    Directives,
}

impl Needs {
    /// At least something that runs: a dummy says nothing in tests, examples and documents.
    fn or_live(self) -> Needs {
        match self {
            Needs::Nothing | Needs::NoTexts => Needs::LivePath,
            narrower => narrower,
        }
    }
}

impl Match {
    /// Which of two rules on the same bytes knows better what they are.
    pub(crate) fn standing(&self) -> u8 {
        match (self.specific, self.imported) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        }
    }
}

/// A match at its place in a blob.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The anchor that led here.
    pub anchor: Anchor,
    /// First byte of the value.
    pub start: u32,
    /// Byte after the value.
    pub end: u32,
    /// What was found.
    pub found: Arc<Match>,
}

/// An anchor in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// First byte.
    pub at: u32,
    /// Which literal.
    pub id: u16,
}

/// Rules, anchors and key, shared by all threads.
pub struct Engine {
    rules: RuleSet,
    key: FingerprintKey,
    anchors: Anchors,
    literals: Literals,
    records: Records,
    longest: u32,
    /// Most bytes of an anchor before a line end in it, and most bytes behind one.
    across_lines: (u32, u32),
    reach: (u32, u32),
    silence: silence::Silence,
    /// Bytes on which it stops, as if it had broken a promise.
    #[cfg(test)]
    pub(crate) stops_on: Option<&'static [u8]>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("literals", &self.literals.iter().count()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Prepares the search for all anchors of `rules`; regexes are compiled when an anchor first asks for one.
    pub fn new(rules: RuleSet, key: FingerprintKey) -> Engine {
        let (texts, literals) = literals(&rules);
        let longest = literals.iter().map(|l| l.len).max().unwrap_or(1);
        let across_lines = texts.across_lines();
        let reach = (
            literals.iter().map(|l| l.before).max().unwrap_or(0),
            literals.iter().map(|l| l.after).max().unwrap_or(0),
        );
        let records = Records::of(&rules);
        Engine {
            rules,
            key,
            anchors: Anchors::new(texts),
            literals,
            records,
            longest,
            across_lines,
            reach,
            silence: silence::Silence::new(),
            #[cfg(test)]
            stops_on: None,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The key of all fingerprints.
    pub fn key(&self) -> &FingerprintKey {
        &self.key
    }

    /// The largest window of any anchor: bytes before it, and bytes from its start on.
    pub fn reach(&self) -> (u32, u32) {
        self.reach
    }

    /// The window that decides what this anchor gives: (bytes before, bytes from its start on).
    pub fn window(&self, anchor: Anchor) -> (u32, u32) {
        let literal = self.literals.get(anchor.id);
        (literal.before, literal.after)
    }

    /// The part of `bytes[from..to]` in which [`Engine::keeps`] depends on nothing outside: anchors that begin at the
    /// first wall or later, and end at the second or earlier. There is none when they are the wrong way round.
    fn walled(bytes: &[u8], from: usize, to: usize) -> (Wall, Wall) {
        generic::walled(bytes, from, to)
    }

    /// How far an anchor that crosses the wall reaches, at most: bytes before it, and bytes behind it.
    fn crossing(&self, wall: Wall) -> (u32, u32) {
        if wall.line { self.across_lines } else { (self.longest - 1, self.longest - 1) }
    }

    /// Length of this anchor, bytes.
    pub(crate) fn length(&self, anchor: Anchor) -> u32 {
        self.literals.get(anchor.id).len
    }

    /// Whether the anchor can give anything, as far as the bytes around it tell. Nearly all context words
    /// stand in text that assigns nothing; they are forgotten here.
    pub fn keeps(&self, bytes: &[u8], anchor: Anchor) -> bool {
        let literal = self.literals.get(anchor.id);
        !self.literals.rules(literal).is_empty()
            || generic::is_promising(bytes, anchor.at as usize, literal.len as usize)
    }

    /// Every anchor that lies wholly in `bytes[from..to]`, each once, in no promised order.
    pub fn anchors(&self, bytes: &[u8], from: usize, to: usize, mut each: impl FnMut(Anchor)) {
        #[cfg(test)]
        if let Some(fault) = self.stops_on {
            assert!(memchr::memmem::find(bytes, fault).is_none(), "these bytes stop a search");
        }
        self.anchors.find(bytes, from, to, |at, id| {
            #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
            each(Anchor { at: at as u32, id });
        });
    }

    /// What this anchor, which [`Engine::keeps`], gives; decided by the bytes of its window alone.
    pub fn evaluate(&self, bytes: &[u8], anchor: Anchor, out: &mut Vec<Candidate>) {
        let literal = self.literals.get(anchor.id);
        if let Some(coding) = literal.coding {
            return self.evaluate_encoded(bytes, anchor, coding, out);
        }
        for &index in self.literals.rules(literal) {
            if self.may_stand(bytes, anchor, usize::from(index)) {
                self.evaluate_rule(bytes, anchor, literal.len, usize::from(index), out);
            }
        }
        if literal.generic {
            generic::evaluate(
                self,
                bytes,
                (anchor, literal.len),
                self.literals.rules(literal).is_empty(),
                out,
            );
        }
    }

    /// Whether what is known of the rule's values can stand around the anchor: most words stand in text without any.
    fn may_stand(&self, bytes: &[u8], anchor: Anchor, index: usize) -> bool {
        let spec = &self.rules.rules()[index].spec;
        spec.figures.is_none_or(|reach| has_figures(bytes, anchor.at, reach))
            && (spec.known.run == 0 || has_run(bytes, anchor.at, (spec.before, spec.after), &spec.known))
    }

    /// What the rules of an encoded anchor find in the text around it, once it is decoded.
    fn evaluate_encoded(&self, bytes: &[u8], anchor: Anchor, coding: Coding, out: &mut Vec<Candidate>) {
        let literal = self.literals.get(anchor.id);
        let low = anchor.at.saturating_sub(literal.before) as usize;
        let high = bytes.len().min((anchor.at + literal.after) as usize);
        let decoded = encoded::decode(bytes, anchor.at as usize, coding, low, high);
        #[allow(clippy::cast_possible_truncation)] // a window is short
        let inner = Anchor { at: decoded.anchor as u32, id: anchor.id };
        let first = out.len();
        for &index in self.literals.rules(literal) {
            self.evaluate_rule(&decoded.text, inner, 1, usize::from(index), out);
        }
        for candidate in &mut out[first..] {
            candidate.anchor = anchor;
            (candidate.start, candidate.end) =
                decoded.origin(candidate.start as usize, candidate.end as usize);
            if let Some(found) = Arc::get_mut(&mut candidate.found) {
                found.reasons.push(format!("written in {}", coding.words()));
            }
        }
    }

    /// Whether the rule of this id speaks about this path.
    pub fn rule_applies(&self, rule_id: &str, path: &str) -> bool {
        self.rules
            .rules()
            .iter()
            .find(|rule| rule.spec.id == rule_id)
            .is_none_or(|rule| rule.applies_to(path))
    }

    /// Whether the rule at this index speaks about this path.
    pub(crate) fn speaks_about(&self, index: u16, path: &str) -> bool {
        self.rules.rules().get(usize::from(index)).is_some_and(|rule| rule.applies_to(path))
    }

    /// A full scan of `bytes`, every window judged: the reference that the delta scan must equal.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Candidate> {
        let mut unlimited = u64::MAX;
        self.search(bytes, &mut unlimited, Engine::evaluate)
    }

    /// A full scan that takes its work off `work`; when nothing is left, further anchors are not judged.
    /// Windows that gave nothing before are not judged again.
    pub fn scan_within(&self, bytes: &[u8], work: &mut u64) -> Vec<Candidate> {
        self.search(bytes, work, Engine::evaluate_new)
    }

    fn search(
        &self,
        bytes: &[u8],
        work: &mut u64,
        judge: impl Fn(&Engine, &[u8], Anchor, &mut Vec<Candidate>),
    ) -> Vec<Candidate> {
        let mut out = Vec::new();
        *work = work.saturating_sub(BYTE_WORK * bytes.len() as u64);
        self.anchors(bytes, 0, bytes.len(), |anchor| {
            if *work > 0 && out.len() < CANDIDATES_MAX && self.keeps(bytes, anchor) {
                *work = work.saturating_sub(self.literals.get(anchor.id).work);
                judge(self, bytes, anchor, &mut out);
            }
        });
        settle(&mut out);
        out
    }

    /// Whether the rule at `index` finds something in `text`.
    pub(crate) fn matches_rule(&self, text: &[u8], index: usize) -> bool {
        let mut out = Vec::new();
        if let Some(reads) = self.rules.rules()[index].spec.reads {
            records::evaluate(self, text, index, reads, &mut out);
            return !out.is_empty();
        }
        self.anchors(text, 0, text.len(), |anchor| {
            let literal = self.literals.get(anchor.id);
            let is_its = literal.coding.is_none()
                && self.literals.rules(literal).iter().any(|&rule| usize::from(rule) == index);
            if is_its && self.may_stand(text, anchor, index) {
                self.evaluate_rule(text, anchor, literal.len, index, &mut out);
            }
        });
        !out.is_empty()
    }

    fn evaluate_rule(&self, bytes: &[u8], anchor: Anchor, len: u32, index: usize, out: &mut Vec<Candidate>) {
        let rule = &self.rules.rules()[index];
        let at = anchor.at as usize;
        let low = at.saturating_sub(rule.spec.before as usize + 1);
        // One byte more on both sides, so that `\b` sees what is really there.
        let high = bytes.len().min(at + rule.spec.after as usize + 1);
        let window = &bytes[low..high];
        let anchored = (at - low, at - low + len as usize);
        if !rule.may_match(window) {
            return;
        }
        for caught in rule.pattern().captures_iter(window).take(MATCHES_PER_WINDOW_MAX) {
            let whole = caught.get(0).expect("group 0 always takes part");
            if rule.spec.near {
                // What the window's edge cuts may be longer than it looks here.
                let cut =
                    (whole.start() == 0 && low > 0) || (whole.end() == window.len() && high < bytes.len());
                if cut {
                    continue;
                }
            } else if whole.start() > anchored.0 {
                break;
            } else if whole.end() < anchored.1 {
                continue;
            }
            let value = value_of(&caught);
            if rule
                .spec
                .figures
                .is_some_and(|reach| value.start() > anchored.0 + (reach + FIGURED_REACH) as usize)
            {
                break;
            }
            let excepted = template::cuts(window, value.start(), value.end())
                || value.as_bytes().starts_with(b"-----BEGIN")
                    && key_body::is_cut(value.as_bytes(), &window[value.end()..])
                || rule.rejects_lines(bytes, low + whole.start(), low + whole.end());
            if !excepted && let Some(mut found) = self.judge(rule, value.as_bytes(), &caught) {
                if let Some(user) = rule.companion(bytes, low + whole.start(), low + whole.end()) {
                    found.login.get_or_insert_default().user = Some(user);
                }
                #[allow(clippy::cast_possible_truncation)]
                out.push(Candidate {
                    anchor,
                    start: (low + value.start()) as u32,
                    end: (low + value.end()) as u32,
                    found: Arc::new(found),
                });
            }
            if !rule.spec.near {
                break;
            }
        }
    }
}

/// Puts candidates in order of place and drops what another one on the same bytes beats.
///
/// A vendor's rule beats a generic one that overlaps it; the longer of two equals wins; the first of two same.
/// A rule bound to paths beats nothing and is beaten by nothing yet: the path is known only later.
pub fn settle(candidates: &mut Vec<Candidate>) {
    let rank = |c: &Candidate| {
        (
            c.start,
            std::cmp::Reverse(c.found.standing()),
            std::cmp::Reverse(c.found.confidence),
            std::cmp::Reverse(c.end),
        )
    };
    candidates.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.found.rule_id.cmp(&b.found.rule_id)));
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates.drain(..) {
        let near = kept.len().saturating_sub(OVERLAPS_MAX);
        let beaten = kept[near..].iter().any(|other| {
            let usurps = other.found.imported && candidate.found.standing() > other.found.standing();
            rivals(&candidate, other)
                && (other.found.rule_id == candidate.found.rule_id
                    || (other.found.confidence >= candidate.found.confidence && !usurps)
                    || other.found.standing() > candidate.found.standing())
        });
        if beaten {
            continue;
        }
        for index in (near..kept.len()).rev() {
            let other = &kept[index];
            let stronger = (candidate.found.standing(), candidate.found.confidence)
                > (other.found.standing(), other.found.confidence);
            if rivals(&candidate, other) && stronger {
                kept.remove(index);
            }
        }
        kept.push(candidate);
    }
    *candidates = kept;
}

/// Whether two candidates claim the same bytes on the same footing: of two that are bound to paths, only one may speak
/// about the path, which is not known yet.
fn rivals(a: &Candidate, b: &Candidate) -> bool {
    let bound = a.found.path_bound && b.found.path_bound && a.found.rule_id != b.found.rule_id;
    a.start < b.end && b.start < a.end && a.found.path_bound == b.found.path_bound && !bound
}

/// The value in a match: the first of its value groups that took part and holds something, or all of it.
fn value_of<'t>(caught: &regex::bytes::Captures<'t>) -> regex::bytes::Match<'t> {
    VALUE_GROUPS
        .iter()
        .find_map(|name| caught.name(name).filter(|group| !group.is_empty()))
        .or_else(|| caught.name(VALUE_GROUPS[0]))
        .unwrap_or_else(|| caught.get(0).expect("group 0 always takes part"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_signs_in_as_its_own_user_names_nobody() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let user = |user: &str| {
            let text = format!("url = mysql://{user}:Tr0ub4dor&3x@db.acme.test/shop\n");
            let found = engine.scan(text.as_bytes());
            let login = found.iter().find_map(|candidate| candidate.found.login.clone()).expect("a login");
            assert_eq!(login.host.as_deref(), Some("db.acme.test"));
            login.user
        };
        assert_eq!(user("shop_app").as_deref(), Some("shop_app"));
        assert_eq!(user(&["glpat", "-v8Jq2LzR0tYw5Nc1kP7d"].concat()), None);
    }

    #[test]
    fn a_storm_of_anchors_ends_with_the_work_that_is_allowed() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let storm = "password = \"v8Jq2LzR0tYw5Nc1\"\n".repeat(2_000);
        let mut plenty = u64::MAX;
        let all = engine.scan_within(storm.as_bytes(), &mut plenty).len();
        assert_eq!(all, 2_000);
        let needed = u64::MAX - plenty;
        let mut scarce = needed / 2;
        let some = engine.scan_within(storm.as_bytes(), &mut scarce).len();
        assert_eq!(scarce, 0);
        assert!((500..1_500).contains(&some), "{some}");
    }

    #[test]
    fn the_public_half_that_stands_beside_a_secret_names_who_signs_in() {
        let engine = Engine::new(RuleSet::embedded(), FingerprintKey::new([3; 32]));
        let secret = ["Zq48", "Q~vT7mKp2LxRc9WnB4yHs6JdF1gE0uA3oXbi"].concat();
        let (id, other) = ("9a7c5e13-2b4d-4f6a-8e1c-7d3b5f9a2c64", "3f2b8c1e-7d4a-4b9e-9c55-0a1e6d2f7b83");
        let user = |text: &str| {
            let found = engine.scan(text.as_bytes());
            let hit = found.iter().find(|c| c.found.rule_id == "entra-client-secret").expect("it is found");
            hit.found.login.as_ref().and_then(|login| login.user.clone())
        };
        let env = format!("AZURE_TENANT_ID={other}\nAZURE_CLIENT_ID={id}\nAZURE_CLIENT_SECRET={secret}\n");
        assert_eq!(user(&env).as_deref(), Some(id));
        let json = format!("{{\"appId\": \"{id}\", \"password\": \"{secret}\", \"tenant\": \"{other}\"}}");
        assert_eq!(user(&json).as_deref(), Some(id));
        assert_eq!(user(&format!("secret={secret}\n{}\nclient_id={id}\n", "x".repeat(600))), None);
    }
}
