//! A repository found on disk, vetted: where its parts lie, and that all of them lie beneath the scanned root.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tenure_model::{ReadState, Unread, path_text};

use super::config::Config;
use super::fence::{Fence, Refusal};
use super::oid::Oid;

/// Bytes of a config file.
const CONFIG_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a file that holds one path or one name.
const POINTER_BYTES_MAX: u64 = 64 << 10;
/// Bytes of the list of commits where a shallow clone ends.
const SHALLOW_BYTES_MAX: u64 = 64 << 20;

/// A work tree's repository or a bare one.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    fence: Fence,
    label: String,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
    config: Config,
}

impl Repository {
    /// Whether a folder looks like a repository: `HEAD`, `objects` and `refs`. In a folder named `.git`, `objects`
    /// is enough, so that a repository without its `HEAD` is still read.
    pub(crate) fn is_git_dir(path: &Path) -> bool {
        // `HEAD` first: nearly every folder is none, and one question of the system says so.
        let head = || fs::symlink_metadata(path.join("HEAD")).is_ok_and(|meta| !meta.is_dir());
        let named = path.file_name().is_some_and(|name| name == ".git");
        (named || head() && path.join("refs").is_dir()) && path.join("objects").is_dir()
    }

    /// Opens the repository at `git_dir`: a folder, or the `.git` file of a linked work tree or submodule.
    ///
    /// Whatever leads out of `root` is refused with a row. Nothing is executed, and the config is only data.
    pub(crate) fn open(git_dir: &Path, root: &Path, unread: &mut Vec<Unread>) -> Option<Self> {
        let label = |fence: Option<&Fence>| label(git_dir, root, fence);
        let refuse = |refusal: Refusal, what: &str| {
            let reason = if refusal == Refusal::Outside { "external_git_dir" } else { "repository_damaged" };
            Unread {
                path: label(None),
                state: ReadState::Skipped,
                reason: reason.to_owned(),
                detail: format!("{what} {}", refusal.words()),
            }
        };
        let fence =
            Fence::around(root).map_err(|refusal| unread.push(refuse(refusal, "the scanned folder"))).ok()?;
        let found = follow_git_file(git_dir, &fence);
        let resolved = found.map_err(|refusal| unread.push(refuse(refusal, "its git folder"))).ok()?;
        let common = follow_common_dir(&resolved, &fence);
        let common_dir =
            common.map_err(|refusal| unread.push(refuse(refusal, "its common git folder"))).ok()?;
        let config = fence.read(&common_dir.join("config"), CONFIG_BYTES_MAX);
        let work_tree = git_dir.file_name().is_some_and(|name| name == ".git").then(|| parent(git_dir));
        let repository = Self {
            label: label(Some(&fence)),
            git_dir: resolved,
            common_dir,
            work_tree,
            config: config.as_deref().map(Config::parse).unwrap_or_default(),
            fence,
        };
        if let Err(refusal) = config
            && refusal != Refusal::Missing
        {
            unread.push(repository.row(
                "config",
                ReadState::Skipped,
                refusal.reason(),
                format!("the config {}", refusal.words()),
            ));
        }
        repository.report_format(unread);
        Some(repository)
    }

    fn report_format(&self, unread: &mut Vec<Unread>) {
        if self.has_foreign_objects() {
            let format = self.config.object_format.as_deref().unwrap_or_default();
            let detail = format!(
                "its objects are in the format `{}`, which is not read",
                tenure_model::visible(format)
            );
            unread.push(self.row("objects", ReadState::Skipped, "unsupported_object_format", detail));
        }
        if self.has_foreign_refs() {
            let detail =
                "its refs are not plain files; all objects are read, but not which branch they are on"
                    .to_owned();
            unread.push(self.row("refs", ReadState::Skipped, "unsupported_ref_storage", detail));
        }
        if !self.config.unknown_extensions.is_empty() {
            let names = self.config.unknown_extensions.join(", ");
            let detail =
                format!("it uses extensions that are not known here: {}", tenure_model::visible(&names));
            unread.push(self.row("config", ReadState::Partial, "unknown_extension", detail));
        }
        match self.fence.read(&self.common_dir.join("shallow"), SHALLOW_BYTES_MAX) {
            Err(Refusal::Missing) => {}
            Ok(bytes) if bytes.trim_ascii().is_empty() => {}
            Ok(bytes) => {
                let ends = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
                let detail = format!("a shallow clone: history before {ends} commits is not here");
                unread.push(self.row("shallow", ReadState::Partial, "shallow_clone", detail));
            }
            Err(refusal) => {
                let detail = format!("the list of where a shallow clone ends {}", refusal.words());
                unread.push(self.row("shallow", ReadState::Skipped, refusal.reason(), detail));
            }
        }
    }

    /// A row about something inside this repository.
    pub(crate) fn row(&self, inside: &str, state: ReadState, reason: &str, detail: String) -> Unread {
        Unread { path: format!("{}!{inside}", self.label), state, reason: reason.to_owned(), detail }
    }

    /// `owner/name` of the remote called origin, else the name of the folder.
    pub(crate) fn name(&self) -> String {
        self.config.origin_name().unwrap_or_else(|| {
            let folder = self.work_tree.as_ref().unwrap_or(&self.git_dir);
            let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            tenure_model::visible(name.strip_suffix(".git").unwrap_or(&name))
        })
    }

    /// The repository's own git folder, resolved.
    pub(crate) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that linked work trees share, resolved. Two work trees of one repository have one.
    pub(crate) fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The folder with the files, as it was found.
    pub(crate) fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The repository as rows name it: its path below the scanned root.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// What keeps reads beneath the scanned root.
    pub(crate) fn fence(&self) -> &Fence {
        &self.fence
    }

    /// The folder of objects, not yet vetted.
    pub(crate) fn objects_dir(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// Commits where a shallow clone ends: their parents are not expected here.
    pub(crate) fn shallow(&self) -> HashSet<Oid> {
        let bytes = self.fence.read(&self.common_dir.join("shallow"), SHALLOW_BYTES_MAX).unwrap_or_default();
        bytes.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii())).collect()
    }

    /// Objects are named by another hash than SHA-1.
    pub(crate) fn has_foreign_objects(&self) -> bool {
        self.config.object_format.as_deref().is_some_and(|format| format != "sha1")
    }

    /// Refs are kept in another form than files.
    pub(crate) fn has_foreign_refs(&self) -> bool {
        self.config.ref_storage.as_deref().is_some_and(|storage| storage != "files")
    }

    /// Missing objects are to be fetched when needed.
    pub(crate) fn is_partial_clone(&self) -> bool {
        self.config.promisor
    }
}

/// The path below the scanned root; the root itself is `.`.
fn label(git_dir: &Path, root: &Path, fence: Option<&Fence>) -> String {
    let below = git_dir.strip_prefix(root).ok().map(Path::to_owned).or_else(|| {
        let resolved = fs::canonicalize(git_dir).ok()?;
        resolved.strip_prefix(fence?.root()).ok().map(Path::to_owned)
    });
    let below = below.unwrap_or_else(|| git_dir.to_owned());
    if below.as_os_str().is_empty() {
        return ".".to_owned();
    }
    let parts: Vec<String> = below.iter().map(|part| path_text(part.as_encoded_bytes())).collect();
    parts.join("/")
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// A `.git` file says `gitdir: <path>`, relative to the folder it is in.
fn follow_git_file(git_dir: &Path, fence: &Fence) -> Result<PathBuf, Refusal> {
    let resolved = fence.resolve(git_dir)?;
    if resolved.is_dir() {
        return Ok(resolved);
    }
    let bytes = fence.read(&resolved, POINTER_BYTES_MAX)?;
    let target = bytes.strip_prefix(b"gitdir:").ok_or(Refusal::WrongKind)?.trim_ascii();
    if target.is_empty() {
        return Err(Refusal::WrongKind);
    }
    fence.folder(&parent(&resolved).join(bytes_path(target)))
}

/// A linked work tree's git folder holds the path of the one with the objects.
fn follow_common_dir(git_dir: &Path, fence: &Fence) -> Result<PathBuf, Refusal> {
    match fence.read(&git_dir.join("commondir"), POINTER_BYTES_MAX) {
        Ok(bytes) => fence.folder(&git_dir.join(bytes_path(bytes.trim_ascii()))),
        Err(Refusal::Missing) => Ok(git_dir.to_owned()),
        Err(refusal) => Err(refusal),
    }
}

/// A path from a file's bytes.
pub(crate) fn bytes_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}
