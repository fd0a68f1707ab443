//! Replaces the inputs and variables that carry a static AWS key.

use std::collections::BTreeSet;

use super::yaml::{Kind, Node};
use super::{Change, File, Role};
use crate::plan::patch::Edit;

/// The action that trades GitHub's token for a role.
const ACTION: &str = "aws-actions/configure-aws-credentials";
/// The version that is inserted where a workflow does not use the action yet.
const ACTION_VERSION: &str = "v6";
/// Its inputs that carry a static key.
const KEY_INPUTS: [&str; 3] = ["aws-access-key-id", "aws-secret-access-key", "aws-session-token"];
/// The variables that carry a static key.
const KEY_VARIABLES: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
/// The variables that name the region.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// Makes every session of a run recognisable in the target's log.
const SESSION_NAME: &str = "role-session-name: github-${{ github.run_id }}-${{ github.run_attempt }}";

/// Swaps the keys of one job. `None` when something in it cannot be swapped, which `change` then says: a job
/// is changed as a whole or not at all.
pub(super) fn swap(
    file: &File<'_, '_>,
    id: &str,
    job: &Node,
    role: &Role<'_>,
    change: &mut Change,
) -> Option<Vec<Edit>> {
    let path = file.path;
    if job.get("uses").is_some() {
        change.by_hand.push(format!(
            "Job {id} in {path} passes the key to a reusable workflow: change that workflow first."
        ));
        return None;
    }
    let steps = job.get("steps").map(Node::items).unwrap_or_default();
    let mut edits = Vec::new();
    for step in steps.iter().filter(|step| is_configure(step)) {
        edits.extend(inputs(file, step, role, change)?);
    }
    edits.extend(variables(file, id, job, steps, role, change)?);
    Some(edits)
}

/// A secret of the old key that a line still names.
pub(super) fn named_secret<'s>(line: &str, secrets: &'s BTreeSet<String>) -> Option<&'s str> {
    let line = line.split(" #").next().filter(|line| !line.starts_with('#')).unwrap_or_default();
    let (upper, names) = (line.to_ascii_uppercase(), secrets.iter());
    names.map(String::as_str).find(|name| {
        let wanted = format!("SECRETS.{}", name.to_ascii_uppercase());
        upper.match_indices(&wanted).any(|(at, found)| {
            let after = upper[at + found.len()..].bytes().next();
            !after.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        })
    })
}

fn is_configure(step: &Node) -> bool {
    let action = step.get("uses").and_then(Node::text).unwrap_or_default();
    action.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(ACTION))
}

/// Whether a value is the old key: one of its secrets, or the variable that holds it.
fn is_old_key(value: &Node, role: &Role<'_>) -> bool {
    let through_env = |text: &str| KEY_VARIABLES.iter().any(|name| text.contains(&format!("env.{name}")));
    value.text().is_some_and(|text| named_secret(text, role.secrets).is_some() || through_env(text))
}

/// The inputs of the action itself.
fn inputs(file: &File<'_, '_>, step: &Node, role: &Role<'_>, change: &mut Change) -> Option<Vec<Edit>> {
    let Some(with) = step.get("with") else { return Some(Vec::new()) };
    let keys: Vec<&(Node, Node)> = named(with, &KEY_INPUTS);
    if !keys.iter().any(|(_, value)| is_old_key(value, role)) {
        return Some(Vec::new());
    }
    replaceable(file, with, &keys, change)?;
    let assumes = with.get("role-to-assume").is_some();
    if assumes {
        let line = step.line + 1;
        let path = file.path;
        change.by_hand.push(format!(
            "{path}:{line} already assumes a role by means of the key: let that role trust GitHub's OIDC provider."
        ));
    }
    let mut lines = Vec::new();
    if !assumes {
        lines.push(format!("role-to-assume: {}", role.arn));
    }
    if with.get("role-duration-seconds").is_none() {
        lines.push(format!("role-duration-seconds: {}", role.seconds));
    }
    if with.get("role-session-name").is_none() {
        lines.push(SESSION_NAME.to_owned());
    }
    // The new lines take the places of the old ones, so that comments stay where they belong.
    let mut edits = Vec::new();
    let last = keys.len() - 1;
    let mut lines = lines.into_iter();
    for (index, (key, value)) in keys.iter().enumerate() {
        let indent = file.indent(key.line);
        let comment = file.comment_after(value);
        let taken: Vec<String> =
            if index == last { lines.by_ref().collect() } else { lines.next().into_iter().collect() };
        let mut with: Vec<String> = taken.iter().map(|line| format!("{indent}{line}")).collect();
        match (with.first_mut(), comment.is_empty()) {
            (_, true) => {}
            (Some(first), false) => first.push_str(&comment),
            (None, false) => with.push(format!("{indent}{}", comment.trim_start())),
        }
        edits.push(Edit::replace(key.line..value.end_line + 1, with));
    }
    Some(edits)
}

/// Variables of the workflow, of the job or of a step.
fn variables(
    file: &File<'_, '_>,
    id: &str,
    job: &Node,
    steps: &[Node],
    role: &Role<'_>,
    change: &mut Change,
) -> Option<Vec<Edit>> {
    let path = file.path;
    let carries = |holder: &Node| {
        let keys = holder.get("env").map(|env| named(env, &KEY_VARIABLES)).unwrap_or_default();
        keys.iter()
            .any(|(_, value)| value.text().is_some_and(|text| named_secret(text, role.secrets).is_some()))
    };
    let mut edits = Vec::new();
    if carries(file.root) {
        let jobs = file.root.get("jobs").map_or(0, |jobs| jobs.entries().len());
        if jobs > 1 {
            change.by_hand.push(format!(
                "{path} gives the key to all of its {jobs} jobs: decide which of them needs AWS, and remove it from the workflow's env."
            ));
            return None;
        }
        edits.extend(remove_variables(file, file.root, change)?);
    }
    if carries(job) {
        edits.extend(remove_variables(file, job, change)?);
    }
    // What the whole job received is needed from its first step on.
    let mut needed_by = if edits.is_empty() { None } else { steps.first() };
    for step in steps.iter().filter(|step| carries(step)) {
        edits.extend(remove_variables(file, step, change)?);
        needed_by = needed_by.or(Some(step));
    }
    let Some(step) = needed_by else { return Some(edits) };
    let gets_role_already = |step: &Node| {
        is_configure(step)
            && step.get("with").is_some_and(|with| {
                with.get("role-to-assume").is_some() || !named(with, &KEY_INPUTS).is_empty()
            })
    };
    // Only a step that comes first can give the role to this one.
    if steps.iter().take_while(|other| other.line <= step.line).any(gets_role_already) {
        return Some(edits);
    }
    match configure_step(file, job, step, role, change) {
        Some(edit) => edits.push(edit),
        None => {
            change.by_hand.push(format!(
                "Edit the steps of job {id} in {path} by hand: their list is written unusually."
            ));
            return None;
        }
    }
    Some(edits)
}

/// Takes the key out of an `env`, and the `env` with it when nothing else is in it.
fn remove_variables(file: &File<'_, '_>, holder: &Node, change: &mut Change) -> Option<Vec<Edit>> {
    let (env_key, env) = holder.entry("env")?;
    let keys = named(env, &KEY_VARIABLES);
    replaceable(file, env, &keys, change)?;
    let removed: Vec<Edit> = keys
        .iter()
        .map(|(key, value)| {
            // A comment outlives the line that it stood on.
            let comment = file.comment_after(value);
            let kept = format!("{}{}", file.indent(key.line), comment.trim_start());
            Edit::replace(
                key.line..value.end_line + 1,
                if comment.is_empty() { Vec::new() } else { vec![kept] },
            )
        })
        .collect();
    if keys.len() < env.entries().len() {
        return Some(removed);
    }
    let (line, end) = (file.line(env_key.line), keys[keys.len() - 1].1.end_line);
    let bare = line.trim() == "env:" && removed.iter().all(|edit| edit.insert.is_empty());
    let comments = (env_key.line..end).any(|line| file.line(line).trim_start().starts_with('#'));
    if bare && !comments {
        return Some(vec![Edit::replace(env_key.line..end + 1, Vec::new())]);
    }
    // `env:` with nothing below it is not allowed; an empty map is.
    let (head, tail) = line.split_at(line.find("env:").map_or(line.len(), |at| at + "env:".len()));
    let emptied = Edit::replace(env_key.line..env_key.line + 1, vec![format!("{head} {{}}{tail}")]);
    Some([vec![emptied], removed].concat())
}

/// Only entries on one line of their own, whose values are expressions, are touched.
fn replaceable(
    file: &File<'_, '_>,
    holder: &Node,
    keys: &[&(Node, Node)],
    change: &mut Change,
) -> Option<()> {
    let path = file.path;
    if !holder.is_block_map() {
        let line = holder.line + 1;
        change.by_hand.push(format!("{path}:{line} is written in one line: replace the key there by hand."));
        return None;
    }
    for (key, value) in keys {
        let line = key.line + 1;
        if !matches!(value.kind, Kind::Line(_)) || value.line != key.line || value.end_line != key.line {
            change.by_hand.push(format!("{path}:{line} spans several lines: replace the key there by hand."));
            return None;
        }
        if !value.text().is_some_and(|text| text.trim_start().starts_with("${{")) {
            // A literal would be copied into the patch.
            change.by_hand.push(format!(
                "{path}:{line} holds a literal value, not a secret's name: disable that key and replace the line by hand."
            ));
            return None;
        }
    }
    Some(())
}

fn named<'n>(map: &'n Node, names: &[&str]) -> Vec<&'n (Node, Node)> {
    map.entries().iter().filter(|(key, _)| key.text().is_some_and(|key| names.contains(&key))).collect()
}

/// A step that gets the role, before the first step that needs it.
fn configure_step(
    file: &File<'_, '_>,
    job: &Node,
    before: &Node,
    role: &Role<'_>,
    change: &mut Change,
) -> Option<Edit> {
    if !file.line(before.line).trim_start().starts_with("- ") {
        return None;
    }
    let indent = file.indent(before.line);
    // The version that the file trusts already, wherever it uses the action.
    let known = all_steps(file).filter(|step| is_configure(step)).find_map(|step| step.get("uses")?.text());
    let action = match known {
        Some(action) => action.to_owned(),
        None => {
            change.inserts_action = true;
            format!("{ACTION}@{ACTION_VERSION}")
        }
    };
    let region = region(file, [before, job, file.root]).unwrap_or_else(|| {
        change.region_unknown = true;
        "<AWS_REGION>".to_owned()
    });
    let lines = [
        "- name: Get short-lived AWS credentials".to_owned(),
        format!("  uses: {action}"),
        "  with:".to_owned(),
        format!("    role-to-assume: {}", role.arn),
        format!("    role-duration-seconds: {}", role.seconds),
        format!("    {SESSION_NAME}"),
        format!("    aws-region: {region}"),
    ];
    // Comments above a step belong to it.
    let mut at = before.line;
    while at > 0 && file.line(at - 1).trim_start().starts_with('#') {
        at -= 1;
    }
    Some(Edit::insert(at, lines.iter().map(|line| format!("{indent}{line}")).collect()))
}

fn all_steps<'a>(file: &File<'a, '_>) -> impl Iterator<Item = &'a Node> {
    let jobs = file.root.get("jobs").map(Node::entries).unwrap_or_default();
    jobs.iter().filter_map(|(_, job)| job.get("steps")).flat_map(Node::items)
}

/// The region, as the workflow writes it.
fn region(file: &File<'_, '_>, holders: [&Node; 3]) -> Option<String> {
    let envs = holders.iter().filter_map(|holder| holder.get("env"));
    let variable = envs.flat_map(|env| named(env, &REGION_VARIABLES)).find_map(|(_, value)| value.text());
    let input = || {
        all_steps(file)
            .filter(|step| is_configure(step))
            .find_map(|step| step.get("with")?.get("aws-region")?.text())
    };
    let text = variable.or_else(input)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let expression = text.starts_with("${{") && text.ends_with("}}") && !text.contains(['\n', '#', '\'']);
    (expression || !text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
}
