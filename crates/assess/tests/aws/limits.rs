//! What is unknown, what an organisation limits, and what a judgement says.

use tenure_model::{AwsAccount, AwsOrganization, AwsPrincipal, AwsServiceControl, PrivilegeLevel, Verdict};

use super::account::{ACCOUNT, arn, document, judged, managed, role, user};

fn account(principals: Vec<AwsPrincipal>) -> AwsAccount {
    AwsAccount { root: "r".into(), path: "iam.json".into(), principals, ..AwsAccount::default() }
}

#[test]
fn a_policy_that_nobody_knows_makes_nobody_narrow() {
    let with = |statements: &str, attached: &str| {
        let one = AwsPrincipal { attached: vec![attached.to_owned()], ..user("it", statements) };
        judged(&[account(vec![one])], &arn("user/it"))
    };
    let missing = "arn:aws:iam::111122223333:policy/missing";
    let unknown = with("allow s3:GetObject on arn:aws:s3:::b/k", missing);
    assert_eq!((unknown.level, unknown.admin), (PrivilegeLevel::Unknown, Verdict::Unknown));
    assert!(unknown.because[0].contains("policy/missing"), "{unknown:?}");
    assert_eq!(
        with("allow s3:GetObject on *", missing).level,
        PrivilegeLevel::Wide,
        "what is known is worse"
    );
    assert_eq!(with("allow * on *", missing).admin, Verdict::Yes);
    assert_eq!(with("", "arn:aws:iam::aws:policy/NoSuchPolicyOfAws").level, PrivilegeLevel::Unknown);
    let mut lost = user("it", "");
    lost.groups = vec!["gone".to_owned()];
    assert_eq!(judged(&[account(vec![lost])], &arn("user/it")).level, PrivilegeLevel::Unknown);
    let mut fenced = user("it", "allow * on *");
    fenced.boundary = Some(missing.to_owned());
    assert_eq!(judged(&[account(vec![fenced])], &arn("user/it")).admin, Verdict::Conditional);
}

#[test]
fn wildcards_are_wide_only_where_they_touch_data_credentials_or_permissions() {
    for (statements, level) in [
        ("allow s3:* on *", PrivilegeLevel::Wide),
        ("allow s3:GetObject on arn:aws:s3:::*", PrivilegeLevel::Wide),
        ("allow secretsmanager:GetSecretValue on *", PrivilegeLevel::Wide),
        ("allow sts:AssumeRole on *", PrivilegeLevel::Wide),
        ("allow s3:GetObject on arn:aws:s3:::site/*", PrivilegeLevel::Read),
        ("allow s3:PutObject on arn:aws:s3:::site/*", PrivilegeLevel::Scoped),
        ("allow ec2:Describe* on *", PrivilegeLevel::Read),
        ("allow logs:PutLogEvents,cloudwatch:PutMetricData on *", PrivilegeLevel::Scoped),
        ("allow s3:GetObject on *; deny s3:* on *", PrivilegeLevel::Read),
        ("allow s3:* on *; deny s3:*Object,s3:PutBucketPolicy on *", PrivilegeLevel::Scoped),
    ] {
        let judged = judged(&[account(vec![user("it", statements)])], &arn("user/it"));
        assert_eq!(judged.level, level, "{statements}: {judged:?}");
    }
}

#[test]
fn an_organisation_limits_its_accounts_but_not_its_own() {
    let control = |statements: &str, is_for_all: bool| AwsServiceControl {
        name: "guard".into(),
        management_account: "999999999999".into(),
        document: document(statements),
        id: "p-guard123".into(),
        targets: is_for_all.then(|| vec!["r-root".to_owned()]),
    };
    let admin = |control: AwsServiceControl| {
        let file =
            AwsAccount { path: "scp.json".into(), service_controls: vec![control], ..AwsAccount::default() };
        judged(&[account(vec![user("it", "allow * on *")]), file], &arn("user/it")).admin
    };
    assert_eq!(admin(control("deny iam:* on *", true)), Verdict::No);
    assert_eq!(
        admin(control("deny iam:* on *", false)),
        Verdict::Conditional,
        "nothing says that it applies"
    );
    assert_eq!(admin(control("allow * on *", true)), Verdict::Yes);
    assert_eq!(admin(control("allow s3:* on *", true)), Verdict::No);
    let named = |accounts: &[&str]| {
        let targets = Some(accounts.iter().map(|one| (*one).to_owned()).collect());
        AwsServiceControl { targets, ..control("deny iam:* on *", false) }
    };
    assert_eq!(admin(named(&[ACCOUNT])), Verdict::No);
    assert_eq!(admin(named(&["444455556666"])), Verdict::Yes);
    let own = AwsServiceControl { management_account: ACCOUNT.into(), ..control("deny iam:* on *", true) };
    assert_eq!(admin(own), Verdict::Yes, "no such policy limits the management account");
}

#[test]
fn a_judgement_names_the_statements_the_target_and_what_is_missing() {
    let power = role("power", "lambda.amazonaws.com", "allow * on *");
    let it = user(
        "it",
        "allow iam:PassRole on role/power; allow lambda:UpdateFunctionCode,lambda:C*,lambda:I* on *",
    );
    let told = judged(&[account(vec![power.clone(), it])], &arn("user/it"));
    let text: Vec<String> = told
        .paths
        .iter()
        .map(|path| format!("{} {:?} {:?}: {}", path.id, path.state, path.target, path.because.join("; ")))
        .collect();
    insta::assert_snapshot!(format!("{}\n\n{}", told.because.join("\n"), text.join("\n")));
    let admin = judged(&[account(vec![power])], &arn("role/power"));
    assert_eq!(admin.because, ["inline policy p0 allows * on *"]);
    assert!(admin.paths.is_empty(), "an administrator needs no way up");
}

#[test]
fn two_exports_of_an_account_complete_each_other() {
    let mut one = user("it", "");
    one.attached = vec![arn("policy/shared")];
    let second = AwsAccount {
        path: "more.json".into(),
        policies: vec![managed("shared", "allow * on *")],
        ..AwsAccount::default()
    };
    assert_eq!(judged(&[account(vec![one]), second], &arn("user/it")).admin, Verdict::Yes);
}

#[test]
fn a_policy_of_the_organisation_reaches_whoever_lies_below_where_it_hangs() {
    let edge = |child: &str, parent: &str| (child.to_owned(), parent.to_owned());
    let told = |statements: &str, attached: &[(&str, &str)], complete: &[&str]| {
        let organization = AwsOrganization {
            parents: vec![edge(ACCOUNT, "ou-prod"), edge("ou-prod", "r-root"), edge("ou-dev", "r-root")],
            attached: attached.iter().map(|(policy, place)| edge(policy, place)).collect(),
            complete: complete.iter().map(|one| (*one).to_owned()).collect(),
        };
        let control = AwsServiceControl {
            name: "guard".into(),
            id: "p-guard".into(),
            management_account: "999999999999".into(),
            document: document(statements),
            targets: None,
        };
        let files = [
            account(vec![user("it", "allow * on *")]),
            AwsAccount { path: "tree.json".into(), organization, ..AwsAccount::default() },
            AwsAccount { path: "scp.json".into(), service_controls: vec![control], ..AwsAccount::default() },
        ];
        judged(&files, &arn("user/it")).admin
    };
    let deny = "deny iam:* on *";
    assert_eq!(told(deny, &[("p-guard", "ou-prod")], &[]), Verdict::No);
    assert_eq!(told(deny, &[("p-guard", "r-root")], &[]), Verdict::No);
    assert_eq!(told(deny, &[("p-guard", ACCOUNT)], &[]), Verdict::No);
    assert_eq!(told(deny, &[("p-guard", "ou-dev")], &["p-guard"]), Verdict::Yes);
    assert_eq!(told(deny, &[("p-guard", "ou-dev")], &[]), Verdict::Conditional, "it may hang elsewhere, too");
    assert_eq!(told(deny, &[], &[ACCOUNT, "ou-prod", "r-root"]), Verdict::Yes, "every level is told");
    // Each level must allow; AWS's own policy beside it allows everything on its level.
    let some = "allow s3:* on *";
    assert_eq!(told(some, &[("p-guard", "ou-prod"), ("p-FullAWSAccess", "r-root")], &[]), Verdict::No);
    assert_eq!(told(some, &[("p-guard", "ou-prod"), ("p-FullAWSAccess", "ou-prod")], &[]), Verdict::Yes);
}
