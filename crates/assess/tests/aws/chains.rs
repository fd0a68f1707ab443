//! Chains of roles, within an account and across accounts.

use tenure_model::{AwsAccount, AwsPrincipal, PathState, PrivilegeLevel};

use super::account::{Judged, arn, judged, managed, role, user};

fn account(principals: Vec<AwsPrincipal>) -> AwsAccount {
    AwsAccount { root: "r".into(), path: "iam.json".into(), principals, ..AwsAccount::default() }
}

fn chain(length: usize) -> Judged {
    let next = |at: usize| format!("allow sts:AssumeRole on role/r{}", at + 1);
    let mut principals = vec![user("it", &next(0))];
    for at in 1..=length {
        let before = if at == 1 { "user/it".to_owned() } else { format!("role/r{}", at - 1) };
        let statements = if at == length { "allow * on *".to_owned() } else { next(at) };
        principals.push(role(&format!("r{at}"), &before, &statements));
    }
    judged(&[account(principals)], &arn("user/it"))
}

#[test]
fn a_chain_of_roles_is_followed_and_told_step_by_step() {
    for length in 1..=4 {
        let judged = chain(length);
        assert_eq!(judged.state("sts-001"), Some(PathState::Open), "{length}: {judged:?}");
        let path = judged.paths.iter().find(|path| path.id == "sts-001").expect("it is there");
        assert_eq!(path.target.as_deref(), Some(arn("role/r1").as_str()));
        let told = path.because.last().expect("a reason");
        assert!(told.contains(&format!("role/r{length} is an administrator")), "{told}");
    }
    assert_eq!(chain(7).state("sts-001"), Some(PathState::Latent), "longer than anybody would follow");
}

#[test]
fn a_door_needs_both_sides_or_a_name() {
    let power = |whom: &str| role("power", whom, "allow * on *");
    let assume = "allow sts:AssumeRole on *";
    for (whom, statements, escalates) in [
        ("root", assume, true),
        ("root", "", false),
        ("user/it", assume, true),
        ("user/it", "", true),
        ("*", "", true),
        ("user/it", "deny sts:AssumeRole on *", false),
        ("user/other", assume, false),
        ("ec2.amazonaws.com", assume, false),
        ("root", "allow sts:AssumeRole on role/other", false),
        ("root", "allow sts:AssumeRole on role/pow*", true),
        ("root if StringEquals aws:PrincipalTag/team=shop", assume, false),
        ("root if ArnLike aws:PrincipalArn=arn:aws:iam::*:user/it", assume, true),
        ("root if StringEquals sts:ExternalId=x", assume, true),
    ] {
        let judged = judged(&[account(vec![user("it", statements), power(whom)])], &arn("user/it"));
        assert_eq!(judged.escalates(), escalates, "{whom} / {statements}: {judged:?}");
    }
}

#[test]
fn roles_of_other_accounts_are_reached_where_both_accounts_say_so() {
    let mut far = role("power", "user/it", "allow * on *");
    far.arn = "arn:aws:iam::444455556666:role/power".to_owned();
    for (statements, escalates) in [
        ("allow sts:AssumeRole on arn:aws:iam::444455556666:role/power", true),
        ("allow sts:AssumeRole on role/power", false),
        ("", false),
    ] {
        let near = account(vec![user("it", statements)]);
        let other = AwsAccount { path: "other.json".into(), ..account(vec![far.clone()]) };
        let judged = judged(&[near, other], &arn("user/it"));
        assert_eq!(judged.escalates(), escalates, "{statements}: {judged:?}");
    }
}

#[test]
fn principals_that_only_reach_each_other_reach_nothing() {
    let a = role("a", "role/b", "allow sts:AssumeRole on role/b");
    let b = role("b", "role/a", "allow sts:AssumeRole on role/a");
    let judged = judged(&[account(vec![a, b])], &arn("role/a"));
    assert_eq!(judged.level, PrivilegeLevel::Scoped, "{judged:?}");
    assert_eq!(judged.state("sts-001"), Some(PathState::Latent));
}

#[test]
fn a_role_is_reached_and_then_given_power() {
    let plain = |whom: &str| role("plain", whom, "");
    for (whom, statements, id) in [
        ("root", "allow iam:PutRolePolicy,sts:AssumeRole on *", "iam-017"),
        ("root", "allow iam:AttachRolePolicy,sts:AssumeRole on *", "iam-014"),
        ("user/it", "allow iam:PutRolePolicy on role/plain", "iam-005"),
        ("ec2.amazonaws.com", "allow iam:PutRolePolicy,iam:UpdateAssumeRolePolicy on *", "iam-021"),
    ] {
        let judged = judged(&[account(vec![user("it", statements), plain(whom)])], &arn("user/it"));
        assert_eq!(judged.state(id), Some(PathState::Open), "{whom} {statements}: {judged:?}");
    }
    let apart = "allow iam:PutRolePolicy on role/plain; allow sts:AssumeRole on role/other";
    let judged = judged(
        &[account(vec![user("it", apart), plain("root"), role("other", "root", "")])],
        &arn("user/it"),
    );
    assert!(!judged.escalates(), "{judged:?}");
}

#[test]
fn who_writes_the_policy_of_a_role_that_trusts_him_by_name_has_the_role_with_all_that_he_writes() {
    let found = |whom: &str, statements: &str| {
        let policy = managed("deploy", "allow s3:GetObject on *");
        let worker = AwsPrincipal { attached: vec![policy.arn.clone()], ..role("worker", whom, "") };
        let it = user("it", statements);
        judged(&[AwsAccount { policies: vec![policy], ..account(vec![it, worker]) }], &arn("user/it"))
    };
    let write = "allow iam:CreatePolicyVersion on policy/deploy";
    let judged = found("user/it", write);
    assert_eq!(judged.state("iam-001"), Some(PathState::Open), "{judged:#?}");
    let told = judged.paths.iter().flat_map(|path| &path.because);
    assert!(
        told.into_iter().any(|why| why.contains("a role whose trust names the principal")),
        "{judged:#?}"
    );
    assert!(!found("user/other", write).escalates(), "the role lets in somebody else");
    let denied = format!("{write}; deny sts:AssumeRole on role/worker");
    assert!(!found("user/it", &denied).escalates(), "a denial holds even where a trust names somebody");
}
