//! What the readers of CI systems see in each fixture, as snapshots to read beside the file.

mod readers;

use readers::{fixture, read_as, told};

/// Reads a fixture as if it lay at `path` of a repository.
fn at(path: &str, file: &str) -> String {
    told(&read_as(path, &fixture(file)))
}

macro_rules! fixtures {
    ($($name:ident: $path:literal, $file:literal;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(at($path, $file));
        }
    )*};
}

fixtures! {
    github_every_spelling_of_a_secret: ".github/workflows/x.yml", "github/.github/workflows/spellings.yml";
    github_a_composite_action: "actions/publish/action.yml", "github/actions/publish/action.yml";
    github_a_composite_action_that_breaks: "action.yaml", "github/actions/publish/broken.action.yml";
    gitlab_jobs_with_templates_and_id_tokens: ".gitlab-ci.yml", "gitlab/.gitlab-ci.yml";
    gitlab_a_pipeline_that_breaks: ".gitlab-ci.yml", "gitlab/broken.gitlab-ci.yml";
    circleci_workflows_with_contexts: ".circleci/config.yml", "circleci/config.yml";
    circleci_a_configuration_that_breaks: ".circleci/config.yml", "circleci/broken.yml";
    azure_stages_with_groups_and_connections: "azure-pipelines.yml", "azure/azure-pipelines.yml";
    azure_a_template_that_breaks: ".azure-pipelines/steps.yml", "azure/broken.yml";
    bitbucket_steps_with_pipes: "bitbucket-pipelines.yml", "bitbucket/bitbucket-pipelines.yml";
    bitbucket_a_pipeline_that_breaks: "bitbucket-pipelines.yml", "bitbucket/broken.yml";
    buildkite_steps_with_plugins: ".buildkite/pipeline.yml", "buildkite/pipeline.yml";
    buildkite_a_pipeline_that_breaks: ".buildkite/pipeline.yml", "buildkite/broken.yml";
    drone_pipelines: ".drone.yml", "drone/.drone.yml";
    drone_a_pipeline_that_breaks: ".drone.yml", "drone/broken.yml";
    woodpecker_a_workflow: ".woodpecker/deploy.yaml", "woodpecker/deploy.yaml";
    woodpecker_a_workflow_that_breaks: ".woodpecker.yaml", "woodpecker/broken.yaml";
    travis_sealed_values: ".travis.yml", "travis/.travis.yml";
    travis_a_configuration_that_breaks: ".travis.yml", "travis/broken.yml";
    jenkins_a_declarative_pipeline: "Jenkinsfile", "jenkins/Jenkinsfile";
    jenkins_a_script_that_breaks: "ci/Jenkinsfile.scripted", "jenkins/Jenkinsfile.scripted";
    jenkins_a_controllers_configuration: "casc/jenkins.yaml", "jenkins/jenkins.yaml";
    cluster_an_argo_workflow: "jobs/report.yaml", "cluster/argo.yaml";
    cluster_a_tekton_run: ".tekton/release.yaml", "cluster/tekton.yaml";
    cluster_a_workflow_in_a_chart: "charts/enrol/templates/workflow.yaml", "cluster/argo-chart.yaml";
    cluster_a_run_that_breaks: ".tekton/once.yaml", "cluster/broken.yaml";
    updates_of_dependabot: ".github/dependabot.yml", "updates/dependabot.yml";
    updates_of_dependabot_that_break: ".github/dependabot.yml", "updates/dependabot-broken.yml";
    jenkins_a_controllers_configuration_that_breaks: "casc/jenkins.yaml", "jenkins/broken.yaml";
    jenkins_ids_that_only_a_run_knows: "Jenkinsfile", "jenkins/computed.Jenkinsfile";
    updates_of_renovate_that_break: "renovate.json", "updates/renovate-broken.json";
    updates_of_renovate: ".github/renovate.json5", "updates/renovate.json5";
}

#[test]
fn files_elsewhere_than_their_system_looks_are_inert() {
    for (path, file) in [
        ("examples/.gitlab-ci.yml", "gitlab/.gitlab-ci.yml"),
        ("docs/config.yml", "circleci/config.yml"),
        ("docs/azure-pipelines.yml", "azure/azure-pipelines.yml"),
        ("shop.zip!/azure-pipelines.yml", "azure/azure-pipelines.yml"),
        ("lib.zip!/ci/Jenkinsfile", "jenkins/Jenkinsfile"),
        ("lib.tgz!/part.gitlab-ci.yml", "gitlab/.gitlab-ci.yml"),
        ("backup.zip!/.github/workflows/x.yml", "github/.github/workflows/spellings.yml"),
        ("vendor/lib/azure-pipelines.yml", "azure/azure-pipelines.yml"),
        ("examples/bitbucket-pipelines.yml", "bitbucket/bitbucket-pipelines.yml"),
        ("sub/.drone.yml", "drone/.drone.yml"),
        ("sub/.travis.yml", "travis/.travis.yml"),
        ("docs/Jenkinsfile.md", "jenkins/Jenkinsfile"),
        ("sub/dependabot.yml", "updates/dependabot.yml"),
    ] {
        assert_eq!(at(path, file), "", "{path}");
    }
}

#[test]
fn a_jenkinsfile_is_known_by_its_name_however_people_write_it() {
    let script = b"node { withCredentials([string(credentialsId: 'a', variable: 'B')]) { sh 'x' } }";
    for path in
        ["Jenkinsfile", "ci/jenkinsfile", "Jenkinsfile2-eks", "Jenkinsfile.groovy", "deploy.Jenkinsfile"]
    {
        assert!(!told(&read_as(path, script)).is_empty(), "{path}");
    }
    for path in ["JenkinsfileVersion", "Jenkinsfile.md", "Jenkinsfile.orig", "jenkinsfiles/readme"] {
        assert_eq!(told(&read_as(path, script)), "", "{path}");
    }
}

/// Paths under which every reader of a CI system takes a file.
const PATHS: [&str; 15] = [
    ".github/workflows/x.yml",
    "action.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".buildkite/pipeline.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".travis.yml",
    "Jenkinsfile",
    "vars/x.groovy",
    ".github/dependabot.yml",
    "renovate.json",
    ".tekton/run.yaml",
];

#[test]
fn files_that_unfold_without_end_are_read_up_to_a_limit() {
    let bomb: String = std::iter::once("a0: &a0 [$API_TOKEN, $API_TOKEN]\n".to_owned())
        .chain((1..60).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)))
        .collect();
    let long = "x".repeat(100_000);
    let shapes = [
        "script: *a59\nsteps: *a59\njobs: {a: {steps: *a59, script: *a59}}\n".to_owned(),
        "a: {script: *a59}\nb: {script: *a59}\nenv: *a59\npipelines: {default: *a59}\n".to_owned(),
        "apiVersion: tekton.dev/v1\nkind: Task\nspec: {tasks: *a59, volumes: *a59}\nupdates: *a59\n"
            .to_owned(),
        "workflows: {w: {jobs: [build]}}\njobs: {build: {steps: *a59, environment: *a59}}\n".to_owned(),
        format!(
            "text: &t \"{long}\"\nscript: [*t, *t]\njobs: {{a: {{env: {{X: *t}}, steps: [{{run: *t}}]}}}}\n"
        ),
    ];
    for path in PATHS {
        for shape in &shapes {
            let told = told(&read_as(path, format!("{bomb}{shape}").as_bytes()));
            assert!(!told.contains("reader_failed"), "{path}: {shape}: {told}");
        }
    }
}

#[test]
fn no_reader_of_a_ci_system_takes_binary_for_text() {
    for path in PATHS {
        let told = told(&read_as(path, b"a: tekton.dev/v1\n\xFF\xFE"));
        assert_eq!(told.split(": ").nth(1), Some("not_text"), "{path}: {told}");
    }
}
