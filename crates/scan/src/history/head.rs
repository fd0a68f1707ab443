//! The files of HEAD, for repositories without files of today.

use tenure_model::{Observation, path_text};

use super::History;
use crate::cache::Told;
use crate::detect;
use crate::git::{self, Objects};
use crate::run::Run;
use crate::scanner::observations;

/// Mode of a symbolic link: its content is where it leads.
const LINK: u32 = 0o120_000;
/// Most observations about HEAD that are remembered; more are made anew.
const TOLD_MAX: usize = 20_000;

/// Ends of the names of files that a structured reader might take; nothing else of a bare repository's HEAD is opened.
const STRUCTURED: &[&str] = &[
    ".yml",
    ".yaml",
    ".json",
    ".csv",
    "CODEOWNERS",
    ".jsonl",
    ".ndjson",
    ".sarif",
    ".baseline",
    ".tf",
    ".tpl",
    ".service",
    ".timer",
    ".toml",
    ".env",
    "crontab",
    ".cron",
    "Jenkinsfile",
    ".json5",
    ".renovaterc",
];

impl History {
    /// A bare repository has no files of today but those of its HEAD. Gives what was observed, when it can be remembered.
    pub(super) fn read_head(&self, run: &Run<'_>, root: &str, objects: &Objects) -> Option<Vec<Told>> {
        let mut unread = Vec::new();
        let mut files = git::head_tree(&self.repository, objects, &mut unread);
        // What a link holds is no file of the kind that its name says.
        files.retain(|file| file.mode != LINK);
        let mut told = Some(Vec::new()).filter(|_| run.cache.keeps());
        let mut tell = |observations: Vec<Observation>| {
            for observation in &observations {
                told = told.take().filter(|told| told.len() < TOLD_MAX).and_then(|mut told| {
                    told.push(Told::of(observation)?);
                    Some(told)
                });
            }
            run.observe_all(observations);
        };
        tell(unread.into_iter().map(Observation::Unread).collect());
        let neighbours = HeadNeighbours { files: &files, objects };
        for git::HeadFile { path, oid, .. } in &files {
            if run.cancelled() {
                return None;
            }
            let inside = path_text(path);
            let structured = STRUCTURED.iter().any(|end| inside.ends_with(end));
            if !structured {
                continue;
            }
            let Some(bytes) = objects.read_blob(oid) else { continue };
            let shown = format!("{}{inside}", self.base);
            let (base, repository) = (self.base.as_str(), self.name.as_str());
            let blob =
                detect::Blob { root, path: &shown, base, repository, bytes: &bytes, neighbours: &neighbours };
            if !detect::claimed(&blob) {
                continue;
            }
            if self.before.is_some() {
                let unchanged = self.id_before(&shown) == Some(*oid);
                self.read_new_out(run, objects, &blob, unchanged, &|blob| detect::read(blob, run.engine));
            } else {
                tell(observations(&shown, detect::read(&blob, run.engine)).collect());
            }
        }
        told
    }
}

/// The files of HEAD, or of another commit, as neighbours of one of them.
pub(super) struct HeadNeighbours<'a> {
    pub(super) files: &'a [git::HeadFile],
    pub(super) objects: &'a Objects,
}

impl std::fmt::Debug for HeadNeighbours<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeadNeighbours({})", self.files.len())
    }
}

impl detect::Neighbours for HeadNeighbours<'_> {
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let file = self.files.iter().find(|file| path_text(&file.path) == path)?;
        self.objects.read_blob(&file.oid).filter(|bytes| bytes.len() <= detect::NEIGHBOUR_BYTES_MAX)
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let paths = self.files.iter().map(|file| path_text(&file.path));
        paths.filter(|path| path.starts_with(folder)).collect()
    }
}
