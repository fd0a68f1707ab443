//! Who answers for an identity: claims from every source, and the one verdict that they allow. Pure.
//!
//! Every claim is kept, with the file and line that makes it; a verdict without its basis is a rumour.

mod codeowners;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use codeowners::Codeowners;

use jiff::SignedDuration;
use tenure_model::{Authorship, Owner, OwnerClaim, OwnerState, Timestamp};

/// A line of CODEOWNERS that names the path.
const CODEOWNERS_SPECIFIC: f64 = 0.8;
/// A line of CODEOWNERS for whatever nobody else named.
const CODEOWNERS_FALLBACK: f64 = 0.4;
/// Full authorship; a share of it counts in proportion.
const AUTHORSHIP: f64 = 0.5;
/// From this share on, one author made the file what it is.
const DOMINANT_SHARE: f64 = 0.6;
/// An author without a commit for longer than this, before the repository's newest, has left it.
const ACTIVE_DAYS: i64 = 180;
/// Two sources that agree are worth this much more …
const AGREEMENT: f64 = 0.05;
/// … up to this: only a person is sure.
const AGREEMENT_MAX: f64 = 0.99;
/// A weaker claim contests nothing: a fallback speaks only where nobody else does.
const CONTESTS_FROM: f64 = 0.5;
/// Claims kept per identity, strongest first.
const CLAIMS_MAX: usize = 50;
/// Files looked at per identity: a value copied into ten thousand files does not need ten thousand claims.
pub(crate) const FILES_MAX: usize = 200;

/// The source of a claim that a file of owners makes.
const SOURCE_CODEOWNERS: &str = "codeowners";
/// The source of a claim that the history makes.
const SOURCE_AUTHORSHIP: &str = "authorship";
/// The source of a claim that a person made in Tenure.
const SOURCE_PERSON: &str = "person";
/// The value of a claim that takes ownership away.
const NOBODY: &str = "(nobody)";

/// A file: root, and path below it.
pub(crate) type FileRef = (String, String);

/// What a person decided about an owner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    pub(crate) owner: String,
    pub(crate) said_by: String,
}

/// Claims about `files` out of CODEOWNERS; `rules` holds the files of owners of each root.
pub(crate) fn codeowners_claims(
    files: &BTreeSet<FileRef>,
    rules: &BTreeMap<String, Vec<Codeowners>>,
) -> Vec<OwnerClaim> {
    let mut claims = Vec::new();
    for (root, path) in files {
        let of_root = rules.get(root).map_or(&[][..], Vec::as_slice);
        // A repository inside another speaks for itself.
        let nearest = of_root.iter().filter(|c| path.starts_with(c.base())).max_by_key(|c| c.base().len());
        let Some((rule, fallback)) = nearest.and_then(|c| c.rule_for(path)) else { continue };
        let claim = |value: &str, confidence| OwnerClaim {
            source: SOURCE_CODEOWNERS.to_owned(),
            path: rule.path.clone(),
            line: Some(rule.line),
            value: value.to_owned(),
            confidence,
            inactive: false,
        };
        if rule.owners.is_empty() {
            claims.push(claim(NOBODY, 0.0));
        }
        let confidence = if fallback { CODEOWNERS_FALLBACK } else { CODEOWNERS_SPECIFIC };
        claims.extend(rule.owners.iter().map(|owner| claim(owner, confidence)));
    }
    claims
}

/// Claims out of who wrote each file. One author must have made most of it; when everybody who did has left, that
/// is a claim too, of somebody who is gone.
pub(crate) fn authorship_claims<'a>(
    authorships: impl IntoIterator<Item = &'a Authorship>,
) -> Vec<OwnerClaim> {
    let mut by_file: BTreeMap<(&str, &str), Vec<&Authorship>> = BTreeMap::new();
    for authorship in authorships {
        by_file.entry((&authorship.root, &authorship.path)).or_default().push(authorship);
    }
    let claim_of_file = |authors: Vec<&Authorship>| {
        let first = authors
            .iter()
            .min_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.author.cmp(&b.author)))?;
        let all_left = authors.iter().all(|a| has_left(a.last_seen_at, a.newest_commit_at));
        if first.share < DOMINANT_SHARE && !all_left {
            return None;
        }
        Some(OwnerClaim {
            source: SOURCE_AUTHORSHIP.to_owned(),
            path: first.path.clone(),
            line: None,
            value: first.author.clone(),
            confidence: AUTHORSHIP * first.share.clamp(0.0, 1.0),
            inactive: has_left(first.last_seen_at, first.newest_commit_at),
        })
    };
    by_file.into_values().filter_map(claim_of_file).collect()
}

fn has_left(last_seen: Timestamp, newest: Timestamp) -> bool {
    newest.duration_since(last_seen) > SignedDuration::from_hours(ACTIVE_DAYS * 24)
}

/// The verdict over all claims and what a person decided.
pub(crate) fn combine(mut claims: Vec<OwnerClaim>, decision: Option<&Decision>) -> Owner {
    claims.retain(|claim| claim.source != SOURCE_PERSON); // Decisions are kept apart; the newest one is added below.
    mark_leavers(&mut claims);
    let order = |c: &OwnerClaim| {
        (c.inactive, !is_team(&c.value), c.source.clone(), c.path.clone(), c.line, c.value.clone())
    };
    claims.sort_by(|a, b| {
        a.inactive
            .cmp(&b.inactive)
            .then(b.confidence.total_cmp(&a.confidence))
            .then_with(|| order(a).cmp(&order(b)))
    });
    claims.dedup_by(|a, b| (&a.source, &a.path, a.line, &a.value) == (&b.source, &b.path, b.line, &b.value));
    let mut owner = verdict(&claims);
    if let Some(decision) = decision {
        owner = Owner {
            state: OwnerState::Confirmed,
            name: Some(decision.owner.clone()),
            confidence: 1.0,
            basis: Vec::new(),
        };
        let said = OwnerClaim {
            source: SOURCE_PERSON.to_owned(),
            path: decision.said_by.clone(),
            line: None,
            value: decision.owner.clone(),
            confidence: 1.0,
            inactive: false,
        };
        claims.insert(0, said);
    }
    claims.truncate(CLAIMS_MAX);
    owner.basis = claims;
    owner
}

/// A mail address that a file of owners names has left when its author has.
fn mark_leavers(claims: &mut [OwnerClaim]) {
    let mails = |inactive: bool, claims: &[OwnerClaim]| -> BTreeSet<String> {
        let authors = claims.iter().filter(|c| c.source == SOURCE_AUTHORSHIP && c.inactive == inactive);
        authors.map(|c| same_name(&c.value)).collect()
    };
    let (left, here) = (mails(true, claims), mails(false, claims));
    for claim in claims.iter_mut().filter(|c| c.source != SOURCE_AUTHORSHIP) {
        let name = same_name(&claim.value);
        claim.inactive |= left.contains(&name) && !here.contains(&name);
    }
}

/// The verdict over sorted claims, strongest first.
fn verdict(claims: &[OwnerClaim]) -> Owner {
    let speaks = |claim: &&OwnerClaim| !claim.inactive && claim.value != NOBODY;
    let Some(best) = claims.iter().find(speaks) else {
        // Silence is not abandonment: only a claim of somebody who has left is.
        let abandoned = claims.iter().any(|claim| claim.inactive);
        let state = if abandoned { OwnerState::Orphaned } else { OwnerState::Unknown };
        return Owner { state, ..Owner::default() };
    };
    let name = Some(best.value.clone());
    if best.source == SOURCE_AUTHORSHIP {
        return Owner { state: OwnerState::Inferred, name, confidence: best.confidence, basis: Vec::new() };
    }
    // Several owners on one line own it together; they neither agree nor contest.
    let line = |claim: &OwnerClaim| (claim.source.clone(), claim.path.clone(), claim.line);
    let together = names_of(claims, |c| line(c) == line(best));
    let mut lines: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for claim in claims.iter().filter(speaks).filter(|c| line(c) != line(best)) {
        let counts = claim.confidence >= CONTESTS_FROM && claim.source != SOURCE_AUTHORSHIP;
        let names = lines.entry((!counts, line(claim))).or_default();
        names.insert(same_name(&claim.value));
    }
    let contested = lines.iter().any(|((weak, _), names)| !weak && names.is_disjoint(&together));
    let agreed = lines
        .iter()
        .any(|((_, (source, _, _)), names)| *source != best.source && !names.is_disjoint(&together));
    let state = if contested { OwnerState::Contested } else { OwnerState::Declared };
    let rival = claims.iter().filter(speaks).find(|c| !together.contains(&same_name(&c.value)));
    let tied = contested && rival.is_some_and(|c| c.confidence >= best.confidence);
    let confidence = if agreed {
        (best.confidence + AGREEMENT).min(AGREEMENT_MAX).max(best.confidence)
    } else {
        best.confidence
    };
    Owner { state, name: name.filter(|_| !tied), confidence, basis: Vec::new() }
}

fn names_of(claims: &[OwnerClaim], which: impl Fn(&OwnerClaim) -> bool) -> BTreeSet<String> {
    claims.iter().filter(|c| which(c)).map(|c| same_name(&c.value)).collect()
}

fn is_team(value: &str) -> bool {
    value.starts_with('@') && value.contains('/')
}

/// One spelling for `@acme/payments`, `payments` and `Payments`, and for `Payments Lead <payments-lead@acme.test>` and
/// `payments-lead@acme.test`.
fn same_name(value: &str) -> String {
    let value = value.trim();
    let value = match value.rsplit_once('<') {
        Some((_, mail)) => mail.trim_end_matches('>'),
        None => value,
    };
    let value = value.strip_prefix('@').unwrap_or(value);
    value.rsplit('/').next().unwrap_or(value).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(source: &str, value: &str, confidence: f64) -> OwnerClaim {
        OwnerClaim {
            source: source.into(),
            path: format!("{source}.txt"),
            line: Some(1),
            value: value.into(),
            confidence,
            inactive: false,
        }
    }

    fn gone(value: &str) -> OwnerClaim {
        OwnerClaim { inactive: true, ..claim(SOURCE_AUTHORSHIP, value, 0.5) }
    }

    fn author(path: &str, author: &str, share: f64, last_seen: &str) -> Authorship {
        Authorship {
            root: "r".into(),
            path: path.into(),
            author: author.into(),
            share,
            last_seen_at: last_seen.parse().unwrap(),
            newest_commit_at: "2025-12-31T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_best_source_wins_and_every_claim_is_kept() {
        let owner = combine(
            vec![
                claim("authorship", "Payments Lead <payments-lead@acme.test>", 0.45),
                claim("tag", "payments", 0.95),
            ],
            None,
        );
        assert_eq!((owner.state, owner.name.as_deref()), (OwnerState::Declared, Some("payments")));
        assert_eq!(owner.basis.len(), 2);
        assert_eq!(owner.confidence, 0.95);
    }

    #[test]
    fn two_sources_that_agree_are_surer_but_never_certain() {
        let owner =
            combine(vec![claim("tag", "Payments", 0.95), claim("codeowners", "@acme/payments", 0.8)], None);
        assert_eq!(owner.state, OwnerState::Declared);
        assert_eq!(owner.confidence, 0.99);
        let weak = combine(
            vec![
                claim("codeowners", "payments-lead@acme.test", 0.8),
                claim("authorship", "Payments Lead <payments-lead@acme.test>", 0.4),
            ],
            None,
        );
        assert!((weak.confidence - 0.85).abs() < 1e-9, "{weak:?}");
    }

    #[test]
    fn two_declared_sources_that_differ_are_contested() {
        let owner =
            combine(vec![claim("tag", "payments", 0.95), claim("codeowners", "@acme/infra", 0.8)], None);
        assert_eq!((owner.state, owner.name.as_deref()), (OwnerState::Contested, Some("payments")));
        let tied = combine(vec![claim("catalog", "a", 0.8), claim("codeowners", "@acme/b", 0.8)], None);
        assert_eq!((tied.state, tied.name), (OwnerState::Contested, None));
        assert_eq!(tied.basis.len(), 2);
    }

    #[test]
    fn a_fallback_line_contests_nothing() {
        let owner =
            combine(vec![claim("tag", "payments", 0.95), claim("codeowners", "@acme/all", 0.4)], None);
        assert_eq!(owner.state, OwnerState::Declared);
    }

    #[test]
    fn two_owners_on_one_line_own_it_together() {
        let owner = combine(
            vec![claim("codeowners", "@release-lead", 0.8), claim("codeowners", "@acme/payments", 0.8)],
            None,
        );
        assert_eq!(
            (owner.state, owner.name.as_deref()),
            (OwnerState::Declared, Some("@acme/payments")),
            "a team first"
        );
        assert_eq!(owner.confidence, 0.8);
    }

    #[test]
    fn unknown_is_silence_and_orphaned_is_evidence() {
        assert_eq!(combine(vec![], None).state, OwnerState::Unknown);
        let unassigned = claim("codeowners", NOBODY, 0.0);
        assert_eq!(combine(vec![unassigned.clone()], None).state, OwnerState::Unknown);
        assert_eq!(
            combine(vec![unassigned, gone("Payments Lead <payments-lead@acme.test>")], None).state,
            OwnerState::Orphaned
        );
        let left = combine(
            vec![
                claim("codeowners", "payments-lead@acme.test", 0.8),
                gone("Payments Lead <payments-lead@acme.test>"),
            ],
            None,
        );
        assert_eq!((left.state, left.name), (OwnerState::Orphaned, None), "a named address that has left");
        let stays = combine(
            vec![claim("codeowners", "@acme/team", 0.8), gone("Payments Lead <payments-lead@acme.test>")],
            None,
        );
        assert_eq!(stays.state, OwnerState::Declared);
    }

    #[test]
    fn a_person_decides() {
        let decision = Decision { owner: "@acme/payments".into(), said_by: "platform-lead".into() };
        let owner = combine(vec![claim("tag", "infra", 0.95)], Some(&decision));
        assert_eq!((owner.state, owner.confidence), (OwnerState::Confirmed, 1.0));
        assert_eq!(owner.basis[0].source, "person");
        let again = combine(owner.basis, Some(&decision));
        assert_eq!(again.basis.len(), 2, "deciding twice adds no second claim");
    }

    #[test]
    fn the_author_of_most_of_it_is_a_hint_while_active() {
        let claims = authorship_claims(&[
            author("a", "Payments Lead <payments-lead@acme.test>", 0.7, "2025-12-01T00:00:00Z"),
            author("a", "Release Lead <release-lead@acme.test>", 0.3, "2025-12-01T00:00:00Z"),
            author("b", "Payments Lead <payments-lead@acme.test>", 0.5, "2025-12-01T00:00:00Z"),
            author("b", "Release Lead <release-lead@acme.test>", 0.5, "2020-12-01T00:00:00Z"),
        ]);
        assert_eq!(claims.len(), 1, "nobody made most of b, and not everybody has left: {claims:?}");
        assert!((claims[0].confidence - 0.35).abs() < 1e-9);
        assert_eq!(combine(claims, None).state, OwnerState::Inferred);
    }

    #[test]
    fn when_everybody_has_left_it_is_orphaned() {
        let claims = authorship_claims(&[
            author("a", "Payments Lead <payments-lead@acme.test>", 0.5, "2025-01-01T00:00:00Z"),
            author("a", "Release Lead <release-lead@acme.test>", 0.5, "2025-02-01T00:00:00Z"),
        ]);
        assert!(claims[0].inactive);
        assert_eq!(combine(claims, None).state, OwnerState::Orphaned);
    }
}
