//! All commits and annotated tags, reachable or not.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tenure_model::{Introduction, ReadState, Timestamp, Unread};

use super::delta::Op;
use super::names::Names;
use super::objects::Objects;
use super::oid::{ObjectKind, Oid};
use super::walk::Visitor;

/// An object that a commit or tag names, but that is not here.
pub(crate) const ABSENT: u32 = u32::MAX;

/// Who made something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    /// `Name <mail>`, as a number in `Commits::people`.
    pub(crate) who: u32,
    /// Seconds since 1970.
    pub(crate) at: i64,
}

/// What history needs of a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    /// Its object.
    pub(crate) n: u32,
    /// Its tree's object, or `ABSENT`.
    pub(crate) tree: u32,
    /// Author and author time.
    pub(crate) author: Signature,
    /// Seconds since 1970 when it was committed.
    pub(crate) committed_at: i64,
    first_parent: u32,
    parents: u32,
}

/// An annotated tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    /// Its object.
    pub(crate) n: u32,
    /// What it tags, or `ABSENT`.
    pub(crate) target: u32,
    /// Tagger and time.
    pub(crate) tagger: Signature,
}

/// Commits and tags in the order of their ids.
#[derive(Default)]
pub(crate) struct Commits {
    list: Vec<Commit>,
    /// Parents as numbers of commits, or `ABSENT`.
    parents: Vec<u32>,
    tags: Vec<Tag>,
    /// `Name <mail>` of everybody, as the commits say.
    pub(crate) people: Names,
}

impl Commits {
    /// Reads all commits and annotated tags, and shows the whole text of each to `visit`.
    pub(crate) fn read(
        objects: &Objects,
        visit: &(dyn Fn(&Oid, ObjectKind, &[u8]) + Sync),
        cancel: &AtomicBool,
        unread: &Mutex<Vec<Unread>>,
    ) -> Self {
        let is_message = |n| matches!(objects.kind(n), Some(ObjectKind::Commit | ObjectKind::Tag));
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        let reader = Reader { objects, visit, parts: Mutex::new(Vec::new()) };
        let walked = objects.walk(&reader, (0..count).map(is_message).collect(), cancel);
        objects.report_losses(&walked.lost, unread);
        let parts = reader.parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let malformed: u64 = parts.iter().map(|part| part.malformed).sum();
        if malformed > 0 {
            let detail =
                format!("{malformed} commits or tags are not in git's form; their text was read as it is");
            let row = objects.row("objects", ReadState::Partial, "object_malformed", detail);
            unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(row);
        }
        Self::merge(parts)
    }

    fn merge(parts: Vec<Part>) -> Self {
        let mut commits = Self::default();
        for part in parts {
            let people = commits.people.take_in(&part.people);
            let first = u32::try_from(commits.parents.len()).expect("fewer parents than objects");
            commits.parents.extend_from_slice(&part.parents);
            commits.list.extend(part.list.into_iter().map(|mut commit| {
                commit.author.who = people[commit.author.who as usize];
                commit.first_parent += first;
                commit
            }));
            commits.tags.extend(part.tags.into_iter().map(|mut tag| {
                tag.tagger.who = people[tag.tagger.who as usize];
                tag
            }));
        }
        commits.list.sort_unstable_by_key(|commit| commit.n);
        commits.tags.sort_unstable_by_key(|tag| tag.n);
        let mut parents = std::mem::take(&mut commits.parents);
        for parent in &mut parents {
            *parent = commits.find(*parent).unwrap_or(ABSENT);
        }
        commits.parents = parents;
        commits
    }

    /// How many commits there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// A commit by its number.
    pub(crate) fn get(&self, commit: u32) -> &Commit {
        &self.list[commit as usize]
    }

    /// All commits with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Commit)> {
        (0u32..).zip(&self.list)
    }

    /// The number of the commit that is object `n`.
    pub(crate) fn find(&self, n: u32) -> Option<u32> {
        let at = self.list.binary_search_by_key(&n, |commit| commit.n).ok()?;
        u32::try_from(at).ok()
    }

    /// The tag that is object `n`.
    pub(crate) fn tag(&self, n: u32) -> Option<&Tag> {
        self.tags.binary_search_by_key(&n, |tag| tag.n).ok().map(|at| &self.tags[at])
    }

    /// Parents of a commit, as numbers of commits; `ABSENT` for those that are not here.
    pub(crate) fn parents(&self, commit: u32) -> &[u32] {
        let commit = self.get(commit);
        &self.parents[commit.first_parent as usize..][..commit.parents as usize]
    }

    /// What a tag leads to in the end, through tags of tags.
    pub(crate) fn peel(&self, n: u32) -> u32 {
        let mut at = n;
        // Tags cannot form a circle unless ids lie; the number of tags bounds the walk then.
        for _ in 0..=self.tags.len() {
            match self.tag(at) {
                Some(tag) => at = tag.target,
                None => return at,
            }
        }
        ABSENT
    }

    /// The commit or tag as the one that brought something in.
    pub(crate) fn introduction(&self, oid: &Oid, signature: Signature) -> Introduction {
        Introduction {
            commit: oid.to_string(),
            author: String::from_utf8_lossy(self.people.name(signature.who)).into_owned(),
            committed_at: timestamp(signature.at),
        }
    }
}

/// Seconds since 1970 as an instant; a time that no calendar has becomes the nearest one that it has.
pub(crate) fn timestamp(seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

struct Reader<'a> {
    objects: &'a Objects,
    visit: &'a (dyn Fn(&Oid, ObjectKind, &[u8]) + Sync),
    parts: Mutex<Vec<Part>>,
}

/// One thread's commits. Parents are objects until all commits are known.
#[derive(Default)]
struct Part {
    list: Vec<Commit>,
    parents: Vec<u32>,
    tags: Vec<Tag>,
    people: Names,
    malformed: u64,
}

impl Visitor for Reader<'_> {
    type Local = Part;
    type State = ();
    fn begin(&self) -> Part {
        Part::default()
    }
    fn whole(&self, part: &mut Part, n: u32, bytes: &[u8], wanted: bool) {
        self.object(part, n, bytes, wanted);
    }
    fn delta(&self, part: &mut Part, n: u32, (): &(), bytes: &[u8], _: &[Op], wanted: bool) {
        self.object(part, n, bytes, wanted);
    }
    fn end(&self, part: Part) {
        self.parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(part);
    }
}

impl Reader<'_> {
    fn object(&self, part: &mut Part, n: u32, bytes: &[u8], wanted: bool) {
        let Some(kind) = self.objects.kind(n).filter(|_| wanted) else { return };
        (self.visit)(self.objects.oid(n), kind, bytes);
        let well_formed = match kind {
            ObjectKind::Commit => self.commit(part, n, bytes),
            _ => self.tag(part, n, bytes),
        };
        part.malformed += u64::from(!well_formed);
    }

    /// Takes in a commit. What cannot be understood of it is left out.
    fn commit(&self, part: &mut Part, n: u32, bytes: &[u8]) -> bool {
        let (mut tree, mut author, mut committed_at) = (None, None, None);
        let first = part.parents.len();
        let mut well_formed = true;
        for (key, value) in headers(bytes) {
            match key {
                b"tree" if tree.is_none() => tree = Oid::from_hex(value),
                b"parent" => match Oid::from_hex(value) {
                    Some(parent) => part.parents.push(self.objects.find(&parent).unwrap_or(ABSENT)),
                    None => well_formed = false,
                },
                b"author" if author.is_none() => author = Some(signature(value, &mut part.people)),
                b"committer" if committed_at.is_none() => committed_at = Some(split_signature(value).1),
                _ => {}
            }
        }
        well_formed &= tree.is_some() && author.is_some() && committed_at.is_some();
        let author = author.unwrap_or_else(|| signature(b"", &mut part.people));
        part.list.push(Commit {
            n,
            tree: tree.and_then(|tree| self.objects.find(&tree)).unwrap_or(ABSENT),
            author,
            committed_at: committed_at.unwrap_or(author.at),
            first_parent: u32::try_from(first).expect("fewer parents than objects"),
            parents: u32::try_from(part.parents.len() - first).expect("fewer parents than bytes of a commit"),
        });
        well_formed
    }

    fn tag(&self, part: &mut Part, n: u32, bytes: &[u8]) -> bool {
        let value_of = |wanted: &[u8]| headers(bytes).find(|(key, _)| *key == wanted).map(|(_, value)| value);
        let target = value_of(b"object").and_then(Oid::from_hex);
        // Very old tags have no tagger.
        let tagger = signature(value_of(b"tagger").unwrap_or_default(), &mut part.people);
        let found = target.and_then(|target| self.objects.find(&target));
        part.tags.push(Tag { n, target: found.unwrap_or(ABSENT), tagger });
        target.is_some()
    }
}

/// The lines before the message as key and value. Continued lines (signatures) have an empty key.
pub(crate) fn headers(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = bytes.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty());
    lines.map(|line| match memchr::memchr(b' ', line) {
        Some(space) => (&line[..space], &line[space + 1..]),
        None => (line, &line[line.len()..]),
    })
}

fn signature(value: &[u8], people: &mut Names) -> Signature {
    let (who, at) = split_signature(value);
    Signature { who: people.number(who), at }
}

/// `Name <mail> 1700000000 +0100` is who and when.
fn split_signature(value: &[u8]) -> (&[u8], i64) {
    let Some(end) = memchr::memrchr(b'>', value) else { return (value.trim_ascii(), 0) };
    let seconds = value[end + 1..].trim_ascii_start().split(|&byte| byte == b' ').next().unwrap_or_default();
    let seconds = std::str::from_utf8(seconds).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (value[..=end].trim_ascii(), seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_who_and_when() {
        assert_eq!(
            split_signature(b"A B <a@b.test> 1700000000 +0100"),
            (&b"A B <a@b.test>"[..], 1_700_000_000)
        );
        assert_eq!(split_signature(b"A <> -5 +0000"), (&b"A <>"[..], -5));
        assert_eq!(split_signature(b"nonsense"), (&b"nonsense"[..], 0));
        assert_eq!(split_signature(b"A <a> 99999999999999999999 +0000"), (&b"A <a>"[..], 0));
    }

    #[test]
    fn an_impossible_time_does_not_panic() {
        assert_eq!(timestamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert!(timestamp(i64::MAX) > timestamp(i64::MIN));
    }

    #[test]
    fn headers_end_before_the_message() {
        let text = b"tree abc\ngpgsig -----\n continued\n\nparent no\n";
        let keys: Vec<&[u8]> = headers(text).map(|(key, _)| key).collect();
        assert_eq!(keys, [&b"tree"[..], b"gpgsig", b""]);
    }
}
