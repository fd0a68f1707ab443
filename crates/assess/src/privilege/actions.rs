//! What one grant amounts to by itself, an upper bound. AWS accounts that were read whole are weighed in `aws`.
//!
//! A leading `!` in an action or a target is a negation (NotAction, NotResource).

use tenure_model::{Grant, PrivilegeLevel};

use super::aws::glob::matches;

/// Whoever may do one of these to a principal that is not bound to itself can give itself any permission.
/// Condensed from the public lists of escalation paths.
const WRITES_PERMISSIONS: &[&str] = &[
    "iam:createpolicyversion",
    "iam:setdefaultpolicyversion",
    "iam:putuserpolicy",
    "iam:putrolepolicy",
    "iam:putgrouppolicy",
    "iam:attachuserpolicy",
    "iam:attachrolepolicy",
    "iam:attachgrouppolicy",
    "iam:addusertogroup",
    "iam:updateassumerolepolicy",
];

/// These give away another principal, unless they are limited to the caller itself.
const TAKES_OVER: &[&str] = &["iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile"];

/// These start something that runs with a passed role.
const LAUNCHES: &[&str] = &[
    "lambda:createfunction",
    "ec2:runinstances",
    "ec2:requestspotinstances",
    "ecs:runtask",
    "ecs:starttask",
    "ecs:createservice",
    "cloudformation:createstack",
    "cloudformation:createstackset",
    "codebuild:createproject",
    "glue:createjob",
    "glue:updatejob",
    "glue:createdevendpoint",
    "sagemaker:createnotebookinstance",
    "sagemaker:createtrainingjob",
    "sagemaker:createprocessingjob",
    "datapipeline:createpipeline",
    "apprunner:createservice",
];

/// Reading these everywhere is reading data or credentials, not looking around.
const READS_DATA: &[&str] = &[
    "s3:getobject",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "dynamodb:getitem",
    "dynamodb:batchgetitem",
    "rds-data:selectdata",
];

/// How the verbs of pure reading begin.
const READING_VERBS: &[&str] = &["get", "list", "describe", "read", "select", "batchget", "head"];

/// Managed policies whose names say enough. Only upwards: no name makes an identity harmless.
const KNOWN_POLICIES: &[(&str, PrivilegeLevel)] = &[
    ("AdministratorAccess", PrivilegeLevel::Admin),
    ("IAMFullAccess", PrivilegeLevel::Escalates),
    ("PowerUserAccess", PrivilegeLevel::Wide),
];

/// What one grant amounts to.
pub(super) struct Power {
    pub(super) level: PrivilegeLevel,
    /// It may pass any role to a service.
    pub(super) passes_role: bool,
    /// It may start something that runs with a passed role.
    pub(super) launches: bool,
}

impl Power {
    /// A level, and nothing that helps another grant.
    pub(super) fn of(level: PrivilegeLevel) -> Self {
        Self { level, passes_role: false, launches: false }
    }
}

pub(super) fn power_of(grant: &Grant) -> Power {
    if let Some(level) = super::platforms::level(grant) {
        let (passes_role, launches) = super::platforms::acts_and_launches(grant);
        return Power { level, passes_role, launches };
    }
    if let Some(level) = known_policy(grant) {
        return Power { level, passes_role: false, launches: true };
    }
    if grant.actions.is_empty() {
        return Power { level: PrivilegeLevel::Unknown, passes_role: false, launches: false };
    }
    let actions: Vec<String> = grant.actions.iter().map(|action| action.trim().to_lowercase()).collect();
    let may = |names: &[&str]| names.iter().any(|name| actions.iter().any(|action| matches(action, name)));
    let everything = is_everything(&grant.target);
    let itself = grant.target.contains("${aws:username}");
    let all = actions.iter().any(|action| is_all(action));
    let level = if all && everything || actions.iter().any(|action| is_admin_word(action)) {
        PrivilegeLevel::Admin
    } else if may(WRITES_PERMISSIONS) && reaches_iam(&grant.target)
        || may(TAKES_OVER) && !itself && reaches_iam(&grant.target)
    {
        PrivilegeLevel::Escalates
    } else if all
        || everything && !actions.iter().all(|action| is_reading(action))
        || everything && may(READS_DATA)
    {
        PrivilegeLevel::Wide
    } else if actions.iter().all(|action| is_reading(action)) {
        PrivilegeLevel::Read
    } else {
        PrivilegeLevel::Scoped
    };
    Power { level, passes_role: everything && may(&["iam:passrole"]), launches: may(LAUNCHES) }
}

fn known_policy(grant: &Grant) -> Option<PrivilegeLevel> {
    let is_part_of_a_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    let mut names =
        [&grant.scope, &grant.target].into_iter().flat_map(|text| text.split(|c| !is_part_of_a_name(c)));
    // AWS's own policies live in an account called `aws`; a customer's policy may have any name.
    if !(grant.scope.contains("::aws:policy/") || grant.target.contains("::aws:policy/")) {
        return None;
    }
    names.find_map(|name| KNOWN_POLICIES.iter().find(|(known, _)| *known == name).map(|(_, level)| *level))
}

/// Every action, or every one but some: a negation leaves the rest open.
fn is_all(action: &str) -> bool {
    action.starts_with('!')
        || matches!(action, "*" | "*:*" | "all" | "all privileges")
        || !action.is_empty() && action.chars().all(|c| c == '*')
}

/// Words by which databases and platforms name their administrators.
fn is_admin_word(action: &str) -> bool {
    matches!(action, "superuser" | "admin" | "administrator" | "owner" | "cluster-admin")
}

fn is_reading(action: &str) -> bool {
    let verb = action.rsplit(':').next().unwrap_or(action);
    READING_VERBS.iter().any(|reading| verb.starts_with(reading))
}

/// Whether a target is everything that there is.
fn is_everything(target: &str) -> bool {
    let target = target.trim();
    match target.strip_prefix("arn:") {
        None if target.starts_with('!') => true,
        None => {
            !target.is_empty()
                && target.chars().all(|c| matches!(c, '*' | '.' | ':' | '/'))
                && target.contains('*')
        }
        Some(rest) => {
            // The partition may be named; everything after it must be open.
            let mut parts = rest.split(':').skip(1).peekable();
            rest == "*" || parts.peek().is_some() && parts.all(|part| part.chars().all(|c| c == '*'))
        }
    }
}

/// Whether a target names one thing: no wildcard except as the last part, below something named.
/// `arn:aws:s3:::site/*` is one bucket; `arn:aws:s3:::*` is not one thing.
pub(crate) fn names_one_thing(target: &str) -> bool {
    let target = target.trim();
    let Some(wild) = target.find(['*', '?']) else { return !target.is_empty() };
    &target[wild..] == "*" && target[..wild].ends_with('/') && target[..wild].len() > 1
}

/// Whether a target can include a principal or a policy.
fn reaches_iam(target: &str) -> bool {
    match target.trim().strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)) {
        Some(service) => matches(service, "iam"),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_and_one_thing_are_told_apart() {
        for everything in ["*", "arn:aws:*", "arn:aws:*:*:*:*", "arn:*", "*.*"] {
            assert!(is_everything(everything), "{everything}");
        }
        assert!(is_everything("!arn:aws:s3:::x"), "everything but one thing");
        for part in ["arn:aws:s3:::*", "orders", "", "arn:aws", "arn:aws:iam::*:user/x"] {
            assert!(!is_everything(part), "{part}");
        }
        assert!(names_one_thing("arn:aws:s3:::site/*") && names_one_thing("orders"));
        assert!(!names_one_thing("arn:aws:s3:::*") && !names_one_thing("*") && !names_one_thing("/*"));
    }
}
