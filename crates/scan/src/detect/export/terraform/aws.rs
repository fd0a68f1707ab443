//! AWS resources: principals by their ARN, and what policies of the same state give them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tenure_model::{AwsDocument, AwsEffect, Subject};

use super::super::aws::{account_of, principal, user_alias};
use super::super::aws_policy::{Document, document_bytes, grants};
use super::super::aws_trust::trust;
use super::super::format::{Pen, account};
use super::super::node::Node;
use super::{Resource, made_by};
use crate::detect::text::counted;

/// Attachments of a state that are kept until its end.
const ATTACHED_MAX: usize = 50_000;
/// Bytes of policy documents that are kept until then.
const DOCUMENT_BYTES_MAX: usize = 24 << 20;

/// Policies and whom they are attached to: principals may stand behind them in the file.
#[derive(Default)]
pub(super) struct AwsPolicies {
    /// By kind and name: `role deployer`.
    principals: HashMap<String, Subject>,
    documents: HashMap<String, AwsDocument>,
    document_bytes: usize,
    attached: Vec<Attached>,
}

struct Attached {
    to: String,
    scope: String,
    document: Policy,
    line: u32,
}

enum Policy {
    Inline(AwsDocument),
    Managed(String),
    /// One that is not kept.
    Beyond,
}

fn too_many(pen: &mut Pen<'_>, kept: usize) {
    let kept = counted(kept, "policy", "policies");
    pen.unread("too_many_policies", format!("only the first {kept} of the file are kept"));
}

pub(super) fn read(resource: &Resource<'_>, policies: &mut AwsPolicies, pen: &mut Pen<'_>) {
    // What a policy gives could not be written down any more: it need not be held either.
    if pen.is_full() {
        return;
    }
    let (arn, name) = (resource.text("arn"), resource.text("name"));
    match resource.kind {
        "aws_iam_user" | "aws_iam_role" => {
            let (Some(arn), Some(name)) = (arn, name) else { return planned_role(resource, pen) };
            pen.at(arn);
            let subject = principal(arn);
            pen.identity(&subject, resource.kind, name, Some(arn));
            made_by(resource, &subject, pen);
            let of = if resource.kind == "aws_iam_user" { "user" } else { "role" };
            policies.principals.insert(format!("{of} {name}"), subject.clone());
            policies.of_role(resource, &format!("{of} {name}"), pen);
            match (of, account_of(arn)) {
                ("user", Some(account)) => {
                    pen.same(&subject, user_alias(account, name), "account and user name are the same");
                }
                _ => assume(resource, &subject, name, pen),
            }
        }
        "aws_iam_policy_document" => trust_document(resource, pen),
        "aws_iam_policy" => {
            if let (Some(arn), Some(document)) = (arn, document(resource, "policy", pen)) {
                policies.managed(arn, document.whole(), pen);
            }
        }
        "aws_iam_user_policy" | "aws_iam_role_policy" => {
            let of = if resource.kind == "aws_iam_user_policy" { "user" } else { "role" };
            if let (Some(to), Some(document)) = (resource.text(of), document(resource, "policy", pen)) {
                let scope = format!("inline policy {}", name.unwrap_or_default());
                policies.inline(format!("{of} {to}"), scope, document.whole(), pen);
            }
        }
        "aws_iam_user_policy_attachment" | "aws_iam_role_policy_attachment" => {
            let of = if resource.kind == "aws_iam_user_policy_attachment" { "user" } else { "role" };
            if let (Some(to), Some(policy)) = (resource.text(of), resource.text("policy_arn")) {
                let scope = format!("managed policy {policy}");
                policies.attach(format!("{of} {to}"), scope, Policy::Managed(policy.to_owned()), pen);
            }
        }
        _ => {}
    }
}

fn document(resource: &Resource<'_>, attribute: &'static str, pen: &mut Pen<'_>) -> Option<Document> {
    // A policy in a state is JSON inside a string; the API's percent-encoding is not used there.
    pen.policy(resource.text(attribute)?)
}

/// A role that a plan will make: it has no ARN yet, and its trust may be known.
fn planned_role(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    pen.at(&resource.address);
    assume(resource, &account("terraform", &resource.address), &resource.address, pen);
}

/// A document that Terraform builds for the trust of some role.
fn trust_document(resource: &Resource<'_>, pen: &mut Pen<'_>) {
    let statements: Vec<Value> = resource.attributes.list("statement").filter_map(trust_statement).collect();
    let Ok(document) = serde_json::from_value(json!({ "Statement": statements })) else { return };
    pen.at(&resource.address);
    tell(&document, "", &account("terraform", &resource.address), &resource.address, pen);
}

/// A statement in Terraform's words as one in AWS's, when it is about becoming a role.
fn trust_statement(statement: Node<'_>) -> Option<Value> {
    let actions = statement.texts("actions");
    if !actions.iter().any(|action| action.starts_with("sts:AssumeRole")) {
        return None;
    }
    let mut principal = Map::new();
    for of in statement.list("principals") {
        principal.insert(of.text("type")?.to_owned(), json!(of.texts("identifiers")));
    }
    if principal.contains_key("*") {
        principal = Map::from_iter([("AWS".to_owned(), json!("*"))]);
    }
    let mut condition = Map::new();
    for of in statement.list("condition") {
        let keys = condition.entry(of.text("test")?).or_insert_with(|| json!({}));
        keys.as_object_mut()?.insert(of.text("variable")?.to_owned(), json!(of.texts("values")));
    }
    let effect = statement.text("effect").unwrap_or("Allow");
    Some(json!({ "Effect": effect, "Action": actions, "Principal": principal, "Condition": condition }))
}

/// Who may become the role.
fn assume(resource: &Resource<'_>, subject: &Subject, name: &str, pen: &mut Pen<'_>) {
    let Some(document) = document(resource, "assume_role_policy", pen) else { return };
    pen.at("assume_role_policy");
    tell(&document, resource.text("arn").unwrap_or_default(), subject, name, pen);
}

/// What a trust policy says about the role with this ARN.
fn tell(document: &Document, role: &str, subject: &Subject, name: &str, pen: &mut Pen<'_>) {
    let trust = trust(document, role);
    for how in trust.federation {
        pen.federation(subject, how);
    }
    for (rule, reason) in trust.findings {
        pen.finding(rule, subject, name, reason);
    }
}

impl AwsPolicies {
    /// Whether a document may be kept; that it is not is told.
    fn has_room(&mut self, document: &AwsDocument, pen: &mut Pen<'_>) -> bool {
        self.document_bytes += document_bytes(document);
        let has_room = self.document_bytes <= DOCUMENT_BYTES_MAX && self.documents.len() < ATTACHED_MAX;
        if !has_room {
            too_many(pen, self.documents.len() + self.attached.len());
        }
        has_room
    }

    fn managed(&mut self, arn: &str, document: AwsDocument, pen: &mut Pen<'_>) {
        if self.has_room(&document, pen) {
            self.documents.insert(arn.to_owned(), document);
        }
    }

    /// A policy of a principal alone. What one that is not kept allows is unknown, and not nothing.
    fn inline(&mut self, to: String, scope: String, document: AwsDocument, pen: &mut Pen<'_>) {
        let has_room = self.has_room(&document, pen);
        self.attach(to, scope, if has_room { Policy::Inline(document) } else { Policy::Beyond }, pen);
    }

    fn attach(&mut self, to: String, scope: String, document: Policy, pen: &mut Pen<'_>) {
        if self.attached.len() < ATTACHED_MAX {
            self.attached.push(Attached { to, scope, document, line: pen.line() });
        } else {
            too_many(pen, self.documents.len() + self.attached.len());
        }
    }

    /// Policies that a role's own resource holds.
    fn of_role(&mut self, resource: &Resource<'_>, to: &str, pen: &mut Pen<'_>) {
        for inline in resource.attributes.list("inline_policy") {
            let document = inline.text("policy").and_then(|text| pen.policy::<Document>(text));
            let Some(document) = document else { continue };
            let scope = format!("inline policy {}", inline.text("name").unwrap_or_default());
            self.inline(to.to_owned(), scope, document.whole(), pen);
        }
        for arn in resource.attributes.texts("managed_policy_arns") {
            let scope = format!("managed policy {arn}");
            self.attach(to.to_owned(), scope, Policy::Managed(arn.to_owned()), pen);
        }
    }

    pub(super) fn end(&self, pen: &mut Pen<'_>) {
        for Attached { to, scope, document, line } in &self.attached {
            // A principal of another state is known by a name only, and names are no ids.
            let Some(subject) = self.principals.get(to) else { continue };
            pen.go(*line);
            let (known, arn) = match document {
                Policy::Inline(document) => (Some(document), "*"),
                Policy::Managed(arn) => (self.documents.get(arn), arn.as_str()),
                Policy::Beyond => (None, "*"),
            };
            let Some(known) = known else {
                let why = if self.document_bytes > DOCUMENT_BYTES_MAX {
                    "document not in this state, or beyond what is kept of it"
                } else {
                    "document not in this state"
                };
                pen.grant(subject, arn.to_owned(), Vec::new(), format!("{scope} ({why})"));
                continue;
            };
            let allowed = known.statements.iter().filter(|statement| statement.effect == AwsEffect::Allow);
            for grant in allowed.flat_map(|statement| grants(statement, scope)) {
                if pen.is_full() {
                    return;
                }
                pen.grant(subject, grant.target, grant.actions, grant.scope);
            }
        }
    }
}
