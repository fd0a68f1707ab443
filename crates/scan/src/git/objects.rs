//! All objects of a repository, by number: packs, loose objects and vetted alternates, each object once.
//!
//! Names are believed to the index and to the files of loose objects; hashing every object again would cost more than
//! reading it. An index that swaps names can make an attribution wrong. Of two stores that give one name to different
//! contents, only the first is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use gix_pack::data::entry::Header;
use tenure_model::{ReadState, Unread};

use super::delta::Delta;
use super::fence::Fence;
use super::forest::{Forest, LOST, ROOT};
use super::inflate::{Buffer, Fit, Inflater};
use super::loose::LooseStore;
use super::oid::{ObjectKind, Oid};
use super::pack::{Pack, whole_kind};
use super::repository::Repository;
use super::stores;
use super::window::Window;

/// The largest object that is inflated. Forges refuse files over 100 MB.
pub(crate) const OBJECT_BYTES_MAX: u64 = 128 << 20;
/// The longest chain of deltas followed to read a single object; git itself makes at most 4,095.
const CHAIN_MAX: usize = 8_192;
/// Deflate cannot make more than this many bytes out of one.
const DEFLATE_RATIO_MAX: u64 = 1_032;

/// Bytes read at once where objects are read one by one …
const WINDOW_BYTES: u64 = 4 << 10;
/// … and where all of a pack is.
const THROUGH_BYTES: u64 = 256 << 10;
/// Ids with one prefix that are compared one by one.
const PREFIX_SCAN_MAX: usize = 8;

/// Where one copy of an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// A pack, or behind the packs a loose store.
    store: u32,
    /// Entry of the pack in the order of the file, or number in the loose store.
    entry: u32,
}

/// Why an object could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loss {
    /// Its own bytes are damaged.
    Damaged,
    /// What it is told from could not be read.
    Base,
    /// It is larger than the limit.
    TooLarge,
    /// The repository inflates to more than a scan is ready to read.
    Budget,
}

/// What one thread reads objects with.
pub(crate) struct Reader {
    inflater: Inflater,
    window: Window,
}

impl Reader {
    /// One that has read nothing yet.
    pub(crate) fn new() -> Self {
        Self { inflater: Inflater::new(), window: Window::new(WINDOW_BYTES) }
    }
}

/// The objects of a repository.
pub(crate) struct Objects {
    pub(crate) fence: Fence,
    /// The repository as rows name it.
    pub(crate) label: String,
    packs: Vec<Pack>,
    loose: Vec<LooseStore>,
    /// All ids, ascending. An object's number is its place here.
    ids: Vec<Oid>,
    /// First number for each prefix of an id.
    prefixes: Vec<u32>,
    prefix_shift: u32,
    /// The copy that is read, per object.
    spots: Vec<Spot>,
    /// Further copies, for when the first one is damaged.
    spares: Vec<(u32, Spot)>,
    forest: Forest,
    /// The same forest over the spare copies.
    second: OnceLock<(Vec<Spot>, Forest)>,
    /// A remote promises what is missing here: a partial clone.
    pub(crate) promised: bool,
    /// Packs with bytes that belong to no object, and whether that has been said.
    gaps: Mutex<BTreeMap<u32, bool>>,
}

impl Objects {
    /// Opens every store of the repository. What cannot be opened becomes a row.
    pub(crate) fn open(repository: &Repository, unread: &mut Vec<Unread>) -> Self {
        let stores = stores::open(repository, unread);
        let mut found: Vec<(Oid, Spot)> = Vec::new();
        for (store, (_, index)) in (0u32..).zip(&stores.packs) {
            found.extend(index.iter().map(|&(oid, entry)| (oid, Spot { store, entry })));
        }
        let packs: Vec<Pack> = stores.packs.into_iter().map(|(pack, _)| pack).collect();
        let first_loose = u32::try_from(packs.len()).unwrap_or(u32::MAX);
        for (store, loose) in (first_loose..).zip(&stores.loose) {
            found.extend((0u32..).zip(&loose.ids).map(|(entry, &oid)| (oid, Spot { store, entry })));
        }
        // Each store's ids are a sorted run, and a stable sort merges runs.
        found.sort();
        let mut objects = Self {
            fence: repository.fence().clone(),
            label: repository.label().to_owned(),
            packs,
            loose: stores.loose,
            ids: Vec::with_capacity(found.len()),
            prefixes: Vec::new(),
            prefix_shift: 0,
            spots: Vec::with_capacity(found.len()),
            spares: Vec::new(),
            forest: Forest::grow(Vec::new(), Vec::new(), &[0; 0]),
            second: OnceLock::new(),
            promised: stores.promised || repository.is_partial_clone(),
            gaps: Mutex::new(BTreeMap::new()),
        };
        objects.number(found);
        objects.index_prefixes();
        objects.forest = objects.plant(&objects.spots);
        objects.mend_and_report(unread);
        objects
    }

    fn number(&mut self, found: Vec<(Oid, Spot)>) {
        for pack in &mut self.packs {
            pack.object_of = vec![u32::MAX; pack.len() as usize];
        }
        for (oid, spot) in found {
            if self.ids.last() == Some(&oid) {
                self.spares.push((self.last_number(), spot));
            } else {
                self.ids.push(oid);
                self.spots.push(spot);
            }
            let number = self.last_number();
            if let Some(pack) = self.packs.get_mut(spot.store as usize) {
                pack.object_of[spot.entry as usize] = number;
            }
        }
    }

    fn last_number(&self) -> u32 {
        u32::try_from(self.ids.len() - 1)
            .expect("fewer objects than the limits of packs and loose stores allow")
    }

    fn index_prefixes(&mut self) {
        let bits = self.ids.len().max(1).ilog2().clamp(4, 24);
        self.prefix_shift = 32 - bits;
        let mut prefixes = vec![0u32; (1 << bits) + 1];
        for oid in &self.ids {
            prefixes[prefix(oid, self.prefix_shift) + 1] += 1;
        }
        for at in 1..prefixes.len() {
            prefixes[at] += prefixes[at - 1];
        }
        self.prefixes = prefixes;
    }

    /// Finds the base of every object and grows the forest, in the order of the packs.
    fn plant(&self, spots: &[Spot]) -> Forest {
        let mut parent = vec![LOST; self.ids.len()];
        let mut kind = vec![None; self.ids.len()];
        let mut window = Window::new(THROUGH_BYTES);
        for (store, pack) in (0u32..).zip(&self.packs) {
            for (entry, &n) in (0u32..).zip(&pack.object_of) {
                if n == u32::MAX || spots[n as usize] != (Spot { store, entry }) {
                    continue;
                }
                let Some(head) = window.head(pack, store, entry) else { continue };
                kind[n as usize] = whole_kind(&head.header);
                parent[n as usize] = match head.header {
                    Header::OfsDelta { base_distance } => pack
                        .offset(entry)
                        .checked_sub(base_distance)
                        .and_then(|offset| pack.entry_at(offset))
                        .map_or(LOST, |base| pack.object_of[base as usize].min(LOST)),
                    Header::RefDelta { base_id } => {
                        Oid::from_bytes(base_id.as_slice()).and_then(|base| self.find(&base)).unwrap_or(LOST)
                    }
                    _ => ROOT,
                };
            }
        }
        for (n, spot) in spots.iter().enumerate() {
            if let Some(head) = self.loose_store(*spot).and_then(|store| store.heads[spot.entry as usize]) {
                kind[n] = Some(head.kind);
                parent[n] = ROOT;
            }
        }
        Forest::grow(parent, kind, spots)
    }

    /// Turns to spare copies where an object has no way to its root, and says what is lost for good.
    fn mend_and_report(&mut self, unread: &mut Vec<Unread>) {
        let mut lost: Vec<u32> = self.forest.lost().collect();
        if !lost.is_empty() {
            let mut spots = self.spots.clone();
            if self.turn_to_spares(&mut spots, &lost) {
                self.forest = self.plant(&spots);
                self.spots = spots;
                lost = self.forest.lost().collect();
            }
        }
        if let Some(&first) = lost.first() {
            let detail = format!(
                "{} objects cannot be read, because they or what they are stored as differences from is damaged or missing; the first is {}",
                lost.len(),
                self.oid(first)
            );
            unread.push(self.row("objects", ReadState::Failed, "object_damaged", detail));
        }
    }

    /// Moves each of `lost` to its next copy. False when there is none.
    pub(crate) fn turn_to_spares(&self, spots: &mut [Spot], lost: &[u32]) -> bool {
        let mut turned = false;
        for &n in lost {
            let spares = self.spares.partition_point(|&(owner, _)| owner < n);
            let next = self.spares[spares..]
                .iter()
                .take_while(|&&(owner, _)| owner == n)
                .find(|&&(_, spot)| spot > spots[n as usize]);
            if let Some(&(_, spot)) = next {
                spots[n as usize] = spot;
                turned = true;
            }
        }
        turned
    }

    /// Grows a forest over other copies.
    pub(crate) fn replant(&self, spots: &[Spot]) -> Forest {
        self.plant(spots)
    }

    fn loose_store(&self, spot: Spot) -> Option<&LooseStore> {
        (spot.store as usize).checked_sub(self.packs.len()).and_then(|at| self.loose.get(at))
    }

    /// How many distinct objects there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of an object.
    pub(crate) fn find(&self, oid: &Oid) -> Option<u32> {
        let at = prefix(oid, self.prefix_shift);
        let (start, end) = (self.prefixes[at] as usize, self.prefixes[at + 1] as usize);
        let bucket = &self.ids[start..end];
        // One or two ids share a prefix, unless somebody chose them.
        let found = if bucket.len() <= PREFIX_SCAN_MAX {
            bucket.iter().position(|id| id.is(oid))?
        } else {
            bucket.binary_search(oid).ok()?
        };
        u32::try_from(start + found).ok()
    }

    /// Ids that begin with these hex digits, at most `most` of them.
    pub(crate) fn beginning_with(&self, digits: &str, most: usize) -> Vec<Oid> {
        let first = Oid::from_hex(format!("{digits:0<40}").as_bytes());
        let start = first.map_or(self.ids.len(), |first| self.ids.partition_point(|oid| *oid < first));
        let fitting = self.ids[start..].iter().take_while(|oid| oid.to_string().starts_with(digits));
        fitting.take(most).copied().collect()
    }

    /// The id of an object.
    pub(crate) fn oid(&self, n: u32) -> &Oid {
        &self.ids[n as usize]
    }

    /// What an object is; `None` when that cannot be known.
    pub(crate) fn kind(&self, n: u32) -> Option<ObjectKind> {
        self.forest.kind(n)
    }

    /// The forest over the first copies.
    pub(crate) fn forest(&self) -> &Forest {
        &self.forest
    }

    /// The copies that are read first.
    pub(crate) fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// Bytes of all packs.
    pub(crate) fn pack_bytes(&self) -> u64 {
        self.packs.iter().map(Pack::file_len).sum()
    }

    /// A row about something inside this repository.
    pub(crate) fn row(&self, inside: &str, state: ReadState, reason: &str, detail: String) -> Unread {
        Unread { path: format!("{}!{inside}", self.label), state, reason: reason.to_owned(), detail }
    }

    /// Inflates the stored form of an object, whole or delta, into `out`.
    pub(crate) fn inflate(&self, spot: Spot, reader: &mut Reader, out: &mut Buffer) -> Result<(), Loss> {
        if let Some(store) = self.loose_store(spot) {
            let oid = &store.ids[spot.entry as usize];
            let head = store.heads[spot.entry as usize].ok_or(Loss::Damaged)?;
            if head.len > OBJECT_BYTES_MAX {
                return Err(Loss::TooLarge);
            }
            let (kind, bytes) = store.read(oid, &self.fence, OBJECT_BYTES_MAX).ok_or(Loss::Damaged)?;
            if kind != head.kind {
                return Err(Loss::Damaged);
            }
            out.reset(bytes.len()).copy_from_slice(&bytes);
            return Ok(());
        }
        let pack = &self.packs[spot.store as usize];
        let entry =
            reader.window.entry(pack, spot.store, spot.entry, OBJECT_BYTES_MAX).ok_or(Loss::Damaged)?;
        if entry.len > OBJECT_BYTES_MAX {
            return Err(Loss::TooLarge);
        }
        if entry.len > entry.stream.len() as u64 * DEFLATE_RATIO_MAX {
            return Err(Loss::Damaged);
        }
        let len = usize::try_from(entry.len).map_err(|_| Loss::TooLarge)?;
        let fit = reader.inflater.inflate(entry.stream, out.reset(len)).map_err(|_| Loss::Damaged)?;
        if fit == Fit::Loose {
            self.gaps.lock().unwrap_or_else(PoisonError::into_inner).entry(spot.store).or_default();
        }
        Ok(())
    }

    /// Rows for packs with bytes that belong to no object: an index that lies can hide objects there.
    pub(crate) fn gap_rows(&self) -> Vec<Unread> {
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = Vec::new();
        for (&store, told) in gaps.iter_mut().filter(|(_, told)| !**told) {
            *told = true;
            let detail =
                "bytes of the pack belong to no object that its index names, and were not read".to_owned();
            rows.push(self.row(
                &self.packs[store as usize].name,
                ReadState::Partial,
                "pack_index_lies",
                detail,
            ));
        }
        rows
    }

    /// The name of the file that holds a copy, below the repository.
    pub(crate) fn store_name(&self, spot: Spot) -> &str {
        match self.loose_store(spot) {
            Some(store) => &store.name,
            None => &self.packs[spot.store as usize].name,
        }
    }

    /// Reads one object. For many objects, walk.
    pub(crate) fn read(&self, n: u32) -> Option<Vec<u8>> {
        self.read_from(n, &self.spots, &self.forest).ok().or_else(|| {
            let (spots, forest) = self.second.get_or_init(|| {
                let mut spots = self.spots.clone();
                let all: Vec<u32> = self.spares.iter().map(|&(n, _)| n).collect();
                self.turn_to_spares(&mut spots, &all);
                let forest = self.plant(&spots);
                (spots, forest)
            });
            self.read_from(n, spots, forest).ok()
        })
    }

    fn read_from(&self, n: u32, spots: &[Spot], forest: &Forest) -> Result<Vec<u8>, Loss> {
        forest.kind(n).ok_or(Loss::Base)?;
        let mut chain = vec![n];
        let mut at = n;
        while let Some(base) = forest.base(at) {
            if chain.len() >= CHAIN_MAX {
                return Err(Loss::Budget);
            }
            chain.push(base);
            at = base;
        }
        let mut reader = Reader::new();
        let (mut whole, mut delta, mut next) = (Buffer::default(), Buffer::default(), Buffer::default());
        let mut ops = Vec::new();
        self.inflate(spots[at as usize], &mut reader, &mut whole)?;
        for &told in chain.iter().rev().skip(1) {
            self.inflate(spots[told as usize], &mut reader, &mut delta)?;
            let parsed = Delta::parse(delta.bytes()).map_err(|_| Loss::Damaged)?;
            let len = result_len(&parsed)?;
            parsed.apply(whole.bytes(), next.reset(len), &mut ops).map_err(|_| Loss::Damaged)?;
            std::mem::swap(&mut whole, &mut next);
        }
        Ok(whole.bytes().to_vec())
    }

    /// Reads one blob, up to the limit of a single object.
    pub(crate) fn read_blob(&self, oid: &Oid) -> Option<Vec<u8>> {
        let n = self.find(oid)?;
        if self.kind(n)? == ObjectKind::Blob { self.read(n) } else { None }
    }
}

/// The length of what a delta makes, when it is within the limit.
pub(crate) fn result_len(delta: &Delta<'_>) -> Result<usize, Loss> {
    if delta.result_len > OBJECT_BYTES_MAX {
        return Err(Loss::TooLarge);
    }
    usize::try_from(delta.result_len).map_err(|_| Loss::TooLarge)
}

fn prefix(oid: &Oid, shift: u32) -> usize {
    let head = u32::from_be_bytes([oid.0[0], oid.0[1], oid.0[2], oid.0[3]]);
    (head >> shift) as usize
}

/// The stores of a repository as they were found.
pub(crate) struct Stores {
    /// Packs with the entry of each id, in the order of their ids.
    pub(crate) packs: Vec<(Pack, Vec<(Oid, u32)>)>,
    /// Loose stores.
    pub(crate) loose: Vec<LooseStore>,
    /// Object folders that were read, resolved.
    pub(crate) folders: Vec<PathBuf>,
    /// A pack came from a remote that promises what is missing.
    pub(crate) promised: bool,
}
