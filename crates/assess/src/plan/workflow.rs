//! A GitHub Actions workflow whose static AWS keys give way to a role: edits of its text, never a rewrite.
//!
//! What cannot be edited safely is left alone, and said so with its line: a note is better than a wrong patch.

mod keys;
mod permissions;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use super::patch::{Edit, Patch};
use yaml::{Node, Refused};

/// Largest workflow that is edited.
const BYTES_MAX: usize = 1 << 20;

/// What the keys give way to.
pub(super) struct Role<'a> {
    /// Its ARN, possibly with a placeholder for the account.
    pub(super) arn: &'a str,
    /// Longest session, in seconds.
    pub(super) seconds: u32,
    /// Names of the secrets that hold the old key.
    pub(super) secrets: &'a BTreeSet<String>,
    /// Jobs that use them.
    pub(super) jobs: &'a BTreeSet<String>,
}

/// What came of one workflow.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// The unified diff, if anything could be edited.
    pub(super) diff: Option<String>,
    /// What a person must do by hand.
    pub(super) by_hand: Vec<String>,
    /// What to know before merging.
    pub(super) warnings: Vec<String>,
    /// The jobs that were changed, with what binds their identity.
    pub(super) bindings: BTreeMap<String, Binding>,
    /// The patch inserts the action by a version that can move.
    pub(super) inserts_action: bool,
    /// The patch holds a region that nobody knows.
    pub(super) region_unknown: bool,
}

/// What GitHub will say about a job in its token's subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Binding {
    /// The deployment environment; it replaces the ref in the subject.
    pub(super) environment: Option<String>,
    /// Branches that a push must come from, where they are written out.
    pub(super) branches: Vec<String>,
    /// Something is bound that cannot be written as one value.
    pub(super) open: Vec<String>,
}

/// Changes one workflow. `secret_lines` (from 1) hold the value of some secret, and never enter a diff.
pub(super) fn change(path: &str, text: &str, role: &Role<'_>, secret_lines: &BTreeSet<u32>) -> Change {
    let mut change = Change::default();
    let refuse =
        |why: &str| Change { by_hand: vec![format!("Edit {path} by hand: {why}.")], ..Change::default() };
    if text.len() > BYTES_MAX {
        return refuse("it is too large to be edited here");
    }
    if !path.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        return refuse("its name has characters that a patch cannot carry");
    }
    let root = match yaml::read(text) {
        Ok(root) => root,
        Err(Refused::Anchors) => {
            return refuse("it uses YAML anchors or tags, so one line may serve several jobs");
        }
        Err(Refused::Broken) => return refuse("it cannot be read as YAML"),
    };
    let file = File { path, lines: text.split_inclusive('\n').collect(), root: &root };
    let mut edits = Vec::new();
    for (name, job) in root.get("jobs").map(Node::entries).unwrap_or_default() {
        let Some(id) = name.text().filter(|id| role.jobs.is_empty() || role.jobs.contains(*id)) else {
            continue;
        };
        if !job.is_block_map() {
            change.by_hand.push(format!("Edit job {id} in {path} by hand: it is written in one line."));
            continue;
        }
        let Some(swapped) = keys::swap(&file, id, job, role, &mut change).filter(|edits| !edits.is_empty())
        else {
            continue;
        };
        let Some(granted) = permissions::grant(&file, id, name, job, &mut change) else { continue };
        edits.extend(swapped.into_iter().chain(granted));
        change.bindings.insert(id.to_owned(), binding(&root, job));
    }
    if edits.is_empty() {
        if change.by_hand.is_empty() {
            change.by_hand = left_uses(path, text, role, "receives");
        }
        if change.by_hand.is_empty() {
            let why = "no input or variable with the key was found where one can be replaced";
            change.by_hand.push(format!("Edit {path} by hand: {why}."));
        }
        return change;
    }
    finish(&file, text, edits, secret_lines, role, change)
}

/// Writes the diff, after checking what it would make of the file.
fn finish(
    file: &File<'_, '_>,
    text: &str,
    edits: Vec<Edit>,
    secret_lines: &BTreeSet<u32>,
    role: &Role<'_>,
    mut change: Change,
) -> Change {
    let path = file.path;
    let refuse =
        |why: &str| Change { by_hand: vec![format!("Edit {path} by hand: {why}.")], ..Change::default() };
    let Some(patch) = Patch::new(text, edits) else {
        return refuse("several of its changes meet in one line");
    };
    let after = patch.applied();
    if yaml::read(&after).is_err() {
        return refuse("the edited text would not be YAML any more");
    }
    let holds_secret = |line: usize| u32::try_from(line + 1).is_ok_and(|line| secret_lines.contains(&line));
    if patch.shown().any(holds_secret) {
        return refuse(
            "a secret's value stands in or beside the lines to change, and must not be copied into a patch",
        );
    }
    change.by_hand.extend(left_uses(path, &after, role, "(after the patch) still receives"));
    change.diff = Some(patch.unified(path));
    change
}

/// Lines that name a secret of the old key where no recipe replaces it: in a command, in another action.
fn left_uses(path: &str, text: &str, role: &Role<'_>, how: &str) -> Vec<String> {
    let lines = text.lines().zip(1..);
    lines
        .filter_map(|(line, number)| Some((number, keys::named_secret(line, role.secrets)?)))
        .map(|(number, name)| format!("{path}:{number} {how} {name}: move that use too."))
        .collect()
}

/// One workflow file.
struct File<'a, 't> {
    path: &'a str,
    /// Lines with their endings.
    lines: Vec<&'t str>,
    root: &'a Node,
}

impl File<'_, '_> {
    /// A line without its ending.
    fn line(&self, index: usize) -> &str {
        self.lines.get(index).map_or("", |line| line.trim_end_matches(['\n', '\r']))
    }

    /// The white space that a line begins with.
    fn indent(&self, index: usize) -> &str {
        let line = self.line(index);
        &line[..line.len() - line.trim_start_matches(' ').len()]
    }

    /// The comment behind a value that stands on one line, with the space before it.
    fn comment_after(&self, value: &Node) -> String {
        let line: Vec<char> = self.line(value.line).chars().skip(value.column).collect();
        let end = match line.first() {
            Some('"') => 1 + line.iter().skip(1).position(|c| *c == '"').unwrap_or(line.len()),
            Some('\'') => 1 + line.iter().skip(1).position(|c| *c == '\'').unwrap_or(line.len()),
            _ => 0,
        };
        let comment = (end.max(1)..line.len()).find(|at| line[*at] == '#' && line[at - 1].is_whitespace());
        let Some(mut start) = comment else { return String::new() };
        while start > 1 && line[start - 1].is_whitespace() {
            start -= 1;
        }
        line[start..].iter().collect::<String>().trim_end().to_owned()
    }
}

/// What will be in the subject of the job's token.
fn binding(root: &Node, job: &Node) -> Binding {
    let mut binding = Binding::default();
    let environment =
        job.get("environment").and_then(|node| node.text().or_else(|| node.get("name")?.text()));
    match environment {
        Some(name) if name.contains("${{") => binding.open.push("the environment's name is computed".into()),
        Some(name) => {
            binding.environment = Some(name.to_owned());
            return binding;
        }
        None => {}
    }
    let Some(events) = root.get("on") else { return binding };
    let mut names: Vec<&str> = events.text().into_iter().collect();
    names.extend(events.items().iter().filter_map(Node::text));
    names.extend(events.entries().iter().filter_map(|(key, _)| key.text()));
    if names.iter().any(|name| name.starts_with("pull_request")) {
        binding.open.push("pull requests start it too; their subject is left out on purpose".into());
    }
    let push = events.get("push");
    if push.is_some_and(|push| push.get("tags").is_some()) || names.contains(&"release") {
        binding.open.push(
            "tags start it, and a tag cannot be bound by one value: use a deployment environment".into(),
        );
    }
    for branch in push.and_then(|push| push.get("branches")).map(Node::items).unwrap_or_default() {
        match branch.text() {
            Some(name) if !name.contains(['*', '?', '!', '[', '+', '$']) => {
                binding.branches.push(name.to_owned());
            }
            _ => binding.open.push("a branch pattern cannot be bound by one value".into()),
        }
    }
    binding
}
