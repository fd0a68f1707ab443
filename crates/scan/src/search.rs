//! Searching bytes for secrets: as they are, and decoded where they are encoded as a whole. Files, blobs of git
//! history and members of containers all come through here.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::container::{self, Budget, Input, Keystore, MemberGap, Visitor};
use crate::detect::KEYSTORE_FILE;
use crate::engine::records::Called;
use crate::engine::surroundings::Surroundings;
use crate::engine::{
    Candidate, Engine, Match, Needs, escapes, long_lists, records, secret_data, sql_rows, table_rows, utf16,
};
use crate::hits::{Asked, Hit, Hits};

/// Bytes of a file that are looked at at once; a larger file goes through in windows that overlap.
pub(crate) const WINDOW_BYTES: usize = 32 << 20;

/// Hits of a whole file.
pub(crate) fn whole(engine: &Engine, bytes: &[u8], called: Called<'_>, work: &mut u64) -> Hits {
    contained(|| {
        let candidates = engine.scan_within(bytes, work);
        decoded(engine, bytes, called, candidates, work)
    })
}

/// Hits of a text that nothing is encoded in: one window of a large file, or what somebody wrote about a commit.
pub(crate) fn text(engine: &Engine, bytes: &[u8], work: &mut u64) -> Hits {
    contained(|| Hits::locate(bytes, engine.scan_within(bytes, work)))
}

/// What `search` finds. A search that breaks its own promise costs what it searches, and says so.
pub(crate) fn contained(search: impl FnOnce() -> Hits) -> Hits {
    catch_unwind(AssertUnwindSafe(search)).unwrap_or_else(|_| Hits::of_failed_search())
}

/// Whether a file that begins so has rows whose columns are named at their head: what stands behind the first window is read
/// without them.
pub(crate) fn has_rows(first: &[u8]) -> bool {
    sql_rows::is_script(first) || table_rows::is_table(first)
}

/// Hits of a file whose bytes gave these `candidates`, with what they show when they are decoded.
pub(crate) fn decoded(
    engine: &Engine,
    bytes: &[u8],
    called: Called<'_>,
    candidates: Vec<Candidate>,
    work: &mut u64,
) -> Hits {
    match utf16::decode(bytes) {
        Some(text) => {
            let mut hits = Hits::locate(&text, engine.scan_within(&text, work));
            // Two bytes at the start do not make UTF-16 of what follows: what stands there as it is counts, too.
            hits.extend_new(Hits::locate(bytes, candidates));
            hits
        }
        None => {
            let candidates = long_lists::add(engine, bytes, candidates);
            let candidates = escapes::add(engine, bytes, candidates, work);
            let (candidates, rules) = records::add(engine, bytes, called, candidates);
            let candidates = sql_rows::add(engine, bytes, candidates);
            let candidates = table_rows::add(engine, bytes, candidates);
            let mut hits = Hits::locate(bytes, secret_data::add(engine, bytes, candidates, work));
            hits.asked = rules.into_iter().map(|rule| Asked { rule, member: None }).collect();
            hits
        }
    }
}

/// Goes on through a stream that is larger than one window, of which `first` was searched. Windows overlap by more
/// than any rule's reach, so a value on an edge is seen whole in one of them.
///
/// `more` is told how many bytes have come, and searches a window; it ends the search by giving none.
pub(crate) fn windows(
    engine: &Engine,
    stream: &mut dyn Read,
    first: Vec<u8>,
    hits: &mut Hits,
    more: &mut dyn FnMut(u64, &[u8]) -> Option<Hits>,
) -> io::Result<()> {
    let (before, after) = engine.reach();
    let overlap = (before + after) as usize + 1024;
    let mut window = first;
    let mut lines_before = 0u32;
    loop {
        let cut = window.len() - overlap.min(window.len());
        lines_before += u32::try_from(memchr::memchr_iter(b'\n', &window[..cut]).count()).unwrap_or(u32::MAX);
        window.drain(..cut);
        let had = window.len();
        stream.take((WINDOW_BYTES - had) as u64).read_to_end(&mut window)?;
        if window.len() == had {
            return Ok(());
        }
        let Some(mut found) = more((window.len() - had) as u64, &window) else { return Ok(()) };
        found.shift_lines(lines_before);
        hits.extend_new(found);
    }
}

/// Hits of all members of a container, with what was not read of it.
///
/// `structured` is shown each member that fits into one window, and says whether a structured reader took it.
pub(crate) fn members(
    engine: &Engine,
    input: &dyn Input,
    called: Called<'_>,
    cancel: &AtomicBool,
    structured: &mut dyn FnMut(&str, &[u8]) -> bool,
) -> Hits {
    let budget = Budget::of(input.len());
    let mut members = Members { engine, called, cancel, structured, hits: Hits::default() };
    container::expand(input, &budget, &mut members);
    members.hits.tell_at_members();
    members.hits
}

/// Searches members as they are shown.
struct Members<'a> {
    engine: &'a Engine,
    /// What is known of the path of the container.
    called: Called<'a>,
    cancel: &'a AtomicBool,
    structured: &'a mut dyn FnMut(&str, &[u8]) -> bool,
    hits: Hits,
}

impl Visitor for Members<'_> {
    fn member(&mut self, member: &str, bytes: &mut dyn Read, budget: &Budget) {
        if self.cancel.load(Relaxed) {
            return budget.cancel();
        }
        let mut window = Vec::new();
        // Errors of streams end them; why is the walk's to tell.
        let _ = (&mut *bytes).take(WINDOW_BYTES as u64).read_to_end(&mut window);
        let is_whole = window.len() < WINDOW_BYTES;
        let claimed = is_whole && (self.structured)(member, &window);
        let within = |budget: &Budget, search: &mut dyn FnMut(&mut u64) -> Hits| {
            let before = budget.work_left();
            let mut left = before;
            let hits = search(&mut left);
            budget.work(before - left);
            hits
        };
        let engine = self.engine;
        let paths: Vec<String> = match self.called {
            Called::Unknown => Vec::new(),
            Called::Known(paths) => paths.iter().map(|path| container::member_path(path, member)).collect(),
        };
        let called = if paths.is_empty() { Called::Unknown } else { Called::Known(&paths) };
        let mut hits = within(budget, &mut |left| whole(engine, &window, called, left));
        if !is_whole {
            let _ = windows(engine, bytes, window, &mut hits, &mut |_, window| {
                let mut search = |left: &mut u64| text(engine, window, left);
                (!budget.is_spent() && !self.cancel.load(Relaxed)).then(|| within(budget, &mut search))
            });
        }
        if claimed {
            // An export names key ids because that is its business; only a value in it would be a leak.
            hits.keep_secrets();
        }
        self.hits.add_member(member, hits);
    }

    fn keystore(&mut self, member: Option<&str>, store: &Keystore) {
        let found = keystore_match(self.engine, store);
        let hit = Hit {
            found,
            start_line: 1,
            end_line: 1,
            start_column: 1,
            end_column: 1,
            surroundings: Surroundings::Plain,
            pair: None,
            member: member.map(str::to_owned),
        };
        if self.hits.hits.len() < crate::hits::HITS_PER_CONTAINER_MAX {
            self.hits.hits.push(hit);
        } else {
            self.hits.dropped += 1;
        }
    }

    fn gap(&mut self, gap: MemberGap) {
        self.hits.gaps.push(gap);
    }
}

/// A keystore as something that was found: its digest stands for the keys in it.
fn keystore_match(engine: &Engine, store: &Keystore) -> Match {
    let rule = &KEYSTORE_FILE;
    let credential = "private_key_encrypted";
    let kept = if store.holds_key {
        "its structure says that a key is in it"
    } else {
        "what is in it is encrypted, too"
    };
    Match {
        rule_id: rule.id.to_owned(),
        title: format!("{} ({})", rule.title, store.kind),
        credential: credential.to_owned(),
        provider: "generic".to_owned(),
        // Keys are seldom hidden as a whole: what shows none holds certificates, as a rule.
        severity: if store.holds_key { rule.severity } else { tenure_model::Severity::Low },
        confidence: if store.holds_key { rule.confidence } else { tenure_model::Confidence::Low },
        fingerprint: engine.key().fingerprint(credential, &store.digest),
        masked: tenure_model::mask(&[], 0),
        reasons: vec![format!("begins like a {} store", store.kind), kept.to_owned()],
        name: None,
        login: None,
        pairs_with: Vec::new(),
        public: false,
        specific: false,
        vouched: false,
        imported: false,
        path_bound: false,
        drawn: true,
        needs: Needs::Nothing,
        traces: Vec::new(),
    }
}
