//! One case for a recipe: the identity, its evidence, and the places where its credential is used.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Consumer, Dossier, SubjectKind};

use super::{SecretLines, SourceText};
use crate::standing::ttl_minutes;
use crate::{Assessed, Rules};

/// GitHub's token issuer.
pub(super) const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// Longest name that is made of other names.
const SLUG_MAX: usize = 40;

/// What a recipe sees of one identity.
pub struct Case<'a> {
    pub(super) dossier: &'a Dossier,
    pub(super) assessed: &'a Assessed,
    pub(super) rules: &'a Rules,
    pub(super) source: &'a dyn SourceText,
    pub(super) secret_lines: &'a SecretLines,
}

/// Jobs of one workflow file that use the credential.
#[derive(Debug, Default)]
pub(super) struct WorkflowUse {
    pub(super) jobs: BTreeSet<String>,
    pub(super) environments: BTreeMap<String, Option<String>>,
}

/// One repository: its scanned root and its folder below it, empty or ending in `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repository {
    pub(super) root: String,
    pub(super) base: String,
}

impl Case<'_> {
    /// Jobs of GitHub Actions, by repository and workflow file below the root.
    pub(super) fn workflows(&self) -> BTreeMap<Repository, BTreeMap<String, WorkflowUse>> {
        let mut found: BTreeMap<Repository, BTreeMap<String, WorkflowUse>> = BTreeMap::new();
        for consumer in self.github_jobs() {
            let Some(at) = consumer.path.find(".github/workflows/") else { continue };
            let repository = Repository { root: consumer.root.clone(), base: consumer.path[..at].to_owned() };
            let uses = found.entry(repository).or_default().entry(consumer.path.clone()).or_default();
            if let Some(job) = &consumer.job {
                uses.jobs.insert(job.clone());
                uses.environments.insert(job.clone(), consumer.environment.clone());
            }
        }
        found
    }

    /// Consumers that are jobs of GitHub Actions.
    pub(super) fn github_jobs(&self) -> impl Iterator<Item = &Consumer> {
        self.dossier
            .identity
            .consumers
            .iter()
            .filter(|consumer| consumer.kind == "ci_job" && consumer.path.contains(".github/workflows/"))
    }

    /// Names of the secrets by which the consumers receive the credential.
    pub(super) fn secret_names(&self) -> BTreeSet<String> {
        self.dossier.identity.consumers.iter().filter_map(|consumer| consumer.secret_name.clone()).collect()
    }

    /// `owner/name` of a repository, where its secrets' evidence says so.
    pub(super) fn repository_name(&self, repository: &Repository) -> Option<String> {
        let inside = format!("{}.github/workflows/", repository.base);
        self.dossier
            .evidence
            .iter()
            .filter(|evidence| evidence.subject.kind == SubjectKind::CiSecret)
            .filter(|evidence| {
                evidence.source.root == repository.root && evidence.source.path.starts_with(&inside)
            })
            .find_map(|evidence| {
                let name = evidence.subject.key.strip_prefix("github:")?.rsplit_once(":repo:")?.0;
                is_repository_name(name).then(|| name.to_owned())
            })
    }

    /// Life of one short-lived credential, in minutes.
    pub(super) fn ttl_minutes(&self) -> u32 {
        ttl_minutes(self.dossier.identity.consumers.iter(), &self.rules.readiness.standing)
    }

    /// What starts a credential's life, in words.
    pub(super) fn trigger(&self) -> String {
        let triggers: BTreeSet<&str> = self
            .dossier
            .identity
            .consumers
            .iter()
            .flat_map(|one| &one.triggers)
            .map(String::as_str)
            .collect();
        let by = triggers.into_iter().collect::<Vec<_>>().join(", ");
        match (self.github_jobs().next().is_some(), by.is_empty()) {
            (true, true) => "workflow run".to_owned(),
            (true, false) => format!("workflow run ({by})"),
            (false, true) => "start of the task".to_owned(),
            (false, false) => format!("start of the task ({by})"),
        }
    }

    /// The folder of this identity's artifacts.
    pub(super) fn folder(&self) -> String {
        let identity = &self.assessed.identity;
        // The id keeps two identities of one name apart.
        let tail: String =
            slug(&identity.id).chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        match (slug(&identity.name).as_str(), tail.trim_matches('-')) {
            ("", "") => "identity".to_owned(),
            (name, "") => name.to_owned(),
            ("", tail) => tail.to_owned(),
            (name, tail) => format!("{name}-{tail}"),
        }
    }
}

fn is_repository_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    name.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

/// A name for files and objects: small letters, digits and single hyphens.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if slug.len() >= SLUG_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// JSON for people: indented, with a line's end.
pub(super) fn json_text(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("maps with text keys can always be written");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_hold_nothing_that_a_path_or_a_policy_minds() {
        assert_eq!(slug("AWS_ACCESS_KEY_ID"), "aws-access-key-id");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("postgres://app@db:5432/x"), "postgres-app-db-5432-x");
        assert_eq!(slug("日本"), "");
        assert!(slug(&"a-".repeat(100)).len() <= SLUG_MAX);
    }
}
