//! The hits of one path that speak, and which of them tell the same value.

use std::collections::HashMap;

use crate::engine::Engine;
use crate::hits::Hit;

/// Hits of one path by rule and value, in order of their first line; rules bound to other paths left out.
pub(crate) fn groups<'h>(hits: &'h [Hit], path: &str, engine: &Engine) -> Vec<Vec<&'h Hit>> {
    let mut order: Vec<Vec<&Hit>> = Vec::new();
    let mut index: HashMap<(Option<&str>, &str, &str), usize> = HashMap::new();
    let bound: Vec<&Hit> = hits
        .iter()
        .filter(|hit| hit.found.path_bound && engine.rule_applies(&hit.found.rule_id, &hit.path_in(path)))
        .collect();
    for hit in hits.iter().filter(|hit| hit.counts_at(path)) {
        let speaks = if hit.found.path_bound {
            // Of two that know as much of the same value, the one that knows it anywhere speaks.
            let same = |other: &Hit| other.spans(hit) && !other.found.imported;
            let knows = |other: &Hit| match other.found.confidence.cmp(&hit.found.confidence) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => same(other),
                std::cmp::Ordering::Less => false,
            };
            let sure = |other: &&Hit| !other.found.path_bound && knows(other);
            bound.iter().any(|other| std::ptr::eq(*other, hit))
                && !bound.iter().any(|other| is_told_by(hit, other))
                && !hits.iter().filter(sure).any(|other| other.found.specific && other.overlaps(hit))
        } else {
            // A format's own rule knows better than a generic one what the same bytes are.
            hit.found.specific || !bound.iter().any(|other| other.overlaps(hit))
        };
        if !speaks || (hit.found.imported && known_better(hit, hits, &bound)) {
            continue;
        }
        let key = (hit.member.as_deref(), hit.found.rule_id.as_str(), hit.found.fingerprint.0.as_str());
        let slot = *index.entry(key).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        order[slot].push(hit);
    }
    order
}

/// Whether another rule that speaks about this path knows better what the same bytes are; the first of two that know
/// as much does.
fn is_told_by(hit: &Hit, other: &Hit) -> bool {
    let worth = |hit: &Hit| (hit.found.standing(), hit.found.confidence);
    let better = || (worth(other), &hit.found.rule_id) > (worth(hit), &other.found.rule_id);
    hit.found.rule_id != other.found.rule_id && other.overlaps(hit) && better()
}

/// Whether a rule made for this program speaks about the bytes of an imported rule's hit.
fn known_better(hit: &Hit, hits: &[Hit], bound: &[&Hit]) -> bool {
    hits.iter()
        .filter(|other| other.found.standing() > hit.found.standing() && other.overlaps(hit))
        .any(|other| !other.found.path_bound || bound.iter().any(|speaks| std::ptr::eq(*speaks, other)))
}
