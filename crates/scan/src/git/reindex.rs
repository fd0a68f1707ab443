//! A pack without a usable index: read through from the first byte, and every object named anew.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress, Status};
use gix_pack::data::entry::Header;

use super::delta::Delta;
use super::inflate::{Buffer, Buffers, Inflater};
use super::objects::{OBJECT_BYTES_MAX, result_len};
use super::oid::{ObjectKind, Oid};
use super::pack::{PACK_HEAD, Pack, whole_kind};

/// Bytes inflated at a time while only the end of a stream is looked for.
const STEP_BYTES: usize = 64 << 10;
/// Bytes held for objects whose children are still to come.
const HELD_BYTES_MAX: usize = 384 << 20;
/// Bytes that naming the objects of one pack may make.
const NAMED_BYTES_MAX: usize = 64 << 30;

/// What reading a pack through found.
pub(crate) struct ReadThrough {
    /// Where entries begin.
    pub(crate) offsets: Vec<u64>,
    /// Where the last good one ends.
    pub(crate) end: u64,
    /// Whether the pack is whole: as many entries as it claims, up to its end.
    pub(crate) whole: bool,
}

/// Finds the entries of a pack by inflating one after the other.
pub(crate) fn read_through(pack: &Pack) -> ReadThrough {
    let mut found = ReadThrough { offsets: Vec::new(), end: PACK_HEAD, whole: false };
    let mut scratch = vec![0; STEP_BYTES];
    for _ in 0..pack.claimed() {
        let Some(end) = entry_end(pack, found.end, &mut scratch) else { return found };
        found.offsets.push(found.end);
        found.end = end;
    }
    found.whole = found.end == pack.end();
    found
}

fn entry_end(pack: &Pack, start: u64, scratch: &mut [u8]) -> Option<u64> {
    let entry = pack.entry_between(start, pack.end())?;
    let mut inflater = Decompress::new(true);
    loop {
        let (before_in, before_out) = (inflater.total_in(), inflater.total_out());
        let rest = entry.stream.get(usize::try_from(before_in).ok()?..)?;
        let status = inflater.decompress(rest, scratch, FlushDecompress::None).ok()?;
        if inflater.total_out() > entry.len {
            return None;
        }
        if status == Status::StreamEnd {
            let whole = inflater.total_out() == entry.len;
            return whole.then(|| pack.end() - entry.stream.len() as u64 + inflater.total_in());
        }
        if inflater.total_in() == before_in && inflater.total_out() == before_out {
            return None;
        }
    }
}

/// Names the objects of a pack whose bounds are known, in the order of their ids. What cannot be made, or is told
/// from an object in another pack, stays without a name.
pub(crate) fn name_objects(pack: &Pack) -> Vec<(Oid, u32)> {
    let mut naming = Naming::new(pack);
    for entry in 0..pack.len() {
        naming.tree(entry);
    }
    naming.named.sort_unstable();
    naming.named
}

struct Naming<'a> {
    pack: &'a Pack,
    /// Entries told from the entry with this number.
    by_entry: HashMap<u32, Vec<u32>>,
    /// Entries told from the object with this name.
    by_name: HashMap<Oid, Vec<u32>>,
    named: Vec<(Oid, u32)>,
    inflater: Inflater,
    buffers: Buffers,
    held: usize,
    made: usize,
}

struct Frame {
    kind: ObjectKind,
    bytes: Buffer,
    children: Vec<u32>,
}

impl<'a> Naming<'a> {
    fn new(pack: &'a Pack) -> Self {
        let mut by_entry: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut by_name: HashMap<Oid, Vec<u32>> = HashMap::new();
        for entry in 0..pack.len() {
            match pack.entry(entry).map(|entry| entry.header) {
                Some(Header::OfsDelta { base_distance }) => {
                    let base = pack
                        .offset(entry)
                        .checked_sub(base_distance)
                        .and_then(|offset| pack.entry_at(offset));
                    if let Some(base) = base {
                        by_entry.entry(base).or_default().push(entry);
                    }
                }
                Some(Header::RefDelta { base_id }) => {
                    if let Some(base) = Oid::from_bytes(base_id.as_slice()) {
                        by_name.entry(base).or_default().push(entry);
                    }
                }
                _ => {}
            }
        }
        Self {
            pack,
            by_entry,
            by_name,
            named: Vec::new(),
            inflater: Inflater::new(),
            buffers: Buffers::default(),
            held: 0,
            made: 0,
        }
    }

    /// Names an entry stored whole and all that is told from it.
    fn tree(&mut self, root: u32) {
        let Some(entry) = self.pack.entry(root) else { return };
        let Some(kind) = whole_kind(&entry.header) else { return };
        let mut bytes = self.buffers.take();
        let mut stack = Vec::new();
        if self.inflate(root, &mut bytes).is_some() {
            self.name(root, kind, bytes, &mut stack);
        }
        let (mut delta, mut ops) = (self.buffers.take(), Vec::new());
        while let Some(frame) = stack.last_mut() {
            let Some(child) = frame.children.pop() else {
                self.let_go(stack.pop());
                continue;
            };
            let mut bytes = self.buffers.take();
            let made = self.inflate(child, &mut delta).and_then(|()| {
                let parsed = Delta::parse(delta.bytes()).ok()?;
                let len = result_len(&parsed).ok()?;
                self.spend(len)?;
                parsed.apply(frame.bytes.bytes(), bytes.reset(len), &mut ops).ok()
            });
            let kind = frame.kind;
            if frame.children.is_empty() {
                self.let_go(stack.pop());
            }
            if made.is_some() {
                self.name(child, kind, bytes, &mut stack);
            }
        }
        self.buffers.give(delta);
    }

    fn inflate(&mut self, entry: u32, out: &mut Buffer) -> Option<()> {
        let entry = self.pack.entry(entry).filter(|entry| entry.len <= OBJECT_BYTES_MAX)?;
        let len = usize::try_from(entry.len).ok()?;
        self.spend(len)?;
        self.inflater.inflate(entry.stream, out.reset(len)).ok().map(|_| ())
    }

    fn spend(&mut self, len: usize) -> Option<()> {
        self.made += len;
        (self.held + len <= HELD_BYTES_MAX && self.made <= NAMED_BYTES_MAX).then_some(())
    }

    fn name(&mut self, entry: u32, kind: ObjectKind, bytes: Buffer, stack: &mut Vec<Frame>) {
        let Some(oid) = Oid::of(kind, bytes.bytes()) else { return };
        self.named.push((oid, entry));
        let mut children = self.by_entry.remove(&entry).unwrap_or_default();
        children.extend(self.by_name.remove(&oid).unwrap_or_default());
        if children.is_empty() {
            self.buffers.give(bytes);
        } else {
            self.held += bytes.bytes().len();
            stack.push(Frame { kind, bytes, children });
        }
    }

    fn let_go(&mut self, frame: Option<Frame>) {
        if let Some(frame) = frame {
            self.held -= frame.bytes.bytes().len();
            self.buffers.give(frame.bytes);
        }
    }
}
