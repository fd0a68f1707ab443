//! Lessons of a labelled account: the same ways in other clothes, and what only looks like them.

use tenure_model::{AwsAccount, AwsPrincipal, PrivilegeLevel, Verdict};

use super::account::{arn, group, judged, managed, role, user};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn level(one: AwsPrincipal) -> (PrivilegeLevel, Verdict) {
    let services = "lambda.amazonaws.com,ec2.amazonaws.com,glue.amazonaws.com";
    let it = one.arn.clone();
    let account = AwsAccount {
        principals: vec![
            role("service/strong", services, "allow * on *"),
            role("service/weak", services, ""),
            user("chief", "allow * on *"),
            user("nobody", ""),
            one,
        ],
        groups: vec![group("admins", "allow * on *"), group("pass", "allow iam:PassRole on role/service/*")],
        policies: vec![
            managed("create", "allow lambda:createfunction on *"),
            managed("fence", "allow s3:* on *"),
        ],
        ..AwsAccount::default()
    };
    let told = judged(&[account], &it);
    (told.level, told.admin)
}

#[test]
fn policies_split_over_group_inline_and_managed_add_up() {
    let parts = |groups: &[&str], attached: &[&str], statements: &str| {
        let one = AwsPrincipal {
            groups: groups.iter().map(|name| (*name).to_owned()).collect(),
            attached: attached.iter().map(|name| arn(name)).collect(),
            ..user("it", statements)
        };
        level(one).0
    };
    let invoke = "allow LAMBDA:invokefunction on *";
    assert_eq!(parts(&["pass"], &["policy/create"], invoke), PrivilegeLevel::Escalates);
    for (groups, attached) in [(&["pass"][..], &[][..]), (&[], &["policy/create"])] {
        assert_ne!(parts(groups, attached, invoke), PrivilegeLevel::Escalates);
    }
    assert_eq!(parts(&["admins"], &[], ""), PrivilegeLevel::Admin);
}

#[test]
fn other_spellings_of_the_same_permission_count_alike() {
    for statements in [
        "allow iam:*AccessKey* on user/ch*",
        "allow iam:Attach?serPolicy on *",
        "allow but s3:* on role/service/strong; allow lambda:CreateFunction,lambda:InvokeFunction on *",
        "allow iam:Pass*,glue:*Job*,glue:CreateTrigger on but arn:aws:s3:::*",
        "allow iam:PutUser* on user/${aws:username}",
    ] {
        assert_eq!(level(user("it", statements)).0, PrivilegeLevel::Escalates, "{statements}");
    }
}

#[test]
fn what_only_looks_like_a_way_is_none() {
    for statements in [
        "allow iam:PassRole on role/service/weak; allow lambda:CreateFunction,lambda:InvokeFunction on *",
        "allow iam:PassRole on * if StringEquals iam:PassedToService=ecs-tasks.amazonaws.com; allow lambda:Create*,lambda:Invoke* on *",
        "allow iam:PassRole,glue:CreateJob,glue:StartJobRun on *; deny glue:StartJobRun on *",
        "allow iam:CreateRole,iam:*RolePolicy on * if StringEquals iam:PermissionsBoundary=arn:aws:iam::111122223333:policy/fence",
        "allow * on but arn:aws:iam::*:*,arn:aws:sts::*:*; deny sts:AssumeRole on *",
        "allow but iam:*,sts:*,lambda:*,glue:*,ec2:*,ec2-instance-connect:*,ssm:* on *",
        "allow iam:CreateAccessKey on * if StringEquals aws:ResourceTag/managed=yes",
        "allow iam:PutUserPolicy on * if StringEquals aws:RequestedRegion=eu-central-1",
        "allow iam:*AccessKey* on user/${aws:username}",
        "allow iam:PutUserPolicy,iam:CreateAccessKey on arn:aws:iam::999999999999:user/*",
    ] {
        let (level, admin) = level(user("it", statements));
        assert!(
            !matches!(level, PrivilegeLevel::Escalates | PrivilegeLevel::Admin),
            "{statements}: {level:?}"
        );
        assert_eq!(admin, Verdict::No, "{statements}");
    }
}

#[test]
fn an_administrator_is_held_only_by_what_it_cannot_take_off() {
    let with = |statements: &str, boundary: Option<&str>| {
        let one = AwsPrincipal {
            attached: vec![ADMINISTRATOR.to_owned()],
            boundary: boundary.map(str::to_owned),
            ..user("it", statements)
        };
        level(one)
    };
    assert_eq!(with("", Some(ADMINISTRATOR)), (PrivilegeLevel::Admin, Verdict::Yes));
    assert_eq!(with("", Some(&arn("policy/fence"))), (PrivilegeLevel::Wide, Verdict::No));
    assert_eq!(with("deny * on *", None), (PrivilegeLevel::Read, Verdict::No));
    assert_eq!(
        with("deny ec2:TerminateInstances on *", None),
        (PrivilegeLevel::Escalates, Verdict::Conditional)
    );
    assert_eq!(with("deny s3:* on arn:aws:s3:::audit/*", None), (PrivilegeLevel::Admin, Verdict::Yes));
}
