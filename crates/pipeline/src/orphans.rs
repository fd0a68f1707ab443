//! Bindings to service accounts that are gone: bindings stand in one file of a cluster, accounts in another.

use std::collections::BTreeSet;

use tenure_model::{Evidence, Fact, Grant, Members, Observation, ReadState, Unread};
use tenure_scan::detect::orphaned_binding;

/// Service accounts of one scan that are kept as listed.
const ACCOUNTS_MAX: usize = 200_000;
/// Bindings that are kept until every list is read.
const BINDINGS_MAX: usize = 200_000;

/// How the platforms of clusters and the keys of their accounts begin.
const CLUSTER: &str = "kubernetes:";
/// Every namespace has this account: a list without it is not the namespace's.
const DEFAULT: &str = "default";
/// Every cluster has these namespaces: a list that holds the accounts of all of them is the whole cluster's.
const OF_ALL_CLUSTERS: [&str; 3] = ["default:default", "kube-public:default", "kube-system:default"];

/// Accounts that are listed, and grants that bindings give. Both are named as the reader of clusters names them:
/// `kubernetes:CLUSTER:NAMESPACE:NAME`.
#[derive(Default)]
pub(crate) struct Orphans {
    listed: BTreeSet<String>,
    /// Clusters of which every namespace is listed.
    whole: BTreeSet<String>,
    bindings: Vec<Evidence>,
    /// Findings that a reader had everything for in one file.
    told: BTreeSet<String>,
    /// An account was not kept, so nobody is known to be gone.
    is_short: bool,
    /// The first file of which something was not kept.
    cut: Option<String>,
}

impl Orphans {
    /// Whether these are the accounts of a cluster.
    pub(crate) fn lists(members: &Members) -> bool {
        members.platform.starts_with(CLUSTER)
    }

    /// Remembers the accounts of a list.
    pub(crate) fn list(&mut self, members: Members) {
        if OF_ALL_CLUSTERS.iter().all(|one| members.names.iter().any(|name| name == one)) {
            self.whole.insert(members.platform.clone());
        }
        for name in members.names {
            if self.listed.len() >= ACCOUNTS_MAX {
                self.is_short = true;
                return;
            }
            self.listed.insert(format!("{}:{name}", members.platform));
        }
    }

    /// Remembers what a binding gives to an account.
    pub(crate) fn bind(&mut self, evidence: &Evidence) {
        let Fact::Grant { grant } = &evidence.fact else { return };
        if self.bindings.len() >= BINDINGS_MAX {
            self.cut.get_or_insert_with(|| evidence.source.path.clone());
            return;
        }
        // What is allowed does not matter here.
        let grant = Grant { target: String::new(), actions: Vec::new(), scope: grant.scope.clone() };
        self.bindings.push(Evidence { fact: Fact::Grant { grant }, ..evidence.clone() });
    }

    /// Remembers what is told already.
    pub(crate) fn tell(&mut self, finding: &str) {
        self.told.insert(finding.to_owned());
    }

    /// The bindings whose accounts no list holds.
    pub(crate) fn end(mut self) -> Vec<Observation> {
        let is_gone = |evidence: &&Evidence| {
            let key = &evidence.subject.key;
            let Some((namespace, _)) = key.rsplit_once(':') else { return false };
            let cluster = namespace.rsplit_once(':').map_or("", |(cluster, _)| cluster);
            let is_listed =
                self.whole.contains(cluster) || self.listed.contains(&format!("{namespace}:{DEFAULT}"));
            is_listed && !self.listed.contains(key)
        };
        if self.is_short {
            self.bindings.clear();
        }
        let found = self.bindings.iter().filter(is_gone).filter_map(orphaned_binding);
        let mut told = self.told.clone();
        let is_new = |one: &Observation| match one {
            Observation::Finding(finding, _) => told.insert(finding.id.clone()),
            _ => false,
        };
        let mut found: Vec<Observation> = found.filter(is_new).collect();
        let left_out = self.is_short.then(String::new).or(self.cut);
        found.extend(left_out.map(|path| {
            Observation::Unread(Unread {
                path,
                state: ReadState::Partial,
                reason: "too_many_bindings".to_owned(),
                detail: format!(
                    "accounts that are gone are looked for among {BINDINGS_MAX} bindings and {ACCOUNTS_MAX} accounts"
                ),
            })
        }));
        found
    }
}
