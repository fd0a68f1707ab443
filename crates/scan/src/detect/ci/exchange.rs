//! Where a script trades a platform's proof of identity for access.

use super::job::Exchange;
use crate::detect::yaml::Yaml;

/// Commands and variables that stand for such a trade, with who accepts the proof.
const SIGNS: &[(&str, &str)] = &[
    ("assume-role-with-web-identity", "aws"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "aws"),
    ("--federated-token", "azure"),
    ("iam workload-identity-pools create-cred-config", "gcp"),
    ("auth/jwt/login", "vault"),
    ("auth/gitlab/login", "vault"),
    ("-method=jwt", "vault"),
];

/// Every trade that a script makes; one a provider.
pub(super) fn in_script<'t>(script: Yaml<'t>) -> Vec<Exchange<'t>> {
    let mut found: Vec<Exchange<'t>> = Vec::new();
    for node in std::iter::once(script).chain(script.items()) {
        let Some(text) = node.text() else { continue };
        for &(sign, provider) in SIGNS {
            if found.iter().any(|exchange| exchange.provider == provider) || !text.contains(sign) {
                continue;
            }
            let line = node.search().find(&[sign]).line;
            let target = if provider == "aws" { role(text) } else { None };
            found.push(Exchange { line, provider, action: sign, target });
        }
    }
    found
}

/// The literal ARN of a role in a text.
pub(super) fn role(text: &str) -> Option<&str> {
    let start = text.find("arn:aws")?;
    let rest = &text[start..];
    let end =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_/:+=,.@".contains(c))).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|arn| arn.contains(":role/"))
}
