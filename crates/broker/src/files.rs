//! The embedded default: writes what a person reviews and merges, and changes nothing else.
//!
//! The address is a folder; each migration gets a folder `tenure-<migration id>` in it. A file appears whole or not
//! at all, never in place of another, and only a file that is still as it was written is taken away again.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};
use tenure_model::{Artifact, EvidenceLevel, HandoffPlan, Intent, Phase, Proof, Receipt, Step, StepState};

use crate::contract::{Answer, Broker, Proposal, Work};
use crate::mark::Mark;
use crate::{BrokerError, BrokerKind, Capabilities, Connection, Guarantees, PlanError, Reach, Revocation};

pub(crate) const KIND: BrokerKind = BrokerKind {
    name: "files",
    about: "a folder of files to review and merge",
    address: "a folder on this machine",
    needs_token: false,
    open: |connection, _| Ok(Box::new(Files::new(connection)?)),
};

const ARTIFACT: &str = "artifact";
const ARTIFACTS_MAX: usize = 256;
const ARTIFACT_BYTES_MAX: usize = 1024 * 1024;
const PATH_BYTES_MAX: usize = 255;
/// A file on its way; one that stays was left by an interrupted attempt.
const DRAFT_PREFIX: &str = ".tenure-draft-";

/// A folder.
struct Files {
    connection: Connection,
    folder: PathBuf,
}

impl Files {
    fn new(connection: Connection) -> Result<Self, BrokerError> {
        let address = connection.address.strip_prefix("file://").unwrap_or(&connection.address);
        if address.is_empty() || address.contains("://") || address.contains('\0') {
            return Err(BrokerError::Address {
                connection: connection.name.clone(),
                reason: "not a folder on this machine".to_owned(),
            });
        }
        Ok(Self { folder: PathBuf::from(address), connection })
    }

    fn describe(&self) -> Capabilities {
        let mut warnings = Vec::new();
        let reach = match fs::metadata(&self.folder) {
            Ok(found) if found.is_dir() && !found.permissions().readonly() => Reach::Ok,
            Ok(_) => {
                warnings.push(format!("{} is not a folder that can be written to", self.folder.display()));
                Reach::Unreachable
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                warnings.push(format!("{} will be made", self.folder.display()));
                Reach::Ok
            }
            Err(error) => {
                warnings.push(format!("{}: {}", self.folder.display(), error.kind()));
                Reach::Unreachable
            }
        };
        Capabilities {
            broker: KIND.name.to_owned(),
            version: None,
            reach,
            operations: vec![ARTIFACT.to_owned()],
            guarantees: Guarantees {
                expiry: false,
                revocation: Revocation::None,
                single_use: false,
                audit: false,
            },
            ttl_seconds: (0, 0),
            self_is_admin: false,
            may_take_credentials: false,
            missing_permissions: Vec::new(),
            audit_devices: None,
            warnings,
        }
    }

    fn make_plan(&self, proposal: &Proposal<'_>) -> Result<HandoffPlan, PlanError> {
        let Proposal { migration_id, identity_id, intent, snapshot, artifacts } = *proposal;
        let mark = Mark::of(migration_id)?;
        if artifacts.is_empty() {
            return Err(PlanError::Unsupported(
                "there is nothing to write: no recipe fits this identity".to_owned(),
            ));
        }
        if artifacts.len() > ARTIFACTS_MAX {
            return Err(PlanError::Unsupported(format!("more than {ARTIFACTS_MAX} files")));
        }
        let mut steps = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (seq, artifact) in (1..).zip(artifacts) {
            let refuse = |reason: &str| {
                PlanError::Unsupported(format!("{}: {reason}", tenure_model::visible(&artifact.path)))
            };
            let path = relative(&artifact.path).map_err(refuse)?;
            if artifact.content.len() > ARTIFACT_BYTES_MAX {
                return Err(refuse("larger than 1 MiB"));
            }
            // Two names that differ only in case are one file on some systems.
            if !seen.insert(artifact.path.to_lowercase()) {
                return Err(refuse("named twice"));
            }
            let target = format!("{}/{}", mark.name, path.display());
            steps.push(Step {
                seq,
                kind: ARTIFACT.to_owned(),
                title: format!("Write {} for review", artifact.path),
                phase: Phase::Apply,
                body: json!({"path": artifact.path, "kind": artifact.kind, "blake3": hash(artifact.content.as_bytes())}),
                reads_before_write: vec![target.clone()],
                undo: format!("remove {target} if it is still as it was written"),
                target,
                destructive: false,
            });
        }
        Ok(HandoffPlan {
            migration_id: migration_id.to_owned(),
            identity_id: identity_id.to_owned(),
            broker: self.connection.name.clone(),
            broker_kind: KIND.name.to_owned(),
            intent: intent.clone(),
            snapshot: snapshot.clone(),
            steps,
            artifacts: artifacts.to_vec(),
            preconditions: vec![format!("{} can be written to", self.connection.address)],
            warnings: vec![
                "these are files for review: nothing is changed at a broker or target, and nothing is proven"
                    .to_owned(),
            ],
        })
    }

    /// A step's file, and what it shall hold. The content comes from the plan and must be what the step says.
    fn file<'a>(&self, work: &Work<'a>, step: &Step) -> Result<File<'a>, BrokerError> {
        let unknown = || BrokerError::UnknownStep { seq: step.seq, kind: step.kind.clone() };
        if step.kind != ARTIFACT {
            return Err(unknown());
        }
        let path = step.body["path"].as_str().ok_or_else(unknown)?;
        let artifact =
            work.plan.artifacts.iter().find(|artifact| artifact.path == path).ok_or_else(unknown)?;
        if step.body["blake3"] != hash(artifact.content.as_bytes()) {
            return Err(unknown());
        }
        let mark =
            Mark::of(&work.plan.migration_id).map_err(|error| BrokerError::NotYet(error.to_string()))?;
        let relative = relative(path).map_err(|reason| BrokerError::File {
            path: tenure_model::visible(path),
            reason: reason.to_owned(),
        })?;
        let root = self.folder.join(&mark.name);
        Ok(File { path: root.join(relative), root, artifact })
    }

    fn write(&self, work: &Work<'_>, step: &Step) -> Result<Receipt, BrokerError> {
        let file = self.file(work, step)?;
        if work.resumed {
            file.sweep_drafts();
        }
        if let Some(receipt) = file.judge(step)? {
            return Ok(receipt);
        }
        match file.create() {
            Ok(()) => {}
            // Someone was faster, perhaps ourselves: judged like any other file.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file.failed(&error)),
        }
        match file.read()? {
            Some(found) if found == file.artifact.content.as_bytes() => Ok(receipt(
                step,
                StepState::Done,
                Some(hash(&found)),
                format!("wrote {}", file.path.display()),
            )),
            _ => Ok(receipt(
                step,
                StepState::Conflict,
                None,
                format!("{} reads back otherwise", file.path.display()),
            )),
        }
    }

    fn remove(&self, work: &Work<'_>, step: &Step) -> Result<Receipt, BrokerError> {
        let file = self.file(work, step)?;
        let shown = file.path.display();
        file.sweep_drafts();
        let Some(found) = file.read()? else {
            file.remove_empty_folders();
            return Ok(receipt(step, StepState::Undone, None, format!("{shown} was gone already")));
        };
        if found != file.artifact.content.as_bytes() {
            return Ok(receipt(
                step,
                StepState::Conflict,
                None,
                format!("{shown} was changed since; it stays"),
            ));
        }
        fs::remove_file(&file.path).map_err(|error| file.failed(&error))?;
        file.remove_empty_folders();
        Ok(receipt(step, StepState::Undone, None, format!("removed {shown}")))
    }

    fn check(&self, work: &Work<'_>) -> Result<Vec<Proof>, BrokerError> {
        let mut proofs = Vec::new();
        for step in &work.plan.steps {
            let file = self.file(work, step)?;
            let holds = file.read()?.is_some_and(|found| found == file.artifact.content.as_bytes());
            let word = if holds { "is" } else { "is not" };
            let detail = format!("new access: {} {word} as planned", file.path.display());
            proofs.push(work.proof(EvidenceLevel::E2, holds, detail));
        }
        Ok(proofs)
    }

    fn find_drift(&self, work: &Work<'_>) -> Result<Vec<String>, BrokerError> {
        let mut drift = Vec::new();
        for step in &work.plan.steps {
            let file = self.file(work, step)?;
            let made =
                work.receipts.iter().rev().find(|receipt| receipt.seq == step.seq).is_some_and(|receipt| {
                    matches!(receipt.state, StepState::Done | StepState::AlreadyThere)
                });
            match file.read()? {
                None if made => drift.push(format!("{} was written and is gone", file.path.display())),
                Some(found) if found != file.artifact.content.as_bytes() => {
                    drift.push(format!("{} has other content", file.path.display()));
                }
                _ => {}
            }
        }
        Ok(drift)
    }
}

/// One artifact and where it stands.
struct File<'a> {
    root: PathBuf,
    path: PathBuf,
    artifact: &'a Artifact,
}

impl File<'_> {
    /// What is there; `None` when nothing is. Links are not followed, inside the migration's folder or at its end.
    fn read(&self) -> Result<Option<Vec<u8>>, BrokerError> {
        for folder in self.folders() {
            match fs::symlink_metadata(folder) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(self.refused("a folder on the way is a link or a file")),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(self.refused("it is there and is not a regular file")),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        }
        // One byte more than can be right is enough to know that it is wrong.
        let mut bytes = Vec::new();
        let file = fs::File::open(&self.path).map_err(|error| self.failed(&error))?;
        let limit = ARTIFACT_BYTES_MAX as u64 + 1;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| self.failed(&error))?;
        Ok(Some(bytes))
    }

    /// The receipt when a file is there already; `None` when there is none.
    fn judge(&self, step: &Step) -> Result<Option<Receipt>, BrokerError> {
        let shown = self.path.display();
        Ok(self.read()?.map(|found| {
            if found == self.artifact.content.as_bytes() {
                receipt(
                    step,
                    StepState::AlreadyThere,
                    Some(hash(&found)),
                    format!("{shown} was there already, as planned"),
                )
            } else {
                let detail = format!("{shown} is there with other content; nothing was changed");
                receipt(step, StepState::Conflict, None, detail)
            }
        }))
    }

    /// Writes the whole file under another name, then gives it its name if nothing has it.
    fn create(&self) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let mut draft = tempfile::Builder::new().prefix(DRAFT_PREFIX).tempfile_in(folder)?;
        draft.write_all(self.artifact.content.as_bytes())?;
        draft.as_file().sync_all()?;
        draft.persist_noclobber(&self.path).map_err(|refused| refused.error)?;
        // The name must survive a power cut too. Not every system can sync a folder; the file itself is safe.
        if let Ok(folder) = fs::File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// The migration's folder and those below it on the way to the file.
    fn folders(&self) -> Vec<&Path> {
        let mut folders: Vec<&Path> =
            self.path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)).collect();
        folders.reverse();
        folders
    }

    /// Removes what an interrupted attempt left beside the file.
    fn sweep_drafts(&self) {
        let Some(Ok(entries)) = self.path.parent().map(fs::read_dir) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(DRAFT_PREFIX) {
                let _ = fs::remove_file(entry.path()); // what cannot go is in nobody's way
            }
        }
    }

    /// Removes folders that the file's going left empty, up to the migration's own.
    fn remove_empty_folders(&self) {
        for folder in self.folders().iter().rev() {
            if fs::remove_dir(folder).is_err() {
                return; // not empty: someone else's files are in it
            }
        }
    }

    fn refused(&self, reason: &str) -> BrokerError {
        BrokerError::File { path: self.path.display().to_string(), reason: reason.to_owned() }
    }

    fn failed(&self, error: &std::io::Error) -> BrokerError {
        self.refused(&error.kind().to_string())
    }
}

/// A path that stays below its folder on every system.
fn relative(path: &str) -> Result<PathBuf, &'static str> {
    if path.is_empty() || path.len() > PATH_BYTES_MAX {
        return Err("not a path of 1 to 255 bytes");
    }
    if path.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c)) {
        return Err("a path with characters that some system does not take");
    }
    if path.split('/').any(|part| part.is_empty() || part.ends_with('.') || part.ends_with(' ')) {
        return Err("a path with an empty part, or one that ends with a dot or space");
    }
    let path = PathBuf::from(path);
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        Ok(path)
    } else {
        Err("a path that leaves its folder")
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn receipt(step: &Step, state: StepState, readback_hash: Option<String>, detail: String) -> Receipt {
    Receipt { seq: step.seq, state, pre_image: None, readback_hash, detail }
}

impl Broker for Files {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn capabilities<'a>(&'a self, _intent: Option<&'a Intent>) -> Answer<'a, Capabilities> {
        Box::pin(async { Ok(self.describe()) })
    }

    fn snapshot<'a>(&'a self, _migration_id: &'a str, _intent: &'a Intent) -> Answer<'a, Value> {
        Box::pin(async { Ok(json!({"folder": self.connection.address})) })
    }

    fn plan(&self, proposal: &Proposal<'_>) -> Result<HandoffPlan, PlanError> {
        self.make_plan(proposal)
    }

    fn live<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Option<Value>> {
        Box::pin(async move {
            Ok(self
                .file(work, step)?
                .read()?
                .map(|found| json!({"blake3": hash(&found), "bytes": found.len()})))
        })
    }

    fn drift<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<String>> {
        Box::pin(async move { self.find_drift(work) })
    }

    fn apply<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt> {
        Box::pin(async move { self.write(work, step) })
    }

    fn verify<'a>(&'a self, work: &'a Work<'a>) -> Answer<'a, Vec<Proof>> {
        Box::pin(async move { self.check(work) })
    }

    fn prove<'a>(&'a self, work: &'a Work<'a>, _level: EvidenceLevel) -> Answer<'a, Vec<Proof>> {
        Box::pin(async move {
            let detail =
                "files were written for review; no target was asked, so nothing is proven".to_owned();
            Ok(vec![work.proof(EvidenceLevel::E0, false, detail)])
        })
    }

    fn rollback<'a>(&'a self, work: &'a Work<'a>, step: &'a Step) -> Answer<'a, Receipt> {
        Box::pin(async move { self.remove(work, step) })
    }
}
