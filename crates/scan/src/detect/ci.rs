//! Readers of CI systems: which job uses which credential, and could the platform prove who it is?
//!
//! Each reader turns its system's file into a [`job::Pipeline`]; `account` and `judgement` take it from there.

mod account;
mod archived;
mod azure_pipelines;
mod bitbucket_pipelines;
mod buildkite;
mod circleci;
mod cluster_workflow;
mod container_step;
pub(super) mod cron;
mod dependency_updates;
mod drone;
mod environment;
mod exchange;
mod github_actions;
mod gitlab_ci;
mod jenkins;
mod job;
mod judgement;
pub(super) mod purpose;
mod reading;
mod schedule;
mod secret;
mod secret_use;
mod shell;
mod system;
mod travis;
mod woodpecker;

use super::Detector;
pub(super) use archived::{ArchivedPipeline, is_member};

/// Every CI reader.
pub(super) const READERS: &[&dyn Detector] = &[
    &github_actions::GithubActions,
    &github_actions::action::CompositeAction,
    &gitlab_ci::GitlabCi,
    &circleci::CircleCi,
    &azure_pipelines::AzurePipelines,
    &bitbucket_pipelines::BitbucketPipelines,
    &buildkite::Buildkite,
    &drone::Drone,
    &woodpecker::Woodpecker,
    &travis::Travis,
    &cluster_workflow::ClusterWorkflow,
    &jenkins::Jenkins,
    &jenkins::JenkinsLibrary,
    &jenkins::JenkinsConfiguration,
    &dependency_updates::Dependabot,
    &dependency_updates::Renovate,
];

/// Whether what a reader reads also works from inside an archive: a chart is installed as one, a pipeline must lie in its repository.
pub(super) fn works_in_an_archive(reader: &dyn Detector) -> bool {
    reader.name() == cluster_workflow::ClusterWorkflow.name()
}

/// Kind of credential and its platform, as far as the name that people gave to a secret tells.
pub(super) fn named_kind(name: &str) -> Option<(&'static str, &'static str)> {
    let purpose = purpose::by_name(name, tenure_model::Quality::Heuristic)?;
    (purpose.part != purpose::Part::Configuration).then_some((purpose.kind, purpose.provider))
}
