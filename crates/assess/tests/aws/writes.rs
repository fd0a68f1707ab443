//! Ways that make their own target: power that is written to a group, a role or a user, or to one that is new.

use tenure_model::{AwsAccount, AwsLogin, AwsPrincipal, PathState};

use super::account::{Judged, arn, group, judged, managed, role, user};

fn told(one: AwsPrincipal, rest: AwsAccount) -> Judged {
    let it = one.arn.clone();
    let mut account = rest;
    account.principals.push(one);
    judged(&[account], &it)
}

fn surroundings() -> AwsAccount {
    AwsAccount {
        principals: vec![
            role("weak", "lambda.amazonaws.com", ""),
            role("machine", "ec2.amazonaws.com", ""),
            user("plain", ""),
        ],
        groups: vec![group("crew", "")],
        ..AwsAccount::default()
    }
}

#[test]
fn power_is_written_to_whoever_the_path_leads_to() {
    for (statements, id) in [
        ("allow iam:PutGroupPolicy,iam:AddUserToGroup on *", "iam-013"),
        ("allow iam:AttachGroupPolicy,iam:AddUserToGroup on arn:aws:iam::111122223333:group/crew", "iam-013"),
        ("allow iam:AttachUserPolicy,iam:CreateLoginProfile on user/plain", "iam-004"),
        ("allow iam:PutUserPolicy,iam:UpdateLoginProfile on user/plain", "iam-006"),
        (
            "allow iam:PutRolePolicy,iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *",
            "lambda-001",
        ),
        ("allow iam:AttachRolePolicy,iam:PassRole on role/weak; allow lambda:*Function on *", "lambda-001"),
        ("allow iam:AttachRolePolicy on role/weak; allow lambda:UpdateFunctionCode on *", "lambda-003"),
        ("allow iam:PutRolePolicy,iam:PassRole,ec2:RunInstances on *", "ec2-001"),
        ("allow iam:CreateRole,iam:AttachRolePolicy on *", "tenure-007"),
        ("allow iam:CreateRole,iam:PutRolePolicy on role/ci-*", "tenure-006"),
        ("allow iam:CreateUser,iam:PutUserPolicy,iam:CreateAccessKey on *", "tenure-008"),
        ("allow iam:CreateUser,iam:AttachUserPolicy,iam:CreateAccessKey on user/bots/*", "tenure-009"),
        ("allow iam:CreateUser,iam:AttachUserPolicy,iam:CreateLoginProfile on *", "tenure-011"),
    ] {
        let judged = told(user("it", statements), surroundings());
        let state = judged.state(id);
        let expected = if id == "lambda-003" { PathState::Conditional } else { PathState::Open };
        assert_eq!(state, Some(expected), "{statements}: {judged:#?}");
        assert!(judged.escalates(), "{statements}");
    }
}

#[test]
fn what_does_not_meet_on_one_target_leads_nowhere() {
    for statements in [
        "allow iam:PutGroupPolicy on arn:aws:iam::111122223333:group/crew; allow iam:AddUserToGroup on arn:aws:iam::111122223333:group/other",
        "allow iam:AddUserToGroup on *",
        "allow iam:AttachUserPolicy on user/plain; allow iam:CreateLoginProfile on user/other",
        "allow iam:AttachRolePolicy on role/machine; allow iam:PassRole,lambda:* on *; deny iam:PassRole on role/machine",
        "allow iam:PassRole,lambda:CreateFunction,lambda:InvokeFunction on *",
        "allow iam:CreateRole on role/a-*; allow iam:AttachRolePolicy on role/b-*",
        "allow iam:CreateRole,iam:AttachRolePolicy on *; deny sts:AssumeRole on *",
        "allow iam:CreateRole on *",
        "allow * on arn:aws:iam::999999999999:*",
        // A new role cannot have the name of one that is there.
        "allow iam:CreateRole,iam:PutRolePolicy on *; deny iam:* on but role/weak",
        "allow iam:CreateRole,iam:AttachRolePolicy on * if StringEquals iam:PermissionsBoundary=arn:aws:iam::111122223333:policy/fence",
        "allow iam:AttachRolePolicy on * if ArnEquals iam:PolicyARN=arn:aws:iam::aws:policy/ReadOnlyAccess; allow iam:CreateRole on *",
        "allow iam:CreateUser,iam:CreateAccessKey on *",
        "allow iam:CreateUser,iam:PutUserPolicy on user/new-*; allow iam:CreateAccessKey on user/old-*",
        "allow iam:PassRole,iam:PutRolePolicy on *; allow ec2:RunInstances on arn:aws:ec2:*:*:instance/*",
        "allow iam:PassRole,iam:PutRolePolicy on *; allow ec2:RunInstances on *; deny ec2:RunInstances on arn:aws:ec2:*:*:subnet/*",
    ] {
        let mut rest = surroundings();
        rest.policies.push(managed("fence", "allow s3:* on *"));
        let judged = told(user("it", statements), rest);
        assert!(!judged.escalates(), "{statements}: {judged:#?}");
    }
}

#[test]
fn a_role_that_is_no_user_puts_others_into_groups() {
    let mut rest = surroundings();
    rest.groups.push(group("admins", "allow * on *"));
    let by_service = |statements| role("it", "ec2.amazonaws.com", statements);
    for (statements, id) in [
        ("allow iam:AddUserToGroup,iam:CreateAccessKey on *", "tenure-014"),
        ("allow iam:AddUserToGroup,iam:CreateUser,iam:CreateAccessKey on *", "tenure-012"),
        ("allow iam:AddUserToGroup,iam:CreateUser,iam:CreateLoginProfile on *", "tenure-013"),
    ] {
        let judged = told(by_service(statements), rest.clone());
        assert_eq!(judged.state(id), Some(PathState::Open), "{statements}: {judged:#?}");
    }
    assert!(!told(by_service("allow iam:AddUserToGroup on *"), rest).escalates());
}

#[test]
fn a_machine_needs_a_profile_or_somebody_who_may_make_one() {
    let power =
        AwsPrincipal { has_instance_profile: false, ..role("power", "ec2.amazonaws.com", "allow * on *") };
    let rest = || AwsAccount { principals: vec![power.clone()], ..AwsAccount::default() };
    let run = "allow iam:PassRole,ec2:RunInstances on *";
    assert!(!told(user("it", run), rest()).escalates());
    let with = format!("{run}; allow iam:AddRoleToInstanceProfile on *");
    assert!(told(user("it", &with), rest()).escalates());
}

#[test]
fn a_user_has_room_for_two_keys_and_one_password() {
    let state = |statement: &str, id: &str, keys: u8, has_password: bool| {
        let login = AwsLogin { arn: arn("user/boss"), keys: Some(keys), has_password: Some(has_password) };
        let rest = AwsAccount {
            principals: vec![user("boss", "allow * on *")],
            logins: vec![login],
            ..AwsAccount::default()
        };
        told(user("it", statement), rest).state(id)
    };
    let open = Some(PathState::Open);
    let latent = Some(PathState::Latent);
    let keys = "allow iam:CreateAccessKey,iam:DeleteAccessKey on *";
    assert_eq!(state("allow iam:CreateAccessKey on *", "iam-002", 1, false), open);
    assert_eq!(state("allow iam:CreateAccessKey on *", "iam-002", 2, false), latent);
    assert_eq!(state(keys, "iam-003", 2, false), open);
    assert_eq!(state("allow iam:CreateLoginProfile on *", "iam-004", 0, false), open);
    assert_eq!(state("allow iam:CreateLoginProfile on *", "iam-004", 0, true), latent);
    assert_eq!(state("allow iam:UpdateLoginProfile on *", "iam-006", 0, true), open);
    assert_eq!(state("allow iam:UpdateLoginProfile on *", "iam-006", 0, false), latent);
}

#[test]
fn a_whole_service_is_never_less_than_one_action_of_it() {
    for (one, whole) in [
        ("lambda:UpdateFunctionCode", "lambda:*"),
        ("ssm:StartSession", "ssm:*"),
        ("codebuild:StartBuild", "codebuild:*"),
        ("glue:UpdateDevEndpoint", "glue:*"),
    ] {
        let services = "lambda.amazonaws.com,ec2.amazonaws.com,codebuild.amazonaws.com,glue.amazonaws.com";
        let of = |action: &str| {
            let rest = AwsAccount {
                principals: vec![role("power", services, "allow * on *")],
                ..AwsAccount::default()
            };
            told(user("it", &format!("allow {action} on *")), rest).level
        };
        assert_eq!(of(one), of(whole), "{whole}");
    }
}
