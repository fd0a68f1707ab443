//! An AWS account's identities and policies, as an export tells them: what `assess` weighs as a whole.
//!
//! Documents are kept once and in one shape, whatever form the export had. They pass from the reader to the judgement
//! of the same scan and are never stored.

use serde::{Deserialize, Serialize};

/// What one file tells of an account. Several files may tell of the same one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsAccount {
    /// Scanned root, as the user named it.
    pub root: String,
    /// The file, below the root.
    pub path: String,
    /// Users and roles.
    pub principals: Vec<AwsPrincipal>,
    /// Groups of users.
    pub groups: Vec<AwsGroup>,
    /// Managed policies that the file holds.
    pub policies: Vec<AwsPolicy>,
    /// Policies of the organisation that limit whole accounts.
    pub service_controls: Vec<AwsServiceControl>,
    /// What users have to log in with.
    pub logins: Vec<AwsLogin>,
    /// What the file tells of the organisation's tree.
    pub organization: AwsOrganization,
}

/// Where accounts lie in an organisation, and which service control policies hang where. Ids are AWS's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsOrganization {
    /// Accounts and units, each with the unit or root above it.
    pub parents: Vec<(String, String)>,
    /// Policies, each with a root, unit or account on which it hangs.
    pub attached: Vec<(String, String)>,
    /// Roots, units and accounts of which every policy is told, and policies of which every place is told.
    pub complete: Vec<String>,
}

/// What one user has to log in with. What a file does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsLogin {
    /// The user's ARN.
    pub arn: String,
    /// Access keys, inactive ones included; AWS allows two.
    pub keys: Option<u8>,
    /// Whether there is a console password.
    pub has_password: Option<bool>,
}

/// Which kind of principal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AwsPrincipalKind {
    /// An IAM user.
    #[default]
    User,
    /// An IAM role.
    Role,
}

/// A user or role with everything that decides what it may do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsPrincipal {
    /// Its ARN.
    pub arn: String,
    /// Its name, without the path.
    pub name: String,
    /// The id that AWS gave it: `AIDA…`, `AROA…`; empty where the file does not tell.
    pub unique_id: String,
    /// User or role.
    pub kind: AwsPrincipalKind,
    /// Line of the file that names it, from 1; 0 = not known.
    pub line: u32,
    /// Its own policies.
    pub inline: Vec<AwsInlinePolicy>,
    /// ARNs of managed policies that are attached.
    pub attached: Vec<String>,
    /// Names of a user's groups.
    pub groups: Vec<String>,
    /// ARN of the managed policy that limits it.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Who may become the role.
    pub trust: Option<AwsDocument>,
    /// Whether an instance profile hands the role to machines.
    pub has_instance_profile: bool,
    /// An AWS service made the role and nobody else may change it.
    pub is_service_linked: bool,
}

/// A group of users.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsGroup {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its own policies.
    pub inline: Vec<AwsInlinePolicy>,
    /// ARNs of managed policies that are attached.
    pub attached: Vec<String>,
}

/// A policy that belongs to one principal or group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsInlinePolicy {
    /// Its name.
    pub name: String,
    /// What it says.
    pub document: AwsDocument,
}

/// A managed policy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsPolicy {
    /// Its ARN.
    pub arn: String,
    /// The version in force; `None` where the file does not hold it.
    pub document: Option<AwsDocument>,
    /// Versions that are kept and not in force.
    pub other_versions: Vec<AwsDocument>,
}

/// A service control policy of an organisation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsServiceControl {
    /// Its name.
    pub name: String,
    /// Its id: `p-…`; empty where the file does not tell.
    pub id: String,
    /// The organisation's management account, which no such policy limits; empty where nothing says.
    pub management_account: String,
    /// What it allows and denies.
    pub document: AwsDocument,
    /// Ids of all roots, units and accounts on which it hangs; `None` where the file does not say.
    pub targets: Option<Vec<String>>,
}

/// A policy document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsDocument {
    /// `${…}` stands for something: documents of version 2012-10-17.
    pub has_variables: bool,
    /// It could not be read; what it says is unknown.
    pub is_broken: bool,
    /// Its statements, in order.
    pub statements: Vec<AwsStatement>,
}

/// Whether a statement gives or takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AwsEffect {
    /// It gives.
    Allow,
    /// It takes away, whatever else gives. Also what an unknown word counts as: it must not give.
    #[default]
    Deny,
}

/// One statement of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsStatement {
    /// Gives or takes.
    pub effect: AwsEffect,
    /// Patterns of actions.
    pub actions: Vec<String>,
    /// Every action but these.
    pub not_actions: Vec<String>,
    /// Patterns of resources.
    pub resources: Vec<String>,
    /// Every resource but these.
    pub not_resources: Vec<String>,
    /// What must hold besides; all of it.
    pub conditions: Vec<AwsCondition>,
    /// Whom a trust policy means.
    pub principals: AwsTrusted,
    /// It means everybody but these.
    pub is_not_principal: bool,
}

/// One condition: an operator, a key, and values of which one must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsCondition {
    /// `StringEquals`, `ForAllValues:StringLikeIfExists`, …
    pub operator: String,
    /// `aws:PrincipalTag/team`, …
    pub key: String,
    /// Values.
    pub values: Vec<String>,
}

/// Whom a trust policy names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsTrusted {
    /// ARNs, account ids, `*`.
    pub aws: Vec<String>,
    /// Services: `lambda.amazonaws.com`.
    pub services: Vec<String>,
    /// Identity providers.
    pub federated: Vec<String>,
}
