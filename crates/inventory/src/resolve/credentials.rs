//! One row per credential, completed from every statement about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use tenure_model::{Credential, CredentialState, EvidenceSource, Fingerprint, Quality, Timestamp};

/// Two exports write the same instant at most this far apart.
const SAME_INSTANT: SignedDuration = SignedDuration::from_secs(2);

/// One statement about a credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'a> {
    pub(super) credential: &'a Credential,
    pub(super) source: &'a EvidenceSource,
    pub(super) quality: Quality,
}

/// Merges statements, best first: by fingerprint, and a slot of a report that names no key (AWS's credential
/// report) with the key that was made at the same time.
pub(super) fn merge(statements: &[Statement<'_>], copies: &BTreeMap<&Fingerprint, u32>) -> Vec<Credential> {
    // A job that names a secret says that there is a credential of some kind, and no more: whoever knows more of one
    // of that kind speaks of the same.
    let told: BTreeSet<&str> = statements
        .iter()
        .filter(|s| !says_nothing(s.credential))
        .map(|s| s.credential.kind.as_str())
        .collect();
    let statements = statements
        .iter()
        .filter(|s| !says_nothing(s.credential) || !told.contains(s.credential.kind.as_str()));
    let mut keyed: BTreeMap<&Fingerprint, Vec<Statement<'_>>> = BTreeMap::new();
    let mut slots: Vec<Vec<Statement<'_>>> = Vec::new();
    for statement in statements {
        match &statement.credential.fingerprint {
            Some(fingerprint) => keyed.entry(fingerprint).or_default().push(*statement),
            None => join_slot(&mut slots, *statement),
        }
    }
    let mut all: Vec<Vec<Statement<'_>>> = keyed.into_values().collect();
    let keys = all.len();
    let mut has_slot = vec![false; keys];
    for slot in slots {
        let same = (0..keys)
            .filter(|&key| !has_slot[key])
            .filter_map(|key| Some((distance(&all[key], &slot)?, key)));
        match same.min() {
            Some((_, key)) => {
                has_slot[key] = true;
                all[key].extend(slot);
            }
            None => all.push(slot),
        }
    }
    let mut merged: Vec<Credential> = all.iter().map(|group| complete(group, copies)).collect();
    let order = |c: &Credential| {
        (c.kind.clone(), c.fingerprint.clone(), c.created_at, c.last_rotated_at, c.last_used_at)
    };
    merged.sort_by_cached_key(order);
    merged.dedup();
    merged
}

/// Whether nothing is known of a credential but its kind.
fn says_nothing(credential: &Credential) -> bool {
    *credential == Credential { kind: credential.kind.clone(), ..Credential::default() }
}

/// Two slots of one file are two credentials, however alike; slots of two files may be the same one.
fn join_slot<'a>(slots: &mut Vec<Vec<Statement<'a>>>, statement: Statement<'a>) {
    let file = |s: &Statement<'a>| (s.source.root.as_str(), s.source.path.as_str());
    let same = slots.iter_mut().find(|slot| {
        slot.iter().all(|other| file(other) != file(&statement)) && distance(slot, &[statement]).is_some()
    });
    match same {
        Some(slot) => slot.push(statement),
        None => slots.push(vec![statement]),
    }
}

/// How far apart two credentials of one kind were made or rotated, when that is near enough to be the same.
fn distance(one: &[Statement<'_>], other: &[Statement<'_>]) -> Option<SignedDuration> {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a.credential, b.credential)));
    pairs
        .filter(|(a, b)| a.kind == b.kind)
        .flat_map(|(a, b)| births(a).flat_map(move |x| births(b).map(move |y| x.duration_since(y).abs())))
        .min()
        .filter(|apart| *apart <= SAME_INSTANT)
}

fn births(credential: &Credential) -> impl Iterator<Item = Timestamp> {
    [credential.created_at, credential.last_rotated_at].into_iter().flatten()
}

/// The best statement that says anything wins; between equals, the one that means more risk.
fn complete(group: &[Statement<'_>], copies: &BTreeMap<&Fingerprint, u32>) -> Credential {
    let best = |pick: fn(&Credential) -> Option<Timestamp>| {
        group
            .iter()
            .filter_map(|s| Some((s.quality, pick(s.credential)?)))
            .max_by_key(|(quality, _)| *quality)
    };
    let at_best = |pick: fn(&Credential) -> Option<Timestamp>| {
        let (top, _) = best(pick)?;
        Some(group.iter().filter(move |s| s.quality == top).filter_map(move |s| pick(s.credential)))
    };
    let latest =
        |pick: fn(&Credential) -> Option<Timestamp>| group.iter().filter_map(|s| pick(s.credential)).max();
    let first = &group[0];
    let fingerprint = group.iter().find_map(|s| s.credential.fingerprint.clone());
    let expires_at = at_best(|c| c.expires_at).and_then(Iterator::max);
    let last_used_at = latest(|c| c.last_used_at);
    Credential {
        kind: first.credential.kind.clone(),
        masked: group.iter().find_map(|s| s.credential.masked.clone()),
        created_at: at_best(|c| c.created_at).and_then(Iterator::min),
        expires_at,
        never_expires: expires_at.is_none() && group.iter().any(|s| s.credential.never_expires),
        last_used_at,
        never_used: last_used_at.is_none() && group.iter().any(|s| s.credential.never_used),
        last_rotated_at: latest(|c| c.last_rotated_at),
        state: state(group),
        copies: fingerprint.as_ref().and_then(|f| copies.get(f)).copied().unwrap_or(0),
        fingerprint,
    }
}

/// What the best authority says; when two equal ones differ, it is still usable.
fn state(group: &[Statement<'_>]) -> CredentialState {
    let said = || group.iter().filter(|s| s.credential.state != CredentialState::Unknown);
    let Some(top) = said().map(|s| s.quality).max() else { return CredentialState::Unknown };
    let words = said().filter(|s| s.quality == top).map(|s| s.credential.state);
    words.min().expect("the top was taken from one of them") // Active comes first.
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    fn source(path: &str) -> EvidenceSource {
        EvidenceSource { root: "r".into(), path: path.into(), line: None, commit: None, reader: "t".into() }
    }

    fn key(fingerprint: Option<&str>) -> Credential {
        Credential {
            kind: "aws_access_key".into(),
            fingerprint: fingerprint.map(|f| Fingerprint(f.into())),
            ..Credential::default()
        }
    }

    fn merged(statements: &[(Credential, &EvidenceSource, Quality)]) -> Vec<Credential> {
        let statements: Vec<_> = statements
            .iter()
            .map(|(credential, source, quality)| Statement { credential, source, quality: *quality })
            .collect();
        merge(&statements, &BTreeMap::new())
    }

    #[test]
    fn a_report_slot_meets_the_key_that_was_made_with_it() {
        let (listed, report) = (source("keys.json"), source("report.csv"));
        let known = Credential { created_at: at("2024-03-01T10:00:01Z"), ..key(Some("aa")) };
        let slot = Credential {
            last_rotated_at: at("2024-03-01T10:00:00Z"),
            last_used_at: at("2025-01-01T00:00:00Z"),
            state: CredentialState::Active,
            ..key(None)
        };
        let later = Credential { last_rotated_at: at("2024-03-01T10:00:09Z"), ..key(None) };
        let all = merged(&[
            (known, &listed, Quality::Authoritative),
            (slot, &report, Quality::Authoritative),
            (later, &report, Quality::Authoritative),
        ]);
        assert_eq!(all.len(), 2, "{all:?}");
        let whole = all.iter().find(|c| c.fingerprint.is_some()).unwrap();
        assert_eq!((whole.state, whole.last_used_at), (CredentialState::Active, at("2025-01-01T00:00:00Z")));
    }

    #[test]
    fn a_name_in_a_job_adds_no_credential_to_one_that_is_known() {
        let (job, listed) = (source("deploy.yml"), source("secrets.json"));
        let dated = Credential { last_rotated_at: at("2024-03-01T10:00:00Z"), ..key(None) };
        let all = merged(&[(dated, &listed, Quality::Authoritative), (key(None), &job, Quality::Config)]);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(merged(&[(key(None), &job, Quality::Config)]).len(), 1, "alone it counts");
    }

    #[test]
    fn two_slots_of_one_report_stay_two_keys() {
        let report = source("report.csv");
        let slot = |used| Credential {
            last_rotated_at: at("2024-03-01T10:00:00Z"),
            last_used_at: used,
            ..key(None)
        };
        let all = merged(&[
            (slot(None), &report, Quality::Authoritative),
            (slot(at("2025-01-01T00:00:00Z")), &report, Quality::Authoritative),
        ]);
        assert_eq!(all.len(), 2, "{all:?}");
    }

    #[test]
    fn a_key_is_inactive_only_when_the_best_authority_says_so_and_no_equal_denies_it() {
        let (one, two) = (source("a"), source("b"));
        let says = |state| Credential { state, ..key(Some("aa")) };
        let (on, off, dark) = (CredentialState::Active, CredentialState::Inactive, CredentialState::Unknown);
        let both = [(says(off), &one, Quality::Authoritative), (says(on), &two, Quality::Authoritative)];
        assert_eq!(merged(&both)[0].state, on);
        let better = [(says(off), &one, Quality::Authoritative), (says(on), &two, Quality::Heuristic)];
        assert_eq!(merged(&better)[0].state, off);
        let only = [(says(dark), &one, Quality::Authoritative), (says(on), &two, Quality::Heuristic)];
        assert_eq!(merged(&only)[0].state, on);
    }

    #[test]
    fn never_used_gives_way_to_a_recorded_use() {
        let (one, two) = (source("a"), source("b"));
        let never = Credential { never_used: true, ..key(Some("aa")) };
        let used = Credential { last_used_at: at("2025-01-01T00:00:00Z"), ..key(Some("aa")) };
        let all = merged(&[(never, &one, Quality::Authoritative), (used, &two, Quality::Authoritative)]);
        assert!(!all[0].never_used && all[0].last_used_at.is_some());
    }
}
