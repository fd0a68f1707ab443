//! For every escalation path of the shipped table: an account that has exactly what it needs shows it, one that lacks a
//! permission does not.

use serde::Deserialize;
use tenure_model::{AwsAccount, AwsPrincipal, PathState, PrivilegeLevel};

use super::account::{arn, group, judged, managed, role, user};

#[derive(Deserialize)]
struct Table {
    path: Vec<Path>,
}

#[derive(Deserialize)]
struct Path {
    id: String,
    needs: Vec<String>,
    aim: String,
    #[serde(default)]
    services: Vec<String>,
    unseen: Option<String>,
}

fn paths() -> Vec<Path> {
    let text = include_str!("../../../../rules/privilege/aws_escalation.toml");
    let all = toml::from_str::<Table>(text).expect("the table can be read").path;
    // What a principal takes off itself has no permissions of its own; `bonds` tries it.
    all.into_iter().filter(|path| !(path.aim.starts_with("own_") && path.needs.is_empty())).collect()
}

/// The principal with these permissions and what it should reach by the path.
fn world(path: &Path, needs: &[&str], resource: &str) -> (AwsAccount, String) {
    let statement =
        if needs.is_empty() { String::new() } else { format!("allow {} on {resource}", needs.join(",")) };
    let is_role = path.aim == "own_role";
    let mut one = if is_role { role("it", "root", &statement) } else { user("it", &statement) };
    let mut account = AwsAccount { root: "r".into(), path: "iam.json".into(), ..AwsAccount::default() };
    let own = arn("policy/own");
    match path.aim.as_str() {
        "own_policy" | "own_version" => {
            let mut policy = managed("own", "allow s3:ListAllMyBuckets on *");
            if path.aim == "own_version" {
                policy.other_versions = vec![super::account::document("allow * on *")];
            }
            account.policies.push(policy);
            one.attached.push(own);
        }
        "own_group" => {
            account.groups.push(group("crew", ""));
            one.groups.push("crew".into());
        }
        "other_member" => {
            account.groups.push(group("admins", "allow * on *"));
            account.principals.push(user("plain", ""));
        }
        "better_group" | "new_member" => account.groups.push(group("admins", "allow * on *")),
        "other_user" => account.principals.push(user("boss", "allow * on *")),
        "written_user" => account.principals.push(user("plain", "")),
        "assumed_role" => account.principals.push(role("power", "root", "allow * on *")),
        "trusting_role" => account.principals.push(role("power", "user/it", "allow * on *")),
        "written_role" | "opened_role" => account.principals.push(role("plain", "root", "")),
        "written_policy" | "opened_policy" => {
            account.policies.push(managed("own", "allow s3:ListAllMyBuckets on *"));
            let plain = AwsPrincipal { attached: vec![own], ..role("plain", "root", "") };
            account.principals.push(plain);
        }
        "trust_of_role" => account.principals.push(role("power", "s3.amazonaws.com", "allow * on *")),
        "passed_role" | "running_role" => {
            account.principals.push(role("power", &path.services[0], "allow * on *"));
        }
        _ => {}
    }
    let its_arn = one.arn.clone();
    account.principals.push(one);
    (account, its_arn)
}

#[test]
fn every_path_is_shown_where_everything_that_it_needs_is_there() {
    let paths = paths();
    assert_eq!(paths.len(), 85);
    for path in &paths {
        let needs: Vec<&str> = path.needs.iter().map(String::as_str).collect();
        let (account, it) = world(path, &needs, "*");
        let judged = judged(&[account], &it);
        let expected = if path.unseen.is_some() { PathState::Conditional } else { PathState::Open };
        assert_eq!(judged.state(&path.id), Some(expected), "{}: {judged:?}", path.id);
        assert_eq!(judged.level, PrivilegeLevel::Escalates, "{}", path.id);
    }
}

#[test]
fn no_path_is_shown_where_one_permission_is_missing() {
    for path in paths() {
        for missing in 0..path.needs.len() {
            let needs: Vec<&str> = path
                .needs
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != missing)
                .map(|(_, need)| need.as_str())
                .collect();
            let (account, it) = world(&path, &needs, "*");
            let judged = judged(&[account], &it);
            assert_eq!(judged.state(&path.id), None, "{} without {}", path.id, path.needs[missing]);
        }
    }
}

#[test]
fn no_path_is_open_on_resources_that_are_none_of_its_targets() {
    for path in paths() {
        let needs: Vec<&str> = path.needs.iter().map(String::as_str).collect();
        for resource in
            ["arn:aws:s3:::bucket/*", "arn:aws:iam::999999999999:role/*", "arn:aws:iam::111122223333:mfa/*"]
        {
            let (account, it) = world(&path, &needs, resource);
            let judged = judged(&[account], &it);
            if !needs.is_empty() {
                assert_eq!(
                    judged.state(&path.id).filter(|state| *state != PathState::Latent),
                    None,
                    "{} {resource}",
                    path.id
                );
                assert!(!judged.escalates(), "{} on {resource}", path.id);
            }
        }
    }
}

#[test]
fn permissions_without_a_target_are_latent_and_no_escalation() {
    for path in paths() {
        let needs: Vec<&str> = path.needs.iter().map(String::as_str).collect();
        let statement = format!("allow {} on *", needs.join(","));
        let bare = |one: AwsPrincipal| AwsAccount { principals: vec![one], ..AwsAccount::default() };
        // A user cannot be a role, and whoever only a service may become is no user.
        let other = if matches!(path.aim.as_str(), "own_user" | "written_user") {
            role("it", "ec2.amazonaws.com", &statement)
        } else {
            user("it", &statement)
        };
        // A new role or user is there as soon as it is made.
        if needs.is_empty() || matches!(path.aim.as_str(), "new_role" | "new_user") {
            continue;
        }
        let it = other.arn.clone();
        let judged = judged(&[bare(other)], &it);
        assert_eq!(judged.state(&path.id), Some(PathState::Latent), "{}: {judged:?}", path.id);
        assert!(!judged.escalates(), "{}: {judged:?}", path.id);
    }
}

#[test]
fn a_boundary_without_the_permissions_leaves_no_path() {
    for path in paths() {
        let needs: Vec<&str> = path.needs.iter().map(String::as_str).collect();
        let (mut account, it) = world(&path, &needs, "*");
        account.policies.push(managed("fence", "allow s3:*,logs:* on *"));
        let one = account.principals.last_mut().expect("it is there");
        one.boundary = Some(arn("policy/fence"));
        let judged = judged(&[account], &it);
        // A user whom a role's trust names is let in by the role's own policy, which a boundary does not limit.
        assert_eq!(judged.paths.is_empty(), path.aim != "trusting_role", "{}: {judged:?}", path.id);
    }
}
