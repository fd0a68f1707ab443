//! From a CI system's file to observations: decode, parse, let the reader name the pipelines, account and judge.

use tenure_model::FingerprintKey;

use super::job::Pipeline;
use super::judgement::Bench;
use super::{account, secret};
use crate::detect::template;
use crate::detect::witness::Witness;
use crate::detect::yaml::{self, Broken, Tree};
use crate::detect::{Blob, Reading, Unreadable, text};

/// Largest file of a CI system that is read; none that people write comes near.
pub(super) const CI_FILE_BYTES_MAX: usize = 4 << 20;

/// Folders that hold files to look at, not to run.
const SHELVES: &[&str] = &[
    "docs",
    "doc",
    "documentation",
    "example",
    "examples",
    "samples",
    "snippets",
    "testdata",
    "test-data",
    "fixtures",
    // Code of others that was copied here: their systems run it, not this repository's.
    "vendor",
    "third_party",
    "node_modules",
];

/// Whether a file that could lie anywhere lies where people put what nobody runs.
pub(super) fn is_specimen(blob: &Blob<'_>) -> bool {
    lies_on_a_shelf(blob.path_in_repository())
}

/// The same for a path below the repository's folder.
pub(super) fn lies_on_a_shelf(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| SHELVES.contains(&folder))
}

/// Reads a YAML file whose pipelines `pipelines` names.
pub(super) fn of_yaml(
    blob: &Blob<'_>,
    reader: &'static str,
    key: &FingerprintKey,
    pipelines: impl for<'t> Fn(&'t Tree<'t>) -> Vec<Pipeline<'t>>,
) -> Reading {
    of_tree((blob, reader, key), false, &pipelines)
}

/// The same for YAML that a template engine may have to fill first.
pub(super) fn of_templates(
    blob: &Blob<'_>,
    reader: &'static str,
    key: &FingerprintKey,
    pipelines: impl for<'t> Fn(&'t Tree<'t>) -> Vec<Pipeline<'t>>,
) -> Reading {
    of_tree((blob, reader, key), true, &pipelines)
}

fn of_tree(
    (blob, reader, key): (&Blob<'_>, &'static str, &FingerprintKey),
    templated: bool,
    pipelines: &impl for<'t> Fn(&'t Tree<'t>) -> Vec<Pipeline<'t>>,
) -> Reading {
    let tell = |tree: &Tree<'_>, broken| tell(blob, reader, key, (tree, broken), pipelines);
    match decoded(blob) {
        Ok(text) if templated => template::read_quoted(&text, tell),
        Ok(text) => yaml::read(&text, tell),
        Err(reading) => reading,
    }
}

fn tell(
    blob: &Blob<'_>,
    reader: &'static str,
    key: &FingerprintKey,
    (tree, broken): (&Tree<'_>, Option<Broken>),
    pipelines: &impl for<'t> Fn(&'t Tree<'t>) -> Vec<Pipeline<'t>>,
) -> Reading {
    let mut unreadable = broken.map(Unreadable::from);
    let mut witness = Witness::new(blob, reader);
    for pipeline in pipelines(tree) {
        let cut = note(blob, &pipeline, key, &mut witness);
        unreadable = unreadable.take().or(cut);
    }
    witness.done(unreadable)
}

/// The text of a file, or why it has none.
pub(super) fn decoded<'b>(blob: &Blob<'b>) -> Result<std::borrow::Cow<'b, str>, Reading> {
    text::of(blob, CI_FILE_BYTES_MAX, "file of a CI system")
}

/// Notes facts and findings of one pipeline; gives what of it was not read.
pub(super) fn note(
    blob: &Blob<'_>,
    pipeline: &Pipeline<'_>,
    key: &FingerprintKey,
    witness: &mut Witness<'_>,
) -> Option<Unreadable> {
    let secrets = secret::secrets(blob, pipeline);
    account::give(blob, pipeline, &secrets, key, witness);
    Bench { blob, pipeline, witness }.judge(&secrets);
    let cut = pipeline.jobs.iter().filter(|job| !job.whole).count();
    let detail = format!("{} longer than what is read of one", text::counted(cut, "job is", "jobs are"));
    (cut > 0).then_some(Unreadable { reason: "yaml_too_large", detail })
}
