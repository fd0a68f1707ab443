//! Calls of reusable workflows within one repository: who calls a workflow, and which secrets each caller passes to it.
//!
//! A called workflow knows a secret by the name of its own parameter. With its callers at hand, the secret of the store is
//! known, and the events and schedules that lead to its jobs.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use super::inputs::{self, Values};
use super::workflow::{Job, What, Workflow};
use crate::detect::ci::secret_use::{Exposure, Started};
use crate::detect::{Blob, text, yaml};

/// Where workflows lie.
pub(super) const FOLDER: &str = ".github/workflows/";
/// Levels of calls that are followed; GitHub follows ten.
const LEVELS_MAX: usize = 10;
/// Calls of one workflow, those of its callers included.
const CALLS_MAX: usize = 400;
/// Bytes of workflows that are read to find the callers of one.
const BYTES_MAX: usize = 32 << 20;

/// The event of a workflow that others start.
pub(super) const CALLED: &str = "workflow_call";

/// Everybody in the repository who calls one workflow.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

/// What may still be read on the way to the callers of one workflow.
struct Left {
    calls: usize,
    bytes: usize,
}

/// One job that calls it.
#[derive(Debug)]
struct Call {
    /// `path:line job`.
    by: String,
    triggers: Vec<String>,
    runs_per_day: Option<f64>,
    /// The caller may ask the platform for a proof of identity, and so hand that right on; `None` where nothing is written.
    id_token: Option<bool>,
    passed: Passed,
    /// What it gives to inputs, by name in small letters.
    given: BTreeMap<String, Values>,
    /// Who calls the caller.
    outer: Calls,
}

#[derive(Debug)]
enum Passed {
    /// `secrets: inherit`.
    Everything,
    /// The secrets behind each parameter; none where the run's own token or a text is passed.
    Named(BTreeMap<String, Vec<String>>),
}

/// What a name after `secrets.` stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The secret of that name in the repository's store.
    Kept,
    /// Secrets that callers pass under that name.
    Passed(BTreeSet<String>),
    /// A parameter whose callers are not known; or, with `nobody`, one that no known caller fills with a kept secret.
    Parameter { nobody: bool },
}

impl Calls {
    /// Who calls the workflow of a file.
    pub(super) fn of(blob: &Blob<'_>, workflow: &Workflow<'_>) -> Self {
        let file = blob.path_in_repository();
        let mut left = Left { calls: CALLS_MAX, bytes: BYTES_MAX };
        if !workflow.is_called() {
            return Self::default();
        }
        Self::to(blob, file, &mut vec![file.to_owned()], &mut left)
    }

    fn to(blob: &Blob<'_>, called: &str, way: &mut Vec<String>, left: &mut Left) -> Self {
        let name = called.rsplit('/').next().unwrap_or(called);
        let mut calls = Vec::new();
        for path in blob.neighbours.below(FOLDER) {
            if way.len() > LEVELS_MAX || way.contains(&path) || left.calls == 0 || left.bytes == 0 {
                continue;
            }
            let Some(bytes) = blob.neighbours.bytes(&path) else { continue };
            left.bytes = left.bytes.saturating_sub(bytes.len());
            if memmem::find(&bytes, name.as_bytes()).is_none() {
                continue;
            }
            let Some(text) = text::decode(&bytes) else { continue };
            yaml::read(&text, |tree, _| {
                let Some(caller) = tree.first().map(Workflow::read) else { return };
                let here = caller.jobs.iter().filter(|job| leads_to(blob, job, called));
                let here: Vec<&Job<'_>> = here.take(left.calls).collect();
                if here.is_empty() {
                    return;
                }
                left.calls -= here.len();
                way.push(path.clone());
                for job in here {
                    let outer =
                        if caller.is_called() { Self::to(blob, &path, way, left) } else { Self::default() };
                    calls.push(Call::new(&format!("{}{path}", blob.base), &caller, job, outer));
                }
                way.pop();
            });
        }
        Self(calls)
    }

    /// What a name stands for in the called workflow.
    pub(super) fn origin(&self, workflow: &Workflow<'_>, name: &str) -> Origin {
        if !workflow.is_called() {
            return Origin::Kept;
        }
        let mut names = self.behind(name);
        let declared = workflow.parameters.iter().any(|parameter| parameter.eq_ignore_ascii_case(name));
        if !workflow.is_only_called() {
            names.insert(name.to_owned());
            return Origin::Passed(names);
        }
        match (names.is_empty(), declared) {
            (false, _) => Origin::Passed(names),
            (true, true) => Origin::Parameter { nobody: !self.0.is_empty() },
            (true, false) => Origin::Kept,
        }
    }

    /// What starts the workflow with the secret `kept` under a name: the callers that pass it, and whoever calls those.
    pub(super) fn started(&self, name: &str, kept: &str) -> Started {
        let mut all = Started::default();
        let sum = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(|a, b| a + b);
        for call in &self.0 {
            // One name of the caller's is enough: it is the same run.
            for name in call.names_behind(name) {
                let further = call.outer.behind(&name);
                let own =
                    name.eq_ignore_ascii_case(kept) && (further.is_empty() || call.events().next().is_some());
                let outer = match (further.contains(kept), further.is_empty()) {
                    (true, _) => call.outer.started(&name, kept),
                    // A caller that keeps the secret itself has it whoever calls the caller.
                    (false, true) if own => call.outer.anything(),
                    (false, _) if own => Started::default(),
                    (false, _) => continue,
                };
                all.called_by.push(call.by.clone());
                all.triggers.extend(call.events().filter(|_| own).chain(outer.triggers));
                let here = sum(call.runs_per_day.filter(|_| own), outer.runs_per_day);
                all.runs_per_day = sum(all.runs_per_day, here);
                break;
            }
        }
        all
    }

    /// Whatever starts the workflow.
    fn anything(&self) -> Started {
        let triggers = self.triggers().into_iter().map(str::to_owned).collect();
        Started { triggers, runs_per_day: self.runs_per_day(), called_by: self.by(), proof: None }
    }

    /// The secrets of the store that callers pass under a name.
    fn behind(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for call in &self.0 {
            for name in call.names_behind(name) {
                let further = call.outer.behind(&name);
                // A caller that also starts by itself then has the secret of that name.
                if further.is_empty() || call.events().next().is_some() {
                    found.insert(name);
                }
                found.extend(further);
            }
        }
        found
    }

    /// Events that start the callers.
    pub(super) fn triggers(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for call in &self.0 {
            all.extend(call.triggers.iter().map(String::as_str).filter(|event| *event != CALLED));
            all.extend(call.outer.triggers());
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Runs a day by the schedules of callers.
    pub(super) fn runs_per_day(&self) -> Option<f64> {
        let of =
            |call: &Call| call.runs_per_day.into_iter().chain(call.outer.runs_per_day()).reduce(|a, b| a + b);
        self.0.iter().filter_map(of).reduce(|a, b| a + b)
    }

    /// Whether a clock starts one of the callers.
    pub(super) fn scheduled(&self) -> bool {
        self.triggers().contains(&"schedule")
    }

    /// The first caller that does not hand on the right to ask for a proof of identity: the right of a called job is never
    /// wider than its caller's. Outer `None` when no caller is known; inner `None` when all hand it on. `among` names the callers
    /// that are asked, where not all are.
    pub(super) fn withheld_by(&self, among: Option<&[String]>) -> Option<Option<&str>> {
        fn withholds(call: &Call) -> Option<&str> {
            let outer = call.outer.withheld_by(None);
            match call.id_token {
                Some(true) => outer.flatten(),
                // A caller that writes nothing has what its own callers have.
                None if outer.is_some() => outer.flatten(),
                _ => Some(call.by.as_str()),
            }
        }
        let asked = |call: &&Call| among.is_none_or(|among| among.contains(&call.by));
        let mut calls = self.0.iter().filter(asked).peekable();
        calls.peek().is_some().then(|| calls.find_map(withholds))
    }

    /// What each caller gives to an input; `None` for one that gives nothing.
    pub(super) fn given(&self, input: &str) -> impl Iterator<Item = Option<&Values>> {
        let name = input.to_ascii_lowercase();
        self.0.iter().map(move |call| call.given.get(&name))
    }

    /// The callers, in words.
    pub(super) fn by(&self) -> Vec<String> {
        self.0.iter().map(|call| call.by.clone()).collect()
    }
}

impl Call {
    /// The caller's names for what it passes under a name.
    fn names_behind(&self, name: &str) -> Vec<String> {
        match &self.passed {
            Passed::Everything => vec![name.to_owned()],
            Passed::Named(passed) => passed.get(&name.to_ascii_uppercase()).cloned().unwrap_or_default(),
        }
    }

    /// The events that start the caller by itself.
    fn events(&self) -> impl Iterator<Item = String> {
        self.triggers.iter().filter(|event| *event != CALLED).cloned()
    }

    fn new(path: &str, caller: &Workflow<'_>, job: &Job<'_>, outer: Calls) -> Self {
        let passed = if job.inherits.is_some() {
            Passed::Everything
        } else {
            let mut passed: BTreeMap<String, Vec<String>> =
                job.passes.iter().map(|name| (name.to_ascii_uppercase(), Vec::new())).collect();
            for touch in job.uses.iter().filter(|touch| touch.exposure == Exposure::Passed) {
                if let (Some(slot), What::Named(name)) = (touch.slot, &touch.what) {
                    passed.entry(slot.to_ascii_uppercase()).or_default().push(name.to_string());
                }
            }
            Passed::Named(passed)
        };
        let lets_in = |event: &&&str| job.condition.lets_in(event);
        Self {
            by: format!("{path}:{} {}", job.line, job.id),
            triggers: caller.triggers.iter().filter(lets_in).map(|&event| event.to_owned()).collect(),
            runs_per_day: caller.runs_per_day.filter(|_| job.condition.lets_in("schedule")),
            id_token: caller.permissions_of(job).map(|permissions| permissions.id_token),
            passed,
            given: inputs::given(caller, job, &outer),
            outer,
        }
    }
}

/// Whether a job calls the workflow at `called`, as a file of its own repository or by the repository's name.
fn leads_to(blob: &Blob<'_>, job: &Job<'_>, called: &str) -> bool {
    job.calls.and_then(|uses| own_file(blob, uses)).is_some_and(|path| path == called)
}

/// The file of this repository that `uses:` names.
pub(super) fn own_file<'u>(blob: &Blob<'_>, uses: &'u str) -> Option<&'u str> {
    if let Some(path) = uses.strip_prefix("./").or_else(|| uses.strip_prefix("$/")) {
        return Some(path);
    }
    let (head, tail) = uses.split_at_checked(blob.repository.len())?;
    let own = !blob.repository.is_empty() && head.eq_ignore_ascii_case(blob.repository);
    let path = tail.strip_prefix('/').filter(|_| own)?;
    Some(path.split('@').next().unwrap_or(path))
}

/// The names of the secrets that a reusable workflow of this repository uses; `None` when it is not here.
pub(super) fn uses_of(blob: &Blob<'_>, uses: &str) -> Option<BTreeSet<String>> {
    let text = blob.neighbours.text(own_file(blob, uses)?)?;
    yaml::read(&text, |tree, _| {
        let workflow = Workflow::read(tree.first()?);
        let touched = workflow.jobs.iter().flat_map(|job| &job.uses);
        let named = touched.filter_map(|touch| match &touch.what {
            What::Named(name) => Some(name.to_string()),
            What::Computed(_) | What::Whole => None,
        });
        Some(named.collect())
    })
}
