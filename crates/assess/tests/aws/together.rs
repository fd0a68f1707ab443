//! Ways of two steps: a policy that is filled and then attached, a group that gives what is missing, somebody who helps.

use tenure_model::{AwsAccount, AwsGroup, AwsPolicy, AwsPrincipal, PathState};

use super::account::{Judged, arn, document, group, judged, managed, role, user};

fn told(one: AwsPrincipal, rest: AwsAccount) -> Judged {
    let it = one.arn.clone();
    let mut account = rest;
    account.principals.push(one);
    judged(&[account], &it)
}

fn with(policies: Vec<AwsPolicy>, groups: Vec<AwsGroup>, principals: Vec<AwsPrincipal>) -> AwsAccount {
    AwsAccount { policies, groups, principals, ..AwsAccount::default() }
}

#[test]
fn a_policy_is_made_or_rewritten_and_then_attached() {
    let mut kept = managed("kept", "allow s3:ListAllMyBuckets on *");
    kept.other_versions.push(document("allow * on *"));
    let mut full = managed("full", "");
    full.other_versions = vec![document(""); 4];
    let policies = vec![managed("plain", "allow s3:ListAllMyBuckets on *"), kept, full];
    let attach = |name: &str| {
        format!(
            "allow iam:AttachUserPolicy on user/it if ArnLike iam:PolicyARN={}",
            arn(&format!("policy/{name}"))
        )
    };
    for (name, besides, escalates) in [
        ("team-*", "allow iam:CreatePolicy on policy/team-*", true),
        ("team-*", "allow iam:CreatePolicy on *", true),
        ("team-*", "allow iam:CreatePolicy on policy/t*-x", true),
        ("team-*", "allow iam:CreatePolicy on policy/other-*", false),
        ("team-*", "allow iam:CreatePolicy on *; deny iam:CreatePolicy on policy/team-*", false),
        ("team-*", "", false),
        ("plain", "allow iam:CreatePolicyVersion on policy/plain", true),
        ("plain", "allow iam:CreatePolicyVersion on policy/kept", false),
        ("full", "allow iam:CreatePolicyVersion on *", false),
        ("kept", "allow iam:SetDefaultPolicyVersion on policy/*", true),
        ("plain", "allow iam:SetDefaultPolicyVersion on policy/*", false),
        ("plain", "allow iam:SetDefaultPolicyVersion on *; deny iam:AttachUserPolicy on *", false),
    ] {
        let statements = format!("{}; {besides}", attach(name));
        let judged = told(user("it", &statements), with(policies.clone(), Vec::new(), Vec::new()));
        assert_eq!(judged.escalates(), escalates, "{statements}: {judged:#?}");
    }
    let judged = told(
        user("it", &format!("{}; allow iam:CreatePolicy on *", attach("team-*"))),
        AwsAccount::default(),
    );
    let words = "policy/team-* can be filled with any permission by iam:CreatePolicy";
    assert!(judged.paths[0].because.iter().any(|line| line == words), "{judged:#?}");
    let other = format!(
        "allow iam:CreatePolicy on *; allow iam:AttachUserPolicy on user/it if ArnNotLike iam:PolicyARN={}",
        "arn:aws:iam::aws:policy/*"
    );
    assert!(told(user("it", &other), AwsAccount::default()).escalates(), "its own policy is none of AWS's");
}

#[test]
fn a_group_gives_what_its_new_member_lacks() {
    let rest = |of_group: &str| {
        let power = role("power", "lambda.amazonaws.com", "allow * on *");
        with(Vec::new(), vec![group("run", of_group), group("shut", of_group)], vec![power])
    };
    let join = "allow iam:AddUserToGroup on arn:aws:iam::111122223333:group/run";
    let lambda = "allow lambda:CreateFunction,lambda:InvokeFunction on *";
    let pass = "allow iam:PassRole on role/power";
    let found = told(user("it", &format!("{join}; {pass}")), rest(lambda));
    assert_eq!(found.state("iam-013"), Some(PathState::Open), "{found:#?}");
    let told_why = &found.paths.iter().find(|path| path.id == "iam-013").expect("it is there").because;
    assert!(told_why[0].starts_with("it can join group run: iam:AddUserToGroup on"), "{told_why:?}");
    assert!(told_why[1].contains("goes on by lambda-001"), "{told_why:?}");
    assert!(told(user("it", &format!("{join}; {lambda}")), rest(pass)).escalates());
    for statements in [
        format!("{join}; allow iam:PassRole on role/weak"),
        format!("allow iam:AddUserToGroup on arn:aws:iam::111122223333:group/other; {pass}"),
        format!("{join}; {pass}; deny lambda:CreateFunction on *"),
        format!("{join}; {pass}; deny iam:AddUserToGroup on *"),
    ] {
        let judged = told(user("it", &statements), rest(lambda));
        assert!(!judged.escalates(), "{statements}: {judged:#?}");
    }
    let mut member = user("it", &format!("{join}; allow iam:AddUserToGroup on *"));
    member.groups = vec!["run".to_owned()];
    assert!(!told(member, rest(lambda)).escalates(), "it is in the group and lacks the rest");
}

#[test]
fn somebody_who_is_taken_over_gives_power_back() {
    let mate = |statements: &str| user("mate", statements);
    let takes = "allow iam:CreateAccessKey on user/mate";
    for (statements, helper, escalates) in [
        (takes, mate("allow iam:PutUserPolicy on user/it"), true),
        (takes, mate("allow iam:AttachUserPolicy on user/i*"), true),
        ("allow iam:UpdateLoginProfile on user/mate", mate("allow iam:PutUserPolicy on user/mate"), true),
        (takes, mate("allow iam:PutUserPolicy on user/other"), false),
        ("allow iam:CreateAccessKey on user/other", mate("allow iam:PutUserPolicy on user/it"), false),
        (takes, mate("allow iam:PutUserPolicy on *; deny iam:* on user/*"), false),
        (takes, mate("allow iam:PutRolePolicy on role/door"), true),
        (takes, mate("allow iam:PutRolePolicy on role/shut"), false),
        (
            "allow iam:CreateAccessKey on user/mate; allow sts:AssumeRole on role/wide",
            mate("allow iam:PutRolePolicy on role/wide"),
            true,
        ),
        (
            "allow iam:CreateAccessKey on user/mate; allow iam:PassRole on role/run; allow lambda:*Function on *",
            mate("allow iam:AttachRolePolicy on role/run"),
            true,
        ),
        (
            "allow iam:CreateAccessKey on user/mate; allow sts:AssumeRole on role/wide",
            mate("allow iam:PutRolePolicy on role/run"),
            false,
        ),
        (
            "allow sts:AssumeRole on role/helper",
            role("helper", "root", "allow iam:PutUserPolicy on user/it"),
            true,
        ),
        (
            "allow iam:PassRole on role/helper; allow lambda:CreateFunction,lambda:InvokeFunction on *",
            role("helper", "lambda.amazonaws.com", "allow iam:PutUserPolicy on user/it"),
            true,
        ),
        (
            "allow sts:AssumeRole on role/helper",
            role("helper", "root", "allow iam:PutUserPolicy on user/other"),
            false,
        ),
    ] {
        let others = vec![
            helper,
            role("door", "user/it", ""),
            role("shut", "user/other", ""),
            user("other", ""),
            role("wide", "root", ""),
            role("run", "lambda.amazonaws.com", ""),
        ];
        let judged = told(user("it", statements), with(Vec::new(), Vec::new(), others));
        assert_eq!(judged.escalates(), escalates, "{statements}: {judged:#?}");
    }
    let helper = mate("allow iam:PutUserPolicy on user/it");
    let judged = told(user("it", takes), with(Vec::new(), Vec::new(), vec![helper]));
    let path = judged.paths.iter().find(|path| path.id == "iam-002").expect("it is there");
    let last = path.because.last().map(String::as_str);
    assert_eq!(last, Some("user/mate can give the principal itself more power by iam:PutUserPolicy"));
}

#[test]
fn services_run_with_a_passed_role_what_the_caller_defines() {
    let rest = |service: &str| with(Vec::new(), Vec::new(), vec![role("power", service, "allow * on *")]);
    for (actions, service, id) in [
        ("states:CreateStateMachine,states:StartExecution", "states.amazonaws.com", "tenure-015"),
        ("scheduler:CreateSchedule", "scheduler.amazonaws.com", "tenure-016"),
        ("ssm:StartAutomationExecution", "ssm.amazonaws.com", "tenure-018"),
        ("batch:RegisterJobDefinition,batch:SubmitJob", "ecs-tasks.amazonaws.com", "tenure-019"),
    ] {
        let statements = format!("allow iam:PassRole,{actions} on *");
        assert!(
            told(user("it", &statements), rest(service))
                .state(id)
                .is_some_and(|state| state != PathState::Latent)
        );
        let judged = told(user("it", &statements), rest("s3.amazonaws.com"));
        assert_eq!(judged.state(id), Some(PathState::Latent), "{id}: {judged:#?}");
    }
}
