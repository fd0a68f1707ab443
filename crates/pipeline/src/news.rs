//! What is new in a scan that tells only that: about whom something was observed that was not there at the revision.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use tenure_model::{
    AwsAccount, Category, Dossier, Evidence, Fact, Finding, Observation, RoleDefinition, Since, Subject,
    Timestamp,
};

use crate::waiting::Waiting;

/// Subjects and findings that are news.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Since when.
    pub(crate) since: Since,
    subjects: HashSet<Subject>,
    /// Root, path and line of evidence that is news.
    places: HashSet<(String, String, u32)>,
    findings: HashSet<String>,
    /// Root and path of exports of accounts that changed …
    accounts: BTreeSet<(String, String)>,
    /// … and of files that say what a role allows.
    roles: BTreeSet<(String, String)>,
}

impl News {
    /// Notes an observation that is new, where somebody wants to know.
    pub(crate) fn note(news: Option<&Mutex<Self>>, observation: &Observation) {
        let Some(news) = news else { return };
        let mut news = news.lock().unwrap_or_else(PoisonError::into_inner);
        match observation {
            Observation::Finding(finding, subject) => {
                news.findings.insert(finding.id.clone());
                news.subjects.insert(subject.clone());
            }
            Observation::Evidence(evidence) => {
                if let Fact::SameAs { other, .. } = &evidence.fact {
                    news.subjects.insert(other.clone());
                }
                news.subjects.insert(evidence.subject.clone());
                news.places.insert(place(evidence));
            }
            Observation::Role(role) => {
                news.roles.insert((role.root.clone(), role.path.clone()));
            }
            Observation::AwsAccount(account) => {
                news.accounts.insert((account.root.clone(), account.path.clone()));
            }
            _ => {}
        }
    }

    /// Notes what was judged of accounts and would not have been without the exports that are new.
    pub(crate) fn note_weighed(
        news: Option<&Mutex<Self>>,
        mut accounts: Vec<AwsAccount>,
        weighed: &[Evidence],
        now: Timestamp,
    ) {
        let Some(news) = news else { return };
        let new = std::mem::take(&mut news.lock().unwrap_or_else(PoisonError::into_inner).accounts);
        if new.is_empty() {
            return;
        }
        accounts.retain(|account| !new.contains(&(account.root.clone(), account.path.clone())));
        let without = tenure_assess::weigh_aws(&accounts, now).evidence;
        let without: HashSet<String> = without.iter().map(|evidence| format!("{evidence:?}")).collect();
        for evidence in weighed.iter().filter(|evidence| !without.contains(&format!("{evidence:?}"))) {
            Self::note(Some(news), &Observation::Evidence(evidence.clone()));
        }
    }

    /// Everything that was noted, when all is known: what somebody may by a role that is new is new, too.
    pub(crate) fn take(news: &Mutex<Self>, waiting: &Waiting, since: Option<Since>) -> Self {
        let roles = std::mem::take(&mut news.lock().unwrap_or_else(PoisonError::into_inner).roles);
        let is_new = |role: &RoleDefinition| roles.contains(&(role.root.clone(), role.path.clone()));
        for evidence in waiting.given_by(is_new) {
            Self::note(Some(news), &Observation::Evidence(evidence));
        }
        let noted = std::mem::take(&mut *news.lock().unwrap_or_else(PoisonError::into_inner));
        Self { since: since.unwrap_or_default(), ..noted }
    }

    /// Whether something that only the whole scan shows is told: a finding about somebody of whom nothing is new is not.
    pub(crate) fn tells(&self, observation: &Observation) -> bool {
        !matches!(observation, Observation::Finding(_, subject) if !self.subjects.contains(subject))
    }

    /// Whether something is new about an identity.
    pub(crate) fn touch(&self, dossier: &Dossier) -> bool {
        dossier.evidence.iter().any(|evidence| self.subjects.contains(&evidence.subject))
            || dossier.findings.iter().any(|finding| self.findings.contains(&finding.id))
    }

    /// Whether what is judged of such an identity is news, too. Power is, and what several things make together: who uses
    /// it, or what adds to it, is new. Age and owner are when they are told of a new place, or nothing was known before.
    pub(crate) fn judges(&self, dossier: &Dossier, finding: &Finding) -> bool {
        let is_new = |evidence: &Evidence| self.places.contains(&place(evidence));
        let place = (finding.place.root.clone(), finding.place.path.clone(), finding.place.start_line);
        !matches!(finding.category, Category::Lifecycle | Category::Ownership)
            || tenure_assess::is_of_several(&finding.rule_id)
            || self.places.contains(&place)
            || dossier.evidence.iter().all(is_new)
    }
}

fn place(evidence: &Evidence) -> (String, String, u32) {
    let source = &evidence.source;
    (source.root.clone(), source.path.clone(), source.line.unwrap_or(1))
}
