//! What readers see in files that take parts from one another, as snapshots to read beside the folder.

mod readers;

use readers::{Repository, key, told};
use tenure_scan::engine::Engine;
use tenure_scan::rules::RuleSet;

/// The folder of fixtures.
const SHOP: Repository = Repository("together");

fn seen(path: &str) -> String {
    told(&SHOP.read(path, &key()))
}

#[test]
fn a_workflow_that_passes_secrets_to_others() {
    insta::assert_snapshot!(seen(".github/workflows/nightly.yml"));
}

#[test]
fn a_called_workflow_knows_the_secrets_behind_its_parameters() {
    insta::assert_snapshot!(seen(".github/workflows/publish.yml"));
}

#[test]
fn a_broken_called_workflow_with_an_action_of_its_repository() {
    insta::assert_snapshot!(seen(".github/workflows/deploy.yml"));
}

#[test]
fn a_gitlab_pipeline_with_what_it_includes() {
    insta::assert_snapshot!(seen(".gitlab-ci.yml"));
    // A part that is claimed by its name is told with the whole, and once.
    assert_eq!(seen("ci/parts.yml"), "");
}

#[test]
fn an_azure_pipeline_with_its_templates() {
    insta::assert_snapshot!(seen("azure-pipelines.yml"));
}

#[test]
fn a_jenkinsfile_with_libraries_of_its_own_and_of_others() {
    insta::assert_snapshot!(seen("Jenkinsfile"));
}

#[test]
fn a_function_of_a_shared_library_knows_who_calls_it() {
    insta::assert_snapshot!(seen("vars/shipShop.groovy"));
    insta::assert_snapshot!(seen("vars/broken.groovy"));
}

#[test]
fn a_policy_in_another_file_of_a_terraform_module() {
    insta::assert_snapshot!(seen("infra/main.tf"));
}

#[test]
fn a_service_knows_the_timer_beside_it() {
    insta::assert_snapshot!(seen("units/backup.service"));
}

#[test]
fn a_service_of_compose_receives_what_its_file_of_variables_holds() {
    let engine = Engine::new(RuleSet::embedded(), key());
    let told = told(&SHOP.read("stack/compose.yaml", &engine));
    assert!(!told.contains("4eC39HqLyjWDarjtT1zdp7dc"), "no value leaves the reader");
    insta::assert_snapshot!(told);
}
