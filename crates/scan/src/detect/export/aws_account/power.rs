//! What a principal may do by all policies that apply to it, statement by statement, in words.

use tenure_model::{AwsDocument, AwsEffect, AwsInlinePolicy, AwsPrincipal, Grant};

use super::super::aws_policy::{denial, grants};
use super::Account;

/// Grants of one principal; AWS's own quotas keep real ones below.
const GRANTS_MAX: usize = 2_000;

/// What the policies of one principal add up to.
#[derive(Default)]
pub(super) struct Power {
    pub(super) grants: Vec<Grant>,
    /// Statements that take something away, in words.
    pub(super) denials: Vec<String>,
}

impl Power {
    /// Every policy of a principal, those of its groups included.
    pub(super) fn of(principal: &AwsPrincipal, account: &Account<'_>) -> Self {
        let mut power = Self::default();
        power.policies(&principal.inline, &principal.attached, "", account);
        for name in &principal.groups {
            match account.group(name) {
                Some(group) => {
                    power.policies(&group.inline, &group.attached, &format!("group {name}: "), account);
                }
                None => power.unknown(format!("group {name}"), format!("group {name} (not in this export)")),
            }
        }
        power.grants.truncate(GRANTS_MAX);
        power
    }

    fn policies(
        &mut self,
        inline: &[AwsInlinePolicy],
        attached: &[String],
        prefix: &str,
        account: &Account<'_>,
    ) {
        for policy in inline {
            self.document(&policy.document, &format!("{prefix}inline policy {}", policy.name));
        }
        for arn in attached {
            let scope = format!("{prefix}managed policy {arn}");
            match account.policy(arn) {
                Some(document) => self.document(document, &scope),
                None => self.unknown(arn.clone(), format!("{scope} (document not in this export)")),
            }
        }
    }

    fn document(&mut self, document: &AwsDocument, scope: &str) {
        if document.is_broken {
            self.unknown("*".to_owned(), format!("{scope} (document could not be read)"));
        }
        for statement in &document.statements {
            match statement.effect {
                AwsEffect::Deny => self.denials.push(denial(statement, scope)),
                AwsEffect::Allow => self.grants.extend(grants(statement, scope)),
            }
        }
    }

    /// A policy of which nobody knows what it allows.
    fn unknown(&mut self, target: String, scope: String) {
        self.grants.push(Grant { target, actions: Vec::new(), scope });
    }
}
