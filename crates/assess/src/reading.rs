//! One dossier as the factors see it: what counts as a credential, a consumer, a day.

use std::collections::BTreeSet;

use tenure_model::{
    Consumer, Credential, CredentialState, Day, Dossier, Evidence, Exception, ExceptionState, Fact, Identity,
    Privilege, Timestamp, day_of,
};

use crate::Rules;
use crate::rules::{CredentialKind, Replacement};

/// A dossier with the rules and the day to read it by.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) dossier: &'a Dossier,
    pub(crate) privilege: &'a Privilege,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Timestamp,
}

impl<'a> Reading<'a> {
    pub(crate) fn identity(&self) -> &'a Identity {
        &self.dossier.identity
    }

    /// The day, in UTC.
    pub(crate) fn today(&self) -> Day {
        day_of(self.now)
    }

    /// The exceptions that were made for it and that no review ended, as they stand today.
    pub(crate) fn exceptions(&self) -> Vec<Exception> {
        let today = self.today();
        let standing = self.dossier.exceptions.iter().map(|exception| exception.clone().on(today));
        standing.filter(|exception| exception.state != ExceptionState::Ended).collect()
    }

    /// Every fact of a sort, with the evidence that holds it.
    pub(crate) fn facts<T>(
        &self,
        pick: impl Fn(&'a Fact) -> Option<T> + 'a,
    ) -> impl Iterator<Item = (T, &'a Evidence)> {
        self.dossier.evidence.iter().filter_map(move |evidence| Some((pick(&evidence.fact)?, evidence)))
    }

    /// Automated users; a file that merely holds the value runs nothing.
    pub(crate) fn workers(&self) -> impl Iterator<Item = &'a Consumer> {
        self.identity().consumers.iter().filter(|consumer| consumer.kind != "file")
    }

    /// Jobs or workloads, each once however many of its lines use the credential.
    pub(crate) fn jobs(&self) -> BTreeSet<(&'a str, &'a str, Option<&'a str>)> {
        self.workers()
            .map(|consumer| (consumer.root.as_str(), consumer.path.as_str(), consumer.job.as_deref()))
            .collect()
    }

    /// Credentials that still open something, as far as anybody told us.
    pub(crate) fn usable_credentials(&self) -> impl Iterator<Item = &'a Credential> {
        let now = self.now;
        self.identity().credentials.iter().filter(move |credential| is_usable(credential, now))
    }

    /// Its credentials are short-lived by nature, or it holds none that anybody knows of.
    pub(crate) fn is_short_lived_by_nature(&self) -> bool {
        self.rules.reading().short_lived_identity_kinds.contains(&self.identity().kind)
            && self.usable_credentials().next().is_none()
    }

    /// A value in a secret store that is no secret: a region, an account number.
    pub(crate) fn is_configuration(&self) -> bool {
        self.facts(|fact| match fact {
            Fact::Tag { key, value } => Some(key == "tenure:value" && value == "configuration"),
            _ => None,
        })
        .any(|(is, _)| is)
    }

    /// Kinds of its credentials: of those that are usable, or else of all that are known.
    pub(crate) fn kinds(&self) -> BTreeSet<&'a str> {
        let mut kinds: BTreeSet<&str> =
            self.usable_credentials().map(|credential| credential.kind.as_str()).collect();
        if kinds.is_empty() {
            kinds.extend(self.identity().credentials.iter().map(|credential| credential.kind.as_str()));
        }
        // An identity that is its credential: a personal token, a key.
        if kinds.is_empty() && self.rules.catalogue.get(&self.identity().kind).is_some() {
            kinds.insert(&self.identity().kind);
        }
        kinds
    }

    /// What the catalogue knows of each kind.
    pub(crate) fn catalogued(&self) -> Vec<(&'a str, Option<&'a CredentialKind>)> {
        self.kinds().into_iter().map(|kind| (kind, self.rules.catalogue.get(kind))).collect()
    }

    /// The short-lived replacement of every kind; `None` as soon as one of them is unknown.
    pub(crate) fn replacements(&self) -> Option<Vec<&'a Replacement>> {
        let catalogued = self.catalogued();
        if catalogued.is_empty() {
            return None;
        }
        catalogued.into_iter().map(|(_, kind)| kind.and_then(|kind| kind.short_lived.as_ref())).collect()
    }

    /// How often its jobs start by their schedules; `None` when no schedule is known. A workflow's schedule
    /// counts once, however many lines of it use the credential.
    pub(crate) fn scheduled_runs_per_day(&self) -> Option<f64> {
        let mut told = BTreeSet::new();
        self.workers()
            .filter(|consumer| told.insert((&consumer.root, &consumer.path, &consumer.job)))
            .filter_map(|consumer| consumer.runs_per_day)
            .reduce(|sum, runs| sum + runs)
    }

    /// Whole days since an instant; negative before it.
    pub(crate) fn days_since(&self, then: Timestamp) -> i64 {
        (self.now.as_second() - then.as_second()).div_euclid(86_400)
    }
}

/// An unknown state counts as usable: nobody said that it is not.
pub(crate) fn is_usable(credential: &Credential, now: Timestamp) -> bool {
    !matches!(credential.state, CredentialState::Inactive | CredentialState::Expired)
        && credential.expires_at.is_none_or(|end| end > now)
}
