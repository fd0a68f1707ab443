//! IAM policy documents: what a statement allows, in the words of the export.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use tenure_model::{AwsCondition, AwsDocument, AwsEffect, AwsStatement, AwsTrusted, Grant};

use super::json::{OneOrMany, Text};
use crate::detect::wrong_type::{Type, note};

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
    /// `${…}` stands for something: the language has that since its version of 2012.
    has_variables: bool,
}

/// One statement.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement {
    #[serde(default)]
    effect: Text,
    #[serde(default)]
    pub(super) action: OneOrMany<String>,
    #[serde(default)]
    not_action: OneOrMany<String>,
    #[serde(default)]
    resource: OneOrMany<String>,
    #[serde(default)]
    not_resource: OneOrMany<String>,
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(default)]
    not_principal: Value,
    #[serde(default)]
    pub(super) condition: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(default)]
    version: Text,
    #[serde(default)]
    statement: OneOrMany<Statement>,
}

impl From<Policy> for Document {
    fn from(policy: Policy) -> Self {
        let has_variables = policy.version.as_str() == "2012-10-17";
        // One that is none of AWS's: every statement has an effect.
        if policy.statement.iter().any(|statement| statement.effect.get().is_none()) {
            note("Statement", Type::Object);
        }
        Self { statements: policy.statement.0, broken: false, has_variables }
    }
}

impl Document {
    /// The document in the shape in which policies are weighed.
    pub(super) fn whole(self) -> AwsDocument {
        AwsDocument {
            has_variables: self.has_variables,
            is_broken: self.broken,
            statements: self.statements.into_iter().map(Statement::whole).collect(),
        }
    }
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
        Ok(Policy::deserialize(MapAccessDeserializer::new(map))?.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Document, E> {
        Ok(match serde_json::from_str::<Policy>(&percent_decoded(text)) {
            Ok(policy) => policy.into(),
            Err(_) => Document { broken: true, ..Document::default() },
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

    fn whole(self) -> AwsStatement {
        let allows = self.allows();
        let named = if self.not_principal.is_null() { &self.principal } else { &self.not_principal };
        AwsStatement {
            effect: if allows { AwsEffect::Allow } else { AwsEffect::Deny },
            conditions: self.conditions(),
            principals: trusted(named),
            is_not_principal: !self.not_principal.is_null(),
            actions: self.action.0,
            not_actions: self.not_action.0,
            resources: self.resource.0,
            not_resources: self.not_resource.0,
        }
    }

    fn conditions(&self) -> Vec<AwsCondition> {
        let operators = self.condition.as_object().into_iter().flatten();
        let tests = operators.flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, values)| (operator, key, values))
        });
        tests
            .map(|(operator, key, values)| AwsCondition {
                operator: operator.clone(),
                key: key.clone(),
                values: texts(values),
            })
            .collect()
    }
}

/// What a statement allows: a grant for each resource, each made when it is asked for.
pub(super) fn grants(statement: &AwsStatement, scope: &str) -> impl Iterator<Item = Grant> {
    let actions = except(&statement.actions, &statement.not_actions);
    let scope = match condition_words(statement) {
        Some(condition) => format!("{scope}, if {condition}"),
        None => scope.to_owned(),
    };
    targets(statement).into_iter().map(move |target| Grant {
        target,
        actions: actions.clone(),
        scope: scope.clone(),
    })
}

/// Roughly the bytes that a document takes while it is held and weighed.
pub(super) fn document_bytes(document: &AwsDocument) -> usize {
    /// What a text takes besides its characters.
    const TEXT_BYTES: usize = 32;
    let texts = |texts: &[String]| texts.iter().map(|text| text.len() + TEXT_BYTES).sum::<usize>();
    let of = |statement: &AwsStatement| {
        let conditions = statement.conditions.iter();
        let conditions =
            conditions.map(|one| texts(&one.values) + one.key.len() + one.operator.len() + 3 * TEXT_BYTES);
        let said =
            [&statement.actions, &statement.not_actions, &statement.resources, &statement.not_resources];
        let named = &statement.principals;
        let said = said.into_iter().chain([&named.aws, &named.services, &named.federated]);
        size_of::<AwsStatement>() + said.map(|list| texts(list)).sum::<usize>() + conditions.sum::<usize>()
    };
    document.statements.iter().map(of).sum()
}

/// The resources of a statement that become grants of their own.
pub(super) fn targets(statement: &AwsStatement) -> Vec<String> {
    if statement.not_resources.is_empty() {
        statement.resources.iter().take(RESOURCES_MAX).cloned().collect()
    } else {
        except(&[], &statement.not_resources)
    }
}

/// What a statement takes away, in one line.
pub(super) fn denial(statement: &AwsStatement, scope: &str) -> String {
    let actions = except(&statement.actions, &statement.not_actions).join(", ");
    let targets = except(&statement.resources, &statement.not_resources).join(", ");
    let condition = condition_words(statement).map(|words| format!(", if {words}")).unwrap_or_default();
    format!("{actions} on {targets} ({scope}{condition})")
}

/// The conditions, in AWS's words: `StringEquals aws:PrincipalOrgID`.
fn condition_words(statement: &AwsStatement) -> Option<String> {
    let words: Vec<String> =
        statement.conditions.iter().map(|one| format!("{} {}", one.operator, one.key)).collect();
    let text: String = words.join(" and ").chars().take(CONDITION_CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

/// Whom a `Principal` names: `*`, or lists by kind.
fn trusted(principal: &Value) -> AwsTrusted {
    let kind = |name: &str| principal.get(name).map(texts).unwrap_or_default();
    match principal {
        Value::String(all) => AwsTrusted { aws: vec![all.clone()], ..AwsTrusted::default() },
        _ => AwsTrusted { aws: kind("AWS"), services: kind("Service"), federated: kind("Federated") },
    }
}

/// One value or several; numbers and booleans as AWS compares them, as text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
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
        let told = |document: Document| grants(&document.whole().statements[0], "x").collect::<Vec<_>>();
        let (object, text) = (told(object), told(text));
        assert_eq!((&object, object.len()), (&text, 2));
    }

    #[test]
    fn everything_that_a_statement_says_has_a_weight() {
        let bytes = |federated: &str| {
            let text = format!(r#"{{"Statement": {{"Principal": {{"Federated": "{federated}"}}}}}}"#);
            document_bytes(&serde_json::from_str::<Document>(&text).unwrap().whole())
        };
        assert!(bytes(&"x".repeat(1_000)) >= bytes("") + 1_000);
    }

    #[test]
    fn what_is_weighed_is_what_is_written() {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": true}}, "NotPrincipal": {"AWS": ["a", "b"]}}}"#;
        let whole = serde_json::from_str::<Document>(text).unwrap().whole();
        let statement = &whole.statements[0];
        assert!(whole.has_variables && statement.is_not_principal && statement.effect == AwsEffect::Allow);
        assert_eq!(statement.not_actions, ["iam:*"]);
        assert_eq!(statement.conditions[0].values, ["true"]);
        assert_eq!(statement.principals.aws, ["a", "b"]);
        assert!(!serde_json::from_str::<Document>("{}").unwrap().whole().has_variables, "the old language");
    }

    #[test]
    fn a_broken_document_is_told_from_an_empty_one() {
        assert!(serde_json::from_str::<Document>(r#""%7Bnot json""#).unwrap().broken);
        assert!(!serde_json::from_str::<Document>("{}").unwrap().broken);
    }
}
