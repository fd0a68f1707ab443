//! Findings that say the same of everything in one store become one finding: the cause is one, and what is more
//! important must not drown in it. Each identity keeps its own judgement; only the list of findings is shorter.

use std::collections::BTreeMap;

use tenure_model::{Dossier, Finding, OtherPlace, SubjectKind, finding_id};

use crate::findings::FOLDED;
use crate::rules::Rules;

/// Places of one folded finding that are named; the rest is counted.
const PLACES_MAX: usize = 64;
/// Names that its reason lists before it only counts.
const NAMES_MAX: usize = 12;

/// The store that keeps an identity's secret, where many are kept together: a repository's secrets, a namespace.
pub fn store_of(dossier: &Dossier) -> Option<String> {
    let kept = |kind: SubjectKind, key: &str| match kind {
        SubjectKind::CiSecret => Some(key.rsplit_once(':')?.0.to_owned()),
        // `kubernetes:acme/shop:secret:shop/token`, `compose:acme/shop:api:variable:TOKEN`.
        SubjectKind::Account if key.splitn(4, ':').count() == 4 => Some(key.rsplit_once(':')?.0.to_owned()),
        // `root:path#job`: the jobs of one file.
        SubjectKind::CiJob => Some(format!("jobs of {}", key.rsplit_once('#')?.0)),
        _ => None,
    };
    dossier.evidence.iter().find_map(|evidence| kept(evidence.subject.kind, &evidence.subject.key))
}

/// Joins findings of one rule about one store. Each comes with the store and the name of what it is about.
pub fn fold(findings: Vec<(Finding, Option<String>, String)>, rules: &Rules) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut groups: BTreeMap<(String, String), Vec<(Finding, String)>> = BTreeMap::new();
    for (finding, store, name) in findings {
        // What is accepted of one identity says nothing of the others.
        let folds = FOLDED.contains(&finding.rule_id.as_str()) && finding.suppressed.is_none();
        match store.filter(|_| folds) {
            Some(store) => groups.entry((finding.rule_id.clone(), store)).or_default().push((finding, name)),
            None => all.push(finding),
        }
    }
    all.extend(groups.into_iter().map(|((rule, store), group)| joined(&rule, &store, group, rules)));
    all
}

fn joined(rule: &str, store: &str, mut group: Vec<(Finding, String)>, rules: &Rules) -> Finding {
    let place = |finding: &Finding| {
        (std::cmp::Reverse(finding.severity), finding.place.path.clone(), finding.place.start_line)
    };
    group.sort_by(|(a, of), (b, other)| (place(a), of).cmp(&(place(b), other)));
    let count = group.len();
    let mut members = group.into_iter();
    let (mut first, name) = members.next().expect("a group begins with a finding");
    if count == 1 {
        return first;
    }
    let mut names = vec![name];
    for (finding, name) in members {
        names.push(name);
        let other =
            OtherPlace { path: finding.place.path, start_line: finding.place.start_line, commit: None };
        let known = other.path == first.place.path && other.start_line == first.place.start_line;
        if !known && first.also_at.len() < PLACES_MAX && !first.also_at.contains(&other) {
            first.also_at.push(other);
        }
    }
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMES_MAX);
    let more_words = if more > 0 { format!(" and {more} more") } else { String::new() };
    let listed = names[..names.len() - more].join(", ");
    first.id = finding_id(rule, store, "");
    first.title = format!("{}: {count} of one store", rules.readiness.findings[rule].title);
    first.fingerprint = None;
    first.masked = None;
    first.reasons = vec![format!("holds for {listed}{more_words}"), format!("kept together: {store}")];
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::{Evidence, EvidenceSource, Fact, Quality, Subject};

    fn finding(rule: &str, path: &str) -> Finding {
        let evidence = Evidence {
            subject: Subject::new(SubjectKind::CiSecret, "github:acme/shop:repo:A"),
            fact: Fact::Purpose { text: "x".to_owned() },
            source: EvidenceSource {
                root: "r".to_owned(),
                path: path.to_owned(),
                line: Some(3),
                commit: None,
                reader: "x".to_owned(),
            },
            quality: Quality::Config,
        };
        let dossier = Dossier { evidence: vec![evidence], ..Dossier::default() };
        assert_eq!(store_of(&dossier).as_deref(), Some("github:acme/shop:repo"));
        let assessed = crate::assess(&dossier, Rules::embedded(), tenure_model::Timestamp::UNIX_EPOCH);
        let found = assessed.findings.into_iter().find(|finding| finding.rule_id == "ownership-unknown");
        Finding { rule_id: rule.to_owned(), ..found.expect("nobody owns it") }
    }

    #[test]
    fn what_is_accepted_of_one_is_not_accepted_of_all() {
        let store = || Some("github:acme/shop:repo".to_owned());
        let accepted = Finding { suppressed: Some("x".to_owned()), ..finding("ownership-unknown", "a.yml") };
        let findings = vec![
            (accepted.clone(), store(), "A".to_owned()),
            (finding("ownership-unknown", "b.yml"), store(), "B".to_owned()),
            (finding("ownership-unknown", "c.yml"), store(), "C".to_owned()),
        ];
        let told = fold(findings, Rules::embedded());
        assert_eq!(told.len(), 2);
        assert_eq!(told[0], accepted);
        assert!(told[1].reasons[0].starts_with("holds for B, C"));
    }

    #[test]
    fn one_cause_is_one_finding_and_nothing_else_is_touched() {
        let store = || Some("github:acme/shop:repo".to_owned());
        let findings = vec![
            (finding("ownership-unknown", "a.yml"), store(), "A".to_owned()),
            (finding("privilege-admin", "a.yml"), store(), "A".to_owned()),
            (finding("ownership-unknown", "b.yml"), store(), "B".to_owned()),
            (finding("ownership-unknown", "c.yml"), None, "C".to_owned()),
        ];
        let told = fold(findings, Rules::embedded());
        assert_eq!(told.len(), 3);
        let joined = told.iter().find(|finding| !finding.also_at.is_empty()).expect("two were joined");
        assert_eq!(joined.also_at[0].path, "b.yml");
        assert_eq!(joined.reasons, ["holds for A, B", "kept together: github:acme/shop:repo"]);
    }
}
