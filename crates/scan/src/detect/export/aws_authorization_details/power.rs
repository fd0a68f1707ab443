//! What a principal may do by all policies that apply to it, statement by statement, in words.

use tenure_model::Grant;

use super::super::aws_policy::{Document, Statement};
use super::super::json::Text;
use super::{Attached, Export, Inline, Principal};

/// Grants of one principal; AWS's own quotas keep real ones below.
const GRANTS_MAX: usize = 2_000;

/// What the policies of one principal add up to.
#[derive(Default)]
pub(super) struct Power {
    pub(super) grants: Vec<Grant>,
    /// Statements that take something away, in words.
    pub(super) denials: Vec<String>,
    pub(super) broken_documents: usize,
}

impl Power {
    /// Adds every policy of a principal, those of its groups included.
    pub(super) fn of_principal(&mut self, principal: &Principal, export: &Export<'_>) {
        self.policies(&principal.inline, &principal.attached_managed_policies, "", export);
        for name in principal.group_list.iter().filter_map(Text::get) {
            match export.groups.get(name) {
                Some(group) => {
                    let prefix = format!("group {name}: ");
                    self.policies(&group.inline, &group.attached_managed_policies, &prefix, export);
                }
                None => self.unknown(format!("group {name}"), format!("group {name} (not in this export)")),
            }
        }
        self.grants.truncate(GRANTS_MAX);
    }

    fn policies(&mut self, inline: &[Inline], attached: &[Attached], prefix: &str, export: &Export<'_>) {
        for policy in inline {
            let scope = format!("{prefix}inline policy {}", policy.policy_name.as_str());
            self.document(&policy.policy_document, &scope);
        }
        for policy_arn in attached.iter().filter_map(|policy| policy.policy_arn.get()) {
            let scope = format!("{prefix}managed policy {policy_arn}");
            match export.policies.get(policy_arn) {
                Some(document) => self.document(document, &scope),
                None => self.unknown(policy_arn.to_owned(), format!("{scope} (document not in this export)")),
            }
        }
    }

    fn document(&mut self, document: &Document, scope: &str) {
        if document.broken {
            self.broken_documents += 1;
            self.unknown("*".to_owned(), format!("{scope} (document could not be read)"));
        }
        for statement in &document.statements {
            self.statement(statement, scope);
        }
    }

    fn statement(&mut self, statement: &Statement, scope: &str) {
        if statement.denies() {
            self.denials.push(statement.denial(scope));
        }
        if statement.allows() {
            self.grants.extend(statement.grants(scope));
        }
    }

    /// A policy of which nobody knows what it allows.
    fn unknown(&mut self, target: String, scope: String) {
        self.grants.push(Grant { target, actions: Vec::new(), scope });
    }
}
