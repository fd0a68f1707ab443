//! Policies of AWS that code writes out: `jsonencode(…)`, JSON in a here-document, and policy documents. What is literal in
//! them is told as grants; what is computed stays as written, and a denial takes nothing away.

use tenure_model::{Fact, Grant, Quality, Subject};

use super::hcl::{Attribute, Block};
use super::{Names, address, module};
use crate::detect::witness::Witness;

/// Statements of one policy that are told.
const STATEMENTS_MAX: usize = 200;
/// Actions or resources of one statement that are told.
const WORDS_MAX: usize = 200;

/// Longest statement that is looked at.
const OBJECT_BYTES_MAX: usize = 64 << 10;
/// Objects of one policy that are looked at.
const OBJECTS_MAX: usize = 2_000;

/// What one statement allows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Allowed {
    actions: Vec<String>,
    resources: Vec<String>,
    line: u32,
}

/// Takes a policy that is written into a user, role or group.
pub(super) fn inline(block: &Block<'_>, root: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    let (attribute, kind) = match block.label(0) {
        "aws_iam_user_policy" => ("user", "aws_iam_user"),
        "aws_iam_role_policy" => ("role", "aws_iam_role"),
        _ => return,
    };
    let of = block.get(attribute).and_then(|attribute| names.referred(attribute.written, kind));
    let (Some(of), Some(policy)) = (of, block.get("policy")) else { return };
    tell(&of, &statements(policy, root, names), &address(block), witness);
}

/// Takes a policy of its own that is attached, wherever in the module it stands.
pub(super) fn attached(block: &Block<'_>, root: &Block<'_>, names: &Names<'_>, witness: &mut Witness<'_>) {
    let (attribute, kind) = match block.label(0) {
        "aws_iam_user_policy_attachment" => ("user", "aws_iam_user"),
        "aws_iam_role_policy_attachment" => ("role", "aws_iam_role"),
        _ => return,
    };
    let of = block.get(attribute).and_then(|attribute| names.referred(attribute.written, kind));
    let named = block.get("policy_arn").and_then(|arn| arn.written.trim().strip_prefix("aws_iam_policy."));
    let name = named.and_then(|rest| rest.split(['.', '[']).next());
    let (Some(of), Some(name)) = (of, name) else { return };
    let here = block.line;
    let policy = module::defined(names, root, ("resource", "aws_iam_policy", name), |policy, file, other| {
        let text = policy.get("policy")?;
        let mut allowed = statements(text, file, names);
        let from = address(policy);
        let Some(other) = other else { return Some((allowed, from)) };
        // What stands in another file is told at the line that attaches it.
        allowed.iter_mut().for_each(|allowed| allowed.line = here);
        Some((allowed, format!("{from} ({other}:{})", policy.line)))
    });
    if let Some((allowed, from)) = policy.flatten() {
        tell(&of, &allowed, &from, witness);
    }
}

fn tell(of: &Subject, statements: &[Allowed], from: &str, witness: &mut Witness<'_>) {
    for allowed in statements.iter().take(STATEMENTS_MAX) {
        for target in &allowed.resources {
            let scope = format!("policy {from}");
            let grant = Grant { target: target.clone(), actions: allowed.actions.clone(), scope };
            witness.fact(of, allowed.line, Quality::Config, Fact::Grant { grant });
        }
    }
}

/// What the value of `policy` in a file allows.
fn statements(policy: Attribute<'_>, root: &Block<'_>, names: &Names<'_>) -> Vec<Allowed> {
    let document = policy.written.trim().strip_prefix("data.aws_iam_policy_document.");
    if let Some(name) = document.and_then(|rest| rest.strip_suffix(".json")) {
        let document = ("data", "aws_iam_policy_document", name);
        let allowed = module::defined(names, root, document, |document, _, other| {
            let mut allowed = of_document(document);
            if other.is_some() {
                allowed.iter_mut().for_each(|allowed| allowed.line = policy.line);
            }
            allowed
        });
        return allowed.unwrap_or_default();
    }
    of_text(policy)
}

fn of_document(block: &Block<'_>) -> Vec<Allowed> {
    let statements = block.blocks.iter().filter(|inner| inner.kind == "statement");
    let allows = statements.filter(|statement| statement.text("effect") != Some("Deny"));
    let of = |statement: &Block<'_>| {
        let words = |key: &str| statement.get(key).map(|list| strings(list.written)).unwrap_or_default();
        let (mut actions, mut resources) = (words("actions"), words("resources"));
        // All but some is nearly all.
        if actions.is_empty() && statement.get("not_actions").is_some() {
            actions.push("*".to_owned());
        }
        if resources.is_empty() && statement.get("not_resources").is_some() {
            resources.push("*".to_owned());
        }
        Allowed { actions, resources, line: statement.line }
    };
    allows.map(of).filter(|allowed| !allowed.actions.is_empty() && !allowed.resources.is_empty()).collect()
}

/// The statements in an object of HCL or JSON: both write `Action` and `Resource` with a text or a list behind.
fn of_text(policy: Attribute<'_>) -> Vec<Allowed> {
    let text = policy.written;
    let mut found = Vec::new();
    for (start, end) in objects(text) {
        let object = &text[start..end];
        let value = |key: &str| member(object, key).map(strings).unwrap_or_default();
        if value("Effect").first().is_none_or(|effect| effect != "Allow") {
            continue;
        }
        let (mut actions, mut resources) = (value("Action"), value("Resource"));
        if actions.is_empty() && member(object, "NotAction").is_some() {
            actions.push("*".to_owned());
        }
        if resources.is_empty() && member(object, "NotResource").is_some() {
            resources.push("*".to_owned());
        }
        if actions.is_empty() || resources.is_empty() {
            continue;
        }
        let lines = text[..start].bytes().filter(|byte| *byte == b'\n').count();
        let line = policy.line + u32::try_from(lines).unwrap_or(0);
        found.push(Allowed { actions, resources, line });
        if found.len() == STATEMENTS_MAX {
            break;
        }
    }
    found
}

/// Spans of the innermost objects: those that hold `Effect` at their own level.
fn objects(text: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    let (mut quoted, mut before, mut left) = (false, b' ', OBJECTS_MAX);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if before != b'\\' => quoted = !quoted,
            b'{' if !quoted => open.push(at),
            b'}' if !quoted => {
                left -= usize::from(left > 0);
                if let Some(start) = open.pop().filter(|_| left > 0)
                    && at - start < OBJECT_BYTES_MAX
                    && text[start..at].contains("Effect")
                {
                    found.push((start + 1, at));
                }
            }
            _ => {}
        }
        before = byte;
    }
    found.sort_unstable();
    // The object around statements holds their words, too.
    let around: Vec<(usize, usize)> = found.clone();
    found.retain(|(start, end)| !around.iter().any(|(s, e)| s > start && e < end));
    found
}

/// What stands behind a key of an object: `Action = …`, `"Action": …`.
fn member<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    for (at, _) in object.match_indices(key) {
        let before = object[..at].trim_end_matches('"').chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = object[at + key.len()..].trim_start_matches('"').trim_start();
        let Some(rest) = rest.strip_prefix(['=', ':']) else { continue };
        let rest = rest.trim_start();
        if rest.starts_with('[') {
            return Some(rest.find(']').map_or(rest, |end| &rest[..=end]));
        }
        return Some(rest.lines().next().unwrap_or(rest));
    }
    None
}

/// The texts in a value: one, or a list of them. A reference stays as it is written.
fn strings(value: &str) -> Vec<String> {
    let list = value.trim().strip_prefix('[');
    let first_only = list.is_none();
    let mut found = Vec::new();
    let mut rest = list.unwrap_or(value).trim();
    while let Some(start) = rest.find('"') {
        let Some(end) = rest[start + 1..].find('"') else { break };
        found.push(rest[start + 1..start + 1 + end].to_owned());
        rest = &rest[start + end + 2..];
        if first_only || found.len() == WORDS_MAX {
            break;
        }
    }
    if found.is_empty() {
        let bare = value.trim().trim_start_matches('[').trim_end_matches([']', ',', '}']).trim();
        if bare.contains('.') {
            found.push(format!("${{{bare}}}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(Vec<String>, Vec<String>)> {
        let policy = Attribute { name: "policy", written: text, line: 1 };
        of_text(policy).into_iter().map(|allowed| (allowed.actions, allowed.resources)).collect()
    }

    #[test]
    fn statements_are_read_in_either_spelling() {
        let hcl = "jsonencode({\n Statement = [{ Effect = \"Allow\", Action = [\"s3:*\", \"ec2:*\"], Resource = aws_s3_bucket.a.arn }, { Effect = \"Deny\", Action = \"*\", Resource = \"*\" }]\n})";
        let words = |all: &[&str]| all.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(told(hcl), [(words(&["s3:*", "ec2:*"]), words(&["${aws_s3_bucket.a.arn}"]))]);
        let json = "<<EOF\n{\"Statement\": {\"Effect\": \"Allow\", \"NotAction\": \"iam:*\", \"Resource\": \"*\"}}\nEOF";
        assert_eq!(told(json), [(words(&["*"]), words(&["*"]))]);
        assert_eq!(told("var.policy"), []);
    }
}
