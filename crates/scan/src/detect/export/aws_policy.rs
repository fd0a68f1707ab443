//! IAM policy documents: what a statement allows, in the words of the export.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use tenure_model::Grant;

use super::json::{Many, Text};

/// Resources of one statement that become grants of their own; real statements name far fewer.
const RESOURCES_MAX: usize = 100;
/// Longest condition that is written out.
const CONDITION_CHARS_MAX: usize = 200;

/// A policy document: an object in the CLI's output, percent-encoded text in the API's.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// Its statements.
    pub(super) statements: Vec<Statement>,
    /// The text could not be read as a policy.
    pub(super) broken: bool,
}

/// One statement.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement {
    #[serde(default)]
    effect: Text,
    #[serde(default)]
    pub(super) action: Many<String>,
    #[serde(default)]
    not_action: Many<String>,
    #[serde(default)]
    resource: Many<String>,
    #[serde(default)]
    not_resource: Many<String>,
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(default)]
    pub(super) condition: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(default)]
    statement: Many<Statement>,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a policy document")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Document, A::Error> {
        let policy = Policy::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Document { statements: policy.statement.0, broken: false })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Document, E> {
        Ok(match serde_json::from_str::<Policy>(&percent_decoded(text)) {
            Ok(policy) => Document { statements: policy.statement.0, broken: false },
            Err(_) => Document { statements: Vec::new(), broken: true },
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Document, E> {
        Ok(Document::default())
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

impl Statement {
    pub(super) fn allows(&self) -> bool {
        self.effect.as_str().eq_ignore_ascii_case("allow")
    }

    pub(super) fn denies(&self) -> bool {
        self.effect.as_str().eq_ignore_ascii_case("deny")
    }

    /// Everything on everything, under no condition.
    pub(super) fn is_all(&self) -> bool {
        self.allows()
            && self.action.iter().any(|action| action == "*" || action == "*:*")
            && self.resource.iter().any(|resource| resource == "*")
            && self.condition_words().is_none()
    }

    /// Everything but some named services, permissions on identities not among the exceptions: whoever has
    /// that can give itself the rest.
    pub(super) fn is_all_but_little(&self) -> bool {
        self.allows()
            && !self.not_action.is_empty()
            && !self.not_action.iter().any(|action| {
                let action = action.to_ascii_lowercase();
                action.starts_with("iam:") || action.starts_with('*') || action.starts_with("i*")
            })
            && self.resource.iter().any(|resource| resource == "*")
            && self.condition_words().is_none()
    }

    /// What it allows: a grant for each resource.
    pub(super) fn grants(&self, scope: &str) -> Vec<Grant> {
        let actions = except(&self.action, &self.not_action);
        let scope = match self.condition_words() {
            Some(condition) => format!("{scope}, if {condition}"),
            None => scope.to_owned(),
        };
        let targets = if self.not_resource.is_empty() {
            self.resource.iter().take(RESOURCES_MAX).cloned().collect()
        } else {
            except(&[], &self.not_resource)
        };
        targets
            .into_iter()
            .map(|target| Grant { target, actions: actions.clone(), scope: scope.clone() })
            .collect()
    }

    /// What it takes away, in one line.
    pub(super) fn denial(&self, scope: &str) -> String {
        let actions = except(&self.action, &self.not_action).join(", ");
        let targets = except(&self.resource, &self.not_resource).join(", ");
        let condition = self.condition_words().map(|words| format!(", if {words}")).unwrap_or_default();
        format!("{actions} on {targets} ({scope}{condition})")
    }

    /// The conditions, in AWS's words: `StringEquals aws:PrincipalOrgID`.
    fn condition_words(&self) -> Option<String> {
        let operators = self.condition.as_object()?;
        let words: Vec<String> = operators
            .iter()
            .flat_map(|(operator, keys)| {
                let keys = keys.as_object().map(|keys| keys.keys().cloned().collect()).unwrap_or_default();
                let keys: Vec<String> = keys;
                keys.into_iter().map(move |key| format!("{operator} {key}"))
            })
            .collect();
        let text: String = words.join(" and ").chars().take(CONDITION_CHARS_MAX).collect();
        (!text.is_empty()).then_some(text)
    }
}

/// The named ones, or "everything except" the ones that are named as exceptions.
fn except(named: &[String], exceptions: &[String]) -> Vec<String> {
    if exceptions.is_empty() {
        named.to_vec()
    } else {
        vec![format!("everything except {}", exceptions.join(", "))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_document_say_the_same() {
        let plain = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["a", "b"]}}"#;
        let encoded: String = plain.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let object: Document = serde_json::from_str(plain).unwrap();
        let text: Document = serde_json::from_value(Value::String(encoded)).unwrap();
        assert_eq!(object.statements[0].grants("x"), text.statements[0].grants("x"));
        assert_eq!(object.statements[0].grants("x").len(), 2);
    }

    #[test]
    fn only_an_unconditional_allow_of_everything_is_all() {
        let all = |text: &str| serde_json::from_str::<Statement>(text).unwrap().is_all();
        assert!(all(r#"{"Effect": "Allow", "Action": ["*"], "Resource": "*"}"#));
        assert!(all(r#"{"Effect": "Allow", "Action": "*:*", "Resource": "*", "Condition": {}}"#));
        assert!(!all(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#));
        assert!(!all(r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#));
        assert!(!all(
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#
        ));
    }

    #[test]
    fn a_broken_document_is_told_from_an_empty_one() {
        assert!(serde_json::from_str::<Document>(r#""%7Bnot json""#).unwrap().broken);
        assert!(!serde_json::from_str::<Document>("{}").unwrap().broken);
    }
}
