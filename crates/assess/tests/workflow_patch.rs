//! The workflow patch, applied by the real git to workflows of many shapes.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

mod desk;

use std::path::Path;
use std::process::Command;

use desk::{Shelf, WORKFLOW, artifact, deploy_key, migration, planned, secret_finding};
use proptest::prelude::*;
use tenure_model::{Dossier, Migration};

/// Lets git apply the patch to the workflow in a fresh repository; gives the text afterwards.
fn applied(text: &str, patch: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(WORKFLOW);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.path().join("p.patch"), patch).unwrap();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["apply", "--check", "--whitespace=nowarn", "p.patch"]);
    git(folder.path(), &["apply", "--whitespace=nowarn", "p.patch"]);
    std::fs::read_to_string(file).unwrap()
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn proposed(text: &str) -> Migration {
    migration(deploy_key(), &Shelf::with(WORKFLOW, text))
}

fn has_patch(migration: &Migration) -> bool {
    migration.artifacts.iter().any(|artifact| artifact.kind == "workflow_patch")
}

/// The workflow after the patch.
fn after(text: &str) -> String {
    applied(text, artifact(&proposed(text), "workflow.patch"))
}

/// No patch; the note that says why.
fn refused(text: &str, note: &str) {
    let migration = proposed(text);
    assert!(!has_patch(&migration), "{:?}", migration.artifacts);
    assert!(migration.prerequisites.iter().any(|step| step.contains(note)), "{:#?}", migration.prerequisites);
}

const PLAIN: &str = "\
# Deploys the site.
name: deploy
on:
  push:
    branches: [main]

jobs:
  deploy:
    runs-on: ubuntu-latest # small
    timeout-minutes: 10
    environment: production

    steps:
      - uses: actions/checkout@v4

      # The key of the user `deploy`.
      - name: AWS
        uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }} # rotated in May
          # do not print
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          aws-region: eu-west-1
      - run: ./deploy.sh
";

#[test]
fn the_inputs_of_the_action_give_way_to_a_role() {
    let expected = PLAIN
        .replace(
            "    runs-on: ubuntu-latest # small\n",
            "    runs-on: ubuntu-latest # small\n    permissions:\n      id-token: write\n      contents: read\n",
        )
        .replace(
            "aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }} # rotated in May",
            "role-to-assume: arn:aws:iam::123456789012:role/github-payments-deploy # rotated in May",
        )
        .replace(
            "          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
            "          role-duration-seconds: 900\n          role-session-name: github-${{ github.run_id }}-${{ github.run_attempt }}\n",
        );
    assert_eq!(after(PLAIN), expected);
}

#[test]
fn line_endings_of_windows_stay() {
    let text = PLAIN.replace('\n', "\r\n");
    let after = after(&text);
    assert!(after.contains("\r\n      id-token: write\r\n"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

#[test]
fn a_file_without_an_end_of_line_can_be_changed() {
    let text = PLAIN.trim_end().replace("      - run: ./deploy.sh", "").trim_end().to_owned();
    assert!(after(&text).contains("role-to-assume"));
}

#[test]
fn a_session_token_goes_with_the_key() {
    let text = PLAIN.replace(
        "          aws-region",
        "          aws-session-token: ${{ secrets.AWS_SESSION_TOKEN }}\n          aws-region",
    );
    let after = after(&text);
    assert!(!after.contains("aws-session-token"), "{after}");
    assert_eq!(after.matches("role-to-assume").count(), 1);
}

#[test]
fn permissions_of_the_job_are_kept_and_completed() {
    for (before, expected) in [
        (
            "    permissions:\n      # needed to tag\n      contents: write\n",
            "    permissions:\n      # needed to tag\n      id-token: write\n      contents: write\n",
        ),
        ("    permissions:\n      id-token: none # off\n", "    permissions:\n      id-token: write # off\n"),
        (
            "    permissions: {contents: write, packages: write} # two\n",
            "    permissions: # two\n      id-token: write\n      contents: write\n      packages: write\n",
        ),
        ("    permissions: {}\n", "    permissions:\n      id-token: write\n"),
        ("    permissions: write-all\n", "    permissions: write-all\n"),
        ("    permissions:\n      id-token: write\n", "    permissions:\n      id-token: write\n"),
    ] {
        let text = PLAIN.replace("    timeout-minutes", &format!("{before}    timeout-minutes"));
        let after = after(&text);
        assert!(after.contains(&format!("{expected}    timeout-minutes")), "{before} became\n{after}");
        assert_eq!(after.matches("permissions:").count(), 1, "{after}");
    }
    let all = after(&PLAIN.replace("    timeout-minutes", "    permissions: read-all\n    timeout-minutes"));
    assert!(all.contains("      id-token: write\n") && all.contains("      packages: read\n"), "{all}");
}

#[test]
fn what_the_workflow_grants_is_repeated_in_the_job_so_that_it_loses_nothing() {
    let text = PLAIN.replace("jobs:\n", "permissions:\n  contents: write\n  packages: write\n\njobs:\n");
    let after = after(&text);
    let expected = "    permissions:\n      id-token: write\n      contents: write\n      packages: write\n";
    assert!(after.contains(expected), "{after}");
    assert!(
        proposed(&text).warnings.iter().any(|warning| warning.contains("repeat what the workflow's grant"))
    );
    for already in ["permissions: write-all\n", "permissions:\n  id-token: write\n"] {
        let text = PLAIN.replace("jobs:\n", &format!("{already}jobs:\n"));
        let patch = artifact(&proposed(&text), "workflow.patch").to_owned();
        assert!(!patch.contains("+    permissions"), "{patch}");
    }
}

#[test]
fn a_job_that_had_the_default_permissions_is_warned_about() {
    let text = PLAIN.replace(
        "run: ./deploy.sh",
        "run: ./deploy.sh\n        env:\n          GH_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    );
    let warnings = proposed(&text).warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("repository's default") && warning.contains("GITHUB_TOKEN")),
        "{warnings:#?}"
    );
}

const STEP_ENV: &str = "\
on: workflow_dispatch
env:
  AWS_REGION: eu-central-1
jobs:
  test:
    runs-on: [self-hosted, linux]
    steps:
      - run: make test
  deploy:
    runs-on: ubuntu-latest
    environment:
      name: production
      url: https://example.test
    steps:
      - uses: actions/checkout@v4
      # upload everything
      - run: aws s3 sync . s3://site
        env:
          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
          AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
      - run: aws cloudfront create-invalidation
        env:
          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }} # again
          AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          PATHS: /*
";

#[test]
fn variables_of_steps_give_way_to_one_step_that_gets_the_role() {
    let after = after(STEP_ENV);
    assert!(!after.contains("secrets.AWS"), "{after}");
    let step = "      - name: Get short-lived AWS credentials\n        uses: aws-actions/configure-aws-credentials@v6\n        with:\n          role-to-assume: arn:aws:iam::123456789012:role/github-payments-deploy\n          role-duration-seconds: 900\n          role-session-name: github-${{ github.run_id }}-${{ github.run_attempt }}\n          aws-region: eu-central-1\n      # upload everything\n      - run: aws s3 sync . s3://site\n      - run: aws cloudfront create-invalidation\n        env:\n          # again\n          PATHS: /*\n";
    assert!(after.contains(step), "{after}");
    assert_eq!(after.matches("Get short-lived").count(), 1);
    assert!(
        after.contains("  test:\n    runs-on: [self-hosted, linux]\n    steps:"),
        "the other job stays as it was"
    );
    assert!(proposed(STEP_ENV).prerequisites.iter().any(|step| step.starts_with("Pin the inserted action")));
}

#[test]
fn variables_of_a_job_are_needed_from_its_first_step_on() {
    let text = "\
on: push
jobs:
  deploy:
    env:
      AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
      STAGE: prod
    runs-on: ubuntu-latest
    steps:
    - run: aws s3 ls
";
    let after = after(text);
    assert!(after.contains("    env:\n      STAGE: prod\n    runs-on"), "{after}");
    assert!(after.contains("    steps:\n    - name: Get short-lived AWS credentials\n"), "{after}");
    assert!(
        after.contains("      aws-region: <AWS_REGION>\n    - run: aws s3 ls\n")
            || after.contains("aws-region: <AWS_REGION>"),
        "{after}"
    );
    assert!(proposed(text).prerequisites.iter().any(|step| step.contains("<AWS_REGION>")));
}

#[test]
fn an_env_that_becomes_empty_goes_unless_a_comment_lives_in_it() {
    let gone = after(STEP_ENV);
    assert!(gone.contains("s3://site\n      - run"), "{gone}");
    let commented = STEP_ENV.replace(
        "        env:\n          AWS_ACCESS",
        "        env:\n          # secret\n          AWS_ACCESS",
    );
    let kept = after(&commented);
    assert!(kept.contains("        env: {}\n          # secret\n"), "{kept}");
}

#[test]
fn a_variable_of_the_whole_workflow_is_moved_only_when_there_is_one_job() {
    let one = "\
on: push
env:
  AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
  AWS_REGION: eu-west-1
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: aws s3 ls
";
    let after = after(one);
    assert!(after.starts_with("on: push\nenv:\n  AWS_REGION: eu-west-1\njobs:"), "{after}");
    let two = format!("{one}  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n");
    refused(&two, "to all of its 2 jobs");
}

#[test]
fn a_key_that_reaches_the_action_through_variables_is_followed() {
    let text = "\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ env.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ env.AWS_SECRET_ACCESS_KEY }}
          aws-region: eu-west-1
";
    let after = after(text);
    assert_eq!(after.matches("configure-aws-credentials").count(), 1);
    assert!(!after.contains("AWS_ACCESS_KEY_ID") && after.contains("role-to-assume"), "{after}");
}

#[test]
fn a_step_gets_its_role_from_a_step_before_it() {
    let keys = "        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}\n          AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n";
    let later = after(&PLAIN.replace("./deploy.sh\n", &format!("./deploy.sh\n{keys}")));
    assert_eq!(later.matches("role-to-assume").count(), 1, "the action runs first:\n{later}");
    let earlier = after(
        &PLAIN.replace("      - uses: actions/checkout@v4\n", &format!("      - run: ./early.sh\n{keys}")),
    );
    assert_eq!(earlier.matches("role-to-assume").count(), 2, "the action comes too late:\n{earlier}");
    assert!(earlier.contains(
        "- name: Get short-lived AWS credentials\n        uses: aws-actions/configure-aws-credentials@v4\n"
    ));
    assert!(!earlier.contains("AWS_SECRET_ACCESS_KEY") && !later.contains("AWS_SECRET_ACCESS_KEY"));
}

#[test]
fn a_role_that_was_assumed_by_means_of_the_key_stays() {
    let text = PLAIN.replace(
        "aws-region: eu-west-1",
        "aws-region: eu-west-1\n          role-to-assume: arn:aws:iam::123456789012:role/site",
    );
    let after = after(&text);
    assert!(after.contains("role/site") && !after.contains("github-payments-deploy"), "{after}");
    assert!(proposed(&text).prerequisites.iter().any(|step| step.contains("let that role trust GitHub")));
}

#[test]
fn only_jobs_that_use_the_key_are_changed_and_what_is_left_is_named() {
    let text = format!(
        "{PLAIN}  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./x ${{{{ secrets.AWS_ACCESS_KEY_ID }}}}\n"
    );
    let migration = proposed(&text);
    let after = applied(&text, artifact(&migration, "workflow.patch"));
    assert!(after.ends_with("      - run: ./x ${{ secrets.AWS_ACCESS_KEY_ID }}\n"));
    assert!(
        migration.prerequisites.iter().any(|step| step.contains("still receives AWS_ACCESS_KEY_ID")),
        "{:#?}",
        migration.prerequisites
    );
}

#[test]
fn what_cannot_be_edited_safely_is_left_with_a_note() {
    refused(&PLAIN.replace("environment: production", "environment: &e production"), "anchors");
    refused(&PLAIN.replace("        with:", "\t       with:"), "cannot be read as YAML");
    refused(&PLAIN.replace("${{ secrets.AWS_SECRET_ACCESS_KEY }}", "just-a-word"), "literal value");
    refused(
        &PLAIN.replace(
            "${{ secrets.AWS_SECRET_ACCESS_KEY }}",
            ">-\n            ${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        ),
        "several lines",
    );
    refused("on: push\njobs: {deploy: {runs-on: x, steps: []}}\n", "in one line");
    refused(
        "on: push\njobs:\n  deploy:\n    uses: acme/w/.github/workflows/d.yml@v1\n    secrets: inherit\n",
        "reusable workflow",
    );
    refused(
        "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: make\n",
        "no input or variable",
    );
    refused(
        "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - uses: acme/sync@v1\n        with:\n          key: ${{ secrets.AWS_ACCESS_KEY_ID }}\n",
        "deploy.yml:8 receives AWS_ACCESS_KEY_ID",
    );
    refused("a: [", "cannot be read as YAML");
    refused("", "cannot be read as YAML");
}

#[test]
fn a_file_that_cannot_be_read_again_is_named() {
    let migration = migration(deploy_key(), &Shelf::default());
    assert!(!has_patch(&migration));
    assert!(migration.prerequisites.iter().any(|step| step.contains("could not be read again")));
}

#[test]
fn the_value_of_another_secret_never_enters_a_patch() {
    let text = PLAIN.replace("      - name: AWS\n", "      - name: AWS hunter2-in-the-clear\n");
    let line = 1 + u32::try_from(text.lines().position(|line| line.contains("hunter2")).unwrap()).unwrap();
    let mut other = Dossier::default();
    other.identity.id = "other".into();
    other.findings.push(secret_finding(WORKFLOW, line, false));
    let plan = planned(vec![deploy_key(), other], &Shelf::with(WORKFLOW, &text));
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    let migration = plan.entries.iter().find_map(|entry| entry.migration.as_ref()).unwrap();
    assert!(migration.prerequisites.iter().any(|step| step.contains("must not be copied into a patch")));
}

#[test]
fn a_nested_repository_gets_a_patch_that_applies_at_its_own_root() {
    let mut dossier = deploy_key();
    let nested = format!("services/site/{WORKFLOW}");
    for consumer in &mut dossier.identity.consumers {
        consumer.path.clone_from(&nested);
    }
    let migration = migration(dossier, &Shelf::with(&nested, PLAIN));
    assert!(applied(PLAIN, artifact(&migration, "workflow.patch")).contains("role-to-assume"));
}

/// One change that a person, or an accident, makes to a text.
#[derive(Debug, Clone)]
enum Damage {
    DropLine(usize),
    RepeatLine(usize),
    Indent(usize),
    Insert(usize, char),
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for damage in damages {
        let count = lines.len();
        match damage {
            Damage::DropLine(at) if count > 1 => drop(lines.remove(at % count)),
            Damage::DropLine(_) => {}
            Damage::RepeatLine(at) => lines.insert(at % count, lines[at % count].clone()),
            Damage::Indent(at) => lines[at % count].insert_str(0, "  "),
            Damage::Insert(at, c) => {
                let line = &mut lines[at % count];
                let place = line.char_indices().map(|(place, _)| place).nth(at / count).unwrap_or(line.len());
                line.insert(place, *c);
            }
        }
    }
    lines.join("\n")
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..2000usize;
    prop_oneof![
        at.clone().prop_map(Damage::DropLine),
        at.clone().prop_map(Damage::RepeatLine),
        at.clone().prop_map(Damage::Indent),
        (
            at,
            prop::sample::select(&[
                '\r', '\t', ' ', '"', '\'', '#', '{', '[', '&', '*', '|', '>', ':', '-', 'é', '\u{1b}'
            ])
        )
            .prop_map(|(at, c)| Damage::Insert(at, c)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_workflow_looks_like_a_patch_that_is_proposed_applies(
        base in prop::sample::select(&[PLAIN, STEP_ENV]),
        damages in prop::collection::vec(damage(), 0..4),
        windows in any::<bool>(),
    ) {
        let text = damaged(base, &damages);
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        let migration = proposed(&text);
        if has_patch(&migration) {
            let after = applied(&text, artifact(&migration, "workflow.patch"));
            prop_assert!(after != text);
        } else {
            prop_assert!(!migration.prerequisites.is_empty());
        }
    }
}
