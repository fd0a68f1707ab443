//! OpenBao and Vault: policies, with the paths that each opens.

use super::format::{Each, Export, Pen};
use super::node::Node;
use super::vault::role_name;

/// Paths of one policy that are kept.
const PATHS_MAX: usize = 5_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "vault_policies",
    describe: "OpenBao and Vault policies: the paths behind the name that a token or role has",
    exported_by: &["bao read -format=json sys/policies/acl/NAME", "bao policy read -format=json NAME"],
    claims: |opening| {
        // A policy is a text inside the answer, so its quotes are escaped.
        opening.any(&["policy", "rules"])
            && (opening.holds("path \\\"") || opening.holds("\\\"path\\\""))
            && !opening.any(&["apiVersion", "Statement", "terraform_version", "accessor"])
    },
    lists: &[],
    start: || Box::new(Each(|_, record, pen| answer(record, pen))),
};

fn answer(record: Node<'_>, pen: &mut Pen<'_>) {
    let data = if record.has("data") { record.get("data") } else { record };
    let Some(text) = data.text("policy").or(data.text("rules")) else { return };
    // The short answer does not hold the name, so the file's stands for it.
    let name = data.text("name").or(record.text("name")).unwrap_or(role_name(pen)).to_owned();
    match paths(text) {
        Some(actions) => pen.role("vault", vec![name], actions),
        None => pen.policy_broken(),
    }
}

/// What a policy opens, as `read,list kv/data/ci/*`; `None` where it breaks off.
fn paths(policy: &str) -> Option<Vec<String>> {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(policy) {
        let json = Node::of(&json);
        let rule =
            |(path, rule): (&str, Node<'_>)| action(path, &rule.texts("capabilities"), rule.text("policy"));
        return Some(json.get("path").members().filter_map(rule).take(PATHS_MAX).collect());
    }
    let mut tokens = Tokens(policy);
    let mut all = Vec::new();
    while let Some(token) = tokens.next() {
        if token != Token::Word("path") {
            continue;
        }
        let Token::Text(path) = tokens.next()? else { return None };
        if tokens.next()? != Token::Mark('{') {
            return None;
        }
        let (mut depth, mut attribute, mut capabilities, mut short) = (1, "", Vec::new(), None);
        while depth > 0 {
            match tokens.next()? {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => depth -= 1,
                Token::Word(word) if depth == 1 => attribute = word,
                Token::Text(text) if depth == 1 && attribute == "capabilities" => capabilities.push(text),
                Token::Text(text) if depth == 1 && attribute == "policy" => short = Some(text),
                _ => {}
            }
        }
        if all.len() < PATHS_MAX {
            all.extend(action(path, &capabilities, short));
        }
    }
    Some(all)
}

fn action(path: &str, capabilities: &[&str], short: Option<&str>) -> Option<String> {
    let spelled = match short {
        Some("read") => "read,list",
        Some("write") => "create,read,update,delete,list",
        Some("sudo") => "create,read,update,delete,list,sudo",
        Some("deny") => "deny",
        _ => "",
    };
    let capabilities = if capabilities.is_empty() { spelled.to_owned() } else { capabilities.join(",") };
    (!capabilities.is_empty()).then(|| format!("{capabilities} {path}"))
}

#[derive(Debug, PartialEq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Mark(char),
}

/// The few tokens that a policy is made of; the reader of Terraform keeps expressions as text and knows no policies.
struct Tokens<'t>(&'t str);

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let text = self.0.trim_start();
            let first = text.chars().next()?;
            let cut = |end: usize| (&text[..end], text.get(end..).unwrap_or_default());
            if first == '#' || text.starts_with("//") {
                self.0 = cut(text.find('\n').unwrap_or(text.len())).1;
            } else if text.starts_with("/*") {
                self.0 = cut(text.find("*/").map_or(text.len(), |end| end + 2)).1;
            } else if first == '"' {
                let end = text[1..].find('"')? + 1;
                self.0 = &text[end + 1..];
                return Some(Token::Text(&text[1..end]));
            } else if first.is_ascii_alphanumeric() || first == '_' {
                let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
                let (word, rest) = cut(end.unwrap_or(text.len()));
                self.0 = rest;
                return Some(Token::Word(word));
            } else {
                self.0 = &text[first.len_utf8()..];
                return Some(Token::Mark(first));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_every_form_and_a_policy_that_breaks_off_is_none() {
        let written = "# ours\npath \"kv/data/ci/*\" {\n  capabilities = [\"read\", \"list\"] // both\n  allowed_parameters = { \"capabilities\" = [\"sudo\"] }\n}\npath \"sys/health\" { policy = \"read\" }\n/* path \"x\" {} */ path \"secret/*\" { capabilities = [\"deny\"] }";
        let expected = ["read,list kv/data/ci/*", "read,list sys/health", "deny secret/*"];
        assert_eq!(paths(written).as_deref(), Some(&expected.map(str::to_owned)[..]));
        let json = r#"{"path": {"kv/*": {"capabilities": ["read"]}}}"#;
        assert_eq!(paths(json), Some(vec!["read kv/*".to_owned()]));
        assert_eq!(paths("path \"x\" { capabilities = [\"read\""), None);
        assert_eq!(paths("path"), None);
        assert_eq!(paths(""), Some(Vec::new()));
    }
}
