//! Who knows values: what kind of credential one is, and under which fingerprint other files know it.

use std::ops::Range;

use tenure_model::{Fingerprint, FingerprintKey};

use crate::engine::{Candidate, Engine};

/// Most bytes around a value that are looked at to tell what it is.
const CONTEXT_BYTES_MAX: usize = 64 << 10;

/// What a value is, without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Kind, a key of `rules/credentials.toml`.
    pub credential: String,
    /// Platform.
    pub provider: String,
    /// Under which every file of this scan knows it.
    pub fingerprint: Fingerprint,
    /// For people.
    pub masked: String,
    /// A public identifier, which proves nothing alone.
    pub public: bool,
}

/// Somebody who knows values. The detection engine does; a mere key recognises none.
pub trait Recogniser: Sync {
    /// The key of all fingerprints.
    fn key(&self) -> &FingerprintKey;
    /// What `value` is, told by itself and by the text around it, in which it stands as it is.
    fn recognise(&self, context: &str, value: &str) -> Option<Recognised>;
    /// What the one value in `context` is; none when there are several or none.
    fn only_one(&self, context: &str) -> Option<Recognised>;
    /// Where the one value in `context` stands.
    fn span_of_one(&self, context: &str) -> Option<Range<usize>>;
}

impl Recogniser for FingerprintKey {
    fn key(&self) -> &FingerprintKey {
        self
    }

    fn recognise(&self, _: &str, _: &str) -> Option<Recognised> {
        None
    }

    fn only_one(&self, _: &str) -> Option<Recognised> {
        None
    }

    fn span_of_one(&self, _: &str) -> Option<Range<usize>> {
        None
    }
}

impl Recogniser for Engine {
    fn key(&self) -> &FingerprintKey {
        self.key()
    }

    fn recognise(&self, context: &str, value: &str) -> Option<Recognised> {
        if context.len() > CONTEXT_BYTES_MAX {
            return None;
        }
        let candidates = self.scan(context.as_bytes());
        let same = candidates.iter().filter(|c| context.get(c.start as usize..c.end as usize) == Some(value));
        // A vendor's rule knows better than a generic one what the same bytes are.
        same.max_by_key(|candidate| candidate.found.standing()).map(|candidate| told(&candidate.found))
    }

    fn only_one(&self, context: &str) -> Option<Recognised> {
        one(self, context).map(|candidate| told(&candidate.found))
    }

    fn span_of_one(&self, context: &str) -> Option<Range<usize>> {
        one(self, context).map(|candidate| candidate.start as usize..candidate.end as usize)
    }
}

fn one(engine: &Engine, context: &str) -> Option<Candidate> {
    if context.len() > CONTEXT_BYTES_MAX {
        return None;
    }
    let candidates = engine.scan(context.as_bytes());
    let best = candidates.iter().max_by_key(|candidate| candidate.found.standing())?;
    let others = candidates.iter().any(|c| c.end <= best.start || c.start >= best.end);
    (!others).then(|| best.clone())
}

fn told(found: &crate::engine::Match) -> Recognised {
    Recognised {
        credential: found.credential.clone(),
        provider: found.provider.clone(),
        fingerprint: found.fingerprint.clone(),
        masked: found.masked.clone(),
        public: found.public,
    }
}
