//! One walk through a container and the containers inside it.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::budget::{Budget, Held};
use super::gap::{Gap, MemberGap};
use super::input::{Input, Section, fill};
use super::keystore::Keystore;
use super::spot::Spot;
use super::{Access, Format, HEAD_BYTES, Visitor, format_of};

/// Members that are named with the same reason; the others are counted.
const GAP_ROWS_MAX: u64 = 20;

/// Largest member that is held in memory because its format is read here and there.
const HELD_MEMBER_BYTES_MAX: u64 = 96 << 20;

/// A walk: the budget, the visitor, and what was not read.
pub(super) struct Walk<'a> {
    budget: &'a Budget,
    visitor: &'a mut dyn Visitor,
    /// Gaps told so far, by reason, and the first that was not.
    told: BTreeMap<Gap, (u64, Option<Spot>)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(budget: &'a Budget, visitor: &'a mut dyn Visitor) -> Self {
        Self { budget, visitor, told: BTreeMap::new() }
    }

    /// The budget of the outermost file.
    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// Opens the outermost file. Its own bytes are searched by whoever has them.
    pub(super) fn open_outermost(&mut self, format: &dyn Format, input: &dyn Input) {
        let at = Spot::outermost();
        let read = match format.access() {
            Access::Random => format.random(self, &at, input),
            Access::Stream => {
                let mut bytes = Guarded::new(Section::new(input, 0, input.len()));
                let read = format.stream(self, &at, &mut bytes);
                if bytes.failed { Err(Gap::Disk) } else { read }
            }
        };
        self.note(&at, read);
    }

    /// A member of the container at `at`. Its bytes are read to their end unless the budget ends first.
    pub(super) fn member(&mut self, at: &Spot, name: &[u8], bytes: &mut dyn Read) {
        if self.budget.member() {
            self.visit(&at.inside(name), bytes, None);
        }
    }

    /// Something that the container at `at` only names: a folder, a link, a device. There is nothing to read in it.
    pub(super) fn mention(&self) {
        self.budget.member();
    }

    /// What the compressed file at `at` holds: a container, or one file.
    pub(super) fn content(&mut self, at: &Spot, bytes: &mut dyn Read) {
        let label = at.content_label();
        self.visit(&at.uncompressed(), bytes, Some(label));
    }

    /// Bytes that the container at `at` has and cannot make sense of: searched as they are.
    pub(super) fn remains(&mut self, at: &Spot, bytes: &mut dyn Read) {
        // The outermost file's own bytes are searched anyway; those that a decoder made are seen only here.
        if let Some(label) = at.own_label() {
            self.visitor.member(&label, &mut Guarded::new(bytes), self.budget);
        }
    }

    /// A store of keys.
    pub(super) fn keystore(&mut self, at: &Spot, store: &Keystore) {
        self.visitor.keystore(at.label(), store);
    }

    /// Shows a file, and what is in it when it is a container.
    fn visit(&mut self, spot: &Spot, bytes: &mut dyn Read, content: Option<String>) {
        let mut bytes = Guarded::new(bytes);
        let mut head = [0; HEAD_BYTES];
        let got = fill(&mut bytes, &mut head).unwrap_or(0);
        let head = &head[..got];
        let mut stream = head.chain(&mut bytes);
        let label = content.or_else(|| spot.label().map(str::to_owned)).unwrap_or_default();
        match format_of(head, &[]) {
            None => self.visitor.member(&label, &mut stream, self.budget),
            Some(format) if format.nests() && !Budget::allows_depth(spot.depth, spot.layers) => {
                self.gap(spot, Gap::TooDeep);
                self.visitor.member(&label, &mut stream, self.budget);
            }
            Some(format) if format.access() == Access::Random => {
                self.open_held(format, spot, &label, &mut stream);
            }
            Some(format) => {
                let read = format.stream(self, spot, &mut stream);
                self.note(spot, read);
            }
        }
        if bytes.failed && !self.budget.is_explained() {
            self.gap(spot, Gap::Disk);
        }
    }

    /// Holds a container that is read here and there, shows its bytes as they are, and opens it.
    fn open_held(&mut self, format: &dyn Format, spot: &Spot, label: &str, stream: &mut dyn Read) {
        match hold(self.budget, stream) {
            Ok((held, _memory)) => {
                self.visitor.member(label, &mut &held[..], self.budget);
                let read = format.random(self, spot, &&held[..]);
                self.note(spot, read);
            }
            Err(start) => {
                self.gap(spot, Gap::MemberTooLarge);
                self.visitor.member(label, &mut start.chain(stream), self.budget);
            }
        }
    }

    /// Tells what became of a container.
    pub(super) fn note(&mut self, at: &Spot, read: Result<(), Gap>) {
        if let Err(gap) = read {
            // A stream that is cut around this one, or a budget that is spent, will say so itself.
            let may_be_cut = matches!(gap, Gap::Truncated | Gap::Damaged);
            if !may_be_cut || !self.budget.is_explained() {
                self.gap(at, gap);
            }
        }
    }

    /// Tells that something at `at` was not read.
    pub(super) fn gap(&mut self, at: &Spot, gap: Gap) {
        let (told, next) = self.told.entry(gap).or_default();
        *told += 1;
        if *told < GAP_ROWS_MAX {
            self.visitor.gap(MemberGap::new(at.label().map(str::to_owned), gap, 0));
        } else if *told == GAP_ROWS_MAX {
            *next = Some(at.clone());
        }
    }

    /// Tells what is left to be told: the reasons of many members, and a budget that is spent.
    pub(super) fn finish(mut self) {
        for (gap, (told, last)) in std::mem::take(&mut self.told) {
            if let Some(spot) = last {
                let label = spot.label().map(str::to_owned);
                self.visitor.gap(MemberGap::new(label, gap, told - GAP_ROWS_MAX));
            }
        }
        if let Some(gap) = self.budget.spent() {
            self.visitor.gap(MemberGap::new(None, gap, 0));
        }
    }
}

/// Reads a stream to its end into memory that the budget sets aside; what was read when there is too much of it.
fn hold<'a>(budget: &'a Budget, stream: &mut dyn Read) -> Result<(Vec<u8>, Held<'a>), Vec<u8>> {
    let room = budget.room().min(HELD_MEMBER_BYTES_MAX);
    let mut held = Vec::new();
    let got = stream.take(room).read_to_end(&mut held);
    // A vector grows by doubling: what it has room for is what it holds.
    held.shrink_to_fit();
    if got.is_err() || held.len() as u64 >= room {
        return Err(held);
    }
    match budget.hold(held.len() as u64) {
        Ok(memory) => Ok((held, memory)),
        Err(_) => Err(held),
    }
}

/// A stream whose errors end it: only the outermost file's disk still makes any.
struct Guarded<R> {
    inner: R,
    failed: bool,
}

impl<R> Guarded<R> {
    fn new(inner: R) -> Self {
        Self { inner, failed: false }
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(0);
        }
        match self.inner.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => {
                self.failed = true;
                Ok(0)
            }
            got => got,
        }
    }
}
