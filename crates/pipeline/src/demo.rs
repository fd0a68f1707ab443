//! A small world to try Tenure on: a repository with history, workflows and owners, beside a cloud export.
//!
//! Every credential in it is made up here, joined from halves so that no scanner takes this source for a leak.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{Repository, Signature, Time};

use crate::Failure;

/// The day of the demo's first commit: 2026-03-02T09:00:00Z.
const FIRST_COMMIT: i64 = 1_772_442_000;
/// Seconds between two commits of the demo.
const BETWEEN_COMMITS: i64 = 9 * 86_400;
/// The demo's AWS account.
const ACCOUNT: &str = "123456789012";

/// One commit of the demo: author, message, files to write (text) or to remove (`None`).
struct Change {
    author: (&'static str, &'static str),
    message: &'static str,
    files: Vec<(&'static str, Option<String>)>,
}

/// Makes the demo below `folder` (or below a new temporary folder) and gives the folder.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub fn make_demo(folder: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => tempfile::Builder::new()
            .prefix("tenure-demo-")
            .tempdir()
            .context("making a temporary folder")?
            .keep(),
    };
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!(
            "{} is not empty: name a new folder for the demo",
            folder.display()
        )));
    }
    let repository = folder.join("payments");
    std::fs::create_dir_all(&repository).with_context(|| format!("making {}", repository.display()))?;
    write_history(&repository).context("writing the demo repository")?;
    for (name, text) in exports() {
        write(&folder.join("exports/aws"), name, &text)?;
    }
    Ok(folder)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), anyhow::Error> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

fn write_history(folder: &Path) -> Result<(), anyhow::Error> {
    let repository = Repository::init(folder)?;
    repository.remote("origin", "https://github.com/acme/payments.git")?;
    let mut parent: Option<git2::Oid> = None;
    for (number, change) in (0i64..).zip(changes()) {
        let mut index = repository.index()?;
        for (name, text) in &change.files {
            match text {
                Some(text) => {
                    write(folder, name, text)?;
                    index.add_path(Path::new(name))?;
                }
                None => {
                    std::fs::remove_file(folder.join(name))?;
                    index.remove_path(Path::new(name))?;
                }
            }
        }
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let time = Time::new(FIRST_COMMIT + number * BETWEEN_COMMITS, 0);
        let author = Signature::new(change.author.0, change.author.1, &time)?;
        let parents: Vec<git2::Commit<'_>> =
            parent.map(|oid| repository.find_commit(oid)).transpose()?.into_iter().collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        parent = Some(repository.commit(Some("HEAD"), &author, &author, change.message, &tree, &parents)?);
    }
    Ok(())
}

const PAYMENTS: (&str, &str) = ("Payments Team", "payments@acme.test");
const PLATFORM: (&str, &str) = ("Platform Team", "platform@acme.test");
const DATA: (&str, &str) = ("Data Team", "data@acme.test");

fn changes() -> Vec<Change> {
    let release =
        |keys: &str| format!("#!/bin/sh\nset -eu\n{keys}aws s3 sync build s3://acme-payments-web\n");
    let keys =
        format!("export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n", key_id(), secret_key());
    vec![
        Change {
            author: PAYMENTS,
            message: "Publish the site by hand",
            files: vec![
                ("README.md", Some("# Payments\n\nThe web shop's checkout.\n".to_owned())),
                ("scripts/release.sh", Some(release(&keys))),
            ],
        },
        Change {
            author: PLATFORM,
            message: "Deploy from CI",
            files: vec![
                (".github/workflows/deploy.yml", Some(include_str!("demo/deploy.yml").to_owned())),
                (".github/CODEOWNERS", Some(include_str!("demo/CODEOWNERS").to_owned())),
            ],
        },
        Change {
            author: PAYMENTS,
            message: "Take the keys out of the release script",
            files: vec![("scripts/release.sh", Some(release("")))],
        },
        Change {
            author: DATA,
            message: "Report orders every night",
            files: vec![
                (
                    ".github/workflows/nightly-report.yml",
                    Some(include_str!("demo/nightly-report.yml").to_owned()),
                ),
                ("etl/.env", Some(format!("REPORT_BUCKET=acme-reports\nDATABASE_URL={}\n", database_url()))),
            ],
        },
        Change {
            author: PLATFORM,
            message: "Publish images without a stored key",
            files: vec![(".github/workflows/images.yml", Some(include_str!("demo/images.yml").to_owned()))],
        },
        Change {
            author: PLATFORM,
            message: "Let a bot open release pull requests",
            files: vec![(
                ".github/workflows/release-bot.yml",
                Some(include_str!("demo/release-bot.yml").to_owned()),
            )],
        },
    ]
}

/// A well-formed key id of the demo's account that nobody was ever given.
fn key_id() -> String {
    ["AKIA", "RZPUZDIK", "HJ4Q7WNX"].concat()
}

fn secret_key() -> String {
    ["q7Vd2Xw9LmTzR4ky", "Jb8NcF1sHgPu5aEo", "3iKxYt6Z"].concat()
}

fn database_url() -> String {
    let password = ["k9Rw2", "vTq7LxZ"].concat();
    format!("postgres://legacy_etl:{password}@orders-db.acme.test:5432/orders")
}

/// The exports of the demo's AWS account, as `aws iam …` prints them.
fn exports() -> Vec<(&'static str, String)> {
    let fill = |text: &str| text.replace("{ACCOUNT}", ACCOUNT).replace("{KEY_ID}", &key_id());
    vec![
        ("account-authorization-details.json", fill(include_str!("demo/account-authorization-details.json"))),
        ("access-keys.json", fill(include_str!("demo/access-keys.json"))),
        ("access-keys-last-used.json", fill(include_str!("demo/access-keys-last-used.json"))),
        ("credential-report.csv", fill(include_str!("demo/credential-report.csv"))),
    ]
}
