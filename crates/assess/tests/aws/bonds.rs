//! What holds a principal back and it can take off itself: its boundary, denials in its own policies, conditions on tags.

use tenure_model::{AwsAccount, AwsGroup, AwsPrincipal, PathState, PrivilegeLevel, Verdict};

use super::account::{Judged, arn, document, group, inline, judged, managed, role, user};

const LESS: &str = "allow s3:*,iam:Get*,iam:List* on *";

fn bounded(one: AwsPrincipal, fence: &str) -> Judged {
    let one = AwsPrincipal { boundary: Some(arn("policy/fence")), ..one };
    let it = one.arn.clone();
    let account = AwsAccount {
        principals: vec![one],
        policies: vec![managed("fence", fence)],
        ..AwsAccount::default()
    };
    judged(&[account], &it)
}

#[test]
fn a_boundary_that_lets_itself_be_lifted_holds_nobody() {
    for (fence, escalates) in [
        ("allow s3:*,iam:DeleteUserPermissionsBoundary on *", true),
        ("allow s3:*,iam:DeleteUserPermissionsBoundary on user/it", true),
        ("allow s3:*,iam:DeleteUserPermissionsBoundary on user/${aws:username}", true),
        ("allow s3:*,iam:PutUserPermissionsBoundary on *", true),
        ("allow s3:*,iam:CreatePolicyVersion on *", true),
        ("allow s3:*,iam:CreatePolicyVersion on policy/fence", true),
        ("allow s3:*,iam:CreatePolicyVersion on policy/other", false),
        ("allow s3:*,iam:DeleteUserPermissionsBoundary on user/other", false),
        ("allow s3:*,iam:DeleteRolePermissionsBoundary on *", false),
        (
            "allow s3:*; allow iam:PutUserPermissionsBoundary on * if StringEquals iam:PermissionsBoundary=arn:aws:iam::111122223333:policy/fence",
            false,
        ),
        (
            "allow iam:DeleteUserPermissionsBoundary on *; deny iam:DeleteUserPermissionsBoundary on user/it",
            false,
        ),
        (LESS, false),
    ] {
        let fence = fence.replace("s3:*;", "s3:* on *;");
        let told = bounded(user("it", "allow * on *"), &fence);
        assert_eq!(told.escalates(), escalates, "{fence}: {told:#?}");
        assert_eq!(told.state("tenure-003").is_some(), escalates, "{fence}: {told:#?}");
        assert_eq!(told.admin, Verdict::No, "{fence}");
    }
    let guest = bounded(
        user("it", "allow iam:DeleteUserPermissionsBoundary,s3:* on *"),
        "allow iam:Delete*,s3:* on *",
    );
    assert!(!guest.escalates(), "nothing waits behind the boundary: {guest:#?}");
    let it = role("it", "ec2.amazonaws.com", "allow * on *");
    assert!(bounded(it.clone(), "allow iam:DeleteRolePermissionsBoundary on role/it").escalates());
    assert!(!bounded(it, "allow iam:DeleteUserPermissionsBoundary on *").escalates());
}

#[test]
fn a_denial_that_its_subject_may_remove_or_rewrite_is_a_condition() {
    let all = "allow * on * // ";
    for (statements, level, admin) in [
        ("deny s3:* on *", PrivilegeLevel::Escalates, Verdict::Conditional),
        ("deny but iam:DeleteUserPolicy on *", PrivilegeLevel::Escalates, Verdict::Conditional),
        ("deny but iam:PutUserPolicy on user/*", PrivilegeLevel::Escalates, Verdict::Conditional),
        ("deny but s3:* on *", PrivilegeLevel::Wide, Verdict::No),
        ("deny iam:* on *", PrivilegeLevel::Wide, Verdict::No),
        (
            "deny but iam:DeleteUserPolicy on *; deny iam:*UserPolicy on user/it",
            PrivilegeLevel::Scoped,
            Verdict::No,
        ),
    ] {
        let one = user("it", &format!("{all}{statements}"));
        let told = judged(&[AwsAccount { principals: vec![one], ..AwsAccount::default() }], &arn("user/it"));
        assert_eq!((told.level, told.admin), (level, admin), "{statements}: {told:#?}");
    }
    let one = user("it", "allow * on * // deny but iam:DeleteUserPolicy on *");
    let told = judged(&[AwsAccount { principals: vec![one], ..AwsAccount::default() }], &arn("user/it"));
    assert_eq!(told.state("tenure-004"), Some(PathState::Open));
    assert!(told.because.iter().any(|line| line.contains("it can remove inline policy p1")), "{told:#?}");
}

#[test]
fn a_managed_denial_comes_off_by_detaching_or_by_a_new_version() {
    let told = |guard: &str, also: &str| {
        let one = AwsPrincipal {
            attached: vec![arn("policy/guard"), "arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
            ..user("it", also)
        };
        let policies = vec![managed("guard", guard)];
        judged(&[AwsAccount { principals: vec![one], policies, ..AwsAccount::default() }], &arn("user/it"))
    };
    assert!(told("deny but iam:DetachUserPolicy on *", "").escalates());
    assert!(told("deny but iam:CreatePolicyVersion on *", "").escalates());
    assert!(!told("deny but iam:DetachRolePolicy,s3:Get* on *", "").escalates());
    assert!(!told("deny but iam:DetachUserPolicy on *", "deny iam:Detach* on *").escalates());
    let of_group = |guard: &str| {
        let crew = AwsGroup { inline: inline(guard), ..group("crew", "") };
        let one = AwsPrincipal { groups: vec!["crew".to_owned()], ..user("it", "allow * on *") };
        judged(
            &[AwsAccount { principals: vec![one], groups: vec![crew], ..AwsAccount::default() }],
            &arn("user/it"),
        )
    };
    for (guard, escalates) in [
        ("deny but iam:DeleteGroupPolicy on *", true),
        ("deny but iam:RemoveUserFromGroup on *", true),
        ("deny but iam:PutGroupPolicy on *", true),
        ("deny but iam:DeleteUserPolicy on *", false),
    ] {
        assert_eq!(of_group(guard).escalates(), escalates, "{guard}");
    }
}

#[test]
fn whoever_may_tag_itself_meets_conditions_on_its_tags() {
    let told = |statements: &str| {
        let principals = vec![user("it", statements), user("boss", "allow * on *")];
        judged(&[AwsAccount { principals, ..AwsAccount::default() }], &arn("user/it"))
    };
    let asks = "allow * on * if StringEquals aws:PrincipalTag/team=ops";
    assert!(!told(asks).escalates());
    let open = told(&format!("{asks}; allow iam:TagUser on user/${{aws:username}}"));
    assert_eq!(
        (open.level, open.state("tenure-005")),
        (PrivilegeLevel::Escalates, Some(PathState::Open)),
        "{open:#?}"
    );
    assert!(!told(&format!("{asks}; allow iam:TagUser on user/other")).escalates());
    assert!(!told(&format!("{asks}; allow iam:TagRole on *")).escalates());
    let other = "allow iam:CreateAccessKey on * if StringEquals aws:ResourceTag/team=ops";
    assert!(!told(other).escalates());
    assert!(told(&format!("{other}; allow iam:TagUser on user/*")).escalates());
}

#[test]
fn a_full_policy_takes_no_version_before_one_goes() {
    let told = |statements: &str| {
        let mut own = managed("own", "allow s3:GetObject on arn:aws:s3:::b/k");
        own.other_versions = vec![document("allow s3:GetObject on arn:aws:s3:::b/k"); 4];
        let one = AwsPrincipal { attached: vec![arn("policy/own")], ..user("it", statements) };
        let policies = vec![own];
        judged(&[AwsAccount { principals: vec![one], policies, ..AwsAccount::default() }], &arn("user/it"))
    };
    assert_eq!(told("allow iam:CreatePolicyVersion on *").state("iam-001"), Some(PathState::Latent));
    assert!(told("allow iam:CreatePolicyVersion,iam:DeletePolicyVersion on *").escalates());
}

#[test]
fn what_holds_back_somebody_else_is_taken_off_by_whoever_may_and_reaches_it() {
    let fenced = |one: AwsPrincipal| AwsPrincipal { boundary: Some(arn("policy/fence")), ..one };
    let told = |statements: &str, other: AwsPrincipal| {
        let principals = vec![user("it", statements), other];
        let policies = vec![managed("fence", "allow s3:* on *"), managed("guard", "deny * on *")];
        judged(&[AwsAccount { principals, policies, ..AwsAccount::default() }], &arn("user/it"))
    };
    let bounded = || fenced(role("power", "root", "allow * on *"));
    let denied = || role("power", "root", "allow * on * // deny iam:* on *");
    let guarded =
        || AwsPrincipal { attached: vec![arn("policy/guard")], ..role("power", "root", "allow * on *") };
    let both = || AwsPrincipal { attached: vec![arn("policy/guard")], ..bounded() };
    let boss = || fenced(user("boss", "allow * on *"));
    let assume = "allow sts:AssumeRole on role/power";
    for (statements, other, escalates) in [
        (format!("{assume}; allow iam:DeleteRolePermissionsBoundary on role/power"), bounded(), true),
        (format!("{assume}; allow iam:PutRolePermissionsBoundary on role/*"), bounded(), true),
        (format!("{assume}; allow iam:CreatePolicyVersion on policy/fence"), bounded(), true),
        (format!("{assume}; allow iam:DeleteRolePermissionsBoundary on role/other"), bounded(), false),
        (format!("{assume}; allow iam:DeleteUserPermissionsBoundary on *"), bounded(), false),
        ("allow iam:DeleteRolePermissionsBoundary on *".to_owned(), bounded(), false),
        (assume.to_owned(), bounded(), false),
        (format!("{assume}; allow iam:DeleteRolePolicy on *"), denied(), true),
        (format!("{assume}; allow iam:DetachRolePolicy on *"), denied(), false),
        (format!("{assume}; allow iam:DetachRolePolicy on *"), guarded(), true),
        (
            format!(
                "{assume}; allow iam:DetachRolePolicy on * if ArnEquals iam:PolicyARN={}",
                arn("policy/x")
            ),
            guarded(),
            false,
        ),
        (format!("{assume}; allow iam:DetachRolePolicy on *"), both(), false),
        (
            format!("{assume}; allow iam:DetachRolePolicy,iam:DeleteRolePermissionsBoundary on *"),
            both(),
            true,
        ),
        ("allow iam:CreateAccessKey,iam:DeleteUserPermissionsBoundary on *".to_owned(), boss(), true),
        ("allow iam:CreateAccessKey on *".to_owned(), boss(), false),
    ] {
        let judged = told(&statements, other);
        assert_eq!(judged.escalates(), escalates, "{statements}: {judged:#?}");
    }
    let judged = told(&format!("{assume}; allow iam:DeleteRolePermissionsBoundary on *"), bounded());
    let path = judged.paths.iter().find(|path| path.id == "sts-001").expect("it is there");
    let words = "what holds back role/power can be taken off by iam:DeleteRolePermissionsBoundary, \
                 then role/power is an administrator";
    assert_eq!(path.because.last().map(String::as_str), Some(words));
}
