//! Shared libraries of Jenkins: functions in `vars/` that a `Jenkinsfile` calls by the name of their file.
//!
//! A function tells itself, in the light of the files of its repository that call it. A library that is kept elsewhere is named
//! as a part that nobody has read.

use memchr::memmem;
use tenure_model::FingerprintKey;

use super::{Script, WHOLE, is_jenkinsfile};
use crate::detect::ci::job::{Definition, Pipeline};
use crate::detect::ci::reading;
use crate::detect::neighbours::is_here;
use crate::detect::witness::{Spot, Witness};
use crate::detect::{Blob, Detector, Look, Reading, text};

/// Where the functions of a library lie.
const FOLDER: &str = "vars/";
/// Files of one repository that are searched for callers.
const FILES_MAX: usize = 50;

/// The reader.
pub(in crate::detect::ci) struct JenkinsLibrary;

impl Detector for JenkinsLibrary {
    fn name(&self) -> &'static str {
        "jenkins_library"
    }

    fn describe(&self) -> &'static str {
        "Shared libraries of Jenkins (vars/*.groovy): the credentials that a function binds, and who calls it; read by words"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        function(blob).is_some()
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match reading::decoded(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let name = function(blob).unwrap_or_default();
        let mut witness = Witness::new(blob, self.name());
        let script = Script::read(&text);
        let unreadable = script.unreadable();
        let mut pipeline = script.pipeline();
        let callers = Callers::of(blob, name);
        for job in &mut pipeline.jobs {
            job.id = if job.id == WHOLE { name.to_owned() } else { format!("{name}/{}", job.id) };
            job.triggers.extend(callers.triggers.iter().cloned());
            job.runs_per_day = job.runs_per_day.into_iter().chain(callers.runs_per_day).reduce(|a, b| a + b);
            job.scheduled |= callers.scheduled;
            job.called_by.clone_from(&callers.by);
            job.defined_elsewhere = true;
        }
        let unreadable = unreadable.or(reading::note(blob, &pipeline, key, &mut witness));
        witness.done(unreadable)
    }
}

/// The function that a file of a library defines.
fn function<'b>(blob: &Blob<'b>) -> Option<&'b str> {
    let file = blob.path_in_repository().strip_prefix(FOLDER)?;
    file.strip_suffix(".groovy").filter(|name| !name.contains('/'))
}

/// Who calls one function.
#[derive(Default)]
struct Callers {
    by: Vec<String>,
    triggers: Vec<String>,
    runs_per_day: Option<f64>,
    scheduled: bool,
}

impl Callers {
    fn of(blob: &Blob<'_>, name: &str) -> Self {
        let mut callers = Self::default();
        let files = blob.neighbours.below("").into_iter().filter(|path| is_jenkinsfile(path)).take(FILES_MAX);
        for path in files {
            let Some(bytes) = blob.neighbours.bytes(&path) else { continue };
            if memmem::find(&bytes, name.as_bytes()).is_none() {
                continue;
            }
            let Some(text) = text::decode(&bytes) else { continue };
            callers.add(&format!("{}{path}", blob.base), name, &Script::read(&text));
        }
        callers
    }

    fn add(&mut self, path: &str, name: &str, script: &Script<'_>) {
        let calls = script.calls.iter().filter(|call| call.function == name);
        let by = calls.map(|call| format!("{path}:{} {}", call.line, script.stages[call.stage].name));
        let before = self.by.len();
        self.by.extend(by);
        if self.by.len() > before {
            let fresh = script.triggers.iter().filter(|event| !self.triggers.contains(event)).cloned();
            let fresh: Vec<String> = fresh.collect();
            self.triggers.extend(fresh);
            self.scheduled |= !script.crons.is_empty();
            self.runs_per_day =
                self.runs_per_day.into_iter().chain(script.runs_per_day()).reduce(|a, b| a + b);
        }
    }
}

/// Adds the libraries that a script takes from elsewhere.
pub(super) fn name_libraries<'t>(blob: &Blob<'_>, pipeline: &mut Pipeline<'t>, script: &Script<'t>) {
    let own = script
        .calls
        .iter()
        .any(|call| is_here(blob.neighbours, &format!("{FOLDER}{}.groovy", call.function)));
    // The one library of a repository that holds what is called is its own.
    if own && script.libraries.len() == 1 {
        return;
    }
    for &(written, spot) in &script.libraries {
        let (reference, revision) =
            written.split_once('@').map_or((written, None), |(name, at)| (name, Some(at)));
        pipeline.unread_parts.push((format!("the library {reference}"), Spot::line(spot.line)));
        // Without a version, the controller's settings decide; they are not in the file.
        if revision.is_some_and(|revision| !revision.contains('$')) {
            let commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let pinned = revision.is_some_and(commit);
            pipeline.definitions.push(Definition { what: "the library", reference, revision, pinned, spot });
        }
    }
}
