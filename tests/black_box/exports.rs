//! What several exports and a workflow say of one identity is one picture.

use crate::program::Home;

const ROLE: &str = "arn:aws:iam::123456789012:role/shop-publish";

#[test]
fn a_job_its_role_the_state_that_made_it_and_the_account_of_its_pods_are_one_identity() {
    let home = Home::new();
    home.write(
        "tree/.github/workflows/deploy.yml",
        format!(
            "name: Deploy\non: push\npermissions:\n  id-token: write\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838\n        with:\n          role-to-assume: {ROLE}\n          aws-region: eu-west-1\n"
        ),
    );
    home.write(
        "tree/exports/state.json",
        format!(
            r#"{{"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "x", "resources": [
 {{"mode": "managed", "type": "aws_iam_role", "name": "publish", "instances": [{{"attributes": {{"arn": "{ROLE}", "name": "shop-publish", "tags": {{"team": "platform"}}}}}}]}},
 {{"mode": "managed", "type": "aws_iam_role_policy", "name": "publish", "instances": [{{"attributes": {{"role": "shop-publish", "name": "publish",
  "policy": "{{\"Statement\": [{{\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::shop-site/*\"}}]}}"}}}}]}}]}}"#
        ),
    );
    home.write(
        "tree/exports/cluster.json",
        format!(
            r#"{{"apiVersion": "v1", "kind": "List", "items": [
 {{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "publisher", "namespace": "shop", "uid": "a1", "annotations": {{"eks.amazonaws.com/role-arn": "{ROLE}"}}}}}},
 {{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "publish-1", "namespace": "shop", "uid": "a2"}}, "spec": {{"serviceAccountName": "publisher"}}}}]}}"#
        ),
    );
    let (_, report) = home.scan(&home.path("tree"));
    let identities = report["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 1, "{identities:#?}");
    let role = &identities[0];
    assert_eq!((&role["kind"], &role["native_id"]), (&"aws_iam_role".into(), &ROLE.into()));
    assert_eq!(role["owner"]["name"], "platform");
    assert_eq!(role["grants"][0]["target"], "arn:aws:s3:::shop-site/*");
    let mut users: Vec<&str> =
        role["consumers"].as_array().unwrap().iter().map(|user| user["job"].as_str().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, ["ship", "shop/publish-1"]);
}

#[test]
fn a_cluster_administrator_with_an_old_token_is_told_with_both() {
    let home = Home::new();
    home.write(
        "tree/cluster.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [
 {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "all", "uid": "a3"},
  "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "ops", "namespace": "tools"}]},
 {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ops-token", "namespace": "tools", "uid": "a4", "creationTimestamp": "2020-01-01T00:00:00Z",
  "annotations": {"kubernetes.io/service-account.name": "ops"}}, "type": "kubernetes.io/service-account-token", "data": {}}]}"#,
    );
    let (_, report) = home.scan(&home.path("tree"));
    let identity = &report["identities"][0];
    assert_eq!((&identity["name"], &identity["privilege"]["level"]), (&"tools/ops".into(), &"admin".into()));
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule_id"].as_str().unwrap())
        .collect();
    for rule in
        ["privilege-admin", "k8s-legacy-token-secret", "lifecycle-key-not-rotated", "lifecycle-never-expires"]
    {
        assert!(rules.contains(&rule), "{rule} is not in {rules:?}");
    }
}

#[test]
fn a_role_in_one_file_says_what_a_binding_in_another_is_worth() {
    let home = Home::new();
    let account = |name: &str| format!("{name}@acme-prod.iam.gserviceaccount.com");
    home.write(
        "tree/policy.json",
        format!(
            r#"{{"bindings": [{{"role": "projects/acme-prod/roles/minter", "members": ["serviceAccount:{}"]}},
 {{"role": "projects/acme-prod/roles/reader", "members": ["serviceAccount:{}"]}},
 {{"role": "projects/acme-prod/roles/unseen", "members": ["serviceAccount:{}"]}}]}}"#,
            account("mint"),
            account("read"),
            account("dark")
        ),
    );
    home.write(
        "tree/elsewhere/roles.json",
        r#"[{"name": "projects/acme-prod/roles/minter", "includedPermissions": ["iam.serviceAccountKeys.create"]},
 {"name": "projects/acme-prod/roles/reader", "includedPermissions": ["logging.logs.list"]}]"#,
    );
    home.write(
        "tree/cluster/bindings.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
 "metadata": {"name": "b", "uid": "1"}, "roleRef": {"kind": "ClusterRole", "name": "enter"}, "subjects": [{"kind": "ServiceAccount", "name": "debug", "namespace": "tools"}]}]}"#,
    );
    home.write(
        "tree/cluster/roles.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
 "metadata": {"name": "enter", "uid": "2"}, "rules": [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]}]}"#,
    );
    let (_, report) = home.scan(&home.path("tree"));
    let level = |name: &str| {
        let all = report["identities"].as_array().unwrap();
        let found = all.iter().find(|identity| identity["name"] == name).unwrap();
        found["privilege"]["level"].as_str().unwrap().to_owned()
    };
    assert_eq!(level(&account("mint")), "escalates");
    assert_eq!(level(&account("read")), "read");
    assert_eq!(level(&account("dark")), "unknown", "what nobody exported is not narrow");
    assert_eq!(level("tools/debug"), "escalates");
}

#[test]
fn what_a_binding_gives_to_a_group_reaches_the_accounts_that_another_file_lists() {
    let home = Home::new();
    let list = |items: &str| format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{items}]}}"#);
    let named = |namespace: &str, name: &str| {
        format!(
            r#"{{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "{name}", "namespace": "{namespace}", "uid": "{namespace}{name}"}}}}"#
        )
    };
    let accounts = [named("ci", "builder"), named("ci-old", "builder"), named("shop", "web")].join(", ");
    home.write("tree/one/accounts.json", list(&accounts));
    home.write("tree/two/accounts.json", list(&named("ci", "stranger")));
    home.write(
        "tree/one/bindings.json",
        list(
            r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "b", "uid": "1"},
 "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "Group", "name": "system:serviceaccounts:ci"}]}"#,
        ),
    );
    let (_, report) = home.scan(&home.path("tree"));
    let all = report["identities"].as_array().unwrap();
    let mut levels: Vec<_> = all
        .iter()
        .map(|identity| format!("{} {}", identity["name"], identity["privilege"]["level"]).replace('"', ""))
        .collect();
    levels.sort();
    assert_eq!(
        levels,
        ["ci-old/builder unknown", "ci/builder admin", "ci/stranger unknown", "shop/web unknown"],
        "another folder is another cluster, and the group is no identity"
    );
}

#[test]
fn a_binding_to_an_account_that_another_file_would_list_is_told_once() {
    let home = Home::new();
    let list = |items: &str| format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{items}]}}"#);
    let named = |namespace: &str, name: &str| {
        format!(
            r#"{{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "{name}", "namespace": "{namespace}", "uid": "{namespace}{name}"}}}}"#
        )
    };
    let bound = |namespace: &str, name: &str| {
        format!(r#"{{"kind": "ServiceAccount", "name": "{name}", "namespace": "{namespace}"}}"#)
    };
    let subjects = [bound("ci", "builder"), bound("ci", "gone"), bound("unlisted", "stranger")].join(", ");
    let binding = format!(
        r#"{{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {{"name": "b", "uid": "1"}},
 "roleRef": {{"kind": "ClusterRole", "name": "view"}}, "subjects": [{subjects}]}}"#
    );
    let accounts = [named("ci", "default"), named("ci", "builder"), named("unlisted", "web")].join(", ");
    home.write("tree/two/accounts.json", list(&accounts));
    home.write("tree/two/bindings.json", list(&binding));
    home.write("tree/one/all.json", list(&format!("{accounts}, {binding}")));
    home.write("tree/none/bindings.json", list(&binding));
    let (_, report) = home.scan(&home.path("tree"));
    let all = report["findings"].as_array().unwrap().iter();
    let orphans = all.filter(|finding| finding["rule_id"] == "k8s-orphaned-binding");
    let mut told: Vec<_> = orphans
        .map(|one| format!("{}: {}, {}", one["path"], one["title"], one["reasons"][0]).replace('"', ""))
        .collect();
    told.sort();
    let title =
        "A binding names a service account that is not there: ci/gone, ClusterRoleBinding b gives it view";
    assert_eq!(told, [format!("one/all.json: {title}"), format!("two/bindings.json: {title}")]);
}

#[test]
fn a_policy_of_a_service_account_is_of_the_one_that_its_file_is_named_after() {
    let home = Home::new();
    let policy = r#"{"bindings": [{"role": "roles/iam.workloadIdentityUser", "members":
 ["principalSet://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci/attribute.repository/acme/web"]}], "etag": "x", "version": 1}"#;
    let email = "deploy@acme-prod.iam.gserviceaccount.com";
    home.write(
        "tree/policy.json",
        format!(r#"{{"bindings": [{{"role": "roles/viewer", "members": ["serviceAccount:{email}"]}}]}}"#),
    );
    home.write("tree/of-account.json", policy);
    let (_, report) = home.scan(&home.path("tree"));
    assert_eq!(report["scan"]["unread"][0]["path"], "of-account.json");
    assert_eq!(report["scan"]["unread"][0]["reason"], "export_without_question");
    std::fs::rename(home.path("tree/of-account.json"), home.path(&format!("tree/{email}.json"))).unwrap();
    let (_, report) = home.scan(&home.path("tree"));
    assert_eq!(report["scan"]["unread"].as_array().unwrap().len(), 0);
    let identity = &report["identities"][0];
    assert_eq!(identity["name"], email);
    let told = identity["readiness"].to_string();
    assert!(told.contains("workloadIdentityPools/ci"), "{told}");
}

#[test]
fn a_key_of_somebody_who_left_the_organisation_is_nobodys() {
    let home = Home::new();
    let person = |login: &str| {
        format!(
            r#"{{"login": "{login}", "id": 1, "node_id": "n", "avatar_url": "https://x.test/1", "html_url": "https://x.test/{login}", "type": "User", "site_admin": false}}"#
        )
    };
    let key = |id: u32, title: &str, by: &str| {
        format!(
            r#"{{"id": {id}, "key": "ssh-ed25519 AAAA{id}", "url": "https://api.github.com/repos/acme/shop/keys/{id}", "title": "{title}", "read_only": true, "added_by": "{by}"}}"#
        )
    };
    home.write("tree/members.json", format!("[{}]", person("Dana")));
    home.write("tree/keys.json", format!("[{},{}]", key(1, "stays", "dana"), key(2, "left", "gus")));
    let (_, report) = home.scan(&home.path("tree"));
    let orphaned: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule_id"] == "ownership-orphaned")
        .map(|finding| finding["title"].as_str().unwrap())
        .collect();
    assert_eq!(orphaned.len(), 1, "{orphaned:?}");
    assert!(orphaned[0].ends_with("left"), "{orphaned:?}");
}

#[test]
fn the_file_that_declares_a_role_is_in_its_picture_and_answers_for_it() {
    let home = Home::new();
    home.write(
        "tree/infra/main.tf",
        "resource \"aws_iam_role\" \"publish\" {\n  name = \"shop-publish\"\n  assume_role_policy = data.aws_iam_policy_document.trust.json\n}\n",
    );
    home.write("tree/CODEOWNERS", "/infra/ @acme/platform\n");
    home.write(
        "tree/exports/state.json",
        format!(
            r#"{{"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "x", "resources": [
 {{"mode": "managed", "type": "aws_iam_role", "name": "publish", "instances": [{{"attributes": {{"arn": "{ROLE}", "name": "shop-publish"}}}}]}}]}}"#
        ),
    );
    let (_, report) = home.scan(&home.path("tree"));
    let identities = report["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 1, "{identities:#?}");
    assert_eq!(identities[0]["native_id"], ROLE);
    assert_eq!(identities[0]["owner"]["name"], "@acme/platform");
}
