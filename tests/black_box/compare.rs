//! Two inventories beside each other: what appeared, what vanished, what changed.

use serde_json::Value;

use crate::program::{Home, Ran, github_token, password};

/// An account with one user: a tag says who answers for it, a policy what it may do.
fn account(user: &str, owner: &str, action: &str) -> String {
    format!(
        r#"{{"UserDetailList": [{{"UserName": "{user}", "UserId": "AIDAEXAMPLE", "Path": "/",
        "Arn": "arn:aws:iam::123456789012:user/{user}", "CreateDate": "2020-01-01T00:00:00Z", "GroupList": [],
        "UserPolicyList": [{{"PolicyName": "deploy", "PolicyDocument": {{"Version": "2012-10-17", "Statement":
        [{{"Effect": "Allow", "Action": "{action}", "Resource": "arn:aws:s3:::shop/*"}}]}}}}],
        "Tags": [{{"Key": "owner", "Value": "{owner}"}}]}}],
        "RoleDetailList": [], "GroupDetailList": [], "Policies": []}}"#
    )
}

fn scan(home: &Home, folder: &str, inventory: &str) {
    let inventory = home.path(inventory);
    let ran = home.run(&["scan", folder, "--inventory", inventory.to_str().unwrap()]);
    assert!([0, 10].contains(&ran.code), "{}", ran.err);
}

fn diff(home: &Home, before: &str, after: &str, format: &str) -> Ran {
    home.run(&["inventory", "diff", before, after, "--format", format])
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn what_changed_between_two_scans_is_told() {
    let home = Home::new();
    home.write("tree/account.json", account("deployer", "team-blue", "s3:GetObject"));
    home.write("tree/old.env", format!("DB_PASSWORD={}\n", password()));
    scan(&home, "tree", "data/now.sqlite");
    std::fs::copy(home.path("data/now.sqlite"), home.path("data/then.sqlite")).unwrap();
    home.write("tree/account.json", account("deployer", "team-red", "s3:PutObject"));
    std::fs::remove_file(home.path("tree/old.env")).unwrap();
    home.write("tree/new.env", format!("GITHUB_TOKEN={}\n", github_token()));
    scan(&home, "tree", "data/now.sqlite");

    let told = diff(&home, "data/then.sqlite", "data/now.sqlite", "json").json();
    assert_eq!(told["same_key"], true);
    assert_eq!(names(&told["identities"]["appeared"]), ["ghp_****"]);
    assert_eq!(names(&told["identities"]["vanished"]), ["DB_PASSWORD"]);
    let changed = told["identities"]["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1, "{told:#}");
    assert_eq!(changed[0]["identity"]["name"], "deployer");
    let owner =
        changed[0]["fields"].as_array().unwrap().iter().find(|field| field["field"] == "owner").unwrap();
    assert_eq!((&owner["before"], &owner["after"]), (&"team-blue".into(), &"team-red".into()));
    assert_eq!(changed[0]["grants_changed"][0]["gained"], serde_json::json!(["s3:PutObject"]));
    assert_eq!(changed[0]["grants_changed"][0]["lost"], serde_json::json!(["s3:GetObject"]));
    let rules = |list: &str| -> Vec<String> {
        let list = told["findings"][list].as_array().unwrap();
        list.iter().map(|finding| finding["rule_id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(rules("appeared").contains(&"github-pat".to_owned()), "{told:#}");
    assert!(rules("vanished").contains(&"generic-password".to_owned()), "{told:#}");
    let owners: Vec<&Value> =
        told["owners"].as_array().unwrap().iter().map(|owner| &owner["owner"]).collect();
    assert_eq!(owners, ["team-blue", "team-red"]);

    let text = diff(&home, "data/then.sqlite", "data/now.sqlite", "human").out;
    assert!(text.contains("Identities: 1 appeared, 1 vanished, 1 changed"), "{text}");
    assert!(text.contains("team-blue → team-red"), "{text}");
    let same = diff(&home, "data/now.sqlite", "data/now.sqlite", "human").out;
    assert_eq!(same.matches("no difference").count(), 3, "{same}");
}

#[test]
fn inventories_of_two_keys_are_compared_as_far_as_that_goes() {
    let home = Home::new();
    home.write("tree/account.json", account("deployer", "team-blue", "s3:GetObject"));
    home.write("tree/a.env", format!("DB_PASSWORD={}\n", password()));
    scan(&home, "tree", "one/i.sqlite");
    scan(&home, "tree", "two/i.sqlite");
    let told = diff(&home, "one/i.sqlite", "two/i.sqlite", "json").json();
    assert_eq!(told["same_key"], false);
    for list in ["appeared", "vanished", "changed"] {
        assert_eq!(told["identities"][list], serde_json::json!([]), "{told:#}");
    }
    for list in ["appeared", "vanished", "changed"] {
        assert_eq!(told["findings"][list], serde_json::json!([]), "{told:#}");
    }
    let text = diff(&home, "one/i.sqlite", "two/i.sqlite", "human").out;
    assert!(text.contains("Two keys made their fingerprints"), "{text}");
}

#[test]
fn an_incomplete_scan_is_no_proof_that_something_is_gone() {
    let home = Home::new();
    home.write("tree/a.env", format!("DB_PASSWORD={}\n", password()));
    scan(&home, "tree", "data/then.sqlite");
    home.write("tree/broken.zip", b"PK\x03\x04 and no more");
    let now = home.path("data/now.sqlite");
    assert_eq!(
        home.run(&["scan", "tree", "--fail-on", "never", "--inventory", now.to_str().unwrap()]).code,
        3
    );
    let text = diff(&home, "data/then.sqlite", "data/now.sqlite", "human").out;
    assert!(text.starts_with("The newer one's last scan was incomplete"), "{text}");
}

#[test]
fn what_is_no_inventory_is_said_and_made_by_nobody() {
    let home = Home::new();
    home.write("tree/a.txt", "hello\n");
    scan(&home, "tree", "data/now.sqlite");
    home.write("data/other.sqlite", "this is no inventory");
    for (before, after) in [("data/none.sqlite", "data/now.sqlite"), ("data/now.sqlite", "data/other.sqlite")]
    {
        let ran = diff(&home, before, after, "json");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    }
    assert!(!home.path("data/none.sqlite").exists());
}
