//! What `.gitlab-ci.yml` takes from elsewhere: files of its own repository are followed, others are named.

use std::collections::BTreeSet;

use super::super::job::Definition;
use crate::detect::neighbours::{Neighbours, matching, normal};
use crate::detect::witness::Spot;
use crate::detect::yaml::{self, Yaml};

/// The file that GitLab starts from.
pub(super) const ENTRY: &str = ".gitlab-ci.yml";
/// Files of one configuration; GitLab takes 150.
const FILES_MAX: usize = 150;
/// Bytes of one configuration, and of the files that are asked for their includes.
const BYTES_MAX: usize = 16 << 20;
/// Pipelines that jobs of one repository start from files of it.
const PIPELINES_MAX: usize = 32;

/// A file of a configuration.
pub(super) struct Source {
    /// Below the repository's folder.
    pub(super) path: String,
    pub(super) text: String,
}

/// One entry of `include:`.
pub(super) enum Include<'t> {
    /// Files of the same repository; may hold stars.
    Local(&'t str),
    /// Kept by others: what it is in words, and what is known of its version.
    Elsewhere(String, Definition<'t>),
}

/// The entries of `include:`, or of `trigger: include:`.
pub(super) fn includes(include: Yaml<'_>) -> impl Iterator<Item = (Include<'_>, Spot)> {
    let list: Vec<Yaml<'_>> = include.items().collect();
    let entries = if list.is_empty() { vec![include] } else { list };
    entries.into_iter().filter_map(|entry| Some((include_of(entry)?, Spot::line(entry.line()))))
}

/// An address without what lets somebody in: neither login nor query is told.
fn without_login(address: &str) -> &str {
    let place = &address[..address.find(['?', '#']).unwrap_or(address.len())];
    let Some((_, rest)) = place.split_once("://") else { return place };
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    authority.rfind('@').map_or(place, |at| &rest[at + 1..])
}

fn include_of(entry: Yaml<'_>) -> Option<Include<'_>> {
    let spot = Spot::line(entry.line());
    let text = |key: &str| entry.get(key).and_then(Yaml::text);
    let elsewhere = |words: String, what, reference, revision: Option<_>, pinned| {
        Some(Include::Elsewhere(words, Definition { what, reference, revision, pinned, spot }))
    };
    let remote = entry.text().filter(|text| text.starts_with("http")).or_else(|| text("remote"));
    if let Some(address) = remote.map(without_login) {
        let pinned = entry.get("integrity").is_some();
        return elsewhere(format!("the remote file {address}"), "a remote file", address, None, pinned);
    }
    if let Some(project) = text("project") {
        let revision = text("ref");
        let files = entry.get("file").map(Yaml::words).unwrap_or_default().join(", ");
        let words = format!("{files} of the project {project}").trim_start().to_owned();
        let pinned = revision.is_some_and(is_commit);
        return elsewhere(words, "a file of the project", project, revision, pinned);
    }
    if let Some(component) = text("component") {
        let (reference, revision) = component.rsplit_once('@').unwrap_or((component, ""));
        let revision = Some(revision).filter(|revision| !revision.is_empty());
        let pinned = revision.is_some_and(is_commit);
        return elsewhere(format!("the component {component}"), "the component", reference, revision, pinned);
    }
    // GitLab's own templates come with the server, so their version is the server's.
    if let Some(template) = text("template") {
        return elsewhere(format!("GitLab's template {template}"), "the template", template, None, true);
    }
    let local = entry.text().or_else(|| text("local"))?;
    if local.contains('$') {
        return elsewhere(format!("{local}, which a variable names"), "the file", local, None, true);
    }
    Some(Include::Local(local))
}

fn is_commit(revision: &str) -> bool {
    revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The files that a local entry names, in order.
pub(super) fn local(neighbours: &dyn Neighbours, written: &str) -> Vec<String> {
    match normal(written) {
        Some(pattern) if pattern.contains('*') => matching(neighbours, &pattern),
        Some(path) => vec![path],
        None => Vec::new(),
    }
}

/// Every file of the configuration that begins with this one, the strongest first: a file overrides what it includes, and
/// of several includes the last one wins.
pub(super) fn configuration(neighbours: &dyn Neighbours, path: &str, text: String) -> Vec<Source> {
    let mut files = Vec::new();
    let mut bytes_left = BYTES_MAX;
    let mut met = BTreeSet::from([path.to_owned()]);
    let mut waiting = vec![Source { path: path.to_owned(), text }];
    while let Some(file) = waiting.pop() {
        for inner in named(&file.text).iter().flat_map(|written| local(neighbours, written)) {
            if met.len() == FILES_MAX || bytes_left == 0 || !met.insert(inner.clone()) {
                continue;
            }
            if let Some(text) = neighbours.text(&inner) {
                bytes_left = bytes_left.saturating_sub(text.len());
                waiting.push(Source { path: inner, text });
            }
        }
        files.push(file);
    }
    files
}

/// The local entries of a file's `include:`, as written.
fn named(text: &str) -> Vec<String> {
    if !text.contains("include") {
        return Vec::new();
    }
    yaml::read(text, |tree, _| {
        let lists = tree.all().filter_map(|document| document.get("include"));
        let entries = lists.flat_map(includes).filter_map(|(include, _)| match include {
            Include::Local(written) => Some(written.to_owned()),
            Include::Elsewhere(..) => None,
        });
        entries.collect()
    })
}

/// The files from which jobs start pipelines of their own.
fn started(text: &str) -> Vec<String> {
    if !text.contains("trigger:") || !text.contains("include") {
        return Vec::new();
    }
    yaml::read(text, |tree, _| {
        let jobs = tree.all().flat_map(Yaml::pairs).map(|(_, job)| job);
        let lists = jobs.filter_map(|job| job.get("trigger")?.get("include"));
        let entries = lists.flat_map(includes).filter_map(|(include, _)| match include {
            Include::Local(written) => Some(written.to_owned()),
            Include::Elsewhere(..) => None,
        });
        entries.collect()
    })
}

/// Every pipeline of a repository: the one that begins with `.gitlab-ci.yml`, and those that jobs start from other files.
pub(super) fn pipelines(neighbours: &dyn Neighbours, entry: String) -> Vec<Vec<Source>> {
    let mut found: Vec<Vec<Source>> = vec![configuration(neighbours, ENTRY, entry)];
    let mut next = 0;
    while next < found.len() && found.len() < PIPELINES_MAX {
        let begun: Vec<String> = found[next].iter().flat_map(|file| started(&file.text)).collect();
        for path in begun.iter().flat_map(|written| local(neighbours, written)) {
            let known = found.iter().any(|files| files.iter().any(|file| file.path == path));
            if let Some(text) = neighbours.text(&path).filter(|_| !known && found.len() < PIPELINES_MAX) {
                found.push(configuration(neighbours, &path, text));
            }
        }
        next += 1;
    }
    found
}

/// Whether a file is read together with the repository's `.gitlab-ci.yml`.
pub(super) fn is_part(neighbours: &dyn Neighbours, path: &str) -> bool {
    let Some(entry) = neighbours.text(ENTRY) else { return false };
    pipelines(neighbours, entry).iter().flatten().any(|file| file.path == path)
}
