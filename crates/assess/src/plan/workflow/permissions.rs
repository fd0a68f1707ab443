//! Lets a job ask GitHub for its identity token, and takes nothing away from what it may do today.

use super::yaml::{Kind, Node};
use super::{Change, File};
use crate::plan::patch::Edit;

const ID_TOKEN: &str = "id-token: write";
/// What `read-all` stands for. Written out, because a block of single permissions replaces it.
const READABLE: [&str; 13] = [
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "security-events",
    "statuses",
];

/// Grants the identity token to one job. `None` when that takes a person, which `change` then says.
pub(super) fn grant(
    file: &File<'_, '_>,
    id: &str,
    name: &Node,
    job: &Node,
    change: &mut Change,
) -> Option<Vec<Edit>> {
    if let Some((key, own)) = job.entry("permissions") {
        return own_block(file, id, key, own, change);
    }
    let path = file.path;
    let (lines, warning) = match file.root.get("permissions") {
        Some(top) => match &top.kind {
            Kind::Line(word) if word == "write-all" => {
                change.warnings.push(format!(
                    "{path} grants write-all to every job, the identity token with it: narrow it."
                ));
                return Some(Vec::new());
            }
            _ if id_token(top) == Some("write") => return Some(Vec::new()),
            Kind::Line(word) if word == "read-all" => (
                all_readable(),
                format!(
                    "Job {id} in {path} gets the workflow's read-all written out beside the identity token: remove what it does not need."
                ),
            ),
            Kind::Map(entries) => {
                let mut lines = vec![ID_TOKEN.to_owned()];
                lines.extend(entries.iter().filter_map(|(scope, level)| plain(scope, level)));
                (
                    lines,
                    format!(
                        "Job {id} in {path} gets permissions of its own; they repeat what the workflow's grant."
                    ),
                )
            }
            _ => {
                change.by_hand.push(format!("Give job {id} in {path} the permission {ID_TOKEN}: the workflow's permissions are written unusually."));
                return None;
            }
        },
        None => (
            vec![ID_TOKEN.to_owned(), "contents: read".to_owned()],
            format!(
                "Job {id} in {path} had no permissions block, so it ran with the repository's default; now it has contents: read and {ID_TOKEN}. Add what its steps need beyond that{}.",
                token_hint(file, job)
            ),
        ),
    };
    change.warnings.push(warning);
    Some(vec![job_block(file, name, job, &lines)])
}

/// A block for the job, below `runs-on` where that stands on one line.
fn job_block(file: &File<'_, '_>, name: &Node, job: &Node, lines: &[String]) -> Edit {
    let first = job.entries().first().map_or(name.line, |(key, _)| key.line);
    let indent = file.indent(first).to_owned();
    let at = match job.entry("runs-on") {
        Some((key, value)) if value.end_line == key.line && (value.flow || value.text().is_some()) => {
            key.line + 1
        }
        _ => name.line + 1,
    };
    let step = step(file, name, first);
    let mut block = vec![format!("{indent}permissions:")];
    block.extend(lines.iter().map(|line| format!("{indent}{step}{line}")));
    Edit::insert(at, block)
}

/// One step of indentation, as the file does it.
fn step(file: &File<'_, '_>, outer: &Node, inner_line: usize) -> String {
    let (outer, inner) = (file.indent(outer.line).len(), file.indent(inner_line).len());
    " ".repeat(if inner > outer { inner - outer } else { 2 })
}

/// The job has permissions of its own: only the identity token is added.
fn own_block(
    file: &File<'_, '_>,
    id: &str,
    key: &Node,
    own: &Node,
    change: &mut Change,
) -> Option<Vec<Edit>> {
    let path = file.path;
    if id_token(own) == Some("write") {
        return Some(Vec::new());
    }
    let indent = file.indent(key.line);
    let rewritten = |lines: &[String]| {
        let mut block = vec![format!("{indent}permissions:{}", file.comment_after(own))];
        block.extend(lines.iter().map(|line| format!("{indent}  {line}")));
        Some(vec![Edit::replace(key.line..key.line + 1, block)])
    };
    let one_line = own.line == key.line && own.end_line == key.line;
    match &own.kind {
        Kind::Line(word) if word == "write-all" => {
            change
                .warnings
                .push(format!("Job {id} in {path} has write-all, the identity token with it: narrow it."));
            Some(Vec::new())
        }
        Kind::Line(word) if word == "read-all" && one_line => {
            change.warnings.push(format!(
                "read-all of job {id} in {path} is written out beside the identity token: remove what it does not need."
            ));
            rewritten(&all_readable())
        }
        Kind::Map(entries) if own.flow && one_line => {
            let mut lines = vec![ID_TOKEN.to_owned()];
            lines.extend(entries.iter().filter_map(|(scope, level)| plain(scope, level)));
            rewritten(&lines)
        }
        Kind::Map(entries) if own.is_block_map() && !entries.is_empty() => {
            let inner = file.indent(entries[0].0.line);
            Some(vec![match own.entry("id-token") {
                Some((scope, level)) => {
                    let line = format!("{inner}{ID_TOKEN}{}", file.comment_after(level));
                    Edit::replace(scope.line..level.end_line + 1, vec![line])
                }
                None => Edit::insert(entries[0].0.line, vec![format!("{inner}{ID_TOKEN}")]),
            }])
        }
        _ => {
            change.by_hand.push(format!(
                "Give job {id} in {path} the permission {ID_TOKEN}: its permissions are written unusually."
            ));
            None
        }
    }
}

fn id_token(permissions: &Node) -> Option<&str> {
    permissions.get("id-token").and_then(Node::text)
}

/// One permission, if it is made of nothing but plain words.
fn plain(scope: &Node, level: &Node) -> Option<String> {
    let word = |node: &Node| {
        node.text().filter(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '-')).map(str::to_owned)
    };
    let (scope, level) = (word(scope)?, word(level)?);
    (scope != "id-token").then(|| format!("{scope}: {level}"))
}

fn all_readable() -> Vec<String> {
    let mut lines = vec![ID_TOKEN.to_owned()];
    lines.extend(READABLE.iter().map(|scope| format!("{scope}: read")));
    lines
}

/// Whether the job's text uses the token whose rights may have shrunk.
fn token_hint(file: &File<'_, '_>, job: &Node) -> &'static str {
    let uses_token = (job.line..=job.end_line.min(file.lines.len().saturating_sub(1)))
        .map(|line| file.line(line))
        .any(|line| line.contains("GITHUB_TOKEN") || line.contains("github.token"));
    if uses_token { " (it uses GITHUB_TOKEN)" } else { "" }
}
