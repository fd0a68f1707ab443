//! Hits: matches of one blob with their lines, ready to be attributed, cached and reported.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use tenure_model::{Confidence, Fingerprint, Severity};

use crate::container::{MemberGap, containers_around, member_path};
use crate::engine::context::PathClass;
use crate::engine::surroundings::Surroundings;
use crate::engine::{Candidate, Engine, Match, Needs};

/// Most hits kept of one blob; the rest is counted and said.
pub const HITS_PER_BLOB_MAX: usize = 2_000;
/// Most hits kept of all members of one container; the rest is counted and said.
pub const HITS_PER_CONTAINER_MAX: usize = 20_000;
/// Lines between the two halves of one credential.
const PAIR_LINES_MAX: u32 = 10;

/// A match at its lines. Serialises into the result cache: no value is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// What was found.
    pub found: Match,
    /// First line of the value, from 1.
    pub start_line: u32,
    /// Last line of the value, from 1.
    pub end_line: u32,
    /// First byte of the value in its line, from 1.
    pub start_column: u32,
    /// Byte after the value in its last line, from 1.
    pub end_column: u32,
    /// Where in its file the value stands.
    #[serde(default)]
    pub surroundings: Surroundings,
    /// Index of the other half of the credential among the same blob's hits.
    pub pair: Option<usize>,
    /// Label of the member that it is in, when the blob is a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

impl Hit {
    /// Where it is, for a blob that is called `path`.
    pub fn path_in<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match &self.member {
            Some(member) => Cow::Owned(member_path(path, member)),
            None => Cow::Borrowed(path),
        }
    }

    /// Whether it counts at all in a blob that is called `path`.
    pub(crate) fn counts_at(&self, path: &str) -> bool {
        let apart = self.surroundings != Surroundings::Plain
            && !matches!(self.found.needs, Needs::Nothing | Needs::NoTexts);
        // What is but a hint where it is live says nothing in a file that a program wrote.
        let hint = self.found.severity <= Severity::Low && self.found.confidence == Confidence::Low;
        let generated = hint
            && (PathClass::of(path) == PathClass::Generated || self.surroundings == Surroundings::Packed);
        !apart && !generated && PathClass::suffices(self.found.needs, path)
    }

    /// What kind of place it stands at in a blob that is called `path`.
    pub(crate) fn class_at(&self, path: &str) -> PathClass {
        // What a vendor's shape gives away, or what was drawn, opens the same door from a bundle as from its sources.
        let packed = self.surroundings == Surroundings::Packed && !self.found.specific && !self.found.drawn;
        match PathClass::of(path) {
            PathClass::Live if packed => PathClass::Generated,
            PathClass::Live => self.surroundings.class(),
            class => class,
        }
    }

    /// Whether two hits of one blob are of the same bytes.
    pub(crate) fn spans(&self, other: &Hit) -> bool {
        let place = |hit: &Hit| (hit.start_line, hit.start_column, hit.end_line, hit.end_column);
        self.member == other.member && place(self) == place(other)
    }

    /// Whether two hits of one blob share a byte.
    pub fn overlaps(&self, other: &Hit) -> bool {
        self.member == other.member
            && (self.start_line, self.start_column) < (other.end_line, other.end_column)
            && (other.start_line, other.start_column) < (self.end_line, self.end_column)
    }
}

/// A rule for files of certain paths that would read this blob as records, if it had such a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Index of the rule in its set.
    pub rule: u16,
    /// Label of the member that would be read, when the blob is a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// The hits of one blob.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    /// In order of place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    /// Hits beyond [`HITS_PER_BLOB_MAX`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
    /// Rules that were not asked yet, because the path was not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// What was not read of a container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<MemberGap>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Counts lines while moving forward through a text.
#[derive(Debug)]
pub struct LineCounter {
    line: u32,
    /// Offset of the line's first byte.
    line_start: usize,
    at: usize,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self { line: 1, line_start: 0, at: 0 }
    }
}

impl LineCounter {
    /// Line and column, both from 1, of the byte at `offset`; offsets may only grow. A lone CR ends a line, too.
    fn place(&mut self, bytes: &[u8], offset: usize) -> (u32, u32) {
        for end in memchr::memchr2_iter(b'\n', b'\r', &bytes[self.at..offset]) {
            let end = self.at + end;
            if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') {
                continue;
            }
            self.line += 1;
            self.line_start = end + 1;
        }
        self.at = offset;
        (self.line, u32::try_from(offset - self.line_start).unwrap_or(u32::MAX).saturating_add(1))
    }
}

impl Hits {
    /// Gives the settled `candidates` of a blob their lines, and joins the halves of credentials.
    pub fn locate(bytes: &[u8], candidates: Vec<Candidate>) -> Hits {
        let dropped = candidates.len().saturating_sub(HITS_PER_BLOB_MAX) as u64;
        let mut counter = LineCounter::default();
        let mut hits: Vec<Hit> = Vec::with_capacity(candidates.len().min(HITS_PER_BLOB_MAX));
        for candidate in candidates.into_iter().take(HITS_PER_BLOB_MAX) {
            let (start_line, start_column) = counter.place(bytes, candidate.start as usize);
            let value = &bytes[candidate.start as usize..candidate.end as usize];
            let mut inside = LineCounter::default();
            let (lines, column) = inside.place(value, value.len());
            let end_column = if lines == 1 { start_column + column - 1 } else { column };
            hits.push(Hit {
                found: (*candidate.found).clone(),
                start_line,
                end_line: start_line + lines - 1,
                start_column,
                end_column,
                surroundings: Surroundings::of(bytes, candidate.start as usize),
                pair: None,
                member: None,
            });
        }
        let mut located = Hits { hits, dropped, ..Hits::default() };
        located.join_pairs();
        located
    }

    /// Of a blob on which the search stopped.
    pub(crate) fn of_failed_search() -> Hits {
        Hits { gaps: vec![MemberGap::search_failed()], ..Hits::default() }
    }

    /// Moves every hit down by `lines`: for a window that begins there.
    pub fn shift_lines(&mut self, lines: u32) {
        for hit in &mut self.hits {
            hit.start_line += lines;
            hit.end_line += lines;
        }
    }

    /// Whether there is nothing to report, whatever the path.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.gaps.is_empty() && self.dropped == 0 && self.asked.is_empty()
    }

    /// Whether a rule that was not asked yet speaks about a blob that is called `path`.
    pub(crate) fn asks_at(&self, engine: &Engine, path: &str) -> bool {
        self.asked.iter().any(|asked| match &asked.member {
            Some(member) => engine.speaks_about(asked.rule, &member_path(path, member)),
            None => engine.speaks_about(asked.rule, path),
        })
    }

    /// Leaves out public identifiers that are not half of a credential.
    pub fn keep_secrets(&mut self) {
        let paired: HashSet<usize> = self.hits.iter().filter_map(|hit| hit.pair).collect();
        self.keep(|index, hit| !hit.found.public || paired.contains(&index));
    }

    /// Keeps some hits; the halves of credentials stay joined when both are kept.
    fn keep(&mut self, keeps: impl Fn(usize, &Hit) -> bool) {
        let kept: Vec<bool> = self.hits.iter().enumerate().map(|(index, hit)| keeps(index, hit)).collect();
        if kept.iter().all(|&keep| keep) {
            return;
        }
        let moved: Vec<Option<usize>> = kept
            .iter()
            .scan(0, |next, &keep| {
                let here = keep.then_some(*next);
                *next += usize::from(keep);
                Some(here)
            })
            .collect();
        let mut keep = kept.iter();
        self.hits.retain(|_| *keep.next().expect("one flag a hit"));
        for hit in &mut self.hits {
            hit.pair = hit.pair.and_then(|pair| moved[pair]);
        }
    }

    /// Adds the hits of a member of the container that these hits are collected of.
    pub fn add_member(&mut self, member: &str, mut more: Hits) {
        let offset = self.hits.len();
        let room = HITS_PER_CONTAINER_MAX.saturating_sub(offset);
        self.dropped += more.dropped + more.hits.len().saturating_sub(room) as u64;
        more.hits.truncate(room);
        let room = HITS_PER_CONTAINER_MAX.saturating_sub(self.asked.len());
        self.dropped += more.asked.len().saturating_sub(room) as u64;
        let asked = more.asked.iter().take(room);
        self.asked.extend(asked.map(|asked| Asked { member: Some(member.to_owned()), ..*asked }));
        self.gaps.extend(more.gaps.drain(..).map(|gap| MemberGap { member: Some(member.to_owned()), ..gap }));
        let kept = more.hits.len();
        for hit in &mut more.hits {
            hit.member = Some(member.to_owned());
            hit.pair = hit.pair.filter(|&pair| pair < kept).map(|pair| pair + offset);
        }
        self.hits.append(&mut more.hits);
    }

    /// Leaves out what a container's own bytes show when a member of it shows the same: it is told at the member.
    pub fn tell_at_members(&mut self) {
        let mut told: HashSet<(String, String, Fingerprint)> = HashSet::new();
        for hit in &self.hits {
            for around in hit.member.iter().flat_map(|member| containers_around(member)) {
                told.insert((around.to_owned(), hit.found.rule_id.clone(), hit.found.fingerprint.clone()));
            }
        }
        if !told.is_empty() {
            self.keep(|_, hit| {
                let member = hit.member.clone().unwrap_or_default();
                !told.contains(&(member, hit.found.rule_id.clone(), hit.found.fingerprint.clone()))
            });
        }
    }

    /// Adds what the members of this blob hold. A value that a member shows is told there, not in the container's
    /// own bytes.
    pub fn open(&mut self, members: Hits) {
        let value = |hit: &Hit| (hit.found.rule_id.clone(), hit.found.fingerprint.clone());
        let told: HashSet<_> = members.hits.iter().map(value).collect();
        if !self.hits.is_empty() {
            self.keep(|_, hit| !told.contains(&value(hit)));
        }
        let offset = self.hits.len();
        self.dropped += members.dropped;
        self.gaps.extend(members.gaps);
        self.asked.extend(members.asked);
        self.hits.extend(members.hits.into_iter().map(|mut hit| {
            hit.pair = hit.pair.map(|pair| pair + offset);
            hit
        }));
    }

    /// Adds the hits of a window that overlaps the last one, leaving out those already there.
    pub fn extend_new(&mut self, more: Hits) {
        let offset = self.hits.len();
        let mut moved = vec![None; more.hits.len()];
        let mut fresh = Vec::new();
        for (index, hit) in more.hits.into_iter().enumerate() {
            let twin = self.hits[..offset].iter().rposition(|old| {
                old.start_line == hit.start_line
                    && old.found.rule_id == hit.found.rule_id
                    && old.found.fingerprint == hit.found.fingerprint
            });
            moved[index] = Some(twin.unwrap_or(offset + fresh.len()));
            if twin.is_none() {
                fresh.push(hit);
            }
        }
        for hit in &mut fresh {
            hit.pair = hit.pair.and_then(|pair| moved.get(pair).copied().flatten());
        }
        let gaps = more.gaps.into_iter().filter(|gap| !self.gaps.contains(gap)).collect::<Vec<_>>();
        self.gaps.extend(gaps);
        let room = HITS_PER_BLOB_MAX.saturating_sub(offset);
        self.dropped += more.dropped + fresh.len().saturating_sub(room) as u64;
        self.hits.extend(fresh.into_iter().take(room));
        let kept = self.hits.len();
        for hit in &mut self.hits {
            hit.pair = hit.pair.filter(|&pair| pair < kept);
        }
    }

    /// Joins each hit with the nearest other half of its credential, the first of equally near ones.
    fn join_pairs(&mut self) {
        if self.hits.iter().all(|hit| hit.found.pairs_with.is_empty()) {
            return;
        }
        let mut by_rule: HashMap<&str, Vec<(u32, usize)>> = HashMap::new();
        for (index, hit) in self.hits.iter().enumerate() {
            by_rule.entry(&hit.found.rule_id).or_default().push((hit.start_line, index));
        }
        let nearest = |hit: &Hit, rule: &String| {
            let others = by_rule.get(rule.as_str())?;
            let after = others.partition_point(|&(line, _)| line < hit.start_line);
            let before = after.checked_sub(1).map(|last| {
                let line = others[last].0;
                others[others.partition_point(|&(other, _)| other < line)]
            });
            let near = [before, others.get(after).copied()].into_iter().flatten();
            near.map(|(line, index)| (line.abs_diff(hit.start_line), index)).min()
        };
        let pairs: Vec<Option<usize>> = self
            .hits
            .iter()
            .map(|hit| {
                let all = hit.found.pairs_with.iter().filter_map(|rule| nearest(hit, rule));
                all.min().filter(|&(distance, _)| distance <= PAIR_LINES_MAX).map(|(_, index)| index)
            })
            .collect();
        for (hit, pair) in self.hits.iter_mut().zip(pairs) {
            hit.pair = pair;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf_cr_and_crlf() {
        let text = b"a\r\nb\rc\nd";
        let mut counter = LineCounter::default();
        assert_eq!(counter.place(text, 0), (1, 1));
        assert_eq!(counter.place(text, 3), (2, 1));
        assert_eq!(counter.place(text, 5), (3, 1));
        assert_eq!(counter.place(text, 7), (4, 1));
    }

    /// A hit of this rule and value; `pair` is the index of its other half.
    fn hit(rule: &str, value: &str, line: u32, pair: Option<usize>) -> Hit {
        Hit {
            found: Match {
                rule_id: rule.to_owned(),
                title: String::new(),
                credential: String::new(),
                provider: String::new(),
                severity: tenure_model::Severity::High,
                confidence: tenure_model::Confidence::High,
                fingerprint: Fingerprint(value.to_owned()),
                masked: String::new(),
                reasons: Vec::new(),
                name: None,
                login: None,
                pairs_with: if rule == "secret" { vec!["id".to_owned()] } else { Vec::new() },
                public: rule == "id",
                specific: true,
                vouched: true,
                imported: false,
                path_bound: false,
                drawn: false,
                needs: crate::engine::Needs::Nothing,
                traces: Vec::new(),
            },
            start_line: line,
            end_line: line,
            start_column: 1,
            end_column: 2,
            surroundings: Surroundings::Plain,
            pair,
            member: None,
        }
    }

    fn hits(hits: Vec<Hit>) -> Hits {
        Hits { hits, ..Hits::default() }
    }

    /// Member, rule and pair of each hit.
    fn told(hits: &Hits) -> Vec<(Option<&str>, &str, Option<usize>)> {
        hits.hits.iter().map(|hit| (hit.member.as_deref(), hit.found.rule_id.as_str(), hit.pair)).collect()
    }

    #[test]
    fn the_nearest_other_half_is_joined_and_a_far_one_is_not() {
        let mut all = hits(vec![
            hit("id", "a", 1, None),
            hit("secret", "s", 4, None),
            hit("id", "b", 6, None),
            hit("id", "c", 6, None),
            hit("secret", "t", 17, None),
            hit("secret", "u", 3, None),
        ]);
        all.hits.sort_by_key(|hit| hit.start_line);
        all.join_pairs();
        let pairs: Vec<_> =
            all.hits.iter().filter(|hit| !hit.found.public).map(|hit| (hit.start_line, hit.pair)).collect();
        assert_eq!(pairs, [(3, Some(0)), (4, Some(3)), (17, None)]);
    }

    #[test]
    fn halves_stay_joined_when_members_are_added_and_a_containers_own_hits_go() {
        let mut members = Hits::default();
        members.add_member("a.zip", hits(vec![hit("token", "x", 1, None)]));
        members.add_member("a.zip!/b", hits(vec![hit("id", "i", 1, None), hit("secret", "s", 2, Some(0))]));
        members.add_member("a.zip!/c", hits(vec![hit("token", "x", 9, None)]));
        members.tell_at_members();
        assert_eq!(
            told(&members),
            [
                (Some("a.zip!/b"), "id", None),
                (Some("a.zip!/b"), "secret", Some(0)),
                (Some("a.zip!/c"), "token", None)
            ]
        );
        let mut all = hits(vec![hit("token", "x", 1, None), hit("token", "only outside", 2, None)]);
        all.open(members);
        assert_eq!(
            told(&all),
            [
                (None, "token", None),
                (Some("a.zip!/b"), "id", None),
                (Some("a.zip!/b"), "secret", Some(1)),
                (Some("a.zip!/c"), "token", None)
            ]
        );
        all.keep_secrets();
        assert_eq!(all.hits.len(), 4, "an id that is half of a credential stays");
    }

    #[test]
    fn members_survive_the_cache() {
        let mut all = Hits::default();
        all.add_member("a/b.env", hits(vec![hit("token", "x", 1, None)]));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Hits>(&text).unwrap(), all);
        assert_eq!(all.hits[0].path_in("lib/x.zip"), "lib/x.zip!/a/b.env");
    }

    #[test]
    fn more_hits_than_a_container_may_have_are_counted() {
        let mut all = Hits::default();
        for _ in 0..=HITS_PER_CONTAINER_MAX / 1_000 {
            all.add_member("m", hits((0..1_000).map(|n| hit("token", &n.to_string(), n, None)).collect()));
        }
        assert_eq!((all.hits.len(), all.dropped), (HITS_PER_CONTAINER_MAX, 1_000));
    }
}
