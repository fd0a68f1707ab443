//! Conditions that the export itself decides: sessions, tags of both sides, what runs with a passed role.

use tenure_model::{AwsAccount, AwsPrincipal, PathState};

use super::account::{Judged, arn, group, judged, managed, role, user};

fn told(one: AwsPrincipal, others: Vec<AwsPrincipal>) -> Judged {
    let it = one.arn.clone();
    let mut principals = others;
    principals.push(one);
    judged(&[AwsAccount { principals, ..AwsAccount::default() }], &it)
}

fn tagged(one: AwsPrincipal, team: &str) -> AwsPrincipal {
    AwsPrincipal { tags: vec![("team".to_owned(), team.to_owned())], ..one }
}

#[test]
fn a_session_that_is_named_after_its_user_is_open_to_users_only() {
    let power = |whom: &str| {
        role("power", &format!("{whom} if StringLike sts:RoleSessionName=${{aws:username}}"), "allow * on *")
    };
    let assume = "allow sts:AssumeRole on *";
    assert_eq!(told(user("it", assume), vec![power("root")]).state("sts-001"), Some(PathState::Open));
    let by_role = told(role("it", "ec2.amazonaws.com", assume), vec![power("role/it")]);
    assert!(!by_role.escalates(), "{by_role:#?}");
    let said = power("root if StringEquals sts:SourceIdentity=x and Null aws:username=false");
    assert!(!told(user("it", assume), vec![said]).escalates(), "the trust lets nobody set a source identity");
}

#[test]
fn nobody_has_what_only_an_identity_provider_vouches_for() {
    for key in [
        "token.actions.githubusercontent.com:sub",
        "accounts.google.com:aud",
        "cognito-identity.amazonaws.com:sub",
        "saml:aud",
        "aws:SourceIdentity",
    ] {
        for (one, what) in [
            (user("it", &format!("allow * on * if StringEquals {key}=x")), "a user"),
            (user("it", &format!("allow iam:PutUserPolicy on * if StringLike {key}=*")), "a user"),
        ] {
            let judged = told(one, Vec::new());
            assert!(!judged.escalates(), "{what} {key}: {judged:#?}");
        }
        assert!(
            told(user("it", &format!("allow * on * if StringNotEquals {key}=x")), Vec::new()).escalates()
        );
    }
    let vouched = "allow * on * if StringEquals accounts.google.com:sub=1";
    assert!(!told(role("it", "ec2.amazonaws.com", vouched), Vec::new()).escalates());
    let mut federated = role("it", "", vouched);
    let trust = federated.trust.as_mut().expect("a role has one");
    trust.statements[0].principals.federated.push("accounts.google.com".to_owned());
    assert!(told(federated, Vec::new()).escalates(), "a session may have it");
}

#[test]
fn tags_of_both_sides_are_compared() {
    let assume = "allow sts:AssumeRole on * if StringEquals aws:ResourceTag/team=${aws:PrincipalTag/team}";
    let turned = "allow sts:AssumeRole on * if StringEquals aws:PrincipalTag/team=${aws:ResourceTag/team}";
    for statement in [assume, turned] {
        for (theirs, escalates) in [("ops", true), ("shop", false)] {
            let power = tagged(role("power", "root", "allow * on *"), theirs);
            let judged = told(tagged(user("it", statement), "ops"), vec![power]);
            assert_eq!(judged.escalates(), escalates, "{statement} {theirs}: {judged:#?}");
        }
        let power = role("power", "root", "allow * on *");
        assert!(!told(tagged(user("it", statement), "ops"), vec![power]).escalates(), "{statement}");
    }
    let retag = format!("{turned}; allow iam:TagRole on *");
    let power = tagged(role("power", "root", "allow * on *"), "shop");
    assert!(told(tagged(user("it", &retag), "ops"), vec![power]).escalates(), "it may tag the role");
    for (which, escalates) in [("role/power", true), ("role/other", false)] {
        let tag = format!(
            "allow iam:TagRole on {which}; allow sts:AssumeRole on * if StringEquals aws:ResourceTag/open=yes"
        );
        let judged = told(user("it", &tag), vec![role("power", "root", "allow * on *")]);
        assert_eq!(judged.escalates(), escalates, "{which}: {judged:#?}");
    }
}

#[test]
fn a_role_is_passed_to_what_runs_with_it_and_nothing_else() {
    let pass = |service: &str| {
        format!(
            "allow iam:PassRole on * if ArnLike iam:AssociatedResourceArn=arn:aws:{service}:*:*:*; allow ec2:RunInstances on *"
        )
    };
    let power = || role("power", "ec2.amazonaws.com", "allow * on *");
    assert!(told(user("it", &pass("ec2")), vec![power()]).escalates());
    assert!(!told(user("it", &pass("lambda")), vec![power()]).escalates());
}

#[test]
fn a_service_has_another_name_in_another_partition() {
    let china = |one: AwsPrincipal| AwsPrincipal { arn: one.arn.replace("arn:aws:", "arn:aws-cn:"), ..one };
    let pass = |service: &str| {
        user(
            "it",
            &format!(
                "allow iam:PassRole on * if StringEquals iam:PassedToService={service}; allow ec2:RunInstances on *"
            ),
        )
    };
    let power = || AwsPrincipal {
        has_instance_profile: true,
        ..china(role("power", "ec2.amazonaws.com.cn", "allow * on *"))
    };
    for (one, escalates) in [
        (china(pass("ec2.amazonaws.com.cn")), true),
        (china(pass("ec2.amazonaws.com")), true),
        (china(pass("lambda.amazonaws.com")), false),
        (pass("ec2.amazonaws.com.cn"), false),
    ] {
        let judged = told(one, vec![power()]);
        assert_eq!(judged.escalates(), escalates, "{judged:#?}");
    }
}

#[test]
fn a_judgement_names_the_trust_and_the_statement_whatever_its_condition() {
    let judged = told(user("it", ""), vec![role("power", "user/it", "allow * on *")]);
    let path = judged.paths.iter().find(|path| path.id == "tenure-002").expect("it is there");
    assert_eq!(path.because[0], format!("the trust policy of role/power lets in {}", arn("user/it")));
    let full = "arn:aws:iam::aws:policy/IAMFullAccess";
    let attach = format!("allow iam:AttachUserPolicy on user/it if ArnEquals iam:PolicyARN={full}");
    let judged = told(user("it", &attach), Vec::new());
    assert_eq!(
        judged.paths[0].because[0],
        format!("iam:AttachUserPolicy on {} if ArnEquals iam:PolicyARN by inline policy p0", arn("user/it"))
    );
}

#[test]
fn what_is_taken_off_to_no_avail_is_not_told() {
    // Somebody's trust asks for tags, which makes tags worth having; this one gets nowhere by them.
    let asks = role("other", "root if StringEquals aws:PrincipalTag/x=y", "");
    let judged = told(user("it", "allow iam:*,ec2:Describe* on *"), vec![asks]);
    assert!(judged.escalates() && judged.state("tenure-005").is_none(), "{judged:#?}");
}

#[test]
fn two_denials_of_which_one_always_holds_leave_nothing() {
    let with = |one: &str, other: &str| {
        let statements =
            format!("allow iam:PutUserPolicy on *; deny iam:* on * if {one}; deny iam:* on * if {other}");
        told(user("it", &statements), Vec::new()).state("iam-007")
    };
    for (one, other) in [
        ("StringEquals aws:SourceVpce=v", "StringNotEquals aws:SourceVpce=v"),
        ("IpAddress aws:SourceIp=203.0.113.0/24", "NotIpAddress aws:SourceIp=203.0.113.0/24"),
        ("BoolIfExists aws:MultiFactorAuthPresent=false", "Bool aws:MultiFactorAuthPresent=true"),
    ] {
        assert_eq!(with(one, other), None, "{one}, {other}");
    }
    for (one, other) in [
        ("StringEquals aws:SourceVpce=v", "StringNotEquals aws:SourceVpce=w"),
        ("StringEquals aws:SourceVpce=v", "StringNotEquals aws:SourceVpc=v"),
        ("Bool aws:MultiFactorAuthPresent=false", "Bool aws:MultiFactorAuthPresent=true"),
    ] {
        assert!(with(one, other).is_some(), "{one}, {other}");
    }
    let role = role("it", "ec2.amazonaws.com", "allow * on * if StringEquals aws:username=it");
    assert!(!told(role, Vec::new()).escalates(), "a session of a role has no user's name");
}

#[test]
fn power_that_a_denial_takes_back_is_none() {
    let guard = |statements: &str| managed("guard", statements);
    let by_itself = |denial: &str| {
        let one = AwsPrincipal {
            attached: vec![arn("policy/guard")],
            ..user("it", "allow iam:PutUserPolicy,iam:AddUserToGroup,s3:* on *")
        };
        let (policies, groups) = (vec![guard(denial)], vec![group("admins", "allow * on *")]);
        let account = AwsAccount { principals: vec![one], policies, groups, ..AwsAccount::default() };
        judged(&[account], &arn("user/it"))
    };
    assert!(by_itself("deny s3:DeleteBucket on *").escalates());
    assert!(by_itself("deny iam:CreateUser,iam:DeleteUser on *").escalates());
    let held = by_itself("deny but s3:*,iam:PutUserPolicy,iam:AddUserToGroup on *");
    assert!(!held.escalates(), "{held:#?}");
}
