//! What must hold whatever policies say.

use proptest::prelude::*;
use tenure_model::{AwsAccount, PathState, PrivilegeLevel, Verdict};

use super::account::{Judged, arn, judged, managed, role, user};

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::No => 0,
        Verdict::Unknown => 1,
        Verdict::Conditional => 2,
        Verdict::Yes => 3,
    }
}

fn height(level: PrivilegeLevel) -> u8 {
    match level {
        PrivilegeLevel::Unknown | PrivilegeLevel::Read => 0,
        PrivilegeLevel::Scoped => 1,
        PrivilegeLevel::Wide => 2,
        PrivilegeLevel::Escalates => 3,
        PrivilegeLevel::Admin => 4,
    }
}

fn judge(statements: &[String], boundary: Option<&str>) -> Judged {
    let mut it = user("it", &statements.join(" // "));
    let mut account = AwsAccount { root: "r".into(), path: "iam.json".into(), ..AwsAccount::default() };
    if let Some(boundary) = boundary {
        account.policies.push(managed("fence", boundary));
        it.boundary = Some(arn("policy/fence"));
    }
    account.principals =
        vec![role("power", "root,lambda.amazonaws.com", "allow * on *"), user("boss", "allow * on *"), it];
    judged(&[account], &arn("user/it"))
}

fn strength(judged: &Judged, id: &str) -> u8 {
    match judged.state(id) {
        _ if judged.admin == Verdict::Yes => 3,
        Some(PathState::Open) => 3,
        Some(PathState::Conditional) => 2,
        Some(PathState::Latent) => 1,
        None => 0,
    }
}

fn any_statement(effect: &'static str) -> impl Strategy<Value = String> {
    let actions = prop_oneof![
        Just("*"),
        Just("iam:*"),
        Just("iam:Put*"),
        Just("iam:PassRole,lambda:*"),
        Just("sts:AssumeRole"),
        Just("s3:*"),
        Just("but iam:*"),
        Just("but s3:*"),
        Just("iam:CreateAccessKey"),
        Just("i?m:*"),
        Just("lambda:UpdateFunctionCode"),
    ];
    let resources = prop_oneof![
        Just("*"),
        Just("role/power"),
        Just("role/*"),
        Just("user/${aws:username}"),
        Just("user/boss"),
        Just("but role/power"),
        Just("arn:aws:s3:::*"),
        Just("arn:aws:lambda:*:*:*"),
    ];
    let conditions = prop_oneof![
        4 => Just(""),
        1 => Just(" if Bool aws:MultiFactorAuthPresent=true"),
        1 => Just(" if IpAddress aws:SourceIp=203.0.113.0/24"),
        1 => Just(" if StringEquals aws:PrincipalTag/x=y"),
    ];
    (actions, resources, conditions).prop_map(move |(a, r, c)| format!("{effect} {a} on {r}{c}"))
}

fn any_statements() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(prop_oneof![3 => any_statement("allow"), 1 => any_statement("deny")], 0..5)
}

/// Ids of paths; what a principal takes off itself is there only once it was put on.
fn ids(one: &Judged, other: &Judged) -> Vec<String> {
    let takes_off = |id: &str| matches!(id, "tenure-003" | "tenure-004" | "tenure-005");
    let paths = one.paths.iter().chain(&other.paths);
    paths.map(|path| path.id.clone()).filter(|id| !takes_off(id)).collect()
}

proptest! {
    #[test]
    fn a_denial_or_a_boundary_never_gives(statements in any_statements(), denial in any_statement("deny"), fence in any_statement("allow")) {
        let before = judge(&statements, None);
        let mut more = statements.clone();
        more.push(denial);
        for after in [judge(&more, None), judge(&statements, Some(&fence))] {
            prop_assert!(rank(after.admin) <= rank(before.admin));
            for id in ids(&before, &after) {
                prop_assert!(strength(&after, &id) <= strength(&before, &id), "{}: {:?} then {:?}", id, before, after);
            }
        }
    }

    #[test]
    fn an_allowance_never_takes(statements in any_statements(), more in any_statement("allow")) {
        let before = judge(&statements, None);
        let mut all = statements.clone();
        all.push(more);
        let after = judge(&all, None);
        prop_assert!(rank(after.admin) >= rank(before.admin));
        prop_assert!(height(after.level) >= height(before.level), "{:?} then {:?}", before, after);
        for id in ids(&before, &after) {
            prop_assert!(strength(&after, &id) >= strength(&before, &id), "{}: {:?} then {:?}", id, before, after);
        }
    }

    #[test]
    fn the_order_and_the_cut_of_policies_change_nothing(statements in any_statements()) {
        let apart = judge(&statements, None);
        let joined = judge(&[statements.join(";")], None);
        let mut turned = statements.clone();
        turned.reverse();
        let turned = judge(&turned, None);
        // A denial in a policy of its own can be taken off without what is allowed beside it.
        let cut_alike = !statements.iter().any(|statement| statement.starts_with("deny"));
        for other in cut_alike.then_some(joined).into_iter().chain([turned]) {
            prop_assert_eq!((apart.level, apart.admin), (other.level, other.admin));
            for id in ids(&apart, &other) {
                prop_assert_eq!(apart.state(&id), other.state(&id));
            }
        }
    }
}
