//! Pipelines in archives: nothing runs them from there, so no job of theirs uses anything.
//!
//! A copy of a repository in an archive is as dead as one in a folder of examples, and says nothing. Only when the archive itself
//! is what somebody asked about, the pipelines in it are named as left out, so that it does not look like a repository without any.

use tenure_model::{FingerprintKey, Observation, ReadState, Unread};

use super::{READERS, works_in_an_archive};
use crate::detect::{Alone, Blob, Detector, Look, Reading};

/// Between an archive and what is inside it.
const INSIDE: &str = "!/";

/// Whether a path leads into an archive.
pub(in crate::detect) fn is_member(path: &str) -> bool {
    path.contains(INSIDE)
}

/// The reader.
pub(in crate::detect) struct ArchivedPipeline;

impl Detector for ArchivedPipeline {
    fn name(&self) -> &'static str {
        "archived_pipeline"
    }

    fn describe(&self) -> &'static str {
        "Pipelines in an archive that is scanned by itself: named as not read, because they run nowhere from there"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.path.split_once(INSIDE).is_some_and(|(archive, _)| is_root(blob.root, archive))
            && is_pipeline(blob)
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let detail = "runs nowhere from inside an archive; unpack it to have its jobs told";
        let row = Unread {
            path: blob.path.to_owned(),
            state: ReadState::Skipped,
            reason: "pipeline_in_archive".to_owned(),
            detail: detail.to_owned(),
        };
        Reading { observations: vec![Observation::Unread(row)], unreadable: None }
    }
}

/// Whether the archive is what the user named, not a file in a folder.
fn is_root(root: &str, archive: &str) -> bool {
    let file = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    !archive.contains('/') && file(root) == archive
}

/// Whether a member would be a pipeline in a repository whose folder is the archive or the one folder in it.
fn is_pipeline(blob: &Blob<'_>) -> bool {
    let inside = blob.path.rsplit(INSIDE).next().unwrap_or_default();
    let below = inside.split_once('/').map_or("", |(_, below)| below);
    [inside, below].into_iter().any(|path| {
        let blob = Blob { path, base: "", neighbours: &Alone, ..*blob };
        !path.is_empty() && READERS.iter().any(|reader| !works_in_an_archive(*reader) && reader.claims(&blob))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(root: &str, path: &str) -> bool {
        let bytes = b"steps: []";
        let blob = Blob { root, path, base: "", repository: "", bytes, neighbours: &Alone };
        ArchivedPipeline.claims(&blob)
    }

    #[test]
    fn pipelines_of_an_archive_that_somebody_named_are_seen() {
        for path in [
            "a.zip!/.github/workflows/x.yml",
            "a.zip!/shop-main/.gitlab-ci.yml",
            "a.zip!/shop/ci/Jenkinsfile",
        ] {
            assert!(claims("/tmp/a.zip", path), "{path}");
        }
        for (root, path) in [
            ("/tmp/a.zip", "a.zip!/README.md"),
            ("/tmp/shop", "a.zip!/.gitlab-ci.yml"),
            ("/tmp/shop", "backup/a.zip!/.gitlab-ci.yml"),
            ("/tmp/shop", ".gitlab-ci.yml"),
        ] {
            assert!(!claims(root, path), "{root} {path}");
        }
    }
}
