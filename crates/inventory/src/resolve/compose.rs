//! What is known of one identity, out of all evidence about its subjects.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{
    Archetype, Consumer, Evidence, Fact, Finding, Fingerprint, Grant, Identity, Quality, ThirdParty,
};

use super::credentials::{Statement, merge};
use super::rank;
use crate::column::json;

/// Tells an identity from its evidence and findings. Owner and judgement are left to others.
pub(crate) fn compose(id: &str, evidence: &[Evidence], findings: &[Finding]) -> Identity {
    let best_first = best_first(evidence);
    let mut identity = Identity { id: id.to_owned(), ..Identity::default() };
    name(&mut identity, &best_first);
    identity.purpose = best_first.iter().find_map(|e| match &e.fact {
        Fact::Purpose { text } => Some(text.clone()),
        _ => None,
    });
    let statements: Vec<Statement<'_>> = best_first
        .iter()
        .filter_map(|e| match &e.fact {
            Fact::Credential { credential } => {
                Some(Statement { credential, source: &e.source, quality: e.quality })
            }
            _ => None,
        })
        .collect();
    identity.credentials = merge(&statements, &copies(findings));
    identity.grants = grants(&best_first);
    identity.consumers = consumers(&best_first);
    identity.archetype = archetype(&best_first, &identity.consumers);
    identity
}

/// The most trustworthy first, then the most telling subject, then by content: the order of arrival is gone.
fn best_first(evidence: &[Evidence]) -> Vec<&Evidence> {
    let mut sorted: Vec<&Evidence> = evidence.iter().collect();
    sorted.sort_by_cached_key(|e| (std::cmp::Reverse(e.quality), rank(e.subject.kind), json(e)));
    sorted
}

/// Kind, name, platform and the platform's id, from the best statement; without any, from what it holds.
fn name(identity: &mut Identity, best_first: &[&Evidence]) {
    // A principal of a cloud names the identity even where a better source speaks of who may act as it; only a guess
    // names nobody whom somebody else knows.
    let statements = best_first.iter().filter_map(|e| match &e.fact {
        Fact::Identity { kind, name, native_id: _, provider } => {
            Some(((e.quality == Quality::Heuristic, rank(e.subject.kind)), (kind, name, provider)))
        }
        _ => None,
    });
    let said = statements.min_by_key(|(standing, _)| *standing).map(|(_, said)| said);
    if let Some((kind, name, provider)) = said {
        identity.kind.clone_from(kind);
        identity.name.clone_from(name);
        identity.provider.clone_from(provider);
        // Only a statement about the same kind of thing knows the id in the same namespace.
        identity.native_id = best_first.iter().find_map(|e| match &e.fact {
            Fact::Identity { kind: same, native_id, .. } if same == kind => native_id.clone(),
            _ => None,
        });
        return;
    }
    let held = best_first.iter().find_map(|e| match &e.fact {
        Fact::Credential { credential } => Some((e, credential)),
        _ => None,
    });
    if let Some((evidence, credential)) = held {
        identity.kind.clone_from(&credential.kind);
        identity.name = credential.masked.clone().unwrap_or_else(|| evidence.subject.key.clone());
    }
}

/// Distinct files that hold each value.
fn copies(findings: &[Finding]) -> BTreeMap<&Fingerprint, u32> {
    let mut places: BTreeMap<&Fingerprint, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for finding in findings {
        let Some(fingerprint) = &finding.fingerprint else { continue };
        let root = finding.place.root.as_str();
        let files = places.entry(fingerprint).or_default();
        files.insert((root, &finding.place.path));
        files.extend(finding.also_at.iter().map(|other| (root, other.path.as_str())));
    }
    let count = |files: BTreeSet<_>| u32::try_from(files.len()).unwrap_or(u32::MAX);
    places.into_iter().map(|(fingerprint, files)| (fingerprint, count(files))).collect()
}

fn grants(best_first: &[&Evidence]) -> Vec<Grant> {
    let all: BTreeSet<&Grant> = best_first
        .iter()
        .filter_map(|e| match &e.fact {
            Fact::Grant { grant } => Some(grant),
            _ => None,
        })
        .collect();
    all.into_iter().cloned().collect()
}

fn consumers(best_first: &[&Evidence]) -> Vec<Consumer> {
    let mut all: Vec<&Consumer> = best_first
        .iter()
        .filter_map(|e| match &e.fact {
            Fact::Consumer { consumer } => Some(consumer),
            _ => None,
        })
        .collect();
    all.sort_by_cached_key(|c| (c.root.clone(), c.path.clone(), c.line, json(c)));
    all.dedup();
    all.into_iter().cloned().collect()
}

/// What it is used as. A word of warning beats what it looks like: an emergency account that a job uses is still
/// an emergency account.
fn archetype(best_first: &[&Evidence], consumers: &[Consumer]) -> Archetype {
    let says = |what: fn(&Fact) -> bool| best_first.iter().any(|e| what(&e.fact));
    let used_as = |kind: &str| consumers.iter().any(|c| c.kind == kind);
    if says(|fact| matches!(fact, Fact::BreakGlass { .. })) {
        Archetype::BreakGlass
    } else if says(|fact| matches!(fact, Fact::Agentic { .. })) || used_as("agent") {
        Archetype::Agent
    } else if says(|fact| matches!(fact, Fact::ThirdParty { state: ThirdParty::HoldsCopy })) {
        Archetype::VendorConnector
    } else if consumers.iter().any(Consumer::is_always_on) {
        Archetype::Service
    } else if consumers.iter().any(Consumer::is_bounded) {
        let by_the_clock = consumers.iter().filter(|c| c.is_bounded()).all(|c| c.runs_per_day.is_some());
        match by_the_clock {
            true => Archetype::ScheduledBatch,
            false if used_as("ci_job") => Archetype::CiJob,
            false => Archetype::Unknown,
        }
    } else {
        Archetype::Unknown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenure_model::{Credential, CredentialState, EvidenceSource, Subject, SubjectKind};

    use super::*;

    fn evidence(kind: SubjectKind, quality: Quality, path: &str, fact: Fact) -> Evidence {
        let source = EvidenceSource {
            root: "r".into(),
            path: path.into(),
            line: Some(1),
            commit: None,
            reader: "test".into(),
        };
        Evidence { subject: Subject::new(kind, path), fact, source, quality }
    }

    fn identity(kind: &str, native_id: Option<&str>) -> Fact {
        Fact::Identity {
            kind: kind.into(),
            name: format!("a {kind}"),
            native_id: native_id.map(str::to_owned),
            provider: "aws".into(),
        }
    }

    #[test]
    fn a_principal_names_the_identity_even_when_a_config_file_speaks_too() {
        let found = compose(
            "i_1",
            &[
                evidence(SubjectKind::Credential, Quality::Heuristic, "a", identity("aws_access_key", None)),
                evidence(
                    SubjectKind::CiSecret,
                    Quality::Config,
                    "b",
                    identity("github_actions_secret", Some("x")),
                ),
                evidence(
                    SubjectKind::AwsPrincipal,
                    Quality::Authoritative,
                    "c",
                    identity("aws_iam_user", None),
                ),
            ],
            &[],
        );
        assert_eq!(
            (found.kind.as_str(), found.native_id),
            ("aws_iam_user", None),
            "no id of another namespace"
        );
    }

    #[test]
    fn a_job_that_only_a_clock_starts_is_a_batch() {
        let job = |runs_per_day| Fact::Consumer {
            consumer: Consumer { kind: "ci_job".into(), runs_per_day, ..Consumer::default() },
        };
        let nightly = evidence(SubjectKind::CiSecret, Quality::Config, "a", job(Some(1.0)));
        let pushed = evidence(SubjectKind::CiSecret, Quality::Config, "b", job(None));
        assert_eq!(compose("i", std::slice::from_ref(&nightly), &[]).archetype, Archetype::ScheduledBatch);
        assert_eq!(compose("i", &[nightly, pushed], &[]).archetype, Archetype::CiJob);
    }

    #[test]
    fn a_service_and_a_timer_are_told_apart() {
        let used = |kind: &str, runs_per_day| {
            let consumer = Consumer { kind: kind.into(), runs_per_day, ..Consumer::default() };
            evidence(SubjectKind::Account, Quality::Config, kind, Fact::Consumer { consumer })
        };
        let of = |all: &[Evidence]| compose("i", all, &[]).archetype;
        assert_eq!(of(&[used("kubernetes_job", Some(1.0))]), Archetype::ScheduledBatch);
        assert_eq!(of(&[used("systemd_job", None)]), Archetype::Unknown, "nothing says what starts it");
        assert_eq!(
            of(&[used("kubernetes_job", Some(1.0)), used("compose_service", None)]),
            Archetype::Service
        );
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let credential =
            (0..3_u8, proptest::option::of(0..3_i64), 0..3_usize).prop_map(|(print, day, state)| {
                let at = day.map(|d| tenure_model::Timestamp::from_second(d).unwrap());
                let states = [CredentialState::Active, CredentialState::Inactive, CredentialState::Unknown];
                Fact::Credential {
                    credential: Credential {
                        kind: "aws_access_key".into(),
                        fingerprint: (print > 0).then(|| Fingerprint(print.to_string())),
                        created_at: at,
                        last_used_at: at,
                        state: states[state],
                        ..Credential::default()
                    },
                }
            });
        prop_oneof![
            credential,
            (0..3_u8).prop_map(|n| identity(&format!("kind{n}"), (n > 1).then_some("id"))),
            (0..3_u8).prop_map(|n| Fact::Purpose { text: n.to_string() }),
            (0..3_u8).prop_map(|n| Fact::Grant {
                grant: Grant { target: n.to_string(), actions: vec!["read".into()], scope: "s".into() }
            }),
            (0..3_u32).prop_map(|line| Fact::Consumer {
                consumer: Consumer { kind: "ci_job".into(), line, ..Consumer::default() }
            }),
        ]
    }

    fn any_evidence() -> impl Strategy<Value = Evidence> {
        let qualities = [Quality::Heuristic, Quality::Config, Quality::Authoritative];
        let kinds = [SubjectKind::Credential, SubjectKind::CiSecret, SubjectKind::AwsPrincipal];
        (any_fact(), 0..3_usize, 0..3_usize, "[a-c]").prop_map(move |(fact, quality, kind, path)| {
            evidence(kinds[kind], qualities[quality], &path, fact)
        })
    }

    proptest! {
        #[test]
        fn the_order_of_evidence_changes_nothing(
            (sorted, mixed) in proptest::collection::vec(any_evidence(), 0..12)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
        ) {
            prop_assert_eq!(compose("i", &sorted, &[]), compose("i", &mixed, &[]));
        }
    }
}
