//! Judgements that identities have in common, held once: an export of a hundred thousand identities knows few of them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use tenure_model::{Identity, Readiness, Risk};

/// What was judged so far, by a hash of its words.
#[derive(Default)]
pub(crate) struct Alike {
    risks: HashMap<[u8; 32], Arc<Risk>>,
    readiness: HashMap<[u8; 32], Arc<Readiness>>,
}

impl Alike {
    /// The same identity, with judgements that it shares with those before it.
    pub(crate) fn share(&mut self, mut identity: Identity) -> Identity {
        share(&mut self.risks, &mut identity.risk);
        share(&mut self.readiness, &mut identity.readiness);
        identity
    }
}

fn share<T: Serialize>(known: &mut HashMap<[u8; 32], Arc<T>>, one: &mut Arc<T>) {
    let mut hasher = blake3::Hasher::new();
    serde_json::to_writer(&mut hasher, &**one).expect("what is judged holds only JSON values");
    one.clone_from(known.entry(*hasher.finalize().as_bytes()).or_insert_with(|| one.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_that_say_the_same_are_held_once_and_others_are_not() {
        let with = |score: u32| Identity {
            risk: Arc::new(Risk { score, ..Risk::default() }),
            ..Identity::default()
        };
        let mut alike = Alike::default();
        let [a, b, c] = [1, 1, 2].map(|score| alike.share(with(score)));
        assert!(Arc::ptr_eq(&a.risk, &b.risk) && !Arc::ptr_eq(&a.risk, &c.risk));
        assert_eq!((b.risk.score, c.risk.score), (1, 2));
        assert!(Arc::ptr_eq(&a.readiness, &c.readiness));
    }
}
