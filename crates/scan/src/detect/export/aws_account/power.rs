//! What a principal may do by all policies that apply to it, statement by statement, in words.
//!
//! Everything is weighed; what is listed has limits, because a group's policies are those of each member, too. A policy
//! or group beyond a limit is named with the number of its statements.

use tenure_model::{AwsDocument, AwsEffect, AwsGroup, AwsInlinePolicy, AwsPrincipal, AwsStatement, Grant};

use super::super::aws_policy::{denial, grants, targets};
use super::Account;
use crate::detect::text::counted;

/// Bytes of statements that are listed of one principal's own policies; AWS's quotas keep real ones below.
const OWN_BYTES_MAX: usize = 512 << 10;
/// Bytes of statements that are listed of its groups.
const GROUPS_BYTES_MAX: usize = 32 << 10;
/// What a statement that is listed takes besides its words.
const LISTED_BYTES: usize = 256;
/// Bytes of a denial that are told.
const DENIAL_BYTES_MAX: usize = 1_000;

/// Bytes that may still be listed of one file.
#[derive(Clone, Copy)]
pub(super) struct Room {
    statements: usize,
    /// Of policies and groups that are only named.
    names: usize,
}

impl Room {
    /// All of it.
    pub(super) const WHOLE: Self = Self { statements: 10 << 20, names: 6 << 20 };
}

/// What the policies of one principal add up to.
pub(super) struct Power {
    pub(super) grants: Vec<Grant>,
    /// Statements that take something away, in words.
    pub(super) denials: Vec<String>,
    /// Policies and groups that are not even named.
    pub(super) unnamed: usize,
    room: Room,
    /// Bytes that may still be listed of this principal.
    left: usize,
}

impl Power {
    /// Every policy of a principal, those of its groups included; with the room that is left then.
    pub(super) fn of(principal: &AwsPrincipal, account: &Account<'_>, room: Room) -> (Self, Room) {
        let (grants, denials) = (Vec::new(), Vec::new());
        let mut power = Self { grants, denials, unnamed: 0, room, left: OWN_BYTES_MAX };
        for policy in policies(&principal.inline, &principal.attached, "", account) {
            if power.fits(policy.bytes()) {
                power.list(&policy);
            } else {
                power.name(&policy.scope, policy.statements());
            }
        }
        power.left = GROUPS_BYTES_MAX;
        for name in &principal.groups {
            match account.group(name) {
                Some(group) => power.group(name, group, account),
                None => power.unknown(format!("group {name}"), format!("group {name} (not in this export)")),
            }
        }
        let room = power.room;
        (power, room)
    }

    /// All that a group brings, or its name.
    fn group(&mut self, name: &str, group: &AwsGroup, account: &Account<'_>) {
        let prefix = format!("group {name}: ");
        let all = || policies(&group.inline, &group.attached, &prefix, account);
        if self.fits(all().map(|policy| policy.bytes()).sum()) {
            all().for_each(|policy| self.list(&policy));
        } else {
            self.name(&format!("group {name}"), all().map(|policy| policy.statements()).sum());
        }
    }

    /// Whether so many bytes may be listed.
    fn fits(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left && bytes <= self.room.statements;
        if fits {
            self.left -= bytes;
            self.room.statements -= bytes;
        }
        fits
    }

    fn list(&mut self, policy: &Policy<'_>) {
        let Some(document) = policy.document else {
            return self.grants.push(unknown(policy.arn, &policy.scope, "document not in this export"));
        };
        if document.is_broken {
            self.grants.push(unknown("*", &policy.scope, "document could not be read"));
        }
        for statement in &document.statements {
            match statement.effect {
                AwsEffect::Deny => self.denials.push(denial(statement, &policy.scope)),
                AwsEffect::Allow => self.grants.extend(grants(statement, &policy.scope)),
            }
        }
    }

    /// Names what is not listed: what it allows is weighed, and unknown to whoever only reads the list.
    fn name(&mut self, scope: &str, statements: usize) {
        let statements = counted(statements, "statement is", "statements are");
        self.unknown("*".to_owned(), format!("{scope} (weighed; {statements} not listed)"));
    }

    /// A policy or group of which the list does not say what it allows.
    fn unknown(&mut self, target: String, scope: String) {
        let bytes = LISTED_BYTES + target.len() + scope.len();
        if bytes > self.room.names {
            self.unnamed += 1;
            return;
        }
        self.room.names -= bytes;
        self.grants.push(Grant { target, actions: Vec::new(), scope });
    }
}

fn unknown(target: &str, scope: &str, why: &str) -> Grant {
    Grant { target: target.to_owned(), actions: Vec::new(), scope: format!("{scope} ({why})") }
}

/// A policy that applies to somebody.
struct Policy<'a> {
    /// Where it comes from, in words.
    scope: String,
    /// Empty for one that belongs to its holder alone.
    arn: &'a str,
    /// `None` where the export does not hold it.
    document: Option<&'a AwsDocument>,
}

fn policies<'a>(
    inline: &'a [AwsInlinePolicy],
    attached: &'a [String],
    prefix: &'a str,
    account: &'a Account<'_>,
) -> impl Iterator<Item = Policy<'a>> {
    let inline = inline.iter().map(move |policy| Policy {
        scope: format!("{prefix}inline policy {}", policy.name),
        arn: "",
        document: Some(&policy.document),
    });
    let managed = attached.iter().map(move |arn| Policy {
        scope: format!("{prefix}managed policy {arn}"),
        arn,
        document: account.policy(arn),
    });
    inline.chain(managed)
}

impl Policy<'_> {
    fn statements(&self) -> usize {
        self.document.map_or(1, |document| document.statements.len())
    }

    /// Roughly what it takes to list it.
    fn bytes(&self) -> usize {
        let listed = |statement: &AwsStatement| {
            let text = |texts: &[String]| texts.iter().map(|text| text.len() + 3).sum::<usize>();
            let words = text(&statement.actions) + text(&statement.not_actions) + self.scope.len();
            match statement.effect {
                AwsEffect::Deny => LISTED_BYTES + DENIAL_BYTES_MAX.min(words + text(&statement.resources)),
                AwsEffect::Allow => targets(statement)
                    .iter()
                    .map(|target| LISTED_BYTES + target.len() + words)
                    .fold(0, usize::saturating_add),
            }
        };
        let statements = self.document.into_iter().flat_map(|document| &document.statements);
        LISTED_BYTES
            + self.scope.len()
            + self.arn.len()
            + statements.map(listed).fold(0, usize::saturating_add)
    }
}
