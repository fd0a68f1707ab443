//! What the groups of a cluster hold, for each service account in them: bindings stand in one file, accounts in another.

use std::collections::BTreeSet;
use std::ops::Bound;

use tenure_model::{Evidence, Fact, ReadState, Subject, Unread};

/// Service accounts of one scan that are kept as members of groups.
const ACCOUNTS_MAX: usize = 200_000;
/// Bindings to groups that are kept.
const BINDINGS_MAX: usize = 20_000;
/// Actions that the groups of one scan give to their members.
const ACTIONS_MAX: usize = 500_000;

/// Every service account of a cluster, or of the namespace that follows.
const ACCOUNTS: &str = ":group:system:serviceaccounts";
/// Everybody with a credential, so every service account too.
const AUTHENTICATED: &str = ":group:system:authenticated";

/// Bindings to groups, and the service accounts that may be in them. Both are named as the reader of clusters names
/// them: `kubernetes:CLUSTER:group:GROUP` and `kubernetes:CLUSTER:NAMESPACE:NAME`.
#[derive(Default)]
pub(crate) struct Groups {
    accounts: BTreeSet<String>,
    bindings: Vec<Evidence>,
    /// The first file of which something was not kept.
    cut: Option<String>,
}

impl Groups {
    /// Whether the evidence is a grant to a group that holds service accounts.
    pub(crate) fn holds(evidence: &Evidence) -> bool {
        matches!(evidence.fact, Fact::Grant { .. }) && group(&evidence.subject.key).is_some()
    }

    /// Remembers a service account.
    pub(crate) fn account(&mut self, evidence: &Evidence) {
        if self.accounts.len() < ACCOUNTS_MAX {
            self.accounts.insert(evidence.subject.key.clone());
        } else if !self.accounts.contains(&evidence.subject.key) {
            self.cut.get_or_insert_with(|| evidence.source.path.clone());
        }
    }

    /// Keeps a grant to a group.
    pub(crate) fn bind(&mut self, evidence: Evidence) {
        if self.bindings.len() < BINDINGS_MAX {
            self.bindings.push(evidence);
        } else {
            self.cut.get_or_insert(evidence.source.path);
        }
    }

    /// The grants of every member, and what was left out.
    pub(crate) fn end(mut self) -> (Vec<Evidence>, Option<Unread>) {
        // Threads hand bindings over in any order.
        let place = |evidence: &Evidence| {
            let source = &evidence.source;
            let (root, path) = (source.root.clone(), source.path.clone());
            (evidence.subject.key.clone(), root, path, source.line, scope(evidence))
        };
        self.bindings.sort_by_cached_key(place);
        let mut told = Vec::new();
        let mut actions = 0;
        for binding in &self.bindings {
            let Some((prefix, names)) = group(&binding.subject.key) else { continue };
            let cost = if let Fact::Grant { grant } = &binding.fact { grant.actions.len() + 1 } else { 1 };
            for member in members(&self.accounts, &prefix, names) {
                actions += cost;
                if actions > ACTIONS_MAX {
                    self.cut.get_or_insert_with(|| binding.source.path.clone());
                    break;
                }
                let subject = Subject::new(binding.subject.kind, member.clone());
                told.push(Evidence { subject, ..binding.clone() });
            }
        }
        let cut = self.cut.map(|path| Unread {
            path,
            state: ReadState::Partial,
            reason: "too_many_members".to_owned(),
            detail: format!(
                "groups of the cluster give more than is kept: {ACTIONS_MAX} actions of {BINDINGS_MAX} bindings to \
                 {ACCOUNTS_MAX} accounts"
            ),
        });
        (told, cut)
    }
}

/// The accounts whose keys begin so and go on with so many names.
fn members<'a>(
    accounts: &'a BTreeSet<String>,
    prefix: &'a str,
    names: usize,
) -> impl Iterator<Item = &'a String> {
    let from = (Bound::Included(prefix), Bound::Unbounded);
    let within = accounts.range::<str, _>(from).take_while(move |key| key.starts_with(prefix));
    within.filter(move |key| key[prefix.len()..].split(':').count() == names)
}

fn scope(evidence: &Evidence) -> String {
    match &evidence.fact {
        Fact::Grant { grant } => format!("{} {}", grant.target, grant.scope),
        _ => String::new(),
    }
}

/// How the keys of a group's members begin, and how many names follow.
fn group(key: &str) -> Option<(String, usize)> {
    if let Some(cluster) = key.strip_suffix(AUTHENTICATED) {
        return Some((format!("{cluster}:"), 2));
    }
    let (cluster, rest) = key.rsplit_once(ACCOUNTS)?;
    match rest.strip_prefix(':') {
        Some(namespace) => Some((format!("{cluster}:{namespace}:"), 1)),
        None => rest.is_empty().then(|| (format!("{cluster}:"), 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::{EvidenceSource, Grant, Quality, SubjectKind};

    fn evidence(key: &str, fact: Fact) -> Evidence {
        let source = EvidenceSource {
            root: "r".into(),
            path: "bindings.json".into(),
            line: None,
            commit: None,
            reader: "kubernetes".into(),
        };
        let subject = Subject::new(SubjectKind::Account, key);
        Evidence { subject, fact, source, quality: Quality::Authoritative }
    }

    fn given(key: &str) -> Evidence {
        let grant = Grant { target: "kubernetes:*".into(), actions: vec!["* *.*".into()], scope: "b".into() };
        evidence(key, Fact::Grant { grant })
    }

    #[test]
    fn a_group_reaches_the_accounts_of_its_cluster_and_namespace_and_nobody_else() {
        let accounts = [
            "kubernetes:one:ci:builder",
            "kubernetes:one:cj:other",
            "kubernetes:one:web:site",
            "kubernetes:two:ci:x",
        ];
        let told = |group: &str| {
            let mut groups = Groups::default();
            for key in accounts {
                groups.accounts.insert(key.to_owned());
            }
            let binding = given(group);
            assert!(Groups::holds(&binding));
            groups.bind(binding);
            let (told, cut) = groups.end();
            assert!(cut.is_none());
            told.into_iter().map(|evidence| evidence.subject.key).collect::<Vec<_>>()
        };
        assert_eq!(told("kubernetes:one:group:system:serviceaccounts:ci"), [accounts[0]]);
        assert_eq!(told("kubernetes:one:group:system:serviceaccounts"), accounts[..3]);
        assert_eq!(told("kubernetes:two:group:system:authenticated"), accounts[3..]);
        assert!(!Groups::holds(&given("kubernetes:one:ci:builder")));
        assert!(!Groups::holds(&given("kubernetes:one:group:system:serviceaccountsfoo")));
    }
}
