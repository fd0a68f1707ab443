//! What a principal may do by all policies that apply to it.

use tenure_model::{Grant, PrivilegeLevel};

use super::super::aws_policy::{Document, Statement};
use super::super::json::Text;
use super::{Attached, Export, Inline, Principal};

/// Grants of one principal; AWS's own quotas keep real ones below.
const GRANTS_MAX: usize = 2_000;
/// AWS's policy that allows everything.
const ADMINISTRATOR_ACCESS: &str = ":policy/AdministratorAccess";

/// What the policies of one principal add up to.
#[derive(Default)]
pub(super) struct Power {
    pub(super) grants: Vec<Grant>,
    /// Statements that take something away, in words.
    pub(super) denials: Vec<String>,
    /// A boundary limits everything below.
    pub(super) is_bounded: bool,
    pub(super) broken_documents: usize,
    everything: Vec<String>,
    nearly_everything: Vec<String>,
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
                None if is_administrator_access(policy_arn) => {
                    self.everything.push(scope.clone());
                    self.unknown(policy_arn.to_owned(), scope);
                }
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
        if statement.is_all() {
            self.everything.push(format!("{scope}: allows * on *"));
        } else if statement.is_all_but_little() {
            self.nearly_everything
                .push(format!("{scope}: allows everything but a few services, IAM included"));
        }
    }

    /// A policy of which nobody knows what it allows.
    fn unknown(&mut self, target: String, scope: String) {
        self.grants.push(Grant { target, actions: Vec::new(), scope });
    }

    /// The judgement where none is needed: nothing stands against the statements.
    pub(super) fn judgement(&self) -> Option<(PrivilegeLevel, Vec<String>)> {
        if self.is_bounded || !self.denials.is_empty() {
            return None;
        }
        if !self.everything.is_empty() {
            return Some((PrivilegeLevel::Admin, self.everything.clone()));
        }
        let nearly = !self.nearly_everything.is_empty();
        nearly.then(|| (PrivilegeLevel::Escalates, self.nearly_everything.clone()))
    }
}

fn is_administrator_access(arn: &str) -> bool {
    arn.ends_with(ADMINISTRATOR_ACCESS) && arn.contains(":iam::aws:")
}
