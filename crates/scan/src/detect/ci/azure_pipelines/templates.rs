//! Templates of an Azure pipeline: files of its own repository are followed, others are named.

use std::collections::BTreeSet;

use super::is_pipeline;
use crate::detect::neighbours::{Neighbours, beside};
use crate::detect::yaml::{self, Yaml};

/// Templates of one pipeline; the service takes 100 files.
const FILES_MAX: usize = 100;
/// Callers of one template that are told.
const CALLERS_MAX: usize = 100;
/// Levels on which a second way to a template is followed.
const ROUNDS_MAX: usize = 4;
/// Nodes of one file that are visited in search of templates.
const VISITS_MAX: usize = 100_000;
/// Pipelines of one repository whose templates are compared.
const PIPELINES_MAX: usize = 50;

/// A template that a pipeline brings in.
pub(super) struct Template {
    /// Below the repository's folder.
    pub(super) path: String,
    pub(super) text: String,
    /// Who brings it in.
    pub(super) callers: Vec<Caller>,
}

/// A place that brings a template in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// `path:line`.
    pub(super) place: String,
    /// The job that it stands in; `None` where a whole job or stage is brought in.
    pub(super) job: Option<String>,
}

/// A `template:` of one file.
pub(super) struct Named<'t> {
    /// As written.
    pub(super) written: &'t str,
    pub(super) line: u32,
    /// The job that it stands in.
    pub(super) job: Option<String>,
}

/// Every `template:` below a node.
pub(super) fn named(root: Yaml<'_>) -> Vec<Named<'_>> {
    let (mut found, mut jobs) = (Vec::new(), Vec::new());
    let mut stack = vec![(root, None, None)];
    let mut visits_left = VISITS_MAX;
    while let Some((node, stage, job)) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        if let Some((written, template)) = node.get("template").and_then(|name| Some((name.text()?, name))) {
            let job = job.and_then(|job: usize| jobs.get(job).cloned());
            found.push(Named { written, line: template.line(), job });
        }
        let stage = node.get("stage").and_then(Yaml::text).filter(|name| !name.is_empty()).or(stage);
        let job = match ["job", "deployment"].iter().find_map(|key| node.get(key)) {
            Some(id) => {
                jobs.push(job_id(stage, id.text(), jobs.len()));
                Some(jobs.len() - 1)
            }
            None => job,
        };
        let first = stack.len();
        let inner = node.items().chain(node.pairs().map(|(_, value)| value));
        stack.extend(inner.map(|inner| (inner, stage, job)));
        stack[first..].reverse();
    }
    found
}

/// The id of a job: its own name, or its number in the file; with its stage's name before it.
pub(super) fn job_id(stage: Option<&str>, id: Option<&str>, index: usize) -> String {
    let id = id.map_or_else(|| format!("job {}", index + 1), str::to_owned);
    stage.map_or(id.clone(), |stage| format!("{stage}/{id}"))
}

/// The file of the same repository that a template's name leads to, seen from the file that names it.
pub(super) fn local(from: &str, written: &str) -> Option<String> {
    let path = written.strip_suffix("@self").unwrap_or(written);
    if path.contains(['@', '$']) { None } else { beside(from, path) }
}

/// The templates that a pipeline brings in and that are no pipelines by their own name.
pub(super) fn followed(neighbours: &dyn Neighbours, path: &str, text: &str) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    // Of each file what it brings in: the place of the template in `found`, and from where.
    let mut calls: Vec<(usize, String, Caller)> = Vec::new();
    let mut next = 0;
    let mut from = (path.to_owned(), text.to_owned());
    loop {
        if from.1.contains("template") {
            for (inner, caller) in brought_in(&from.0, &from.1) {
                if inner == path || is_pipeline(&inner) {
                    continue;
                }
                let known = found.iter().position(|template| template.path == inner);
                let place = known.or_else(|| {
                    let text = neighbours.text(&inner).filter(|_| found.len() < FILES_MAX)?;
                    found.push(Template { path: inner, text, callers: Vec::new() });
                    Some(found.len() - 1)
                });
                calls.extend(place.map(|place| (place, from.0.clone(), caller)));
            }
        }
        let Some(template) = found.get(next) else { break };
        from = (template.path.clone(), template.text.clone());
        next += 1;
    }
    // Callers come before what they call, but for a second way to a template; a few rounds settle those as well.
    for _ in 0..ROUNDS_MAX {
        for (place, from, caller) in &calls {
            let outer =
                found.iter().find(|template| template.path == *from).map(|outer| outer.callers.clone());
            let jobs = match (&caller.job, outer) {
                (None, Some(outer)) => outer.into_iter().map(|outer| outer.job).collect(),
                (job, _) => vec![job.clone()],
            };
            for job in jobs {
                let caller = Caller { place: caller.place.clone(), job };
                let callers = &mut found[*place].callers;
                if callers.len() < CALLERS_MAX && !callers.contains(&caller) {
                    callers.push(caller);
                }
            }
        }
    }
    found
}

/// The templates of the same repository that a file names, in its order.
fn brought_in(path: &str, text: &str) -> Vec<(String, Caller)> {
    yaml::read(text, |tree, _| {
        let named = tree.first().map(named).unwrap_or_default();
        let of = |Named { written, line, job }: Named<'_>| {
            Some((local(path, written)?, Caller { place: format!("{path}:{line}"), job }))
        };
        named.into_iter().filter_map(of).collect()
    })
}

/// The templates that pipelines before this one bring in: what is wrong with them is told with those.
pub(super) fn told_before(neighbours: &dyn Neighbours, path: &str) -> BTreeSet<String> {
    let all = neighbours.below("").into_iter();
    let before = all.filter(|other| other.as_str() < path && is_pipeline(other)).take(PIPELINES_MAX);
    let texts = before.filter_map(|other| Some((neighbours.text(&other)?, other)));
    texts
        .flat_map(|(text, other)| followed(neighbours, &other, &text))
        .map(|template| template.path)
        .collect()
}
