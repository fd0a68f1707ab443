//! What differs between two inventories: which identities are the same ones, and what is told of them now.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use tenure_model::{
    DIFFERENCE_SCHEMA_VERSION, FieldChange, Finding, FindingChange, FindingDifference, Grant, GrantChange,
    Identity, IdentityBrief, IdentityChange, IdentityDifference, InventoryDifference, InventoryState,
    NotCompared, OwnerChange,
};

use crate::scan::findings_of;
use crate::{IdentityQuery, Inventory, InventoryError, PAGE_ROWS_MAX};

/// Everything of one inventory that is compared.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Which inventory.
    pub state: InventoryState,
    /// Identities that are there, most risky first.
    pub identities: Vec<Identity>,
    /// Findings that are there.
    pub findings: Vec<Finding>,
    /// Ids that were merged away, each with the id that stayed.
    pub merged: BTreeMap<String, String>,
}

impl Inventory {
    /// Reads what is there now; `file` is what the user calls it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn snapshot(&self, file: &str) -> Result<Snapshot, InventoryError> {
        let mut query = IdentityQuery { limit: PAGE_ROWS_MAX, ..IdentityQuery::default() };
        let mut identities = Vec::new();
        loop {
            let page = self.identities(&query).await?.identities;
            query.offset += PAGE_ROWS_MAX;
            let done = page.len() < PAGE_ROWS_MAX as usize;
            identities.extend(page);
            if done {
                break;
            }
        }
        let rows = sqlx::query(
            "SELECT f.body, s.identity_id FROM finding f
             LEFT JOIN subject s ON s.kind = f.subject_kind AND s.key = f.subject_key WHERE f.gone_at IS NULL",
        )
        .fetch_all(self.reader())
        .await?;
        let findings = findings_of(&rows)?;
        let merged: Vec<(String, String)> = sqlx::query_as(
            "SELECT key, identity_id FROM subject WHERE kind = 'identity' AND key <> identity_id",
        )
        .fetch_all(self.reader())
        .await?;
        let key_id =
            sqlx::query_scalar("SELECT key_id FROM installation").fetch_optional(self.reader()).await?;
        let scan = self.latest_scan().await?;
        let state = InventoryState {
            file: file.to_owned(),
            key_id,
            scanned_at: scan.as_ref().and_then(|scan| scan.finished_at),
            complete: scan.as_ref().is_some_and(|scan| scan.complete),
            roots: scan.map(|scan| scan.roots).unwrap_or_default(),
            identities: identities.len() as u64,
            findings: findings.len() as u64,
        };
        Ok(Snapshot { state, identities, findings, merged: merged.into_iter().collect() })
    }
}

/// Compares two inventories.
pub fn difference(before: &Snapshot, after: &Snapshot) -> InventoryDifference {
    // An inventory that was never filled has no key, and nothing that could be compared wrongly.
    let key = |snapshot: &Snapshot| snapshot.state.key_id.clone();
    let same_key = key(before).is_none() || key(after).is_none() || key(before) == key(after);
    let mut not_compared = NotCompared::default();
    let pairs = pairs(before, after);
    let identities = identities(before, after, &pairs, same_key, &mut not_compared);
    let findings = findings(before, after, &pairs, same_key, &mut not_compared);
    InventoryDifference {
        schema_version: DIFFERENCE_SCHEMA_VERSION.to_owned(),
        before: before.state.clone(),
        after: after.state.clone(),
        same_key,
        not_compared,
        identities,
        findings,
        owners: owners(&before.identities, &after.identities),
    }
}

fn identities(
    before: &Snapshot,
    after: &Snapshot,
    pairs: &[(usize, usize)],
    same_key: bool,
    left_out: &mut NotCompared,
) -> IdentityDifference {
    let mut difference = IdentityDifference::default();
    let old: HashMap<usize, usize> = pairs.iter().map(|&(old, new)| (new, old)).collect();
    let paired: HashSet<usize> = pairs.iter().map(|&(old, _)| old).collect();
    for (index, identity) in after.identities.iter().enumerate() {
        match old.get(&index) {
            Some(&old) => difference.changed.extend(change(&before.identities[old], identity)),
            None if !same_key && is_known_by_value(identity) => left_out.identities_after += 1,
            None => difference.appeared.push(identity.into()),
        }
    }
    let alone = before.identities.iter().enumerate().filter(|(index, _)| !paired.contains(index));
    for (_, identity) in alone {
        if !same_key && is_known_by_value(identity) {
            left_out.identities_before += 1;
            continue;
        }
        let merged_into = after.merged.get(&identity.id).cloned();
        difference.vanished.push(IdentityBrief { merged_into, ..identity.into() });
    }
    difference
}

/// Whether nothing but a value's fingerprint says which identity it is.
fn is_known_by_value(identity: &Identity) -> bool {
    identity.native_id.is_none() && identity.credentials.iter().any(|held| held.fingerprint.is_some())
}

/// Under which name an identity may be the same one.
type Known<'f> = &'f dyn Fn(&Identity) -> Option<String>;

/// Which identity of one inventory is which of the other: by id, then by the platform's own id, then by name, where only
/// one on either side bears it.
fn pairs(before: &Snapshot, after: &Snapshot) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut old_free, mut new_free): (BTreeSet<usize>, BTreeSet<usize>) =
        ((0..before.identities.len()).collect(), (0..after.identities.len()).collect());
    let ways: [Known<'_>; 4] = [
        &|identity| Some(identity.id.clone()),
        // An id that was merged away is known under the one that stayed.
        &|identity| Some(after.merged.get(&identity.id).unwrap_or(&identity.id).clone()),
        &|identity| {
            Some(format!("{}\n{}\n{}", identity.provider, identity.kind, identity.native_id.as_deref()?))
        },
        &|identity| {
            let is_mask = identity.name.ends_with("****");
            (!is_mask).then(|| format!("{}\n{}\n{}", identity.provider, identity.kind, identity.name))
        },
    ];
    for way in ways {
        let new = unmistakable(&after.identities, &new_free, way);
        for (name, old) in unmistakable(&before.identities, &old_free, way) {
            if let Some(&new) = new.get(&name) {
                pairs.push((old, new));
                old_free.remove(&old);
                new_free.remove(&new);
            }
        }
    }
    pairs
}

/// The identities that are not paired yet, by a name that only one of them has.
fn unmistakable(identities: &[Identity], free: &BTreeSet<usize>, way: Known<'_>) -> BTreeMap<String, usize> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &index in free {
        if let Some(name) = way(&identities[index]) {
            by_name.entry(name).or_default().push(index);
        }
    }
    let only = |(name, indexes): (String, Vec<usize>)| (indexes.len() == 1).then(|| (name, indexes[0]));
    by_name.into_iter().filter_map(only).collect()
}

/// What is told differently of one identity; `None` when nothing is.
fn change(before: &Identity, after: &Identity) -> Option<IdentityChange> {
    let score = |score: u32, band: &str| Some(format!("{score} {band}"));
    let credentials = |identity: &Identity| {
        let mut told: Vec<String> = identity
            .credentials
            .iter()
            .map(|held| format!("{} {}", held.masked.as_deref().unwrap_or(&held.kind), word(&held.state)))
            .collect();
        told.sort_unstable();
        (!told.is_empty()).then(|| told.join(", "))
    };
    let consumers = |identity: &Identity| {
        let of = |user: &tenure_model::Consumer| {
            format!("{} {}", user.path, user.job.as_deref().unwrap_or(&user.kind))
        };
        let told: BTreeSet<String> = identity.consumers.iter().map(of).collect();
        (!told.is_empty()).then(|| told.into_iter().collect::<Vec<_>>().join(", "))
    };
    let fields = [
        ("name", Some(before.name.clone()), Some(after.name.clone())),
        ("kind", Some(before.kind.clone()), Some(after.kind.clone())),
        ("native_id", before.native_id.clone(), after.native_id.clone()),
        ("purpose", before.purpose.clone(), after.purpose.clone()),
        ("owner", before.owner.name.clone(), after.owner.name.clone()),
        ("owner_state", Some(word(&before.owner.state)), Some(word(&after.owner.state))),
        ("privilege", Some(word(&before.privilege.level)), Some(word(&after.privilege.level))),
        ("administrator", Some(word(&before.privilege.admin)), Some(word(&after.privilege.admin))),
        ("credentials", credentials(before), credentials(after)),
        ("used_by", consumers(before), consumers(after)),
        (
            "risk",
            score(before.risk.score, before.risk.band.word()),
            score(after.risk.score, after.risk.band.word()),
        ),
        (
            "readiness",
            score(before.readiness.score, before.readiness.band.word()),
            score(after.readiness.score, after.readiness.band.word()),
        ),
    ];
    let fields = changed(fields);
    let (grants_appeared, grants_vanished, grants_changed) = grants(&before.grants, &after.grants);
    let is_same = fields.is_empty()
        && grants_appeared.is_empty()
        && grants_vanished.is_empty()
        && grants_changed.is_empty();
    (!is_same).then(|| IdentityChange {
        identity: after.into(),
        before_id: before.id.clone(),
        fields,
        grants_appeared,
        grants_vanished,
        grants_changed,
    })
}

fn changed<const N: usize>(fields: [(&str, Option<String>, Option<String>); N]) -> Vec<FieldChange> {
    let other = |(field, before, after): (&str, Option<String>, Option<String>)| {
        (before != after).then(|| FieldChange { field: field.to_owned(), before, after })
    };
    fields.into_iter().filter_map(other).collect()
}

/// Grants by target and source; what has both on either side only gained or lost actions.
fn grants(before: &[Grant], after: &[Grant]) -> (Vec<Grant>, Vec<Grant>, Vec<GrantChange>) {
    fn by_place(grants: &[Grant]) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
        let mut all: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for grant in grants {
            let actions = all.entry((&grant.target, &grant.scope)).or_default();
            actions.extend(grant.actions.iter().map(String::as_str));
        }
        all
    }
    fn only_in(
        one: &BTreeMap<(&str, &str), BTreeSet<&str>>,
        other: &BTreeMap<(&str, &str), BTreeSet<&str>>,
    ) -> Vec<Grant> {
        one.iter()
            .filter(|(place, _)| !other.contains_key(*place))
            .map(|((target, scope), actions)| Grant {
                target: (*target).to_owned(),
                actions: actions.iter().map(|&action| action.to_owned()).collect(),
                scope: (*scope).to_owned(),
            })
            .collect()
    }
    let (old, new) = (by_place(before), by_place(after));
    let less = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| -> Vec<String> {
        one.difference(other).map(|&action| action.to_owned()).collect()
    };
    let changed = new.iter().filter_map(|(place, actions)| {
        let was = old.get(place)?;
        let (gained, lost) = (less(actions, was), less(was, actions));
        (!gained.is_empty() || !lost.is_empty()).then(|| GrantChange {
            target: place.0.to_owned(),
            scope: place.1.to_owned(),
            gained,
            lost,
        })
    });
    (only_in(&new, &old), only_in(&old, &new), changed.collect())
}

/// Findings by id. One id in several roots is several copies of one folder: a root with another name is the same copy. What
/// has no twin by id may have one by rule, path and identity.
fn findings(
    before: &Snapshot,
    after: &Snapshot,
    pairs: &[(usize, usize)],
    same_key: bool,
    left_out: &mut NotCompared,
) -> FindingDifference {
    let mut difference = FindingDifference::default();
    let here = |finding: &Finding| vec![finding.id.clone(), finding.place.root.clone()];
    let anywhere = |finding: &Finding| vec![finding.id.clone()];
    let now: HashMap<&str, &str> = pairs
        .iter()
        .map(|&(old, new)| (before.identities[old].id.as_str(), after.identities[new].id.as_str()))
        .collect();
    let about = |finding: &Finding, id: Option<&str>| match id {
        Some(id) => vec![finding.rule_id.clone(), finding.place.path.clone(), id.to_owned()],
        None => here(finding),
    };
    let about_then = |finding: &Finding| {
        about(finding, finding.identity_id.as_deref().and_then(|id| now.get(id).copied()))
    };
    let about_now = |finding: &Finding| about(finding, finding.identity_id.as_deref());
    let (old, new) = (before.findings.iter().collect::<Vec<_>>(), after.findings.iter().collect::<Vec<_>>());
    let (old, new) = twins(&old, &new, [&here, &here], &mut difference.changed);
    let (old, new) = twins(&old, &new, [&anywhere, &anywhere], &mut difference.changed);
    let (old, new) = twins(&old, &new, [&about_then, &about_now], &mut difference.changed);
    let uncertain = |snapshot: &Snapshot| -> HashSet<String> {
        let known = snapshot.identities.iter().filter(|identity| is_known_by_value(identity));
        known.map(|identity| identity.id.clone()).collect()
    };
    let (old_values, new_values) = (uncertain(before), uncertain(after));
    let counts = |finding: &Finding, values: &HashSet<String>| {
        let by_value = finding.fingerprint.is_some()
            || finding.identity_id.as_ref().is_some_and(|id| values.contains(id));
        same_key || !by_value
    };
    let split = |all: Vec<&Finding>, values: &HashSet<String>| {
        let all: Vec<Finding> = all.into_iter().cloned().collect();
        let (told, uncertain): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|finding| counts(finding, values));
        (told, uncertain.len() as u64)
    };
    (difference.vanished, left_out.findings_before) = split(old, &old_values);
    (difference.appeared, left_out.findings_after) = split(new, &new_values);
    difference.appeared.sort_by_cached_key(worst_first);
    difference.vanished.sort_by_cached_key(worst_first);
    difference.changed.sort_by_cached_key(|change| worst_first(&change.finding));
    difference
}

/// How a finding is called on one side of a comparison.
type Called<'f> = &'f dyn Fn(&Finding) -> Vec<String>;

/// Takes out what is called alike on both sides, and notes what is said differently of it; gives what is left.
fn twins<'a>(
    old: &[&'a Finding],
    new: &[&'a Finding],
    [then, now]: [Called<'_>; 2],
    changed: &mut Vec<FindingChange>,
) -> (Vec<&'a Finding>, Vec<&'a Finding>) {
    let mut free: BTreeMap<Vec<String>, Vec<&'a Finding>> = BTreeMap::new();
    // From the back, so that the first of several twins is taken first.
    for finding in old.iter().rev() {
        free.entry(then(finding)).or_default().push(finding);
    }
    let mut fresh = Vec::new();
    for &finding in new {
        match free.get_mut(&now(finding)).and_then(Vec::pop) {
            Some(twin) => changed.extend(finding_change(twin, finding)),
            None => fresh.push(finding),
        }
    }
    (free.into_values().flatten().collect(), fresh)
}

/// The order of findings for people.
fn worst_first(finding: &Finding) -> impl Ord + use<> {
    let place = &finding.place;
    let at = (place.root.clone(), place.path.clone(), place.start_line);
    (std::cmp::Reverse(finding.severity), at, finding.id.clone())
}

fn finding_change(before: &Finding, after: &Finding) -> Option<FindingChange> {
    let fields = changed([
        ("severity", Some(word(&before.severity)), Some(word(&after.severity))),
        ("confidence", Some(word(&before.confidence)), Some(word(&after.confidence))),
        ("fate", Some(word(&before.fate)), Some(word(&after.fate))),
        ("title", Some(before.title.clone()), Some(after.title.clone())),
        ("suppressed", before.suppressed.clone(), after.suppressed.clone()),
    ]);
    (!fields.is_empty()).then(|| FindingChange { finding: after.clone(), fields })
}

fn owners(before: &[Identity], after: &[Identity]) -> Vec<OwnerChange> {
    let mut numbers: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for identity in before {
        numbers.entry(identity.owner.name.as_deref()).or_default().0 += 1;
    }
    for identity in after {
        numbers.entry(identity.owner.name.as_deref()).or_default().1 += 1;
    }
    let other = |(owner, (before, after)): (Option<&str>, (u64, u64))| {
        (before != after).then(|| OwnerChange { owner: owner.map(str::to_owned), before, after })
    };
    numbers.into_iter().filter_map(other).collect()
}

/// The word that reports use for one of a list.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use tenure_model::{Credential, Fingerprint, Owner};

    use super::*;

    fn identity(id: &str, name: &str, owner: Option<&str>) -> Identity {
        Identity {
            id: id.to_owned(),
            kind: "github_actions_secret".to_owned(),
            name: name.to_owned(),
            provider: "github".to_owned(),
            owner: Owner { name: owner.map(str::to_owned), ..Owner::default() },
            ..Identity::default()
        }
    }

    fn snapshot(key: &str, identities: Vec<Identity>) -> Snapshot {
        let state = InventoryState { key_id: Some(key.to_owned()), ..InventoryState::default() };
        Snapshot { state, identities, ..Snapshot::default() }
    }

    fn grant(target: &str, actions: &[&str]) -> Grant {
        Grant {
            target: target.to_owned(),
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            scope: "inline policy deploy".to_owned(),
        }
    }

    #[test]
    fn the_same_inventory_differs_in_nothing() {
        let one = snapshot("k", vec![identity("i_1", "TOKEN", None), identity("i_2", "TOKEN", Some("@a/b"))]);
        let same = difference(&one, &one);
        assert_eq!((same.identities, same.owners), (IdentityDifference::default(), vec![]));
    }

    #[test]
    fn what_one_inventory_calls_otherwise_is_the_same_by_its_name_only_if_nobody_else_bears_it() {
        let before = snapshot("k", vec![identity("i_1", "DEPLOY", None), identity("i_2", "TOKEN", None)]);
        let after = snapshot(
            "k",
            vec![
                identity("i_8", "DEPLOY", Some("@a/b")),
                identity("i_9", "TOKEN", None),
                identity("i_7", "TOKEN", None),
            ],
        );
        let told = difference(&before, &after);
        assert_eq!(told.identities.changed.len(), 1);
        assert_eq!(told.identities.changed[0].before_id, "i_1");
        assert_eq!(told.identities.changed[0].fields[0].field, "owner");
        assert_eq!(told.identities.appeared.len(), 2, "two bear the name");
        assert_eq!(told.identities.vanished.len(), 1);
        let owner = OwnerChange { owner: Some("@a/b".to_owned()), before: 0, after: 1 };
        assert_eq!(told.owners, [owner], "as many belong to nobody as before");
    }

    #[test]
    fn what_only_a_value_tells_apart_is_not_compared_under_two_keys() {
        let mut held = identity("i_1", "ghp_****", None);
        held.credentials =
            vec![Credential { fingerprint: Some(Fingerprint("aa".to_owned())), ..Credential::default() }];
        let other = Identity { id: "i_2".to_owned(), ..held.clone() };
        let told = difference(&snapshot("k", vec![held]), &snapshot("other", vec![other]));
        assert!(!told.same_key && told.identities.appeared.is_empty() && told.identities.vanished.is_empty());
        assert_eq!((told.not_compared.identities_before, told.not_compared.identities_after), (1, 1));
    }

    #[test]
    fn an_identity_that_became_part_of_another_says_of_which() {
        let before = snapshot("k", vec![identity("i_1", "ONE", None), identity("i_2", "TWO", None)]);
        let mut after = snapshot("k", vec![identity("i_1", "ONE", None)]);
        after.merged.insert("i_2".to_owned(), "i_1".to_owned());
        let told = difference(&before, &after);
        assert_eq!(told.identities.vanished[0].merged_into.as_deref(), Some("i_1"));
    }

    #[test]
    fn grants_are_told_by_what_they_reach() {
        let old = [grant("arn:aws:s3:::a", &["s3:GetObject"]), grant("arn:aws:s3:::b", &["s3:*"])];
        let new = [grant("arn:aws:s3:::a", &["s3:PutObject", "s3:GetObject"]), grant("*", &["*"])];
        let (appeared, vanished, changed) = grants(&old, &new);
        assert_eq!((appeared[0].target.as_str(), vanished[0].target.as_str()), ("*", "arn:aws:s3:::b"));
        assert_eq!(
            (changed[0].gained.as_slice(), changed[0].lost.len()),
            (&["s3:PutObject".to_owned()][..], 0)
        );
    }
}
