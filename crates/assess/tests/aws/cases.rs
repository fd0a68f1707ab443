//! Labelled principals, what escalates beside what only looks like it.
//!
//! Everybody lives in one account with an administrator role that every service may run with, a weak role that every
//! service may run with, an administrator user, a plain user, a group of administrators and a group of nobody special.

use tenure_model::{AwsAccount, AwsGroup, AwsPrincipal, PathState, PrivilegeLevel, Verdict};

use super::account::{Judged, arn, document, group, inline, judged, managed, role, user};

const SERVICES: &str = "ec2.amazonaws.com,lambda.amazonaws.com,glue.amazonaws.com,cloudformation.amazonaws.com,\
                        codebuild.amazonaws.com,ecs-tasks.amazonaws.com,sagemaker.amazonaws.com";

/// What is expected, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Label {
    /// No way up.
    Safe,
    /// Some way up; admin: no.
    Up,
    /// An administrator under a condition.
    Maybe,
    /// An administrator.
    Admin,
}
use Label::*;

/// How somebody differs from a user with inline policies.
#[derive(Default)]
struct Also {
    boundary: Option<&'static str>,
    attached: &'static [&'static str],
    groups: &'static [&'static str],
    tags: &'static [(&'static str, &'static str)],
    /// A role whom these may become.
    trust: Option<&'static str>,
    old_language: bool,
}

fn judge(statements: &str, also: &Also) -> Judged {
    let mut one = match also.trust {
        Some(whom) => role("it", whom, ""),
        None => user("it", ""),
    };
    one.inline = inline(statements);
    if also.old_language {
        one.inline.iter_mut().for_each(|policy| policy.document.has_variables = false);
    }
    one.attached = also.attached.iter().map(|name| full(name)).collect();
    one.groups = also.groups.iter().map(|name| (*name).to_owned()).collect();
    one.tags = also.tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut account = surroundings();
    if let Some(boundary) = also.boundary {
        account.policies.push(managed("fence", boundary));
        one.boundary = Some(full("policy/fence"));
    }
    let it = one.arn.clone();
    account.principals.push(one);
    judged(&[account], &it)
}

fn full(name: &str) -> String {
    if name.starts_with("arn:") { name.to_owned() } else { arn(name) }
}

fn surroundings() -> AwsAccount {
    let power = AwsPrincipal {
        attached: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
        ..role("power", SERVICES, "")
    };
    let boss = AwsPrincipal { groups: vec!["admins".to_owned()], ..user("boss", "") };
    let mut versions = managed("versions", "allow s3:ListAllMyBuckets on *");
    versions.other_versions.push(document("allow * on *"));
    let mut plain = managed("plain", "allow s3:ListAllMyBuckets on *");
    plain.other_versions.push(document("allow s3:* on *"));
    AwsAccount {
        root: "r".into(),
        path: "iam.json".into(),
        principals: vec![
            power,
            boss,
            role("weak", SERVICES, "allow s3:GetObject on arn:aws:s3:::b/k"),
            user("plain", ""),
        ],
        groups: vec![
            AwsGroup {
                attached: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
                ..group("admins", "")
            },
            group("crew", "allow s3:GetObject on arn:aws:s3:::b/k"),
        ],
        policies: vec![managed("mine", "allow s3:GetObject on arn:aws:s3:::b/k"), versions, plain],
        ..AwsAccount::default()
    }
}

fn check(cases: &[(&str, Label)], also: &Also) {
    for (statements, label) in cases {
        let judged = judge(statements, also);
        let found = match (judged.admin, judged.level) {
            (Verdict::Yes, PrivilegeLevel::Admin) => Admin,
            (Verdict::Conditional, PrivilegeLevel::Escalates) => Maybe,
            (Verdict::No, PrivilegeLevel::Escalates) => Up,
            (Verdict::No, PrivilegeLevel::Wide | PrivilegeLevel::Scoped | PrivilegeLevel::Read) => Safe,
            other => panic!("{statements}: {other:?} is no sensible pair"),
        };
        assert_eq!(found, *label, "{statements}: {judged:#?}");
        let leads = judged.paths.iter().any(|path| path.state == PathState::Open);
        assert!(found != Safe || !leads, "{statements}: {judged:#?}");
        assert!(!judged.because.is_empty(), "{statements}: a judgement has a reason");
    }
}

#[test]
fn everything_is_what_all_policies_give_together() {
    check(
        &[
            ("allow * on *", Admin),
            ("allow *:* on *", Admin),
            ("allow * on arn:aws:*", Admin),
            ("allow ** on *", Admin),
            ("allow but iam:* on * // allow iam:* on *", Admin),
            ("allow but iam:*,s3:* on *; allow s3:* on * // allow IAM:* on *", Admin),
            ("allow but none:* on *", Admin),
            ("allow * on but arn:aws:s3:::vault", Admin),
            ("allow * on but arn:aws:s3:::*", Up),
            ("allow * on but arn:aws:ec2:*:*:*", Up),
            ("allow * on but arn:aws:ec2:*:*:instance/*", Up),
            ("allow * on but arn:aws:iam::*:role/*", Up),
            (
                "allow a*,b*,c*,d*,e*,f*,g*,h*,i*,j*,k*,l*,m* on *; allow n*,o*,p*,q*,r*,s*,t*,u*,v*,w*,x*,y*,z* on *",
                Admin,
            ),
            // What may run with the administrator role is not seen, and is not what these grants are about.
            ("allow but iam:* on *", Safe),
            ("allow but iam:*,sts:*,organizations:* on *", Safe),
            ("allow but s3:* on *", Up),
            ("allow * on but arn:aws:iam::*:*", Safe),
            ("allow iam:* on *", Up),
            ("allow a*,b*,c*,d*,e*,f*,g*,h* on *", Safe),
            ("allow a*,b*,d*,f*,h* on *", Safe),
            ("allow s3:*,lambda:*,dynamodb:* on *", Up),
            ("allow s3:*,sqs:*,dynamodb:* on *", Safe),
            ("allow s3:Get*,s3:List* on *", Safe),
        ],
        &Also::default(),
    );
    let attached = |attached| Also { attached, ..Also::default() };
    check(&[("", Admin)], &attached(&["arn:aws:iam::aws:policy/AdministratorAccess"]));
    check(&[("", Up)], &attached(&["arn:aws:iam::aws:policy/IAMFullAccess"]));
    check(&[("", Safe)], &attached(&["arn:aws:iam::aws:policy/ReadOnlyAccess"]));
    check(
        &[("", Safe), ("allow iam:* on *", Admin)],
        &attached(&["arn:aws:iam::aws:policy/PowerUserAccess"]),
    );
    check(&[("", Admin)], &Also { groups: &["admins"], ..Also::default() });
    check(&[("deny * on *", Safe)], &Also { groups: &["admins"], ..Also::default() });
}

#[test]
fn denials_take_away_what_they_cover() {
    check(
        &[
            ("allow * on *; deny iam:* on *", Safe),
            ("allow * on * // deny IAM:* on *", Safe),
            ("allow * on *; deny iam:* on arn:aws:iam::111122223333:*", Safe),
            ("allow * on *; deny * on *", Safe),
            ("allow * on *; deny but s3:*,logs:* on *", Safe),
            ("allow * on *; deny but iam:*,s3:* on *", Maybe),
            ("allow * on *; deny s3:DeleteBucket,iam:*UserPolicy,iam:*GroupPolicy on *", Up),
            ("allow * on *; deny s3:DeleteBucket on *", Maybe),
            ("allow * on *; deny s3:* on arn:aws:s3:::audit/*", Admin),
            ("allow * on *; deny iam:DeleteRole on role/audit", Admin),
            ("allow * on *; deny none:Such on *", Admin),
            ("allow * on *; deny * on * if DateLessThan aws:CurrentTime=2020-01-01T00:00:00Z", Admin),
            ("allow * on *; deny * on * if NotIpAddress aws:SourceIp=203.0.113.0/24", Maybe),
            ("allow * on *; deny iam:* on * if Bool aws:MultiFactorAuthPresent=false", Admin),
            ("allow * on *; deny iam:* on * if BoolIfExists aws:MultiFactorAuthPresent=false", Maybe),
            ("allow * on *; deny * on * if StringNotEquals aws:PrincipalTag/team=shop", Safe),
            ("allow * on *; deny * on * if Bool aws:SecureTransport=false", Admin),
            ("allow iam:PutUserPolicy on *; deny iam:PutUserPolicy on user/it", Safe),
            ("allow iam:PutUserPolicy on *; deny iam:Put* on user/${aws:username}", Safe),
            ("allow iam:PutUserPolicy on *; deny iam:PutUserPolicy on user/plain", Up),
            (
                "allow iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *; deny iam:PassRole on role/power",
                Safe,
            ),
            (
                "allow iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *; deny iam:PassRole on role/weak",
                Up,
            ),
            (
                "allow iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *; deny lambda:CreateFunction on *",
                Safe,
            ),
            (
                "allow iam:PassRole,ec2:RunInstances on *; deny ec2:RunInstances on arn:aws:ec2:*:*:instance/*",
                Safe,
            ),
            ("allow iam:CreateAccessKey on *; deny iam:CreateAccessKey on but user/${aws:username}", Safe),
            (
                "allow iam:AttachUserPolicy on * if IpAddress aws:SourceIp=203.0.113.0/24; deny iam:* on * if IpAddress aws:SourceIp=203.0.113.0/24",
                Safe,
            ),
        ],
        &Also::default(),
    );
    check(
        &[("allow * on *; deny * on * if StringNotEquals aws:PrincipalTag/team=shop", Admin)],
        &Also { tags: &[("team", "shop")], ..Also::default() },
    );
}

#[test]
fn boundaries_cap_and_give_nothing() {
    let within = |boundary| Also { boundary: Some(boundary), ..Also::default() };
    check(&[("allow * on *", Admin), ("", Safe), ("allow s3:GetObject on *", Safe)], &within("allow * on *"));
    check(&[("allow * on *", Safe), ("allow iam:* on *", Safe), ("", Safe)], &within("allow s3:* on *"));
    check(&[("allow * on *", Safe)], &within("allow * on *; deny iam:* on *"));
    check(&[("allow iam:*,s3:* on *", Safe)], &within("allow * on *; deny iam:* on *"));
    check(&[("allow * on *", Maybe)], &within("allow * on * if IpAddress aws:SourceIp=203.0.113.0/24"));
    check(&[("allow iam:PutUserPolicy on *", Safe)], &within("allow iam:PutUserPolicy,s3:* on *"));
    check(&[("allow iam:PutUserPolicy on *", Up)], &within("allow iam:*,s3:* on *"));
    check(
        &[("allow iam:PutUserPolicy,iam:DeleteUserPermissionsBoundary on *", Up)],
        &within("allow iam:*User* on *"),
    );
    let fenced = "allow * on *; deny iam:*PermissionsBoundary,iam:*PolicyVersion on *";
    // What is left inside takes over somebody without a boundary.
    check(
        &[("allow iam:CreateAccessKey on *", Up), ("allow iam:PutUserPolicy on user/it", Up)],
        &within(fenced),
    );
}

#[test]
fn conditions_are_decided_where_they_can_be() {
    check(
        &[
            ("allow * on * if Bool aws:MultiFactorAuthPresent=true", Maybe),
            ("allow * on * if BoolIfExists aws:MultiFactorAuthPresent=true", Admin),
            ("allow * on * if IpAddress aws:SourceIp=192.0.2.0/24", Maybe),
            ("allow * on * if IpAddress aws:SourceIp=10.0.0.0/8", Maybe),
            ("allow * on * if IpAddress aws:SourceIp=0.0.0.0/0", Admin),
            ("allow * on * if StringEquals aws:SourceVpce=vpce-1", Maybe),
            ("allow * on * if DateLessThan aws:CurrentTime=2026-01-01T00:00:00Z", Safe),
            ("allow * on * if DateLessThan aws:CurrentTime=2027-01-01T00:00:00Z", Admin),
            ("allow * on * if DateGreaterThan aws:CurrentTime=2027-01-01T00:00:00Z", Safe),
            ("allow * on * if StringEquals aws:PrincipalTag/admin=yes", Safe),
            ("allow * on * if StringEquals aws:PrincipalAccount=111122223333", Admin),
            ("allow * on * if StringEquals aws:PrincipalAccount=999999999999", Safe),
            ("allow * on * if ArnEquals aws:PrincipalArn=arn:aws:iam::111122223333:user/it", Admin),
            ("allow * on * if ArnLike aws:PrincipalArn=arn:aws:iam::*:role/*", Safe),
            ("allow * on * if StringEquals aws:PrincipalArn=arn:aws:iam::*:user/*", Safe),
            ("allow * on * if StringEquals aws:username=somebody", Safe),
            ("allow * on * if StringEquals aws:SourceVpce=a and StringNotEquals aws:SourceVpce=a", Safe),
            ("allow * on * if Null aws:MultiFactorAuthPresent=true", Admin),
            (
                "allow iam:PassRole on * if StringEquals iam:PassedToService=lambda.amazonaws.com; allow ec2:RunInstances on *",
                Safe,
            ),
            (
                "allow iam:PassRole on * if StringEquals iam:PassedToService=ec2.amazonaws.com; allow ec2:RunInstances on *",
                Up,
            ),
            (
                "allow iam:PassRole on * if StringLike iam:PassedToService=*.amazonaws.com; allow ec2:RunInstances on *",
                Up,
            ),
            (
                "allow iam:AttachUserPolicy on * if ArnEquals iam:PolicyARN=arn:aws:iam::aws:policy/ReadOnlyAccess",
                Safe,
            ),
            (
                "allow iam:AttachUserPolicy on * if ArnEquals iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess",
                Up,
            ),
            (
                "allow iam:PutUserPolicy on * if StringEquals iam:PermissionsBoundary=arn:aws:iam::111122223333:policy/fence",
                Safe,
            ),
            ("allow iam:CreateAccessKey on * if StringEquals aws:ResourceTag/team=shop", Safe),
            ("allow sts:AssumeRole on * if StringEquals aws:RequestedRegion=eu-west-1", Safe),
        ],
        &Also::default(),
    );
    check(
        &[("allow * on * if StringEquals aws:PrincipalTag/admin=yes", Admin)],
        &Also { tags: &[("admin", "yes")], ..Also::default() },
    );
    let service = Also { trust: Some("ec2.amazonaws.com"), ..Also::default() };
    check(
        &[
            ("allow * on * if BoolIfExists aws:MultiFactorAuthPresent=true", Safe),
            ("allow iam:PutRolePolicy on * if Bool aws:MultiFactorAuthPresent=true", Safe),
            ("allow iam:PutRolePolicy on * if Bool aws:MultiFactorAuthPresent=false", Up),
        ],
        &service,
    );
}

#[test]
fn conditions_on_what_the_caller_chooses_or_never_has_are_decided() {
    check(
        &[
            // IAM lives in one region.
            ("allow * on * if StringEquals aws:RequestedRegion=eu-west-1", Safe),
            ("allow * on * if StringEquals aws:RequestedRegion=eu-west-1|us-east-1", Maybe),
            ("allow * on *; deny * on * if StringNotEquals aws:RequestedRegion=eu-west-1|us-east-1", Maybe),
            ("allow iam:PutUserPolicy on * if StringEquals aws:RequestedRegion=us-east-1", Up),
            ("allow iam:PutUserPolicy on * if StringEquals aws:RequestedRegion=eu-west-1", Safe),
            (
                "allow iam:PassRole on *; allow ec2:RunInstances on * if StringEquals aws:RequestedRegion=eu-west-1 and StringLike ec2:InstanceType=t3.*",
                Up,
            ),
            (
                "allow iam:AttachUserPolicy on * if ArnNotEquals iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess",
                Up,
            ),
            (
                "allow iam:AttachUserPolicy on * if ArnNotLike iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess|arn:aws:iam::aws:policy/IAMFullAccess",
                Safe,
            ),
            ("allow iam:* on * if Bool aws:ViaAWSService=true", Safe),
            ("allow iam:* on * if ForAnyValue:StringEquals aws:CalledVia=cloudformation.amazonaws.com", Safe),
            ("allow iam:PutUserPolicy on * if StringEquals aws:PrincipalOrgID=o-1", Up),
        ],
        &Also::default(),
    );
}

#[test]
fn a_user_goes_up_by_itself_only_where_the_permission_reaches_it() {
    check(
        &[
            ("allow iam:PutUserPolicy on *", Up),
            ("allow iam:PutUserPolicy on user/it", Up),
            ("allow iam:PutUserPolicy on user/${aws:username}", Up),
            ("allow iam:putuserpolicy on arn:aws:iam::*:user/i?", Up),
            ("allow iam:PutUserPolicy on user/plain", Safe),
            ("allow iam:PutUserPolicy on role/*", Safe),
            ("allow iam:PutUserPolicy on arn:aws:iam::999999999999:user/it", Safe),
            ("allow iam:AttachUserPolicy on user/it", Up),
            ("allow iam:AttachRolePolicy,iam:PutRolePolicy on *", Safe),
            ("allow iam:AttachGroupPolicy on *", Safe),
            ("allow iam:CreatePolicyVersion on *", Safe),
            ("allow iam:CreatePolicy on *", Safe),
            ("allow iam:AddUserToGroup on *", Up),
            ("allow iam:AddUserToGroup on arn:aws:iam::111122223333:group/crew", Safe),
            ("allow iam:CreateAccessKey on *", Up),
            ("allow iam:CreateAccessKey on user/boss", Up),
            ("allow iam:CreateAccessKey on user/${aws:username}", Safe),
            ("allow iam:CreateAccessKey on user/plain", Safe),
            ("allow iam:CreateAccessKey,iam:AttachUserPolicy on user/plain", Up),
            ("allow iam:CreateAccessKey on user/plain; allow iam:AttachUserPolicy on user/other", Safe),
            ("allow iam:CreateLoginProfile on *", Up),
            ("allow iam:UpdateLoginProfile on user/boss", Up),
            ("allow iam:UpdateLoginProfile on user/it", Safe),
            ("allow iam:DeleteAccessKey on *", Safe),
            ("allow iam:Get*,iam:List* on *", Safe),
        ],
        &Also::default(),
    );
    check(
        &[("allow iam:PutUserPolicy on user/${aws:username}", Safe)],
        &Also { old_language: true, ..Also::default() },
    );
    let crew = Also { groups: &["crew"], ..Also::default() };
    check(
        &[
            ("allow iam:AttachGroupPolicy on *", Up),
            ("allow iam:PutGroupPolicy on arn:aws:iam::111122223333:group/admins", Safe),
        ],
        &crew,
    );
    let owner = Also { attached: &["policy/mine"], ..Also::default() };
    check(
        &[
            ("allow iam:CreatePolicyVersion on *", Up),
            ("allow iam:CreatePolicyVersion on policy/mine", Up),
            ("allow iam:CreatePolicyVersion on policy/other", Safe),
            ("allow iam:SetDefaultPolicyVersion on policy/other", Safe),
        ],
        &owner,
    );
    check(
        &[("allow iam:CreatePolicyVersion on *", Safe)],
        &Also { attached: &["arn:aws:iam::aws:policy/ReadOnlyAccess"], ..Also::default() },
    );
}

#[test]
fn a_version_that_is_kept_opens_the_way_back_to_it() {
    let state = |attached| {
        judge("allow iam:SetDefaultPolicyVersion on *", &Also { attached, ..Also::default() })
            .state("tenure-001")
    };
    assert_eq!(state(&["policy/versions"]), Some(PathState::Open));
    assert_eq!(state(&["policy/mine"]), Some(PathState::Conditional), "no other version is kept today");
    assert_eq!(state(&["policy/plain"]), Some(PathState::Latent), "no version that is kept gives a step");
    assert_eq!(state(&[]), Some(PathState::Latent));
}

#[test]
fn roles_are_passed_only_to_a_service_that_their_trust_names() {
    check(
        &[
            ("allow iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *", Up),
            ("allow iam:PassRole on role/power; allow lambda:* on *", Up),
            ("allow iam:PassRole on role/weak; allow lambda:Create*,lambda:Invoke* on *", Safe),
            ("allow iam:PassRole on role/absent; allow lambda:Create*,lambda:Invoke* on *", Safe),
            ("allow iam:PassRole on *", Safe),
            ("allow lambda:CreateFunction,lambda:InvokeFunction on *", Safe),
            ("allow iam:PassRole on *; allow apprunner:CreateService on *", Safe),
            (
                "allow iam:PassRole on *; allow lambda:CreateFunction on arn:aws:lambda:eu-west-1:111122223333:function:a; allow lambda:InvokeFunction on arn:aws:lambda:eu-west-1:111122223333:function:b",
                Safe,
            ),
            (
                "allow iam:PassRole on *; allow lambda:CreateFunction,lambda:InvokeFunction on arn:aws:lambda:eu-west-1:111122223333:function:a",
                Up,
            ),
            ("allow iam:PassRole on *; allow glue:CreateDevEndpoint on *", Up),
            ("allow iam:PassRole on *; allow cloudformation:CreateStack on arn:aws:s3:::b", Safe),
            ("allow iam:PassRole,ec2:RunInstances on *", Up),
            ("allow lambda:UpdateFunctionCode on *", Up),
            ("allow lambda:UpdateFunctionCode on arn:aws:lambda:*:*:function:dev-*", Up),
            ("allow lambda:UpdateFunctionCode on arn:aws:lambda:*:999999999999:function:dev-*", Safe),
            ("allow lambda:UpdateFunctionConfiguration on *", Safe),
            ("allow ssm:StartSession on *", Up),
            ("allow ssm:SendCommand on arn:aws:ec2:*:*:instance/*", Safe),
            ("allow ssm:SendCommand on arn:aws:ec2:*:*:instance/*,arn:aws:ssm:*:*:document/*", Up),
            ("allow iam:PassRole on *; allow ec2:RunInstances on arn:aws:ec2:*:*:instance/*", Safe),
            ("allow iam:PassRole on *; allow ec2:RunInstances on arn:aws:ec2:*", Up),
            ("allow apprunner:UpdateService on *", Safe),
        ],
        &Also::default(),
    );
}

#[test]
fn roles_go_up_through_themselves_and_through_whoever_becomes_them() {
    let by = |trust| Also { trust: Some(trust), ..Also::default() };
    check(
        &[
            ("allow iam:PutRolePolicy on *", Up),
            ("allow iam:AttachRolePolicy on role/it", Up),
            ("allow iam:AttachRolePolicy on role/weak", Safe),
            ("allow iam:PutUserPolicy on *", Safe),
            ("allow iam:AddUserToGroup on *", Safe),
            ("allow iam:CreateAccessKey on *", Up),
            ("allow iam:UpdateAssumeRolePolicy on *", Up),
            ("allow iam:UpdateAssumeRolePolicy on role/weak", Safe),
            ("allow iam:UpdateAssumeRolePolicy,iam:PutRolePolicy on role/weak", Up),
            ("allow iam:UpdateAssumeRolePolicy on role/weak; allow iam:PutRolePolicy on role/other", Safe),
        ],
        &by("ec2.amazonaws.com"),
    );
    check(
        &[("allow iam:PutUserPolicy on *", Up), ("allow iam:PutUserPolicy on user/boss", Safe)],
        &by("user/plain"),
    );
    check(&[("allow iam:AddUserToGroup on *", Up)], &by("user/plain"));
    check(&[("allow iam:AddUserToGroup on *", Up)], &by("root"));
}

#[test]
fn a_policy_that_allows_everything_waits_for_whoever_may_attach_it() {
    for (name, expected) in [("loose", PrivilegeLevel::Escalates), ("narrow", PrivilegeLevel::Scoped)] {
        let mut account = surroundings();
        account.policies.push(managed("loose", "allow * on *"));
        account.policies.push(managed("narrow", "allow s3:GetObject on arn:aws:s3:::site/*"));
        let which = arn(&format!("policy/{name}"));
        let attach = format!("allow iam:AttachUserPolicy on user/it if ArnEquals iam:PolicyARN={which}");
        let mut one = user("it", "");
        one.inline = inline(&attach);
        let it = one.arn.clone();
        account.principals.push(one);
        assert_eq!(judged(&[account], &it).level, expected, "{name}");
    }
}
