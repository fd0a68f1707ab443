//! Condition keys: what is known of their values in a request that nobody makes.

use std::borrow::Cow;

use tenure_model::{AwsEffect, AwsPrincipal, AwsPrincipalKind};

use super::condition::{Answer, Request, account};
use super::glob;

/// Digits of an account's number.
const ACCOUNT_DIGITS: usize = 12;
/// Keys that a request does not have when a principal makes it itself.
const ABSENT: [&str; 10] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:chatbotsourcearn",
];
/// Tags of what is acted on: before the slash.
pub(super) const RESOURCE_TAGS: [&str; 2] = ["aws:resourcetag", "iam:resourcetag"];
/// Services that a role is passed to under another name than the one in the ARNs of what then runs with it.
const RUNS_AS: [(&str, &str); 3] =
    [("ecs-tasks", "ecs"), ("tasks.apprunner", "apprunner"), ("build.apprunner", "apprunner")];
/// Services under whose own name what runs with a passed role stands in ARNs.
const RUNS: [&str; 7] =
    ["ec2", "lambda", "glue", "codebuild", "cloudformation", "sagemaker", "bedrock-agentcore"];
/// Keys that only sessions have.
const ABSENT_FOR_USERS: [&str; 5] = [
    "aws:tokenissuetime",
    "aws:federatedprovider",
    "aws:sourceidentity",
    "aws:ec2instancesourcevpc",
    "aws:ec2instancesourceprivateipv4",
];
/// Keys whose value is whatever the caller asks for.
const CHOSEN: [&str; 19] = [
    "aws:requestedregion",
    "aws:useragent",
    "aws:referer",
    "sts:rolesessionname",
    "ec2:region",
    "ec2:instancetype",
    "ec2:instancemarkettype",
    "ec2:tenancy",
    "ec2:ebsoptimized",
    "ec2:encrypted",
    "ec2:volumesize",
    "ec2:volumetype",
    "ec2:owner",
    "ec2:public",
    "ec2:metadatahttptokens",
    "ec2:metadatahttpendpoint",
    "ec2:metadatahttpputresponsehoplimit",
    "sagemaker:instancetypes",
    "sagemaker:rootaccess",
];
/// Actions whose requests tell the boundary of whom they act on, or the one that they set.
const SEES_BOUNDARY: [&str; 14] = [
    "iam:createuser",
    "iam:createrole",
    "iam:attachuserpolicy",
    "iam:attachrolepolicy",
    "iam:detachuserpolicy",
    "iam:detachrolepolicy",
    "iam:putuserpolicy",
    "iam:putrolepolicy",
    "iam:deleteuserpolicy",
    "iam:deleterolepolicy",
    "iam:putuserpermissionsboundary",
    "iam:putrolepermissionsboundary",
    "iam:deleteuserpermissionsboundary",
    "iam:deleterolepermissionsboundary",
];

/// What is known of a key's value in a request.
pub(super) enum Known<'a> {
    Text(Cow<'a, str>),
    Absent,
    Unknown,
    /// Whatever the caller likes.
    Chosen,
    /// This today; something else once the caller has changed the tag, which it may do this far.
    Tag(Option<&'a str>, Answer),
    /// This, followed by a text that whoever makes the session chooses.
    Beginning(String),
    /// Some text of this shape, if the request has any.
    Like(String),
    /// Some address of the internet: requests from inside a network come without one.
    PublicAddress,
    /// This without a second factor; something else with one.
    FirstFactor(Option<&'static str>),
}

/// A look at one request.
struct Look<'a> {
    request: &'a Request<'a>,
}

/// What is known of a key's value in a request.
pub(super) fn known<'a>(key: &'a str, request: &'a Request<'a>) -> Known<'a> {
    Look { request }.known(key)
}

impl<'a> Look<'a> {
    fn known(&self, key: &'a str) -> Known<'a> {
        let lower = key.to_ascii_lowercase();
        let caller = self.request.caller;
        let is_user = caller.kind == AwsPrincipalKind::User;
        let text = |text: &'a str| Known::Text(Cow::Borrowed(text));
        let now = || self.request.clock.now();
        match lower.as_str() {
            "aws:principalarn" => text(&caller.arn),
            "aws:principalaccount" => text(account(&caller.arn)),
            "aws:principaltype" => text(if is_user { "User" } else { "AssumedRole" }),
            "aws:username" if is_user => text(&caller.name),
            "aws:username" => Known::Absent,
            "aws:userid" if caller.unique_id.is_empty() => Known::Unknown,
            "aws:userid" if is_user => text(&caller.unique_id),
            "aws:userid" => Known::Beginning(format!("{}:", caller.unique_id)),
            "aws:currenttime" => Known::Text(now().to_string().into()),
            "aws:epochtime" => Known::Text(now().as_second().to_string().into()),
            // A session that is made now is issued now; a user's keys are no session.
            "aws:tokenissuetime" if !is_user => Known::Text(now().to_string().into()),
            "aws:securetransport" => text("true"),
            "aws:viaawsservice" | "aws:principalisawsservice" => text("false"),
            "aws:multifactorauthpresent" if is_never_a_person(caller) => text("false"),
            "aws:multifactorauthage" if is_never_a_person(caller) => Known::Absent,
            "aws:multifactorauthpresent" => Known::FirstFactor((!is_user).then_some("false")),
            "aws:sourceip" => Known::PublicAddress,
            "aws:multifactorauthage" => Known::FirstFactor(None),
            "aws:resourceaccount" if account(self.request.resource).len() == ACCOUNT_DIGITS => {
                text(account(self.request.resource))
            }
            key if ABSENT.contains(&key) => Known::Absent,
            key if is_user && ABSENT_FOR_USERS.contains(&key) => Known::Absent,
            key if never_had(key, caller) => Known::Absent,
            // Whoever becomes a role says on whose behalf, where the role's trust lets it.
            "sts:sourceidentity" if self.target_trusts("sts:setsourceidentity") == Some(false) => {
                Known::Absent
            }
            key if key.starts_with("iam:") && !key.contains('/') => self.of_iam(key),
            // A question about everything is not answered by what is allowed in one place.
            key if CHOSEN.contains(&key) && self.request.action.is_empty() => Known::Unknown,
            "aws:requestedregion" if self.request.is_iam() => text(region_of_iam(&caller.arn)),
            key if CHOSEN.contains(&key) => Known::Chosen,
            "aws:tagkeys" if self.knows_no_tags() => Known::Absent,
            _ => self.tagged(key, &lower),
        }
    }

    /// A key that requests of IAM carry, some of them.
    fn of_iam(&self, key: &str) -> Known<'a> {
        let Request { action, given, .. } = self.request;
        let text = |text: &'a str| Known::Text(Cow::Borrowed(text));
        let starts = |names: &[&str]| names.iter().any(|name| action.starts_with(name));
        match key {
            _ if action.is_empty() => Known::Unknown,
            "iam:passedtoservice" => given.passed_to.map_or(Known::Absent, text),
            "iam:policyarn" if starts(&["iam:attach", "iam:detach"]) => {
                given.policy.map_or(Known::Unknown, text)
            }
            "iam:policyarn" => Known::Absent,
            "iam:permissionsboundary" if !SEES_BOUNDARY.contains(action) => Known::Absent,
            "iam:permissionsboundary" => match (given.boundary, given.target) {
                (Some(set), _) => set.map_or(Known::Absent, text),
                (None, Some(target)) => target.boundary.as_deref().map_or(Known::Absent, text),
                (None, None) => Known::Unknown,
            },
            "iam:awsservicename" => Known::Absent,
            "iam:associatedresourcearn" if *action != "iam:passrole" => Known::Absent,
            "iam:associatedresourcearn" => given.passed_to.map_or(Known::Unknown, runs_with),
            _ => Known::Unknown,
        }
    }

    /// Whether the trust of the role that is acted on lets anybody do an action; `None` where no trust is known.
    fn target_trusts(&self, action: &str) -> Option<bool> {
        let target = self.request.given.target.filter(|target| target.trust.is_some());
        target.map(|target| trusts(target, action))
    }

    /// Whether the action cannot carry tags: of IAM's, few can.
    fn knows_no_tags(&self) -> bool {
        let action = self.request.action;
        let may = ["iam:createuser", "iam:createrole", "iam:createpolicy", "iam:tag", "iam:untag"];
        self.request.is_iam() && !may.iter().any(|name| action.starts_with(name))
    }

    fn tagged(&self, key: &'a str, lower: &str) -> Known<'a> {
        let Some((kind, _)) = lower.split_once('/') else { return Known::Unknown };
        let name = &key[kind.len() + 1..];
        let Request { caller, action, given, tags_itself, tags_target, .. } = self.request;
        match kind {
            "aws:principaltag" => match tag(caller, name) {
                // Whoever assumes the role may bring tags, where its trust lets them.
                None if may_bring_tags(caller) => Known::Unknown,
                value => Known::Tag(value, *tags_itself),
            },
            kind if RESOURCE_TAGS.contains(&kind) => match given.target {
                Some(target) => Known::Tag(tag(target, name), *tags_target),
                None if self.request.is_iam() && action.contains("group") => Known::Absent,
                None => Known::Unknown,
            },
            "aws:requesttag" if self.knows_no_tags() => Known::Absent,
            _ => Known::Unknown,
        }
    }
}

impl Request<'_> {
    /// Whether the action is one of IAM, which lives in one region.
    fn is_iam(&self) -> bool {
        self.action.starts_with("iam:")
    }
}

/// Where a partition's IAM lives.
fn region_of_iam(arn: &str) -> &'static str {
    match arn.split(':').nth(1) {
        Some("aws-cn") => "cn-north-1",
        Some("aws-us-gov") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// The value of a tag; names of tags do not mind their case in conditions.
pub(super) fn tag<'p>(principal: &'p AwsPrincipal, name: &str) -> Option<&'p str> {
    principal.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Whether sessions of a role may carry tags that the role itself does not have.
pub(super) fn may_bring_tags(principal: &AwsPrincipal) -> bool {
    trusts(principal, "sts:tagsession")
}

/// Whether a role's trust lets anybody do an action, by its name in lower case.
fn trusts(principal: &AwsPrincipal, action: &str) -> bool {
    principal.trust.iter().flat_map(|trust| &trust.statements).any(|statement| {
        statement.effect == AwsEffect::Allow
            && statement.actions.iter().any(|one| glob::matches(&one.to_ascii_lowercase(), action))
    })
}

/// Whether no session of the principal ever has a key, by its name in lower case: what an identity provider vouches for
/// is only in sessions that one made.
pub(super) fn never_had(key: &str, principal: &AwsPrincipal) -> bool {
    let Some((issuer, _)) = key.split_once(':') else { return false };
    let is_vouched_for = issuer == "saml" || issuer.contains('.');
    is_vouched_for
        && match &principal.trust {
            None => principal.kind == AwsPrincipalKind::User,
            Some(trust) => {
                !trust.is_broken && trust.statements.iter().all(|one| one.principals.federated.is_empty())
            }
        }
}

/// Whether only services and identity providers of other companies may become a role: nobody who could show AWS a
/// second factor.
fn is_never_a_person(principal: &AwsPrincipal) -> bool {
    let Some(trust) = principal.trust.as_ref().filter(|trust| !trust.is_broken) else { return false };
    let mut allows = trust.statements.iter().filter(|one| one.effect == AwsEffect::Allow);
    allows.all(|one| one.principals.aws.is_empty() && !one.is_not_principal)
}

/// What is known of the resource that a service runs with a role that it was passed.
fn runs_with<'a>(service: &str) -> Known<'a> {
    let name = service.split(".amazonaws.com").next().unwrap_or_default();
    let other = RUNS_AS.iter().find(|(passed_to, _)| *passed_to == name).map(|(_, runs)| *runs);
    match other.or_else(|| RUNS.into_iter().find(|runs| *runs == name)) {
        Some(name) => Known::Like(format!("arn:*:{name}:*:*:*")),
        None => Known::Unknown,
    }
}
