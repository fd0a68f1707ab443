//! Accounts of a hostile or plainly enormous shape are weighed in bounded work.

use tenure_model::{AwsAccount, AwsPrincipal, PrivilegeLevel, Verdict};

use super::account::{arn, judged, role, user};

fn account(principals: Vec<AwsPrincipal>) -> AwsAccount {
    AwsAccount { root: "r".into(), path: "iam.json".into(), principals, ..AwsAccount::default() }
}

#[test]
fn a_principal_with_more_statements_than_anybody_writes_is_unknown_and_not_narrow() {
    let statements: Vec<String> =
        (0..3_000).map(|at| format!("allow s3:GetObject on arn:aws:s3:::b{at}/k")).collect();
    let judged = judged(&[account(vec![user("it", &statements.join(" // "))])], &arn("user/it"));
    assert_eq!((judged.level, judged.admin), (PrivilegeLevel::Unknown, Verdict::Unknown));
}

#[test]
fn many_principals_that_reach_each_other_end() {
    let mut principals: Vec<AwsPrincipal> = (0..400)
        .map(|at| role(&format!("r{at}"), "root", "allow sts:AssumeRole,iam:PassRole,lambda:* on *"))
        .collect();
    principals.push(user("it", "allow sts:AssumeRole on *"));
    let judged = judged(&[account(principals)], &arn("user/it"));
    assert_eq!(judged.level, PrivilegeLevel::Wide, "nobody among them has any power to give");
}

#[test]
fn patterns_made_to_be_slow_are_not() {
    let slow = format!("arn:aws:iam::{}:user/{}x", super::account::ACCOUNT, "*a".repeat(400));
    let statement = format!("allow iam:CreateAccessKey,iam:PutUserPolicy on {slow}");
    let judged = judged(
        &[account(vec![user(&"a".repeat(60), &statement), user("boss", "allow * on *")])],
        &arn(&format!("user/{}", "a".repeat(60))),
    );
    assert!(!judged.escalates());
}
