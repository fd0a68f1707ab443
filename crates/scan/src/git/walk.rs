//! Walking the delta forest: every wanted object once, each right after what it is told from.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tenure_model::{ReadState, Unread};

use super::delta::{Delta, Op};
use super::forest::Forest;
use super::inflate::{Buffer, Buffers};
use super::objects::{Loss, Objects, Reader, Spot, result_len};
use super::oid::{ObjectKind, Oid};

/// Bytes that one thread holds for objects whose children are still to come.
const HELD_BYTES_MAX: usize = 384 << 20;
/// A walk may always make this many bytes …
const WALK_BYTES_FLOOR: u64 = 16 << 30;
/// … or this many times the bytes of the packs. Real histories stay below a hundred times.
const WALK_RATIO_MAX: u64 = 1_000;
/// Single objects named in rows, per walk; the rest is counted.
const LOSS_ROWS_MAX: usize = 20;

/// What a walk does with the objects. One `Local` per thread, so that nothing is shared on the hot path.
pub(crate) trait Visitor: Sync {
    /// What a thread carries from object to object.
    type Local;
    /// What an object hands down to those that are told from it.
    type State;
    /// Before a thread's first object.
    fn begin(&self) -> Self::Local;
    /// An object stored whole.
    fn whole(&self, local: &mut Self::Local, n: u32, bytes: &[u8], wanted: bool) -> Self::State;
    /// An object told from another by `ops`.
    fn delta(
        &self,
        local: &mut Self::Local,
        n: u32,
        base: &Self::State,
        bytes: &[u8],
        ops: &[Op],
        wanted: bool,
    ) -> Self::State;
    /// After a thread's last object.
    fn end(&self, local: Self::Local);
}

/// What a scan does with blobs.
pub(crate) trait BlobVisitor: Sync {
    /// What a blob hands down to those that are told from it.
    type State: Send + Sync;
    /// A blob stored whole. `wanted` is false when it only serves as a base of others.
    fn whole(&self, oid: &Oid, bytes: &[u8], wanted: bool) -> Self::State;
    /// A blob made from a parent by `ops`; `base` is the parent's state.
    fn delta(&self, oid: &Oid, base: &Self::State, bytes: &[u8], ops: &[Op], wanted: bool) -> Self::State;
}

/// What became of the objects of a walk: `objects = read + skipped + lost`, unless it was cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WalkCounts {
    /// Objects of the kind.
    pub(crate) objects: u64,
    /// Wanted and visited.
    pub(crate) read: u64,
    /// Not wanted.
    pub(crate) skipped: u64,
    /// Wanted, and reported as unread.
    pub(crate) lost: u64,
    /// Bytes of the objects that were read.
    pub(crate) bytes: u64,
    /// The walk was stopped.
    pub(crate) cancelled: bool,
}

/// The result of a walk.
pub(crate) struct Walked {
    /// Wanted objects that were visited.
    pub(crate) read: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Wanted objects that could not be read from any copy, in the order of their ids.
    pub(crate) lost: Vec<(u32, Loss)>,
    /// The walk was stopped.
    pub(crate) cancelled: bool,
}

impl Objects {
    /// Visits each blob once. Trees of deltas without a wanted blob are not inflated.
    pub(crate) fn walk_blobs<V: BlobVisitor>(
        &self,
        visitor: &V,
        wanted: &(dyn Fn(&Oid) -> bool + Sync),
        cancel: &AtomicBool,
        unread: &Mutex<Vec<Unread>>,
    ) -> WalkCounts {
        let mut objects = 0;
        let mut todo = vec![false; self.len()];
        for (n, todo) in (0u32..).zip(&mut todo) {
            if self.kind(n) == Some(ObjectKind::Blob) {
                objects += 1;
                *todo = wanted(self.oid(n));
            }
        }
        let walked = self.walk(&Blobs { visitor, objects: self }, todo, cancel);
        self.report_losses(&walked.lost, unread);
        let lost = walked.lost.len() as u64;
        let wanted = walked.read + lost;
        WalkCounts {
            objects,
            read: walked.read,
            skipped: if walked.cancelled { 0 } else { objects - wanted },
            lost,
            bytes: walked.bytes,
            cancelled: walked.cancelled,
        }
    }

    /// Visits every object of `todo`, and what they are told from. Objects that fail are tried again from their
    /// other copies.
    pub(crate) fn walk<V: Visitor>(&self, visitor: &V, mut todo: Vec<bool>, cancel: &AtomicBool) -> Walked {
        let budget = AtomicU64::new((self.pack_bytes().saturating_mul(WALK_RATIO_MAX)).max(WALK_BYTES_FLOOR));
        let mut total = Walked { read: 0, bytes: 0, lost: Vec::new(), cancelled: false };
        let mut again: Option<(Vec<Spot>, Forest)> = None;
        loop {
            let (spots, forest) =
                again.as_ref().map_or((self.spots(), self.forest()), |(spots, forest)| (spots, forest));
            let round = Round { objects: self, forest, spots, todo: &todo, budget: &budget, cancel };
            let walked = round.run(visitor);
            total.read += walked.read;
            total.bytes += walked.bytes;
            total.cancelled |= walked.cancelled;
            total.lost.retain(|(_, loss)| matches!(loss, Loss::TooLarge | Loss::Budget));
            total.lost.extend(walked.lost);
            let curable: Vec<u32> = total
                .lost
                .iter()
                .filter(|(_, loss)| matches!(loss, Loss::Damaged | Loss::Base))
                .map(|&(n, _)| n)
                .collect();
            let mut spots = spots.to_vec();
            if total.cancelled || curable.is_empty() || !self.turn_to_spares(&mut spots, &curable) {
                total.lost.sort_unstable();
                return total;
            }
            todo.fill(false);
            for n in curable {
                todo[n as usize] = true;
            }
            let forest = self.replant(&spots);
            again = Some((spots, forest));
        }
    }

    /// Says which objects were lost: the first ones by name, the rest by number.
    pub(crate) fn report_losses(&self, lost: &[(u32, Loss)], unread: &Mutex<Vec<Unread>>) {
        let mut rows = self.gap_rows();
        for (reason, state, words, losses) in [
            ("object_damaged", ReadState::Failed, "is damaged", &[Loss::Damaged][..]),
            (
                "object_damaged",
                ReadState::Failed,
                "is stored as a difference from an object that cannot be read",
                &[Loss::Base],
            ),
            ("blob_too_large", ReadState::Skipped, "is larger than a scan inflates", &[Loss::TooLarge]),
            (
                "object_budget_exceeded",
                ReadState::Skipped,
                "would inflate the repository beyond all proportion",
                &[Loss::Budget],
            ),
        ] {
            let of_reason = || lost.iter().filter(|(_, loss)| losses.contains(loss));
            for (n, _) in of_reason().take(LOSS_ROWS_MAX) {
                let detail = format!("the object {words} ({})", self.store_name(self.spots()[*n as usize]));
                rows.push(self.row(&format!("objects/{}", self.oid(*n)), state, reason, detail));
            }
            let more = of_reason().count().saturating_sub(LOSS_ROWS_MAX);
            if more > 0 {
                rows.push(self.row(
                    "objects",
                    state,
                    reason,
                    format!("each of {more} further objects {words}"),
                ));
            }
        }
        unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(rows);
    }
}

struct Blobs<'a, V> {
    visitor: &'a V,
    objects: &'a Objects,
}

impl<V: BlobVisitor> Visitor for Blobs<'_, V> {
    type Local = ();
    type State = V::State;
    fn begin(&self) {}
    fn whole(&self, (): &mut (), n: u32, bytes: &[u8], wanted: bool) -> V::State {
        self.visitor.whole(self.objects.oid(n), bytes, wanted)
    }
    fn delta(
        &self,
        (): &mut (),
        n: u32,
        base: &V::State,
        bytes: &[u8],
        ops: &[Op],
        wanted: bool,
    ) -> V::State {
        self.visitor.delta(self.objects.oid(n), base, bytes, ops, wanted)
    }
    fn end(&self, (): ()) {}
}

/// One pass over one choice of copies.
struct Round<'a> {
    objects: &'a Objects,
    forest: &'a Forest,
    spots: &'a [Spot],
    todo: &'a [bool],
    /// Bytes that may still be made.
    budget: &'a AtomicU64,
    cancel: &'a AtomicBool,
}

/// An object that others are still to be told from.
struct Frame<S> {
    n: u32,
    next: usize,
    bytes: Buffer,
    state: S,
}

/// One thread of a round.
struct Worker<'a, V: Visitor> {
    round: &'a Round<'a>,
    visitor: &'a V,
    /// Wanted objects in each tree.
    need: &'a [u32],
    local: V::Local,
    reader: Reader,
    buffers: Buffers,
    stack: Vec<Frame<V::State>>,
    held: usize,
    delta: Buffer,
    ops: Vec<Op>,
    walked: Walked,
}

impl Round<'_> {
    fn run<V: Visitor>(&self, visitor: &V) -> Walked {
        let need = self.forest.sums(|n| u32::from(self.todo[n as usize]));
        let roots = self.roots(&need);
        let next = AtomicUsize::new(0);
        let parts = Mutex::new(Vec::new());
        let work = || {
            let mut worker = Worker::new(self, visitor, &need);
            while let Some(&root) = roots.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.cancel.load(Ordering::Relaxed) {
                    worker.walked.cancelled = true;
                    break;
                }
                worker.tree(root);
            }
            visitor.end(worker.local);
            parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(worker.walked);
        };
        let threads = rayon::current_num_threads().min(roots.len());
        if threads <= 1 {
            work();
        } else {
            rayon::scope(|scope| (0..threads).for_each(|_| scope.spawn(|_| work())));
        }
        self.merge(parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Roots in the order of the packs; trees too large to be started late come first.
    fn roots(&self, need: &[u32]) -> Vec<u32> {
        let mut roots: Vec<u32> = self.forest.roots().filter(|&n| need[n as usize] > 0).collect();
        let total: u64 = roots.iter().map(|&n| u64::from(need[n as usize])).sum();
        let large = total / 64 + 1;
        roots.sort_unstable_by_key(|&n| (u64::from(need[n as usize]) < large, self.spots[n as usize]));
        roots
    }

    fn merge(&self, parts: Vec<Walked>) -> Walked {
        let mut total = Walked { read: 0, bytes: 0, lost: Vec::new(), cancelled: false };
        for part in parts {
            total.read += part.read;
            total.bytes += part.bytes;
            total.cancelled |= part.cancelled;
            for (n, loss) in part.lost {
                self.lose_tree(n, loss, &mut total.lost);
            }
        }
        let unrooted = self.forest.lost().filter(|&n| self.todo[n as usize]);
        total.lost.extend(unrooted.map(|n| (n, Loss::Base)));
        total
    }

    /// When an object is lost, so is all that is told from it.
    fn lose_tree(&self, n: u32, loss: Loss, lost: &mut Vec<(u32, Loss)>) {
        let mut waiting = vec![n];
        while let Some(at) = waiting.pop() {
            if self.todo[at as usize] {
                let passed_on = if loss == Loss::Damaged { Loss::Base } else { loss };
                lost.push((at, if at == n { loss } else { passed_on }));
            }
            waiting.extend_from_slice(self.forest.children(at));
        }
    }
}

impl<'a, V: Visitor> Worker<'a, V> {
    fn new(round: &'a Round<'a>, visitor: &'a V, need: &'a [u32]) -> Self {
        Self {
            round,
            visitor,
            need,
            local: visitor.begin(),
            reader: Reader::new(),
            buffers: Buffers::default(),
            stack: Vec::new(),
            held: 0,
            delta: Buffer::default(),
            ops: Vec::new(),
            walked: Walked { read: 0, bytes: 0, lost: Vec::new(), cancelled: false },
        }
    }

    /// Visits a root and all of its tree that is needed, without recursion.
    fn tree(&mut self, root: u32) {
        let mut bytes = self.buffers.take();
        let inflated =
            self.round.objects.inflate(self.round.spots[root as usize], &mut self.reader, &mut bytes);
        if let Err(loss) = inflated.and_then(|()| self.spend(bytes.bytes().len())) {
            self.walked.lost.push((root, loss));
            return;
        }
        let wanted = self.round.todo[root as usize];
        let state = self.visitor.whole(&mut self.local, root, bytes.bytes(), wanted);
        self.visited(root, bytes, state);
        while let Some(frame) = self.stack.last_mut() {
            let children = self.round.forest.children(frame.n);
            let from = frame.next;
            let Some(at) = (from..children.len()).find(|&at| self.need[children[at] as usize] > 0) else {
                self.pop();
                continue;
            };
            frame.next = at + 1;
            let last = !children[at + 1..].iter().any(|&child| self.need[child as usize] > 0);
            if self.round.cancel.load(Ordering::Relaxed) {
                self.walked.cancelled = true;
                while !self.stack.is_empty() {
                    self.pop();
                }
                return;
            }
            self.child(children[at], last);
        }
    }

    /// Makes one child of the object on top of the stack, which is let go with its last child.
    fn child(&mut self, n: u32, last: bool) {
        let mut bytes = self.buffers.take();
        let made = self.make(n, &mut bytes);
        let top = self.stack.last().expect("a child is made from the top of the stack");
        let state = made.map(|()| {
            let wanted = self.round.todo[n as usize];
            self.visitor.delta(&mut self.local, n, &top.state, bytes.bytes(), &self.ops, wanted)
        });
        if last {
            self.pop();
        }
        match state {
            Ok(state) => self.visited(n, bytes, state),
            Err(loss) => {
                self.buffers.give(bytes);
                self.walked.lost.push((n, loss));
            }
        }
    }

    fn make(&mut self, n: u32, out: &mut Buffer) -> Result<(), Loss> {
        let base = &self.stack.last().expect("a child is made from the top of the stack").bytes;
        self.round.objects.inflate(self.round.spots[n as usize], &mut self.reader, &mut self.delta)?;
        let delta = Delta::parse(self.delta.bytes()).map_err(|_| Loss::Damaged)?;
        let len = result_len(&delta)?;
        if self.held + len > HELD_BYTES_MAX {
            return Err(Loss::TooLarge);
        }
        self.spend(len)?;
        delta.apply(base.bytes(), out.reset(len), &mut self.ops).map_err(|_| Loss::Damaged)
    }

    fn spend(&self, len: usize) -> Result<(), Loss> {
        let len = len as u64;
        let spent = self
            .round
            .budget
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(len));
        spent.map(|_| ()).map_err(|_| Loss::Budget)
    }

    fn visited(&mut self, n: u32, bytes: Buffer, state: V::State) {
        if self.round.todo[n as usize] {
            self.walked.read += 1;
            self.walked.bytes += bytes.bytes().len() as u64;
        }
        if self.need[n as usize] > u32::from(self.round.todo[n as usize]) {
            self.held += bytes.bytes().len();
            self.stack.push(Frame { n, next: 0, bytes, state });
        } else {
            self.buffers.give(bytes);
        }
    }

    fn pop(&mut self) {
        if let Some(frame) = self.stack.pop() {
            self.held -= frame.bytes.bytes().len();
            self.buffers.give(frame.bytes);
        }
    }
}
