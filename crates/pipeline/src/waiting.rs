//! Evidence that another file completes: a grant waits for the role that it names, an owner for the list of members, a
//! resource of a state for the file that declares it, a binding to a group for the accounts in it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use tenure_inventory::Resources;
use tenure_model::{Evidence, Fact, Members, Observation, ReadState, RoleDefinition, Unread};

use crate::groups::Groups;
use crate::orphans::Orphans;

/// Roles of one scan that are kept. A grant of one beyond stays unknown, which is told.
const ROLES_MAX: usize = 100_000;
/// Actions of all kept roles together.
const ACTIONS_MAX: usize = 2_000_000;
/// Evidence that waits. A piece beyond goes on as it is: what its role allows stays unknown.
const WAITING_MAX: usize = 500_000;

/// What waits, and for what.
#[derive(Default)]
pub(crate) struct Waiting {
    roles: Vec<RoleDefinition>,
    actions: usize,
    grants: Vec<Evidence>,
    /// People of a platform.
    members: BTreeMap<String, BTreeSet<String>>,
    owners: Vec<Evidence>,
    resources: Resources,
    groups: Groups,
    orphans: Orphans,
    /// Where the first role lies that was not kept, and how many there are.
    cut: Option<(String, u64)>,
}

impl Waiting {
    /// Keeps what has to wait; gives back the rest.
    pub(crate) fn take(waiting: &Mutex<Self>, observation: Observation) -> Option<Observation> {
        let waits = match &observation {
            Observation::Role(_) | Observation::Members(_) => true,
            Observation::Evidence(evidence) if Groups::holds(evidence) => true,
            Observation::Evidence(Evidence { fact: Fact::Grant { grant }, .. }) => {
                tenure_assess::awaits_role(grant)
            }
            Observation::Evidence(Evidence { fact: Fact::Owner { claim }, .. }) => {
                claim.value.starts_with('@') && matches!(claim.source.as_str(), "github" | "gitlab")
            }
            _ => false,
        };
        let tells_resource = match &observation {
            Observation::Evidence(Evidence { fact: Fact::Identity { .. }, subject, source, .. }) => {
                subject.key.starts_with("terraform:") || source.reader == "terraform_state"
            }
            Observation::Evidence(Evidence { fact: Fact::Tag { key, .. }, .. }) => {
                key == "terraform:resource"
            }
            _ => false,
        };
        if let (true, Observation::Evidence(evidence)) = (tells_resource, &observation) {
            waiting.lock().unwrap_or_else(PoisonError::into_inner).resources.observe(evidence);
        }
        if let Observation::Evidence(evidence) = &observation
            && matches!(&evidence.fact, Fact::Identity { kind, .. } if kind == "kubernetes_service_account")
        {
            waiting.lock().unwrap_or_else(PoisonError::into_inner).groups.account(evidence);
        }
        match &observation {
            Observation::Evidence(evidence) if of_binding(evidence) => {
                waiting.lock().unwrap_or_else(PoisonError::into_inner).orphans.bind(evidence);
            }
            Observation::Finding(finding, _) if finding.rule_id == "k8s-orphaned-binding" => {
                waiting.lock().unwrap_or_else(PoisonError::into_inner).orphans.tell(&finding.id);
            }
            _ => {}
        }
        if !waits {
            return Some(observation);
        }
        waiting.lock().unwrap_or_else(PoisonError::into_inner).keep(observation)
    }

    fn keep(&mut self, observation: Observation) -> Option<Observation> {
        let room = self.grants.len() + self.owners.len() < WAITING_MAX;
        match observation {
            Observation::Role(role) => {
                self.actions += role.actions.len();
                if self.roles.len() < ROLES_MAX && self.actions <= ACTIONS_MAX {
                    self.roles.push(*role);
                } else {
                    self.cut.get_or_insert((role.path, 0)).1 += 1;
                }
            }
            Observation::Members(members) if Orphans::lists(&members) => self.orphans.list(members),
            Observation::Members(Members { platform, names }) => {
                let known = self.members.entry(platform).or_default();
                known.extend(names.iter().map(|name| name.to_lowercase()));
            }
            Observation::Evidence(evidence) if Groups::holds(&evidence) => self.groups.bind(evidence),
            Observation::Evidence(evidence) if room => match &evidence.fact {
                Fact::Grant { .. } => self.grants.push(evidence),
                _ => self.owners.push(evidence),
            },
            other => return Some(other),
        }
        None
    }

    /// What roles of one kind give to those whose grants name them.
    pub(crate) fn given_by(&self, kind: impl Fn(&RoleDefinition) -> bool) -> Vec<Evidence> {
        let (these, others): (Vec<_>, Vec<_>) = self.roles.iter().cloned().partition(|role| kind(role));
        if these.is_empty() {
            return Vec::new();
        }
        let said = |roles: &[RoleDefinition]| tenure_assess::with_roles(self.grants.clone(), roles);
        let without: HashSet<String> = said(&others).iter().map(|evidence| format!("{evidence:?}")).collect();
        let all = said(&[others, these].concat());
        all.into_iter().filter(|evidence| !without.contains(&format!("{evidence:?}"))).collect()
    }

    /// Everything that waited, completed.
    pub(crate) fn end(mut self) -> impl Iterator<Item = Observation> {
        // Threads hand roles over in any order.
        self.roles.sort_by(|a, b| (&a.root, &a.path, &a.names).cmp(&(&b.root, &b.path, &b.names)));
        let kept = self.roles.len();
        let cut = self.cut.map(|(path, count)| {
            Observation::Unread(Unread {
                path,
                state: ReadState::Partial,
                reason: "too_many_roles".to_owned(),
                detail: format!("{count} roles of the scan beyond the first {kept} are not kept"),
            })
        });
        for evidence in &mut self.owners {
            if let Fact::Owner { claim } = &mut evidence.fact
                && let Some(members) = self.members.get(&claim.source)
            {
                claim.inactive |= !members.contains(&claim.value.trim_start_matches('@').to_lowercase());
            }
        }
        let (of_groups, cut_members) = self.groups.end();
        self.grants.extend(of_groups);
        let grants = tenure_assess::with_roles(self.grants, &self.roles);
        let links = self.resources.links();
        let cut = cut.into_iter().chain(cut_members.map(Observation::Unread));
        let orphans = self.orphans.end();
        grants
            .into_iter()
            .chain(self.owners)
            .chain(links)
            .map(Observation::Evidence)
            .chain(cut)
            .chain(orphans)
    }
}

/// Whether the evidence is what a cluster's binding gives to an account.
fn of_binding(evidence: &Evidence) -> bool {
    evidence.source.reader == "kubernetes_objects"
        && matches!(evidence.fact, Fact::Grant { .. })
        && !Groups::holds(evidence)
}
